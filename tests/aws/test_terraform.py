"""What terraform itself says: form, validation, the modules' own tests, the examples, a host replaced."""

import re

import pytest

from terraform import EXAMPLES, MODULES, ROOT, resources, terraform


def test_every_file_has_terraforms_own_format():
    done = terraform(ROOT, "fmt", "-check", "-recursive", "-diff", ".")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("part", [".", *MODULES, *EXAMPLES])
def test_it_is_valid(outcomes, part):
    assert outcomes.tree.validate(part) == []


@pytest.mark.parametrize("part", MODULES)
def test_the_modules_own_tests_pass(outcomes, part):
    outcome = outcomes.module(part)
    assert outcome.failures == []
    assert outcome.passed == sum(len(re.findall(r'^run "', path.read_text(), re.M))
                                 for path in (ROOT / part / "tests").glob("*.tftest.hcl"))
    assert outcome.passed >= 3


def test_the_minimal_example_plans_with_two_warnings(outcomes):
    said = sorted(text for _, text in outcomes.run("minimal", "minimal").failures)
    assert len(said) == 2, said
    assert all(text.startswith("Check block assertion failed") for text in said), said
    assert "enclave_cpu_count 1 is rounded up to 2" in said[0]
    assert "expected_measurement is empty" in said[1]


def test_the_complete_example_plans_in_both_phases(outcomes):
    outcome = outcomes.run("complete", "complete")
    assert outcome.failures == []
    assert outcome.passed == 2


def test_a_replaced_host_finds_volume_bucket_and_key(outcomes):
    outcome = outcomes.run("complete", "replacement")
    assert outcome.failures == []
    actions = {change["address"]: change["change"]["actions"]
               for change in outcome.plans["replaced"]["resource_changes"] if change["mode"] == "managed"}
    gone = {address for address, done in actions.items() if "delete" in done}
    assert gone == {"module.enclave_node.aws_instance.this", "module.enclave_node.terraform_data.ami"}
    for kept in ("module.enclave_node.aws_ebs_volume.data", "module.enclave_node.aws_s3_bucket.blobs",
                 "module.enclave_node.aws_iam_role.host", "module.kms_key.aws_kms_key.this"):
        assert actions[kept] == ["no-op"], kept
    host = next(change["change"] for change in outcome.plans["replaced"]["resource_changes"]
                if change["address"] == "module.enclave_node.aws_instance.this")
    assert host["before"]["user_data"] != host["after"]["user_data"]


def test_destroy_stops_at_volume_bucket_and_key(outcomes):
    kept = sorted(re.search(r"Resource (\S+) has", text).group(1)
                  for text in outcomes.run("complete", "replacement").kept if "prevent_destroy" in text)
    assert kept == ["module.enclave_node.aws_ebs_volume.data", "module.enclave_node.aws_s3_bucket.blobs",
                    "module.kms_key.aws_kms_key.this"]


def test_the_host_starts_after_its_rules_and_permissions():
    text = (ROOT / "modules/bitcoin-enclave-node/main.tf").read_text()
    waits = re.search(r"depends_on = \[(.*?)\]", text, re.S).group(1)
    sources = "\n".join(path.read_text() for path in (ROOT / "modules/bitcoin-enclave-node").glob("*.tf"))
    for kind in ("aws_vpc_security_group_egress_rule", "aws_iam_role_policy", "aws_iam_role_policy_attachment"):
        names = re.findall(rf'^resource "{kind}" "(\w+)"', sources, re.M)
        assert names and all(f"{kind}.{name}," in waits for name in names), kind


def test_two_deployments_in_one_account_do_not_meet(outcomes):
    outcome = outcomes.tree.test("tests/aws/two_nodes")
    assert outcome.failures == []
    made = resources(outcome.plans["planned"])
    assert len([kind for _, kind, _ in made if kind == "aws_instance"]) == 2
    fixed = [(address, name, values[name]) for address, kind, values in made
             for name in ("name", "bucket", "alarm_name", "dashboard_name", "repository") if values.get(name)]
    assert fixed == []
