"""What a node's evidence must be: for the broker before it runs an image, and for benctl before it believes a node."""

import json

from node import Node, program

JSON = "--json"
PINS = ("measurements", "config", "wallet")


def verify(node, *flags, status):
    """`benctl verify` by flags alone: this profile does not exist."""
    return node.benctl("verify", "--profile", node.folder / "none.json", *flags, status=status)


def pins_of(node):
    return {"measurements": node.measurements, "config": node.config,
            "wallet": node.benctl("info", JSON).json["wallet_id"]}


def flags_of(pins, without=()):
    return [word for name, value in pins.items() if name not in without for word in (f"--{name}", value)]


def live(node):
    return ["--url", node.url, "--root", node.root]


def check_of(done, name):
    return next(check for check in done.json["checks"] if check["check"] == name)


def test_an_image_of_another_measurement_leaves_no_enclave(node):
    node.start()
    node.broker.stop()
    assert node.enclaves() == []
    other = node.pcrs["PCR0"][:-1] + ("0" if node.pcrs["PCR0"][-1] != "0" else "1")
    for wrong in (other, node.pcrs["PCR2"]):
        node.start_broker("--expected-measurement", wrong, wait=False)
        assert node.broker.wait(60) == 1
        assert "broker-measurement" in node.broker.log
        assert f"Actual EIF PCR0 Measurement: {node.pcrs['PCR0']}" in node.broker.log
        assert node.enclaves() == []


def test_without_an_expected_measurement_the_node_runs_and_makes_no_keys(node):
    node.start()
    node.broker.stop()
    node.start_broker("--expected-measurement", "")
    assert "measurement-not-expected" in node.broker.log
    assert node.rpc("get_info")["result"]["state"] == "EMPTY"
    refused = node.benctl("genesis", *node.admin_flags(), JSON, status=1).json["error"]
    assert (refused["tag"], refused["origin"]) == ("broker-unmeasured", "broker")
    assert node.rpc("get_info")["result"]["wallet_id"] is None


def test_a_debug_enclave_is_refused_by_broker_and_benctl(node):
    node.start()
    node.broker.stop()
    run = ["run-enclave", "--eif-path", node.eif, "--cpu-count", 2, "--memory", 1024, "--debug-mode"]
    node.simulate(*run, "--enclave-cid", 16, "--enclave-name", "bitcoin-enclave-node")
    debug = node.enclaves()[0]
    assert debug["Flags"] == "DEBUG_MODE"
    node.start_broker()
    assert [(enclave["Flags"], enclave["EnclaveID"] == debug["EnclaveID"]) for enclave in node.enclaves()] == [
        ("NONE", False)]

    # A host whose nitro-cli is its own accomplice starts the broker's enclave in debug mode, unseen.
    node.broker.stop()
    liar = node.folder / "nitro-cli"
    liar.write_text('#!/bin/sh\n[ "$1" != run-enclave ] || set -- "$@" --debug-mode\n'
                    f'exec {program("nitro-sim")} "$@" | sed "s/DEBUG_MODE/NONE/"\n')
    liar.chmod(0o700)
    node.start_broker("--nitro-cli", liar, wait=False)
    assert node.broker.wait(60) == 1
    assert '"check":"debug"' in node.broker.log and "verify-debug" in node.broker.log
    assert node.enclaves() == []


def test_another_root_another_config_and_another_wallet_are_refused(shared_node, folder):
    node, other = shared_node, Node(folder / "other")
    try:
        other.start(kms=False)
        other.make_wallet()
        mine, theirs = pins_of(node), pins_of(other)
        assert verify(node, *live(node), *flags_of(mine), status=0)

        wrong_root = verify(node, "--url", node.url, "--root", other.root, *flags_of(mine), JSON, status=1)
        assert check_of(wrong_root, "root")["tag"] == "attest-root", wrong_root
        aws = verify(node, "--url", node.url, *flags_of(mine), JSON, status=1)
        assert check_of(aws, "root")["verdict"] == "refused", aws
        for pin in ("config", "wallet"):
            done = verify(node, *live(node), *flags_of({**mine, pin: theirs[pin]}), JSON, status=1)
            assert check_of(done, pin)["tag"] == f"verify-{pin}", done
            assert done.json["accepted"] is False

        # The whole of the other node, under this one's pins, is no better.
        swapped = verify(node, "--url", other.url, "--root", other.root, *flags_of(mine), JSON, status=1)
        assert check_of(swapped, "config")["tag"] == "verify-config", swapped
        refused = node.benctl("info", "--url", other.url, "--root", other.root, JSON, status=1)
        assert refused.json["error"]["tag"] == "verify-config"

        # Another image: one bit of one PCR.
        pcrs = {name: node.pcrs[name] for name in ("PCR0", "PCR1", "PCR2")}
        for name, value in pcrs.items():
            changed = node.folder / f"{name}.json"
            changed.write_text(json.dumps({"HashAlgorithm": "Sha384 { ... }", **pcrs, name: "0" + value[1:]
                                           if value[0] != "0" else "1" + value[1:]}))
            done = verify(node, *live(node), *flags_of({**mine, "measurements": changed}), JSON, status=1)
            assert check_of(done, "measurements")["tag"] == "verify-measurements", done
    finally:
        other.close()


def test_every_missing_pin_is_a_no_until_it_is_waived_by_its_own_flag(shared_node):
    node = shared_node
    pins = pins_of(node)
    assert verify(node, *live(node), *flags_of(pins), status=0)
    for missing in PINS:
        rest = [*live(node), *flags_of(pins, without=[missing])]
        assert "NOT PINNED" in verify(node, *rest, status=1).out
        for other in ("nonce", *PINS):
            if other != missing:
                verify(node, *rest, f"--no-pin-{other}", status=1)
        done = verify(node, *rest, f"--no-pin-{missing}", JSON, status=0)
        assert check_of(done, missing)["verdict"] == "waived"

    nothing = verify(node, *live(node), JSON, status=1)
    assert [check["check"] for check in nothing.json["checks"] if check["verdict"] == "not_pinned"] == list(PINS)
    verify(node, *live(node), *(f"--no-pin-{pin}" for pin in PINS), status=0)
    # PCR0 alone does not say which image it is.
    assert "NOT PINNED" in verify(node, *live(node), *flags_of(pins, without=["measurements"]), "--pcr0",
                                  node.pcrs["PCR0"], status=1).out


def test_live_and_offline_verdicts_are_the_same(shared_node):
    node = shared_node
    pins = pins_of(node)
    nonce = "5a" * 32
    prefix = node.folder / "evidence"
    seen = verify(node, *live(node), *flags_of(pins), "--nonce", nonce, "--save", prefix, JSON, status=0)
    saved = ["--doc", f"{prefix}.cbor", "--statement", f"{prefix}.statement.json", "--root", node.root]
    again = verify(node, *saved, *flags_of(pins), "--nonce", nonce, JSON, status=0)

    def verdicts(done):
        return [(check["check"], check["verdict"], check["tag"]) for check in done.json["checks"]]
    assert verdicts(seen) == verdicts(again)
    assert {**seen.json, "checks": 0, "nonce": 0} == {**again.json, "checks": 0, "nonce": 0}

    # Where one says no, the other does, in the same line.
    for wrong in ({"wallet": "0" * 64}, {"config": node.measurements}):
        flags = [*flags_of({**pins, **wrong}), JSON]
        on_line = verify(node, *live(node), *flags, "--nonce", nonce, status=1)
        assert verdicts(on_line) == verdicts(verify(node, *saved, *flags, "--nonce", nonce, status=1))

    # Without the nonce the document is authentic and may be old: that is a no, until it is waived.
    stale = verify(node, *saved, *flags_of(pins), status=1)
    assert "NOT PINNED nonce" in stale.out
    waived = verify(node, *saved, *flags_of(pins), "--no-pin-nonce", status=0)
    assert "freshness not shown" in waived.out
    assert "verify-nonce" in verify(node, *saved, *flags_of(pins), "--nonce", "5b" * 32, status=1).out
    late = verify(node, *saved, *flags_of(pins), "--nonce", nonce, "--at", "4000000000", JSON, status=1)
    assert check_of(late, "chain")["tag"] == "attest-expired"


def test_a_test_root_is_named_as_one_wherever_it_is_trusted(shared_node):
    node = shared_node
    words = "UNTRUSTED TEST ROOT"
    assert words in node.benctl("verify").out
    assert node.benctl("verify", JSON).json["test_root"] is True
    for command in (["info"], ["descriptors"], ["address", "--account", "bip84/0", "--index", 0]):
        assert words in node.benctl(*command).err
    assert words in node.broker.log
    prefix = node.folder / "named"
    node.benctl("verify", "--save", prefix)
    assert words in node.benctl("attestation", "inspect", "--doc", f"{prefix}.cbor", "--root", node.root).out
