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

// Stops a parse where a key comes twice in its object, a nesting is too deep or, where asked, a number is no
// 64-bit integer. Builds nothing: the parser that filters what it builds looks through a list again after
// each of its items.
class StrictForm final : public nlohmann::json_sax<Json> {
 public:
  explicit StrictForm(Floats floats) noexcept : floats_(floats) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return floats_ == Floats::accepted; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(); }
  bool key(string_t& name) override { return open_.back().insert(name).second; }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override { return false; }

 private:
  bool open() {
    open_.emplace_back();
    return open_.size() <= depth_max;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Floats floats_;
  std::vector<std::set<std::string>> open_;  // the keys of each open container
};

std::optional<Json> parse_strict(std::string_view text, Floats floats) {
  StrictForm form(floats);
  if (!Json::sax_parse(text, &form)) return std::nullopt;
  return Json::parse(text, nullptr, false);
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
