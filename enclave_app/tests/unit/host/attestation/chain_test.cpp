// Chains that a hostile author could show, each refused for its reason. The numbers are those of the groups
// of a checklist of attacks on attestation verifiers.
#include <algorithm>

#include <doctest/doctest.h>

#include "attestation/chain.hpp"
#include "attestation/verify.hpp"
#include "cbor/writer.hpp"
#include "host/attestation/forge.hpp"
#include "nsm/der.hpp"

namespace ben::attestation {
namespace {

using namespace test;
using emulator::basic_constraints;
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

// The region's but for its name, its serial and its issuer's key, which is not the root's.
Bytes junk_certificate(const Bytes& subject, std::uint8_t number = 0) {
  Recipe recipe = genuine_recipe();
  recipe.certificates[region].serial = {0x02, number};
  recipe.certificates[region].subject = subject;
  return emulator::issue_certificate(recipe.certificates[region], foreign_key());
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
           const Bytes name = genuine_recipe().certificates[region].subject;
           for (std::uint8_t i = 0; i < 19; ++i)
             chain.insert(chain.begin() + region, junk_certificate(name, i));
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

TEST_CASE("a pinned root that is no root of this kind is refused by its own reason") {
  Recipe recipe = genuine_recipe();
  const Bytes garbage(100, 0x30);
  recipe.edit_chain = [&](std::vector<Bytes>& chain) { chain[root] = garbage; };
  const auto verdict = verify_document(make(recipe), {.root_certificate = garbage, .time_s = now_s});
  REQUIRE_FALSE(verdict.has_value());
  CHECK(verdict.error() == Refusal::root_form);
  CHECK(verify_document(make(genuine_recipe()), {.root_certificate = {}, .time_s = now_s}).error() ==
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
  CHECK(at(leaf_end_s + 1).error() == Refusal::expired);
  CHECK(at(leaf_begin_s - 1).error() == Refusal::not_yet_valid);

  const auto chain = chain_of(document);
  CHECK(cache.verify(chain, root_certificate()).has_value());
  CHECK(cache.verify(chain, foreign_key().public_key_info()).error() == Refusal::root);
  for (std::size_t i = 1; i < chain.size(); ++i) {
    auto changed = chain;
    changed[i].back() = static_cast<std::uint8_t>(changed[i].back() ^ 1U);
    CHECK(cache.verify(changed, root_certificate()).error() == Refusal::chain_signature);
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
