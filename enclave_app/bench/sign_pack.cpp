// usage: sign_pack PACK MILLISECONDS [SIGNED]
//
// Signs the PSBTs of a pack of make_packs, bytes in, bytes out: parse, review with the hard rules, sign,
// verify, serialize. Writes the signed PSBTs, a line of hex each, and prints as JSON the CPU time of an input
// in microseconds: `parse`, `review` (the parse in it) and `sign` (both in it), of each the fastest pass over
// the pack. MILLISECONDS is how long the passes of each go on; with 0 the pack is signed once, and `sign`
// alone is there.
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include "base/hex.hpp"
#include "bitcoin/wallet.hpp"
#include "core/bitcoin/psbt_builder.hpp"

namespace {

using namespace ben;
using namespace ben::bitcoin;

struct Spend {
  Wallet wallet;
  Bytes psbt;
};

std::vector<Spend> read_pack(const Curve& curve, const char* path) {
  std::ifstream file(path);
  std::vector<Spend> spends;
  std::string purpose;
  std::string seed;
  std::string psbt;
  while (file >> purpose >> seed >> psbt) {
    const auto seed_bytes = parse_hex_array<32>(seed);
    auto psbt_bytes = parse_hex(psbt);
    if (!seed_bytes || !psbt_bytes) std::abort();
    auto wallet = Wallet::derive(curve, Secret<32>(*seed_bytes), Network::regtest, test::default_accounts);
    if (!wallet) std::abort();
    spends.push_back({.wallet = *std::move(wallet), .psbt = *std::move(psbt_bytes)});
  }
  if (spends.empty()) std::abort();
  return spends;
}

Psbt parse_once(const Spend& spend) {
  auto psbt = Psbt::parse(spend.psbt);
  if (!psbt) std::abort();
  return *std::move(psbt);
}

Review review_once(const Curve& curve, const Spend& spend) {
  auto review = review_psbt(spend.wallet.own_keys(curve), parse_once(spend), 10'000);
  if (!review) std::abort();
  return *std::move(review);
}

// Not inlined: callgrind counts the instructions of this function and what it calls.
[[gnu::noinline]] Bytes sign_once(const Curve& curve, const Spend& spend) {
  auto bytes = sign_reviewed(curve, spend.wallet, review_once(curve, spend));
  if (!bytes) std::abort();
  return *std::move(bytes);
}

// CPU seconds of the fastest pass.
template <typename Step>
double fastest_pass(const std::vector<Spend>& spends, std::chrono::milliseconds duration, Step step) {
  double fastest = std::numeric_limits<double>::max();
  const auto end = std::chrono::steady_clock::now() + duration;
  do {
    const std::clock_t before = std::clock();
    for (const Spend& spend : spends) step(spend);
    fastest = std::min(fastest, static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
  } while (std::chrono::steady_clock::now() < end);
  return fastest;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::cerr << "usage: sign_pack PACK MILLISECONDS [SIGNED]\n";
    return 2;
  }
  const Curve curve{test::fill_secret(1)};
  const std::vector<Spend> spends = read_pack(curve, argv[1]);
  const std::chrono::milliseconds duration{std::stoul(argv[2])};

  std::size_t inputs = 0;
  for (const Spend& spend : spends) inputs += parse_once(spend).transaction().inputs.size();
  const double scale = 1e6 / static_cast<double>(inputs);
  std::cout << "{\"inputs\": " << inputs;
  if (duration.count() > 0) {
    std::cout << ", \"parse\": " << scale * fastest_pass(spends, duration, parse_once) << ", \"review\": "
              << scale *
                     fastest_pass(spends, duration, [&](const Spend& spend) { review_once(curve, spend); });
  }
  const auto sign = [&](const Spend& spend) { sign_once(curve, spend); };
  std::cout << ", \"sign\": " << scale * fastest_pass(spends, duration, sign) << "}\n";

  if (argc == 3) return 0;
  std::ofstream signed_psbts(argv[3]);
  for (const Spend& spend : spends) signed_psbts << encode_hex(sign_once(curve, spend)) << '\n';
  return signed_psbts.flush() ? 0 : 1;
}
