#!/usr/bin/env python3
"""usage: load.py BENCH_BUILD

Loads a whole node on the process platform, built in the folder named by BEN_BUILD, and prints what it measured as JSON:
get_info through HTTP, broker, unix socket and signer by wrk, then signings, then the largest PSBT. Memory is VmRSS
and VmHWM of /proc. An answer that is not what was asked for ends the run."""

import base64
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BENCH = Path(sys.argv[1])
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "functional"))
import independent  # noqa: E402
from node import Node, get  # noqa: E402

REQUESTS = 100_000
SIGNINGS = 10_000
LARGEST = ("10000", "8000000")  # inputs and bytes of a PSBT at both limits
GET_INFO = '{"jsonrpc":"2.0","id":1,"method":"get_info","params":{}}'


def innermost(process_id):
    """The signer: at the end of the chain nitro-sim, bwrap, init."""
    while True:
        children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
        if not children:
            return process_id
        process_id = int(children[0])


class Watched:
    """A running program, as /proc shows it."""

    def __init__(self, process_id):
        self.proc = Path(f"/proc/{process_id}")

    def memory_mib(self, field):
        return int(re.search(rf"{field}:\s+(\d+) kB", (self.proc / "status").read_text())[1]) / 1024

    def cpu_s(self):
        fields = (self.proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def count(node, name):
    """Sum of a counter of /metrics over its labels."""
    text = get(f"{node.url}/metrics")[1].decode()
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


def wrk(node, connections, seconds):
    """One run of get_info: median latency in us, and requests a second. Every answer was a result."""
    script = node.folder / "get_info.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.body = '{GET_INFO}'\nwrk.headers['Content-Type'] = 'application/json'\n"
                      "function done(summary, latency)\n"
                      "  local e = summary.errors\n"
                      "  io.write(string.format('{\"p50_us\":%d,\"requests\":%d,\"us\":%d,\"errors\":%d}\\n', latency:percentile(50),\n"
                      "    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))\n"
                      "end\n")
    refused = count(node, "ben_refusals_total")
    done = subprocess.run(["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s",
                           "--script", str(script), f"{node.url}/rpc"], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["errors"] == 0 and count(node, "ben_refusals_total") == refused, done.stdout
    return {"p50_us": told["p50_us"], "per_s": told["requests"] / told["us"] * 1e6, "requests": told["requests"]}


def measure_reads(node, broker, signer):
    runs = [wrk(node, 1, 5) for _ in range(3)]
    found = {"p50_us_1_connection": min(run["p50_us"] for run in runs)}
    cpu, requests, fastest, rounds = (broker.cpu_s(), signer.cpu_s()), 0, 0, 0
    while rounds < 3 or count(node, "ben_requests_total") < REQUESTS:
        run = wrk(node, 32, 5)
        requests, rounds = requests + run["requests"], rounds + 1
        fastest = max(fastest, run["per_s"])
    found["requests_per_s_32_connections"] = fastest
    found["broker_cpu_us_per_request"] = (broker.cpu_s() - cpu[0]) / requests * 1e6
    found["signer_cpu_us_per_request"] = (signer.cpu_s() - cpu[1]) / requests * 1e6
    found["requests"] = count(node, "ben_requests_total")
    found["broker_rss_mib"] = broker.memory_mib("VmRSS")
    return found


class Desk:
    """The requester: signs requests, sends them over one connection."""

    def __init__(self, node):
        self.node = node
        self.key = independent.load_key(node.folder / "desk.pem")
        self.wallet_id = node.rpc("get_info")["result"]["wallet_id"]
        self.descriptors = [part["descriptor"] for part in node.rpc("get_descriptors")["result"]["descriptors"]]
        self.connection = http.client.HTTPConnection("127.0.0.1", node.broker_port, timeout=60)

    def make_psbt(self, account, inputs, size="0"):
        return subprocess.run([BENCH / "make_psbt", self.descriptors[account], inputs, size],
                              capture_output=True, check=True).stdout

    def sign(self, psbt):
        request = independent.transaction_request(self.wallet_id, psbt)
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "sign_transaction", "params": {
            "request": independent.envelope(request, self.key), "psbt": base64.b64encode(psbt).decode()}})
        self.connection.request("POST", "/rpc", body, {"Content-Type": "application/json"})
        answer = json.loads(self.connection.getresponse().read())
        assert "result" in answer, str(answer)[:1000]


def measure_signings(node, broker, signer):
    desk = Desk(node)
    found = {"signer_rss_mib_before": signer.memory_mib("VmRSS")}
    psbts = [desk.make_psbt(account, inputs) for account in (0, 1) for inputs in ("1", "2")]
    cpu, since = signer.cpu_s(), time.monotonic()
    for number in range(SIGNINGS):
        desk.sign(psbts[number % len(psbts)])
    found["signings"] = SIGNINGS
    found["signings_per_s"] = SIGNINGS / (time.monotonic() - since)
    found["signer_cpu_us_per_signing"] = (signer.cpu_s() - cpu) / SIGNINGS * 1e6
    found["signer_rss_mib"] = signer.memory_mib("VmRSS")
    found["signer_peak_mib"] = signer.memory_mib("VmHWM")
    for account, purpose in enumerate(("p2wpkh", "p2tr")):
        psbt = desk.make_psbt(account, *LARGEST)
        since = time.monotonic()
        desk.sign(psbt)
        found[f"largest_{purpose}"] = {"psbt_bytes": len(psbt), "s": time.monotonic() - since,
                                       "signer_peak_mib": signer.memory_mib("VmHWM")}
    found["signer_rss_mib_at_the_end"] = signer.memory_mib("VmRSS")
    found["broker_peak_mib"] = broker.memory_mib("VmHWM")
    return found


def main():
    with tempfile.TemporaryDirectory(prefix="ben-") as folder:
        node = Node(Path(folder) / "node")
        try:
            node.start()
            node.make_wallet("--outflow-max", "1000000000", "--fee-max", "10000000", "--fee-rate-max", "10000")
            broker = Watched(node.broker.process.pid)
            signer = Watched(innermost(node.enclaves()[0]["ProcessID"]))
            reads = measure_reads(node, broker, signer)
            print(json.dumps({**reads, **measure_signings(node, broker, signer)}, indent=1))
        finally:
            node.close()


if __name__ == "__main__":
    main()
