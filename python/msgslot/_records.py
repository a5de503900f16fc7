# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages and what the kernel knows of them."""

import enum
from dataclasses import dataclass, field
from typing import Optional

from ._library import FOREVER, NO_ID, Record


class EVENT(enum.IntEnum):
    """What happened to a channel last."""
    NOTHING = 0
    WRITTEN = 1
    CLEARED = 2
    EXPIRED = 3
    #: only from a watch: forget what it told so far
    RESTART = 4
    #: only from a watch with present=True: all that was there has been told
    PRESENT = 5


class END(enum.IntEnum):
    """What becomes of a channel when its claim ends."""
    CLEAR = 0
    KEEP = 1
    WILL = 2


@dataclass(frozen=True)
class Message:
    """A message and its record."""
    channel: int
    data: bytes
    version: int
    #: when it was written, in nanoseconds since 1970
    written_ns: int
    #: how long ago that was, by a clock that nobody can set
    age_ns: int
    #: how long it will still live; None: for ever
    ttl_ns: Optional[int]
    #: its author's user and group, None where this namespace has no such
    uid: Optional[int]
    gid: Optional[int]
    #: its author's process, None if that can't be seen from here
    pid: Optional[int]

    def __bytes__(self) -> bytes:
        return self.data


@dataclass(frozen=True)
class Event:
    """What a watch tells: of which channel, what happened, and its message, which of a
    frame has no data: Slot.get_frame() has it."""
    channel: int
    kind: EVENT
    message: Optional[Message] = None


@dataclass(frozen=True)
class Info:
    """What a reader knows of a message; times by CLOCK_BOOTTIME."""
    version: int
    written_ns: int
    #: None: never
    expires_ns: Optional[int]


@dataclass
class Limits:
    """How much a slot takes."""
    max_message: int
    max_channels: int
    #: None: any number
    max_bytes: Optional[int]


@dataclass(frozen=True)
class Usage:
    """How much a slot has."""
    channels: int
    bytes: int = field()


@dataclass(frozen=True)
class Counters:
    """How often things happened in a slot since it was made, and what it has."""
    #: by calls; not those in lanes
    writes: int
    clears: int
    expiries: int
    claims: int
    #: claims that have not ended
    held: int
    wills: int
    #: watches that were told to begin anew
    restarts: int
    channels: int
    bytes: int = field()
    limits: Limits = field()


def unless(number: int, special: int) -> Optional[int]:
    return None if number == special else number


def message_of(record: Record, data: bytes) -> Message:
    return Message(record.channel, data, record.version, record.written, record.age,
                   unless(record.ttl, FOREVER), unless(record.uid, NO_ID),
                   unless(record.gid, NO_ID), unless(record.pid, 0))
