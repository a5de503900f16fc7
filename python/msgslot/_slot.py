# SPDX-License-Identifier: LGPL-2.1-or-later
"""Slots."""

import errno
import os
from ctypes import addressof, byref, c_uint32, c_uint64, create_string_buffer
from typing import Any, Callable, Iterable, Optional, Union

from . import _library as lib
from ._errors import VersionMismatch, checked
from ._records import END, EVENT, Limits, Message, Usage, message_of, unless
from ._time import rest_of, time_to_live
from ._view import View
from ._watch import Watch

_MODES = {"r": os.O_RDONLY, "w": os.O_WRONLY, "r+": os.O_RDWR}

#: most messages fit at once
_ROOM = 128


def channel_id(channel: int) -> int:
    """ctypes would take the lower 32 bits of any number."""
    if not 0 <= channel < 2**32:
        raise ValueError(f"{channel} is no channel (1 to 4294967295)")
    return channel


class Slot:
    """An open slot: Slot("/dev/slot0"), to be closed or used in a with statement.

    Channel 0 is the one that was selected by ioctl(), if any.
    """

    def __init__(self, path: Union[str, bytes, "os.PathLike[Any]"], mode: str = "r+"):
        """mode is "r", "w" or "r+"."""
        self._fd = -1
        if mode not in _MODES:
            raise ValueError(f"{mode!r} is none of {', '.join(_MODES)}")
        self._fd = checked(lib.open_slot(os.fsencode(path), _MODES[mode]))

    @classmethod
    def from_fd(cls, fd: int) -> "Slot":
        """A slot that was inherited or received, which close() will close."""
        slot = cls.__new__(cls)
        slot._fd = fd
        return slot

    def fileno(self) -> int:
        """The descriptor, for poll() and for passing it on."""
        if self._fd < 0:
            raise ValueError("the slot is closed")
        return self._fd

    def close(self) -> None:
        """Ends its claims, unless a view or another process has the file too."""
        if self._fd >= 0:
            lib.close(self._fd)
            self._fd = -1

    def __enter__(self) -> "Slot":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def put(self, channel: int, message: bytes, *, ttl: Optional[float] = None,
            if_version: Optional[int] = None) -> int:
        """Replaces the channel's message, and returns the new version.

        ttl: how many seconds it lives. if_version: only if the channel's version
        is this, 0 for no message; else VersionMismatch is raised.
        """
        version = c_uint64(if_version or 0)
        live = 0 if ttl is None else time_to_live(ttl)
        call = lib.put if if_version is None else lib.put_if
        message = bytes(message)
        ret = call(self.fileno(), channel_id(channel), message, len(message), live,
                   byref(version))
        return self._changed(ret, version)

    def clear(self, channel: int, *, if_version: Optional[int] = None) -> int:
        """Takes the channel's message away, and returns its version, or 0."""
        version = c_uint64(if_version or 0)
        call = lib.clear if if_version is None else lib.clear_if
        ret = call(self.fileno(), channel_id(channel), byref(version))
        return self._changed(ret, version)

    @staticmethod
    def _changed(ret: int, version: c_uint64) -> int:
        if ret == -errno.ESTALE:
            raise VersionMismatch(version.value)
        checked(ret)
        return version.value

    def get(self, channel: int) -> Message:
        """The channel's message, or NoMessage is raised. Never waits."""
        channel = channel_id(channel)
        return self._read(lambda *room: lib.get(self.fileno(), channel, *room))

    def wait(self, channel: int, newer_than: int = 0,
             timeout: Optional[float] = None) -> Message:
        """A message whose version is above newer_than, once there is one.

        TimedOut is raised after timeout seconds; None: never.
        """
        rest = rest_of(timeout)
        channel = channel_id(channel)
        return self._read(lambda *room: lib.wait(
            self.fileno(), channel, newer_than, rest(), *room))

    def wait_change(self, channel: int, version: int,
                    timeout: Optional[float] = None) -> Optional[Message]:
        """As wait(), but returns None when the message of that version is gone."""
        rest = rest_of(timeout)
        channel = channel_id(channel)
        message = self._read(lambda *room: lib.wait_change(
            self.fileno(), channel, version, rest(), *room))
        return message if message.data else None

    @staticmethod
    def _read(call: Callable[..., int]) -> Message:
        """Calls again with more room, or when a signal came and was handled."""
        record = lib.Record()
        room = _ROOM
        while True:
            buffer = create_string_buffer(room)
            ret = call(buffer, room, byref(record))
            if ret == -errno.ENOSPC:
                room = record.size
            elif ret != -errno.EINTR:
                return message_of(record, buffer.raw[:checked(ret)])

    def claim(self, channel: int, *, will: Optional[bytes] = None,
              keep: bool = False) -> None:
        """Be the only one who may write the channel, until release() or close().

        Then its message is taken away, unless it is to be kept or there is a will.
        """
        if will is not None and keep:
            raise ValueError("a message can't be kept and replaced by a will")
        end = END.KEEP if keep else END.CLEAR if will is None else END.WILL
        checked(lib.claim(self.fileno(), channel_id(channel), end, will,
                          len(will or b"")))

    def release(self, channel: int) -> None:
        """Ends a claim."""
        checked(lib.release(self.fileno(), channel_id(channel)))

    def restrict(self, channel: int = 0, *, read_only: bool = False) -> None:
        """Narrows the open file for good, to a channel, to reading, or both."""
        checked(lib.restrict(self.fileno(), channel_id(channel),
                             lib.READ_ONLY if read_only else 0))

    def snapshot(self, channels: Iterable[int]) -> "dict[int, Message]":
        """The messages of up to 64 channels as they were at one moment.

        Channels without one are not in it.
        """
        ids = [channel_id(channel) for channel in channels]
        gets = (lib.Get * len(ids))()
        room = _ROOM
        while True:
            buffers = [create_string_buffer(room) for _ in ids]
            for get, channel, buffer in zip(gets, ids, buffers):
                get.channel, get.room, get.buffer = channel, room, addressof(buffer)
            checked(lib.snapshot(self.fileno(), gets, len(ids)))
            largest = max(get.record.size for get in gets)
            if largest <= room:
                break
            room = largest
        return {get.record.channel:
                message_of(get.record, buffer.raw[:get.record.size])
                for get, buffer in zip(gets, buffers)
                if get.record.event == EVENT.WRITTEN}

    @property
    def limits(self) -> Limits:
        """How much the slot takes; root may set it."""
        raw = lib.RawLimits()
        checked(lib.limits(self.fileno(), byref(raw)))
        return Limits(raw.max_message, raw.max_channels,
                      unless(raw.max_bytes, lib.FOREVER))

    @limits.setter
    def limits(self, limits: Limits) -> None:
        most = lib.FOREVER if limits.max_bytes is None else limits.max_bytes
        raw = lib.RawLimits(limits.max_message, limits.max_channels, most)
        checked(lib.set_limits(self.fileno(), byref(raw)))

    @property
    def usage(self) -> Usage:
        """How much the slot has."""
        raw = lib.RawUsage()
        checked(lib.usage(self.fileno(), byref(raw)))
        return Usage(raw.channels, raw.bytes)

    def watch(self, channels: Iterable[int] = ()) -> Watch:
        """Tells what changes in these channels, or else in the whole slot."""
        ids = [channel_id(channel) for channel in channels]
        return Watch(self.fileno(), (c_uint32 * len(ids))(*ids))

    def view(self) -> View:
        """The slot's messages in this process's memory."""
        return View(self.fileno())
