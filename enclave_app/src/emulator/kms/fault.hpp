// What the local KMS does wrong on purpose, for tests of its clients.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "kms/envelope.hpp"

namespace ben::emulator {

enum class FaultKind : std::uint8_t {
  none,
  slow,       // answers after a delay
  cut,        // closes the connection in the middle of the answer
  error,      // answers an AWS error of the name given
  forged,     // CiphertextForRecipient holds a payload of a forger's choice
  replayed,   // CiphertextForRecipient is the first one ever sent
  plaintext,  // Plaintext in the place of CiphertextForRecipient
  algorithm,  // CiphertextForRecipient by algorithms that KMS does not use
};

struct Fault {
  FaultKind kind = FaultKind::none;
  std::chrono::milliseconds delay{0};
  std::string error_type;
  EnvelopeAlgorithm algorithm = EnvelopeAlgorithm::as_kms;
  unsigned requests_left = 0;  // after so many it is over; 0: it stays
};

// "none", "slow:MS" (up to 600000), "cut", "error:NAME", "forged", "replayed", "plaintext",
// "algorithm:oaep-sha1" or "algorithm:aes-128", each with "@N" behind it for the next N requests only.
// Fails with `malformed` (kms-fault).
Result<Fault> parse_fault(std::string_view text);

}  // namespace ben::emulator
