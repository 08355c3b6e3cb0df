"""PSBTs that deserve their signatures, as many-sided as wallets may write them. Everything is drawn from the one `rng`."""

import math

import independent
from building import NON_WITNESS_UTXO, SIGHASH_TYPE, WITNESS_UTXO, encode_output, is_taproot, sized
from draft import (FIRST_TIME, MODIFIABLE, REQUIRED_HEIGHT, REQUIRED_TIME, Draft, Input, Output, compact_size, describe_spent, point_out,
                   u32)
from independent import compact, sha256
from wallet import CHANGE, P2PKH, P2SH_P2WPKH, P2TR, P2WPKH, RECEIVE, purpose_of

ACCOUNTS = ((P2PKH, 0), (P2SH_P2WPKH, 0), (P2WPKH, 0), (P2TR, 0), (P2WPKH, 7), (P2TR, 2**31 - 1))
REQUESTER = independent.public_bytes(independent.Ed25519PrivateKey.from_private_bytes(sha256(b"requester")))
INDEX_MAX = 10_000  # of the outputs that the wallet knows again
OUTFLOW_MAX, FEE_MAX, FEE_RATE_MAX = 5_000_000_000, 5_000_000, 2_000
SMALLEST = {P2PKH: (106, 0), P2SH_P2WPKH: (23, 107), P2WPKH: (0, 107), P2TR: (0, 66)}  # scriptSig and witness of an input

LISTED = {  # scripts of BIP 173's key and the addresses of regtest that the policy lists
    "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080": "0014751e76e8199196d454941c45d1b3a323f1433bd6",
    "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry":
        "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
    "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6":
        "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r": "76a914751e76e8199196d454941c45d1b3a323f1433bd688ac",
    "2N3vVYSK5XRgVSGWy21PnsRmBUywSQNdCsf": "a914751e76e8199196d454941c45d1b3a323f1433bd687",
}
POLICY = compact({
    "version": 1, "network": "regtest", "wallet_id": "00" * 32, "epoch": 1, "prev": None,
    "keys": {"desk": [REQUESTER.hex()], "clerk": ["aa" * 32]}, "destinations": {"listed": list(LISTED)},
    "rules": [
        {"name": "not-for-us", "from": ["clerk"], "dest": ["any"], "outflow_max_sats": 10**15,
         "fee": {"max_sats": 10**8, "max_sats_per_vbyte": 10**6}},
        {"name": "pay", "from": ["desk"], "dest": ["listed", "self"], "outflow_max_sats": OUTFLOW_MAX,
         "fee": {"max_sats": FEE_MAX, "max_sats_per_vbyte": FEE_RATE_MAX}}],
    "change": {"max_index": INDEX_MAX}})


def draw_coin(rng, wallet, branch=None, index_max=2**31 - 1):
    purpose, account = rng.choice(ACCOUNTS)
    index = rng.choice([rng.randrange(20), rng.randrange(20), rng.randrange(INDEX_MAX + 1), INDEX_MAX, index_max])
    return wallet.coin(purpose, account, rng.randrange(2) if branch is None else branch, index)


def draw_sats(rng, most):
    return int(math.exp(rng.uniform(math.log(1_000), math.log(most))))


def draw_parent(rng, created):
    """A transaction that creates these outputs, in any form, and where each of them stands in it."""
    outputs = [*created, *(encode_output(rng.randrange(10**8), rng.randbytes(rng.randrange(40)))
                           for _ in range(rng.choice([0, 0, 1, 3, 12])))]
    rng.shuffle(outputs)
    spends = rng.choice([1, 1, 2, 5])
    inputs = b"".join(rng.randbytes(32) + u32(rng.randrange(9)) + sized(rng.randbytes(rng.choice([0, 23, 107])))
                      + rng.randbytes(4) for _ in range(spends))
    body = compact_size(spends) + inputs + compact_size(len(outputs)) + b"".join(outputs)
    version, locktime = u32(rng.choice([1, 2, 2, 3])), rng.randbytes(4)
    stripped = version + body + locktime
    txid = sha256(sha256(stripped))
    if rng.random() < 0.5:
        return stripped, txid, outputs
    stacks = [[rng.randbytes(rng.randrange(1, 80)) for _ in range(rng.choice([1, 2, 4]))] for _ in range(spends)]
    witness = b"".join(compact_size(len(stack)) + b"".join(map(sized, stack)) for stack in stacks)
    return version + b"\0\1" + body + witness + locktime, txid, outputs


def draw_inputs(rng, coins):
    """Inputs that spend `coins`, pairs of coin and amount: some of one parent, all in any order."""
    inputs, rest = [], list(coins)
    while rest:
        family = [rest.pop() for _ in range(min(len(rest), rng.choice([1, 1, 2, 6])))]
        parent, txid, outputs = draw_parent(rng, [encode_output(sats, coin.script) for coin, sats in family])
        places = [place for place, _ in enumerate(outputs)]
        for coin, sats in family:
            place = next(i for i in places if outputs[i] == encode_output(sats, coin.script))
            places.remove(place)  # two coins of a family may be alike
            one = Input(coin, sats, (txid, place), rng.choice([0xFFFFFFFD, 0xFFFFFFFF, 0xFFFFFFFE, 0, rng.randrange(2**32)]))
            describe_spent(one, None if is_taproot(coin) and rng.random() < 0.5 else parent)
            inputs.append(one)
    rng.shuffle(inputs)
    return inputs


def vsize(draft):
    """Of the smallest final transaction that signatures of ours can make of it."""
    witnesses, weight = 0, 4 * len(draft.transaction())
    for one in draft.inputs:
        script_sig, witness = SMALLEST[purpose_of(one.coin)]
        weight += 4 * script_sig + witness + (is_taproot(one.coin) and one.sighash_type() == 1)
        witnesses += witness > 0
    if witnesses:  # marker, flag, and the empty ones
        weight += 2 + len(draft.inputs) - witnesses
    return (weight + 3) // 4


def fee(draft):
    return sum(one.sats for one in draft.inputs) - sum(one.sats for one in draft.outputs)


def outflow(draft):
    """What leaves, the fee included: all but what comes back to change addresses that are said to be."""
    return sum(one.sats for one in draft.inputs) - sum(one.sats for one in draft.outputs if one.is_change)


def set_fee(draft, sats):
    """Makes the fee `sats`, by the output that is worth most."""
    richest = max(draft.outputs, key=lambda one: one.sats)
    richest.sats += fee(draft) - sats
    assert richest.sats >= 0
    return draft


def draw_outputs(rng, wallet, sats):
    """Payments to listed addresses, to addresses of the wallet's own, and change; worth `sats` together."""
    kinds = rng.choices(["payment", "self", "change"], [5, 1, 3], k=rng.choice([1, 2, 2, 3, 3, 4, 9]))
    cuts = sorted(rng.randrange(sats + 1) for _ in kinds[1:])
    outputs = []
    for kind, start, end in zip(kinds, [0, *cuts], [*cuts, sats]):
        if kind == "payment":
            outputs.append(Output(end - start, bytes.fromhex(rng.choice(list(LISTED.values())))))
            continue
        coin = draw_coin(rng, wallet, CHANGE if kind == "change" else RECEIVE, INDEX_MAX)
        outputs.append(Output(end - start, coin.script, is_change=kind == "change"))
        point_out(outputs[-1].fields, coin, of_output=True)
    return outputs


def add_oddities(rng, draft):
    """What a PSBT may have besides, and what changes nothing that we sign for."""
    for one in draft.inputs:
        if rng.random() < 0.2:
            one.fields.add(SIGHASH_TYPE, u32(rng.choice([0, 1]) if is_taproot(one.coin) else 1))
        if one.fields.get(NON_WITNESS_UTXO) and not is_taproot(one.coin) and rng.random() < 0.1:
            one.fields.drop(WITNESS_UTXO[0])  # the parent says it
        if is_taproot(one.coin) and rng.random() < 0.3:
            one.fields.add(b"\x17", one.coin.public_key[1:])  # TAP_INTERNAL_KEY
        if rng.random() < 0.1:  # a cosigner's key, as a wallet of several would write it
            point = independent.public_point(sha256(rng.randbytes(8)))
            path = b"".join(u32(rng.randrange(2**32)) for _ in range(rng.randrange(4)))
            one.fields.add(b"\x06" + point, rng.randbytes(4) + path)
    for fields in (draft.globals, *(one.fields for one in (*draft.inputs, *draft.outputs))):
        if rng.random() < 0.1:
            fields.add(bytes([rng.choice([0x40, 0x7F, 0xEF])]) + rng.randbytes(rng.randrange(5)), rng.randbytes(rng.choice([1, 9, 300])))
        if rng.random() < 0.05:  # PROPRIETARY: identifier, subtype, data
            fields.add(b"\xfc\x03ben" + rng.randbytes(3), rng.randbytes(5))
        rng.shuffle(fields.pairs)


def write_as_version_2(rng, draft):
    """The same transaction, in the fields of BIP 370; its lock time by the inputs' or the fallback."""
    draft.psbt_version, draft.structure_last = 2, rng.random() < 0.5
    draft.version = max(draft.version, 2)  # what wallycore 1.5.6 wants of a version 2
    if rng.random() < 0.3:
        draft.globals.add(MODIFIABLE, bytes([rng.randrange(8)]))
    if draft.locktime == 0 or rng.random() < 0.5:
        draft.fallback = draft.locktime
        return
    draft.fallback = rng.choice([0, rng.randrange(2**32)])
    key, other, least = ((REQUIRED_HEIGHT, (REQUIRED_TIME, rng.randrange(FIRST_TIME, 2**32)), 1) if draft.locktime < FIRST_TIME
                         else (REQUIRED_TIME, None, FIRST_TIME))
    for place, one in enumerate(rng.sample(draft.inputs, rng.randrange(1, len(draft.inputs) + 1))):
        mine = (key, draft.locktime if place == 0 else rng.randrange(least, draft.locktime + 1))
        one.locks = (mine, other) if other and rng.random() < 0.3 else (mine,)  # where both fit, the height counts


def as_version_0(draft):
    draft.psbt_version = 0
    draft.globals.drop(MODIFIABLE[0])
    return draft


def as_version_2(draft):
    draft.psbt_version = 2
    return draft


def draw(rng, wallet, count=None, each_sats=None):
    """An honest PSBT of `count` inputs; with `each_sats`, of so much each."""
    if count is None:
        count = rng.choice([1, 1, 1, 2, 2, 3, 4, 5, 5, rng.randrange(6, 21), rng.choice([10, rng.randrange(21, 100)])])
    coins = [(draw_coin(rng, wallet), each_sats or draw_sats(rng, OUTFLOW_MAX // count)) for _ in range(count)]
    draft = Draft(rng.choice([1, 2, 2, 2, 3, 0x7FFFFFFF, 0xFFFFFFFF]),
                  rng.choice([0, 0, 800_000, 500_000_000, 1_800_000_000, rng.randrange(2**32)]))
    draft.inputs = draw_inputs(rng, coins)
    total = sum(sats for _, sats in coins)
    draft.outputs = draw_outputs(rng, wallet, total)
    add_oddities(rng, draft)
    if rng.random() < 0.4:
        write_as_version_2(rng, draft)
    rate = rng.choice([0, 1, rng.randrange(1, 30), rng.randrange(FEE_RATE_MAX), FEE_RATE_MAX])
    return set_fee(draft, min(rate * vsize(draft), FEE_MAX, max(one.sats for one in draft.outputs)))
