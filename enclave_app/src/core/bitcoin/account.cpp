#include "bitcoin/account.hpp"

namespace ben::bitcoin {

Result<DerivedScript> derive_script(const Curve& curve, const Account& account, Branch branch,
                                    std::uint32_t index) {
  const auto key = derive_child_key(curve, account.branches[static_cast<std::size_t>(branch)], index);
  if (!key) return key.error();
  if (account.id.purpose == Purpose::p2wpkh)
    return DerivedScript{.key = *key, .script = make_p2wpkh(curve.encode(*key))};
  const auto output_key = curve.tweak_for_taproot(*key);
  if (!output_key) return output_key.error();
  return DerivedScript{.key = *key, .script = make_p2tr(*output_key)};
}

}  // namespace ben::bitcoin
