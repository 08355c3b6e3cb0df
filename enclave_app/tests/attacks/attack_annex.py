"""A witness that the request brings along: an annex would change what a taproot signature commits to, a signature of
somebody else would pass for the wallet's."""

from building import Case, encode, pay, sized, spend

PUBLISHED = "BIP 341, annex: must not be included until it has a meaning"
FINAL_SCRIPT_SIG, FINAL_SCRIPT_WITNESS, PARTIAL_SIGNATURE, TAP_KEY_SIGNATURE = b"\7", b"\x08", b"\2", b"\x13"


def cases(wallet):
    def attack(what, coin, key, value, tag="psbt-input-signed"):
        spent = spend(coin, 500_000)
        spent.fields[key] = value
        return Case(what, encode([spent], [pay(490_000)]), tag)

    annex = b"\2" + sized(bytes(64)) + sized(b"\x50annex")
    yield attack("a final witness with an annex", wallet.taproot, FINAL_SCRIPT_WITNESS, annex)
    yield attack("a final scriptSig", wallet.segwit, FINAL_SCRIPT_SIG, b"\x51")
    yield attack("a taproot signature", wallet.taproot, TAP_KEY_SIGNATURE, bytes(64))
    yield attack("a partial signature", wallet.segwit, PARTIAL_SIGNATURE + wallet.segwit.public_key, bytes(71))
    yield attack("a redeem script", wallet.segwit, b"\4", b"\x51", "psbt-input-nested")
    yield attack("a witness script", wallet.segwit, b"\5", b"\x51", "psbt-input-nested")
