"""The attacks that are published on signers of Bitcoin transactions, each in a file of its own, made against a real
node; the same files go through a library that signs without rules. docs/attacks.md has the table, and is compared."""

import base64
import importlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "functional"))

import independent  # noqa: E402  (its folder stands in the path only now)
import peer  # noqa: E402
from node import SOURCE, Node, post  # noqa: E402

DOCUMENT = SOURCE.parent / "docs" / "attacks.md"
ATTACKS = {path.stem: importlib.import_module(path.stem) for path in sorted(FOLDER.glob("attack_*.py"))}
PLACES = {"segwit": ("bip84/0", 0, 0), "segwit_second": ("bip84/0", 1, 0), "taproot": ("bip86/0", 0, 0),
          "taproot_second": ("bip86/0", 1, 0), "change": ("bip86/0", 5, 1), "segwit_change": ("bip84/0", 5, 1),
          "far_change": ("bip86/0", 10_001, 1), "legacy": ("bip44/0", 0, 0), "nested": ("bip49/0", 0, 0)}


def taproot_coin(seed, fingerprint, path):
    """A place below the seed, whether or not the wallet has its account."""
    private = independent.descend(seed, path)[-1][0]
    script = b"\x51\x20" + independent.public_point(independent.taproot_key(private))[1:]
    return independent.Coin(script, independent.public_point(private), fingerprint, path)


@pytest.fixture(scope="module")
def lab():
    """A node whose policy allows one bitcoin to one address, and everything that an attacker of it knows."""
    folder = Path(tempfile.mkdtemp(prefix="ben-"))  # short enough for unix sockets
    node = Node(folder)
    node.config_flags = [word for account in ("bip44/0", "bip49/0", "bip84/0", "bip86/0") for word in ("--account", account)]
    try:
        node.start()
        node.benctl("genesis", *node.admin_flags())
        node.set_policy("--destination", "known=bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
                        "--rule", "name=pay,from=desk,dest=known,outflow=100000000,fee=50000,fee-rate=200")
        info = node.rpc("get_info")["result"]
        sealed = next(node.folder.glob("node.wallet-*.sealed")).read_bytes()
        kms_key = json.loads(next((node.folder / "kms").glob("*.json")).read_text())["rsa_pem"]
        seed = independent.open_sealed_seed(sealed, kms_key.encode()).seed
        wallet = SimpleNamespace(**{name: independent.coin(node, *place) for name, place in PLACES.items()})
        change = wallet.change
        assert taproot_coin(seed, change.fingerprint, change.path) == change
        path = [*change.path[:2], change.path[2] + 1, *change.path[3:]]
        wallet.other_account = taproot_coin(seed, change.fingerprint, path)
        yield SimpleNamespace(node=node, info=info, wallet=wallet, rows={}, key=independent.load_key(folder / "desk.pem"),
                              seed=seed)
    finally:
        node.close()
        shutil.rmtree(folder, ignore_errors=True)


def ask(lab, psbt):
    """The signer's answer, its proof checked: an error object, or a result."""
    request = independent.envelope(independent.transaction_request(lab.info["wallet_id"], psbt), lab.key)
    body = independent.compact({"jsonrpc": "2.0", "id": "attack", "method": "sign_transaction", "params": {
        "request": request, "psbt": base64.b64encode(psbt).decode()}})
    status, answer = post(f"{lab.node.url}/rpc", body)
    assert status == 200 and independent.is_proved(body, answer, lab.info["response_key"])
    return json.loads(answer)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gets_no_signature_that_it_could_use(lab, name):
    attack = ATTACKS[name]
    cases = list(attack.cases(lab.wallet))
    assert len({case.what for case in cases}) == len(cases)
    answers, rows = {}, {}
    for case in cases:
        answer = ask(lab, case.psbt)
        said = answer["error"]["data"]["tag"] if "error" in answer else None
        assert said == case.tag, f"{case.what}: {said}, not {case.tag}"
        answers[case.what] = answer.get("result")
        rows[case.what] = (said, case.psbt)
    if None in (case.tag for case in cases):
        attack.judge(answers)
    lab.rows[name] = rows


def table(lab, wally):
    """The table of docs/attacks.md as it must be."""
    lines = []
    for name, attack in ATTACKS.items():
        sentence = " ".join(attack.__doc__.split())
        lines += [f"### {name.removeprefix('attack_').replace('_', ' ').capitalize()}", sentence,
                  f"Published: {attack.PUBLISHED}.", "", "| request | our signer | wallycore |", "|---|---|---|"]
        for what, (tag, psbt) in lab.rows[name].items():
            ours = f"`{tag}`" if tag else "signs it, as it may"
            theirs = peer.verdict(wally, lab.seed, psbt) if wally else "?"
            lines.append(f"| {what.replace('|', chr(92) + '|')} | {ours} | {theirs} |")
        lines.append("")
    return lines


def without_peer(lines):
    return [line.rsplit("|", 2)[0] if line.startswith("| ") else line for line in lines]


def test_the_table_in_the_documents_is_what_happens(lab):
    if lab.rows.keys() != ATTACKS.keys():
        pytest.skip("needs the attacks before it: run the whole file")
    wally, reason = peer.load()
    made = table(lab, wally)
    marker = "## Table"
    text = DOCUMENT.read_text()
    head, _, written = text.partition(f"{marker}\n")
    if os.environ.get("BEN_WRITE_TABLE"):
        assert wally, reason
        DOCUMENT.write_text(f"{head}{marker}\n" + "\n".join(made).rstrip() + "\n")
        return
    now = written.rstrip().split("\n")
    made = "\n".join(made).rstrip().split("\n")
    if wally is None:
        assert without_peer(now) == without_peer(made)
        pytest.skip(f"wallycore cannot be had, its column is not compared: {reason}")
    assert now == made, "run again with BEN_WRITE_TABLE=1, and read the difference"
