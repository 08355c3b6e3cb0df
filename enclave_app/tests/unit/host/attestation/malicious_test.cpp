// Documents that a hostile author could make, each refused for its reason. The numbers are those of the
// groups of a checklist of attacks on attestation verifiers; certificates have a test of their own.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "attestation/p384.hpp"
#include "attestation/verify.hpp"
#include "base/writer.hpp"
#include "cbor/writer.hpp"
#include "host/attestation/forge.hpp"

namespace ben::attestation {
namespace {

using namespace test;

// n - s, for the other of the two signatures.
void negate_s(Bytes& signature) {
  const Bytes order =
      hex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973");
  int borrow = 0;
  for (std::size_t i = 48; i > 0; --i) {
    const int difference = order[i - 1] - signature[48 + i - 1] - borrow;
    borrow = difference < 0 ? 1 : 0;
    signature[48 + i - 1] = static_cast<std::uint8_t>(difference & 0xff);
  }
}

TEST_CASE("the forge's document is accepted when nothing is changed") {
  check({{"indefinite map, as today", {}, [](Recipe&) {}},
         {"definite map, as before 2025", {}, [](Recipe& r) { r.is_indefinite = false; }}});
}

TEST_CASE("an envelope of another form is refused") {
  check({
      {"1 tag 18", Refusal::tagged, [](Recipe& r) { r.edit_document = prefix("d2"); }},
      {"2 tag 61 and 18", Refusal::tagged, [](Recipe& r) { r.edit_document = prefix("d83dd2"); }},
      {"2 tag 98", Refusal::tagged, [](Recipe& r) { r.edit_document = prefix("d862"); }},
      {"3 trailing zero", Refusal::cose, [](Recipe& r) { r.edit_document = suffix("00"); }},
      {"3 trailing break", Refusal::cose, [](Recipe& r) { r.edit_document = suffix("ff"); }},
      {"4 two documents", Refusal::cose,
       [](Recipe& r) {
         r.edit_document = [](Bytes& d) {
           const Bytes first = d;
           d.insert(d.end(), first.begin(), first.end());
         };
       }},
      {"5 array of 3", Refusal::cose, [](Recipe& r) { r.edit_document = first_byte(0x83); }},
      {"5 array of 5", Refusal::cose,
       [](Recipe& r) {
         r.edit_document = [](Bytes& d) {
           d[0] = 0x85;
           d.push_back(0xf6);
         };
       }},
      {"5 map", Refusal::cose, [](Recipe& r) { r.edit_document = first_byte(0xa2); }},
      {"6 array of indefinite length", Refusal::cose,
       [](Recipe& r) {
         r.edit_document = [](Bytes& d) {
           d[0] = 0x9f;
           d.push_back(0xff);
         };
       }},
      {"6 array with a long head", Refusal::cose,
       [](Recipe& r) {
         r.edit_document = [](Bytes& d) {
           d[0] = 0x04;
           d.insert(d.begin(), 0x98);
         };
       }},
      {"7 nil payload", Refusal::cose,
       [](Recipe& r) { r.encode_payload = [](ByteView) { return hex("f6"); }; }},
      {"8 payload in chunks", Refusal::cose,
       [](Recipe& r) {
         r.encode_payload = [](ByteView payload) {
           return Writer().u8(0x5f).bytes(byte_string(payload)).u8(0xff).take();
         };
       }},
      {"9 payload as text", Refusal::cose,
       [](Recipe& r) {
         r.encode_payload = [](ByteView payload) {
           Bytes encoded = byte_string(payload);
           encoded[0] = 0x79;
           return encoded;
         };
       }},
      {"payload with a long head", Refusal::cose,
       [](Recipe& r) {
         r.encode_payload = [](ByteView payload) {
           return Writer().u8(0x5a).u32_be(static_cast<std::uint32_t>(payload.size())).bytes(payload).take();
         };
       }},
      {"payload over its limit", Refusal::size,
       [](Recipe& r) { r.edit_fields = adding(text("padding"), byte_string(16384)); }},
      {"document over its limit", Refusal::size,
       [](Recipe& r) { r.edit_document = become(Bytes(document_bytes_max + 1, 0x84)); }},
      {"a document of no bytes", Refusal::size, [](Recipe& r) { r.edit_document = become({}); }},
      {"52 4000 arrays deep", Refusal::cose, [](Recipe& r) { r.edit_document = become(Bytes(4000, 0x81)); }},
      {"51 a header of 2^64-1 bytes", Refusal::cose,
       [](Recipe& r) { r.edit_document = become(hex("845bffffffffffffffff00")); }},
  });
}

TEST_CASE("headers other than {alg: ES384} and {} are refused") {
  check({
      {"10 ES256", Refusal::algorithm, [](Recipe& r) { r.protected_header = hex("a10126"); }},
      {"10 ES512", Refusal::algorithm, [](Recipe& r) { r.protected_header = hex("a1013823"); }},
      {"11 as text", Refusal::algorithm, [](Recipe& r) { r.protected_header = hex("a101654553333834"); }},
      {"12 none", Refusal::algorithm, [](Recipe& r) { r.protected_header = hex("a0"); }},
      {"12 no header", Refusal::algorithm, [](Recipe& r) { r.protected_header = {}; }},
      {"13 unprotected only", Refusal::algorithm,
       [](Recipe& r) {
         r.protected_header = hex("a0");
         r.unprotected_header = hex("a1013822");
       }},
      {"14 twice", Refusal::algorithm, [](Recipe& r) { r.protected_header = hex("a2013822013822"); }},
      {"15 trailing byte", Refusal::algorithm, [](Recipe& r) { r.protected_header = hex("a101382200"); }},
      {"15 long head", Refusal::algorithm, [](Recipe& r) { r.protected_header = hex("a101390022"); }},
      {"16 crit", Refusal::algorithm, [](Recipe& r) { r.protected_header = hex("a2013822028101"); }},
      {"17 kid", Refusal::algorithm, [](Recipe& r) { r.protected_header = hex("a2013822044131"); }},
      {"18 kid unprotected", Refusal::unprotected, [](Recipe& r) { r.unprotected_header = hex("a1044131"); }},
      {"19 in both", Refusal::unprotected, [](Recipe& r) { r.unprotected_header = hex("a1013822"); }},
      {"unprotected of indefinite length", Refusal::cose,
       [](Recipe& r) { r.unprotected_header = hex("bfff"); }},
      {"unprotected with a long head", Refusal::cose, [](Recipe& r) { r.unprotected_header = hex("b800"); }},
      {"unprotected null", Refusal::cose, [](Recipe& r) { r.unprotected_header = hex("f6"); }},
  });
}

TEST_CASE("a signature that is not the leaf's over these bytes is refused") {
  check({
      {"20 empty", Refusal::signature_form, [](Recipe& r) { r.edit_signature = become({}); }},
      {"20 95 bytes", Refusal::signature_form,
       [](Recipe& r) { r.edit_signature = [](Bytes& s) { s.pop_back(); }; }},
      {"20 97 bytes", Refusal::signature_form, [](Recipe& r) { r.edit_signature = suffix("00"); }},
      {"21 DER", Refusal::signature_form,
       [](Recipe& r) { r.edit_signature = [](Bytes& s) { s = key_of(leaf).sign_der(s); }; }},
      {"22 r = s = 0", Refusal::signature_form, [](Recipe& r) { r.edit_signature = become(Bytes(96, 0)); }},
      {"22 r = 0", Refusal::signature_form,
       [](Recipe& r) { r.edit_signature = [](Bytes& s) { std::fill_n(s.begin(), 48, std::uint8_t{0}); }; }},
      {"22 s = 0", Refusal::signature_form,
       [](Recipe& r) {
         r.edit_signature = [](Bytes& s) { std::fill_n(s.begin() + 48, 48, std::uint8_t{0}); };
       }},
      {"23 r = s = n", Refusal::signature_form,
       [](Recipe& r) {
         r.edit_signature = [](Bytes& s) {
           s = Bytes(96, 0);
           negate_s(s);  // s = n
           std::copy_n(s.begin() + 48, 48, s.begin());
         };
       }},
      {"23 all bits", Refusal::signature_form, [](Recipe& r) { r.edit_signature = become(Bytes(96, 0xff)); }},
      {"24 the twin", {}, [](Recipe& r) { r.edit_signature = negate_s; }},
      {"25 another context", Refusal::signature, [](Recipe& r) { r.context = text("Signature"); }},
      {"26 external data", Refusal::signature, [](Recipe& r) { r.external_aad = {0x01}; }},
      {"27 by the instance", Refusal::signature, [](Recipe& r) { r.document_key = &key_of(instance); }},
      {"28 by a foreign key", Refusal::signature, [](Recipe& r) { r.document_key = &foreign_key(); }},
      {"r and s of 1", Refusal::signature,
       [](Recipe& r) {
         r.edit_signature = [](Bytes& s) {
           s = Bytes(96, 0);
           s[47] = s[95] = 1;
         };
       }},
  });
}

TEST_CASE("a payload that is not one map of the known fields is refused") {
  check({
      {"29 pcrs twice", Refusal::duplicate_field, [](Recipe& r) { r.edit_fields = repeating("pcrs"); }},
      {"29 public_key twice", Refusal::duplicate_field,
       [](Recipe& r) { r.edit_fields = repeating("public_key"); }},
      {"29 certificate twice", Refusal::duplicate_field,
       [](Recipe& r) { r.edit_fields = repeating("certificate"); }},
      {"29 nonce twice", Refusal::duplicate_field, [](Recipe& r) { r.edit_fields = repeating("nonce"); }},
      {"30 trailing byte", Refusal::payload, [](Recipe& r) { r.edit_payload = suffix("00"); }},
      {"31 no break", Refusal::payload, [](Recipe& r) { r.edit_payload = [](Bytes& p) { p.pop_back(); }; }},
      {"31 break after a key", Refusal::nonce,
       [](Recipe& r) {
         r.edit_fields = [](Fields& fields) {
           remove_field(fields, "nonce");
           fields.emplace_back(text("nonce"), Bytes());
         };
       }},
      {"32 array", Refusal::payload, [](Recipe& r) { r.edit_payload = first_byte(0x9f); }},
      {"32 empty", Refusal::payload, [](Recipe& r) { r.edit_payload = become({}); }},
      {"33 one pair too many", Refusal::payload,
       [](Recipe& r) {
         r.is_indefinite = false;
         r.pairs_beyond = 1;
       }},
      {"33 one pair too few", Refusal::payload,
       [](Recipe& r) {
         r.is_indefinite = false;
         r.pairs_beyond = -1;
       }},
      {"34 key of bytes", Refusal::payload,
       [](Recipe& r) { r.edit_fields = adding(byte_string(as_bytes("nonce")), hex("f6")); }},
      {"35 unknown key", Refusal::unknown_field,
       [](Recipe& r) { r.edit_fields = adding(text("extra"), hex("f6")); }},
      {"35 known key in capitals", Refusal::unknown_field,
       [](Recipe& r) { r.edit_fields = adding(text("Nonce"), hex("f6")); }},
      {"36 NitroTPM", Refusal::nitrotpm,
       [](Recipe& r) {
         r.edit_fields = [](Fields& fields) {
           for (auto& [key, value] : fields) {
             if (key == text("pcrs")) key = text("nitrotpm_pcrs");
           }
         };
       }},
      {"36 NitroTPM beside pcrs", Refusal::nitrotpm,
       [](Recipe& r) { r.edit_fields = adding(text("nitrotpm_pcrs"), hex("a0")); }},
      {"37 without module_id", Refusal::missing_field,
       [](Recipe& r) { r.edit_fields = without("module_id"); }},
      {"37 without digest", Refusal::missing_field, [](Recipe& r) { r.edit_fields = without("digest"); }},
      {"37 without timestamp", Refusal::missing_field,
       [](Recipe& r) { r.edit_fields = without("timestamp"); }},
      {"37 without pcrs", Refusal::missing_field, [](Recipe& r) { r.edit_fields = without("pcrs"); }},
      {"37 without certificate", Refusal::missing_field,
       [](Recipe& r) { r.edit_fields = without("certificate"); }},
      {"37 without cabundle", Refusal::missing_field, [](Recipe& r) { r.edit_fields = without("cabundle"); }},
      {"37 null module_id", Refusal::module_id,
       [](Recipe& r) { r.edit_fields = setting("module_id", hex("f6")); }},
      {"37 null digest", Refusal::digest, [](Recipe& r) { r.edit_fields = setting("digest", hex("f6")); }},
      {"37 null timestamp", Refusal::timestamp,
       [](Recipe& r) { r.edit_fields = setting("timestamp", hex("f6")); }},
      {"37 null pcrs", Refusal::pcrs, [](Recipe& r) { r.edit_fields = setting("pcrs", hex("f6")); }},
      {"37 null certificate", Refusal::certificate_field,
       [](Recipe& r) { r.edit_fields = setting("certificate", hex("f6")); }},
      {"54 null cabundle", Refusal::cabundle,
       [](Recipe& r) { r.edit_fields = setting("cabundle", hex("f6")); }},
      {"without the three that may be null",
       {},
       [](Recipe& r) {
         r.edit_fields = [](Fields& fields) {
           for (const char* name : {"public_key", "user_data", "nonce"}) remove_field(fields, name);
         };
       }},
      {"fields in another order",
       {},
       [](Recipe& r) { r.edit_fields = [](Fields& fields) { std::reverse(fields.begin(), fields.end()); }; }},
      {"52 4000 deep, unknown", Refusal::unknown_field,
       [](Recipe& r) { r.edit_fields = adding(text("deep"), Bytes(4000, 0x81)); }},
      {"52 4000 deep, in place of a nonce", Refusal::nonce,
       [](Recipe& r) { r.edit_fields = setting("nonce", Bytes(4000, 0x81)); }},
      {"52 4000 deep, in place of PCRs", Refusal::pcrs,
       [](Recipe& r) { r.edit_fields = setting("pcrs", Bytes(4000, 0xa1)); }},
      {"52 4000 deep, in place of the payload", Refusal::payload,
       [](Recipe& r) { r.edit_payload = become(Bytes(4000, 0xbf)); }},
  });
}

TEST_CASE("module_id, digest and timestamp have one form") {
  check({
      {"38 empty", Refusal::module_id, [](Recipe& r) { r.edit_fields = setting("module_id", hex("60")); }},
      {"38 bytes", Refusal::module_id,
       [](Recipe& r) { r.edit_fields = setting("module_id", byte_string(39)); }},
      {"38 no UTF-8", Refusal::module_id,
       [](Recipe& r) { r.edit_fields = setting("module_id", hex("62c328")); }},
      {"38 control character", Refusal::module_id,
       [](Recipe& r) { r.edit_fields = setting("module_id", hex("62690a")); }},
      {"38 in chunks", Refusal::module_id,
       [](Recipe& r) { r.edit_fields = setting("module_id", hex("7f6169ff")); }},
      {"38 too long", Refusal::module_id,
       [](Recipe& r) { r.edit_fields = setting("module_id", text(std::string(257, 'i'))); }},
      {"38 of another enclave", Refusal::leaf_name,
       [](Recipe& r) {
         r.edit_fields = setting("module_id", text("i-0123456789abcdef0-enc0123456789abcdee"));
       }},
      {"38 a beginning of its own", Refusal::leaf_name,
       [](Recipe& r) {
         r.edit_fields = setting("module_id", text("i-0123456789abcdef0-enc0123456789abcde"));
       }},
      {"39 SHA256", Refusal::digest, [](Recipe& r) { r.edit_fields = setting("digest", text("SHA256")); }},
      {"39 SHA512", Refusal::digest, [](Recipe& r) { r.edit_fields = setting("digest", text("SHA512")); }},
      {"39 lower case", Refusal::digest,
       [](Recipe& r) { r.edit_fields = setting("digest", text("sha384")); }},
      {"39 with a space", Refusal::digest,
       [](Recipe& r) { r.edit_fields = setting("digest", text("SHA384 ")); }},
      {"39 bytes", Refusal::digest,
       [](Recipe& r) { r.edit_fields = setting("digest", byte_string(as_bytes("SHA384"))); }},
      {"40 zero", Refusal::timestamp, [](Recipe& r) { r.timestamp_ms = 0; }},
      {"40 negative", Refusal::timestamp, [](Recipe& r) { r.edit_fields = setting("timestamp", hex("20")); }},
      {"40 float", Refusal::timestamp,
       [](Recipe& r) { r.edit_fields = setting("timestamp", hex("fb4279f7e9b0000000")); }},
      {"40 text", Refusal::timestamp,
       [](Recipe& r) { r.edit_fields = setting("timestamp", text("1790000000000")); }},
      {"40 2^64-1", Refusal::future, [](Recipe& r) { r.timestamp_ms = ~std::uint64_t{0}; }},
      {"41 before the leaf", Refusal::timestamp_outside,
       [](Recipe& r) { r.timestamp_ms = leaf_begin_s * 1000 - 1; }},
      {"41 the leaf's first millisecond", {}, [](Recipe& r) { r.timestamp_ms = leaf_begin_s * 1000; }},
      {"41 five minutes ahead", {}, [](Recipe& r) { r.timestamp_ms = (now_s + 300) * 1000; }},
      {"41 more than five minutes ahead", Refusal::future,
       [](Recipe& r) { r.timestamp_ms = (now_s + 301) * 1000; }},
      {"41 after the leaf", Refusal::timestamp_outside,
       [](Recipe& r) {
         r.verify_at_s = leaf_end_s;
         r.timestamp_ms = (leaf_end_s + 1) * 1000;
       }},
      {"41 the leaf's last millisecond",
       {},
       [](Recipe& r) {
         r.verify_at_s = leaf_end_s;
         r.timestamp_ms = leaf_end_s * 1000 + 999;
       }},
  });
}

Bytes pcrs_with(std::size_t count, ByteView more) {
  cbor::Writer pcrs;
  pcrs.map(count);
  for (std::uint8_t i = 0; i < 3; ++i) pcrs.unsigned_integer(i).bytes(Bytes(48, 0x77));
  Bytes encoded = pcrs.take();
  encoded.insert(encoded.end(), more.begin(), more.end());
  return encoded;
}

// PCR0 to 2 and one more, with the index and the value encoded as given.
std::function<void(Fields&)> one_more_pcr(const char* index, Bytes value = byte_string(48)) {
  return [=](Fields& fields) {
    set_field(fields, "pcrs", pcrs_with(4, Writer().bytes(hex(index)).bytes(value).take()));
  };
}

Bytes first_pcrs(std::uint64_t count) {
  cbor::Writer pcrs;
  pcrs.map(count);
  for (std::uint64_t i = 0; i < count; ++i) pcrs.unsigned_integer(i).bytes(Bytes(48, 0x77));
  return pcrs.take();
}

TEST_CASE("PCRs are distinct indices below 32 with 48 bytes each") {
  check({
      {"one more", {}, [](Recipe& r) { r.edit_fields = one_more_pcr("181f"); }},
      {"all", {}, [](Recipe& r) { r.edit_fields = setting("pcrs", first_pcrs(32)); }},
      {"three", {}, [](Recipe& r) { r.edit_fields = setting("pcrs", first_pcrs(3)); }},
      {"without PCR2", Refusal::pcrs, [](Recipe& r) { r.edit_fields = setting("pcrs", first_pcrs(2)); }},
      {"42 empty", Refusal::pcrs, [](Recipe& r) { r.edit_fields = setting("pcrs", hex("a0")); }},
      {"42 array", Refusal::pcrs, [](Recipe& r) { r.edit_fields = setting("pcrs", hex("80")); }},
      {"42 33 of them", Refusal::pcrs, [](Recipe& r) { r.edit_fields = setting("pcrs", first_pcrs(33)); }},
      {"43 32", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("1820"); }},
      {"43 -1", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("20"); }},
      {"43 text", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("6133"); }},
      {"43 2^32", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("1b0000000100000000"); }},
      {"44 0 twice", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("00"); }},
      {"44 0 in two bytes", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("1800"); }},
      {"45 3 in three bytes", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("190003"); }},
      {"46 0 bytes", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("03", byte_string(0)); }},
      {"46 32 bytes", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("03", byte_string(32)); }},
      {"46 47 bytes", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("03", byte_string(47)); }},
      {"46 49 bytes", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("03", byte_string(49)); }},
      {"46 64 bytes", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("03", byte_string(64)); }},
      {"46 65 bytes", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("03", byte_string(65)); }},
      {"47 text", Refusal::pcrs,
       [](Recipe& r) { r.edit_fields = one_more_pcr("03", text(std::string(48, '0'))); }},
      {"47 in chunks", Refusal::pcrs,
       [](Recipe& r) {
         r.edit_fields = one_more_pcr("03", Writer().u8(0x5f).bytes(byte_string(48)).u8(0xff).take());
       }},
      {"47 null", Refusal::pcrs, [](Recipe& r) { r.edit_fields = one_more_pcr("03", hex("f6")); }},
  });
}

TEST_CASE("the three fields of the enclave have their limits") {
  check({
      {"48 user_data of 0", {}, [](Recipe& r) { r.edit_fields = setting("user_data", byte_string(0)); }},
      {"48 user_data of 513", {}, [](Recipe& r) { r.edit_fields = setting("user_data", byte_string(513)); }},
      {"48 user_data of 1024",
       {},
       [](Recipe& r) { r.edit_fields = setting("user_data", byte_string(1024)); }},
      {"48 user_data of 1025", Refusal::user_data,
       [](Recipe& r) { r.edit_fields = setting("user_data", byte_string(1025)); }},
      {"48 nonce of 0", {}, [](Recipe& r) { r.edit_fields = setting("nonce", byte_string(0)); }},
      {"48 nonce of 513", {}, [](Recipe& r) { r.edit_fields = setting("nonce", byte_string(513)); }},
      {"48 nonce of 1024", {}, [](Recipe& r) { r.edit_fields = setting("nonce", byte_string(1024)); }},
      {"48 nonce of 1025", Refusal::nonce,
       [](Recipe& r) { r.edit_fields = setting("nonce", byte_string(1025)); }},
      {"49 public_key of 0", Refusal::public_key,
       [](Recipe& r) { r.edit_fields = setting("public_key", byte_string(0)); }},
      {"49 public_key of 1", {}, [](Recipe& r) { r.edit_fields = setting("public_key", byte_string(1)); }},
      {"49 public_key of 1024",
       {},
       [](Recipe& r) { r.edit_fields = setting("public_key", byte_string(1024)); }},
      {"49 public_key of 1025", Refusal::public_key,
       [](Recipe& r) { r.edit_fields = setting("public_key", byte_string(1025)); }},
      {"50 user_data as text", Refusal::user_data,
       [](Recipe& r) { r.edit_fields = setting("user_data", text("data")); }},
      {"51 nonce of 2^64-1", Refusal::nonce,
       [](Recipe& r) { r.edit_fields = setting("nonce", hex("5bffffffffffffffff")); }},
      {"51 nonce in chunks", Refusal::nonce,
       [](Recipe& r) { r.edit_fields = setting("nonce", hex("5f4101ff")); }},
      {"53 undefined", Refusal::nonce, [](Recipe& r) { r.edit_fields = setting("nonce", hex("f7")); }},
      {"53 false", Refusal::nonce, [](Recipe& r) { r.edit_fields = setting("nonce", hex("f4")); }},
  });
}

TEST_CASE("an enclave of which PCR0, 1 or 2 is zero is a debug enclave") {
  for (const std::uint8_t zeroed : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}}) {
    CAPTURE(zeroed);
    Recipe recipe = genuine_recipe();
    cbor::Writer pcrs;
    pcrs.map(4);
    for (std::uint8_t i = 0; i < 4; ++i)
      pcrs.unsigned_integer(i).bytes(Bytes(48, i == zeroed ? std::uint8_t{0} : std::uint8_t{9}));
    recipe.edit_fields = setting("pcrs", pcrs.take());
    const auto verdict =
        verify_document(make(recipe), {.root_certificate = root_certificate(), .time_s = now_s});
    REQUIRE(verdict.has_value());
    CHECK(verdict->is_debug == (zeroed < 3));
  }
}

TEST_CASE("no byte of a document can be changed") {
  const Bytes document = make(genuine_recipe());
  ChainCache chains;
  const Trust trust{.root_certificate = root_certificate(), .time_s = now_s, .chains = &chains};
  REQUIRE(verify_document(document, trust).has_value());
  for (std::size_t i = 0; i < document.size(); ++i) {
    CAPTURE(i);
    Bytes changed = document;
    changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1U << (i % 8)));
    REQUIRE_FALSE(verify_document(changed, trust).has_value());
  }
  CHECK(chains.size() == 1);
}

}  // namespace
}  // namespace ben::attestation
