#include "wire/frame.hpp"

#include <doctest/doctest.h>

#include "core/wire/frame_bytes.hpp"
#include "relay/operation.hpp"

namespace ben::wire {
namespace {

TEST_CASE("a frame's header says its type and the size of its body") {
  const Bytes frame = test::encode_frame(FrameType::kms_reply, as_bytes("abc"));
  CHECK(frame == Bytes{0, 0, 0, 3, 6, 'a', 'b', 'c'});
  const auto header = parse_frame_header(ByteView(frame).first<frame_header_bytes>());
  REQUIRE(header.has_value());
  CHECK(header->body_bytes == 3);
  CHECK(header->type == FrameType::kms_reply);
}

TEST_CASE("an unknown type or a body over 12 MiB is malformed") {
  for (const Bytes& header : {Bytes{0, 0, 0, 0, 0}, Bytes{0, 0, 0, 0, 9}, Bytes{0, 0, 0, 0, 255},
                              Bytes{0, 0xc0, 0, 1, 1}, Bytes{0xff, 0xff, 0xff, 0xff, 1}}) {
    const auto parsed = parse_frame_header(ByteView(header).first<frame_header_bytes>());
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == ErrorCode::malformed);
  }
  CHECK(parse_frame_header(ByteView(Bytes{0, 0xc0, 0, 0, 1}).first<frame_header_bytes>()).has_value());
}

TEST_CASE("HELLO is admitted from a peer of the same protocol only") {
  CHECK(encode_hello() == R"({"protocol":1,"version":"0.1.0"})");
  CHECK(admit_hello(as_bytes(encode_hello())).has_value());
  CHECK(admit_hello(as_bytes(R"({"version":"9.9","protocol":1})")).has_value());
  for (const char* body :
       {"", "{}", R"({"protocol":2,"version":"0.1.0"})", R"({"protocol":1})",
        R"({"protocol":1,"version":"0.1.0","x":1})", R"({"protocol":"1","version":"0.1.0"})"}) {
    CAPTURE(body);
    const auto refused = admit_hello(as_bytes(body));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().tag.view() == "wire-hello");
  }
  CHECK_FALSE(admit_hello(as_bytes(encode_hello() + std::string(256, ' '))).has_value());
  CHECK_FALSE(admit_hello(Bytes(100'000, ' ')).has_value());
}

TEST_CASE("the bodies of operations parse to what was encoded, and no cut one does") {
  const Bytes seed(680, 7);
  const Bytes wallet = encode_persist(PersistWallet{.sealed_seed = seed, .certificate = as_bytes("{}")});
  const auto persist = parse_persist(wallet);
  REQUIRE(persist.has_value());
  REQUIRE(persist->wallet.has_value());
  CHECK(equal(persist->wallet->sealed_seed, seed));
  CHECK(as_text(persist->wallet->certificate) == "{}");
  for (std::size_t size = 0; size < 3 + seed.size(); ++size)
    CHECK_FALSE(parse_persist(ByteView(wallet).first(size)).has_value());

  const Bytes policy_body = encode_persist_policy(as_bytes("{}"));
  const auto policy = parse_persist(policy_body);
  REQUIRE(policy.has_value());
  CHECK_FALSE(policy->wallet.has_value());
  CHECK(as_text(*policy->policy) == "{}");
  CHECK_FALSE(parse_persist(Bytes{2}).has_value());
  CHECK_FALSE(parse_persist(Bytes{3, 1}).has_value());
  CHECK_FALSE(parse_persist(Bytes{}).has_value());
  CHECK_FALSE(parse_persist(Bytes(200'000, 2)).has_value());

  const Bytes call = encode_kms_decrypt({.wrapped_key = Bytes(384, 1), .document = Bytes(4000, 2)});
  const auto parsed_call = parse_kms_decrypt(call);
  REQUIRE(parsed_call.has_value());
  CHECK(parsed_call->wrapped_key.size() == 384);
  CHECK(parsed_call->document.size() == 4000);
  for (const std::size_t size : {0U, 1U, 2U, 385U, 386U})
    CHECK_FALSE(parse_kms_decrypt(ByteView(call).first(size)).has_value());

  const Bytes reply_body = encode_kms_reply({.outcome = KmsOutcome::answered, .cms = as_bytes("cms")});
  const auto reply = parse_kms_reply(reply_body);
  REQUIRE(reply.has_value());
  CHECK(as_text(reply->cms) == "cms");
  CHECK(parse_kms_reply(Bytes{2}).has_value());
  CHECK(parse_kms_reply(Bytes(1 + cms_bytes_max, 0)).has_value());
  for (const Bytes& body : {Bytes{}, Bytes{3}, Bytes{1, 0}, Bytes(2 + cms_bytes_max, 0)})
    CHECK_FALSE(parse_kms_reply(body).has_value());
}

}  // namespace
}  // namespace ben::wire
