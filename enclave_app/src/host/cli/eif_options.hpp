// The commands `benctl eif ...`, as functions of their options; eif_command_line.cpp fills them in. Empty
// strings mean "not given".
#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"

namespace ben::cli {

struct EifSigner {
  std::string key;
  std::string certificate;
};

// eif.cpp
struct EifBuildOptions {
  std::string kernel;
  std::string cmdline;
  std::string cmdline_file;
  std::vector<std::string> ramdisks;
  std::string architecture = "x86_64";
  std::string name;     // default: that of the kernel's file, as AWS's builder has it
  std::string version;  // default: 1.0, the same
  std::string build_time;
  std::string build_tool;
  std::string build_tool_version;
  std::string operating_system;
  std::string kernel_version;
  std::string docker_info;
  std::string custom;
  EifSigner signer;
  std::string out;
  std::string measurements_out;
};
int build_eif(const EifBuildOptions& options, Output& output);

// Writes the ramdisk that a manifest lists: cpio, the same bytes from any folder.
int build_ramdisk(const std::string& manifest, const std::string& out, Output& output);

struct EifSignOptions {
  std::string image;
  std::string architecture = "x86_64";
  EifSigner signer;
  std::string out;
};
int sign_eif(const EifSignOptions& options, Output& output);

// eif_read.cpp
struct EifImage {
  std::string path;
  std::string architecture = "x86_64";
};
int measure_eif(const EifImage& image, Output& output);
int describe_eif(const EifImage& image, Output& output);
int extract_eif(const EifImage& image, const std::string& out, Output& output);

// Exits with 1 when the images differ.
int diff_eif(const EifImage& first, const std::string& second, Output& output);

struct EifVerifyOptions {
  EifImage image;
  std::string measurements;
  std::string certificate;
  std::string at = "now";
};
// One line for each check; exits with 1 when one says no. At least one pin has to be given.
int verify_eif(const EifVerifyOptions& options, Output& output);

}  // namespace ben::cli
