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
    "slot-door": "slot in a slotfs, by its door, selected channel",
    "slot-file": "slot in a slotfs, by a channel's file",
    "slot-mapped": "slot, mapped (libmsgslot)",
    "slot-lane": "slot, written by its owner's lane, mapped (libmsgslot)",
    "slot-lane-watched": "the same, with a watch that was not read",
    "slot-wait": "slot, MSG_SLOT_WAIT",
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
    "shm-seqlock-sized": "shared memory, seqlock that keeps the size",
    "futex": "shared memory and a futex",
    "iceoryx": "iceoryx, history and queue of 1",
    "redis": "Redis SET, GET",
    "zeromq": "ZeroMQ PUB/SUB, CONFLATE",
    "mqtt": "MQTT retained, Mosquitto",
    "python-slot": "slot, Slot.put() and Slot.get(): bytes with version, age, author",
    "python-mapped": "slot, mapped: view.reader(channel).get()",
    "python-ctypes": "the same without the extension, by ctypes",
    "python-shared-memory": "multiprocessing.shared_memory and its Lock",
    "python-manager": "multiprocessing.Manager().dict()",
}

# To read is to take away.
QUEUES = ("pipe", "eventfd", "unix-datagram", "posix-mqueue", "sysv-msg")

# What the costs of 8 bytes are compared with.
RIVALS = QUEUES + ("memfd", "tmpfs")

FLOORS = ("getppid", "null", "zero")
SLOTS = ("slot", "slot-positional-10", "slot-positional-131072", "slot-select-10",
         "slot-select-131072", "slot-door", "slot-file")
# A user's loads and stores, without a system call; but for a slot's writes.
MAPPED = "slot-mapped"
# Nor with one in writes.
LANES = ("slot-lane", "slot-lane-watched")
MEMORIES = ("shm-robust-mutex", "shm-seqlock-sized", "shm-seqlock")
OTHERS = RIVALS + ("tmpfs-rename",) + MEMORIES
GETTERS = (MAPPED, "slot-lane", "slot", "iceoryx", *MEMORIES)
DAEMONS = ("redis", "zeromq", "mqtt")
PYTHON = ("python-slot", "python-mapped", "python-ctypes", "python-shared-memory",
          "python-manager")
WAITERS = ("slot", "pipe", "eventfd", "unix-datagram", "posix-mqueue", "futex", "slot-wait",
           "slot-poll", "pipe-poll", "eventfd-poll")

# Whose clients bench/bridge measures, and of these the tools that users have.
ENGINES = {
    "nats": "NATS, a cluster of three, libnats",
    "update": "likewise, over the revision that a key has",
    "tools": "Mosquitto, mosquitto_pub and mosquitto_sub",
    "mqtt": "Mosquitto, libmosquitto",
}
TOOLS = ("nats", "tools")

# Who watches the slot, where bench/watched measures.
WATCHERS = {"watched-plain": "msgslot watch", "watched-bridge": "msgslot bridge"}

# What bench/frame measures, in bytes.
FRAME_SIZES = (4096, 8192, 16384, 32768, 65536, 262144, 64 << 20)

# What bench/record measures.
RECORDS = {
    ("record", "write"): "write()",
    ("record", "put"): "MSG_SLOT_PUT",
    ("record", "put-if-version"): "MSG_SLOT_PUT, if the version is the one given",
    ("record", "put-ttl"): "MSG_SLOT_PUT, with a time to live",
    ("record", "read"): "read()",
    ("record", "get"): "MSG_SLOT_GET",
    ("record", "snapshot-64"): "MSG_SLOT_SNAPSHOT of 64 channels, a channel",
    ("record", "put-in-turn"): "MSG_SLOT_PUT to one of 64 channels after the other",
    ("record", "commit-1"): "MSG_SLOT_COMMIT of 1 channel",
    ("record", "commit-8"): "MSG_SLOT_COMMIT of 8 channels, a channel",
    ("record", "commit-64"): "MSG_SLOT_COMMIT of 64 channels, a channel",
    ("record", "write-unread"): "write(), with a watch that is not read",
    ("record", "write-told"): "write(), with a watch that has been read",
    ("record", "event"): "reading a watch's single event",
    ("record-event", "64-of-64"): "reading 64 events of a watch at once, an event",
    ("record-event", "10-of-1000"): "reading 10 events of a watch on 1,000 channels, an event",
    ("record-event", "10-of-1048576"):
        "reading 10 events of a watch on 1,048,576 channels, an event",
    ("record-write", "10-of-1000"): "pwrite() to one of these 1,000, with the watch",
    ("record-write", "10-of-1048576"): "pwrite() to one of these 1,048,576, with the watch",
}

# What bench/named measures.
NAMED = {
    ("open-tmpfs", "open"): "open() and close() of a tmpfs file",
    ("open-file", "open"): "of a channel's file",
    ("open-door", "open"): "of a slot's door",
    ("names-10", "stat"): "stat() of one of 10 names",
    ("names-1000", "stat"): "of one of 1,000",
    ("names-100000", "stat"): "of one of 100,000",
    ("names-10", "get-id"): "MSG_SLOT_GET_ID of one of 10 names",
    ("names-1000", "get-id"): "of one of 1,000",
    ("names-100000", "get-id"): "of one of 100,000",
    ("name", "bytes"): "bytes of memory a name, of 100,000, without a message",
    ("name", "inode-bytes"): "of which the inode",
    ("name", "dentry-bytes"): "of which the directory entry",
}
