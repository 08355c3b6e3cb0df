"""The key policy that modules/kms-key writes, at work: a node under it, phase by phase, and everybody who tries without.

The policy is the module's own, from example_policy.json, which the Terraform tests compare with what the module plans.
"""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

import node as node_module
from node import ACCOUNT, REGION, aws_call, get, wait_until

POLICY = Path(__file__).resolve().parents[3] / "modules/kms-key/example_policy.json"
HOST_ROLE = f"arn:aws:iam::{ACCOUNT}:role/btc-enclave"
ADMIN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/key-admin"
HOST, ADMIN, OTHER = (("AKIDHOST", "host-secret"), ("AKIDADMIN", "admin-secret"), ("AKIDOTHER", "other-secret"))
ROLES = ((HOST, HOST_ROLE), (ADMIN, ADMIN_ROLE), (OTHER, f"arn:aws:iam::{ACCOUNT}:role/administrator"))
SHOWN = {"host": "arn:aws:iam::123456789012:role/btc-enclave", "admin": "arn:aws:iam::123456789012:role/key-admin",
         "PCR0": "9a8b" + "0" * 91 + "1", "PCR16": "c16" + "0" * 91 + "16"}
SECONDS = 60


def module_policy(pcr0=None, pcr16=None):
    """Phase 1 without measurements: the one statement that opens is not there."""
    text = POLICY.read_text().replace(SHOWN["host"], HOST_ROLE).replace(SHOWN["admin"], ADMIN_ROLE)
    assert SHOWN["PCR0"] in text and SHOWN["PCR16"] in text and HOST_ROLE in text and ADMIN_ROLE in text
    if pcr0:
        return text.replace(SHOWN["PCR0"], pcr0).replace(SHOWN["PCR16"], pcr16)
    policy = json.loads(text)
    policy["Statement"] = [found for found in policy["Statement"] if found["Sid"] != "OnlyThePinnedEnclaveOpens"]
    assert len(policy["Statement"]) == 5
    return json.dumps(policy)


def call_as(monkeypatch, credential, node, target, **body):
    with monkeypatch.context() as patch:
        patch.setattr(node_module, "CREDENTIAL", credential)
        return aws_call(node.kms_url, target, {"KeyId": node.key_arn, **body})


def put_policy(monkeypatch, node, policy, credential=ADMIN):
    status, answer = call_as(monkeypatch, credential, node, "PutKeyPolicy", PolicyName="default", Policy=policy)
    assert status == 200, answer


def restart(node):
    node.broker.kill()
    node.simulate("terminate-enclave", "--all")
    node.start_broker()


def is_ready(node):
    return get(f"{node.url}/readyz")[0] == 200


@pytest.fixture
def phase_1(node, monkeypatch):
    """A node whose key exists under the module's policy of phase 1; it runs with the host's credentials."""
    node.make_image()
    node.make_keys()
    node.start_kms(*(word for credential, role in ROLES for word in ("--credential", ":".join((*credential, role)))))
    node.make_kms_key()
    put_policy(monkeypatch, node, module_policy(), node_module.CREDENTIAL)
    node.env.update({"AWS_ACCESS_KEY_ID": HOST[0], "AWS_SECRET_ACCESS_KEY": HOST[1], "AWS_REGION": REGION})
    node.make_config()
    node.start_broker()
    node.make_profile()
    return node


def test_a_node_lives_through_both_phases_of_the_modules_policy(phase_1, monkeypatch):
    node = phase_1
    refused = node.benctl("genesis", *node.admin_flags(), "--json", status=1).json["error"]
    assert refused["tag"] == "kms-refused", refused

    pcr0, pcr16 = node.pcrs["PCR0"], node.benctl("config", "pcr16", node.config, "--json").json["pcr16"]
    put_policy(monkeypatch, node, module_policy(pcr0, pcr16))
    node.make_wallet()
    restart(node)
    wait_until(lambda: is_ready(node), "the wallet to open under the module's policy", SECONDS)

    for what, policy in (("another image", module_policy("ab" * 48, pcr16)), ("another config", module_policy(pcr0, "ab" * 48)),
                         ("phase 1 again", module_policy())):
        put_policy(monkeypatch, node, policy)
        before = len(node.broker.log)
        restart(node)
        wait_until(lambda: '"tag":"kms-refused"' in node.broker.log[before:], f"KMS to refuse {what}", SECONDS)
        assert not is_ready(node), what


def test_nobody_decrypts_without_evidence(phase_1, monkeypatch):
    node = phase_1
    pcr16 = node.benctl("config", "pcr16", node.config, "--json").json["pcr16"]
    put_policy(monkeypatch, node, module_policy(node.pcrs["PCR0"], pcr16))
    _, answer = call_as(monkeypatch, HOST, node, "GetPublicKey")
    key = serialization.load_der_public_key(base64.b64decode(answer["PublicKey"]))
    sealed = key.encrypt(b"a data key", padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    for credential, role in (*ROLES, (node_module.CREDENTIAL, "the account's root")):
        status, answer = call_as(monkeypatch, credential, node, "Decrypt", CiphertextBlob=base64.b64encode(sealed).decode(),
                                 EncryptionAlgorithm="RSAES_OAEP_SHA_256")
        assert (status, answer["__type"]) == (400, "AccessDeniedException"), (role, answer)


def test_only_admins_change_the_policy(phase_1, monkeypatch):
    for credential in (HOST, OTHER, node_module.CREDENTIAL):
        status, answer = call_as(monkeypatch, credential, phase_1, "PutKeyPolicy", PolicyName="default", Policy=module_policy())
        assert (status, answer["__type"]) == (400, "AccessDeniedException"), answer
    assert call_as(monkeypatch, HOST, phase_1, "DescribeKey")[0] == 200
    assert call_as(monkeypatch, OTHER, phase_1, "DescribeKey")[0] == 400
