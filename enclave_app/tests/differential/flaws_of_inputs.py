"""Flaws of inputs: not in a form that is signed, not proved, not ours."""

import honest
from building import DERIVATION, NON_WITNESS_UTXO, SIGHASH_TYPE, TAP_DERIVATION, WITNESS_UTXO, encode_output, is_taproot, p2wpkh
from draft import DERIVATIONS, REDEEM_SCRIPT, Output, point_out, u32
from flaw import flaw, input_of, proved_input, proved_taproot_input, segwit_input, some_input, spend_also, taproot_input
from independent import HARDENED, sha256
from wallet import P2PKH, P2SH_P2WPKH, P2TR, P2WPKH, RECEIVE, p2pkh, p2sh, purpose_of

COIN = 100_000_000
FORMS = (P2PKH, P2SH_P2WPKH, P2WPKH, P2TR)
LEGACY_SIGHASH_BYTES_MAX = 25_000_000

# Inputs that are not as ours are.

@flaw("psbt-input-nested")
def a_witness_script(rng, wallet, draft):
    one = some_input(rng, draft)
    one.fields.add(b"\5", rng.choice([rng.randbytes(rng.randrange(40)), p2wpkh(one.coin.public_key)]))
    return draft


@flaw("psbt-input-nested")
def a_redeem_script_where_none_is(rng, wallet, draft):
    one = input_of(rng, wallet, draft, P2PKH, P2WPKH, P2TR)
    one.fields.add(REDEEM_SCRIPT, rng.choice([rng.randbytes(rng.randrange(40)), p2wpkh(one.coin.public_key)]))
    return draft


@flaw("psbt-redeem-script")
def no_redeem_script(rng, wallet, draft):
    input_of(rng, wallet, draft, P2SH_P2WPKH).fields.drop(REDEEM_SCRIPT[0])
    return draft


@flaw("psbt-redeem-script")
def the_redeem_script_of_another_key(rng, wallet, draft):
    other = wallet.coin(P2SH_P2WPKH, 0, RECEIVE, 700 + rng.randrange(9)).public_key
    input_of(rng, wallet, draft, P2SH_P2WPKH).fields.set(REDEEM_SCRIPT, p2wpkh(other))
    return draft


@flaw("psbt-redeem-script")
def a_bit_of_the_redeem_script(rng, wallet, draft):
    one = input_of(rng, wallet, draft, P2SH_P2WPKH)
    script = bytearray(p2wpkh(one.coin.public_key))
    script[rng.randrange(22)] ^= 1 << rng.randrange(8)
    one.fields.set(REDEEM_SCRIPT, bytes(script))
    return draft


@flaw("psbt-legacy-witness")
def an_amount_beside_a_legacy_coins_parent(rng, wallet, draft):
    one = input_of(rng, wallet, draft, P2PKH)
    one.fields.add(WITNESS_UTXO, encode_output(one.sats, one.coin.script))
    return draft


@flaw("psbt-legacy-limit")
def much_to_hash_again_and_again(rng, wallet, draft):
    while (count := sum(purpose_of(one.coin) == P2PKH for one in draft.inputs)) < rng.choice([20, 30]):
        spend_also(rng, draft, wallet.coin(P2PKH, 0, RECEIVE, count), 100_000)
    draft.outputs.append(Output(0, bytes(LEGACY_SIGHASH_BYTES_MAX // count)))
    draft.outputs[-1].script = bytes(LEGACY_SIGHASH_BYTES_MAX // count + len(draft.outputs[-1].script) - len(draft.transaction()) + 1)
    return draft


@flaw("psbt-input-signed")
def signed_already(rng, wallet, draft):
    one = some_input(rng, draft)
    one.fields.add(*rng.choice([(b"\2" + one.coin.public_key, rng.randbytes(71)), (b"\2" + b"\4" + rng.randbytes(64), rng.randbytes(71)),
                                (b"\x13", rng.randbytes(rng.choice([64, 65]))), (b"\x14" + rng.randbytes(64), rng.randbytes(64))]))
    return draft


@flaw("psbt-input-signed")
def final_already(rng, wallet, draft):
    some_input(rng, draft).fields.add(*rng.choice([(b"\7", rng.randbytes(30)), (b"\7", b""), (b"\x08", b"\1\2\3\4"), (b"\x08", b"")]))
    return draft


@flaw("psbt-duplicate-input")
def one_coin_twice(rng, wallet, draft):
    one = some_input(rng, draft)
    draft.inputs.insert(rng.randrange(len(draft.inputs) + 1), one)
    return draft


@flaw("psbt-duplicate-input")
def one_coin_twice_with_another_sequence(rng, wallet, draft):
    one = some_input(rng, draft)
    draft.inputs.append(type(one)(one.coin, one.sats, one.outpoint, one.sequence ^ 1, b"", one.fields))
    return draft


def give_another_parent(rng, one):
    """One that creates the same coin."""
    one.fields.set(NON_WITNESS_UTXO, honest.draw_parent(rng, [encode_output(one.sats, one.coin.script)])[0])


@flaw("psbt-parent-mismatch")
def another_parent(rng, wallet, draft):
    one = proved_input(rng, wallet, draft)
    give_another_parent(rng, one)
    return draft


@flaw("psbt-parent-mismatch")
def an_output_that_the_parent_lacks(rng, wallet, draft):
    one = proved_input(rng, wallet, draft)
    one.outpoint = (one.outpoint[0], rng.choice([18, 1_000, 0xFFFFFFFF]))
    return draft


@flaw("psbt-parent-mismatch")
def a_bit_of_the_txid(rng, wallet, draft):
    one = proved_input(rng, wallet, draft)
    txid = bytearray(one.outpoint[0])
    txid[rng.randrange(32)] ^= 1 << rng.randrange(8)
    one.outpoint = (bytes(txid), one.outpoint[1])
    return draft


@flaw("psbt-parent-mismatch")
def a_parent_with_a_lied_amount(rng, wallet, draft):
    one = segwit_input(rng, wallet, draft)
    honest_output, lied = (encode_output(sats, one.coin.script) for sats in (one.sats, one.sats + 1_000))
    one.fields.set(NON_WITNESS_UTXO, one.fields.get(NON_WITNESS_UTXO).replace(honest_output, lied))
    one.fields.set(WITNESS_UTXO, lied)
    return draft


@flaw("psbt-parent-mismatch")
def a_taproot_coins_parent_that_is_another(rng, wallet, draft):
    one = taproot_input(rng, wallet, draft)
    give_another_parent(rng, one)
    return draft


@flaw("psbt-utxo-mismatch")
def an_amount_other_than_the_parents(rng, wallet, draft):
    one = segwit_input(rng, wallet, draft)
    one.fields.set(WITNESS_UTXO, encode_output(one.sats + rng.choice([-1, 1, COIN]), one.coin.script))
    return draft


@flaw("psbt-utxo-mismatch")
def a_script_other_than_the_parents(rng, wallet, draft):
    one = segwit_input(rng, wallet, draft)
    one.fields.set(WITNESS_UTXO, encode_output(one.sats, wallet.coin(P2WPKH, 0, RECEIVE, 500 + rng.randrange(9)).script))
    return draft


@flaw("psbt-utxo-mismatch")
def a_taproot_amount_other_than_the_parents(rng, wallet, draft):
    one = proved_taproot_input(rng, wallet, draft)
    one.fields.set(WITNESS_UTXO, encode_output(one.sats - 1, one.coin.script))
    return draft


@flaw("psbt-missing-utxo")
def no_word_on_the_coin(rng, wallet, draft):
    some_input(rng, draft).fields.drop(NON_WITNESS_UTXO[0], WITNESS_UTXO[0])
    return draft


@flaw("psbt-missing-utxo")
def taproot_with_a_parent_alone(rng, wallet, draft):
    proved_taproot_input(rng, wallet, draft).fields.drop(WITNESS_UTXO[0])
    return draft


@flaw("psbt-missing-parent")
def an_amount_that_nothing_proves(rng, wallet, draft):
    one = segwit_input(rng, wallet, draft)
    one.fields.drop(NON_WITNESS_UTXO[0])
    one.fields.set(WITNESS_UTXO, encode_output(one.sats, one.coin.script))
    return draft


@flaw("psbt-missing-parent")
def no_amount_is_proved(rng, wallet, draft):
    proved_input(rng, wallet, draft)
    for one in draft.inputs:
        one.fields.drop(NON_WITNESS_UTXO[0])
        one.fields.set(WITNESS_UTXO, encode_output(one.sats, one.coin.script))
    return draft


@flaw("psbt-input-script")
def a_script_of_another_form(rng, wallet, draft):
    coin = wallet.coin(P2WPKH, 0, RECEIVE, rng.randrange(20))
    key = coin.public_key
    script = rng.choice([
        b"\0\x20" + sha256(b"\x51"), b"\x52\x20" + rng.randbytes(32), b"\x51\x02\x4e\x73",
        b"\x21" + key + b"\xac", b"\x51\x21" + key + b"\x51\xae", b"", b"\x51", b"\x6a\x04test", b"\x60\x28" + rng.randbytes(40),
        b"\x51\x1f" + rng.randbytes(31), b"\0\x13" + rng.randbytes(19), rng.randbytes(22)])
    spend_also(rng, draft, coin._replace(script=script), 100_000)
    return draft


@flaw("psbt-sighash")
def a_hash_type_that_leaves_something_open(rng, wallet, draft):
    some_input(rng, draft).fields.set(SIGHASH_TYPE, u32(rng.choice([2, 3, 0x81, 0x82, 0x83])))
    return draft


@flaw("psbt-sighash")
def a_hash_type_that_nobody_knows(rng, wallet, draft):
    some_input(rng, draft).fields.set(SIGHASH_TYPE, u32(rng.choice([4, 0x40, 0x80, 0x101, 0x01000000, 0x80000001, 0xFFFFFFFF])))
    return draft


@flaw("psbt-sighash")
def taproots_hash_type_without_taproot(rng, wallet, draft):
    proved_input(rng, wallet, draft).fields.set(SIGHASH_TYPE, u32(0))
    return draft


# Inputs that are not ours.

def hint(one):
    """The input's derivation field, its path and how such a field is written."""
    key, value = next(pair for pair in one.fields.pairs if pair[0][1:] in (one.coin.public_key, one.coin.public_key[1:])
                      and pair[0][0] in DERIVATIONS)
    head = b"\0" if is_taproot(one.coin) else b""
    return key, lambda path, fingerprint=one.coin.fingerprint: one.fields.set(
        key, head + fingerprint + b"".join(map(u32, path)))


@flaw("psbt-input-foreign")
def no_path(rng, wallet, draft):
    some_input(rng, draft).fields.drop(*DERIVATIONS)
    return draft


@flaw("psbt-input-foreign")
def a_path_of_another_wallet(rng, wallet, draft):
    one = some_input(rng, draft)
    hint(one)[1](one.coin.path, rng.randbytes(4))
    return draft


@flaw("psbt-input-foreign")
def a_path_that_is_not_the_coins(rng, wallet, draft):
    one = some_input(rng, draft)
    path = list(one.coin.path)
    step = rng.randrange(5)
    path[step] = rng.choice([path[step] ^ HARDENED, path[step] ^ 1, path[step] ^ 2])
    hint(one)[1](path)
    return draft


@flaw("psbt-input-foreign")
def a_path_too_short_or_too_long(rng, wallet, draft):
    one = some_input(rng, draft)
    hint(one)[1](rng.choice([one.coin.path[:rng.randrange(5)], [*one.coin.path, 0]]))
    return draft


@flaw("psbt-input-foreign")
def a_strangers_coin_under_our_path(rng, wallet, draft):
    coin = honest.draw_coin(rng, wallet)
    script = {P2PKH: p2pkh, P2SH_P2WPKH: p2sh, P2WPKH: p2wpkh, P2TR: lambda key: b"\x51\x20" + key[1:]}[purpose_of(coin)](
        b"\2" + rng.randbytes(32))
    spend_also(rng, draft, coin._replace(script=script), 100_000)
    return draft


@flaw("psbt-input-foreign")
def an_account_that_is_not_configured(rng, wallet, draft):
    spend_also(rng, draft, wallet.coin(rng.choice(FORMS), rng.choice([1, 2, 8]), rng.randrange(2), rng.randrange(9)), 100_000)
    return draft


@flaw("psbt-input-foreign")
def a_lie_before_the_truth(rng, wallet, draft):
    """Two hints that are ours: the first decides, or a list of them would cost a derivation each."""
    one = some_input(rng, draft)
    key, _ = hint(one)
    lie = wallet.coin(purpose_of(one.coin), 0, RECEIVE, 600 + rng.randrange(9))
    true = one.fields.get(key)
    one.fields.drop(*DERIVATIONS)
    point_out(one.fields, lie)
    one.fields.add(key, true)
    return draft


@flaw("psbt-input-foreign")
def a_hint_in_the_other_forms_field(rng, wallet, draft):
    one = some_input(rng, draft)
    one.fields.drop(*DERIVATIONS)
    path = one.coin.fingerprint + b"".join(map(u32, one.coin.path))
    one.fields.add(*((DERIVATION + one.coin.public_key, path) if is_taproot(one.coin)
                     else (TAP_DERIVATION + one.coin.public_key[1:], b"\0" + path)))
    return draft


@flaw("psbt-input-foreign")
def a_key_of_script_leaves(rng, wallet, draft):
    one = taproot_input(rng, wallet, draft)
    key, _ = hint(one)
    one.fields.set(key, b"\1" + rng.randbytes(32) + one.fields.get(key)[1:])
    return draft
