// The operator's copy of the sealed seed, beside the profile, and how a node gets it back.
#pragma once

#include <filesystem>

#include "cli/node_client.hpp"
#include "verify/measurements.hpp"

namespace ben::cli {

[[nodiscard]] std::filesystem::path sealed_copy_path(const std::filesystem::path& profile,
                                                     const Hash256& wallet_id);

// Stops (seal-form, seal-other) unless the blob's header names this wallet, config and image: what the signer
// sealed can be opened by the same image under the same config only. Says nothing about the seed inside.
void admit_sealed_copy(ByteView blob, const Hash256& wallet_id, const Hash256& config_hash,
                       const verify::Measurements& measurements);

// Writes the copy, if there is a blob.
void keep_sealed_copy(const std::filesystem::path& profile, const Hash256& wallet_id, ByteView blob);

// Calls unseal and checks that this wallet is armed by it. Stops: seal-…, kms-… (the signer's), answer-armed.
void unseal(NodeClient& client, const Hash256& wallet_id, ByteView blob, const wire::Envelope& certificate);

// Stops (answer-armed) unless the result says that this wallet is ARMED.
void admit_armed(const SignerAnswer& answer, const Hash256& wallet_id);

}  // namespace ben::cli
