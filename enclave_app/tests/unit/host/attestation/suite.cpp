#include "host/attestation/suite.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "json/writer.hpp"

namespace ben::attestation::test {
namespace {

void write_file(const std::filesystem::path& path, ByteView bytes) {
  std::ofstream(path, std::ios::binary) << as_text(bytes);
}

class Suite {
 public:
  explicit Suite(const std::filesystem::path& folder) : folder_(folder) {
    std::filesystem::create_directories(folder);
    write_file(folder / "root.der", root_certificate());
    manifest_.open(folder / "manifest.jsonl");
  }

  void add(const Case& one, ByteView document, std::uint64_t time_s) {
    const std::string number = std::to_string(++count_);
    const std::string file = std::string(4 - number.size(), '0') + number + ".cbor";
    write_file(folder_ / file, document);
    const std::string_view name = one.what;
    const std::size_t digits = name.find_first_not_of("0123456789");
    const std::string group(name.substr(0, digits));
    json::ObjectWriter entry;
    entry.text("file", file).raw("group", group.empty() ? "null" : group);
    entry.text("what", group.empty() ? name : name.substr(digits + 1));
    entry.integer("time_s", static_cast<std::int64_t>(time_s));
    entry.text("verdict", one.refusal ? to_error(*one.refusal).tag.view() : "accepted");
    entry.text_or_null("reason", one.refusal ? to_error(*one.refusal).reason.view() : "");
    manifest_ << entry.finish() << std::endl;
  }

 private:
  std::filesystem::path folder_;
  std::ofstream manifest_;
  std::size_t count_ = 0;
};

}  // namespace

void add_to_suite(const Case& one, ByteView document, std::uint64_t time_s) {
  const char* const folder = std::getenv("BEN_CONFORMANCE");
  if (folder == nullptr) return;
  static Suite suite(folder);
  suite.add(one, document, time_s);
}

}  // namespace ben::attestation::test
