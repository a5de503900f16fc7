#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""python.py SIZE...: prints what setting and getting a value costs from Python.

By the monotonic clock, which under tests/vm/run -i counts instructions, with the call
from Python and its loop; in the form that all programs here have. The package and its
extension are those that were built.
"""

import os
import statistics
import sys
import time
from multiprocessing import Lock, Manager, shared_memory

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../tests/lib"))
from tap import fresh_slot  # noqa: E402
import msgslot  # noqa: E402
from msgslot._reader_ctypes import Reader as CtypesReader  # noqa: E402

CALLS = 20
ROUNDS = 41
CHANNEL = 7


class _SharedMemory:
    def __init__(self, size):
        self.memory = shared_memory.SharedMemory(create=True, size=size)
        self.lock = Lock()
        self.size = size

    def set(self, value):
        with self.lock:
            self.memory.buf[:self.size] = value

    def get(self):
        with self.lock:
            return bytes(self.memory.buf[:self.size])

    def close(self):
        self.memory.close()
        self.memory.unlink()


def _count(call, *arguments):
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        call(*arguments)
    return (time.perf_counter_ns() - start) / CALLS


def _costs(calls):
    """Of each (call, its arguments...): the median of rounds in which all take turns."""
    rounds = [[_count(*call) for call in calls] for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*rounds)]


def measure(path, size):
    """Returns pairs of (means, operation) and a cost."""
    value = bytes(size)
    shared = _SharedMemory(size)
    with msgslot.Slot(path) as slot, slot.view() as view, Manager() as manager:
        kept = manager.dict()
        calls = {
            ("python-slot", "write"): (slot.put, CHANNEL, value),
            ("python-slot", "read"): (slot.get, CHANNEL),
            ("python-mapped", "read"): (view.reader(CHANNEL).get,),
            ("python-ctypes", "read"): (CtypesReader(view._view.value, CHANNEL).get,),
            ("python-shared-memory", "write"): (shared.set, value),
            ("python-shared-memory", "read"): (shared.get,),
            ("python-manager", "write"): (kept.__setitem__, CHANNEL, value),
            ("python-manager", "read"): (kept.__getitem__, CHANNEL),
        }
        for call, *arguments in calls.values():
            call(*arguments)
        handed_over = [bytes(view.reader(CHANNEL).get()), shared.get(), kept[CHANNEL]]
        assert handed_over == [value] * 3, handed_over
        costs = _costs(list(calls.values()))
    shared.close()
    return zip(calls, costs)


def main():
    path = fresh_slot()
    for size in map(int, sys.argv[1:]):
        for (means, operation), cost in measure(path, size):
            print(os.uname().release, size, means, operation, f"{cost:g}", sep="\t")
    os.unlink(path)


main()
