// One bit of an image is flipped, everywhere: the image is refused, or a measurement moves, or the place is
// one that no measurement covers, and those are named here and in docs/eif.md.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "eif/crc32.hpp"
#include "eif/image.hpp"
#include "folder.hpp"
#include "host/eif/image_bytes.hpp"
#include "host/eif/signer.hpp"

namespace ben::eif {
namespace {

constexpr std::size_t header_size = 548;
constexpr std::size_t crc_at = 544;
constexpr std::size_t seeded_places = 12'000;

struct Place {
  std::string name;
  std::size_t begin;
  std::size_t end;
  std::size_t silent = 0;  // flips that nothing showed
};

Bytes noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes make_image(const test::Signer& signer) {
  const test::Folder folder;
  BuildOptions options{.kernel = noise(600, 1),
                       .cmdline = "reboot=k panic=30 console=ttyS0",
                       .ramdisks = {noise(400, 2), noise(500, 3), noise(100, 4)},
                       .metadata = {},
                       .signer = signer.identity(),
                       .output = folder / "image.eif"};
  options.metadata.image_name = "flipped";
  options.metadata.docker_info = R"({"a":[1,2,{"b":"text"}]})";
  REQUIRE(build_eif(options).has_value());
  return test::read_file(folder / "image.eif");
}

// As an attacker would: the checksum is nobody's secret.
void correct_checksum(Bytes& image) {
  const std::uint32_t crc =
      Crc32().update(ByteView(image).first(crc_at)).update(ByteView(image).subspan(header_size)).value();
  for (std::size_t i = 0; i < 4; ++i) image[crc_at + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
}

// All that no measurement covers and no rule fixes.
std::vector<Place> uncovered_places(const Description& description, const test::Signer& signer) {
  const auto find = [&](SectionType type) {
    return *std::ranges::find(description.sections, type, &Section::type);
  };
  const Section metadata = find(SectionType::metadata);
  const Section signature = find(SectionType::signature);
  // The certificate's text has one byte of CBOR for each of its own below 24, which are its line ends, else
  // two.
  std::size_t text_bytes = 0;
  for (const char letter : signer.pem) text_bytes += letter < 24 ? 1 : 2;
  constexpr std::size_t heads = 1 + 1 + 20 + 3;  // array, map, "signing_certificate", array of 256 and more
  return {{"default memory", 8, 16},
          {"default CPUs", 16, 24},
          {"metadata", metadata.offset, metadata.offset + metadata.bytes},
          {"the line end after the certificate's PEM text", signature.offset + heads + text_bytes - 1,
           signature.offset + heads + text_bytes}};
}

class Flipper {
 public:
  Flipper() {
    const auto description = describe_eif(MemoryInput(good_));
    REQUIRE(description.has_value());
    measurements_ = description->measurements;
    places_ = uncovered_places(*description, signer_);
  }

  [[nodiscard]] std::size_t size() const noexcept { return good_.size(); }
  [[nodiscard]] const std::vector<Place>& places() const noexcept { return places_; }

  void flip(std::size_t at, unsigned bit) {
    CAPTURE(at);
    CAPTURE(bit);
    Bytes image = good_;
    image[at] = static_cast<std::uint8_t>(image[at] ^ (1U << bit));
    CHECK_FALSE(describe_eif(MemoryInput(image)).has_value());  // the checksum, if nothing else

    if (at >= crc_at && at < header_size) return;
    correct_checksum(image);
    const auto description = describe_eif(MemoryInput(image));
    if (!description || description->measurements != measurements_) return;
    const auto place =
        std::ranges::find_if(places_, [at](const Place& p) { return at >= p.begin && at < p.end; });
    REQUIRE_MESSAGE(place != places_.end(), "a flip that nothing shows, at a place that has no name");
    ++place->silent;
  }

 private:
  test::Signer signer_{"P-256"};
  Bytes good_ = make_image(signer_);
  Measurements measurements_;
  std::vector<Place> places_;
};

TEST_CASE("no bit of an image can be flipped silently, but in places that no measurement covers") {
  Flipper flipper;
  for (std::size_t at = 0; at < header_size; ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) flipper.flip(at, bit);
  }
  std::mt19937 random(20261122);
  for (std::size_t i = 0; i < seeded_places; ++i) flipper.flip(random() % flipper.size(), random() % 8);

  const std::size_t last = flipper.places().back().begin;  // one byte, which the seed may miss
  for (unsigned bit = 0; bit < 8; ++bit) flipper.flip(last, bit);
  for (const Place& place : flipper.places()) {
    MESSAGE(place.name << ": " << place.silent << " flips that nothing shows");
    CHECK(place.silent > 0);  // or it would not belong on the list
  }
}

}  // namespace
}  // namespace ben::eif
