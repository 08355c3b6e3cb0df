// Makes attestation documents in the one form that genuine ones have had since mid-2025.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "nsm/client.hpp"
#include "nsm/issued_chain.hpp"

namespace ben::emulator {

struct DocumentContent {
  std::string_view module_id;
  std::uint64_t timestamp_ms;
  std::vector<std::pair<std::uint64_t, ByteView>> pcrs;  // index and value of each that is locked
  AttestationFields fields;
};

// An untagged COSE_Sign1, ES384 by the leaf's key, with the leaf's certificate and those above it.
[[nodiscard]] Bytes sign_document(const DocumentContent& content, const LeafCertificate& leaf);

}  // namespace ben::emulator
