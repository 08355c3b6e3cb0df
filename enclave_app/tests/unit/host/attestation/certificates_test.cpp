// Chains that a hostile author could show, each refused for its reason. The numbers are those of the groups
// of a checklist of attacks on attestation verifiers.
#include <algorithm>

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "attestation/certificate.hpp"
#include "attestation/chain.hpp"
#include "attestation/verify.hpp"
#include "cbor/writer.hpp"
#include "host/attestation/forge.hpp"
#include "nsm/der.hpp"

namespace ben::attestation {
namespace {

using namespace test;
using emulator::basic_constraints;
using emulator::der_element;
using emulator::der_sequence;
using emulator::encode_extension;
using emulator::key_usage;

constexpr std::string_view id_extended_key_usage = "\x55\x1d\x25";
constexpr std::string_view id_name_constraints = "\x55\x1d\x1e";

void set_cabundle(Fields& fields, const std::vector<Bytes>& certificates) {
  cbor::Writer cabundle;
  cabundle.array(certificates.size());
  for (const Bytes& certificate : certificates) cabundle.bytes(certificate);
  set_field(fields, "cabundle", cabundle.take());
}

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

Bytes junk_certificate(const Bytes& subject) {
  Recipe recipe = genuine_recipe();
  recipe.certificates[region].subject = subject;
  return emulator::issue_certificate(recipe.certificates[region], foreign_key());
}

// Replaces the critical basicConstraints or keyUsage of a certificate.
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

TEST_CASE("a bundle that does not lead from the pinned root to the leaf is refused") {
  check({
      {"54 empty", Refusal::cabundle, [](Recipe& r) { r.edit_fields = setting("cabundle", hex("80")); }},
      {"54 an empty item", Refusal::cabundle,
       [](Recipe& r) { r.edit_chain = [](std::vector<Bytes>& chain) { chain[zone].clear(); }; }},
      {"54 garbage for the root", Refusal::root,
       [](Recipe& r) { r.edit_chain = [](std::vector<Bytes>& chain) { chain[root] = Bytes(500, 0x30); }; }},
      {"54 garbage", Refusal::certificate,
       [](Recipe& r) { r.edit_chain = [](std::vector<Bytes>& chain) { chain[zone] = Bytes(500, 0x30); }; }},
      {"54 of indefinite length",
       {},
       [](Recipe& r) {
         r.edit_fields = [](Fields& fields) {
           Bytes& value = *value_of(fields, "cabundle");
           value[0] = 0x9f;
           value.push_back(0xff);
         };
       }},
      {"55 reversed", Refusal::root,
       [](Recipe& r) {
         r.edit_chain = [](std::vector<Bytes>& chain) { std::reverse(chain.begin(), chain.end() - 1); };
       }},
      {"55 two exchanged", Refusal::chain_name,
       [](Recipe& r) {
         r.edit_chain = [](std::vector<Bytes>& chain) { std::swap(chain[region], chain[zone]); };
       }},
      {"56 without the root", Refusal::root,
       [](Recipe& r) { r.edit_chain = [](std::vector<Bytes>& chain) { chain.erase(chain.begin()); }; }},
      {"57 without the zone", Refusal::chain_name,
       [](Recipe& r) {
         r.edit_chain = [](std::vector<Bytes>& chain) { chain.erase(chain.begin() + zone); };
       }},
      {"58 an unrelated one", Refusal::chain_name,
       [](Recipe& r) {
         r.edit_chain = [](std::vector<Bytes>& chain) {
           chain.insert(chain.begin() + zone, junk_certificate(emulator::encode_name({{"CN", "junk"}})));
         };
       }},
      {"58 one of them twice", Refusal::chain_name,
       [](Recipe& r) {
         r.edit_chain = [](std::vector<Bytes>& chain) {
           const Bytes again = chain[zone];
           chain.insert(chain.begin() + zone, again);
         };
       }},
      {"59 another root of the same name", Refusal::root,
       [](Recipe& r) {
         r.signers[region] = &foreign_key();
         r.edit_chain = [](std::vector<Bytes>& chain) {
           Recipe other = genuine_recipe();
           other.certificates[root].public_key_info = foreign_key().public_key_info();
           chain[root] = emulator::issue_certificate(other.certificates[root], foreign_key());
         };
       }},
      {"60 the trusted root, and a chain from another of its name", Refusal::chain_signature,
       [](Recipe& r) { r.signers[region] = &foreign_key(); }},
      {"61 a leaf signed by itself", Refusal::chain_name,
       [](Recipe& r) {
         r.certificates[leaf].issuer = r.certificates[leaf].subject;
         r.signers[leaf] = &key_of(leaf);
       }},
      {"62 the right issuer's name and another's key", Refusal::chain_signature,
       [](Recipe& r) { r.signers[leaf] = &foreign_key(); }},
      {"62 the zone's key for the leaf", Refusal::chain_signature,
       [](Recipe& r) { r.signers[leaf] = &key_of(zone); }},
      {"63 the root as the leaf", Refusal::leaf_constraints,
       [](Recipe& r) {
         r.document_key = &key_of(root);
         r.edit_chain = [](std::vector<Bytes>& chain) { chain = {chain[root], chain[root]}; };
       }},
      {"64 the instance as the leaf", Refusal::leaf_constraints,
       [](Recipe& r) {
         r.document_key = &key_of(instance);
         r.edit_chain = [](std::vector<Bytes>& chain) { chain.pop_back(); };
       }},
      {"72 a certificate of 1025 bytes in the bundle", Refusal::cabundle,
       [](Recipe& r) { r.edit_chain = [](std::vector<Bytes>& chain) { chain[zone].resize(1025); }; }},
      {"72 a leaf of 1025 bytes", Refusal::certificate_field,
       [](Recipe& r) { r.edit_chain = [](std::vector<Bytes>& chain) { chain[leaf].resize(1025); }; }},
      {"72 an empty leaf", Refusal::certificate_field,
       [](Recipe& r) { r.edit_chain = [](std::vector<Bytes>& chain) { chain[leaf].clear(); }; }},
      {"80 200 junk certificates", Refusal::cabundle,
       [](Recipe& r) {
         r.edit_fields = [](Fields& fields) {
           set_cabundle(fields, std::vector<Bytes>(200, Bytes(40, 0x30)));
         };
       }},
      {"80 nine of them", Refusal::cabundle,
       [](Recipe& r) {
         r.edit_fields = [](Fields& fields) { set_cabundle(fields, std::vector<Bytes>(9, Bytes(40, 0x30))); };
       }},
      {"81 20 issuers of one name", Refusal::cabundle,
       [](Recipe& r) {
         r.edit_chain = [](std::vector<Bytes>& chain) {
           const Bytes twin = junk_certificate(genuine_recipe().certificates[region].subject);
           chain.resize(4);
           chain.insert(chain.begin() + 1, 14, Bytes(30, 0x30));
           chain.insert(chain.begin() + 1, 2, Bytes(30, 0x30));
           chain[1] = twin;
         };
       }},
      {"81 a twin of the region before it", Refusal::chain_name,
       [](Recipe& r) {
         r.edit_chain = [](std::vector<Bytes>& chain) {
           chain.insert(chain.begin() + region,
                        junk_certificate(genuine_recipe().certificates[region].subject));
         };
       }},
  });
}

TEST_CASE("the leaf is for signatures and for nothing else") {
  check({
      {"65 a CA", Refusal::leaf_constraints,
       [](Recipe& r) { set_constraints(r, leaf, basic_constraints(true, std::nullopt)); }},
      {"66 no keyUsage", Refusal::leaf_key_usage, [](Recipe& r) { drop_extension(r, leaf, 1); }},
      {"66 keyEncipherment", Refusal::leaf_key_usage,
       [](Recipe& r) { set_key_usage(r, leaf, key_usage(0x20, true)); }},
      {"66 nonRepudiation alone", Refusal::leaf_key_usage,
       [](Recipe& r) { set_key_usage(r, leaf, key_usage(0x40, true)); }},
      {"66 keyCertSign as well", Refusal::leaf_key_usage,
       [](Recipe& r) { set_key_usage(r, leaf, key_usage(0x84, true)); }},
      {"66 digitalSignature alone, critical",
       {},
       [](Recipe& r) { set_key_usage(r, leaf, key_usage(0x80, true)); }},
      {"67 no basicConstraints", Refusal::leaf_constraints, [](Recipe& r) { drop_extension(r, leaf, 0); }},
      {"70 clientAuth", Refusal::extended_key_usage,
       [](Recipe& r) {
         add_extension(r, leaf,
                       encode_extension(id_extended_key_usage, false, hex("300a06082b06010505070302")));
       }},
      {"70 any usage, on an issuer", Refusal::extended_key_usage,
       [](Recipe& r) {
         add_extension(r, zone, encode_extension(id_extended_key_usage, false, hex("30060604551d2500")));
       }},
      {"78 a leaf that issues a leaf", Refusal::not_ca,
       [](Recipe& r) {
         for (const Place place : {region, zone, instance})
           set_constraints(r, place, basic_constraints(true, std::nullopt));
         r.document_key = &foreign_key();
         r.edit_chain = [](std::vector<Bytes>& chain) {
           Recipe other = genuine_recipe();
           auto& parts = other.certificates[leaf];
           parts.issuer = parts.subject;
           parts.public_key_info = foreign_key().public_key_info();
           chain.push_back(emulator::issue_certificate(parts, key_of(leaf)));
         };
       }},
      {"79 an instance that issues a CA", Refusal::path_length,
       [](Recipe& r) {
         set_constraints(r, leaf, basic_constraints(true, 0));
         set_key_usage(r, leaf, key_usage(0x04, true));
         r.document_key = &foreign_key();
         r.edit_chain = [](std::vector<Bytes>& chain) {
           Recipe other = genuine_recipe();
           auto& parts = other.certificates[leaf];
           parts.issuer = parts.subject;
           parts.public_key_info = foreign_key().public_key_info();
           chain.push_back(emulator::issue_certificate(parts, key_of(leaf)));
         };
       }},
  });
}

TEST_CASE("an issuer is a CA for certificates, as far down as it may") {
  check({
      {"76 CA:FALSE", Refusal::not_ca,
       [](Recipe& r) { set_constraints(r, zone, basic_constraints(false, std::nullopt)); }},
      {"76 no basicConstraints", Refusal::not_ca, [](Recipe& r) { drop_extension(r, region, 0); }},
      {"76 no keyCertSign", Refusal::ca_key_usage,
       [](Recipe& r) { set_key_usage(r, zone, key_usage(0x82, true)); }},
      {"76 no keyUsage", Refusal::ca_key_usage, [](Recipe& r) { drop_extension(r, instance, 1); }},
      {"77 region for one CA below", Refusal::path_length,
       [](Recipe& r) { set_constraints(r, region, basic_constraints(true, 1)); }},
      {"77 zone for none", Refusal::path_length,
       [](Recipe& r) { set_constraints(r, zone, basic_constraints(true, 0)); }},
      {"77 no limit", {}, [](Recipe& r) { set_constraints(r, zone, basic_constraints(true, std::nullopt)); }},
      {"77 more than needed", {}, [](Recipe& r) { set_constraints(r, zone, basic_constraints(true, 127)); }},
      {"69 unknown and critical", Refusal::critical_extension,
       [](Recipe& r) { add_extension(r, zone, encode_extension("\x2a\x03\x04", true, hex("0500"))); }},
      {"69 name constraints", Refusal::critical_extension,
       [](Recipe& r) { add_extension(r, region, encode_extension(id_name_constraints, true, hex("3000"))); }},
      {"69 unknown and critical on the leaf", Refusal::critical_extension,
       [](Recipe& r) { add_extension(r, leaf, encode_extension("\x2a\x03\x04", true, hex("0500"))); }},
      {"69 unknown, not critical",
       {},
       [](Recipe& r) { add_extension(r, leaf, encode_extension("\x2a\x03\x04", false, hex("0500"))); }},
  });
}

TEST_CASE("validity counts for every certificate, both ends included") {
  check({
      {"68 the leaf's first second",
       {},
       [](Recipe& r) {
         r.verify_at_s = leaf_begin_s;
         r.timestamp_ms = leaf_begin_s * 1000;
       }},
      {"68 a second before", Refusal::not_yet_valid,
       [](Recipe& r) {
         r.verify_at_s = leaf_begin_s - 1;
         r.timestamp_ms = leaf_begin_s * 1000;
       }},
      {"68 the leaf's last second", {}, [](Recipe& r) { r.verify_at_s = leaf_end_s; }},
      {"68 a second after", Refusal::expired, [](Recipe& r) { r.verify_at_s = leaf_end_s + 1; }},
      {"76 an issuer that ended a second ago", Refusal::expired,
       [](Recipe& r) { r.certificates[zone].not_after_s = now_s - 1; }},
      {"76 an issuer that ends now", {}, [](Recipe& r) { r.certificates[zone].not_after_s = now_s; }},
      {"76 an issuer that begins in a second", Refusal::not_yet_valid,
       [](Recipe& r) { r.certificates[region].not_before_s = now_s + 1; }},
      {"76 an issuer that begins now", {}, [](Recipe& r) { r.certificates[region].not_before_s = now_s; }},
      {"an issuer of centuries", {}, [](Recipe& r) { r.certificates[region].not_after_s = 9'000'000'000; }},
      {"a time of the year 9999", Refusal::expired, [](Recipe& r) { r.verify_at_s = 253'402'300'799; }},
      {"time 0", Refusal::not_yet_valid, [](Recipe& r) { r.verify_at_s = 0; }},
  });
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
      {"31 February", Refusal::certificate, [](Recipe& r) { patch_time(r, "260231000000Z"); }},
      {"29 February of a common year", Refusal::certificate,
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
      {"29 February of a leap year", {}, [](Recipe& r) { patch_time(r, "240229000000Z"); }},
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
    CHECK(certificate.refusal() == Refusal::certificate);
  }
}

TEST_CASE("a pinned root that is no root of this kind is refused by its own reason") {
  Recipe recipe = genuine_recipe();
  const Bytes garbage(100, 0x30);
  recipe.edit_chain = [&](std::vector<Bytes>& chain) { chain[root] = garbage; };
  const auto verdict = verify_document(make(recipe), {.root_certificate = garbage, .time_s = now_s});
  REQUIRE_FALSE(verdict.has_value());
  CHECK(verdict.refusal() == Refusal::root_form);
  CHECK(verify_document(make(genuine_recipe()), {.root_certificate = {}, .time_s = now_s}).refusal() ==
        Refusal::root);
}

std::vector<Bytes> chain_of(ByteView document) {
  const auto verdict = verify_document(document, {.root_certificate = root_certificate(), .time_s = now_s});
  REQUIRE(verdict.has_value());
  return verdict->certificates;
}

TEST_CASE("a remembered chain is found by every byte of it, and its times still count") {
  ChainCache cache;
  const Bytes document = make(genuine_recipe());
  const auto at = [&](std::uint64_t time_s) {
    return verify_document(document,
                           {.root_certificate = root_certificate(), .time_s = time_s, .chains = &cache});
  };
  CHECK(at(now_s).has_value());
  CHECK(at(now_s).has_value());
  CHECK(cache.size() == 1);
  REQUIRE_FALSE(at(leaf_end_s + 1).has_value());
  CHECK(at(leaf_end_s + 1).refusal() == Refusal::expired);
  CHECK(at(leaf_begin_s - 1).refusal() == Refusal::not_yet_valid);

  const auto chain = chain_of(document);
  CHECK(cache.verify(chain, root_certificate()).has_value());
  CHECK(cache.verify(chain, foreign_key().public_key_info()).refusal() == Refusal::root);
  for (std::size_t i = 1; i < chain.size(); ++i) {
    auto changed = chain;
    changed[i].back() = static_cast<std::uint8_t>(changed[i].back() ^ 1U);
    CHECK(cache.verify(changed, root_certificate()).refusal() == Refusal::chain_signature);
  }
  auto moved = chain;  // the same bytes, divided in another place
  moved[leaf].insert(moved[leaf].begin(), moved[instance].back());
  moved[instance].pop_back();
  CHECK_FALSE(cache.verify(moved, root_certificate()).has_value());
  CHECK(cache.size() == 1);
}

TEST_CASE("no more chains are remembered than asked for") {
  ChainCache cache(2);
  for (int i = 0; i < 5; ++i) {
    const auto chain = chain_of(make(genuine_recipe()));  // signed anew: other bytes
    CHECK(cache.verify(chain, root_certificate()).has_value());
    CHECK(cache.verify(chain, root_certificate()).has_value());
    CHECK(cache.size() <= 2);
  }
  CHECK(cache.size() == 2);
}

TEST_CASE("each refusal has a tag of its own and a sentence") {
  std::vector<std::string_view> tags;
  for (std::size_t i = 0; i < refusal_count; ++i) {
    const Error error = to_error(static_cast<Refusal>(i));
    CHECK(error.tag.view().starts_with("attest-"));
    CHECK(error.reason.view().starts_with("attestation: "));
    CHECK(std::find(tags.begin(), tags.end(), error.tag.view()) == tags.end());
    tags.push_back(error.tag.view());
  }
}

}  // namespace
}  // namespace ben::attestation
