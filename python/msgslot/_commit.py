# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commits: several channels are changed, all of them or none."""

import errno
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional

from . import _library as lib
from ._bytes import Bytes, message_bytes
from ._errors import Given, failure
from ._numbers import channel_id, version_number
from ._time import time_to_live

#: what a commit takes
_MOST = 64


@dataclass(frozen=True)
class Change:
    """What is to become of a channel."""
    channel: Given
    #: None: the message is taken away
    data: Optional[bytes]
    ttl: int
    #: None: whatever it has
    version: Optional[int]

    def raw(self, number: int) -> lib.RawChange:
        """As the library takes it, while self is there."""
        flags = ((lib.CLEARS if self.data is None else 0) |
                 (0 if self.version is None else lib.IF_VERSION))
        return lib.RawChange(number, flags, self.data, len(self.data or b""), self.ttl,
                             self.version or 0)


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

    def put(self, channel: Given, message: Bytes, *, ttl: Optional[float] = None,
            if_version: Optional[int] = None) -> None:
        """The channel's message is to be replaced, as by Slot.put()."""
        self._add(channel, message_bytes(message), time_to_live(ttl), if_version)

    def clear(self, channel: Given, *, if_version: Optional[int] = None) -> None:
        """The channel's message is to be taken away, if there is one."""
        self._add(channel, None, 0, if_version)

    def _add(self, channel: Given, data: Optional[bytes], ttl: int,
             if_version: Optional[int]) -> None:
        if self._changes is None:
            raise ValueError("changes are made inside of the commit's with statement")
        if not isinstance(channel, str):
            channel = channel_id(channel)
        if any(change.channel == channel for change in self._changes):
            raise failure(errno.EINVAL, words=f"channel {channel} is there twice")
        if len(self._changes) == _MOST:
            raise failure(errno.EINVAL, words=f"one change too many, {_MOST} at most")
        version = None if if_version is None else version_number(if_version)
        self._changes.append(Change(channel, data, ttl, version))

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
        if kind is None and changes is not None:
            self._versions = self._make(changes)
