"""Our images against those of AWS's eif_build, over generated inputs: the same bytes, but for the ECDSA value of a
signature; the same measurements; signatures that another implementation verifies."""

import json
import random
import struct
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from node import program

SEED = 20261122
CASES = 220
LARGE = {40: [64 << 20], 41: [0, 20 << 20, 1], 42: [5 << 20, 9 << 20]}  # sizes of the ramdisks of these cases
CURVES = {"p256": (ec.SECP256R1(), hashes.SHA256(), bytes.fromhex("a10126")),
          "p384": (ec.SECP384R1(), hashes.SHA384(), bytes.fromhex("a1013822")),
          "p521": (ec.SECP521R1(), hashes.SHA512(), bytes.fromhex("a1013823"))}
FIELDS = ["build-time", "build-tool", "build-tool-version", "img-os", "img-kernel"]
SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "aws-eif-build"
TEXTS = ["", "plain", 'quote " backslash \\ slash /', "tab\tnewline\nreturn\rbell\x07escape\x1b", "\x01\x1f\x7f",
         "umlaut ä euro € rocket \U0001f680", "line separator \u2028 \u2029", "bidi \u202e x", "1.0", "null", "{}", " ",
         "a" * 300, "\ufeffmark", "\u0000not"]


@pytest.fixture(scope="module")
def eif_build():
    found = subprocess.run([SCRIPT], capture_output=True, text=True)
    if found.returncode == 3:
        pytest.skip(found.stderr.strip().splitlines()[-1])
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    """A key and a self-signed certificate on each curve, as files."""
    folder = tmp_path_factory.mktemp("signers")
    made = {}
    for name, (curve, digest, _) in CURVES.items():
        key = ec.generate_private_key(curve)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"signer {name}")])
        start = datetime.utcnow() - timedelta(days=1)
        certificate = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
                       .serial_number(x509.random_serial_number()).not_valid_before(start)
                       .not_valid_after(start + timedelta(days=30)).sign(key, digest))
        (folder / f"{name}.key").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        made[name] = (folder / f"{name}.key", folder / f"{name}.crt", key.public_key())
    return made


def odd_json(rng, depth=0):
    """A JSON value without fractions, which have no one spelling."""
    kind = rng.randrange(6 if depth < 5 else 4)
    if kind == 4:
        return [odd_json(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 5:
        return {rng.choice(TEXTS) + str(i): odd_json(rng, depth + 1) for i in range(rng.randrange(5))}
    return [None, rng.random() < 0.5, rng.choice([0, -1, 2**63 - 1, -2**63, 2**64 - 1, rng.randrange(10**6)]),
            rng.choice(TEXTS)][kind]


def odd_text(rng):
    return rng.choice(TEXTS[1:-1]) + rng.choice(["", " end"])  # arguments hold no NUL, and eif_build no empty one


def odd_object(rng):
    """As somebody would write it, within the 4096 bytes that are allowed."""
    while True:
        value = {key: odd_json(rng) for key in rng.sample(TEXTS, rng.randrange(len(TEXTS)))}
        text = json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, 1, "\t"]))
        if len(text.encode()) <= 4096:
            return text


def make_case(number, folder):
    """Inputs as files, and the arguments that both builders take."""
    rng = random.Random(SEED * 1000 + number)
    signed = rng.choice([None, None, *CURVES])
    count = number % 29 + 1 if number < 58 else rng.randint(1, 4)
    count = min(count, 28) if signed else count
    sizes = [rng.choice([0, 1, 2, 511, 512, 4096, rng.randrange(60_000)]) for _ in range(count)]
    sizes = LARGE.get(number, sizes)
    (folder / "kernel").write_bytes(rng.randbytes(rng.choice([0, 1, 27, rng.randrange(100_000)])))
    for index, size in enumerate(sizes):
        (folder / f"ramdisk{index}").write_bytes(rng.randbytes(size))
    cmdline = rng.choice(["", "reboot=k panic=30 pci=off", "ä € " * 50, "x" * 2047, 'quiet "a b" \\'])
    flags = {"kernel": folder / "kernel", "cmdline": cmdline, "arch": rng.choice(["x86_64", "x86_64", "aarch64"]),
             "name": odd_text(rng), **{field: odd_text(rng) for field in FIELDS}}
    arguments = [word for flag, value in flags.items() for word in (f"--{flag}", str(value))]
    arguments += [word for index in range(len(sizes)) for word in ("--ramdisk", str(folder / f"ramdisk{index}"))]
    custom = odd_object(rng) if rng.random() < 0.7 else None
    return arguments, flags["name"], custom, signed


def build_both(eif_build, signers, case, folder):
    arguments, name, custom, signed = case
    theirs = [eif_build, *arguments, "--output", folder / "theirs"]
    # eif_build 0.2.1 takes the image's version from --name, whatever --version says.
    ours = [program("benctl"), "eif", "build", *arguments, "--version", name, "--output", folder / "ours", "--json"]
    if custom is not None:
        (folder / "custom.json").write_text(custom)
        theirs += ["--metadata", folder / "custom.json"]
        ours += ["--custom", custom]
    if signed:
        key, certificate, _ = signers[signed]
        theirs += ["--private-key", key, "--signing-certificate", certificate]
        ours += ["--key", key, "--cert", certificate]
    output = subprocess.run(theirs, capture_output=True, text=True, check=True).stdout
    done = subprocess.run(ours, capture_output=True, text=True)
    assert done.returncode == 0, (done.stderr, arguments)
    return json.loads(output[output.index("{"):]), json.loads(done.stdout)


def sections_of(image):
    """(type, data) of each section, by the walk that the format's README describes."""
    at, found = 548, []
    while at < len(image):
        kind, _, size = struct.unpack_from(">HHQ", image, at)
        found.append((kind, image[at + 12:at + 12 + size]))
        at += 12 + size
    return found


def take_integers(data, at):
    """A CBOR array of small integers, and where it ends."""
    head = data[at]
    count, at = {0x98: (data[at + 1], at + 2), 0x99: (int.from_bytes(data[at + 1:at + 3], "big"), at + 3)}.get(
        head, (head - 0x80, at + 1))
    values = bytearray()
    for _ in range(count):
        wide = data[at] == 0x18
        values.append(data[at + wide])
        at += 1 + wide
    return bytes(values), at


def cose_of(section):
    certificate, at = take_integers(section, 2 + 20)
    assert section[at:at + 10] == b"\x69signature"
    cose, end = take_integers(section, at + 10)
    assert end == len(section)
    return certificate, cose


def check_signature(section, signer, curve_name, pcr0):
    """By another implementation, from the definition."""
    curve, digest, protected = CURVES[curve_name]
    _, cose = cose_of(section)
    half = (curve.key_size + 7) // 8
    payload = cose[1 + 1 + len(protected) + 1 + 2:-(2 * half + 2)]
    value = bytes.fromhex(pcr0)
    integers = b"".join(bytes([byte]) if byte < 24 else bytes([0x18, byte]) for byte in value)
    assert payload == b"\xa2\x6eregister_index\x00\x6eregister_value\x98\x30" + integers
    r, s = (int.from_bytes(part, "big") for part in (cose[-2 * half:-half], cose[-half:]))
    signed = b"\x84\x6aSignature1" + bytes([0x40 + len(protected)]) + protected + b"\x40\x58" + bytes([len(payload)]) + payload
    signer[2].verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))


def check_signed(ours, theirs, signer, curve_name, pcr0):
    """Equal up to the ECDSA value, whose bytes also decide the section's size."""
    mine, reference = sections_of(ours), sections_of(theirs)
    assert mine[:-1] == reference[:-1] and mine[-1][0] == reference[-1][0] == 4
    value_bytes = 2 * ((CURVES[curve_name][0].key_size + 7) // 8)
    certificate, cose = cose_of(mine[-1][1])
    assert (certificate, cose[:-value_bytes]) == tuple(
        part if i == 0 else part[:-value_bytes] for i, part in enumerate(cose_of(reference[-1][1])))
    size_at = 284 + 8 * (len(mine) - 1)
    assert ours[:size_at] == theirs[:size_at] and ours[size_at + 8:544] == theirs[size_at + 8:544]
    check_signature(mine[-1][1], signer, curve_name, pcr0)


def test_images_equal_those_of_awss_builder_over_generated_inputs(eif_build, signers, tmp_path, capsys):
    seen = {"unsigned": 0, "aarch64": 0, "29 ramdisks": 0, **{name: 0 for name in CURVES}}
    for number in range(CASES):
        folder = tmp_path / "case"
        folder.mkdir()
        case = make_case(number, folder)
        signed = case[3]
        theirs, ours = build_both(eif_build, signers, case, folder)
        measured = {name: ours.get(name) for name in ("PCR0", "PCR1", "PCR2", "PCR8")}
        assert measured == {name: theirs.get(name) for name in measured}, number
        image, reference = (folder / "ours").read_bytes(), (folder / "theirs").read_bytes()
        if signed:
            check_signed(image, reference, signers[signed], signed, ours["PCR0"])
        else:
            assert image == reference, number
        seen[signed or "unsigned"] += 1
        seen["aarch64"] += image[7]
        seen["29 ramdisks"] += int.from_bytes(image[26:28], "big") == 32
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    with capsys.disabled():
        print(f"\n{CASES} images equal eif_build's: {seen}")
    assert CASES >= 200 and all(count >= 2 for count in seen.values()), seen
