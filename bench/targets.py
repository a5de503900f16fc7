# SPDX-License-Identifier: GPL-2.0
"""The limits that the project has set itself, and whether they are kept."""
from names import ENGINES, QUEUES, RIVALS, TOOLS


# Below this the machine had no second processor to give: nothing can be said.
LEAST_CONTROL = 1.8


class Target:
    """A ratio (or a number) that must not be above limit; not below it, if least.

    Where control is given, it says what a thing that can't but meet the limit got.
    """

    def __init__(self, text, limit, value, least=False, control=None):
        self.text, self.limit, self.value, self.least = text, limit, value, least
        self.control = control

    def met(self, value):
        return value >= self.limit if self.least else value <= self.limit

    def shown(self, kernel):
        value = self.value(kernel)
        if value is None:
            return "not measured"
        control = self.control and self.control(kernel)
        if control and control < LEAST_CONTROL:
            return f"{value:.3f} undecided (control: {control:.3f})"
        return f"{value:.{1 if value >= 10 else 3}f} {'met' if self.met(value) else '**missed**'}"

    def bound(self):
        return f"{'at least' if self.least else 'at most'} {self.limit:g}"


def python_targets(figures):
    def of_mapped(rival):
        return lambda kernel: figures.quotient(kernel, 8, ("python-mapped", "read"),
                                               (rival, "read"))

    return (
        Target("from Python: a mapped read / without the extension, 8 bytes", 0.2,
               of_mapped("python-ctypes")),
        Target("from Python: a mapped read / one of shared_memory with its Lock, 8 bytes", 1,
               of_mapped("python-shared-memory")),
    )


def named_targets(figures):
    def quotient(top, bottom):
        return lambda kernel: figures.quotient(kernel, 128, top.split(), bottom.split())

    return (
        Target("write through a channel's file / through the slot's door, 128 bytes", 1.25,
               quotient("slot-file write", "slot-door write")),
        Target("read through it / through the door, 128 bytes", 1.15,
               quotient("slot-file read", "slot-door read")),
        *(Target(f"{operation} through a door / through a device, 128 bytes", 1.01,
                 quotient(f"slot-door {operation}", f"slot {operation}"))
          for operation in ("write", "read")),
        Target("opening and closing a channel's file / a tmpfs file", 1.3,
               quotient("open-file open", "open-tmpfs open")),
        *(Target(f"{text} one of 10^5 names / of 10", 1.01,
                 quotient(f"names-100000 {operation}", f"names-10 {operation}"))
          for operation, text in (("stat", "stat() of"), ("get-id", "the id of"))),
    )


def long_targets(figures):
    def quotient(size, top, bottom):
        return lambda kernel: figures.quotient(kernel, size, top.split(), bottom.split())

    def of_cheapest_queue(size):
        def value(kernel):
            quotients = [figures.quotient(kernel, size, ("slot", "pair"), (queue, "pair"))
                         for queue in QUEUES]
            return max((q for q in quotients if q), default=None)
        return value

    return (
        Target("write / a pipe's, 1,024 bytes", 0.95,
               quotient(1024, "slot write", "pipe write")),
        Target("write and read / a pipe's, 1,024 bytes", 0.80,
               quotient(1024, "slot pair", "pipe pair")),
        *(Target(f"write and read / those of the cheapest queue, {size:,} bytes", 1,
                 of_cheapest_queue(size)) for size in (1024, 32768)),
        *(Target(f"read() / a mapped read, {size:,} bytes", limit,
                 quotient(size, "slot read", "slot-mapped read"), True)
          for size, limit in ((1024, 5), (65536, 1.5))),
        *(Target(f"mapped read / a bare seqlock's copy, {size:,} bytes", 1.25,
                 quotient(size, "slot-mapped read", "shm-seqlock read"))
          for size in (1024, 65536)),
        *(Target(f"write / a memfd's pwrite, {size:,} bytes", 0.75,
                 quotient(size, "slot write", "memfd write")) for size in (32768, 1048576)),
        *(Target(f"write and read / a memfd's pwrite and pread, {size:,} bytes", 0.70,
                 quotient(size, "slot pair", "memfd pair")) for size in (32768, 1048576)),
    )


def lane_targets(figures):
    def quotient(size, top, bottom):
        return lambda kernel: figures.quotient(kernel, size, top.split(), bottom.split())

    return (
        *(Target(f"put in a lane / write, {size} bytes", limit,
                 quotient(size, "slot-lane write", "slot write"))
          for size, limit in ((8, 1 / 14), (128, 1 / 12))),
        *(Target(f"put in a lane / a bare seqlock's write, {size} bytes", limit,
                 quotient(size, "slot-lane write", "shm-seqlock write"))
          for size, limit in ((8, 1.7), (128, 2.0))),
        *(Target(f"mapped get of a lane / of a cell, {size} bytes", 1.10,
                 quotient(size, "slot-lane read", "slot-mapped read")) for size in (8, 128)),
        *(Target(f"put in a lane with a watch that was not read / without, {size} bytes", 1.05,
                 quotient(size, "slot-lane-watched write", "slot-lane write"))
          for size in (8, 128)),
    )


def looking_targets(figures):
    def of_copy(copy):
        return lambda kernel: figures.quotient(kernel, 128, ("slot-as-it-is", "write"),
                                               (copy, "write"))

    return (
        Target("write / in a module that does not count, 128 bytes", 1.01,
               of_copy("slot-uncounted")),
        Target("write / in a module without tracepoints, 128 bytes", 1.01,
               of_copy("slot-untraced")),
    )


def bridge_targets(figures):
    def delay(engine):
        return lambda kernel: figures.native(128, f"{engine}-delay")

    def updates(engine):
        return lambda kernel: inverse(figures.native(128, f"{engine}-burst"))

    def inverse(ratio):
        return ratio and 1 / ratio

    return (
        *(Target(f"by bridges: delay / {ENGINES[engine]} (5)", 1.3, delay(engine))
          for engine in TOOLS),
        *(Target(f"by bridges: updates / {ENGINES[engine]} (5)", 0.9, updates(engine), True)
          for engine in TOOLS),
        *(Target(f"a write {text} / beside a plain watch", 1.01,
                 lambda kernel, operation=operation: figures.quotient(
                     kernel, 128, ("watched-bridge", operation), ("watched-plain", operation)))
          for operation, text in (("write-told", "beside a bridge that has read its watch"),
                                  ("write-unread", "beside one that has not"))),
    )


def targets(figures):
    def quotient(size, top, bottom):
        return lambda kernel: figures.quotient(kernel, size, top.split(), bottom.split())

    def of_cheapest_rival(operation):
        def value(kernel):
            quotients = [figures.quotient(kernel, 8, ("slot", operation), (rival, operation))
                         for rival in RIVALS]
            return max((q for q in quotients if q), default=None)
        return value

    def of_two_processors(scaling):
        return lambda kernel: figures.get(kernel, 128, scaling, "typical")

    def of_frames(size, means, other):
        def value(kernel):
            parts = [figures.get(kernel, size, "frame", "pair"),
                     figures.get(kernel, other, means, "pair")]
            return None if None in parts else parts[0] / parts[1]
        return value

    def mapped_memory(kernel):
        parts = [figures.get(kernel, 128, "channels-1048576", part)
                 for part in ("bytes-a-channel", "mapping-bytes-a-channel")]
        return None if None in parts else sum(parts)

    return (
        Target("write to a slot / write to /dev/null, 128 bytes (1)", 1.5,
               quotient(128, "slot write", "null write")),
        Target("read of a slot / read of /dev/zero, 128 bytes", 1.15,
               quotient(128, "slot read", "zero read")),
        Target("write and read / a pipe's, 128 bytes (1)", 0.7,
               quotient(128, "slot pair", "pipe pair")),
        Target("select and write, 2^17 random ids in use / 10", 1.10,
               quotient(128, "slot-select-131072 write", "slot-select-10 write")),
        Target("pwrite to one of 2^17 channels / write to the selected one", 1.25,
               quotient(128, "slot-positional-131072 write", "slot write")),
        Target("write of 8 bytes / that of the cheapest of 7 rivals (1, 2)", 1,
               of_cheapest_rival("write")),
        Target("read of 8 bytes / that of the cheapest of them", 1, of_cheapest_rival("read")),
        Target("write and read of 8 bytes / those of the cheapest of them", 1,
               of_cheapest_rival("pair")),
        Target("round trip of blocked readers / a pipe's, 8 bytes", 1,
               quotient(8, "slot round-trip", "pipe round-trip")),
        Target("round trip of blocked readers / an eventfd's, 8 bytes", 1,
               quotient(8, "slot round-trip", "eventfd round-trip")),
        Target("a write of 64 in one io_uring submission / of 64 pwrite calls", 1,
               quotient(128, "slot-commands-64 write", "slot-calls-64 write")),
        Target("a commit of 64 channels / a put to each of them, 128 bytes", 1.1,
               quotient(128, "record commit-64", "record put-in-turn")),
        Target("putting and getting a frame of 64 MiB / of 4 KiB", 1.01,
               of_frames(64 << 20, "frame", 4096)),
        Target("putting and getting a frame / writing and reading a copy, 64 KiB", 1,
               of_frames(65536, "copy", 65536)),
        *(Target(f"mapped read / a bare seqlock's copy, {size} bytes (4)", 1.15,
                 quotient(size, "slot-mapped read", "shm-seqlock read")) for size in (8, 128)),
        *(Target(f"the same by the clock, {size} bytes", 1.15,
                 lambda kernel, size=size: figures.native(size, "bare-seqlock"))
          for size in (8, 128)),
        *(Target(f"read() / a mapped read, {size} bytes", 10,
                 quotient(size, "slot read", "slot-mapped read"), True) for size in (8, 128)),
        Target("bytes of memory a channel, with 2^20 of them, mapped", 384, mapped_memory),
        Target("writers of a channel each, 2 processors / 1 (3)", 1.9,
               of_two_processors("writers-scaling"), True, of_two_processors("getppid-scaling")),
        Target("mapped readers of one hot channel, 2 processors / 1 (3)", 1.9,
               of_two_processors("mapped-scaling"), True, of_two_processors("getppid-scaling")),
        Target("readers of one hot channel, 2 processors / 1 (3)", 1.8,
               of_two_processors("readers-scaling"), True, of_two_processors("getppid-scaling")),
        *looking_targets(figures),
        *long_targets(figures),
        *lane_targets(figures),
        *(Target(f"round trip by lanes / by {text}, by the clock, {size} bytes", limit,
                 lambda kernel, size=size, rival=rival: figures.native(size, rival))
          for rival, text, limit in (("lane-of-seqlock", "bare seqlocks", 1.15),
                                     ("lane-of-iceoryx", "iceoryx", 1))
          for size in (8, 128)),
        *named_targets(figures),
        *python_targets(figures),
        *bridge_targets(figures),
    )
