"""Each line takes one safeguard away, and some test has to notice."""

import pytest

import policies
import test_defects

NODE, KEY, OIDC, REGISTRY, WATCH = ("modules/bitcoin-enclave-node", "modules/kms-key", "modules/github-oidc",
                                    "modules/eif-registry", "modules/observability")
DEFAULTS, OPTIONS, VALIDATIONS = (NODE, "defaults"), (NODE, "options"), (NODE, "validations")
POLICY, TRUST, RELEASES, ALARMS = (KEY, "policy"), (OIDC, "trust"), (REGISTRY, "registry"), (WATCH, "alarms")

MUTATIONS = [
    # (file of the module, text, what stands in its place, the tests that notice)
    ("main.tf", 'http_tokens                 = "required"', 'http_tokens                 = "optional"', DEFAULTS),
    ("main.tf", "http_put_response_hop_limit = 1", "http_put_response_hop_limit = 2", DEFAULTS),
    ("main.tf", "enclave_options {\n    enabled = true", "enclave_options {\n    enabled = false", DEFAULTS),
    ("main.tf", "root_block_device {\n    encrypted             = true", "root_block_device {\n    encrypted             = false", DEFAULTS),
    ("main.tf", "user_data_replace_on_change = true", "user_data_replace_on_change = false", DEFAULTS),
    ("main.tf", "volume_size           = 30", "volume_size           = 8", DEFAULTS),
    ("main.tf", "= var.kms_key_arn", '= "key ${var.kms_key_arn}"', DEFAULTS),  # a null default in a string
    ("main.tf", "jsonencode(local.settings)", 'replace(jsonencode(local.settings), "reboot", "")', DEFAULTS),
    ("main.tf", "associate_public_ip_address = var.restrict_egress ? false : null", "associate_public_ip_address = true", OPTIONS),
    ("storage.tf", "encrypted         = true", "encrypted         = false", DEFAULTS),
    ("storage.tf", '    status = "Enabled"', '    status = "Suspended"', DEFAULTS),
    ("storage.tf", "block_public_policy     = true", "block_public_policy     = false", DEFAULTS),
    ("network.tf", "from_port         = 443", "from_port         = 0", DEFAULTS),
    ("network.tf", "for_each = var.restrict_egress ? {} : local.world", "for_each = local.world", OPTIONS),
    ("network.tf", "for_each = toset(var.allowed_cidrs)", 'for_each = toset(concat(var.allowed_cidrs, ["0.0.0.0/0"]))', DEFAULTS),
    ("identity.tf", "Condition = { StringEqualsIgnoreCase = local.decrypt_pcrs }", "Condition = {}", OPTIONS),
    ("identity.tf", 'Action   = ["kms:DescribeKey", "kms:GetPublicKey"]', 'Action   = ["kms:*"]', OPTIONS),
    ("identity.tf", "Resource = [local.eif_repository_arn]", 'Resource = ["*"]', OPTIONS),
    ("identity.tf", "permissions_boundary = var.permissions_boundary", "permissions_boundary = null", OPTIONS),
    ("placement.tf", "sort(data.aws_subnets.candidates.ids)[0]", "data.aws_subnets.candidates.ids[0]", DEFAULTS),
    ("placement.tf", 'self.nitro_enclaves_support == "supported"', "true || self.id != null", VALIDATIONS),
    ("placement.tf", "<= self.default_vcpus - self.default_threads_per_core", "<= self.default_vcpus", VALIDATIONS),
    ("placement.tf", "<= self.memory_size - 1024", "<= self.memory_size", VALIDATIONS),
    ("placement.tf", "condition     = self.id == var.aws_region", "condition     = self.id != null", VALIDATIONS),
    ("variables.tf", '^0{96}$', '^1{96}$', VALIDATIONS),
    ("variables.tf", "condition     = var.git_ref != null || var.eif_image != null", "condition     = true || var.git_ref != null", VALIDATIONS),
    ("variables.tf", '@sha256:[0-9a-f]{64}$"', '"', VALIDATIONS),
    ("policy.tf", '"kms:RecipientAttestation:PCR0"  = var.pcr0', '"kms:RecipientAttestation:PCR8"  = var.pcr0', POLICY),
    ("policy.tf", '"kms:RecipientAttestation:PCR16" = var.pcr16', '"kms:RecipientAttestation:NitroTPMPCR16" = var.pcr16', POLICY),
    ("policy.tf", 'NeverWithoutImageEvidence  = "kms:RecipientAttestation:PCR0"', "", POLICY),
    ("policy.tf", 'NeverWithoutConfigEvidence = "kms:RecipientAttestation:PCR16"', "", POLICY),
    ("policy.tf", 'Null = { (key) = "true" }', 'Null = { (key) = "false" }', POLICY),
    ("policy.tf", "local.is_open ? {", "true ? {", POLICY),
    ("policy.tf", "Principal = { AWS = var.admin_role_arns }", 'Principal = { AWS = "arn:aws:iam::123456789012:root" }', POLICY),
    ("policy.tf", '"kms:PutKeyPolicy",', '"kms:PutKeyPolicy", "kms:Decrypt",', POLICY),
    ("policy.tf", '"kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]\n', '"kms:Decrypt"]\n', POLICY),
    ("main.tf@kms", 'customer_master_key_spec = "RSA_3072"', 'customer_master_key_spec = "SYMMETRIC_DEFAULT"', POLICY),
    ("main.tf@kms", "deletion_window_in_days  = 30", "deletion_window_in_days  = 7", POLICY),
    ("main.tf@oidc", '"${local.host}:sub" = "repo:${var.github_repository}:${var.subject}"', '"${local.host}:sub" = "repo:${var.github_repository}:*"', TRUST),
    ("plan_policy.tf", '"ecr:DescribeRepositories"', '"ecr:PutImage"', TRUST),
    ("main.tf@registry", '"IMMUTABLE"', '"MUTABLE"', RELEASES),
    ("alarms.tf", 'over = false, threshold = 1, missing = "breaching"', 'over = false, threshold = 1, missing = "missing"', ALARMS),
    ("alarms.tf", "dimensions          = { Node = var.node_name }", "dimensions          = {}", ALARMS),
    ("alarms.tf", "alarm_actions       = var.alarm_topic_arns", "alarm_actions       = []", ALARMS),
]


@pytest.mark.parametrize("name, text, other, tests", MUTATIONS, ids=[f"{i:02}-{line[0]}" for i, line in enumerate(MUTATIONS)])
def test_a_mutation_is_noticed(outcomes, name, text, other, tests):
    part, file = tests
    path = outcomes.tree.folder / part / name.split("@")[0]
    before = path.read_text()
    assert text in before, "the mutation names nothing that is there: change it with the module"
    try:
        path.write_text(before.replace(text, other, 1))
        outcome = outcomes.tree.test(part, file)
    finally:
        path.write_text(before)
    assert outcome.failures or any(policies.find(plan) for plan in outcome.plans.values())


PREVENTED = [(NODE, "storage.tf", "aws_ebs_volume.data"), (NODE, "storage.tf", "aws_s3_bucket.blobs"),
             (KEY, "main.tf", "aws_kms_key.this")]


@pytest.mark.parametrize("part, name, resource", PREVENTED, ids=[line[2] for line in PREVENTED])
def test_without_prevent_destroy_it_is_destroyed(outcomes, part, name, resource):
    path = outcomes.tree.folder / part / name
    before = path.read_text()
    kind, label = resource.split(".")
    head, tail = before.split(f'resource "{kind}" "{label}"', 1)
    try:
        path.write_text(head + f'resource "{kind}" "{label}"' + tail.replace("prevent_destroy = true", "prevent_destroy = false", 1))
        kept = outcomes.tree.run("examples/complete", "replacement").kept
    finally:
        path.write_text(before)
    assert len([said for said in kept if "prevent_destroy" in said]) == len(PREVENTED) - 1
    assert not any(f"Resource module.{'kms_key' if part == KEY else 'enclave_node'}.{resource} " in said for said in kept)


# Of the script that a host runs first: (text, what stands in its place, the test that notices).
BOOTSTRAP = [
    ("#!/bin/bash\n", "\n#!/bin/bash\n", test_defects.test_02_user_data_begins_with_the_interpreter),
    ("\nBASE64\n", "\n  BASE64\n", test_defects.test_03_no_heredoc_runs_to_the_end_of_the_file),
    ("memory_mib: %d", "memory: %d", test_defects.test_05_the_allocator_is_told_before_anything_is_built),
    ("\nwrite_allocator_file\n", "\n", test_defects.test_05_the_allocator_is_told_before_anything_is_built),
    ('"$url" "$ref"', '"$url" main', test_defects.test_12_what_is_cloned_is_the_pinned_commit),
    ("dnf --assumeyes --quiet install", "dnf --assumeyes upgrade && dnf install", test_defects.test_11_the_host_installs_no_compiler_and_upgrades_nothing),
]


@pytest.mark.parametrize("text, other, check", BOOTSTRAP, ids=[line[2].__name__ for line in BOOTSTRAP])
def test_a_mutated_bootstrap_is_noticed(build, user_data, all_defaults, tmp_path, text, other, check):
    assert text in user_data, "the mutation names nothing that is there: change it with the script"
    given = {"user_data": user_data.replace(text, other, 1), "all_defaults": all_defaults, "tmp_path": tmp_path}
    with pytest.raises(AssertionError):
        check(**{name: given[name] for name in check.__code__.co_varnames[:check.__code__.co_argcount]})
