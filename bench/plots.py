# SPDX-License-Identifier: GPL-2.0
"""The plots of the figures of one kernel."""
import os

import svg
from names import DAEMONS, FLOORS, GETTERS, MAPPED, NAMES, OTHERS, WAITERS


class Plots:
    def __init__(self, figures, kernel, folder):
        self.figures, self.kernel, self.folder = figures, kernel, folder
        self.release = figures.releases[kernel]
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def rows(self, size, means, operations):
        rows = ((NAMES[name], [self.figures.get(self.kernel, size, name, operation)
                               for operation in operations]) for name in means)
        return [row for row in rows if any(row[1])]

    def costs(self):
        means = (*FLOORS, "slot", "slot-positional-131072", "slot-select-131072", MAPPED,
                 *OTHERS)
        svg.bars(self.path("costs.svg"), "What a message costs",
                 f"instructions of a write and of a read, 128 bytes, {self.release}; "
                 "fewer is better",
                 ("write", "read"), self.rows(128, means, ("write", "read")), limit=3500)

    def mapped(self):
        svg.bars(self.path("mapped.svg"), "Getting the last value",
                 f"instructions, {self.release}; fewer is better",
                 ("8 bytes", "128 bytes"),
                 [(NAMES[means], [self.figures.get(self.kernel, size, means, "read")
                                  for size in (8, 128)]) for means in GETTERS])

    def waiting(self):
        svg.bars(self.path("waiting.svg"), "Waking a reader that waits",
                 "instructions of a round trip between two processes, 8 bytes, "
                 f"{self.release}; fewer is better",
                 ("round trip",), self.rows(8, WAITERS, ("round-trip",)))

    def daemons(self):
        svg.bars(self.path("daemons.svg"), "A last value by way of a daemon",
                 f"instructions of the whole machine, 128 bytes, {self.release}; "
                 "each line is ten times the one before",
                 ("set", "get"), self.rows(128, ("slot", "pipe", *DAEMONS), ("write", "read")),
                 log=True)

    def scale(self, channels):
        rows = []
        for name, way in (("write, selected channel", "write"),
                          ("read, selected channel", "read"),
                          ("pwrite", "pwrite"), ("pread", "pread"),
                          ("read, mapped", "mapped-read"),
                          ("select, then write", "select-write"),
                          ("select, then read", "select-read")):
            values = [self.figures.get(self.kernel, 128, f"channels-{n}", way) for n in channels]
            if all(values):
                rows.append((name, list(zip(channels, values))))
        svg.lines(self.path("scale.svg"), "Cost against the number of channels",
                  f"instructions, 128 bytes, random ids, {self.release}; fewer is better",
                  "channels in use", rows)
