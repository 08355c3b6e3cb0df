// enclave-broker: runs the enclave, relays requests to it, keeps what it seals. It is trusted with nothing.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "broker/gateway.hpp"
#include "broker/http_server.hpp"
#include "broker/notify.hpp"
#include "broker/start.hpp"
#include "wire/frame.hpp"

namespace ben::broker {
namespace {

constexpr auto by_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t worker_threads =
    3;  // an operation of the enclave, a call of nitro-cli, a large request

// The port as text, complete as soon as the file is there.
bool write_port_file(const std::string& path, std::uint16_t port) {
  const std::string draft = path + ".new";
  std::error_code problem;
  {
    std::ofstream file(draft, std::ios::trunc);
    file << port << '\n';
    if (!file.flush()) return false;
  }
  std::filesystem::rename(draft, path, problem);
  return !problem;
}

asio::awaitable<void> report_metrics(Node& node, Log& log, const Options& options) {
  EmfReporter reporter(options.metrics_namespace, options.node_name);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  auto since = std::chrono::steady_clock::now();
  while (true) {
    timer.expires_after(std::chrono::seconds(options.metrics_seconds));
    (void)co_await timer.async_wait(by_tuple);
    const auto now = std::chrono::steady_clock::now();
    const auto time = std::chrono::system_clock::now().time_since_epoch();
    node.metrics.ready = why_not_ready(node).empty();
    log.write_object(reporter.report(node.metrics,
                                     std::chrono::duration_cast<std::chrono::milliseconds>(time).count(),
                                     std::chrono::duration_cast<std::chrono::milliseconds>(now - since)));
    since = now;
  }
}

asio::awaitable<void> feed_watchdog() {
  const auto interval = watchdog_interval();
  if (interval.count() == 0) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (true) {
    notify_service_manager("WATCHDOG=1");
    timer.expires_after(interval);
    (void)co_await timer.async_wait(by_tuple);
  }
}

// The first signal ends in order, the second at once.
asio::awaitable<void> wait_for_signals(asio::signal_set& signals, HttpServer& server, Lifecycle& lifecycle,
                                       Node& node, Log& log, const Options& options) {
  (void)co_await signals.async_wait(by_tuple);
  log.info("stopping", {{"drain_seconds", static_cast<std::int64_t>(options.drain_seconds)}});
  notify_service_manager("STOPPING=1");
  node.stopping = true;
  signals.async_wait([&log](const boost::system::error_code& cancelled, int /*signal*/) {
    if (cancelled) return;
    log.warn("stopped-at-once",
             {{"message", "the enclave may run on: the next start adopts it or terminates it"}});
    ::_exit(EXIT_FAILURE);
  });
  co_await server.drain(std::chrono::seconds(options.drain_seconds));
  co_await lifecycle.stop();
}

asio::awaitable<void> run_lifecycle(Lifecycle& lifecycle, asio::io_context& io, int& exit_code) {
  exit_code = co_await lifecycle.run();
  io.stop();
}

int serve(const Options& options, Prepared prepared, Log& log) {
  asio::io_context io(1);
  asio::thread_pool workers(worker_threads);
  Node node;
  node.measured = prepared.measured;
  Operations operations(*prepared.store, prepared.kms ? &*prepared.kms : nullptr, node, log, workers);
  Lifecycle lifecycle(io.get_executor(), std::move(prepared.plan), node, *prepared.store, operations, log,
                      workers);
  Gateway gateway(node, log, workers, [&lifecycle] { return lifecycle.refresh(); });

  auto server = HttpServer::listen(io.get_executor(), gateway,
                                   {.address = options.listen_address,
                                    .port = options.listen_port,
                                    .tls_certificate = options.tls_certificate,
                                    .tls_key = options.tls_key});
  if (!server) {
    log.error("start-refused", {{"tag", server.failure().error.tag.view()},
                                {"message", std::string(server.failure().error.reason.view()) + ": " +
                                                server.failure().detail}});
    return EXIT_FAILURE;
  }
  const std::uint16_t port = (*server)->port();
  if (!options.port_file.empty() && !write_port_file(options.port_file, port)) {
    log.error("start-refused",
              {{"tag", "broker-port-file"}, {"message", options.port_file + ": cannot be written"}});
    return EXIT_FAILURE;
  }
  log.info("listening", {{"address", options.listen_address}, {"port", static_cast<std::int64_t>(port)}});

  int exit_code = EXIT_FAILURE;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  asio::co_spawn(io, wait_for_signals(signals, **server, lifecycle, node, log, options), asio::detached);
  asio::co_spawn(io, report_metrics(node, log, options), asio::detached);
  asio::co_spawn(io, feed_watchdog(), asio::detached);
  asio::co_spawn(io, run_lifecycle(lifecycle, io, exit_code), asio::detached);
  io.run();
  workers.stop();
  workers.join();  // what still runs there refers to what is destroyed next
  log.info("stopped", {{"exit_code", static_cast<std::int64_t>(exit_code)}});
  return exit_code;
}

}  // namespace
}  // namespace ben::broker

// What is thrown this far ends the program: the service manager starts it again, and it finds its enclave.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  using namespace ben::broker;
  (void)std::signal(SIGPIPE, SIG_IGN);  // cannot fail for this signal
  const auto parsed = parse_options(argc, argv);
  if (const int* const exit_code = std::get_if<int>(&parsed)) return *exit_code;
  const auto& options = std::get<Options>(parsed);
  Log log(options.log_level);
  log.info("started", {{"version", ben::wire::program_version}});
  auto prepared = prepare(options, log);
  if (!prepared) return EXIT_FAILURE;
  return serve(options, std::move(*prepared), log);
}
