"""wallycore, a signer without the rules: what it does with the same files. It comes from PyPI into the cache, pinned;
where it cannot be had, the column is not compared, and the test says so."""

import sys

import building
import pypi

WALLYCORE = pypi.Package(  # the wheel for CPython 3.11 on x86_64
    "wallycore", "1.5.6", "f429742a72f4264dc6040a65e96c2bf46c96c3662ba87ec5798886fa94cb2e9c",
    ("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", "--only-binary", ":all:"))


def load():
    """The module, or None and why not."""
    if sys.version_info[:2] != (3, 11):
        return None, "the pinned wheel is for Python 3.11"
    folder, reason = WALLYCORE.install()
    if folder is None:
        return None, reason
    sys.path.insert(0, str(folder))
    import wallycore
    return wallycore, None


def verdict(wally, seed, psbt):
    """What becomes of a PSBT when wallycore is asked to sign it with the wallet's master key."""
    key = wally.bip32_key_from_seed(seed, wally.BIP32_VER_TEST_PRIVATE, 0)
    try:
        parsed = wally.psbt_from_bytes(psbt, 0)
    except ValueError:
        return "does not parse it"
    try:
        wally.psbt_sign_bip32(parsed, key, wally.EC_FLAG_GRIND_R)
    except ValueError:
        return "refuses"
    signed, count = building.signatures(wally.psbt_to_bytes(parsed, 0))
    before, _ = building.signatures(psbt)
    return f"signs {signed - before} of {count}" if signed > before else "signs nothing"
