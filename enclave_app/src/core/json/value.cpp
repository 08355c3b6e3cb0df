#include "json/value.hpp"

#include <nlohmann/json.hpp>

namespace ben::json {

// Takes nlohmann's parse events and builds the value; returning false stops the parser at once.
class Builder {
 public:
  bool null() { return add(Value()); }
  bool boolean(bool value) { return add(Value(value)); }
  bool number_integer(std::int64_t value) { return add(Value(value)); }
  bool number_unsigned(std::uint64_t value) {
    return value <= static_cast<std::uint64_t>(INT64_MAX) && add(Value(static_cast<std::int64_t>(value)));
  }
  bool number_float(double, const std::string&) { return false; }
  bool string(std::string& value) { return add(Value(std::move(value))); }
  bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return open(Value(Object())); }
  bool start_array(std::size_t) { return open(Value(Array())); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    const auto& members = std::get<Object>(open_.back().value.state_);
    if (std::any_of(members.begin(), members.end(), [&](const auto& member) { return member.first == name; }))
      return false;
    open_.back().name = std::move(name);
    return true;
  }

  static bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) { return false; }

  [[nodiscard]] Value take() { return std::move(root_); }

 private:
  bool open(Value value) {
    if (open_.size() >= depth_max) return false;
    open_.push_back({.value = std::move(value), .name = {}});
    return true;
  }

  bool close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  bool add(Value value) {
    if (++values_ > values_max) return false;
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    auto& [parent, name] = open_.back();
    if (auto* members = std::get_if<Object>(&parent.state_)) {
      if (members->size() >= members_max) return false;
      members->emplace_back(std::move(name), std::move(value));
      return true;
    }
    auto& items = std::get<Array>(parent.state_);
    if (items.size() >= items_max) return false;
    items.push_back(std::move(value));
    return true;
  }

  struct Container {
    Value value;
    std::string name;  // the key whose value comes next
  };

  Value root_;
  std::vector<Container> open_;  // around the current place, outermost first
  std::size_t values_ = 0;
};

Value Value::take_member(std::string_view key) {
  auto* const members = std::get_if<Object>(&state_);
  if (members == nullptr) return Value();
  for (auto& [name, value] : *members) {
    if (name == key) return std::exchange(value, Value());
  }
  return Value();
}

Result<Value> parse(ByteView text, StaticText tag) {
  Builder builder;
  const bool parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &builder,
                                                nlohmann::json::input_format_t::json, /*strict=*/true);
  if (!parsed) {
    return malformed(
        tag, "json: not one value of UTF-8 JSON with integers only, no duplicate keys and depth at most 16");
  }
  return builder.take();
}

}  // namespace ben::json
