#include "kms/fault.hpp"

#include <charconv>
#include <optional>

namespace ben::emulator {
namespace {

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  unsigned number = 0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  const auto [stop, fault] = std::from_chars(begin, end, number);
  if (fault != std::errc{} || stop != end || number > most) return std::nullopt;
  return number;
}

}  // namespace

Result<Fault> parse_fault(std::string_view text) {
  constexpr Error bad_fault{ErrorCode::malformed, "kms-fault",
                            "kms: a fault is none, slow:MS, cut, error:NAME, forged, replayed, plaintext, "
                            "algorithm:oaep-sha1 or algorithm:aes-128, and @N behind it for N requests"};
  constexpr unsigned requests_max = 1'000'000;
  constexpr unsigned delay_ms_max = 600'000;
  Fault fault;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    const auto requests = parse_number(text.substr(at + 1), requests_max);
    if (!requests || *requests == 0) return bad_fault;
    fault.requests_left = *requests;
    text = text.substr(0, at);
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view name = text.substr(0, colon);
  const std::string_view value = text.substr(std::min(colon + 1, text.size()));

  if (name == "slow") {
    const auto delay = parse_number(value, delay_ms_max);
    if (!delay) return bad_fault;
    fault.kind = FaultKind::slow;
    fault.delay = std::chrono::milliseconds(*delay);
    return fault;
  }
  if (name == "error") {
    if (value.empty()) return bad_fault;
    fault.kind = FaultKind::error;
    fault.error_type = value;
    return fault;
  }
  if (name == "algorithm") {
    if (value != "oaep-sha1" && value != "aes-128") return bad_fault;
    fault.kind = FaultKind::algorithm;
    fault.algorithm = value == "aes-128" ? EnvelopeAlgorithm::aes_128 : EnvelopeAlgorithm::oaep_sha1;
    return fault;
  }
  if (colon != text.size()) return bad_fault;
  if (name == "none") return fault;
  if (name == "cut") {
    fault.kind = FaultKind::cut;
  } else if (name == "forged") {
    fault.kind = FaultKind::forged;
  } else if (name == "replayed") {
    fault.kind = FaultKind::replayed;
  } else if (name == "plaintext") {
    fault.kind = FaultKind::plaintext;
  } else {
    return bad_fault;
  }
  return fault;
}

}  // namespace ben::emulator
