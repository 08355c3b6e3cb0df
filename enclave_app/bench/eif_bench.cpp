// An enclave image of 256 MiB: measured, and built from a kernel and one ramdisk, as ours is, or two, as
// AWS's are (then most bytes are hashed twice, for PCR0 and PCR2); and the same image built by AWS's builder,
// where BEN_EIF_BUILD names it.
//
// CPU time is that of all threads. `peak_rss_mib` is the most that the process has held so far: run one
// benchmark at a time (--benchmark_filter) to know whose it is.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
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
  // The arguments that make AWS's builder build the same.
  [[nodiscard]] std::vector<std::string> reference_arguments(std::int64_t ramdisks) const {
    const eif::BuildOptions same = options(ramdisks);
    std::vector<std::string> arguments{
        "--kernel", (folder_ / "kernel").string(), "--cmdline", same.cmdline, "--output", image().string()};
    for (const eif::Source& ramdisk : same.ramdisks) {
      arguments.insert(arguments.end(), {"--ramdisk", std::get<fs::path>(ramdisk).string()});
    }
    return arguments;
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

// As many empty objects as metadata may hold: text that costs the most memory for its size.
std::string hostile_json() {
  std::string text = "[{}";
  while (text.size() + 512 < eif::metadata_bytes_max) text += ",{}";
  return text + "]";
}

// The image is built first: peak_rss_mib is the larger of both.
void measure(benchmark::State& state) {
  eif::BuildOptions options = inputs().options(state.range(0));
  options.metadata.docker_info = hostile_json();
  if (!eif::build_eif(options)) std::abort();
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

// Runs a program to its end and returns the CPU time that it took, in seconds.
double run(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  if (posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ) != 0) std::abort();
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child || status != 0) std::abort();
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Time is the CPU time of the program, as for ours.
void reference(benchmark::State& state) {
  const char* program = std::getenv("BEN_EIF_BUILD");
  if (program == nullptr) {
    state.SkipWithError("BEN_EIF_BUILD names no eif_build");
    return;
  }
  for (auto _ : state) {
    state.SetIterationTime(run(program, inputs().reference_arguments(state.range(0))));
  }
  state.counters["megabytes"] = static_cast<double>(fs::file_size(inputs().image())) / 1e6;
}
BENCHMARK(reference)->ArgName("ramdisks")->Arg(1)->Arg(2)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
