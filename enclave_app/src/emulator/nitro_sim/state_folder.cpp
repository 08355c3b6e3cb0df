#include "nitro_sim/state_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/hex.hpp"
#include "eif/output_file.hpp"

namespace ben::emulator {
namespace {

namespace fs = std::filesystem;

constexpr Error unusable{ErrorCode::unavailable, "sim-state",
                         "the state folder cannot be used: set NITRO_SIM_DIR to a folder of yours"};

// sockaddr_un has 108 bytes; the longest path that others connect to is cid-4294967295.sock.
constexpr std::size_t path_bytes_max = 107 - std::string_view("/cid-4294967295.sock").size();

fs::path default_path() {
  // NOLINTBEGIN(concurrency-mt-unsafe): read once, before any thread is made
  if (const char* named = std::getenv("NITRO_SIM_DIR"); named != nullptr && *named != '\0') return named;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  // NOLINTEND(concurrency-mt-unsafe)
  return fs::path(runtime == nullptr || *runtime == '\0' ? "/run" : runtime) / "nitro-sim";
}

Result<std::string> read_text(const fs::path& path) {
  std::ifstream file(path);
  if (!file) return unusable;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

Result<> write_text(const fs::path& path, std::string_view text) {
  const auto file = eif::OutputFile::create(path);
  if (!file) return unusable;
  if (!(*file)->append(as_bytes(text)) || !(*file)->commit()) return unusable;
  return Ok{};
}

server::Descriptor open_lock(const fs::path& path, int flags) {
  return server::Descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600));
}

bool is_enclave_id(const std::string& name) {
  return name.starts_with("i-") && name.find("-enc") != std::string::npos;
}

}  // namespace

std::string random_hex(std::size_t digits) {
  Bytes bytes((digits + 1) / 2);
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  return encode_hex(bytes).substr(0, digits);
}

Result<> EnclaveFolder::write_record(const EnclaveRecord& record) const {
  return write_text(path_ / "enclave.json", encode_record(record));
}

Result<EnclaveRecord> EnclaveFolder::read_record() const {
  const auto text = read_text(path_ / "enclave.json");
  if (!text) return text.error();
  return parse_record(*text);
}

server::Descriptor EnclaveFolder::make_lock() const {
  server::Descriptor lock = open_lock(path_ / "lock", O_CREAT | O_EXCL);
  if (lock.get() < 0 || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return server::Descriptor();
  return lock;
}

bool EnclaveFolder::is_alive() const {
  const server::Descriptor lock = open_lock(path_ / "lock", 0);
  return lock.get() >= 0 && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0;
}

Result<StateFolder> StateFolder::open() {
  std::error_code error;
  const fs::path path = fs::absolute(default_path(), error);
  if (path.native().size() > path_bytes_max) {
    return Error{ErrorCode::refused, "sim-state-path",
                 "the state folder's path is too long for unix sockets"};
  }
  ::mkdir(path.c_str(), 0700);
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return unusable;
  if (status.st_uid != ::geteuid() || (status.st_mode & 077U) != 0) {
    return Error{ErrorCode::refused, "sim-state-owner",
                 "the state folder has to be yours alone, with mode 0700"};
  }
  return StateFolder(path);
}

fs::path StateFolder::cid_socket(std::uint32_t cid) const {
  return path_ / ("cid-" + std::to_string(cid) + ".sock");
}

Result<std::string> StateFolder::instance_id() const {
  const fs::path path = path_ / "instance-id";
  if (auto id = read_text(path); id) return id;
  const std::string id = "i-" + random_hex(17);
  if (const auto written = write_text(path, id); !written) return written.error();
  return id;
}

Result<server::Descriptor> StateFolder::lock() const {
  server::Descriptor lock = open_lock(path_ / "lock", O_CREAT);
  if (lock.get() < 0 || ::flock(lock.get(), LOCK_EX) != 0) return unusable;
  return lock;
}

Result<std::vector<EnclaveRecord>> StateFolder::enclaves() const {
  std::error_code error;
  std::vector<std::string> ids;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    if (is_enclave_id(entry.path().filename())) ids.push_back(entry.path().filename());
  }
  if (error) return unusable;
  std::ranges::sort(ids);

  std::vector<EnclaveRecord> records;
  for (const std::string& id : ids) {
    const EnclaveFolder folder = enclave(id);
    auto record = folder.read_record();
    if (!folder.is_alive()) {
      remove(record ? *record
                    : EnclaveRecord{.name = {}, .id = id, .cpu_ids = {}, .measurements = {}, .metadata = {}});
    } else if (record) {
      records.push_back(*std::move(record));
    }
  }
  return records;
}

void StateFolder::remove(const EnclaveRecord& record) const {
  std::error_code ignored;  // what is gone already is as it should be
  const fs::path link = cid_socket(record.cid);
  if (fs::read_symlink(link, ignored).native().starts_with(record.id + "/")) fs::remove(link, ignored);
  fs::remove_all(path_ / record.id, ignored);
}

}  // namespace ben::emulator
