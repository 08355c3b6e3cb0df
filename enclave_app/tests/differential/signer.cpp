// usage: differential-signer SEED POLICY REQUESTER PURPOSE/ACCOUNT...
//
// The signer's own decision without its surroundings: of each PSBT on standard input, base64 and one a line,
// it writes the tag of the refusal, or "signed" with txid (hex, in the order of the wire, or -), fee, outflow
// and the signed PSBT. SEED and REQUESTER are hex, POLICY is a file with a policy's payload; the network is
// regtest.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "bitcoin/wallet.hpp"
#include "policy/policy.hpp"

namespace {

using namespace ben;

template <typename T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << "differential-signer: " << result.error().tag.view() << '\n';
  std::exit(2);
}

bitcoin::AccountId parse_account(const std::string& text) {
  const auto slash = text.find('/');
  return {.purpose = static_cast<bitcoin::Purpose>(std::stoul(text.substr(0, slash))),
          .number = static_cast<std::uint32_t>(std::stoul(text.substr(slash + 1)))};
}

struct Signer {
  bitcoin::Curve curve;
  bitcoin::Wallet wallet;
  policy::Policy policy;
  Ed25519PublicKey requester;

  // The order of sign_transaction (enclave/signer/transactions.cpp), after authorization.
  [[nodiscard]] Result<std::string> answer(const std::string& line) const {
    auto bytes = parse_base64(line);
    if (!bytes) return bytes.error();
    auto psbt = bitcoin::Psbt::parse(*std::move(bytes));
    if (!psbt) return psbt.error();
    const auto review =
        bitcoin::review_psbt(wallet.own_keys(curve), *std::move(psbt), policy.change_index_max);
    if (!review) return review.error();
    const auto rule = policy::admit_transaction(policy, std::span(&requester, 1), *review);
    if (!rule) return rule.error();
    const auto signed_psbt = bitcoin::sign_reviewed(curve, wallet, *review);
    if (!signed_psbt) return signed_psbt.error();
    return "signed " + (review->txid ? encode_hex(*review->txid) : "-") + ' ' +
           std::to_string(review->fee_sats) + ' ' + std::to_string(review->outflow_sats) + ' ' +
           encode_base64(*signed_psbt);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: differential-signer SEED POLICY REQUESTER PURPOSE/ACCOUNT...\n";
    return 2;
  }
  std::vector<bitcoin::AccountId> accounts;
  for (int i = 4; i < argc; ++i) accounts.push_back(parse_account(argv[i]));
  std::ifstream policy_file(argv[2], std::ios::binary);
  const std::string policy_text((std::istreambuf_iterator<char>(policy_file)), {});
  bitcoin::Curve curve{Secret<32>(ByteArray<32>{1})};
  bitcoin::Wallet wallet = must(bitcoin::Wallet::derive(curve, Secret<32>(must(parse_hex_array<32>(argv[1]))),
                                                        bitcoin::Network::regtest, accounts));
  const Signer signer{.curve = std::move(curve),
                      .wallet = std::move(wallet),
                      .policy = must(policy::parse_policy(as_bytes(policy_text))),
                      .requester = must(parse_hex_array<32>(argv[3]))};
  for (std::string line; std::getline(std::cin, line);) {
    const auto answer = signer.answer(line);
    std::cout << (answer ? *answer : std::string(answer.error().tag.view())) << std::endl;
  }
  return 0;
}
