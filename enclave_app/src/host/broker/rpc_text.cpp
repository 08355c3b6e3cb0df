#include "broker/rpc_text.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "json/writer.hpp"
#include "wire/rpc.hpp"

namespace ben::broker {
namespace {

constexpr int broker_error_code = -32050;
constexpr std::size_t method_bytes_max = 64;

// Takes `id` and `method` of the outermost object and stops the parser once it has both.
class HeadFinder final : public nlohmann::json::json_sax_t {
 public:
  [[nodiscard]] RequestHead take() { return std::move(head_); }

  bool null() override { return go_on(); }
  bool boolean(bool /*value*/) override { return go_on(); }
  bool number_integer(number_integer_t value) override { return number(value); }
  bool number_unsigned(number_unsigned_t value) override { return number(value); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return go_on(); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*count*/) override { return enter(); }
  bool start_array(std::size_t /*count*/) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*near*/,
                   const nlohmann::detail::exception& /*problem*/) override {
    return false;
  }

  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    wanted_ = name == "id" ? Wanted::id : name == "method" ? Wanted::method : Wanted::nothing;
    return true;
  }

  bool string(string_t& value) override {
    if (depth_ == 1 && wanted_ == Wanted::id && value.size() <= wire::id_bytes_max) {
      head_.id = json::quote(value);
      id_found_ = true;
    }
    if (depth_ == 1 && wanted_ == Wanted::method && value.size() <= method_bytes_max) {
      head_.method = value;
      method_found_ = true;
    }
    return go_on();
  }

 private:
  enum class Wanted : std::uint8_t { nothing, id, method };

  template <typename Number>
  bool number(Number value) {
    if (depth_ == 1 && wanted_ == Wanted::id) {
      head_.id = std::to_string(value);
      id_found_ = true;
    }
    return go_on();
  }

  [[nodiscard]] bool go_on() {
    if (depth_ <= 1) wanted_ = Wanted::nothing;
    return !(id_found_ && method_found_);
  }

  bool enter() {
    ++depth_;
    return true;
  }

  bool leave() {
    --depth_;
    return go_on();
  }

  RequestHead head_;
  std::size_t depth_ = 0;
  Wanted wanted_ = Wanted::nothing;
  bool id_found_ = false;
  bool method_found_ = false;
};

// The text after the answer's id, or nothing.
std::string_view after_id(std::string_view answer) {
  constexpr std::string_view head = R"({"jsonrpc":"2.0","id":)";
  if (!answer.starts_with(head)) return {};
  answer.remove_prefix(head.size());
  if (!answer.starts_with('"')) return answer.substr(std::min(answer.find(','), answer.size()));
  for (std::size_t i = 1; i < answer.size(); ++i) {
    if (answer[i] == '\\') {
      ++i;  // the character after a backslash ends nothing
    } else if (answer[i] == '"') {
      return answer.substr(i + 1);
    }
  }
  return {};
}

}  // namespace

RequestHead peek_request(ByteView body) {
  HeadFinder finder;
  // False says that the finder stopped it or that the text is no JSON: the enclave judges that.
  (void)nlohmann::json::sax_parse(body.begin(), body.end(), &finder);
  return finder.take();
}

bool is_operation(std::string_view method) {
  constexpr std::array<std::string_view, 4> operations = {"genesis", "certify_wallet", "unseal",
                                                          "set_policy"};
  return std::ranges::find(operations, method) != operations.end();
}

AnswerKind classify_answer(std::string_view answer) {
  const std::string_view rest = after_id(answer);
  if (rest.starts_with(",\"result\":")) return {.is_error = false, .tag = {}};
  constexpr std::string_view before_tag = "\"data\":{\"tag\":\"";
  const std::size_t at = rest.find(before_tag);
  if (!rest.starts_with(",\"error\":") || at == std::string_view::npos)
    return {.is_error = true, .tag = "other"};
  const std::string_view tag = rest.substr(at + before_tag.size());
  return {.is_error = true, .tag = tag.substr(0, tag.find('"'))};
}

std::string encode_own_request(std::string_view method, std::string_view params) {
  return json::ObjectWriter()
      .text("jsonrpc", "2.0")
      .raw("id", own_id)
      .text("method", method)
      .raw("params", params)
      .finish();
}

std::string encode_broker_error(std::string_view id, const Error& error) {
  const std::string data =
      json::ObjectWriter().text("tag", error.tag.view()).text("origin", "broker").finish();
  const std::string body = json::ObjectWriter()
                               .integer("code", broker_error_code)
                               .text("message", error.reason.view())
                               .raw("data", data)
                               .finish();
  return json::ObjectWriter().text("jsonrpc", "2.0").raw("id", id).raw("error", body).finish();
}

}  // namespace ben::broker
