#include "attestation/certificate.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "attestation/der.hpp"

namespace ben::attestation {
namespace {

constexpr ByteArray<12> ecdsa_with_sha384{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                          0x48, 0xce, 0x3d, 0x04, 0x03, 0x03};

// A SubjectPublicKeyInfo of an uncompressed point on P-384, up to the point (RFC 5480 section 2).
constexpr ByteArray<23> p384_key_info{0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                      0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00};

// Contents of object identifiers: id-ce and id-at of RFC 5280 appendix A.
constexpr ByteArray<3> id_key_usage{0x55, 0x1d, 0x0f};
constexpr ByteArray<3> id_basic_constraints{0x55, 0x1d, 0x13};
constexpr ByteArray<3> id_extended_key_usage{0x55, 0x1d, 0x25};
constexpr ByteArray<3> id_common_name{0x55, 0x04, 0x03};

// RFC 5280 section 4.1.2.2 allows 20 bytes; the 21st can only be the one that keeps it positive.
constexpr std::size_t serial_bytes_max = 20;

// `digits`: decimal digits, of which `count` are taken off the front; false when they are none.
bool take_number(std::string_view& digits, std::size_t count, unsigned& number) noexcept {
  if (digits.size() < count) return false;
  number = 0;
  for (const char digit : digits.substr(0, count)) {
    if (digit < '0' || digit > '9') return false;
    number = number * 10 + static_cast<unsigned>(digit - '0');
  }
  digits.remove_prefix(count);
  return true;
}

// Seconds since 1970; fails the reader for times that do not exist, are before 1970 or in the other of the
// two forms (RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050).
std::uint64_t take_time(DerReader& reader) noexcept {
  const bool is_generalized = reader.next_is(Tag::generalized_time);
  std::string_view text = as_text(reader.take(is_generalized ? Tag::generalized_time : Tag::utc_time));
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  const bool is_text = take_number(text, is_generalized ? 4 : 2, year) && take_number(text, 2, month) &&
                       take_number(text, 2, day) && take_number(text, 2, hour) &&
                       take_number(text, 2, minute) && take_number(text, 2, second) && text == "Z";
  if (!is_generalized) year += year < 50 ? 2000 : 1900;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!is_text || !date.ok() || hour > 23 || minute > 59 || second > 59 || year < 1970 ||
      (is_generalized && year < 2050)) {
    reader.fail();
    return 0;
  }
  const std::chrono::sys_seconds time = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                        std::chrono::minutes(minute) + std::chrono::seconds(second);
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

// Walks a Name: RDNSequence of sets of one attribute each. Yields its common name.
bool parse_name(ByteView name, std::string_view& common_name) noexcept {
  DerReader outer(name);
  DerReader sets(outer.take(Tag::sequence));
  while (!sets.failed() && !sets.empty()) {
    DerReader set(sets.take(Tag::set));
    DerReader attribute(set.take(Tag::sequence));
    const ByteView type = attribute.take(Tag::object_identifier);
    const ByteView value =
        attribute.take(attribute.next_is(Tag::utf8_string) ? Tag::utf8_string : Tag::printable_string);
    if (!set.finished() || !attribute.finished()) return false;
    if (equal(type, id_common_name)) {
      if (!common_name.empty()) return false;
      common_name = as_text(value);
    }
  }
  return outer.finished() && sets.finished();
}

// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }. DER leaves
// a default value out; only a CA can have a path length.
bool parse_basic_constraints(ByteView value, Certificate& certificate) noexcept {
  DerReader outer(value);
  DerReader fields(outer.take(Tag::sequence));
  certificate.is_ca = fields.next_is(Tag::boolean);
  if (*certificate.is_ca && !fields.boolean()) return false;
  if (*certificate.is_ca && !fields.empty()) {
    const ByteView number = fields.unsigned_integer();
    if (number.size() != 1) return false;
    certificate.path_length = number[0];
  }
  return outer.finished() && fields.finished();
}

// KeyUsage ::= BIT STRING of nine named bits: without trailing zero bits (X.690 section 11.2.2).
bool parse_key_usage(ByteView value, Certificate& certificate) noexcept {
  DerReader outer(value);
  const ByteView contents = outer.take(Tag::bit_string);
  if (!outer.finished() || contents.size() < 2 || contents.size() > 3 || contents[0] > 7) return false;
  const unsigned last_bit = 1U << contents[0];
  const unsigned last_byte = contents.back();
  if ((last_byte & last_bit) == 0 || (last_byte & (last_bit - 1)) != 0) return false;
  certificate.key_usage = contents[1];
  return true;
}

std::optional<Refusal> parse_extension(ByteView id, bool is_critical, ByteView value,
                                       Certificate& certificate) noexcept {
  if (equal(id, id_extended_key_usage)) return Refusal::extended_key_usage;
  bool is_well_formed = true;
  if (equal(id, id_basic_constraints)) {
    is_well_formed = parse_basic_constraints(value, certificate);
  } else if (equal(id, id_key_usage)) {
    is_well_formed = parse_key_usage(value, certificate);
  } else if (is_critical) {
    return Refusal::critical_extension;
  }
  if (!is_well_formed) return Refusal::certificate;
  return std::nullopt;
}

// Extensions ::= SEQUENCE OF SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING },
// each extension once.
std::optional<Refusal> parse_extensions(ByteView contents, Certificate& certificate) {
  DerReader outer(contents);
  DerReader list(outer.take(Tag::sequence));
  std::vector<ByteView> seen;
  while (!list.failed() && !list.empty()) {
    DerReader extension(list.take(Tag::sequence));
    const ByteView id = extension.take(Tag::object_identifier);
    const bool states_critical = extension.next_is(Tag::boolean);
    const bool is_critical = states_critical && extension.boolean();
    const ByteView value = extension.take(Tag::octet_string);
    if (!extension.finished() || (states_critical && !is_critical)) return Refusal::certificate;
    if (std::any_of(seen.begin(), seen.end(), [&](ByteView other) { return equal(id, other); }))
      return Refusal::certificate;
    seen.push_back(id);
    if (const auto refusal = parse_extension(id, is_critical, value, certificate)) return refusal;
  }
  if (!outer.finished() || !list.finished() || seen.empty()) return Refusal::certificate;
  return std::nullopt;
}

// A scalar of up to 48 bytes, padded in front.
bool take_scalar(DerReader& reader, ByteArray<48>& scalar) noexcept {
  const ByteView number = reader.unsigned_integer();
  if (reader.failed() || number.size() > scalar.size()) return false;
  scalar.fill(0);
  std::copy(number.begin(), number.end(), scalar.end() - static_cast<std::ptrdiff_t>(number.size()));
  return true;
}

// Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 section 2.2.3).
bool parse_signature(ByteView contents, P384Signature& signature) noexcept {
  DerReader outer(contents);
  DerReader numbers(outer.take(Tag::sequence));
  return take_scalar(numbers, signature.r) && take_scalar(numbers, signature.s) && outer.finished() &&
         numbers.finished();
}

// The part that is signed (RFC 5280 section 4.1), after whose algorithm the outer one has to be named again.
std::optional<Refusal> parse_signed_part(ByteView contents, Certificate& certificate) {
  DerReader fields(contents);
  DerReader version(fields.take(Tag::version));
  const ByteView number = version.unsigned_integer();
  const ByteView serial = fields.unsigned_integer();
  const ByteView algorithm = fields.take_whole(Tag::sequence);
  certificate.issuer = fields.take_whole(Tag::sequence);
  DerReader validity(fields.take(Tag::sequence));
  certificate.not_before_s = take_time(validity);
  certificate.not_after_s = take_time(validity);
  certificate.subject = fields.take_whole(Tag::sequence);
  const ByteView key_info = fields.take_whole(Tag::sequence);
  const ByteView extensions = fields.take(Tag::extensions);  // the unique identifiers of old are refused

  constexpr std::uint8_t version_3 = 2;
  std::string_view issuer_common_name;
  const bool is_well_formed = fields.finished() && version.finished() && validity.finished() &&
                              number.size() == 1 && number[0] == version_3 &&
                              serial.size() <= serial_bytes_max &&
                              parse_name(certificate.issuer, issuer_common_name) &&
                              parse_name(certificate.subject, certificate.common_name);
  if (!is_well_formed) return Refusal::certificate;
  if (!equal(algorithm, ecdsa_with_sha384)) return Refusal::certificate_algorithm;
  if (key_info.size() != p384_key_info.size() + certificate.public_key.size() ||
      !equal(key_info.first(p384_key_info.size()), p384_key_info)) {
    return Refusal::certificate_algorithm;
  }
  certificate.public_key = to_array<sizeof(P384Point)>(key_info.subspan(p384_key_info.size()));
  return parse_extensions(extensions, certificate);
}

}  // namespace

Checked<Certificate> parse_certificate(ByteView der) {
  Certificate certificate{};
  DerReader outer(der);
  DerReader parts(outer.take(Tag::sequence));
  certificate.signed_part = parts.take_whole(Tag::sequence);
  const ByteView algorithm = parts.take_whole(Tag::sequence);
  const ByteView signature = parts.bit_string();
  if (!outer.finished() || !parts.finished()) return Refusal::certificate;

  DerReader signed_part(certificate.signed_part);
  if (const auto refusal = parse_signed_part(signed_part.take(Tag::sequence), certificate)) return *refusal;
  if (!equal(algorithm, ecdsa_with_sha384)) return Refusal::certificate_algorithm;
  if (!parse_signature(signature, certificate.signature)) return Refusal::certificate;
  return certificate;
}

}  // namespace ben::attestation
