"""The judge of what is signed: a real bitcoind runs the scripts of the final transactions. The coins exist on no chain, so
they are told to it with the question (signrawtransactionwithkey without a key checks what is there)."""

import base64
import http.client
import json

from bitcoin import Bitcoin
from building import is_taproot
from wallet import P2PKH, P2SH_P2WPKH, p2wpkh, purpose_of
from independent import sized

AT_ONCE = 50  # transactions in a call


def finalize(draft, signatures):
    """The transaction with its signatures where each form of coin wants them."""
    script_sigs, witnesses = [], []
    for one, signature in zip(draft.inputs, signatures):
        purpose, key = purpose_of(one.coin), one.coin.public_key
        nested = purpose == P2SH_P2WPKH
        script_sigs.append(sized(signature) + sized(key) if purpose == P2PKH else sized(p2wpkh(key)) if nested else b"")
        witnesses.append([] if purpose == P2PKH else [signature] if is_taproot(one.coin) else [signature, key])
    return draft.transaction(script_sigs, witnesses if any(witnesses) else None)


def coin_of(one):
    redeem = {"redeemScript": p2wpkh(one.coin.public_key).hex()} if purpose_of(one.coin) == P2SH_P2WPKH else {}
    return {"txid": one.outpoint[0][::-1].hex(), "vout": one.outpoint[1], "scriptPubKey": one.coin.script.hex(),
            "amount": f"{one.sats // 10**8}.{one.sats % 10**8:08d}", **redeem}


class Judge:
    def __init__(self, folder):
        self.node = Bitcoin(folder)

    def __enter__(self):
        self.node.start()
        settings = dict(line.split("=", 1) for line in (self.node.folder / "bitcoin.conf").read_text().splitlines() if "=" in line)
        self.line = http.client.HTTPConnection("127.0.0.1", int(settings["rpcport"]), timeout=300)
        cookie = (self.node.folder / "regtest" / ".cookie").read_bytes()
        self.headers = {"Authorization": f"Basic {base64.b64encode(cookie).decode()}", "Content-Type": "application/json"}
        return self

    def __exit__(self, *_):
        self.node.stop()

    def valid(self, finals):
        """For each pair of a draft and its final transaction, whether every input's scripts hold."""
        verdicts = []
        for start in range(0, len(finals), AT_ONCE):
            calls = [{"id": number, "method": "signrawtransactionwithkey",
                      "params": [final.hex(), [], [coin_of(one) for one in draft.inputs]]}
                     for number, (draft, final) in enumerate(finals[start:start + AT_ONCE])]
            self.line.request("POST", "/", json.dumps(calls), self.headers)
            answers = json.loads(self.line.getresponse().read())
            assert all(answer["error"] is None for answer in answers), answers
            verdicts += [answer["result"]["complete"] for answer in sorted(answers, key=lambda answer: answer["id"])]
        return verdicts
