// The spending policy: which requester may send how much to whom. Docs: docs/protocol.md section 7.
#pragma once

#include "bitcoin/review.hpp"
#include "policy/config.hpp"

namespace ben::policy {

inline constexpr std::size_t groups_max = 64;
inline constexpr std::size_t group_keys_max = 64;
inline constexpr std::size_t built_in_lists = 2;  // `self` and `any`
inline constexpr std::size_t lists_max = 64 - built_in_lists;
inline constexpr std::size_t list_addresses_max = 1000;
inline constexpr std::size_t rules_max = 64;
inline constexpr std::size_t name_bytes_max = 32;

// Items under a name, by which rules refer to them.
template <typename Item>
struct Named {
  std::string name;
  std::vector<Item> items{};
};
using Group = Named<Ed25519PublicKey>;
using DestinationList = Named<bitcoin::Script>;  // sorted

struct Rule {
  std::string name;
  std::uint64_t from;          // bit i: group i
  std::uint64_t destinations;  // bit i: list i
  std::uint64_t outflow_sats_max;
  std::uint64_t fee_sats_max;
  std::uint64_t fee_sats_per_vbyte_max;
};

// The first two lists are built in, without items: `self`, which only a review can tell, and `any`.
inline constexpr std::uint64_t self_bit = 1;
inline constexpr std::uint64_t any_bit = 2;

struct Policy {
  bitcoin::Network network;
  Hash256 wallet_id;
  std::int64_t epoch;
  std::optional<Hash256> previous;
  std::vector<Group> groups;
  std::vector<DestinationList> lists;
  std::vector<Rule> rules;  // the first that fits decides
  std::uint32_t change_index_max;
};

// Fails with `malformed` (policy-form, the key as detail).
Result<Policy> parse_policy(ByteView payload);

// Every key that may sign requests.
[[nodiscard]] std::vector<Ed25519PublicKey> requester_keys(const Policy& policy);

// The rule that allows the reviewed transaction for requests signed by `requesters`, by its place in
// policy.rules. Fails with `refused`: policy-requester, policy-destination, policy-outflow (no rule fits;
// what came closest), policy-fee, policy-fee-rate (the rule that fits has a lower cap).
Result<std::size_t> admit_transaction(const Policy& policy, std::span<const Ed25519PublicKey> requesters,
                                      const bitcoin::Review& review);

}  // namespace ben::policy
