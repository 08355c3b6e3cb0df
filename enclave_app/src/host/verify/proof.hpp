// The proof bundle: one file that lets anybody judge a node without asking it, at the time of its document.
// Docs: docs/protocol.md section 6.1.
#pragma once

#include <string>
#include <string_view>

#include "verify/judgement.hpp"

namespace ben::verify {

inline constexpr std::size_t proof_bytes_max = 1024UL * 1024;

struct Proof {
  Evidence evidence;
  std::string config;                    // exact bytes, measured into PCR16
  std::optional<wire::Envelope> policy;  // nothing: none is in force
  wire::Envelope certificate;            // of the wallet
  std::string descriptors_id;            // of the call of get_descriptors
  std::string descriptors_answer;        // exact text, with its proof
  Measurements release;                  // of the image that the exporter pinned
};

// The JSON-RPC call whose answer a proof holds. `id`: without quotes.
[[nodiscard]] std::string encode_descriptors_call(std::string_view id);

// JSON, a line feed at its end.
[[nodiscard]] std::string encode_proof(const Proof& proof);

// Fails with `malformed` (proof-form) unless the text has exactly the members that encode_proof writes.
Result<Proof> parse_proof(std::string_view text);

// judge() at the document's own time, and five lines more, which say whether everything else in the file
// belongs to that document: file-config, file-release, file-certificate, file-policy, file-descriptors.
// `pins` are the reader's own: nothing in the file takes the place of a pin. Each part of the file is proved
// by the document or by a key that it names, so a file with anything changed is not accepted.
[[nodiscard]] Judgement judge_proof(const Proof& proof, const Pins& pins, const Waivers& waivers);

}  // namespace ben::verify
