"""Runs terraform over a copy of the tree and reads what it says, plans included."""

import json
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = sorted(f"modules/{path.name}" for path in (ROOT / "modules").iterdir() if path.is_dir())
EXAMPLES = sorted(f"examples/{path.name}" for path in (ROOT / "examples").iterdir() if path.is_dir())
COPIED = ("main.tf", "variables.tf", "outputs.tf", "versions.tf", "modules", "examples", "tests/aws")


def terraform(folder, *arguments):
    return subprocess.run(["terraform", *arguments], cwd=folder, capture_output=True, text=True, timeout=300)


class Outcome:
    """Of one `terraform test`: the plan of each run that passed, what failed, and what could not be destroyed."""

    def __init__(self, lines):
        self.plans = {}
        self.failures = []  # (run or None, what terraform says)
        self.passed = 0
        self.kept = []  # why the end of a test file could not clean up
        is_ending = False
        for line in lines:
            kind = line.get("type")
            is_ending = is_ending or line.get("test_file", {}).get("progress") == "teardown"
            if kind == "test_plan" and "resource_changes" in line["test_plan"]:
                self.plans[line["@testrun"]] = line["test_plan"]
            elif kind == "test_summary":
                self.passed = line["test_summary"]["passed"]
            elif kind == "diagnostic" and line["diagnostic"]["severity"] == "error":
                text = line["diagnostic"]["summary"] + "\n" + line["diagnostic"]["detail"]
                if is_ending:
                    self.kept.append(text)
                else:
                    self.failures.append((line.get("@testrun"), text))
            if line.get("test_file", {}).get("progress") == "starting":
                is_ending = False


class Tree:
    """A copy of everything terraform reads, in which files may be changed."""

    def __init__(self, folder):
        self.folder = folder
        for name in COPIED:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(".terraform*", "__pycache__"))
            else:
                shutil.copy2(source, target, follow_symlinks=False)
        self._is_ready = set()

    def prepare(self, part):
        if part not in self._is_ready:
            done = terraform(self.folder / part, "init", "-backend=false", "-input=false", "-no-color")
            assert done.returncode == 0, done.stdout + done.stderr
            self._is_ready.add(part)

    def validate(self, part):
        self.prepare(part)
        done = terraform(self.folder / part, "validate", "-json")
        return [problem["summary"] for problem in json.loads(done.stdout)["diagnostics"]]

    def test(self, part, *files):
        """The module's own tests, or those of the files named."""
        self.prepare(part)
        filters = [f"-filter=tests/{name}.tftest.hcl" for name in files]
        done = terraform(self.folder / part, "test", "-json", "-verbose", *filters)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert any(line.get("type") == "test_summary" for line in lines), done.stdout + done.stderr
        return Outcome(lines)

    def run(self, part, name):
        """tests/aws/runs/NAME in the folder of an example, which ships no test of its own."""
        target = self.folder / part / "tests" / f"{name}.tftest.hcl"
        target.parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / "tests/aws/runs" / target.name, target)
        return self.test(part, name)


def resources(plan):
    """(address, type, values) of what stands after the plan. Values that only AWS knows are absent."""
    return [(change["address"], change["type"], change["change"]["after"])
            for change in plan["resource_changes"]
            if change["mode"] == "managed" and change["change"].get("after") is not None]


def one(plan, kind, suffix=""):
    """The values of the only resource of its kind, or of the one whose address ends so."""
    found = [values for address, type_, values in resources(plan) if type_ == kind and address.endswith(suffix)]
    assert len(found) == 1, [address for address, _, _ in resources(plan)]
    return found[0]
