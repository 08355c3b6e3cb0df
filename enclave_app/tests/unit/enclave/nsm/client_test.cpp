#include "nsm/client.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "base/writer.hpp"
#include "cbor/writer.hpp"
#include "nsm/device.hpp"

namespace ben {
namespace {

Bytes from_hex(std::string_view digits) {
  const auto bytes = parse_hex(digits);
  REQUIRE(bytes.has_value());
  return *bytes;
}

// Gives one reply to every request, and keeps the last request.
class OneReply final : public NsmTransport {
 public:
  explicit OneReply(Bytes reply) : reply_(std::move(reply)) {}
  Result<std::size_t> exchange(ByteView request, std::span<std::uint8_t> reply) override {
    last_request = to_bytes(request);
    ++requests;
    REQUIRE(reply.size() == nsm_reply_bytes_max);
    std::copy_n(reply_.begin(), std::min(reply_.size(), reply.size()), reply.begin());
    return reply_.size();
  }
  Bytes last_request;
  int requests = 0;

 private:
  Bytes reply_;
};

class NoReply final : public NsmTransport {
 public:
  Result<std::size_t> exchange(ByteView /*request*/, std::span<std::uint8_t> /*reply*/) override {
    return Error{ErrorCode::unavailable, "nsm-device", "nsm: no device"};
  }
};

// Each call, as the tag of its error, or "" for success.
using Call = std::string (*)(NsmClient&);
template <typename T>
std::string tag_of(const Result<T>& result) {
  return result ? std::string() : std::string(result.error().tag.view());
}
const Bytes data{0xd0, 0xd1};
const Hash384 hash = [] {
  Hash384 value;
  value.fill(0x48);
  return value;
}();

std::string get_random(NsmClient& client) {
  ByteArray<8> out{};
  return tag_of(client.get_random(out));
}
std::string describe_pcr(NsmClient& client) { return tag_of(client.describe_pcr(16)); }
std::string extend_pcr(NsmClient& client) { return tag_of(client.extend_pcr(16, data)); }
std::string lock_pcrs(NsmClient& client) { return tag_of(client.lock_pcrs(32)); }
std::string attestation(NsmClient& client) {
  return tag_of(client.attestation({.user_data = data, .nonce = {}, .public_key = {}}));
}

// Each call's request as it has to be, and a good reply.
struct Exchange {
  const char* name;
  Call call;
  Bytes request;
  Bytes reply;
};

std::vector<Exchange> exchanges() {
  const auto bytes_reply = [](std::string_view name, std::string_view key, ByteView value) {
    return cbor::Writer().map(1).text(name).map(1).text(key).bytes(value).take();
  };
  return {
      {"GetRandom", get_random, from_hex("6947657452616e646f6d"),
       bytes_reply("GetRandom", "random", Bytes(256, 7))},
      {"DescribePCR", describe_pcr, from_hex("a16b4465736372696265504352a165696e64657810"),
       cbor::Writer()
           .map(1)
           .text("DescribePCR")
           .map(2)
           .text("lock")
           .boolean(true)
           .text("data")
           .bytes(hash)
           .take()},
      {"ExtendPCR", extend_pcr, from_hex("a169457874656e64504352a265696e64657810646461746142d0d1"),
       bytes_reply("ExtendPCR", "data", hash)},
      {"LockPCRs", lock_pcrs, from_hex("a1684c6f636b50435273a16572616e67651820"),
       cbor::Writer().text("LockPCRs").take()},
      {"Attestation", attestation,
       from_hex(
           "a16b4174746573746174696f6ea369757365725f6461746142d0d1656e6f6e6365f66a7075626c69635f6b6579f6"),
       bytes_reply("Attestation", "document", Bytes(4500, 9))},
  };
}

TEST_CASE("requests are encoded as the NSM library encodes them, and good replies are taken") {
  for (const Exchange& exchange : exchanges()) {
    CAPTURE(std::string(exchange.name));
    OneReply module(exchange.reply);
    NsmClient client(module);
    CHECK(exchange.call(client).empty());
    CHECK(encode_hex(module.last_request) == encode_hex(exchange.request));
  }
}

TEST_CASE("a reply cut anywhere, with a byte more, or of another request is malformed") {
  for (const Exchange& exchange : exchanges()) {
    CAPTURE(std::string(exchange.name));
    const auto tag_for = [&](const Bytes& reply) {
      OneReply module(reply);
      NsmClient client(module);
      return exchange.call(client);
    };
    const std::size_t step = exchange.reply.size() > 1000 ? 97 : 1;
    for (std::size_t size = 0; size < exchange.reply.size(); size += step)
      CHECK(tag_for(to_bytes(ByteView(exchange.reply).first(size))) == "nsm-reply");
    Bytes longer = exchange.reply;
    longer.push_back(0x00);
    CHECK(tag_for(longer) == "nsm-reply");
    for (const Exchange& other : exchanges()) {
      if (other.call != exchange.call) CHECK(tag_for(other.reply) == "nsm-reply");
    }
    CHECK(tag_for(Bytes(nsm_reply_bytes_max + 1, 0x00)) == "nsm-reply");
  }
}

TEST_CASE("each error of the module becomes an error of its name, on every call") {
  constexpr std::array<std::pair<const char*, const char*>, 10> names{
      {{"InvalidArgument", "nsm-invalid-argument"},
       {"InvalidIndex", "nsm-invalid-index"},
       {"InvalidResponse", "nsm-invalid-response"},
       {"ReadOnlyIndex", "nsm-read-only-index"},
       {"InvalidOperation", "nsm-invalid-operation"},
       {"BufferTooSmall", "nsm-buffer-too-small"},
       {"InputTooLarge", "nsm-input-too-large"},
       {"InternalError", "nsm-internal-error"},
       {"Success", "nsm-reply"},
       {"internalerror", "nsm-reply"}}};
  for (const auto& [name, tag] : names) {
    for (const Exchange& exchange : exchanges()) {
      OneReply module(cbor::Writer().map(1).text("Error").text(name).take());
      NsmClient client(module);
      CHECK(exchange.call(client) == tag);
    }
  }
}

TEST_CASE("a device that does not answer makes every call unavailable") {
  for (const Exchange& exchange : exchanges()) {
    NoReply module;
    NsmClient client(module);
    CHECK(exchange.call(client) == "nsm-device");
  }
}

TEST_CASE("replies with a field twice, unknown, missing, or of another form are malformed") {
  const std::string h = "5830" + std::string(96, '4');
  const std::string good = "a16b4465736372696265504352a2646c6f636bf56464617461" + h;
  OneReply accepted(from_hex(good));
  NsmClient client(accepted);
  const auto pcr = client.describe_pcr(16);
  REQUIRE(pcr.has_value());
  CHECK(pcr->locked);
  CHECK(pcr->value[0] == 0x44);

  const std::string pcr_map = "a16b4465736372696265504352";
  const std::vector<std::pair<Call, std::string>> bad{
      {describe_pcr, pcr_map + "a3646c6f636bf5646c6f636bf56464617461" + h},  // twice
      {describe_pcr, pcr_map + "a3646c6f636bf56464617461" + h + "6161f5"},   // unknown
      {describe_pcr, pcr_map + "a16464617461" + h},                          // missing
      {describe_pcr, pcr_map + "a0"},
      {describe_pcr, pcr_map + "a2646c6f636b016464617461" + h},  // no boolean
      {describe_pcr, pcr_map + "a2646c6f636bf66464617461" + h},
      {describe_pcr, pcr_map + "a2646c6f636bf56464617461582f" + std::string(94, '4')},
      {describe_pcr, pcr_map + "a2646c6f636bf564646174615831" + std::string(98, '4')},
      {describe_pcr, "a2" + good.substr(2) + "6161f5"},  // a second pair outside
      {extend_pcr, "a169457874656e64504352a1646461746140"},
      {extend_pcr, "a169457874656e64504352a26464617461406464617461" + h},  // twice
      {extend_pcr, "a169457874656e64504352a2646c6f636bf56464617461" + h},  // a lock that was not asked for
      {get_random, "a16947657452616e646f6da16672616e646f6d40"},            // no byte
      {get_random, "a16947657452616e646f6da16672616e646f6d6161"},
      {attestation, "a16b4174746573746174696f6ea168646f63756d656e7440"},
      {lock_pcrs, "a1684c6f636b50435273a0"},
      {lock_pcrs, "674c6f636b504352"},
  };
  for (const auto& [call, reply] : bad) {
    CAPTURE(reply);
    OneReply module(from_hex(reply));
    NsmClient failing(module);
    CHECK(call(failing) == "nsm-reply");
  }
}

TEST_CASE("maps of indefinite length are taken, as the NSM writes some") {
  OneReply module(from_hex("bf6b4465736372696265504352bf6464617461" + ("5830" + std::string(96, '0')) +
                           "646c6f636bf4ffff"));
  NsmClient client(module);
  const auto pcr = client.describe_pcr(0);
  REQUIRE(pcr.has_value());
  CHECK_FALSE(pcr->locked);
}

TEST_CASE("random bytes are asked for until there are enough") {
  OneReply module(from_hex("a16947657452616e646f6da16672616e646f6d43010203"));
  NsmClient client(module);
  Bytes out(8);
  CHECK(client.get_random(out).has_value());
  CHECK(encode_hex(out) == "0102030102030102");
  CHECK(module.requests == 3);
}

TEST_CASE("a request that the device would refuse is not sent") {
  OneReply module({});
  NsmClient client(module);
  CHECK(tag_of(client.extend_pcr(16, Bytes(nsm_request_bytes_max))) == "nsm-input-too-large");
  CHECK(module.requests == 0);
}

TEST_CASE("a device that is not there, or is another file, is unavailable") {
  CHECK(tag_of(open_nsm_device("/nonexistent/nsm")) == "nsm-device");
  const auto null = open_nsm_device("/dev/null");
  REQUIRE(null.has_value());
  NsmClient client(**null);
  CHECK(describe_pcr(client) == "nsm-device");
}

// A COSE_Sign1 around a payload, given in hexadecimal digits.
Bytes document_with(std::string_view payload) {
  return cbor::Writer()
      .array(4)
      .bytes(from_hex("a1013822"))
      .map(0)
      .bytes(from_hex(payload))
      .bytes(Bytes(96))
      .take();
}

TEST_CASE("the timestamp is taken from any place of the payload, and only once") {
  const auto time_of = [](std::string_view payload) -> std::uint64_t {
    const auto time = document_timestamp_ms(document_with(payload));
    if (!time) CHECK(time.error().tag.view() == "nsm-timestamp");
    return time ? *time : 0;
  };
  const std::string timestamp = "6974696d657374616d70";
  const std::string value = "1b0000019a5376a93c";  // 1762336876860
  CHECK(time_of("a1" + timestamp + value) == 1762336876860);
  CHECK(time_of("bf" + timestamp + value + "ff") == 1762336876860);
  CHECK(time_of("a3616101" + timestamp + value + "6162818181a16163f6") == 1762336876860);
  CHECK(time_of("a2" + timestamp + value + timestamp + value) == 0);
  CHECK(time_of("a0") == 0);
  CHECK(time_of("a1" + timestamp + "00") == 0);
  CHECK(time_of("a1" + timestamp + "20") == 0);
  CHECK(time_of("a1" + timestamp + "6131") == 0);
  CHECK(time_of("a1" + timestamp + "1b0000e677d21fdc00") == 0);  // the year 10000
  CHECK(time_of("a1" + timestamp + "1b0000e677d21fdbff") == 253402300799999);
  CHECK(time_of("a1" + timestamp + "1bffffffffffffffff") == 0);
  CHECK(time_of("a1" + timestamp + value + "00") == 0);
  CHECK(time_of("a2" + timestamp + value) == 0);
  CHECK(time_of("81" + timestamp) == 0);
  CHECK(time_of("") == 0);
}

TEST_CASE("a document cut anywhere or of another shape has no time") {
  const Bytes document = document_with("a16974696d657374616d701b0000019a5376a93c");
  REQUIRE(document_timestamp_ms(document).has_value());
  for (std::size_t size = 0; size < document.size(); ++size)
    CHECK_FALSE(document_timestamp_ms(ByteView(document).first(size)).has_value());
  Bytes longer = document;
  longer.push_back(0xf6);
  CHECK_FALSE(document_timestamp_ms(longer).has_value());
  longer[0] = 0x85;
  CHECK_FALSE(document_timestamp_ms(longer).has_value());
  Bytes tagged = document;
  tagged.insert(tagged.begin(), 0xd2);
  CHECK_FALSE(document_timestamp_ms(tagged).has_value());
}

}  // namespace
}  // namespace ben
