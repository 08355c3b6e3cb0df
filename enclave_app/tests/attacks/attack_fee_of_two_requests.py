"""Two requests for one transaction of two inputs: each tells the truth about one amount and a small lie about the
other. Each shows a small fee, and the true one's signature of each makes a transaction that burns the rest."""

from building import NON_WITNESS_UTXO, WITNESS_UTXO, Case, encode, encode_output, pay, spend

PUBLISHED = "CVE-2020-14199"


def halves(wallet, with_parents):
    true = 50_000_000
    coins = wallet.segwit, wallet.segwit_second
    for liar in (0, 1):
        inputs = [spend(coin, true, salt=bytes([number])) for number, coin in enumerate(coins)]
        inputs[liar].fields[WITNESS_UTXO] = encode_output(1_000_000, coins[liar].script)
        if not with_parents:
            for one in inputs:
                del one.fields[NON_WITNESS_UTXO]
        yield encode(inputs, [pay(50_990_000)])


def cases(wallet):
    for number, psbt in enumerate(halves(wallet, with_parents=False)):
        yield Case(f"2+1 and 1+2, request {number + 1}", psbt, "psbt-missing-parent")
    for number, psbt in enumerate(halves(wallet, with_parents=True)):
        yield Case(f"the same with the true transactions, request {number + 1}", psbt, "psbt-utxo-mismatch")
