"""What a client needs besides benctl, written from docs/protocol.md and the BIPs alone: envelopes, proofs, PSBTs,
keys. It shares no code with the node, so it finds what both sides of the node have in common and wrong."""

import base64
import hashlib
import hmac
import json
import os
import struct
import time
from collections import namedtuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

REQUEST_TYPE = "application/vnd.ben.request+json"
SOMEBODY = bytes.fromhex("0014751e76e8199196d454941c45d1b3a323f1433bd6")  # BIP173's example
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HARDENED = 1 << 31


def sha256(data):
    return hashlib.sha256(data).digest()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


# Envelopes (DSSE) and proofs: protocol.md 2, 3 and 5.

def load_key(path):
    """An Ed25519 key of a plain PEM file."""
    return serialization.load_pem_private_key(path.read_bytes(), None)


def public_bytes(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def envelope(payload, *keys, payload_type=REQUEST_TYPE):
    kind = payload_type.encode()
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    signatures = [{"keyid": sha256(public_bytes(key)).hex()[:16], "sig": base64.b64encode(key.sign(message)).decode()}
                  for key in keys]
    return {"payloadType": payload_type, "payload": base64.b64encode(payload).decode(), "signatures": signatures}


def transaction_request(own_wallet, transaction, **changes):
    """A request's payload; `changes` replace its members."""
    request = {"wallet_id": own_wallet, "method": "sign_transaction",
               "params": {"psbt_sha256": sha256(transaction).hex()}, "request_id": os.urandom(16).hex(),
               "expires_at": int(time.time() * 1000) + 600_000, "policy_epoch": 1}
    request.update(changes)
    return compact(request)


def is_proved(request, answer, response_key):
    """Whether the proof of an answer, as it came, is that of the signer's response key."""
    parsed = json.loads(answer)
    kind = "result" if "result" in parsed else "error"
    outcome = answer[answer.index(f',"{kind}":'.encode()) + len(kind) + 4:answer.rindex(b',"proof":')]
    proof = parsed["proof"]
    message = b"ben/rsp/v1" + bytes.fromhex(proof["boot_id"]) + sha256(request) + sha256(outcome)
    message += bytes.fromhex(proof["log_root"])
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(response_key)).verify(bytes.fromhex(proof["signature"]), message)
    return True


# PSBTs of version 0 (BIP174, BIP371).

Coin = namedtuple("Coin", "script public_key fingerprint path")


def coin(node, account, index, branch=0):
    """A place where the wallet can have money, as benctl tells it."""
    place = ["--account", account, "--index", index, "--branch", branch, "--json"]
    key = node.benctl("public-key", *place).json
    script = node.benctl("address", *place).json["script_pubkey"]
    steps = [int(step.rstrip("h")) | (HARDENED if step.endswith("h") else 0) for step in key["path"].split("/")[1:]]
    return Coin(bytes.fromhex(script), bytes.fromhex(key["public_key"]), bytes.fromhex(key["fingerprint"]), steps)


def size(number):
    return bytes([number]) if number < 0xFD else b"\xfd" + struct.pack("<H", number)


def sized(data):
    return size(len(data)) + data


def output(sats, script):
    return struct.pack("<q", sats) + sized(script)


def transaction(outpoints, outputs):
    inputs = b"".join(txid + struct.pack("<I", index) + b"\0\xfd\xff\xff\xff" for txid, index in outpoints)
    return struct.pack("<i", 2) + size(len(outpoints)) + inputs + size(len(outputs)) + b"".join(outputs) + bytes(4)


def field(kind, value, key=b""):
    return sized(bytes([kind]) + key) + sized(value)


def psbt(coins, outputs, salt=b""):
    """Spends `coins`, pairs of Coin and its satoshi, to `outputs`, pairs of satoshi and a script or a Coin of ours
    (change). The coins' parents are made up: only a chain would know."""
    outpoints, maps = [], []
    for number, (spent, sats) in enumerate(coins):
        origin = spent.fingerprint + b"".join(struct.pack("<I", step) for step in spent.path)
        if spent.path[0] == 86 | HARDENED:
            # Not of the amount: a taproot coin's amount is in the signature's hash, not in the transaction's id.
            outpoints.append((sha256(salt + bytes([number])), 0))
            maps.append(field(0x01, output(sats, spent.script))
                        + field(0x16, b"\0" + origin, spent.public_key[1:]))
        else:
            parent = transaction([(sha256(salt + bytes([number])), 0)], [output(sats, spent.script)])
            outpoints.append((sha256(sha256(parent)), 0))
            maps.append(field(0x00, parent) + field(0x01, output(sats, spent.script))
                        + field(0x06, origin, spent.public_key))
    written, output_maps = [], []
    for sats, place in outputs:
        ours = isinstance(place, Coin)
        written.append(output(sats, place.script if ours else place))
        origin = place.fingerprint + b"".join(struct.pack("<I", step) for step in place.path) if ours else b""
        taproot = ours and place.path[0] == 86 | HARDENED
        output_maps.append(b"" if not ours else field(0x07, b"\0" + origin, place.public_key[1:]) if taproot
                           else field(0x02, origin, place.public_key))
    unsigned = field(0x00, transaction(outpoints, written))
    return b"psbt\xff" + b"\0".join([unsigned, *maps, *output_maps]) + b"\0"


# Secrets: the sealed seed opened by the key of the local KMS (protocol.md 9), and the keys below the seed (BIP32).

Opened = namedtuple("Opened", "wallet_id data_key seed")


def open_sealed_seed(blob, kms_key_pem):
    assert blob[:6] == b"BENS\0\1"
    wallet_id, config_hash = blob[6:38], blob[38:70]
    start = 70 + 3 * 48
    wrapped_bytes = int.from_bytes(blob[start:start + 2], "big")
    wrapped = blob[start + 2:start + 2 + wrapped_bytes]
    head = start + 2 + wrapped_bytes + 32
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    payload = serialization.load_pem_private_key(kms_key_pem, None).decrypt(wrapped, oaep)
    assert payload[:4] == b"BEN1" and payload[36:] == config_hash
    key = HKDF(hashes.SHA256(), 32, salt=blob[head - 32:head], info=b"ben/seal/v1").derive(payload[4:36])
    seed = ChaCha20Poly1305(key).decrypt(bytes(12), blob[head:], blob[:head])
    return Opened(wallet_id, payload[4:36], seed)


def public_point(private):
    key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256K1())
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)


def master(seed):
    digest = hmac.digest(b"Bitcoin seed", seed, "sha512")
    return digest[:32], digest[32:]


def child(private, chain_code, step):
    data = b"\0" + private if step & HARDENED else public_point(private)
    digest = hmac.digest(chain_code, data + struct.pack(">I", step), "sha512")
    key = (int.from_bytes(digest[:32], "big") + int.from_bytes(private, "big")) % CURVE_ORDER
    return key.to_bytes(32, "big"), digest[32:]


def descend(seed, path):
    """The pairs of private key and chain code from the master key down `path`."""
    chain = [master(seed)]
    for step in path:
        chain.append(child(*chain[-1], step))
    return chain


def taproot_key(private):
    """The key that signs for the output (BIP341), of an internal key."""
    point = public_point(private)
    number = int.from_bytes(private, "big")
    even = number if point[0] == 2 else CURVE_ORDER - number
    tag = sha256(b"TapTweak")
    tweak = int.from_bytes(sha256(tag + tag + point[1:]), "big")
    return ((even + tweak) % CURVE_ORDER).to_bytes(32, "big")
