#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""compare.py RECORDED KERNEL MEASURED: did a cost grow?

RECORDED is bench/figures.tsv, MEASURED what build/bench/cost printed on KERNEL.
Costs are compared as ratios to the floor of their own run, so that a kernel
whose system calls cost more, or less, is no reason to fail.
"""
import sys

from figures import Figures

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
    measured = Figures([measured_path]).ratios((8, 128))
    failed = 0
    for key, ratio in recorded.items():
        why = verdict(ratio, measured.get(key))
        failed += why is not None
        print(f"{'not ok' if why else 'ok'} {key[0]}: {key[2]} {key[3]}, {key[1]} bytes:"
              f" {measured.get(key, 0):.3f} of the floor, recorded {ratio:.3f}"
              f"{': ' + why if why else ''}")
    if not recorded:
        print(f"not ok {kernel}: no figures recorded in {path} (make bench)")
        failed = 1
    print(f"{len(recorded) - failed if recorded else 0} passed, {failed} failed")
    sys.exit(failed != 0)


main()
