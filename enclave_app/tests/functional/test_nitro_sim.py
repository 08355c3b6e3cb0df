"""nitro-sim from outside: enclaves are run, looked at, spoken to, killed. The images are made here, byte by byte."""

import gzip
import hashlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time
import zlib

import pytest

from node import BUILD, call, program, wait_until

NO_KERNEL = b"process platform: no kernel"
METADATA = (b'{"ImageName":"test","ImageVersion":"1","BuildMetadata":{"BuildTime":"","BuildTool":"","BuildToolVersion":'
            b'"","OperatingSystem":"","KernelVersion":""},"DockerInfo":null,"CustomMetadata":null}')
ZERO = "0" * 96


def cpio(files):
    """A newc archive of {path: bytes}; None makes a folder."""
    archive = b""
    for inode, (path, content) in enumerate(sorted(files.items()), 1):
        mode, links = (0o100755, 1) if content is not None else (0o040755, 2)
        archive += cpio_entry(path, inode, mode, links, content or b"")
    archive += cpio_entry("TRAILER!!!", 0, 0, 1, b"")
    return archive + b"\0" * (-len(archive) % 512)


def cpio_entry(path, inode, mode, links, content):
    name = path.encode() + b"\0"
    fields = [inode, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(name), 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return head + b"\0" * (-len(head) % 4) + content + b"\0" * (-len(content) % 4)


def image(*ramdisks, kernel=NO_KERNEL):
    """An enclave image file, version 4."""
    sections = [(1, kernel), (2, b"quiet"), (5, METADATA), *((3, ramdisk) for ramdisk in ramdisks)]
    offsets, body, at = [], b"", 548
    for kind, data in sections:
        offsets.append(at)
        body += struct.pack(">HHQ", kind, 0, len(data)) + data
        at = 548 + len(body)
    offsets += [0] * (32 - len(sections))
    sizes = [len(data) for _, data in sections] + [0] * (32 - len(sections))
    head = struct.pack(">4sHHQQHH32Q32QI", b".eif", 4, 0, 1 << 30, 2, 0, len(sections), *offsets, *sizes, 0)
    return head + struct.pack(">I", zlib.crc32(body, zlib.crc32(head))) + body


def pcr(content):
    return hashlib.sha384(bytes(48) + hashlib.sha384(content).digest()).hexdigest()


class Sim:
    """nitro-sim with a state folder and images of the test's own."""

    def __init__(self, folder):
        self.folder = folder
        self.state = folder / "sim"
        self.init = program("nitro-sim-test-init").read_bytes()
        self.started = []

    def __call__(self, *arguments, status=0, **environment):
        done = call("nitro-sim", *arguments, env={"NITRO_SIM_DIR": str(self.state), **environment})
        assert done.status == status, f"nitro-sim {arguments}: {done}"
        return done

    def image(self, name="test.eif", behaviour=b"", **options):
        path = self.folder / name
        files = {"init": self.init, "proc": None}
        if behaviour:
            files["behaviour"] = behaviour
        path.write_bytes(image(cpio(files), **options))
        return path

    def run(self, *flags, eif=None, **environment):
        path = eif or self.image()
        memory = 4 * path.stat().st_size // 2**20 + 1
        return self("run-enclave", "--eif-path", path, "--cpu-count", 2, "--memory", memory, *flags, **environment).json

    def fails_to_run(self, code, tag, *flags, eif=None, memory=1000):
        before = self.enclaves()
        done = self("run-enclave", "--eif-path", eif or self.image(), "--cpu-count", 2, "--memory", memory, *flags, status=1)
        assert done.out == ""
        assert f"[ {code} ] " in done.err and f"({tag})" in done.err, done.err
        assert self.enclaves() == before
        assert sorted(path.name for path in self.state.glob("i-*")) == sorted(e["EnclaveID"] for e in before)
        return done

    def enclaves(self):
        return self("describe-enclaves").json

    def connect(self, cid, greeting=b"CONNECT 5000\n"):
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(str(self.state / f"cid-{cid}.sock"))
        peer.settimeout(10)
        peer.sendall(greeting)
        return peer

    def ask(self, cid, line):
        with self.connect(cid) as peer, peer.makefile("rw") as stream:
            assert re.fullmatch(r"OK \d+\n", stream.readline())
            stream.write(line + "\n")
            stream.flush()
            return stream.readline().rstrip("\n")


def is_closed(peer):
    """Whether the other end hangs up without a word."""
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def sim(folder):
    made = Sim(folder)
    yield made
    made("terminate-enclave", "--all")


def processes_of(state):
    """Processes that know the state folder: its supervisors, and bwrap."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read()
        except OSError:
            continue
        if str(state).encode() in words:
            found.append(int(pid))
    return found


def children(pid):
    done = subprocess.run(["ps", "--no-headers", "-o", "pid", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(word) for word in done.stdout.split()]


def is_gone(pid):
    return not os.path.exists(f"/proc/{pid}/exe") or not os.access(f"/proc/{pid}/exe", os.R_OK)


def test_an_enclave_runs_and_is_described_in_nitro_clis_words(sim):
    path = sim.image("wallet.eif")
    started = sim.run(eif=path)
    assert list(started) == ["EnclaveName", "EnclaveID", "ProcessID", "EnclaveCID", "NumberOfCPUs", "CPUIDs", "MemoryMiB"]
    assert started["EnclaveName"] == "wallet"
    assert re.fullmatch(r"i-[0-9a-f]{17}-enc[0-9a-f]{16}", started["EnclaveID"])
    assert started["EnclaveCID"] == 16
    assert started["NumberOfCPUs"] == 2 and len(started["CPUIDs"]) == 2

    [described] = sim.enclaves()
    ramdisk = path.read_bytes()[-len(cpio({"init": sim.init, "proc": None})):]
    content = NO_KERNEL + b"quiet" + ramdisk
    assert described == {**started, "State": "RUNNING", "Flags": "NONE", "Measurements": {
        "HashAlgorithm": "Sha384 { ... }", "PCR0": pcr(content), "PCR1": pcr(content), "PCR2": pcr(b"")}}
    assert sim("describe-eif", "--eif-path", path).json["Measurements"] == described["Measurements"]


def test_cpus_are_chosen_by_their_ids(sim):
    path = sim.image()
    started = sim("run-enclave", "--eif-path", path, "--memory", 1000, "--cpu-ids", 5, 3, 9).json
    assert started["NumberOfCPUs"] == 3 and started["CPUIDs"] == [5, 3, 9]
    assert sim.enclaves()[0]["CPUIDs"] == [5, 3, 9]
    done = sim("run-enclave", "--eif-path", path, "--memory", 1000, "--cpu-ids", 1, 1, status=1)
    assert "[ E20 ] " in done.err and "(sim-cpu-ids)" in done.err


def test_the_images_metadata_are_described_on_request_as_describe_eif_does(sim):
    path = sim.image()
    sim.run(eif=path)
    plain, full = sim.enclaves()[0], sim("describe-enclaves", "--metadata").json[0]
    image_words = sim("describe-eif", "--eif-path", path).json
    added = {name: image_words[name] for name in ("ImageName", "ImageVersion", "Metadata")}
    assert added["ImageName"] == "test" and "BuildTime" in added["Metadata"]
    assert full == plain | added and list(full) == [*plain, *added]


def test_settings_come_from_a_file_as_from_flags(sim):
    file = sim.folder / "run.json"

    def run(status=0, **settings):
        file.write_text(json.dumps(settings))
        return sim("run-enclave", "--config", file, status=status)

    image_path = str(sim.image())
    started = run(eif_path=image_path, memory_mib=1000, cpu_count=2, enclave_cid=44, enclave_name="filed", cpu_ids=None, extra=1).json
    assert [started[name] for name in ("EnclaveName", "EnclaveCID", "NumberOfCPUs", "MemoryMiB")] == ["filed", 44, 2, 1000]
    started = run(eif_path=image_path, memory_mib=1000, cpu_ids=[7, 8], debug_mode=True).json
    flags = {enclave["EnclaveID"]: enclave["Flags"] for enclave in sim.enclaves()}
    assert started["CPUIDs"] == [7, 8] and flags.pop(started["EnclaveID"]) == "DEBUG_MODE" and list(flags.values()) == ["NONE"]

    good = {"eif_path": image_path, "memory_mib": 1000, "cpu_count": 2}
    for wrong in ({"memory_mib": -1}, {"memory_mib": "1000"}, {"eif_path": 7}, {"cpu_count": None}, {"cpu_ids": [1]}, {"cpu_count": 2**32},
                  {"enclave_cid": -4}, {"debug_mode": "yes"}, {"enclave_name": ["x"]}):
        done = run(status=1, **(good | wrong))
        assert "[ E17 ] " in done.err and "(sim-config)" in done.err, wrong
    for text in ("", "[]", "{", "7", "{}" + " " * 2**16):
        file.write_text(text)
        assert "(sim-config)" in sim("run-enclave", "--config", file, status=1).err
    assert "[ E19 ] " in sim("run-enclave", "--config", sim.folder / "absent.json", status=1).err
    assert len(sim.enclaves()) == 2


def test_the_security_module_knows_the_image_the_role_and_the_instance(sim):
    role = "arn:aws:iam::123456789012:role/node"
    started = sim.run("--enclave-cid", 20, NITRO_SIM_ROLE_ARN=role)
    [described] = sim.enclaves()
    for index in (0, 1, 2):
        assert sim.ask(20, f"pcr {index}") == f"locked {described['Measurements'][f'PCR{index}']}"
    assert sim.ask(20, "pcr 3") == "locked " + hashlib.sha384(bytes(48) + role.encode()).hexdigest()
    instance = started["EnclaveID"].split("-enc")[0]
    assert sim.ask(20, "pcr 4") == "locked " + hashlib.sha384(bytes(48) + instance.encode()).hexdigest()
    assert sim.ask(20, "pcr 16") == f"open {ZERO}"


def test_without_a_role_pcr3_is_zero_and_the_instance_stays_the_same(sim):
    first = sim.run()
    second = sim.run()
    assert sim.ask(first["EnclaveCID"], "pcr 3") == f"locked {ZERO}"
    assert first["EnclaveID"] != second["EnclaveID"]
    assert first["EnclaveID"].split("-enc")[0] == second["EnclaveID"].split("-enc")[0]
    assert [first["EnclaveName"], second["EnclaveName"]] == ["test", "test_1"]
    assert [first["EnclaveCID"], second["EnclaveCID"]] == [16, 17]


def test_the_sandbox_has_no_network_no_files_and_no_environment(sim):
    cid = sim.run(SECRET="from outside")["EnclaveCID"]
    assert sim.ask(cid, "sockets") == (
        "unix=allowed inet=EPERM inet6=EPERM netlink=EPERM packet=EPERM vsock=EPERM io_uring=EPERM")
    look = sim.ask(cid, "look")
    assert look.startswith("pid=1 write=EROFS core=0 dumpable=0 environment="), look
    assert look.endswith(" root=. .. init proc run "), look
    assert "from outside" not in look and "environment=1:PWD=/ " in look, look


def test_a_port_is_reached_by_the_hybrid_convention_only(sim):
    cid = sim.run()["EnclaveCID"]
    assert sim.ask(cid, "echo hello") == "hello"
    for greeting in (b"CONNECT 5001\n", b"CONNECT 50000\n", b"CONNECT 5000\r\n", b"GET / HTTP/1.1\r\n", b"\n"):
        with sim.connect(cid, greeting) as peer:
            assert is_closed(peer), greeting
    silent = [sim.connect(cid, b"CONN") for _ in range(40)]
    assert sim.ask(cid, "echo still there") == "still there"
    for peer in silent:
        peer.close()


def test_terminating_leaves_nothing(sim):
    first, second, third = sim.run("--enclave-name", "a"), sim.run("--enclave-name", "b"), sim.run("--enclave-name", "c")
    supervised = children(first["ProcessID"]) + children(second["ProcessID"])
    assert len(supervised) == 2
    done = sim("terminate-enclave", "--enclave-id", first["EnclaveID"])
    assert done.json == {"EnclaveName": "a", "EnclaveID": first["EnclaveID"], "Terminated": True}
    assert done.err == f"Successfully terminated enclave {first['EnclaveID']}.\n"
    sim("terminate-enclave", "--enclave-name", "b")
    assert [enclave["EnclaveName"] for enclave in sim.enclaves()] == ["c"]
    assert all(is_gone(pid) for pid in [first["ProcessID"], second["ProcessID"], *supervised])
    sim("terminate-enclave", "--all")
    assert sim.enclaves() == []
    assert sorted(path.name for path in sim.state.iterdir()) == ["instance-id", "lock", "pki"]
    assert processes_of(sim.state) == []
    assert is_gone(third["ProcessID"])


def test_an_init_that_ends_takes_its_enclave_along(sim):
    started = sim.run()
    assert sim.ask(16, "exit") == ""
    wait_until(lambda: sim.enclaves() == [], "the enclave to vanish", 5)
    wait_until(lambda: is_gone(started["ProcessID"]), "its supervisor to end", 5)
    assert not (sim.state / "cid-16.sock").is_symlink()
    assert not (sim.state / started["EnclaveID"]).exists()


def test_a_killed_supervisor_takes_its_init_along(sim):
    started = sim.run("--enclave-cid", 30)
    bwrap = children(started["ProcessID"])
    inits = [pid for parent in bwrap for pid in children(parent)]
    assert len(bwrap) == 1 and len(inits) == 1
    os.kill(started["ProcessID"], signal.SIGKILL)
    wait_until(lambda: is_gone(inits[0]) and is_gone(bwrap[0]), "the init to die", 5)
    assert sim.enclaves() == []
    assert not (sim.state / started["EnclaveID"]).exists()
    assert sim.run("--enclave-cid", 30)["EnclaveCID"] == 30


def test_a_starter_that_is_killed_leaves_no_enclave(sim):
    path = sim.image(behaviour=b"hang")
    starter = subprocess.Popen(
        [program("nitro-sim"), "run-enclave", "--eif-path", path, "--cpu-count", "1", "--memory", "1000",
         "--boot-timeout-ms", "1500"],
        env={**os.environ, "NITRO_SIM_DIR": str(sim.state)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: processes_of(sim.state), "the sandbox to start", 5)
    starter.kill()
    starter.wait(5)
    assert sim.enclaves() == []  # it has not booted
    wait_until(lambda: not list(sim.state.glob("i-*")) and not processes_of(sim.state), "the enclave to be removed", 10)


@pytest.mark.parametrize("behaviour, tag", [(b"die", "sim-boot-died"), (b"wrong-heartbeat", "sim-boot-died"),
                                            (b"hang", "sim-boot-timeout")])
def test_an_enclave_that_does_not_boot_leaves_nothing(sim, behaviour, tag):
    path = sim.image(behaviour=behaviour)
    done = sim.fails_to_run("E36", tag, "--boot-timeout-ms", 1500, eif=path)
    assert "the init begins" not in done.err
    assert processes_of(sim.state) == []
    done = sim.fails_to_run("E36", tag, "--boot-timeout-ms", 1500, "--debug-mode", eif=path)
    assert "the init begins\n" in done.err


def test_a_debug_enclave_has_a_console_and_zero_measurements(sim):
    started = sim.run("--debug-mode")
    [described] = sim.enclaves()
    assert described["Flags"] == "DEBUG_MODE"
    assert described["Measurements"]["PCR0"] != ZERO
    assert [sim.ask(16, f"pcr {index}") for index in (0, 1, 2)] == [f"locked {ZERO}"] * 3
    assert sim.ask(16, "pcr 4") != f"locked {ZERO}"
    done = sim("console", "--enclave-id", started["EnclaveID"], "--disconnect-timeout", 0)
    assert done.out == "Connecting to the console for enclave 16...\nthe init begins\n"

    # More than the console keeps: the enclave goes on, the file is bounded.
    assert sim.ask(16, f"flood {3 * 2**20}") == "done"
    wait_until(lambda: (sim.state / started["EnclaveID"] / "console.log").stat().st_size == 2**20, "a full console")
    assert sim.ask(16, "echo alive") == "alive"


def test_a_console_is_followed_until_the_enclave_ends(sim):
    sim.run("--debug-mode", "--enclave-name", "debug")
    follower = subprocess.Popen([program("nitro-sim"), "console", "--enclave-name", "debug"],
                                env={**os.environ, "NITRO_SIM_DIR": str(sim.state)}, stdout=subprocess.PIPE, text=True)
    assert follower.stdout.readline() == "Connecting to the console for enclave 16...\n"
    assert sim.ask(16, "flood 2048") == "done"
    assert sim.ask(16, "exit") == ""
    out, _ = follower.communicate(timeout=10)
    assert follower.returncode == 0
    assert out.count("x" * 1023) == 2


def test_an_enclave_that_is_not_in_debug_mode_has_no_console(sim):
    started = sim.run()
    done = sim("console", "--enclave-id", started["EnclaveID"], status=1)
    assert "[ E44 ] " in done.err and "(sim-console)" in done.err
    assert not (sim.state / started["EnclaveID"] / "console.log").exists()
    assert sim.ask(16, f"flood {2**20}") == "done"  # nobody reads, nobody blocks


def test_what_cannot_run_is_refused_with_nitro_clis_code(sim):
    path = sim.image()
    sim.run(eif=path)
    sim.fails_to_run("E33", "sim-cid-taken", "--enclave-cid", 16)
    for cid in (0, 1, 2, 3, 2**32 - 1, 2**32 + 4):
        sim.fails_to_run("E03", "sim-cid", "--enclave-cid", cid)
    least = -(-4 * path.stat().st_size // 2**20)
    sim.fails_to_run("E26", "sim-memory", eif=path, memory=least - 1)
    sim.fails_to_run("E58", "sim-name", "--enclave-name", "two words", eif=path)
    sim.fails_to_run("E19", "eif-file", eif=sim.folder / "absent.eif")
    sim.fails_to_run("E36", "sim-kernel", eif=sim.image("kernel.eif", kernel=b"\x4d\x5a a real kernel"))
    sim.fails_to_run("E36", "sim-kernel", eif=sim.image("kernel.eif", kernel=NO_KERNEL + b"\n"))

    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    (sim.folder / "damaged.eif").write_bytes(damaged)
    done = sim.fails_to_run("E35", "eif-crc", eif=sim.folder / "damaged.eif")
    assert "at offset 544" in done.err

    packed = gzip.compress(cpio({"init": sim.init}))
    for name, content, code, tag in (("gzip.eif", image(b"\x1f\x8b" + bytes(200)), "E35", "cpio-gzip"),
                                     ("cut.eif", image(packed[:-1]), "E35", "cpio-gzip"),
                                     ("members.eif", image(packed + packed), "E35", "cpio-gzip"),
                                     ("empty.eif", image(cpio({"bin": None})), "E36", "sim-init"),
                                     ("up.eif", image(cpio({"../up": b""})), "E35", "cpio-path")):
        (sim.folder / name).write_bytes(content)
        sim.fails_to_run(code, tag, eif=sim.folder / name)
    assert not (sim.folder / "up").exists()


def test_an_enclave_that_is_not_there_cannot_be_ended_or_read(sim):
    for command in ("terminate-enclave", "console"):
        for which in ("--enclave-id", "--enclave-name"):
            done = sim(command, which, "i-0123456789abcdef0-enc0123456789abcdef", status=1)
            assert "[ E39 ] " in done.err and "(sim-no-enclave)" in done.err
    assert sim("terminate-enclave", "--all").out == ""


def test_later_ramdisks_add_to_the_first(sim):
    path = sim.folder / "two.eif"
    path.write_bytes(image(cpio({"etc": None}), cpio({"etc": None, "init": sim.init})))
    cid = sim.run(eif=path)["EnclaveCID"]
    assert "root=. .. etc init run " in sim.ask(cid, "look")


def test_packed_ramdisks_run_and_are_measured_as_they_are_packed(sim):
    path = sim.folder / "packed.eif"
    packed = [gzip.compress(cpio(files)) for files in ({"etc": None}, {"etc": None, "init": sim.init})]
    path.write_bytes(image(*packed))
    started = sim.run(eif=path)
    assert "root=. .. etc init run " in sim.ask(started["EnclaveCID"], "look")
    [described] = sim.enclaves()
    assert described["Measurements"]["PCR0"] == pcr(NO_KERNEL + b"quiet" + b"".join(packed))
    assert described["Measurements"]["PCR2"] == pcr(packed[1])


def test_the_test_root_is_made_once_and_for_its_user_alone(sim):
    pem, der = sim("root").out.strip(), sim("root", "--der").out.strip()
    done = subprocess.run(["openssl", "x509", "-in", pem, "-outform", "DER"], capture_output=True, check=True)
    with open(der, "rb") as file:
        assert file.read() == done.stdout
    sim.run()
    assert sim("root", "--der").out.strip() == der
    with open(der, "rb") as file:
        assert file.read() == done.stdout
    assert sim.state.stat().st_mode & 0o777 == 0o700
    assert (sim.state / "pki" / "root.key").stat().st_mode & 0o777 == 0o600


def test_a_state_folder_of_others_or_with_too_long_a_path_is_refused(sim):
    sim.state.mkdir(mode=0o755)
    sim.state.chmod(0o755)
    done = sim("describe-enclaves", status=1)
    assert "[ E18 ] " in done.err and "(sim-state-owner)" in done.err
    sim.state.chmod(0o700)
    done = sim("describe-enclaves", status=1, NITRO_SIM_DIR=str(sim.folder / ("x" * 100)))
    assert "(sim-state-path)" in done.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_can_run_it(sim):
    home = sim.folder / "home"
    home.mkdir()
    sim.folder.chmod(0o755)
    path = sim.image()
    os.chown(home, 65534, 65534)
    tool = sim.folder / "nitro-sim"
    tool.write_bytes(program("nitro-sim").read_bytes())
    tool.chmod(0o755)

    def run(*arguments):
        done = subprocess.run(
            [tool, *map(str, arguments)], capture_output=True, text=True, timeout=60, cwd="/", user=65534, group=65534,
            extra_groups=[], env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(home)})
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    run("run-enclave", "--eif-path", path, "--cpu-count", 1, "--memory", 100)
    assert len(run("describe-enclaves")) == 1
    assert (home / "nitro-sim" / "cid-16.sock").is_symlink()
    assert run("terminate-enclave", "--all")["Terminated"]


def test_a_command_line_that_nitro_cli_would_not_take_is_refused(sim):
    for words in ([], ["run-enclave"], ["terminate-enclave"], ["terminate-enclave", "--all", "--enclave-id", "x"],
                  ["console"], ["describe-enclaves", "extra"], ["build-enclave"],
                  ["run-enclave", "--config", "x", "--cpu-count", "2"], ["run-enclave", "--config", "x", "--debug-mode"],
                  ["run-enclave", "--eif-path", "x", "--memory", "9", "--cpu-count", "2", "--cpu-ids", "1"],
                  ["run-enclave", "--eif-path", "x", "--memory", "9"], ["run-enclave", "--eif-path", "x", "--cpu-count", "2"]):
        assert call("nitro-sim", *words, env={"NITRO_SIM_DIR": str(sim.state)}).status != 0
