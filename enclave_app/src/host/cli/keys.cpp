#include "cli/keys.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "base/hex.hpp"
#include "cli/files.hpp"
#include "cli/secret_input.hpp"
#include "cli/stop.hpp"

namespace ben::cli {
namespace {

constexpr std::uint64_t scrypt_n = 16384;
constexpr std::uint64_t scrypt_r = 8;
constexpr std::uint64_t scrypt_p = 8;

using Bio = Owned<BIO, BIO_free_all>;
using PrivateInfo = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using Encrypted = Owned<X509_SIG, X509_SIG_free>;
using PKey = Owned<EVP_PKEY, EVP_PKEY_free>;

void obtain_passphrase(const PassphraseSource& source, const std::string& prompt, SecretLine& passphrase) {
  SecretInput input(source.file);
  if (!input.is_open() && source.file.empty()) {
    throw Stop("key-passphrase",
               "no terminal to ask for a passphrase: give --passphrase-file or BENCTL_PASSPHRASE_FILE");
  }
  if (!input.is_open()) throw Stop("key-passphrase", source.file + ": the passphrase file cannot be opened");
  input.read_line(prompt, passphrase);
  if (passphrase.text().empty()) throw Stop("key-passphrase", "the passphrase is empty: give one");
}

Stop internal_stop() { return {"key-internal", "libcrypto failed while handling the key"}; }

Bytes encode_plain(PKCS8_PRIV_KEY_INFO* info) {
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (bio == nullptr || PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio.get(), info) != 1) throw internal_stop();
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return to_bytes(as_bytes({data, static_cast<std::size_t>(size)}));
}

Bytes encode_encrypted(PKCS8_PRIV_KEY_INFO* info, const SecretLine& passphrase) {
  X509_ALGOR* algorithm =
      PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, scrypt_n, scrypt_r, scrypt_p);
  if (algorithm == nullptr) throw internal_stop();
  // PKCS8_set0_pbe owns `algorithm` when it succeeds.
  const Encrypted encrypted(
      PKCS8_set0_pbe(passphrase.text().data(), static_cast<int>(passphrase.text().size()), info, algorithm));
  if (encrypted == nullptr) {
    X509_ALGOR_free(algorithm);
    throw internal_stop();
  }
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_PKCS8(bio.get(), encrypted.get()) != 1) throw internal_stop();
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return to_bytes(as_bytes({data, static_cast<std::size_t>(size)}));
}

Secret<32> random_seed() {
  Secret<32> seed;
  if (RAND_priv_bytes(seed.expose_mutable().data(), 32) != 1) throw internal_stop();
  return seed;
}

PrivateInfo private_info_of(const Secret<32>& seed) {
  const PKey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.expose().data(), 32));
  PrivateInfo info(key == nullptr ? nullptr : EVP_PKEY2PKCS8(key.get()));
  if (info == nullptr) throw internal_stop();
  return info;
}

Ed25519PublicKey read_public_key(const std::string& text) {
  const auto key = parse_hex_array<32>(text);
  if (key) return *key;
  if (!std::filesystem::is_regular_file(text)) {
    throw Stop("key-public", text + ": is neither 64 lower-case hex digits nor a file with a public key");
  }
  std::string content = read_text_file(text, 16UL * 1024);
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
  const auto in_file = parse_hex_array<32>(content);
  if (in_file) return *in_file;
  const Bio bio(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  const PKey parsed(bio == nullptr ? nullptr : PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  Ed25519PublicKey raw{};
  std::size_t size = raw.size();
  if (parsed == nullptr || EVP_PKEY_get_id(parsed.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(parsed.get(), raw.data(), &size) != 1) {
    throw Stop("key-public", text + ": holds no Ed25519 public key, neither as 64 hex digits nor as PEM");
  }
  return raw;
}

PrivateInfo decrypt_info(BIO* bio, const std::filesystem::path& path, const PassphraseSource& source) {
  const Encrypted encrypted(PEM_read_bio_PKCS8(bio, nullptr, nullptr, nullptr));
  if (encrypted == nullptr) throw Stop("key-file", path.string() + ": the encrypted key cannot be read");
  SecretLine passphrase;
  obtain_passphrase(source, "Passphrase of " + path.string(), passphrase);
  PrivateInfo info(
      PKCS8_decrypt(encrypted.get(), passphrase.text().data(), static_cast<int>(passphrase.text().size())));
  if (info == nullptr)
    throw Stop("key-passphrase", path.string() + ": the passphrase does not open this key");
  return info;
}

}  // namespace

Ed25519PublicKey make_key_file(const std::filesystem::path& path, bool plain,
                               const PassphraseSource& source) {
  stop_if_present(path);  // before anybody types a passphrase
  const Secret<32> seed = random_seed();
  const PrivateInfo info = private_info_of(seed);
  if (plain) {
    write_new_file(path, encode_plain(info.get()));
  } else {
    SecretLine passphrase;
    obtain_passphrase(source, "New passphrase for " + path.string(), passphrase);
    if (source.file.empty()) {
      SecretLine again;
      obtain_passphrase(source, "The same passphrase again", again);
      if (passphrase.text() != again.text())
        throw Stop("key-passphrase", "the passphrases differ: try again");
    }
    write_new_file(path, encode_encrypted(info.get(), passphrase));
  }
  return Ed25519Key(seed).public_key();
}

Ed25519Key read_key_file(const std::filesystem::path& path, const PassphraseSource& source) {
  const Bytes text = read_file(path, 16UL * 1024);
  if (text.empty()) throw Stop("key-file", path.string() + ": is empty");
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (bio == nullptr) throw internal_stop();
  const bool is_encrypted = as_text(text).find("BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos;
  const PrivateInfo info(
      is_encrypted ? decrypt_info(bio.get(), path, source)
                   : PrivateInfo(PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio.get(), nullptr, nullptr, nullptr)));
  const PKey key(info == nullptr ? nullptr : EVP_PKCS82PKEY(info.get()));
  Secret<32> seed;
  std::size_t size = 32;
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_private_key(key.get(), seed.expose_mutable().data(), &size) != 1) {
    throw Stop("key-file",
               path.string() + ": is not an Ed25519 key in PKCS#8 PEM: make one with benctl keygen");
  }
  return Ed25519Key(seed);
}

bool has_small_order(const Ed25519PublicKey& key) noexcept {
  // Every encoding of the eight points, as y without the sign of x; 0, 1, p-1, p and p+1 among them.
  constexpr std::array<std::string_view, 7> small_order_y = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
  Ed25519PublicKey y = key;
  y.back() &= 0x7fU;
  return std::find(small_order_y.begin(), small_order_y.end(), encode_hex(y)) != small_order_y.end();
}

Ed25519PublicKey parse_public_key(const std::string& text) {
  const Ed25519PublicKey key = read_public_key(text);
  if (has_small_order(key))
    throw Stop("key-public", text + ": anybody can sign under this key: it has small order");
  return key;
}

}  // namespace ben::cli
