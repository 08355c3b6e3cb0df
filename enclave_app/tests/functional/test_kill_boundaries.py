"""Signer or broker killed at every frame boundary of genesis, unseal and sign: nothing is lost, nothing made twice.

A proxy between broker and enclave records the frames of a job. Then the job is begun anew once for each boundary:
when that frame is about to pass, one side is killed (-9) and the frame with it. What has to be started again is, the
job is finished, and the node is looked over.
"""

import os
import shutil
import signal
import sqlite3
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import independent
from node import Node, wait_until
from wiretap import FrameTap

SECONDS = 60  # for a node to come back; sanitizers are slow
SIDES = ("signer", "broker")


# Programs with sanitizers start slowly: for them ctest asks for some of the boundaries, and scripts/ci for all of them
# with the release programs.
STEP = int(os.environ.get("BEN_BOUNDARY_STEP", "1"))


class Victim:
    """A node whose frames are counted, and of which one side dies at a frame."""

    def __init__(self, folder, side):
        self.node = Node(folder)
        self.side = side
        self.trace = []
        self.boundary = None
        self.killed = threading.Event()
        self.stored_when_killed = []
        self.dead = set()  # process ids of enclaves

    def start(self):
        self.node.start()
        self.node.broker.kill()
        self.tap = FrameTap(self.node.folder / "tap", self.node.sim / "cid-16.sock")
        self.tap.on_frame = self.count
        self.fresh = {file.name: file.read_bytes() for file in self.node.folder.glob("node.*")}

    def close(self):
        self.node.close()
        self.tap.close()

    def arm(self, boundary):
        """From now on frames are counted; the one at `boundary` does not pass. None: all do."""
        with self.tap.lock:
            self.trace, self.boundary = [], boundary
            self.killed.clear()

    def disarm(self):
        with self.tap.lock:  # a kill that has begun ends first
            self.boundary = None

    def count(self, frame):
        if frame.is_own:
            return True  # the broker's look at the signer, every few seconds, is no part of a job
        if len(self.trace) == self.boundary and not self.killed.is_set():
            self.kill()
            return False
        self.trace.append(frame)
        return True

    def kill(self):
        self.stored_when_killed = self.stored()
        self.killed.set()
        if self.side == "broker":
            self.node.broker.kill()
        else:
            for enclave in self.node.enclaves():
                self.dead.add(enclave["ProcessID"])
                os.kill(enclave["ProcessID"], signal.SIGKILL)

    def stored(self):
        """The rows of sealed seeds: wallet id, blob, certificate."""
        if not self.node.store.exists():
            return []
        with sqlite3.connect(f"file:{self.node.store}?mode=ro", uri=True, timeout=10) as store:
            try:
                return store.execute("SELECT wallet_id, sealed_seed, certificate FROM wallet ORDER BY seq").fetchall()
            except sqlite3.OperationalError:  # killed before it had tables
                return []

    def start_broker(self):
        self.node.start_broker("--enclave-address", self.tap.address, wait=False)

    def come_back(self, condition, what):
        """Waits for a node that works again; a broker that has ended is started, as a service manager would."""
        def is_back():
            if not self.node.broker.runs():
                self.start_broker()
            port = self.node.folder / "broker.port"
            if not port.exists():
                return False
            self.node.broker_port = int(port.read_text())
            self.node.url = f"http://127.0.0.1:{self.node.broker_port}"
            if self.dead and not {enclave["ProcessID"] for enclave in self.node.enclaves()} - self.dead:
                return False  # the broker may not know yet, and call itself ready
            return condition()
        wait_until(is_back, f"{what}: {self.node.broker.log[-2000:]}", SECONDS)

    def processes(self):
        """What runs for this node, by name: its folder is in the command line, or a sandbox shows it as its root."""
        found = Counter()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                seen = (process / "cmdline").read_bytes() + (process / "mountinfo").read_bytes()
                name = (process / "comm").read_text().strip()
            except OSError:
                continue
            if str(self.node.folder).encode() in seen:
                found[name] += 1
        return found

    def look_over(self, healthy):
        """Nothing that was stored is gone, one enclave runs, and no process is left over."""
        assert self.stored()[:len(self.stored_when_killed)] == self.stored_when_killed
        wait_until(lambda: self.processes() == healthy, f"{self.processes()} to be {healthy}", SECONDS)
        assert [enclave["State"] for enclave in self.node.enclaves()] == ["RUNNING"]

    def certified(self):
        return {wallet_id for wallet_id, _, certificate in self.stored() if certificate}

    def wallet_id(self):
        return self.node.benctl("info", "--json").json["wallet_id"]


class Genesis:
    """benctl genesis, from an empty node to its wallet."""

    def prepare(self, victim):
        self.start_empty(victim)

    def start_empty(self, victim):
        node = victim.node
        if node.broker.runs():
            node.broker.kill()
        node.simulate("terminate-enclave", "--all")
        for file in [*node.folder.glob("store.sqlite*"), *node.folder.glob("node.*")]:
            file.unlink()
        for name, content in victim.fresh.items():
            (node.folder / name).write_bytes(content)
        victim.start_broker()
        victim.come_back(node.answers, "an empty node")

    def begin(self, victim, boundary):
        self.start_empty(victim)
        victim.arm(boundary)
        return victim.node.benctl("genesis", *victim.node.admin_flags(), status=None)

    def finish(self, victim):
        node = victim.node
        victim.come_back(lambda: node.benctl("genesis", *node.admin_flags(), "--new-wallet", status=None).status == 0
                         if not self.has_wallet(node) else node.answers(), "genesis to end")
        victim.come_back(lambda: self.is_armed(node), "the node to have its wallet")
        assert victim.certified() == {victim.wallet_id()}
        node.set_policy()

    @staticmethod
    def has_wallet(node):
        return '"wallet_id": null' not in node.profile.read_text()

    @staticmethod
    def is_armed(node):
        return node.answers() and node.rpc("get_info")["result"]["state"] == "ARMED"


class Unseal:
    """The start of a node that has its wallet and policy in the store."""

    def prepare(self, victim):
        Genesis().start_empty(victim)
        victim.node.make_wallet()
        self.wallet_id = victim.wallet_id()

    def begin(self, victim, boundary):
        node = victim.node
        if node.broker.runs():
            node.broker.kill()
        node.simulate("terminate-enclave", "--all")
        victim.arm(boundary)
        victim.start_broker()
        victim.come_back(lambda: victim.killed.is_set() or node.ready(), "the node or its end")

    def finish(self, victim):
        victim.come_back(victim.node.ready, "the node to be ready")
        assert victim.wallet_id() == self.wallet_id
        assert victim.certified() == {self.wallet_id}


class Sign(Unseal):
    """benctl sign."""

    def prepare(self, victim):
        super().prepare(victim)
        write_psbt(victim.node)

    def begin(self, victim, boundary):
        victim.come_back(victim.node.ready, "the node to be ready")
        victim.arm(boundary)
        return sign(victim.node, status=None)


def write_psbt(node):
    spent = [(independent.coin(node, "bip84/0", 0), 200_000), (independent.coin(node, "bip86/0", 1), 300_000)]
    (node.folder / "in.psbt").write_bytes(independent.psbt(spent, [(490_000, independent.SOMEBODY)]))


def sign(node, status=0):
    return node.benctl("sign", "--psbt", node.folder / "in.psbt", "--json", status=status)


def kill_everywhere(job, victim):
    """The frames of the job's trace; one side of the victim was killed before each of them, and after the last."""
    victim.start()
    job.prepare(victim)
    job.begin(victim, None)
    trace = list(victim.trace)
    job.finish(victim)
    write_psbt(victim.node)
    healthy = victim.processes()
    assert healthy["enclave-broker"] == 1 and healthy["init"] == 1, healthy
    signed = sign(victim.node).json["psbt"]
    for boundary in sorted({*range(0, len(trace) + 1, STEP), len(trace)}):
        done = job.begin(victim, boundary)
        victim.disarm()
        if not victim.killed.is_set():
            assert boundary >= len(trace) - 1, f"{boundary} of {len(trace)} never came: {done}"
            victim.kill()
        try:
            job.finish(victim)
            if isinstance(job, Genesis):
                write_psbt(victim.node)
                sign(victim.node)
            else:
                assert sign(victim.node).json["psbt"] == signed
            victim.look_over(healthy)
        except AssertionError as failure:
            raise AssertionError(f"{victim.side} killed at boundary {boundary} of {names(trace)}") from failure
    return trace


def names(trace):
    kinds = ("", "REQUEST", "RESPONSE", "PERSIST", "ACK", "KMS_DECRYPT", "KMS_REPLY", "CONFIG", "HELLO")
    return [kinds[frame.type] for frame in trace]


@pytest.mark.parametrize("job, at_least", [(Genesis, 16), (Unseal, 16), (Sign, 4)])
def test_a_kill_at_any_frame_boundary_loses_and_doubles_nothing(job, at_least, folder):
    victims = [Victim(folder / side, side) for side in SIDES]
    try:
        with ThreadPoolExecutor(len(victims)) as pool:
            traces = list(pool.map(lambda victim: kill_everywhere(job(), victim), victims))
    finally:
        for victim in victims:
            victim.close()
    assert all(len(trace) >= at_least for trace in traces), list(map(names, traces))
    for side, trace in zip(SIDES, traces):
        which = "each" if STEP == 1 else f"every {STEP}th and the last"
        print(f"\n{job.__name__}: {side} killed at {which} of {len(trace) + 1} boundaries: {' '.join(names(trace))}")
