"""One payment asked for again and again, its change a little smaller each time: every version is a valid replacement
of the one before, and only one can ever confirm. Each is judged as if it were alone, so no fee is over the limit."""

from building import Case, claim_ours, encode, pay, spend

PUBLISHED = "BIP 125, replacement by a higher fee"


def request(wallet, fee):
    change = claim_ours(50_000_000 - 490_000 - fee, wallet.change.script, wallet.change)
    return encode([spend(wallet.segwit, 50_000_000)], [pay(490_000), change])


def cases(wallet):
    yield Case("a fee of 2,000", request(wallet, 2_000), None)
    yield Case("then of 20,000", request(wallet, 20_000), None)
    yield Case("then of 60,000", request(wallet, 60_000), "policy-fee")
    yield Case("then of 2,000 again", request(wallet, 2_000), None)


def judge(answers):
    low, high, again = (answers[what] for what in ("a fee of 2,000", "then of 20,000", "then of 2,000 again"))
    assert (low["fee_sats"], high["fee_sats"]) == (2_000, 20_000)
    assert low["txid"] != high["txid"] and low["decision_key"] != high["decision_key"]
    assert again["psbt"] == low["psbt"]  # the same request gets the same signature, and no new chance
