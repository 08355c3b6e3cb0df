// A root of trust for one developer's machine, in the shape of the AWS Nitro Enclaves root.
#pragma once

#include <filesystem>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "nsm/certificate.hpp"

namespace ben::emulator {

// Whoever reads the folder's root.key can sign documents that verify under this root: it proves nothing,
// and its subject says so (O=Bitcoin Enclave Node, CN=local-test.nitro-enclaves).
class TestPki {
 public:
  // Reads root.key, root.pem and root.der from `folder`, or makes them once: the folder with mode 0700, the
  // key with 0600. Fails with `unavailable` (pki-folder) when the folder cannot be read or written and with
  // `malformed` (pki-key) when what it holds is no such root.
  static Result<TestPki> open(const std::filesystem::path& folder);

  // A root that lives in memory only.
  static TestPki make();

  [[nodiscard]] const Bytes& root_certificate() const noexcept { return certificate_; }  // DER
  [[nodiscard]] static Bytes root_name();                                                // DER
  [[nodiscard]] const SigningKey& root_key() const noexcept { return key_; }

 private:
  TestPki(SigningKey key, Bytes certificate) noexcept
      : key_(std::move(key)), certificate_(std::move(certificate)) {}

  SigningKey key_;
  Bytes certificate_;
};

}  // namespace ben::emulator
