#include "nitro_sim/virtual_machine.hpp"

#include <chrono>
#include <thread>

namespace ben::emulator {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr Error not_started{ErrorCode::unavailable, "sim-machine",
                            "QEMU or its vsock device could not be started: run scripts/build-qemu"};
constexpr std::chrono::seconds device_start_max{10};
constexpr std::chrono::milliseconds look_again{5};

bool wait_for_socket(const fs::path& path, ChildProcess& maker) {
  const auto until = Clock::now() + device_start_max;
  std::error_code error;
  while (!fs::is_socket(path, error)) {
    if (maker.has_ended() || Clock::now() >= until) return false;
    std::this_thread::sleep_for(look_again);
  }
  return true;
}

// In a list of QEMU's a comma in a value is written twice.
std::string escape(const std::string& value) {
  std::string escaped;
  for (const char letter : value) escaped.append(letter == ',' ? 2 : 1, letter);
  return escaped;
}

}  // namespace

Result<std::vector<ChildProcess>> start_virtual_machine(const VirtualMachine& machine,
                                                        const EnclaveRecord& record,
                                                        const std::string& instance_id,
                                                        const std::string& role_arn,
                                                        const server::Descriptor& console) {
  std::error_code error;
  for (const char* left : {"vhost.sock", "vsock.sock"}) fs::remove(left, error);
  // Kernels from 6.17 on, and Debian's 6.12.117, spread a packet over several buffers when it is larger than
  // 32 KiB; the device takes one. It announces how much may be sent to it, and so gets nothing larger.
  auto device = ChildProcess::start({machine.programs / "vhost-device-vsock", "--vm",
                                     "guest-cid=" + std::to_string(record.cid) +
                                         ",socket=vhost.sock,uds-path=vsock.sock,tx-buffer-size=32768"},
                                    console);
  if (!device || !wait_for_socket("vhost.sock", *device)) return not_started;

  std::string options = "nitro-enclave,vsock=vsock,id=" + record.id + ",parent-id=" + instance_id;
  if (!role_arn.empty()) options += ",parent-role=" + escape(role_arn);
  std::vector<std::string> words{"env"};
  if (machine.signs_documents) words.emplace_back("QEMU_NSM_SIGNER=nsm.sock");
  const std::vector<std::string> qemu{machine.programs / "qemu-system-x86_64",
                                      "-L",
                                      machine.programs / "firmware",
                                      "-M",
                                      options,
                                      "-accel",
                                      "tcg",
                                      "-m",
                                      std::to_string(record.memory_mib) + "M",
                                      "-smp",
                                      std::to_string(record.cpu_ids.size()),
                                      "-kernel",
                                      machine.image,
                                      "-nodefaults",
                                      "-no-reboot",
                                      "-display",
                                      "none",
                                      "-monitor",
                                      "none",
                                      "-serial",
                                      "stdio",
                                      "-chardev",
                                      "socket,id=vsock,path=vhost.sock"};
  words.insert(words.end(), qemu.begin(), qemu.end());
  auto processors = ChildProcess::start(std::move(words), console);
  if (!processors) return not_started;
  std::vector<ChildProcess> processes;
  processes.push_back(*std::move(processors));
  processes.push_back(*std::move(device));
  return processes;
}

}  // namespace ben::emulator
