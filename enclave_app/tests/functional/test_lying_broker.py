"""A broker that lies: whatever it changes in an answer, benctl says no and prints nothing of it as a fact."""

import base64
import json
import shutil
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import independent
import mutations
from node import post, wait_until
from wiretap import LyingBroker

LIARS = 3  # at work at the same time
JSON = "--json"


class Liar:
    """A lying broker in front of a node, and a benctl with a profile of its own that believes to talk to the node."""

    def __init__(self, node):
        self.node = node
        self.proxy = LyingBroker(node.url)
        self.lies_told = 0
        self.profile = Path(tempfile.mkdtemp(prefix="liar-", dir=node.folder)) / "node.json"
        self.take_profile(node.folder)

    def take_profile(self, folder):
        for file in folder.glob("node.*"):
            shutil.copy(file, self.profile.parent)

    def benctl(self, command, method=None, lie=None):
        """Runs a command; the first answer to `method` is what `lie(request, answer)` makes of it."""
        self.lies_told = 0

        def tell(asked, request, answer):
            if asked != method or self.lies_told:
                return answer
            assert b'"result":' in answer[:80] or lie is None, f"{asked} was refused by the node: {answer}"
            self.lies_told += 1
            return lie(request, answer)

        self.proxy.lie = tell if method else None
        return self.node.benctl(*command, "--url", self.proxy.url, "--profile", self.profile, JSON, status=None)

    def refused(self, command, method, name, lie, told=()):
        """Fails if benctl believes a lie, or prints the value that stands in a mutation of `told`."""
        done = self.benctl(command, method, lie)
        assert self.lies_told == 1, f"{method}: {name}: nobody asked: {done}"
        name = told[0].name if told else name
        assert done.status == 1, f"{method}: {name}: believed: {done}"
        said = done.json
        assert set(said) == {"error"} or said.get("accepted") is False, f"{method}: {name}: {done}"
        for value in (mutation.value for mutation in told):
            printed = isinstance(value, str) and len(value) > 8 and value in done.out
            assert not printed, f"{method}: {name}: {value} was printed: {done}"


class Liars:
    """Some of them, for many lies."""

    def __init__(self, node):
        self.node = node
        self.all = [Liar(node) for _ in range(LIARS)]
        self.free = list(self.all)
        self.count = Counter()

    def answer_of(self, command, method):
        """The genuine answer that benctl gets, and believes."""
        seen = []
        done = self.all[0].benctl(command, method, lambda _, answer: seen.append(answer) or answer)
        assert done.status == 0, done
        return seen[0]

    def refuse_all(self, command, method, changes, key=None):
        """Each mutation is told to a run of the command of its own; `changes(answer)` makes them of that answer. The
        answer has the same members each time, so the number of its mutations is the same."""
        number = len(list(changes(self.answer_of(command, method))))
        with ThreadPoolExecutor(LIARS) as pool:
            list(pool.map(lambda place: self._refuse_one(command, method, changes, place), range(number)))
        self.count[key or method] += number

    def _refuse_one(self, command, method, changes, place):
        told = []

        def lie(_, answer):
            told.append(list(changes(answer))[place])
            return told[0].answer

        liar = self.free.pop()
        try:
            liar.refused(command, method, f"number {place}", lie, told)
        finally:
            self.free.append(liar)

    def close(self):
        for liar in self.all:
            liar.proxy.close()


@pytest.fixture
def liars():
    made = []

    def make(node):
        made.append(Liars(node))
        return made[-1]

    yield make
    for one in made:
        one.close()


def commands_of(node):
    """A command for every method that benctl calls on a node that has its wallet."""
    files = []
    for number in range(2):
        change = independent.coin(node, "bip84/0", 7, branch=1)
        spent = [(independent.coin(node, "bip84/0", number), 200_000), (independent.coin(node, "bip86/0", 1), 300_000)]
        files.append(node.folder / f"{number}.psbt")
        files[-1].write_bytes(independent.psbt(spent, [(450_000, independent.SOMEBODY), (40_000, change)]))
    place = ["--account", "bip86/0", "--index"]
    return {
        "get_info": (["info"], ["info"]),
        "get_descriptors": (["descriptors"], ["descriptors"]),
        "get_address": (["address", *place, 3], ["address", *place, 4]),
        "get_public_key": (["public-key", *place, 3], ["public-key", *place, 4]),
        "sign_transaction": tuple(["sign", "--psbt", file] for file in files),
        "evaluate_transaction": tuple(["evaluate", "--psbt", file] for file in files),
        "set_policy": (["policy", "set", "--policy", node.folder / "policy.dsse"],) * 2,
        "get_attestation": (["verify"], ["info"]),
    }


def relabelled(answer, request):
    """An answer made to look like one to this request."""
    return mutations.encode({**json.loads(answer), "id": json.loads(request)["id"]})


def test_every_changed_member_of_every_answer_is_refused(shared_node, liars):
    group = liars(shared_node)
    for method, (command, _) in commands_of(shared_node).items():
        group.refuse_all(command, method, mutations.mutations_of)
    group.refuse_all(["verify"], "get_attestation", mutations.document_mutations, "document and statement")
    group.refuse_all(["info"], "get_attestation", mutations.document_mutations, "document and statement")
    print(f"\nmutations refused: {sum(group.count.values())}: {dict(group.count)}")
    assert sum(group.count.values()) >= 550
    assert all(count >= 25 for count in group.count.values()), group.count


def test_answers_of_other_requests_and_other_boots_are_refused(shared_node, liars):
    node, group = shared_node, liars(shared_node)
    commands = commands_of(node)
    liar, count = group.all[0], 0
    for method, (command, other) in commands.items():
        earlier = group.answer_of(other, method)
        liar.refused(command, method, "another request's answer", lambda _, __: earlier)
        liar.refused(command, method, "another request's answer, relabelled",
                     lambda request, _: relabelled(earlier, request))
        count += 2

        # Two at once, each given the other's.
        ends, meeting = [None, None], threading.Barrier(2, timeout=30)

        def swap(place, relabel):
            def lie(request, answer):
                ends[place] = answer
                meeting.wait()
                given = ends[1 - place]
                return relabelled(given, request) if relabel else given
            return lie

        for relabel in (False, True):
            with ThreadPoolExecutor(2) as pool:
                runs = [pool.submit(group.all[place].refused, (command, other)[place], method, "the other's answer",
                                    swap(place, relabel)) for place in range(2)]
                for run in runs:
                    run.result()
            count += 2
        commands[method] = (command, earlier)

    boot = node.rpc("get_info")["result"]["boot_id"]
    node.kill_enclave()
    wait_until(lambda: node.rpc("get_info").get("result", {}).get("boot_id", boot) != boot, "another boot", 60)
    node.wait_ready(60)
    for method, (command, earlier) in commands.items():
        liar.refused(command, method, "an earlier boot's answer", lambda request, _: relabelled(earlier, request))
        count += 1
    print(f"\nswapped and replayed answers refused: {count}")
    assert count == 7 * len(commands)


def test_what_the_broker_says_in_its_own_name_is_never_taken_for_the_signers(shared_node, liars):
    node, group = shared_node, liars(shared_node)
    liar = group.all[0]
    genuine = json.loads(post(f"{node.url}/rpc", mutations.encode(
        {"jsonrpc": "2.0", "id": 1, "method": "no_such_method"}))[1])

    def error(**data):
        def lie(request, _):
            body = {"code": -32050, "message": "all is well", "data": data}
            return mutations.encode({"jsonrpc": "2.0", "id": json.loads(request)["id"], "error": body})
        return lie

    for method, (command, _) in commands_of(node).items():
        done = liar.benctl(command, method, error(tag="broker-busy", origin="broker"))
        assert done.status == 1 and done.json["error"]["origin"] == "broker", done
        assert done.json["error"]["tag"] == "broker-busy", done
        for data in ({"tag": "policy-outflow"}, {"tag": "policy-outflow", "origin": "broker"},
                     {"tag": "broker-busy", "origin": "signer"}, {"tag": "broker-busy"}):
            done = liar.benctl(command, method, error(**data))
            assert done.status == 1, done
            assert done.json["error"]["tag"] == "answer-form", f"{method}: {data}: {done}"

        # An error that the signer proved for another request is no error of this one.
        def borrowed(request, _):
            return relabelled(mutations.encode(genuine), request)
        liar.refused(command, method, "a borrowed error", borrowed)


def test_a_lie_during_genesis_and_certification_makes_no_other_wallet(node, liars):
    node.start()
    group = liars(node)
    genesis = ["genesis", *node.admin_flags()]
    liar, seen = group.all[0], []

    # The same request is sent again after each lie, and the signer gives the same answer in the same boot.
    liar.refused(genesis, "genesis", "cut", lambda _, answer: seen.append(answer) or answer[:-1])
    changes = list(mutations.mutations_of(seen[0]))
    for mutation in changes:
        def lie(_, answer, told=mutation.answer):
            assert answer == seen[0]
            return told
        liar.refused(genesis, "genesis", mutation.name, lie, [mutation])
    made = json.loads(seen[0])["result"]

    # The node is certified, benctl does not know: it starts again LOCKED for each one that is lied to.
    liar.refused(genesis, "certify_wallet", "nothing", lambda _, __: b"")
    number = refuse_in_new_boots(node, liar, made, genesis, "certify_wallet")
    assert liar.benctl(genesis).json["wallet_id"] == made["wallet_id"]
    print(f"\nmutations refused: genesis {len(changes)}, certify_wallet {number}")
    assert len(changes) >= 40 and number >= 20


def test_a_lie_about_what_was_unsealed_is_refused(armed_node, liars):
    node, liar = armed_node, liars(armed_node).all[0]
    sealed = next(node.folder.glob("node.wallet-*.sealed"))
    made = {"wallet_id": node.benctl("info", JSON).json["wallet_id"],
            "sealed_seed": base64.b64encode(sealed.read_bytes()).decode()}
    number = refuse_in_new_boots(node, liar, made, ["blob", "restore"], "unseal")
    assert liar.benctl(["blob", "restore"]).json["wallet_id"] == made["wallet_id"]
    print(f"\nmutations refused: unseal {number}")
    assert number >= 20


def refuse_in_new_boots(node, liar, made, command, method):
    """What can be had once in a boot is asked of a new one for each mutation; how many there were."""
    total, place = 1, 0
    while place < total:
        start_without_wallet(node)
        if method == "certify_wallet":
            unseal_without_certificate(node, made)
        changes, told = [], []

        def lie(_, answer, changes=changes, told=told, place=place):
            changes.extend(mutations.mutations_of(answer))
            told.append(changes[place])
            return told[0].answer

        liar.refused(command, method, f"number {place}", lie, told)
        assert place == 0 or total == len(changes)
        total, place = len(changes), place + 1
    return total


def start_without_wallet(node):
    node.broker.kill()
    node.simulate("terminate-enclave", "--all")
    for file in node.folder.glob("store.sqlite*"):
        file.unlink()
    node.start_broker()


def unseal_without_certificate(node, made):
    answer = node.rpc("unseal", {"sealed_seed": made["sealed_seed"], "certificate": None})
    assert answer["result"] == {"wallet_id": made["wallet_id"], "state": "LOCKED"}, answer
