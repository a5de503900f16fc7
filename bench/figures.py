# SPDX-License-Identifier: GPL-2.0
"""Figures: reading what the programs here print, and ratios to a run's floor."""
import re
from statistics import median

from names import MAPPED, SLOTS

# What does as good as nothing, by the operation it is the floor of.
FLOOR = {"write": ("null write",), "read": ("zero read",),
         "pair": ("null write", "zero read")}


def series(release):
    """Returns 6.12 for 6.12.117+deb12-amd64."""
    return re.match(r"\d+\.\d+", release)[0]


class Figures:
    """Figures of several kernels, by kernel, message size, means and operation."""

    def __init__(self, paths):
        self.values = {}
        self.natives = {}
        self.releases = {}
        for path in paths:
            self.read(path)

    def read(self, path):
        for line in open(path):
            if line.startswith("#"):
                continue
            release, size, means, operation, value = line.split()
            if means in ("native", "pingpong", "bridge"):
                self.natives.setdefault((int(size), operation), []).append(float(value))
                continue
            kernel = series(release)
            self.releases[kernel] = release
            self.values[kernel, int(size), means, operation] = float(value)

    def get(self, kernel, size, means, operation):
        return self.values.get((kernel, size, means, operation))

    def native(self, size, operation):
        """Of this machine, whatever kernel it has: the median of all runs."""
        values = self.natives.get((size, operation))
        return median(values) if values else None

    def quotient(self, kernel, size, top, bottom):
        """Of two (means, operation), or None if one of them was not measured."""
        a = self.get(kernel, size, *top)
        b = self.get(kernel, size, *bottom)
        return a / b if a and b else None

    def floor(self, kernel, size, means, operation):
        """What the same system calls cost, in the same run, if they do nothing."""
        parts = FLOOR[operation]
        if (means, operation) == (MAPPED, "read"):
            parts = ("shm-seqlock read",)
        elif (means, operation) == (MAPPED, "pair"):
            parts = ("null write", "shm-seqlock read")
        if "-select-" in means:
            parts += ("getppid write",) * len(parts)
        return sum(self.values[(kernel, size, *part.split())] for part in parts)

    def ratios(self, sizes):
        """Slots' costs as ratios to their floors."""
        return {key: value / self.floor(*key) for key, value in self.values.items()
                if key[1] in sizes and key[2] in (*SLOTS, MAPPED) and key[3] in FLOOR}
