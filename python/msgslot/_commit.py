# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commits: several channels are changed, all of them or none."""

import errno
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional

from . import _library as lib
from ._bytes import Bytes, message_bytes
from ._errors import Given, failure
from ._frame import FrameSource, memfd_of
from ._numbers import channel_id, version_number
from ._time import time_to_live

#: what a commit takes
_MOST = 64


@dataclass(frozen=True)
class Change:
    """What is to become of a channel."""
    channel: Given
    #: None: it becomes a frame, or the message is taken away
    data: Optional[bytes]
    ttl: int
    #: None: whatever it has
    version: Optional[int]
    #: what it becomes a frame of
    frame: Optional[FrameSource] = None
    #: the descriptor of that
    memfd: Optional[int] = None

    @property
    def clears(self) -> bool:
        return self.data is None and self.memfd is None

    def raw(self, number: int) -> lib.RawChange:
        """As the library takes it, while self is there."""
        flags = ((lib.CLEARS if self.clears else 0) |
                 (0 if self.memfd is None else lib.FRAME) |
                 (0 if self.version is None else lib.IF_VERSION))
        raw = lib.RawChange(channel=number, flags=flags, message=self.data,
                            size=len(self.data or b""), ttl=self.ttl,
                            version=self.version or 0)
        if self.memfd is not None:
            raw.memfd = self.memfd
        return raw


def _outside() -> Exception:
    return ValueError("changes are made inside of the commit's with statement")


class Commit:
    """Collects changes, and makes them when its with statement ends.

    All of them or none: none if there was an exception in it, or if one of them can't
    be made, and then the with statement raises what put() or clear() of the slot would.
    """

    def __init__(self, make: Callable[[List[Change]], Dict[Given, int]]) -> None:
        """As Slot.commit() makes it."""
        self._make = make
        self._changes: Optional[List[Change]] = None
        self._versions: Optional[Dict[Given, int]] = None
        #: the memfds that were made for it
        self._frames = ExitStack()

    def put(self, channel: Given, message: Bytes, *, ttl: Optional[float] = None,
            if_version: Optional[int] = None) -> None:
        """The channel's message is to be replaced, as by Slot.put()."""
        self._add(channel, message_bytes(message), time_to_live(ttl), if_version)

    def put_frame(self, channel: Given, frame: FrameSource, *,
                  ttl: Optional[float] = None, if_version: Optional[int] = None) -> None:
        """The channel's message is to be replaced by a frame, as by Slot.put_frame().

        A descriptor must stay open until the with statement has ended.
        """
        lives = time_to_live(ttl)
        if self._changes is None:
            raise _outside()
        memfd = self._frames.enter_context(memfd_of(frame))
        self._add(channel, None, lives, if_version, frame, memfd)

    def clear(self, channel: Given, *, if_version: Optional[int] = None) -> None:
        """The channel's message is to be taken away, if there is one."""
        self._add(channel, None, 0, if_version)

    def _add(self, channel: Given, data: Optional[bytes], ttl: int,
             if_version: Optional[int], frame: Optional[FrameSource] = None,
             memfd: Optional[int] = None) -> None:
        if self._changes is None:
            raise _outside()
        if not isinstance(channel, str):
            channel = channel_id(channel)
        if any(change.channel == channel for change in self._changes):
            raise failure(errno.EINVAL, words=f"channel {channel} is there twice")
        if len(self._changes) == _MOST:
            raise failure(errno.EINVAL, words=f"one change too many, {_MOST} at most")
        version = None if if_version is None else version_number(if_version)
        self._changes.append(Change(channel, data, ttl, version, frame, memfd))

    @property
    def versions(self) -> Dict[Given, int]:
        """After the commit: of each channel, as it was given, the version of its message,
        or of the one that was taken away, 0 if there was none."""
        if self._versions is None:
            raise ValueError("the commit was not made")
        return self._versions

    def __enter__(self) -> "Commit":
        if self._changes is not None or self._versions is not None:
            raise ValueError("a commit is for one with statement")
        self._changes = []
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        changes, self._changes = self._changes, None
        with self._frames:
            if kind is None and changes is not None:
                self._versions = self._make(changes)
