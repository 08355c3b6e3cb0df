"""A policy that the host was given with --policy, as a host gets it from its deployment: it holds where it is newer than
the stored one, and never takes the place of a newer one."""

import json

import pytest

from node import wait_until


def sign(node, name, *flags):
    """A signed policy in a file of its own, not given to the node."""
    draft, signed = node.folder / f"{name}.json", node.folder / f"{name}.dsse"
    node.benctl("policy", "new", "--requester", f"desk={node.desk}", "--outflow-max", "1000", *flags, "--out", draft)
    node.benctl("policy", "sign", "--policy", draft, *node.admin_flags(), "--out", signed)
    return signed


def restart(node, *flags):
    node.broker.kill()
    node.simulate("terminate-enclave", "--all")
    before = len(node.broker.log)
    node.start_broker(*flags)
    wait_until(lambda: "policy-" in node.broker.log[before:], "a policy to be given back")
    return [json.loads(line)["event"] for line in node.broker.log[before:].splitlines() if '"policy-' in line]


def epoch(node):
    return node.rpc("get_info")["result"]["policy_epoch"]


@pytest.fixture
def files(armed_node):
    """An armed node with the policy of epoch 1 in its store, and files of that and the next epoch."""
    return armed_node, armed_node.folder / "policy.dsse", sign(armed_node, "next", "--epoch", "2")


def test_the_newer_of_given_and_stored_policy_holds_after_a_start(files):
    node, older, newer = files
    assert epoch(node) == 1
    assert restart(node, "--policy", older) == ["policy-restored"] and epoch(node) == 1
    assert restart(node, "--policy", newer) == ["policy-given"] and epoch(node) == 2
    assert restart(node, "--policy", older) == ["policy-restored"] and epoch(node) == 2
    assert restart(node) == ["policy-restored"] and epoch(node) == 2


def test_a_given_policy_that_the_enclave_refuses_leaves_the_stored_one(files):
    node, _, newer = files
    envelope = json.loads(newer.read_text())
    envelope["signatures"] = envelope["signatures"][:1]  # one administrator of the two that it takes
    newer.write_text(json.dumps(envelope))
    assert restart(node, "--policy", newer) == ["policy-restored"] and epoch(node) == 1
    assert '"tag":"auth-threshold"' in node.broker.log


@pytest.mark.parametrize("content", [None, "", "{}", "x" * 200_000], ids=["missing", "empty", "object", "long"])
def test_a_file_that_is_no_policy_is_refused_at_the_start(node, content):
    node.make_image()
    node.make_keys()
    node.make_config()
    path = node.folder / "given.dsse"
    if content is not None:
        path.write_text(content)
    node.start_broker("--policy", path, wait=False)
    assert node.broker.wait() == 1
    refusal, = [json.loads(line) for line in node.broker.log.splitlines() if "start-refused" in line]
    assert str(path) in refusal["message"] and refusal["tag"] in ("broker-policy", "store-policy")
