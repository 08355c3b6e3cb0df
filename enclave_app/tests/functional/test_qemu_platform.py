"""The production image itself, booted: its own kernel, init, /dev/nsm and AF_VSOCK, in QEMU's machine nitro-enclave.

Takes the programs of the release preset (BEN_BUILD), the image of scripts/build-image and the QEMU of
scripts/build-qemu; what cannot be had is skipped, with its reason. BEN_BOOTS: boots in a row (default 5). What QEMU
cannot show is that this kernel comes up on Nitro hardware (docs/decisions/0022-qemu-and-vhost-device-vsock.md).
"""

import json
import os
import re
import socket
import statistics
import subprocess
import threading
import time
from pathlib import Path

import pytest

from independent import SOMEBODY, psbt
from node import BUILD, SCRIPTS, Node, call, wait_until
from test_eif_build import eif_build, sections_of  # noqa: F401 (a fixture)
from test_nitro_sim import cpio
from test_node import OUTFLOW_MAX, fund, sign
from test_signing import Desk

BOOTS = int(os.environ.get("BEN_BOOTS", "5"))
MEMORY_MIB = 64  # the whole flow; the largest PSBT takes more
SIGNINGS = 200
ZERO = "0" * 96


def made_by(script, *arguments, seconds):
    """What a script of the project prints, or a skip that says why there is nothing."""
    environment = {**os.environ, "BEN_RELEASE_BUILD": str(BUILD)}
    try:
        done = subprocess.run([SCRIPTS / script, *map(str, arguments)], capture_output=True, text=True, timeout=seconds,
                              env=environment)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{script} takes longer than {seconds} s here")
    if done.returncode != 0:
        pytest.skip(f"{script}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    return done.stdout


@pytest.fixture(scope="module")
def qemu():
    if "BEN_STATIC_ENCLAVE:BOOL=ON" not in (BUILD / "CMakeCache.txt").read_text():
        pytest.skip("the production image is made of the release preset's programs: scripts/ci runs this with them")
    return Path(made_by("build-qemu", "--cached", seconds=10).strip())


@pytest.fixture(scope="module")
def image(qemu, tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    made_by("build-image", folder, seconds=1800)
    return folder


class BootedNode(Node):
    """A node whose enclave is the production image in a virtual machine."""

    def __init__(self, folder, image, qemu):
        super().__init__(folder)
        self.image = image
        self.env["NITRO_SIM_QEMU"] = str(qemu)

    def make_image(self):
        self.eif = self.image / "enclave.eif"
        self.measurements = self.image / "measurements.json"
        self.simulate("root")

    def start_broker(self, *flags, wait=True):
        super().start_broker("--memory-mib", MEMORY_MIB, *flags, wait=wait)

    def run(self, *flags, eif=None, memory=MEMORY_MIB, status=0, seconds=130):
        """run-enclave: at most two boots of 60 s."""
        done = call("nitro-sim", "run-enclave", "--eif-path", eif or self.image / "enclave.eif", "--cpu-count", 2,
                    "--memory", memory, *flags, env=self.env, seconds=seconds)
        assert status is None or done.status == status, done
        return done

    def greet(self, cid=16):
        """The first frame of the enclave: HELLO."""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(10)
            peer.connect(str(self.sim / f"cid-{cid}.sock"))
            peer.sendall(b"CONNECT 5000\n")
            stream = peer.makefile("rb")
            assert stream.readline().startswith(b"OK ")
            head = stream.read(5)
            assert head[4] == 8, head
            return json.loads(stream.read(int.from_bytes(head[:4], "big")))


@pytest.fixture
def booted(folder, image, qemu):
    made = BootedNode(folder / "node", image, qemu)
    yield made
    made.close()


def test_the_production_image_makes_a_wallet_signs_and_comes_back_after_a_crash(booted, bitcoin):
    node = booted
    node.start()
    node.make_wallet()
    # Live, with every pin: the booted enclave's own document has the PCR0, PCR1 and PCR2 that benctl measured.
    verified = node.benctl("verify", "--json").json
    assert {check["verdict"] for check in verified["checks"] if check["check"] in ("root", "measurements", "debug")} == {"passed"}
    fund(node, bitcoin)
    segwit, taproot = bitcoin.coins("bcrt1q"), bitcoin.coins("bcrt1p")
    assert bitcoin.confirm(sign(node, bitcoin.build([segwit[0], taproot[0]], 250_000_000)))

    too_much = bitcoin.build(taproot[1:2], OUTFLOW_MAX)  # and the fee on top
    refused = node.benctl("sign", "--psbt", "-", "--json", stdin=too_much, status=1).json["error"]
    assert (refused["tag"], refused["origin"]) == ("policy-outflow", "signer")

    before = node.benctl("info", "--json").json
    assert before["rng"] == "nsm-hwrng"
    node.kill_enclave()

    def is_back():
        answer = node.rpc("get_info").get("result", before)
        return node.ready() and answer["boot_id"] != before["boot_id"]

    wait_until(is_back, "the broker to boot the image again and open the seed through KMS", 120)
    after = node.benctl("info", "--json").json
    assert after["wallet_id"] == before["wallet_id"]
    assert bitcoin.confirm(sign(node, bitcoin.build([segwit[1]], 50_000_000)))


def test_awss_builder_and_the_booted_enclave_measure_what_benctl_does(booted, folder, eif_build):  # noqa: F811
    """PCR0 to PCR2 of the production image, three times: of the image by `benctl eif measure`, of its very kernel,
    command line and ramdisks by AWS's eif_build, and by the machine that booted it, in the enclave's own document."""
    booted.start(kms=False)
    measured = call("benctl", "eif", "measure", booted.eif, "--json").json

    parts = [(kind, data) for kind, data in sections_of(booted.eif.read_bytes()) if kind != 5]  # not metadata
    assert [kind for kind, _ in parts] == [1, 2, 3, 3]
    for number, (_, data) in enumerate(parts):
        (folder / f"part{number}").write_bytes(data)
    built = subprocess.run(
        [eif_build, "--kernel", folder / "part0", "--cmdline", parts[1][1].decode(), "--ramdisk", folder / "part2",
         "--ramdisk", folder / "part3", "--output", folder / "theirs.eif"], capture_output=True, text=True, check=True)
    assert [part for part in sections_of((folder / "theirs.eif").read_bytes()) if part[0] != 5] == parts

    booted.benctl("verify", "--save", folder / "evidence", status=None)  # there is no wallet that could be pinned
    told = booted.benctl("attestation", "inspect", "--doc", folder / "evidence.cbor", "--root", booted.root, "--json").json
    theirs, own = json.loads(built.stdout[built.stdout.index("{"):]), told["pcrs"]
    for register in range(3):
        name = f"PCR{register}"
        assert measured[name] == theirs[name] == own[str(register)] != ZERO


@pytest.fixture
def watched(folder, image, qemu):
    """The same kernel and the same signer, with a second process that tells the signer's memory: another image."""
    parts = folder / "parts"
    extracted = call("benctl", "eif", "extract", image / "enclave.eif", "--out", parts)
    assert extracted.status == 0, extracted
    source = Path(__file__).with_name("watched_init.cpp")
    subprocess.run(["g++", "-std=c++20", "-O2", "-static", "-o", folder / "init", source], check=True)
    files = {"init": folder / "init", "enclave-signer": parts / "ramdisk1.files" / "init"}
    (folder / "ramdisk1").write_bytes(cpio({name: path.read_bytes() for name, path in files.items()}))
    (folder / "image").mkdir()
    done = call("benctl", "eif", "build", "--kernel", parts / "kernel", "--cmdline-file", parts / "cmdline",
                "--ramdisk", parts / "ramdisk0", "--ramdisk", folder / "ramdisk1", "--out", folder / "image" / "enclave.eif",
                "--measurements", folder / "image" / "measurements.json")
    assert done.status == 0, done
    made = BootedNode(folder / "node", folder / "image", qemu)
    yield made
    made.close()


class MemoryOfTheGuest:
    """What watched_init.cpp tells, in MiB. Each of its connections is taken at once: one that waits holds up the device."""

    def __init__(self, node):
        [enclave] = node.enclaves()
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(node.sim / enclave["EnclaveID"] / "sockets" / "vsock.sock_9001"))
        self.listening.listen()
        self.told = []
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            with self.listening.accept()[0] as peer, peer.makefile() as stream:
                self.told.append(stream.read())

    def now(self, field):
        """Of the second report from now on: the first may be on its way."""
        seen = len(self.told)
        wait_until(lambda: len(self.told) >= seen + 2, "the guest to tell the signer's memory")
        return int(re.search(rf"{field}:\s+(\d+) kB", self.told[-1])[1]) / 1024


def test_the_signer_stays_small_in_its_machine(watched):
    watched.start()
    memory = MemoryOfTheGuest(watched)
    booted = memory.now("VmRSS")
    watched.make_wallet()
    desk = Desk(watched)
    for number in range(SIGNINGS):
        coins = [(desk.segwit, 200_000), (desk.taproot, 300_000)]
        assert "result" in desk.sign(psbt(coins, [(490_000, SOMEBODY)], salt=number.to_bytes(2, "big")))
    signed, peak = memory.now("VmRSS"), memory.now("VmHWM")
    print(f"\nsigner's memory in the guest: {booted:.1f} MiB after boot, {signed:.1f} MiB after {SIGNINGS} signings, peak {peak:.1f} MiB")
    assert 1 < booted < 24 and 1 < signed <= peak < 24


def test_documents_that_nobody_signed_are_refused(booted, monkeypatch):
    monkeypatch.setenv("NITRO_SIM_UNSIGNED", "1")
    booted.make_image()
    booted.make_keys()
    booted.make_config()
    booted.start_broker(wait=False)
    assert booted.broker.wait(90) == 1
    assert "attest-" in booted.broker.log, booted.broker.log
    assert booted.enclaves() == []


def test_a_debug_enclave_has_the_kernels_console_and_is_refused_as_one(booted):
    booted.make_image()
    started = booted.run("--debug-mode").json
    console = booted.simulate("console", "--enclave-id", started["EnclaveID"], "--disconnect-timeout", 0).out
    assert "Linux version" in console
    [described] = booted.enclaves()
    assert described["Flags"] == "DEBUG_MODE" and described["Measurements"]["PCR0"] != ZERO
    assert booted.simulate("terminate-enclave", "--all").json["Terminated"]
    assert booted.enclaves() == []


def test_it_boots_every_time(booted):
    booted.make_image()
    seconds = []
    for _ in range(BOOTS):
        began = time.monotonic()
        booted.run()
        assert booted.greet()["protocol"] == 1
        seconds.append(time.monotonic() - began)
        booted.simulate("terminate-enclave", "--all")
    print(f"\n{BOOTS} boots, from run-enclave to the first answer: median {statistics.median(seconds):.2f} s, "
          f"slowest {max(seconds):.2f} s; image {(booted.image / 'enclave.eif').stat().st_size} bytes")


def test_little_memory_is_enough(booted):
    booted.make_image()
    least = next((memory for memory in (36, 40, 48, 64) if booted.run(memory=memory, status=None).status == 0), None)
    print(f"\nsmallest memory that boots: {least} MiB")
    assert least is not None
    assert booted.greet()["protocol"] == 1


def test_an_init_that_ends_ends_the_machine(booted, folder, image):
    """PID 1 gone means a kernel panic, and a panic means the end: nothing is left that could be spoken to."""
    parts = folder / "parts"
    extracted = call("benctl", "eif", "extract", image / "enclave.eif", "--out", parts)
    assert extracted.status == 0, extracted
    init = folder / "init.S"
    init.write_text(".globl _start\n_start: mov $60, %eax\n mov $3, %edi\n syscall\n")
    subprocess.run(["gcc", "-nostdlib", "-static", "-o", folder / "init", init], check=True)
    (folder / "ramdisk").write_bytes(cpio({"init": (folder / "init").read_bytes(), "dev": None}))
    done = call("benctl", "eif", "build", "--kernel", parts / "kernel", "--cmdline-file", parts / "cmdline",
                "--ramdisk", folder / "ramdisk", "--out", folder / "dying.eif")
    assert done.status == 0, done
    refused = booted.run("--debug-mode", eif=folder / "dying.eif", status=1, seconds=200)
    assert "(sim-boot-died)" in refused.err, refused
    # A machine gets a second chance; and QEMU, told by -no-reboot to end, has been seen to start it once more before it does.
    assert refused.err.count("Attempted to kill init") >= 2
    assert booted.enclaves() == []


def test_what_nobody_can_boot_is_refused(booted, monkeypatch):
    booted.make_image()
    booted.env["NITRO_SIM_QEMU"] = ""
    refused = booted.run(status=1)
    assert "[ E36 ] " in refused.err and "(sim-kernel)" in refused.err
    booted.env["NITRO_SIM_QEMU"] = str(booted.folder)
    refused = booted.run(status=1)
    assert "(sim-boot)" in refused.err
    assert booted.enclaves() == []
