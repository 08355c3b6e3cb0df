#include "json/object_reader.hpp"

namespace ben::json {

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
