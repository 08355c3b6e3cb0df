// Whatever a sealed seed is, it is refused, or its parts are the whole of it; without KMS it does not open.
#include <cstdlib>

#include "sealing/sealed_seed.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ben;
  const ByteView input(data, size);
  const auto sealed = parse_sealed_seed(input);
  if (!sealed) return 0;
  const std::size_t wrapped = sealed->wrapped_data_key.size();
  if (size != 296 + wrapped || sealed->aad.size() + sealed->ciphertext.size() != size) std::abort();
  if (!equal(sealed->wrapped_data_key, input.subspan(216, wrapped))) std::abort();
  if (!equal(sealed->salt, input.subspan(216 + wrapped, 32))) std::abort();
  if (!equal(sealed->header.config_hash, input.subspan(38, 32))) std::abort();
  if (open_sealed_seed(*sealed, WrapPayload()).has_value()) std::abort();
  return 0;
}
