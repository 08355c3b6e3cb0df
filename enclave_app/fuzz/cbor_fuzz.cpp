// For any input: what the CBOR reader passes over as one item, typed reads can walk, and what is walked is
// never more than the input holds.
#include <cstdint>

#include "cbor/reader.hpp"
#include "require.hpp"

namespace {

// Reads one item with typed reads, without recursion; false when it is not read to its end.
bool walk(ben::cbor::Reader& reader) {
  std::size_t open = 0;
  do {
    const auto kind = ben::cbor::Reader(reader).head().kind;
    if (kind == ben::cbor::Kind::array || kind == ben::cbor::Kind::map) {
      kind == ben::cbor::Kind::array ? reader.open_array() : reader.open_map();
      if (!reader.failed()) ++open;
    } else {
      reader.skip();
    }
    while (open > 0 && !reader.failed() && !reader.more()) --open;
    require(open <= ben::cbor::depth_max);
  } while (open > 0 && !reader.failed());
  return !reader.failed();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ben::ByteView input(data, size);
  ben::cbor::Reader skipping(input);
  skipping.skip();
  const bool skipped = skipping.finish("fuzz-skip", "not one item").has_value();

  ben::cbor::Reader walking(input);
  const bool walked = walk(walking) && walking.finish("fuzz-walk", "not one item").has_value();
  require(skipped == walked);

  ben::cbor::Reader text(input);
  require(text.text().size() <= size);
  ben::cbor::Reader bytes(input);
  require(bytes.bytes().size() <= size);
  return 0;
}
