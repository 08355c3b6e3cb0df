#include "kms/key_store.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/json_text.hpp"
#include "base/base64.hpp"
#include "base/hex.hpp"
#include "crypto/cipher.hpp"

namespace ben::emulator {
namespace {

constexpr std::size_t uuid_chars = 36;
constexpr std::size_t nonce_bytes = 12;

struct FreeIo {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
using Memory = std::unique_ptr<BIO, FreeIo>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeIo>;

void fill_random(std::span<std::uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) std::abort();
}

std::string make_uuid() {
  ByteArray<16> bytes{};
  fill_random(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);  // RFC 9562: version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  std::string text = encode_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, "-");
  return text;
}

std::string encode_pem(EVP_PKEY* key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    std::abort();
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

KeyHandle parse_pem(const std::string& pem) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return KeyHandle(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
}

using RsaStart = int (*)(EVP_PKEY_CTX*);
using RsaRun = int (*)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);

std::optional<Bytes> run_rsa(const StoredKey& stored, bool is_sha256, ByteView input, RsaStart start,
                             RsaRun run) {
  const KeyHandle key = parse_pem(stored.rsa_pem);
  if (key == nullptr) return std::nullopt;
  const KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
  const EVP_MD* digest = is_sha256 ? EVP_sha256() : EVP_sha1();
  Bytes output(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())));
  std::size_t size = output.size();
  if (start(context.get()) != 1 || EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) != 1 ||
      run(context.get(), output.data(), &size, input.data(), input.size()) != 1) {
    return std::nullopt;
  }
  output.resize(size);
  return output;
}

std::string encode_key(const StoredKey& key) {
  return encode_json({{"id", key.id},
                      {"spec", key.spec},
                      {"usage", key.usage},
                      {"description", key.description},
                      {"policy", key.policy},
                      {"enabled", key.is_enabled},
                      {"created_at_s", key.created_at_s},
                      {"rsa_pem", key.rsa_pem},
                      {"symmetric", encode_base64(key.symmetric)}});
}

std::optional<StoredKey> parse_key(const std::string& text) {
  const Json json = parse_json(text);
  const Json& created = member(json, "created_at_s");
  const Json& enabled = member(json, "enabled");
  auto symmetric = parse_base64(text_at(json, "symmetric"));
  StoredKey key{.id = text_at(json, "id"),
                .spec = text_at(json, "spec"),
                .usage = text_at(json, "usage"),
                .description = text_at(json, "description"),
                .policy = text_at(json, "policy"),
                .is_enabled = enabled.is_boolean() && enabled.get<bool>(),
                .created_at_s = created.is_number_integer() ? created.get<std::int64_t>() : 0,
                .rsa_pem = text_at(json, "rsa_pem"),
                .symmetric = symmetric ? *symmetric : Bytes()};
  const bool is_whole = key.is_rsa() ? parse_pem(key.rsa_pem) != nullptr : key.symmetric.size() == 32;
  if (key.id.size() != uuid_chars || !is_whole) return std::nullopt;
  return key;
}

}  // namespace

Result<KeyStore> KeyStore::open(std::filesystem::path folder) {
  std::error_code fault;
  std::filesystem::create_directories(folder, fault);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, fault);
  std::filesystem::directory_iterator files(folder, fault);
  if (fault) return Error{ErrorCode::unavailable, "kms-folder", "kms: the folder of keys cannot be used"};
  KeyStore store(std::move(folder));
  for (const auto& entry : files) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const auto key = parse_key({std::istreambuf_iterator<char>(file), {}});
    if (!key)
      return Error{ErrorCode::malformed, "kms-stored-key", "kms: a file in the folder of keys is no key"};
    store.keys_.emplace(key->id, *key);
  }
  return store;
}

Result<StoredKey> KeyStore::make_key(const std::string& spec) {
  StoredKey key;
  key.id = make_uuid();
  key.spec = spec;
  key.created_at_s =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  if (spec == "SYMMETRIC_DEFAULT") {
    key.symmetric.resize(32);
    fill_random(key.symmetric);
    return key;
  }
  const unsigned bits = spec == "RSA_2048" ? 2048 : spec == "RSA_3072" ? 3072 : spec == "RSA_4096" ? 4096 : 0;
  if (bits == 0) return Error{ErrorCode::malformed, "kms-key-spec", "kms: this key spec is not made here"};
  const KeyHandle rsa(EVP_RSA_gen(bits));
  if (rsa == nullptr) std::abort();
  key.rsa_pem = encode_pem(rsa.get());
  return key;
}

const StoredKey* KeyStore::find(const std::string& id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

Result<> KeyStore::put(const StoredKey& key) {
  constexpr Error not_written{ErrorCode::unavailable, "kms-folder",
                              "kms: a key cannot be written to the folder"};
  const std::filesystem::path path = folder_ / (key.id + ".json");
  const std::filesystem::path fresh = folder_ / (key.id + ".new");
  const std::string text = encode_key(key);
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return not_written;
  const bool is_written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (::close(file) != 0 || !is_written) return not_written;
  std::error_code fault;
  std::filesystem::rename(fresh, path, fault);
  if (fault) return not_written;
  keys_.insert_or_assign(key.id, key);
  return Ok{};
}

std::optional<Bytes> rsa_encrypt(const StoredKey& key, bool is_sha256, ByteView plaintext) {
  return run_rsa(key, is_sha256, plaintext, EVP_PKEY_encrypt_init, EVP_PKEY_encrypt);
}

std::optional<Bytes> rsa_decrypt(const StoredKey& key, bool is_sha256, ByteView ciphertext) {
  return run_rsa(key, is_sha256, ciphertext, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt);
}

Bytes rsa_public_key(const StoredKey& key) {
  const KeyHandle rsa = parse_pem(key.rsa_pem);
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(rsa.get(), &der);
  if (size <= 0) std::abort();
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

Bytes symmetric_encrypt(const StoredKey& key, ByteView context, ByteView plaintext) {
  Bytes ciphertext = to_bytes(as_bytes(key.id));
  AeadNonce nonce{};
  fill_random(nonce);
  ciphertext.insert(ciphertext.end(), nonce.begin(), nonce.end());
  const Bytes sealed = aead_seal(Secret<32>(ByteView(key.symmetric).first<32>()), nonce, context, plaintext);
  ciphertext.insert(ciphertext.end(), sealed.begin(), sealed.end());
  return ciphertext;
}

std::optional<Bytes> symmetric_decrypt(const StoredKey& key, ByteView context, ByteView ciphertext) {
  constexpr std::size_t head_bytes = uuid_chars + nonce_bytes;
  if (ciphertext.size() < head_bytes + aead_tag_bytes || key_id_of(ciphertext) != key.id) return std::nullopt;
  const auto nonce = to_array<nonce_bytes>(ciphertext.subspan(uuid_chars, nonce_bytes));
  const ByteView sealed = ciphertext.subspan(head_bytes);
  Bytes plaintext(sealed.size() - aead_tag_bytes);
  if (!aead_open(Secret<32>(ByteView(key.symmetric).first<32>()), nonce, context, sealed, plaintext)) {
    return std::nullopt;
  }
  return plaintext;
}

std::string key_id_of(ByteView ciphertext) {
  return std::string(as_text(ciphertext.first(std::min(ciphertext.size(), uuid_chars))));
}

}  // namespace ben::emulator
