"""A signature that does not commit to every input and output lets others change where the coins go."""

from building import SIGHASH_TYPE, Case, encode, pay, spend

PUBLISHED = "BIP 174, signer: an unacceptable sighash type must fail"

TYPES = {"NONE": 2, "SINGLE": 3, "ALL|ANYONECANPAY": 0x81, "NONE|ANYONECANPAY": 0x82, "SINGLE|ANYONECANPAY": 0x83}
UNKNOWN = {"0x04": 4, "0x50": 0x50, "0x80": 0x80, "0x101, whose last byte is ALL": 0x101}


def cases(wallet):
    def attack(what, coin, kind):
        spent = spend(coin, 500_000)
        spent.fields[SIGHASH_TYPE] = kind.to_bytes(4, "little")
        return Case(what, encode([spent], [pay(490_000)]), "psbt-sighash")

    for form, coin in (("P2WPKH", wallet.segwit), ("P2TR", wallet.taproot)):
        for name, kind in {**TYPES, **UNKNOWN}.items():
            yield attack(f"{form}, {name}", coin, kind)
    yield attack("P2WPKH, DEFAULT", wallet.segwit, 0)
