# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seconds, which are what Python counts in, and the library's nanoseconds."""

import time
from numbers import Real
from typing import Callable, Optional

from ._library import FOREVER

#: beyond this the kernel does not count
MOST = 2**63 - 1


def nanoseconds(seconds: float) -> int:
    """Neither less than none nor more than there are: ValueError is raised."""
    if not isinstance(seconds, Real):
        raise TypeError(f"a time is a number of seconds, not {type(seconds).__name__}")
    if not 0 <= seconds * 1e9 <= MOST:
        raise ValueError(f"{seconds} seconds are no time (0 to 292 years; "
                         "None is for ever)")
    return min(round(seconds * 1e9), MOST)


def time_to_live(seconds: Optional[float]) -> int:
    """To the kernel, 0 would be for ever."""
    if seconds is None:
        return FOREVER
    duration = nanoseconds(seconds)
    if not duration:
        raise ValueError("a time to live must be above 0")
    return duration


def rest_of(timeout: Optional[float]) -> Callable[[], int]:
    """A function that says what is left of it."""
    if timeout is None:
        return lambda: FOREVER
    end = time.monotonic_ns() + nanoseconds(timeout)
    return lambda: max(end - time.monotonic_ns(), 0)
