#!/usr/bin/env python3
"""usage: plots.py RESULTS

Draws what scripts/bench found in the folder RESULTS: signing.svg, parts.svg, requests.svg there."""

import sys
from pathlib import Path

import svg
from results import FORMS, INPUTS, SIGNERS, Results


def signing(found):
    """CPU time of an input beside others, over the inputs of a PSBT."""
    drawing = svg.Drawing(900, 365)
    names = [name for name in SIGNERS if (name, 84, 1) in found.signed]
    names.append("ours, neither review nor verifying")
    for number, (purpose, form) in enumerate(FORMS.items()):
        lines = [[found.signed[name, purpose, n]["sign"] for n in INPUTS] for name in names[:-1]]
        lines.append([found.parts_us(purpose, n)["derive, sign, serialize"] + found.parts_us(purpose, n)["parse"]
                      for n in INPUTS])
        panel = svg.Panel(drawing, 450 * number, f"{form}, parse to serialize", "µs of CPU time an input",
                          [str(n) for n in INPUTS], max(map(max, lines)), width=440)
        for line, colour in zip(lines, svg.COLOURS):
            panel.line(line, colour)
    drawing.text(450, 338, "inputs of the PSBT", "middle")
    svg.legend(drawing, 358, names)
    drawing.save(found.folder / "signing.svg")


def parts(found):
    """Our time in parts, and the instructions of an input."""
    drawing = svg.Drawing(900, 365)
    names = list(found.parts_us(84, 1))
    places = [f"{form}, {n}" for form in FORMS.values() for n in (1, 1000)]
    values = [list(found.parts_us(purpose, n).values()) for purpose in FORMS for n in (1, 1000)]
    panel = svg.Panel(drawing, 0, "Our input in parts, PSBTs of 1 and 1000", "µs of CPU time", places,
                      max(map(sum, values)), width=500)
    for number, value in enumerate(values):
        panel.stack(number, value, names)
    svg.legend(drawing, 350, names)
    lines = [[found.instructions(purpose, n) / 1000 for n in INPUTS] for purpose in FORMS]
    panel = svg.Panel(drawing, 500, "Instructions of an input", "thousands, by inputs of the PSBT",
                      [str(n) for n in INPUTS], max(map(max, lines)), width=390)
    for line, colour in zip(lines, svg.COLOURS[4:]):
        panel.line(line, colour)
    svg.legend(drawing, 350, FORMS.values(), 565, svg.COLOURS[4:])
    drawing.save(found.folder / "parts.svg")


def requests(found):
    """Rate, latency and CPU time of requests through HTTP."""
    drawing = svg.Drawing(1180, 365)
    for column, (method, runs) in enumerate((name, found.load[name]) for name in ("get_info", "sign_transaction")):
        places = [str(run["connections"]) for run in runs]
        panel = svg.Panel(drawing, 235 * column, method, "requests a second, by connections", places,
                          max(run["per_s"] for run in runs), width=235)
        for number, run in enumerate(runs):
            panel.stack(number, [run["per_s"]], [method])
        lines = [[run[name] / 1000 for run in runs] for name in ("p50_us", "p99_us")]
        panel = svg.Panel(drawing, 470 + 235 * column, method, "latency in ms: p50, p99", places, max(map(max, lines)), width=235)
        for line, colour, name in zip(lines, svg.COLOURS, ("p50", "p99")):
            panel.line(line, colour)
            drawing.text(panel.x(2), panel.y(line[-1]) - 8, name, "end", 11)
    names = ("signer", "broker", "client")
    runs = [next(run for run in found.load[name] if run["connections"] == 32) for name in ("get_info", "sign_transaction")]
    values = [[run[f"{name}_cpu_us"] for name in names] for run in runs]
    panel = svg.Panel(drawing, 940, "CPU time of a request", "µs, with 32 connections", ["get_info", "sign_transaction"],
                      max(map(sum, values)), width=240)
    for number, value in enumerate(values):
        panel.stack(number, value, names)
    svg.legend(drawing, 350, names, 945)
    drawing.save(found.folder / "requests.svg")


def main():
    found = Results(Path(sys.argv[1]))
    signing(found)
    parts(found)
    requests(found)


if __name__ == "__main__":
    main()
