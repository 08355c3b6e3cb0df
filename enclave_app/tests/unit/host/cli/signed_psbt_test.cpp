#include "cli/signed_psbt.hpp"

#include <optional>

#include <doctest/doctest.h>

#include "bitcoin/wallet.hpp"
#include "cli/stop.hpp"
#include "core/bitcoin/psbt_builder.hpp"

namespace ben {
namespace {

using bitcoin::Branch;

// A wallet that signs a coin of each of its forms, and the review of who asked for it.
struct Signed {
  Signed() {
    bitcoin::test::PsbtBuilder builder(wallet.own_keys(curve));
    for (std::uint32_t i = 0; i < 4; ++i)
      builder.spend({.account = i, .branch = Branch::receive, .index = i + 1}, 100'000);
    builder.pay(bitcoin::make_witness_script(0, Bytes(20, 0x77)), 390'000);
    asked = builder.draft.encode();
    review = *bitcoin::review_psbt(wallet.own_keys(curve), *bitcoin::Psbt::parse(asked), INT32_MAX);
    answer = *bitcoin::sign_reviewed(curve, wallet, *review);
  }

  [[nodiscard]] bool is_accepted(const Bytes& psbt) const {
    try {
      cli::check_signed_psbt(curve, *review, psbt);
    } catch (const cli::Stop& stop) {
      CHECK(stop.tag() == "answer-psbt");
      return false;
    }
    return true;
  }

  bitcoin::Curve curve{Secret<32>(ByteArray<32>{9})};
  bitcoin::Wallet wallet =
      *bitcoin::Wallet::derive(curve, Secret<32>(ByteArray<32>{5}), bitcoin::Network::regtest,
                               std::span<const bitcoin::AccountId>(bitcoin::test::all_accounts));
  Bytes asked;
  std::optional<bitcoin::Review> review;
  Bytes answer;
};

TEST_CASE("what the signer returns for a PSBT is accepted") {
  const Signed world;
  CHECK(world.answer.size() > world.asked.size());
  CHECK(world.is_accepted(world.answer));
}

TEST_CASE("a signed PSBT with one changed, missing or added byte is refused") {
  const Signed world;
  for (std::size_t i = 0; i < world.answer.size(); ++i) {
    CAPTURE(i);
    Bytes changed = world.answer;
    changed[i] ^= 1;
    CHECK_FALSE(world.is_accepted(changed));
    if (i % 7 != 0) continue;
    CHECK_FALSE(world.is_accepted(Bytes(world.answer.begin(), world.answer.begin() + static_cast<long>(i))));
    changed = world.answer;
    changed.insert(changed.begin() + static_cast<long>(i), 0);
    CHECK_FALSE(world.is_accepted(changed));
  }
}

TEST_CASE("a PSBT that came back unsigned, signed twice or with the signature of another is refused") {
  const Signed world;
  CHECK_FALSE(world.is_accepted(world.asked));
  const auto answer = *bitcoin::Psbt::parse(world.answer);
  std::vector<bitcoin::NewPsbtField> added;
  for (std::size_t i = 0; i < 4; ++i) {
    const bitcoin::PsbtField& last = answer.input(i).back();
    added.push_back({.key = to_bytes(last.key), .value = to_bytes(last.value)});
  }
  CHECK(world.is_accepted(world.review->psbt.encode_with(added)));
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    auto changed = added;
    std::swap(changed[i], changed[(i + 1) % 4]);
    CHECK_FALSE(world.is_accepted(world.review->psbt.encode_with(changed)));
    changed = added;
    changed[i] = {.key = {0xfc, 1}, .value = added[i].value};
    CHECK_FALSE(world.is_accepted(world.review->psbt.encode_with(changed)));
  }
  CHECK_FALSE(world.is_accepted(answer.encode_with(std::vector<bitcoin::NewPsbtField>(4, {{0xfc, 1}, {}}))));
}

}  // namespace
}  // namespace ben
