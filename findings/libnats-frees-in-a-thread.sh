#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# libnats 3.4.1 (Debian 12): natsMsg_Destroy() by a program with one thread, on one processor,
# without a connection.
#
# The good guess: it frees the message.
# Seen: it hands it to a thread that the library has for that, and wakes it, unless it is awake.
# A program that frees its messages one by one, as they come, pays for most a call to wake that
# thread, and the change to it and back, which is more than the rest that libnats
# does for the message. Where that thread is one that does not take the processor from others
# (SCHED_BATCH, which threads inherit from who calls nats_Open()), it frees many at a time.
#
# Status: 0 it is as told, 1 it has changed, 77 a package is gone.
set -euo pipefail

pool=http://deb.debian.org/debian/pool/main
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for package in n/nats.c/libnats3.4_3.4.1-1+b1_amd64.deb \
	p/protobuf-c/libprotobuf-c1_1.4.1-1+b1_amd64.deb; do
	curl -sfO "$pool/$package" || exit 77
	dpkg-deb -x "${package##*/}" root
done
export LD_LIBRARY_PATH=$folder/root/usr/lib/x86_64-linux-gnu

cat >free.py <<'END_OF_FREE'
import os
import sys
from ctypes import CDLL, byref, c_int64, c_void_p

COUNT = 10000
lib = CDLL("libnats.so.3.4")
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
if sys.argv[1] == "batch":
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
assert lib.nats_Open(c_int64(-1)) == 0
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def switches():
    """How often threads that are not the first have slept, all together."""
    count = 0
    for thread in os.listdir("/proc/self/task"):
        if int(thread) == os.getpid():
            continue
        with open(f"/proc/self/task/{thread}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("voluntary_ctxt_switches:"):
                    count += int(line.split()[1])
    return count


message = c_void_p()
before = switches()
for _ in range(COUNT):
    assert lib.natsMsg_Create(byref(message), b"a", None, b"x", 1) == 0
    lib.natsMsg_Destroy(message)
print(switches() - before)
END_OF_FREE
normal=$(python3 free.py normal) batch=$(python3 free.py batch)
echo "10,000 messages freed: another thread slept $normal times, as a batch $batch times"
((normal > 1000 && batch < normal / 100))
