"""Flaws of what the transaction does: amounts, fees, and where the money goes."""

import honest
from building import THIEF, is_taproot
from draft import Output, point_out
from flaw import flaw, spend_also
from honest import FEE_MAX, FEE_RATE_MAX, INDEX_MAX, OUTFLOW_MAX, fee, set_fee, vsize
from wallet import CHANGE, P2PKH, P2SH_P2WPKH, P2TR, P2WPKH, RECEIVE, p2pkh, p2sh

COIN = 100_000_000
AMOUNT_MAX = 21_000_000 * COIN

# Amounts and fees.

@flaw("psbt-amount")
def an_output_of_more_than_there_is(rng, wallet, draft):
    rng.choice(draft.outputs).sats = rng.choice([AMOUNT_MAX + 1, 2**63, 2**63 - 1, 2**64 - 1, 2**64 - 1_000])
    return draft


@flaw("psbt-amount")
def outputs_of_more_than_there_is_together(rng, wallet, draft):
    script = bytes.fromhex(rng.choice(list(honest.LISTED.values())))
    draft.outputs += [Output(AMOUNT_MAX // 2 + 1, script), Output(AMOUNT_MAX // 2 + 1, script)]
    return draft


@flaw("psbt-amount")
def outputs_above_the_inputs(rng, wallet, draft):
    rng.choice(draft.outputs).sats += fee(draft) + rng.choice([1, 1_000, COIN])
    return draft


@flaw("psbt-amount")
def an_input_of_more_than_there_is(rng, wallet, draft):
    spend_also(rng, draft, honest.draw_coin(rng, wallet), rng.choice([AMOUNT_MAX + 1, 2**63, 2**64 - 1_000]))
    draft.outputs = draft.outputs[:1]
    draft.outputs[0].sats = 1_000
    return draft


@flaw("psbt-amount")
def inputs_of_more_than_there_is_together(rng, wallet, draft):
    for _ in range(2):
        spend_also(rng, draft, honest.draw_coin(rng, wallet), AMOUNT_MAX // 2 + 1)
    draft.outputs = draft.outputs[:1]
    draft.outputs[0].sats = AMOUNT_MAX
    return draft


@flaw("psbt-fee", count=3, each_sats=COIN)
def a_fee_over_the_hard_limit(rng, wallet, draft):
    return set_fee(draft, 10_000_000 + rng.choice([1, 1, 1_000, 10_000_000]))


@flaw("psbt-fee", count=1, each_sats=COIN)
def an_output_forgotten(rng, wallet, draft):
    draft.outputs = [Output(1_000, bytes.fromhex(next(iter(honest.LISTED.values()))))]
    return draft


@flaw("psbt-fee-rate", count=2, each_sats=COIN)
def a_rate_over_the_hard_limit(rng, wallet, draft):
    return set_fee(draft, 10_000 * vsize(draft) + rng.choice([1, 1, 1_000]))


@flaw("policy-fee", count=12, each_sats=COIN)
def a_fee_over_the_policys(rng, wallet, draft):
    return set_fee(draft, FEE_MAX + rng.choice([1, 1, 1_000]))


@flaw("policy-fee-rate", count=2, each_sats=COIN)
def a_rate_over_the_policys(rng, wallet, draft):
    return set_fee(draft, FEE_RATE_MAX * vsize(draft) + rng.choice([1, 1, 1_000]))


@flaw("policy-outflow", count=4, each_sats=20 * COIN)
def more_than_the_policy_lets_out(rng, wallet, draft):
    payment = Output(0, bytes.fromhex(rng.choice(list(honest.LISTED.values()))))
    change = Output(0, wallet.coin(P2TR, 0, CHANGE, 3).script)
    point_out(change.fields, wallet.coin(P2TR, 0, CHANGE, 3), of_output=True)
    change.sats = 80 * COIN - OUTFLOW_MAX - rng.choice([1, 1, COIN])
    draft.outputs = [change, payment]
    payment.sats = fee(draft) - 10_000
    return draft


@flaw("policy-outflow", count=4, each_sats=20 * COIN)
def change_that_goes_to_a_receive_address(rng, wallet, draft):
    """Ours, but money at an address that others know is no change."""
    coin = honest.draw_coin(rng, wallet, RECEIVE, INDEX_MAX)
    draft.outputs = [Output(0, coin.script)]
    point_out(draft.outputs[0].fields, coin, of_output=True)
    return set_fee(draft, 10_000)


# Where the money goes.

def change_to(rng, wallet, draft, script, coin):
    draft.outputs.append(Output(0, script))
    point_out(draft.outputs[-1].fields, coin, of_output=True)
    return draft


@flaw("policy-destination")
def somebody_whom_nobody_listed(rng, wallet, draft):
    draft.outputs.append(Output(0, rng.choice([THIEF, b"\0\x14" + rng.randbytes(20), b"\x6a", b"", b"\x6a\x04text", p2pkh(b""), p2sh(b"")])))
    return draft


@flaw("policy-destination")
def a_listed_script_with_a_bit_changed(rng, wallet, draft):
    script = bytearray(bytes.fromhex(rng.choice(list(honest.LISTED.values()))))
    script[rng.randrange(len(script))] ^= 1 << rng.randrange(8)
    draft.outputs.append(Output(0, bytes(script)))
    return draft


@flaw("policy-destination")
def change_to_a_thief_under_our_path(rng, wallet, draft):
    coin = honest.draw_coin(rng, wallet, CHANGE, INDEX_MAX)
    return change_to(rng, wallet, draft, THIEF if is_taproot(coin) else b"\0\x14" + rng.randbytes(20), coin)


@flaw("policy-destination")
def change_at_an_index_beyond_the_limit(rng, wallet, draft):
    coin = wallet.coin(*rng.choice(honest.ACCOUNTS), rng.randrange(2), INDEX_MAX + rng.choice([1, 1, 2, 9]))
    return change_to(rng, wallet, draft, coin.script, coin)


@flaw("policy-destination")
def change_to_an_account_that_is_not_configured(rng, wallet, draft):
    coin = wallet.coin(rng.choice([P2PKH, P2SH_P2WPKH, P2WPKH, P2TR]), rng.choice([1, 2, 8]), CHANGE, rng.randrange(9))
    return change_to(rng, wallet, draft, coin.script, coin)


@flaw("policy-destination")
def change_without_its_path(rng, wallet, draft):
    draft.outputs.append(Output(0, honest.draw_coin(rng, wallet, CHANGE, INDEX_MAX).script))
    return draft
