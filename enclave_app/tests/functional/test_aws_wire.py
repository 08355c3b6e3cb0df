"""What we send to AWS, judged by AWS's own code: each request's signature is the one that botocore computes, and its body
the one that botocore's KMS client makes for the same call."""

import base64
import datetime
import http.server
import json
import threading
import urllib.error
import urllib.request

import pytest

from node import CREDENTIAL, REGION, call

TOKEN = "session//token+with/reserved=characters=="


class Recorder:
    """Stands between a node and its KMS, and keeps each request."""

    def __init__(self, target=None):
        self.requests = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = dict(self.headers.items())
                recorder.requests.append((self.path, headers, body))
                status, answer = recorder.forward(target, self.path, headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def forward(target, path, headers, body):
        if target is None:
            return 400, b'{"__type":"AccessDeniedException","message":"only recorded"}'
        try:
            with urllib.request.urlopen(urllib.request.Request(target + path, body, headers), timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def of(self, operation):
        return [(path, headers, body) for path, headers, body in self.requests
                if headers["X-Amz-Target"] == f"TrentService.{operation}"]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def recorder():
    made = []

    def start(target=None):
        made.append(Recorder(target))
        return made[-1]

    yield start
    for each in made:
        each.close()


def authorization_by(botocore, url, headers, body, token=None):
    """The Authorization header that botocore puts on this very request at the time that it names."""
    kept = {name: value for name, value in headers.items()
            if name not in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token", "Content-Length", "Connection", "User-Agent",
                            "Accept-Encoding")}
    request = botocore.awsrequest.AWSRequest("POST", url, kept, body)
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(*CREDENTIAL, token), "kms", REGION)
    date = headers["X-Amz-Date"]
    assert abs(datetime.datetime.now(datetime.timezone.utc)
               - datetime.datetime.strptime(date, "%Y%m%dT%H%M%S%z")) < datetime.timedelta(minutes=5)
    request.context["timestamp"] = date
    signer._modify_request_before_signing(request)
    request.headers.replace_header("X-Amz-Date", date)  # not the time of this check
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    signer._inject_signature_to_request(request, signature)
    return request.headers["Authorization"]


def body_by(botocore, operation, **arguments):
    """Headers and body that botocore's KMS client makes for a call."""
    client = botocore.session.Session().create_client(
        "kms", region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b", endpoint_url="http://127.0.0.1:9")
    caught = []

    class Empty:
        @staticmethod
        def stream():
            yield b"{}"

    def answer(request, **_):
        caught.append(request)
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, Empty())

    client.meta.events.register("before-send.kms", answer)
    getattr(client, operation)(**arguments)
    sent, = caught
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in sent.headers.items()}
    return headers, json.loads(sent.body)


def test_every_request_of_a_node_is_signed_as_botocore_signs_it(node, recorder, botocore):
    node.make_image()
    node.make_keys()
    node.start_kms()
    node.make_kms_key()
    between = recorder(node.kms_url)
    node.kms_url, straight = between.url, node.kms_url
    node.make_config()
    node.kms_url = straight
    node.restrict_kms_key()
    node.kms_url = between.url
    node.start_broker()
    node.make_profile()
    node.make_wallet()
    assert {headers["X-Amz-Target"] for _, headers, _ in between.requests} == {
        "TrentService.DescribeKey", "TrentService.GetPublicKey", "TrentService.Decrypt"}
    for path, headers, body in between.requests:
        assert headers["Authorization"] == authorization_by(botocore, between.url + path, headers, body), headers["X-Amz-Target"]

    # The same calls by botocore's own client: path, headers that mean something, and body.
    for operation, method in (("DescribeKey", "describe_key"), ("GetPublicKey", "get_public_key")):
        path, headers, body = between.of(operation)[0]
        theirs, their_body = body_by(botocore, method, KeyId=node.key_arn)
        assert path == "/" and json.loads(body) == their_body
        for name in ("X-Amz-Target", "Content-Type"):
            assert headers[name] == theirs[name]
    _, _, body = between.of("Decrypt")[0]
    ours = json.loads(body)
    recipient = ours["Recipient"]
    _, theirs = body_by(botocore, "decrypt", KeyId=node.key_arn, EncryptionAlgorithm="RSAES_OAEP_SHA_256",
                        CiphertextBlob=base64.b64decode(ours["CiphertextBlob"], validate=True),
                        Recipient={"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
                                   "AttestationDocument": base64.b64decode(recipient["AttestationDocument"], validate=True)})
    assert ours == theirs


def test_a_roles_session_token_is_signed_as_botocore_signs_it(node, recorder, botocore):
    node.make_keys()
    only = recorder()
    arn = f"arn:aws:kms:{REGION}:111122223333:key/11111111-2222-3333-4444-555555555555"
    done = call("benctl", "config", "new", "--network", "regtest", "--admin", node.admins[0], "--kms-key-arn", arn,
                "--kms-endpoint", only.url, "--out", node.config, env={**node.env, "AWS_SESSION_TOKEN": TOKEN})
    assert done.status != 0
    (path, headers, body), = only.requests
    assert headers["X-Amz-Security-Token"] == TOKEN
    assert headers["Authorization"] == authorization_by(botocore, only.url + path, headers, body, TOKEN)


def test_the_comparison_itself_sees_a_change_of_a_byte(node, recorder, botocore):
    node.make_keys()
    only = recorder()
    arn = f"arn:aws:kms:{REGION}:111122223333:key/11111111-2222-3333-4444-555555555555"
    call("benctl", "config", "new", "--network", "regtest", "--admin", node.admins[0], "--kms-key-arn", arn,
         "--kms-endpoint", only.url, "--out", node.config, env=node.env)
    (path, headers, body), = only.requests
    assert headers["Authorization"] != authorization_by(botocore, only.url + path, headers, body + b" ")
    assert headers["Authorization"] != authorization_by(botocore, only.url + "/x", headers, body)


class Metadata:
    """An instance's metadata service, version 2: a role's credentials for whoever brings the token of a PUT."""

    def __init__(self):
        self.asked = []
        service = self
        role = {"Code": "Success", "AccessKeyId": CREDENTIAL[0], "SecretAccessKey": CREDENTIAL[1], "Token": TOKEN,
                "Expiration": (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        pages = {"/latest/meta-data/iam/security-credentials/": b"node-role",
                 "/latest/meta-data/iam/security-credentials/node-role": json.dumps(role).encode()}

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_PUT(self):
                service.asked.append(("PUT", self.path, self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")))
                self.answer(200, b"session")

            def do_GET(self):
                token = self.headers.get("X-aws-ec2-metadata-token")
                service.asked.append(("GET", self.path, token))
                self.answer(200 if token == "session" else 401, pages.get(self.path, b""))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_a_node_takes_its_roles_credentials_by_imdsv2_and_signs_with_their_token(node, recorder, botocore):
    metadata = Metadata()
    node.make_image()
    node.make_keys()
    node.start_kms()
    node.make_kms_key()
    node.make_config()
    node.restrict_kms_key()
    between = recorder(node.kms_url)
    node.kms_url = between.url
    node.env.update({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url})
    node.start_broker()
    node.make_profile()
    node.make_wallet()
    metadata.server.shutdown()
    assert metadata.asked[0] == ("PUT", "/latest/api/token", "21600")
    assert [path.rsplit("/", 1)[1] for _, path, _ in metadata.asked[1:]] == ["", "node-role"], "asked again although nothing had expired"
    assert {token for method, _, token in metadata.asked if method == "GET"} == {"session"}
    assert between.of("Decrypt")
    for path, headers, body in between.requests:
        assert headers["X-Amz-Security-Token"] == TOKEN
        assert headers["Authorization"] == authorization_by(botocore, between.url + path, headers, body, TOKEN)
