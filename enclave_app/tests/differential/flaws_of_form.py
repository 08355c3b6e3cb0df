"""Flaws of form: of the whole, of its fields, and of the transactions inside."""

import struct

import honest
from building import NON_WITNESS_UTXO, THIEF, encode_output, sized
from draft import (AMOUNT, FIRST_TIME, INPUT_COUNT, MAGIC, MODIFIABLE, OUTPUT_COUNT, OUTPUT_INDEX, PREVIOUS_TXID, REQUIRED_HEIGHT,
                   REQUIRED_TIME, SCRIPT, SEQUENCE, TRANSACTION_VERSION, VERSION, u32)
from flaw import any_fields, flaw, proved_input, some_input


def join(maps):
    return MAGIC + b"".join(one.encode() for one in maps)


# The form of the whole.

@flaw("psbt-magic")
def another_magic(rng, wallet, draft):
    data = bytearray(draft.encode())
    data[rng.randrange(5)] ^= 1 << rng.randrange(8)
    return bytes(data)


@flaw("psbt-magic")
def cut_in_the_magic(rng, wallet, draft):
    return MAGIC[:rng.randrange(5)]


@flaw("psbt-magic")
def a_transaction_without_its_psbt(rng, wallet, draft):
    return draft.transaction()


@flaw("psbt-form")
def cut_anywhere(rng, wallet, draft):
    data = draft.encode()
    return data[:rng.randrange(5, len(data))]


@flaw("psbt-form")
def bytes_after_the_last_map(rng, wallet, draft):
    return draft.encode() + rng.randbytes(rng.randrange(1, 50))


@flaw("psbt-form")
def a_map_too_many(rng, wallet, draft):
    return draft.encode() + b"\0"


@flaw("psbt-form")
def a_map_too_few(rng, wallet, draft):
    return join(draft.maps()[:-1])


@flaw("psbt-form")
def a_count_that_is_not_the_maps(rng, wallet, draft):
    maps = honest.as_version_2(draft).maps()
    maps[0].set(OUTPUT_COUNT, bytes([max(0, len(draft.outputs) + rng.choice([-1, 1, 2]))]))
    return join(maps)


@flaw("psbt-form")
def a_size_longer_than_needed(rng, wallet, draft):
    maps = [one.encode() for one in draft.maps()]
    # The first key of a map is short: its size is one byte.
    place = rng.choice([i for i, one in enumerate(maps) if one != b"\0"])
    size = maps[place][0]
    wide = rng.choice([b"\xfd" + struct.pack("<H", size), b"\xfe" + u32(size), b"\xff" + struct.pack("<Q", size)])
    maps[place] = wide + maps[place][1:]
    return MAGIC + b"".join(maps)


@flaw("psbt-form")
def a_size_beyond_memory(rng, wallet, draft):
    return draft.encode()[:-1] + b"\xff" + struct.pack("<Q", rng.choice([2**64 - 1, 2**63, 2**32]))


@flaw("psbt-form")
def a_type_longer_than_needed(rng, wallet, draft):
    any_fields(rng, draft).add(b"\xfd" + struct.pack("<H", rng.randrange(0xFD)), b"")
    return draft


@flaw("psbt-duplicate-key")
def an_unknown_key_twice(rng, wallet, draft):
    fields = any_fields(rng, draft)
    key = b"\x66" + rng.randbytes(rng.randrange(4))
    for _ in range(2):
        fields.pairs.insert(rng.randrange(len(fields.pairs) + 1), (key, rng.randbytes(3)))
    return draft


@flaw("psbt-duplicate-key")
def a_known_key_twice(rng, wallet, draft):
    """Two claims in one place: one reader would take the first and one the last."""
    one = some_input(rng, draft)
    key, value = rng.choice(one.fields.pairs)
    one.fields.pairs.insert(rng.randrange(len(one.fields.pairs) + 1), (key, value))
    return draft


@flaw("psbt-limit")
def too_many_inputs(rng, wallet, draft):
    count = 10_000 + rng.randrange(1, 4)
    return honest.as_version_0(draft).encode(u32(2) + b"\xfd" + struct.pack("<H", count) + (rng.randbytes(36) + b"\0" + u32(0)) * count
                        + b"\1" + encode_output(1, THIEF) + u32(0))


@flaw("psbt-limit")
def too_many_outputs(rng, wallet, draft):
    count = 10_000 + rng.randrange(1, 4)
    return honest.as_version_0(draft).encode(u32(2) + b"\1" + rng.randbytes(36) + b"\0" + u32(0) + b"\xfd" + struct.pack("<H", count)
                        + encode_output(1, b"") * count + u32(0))


@flaw("psbt-limit")
def too_many_maps_to_come(rng, wallet, draft):
    maps = honest.as_version_2(draft).maps()
    maps[0].set(rng.choice([INPUT_COUNT, OUTPUT_COUNT]),
                rng.choice([b"\xfd" + struct.pack("<H", 10_001), b"\xfe" + u32(2**31), b"\xff" + struct.pack("<Q", 2**64 - 1)]))
    return join(maps)


@flaw("psbt-limit")
def too_many_fields(rng, wallet, draft):
    fields = any_fields(rng, draft)
    fields.pairs += [(b"\x66" + u32(i), b"") for i in range(250_001)]
    return draft


@flaw("psbt-limit")
def too_many_bytes(rng, wallet, draft):
    any_fields(rng, draft).add(b"\x66", bytes(8_000_001))
    return draft


# Fields.

WRONG_INPUT_FIELDS = [
    (b"\0\0", b""), (b"\1", bytes(8)), (b"\1", bytes(8) + b"\1\x51\0"), (b"\1\0", encode_output(1, b"\x51")), (b"\3", bytes(3)),
    (b"\3", bytes(5)), (b"\3\0", bytes(4)), (b"\6" + bytes(32), bytes(4)), (b"\6" + bytes(33), bytes(5)), (b"\6" + bytes(33), b""),
    (b"\x13", bytes(63)), (b"\x13", bytes(66)), (b"\x13\0", bytes(64)), (b"\x14" + bytes(63), bytes(64)), (b"\x14" + bytes(64), bytes(60)),
    (b"\x16" + bytes(33), bytes(5)), (b"\x16" + bytes(32), b"\1" + bytes(31)), (b"\x16" + bytes(32), b"\0" + bytes(3)),
    (b"\x16" + bytes(32), b"\xff" + bytes([255] * 8)), (b"\x17", bytes(33)), (b"\x17\0", bytes(32)), (b"\x18", bytes(31)),
    (b"\x15" + bytes(32), b"\xc0"), (b"\x15" + bytes(64), b"\xc0"), (b"\x15" + bytes(33), b""), (b"\x15" + bytes(33), b"\x51\xc1"),
    (b"\2" + bytes(32), bytes(71)), (b"\4\0", b""), (b"\5\0", b""), (b"\7\0", b""), (b"\x08\0", b"")]
WRONG_OUTPUT_FIELDS = [
    (b"\0\0", b""), (b"\1\0", b""), (b"\2" + bytes(34), bytes(4)), (b"\2" + bytes(33), bytes(6)), (b"\5", bytes(33)), (b"\5\0", bytes(32)),
    (b"\6\0", b""), (b"\6", b""), (b"\6", b"\1\xc0\0"), (b"\6", b"\0\xc1\0"), (b"\6", b"\0\xc0\0\0"), (b"\7" + bytes(31), bytes(5)), (b"\7" + bytes(32), b"\2" + bytes(40))]
WRONG_GLOBAL_FIELDS = [(b"\1" + bytes(77), bytes(4)), (b"\1" + bytes(78), bytes(3)), (b"\1" + bytes(78), bytes(6))]


def replace(fields, key, value):
    fields.drop(key[0])
    fields.add(key, value)


@flaw("psbt-field")
def an_input_field_of_the_wrong_form(rng, wallet, draft):
    replace(some_input(rng, draft).fields, *rng.choice(WRONG_INPUT_FIELDS))
    return draft


@flaw("psbt-field")
def an_output_field_of_the_wrong_form(rng, wallet, draft):
    replace(rng.choice(draft.outputs).fields, *rng.choice(WRONG_OUTPUT_FIELDS))
    return draft


@flaw("psbt-field")
def a_global_field_of_the_wrong_form(rng, wallet, draft):
    replace(draft.globals, *rng.choice(WRONG_GLOBAL_FIELDS))
    return draft


WRONG_STRUCTURE = [  # of version 2: in the global map, an input's, an output's
    [(TRANSACTION_VERSION, bytes(3)), (INPUT_COUNT, b"\1\0"), (OUTPUT_COUNT, b"\xfd\1\0"), (MODIFIABLE, b""), (MODIFIABLE, bytes(2))],
    [(PREVIOUS_TXID, bytes(31)), (OUTPUT_INDEX, bytes(5)), (SEQUENCE, bytes(3)), (REQUIRED_TIME, u32(FIRST_TIME - 1)),
     (REQUIRED_TIME, bytes(5)), (REQUIRED_HEIGHT, u32(0)), (REQUIRED_HEIGHT, u32(FIRST_TIME))],
    [(AMOUNT, bytes(7)), (AMOUNT, bytes(9))]]


def map_of(rng, draft, kind, maps):
    """One of a PSBT's maps: the global one, an input's or an output's."""
    count = len(draft.inputs)
    return maps[[0, 1 + rng.randrange(count), 1 + count + rng.randrange(len(draft.outputs))][kind]]


@flaw("psbt-field")
def a_part_of_the_transaction_of_the_wrong_form(rng, wallet, draft):
    maps = honest.as_version_2(draft).maps()
    kind = rng.randrange(3)
    replace(map_of(rng, draft, kind, maps), *rng.choice(WRONG_STRUCTURE[kind]))
    return join(maps)


@flaw("psbt-field")
def a_version_of_the_wrong_form(rng, wallet, draft):
    draft = honest.as_version_0(draft)
    draft.globals.add(*rng.choice([(VERSION + b"\0", bytes(4)), (VERSION, bytes(3)), (VERSION, bytes(5))]))
    return draft


@flaw("psbt-version")
def a_version_that_is_not(rng, wallet, draft):
    version = rng.choice([1, 3, 4, 0x100, 0xFFFFFFFF])
    if draft.psbt_version:
        draft.psbt_version = version
    else:
        draft.globals.add(VERSION, u32(version))
    return draft


@flaw("psbt-version")
def a_field_of_version_2_in_version_0(rng, wallet, draft):
    draft = honest.as_version_0(draft)
    fields, kinds = rng.choice([(draft.globals, [2, 3, 4, 5, 6]), (some_input(rng, draft).fields, [0x0E, 0x0F, 0x10, 0x11, 0x12]),
                                (rng.choice(draft.outputs).fields, [3, 4])])
    fields.add(bytes([rng.choice(kinds)]), rng.choice([b"\1", bytes(4), bytes(8), bytes(32)]))
    return draft


@flaw("psbt-version")
def a_transaction_in_version_2(rng, wallet, draft):
    honest.as_version_2(draft).globals.add(b"\0", draft.transaction())
    return draft


@flaw("psbt-lock-time", count=3)
def a_height_here_and_a_time_there(rng, wallet, draft):
    draft = honest.as_version_2(draft)
    one, other = rng.sample(draft.inputs, 2)
    one.locks, other.locks = ((REQUIRED_HEIGHT, rng.randrange(1, FIRST_TIME)),), ((REQUIRED_TIME, rng.randrange(FIRST_TIME, 2**32)),)
    return draft


# The transaction.

@flaw("psbt-transaction")
def no_transaction(rng, wallet, draft):
    draft = honest.as_version_0(draft)
    return join([draft.globals, *draft.maps()[1:]])


@flaw("psbt-transaction")
def a_part_of_the_transaction_missing(rng, wallet, draft):
    maps = honest.as_version_2(draft).maps()
    kind = rng.randrange(3)
    needed = [[TRANSACTION_VERSION, INPUT_COUNT, OUTPUT_COUNT], [PREVIOUS_TXID, OUTPUT_INDEX], [AMOUNT, SCRIPT]]
    map_of(rng, draft, kind, maps).drop(rng.choice(needed[kind])[0])
    return join(maps)


@flaw("psbt-transaction")
def a_script_sig_before_signing(rng, wallet, draft):
    draft = honest.as_version_0(draft)
    some_input(rng, draft).script_sig = rng.randbytes(rng.randrange(1, 110))
    return draft


@flaw("psbt-transaction")
def a_witness_before_signing(rng, wallet, draft):
    for size in (5, 6):
        whole = draft.transaction(witnesses=[[rng.randbytes(size)] for _ in draft.inputs])
        # Marker and flag may also be read as no inputs and one output, whose script's size is a byte of the first outpoint:
        # by chance that fits one short transaction in 256, and at most one of the two sizes.
        script = whole[14:-4]
        if script not in (sized(script[1:]), sized(script[3:])):
            return honest.as_version_0(draft).encode(whole)
    raise AssertionError("two sizes fit")


@flaw("psbt-transaction")
def a_transaction_cut_or_too_long(rng, wallet, draft):
    whole = draft.transaction()
    return honest.as_version_0(draft).encode(rng.choice([whole + rng.randbytes(rng.randrange(1, 9)), whole[:rng.randrange(1, len(whole))]]))


@flaw("psbt-transaction")
def a_count_longer_than_needed(rng, wallet, draft):
    whole = draft.transaction()
    return honest.as_version_0(draft).encode(whole[:4] + b"\xfd" + struct.pack("<H", whole[4]) + whole[5:])


@flaw("psbt-transaction", count=2)
def a_parent_that_is_no_transaction(rng, wallet, draft):
    one = proved_input(rng, wallet, draft)
    parent = one.fields.get(NON_WITNESS_UTXO)
    one.fields.set(NON_WITNESS_UTXO, rng.choice([
        b"", parent[:-1], parent + b"\0", parent[:4] + b"\0\2" + parent[4:], parent[:rng.randrange(len(parent))],
        u32(2) + b"\0\1\0\0" + u32(0), rng.randbytes(60)]))
    return draft


@flaw("psbt-empty")
def no_inputs(rng, wallet, draft):
    draft.inputs = []
    return draft


@flaw("psbt-empty")
def no_outputs(rng, wallet, draft):
    draft.outputs = []
    return draft


@flaw("psbt-empty")
def nothing_at_all(rng, wallet, draft):
    draft.inputs, draft.outputs = [], []
    return draft
