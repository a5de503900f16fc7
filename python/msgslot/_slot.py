# SPDX-License-Identifier: LGPL-2.1-or-later
"""Slots."""

import errno
import os
from ctypes import (addressof, byref, c_size_t, c_uint32, c_uint64,
                    create_string_buffer)
from typing import (Any, Callable, Dict, Iterable, List, Optional, SupportsIndex, TypeVar,
                    Union)

from . import _library as lib
from ._bytes import Bytes, message_bytes
from ._commit import Change, Commit
from ._errors import NotFound, VersionMismatch, checked, failure
from ._frame import Frame, FrameSource, frame_of, memfd_of, put_failure
from ._numbers import (channel_id, descriptor, number, real_channel_id,
                       version_number)
from ._records import (END, EVENT, Counters, Limits, Message, Usage, message_of,
                       unless)
from ._time import rest_of, time_to_live
from ._view import View
from ._watch import Watch
from ._writer import Writer

_MODES = {"r": os.O_RDONLY, "w": os.O_WRONLY, "r+": os.O_RDWR}

#: most messages fit at once
_ROOM = 128


#: what snapshot() takes, and watch()
_MOST_IN_SNAPSHOT = 64
_MOST_WATCHED = 65536

#: what a slot may be set to take
_LARGEST_MESSAGE = 2**20
_MOST_CHANNELS = 2**20

#: a channel: its number, or in a slotfs its name, such as "arm/left/torque"
Channel = Union[int, str]

_Path = Union[str, bytes, "os.PathLike[Any]"]


def _bytes_of(path: _Path) -> bytes:
    name = os.fsencode(path)
    if b"\0" in name:
        raise ValueError("a path has no zero byte")
    return name


def _flags(mode: str) -> int:
    if mode not in _MODES:
        raise ValueError(f"{mode!r} is none of {', '.join(_MODES)}")
    return _MODES[mode]


_Given = TypeVar("_Given", bound=Channel)


def _opened(fd: int, slot: bytes) -> int:
    """The descriptor, unless it is an error."""
    words = ""
    if fd == -errno.ENOENT and b"/" not in slot:
        folder = os.environ.get("MSGSLOT_DIR") or "/run/slots"
        words = f"there is no such slot in {folder}, where a slotfs is to be mounted"
    if fd < 0:
        raise failure(-fd, path=os.fsdecode(slot), words=words)
    return fd


def at_most(channels: Iterable[_Given], most: int) -> "list[_Given]":
    given = list(channels)
    if len(given) > most:
        raise failure(errno.EINVAL, words=f"{len(given)} channels, {most} at most")
    return given


class Slot:
    """An open slot: Slot("robot") or Slot("/dev/slot0"), to be closed or used in a with
    statement.

    A channel is a number or, in a slotfs, a name, which is looked up by each call.
    Channel 0 is the one that was selected by ioctl(), if any.
    """

    def __init__(self, path: _Path, mode: str = "r+"):
        """path is a slot's name, its directory, or a device file; mode "r", "w" or "r+"."""
        self._fd = -1
        self._path: Optional[bytes] = _bytes_of(path)
        self._fd = _opened(lib.open_slot(self._path, _flags(mode)), self._path)

    @classmethod
    def open_channel(cls, path: _Path, name: str, mode: str = "r+", *,
                     create: bool = False) -> "Slot":
        """A slot that is narrowed to one channel, which is channel 0 of it.

        For those who may use this channel, and perhaps no other: its file's mode says
        who may. create: make the name if it is missing.
        """
        slot = cls.__new__(cls)
        slot._fd, slot._path = -1, None
        flags = _flags(mode) | (os.O_CREAT if create else 0)
        fd = lib.open_channel(_bytes_of(path), _bytes_of(name), flags)
        if fd < 0:
            raise failure(-fd, path=f"{os.fsdecode(path)}/{name}")
        slot._fd = fd
        return slot

    @classmethod
    def from_fd(cls, fd: int) -> "Slot":
        """A slot that was inherited or received, which close() will close."""
        slot = cls.__new__(cls)
        slot._fd, slot._path = -1, None
        slot._fd = descriptor(fd)
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

    def id(self, name: str) -> int:
        """The number that a channel's name has, for as long as the name is there."""
        found = c_uint32()
        ret = lib.channel_id(self.fileno(), _bytes_of(name), byref(found))
        if ret == -errno.ENOENT:
            raise failure(errno.ENOENT, words=f"there is no channel {name}")
        if ret == -errno.EINVAL:
            raise failure(errno.EINVAL, words=f"{name!r} is no channel's name, or the "
                                              "slot is a device, which has none")
        checked(ret, name)
        return found.value

    def name(self, channel: int) -> Optional[str]:
        """The name of a channel, or None if it has none, as on a device."""
        buffer = create_string_buffer(lib.LONGEST_NAME + 1)
        ret = lib.channel_name(self.fileno(), channel_id(channel), buffer, len(buffer))
        if ret in (-errno.ENOENT, -errno.EINVAL):
            return None
        return os.fsdecode(buffer.raw[:checked(ret, channel)])

    def _id(self, channel: Channel) -> int:
        return self.id(channel) if isinstance(channel, str) else channel_id(channel)

    def _real_id(self, channel: Channel) -> int:
        return self.id(channel) if isinstance(channel, str) else real_channel_id(channel)

    def _made_id(self, channel: Channel, size: int, version: Optional[int] = None) -> int:
        """A name that is missing is made, unless the message is too large for it, or the
        channel must have a version, which it has not."""
        try:
            return self._id(channel)
        except NotFound:
            if version:
                raise VersionMismatch(0, channel) from None
            if self._path is None or not isinstance(channel, str):
                raise
        self._check_size(size)
        fd = lib.open_channel(self._path, _bytes_of(channel), os.O_WRONLY | os.O_CREAT)
        if fd < 0:
            raise failure(-fd, path=channel)
        lib.close(fd)
        return self.id(channel)

    def _check_size(self, size: int) -> None:
        if size > self.limits.max_message:
            raise self._too_large(size)

    def put(self, channel: Channel, message: Bytes, *, ttl: Optional[float] = None,
            if_version: Optional[int] = None) -> int:
        """Replaces the channel's message, and returns the new version.

        A name that is missing is made. ttl: how many seconds it lives. if_version: only
        if the channel's version is this, 0 for no message; else VersionMismatch is
        raised.
        """
        version = c_uint64(0 if if_version is None else version_number(if_version))
        call = lib.put if if_version is None else lib.put_if
        data = message_bytes(message)
        ret = call(self.fileno(), self._made_id(channel, len(data), if_version), data,
                   len(data), time_to_live(ttl), byref(version))
        if ret == -errno.EMSGSIZE:
            raise self._too_large(len(data))
        return self._changed(ret, version, channel)

    def put_frame(self, channel: Channel, frame: FrameSource, *,
                  ttl: Optional[float] = None, if_version: Optional[int] = None) -> int:
        """Replaces the channel's message by a frame, and returns the new version.

        frame: the descriptor of a memfd with all seals, which is not copied, whatever its
        size; or bytes, of which such a memfd is made. ttl, if_version: as for put().
        """
        version = c_uint64(0 if if_version is None else version_number(if_version))
        call = lib.put_frame if if_version is None else lib.put_frame_if
        with memfd_of(frame) as memfd:
            ret = call(self.fileno(), self._made_id(channel, 0, if_version), memfd,
                       time_to_live(ttl), byref(version))
        wrong = put_failure(ret, frame)
        if wrong:
            raise wrong
        return self._changed(ret, version, channel)

    def get_frame(self, channel: Channel) -> Frame:
        """The channel's message as a frame: mapped, not copied.

        NoMessage is raised if there is none; Error with errno ENODATA if it is no frame, and
        get() has it. Never waits. (get() has a copy of a frame, too.)
        """
        record = lib.Record()
        memfd = lib.get_frame(self.fileno(), self._id(channel), byref(record))
        if memfd == -errno.ENODATA:
            raise failure(errno.ENODATA, words="the message is no frame")
        checked(memfd, channel)
        try:
            return frame_of(record, memfd)
        finally:
            os.close(memfd)

    def _too_large(self, size: int) -> Exception:
        raw = lib.RawLimits()
        takes = "less"
        if not lib.limits(self.fileno(), byref(raw)):
            takes = f"up to {raw.max_message}"
        return failure(errno.EMSGSIZE, words=f"the message has {size} bytes, the slot "
                                             f"takes {takes}")

    def renew(self, channel: Channel, ttl: Optional[float] = None, *,
              if_version: Optional[int] = None) -> int:
        """Lets the message that is there live for ttl seconds from now on, None: for
        ever, and returns its version.

        Nothing else of it changes, and who waits or watches is not woken. NoMessage is
        raised if there is none, as when its time is over. if_version: as for put().
        """
        version = c_uint64(0 if if_version is None else version_number(if_version))
        call = lib.renew if if_version is None else lib.renew_if
        ret = call(self.fileno(), self._id(channel), time_to_live(ttl), byref(version))
        return self._changed(ret, version, channel)

    def clear(self, channel: Channel, *, if_version: Optional[int] = None) -> int:
        """Takes the channel's message away, and returns its version, or 0."""
        version = c_uint64(0 if if_version is None else version_number(if_version))
        call = lib.clear if if_version is None else lib.clear_if
        ret = call(self.fileno(), self._id(channel), byref(version))
        return self._changed(ret, version, channel)

    @staticmethod
    def _changed(ret: int, version: c_uint64, channel: Channel) -> int:
        if ret == -errno.ESTALE:
            raise VersionMismatch(version.value, channel)
        checked(ret, channel)
        return version.value

    def get(self, channel: Channel) -> Message:
        """The channel's message, or NoMessage is raised. Never waits."""
        number = self._id(channel)
        return self._read(channel,
                          lambda *room: lib.get(self.fileno(), number, *room))

    def wait(self, channel: Channel, newer_than: int = 0,
             timeout: Optional[float] = None) -> Message:
        """A message whose version is above newer_than, once there is one.

        TimedOut is raised after timeout seconds; None: never.
        """
        rest = rest_of(timeout)
        number = self._id(channel)
        newer_than = version_number(newer_than)
        return self._read(channel, lambda *room: lib.wait(
            self.fileno(), number, newer_than, rest(), *room))

    def wait_change(self, channel: Channel, version: int,
                    timeout: Optional[float] = None) -> Optional[Message]:
        """As wait(), but returns None when the message of that version is gone."""
        rest = rest_of(timeout)
        number = self._id(channel)
        version = version_number(version)
        message = self._read(channel, lambda *room: lib.wait_change(
            self.fileno(), number, version, rest(), *room))
        return message if message.data else None

    @staticmethod
    def _read(channel: Channel, call: Callable[..., int]) -> Message:
        """Calls again with more room, or when a signal came and was handled."""
        record = lib.Record()
        room = _ROOM
        while True:
            buffer = create_string_buffer(room)
            ret = call(buffer, room, byref(record))
            if ret == -errno.ENOSPC:
                room = record.size
            elif ret != -errno.EINTR:
                return message_of(record, buffer.raw[:checked(ret, channel)])

    def claim(self, channel: Channel, *, will: Optional[Bytes] = None,
              keep: bool = False) -> None:
        """Be the only one who may write the channel, until release() or close().

        A name that is missing is made. At the end the message is taken away, unless it
        is to be kept or there is a will.
        """
        if will is not None and keep:
            raise ValueError("a message can't be kept and replaced by a will")
        end = END.KEEP if keep else END.CLEAR if will is None else END.WILL
        data = None if will is None else message_bytes(will)
        number = self._made_id(channel, len(data or b""))
        ret = lib.claim(self.fileno(), number, end, data, len(data or b""))
        if ret == -errno.EMSGSIZE:
            raise self._too_large(len(data or b""))
        checked(ret, channel)

    def writer(self, channel: Channel, *, will: Optional[Bytes] = None,
               keep: bool = True, times: bool = False) -> Writer:
        """Claims the channel, to write it without system calls.

        The slot may be closed afterwards. A name that is missing is made. When the
        writer ends, the will becomes the message; without one it stays, or is taken
        away if it is not to be kept. times: take the time of each message from the
        clock; else one counts as written when somebody first asks for its time.
        """
        data = None if will is None else message_bytes(will)
        end = END.WILL if data else END.KEEP if keep else END.CLEAR
        number = self._made_id(channel, len(data or b""))
        flags = lib.WRITER_TIMES if times else 0
        return Writer(self.fileno(), channel, number, end, data, flags)

    def release(self, channel: Channel) -> None:
        """Ends a claim."""
        ret = lib.release(self.fileno(), self._id(channel))
        if ret == -errno.EINVAL:
            raise failure(errno.EINVAL, words=f"channel {channel} is not claimed by "
                                              "this slot")
        checked(ret)

    def restrict(self, channel: Channel = 0, *, read_only: bool = False) -> None:
        """Narrows the open file for good, to a channel, to reading, or both."""
        checked(lib.restrict(self.fileno(), self._id(channel),
                             lib.READ_ONLY if read_only else 0))

    def snapshot(self, channels: Iterable[_Given]) -> "dict[_Given, Message]":
        """The messages of up to 64 channels as they were at one moment.

        Channels without one are not in it. Keys are the channels as they were given,
        but the selected one's is its number.
        """
        given = at_most(channels, _MOST_IN_SNAPSHOT)
        ids = [self._id(channel) for channel in given]
        if not ids:
            return {}
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
        return {channel or get.record.channel:
                message_of(get.record, buffer.raw[:get.record.size])
                for channel, get, buffer in zip(given, gets, buffers)
                if get.record.event == EVENT.WRITTEN}

    def commit(self) -> Commit:
        """Changes up to 64 channels, all of them or none:

            with slot.commit() as commit:
                commit.put("x", b"1")
                commit.put("y", b"2", if_version=5)
                commit.put_frame("picture", picture)
                commit.clear("z")
            commit.versions["x"]

        snapshot() sees all of it or nothing. A name that is to be put and is missing is
        made, if nothing is in the way of the commit; should it fail after that, for another
        was quicker or there is no room, the name stays, without a message. If a channel has
        not the version that was given, VersionMismatch is raised, which has the versions of
        all, and nothing has changed.
        """
        return Commit(self._commit)

    def _commit(self, changes: List[Change]) -> Dict[Channel, int]:
        ids = [self._found_id(change) for change in changes]
        missing = [place for place, number in enumerate(ids) if not number]
        if missing:
            self._rehearse(changes, ids)
        for place in missing:
            ids[place] = self._made_id(changes[place].channel, len(changes[place].data or b""))
        ret, failed, versions = self._try_commit(changes, ids)
        if ret and failed < len(ids):
            self._uncommitted(ret, changes[failed], versions)
        checked(ret)
        return versions

    def _try_commit(self, changes: List[Change],
                    ids: List[int]) -> "tuple[int, int, Dict[Channel, int]]":
        """What the library returned, which failed, and versions."""
        raw = (lib.RawChange * len(ids))(*(
            change.raw(channel) for change, channel in zip(changes, ids)))
        failed = c_size_t(len(ids))
        ret = lib.commit(self.fileno(), raw, len(ids), byref(failed)) if ids else 0
        return ret, failed.value, {change.channel: made.version
                                   for change, made in zip(changes, raw)}

    def _found_id(self, change: Change) -> int:
        """0 for a name that is missing, and to be made."""
        try:
            return self._id(change.channel)
        except NotFound:
            if change.clears:
                raise
            return 0

    def _rehearse(self, changes: List[Change], ids: List[int]) -> None:
        """Raises if the commit fails whatever becomes of the names that are missing.

        A name that is made stays, should the commit fail, for another may write to it at
        once. So the changes of what is there are committed with one that can't be made:
        none is, and what else is in the way is told before that one.
        """
        missing = [change for change, number in zip(changes, ids) if not number]
        for change in missing:
            self._check_size(len(change.data or b""))
        known = [change for change, number in zip(changes, ids) if number]
        other = next(number for number in range(2**32 - 1, 0, -1) if number not in ids)
        ret, failed, versions = self._try_commit(
            known + [Change(other, None, 0, 2**64 - 1)],
            [number for number in ids if number] + [other])
        del versions[other]
        versions.update((change.channel, 0) for change in missing)
        if failed < len(known):
            self._uncommitted(ret, known[failed], versions)
        if ret != -errno.ESTALE:
            checked(ret)
        for change in missing:
            if change.version:
                raise VersionMismatch(0, change.channel, versions)

    def _uncommitted(self, ret: int, change: Change, versions: Dict[Channel, int]) -> None:
        if ret == -errno.ESTALE:
            raise VersionMismatch(versions[change.channel], change.channel, versions)
        wrong = None if change.frame is None else put_failure(ret, change.frame)
        if wrong:
            raise wrong
        if ret == -errno.EMSGSIZE:
            raise self._too_large(len(change.data or b""))
        if ret == -errno.EINVAL and change.channel:
            raise failure(errno.EINVAL, words=f"channel {change.channel} is there twice, "
                                              "by its number as well")
        checked(ret, change.channel)

    @property
    def limits(self) -> Limits:
        """How much the slot takes; root may set it."""
        raw = lib.RawLimits()
        checked(lib.limits(self.fileno(), byref(raw)))
        return Limits(raw.max_message, raw.max_channels,
                      unless(raw.max_bytes, lib.FOREVER))

    @limits.setter
    def limits(self, limits: Limits) -> None:
        most = lib.FOREVER
        if limits.max_bytes is not None:
            most = number(limits.max_bytes, 1, lib.FOREVER - 1, "max_bytes")
        raw = lib.RawLimits(
            number(limits.max_message, 1, _LARGEST_MESSAGE, "max_message"),
            number(limits.max_channels, 1, _MOST_CHANNELS, "max_channels"), most)
        checked(lib.set_limits(self.fileno(), byref(raw)))

    @property
    def usage(self) -> Usage:
        """How much the slot has."""
        raw = lib.RawUsage()
        checked(lib.usage(self.fileno(), byref(raw)))
        return Usage(raw.channels, raw.bytes)

    @property
    def counters(self) -> Counters:
        """How often things happened in the slot."""
        raw = lib.RawCounters()
        checked(lib.counters(self.fileno(), byref(raw)))
        return Counters(raw.writes, raw.clears, raw.expiries, raw.claims, raw.held,
                        raw.wills, raw.restarts, raw.channels, raw.bytes,
                        Limits(raw.max_message, raw.max_channels,
                               unless(raw.max_bytes, lib.FOREVER)))

    def watch(self, channels: Iterable[Channel] = (), *, changes_only: bool = False,
              present: bool = False) -> Watch:
        """Tells what is there and what changes in these channels, or else in the slot.

        changes_only: only what changes from now on, not first what is there. present:
        tell an event of channel 0, EVENT.PRESENT, when all that was there has been
        told, also if that was nothing.
        """
        ids = [self._real_id(channel) for channel in at_most(channels, _MOST_WATCHED)]
        flags = ((lib.WATCH_CHANGES if changes_only else 0) |
                 (lib.WATCH_PRESENT if present else 0))
        return Watch(self.fileno(), (c_uint32 * len(ids))(*ids), flags)

    def view(self) -> View:
        """The slot's messages in this process's memory."""
        return View(self.fileno(), self._real_id)
