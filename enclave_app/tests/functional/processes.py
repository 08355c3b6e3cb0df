"""What /proc shows of the programs of a running node."""

import os
import re
from pathlib import Path


class Watched:
    """A running program."""

    def __init__(self, process_id):
        self.process_id = process_id
        self.proc = Path(f"/proc/{process_id}")

    def status(self, field):
        """A number of /proc/PID/status; sizes are in KiB."""
        return int(re.search(rf"^{field}:\s+(\d+)", (self.proc / "status").read_text(), re.MULTILINE)[1])

    def memory_mib(self, field="VmRSS"):
        return self.status(field) / 1024

    def cpu_s(self):
        fields = (self.proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(self.proc / "fd"))

    def has_sanitizer(self):
        """Its shadow memory is terabytes of addresses."""
        return self.status("VmSize") > 1 << 30


def broker_of(node):
    return Watched(node.broker.process.pid)


def signer_of(node):
    """At the end of the chain nitro-sim, bwrap, init."""
    process_id = node.enclaves()[0]["ProcessID"]
    while children := Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split():
        process_id = int(children[0])
    return Watched(process_id)
