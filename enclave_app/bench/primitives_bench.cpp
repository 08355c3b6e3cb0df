// What the larger figures are made of: hashes, verification of a signature, one request without any I/O.
#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>

#include "base/hex.hpp"
#include "bitcoin/curve.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "crypto/ed25519.hpp"
#include "nsm/software_nsm.hpp"
#include "signer/signer.hpp"
#include "wire/rpc.hpp"

namespace {

using namespace ben;

constexpr std::string_view get_info = R"({"jsonrpc":"2.0","id":1,"method":"get_info","params":{}})";

void hash_sha256(benchmark::State& state) {
  const Bytes bytes(static_cast<std::size_t>(state.range(0)), 0x42);
  for (auto _ : state) benchmark::DoNotOptimize(sha256(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hash_sha256)->Arg(64)->Arg(1 << 20);

void hash_sha384(benchmark::State& state) {
  const Bytes bytes(static_cast<std::size_t>(state.range(0)), 0x42);
  for (auto _ : state) benchmark::DoNotOptimize(sha384({ByteView(bytes)}));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hash_sha384)->Arg(1 << 20)->Unit(benchmark::kMicrosecond);

void sign_proof(benchmark::State& state) {
  const Ed25519Key key(bitcoin::test::fill_secret(7));
  for (auto _ : state) {
    const Bytes message = wire::proof_message({1}, {2}, as_bytes(get_info), {});
    benchmark::DoNotOptimize(key.sign(message));
  }
}
BENCHMARK(sign_proof)->Unit(benchmark::kMicrosecond);

void parse_request(benchmark::State& state) {
  for (auto _ : state) {
    const auto request = wire::parse_rpc_request(as_bytes(get_info));
    if (!request) std::abort();
    benchmark::DoNotOptimize(request->method.data());
  }
}
BENCHMARK(parse_request)->Unit(benchmark::kMicrosecond);

// A signer that has its config and no wallet: get_info with its proof.
void handle_get_info(benchmark::State& state) {
  const Ed25519Key admin(bitcoin::test::fill_secret(8));
  const std::string config =
      R"({"version":1,"network":"regtest","kms":null,"admins":{"threshold":1,"keys":[")" +
      encode_hex(admin.public_key()) +
      R"("]},"accounts":[{"purpose":84,"account":0}],"arming":"automatic",)"
      R"("floors":{"policy_epoch":1}})";
  const emulator::TestPki pki = emulator::TestPki::make();
  emulator::BootFacts facts;
  facts.pcr0 = {1};
  emulator::SoftwareNsm module(pki, facts);
  const auto signer = signer::Signer::start(module, "bench");
  if (!signer) std::abort();
  const auto is_result = [](const signer::Reply& reply) {
    return as_text(reply.body).find(R"("result":)") != std::string_view::npos;
  };
  if (!is_result((*signer)->configure(as_bytes(config)))) std::abort();
  for (auto _ : state) {
    (*signer)->begin_group();
    const signer::Reply reply = (*signer)->handle(to_bytes(as_bytes(get_info)));
    if (!is_result(reply)) std::abort();
  }
}
BENCHMARK(handle_get_info)->Unit(benchmark::kMicrosecond);

// What verifying each signature before it leaves adds to signing.
struct SignatureParts {
  bitcoin::Curve curve{bitcoin::test::fill_secret(1)};
  bitcoin::PrivateKey private_key = *curve.to_private_key(bitcoin::test::fill_secret(9));
  bitcoin::PublicKey key = curve.public_key(private_key);
  Hash256 hash = sha256(as_bytes("a signature hash"));
};

void verify_ecdsa(benchmark::State& state) {
  const SignatureParts parts;
  const auto signature = parts.curve.sign_ecdsa(parts.private_key, parts.key, parts.hash);
  if (!signature) std::abort();
  for (auto _ : state) {
    if (!parts.curve.verify_ecdsa(parts.key, parts.hash, *signature)) std::abort();
  }
}
BENCHMARK(verify_ecdsa)->Unit(benchmark::kMicrosecond);

void verify_schnorr(benchmark::State& state) {
  const SignatureParts parts;
  const ByteView x_only = ByteView(parts.key.encoded).subspan(1);
  const auto signature = parts.curve.sign_schnorr(parts.private_key, x_only, parts.hash, {});
  if (!signature) std::abort();
  for (auto _ : state) {
    if (!parts.curve.verify_schnorr(x_only, parts.hash, *signature)) std::abort();
  }
}
BENCHMARK(verify_schnorr)->Unit(benchmark::kMicrosecond);

// The other parts of an input: one public key from a private one.
void multiply_base_point(benchmark::State& state) {
  const SignatureParts parts;
  for (auto _ : state) benchmark::DoNotOptimize(parts.curve.public_key(parts.private_key));
}
BENCHMARK(multiply_base_point)->Unit(benchmark::kMicrosecond);

}  // namespace
