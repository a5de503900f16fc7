# SPDX-License-Identifier: LGPL-2.1-or-later
"""Message Slot for asyncio: a slot whose wait() and wait_change() are awaited.

    with msgslot.aio.Slot("/dev/slot0") as slot:
        message = await slot.wait(7, timeout=5)
        async for event in slot.watch():
            ...

All else is as in msgslot.Slot, and returns at once: closing, too, so that it is
"with", not "async with".
"""

import asyncio
import time
from typing import Callable, Optional

from . import _slot
from ._errors import TimedOut
from ._records import Message
from ._time import nanoseconds
from ._watch import Watch, readable

__all__ = ["Slot"]


async def _changed(watch: Watch, end: Optional[float]) -> bool:
    """Whether the watch told something before the time was over."""
    rest = None if end is None else max(end - time.monotonic(), 0)
    try:
        await asyncio.wait_for(readable(watch.fileno()), rest)
    except asyncio.TimeoutError:
        return False
    while watch.next(timeout=0) is not None:
        pass
    return True


class Slot(_slot.Slot):
    """An open slot, for asyncio. A channel that is waited for must be given."""

    async def wait(  # type: ignore[override]
            self, channel: _slot.Channel, newer_than: int = 0,
            timeout: Optional[float] = None) -> Message:
        """As msgslot.Slot.wait(), while other tasks run."""
        message = await self._when_there(
            channel, timeout,
            lambda: _slot.Slot.wait(self, channel, newer_than, timeout=0))
        assert message is not None
        return message

    async def wait_change(  # type: ignore[override]
            self, channel: _slot.Channel, version: int,
            timeout: Optional[float] = None) -> Optional[Message]:
        """As msgslot.Slot.wait_change(), while other tasks run."""
        return await self._when_there(
            channel, timeout,
            lambda: _slot.Slot.wait_change(self, channel, version, timeout=0))

    async def _when_there(self, channel: _slot.Channel, timeout: Optional[float],
                          look: Callable[[], Optional[Message]]
                          ) -> Optional[Message]:
        """What look() returns once it does not raise TimedOut.

        The watch is there before the first look: nothing is missed between the two.
        """
        end = None
        if timeout is not None:
            end = time.monotonic() + nanoseconds(timeout) / 1e9
        with self.watch([channel]) as watch:
            while True:
                try:
                    return look()
                except TimedOut:
                    if not await _changed(watch, end):
                        raise
