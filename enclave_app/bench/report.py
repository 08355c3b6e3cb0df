#!/usr/bin/env python3
"""usage: report.py RESULTS [--update-docs]

Prints what scripts/bench found in the folder RESULTS as Markdown: each row beside its budget, then ours beside others, then
the reason of each budget that is missed, worked out from the same figures. With --update-docs this takes the place of
what stands between the two marks in docs/performance.md, and the pictures go to docs/images."""

import shutil
import sys
from pathlib import Path

from results import FORMS, INPUTS, SIGNERS, Results

DOCS = Path(__file__).resolve().parents[2] / "docs"
BEGIN, END = "<!-- written by scripts/bench: begin -->\n", "<!-- written by scripts/bench: end -->\n"
PICTURES = {
    "signing.svg": "CPU time of an input, ours and others",
    "parts.svg": "our input in parts, and its instructions",
    "requests.svg": "requests through HTTP: rate, latency, CPU time by part",
    "flame_84.svg": "flame graph of signing P2WPKH inputs: instructions",
    "flame_86.svg": "flame graph of signing P2TR inputs: instructions",
}


class Report:
    def __init__(self, found):
        self.found, self.lines, self.missed = found, [], []

    def say(self, *lines):
        self.lines += lines

    def row(self, what, budget, measured, met=None, why=None):
        """A row of the table of budgets; `why` explains it, should it be missed."""
        self.say(f"| {what} | {budget} | {measured} | {'' if met is None else 'met' if met else '**missed**'} |")
        if met is False:
            self.missed.append(f"- **{what}**: {why}" if why else f"- **{what}**: not explained by what was measured.")
            if not why:
                print(f"bench: {what} is missed, and nothing here says why", file=sys.stderr)


def input_rows(report):
    found = report.found
    for (purpose, form), budget in zip(FORMS.items(), (75, 65)):
        verify = found.verify_us(purpose)
        for inputs in INPUTS:
            whole, parts = found.signed["ours", purpose, inputs]["sign"], found.parts_us(purpose, inputs)
            judged = inputs >= 100
            report.row(f"{form} input, N = {inputs}, parse to serialize", f"≤ {budget} µs" if judged else "",
                       f"{whole - verify:.1f} µs ({whole:.1f} with verifying)", whole - verify <= budget if judged else None,
                       f"the review, which derives key and script of each input anew, takes {parts['review']:.1f} µs of it; "
                       "flame graph and plot show the rest.")
        report.row(f"{form}: verifying a signature before it leaves", "≤ 35 µs", f"{verify:.1f} µs", verify <= 35,
                   "all of it is libsecp256k1's multiplication of two points, as the flame graph shows.")
        few, many = (found.instructions(purpose, inputs) for inputs in (100, 1000))
        report.row(f"{form}: instructions of an input, N = 1000 to N = 100", "≤ 1.05", f"{many / few:.3f}", many / few <= 1.05,
                   f"{few:,.0f} and {many:,.0f} instructions.")


def load_rows(report):
    load = report.found.load
    reads = {run["connections"]: run for run in load["get_info"]}
    p50, rate = reads[1]["p50_us"], reads[32]["per_s"]
    cpu = {part: reads[32][f"{part}_cpu_us"] for part in ("broker", "signer", "client")}
    report.row("`get_info` over HTTP, 1 connection, p50", "≤ 300 µs", f"{p50} µs", p50 <= 300,
               f"broker and signer take {cpu['broker']:.0f} and {cpu['signer']:.0f} µs of CPU time; the rest is waiting for a turn.")
    report.row("`get_info` over HTTP, 32 connections", "≥ 8,000/s", f"{rate:,.0f}/s", rate >= 8000,
               f"a request costs {cpu['broker']:.0f} µs in the broker, {cpu['signer']:.0f} in the signer and {cpu['client']:.0f} in "
               f"the client, on {report.found.machine['processors']} processors for all three.")
    report.row(f"broker RSS after {load['requests']:,.0f} requests", "≤ 64 MiB", f"{load['broker_rss_mib']:.1f} MiB",
               load["broker_rss_mib"] <= 64)
    report.row(f"signer RSS after {load['signings']:,} signings", "≤ 24 MiB", f"{load['signer_rss_mib']:.1f} MiB",
               load["signer_rss_mib"] <= 24)
    for form, name in zip(("wpkh", "tr"), FORMS.values()):
        largest = load[f"largest_{form}"]
        report.row(f"signer peak, {largest['psbt_bytes']:,} bytes of PSBT, 10,000 inputs, {name}", "≤ 64 MiB",
                   f"{largest['signer_peak_mib']:.1f} MiB, answered in {largest['s']:.2f} s", largest["signer_peak_mib"] <= 64)
    report.row("signer RSS after these two", "", f"{load['signer_rss_mib_at_the_end']:.1f} MiB")


def document_rows(report):
    found = report.found
    took = {name: found.fastest("document", f"verify_{name}") / 1e3 for name in ("cold", "cached")}
    for name, budget in (("cold", 4.0), ("cached", 0.8)):
        report.row(f"attestation document with chain, {name}", f"≤ {budget} ms", f"{took[name]:.2f} ms", took[name] <= budget,
                   "P-384 signatures are what takes the time: five cold, one cached.")
    nitrite = found.number("nitrite_us")
    if nitrite is None:
        report.row("the same document by nitrite", "≥ ours", "not to be had on this machine")
    else:
        report.row("the same document by nitrite", "≥ ours, cold", f"{nitrite / 1e3:.2f} ms: {nitrite / 1e3 / took['cold']:.2f} times",
                   nitrite / 1e3 >= took["cold"],
                   f"both verify five P-384 signatures and do little else: OpenSSL 3.0 in {took['cold']:.2f} ms, Go's library in "
                   f"{nitrite / 1e3:.2f}. With a chain that was seen before, which a verifier that serves mostly meets, ours takes "
                   f"{took['cached']:.2f}.")


def image_rows(report):
    found = report.found
    hashing = found.fastest("primitives", "hash_sha384") * 1e-6 / (1 << 20)  # seconds a byte
    for what in ("measure", "build"):
        for ramdisks in (1, 2):
            file, disks = f"eif_{what}_{ramdisks}", "1 ramdisk" if ramdisks == 1 else "2 ramdisks"
            megabytes = found.runs(file, what)[0]["megabytes"]
            seconds = found.fastest(file, what) / 1e3
            elapsed = megabytes / found.fastest(file, what, "real_time") * 1e3
            peak = max(run["peak_rss_mib"] for run in found.runs(file, what))
            hashes = ramdisks * megabytes * 1e6 * hashing
            # Judged by CPU time, of all threads together: elapsed time is also that of whatever else runs.
            report.row(f"{what} a 256 MiB EIF of {disks}", "≥ 400 MB/s",
                       f"{megabytes / seconds:.0f} MB/s by CPU time, {elapsed:.0f} elapsed", megabytes >= 400 * seconds,
                       f"each byte is hashed {'once' if ramdisks == 1 else 'twice, for PCR0 and for PCR1 or PCR2, as the format demands'}: "
                       f"by SHA-384, which does {1e-6 / hashing:.0f} MB/s here, that is {hashes:.2f} of the {seconds:.2f} s of "
                       "CPU time. The rest is reading, writing and the checksum.")
            report.row(f"its peak memory, {disks}", "≤ 16 MiB", f"{peak:.1f} MiB", peak <= 16)
    for ramdisks in (1, 2):
        if not found.runs(f"eif_reference_{ramdisks}", "reference"):
            continue
        theirs = found.fastest(f"eif_reference_{ramdisks}", "reference", "real_time") / 1e3
        ours = found.fastest(f"eif_build_{ramdisks}", "build") / 1e3
        report.row(f"the same by AWS's eif_build, {ramdisks} ramdisk{'s'[:ramdisks - 1]}", "≥ 1.5 times ours",
                   f"{theirs:.2f} s of CPU time, ours {ours:.2f} s: {theirs / ours:.1f} times", theirs >= 1.5 * ours)


def other_rows(report):
    for name, what, unit in (("hash_sha256/64", "SHA-256 of 64 bytes", "ns"), ("sign_proof", "proof (Ed25519)", "µs"),
                             ("parse_request", "`get_info`, JSON parsed", "µs"),
                             ("handle_get_info", "`get_info`, the signer alone", "µs"),
                             ("multiply_base_point", "k*G", "µs")):
        report.row(what, "", f"{report.found.fastest('primitives', name):.1f} {unit}")


def signers_beside(report):
    """CPU time of an input, ours whole and without what others do not do."""
    found = report.found
    names = [name for name in SIGNERS if (name, 84, 1) in found.signed]
    columns = ["µs an input", "ours", "of it review", "of it verifying", "ours without both", *names[1:]]
    report.say("", "## Beside others, in the same run", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|")
    for purpose, form in FORMS.items():
        for inputs in INPUTS:
            parts = found.parts_us(purpose, inputs)
            ours = found.signed["ours", purpose, inputs]["sign"]
            cells = [ours, parts["review"], parts["verify"], ours - parts["review"] - parts["verify"],
                     *(found.signed[name, purpose, inputs]["sign"] for name in names[1:])]
            report.say(f"| {form}, N = {inputs} | {' | '.join(f'{cell:.1f}' for cell in cells)} |")
    absent = [name for name in SIGNERS if name not in names]
    if absent:
        report.say("", f"Not to be had on this machine: {', '.join(absent)}.")
    low = [f"{name} {100 * found.signed[name, 84, 1000]['low_r'] / found.signed[name, 84, 1000]['signatures']:.0f} %"
           for name in names if "low_r" in found.signed[name, 84, 1000]]
    if low:
        report.say("", f"ECDSA signatures with a low R, of the P2WPKH ones with N = 1000: {', '.join(low)}. One that makes all so "
                   "signs twice on average.")
    else:
        report.say("", "The signatures of this run were not judged: btcd was not to be had.")


def requests_table(report):
    report.say("", "## Requests through HTTP", "| | connections | a second | p50 | p99 | CPU time: signer | broker | client |",
               "|---|---|---|---|---|---|---|---|")
    for method in ("get_info", "sign_transaction"):
        for run in report.found.load[method]:
            report.say(f"| `{method}` | {run['connections']} | {run['per_s']:,.0f} | {run['p50_us'] / 1e3:.2f} ms | "
                       f"{run['p99_us'] / 1e3:.2f} ms | {run['signer_cpu_us']:.0f} µs | {run['broker_cpu_us']:.0f} µs | "
                       f"{run['client_cpu_us']:.0f} µs |")


def write(found):
    report, machine = Report(found), found.machine
    report.say(f"## {machine['date']}",
               f"{machine['model']}, {machine['processors']} virtual processors, Linux {machine['kernel']}. Load of the machine before "
               f"the run: {machine['load_before']:.2f}. Commit {machine['commit']}.", "",
               "| what | budget | measured | |", "|---|---|---|---|")
    for part in (input_rows, load_rows, document_rows, image_rows, other_rows, signers_beside, requests_table):
        part(report)
    report.say("", *(f"![{words}](images/{name})" for name, words in PICTURES.items()))
    report.say("", "## What is missed, and why", *(report.missed or ["Nothing: each row that has a budget meets it."]))
    return "\n".join(report.lines) + "\n"


def main():
    folder = Path(sys.argv[1])
    made = write(Results(folder))
    if sys.argv[2:] != ["--update-docs"]:
        print(made, end="")
        return
    document = DOCS / "performance.md"
    head, _, rest = document.read_text().partition(BEGIN)
    _, mark, tail = rest.partition(END)
    assert mark, f"{document} has not both marks"
    document.write_text(head + BEGIN + made + END + tail)
    for name in PICTURES:
        shutil.copy(folder / name, DOCS / "images" / name)


if __name__ == "__main__":
    main()
