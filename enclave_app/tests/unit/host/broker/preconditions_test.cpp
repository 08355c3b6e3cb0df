#include "broker/preconditions.hpp"

#include <cstdlib>
#include <fstream>

#include <doctest/doctest.h>

#include "folder.hpp"

namespace ben::broker {
namespace {

const Wishes wishes{
    .eif_path = "signer.eif", .nitro_cli = "nitro-cli", .cid = 16, .cpu_count = 2, .memory_mib = 256};
const NitroHost nitro_host{
    .device_exists = true, .device_usable = true, .huge_mib = 256, .pool_cpus = 2, .core_threads = 2};

HostFacts good_facts() {
  return {.eif_bytes = 64UL * 1024 * 1024, .nitro_cli_found = true, .nitro = nitro_host};
}

struct Root : ben::test::Folder {
  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((*this / file).parent_path());
    std::ofstream(*this / file) << text;
  }
};

TEST_CASE("a host that has everything has no problem, at the exact limits") {
  CHECK(find_problems(wishes, good_facts()).empty());
  HostFacts elsewhere = good_facts();
  elsewhere.nitro.reset();
  CHECK(find_problems(wishes, elsewhere).empty());
}

TEST_CASE("each thing that is missing is one sentence that says what to do") {
  struct Case {
    const char* words;
    void (*spoil)(Wishes&, HostFacts&);
  };
  const Case cases[] = {
      {"build the image first", [](Wishes&, HostFacts& facts) { facts.eif_bytes.reset(); }},
      {"give it at least 257", [](Wishes&, HostFacts& facts) { ++*facts.eif_bytes; }},
      {"give 4 or more", [](Wishes& wish, HostFacts&) { wish.cid = 3; }},
      {"install aws-nitro-enclaves-cli", [](Wishes&, HostFacts& facts) { facts.nitro_cli_found = false; }},
      {"an enclave needs a CPU", [](Wishes& wish, HostFacts&) { wish.cpu_count = 0; }},
      {"launch the instance with enclave options enabled",
       [](Wishes&, HostFacts& facts) { facts.nitro->device_exists = false; }},
      {"group ne", [](Wishes&, HostFacts& facts) { facts.nitro->device_usable = false; }},
      {"set memory_mib in /etc/nitro_enclaves/allocator.yaml",
       [](Wishes&, HostFacts& facts) { facts.nitro->huge_mib = 255; }},
      {"set cpu_count in /etc/nitro_enclaves/allocator.yaml",
       [](Wishes&, HostFacts& facts) { facts.nitro->pool_cpus = 1; }},
  };
  for (const auto& [words, spoil] : cases) {
    CAPTURE(words);
    Wishes wish = wishes;
    HostFacts facts = good_facts();
    spoil(wish, facts);
    const auto problems = find_problems(wish, facts);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find(words) != std::string::npos);
  }
}

TEST_CASE("problems come together, so that one start shows them all") {
  Wishes wish = wishes;
  wish.cid = 0;
  HostFacts facts = good_facts();
  facts.eif_bytes = UINT64_MAX / 8;
  facts.nitro->huge_mib = 0;
  facts.nitro->pool_cpus = 0;
  CHECK(find_problems(wish, facts).size() == 4);
}

TEST_CASE("a number of CPUs is rounded up to whole cores, and never down") {
  struct Case {
    std::uint32_t threads, wanted, given;
  };
  for (const auto& [threads, wanted, given] :
       {Case{2, 1, 2}, Case{2, 2, 2}, Case{2, 3, 4}, Case{1, 1, 1}, Case{1, 3, 3}, Case{2, 0, 0}}) {
    CAPTURE(threads);
    CAPTURE(wanted);
    NitroHost host = nitro_host;
    host.core_threads = threads;
    CHECK(host.whole_cores(wanted) == given);
  }
}

TEST_CASE("the facts of a Nitro host are read from the files of its kernel") {
  const Root root;
  root.write("dev/nitro_enclaves", "");
  root.write("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "128\n");
  root.write("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "2\n");
  root.write("sys/module/nitro_enclaves/parameters/ne_cpus", "1,3,5-6\n");
  root.write("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0,2\n");
  root.write("signer.eif", "12345");
  Wishes wish = wishes;
  wish.eif_path = root.path() / "signer.eif";
  wish.nitro_cli = "/bin/sh";
  const HostFacts facts = read_host_facts(wish, true, root.path());
  CHECK(facts.eif_bytes == 5);
  CHECK(facts.nitro_cli_found);
  REQUIRE(facts.nitro.has_value());
  CHECK(facts.nitro->device_exists);
  CHECK(facts.nitro->device_usable);
  CHECK(facts.nitro->huge_mib == 256 + 2048);
  CHECK(facts.nitro->pool_cpus == 4);
  CHECK(facts.nitro->core_threads == 2);
}

TEST_CASE("a host without Nitro shows that, and is not asked for it where it is not needed") {
  const Root root;
  Wishes wish = wishes;
  wish.nitro_cli = root.path() / "no-such-program";
  const HostFacts facts = read_host_facts(wish, true, root.path());
  CHECK_FALSE(facts.eif_bytes.has_value());
  CHECK_FALSE(facts.nitro_cli_found);
  REQUIRE(facts.nitro.has_value());
  CHECK_FALSE(facts.nitro->device_exists);
  CHECK(facts.nitro->huge_mib == 0);
  CHECK(facts.nitro->core_threads == 1);
  CHECK_FALSE(read_host_facts(wish, false, root.path()).nitro.has_value());
}

}  // namespace
}  // namespace ben::broker
