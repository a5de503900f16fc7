# SPDX-License-Identifier: LGPL-2.1-or-later
"""Views, and readers: messages without a system call."""

import weakref
from ctypes import byref, c_void_p
from typing import Any, Callable, Union

from . import _library as lib
from ._errors import checked, failure
from ._records import Info, unless

try:
    from ._reader import Reader as _Reader
except ImportError:
    from ._reader_ctypes import Reader as _Reader  # type: ignore[assignment]


class View:
    """A slot's messages in this process's memory, read only.

    Its readers are of no use once it is closed.
    """

    def __init__(self, fd: int, id_of: Callable[[Union[int, str]], int]) -> None:
        """As Slot.view() makes it."""
        self._id_of = id_of
        self._view = c_void_p()
        self._readers: "weakref.WeakSet[Reader]" = weakref.WeakSet()
        checked(lib.view_open(fd, byref(self._view)))

    def reader(self, channel: Union[int, str]) -> "Reader":
        """A reader of a channel, which need not have a message.

        A name is looked up now: the slot must be open still.
        """
        return Reader(self, channel)

    def _add(self, reader: "Reader") -> int:
        """The view's address, for a reader that is told when it goes."""
        if not self._view.value:
            raise ValueError("the view is closed")
        self._readers.add(reader)
        return self._view.value

    def close(self) -> None:
        """Ends the view."""
        if not self._view:
            return
        for reader in self._readers:
            reader._close()
        lib.view_close(self._view)
        self._view = c_void_p()

    def __enter__(self) -> "View":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class Reader(_Reader):
    """Reads a channel, as a rule without a system call; see View.reader().

    get() returns the channel's message, or NoMessage is raised.
    """

    def __init__(self, view: View, channel: Union[int, str]) -> None:
        self._given = channel
        #: while it is read the view must not go
        self._view = view
        super().__init__(view._add(self), view._id_of(channel))

    def get_info(self) -> "tuple[bytes, Info]":
        """The message, and what is known of it."""
        data, version, written, expires = self._get_all()
        return data, Info(version, written, unless(expires, lib.FOREVER))

    def _fail(self, result: int) -> None:
        raise failure(-result, self._given)

    def _closed(self) -> None:
        raise ValueError("the view is closed")
