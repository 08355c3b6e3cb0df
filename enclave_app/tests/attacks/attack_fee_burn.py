"""The coins go to no thief, but to the miners: for a share, for a ransom, or for harm."""

from building import Case, claim_ours, encode, pay, spend

PUBLISHED = "Validating Lightning Signer, policy-onchain-fee-range"


def cases(wallet):
    yield Case("all but dust", encode([spend(wallet.taproot, 50_000_000)], [pay(330)]), "psbt-fee")
    yield Case("0.1 BTC and one satoshi", encode([spend(wallet.taproot, 50_000_000)], [pay(39_999_999)]), "psbt-fee")
    yield Case("over the policy's limit", encode([spend(wallet.taproot, 500_000)], [pay(449_999)]), "policy-fee")
    yield Case("over the policy's rate", encode([spend(wallet.taproot, 500_000)], [pay(475_000)]), "policy-fee-rate")
    honest_change = claim_ours(49_400_000, wallet.change.script, wallet.change)
    yield Case("beside honest change", encode(
        [spend(wallet.segwit, 50_000_000)], [pay(490_000), honest_change]), "policy-fee")
