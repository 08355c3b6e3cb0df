"""The local KMS from outside: HTTP, signatures of other implementations, documents, policies, faults.

Signatures are made here in Python and by curl, envelopes are opened by OpenSSL: none of it shares code with the
program. AWS's own client, botocore, is a third signer.
"""

import base64
import datetime
import hashlib
import hmac
import http.client
import json
import os
import socket
import stat
import subprocess
import threading
import time
import urllib.parse

import pytest

from node import Program, call, wait_until

REGION = "us-east-1"
ACCOUNT = "000000000000"
CREDENTIAL = ("AKIDLOCALTEST", "local-test-secret")
GOOD_PCR0 = "a0" * 48
OTHER_PCR0 = "b1" * 48


def sign(target, body, host, credential=CREDENTIAL, age_seconds=0):
    """The headers of AWS Signature Version 4, by the text of AWS's General Reference."""
    now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age_seconds)
    date = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-date": date, "x-amz-target": f"TrentService.{target}"}
    names = ";".join(headers)
    canonical = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"POST\n/\n\n{canonical}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{date[:8]}/{REGION}/kms/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + credential[1]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential[0]}/{scope}, SignedHeaders={names}, Signature={signature}")
    return headers


class Kms:
    """A running local-kms, its test root, and an RSA key that stands for an enclave's."""

    def __init__(self, folder):
        self.folder = folder
        self.pki = folder / "pki"
        self.private_key = folder / "recipient.pem"
        self.public_key = folder / "recipient.der"
        run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.private_key)
        run("openssl", "pkey", "-in", self.private_key, "-pubout", "-outform", "DER", "-out", self.public_key)
        self.document()  # makes the root
        self.start()

    def start(self, *flags):
        port = self.folder / "port"
        port.unlink(missing_ok=True)
        self.process = Program(
            self.folder, "local-kms", "--state", self.folder / "keys", "--root", self.pki / "root.der", "--port-file", port,
            "--credential", ":".join(CREDENTIAL), *flags)
        self.port = int(wait_until(lambda: port.exists() and port.read_text().strip(), "local-kms to listen"))
        self.host = f"127.0.0.1:{self.port}"

    def post(self, body, headers, seconds=10, path="/"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith(b"{") else text
        finally:
            connection.close()

    def send(self, target, parameters, **how):
        body = json.dumps(parameters).encode()
        return self.post(body, {"Content-Type": "application/x-amz-json-1.1", **sign(target, body, self.host, **how)})

    def call(self, target, parameters):
        status, answer = self.send(target, parameters)
        assert status == 200, answer
        return answer

    def refusal(self, target, parameters, **how):
        status, answer = self.send(target, parameters, **how)
        assert status == 400, answer
        return answer["__type"]

    def fault(self, text):
        status, _ = self.post(text, {}, path="/_fault")
        return status

    def document(self, pcr0=GOOD_PCR0, debug=False, pki=None):
        made = call("make-document", pki or self.pki, pcr0, self.public_key, *(["debug"] if debug else []))
        assert made.status == 0, made
        return made.out.strip()

    def recipient(self, **what):
        return {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": self.document(**what)}

    def make_key(self, spec="RSA_3072", **more):
        return self.call("CreateKey", {"KeySpec": spec, **more})["KeyMetadata"]["Arn"]

    def open(self, envelope):
        """What OpenSSL finds in CiphertextForRecipient."""
        file = self.folder / "envelope.ber"
        file.write_bytes(base64.b64decode(envelope))
        return subprocess.run(
            ["openssl", "cms", "-decrypt", "-inform", "DER", "-in", file, "-inkey", self.private_key, "-binary"],
            capture_output=True, check=True).stdout


def run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


@pytest.fixture
def kms(folder):
    made = Kms(folder)
    yield made
    if made.process.runs():
        assert made.process.stop() == 0


def policy(pcr0):
    """As docs and module have it: Decrypt for one image only, and never without a document."""
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Look", "Effect": "Allow", "Principal": root, "Resource": "*",
         "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Encrypt", "kms:PutKeyPolicy"]},
        {"Sid": "OnlyThisImage", "Effect": "Allow", "Principal": root, "Resource": "*", "Action": "kms:Decrypt",
         "Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:PCR0": pcr0.upper()}}},
        {"Sid": "NeverWithoutDocument", "Effect": "Deny", "Principal": "*", "Resource": "*", "Action": "kms:Decrypt",
         "Condition": {"Null": {"kms:RecipientAttestation:PCR0": "true"}}}]})


@pytest.fixture
def sealed(kms):
    """A Decrypt request that is granted, and its plaintext: 68 bytes as the signer wraps them."""
    arn = kms.make_key(Policy=policy(GOOD_PCR0))
    plaintext = os.urandom(68)
    algorithm = {"KeyId": arn, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    wrapped = kms.call("Encrypt", {**algorithm, "Plaintext": base64.b64encode(plaintext).decode()})["CiphertextBlob"]
    return {**algorithm, "CiphertextBlob": wrapped, "Recipient": kms.recipient()}, plaintext


def test_decrypt_with_recipient_answers_an_envelope_that_openssl_opens_and_no_plaintext(kms, sealed):
    request, plaintext = sealed
    answer = kms.call("Decrypt", request)
    assert set(answer) == {"KeyId", "EncryptionAlgorithm", "CiphertextForRecipient"}
    assert answer["KeyId"] == request["KeyId"]
    envelope = base64.b64decode(answer["CiphertextForRecipient"])
    assert envelope[:2] == b"\x30\x80" and len(envelope) == 525  # BER of indefinite length, 80 bytes of content
    assert hashlib.sha256(kms.public_key.read_bytes()).digest() in envelope
    assert kms.open(answer["CiphertextForRecipient"]) == plaintext


def test_decrypt_is_refused_without_the_right_document(kms, sealed, folder):
    request, _ = sealed

    def refusal(recipient):
        return kms.refusal("Decrypt", {**request, "Recipient": recipient})

    assert kms.refusal("Decrypt", {k: v for k, v in request.items() if k != "Recipient"}) == "AccessDeniedException"
    assert refusal(kms.recipient(pcr0=OTHER_PCR0)) == "AccessDeniedException"
    assert refusal(kms.recipient(debug=True)) == "AccessDeniedException"
    assert refusal(kms.recipient(pki=folder / "other-pki")) == "ValidationException"
    assert refusal({**kms.recipient(), "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_1"}) == "ValidationException"
    altered = bytearray(base64.b64decode(kms.document()))
    altered[-1] ^= 1
    assert refusal({**kms.recipient(), "AttestationDocument": base64.b64encode(altered).decode()}) == "ValidationException"


def test_a_changed_policy_rules_at_once(kms, sealed):
    request, _ = sealed
    kms.call("PutKeyPolicy", {"KeyId": request["KeyId"], "PolicyName": "default", "Policy": policy(OTHER_PCR0)})
    assert kms.refusal("Decrypt", request) == "AccessDeniedException"
    assert kms.send("Decrypt", {**request, "Recipient": kms.recipient(pcr0=OTHER_PCR0)})[0] == 200


def test_a_key_that_is_made_to_sign_does_not_decrypt(kms):
    signing = kms.make_key(KeyUsage="SIGN_VERIFY")
    request = {"KeyId": signing, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256", "CiphertextBlob": "AAAA"}
    assert kms.refusal("Decrypt", request) == "InvalidKeyUsageException"


def test_requests_need_a_fresh_signature_of_a_known_caller(kms):
    body = b"{}"
    target = {"X-Amz-Target": "TrentService.CreateKey"}
    status, answer = kms.post(body, target)
    assert (status, answer["__type"]) == (400, "MissingAuthenticationTokenException")
    assert kms.refusal("CreateKey", {}, credential=(CREDENTIAL[0], "guess")) == "InvalidSignatureException"
    assert kms.refusal("CreateKey", {}, credential=("AKIDSTRANGER", CREDENTIAL[1])) == "UnrecognizedClientException"
    assert kms.refusal("CreateKey", {}, age_seconds=600) == "InvalidSignatureException"
    assert kms.refusal("CreateKey", {}, age_seconds=-600) == "InvalidSignatureException"
    headers = sign("CreateKey", body, kms.host)
    assert kms.post(b'{"KeySpec":"RSA_2048"}', headers)[1]["__type"] == "InvalidSignatureException"
    assert kms.post(body, headers)[0] == 200


def test_curl_signs_what_the_local_kms_accepts(kms):
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--aws-sigv4", f"aws:amz:{REGION}:kms", "--user", ":".join(CREDENTIAL),
         "--header", "Content-Type: application/x-amz-json-1.1", "--header", "X-Amz-Target: TrentService.GenerateRandom",
         "--data-binary", '{"NumberOfBytes":32}', f"http://{kms.host}/"], capture_output=True, check=True, timeout=20)
    assert len(base64.b64decode(json.loads(done.stdout)["Plaintext"])) == 32


def test_botocore_signs_what_the_local_kms_accepts(kms, sealed, botocore):
    client = botocore.session.Session().create_client(
        "kms", region_name=REGION, endpoint_url=f"http://{kms.host}", aws_access_key_id=CREDENTIAL[0],
        aws_secret_access_key=CREDENTIAL[1])
    request, plaintext = sealed
    described = client.describe_key(KeyId=request["KeyId"])["KeyMetadata"]
    assert (described["KeySpec"], described["Origin"], described["MultiRegion"]) == ("RSA_3072", "AWS_KMS", False)
    answer = client.decrypt(
        KeyId=request["KeyId"], EncryptionAlgorithm=request["EncryptionAlgorithm"],
        CiphertextBlob=base64.b64decode(request["CiphertextBlob"]),
        Recipient={"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
                   "AttestationDocument": base64.b64decode(request["Recipient"]["AttestationDocument"])})
    assert "Plaintext" not in answer
    assert kms.open(base64.b64encode(answer["CiphertextForRecipient"])) == plaintext
    with pytest.raises(client.exceptions.NotFoundException):
        client.describe_key(KeyId="0d990263-018e-4e65-a703-eff731de951e")


def test_keys_outlive_the_program_and_only_the_owner_reads_them(kms, sealed):
    request, plaintext = sealed
    keys = kms.folder / "keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in keys.iterdir()] == [0o600]
    assert kms.process.stop() == 0
    kms.start()
    assert kms.open(kms.call("Decrypt", request)["CiphertextForRecipient"]) == plaintext


def test_faults_are_made_on_request_and_end(kms, sealed):
    request, plaintext = sealed
    first = kms.call("Decrypt", request)["CiphertextForRecipient"]

    assert kms.fault("error:ThrottlingException@2") == 204
    assert [kms.refusal("Decrypt", request) for _ in range(2)] == ["ThrottlingException"] * 2
    assert kms.open(kms.call("Decrypt", request)["CiphertextForRecipient"]) == plaintext

    assert kms.fault("slow:300@1") == 204
    start = time.monotonic()
    kms.call("Decrypt", request)
    assert time.monotonic() - start >= 0.3

    assert kms.fault("cut@1") == 204
    with pytest.raises(http.client.IncompleteRead):
        kms.call("Decrypt", request)

    assert kms.fault("forged@1") == 204
    assert kms.open(kms.call("Decrypt", request)["CiphertextForRecipient"]) != plaintext
    assert kms.fault("replayed@1") == 204
    assert kms.call("Decrypt", request)["CiphertextForRecipient"] == first
    assert kms.fault("plaintext@1") == 204
    answer = kms.call("Decrypt", request)
    assert "Plaintext" in answer and "CiphertextForRecipient" not in answer
    assert kms.fault("algorithm:aes-128@1") == 204
    assert bytes.fromhex("0609608648016503040102") in base64.b64decode(
        kms.call("Decrypt", request)["CiphertextForRecipient"])

    assert kms.fault("error:X") == 204 and kms.fault("none") == 204
    assert kms.fault("nonsense") == 400
    assert kms.open(kms.call("Decrypt", request)["CiphertextForRecipient"]) == plaintext


def test_one_slow_answer_or_silent_peer_does_not_hold_up_others(kms):
    silent = [http.client.HTTPConnection("127.0.0.1", kms.port) for _ in range(20)]
    for connection in silent:
        connection.connect()
    assert kms.fault("slow:5000@1") == 204
    waiting = threading.Thread(target=lambda: kms.send("GenerateRandom", {"NumberOfBytes": 8}))
    waiting.start()
    time.sleep(0.2)
    start = time.monotonic()
    assert kms.send("GenerateRandom", {"NumberOfBytes": 8})[0] == 200
    assert time.monotonic() - start < 4
    for connection in silent:
        connection.close()
    waiting.join()


def test_a_request_over_a_mebibyte_is_not_read(kms):
    with pytest.raises((OSError, http.client.HTTPException)):
        kms.post(b"x" * (1 << 21), {"X-Amz-Target": "TrentService.Encrypt"})
    assert kms.send("GenerateRandom", {"NumberOfBytes": 8})[0] == 200


def test_it_listens_on_the_loopback_only_and_says_where(kms):
    said = json.loads(kms.process.log.splitlines()[0])
    assert said == {"url": f"http://{kms.host}", "port": kms.port, "region": REGION, "account": ACCOUNT}
    assert urllib.parse.urlsplit(said["url"]).hostname == "127.0.0.1"


@pytest.mark.parametrize("flags, words", [
    (["--root", "/nowhere"], "/nowhere: has no root certificate"),
    (["--credential", "onlyid"], "a credential: has to be ID:SECRET"),
    (["--fault", "sleepy"], "sleepy: kms: a fault is none, slow:MS"),
])
def test_what_cannot_be_served_is_said_before_it_starts(folder, flags, words):
    done = call("local-kms", "--state", folder / "keys", *flags)
    assert done.status == 1
    assert words in done.err


def test_a_port_that_is_taken_is_an_error(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = call("local-kms", "--state", folder / "keys", "--port", port)
    assert (done.status, f"cannot listen on 127.0.0.1:{port}" in done.err) == (1, True)


def test_a_folder_of_keys_that_cannot_be_used_is_an_error(folder):
    done = call("local-kms", "--state", "/proc/none")
    assert (done.status, "the folder of keys cannot be used" in done.err) == (1, True)
    (folder / "keys").mkdir()
    (folder / "keys" / "a.json").write_text("{}")
    done = call("local-kms", "--state", folder / "keys")
    assert (done.status, "is no key" in done.err) == (1, True)
