"""benctl on descriptors, mnemonics and PSBT files of any wallet: nothing here needs a node of ours."""

import base64
import struct
import sys
from pathlib import Path

import pytest

import independent
from node import call, call_on_terminal

sys.path.append(str(Path(__file__).parents[1] / "attacks"))
import building  # noqa: E402
import peer  # noqa: E402

WORDS = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
ACCOUNT_86 = ("xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY49yfdDEHGCtMMj92p"
              "ReUsQ")  # BIP 86's, of these words
KEY = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")  # the generator
OTHER_KEY = bytes.fromhex("02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5")  # its double


def benctl(*words, stdin="", status=0):
    done = call("benctl", *words, stdin=stdin)
    assert done.status == status, done.err
    return done


def test_a_descriptor_has_the_address_that_bitcoind_derives_from_it(bitcoin):
    words = benctl("mnemonic", "--network", "regtest", "--file", "-", "--json", stdin=WORDS).json["descriptors"]
    own = {entry["account"]: entry["descriptor"].split("#")[0] for entry in words}
    key = own["bip84/0"][len("wpkh("):-1]                 # [fingerprint/path]tpub/<0;1>/*
    other = own["bip86/0"][len("tr("):-1]
    plain = key.split("]")[1].replace("<0;1>", "0")
    for body in (own["bip84/0"], own["bip86/0"], f"pkh({key})", f"sh(wpkh({key}))", f"wsh(sortedmulti(2,{key},{other}))",
                 f"wsh(multi(1,{other},{key}))", f"sh(wsh(sortedmulti(1,{key},{other})))", f"sh(sortedmulti(2,{key},{other}))",
                 f"wsh(sortedmulti(2,{plain},{KEY.hex()}))", f"tr({KEY.hex()[2:]},{{pk({plain}),pkh({other})}})"):
        summed = bitcoin.cli("getdescriptorinfo", body)
        branches = bitcoin.cli("deriveaddresses", f"{body}#{summed['checksum']}", "[7,8]")
        for branch, addresses in enumerate(branches if "<0;1>" in body else [branches]):
            for index, address in zip((7, 8), addresses):
                said = benctl("derive", body, "--network", "regtest", "--index", index, "--branch", branch, "--json").json
                assert said["address"] == address, body
                assert said["descriptor"] == f"{body}#{summed['checksum']}"
                assert said["script_pubkey"] == bitcoin.cli("validateaddress", address)["scriptPubKey"]


def test_what_is_no_descriptor_of_an_address_is_refused():
    good = f"wpkh({KEY.hex()})"
    for words, tag in (((good + "#qqqqqqqq",), "key-descriptor"), ((good[:-1],), "key-descriptor"),
                       ((f"combo({KEY.hex()})",), "key-descriptor"), ((good, "--branch", "1"), "key-branch"),
                       ((f"pk({KEY.hex()})",), "address-script"),
                       (("wpkh(KyZpNDKnfs94vbrwhJneDi77V6jF64PWPF8x5cdJb8ifgg2DUc9d)",), "key-expression"),
                       (("wpkh(cULrpoZGXiuC19Uhvykx7NugygA3k86b3hmdCeyvHYQZSxojGyXJ)",), "key-expression-private")):
        said = benctl("derive", *words, "--network", "regtest", "--json", status=1).json
        assert said["error"]["tag"] == tag, words
    assert "usage" in benctl("derive", good, status=2).err  # no network: not a guess


def test_words_give_the_account_of_bip_86_and_a_wrong_word_is_named():
    said = benctl("mnemonic", "--network", "main", "--file", "-", "--json", stdin=f"  {WORDS}\n").json
    assert said["fingerprint"] == "73c5da0a"
    assert {entry["account"]: entry["descriptor"] for entry in said["descriptors"]}["bip86/0"].startswith(
        f"tr([73c5da0a/86h/0h/0h]{ACCOUNT_86}/<0;1>/*)#")
    with_passphrase = benctl("mnemonic", "--network", "main", "--file", "-", "--passphrase", "--json",
                             stdin=f"{WORDS}\nTREZOR\n").json
    assert with_passphrase["fingerprint"] == "b4e3f5ed"
    for stdin, tag, reason in ((WORDS.replace("about", "abot"), "mnemonic-word", "number 12"),
                               (WORDS.replace("about", "zoo"), "mnemonic-checksum", "order"),
                               (WORDS + " about", "mnemonic-count", "24 words"),
                               (f"{WORDS}\ncafé\n", "mnemonic-passphrase", "ASCII")):
        said = benctl("mnemonic", "--network", "main", "--file", "-", "--passphrase", "--json", stdin=stdin, status=1).json
        assert said["error"]["tag"] == tag and reason in said["error"]["message"]


def test_words_are_asked_on_the_terminal_and_not_shown():
    shown = call_on_terminal("benctl", "mnemonic", "--network", "regtest", "--passphrase",
                             answers=[("Words", WORDS), ("Passphrase", "opensesame")])
    assert b"abandon" not in shown and b"opensesame" not in shown
    assert b"fingerprint" in shown


def maps_of(psbt):
    """The maps of a PSBT, each from key to value."""
    maps, current, at = [], {}, 5

    def size():
        nonlocal at
        first, at = psbt[at], at + 1
        if first < 0xFD:
            return first
        count = {0xFD: 2, 0xFE: 4}[first]
        at += count
        return int.from_bytes(psbt[at - count:at], "little")

    def take():
        nonlocal at
        count = size()
        at += count
        return psbt[at - count:at]

    while at < len(psbt):
        key = take()
        if key:
            current[key] = take()
        else:
            maps.append(current)
            current = {}
    return maps


def some_psbts():
    """Version 0: segwit and taproot inputs, fields that nobody knows, many outputs."""
    origin = {"fingerprint": bytes(4), "path": [86 | building.HARDENED, 1 | building.HARDENED, building.HARDENED, 0, 5]}
    taproot = independent.Coin(script=b"\x51\x20" + KEY[1:], public_key=KEY, **origin)
    segwit = independent.Coin(script=b"\0\x14" + bytes(20), public_key=OTHER_KEY, fingerprint=bytes(4),
                              path=[84 | building.HARDENED, *origin["path"][1:]])
    inputs = [building.spend(taproot, 50_000), building.spend(segwit, 60_000)]
    inputs[0].fields[b"\xf0what"] = b"nobody knows"
    inputs[1].fields[b"\xfc\x03ben\x01key"] = bytes(300)
    outputs = [building.Output(1_000 + i, building.KNOWN, {b"\xfc\x03ben\x02": struct.pack("<H", i)}) for i in range(300)]
    yield building.encode(inputs, outputs)
    yield building.encode(inputs[:1], [])


def test_psbts_are_converted_both_ways_and_come_back_byte_for_byte(folder):
    for number, psbt in enumerate(some_psbts()):
        text = base64.b64encode(psbt).decode()
        version_2 = benctl("psbt", "convert", "--to", 2, stdin=text).out
        assert benctl("psbt", "convert", "--to", 0, stdin=version_2).out == text + "\n"
        (folder / f"{number}.psbt").write_bytes(psbt)
        said = benctl("psbt", "convert", "--to", 2, "--psbt", folder / f"{number}.psbt", "--out",
                      folder / f"{number}.v2.psbt", "--json").json
        assert said == {"file": str(folder / f"{number}.v2.psbt")}
        assert (folder / f"{number}.v2.psbt").read_bytes() == base64.b64decode(version_2)  # binary, as it came
        assert benctl("psbt", "convert", "--to", 0, "--psbt", folder / f"{number}.v2.psbt", "--json").json == {
            "lost_modifiable": False, "lost_required_lock_times": False, "psbt": text}
        for words, stdin in ((("--to", 0), text), (("--to", 2), version_2)):
            said = benctl("psbt", "convert", *words, "--json", stdin=stdin, status=1).json
            assert said["error"]["tag"] == "psbt-version"
    assert "usage" in benctl("psbt", "convert", "--to", 1, status=2).err


def test_lock_times_that_exclude_each_other_and_silent_payments_have_no_version_0():
    psbt = next(some_psbts())
    version_2 = maps_of(base64.b64decode(benctl("psbt", "convert", "--to", 2, stdin=base64.b64encode(psbt).decode()).out))

    def convert(status=0):
        encoded = b"psbt\xff" + b"".join(building.encode_map(fields) for fields in version_2)
        return benctl("psbt", "convert", "--to", 0, "--json", stdin=base64.b64encode(encoded).decode(), status=status).json

    version_2[0][b"\x06"] = b"\x03"
    version_2[1][b"\x12"] = struct.pack("<I", 700_000)
    said = convert()
    assert said["lost_modifiable"] and said["lost_required_lock_times"]
    assert maps_of(base64.b64decode(said["psbt"]))[0][b"\0"][-4:] == struct.pack("<I", 700_000)
    version_2[2][b"\x11"] = struct.pack("<I", 1_700_000_000)
    assert convert(status=1)["error"]["tag"] == "psbt-lock-time"
    del version_2[2][b"\x11"]
    version_2[3][b"\x09"] = bytes(66)
    assert convert(status=1)["error"]["tag"] == "psbt-silent-payment"


def test_wallycore_reads_our_version_2_and_we_read_its():
    wally, reason = peer.load()
    if wally is None:
        pytest.skip(f"no peer: {reason}")

    def convert(psbt, version):
        parsed = wally.psbt_from_bytes(psbt, 0)
        wally.psbt_set_version(parsed, 0, version)
        return bytes(wally.psbt_to_bytes(parsed, 0))

    for psbt in some_psbts():
        ours = base64.b64decode(benctl("psbt", "convert", "--to", 2, stdin=base64.b64encode(psbt).decode()).out)
        assert maps_of(convert(ours, 0)) == maps_of(psbt)
        theirs = base64.b64encode(convert(psbt, 2)).decode()
        back = benctl("psbt", "convert", "--to", 0, "--json", stdin=theirs).json
        assert maps_of(base64.b64decode(back["psbt"])) == maps_of(psbt)
        assert back["lost_modifiable"]  # it lets others add to what it converts
