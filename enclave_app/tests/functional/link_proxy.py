"""A hostile host between broker and enclave: it sees every frame and may change, drop, delay or invent some.

    proxy = LinkProxy(folder / "proxy", node.sim)
    node.start_broker("--enclave-address", proxy.address)
    proxy.from_enclave = lambda kind, body: (kind, body[:-1])   # None: the connection ends
"""

import socket
import struct
import threading

REQUEST, RESPONSE, PERSIST, ACK, KMS_DECRYPT, KMS_REPLY, CONFIG, HELLO = range(1, 9)


def unchanged(kind, body):
    return kind, body


def encode_frame(kind, body):
    return struct.pack(">IB", len(body), kind) + body


def read_exactly(peer, count):
    data = bytearray()
    while len(data) < count:
        part = peer.recv(min(count - len(data), 1 << 16))
        if not part:
            raise ConnectionError
        data += part
    return bytes(data)


def read_line(peer):
    line = b""
    while not line.endswith(b"\n"):
        line += read_exactly(peer, 1)
    return line


class LinkProxy:
    """Listens where the broker is told the enclave is, for the CID 16, and connects on to nitro-sim's socket."""

    def __init__(self, folder, sim):
        folder.mkdir()
        self.address = f"unix:{folder}/cid-{{cid}}.sock:5000"
        self.target = sim / "cid-16.sock"
        self.from_broker = self.from_enclave = unchanged
        self.links = []  # (broker's side, enclave's side)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / "cid-16.sock"))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                broker, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.join, args=(broker,), daemon=True).start()

    def join(self, broker):
        try:
            enclave = socket.socket(socket.AF_UNIX)
            enclave.connect(str(self.target))
            enclave.sendall(read_line(broker))
            broker.sendall(read_line(enclave))
        except OSError:
            broker.close()
            return
        self.links.append((broker, enclave))
        threading.Thread(target=self.carry, args=(broker, enclave, "from_broker"), daemon=True).start()
        self.carry(enclave, broker, "from_enclave")

    def carry(self, source, sink, hook):
        try:
            while True:
                size, kind = struct.unpack(">IB", read_exactly(source, 5))
                frame = getattr(self, hook)(kind, read_exactly(source, size))
                if frame is None:
                    break
                sink.sendall(encode_frame(*frame))
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def inject(self, kind, body):
        """Sends a frame to the broker on every link, as if the enclave had."""
        for broker, _ in self.links:
            try:
                broker.sendall(encode_frame(kind, body))
            except OSError:
                pass

    def close(self):
        self.listener.close()
