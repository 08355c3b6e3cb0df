// Conversion between versions 0 and 2: the vectors of BIP 370, 174 and 371, and generated PSBTs.
#include "psbt/convert.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "bitcoin/psbt.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "vectors.hpp"

namespace ben::psbt {
namespace {

using bitcoin::Psbt;
namespace psbt_global = bitcoin::psbt_global;
namespace psbt_in = bitcoin::psbt_in;
namespace psbt_out = bitcoin::psbt_out;

using bitcoin::test::Field;
using bitcoin::test::FieldMap;
using bitcoin::test::PsbtDraft;

Bytes u32(std::uint32_t value) { return Writer().u32_le(value).take(); }

std::string tag_of(const Result<Version0>& converted) {
  return converted ? "converted" : std::string(converted.error().tag.view());
}

TEST_CASE("BIP 370's invalid PSBTs are refused both ways, and its valid ones are the transactions they say") {
  const auto text = ben::test::read_vectors("bips/bip-0370-psbt-cases.json");
  if (!text) return;
  std::map<std::string, int> cases;
  for (const auto& c : nlohmann::json::parse(*text)) {
    const std::string name = c["case"];
    const std::string kind = c["kind"];
    CAPTURE(name);
    const Bytes bytes = *parse_base64(c["psbt"].get<std::string>());
    CHECK_FALSE(convert_to_version_2(bytes).has_value());  // not one of them is of version 0
    const auto converted = convert_to_version_0(bytes);
    if (kind == "invalid") {
      ++cases["invalid"];
      CHECK_FALSE(converted.has_value());
    } else if (kind == "valid") {
      ++cases["valid"];
      REQUIRE(converted.has_value());
      CHECK(converted->lost_modifiable == (name.find("MODIFIABLE") != std::string::npos ||
                                           name.find("all PSBTv2 fields") != std::string::npos));
      CHECK(converted->lost_required_lock_times == (name.find("all locktime fields") != std::string::npos ||
                                                    name.find("all PSBTv2 fields") != std::string::npos));
    } else if (kind.find("cannot be computed") != std::string::npos) {
      ++cases["no lock time"];
      CHECK(tag_of(converted) == "psbt-lock-time");
    } else {
      ++cases["lock time"];
      REQUIRE(converted.has_value());
      CHECK(Psbt::parse(converted->psbt)->transaction().lock_time ==
            std::stoul(kind.substr(kind.find(" be computed to be ") + 19)));
    }
  }
  CHECK(cases ==
        std::map<std::string, int>{{"invalid", 24}, {"valid", 14}, {"lock time", 9}, {"no lock time", 1}});
}

TEST_CASE("every valid PSBT of BIP 174 and BIP 371 comes back from version 2 byte for byte") {
  int valid = 0;
  for (const char* name : {"bips/bip-0174-psbt-cases.json", "bips/bip-0371-psbt-cases.json"}) {
    const auto text = ben::test::read_vectors(name);
    if (!text) return;
    for (const auto& c : nlohmann::json::parse(*text)) {
      CAPTURE(c["case"].get<std::string>());
      const Bytes bytes = *parse_base64(c["psbt"].get<std::string>());
      const auto version_2 = convert_to_version_2(bytes);
      CHECK(version_2.has_value() == (c["kind"] != "invalid"));
      CHECK(tag_of(convert_to_version_0(bytes)) != "converted");
      if (!version_2) continue;
      ++valid;
      const auto back = convert_to_version_0(*version_2);
      REQUIRE(back.has_value());
      CHECK(back->psbt == bytes);
      CHECK_FALSE(back->lost_modifiable);
      CHECK_FALSE(back->lost_required_lock_times);
    }
  }
  CHECK(valid == 24 + 6);
}

// Fields of types that neither version gives a meaning, each key once.
rc::Gen<FieldMap> any_unknown_fields() {
  const auto any_bytes = rc::gen::scale(0.2, rc::gen::arbitrary<Bytes>());
  return rc::gen::map(rc::gen::pair(rc::gen::scale(0.1, rc::gen::arbitrary<std::vector<Bytes>>()), any_bytes),
                      [](const std::pair<std::vector<Bytes>, Bytes>& parts) {
                        FieldMap fields;
                        for (std::size_t i = 0; i < parts.first.size() && i < 100; ++i) {
                          Bytes key = {static_cast<std::uint8_t>(0x40 + i)};
                          key.insert(key.end(), parts.first[i].begin(), parts.first[i].end());
                          fields.push_back({key, parts.second});
                        }
                        return fields;
                      });
}

PsbtDraft any_draft() {
  PsbtDraft draft;
  draft.version = *rc::gen::arbitrary<std::uint32_t>();
  draft.lock_time = *rc::gen::arbitrary<std::uint32_t>();
  draft.global = *any_unknown_fields();
  const std::size_t inputs = *rc::gen::inRange<std::size_t>(0, 5);
  const std::size_t outputs = *rc::gen::inRange<std::size_t>(0, 5);
  for (std::size_t i = 0; i < inputs; ++i) {
    draft.inputs.push_back({.previous_output = {.txid = *rc::gen::arbitrary<Hash256>(),
                                                .index = *rc::gen::arbitrary<std::uint32_t>()},
                            .script_sig = {},
                            .sequence = *rc::gen::arbitrary<std::uint32_t>()});
    draft.input_fields.push_back(*any_unknown_fields());
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    draft.outputs.push_back({*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<Bytes>()});
    draft.output_fields.push_back(*any_unknown_fields());
  }
  return draft;
}

TEST_CASE("any PSBT of version 0 comes back from version 2 byte for byte") {
  CHECK(rc::check([] {
    const Bytes bytes = any_draft().encode();
    const auto version_2 = convert_to_version_2(bytes);
    RC_ASSERT(version_2.has_value());
    const auto back = convert_to_version_0(*version_2);
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->psbt == bytes);
  }));
}

// Version 2 of a draft, with lock times that the inputs want: first a time, then a height, zero for none.
using WantedLockTimes = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
Bytes encode_version_2(const PsbtDraft& draft, const WantedLockTimes& wanted) {
  Writer writer;
  writer.text("psbt\xff");
  const auto write = [&](const FieldMap& fields) {
    for (const Field& field : fields) {
      bitcoin::write_sized(writer, field.key);
      bitcoin::write_sized(writer, field.value);
    }
  };
  write(draft.global);
  write({{{psbt_global::version}, u32(2)},
         {{psbt_global::output_count}, {static_cast<std::uint8_t>(draft.outputs.size())}},
         {{psbt_global::input_count}, {static_cast<std::uint8_t>(draft.inputs.size())}},
         {{psbt_global::fallback_lock_time}, u32(draft.lock_time)},
         {{psbt_global::transaction_version}, u32(draft.version)}});
  writer.u8(0);
  for (std::size_t i = 0; i < draft.inputs.size(); ++i) {
    write(draft.input_fields[i]);
    write({{{psbt_in::sequence}, u32(draft.inputs[i].sequence)},
           {{psbt_in::output_index}, u32(draft.inputs[i].previous_output.index)},
           {{psbt_in::previous_txid}, to_bytes(draft.inputs[i].previous_output.txid)}});
    if (wanted[i].first != 0) write({{{psbt_in::required_time}, u32(wanted[i].first)}});
    if (wanted[i].second != 0) write({{{psbt_in::required_height}, u32(wanted[i].second)}});
    writer.u8(0);
  }
  for (std::size_t i = 0; i < draft.outputs.size(); ++i) {
    write(draft.output_fields[i]);
    write({{{psbt_out::amount}, Writer().u64_le(draft.outputs[i].amount_sats).take()},
           {{psbt_out::script}, draft.outputs[i].script}});
    writer.u8(0);
  }
  return writer.take();
}

// By the words of BIP 370: the field that all inputs with any have, height first; nothing where there is
// none.
std::optional<std::uint32_t> expected_lock_time(const WantedLockTimes& wanted, std::uint32_t fallback) {
  std::uint32_t time = 0;
  std::uint32_t height = 0;
  bool time_suits = true;
  bool height_suits = true;
  for (const auto& [wanted_time, wanted_height] : wanted) {
    const bool wants_any = wanted_time != 0 || wanted_height != 0;
    time_suits = time_suits && (wanted_time != 0 || !wants_any);
    height_suits = height_suits && (wanted_height != 0 || !wants_any);
    time = std::max(time, wanted_time);
    height = std::max(height, wanted_height);
  }
  if (time == 0 && height == 0) return fallback;
  if (height_suits) return height;
  return time_suits ? std::optional(time) : std::nullopt;
}

TEST_CASE(
    "any PSBT of version 2 becomes the version 0 of its transaction, under the lock time its inputs want") {
  CHECK(rc::check([] {
    PsbtDraft draft = any_draft();
    WantedLockTimes wanted;
    for (std::size_t i = 0; i < draft.inputs.size(); ++i)
      wanted.emplace_back(*rc::gen::element<std::uint32_t>(0, 500'000'000, 1'657'048'460),
                          *rc::gen::element<std::uint32_t>(0, 1, 10'000, 499'999'999));
    const auto expected = expected_lock_time(wanted, draft.lock_time);
    const auto converted = convert_to_version_0(encode_version_2(draft, wanted));
    RC_ASSERT(tag_of(converted) == (expected ? "converted" : "psbt-lock-time"));
    if (!expected) return;
    draft.lock_time = *expected;
    RC_ASSERT(converted->psbt == draft.encode());
    RC_ASSERT(converted->lost_required_lock_times == std::ranges::any_of(wanted, [](const auto& times) {
                return times.first != 0 || times.second != 0;
              }));
  }));
}

struct Draft {
  PsbtDraft draft;

  Draft() {
    draft.inputs.push_back(
        {.previous_output = {.txid = sha256(as_bytes("a")), .index = 1}, .script_sig = {}});
    draft.outputs.push_back({1'000, Bytes(22, 1)});
    draft.input_fields.emplace_back();
    draft.output_fields.emplace_back();
  }
};

TEST_CASE_FIXTURE(Draft, "a PSBT of version 2 cut or lengthened anywhere is refused") {
  const Bytes valid = *convert_to_version_2(draft.encode());
  for (std::size_t size = 0; size < valid.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(convert_to_version_0(to_bytes(ByteView(valid).first(size))).has_value());
  }
  Bytes longer = valid;
  longer.push_back(0);
  CHECK(tag_of(convert_to_version_0(longer)) == "psbt-form");
}

TEST_CASE_FIXTURE(Draft,
                  "silent payments, which version 0 cannot carry, are refused in every map, both ways") {
  const auto tag_with = [&](FieldMap& map, int type) {
    map = {{{static_cast<std::uint8_t>(type), 1}, {1}}};
    const std::string tag = tag_of(convert_to_version_0(encode_version_2(draft, {{0, 0}})));
    const auto newer = convert_to_version_2(draft.encode());
    CHECK((newer ? "converted" : newer.error().tag.view()) == tag);
    map = {};
    return tag;
  };
  for (const int type : {0x07, 0x08}) CHECK(tag_with(draft.global, type) == "psbt-silent-payment");
  for (const int type : {0x1d, 0x1e}) CHECK(tag_with(draft.input_fields[0], type) == "psbt-silent-payment");
  for (const int type : {0x09, 0x0a}) CHECK(tag_with(draft.output_fields[0], type) == "psbt-silent-payment");
  CHECK(tag_with(draft.output_fields[0], 0x0b) == "converted");
}

TEST_CASE_FIXTURE(Draft,
                  "a PSBT that is of the version asked for is refused, and one that would be too large") {
  const Bytes version_0 = draft.encode();
  const auto version_2 = convert_to_version_2(version_0);
  REQUIRE(version_2.has_value());
  CHECK(tag_of(convert_to_version_0(version_0)) == "psbt-version");
  CHECK(convert_to_version_2(*version_2).error().tag.view() == "psbt-version");
  draft.global = {{{0x50}, Bytes(bitcoin::psbt_bytes_max - version_0.size() - 7)}};  // its sizes take 7 bytes
  REQUIRE(draft.encode().size() == bitcoin::psbt_bytes_max);
  const auto too_large = convert_to_version_2(draft.encode());
  REQUIRE_FALSE(too_large.has_value());
  CHECK(too_large.error().tag.view() == "psbt-limit");
}

}  // namespace
}  // namespace ben::psbt
