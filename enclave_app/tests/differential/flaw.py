"""The registry of flaws. A flaw makes of an honest PSBT one that must be refused, for one reason, with one tag: a function
that takes the random source, the wallet and the draft, and gives the PSBT's bytes, or the draft that it has changed."""

import collections

import honest
from building import NON_WITNESS_UTXO, encode_output
from wallet import P2PKH, P2SH_P2WPKH, P2TR, P2WPKH, RECEIVE, purpose_of

FLAWS = collections.defaultdict(list)  # from the tag to pairs of function and how the honest draft is drawn


def flaw(tag, **how):
    def register(function):
        FLAWS[tag].append((function, how))
        return function
    return register


def some_input(rng, draft):
    return rng.choice(draft.inputs)


def input_of(rng, wallet, draft, *purposes):
    """An input of one of these forms; it is added where there is none."""
    found = [one for one in draft.inputs if purpose_of(one.coin) in purposes]
    coin = wallet.coin(rng.choice(purposes), 0, RECEIVE, rng.randrange(20))
    return rng.choice(found) if found else spend_also(rng, draft, coin, 100_000)


def proved_input(rng, wallet, draft):
    """One that needs its parent."""
    return input_of(rng, wallet, draft, P2PKH, P2SH_P2WPKH, P2WPKH)


def segwit_input(rng, wallet, draft):
    """One that needs its parent and may have an amount of its own beside it."""
    return input_of(rng, wallet, draft, P2SH_P2WPKH, P2WPKH)


def taproot_input(rng, wallet, draft):
    return input_of(rng, wallet, draft, P2TR)


def proved_taproot_input(rng, wallet, draft):
    """One of taproot that brings its parent, which is more than it needs."""
    one = taproot_input(rng, wallet, draft)
    if one.fields.get(NON_WITNESS_UTXO) is None:
        created = encode_output(one.sats, one.coin.script)
        parent, txid, outputs = honest.draw_parent(rng, [created])
        one.fields.add(NON_WITNESS_UTXO, parent)
        one.outpoint = (txid, outputs.index(created))
    return one


def spend_also(rng, draft, coin, sats):
    one = honest.draw_inputs(rng, [(coin, sats)])[0]
    draft.inputs.insert(rng.randrange(len(draft.inputs) + 1), one)
    max(draft.outputs, key=lambda one: one.sats).sats += sats
    return one


def any_fields(rng, draft):
    return rng.choice([draft.globals, *(one.fields for one in (*draft.inputs, *draft.outputs))])
