# SPDX-License-Identifier: LGPL-2.1-or-later
"""Message Slot: last-value mailboxes in the Linux kernel.

    >>> import msgslot
    >>> with msgslot.Slot("/dev/slot0") as slot:
    ...     slot.put(7, b"21.5")
    ...     slot.get(7).data
    ...
    1
    b'21.5'

A slot has channels, numbered from 1 to 4294967295, each of which keeps the last
message written to it. In a slotfs slots and channels have names as well:
Slot("robot").put("temperature", b"21.5"). See message_slot(4) and slotfs(5) for the
concepts, and msgslot(3) for the library that this is a binding of: its functions are methods here, sizes and
addresses are bytes objects, times to wait are seconds, and what fails raises one
of the exceptions below, all of them kinds of OSError, and some of FileNotFoundError,
PermissionError, BlockingIOError, TimeoutError or ValueError. A number that is out of
its range raises ValueError and reaches nobody.

For asyncio there is msgslot.aio.

Slots and views may be used by any number of threads at once; a watch, a reader or a
writer by one at a time.
"""

from ._commit import Commit
from ._errors import (Claimed, Error, Invalid, NoMessage, NotAllowed, NotASlot,
                      NotFound, TimedOut, VersionMismatch)
from ._frame import Frame
from ._library import VERSION as __version__
from ._records import END, EVENT, Counters, Event, Info, Limits, Message, Usage
from ._slot import Slot
from ._view import Reader, View
from ._watch import Watch
from ._writer import Writer

__all__ = [
    "Claimed", "Commit", "Counters", "END", "EVENT", "Error", "Event", "Frame", "Info", "Invalid",
    "Limits", "Message", "NoMessage", "NotASlot", "NotAllowed", "NotFound", "Reader", "Slot",
    "TimedOut", "Usage", "VersionMismatch", "View", "Watch", "Writer", "__version__",
]
