#include "json/reader.hpp"

#include <nlohmann/json.hpp>

namespace ben::json {

// Takes nlohmann's parse events and builds the value; returning false stops the parser at once.
class Builder {
 public:
  bool null() { return add({}) != nullptr; }
  bool boolean(bool value) { return add(value) != nullptr; }
  bool number_integer(std::int64_t value) { return add(value) != nullptr; }
  bool number_unsigned(std::uint64_t value) {
    return value <= INT64_MAX && number_integer(static_cast<std::int64_t>(value));
  }
  bool number_float(double, const std::string&) { return false; }
  bool string(std::string& value) { return add(std::move(value)) != nullptr; }
  bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return open(Object()); }
  bool start_array(std::size_t) { return open(Array()); }
  bool end_object() { return end_array(); }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  bool key(std::string& name) {
    auto& members = std::get<Object>(*open_.back());
    if (members.size() >= members_max || open_.back()->member(name) != nullptr) return false;
    members.emplace_back(std::move(name), Value());  // add() gives it its value
    return true;
  }
  static bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) { return false; }

  [[nodiscard]] Value take() { return std::move(root_); }

 private:
  // Where the value now is; nullptr when it is one too many.
  Value* add(Value value) {
    if (++values_ > values_max) return nullptr;
    if (open_.empty()) return &(root_ = std::move(value));
    if (auto* members = std::get_if<Object>(open_.back()))
      return &(members->back().second = std::move(value));
    auto& items = std::get<Array>(*open_.back());
    return items.size() < items_max ? &items.emplace_back(std::move(value)) : nullptr;
  }

  bool open(Value container) {
    if (open_.size() >= depth_max) return false;
    open_.push_back(add(std::move(container)));
    return open_.back() != nullptr;
  }

  Value root_;
  std::vector<Value*> open_;  // around the current place, outermost first; none moves while it is open
  std::size_t values_ = 0;
};

std::string_view Value::text_or_empty() const noexcept { return text() ? *text() : std::string_view(); }

const Value* Value::member(std::string_view key) const noexcept {
  if (object() == nullptr) return nullptr;
  const auto found = std::ranges::find(*object(), key, &Object::value_type::first);
  return found == object()->end() ? nullptr : &found->second;
}

Value Value::take_member(std::string_view key) {
  auto* const found = const_cast<Value*>(member(key));
  return found == nullptr ? Value() : std::exchange(*found, {});
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

const Value& ObjectReader::value(StaticText key) {
  static const Value null_value;
  const Value* const found = failed_ ? nullptr : object_.member(key.view());
  if (found == nullptr) fail(key);
  taken_.insert(found);
  return found == nullptr ? null_value : *found;
}

std::string_view ObjectReader::text(StaticText key, std::size_t bytes_max) {
  const std::string* const text = value(key).text();
  if (text == nullptr || text->size() > bytes_max) fail(key);
  return failed_ ? std::string_view() : *text;
}

std::int64_t ObjectReader::integer(StaticText key, std::int64_t min, std::int64_t max) {
  const std::int64_t* const integer = value(key).integer();
  if (integer == nullptr || *integer < min || *integer > max) fail(key);
  return failed_ ? 0 : *integer;
}

std::span<const Value> ObjectReader::array(StaticText key, std::size_t count_max) {
  const Array* const items = value(key).array();
  if (items == nullptr || items->size() > count_max) fail(key);
  return failed_ ? std::span<const Value>() : *items;
}

void ObjectReader::fail(StaticText key) noexcept {
  if (!failed_) bad_key_ = key;
  failed_ = true;
}

Result<> ObjectReader::finish(StaticText tag, StaticText reason) const {
  if (failed_) return malformed(tag, reason, bad_key_);
  if (taken_.size() != object_.object()->size()) return malformed(tag, reason, "an unknown key");
  return Ok{};
}

}  // namespace ben::json
