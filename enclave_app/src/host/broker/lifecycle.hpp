// Lifecycle: from no enclave to one that is verified and has its wallet back, again after each loss, to the
// end.
//
// bring up:  describe-enclaves -> adopt ours if its evidence verifies, else terminate it and run the image
//            -> connect -> CONFIG -> evidence
// up:        heartbeat; wallet and policy back from the store, until KMS gives in
// lost:      wait, longer each time, and bring up again
// end:       terminate the enclave if its seed is in the store, else leave it running and say so
#pragma once

#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "broker/backoff.hpp"
#include "broker/enclave_session.hpp"
#include "broker/evidence.hpp"
#include "broker/log.hpp"
#include "broker/nitro_cli.hpp"
#include "broker/node.hpp"
#include "broker/store.hpp"

namespace ben::broker {

struct LifecyclePlan {
  EnclaveOrder order;
  std::string address_template;
  std::string nitro_cli;
  Bytes config;
  verify::Pins pins;   // root, measurements and config
  std::string policy;  // given to the host, offered where it is newer than the stored one; may be empty
  bool force_end = false;
};

class Lifecycle {
 public:
  // Everything that is referred to has to outlive this, and runs on `executor`'s one thread.
  Lifecycle(const asio::any_io_executor& executor, LifecyclePlan plan, Node& node, Store& store,
            OperationHandler& operations, Log& log, asio::thread_pool& workers);

  // Runs until stop() or until it cannot go on. The program's exit code.
  asio::awaitable<int> run();

  // Learns the state of the enclave anew.
  asio::awaitable<void> refresh();

  // Asks run() to end; open requests have had their answers.
  asio::awaitable<void> stop();

 private:
  using Session = std::shared_ptr<EnclaveSession>;
  enum class Arrival : std::uint8_t { up, failed, refused };

  asio::awaitable<Arrival> bring_up();
  asio::awaitable<Arrival> launch();
  asio::awaitable<bool> adopt(const EnclaveInfo& enclave);
  asio::awaitable<bool> clear_the_way(std::vector<EnclaveInfo> enclaves, bool& adopted);
  asio::awaitable<Session> connect(std::uint32_t cid, std::chrono::milliseconds limit);
  asio::awaitable<bool> runs(std::uint32_t cid);
  asio::awaitable<bool> give_config(const Session& session);
  asio::awaitable<Arrival> verify(const Session& session);
  asio::awaitable<void> terminate(const std::string& id);

  asio::awaitable<void> keep_fresh(Session session);
  asio::awaitable<void> give_back(Session session);
  asio::awaitable<bool> give_back_once(const Session& session);
  asio::awaitable<bool> offer(const Session& session, Bytes request, std::string_view event);
  asio::awaitable<OwnAnswer> ask(const Session& session, Bytes request, bool is_operation);
  asio::awaitable<void> leave();
  asio::awaitable<void> pause(std::chrono::milliseconds duration);

  asio::any_io_executor executor_;
  LifecyclePlan plan_;
  NitroCli nitro_cli_;
  Node& node_;
  Store& store_;
  OperationHandler& operations_;
  Log& log_;
  asio::thread_pool& workers_;
  asio::steady_timer restart_timer_;
  std::string enclave_id_;  // of the enclave that is up or was last
  bool was_up_ = false;
  bool stopping_ = false;
};

}  // namespace ben::broker
