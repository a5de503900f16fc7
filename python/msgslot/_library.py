# SPDX-License-Identifier: LGPL-2.1-or-later
"""libmsgslot: its structures as <msgslot.h> has them, and its functions."""

import ctypes
from ctypes import (POINTER, Structure, Union, c_bool, c_char_p, c_int, c_size_t, c_ssize_t,
                    c_uint32, c_uint64, c_void_p)
from typing import Any, Callable

FOREVER = 2**64 - 1
NO_ID = 2**32 - 1
LONGEST_NAME = 4095
IF_VERSION = 1
CLEARS = 2
FRAME = 4
READ_ONLY = 1
WATCH_CHANGES = 1
WATCH_PRESENT = 2
WRITER_TIMES = 1


class Record(Structure):
    _fields_ = [("channel", c_uint32), ("event", c_uint32), ("version", c_uint64),
                ("written", c_uint64), ("age", c_uint64), ("ttl", c_uint64),
                ("uid", c_uint32), ("gid", c_uint32), ("pid", c_uint32),
                ("size", c_uint32)]


class Get(Structure):
    _fields_ = [("channel", c_uint32), ("room", c_uint32), ("buffer", c_uint64),
                ("record", Record)]


class RawContent(Union):
    _fields_ = [("message", c_char_p), ("memfd", c_int)]


class RawChange(Structure):
    _anonymous_ = ("content",)
    _fields_ = [("channel", c_uint32), ("flags", c_uint32), ("content", RawContent),
                ("size", c_size_t), ("ttl", c_uint64), ("version", c_uint64)]


class RawLimits(Structure):
    _fields_ = [("max_message", c_uint32), ("max_channels", c_uint32),
                ("max_bytes", c_uint64)]


class RawUsage(Structure):
    _fields_ = [("channels", c_uint32), ("reserved", c_uint32), ("bytes", c_uint64)]


class RawCounters(Structure):
    _fields_ = [(name, c_uint64) for name in (
        "writes", "clears", "expiries", "claims", "held", "wills", "restarts", "channels",
        "bytes", "max_message", "max_channels", "max_bytes")] + [("reserved", c_uint64 * 4)]


class RawEvent(Structure):
    _fields_ = [("record", Record), ("message", c_void_p)]


class RawReader(Structure):
    _fields_ = [("view", c_void_p), ("cell", c_void_p), ("channel", c_uint32),
                ("reserved", c_uint32)]


class RawInfo(Structure):
    _fields_ = [("version", c_uint64), ("written", c_uint64), ("expires", c_uint64),
                ("size", c_uint32), ("reserved", c_uint32)]


_library = ctypes.CDLL("libmsgslot.so.1")


def _function(result: Any, name: str, *arguments: Any) -> Callable[..., Any]:
    function: Any = getattr(_library, "msgslot_" + name)
    function.restype = result
    function.argtypes = arguments
    call: Callable[..., Any] = function
    return call


_version = POINTER(c_uint64)
_record = POINTER(Record)

open_slot = _function(c_int, "open", c_char_p, c_int)
open_channel = _function(c_int, "open_channel", c_char_p, c_char_p, c_int)
channel_id = _function(c_int, "channel_id", c_int, c_char_p, POINTER(c_uint32))
channel_name = _function(c_ssize_t, "channel_name", c_int, c_uint32, c_void_p, c_size_t)
close = _function(None, "close", c_int)
put = _function(c_int, "put", c_int, c_uint32, c_char_p, c_size_t, c_uint64, _version)
put_if = _function(c_int, "put_if", c_int, c_uint32, c_char_p, c_size_t, c_uint64,
                   _version)
get = _function(c_ssize_t, "get", c_int, c_uint32, c_void_p, c_size_t, _record)
wait = _function(c_ssize_t, "wait", c_int, c_uint32, c_uint64, c_uint64, c_void_p,
                 c_size_t, _record)
wait_change = _function(c_ssize_t, "wait_change", c_int, c_uint32, c_uint64, c_uint64,
                        c_void_p, c_size_t, _record)
renew = _function(c_int, "renew", c_int, c_uint32, c_uint64, _version)
renew_if = _function(c_int, "renew_if", c_int, c_uint32, c_uint64, _version)
clear = _function(c_int, "clear", c_int, c_uint32, _version)
clear_if = _function(c_int, "clear_if", c_int, c_uint32, _version)
claim = _function(c_int, "claim", c_int, c_uint32, c_int, c_char_p, c_size_t)
release = _function(c_int, "release", c_int, c_uint32)
restrict = _function(c_int, "restrict", c_int, c_uint32, c_uint32)
snapshot = _function(c_int, "snapshot", c_int, POINTER(Get), c_size_t)
commit = _function(c_int, "commit", c_int, POINTER(RawChange), c_size_t,
                   POINTER(c_size_t))
frame_seal = _function(c_int, "frame_seal", c_int)
put_frame = _function(c_int, "put_frame", c_int, c_uint32, c_int, c_uint64, _version)
put_frame_if = _function(c_int, "put_frame_if", c_int, c_uint32, c_int, c_uint64,
                         _version)
get_frame = _function(c_int, "get_frame", c_int, c_uint32, _record)
limits = _function(c_int, "limits", c_int, POINTER(RawLimits))
set_limits = _function(c_int, "set_limits", c_int, POINTER(RawLimits))
usage = _function(c_int, "usage", c_int, POINTER(RawUsage))
counters = _function(c_int, "counters", c_int, POINTER(RawCounters))
watch_open = _function(c_int, "watch_open_with", c_int, POINTER(c_uint32), c_size_t,
                       c_uint32, POINTER(c_void_p))
watch_fd = _function(c_int, "watch_fd", c_void_p)
watch_next = _function(c_int, "watch_next", c_void_p, c_uint64, POINTER(RawEvent))
watch_close = _function(None, "watch_close", c_void_p)
view_open = _function(c_int, "view_open", c_int, POINTER(c_void_p))
view_close = _function(None, "view_close", c_void_p)
reader_init = _function(c_int, "reader_init", POINTER(RawReader), c_void_p, c_uint32)
reader_get = _function(c_ssize_t, "reader_get", POINTER(RawReader), c_void_p, c_size_t,
                       POINTER(RawInfo))
writer_open = _function(c_int, "writer_open_with", c_int, c_uint32, c_int, c_char_p,
                        c_size_t, c_uint32, POINTER(c_void_p))
writer_has_lane = _function(c_bool, "writer_has_lane", c_void_p)
writer_put = _function(c_int, "writer_put", c_void_p, c_char_p, c_size_t)
writer_put_with = _function(c_int, "writer_put_with", c_void_p, c_char_p, c_size_t,
                            c_uint64, c_uint64)
writer_close = _function(None, "writer_close", c_void_p)

VERSION: str = _function(c_char_p, "version")().decode()
