"""A PSBT in parts, each of them open to change: `encode` writes what stands there, true or false."""

import struct
from dataclasses import dataclass, field

from building import (DERIVATION, NON_WITNESS_UTXO, OUT_DERIVATION, OUT_TAP_DERIVATION, SIGHASH_TYPE, TAP_DERIVATION,
                      WITNESS_UTXO, encode_output, is_taproot, origin, sized)
from wallet import P2PKH, P2SH_P2WPKH, p2wpkh, purpose_of

UNSIGNED_TRANSACTION, REDEEM_SCRIPT = b"\0", b"\4"
# Version 2 (BIP 370).
TRANSACTION_VERSION, FALLBACK_LOCK_TIME, INPUT_COUNT, OUTPUT_COUNT, MODIFIABLE, VERSION = b"\2", b"\3", b"\4", b"\5", b"\6", b"\xfb"
PREVIOUS_TXID, OUTPUT_INDEX, SEQUENCE, REQUIRED_TIME, REQUIRED_HEIGHT = b"\x0e", b"\x0f", b"\x10", b"\x11", b"\x12"
AMOUNT, SCRIPT = b"\3", b"\4"
FIRST_TIME = 500_000_000  # of lock times: below it they are heights
DERIVATIONS = (DERIVATION[0], TAP_DERIVATION[0])
MAGIC = b"psbt\xff"


def u32(number):
    return struct.pack("<I", number)


@dataclass
class Fields:
    """The pairs of one map, in their order; a key may come twice."""
    pairs: list = field(default_factory=list)

    def add(self, key, value):
        self.pairs.append((key, value))

    def get(self, key):
        return next((value for known, value in self.pairs if known == key), None)

    def set(self, key, value):
        self.pairs = [(known, value if known == key else old) for known, old in self.pairs]
        if self.get(key) is None:
            self.add(key, value)

    def drop(self, *types):
        self.pairs = [pair for pair in self.pairs if pair[0][0] not in types]

    def encode(self):
        return b"".join(sized(key) + sized(value) for key, value in self.pairs) + b"\0"


@dataclass
class Input:
    coin: tuple
    sats: int
    outpoint: tuple
    sequence: int = 0xFFFFFFFD
    script_sig: bytes = b""
    fields: Fields = field(default_factory=Fields)
    locks: tuple = ()  # of version 2: pairs of REQUIRED_TIME_LOCKTIME or REQUIRED_HEIGHT_LOCKTIME and a number

    def structure(self):
        """What version 2 says of it in place of the transaction."""
        sequence = [] if self.sequence == 0xFFFFFFFF else [(SEQUENCE, u32(self.sequence))]
        return [(PREVIOUS_TXID, self.outpoint[0]), (OUTPUT_INDEX, u32(self.outpoint[1])), *sequence,
                *((key, u32(number)) for key, number in self.locks)]

    def sighash_type(self):
        value = self.fields.get(SIGHASH_TYPE)
        return struct.unpack("<I", value)[0] if value else 0 if is_taproot(self.coin) else 1


@dataclass
class Output:
    sats: int
    script: bytes
    fields: Fields = field(default_factory=Fields)
    is_change: bool = False

    def structure(self):
        return [(AMOUNT, struct.pack("<Q", self.sats & (1 << 64) - 1)), (SCRIPT, self.script)]


@dataclass
class Draft:
    version: int = 2
    locktime: int = 0
    inputs: list = field(default_factory=list)
    outputs: list = field(default_factory=list)
    globals: Fields = field(default_factory=Fields)  # without the transaction
    psbt_version: int = 0  # any other is written as version 2 is
    fallback: int = 0  # of version 2: the lock time that stands where no input requires one
    structure_last: bool = False

    def transaction(self, script_sigs=None, witnesses=None):
        """Unsigned, or final with what the inputs carry."""
        count = compact_size(len(self.inputs)) + b"".join(
            one.outpoint[0] + u32(one.outpoint[1]) + sized(script_sig) + u32(one.sequence)
            for one, script_sig in zip(self.inputs, script_sigs or [one.script_sig for one in self.inputs]))
        outputs = compact_size(len(self.outputs)) + b"".join(encode_output(one.sats, one.script) for one in self.outputs)
        stacks = b"" if witnesses is None else b"".join(
            compact_size(len(stack)) + b"".join(map(sized, stack)) for stack in witnesses)
        return u32(self.version) + (b"\0\1" if witnesses else b"") + count + outputs + stacks + u32(self.locktime)

    def maps(self, transaction=None):
        """The maps of a PSBT; `transaction` stands in for the unsigned one of version 0."""
        places = (*self.inputs, *self.outputs)
        if self.psbt_version == 0 or transaction:
            first = Fields([(UNSIGNED_TRANSACTION, transaction or self.transaction()), *self.globals.pairs])
            return [first, *(one.fields for one in places)]
        first = [(VERSION, u32(self.psbt_version)), (TRANSACTION_VERSION, u32(self.version)),
                 *([(FALLBACK_LOCK_TIME, u32(self.fallback))] if self.fallback else []),
                 (INPUT_COUNT, compact_size(len(self.inputs))), (OUTPUT_COUNT, compact_size(len(self.outputs)))]
        return [self._join(first, self.globals), *(self._join(one.structure(), one.fields) for one in places)]

    def _join(self, structure, fields):
        return Fields([*fields.pairs, *structure] if self.structure_last else [*structure, *fields.pairs])

    def encode(self, transaction=None):
        return MAGIC + b"".join(one.encode() for one in self.maps(transaction))


def compact_size(count):
    return sized(bytes(count))[:-count] if count else b"\0"


def point_out(fields, coin, of_output=False):
    """Says in a map where the wallet's key is."""
    if is_taproot(coin):
        fields.add((OUT_TAP_DERIVATION if of_output else TAP_DERIVATION) + coin.public_key[1:], b"\0" + origin(coin))
    else:
        fields.add((OUT_DERIVATION if of_output else DERIVATION) + coin.public_key, origin(coin))


def describe_spent(one, parent):
    """An input's fields as honest wallets write them; `parent` is the transaction of the coin, or None."""
    if parent is not None:
        one.fields.add(NON_WITNESS_UTXO, parent)
    if purpose_of(one.coin) != P2PKH:  # BIP 174 keeps it for segwit
        one.fields.add(WITNESS_UTXO, encode_output(one.sats, one.coin.script))
    point_out(one.fields, one.coin)
    if purpose_of(one.coin) == P2SH_P2WPKH:
        one.fields.add(REDEEM_SCRIPT, p2wpkh(one.coin.public_key))
