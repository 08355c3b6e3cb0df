#!/usr/bin/env python3
"""usage: policies.py PLAN.json...

Reads plans (`terraform show -json`), and says what in them is unsafe: one line for each finding, exit code 1.
What only AWS knows is absent from a plan, so plans with stand-ins for it (mocks) show more than others.
"""

import json
import re
import sys

PCR = re.compile("(?!0{96})[0-9a-f]{96}")
ATTESTED = "kms:RecipientAttestation:"
# Actions that know no resource: "*" is all that can be written. Reading descriptions is another matter (READS).
WITHOUT_RESOURCE = {"cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"}
READS = re.compile("[a-z0-9]+:(Describe|Get|List)")
USER_DATA_BYTES_MAX = 16384


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(text):
    """None where only AWS knows the policy yet."""
    return listed(json.loads(text)["Statement"]) if text else []


def is_world(rule):
    return rule.get("cidr_ipv4") == "0.0.0.0/0" or rule.get("cidr_ipv6") == "::/0"


def check_instance(values):
    options = (values.get("metadata_options") or [{}])[0]
    if options.get("http_tokens") != "required" or options.get("http_put_response_hop_limit") != 1:
        yield "imds: instance metadata answers without a token, or over a second hop"
    if not (values.get("enclave_options") or [{}])[0].get("enabled"):
        yield "enclave: enclaves are not enabled"
    if not (values.get("root_block_device") or [{}])[0].get("encrypted"):
        yield "encryption: the root volume is not encrypted"
    if not values.get("user_data_replace_on_change"):
        yield "user-data: a change would not reach the host"
    script = values.get("user_data")
    if script is not None:
        if not script.startswith("#!"):
            yield "user-data: cloud-init runs what begins with #!"
        if len(script.encode()) > USER_DATA_BYTES_MAX:
            yield "user-data: over 16 KiB"


def check_volume(values):
    if not values.get("encrypted"):
        yield "encryption: the volume is not encrypted"


def check_versioning(values):
    if values["versioning_configuration"][0]["status"] != "Enabled":
        yield "bucket: an overwritten blob is lost"


def check_public_access(values):
    if not all(values.get(name) for name in ("block_public_acls", "block_public_policy", "ignore_public_acls",
                                             "restrict_public_buckets")):
        yield "bucket: may become public"


def check_ingress(values):
    if is_world(values) and (values.get("from_port"), values.get("to_port")) != (22, 22):
        yield "network: the whole internet reaches more than SSH"


def check_egress(values):
    ports = values.get("from_port"), values.get("to_port")
    if values.get("ip_protocol") != "tcp" or ports not in ((443, 443), (80, 80)):
        yield "network: the host reaches more than HTTPS, and HTTP for signed packages"


def conditions_on(statement, operator):
    return (statement.get("Condition") or {}).get(operator, {})


def check_evidence(statement):
    """Of an Allow of kms:Decrypt."""
    asked = {**conditions_on(statement, "StringEqualsIgnoreCase"), **conditions_on(statement, "StringEquals")}
    measured = {name.lower(): listed(values) for name, values in asked.items()}
    if (ATTESTED + "PCR0").lower() not in measured:
        yield "kms: Decrypt without evidence of an image (PCR0)"
    for name, values in measured.items():
        if name.startswith(ATTESTED.lower()) and not all(PCR.fullmatch(value) for value in values):
            yield f"kms: {name} is no measurement, or a debug enclave's"


def check_allow(statement):
    actions = listed(statement["Action"])
    for action in actions:
        if action == "*" or action.endswith(":*"):
            yield f"iam: {action} allows everything"
    is_everywhere = "*" in listed(statement.get("Resource", []))
    if is_everywhere and not all(action in WITHOUT_RESOURCE or READS.match(action) for action in actions):
        yield f"iam: {', '.join(actions)} on every resource"
    if "cloudwatch:PutMetricData" in actions and "cloudwatch:namespace" not in conditions_on(statement, "StringEquals"):
        yield "iam: PutMetricData into every namespace"
    if "kms:Decrypt" in actions:
        yield from check_evidence(statement)


def check_iam_policy(values):
    for statement in statements(values.get("policy")):
        if statement["Effect"] == "Allow":
            yield from check_allow(statement)


def check_trust(values):
    for statement in statements(values.get("assume_role_policy")):
        principal = statement["Principal"]
        if principal == "*" or "*" in listed(principal.get("AWS", [])):
            yield "trust: anybody may take the role"
        if "Federated" in principal:
            exact = {name.rsplit(":", 1)[1]: value for name, value in conditions_on(statement, "StringEquals").items()}
            if exact.get("aud") != "sts.amazonaws.com" or "*" in exact.get("sub", "*"):
                yield "trust: the workflow is not named exactly (aud, sub)"


def check_key(values):
    if (values.get("customer_master_key_spec"), values.get("key_usage")) != ("RSA_3072", "ENCRYPT_DECRYPT"):
        yield "kms: the enclave seals to RSA_3072 keys for ENCRYPT_DECRYPT"
    if values.get("deletion_window_in_days") != 30 or values.get("multi_region"):
        yield "kms: the key can be deleted in less than 30 days, or lives in two regions"
    if values.get("bypass_policy_lockout_safety_check"):
        yield "kms: a policy that nobody can change is not refused"
    if not values.get("policy"):
        return
    denied_without = set()
    for statement in statements(values["policy"]):
        actions, principals = listed(statement["Action"]), listed((statement["Principal"] if isinstance(
            statement["Principal"], dict) else {"AWS": statement["Principal"]})["AWS"])
        if statement["Effect"] == "Deny":
            if principals == ["*"] and "kms:Decrypt" in actions:
                null = conditions_on(statement, "Null")
                denied_without |= {name for name, value in null.items() if len(null) == 1 and value == "true"}
            continue
        if any(principal == "*" or principal.endswith(":root") or re.fullmatch("[0-9]{12}", principal)
               for principal in principals):
            yield "kms: the key is handed to the account: any IAM policy may add to it"
        if any(action in ("*", "kms:*") for action in actions):
            yield "kms: a principal may do everything"
        if "kms:Decrypt" in actions:
            yield from check_evidence(statement)
            if "kms:PutKeyPolicy" in actions:
                yield "kms: who keeps the key may use it"
    if not {ATTESTED + "PCR0", ATTESTED + "PCR16"} <= denied_without:
        yield "kms: no Deny where evidence is absent (Null)"


def check_repository(values):
    if values.get("image_tag_mutability") != "IMMUTABLE":
        yield "registry: a released tag can move"


def check_alarm(values):
    if not values.get("alarm_description") or values.get("treat_missing_data") in (None, "missing"):
        yield "alarm: says nothing, or does not know what silence means"


CHECKS = {
    "aws_instance": check_instance,
    "aws_ebs_volume": check_volume,
    "aws_s3_bucket_versioning": check_versioning,
    "aws_s3_bucket_public_access_block": check_public_access,
    "aws_vpc_security_group_ingress_rule": check_ingress,
    "aws_vpc_security_group_egress_rule": check_egress,
    "aws_iam_role_policy": check_iam_policy,
    "aws_iam_role": check_trust,
    "aws_kms_key": check_key,
    "aws_ecr_repository": check_repository,
    "aws_cloudwatch_metric_alarm": check_alarm,
}
# Of each bucket there has to be one of each.
BUCKET_PARTS = ("versioning", "server_side_encryption_configuration", "public_access_block", "policy")


def find(plan):
    """Sentences, each with the address of the resource it is about."""
    found, counts = [], {}
    for change in plan["resource_changes"]:
        values = change["change"].get("after")
        if change["mode"] != "managed" or values is None:
            continue
        counts[change["type"]] = counts.get(change["type"], 0) + 1
        check = CHECKS.get(change["type"])
        found += [f"{change['address']}: {sentence}" for sentence in (check(values) if check else ())]
    for part in BUCKET_PARTS:
        if counts.get(f"aws_s3_bucket_{part}", 0) < counts.get("aws_s3_bucket", 0):
            found.append(f"aws_s3_bucket: bucket: one has no {part}")
    return found


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    found = [f"{path}: {sentence}" for path in sys.argv[1:] for sentence in find(json.load(open(path)))]
    print("\n".join(found) or "nothing unsafe found")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
