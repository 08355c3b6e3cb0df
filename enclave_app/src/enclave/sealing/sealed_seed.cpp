#include "sealing/sealed_seed.hpp"

#include "base/reader.hpp"
#include "base/writer.hpp"
#include "crypto/cipher.hpp"
#include "crypto/hash.hpp"

namespace ben {
namespace {

constexpr std::string_view blob_magic = "BENS";
constexpr std::string_view payload_magic = "BEN1";
constexpr std::string_view seal_label = "ben/seal/v1";
constexpr std::uint16_t blob_version = 1;
constexpr std::size_t salt_bytes = 32;
constexpr std::size_t sealed_bytes = 32 + aead_tag_bytes;
constexpr AeadNonce nonce{};  // each key seals once

Bytes encode_aad(const SealedSeedHeader& sealer, ByteView wrapped_data_key, ByteView salt) {
  Writer writer;
  writer.text(blob_magic).u16_be(blob_version).bytes(sealer.wallet_id).bytes(sealer.config_hash);
  for (const Hash384& pcr : sealer.image) writer.bytes(pcr);
  writer.u16_be(static_cast<std::uint16_t>(wrapped_data_key.size())).bytes(wrapped_data_key).bytes(salt);
  return writer.take();
}

// "BEN1" || data key || config hash.
WrapPayload make_payload(const Secret<32>& data_key, const Hash256& config_hash) {
  WrapPayload payload;
  auto out = payload.expose_mutable().begin();
  for (const ByteView part : {as_bytes(payload_magic), ByteView(data_key.expose()), ByteView(config_hash)})
    out = std::copy(part.begin(), part.end(), out);
  return payload;
}

}  // namespace

Result<SealedSeed> parse_sealed_seed(ByteView blob) {
  Reader reader(blob);
  SealedSeed sealed;
  if (as_text(reader.take(blob_magic.size())) != blob_magic || reader.u16_be() != blob_version) reader.fail();
  sealed.header.wallet_id = reader.array<32>();
  sealed.header.config_hash = reader.array<32>();
  for (Hash384& pcr : sealed.header.image) pcr = reader.array<48>();
  const std::uint16_t wrapped_bytes = reader.u16_be();
  if (wrapped_bytes != 384 && wrapped_bytes != 512) reader.fail();  // RSA_3072, RSA_4096
  sealed.wrapped_data_key = reader.take(wrapped_bytes);
  sealed.salt = reader.take(salt_bytes);
  sealed.aad = blob.first(blob.size() - reader.remaining());
  sealed.ciphertext = reader.take(sealed_bytes);

  BEN_TRY(reader.finish("seal-form", "seal: this is not one whole sealed seed of version 1"));
  return sealed;
}

Result<Bytes> seal_seed(const WalletSeed& seed, const SealedSeedHeader& sealer, const RsaPublicKey& kms_key,
                        Secret<64> fresh) {
  const Secret<32> data_key(fresh.expose().first<32>());
  const auto salt = fresh.expose().last<salt_bytes>();
  BEN_TRY(const auto wrapped_data_key,
          kms_key.encrypt_oaep(make_payload(data_key, sealer.config_hash).expose()));

  const auto key = hkdf_sha256<32>(data_key.expose(), salt, seal_label);
  const Bytes aad = encode_aad(sealer, wrapped_data_key, salt);
  Writer blob(aad.size() + sealed_bytes);
  return blob.bytes(aad).bytes(aead_seal(key, nonce, aad, seed.expose())).take();
}

Result<WalletSeed> open_sealed_seed(const SealedSeed& sealed, const WrapPayload& payload) {
  const Secret<32> data_key(payload.expose().subspan<4, 32>());
  const auto key = hkdf_sha256<32>(data_key.expose(), sealed.salt, seal_label);
  WalletSeed seed;
  // Both are always computed: neither time nor answer tells which one failed.
  const bool is_payload = payload == make_payload(data_key, sealed.header.config_hash);
  const bool is_opened = aead_open(key, nonce, sealed.aad, sealed.ciphertext, seed.expose_mutable());
  if (!is_payload || !is_opened) {
    return refused("seal-open",
                   "seal: the sealed seed did not open: the reply of KMS or the blob is not the genuine one");
  }
  return seed;
}

}  // namespace ben
