#include "broker/preconditions.hpp"

#include <charconv>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "broker/process.hpp"

namespace ben::broker {
namespace {

constexpr std::uint64_t mib = 1024UL * 1024;
constexpr const char* allocator_advice =
    " in /etc/nitro_enclaves/allocator.yaml, then: systemctl restart nitro-enclaves-allocator.service";

std::string read_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// CPUs in a list of the kernel's form: "1,3" or "0-1,4-5".
std::uint32_t count_cpus(const std::string& list) {
  std::istringstream ranges(list);
  std::uint64_t count = 0;
  for (std::string range; std::getline(ranges, range, ',');) {
    const std::size_t dash = range.find('-');
    const std::uint64_t first = to_number(range);
    const std::uint64_t last =
        dash == std::string::npos ? first : to_number(std::string_view(range).substr(dash + 1));
    if (!range.empty() && last >= first) count += last - first + 1;
  }
  return static_cast<std::uint32_t>(count);
}

// Folders are named hugepages-<size>kB.
std::uint64_t count_huge_mib(const std::filesystem::path& folder) {
  std::uint64_t kib = 0;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(folder, problem)) {
    constexpr std::string_view prefix = "hugepages-";
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix)) continue;
    kib += to_number(std::string_view(name).substr(prefix.size())) *
           to_number(read_line(entry.path() / "nr_hugepages"));
  }
  return kib / 1024;
}

NitroHost read_nitro_host(const std::filesystem::path& root) {
  const auto device = root / "dev/nitro_enclaves";
  const auto siblings =
      count_cpus(read_line(root / "sys/devices/system/cpu/cpu0/topology/thread_siblings_list"));
  return NitroHost{.device_exists = std::filesystem::exists(device),
                   .device_usable = ::access(device.c_str(), R_OK | W_OK) == 0,
                   .huge_mib = count_huge_mib(root / "sys/kernel/mm/hugepages"),
                   .pool_cpus = count_cpus(read_line(root / "sys/module/nitro_enclaves/parameters/ne_cpus")),
                   .core_threads = std::max(1U, siblings)};
}

void find_image_problems(const Wishes& wishes, const HostFacts& facts, std::vector<std::string>& problems) {
  if (!facts.eif_bytes) {
    problems.push_back("--eif " + wishes.eif_path + ": there is no such file: build the image first");
    return;
  }
  const std::uint64_t needed_mib = (memory_eif_ratio * *facts.eif_bytes + mib - 1) / mib;
  if (wishes.memory_mib >= needed_mib) return;
  problems.push_back("--memory-mib " + std::to_string(wishes.memory_mib) +
                     ": an enclave needs 4 times the size of its image: give it at least " +
                     std::to_string(needed_mib));
}

void find_nitro_problems(const Wishes& wishes, const NitroHost& host, std::vector<std::string>& problems) {
  if (!host.device_exists) {
    problems.emplace_back(
        "/dev/nitro_enclaves is missing: launch the instance with enclave options enabled, and "
        "install aws-nitro-enclaves-cli, which loads the driver");
    return;
  }
  if (!host.device_usable) {
    problems.emplace_back("/dev/nitro_enclaves may not be opened: add this user to the group ne");
  }
  if (host.huge_mib < wishes.memory_mib) {
    problems.push_back("--memory-mib " + std::to_string(wishes.memory_mib) + ": the allocator has reserved " +
                       std::to_string(host.huge_mib) + " MiB of huge pages: set memory_mib" +
                       allocator_advice);
  }
  if (host.pool_cpus < wishes.cpu_count) {
    problems.push_back("--cpu-count " + std::to_string(wishes.cpu_count) + ": the allocator has set " +
                       std::to_string(host.pool_cpus) + " CPUs aside: set cpu_count" + allocator_advice);
  }
}

}  // namespace

HostFacts read_host_facts(const Wishes& wishes, bool is_nitro, const std::filesystem::path& root) {
  HostFacts facts;
  std::error_code problem;
  const auto bytes = std::filesystem::file_size(wishes.eif_path, problem);
  if (!problem) facts.eif_bytes = bytes;
  facts.nitro_cli_found = !find_program(wishes.nitro_cli).empty();
  if (is_nitro) facts.nitro = read_nitro_host(root);
  return facts;
}

std::vector<std::string> find_problems(const Wishes& wishes, const HostFacts& facts) {
  std::vector<std::string> problems;
  find_image_problems(wishes, facts, problems);
  if (wishes.cid < cid_min) {
    problems.push_back("--enclave-cid " + std::to_string(wishes.cid) +
                       ": 0 to 3 are reserved, 3 is this machine itself: give 4 or more");
  }
  if (!facts.nitro_cli_found) {
    problems.push_back("--nitro-cli " + wishes.nitro_cli +
                       ": no such program: install aws-nitro-enclaves-cli, or name nitro-sim");
  }
  if (wishes.cpu_count == 0) problems.emplace_back("--cpu-count 0: an enclave needs a CPU");
  if (facts.nitro) find_nitro_problems(wishes, *facts.nitro, problems);
  return problems;
}

}  // namespace ben::broker
