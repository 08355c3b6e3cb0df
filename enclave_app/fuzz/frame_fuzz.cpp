// The parsers of a frame and of the bodies inside it take any bytes: they fail, or yield views that lie
// within the input.
#include <cstdlib>

#include "relay/operation.hpp"
#include "wire/frame.hpp"

namespace {

bool lies_within(ben::ByteView part, ben::ByteView whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ben::ByteView input(data, size);
  if (size < ben::wire::frame_header_bytes) return 0;
  const auto header = ben::wire::parse_frame_header(input.first<ben::wire::frame_header_bytes>());
  if (!header) return 0;
  if (header->body_bytes > ben::wire::frame_body_bytes_max) std::abort();
  const ben::ByteView body = input.subspan(ben::wire::frame_header_bytes);
  switch (header->type) {
    case ben::wire::FrameType::hello:
      (void)ben::wire::admit_hello(body);
      break;
    case ben::wire::FrameType::persist: {
      const auto persist = ben::wire::parse_persist(body);
      if (!persist) break;
      if (persist->wallet.has_value() == persist->policy.has_value()) std::abort();
      if (persist->wallet && !lies_within(persist->wallet->sealed_seed, body)) std::abort();
      if (persist->policy && !lies_within(*persist->policy, body)) std::abort();
      break;
    }
    case ben::wire::FrameType::kms_decrypt: {
      const auto call = ben::wire::parse_kms_decrypt(body);
      if (call && (!lies_within(call->wrapped_key, body) || !lies_within(call->document, body))) std::abort();
      break;
    }
    case ben::wire::FrameType::kms_reply: {
      const auto reply = ben::wire::parse_kms_reply(body);
      if (reply && !lies_within(reply->cms, body)) std::abort();
      break;
    }
    case ben::wire::FrameType::request:
    case ben::wire::FrameType::response:
    case ben::wire::FrameType::ack:
    case ben::wire::FrameType::config:
      break;
  }
  return 0;
}
