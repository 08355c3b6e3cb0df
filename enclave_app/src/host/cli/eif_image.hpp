// What the commands on images share.
#pragma once

#include <memory>
#include <string>

#include "cli/eif_options.hpp"
#include "cli/output.hpp"
#include "eif/image.hpp"

namespace ben::cli {

struct OpenImage {
  std::unique_ptr<eif::FileInput> file;
  eif::Description description;
};

// Reads an image strictly. Stops with the reader's reason, the file and the place in it.
OpenImage open_image(const EifImage& image);

eif::Architecture parse_architecture(const std::string& name);

// {"HashAlgorithm", "PCR0", "PCR1", "PCR2"} and, of a signed image, "PCR8": what a measurements file holds.
std::string measurements_json(const eif::Measurements& measurements);

void say_measurements(const eif::Measurements& measurements, Output& output);

}  // namespace ben::cli
