// Transactions: from a signed request and a PSBT to signatures, or to the reason why not.
#pragma once

#include "bitcoin/wallet.hpp"
#include "signer/authorization.hpp"
#include "signer/governance.hpp"

namespace ben::signer {

// What deciding needs. Everything is borrowed for one call.
struct DecisionContext {
  const bitcoin::Curve& curve;
  const bitcoin::Wallet& wallet;
  const ActivePolicy& policy;
  TrustedClock& clock;
  RequestLedger& ledger;
};

// `params`: {"request": envelope, "psbt": base64}; the PSBT is taken out. The signatures are checked before
// the PSBT is decoded. Fails with auth-…, psbt-…, policy-…, rpc-params.
Result<Progress> sign_transaction(const DecisionContext& context, json::Value& params);

// The same judgement, as a result: a verdict, and nothing is signed. Fails only with auth-… and rpc-params.
Result<Progress> evaluate_transaction(const DecisionContext& context, json::Value& params);

}  // namespace ben::signer
