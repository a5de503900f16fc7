# SPDX-License-Identifier: LGPL-2.1-or-later
"""Numbers as the kernel takes them: ctypes would cut off what is too large."""

import operator
from typing import SupportsIndex


def number(value: SupportsIndex, least: int, most: int, what: str) -> int:
    """A whole number from least to most, or ValueError is raised."""
    result = operator.index(value)
    if not least <= result <= most:
        raise ValueError(f"{result} is no {what} ({least} to {most})")
    return result


def channel_id(value: SupportsIndex) -> int:
    """0 is the channel that was selected."""
    result = operator.index(value)
    if not 0 <= result < 2**32:
        raise ValueError(f"{result} is no channel (1 to 4294967295)")
    return result


def real_channel_id(value: SupportsIndex) -> int:
    """Where none was selected."""
    return number(value, 1, 2**32 - 1, "channel")


def version_number(value: SupportsIndex) -> int:
    return number(value, 0, 2**64 - 1, "version")


def descriptor(value: SupportsIndex) -> int:
    return number(value, 0, 2**31 - 1, "descriptor")
