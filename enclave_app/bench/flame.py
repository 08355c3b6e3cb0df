#!/usr/bin/env python3
"""usage: flame.py PROFILE ROOT TITLE SVG

Draws what callgrind counted below the function ROOT as a flame graph. PROFILE has to be written with --separate-callers:
the name of a function then holds those that led to it."""

import re
import sys
from collections import Counter
from pathlib import Path

import svg


def plain(name):
    """A C++ name without what nobody reads in a picture: parameters, template arguments, our namespace."""
    name = name.split("@@")[0].replace("(anonymous namespace)::", "").replace("{lambda", "lambda")
    while True:
        shorter = re.sub(r"<[^<>]*>|\([^()]*\)", "", name)
        if shorter == name:
            break
        name = shorter
    return re.sub(r"\b(ben|bitcoin)::| const$|\.(constprop|isra|part|cold)\.?\d*", "", name).strip()


def stacks_of(profile, root):
    """Instructions of each stack from `root` on, outermost first."""
    names, stacks, current, is_call = {}, Counter(), None, False
    for line in profile.read_text().splitlines():
        function = re.match(r"(c?)fn=(\(\d+\))(?: (.*))?", line)
        if function:
            is_called, number, name = function.groups()
            if name:  # told once
                names[number] = [plain(part) for part in name.split("'")][::-1]
            stack = names[number]
            if not is_called:
                current = tuple(stack[stack.index(root):]) if root in stack else None
        elif line.startswith("calls="):
            is_call = True  # the next line has the cost of the called function
        elif re.match(r"[0-9+*-]", line):
            if not is_call and current:
                stacks[current] += int(line.split()[-1])
            is_call = False
    return stacks


def main():
    profile, root, title, drawing = sys.argv[1:]
    stacks = stacks_of(Path(profile), root)
    assert stacks, f"{profile} has nothing below {root}"
    svg.flame(stacks, title, Path(drawing))


if __name__ == "__main__":
    main()
