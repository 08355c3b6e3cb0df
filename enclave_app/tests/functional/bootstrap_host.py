"""A host of AWS for the bootstrap scripts, in a folder: a root of its own under bubblewrap, in which jq, git, tar, benctl
and the rest are the true ones, and what would change a machine or reach AWS is a stand-in that writes down its call.

    host = Host(folder, dist)
    done = host.boot(settings)       # the rendered user data, as cloud-init would run it
    host.calls()                     # ["dnf --assumeyes ...", "systemctl restart ..."], in order
    host.failing("docker build")     # from now on this call fails
"""

import atexit
import base64
import functools
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from node import SOURCE, program

TEMPLATE = SOURCE.parent / "modules" / "bitcoin-enclave-node" / "templates" / "user_data.sh.tftpl"
URL = "https://git.example.com/node.git"
REGISTRY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/node"
DEVICE = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0"
STATE = "var/lib/bitcoin-enclave-node"

# What each stand-in does once it has written down its call; `case` patterns over "NAME ARGUMENTS".
STAND_IN = r"""#!/usr/bin/bash
call="$(basename "$0") $*"
printf '%s\n' "$call" >>/record/calls
while read -r prefix; do
  if [[ -n "$prefix" && "$call" == "$prefix"* ]]; then echo "stand-in: told to fail" >&2; exit 9; fi
done </record/failing
case "$call" in
  "git "*) exec /usr/bin/git "$@" ;;
  "dnf "*) case "$call" in *aws-nitro-enclaves-cli*) echo 'ne:x:990:' >>/etc/group ;; esac ;;
  "docker create "*) echo 0123456789ab ;;
  "docker cp "*) cp -r /record/dist "${@: -1}" ;;
  "aws ecr batch-get-image "*) cat /record/registry/answer ;;
  "aws ecr get-download-url-for-layer "*) echo "{\"downloadUrl\":\"https://layers.example.com/${@: -3:1}\"}" ;;
  "curl "*) cp "/record/registry/${@: -1}" "${@: -2:1}" 2>/dev/null || cp "/record/registry/$(basename "${@: -1}")" "${@: -2:1}" ;;
  "getent group ne") grep --quiet ^ne: /etc/group ;;
  "getent passwd enclave-broker") grep --quiet ^enclave-broker: /etc/passwd ;;
  "useradd "*) echo 'enclave-broker:x:991:991::/:/sbin/nologin' >>/etc/passwd ;;
  "blockdev "*) [[ -e /record/attached ]] ;;
  "blkid --probe "*) [[ -e /record/formatted ]] || exit 2 ;;
  "blkid --output "*) echo 11111111-2222-3333-4444-555555555555 ;;
  "mkfs.xfs "*) touch /record/formatted ;;
  "mountpoint "*) [[ -e /record/mounted ]] ;;
  "mount "*) touch /record/mounted ;;
  "systemctl is-active "*) [[ -e /record/active ]] ;;
  "systemctl restart enclave-broker"*) touch /record/active ;;
  "systemctl stop enclave-broker"*) rm -f /record/active ;;
esac
"""
NAMES = ["aws", "blkid", "blockdev", "curl", "dnf", "docker", "getent", "git", "logger", "mkfs.xfs", "mount", "mountpoint",
         "nitro-cli", "sleep", "systemctl", "useradd"]


def render(settings, text=None):
    """The template as Terraform renders it; test_bootstrap.py compares with Terraform's own."""
    data = base64.b64encode(json.dumps(settings, separators=(",", ":")).encode()).decode()
    text = TEMPLATE.read_text() if text is None else text
    assert text.count("${base64encode(settings_json)}") == 1
    return text.replace("${base64encode(settings_json)}", data).replace("$${", "${")


def git(folder, *arguments):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", "-C", folder, *who, *arguments], capture_output=True, text=True, env=env, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@functools.cache
def repository():
    """The bootstrap's own files as a commit, made once: a folder to be copied, and the commit's id."""
    tree = Path(tempfile.mkdtemp(prefix="ben-repository-"))
    atexit.register(shutil.rmtree, tree, ignore_errors=True)
    shutil.copytree(SOURCE / "deploy", tree / "enclave_app/deploy")
    shutil.copy(SOURCE / "setup_enclave.sh", tree / "enclave_app")
    git(tree, "init", "--quiet", "--template=")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "the tree of a release")
    return tree, git(tree, "rev-parse", "HEAD")


class Host:
    def __init__(self, folder, eif):
        self.root = Path(folder)
        self.record = self.root / "record"
        for part in ("etc/systemd/system", "opt/aws/amazon-cloudwatch-agent/bin", "var", "root", "usr-local/bin", "record/dist",
                     "record/registry", "stand-ins", "sys/devices/system/cpu/cpu0/topology"):
            (self.root / part).mkdir(parents=True)
        for name in NAMES:
            self._stand_in(self.root / "stand-ins" / name)
        self._stand_in(self.root / "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl")
        for name, text in {"calls": "", "failing": "", "console": "", "attached": ""}.items():
            (self.record / name).write_text(text)
        for name, text in {"fstab": "LABEL=/ / xfs defaults 0 1\n", "passwd": "root:x:0:0::/root:/bin/sh\n",
                           "group": "root:x:0:\n"}.items():
            (self.root / "etc" / name).write_text(text)
        (self.root / "etc/gitconfig").write_text(f'[url "file:///repository"]\n\tinsteadOf = {URL}\n[safe]\n\tdirectory = *\n')
        self.siblings("0,2")
        shutil.copy(eif, self.record / "dist/enclave.eif")
        for name in ("benctl", "enclave-broker"):  # small ones that run the true one, which is large
            (self.record / "dist" / name).write_text(f'#!/bin/sh\nexec /build/{name} "$@"\n')
            (self.record / "dist" / name).chmod(0o755)
        tree, self.commit = repository()
        shutil.copytree(tree, self.root / "repository")

    @staticmethod
    def _stand_in(path):
        path.write_text(STAND_IN)
        path.chmod(0o755)

    @functools.cached_property
    def image(self):
        """What the registry holds, by digest."""
        return f"{REGISTRY}@{self.push()}"

    def push(self, spoil=lambda layer: layer):
        """Puts an image into the registry: two layers and their manifest. Returns its digest."""
        layers = []
        for name in ("repository/enclave_app", "record/dist"):
            data = io.BytesIO()
            with tarfile.open(fileobj=data, mode="w:gz") as archive:
                archive.add(self.root / name, Path(name).name)
            digest = "sha256:" + hashlib.sha256(data.getvalue()).hexdigest()
            (self.record / "registry" / digest).write_bytes(spoil(data.getvalue()))
            layers.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest})
        manifest = json.dumps({"schemaVersion": 2, "layers": layers}, indent=3)
        (self.record / "registry/answer").write_text(json.dumps({"images": [{"imageManifest": manifest}]}))
        return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()

    def siblings(self, threads):
        (self.root / "sys/devices/system/cpu/cpu0/topology/thread_siblings_list").write_text(threads + "\n")

    def settings(self, **changes):
        """What the module gives a host that builds its image, all options off."""
        return {"name": "btc-enclave-1", "region": "us-east-1", "repository_url": URL, "git_ref": self.commit, "eif_image": None,
                "expected_measurement": "", "expected_pcr16": None, "signer_config": None, "signer_policy": None,
                "enclave_cpu_count": 1, "enclave_memory_mib": 256, "log_group": "/bitcoin-enclave-node/btc-enclave-1",
                "kms_key_arn": None, "data_volume_device": DEVICE, "blob_bucket": "btc-enclave-blobs",
                "api_listen": "127.0.0.1:8080", "restrict_egress": False, **changes}

    def failing(self, *calls):
        (self.record / "failing").write_text("".join(call + "\n" for call in calls))

    def run(self, *command):
        """Runs a command as root of this host."""
        binds = [word for name in ("etc", "opt", "var", "root", "sys", "record", "stand-ins", "repository")
                 for word in ("--bind", self.root / name, f"/{name}")]
        done = subprocess.run(
            ["bwrap", "--unshare-all", "--uid", "0", "--gid", "0", "--die-with-parent", "--clearenv",
             "--setenv", "PATH", "/stand-ins:/usr/bin:/usr/sbin", "--setenv", "HOME", "/root",
             "--setenv", "ASAN_OPTIONS", "detect_leaks=0",
             "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin",
             "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev",
             "--tmpfs", "/tmp", "--bind", self.root / "usr-local", "/usr/local", *binds,
             "--ro-bind", program("benctl").parent, "/build", "--bind", self.record / "console", "/dev/console", "--chdir", "/", *command],
            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        done.lines = (done.stdout + done.stderr).splitlines()
        return done

    def boot(self, settings):
        (self.record / "calls").write_text("")
        script = self.root / "root/user-data"
        script.write_text(render(settings))
        script.chmod(0o755)
        return self.run("/root/user-data")

    def setup_again(self):
        (self.record / "calls").write_text("")
        return self.run("/opt/bitcoin-enclave-node/source/enclave_app/setup_enclave.sh")

    def calls(self, *names):
        """The calls of some stand-ins, or of all."""
        lines = (self.record / "calls").read_text().splitlines()
        return [line for line in lines if not names or line.split()[0] in names]

    def text(self, path):
        return (self.root / path).read_text()

    def exists(self, path):
        return (self.root / path).exists()
