// What a broker hands to a client: a node's answers, its own errors, boot statements, proof files. The first
// byte of the input says which: a, b, s, p. Answers have one form only; of the rest, what is read is written
// and read again as the same.
#include "base/hex.hpp"
#include "host/verify/statement_text.hpp"
#include "require.hpp"
#include "verify/answer.hpp"
#include "verify/proof.hpp"

namespace {

using namespace ben;
using namespace ben::verify;

void check_answer(std::string_view text) {
  const auto answer = parse_answer(text, "1");
  if (!answer) return;
  const std::string rest = std::string(answer->is_error ? R"("error":)" : R"("result":)") +
                           std::string(answer->outcome) + R"(,"proof":{"boot_id":")" +
                           encode_hex(answer->boot_id) + R"(","log_root":")" + encode_hex(answer->log_root) +
                           R"(","signature":")" + encode_hex(answer->signature) + R"("}})";
  require(text == R"({"jsonrpc":"2.0","id":1,)" + rest ||
          (answer->is_error && text == R"({"jsonrpc":"2.0","id":null,)" + rest));
  require(!verify_proof(*answer, as_bytes(text), answer->boot_id, Ed25519PublicKey{}));
}

void check_statement(std::string_view text) {
  const auto statement = parse_statement(text);
  if (!statement) return;
  const std::string written = test::encode_statement(*statement);
  const auto again = parse_statement(written);
  require(again.has_value() && test::encode_statement(*again) == written);
}

void check_proof(std::string_view text) {
  const auto proof = parse_proof(text);
  if (!proof) return;
  const std::string written = encode_proof(*proof);
  const auto again = parse_proof(written);
  require(again.has_value() && encode_proof(*again) == written);
  require(!judge_proof(*proof, {}, {}).accepted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text(ByteView(data, size).subspan(1));
  if (data[0] == 'a') check_answer(text);
  if (data[0] == 'b' && parse_broker_error(text)) require(!parse_answer(text, "1"));
  if (data[0] == 's') check_statement(text);
  if (data[0] == 'p') check_proof(text);
  return 0;
}
