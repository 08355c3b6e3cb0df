// The maps that a PSBT of any version is made of (BIP 174), before anybody asks what their fields mean.
#pragma once

#include <vector>

#include "bitcoin/psbt.hpp"

namespace ben::psbt {

using Map = std::vector<bitcoin::PsbtField>;  // views into the PSBT's bytes

struct Maps {
  Map global;
  std::vector<Map> inputs;
  std::vector<Map> outputs;
};

// The value of the field whose key is `type` alone, or nothing.
[[nodiscard]] const ByteView* find_value(const Map& map, std::uint8_t type) noexcept;

// A PSBT of version 2, whose global map says how many others follow. `bytes` has to outlive the result. Fails
// with `malformed`: psbt-limit (bytes, inputs, outputs, fields), psbt-magic, psbt-form (cut, trailing bytes,
// a size not of the shortest form), psbt-duplicate-key, psbt-version (not version 2), psbt-missing (the
// counts).
Result<Maps> parse_version_2_maps(ByteView bytes);

[[nodiscard]] Bytes encode_maps(const Maps& maps);

}  // namespace ben::psbt
