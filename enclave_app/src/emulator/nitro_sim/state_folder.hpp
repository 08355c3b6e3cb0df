// The folder in which nitro-sim keeps the enclaves of one user:
//
// - pki/: the local test root: root.key, root.pem, root.der
// - instance-id: "i-" and 17 hexadecimal digits, made once
// - lock: held (flock) while a record is added or removed
// - cid-<CID>.sock -> <EnclaveID>/sockets/vsock.sock
// - <EnclaveID>/: one running enclave, in which are
//   - lock: held by its supervisor as long as that lives; nobody holds it: the enclave is gone
//   - enclave.json: its record
//   - root/: of the process platform: the extracted ramdisks, the sandbox's read-only root
//   - sockets/: /run/vsock of the sandbox; the working folder of a virtual machine
//   - vsock.sock -> sockets/vsock.sock
//   - console.log: what the enclave wrote; of a debug enclave only
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "nitro_sim/record.hpp"
#include "server/listener.hpp"

namespace ben::emulator {

// One enclave's folder.
class EnclaveFolder {
 public:
  explicit EnclaveFolder(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path root() const { return path_ / "root"; }
  [[nodiscard]] std::filesystem::path sockets() const { return path_ / "sockets"; }
  [[nodiscard]] std::filesystem::path console() const { return path_ / "console.log"; }

  // Fails with `unavailable` (sim-state), parse_record also with `malformed` (sim-record).
  Result<> write_record(const EnclaveRecord& record) const;
  Result<EnclaveRecord> read_record() const;

  // Makes the lock and takes it. A descriptor of -1 when that fails.
  [[nodiscard]] server::Descriptor make_lock() const;

  // Whether somebody holds the lock.
  [[nodiscard]] bool is_alive() const;

 private:
  std::filesystem::path path_;
};

class StateFolder {
 public:
  // Opens, or makes with mode 0700, $NITRO_SIM_DIR or else ${XDG_RUNTIME_DIR:-/run}/nitro-sim. Fails with
  // `unavailable` (sim-state) when it cannot be made, and with `refused` (sim-state-owner) when it belongs to
  // another user or others may enter it, (sim-state-path) when its path is too long for sockets.
  static Result<StateFolder> open();

  [[nodiscard]] std::filesystem::path pki() const { return path_ / "pki"; }
  [[nodiscard]] EnclaveFolder enclave(const std::string& id) const { return EnclaveFolder(path_ / id); }
  [[nodiscard]] std::filesystem::path cid_socket(std::uint32_t cid) const;

  // "i-" and 17 hexadecimal digits: the emulated parent instance. Fails with `unavailable` (sim-state).
  Result<std::string> instance_id() const;

  // Held until the descriptor is closed; waits for whoever has it. Fails with `unavailable` (sim-state).
  Result<server::Descriptor> lock() const;

  // The enclaves whose supervisor lives, by id; removes what others left behind. The caller holds lock().
  Result<std::vector<EnclaveRecord>> enclaves() const;

  // Removes an enclave's folder and its link.
  void remove(const EnclaveRecord& record) const;

 private:
  explicit StateFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

// `digits` random hexadecimal digits.
[[nodiscard]] std::string random_hex(std::size_t digits);

}  // namespace ben::emulator
