"""A P2WPKH input says that its coin is smaller than it is. A version 0 signature commits to the amount of its own
input alone, so whoever believes it shows a small fee and signs a large one away."""

from building import NON_WITNESS_UTXO, WITNESS_UTXO, Case, encode, encode_output, pay, spend

PUBLISHED = "BIP 174, signer: amounts come from non_witness_utxo, whose hash is in the outpoint"


def cases(wallet):
    coin = wallet.segwit
    claim = encode_output(100_000, coin.script)  # the coin has 50 million

    lied = spend(coin, 50_000_000)
    lied.fields[WITNESS_UTXO] = claim
    del lied.fields[NON_WITNESS_UTXO]
    yield Case("witness_utxo alone", encode([lied], [pay(90_000)]), "psbt-missing-parent")

    contradicted = spend(coin, 50_000_000)
    contradicted.fields[WITNESS_UTXO] = claim
    yield Case("beside the coin's true transaction", encode([contradicted], [pay(90_000)]), "psbt-utxo-mismatch")
