# SPDX-License-Identifier: LGPL-2.1-or-later
"""Watches."""

import errno
from ctypes import Array, byref, c_uint32, c_void_p, string_at
from typing import Any, Iterator, Optional

from . import _library as lib
from ._errors import checked
from ._records import EVENT, Event, message_of
from ._time import rest_of


class Watch:
    """Tells what changes in a slot: first what is there, then what changes.

    Of several changes of a channel only the latest is told. Iterating over it
    waits for the next event, without end.
    """

    def __init__(self, fd: int, channels: "Array[c_uint32]") -> None:
        """As Slot.watch() makes it."""
        self._watch = c_void_p()
        checked(lib.watch_open(fd, channels, len(channels), byref(self._watch)))

    def _open(self) -> c_void_p:
        if not self._watch:
            raise ValueError("the watch is closed")
        return self._watch

    def fileno(self) -> int:
        """For poll(): then take next(timeout=0) until that is None."""
        return lib.watch_fd(self._open())

    def next(self, timeout: Optional[float] = None) -> Optional[Event]:
        """The next event, or None if none came within timeout seconds."""
        raw = lib.RawEvent()
        rest = rest_of(timeout)
        while True:
            ret = lib.watch_next(self._open(), rest(), byref(raw))
            if ret != -errno.EINTR:
                break
        if not checked(ret):
            return None
        record, kind = raw.record, EVENT(raw.record.event)
        if kind != EVENT.WRITTEN:
            return Event(record.channel, kind)
        return Event(record.channel, kind,
                     message_of(record, string_at(raw.message, record.size)))

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        while True:
            event = self.next()
            if event is not None:
                return event

    def close(self) -> None:
        """Ends the watch."""
        if self._watch:
            lib.watch_close(self._watch)
            self._watch = c_void_p()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
