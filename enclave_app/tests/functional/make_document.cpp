// Prints an attestation document of the software NSM, in base64, for tests that need one without an enclave:
//   make-document PKI_FOLDER PCR0_HEX PUBLIC_KEY_DER [debug]
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "nsm/client.hpp"
#include "nsm/software_nsm.hpp"

namespace {

using namespace ben;

int make_document(const std::string& folder, const std::string& pcr0, const std::string& key_file,
                  bool is_debug) {
  const auto pki = emulator::TestPki::open(folder);
  const auto measurement = parse_hex_array<48>(pcr0);
  std::ifstream file(key_file, std::ios::binary);
  const Bytes key{std::istreambuf_iterator<char>(file), {}};
  if (!pki || !measurement || key.empty()) return 1;
  emulator::BootFacts facts;
  facts.pcr0 = *measurement;
  facts.pcr1.fill(0x31);
  facts.pcr2.fill(0x32);
  facts.debug = is_debug;
  emulator::SoftwareNsm module(*pki, facts);
  NsmClient nsm(module);
  const auto document =
      nsm.attestation({.user_data = as_bytes("ben/kms/v1"), .nonce = {}, .public_key = key});
  if (!document) return 1;
  std::printf("%s\n", encode_base64(*document).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5) {
    std::fprintf(stderr, "usage: make-document PKI_FOLDER PCR0_HEX PUBLIC_KEY_DER [debug]\n");
    return 2;
  }
  return make_document(argv[1], argv[2], argv[3], argc == 5);
}
