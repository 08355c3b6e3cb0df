#include "attestation/verify.hpp"

#include "attestation/aws_root.hpp"
#include "base/base64.hpp"
#include "base/hex.hpp"
#include "cli/commands.hpp"
#include "cli/evidence_file.hpp"
#include "cli/files.hpp"
#include "cli/node.hpp"
#include "cli/stop.hpp"

namespace ben::cli {
namespace {

constexpr std::uint8_t cbor_array_of_four = 0x84;  // how every untagged COSE_Sign1 begins

std::string encode_pcrs(const attestation::Document& document) {
  json::ObjectWriter pcrs;
  for (const auto& [index, value] : document.pcrs) pcrs.text(std::to_string(index), encode_hex(value));
  return pcrs.finish();
}

void say_pcrs(const attestation::Document& document, Output& output) {
  output.json_fact("pcrs", encode_pcrs(document));
  constexpr Hash384 zero{};
  for (const auto& [index, value] : document.pcrs) {
    if (value == zero && index > 2) continue;
    const std::string number = std::to_string(index);
    output.line("PCR" + number + std::string(3 - number.size(), ' ') + encode_hex(value));
  }
}

std::optional<std::string> hex_of(const std::optional<Bytes>& bytes) {
  if (!bytes) return std::nullopt;
  return encode_hex(*bytes);
}

int say_refusal(attestation::Refusal refusal, Output& output) {
  const Error error = attestation::to_error(refusal);
  output.yes_or_no("authentic", false).fact("tag", error.tag.view()).fact("reason", error.reason.view());
  return exit_no;
}

}  // namespace

Bytes read_document_file(const std::string& path) {
  Bytes bytes = read_file(path);
  std::string_view text = as_text(bytes);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  // Base64 of a document begins with 'h': both forms are told by their first byte.
  if (bytes.empty() || bytes.front() == cbor_array_of_four || !text.starts_with("h")) return bytes;
  auto decoded = parse_base64(text);
  return decoded ? *std::move(decoded) : bytes;
}

int inspect_attestation(const InspectOptions& options, Output& output) {
  const Bytes bytes = read_document_file(options.document);
  const Bytes root =
      options.root.empty() ? to_bytes(attestation::aws_root_certificate()) : read_root_file(options.root);
  const auto document = attestation::verify_document(
      bytes, {.root_certificate = root, .time_s = parse_time(options.at).time_s});
  const bool test_root = !equal(root, attestation::aws_root_certificate());
  output.json_fact("test_root", test_root ? "true" : "false");
  if (test_root) output.line("UNTRUSTED TEST ROOT: proves nothing about real hardware");
  if (!document) return say_refusal(document.error(), output);

  output.yes_or_no("authentic", true);
  output.fact("module_id", document->module_id);
  output.fact("timestamp_ms", static_cast<std::int64_t>(document->timestamp_ms));
  output.yes_or_no("debug", document->is_debug);
  output.fact_or_none("nonce", hex_of(document->nonce));
  output.fact_or_none("user_data", hex_of(document->user_data));
  output.fact_or_none("public_key", hex_of(document->public_key));
  say_pcrs(*document, output);
  output.line("authentic says who signed, not what runs: benctl verify compares it with your pins");
  return exit_yes;
}

}  // namespace ben::cli
