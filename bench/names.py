# SPDX-License-Identifier: GPL-2.0
"""What the means that are measured are called in tables and plots."""

NAMES = {
    "getppid": "an empty system call (getppid)",
    "null": "/dev/null",
    "zero": "/dev/zero",
    "slot": "slot, selected channel",
    "slot-positional-10": "slot, pread/pwrite, 10 channels",
    "slot-positional-131072": "slot, pread/pwrite, 131,072 channels",
    "slot-select-10": "slot, select first, 10 channels",
    "slot-select-131072": "slot, select first, 131,072 channels",
    "slot-poll": "slot, poll() and read",
    "pipe": "pipe",
    "pipe-poll": "pipe, poll() and read",
    "eventfd": "eventfd",
    "eventfd-poll": "eventfd, poll() and read",
    "unix-datagram": "UNIX datagram socket",
    "posix-mqueue": "POSIX message queue",
    "sysv-msg": "System V message queue",
    "memfd": "memfd, pread/pwrite",
    "tmpfs": "tmpfs file, pread/pwrite",
    "tmpfs-rename": "tmpfs file, replaced by rename",
    "shm-robust-mutex": "shared memory, robust mutex",
    "shm-seqlock": "shared memory, bare seqlock",
    "futex": "shared memory and a futex",
    "redis": "Redis SET, GET",
    "zeromq": "ZeroMQ PUB/SUB, CONFLATE",
    "mqtt": "MQTT retained, Mosquitto",
}

# To read is to take away.
QUEUES = ("pipe", "eventfd", "unix-datagram", "posix-mqueue", "sysv-msg")

# What the costs of 8 bytes are compared with.
RIVALS = QUEUES + ("memfd", "tmpfs")

FLOORS = ("getppid", "null", "zero")
SLOTS = ("slot", "slot-positional-10", "slot-positional-131072", "slot-select-10",
         "slot-select-131072")
OTHERS = RIVALS + ("tmpfs-rename", "shm-robust-mutex", "shm-seqlock")
DAEMONS = ("redis", "zeromq", "mqtt")
WAITERS = ("slot", "pipe", "eventfd", "unix-datagram", "posix-mqueue", "futex", "slot-poll",
           "pipe-poll", "eventfd-poll")
