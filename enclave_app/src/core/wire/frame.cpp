#include "wire/frame.hpp"

#include "base/reader.hpp"
#include "base/writer.hpp"
#include "json/object_reader.hpp"
#include "json/writer.hpp"

namespace ben::wire {

Result<FrameHeader> parse_frame_header(std::span<const std::uint8_t, frame_header_bytes> header) {
  Reader reader(header);
  const std::uint32_t body_bytes = reader.u32_be();
  const auto type = static_cast<FrameType>(reader.u8());
  if (body_bytes > frame_body_bytes_max) return malformed("wire-frame", "frame: the body is over 12 MiB");
  if (type < FrameType::request || type > FrameType::hello)
    return malformed("wire-frame", "frame: the type is unknown");
  return FrameHeader{.body_bytes = body_bytes, .type = type};
}

Bytes encode_frame_header(FrameType type, std::size_t body_bytes) {
  if (body_bytes > frame_body_bytes_max) std::abort();
  return Writer().u32_be(static_cast<std::uint32_t>(body_bytes)).u8(static_cast<std::uint8_t>(type)).take();
}

std::string encode_hello() {
  return json::ObjectWriter().integer("protocol", protocol_version).text("version", program_version).finish();
}

Result<> admit_hello(ByteView body) {
  constexpr std::size_t hello_bytes_max = 256;
  constexpr Error other_version = refused("wire-hello", "hello: the peer speaks another protocol version");
  if (body.size() > hello_bytes_max) return other_version;
  const auto value = json::parse(body);
  if (!value) return other_version;
  json::ObjectReader reader(*value);
  const auto protocol = reader.integer("protocol", 0, INT32_MAX);
  (void)reader.text("version", 64);
  if (!reader.finish("wire-hello", "hello: not of the known form") || protocol != protocol_version)
    return other_version;
  return Ok{};
}

}  // namespace ben::wire
