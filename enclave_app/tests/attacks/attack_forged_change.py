"""An output that claims to come back to the wallet. Believed, it would pay past every limit; so what a request says of
an output is a hint alone, and the script is derived again."""

from building import THIEF, Case, claim_ours, encode, is_taproot, origin, p2wpkh, pay, spend

PUBLISHED = "BIP 174, change detection: the signer must derive the output itself"


def cases(wallet):
    change = wallet.change
    stranger = bytes.fromhex("02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5")  # of the secret 2
    assert is_taproot(change) and not is_taproot(wallet.segwit_change)

    def attack(what, output):
        inputs = [spend(wallet.taproot, 50_000_000), spend(wallet.segwit, 500_000)]
        return Case(what, encode(inputs, [pay(480_000), output]), "policy-destination")

    yield attack("a thief's script, our path and key", claim_ours(50_000_000, THIEF, change))
    yield attack("a thief's key, our path", claim_ours(
        50_000_000, p2wpkh(stranger), wallet.segwit_change._replace(public_key=stranger)))
    yield attack("our key in another script", claim_ours(
        50_000_000, p2wpkh(b"\2" + change.public_key[1:]), change))
    yield attack("our key untweaked, spendable by its script path alone", claim_ours(
        50_000_000, b"\x51\x20" + change.public_key[1:], change))
    yield attack("an index over the policy's limit", claim_ours(50_000_000, wallet.far_change.script, wallet.far_change))
    yield attack("the path of another index", claim_ours(
        50_000_000, change.script, change._replace(path=[*change.path[:-1], change.path[-1] + 1])))
    account = [*change.path[:2], change.path[2] + 1, *change.path[3:]]
    yield attack("our script, another account's path", claim_ours(50_000_000, change.script, change._replace(path=account)))
    other = wallet.other_account  # of the same seed, and told honestly; the config does not have it
    assert other.path[:3] == account[:3] and other.script != change.script
    yield attack("an account of our seed that is not configured", claim_ours(50_000_000, other.script, other))
    yield attack("a receive address called change", claim_ours(
        50_000_000, wallet.taproot_second.script, wallet.taproot_second))
    yield attack("another wallet's fingerprint", claim_ours(
        50_000_000, change.script, change._replace(fingerprint=bytes(4))))
    both = claim_ours(50_000_000, THIEF, change)
    both.fields |= claim_ours(0, b"", wallet.segwit_change).fields
    yield attack("two claims, of both kinds", both)
    assert origin(change) in next(iter(both.fields.values()))
