"""The conformance suite for verifiers of Nitro attestation documents: it is whole, our verifier gives the verdicts of its
manifest as a program, too, and docs/conformance.md has the table. With BEN_PEERS=1 a verifier of others is built
(cargo) and its column compared."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "functional"))

from node import SOURCE, call, program  # noqa: E402  (its folder stands in the path only now)

DOCUMENT = SOURCE.parent / "docs" / "conformance.md"
GROUPS = range(1, 82)  # 82 to 90 are not about a document alone
PEER = "nsm-nitro-enclave-utils"


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """The folder, and the manifest's entries."""
    folder = tmp_path_factory.mktemp("suite")
    # Without the one test that changes every byte of a document and adds nothing to the suite.
    done = subprocess.run([program("host.attestation.malicious_test"), "--test-case-exclude=no byte of a document*"],
                          env={**os.environ, "BEN_CONFORMANCE": str(folder)}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    return folder, [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]


def accepted(entry):
    return entry["verdict"] == "accepted"


def test_the_suite_has_every_group_and_each_document_a_verdict_and_a_reason(suite):
    folder, entries = suite
    assert {entry["group"] for entry in entries} == {None, *GROUPS}
    files = {path.name for path in folder.iterdir()}
    assert files == {"root.der", "manifest.jsonl", *(entry["file"] for entry in entries)}
    assert len({(entry["group"], entry["what"]) for entry in entries}) == len(entries)
    for entry in entries:
        assert accepted(entry) == (entry["reason"] is None), entry
        assert entry["verdict"].startswith("attest-") or accepted(entry), entry


def test_benctl_gives_the_verdict_of_each_group(suite):
    """The library gave all of them while it wrote the suite; the program gives the first of each group."""
    folder, entries = suite
    for group in GROUPS:
        entry = next(entry for entry in entries if entry["group"] == group)
        done = call("benctl", "attestation", "inspect", "--doc", folder / entry["file"], "--root", folder / "root.der",
                    "--at", entry["time_s"], "--json")
        said = done.json
        assert said["authentic"] is accepted(entry) and done.status == (0 if accepted(entry) else 1), (entry, done)
        assert accepted(entry) or said["tag"] == entry["verdict"], (entry, said)


def peer():
    """The other verifier's program, built once for each source."""
    source = b"".join((FOLDER / name).read_bytes() for name in ("Cargo.toml", "Cargo.lock", "src/main.rs"))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bitcoin-enclave-node"
    target = cache / f"conformance-{hashlib.sha256(source).hexdigest()[:16]}"
    done = subprocess.run(["cargo", "build", "--quiet", "--locked", "--manifest-path", FOLDER / "Cargo.toml"],
                          env={**os.environ, "CARGO_TARGET_DIR": str(target)}, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    return target / "debug" / "conformance"


def verdicts_of_peer(folder, entries):
    lines = "".join(f"{entry['time_s']} {folder / entry['file']}\n" for entry in entries)
    done = subprocess.run([peer(), folder / "root.der"], input=lines, capture_output=True, text=True, timeout=600)
    said = done.stdout.split()
    assert done.returncode == 0 and len(said) == len(entries), done
    return dict(zip((entry["file"] for entry in entries), said))


def some(entries):
    """The documents of a cell, in words."""
    return "; ".join(entry["what"] for entry in entries).replace("|", "\\|")


def table(entries, theirs):
    lines = ["| group | documents | valid, to be accepted | refused as |"
             + (" the peer accepts wrongly | refuses wrongly |" if theirs else ""), "|---|---|---|---|" + "---|---|" * bool(theirs)]
    for group in (*GROUPS, None):
        own = [entry for entry in entries if entry["group"] == group]
        tags = sorted({entry["verdict"].removeprefix("attest-") for entry in own if not accepted(entry)})
        line = f"| {group or 'none'} | {len(own)} | {some(e for e in own if accepted(e))} | {', '.join(tags)} |"
        if theirs:
            wrong = [e for e in own if theirs[e["file"]] != ("accepted" if accepted(e) else "refused")]
            panics = [e for e in wrong if theirs[e["file"]] == "panics"]
            assert not panics, panics
            line += f" {some(e for e in wrong if not accepted(e))} | {some(e for e in wrong if accepted(e))} |"
        lines.append(line)
    return lines


def ours(lines):
    return ["|".join(line.split("|")[:5]) for line in lines]


def test_the_table_in_the_documents_is_the_suite(suite):
    folder, entries = suite
    wanted = os.environ.get("BEN_PEERS") or os.environ.get("BEN_WRITE_TABLE")
    made = table(entries, verdicts_of_peer(folder, entries) if wanted else None)
    head, _, written = DOCUMENT.read_text().partition("## Table\n")
    if os.environ.get("BEN_WRITE_TABLE"):
        DOCUMENT.write_text(f"{head}## Table\n" + "\n".join(made) + "\n")
        return
    now = written.strip().split("\n")
    assert ours(now) == ours(made), "run again with BEN_WRITE_TABLE=1, and read the difference"
    if not wanted:
        pytest.skip(f"the columns of {PEER} are not compared: BEN_PEERS=1 builds it")
    assert now == made
