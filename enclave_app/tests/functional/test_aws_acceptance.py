"""scripts/aws-acceptance without AWS: its dry run, and a run in which AWS and Terraform are stand-ins that write down their
calls. That its claims hold on AWS only AWS can show."""

import json
import os
import re
import subprocess

import pytest

from node import SOURCE

ROOT = SOURCE.parent
SCRIPT = ROOT / "scripts" / "aws-acceptance"
DOCUMENT = (ROOT / "docs" / "needs-live-aws.md").read_text()
CLAIMS = re.findall(r"^\| `([a-z-]+)` \|", DOCUMENT, re.MULTILINE)
PCR0 = "ab" * 48
FLAGS = ["--region", "eu-west-1", "--admin-role", "arn:aws:iam::123456789012:role/key-admin", "--repository", "https://example.com/r.git"]
STAND_IN = r"""#!/usr/bin/bash
call="$(basename "$0") $*"
printf '%s\n' "$call" >>"$RECORD/calls"
while read -r part; do if [[ -n "$part" && "$call" == *"$part"* ]]; then exit 9; fi; done <"$RECORD/failing"
case "$call" in
  "terraform "*" output -raw instance_id") echo "i-$(grep -c ' apply ' "$RECORD/calls")" ;;
  "terraform "*" output -raw "*) echo "${@: -1}-value" ;;
  "aws ec2 get-console-output "*) echo "boot... Actual EIF PCR0 Measurement: PCR0" ;;
  "aws ssm start-session "*) exec /usr/bin/sleep 60 ;;
  "aws ssm describe-instance-information "*) echo Online ;;
  "aws ssm send-command "*) echo "$*" >"$RECORD/command"; echo command-1 ;;
  "aws ssm get-command-invocation "*)
    case "$(<"$RECORD/command")" in
      *is-active*) echo broker-runs ;;
      *describe-enclaves*) echo '[{"NumberOfCPUs": 2, "State": "RUNNING"}]' ;;
      *ps*) echo enclave-broker ;;
      *meta-data*) echo 401 ;;
      *kms*) echo "An error occurred (AccessDeniedException)" ;;
    esac ;;
  "aws kms decrypt "*) echo "An error occurred (AccessDeniedException)" >&2; exit 254 ;;
  "aws s3api list-object-versions "*"length("*) echo 1 ;;
  "aws s3api list-object-versions "*) echo '{"Objects":[{"Key":"blobs/n/store.sqlite","VersionId":"v1"}]}' ;;
  "aws logs "*) echo '{"event":"enclave-verified"}' ;;
  "aws cloudwatch "*) echo 1 ;;
  "curl "*) if grep -q 'benctl genesis' "$RECORD/calls"; then echo '{"state":"ARMED"}'; else echo '{"state":"EMPTY"}'; fi ;;
  "benctl keygen "*) echo '{"public_key":"key"}' ;;
  "benctl config new "*) echo '{}' >"${@: -1}" ;;
  "benctl config pcr16 "*) echo '{"pcr16":"16"}' ;;
  "benctl info "*) echo '{"wallet_id":"w1"}' ;;
  "benctl descriptors "*) echo '{"descriptors":[]}' ;;
esac
"""


@pytest.fixture
def aws(folder):
    """Stand-ins for everything outside; `failing` is a part of the calls that fail."""
    record, programs, host = folder / "record", folder / "programs", folder / "build/src/host"
    for path in (record, programs, host):
        path.mkdir(parents=True)
    (record / "failing").write_text("")
    (record / "calls").write_text("")
    for path in [programs / name for name in ("aws", "terraform", "session-manager-plugin", "curl", "sleep")] + [host / "benctl"]:
        path.write_text(STAND_IN.replace("PCR0\"", PCR0 + "\""))
        path.chmod(0o755)
    (folder / "measurements.json").write_text(json.dumps({"PCR0": PCR0}))

    def run(*flags, failing=""):
        (record / "failing").write_text(failing + "\n")
        done = subprocess.run([SCRIPT, *flags, "--folder", folder / "out"], capture_output=True, text=True, timeout=120,
                              env={"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(folder), "RECORD": str(record),
                                   "BEN_BUILD": str(folder / "build")})
        done.calls = (record / "calls").read_text().splitlines()
        report = folder / "out/report.md"
        done.report = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", report.read_text() if report.exists() else "", re.MULTILINE))
        return done

    run.folder = folder
    run.flags = [*FLAGS, "--measurements", folder / "measurements.json"]
    return run


def test_the_dry_run_calls_nothing_and_shows_every_claim_of_the_document(aws):
    done = aws("--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.calls == []
    assert list(done.report) and sorted(done.report) == sorted(CLAIMS)
    assert set(done.report.values()) == {"not run"}
    shown = done.stdout + done.stderr
    for command in ("terraform -chdir", "aws ec2 get-console-output", "benctl genesis", "benctl verify", "aws kms decrypt",
                    "-replace=module.enclave_node.aws_instance.this", "destroy -auto-approve"):
        assert command in shown, command
    assert done.stdout.rindex("destroy -auto-approve") > done.stdout.rindex("claim ")


def test_a_run_asks_aws_in_order_says_what_failed_and_destroys_everything(aws):
    done = aws(*aws.flags)
    assert done.returncode == 1, done.stdout + done.stderr  # one claim takes a real wallet, which is not here
    assert {claim for claim, verdict in done.report.items() if verdict != "shown"} == {"signs"}, done.report
    assert sorted(done.report) == sorted(CLAIMS)
    applies = [i for i, call in enumerate(done.calls) if " apply " in call]
    assert len(applies) == 3 and "-replace=" in done.calls[applies[2]]
    genesis = next(i for i, call in enumerate(done.calls) if call.startswith("benctl genesis"))
    assert applies[1] < genesis < applies[2]
    assert any(call.startswith("aws s3api delete-objects") and "store.sqlite" in call for call in done.calls)
    assert "destroy -auto-approve" in done.calls[-1]
    settings = json.loads((aws.folder / "out/node.tfvars.json").read_text())
    assert settings["expected_measurement"] == PCR0 and settings["config_pcr16"] == "16"
    assert settings["git_ref"] == subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()


def test_only_the_deployed_copy_can_be_destroyed(aws):
    aws("--dry-run")
    guard = "prevent_destroy = true"
    copies = list((aws.folder / "out/tree/modules").rglob("*.tf"))
    assert copies and not any(guard in path.read_text() for path in copies)
    assert any(guard in path.read_text() for path in (ROOT / "modules").rglob("*.tf"))


@pytest.mark.parametrize("failing", [" apply ", "benctl policy set", "benctl config new"])
def test_whatever_ends_a_run_everything_is_destroyed(aws, failing):
    done = aws(*aws.flags, failing=failing)
    assert done.returncode != 0
    assert "destroy -auto-approve" in done.calls[-1]


def test_a_destroy_that_fails_is_said_loudly(aws):
    done = aws(*aws.flags, failing=" destroy ")
    assert done.returncode == 1 and "NOT EVERYTHING IS DESTROYED" in done.stderr


def test_kept_is_kept_and_a_second_run_does_not_overwrite_it(aws):
    done = aws(*aws.flags, "--keep")
    assert not any(" destroy " in call for call in done.calls)
    again = aws(*aws.flags)
    assert again.returncode == 1 and "earlier run" in again.stderr


@pytest.mark.parametrize("flags", [[], ["--region", "eu-west-1"], ["--region"], ["--loud"]])
def test_a_wrong_command_line_is_a_usage_error(aws, flags):
    done = aws(*flags) if flags != ["--region"] else subprocess.run([SCRIPT, *flags], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "usage: aws-acceptance" in done.stderr
    assert (aws.folder / "record/calls").read_text() == ""


def test_a_claim_that_kms_does_not_enforce_fails(aws):
    text = STAND_IN.replace('echo "An error occurred (AccessDeniedException)" >&2; exit 254', "echo '{}'").replace("PCR0\"", PCR0 + "\"")
    (aws.folder / "programs/aws").write_text(text)
    done = aws(*aws.flags)
    assert done.report["kms-refuses-admin"] == "FAILED" and os.path.exists(aws.folder / "out/report.md")
