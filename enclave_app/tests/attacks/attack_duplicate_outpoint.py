"""One coin spent twice in one transaction: its amount would count twice."""

from building import Case, encode, pay, spend

PUBLISHED = "CVE-2018-17144"


def cases(wallet):
    for form, coin in (("P2WPKH", wallet.segwit), ("P2TR", wallet.taproot)):
        twice = [spend(coin, 500_000), spend(coin, 500_000)]
        yield Case(f"{form} twice", encode(twice, [pay(990_000)]), "psbt-duplicate-input")
        between = [twice[0], spend(wallet.segwit_second, 500_000, salt=b"between"), twice[1]]
        yield Case(f"{form} twice, another between", encode(between, [pay(1_490_000)]), "psbt-duplicate-input")
