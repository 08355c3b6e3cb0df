"""What scripts/bench found, read from its folder. Of repeated runs the fastest counts: what else the machine does adds
time, and takes none away."""

import json

FORMS = {84: "P2WPKH", 86: "P2TR"}
INPUTS = (1, 10, 100, 1000)
SIGNERS = ("ours", "libwally", "rust-bitcoin", "btcd")


class Results:
    def __init__(self, folder):
        self.folder = folder
        self.load = self.json("load")
        self.machine = self.json("machine")
        self.signed = {(each["signer"], each["purpose"], each["n"]): each for each in self.json("signers")}

    def json(self, name):
        return json.loads((self.folder / f"{name}.json").read_text())

    def number(self, name):
        """The least number of a file; None without it."""
        file = self.folder / name
        return min(map(float, file.read_text().split())) if file.exists() else None

    def runs(self, file, name):
        """The repetitions of one benchmark, of all rounds; none where it could not run."""
        files = sorted(self.folder.glob(f"{file}.json")) + sorted(self.folder.glob(f"{file}-*.json"))
        return [run for each in files for run in self.json(each.stem)["benchmarks"]
                if run["run_type"] == "iteration" and (run["run_name"] + "/").startswith(f"{name}/")]

    def fastest(self, file, name, field="cpu_time"):
        return min(run[field] for run in self.runs(file, name))

    def verify_us(self, purpose):
        """What verifying a signature before it leaves costs."""
        return self.fastest("primitives", {84: "verify_ecdsa", 86: "verify_schnorr"}[purpose])

    def parts_us(self, purpose, inputs):
        """Our time for an input, in parts: parse, review, verify, and the rest."""
        ours, verify = self.signed["ours", purpose, inputs], self.verify_us(purpose)
        return {"parse": ours["parse"], "review": ours["review"] - ours["parse"],
                "derive, sign, serialize": ours["sign"] - ours["review"] - verify, "verify": verify}

    def instructions(self, purpose, inputs):
        """Of an input."""
        return self.number(f"instructions_{purpose}_{inputs}") / self.signed["ours", purpose, inputs]["inputs"]
