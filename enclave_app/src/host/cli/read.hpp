// Addresses that the signer and the pinned descriptors agree on, and how descriptors are said.
#pragma once

#include <vector>

#include "cli/node.hpp"

namespace ben::cli {

struct AddressPlace {
  std::string account;  // "bip84/0"
  std::int64_t branch = 0;
  std::int64_t index = 0;
};

struct ConfirmedAddress {
  std::string address;
  std::string path;
  std::string script_pubkey;  // hex
};

// Asks get_address and derives the same from the pinned descriptor. Stops: answer-address where they differ,
// account-unknown, descriptors-missing.
ConfirmedAddress confirm_address(const Node& node, const AddressPlace& place);

void say_descriptors(const std::vector<PinnedDescriptor>& descriptors, Output& output);

}  // namespace ben::cli
