#!/usr/bin/env python3
"""usage: scripts/test --long [KIND] [--list] [--seed S] [--shard I] [--jobs J]

Runs the long runs, or those of one kind, J shards at once (default: one a processor), and prints the figures of each. A shard
that passed is not run again while the programs that it runs and the scripts that run them are byte for byte the same, so an
interrupted run goes on where it was. --list only says what there is and what has passed; --shard I is one shard of each kind.
Results, logs and the fuzzers' corpora stay in ${XDG_CACHE_HOME:-~/.cache}/bitcoin-enclave-node/long. BEN_BUILD names a build
that is there, BEN_FUZZ_BUILD one of the preset `fuzz`; otherwise they are made. BEN_JOBS: compilers at once."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from modulefinder import ModuleFinder
from pathlib import Path

from shard import APP, CACHE

FOLDER = Path(__file__).resolve().parent
TARGETS = sorted(path.stem for path in (APP / "fuzz").glob("*_fuzz.cpp"))
NODE = ["benctl", "enclave-broker", "enclave-signer-process", "local-kms", "nitro-sim"]


class Kind(namedtuple("Kind", "shards preset variable programs scripts")):
    """Into how many shards; of which preset, and the variable that names another build of it; the programs that a shard runs,
    of a fuzzer's one; the scripts that its own starts."""

    @property
    def folder(self):
        return Path(os.environ.get(self.variable, APP / "build" / self.preset))


KINDS = {  # the longest shards first
    "fuzz": Kind(len(TARGETS), "fuzz", "BEN_FUZZ_BUILD", TARGETS, []),
    "soak": Kind(1, "release", "BEN_BUILD", NODE, ["scripts/build-local-image"]),
    "differential": Kind(10, "dev", "BEN_BUILD", ["differential-signer"], ["scripts/regtest-node"]),
    "schedules": Kind(20, "release", "BEN_BUILD", NODE, ["scripts/build-local-image"]),
}
IMPORTED_FROM = [str(APP / "tests" / folder) for folder in ("long", "functional", "differential", "attacks")]


def build(kind):
    """The programs that a kind runs, unless they were built before."""
    if kind.variable in os.environ:
        return
    jobs = os.environ.get("BEN_JOBS", str(os.cpu_count()))
    for command in (["cmake", "--preset", kind.preset],
                    ["cmake", "--build", "--preset", kind.preset, "--parallel", jobs, "--target", *kind.programs]):
        subprocess.run(command, cwd=APP, stdout=sys.stderr, check=True)


def scripts(name):
    """What runs a kind: its own script, all that it imports from our folders, and what else it starts."""
    finder = ModuleFinder(IMPORTED_FROM)
    finder.run_script(str(FOLDER / name))
    imported = [Path(module.__file__) for module in finder.modules.values() if module.__file__]
    return [*imported, *(APP.parent / script for script in KINDS[name].scripts)]


def told(result):
    """A result in a line: its figures, whatever the kind counts."""
    figures = "  ".join(f"{name}={json.dumps(value)}" for name, value in result.get("figures", {}).items())
    return f"{'passed' if result.get('passed') else 'FAILED'} in {result.get('seconds', '?')} s  {figures}"


class Shard:
    def __init__(self, kind, number, seed):
        self.kind, self.number, self.seed, self.of = kind, number, seed, KINDS[kind].shards

    def __str__(self):
        return f"{self.kind} {self.number}/{self.of} seed {self.seed}"

    @property
    def result(self):
        """The file of its result, under a hash of what it runs: a build that is not there has none of its programs."""
        kind, digest = KINDS[self.kind], hashlib.sha256()
        names = kind.programs if self.kind != "fuzz" else [kind.programs[self.number]]
        programs = [path for name in names for path in kind.folder.rglob(name) if path.is_file()]
        for path in sorted([*programs, *scripts(self.kind)]):
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return (CACHE / "results" / f"{self.kind}-{digest.hexdigest()[:16]}"
                / f"seed-{self.seed}-shard-{self.number}-of-{self.of}.json")

    @staticmethod
    def known(file):
        try:
            return json.loads(file.read_text())
        except (OSError, ValueError):  # never run, or stopped while it wrote
            return {}

    def run(self):
        """Whether it passed, now or before."""
        kind, file = KINDS[self.kind], self.result
        if self.known(file).get("passed"):
            print(f"{self}: {told(self.known(file))} (before)", flush=True)
            return True
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        with open(file.with_suffix(".log"), "wb") as log:
            ended = subprocess.run([FOLDER / self.kind, "--shard", str(self.number), "--of", str(self.of),
                                    "--seed", str(self.seed), "--out", file], stdout=log, stderr=log,
                                   env={**os.environ, kind.variable: str(kind.folder)}).returncode
        print(f"{self}: {told(self.known(file))}", flush=True)
        passed = ended == 0 and bool(self.known(file).get("passed"))
        if not passed:
            print(f"{self}: exit {ended}, see {file.with_suffix('.log')}", file=sys.stderr, flush=True)
        return passed


def main():
    kinds = [kind for kind in KINDS if os.access(FOLDER / kind, os.X_OK)]
    parser = argparse.ArgumentParser(prog="scripts/test --long", usage=__doc__.split("\n")[0].removeprefix("usage: "))
    parser.add_argument("kind", nargs="?", choices=kinds)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shard", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    chosen = [asked.kind] if asked.kind else kinds
    shards = [Shard(kind, number, asked.seed) for kind in chosen for number in range(KINDS[kind].shards)
              if asked.shard in (None, number)]
    if not shards:
        parser.error("there is no such shard")
    if asked.list:
        for shard in shards:
            known = shard.known(shard.result)
            print(f"{shard}: {told(known) if known else 'not run'}")
        return
    for kind in chosen:
        build(KINDS[kind])
    with ThreadPoolExecutor(asked.jobs) as pool:
        passed = list(pool.map(Shard.run, shards))  # what has not begun is left when this is interrupted
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
