"""The wallet that all signers of a run share: every place where it can have money, derived from the seed by Python's own
arithmetic and the BIPs' paths."""

import functools
import hashlib

import independent
from building import p2wpkh
from independent import HARDENED, Coin, sha256

COIN_TYPE = 1  # regtest
P2PKH, P2SH_P2WPKH, P2WPKH, P2TR = 44, 49, 84, 86
RECEIVE, CHANGE = 0, 1


def hash160(data):
    return hashlib.new("ripemd160", sha256(data)).digest()


def p2pkh(public_key):
    return b"\x76\xa9\x14" + hash160(public_key) + b"\x88\xac"


def p2sh(script):
    return b"\xa9\x14" + hash160(script) + b"\x87"


def script_of(purpose, private):
    public_key = independent.public_point(private)
    if purpose == P2PKH:
        return p2pkh(public_key)
    if purpose == P2SH_P2WPKH:
        return p2sh(p2wpkh(public_key))
    if purpose == P2WPKH:
        return p2wpkh(public_key)
    return b"\x51\x20" + independent.public_point(independent.taproot_key(private))[1:]


class Wallet:
    def __init__(self, seed, accounts):
        """`accounts`: pairs of purpose and number, as the signer has them."""
        self.seed, self.accounts = seed, accounts
        self.fingerprint = hash160(independent.public_point(independent.master(seed)[0]))[:4]

    @functools.cache
    def _branch(self, purpose, account, branch):
        path = [purpose | HARDENED, COIN_TYPE | HARDENED, account | HARDENED, branch]
        return path, independent.descend(self.seed, path)[-1]

    @functools.cache
    def coin(self, purpose, account, branch, index):
        """A place of the wallet; the account need not be one that the signer has."""
        path, key = self._branch(purpose, account, branch)
        private = independent.child(*key, index)[0]
        return Coin(script_of(purpose, private), independent.public_point(private), self.fingerprint, [*path, index])


def purpose_of(coin):
    return coin.path[0] - HARDENED
