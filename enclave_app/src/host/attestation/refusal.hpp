// Why an attestation document is refused, and a result that carries that reason.
#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace ben::attestation {

enum class Refusal : std::uint8_t {
  // The envelope, a COSE_Sign1.
  size,
  tagged,
  cose,
  algorithm,
  unprotected,
  signature_form,
  signature,
  // The payload.
  payload,
  unknown_field,
  duplicate_field,
  missing_field,
  nitrotpm,
  module_id,
  digest,
  timestamp,
  pcrs,
  certificate_field,
  cabundle,
  public_key,
  user_data,
  nonce,
  // The certificates.
  root,
  root_form,
  certificate,
  certificate_algorithm,
  critical_extension,
  extended_key_usage,
  chain_name,
  chain_signature,
  not_ca,
  ca_key_usage,
  path_length,
  leaf_constraints,
  leaf_key_usage,
  leaf_name,
  // Time.
  not_yet_valid,
  expired,
  timestamp_outside,
  future,
};
inline constexpr std::size_t refusal_count = static_cast<std::size_t>(Refusal::future) + 1;

// The tag (`attest-…`) and the sentence of a refusal.
[[nodiscard]] Error to_error(Refusal refusal) noexcept;

// A T, or the reason why there is none.
template <typename T>
using Checked = Result<T, Refusal>;

}  // namespace ben::attestation
