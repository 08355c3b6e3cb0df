#include "eif/image.hpp"

#include <unistd.h>

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "eif/crc32.hpp"
#include "folder.hpp"
#include "host/eif/image_bytes.hpp"
#include "host/eif/signer.hpp"

namespace ben::eif {
namespace {

using test::read_file;
using test::text_bytes;

const std::string samples = EIF_SAMPLES;

struct Folder : ben::test::Folder {
  [[nodiscard]] std::size_t file_count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path()), {}));
  }
};

// The inputs of samples/.
BuildOptions sample_options(std::size_t ramdisk_count, const std::filesystem::path& output) {
  const std::vector<Source> ramdisks{text_bytes("the first ramdisk"), text_bytes("the second ramdisk"),
                                     text_bytes("the third")};
  BuildOptions options{.kernel = text_bytes("a kernel"),
                       .cmdline = "reboot=k panic=30 console=ttyS0",
                       .ramdisks = {ramdisks.begin(), ramdisks.begin() + static_cast<long>(ramdisk_count)},
                       .metadata = {},
                       .output = output};
  options.metadata.image_name = "sample";
  options.metadata.image_version = "sample";
  options.metadata.build_tool = "eif_build";
  options.metadata.build_tool_version = "0.2.1";
  options.metadata.kernel_version = "6.12.117";
  return options;
}

constexpr std::string_view custom_metadata =
    R"({"zebra": 1, "alpha": {"b": [1, -2, 18446744073709551615], )"
    R"("a": "slash / quote \" tab \t unit \u001f del \u007f é \u2028"}, "empty": {}})";

TEST_CASE("the checksum of \"123456789\" is the published one, and pieces do not matter") {
  CHECK(Crc32().update(as_bytes("123456789")).value() == 0xcbf43926);
  CHECK(Crc32().update(as_bytes("1234")).update(as_bytes("56789")).value() == 0xcbf43926);
  const Bytes bytes = read_file(samples + "/unsigned.eif");
  CHECK(Crc32().update(bytes).value() == ~test::bitwise_crc32(bytes, 0xffffffff));
}

TEST_CASE("an image is byte for byte what AWS's builder writes, metadata sorted and escaped as there") {
  const Folder folder;
  auto options = sample_options(3, folder / "three.eif");
  options.metadata.custom_metadata = custom_metadata;
  const auto three = build_eif(options);
  REQUIRE(three.has_value());
  CHECK(read_file(folder / "three.eif") == read_file(samples + "/unsigned.eif"));
  CHECK(encode_hex(three->pcr0) ==
        "cbedcfb5b87b3e1e12c92b7a18d4c7959ea7197fe23dfe7a34686578fa7d48b5e86773597fd57c1bcf310e2914f0530c");
  CHECK(encode_hex(three->pcr1) ==
        "7db58c0efa334c73c0e926dcc350250efefe09b1222b7f2dc57b25f3952e83f5c825b10e4582986f9770d57956d81d43");
  CHECK(encode_hex(three->pcr2) ==
        "aa62564d851107132d0cff006bc552e42a133fb44f74ddc14fcab410b4ada66366dab9d1b6972cfeb67590d755641736");
  CHECK_FALSE(three->pcr8.has_value());

  const auto one = build_eif(sample_options(1, folder / "one.eif"));
  REQUIRE(one.has_value());
  CHECK(read_file(folder / "one.eif") == read_file(samples + "/one_ramdisk.eif"));
  CHECK(one->pcr0 == one->pcr1);
  CHECK(encode_hex(one->pcr2) ==
        "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a");
  CHECK(folder.file_count() == 2);
}

TEST_CASE("inputs from files, larger than a piece, measure as they do by description") {
  const Folder folder;
  for (const auto& [name, bytes] : {std::pair{"kernel", 3'000'001}, {"r0", 2'500'000}, {"r1", 1'048'576}}) {
    std::ofstream(folder / name) << std::string(static_cast<std::size_t>(bytes), *name);
  }
  auto options = sample_options(1, folder / "large.eif");
  options.kernel = folder / "kernel";
  options.ramdisks = {folder / "r0", folder / "r1"};
  const auto built = build_eif(options);
  REQUIRE(built.has_value());
  const auto measured = measure_eif(folder / "large.eif");
  REQUIRE(measured.has_value());
  CHECK(*measured == *built);

  // The measurements over again, from their definition.
  const std::string start = std::string(3'000'001, 'k') + options.cmdline + std::string(2'500'000, 'r');
  const std::string end(1'048'576, 'r');
  const auto pcr = [](std::initializer_list<ByteView> content) {
    return sha384({Hash384{}, sha384({content})});
  };
  CHECK(built->pcr0 == pcr({as_bytes(start), as_bytes(end)}));
  CHECK(built->pcr1 == pcr({as_bytes(start)}));
  CHECK(built->pcr2 == pcr({as_bytes(end)}));
}

TEST_CASE("a build that fails says why and leaves nothing behind, nor touches what was there") {
  const Folder folder;
  std::ofstream(folder / "out.eif") << "old";
  const auto fails = [&](std::string_view tag, const auto& change) {
    auto options = sample_options(1, folder / "out.eif");
    change(options);
    const auto built = build_eif(options);
    REQUIRE_FALSE(built.has_value());
    CHECK(built.error().tag.view() == tag);
    CHECK(folder.file_count() == 1);
    CHECK(read_file(folder / "out.eif") == text_bytes("old"));
  };
  fails("eif-file", [&](BuildOptions& options) { options.kernel = folder / "absent"; });
  fails("eif-file", [&](BuildOptions& options) { options.ramdisks = {folder / ""}; });
  fails("eif-ramdisks", [](BuildOptions& options) { options.ramdisks = {}; });
  fails("eif-ramdisks", [](BuildOptions& options) { options.ramdisks.resize(30, Bytes{}); });
  fails("eif-cmdline", [](BuildOptions& options) { options.cmdline.push_back('\0'); });
  fails("eif-cmdline", [](BuildOptions& options) { options.cmdline = std::string(2048, 'a'); });
  fails("eif-metadata", [](BuildOptions& options) { options.metadata.image_name = "\xff"; });
  fails("eif-metadata", [](BuildOptions& options) { options.metadata.custom_metadata = "[1]"; });
  fails("eif-output", [&](BuildOptions& options) { options.output = folder / "absent/out.eif"; });
}

TEST_CASE("29 ramdisks fit") {
  const Folder folder;
  auto options = sample_options(1, folder / "out.eif");
  options.ramdisks.resize(29, text_bytes("more"));
  REQUIRE(build_eif(options).has_value());
  const auto description = describe_eif(folder / "out.eif");
  REQUIRE(description.has_value());
  CHECK(description->sections.size() == 32);
}

TEST_CASE("a description holds what the file does, in nitro-cli's words") {
  const auto description = describe_eif(samples + "/unsigned.eif");
  REQUIRE(description.has_value());
  CHECK(description->cmdline == "reboot=k panic=30 console=ttyS0");
  CHECK(description->sections.size() == 6);
  CHECK(description->file_bytes == 1066);
  const auto json = nlohmann::ordered_json::parse(encode_description(*description));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"EifVersion", "Measurements", "IsSigned", "CheckCRC", "ImageName",
                                         "ImageVersion", "Metadata"});
  CHECK(json["EifVersion"] == 4);
  CHECK(json["IsSigned"] == false);
  CHECK(json["CheckCRC"] == true);
  CHECK(json["Measurements"]["HashAlgorithm"] == "Sha384 { ... }");
  CHECK(json["Measurements"]["PCR0"] == encode_hex(description->measurements.pcr0));
  CHECK_FALSE(json["Measurements"].contains("PCR8"));
  CHECK(json["Metadata"]["KernelVersion"] == "6.12.117");
  CHECK(json["Metadata"]["DockerInfo"].is_null());
  CHECK(json["Metadata"]["zebra"] == 1);  // custom metadata stand beside the others
  CHECK(encode_measurements(description->measurements).starts_with("{\n  \"Measurements\": {\n    \"Hash"));
}

TEST_CASE("images signed by AWS's builder verify, for each curve, and have PCR8") {
  const std::pair<const char*, const char*> expected[] = {
      {"p256",
       "e7d56fe48feb37056ac6344446fa8877468b5dbf03618029e21cf124d6845acc548cfe74672df0daa3d5e567c8e865cf"},
      {"p384",
       "39439a6413c10885224aaac2f3ae6a7668a09c6e85b2a3a50f529417355cea4fce67facdf6558427229e794c3fe5f9ef"},
      {"p521",
       "2b7c93d7bdf3e1823007b2aa7ae00ff3cbc4831f2d8bfbec43ae9a6e8932af559859b34f553fcdb0cc9b7a8c2710bd05"}};
  for (const auto& [curve, pcr8] : expected) {
    CAPTURE(curve);
    const auto description = describe_eif(samples + "/signed_" + curve + ".eif");
    REQUIRE(description.has_value());
    REQUIRE(description->measurements.pcr8.has_value());
    CHECK(encode_hex(*description->measurements.pcr8) == pcr8);
    const auto json = nlohmann::json::parse(encode_description(*description));
    CHECK(json["IsSigned"] == true);
    CHECK(json["SignatureCheck"] == true);
    CHECK(json["Measurements"]["PCR8"] == pcr8);
    CHECK(json["SigningCertificate"]["IssuerName"]["commonName"] == "test signer");
    CHECK(json["SigningCertificate"]["Algorithm"] == "ecdsa-with-SHA384");
    CHECK(json["SigningCertificate"]["NotBefore"].get<std::string>().ends_with(" 2026 GMT"));
    CHECK(json["SigningCertificate"]["Signature"].get<std::string>().starts_with("30:"));
    CHECK(description->certificate->not_after_s > description->certificate->not_before_s);
  }
}

TEST_CASE("a file that is not there, or is a folder, cannot be described") {
  for (const char* path : {"/nonexistent/image.eif", "/"}) {
    const auto measured = measure_eif(path);
    REQUIRE_FALSE(measured.has_value());
    CHECK(measured.error().code == ErrorCode::unavailable);
    CHECK(measured.error().tag.view() == "eif-file");
  }
}

TEST_CASE("a signed image is the unsigned one with a section more, whose certificate is PCR8") {
  const Folder folder;
  const test::Signer signer;
  auto options = sample_options(2, folder / "unsigned.eif");
  REQUIRE(build_eif(options).has_value());
  options.output = folder / "signed.eif";
  options.signer = signer.identity();
  const auto built = build_eif(options);
  REQUIRE(built.has_value());
  CHECK(built->pcr8 ==
        sha384({Hash384{}, sha384({ByteView(openssl::to_der<i2d_X509>(signer.certificate.get()))})}));
  const auto description = describe_eif(folder / "signed.eif");
  REQUIRE(description.has_value());
  CHECK(description->measurements == *built);
  CHECK(description->sections.back().type == SectionType::signature);

  const Bytes without = read_file(folder / "unsigned.eif");
  const Bytes with = read_file(folder / "signed.eif");
  CHECK(equal(ByteView(with).subspan(548, without.size() - 548), ByteView(without).subspan(548)));

  // Signing what is there, or signing it again by a longer key, is the same as building it so.
  const auto signs = [&](const std::filesystem::path& from, const test::Signer& by) {
    const auto file = FileInput::open(from);
    REQUIRE(file.has_value());
    const auto described = describe_eif(**file);
    REQUIRE(described.has_value());
    const auto signed_again = sign_eif(**file, *described, by.identity(), folder / "again.eif");
    REQUIRE(signed_again.has_value());
    const auto again = describe_eif(folder / "again.eif");
    REQUIRE(again.has_value());
    CHECK(again->measurements == *signed_again);
    CHECK(again->measurements.pcr0 == built->pcr0);
    CHECK(again->sections.size() == 6);
    return signed_again->pcr8;
  };
  CHECK(signs(folder / "unsigned.eif", signer) == built->pcr8);
  CHECK(signs(folder / "signed.eif", test::Signer("P-521")) != built->pcr8);
}

TEST_CASE("a signature that cannot be made leaves no image") {
  const Folder folder;
  auto options = sample_options(1, folder / "out.eif");
  options.signer = test::Signer().identity();
  options.signer->key = test::Signer().identity().key;
  const auto built = build_eif(options);
  REQUIRE_FALSE(built.has_value());
  CHECK(built.error().tag.view() == "eif-signing-key");
  options.signer = test::Signer().identity();
  options.ramdisks.resize(29, Bytes{});
  const auto too_many = build_eif(options);
  REQUIRE_FALSE(too_many.has_value());
  CHECK(too_many.error().tag.view() == "eif-ramdisks");
  CHECK(folder.file_count() == 0);
  options.ramdisks.resize(28);
  CHECK(build_eif(options).has_value());
}

TEST_CASE("an image for aarch64 differs by one bit that nothing measures, so a reader has to ask for it") {
  const Folder folder;
  auto options = sample_options(2, folder / "x86_64.eif");
  const auto other = build_eif(options);
  options.architecture = Architecture::aarch64;
  options.output = folder / "aarch64.eif";
  const auto built = build_eif(options);
  REQUIRE((built.has_value() && other.has_value()));
  CHECK(*built == *other);
  CHECK(read_file(folder / "aarch64.eif")[7] == 1);
  CHECK(measure_eif(folder / "aarch64.eif", nullptr, Architecture::aarch64).has_value());
  std::uint64_t failed_at = 0;
  const auto refused = measure_eif(folder / "aarch64.eif", &failed_at);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().tag.view() == "eif-architecture");
  CHECK(failed_at == 6);
}

TEST_CASE("what is extracted builds the same image again") {
  const Folder folder;
  auto options = sample_options(2, folder / "image.eif");
  options.metadata.custom_metadata = custom_metadata;
  Manifest manifest;
  manifest.packing = Packing::gzip;
  manifest.entries.push_back({.path = "init", .permissions = 0755, .source = text_bytes("program")});
  REQUIRE(write_cpio(manifest, folder / "ramdisk").has_value());
  options.ramdisks.push_back(folder / "ramdisk");
  REQUIRE(build_eif(options).has_value());
  const auto file = FileInput::open(folder / "image.eif");
  REQUIRE(file.has_value());
  const auto description = describe_eif(**file);
  REQUIRE(description.has_value());
  REQUIRE(extract_eif(**file, *description, folder / "out").has_value());

  CHECK(read_file(folder / "out/kernel") == text_bytes("a kernel"));
  CHECK(as_text(read_file(folder / "out/metadata.json")).starts_with("{\"ImageName\""));
  CHECK(read_file(folder / "out/ramdisk2.files/init") == text_bytes("program"));
  CHECK_FALSE(std::filesystem::exists(folder / "out/ramdisk0.files"));  // is no archive of ours
  BuildOptions again{.kernel = folder / "out/kernel",
                     .cmdline = std::string(as_text(read_file(folder / "out/cmdline"))),
                     .ramdisks = {folder / "out/ramdisk0", folder / "out/ramdisk1", folder / "out/ramdisk2"},
                     .metadata = description->metadata,
                     .signer = std::nullopt,
                     .output = folder / "again.eif"};
  REQUIRE(build_eif(again).has_value());
  CHECK(read_file(folder / "again.eif") == read_file(folder / "image.eif"));

  const auto there = extract_eif(**file, *description, folder / "out");
  REQUIRE_FALSE(there.has_value());
  CHECK(there.error().tag.view() == "eif-output");
  CHECK(folder.file_count() == 4);  // the two images, the ramdisk, the folder
}

TEST_CASE("checksums of two parts give that of the whole") {
  const Bytes bytes = read_file(samples + "/unsigned.eif");
  for (const std::size_t split :
       {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{548}, bytes.size()}) {
    const Crc32 first = Crc32().update(ByteView(bytes).first(split));
    const Crc32 second = Crc32().update(ByteView(bytes).subspan(split));
    CHECK(first.value_followed_by(second, bytes.size() - split) == Crc32().update(bytes).value());
  }
}

TEST_CASE("a checksum is the same by bits, for every length and alignment, and nothing added changes none") {
  Bytes bytes(300);
  std::uint8_t value = 1;
  for (std::uint8_t& byte : bytes) byte = value = static_cast<std::uint8_t>(value * 29 + 7);
  for (std::size_t begin = 0; begin < 17; ++begin) {
    for (std::size_t size = 0; begin + size <= bytes.size(); ++size) {
      const ByteView view = ByteView(bytes).subspan(begin, size);
      REQUIRE(Crc32().update(view).update({}).value() == ~test::bitwise_crc32(view, 0xffffffff));
    }
  }
}

}  // namespace
}  // namespace ben::eif
