#include "broker/enclave_link.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <linux/vm_sockets.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/writer.hpp"
#include "crypto/hash.hpp"

namespace ben::broker {
namespace {

using Protocol = asio::generic::stream_protocol;

constexpr auto by_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t buffer_bytes = std::size_t{64} * 1024;
constexpr Error lost{ErrorCode::unavailable, "broker-enclave",
                     "the connection to the enclave ended: try again"};

Protocol::endpoint to_endpoint(const EnclaveAddress& address) {
  if (const auto* local = std::get_if<UnixAddress>(&address)) {
    return asio::local::stream_protocol::endpoint(local->path);
  }
  const auto& vsock = std::get<VsockAddress>(address);
  sockaddr_vm name{};
  name.svm_family = AF_VSOCK;
  name.svm_cid = vsock.cid;
  name.svm_port = vsock.port;
  return {&name, sizeof name};
}

}  // namespace

EnclaveLink::EnclaveLink(const asio::any_io_executor& executor, OperationHandler* operations)
    : socket_(executor), operations_(operations), buffer_(buffer_bytes) {}

asio::awaitable<Result<std::shared_ptr<EnclaveLink>>> EnclaveLink::open(EnclaveAddress address,
                                                                        OperationHandler* operations,
                                                                        std::chrono::milliseconds limit) {
  const auto executor = co_await asio::this_coro::executor;
  std::shared_ptr<EnclaveLink> link(new EnclaveLink(executor, operations));
  link->open_ = true;
  asio::steady_timer deadline(executor, limit);
  deadline.async_wait([weak = std::weak_ptr(link)](const boost::system::error_code& cancelled) {
    const auto late = weak.lock();
    if (!cancelled && late) late->close();
  });

  auto ready = co_await link->connect(address);
  if (ready) ready = co_await link->exchange_hello();
  deadline.cancel();
  if (!ready) {
    link->close();
    co_return ready.error();
  }
  if (!link->is_open()) co_return lost;
  asio::co_spawn(
      executor, [link]() -> asio::awaitable<void> { co_await link->read_until_closed(); }, asio::detached);
  co_return link;
}

asio::awaitable<Result<>> EnclaveLink::connect(const EnclaveAddress& address) {
  const auto [refused] = co_await socket_.async_connect(to_endpoint(address), by_tuple);
  if (refused) co_return lost;
  const auto* local = std::get_if<UnixAddress>(&address);
  if (local == nullptr) co_return Ok{};

  const std::string hybrid = "CONNECT " + std::to_string(local->port) + "\n";
  const auto [unsent, sent] = co_await asio::async_write(socket_, asio::buffer(hybrid), by_tuple);
  if (unsent) co_return lost;
  constexpr std::size_t line_bytes_max = 32;
  std::string line;
  while (!line.ends_with('\n') && line.size() < line_bytes_max) {
    std::array<std::uint8_t, 1> next{};
    if (!co_await read_exactly(next)) co_return lost;
    line.append(as_text(next));
  }
  if (!line.starts_with("OK ") || !line.ends_with('\n')) co_return lost;
  co_return Ok{};
}

asio::awaitable<Result<>> EnclaveLink::exchange_hello() {
  send(wire::FrameType::hello, to_bytes(as_bytes(wire::encode_hello())));
  const auto frame = co_await read_frame();
  if (!frame) co_return lost;
  if (frame->type != wire::FrameType::hello) {
    co_return Error{ErrorCode::refused, "wire-hello", "the enclave's first frame is not HELLO"};
  }
  co_return wire::admit_hello(frame->body);
}

asio::awaitable<bool> EnclaveLink::read_exactly(std::span<std::uint8_t> out) {
  while (true) {
    const std::size_t count = std::min(out.size(), end_ - begin_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), count, out.begin());
    begin_ += count;
    out = out.subspan(count);
    if (out.empty()) co_return true;
    begin_ = 0;
    end_ = 0;
    if (out.size() >= buffer_.size()) {
      const auto [failed, taken] =
          co_await asio::async_read(socket_, asio::buffer(out.data(), out.size()), by_tuple);
      co_return !failed;
    }
    const auto [failed, taken] = co_await socket_.async_read_some(asio::buffer(buffer_), by_tuple);
    if (failed) co_return false;
    end_ = taken;
  }
}

asio::awaitable<std::optional<EnclaveLink::Frame>> EnclaveLink::read_frame() {
  std::array<std::uint8_t, wire::frame_header_bytes> bytes{};
  if (!co_await read_exactly(bytes)) co_return std::nullopt;
  const auto header = wire::parse_frame_header(bytes);
  if (!header) co_return std::nullopt;
  Frame frame{.type = header->type, .body = Bytes(header->body_bytes)};
  if (!co_await read_exactly(frame.body)) co_return std::nullopt;
  co_return frame;
}

// False: the frame was one that nobody waits for, and the connection has to end.
asio::awaitable<bool> EnclaveLink::handle(Frame frame) {
  if (waiting_.empty()) co_return false;
  if (frame.type == wire::FrameType::response) {
    const auto waiter = waiting_.front();
    waiting_.pop_front();
    waiter->answer = std::move(frame.body);
    waiter->wake.cancel();
    co_return true;
  }
  if (operations_ == nullptr) co_return false;
  if (frame.type == wire::FrameType::persist) {
    const Hash256 hash = sha256(frame.body);
    if (!co_await operations_->persist(std::move(frame.body))) co_return false;
    send(wire::FrameType::ack, to_bytes(hash));
    co_return true;
  }
  if (frame.type == wire::FrameType::kms_decrypt) {
    auto reply = co_await operations_->decrypt_by_kms(std::move(frame.body));
    if (!reply) co_return false;
    send(wire::FrameType::kms_reply, *std::move(reply));
    co_return true;
  }
  co_return false;
}

asio::awaitable<void> EnclaveLink::read_until_closed() {
  while (open_) {
    auto frame = co_await read_frame();
    if (!frame || !co_await handle(*std::move(frame))) break;
  }
  close();
}

asio::awaitable<void> EnclaveLink::write_until_sent() {
  while (open_ && !outgoing_.empty()) {
    const std::vector<Bytes> batch = std::exchange(outgoing_, {});
    std::vector<asio::const_buffer> buffers;
    buffers.reserve(batch.size());
    for (const Bytes& piece : batch) buffers.emplace_back(asio::buffer(piece));
    const auto [failed, sent] = co_await asio::async_write(socket_, buffers, by_tuple);
    if (failed) close();
  }
  writing_ = false;
}

// Header and body apart: a body of megabytes is moved, not copied.
void EnclaveLink::send(wire::FrameType type, Bytes body) {
  Writer header(wire::frame_header_bytes);
  header.u32_be(static_cast<std::uint32_t>(body.size())).u8(static_cast<std::uint8_t>(type));
  outgoing_.push_back(header.take());
  outgoing_.push_back(std::move(body));
  if (writing_) return;
  writing_ = true;
  asio::co_spawn(
      socket_.get_executor(),
      [link = shared_from_this()]() -> asio::awaitable<void> { co_await link->write_until_sent(); },
      asio::detached);
}

asio::awaitable<Result<Bytes>> EnclaveLink::call(wire::FrameType type, Bytes body,
                                                 std::chrono::milliseconds limit) {
  if (!open_) co_return lost;
  const auto self = shared_from_this();
  const auto waiter = std::make_shared<Waiter>(socket_.get_executor());
  waiter->wake.expires_after(limit);
  waiting_.push_back(waiter);
  send(type, std::move(body));

  const auto [cancelled] = co_await waiter->wake.async_wait(by_tuple);
  std::optional<Bytes> answer = std::exchange(waiter->answer, {});
  if (answer) co_return *std::move(answer);
  if (cancelled) co_return lost;
  close();
  co_return Error{ErrorCode::unavailable, "broker-deadline", "the enclave did not answer in time"};
}

void EnclaveLink::close() {
  if (!open_) return;
  open_ = false;
  boost::system::error_code ignored;
  socket_.close(ignored);
  for (const auto& waiter : std::exchange(waiting_, {})) waiter->wake.cancel();
  if (on_closed) std::exchange(on_closed, nullptr)();
}

}  // namespace ben::broker
