"""KMS that is down, slow, wrong or lying, and keys of the wrong kind: the node says so, keeps nothing of it, and goes
on by itself once KMS is as it should be."""

import base64
import json
import sqlite3
import time

import pytest

from node import aws_call, get, post, wait_until

JSON = "--json"
SECONDS = 60  # between attempts to open the seed the broker waits longer and longer, and sanitizers are slow


def set_fault(node, fault):
    assert post(f"{node.kms_url}/_fault", fault)[0] == 204, fault


def readiness(node):
    return json.loads(get(f"{node.url}/readyz")[1])


def certified(node):
    with sqlite3.connect(node.store) as store:
        return {wallet for wallet, in store.execute("SELECT wallet_id FROM wallet WHERE length(certificate) > 0")}


def restart(node):
    node.broker.kill()
    node.simulate("terminate-enclave", "--all")
    node.start_broker()


# What KMS does when the seed is to be opened at a start: what the log calls it, what an operator reads.
AT_A_START = [
    ("cut", "kms-unavailable", "check the host's network"),
    ("error:ThrottlingException", "kms-unavailable", "throttling"),
    ("error:AccessDeniedException", "kms-refused", "PCR16"),
    ("plaintext", "kms-unavailable", "Plaintext, although Recipient was asked for"),
    ("forged", "seal-open", "did not open"),
    ("replayed", "seal-open", "did not open"),
    ("algorithm:oaep-sha1", "seal-open", "did not open"),
]


def test_a_node_that_cannot_open_its_seed_says_why_and_opens_it_once_it_can(armed_node):
    node = armed_node
    wallet = node.benctl("info", JSON).json["wallet_id"]
    for fault, tag, words in AT_A_START:
        set_fault(node, fault)
        before = len(node.broker.log)
        restart(node)
        wait_until(lambda: "give-back-failed" in node.broker.log[before:], f"{fault} to be logged", SECONDS)
        assert f'"tag":"{tag}"' in node.broker.log[before:], f"{fault}: {node.broker.log[before:]}"
        said = readiness(node)
        assert said["ready"] is False and said["state"] == "EMPTY" and said["wallet_id"] is None, (fault, said)
        assert words in said["reason"] or words in node.broker.log[before:], (fault, said)
        refused = node.benctl("info", JSON, status=1).json["error"]
        assert refused["tag"] == "wallet-missing", (fault, refused)
        set_fault(node, "none")
        node.wait_ready(SECONDS)
        assert node.benctl("info", JSON).json["wallet_id"] == wallet
        assert certified(node) == {wallet}


def test_kms_that_is_down_or_slow_delays_a_start_and_no_more(armed_node):
    node = armed_node
    wallet = node.benctl("info", JSON).json["wallet_id"]
    node.kms.kill()
    before = len(node.broker.log)
    restart(node)
    wait_until(lambda: "give-back-failed" in node.broker.log[before:], "the failure to be logged", SECONDS)
    assert '"tag":"kms-unavailable"' in node.broker.log[before:]
    assert "cannot be reached" in readiness(node)["reason"] or "kms" in readiness(node)["reason"]
    node.start_kms()
    node.wait_ready(SECONDS)

    # One answer that never comes in time is asked for again; one that is late is waited for. Reads go on meanwhile.
    for fault in ("slow:7000@1", "slow:2000@1"):
        set_fault(node, fault)
        restart(node)
        asked = time.monotonic()
        assert node.rpc("get_info")["result"]["state"] == "EMPTY"
        assert time.monotonic() - asked < 2
        assert not node.ready()
        node.wait_ready(SECONDS)
        assert node.benctl("info", JSON).json["wallet_id"] == wallet


def test_genesis_under_a_fault_leaves_no_wallet_and_succeeds_after_it(node):
    node.start()
    cases = [
        ("cut", "kms-unavailable"), ("error:ThrottlingException", "kms-unavailable"),
        ("error:KMSInternalException", "kms-unavailable"), ("error:ExpiredTokenException", "kms-unavailable"),
        ("error:AccessDeniedException", "kms-refused"), ("error:DisabledException", "kms-refused"),
        ("error:KMSInvalidStateException", "kms-refused"), ("error:NotFoundException", "kms-refused"),
        ("error:InvalidCiphertextException", "kms-refused"), ("error:NobodyKnowsException", "kms-refused"),
        ("plaintext", "kms-unavailable"),
        ("forged", "seal-"), ("algorithm:oaep-sha1", "seal-"), ("algorithm:aes-128", "seal-"),
    ]
    genesis = ["genesis", *node.admin_flags(), JSON]
    for fault, tag in cases:
        set_fault(node, fault)
        error = node.benctl(*genesis, status=1).json["error"]
        assert error["tag"].startswith(tag) and error["origin"] == "signer", (fault, error)
        name = fault.partition(":")[2]
        assert "kms" in error["message"].lower() and (not fault.startswith("error") or name in node.broker.log), fault
        assert node.rpc("get_info")["result"]["state"] == "EMPTY"
        assert certified(node) == set()

    # Nobody may try answers without end: after some that did not open, a boot asks no more.
    set_fault(node, "forged")
    tags = [node.benctl(*genesis, status=1).json["error"]["tag"] for _ in range(9)]
    refusals = tags.index("kms-attempts")
    assert all(tag.startswith("seal-") for tag in tags[:refusals]) and set(tags[refusals:]) == {"kms-attempts"}, tags
    set_fault(node, "none")
    assert node.benctl(*genesis, status=1).json["error"]["tag"] == "kms-attempts"
    boot = node.rpc("get_info")["result"]["boot_id"]
    node.kill_enclave()
    wait_until(lambda: node.rpc("get_info").get("result", {}).get("boot_id", boot) != boot, "another boot", SECONDS)
    made = node.benctl(*genesis).json
    assert made["state"] == "ARMED" and certified(node) == {made["wallet_id"]}


def create_key(node, **parameters):
    status, answer = aws_call(node.kms_url, "CreateKey", parameters)
    assert status == 200, answer
    return answer["KeyMetadata"]["Arn"]


WRONG_KEYS = [
    ({}, "symmetric"),
    ({"KeySpec": "RSA_3072", "KeyUsage": "SIGN_VERIFY"}, "made for signing"),
    ({"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, "RSA_3072"),
]


@pytest.mark.parametrize("parameters, words", WRONG_KEYS)
def test_a_key_that_must_not_seal_is_refused_before_anything_runs(node, parameters, words):
    node.make_image()
    node.make_keys()
    node.start_kms()
    node.make_kms_key()
    good = node.key_arn
    wrong = create_key(node, **parameters)
    new = ["config", "new", "--network", "regtest", "--admin", node.admins[0], "--kms-endpoint", node.kms_url]
    refused = node.benctl(*new, "--kms-key-arn", wrong, "--out", node.config, JSON, status=1).json["error"]
    assert refused["tag"] == "kms-key-unfit" and words in refused["message"], refused
    assert "RSA_3072" in refused["message"], "it says what to create"
    assert not node.config.exists()

    # A config that names it all the same, with the public key of one that would do.
    public = aws_call(node.kms_url, "GetPublicKey", {"KeyId": good})[1]["PublicKey"]
    file = node.folder / "kms.der"
    file.write_bytes(base64.b64decode(public))
    node.benctl(*new, "--kms-key-arn", wrong, "--kms-public-key", file, "--out", node.config)
    node.start_broker(wait=False)
    assert node.broker.wait(SECONDS) == 1
    assert '"tag":"kms-key-unfit"' in node.broker.log and words in node.broker.log
    assert node.enclaves() == []


def test_a_public_key_that_is_too_small_is_refused_wherever_it_comes_from(node):
    node.make_image()
    node.make_keys()
    node.start_kms()
    node.make_kms_key()
    node.make_config()
    small = create_key(node, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    public = aws_call(node.kms_url, "GetPublicKey", {"KeyId": small})[1]["PublicKey"]
    file = node.folder / "small.txt"
    file.write_text(public)
    node.benctl("config", "new", "--network", "regtest", "--admin", node.admins[0], "--kms-key-arn", node.key_arn,
                "--kms-public-key", file, status=1)
    config = json.loads(node.config.read_text())
    for key in (public, base64.b64encode(b"\x04" * 65).decode(), ""):
        config["kms"]["public_key"] = key
        node.config.write_text(json.dumps(config))
        assert node.benctl("config", "lint", node.config, status=1).out
        node.start_broker(wait=False)
        assert node.broker.wait(SECONDS) == 1
        assert "start-refused" in node.broker.log
        assert node.enclaves() == []


def test_a_config_with_another_keys_public_key_never_gets_a_wallet(node):
    node.make_image()
    node.make_keys()
    node.start_kms()
    node.make_kms_key()
    other = node.key_arn
    node.make_kms_key()
    public = aws_call(node.kms_url, "GetPublicKey", {"KeyId": other})[1]["PublicKey"]
    file = node.folder / "other.der"
    file.write_bytes(base64.b64decode(public))
    node.make_config("--kms-public-key", file)
    node.restrict_kms_key()
    node.start_broker()
    node.make_profile()
    error = node.benctl("genesis", *node.admin_flags(), JSON, status=1).json["error"]
    assert (error["tag"], error["origin"]) == ("kms-refused", "signer")
    assert "was not made for this key" in node.broker.log
    assert node.rpc("get_info")["result"]["state"] == "EMPTY" and certified(node) == set()
