# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the extension _reader does, for where there is no such: by ctypes."""

import errno
from ctypes import byref, c_void_p, create_string_buffer
from typing import Any, Tuple

from . import _library as lib

_ROOM = 128


class Reader:
    """The base of msgslot.Reader."""

    def __init__(self, view: int, channel: int) -> None:
        self._raw = lib.RawReader()
        self._info = lib.RawInfo()
        self._buffer = create_string_buffer(_ROOM)
        self._open = True
        lib.reader_init(byref(self._raw), c_void_p(view), channel)

    def get(self) -> bytes:
        """The channel's message, or NoMessage is raised."""
        return self._get(None)

    def _get_all(self) -> Tuple[bytes, int, int, int]:
        data = self._get(byref(self._info))
        return data, self._info.version, self._info.written, self._info.expires

    def _get(self, info: Any) -> bytes:
        if not self._open:
            self._closed()
        while True:
            room = len(self._buffer)
            size = lib.reader_get(byref(self._raw), self._buffer, room, info)
            if size >= 0:
                return self._buffer.raw[:size]
            if size != -errno.ENOSPC:
                self._fail(size)
            self._buffer = create_string_buffer(2 * room)

    def _close(self) -> None:
        self._open = False

    def _fail(self, result: int) -> None:
        raise NotImplementedError

    def _closed(self) -> None:
        raise NotImplementedError
