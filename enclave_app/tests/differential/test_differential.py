"""The short form of differential signing: every refusal at least once, and every signature against two other signers and
a real bitcoind. The long form is tests/long/differential."""

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "attacks"), str(FOLDER.parent / "functional")]

import differential  # noqa: E402  (its folder stands in the path only now)
import judge  # noqa: E402
import peers  # noqa: E402

SEED, PSBTS = 1, 400


def test_what_is_signed_is_what_others_sign_and_what_is_refused_says_why(tmp_path):
    run = differential.Run(SEED, tmp_path, peers.load)
    with judge.Judge(tmp_path / "node") as bitcoind:
        run.judge(bitcoind, range(PSBTS))
    print(run.finish(hits_min=1))
    if run.missing:
        pytest.skip(f"not all signers of others were asked: {run.missing}")
    assert {f"{peer}_ecdsa_equal" for peer in ("wallycore", "embit")} <= set(run.counts)
