"""Two signers of others, which get the wallet's seed and the same bytes: wallycore (libwally, C) and embit (Python). Both
come from PyPI into the cache, pinned."""

import dataclasses
import sys

import peer
import pypi
from building import WITNESS_UTXO, is_taproot
from draft import Draft
from wallet import P2SH_P2WPKH, P2WPKH, purpose_of

EMBIT = pypi.Package("embit", "0.8.0", "8bf4b10073c67400370ce523fb16f035fe759f6fdd987c579bdcc268d75ed770")


class Wally:
    name = "wallycore"

    def __init__(self, wally, seed):
        self.wally = wally
        self.key = wally.bip32_key_from_seed(seed, wally.BIP32_VER_TEST_PRIVATE, 0)

    def sign(self, psbt, draft: Draft):
        """For each input its signature and the hash that was signed."""
        wally = self.wally
        parsed = wally.psbt_from_bytes(psbt, 0)
        for number, one in enumerate(draft.inputs):
            # wallycore 1.5.6 takes a coin that comes with its parent alone for one of before segwit.
            if purpose_of(one.coin) in (P2WPKH, P2SH_P2WPKH) and one.fields.get(WITNESS_UTXO) is None:
                wally.psbt_set_input_witness_utxo(parsed, number, wally.tx_output_init(one.sats, one.coin.script))
        wally.psbt_sign_bip32(parsed, self.key, wally.EC_FLAG_GRIND_R)
        transaction = wally.tx_from_bytes(draft.transaction(), 0)
        signed = []
        for number, one in enumerate(draft.inputs):
            script = b"" if is_taproot(one.coin) else wally.psbt_get_input_signing_script(parsed, number)
            code = script and wally.psbt_get_input_scriptcode(parsed, number, script)
            hashed = wally.psbt_get_input_signature_hash(parsed, number, transaction, code, 0)
            signed.append((self._signature(parsed, number, one), bytes(hashed)))
        return signed

    def _signature(self, parsed, number, one):
        if is_taproot(one.coin):
            return bytes(self.wally.psbt_get_input_taproot_signature(parsed, number))
        place = self.wally.psbt_find_input_signature(parsed, number, one.coin.public_key)
        return bytes(self.wally.psbt_get_input_signature(parsed, number, place - 1))

    def verifies(self, one, signature, hashed):
        """Whether an input's signature, its hash type at the end, is one of the coin's key."""
        wally = self.wally
        if is_taproot(one.coin):
            key, plain, kind = b"\2" + one.coin.script[2:], signature[:64], wally.EC_FLAG_SCHNORR
        else:
            key, plain, kind = one.coin.public_key, wally.ec_sig_from_der(signature[:-1]), wally.EC_FLAG_ECDSA
        try:
            wally.ec_sig_verify(key, hashed, kind, plain)
        except ValueError:
            return False
        return True


class Embit:
    name = "embit"

    def __init__(self, seed):
        from embit import bip32, ec, psbt
        from embit.transaction import TransactionInput

        class InputScope(psbt.InputScope):
            @property
            def vin(self):  # embit 0.8.0 takes a sequence of 0 for none, which is final
                return TransactionInput(self.txid, self.vout, sequence=0xFFFFFFFF if self.sequence is None else self.sequence)

        class PSBT(psbt.PSBT):
            PSBTIN_CLS = InputScope

        self.ec, self.psbt = ec, PSBT
        self.key = bip32.HDKey.from_seed(seed)

    def sign(self, psbt, draft: Draft):
        if any(one.locks for one in draft.inputs):  # embit 0.8.0 knows no lock time but the fallback
            psbt = dataclasses.replace(draft, psbt_version=0).encode()
        parsed = self.psbt.parse(psbt)
        count = parsed.sign_with(self.key, sighash=None)
        assert count == len(draft.inputs), f"embit signed {count} of {len(draft.inputs)}"
        return [(self._signature(parsed.inputs[number], one), parsed.sighash(number, one.sighash_type()))
                for number, one in enumerate(draft.inputs)]

    def _signature(self, scope, one):
        if is_taproot(one.coin):
            return scope.final_scriptwitness.items[0]
        return next(iter(scope.partial_sigs.values()))

    def verifies(self, one, signature, hashed):
        if is_taproot(one.coin):
            key = self.ec.PublicKey.from_xonly(one.coin.script[2:])
            return key.schnorr_verify(self.ec.SchnorrSig(signature[:64]), hashed)
        return self.ec.PublicKey.parse(one.coin.public_key).verify(self.ec.Signature.parse(signature[:-1]), hashed)


def load(seed):
    """The signers, and why one is missing."""
    wally, missing = peer.load()
    found = [Wally(wally, seed)] if wally else []
    folder, reason = EMBIT.install()
    if folder is None:
        return found, reason
    sys.path.insert(0, str(folder))
    return [*found, Embit(seed)], missing
