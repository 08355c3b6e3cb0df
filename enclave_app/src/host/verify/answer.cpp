#include "verify/answer.hpp"

#include "base/hex.hpp"
#include "json/reader.hpp"

namespace ben::verify {
namespace {

constexpr std::size_t message_bytes_max = 4096;
constexpr std::size_t tag_bytes_max = 64;

// Takes fixed text off the front of an answer.
class Cutter {
 public:
  explicit Cutter(std::string_view rest) noexcept : rest_(rest) {}

  [[nodiscard]] bool cut(std::string_view expected) noexcept {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  template <std::size_t N>
  [[nodiscard]] bool cut_hex(ByteArray<N>& out) {
    const auto bytes = parse_hex_array<N>(rest_.substr(0, 2 * N));
    if (!bytes) return false;
    out = *bytes;
    rest_.remove_prefix(2 * N);
    return true;
  }

  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

bool read_proof(std::string_view text, Answer& answer) {
  Cutter proof(text);
  return proof.cut(R"(,"proof":{"boot_id":")") && proof.cut_hex(answer.boot_id) &&
         proof.cut(R"(","log_root":")") && proof.cut_hex(answer.log_root) &&
         proof.cut(R"(","signature":")") && proof.cut_hex(answer.signature) && proof.cut(R"("}})") &&
         proof.rest().empty();
}

bool read_head(Cutter& head, std::string_view id, Answer& answer, bool& has_own_id) {
  if (!head.cut(R"({"jsonrpc":"2.0","id":)")) return false;
  has_own_id = head.cut(id);
  if (!has_own_id && !head.cut("null")) return false;
  answer.is_error = head.cut(R"(,"error":)");
  return answer.is_error || (has_own_id && head.cut(R"(,"result":)"));
}

constexpr Error bad_form{ErrorCode::malformed, "answer-form",
                         "answer: not of the form that a signer gives; something between has changed it"};

Result<ErrorObject> read_error_object(const json::Value& value, bool from_broker) {
  json::ObjectReader reader(value);
  ErrorObject error;
  error.code = reader.integer("code", INT32_MIN, INT32_MAX);
  error.message = reader.text("message", message_bytes_max);
  const json::Value& data = reader.value("data");
  const auto finished = reader.finish("answer-form", bad_form.reason);
  if (!finished) return finished.error();
  json::ObjectReader data_reader(data);
  error.tag = data_reader.text("tag", tag_bytes_max);
  if (from_broker && data_reader.text("origin", tag_bytes_max) != "broker") data_reader.fail("origin");
  if (from_broker && !error.tag.starts_with("broker-")) data_reader.fail("tag");
  const auto data_finished = data_reader.finish("answer-form", bad_form.reason);
  if (!data_finished) return data_finished.error();
  return error;
}

}  // namespace

Result<Answer> parse_answer(std::string_view text, std::string_view id) {
  if (text.size() < wire::proof_text_bytes) return bad_form;
  Answer answer;
  Cutter head(text.substr(0, text.size() - wire::proof_text_bytes));
  bool has_own_id = false;
  if (!read_head(head, id, answer, has_own_id)) return bad_form;
  if (!read_proof(text.substr(text.size() - wire::proof_text_bytes), answer)) return bad_form;
  answer.outcome = head.rest();
  // The proof covers the object and not its label: an error object begins with its code, and no result does.
  if (answer.outcome.starts_with(R"({"code":)") != answer.is_error) return bad_form;
  if (!has_own_id) {
    // Nor does it cover the id, and a signer that has read a request repeats the request's.
    const auto error = parse_error_object(answer.outcome);
    if (!error || !error->tag.starts_with("rpc-")) return bad_form;
  }
  return answer;
}

Result<> verify_proof(const Answer& answer, ByteView request, const wire::BootId& boot_id,
                      const Ed25519PublicKey& response_key) {
  if (answer.boot_id != boot_id) {
    return Error{ErrorCode::refused, "answer-boot",
                 "answer: it is of another boot than the evidence; repeat the command"};
  }
  const Bytes message =
      wire::proof_message(boot_id, sha256(request), as_bytes(answer.outcome), answer.log_root);
  if (!ed25519_verify(response_key, message, answer.signature)) {
    return Error{ErrorCode::refused, "answer-proof",
                 "answer: the attested signer did not give it; something between has changed it"};
  }
  return Ok{};
}

Result<ErrorObject> parse_error_object(std::string_view json) {
  const auto value = json::parse(as_bytes(json));
  if (!value) return bad_form;
  return read_error_object(*value, false);
}

Result<ErrorObject> parse_broker_error(std::string_view text) {
  const auto value = json::parse(as_bytes(text));
  if (!value) return bad_form;
  json::ObjectReader reader(*value);
  if (reader.text("jsonrpc", 3) != "2.0") reader.fail("jsonrpc");
  (void)reader.value("id");
  const json::Value& error = reader.value("error");
  const auto finished = reader.finish("answer-form", bad_form.reason);
  if (!finished) return bad_form;
  return read_error_object(error, true);
}

}  // namespace ben::verify
