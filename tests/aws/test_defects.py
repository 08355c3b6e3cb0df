"""The defects that a module of this kind was found to have before, each by its name: ours has none of them.

Where a defect shows at run time on the host, tests/functional runs the bootstrap script itself; here stands what the
plan and the rendered script tell.
"""

import base64
import json
import re
import subprocess

from terraform import MODULES, ROOT, one, resources

NODE = ROOT / "modules/bitcoin-enclave-node"


def sources(folder):
    return "\n".join(path.read_text() for path in sorted(folder.glob("*.tf")))


def allowed(plan, address):
    """(action, statement) of what the role policy allows."""
    document = json.loads(one(plan, "aws_iam_role_policy", address)["policy"])
    return [(action, statement) for statement in document["Statement"] for action in statement["Action"]
            if statement["Effect"] == "Allow"]


def settings(plan):
    script = one(plan, "aws_instance")["user_data"]
    return json.loads(base64.b64decode(re.search(r"<<'BASE64'[^\n]*\n(\S+)\nBASE64", script).group(1)))


def code(script):
    """Without comments: what runs."""
    return "\n".join(line for line in script.splitlines() if not line.lstrip().startswith("#"))


def test_01_the_shipped_example_can_be_planned(outcomes, all_defaults):
    assert all("Check block assertion failed" in text for _, text in outcomes.run("minimal", "minimal").failures)
    assert one(all_defaults, "aws_instance")["user_data"]


def test_02_user_data_begins_with_the_interpreter(user_data, all_defaults):
    assert user_data.startswith("#!/bin/bash\n")
    assert one(all_defaults, "aws_instance")["user_data"].startswith("#!/bin/bash\n")


def test_03_no_heredoc_runs_to_the_end_of_the_file(user_data, tmp_path):
    script = tmp_path / "user_data.sh"
    script.write_text(user_data)
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(["shellcheck", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_04_no_value_is_quoted_into_a_unit_or_a_script(build, user_data):
    assert "[Service]" not in user_data
    assert settings(build)["repository_url"] == "https://example.com/node.git"


def test_05_the_allocator_is_told_before_anything_is_built(user_data):
    text = code(user_data)
    assert "memory_mib: %d\\ncpu_count: %d" in text and "/etc/nitro_enclaves/allocator.yaml" in text
    calls = re.findall(r"^(write_settings|install_packages|write_allocator_file|if .*pull; else clone)", text, re.M)
    assert calls[-3:][:2] == ["install_packages", "write_allocator_file"] and "clone" in calls[-1]
    assert "nitro-enclaves-allocator" not in text  # setup_enclave.sh starts it, after a build


def test_06_one_cpu_is_rounded_up_and_small_memory_refused(outcomes):
    runs = (NODE / "tests/validations.tftest.hcl").read_text()
    assert "the_host_keeps_a_core" in runs and "enclave_memory_mib   = 64" in runs
    assert any("rounded up to 2" in text for _, text in outcomes.run("minimal", "minimal").failures)


def test_07_nothing_runs_an_enclave_in_debug_mode(user_data):
    for text in (user_data, sources(NODE), (ROOT / "enclave_app/setup_enclave.sh").read_text(),
                 (ROOT / "enclave_app/src/host/broker/nitro_cli.cpp").read_text()):
        assert '"--debug-mode"' not in text and " --debug-mode" not in code(text)


def test_08_only_commands_that_nitro_cli_has():
    # https://docs.aws.amazon.com/enclaves/latest/user/cmd-nitro-cli.html
    known = {"run-enclave", "terminate-enclave", "describe-enclaves", "describe-eif", "build-enclave", "console", "pcr", "sign-eif"}
    text = (ROOT / "enclave_app/src/host/broker/nitro_cli.cpp").read_text()
    used = set(re.findall(r'"((?:run|terminate|describe|get|build|sign)-[a-z-]+)"', text))
    assert used and used <= known


def test_09_a_broken_node_does_not_restart_for_ever():
    unit = (ROOT / "enclave_app/deploy/enclave-broker.service").read_text()
    assert "Restart=on-failure" in unit and "StartLimitBurst=" in unit and "Restart=always" not in unit


def test_10_the_machine_image_changes_on_purpose_only(build):
    assert "al2023-ami-kernel-default-x86_64" in sources(NODE) and "aws_ami" not in sources(NODE)
    text = (NODE / "placement.tf").read_text()
    assert re.search(r'"terraform_data" "ami".*?ignore_changes = \[input\]', text, re.S)
    assert one(build, "terraform_data")["input"] == "ami-0aaaaaaaaaaaaaaaa"


def test_11_the_host_installs_no_compiler_and_upgrades_nothing(user_data):
    text = code(user_data)
    assert not re.search(r"golang|gcc|amazon-linux-extras|(yum|dnf)\b.* (update|upgrade)", text)


def test_12_what_is_cloned_is_the_pinned_commit(user_data):
    text = code(user_data)
    assert "git clone" not in text
    assert re.search(r'fetch .*"\$url" "\$ref"', text) and "rev-parse HEAD" in text
    assert "docker" not in re.findall(r"usermod.*", text)


def test_13_a_changed_setting_replaces_the_host(build):
    assert one(build, "aws_instance")["user_data_replace_on_change"] is True


def test_14_no_value_reaches_a_shell_as_text(outcomes):
    plans = outcomes.module("modules/bitcoin-enclave-node").plans
    assert "reboot" not in one(plans["every_setting_reaches_the_host_as_data"], "aws_instance")["user_data"]
    template = (NODE / "templates/user_data.sh.tftpl").read_text()
    assert re.findall(r"(?<!\$)\$\{[^}]*\}", template) == ["${base64encode(settings_json)}"]


def test_15_without_a_measurement_no_key_is_opened(outcomes, all_defaults):
    plan = outcomes.module("modules/bitcoin-enclave-node").plans["before_an_image_is_pinned_nothing_is_decrypted"]
    actions = {action for action, _ in allowed(plan, "host")}
    assert "kms:DescribeKey" in actions and "kms:Decrypt" not in actions
    assert settings(all_defaults)["expected_measurement"] == ""


def test_16_the_host_decrypts_for_the_pinned_enclave_only(complete):
    [statement] = [statement for action, statement in allowed(complete, "enclave_node.aws_iam_role_policy.host")
                   if action == "kms:Decrypt"]
    assert statement["Condition"]["StringEqualsIgnoreCase"].keys() == {
        "kms:RecipientAttestation:PCR0", "kms:RecipientAttestation:PCR16"}
    key = json.loads(one(complete, "aws_kms_key")["policy"])
    assert [found["Sid"] for found in key["Statement"] if "Null" in found.get("Condition", {})] == [
        "NeverWithoutConfigEvidence", "NeverWithoutImageEvidence"]


def test_17_permissions_are_real_few_and_names_do_not_collide(build, complete):
    services = {action.split(":")[0] for action, _ in allowed(complete, "enclave_node.aws_iam_role_policy.host")}
    assert services == {"cloudwatch", "ecr", "kms", "logs", "s3"}
    assert one(build, "aws_iam_role_policy_attachment")["policy_arn"].endswith(":aws:policy/AmazonSSMManagedInstanceCore")
    for module in MODULES:
        text = sources(ROOT / module)
        fixed = re.findall(r'^resource "(aws_\w+)" "\w+" \{(?:(?!^\}).)*?^  (?:name|bucket) += "', text, re.S | re.M)
        assert fixed == [], module


def test_18_every_input_has_an_effect():
    for folder in [NODE, *(ROOT / module for module in MODULES)]:
        declared = re.findall(r'^variable "(\w+)"', (folder / "variables.tf").read_text(), re.M)
        used = "\n".join(path.read_text() for path in folder.glob("*.tf") if path.name != "variables.tf")
        assert declared and [name for name in declared if not re.search(rf"\bvar\.{name}\b", used)] == []


def test_18_logs_metrics_and_alarms_are_there(complete):
    kinds = {kind for _, kind, _ in resources(complete)}
    assert {"aws_cloudwatch_log_group", "aws_cloudwatch_metric_alarm", "aws_cloudwatch_dashboard"} <= kinds
    assert {"logs:PutLogEvents", "cloudwatch:PutMetricData"} <= {
        action for action, _ in allowed(complete, "enclave_node.aws_iam_role_policy.host")}


def test_19_the_instance_is_hardened(build):
    host = one(build, "aws_instance")
    assert host["metadata_options"][0]["http_tokens"] == "required"
    assert host["root_block_device"][0]["encrypted"] and host["root_block_device"][0]["volume_type"] == "gp3"
    assert host["monitoring"] is True
    assert "key_name" not in sources(NODE)


def test_20_each_rule_of_the_security_group_stands_alone(build):
    assert not re.search(r"^\s+(ingress|egress) \{", sources(NODE), re.M)
    assert re.search(r'"aws_security_group" "host".*?name_prefix.*?create_before_destroy = true', sources(NODE), re.S)
    egress = [values for _, kind, values in resources(build) if kind.endswith("egress_rule")]
    assert {(rule["from_port"], rule["to_port"]) for rule in egress} == {(443, 443), (80, 80)}


def test_21_an_account_without_a_default_vpc_is_fine(outcomes):
    assert 'default = true' not in (NODE / "placement.tf").read_text()
    assert one(outcomes.module("modules/bitcoin-enclave-node").plans["names_and_places_as_given"], "aws_instance")["subnet_id"]
    assert "sort(data.aws_subnets.candidates.ids)" in (NODE / "placement.tf").read_text()


def test_22_versions_are_bounded_and_the_root_has_the_same_validations():
    for folder in (ROOT, *(ROOT / module for module in MODULES)):
        assert re.search(r'required_version = ">= ', (folder / "versions.tf").read_text())
        assert not re.search(r'^provider "', sources(folder), re.M)
    assert (ROOT / "variables.tf").resolve() == NODE / "variables.tf"
    passed = re.findall(r"^  (\w+) += var\.\1$", (ROOT / "main.tf").read_text(), re.M)
    assert sorted(passed) == sorted(re.findall(r'^variable "(\w+)"', (NODE / "variables.tf").read_text(), re.M))


def test_23_outputs_lead_to_what_was_made():
    names = re.findall(r'^output "(\w+)"', (NODE / "outputs.tf").read_text(), re.M)
    assert names[:3] == ["instance_id", "instance_public_ip", "enclave_measurement"]
    assert {"role_arn", "security_group_id", "log_group_name", "verify_command"} <= set(names)
    assert re.findall(r'^output "(\w+)"', (ROOT / "outputs.tf").read_text(), re.M) == names


def test_24_workflows_are_pinned_and_bounded():
    for workflow in sorted((ROOT / ".github/workflows").glob("*.yml")):
        text = workflow.read_text()
        assert re.search(r"^permissions:", text, re.M), workflow
        assert re.findall(r"uses: (?!\./)\S+@(?![0-9a-f]{40}\b)\S+", text) == [], workflow
    tests = [path for module in MODULES for path in (ROOT / module / "tests").glob("*.tftest.hcl")]
    assert len(tests) >= len(MODULES)
