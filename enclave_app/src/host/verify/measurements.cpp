#include "verify/measurements.hpp"

#include "base/hex.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ben::verify {
namespace {

constexpr std::string_view hash_algorithm = "Sha384 { ... }";
constexpr StaticText bad_form =
    "measurements: not a JSON object of HashAlgorithm, PCR0, PCR1 and PCR2 (96 lower-case hex digits each)";

}  // namespace

Result<Measurements> parse_measurements(std::string_view text) {
  const auto parsed = json::parse(as_bytes(text));
  if (!parsed) return Error{ErrorCode::malformed, "verify-measurements", bad_form};
  json::ObjectReader outer(*parsed);
  const bool nested = outer.has("Measurements");
  const json::Value& value = nested ? outer.value("Measurements") : *parsed;
  if (nested) {
    const auto finished = outer.finish("verify-measurements", bad_form);
    if (!finished) return finished.error();
  }

  json::ObjectReader reader(value);
  if (reader.text("HashAlgorithm", 32) != hash_algorithm) reader.fail("HashAlgorithm");
  const Measurements measurements{
      .pcr0 = reader.hex<48>("PCR0"), .pcr1 = reader.hex<48>("PCR1"), .pcr2 = reader.hex<48>("PCR2")};
  if (reader.has("PCR8")) (void)reader.hex<48>("PCR8");  // of a signed image; proves nothing about its code
  const auto finished = reader.finish("verify-measurements", bad_form);
  if (!finished) return finished.error();
  return measurements;
}

std::string encode_measurements(const Measurements& measurements) {
  return json::ObjectWriter()
      .text("HashAlgorithm", hash_algorithm)
      .text("PCR0", encode_hex(measurements.pcr0))
      .text("PCR1", encode_hex(measurements.pcr1))
      .text("PCR2", encode_hex(measurements.pcr2))
      .finish();
}

}  // namespace ben::verify
