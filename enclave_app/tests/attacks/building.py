"""PSBTs as an attacker writes them: any field of any input or output, present, false or missing. Honest parts come
from the wallet's own coins; every attack_*.py changes what its attack is about."""

import hashlib
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

import independent
from independent import HARDENED, sha256

KNOWN = independent.SOMEBODY                             # the one destination that the policy allows
THIEF = bytes.fromhex("5120") + bytes(range(1, 33))      # a taproot output of somebody else
NON_WITNESS_UTXO, WITNESS_UTXO, SIGHASH_TYPE, DERIVATION, TAP_DERIVATION = b"\0", b"\1", b"\3", b"\6", b"\x16"
REDEEM_SCRIPT, WITNESS_SCRIPT = b"\4", b"\5"
OUT_DERIVATION, OUT_TAP_DERIVATION = b"\2", b"\7"


class Case(NamedTuple):
    what: str
    psbt: bytes
    tag: str | None  # of the refusal; None: it is signed, and the attack says why that is no loss


@dataclass
class Input:
    outpoint: tuple
    fields: dict  # from the key, its type first, to the value


@dataclass
class Output:
    sats: int
    script: bytes
    fields: dict = field(default_factory=dict)


def sized(data):
    count = len(data)
    head = bytes([count]) if count < 0xFD else b"\xfd" + struct.pack("<H", count) if count < 1 << 16 else \
        b"\xfe" + struct.pack("<I", count)
    return head + data


def encode_output(sats, script):
    return struct.pack("<Q", sats & (1 << 64) - 1) + sized(script)


def encode_map(fields):
    return b"".join(sized(key) + sized(value) for key, value in fields.items()) + b"\0"


def transaction(inputs, outputs):
    return independent.transaction([one.outpoint for one in inputs],
                                   [encode_output(one.sats, one.script) for one in outputs])


def encode(inputs, outputs):
    maps = [encode_map({b"\0": transaction(inputs, outputs)})]
    return b"psbt\xff" + b"".join(maps + [encode_map(one.fields) for one in (*inputs, *outputs)])


def origin(coin):
    return coin.fingerprint + b"".join(struct.pack("<I", step) for step in coin.path)


def is_taproot(coin):
    return coin.path[0] == 86 | HARDENED


def prove(spent, sats, script, salt=b""):
    """Gives an input the transaction that its coin comes from, whatever the coin's form."""
    parent = independent.transaction([(sha256(b"grandparent" + salt), 0)], [encode_output(sats, script)])
    spent.outpoint = sha256(sha256(parent)), 0
    spent.fields[NON_WITNESS_UTXO] = parent
    return spent


def spend(coin, sats, salt=b""):
    """An honest input: taproot with amount and script, others with the transaction that they come from and what else
    their form has."""
    if is_taproot(coin):
        return Input((sha256(b"parent" + salt), 0), {
            WITNESS_UTXO: encode_output(sats, coin.script),
            TAP_DERIVATION + coin.public_key[1:]: b"\0" + origin(coin)})
    spent = prove(Input(None, {}), sats, coin.script, salt)
    spent.fields[DERIVATION + coin.public_key] = origin(coin)
    if coin.path[0] != 44 | HARDENED:
        spent.fields[WITNESS_UTXO] = encode_output(sats, coin.script)
    if coin.path[0] == 49 | HARDENED:
        spent.fields[REDEEM_SCRIPT] = p2wpkh(coin.public_key)
    return spent


def pay(sats, script=KNOWN):
    return Output(sats, script)


def claim_ours(sats, script, coin):
    """An output whose fields say that it is the wallet's at `coin`, whatever its script."""
    key, value = ((OUT_TAP_DERIVATION + coin.public_key[1:], b"\0" + origin(coin)) if is_taproot(coin) else
                  (OUT_DERIVATION + coin.public_key, origin(coin)))
    return Output(sats, script, {key: value})


def p2wpkh(public_key):
    return b"\0\x14" + hashlib.new("ripemd160", sha256(public_key)).digest()


def signatures(psbt):
    """How many of a PSBT's inputs carry a signature, and how many inputs there are."""
    place = 5

    def take():
        nonlocal place
        count, place = psbt[place], place + 1
        width = {0xFD: 2, 0xFE: 4}.get(count, 0)
        count = int.from_bytes(psbt[place:place + width], "little") if width else count
        place += width + count
        return psbt[place - count:place]

    def read_map():
        keys = []
        while key := take():
            keys.append((key, take()))
        return keys

    unsigned = next(value for key, value in read_map() if key == b"\0")
    count = unsigned[4] if unsigned[4] < 0xFD else int.from_bytes(unsigned[5:7], "little")
    signed = sum(any(key[0] in (0x02, 0x13) for key, _ in read_map()) for _ in range(count))
    return signed, count
