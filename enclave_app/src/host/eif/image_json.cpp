#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "eif/image.hpp"

namespace ben::eif {
namespace {

using Json = nlohmann::ordered_json;

constexpr int indent = 2;

Json to_json(const Measurements& measurements) {
  Json object{{"HashAlgorithm", "Sha384 { ... }"},
              {"PCR0", encode_hex(measurements.pcr0)},
              {"PCR1", encode_hex(measurements.pcr1)},
              {"PCR2", encode_hex(measurements.pcr2)}};
  if (measurements.pcr8) object["PCR8"] = encode_hex(*measurements.pcr8);
  return object;
}

std::string to_colon_hex(ByteView bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text.push_back(':');
    text.push_back(digits[byte >> 4U]);
    text.push_back(digits[byte & 0xfU]);
  }
  return text;
}

Json to_json(const SigningCertificate& certificate) {
  Json issuer = Json::object();
  for (const auto& [name, value] : certificate.issuer) issuer[name] = value;
  return {{"IssuerName", issuer},
          {"Algorithm", certificate.algorithm},
          {"NotBefore", certificate.not_before},
          {"NotAfter", certificate.not_after},
          {"Signature", to_colon_hex(certificate.signature)}};
}

// Custom metadata stand beside the other fields, whose names they cannot take.
Json to_json(const Metadata& metadata) {
  Json object{{"BuildTime", metadata.build_time},
              {"BuildTool", metadata.build_tool},
              {"BuildToolVersion", metadata.build_tool_version},
              {"OperatingSystem", metadata.operating_system},
              {"KernelVersion", metadata.kernel_version},
              {"DockerInfo", Json::parse(metadata.docker_info)}};
  const Json custom = Json::parse(metadata.custom_metadata);
  for (const auto& [key, value] : custom.items()) {
    if (!object.contains(key)) object[key] = value;
  }
  return object;
}

Json describe(const Metadata& metadata) {
  return {{"ImageName", metadata.image_name},
          {"ImageVersion", metadata.image_version},
          {"Metadata", to_json(metadata)}};
}

}  // namespace

std::string encode_measurements(const Measurements& measurements) {
  return Json{{"Measurements", to_json(measurements)}}.dump(indent);
}

std::string describe_metadata(const Metadata& metadata) { return describe(metadata).dump(indent); }

std::string encode_description(const Description& description) {
  Json object{{"EifVersion", 4}, {"Measurements", to_json(description.measurements)}};
  object["IsSigned"] = description.certificate.has_value();
  if (description.certificate) object["SigningCertificate"] = to_json(*description.certificate);
  object["CheckCRC"] = true;  // a description exists only of a file that passed
  if (description.certificate) object["SignatureCheck"] = true;
  object.update(describe(description.metadata));
  return object.dump(indent);
}

}  // namespace ben::eif
