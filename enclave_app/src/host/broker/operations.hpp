// What the enclave asks of the broker in the middle of an operation: the disk and KMS.
#pragma once

#include <optional>

#include <boost/asio/thread_pool.hpp>

#include "aws/kms_client.hpp"
#include "broker/enclave_link.hpp"
#include "broker/log.hpp"
#include "broker/node.hpp"
#include "broker/store.hpp"

namespace ben::broker {

// The KMS key of the config, and how to reach it.
struct KmsAccess {
  KeyArn key;
  KmsClient client;
};

class Operations final : public OperationHandler {
 public:
  // `kms`: nullptr when the config names no key. Everything has to outlive this.
  Operations(Store& store, const KmsAccess* kms, Node& node, Log& log, asio::thread_pool& workers) noexcept
      : store_(store), kms_(kms), node_(node), log_(log), workers_(workers) {}

  asio::awaitable<bool> persist(Bytes body) override;
  asio::awaitable<std::optional<Bytes>> decrypt_by_kms(Bytes body) override;

 private:
  Store& store_;
  const KmsAccess* kms_;
  Node& node_;
  Log& log_;
  asio::thread_pool& workers_;
};

}  // namespace ben::broker
