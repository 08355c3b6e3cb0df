// Certificates of a form that this verifier does not read, each refused for its reason though its signature
// is good. The numbers are those of the groups of a checklist of attacks on attestation verifiers.
#include <algorithm>

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "attestation/certificate.hpp"
#include "host/attestation/forge.hpp"
#include "nsm/der.hpp"

namespace ben::attestation {
namespace {

using namespace test;
using emulator::der_element;
using emulator::der_sequence;
using emulator::encode_extension;
using emulator::key_usage;

// What `key`'s type has as a SubjectPublicKeyInfo.
Bytes info_of(EVP_PKEY* key) {
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  REQUIRE(size > 0);
  Bytes info(der, der + size);
  OPENSSL_free(der);
  EVP_PKEY_free(key);
  return info;
}

TEST_CASE("keys and signatures are of P-384 and SHA-384") {
  check({
      {"73 a P-256 leaf", Refusal::certificate_algorithm,
       [](Recipe& r) { r.certificates[leaf].public_key_info = info_of(EVP_EC_gen("P-256")); }},
      {"73 a P-256 leaf that says ES256", Refusal::algorithm,
       [](Recipe& r) {
         r.certificates[leaf].public_key_info = info_of(EVP_EC_gen("P-256"));
         r.protected_header = hex("a10126");
       }},
      {"73 a P-521 leaf", Refusal::certificate_algorithm,
       [](Recipe& r) { r.certificates[leaf].public_key_info = info_of(EVP_EC_gen("P-521")); }},
      {"73 a P-256 issuer", Refusal::certificate_algorithm,
       [](Recipe& r) { r.certificates[zone].public_key_info = info_of(EVP_EC_gen("P-256")); }},
      {"74 an RSA leaf", Refusal::certificate_algorithm,
       [](Recipe& r) { r.certificates[leaf].public_key_info = info_of(EVP_RSA_gen(2048)); }},
      {"74 an Ed25519 leaf", Refusal::certificate_algorithm,
       [](Recipe& r) {
         r.certificates[leaf].public_key_info = info_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
       }},
      {"75 a leaf signed with SHA-256", Refusal::certificate_algorithm,
       [](Recipe& r) { r.certificates[leaf].algorithm = hex("300a06082a8648ce3d040302"); }},
      {"75 an issuer signed with SHA-512", Refusal::certificate_algorithm,
       [](Recipe& r) { r.certificates[region].algorithm = hex("300a06082a8648ce3d040304"); }},
      {"75 parameters that are null", Refusal::certificate_algorithm,
       [](Recipe& r) { r.certificates[leaf].algorithm = hex("300c06082a8648ce3d0403030500"); }},
      {"75 another algorithm outside than inside", Refusal::certificate_algorithm,
       [](Recipe& r) {
         r.edit_signed_part[leaf] = [](Bytes& signed_part) {
           replace_bytes(signed_part, hex("06082a8648ce3d040303"), hex("06082a8648ce3d040302"));
         };
       }},
      {"a compressed point", Refusal::certificate_algorithm,
       [](Recipe& r) {
         r.certificates[leaf].public_key_info =
             hex("3046301006072a8648ce3d020106052b8104002203320002" + std::string(96, '1'));
       }},
      {"a point that is not on the curve", Refusal::signature,
       [](Recipe& r) {
         auto& info = r.certificates[leaf].public_key_info;
         info.back() = static_cast<std::uint8_t>(info.back() ^ 1U);
       }},
      {"a point of zeros", Refusal::chain_signature,
       [](Recipe& r) {
         auto& info = r.certificates[instance].public_key_info;
         std::fill(info.end() - 96, info.end(), std::uint8_t{0});
       }},
  });
}

// The leaf's signed part, with `find` replaced before it is signed.
void patch(Recipe& recipe, std::string_view find, std::string_view with) {
  recipe.edit_signed_part[leaf] = [=](Bytes& signed_part) {
    replace_bytes(signed_part, hex(find), hex(with));
  };
}
void patch_time(Recipe& recipe, std::string_view time) {
  recipe.edit_signed_part[leaf] = [=](Bytes& signed_part) {
    const Bytes old = emulator::der_time(leaf_begin_s);
    replace_bytes(signed_part, old, der_element(old[0], {as_bytes(time)}));
    const auto size = static_cast<std::uint16_t>(signed_part.size() - 4);
    signed_part[2] = static_cast<std::uint8_t>(size >> 8U);
    signed_part[3] = static_cast<std::uint8_t>(size & 0xffU);
  };
}

TEST_CASE("a certificate that is not strict DER is refused, though its signature is good") {
  check({
      {"71 a trailing byte", Refusal::certificate,
       [](Recipe& r) { r.edit_certificate[leaf] = suffix("00"); }},
      {"71 a trailing byte in an issuer", Refusal::certificate,
       [](Recipe& r) { r.edit_certificate[zone] = suffix("00"); }},
      {"a byte missing", Refusal::certificate,
       [](Recipe& r) { r.edit_certificate[zone] = [](Bytes& der) { der.pop_back(); }; }},
      {"a SET for a SEQUENCE", Refusal::certificate,
       [](Recipe& r) { r.edit_certificate[leaf] = first_byte(0x31); }},
      {"an indefinite length", Refusal::certificate,
       [](Recipe& r) {
         r.edit_certificate[leaf] = [](Bytes& der) {
           der.erase(der.begin() + 1, der.begin() + 4);
           der.insert(der.begin() + 1, 0x80);
           der.insert(der.end(), 2, 0x00);
         };
       }},
      {"a length of three bytes", Refusal::certificate,
       [](Recipe& r) {
         r.edit_certificate[leaf] = [](Bytes& der) {
           der[1] = 0x83;
           der.insert(der.begin() + 2, 0x00);
         };
       }},
      {"a short length in two bytes", Refusal::certificate,
       [](Recipe& r) { patch(r, "300a06082a8648ce3d040303", "30810906072a8648ce3d0403"); }},
      {"version 1", Refusal::certificate, [](Recipe& r) { patch(r, "a003020102", "a003020100"); }},
      {"version 2", Refusal::certificate, [](Recipe& r) { patch(r, "a003020102", "a003020101"); }},
      {"a negative serial", Refusal::certificate, [](Recipe& r) { patch(r, "02020104", "02028104"); }},
      {"a padded serial", Refusal::certificate, [](Recipe& r) { patch(r, "02020104", "02020004"); }},
      {"a serial of 21 bytes", Refusal::certificate,
       [](Recipe& r) { r.certificates[leaf].serial = Bytes(21, 0x11); }},
      {"a serial of 20 bytes with the first bit",
       {},
       [](Recipe& r) { r.certificates[leaf].serial = Bytes(20, 0xff); }},
      {"the 31st of February", Refusal::certificate, [](Recipe& r) { patch_time(r, "260231000000Z"); }},
      {"the 29th of February of a common year", Refusal::certificate,
       [](Recipe& r) { patch_time(r, "260229000000Z"); }},
      {"month 0", Refusal::certificate, [](Recipe& r) { patch_time(r, "260010000000Z"); }},
      {"month 13", Refusal::certificate, [](Recipe& r) { patch_time(r, "261310000000Z"); }},
      {"day 0", Refusal::certificate, [](Recipe& r) { patch_time(r, "260100000000Z"); }},
      {"hour 24", Refusal::certificate, [](Recipe& r) { patch_time(r, "260110240000Z"); }},
      {"minute 60", Refusal::certificate, [](Recipe& r) { patch_time(r, "260110006000Z"); }},
      {"second 60", Refusal::certificate, [](Recipe& r) { patch_time(r, "260110000060Z"); }},
      {"no seconds", Refusal::certificate, [](Recipe& r) { patch_time(r, "2601100000Z"); }},
      {"no zone", Refusal::certificate, [](Recipe& r) { patch_time(r, "260110000000"); }},
      {"an offset", Refusal::certificate, [](Recipe& r) { patch_time(r, "260110000000+0000"); }},
      {"a space for a digit", Refusal::certificate, [](Recipe& r) { patch_time(r, "2601100000 0Z"); }},
      {"a time before 1970", Refusal::certificate, [](Recipe& r) { patch_time(r, "690110000000Z"); }},
      {"the 29th of February of a leap year", {}, [](Recipe& r) { patch_time(r, "240229000000Z"); }},
      {"a GeneralizedTime before 2050", Refusal::certificate,
       [](Recipe& r) {
         r.edit_signed_part[leaf] = [](Bytes& signed_part) {
           const Bytes old = emulator::der_time(leaf_begin_s);
           const Bytes generalized = der_element(0x18, {as_bytes("20260110000000Z")});
           replace_bytes(signed_part, old, generalized);
           signed_part[3] = static_cast<std::uint8_t>(signed_part[3] + generalized.size() - old.size());
           const Bytes validity = {0x30, 0x1e};
           replace_bytes(signed_part, validity, Bytes{0x30, 0x20});
         };
       }},
      {"BOOLEAN 0x01", Refusal::certificate,
       [](Recipe& r) { patch(r, "0603551d130101ff", "0603551d13010101"); }},
      {"critical FALSE written", Refusal::certificate,
       [](Recipe& r) { patch(r, "0603551d130101ff", "0603551d13010100"); }},
      {"cA FALSE written", Refusal::certificate,
       [](Recipe& r) {
         set_constraints(r, leaf, encode_extension(emulator::id_basic_constraints, true, hex("3003010100")));
       }},
      {"a path length without cA", Refusal::certificate,
       [](Recipe& r) {
         set_constraints(r, leaf, encode_extension(emulator::id_basic_constraints, true, hex("3003020100")));
       }},
      {"a negative path length", Refusal::certificate,
       [](Recipe& r) {
         set_constraints(r, zone,
                         encode_extension(emulator::id_basic_constraints, true, hex("30060101ff0201ff")));
       }},
      {"a path length of 2^64 + 1", Refusal::certificate,
       [](Recipe& r) {
         set_constraints(
             r, zone,
             encode_extension(emulator::id_basic_constraints, true, hex("300e0101ff0209010000000000000001")));
       }},
      {"something after basicConstraints", Refusal::certificate,
       [](Recipe& r) {
         set_constraints(r, leaf, encode_extension(emulator::id_basic_constraints, true, hex("30000500")));
       }},
      {"keyUsage with trailing zero bits", Refusal::certificate,
       [](Recipe& r) {
         set_key_usage(r, leaf, encode_extension(emulator::id_key_usage, true, hex("030200c0")));
       }},
      {"keyUsage of no bits", Refusal::certificate,
       [](Recipe& r) {
         set_key_usage(r, leaf, encode_extension(emulator::id_key_usage, true, hex("030100")));
       }},
      {"keyUsage with unused bits that are set", Refusal::certificate,
       [](Recipe& r) {
         set_key_usage(r, leaf, encode_extension(emulator::id_key_usage, true, hex("030206c1")));
       }},
      {"keyUsage with 8 unused bits", Refusal::certificate,
       [](Recipe& r) {
         set_key_usage(r, leaf, encode_extension(emulator::id_key_usage, true, hex("030208c0")));
       }},
      {"keyUsage with decipherOnly",
       {},
       [](Recipe& r) {
         set_key_usage(r, leaf, encode_extension(emulator::id_key_usage, true, hex("0303078080")));
       }},
      {"keyUsage twice", Refusal::certificate,
       [](Recipe& r) { add_extension(r, leaf, key_usage(0x80, true)); }},
      {"an unknown extension twice", Refusal::certificate,
       [](Recipe& r) {
         add_extension(r, leaf, encode_extension("\x2a\x03\x04", false, hex("0500")));
         add_extension(r, leaf, encode_extension("\x2a\x03\x04", false, hex("0500")));
       }},
      {"no extension in the list", Refusal::certificate,
       [](Recipe& r) { r.certificates[leaf].extensions.clear(); }},
      {"a unique identifier", Refusal::certificate,
       [](Recipe& r) {
         auto& info = r.certificates[leaf].public_key_info;
         const Bytes identifier = hex("81020001");
         info.insert(info.end(), identifier.begin(), identifier.end());
       }},
      {"two common names", Refusal::certificate,
       [](Recipe& r) { r.certificates[leaf].subject = emulator::encode_name({{"CN", "a"}, {"CN", "b"}}); }},
      {"a name that is no sequence of sets", Refusal::certificate,
       [](Recipe& r) { r.certificates[leaf].subject = hex("30020500"); }},
      {"an empty name", Refusal::leaf_name, [](Recipe& r) { r.certificates[leaf].subject = hex("3000"); }},
      {"another's common name", Refusal::leaf_name,
       [](Recipe& r) {
         r.certificates[leaf].subject = emulator::encode_name({{"CN", "i-0.us-east-1.aws"}});
       }},
  });
}

// A leaf whose signature is encoded as given.
void put_signature(Recipe& recipe, const Bytes& bit_string) {
  recipe.edit_certificate[leaf] = [=](Bytes& certificate) {
    const Bytes signed_part = emulator::encode_signed_part(genuine_recipe().certificates[leaf]);
    certificate = der_sequence({signed_part, emulator::ecdsa_with_sha384(), der_element(0x03, {bit_string})});
  };
}

TEST_CASE("a certificate's signature has one encoding") {
  check({
      {"r = s = 0", Refusal::chain_signature, [](Recipe& r) { put_signature(r, hex("003006020100020100")); }},
      {"r = s = 1", Refusal::chain_signature, [](Recipe& r) { put_signature(r, hex("003006020101020101")); }},
      {"unused bits", Refusal::certificate, [](Recipe& r) { put_signature(r, hex("013006020101020101")); }},
      {"no bytes", Refusal::certificate, [](Recipe& r) { put_signature(r, {}); }},
      {"a negative r", Refusal::certificate, [](Recipe& r) { put_signature(r, hex("003006020181020101")); }},
      {"a padded s", Refusal::certificate, [](Recipe& r) { put_signature(r, hex("00300702010102020001")); }},
      {"an r of 49 bytes", Refusal::certificate,
       [](Recipe& r) { put_signature(r, hex("0030360231" + std::string(98, '1') + "020101")); }},
      {"something after s", Refusal::certificate,
       [](Recipe& r) { put_signature(r, hex("0030080201010201010500")); }},
      {"something after the sequence", Refusal::certificate,
       [](Recipe& r) { put_signature(r, hex("0030060201010201010500")); }},
  });
}

TEST_CASE("a certificate cut anywhere is not parsed") {
  const Bytes& whole = root_certificate();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto certificate = parse_certificate(ByteView(whole).first(size));
    REQUIRE_FALSE(certificate.has_value());
    CHECK(certificate.error() == Refusal::certificate);
  }
}

}  // namespace
}  // namespace ben::attestation
