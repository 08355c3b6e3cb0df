"""Differential signing: PSBTs drawn from a seed, honest and flawed, are put to the signer's decision. What it refuses has to
carry the tag of the flaw; what it signs is signed by the signers of others, compared with theirs, and judged by a real
bitcoind. The same seed and number are the same PSBT again."""

import base64
import collections
import random
import re
import subprocess

import flaws_of_form  # noqa: F401  (the flaws register themselves)
import flaws_of_inputs  # noqa: F401
import flaws_of_money  # noqa: F401
import honest
from building import is_taproot
from draft import MAGIC, MODIFIABLE, Draft
from flaw import FLAWS
from independent import sha256
from judge import finalize
from node import SOURCE, program
from wallet import P2TR, P2WPKH, Wallet, purpose_of

FLAWED_OF = (2, 5)  # so many of so many PSBTs have a flaw
FROM_THE_PSBT = {"policy-destination", "policy-fee", "policy-fee-rate", "policy-outflow"}


def documented_tags():
    """The refusals that a PSBT can cause, as docs/protocol.md lists them."""
    text = (SOURCE.parent / "docs" / "protocol.md").read_text()
    return set(re.findall(r"^\| `(psbt-[a-z0-9-]+)` \| [a-z, ]*signer \|", text, re.MULTILINE)) | FROM_THE_PSBT


class Case:
    """PSBT number `number` of a seed: its bytes, what has to become of it and, if it is honest, its parts."""

    def __init__(self, seed, wallet, number):
        rng = random.Random(f"{seed}/{number}")
        flawed, of = FLAWED_OF
        self.number, self.tag, self.name = number, None, "honest"
        if number % of >= flawed:
            self.draft = honest.draw(rng, wallet)
            self.psbt = self.draft.encode()
            return
        tags = sorted(FLAWS)
        place = number // of * flawed + number % of
        self.tag = tags[place % len(tags)]
        flaws = FLAWS[self.tag]
        function, how = flaws[place // len(tags) % len(flaws)]
        self.name = function.__name__.replace("_", " ")
        changed = function(rng, wallet, honest.draw(rng, wallet, **{"count": rng.randrange(1, 5), **how}))
        self.psbt = changed.encode() if isinstance(changed, Draft) else changed

    def __str__(self):
        return f"number {self.number} ({self.name})"


class OurSigner:
    """The measured code's decision, a process that answers line by line."""

    def __init__(self, wallet, folder):
        policy = folder / "policy.json"
        policy.write_bytes(honest.POLICY)
        accounts = [f"{purpose}/{number}" for purpose, number in honest.ACCOUNTS]
        self.process = subprocess.Popen(
            [program("differential-signer"), wallet.seed.hex(), policy, honest.REQUESTER.hex(), *accounts],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0

    def answer(self, psbt):
        """The tag of a refusal, or the words of what was signed."""
        self.process.stdin.write(base64.b64encode(psbt) + b"\n")
        self.process.stdin.flush()
        words = self.process.stdout.readline().decode().split()
        assert words, "the signer has ended"
        return words[0] if words[0] != "signed" else words[1:]


def read_maps(psbt):
    """Every map of a PSBT as its list of pairs."""
    maps, pairs, place = [], [], len(MAGIC)

    def take():
        nonlocal place
        size, place = psbt[place], place + 1
        if size >= 0xFD:
            width = {0xFD: 2, 0xFE: 4, 0xFF: 8}[size]
            size, place = int.from_bytes(psbt[place:place + width], "little"), place + width
        place += size
        assert place <= len(psbt)
        return psbt[place - size:place]

    while place < len(psbt):
        key = take()
        if key:
            pairs.append((key, take()))
        else:
            maps.append(pairs)
            pairs = []
    return maps


def signatures_of(case, signed):
    """What was added: one field at the end of each input's map, and nothing else has changed."""
    before, after = read_maps(case.psbt), read_maps(signed)
    assert len(before) == len(after)
    signatures = []
    for place, (old, new) in enumerate(zip(before, after)):
        number = place - 1
        if not 0 <= number < len(case.draft.inputs):
            # Signatures over all of it, after which version 2 says: not modifiable (BIP 370).
            assert new == [(key, bytes([value[0] & 0xFC]) if place == 0 and key == MODIFIABLE else value) for key, value in old]
            continue
        coin = case.draft.inputs[number].coin
        assert new[:-1] == old
        key, signature = new[-1]
        assert key == (b"\x13" if is_taproot(coin) else b"\2" + coin.public_key), key.hex()
        signatures.append(signature)
    return signatures


def txid(draft):
    """In hex, or a dash where signing adds a scriptSig, which the id is made of, too."""
    is_fixed = all(purpose_of(one.coin) in (P2WPKH, P2TR) for one in draft.inputs)
    return sha256(sha256(draft.transaction())).hex() if is_fixed else "-"


class Run:
    """Judges cases one by one and counts; `finish` has the last word."""

    def __init__(self, seed, folder, load_peers):
        self.seed = seed
        self.wallet = Wallet(sha256(f"differential signing {seed}".encode()), honest.ACCOUNTS)
        self.folder, self.counts, self.tags, self.finals, self.tampered = folder, collections.Counter(), collections.Counter(), [], []
        self.peers, self.missing = load_peers(self.wallet.seed)

    def judge(self, judge, numbers):
        with OurSigner(self.wallet, self.folder) as ours:
            for number in numbers:
                case = Case(self.seed, self.wallet, number)
                answer = ours.answer(case.psbt)
                try:
                    self.compare(case, answer)
                except AssertionError as failure:
                    raise AssertionError(f"seed {self.seed}, {case}: {failure}\n{base64.b64encode(case.psbt)[:4000].decode()}") from failure
        self.ask_node(judge)

    def compare(self, case, answer):
        self.counts["psbts"] += 1
        if isinstance(answer, str):
            assert answer == case.tag, f"refused as {answer}, expected {case.tag or 'a signature'}"
            self.tags[answer] += 1
            return
        assert case.tag is None, f"signed, expected {case.tag}"
        self.counts["signed"] += 1
        self.counts["signed_of_version_2"] += case.draft.psbt_version == 2
        identity, fee, outflow, signed = answer
        assert identity == txid(case.draft), f"txid {identity}"
        assert int(fee) == honest.fee(case.draft), f"fee {fee}"
        assert int(outflow) == honest.outflow(case.draft), f"outflow {outflow}"
        signatures = signatures_of(case, base64.b64decode(signed))
        for peer in self.peers:
            self.compare_with(peer, case, signatures)
        final = finalize(case.draft, signatures)
        self.finals.append((case.draft, final))
        if case.number % 20 == 4:
            place = final.index(signatures[0]) + 10  # inside R
            self.tampered.append((case.draft, final[:place] + bytes([final[place] ^ 1]) + final[place + 1:]))

    def compare_with(self, peer, case, signatures):
        for one, our, (their, hashed) in zip(case.draft.inputs, signatures, peer.sign(case.psbt, case.draft), strict=True):
            kind = "schnorr" if is_taproot(one.coin) else "ecdsa"
            equal = our == their
            assert (our[-1] == their[-1] == 1 or kind == "schnorr") and (kind == "ecdsa" or len(our) == len(their))
            assert equal or (peer.verifies(one, our, hashed) and peer.verifies(one, their, hashed)), \
                f"{peer.name} does not verify both {our.hex()} and {their.hex()}"
            self.counts[f"{peer.name}_{kind}_{'equal' if equal else 'verified'}"] += 1

    def ask_node(self, judge):
        self.counts["inputs"] = sum(len(draft.inputs) for draft, _ in self.finals)
        for (draft, final), valid in zip(self.finals, judge.valid(self.finals), strict=True):
            assert valid, f"the node refuses {final.hex()} of {[one.coin.path for one in draft.inputs]}"
        assert self.tampered and not any(judge.valid(self.tampered)), "the node takes a signature with a bit changed"
        self.counts["tampered_refused"] = len(self.tampered)

    def finish(self, hits_min):
        """The figures; every documented tag has to have been hit."""
        tags = documented_tags()
        assert set(FLAWS) == tags, f"flaws and docs/protocol.md differ: {set(FLAWS) ^ tags}"
        few = {tag: self.tags[tag] for tag in tags if self.tags[tag] < hits_min}
        assert not few, f"hit less than {hits_min} times: {few}"
        return {"seed": self.seed, "acceptance": f"{self.counts['signed'] / self.counts['psbts']:.1%}", **self.counts,
                "tags": dict(sorted(self.tags.items()))}
