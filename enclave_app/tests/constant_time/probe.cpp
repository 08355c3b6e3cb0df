// What touches secrets, run under valgrind: memcheck is told that the secrets are undefined bytes, and
// reports every branch and every address that depends on one (the way of A. Langley's ctgrind). What leaves
// as public is declared defined.
//
// usage: constant-time-probe CASE     derive, ecdsa, schnorr, open, reply or compare, and three that
// leak
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include <valgrind/memcheck.h>

#include "bitcoin/wallet.hpp"
#include "enclave/sealing/sealing_fixture.hpp"
#include "kms/envelope.hpp"

namespace {

using namespace ben;
using bitcoin::Curve;

void require(bool holds) {
  if (!holds) std::abort();
}

void hide(ByteView bytes) { (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes.data(), bytes.size()); }

// The value is public from here on.
template <typename T>
void publish(T& value) {
  (void)VALGRIND_MAKE_MEM_DEFINED(&value, sizeof value);
}

template <std::size_t N>
Secret<N> make_secret(std::uint8_t first) {
  Secret<N> secret;
  for (std::uint8_t& byte : secret.expose_mutable()) byte = first++;
  hide(secret.expose());
  return secret;
}

const Hash256 message = sha256(as_bytes("what is signed"));

struct Keys {
  Curve curve{make_secret<32>(200)};
  bitcoin::PrivateKey key = *curve.to_private_key(make_secret<32>(1));
  bitcoin::PublicKey public_key = curve.public_key(key);

  Keys() { publish(public_key); }
};

// A wallet of all four kinds of accounts, and a key and a script of each.
void derive() {
  const Curve curve(make_secret<32>(200));
  const bitcoin::AccountId accounts[] = {{.purpose = bitcoin::Purpose::p2pkh, .number = 0},
                                         {.purpose = bitcoin::Purpose::p2sh_p2wpkh, .number = 0},
                                         {.purpose = bitcoin::Purpose::p2wpkh, .number = 0},
                                         {.purpose = bitcoin::Purpose::p2tr, .number = 0}};
  const auto wallet = bitcoin::Wallet::derive(curve, make_secret<32>(1), bitcoin::Network::regtest, accounts);
  require(wallet.has_value());
  for (std::size_t account = 0; account < std::size(accounts); ++account) {
    const bitcoin::KeyPath path{.account = account, .branch = bitcoin::Branch::receive, .index = 7};
    require(wallet->derive_key(curve, path).has_value());
    require(wallet->derive_script(curve, path).has_value());
  }
}

void sign_ecdsa() {
  const Keys keys;
  require(keys.curve.sign_ecdsa(keys.key, keys.public_key, message).has_value());
}

void sign_schnorr() {
  const Keys keys;
  const auto output_key = keys.curve.tweak_for_taproot(keys.key, keys.public_key);
  require(output_key.has_value());
  auto output_point = keys.curve.public_key(*output_key);
  publish(output_point);
  const auto auxiliary = make_secret<32>(90);
  require(keys.curve
              .sign_schnorr(*output_key, ByteView(output_point.encoded).subspan(1), message,
                            to_array<32>(auxiliary.expose()))
              .has_value());
}

Bytes sealed_blob() {
  auto blob =
      seal_seed(make_secret<32>(1), test::sealer(), test::kms_key().public_key(), make_secret<64>(50));
  require(blob.has_value());
  (void)VALGRIND_MAKE_MEM_DEFINED(blob->data(), blob->size());
  return *std::move(blob);
}

// Seals first.
void open_blob() {
  const Bytes blob = sealed_blob();
  const auto sealed = parse_sealed_seed(blob);
  require(sealed.has_value());
  const WrapPayload payload(
      ByteView(test::kms_key().decrypt(sealed->wrapped_data_key)).first<wrap_payload_bytes>());
  hide(payload.expose());
  require(open_sealed_seed(*sealed, payload).has_value());
  const auto another = make_secret<wrap_payload_bytes>(1);
  require(!open_sealed_seed(*sealed, another).has_value());
}

// A reply that is genuine, and one whose content key does not open: what follows may not tell them apart.
void open_reply() {
  const auto& key = test::recipient_key();
  const auto plaintext = Bytes(wrap_payload_bytes, 0x42);
  auto reply = emulator::make_envelope(key.spki_der(), plaintext);
  require(reply.has_value());
  (void)open_kms_reply(key, *reply, make_secret<32>(7));
  const auto parsed = parse_kms_reply(*reply);
  require(parsed.has_value());
  const auto at = parsed->encrypted_key.data() - reply->data();
  (*reply)[static_cast<std::size_t>(at) + 100] ^= 1;
  (void)open_kms_reply(key, *reply, make_secret<32>(7));
}

void compare() {
  const auto a = make_secret<32>(1);
  const auto b = make_secret<32>(2);
  bool same = a == b;
  publish(same);
  require(!same);
}

// The control: three mistakes that memcheck has to see.
void leak_by_a_branch() {
  const auto secret = make_secret<32>(1);
  if ((secret.expose()[31] & 1U) != 0) std::puts("odd");
}

void leak_by_an_address() {
  static const std::string table(256, 'x');
  const auto secret = make_secret<32>(1);
  std::putchar(table[secret.expose()[0]]);
}

void leak_by_an_early_end() {
  const auto a = make_secret<32>(1);
  const auto b = make_secret<32>(1);
  if (std::ranges::equal(a.expose(), b.expose())) std::puts("equal");
}

const std::map<std::string_view, std::function<void()>> cases{
    {"derive", derive},
    {"ecdsa", sign_ecdsa},
    {"schnorr", sign_schnorr},
    {"open", open_blob},
    {"reply", open_reply},
    {"compare", compare},
    {"leak-by-a-branch", leak_by_a_branch},
    {"leak-by-an-address", leak_by_an_address},
    {"leak-by-an-early-end", leak_by_an_early_end},
};

}  // namespace

int main(int argc, char** argv) {
  require(RUNNING_ON_VALGRIND != 0);  // elsewhere it would show nothing
  const auto found = cases.find(argc == 2 ? argv[1] : "");
  require(found != cases.end());
  found->second();
}
