// Runs work that blocks (programs, disk, KMS) away from the I/O thread.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ben::broker {

namespace asio = boost::asio;

// What `work()` returns, once a thread of `workers` has run it; the caller goes on where it was. It cannot be
// cancelled: `work` needs a limit of its own.
template <typename Work>
asio::awaitable<std::invoke_result_t<Work>> on_worker(asio::thread_pool& workers, Work work) {
  std::optional<std::invoke_result_t<Work>> result;
  const auto run = [&]() -> asio::awaitable<void> {
    result.emplace(work());
    co_return;
  };
  co_await asio::co_spawn(workers, run, asio::use_awaitable);
  co_return *std::move(
      result);  // NOLINT(bugprone-unchecked-optional-access): `run` has set it, or has thrown
}

}  // namespace ben::broker
