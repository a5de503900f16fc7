# SPDX-License-Identifier: GPL-2.0
"""Lines of the module that were run, of those that could be.

usage: lines.py TREE REASONS

TREE has gcov's notes and counts. A line of REASONS is FILE, a tab, a regular
expression for the source's lines, a tab, and why no test runs them.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys


def counts(tree):
    """Of each source, by its path in TREE, of each line: how often it was run."""
    top = tree.absolute()
    files = collections.defaultdict(lambda: collections.defaultdict(int))
    for note in sorted(top.glob("*/*.gcno")):
        said = subprocess.run(
            ["gcov", "--json-format", "--stdout", note.name],
            cwd=note.parent, check=True, capture_output=True, text=True).stdout
        for text in said.splitlines():
            counted = json.loads(text)
            for file in counted["files"]:
                # Not where a link to it leads, which is out of the tree.
                path = pathlib.Path(os.path.normpath(os.path.join(
                    counted["current_working_directory"], file["file"])))
                if top not in path.parents:
                    continue
                lines = files[path.relative_to(top)]
                for line in file["lines"]:
                    lines[line["line_number"]] += line["count"]
    return files


def reason_for(reasons, name, text):
    for file, pattern, reason in reasons:
        if file == name and re.search(pattern, text):
            return reason
    return None


def main():
    tree, listed = map(pathlib.Path, sys.argv[1:])
    reasons = [line.split("\t") for line in listed.read_text().splitlines()
               if line and not line.startswith("#")]
    run = all_lines = 0
    for path, lines in sorted(counts(tree).items()):
        source = (tree / path).read_text().splitlines()
        done = sum(1 for count in lines.values() if count)
        print(f"{path!s:28} {done:4} of {len(lines):4} lines")
        for number in sorted(n for n, count in lines.items() if not count):
            text = source[number - 1].strip()
            reason = reason_for(reasons, path.name, text) or "?"
            print(f"    {number}: {text}    [{reason}]")
        run += done
        all_lines += len(lines)
    if not all_lines:
        sys.exit("nothing was counted")
    print(f"{run} of {all_lines} lines run: {100 * run / all_lines:.1f} %")


main()
