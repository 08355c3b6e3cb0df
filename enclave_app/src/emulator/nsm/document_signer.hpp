// Signs the documents of QEMU's NSM device, which come with zeros where certificates and signature belong.
#pragma once

#include "nsm/device.hpp"
#include "nsm/issued_chain.hpp"

namespace ben::emulator {

// Behind an NsmServer, it is what tests/qemu/nsm-signer.patch makes QEMU ask: a document goes in, and comes
// out signed under the local test root, all else as QEMU has it. Not safe for use by two threads at once.
class DocumentSigner final : public NsmTransport {
 public:
  // `pki` has to outlive this. `debug`: PCR0, PCR1, PCR2 and PCR8 are shown as zeros, which QEMU does not do.
  DocumentSigner(const TestPki& pki, EnclaveName name, bool debug)
      : chain_(pki, std::move(name)), is_debug_(debug) {}

  // `request`: the document. Fails with `malformed` (nsm-request) when it is none of QEMU's.
  Result<std::size_t> exchange(ByteView request, std::span<std::uint8_t> reply) override;

 private:
  IssuedChain chain_;
  bool is_debug_;
};

}  // namespace ben::emulator
