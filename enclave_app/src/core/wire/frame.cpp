#include "wire/frame.hpp"

#include "base/reader.hpp"
#include "base/writer.hpp"
#include "json/reader.hpp"
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
  constexpr StaticText other_version = "hello: the peer speaks another protocol version";
  if (body.size() > 256) return malformed("wire-hello", other_version);
  BEN_TRY(const auto value, json::parse(body, "wire-hello"));
  json::ObjectReader reader(value);
  (void)reader.integer("protocol", protocol_version, protocol_version);
  (void)reader.text("version", 64);
  return reader.finish("wire-hello", other_version);
}

Bytes encode_persist(const PersistWallet& wallet) {
  Writer writer;
  writer.u8(persist_wallet).big_endian(wallet.sealed_seed.size(), 2);
  return writer.bytes(wallet.sealed_seed).bytes(wallet.certificate).take();
}

Bytes encode_persist_policy(ByteView policy) { return Writer().u8(persist_policy).bytes(policy).take(); }

Bytes encode_kms_decrypt(const KmsDecrypt& call) {
  return Writer().big_endian(call.wrapped_key.size(), 2).bytes(call.wrapped_key).bytes(call.document).take();
}

Result<KmsReply> parse_kms_reply(ByteView body) {
  Reader reader(body);
  const KmsReply reply{.outcome = static_cast<KmsOutcome>(reader.u8()), .cms = reader.rest()};
  const bool fits = !reader.failed() && reply.outcome <= KmsOutcome::refused &&
                    reply.cms.size() <= (reply.outcome == KmsOutcome::answered ? cms_bytes_max : 0);
  if (!fits) return malformed("wire-kms", "kms: the reply is not of the known form");
  return reply;
}

}  // namespace ben::wire
