// The commands of benctl, as functions of their options: command_line.cpp fills the options in, and each
// group of commands has a file of its own. A command says what it has to say by its Output, returns its exit
// code, and ends early by a Stop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/output.hpp"

namespace ben::cli {

// Empty strings mean "not given" throughout.

struct NodeOptions {
  std::string profile;  // empty: the default path
  std::string url;      // instead of the profile's
  std::string root;     // file, instead of the profile's root
};

struct KeyOptions {
  std::vector<std::string> files;
  std::string passphrase_file;
};

// attestation.cpp
struct InspectOptions {
  std::string document;
  std::string root;
  std::string at = "now";  // "now", "doc" or seconds since 1970
};
int inspect_attestation(const InspectOptions& options, Output& output);

// verify.cpp
struct VerifyOptions {
  NodeOptions node;
  std::string document;
  std::string statement;
  std::string at = "now";
  std::string nonce;
  std::string measurements;
  std::string pcr0;
  std::string config;
  std::string wallet;
  std::string certificate;
  std::string pcr3;
  std::int64_t policy_epoch_min = -1;  // -1: the profile's
  bool waive_nonce = false;
  bool waive_measurements = false;
  bool waive_config = false;
  bool waive_wallet = false;
  std::string save;  // prefix of files that get the evidence of a live node
};
int verify_node(const VerifyOptions& options, Output& output);

// proof.cpp
struct ProofExportOptions {
  NodeOptions node;
  std::string nonce;  // of who will read the proof; empty: a fresh one
  std::string out;
};
int export_proof(const ProofExportOptions& options, Output& output);
// The nonce is waived by the caller where none is given: a file is old by nature.
int verify_proof_file(const VerifyOptions& options, const std::string& file, Output& output);

// keygen.cpp
struct KeygenOptions {
  std::string out;
  std::string passphrase_file;
  bool insecure_plain = false;
};
int make_key(const KeygenOptions& options, Output& output);

// config.cpp
struct ConfigNewOptions {
  std::string network;
  std::vector<std::string> admins;
  std::int64_t threshold = 0;
  std::vector<std::string> accounts;
  bool without_kms = false;
  std::string kms_key_arn;
  std::string kms_public_key;  // file; empty: asked of KMS
  std::string kms_endpoint;
  std::string kms_region;
  std::int64_t policy_epoch_floor = 1;
  std::string out;
};
int new_config(const ConfigNewOptions& options, Output& output);
int lint_config(const std::string& file, Output& output);
int show_pcr16(const std::string& file, Output& output);

// profile_commands.cpp
struct ProfileNewOptions {
  NodeOptions node;
  std::string measurements;
  std::string config;
  std::string wallet;
  std::string certificate;
  std::string pcr3;
  std::int64_t policy_epoch_min = -1;  // -1: as it is, or 0
  std::string key;
  bool update = false;  // change an existing profile: what is not given stays
};
int new_profile(const ProfileNewOptions& options, Output& output);
int show_profile(const NodeOptions& options, Output& output);

// genesis.cpp
struct GenesisOptions {
  NodeOptions node;
  KeyOptions keys;
  std::vector<std::string> entropy;
  bool new_wallet = false;
};
int make_wallet(const GenesisOptions& options, Output& output);

// blob.cpp
struct BlobRestoreOptions {
  NodeOptions node;
  std::string blob;
  std::string certificate;
};
int restore_blob(const BlobRestoreOptions& options, Output& output);

// read.cpp
int show_info(const NodeOptions& options, Output& output);
int show_descriptors(const NodeOptions& options, bool pin, Output& output);
struct AddressOptions {
  NodeOptions node;
  std::string account = "bip84/0";
  std::int64_t branch = 0;
  std::int64_t index = 0;
};
int show_address(const AddressOptions& options, Output& output);
int show_public_key(const AddressOptions& options, Output& output);

// sign.cpp
struct SignOptions {
  NodeOptions node;
  KeyOptions keys;
  std::string psbt;  // "-": standard input
  std::string out;   // empty: standard output
};
int sign_psbt(const SignOptions& options, Output& output);
int evaluate_psbt(const SignOptions& options, Output& output);

// policy.cpp
struct PolicyNewOptions {
  NodeOptions node;
  std::string network;  // these two instead of the profile's
  std::string wallet;
  std::vector<std::string> requesters;    // NAME=PUB
  std::vector<std::string> destinations;  // NAME=ADDRESS
  std::vector<std::string> rules;         // name=…,from=a+b,dest=c+self,outflow=…,fee=…,fee-rate=…
  std::int64_t outflow_max_sats = -1;     // of the one rule made without --rule
  std::int64_t fee_max_sats = 100'000;
  std::int64_t fee_max_sats_per_vbyte = 200;
  std::int64_t epoch = 1;
  std::string previous;
  std::int64_t change_index_max = 10'000;
  std::string out;
};
int new_policy(const PolicyNewOptions& options, Output& output);
struct PolicySignOptions {
  std::string policy;  // the policy, or an envelope that gets further signatures
  KeyOptions keys;
  std::string out;
};
int sign_policy(const PolicySignOptions& options, Output& output);
int set_policy(const NodeOptions& options, const std::string& file, Output& output);
int explain_policy(const std::string& file, Output& output);

// eif_read.cpp; the commands on images are in eif_options.hpp
int show_pcr3(const std::string& role_arn, Output& output);

}  // namespace ben::cli
