#!/usr/bin/env python3
"""usage: scripts/test --long [KIND] [--list] [--seed S] [--shard I]

Runs the long runs, or those of one kind, shard by shard, and prints the figures of each. A shard that passed is not run
again while what it tests is the same, so an interrupted run goes on where it was. --list only says what there is and what
has passed; --shard I runs one shard of a kind. Results, logs and the fuzzers' corpora stay in
${XDG_CACHE_HOME:-~/.cache}/bitcoin-enclave-node/long. BEN_BUILD names a build that is there, BEN_FUZZ_BUILD one of the
preset `fuzz`; otherwise they are made. BEN_JOBS: compilers at once."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

GIVEN = dict(os.environ)  # before shard names a build

from shard import APP, CACHE  # noqa: E402

FOLDER = Path(__file__).resolve().parent
TARGETS = sorted(path.stem for path in (APP / "fuzz").glob("*_fuzz.cpp"))
# Into how many shards; what beside the sources a kind's result depends on; what is built for it, and who may have built it.
Kind = namedtuple("Kind", "shards inputs preset targets variable")
KINDS = {
    "differential": Kind(10, ["tests/differential", "tests/attacks", "tests/functional"], "dev", ["differential-signer"],
                         "BEN_BUILD"),
    "fuzz": Kind(len(TARGETS), ["fuzz", "tests/unit/core/bitcoin"], "fuzz", TARGETS, "BEN_FUZZ_BUILD"),
    "schedules": Kind(20, ["tests/functional"], "release", ["all"], "BEN_BUILD"),
    "soak": Kind(1, ["tests/functional"], "release", ["all"], "BEN_BUILD"),
}
COMMON = ["src", "cmake", "CMakeLists.txt", "CMakePresets.json", "tests/long/shard.py"]


def inputs_hash(kind):
    """Over the files as they are now, committed or not. A fuzzer's corpus is where it starts, not what it tests."""
    listed = subprocess.run(["git", "-C", APP, "ls-files", "-z", *COMMON, f"tests/long/{kind}", *KINDS[kind].inputs],
                            capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256()
    for name in sorted(filter(None, listed.split("\0"))):
        if (APP / name).is_file() and not name.startswith("fuzz/corpus/"):
            digest.update(name.encode() + b"\0" + hashlib.sha256((APP / name).read_bytes()).digest())
    return digest.hexdigest()[:16]


def build(kind):
    """The programs that a kind runs, unless they were built before."""
    if kind.variable in GIVEN:
        return
    jobs = GIVEN.get("BEN_JOBS", str(os.cpu_count()))
    for command in (["cmake", "--preset", kind.preset],
                    ["cmake", "--build", "--preset", kind.preset, "--parallel", jobs, "--target", *kind.targets]):
        subprocess.run(command, cwd=APP, stdout=sys.stderr, check=True)


def told(result):
    """A result in a line: its figures, whatever the kind counts."""
    figures = "  ".join(f"{name}={json.dumps(value)}" for name, value in result.get("figures", {}).items())
    return f"{'passed' if result.get('passed') else 'FAILED'} in {result.get('seconds', '?')} s  {figures}"


class Shard:
    def __init__(self, kind, number, seed):
        self.kind, self.number, self.seed, self.of = kind, number, seed, KINDS[kind].shards
        folder = CACHE / "results" / f"{kind}-{inputs_hash(kind)}"
        self.result = folder / f"seed-{seed}-shard-{number}-of-{self.of}.json"

    def __str__(self):
        return f"{self.kind} {self.number}/{self.of} seed {self.seed}"

    def known(self):
        try:
            return json.loads(self.result.read_text())
        except (OSError, ValueError):  # never run, or stopped while it wrote
            return {}

    def run(self):
        """Whether it passed, now or before."""
        if self.known().get("passed"):
            print(f"{self}: {told(self.known())} (before)", flush=True)
            return True
        self.result.parent.mkdir(parents=True, exist_ok=True)
        self.result.unlink(missing_ok=True)
        with open(self.result.with_suffix(".log"), "wb") as log:
            ended = subprocess.run([FOLDER / self.kind, "--shard", str(self.number), "--of", str(self.of),
                                    "--seed", str(self.seed), "--out", self.result], stdout=log, stderr=log,
                                   env=GIVEN).returncode
        print(f"{self}: {told(self.known())}", flush=True)
        passed = ended == 0 and bool(self.known().get("passed"))
        if not passed:
            print(f"{self}: exit {ended}, see {self.result.with_suffix('.log')}", file=sys.stderr, flush=True)
        return passed


def main():
    kinds = [kind for kind in KINDS if os.access(FOLDER / kind, os.X_OK)]
    parser = argparse.ArgumentParser(prog="scripts/test --long", usage=__doc__.split("\n")[0].removeprefix("usage: "))
    parser.add_argument("kind", nargs="?", choices=kinds)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shard", type=int)
    asked = parser.parse_args()
    failed = 0
    for kind in [asked.kind] if asked.kind else kinds:
        numbers = range(KINDS[kind].shards) if asked.shard is None else [asked.shard]
        shards = [Shard(kind, number, asked.seed) for number in numbers]
        if asked.list:
            for shard in shards:
                print(f"{shard}: {told(shard.known()) if shard.known() else 'not run'}")
            continue
        build(KINDS[kind])
        failed += sum(not shard.run() for shard in shards)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
