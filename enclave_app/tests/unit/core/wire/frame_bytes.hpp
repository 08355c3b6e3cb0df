// A whole frame as its bytes, as a broker sends it.
#pragma once

#include "wire/frame.hpp"

namespace ben::wire::test {

inline Bytes encode_frame(FrameType type, ByteView body) {
  Bytes frame = encode_frame_header(type, body.size());
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

}  // namespace ben::wire::test
