"""An input that is not the wallet's, or is and says otherwise: in a transaction made with others, coins of one's own
that pass for theirs are spent uncounted."""

from building import DERIVATION, TAP_DERIVATION, THIEF, Case, encode, origin, pay, spend

PUBLISHED = "SLIP-19, ownership of the inputs of a CoinJoin"


def cases(wallet):
    def attack(what, foreign, sats=990_000):
        return Case(what, encode([spend(wallet.taproot, 500_000), foreign], [pay(sats)]), "psbt-input-foreign")

    theirs = spend(wallet.taproot_second._replace(script=THIEF), 500_000, salt=b"theirs")
    yield attack("a stranger's, under our path", theirs)
    bare = spend(wallet.taproot_second, 500_000, salt=b"bare")
    bare.fields = {key: value for key, value in bare.fields.items() if key[:1] != TAP_DERIVATION}
    yield attack("ours, without a path", bare)
    other_path = spend(wallet.segwit, 500_000, salt=b"path")
    other_path.fields[DERIVATION + wallet.segwit.public_key] = origin(wallet.segwit_second)
    yield attack("ours, under the path of another coin of ours", other_path)
    other_print = spend(wallet.taproot_second, 500_000, salt=b"print")
    key = TAP_DERIVATION + wallet.taproot_second.public_key[1:]
    other_print.fields[key] = b"\0" + bytes(4) + origin(wallet.taproot_second)[4:]
    yield attack("ours, under another fingerprint", other_print)
