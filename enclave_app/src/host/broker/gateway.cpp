#include "broker/gateway.hpp"

#include <chrono>

#include "broker/enclave_session.hpp"
#include "broker/rpc_text.hpp"
#include "broker/worker.hpp"

namespace ben::broker {
namespace {

// A larger request may hide its method behind megabytes of parameters: others do not wait while it is sought.
constexpr std::size_t peek_here_bytes_max = std::size_t{256} * 1024;

constexpr unsigned status_ok = 200;
constexpr unsigned status_too_many = 429;
constexpr unsigned status_unavailable = 503;

constexpr Error error_rate{ErrorCode::unavailable, "broker-rate",
                           "more than 20 attestations a second: wait a little"};
constexpr Error error_stopping{ErrorCode::unavailable, "broker-stopping", "the broker is stopping"};
constexpr Error error_starting{ErrorCode::unavailable, "broker-starting",
                               "there is no verified enclave at the moment: see /readyz"};
constexpr Error error_unmeasured{
    ErrorCode::refused, "broker-unmeasured",
    "no measurement is expected of the image, so no keys are made: start the broker "
    "with --expected-measurement"};

HttpReply text_reply(unsigned status, std::string_view content_type, std::string_view body) {
  return {.status = status, .content_type = std::string(content_type), .body = to_bytes(as_bytes(body))};
}

}  // namespace

std::optional<Error> Gateway::refuse(std::string_view method) {
  if (node_.stopping) return error_stopping;
  if (!node_.session) return error_starting;
  if (!node_.measured && is_operation(method)) return error_unmeasured;
  if (method == "get_attestation" && !attestations_.admit(RateLimit::Clock::now())) return error_rate;
  return std::nullopt;
}

void Gateway::count(std::string_view method, std::string_view answer) {
  const AnswerKind kind = classify_answer(answer);
  if (kind.is_error) return node_.metrics.count_refusal(kind.tag);
  if (method == "sign_transaction") ++node_.metrics.signing_operations;
}

asio::awaitable<HttpReply> Gateway::answer_rpc(Bytes request) {
  const auto began = std::chrono::steady_clock::now();
  RequestHead head;
  if (request.size() <= peek_here_bytes_max) {
    head = peek_request(request);
  } else {
    head = co_await on_worker(workers_, [&request] { return peek_request(request); });
  }
  const bool operation = is_operation(head.method);
  ++node_.metrics.requests;

  Result<Bytes> answer = Bytes();
  const auto refusal = refuse(head.method);
  if (refusal) {
    answer = *refusal;
  } else {
    const auto session = node_.session;  // kept alive while we wait
    answer = co_await session->request(std::move(request), operation);
    if (operation) co_await refresh_();
  }

  const auto took = std::chrono::steady_clock::now() - began;
  node_.metrics.request_latency.observe(std::chrono::duration_cast<std::chrono::microseconds>(took));
  if (answer) {
    count(head.method, as_text(*answer));
    co_return HttpReply{.status = status_ok, .content_type = "application/json", .body = *std::move(answer)};
  }
  const Error& error = answer.error();
  node_.metrics.count_refusal(error.tag.view());
  log_.debug("request-refused", {{"tag", error.tag.view()}});
  const unsigned status = error.tag.view() == error_rate.tag.view() ? status_too_many : status_unavailable;
  co_return text_reply(status, "application/json", encode_broker_error(head.id, error));
}

HttpReply Gateway::show_health() { return text_reply(status_ok, "application/json", R"({"alive":true})"); }

HttpReply Gateway::show_readiness() {
  const unsigned status = why_not_ready(node_).empty() ? status_ok : status_unavailable;
  return text_reply(status, "application/json", encode_readiness(node_));
}

HttpReply Gateway::show_metrics() {
  node_.metrics.ready = why_not_ready(node_).empty();
  return text_reply(status_ok, "text/plain; version=0.0.4; charset=utf-8", encode_prometheus(node_.metrics));
}

}  // namespace ben::broker
