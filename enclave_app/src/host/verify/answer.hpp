// Reads answers of a node and verifies their proofs: what the broker changed, or made up, is told from what
// the signer said. Docs: docs/protocol.md section 2.
#pragma once

#include <string>
#include <string_view>

#include "wire/rpc.hpp"

namespace ben::verify {

// An answer taken apart, believed in nothing yet. Views point into the answer's text.
struct Answer {
  bool is_error = false;
  std::string_view outcome;  // the exact bytes of the result or error object
  wire::BootId boot_id{};
  Hash256 log_root{};
  Ed25519Signature signature{};
};

// `id`: that of the request, as JSON. An error with a tag rpc-… may also have the id null: its request was
// not read. Fails with `malformed` (answer-form) unless `text` is byte for byte of the one form that signers
// write.
Result<Answer> parse_answer(std::string_view text, std::string_view id);

// Proves that the signer of this boot gave this outcome to exactly these request bytes. `boot_id` and
// `response_key`: of a statement that was judged. Fails with `refused`: answer-boot, answer-proof.
Result<> verify_proof(const Answer& answer, ByteView request, const wire::BootId& boot_id,
                      const Ed25519PublicKey& response_key);

// What an error object says.
struct ErrorObject {
  std::int64_t code = 0;
  std::string tag;
  std::string message;
};

// Fails with `malformed` (answer-form).
Result<ErrorObject> parse_error_object(std::string_view json);

// An error that the broker made itself: no proof, tag broker-…, origin broker. Says nothing of the signer.
// Fails with `malformed` (answer-form) for everything else, whatever it claims.
Result<ErrorObject> parse_broker_error(std::string_view text);

}  // namespace ben::verify
