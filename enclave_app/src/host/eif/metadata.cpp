#include "eif/metadata.hpp"

#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace ben::eif {
namespace {

using Json = nlohmann::json;

constexpr std::size_t depth_max = 16;

constexpr Error not_json{ErrorCode::malformed, "eif-metadata",
                         "metadata: want UTF-8 JSON without a key twice, nested at most 16 deep"};
constexpr Error wrong_shape{ErrorCode::malformed, "eif-metadata",
                            "metadata: a field is missing, unknown or of a wrong type"};
constexpr Error bad_value{ErrorCode::malformed, "eif-metadata",
                          "metadata: texts have to be UTF-8, free values JSON with integers only"};
constexpr Error bad_custom{ErrorCode::malformed, "eif-metadata",
                           "metadata: custom metadata has to be null or an object of at most 4096 bytes"};

enum class Floats : bool { refused, accepted };

// Nothing when a key comes twice in its object, a nesting is too deep or, where asked, a number is no 64-bit
// integer.
std::optional<Json> parse_strict(std::string_view text, Floats floats) {
  bool is_strict = true;
  std::vector<std::set<std::string>> open;  // the keys of each open container
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        open.emplace_back();
        is_strict = is_strict && open.size() <= depth_max;
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        open.pop_back();
        break;
      case Json::parse_event_t::key:
        is_strict = is_strict && open.back().insert(parsed.get<std::string>()).second;
        break;
      case Json::parse_event_t::value:
        is_strict = is_strict && (floats == Floats::accepted || !parsed.is_number_float());
        break;
    }
    return true;
  };
  Json root = Json::parse(text, watch, false);
  if (!is_strict || root.is_discarded()) return std::nullopt;
  return root;
}

struct TextField {
  const char* name;
  std::string Metadata::* field;
};
constexpr std::array build_fields{TextField{"BuildTime", &Metadata::build_time},
                                  TextField{"BuildTool", &Metadata::build_tool},
                                  TextField{"BuildToolVersion", &Metadata::build_tool_version},
                                  TextField{"OperatingSystem", &Metadata::operating_system},
                                  TextField{"KernelVersion", &Metadata::kernel_version}};
constexpr std::array image_fields{TextField{"ImageName", &Metadata::image_name},
                                  TextField{"ImageVersion", &Metadata::image_version}};
constexpr const char* build_key = "BuildMetadata";
constexpr const char* docker_key = "DockerInfo";
constexpr const char* custom_key = "CustomMetadata";

template <std::size_t N>
bool take_texts(const Json& object, const std::array<TextField, N>& fields, Metadata& metadata) {
  for (const TextField& field : fields) {
    const auto found = object.find(field.name);
    if (found == object.end() || !found->is_string()) return false;
    metadata.*field.field = found->get<std::string>();
  }
  return true;
}

template <std::size_t N>
nlohmann::ordered_json to_object(const std::array<TextField, N>& fields, const Metadata& metadata) {
  nlohmann::ordered_json object;
  for (const TextField& field : fields) object[field.name] = metadata.*field.field;
  return object;
}

}  // namespace

Result<Bytes> encode_metadata(const Metadata& metadata) {
  const auto docker = parse_strict(metadata.docker_info, Floats::refused);
  const auto custom = parse_strict(metadata.custom_metadata, Floats::refused);
  if (!docker || !custom) return bad_value;
  if (metadata.custom_metadata.size() > custom_metadata_bytes_max) return bad_custom;
  if (!custom->is_null() && !custom->is_object()) return bad_custom;

  auto object = to_object(image_fields, metadata);
  object[build_key] = to_object(build_fields, metadata);
  object[docker_key] = *docker;
  object[custom_key] = *custom;
  try {
    return to_bytes(as_bytes(object.dump()));
  } catch (const Json::exception&) {
    return bad_value;
  }
}

Result<Metadata> parse_metadata(ByteView section) {
  if (section.size() > metadata_bytes_max) return not_json;
  const auto root = parse_strict(as_text(section), Floats::accepted);
  if (!root) return not_json;
  if (!root->is_object() || root->size() != image_fields.size() + 3) return wrong_shape;
  const auto build = root->find(build_key);
  const auto docker = root->find(docker_key);
  const auto custom = root->find(custom_key);
  if (build == root->end() || docker == root->end() || custom == root->end()) return wrong_shape;
  if (!build->is_object() || build->size() != build_fields.size()) return wrong_shape;
  if (!custom->is_object() && !custom->is_null()) return wrong_shape;

  Metadata metadata;
  if (!take_texts(*root, image_fields, metadata)) return wrong_shape;
  if (!take_texts(*build, build_fields, metadata)) return wrong_shape;
  metadata.docker_info = docker->dump();
  metadata.custom_metadata = custom->dump();
  return metadata;
}

std::vector<std::string> changed_fields(const Metadata& a, const Metadata& b) {
  constexpr std::array free_fields{TextField{docker_key, &Metadata::docker_info},
                                   TextField{custom_key, &Metadata::custom_metadata}};
  std::vector<std::string> names;
  const auto compare = [&](const auto& fields) {
    for (const TextField& field : fields) {
      if (a.*field.field != b.*field.field) names.emplace_back(field.name);
    }
  };
  compare(image_fields);
  compare(build_fields);
  compare(free_fields);
  return names;
}

}  // namespace ben::eif
