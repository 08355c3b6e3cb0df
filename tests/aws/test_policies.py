"""The policy checks: silent over every plan there is, and loud over each of them spoiled."""

import copy
import json
import subprocess
import sys

import pytest

import policies

HOST = "module.enclave_node."
KEY = "module.kms_key.aws_kms_key.this"


def test_nothing_unsafe_in_any_plan(outcomes):
    plans = dict(outcomes.plans())
    assert len(plans) >= 20
    assert {name: policies.find(plan) for name, plan in plans.items() if policies.find(plan)} == {}


def test_what_only_aws_knows_is_passed_over(outcomes):
    plan = outcomes.run("complete", "replacement").plans["a_first_plan_that_pulls"]
    key = next(change["change"] for change in plan["resource_changes"] if change["type"] == "aws_kms_key")
    assert "policy" not in key["after"] and key["after_unknown"]["policy"]
    assert policies.find(plan) == []


def test_every_kind_that_has_a_check_is_in_the_complete_example(complete):
    assert policies.CHECKS.keys() <= {change["type"] for change in complete["resource_changes"]}


def spoil_policy(field, sid, change):
    """Changes one statement of a policy; `change` gets it, and may return another in its place, or None."""
    def spoil(values):
        document = json.loads(values[field])
        document["Statement"] = [change(statement) or statement if statement["Sid"] == sid else statement
                                 for statement in document["Statement"]]
        document["Statement"] = [statement for statement in document["Statement"] if statement != "gone"]
        values[field] = json.dumps(document)
    return spoil


def put(**fields):
    return lambda values: values.update(fields)


def first(block, **fields):
    return lambda values: values[block][0].update(fields)


def statement(field, sid, **fields):
    return spoil_policy(field, sid, lambda found: found.update(fields))


def without(field, sid):
    return spoil_policy(field, sid, lambda found: "gone")


def evidence(**pcrs):
    asked = {f"kms:RecipientAttestation:{name}": [value] for name, value in pcrs.items()}
    return statement("policy", "OnlyThePinnedEnclaveOpens", Condition={"StringEqualsIgnoreCase": asked})


ROOT_STATEMENT = {"Sid": "IAM", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                  "Action": "kms:*", "Resource": "*"}

SPOILED = [
    (HOST + "aws_instance.this", first("metadata_options", http_tokens="optional"), "imds:"),
    (HOST + "aws_instance.this", first("metadata_options", http_put_response_hop_limit=2), "imds:"),
    (HOST + "aws_instance.this", put(metadata_options=[]), "imds:"),
    (HOST + "aws_instance.this", first("enclave_options", enabled=False), "enclave:"),
    (HOST + "aws_instance.this", first("root_block_device", encrypted=False), "encryption:"),
    (HOST + "aws_instance.this", put(user_data_replace_on_change=False), "user-data:"),
    (HOST + "aws_instance.this", put(user_data="   #!/bin/bash\n"), "user-data:"),
    (HOST + "aws_instance.this", put(user_data="#!/bin/bash\n" + "x" * 16384), "user-data:"),
    (HOST + "aws_ebs_volume.data", put(encrypted=False), "encryption:"),
    (HOST + "aws_s3_bucket_versioning.blobs", first("versioning_configuration", status="Suspended"), "bucket:"),
    (HOST + "aws_s3_bucket_public_access_block.blobs", put(block_public_policy=False), "bucket:"),
    (HOST + "aws_s3_bucket_policy.blobs", None, "bucket:"),
    (HOST + "aws_vpc_security_group_egress_rule.s3[0]", put(from_port=0, to_port=65535), "network:"),
    (HOST + "aws_vpc_security_group_egress_rule.endpoints[0]", put(ip_protocol="-1"), "network:"),
    ("aws_vpc_security_group_ingress_rule.endpoints", put(cidr_ipv4="0.0.0.0/0"), "network:"),
    (HOST + "aws_iam_role_policy.host", statement("policy", "WriteItsLog", Action=["logs:*"]), "iam: logs:*"),
    (HOST + "aws_iam_role_policy.host", statement("policy", "WriteItsLog", Resource="*"), "iam: logs:"),
    (HOST + "aws_iam_role_policy.host", statement("policy", "ShowItsDisk", Condition={}), "iam: PutMetricData"),
    (HOST + "aws_iam_role_policy.host", statement("policy", "CheckTheKey", Action=["kms:Decrypt"]), "kms: Decrypt without"),
    (HOST + "aws_iam_role.host",
     statement("assume_role_policy", "TheInstance", Principal={"AWS": "*"}), "trust: anybody"),
    ("module.github_oidc[0].aws_iam_role.this", statement("assume_role_policy", "OneRepositoryOneSubject", Condition={
        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
        "StringLike": {"token.actions.githubusercontent.com:sub": "repo:o/r:*"}}), "trust: the workflow"),
    ("module.github_oidc[0].aws_iam_role.this", statement("assume_role_policy", "OneRepositoryOneSubject", Condition={
        "StringEquals": {"token.actions.githubusercontent.com:sub": "repo:o/r:ref:refs/heads/main"}}), "trust: the workflow"),
    (KEY, evidence(PCR16="c1" * 48), "kms: Decrypt without"),
    (KEY, evidence(PCR8="c1" * 48), "kms: Decrypt without"),
    (KEY, evidence(PCR0="00" * 48), "debug enclave"),
    (KEY, evidence(PCR0="c1"), "no measurement"),
    (KEY, statement("policy", "OnlyThePinnedEnclaveOpens", Condition={
        "StringEqualsIgnoreCase": {"kms:RecipientAttestation:NitroTPMPCR0": "c1" * 48}}), "kms: Decrypt without"),
    (KEY, without("policy", "NeverWithoutImageEvidence"), "kms: no Deny"),
    (KEY, without("policy", "NeverWithoutConfigEvidence"), "kms: no Deny"),
    (KEY, statement("policy", "NeverWithoutImageEvidence", Condition={
        "Null": {"kms:RecipientAttestation:PCR0": "false"}}), "kms: no Deny"),
    (KEY, statement("policy", "NeverWithoutImageEvidence", Principal={"AWS": "arn:aws:iam::123456789012:role/x"}), "kms: no Deny"),
    (KEY, spoil_policy("policy", "NoWayAround", lambda found: ROOT_STATEMENT), "handed to the account"),
    (KEY, statement("policy", "AdminsKeepItWithoutUsingIt", Action=["kms:*"]), "may do everything"),
    (KEY, statement("policy", "AdminsKeepItWithoutUsingIt", Action=["kms:PutKeyPolicy", "kms:Decrypt"]), "may use it"),
    (KEY, put(customer_master_key_spec="SYMMETRIC_DEFAULT"), "RSA_3072"),
    (KEY, put(deletion_window_in_days=7), "30 days"),
    (KEY, put(bypass_policy_lockout_safety_check=True), "nobody can change"),
    ("module.eif_registry.aws_ecr_repository.this", put(image_tag_mutability="MUTABLE"), "registry:"),
    (HOST + "module.observability.aws_cloudwatch_metric_alarm.host", put(treat_missing_data="missing"), "alarm:"),
]


@pytest.mark.parametrize("address, spoil, sentence", SPOILED, ids=[f"{i:02}-{line[2]}" for i, line in enumerate(SPOILED)])
def test_a_spoiled_plan_is_found(complete, address, spoil, sentence):
    plan = copy.deepcopy(complete)
    change = next(change for change in plan["resource_changes"] if change["address"] == address)
    if spoil is None:
        plan["resource_changes"].remove(change)
    else:
        spoil(change["change"]["after"])
    found = policies.find(plan)
    assert any(sentence in line for line in found), found


def test_it_is_a_program(tmp_path, complete):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(complete))
    spoiled = copy.deepcopy(complete)
    next(change for change in spoiled["resource_changes"] if change["type"] == "aws_ebs_volume")["change"]["after"]["encrypted"] = False
    bad.write_text(json.dumps(spoiled))
    done = [subprocess.run([sys.executable, "-B", policies.__file__, path], capture_output=True, text=True) for path in (good, bad)]
    assert [run.returncode for run in done] == [0, 1]
    assert "aws_ebs_volume.data: encryption:" in done[1].stdout
