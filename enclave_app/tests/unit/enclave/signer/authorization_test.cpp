// The memory of request ids: one payload an id, bounded, and what has expired makes room.
#include "signer/authorization.hpp"

#include <doctest/doctest.h>

namespace ben::signer {
namespace {

wire::SignedRequest request_of(std::uint32_t number, std::int64_t expires_at_ms) {
  wire::SignedRequest request{};
  for (std::size_t i = 0; i < 4; ++i) request.request_id[i] = static_cast<std::uint8_t>(number >> (8 * i));
  request.expires_at_ms = expires_at_ms;
  return request;
}

TEST_CASE("a full memory of request ids refuses new ones until one has expired, and forgets no other") {
  constexpr std::uint32_t count = remembered_requests_max;
  constexpr std::int64_t early_ms = 1'000;
  constexpr std::int64_t late_ms = 2'000;
  const Bytes payload{1};
  const Bytes other_payload{2};
  RequestLedger ledger;
  for (std::uint32_t i = 0; i < count; ++i)
    REQUIRE(ledger.admit(request_of(i, i == 7 ? early_ms : late_ms), payload, 0));
  const auto refused = ledger.admit(request_of(count, late_ms), payload, early_ms);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().tag.view() == "auth-full");
  CHECK(ledger.admit(request_of(8, late_ms), payload, early_ms));  // known

  CHECK(ledger.admit(request_of(count, late_ms), payload, early_ms + 1));
  CHECK(ledger.admit(request_of(7, late_ms), payload, early_ms + 1).error().tag.view() == "auth-full");
  for (const std::uint32_t i : {0U, 6U, 8U, count - 1, count}) {
    CAPTURE(i);
    CHECK(ledger.admit(request_of(i, late_ms), other_payload, early_ms + 1).error().tag.view() ==
          "auth-replay");
  }
}

}  // namespace
}  // namespace ben::signer
