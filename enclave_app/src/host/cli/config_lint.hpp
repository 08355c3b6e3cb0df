// What is wrong, or unwise, in a config: errors that the signer would refuse or that give the wallet away,
// and warnings about what its owner may not mean.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace ben::cli {

struct Finding {
  bool is_error;
  std::string tag;
  std::string text;
};

// Errors: the tags of policy::parse_config; config-admin-key (anybody can sign under an admin's key);
// kms-key-arn, kms-key-unfit.
// Warnings: config-threshold-one, config-threshold-all, config-one-admin, config-no-kms.
[[nodiscard]] std::vector<Finding> lint(ByteView config);

}  // namespace ben::cli
