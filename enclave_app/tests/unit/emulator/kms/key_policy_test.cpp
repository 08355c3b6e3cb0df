#include "kms/key_policy.hpp"

#include <doctest/doctest.h>

#include "aws/json_text.hpp"

namespace ben::emulator {
namespace {

const std::string key_arn = "arn:aws:kms:us-east-1:123456789012:key/a";
const std::string host_role = "arn:aws:iam::123456789012:role/enclave-host";
const std::string admin_role = "arn:aws:iam::123456789012:role/key-admin";
const std::string pcr0(96, 'a');
const std::string pcr3(96, '3');
const std::string pcr16(96, 'c');

// Decrypt by the host's role with a document of the right image, role and config.
PolicyRequest good_request() {
  return {.action = "kms:Decrypt",
          .key_arn = key_arn,
          .principal = host_role,
          .account = "123456789012",
          .context = {{"kms:recipientattestation:imagesha384", pcr0},
                      {"kms:recipientattestation:pcr0", pcr0},
                      {"kms:recipientattestation:pcr3", pcr3},
                      {"kms:recipientattestation:pcr16", pcr16},
                      {"kms:encryptionalgorithm", "RSAES_OAEP_SHA_256"}}};
}

// A policy as a deployment has it: conditions on image, role and config, and no way around them.
Json deployed_policy() {
  return {{"Version", "2012-10-17"},
          {"Statement",
           {{{"Sid", "OnlyTheEnclave"},
             {"Effect", "Allow"},
             {"Principal", {{"AWS", host_role}}},
             {"Action", "kms:Decrypt"},
             {"Resource", "*"},
             {"Condition",
              {{"StringEqualsIgnoreCase",
                {{"kms:RecipientAttestation:PCR0", {std::string(96, 'A'), std::string(96, 'B')}},
                 {"kms:RecipientAttestation:PCR3", pcr3},
                 {"kms:RecipientAttestation:PCR16", pcr16}}}}}},
            {{"Sid", "NeverWithoutDocument"},
             {"Effect", "Deny"},
             {"Principal", "*"},
             {"Action", "kms:Decrypt"},
             {"Resource", "*"},
             {"Condition", {{"Null", {{"kms:RecipientAttestation:PCR0", "true"}}}}}},
            {{"Sid", "NoWayAround"},
             {"Effect", "Deny"},
             {"Principal", "*"},
             {"Action", {"kms:CreateGrant", "kms:ReEncrypt*", "kms:ReplicateKey"}},
             {"Resource", "*"}},
            {{"Sid", "Admin"},
             {"Effect", "Allow"},
             {"Principal", {{"AWS", {admin_role}}}},
             {"Action", {"kms:PutKeyPolicy", "kms:DescribeKey", "kms:Get*"}},
             {"Resource", "*"}}}}};
}

bool allows(const Json& policy, const PolicyRequest& request) {
  return evaluate_policy(policy.dump(), request).is_allowed;
}

// One statement about the good request, with the condition given.
Json conditioned(const std::string& effect, const Json& condition) {
  return {{"Effect", effect},
          {"Principal", "*"},
          {"Action", "kms:*"},
          {"Resource", "*"},
          {"Condition", condition}};
}

TEST_CASE("a deployed policy admits the right enclave and nothing else") {
  const Json policy = deployed_policy();
  CHECK(allows(policy, good_request()));
  struct Case {
    std::string what;
    void (*change)(PolicyRequest&);
  };
  const Case cases[] = {
      {"no document", [](PolicyRequest& r) { r.context.clear(); }},
      {"another image",
       [](PolicyRequest& r) { r.context["kms:recipientattestation:pcr0"] = std::string(96, 'd'); }},
      {"debug mode",
       [](PolicyRequest& r) { r.context["kms:recipientattestation:pcr0"] = std::string(96, '0'); }},
      {"another role of the host",
       [](PolicyRequest& r) { r.context["kms:recipientattestation:pcr3"] = pcr0; }},
      {"another config", [](PolicyRequest& r) { r.context["kms:recipientattestation:pcr16"] = pcr0; }},
      {"no config", [](PolicyRequest& r) { r.context.erase("kms:recipientattestation:pcr16"); }},
      {"another caller", [](PolicyRequest& r) { r.principal = admin_role; }},
      {"the account's root", [](PolicyRequest& r) { r.principal = "arn:aws:iam::123456789012:root"; }},
      {"another operation", [](PolicyRequest& r) { r.action = "kms:GenerateDataKey"; }},
      {"a grant", [](PolicyRequest& r) { r.action = "kms:CreateGrant"; }},
      {"a policy change by the host", [](PolicyRequest& r) { r.action = "kms:PutKeyPolicy"; }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    PolicyRequest request = good_request();
    c.change(request);
    CHECK_FALSE(allows(policy, request));
  }
  PolicyRequest admin = good_request();
  admin.principal = admin_role;
  for (const std::string action : {"kms:PutKeyPolicy", "kms:GetPublicKey", "kms:DescribeKey"}) {
    admin.action = action;
    CHECK(allows(policy, admin));
  }
}

TEST_CASE("a grant without condition elsewhere in the policy undoes the conditions, unless a Deny stands") {
  Json policy = deployed_policy();
  policy["Statement"].push_back({{"Effect", "Allow"},
                                 {"Principal", {{"AWS", "arn:aws:iam::123456789012:root"}}},
                                 {"Action", "kms:*"},
                                 {"Resource", "*"}});
  PolicyRequest request = good_request();
  request.context["kms:recipientattestation:pcr0"] = std::string(96, 'd');
  CHECK(allows(policy, request));  // as with AWS: the account's root stands for all its callers
  request.context.clear();
  const Verdict verdict = evaluate_policy(policy.dump(), request);
  CHECK_FALSE(verdict.is_allowed);
  CHECK(verdict.reason == "statement NeverWithoutDocument denies it");
}

TEST_CASE("an explicit Deny wins wherever it stands, and no statement means no") {
  const Json allow = {{"Effect", "Allow"}, {"Principal", "*"}, {"Action", "*"}, {"Resource", "*"}};
  const Json deny = {{"Effect", "Deny"}, {"Principal", "*"}, {"Action", "kms:Dec*"}, {"Resource", key_arn}};
  CHECK(allows({{"Statement", allow}}, good_request()));
  CHECK_FALSE(allows({{"Statement", {allow, deny}}}, good_request()));
  CHECK_FALSE(allows({{"Statement", {deny, allow}}}, good_request()));
  CHECK_FALSE(allows({{"Statement", Json::array()}}, good_request()));
  for (const std::string text : {"", "{}", "[]", "null", "not json", R"({"Statement":1})"}) {
    CHECK_FALSE(evaluate_policy(text, good_request()).is_allowed);
    CHECK_FALSE(check_policy_form(text).has_value());
  }
  CHECK(check_policy_form(deployed_policy().dump()).has_value());
  CHECK_FALSE(check_policy_form(std::string(32'769, ' ')).has_value());
}

TEST_CASE("conditions mean what they mean in IAM") {
  const std::string present = "kms:RecipientAttestation:ImageSha384";
  const std::string absent = "kms:RecipientAttestation:PCR7";
  const std::string other(96, 'e');
  const std::string upper(96, 'A');
  struct Case {
    Json condition;
    bool is_met;
  };
  const Case cases[] = {
      {{{"StringEquals", {{present, pcr0}}}}, true},
      {{{"StringEquals", {{present, upper}}}}, false},
      {{{"StringEquals", {{present, {other, pcr0}}}}}, true},
      {{{"StringEquals", {{absent, pcr0}}}}, false},
      {{{"StringEqualsIfExists", {{absent, pcr0}}}}, true},
      {{{"StringEqualsIfExists", {{present, other}}}}, false},
      {{{"StringEqualsIgnoreCase", {{present, upper}}}}, true},
      {{{"StringEqualsIgnoreCase", {{present, pcr0.substr(1)}}}}, false},
      {{{"StringNotEquals", {{present, other}}}}, true},
      {{{"StringNotEquals", {{present, {other, pcr0}}}}}, false},
      {{{"StringNotEquals", {{absent, pcr0}}}}, true},
      {{{"StringNotEqualsIgnoreCase", {{present, upper}}}}, false},
      {{{"StringLike", {{present, "aa*a"}}}}, true},
      {{{"StringLike", {{present, "?"}}}}, false},
      {{{"StringNotLike", {{present, "b*"}}}}, true},
      {{{"ArnLike", {{"aws:PrincipalArn", "arn:aws:iam::*:role/enclave-*"}}}}, false},  // not in this request
      {{{"Bool", {{"aws:MultiFactorAuthPresent", "true"}}}}, false},
      {{{"BoolIfExists", {{"aws:MultiFactorAuthPresent", true}}}}, true},
      {{{"Null", {{present, "false"}}}}, true},
      {{{"Null", {{present, true}}}}, false},
      {{{"Null", {{absent, "true"}}}}, true},
      {{{"StringEquals", {{"KMS:recipientattestation:IMAGESHA384", pcr0}}}},
       true},  // names of keys ignore case
      {{{"StringEquals", {{present, pcr0}, {absent, pcr0}}}}, false},
      {{{"StringEquals", {{present, pcr0}}}, {"Null", {{absent, "false"}}}}, false},
      {Json::object(), true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.condition.dump());
    CHECK(allows({{"Statement", conditioned("Allow", c.condition)}}, good_request()) == c.is_met);
    const Json allow_all = {{"Effect", "Allow"}, {"Principal", "*"}, {"Action", "*"}, {"Resource", "*"}};
    CHECK(allows({{"Statement", {allow_all, conditioned("Deny", c.condition)}}}, good_request()) != c.is_met);
  }
}

TEST_CASE("what is not understood denies, also beside a statement that allows") {
  const std::string key = "kms:RecipientAttestation:PCR0";
  const Json allow = {{"Effect", "Allow"}, {"Principal", "*"}, {"Action", "*"}, {"Resource", "*"}};
  const auto with = [&allow](const std::string& element, const Json& content) {
    Json statement = allow;
    statement[element] = content;
    return statement;
  };
  const auto without = [&allow](const std::string& element) {
    Json statement = allow;
    statement.erase(element);
    return statement;
  };
  const Json strange[] = {
      conditioned("Allow", {{"StringEqual", {{key, pcr0}}}}),
      conditioned("Allow", {{"ForAnyValue:StringEquals", {{key, pcr0}}}}),
      conditioned("Allow", {{"NullIfExists", {{key, "false"}}}}),
      conditioned("Allow", {{"StringEquals", {{"kms:RecipientAttestation", pcr0}}}}),
      conditioned("Allow", {{"StringEquals", {{"kms:RecipientAttestation:PCR32", pcr0}}}}),
      conditioned("Allow", {{"StringEquals", {{"kms:RecipientAttestation:NitroTPMPCR4", pcr0}}}}),
      conditioned("Allow", {{"StringEquals", {{"aws:SourceIp", "10.0.0.1"}}}}),
      conditioned("Allow", {{"StringEquals", {{key, 7}}}}),
      conditioned("Allow", {{"StringEquals", {{key, {pcr0, 7}}}}}),
      conditioned("Allow", {{"StringEquals", key}}),
      conditioned("Allow", "StringEquals"),
      with("NotAction", "kms:Encrypt"),
      with("NotPrincipal", "*"),
      with("Effect", "Permit"),
      with("Principal", Json{{"Service", "ec2.amazonaws.com"}}),
      with("Principal", Json{{"AWS", "*"}, {"Service", "ec2.amazonaws.com"}}),
      with("Action", 7),
      without("Effect"),
      without("Principal"),
      without("Action"),
      without("Resource"),
      "a statement",
  };
  for (const Json& statement : strange) {
    CAPTURE(statement.dump());
    CHECK_FALSE(allows({{"Statement", statement}}, good_request()));
    const Verdict verdict = evaluate_policy(Json{{"Statement", {allow, statement}}}.dump(), good_request());
    CHECK_FALSE(verdict.is_allowed);
    CHECK(verdict.reason.find("not understood") != std::string::npos);
  }
}

TEST_CASE("a pattern with many stars costs no more than its length times the text's") {
  PolicyRequest request = good_request();
  request.key_arn = std::string(2000, 'a');
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  const Json statement = {
      {"Effect", "Allow"}, {"Principal", "*"}, {"Action", "*"}, {"Resource", pattern + "b"}};
  CHECK_FALSE(allows({{"Statement", statement}}, request));
}

}  // namespace
}  // namespace ben::emulator
