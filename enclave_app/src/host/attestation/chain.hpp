// A chain of certificates from a pinned root to the one that signed a document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "attestation/p384.hpp"
#include "attestation/refusal.hpp"
#include "base/bytes.hpp"
#include "crypto/hash.hpp"

namespace ben::attestation {

// What a verified chain says, whatever the time. Times are inclusive, in seconds since 1970.
struct Chain {
  std::uint64_t not_before_s;  // the latest of all its certificates
  std::uint64_t not_after_s;   // the earliest
  P384Point leaf_key;
  std::string leaf_name;  // common name
};

// `certificates`: DER, the root first, then each one's issuer before it, the leaf last. The root is trusted
// because it is `root`, byte for byte; its own signature says nothing and is not looked at.
// Every issuer is a CA with keyCertSign whose path length allows what follows; the leaf has cA FALSE,
// digitalSignature and no keyCertSign. There is one order, so nothing is searched. Time is for the caller.
Checked<Chain> verify_chain(std::span<const Bytes> certificates, ByteView root);

// Remembers chains that were verified, by the SHA-256 of their exact certificates: a node shows the same
// chain for up to three hours. Times are not part of what is remembered. For one thread.
class ChainCache {
 public:
  // The oldest of more than `chains_max` (at least 1) chains is forgotten.
  explicit ChainCache(std::size_t chains_max = 16) : chains_max_(chains_max) {}

  // As verify_chain.
  Checked<Chain> verify(std::span<const Bytes> certificates, ByteView root);

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    Hash256 certificates;
    Chain chain;
  };
  std::size_t chains_max_;
  std::vector<Entry> entries_;
};

}  // namespace ben::attestation
