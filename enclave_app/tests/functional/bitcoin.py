"""A real bitcoind on regtest: it judges what the enclave signs."""

import json
import subprocess
from decimal import Decimal

from node import SCRIPTS

OUTSIDE = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"  # BIP173's example: nobody of ours has its key
SATS = 100_000_000


class Bitcoin:
    def __init__(self, folder):
        self.folder = folder

    def start(self, *settings):
        self._script("start", self.folder, *settings)

    def stop(self):
        self._script("stop", self.folder)

    def cli(self, *arguments, wallet=None):
        """bitcoin-cli: what it prints, parsed where it is JSON."""
        flags = [f"-rpcwallet={wallet}"] if wallet else []
        text = self._script("cli", self.folder, *flags, *arguments).strip()
        try:
            return json.loads(text, parse_float=Decimal)
        except json.JSONDecodeError:
            return text

    def mine(self, blocks, address=OUTSIDE):
        return self.cli("generatetoaddress", blocks, address)

    def watch(self, descriptors, wallet="watching"):
        """A wallet of public descriptors alone."""
        self.cli("-named", "createwallet", f"wallet_name={wallet}", "disable_private_keys=true", "blank=true")
        requests = [{"desc": descriptor, "active": True, "timestamp": "now"} for descriptor in descriptors]
        answers = self.cli("importdescriptors", json.dumps(requests), wallet=wallet)
        assert all(answer["success"] for answer in answers), answers

    def build(self, inputs, sats, wallet="watching", address=OUTSIDE, fee_rate=5):
        """A PSBT that spends exactly these coins (of listunspent) and sends the change back to the wallet."""
        chosen = [{"txid": coin["txid"], "vout": coin["vout"]} for coin in inputs]
        amount = f"{sats // SATS}.{sats % SATS:08d}"
        return self.cli(
            "-named", "walletcreatefundedpsbt", f"inputs={json.dumps(chosen)}",
            f'outputs=[{{"{address}":{amount}}}]', f'options={{"add_inputs":false,"fee_rate":{fee_rate}}}',
            wallet=wallet)["psbt"]

    def coins(self, prefix, wallet="watching"):
        """Confirmed coins whose address begins so: bcrt1q (P2WPKH) or bcrt1p (taproot)."""
        return [coin for coin in self.cli("listunspent", wallet=wallet) if coin["address"].startswith(prefix)]

    def confirm(self, signed):
        """Finalizes, broadcasts and mines a signed PSBT; the transaction's id."""
        final = self.cli("finalizepsbt", signed)
        assert final["complete"], final
        txid = self.cli("sendrawtransaction", final["hex"])
        self.mine(1)
        assert self.cli("gettransaction", txid, wallet="watching")["confirmations"] == 1
        return txid

    @staticmethod
    def _script(*arguments):
        done = subprocess.run(
            [SCRIPTS / "regtest-node", *map(str, arguments)], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"regtest-node {arguments}: {done.stderr}"
        return done.stdout
