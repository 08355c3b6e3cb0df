"""The largest PSBT that the signer takes, through HTTP, broker and socket: 10,000 inputs in 8,000,000 bytes. Its memory and
time are judged where there are no sanitizers: scripts/ci runs this with the release programs."""

import base64
import struct
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "attacks"))

import building  # noqa: E402  (its folder stands in the path only now)
from processes import signer_of  # noqa: E402
from test_signing import Desk  # noqa: E402

INPUTS_MAX, BYTES_MAX, FIELDS_MAX = 10_000, 8_000_000, 250_000
PEAK_MIB_MAX = 64  # of the signer
# Of CPU times that ticks of 10 ms and a busy machine blur. What grows with the square of the inputs would give up to 10.
LINEAR_MAX = 1.6


@pytest.fixture(scope="module")
def desk(shared_node):
    return Desk(shared_node)


def make_psbt(desk, count, size=None, salt=b"", fillers=1):
    """Spends `count` coins with a parent each; filled to `size` with global fields that signers keep and do not read."""
    coins = (desk.segwit, desk.taproot)
    inputs = [building.spend(coins[number % 2], 1_000, salt + struct.pack("<I", number)) for number in range(count)]
    outputs = [building.pay(count * 1_000 - 50_000)]
    psbt = building.encode(inputs, outputs)
    if size is None:
        return psbt
    unsigned = building.encode_map({b"\0": building.transaction(inputs, outputs)})
    head, rest = psbt[:5 + len(unsigned) - 1], psbt[5 + len(unsigned) - 1:]
    small = b"".join(b"\x04\xf1" + struct.pack("<I", number)[:3] + b"\0" for number in range(fillers - 1))
    filling = bytes(size - len(psbt) - len(small) - 7)
    filled = head + small + building.sized(b"\xf0") + building.sized(filling) + rest
    assert len(filled) == size
    return filled


def sign(desk, psbt):
    """Every input, and nothing else changed but for the signatures; the proof of the answer is checked as well."""
    answer = desk.sign(psbt)
    assert "result" in answer, str(answer)[:1000]
    signed = base64.b64decode(answer["result"]["psbt"])
    done, count = building.signatures(signed)
    assert done == count and len(signed) > len(psbt)
    return count


def test_the_largest_psbt_is_signed_within_the_budget_of_memory(shared_node, desk):
    assert sign(desk, make_psbt(desk, INPUTS_MAX, BYTES_MAX)) == INPUTS_MAX
    signer = signer_of(shared_node)
    peak = signer.memory_mib("VmHWM")
    print(f"\nsigner's peak: {peak:.1f} MiB, {signer.cpu_s():.2f} s of CPU time")
    assert signer.has_sanitizer() or peak <= PEAK_MIB_MAX


def test_the_most_fields_in_one_map_are_within_the_budget_of_memory(shared_node, desk):
    """Of each field the parser keeps where it is, and that it came but once: the largest sums of both."""
    fields_of_others = 1 + 2 + 100 * 4
    assert sign(desk, make_psbt(desk, 100, BYTES_MAX, fillers=FIELDS_MAX - fields_of_others)) == 100
    signer = signer_of(shared_node)
    print(f"\nsigner's peak: {signer.memory_mib('VmHWM'):.1f} MiB")
    assert signer.has_sanitizer() or signer.memory_mib("VmHWM") <= PEAK_MIB_MAX


def test_a_byte_more_or_an_input_more_is_refused(desk):
    too_many = make_psbt(desk, INPUTS_MAX + 1)
    assert len(too_many) < BYTES_MAX
    for psbt in (make_psbt(desk, INPUTS_MAX, BYTES_MAX + 1), too_many):
        answer = desk.sign(psbt)
        assert answer["error"]["data"]["tag"] == "psbt-limit"


def test_ten_thousand_inputs_cost_what_ten_times_a_thousand_cost(shared_node, desk):
    signer = signer_of(shared_node)
    if signer.has_sanitizer():
        pytest.skip("sanitizers have costs of their own")

    def cost(psbts):
        before = signer.cpu_s()
        for psbt in psbts:
            sign(desk, psbt)
        return signer.cpu_s() - before

    small = cost([make_psbt(desk, INPUTS_MAX // 10, salt=bytes([number])) for number in range(10)])
    large = cost([make_psbt(desk, INPUTS_MAX)])
    print(f"\nsigner's CPU time: {small:.2f} s for ten times 1,000 inputs, {large:.2f} s for 10,000")
    assert large <= LINEAR_MAX * small
