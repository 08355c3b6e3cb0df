// The Nitro Security Module's requests as typed calls (aws-nitro-enclaves-nsm-api, src/api/mod.rs).
//
// Every call fails with
//   `unavailable` nsm-device   no reply came
//   `malformed`   nsm-reply    the reply is not of the one CBOR form that the request has
//   `refused`     nsm-<error>  the module's own error, by its name: nsm-invalid-argument, nsm-invalid-index,
//                 nsm-invalid-response, nsm-read-only-index, nsm-invalid-operation, nsm-buffer-too-small,
//                 nsm-input-too-large, nsm-internal-error
#pragma once

#include "base/secret.hpp"
#include "crypto/hash.hpp"
#include "nsm/device.hpp"

namespace ben {

inline constexpr std::size_t nsm_pcr_count = 32;
inline constexpr std::size_t nsm_field_bytes_max = 1024;  // each of user_data, nonce and public_key

struct NsmPcr {
  bool locked;
  Hash384 value;
};

// What an attestation document carries beside the measurements; a field left out is null in the document.
struct AttestationFields {
  std::optional<ByteView> user_data;
  std::optional<ByteView> nonce;
  std::optional<ByteView> public_key;
};

class NsmClient {
 public:
  // `transport` has to outlive the client.
  explicit NsmClient(NsmTransport& transport) noexcept : transport_(transport) {}

  // Fills `out` with the module's random bytes, in as many requests as that takes.
  Result<> get_random(std::span<std::uint8_t> out);

  // PCR `index` (0 to 31). extend_pcr sets SHA384(old value ‖ data) and returns it.
  Result<NsmPcr> describe_pcr(std::uint16_t index);
  Result<Hash384> extend_pcr(std::uint16_t index, ByteView data);

  // Locks every PCR below `range`. Those that are locked already are no error.
  Result<> lock_pcrs(std::uint16_t range);

  // A fresh attestation document: an untagged COSE_Sign1, some 4.5 KB.
  Result<Bytes> attestation(const AttestationFields& fields);

 private:
  // The reply, as a view into reply_ that is valid until the next call; the module's own error as an error.
  Result<ByteView> exchange(ByteView request);
  // The byte string of a reply {name: {key: bytes}}, and its "lock" where one is asked for.
  Result<ByteView> exchange_for_bytes(ByteView request, std::string_view name, std::string_view key,
                                      std::optional<bool>* lock = nullptr);

  NsmTransport& transport_;
  Secret<nsm_reply_bytes_max> reply_;  // random bytes pass through it
};

// The `timestamp` of the enclave's own document, milliseconds since 1970, from a document that this enclave
// has just received from its NSM: the signature is NOT checked, so it proves nothing to anybody else.
// Fails with `malformed` (nsm-timestamp).
Result<std::uint64_t> document_timestamp_ms(ByteView document);

}  // namespace ben
