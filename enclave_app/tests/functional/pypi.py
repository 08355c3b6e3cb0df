"""Packages of PyPI that are tests' peers and judges: pinned by hash, in folders of the cache."""

import os
import shutil
import subprocess
import sys
from typing import NamedTuple

from cache import CACHE


def install(name, requirements, options=()):
    """The folder `name` of the cache, to import from, or None; and why not. `requirements` are pip's, each with its hash.
    The folder appears whole or not at all."""
    folder = CACHE / name
    if folder.is_dir():
        return folder, None
    work = CACHE / f"{name}.{os.getpid()}"
    CACHE.mkdir(parents=True, exist_ok=True)
    listed = CACHE / f"{name}.{os.getpid()}.txt"
    listed.write_text(requirements)
    said = "no pip"
    for python in (sys.executable, "python3"):
        try:
            done = subprocess.run(
                [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", *options,
                 "--target", work, "--requirement", listed], capture_output=True, text=True, timeout=300)
        except (OSError, subprocess.TimeoutExpired) as failure:
            said = str(failure)
            continue
        said = done.stderr.strip()
        if done.returncode == 0:
            listed.unlink()
            try:
                work.rename(folder)
            except OSError:  # brought by another test meanwhile, or not to be written
                shutil.rmtree(work)
                if not folder.is_dir():
                    raise
            return folder, None
    listed.unlink()
    return None, said.splitlines()[-1] if said else "pip failed"


class Package(NamedTuple):
    """One package, alone in its folder."""

    name: str
    version: str
    sha256: str
    platform: tuple = ()  # arguments of pip that choose a wheel

    def install(self):
        """The folder to import from, or None; and why not."""
        return install(f"{self.name}-{self.version}-{self.sha256[:16]}",
                       f"{self.name}=={self.version} --hash=sha256:{self.sha256}\n", self.platform)
