#include "cli/keys.hpp"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/hex.hpp"
#include "cli/files.hpp"
#include "cli/stop.hpp"
#include "folder.hpp"

namespace ben {
namespace {

namespace fs = std::filesystem;

struct Folder : test::Folder {
  [[nodiscard]] fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name) << text;
    return *this / name;
  }
};

template <typename Call>
std::string tag_of_stop(const Call& call) {
  try {
    call();
  } catch (const cli::Stop& stop) {
    return stop.tag();
  }
  return "";
}

TEST_CASE("a key file opens with its passphrase and with no other, and shows nothing of the key") {
  const Folder folder;
  const cli::PassphraseSource right{.file = folder.write("right", "correct horse\n").string()};
  const cli::PassphraseSource wrong{.file = folder.write("wrong", "correct horsf\n").string()};
  const auto path = folder / "admin.pem";
  const auto public_key = cli::make_key_file(path, false, right);
  const auto key = cli::read_key_file(path, right);
  CHECK(key.public_key() == public_key);
  CHECK(ed25519_verify(public_key, as_bytes("x"), key.sign(as_bytes("x"))));
  CHECK(tag_of_stop([&] { (void)cli::read_key_file(path, wrong); }) == "key-passphrase");
  CHECK(cli::read_text_file(path).find("BEGIN ENCRYPTED PRIVATE KEY") != std::string::npos);
}

TEST_CASE("a key file has mode 0600, is plain only when asked for, and is never overwritten") {
  const Folder folder;
  const auto path = folder / "desk.pem";
  const auto public_key = cli::make_key_file(path, true, {});
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0600);
  const std::string before = cli::read_text_file(path);
  CHECK(before.starts_with("-----BEGIN PRIVATE KEY-----"));
  CHECK(tag_of_stop([&] { (void)cli::make_key_file(path, true, {}); }) == "file-exists");
  CHECK(cli::read_text_file(path) == before);
  CHECK(cli::read_key_file(path, {}).public_key() == public_key);
}

TEST_CASE("an empty passphrase, and what is no Ed25519 key, is refused") {
  const Folder folder;
  const cli::PassphraseSource empty{.file = folder.write("empty", "\n").string()};
  CHECK(tag_of_stop([&] { (void)cli::make_key_file(folder / "a.pem", false, empty); }) == "key-passphrase");
  CHECK_FALSE(fs::exists(folder / "a.pem"));
  for (const char* text : {"", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                           // A P-256 key of RFC 5915's form in PKCS#8.
                           "-----BEGIN PRIVATE KEY-----\n"
                           "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCABAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n"
                           "AQEBAQEBAQEBAQ==\n-----END PRIVATE KEY-----\n"}) {
    CAPTURE(text);
    const auto path = folder.write("bad.pem", text);
    CHECK(tag_of_stop([&] { (void)cli::read_key_file(path, {}); }) == "key-file");
  }
}

TEST_CASE("public keys are taken as hex or from a file, and none of small order") {
  const Folder folder;
  const std::string hex =
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";  // RFC 8032, TEST 1
  CHECK(encode_hex(cli::parse_public_key(hex)) == hex);
  CHECK(encode_hex(cli::parse_public_key(folder.write("key.hex", hex + "\n").string())) == hex);
  // RFC 8410 section 10.1.
  const auto pem = folder.write("key.pem",
                                "-----BEGIN PUBLIC KEY-----\n"
                                "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                                "-----END PUBLIC KEY-----\n");
  CHECK(encode_hex(cli::parse_public_key(pem.string())) ==
        "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
  // y = 0, 1, -1, the two of order 8, each also with the sign of x, and those not reduced mod p.
  for (const char* small : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000080",
                            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
    CAPTURE(small);
    CHECK(tag_of_stop([&] { (void)cli::parse_public_key(small); }) == "key-public");
  }
  CHECK(tag_of_stop([] { (void)cli::parse_public_key("no such file"); }) == "key-public");
}

}  // namespace
}  // namespace ben
