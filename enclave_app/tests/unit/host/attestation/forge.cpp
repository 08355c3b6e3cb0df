#include "host/attestation/forge.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "attestation/verify.hpp"
#include "base/hex.hpp"
#include "base/writer.hpp"
#include "cbor/writer.hpp"
#include "host/attestation/suite.hpp"

namespace ben::attestation::test {

using emulator::CertificateParts;
using emulator::SigningKey;

namespace {

constexpr std::uint64_t day_s = 86400;

std::array<Bytes, place_count> names() {
  return {
      emulator::encode_name({{"C", "US"}, {"O", "Test"}, {"CN", "throw-away.nitro-enclaves"}}),
      emulator::encode_name(
          {{"C", "US"}, {"O", "Test"}, {"CN", "0123456789abcdef.us-east-1.aws.nitro-enclaves"}}),
      emulator::encode_name({{"CN", "89abcdef01234567.zonal.us-east-1.aws.nitro-enclaves"}, {"C", "US"}}),
      emulator::encode_name({{"C", "US"}, {"CN", "i-0123456789abcdef0.us-east-1.aws.nitro-enclaves"}}),
      emulator::encode_name({{"C", "US"}, {"CN", "i-0123456789abcdef0-enc0123456789abcdef.us-east-1.aws"}})};
}

CertificateParts parts_of(Place place) {
  const auto all = names();
  const Place issuer = place == root ? root : static_cast<Place>(place - 1);
  CertificateParts parts{.serial = {0x01, static_cast<std::uint8_t>(place)},
                         .issuer = all[issuer],
                         .subject = all[place],
                         .not_before_s = now_s - day_s,
                         .not_after_s = now_s + 10 * day_s,
                         .public_key_info = key_of(place).public_key_info(),
                         .extensions = {}};
  if (place == leaf) {
    parts.not_before_s = leaf_begin_s;
    parts.not_after_s = leaf_end_s;
    parts.extensions = {emulator::basic_constraints(false, std::nullopt), emulator::key_usage(0xc0, false)};
    return parts;
  }
  const auto path_length = place == root ? std::nullopt : std::optional(static_cast<std::uint8_t>(3 - place));
  parts.extensions = {emulator::basic_constraints(true, path_length),
                      emulator::key_usage(place == instance ? 0x04 : 0x86, true),
                      emulator::subject_key_identifier(key_of(place)),
                      emulator::authority_key_identifier(key_of(issuer))};
  return parts;
}

void append(Bytes& bytes, ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

Bytes encode_pcrs() {
  cbor::Writer pcrs;
  pcrs.map(16);
  for (std::uint8_t i = 0; i < 16; ++i)
    pcrs.unsigned_integer(i).bytes(Bytes(48, static_cast<std::uint8_t>(i + 1)));
  return pcrs.take();
}

Fields genuine_fields(const Recipe& recipe, const std::vector<Bytes>& chain) {
  cbor::Writer cabundle;
  cabundle.array(chain.empty() ? 0 : chain.size() - 1);
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) cabundle.bytes(chain[i]);
  return {{text("module_id"), text("i-0123456789abcdef0-enc0123456789abcdef")},
          {text("digest"), text("SHA384")},
          {text("timestamp"), cbor::Writer().unsigned_integer(recipe.timestamp_ms).take()},
          {text("pcrs"), encode_pcrs()},
          {text("certificate"), byte_string(chain.back())},
          {text("cabundle"), cabundle.take()},
          {text("public_key"), hex("f6")},
          {text("user_data"), hex("f6")},
          {text("nonce"), byte_string(32)}};
}

std::vector<Bytes> make_chain(const Recipe& recipe) {
  std::vector<Bytes> chain;
  for (std::size_t i = 0; i < place_count; ++i) {
    Bytes signed_part = emulator::encode_signed_part(recipe.certificates[i]);
    if (recipe.edit_signed_part[i]) recipe.edit_signed_part[i](signed_part);
    Bytes certificate = i == root ? root_certificate()
                                  : emulator::sign_certificate(signed_part, recipe.certificates[i].algorithm,
                                                               *recipe.signers[i]);
    if (recipe.edit_certificate[i]) recipe.edit_certificate[i](certificate);
    chain.push_back(std::move(certificate));
  }
  if (recipe.edit_chain) recipe.edit_chain(chain);
  return chain;
}

Bytes make_payload(const Recipe& recipe) {
  Fields fields = genuine_fields(recipe, make_chain(recipe));
  if (recipe.edit_fields) recipe.edit_fields(fields);
  Bytes payload =
      recipe.is_indefinite
          ? Bytes{0xbf}
          : cbor::Writer().map(fields.size() + static_cast<std::size_t>(recipe.pairs_beyond)).take();
  for (const auto& [key, value] : fields) {
    append(payload, key);
    append(payload, value);
  }
  if (recipe.is_indefinite) payload.push_back(0xff);
  if (recipe.edit_payload) recipe.edit_payload(payload);
  return payload;
}

}  // namespace

const SigningKey& key_of(Place place) {
  static const std::array<SigningKey, place_count> keys{SigningKey::generate(), SigningKey::generate(),
                                                        SigningKey::generate(), SigningKey::generate(),
                                                        SigningKey::generate()};
  return keys[place];
}

const SigningKey& foreign_key() {
  static const SigningKey key = SigningKey::generate();
  return key;
}

const Bytes& root_certificate() {
  static const Bytes certificate = emulator::issue_certificate(parts_of(root), key_of(root));
  return certificate;
}

Recipe genuine_recipe() {
  Recipe recipe{};
  for (std::size_t i = 0; i < place_count; ++i) {
    recipe.certificates[i] = parts_of(static_cast<Place>(i));
    recipe.signers[i] = &key_of(static_cast<Place>(i == 0 ? 0 : i - 1));
  }
  recipe.protected_header = hex("a1013822");
  recipe.unprotected_header = hex("a0");
  recipe.context = text("Signature1");
  recipe.document_key = &key_of(leaf);
  recipe.encode_payload = [](ByteView payload) { return byte_string(payload); };
  return recipe;
}

Bytes make(const Recipe& recipe) {
  const Bytes payload = make_payload(recipe);
  Bytes to_sign = hex("84");
  append(to_sign, recipe.context);
  append(to_sign, byte_string(recipe.protected_header));
  append(to_sign, byte_string(recipe.external_aad));
  append(to_sign, byte_string(payload));
  const auto raw = recipe.document_key->sign_raw(to_sign);
  Bytes signature(raw.begin(), raw.end());
  if (recipe.edit_signature) recipe.edit_signature(signature);

  Bytes document = hex("84");
  append(document, byte_string(recipe.protected_header));
  append(document, recipe.unprotected_header);
  append(document, recipe.encode_payload(payload));
  append(document, byte_string(signature));
  if (recipe.edit_document) recipe.edit_document(document);
  return document;
}

void replace_bytes(Bytes& bytes, ByteView find, ByteView with) {
  const auto found = std::search(bytes.begin(), bytes.end(), find.begin(), find.end());
  REQUIRE(found != bytes.end());
  const auto place = bytes.erase(found, found + static_cast<std::ptrdiff_t>(find.size()));
  bytes.insert(place, with.begin(), with.end());
}

Bytes hex(std::string_view digits) {
  const auto bytes = parse_hex(digits);
  REQUIRE(bytes.has_value());
  return *bytes;
}

Bytes text(std::string_view characters) { return cbor::Writer().text(characters).take(); }
Bytes byte_string(ByteView bytes) { return cbor::Writer().bytes(bytes).take(); }
Bytes byte_string(std::size_t size) { return byte_string(Bytes(size, 0x5a)); }

Bytes* value_of(Fields& fields, std::string_view name) {
  const Bytes key = text(name);
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == key; });
  return found == fields.end() ? nullptr : &found->second;
}

void set_field(Fields& fields, std::string_view name, Bytes encoded) {
  Bytes* value = value_of(fields, name);
  REQUIRE(value != nullptr);
  *value = std::move(encoded);
}

void remove_field(Fields& fields, std::string_view name) {
  const Bytes key = text(name);
  REQUIRE(std::erase_if(fields, [&](const auto& field) { return field.first == key; }) == 1);
}

Edit prefix(std::string_view digits) {
  return [before = hex(digits)](Bytes& bytes) { bytes.insert(bytes.begin(), before.begin(), before.end()); };
}
Edit suffix(std::string_view digits) {
  return [after = hex(digits)](Bytes& bytes) { append(bytes, after); };
}
Edit first_byte(std::uint8_t value) {
  return [=](Bytes& bytes) { bytes[0] = value; };
}
Edit become(Bytes bytes) {
  return [made = std::move(bytes)](Bytes& old) { old = made; };
}
std::function<void(Fields&)> setting(const char* name, Bytes encoded) {
  return [name, value = std::move(encoded)](Fields& fields) { set_field(fields, name, value); };
}
std::function<void(Fields&)> adding(Bytes key, Bytes value) {
  return [field = std::pair(std::move(key), std::move(value))](Fields& fields) { fields.push_back(field); };
}
std::function<void(Fields&)> repeating(const char* name) {
  return [=](Fields& fields) {
    Bytes value = *value_of(fields, name);
    fields.emplace_back(text(name), std::move(value));
  };
}
std::function<void(Fields&)> without(const char* name) {
  return [=](Fields& fields) { remove_field(fields, name); };
}

void set_constraints(Recipe& recipe, Place place, Bytes extension) {
  recipe.certificates[place].extensions[0] = std::move(extension);
}
void set_key_usage(Recipe& recipe, Place place, Bytes extension) {
  recipe.certificates[place].extensions[1] = std::move(extension);
}
void drop_extension(Recipe& recipe, Place place, std::ptrdiff_t index) {
  auto& extensions = recipe.certificates[place].extensions;
  extensions.erase(extensions.begin() + index);
}
void add_extension(Recipe& recipe, Place place, Bytes extension) {
  recipe.certificates[place].extensions.push_back(std::move(extension));
}

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    CAPTURE(std::string(one.what));
    Recipe recipe = genuine_recipe();
    one.change(recipe);
    const Bytes document = make(recipe);
    add_to_suite(one, document, recipe.verify_at_s);
    const auto verdict =
        verify_document(document, {.root_certificate = root_certificate(), .time_s = recipe.verify_at_s});
    const std::string_view tag = verdict ? "accepted" : to_error(verdict.error()).tag.view();
    CHECK(tag == (one.refusal ? to_error(*one.refusal).tag.view() : "accepted"));
  }
}

}  // namespace ben::attestation::test
