// Writes the payload of a wallet certificate, for the administrators to sign. Docs: docs/protocol.md
// section 3.
#pragma once

#include "policy/certificate.hpp"

namespace ben::policy {

[[nodiscard]] std::string encode_certificate(const WalletCertificate& certificate);

}  // namespace ben::policy
