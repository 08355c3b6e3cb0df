// Bytes of a PSBT in, bytes of the signed PSBT out: parse, review with the hard rules, sign, verify,
// serialize.
//
// Arguments: purpose (84 P2WPKH, 86 P2TR) and inputs of one PSBT. `per_input` is seconds of CPU.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include <benchmark/benchmark.h>

#include "bitcoin/sign.hpp"
#include "core/bitcoin/psbt_builder.hpp"

namespace {

using namespace ben::bitcoin;

// How many tries a low R takes depends on the keys: one pass signs as many inputs whatever N is, from 100 on,
// so that luck does not look like a slope.
constexpr std::size_t inputs_of_a_pass = 2000;
constexpr std::size_t spends_max = 100;

struct Spend {
  Wallet wallet;
  ben::Bytes psbt;
};

std::vector<Spend> make_spends(const Curve& curve, std::size_t account, std::size_t inputs) {
  const std::size_t count = std::min(spends_max, inputs_of_a_pass / inputs);
  std::vector<Spend> spends;
  for (std::size_t i = 0; i < count; ++i) {
    Wallet wallet = test::make_wallet(curve, static_cast<std::uint8_t>(i + 1));
    ben::Bytes psbt = test::make_spend(curve, wallet, account, inputs);
    spends.push_back({.wallet = std::move(wallet), .psbt = std::move(psbt)});
  }
  return spends;
}

// Not inlined: callgrind counts the instructions of this function and what it calls.
[[gnu::noinline]] std::size_t sign_once(const Curve& curve, const Spend& spend) {
  auto psbt = Psbt::parse(spend.psbt);
  if (!psbt) std::abort();
  const auto review = review_psbt(spend.wallet.own_keys(curve), *std::move(psbt), 10'000);
  if (!review) std::abort();
  const auto bytes = sign_reviewed(curve, spend.wallet, *review);
  if (!bytes) std::abort();
  return bytes->size();
}

void parse_to_serialize(benchmark::State& state) {
  const Curve curve{test::fill_secret(1)};
  const std::size_t account = state.range(0) == 84 ? 0 : 1;  // of default_accounts
  const auto inputs = static_cast<std::size_t>(state.range(1));
  const std::vector<Spend> spends = make_spends(curve, account, inputs);
  for (auto _ : state) {
    for (const Spend& spend : spends) benchmark::DoNotOptimize(sign_once(curve, spend));
  }
  state.counters["inputs"] = static_cast<double>(spends.size() * inputs);
  state.counters["per_input"] =
      benchmark::Counter(static_cast<double>(spends.size() * inputs),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(parse_to_serialize)
    ->ArgNames({"purpose", "inputs"})
    ->ArgsProduct({{84, 86}, {1, 10, 100, 1000}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
