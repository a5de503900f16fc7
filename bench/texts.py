# SPDX-License-Identifier: GPL-2.0
"""What the tables need to be said about them."""

HOW_TO_READ = """
Costs are counted, not timed: the virtual machine has one processor whose clock
goes by one nanosecond for each instruction, of the program, of the kernel, and
of whichever other process has to run for it. A figure is the median of 301
measurements, without the measuring loop. From run to run the costs of slots and
of the kernel's means agree within about 0.1 %, round trips within about 1 %, and
daemons within some per cent (ZeroMQ's differed by 7 %). The virtual processor
has no fast string instructions, so that a copy costs what it copies. Hardware
differs in what an instruction takes; so look at ratios, to the floor of the same
table above all.

The kernels run with mitigations=off. What the mitigations of processor bugs add
to system calls is not measured here.
"""

TARGET_NOTES = """
(1) Since messages have records, a write notes the time and the author, too, so
these limits were 1.35 and 0.65 before. On 6.12 the figures were 1.207 and 0.615
then, and a write of 8 bytes cost a little less than an eventfd's (at commit
cdccdacf44f3).

(2) pipe, eventfd, UNIX datagram socket, POSIX and System V message queues, and
pread/pwrite of memfd and tmpfs, each taken for itself: a slot is below all of
them if it is below 1.

(3) Medians; see "Two processors". The control is an empty system call, which
can't but scale: where it did not reach 1.8, the machine was too busy to give two
processors, and the figure says nothing for or against.

(4) In instructions. The seqlock knows the message's size beforehand, keeps none,
and is compiled into the program that reads; a mapped read calls a library, checks
which channel it reads, and is told the size; and it copies 16 bytes at a time, as
any amd64 can, where the C library's memcpy() takes 32. Beside a seqlock that keeps
the size, see "Getting the last value".

(5) All processes share one processor, and there is no network in between, which would add
the same to both: see "Between machines". Where a bridge puts a value into NATS, the servers
look whether the key still has the revision that it had, and tell the bridge of its own values
as they tell everybody; plain puts of the client's have neither.
"""

WHAT_IT_TAKES = """
Every means is used as its documentation has it, is checked to hand the message
over before it is measured, and is measured with nobody waiting and nothing
contended. How they differ from a slot:

- Queues (pipe, eventfd, socket, POSIX and System V queue) give a message to one
  reader, once. To *replace the last value* takes a read of the old one and a
  write, so that column has the pair for them. Up to 128 bytes their writes and
  reads are measured with eight messages in the queue, which is to their
  advantage; the pair with one.
- An eventfd holds a number that is added to, not a message.
- memfd and tmpfs written over in place show a reader half of a message; with
  rename, which does not, a write is open, write, close and rename, and a read is
  open, read and close.
- Shared memory needs no system call. But whoever can write to it can break it; a
  writer that dies holding the robust mutex leaves half a message for the next
  one to repair; one that stops inside the bare seqlock stops all readers. The
  seqlock is here as the floor of what a copy costs.
"""

MAPPED = """
What it takes to get the last value, where that can be done without a system call,
beside read(). A slot's writer makes the same call for all, but for the owner of a lane,
who makes none. In all of the others whoever may write can break what readers see.
iceoryx is Debian's package by its C binding, a publisher and a subscriber with
history and queue of one: *get* takes the chunk that has arrived, copies it and
releases it; *again* is for who keeps that chunk until there is a newer one, and
looks for one in vain. A mapped read costs the same in both
cases. As the mapping is the module's, all of this is counted in the virtual
machine.
"""

NATIVE = """
By the clock, natively on the machine that ran `make bench`: medians of the ratios in
21 runs of a process (`bench/native.c`), which reads a cell of its own making. Where its
memory lies differs from run to run, and some have half as much again.
"""

PINGPONG = """
Likewise, two processes on a processor each that throw a message to and fro and look for
it all the time (`bench/pingpong.c`): by libmsgslot's lanes in pages of their own making,
by bare seqlocks, and by iceoryx.
"""

BREAKDOWN = """
A write and a read of 128 bytes. `bench/breakdown` shows every function, and with
`-a` every instruction of the driver. Entry and exit, the file and the security
modules (Debian has AppArmor on) are what any read or write of a device costs. A channel's file is a regular one: a write
takes the file system's guard against freezing and asks more of fsnotify, and the driver
looks where in a message a read goes on. It is read by pread() from 0.
"""

WAITING = """
Two processes, each waiting for the other's message: two writes, two reads that
wait, two wake-ups and two switches.
"""

RECORDS = """
128 bytes. Calls with a record copy a structure in and out, beside the message. A
watch is on a whole slot here, and has told already what was there before. Where it
is not read, the change before is still to be told when the next one comes; where
it has been read, the writer has to queue the channel anew. MSG_SLOT_WAIT is among
the round trips above.
"""

FRAMES = """
Frames are memfds, by `bench/frame.c`: one is put with MSG_SLOT_PUT, and then got with
MSG_SLOT_GET_FRAME, and the descriptor closed. Beside it, as many bytes are written and
read, for as long as messages may be copied. Filling a memfd, which is the sender's work
where it would be that of a buffer, and mapping one are not counted.
"""

NAMED = """
Slots in a slotfs, by `bench/named.c`. What a write and a read of a channel through
its file cost is among the tables of messages above, and where it goes in "Where the
instructions go". The tmpfs file is as deep in its file system, and its path as
long. The names that are looked up in turn are random ones of those that there are. Bytes
are those of all memory of the kernel; those of inodes and directory entries are what
/proc/slabinfo has. The rest is what security modules and memory cgroups keep for
each, and the table from ids to names. The first message of a channel takes a
channel's memory beside it: see "Scale".
"""

URING = """
128 bytes to or from each of 64 channels, instructions a message. Files are
registered with the ring. /dev/null and /dev/zero show what of it is io_uring's:
its own way to the read or the write of a file is longer here than a whole system
call. Commands (MSG_SLOT_URING_WRITE, MSG_SLOT_URING_READ) go a shorter way.
"""

SCALE = """
128 bytes; the ids are random, and so is which one is read or written next. Mapped
reads are those of channels found before; finding one is its first read, which makes
two calls, MSG_SLOT_LOCATE among them. Bytes are those of all memory that the kernel
has for itself, and for the mapping the page tables of a process that has looked at
every channel. The bytes of a single channel have its slot in them. Instructions do not show that
among a million channels more of them miss the processor's caches.
"""

PARALLEL = """
Here the clock is the wall's, on two emulated processors, and what else the
machine did shows: a figure says something only where its control is near 2, or
near 1 for a writer's speed. All scenes took turns, 41 times; *typical* is the
median of the ratios within a turn, *best* the ratio of each scene's fastest
turn, which may be noise too. Targets are judged by the typical ones. Readers of
the hot channel have a writer beside them that writes a thousand times in a
second. Where the writer runs at full speed, each processor has a reader and one that
takes turns with it: the writer, and on the second one empty system calls.
"""

DAEMONS = """
One processor does everything: the client, the daemon, the switches between them
and the sockets. All are Debian's packages, on local sockets and without
persistence: Redis with hiredis; ZeroMQ with a publisher and a subscriber that
has ZMQ_CONFLATE, where a get is that of a value that has arrived already and a
set includes its delivery, by both sides' threads, to that one subscriber;
Mosquitto with a retained message, published at QoS 1 until the broker has
acknowledged it, and got by subscribing. They do more than a slot does: they
reach other machines, and Redis and MQTT keep values under names.
"""

BRIDGES = """
Instructions, on 6.12, of all processes together (`bench/bridge.c`). A message of 128 bytes is
put into a slot, and a reader waits at another slot, which has copies; there is a bridge for
each. Beside them the engine's own clients carry the same from one process to another:
retained messages at QoS 1 by mosquitto_pub and mosquitto_sub, with lines in pipes, or by
libmosquitto in the writer and the reader themselves; kvStore_Put() or kvStore_Update() (where
there are many, js_PublishAsync()) to a watch of the same bucket by libnats. Both take turns; told are medians,
and those of the ratios. *Delay* is until the reader has it. *An update* is one of 1,000
channels, each put once; of these also what the process takes that takes most: where each has
a processor, as on machines of its own, the others wait for that one. Bytes are what each
bridge has for itself, for each of 10^5 channels.
"""

WATCHED = """
What the writer pays where a bridge watches its slot, in instructions, beside `msgslot
watch` (`bench/watched.c`): the write that wakes the watcher, and those before it has read.
"""

PYTHON = """
By `bench/python.py`, with Debian's Python, the call and its loop included. Who has no
compiler or no python3-dev at `make` has mapped reads by ctypes. Whoever may use the
shared memory can break what others see, and who is killed with the lock in hand stops
them all. The manager is a process of its own, through a socket.
"""
