"""Secrets stay in the enclave: all that passes or is stored around it is searched for every key there is.

The test knows the keys, as no host does, from the private key of the local KMS: it opens the sealed seed with it.
"""

import base64
import json
import sqlite3

import independent
from node import Node, post
from wiretap import FrameTap, Tap

HARDENED = independent.HARDENED


class Searcher:
    """Looks for secrets in every form in which they could have been written."""

    def __init__(self, secrets):
        self.needles = [(name, form, needle) for name, secret in secrets.items()
                        for form, needle in self.forms_of(secret)]

    @staticmethod
    def forms_of(secret):
        assert len(secret) >= 16
        yield "raw", secret
        yield "raw, reversed", secret[::-1]
        for text in (secret, secret[::-1]):
            yield "hex", text.hex().encode()
            yield "HEX", text.hex().upper().encode()
        for shift in range(3):  # where its first byte stands in a group of three
            whole = base64.b64encode(bytes(shift) + secret)
            # What depends on nothing but the secret: without characters that share bits with a neighbour.
            head = -(-shift * 8 // 6)
            inner = whole[head:head + (len(secret) * 8 - (head * 6 - shift * 8)) // 6]
            yield f"base64 +{shift}", inner
            yield f"base64url +{shift}", inner.translate(bytes.maketrans(b"+/", b"-_"))

    def found_in(self, data):
        return sorted({(name, form) for name, form, needle in self.needles if needle in data})


class WiredNode(Node):
    """A node with a tap on every wire: the enclave's frames, the clients' HTTP, the broker's calls of KMS."""

    def start(self):
        super().start()
        self.broker.kill()
        self.simulate("terminate-enclave", "--all")
        self.frames = FrameTap(self.folder / "tap", self.sim / "cid-16.sock")
        self.kms_tap = Tap(self.kms_port)
        self.http = Tap(self.broker_port)
        self.start_wired()
        self.benctl("profile", "new", "--update", "--url", self.http.url)

    def start_wired(self):
        self.start_broker("--enclave-address", self.frames.address, "--kms-endpoint", self.kms_tap.url,
                          "--log-level", "debug")
        self.http.target = self.broker_port

    def close(self):
        super().close()
        for tap in (self.frames, self.kms_tap, self.http):
            tap.close()

    def transcripts(self):
        """Everything that a host can read without being the enclave or KMS."""
        found = {"vsock": bytes(self.frames.recorded), "http": bytes(self.http.recorded),
                 "kms": bytes(self.kms_tap.recorded)}
        for file in self.folder.rglob("*"):
            inner = file.relative_to(self.folder).parts
            # The keys of administrators, of the local KMS and of the made-up Amazon are not the wallet's, and are
            # where they belong.
            if not file.is_file() or inner[0] == "kms" or inner[:2] == ("sim", "pki") or file.suffix == ".pem":
                continue
            found["/".join(inner)] = file.read_bytes()
        return found


def keys_below(seed):
    """Master, account, branch and child keys with their chain codes, and the keys that sign for taproot outputs."""
    found = {}
    for purpose in (84, 86):
        for branch in (0, 1):
            for index in range(3):
                path = [purpose | HARDENED, 1 | HARDENED, 0 | HARDENED, branch, index]
                chain = independent.descend(seed, path)
                for depth, (key, chain_code) in enumerate(chain):
                    name = "m/" + "/".join(str(step % HARDENED) for step in path[:depth])
                    found[f"{name} key"] = key
                    # Account chain codes are in the descriptors, which are public: the hardened ones above are not.
                    if depth < 3:
                        found[f"{name} chain code"] = chain_code
                if purpose == 86:
                    found[f"{name} output key"] = independent.taproot_key(chain[-1][0])
    return found


def stored_secrets(node):
    with sqlite3.connect(node.store) as store:
        blobs = [blob for blob, in store.execute("SELECT sealed_seed FROM wallet")]
    kms_keys = [json.loads(file.read_text())["rsa_pem"] for file in (node.folder / "kms").glob("*.json")]
    opened = {independent.open_sealed_seed(blob, kms_keys[0].encode()) for blob in blobs}
    assert len(kms_keys) == 1 and len(opened) == 1
    return opened.pop()


def test_seed_and_keys_are_on_no_wire_and_in_no_file(folder):
    node = WiredNode(folder / "node")
    try:
        node.start()
        node.make_wallet()
        psbt = node.folder / "in.psbt"
        coins = [(independent.coin(node, account, index), 100_000) for account in ("bip84/0", "bip86/0")
                 for index in range(3)]
        change = independent.coin(node, "bip86/0", 1, branch=1)
        psbt.write_bytes(independent.psbt(coins, [(300_000, independent.SOMEBODY), (290_000, change)]))
        node.benctl("sign", "--psbt", psbt, "--out", node.folder / "out.psbt")
        node.broker.kill()
        node.kill_enclave()
        node.start_wired()
        node.wait_ready(60)
        node.benctl("evaluate", "--psbt", psbt)
        node.broker.stop(60)

        opened = stored_secrets(node)
        wallet = json.loads(node.profile.read_text())["wallet_id"]
        assert opened.wallet_id.hex() == wallet
        # These are the keys of this wallet, by its descriptor: else nothing would be found for a poor reason.
        assert independent.public_point(independent.descend(opened.seed, coins[0][0].path)[-1][0]) == \
            coins[0][0].public_key

        secrets = {"seed": opened.seed, "data key": opened.data_key, **keys_below(opened.seed)}
        searcher = Searcher(secrets)
        transcripts = node.transcripts()
        for name, data in transcripts.items():
            assert searcher.found_in(data) == [], name
        kinds = ("vsock", "http", "kms", "store.sqlite", "enclave-broker.log", "local-kms.log", "signer.eif")
        assert all(transcripts[kind] for kind in kinds), {kind: len(transcripts[kind]) for kind in kinds}
        # The wires are those that were used: what is known to pass is there.
        assert b"sign_transaction" in transcripts["vsock"] and b"sign_transaction" in transcripts["http"]
        assert b"TrentService.Decrypt" in transcripts["kms"] and b"CiphertextForRecipient" in transcripts["kms"]
        assert sum(map(len, transcripts.values())) > 100_000
        print(f"\n{len(secrets)} secrets in {len(searcher.needles)} forms, {len(transcripts)} transcripts and files, "
              f"{sum(map(len, transcripts.values()))} bytes: none found")
    finally:
        node.close()


def test_a_planted_canary_is_found_in_every_form_on_every_wire(folder):
    node = WiredNode(folder / "node")
    canary = bytes.fromhex("c0ffee00112233445566778899aabbccddeeff0123456789abcdef9876543210")
    searcher = Searcher({"canary": canary})
    try:
        node.start()
        forms = dict(searcher.forms_of(canary))
        for form, needle in forms.items():
            before = [len(node.frames.recorded), len(node.http.recorded)]
            post(f"{node.http.url}/rpc", b'{"jsonrpc":"2.0","id":"canary","method":"' + needle + b'"}')
            for tap, start in zip((node.frames, node.http), before):
                assert ("canary", form) in searcher.found_in(bytes(tap.recorded[start:])), form
        for shift in range(3):  # as it would be inside something longer
            post(f"{node.kms_tap.url}/rpc", base64.b64encode(b"x" * shift + canary + b"tail"))
        found = searcher.found_in(bytes(node.kms_tap.recorded))
        assert {form for _, form in found} >= {f"base64 +{shift}" for shift in range(3)}, found

        # In a file: a benctl that is given it as entropy keeps the request it made, in hex and in base64.
        node.broker.kill()
        node.benctl("genesis", *node.admin_flags(), "--entropy", canary.hex(), status=1)
        node.start_wired()
        node.benctl("genesis", *node.admin_flags(), "--entropy", canary.hex())
        planted = {name: searcher.found_in(data) for name, data in node.transcripts().items()}
        assert planted["vsock"] and planted["http"]
        (node.folder / "planted.log").write_bytes(b"x" + canary.hex().upper().encode())
        assert searcher.found_in(node.transcripts()["planted.log"]) == [("canary", "HEX")]
    finally:
        node.close()
