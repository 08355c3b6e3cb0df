"""What documents and sources say of each other."""

import json
import re
import subprocess

from terraform import EXAMPLES, MODULES, ROOT, one

# The documented contract of the node's module: name, type, default.
CONTRACT = [
    ("aws_region", "string", None),
    ("name_prefix", "string", '"btc-enclave"'),
    ("git_repository_url", "string", None),
    ("instance_type", "string", '"m5.xlarge"'),
    ("allowed_cidrs", "list(string)", '["0.0.0.0/0"]'),
    ("expected_measurement", "string", '""'),
    ("kms_key_arn", "string", "null"),
    ("log_sink", "string", "null"),
    ("enclave_cpu_count", "number", "1"),
    ("enclave_memory_mib", "number", "256"),
    ("vpc_id", "string", "null"),
    ("subnet_id", "string", "null"),
]
VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.S | re.M)


def variables(part):
    return VARIABLE.findall((ROOT / part / "variables.tf").read_text())


def test_the_tables_are_what_the_sources_say():
    done = subprocess.run([ROOT / "scripts/terraform-tables", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_twelve_inputs_keep_name_type_and_default():
    rows = [re.split(r" *\| *", row.strip("| ")) for row in
            re.search(r"<!-- inputs of modules/bitcoin-enclave-node: .*?-->\n(.*?)<!-- end", (ROOT / "README.md").read_text(), re.S)
            .group(1).splitlines()[2:]]
    assert [(name.strip("`"), kind.strip("`"), None if default == "(required)" else default.strip("`"))
            for name, _, kind, default in rows] == CONTRACT


def test_the_other_inputs_are_optional():
    names = {name for name, _, _ in CONTRACT}
    assert [name for name, body in variables("modules/bitcoin-enclave-node")
            if name not in names and not re.search(r"^  default ", body, re.M)] == []


def test_a_refusal_names_the_variable_and_gives_an_example():
    count = 0
    for part in MODULES:
        for name, body in variables(part):
            for sentence in re.findall(r'error_message = "(.*)"$', body, re.M):
                count += 1
                assert sentence.startswith(name) and "such as" in sentence, sentence
    assert count >= 40


def test_every_input_of_the_node_that_has_a_form_is_validated():
    for name, body in variables("modules/bitcoin-enclave-node"):
        assert "validation {" in body or "type        = bool" in body, name


def test_every_validation_has_its_bad_value():
    for part in MODULES:
        runs = "\n".join(path.read_text() for path in (ROOT / part / "tests").glob("*.tftest.hcl"))
        expected = "\n".join(re.findall(r"expect_failures = \[(.*?)\]", runs, re.S))
        missing = [name for name, body in variables(part)
                   if "validation {" in body and not re.search(rf"\bvar\.{name}\b", expected)]
        assert missing == [], part


def test_every_input_has_a_run_that_gives_it_a_good_value():
    for part in MODULES:
        given = set()
        for path in (ROOT / part / "tests").glob("*.tftest.hcl"):
            text = path.read_text()
            blocks = [block for block in re.findall(r'^(?:run ".*?"|variables) \{\n.*?^\}', text, re.S | re.M)
                      if not re.search(r"expect_failures = \[[^]]*\b(var|data)\.", block)]
            given |= {name for block in blocks for name in re.findall(r"^ +(\w+) += ", block, re.M)}
        assert [name for name, _ in variables(part) if name not in given] == [], part


def test_examples_and_modules_are_named_in_a_document():
    said = (ROOT / "README.md").read_text() + (ROOT / "docs/operations.md").read_text()
    assert [part for part in (*MODULES, *EXAMPLES) if part not in said] == []


def test_the_walkthrough_uses_what_there_is():
    text = (ROOT / "docs/operations.md").read_text()
    known = set(re.findall(r'^(?:variable|output) "(\w+)"', "\n".join(
        path.read_text() for part in (*MODULES, *EXAMPLES) for path in (ROOT / part).glob("*.tf")), re.M))
    named = set(re.findall(r"^(\w+) += ", "\n".join(re.findall(r"```hcl\n(.*?)```", text, re.S)), re.M))
    named |= set(re.findall(r"terraform output -raw (\w+)", text))
    assert named and named <= known, named - known


def test_the_shown_key_policy_is_the_modules(outcomes):
    shown = json.loads((ROOT / "modules/kms-key/example_policy.json").read_text())
    made = outcomes.module("modules/kms-key").plans["phase_2_opens_for_the_pinned_image_and_config"]
    assert shown == json.loads(one(made, "aws_kms_key")["policy"])
