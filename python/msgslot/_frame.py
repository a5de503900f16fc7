# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames: messages that are not copied."""

import errno
import mmap
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterator, Optional, Union

from . import _library as lib
from ._bytes import Bytes, message_bytes
from ._errors import failure
from ._records import unless

#: what can be a frame: the descriptor of a sealed memfd, or bytes, of which one is made
FrameSource = Union[int, Bytes]


@dataclass(frozen=True)
class Frame:
    """A frame and its record: as a Message, but that the bytes are not a copy."""
    channel: int
    #: the frame, mapped for as long as this or a slice of it is there; never changes
    data: memoryview
    version: int
    written_ns: int
    age_ns: int
    ttl_ns: Optional[int]
    uid: Optional[int]
    gid: Optional[int]
    pid: Optional[int]

    def __bytes__(self) -> bytes:
        return bytes(self.data)


def frame_of(record: lib.Record, memfd: int) -> Frame:
    """Maps what the descriptor shows, which is the caller's to close."""
    data = memoryview(mmap.mmap(memfd, record.size, mmap.MAP_SHARED, mmap.PROT_READ))
    return Frame(record.channel, data, record.version, record.written, record.age,
                 unless(record.ttl, lib.FOREVER), unless(record.uid, lib.NO_ID),
                 unless(record.gid, lib.NO_ID), unless(record.pid, 0))


def _write(memfd: int, data: Bytes) -> None:
    left = memoryview(data if isinstance(data, (bytearray, memoryview)) and len(data)
                      else message_bytes(data)).cast("B")
    while left:
        left = left[os.write(memfd, left):]


@contextmanager
def memfd_of(frame: FrameSource) -> Iterator[int]:
    """A descriptor of it, which is sealed if it was made here."""
    if isinstance(frame, int):
        yield frame
        return
    memfd = os.memfd_create("frame", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        _write(memfd, frame)
        ret = lib.frame_seal(memfd)
        if ret:
            raise failure(-ret)
        yield memfd
    finally:
        os.close(memfd)


def put_failure(ret: int, frame: FrameSource) -> Optional[Exception]:
    """The exception where it is the frame that is not right."""
    if ret == -errno.EMSGSIZE:
        return failure(errno.EMSGSIZE, words="the frame is empty, or has 2**32 bytes")
    if ret == -errno.EINVAL and isinstance(frame, int):
        return failure(errno.EINVAL, words=f"descriptor {frame} is no memfd with all "
                                           "seals, or the module knows no frames")
    return None
