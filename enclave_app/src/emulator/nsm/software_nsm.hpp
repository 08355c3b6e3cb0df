// A Nitro Security Module in software: all seven requests, and documents in AWS's shape under a test root.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "crypto/hash.hpp"
#include "nsm/client.hpp"
#include "nsm/test_pki.hpp"
#include "nsm/transport.hpp"

namespace ben::emulator {

// Milliseconds since 1970.
using ClockMs = std::function<std::uint64_t()>;
[[nodiscard]] std::uint64_t system_clock_ms();

// What the platform knows of an enclave when it starts it.
struct BootFacts {
  Hash384 pcr0{};
  Hash384 pcr1{};
  Hash384 pcr2{};
  std::optional<Hash384> pcr8;                      // of a signed image
  std::string role_arn;                             // the parent's IAM role, measured in PCR3; empty: none
  std::string instance_id = "i-0123456789abcdef0";  // measured in PCR4
  std::uint64_t enclave_number = 0;                 // the 16 hex digits of the module id
  std::string region = "us-east-1";
  bool debug = false;  // zeroes PCR0, 1, 2, 3 and 8
};

// Not safe for use by two threads at once.
class SoftwareNsm final : public NsmTransport {
 public:
  // `pki` has to outlive the module. Makes region, zone and instance certificates of its own.
  SoftwareNsm(const TestPki& pki, BootFacts facts, ClockMs clock = system_clock_ms);

  // Never fails: a request that cannot be read is answered as the module does, by {Error: ...}.
  Result<std::size_t> exchange(ByteView request, std::span<std::uint8_t> reply) override;

  [[nodiscard]] const std::string& module_id() const noexcept { return module_id_; }

 private:
  struct Pcr {
    Hash384 value{};
    bool locked = false;
  };
  struct Issued {
    SigningKey key;
    Bytes certificate;
  };
  struct Chain {
    std::uint64_t made_at_s;  // of region, zone and instance
    std::vector<Bytes> cabundle;
    SigningKey instance_key;
    std::uint64_t leaf_made_at_s;
    Issued leaf;
  };

  Bytes answer(ByteView request);
  Bytes describe() const;
  Bytes describe_pcr(std::uint64_t index) const;
  Bytes extend_pcr(std::uint64_t index, ByteView data);
  Bytes lock_pcr(std::uint64_t index);
  Bytes lock_pcrs(std::uint64_t range);
  Bytes attestation(const AttestationFields& fields);
  void renew_chain(std::uint64_t now_s);

  const TestPki& pki_;
  BootFacts facts_;
  ClockMs clock_;
  std::string module_id_;
  std::array<Pcr, nsm_pcr_count> pcrs_{};
  std::optional<Chain> chain_;
};

}  // namespace ben::emulator
