"""Proxies between two parts of a node. They keep all that passes, and do to it what a test asks for.

    Tap            TCP, bytes as they are: between a client and the broker, or the broker and KMS
    FrameTap       the enclave's vsock (a unix socket), frame by frame: between broker and enclave
    LyingBroker    HTTP, answer by answer: between benctl and the broker
"""

import contextlib
import json
import socket
import threading
import time
from collections import deque, namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from node import post

FRAME_HEADER_BYTES = 5
REQUEST, RESPONSE, PERSIST, ACK, KMS_DECRYPT, KMS_REPLY, CONFIG, HELLO = range(1, 9)

Frame = namedtuple("Frame", "sender type body is_own")  # is_own: the broker asks get_info for itself, or the answer


def close_both(*sockets):
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


class Proxy:
    """Accepts connections and connects each one on; `relay(source, sink, sender, state)` is a subclass's."""

    def __init__(self, listener):
        self.listener = listener
        self.lock = threading.RLock()
        self.recorded = bytearray()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        close_both(self.listener)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = self.connect()
        except OSError:
            return close_both(client)
        state = self.new_connection()
        for source, sink, sender in ((client, server, "client"), (server, client, "server")):
            threading.Thread(target=self._pump, args=(source, sink, sender, state), daemon=True).start()

    def _pump(self, source, sink, sender, state):
        with contextlib.suppress(OSError):
            self.relay(source, sink, sender, state)
        close_both(source, sink)

    def new_connection(self):
        return None

    def record(self, data):
        with self.lock:
            self.recorded += data


class Tap(Proxy):
    """Between a TCP client and 127.0.0.1:`port`."""

    def __init__(self, port):
        self.target = port
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        super().__init__(listener)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.target))

    def relay(self, source, sink, sender, state):
        while data := source.recv(65536):
            self.record(data)
            sink.sendall(data)


class FrameTap(Proxy):
    """Between the broker and the enclave whose socket is `target`. `on_frame(frame)` is asked for every frame before
    it goes on, one at a time; False: it is lost. All of the recorded bytes are in `recorded`."""

    def __init__(self, path, target):
        self.path, self.target = path, target
        self.on_frame = None
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(64)
        super().__init__(listener)

    @property
    def address(self):
        """For the broker's --enclave-address."""
        return f"unix:{self.path}:5000"

    def connect(self):
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self.target))
        return server

    def new_connection(self):
        return deque()  # for each request that waits for its answer: whether it is the broker's own

    def relay(self, source, sink, sender, waiting):
        line = b""
        while not line.endswith(b"\n"):
            line += self._read(source, 1)
        self.record(line)
        sink.sendall(line)
        while True:
            header = self._read(source, FRAME_HEADER_BYTES)
            body = self._read(source, int.from_bytes(header[:4], "big"))
            with self.lock:
                self.record(header + body)
                frame = Frame({"client": "broker", "server": "enclave"}[sender], header[4], body,
                              self._is_own(header[4], body, waiting))
                if self.on_frame and not self.on_frame(frame):
                    continue
            sink.sendall(header + body)

    @staticmethod
    def _is_own(kind, body, waiting):
        if kind in (REQUEST, CONFIG):
            waiting.append(b'"id":"broker","method":"get_info"' in body)
            return waiting[-1]
        return kind == RESPONSE and bool(waiting) and waiting.popleft()

    @staticmethod
    def _read(source, size):
        data = bytearray()
        while len(data) < size:
            piece = source.recv(min(size - len(data), 65536))
            if not piece:
                raise OSError("the connection ended")
            data += piece
        return bytes(data)


class LyingBroker(ThreadingHTTPServer):
    """Passes calls on to the broker at `url`; `lie(method, request, answer)` gives the answer that the client gets."""

    daemon_threads = True

    def __init__(self, url):
        self.target = url
        self.lie = None
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that does not wait for its answer is no error here

    def ask(self, body):
        """The broker's own answer, once it is not too busy to ask the signer."""
        deadline = time.monotonic() + 30
        while True:
            status, answer = post(f"{self.target}/rpc", body, seconds=120)
            is_busy = status == 429 or status == 503 and b'"tag":"broker-busy"' in answer
            if not is_busy or time.monotonic() > deadline:
                return status, answer
            time.sleep(0.05)

    def close(self):
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.server.ask(body)
        if self.server.lie and status == 200:
            answer = self.server.lie(json.loads(body)["method"], body, answer)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass
