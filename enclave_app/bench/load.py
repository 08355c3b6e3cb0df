#!/usr/bin/env python3
"""usage: load.py BENCH_BUILD

Loads a whole node on the process platform, built in the folder named by BEN_BUILD, and prints what it measured as JSON:
get_info and sign_transaction through HTTP, broker, unix socket and signer by wrk, then the largest PSBT. Memory is VmRSS and
VmHWM of /proc. An answer that is not what was asked for ends the run."""

import base64
import http.client
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

BENCH = Path(sys.argv[1])
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "functional"))
import independent  # noqa: E402
from node import Node, get  # noqa: E402
from processes import broker_of, signer_of  # noqa: E402

CONNECTIONS = (1, 32, 256)  # 256 is all that the broker takes
RUNS, RUN_S = 3, 4
REQUESTS = 100_000
SIGNINGS = 10_000
SIGNING_RUN_S = 1  # all runs together stay below the 65,536 requests that the signer remembers
SIGNINGS_OF_A_RUN = 8_000  # no more are prepared, as no request is sent twice
LARGEST = ("10000", "8000000")  # inputs and bytes of a PSBT at both limits
GET_INFO = '{"jsonrpc":"2.0","id":1,"method":"get_info","params":{}}'


def counters(node, name):
    """The values of a counter of /metrics, by its labels."""
    text = get(f"{node.url}/metrics")[1].decode()
    return {labels: float(value) for labels, value in re.findall(rf"^{name}({{.*}})? (\S+)$", text, re.MULTILINE)}


def requests_of(node):
    return sum(counters(node, "ben_requests_total").values())


SCRIPT = """wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'
local bodies, sent = {}, 0
for line in io.lines('BODIES') do bodies[#bodies + 1] = line end
function request()
  sent = sent + 1
  if #bodies > 1 and sent > #bodies then error('no request is left') end
  return wrk.format(nil, nil, nil, bodies[(sent - 1) % #bodies + 1])
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"p50_us":%d,"p99_us":%d,"requests":%d,"us":%d,"errors":%d}\\n', latency:percentile(50),
    latency:percentile(99), summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def wrk(node, connections, seconds, bodies):
    """One run: what wrk says, and the CPU time that it took itself. Every answer was a result."""
    file, script = node.folder / "bodies", node.folder / "wrk.lua"
    file.write_text("".join(f"{body}\n" for body in bodies))
    script.write_text(SCRIPT.replace("BODIES", str(file)))
    refused, cpu = counters(node, "ben_refusals_total"), resource.getrusage(resource.RUSAGE_CHILDREN)
    time.sleep(0.5)  # until the broker has closed the connection that asked: it takes no more than 256
    done = subprocess.run(["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s",
                           "--script", str(script), f"{node.url}/rpc"], capture_output=True, text=True)
    assert done.returncode == 0, done
    told = json.loads(done.stdout.strip().splitlines()[-1])
    refused_now = counters(node, "ben_refusals_total")
    assert told["errors"] == 0 and refused_now == refused, (connections, told, refused, refused_now)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {**told, "client_cpu_s": after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime}


def measure(node, broker, signer, connections, prepare, seconds=RUN_S):
    """The best of RUNS runs; CPU times are of all of them. `prepare` makes the bodies of one run."""
    cpu, told = (broker.cpu_s(), signer.cpu_s()), []
    for _ in range(RUNS):
        told.append(wrk(node, connections, seconds, prepare()))
    requests = sum(run["requests"] for run in told)
    each = 1e6 / requests
    return {"connections": connections, "requests": requests,
            "p50_us": min(run["p50_us"] for run in told), "p99_us": min(run["p99_us"] for run in told),
            "per_s": max(run["requests"] / run["us"] * 1e6 for run in told),
            "broker_cpu_us": (broker.cpu_s() - cpu[0]) * each, "signer_cpu_us": (signer.cpu_s() - cpu[1]) * each,
            "client_cpu_us": sum(run["client_cpu_s"] for run in told) * each}


def measure_reads(node, broker, signer):
    found = {"get_info": [measure(node, broker, signer, connections, lambda: [GET_INFO]) for connections in CONNECTIONS]}
    while requests_of(node) < REQUESTS:
        wrk(node, 32, RUN_S, [GET_INFO])
    return {**found, "requests": requests_of(node), "broker_rss_mib": broker.memory_mib("VmRSS")}


class Desk:
    """The requester: signs requests, sends them over one connection."""

    def __init__(self, node):
        self.node = node
        self.key = independent.load_key(node.folder / "desk.pem")
        self.wallet_id = node.rpc("get_info")["result"]["wallet_id"]
        self.descriptors = [part["descriptor"] for part in node.rpc("get_descriptors")["result"]["descriptors"]]

    def make_psbt(self, form, inputs, size="0"):
        descriptor = next(one for one in self.descriptors if one.startswith(f"{form}("))
        return subprocess.run([BENCH / "make_psbt", descriptor, inputs, size], capture_output=True, check=True).stdout

    def body(self, psbt):
        request = independent.transaction_request(self.wallet_id, psbt)
        return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "sign_transaction", "params": {
            "request": independent.envelope(request, self.key), "psbt": base64.b64encode(psbt).decode()}})

    def sign(self, psbts):
        """One after the other, over one connection."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.node.broker_port, timeout=60)) as connection:
            for psbt in psbts:
                connection.request("POST", "/rpc", self.body(psbt), {"Content-Type": "application/json"})
                answer = json.loads(connection.getresponse().read())
                assert "result" in answer, str(answer)[:1000]


def measure_signings(node, broker, signer):
    desk = Desk(node)
    found = {"signer_rss_mib_before": signer.memory_mib("VmRSS")}
    psbts = [desk.make_psbt(form, inputs) for form in ("wpkh", "tr") for inputs in ("1", "2")]
    desk.sign(psbts[number % len(psbts)] for number in range(SIGNINGS))
    found["signings"] = SIGNINGS
    found["signer_rss_mib"] = signer.memory_mib("VmRSS")
    found["signer_peak_mib"] = signer.memory_mib("VmHWM")
    for form in ("wpkh", "tr"):
        psbt = desk.make_psbt(form, *LARGEST)
        since = time.monotonic()
        desk.sign([psbt])
        found[f"largest_{form}"] = {"psbt_bytes": len(psbt), "s": time.monotonic() - since,
                                       "signer_peak_mib": signer.memory_mib("VmHWM")}
    found["signer_rss_mib_at_the_end"] = signer.memory_mib("VmRSS")
    found["sign_transaction"] = [
        measure(node, broker, signer, connections, lambda: [desk.body(psbts[0]) for _ in range(SIGNINGS_OF_A_RUN)],
                SIGNING_RUN_S)
        for connections in CONNECTIONS]
    return found


def main():
    with tempfile.TemporaryDirectory(prefix="ben-") as folder:
        node = Node(Path(folder) / "node")
        try:
            node.start()
            node.make_wallet("--outflow-max", "1000000000", "--fee-max", "10000000", "--fee-rate-max", "10000")
            broker, signer = broker_of(node), signer_of(node)
            reads = measure_reads(node, broker, signer)
            print(json.dumps({**reads, **measure_signings(node, broker, signer)}, indent=1))
        finally:
            node.close()


if __name__ == "__main__":
    main()
