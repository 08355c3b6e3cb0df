#include "host/attestation/suite.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "json/writer.hpp"

namespace ben::attestation::test {
namespace {

// What the groups are about, from group 1.
constexpr std::array<std::string_view, 81> subjects{
    "the tag of COSE_Sign1",
    "other tags",
    "bytes after the document",
    "a second document after it",
    "no array of four",
    "the array's head in another encoding",
    "no payload",
    "a payload in chunks",
    "a payload as text",
    "another algorithm",
    "an algorithm as text",
    "no algorithm",
    "an algorithm in the unprotected header alone",
    "the algorithm twice",
    "more bytes in the protected header than it needs",
    "a critical header",
    "a key's name in the protected header",
    "a key's name in the unprotected header",
    "the algorithm in both headers",
    "a signature of another size",
    "a signature in DER",
    "r or s of zero",
    "r or s out of range",
    "the other signature of the pair, n - s for s",
    "a signature for another context",
    "a signature over external data as well",
    "signed by the instance's key",
    "signed by a stranger's key",
    "a field twice",
    "bytes after the payload",
    "a payload cut short",
    "a payload that is no map",
    "a wrong count of fields",
    "a field's name in bytes",
    "an unknown field",
    "a document of NitroTPM",
    "a field that is missing or null",
    "the form of module_id",
    "the form of digest",
    "the form of timestamp",
    "the time of timestamp",
    "the number of PCRs",
    "the range of a PCR's index",
    "a PCR twice",
    "a PCR's index in more bytes than it needs",
    "the size of a PCR",
    "a PCR that is no plain byte string",
    "the size of user_data and nonce",
    "the size of public_key",
    "user_data as text",
    "lengths that no document has",
    "deep nesting",
    "something else than null",
    "no bundle, or a broken one",
    "a bundle in another order",
    "a bundle without its root",
    "a bundle with a gap",
    "a bundle with one too many",
    "another root of the same name",
    "the trusted root beside another's chain",
    "a leaf signed by itself",
    "the issuer's name and another's key",
    "the root as the leaf",
    "the instance's CA as the leaf",
    "a leaf that is a CA",
    "the leaf's key usage",
    "a leaf without basicConstraints",
    "the leaf's validity",
    "unknown and critical extensions",
    "extended key usage",
    "bytes after a certificate",
    "the size of a certificate",
    "other curves",
    "other kinds of key",
    "other algorithms in a certificate",
    "an issuer that may not issue",
    "the limit of a path's length",
    "a leaf that issues a leaf",
    "an instance that issues a CA",
    "a bundle of junk",
    "many issuers of one name",
};

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
    const std::string_view subject = group.empty() ? "" : subjects.at(std::stoul(group) - 1);
    json::ObjectWriter entry;
    entry.text("file", file).raw("group", group.empty() ? "null" : group).text_or_null("subject", subject);
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
