#!/usr/bin/env python3
"""usage: table.py RESULTS

Prints what scripts/bench found in the folder RESULTS as a Markdown table, each row beside its budget. Of repeated runs
the fastest counts: what else the machine does only ever adds time."""

import json
import sys
from pathlib import Path

RESULTS = Path(sys.argv[1])


def runs(file, name):
    """The repetitions of one benchmark."""
    found = [run for run in json.loads((RESULTS / f"{file}.json").read_text())["benchmarks"]
             if run["run_type"] == "iteration" and (run["run_name"] + "/").startswith(f"{name}/")]
    assert found, f"{file}.json has no {name}"
    return found


def fastest(file, name, field="cpu_time"):
    return min(run[field] for run in runs(file, name))


def row(what, budget, measured, met=None):
    print(f"| {what} | {budget} | {measured} | {'' if met is None else 'met' if met else '**missed**'} |")


def input_rows():
    for purpose, form, budget, verify in ((84, "P2WPKH", 75, "verify_ecdsa"), (86, "P2TR", 65, "verify_schnorr")):
        check = fastest("primitives", verify)
        each = {inputs: fastest("sign", f"parse_to_serialize/purpose:{purpose}/inputs:{inputs}", "per_input") * 1e6
                for inputs in (1, 10, 100, 1000)}
        for inputs, whole in each.items():
            judged = whole - check <= budget if inputs >= 100 else None
            row(f"{form} input, N = {inputs}, parse to serialize", f"≤ {budget} µs" if inputs >= 100 else "",
                f"{whole - check:.1f} µs ({whole:.1f} with verifying)", judged)
        row(f"{form}: verifying a signature before it leaves", "≤ 35 µs", f"{check:.1f} µs", check <= 35)
        few, many = (int((RESULTS / f"instructions_{purpose}_{n}").read_text()) for n in (100, 1000))
        row(f"{form}: instructions an input, N = 1000 to N = 100", "≤ 1.05", f"{many / few:.3f}", many / few <= 1.05)


def document_rows():
    for name, budget in (("cold", 4.0), ("cached", 0.8)):
        took = fastest("document", f"verify_{name}") / 1e3
        row(f"attestation document with chain, {name}", f"≤ {budget} ms", f"{took:.2f} ms", took <= budget)


def image_rows():
    for what in ("measure", "build"):
        for ramdisks in (1, 2):
            file, name = f"eif_{what}_{ramdisks}", what
            megabytes = runs(file, name)[0]["megabytes"]
            cpu = megabytes / fastest(file, name) * 1e3
            elapsed = megabytes / fastest(file, name, "real_time") * 1e3
            peak = max(run["peak_rss_mib"] for run in runs(file, name))
            disks = "1 ramdisk" if ramdisks == 1 else "2 ramdisks"
            # Judged by CPU time, of all threads together: elapsed time is also that of whatever else runs.
            row(f"{what} a 256 MiB EIF of {disks}", "≥ 400 MB/s", f"{cpu:.0f} MB/s by CPU time, {elapsed:.0f} elapsed",
                cpu >= 400)
            row(f"its peak memory, {disks}", "≤ 16 MiB", f"{peak:.1f} MiB", peak <= 16)
    for ramdisks in (1, 2):
        if not (RESULTS / f"eif_reference_{ramdisks}.json").exists():
            continue
        theirs = fastest(f"eif_reference_{ramdisks}", "reference", "real_time") / 1e3
        ours = fastest(f"eif_build_{ramdisks}", "build") / 1e3
        row(f"the same by AWS's eif_build, {ramdisks} ramdisk{'s'[:ramdisks - 1]}", "≥ 1.5 times ours",
            f"{theirs:.2f} s of CPU time, ours {ours:.2f} s: {theirs / ours:.1f} times", theirs >= 1.5 * ours)


def load_rows():
    load = json.loads((RESULTS / "load.json").read_text())
    p50, rate = load["p50_us_1_connection"], load["requests_per_s_32_connections"]
    row("`get_info` over HTTP, 1 connection, p50", "≤ 300 µs", f"{p50} µs", p50 <= 300)
    row("`get_info` over HTTP, 32 connections", "≥ 8,000/s", f"{rate:,.0f}/s", rate >= 8000)
    row("its CPU time in broker and signer", "", f"{load['broker_cpu_us_per_request']:.0f} + "
        f"{load['signer_cpu_us_per_request']:.0f} µs")
    row(f"broker RSS after {load['requests']:,.0f} requests", "≤ 64 MiB", f"{load['broker_rss_mib']:.1f} MiB",
        load["broker_rss_mib"] <= 64)
    row(f"signer RSS after {load['signings']:,} signings", "≤ 24 MiB", f"{load['signer_rss_mib']:.1f} MiB",
        load["signer_rss_mib"] <= 24)
    for form in ("p2wpkh", "p2tr"):
        peak = load[f"largest_{form}"]["signer_peak_mib"]
        row(f"signer peak, {load[f'largest_{form}']['psbt_bytes']:,} bytes of PSBT, 10,000 inputs, {form}", "≤ 64 MiB",
            f"{peak:.1f} MiB", peak <= 64)
    row("signer RSS after these two", "", f"{load['signer_rss_mib_at_the_end']:.1f} MiB")


def other_rows():
    for name, what, unit in (("hash_sha256/64", "SHA-256 of 64 bytes", "ns"), ("sign_proof", "proof (Ed25519)", "µs"),
                             ("parse_request", "`get_info`, JSON parsed", "µs"),
                             ("handle_get_info", "`get_info`, the signer alone", "µs"),
                             ("multiply_base_point", "k*G", "µs")):
        row(what, "", f"{fastest('primitives', name):.1f} {unit}")


print("| what | budget | measured | |\n|---|---|---|---|")
input_rows()
load_rows()
document_rows()
image_rows()
other_rows()
