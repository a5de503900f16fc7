# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes wrong."""

import errno
import os


class Error(OSError):
    """A call failed; errno says why, as msgslot(3) and message_slot(4) tell."""


class NoMessage(Error, BlockingIOError):
    """The channel has no message."""


class VersionMismatch(Error):
    """The channel has another version than the one that was given."""

    def __init__(self, version: int) -> None:
        super().__init__(errno.ESTALE, f"the channel's version is {version}")
        #: the version that it has; 0: no message
        self.version = version


class Claimed(Error):
    """Another open file has claimed the channel."""


class TimedOut(Error, TimeoutError):
    """There was no such message in time."""


_KINDS = {
    errno.EWOULDBLOCK: NoMessage,
    errno.EBUSY: Claimed,
    errno.ETIMEDOUT: TimedOut,
}


def checked(result: int) -> int:
    """The result of a call, unless it says that the call failed."""
    if result >= 0:
        return result
    kind = _KINDS.get(-result, Error)
    raise kind(-result, os.strerror(-result))
