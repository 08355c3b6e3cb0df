#include <openssl/rand.h>

#include "base/hex.hpp"
#include "bip39/mnemonic.hpp"
#include "bitcoin/account.hpp"
#include "cli/offline.hpp"
#include "cli/read.hpp"
#include "cli/secret_input.hpp"
#include "cli/stop.hpp"
#include "policy/config.hpp"

namespace ben::cli {
namespace {

// The words are not shown while they are typed, so say which one it is.
std::string find_flaw(std::string_view words, const Error& error) {
  std::string sentence(error.reason.view());
  if (error.tag.view() != "mnemonic-word") return sentence;
  std::size_t count = 0;
  constexpr std::string_view white_space = " \t\r\n";
  for (std::size_t at = words.find_first_not_of(white_space); at != std::string_view::npos;
       at = words.find_first_not_of(white_space, at)) {
    const std::size_t end = std::min(words.find_first_of(white_space, at), words.size());
    ++count;
    if (!bip39::find_word(words.substr(at, end - at))) break;
    at = end;
  }
  return sentence.append(": number ").append(std::to_string(count));
}

Secret<64> ask_seed(const MnemonicOptions& options) {
  SecretInput input(options.file);
  if (!input.is_open() && options.file.empty())
    throw Stop("file-read", "no terminal to ask for the words: give --file");
  if (!input.is_open()) throw Stop("file-read", options.file + ": cannot be opened");
  SecretLine words;
  input.read_line("Words", words);
  const auto mnemonic = bip39::Mnemonic::parse(words.text());
  if (!mnemonic)
    throw Stop(std::string(mnemonic.error().tag.view()), find_flaw(words.text(), mnemonic.error()));
  SecretLine passphrase;
  if (options.has_passphrase) input.read_line("Passphrase of the words", passphrase);
  return value_or_stop(mnemonic->seed(passphrase.text()), "the passphrase");
}

bitcoin::Curve blinded_curve() {
  Secret<32> blinding;
  if (RAND_priv_bytes(blinding.expose_mutable().data(), 32) != 1)
    throw Stop("key-internal", "libcrypto gives no random bytes");
  return bitcoin::Curve(blinding);
}

bitcoin::Account derive_account(const bitcoin::Curve& curve, const bitcoin::ExtendedPrivateKey& master,
                                bitcoin::Network network, const bitcoin::AccountId& id) {
  const auto child = [&](const bitcoin::ExtendedPrivateKey& key, std::uint32_t step) {
    return value_or_stop(bitcoin::derive_child(curve, key, step | bitcoin::hardened), "the account");
  };
  const auto purpose = child(master, static_cast<std::uint32_t>(id.purpose));
  const auto coin = child(purpose, bitcoin::parameters_of(network).coin_type);
  return {.id = id,
          .network = network,
          .master_fingerprint = bitcoin::fingerprint_of(master.public_half),
          .key = child(coin, id.number).public_half};
}

}  // namespace

int show_mnemonic(const MnemonicOptions& options, Output& output) {
  const bitcoin::Network network = value_or_stop(bitcoin::parse_network(options.network), "--network");
  const Secret<64> seed = ask_seed(options);
  const bitcoin::Curve curve = blinded_curve();
  const auto master = value_or_stop(bitcoin::derive_master(curve, seed.expose()), "the words");
  std::vector<PinnedDescriptor> descriptors;
  for (const bitcoin::Purpose purpose : bitcoin::purposes) {
    const auto account = derive_account(
        curve, master, network, {.purpose = purpose, .number = static_cast<std::uint32_t>(options.account)});
    descriptors.push_back(
        {.account = policy::account_name(account.id), .descriptor = bitcoin::encode_descriptor(account)});
  }
  output.fact("fingerprint", encode_hex(bitcoin::fingerprint_of(master.public_half)));
  say_descriptors(descriptors, output);
  return exit_yes;
}

}  // namespace ben::cli
