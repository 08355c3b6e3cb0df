"""The conformance suite for verifiers of Nitro attestation documents: it is whole, our verifier gives the verdicts of its
manifest as a program, too, and docs/conformance.md has the table. With BEN_PEERS=1 two verifiers of others are built
(go, cargo) and their columns compared; one that cannot be built is a failure then."""

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
STACK_MAX = 16 * 1024
HEAP_MAX = 64 * 1024  # four documents of the largest size
FIRST_HEAP_MAX = 512 * 1024  # libcrypto's own, kept from the first signature on
PEERS = ("nitrite", "nsm-nitro-enclave-utils")  # a folder each


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
    subjects = {(entry["group"], entry["subject"]) for entry in entries}
    assert {group for group, _ in subjects} == {None, *GROUPS}
    assert len({subject for _, subject in subjects}) == len(subjects) == len(GROUPS) + 1
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


def bounds(root, lines):
    """What verify-bounds says of each line: verdict, bytes of stack, bytes of heap."""
    done = subprocess.run([program("verify-bounds"), root], input="\n".join(lines), capture_output=True, text=True, timeout=300)
    said = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(said) == len(lines), done
    return [(verdict, int(stack), int(heap)) for verdict, stack, heap in said]


def test_what_verify_bounds_measures_is_what_was_taken(suite):
    """It would see a stack or a heap over the limits."""
    folder, _ = suite
    (_, stack, _), (_, _, heap) = bounds(folder / "root.der", [f"control {STACK_MAX}-1", f"control 1-{HEAP_MAX}"])
    assert STACK_MAX < stack < STACK_MAX + 1024 and HEAP_MAX <= heap < HEAP_MAX + 1024


def test_no_document_takes_more_than_16_kib_of_stack_or_64_of_heap(suite):
    """The first of a process takes libcrypto's tables as well; it is a valid one, so that none is left for later."""
    folder, entries = suite
    entries = sorted(entries, key=lambda entry: not accepted(entry))
    said = bounds(folder / "root.der", [f"{entry['time_s']} {folder / entry['file']}" for entry in entries])
    assert [verdict for verdict, _, _ in said] == [entry["verdict"] for entry in entries]
    judge_bounds("the suite", said)


def test_no_published_document_takes_more():
    folder = Path(os.environ.get("BEN_VECTORS", ".")) / "attestation"
    if not folder.is_dir():
        pytest.skip(f"no vectors at {folder}: set BEN_VECTORS")
    documents = json.loads((folder / "manifest.json").read_text())["documents"]
    assert len(documents) == 38
    said = bounds("aws", [f"{document['verify_at']} {folder / document['file']}" for document in documents])
    for document, (verdict, _, _) in zip(documents, said):
        assert document["expected"] in ("policy", "accept" if verdict == "accepted" else "reject"), document["file"]
    judge_bounds("published documents", said)


def judge_bounds(what, said):
    stack, first, rest = max(one[1] for one in said), said[0][2], max(one[2] for one in said[1:])
    print(f"{what}: {stack} bytes of stack at most; of heap {first} for the first document, then {rest} at most")
    assert stack <= STACK_MAX and first <= FIRST_HEAP_MAX and rest <= HEAP_MAX


def verdicts_of(peer, folder, entries):
    """What a verifier of others says of each file."""
    built = subprocess.run([SOURCE.parent / "scripts" / "build-peer", FOLDER / peer], capture_output=True, text=True, timeout=1800)
    assert built.returncode == 0, built.stderr
    lines = "".join(f"{entry['time_s']} {folder / entry['file']}\n" for entry in entries)
    done = subprocess.run([built.stdout.strip(), folder / "root.der"], input=lines, capture_output=True, text=True, timeout=600)
    said = done.stdout.split()
    assert done.returncode == 0 and len(said) == len(entries), done
    return dict(zip((entry["file"] for entry in entries), said))


def some(entries):
    """The documents of a cell, in words."""
    return "; ".join(entry["what"] for entry in entries).replace("|", "\\|")


def errors_of(verdicts, entries):
    """The cell of a peer: what it gets wrong."""
    wrong = {"accepts": [], "refuses": [], "panics": []}
    for entry in entries:
        said = verdicts[entry["file"]]
        if said != ("accepted" if accepted(entry) else "refused"):
            wrong[{"accepted": "accepts", "refused": "refuses"}.get(said, said)].append(entry)
    return ". ".join(f"{how}: {some(found)}" for how, found in wrong.items() if found)


def table(entries, verdicts):
    """The lines; `verdicts`: of each peer, by file."""
    columns = ["group", "subject", "documents", "valid, to be accepted", "refused as", *verdicts]
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for group in (*GROUPS, None):
        own = [entry for entry in entries if entry["group"] == group]
        tags = sorted({entry["verdict"].removeprefix("attest-") for entry in own if not accepted(entry)})
        cells = [str(group or "none"), own[0]["subject"] or "further cases", str(len(own)), some(e for e in own if accepted(e)), ", ".join(tags),
                 *(errors_of(theirs, own) for theirs in verdicts.values())]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def ours(lines):
    return ["|".join(line.split("|")[:6]) for line in lines]


def test_the_table_in_the_documents_is_the_suite(suite):
    folder, entries = suite
    wanted = os.environ.get("BEN_PEERS") or os.environ.get("BEN_WRITE_TABLE")
    made = table(entries, {peer: verdicts_of(peer, folder, entries) for peer in PEERS} if wanted else {})
    head, _, written = DOCUMENT.read_text().partition("## Table\n")
    if os.environ.get("BEN_WRITE_TABLE"):
        DOCUMENT.write_text(f"{head}## Table\n" + "\n".join(made) + "\n")
        return
    now = written.strip().split("\n")
    assert ours(now) == ours(made), "run again with BEN_WRITE_TABLE=1, and read the difference"
    if not wanted:
        pytest.skip(f"the columns of {' and '.join(PEERS)} are not compared: BEN_PEERS=1 builds them")
    assert now == made
