#include "nitro_sim/commands.hpp"

#include <signal.h>
#include <sys/stat.h>
extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgot to say so itself
}

#include <algorithm>
#include <ctime>
#include <iostream>
#include <numeric>
#include <set>
#include <thread>

#include "nitro_sim/boot_image.hpp"
#include "nitro_sim/console.hpp"
#include "nitro_sim/state_folder.hpp"
#include "nitro_sim/supervisor.hpp"
#include "nsm/test_pki.hpp"

namespace ben::emulator {
namespace {

constexpr std::uint64_t cid_min = 4;  // 0 to 3 are the hypervisor, loopback, the host and the parent
constexpr std::uint64_t cid_max = 0xfffffffe;
constexpr std::uint32_t first_free_cid = 16;
constexpr std::uint64_t memory_per_image = 4;  // nitro-cli: the image is unpacked into memory
constexpr std::size_t name_bytes_max = 128;
constexpr std::chrono::milliseconds process_boot_max{20'000};
constexpr std::chrono::milliseconds machine_boot_max{60'000};

void print(std::string_view text) { std::cout << text << '\n' << std::flush; }

// ---- run-enclave ----

// Those asked for; with a count they are made up, since no CPU is set aside.
std::vector<std::uint32_t> cpu_ids(const RunOptions& options) {
  if (!options.cpu_ids.empty()) return options.cpu_ids;
  std::vector<std::uint32_t> ids(std::min(options.cpu_count, cpus_max + 1));
  std::iota(ids.begin(), ids.end(), 1U);
  return ids;
}

Result<> admit_options(const RunOptions& options, std::uint64_t image_bytes) {
  if (options.cid && (*options.cid < cid_min || *options.cid > cid_max)) {
    return Error{ErrorCode::refused, "sim-cid", "the enclave CID has to be 4 to 4294967294"};
  }
  const std::vector<std::uint32_t> cpus = cpu_ids(options);
  if (cpus.empty() || cpus.size() > cpus_max) {
    return Error{ErrorCode::refused, "sim-cpus", "the CPU count has to be 1 to 256"};
  }
  if (std::set(cpus.begin(), cpus.end()).size() != cpus.size()) {
    return Error{ErrorCode::refused, "sim-cpu-ids", "each CPU id may be given once"};
  }
  const std::uint64_t mib = std::uint64_t{1} << 20U;
  if (options.memory_mib < (memory_per_image * image_bytes + mib - 1) / mib) {
    return Error{ErrorCode::refused, "sim-memory", "the memory has to be at least four times the image file"};
  }
  return Ok{};
}

// A hypervisor does not start an image whose signature is out of date.
Result<> admit_certificate_dates(const eif::Description& description) {
  if (!description.certificate) return Ok{};
  return eif::admit_certificate_dates(*description.certificate, std::time(nullptr));
}

bool is_admissible_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max &&
         std::ranges::all_of(name, [](char letter) { return letter > ' ' && letter <= '~'; });
}

// The name wished for, or with a number that makes it differ from the others'.
std::string choose_name(const RunOptions& options, const std::vector<EnclaveRecord>& others) {
  const auto path = options.eif_path.filename();
  const std::string wish =
      !options.name.empty() ? options.name : (path.extension() == ".eif" ? path.stem() : path).string();
  std::string name = wish;
  for (int number = 1; std::ranges::count(others, name, &EnclaveRecord::name) != 0; ++number) {
    name = wish + "_" + std::to_string(number);
  }
  return name;
}

Result<std::uint32_t> choose_cid(const RunOptions& options, const std::vector<EnclaveRecord>& others) {
  const auto is_taken = [&](std::uint64_t cid) {
    return std::ranges::count(others, cid, &EnclaveRecord::cid) != 0;
  };
  if (options.cid) {
    if (is_taken(*options.cid)) {
      return Error{ErrorCode::refused, "sim-cid-taken", "another enclave has this CID"};
    }
    return static_cast<std::uint32_t>(*options.cid);
  }
  std::uint32_t cid = first_free_cid;
  while (is_taken(cid)) ++cid;
  return cid;
}

struct Reservation {
  EnclaveRecord record;
  server::Descriptor lock;
  std::string instance_id;
};

// Takes a name, a CID and an id, and makes the enclave's folder, which exists as long as its lock is held.
Result<Reservation> reserve(const StateFolder& state, const RunOptions& options,
                            const eif::Description& description) {
  const auto state_lock = state.lock();
  if (!state_lock) return state_lock.error();
  const auto others = state.enclaves();
  if (!others) return others.error();
  const auto cid = choose_cid(options, *others);
  if (!cid) return cid.error();
  auto instance_id = state.instance_id();
  if (!instance_id) return instance_id.error();
  const auto pki = TestPki::open(state.pki());  // made here, where nobody else makes one
  if (!pki) return pki.error();

  Reservation made{.record = {.name = choose_name(options, *others),
                              .id = *instance_id + "-enc" + random_hex(16),
                              .cid = *cid,
                              .cpu_ids = cpu_ids(options),
                              .memory_mib = options.memory_mib,
                              .is_debug = options.is_debug || options.attach_console,
                              .measurements = description.measurements,
                              .metadata = eif::describe_metadata(description.metadata)},
                   .lock = server::Descriptor(),
                   .instance_id = *std::move(instance_id)};
  if (!is_admissible_name(made.record.name)) {
    return Error{ErrorCode::refused, "sim-name", "the name has to be 1 to 128 printable ASCII characters"};
  }
  const EnclaveFolder folder = state.enclave(made.record.id);
  for (const auto& path : {folder.path(), folder.root(), folder.sockets()}) ::mkdir(path.c_str(), 0700);
  made.lock = folder.make_lock();
  const auto written = folder.write_record(made.record);
  if (made.lock.get() < 0 || !written) {
    state.remove(made.record);
    return Error{ErrorCode::unavailable, "sim-state", "the enclave's folder could not be made"};
  }
  return made;
}

Result<eif::Description> describe_for_boot(const eif::Input& image, const RunOptions& options) {
  std::uint64_t failed_at = 0;
  auto description = eif::describe_eif(image, &failed_at);
  if (!description) {
    std::cerr << "The image is refused at offset " << failed_at << ".\n";
    return description;
  }
  for (const auto& admitted :
       {admit_certificate_dates(*description), admit_options(options, description->file_bytes)}) {
    if (!admitted) return admitted.error();
  }
  return description;
}

// What boots the image, if it is not its init alone.
Result<std::optional<VirtualMachine>> choose_machine(const eif::Input& image,
                                                     const eif::Description& description,
                                                     const RunOptions& options) {
  const auto is_without_kernel = is_process_image(image, description);
  if (!is_without_kernel) return is_without_kernel.error();
  if (*is_without_kernel) return std::optional<VirtualMachine>();
  if (options.qemu.empty()) {
    return Error{ErrorCode::refused, "sim-kernel",
                 "this image boots a kernel of its own: name the folder of scripts/build-qemu with --qemu"};
  }
  std::error_code error;
  VirtualMachine machine{.programs = std::filesystem::absolute(options.qemu, error),
                         .image = std::filesystem::absolute(options.eif_path, error),
                         .signs_documents = !options.leave_unsigned};
  if (error) return Error{ErrorCode::unavailable, "eif-file", "the image's path cannot be read"};
  return std::optional(std::move(machine));
}

// ---- choosing ----

Result<std::vector<EnclaveRecord>> choose(const StateFolder& state, const EnclaveChoice& choice) {
  const auto lock = state.lock();
  if (!lock) return lock.error();
  auto records = state.enclaves();
  if (!records) return records;
  if (choice.id.empty() && choice.name.empty()) return records;
  std::erase_if(*records, [&](const EnclaveRecord& record) {
    return choice.id.empty() ? record.name != choice.name : record.id != choice.id;
  });
  if (records->empty()) return Error{ErrorCode::refused, "sim-no-enclave", "no enclave has this name or id"};
  return records;
}

// ---- terminate-enclave ----

constexpr std::chrono::milliseconds look_again{10};

bool wait_for_end(const EnclaveFolder& enclave, std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  while (enclave.is_alive()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(look_again);
  }
  return true;
}

Result<> terminate(const StateFolder& state, const EnclaveRecord& record) {
  const EnclaveFolder enclave = state.enclave(record.id);
  const server::Descriptor process(::pidfd_open(record.process_id, 0));
  // The lock is still held, so the process that was just opened is the one that holds it.
  const bool lives = process.get() >= 0 && enclave.is_alive();
  for (const auto& [signal, patience] : {std::pair{SIGTERM, 5'000}, {SIGKILL, 5'000}}) {
    if (lives) ::pidfd_send_signal(process.get(), signal, nullptr, 0);
    if (!wait_for_end(enclave, std::chrono::milliseconds(patience))) continue;
    const auto lock = state.lock();
    if (!lock) return lock.error();
    state.remove(record);
    return Ok{};
  }
  return Error{ErrorCode::unavailable, "sim-terminate", "the enclave's supervisor does not end"};
}

}  // namespace

Result<> run_enclave(const RunOptions& options) {
  const auto state = StateFolder::open();
  if (!state) return state.error();
  const auto image = eif::FileInput::open(options.eif_path);
  if (!image) return image.error();
  const auto description = describe_for_boot(**image, options);
  if (!description) return description.error();

  auto machine = choose_machine(**image, *description, options);
  if (!machine) return machine.error();

  std::cerr << "Start allocating memory...\n";
  auto reserved = reserve(*state, options, *description);
  if (!reserved) return reserved.error();
  const EnclaveRecord record = reserved->record;
  if (!*machine) {
    const auto extracted = extract_ramdisks(**image, *description, state->enclave(record.id).root());
    if (!extracted) {
      state->remove(record);
      return extracted.error();
    }
  }
  const auto boot_timeout = options.boot_timeout.value_or(*machine ? machine_boot_max : process_boot_max);
  const auto running = start_supervisor(*state,
                                        {.record = record,
                                         .instance_id = reserved->instance_id,
                                         .role_arn = options.role_arn,
                                         .boot_timeout = boot_timeout,
                                         .machine = *std::move(machine)},
                                        std::move(reserved->lock));
  if (!running) return running.error();
  std::cerr << "Started enclave with enclave-cid: " << running->cid << ", memory: " << running->memory_mib
            << " MiB\n";
  print(describe_run(*running));
  if (!options.attach_console) return Ok{};
  return show_console({.id = running->id, .name = {}}, std::nullopt);
}

Result<> describe_enclaves(bool with_metadata) {
  const auto state = StateFolder::open();
  if (!state) return state.error();
  auto records = choose(*state, {});
  if (!records) return records.error();
  std::erase_if(*records, [](const EnclaveRecord& record) { return !record.is_running; });
  print(describe_all(*records, with_metadata));
  return Ok{};
}

Result<> terminate_enclaves(const EnclaveChoice& choice) {
  const auto state = StateFolder::open();
  if (!state) return state.error();
  const auto records = choose(*state, choice);
  if (!records) return records.error();
  for (const EnclaveRecord& record : *records) {
    if (const auto terminated = terminate(*state, record); !terminated) return terminated;
    std::cerr << "Successfully terminated enclave " << record.id << ".\n";
    print(describe_termination(record));
  }
  return Ok{};
}

Result<> show_console(const EnclaveChoice& choice, std::optional<std::chrono::seconds> timeout) {
  const auto state = StateFolder::open();
  if (!state) return state.error();
  const auto records = choose(*state, choice);
  if (!records) return records.error();
  const EnclaveRecord& record = records->front();
  print("Connecting to the console for enclave " + std::to_string(record.cid) + "...");
  return follow_console(state->enclave(record.id), timeout);
}

Result<> describe_image(const std::filesystem::path& path) {
  std::uint64_t failed_at = 0;
  const auto description = eif::describe_eif(path, &failed_at);
  if (!description) {
    std::cerr << "The image is refused at offset " << failed_at << ".\n";
    return description.error();
  }
  print(eif::encode_description(*description));
  return Ok{};
}

Result<> show_root(CertificateForm form) {
  const auto state = StateFolder::open();
  if (!state) return state.error();
  const auto lock = state->lock();  // two commands must not make two roots
  if (!lock) return lock.error();
  const auto pki = TestPki::open(state->pki());
  if (!pki) return pki.error();
  print((state->pki() / (form == CertificateForm::pem ? "root.pem" : "root.der")).string());
  return Ok{};
}

}  // namespace ben::emulator
