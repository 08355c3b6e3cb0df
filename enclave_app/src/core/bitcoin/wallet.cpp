#include "bitcoin/wallet.hpp"

#include "crypto/hash.hpp"

namespace ben::bitcoin {
namespace {

Result<> admit_accounts(std::span<const AccountId> accounts) {
  const Error bad_list = malformed("key-accounts", "key: want 1 to 8 different accounts below 2^31");
  if (accounts.empty() || accounts.size() > accounts_max) return bad_list;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const auto before = accounts.first(i);
    if (accounts[i].number >= hardened ||
        std::find(before.begin(), before.end(), accounts[i]) != before.end())
      return bad_list;
  }
  return Ok{};
}

}  // namespace

Result<Wallet> Wallet::derive(const Curve& curve, const Secret<32>& seed, Network network,
                              std::span<const AccountId> accounts) {
  BEN_TRY(admit_accounts(accounts));
  BEN_TRY(const auto master, derive_master(curve, seed.expose()));

  Wallet wallet;
  const ExtendedPublicKey& master_public = master.public_half;
  wallet.id_ = sha256({as_bytes("ben/wallet/v1"), as_bytes(parameters_of(network).name),
                       master_public.encoded_key, master_public.chain_code});
  wallet.auxiliary_key_ = hkdf_sha256<32>(seed.expose(), {}, "ben/aux/v1");
  for (const AccountId& id : accounts) {
    const auto [purpose, coin, number] = account_path(id, network);
    auto key = derive_child(curve, master, purpose);
    if (key) key = derive_child(curve, *key, coin);
    if (key) key = derive_child(curve, *key, number);
    if (!key) return key.error();
    BEN_TRY(auto receive, derive_child(curve, *key, static_cast<std::uint32_t>(Branch::receive)));
    BEN_TRY(auto change, derive_child(curve, *key, static_cast<std::uint32_t>(Branch::change)));
    wallet.accounts_.push_back({.id = id,
                                .network = network,
                                .master_fingerprint = fingerprint_of(master_public),
                                .key = key->public_half});
    wallet.branch_keys_.push_back({std::move(receive), std::move(change)});
  }
  return wallet;
}

Result<PrivateKey> Wallet::derive_key(const Curve& curve, const KeyPath& path) const {
  if (path.account >= branch_keys_.size()) return refused("key-path", "key: the wallet has no such account");
  return derive_child_key(curve, branch_keys_[path.account][static_cast<std::size_t>(path.branch)],
                          path.index);
}

Result<DerivedScript> Wallet::derive_script(const Curve& curve, const KeyPath& path) const {
  BEN_TRY(const auto key, derive_key(curve, path));
  DerivedScript derived{.key = curve.public_key(key), .script = {}};
  derived.encoded_key = curve.encode(derived.key);
  const Purpose purpose = accounts_[path.account].id.purpose;
  if (purpose != Purpose::p2tr) {
    derived.script = make_script(purpose, derived.encoded_key);
    return derived;
  }
  BEN_TRY(const auto tweaked, curve.tweak_for_taproot(key, derived.key));
  const CompressedKey output_key = curve.encode(curve.public_key(tweaked));
  derived.script = make_script(purpose, ByteView(output_key).subspan(1));
  return derived;
}

OwnKeys Wallet::own_keys(const Curve& curve) const {
  return {accounts_, [this, &curve](const KeyPath& path) { return derive_script(curve, path); }};
}

Hash256 Wallet::auxiliary(const Hash256& sighash) const noexcept {
  return sha256({auxiliary_key_.expose(), sighash});
}

}  // namespace ben::bitcoin
