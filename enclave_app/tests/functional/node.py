"""A whole node on the process platform, in a folder of its own: image, nitro-sim, KMS, broker, benctl.

Tests start it, talk to it from outside only, kill parts of it and start them again:

    node = Node(folder)
    node.start()                     # image, KMS and its key, config, broker: an enclave that has no wallet
    node.make_wallet()               # genesis, certificate, policy: ARMED
    node.benctl("info")              # runs benctl with this node's profile; .json is what it printed
    node.rpc("get_info")             # one JSON-RPC call to the broker, as any client would make it
    node.broker.kill(); node.start_broker()

Every part can be started with flags of the test's own (`node.start_broker("--log-level", "debug")`), and `Program`
runs any other program the same way. `close` ends everything that was started; the fixture `node` of conftest.py
does that.
"""

import atexit
import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
SCRIPTS = SOURCE.parent / "scripts"
BUILD = Path(os.environ.get("BEN_BUILD", SOURCE / "build" / "dev"))
REGION = "us-east-1"
ACCOUNT = "111122223333"
CREDENTIAL = ("AKIDLOCALTEST", "local-test-secret")
CREDENTIALS = {"AWS_ACCESS_KEY_ID": CREDENTIAL[0], "AWS_SECRET_ACCESS_KEY": CREDENTIAL[1], "AWS_REGION": REGION}


@functools.cache
def program(name):
    """The path of a program of the build."""
    found = [path for path in BUILD.rglob(name) if path.is_file() and os.access(path, os.X_OK)]
    assert found, f"{name} is not in {BUILD}: build it first"
    return found[0]


@functools.cache
def local_image():
    """The image of the process platform and its measurements, made once: the same programs give the same image."""
    folder = Path(tempfile.mkdtemp(prefix="ben-image-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    image = folder / "signer.eif"
    done = subprocess.run([SCRIPTS / "build-local-image", image, BUILD], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return image, done.stdout


def wait_until(condition, what, seconds=60):
    """Asks `condition` until it holds and returns what it gave; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)


class Program:
    """A program that runs beside the test. Its output goes to `<name>.log` in `folder`."""

    def __init__(self, folder, name, *arguments, env=None):
        self.log_path = Path(folder) / f"{name}.log"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(program(name)), *map(str, arguments)],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def runs(self):
        return self.process.poll() is None

    def wait(self, seconds=60):
        """The exit status, once it has ended."""
        return self.process.wait(seconds)

    def stop(self, seconds=60):
        self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        self.process.kill()
        return self.process.wait(10)


class Done:
    """What a program that has ended said."""

    def __init__(self, completed):
        self.status = completed.returncode
        self.out = completed.stdout
        self.err = completed.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def call(name, *arguments, stdin="", env=None, seconds=60):
    """Runs a program of the build to its end. The status is the caller's to judge."""
    return Done(subprocess.run(
        [str(program(name)), *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=seconds,
        env={**os.environ, **(env or {})}))


def call_on_terminal(name, *arguments, answers):
    """What a person sees who runs a program of the build on a terminal of its own. `answers`: prompts in their order, each with
    the line that is typed when the last line shown holds it. The program has to end well."""
    script = f"""
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv({str(program(name))!r}, {[name, *map(str, arguments)]!r})
shown = b""
for prompt, line in {[(prompt.encode(), line.encode()) for prompt, line in answers]!r}:
    while prompt not in shown.split(b"\\n")[-1] or not shown.endswith(b": "):
        shown += os.read(terminal, 1000)
    os.write(terminal, line + b"\\n")
while True:
    try:
        part = os.read(terminal, 1000)
    except OSError:
        break
    if not part:
        break
    shown += part
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=True).stdout


def post(url, body, headers=None, seconds=30):
    """An HTTP POST: status and body, whatever the status."""
    data = body if isinstance(body, bytes) else body.encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def get(url, seconds=10):
    """An HTTP GET: status and body, or (None, b"") where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return None, b""


def aws_call(url, target, body):
    """One signed call of the AWS JSON protocol, by curl: an implementation of SigV4 that is not ours."""
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--aws-sigv4", f"aws:amz:{REGION}:kms",
         "--user", ":".join(CREDENTIAL),
         "--header", "Content-Type: application/x-amz-json-1.1", "--header", f"X-Amz-Target: TrentService.{target}",
         "--data-binary", json.dumps(body), "--write-out", "\n%{http_code}", url],
        capture_output=True, text=True, timeout=30, check=True)
    text, status = done.stdout.rsplit("\n", 1)
    return int(status), json.loads(text)


def key_policy(pcr0, pcr16):
    """A key policy as it would stand in AWS: the parent may ask, only this image with this config is answered."""
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Administer", "Effect": "Allow", "Principal": principal, "Resource": "*",
         "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:PutKeyPolicy"]},
        {"Sid": "OpenOnlyInTheEnclave", "Effect": "Allow", "Principal": principal, "Resource": "*",
         "Action": "kms:Decrypt", "Condition": {"StringEqualsIgnoreCase": {
             "kms:RecipientAttestation:PCR0": pcr0, "kms:RecipientAttestation:PCR16": pcr16}}}]})


class Node:
    """The node of one test. Files of interest: `eif`, `measurements`, `config`, `profile`, `store`, `root`."""

    admin_count = 2
    config_flags = ()  # of `benctl config new`, more than every config has

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.eif = self.folder / "signer.eif"
        self.measurements = self.folder / "measurements.json"
        self.config = self.folder / "config.json"
        self.profile = self.folder / "node.json"
        self.store = self.folder / "store.sqlite"
        self.sim = self.folder / "sim"
        self.root = self.sim / "pki" / "root.pem"
        self.env = {**CREDENTIALS, "NITRO_SIM_DIR": str(self.sim), "BENCTL_PROFILE": str(self.profile)}
        self.kms = self.broker = None
        self.kms_url = self.key_arn = self.url = None
        self.kms_port = self.broker_port = 0  # any free one at first, the same one when started again
        self.programs = []

    # Parts, in the order in which start() joins them.

    def start(self, kms=True):
        self.make_image()
        self.make_keys()
        if kms:
            self.start_kms()
            self.make_kms_key()
        self.make_config()
        if kms:
            self.restrict_kms_key()
        self.start_broker()
        self.make_profile()

    def make_image(self):
        image, measurements = local_image()
        shutil.copyfile(image, self.eif)
        self.measurements.write_text(measurements)
        self.simulate("root")  # makes the test root

    @property
    def pcrs(self):
        measured = json.loads(self.measurements.read_text())
        return measured.get("Measurements", measured)

    def make_keys(self):
        """Keys of the administrators and of one requester, plain files: `admin0.pem` …, `desk.pem`."""
        self.admins = [self.make_key(f"admin{i}") for i in range(self.admin_count)]
        self.desk = self.make_key("desk")

    def make_key(self, name):
        """A key file `<name>.pem`; returns its public key."""
        return self.benctl("keygen", "--out", self.folder / f"{name}.pem", "--insecure-plain", "--json").json["public_key"]

    def admin_flags(self, count=None):
        keys = [self.folder / f"admin{i}.pem" for i in range(count or self.admin_count)]
        return [word for key in keys for word in ("--key", key)]

    def start_kms(self, *flags):
        port = self.folder / "kms.port"
        port.unlink(missing_ok=True)
        self.kms = self.start_program(
            "local-kms", "--state", self.folder / "kms", "--root", self.root.with_suffix(".der"),
            "--port", self.kms_port, "--port-file", port, "--account", ACCOUNT,
            "--credential", ":".join(CREDENTIAL), *flags)
        self.kms_port = int(wait_until(lambda: port.exists() and port.read_text().strip(), "local-kms to listen"))
        self.kms_url = f"http://127.0.0.1:{self.kms_port}"

    def make_kms_key(self):
        status, answer = aws_call(self.kms_url, "CreateKey", {"KeySpec": "RSA_3072", "KeyUsage": "ENCRYPT_DECRYPT"})
        assert status == 200, answer
        self.key_arn = answer["KeyMetadata"]["Arn"]

    def make_config(self, *flags):
        kms = ["--kms-key-arn", self.key_arn, "--kms-endpoint", self.kms_url] if self.key_arn else ["--no-kms"]
        admins = [word for key in self.admins for word in ("--admin", key)]
        self.benctl("config", "new", "--network", "regtest", *admins, *kms, "--out", self.config, *self.config_flags, *flags)

    def restrict_kms_key(self):
        pcr16 = self.benctl("config", "pcr16", self.config, "--json").json["pcr16"]
        status, answer = aws_call(self.kms_url, "PutKeyPolicy", {
            "KeyId": self.key_arn, "PolicyName": "default", "Policy": key_policy(self.pcrs["PCR0"], pcr16)})
        assert status == 200, answer

    def start_broker(self, *flags, wait=True):
        """Starts the broker with this node's files; `flags` come last, so they win. Waits until it serves."""
        port = self.folder / "broker.port"
        port.unlink(missing_ok=True)
        kms = ["--kms-endpoint", self.kms_url] if self.kms_url else []
        self.broker = self.start_program(
            "enclave-broker", "--eif", self.eif, "--config", self.config, "--store", self.store,
            "--expected-measurement", self.pcrs["PCR0"], "--root", self.root, "--nitro-cli", program("nitro-sim"),
            "--enclave-address", f"unix:{self.sim}/cid-{{cid}}.sock:5000",
            "--listen", f"127.0.0.1:{self.broker_port}", "--port-file", port, *kms, *flags)
        if not wait:
            return
        wait_until(lambda: not self.broker.runs() or port.exists() and port.read_text().strip(), "the broker to listen")
        assert self.broker.runs(), self.broker.log
        self.broker_port = int(port.read_text())
        self.url = f"http://127.0.0.1:{self.broker_port}"
        wait_until(lambda: not self.broker.runs() or self.answers(), "the enclave to answer")
        assert self.broker.runs(), self.broker.log

    def answers(self):
        """Whether the signer answers through the broker, whatever its state."""
        try:
            status, body = post(f"{self.url}/rpc", '{"jsonrpc":"2.0","id":0,"method":"get_info"}')
        except OSError:  # it may be on its way down
            return False
        return status == 200 and b'"result"' in body

    def make_profile(self):
        self.benctl("profile", "new", "--url", self.url, "--root", self.root, "--measurements", self.measurements,
                    "--config", self.config, "--key", self.folder / "desk.pem")

    def make_wallet(self, *policy_flags):
        """Genesis, certificate and a first policy: the node is ARMED and signs for `desk`."""
        self.benctl("genesis", *self.admin_flags())
        self.set_policy(*policy_flags)

    def set_policy(self, *flags):
        policy, signed = self.folder / "policy.json", self.folder / "policy.dsse"
        policy.unlink(missing_ok=True)
        signed.unlink(missing_ok=True)
        limits = flags or ("--outflow-max", "1000000000")
        self.benctl("policy", "new", "--requester", f"desk={self.desk}", *limits, "--out", policy)
        self.benctl("policy", "sign", "--policy", policy, *self.admin_flags(), "--out", signed)
        self.benctl("policy", "set", "--policy", signed)

    # What tests do with it.

    def benctl(self, *arguments, stdin="", status=0):
        """Runs benctl with this node's profile; fails unless it exits as expected (`status=None`: any)."""
        done = call("benctl", *arguments, stdin=stdin, env=self.env)
        assert status is None or done.status == status, f"benctl {' '.join(map(str, arguments))}: {done}"
        return done

    def simulate(self, *arguments, status=0):
        """Runs nitro-sim, as an operator of the host could."""
        done = call("nitro-sim", *arguments, env=self.env)
        assert status is None or done.status == status, f"nitro-sim {' '.join(map(str, arguments))}: {done}"
        return done

    def rpc(self, method, params=None, request_id=1):
        """One JSON-RPC call; the whole answer."""
        call_text = json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params or {}})
        status, body = post(f"{self.url}/rpc", call_text)
        return {"status": status, **json.loads(body)}

    def enclaves(self):
        return self.simulate("describe-enclaves").json

    def ready(self):
        return get(f"{self.url}/readyz")[0] == 200

    def wait_ready(self, seconds=30):
        wait_until(self.ready, "the node to be ready", seconds)

    def kill_enclave(self):
        """The enclave dies as if its machine did: no word to the broker."""
        for enclave in self.enclaves():
            os.kill(enclave["ProcessID"], signal.SIGKILL)

    def start_program(self, name, *arguments, env=None):
        started = Program(self.folder, name, *arguments, env={**self.env, **(env or {})})
        self.programs.append(started)
        return started

    def close(self):
        """Ends all that was started: first the broker, or it would start the enclave again."""
        for started in reversed(self.programs):
            if started.runs():
                started.kill()
        with contextlib.suppress(AssertionError):
            self.simulate("terminate-enclave", "--all")
