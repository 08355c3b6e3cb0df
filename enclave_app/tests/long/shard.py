"""What the programs of this folder have in common: each one runs one shard of one kind of long run,

    <kind> --shard I --of N --seed S --out FILE.json        I counts from 0

ends with 0 when the shard passed and with 1 when it failed, and leaves its figures in the file. The same seed, shard and
number of shards are the same work again. BEN_BUILD or BEN_FUZZ_BUILD names its programs' build, which run.py makes.
"""

import argparse
import json
import sys
import time
import traceback
from pathlib import Path

APP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(APP / "tests" / "functional"))

import cache  # noqa: E402  (its folder stands in the path only now)

CACHE = cache.CACHE / "long"


def run(work):
    """Does `work(shard, of, seed)`, which gives its figures as a dict and raises AssertionError where it failed."""
    parser = argparse.ArgumentParser()
    for name in ("shard", "of", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    since = time.monotonic()
    result = {"shard": asked.shard, "of": asked.of, "seed": asked.seed, "passed": False}
    try:
        result["figures"] = work(asked.shard, asked.of, asked.seed)
        result["passed"] = True
    except Exception:  # whatever it is, the shard has not passed
        result["failure"] = traceback.format_exc()
        print(result["failure"], file=sys.stderr)
    result["seconds"] = round(time.monotonic() - since)
    asked.out.write_text(json.dumps(result, indent=1) + "\n")
    sys.exit(0 if result["passed"] else 1)
