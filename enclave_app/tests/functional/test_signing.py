"""Requests made by a client that is not ours: what is signed, what is refused with which tag, and what bad clients
cost. The client (independent.py) is written from docs/protocol.md alone."""

import base64
import contextlib
import json
import os
import socket
import struct
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import independent
from independent import SOMEBODY, coin, compact, envelope, load_key, psbt, transaction_request
from node import get, post

OTHER = bytes.fromhex("5120") + bytes(range(32))  # a taproot output of nobody's
MINUTE_MS = 60_000


class Desk:
    """The requester `desk` of a node, by JSON-RPC."""

    def __init__(self, node):
        self.node = node
        info = node.rpc("get_info")["result"]
        self.wallet_id, self.response_key = info["wallet_id"], info["response_key"]
        self.key = load_key(node.folder / "desk.pem")
        self.segwit, self.taproot = coin(node, "bip84/0", 0), coin(node, "bip86/0", 0)
        self.psbt = psbt([(self.segwit, 200_000), (self.taproot, 300_000)], [(490_000, SOMEBODY)])

    def request(self, transaction=None, **changes):
        return transaction_request(self.wallet_id, transaction or self.psbt, **changes)

    def send(self, signed, transaction=None, method="sign_transaction"):
        """The answer, whose proof is checked: also a refusal is the signer's."""
        body = compact({"jsonrpc": "2.0", "id": "desk", "method": method, "params": {
            "request": signed, "psbt": base64.b64encode(transaction or self.psbt).decode()}})
        status, answer = post(f"{self.node.url}/rpc", body)
        assert status == 200, answer
        assert independent.is_proved(body, answer, self.response_key)
        return json.loads(answer)

    def sign(self, transaction=None, **changes):
        return self.send(envelope(self.request(transaction, **changes), self.key), transaction)

    def tag(self, signed, **how):
        answer = self.send(signed, **how)
        assert "error" in answer, answer
        return answer["error"]["data"]["tag"], answer["error"]["code"]


@pytest.fixture
def desk(shared_node):
    return Desk(shared_node)


def test_what_another_client_asks_for_is_signed_under_a_proof(desk):
    result = desk.sign()["result"]
    assert (result["fee_sats"], result["outflow_sats"]) == (10_000, 500_000)
    signed = base64.b64decode(result["psbt"])
    assert signed != desk.psbt and len(signed) > len(desk.psbt) + 64 + 70
    # The same content is signed by the same signatures, under a request of another id as well.
    assert desk.sign()["result"]["psbt"] == result["psbt"]


def test_requests_that_nobody_listed_has_signed_are_refused(desk):
    payload = desk.request()
    good = envelope(payload, desk.key)
    stranger = Ed25519PrivateKey.generate()
    admin = load_key(desk.node.folder / "admin0.pem")
    signature = good["signatures"][0]
    flipped = bytearray(base64.b64decode(signature["sig"]))
    flipped[0] ^= 1
    other_payload = base64.b64encode(desk.request()).decode()
    cases = {
        "no signature": ({**good, "signatures": []}, "auth-envelope"),
        "a stranger's": (envelope(payload, stranger), "auth-key"),
        "an administrator's": (envelope(payload, admin), "auth-key"),
        "the requester's and a stranger's": (envelope(payload, desk.key, stranger), "auth-key"),
        "a stranger's under the requester's id": (
            {**good, "signatures": [{**signature, "sig": envelope(payload, stranger)["signatures"][0]["sig"]}]},
            "auth-signature"),
        "a flipped bit": ({**good, "signatures": [{**signature, "sig": base64.b64encode(flipped).decode()}]},
                          "auth-signature"),
        "over another payload": ({**good, "payload": other_payload}, "auth-signature"),
        "twice": ({**good, "signatures": [signature] * 2}, "auth-duplicate"),
        "of another type": (envelope(payload, desk.key, payload_type="application/vnd.ben.policy+json"), "auth-type"),
        "of the bare payload": ({**good, "signatures": [{**signature, "sig": base64.b64encode(
            desk.key.sign(payload)).decode()}]}, "auth-signature"),
        "an unknown member": ({**good, "more": 1}, "auth-envelope"),
    }
    for name, (signed, tag) in cases.items():
        found, code = desk.tag(signed)
        assert found == tag, f"{name}: {found}"
        assert code == -32010, f"{name}: {code}"
    assert "result" in desk.send(good)


def test_a_request_for_another_wallet_time_epoch_or_transaction_is_refused(desk):
    now = int(time.time() * 1000)
    other = psbt([(desk.taproot, 300_000)], [(290_000, SOMEBODY)])
    cases = [
        ({"expires_at": now - MINUTE_MS}, "auth-expired"),
        ({"expires_at": now + 25 * 60 * MINUTE_MS}, "auth-expiry"),
        ({"wallet_id": "00" * 32}, "auth-wallet"),
        ({"policy_epoch": 2}, "auth-epoch"),
        ({"policy_epoch": 0}, "auth-epoch"),
        ({"method": "evaluate_transaction"}, "auth-method"),
        ({"params": {"psbt_sha256": independent.sha256(other).hex()}}, "auth-psbt"),
        ({"params": {}}, "auth-request"),
        ({"request_id": "00"}, "auth-request"),
        ({"more": 1}, "auth-request"),
        ({"expires_at": "soon"}, "auth-request"),
    ]
    for changes, tag in cases:
        assert desk.tag(envelope(desk.request(**changes), desk.key))[0] == tag, changes

    # One id, one content: the same again is judged anew, another is a replay.
    first = desk.request(request_id="ab" * 16)
    assert desk.send(envelope(first, desk.key))["result"] == desk.send(envelope(first, desk.key))["result"]
    second = desk.request(other, request_id="ab" * 16)
    assert desk.tag(envelope(second, desk.key), transaction=other) == ("auth-replay", -32012)
    # A signature for one transaction is none for another that is sent with it.
    assert desk.tag(envelope(desk.request(), desk.key), transaction=other)[0] == "auth-psbt"


def test_one_transaction_id_with_other_amounts_is_judged_anew(desk):
    spends = {sats: psbt([(desk.taproot, sats)], [(290_000, SOMEBODY)], salt=b"one coin")
              for sats in (300_000, 305_000, 400_000)}
    small, large = (desk.sign(spends[sats])["result"] for sats in (300_000, 305_000))
    assert small["txid"] == large["txid"]
    assert small["decision_key"] != large["decision_key"]
    assert (small["fee_sats"], large["fee_sats"]) == (10_000, 15_000)
    signatures = [base64.b64decode(result["psbt"])[-80:] for result in (small, large)]
    assert signatures[0] != signatures[1]
    # What was allowed for one amount is not for another: this one's fee is over the limit.
    refused = desk.sign(spends[400_000])["error"]["data"]["tag"]
    assert refused == "policy-fee"


def test_policy_refuses_by_the_tag_of_what_came_closest(node):
    node.start()
    idle = node.make_key("idle")
    node.benctl("genesis", *node.admin_flags())
    assert Desk(node).tag(envelope(transaction_request(node.rpc("get_info")["result"]["wallet_id"], b"x"),
                                   Ed25519PrivateKey.generate()))[0] == "policy-missing"
    node.set_policy(
        "--requester", f"idle={idle}", "--destination", "known=bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
        "--rule", "name=pay,from=desk,dest=known+self,outflow=1000000,fee=20000,fee-rate=150")
    desk = Desk(node)
    desk.psbt = psbt([(desk.segwit, 200_000), (desk.taproot, 300_000)], [(490_000, SOMEBODY)])
    change = coin(node, "bip86/0", 5, branch=1)
    cases = {
        "pay": (psbt([(desk.segwit, 500_000)], [(490_000, SOMEBODY)]), None),
        "change": (psbt([(desk.taproot, 9_000_000)], [(400_000, SOMEBODY), (8_590_000, change)]), None),
        "self": (psbt([(desk.taproot, 500_000)], [(490_000, desk.segwit)]), None),
        "other": (psbt([(desk.segwit, 500_000)], [(490_000, OTHER)]), "policy-destination"),
        "both": (psbt([(desk.segwit, 500_000)], [(90_000, SOMEBODY), (400_000, OTHER)]), "policy-destination"),
        "much": (psbt([(desk.segwit, 1_000_001)], [(1_000_000, SOMEBODY)]), "policy-outflow"),
        "fee": (psbt([(desk.segwit, 500_000)], [(479_999, SOMEBODY)]), "policy-fee"),
        "rate": (psbt([(desk.segwit, 500_000)], [(482_000, SOMEBODY)]), "policy-fee-rate"),
        # Hard rules of every policy.
        "foreign": (psbt([(desk.segwit._replace(script=SOMEBODY), 500_000)], [(490_000, SOMEBODY)]),
                    "psbt-input-foreign"),
        "deficit": (psbt([(desk.segwit, 500_000)], [(500_001, SOMEBODY)]), "psbt-amount"),
        "garbage": (b"psbt\xff" + bytes(40), "psbt-"),
    }
    for name, (transaction, tag) in cases.items():
        file = node.folder / f"{name}.psbt"
        file.write_bytes(transaction)
        done = node.benctl("sign", "--psbt", file, "--json", status=0 if tag is None else 1)
        judged = node.benctl("evaluate", "--psbt", file, "--json", status=None)
        if tag is None:
            assert done.json["rule"] == "pay" and judged.status == 0 and judged.json["verdict"] == "allow"
            continue
        assert done.json["error"]["tag"].startswith(tag), f"{name}: {done}"
        assert done.json["error"]["origin"] in ("signer", "benctl"), done
        assert judged.status == 1 and judged.json["verdict"] == "deny" and judged.json["tag"].startswith(tag), judged
        raw = desk.sign(transaction)
        assert raw["error"]["data"]["tag"].startswith(tag), f"{name}: {raw}"
    # Listed, but in no rule; and an administrator is no requester.
    desk.key = load_key(node.folder / "idle.pem")
    assert desk.sign()["error"]["data"]["tag"] == "policy-requester"
    desk.key = load_key(node.folder / "admin0.pem")
    assert desk.sign()["error"]["data"]["tag"] == "auth-key"


def test_texts_that_are_no_strict_json_rpc_are_refused_by_the_signer(desk):
    def ask(body):
        body = body if isinstance(body, bytes) else compact(body)
        status, answer = post(f"{desk.node.url}/rpc", body)
        assert status == 200, (body[:100], answer)
        assert independent.is_proved(body, answer, desk.response_key)
        return json.loads(answer)["error"]["data"]["tag"]

    whole = {"jsonrpc": "2.0", "id": 1, "method": "get_info", "params": {}}
    address = {**whole, "method": "get_address"}
    cases = [
        ([whole, whole], "rpc-request"),                                     # a batch
        ({k: v for k, v in whole.items() if k != "id"}, "rpc-request"),      # a notification
        ({**whole, "id": None}, "rpc-request"), ({**whole, "id": 1.5}, "rpc-parse"),
        ({**whole, "id": "x" * 65}, "rpc-request"),
        ({**whole, "jsonrpc": "1.0"}, "rpc-request"), ({**whole, "more": 1}, "rpc-request"),
        ({**whole, "params": []}, "rpc-request"), ({**whole, "params": {"more": 1}}, "rpc-params"),
        ({**whole, "method": "get_seed"}, "rpc-method"), ({**whole, "method": 1}, "rpc-request"),
        ({**address, "params": {"account": "bip84/0", "branch": 2, "index": 0}}, "rpc-params"),
        ({**address, "params": {"account": "bip84/0", "branch": 0, "index": 1 << 31}}, "rpc-params"),
        ({**address, "params": {"account": "bip44/0", "branch": 0, "index": 0}}, "rpc-params"),
        ({**whole, "method": "get_attestation", "params": {"nonce": "00" * 15}}, "rpc-params"),
        (b"", "rpc-parse"), (b"{", "rpc-parse"), (b"\xff\xfe", "rpc-parse"), (b"[" * 100_000, "rpc-parse"),
        (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"get_info"}', "rpc-parse"),
        (b'{"jsonrpc":"2.0","id":1,"method":"get_info"} x', "rpc-parse"),
        (b'{"jsonrpc":"2.0","id":1e3,"method":"get_info"}', "rpc-parse"),
        (b'{"a":' * 17 + b"1" + b"}" * 17, "rpc-parse"),
    ]
    for body, tag in cases:
        found = ask(body)
        assert found.startswith(tag), f"{body if isinstance(body, dict) else body[:60]}: {found}"


def memory_kib(process):
    status = open(f"/proc/{process}/status", encoding="ascii").read()
    return int(status.split("VmRSS:")[1].split()[0])


def is_sanitized(process):
    """The address sanitizer reserves terabytes of addresses for its shadow, whoever compiled it and however it is linked."""
    status = open(f"/proc/{process}/status", encoding="ascii").read()
    return int(status.split("VmPeak:")[1].split()[0]) > 2**30  # KiB


def http(node):
    return socket.create_connection(("127.0.0.1", node.broker_port), 30)


def read_all(peer):
    data = b""
    with contextlib.suppress(OSError):
        while piece := peer.recv(65536):
            data += piece
    return data


def bad_clients(node):
    """A round of clients that do everything wrong, each with the status it must see."""
    url, head = f"{node.url}/rpc", b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    assert post(url, b"{}", {"Content-Type": "text/plain"})[0] == 415
    assert post(f"{node.url}/nothing", b"{}")[0] == 404
    assert get(url)[0] == 405
    for sent, status in (
            (head + b"Content-Length: 12582913\r\n\r\n", b"413"),
            (head + b"Content-Length: 99999999999999999999\r\n\r\n", b"4"),
            (head + b"X: " + b"x" * 9000 + b"\r\n\r\n", b"413"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"400"),
            (os.urandom(512), b"400")):
        with http(node) as peer:
            with contextlib.suppress(OSError):
                peer.sendall(sent)
                peer.shutdown(socket.SHUT_WR)
            answer = read_all(peer)
            assert answer.startswith(b"HTTP/1.1 " + status), (sent[:60], answer[:200])
            assert b'"origin":"broker"' in answer
    for cut in (b"POST /rp", head, head + b"Content-Length: 100\r\n\r\n{", head + b"Content-Length: 2\r\n\r\n{}"):
        with http(node) as peer:  # gone, without a word
            peer.sendall(cut)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with http(node) as peer:  # half open: it has said all it will, and still gets its answer
        body = b'{"jsonrpc":"2.0","id":1,"method":"get_info"}'
        peer.sendall(head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        peer.shutdown(socket.SHUT_WR)
        assert b'"result"' in read_all(peer)
    big = compact({"jsonrpc": "2.0", "id": 1, "method": "get_info", "params": {"x": "a" * 12_000_000}})
    assert json.loads(post(url, big)[1])["error"]["data"]["tag"].startswith("rpc-")
    vsock_garbage(node)
    assert node.rpc("get_info")["result"]["state"] == "ARMED"


def vsock_garbage(node):
    """Peers on the signer's own port that do not speak its language: each is left alone, and closed."""
    def connect(greeting=b"CONNECT 5000\n"):
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(30)
        peer.connect(str(node.sim / "cid-16.sock"))
        peer.sendall(greeting)
        return peer

    hello = struct.pack(">IB", 31, 8) + b'{"protocol":1,"version":"0.1"} '
    for sent in (os.urandom(4096), struct.pack(">IB", 0xFFFFFFFF, 1), struct.pack(">IB", 4, 99) + b"what",
                 struct.pack(">IB", 2, 1) + b"{}", hello + struct.pack(">IB", 32, 4) + bytes(32),
                 hello + struct.pack(">IB", 3, 6) + bytes(3)):
        with connect() as peer:
            with contextlib.suppress(OSError):
                peer.sendall(sent)
            read_all(peer)  # comes to an end: the signer has closed it
    for greeting in (b"CONNECT 5001\n", b"GET / HTTP/1.1\r\n"):
        with connect(greeting) as peer:
            assert not read_all(peer).startswith(b"OK")


def test_bad_clients_get_a_clear_no_and_good_ones_are_served_meanwhile(desk):
    node = desk.node
    broker, signer = node.broker.process.pid, signer_process(node)
    # Some that drip a header, some that hold a body back, for all of the test.
    slow = [http(node) for _ in range(40)]
    for number, peer in enumerate(slow):
        peer.sendall(b"POST /rpc HTTP/1.1\r\n" if number % 2 else
                     b"POST /rpc HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
    began = time.monotonic()
    for _ in range(2):  # what an allocator keeps of the largest request is kept from now on
        bad_clients(node)
    before = memory_kib(broker), memory_kib(signer)
    rounds = 0
    while rounds < 5 or time.monotonic() - began < 33 and any_open(slow):
        bad_clients(node)
        assert "result" in desk.sign()
        for peer in slow[1::2]:
            with contextlib.suppress(OSError):
                peer.sendall(b"X: y\r\n")
        rounds += 1
        time.sleep(0 if rounds < 5 else 0.5)
    grown = memory_kib(broker) - before[0], memory_kib(signer) - before[1]
    limit = 400_000 if is_sanitized(broker) else 32_000  # a sanitizer keeps what was freed, up to 256 MiB
    assert max(grown) < limit, f"KiB of broker and signer after {rounds} rounds: {grown}"

    # Slow ones are told so and closed, drops of header or not.
    for peer in slow:
        peer.settimeout(60)
        answer = read_all(peer)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 408"), answer[:200]
        peer.close()
    assert "result" in desk.sign()
    print(f"\n{rounds + 2} rounds of bad clients; broker and signer grew by {grown} KiB")


def any_open(peers):
    for peer in peers:
        peer.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            peer.recv(1, socket.MSG_PEEK)
            continue
        return True
    return False


def signer_process(node):
    """The process id of the signer: the init below the enclave's sandbox."""
    def children(process):
        with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as listed:
            return [int(word) for word in listed.read().split()]

    waiting = [node.enclaves()[0]["ProcessID"]]
    while waiting:
        process = waiting.pop()
        if open(f"/proc/{process}/comm", encoding="ascii").read().strip() == "init":
            return process
        waiting += children(process)
    pytest.fail("the enclave has no init")
