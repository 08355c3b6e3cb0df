#include "aws/kms_key.hpp"

#include <algorithm>

namespace ben {
namespace {

constexpr Error multi_region{
    ErrorCode::refused, "kms-key-unfit",
    "kms: the key is multi-region, and a replica has a policy of its own: create a single-region key"};

bool is_name(std::string_view text, std::string_view extra) {
  if (text.empty()) return false;
  return std::ranges::all_of(text, [extra](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || extra.find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<KeyArn> parse_key_arn(std::string_view text) {
  constexpr Error bad_arn{ErrorCode::malformed, "kms-key-arn",
                          "kms: not a key ARN like arn:aws:kms:us-east-1:123456789012:key/ID (an alias or a "
                          "bare ID is not enough)"};
  constexpr std::size_t arn_bytes_max = 256;
  constexpr std::string_view key_prefix = "key/";
  if (text.size() > arn_bytes_max) return bad_arn;
  std::string_view parts[6];
  std::string_view rest = text;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return bad_arn;
    parts[i] = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
  }
  if (parts[0] != "arn" || parts[2] != "kms" || !rest.starts_with(key_prefix)) return bad_arn;
  rest.remove_prefix(key_prefix.size());
  const bool is_account =
      parts[4].size() == 12 && parts[4].find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_name(parts[1], "-") || !is_name(parts[3], "-") || !is_account || !is_name(rest, "-"))
    return bad_arn;
  if (rest.starts_with("mrk-")) return multi_region;
  return KeyArn{.text = std::string(text),
                .partition = std::string(parts[1]),
                .region = std::string(parts[3]),
                .account = std::string(parts[4]),
                .key_id = std::string(rest)};
}

Result<> admit_sealing_key(const KmsKey& key) {
  const auto unfit = [](StaticText reason) { return Error{ErrorCode::refused, "kms-key-unfit", reason}; };
  if (key.key_spec == "SYMMETRIC_DEFAULT") {
    return unfit(
        "kms: the key is symmetric, so the enclave cannot seal to it: create one with key spec RSA_3072 "
        "and key usage ENCRYPT_DECRYPT");
  }
  if (key.key_spec != "RSA_3072" && key.key_spec != "RSA_4096") {
    return unfit(
        "kms: the key spec is not RSA_3072 or RSA_4096: create a key with key spec RSA_3072 and key usage "
        "ENCRYPT_DECRYPT");
  }
  if (key.key_usage != "ENCRYPT_DECRYPT") {
    return unfit(
        "kms: the key is made for signing: create one with key spec RSA_3072 and key usage "
        "ENCRYPT_DECRYPT");
  }
  if (key.origin != "AWS_KMS") {
    return unfit(
        "kms: the key's material was imported or is outside KMS, so others may hold it: create a key with "
        "origin AWS_KMS");
  }
  if (key.multi_region) return multi_region;
  if (key.key_state != "Enabled") {
    return unfit("kms: the key is not enabled: enable it, or cancel its deletion, or create another one");
  }
  return Ok{};
}

}  // namespace ben
