#include "nsm/software_nsm.hpp"

#include <algorithm>
#include <chrono>

#include <openssl/rand.h>

#include "attestation/bytes_or_null.hpp"
#include "cbor/writer.hpp"
#include "nsm/document.hpp"

namespace ben::emulator {
namespace {

constexpr std::size_t boot_pcr_count = 16;  // locked before the enclave runs
constexpr std::size_t random_bytes = 256;

Bytes error_reply(std::string_view name) { return cbor::Writer().map(1).text("Error").text(name).take(); }

// PCR3 and PCR4: text measured as it is, unlike an image's contents, which are hashed first.
Hash384 measure_text(std::string_view text) { return sha384({Hash384{}, as_bytes(text)}); }

}  // namespace

std::uint64_t system_clock_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

SoftwareNsm::SoftwareNsm(const TestPki& pki, const BootFacts& facts, ClockMs clock)
    : clock_(std::move(clock)), module_id_(module_id_of(facts.name)), chain_(pki, facts.name) {
  if (!facts.debug) {
    pcrs_[0].value = facts.pcr0;
    pcrs_[1].value = facts.pcr1;
    pcrs_[2].value = facts.pcr2;
    pcrs_[8].value = facts.pcr8.value_or(Hash384{});
  }
  if (!facts.role_arn.empty()) pcrs_[3].value = measure_text(facts.role_arn);
  pcrs_[4].value = measure_text(facts.name.instance_id);
  for (std::size_t i = 0; i < boot_pcr_count; ++i) pcrs_[i].locked = true;
}

Result<std::size_t> SoftwareNsm::exchange(ByteView request, std::span<std::uint8_t> reply) {
  const Bytes bytes = request.size() > nsm_request_bytes_max ? error_reply("InputTooLarge") : answer(request);
  const std::size_t size = std::min(bytes.size(), reply.size());  // the driver cuts without a word, too
  std::copy_n(bytes.begin(), size, reply.begin());
  return size;
}

Bytes SoftwareNsm::answer(ByteView request) {
  cbor::Reader reader(request);
  if (cbor::Reader(request).head().kind == cbor::Kind::text) {
    const auto name = reader.text();
    if (!reader.finish("nsm-request", "nsm: left over")) return error_reply("InvalidOperation");
    if (name == "DescribeNSM") return describe();
    return name == "GetRandom" ? get_random() : error_reply("InvalidOperation");
  }

  reader.open_map();
  const auto name = reader.more() ? reader.text() : std::string_view();
  std::optional<std::uint64_t> number;  // index or range
  std::optional<ByteView> data;
  AttestationFields fields;
  reader.open_map();
  while (reader.more()) {
    const auto key = reader.text();
    if (key == (name == "LockPCRs" ? "range" : "index")) {
      number = reader.unsigned_integer();
    } else if (key == "data") {
      data = reader.bytes();
    } else if (key == "user_data") {
      fields.user_data = attestation::bytes_or_null(reader);
    } else if (key == "nonce") {
      fields.nonce = attestation::bytes_or_null(reader);
    } else if (key == "public_key") {
      fields.public_key = attestation::bytes_or_null(reader);
    } else {
      reader.fail();
    }
  }
  const bool is_complete = !reader.more() && reader.finish("nsm-request", "nsm: malformed").has_value();
  if (!is_complete) return error_reply("InvalidOperation");
  if (name == "Attestation") return attestation(fields);
  if (!number) return error_reply("InvalidOperation");
  if (name == "DescribePCR") return describe_pcr(*number);
  if (name == "LockPCR") return lock_pcr(*number);
  if (name == "LockPCRs") return lock_pcrs(*number);
  return name == "ExtendPCR" && data ? extend_pcr(*number, *data) : error_reply("InvalidOperation");
}

Bytes SoftwareNsm::get_random() const {
  ByteArray<random_bytes> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return error_reply("InternalError");
  return cbor::Writer().map(1).text("GetRandom").map(1).text("random").bytes(random).take();
}

std::uint64_t SoftwareNsm::count_locked() const {
  return static_cast<std::uint64_t>(
      std::count_if(pcrs_.begin(), pcrs_.end(), [](const Pcr& pcr) { return pcr.locked; }));
}

Bytes SoftwareNsm::describe() const {
  cbor::Writer reply;
  reply.map(1).text("DescribeNSM").map(7);
  reply.text("version_major").unsigned_integer(1);
  reply.text("version_minor").unsigned_integer(0);
  reply.text("version_patch").unsigned_integer(0);
  reply.text("module_id").text(module_id_);
  reply.text("max_pcrs").unsigned_integer(nsm_pcr_count);
  reply.text("locked_pcrs").array(count_locked());
  for (std::size_t i = 0; i < pcrs_.size(); ++i) {
    if (pcrs_[i].locked) reply.unsigned_integer(i);
  }
  reply.text("digest").text("SHA384");
  return reply.take();
}

Bytes SoftwareNsm::describe_pcr(std::uint64_t index) const {
  if (index >= pcrs_.size()) return error_reply("InvalidIndex");
  const Pcr& pcr = pcrs_[index];
  cbor::Writer reply;
  reply.map(1).text("DescribePCR").map(2).text("lock").boolean(pcr.locked).text("data").bytes(pcr.value);
  return reply.take();
}

Bytes SoftwareNsm::extend_pcr(std::uint64_t index, ByteView data) {
  if (index >= pcrs_.size()) return error_reply("InvalidIndex");
  Pcr& pcr = pcrs_[index];
  if (pcr.locked) return error_reply("ReadOnlyIndex");
  pcr.value = sha384({pcr.value, data});
  return cbor::Writer().map(1).text("ExtendPCR").map(1).text("data").bytes(pcr.value).take();
}

Bytes SoftwareNsm::lock_pcr(std::uint64_t index) {
  if (index >= pcrs_.size()) return error_reply("InvalidIndex");
  if (pcrs_[index].locked) return error_reply("ReadOnlyIndex");
  pcrs_[index].locked = true;
  return cbor::Writer().text("LockPCR").take();
}

Bytes SoftwareNsm::lock_pcrs(std::uint64_t range) {
  if (range > pcrs_.size()) return error_reply("InvalidIndex");
  for (std::size_t i = 0; i < range; ++i) pcrs_[i].locked = true;
  return cbor::Writer().text("LockPCRs").take();
}

Bytes SoftwareNsm::attestation(const AttestationFields& fields) {
  for (const auto& field : {fields.user_data, fields.nonce, fields.public_key}) {
    if (field && field->size() > nsm_field_bytes_max) return error_reply("InputTooLarge");
  }
  const std::uint64_t now_ms = clock_();
  const LeafCertificate& leaf = chain_.leaf_at(now_ms / 1000);

  DocumentContent content{.module_id = module_id_, .timestamp_ms = now_ms, .pcrs = {}, .fields = fields};
  for (std::size_t i = 0; i < pcrs_.size(); ++i) {
    if (pcrs_[i].locked) content.pcrs.emplace_back(i, pcrs_[i].value);
  }
  const Bytes document = sign_document(content, leaf);
  return cbor::Writer().map(1).text("Attestation").map(1).text("document").bytes(document).take();
}

}  // namespace ben::emulator
