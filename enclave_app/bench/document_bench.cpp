// An attestation document of today's shape, verified with its chain, and with a chain that was seen before.
// Document, root and time are left in the folder BEN_BENCH_FOLDER for a peer: document.bin, root.der, time_s.
#include <cstdlib>
#include <filesystem>
#include <fstream>

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

void write_file(const char* name, ByteView bytes) {
  const char* folder = std::getenv("BEN_BENCH_FOLDER");
  if (folder == nullptr) return;
  std::ofstream file(std::filesystem::path(folder) / name, std::ios::binary);
  file << as_text(bytes);
  if (!file.flush()) std::abort();
}

// One for all benchmarks of a run.
const Signed& the_document() {
  static const Signed made = [] {
    Signed fresh = make_document();
    write_file("document.bin", fresh.document);
    write_file("root.der", fresh.root);
    write_file("time_s", as_bytes(std::to_string(now_s)));
    return fresh;
  }();
  return made;
}

void verify_with(benchmark::State& state, attestation::ChainCache* chains) {
  const Signed& made = the_document();
  for (auto _ : state) {
    const auto document = attestation::verify_document(
        made.document, {.root_certificate = made.root, .time_s = now_s, .chains = chains});
    if (!document) std::abort();
    benchmark::DoNotOptimize(document->timestamp_ms);
  }
  state.counters["document_bytes"] = static_cast<double>(made.document.size());
}

void verify_cold(benchmark::State& state) { verify_with(state, nullptr); }
BENCHMARK(verify_cold)->Unit(benchmark::kMicrosecond);

void verify_cached(benchmark::State& state) {
  attestation::ChainCache chains;
  verify_with(state, &chains);
}
BENCHMARK(verify_cached)->Unit(benchmark::kMicrosecond);

}  // namespace
