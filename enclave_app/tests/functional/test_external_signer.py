"""The node as bitcoind's external signer: a real bitcoind makes a wallet of it, receives, and spends."""

import json

import pytest

import independent
from bitcoin import OUTSIDE, SATS, Bitcoin
from node import call, program

ACCOUNTS = {"legacy": "bip44/0", "p2sh-segwit": "bip49/0", "bech32": "bip84/0", "bech32m": "bip86/0"}  # by bitcoind's word


@pytest.fixture
def full_node(node):
    """An armed node that has an account of each form, where the usual one has SegWit's two alone."""
    node.config_flags = [word for account in ACCOUNTS.values() for word in ("--account", account)]
    node.start()
    node.make_wallet()
    return node


def fingerprint_of(node):
    return node.benctl("enumerate").json[0]["fingerprint"]


@pytest.fixture
def connect(folder):
    """Starts a bitcoind that knows a node as its signer, and makes a wallet of its descriptors there. What bitcoind writes to
    the signer is kept in the file `asked`."""
    made = Bitcoin(folder / "bitcoin")
    signer = folder / "signer"

    def start(node):
        signer.write_text(f'#!/bin/sh\ntee --append {folder}/asked | {program("benctl")} "$@"\n')
        signer.chmod(0o755)
        made.start(f"signer=env BENCTL_PROFILE={node.profile} {signer}")
        made.cli("-named", "createwallet", "wallet_name=enclave", "disable_private_keys=true", "external_signer=true")
        return made

    yield start
    made.stop()


def test_bitcoind_makes_a_wallet_of_the_node_receives_and_spends_coins_of_all_four_forms(full_node, connect, folder):
    node, wallet = full_node, connect(full_node)
    assert wallet.cli("enumeratesigners")["signers"] == [{"fingerprint": fingerprint_of(node), "name": "bitcoin_enclave_node"}]

    # One wallet: bitcoind takes every descriptor, derives the addresses that the signer derives, and asks it to show them.
    given = node.benctl("getdescriptors", "--account", 0).json
    taken = wallet.cli("listdescriptors", wallet="enclave")["descriptors"]
    assert len(taken) == 2 * len(ACCOUNTS) and all(entry["active"] for entry in taken)
    for internal, descriptors in ((False, given["receive"]), (True, given["internal"])):
        assert {entry["desc"] for entry in taken if entry["internal"] == internal} == set(descriptors)
    addresses = {kind: wallet.cli("-named", "getnewaddress", f"address_type={kind}", wallet="enclave") for kind in ACCOUNTS}
    for kind, account in ACCOUNTS.items():
        ours = node.benctl("address", "--account", account, "--index", 0, "--json").json["address"]
        assert addresses[kind] == ours
        assert wallet.cli("walletdisplayaddress", ours, wallet="enclave") == {"address": ours}
        wallet.mine(len(ACCOUNTS), ours)
    wallet.mine(100)

    # A coin of each form into one transaction, and each form once as its change, which is far over the policy's 10 BTC: it is
    # signed because the signer knows the change as the wallet's own.
    for change in ACCOUNTS:
        coins = wallet.cli("listunspent", wallet="enclave")
        chosen = [next(coin for coin in coins if coin["address"] == address) for address in addresses.values()]
        inputs = [{"txid": coin["txid"], "vout": coin["vout"]} for coin in chosen]
        options = {"inputs": inputs, "add_inputs": False, "fee_rate": 5, "change_type": change}
        sent = wallet.cli(
            "-named", "send", f'outputs={{"{OUTSIDE}":1.5}}', f"options={json.dumps(options)}", wallet="enclave")
        assert sent["complete"] is True
        wallet.mine(1)
        mined = wallet.cli("gettransaction", sent["txid"], "true", "true", wallet="enclave")
        assert mined["confirmations"] == 1
        # Inputs in their order: key and signature stand in the scriptSig, or the witness, or taproot's signature alone.
        shapes = [(bool(coin["scriptSig"]["hex"]), len(coin.get("txinwitness", []))) for coin in mined["decoded"]["vin"]]
        assert sorted(shapes) == [(False, 1), (False, 2), (True, 0), (True, 2)]
        back = [coin for coin in wallet.cli("listunspent", wallet="enclave") if coin["txid"] == sent["txid"]]
        assert [coin["parent_descs"] for coin in back] == [[given["internal"][list(ACCOUNTS).index(change)]]]

    # What bitcoind gave the signer: every input with the whole parent transaction, and all but the oldest form with its output.
    asked = (folder / "asked").read_text().split("signtx ")[1:]
    assert len(asked) == len(ACCOUNTS)
    for text in asked:
        maps = wallet.cli("decodepsbt", text)["inputs"]
        assert len(maps) == len(ACCOUNTS) and all("non_witness_utxo" in fields for fields in maps)
        assert sorted("witness_utxo" in fields for fields in maps) == [False, True, True, True]


def test_what_the_policy_forbids_is_not_sent_and_a_form_without_an_account_has_no_addresses(armed_node, connect):
    wallet = connect(armed_node)
    address = wallet.cli("-named", "getnewaddress", "address_type=bech32", wallet="enclave")
    for kind in ("legacy", "p2sh-segwit"):
        with pytest.raises(AssertionError, match=f"No {kind} addresses available"):
            wallet.cli("-named", "getnewaddress", f"address_type={kind}", wallet="enclave")
    wallet.mine(1, address)
    wallet.mine(100)
    with pytest.raises(AssertionError, match="External signer"):  # the policy has a limit of 10 BTC
        wallet.cli("-named", "send", f'outputs={{"{OUTSIDE}":12}}', "fee_rate=5", wallet="enclave")
    assert wallet.cli("getrawmempool") == []
    coin = independent.coin(armed_node, "bip84/0", 1)
    psbt = independent.psbt([(coin, 20 * SATS)], [(20 * SATS - 1000, independent.SOMEBODY)])
    said = armed_node.benctl("signtx", independent.base64.b64encode(psbt).decode()).json
    assert said["error"].startswith("the signer says: ") and said["error"].endswith("[policy-outflow]")
    assert said["code"] == -14


def test_the_words_of_hwi_are_understood_before_and_after_the_command(full_node):
    node, fingerprint = full_node, fingerprint_of(full_node)
    hwi = ["--fingerprint", fingerprint, "--chain", "regtest"]
    given = node.benctl(*hwi, "getdescriptors", "--account", "0").json
    assert node.benctl("getdescriptors", "--account", "0", *hwi, "--json").json == given
    pinned = [entry["descriptor"] for entry in json.loads(node.profile.read_text())["descriptors"]]
    for branch, members in ((0, given["receive"]), (1, given["internal"])):
        assert [text.split("#")[0] for text in members] == [
            text.split("#")[0].replace("<0;1>", str(branch)) for text in pinned]

    def extended(descriptors, kind, path):
        """The account's extended key with a path below it, as HWI takes it beside a plain key."""
        found = next(text for text in descriptors if text.startswith(kind))
        return found.split("#")[0].replace("/1/*", path)

    coin = independent.coin(node, "bip84/0", 3, branch=1)
    first = independent.coin(node, "bip84/0", 0, branch=1)
    taproot = independent.coin(node, "bip86/0", 2)
    legacy, nested = independent.coin(node, "bip44/0", 1), independent.coin(node, "bip49/0", 1)
    tap_key = node.benctl("public-key", "--account", "bip86/0", "--index", 2, "--json").json["public_key"][2:]
    expected = {place.script: node.benctl("address", *flags, "--json").json["address"] for place, flags in (
        (coin, ("--account", "bip84/0", "--index", 3, "--branch", 1)),
        (first, ("--account", "bip84/0", "--index", 0, "--branch", 1)), (taproot, ("--account", "bip86/0", "--index", 2)),
        (legacy, ("--account", "bip44/0", "--index", 1)), (nested, ("--account", "bip49/0", "--index", 1)))}
    for script, words in (
            (coin.script, ("--desc", f"wpkh([{fingerprint}/84h/1h/0h/1/3]{coin.public_key.hex()})")),
            (coin.script, ("--desc", f"wpkh([{fingerprint}/84'/1'/0'/1/3]{coin.public_key.hex()})")),
            (coin.script, ("--desc", extended(given["internal"], "wpkh", "/1/3"))),
            (coin.script, ("--desc", extended(given["internal"], "wpkh", "/1/3").replace("h/0h]", "'/0']"))),
            (first.script, ("--desc", next(text for text in given["internal"] if text.startswith("wpkh")))),  # its "*" is 0
            (coin.script, ("--path", "m/84h/1h/0h/1/3", "--addr-type", "wit")),
            (taproot.script, ("--desc", f"tr([{fingerprint}/86h/1h/0h/0/2]{tap_key})")),
            (taproot.script, ("--path", "m/86'/1'/0'/0/2")),
            (legacy.script, ("--desc", f"pkh([{fingerprint}/44h/1h/0h/0/1]{legacy.public_key.hex()})")),
            (legacy.script, ("--path", "m/44h/1h/0h/0/1", "--addr-type", "legacy")),
            (nested.script, ("--desc", f"sh(wpkh([{fingerprint}/49h/1h/0h/0/1]{nested.public_key.hex()}))")),
            (nested.script, ("--path", "m/49h/1h/0h/0/1", "--addr-type", "sh_wit"))):
        assert node.benctl(*hwi, "displayaddress", *words).json == {"address": expected[script]}, words

    psbt = independent.base64.b64encode(independent.psbt(
        [(coin, 200_000), (taproot, 300_000)], [(490_000, independent.SOMEBODY)])).decode()
    signed = node.benctl("sign", "--psbt", "-", stdin=psbt).out.strip()
    assert node.benctl("--stdin", *hwi, stdin=f"signtx {psbt}").json == {"psbt": signed, "signed": True}
    assert node.benctl(*hwi, "--expert", "-t", "bitcoin-enclave-node", "-d", node.url, "signtx", psbt).json["psbt"] == signed
    silent = ["--debug", "--emulators", "--interactive", "-i"]  # words that mean nothing here
    assert node.benctl("-f", fingerprint, "--chain", "regtest", *silent, "signtx", psbt).json["psbt"] == signed


def test_another_device_address_or_transaction_is_an_error_in_the_answer(armed_node, folder):
    node, fingerprint = armed_node, fingerprint_of(armed_node)
    coin = independent.coin(node, "bip84/0", 3)
    key, other = coin.public_key.hex(), independent.coin(node, "bip84/0", 4).public_key.hex()
    good = f"wpkh([{fingerprint}/84h/1h/0h/0/3]{key})"
    pinned = {entry["account"]: entry["descriptor"] for entry in json.loads(node.profile.read_text())["descriptors"]}
    refused = [
        ("--fingerprint", "00000000", "getdescriptors"), ("--chain", "main", "getdescriptors"),
        ("--device-type", "trezor", "getdescriptors"), ("--device-path", "usb:1", "getdescriptors"),
        ("getdescriptors", "--account", "7"), ("displayaddress",), ("displayaddress", "--desc", good, "--path", "m/84h"),
        ("displayaddress", "--desc", good.replace(key, other)),          # the right path, another key
        ("displayaddress", "--desc", good.replace("/0/3]", "/0/4]")),    # another path, the right key
        ("displayaddress", "--desc", good.replace("wpkh(", "pkh(")),     # another script
        ("displayaddress", "--desc", good.replace("84h", "86h")),
        ("displayaddress", "--desc", good.replace("/0/3]", "/2/3]")),
        ("displayaddress", "--desc", good.replace("/0/3]", "/0/3h]")),
        ("displayaddress", "--desc", good.replace(fingerprint, "00000000")),
        ("displayaddress", "--desc", f"sh({good})"), ("displayaddress", "--desc", f"wsh(multi(1,{good[5:-1]}))"),
        ("displayaddress", "--desc", pinned["bip84/0"]),                 # two branches, so no address
        ("displayaddress", "--desc", good + "#qqqqqqqq"), ("displayaddress", "--desc", key),
        ("displayaddress", "--path", "84h/1h/0h/0/3"), ("displayaddress", "--path", "m/84h/1h/0h/0"),
        ("displayaddress", "--path", "m/84h/1h/0h/0/2147483648"),
        ("displayaddress", "--path", "m/84h/1h/0h/0/3", "--addr-type", "tap"),
        ("signtx", "cHNidP8="), ("signtx", "no PSBT"),
    ]
    for words in refused:
        said = node.benctl(*words).json
        assert set(said) == {"error", "code"}, (words, said)
        assert said["code"] in (-7, -13, -14), (words, said)

    node.broker.stop()
    assert node.benctl("enumerate").json[0]["fingerprint"] == fingerprint  # nobody has to be asked
    assert node.benctl("displayaddress", "--desc", good).json["code"] == -3
    nobody = {**node.env, "BENCTL_PROFILE": str(folder / "none.json")}
    assert "there is no node profile" in call("benctl", "enumerate", env=nobody).json[0]["error"]
    # HWI's words are for these commands only: elsewhere they would be a check that nobody makes.
    assert node.benctl("--fingerprint", fingerprint, "verify", status=2).err
