#include "nsm/test_pki.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.hpp"

namespace ben::emulator {
namespace {

namespace fs = std::filesystem;

constexpr Error bad_folder{ErrorCode::unavailable, "pki-folder",
                           "pki: the test root's folder cannot be used"};
constexpr Error bad_root{ErrorCode::malformed, "pki-key",
                         "pki: root.key and root.der do not belong together: remove the folder"};

// 2020-01-01 and 2050-01-01 less a second: documents of any day in between can be made.
constexpr std::uint64_t root_not_before_s = 1577836800;
constexpr std::uint64_t root_not_after_s = 2524607999;

std::string encode_certificate_pem(ByteView der) {
  constexpr std::size_t line = 64;
  const std::string base64 = encode_base64(der);
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t i = 0; i < base64.size(); i += line) pem += base64.substr(i, line) + "\n";
  return pem + "-----END CERTIFICATE-----\n";
}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

// Writes a new file with exactly that mode.
bool write_file(const fs::path& path, ByteView contents, mode_t mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return false;
  const bool is_written =
      ::write(file, contents.data(), contents.size()) == static_cast<ssize_t>(contents.size());
  return (::close(file) == 0) && is_written;
}

bool contains(ByteView whole, ByteView part) {
  return as_text(whole).find(as_text(part)) != std::string_view::npos;
}

}  // namespace

Bytes TestPki::root_name() {
  return encode_name({{"C", "US"},
                      {"O", "Bitcoin Enclave Node"},
                      {"OU", "local test"},
                      {"CN", "local-test.nitro-enclaves"}});
}

TestPki TestPki::make() {
  SigningKey key = SigningKey::generate();
  Bytes certificate = issue_certificate({.serial = {0x01},
                                         .issuer = root_name(),
                                         .subject = root_name(),
                                         .not_before_s = root_not_before_s,
                                         .not_after_s = root_not_after_s,
                                         .public_key_info = key.public_key_info(),
                                         .extensions = {basic_constraints(true, std::nullopt),
                                                        subject_key_identifier(key), key_usage(0x86, true)}},
                                        key);
  return {std::move(key), std::move(certificate)};
}

Result<TestPki> TestPki::open(const fs::path& folder) {
  const auto key_pem = read_file(folder / "root.key");
  if (key_pem) {
    auto key = SigningKey::parse_pem(*key_pem);
    if (!key) return key.error();
    const auto certificate = read_file(folder / "root.der");
    if (!certificate || !contains(as_bytes(*certificate), key->public_key_info())) return bad_root;
    return TestPki(std::move(*key), to_bytes(as_bytes(*certificate)));
  }

  TestPki made = make();
  std::error_code error;
  fs::create_directories(folder, error);
  fs::permissions(folder, fs::perms::owner_all, error);
  const bool is_written =
      !error && write_file(folder / "root.der", made.certificate_, 0644) &&
      write_file(folder / "root.pem", as_bytes(encode_certificate_pem(made.certificate_)), 0644) &&
      write_file(folder / "root.key", as_bytes(made.key_.encode_pem()),
                 0600);  // last: it marks the rest complete
  if (!is_written) return bad_folder;
  return made;
}

}  // namespace ben::emulator
