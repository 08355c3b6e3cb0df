#include "nsm/document.hpp"

#include "base/writer.hpp"
#include "cbor/writer.hpp"

namespace ben::emulator {
namespace {

// The payload map has had an indefinite length since mid-2025; what is in it, definite ones.
Bytes indefinite_map(ByteView pairs) { return Writer().u8(0xbf).bytes(pairs).u8(0xff).take(); }

Bytes sign_cose(ByteView payload, const SigningKey& key) {
  constexpr ByteArray<4> protected_es384{0xa1, 0x01, 0x38, 0x22};
  const Bytes to_sign =
      cbor::Writer().array(4).text("Signature1").bytes(protected_es384).bytes({}).bytes(payload).take();
  return cbor::Writer()
      .array(4)
      .bytes(protected_es384)
      .map(0)
      .bytes(payload)
      .bytes(key.sign_raw(to_sign))
      .take();
}

}  // namespace

Bytes sign_document(const DocumentContent& content, const LeafCertificate& leaf) {
  cbor::Writer pairs;
  pairs.text("module_id").text(content.module_id);
  pairs.text("digest").text("SHA384");
  pairs.text("timestamp").unsigned_integer(content.timestamp_ms);
  pairs.text("pcrs").map(content.pcrs.size());
  for (const auto& [index, value] : content.pcrs) pairs.unsigned_integer(index).bytes(value);
  pairs.text("certificate").bytes(leaf.certificate);
  pairs.text("cabundle").array(leaf.cabundle.size());
  for (const Bytes& certificate : leaf.cabundle) pairs.bytes(certificate);
  pairs.text("public_key").bytes_or_null(content.fields.public_key);
  pairs.text("user_data").bytes_or_null(content.fields.user_data);
  pairs.text("nonce").bytes_or_null(content.fields.nonce);
  return sign_cose(indefinite_map(pairs.take()), leaf.key);
}

}  // namespace ben::emulator
