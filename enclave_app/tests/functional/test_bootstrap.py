"""The host's bootstrap: user data as Terraform renders it and setup_enclave.sh, run from end to end in a root of their
own. Order of steps, both ways to an image, what stops them, what a second run does, and each tool failing in turn."""

import base64
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bootstrap_host import DEVICE, REGISTRY, STATE, TEMPLATE, Host, git, render
from node import SOURCE, call, get

UNITS = SOURCE / "deploy"
BROKER = "systemctl restart enclave-broker.service"
CONFIG = (UNITS / "empty-config.json").read_text()


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A small image with nothing in it that could run, and its PCR0: the bootstrap measures it and carries it about."""
    folder = tmp_path_factory.mktemp("image")
    part, eif, measurements = folder / "part", folder / "enclave.eif", folder / "measurements.json"
    part.write_text("neither kernel nor ramdisk")
    done = call("benctl", "eif", "build", "--kernel", part, "--ramdisk", part, "--out", eif, "--measurements", measurements)
    assert done.status == 0, done
    return eif, json.loads(measurements.read_text())["PCR0"]


@pytest.fixture
def host(folder, image):
    made = Host(folder / "host", image[0])
    made.pcr0 = image[1]
    return made


def booted(host, **settings):
    done = host.boot(host.settings(**settings))
    assert done.returncode == 0, "\n".join(done.lines)
    return done


def stopped(done):
    """The one line that a failure ends in."""
    assert done.returncode == 1, done.lines
    reasons = [line for line in done.lines if "STOPPED" in line]
    assert len(reasons) == 1 and done.lines[-1] == reasons[0], done.lines
    return reasons[0]


def in_order(calls, *wanted):
    """Each of `wanted` begins a call, and they come in that order."""
    places = [next((i for i, line in enumerate(calls) if line.startswith(start)), None) for start in wanted]
    assert None not in places, (wanted[places.index(None)], calls)
    assert places == sorted(places), list(zip(wanted, places))


def enabled(host):
    return [line for line in host.calls("systemctl") if "enable" in line or " restart " in line]


def environment(host):
    return dict(line.split("=", 1) for line in host.text("etc/bitcoin-enclave-node/broker.env").splitlines())


# The script itself.


def test_the_rendered_script_begins_with_its_interpreter_and_is_clean_under_shellcheck(folder):
    script = folder / "user_data"
    script.write_text(render({"name": "x"}))
    assert script.read_bytes().startswith(b"#!/bin/bash\n")
    scripts = [script, SOURCE / "setup_enclave.sh", UNITS / "blob-copy"]
    done = subprocess.run(["shellcheck", "--severity=style", *scripts], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_the_script_leaves_room_for_settings_within_ec2s_limit():
    assert len(TEMPLATE.read_bytes()) <= 7500, "user data is limited to 16 KiB, and 8,000 bytes are the settings'"


@pytest.mark.skipif(not shutil.which("terraform"), reason="no terraform on this machine")
def test_the_tests_render_as_terraform_does(folder):
    settings = {"name": "a", "signer_config": '{"x":"${y} %{z} $(touch /tmp/x) \' \\" \\\\"}'}
    (folder / "settings.json").write_text(json.dumps(settings))
    script = f'base64encode(templatefile("{TEMPLATE}", {{ settings_json = file("{folder}/settings.json") }}))\n'
    done = subprocess.run(["terraform", "console"], input=script, capture_output=True, text=True, cwd=folder, timeout=60,
                          env={"CHECKPOINT_DISABLE": "1", "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder)})
    assert done.returncode == 0, done.stderr
    compact = json.dumps(settings, separators=(",", ":"))
    rendered = base64.b64decode(done.stdout.strip().strip('"')).decode()
    mine = render(settings).replace(base64.b64encode(compact.encode()).decode(),
                                    base64.b64encode((folder / "settings.json").read_bytes()).decode())
    assert rendered == mine


# From a bare host to a node.


def test_a_first_boot_builds_measures_and_runs_without_making_keys(host):
    done = booted(host)
    in_order(host.calls(),
             "dnf --assumeyes --quiet install aws-nitro-enclaves-cli", "dnf --assumeyes --quiet install git docker",
             "git -C /opt/bitcoin-enclave-node/source fetch", "systemctl start docker", "docker build", "docker create",
             "docker cp", "systemctl stop docker", "logger", "mount ", "useradd", "systemctl daemon-reload",
             "systemctl restart nitro-enclaves-allocator", "systemctl enable nitro-enclaves-allocator",
             "systemctl enable --now enclave-broker-log", "amazon-cloudwatch-agent-ctl",
             "systemctl enable --now enclave-blob-copy.path", "systemctl enable enclave-broker", BROKER)
    line = f"Actual EIF PCR0 Measurement: {host.pcr0}"
    assert any(line in said for said in done.lines)
    assert line in host.text("record/console"), "the system console does not show it"
    assert f"logger --tag bitcoin-enclave-node -- {line}" in host.calls(), "the journal does not show it"
    assert any("makes no keys" in said for said in done.lines)
    assert "BEN_BROKER_EXPECTED_MEASUREMENT" not in environment(host)
    assert any("signer_config is blank: the node stays EMPTY" in said for said in done.lines)
    assert host.text("etc/bitcoin-enclave-node/config.json") == CONFIG
    assert not [line for line in host.calls() if "debug" in line]


def test_the_builders_container_is_pinned_by_the_repository_where_it_says_so(host):
    done = booted(host)
    build, = host.calls("docker")[:1]
    assert build.startswith("docker build --quiet --target host --tag bitcoin-enclave-node:build --build-arg BASE=debian:bookworm-slim --file")
    assert any("the container is not pinned" in line for line in done.lines)
    pins = {"BASE": "debian:bookworm-slim@sha256:" + "0" * 64, "PACKAGES": "https://archive.example.com/debian/20261120T000000Z"}
    (host.root / "repository/image").mkdir()
    for content in ('["BASE"]', json.dumps(pins)):
        (host.root / "repository/image/builder.json").write_text(content)
        git(host.root / "repository", "add", "--all")
        git(host.root / "repository", "commit", "--quiet", "--message", "pins")
        done = host.boot(host.settings(git_ref=git(host.root / "repository", "rev-parse", "HEAD")))
        if content.startswith("["):
            assert "not an object of texts" in stopped(done)
    build, = host.calls("docker")[:1]
    assert f"--build-arg BASE={pins['BASE']} --build-arg PACKAGES={pins['PACKAGES']} --file" in build
    assert not any("not pinned" in line for line in done.lines)


def test_the_dockerfile_puts_into_the_host_image_what_setup_takes():
    text = (SOURCE.parent / "image" / "Dockerfile").read_text()
    stage = text[text.index("FROM scratch AS host"):].split("\n\n")[0]
    for copied in ("setup_enclave.sh /enclave_app/", "/enclave_app/deploy /enclave_app/deploy", "/dist /dist"):
        assert copied in stage, copied
    for part in ("enclave.eif", "enclave-broker", "benctl"):
        assert part in text[:text.index("FROM scratch AS host")], part


def test_the_allocator_file_is_there_before_the_allocator_starts_and_has_whole_cores(host):
    for threads, asked, given in (("0,2", 1, 2), ("0-1", 3, 4), ("0", 1, 1), ("0,2", 2, 2)):
        shutil.rmtree(host.root / "etc/nitro_enclaves", ignore_errors=True)
        host.siblings(threads)
        host.failing("systemctl restart nitro-enclaves-allocator")
        done = host.boot(host.settings(enclave_cpu_count=asked, enclave_memory_mib=512))
        assert "nitro-enclaves-allocator" in stopped(done)
        assert host.text("etc/nitro_enclaves/allocator.yaml") == f"---\nmemory_mib: 512\ncpu_count: {given}\n"
        said = [line for line in done.lines if "rounded up" in line]
        assert bool(said) == (asked != given), done.lines


def test_an_expected_measurement_that_matches_is_what_the_broker_expects(host):
    booted(host, expected_measurement=host.pcr0)
    assert environment(host)["BEN_BROKER_EXPECTED_MEASUREMENT"] == host.pcr0


@pytest.mark.parametrize("way", ["build", "pull"])
def test_a_mismatch_stops_before_anything_is_installed_or_enabled(host, way):
    image = host.image if way == "pull" else None
    done = host.boot(host.settings(eif_image=image, expected_measurement="ab" * 48))
    assert "not the image that was reviewed" in stopped(done)
    assert f"Actual EIF PCR0 Measurement: {host.pcr0}" in "\n".join(done.lines)
    assert enabled(host) == []
    assert host.calls("useradd", "mkfs.xfs", "mount") == []
    assert not host.exists("usr-local/bin/enclave-broker")
    assert list((host.root / "etc/systemd/system").iterdir()) == []


def test_the_pull_way_needs_neither_git_nor_docker_and_ends_in_the_same_node(host):
    booted(host, eif_image=host.image, git_ref=None, expected_measurement=host.pcr0)
    assert host.calls("git", "docker") == []
    assert not any("git" in line.split() or "docker" in line.split() for line in host.calls("dnf"))
    in_order(host.calls(), "aws ecr batch-get-image --region us-east-1 --registry-id 111122223333 --repository-name node",
             "aws ecr get-download-url-for-layer", "curl", "logger", BROKER)
    pulled = {name: host.text(name) for name in ("etc/bitcoin-enclave-node/broker.env", "etc/bitcoin-enclave-node/config.json",
                                                 "etc/systemd/system/enclave-broker.service")}
    booted(host, expected_measurement=host.pcr0)
    assert {name: host.text(name) for name in pulled} == pulled


def test_whatever_the_registry_changes_stops_the_pull(host):
    settings = host.settings(eif_image=host.image)
    answer = host.record / "registry/answer"
    told = answer.read_text()
    answer.write_text(told.replace('\\"schemaVersion\\": 2', '\\"schemaVersion\\": 3'))
    assert "it holds is not what was pinned" in stopped(host.boot(settings))
    answer.write_text('{"images":[]}')
    assert "ecr:BatchGetImage" in stopped(host.boot(settings))
    spoiled = f"{REGISTRY}@{host.push(spoil=lambda layer: layer[:-1] + bytes([layer[-1] ^ 1]))}"
    assert "it holds is not what was pinned" in stopped(host.boot(host.settings(eif_image=spoiled)))
    assert enabled(host) == []


def test_a_repository_that_gives_another_commit_is_not_run(host):
    git(host.root / "repository", "tag", "release")
    assert "full commit" in stopped(host.boot(host.settings(git_ref="release")))
    wanted = "0" * 40
    assert wanted in stopped(host.boot(host.settings(git_ref=wanted)))
    assert host.calls("docker") == []


# Settings are data.


def test_no_value_is_ever_shell_text(host):
    nasty = "'\"; touch /etc/owned; $(touch /etc/owned) `touch /etc/owned`\nSETTINGS\nBASE64\n\\ ${x} %{y}"
    policy = json.dumps({"payload": nasty})
    booted(host, signer_policy=policy)
    assert host.text("etc/bitcoin-enclave-node/policy.dsse") == policy
    for key in ("name", "region", "repository_url", "git_ref", "eif_image", "expected_measurement", "expected_pcr16", "signer_config",
                "enclave_cpu_count", "enclave_memory_mib", "log_group", "data_volume_device", "blob_bucket", "api_listen"):
        assert key in stopped(host.boot(host.settings(**{key: nasty})))
    assert not host.exists("etc/owned")


def test_settings_that_are_not_json_stop_the_first_boot(host):
    (host.root / "root/user-data").write_text(render({}, TEMPLATE.read_text()).replace("e30=", "bm9uZQ=="))
    (host.root / "root/user-data").chmod(0o755)
    assert "not a JSON object" in stopped(host.run("/root/user-data"))


# Config, PCR16, key.


def test_the_configs_bytes_arrive_as_they_are_and_pcr16_is_compared(host):
    config = CONFIG.replace('"network":"signet"', '"network":"regtest"')
    pcr16 = hashlib.sha384(bytes(48) + hashlib.sha384(config.encode()).digest()).hexdigest()
    done = booted(host, signer_config=config, expected_pcr16=pcr16)
    assert f"PCR16 of the config: {pcr16}" in "\n".join(done.lines)
    assert host.text("etc/bitcoin-enclave-node/config.json") == config
    assert "not expected_pcr16" in stopped(host.boot(host.settings(signer_config=config + "\n", expected_pcr16=pcr16)))
    assert host.text("etc/bitcoin-enclave-node/config.json") == config, "a config that was refused was installed"
    assert "not a config" in stopped(host.boot(host.settings(signer_config="{}")))


def test_a_config_that_seals_to_another_key_is_refused(host):
    spki = rsa.generate_private_key(65537, 3072).public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    config = json.loads(CONFIG) | {"kms": {"key_arn": arn, "public_key": base64.b64encode(spki).decode()}}
    text = json.dumps(config, separators=(",", ":"))
    booted(host, signer_config=text, kms_key_arn=arn)
    assert "make the config for that key" in stopped(host.boot(host.settings(signer_config=text, kms_key_arn=arn[:-1] + "6")))


def test_the_empty_config_has_an_administrator_that_nobody_is():
    nobody = hashlib.sha256(b"bitcoin-enclave-node: nobody's administrator key").hexdigest()
    assert json.loads(CONFIG)["admins"] == {"threshold": 1, "keys": [nobody]}
    assert json.loads(CONFIG)["kms"] is None


# The volume that outlives the host.


def test_a_blank_volume_is_formatted_once_and_never_again(host):
    booted(host)
    assert host.calls("mkfs.xfs") == [f"mkfs.xfs -q -L ben-blobs {DEVICE}"]
    (host.record / "mounted").unlink()  # another host, the same volume
    booted(host)
    assert host.calls("mkfs.xfs") == [] and host.calls("mount") == [f"mount /{STATE}"]
    lines = host.text("etc/fstab").splitlines()
    assert lines[0] == "LABEL=/ / xfs defaults 0 1" and len(lines) == 2
    assert lines[1].split()[:2] == ["UUID=11111111-2222-3333-4444-555555555555", f"/{STATE}"]


def test_a_volume_that_cannot_be_read_is_left_alone(host):
    host.failing("blkid --probe")
    assert "before anything is written to it" in stopped(host.boot(host.settings()))
    assert host.calls("mkfs.xfs", "mount") == [] and enabled(host) == []


def test_a_volume_that_never_comes_is_waited_for_and_named(host):
    (host.record / "attached").unlink()
    assert DEVICE in stopped(host.boot(host.settings()))
    assert host.calls("sleep").count("sleep 5") == 60 and host.calls("mkfs.xfs") == []


def test_only_tls_opens_the_api_to_others(host):
    done = booted(host, api_listen="0.0.0.0:8443")
    assert environment(host)["BEN_BROKER_LISTEN"] == "127.0.0.1:8080"
    assert any("tls/cert.pem" in line for line in done.lines)
    tls = host.root / STATE / "tls"
    tls.mkdir()
    (tls / "cert.pem").write_text("")
    (tls / "key.pem").write_text("")
    booted(host, api_listen="0.0.0.0:8443")
    assert environment(host)["BEN_BROKER_LISTEN"] == "0.0.0.0:8443"
    assert environment(host)["BEN_BROKER_TLS_KEY"] == f"/{STATE}/tls/key.pem"


# Again.


def test_a_second_run_changes_nothing_and_leaves_the_broker_alone(host):
    booted(host)
    before = {path: path.stat().st_mtime_ns for path in (host.root / "etc").rglob("*") if path.is_file() and "nitro" not in str(path)}
    done = host.setup_again()
    assert done.returncode == 0, done.lines
    assert BROKER not in host.calls() and "systemctl restart nitro-enclaves-allocator.service" not in host.calls()
    assert host.calls("docker", "useradd", "mkfs.xfs", "mount", "dnf") == []
    after = {path: path.stat().st_mtime_ns for path in before}
    assert after == before
    assert not [path for path in (host.root / "opt/bitcoin-enclave-node").iterdir() if path.name.startswith("tmp.")]


def test_more_memory_restarts_the_allocator_under_no_enclave(host):
    booted(host)
    booted(host, enclave_memory_mib=512)
    in_order(host.calls(), "systemctl stop enclave-broker.service", "systemctl restart nitro-enclaves-allocator.service", BROKER)


def test_a_boot_that_failed_half_way_is_completed_by_the_next(host):
    host.failing("docker build")
    stopped(host.boot(host.settings()))
    host.failing()
    booted(host)
    assert BROKER in host.calls()


def test_options_that_are_off_bring_neither_package_nor_service(host):
    booted(host, log_group=None, blob_bucket=None, data_volume_device=None)
    everything = "\n".join(host.calls())
    for word in ("amazon-cloudwatch-agent", "enclave-broker-log", "enclave-blob-copy", "sqlite", "blkid", "mount "):
        assert word not in everything, word


# Each tool failing in turn: the call that fails, on which way, and words of the line that says what to do.
FAILURES = [
    ("dnf", {}, "package repository"),
    ("dnf --assumeyes --quiet install git", {}, "the packages that these settings need"),
    ("git init", {}, "its message stands above"),
    ("git -C", {}, "has it the commit"),
    ("git -C /opt/bitcoin-enclave-node/source checkout", {}, "its message stands above"),
    ("git -C /opt/bitcoin-enclave-node/source rev-parse", {}, "do not trust this repository"),
    ("systemctl start docker", {}, "journalctl --unit docker"),
    ("docker build", {}, "nothing was installed"),
    ("docker create", {}, "journalctl --unit docker"),
    ("docker cp", {}, "Dockerfile of the same commit"),
    ("docker rm", {}, "journalctl --unit docker"),
    ("systemctl stop docker", {}, "journalctl --unit docker"),
    ("logger", {}, "its message stands above"),
    ("aws ecr batch-get-image", {"pull": True}, "ecr:BatchGetImage"),
    ("aws ecr get-download-url", {"pull": True}, "ecr:GetDownloadUrlForLayer"),
    ("curl", {"pull": True}, "route to S3"),
    ("mkfs.xfs", {}, "blkid --probe"),
    ("blkid --output", {}, "blkid --probe"),
    ("mount ", {}, "journalctl"),
    ("getent group", {}, "dnf install aws-nitro-enclaves-cli"),
    ("useradd", {}, "see its message"),
    ("systemctl daemon-reload", {}, "see its message"),
    ("systemctl restart nitro-enclaves-allocator", {}, "larger instance type"),
    ("systemctl enable nitro-enclaves-allocator", {}, "see its message"),
    ("systemctl enable --now enclave-broker-log", {}, "journalctl --unit enclave-broker-log"),
    ("amazon-cloudwatch-agent-ctl", {}, "may the role write to"),
    ("systemctl enable --now enclave-blob-copy", {}, "journalctl --unit enclave-blob-copy"),
    ("systemctl enable enclave-broker", {}, "see its message"),
    (BROKER, {}, "journalctl --unit enclave-broker"),
]


@pytest.mark.parametrize("tool,way,advice", FAILURES, ids=[tool.replace(" ", "-") for tool, _, _ in FAILURES])
def test_a_tool_that_fails_stops_everything_with_a_line_that_says_what_to_do(host, tool, way, advice):
    host.failing(tool)
    reason = stopped(host.boot(host.settings(eif_image=host.image if way.get("pull") else None)))
    assert advice in reason, reason
    if "enclave-broker.service" not in tool and not tool.startswith("systemctl enable enclave-broker"):
        assert BROKER not in host.calls(), "the broker was started all the same"


def test_a_network_that_comes_late_is_waited_for(host):
    host.failing("dnf")
    stopped(host.boot(host.settings()))
    assert len(host.calls("dnf")) == 5 and host.calls("sleep") == ["sleep 5", "sleep 10", "sleep 20", "sleep 40", "sleep 0"]


@pytest.mark.parametrize("missing", ["enclave.eif", "enclave-broker", "benctl"])
def test_an_image_that_lacks_a_part_installs_nothing(host, missing):
    (host.record / "dist" / missing).unlink()
    assert f"no {missing}" in stopped(host.boot(host.settings()))
    assert enabled(host) == []


def test_an_image_that_is_none_is_named(host):
    (host.record / "dist/enclave.eif").write_bytes(b"not an image")
    assert "no enclave image" in stopped(host.boot(host.settings()))


# What was installed works.


def test_a_real_broker_starts_with_the_environment_that_was_written(host, node):
    node.make_image()
    shutil.copy(node.eif, host.record / "dist/enclave.eif")
    booted(host, expected_measurement=node.pcrs["PCR0"])
    written = environment(host)
    node.config = host.root / "etc/bitcoin-enclave-node/config.json"
    assert written["BEN_BROKER_EIF"] == "/opt/bitcoin-enclave-node/enclave.eif"
    assert (host.root / "opt/bitcoin-enclave-node/enclave.eif").read_bytes() == node.eif.read_bytes()
    paths = ("BEN_BROKER_EIF", "BEN_BROKER_CONFIG", "BEN_BROKER_STORE", "BEN_BROKER_LISTEN")
    node.env.update({name: value for name, value in written.items() if name not in paths})
    node.start_broker()
    state = json.loads(get(f"{node.url}/readyz")[1])
    assert state["state"] == "EMPTY" and state["ready"] is False
    assert '"cpu-count-rounded"' not in node.broker.log, "there is no Nitro here"


def test_the_agents_configuration_names_log_group_and_node(host):
    booted(host)
    config = json.loads(host.text("etc/bitcoin-enclave-node/cloudwatch-agent.json"))
    source, = config["logs"]["logs_collected"]["files"]["collect_list"]
    assert source == {"file_path": "/var/log/bitcoin-enclave-node/broker.log", "log_stream_name": "{instance_id}",
                      "log_group_name": "/bitcoin-enclave-node/btc-enclave-1"}
    unit = (UNITS / "enclave-broker-log.service").read_text()
    assert f"StandardOutput=append:{source['file_path']}" in unit
    assert (UNITS / "enclave-broker.logrotate").read_text().startswith(source["file_path"])
    assert config["metrics"]["metrics_collected"]["disk"]["append_dimensions"] == {"Node": "btc-enclave-1"}


def test_a_changed_store_is_copied_to_the_bucket_and_an_unchanged_one_is_not(host):
    booted(host)
    assert host.text("etc/bitcoin-enclave-node/blob-copy.env").splitlines() == [
        "BLOB_BUCKET=btc-enclave-blobs", "BLOB_NODE=btc-enclave-1", "AWS_REGION=us-east-1"]

    def copy():
        (host.record / "calls").write_text("")
        return host.run("env", "BLOB_BUCKET=b", "BLOB_NODE=n", "CACHE_DIRECTORY=/root", "/usr/local/bin/enclave-blob-copy")

    assert copy().returncode == 0 and host.calls("aws") == []
    store = sqlite3.connect(host.root / STATE / "store.sqlite")  # stays open, as the broker's does
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("CREATE TABLE wallet (sealed_seed)")
    store.commit()
    assert copy().returncode == 0
    assert host.calls("aws") == ["aws s3 cp --only-show-errors /root/store.sqlite.new s3://b/blobs/n/store.sqlite"]
    assert copy().returncode == 0 and host.calls("aws") == []
    store.execute("INSERT INTO wallet VALUES ('sealed')")
    store.commit()
    host.failing("aws s3")
    failed = copy()
    assert failed.returncode == 1 and "may the role put objects" in failed.stderr
    host.failing()
    assert copy().returncode == 0 and len(host.calls("aws")) == 1
    with sqlite3.connect(host.root / "root/store.sqlite") as copied:
        assert copied.execute("SELECT * FROM wallet").fetchall() == [("sealed",)], "what is in the write-ahead log alone is missing"


# The units.


def test_the_units_are_clean_for_systemd(folder):
    units = folder / "units"
    units.mkdir()
    for unit in UNITS.glob("enclave-*.[sp]*"):
        text = unit.read_text().replace("/usr/local/bin/enclave-broker", "/bin/true").replace("/usr/local/bin/enclave-blob-copy", "/bin/true")
        (units / unit.name).write_text(text)
    names = sorted(path.name for path in units.iterdir())
    assert names == ["enclave-blob-copy.path", "enclave-blob-copy.service", "enclave-broker-log.service", "enclave-broker.service"]
    (units / "nitro-enclaves-allocator.service").write_text("[Service]\nType=oneshot\nExecStart=/bin/true\n")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *(units / name for name in names)], capture_output=True, text=True,
                          timeout=60, env={"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{units}:"})
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr


@pytest.mark.parametrize("unit", ["enclave-broker", "enclave-broker-log", "enclave-blob-copy"])
def test_a_units_exposure_is_two_at_most(unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", UNITS / f"{unit}.service"],
                          capture_output=True, text=True, timeout=60)
    level = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)[1])
    assert level <= 2.0, done.stdout


def test_the_brokers_unit_leaves_nitro_cli_what_it_needs():
    """Each with its source in docs/hardening.md."""
    lines = (UNITS / "enclave-broker.service").read_text().splitlines()
    for needed in ("DeviceAllow=/dev/nitro_enclaves rw", "SupplementaryGroups=ne",
                   "ReadWritePaths=/run/nitro_enclaves /var/log/nitro_enclaves"):
        assert needed in lines, needed
    families = next(line for line in lines if line.startswith("RestrictAddressFamilies="))
    assert {"AF_UNIX", "AF_VSOCK", "AF_INET", "AF_INET6"} == set(families.split("=")[1].split())
    for taken in ("PrivateDevices=", "PrivateNetwork=", "PrivateUsers=", "ProcSubset=", "LimitMEMLOCK=0"):
        assert not any(line.startswith(taken) for line in lines), taken
    def calls_in(group, seen):
        """The system calls of a systemd filter group, with those of the groups in it."""
        shown = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, timeout=60).stdout
        for name in (line.strip() for line in shown.splitlines()[1:] if not line.strip().startswith("#")):
            if name.startswith("@") and name not in seen:
                seen.add(name)
                calls_in(name, seen)
            seen.add(name)
        return seen

    assert "SystemCallFilter=@system-service" in lines and "SystemCallFilter=~@privileged" in lines
    allowed = calls_in("@system-service", set()) - calls_in("@privileged", set())
    assert {"clone", "fork", "setsid", "dup2", "socketpair", "epoll_ctl", "flock", "fchmod", "unlink", "mmap", "munmap", "ioctl"} <= allowed
