#include "eif/signature_form.hpp"

#include <array>
#include <string_view>

#include <openssl/objects.h>

#include "cbor/reader.hpp"
#include "cbor/writer.hpp"
#include "eif/signature.hpp"

namespace ben::eif::signature_form {
namespace {

constexpr std::string_view certificate_key = "signing_certificate";
constexpr std::string_view signature_key = "signature";

constexpr std::array algorithms{Algorithm{NID_X9_62_prime256v1, EVP_sha256, {0x26}, 1, 32},  // ES256, -7
                                Algorithm{NID_secp384r1, EVP_sha384, {0x38, 0x22}, 2, 48},   // ES384, -35
                                Algorithm{NID_secp521r1, EVP_sha512, {0x38, 0x23}, 2, 66}};  // ES512, -36

constexpr Error bad_section(StaticText detail) {
  return {ErrorCode::malformed, "eif-signature",
          "image: the signature section is not of the form that AWS's builder writes", detail};
}

void put_integers(cbor::Writer& writer, ByteView bytes) {
  writer.array(bytes.size());
  for (const std::uint8_t byte : bytes) writer.unsigned_integer(byte);
}

Bytes take_integers(cbor::Reader& reader) {
  Bytes bytes;
  reader.open_array();
  while (reader.more()) {
    const std::uint64_t value = reader.unsigned_integer();
    if (value > 0xff) reader.fail();
    bytes.push_back(static_cast<std::uint8_t>(value));
  }
  return bytes;
}

Bytes take_member(cbor::Reader& reader, std::string_view key) {
  if (!reader.more() || reader.text() != key) reader.fail();
  return take_integers(reader);
}

}  // namespace

const Algorithm* algorithm_of(const EVP_PKEY* key) {
  std::array<char, 32> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return nullptr;
  const int curve = OBJ_txt2nid(group.data());
  for (const Algorithm& algorithm : algorithms) {
    if (algorithm.curve == curve) return &algorithm;
  }
  return nullptr;
}

Bytes encode_section(const Section& section) {
  cbor::Writer writer;
  writer.array(1).map(2).text(certificate_key);
  put_integers(writer, section.certificate);
  writer.text(signature_key);
  put_integers(writer, section.cose);
  return writer.take();
}

Result<Section> parse_section(ByteView bytes) {
  constexpr std::uint8_t array_of_one = 0x81;
  if (bytes.size() > signature_bytes_max) return bad_section("it is over 32768 bytes");
  if (bytes.empty() || bytes.front() != array_of_one) return bad_section("it has to hold one signature");
  cbor::Reader reader(bytes);
  Section section;
  reader.open_array();
  static_cast<void>(reader.more());
  reader.open_map();
  section.certificate = take_member(reader, certificate_key);
  section.cose = take_member(reader, signature_key);
  if (reader.failed()) {
    return bad_section("want certificate and signature, in this order, as arrays of integers up to 255");
  }
  // Whatever else differs from what the parts are written as: lengths, indefinite arrays, bytes that follow.
  if (!equal(encode_section(section), bytes)) return bad_section("its CBOR is not the shortest, or goes on");
  return section;
}

Bytes encode_cose(const Cose& cose) {
  cbor::Writer writer;
  writer.array(4).bytes(cose.protected_header).map(0).bytes(cose.payload).bytes(cose.signature);
  return writer.take();
}

Result<Cose> parse_cose(ByteView bytes) {
  cbor::Reader reader(bytes);
  Cose cose;
  reader.open_array();
  if (reader.more()) cose.protected_header = to_bytes(reader.bytes());
  if (reader.more()) reader.skip();  // the empty map, as the comparison below wants it
  if (reader.more()) cose.payload = to_bytes(reader.bytes());
  if (reader.more()) cose.signature = to_bytes(reader.bytes());
  if (!equal(encode_cose(cose), bytes)) {
    return bad_section("want an untagged COSE_Sign1 of three byte strings and an empty map");
  }
  return cose;
}

Bytes encode_protected_header(const Algorithm& algorithm) {
  Bytes bytes{0xa1, 0x01};
  for (std::size_t i = 0; i < algorithm.cose_value_bytes; ++i) bytes.push_back(algorithm.cose_value.at(i));
  return bytes;
}

Bytes encode_payload(const Hash384& pcr0) {
  cbor::Writer writer;
  writer.map(2).text("register_index").unsigned_integer(0).text("register_value");
  put_integers(writer, pcr0);
  return writer.take();
}

Bytes encode_signed_bytes(ByteView protected_header, ByteView payload) {
  cbor::Writer writer;
  writer.array(4).text("Signature1").bytes(protected_header).bytes({}).bytes(payload);
  return writer.take();
}

}  // namespace ben::eif::signature_form
