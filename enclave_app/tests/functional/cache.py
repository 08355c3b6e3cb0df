"""Where what takes long to fetch, build or find out is kept."""

import os
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bitcoin-enclave-node"
