"""wallycore, a signer without the rules: what it does with the same files. It comes from PyPI into the cache, pinned;
where it cannot be had, the column is not compared, and the test says so."""

import os
import subprocess
import sys
from pathlib import Path

import building

VERSION = "1.5.6"
WHEEL = "f429742a72f4264dc6040a65e96c2bf46c96c3662ba87ec5798886fa94cb2e9c"  # SHA-256, CPython 3.11 on x86_64
PLATFORM = ("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", "--only-binary", ":all:")


def load():
    """The module, or None and why not."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bitcoin-enclave-node"
    folder = cache / f"wallycore-{VERSION}-{WHEEL[:16]}"
    if sys.version_info[:2] != (3, 11):
        return None, "the pinned wheel is for Python 3.11"
    if not (folder / "wallycore").is_dir():
        reason = install(folder)
        if reason:
            return None, reason
    sys.path.insert(0, str(folder))
    import wallycore
    return wallycore, None


def install(folder):
    """Why it could not be installed, or None. The folder appears whole or not at all."""
    work = folder.with_suffix(f".{os.getpid()}")
    work.parent.mkdir(parents=True, exist_ok=True)
    requirement = work.with_suffix(".txt")
    requirement.write_text(f"wallycore=={VERSION} --hash=sha256:{WHEEL}\n")
    said = "no pip"
    for python in (sys.executable, "python3"):
        try:
            done = subprocess.run(
                [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", *PLATFORM,
                 "--target", work, "--requirement", requirement], capture_output=True, text=True, timeout=120)
        except (OSError, subprocess.TimeoutExpired) as failure:
            said = str(failure)
            continue
        said = done.stderr.strip()
        if done.returncode == 0:
            requirement.unlink()
            work.rename(folder)
            return None
    requirement.unlink()
    return said.splitlines()[-1] if said else "pip failed"


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
