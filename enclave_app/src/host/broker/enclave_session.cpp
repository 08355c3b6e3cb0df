#include "broker/enclave_session.hpp"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ben::broker {
namespace {

constexpr std::chrono::milliseconds request_limit{30'000};
constexpr std::chrono::milliseconds operation_limit{
    120'000};  // the enclave itself waits 60 s for KMS, 10 s for the disk

}  // namespace

asio::awaitable<Result<std::shared_ptr<EnclaveSession>>> EnclaveSession::open(
    EnclaveAddress address, OperationHandler& operations, std::chrono::milliseconds limit) {
  std::shared_ptr<EnclaveSession> session(new EnclaveSession(co_await asio::this_coro::executor));
  session->closed_.expires_at(asio::steady_timer::time_point::max());
  for (std::size_t i = 0; i <= ordinary_links; ++i) {
    auto link = co_await EnclaveLink::open(address, i == 0 ? &operations : nullptr, limit);
    if (!link) co_return link.error();
    session->add(*std::move(link));
  }
  co_return session;
}

void EnclaveSession::add(std::shared_ptr<EnclaveLink> link) {
  link->on_closed = [this] { closed_.cancel(); };
  links_.push_back(std::move(link));
}

EnclaveLink& EnclaveSession::least_busy() const noexcept {
  const auto waiting = [](const auto& a, const auto& b) { return a->calls_waiting() < b->calls_waiting(); };
  return **std::min_element(links_.begin() + 1, links_.end(), waiting);
}

asio::awaitable<Result<Bytes>> EnclaveSession::request(Bytes body, bool is_operation) {
  if (!is_operation) {
    co_return co_await least_busy().call(wire::FrameType::request, std::move(body), request_limit);
  }
  if (is_operating_) {
    co_return Error{ErrorCode::unavailable, "broker-busy", "another operation is under way: try again later"};
  }
  is_operating_ = true;
  auto answer = co_await links_.front()->call(wire::FrameType::request, std::move(body), operation_limit);
  is_operating_ = false;
  co_return answer;
}

asio::awaitable<Result<Bytes>> EnclaveSession::send_config(Bytes config) {
  co_return co_await links_.front()->call(wire::FrameType::config, std::move(config), request_limit);
}

bool EnclaveSession::is_open() const noexcept {
  return std::ranges::all_of(links_, [](const auto& link) { return link->is_open(); });
}

asio::awaitable<void> EnclaveSession::wait_until_closed() {
  while (is_open()) (void)co_await closed_.async_wait(asio::as_tuple(asio::use_awaitable));
  close();
}

void EnclaveSession::close() {
  for (const auto& link : links_) {
    link->on_closed = nullptr;
    link->close();
  }
  closed_.cancel();
}

}  // namespace ben::broker
