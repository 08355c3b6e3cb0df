// Progress: what a method came to. A result to answer with, or a question to the broker in between.
#pragma once

#include <variant>

#include "wire/frame.hpp"

namespace ben::signer {

// The frame to send back: RESPONSE, or a question to the broker.
struct Reply {
  wire::FrameType type;
  Bytes body;
};

// A PERSIST or KMS_DECRYPT frame. The method goes on when its ACK or KMS_REPLY comes.
using Question = Reply;

using ResultJson = std::string;
using Progress = std::variant<ResultJson, Question>;

}  // namespace ben::signer
