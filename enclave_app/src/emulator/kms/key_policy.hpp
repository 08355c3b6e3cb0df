// Evaluates a KMS key policy: the part of the IAM policy language that decides who may use a key.
//
// What it does not understand, it does not pass over: such a policy denies the call, and says why.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ben::emulator {

struct PolicyRequest {
  std::string action;     // "kms:Decrypt"
  std::string key_arn;    // what Resource is matched with
  std::string principal;  // the caller's ARN: of a role, a user or an account's root
  std::string account;    // 12 digits: "the account" as a principal covers each caller of it
  // Values of condition keys, names in lower case: "kms:recipientattestation:pcr0". Known keys without a
  // value here are absent from the request.
  std::map<std::string, std::string> context;
};

struct Verdict {
  bool is_allowed = false;
  std::string reason;  // which statement decided, or that none allows
};

// An explicit Deny wins, then an Allow; otherwise the call is denied. Read are Effect, Principal ("*" or
// AWS), Action with wildcards, Resource ("*" or ARNs with wildcards) and Condition with StringEquals,
// StringNotEquals, their IgnoreCase forms, StringLike, StringNotLike, ArnEquals, ArnLike, Bool and Null, each
// but the last also with IfExists, over aws:PrincipalAccount, aws:PrincipalArn, aws:MultiFactorAuthPresent,
// aws:SecureTransport, kms:CallerAccount, kms:EncryptionAlgorithm, kms:KeySpec, kms:KeyUsage,
// kms:RecipientAttestation:ImageSha384 and kms:RecipientAttestation:PCR0 to PCR31.
Verdict evaluate_policy(std::string_view policy, const PolicyRequest& request);

// Fails with `malformed` (kms-policy) where evaluate_policy could read no statement at all.
Result<> check_policy_form(std::string_view policy);

}  // namespace ben::emulator
