#include "nitro_sim/supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "eif/output_file.hpp"
#include "init/unix_socket.hpp"
#include "nitro_sim/console.hpp"
#include "nitro_sim/sandbox.hpp"
#include "nsm/document_signer.hpp"
#include "nsm/server.hpp"
#include "nsm/software_nsm.hpp"
#include "nsm/test_pki.hpp"

namespace ben::emulator {
namespace {

using server::Descriptor;
using Clock = std::chrono::steady_clock;

constexpr std::uint8_t heartbeat = 0xb7;
constexpr const char* heartbeat_socket = "vsock.sock_9000";  // in the folder of sockets
constexpr int console_reads_max =
    16;  // in a row: an enclave that writes without end must not hold up the rest

// What the supervisor tells the command that started it: one byte, and after a debug enclave's failure its
// console.
enum class BootReport : std::uint8_t { running = 'r', died = 'd', late = 't', not_started = 'n' };

struct Pipe {
  Descriptor reading;
  Descriptor writing;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Error{ErrorCode::unavailable, "sim-boot", "a pipe could not be made"};
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// SIGTERM and SIGCHLD, to be polled for.
Descriptor watch_signals() {
  sigset_t watched;
  ::sigemptyset(&watched);
  ::sigaddset(&watched, SIGTERM);
  ::sigaddset(&watched, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &watched, nullptr);
  return Descriptor(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
}

BootFacts boot_facts(const SupervisorOptions& options) {
  const auto& measurements = options.record.measurements;
  const std::string number = options.record.id.substr(options.record.id.rfind("-enc") + 4);
  return {.pcr0 = measurements.pcr0,
          .pcr1 = measurements.pcr1,
          .pcr2 = measurements.pcr2,
          .pcr8 = measurements.pcr8,
          .role_arn = options.role_arn,
          .name = {.instance_id = options.instance_id,
                   .number = std::stoull(number, nullptr, 16),
                   .region = "us-east-1"},
          .debug = options.record.is_debug};
}

// One enclave's life, from its first process to its last.
class Supervisor {
 public:
  Supervisor(const StateFolder& state, SupervisorOptions options, Descriptor report)
      : state_(state),
        options_(std::move(options)),
        folder_(state.enclave(options_.record.id)),
        report_(std::move(report)) {}

  // Returns when the enclave has ended.
  void run() {
    auto ended = BootReport::not_started;
    if (prepare()) {
      int boots_left = options_.machine ? 2 : 1;
      do {
        ended = live();
        --boots_left;
      } while (boots_left > 0 && !is_running() && ended != BootReport::not_started);
    }
    tell(ended);
  }

 private:
  // What has to be there before the enclave starts.
  bool prepare() {
    signals_ = watch_signals();
    auto pki = TestPki::open(state_.pki());
    if (signals_.get() < 0 || !pki) return false;
    pki_ = std::make_unique<TestPki>(*std::move(pki));
    if (options_.record.is_debug) console_file_ = ConsoleFile::create(folder_.console());

    // The sockets' own names are short, whatever the path to them.
    if (::chdir(folder_.sockets().c_str()) != 0) return false;
    if (options_.machine) {
      nsm_ = std::make_unique<DocumentSigner>(*pki_, boot_facts(options_).name, options_.record.is_debug);
    } else {
      nsm_ = std::make_unique<SoftwareNsm>(*pki_, boot_facts(options_));
    }
    auto nsm_server = NsmServer::listen("nsm.sock", *nsm_);
    if (!nsm_server) return false;
    nsm_server_ = *std::move(nsm_server);

    options_.record.process_id = ::getpid();
    return folder_.write_record(options_.record).has_value();
  }

  // One boot and the life that follows it. Says why it ended; not_started also when it was told to.
  BootReport live() {
    boot_until_ = Clock::now() + options_.boot_timeout;
    auto processes = start();
    if (!processes) return BootReport::not_started;
    while (true) {
      std::array<pollfd, 3> events{pollfd{signals_.get(), POLLIN, 0},
                                   pollfd{console_reading_.get(), POLLIN, 0},
                                   pollfd{heartbeat_.get(), POLLIN, 0}};
      if (::poll(events.data(), events.size(), wait_ms()) < 0 && errno != EINTR)
        return BootReport::not_started;
      drain_console();
      if (was_told_to_stop()) return BootReport::not_started;
      if (std::ranges::any_of(*processes, &ChildProcess::has_ended)) return BootReport::died;
      if (events[2].revents != 0) {
        if (const auto failed = hear_heartbeat()) return *failed;
      }
      if (!is_running() && Clock::now() >= boot_until_) return BootReport::late;
    }
  }

  Result<std::vector<ChildProcess>> start() {
    auto console = make_pipe();
    if (!console) return console.error();
    console_reading_ = std::move(console->reading);
    std::error_code error;
    std::filesystem::remove(heartbeat_socket, error);  // of an earlier boot
    heartbeat_ = listen_unix(heartbeat_socket);
    is_heartbeat_connected_ = false;
    if (heartbeat_.get() < 0 || ::fcntl(console_reading_.get(), F_SETFL, O_NONBLOCK) != 0) {
      return Error{ErrorCode::unavailable, "sim-boot", "the enclave's console could not be made"};
    }
    if (options_.machine) {
      return start_virtual_machine(*options_.machine, options_.record, options_.instance_id,
                                   options_.role_arn, console->writing);
    }
    auto init = start_sandbox(folder_.root(), folder_.sockets(), console->writing);
    if (!init) return init.error();
    std::vector<ChildProcess> processes;
    processes.push_back(*std::move(init));
    return processes;
  }

  [[nodiscard]] bool is_running() const noexcept { return options_.record.is_running; }

  [[nodiscard]] int wait_ms() const {
    if (is_running()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(boot_until_ - Clock::now()).count();
    return left < 0 ? 0 : static_cast<int>(left);
  }

  void drain_console() {
    std::array<std::uint8_t, 65536> buffer{};
    for (int reads = 0; reads < console_reads_max; ++reads) {
      const ssize_t count = ::read(console_reading_.get(), buffer.data(), buffer.size());
      if (count == 0) console_reading_ = Descriptor();  // closed by all writers: poll passes over -1
      if (count <= 0) return;
      if (console_file_) console_file_->append(ByteView(buffer).first(static_cast<std::size_t>(count)));
    }
  }

  bool was_told_to_stop() const {
    bool stop = false;
    signalfd_siginfo signal{};
    while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
      stop = stop || signal.ssi_signo == SIGTERM;
    }
    return stop;
  }

  // First the connection, then its byte, each as it comes: `heartbeat_` is what is waited for. Gives a reason
  // when the enclave is not to live on: one whose starter went away has nobody to end it.
  std::optional<BootReport> hear_heartbeat() {
    if (!is_heartbeat_connected_) {
      Descriptor peer(::accept4(heartbeat_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (peer.get() < 0) return std::nullopt;
      heartbeat_ = std::move(peer);
      is_heartbeat_connected_ = true;
      return std::nullopt;
    }
    std::uint8_t byte = 0;
    const bool is_heartbeat = ::recv(heartbeat_.get(), &byte, 1, 0) == 1 && byte == heartbeat &&
                              ::send(heartbeat_.get(), &heartbeat, 1, MSG_NOSIGNAL) == 1;
    heartbeat_ = Descriptor();
    if (!is_heartbeat || !publish()) return BootReport::died;
    if (!tell(BootReport::running)) return BootReport::not_started;
    return std::nullopt;
  }

  // Makes the enclave known: its sockets by name, and its record.
  bool publish() {
    options_.record.is_running = true;
    std::error_code error;
    std::filesystem::create_symlink("sockets/vsock.sock", folder_.path() / "vsock.sock", error);
    if (error) return false;
    const auto link = state_.cid_socket(options_.record.cid);
    std::filesystem::remove(link, error);
    std::filesystem::create_symlink(options_.record.id + "/sockets/vsock.sock", link, error);
    return !error && folder_.write_record(options_.record).has_value();
  }

  // Says whether anybody listens, which nobody does after the first time.
  bool tell(BootReport report) {
    const bool told = ::write(report_.get(), &report, 1) == 1;
    if (report != BootReport::running && console_file_) {
      const Descriptor console(::open(folder_.console().c_str(), O_RDONLY | O_CLOEXEC));
      while (::sendfile(report_.get(), console.get(), nullptr, console_bytes_max) > 0) {
      }
    }
    report_ = Descriptor();
    return told;
  }

  const StateFolder& state_;
  SupervisorOptions options_;
  EnclaveFolder folder_;
  Descriptor report_;
  Clock::time_point boot_until_;

  Descriptor signals_;
  Descriptor console_reading_;
  std::optional<ConsoleFile> console_file_;
  Descriptor heartbeat_;  // the listener, then the connection, then nothing
  bool is_heartbeat_connected_ = false;
  std::unique_ptr<TestPki> pki_;
  std::unique_ptr<NsmTransport> nsm_;  // the whole module, or the signer of QEMU's
  std::unique_ptr<NsmServer> nsm_server_;
};

// Leaves the caller's session, its terminal and all its files but these two.
void detach(const Descriptor& report, const Descriptor& lock) {
  ::setsid();
  for (const int ignored : {SIGPIPE, SIGHUP}) static_cast<void>(::signal(ignored, SIG_IGN));
  const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int standard : {0, 1, 2}) ::dup2(null.get(), standard);
  const auto [low, high] =
      std::minmax({static_cast<unsigned>(report.get()), static_cast<unsigned>(lock.get())});
  ::close_range(3, low - 1, 0);
  ::close_range(low + 1, high - 1, 0);
  ::close_range(high + 1, ~0U, 0);
}

[[noreturn]] void supervise(const StateFolder& state, SupervisorOptions options, Descriptor report,
                            const Descriptor& lock) {
  detach(report, lock);
  const EnclaveRecord record = options.record;
  Supervisor(state, std::move(options), std::move(report)).run();
  state.remove(record);
  ::_exit(0);
}

// Copies what is left in a pipe to standard error.
void print_rest(const Descriptor& pipe) {
  std::array<std::uint8_t, 65536> buffer{};
  ssize_t count = 0;
  while ((count = ::read(pipe.get(), buffer.data(), buffer.size())) > 0) {
    if (!eif::write_all(2, ByteView(buffer).first(static_cast<std::size_t>(count)))) return;
  }
}

Error to_error(BootReport report) {
  switch (report) {
    case BootReport::died:
      return {ErrorCode::unavailable, "sim-boot-died", "the enclave's init ended before its heartbeat"};
    case BootReport::late:
      return {ErrorCode::unavailable, "sim-boot-timeout", "the enclave's heartbeat did not come in time"};
    case BootReport::running:
    case BootReport::not_started:
      break;
  }
  return {ErrorCode::unavailable, "sim-boot", "the enclave's processes could not be started"};
}

}  // namespace

Result<EnclaveRecord> start_supervisor(const StateFolder& state, SupervisorOptions options, Descriptor lock) {
  auto pipe = make_pipe();
  if (!pipe) return pipe.error();
  EnclaveRecord record = options.record;
  const pid_t process = ::fork();
  if (process == 0) supervise(state, std::move(options), std::move(pipe->writing), lock);
  if (process < 0) return Error{ErrorCode::unavailable, "sim-boot", "a process could not be started"};
  pipe->writing = Descriptor();
  lock = Descriptor();

  auto report = BootReport::not_started;
  if (::read(pipe->reading.get(), &report, 1) == 1 && report == BootReport::running) {
    record.process_id = process;
    record.is_running = true;
    return record;
  }
  print_rest(pipe->reading);
  ::waitpid(process, nullptr, 0);  // it has cleaned up then
  return to_error(report);
}

}  // namespace ben::emulator
