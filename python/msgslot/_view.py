# SPDX-License-Identifier: LGPL-2.1-or-later
"""Views, and readers: messages without a system call."""

import errno
from ctypes import byref, c_void_p, create_string_buffer
from typing import Any

from . import _library as lib
from ._errors import checked
from ._numbers import real_channel_id
from ._records import Info, info_of

_ROOM = 128


class View:
    """A slot's messages in this process's memory, read only.

    Its readers are of no use once it is closed.
    """

    def __init__(self, fd: int) -> None:
        """As Slot.view() makes it."""
        self._view = c_void_p()
        checked(lib.view_open(fd, byref(self._view)))

    def _open(self) -> c_void_p:
        if not self._view:
            raise ValueError("the view is closed")
        return self._view

    def reader(self, channel: int) -> "Reader":
        """A reader of a channel, which need not have a message."""
        return Reader(self, channel)

    def close(self) -> None:
        """Ends the view."""
        if self._view:
            lib.view_close(self._view)
            self._view = c_void_p()

    def __enter__(self) -> "View":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class Reader:
    """Reads a channel, as a rule without a system call; see View.reader()."""

    def __init__(self, view: View, channel: int) -> None:
        self._channel = real_channel_id(channel)
        self._view = view
        self._raw = lib.RawReader()
        self._info = lib.RawInfo()
        self._buffer = create_string_buffer(_ROOM)
        checked(lib.reader_init(byref(self._raw), view._open(),
                                self._channel))

    def get(self) -> bytes:
        """The channel's message, or NoMessage is raised."""
        return self._get(None)

    def get_info(self) -> "tuple[bytes, Info]":
        """The message, and what is known of it."""
        data = self._get(byref(self._info))
        return data, info_of(self._info)

    def _get(self, info: Any) -> bytes:
        self._view._open()
        while True:
            room = len(self._buffer)
            size = lib.reader_get(byref(self._raw), self._buffer, room, info)
            if size != -errno.ENOSPC:
                return self._buffer.raw[:checked(size, self._channel)]
            self._buffer = create_string_buffer(2 * room)
