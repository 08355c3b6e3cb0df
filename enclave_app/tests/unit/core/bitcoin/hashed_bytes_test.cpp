// How many bytes are hashed for a PSBT: what signing costs besides the curve. The linker puts a count around
// libcrypto's SHA-256 (--wrap).
#include <doctest/doctest.h>

#include "bitcoin/wallet.hpp"
#include "core/bitcoin/psbt_builder.hpp"

namespace {
std::size_t hashed_bytes = 0;
}

extern "C" {
int __real_SHA256_Update(void* context, const void* data, std::size_t size);
int __wrap_SHA256_Update(void* context, const void* data, std::size_t size) {
  hashed_bytes += size;
  return __real_SHA256_Update(context, data, size);
}
}

namespace ben::bitcoin {
namespace {

using test::PsbtBuilder;

struct Fixture {
  const Curve curve{test::fill_secret(0x21)};
  const Wallet wallet = test::make_wallet(curve);

  // Of the review, and of the hashes that are signed.
  [[nodiscard]] std::size_t count_hashed(Bytes bytes) const {
    auto psbt = Psbt::parse(std::move(bytes));
    REQUIRE(psbt.has_value());
    const OwnKeys keys = wallet.own_keys(curve);
    hashed_bytes = 0;
    const auto review = review_psbt(keys, *std::move(psbt), 10'000);
    REQUIRE(review.has_value());
    CHECK(signature_hashes(*review).size() == review->inputs.size());
    return hashed_bytes;
  }

  // `parents` that are larger by `more_bytes` each, and pay to 50 coins each, all of which are spent.
  [[nodiscard]] Bytes spend_parents(std::size_t parents, std::size_t more_bytes) const {
    PsbtBuilder builder(wallet.own_keys(curve));
    for (std::size_t parent = 0; parent < parents; ++parent) {
      std::vector<PsbtBuilder::Coin> coins;
      for (std::uint32_t i = 0; i < 50; ++i) coins.push_back({{.account = i % 2, .index = i}, 100'000});
      builder.spend(coins);
    }
    for (std::size_t i = 0; i < builder.draft.inputs.size(); ++i) {
      Bytes& parent = test::find(builder.draft.input_fields[i], psbt_in::non_witness_utxo)->value;
      parent = lengthen(parent, more_bytes);
      builder.draft.inputs[i].previous_output.txid = sha256d(parent);
    }
    return builder.pay(make_witness_script(0, Bytes(20, 0x77)), parents * 4'900'000).draft.encode();
  }

  // The builder's parent with a longer script in its one input, behind version, count and outpoint.
  static Bytes lengthen(ByteView parent, std::size_t more_bytes) {
    constexpr std::size_t place = 4 + 1 + 36;
    const std::size_t script_bytes = parent[place];
    Writer writer;
    writer.bytes(parent.first(place));
    write_sized(writer, Bytes(1'000 + more_bytes, 0x22));
    return writer.bytes(parent.subspan(place + 1 + script_bytes)).take();
  }
};

TEST_CASE_FIXTURE(Fixture, "each distinct parent is hashed once, however many inputs bring it") {
  for (const std::size_t parents : {1U, 2U, 7U}) {
    CAPTURE(parents);
    CHECK(count_hashed(spend_parents(parents, 3'000)) - count_hashed(spend_parents(parents, 0)) ==
          parents * 3'000);
  }
}

TEST_CASE_FIXTURE(Fixture, "ten times the inputs are at most ten times the bytes to hash") {
  for (const std::size_t account : {0U, 1U}) {
    CAPTURE(account);
    const std::size_t few = count_hashed(test::make_spend(curve, wallet, account, 100));
    CHECK(few > 100 * 100);
    CHECK(count_hashed(test::make_spend(curve, wallet, account, 1'000)) <= 10 * few);
  }
}

}  // namespace
}  // namespace ben::bitcoin
