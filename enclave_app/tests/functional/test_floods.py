"""Floods: clients that say little, nothing, too much or do not listen, on the broker's HTTP port and on the socket that is
the signer's vsock. Meanwhile a good client gets its signatures in time, and memory stays within its bound."""

import base64
import contextlib
import http.client
import json
import socket
import threading
import time

import pytest

import independent
from link_proxy import ACK, HELLO, REQUEST, encode_frame
from node import wait_until
from processes import broker_of, signer_of

# Whoever had to wait until a bad client's time is over would wait for 10 s at the signer and 30 s at the broker.
ANSWER_SECONDS_MAX = 8
FLOOD_SECONDS = 2
# Over what it was: 32 MiB of bodies, and as much again while a buffer grows. Sanitizers keep what was freed (256 MiB).
RISE_MIB_MAX, RISE_SANITIZED_MIB_MAX = 64, 512
BODY_MAX = 12 * 1024 * 1024
GET_INFO = b'{"jsonrpc":"2.0","id":1,"method":"get_info"}'
POST = b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class GoodClient:
    """Asks for one signature after the other, each over a connection of its own."""

    def __init__(self, node):
        self.port = node.broker_port
        self.key = independent.load_key(node.folder / "desk.pem")
        self.wallet_id = node.rpc("get_info")["result"]["wallet_id"]
        self.psbt = independent.psbt([(independent.coin(node, "bip84/0", 0), 100_000)], [(99_000, independent.SOMEBODY)])
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.sign()

    def sign(self):
        request = independent.envelope(independent.transaction_request(self.wallet_id, self.psbt), self.key)
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "sign_transaction",
                           "params": {"request": request, "psbt": base64.b64encode(self.psbt).decode()}})
        since = time.monotonic()
        while True:
            self.connection.close()  # the next request opens it again
            self.connection.request("POST", "/rpc", body, {"Content-Type": "application/json"})
            answer = json.loads(self.connection.getresponse().read())
            if "result" in answer:
                return time.monotonic() - since
            assert answer["error"]["data"]["tag"] in ("broker-busy", "rpc-busy"), answer  # then one tries again
            assert time.monotonic() - since < ANSWER_SECONDS_MAX, "busy all the time"
            time.sleep(0.05)

    def sign_for(self, seconds):
        until, took = time.monotonic() + seconds, []
        while time.monotonic() < until:
            took.append(self.sign())
        return took


@contextlib.contextmanager
def flood(connect, attack, count):
    """`count` bad clients, each on one connection after the other, until the block ends; the number of these so far."""
    over, made = threading.Event(), []

    def keep_on():
        while not over.is_set():
            with contextlib.suppress(OSError), connect() as peer:
                made.append(peer)
                peer.settimeout(0.2)
                attack(peer, over)

    threads = [threading.Thread(target=keep_on, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(made) >= count, "the bad clients to be there")
        yield made
    finally:
        over.set()
        for thread in threads:
            thread.join(20)


def check(node, connect, attack, count, name):
    client = GoodClient(node)
    programs = {"broker": broker_of(node), "signer": signer_of(node)}
    before = {program: watched.memory_mib() for program, watched in programs.items()}
    with flood(connect, attack, count) as made:
        took = client.sign_for(FLOOD_SECONDS)
        assert programs["signer"].status("Threads") == 1  # docs/decisions/0013
    peak = {program: watched.memory_mib("VmHWM") for program, watched in programs.items()}
    print(f"\n{name}: {len(made)} connections; {len(took)} signatures, the slowest in {max(took) * 1000:.0f} ms; memory "
          + ", ".join(f"{program} {before[program]:.0f} to {peak[program]:.0f} MiB" for program in programs))
    assert max(took) < ANSWER_SECONDS_MAX
    for program, watched in programs.items():
        rise_max = RISE_SANITIZED_MIB_MAX if watched.has_sanitizer() else RISE_MIB_MAX
        assert peak[program] - before[program] < rise_max, program
    assert client.sign() < ANSWER_SECONDS_MAX


# What bad clients do, once they are connected. `over` is set when they have to go.


def trickle(data):
    """A byte now and then, for ever within the message."""
    def attack(peer, over):
        for byte in data:
            peer.sendall(bytes([byte]))
            if over.wait(0.05):
                return
        over.wait()
    return attack


def say_nothing(peer, over):
    over.wait()


def send_on(data):
    """As much as the other side takes; what it answers is not read."""
    def attack(peer, over):
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                peer.sendall(data)
    return attack


def announce(head, body_bytes):
    """A message of that size, all but its last bytes, and then nothing."""
    def attack(peer, over):
        peer.sendall(head)
        peer.settimeout(10)
        with contextlib.suppress(TimeoutError):
            peer.sendall(b" " * (body_bytes - 100))
        over.wait()
    return attack


def come_back(said):
    """Is there again within a second when the other side ends it."""
    def attack(peer, over):
        with contextlib.suppress(ConnectionError):
            peer.sendall(said)
            while not over.wait(1):
                with contextlib.suppress(TimeoutError):
                    if not peer.recv(65536):
                        return
    return attack


def send_and_listen(data):
    def attack(peer, over):
        peer.sendall(data)
        while not over.is_set() and peer.recv(65536):
            pass
    return attack


HTTP = {
    "trickled headers": (trickle(POST % 10), 200),
    "trickled bodies": (lambda peer, over: (peer.sendall(POST % 10), trickle(b"{" + b" " * 8)(peer, over)), 200),
    "silence": (say_nothing, 200),
    "pipelined requests": (send_on((POST % len(GET_INFO) + GET_INFO) * 500), 8),
    "bodies that are never complete": (announce(POST % BODY_MAX, BODY_MAX), 6),
    "lengths over the limit": (send_and_listen(POST % (BODY_MAX + 1) + b" " * 65536), 8),
    "headers over the limit": (send_and_listen(b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 65536), 8),
    "chunks without an end": (send_on(b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                      b"Transfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b" " * 4096 + b"\r\n"), 4),
}


def connect_http(node):
    return socket.create_connection(("127.0.0.1", node.broker_port), timeout=10)


@pytest.mark.parametrize("name", HTTP)
def test_a_flood_of_http_leaves_a_good_client_served(shared_node, name):
    attack, count = HTTP[name]
    check(shared_node, lambda: connect_http(shared_node), attack, count, name)


# There are 256 places: what 300 clients do that want to keep them.
CROWD = {
    "silence": say_nothing,
    "half a body": announce(POST % 10_000, 1_000),
    "half bodies that fill the memory of all": announce(POST % 300_000, 200_000),
    "silence that comes back": come_back(b""),
    "half a body that comes back": come_back(POST % 10 + b"{"),
    "a refused request that is not left": come_back(b"GET /nowhere HTTP/1.1\r\n\r\n"),
}


@pytest.mark.parametrize("name", CROWD)
def test_where_all_places_are_taken_every_new_client_is_served(shared_node, name):
    check(shared_node, lambda: connect_http(shared_node), CROWD[name], 300, name)


GREETING = encode_frame(HELLO, b'{"protocol":1,"version":"flood"}')
VSOCK = {
    "trickled headers": (trickle(encode_frame(REQUEST, GET_INFO)), 14),
    "silence after the greeting": (say_nothing, 14),
    "pipelined requests": (send_on(encode_frame(REQUEST, GET_INFO) * 500), 14),
    "bodies that are never complete": (announce((BODY_MAX - 1).to_bytes(4, "big") + bytes([REQUEST]), BODY_MAX - 1), 14),
    "lengths over the limit": (send_and_listen(b"\xff\xff\xff\xff" + bytes([REQUEST])), 14),
    "frames that nobody waits for": (send_and_listen(encode_frame(ACK, bytes(32))), 14),
}


def connect_vsock(node, said):
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(10)
    peer.connect(str(node.sim / "cid-16.sock"))
    peer.sendall(said)
    return peer


@pytest.mark.parametrize("name", VSOCK)
def test_a_flood_of_frames_leaves_a_good_client_served(shared_node, name):
    attack, count = VSOCK[name]
    check(shared_node, lambda: connect_vsock(shared_node, b"CONNECT 5000\n" + GREETING), attack, count, name)


def test_a_flood_of_connections_without_a_greeting_leaves_a_good_client_served(shared_node):
    check(shared_node, lambda: connect_vsock(shared_node, b"CONN"), say_nothing, 100, "half a greeting")
