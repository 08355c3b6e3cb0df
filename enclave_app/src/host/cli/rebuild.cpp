#include "cli/rebuild.hpp"

#include <cerrno>
#include <filesystem>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hex.hpp"
#include "cli/files.hpp"
#include "cli/stop.hpp"
#include "eif/image.hpp"
#include "verify/measurements.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX asks for it

namespace ben::cli {
namespace {

// Runs a program to its end. What it prints goes to standard error: standard output is for the verdict.
void run_or_stop(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = -1;
  const int problem = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw Stop("rebuild-program", arguments[0] + ": cannot be started");

  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw Stop("rebuild-program", arguments[0] + " failed: what it printed says why");
}

bool compare(const char* name, const Hash384& published, const Hash384& rebuilt, Output& output) {
  const bool same = published == rebuilt;
  output.json_fact(name, same ? "true" : "false");
  output.line(std::string(name) + (same ? "  same       " : "  DIFFERENT  ") + encode_hex(rebuilt));
  if (!same) output.line("      published  " + encode_hex(published));
  return same;
}

}  // namespace

int rebuild(const RebuildOptions& options, Output& output) {
  const auto published =
      value_or_stop(verify::parse_measurements(read_text_file(options.measurements)), options.measurements);
  if (options.commit.starts_with('-')) throw UsageStop("want a commit or a tag, not: " + options.commit);
  const std::filesystem::path folder = std::filesystem::absolute(options.out);
  if (std::filesystem::exists(folder))
    throw Stop("rebuild-folder", folder.string() + ": exists already: name a new folder");

  const std::string clone = (folder / "source").string();
  const std::string image = (folder / "image").string();
  run_or_stop({"git", "clone", "--quiet", "--no-checkout", "--", options.source, clone});
  run_or_stop(
      {"git", "-C", clone, "-c", "advice.detachedHead=false", "checkout", "--detach", options.commit, "--"});
  run_or_stop({clone + "/scripts/build-image", image});

  const std::string file = image + "/enclave.eif";
  const auto rebuilt = value_or_stop(eif::measure_eif(file, nullptr), file);
  const bool same0 = compare("PCR0", published.pcr0, rebuilt.pcr0, output);
  const bool same1 = compare("PCR1", published.pcr1, rebuilt.pcr1, output);
  const bool same2 = compare("PCR2", published.pcr2, rebuilt.pcr2, output);
  output.fact("image", file);
  return same0 && same1 && same2 ? exit_yes : exit_no;
}

}  // namespace ben::cli
