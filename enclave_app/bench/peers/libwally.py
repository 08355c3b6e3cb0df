#!/usr/bin/env python3
"""usage: libwally.py PACK MILLISECONDS SIGNED

Signs the PSBTs of a pack with libwally, through the wheel wallycore: three calls a PSBT, which cost Python next to nothing.
As sign_pack of this project has it. An input costs one derivation, from the branch's key: libwally derives from the key
that a PSBT names as origin, so the branch takes the master's place there, 16 bytes less for an input. Exits with 3, and says
why, where the wheel cannot be had."""

import json
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path[:0] = [str(TESTS / "attacks"), str(TESTS / "functional")]
import peer  # noqa: E402  (its folder stands in the path only now)

HARDENED = 0x80000000


def fingerprint(wally, key):
    return wally.hash160(wally.bip32_key_get_pub_key(key))[:4]


def origin(fingerprint, path):
    return fingerprint + b"".join(step.to_bytes(4, "little") for step in path)


def read_pack(wally, path):
    """The branch's key and a PSBT whose origin it is, for each line."""
    spends = []
    for line in Path(path).read_text().splitlines():
        purpose, seed, psbt = line.split()
        master = wally.bip32_key_from_seed(bytes.fromhex(seed), wally.BIP32_VER_TEST_PRIVATE, 0)
        path = [HARDENED + int(purpose), HARDENED + 1, HARDENED, 0]
        branch = wally.bip32_key_from_parent_path(master, path, wally.BIP32_FLAG_KEY_PRIVATE)
        long, short = origin(fingerprint(wally, master), path), fingerprint(wally, branch)
        leaves = b"\x00" if purpose == "86" else b""  # no leaf hashes come before the origin

        def field(start):
            return bytes([len(leaves + start) + 4]) + leaves + start  # and the index

        spends.append((branch, bytes.fromhex(psbt).replace(field(long), field(short)), field(short), field(long)))
    return spends


def sign(wally, branch, psbt):
    parsed = wally.psbt_from_bytes(psbt, 0)
    wally.psbt_sign_bip32(parsed, branch, wally.EC_FLAG_GRIND_R)
    return wally.psbt_to_bytes(parsed, 0)


def main():
    pack, milliseconds, signed = sys.argv[1:]
    wally, reason = peer.load()
    if not wally:
        print(f"libwally: {reason}", file=sys.stderr)
        sys.exit(3)
    spends = read_pack(wally, pack)
    inputs = sum(wally.psbt_get_num_inputs(wally.psbt_from_bytes(psbt, 0)) for _, psbt, _, _ in spends)
    fastest, end = float("inf"), time.monotonic() + int(milliseconds) / 1000
    while True:
        before = time.process_time()
        for branch, psbt, _, _ in spends:
            sign(wally, branch, psbt)
        fastest = min(fastest, time.process_time() - before)
        if time.monotonic() >= end:
            break
    print(json.dumps({"inputs": inputs, "sign": round(fastest / inputs * 1e6, 3)}))
    Path(signed).write_text("".join(f"{sign(wally, branch, psbt).replace(short, long).hex()}\n"
                                    for branch, psbt, short, long in spends))


if __name__ == "__main__":
    main()
