#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""compare.py RECORDED KERNEL MEASURED: did a cost grow?

RECORDED is bench/figures.tsv, MEASURED what build/bench/cost and bench/python.py
printed on KERNEL. Costs are compared as ratios to the floor of their own run, so that
a kernel whose system calls cost more, or less, is no reason to fail; those from Python
are to keep their targets, for its versions differ, and so are those of named slots,
which are compared with other figures of their own run.
"""
import sys

from figures import Figures
from targets import lane_targets, named_targets, python_targets

LIMIT = 1.05


def verdict(recorded, measured):
    """Returns None, or what is wrong."""
    if measured is None:
        return "was recorded, but can't be measured any more"
    if measured > recorded * LIMIT:
        return f"grew by {100 * (measured / recorded - 1):.1f} %"
    return None


def main():
    path, kernel, measured_path = sys.argv[1:]
    recorded = {key: value for key, value in Figures([path]).values.items()
                if key[0] == kernel}
    figures = Figures([measured_path])
    measured = figures.ratios((8, 128))
    verdicts = []
    for key, ratio in recorded.items():
        why = verdict(ratio, measured.get(key))
        verdicts.append(why is None)
        print(f"{'not ok' if why else 'ok'} {key[0]}: {key[2]} {key[3]}, {key[1]} bytes:"
              f" {measured.get(key, 0):.3f} of the floor, recorded {ratio:.3f}"
              f"{': ' + why if why else ''}")
    if not recorded:
        print(f"not ok {kernel}: no figures recorded in {path} (make bench)")
        verdicts.append(False)
    for target in (*lane_targets(figures), *named_targets(figures),
                   *python_targets(figures)):
        value = target.value(kernel)
        verdicts.append(value is not None and target.met(value))
        print(f"{'ok' if verdicts[-1] else 'not ok'} {kernel}: {target.text}: "
              f"{target.shown(kernel)}, {target.bound()}")
    print(f"{verdicts.count(True)} passed, {verdicts.count(False)} failed")
    sys.exit(False in verdicts)


main()
