// A Nitro Security Module in software: all seven requests, and documents in AWS's shape under a test root.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "crypto/hash.hpp"
#include "nsm/client.hpp"
#include "nsm/device.hpp"
#include "nsm/issued_chain.hpp"
#include "nsm/test_pki.hpp"

namespace ben::emulator {

// Milliseconds since 1970.
using ClockMs = std::function<std::uint64_t()>;
[[nodiscard]] std::uint64_t system_clock_ms();

// What the platform knows of an enclave when it starts it.
struct BootFacts {
  Hash384 pcr0{};
  Hash384 pcr1{};
  Hash384 pcr2{};
  std::optional<Hash384> pcr8;  // of a signed image
  std::string role_arn;         // the parent's IAM role, measured in PCR3; empty: none
  EnclaveName name;             // its instance is measured in PCR4
  // Zeroes PCR0, PCR1, PCR2 and PCR8. Genuine debug documents have PCR3 and PCR4 as ever.
  bool debug = false;
};

// Not safe for use by two threads at once.
class SoftwareNsm final : public NsmTransport {
 public:
  // `pki` has to outlive the module.
  SoftwareNsm(const TestPki& pki, const BootFacts& facts, ClockMs clock = system_clock_ms);

  // Never fails: a request that cannot be read is answered as the module does, by {Error: ...}.
  Result<std::size_t> exchange(ByteView request, std::span<std::uint8_t> reply) override;

  [[nodiscard]] const std::string& module_id() const noexcept { return module_id_; }

 private:
  struct Pcr {
    Hash384 value{};
    bool locked = false;
  };

  Bytes answer(ByteView request);
  Bytes describe() const;
  Bytes get_random() const;
  Bytes describe_pcr(std::uint64_t index) const;
  Bytes extend_pcr(std::uint64_t index, ByteView data);
  Bytes lock_pcr(std::uint64_t index);
  Bytes lock_pcrs(std::uint64_t range);
  Bytes attestation(const AttestationFields& fields);
  [[nodiscard]] std::uint64_t count_locked() const;

  ClockMs clock_;
  std::string module_id_;
  std::array<Pcr, nsm_pcr_count> pcrs_{};
  IssuedChain chain_;
};

}  // namespace ben::emulator
