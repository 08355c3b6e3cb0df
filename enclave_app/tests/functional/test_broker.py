"""The broker from outside: what it refuses to start with, what it survives, what it says and to whom."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request

import pytest

from link_proxy import CONFIG, KMS_DECRYPT, PERSIST, REQUEST, RESPONSE, LinkProxy
from node import Node, get, post, program, wait_until

GET_INFO = '{"jsonrpc":"2.0","id":1,"method":"get_info"}'


@pytest.fixture
def bare_node(node):
    """A node with an image, keys and a config without KMS; no broker runs yet."""
    node.make_image()
    node.make_keys()
    node.make_config()
    return node


@pytest.fixture(scope="module")
def serving_node():
    """A node without a wallet that serves, for the tests of HTTP: they leave it as it is."""
    with tempfile.TemporaryDirectory(prefix="ben-") as folder:
        node = Node(folder)
        try:
            node.start(kms=False)
            yield node
        finally:
            node.close()


@pytest.fixture
def proxy(bare_node):
    made = LinkProxy(bare_node.folder / "proxy", bare_node.sim)
    yield made
    made.close()


def start(node, *flags):
    node.start_broker(*flags)
    node.make_profile()


def events(node, name=None):
    """The broker's log lines, of one event or all; each has to be JSON."""
    lines = [json.loads(line) for line in node.broker.log.splitlines()]
    return [line for line in lines if name is None or line.get("event") == name]


def refused_start(node, *flags):
    """Starts a broker that must not run, and returns the reasons it gave."""
    node.start_broker(*flags, wait=False)
    assert node.broker.wait() == 1
    reasons = events(node, "start-refused")
    node.broker.log_path.unlink()
    assert node.enclaves() == []
    return [(reason["tag"], reason["message"]) for reason in reasons]


def metric(node, name):
    for line in get(f"{node.url}/metrics")[1].decode().splitlines():
        if line.startswith(f"ben_{name} "):
            return float(line.split()[-1])
    raise AssertionError(f"no metric {name}")


def readiness(node):
    status, body = get(f"{node.url}/readyz")
    return status, json.loads(body)


def connect(node):
    peer = socket.create_connection(("127.0.0.1", node.broker_port), timeout=60)
    return peer


def raw_answer(node, request):
    """What the broker answers to bytes that no HTTP library would send, until it closes."""
    with connect(node) as peer:
        peer.sendall(request)
        answer = b""
        while part := peer.recv(1 << 16):
            answer += part
    return answer


def boot_id(node):
    """The boot that answers, or None while nobody does."""
    return node.rpc("get_info").get("result", {}).get("boot_id")


def tag_of(body):
    error = json.loads(body)["error"]
    assert error["code"] == -32050
    assert error["data"]["origin"] == "broker"
    return error["data"]["tag"]


# Start.


def test_what_is_missing_is_said_before_anything_runs(bare_node):
    node = bare_node
    reasons = refused_start(node, "--memory-mib", "1", "--enclave-cid", "3", "--nitro-cli", "/no/such/nitro-cli")
    assert [tag for tag, _ in reasons] == ["broker-precondition"] * 3
    text = "\n".join(message for _, message in reasons)
    for words in ("4 times the size of its image", "3 is this machine itself", "no such program"):
        assert words in text
    assert "build the image first" in refused_start(node, "--eif", node.folder / "none.eif")[0][1]


def test_a_config_that_the_signer_would_refuse_is_refused_before_it_is_measured(bare_node):
    node = bare_node
    config = json.loads(node.config.read_text())
    for change, tag in (({"network": "main"}, "mainnet-needs-custody"), ({"surprise": 1}, "config-form")):
        changed = node.folder / "changed.json"
        changed.write_text(json.dumps({**config, **change}))
        assert refused_start(node, "--config", changed)[0][0] == tag
    assert refused_start(node, "--config", node.folder / "none.json")[0][0] == "broker-config"


def test_a_root_that_is_no_certificate_and_a_store_that_is_damaged_are_refused(bare_node):
    node = bare_node
    bad = node.folder / "bad"
    bad.write_bytes(b"x" * 4096)
    assert refused_start(node, "--root", bad)[0][0] == "broker-root"
    assert refused_start(node, "--store", bad)[0][0] == "store-damaged"


def test_an_image_that_is_no_image_is_refused(bare_node):
    bad = bare_node.folder / "bad.eif"
    bad.write_bytes(bare_node.eif.read_bytes()[:-1])
    assert refused_start(bare_node, "--eif", bad)[0][0].startswith("eif-")


def test_without_an_expected_measurement_it_serves_but_makes_no_keys(bare_node):
    node = bare_node
    start(node, "--expected-measurement", "")
    assert f"Actual EIF PCR0 Measurement: {node.pcrs['PCR0']}" in node.broker.log
    assert node.rpc("get_info")["result"]["state"] == "EMPTY"
    for method in ("genesis", "certify_wallet", "unseal", "set_policy"):
        answer = node.rpc(method)
        assert answer["status"] == 503
        assert answer["error"]["data"] == {"tag": "broker-unmeasured", "origin": "broker"}
    status, ready = readiness(node)
    assert status == 503 and "--expected-measurement" in ready["reason"] and ready["state"] == "EMPTY"


def test_a_port_that_is_taken_is_said_and_no_enclave_is_started(bare_node):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused_start(bare_node, "--listen", f"127.0.0.1:{port}")[0][0] == "broker-listen"


def test_an_enclave_of_another_name_on_our_cid_is_left_alone(bare_node):
    node = bare_node
    node.simulate("run-enclave", "--eif-path", node.eif, "--cpu-count", 2, "--memory", 1024, "--enclave-cid", 16,
                  "--enclave-name", "somebody-else")
    node.start_broker(wait=False)
    assert node.broker.wait() == 1
    assert "--enclave-cid" in events(node, "cid-taken")[0]["message"]
    assert [enclave["EnclaveName"] for enclave in node.enclaves()] == ["somebody-else"]


# Evidence.


def test_evidence_that_was_changed_ends_the_enclave_and_the_broker(bare_node, proxy):
    node = bare_node

    def spoil(kind, body):
        return kind, body.replace(b'"document":"', b'"document":"AAAA') if kind == RESPONSE else body

    proxy.from_enclave = spoil
    node.start_broker("--enclave-address", proxy.address, wait=False)
    assert node.broker.wait() == 1
    assert events(node, "attestation-refused")
    assert node.enclaves() == []


def test_another_config_than_ours_in_the_enclave_ends_the_broker(bare_node, proxy):
    node = bare_node
    other = node.config.read_bytes().replace(b'"policy_epoch":', b'"policy_epoch": ', 1)
    assert other != node.config.read_bytes()
    proxy.from_broker = lambda kind, body: (kind, other if kind == CONFIG else body)
    node.start_broker("--enclave-address", proxy.address, wait=False)
    assert node.broker.wait() == 1
    assert events(node, "attestation-refused")[0]["check"] == "config"
    assert node.enclaves() == []


def test_evidence_under_a_root_that_is_not_trusted_ends_the_broker(bare_node, folder):
    node = bare_node
    other = folder / "other-sim"
    env = {**os.environ, "NITRO_SIM_DIR": str(other)}
    subprocess.run([program("nitro-sim"), "root"], env=env, check=True, capture_output=True, timeout=30)
    node.start_broker("--root", other / "pki" / "root.pem", wait=False)
    assert node.broker.wait() == 1
    assert events(node, "attestation-refused")
    assert node.enclaves() == []


def test_a_running_enclave_is_adopted_when_its_evidence_verifies_and_else_replaced(bare_node):
    node = bare_node
    start(node)
    enclave, boot = node.enclaves()[0]["EnclaveID"], boot_id(node)
    node.broker.kill()
    node.start_broker()
    assert node.enclaves()[0]["EnclaveID"] == enclave
    assert boot_id(node) == boot

    node.broker.kill()
    changed = json.loads(node.config.read_text())
    changed["floors"]["policy_epoch"] += 1
    node.config.write_text(json.dumps(changed))
    node.start_broker()
    assert [e["EnclaveID"] for e in node.enclaves()] != [enclave]
    assert len(node.enclaves()) == 1
    assert events(node, "enclave-replaced")


# Losses.


def test_an_enclave_that_dies_is_started_again_and_counted(bare_node):
    node = bare_node
    start(node)
    for restarts in (1, 2):
        boot = boot_id(node)
        node.kill_enclave()
        wait_until(lambda: boot_id(node) not in (None, boot), "another enclave")
        assert metric(node, "enclave_restarts_total") == restarts
    assert len(events(node, "enclave-lost")) == 2
    assert metric(node, "attestation_failures_total") == 0


def test_a_frame_that_nobody_waits_for_ends_the_connection_and_not_the_enclave(bare_node, proxy):
    node = bare_node
    start(node, "--enclave-address", proxy.address)
    boot = boot_id(node)
    for number, frame in enumerate(((RESPONSE, b"{}"), (PERSIST, b"\x01"), (KMS_DECRYPT, b"\x00"), (99, b"")), 1):
        proxy.inject(*frame)
        wait_until(lambda: len(events(node, "enclave-adopted")) == number, f"the enclave to be adopted after {frame}")
        wait_until(node.answers, "the enclave to answer again")
        assert boot_id(node) == boot
    assert metric(node, "enclave_restarts_total") == 0


def test_an_enclave_that_stops_in_the_middle_of_an_answer_costs_one_request(bare_node, proxy):
    node = bare_node
    start(node, "--enclave-address", proxy.address)
    proxy.from_enclave = lambda kind, body: None if b'"id":"victim"' in body else (kind, body)
    status, body = post(f"{node.url}/rpc", GET_INFO.replace('"id":1', '"id":"victim"'))
    assert status == 503 and tag_of(body) == "broker-enclave" and json.loads(body)["id"] == "victim"
    wait_until(node.answers, "the enclave to answer again")


def test_nothing_is_acknowledged_that_is_not_on_the_disk(node):
    node.start()
    with sqlite3.connect(node.store, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")  # the broker cannot write now
        failed = node.benctl("genesis", *node.admin_flags(), status=None)
        assert failed.status != 0
    assert events(node, "persist-failed")
    wait_until(node.answers, "the enclave to answer again")
    assert node.rpc("get_info")["result"]["state"] == "EMPTY"


def test_a_node_whose_kms_is_away_serves_reads_and_recovers_by_itself(armed_node):
    node = armed_node
    wallet = node.rpc("get_info")["result"]["wallet_id"]
    node.kms.kill()
    node.kill_enclave()
    wait_until(lambda: metric(node, "kms_failures_total") > 0, "a call to KMS to fail", 60)
    status, ready = readiness(node)
    assert status == 503 and ready["state"] == "EMPTY"
    assert events(node, "kms-failed")[0]["message"] in ready["reason"]
    assert node.rpc("get_info")["result"]["state"] == "EMPTY"

    node.start_kms()
    node.wait_ready(90)
    assert node.rpc("get_info")["result"]["wallet_id"] == wallet
    assert node.rpc("get_info")["result"]["policy_epoch"] == 1


# Ends.


def test_a_request_under_way_is_answered_before_the_end(bare_node, proxy):
    node = bare_node
    start(node, "--enclave-address", proxy.address)
    arrived, go_on = threading.Event(), threading.Event()

    def hold(kind, body):
        if b'"id":"late"' in body:
            arrived.set()
            go_on.wait(20)
        return kind, body

    proxy.from_enclave = hold
    answers = []
    asking = threading.Thread(target=lambda: answers.append(
        post(f"{node.url}/rpc", GET_INFO.replace('"id":1', '"id":"late"'))))
    asking.start()
    assert arrived.wait(20)
    node.broker.process.send_signal(signal.SIGTERM)
    wait_until(lambda: get(f"{node.url}/healthz")[0] is None, "the broker to stop listening")
    assert node.broker.runs()
    go_on.set()
    asking.join(20)
    assert answers[0][0] == 200 and json.loads(answers[0][1])["id"] == "late"
    assert node.broker.wait() == 0
    assert node.enclaves() == []  # no wallet: nothing to lose


def test_a_second_signal_ends_it_at_once_and_the_next_start_finds_the_enclave(bare_node, proxy):
    node = bare_node
    start(node, "--enclave-address", proxy.address, "--drain-seconds", "60")
    enclave = node.enclaves()[0]["EnclaveID"]
    arrived = threading.Event()

    def hold(kind, body):
        if b'"id":"late"' in body:
            arrived.set()
            time.sleep(20)
        return kind, body

    proxy.from_enclave = hold
    asking = connect(node)
    late = GET_INFO.replace('"id":1', '"id":"late"').encode()
    asking.sendall(b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                   % (len(late), late))
    assert arrived.wait(20)
    node.broker.process.send_signal(signal.SIGTERM)
    wait_until(lambda: events(node, "stopping"), "the first signal to be heard")
    node.broker.process.send_signal(signal.SIGTERM)
    assert node.broker.wait(5) == 1
    assert node.enclaves()[0]["EnclaveID"] == enclave
    node.start_broker()
    assert node.enclaves()[0]["EnclaveID"] == enclave


def test_force_ends_an_enclave_whose_seed_is_nowhere_else(bare_node):
    node = bare_node
    start(node, "--force")
    node.make_wallet()
    assert node.broker.stop() == 0
    assert node.enclaves() == []


def test_an_enclave_whose_seed_is_nowhere_else_is_left_running_and_that_is_said(bare_node):
    node = bare_node
    start(node)
    node.make_wallet()
    assert node.broker.stop() == 0
    assert len(node.enclaves()) == 1
    assert "the next start adopts it" in events(node, "enclave-left-running")[0]["message"]


# HTTP.


def test_bytes_go_to_the_enclave_and_back_unchanged(bare_node, proxy):
    node = bare_node
    start(node, "--enclave-address", proxy.address)
    seen = {}

    def note(direction):
        def hook(kind, body):
            if b'"odd \\u0069d"' in body or b'"odd id"' in body:
                seen[direction] = (kind, body)
            return kind, body
        return hook

    proxy.from_broker, proxy.from_enclave = note("there"), note("back")
    request = b' {\t"method" : "get_info",\r\n"id":"odd \\u0069d" , "jsonrpc":"2.0"}\n'
    status, body = post(f"{node.url}/rpc", request)
    assert status == 200
    assert seen["there"] == (REQUEST, request)
    assert seen["back"] == (RESPONSE, body)


def test_errors_of_the_signer_are_200_and_carry_its_proof(serving_node):
    node = serving_node
    for body, tag in ((b"{", "rpc-parse"), (b"[]", "rpc-request"), (b"\xff", "rpc-parse"), (b"", "rpc-parse")):
        status, answer = post(f"{node.url}/rpc", body)
        assert status == 200
        assert json.loads(answer)["error"]["data"] == {"tag": tag}
        assert len(json.loads(answer)["proof"]["signature"]) == 128


def test_requests_that_are_not_ours_get_the_status_of_their_fault(serving_node):
    node = serving_node
    host = b"Host: x\r\nConnection: close\r\n"
    json_type = b"Content-Type: application/json\r\n"
    cases = [
        (b"GET /nothing HTTP/1.1\r\n" + host + b"\r\n", 404, "broker-path"),
        (b"GET /rpc HTTP/1.1\r\n" + host + b"\r\n", 405, "broker-method"),
        (b"OPTIONS /rpc HTTP/1.1\r\n" + host + b"\r\n", 405, "broker-method"),
        (b"POST /healthz HTTP/1.1\r\n" + host + b"Content-Length: 0\r\n\r\n", 405, "broker-method"),
        (b"POST /rpc HTTP/1.1\r\n" + host + b"Content-Length: 2\r\n\r\n{}", 415, "broker-type"),
        (b"POST /rpc HTTP/1.1\r\n" + host + b"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415, "broker-type"),
        (b"POST /rpc HTTP/1.1\r\n" + host + json_type + b"Content-Length: 12582913\r\n\r\n", 413, "broker-size"),
        (b"POST /rpc HTTP/1.1\r\n" + host + json_type + b"Content-Length: -1\r\n\r\n", 400, "broker-http"),
        (b"POST /rpc HTTP/1.1\r\n" + host + json_type + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "broker-http"),
        (b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 413, "broker-size"),
        (b"nonsense\r\n\r\n", 400, "broker-http"),
    ]
    for request, status, tag in cases:
        head, _, body = raw_answer(node, request).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status), (request[:80], head)
        assert tag_of(body) == tag
    assert node.answers()


def test_a_chunked_body_and_one_that_waits_for_100_continue_are_served(serving_node):
    node = serving_node
    head = b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json; charset=utf-8\r\n"
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(GET_INFO), GET_INFO.encode())
    answer = raw_answer(node, head + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
    assert answer.startswith(b"HTTP/1.1 200 ")
    with connect(node) as peer:
        peer.sendall(head + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(GET_INFO))
        assert peer.recv(100).startswith(b"HTTP/1.1 100 ")
        peer.sendall(GET_INFO.encode())
        assert peer.recv(100).startswith(b"HTTP/1.1 200 ")


def test_one_connection_carries_many_requests(serving_node):
    node = serving_node
    request = (b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
               % (len(GET_INFO), GET_INFO.encode()))
    last = request.replace(b"Host: x", b"Host: x\r\nConnection: close")
    assert raw_answer(node, 9 * request + last).count(b"HTTP/1.1 200 ") == 10


def test_attestations_are_limited_and_the_rest_is_not(serving_node):
    node = serving_node
    request = '{"jsonrpc":"2.0","id":1,"method":"get_attestation","params":{"nonce":"%s"}}' % ("00" * 32)
    statuses = []

    def ask():
        for _ in range(15):
            status, body = post(f"{node.url}/rpc", request)
            statuses.append(status)
            assert status == 200 or (status == 429 and tag_of(body) == "broker-rate")

    began = time.monotonic()
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    allowed = 20 + 20 * (time.monotonic() - began) + 1
    assert len(statuses) == 120
    assert 20 <= statuses.count(200) <= allowed
    assert set(statuses) <= {200, 429}
    assert node.answers()


def test_slow_clients_are_told_so_and_do_not_stop_the_others(serving_node):
    node = serving_node
    slow = [b"POST /rpc HT", b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"]
    peers = [connect(node) for _ in range(20) for _ in slow]
    for index, peer in enumerate(peers):
        peer.sendall(slow[index % 2])
    idle = connect(node)
    for _ in range(50):
        assert node.answers()
    for peer in peers:
        head, _, body = peer.recv(1 << 16).partition(b"\r\n\r\n")  # the socket's own limit is 60 s
        assert head.startswith(b"HTTP/1.1 408 ")
        assert tag_of(body) == "broker-timeout"
        peer.close()
    assert idle.recv(1) == b""  # said nothing: closed without a word


def test_a_connection_over_the_limit_takes_the_place_of_the_one_that_has_waited_longest(serving_node):
    node = serving_node
    peers = [connect(node) for _ in range(256)]
    wait_until(lambda: metric(node, "connections") == 256, "all places to be taken")  # one of them by this very question
    assert peers[0].recv(1) == b""  # the socket's own limit is 60 s
    for peer in peers[2:]:
        peer.settimeout(0)
        with pytest.raises(BlockingIOError):
            peer.recv(1)
    for peer in peers:
        peer.close()
    wait_until(lambda: metric(node, "connections") <= 2, "room again")


def test_bodies_in_flight_are_bounded(serving_node):
    node = serving_node
    size = 12 * 1024 * 1024
    head = b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size
    peers = [connect(node) for _ in range(3)]
    for peer in peers:  # all but the last byte of 36 MiB, where 32 MiB are room
        peer.settimeout(20)
        try:
            peer.sendall(head + b" " * (size - 1))
        except OSError:
            pass
    answers = []
    for peer in peers:
        peer.settimeout(1)
        try:
            answers.append(peer.recv(1 << 16))
        except TimeoutError:
            answers.append(b"")
    assert sum(answer.startswith(b"HTTP/1.1 503 ") for answer in answers) == 1
    assert node.answers()
    for peer in peers:
        peer.close()


def test_tls_is_served_with_a_certificate(bare_node):
    node = bare_node
    certificate, key = node.folder / "tls.pem", node.folder / "tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    node.start_broker("--listen", "0.0.0.0:0", "--tls-cert", certificate, "--tls-key", key, wait=False)
    port_file = node.folder / "broker.port"
    wait_until(lambda: port_file.exists() and port_file.read_text().strip(), "the broker to listen")
    trust = ssl.create_default_context(cafile=str(certificate))
    url = f"https://127.0.0.1:{port_file.read_text().strip()}"

    def ask(path, body=None):
        request = urllib.request.Request(url + path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10, context=trust) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert ask("/healthz") == 200
    wait_until(lambda: ask("/rpc", GET_INFO.encode()) == 200, "the enclave to answer")


# What it says.


def test_every_line_is_json_without_bodies_and_metrics_are_lines_too(armed_node):
    node = armed_node
    node.broker.stop()
    node.start_broker("--metrics-seconds", "1", "--metrics-namespace", "Test/Node", "--node-name", "n1", "--log-level", "debug")
    node.wait_ready()
    secret = "5ec2e7" * 5 + "00"
    node.rpc("get_public_key", {"account": secret})
    node.benctl("verify")
    wait_until(lambda: metric(node, "request_seconds_count") > 0, "requests to be counted")
    reports = wait_until(
        lambda: [line for line in events(node) if line.get("requests", 0) > 0 and line["ready"] == 1], "a metric line")
    report = reports[0]
    assert report["Node"] == "n1"
    assert report["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Test/Node"
    assert report["ready"] == 1 and report["attestation_failures"] == 0
    assert "signing_operations_per_second" in report
    assert secret not in node.broker.log
    assert metric(node, "ready") == 1
    for line in events(node):
        assert "_aws" in line or {"ts", "level", "event"} <= set(line)


def test_the_service_manager_hears_ready_watchdog_and_stopping(bare_node):
    node = bare_node
    path = node.folder / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        node.env = {**node.env, "NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "200000"}
        heard = []

        def listen():
            with contextlib.suppress(OSError):
                while True:
                    heard.append(manager.recv(100))

        threading.Thread(target=listen, daemon=True).start()
        start(node)
        wait_until(lambda: {b"READY=1", b"WATCHDOG=1"} <= set(heard), "READY and WATCHDOG")
        node.broker.process.send_signal(signal.SIGTERM)
        assert node.broker.wait() == 0
        wait_until(lambda: b"STOPPING=1" in heard, "STOPPING")
        assert set(heard) == {b"READY=1", b"WATCHDOG=1", b"STOPPING=1"}
