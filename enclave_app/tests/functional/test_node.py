"""The main job from outside: from a measured image to mined transactions, through a crash and back."""

from node import call

OUTFLOW_MAX = 1_000_000_000
FORMS = ("bip44/0", "bip49/0", "bip84/0", "bip86/0")  # P2PKH, P2SH-P2WPKH, P2WPKH, P2TR


def fund(node, bitcoin):
    """Three coins on each account of the enclave, watched by the node."""
    descriptors = node.benctl("descriptors", "--json").json["descriptors"]
    bitcoin.watch([entry["descriptor"] for entry in descriptors])
    for account in ("bip84/0", "bip86/0"):
        for index in range(3):
            answer = node.benctl("address", "--account", account, "--index", index, "--json").json
            bitcoin.mine(1, answer["address"])
    bitcoin.mine(100)


def sign(node, psbt):
    return node.benctl("sign", "--psbt", "-", stdin=psbt).out.strip()


def test_what_the_enclave_signs_is_mined_and_a_crash_loses_nothing(armed_node, bitcoin):
    node = armed_node
    fund(node, bitcoin)
    segwit, taproot = bitcoin.coins("bcrt1q"), bitcoin.coins("bcrt1p")
    for coins in ([segwit[0]], [taproot[0]], [segwit[1], taproot[1]]):
        assert bitcoin.confirm(sign(node, bitcoin.build(coins, 150_000_000)))

    before = node.benctl("info", "--json").json
    node.broker.kill()
    node.kill_enclave()
    node.start_broker()
    node.wait_ready()
    after = node.benctl("info", "--json").json
    assert after["wallet_id"] == before["wallet_id"]
    assert after["boot_id"] != before["boot_id"]
    assert bitcoin.confirm(sign(node, bitcoin.build([taproot[2]], 150_000_000)))


def test_a_transaction_of_all_four_forms_is_mined_from_either_version_of_psbt(node, bitcoin):
    node.config_flags = [word for account in FORMS for word in ("--account", account)]
    node.start()
    node.make_wallet()
    descriptors = [entry["descriptor"] for entry in node.benctl("descriptors", "--json").json["descriptors"]]
    given = node.benctl("getdescriptors", "--account", 0).json  # as bitcoind asks an external signer
    for texts in (descriptors, given["receive"], given["internal"]):
        assert [text.split("(")[0] for text in texts] == ["pkh", "sh", "wpkh", "tr"]
    bitcoin.watch(descriptors)
    addresses = [node.benctl("address", "--account", account, "--index", 3, "--json").json["address"] for account in FORMS]
    for address in addresses:
        bitcoin.mine(2, address)
    bitcoin.mine(100)
    for version in (0, 2):
        coins = [bitcoin.coins(address)[0] for address in addresses]
        psbt = bitcoin.build(coins, 150_000_000)
        if version == 2:
            psbt = node.benctl("psbt", "convert", "--psbt", "-", "--to", 2, "--json", stdin=psbt).json["psbt"]
        assert node.benctl("evaluate", "--psbt", "-", "--json", stdin=psbt).json["verdict"] == "allow"
        answer = node.benctl("sign", "--psbt", "-", "--json", stdin=psbt).json
        assert answer["txid"] is None  # the scriptSigs are not there yet
        signed = answer["psbt"]
        if version == 2:
            signed = node.benctl("psbt", "convert", "--psbt", "-", "--to", 0, "--json", stdin=signed).json["psbt"]
        mined = bitcoin.cli("gettransaction", bitcoin.confirm(signed), "true", "true", wallet="watching")["decoded"]
        shapes = sorted((bool(spent["scriptSig"]["hex"]), len(spent.get("txinwitness", []))) for spent in mined["vin"])
        assert shapes == [(False, 1), (False, 2), (True, 0), (True, 2)]


def test_more_than_the_policy_allows_is_refused_with_its_tag(armed_node, bitcoin):
    fund(armed_node, bitcoin)
    psbt = bitcoin.build(bitcoin.coins("bcrt1p")[:1], OUTFLOW_MAX)  # and the fee on top
    refused = armed_node.benctl("sign", "--psbt", "-", "--json", stdin=psbt, status=1).json
    assert refused["error"]["tag"] == "policy-outflow"
    assert refused["error"]["origin"] == "signer"


def test_the_broker_ends_the_enclave_only_when_its_seed_can_come_back(node):
    node.start()
    node.make_wallet()
    assert node.broker.stop() == 0
    assert node.enclaves() == []  # sealed: the next start brings it back
    node.start_broker()
    node.wait_ready()


def test_a_seed_that_is_nowhere_else_survives_the_broker(node):
    node.start(kms=False)
    node.make_wallet()
    wallet = node.benctl("info", "--json").json["wallet_id"]
    assert node.broker.stop() == 0
    assert len(node.enclaves()) == 1
    node.start_broker()
    node.wait_ready()
    assert node.benctl("info", "--json").json["wallet_id"] == wallet


def test_usage_errors_exit_with_2():
    for name in ("benctl", "enclave-broker"):
        done = call(name, "--no-such-flag")
        assert done.status == 2, done
