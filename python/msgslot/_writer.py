# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writers: channels that are claimed, and written without a system call."""

import errno
from ctypes import byref, c_void_p
from typing import Any, Optional, Union

from . import _library as lib
from ._bytes import Bytes, message_bytes
from ._errors import checked, failure
from ._time import time_to_live


class Writer:
    """Writes a channel that nobody else may write, until it is closed.

    A child of fork() may use it as well, and goes by system calls.
    """

    def __init__(self, fd: int, channel: Union[int, str], number: int, end: int,
                 will: Optional[bytes], flags: int) -> None:
        """As Slot.writer() makes it."""
        self._given = channel
        self._writer = c_void_p()
        ret = lib.writer_open(fd, number, end, will, len(will or b""), flags,
                              byref(self._writer))
        if ret == -errno.EMSGSIZE:
            raise self._misfit(will or b"")
        checked(ret, channel)

    def _open(self) -> c_void_p:
        if not self._writer:
            raise ValueError("the writer is closed")
        return self._writer

    @property
    def has_lane(self) -> bool:
        """Whether messages go without a system call."""
        result: bool = lib.writer_has_lane(self._open())
        return result

    def put(self, message: Bytes, *, ttl: Optional[float] = None) -> None:
        """Replaces the channel's message. ttl: how many seconds it lives."""
        data = message_bytes(message)
        if ttl is None:
            ret = lib.writer_put(self._open(), data, len(data))
        else:
            ret = lib.writer_put_with(self._open(), data, len(data),
                                      time_to_live(ttl), 0)
        if ret == -errno.EMSGSIZE:
            raise self._misfit(data)
        checked(ret, self._given)

    @staticmethod
    def _misfit(data: bytes) -> Exception:
        return failure(errno.EMSGSIZE, words=f"the message has {len(data)} bytes, which "
                                             "the slot does not take")

    def close(self) -> None:
        """Ends the writer, and its claim."""
        if self._writer:
            lib.writer_close(self._writer)
            self._writer = c_void_p()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
