// What is read and checked before anything runs: config, root, host, image, store, KMS key.
#pragma once

#include <memory>
#include <optional>

#include "aws/credentials.hpp"
#include "broker/lifecycle.hpp"
#include "broker/operations.hpp"
#include "broker/options.hpp"

namespace ben::broker {

struct Prepared {
  LifecyclePlan plan;
  bool measured = false;  // the image has the measurement that was expected
  std::unique_ptr<Store> store;
  std::unique_ptr<CredentialsProvider> credentials;
  std::optional<KmsAccess> kms;  // none: the config names no key
};

// Blocks, for seconds at most. Logs `Actual EIF PCR0 Measurement: ...`, everything that is wrong as a
// sentence, and returns nothing then.
std::optional<Prepared> prepare(const Options& options, Log& log);

}  // namespace ben::broker
