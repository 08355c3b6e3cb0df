// An enclave image of 256 MiB: measured, and built from a kernel and one ramdisk, as ours is, or two, as
// AWS's are (then most bytes are hashed twice, for PCR0 and PCR2).
//
// CPU time is that of all threads. `peak_rss_mib` is the most that the process has held so far: run one
// benchmark at a time (--benchmark_filter) to know whose it is.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <benchmark/benchmark.h>

#include "eif/image.hpp"

namespace {

using namespace ben;
namespace fs = std::filesystem;

constexpr std::size_t mib = std::size_t{1} << 20;

// A folder of inputs and the image, gone at the end of the program. BEN_BENCH_FOLDER says where.
class Inputs {
 public:
  Inputs() {
    const char* base = std::getenv("BEN_BENCH_FOLDER");
    std::string name = (base != nullptr ? fs::path(base) : fs::temp_directory_path()) / "eif_bench.XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    write("kernel", 16);
    write("init", 16);
    write("rest", 224);
    write("whole", 240);
  }
  ~Inputs() { fs::remove_all(folder_); }
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;
  Inputs(Inputs&&) = delete;
  Inputs& operator=(Inputs&&) = delete;

  [[nodiscard]] eif::BuildOptions options(std::int64_t ramdisks) const {
    eif::BuildOptions options{.kernel = folder_ / "kernel",
                              .cmdline = "console=ttyS0",
                              .ramdisks = {folder_ / "whole"},
                              .metadata = {},
                              .output = image()};
    if (ramdisks == 2) options.ramdisks = {folder_ / "init", folder_ / "rest"};
    return options;
  }
  [[nodiscard]] fs::path image() const { return folder_ / "image.eif"; }

 private:
  // In pieces: what the bench itself holds would count as peak.
  void write(const char* name, std::size_t size_mib) const {
    std::ofstream file(folder_ / name, std::ios::binary);
    std::vector<char> piece(mib / 16);
    std::uint32_t state = 1;
    for (char& byte : piece) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    for (std::size_t i = 0; i < size_mib * 16; ++i)
      file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
  }

  fs::path folder_;
};

// Written once, for all benchmarks of a run.
const Inputs& inputs() {
  static const Inputs made;
  return made;
}

void count(benchmark::State& state, const fs::path& image) {
  state.counters["megabytes"] = static_cast<double>(fs::file_size(image)) / 1e6;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) std::abort();
  state.counters["peak_rss_mib"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

void build(benchmark::State& state) {
  const eif::BuildOptions options = inputs().options(state.range(0));
  for (auto _ : state) {
    if (!eif::build_eif(options)) std::abort();
  }
  count(state, inputs().image());
}
BENCHMARK(build)->ArgName("ramdisks")->Arg(1)->Arg(2)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

// The image is built first: peak_rss_mib is the larger of both.
void measure(benchmark::State& state) {
  if (!eif::build_eif(inputs().options(state.range(0)))) std::abort();
  for (auto _ : state) {
    if (!eif::measure_eif(inputs().image())) std::abort();
  }
  count(state, inputs().image());
}
BENCHMARK(measure)
    ->ArgName("ramdisks")
    ->Arg(1)
    ->Arg(2)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
