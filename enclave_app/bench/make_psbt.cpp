// usage: make_psbt DESCRIPTOR INPUTS BYTES
//
// Writes a PSBT to standard output: INPUTS regtest coins of 100,000 sats, each of a parent of its own, one
// payment and change. It is filled to BYTES with a field that signers keep and do not read (0: as it comes).
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/bitcoin/psbt_builder.hpp"
#include "watch/account_descriptor.hpp"
#include "watch/derivation.hpp"

namespace {

using namespace ben;
using namespace ben::bitcoin;

constexpr std::size_t field_head_bytes = 7;  // size and type of the key, size of a large value

Bytes fill(test::PsbtBuilder& builder, std::size_t bytes) {
  const std::size_t size = builder.draft.encode().size();
  if (bytes > size + field_head_bytes + 0xffff)
    test::set(builder.draft.global, {0xf0}, Bytes(bytes - size - field_head_bytes, 0x42));
  return builder.draft.encode();
}

Bytes make(const Curve& curve, const Account& account, std::size_t inputs, std::size_t bytes) {
  test::PsbtBuilder builder(watch::own_keys(curve, std::span(&account, 1)));
  for (std::size_t i = 0; i < inputs; ++i)
    builder.spend({.branch = Branch::receive, .index = static_cast<std::uint32_t>(i)}, 100'000);
  builder.pay(make_witness_script(0, Bytes(20, 0x77)), 90'000 * inputs);
  builder.pay_own({.branch = Branch::change, .index = 0}, 9'100 * inputs);
  return fill(builder, bytes);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: make_psbt DESCRIPTOR INPUTS BYTES\n", stderr);
    return 2;
  }
  const Curve curve{test::fill_secret(1)};
  const auto account = watch::parse_descriptor(curve, Network::regtest, argv[1]);
  if (!account) {
    std::fputs("make_psbt: not a descriptor of regtest\n", stderr);
    return 1;
  }
  const Bytes psbt = make(curve, *account, std::stoul(argv[2]), std::stoul(argv[3]));
  return std::fwrite(psbt.data(), 1, psbt.size(), stdout) == psbt.size() ? 0 : 1;
}
