# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes wrong."""

import errno
import os
from typing import Dict, Optional, Type, Union

#: a channel as it was given: its number or its name
Given = Union[int, str]


def _name(channel: Optional[Given]) -> str:
    return f"channel {channel}" if channel else "the channel"


class Error(OSError):
    """A call failed; errno says why, as msgslot(3) and message_slot(4) tell."""


class NoMessage(Error, BlockingIOError):
    """The channel has no message."""


class VersionMismatch(Error):
    """The channel has another version than the one that was given."""

    def __init__(self, version: int, channel: Given = 0,
                 versions: Optional[Dict[Given, int]] = None) -> None:
        has = f"has version {version}" if version else "has no message (version 0)"
        super().__init__(errno.ESTALE, f"{_name(channel)} {has}")
        #: the version that it has; 0: no message
        self.version = version
        #: the channel, as it was given; in a commit the first of those that have another
        self.channel = channel
        #: of each channel, with those of a commit that have the version given
        self.versions = {channel: version} if versions is None else versions


class Claimed(Error):
    """Another open file has claimed the channel."""


class TimedOut(Error, TimeoutError):
    """There was no such message in time."""


class NotFound(Error, FileNotFoundError):
    """There is no such file, or no channel of that name."""


class NotAllowed(Error, PermissionError):
    """The file's mode, or what the descriptor was narrowed to, forbids it."""


class NotASlot(Error):
    """The file is no slot, or the module is not loaded."""


class Invalid(Error, ValueError):
    """A message, or a number of channels, that the slot does not take."""


_KINDS: Dict[int, Type[Error]] = {
    errno.EWOULDBLOCK: NoMessage,
    errno.EBUSY: Claimed,
    errno.ETIMEDOUT: TimedOut,
    errno.ENOENT: NotFound,
    errno.EACCES: NotAllowed,
    errno.EPERM: NotAllowed,
    errno.ENOTTY: NotASlot,
    errno.ENXIO: NotASlot,
    errno.ENODEV: NotASlot,
    errno.EINVAL: Invalid,
    errno.EMSGSIZE: Invalid,
}

_OF_A_CHANNEL = {
    errno.EWOULDBLOCK: "has no message",
    errno.EBUSY: "is claimed by another",
    errno.EEXIST: "has a writer",
    errno.ETIMEDOUT: "had no such message in time",
}

_WORDS = {
    errno.EBADF: "the slot was not opened for that",
    errno.EMSGSIZE: "the message is larger than the slot takes",
    errno.ENOSPC: "the slot is full: its limits have no room for the message or "
                  "another channel",
    errno.ENOTTY: "is not a message slot",
    errno.ENXIO: "no module answers for it (modprobe message_slot)",
    errno.ENODEV: "no module answers for it (modprobe message_slot)",
    errno.EPERM: "the descriptor was narrowed, or root alone may do this",
}


def _words(number: int, channel: Optional[Given]) -> str:
    if number in _OF_A_CHANNEL:
        return f"{_name(channel)} {_OF_A_CHANNEL[number]}"
    if number == errno.EINVAL and channel == 0:
        return "channel 0 is the one that was selected by ioctl(), and none was"
    return _WORDS.get(number) or os.strerror(number)


def failure(number: int, channel: Optional[Given] = None, path: Optional[str] = None,
            words: str = "") -> Error:
    """The exception for an error number, and what it is about."""
    kind = _KINDS.get(number, Error)
    words = words or _words(number, channel)
    return kind(number, words) if path is None else kind(number, words, path)


def checked(result: int, channel: Optional[Given] = None) -> int:
    """The result of a call, unless it says that the call failed."""
    if result < 0:
        raise failure(-result, channel)
    return result
