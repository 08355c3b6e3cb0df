// The conformance suite: every document that these tests judge, as files that any verifier can be run on.
#pragma once

#include "host/attestation/forge.hpp"

namespace ben::attestation::test {

// Adds a document to the folder that BEN_CONFORMANCE names; does nothing without it. The folder then has the
// trusted root (root.der), a file for each document, and manifest.jsonl with one object a line: "file",
// "group" (the number in the checklist, or null), "subject" (what the group is about, or null), "what",
// "time_s" (to judge at), "verdict" ("accepted" or the tag of our refusal), "reason" (its sentence, or null).
void add_to_suite(const Case& one, ByteView document, std::uint64_t time_s);

}  // namespace ben::attestation::test
