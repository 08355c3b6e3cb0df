"""Packages of PyPI that are tests' peers and judges: pinned by hash, each alone in a folder of the cache."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Package(NamedTuple):
    name: str
    version: str
    sha256: str
    platform: tuple = ()  # arguments of pip that choose a wheel

    def install(self):
        """The folder to import from, or None; and why not. The folder appears whole or not at all."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bitcoin-enclave-node"
        folder = cache / f"{self.name}-{self.version}-{self.sha256[:16]}"
        if (folder / self.name).is_dir():
            return folder, None
        work = folder.with_suffix(f".{os.getpid()}")
        cache.mkdir(parents=True, exist_ok=True)
        requirement = work.with_suffix(".txt")
        requirement.write_text(f"{self.name}=={self.version} --hash=sha256:{self.sha256}\n")
        said = "no pip"
        for python in (sys.executable, "python3"):
            try:
                done = subprocess.run(
                    [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", *self.platform,
                     "--target", work, "--requirement", requirement], capture_output=True, text=True, timeout=120)
            except (OSError, subprocess.TimeoutExpired) as failure:
                said = str(failure)
                continue
            said = done.stderr.strip()
            if done.returncode == 0:
                requirement.unlink()
                work.rename(folder)
                return folder, None
        requirement.unlink()
        return None, said.splitlines()[-1] if said else "pip failed"
