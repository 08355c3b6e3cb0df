// Progress: what a method came to. A result to answer with, or a question to the broker in between.
#pragma once

#include <variant>

#include "base/bytes.hpp"
#include "wire/frame.hpp"

namespace ben::signer {

// A PERSIST or KMS_DECRYPT frame. The method goes on when its ACK or KMS_REPLY comes.
struct Question {
  wire::FrameType type;
  Bytes body;
};

using ResultJson = std::string;
using Progress = std::variant<ResultJson, Question>;

}  // namespace ben::signer
