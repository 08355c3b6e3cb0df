#include "nsm/software_nsm.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include "attestation/aws_root.hpp"
#include "attestation/certificate.hpp"
#include "attestation/verify.hpp"
#include "base/hex.hpp"
#include "cbor/reader.hpp"
#include "cbor/writer.hpp"
#include "folder.hpp"
#include "nsm/server.hpp"
#include "nsm/socket_transport.hpp"

namespace ben::emulator {
namespace {

using attestation::Refusal;
using attestation::verify_document;

constexpr std::uint64_t now_ms = 1'790'000'000'123;
constexpr std::uint64_t now_s = now_ms / 1000;

const TestPki& test_pki() {
  static const TestPki pki = TestPki::make();
  return pki;
}

BootFacts boot_facts() {
  BootFacts facts;
  facts.pcr0.fill(0xa0);
  facts.pcr1.fill(0xa1);
  facts.pcr2.fill(0xa2);
  facts.role_arn = "arn:aws:iam::123456789012:role/signer";
  facts.name.number = 0x19a5376999041b1;
  return facts;
}

struct Fixture {
  std::uint64_t clock_ms = now_ms;
  SoftwareNsm module{test_pki(), boot_facts(), [this] { return clock_ms; }};
  NsmClient client{module};
};

Bytes document_of(NsmClient& client, const AttestationFields& fields = {}) {
  const auto document = client.attestation(fields);
  REQUIRE(document.has_value());
  return *document;
}

std::string tag_of(const auto& result) {
  return result.has_value() ? "none" : std::string(result.error().tag.view());
}

// The reply to a request of which the client of the signer has no need.
Bytes raw_reply(NsmTransport& module, ByteView request) {
  Bytes reply(nsm_reply_bytes_max);
  const auto size = module.exchange(request, reply);
  REQUIRE(size.has_value());
  reply.resize(*size);
  return reply;
}

std::string lock_pcr(NsmTransport& module, std::uint16_t index) {
  const Bytes request =
      cbor::Writer().map(1).text("LockPCR").map(1).text("index").unsigned_integer(index).take();
  const Bytes reply = raw_reply(module, request);
  return reply == cbor::Writer().text("LockPCR").take() ? "none" : std::string(as_text(reply).substr(8));
}

TEST_CASE_FIXTURE(Fixture, "the module describes itself as AWS's does") {
  const Bytes reply = raw_reply(module, cbor::Writer().text("DescribeNSM").take());
  cbor::Reader reader(reply);
  std::map<std::string, std::uint64_t> numbers;
  std::vector<std::uint64_t> locked;
  reader.open_map();
  REQUIRE(reader.more());
  CHECK(reader.text() == "DescribeNSM");
  reader.open_map();
  while (reader.more()) {
    const std::string key(reader.text());
    if (key == "module_id") {
      CHECK(reader.text() == "i-0123456789abcdef0-enc019a5376999041b1");
    } else if (key == "digest") {
      CHECK(reader.text() == "SHA384");
    } else if (key == "locked_pcrs") {
      reader.open_array();
      while (reader.more()) locked.push_back(reader.unsigned_integer());
    } else {
      numbers[key] = reader.unsigned_integer();
    }
  }
  CHECK_FALSE(reader.more());
  CHECK(reader.finish("test-reply", "left over").has_value());
  CHECK(numbers.size() == 4);
  CHECK(numbers["max_pcrs"] == 32);
  REQUIRE(locked.size() == 16);
  for (std::size_t i = 0; i < locked.size(); ++i) CHECK(locked[i] == i);
}

TEST_CASE_FIXTURE(Fixture, "PCR0 to 2 are the image, 3 the role, 4 the instance, and the others zero") {
  const auto pcr = [&](std::uint16_t index) {
    const auto described = client.describe_pcr(index);
    REQUIRE(described.has_value());
    CHECK(described->locked == (index < 16));
    return described->value;
  };
  CHECK(pcr(0) == boot_facts().pcr0);
  CHECK(pcr(1) == boot_facts().pcr1);
  CHECK(pcr(2) == boot_facts().pcr2);
  CHECK(pcr(3) == sha384({Hash384{}, as_bytes("arn:aws:iam::123456789012:role/signer")}));
  CHECK(pcr(4) == sha384({Hash384{}, as_bytes("i-0123456789abcdef0")}));
  for (std::uint16_t i = 5; i < 32; ++i) CHECK(pcr(i) == Hash384{});
}

TEST_CASE("PCR4 is that of a genuine document with the same instance") {
  // The instance and PCR4 of anjuna-security/go-nitro-attestation, attestdoc/testdata/sample_prod_doc.bin.
  BootFacts facts;
  facts.name.instance_id = "i-078824548edcf6519";
  SoftwareNsm module(test_pki(), facts);
  const auto pcr4 = NsmClient(module).describe_pcr(4);
  REQUIRE(pcr4.has_value());
  CHECK(encode_hex(pcr4->value) ==
        "8a4d049b4193ab1554c7c63e9ec581b481fd80c8c2b643f65a4fb0eb2fafeb574bd5e7b04f2e9212ff15729129330a47");
}

TEST_CASE_FIXTURE(Fixture, "a PCR is extended until it is locked, and boot PCRs never are") {
  const Bytes data{1, 2, 3};
  const Hash384 once = sha384({Hash384{}, data});
  const auto first = client.extend_pcr(16, data);
  REQUIRE(first.has_value());
  CHECK(*first == once);
  const auto second = client.extend_pcr(16, data);
  REQUIRE(second.has_value());
  CHECK(*second == sha384({once, data}));
  CHECK(lock_pcr(module, 16) == "none");
  CHECK(tag_of(client.extend_pcr(16, data)) == "nsm-read-only-index");
  CHECK(client.describe_pcr(16)->value == *second);
  CHECK(client.describe_pcr(16)->locked);
  CHECK(lock_pcr(module, 16) == "ReadOnlyIndex");
  for (std::uint16_t i = 0; i < 16; ++i) {
    CHECK(tag_of(client.extend_pcr(i, data)) == "nsm-read-only-index");
    CHECK(lock_pcr(module, i) == "ReadOnlyIndex");
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "LockPCRs locks below its range, again without an error, and not beyond the last PCR") {
  CHECK(client.lock_pcrs(18).has_value());
  CHECK(client.describe_pcr(17)->locked);
  CHECK_FALSE(client.describe_pcr(18)->locked);
  CHECK(client.lock_pcrs(32).has_value());
  CHECK(client.lock_pcrs(32).has_value());
  for (std::uint16_t i = 0; i < 32; ++i) CHECK(client.describe_pcr(i)->locked);
  CHECK(tag_of(client.lock_pcrs(33)) == "nsm-invalid-index");
}

TEST_CASE_FIXTURE(Fixture, "there is no PCR 32") {
  const Bytes data{1};
  CHECK(tag_of(client.describe_pcr(32)) == "nsm-invalid-index");
  CHECK(tag_of(client.extend_pcr(32, data)) == "nsm-invalid-index");
  CHECK(lock_pcr(module, 32) == "InvalidIndex");
}

TEST_CASE_FIXTURE(Fixture, "random bytes fill any size and do not repeat") {
  Bytes first(600);
  Bytes second(600);
  CHECK(client.get_random(first).has_value());
  CHECK(client.get_random(second).has_value());
  CHECK(first != second);
  CHECK_FALSE(equal(ByteView(first).first(256), ByteView(first).subspan(256, 256)));
  CHECK(ByteView(first).last(16)[0] + ByteView(first).last(16)[7] + ByteView(first).last(16)[15] != 0);
}

TEST_CASE_FIXTURE(Fixture, "a request that is none is an invalid operation") {
  for (const auto* encoded :
       {"", "00", "6a4465736372696265", "6b4465736372696265504352", "a0", "6b44657363726962654e534d00",
        "a16b4465736372696265504352a0", "a16b4465736372696265504352a165696e64657818ff00",
        "a16b4465736372696265504352a165696e6465781800", "a1674c6f636b504352a16572616e676510",
        "a16945 7874656e64504352"}) {
    std::string text(encoded);
    std::erase(text, ' ');
    CAPTURE(text);
    const auto request = parse_hex(text);
    REQUIRE(request.has_value());
    Bytes reply(nsm_reply_bytes_max);
    const auto size = module.exchange(*request, reply);
    REQUIRE(size.has_value());
    CHECK(encode_hex(ByteView(reply).first(*size)) == "a1654572726f7270496e76616c69644f7065726174696f6e");
  }
}

TEST_CASE_FIXTURE(Fixture, "the module's document is accepted under its root and refused under AWS's") {
  const Bytes nonce(32, 0x11);
  const Bytes document =
      document_of(client, {.user_data = as_bytes("ben/boot/v1"), .nonce = nonce, .public_key = {}});
  const auto verified =
      verify_document(document, {.root_certificate = test_pki().root_certificate(), .time_s = now_s});
  REQUIRE(verified.has_value());
  CHECK(verified->module_id == module.module_id());
  CHECK(verified->timestamp_ms == now_ms);
  CHECK(verified->pcrs.size() == 16);
  CHECK(verified->pcrs.at(0) == boot_facts().pcr0);
  CHECK_FALSE(verified->is_debug);
  CHECK(verified->nonce == nonce);
  REQUIRE(verified->user_data.has_value());
  CHECK(as_text(*verified->user_data) == "ben/boot/v1");
  CHECK_FALSE(verified->public_key.has_value());

  const auto foreign =
      verify_document(document, {.root_certificate = attestation::aws_root_certificate(), .time_s = now_s});
  REQUIRE_FALSE(foreign.has_value());
  CHECK(foreign.error() == Refusal::root);
}

TEST_CASE_FIXTURE(Fixture, "a document shows locked PCRs alone") {
  const Bytes data{1};
  REQUIRE(client.extend_pcr(16, data).has_value());
  const auto pcrs = [&] {
    const auto verified = verify_document(
        document_of(client), {.root_certificate = test_pki().root_certificate(), .time_s = now_s});
    REQUIRE(verified.has_value());
    return verified->pcrs;
  };
  CHECK_FALSE(pcrs().contains(16));
  REQUIRE(client.lock_pcrs(32).has_value());
  CHECK(pcrs().size() == 32);
  CHECK(pcrs().at(16) == sha384({Hash384{}, data}));
}

TEST_CASE_FIXTURE(Fixture, "fields of 1024 bytes all together are taken, and one byte more is not") {
  const Bytes full(1024, 0x22);
  const Bytes over(1025, 0x22);
  const Bytes document = document_of(client, {.user_data = full, .nonce = full, .public_key = full});
  CHECK(verify_document(document, {.root_certificate = test_pki().root_certificate(), .time_s = now_s})
            .has_value());
  CHECK(tag_of(client.attestation({.user_data = over, .nonce = {}, .public_key = {}})) ==
        "nsm-input-too-large");
  CHECK(tag_of(client.attestation({.user_data = {}, .nonce = over, .public_key = {}})) ==
        "nsm-input-too-large");
  CHECK(tag_of(client.attestation({.user_data = {}, .nonce = {}, .public_key = over})) ==
        "nsm-input-too-large");
}

TEST_CASE("a debug enclave's document is authentic, says so, and keeps PCR3 and PCR4") {
  BootFacts facts = boot_facts();
  facts.debug = true;
  facts.pcr8 = facts.pcr0;
  SoftwareNsm module(test_pki(), facts, [] { return now_ms; });
  NsmClient client(module);
  const auto verified = verify_document(document_of(client),
                                        {.root_certificate = test_pki().root_certificate(), .time_s = now_s});
  REQUIRE(verified.has_value());
  CHECK(verified->is_debug);
  for (const std::uint8_t index : std::array<std::uint8_t, 4>{0, 1, 2, 8})
    CHECK(verified->pcrs.at(index) == Hash384{});
  CHECK(verified->pcrs.at(3) != Hash384{});
  CHECK(verified->pcrs.at(4) != Hash384{});
}

TEST_CASE_FIXTURE(Fixture, "a leaf serves three hours, and documents verify at any time of the clock") {
  const auto leaf_at = [&](std::uint64_t ms) {
    clock_ms = ms;
    const auto verified = verify_document(
        document_of(client), {.root_certificate = test_pki().root_certificate(), .time_s = ms / 1000});
    REQUIRE(verified.has_value());
    return verified->certificates.back();
  };
  constexpr std::uint64_t hour_ms = 3'600'000;
  const Bytes first = leaf_at(now_ms);
  CHECK(leaf_at(now_ms + 3 * hour_ms - 1000) == first);
  CHECK(leaf_at(now_ms + 3 * hour_ms) != first);
  for (std::uint64_t hours = 4; hours < 24 * 40; hours += 7)
    static_cast<void>(leaf_at(now_ms + hours * hour_ms));
  CHECK(leaf_at(now_ms - 400 * 24 * hour_ms) != first);
}

TEST_CASE_FIXTURE(Fixture, "the certificates have the shape of AWS's") {
  const auto verified = verify_document(document_of(client),
                                        {.root_certificate = test_pki().root_certificate(), .time_s = now_s});
  REQUIRE(verified.has_value());
  REQUIRE(verified->certificates.size() == 5);
  std::vector<attestation::Certificate> chain;
  for (const Bytes& der : verified->certificates) {
    const auto certificate = attestation::parse_certificate(der);
    REQUIRE(certificate.has_value());
    chain.push_back(*certificate);
  }
  CHECK(chain[0].common_name == "local-test.nitro-enclaves");
  CHECK(chain[1].common_name.ends_with(".us-east-1.aws.nitro-enclaves"));
  CHECK(chain[2].common_name.ends_with(".zonal.us-east-1.aws.nitro-enclaves"));
  CHECK(chain[3].common_name == "i-0123456789abcdef0.us-east-1.aws.nitro-enclaves");
  CHECK(chain[4].common_name == "i-0123456789abcdef0-enc019a5376999041b1.us-east-1.aws");
  CHECK_FALSE(chain[0].path_length.has_value());
  for (std::size_t i = 1; i < 4; ++i) CHECK(chain[i].path_length == 3 - i);
  for (std::size_t i = 0; i < 4; ++i) CHECK(chain[i].is_ca == true);
  CHECK(chain[4].is_ca == false);
  CHECK(chain[2].key_usage == 0x86);
  CHECK(chain[3].key_usage == 0x04);
  CHECK(chain[4].key_usage == 0xc0);
  CHECK(chain[4].not_after_s - chain[4].not_before_s == 3 * 3600 + 3);
  CHECK(chain[3].not_after_s - chain[3].not_before_s == 24 * 3600);
}

TEST_CASE_FIXTURE(Fixture, "the time of one's own document is its timestamp") {
  const Bytes document = document_of(client);
  const auto time = document_timestamp_ms(document);
  REQUIRE(time.has_value());
  CHECK(*time == now_ms);
  for (std::size_t size = 0; size < document.size(); ++size)
    CHECK_FALSE(document_timestamp_ms(ByteView(document).first(size)).has_value());
}

TEST_CASE("a test root is made once, its key for the owner alone") {
  const ben::test::Folder folder;
  const auto path = folder / "pki";
  const auto made = TestPki::open(path);
  REQUIRE(made.has_value());
  const auto read = TestPki::open(path);
  REQUIRE(read.has_value());
  CHECK(read->root_certificate() == made->root_certificate());
  CHECK(read->root_key().public_key_info() == made->root_key().public_key_info());
  CHECK(std::filesystem::status(path / "root.key").permissions() == std::filesystem::perms{0600});
  CHECK(std::filesystem::file_size(path / "root.der") == made->root_certificate().size());
  CHECK(std::filesystem::exists(path / "root.pem"));
  const auto other = TestPki::open(folder / "other");
  REQUIRE(other.has_value());
  CHECK(other->root_certificate() != made->root_certificate());
}

TEST_CASE("a folder whose root and key differ is refused") {
  const ben::test::Folder folder;
  REQUIRE(TestPki::open(folder / "a").has_value());
  REQUIRE(TestPki::open(folder / "b").has_value());
  std::filesystem::copy_file(folder / "a" / "root.der", folder / "b" / "root.der",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(tag_of(TestPki::open(folder / "b")) == "pki-key");
  std::ofstream(folder / "a" / "root.key") << "no key";
  CHECK(tag_of(TestPki::open(folder / "a")) == "pki-key");
  CHECK(tag_of(TestPki::open("/dev/null/pki")) == "pki-folder");
}

TEST_CASE_FIXTURE(Fixture,
                  "the module answers over its socket, to several peers, and a bad one disturbs nobody") {
  const ben::test::Folder folder;
  const std::string path = folder / "nsm.sock";
  auto server = NsmServer::listen(path, module);
  REQUIRE(server.has_value());
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms{0077}) ==
        std::filesystem::perms::none);

  auto first = connect_nsm_socket(path);
  auto second = connect_nsm_socket(path);
  auto bad = connect_nsm_socket(path);
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  REQUIRE(bad.has_value());
  Bytes reply(nsm_reply_bytes_max);
  CHECK(tag_of((*bad)->exchange(Bytes(nsm_request_bytes_max + 1), reply)) == "nsm-device");

  NsmClient first_client(**first);
  NsmClient second_client(**second);
  CHECK(first_client.describe_pcr(0).has_value());
  CHECK(second_client.lock_pcrs(21).has_value());
  CHECK(first_client.describe_pcr(20)->locked);
  const Bytes full(1024, 0x33);
  CHECK(first_client.attestation({.user_data = full, .nonce = full, .public_key = full}).has_value());
  Bytes random(1000);
  CHECK(second_client.get_random(random).has_value());

  server->reset();
  CHECK(tag_of(first_client.describe_pcr(0)) == "nsm-device");
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(tag_of(connect_nsm_socket(path)) == "nsm-device");
}

TEST_CASE_FIXTURE(Fixture, "a socket left behind is replaced, and another file is not") {
  const ben::test::Folder folder;
  const auto path = folder / "nsm.sock";
  {
    std::ofstream file(path);
  }
  CHECK(tag_of(NsmServer::listen(path, module)) == "nsm-socket");
  std::filesystem::remove(path);
  auto server = NsmServer::listen(path, module);
  REQUIRE(server.has_value());
  CHECK(NsmServer::listen(folder / std::string(200, 'x'), module).error().tag.view() == "nsm-socket");
}

}  // namespace
}  // namespace ben::emulator
