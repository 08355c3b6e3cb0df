// The vectors of BIPs on descriptors. Private keys are refused, so those of the vectors are first made public
// here, as their wallet would.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "base/reader.hpp"
#include "bitcoin/encoding.hpp"
#include "core/bitcoin/bip_text.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "watch/derivation.hpp"
#include "watch/descriptor.hpp"

namespace ben::watch::test {

using namespace bitcoin;  // the layer under test speaks of its types
using bitcoin::test::code_of;
using bitcoin::test::lines_between;

struct DescriptorFixture {
  Curve curve{bitcoin::test::fill_secret(1)};

  [[nodiscard]] std::string public_text(const PrivateKey& key, bool is_compressed) const {
    const PublicKey point = curve.public_key(key);
    std::array<std::uint8_t, 65> bytes{};
    std::size_t size = is_compressed ? 33 : 65;
    REQUIRE(secp256k1_ec_pubkey_serialize(
                secp256k1_context_static, bytes.data(), &size, &point.point,
                is_compressed ? SECP256K1_EC_COMPRESSED : SECP256K1_EC_UNCOMPRESSED) == 1);
    return encode_hex(ByteView(bytes).first(size));
  }

  [[nodiscard]] PrivateKey private_key(ByteView scalar) const {
    Secret<32> secret;
    std::ranges::copy(scalar, secret.expose_mutable().begin());
    return *curve.to_private_key(std::move(secret));
  }

  // An xprv with its path: what is hardened is derived, the rest stays for the reader.
  [[nodiscard]] std::string public_text(ByteView payload, std::string_view path, std::uint32_t index) const {
    Reader reader(payload.subspan(4));
    ExtendedPublicKey half{};
    half.depth = reader.u8();
    half.parent = to_array<4>(reader.take(4));
    half.child_number = reader.u32_be();
    half.chain_code = to_array<32>(reader.take(32));
    CHECK(reader.u8() == 0);
    ExtendedPrivateKey key{.key = private_key(reader.take(32)), .public_half = half};
    key.public_half.key = curve.public_key(key.key);
    while (path.find_first_of("'h") != std::string_view::npos) {
      path.remove_prefix(1);
      std::uint32_t step = index;  // of a '*'
      std::from_chars(path.begin(), path.end(), step);
      const std::size_t mark = path.find_first_of("/'h");
      const bool is_hardened = path[mark] != '/';
      key = *derive_child(curve, key, is_hardened ? step | hardened : step);
      path.remove_prefix(mark + (is_hardened ? 1 : 0));
    }
    return encode_xpub(Network::main, key.public_half) + std::string(path);
  }

  // The text with each private key of it as a public one that gives the same at `index`.
  [[nodiscard]] std::string neuter(std::string_view text, std::uint32_t index) const {
    std::string neutered;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of("(){},]"), text.size());
      const std::string_view base = text.substr(0, std::min(text.find('/'), end));
      const std::string_view path = text.substr(base.size(), end - base.size());
      const auto payload = parse_base58check(base);
      if (payload && base.starts_with("xprv")) {
        neutered += public_text(*payload, path, index);
      } else if (payload && !base.starts_with("xpub")) {
        neutered += public_text(private_key(ByteView(*payload).subspan(1, 32)), payload->size() == 34);
      } else {
        neutered += text.substr(0, end);
      }
      if (end < text.size()) neutered += text[end];
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return neutered;
  }

  struct Counts {
    int descriptors = 0, scripts = 0, with_private_keys = 0, invalid = 0;
    bool operator==(const Counts&) const = default;
  };

  void check_valid(const std::string& descriptor, Counts& counts) const {
    ++counts.descriptors;
    const auto parsed = parse_output_descriptor(curve, Network::main, descriptor);
    if (neuter(descriptor, 0) == descriptor) {
      CHECK(parsed.has_value());
    } else {
      ++counts.with_private_keys;
      REQUIRE_FALSE(parsed.has_value());
      CHECK(parsed.error().tag.view() == "key-expression-private");
    }
  }

  void check_script(const std::string& descriptor, std::uint32_t index, const std::string& script) const {
    CAPTURE(index);
    const auto parsed = parse_output_descriptor(curve, Network::main, neuter(descriptor, index));
    REQUIRE(parsed.has_value());
    CHECK(encode_hex(*derive_output_script(curve, *parsed, {.index = index})) == script);
  }

  void check_invalid(const std::string& descriptor) const {
    CHECK_FALSE(parse_output_descriptor(curve, Network::main, descriptor).has_value());
    const std::string text = neuter(descriptor, 0);
    CAPTURE(text);
    const auto parsed = parse_output_descriptor(curve, Network::main, text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == ErrorCode::malformed);
  }

  // All of a file of the form that BIP 381, 382, 383 and 386 share.
  [[nodiscard]] Counts check_file(const std::string& text) const {
    Counts counts;
    std::string descriptor;
    std::uint32_t index = 0;
    for (const std::string& line : lines_between(text, "Valid descriptors", "Invalid ")) {
      const auto code = code_of(line);
      if (code.empty()) continue;
      if (line.starts_with("* ")) {
        descriptor = code.at(0);
        index = 0;
      }
      CAPTURE(descriptor);
      if (line.starts_with("* ")) check_valid(descriptor, counts);
      if (!line.starts_with("** ")) continue;
      ++counts.scripts;
      check_script(descriptor, index++, code.at(0));
    }
    for (const std::string& line : lines_between(text, "\nInvalid ", "")) {
      const auto code = code_of(line);
      if (code.empty()) continue;
      ++counts.invalid;
      check_invalid(code.back());
    }
    return counts;
  }
};

}  // namespace ben::watch::test
