#include "nsm/issued_chain.hpp"

#include <cstdlib>

#include <openssl/rand.h>

#include "base/hex.hpp"
#include "base/writer.hpp"

namespace ben::emulator {
namespace {

constexpr std::uint64_t hour_s = 3600;
constexpr std::uint64_t day_s = 24 * hour_s;
constexpr std::uint64_t leaf_age_max_s = 3 * hour_s;
// An instance's certificate lasts a day, so that each of its leaves ends before it.
constexpr std::uint64_t authorities_age_max_s = day_s - leaf_age_max_s - hour_s;

// keyUsage, first byte of the bit string.
constexpr std::uint8_t ca_bits = 0x86;        // digitalSignature, keyCertSign, cRLSign
constexpr std::uint8_t instance_bits = 0x04;  // keyCertSign
constexpr std::uint8_t leaf_bits = 0xc0;      // digitalSignature, nonRepudiation

// The organization of every name: it is not Amazon.
constexpr const char* organization = "Bitcoin Enclave Node";
constexpr const char* unit = "local test";

Bytes draw_serial(std::size_t bytes) {
  Bytes serial(bytes);
  if (RAND_bytes(serial.data(), static_cast<int>(bytes)) != 1) std::abort();
  return serial;
}

std::string draw_label() { return encode_hex(draw_serial(8)); }

Bytes instance_side_name(const std::string& common_name) {
  return encode_name({{"C", "US"},
                      {"ST", "Washington"},
                      {"L", "Seattle"},
                      {"O", organization},
                      {"OU", unit},
                      {"CN", common_name}});
}

// Whether something made at `made_at_s` serves at `now_s`; a clock that went back makes it anew.
bool is_fresh(std::uint64_t made_at_s, std::uint64_t now_s, std::uint64_t age_max_s) {
  return now_s >= made_at_s && now_s - made_at_s < age_max_s;
}

}  // namespace

std::string module_id_of(const EnclaveName& name) {
  return name.instance_id + "-enc" + encode_hex(Writer().u64_be(name.number).view());
}

const LeafCertificate& IssuedChain::leaf_at(std::uint64_t now_s) {
  if (!authorities_ || !is_fresh(authorities_->made_at_s, now_s, authorities_age_max_s)) {
    authorities_ = make_authorities(now_s);
    leaf_.reset();
  }
  if (!leaf_ || !is_fresh(leaf_->made_at_s, now_s, leaf_age_max_s)) leaf_ = make_leaf(*authorities_, now_s);
  return *leaf_;
}

IssuedChain::Authorities IssuedChain::make_authorities(std::uint64_t now_s) const {
  const std::string suffix = name_.region + ".aws.nitro-enclaves";
  const std::string crl = "http://crl-" + name_.region + "-local-test.invalid/crl/" + draw_label() + ".crl";
  const auto authority = [&](const SigningKey& key, const SigningKey& issuer_key, std::uint8_t path_length) {
    return std::vector<Bytes>{basic_constraints(true, path_length), authority_key_identifier(issuer_key),
                              subject_key_identifier(key), key_usage(ca_bits, true),
                              crl_distribution_point(crl)};
  };

  const SigningKey region_key = SigningKey::generate();
  const Bytes region_name =
      encode_name({{"C", "US"}, {"O", organization}, {"OU", unit}, {"CN", draw_label() + "." + suffix}});
  const Bytes region = issue_certificate({.serial = draw_serial(16),
                                          .issuer = TestPki::root_name(),
                                          .subject = region_name,
                                          .not_before_s = now_s - day_s,
                                          .not_after_s = now_s + 19 * day_s,
                                          .public_key_info = region_key.public_key_info(),
                                          .extensions = authority(region_key, pki_.root_key(), 2)},
                                         pki_.root_key());

  const SigningKey zone_key = SigningKey::generate();
  const Bytes zone_name = encode_name({{"CN", draw_label() + ".zonal." + suffix},
                                       {"OU", unit},
                                       {"O", organization},
                                       {"C", "US"},
                                       {"ST", "WA"},
                                       {"L", "Seattle"}});
  const Bytes zone = issue_certificate({.serial = draw_serial(16),
                                        .issuer = region_name,
                                        .subject = zone_name,
                                        .not_before_s = now_s - hour_s,
                                        .not_after_s = now_s + 6 * day_s - 5 * hour_s,
                                        .public_key_info = zone_key.public_key_info(),
                                        .extensions = authority(zone_key, region_key, 1)},
                                       region_key);

  SigningKey instance_key = SigningKey::generate();
  Bytes instance_name = instance_side_name(name_.instance_id + "." + suffix);
  const Bytes instance = issue_certificate(
      {.serial = draw_serial(20),
       .issuer = zone_name,
       .subject = instance_name,
       .not_before_s = now_s - 3,
       .not_after_s = now_s - 3 + day_s,
       .public_key_info = instance_key.public_key_info(),
       .extensions = {basic_constraints(true, 0), key_usage(instance_bits, true),
                      subject_key_identifier(instance_key), authority_key_identifier(zone_key)}},
      zone_key);
  return {.made_at_s = now_s,
          .cabundle = {pki_.root_certificate(), region, zone, instance},
          .instance_name = std::move(instance_name),
          .instance_key = std::move(instance_key)};
}

LeafCertificate IssuedChain::make_leaf(const Authorities& authorities, std::uint64_t now_s) const {
  SigningKey key = SigningKey::generate();
  Bytes certificate =
      issue_certificate({.serial = Writer().u64_be(name_.number).u64_be(now_s).take(),
                         .issuer = authorities.instance_name,
                         .subject = instance_side_name(module_id_of(name_) + "." + name_.region + ".aws"),
                         .not_before_s = now_s - 3,
                         .not_after_s = now_s + leaf_age_max_s,
                         .public_key_info = key.public_key_info(),
                         .extensions = {basic_constraints(false, std::nullopt), key_usage(leaf_bits, false)}},
                        authorities.instance_key);
  return {.made_at_s = now_s,
          .certificate = std::move(certificate),
          .cabundle = authorities.cabundle,
          .key = std::move(key)};
}

}  // namespace ben::emulator
