# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can be a message."""

import errno
from typing import Union

from ._errors import failure
from ._records import Message

#: what can be a message; a Message is one as well, by its __bytes__()
Bytes = Union[bytes, bytearray, memoryview, Message]


def message_bytes(message: Bytes) -> bytes:
    """bytes(5) would be five zero bytes."""
    if message is None or isinstance(message, (int, float, str)):
        raise TypeError(f"a message is bytes, not {type(message).__name__}")
    data = bytes(message)
    if not data:
        raise failure(errno.EMSGSIZE, words="the message is empty (clear() takes one "
                                            "away)")
    return data
