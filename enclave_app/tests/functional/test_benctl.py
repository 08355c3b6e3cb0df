"""benctl from outside: keys, config, profile, evidence live and from files, a genesis whose answers get lost, the
sealed copy, signing, and what it says when something is wrong."""

import base64
import fcntl
import hashlib
import json
import os
import re
import time

import pytest
from cryptography.hazmat.primitives import serialization

import independent
from node import aws_call, call, call_on_terminal
from wiretap import LyingBroker

CHECKS = ["root", "chain", "cose", "purpose", "nonce", "age", "debug", "measurements", "config", "pcr3", "statement",
          "wallet", "certificate", "origin", "policy-epoch"]


def tag(done):
    return done.json["error"]["tag"]


def verdicts(done):
    return {check["check"]: check["verdict"] for check in done.json["checks"]}


@pytest.fixture
def benctl(folder):
    """benctl without a node: with a home of its own and nothing in its environment."""
    env = {"HOME": str(folder), "XDG_CONFIG_HOME": "", "BENCTL_PROFILE": "", "BENCTL_URL": "", "BENCTL_KEY": ""}

    def run(*arguments, status=0, stdin="", **more):
        done = call("benctl", *arguments, stdin=stdin, env={**env, **more})
        assert done.status == status, done
        return done

    return run


@pytest.fixture
def keys(benctl, folder):
    """Three plain keys: their files and public keys."""
    files = [folder / f"{name}.pem" for name in ("alice", "bob", "desk")]
    return [(file, benctl("keygen", "--out", file, "--insecure-plain", "--json").json["public_key"]) for file in files]


# Without a node.

def test_a_key_is_encrypted_unless_asked_otherwise_and_another_implementation_opens_it(benctl, folder):
    passphrase = folder / "passphrase"
    passphrase.write_text("correct horse\n")
    made = benctl("keygen", "--out", folder / "a.pem", "--passphrase-file", passphrase, "--json").json
    text = (folder / "a.pem").read_bytes()
    with pytest.raises((TypeError, ValueError)):
        serialization.load_pem_private_key(text, None)
    key = serialization.load_pem_private_key(text, b"correct horse")
    assert independent.public_bytes(key).hex() == made["public_key"]
    assert (folder / "a.pem").stat().st_mode & 0o777 == 0o600
    again = benctl("keygen", "--out", folder / "a.pem", "--json", status=1, BENCTL_PASSPHRASE_FILE=str(passphrase))
    assert tag(again) == "file-exists"
    assert (folder / "a.pem").read_bytes() == text


def test_a_passphrase_is_asked_on_the_terminal_and_not_shown(benctl, folder):
    """As a person types it: a terminal of its own, which the passphrase never appears on."""
    shown = call_on_terminal("benctl", "keygen", "--out", folder / "a.pem",
                             answers=[("New passphrase", "opensesame"), ("again", "opensesame")])
    assert b"opensesame" not in shown
    assert b"public key" in shown
    serialization.load_pem_private_key((folder / "a.pem").read_bytes(), b"opensesame")


def test_a_config_is_written_once_and_linted(benctl, folder, keys):
    admins = [word for _, public in keys for word in ("--admin", public)]
    config = folder / "config.json"
    made = benctl("config", "new", "--network", "signet", *admins, "--no-kms", "--out", config, "--json").json
    assert json.loads(config.read_text())["admins"]["threshold"] == 2  # more than half
    assert made["config_hash"] == independent.sha256(config.read_bytes()).hex()
    assert [finding["tag"] for finding in made["findings"]] == ["config-no-kms"]
    assert benctl("config", "pcr16", config, "--json").json["pcr16"] == made["pcr16"]
    assert tag(benctl("config", "new", "--network", "signet", *admins, "--no-kms", "--out", config, "--json",
                      status=1)) == "file-exists"

    config.write_text(config.read_text().replace("signet", "main"))
    linted = benctl("config", "lint", config, "--json", status=1).json
    assert linted["findings"][0]["tag"] == "mainnet-needs-custody"
    assert linted["findings"][0]["level"] == "error"


def test_usage_errors_exit_with_2_and_say_what_to_give(benctl, keys):
    for arguments in ((), ("keygen",), ("no-such-command",), ("verify", "--no-such-flag"), ("verify",),
                      ("verify", "--doc", "x"), ("verify", "--wallet", "xyz", "--url", "http://127.0.0.1:1"),
                      ("attestation", "inspect", "--doc", "/dev/null", "--at", "yesterday"), ("pcr3", "role"),
                      ("config", "new", "--network", "regtest", "--admin", keys[0][1]),
                      ("policy", "new", "--network", "regtest", "--wallet", "a" * 64, "--requester",
                       f"desk={keys[2][1]}"),
                      ("address", "--account", "bip84/0", "--index", "-1")):
        done = benctl(*arguments, status=2)
        assert done.err.strip() or done.out.strip(), arguments


def test_files_that_are_missing_or_no_such_files_are_named(benctl, folder):
    folder.joinpath("noise").write_bytes(os.urandom(100))
    for arguments, expected in ((("info",), "profile-missing"),
                                (("config", "lint", folder / "none"), "file-read"),
                                (("policy", "explain", folder / "noise"), "policy-form"),
                                (("eif", "measure", folder / "noise"), "eif-header"),
                                (("genesis", "--profile", folder / "noise"), "profile-form")):
        done = benctl(*arguments, "--json", status=1)
        assert tag(done) == expected, done
        assert done.err.startswith("benctl: ")


def test_a_node_elsewhere_is_not_asked_over_plain_http(benctl, folder):
    flags = ["verify", "--root", folder, "--json"]
    assert tag(benctl("verify", "--url", "http://192.0.2.1:8080", "--json", status=1)) == "node-url"
    assert tag(benctl("verify", "--url", "http://127.0.0.1:1", "--json", status=1)).startswith("http-")
    assert tag(benctl(*flags, "--url", "http://127.0.0.1:1", status=1)) == "file-read"


# Evidence.

def test_the_verdict_is_the_same_live_and_from_files(shared_node, folder):
    node = shared_node
    saved = folder / "evidence"
    live = node.benctl("verify", "--save", saved, "--json")
    assert list(verdicts(live)) == CHECKS
    files = ["--doc", f"{saved}.cbor", "--statement", f"{saved}.statement.json"]
    offline = node.benctl("verify", *files, "--nonce", live.json["nonce"], "--json")
    assert offline.json["checks"] == [
        {**check, "text": offline.json["checks"][number]["text"]} if check["check"] == "age" else check
        for number, check in enumerate(live.json["checks"])]
    # The same document in base64; a nonce that is not known; one that is another.
    text = folder / "document.b64"
    text.write_text(base64.b64encode(saved.with_suffix(".cbor").read_bytes()).decode() + "\n")
    files[1] = text
    assert "NOT PINNED nonce" in node.benctl("verify", *files, status=1).out
    assert "freshness not shown" in node.benctl("verify", *files, "--no-pin-nonce").out
    assert verdicts(node.benctl("verify", *files, "--nonce", "00" * 32, "--json", status=1))["nonce"] == "refused"
    # Long after, and judged at its own time.
    later = str(int(time.time()) + 3600)
    assert verdicts(node.benctl("verify", *files, "--no-pin-nonce", "--at", later, "--json", status=1))["age"] == "refused"
    assert node.benctl("verify", *files, "--no-pin-nonce", "--at", "doc", "--json").json["accepted"] is True


def test_what_is_pinned_otherwise_is_refused_by_its_own_line(shared_node, folder):
    node = shared_node
    other_config = folder / "other.json"
    other_config.write_text(node.config.read_text() + " ")
    other_image = folder / "other-measurements.json"
    other_image.write_text(json.dumps({"HashAlgorithm": "Sha384 { ... }", **{
        name: node.pcrs[name][:-1] + ("0" if node.pcrs[name][-1] != "0" else "1") for name in ("PCR0", "PCR1", "PCR2")}}))
    for flags, check in ((("--config", other_config), "config"), (("--measurements", other_image), "measurements"),
                         (("--pcr0", "00" * 48, "--no-pin-measurements"), "measurements"),
                         (("--wallet", "00" * 32), "wallet"), (("--pcr3", "00" * 47 + "01"), "pcr3"),
                         (("--min-policy-epoch", "2"), "policy-epoch")):
        done = node.benctl("verify", *flags, "--json", status=1)
        assert verdicts(done)[check] == "refused", done
    assert verdicts(node.benctl("verify", "--pcr0", node.pcrs["PCR0"], "--json", status=1))["measurements"] == "not_pinned"


def test_a_document_is_inspected_and_a_refusal_names_its_reason(shared_node, folder):
    node = shared_node
    saved = folder / "evidence"
    node.benctl("verify", "--save", saved)
    document = folder / "evidence.cbor"
    flags = ["attestation", "inspect", "--doc", document, "--json"]
    said = node.benctl(*flags, "--root", node.root).json
    assert said["authentic"] is True and said["debug"] is False and said["test_root"] is True
    assert said["pcrs"]["0"] == node.pcrs["PCR0"]
    assert node.benctl(*flags, status=1).json["tag"] == "attest-root"  # AWS's
    assert node.benctl(*flags, "--root", node.root, "--at", "0", status=1).json["tag"] == "attest-not-yet-valid"
    document.write_bytes(document.read_bytes()[:-1] + b"\0")
    assert node.benctl(*flags, "--root", node.root, status=1).json["tag"] == "attest-signature"
    document.write_bytes(b"")
    assert node.benctl(*flags, "--root", node.root, status=1).json["tag"] == "attest-size"


# Genesis.

def test_answers_that_get_lost_one_by_one_never_make_a_second_seed(node):
    node.start()
    proxy = LyingBroker(node.url)
    flags = ["genesis", *node.admin_flags(), "--url", proxy.url, "--json"]
    wallets, runs = set(), 0
    try:
        while True:
            left = [runs]  # answers that get through in this run

            def lose(method, request, answer):
                if method == "genesis":
                    wallets.add(json.loads(answer)["result"]["wallet_id"])
                left[0] -= 1
                return answer if left[0] >= 0 else b"lost"

            proxy.lie = lose
            done = node.benctl(*flags, status=None)
            runs += 1
            if done.status == 0:
                break
            assert tag(done) == "answer-form", done
            assert runs < 12
    finally:
        proxy.close()
    assert runs > 4
    assert wallets == {done.json["wallet_id"]}
    assert node.benctl("verify", "--json").json["wallet_id"] == done.json["wallet_id"]
    assert not (node.folder / "node.genesis").exists()
    stored_url = json.loads(node.profile.read_text())["url"]
    assert stored_url == node.url  # the flag of one command is not remembered
    assert tag(node.benctl("genesis", *node.admin_flags(), "--json", status=1)) == "wallet-pinned"


def test_a_wallet_that_its_enclave_forgot_before_it_was_certified_is_restored_or_made_again(node):
    node.start()
    proxy = LyingBroker(node.url)
    try:
        # The seed was made and its answer came; what follows never arrives.
        asked = []
        proxy.lie = lambda method, request, answer: asked.append(method) or (
            answer if "genesis" not in asked or method == "genesis" else b"lost")
        lost = node.benctl("genesis", *node.admin_flags(), "--url", proxy.url, "--json", status=1)
        assert tag(lost) == "answer-form"
    finally:
        proxy.close()
    pending = json.loads((node.folder / "node.genesis").read_text())
    node.broker.kill()
    node.kill_enclave()
    node.start_broker()
    done = node.benctl("genesis", *node.admin_flags(), "--json").json
    assert done["wallet_id"] == pending["wallet"]["wallet_id"]
    assert node.benctl("verify", "--json").json["accepted"] is True


def test_too_few_or_foreign_admins_are_told_before_the_node_is_asked(node):
    node.start(kms=False)
    asked = tag(node.benctl("genesis", *node.admin_flags(1), "--json", status=1))
    assert asked == "auth-threshold"
    foreign = ["--key", node.folder / "desk.pem"]
    assert tag(node.benctl("genesis", *foreign, *foreign, "--json", status=1)) == "auth-key"
    assert not (node.folder / "node.genesis").exists()


def test_an_empty_node_is_a_missing_wallet_and_the_sealed_copy_brings_it_back(armed_node):
    node = armed_node
    wallet = node.benctl("info", "--json").json["wallet_id"]
    copies = list(node.folder.glob("node.wallet-*.sealed"))
    assert len(copies) == 1 and copies[0].stat().st_mode & 0o777 == 0o600
    node.broker.stop()
    node.simulate("terminate-enclave", "--all")
    for stored in node.folder.glob("store.sqlite*"):
        stored.unlink()
    node.start_broker()

    done = node.benctl("verify", "--json", status=1)
    missing = next(check for check in done.json["checks"] if check["check"] == "wallet")
    assert missing["tag"] == "wallet-missing" and "restore the sealed blob" in missing["text"]
    assert tag(node.benctl("address", "--account", "bip84/0", "--index", "0", "--json", status=1)) == "wallet-missing"
    assert tag(node.benctl("genesis", *node.admin_flags(), "--json", status=1)) == "wallet-pinned"

    spoiled = node.folder / "spoiled.sealed"
    blob = bytearray(copies[0].read_bytes())
    blob[-1] ^= 1
    spoiled.write_bytes(blob)
    assert tag(node.benctl("blob", "restore", "--blob", spoiled, "--json", status=1)) == "seal-open"
    blob[10] ^= 1
    spoiled.write_bytes(blob)
    assert tag(node.benctl("blob", "restore", "--blob", spoiled, "--json", status=1)) == "seal-other"

    restored = node.benctl("blob", "restore", "--json").json
    assert restored == {"wallet_id": wallet, "state": "ARMED", "restored": True}
    assert node.benctl("blob", "restore", "--json").json["restored"] is False
    # The policy is not in the blob: the profile remembers its epoch and asks for it.
    assert verdicts(node.benctl("verify", "--json", status=1))["policy-epoch"] == "refused"
    node.benctl("policy", "set", "--policy", node.folder / "policy.dsse")
    node.benctl("verify")


def test_a_kms_key_that_cannot_seal_is_refused_with_what_to_create(node):
    node.make_image()
    node.make_keys()
    node.start_kms()
    for spec, usage in (("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("RSA_2048", "ENCRYPT_DECRYPT"),
                        ("RSA_3072", "SIGN_VERIFY")):
        status, answer = aws_call(node.kms_url, "CreateKey", {"KeySpec": spec, "KeyUsage": usage})
        if status != 200:
            continue  # the local KMS does not make such a key: nothing to refuse
        done = node.benctl("config", "new", "--network", "regtest", "--admin", node.admins[0], "--kms-key-arn",
                           answer["KeyMetadata"]["Arn"], "--kms-endpoint", node.kms_url, "--json", status=1)
        assert tag(done) == "kms-key-unfit", done
        assert "RSA_3072" in done.err


# Signing.

def test_a_psbt_is_signed_in_the_form_it_came_and_never_over_another_file(shared_node, folder):
    node = shared_node
    coin = independent.coin(node, "bip84/0", 1)
    taproot = independent.coin(node, "bip86/0", 2)
    psbt = independent.psbt([(coin, 100_000), (taproot, 200_000)], [(290_000, independent.SOMEBODY)])
    text = base64.b64encode(psbt).decode()
    signed = node.benctl("sign", "--psbt", "-", stdin=text).out
    assert base64.b64decode(signed)[:len(b"psbt\xff")] == b"psbt\xff"
    told = node.benctl("sign", "--psbt", "-", "--json", stdin=text).json
    assert told["psbt"] == signed.strip()  # the same each time
    assert told["fee_sats"] == 10_000 and told["outflow_sats"] == 300_000

    binary, out = folder / "x.psbt", folder / "signed.psbt"
    binary.write_bytes(psbt)
    node.benctl("sign", "--psbt", binary, "--out", out)
    assert out.read_bytes() == base64.b64decode(signed)
    assert tag(node.benctl("sign", "--psbt", binary, "--out", out, "--json", status=1)) == "file-exists"
    assert tag(node.benctl("sign", "--psbt", "-", "--json", stdin="cHNidP8=", status=1)).startswith("psbt-")
    assert tag(node.benctl("sign", "--psbt", "-", "--json", stdin="no psbt", status=1)).startswith("base64-")


def test_evaluate_says_what_would_be_and_exits_by_it(shared_node):
    node = shared_node
    coin = independent.coin(node, "bip84/0", 1)

    def evaluate(sats, *flags, status):
        psbt = independent.psbt([(coin, sats)], [(sats - 1_000, independent.SOMEBODY)])
        return node.benctl("evaluate", "--psbt", "-", *flags, "--json", stdin=base64.b64encode(psbt).decode(), status=status).json

    allowed = evaluate(100_000, status=0)
    assert (allowed["verdict"], allowed["rule"], allowed["outflow_sats"]) == ("allow", "pay", 100_000)
    denied = evaluate(2_000_000_000, status=1)
    assert (denied["verdict"], denied["tag"]) == ("deny", "policy-outflow")
    stranger = evaluate(100_000, "--key", node.folder / "admin0.pem", status=1)
    assert stranger["error"]["tag"] == "auth-key" and stranger["error"]["origin"] == "signer"


def test_a_policy_needs_its_admins_and_its_epoch_is_remembered(armed_node, folder):
    node = armed_node
    first = node.benctl("info", "--json").json["policy_hash"]
    policy, half, whole = folder / "p2.json", folder / "p2.half", folder / "p2.dsse"
    node.benctl("policy", "new", "--requester", f"desk={node.desk}", "--outflow-max", "5000", "--epoch", "2",
                "--prev", first, "--out", policy)
    assert "at most 0.00005000 BTC" in node.benctl("policy", "explain", policy).out
    node.benctl("policy", "sign", "--policy", policy, "--key", node.folder / "admin0.pem", "--out", half)
    assert tag(node.benctl("policy", "set", "--policy", half, "--json", status=1)) == "auth-threshold"
    signed = node.benctl("policy", "sign", "--policy", half, "--key", node.folder / "admin1.pem", "--out", whole, "--json")
    assert signed.json["signatures"] == 2
    node.benctl("policy", "set", "--policy", whole)
    assert json.loads(node.profile.read_text())["policy_epoch_min"] == 2
    assert node.benctl("info", "--json").json["policy_epoch"] == 2
    older = node.benctl("policy", "set", "--policy", node.folder / "policy.dsse", "--json", status=1)
    assert tag(older).startswith("policy-")


def test_a_second_benctl_waits_its_turn_and_flags_stand_above_the_environment(shared_node):
    node = shared_node
    with open(f"{node.profile}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert tag(node.benctl("genesis", *node.admin_flags(), "--json", status=1)) == "file-locked"
    wrong = {**node.env, "BENCTL_URL": "http://127.0.0.1:1"}
    assert tag(call("benctl", "info", "--json", env=wrong)).startswith("http-")
    assert call("benctl", "info", "--url", node.url, env=wrong).status == 0


# Every command.

def leaf_commands():
    """Each command that --help lists, down to those that do something."""
    def listed(path):
        text = call("benctl", *path, "--help").out
        return re.findall(r"^  (\S+) ", text.partition("Subcommands:\n")[2].partition("\n\n")[0], re.MULTILINE)

    waiting, leaves = [[]], []
    while waiting:
        path = waiting.pop()
        inner = listed(path)
        waiting += [[*path, name] for name in inner]
        if not inner:
            leaves.append(path)
    return leaves


def test_every_command_says_what_is_wrong_with_its_call_in_json_too(benctl):
    commands = [" ".join(path) for path in leaf_commands()]
    assert {"attestation inspect", "verify", "keygen", "config new", "config lint", "config pcr16", "genesis", "blob restore",
            "info", "descriptors", "address", "sign", "evaluate", "policy new", "policy sign", "policy explain", "pcr3",
            "eif build", "eif measure", "eif describe"} <= set(commands)
    for command in commands:
        done = benctl(*command.split(), "--no-such-flag", "--json", status=2)
        assert done.json["error"]["tag"] == "usage" and done.json["error"]["message"], done
        assert done.err.startswith("benctl: "), done


def test_commands_that_need_no_node_answer_in_json(benctl, folder, keys):
    policy, kernel, image = folder / "policy.json", folder / "kernel", folder / "image.eif"
    made = benctl("policy", "new", "--network", "regtest", "--wallet", "ab" * 32, "--requester", f"desk={keys[2][1]}",
                  "--outflow-max", "5000", "--out", policy, "--json").json
    assert made["policy_hash"] == independent.sha256(policy.read_bytes()).hex() and made["policy_epoch"] == 1
    explained = benctl("policy", "explain", policy, "--json").json
    assert explained["policy_hash"] == made["policy_hash"] and explained["sentences"]
    role = "arn:aws:iam::111122223333:role/node"
    assert benctl("pcr3", role, "--json").json["pcr3"] == hashlib.sha384(bytes(48) + role.encode()).hexdigest()

    kernel.write_bytes(b"kernel")
    manifest = folder / "manifest"
    manifest.write_text("dir /run 0755\n")
    benctl("eif", "ramdisk", "--manifest", manifest, "--out", folder / "ramdisk", "--json")
    benctl("eif", "build", "--kernel", kernel, "--cmdline", "quiet", "--ramdisk", folder / "ramdisk", "--name", "n",
                   "--version", "1", "--out", image, "--json")
    measured = benctl("eif", "measure", image, "--json").json
    described = benctl("eif", "describe", image, "--json").json
    expected = pcr(b"kernel" + b"quiet" + (folder / "ramdisk").read_bytes())
    assert measured["PCR0"] == described["Measurements"]["PCR0"] == expected, (measured, described)


def pcr(content):
    """A PCR that was extended once, by the hash of this."""
    return hashlib.sha384(bytes(48) + hashlib.sha384(content).digest()).hexdigest()
