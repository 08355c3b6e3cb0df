"""image/toolchain.lock as somebody hostile may have written it, a machine that is not the one of the lock, and a lock that
is renewed."""

import hashlib
import os
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


# What update-lock asks the machine: two packages are installed, one of them for any architecture; the third comes from a
# suite; the mirror has a version of each that is newer than the lock's.
MACHINE = {
    "bin/dpkg-query": 'case "$*" in *for-all:amd64) exit 1 ;; *) printf 2:1.2-3 ;; esac',
    "bin/apt-cache": f'echo "Package: any"; echo "SHA256: {"a" * 64}"; echo "SHA256: {"b" * 64}"',
    "scripts/unpack-debs": f'mkdir -p "$1"; test "$2" = bookworm-security && echo "$3=4:5@{"c" * 64}" >"$1/.packages"',
    "scripts/build-kernel": 'test "$*" = --unpinned && mkdir -p kernel && printf new >kernel/bzImage && echo "$PWD/kernel"',
}
OLD_LOCK = f"# Head.\n\ncompiler 1 {HASH}\nfor-all 1 {HASH}\nlinux-source 1 {HASH} bookworm-security\n"


@pytest.fixture
def update(folder):
    """Runs update-lock on a small tree, among programs that answer as `machine` says."""
    for name in ("scripts", "image", "bin"):
        (folder / name).mkdir()
    for name in ("check-toolchain", "update-lock"):
        shutil.copy(ROOT / "scripts" / name, folder / "scripts")
    subprocess.run(["git", "init", "--quiet", folder], check=True)

    def run(lock, machine):
        for name, body in machine.items():
            (folder / name).write_text(f"#!/bin/sh\n{body}\n")
            (folder / name).chmod(0o755)
        (folder / "image" / "toolchain.lock").write_text(lock)
        return subprocess.run([folder / "scripts" / "update-lock"], capture_output=True, text=True, timeout=60, cwd=folder, env={
            **os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "XDG_CACHE_HOME": str(folder / "cache")})

    return run


def test_versions_and_hashes_are_renewed_and_all_else_stays(update, folder):
    done = update(OLD_LOCK, MACHINE)
    assert done.returncode == 0, done.stderr
    assert (folder / "image" / "toolchain.lock").read_text() == (
        f"# Head.\n\ncompiler 2:1.2-3 {'a' * 64}\nfor-all 2:1.2-3 {'a' * 64}\nlinux-source 4:5 {'c' * 64} bookworm-security\n")
    assert (folder / "image" / "bzImage.sha256").read_text() == f"{hashlib.sha256(b'new').hexdigest()}  bzImage\n"


@pytest.mark.parametrize("lock, change, reason", [
    (OLD_LOCK, {"bin/apt-cache": "true"}, "apt does not list compiler 2:1.2-3, which is installed"),
    (OLD_LOCK, {"scripts/unpack-debs": "echo no mirror >&2; exit 1"}, "no mirror"),
    (f"compiler --option {HASH}\n", {}, "line 1: this is no version"),
])
def test_a_lock_that_cannot_be_renewed_stays_as_it_is(update, folder, lock, change, reason):
    done = update(lock, {**MACHINE, **change})
    assert done.returncode != 0
    assert reason in done.stderr
    assert (folder / "image" / "toolchain.lock").read_text() == lock
    assert not (folder / "image" / "bzImage.sha256").exists()
