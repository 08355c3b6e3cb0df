"""A taproot coin's amount is claimed by nobody but the request. The signature commits to every amount (BIP 341), so
one over a lie is worthless; but the transaction's id is the same with any amount, and a decision that is remembered
by the id would be used again for the truth."""

from building import Case, encode, pay, spend

PUBLISHED = "BIP 341, sha_amounts; the id of a transaction does not commit to what it spends"


def request(wallet, sats):
    return encode([spend(wallet.taproot, sats)], [pay(490_000)])


def cases(wallet):
    yield Case("a small amount", request(wallet, 500_000), None)
    yield Case("the same transaction with the true amount", request(wallet, 50_000_000), "psbt-fee")
    yield Case("the same with another small amount", request(wallet, 505_000), None)


def judge(answers):
    """Each decision is of its own amounts: nothing that was said of one counts for another."""
    first, second = (answers[what] for what in ("a small amount", "the same with another small amount"))
    assert first["txid"] == second["txid"]
    assert first["decision_key"] != second["decision_key"] and first["psbt"] != second["psbt"]
    assert (first["fee_sats"], second["fee_sats"]) == (10_000, 15_000)
