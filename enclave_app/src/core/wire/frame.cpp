#include "wire/frame.hpp"

#include <cstdlib>
#include <optional>

#include "base/reader.hpp"
#include "base/writer.hpp"
#include "json/object_reader.hpp"
#include "json/writer.hpp"
#include "wire/version.hpp"

namespace ben::wire {
namespace {

std::optional<FrameType> to_frame_type(std::uint8_t value) {
  const auto type = static_cast<FrameType>(value);
  switch (type) {  // no default: the compiler names the place when a type is added
    case FrameType::request:
    case FrameType::response:
    case FrameType::persist:
    case FrameType::ack:
    case FrameType::kms_decrypt:
    case FrameType::kms_reply:
    case FrameType::config:
    case FrameType::hello:
      return type;
  }
  return std::nullopt;
}

}  // namespace

Result<FrameHeader> parse_frame_header(std::span<const std::uint8_t, frame_header_bytes> header) {
  Reader reader(header);
  const std::uint32_t body_bytes = reader.u32_be();
  const auto type = to_frame_type(reader.u8());
  if (body_bytes > frame_body_bytes_max) {
    return Error{ErrorCode::malformed, "wire-frame", "frame: the body is over 12 MiB"};
  }
  if (!type) return Error{ErrorCode::malformed, "wire-frame", "frame: the type is unknown"};
  return FrameHeader{.body_bytes = body_bytes, .type = *type};
}

Bytes encode_frame_header(FrameType type, std::size_t body_bytes) {
  if (body_bytes > frame_body_bytes_max) std::abort();
  return Writer().u32_be(static_cast<std::uint32_t>(body_bytes)).u8(static_cast<std::uint8_t>(type)).take();
}

Bytes encode_frame(FrameType type, ByteView body) {
  Bytes frame = encode_frame_header(type, body.size());
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

std::string encode_hello() {
  return json::ObjectWriter().integer("protocol", protocol_version).text("version", program_version).finish();
}

Result<> admit_hello(ByteView body) {
  constexpr std::size_t hello_bytes_max = 256;
  constexpr Error refused{ErrorCode::refused, "wire-hello",
                          "hello: the peer speaks another protocol version"};
  if (body.size() > hello_bytes_max) return refused;
  const auto value = json::parse(body);
  if (!value) return refused;
  json::ObjectReader reader(*value);
  const auto protocol = reader.integer("protocol", 0, INT32_MAX);
  (void)reader.text("version", 64);
  if (!reader.finish("wire-hello", "hello: not of the known form") || protocol != protocol_version)
    return refused;
  return Ok{};
}

}  // namespace ben::wire
