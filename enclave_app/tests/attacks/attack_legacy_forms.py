"""The forms from before segwit: a P2PKH signature commits to no amount at all, a P2SH script says nothing of what it
hashes, and every P2PKH input hashes the whole transaction again."""

from building import (DERIVATION, KNOWN, NON_WITNESS_UTXO, REDEEM_SCRIPT, WITNESS_SCRIPT, WITNESS_UTXO, Case, encode,
                      encode_output, p2wpkh, pay, spend)

PUBLISHED = "BIP 174, signer: checks of witness_utxo, non_witness_utxo and redeemScript; CVE-2013-2292 for the hashing"


def cases(wallet):
    def attack(what, coin, tag, change, sats=500_000):
        spent = spend(coin, sats)
        change(spent)
        return Case(what, encode([spent], [pay(490_000)]), tag)

    def lie(spent):
        del spent.fields[NON_WITNESS_UTXO]
        spent.fields[WITNESS_UTXO] = encode_output(500_000, wallet.legacy.script)

    def two_claims(spent):
        spent.fields[WITNESS_UTXO] = encode_output(500_000, wallet.legacy.script)

    def other_script(spent):
        spent.fields[REDEEM_SCRIPT] = p2wpkh(wallet.segwit.public_key)

    yield attack("P2PKH, its amount on the request's word", wallet.legacy, "psbt-missing-parent", lie, 100_000_000)
    yield attack("P2PKH with witness_utxo beside its parent", wallet.legacy, "psbt-legacy-witness", two_claims)
    yield attack("P2PKH with a redeem script", wallet.legacy, "psbt-input-nested", other_script)
    yield attack("P2SH without its redeem script", wallet.nested, "psbt-redeem-script",
                 lambda spent: spent.fields.pop(REDEEM_SCRIPT))
    yield attack("P2SH with the redeem script of another key", wallet.nested, "psbt-redeem-script", other_script)
    yield attack("P2SH-P2WPKH with a witness script", wallet.nested, "psbt-input-nested",
                 lambda spent: spent.fields.update({WITNESS_SCRIPT: b"\x51"}))
    yield attack("P2SH-P2WPKH, its amount on the request's word", wallet.nested, "psbt-missing-parent",
                 lambda spent: spent.fields.pop(NON_WITNESS_UTXO))
    spent = spend(wallet.segwit, 500_000)
    spent.fields[DERIVATION + wallet.segwit.public_key] = spend(wallet.legacy, 500_000).fields[
        DERIVATION + wallet.legacy.public_key]
    yield Case("P2WPKH under the path of a P2PKH account", encode([spent], [pay(490_000)]), "psbt-input-foreign")
    many = [spend(wallet.legacy, 1_000, salt=b"%d" % number) for number in range(800)]
    yield Case("800 P2PKH inputs: 26 million bytes to hash", encode(many, [pay(790_000, KNOWN)]), "psbt-legacy-limit")
