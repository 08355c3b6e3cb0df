#include "aws/kms_key.hpp"

#include <doctest/doctest.h>

namespace ben {
namespace {

TEST_CASE("a key's ARN names its region") {
  const auto arn =
      parse_key_arn("arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/0d990263-018e-4e65-a703-eff731de951e");
  REQUIRE(arn.has_value());
  CHECK(arn->partition == "aws-us-gov");
  CHECK(arn->region == "us-gov-west-1");
  CHECK(arn->account == "123456789012");
  CHECK(arn->key_id == "0d990263-018e-4e65-a703-eff731de951e");
}

TEST_CASE("anything but the ARN of a key is malformed") {
  for (const std::string text :
       {"", "0d990263-018e-4e65-a703-eff731de951e", "alias/seal",
        "arn:aws:kms:us-east-1:123456789012:alias/seal", "arn:aws:kms:us-east-1:123456789012:key/",
        "arn:aws:kms::123456789012:key/a", "arn:aws:s3:us-east-1:123456789012:key/a",
        "arn:aws:kms:us-east-1:12345678901:key/a", "arn:aws:kms:us-east-1:12345678901x:key/a",
        "arn:aws:kms:us-east-1:123456789012:key/a:b", "arn:aws:kms:us-east-1/x:123456789012:key/a",
        "arn:aws:kms:us-east-1:1:key/a", "arn:aws:kms:us-east-1:123456789012:key/a\"b",
        "arn:aws:kms:us-east-1:123456789012:key/a\\b",
        "arn:aws:kms:us-east-1.evil.example#:123456789012:key/a", " arn:aws:kms:us-east-1:123456789012:key/a",
        "arn:aws:kms:us-east-1:123456789012:key/a\n", "arn:aws:kms:us-east-1"}) {
    CAPTURE(text);
    const auto arn = parse_key_arn(text);
    REQUIRE_FALSE(arn.has_value());
    CHECK(arn.error().tag.view() == "kms-key-arn");
  }
  CHECK_FALSE(parse_key_arn("arn:aws:kms:us-east-1:123456789012:key/" + std::string(300, 'a')).has_value());
}

TEST_CASE("the ARN of a multi-region key is refused") {
  const auto arn =
      parse_key_arn("arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef");
  REQUIRE_FALSE(arn.has_value());
  CHECK(arn.error().tag.view() == "kms-key-unfit");
}

TEST_CASE("only an enabled single-region RSA key that KMS made for decryption is fit to seal") {
  const KmsKey fit{.arn = "arn:aws:kms:us-east-1:123456789012:key/a",
                   .key_spec = "RSA_3072",
                   .key_usage = "ENCRYPT_DECRYPT",
                   .origin = "AWS_KMS",
                   .key_state = "Enabled",
                   .multi_region = false};
  CHECK(admit_sealing_key(fit).has_value());
  struct Case {
    std::string what;
    void (*change)(KmsKey&);
    bool is_fit;
    std::string says;
  };
  const Case cases[] = {
      {"RSA_4096", [](KmsKey& key) { key.key_spec = "RSA_4096"; }, true, ""},
      {"RSA_2048", [](KmsKey& key) { key.key_spec = "RSA_2048"; }, false, "key spec RSA_3072"},
      {"symmetric", [](KmsKey& key) { key.key_spec = "SYMMETRIC_DEFAULT"; }, false, "symmetric"},
      {"elliptic", [](KmsKey& key) { key.key_spec = "ECC_NIST_P384"; }, false, "key spec RSA_3072"},
      {"signing", [](KmsKey& key) { key.key_usage = "SIGN_VERIFY"; }, false, "ENCRYPT_DECRYPT"},
      {"imported", [](KmsKey& key) { key.origin = "EXTERNAL"; }, false, "origin AWS_KMS"},
      {"key store", [](KmsKey& key) { key.origin = "AWS_CLOUDHSM"; }, false, "origin AWS_KMS"},
      {"multi-region", [](KmsKey& key) { key.multi_region = true; }, false, "single-region"},
      {"disabled", [](KmsKey& key) { key.key_state = "Disabled"; }, false, "not enabled"},
      {"dying", [](KmsKey& key) { key.key_state = "PendingDeletion"; }, false, "not enabled"},
      {"empty answer", [](KmsKey& key) { key = {}; }, false, "key spec"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    KmsKey key = fit;
    c.change(key);
    const auto admitted = admit_sealing_key(key);
    CHECK(admitted.has_value() == c.is_fit);
    if (!admitted) {
      CHECK(admitted.error().tag.view() == "kms-key-unfit");
      CHECK(admitted.error().reason.view().find(c.says) != std::string_view::npos);
    }
  }
}

}  // namespace
}  // namespace ben
