"""The proof bundle: one file that is judged without the node, with the verdicts that the node would get, and that
cannot be changed in any part."""

import base64
import json

import pytest

import mutations
from node import call

CHECKS_OF_FILE = ["file-config", "file-release", "file-certificate", "file-policy", "file-descriptors"]
NONCE = "5a" * 32


def verdicts(done):
    return {check["check"]: check["verdict"] for check in done.json["checks"]}


@pytest.fixture
def proof(armed_node, folder):
    """The proof of a node, made for a reader who gave NONCE."""
    armed_node.benctl("proof", "export", "--nonce", NONCE, "--out", folder / "node.proof")
    return folder / "node.proof"


def test_a_proof_gets_the_verdicts_of_the_live_node_and_needs_no_node(armed_node, proof, folder):
    node = armed_node
    live = node.benctl("verify", "--json").json["checks"]
    node.broker.stop()
    done = node.benctl("proof", "verify", proof, "--nonce", NONCE, "--json").json
    assert done["accepted"] and done["fresh"] and done["test_root"]
    offline = [check for check in done["checks"] if check["check"] not in CHECKS_OF_FILE]
    of_time = {"chain": "passed", "age": "not_given"}  # judged at the document's own time: age shows nothing
    assert [check["check"] for check in offline] == [check["check"] for check in live]
    for ours, theirs in zip(offline, live):
        if ours["check"] in of_time:
            assert ours["verdict"] == of_time[ours["check"]]
        else:
            assert ours == theirs
    assert [check["check"] for check in done["checks"][-5:]] == CHECKS_OF_FILE
    assert {check["verdict"] for check in done["checks"][-5:]} == {"passed"}
    assert done["descriptors"] == json.loads(node.profile.read_text())["descriptors"]

    # Without the reader's nonce it says so, and is old by nature.
    said = node.benctl("proof", "verify", proof)
    assert "verdict: authentic, freshness not shown" in said.out and "file-policy" in said.out
    # A reader without a profile names the root; nothing in the file takes the place of the pins that are missing.
    stranger = {**node.env, "BENCTL_PROFILE": str(folder / "none.json")}
    words = ["proof", "verify", proof, "--root", node.root, "--json"]
    unpinned = call("benctl", *words, env=stranger)
    assert unpinned.status == 1
    assert {name for name, verdict in verdicts(unpinned).items() if verdict == "not_pinned"} == {
        "measurements", "config", "wallet"}
    waived = call("benctl", *words, "--no-pin-measurements", "--no-pin-config", "--no-pin-wallet", env=stranger)
    assert waived.status == 0 and verdicts(waived)["file-config"] == "passed"
    assert verdicts(call("benctl", *words[:3], "--json", env=stranger))["root"] == "refused"  # AWS's


def test_what_the_reader_pins_otherwise_is_refused_as_live(armed_node, proof, folder):
    node = armed_node
    other = folder / "other.json"
    other.write_text(node.config.read_text() + " ")
    for flags, check in ((("--config", other), "config"), (("--wallet", "00" * 32), "wallet"),
                         (("--pcr0", "00" * 48, "--no-pin-measurements"), "measurements"),
                         (("--pcr3", "00" * 47 + "01"), "pcr3"), (("--min-policy-epoch", "2"), "policy-epoch")):
        live = node.benctl("verify", *flags, "--json", status=1)
        offline = node.benctl("proof", "verify", proof, *flags, "--json", status=1)
        assert verdicts(live)[check] == verdicts(offline)[check] == "refused", flags
    for nonce in ("00" * 32, NONCE[:-2]):  # of another question, or a part of one's own
        assert verdicts(node.benctl("proof", "verify", proof, "--nonce", nonce, "--json", status=1))["nonce"] == "refused"
    again = node.benctl("proof", "export", "--out", proof, "--json", status=1)
    assert again.json["error"]["tag"] == "file-exists"


def inside(text, path):
    """Changes within a JSON text that is a member of the file, plain or in base64: one of each of its members."""
    whole = mutations.at(json.loads(text), path)
    plain = path[-1] != "payload"
    inner = json.loads(whole if plain else base64.b64decode(whole))
    for leaf in mutations.leaves(inner):
        changed = mutations.encode(mutations.replaced(inner, leaf, mutations.others(mutations.at(inner, leaf))[0]))
        member = changed.decode() if plain else base64.b64encode(changed).decode()
        yield (f"{path[0]}: {'.'.join(map(str, leaf))}",
               mutations.encode(mutations.replaced(json.loads(text), path, member)))


def test_a_proof_with_anything_changed_is_refused(armed_node, proof, folder):
    node = armed_node
    parsed = json.loads(proof.read_bytes())
    text = mutations.encode(parsed)
    spelling = ("a space", "a line end")  # change nothing that is said
    cases = [(change.name, change.answer) for change in mutations.mutations_of(text) if change.name not in spelling]
    for path in (("statement",), ("config",), ("policy", "payload"), ("certificate", "payload"), ("descriptors", "answer")):
        cases += inside(text, path)
    document = base64.b64decode(parsed["document"])
    for name, last in mutations.cbor_leaves(document):
        turned = bytearray(document)
        turned[last] ^= 1
        cases.append((f"document {name}", mutations.encode({**parsed, "document": base64.b64encode(turned).decode()})))
    assert len(cases) > 200
    changed = folder / "changed.proof"
    by_form = 0
    waivers = ["--no-pin-measurements", "--no-pin-config", "--no-pin-wallet"]  # the file's own lines must do
    for name, answer in cases:
        changed.write_bytes(answer)
        done = node.benctl("proof", "verify", changed, *waivers, "--json", status=None)
        assert done.status == 1, f"{name}: {done}"
        assert "accepted\":true" not in done.out, name
        by_form += "error" in done.json
    assert by_form < len(cases) / 2  # the others have the form of a proof, and are judged
    changed.write_bytes(text)
    node.benctl("proof", "verify", changed, *waivers)


def test_parts_of_another_wallet_or_boot_make_no_proof(armed_node, proof, folder):
    """Each part genuine, and of the same administrators: only their belonging together is wrong."""
    node = armed_node
    before = json.loads(proof.read_bytes())
    policy, whole = folder / "p2.json", folder / "p2.dsse"
    node.benctl("policy", "new", "--requester", f"desk={node.desk}", "--outflow-max", "5000", "--epoch", "2",
                "--prev", node.benctl("info", "--json").json["policy_hash"], "--out", policy)
    node.benctl("policy", "sign", "--policy", policy, *node.admin_flags(), "--out", whole)
    node.benctl("policy", "set", "--policy", whole)
    node.broker.stop()
    node.simulate("terminate-enclave", "--all")
    node.start_broker()
    node.wait_ready()
    node.benctl("proof", "export", "--out", folder / "after.proof")
    after = json.loads((folder / "after.proof").read_bytes())
    for part, check in (("policy", "file-policy"), ("descriptors", "file-descriptors"), ("document", "statement"),
                        ("statement", "statement")):
        mixed = folder / f"{part}.proof"
        mixed.write_bytes(mutations.encode({**after, part: before[part]}))
        done = node.benctl("proof", "verify", mixed, "--json", status=1)
        assert verdicts(done)[check] == "refused", (part, done)
