#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""report.py BUILT REPOSITORY: makes tables and plots of the figures in BUILT."""
import os
import sys

import texts
from figures import Figures
from names import (DAEMONS, ENGINES, FLOORS, FRAME_SIZES, GETTERS, LANES, MAPPED, NAMED, NAMES,
                   OTHERS, PYTHON, QUEUES, RECORDS, SLOTS, WAITERS, WATCHERS)
from plots import Plots
from targets import targets

KERNELS = ("6.12", "6.1")
SIZES = (8, 128, 1024, 32768)
CHANNELS = (1, 1000, 1000000, 1048576)
# So many messages bench/bridge has on their way at a time.
BURST = 1000


def whole(value):
    return "" if value is None else f"{value:,.0f}"


def ratio(value):
    return "" if value is None else f"{value:.2f}"


def table(head, rows):
    """Returns a table; all columns but the first are numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    lines += ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join(lines) + "\n"


def picture(name, what):
    return f"![{what}](figures/{name}.svg)\n"


class Report:
    def __init__(self, built, repository):
        self.built, self.repository = built, repository
        names = [f"{part}-{kernel}.tsv" for part in ("counted", "watched") for kernel in KERNELS]
        names += ["looking.tsv", "parallel.tsv", "native.tsv", "pingpong.tsv", "bridge.tsv"]
        self.figures = Figures(os.path.join(built, name) for name in names)

    def commit(self):
        """What was measured, which need not be what is checked out by now."""
        with open(os.path.join(self.built, "commit")) as file:
            return file.read().strip()

    def head(self):
        releases = " and ".join(self.figures.releases[kernel] for kernel in KERNELS)
        yield "<!-- SPDX-License-Identifier: GPL-2.0 -->"
        yield "<!-- Written by `make bench`: changes made by hand get lost. -->"
        yield "# Figures"
        yield (f"\nBy `make bench`, at commit {self.commit()}, with Debian's kernels\n"
               f"{releases}.")
        yield texts.HOW_TO_READ

    def targets(self):
        yield "## Targets\n"
        yield table(["measure", "target", *KERNELS],
                    [[target.text, target.bound(), *(target.shown(k) for k in KERNELS)]
                     for target in targets(self.figures)])
        yield texts.TARGET_NOTES.lstrip("\n")

    def cost_row(self, kernel, size, means):
        write, read, pair = (self.figures.get(kernel, size, means, operation)
                             for operation in ("write", "read", "pair"))
        ours = self.figures.get(kernel, size, "slot", "pair")
        return [NAMES[means], *map(whole, (write, read, pair)),
                "" if means in FLOORS else whole(pair if means in QUEUES else write),
                ratio(pair / ours if pair and ours else None)]

    def costs(self):
        yield "## What a message costs, in instructions\n"
        yield picture("costs", "Instructions of a write and a read")
        yield texts.WHAT_IT_TAKES.lstrip("\n")
        for size in SIZES:
            for kernel in KERNELS:
                rows = [self.cost_row(kernel, size, means)
                        for means in (*FLOORS, *SLOTS, MAPPED, *LANES, *OTHERS)]
                yield f"### {size:,} bytes, {kernel}\n"
                yield table(["", "write", "read", "write and read", "replace the last value",
                             "write and read: slot = 1"],
                            [row for row in rows if any(row[1:])])

    def mapped(self):
        columns = [(size, kernel) for size in (8, 128) for kernel in KERNELS]
        rows = [(f"{NAMES[means]}: get", means, "read") for means in GETTERS]
        rows.append((f"{NAMES['iceoryx']}: again", "iceoryx", "read-again"))
        yield "## Getting the last value without a system call, in instructions\n"
        yield picture("mapped", "Instructions of getting the last value")
        yield texts.MAPPED.lstrip("\n")
        yield table(["", *(f"{size} bytes, {kernel}" for size, kernel in columns)],
                    [[text, *(whole(self.figures.get(kernel, size, means, operation))
                              for size, kernel in columns)] for text, means, operation in rows])
        yield texts.NATIVE
        yield table(["time of a mapped read / of a copy under", "8 bytes", "128 bytes"],
                    [[text, *(ratio(self.figures.native(size, operation)) for size in (8, 128))]
                     for operation, text in (("bare-seqlock", NAMES["shm-seqlock"]),
                                             ("sized-seqlock", NAMES["shm-seqlock-sized"]))])
        yield texts.PINGPONG
        yield table(["time of a round trip by lanes / by", "8 bytes", "128 bytes"],
                    [[text, *(ratio(self.figures.native(size, operation)) for size in (8, 128))]
                     for operation, text in (("lane-of-seqlock", "bare seqlocks"),
                                             ("lane-of-iceoryx", NAMES["iceoryx"]))])

    def breakdown(self):
        yield "## Where the instructions go"
        yield texts.BREAKDOWN
        for kernel in KERNELS:
            sums = {}
            for line in open(os.path.join(self.built, f"breakdown-{kernel}.tsv")):
                means, operation, group, count = line.rstrip("\n").split("\t")
                sums.setdefault(group, {})[means, operation] = float(count)
            shown = (("null", "write"), ("slot", "write"), ("slot-file", "write"),
                     ("zero", "read"), ("slot", "read"), ("slot-file", "read"))
            yield table([kernel, "write to /dev/null", "to a slot", "to a channel's file",
                         "read of /dev/zero", "of a slot", "of a channel's file"],
                        [[group, *(whole(counts.get(key)) for key in shown)]
                         for group, counts in sums.items()])

    def waiting(self):
        columns = [(size, kernel) for size in (8, 128) for kernel in KERNELS]
        yield "## Waking a reader that waits, in instructions\n"
        yield picture("waiting", "Instructions of a round trip")
        yield texts.WAITING.lstrip("\n")
        yield table(["", *(f"{size} bytes, {kernel}" for size, kernel in columns)],
                    [[NAMES[means], *(whole(self.figures.get(kernel, size, means, "round-trip"))
                                      for size, kernel in columns)] for means in WAITERS])

    def records(self):
        yield "## Records, in instructions"
        yield texts.RECORDS
        yield table(["", *KERNELS],
                    [[text, *(whole(self.figures.get(kernel, 128, *key)) for kernel in KERNELS)]
                     for key, text in RECORDS.items()])

    def frames(self):
        columns = [(kernel, means) for kernel in KERNELS for means in ("frame", "copy")]
        yield "## Frames, in instructions"
        yield texts.FRAMES
        yield table(["put and get, or write and read",
                     *(f"{'a frame' if means == 'frame' else 'copied'}, {kernel}"
                       for kernel, means in columns)],
                    [[f"{size:,} bytes", *(whole(self.figures.get(kernel, size, means, "pair"))
                                           for kernel, means in columns)]
                     for size in FRAME_SIZES])

    def named(self):
        yield "## Named slots, in instructions and bytes"
        yield texts.NAMED
        yield table(["", *KERNELS],
                    [[text, *(whole(self.figures.get(kernel, 128, *key)) for kernel in KERNELS)]
                     for key, text in NAMED.items()])

    def uring(self):
        columns = [(kernel, operation) for kernel in KERNELS for operation in ("write", "read")]
        yield "## io_uring"
        yield texts.URING
        yield table(["", *(f"{operation}, {kernel}" for kernel, operation in columns)],
                    [[text, *(whole(self.figures.get(kernel, 128, means, operation))
                              for kernel, operation in columns)] for means, text in (
                                  ("slot-calls-64", "slot: 64 calls of pwrite or pread"),
                                  ("slot-uring-64", "slot: one submission of 64 reads or writes"),
                                  ("slot-commands-64", "slot: one submission of 64 commands"),
                                  ("floor-calls-64", "/dev/null, /dev/zero: 64 calls"),
                                  ("floor-uring-64", "/dev/null, /dev/zero: one submission"),
                                  ("nothing-uring-64", "one submission of 64 no-operations"))])

    def scale(self):
        ways = ("write", "read", "pwrite", "pread", "select-write", "select-read",
                "mapped-read", "mapped-find", "locate", "bytes-a-channel",
                "mapping-bytes-a-channel")
        yield "## Scale\n"
        yield picture("scale", "Instructions against the number of channels")
        yield texts.SCALE.lstrip("\n")
        for kernel in KERNELS:
            yield table([f"{kernel}, channels in use", *(f"{n:,}" for n in CHANNELS)],
                        [[way.replace("-", " "),
                          *(whole(self.figures.get(kernel, 128, f"channels-{n}", way))
                            for n in CHANNELS)] for way in ways])

    def parallel(self):
        yield f"## Two processors ({KERNELS[0]})"
        yield texts.PARALLEL
        yield table(["", "typical", "best"],
                    [[text, *(ratio(self.figures.get(KERNELS[0], 128, means, which))
                              for which in ("typical", "best"))] for means, text in (
                                  ("getppid-scaling", "empty system calls, 2 processors / 1: the "
                                   "control"),
                                  ("writers-scaling", "writers of a channel each, 2 / 1"),
                                  ("readers-scaling", "readers of one hot channel, 2 / 1"),
                                  ("mapped-scaling", "mapped readers of one hot channel, 2 / 1"),
                                  ("mapped-scaling-4", "four of them, two on each / 1"),
                                  ("mapped-full-speed", "the same, the writer at full speed"),
                                  ("writer-beside-mapped", "a writer's speed beside a mapped "
                                   "reader of its channel / alone"),
                                  ("writer-beside-stranger", "a writer's speed beside a reader of "
                                   "another channel / alone: the control"),
                                  ("writer-beside-reader", "a writer's speed beside a reader of "
                                   "its channel / alone"))])

    def daemons(self):
        yield "## Daemons, in instructions of the whole machine\n"
        yield picture("daemons", "Instructions of setting and getting a value")
        yield texts.DAEMONS.lstrip("\n")
        for kernel in KERNELS:
            for size in (8, 128):
                yield table([f"{size} bytes, {kernel}", "set", "get", "set: slot = 1",
                             "get: slot = 1"],
                            [self.daemon_row(kernel, size, means)
                             for means in ("slot", "pipe", *DAEMONS)])

    def bridge_row(self, engine):
        def median(operation):
            return self.figures.native(128, f"{engine}-{operation}")

        def costs(what, messages):
            for by in ("client", "bridge"):
                value = median(f"{what}-{by}")
                yield whole(value and value / messages)
            yield ratio(median(what))

        return [ENGINES[engine], *costs("delay", 1), *costs("burst", BURST),
                *costs("busiest", BURST),
                *(whole(median(f"{side}-bytes")) for side in ("owner", "copy"))]

    def bridges(self):
        yield "## Between machines, by a bridge"
        yield texts.BRIDGES
        yield table(["", "delay, client", "bridges", "ratio", "an update, client", "bridges",
                     "ratio", "busiest process, client", "bridges", "ratio",
                     "bytes a channel, owner", "copy"],
                    [self.bridge_row(engine) for engine in ENGINES])
        yield texts.WATCHED
        yield table(["", *(f"{text}, {kernel}" for kernel in KERNELS
                           for text in ("first since it was read", "others"))],
                    [[f"write, watched by {text}",
                      *(whole(self.figures.get(kernel, 128, watcher, operation))
                        for kernel in KERNELS for operation in ("write-told", "write-unread"))]
                     for watcher, text in WATCHERS.items()])

    def python(self):
        columns = [(size, operation, kernel) for size in (8, 128)
                   for operation in ("write", "read") for kernel in KERNELS]
        yield "## From Python, in instructions"
        yield texts.PYTHON
        yield table(["", *(f"{operation}, {size} bytes, {kernel}"
                           for size, operation, kernel in columns)],
                    [[NAMES[means], *(whole(self.figures.get(kernel, size, means, operation))
                                      for size, operation, kernel in columns)]
                     for means in PYTHON])

    def daemon_row(self, kernel, size, means):
        operations = ("write", "read")
        return [NAMES[means],
                *(whole(self.figures.get(kernel, size, means, op)) for op in operations),
                *(ratio(self.figures.quotient(kernel, size, (means, op), ("slot", op)))
                  for op in operations)]

    def parts(self):
        for part in (self.head, self.targets, self.costs, self.mapped, self.breakdown, self.waiting,
                     self.records, self.frames, self.named, self.uring, self.scale, self.parallel,
                     self.daemons, self.bridges, self.python):
            yield from part()

    def write(self):
        folder = os.path.join(self.repository, "doc")
        plots = Plots(self.figures, KERNELS[0], os.path.join(folder, "figures"))
        plots.costs()
        plots.mapped()
        plots.waiting()
        plots.daemons()
        plots.scale(CHANNELS[:3])
        with open(os.path.join(folder, "figures.md"), "w") as file:
            file.write("\n".join(self.parts()))

    def record(self):
        """What bench/short compares with."""
        with open(os.path.join(self.repository, "bench/figures.tsv"), "w") as file:
            file.write("# SPDX-License-Identifier: GPL-2.0\n"
                       "# Slots' costs as ratios to the floor of their run, by `make bench`.\n")
            for key, value in sorted(self.figures.ratios((8, 128)).items()):
                file.write("\t".join(map(str, (*key, f"{value:.4f}"))) + "\n")


def main():
    report = Report(*sys.argv[1:])
    report.write()
    report.record()


main()
