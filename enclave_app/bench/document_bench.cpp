// An attestation document of today's shape, verified with its chain, and with a chain that was seen before.
#include <cstdlib>

#include <benchmark/benchmark.h>

#include "attestation/verify.hpp"
#include "nsm/software_nsm.hpp"

namespace {

using namespace ben;

constexpr std::uint64_t now_s = 1'790'000'000;

struct Signed {
  Bytes root;
  Bytes document;
};

Signed make_document() {
  const emulator::TestPki pki = emulator::TestPki::make();
  emulator::BootFacts facts;
  facts.pcr0 = {1};
  facts.pcr1 = {2};
  facts.pcr2 = {3};
  emulator::SoftwareNsm module(pki, facts, [] { return now_s * 1000; });
  NsmClient nsm(module);
  if (!nsm.lock_pcrs(nsm_pcr_count)) std::abort();
  const Bytes user_data(43, 0x42);  // "ben/boot/v1" and a hash
  const Bytes nonce(32, 0x5a);
  auto document = nsm.attestation({.user_data = user_data, .nonce = nonce, .public_key = std::nullopt});
  if (!document) std::abort();
  return {.root = pki.root_certificate(), .document = *std::move(document)};
}

void verify_with(benchmark::State& state, attestation::ChainCache* chains) {
  const Signed made = make_document();
  for (auto _ : state) {
    const auto document = attestation::verify_document(
        made.document, {.root_certificate = made.root, .time_s = now_s, .chains = chains});
    if (!document) std::abort();
    benchmark::DoNotOptimize(document->timestamp_ms);
  }
  state.counters["document_bytes"] = static_cast<double>(made.document.size());
}

void verify_cold(benchmark::State& state) {
  verify_with(state, nullptr);
}
BENCHMARK(verify_cold)->Unit(benchmark::kMicrosecond);

void verify_cached(benchmark::State& state) {
  attestation::ChainCache chains;
  verify_with(state, &chains);
}
BENCHMARK(verify_cached)->Unit(benchmark::kMicrosecond);

}  // namespace
