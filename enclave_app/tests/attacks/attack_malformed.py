"""Bytes that two parsers read differently: what one of them shows is not what the other signs."""

from building import SIGHASH_TYPE, Case, encode, encode_map, encode_output, pay, sized, spend, transaction

PUBLISHED = "BIP 174, invalid test vectors"


def cases(wallet):
    spent, outputs = spend(wallet.taproot, 500_000), [pay(490_000)]
    good, unsigned = encode([spent], outputs), transaction([spent], outputs)
    head = b"psbt\xff" + encode_map({b"\0": unsigned})
    fields, ends = encode_map(spent.fields)[:-1], b"\0" + b"\0"  # of the input's map, and the output's

    yield Case("a key twice, with two values", head + fields + sized(SIGHASH_TYPE) + sized(b"\1\0\0\0")
               + sized(SIGHASH_TYPE) + sized(b"\2\0\0\0") + ends, "psbt-duplicate-key")
    yield Case("witness_utxo twice", head + fields + sized(b"\1") + sized(encode_output(1, wallet.taproot.script)) + ends,
               "psbt-duplicate-key")
    yield Case("two transactions", b"psbt\xff" + (sized(b"\0") + sized(unsigned)) * 2 + b"\0" + fields + ends,
               "psbt-duplicate-key")
    yield Case("a trailing byte", good + b"\0", "psbt-form")
    yield Case("two PSBTs", good + good, "psbt-form")
    yield Case("a map missing", good[:-1], "psbt-form")
    yield Case("cut within a field", good[:-40], "psbt-form")
    yield Case("a size in three bytes that fits one", head + b"\xfd\1\0\3" + sized(b"\1\0\0\0") + fields + ends,
               "psbt-form")
    yield Case("a type in three bytes that fits one", head + sized(b"\xfd\3\0") + sized(b"\1\0\0\0") + fields + ends,
               "psbt-form")
    yield Case("a field of 2^64-1 bytes", head + sized(b"\3") + b"\xff" * 9 + fields + ends, "psbt-form")
    inner = bytearray(fields)
    inner[fields.index(wallet.taproot.script) - 1] += 1  # the script's size, inside the value of witness_utxo
    yield Case("a script longer than the field around it", head + bytes(inner) + ends, "psbt-field")
    yield Case("a transaction with a byte after it", b"psbt\xff" + encode_map({b"\0": unsigned + b"\0"}) + fields + ends,
               "psbt-transaction")
    huge = unsigned[:4] + b"\xfe\xff\xff\xff\x7f" + unsigned[5:]
    yield Case("a transaction of 2^31 inputs", b"psbt\xff" + encode_map({b"\0": huge}) + fields + ends, "psbt-transaction")
    signed = unsigned.replace(spent.outpoint[0] + bytes(4) + b"\0", spent.outpoint[0] + bytes(4) + b"\1\x51")
    yield Case("a scriptSig in the unsigned transaction", b"psbt\xff" + encode_map({b"\0": signed}) + fields + ends,
               "psbt-transaction")
    yield Case("no transaction", b"psbt\xff" + b"\0" + fields + ends, "psbt-transaction")
    yield Case("no inputs", encode([], outputs), "psbt-empty")
    yield Case("no outputs", encode([spent], []), "psbt-empty")
