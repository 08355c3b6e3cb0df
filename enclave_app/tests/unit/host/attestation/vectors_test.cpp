// Every published document of attestation/manifest.json gives the verdict that the manifest has, for its
// reason.
#include <map>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "attestation/aws_root.hpp"
#include "attestation/certificate.hpp"
#include "attestation/verify.hpp"
#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "vectors.hpp"

namespace ben::attestation {
namespace {

constexpr std::size_t documents_of_manifest = 38;

// Why this verifier refuses each document that it refuses; those that the manifest leaves to policy are among
// them.
const std::map<std::string, Refusal> refusals{
    {"50-expired-leaf.cbor", Refusal::expired},
    {"53-before-leaf.cbor", Refusal::not_yet_valid},
    {"54-checked-in-2026.cbor", Refusal::expired},
    {"60-signature-last-bit.cbor", Refusal::signature},
    {"61-pcr0-bit.cbor", Refusal::signature},
    {"62-trailing-zero.cbor", Refusal::cose},
    {"63-truncated.cbor", Refusal::cose},
    {"64-tagged-18.cbor", Refusal::tagged},
    {"65-unprotected-alg.cbor", Refusal::unprotected},
    {"66-empty.cbor", Refusal::size},
    {"67-double-tag.cbor", Refusal::tagged},
    {"69-der-signature.cbor", Refusal::signature_form},
    {"70-signature-zero.cbor", Refusal::signature_form},
    {"71-signature-r-n.cbor", Refusal::signature_form},
    {"72-noncanonical-length.cbor", Refusal::cose},
    {"73-protected-empty.cbor", Refusal::algorithm},
    {"74-protected-es256.cbor", Refusal::algorithm},
    {"75-indefinite-rewritten-definite.cbor", Refusal::signature},
    {"80-bad-signature-veracruz.cbor", Refusal::signature},
    {"81-bad-signature-eternis.cbor", Refusal::signature},
    {"82-mock-other-root.cbor", Refusal::root},
    {"83-nitrotpm-not-enclave.cbor", Refusal::nitrotpm},
};

std::size_t size_of(const std::optional<Bytes>& field) { return field ? field->size() : 0; }

void check_contents(const Document& document, const nlohmann::json& entry) {
  CHECK(document.is_debug == entry.at("debug").get<bool>());
  CHECK(document.module_id == entry.at("module_id").get<std::string>());
  CHECK(document.timestamp_ms == entry.at("timestamp_ms").get<std::uint64_t>());
  CHECK(document.pcrs.size() == entry.at("pcr_count").get<std::size_t>());
  CHECK(size_of(document.public_key) == entry.at("public_key_len").get<std::size_t>());
  CHECK(size_of(document.user_data) == entry.at("user_data_len").get<std::size_t>());
  CHECK(size_of(document.nonce) == entry.at("nonce_len").get<std::size_t>());
  for (const auto& [index, value] : document.pcrs) {
    const std::string expected = entry.at("pcrs").value(std::to_string(index), std::string(96, '0'));
    CHECK(encode_hex(value) == expected);
  }
}

TEST_CASE("the pinned root is the certificate that AWS publishes") {
  CHECK(encode_hex(sha256(aws_root_certificate())) ==
        "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b");
  const auto root = parse_certificate(aws_root_certificate());
  REQUIRE(root.has_value());
  CHECK(root->common_name == "aws.nitro-enclaves");
  CHECK(root->not_before_s == 1572269285);  // 2019-10-28 13:28:05
  CHECK(root->not_after_s == 2519044085);   // 2049-10-28 14:28:05
  CHECK(p384_verify(root->public_key, root->signed_part, root->signature));
}

TEST_CASE("each document of the manifest is accepted or refused for its reason") {
  const auto manifest = test::read_vectors("attestation/manifest.json");
  if (!manifest) return;
  const auto documents = nlohmann::json::parse(*manifest).at("documents");
  REQUIRE(documents.size() == documents_of_manifest);
  ChainCache chains;
  std::size_t refused = 0;
  for (const auto& entry : documents) {
    const auto file = entry.at("file").get<std::string>();
    CAPTURE(file);
    const auto bytes = test::read_vectors("attestation/" + file);
    REQUIRE(bytes.has_value());
    REQUIRE(encode_hex(sha256(as_bytes(*bytes))) == entry.at("sha256").get<std::string>());
    const Trust trust{.root_certificate = aws_root_certificate(),
                      .time_s = entry.at("verify_at").get<std::uint64_t>()};
    const auto verdict = verify_document(as_bytes(*bytes), trust);

    const auto expected = entry.at("expected").get<std::string>();
    const auto reason = refusals.find(file);
    if (expected != "policy") CHECK((expected == "reject") == (reason != refusals.end()));
    REQUIRE(verdict.has_value() == (reason == refusals.end()));
    if (verdict) {
      if (entry.contains("pcrs")) check_contents(*verdict, entry);
    } else {
      ++refused;
      CHECK(to_error(verdict.error()).tag.view() == to_error(reason->second).tag.view());
    }

    // The same with chains remembered, first and later.
    Trust remembering = trust;
    remembering.chains = &chains;
    for (int round = 0; round < 2; ++round) {
      const auto again = verify_document(as_bytes(*bytes), remembering);
      REQUIRE(again.has_value() == verdict.has_value());
      if (!again) CHECK(again.error() == verdict.error());
    }
  }
  CHECK(refused == refusals.size());
}

TEST_CASE("a genuine document is good at its own time, whenever it is looked at") {
  const auto bytes = test::read_vectors("attestation/23-2025-11-indefinite-seventeen-pcrs.cbor");
  if (!bytes) return;
  const auto verdict =
      verify_document(as_bytes(*bytes), {.root_certificate = aws_root_certificate(), .time_s = std::nullopt});
  REQUIRE(verdict.has_value());
  CHECK(verdict->timestamp_ms == 1762795210812);
}

TEST_CASE("the twin of a signature verifies too: bytes do not identify a document") {
  const auto bytes = test::read_vectors("attestation/06-2022-10-signed-image-pcr8.cbor");
  const auto twin = test::read_vectors("attestation/68-malleable-high-s.cbor");
  if (!bytes || !twin) return;
  REQUIRE(*bytes != *twin);
  const Trust trust{.root_certificate = aws_root_certificate(), .time_s = 1665651482};
  CHECK(verify_document(as_bytes(*bytes), trust).has_value());
  CHECK(verify_document(as_bytes(*twin), trust).has_value());
}

TEST_CASE("a genuine document cut anywhere is refused") {
  const auto bytes = test::read_vectors("attestation/21-2025-08-indefinite-map.cbor");
  if (!bytes) return;
  const Trust trust{.root_certificate = aws_root_certificate(), .time_s = std::nullopt};
  for (std::size_t size = 0; size < bytes->size(); ++size)
    CHECK_FALSE(verify_document(as_bytes(*bytes).first(size), trust).has_value());
}

}  // namespace
}  // namespace ben::attestation
