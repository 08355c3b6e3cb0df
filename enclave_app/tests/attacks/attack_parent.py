"""The transaction that proves a coin's amount is missing, another one, or has no such output."""

from building import KNOWN, NON_WITNESS_UTXO, WITNESS_UTXO, Case, encode, pay, spend

PUBLISHED = "BIP 174, signer: the txid of non_witness_utxo must be the one that the input spends"


def cases(wallet):
    def attack(what, tag, change):
        spent = spend(wallet.segwit, 500_000)
        change(spent)
        return Case(what, encode([spent], [pay(490_000)]), tag)

    def foreign(spent):
        spent.fields[NON_WITNESS_UTXO] = spend(wallet.segwit, 500_000, salt=b"another").fields[NON_WITNESS_UTXO]

    def beyond(spent):
        spent.outpoint = (spent.outpoint[0], 1)

    def changed(spent):
        parent = bytearray(spent.fields[NON_WITNESS_UTXO])
        parent[-1] ^= 1  # its lock time
        spent.fields[NON_WITNESS_UTXO] = bytes(parent)

    def neither(spent):
        del spent.fields[NON_WITNESS_UTXO], spent.fields[WITNESS_UTXO]

    yield attack("missing", "psbt-missing-parent", lambda spent: spent.fields.pop(NON_WITNESS_UTXO))
    yield attack("of another coin", "psbt-parent-mismatch", foreign)
    yield attack("without the output that is spent", "psbt-parent-mismatch", beyond)
    yield attack("a bit changed", "psbt-parent-mismatch", changed)
    yield attack("nothing that tells the amount", "psbt-missing-utxo", neither)
    cut = spend(wallet.segwit, 500_000)
    cut.fields[NON_WITNESS_UTXO] = cut.fields[NON_WITNESS_UTXO][:-1]
    yield Case("cut", encode([cut], [pay(490_000, KNOWN)]), "psbt-transaction")
