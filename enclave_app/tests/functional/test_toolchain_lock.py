"""image/toolchain.lock as somebody hostile may have written it, and a machine that is not the one of the lock."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HASH = "0" * 64


@pytest.fixture
def check(folder):
    """Runs a copy of check-toolchain with `lock` as its lock."""
    (folder / "scripts").mkdir()
    (folder / "image").mkdir()
    shutil.copy(ROOT / "scripts" / "check-toolchain", folder / "scripts")

    def run(lock, *arguments):
        (folder / "image" / "toolchain.lock").write_bytes(lock.encode())
        return subprocess.run([folder / "scripts" / "check-toolchain", *arguments], capture_output=True, text=True, timeout=60)

    return run


@pytest.mark.parametrize("lock, reason", [
    ("", "line 0: no package is locked"),
    ("# nothing\n\n", "no package is locked"),
    ("gcc-12 12.2.0-14\n", "line 1: want NAME VERSION SHA-256"),
    (f"gcc-12 12.2.0-14 {HASH} bookworm more\n", "line 1: want NAME VERSION SHA-256"),
    (f"# head\n--option 1 {HASH}\n", "line 2: this is no name"),
    (f"gcc-12 --option {HASH}\n", "line 1: this is no version"),
    (f"gcc-12 1$(id) {HASH}\n", "line 1: this is no version"),
    (f"gcc-12 1 {HASH[1:]}\n", "line 1: a SHA-256 has 64"),
    (f"gcc-12 1 {HASH[1:]}G\n", "line 1: a SHA-256 has 64"),
    (f"gcc-12 1 {HASH} ../bookworm\n", "line 1: this is no suite"),
    (f"gcc-12 1 {HASH}\ngcc-12 2 {HASH}\n", "line 2: the package stands there twice"),
    ("#" * 70000, "over 64 KiB"),
])
def test_a_malformed_lock_is_refused_with_its_line_and_a_reason(check, lock, reason):
    done = check(lock)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert re.search(r"toolchain\.lock.*" + re.escape(reason), done.stderr), done.stderr


def test_a_package_of_another_version_is_named_with_both(check):
    done = check(f"base-files 0.never {HASH}\nno-such-package 1 {HASH}\n")
    assert done.returncode == 1
    assert re.fullmatch(r"base-files \d\S* 0\.never\nno-such-package nothing 1\n", done.stdout)


def test_what_was_found_is_listed_in_the_order_of_the_lock(check):
    done = check(f"no-such-package 1 {HASH}\nbase-files 0.never {HASH}\n", "--found")
    assert done.returncode == 0
    assert re.fullmatch(r"no-such-package nothing\nbase-files \d\S*\n", done.stdout)


def test_the_lock_of_the_repository_is_well_formed(check):
    assert check((ROOT / "image" / "toolchain.lock").read_text()).returncode in (0, 1)
