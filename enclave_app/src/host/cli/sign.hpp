// Has a PSBT signed, and believes nothing of the answer that the PSBT and the pinned descriptors do not bear
// out.
#pragma once

#include <optional>
#include <string>

#include "cli/keys.hpp"
#include "cli/node.hpp"

namespace ben::cli {

struct SignedTransaction {
  Bytes psbt;
  std::optional<std::string> txid;  // nothing where an input's scriptSig will be part of it
  std::string rule;
  std::int64_t outflow_sats;
  std::int64_t fee_sats;
  Hash256 decision_key;
};

// The requester's key: the flags' or the profile's. Stops: usage, and those of read_key_file.
Ed25519Key read_requester_key(const KeyOptions& keys, const Profile& profile);

// Stops: answer-… where the answer is not of this PSBT or a signature is not valid, the signer's own tag
// where it refuses.
SignedTransaction sign_checked(const Node& node, const Bytes& psbt, const Ed25519Key& key);

}  // namespace ben::cli
