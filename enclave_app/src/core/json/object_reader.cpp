#include "json/object_reader.hpp"

namespace ben::json {

ObjectReader::ObjectReader(const Value& value) noexcept
    : members_(value.object()), failed_(members_ == nullptr) {}

bool ObjectReader::has(std::string_view key) const noexcept {
  return members_ != nullptr && std::any_of(members_->begin(), members_->end(),
                                            [&](const auto& member) { return member.first == key; });
}

const Value& ObjectReader::value(StaticText key) {
  static const Value null_value;
  for (std::size_t i = 0; !failed_ && i < members_->size(); ++i) {
    if ((*members_)[i].first != key.view()) continue;
    taken_.set(i);
    return (*members_)[i].second;
  }
  fail(key);
  return null_value;
}

std::string_view ObjectReader::text(StaticText key, std::size_t bytes_max) {
  const std::string* text = value(key).text();
  if (text == nullptr || text->size() > bytes_max) {
    fail(key);
    return {};
  }
  return *text;
}

std::int64_t ObjectReader::integer(StaticText key, std::int64_t min, std::int64_t max) {
  const std::int64_t* integer = value(key).integer();
  if (integer == nullptr || *integer < min || *integer > max) {
    fail(key);
    return 0;
  }
  return *integer;
}

std::span<const Value> ObjectReader::array(StaticText key, std::size_t count_max) {
  const Array* items = value(key).array();
  if (items == nullptr || items->size() > count_max) {
    fail(key);
    return {};
  }
  return *items;
}

void ObjectReader::read_hex(StaticText key, std::span<std::uint8_t> out) {
  const auto bytes = parse_hex(text(key, 2 * out.size()));
  if (!bytes || bytes->size() != out.size()) return fail(key);
  std::copy(bytes->begin(), bytes->end(), out.begin());
}

void ObjectReader::fail(StaticText key) noexcept {
  if (!failed_) bad_key_ = key;
  failed_ = true;
}

Result<> ObjectReader::finish(StaticText tag, StaticText reason) const {
  if (failed_) return malformed(tag, reason, bad_key_);
  if (taken_.count() != members_->size()) return malformed(tag, reason, "an unknown key");
  return Ok{};
}

}  // namespace ben::json
