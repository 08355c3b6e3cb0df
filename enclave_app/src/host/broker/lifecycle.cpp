#include "broker/lifecycle.hpp"

#include <algorithm>

#include <openssl/rand.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/hex.hpp"
#include "broker/notify.hpp"
#include "broker/worker.hpp"

namespace ben::broker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds connect_limit{30'000};  // after the heartbeat: the image is running
constexpr milliseconds adopt_limit{10'000};
constexpr milliseconds link_limit{5'000};
constexpr Backoff::Limits connect_waits{.first = milliseconds(50), .most = milliseconds(1'000)};
constexpr Backoff::Limits restart_waits{.first = milliseconds(500), .most = milliseconds(60'000)};
constexpr Backoff::Limits give_back_waits{.first = milliseconds(1'000), .most = milliseconds(60'000)};
constexpr milliseconds heartbeat_interval{5'000};
constexpr std::chrono::seconds steady_after{60};  // an enclave up this long starts the count of attempts anew
constexpr unsigned restarts_max = 10;             // in a row; then the service manager may decide
constexpr unsigned terminate_attempts = 3;
constexpr std::size_t nonce_bytes = 32;

std::uint32_t random_number() {
  std::uint32_t number = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number);
  return number;
}

std::uint64_t now_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

std::string in_words(const Failure& failure) {
  const std::string reason(failure.error.reason.view());
  return failure.detail.empty() ? reason : reason + ": " + failure.detail;
}

}  // namespace

Lifecycle::Lifecycle(const asio::any_io_executor& executor, LifecyclePlan plan, Node& node, Store& store,
                     OperationHandler& operations, Log& log, asio::thread_pool& workers)
    : executor_(executor),
      plan_(std::move(plan)),
      nitro_cli_(plan_.nitro_cli),
      node_(node),
      store_(store),
      operations_(operations),
      log_(log),
      workers_(workers),
      restart_timer_(executor) {}

asio::awaitable<int> Lifecycle::run() {
  Backoff backoff(restart_waits);
  while (true) {
    const Arrival arrival = co_await bring_up();
    if (arrival == Arrival::refused) co_return 1;
    if (arrival == Arrival::up) {
      const auto since = std::chrono::steady_clock::now();
      const Session session = node_.session;
      was_up_ = true;
      notify_service_manager("READY=1");
      asio::co_spawn(executor_, keep_fresh(session), asio::detached);
      asio::co_spawn(executor_, give_back(session), asio::detached);
      if (stopping_) session->close();
      co_await session->wait_until_closed();
      node_.session.reset();
      if (stopping_) co_await leave();
      if (std::chrono::steady_clock::now() - since >= steady_after) backoff.reset();
    }
    if (stopping_) co_return 0;
    if (!was_up_ || backoff.attempts() >= restarts_max) {
      log_.error("giving-up", {{"message", was_up_ ? "the enclave was lost too often in a row"
                                                   : "the enclave did not start"}});
      co_return 1;
    }
    node_.trouble = "the enclave was lost and is being restarted";
    const auto wait = backoff.next(random_number());
    log_.warn("enclave-lost", {{"enclave_id", enclave_id_}, {"retry_in_ms", wait.count()}});
    restart_timer_.expires_after(wait);
    (void)co_await restart_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (stopping_) {
      co_await leave();
      co_return 0;
    }
  }
}

asio::awaitable<Lifecycle::Arrival> Lifecycle::bring_up() {
  const auto enclaves = co_await on_worker(workers_, [this] { return nitro_cli_.describe(); });
  if (!enclaves) {
    log_.error("describe-failed",
               {{"tag", enclaves.failure().error.tag.view()}, {"message", in_words(enclaves.failure())}});
    co_return Arrival::failed;
  }
  bool adopted = false;
  const bool clear = co_await clear_the_way(*enclaves, adopted);
  if (adopted) co_return Arrival::up;
  if (!clear || stopping_) co_return Arrival::failed;
  co_return co_await launch();
}

// Adopts one enclave of our name, terminates the others. False: somebody else's enclave is in the way.
asio::awaitable<bool> Lifecycle::clear_the_way(std::vector<EnclaveInfo> enclaves, bool& adopted) {
  for (const EnclaveInfo& enclave : enclaves) {
    if (enclave.name != plan_.order.name) continue;
    if (!adopted && co_await adopt(enclave)) {
      adopted = true;
      continue;
    }
    log_.warn("enclave-replaced", {{"enclave_id", enclave.id}, {"message", "its evidence does not verify"}});
    co_await terminate(enclave.id);
  }
  const auto in_the_way = std::ranges::find_if(enclaves, [this](const EnclaveInfo& enclave) {
    return enclave.name != plan_.order.name && enclave.cid == plan_.order.cid;
  });
  if (adopted || in_the_way == enclaves.end()) co_return true;
  log_.error("cid-taken", {{"enclave_id", in_the_way->id},
                           {"enclave_name", in_the_way->name},
                           {"message", "another enclave has this CID: give another one with --enclave-cid"}});
  co_return false;
}

asio::awaitable<bool> Lifecycle::adopt(const EnclaveInfo& enclave) {
  if (!enclave.running || enclave.debug) co_return false;
  const Session session = co_await connect(enclave.cid, adopt_limit);
  if (!session) co_return false;
  const auto asked = co_await ask(session, info_request(), false);
  if (asked.tag == "state-no-config" && !co_await give_config(session)) co_return false;
  if (co_await verify(session) != Arrival::up) co_return false;
  enclave_id_ = enclave.id;
  log_.info("enclave-adopted", {{"enclave_id", enclave.id}});
  co_return true;
}

asio::awaitable<Lifecycle::Arrival> Lifecycle::launch() {
  if (was_up_) ++node_.metrics.enclave_restarts;
  const auto enclave = co_await on_worker(workers_, [this] { return nitro_cli_.run(plan_.order); });
  if (!enclave) {
    log_.error("run-failed",
               {{"tag", enclave.failure().error.tag.view()}, {"message", in_words(enclave.failure())}});
    co_return Arrival::failed;
  }
  enclave_id_ = enclave->id;
  log_.info("enclave-started",
            {{"enclave_id", enclave->id}, {"cid", static_cast<std::int64_t>(enclave->cid)}});

  Arrival arrival = Arrival::failed;
  const Session session = co_await connect(enclave->cid, connect_limit);
  if (session && co_await give_config(session)) arrival = co_await verify(session);
  if (arrival == Arrival::refused) ++node_.metrics.attestation_failures;
  if (arrival != Arrival::up) co_await terminate(enclave->id);
  co_return arrival;
}

// Null when there was no connection in time, or there will be none as the enclave has ended.
asio::awaitable<Lifecycle::Session> Lifecycle::connect(std::uint32_t cid, milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  const auto address = parse_enclave_address(plan_.address_template, cid);
  Backoff backoff(connect_waits);
  while (address && !stopping_) {
    auto session = co_await EnclaveSession::open(*address, operations_, link_limit);
    if (session) co_return *session;
    const bool is_over =
        session.error().code == ErrorCode::refused || std::chrono::steady_clock::now() >= until;
    if (is_over || !co_await runs(cid)) {
      log_.error("connect-failed",
                 {{"tag", session.error().tag.view()}, {"message", session.error().reason.view()}});
      break;
    }
    co_await pause(backoff.next(random_number()));
  }
  co_return nullptr;
}

// False only when nitro-cli says so.
asio::awaitable<bool> Lifecycle::runs(std::uint32_t cid) {
  const auto enclaves = co_await on_worker(workers_, [this] { return nitro_cli_.describe(); });
  const auto is_it = [cid](const EnclaveInfo& enclave) { return enclave.cid == cid; };
  co_return !enclaves || std::ranges::any_of(*enclaves, is_it);
}

asio::awaitable<bool> Lifecycle::give_config(const Session& session) {
  const auto answer = co_await session->send_config(plan_.config);
  if (!answer) {
    log_.error("config-failed",
               {{"tag", answer.error().tag.view()}, {"message", answer.error().reason.view()}});
    co_return false;
  }
  const auto parsed = parse_own_answer(*answer);
  if (parsed && parsed->tag.empty()) co_return true;
  log_.error("config-refused",
             {{"tag", parsed ? std::string_view(parsed->tag) : parsed.error().tag.view()},
              {"message", parsed ? std::string_view(parsed->message) : parsed.error().reason.view()}});
  co_return false;
}

// Up: the session is the node's from now on.
asio::awaitable<Lifecycle::Arrival> Lifecycle::verify(const Session& session) {
  Bytes nonce(nonce_bytes);
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) co_return Arrival::failed;
  const auto answer = co_await ask(session, attestation_request(nonce), false);
  if (!answer.tag.empty()) {
    log_.error("attestation-missing", {{"tag", answer.tag}, {"message", answer.message}});
    co_return Arrival::failed;
  }
  const auto evidence = parse_evidence(answer.result);
  if (!evidence) {
    log_.error("attestation-refused",
               {{"tag", evidence.error().tag.view()}, {"message", evidence.error().reason.view()}});
    co_return Arrival::refused;
  }
  verify::Pins pins = plan_.pins;
  pins.nonce = nonce;
  const verify::Waivers waivers{.nonce = false, .measurements = false, .config = false, .wallet = true};
  const auto judgement = co_await on_worker(
      workers_, [&] { return verify::judge(*evidence, pins, waivers, verify::JudgedAt{.time_s = now_s()}); });
  if (!judgement.accepted) {
    const auto* no = judgement.first_no();
    log_.error("attestation-refused",
               {{"check", no == nullptr ? std::string_view("statement") : no->name},
                {"tag", no == nullptr ? std::string_view() : std::string_view(no->tag)},
                {"message", no == nullptr ? std::string_view() : std::string_view(no->text)}});
    co_return Arrival::refused;
  }
  node_.session = session;
  node_.statement = judgement.statement;
  node_.trouble.clear();
  log_.info("enclave-verified", {{"boot_id", encode_hex(judgement.statement->boot_id)},
                                 {"pcr0", encode_hex(pins.measurements->pcr0)},
                                 {"state", verify::state_name(judgement.statement->state)},
                                 {"test_root", judgement.test_root}});
  co_return Arrival::up;
}

asio::awaitable<void> Lifecycle::terminate(const std::string& id) {
  Backoff backoff(restart_waits);
  while (true) {
    const auto failure = co_await on_worker(workers_, [&] { return nitro_cli_.terminate(id); });
    if (!failure) {
      log_.info("enclave-terminated", {{"enclave_id", id}});
      co_return;
    }
    log_.error("terminate-failed", {{"enclave_id", id}, {"message", in_words(*failure)}});
    const auto wait = backoff.next(random_number());
    if (backoff.attempts() >= terminate_attempts) co_return;
    co_await pause(wait);
  }
}

// The answer to a request of our own. A broken connection shows as an error answer as well.
asio::awaitable<OwnAnswer> Lifecycle::ask(const Session& session, Bytes request, bool is_operation) {
  const auto answer = co_await session->request(std::move(request), is_operation);
  auto parsed = answer ? parse_own_answer(*answer) : Result<OwnAnswer>(answer.error());
  if (parsed) co_return *std::move(parsed);
  co_return OwnAnswer{.result = {},
                      .tag = std::string(parsed.error().tag.view()),
                      .message = std::string(parsed.error().reason.view())};
}

asio::awaitable<void> Lifecycle::refresh() {
  const Session session = node_.session;
  if (!session) co_return;
  const auto answer = co_await ask(session, info_request(), false);
  auto statement = parse_info(answer.result);
  if (node_.session != session || !session->is_open()) co_return;
  // Another boot behind the same connections would not be the one that was verified.
  if (!statement || statement->boot_id != node_.statement->boot_id) {
    log_.error("heartbeat-failed", {{"tag", answer.tag}, {"message", answer.message}});
    session->close();
    co_return;
  }
  node_.statement = *std::move(statement);
}

asio::awaitable<void> Lifecycle::keep_fresh(Session session) {
  while (session->is_open()) {
    co_await pause(heartbeat_interval);
    if (node_.session == session) co_await refresh();
  }
}

asio::awaitable<void> Lifecycle::give_back(Session session) {
  Backoff backoff(give_back_waits);
  while (node_.measured && session->is_open() && !stopping_) {
    const bool done = co_await give_back_once(session);
    co_await refresh();
    if (done) co_return;
    co_await pause(backoff.next(random_number()));
  }
}

// True when nothing is left that another attempt could change.
asio::awaitable<bool> Lifecycle::give_back_once(const Session& session) {
  if (node_.statement->state == verify::SignerState::empty) {
    const auto wallet = co_await on_worker(workers_, [this] { return store_.newest_certified_wallet(); });
    if (wallet && !*wallet) co_return true;
    if (!wallet) {
      node_.trouble = wallet.error().reason.view();
      co_return false;
    }
    if (!co_await offer(session, unseal_request(**wallet), "wallet-unsealed")) co_return false;
    co_await refresh();
  }
  if (!session->is_open() || !node_.statement->wallet_id || node_.statement->policy_hash) co_return true;
  const std::string wallet_id = encode_hex(*node_.statement->wallet_id);
  const auto policy = co_await on_worker(workers_, [&] { return store_.newest_policy(wallet_id); });
  if (!policy) {
    node_.trouble = policy.error().reason.view();
    co_return false;
  }
  if (is_newer_policy(plan_.policy, policy->value_or(""), wallet_id)) {
    const bool is_taken = co_await offer(session, policy_request(plan_.policy), "policy-given");
    if (is_taken) co_return true;
  }
  if (!*policy) co_return true;
  co_return co_await offer(session, policy_request(**policy), "policy-restored");
}

// Hands something stored back. What the enclave says no to is tried again all the same: a key policy or a
// service that is mended makes it a yes, and the waits grow.
asio::awaitable<bool> Lifecycle::offer(const Session& session, Bytes request, std::string_view event) {
  node_.trouble.clear();
  const auto answer = co_await ask(session, std::move(request), true);
  if (answer.tag.empty()) {
    log_.info(event);
    node_.trouble.clear();
    co_return true;
  }
  // What KMS said, if it was KMS, is in node_.trouble already and says more.
  node_.trouble = answer.message + (node_.trouble.empty() ? "" : ": " + node_.trouble);
  log_.error("give-back-failed", {{"tag", answer.tag}, {"message", node_.trouble}});
  co_return false;
}

// The end of the enclave, or of our watch over it.
asio::awaitable<void> Lifecycle::leave() {
  const bool has_wallet = node_.statement && node_.statement->wallet_id.has_value();
  bool sealed = true;  // that of no wallet is nothing to lose
  if (has_wallet) {
    const std::string wallet_id = encode_hex(*node_.statement->wallet_id);
    const auto stored = co_await on_worker(workers_, [&] { return store_.has_sealed_seed(wallet_id); });
    sealed = stored && *stored;
  }
  if (sealed || plan_.force_end) {
    co_await terminate(enclave_id_);
    co_return;
  }
  log_.warn(
      "enclave-left-running",
      {{"enclave_id", enclave_id_},
       {"message", "its seed is nowhere else: the next start adopts it; --force would have terminated it"}});
}

asio::awaitable<void> Lifecycle::stop() {
  co_await refresh();
  stopping_ = true;
  restart_timer_.cancel();
  if (node_.session) node_.session->close();
}

asio::awaitable<void> Lifecycle::pause(milliseconds duration) {
  asio::steady_timer timer(executor_, duration);
  (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace ben::broker
