# SPDX-License-Identifier: LGPL-2.1-or-later
"""Watches."""

import asyncio
import errno
from ctypes import Array, byref, c_uint32, c_void_p, string_at
from typing import Any, AsyncIterator, Iterator, Optional

from . import _library as lib
from ._errors import checked
from ._records import EVENT, Event, message_of
from ._time import rest_of


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


async def readable(fd: int) -> None:
    """Returns when there is something to read."""
    loop = asyncio.get_running_loop()
    future: "asyncio.Future[None]" = loop.create_future()
    loop.add_reader(fd, _wake, future)
    try:
        await future
    finally:
        loop.remove_reader(fd)


class Watch:
    """Tells what changes in a slot: first what is there, then what changes.

    Of several changes of a channel only the latest is told. Iterating over it
    waits for the next event, without end; "async for" lets other tasks run
    meanwhile.
    """

    def __init__(self, fd: int, channels: "Array[c_uint32]", flags: int = 0) -> None:
        """As Slot.watch() makes it."""
        self._watch = c_void_p()
        checked(lib.watch_open(fd, channels, len(channels), flags, byref(self._watch)))

    def _open(self) -> c_void_p:
        if not self._watch:
            raise ValueError("the watch is closed")
        return self._watch

    def fileno(self) -> int:
        """For poll(): then take next(timeout=0) until that is None."""
        fd: int = lib.watch_fd(self._open())
        return fd

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

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while True:
            event = self.next(timeout=0)
            if event is not None:
                # However fast they come, other tasks have their turn.
                await asyncio.sleep(0)
                return event
            await readable(self.fileno())

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
