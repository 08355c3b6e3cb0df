#!/usr/bin/env python3
"""usage: signers.py BENCH_BUILD RESULTS MILLISECONDS

Signs the same packs of PSBTs with ours, btcd, rust-bitcoin and libwally, one after the other, and writes RESULTS/signers.json:
of each the CPU time of an input in microseconds, the least of several rounds, so that a neighbour who is busy for a while slows
none of them alone. What each made is judged by btcd's script engine; one that is not valid, or of another form, ends the
run. MILLISECONDS is how long each goes on with one pack in a round. A peer that cannot be had here is left out, and that is
said."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

from results import FORMS, INPUTS

BENCH = Path(__file__).resolve().parent
BUILD_PEER = BENCH.parents[1] / "scripts" / "build-peer"
ROUNDS = 4
CANNOT = 3  # exit status


def say(words):
    print(f"bench: {words}", file=sys.stderr)


def built(name):
    """The command of a peer in a folder of its own, or None."""
    done = subprocess.run([BUILD_PEER, BENCH / "peers" / name], stdout=subprocess.PIPE, text=True)
    if done.returncode == CANNOT:
        return None
    done.check_returncode()
    return [done.stdout.strip()]


def run(command, *arguments):
    """What a program prints as JSON, or None where it cannot be had."""
    done = subprocess.run([*command, *arguments], stdout=subprocess.PIPE, text=True)
    if done.returncode == CANNOT:
        return None
    done.check_returncode()
    return json.loads(done.stdout)


def main():
    build, results, milliseconds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    packs = results / "packs"
    packs.mkdir(parents=True, exist_ok=True)
    subprocess.run([build / "make_packs", packs], check=True)
    btcd = built("btcd")
    signers = {"ours": [build / "sign_pack"], "libwally": [BENCH / "peers" / "libwally.py"],
               "rust-bitcoin": built("rust-bitcoin"), "btcd": btcd}
    found, signed = {}, packs / "signed.txt"
    for _, purpose, inputs, name in itertools.product(range(ROUNDS), FORMS, INPUTS, signers):
        pack, command = packs / f"{purpose}_{inputs}.txt", signers[name]
        told = run(command, pack, milliseconds, signed) if command else None
        if not told:
            signers[name] = None
            continue
        judged = run([*btcd, "judge"], pack, signed) if btcd else {}
        assert not judged or judged["signatures"] == told["inputs"], (name, told, judged)
        least = found.setdefault((name, purpose, inputs), {"signer": name, "purpose": purpose, "n": inputs, **told, **judged})
        least.update({part: min(least[part], told[part]) for part in ("parse", "review", "sign") if part in told})
    for (name, purpose, inputs), least in found.items():
        say(f"{name}, purpose {purpose}, {inputs} inputs: {least['sign']:.1f} us an input")
    for name in [name for name, command in signers.items() if not command]:
        say(f"{name} is left out")
    (results / "signers.json").write_text(json.dumps(list(found.values()), indent=1) + "\n")


if __name__ == "__main__":
    main()
