// The root of AWS Nitro Enclaves, pinned.
#pragma once

#include "base/bytes.hpp"

namespace ben::attestation {

// DER of CN=aws.nitro-enclaves, valid to 2049-10-28. Its SHA-256 is
// 641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b; AWS publishes the certificate at
// https://aws-nitro-enclaves.amazonaws.com/AWS_NitroEnclaves_Root-G1.zip.
[[nodiscard]] ByteView aws_root_certificate() noexcept;

}  // namespace ben::attestation
