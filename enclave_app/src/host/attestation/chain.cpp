#include "attestation/chain.hpp"

#include <algorithm>
#include <optional>

#include "attestation/certificate.hpp"
#include "base/writer.hpp"

namespace ben::attestation {
namespace {

// `below`: how many CA certificates follow the issuer (RFC 5280 section 4.2.1.9).
std::optional<Refusal> check_issuer(const Certificate& issuer, std::size_t below) noexcept {
  if (!issuer.is_ca.value_or(false)) return Refusal::not_ca;
  if ((issuer.key_usage & key_cert_sign_bit) == 0) return Refusal::ca_key_usage;
  if (issuer.path_length && *issuer.path_length < below) return Refusal::path_length;
  return std::nullopt;
}

std::optional<Refusal> check_leaf(const Certificate& leaf) noexcept {
  if (leaf.is_ca.value_or(true)) return Refusal::leaf_constraints;
  if ((leaf.key_usage & digital_signature_bit) == 0 || (leaf.key_usage & key_cert_sign_bit) != 0)
    return Refusal::leaf_key_usage;
  return std::nullopt;
}

// Each certificate's length and bytes, so that no two lists have one hash.
Hash256 hash_of(std::span<const Bytes> certificates) {
  Sha256 hasher;
  for (const Bytes& certificate : certificates) {
    hasher.update(Writer().u64_be(certificate.size()).view()).update(certificate);
  }
  return hasher.finish();
}

}  // namespace

Checked<Chain> verify_chain(std::span<const Bytes> certificates, ByteView root) {
  if (certificates.size() < 2 || !equal(certificates.front(), root)) return Refusal::root;
  std::vector<Certificate> parsed;
  for (const Bytes& der : certificates) {
    const auto certificate = parse_certificate(der);
    if (!certificate) return parsed.empty() ? Refusal::root_form : certificate.error();
    parsed.push_back(*certificate);
  }

  const std::size_t leaf = parsed.size() - 1;
  for (std::size_t i = 0; i < leaf; ++i) {
    if (!equal(parsed[i + 1].issuer, parsed[i].subject)) return Refusal::chain_name;
  }
  for (std::size_t i = 0; i < leaf; ++i) {
    if (const auto refusal = check_issuer(parsed[i], leaf - i - 1)) return *refusal;
  }
  if (const auto refusal = check_leaf(parsed[leaf])) return *refusal;
  for (std::size_t i = 0; i < leaf; ++i) {
    const Certificate& issued = parsed[i + 1];
    if (!p384_verify(parsed[i].public_key, issued.signed_part, issued.signature))
      return Refusal::chain_signature;
  }

  Chain chain{.not_before_s = 0,
              .not_after_s = ~std::uint64_t{0},
              .leaf_key = parsed[leaf].public_key,
              .leaf_name = std::string(parsed[leaf].common_name)};
  for (const Certificate& certificate : parsed) {
    chain.not_before_s = std::max(chain.not_before_s, certificate.not_before_s);
    chain.not_after_s = std::min(chain.not_after_s, certificate.not_after_s);
  }
  return chain;
}

Checked<Chain> ChainCache::verify(std::span<const Bytes> certificates, ByteView root) {
  if (certificates.empty() || !equal(certificates.front(), root)) return Refusal::root;
  const Hash256 hash = hash_of(certificates);
  const auto known = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.certificates == hash; });
  if (known != entries_.end()) return known->chain;

  auto chain = verify_chain(certificates, root);
  if (!chain) return chain.error();
  if (entries_.size() == chains_max_) entries_.erase(entries_.begin());
  entries_.push_back({hash, *chain});
  return chain;
}

}  // namespace ben::attestation
