// The certificates of one software module, in the shapes that genuine documents have had since 2021.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nsm/certificate.hpp"
#include "nsm/test_pki.hpp"

namespace ben::emulator {

// What an enclave is called: its module id is "<instance id>-enc<number as 16 hex digits>".
struct EnclaveName {
  std::string instance_id = "i-0123456789abcdef0";
  std::uint64_t number = 0;
  std::string region = "us-east-1";
};
[[nodiscard]] std::string module_id_of(const EnclaveName& name);

struct LeafCertificate {
  std::uint64_t made_at_s;
  Bytes certificate;
  std::vector<Bytes> cabundle;  // root, region, zone, instance
  SigningKey key;
};

class IssuedChain {
 public:
  // `pki` has to outlive this.
  IssuedChain(const TestPki& pki, EnclaveName name) : pki_(pki), name_(std::move(name)) {}

  // The leaf for a document made at `now_s`: the last one while it is less than three hours old, else a new
  // one, valid from 3 s before to 3 h after, under a chain that is valid as long. Valid until the next call.
  const LeafCertificate& leaf_at(std::uint64_t now_s);

 private:
  struct Authorities {  // what region, zone and instance leave behind
    std::uint64_t made_at_s;
    std::vector<Bytes> cabundle;
    Bytes instance_name;
    SigningKey instance_key;
  };

  [[nodiscard]] Authorities make_authorities(std::uint64_t now_s) const;
  [[nodiscard]] LeafCertificate make_leaf(const Authorities& authorities, std::uint64_t now_s) const;

  const TestPki& pki_;
  EnclaveName name_;
  std::optional<Authorities> authorities_;
  std::optional<LeafCertificate> leaf_;
};

}  // namespace ben::emulator
