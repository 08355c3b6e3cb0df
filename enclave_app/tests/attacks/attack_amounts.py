"""Amounts that no coin can have, and sums that overflow 64 bits to a small number."""

from building import Case, encode, pay, spend

PUBLISHED = "CVE-2010-5139"
SUPPLY = 21_000_000 * 100_000_000


def cases(wallet):
    def outputs(what, *sats):
        return Case(what, encode([spend(wallet.taproot, 500_000)], [pay(each) for each in sats]), "psbt-amount")

    yield outputs("an output of over 21 million BTC", SUPPLY + 1)
    yield outputs("outputs of over 21 million BTC together", SUPPLY, 1)
    yield outputs("a negative output", -1, 490_001)
    yield outputs("outputs whose sum overflows to 490,000", (1 << 63) + 490_000, 1 << 63)
    yield outputs("outputs above the inputs", 500_001)
    yield Case("an input of over 21 million BTC", encode(
        [spend(wallet.taproot, SUPPLY + 1)], [pay(490_000)]), "psbt-amount")
    yield Case("inputs whose sum overflows to 500,000", encode(
        [spend(wallet.taproot, (1 << 63) + 500_000), spend(wallet.taproot_second, 1 << 63, salt=b"2")], [pay(490_000)]),
        "psbt-amount")
