# SPDX-License-Identifier: GPL-2.0
"""Histories of channels that a bridge has on several machines, and whether they may be.

A history is a list of acts, dictionaries, as JSON has them, in any order:

  at       when it was over, in seconds of a clock that all machines share
  began    when it began; if not given, at
  machine  the machine's name
  channel  the channel's number
  act      put     a value was written, by who writes this channel; with ttl it may be
                   gone from began + ttl on
           clear   it was taken away
           claim   the channel was claimed, with value as its will, or else to be cleared
           end     the claim has ended, by the end of its process
           saw     a watch told that there is value; or, if that is None, no message
           final   what there was at the end, a stated time after the faults, likewise
           down    (no channel) the machine or its link went down, or nobody can write to
                   the engine, until its
           up      comes, one for each
           cut     (no channel) nothing that the machine tells gets to another one, until its
           join    comes
  value    text; each that is put or is a will is another one

The acts of a channel that has an owner are the owner's alone, one after another: their
order is the order of the channel. A shared one is written by all, and the bridge's engine
decides on an order.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Optional, Set

Act = Dict[str, Any]


@dataclass
class Setting:
    """What was bridged."""
    machines: List[str]
    #: of each channel; None: it is shared
    owners: Dict[int, Optional[str]]
    #: after how many seconds without a word an owner is given up, at the earliest
    lease: float
    #: the engine refuses what comes too late; else in shared channels it comes back
    refuses: bool = True
    #: what has a time to live may be gone so many seconds before that is over
    early: float = 0


@dataclass
class State:
    """What a channel was by its owner, or that it had no message."""
    value: Optional[str]
    since: float
    #: since when other machines may know
    told: float


def _began(act: Act) -> float:
    began: float = act.get("began", act["at"])
    return began


def _name(value: Optional[str]) -> str:
    return "nothing" if value is None else f"'{value}'"


class _Periods:
    """When a machine was down, or cut off: from an act of one kind to one of another."""

    def __init__(self, acts: Iterable[Act], begin: str, end: str) -> None:
        self._since: Dict[str, List[List[float]]] = defaultdict(list)
        depth: Dict[str, int] = defaultdict(int)
        for act in acts:
            if act["act"] not in (begin, end):
                continue
            machine = act["machine"]
            depth[machine] += 1 if act["act"] == begin else -1
            if act["act"] == begin and depth[machine] == 1:
                self._since[machine].append([act["at"], float("inf")])
            elif not depth[machine]:
                self._since[machine][-1][1] = act["at"]

    def over(self, machine: str, lease: float, at: float) -> bool:
        """Whether it may have been given up, or is taken up again just now."""
        return any(began + lease <= min(at, ended) and at <= ended + lease
                   for began, ended in self._since[machine])

    def told(self, machine: str, at: float) -> float:
        """When others may know at the earliest what was done there at a time."""
        return max((ended for began, ended in self._since[machine] if began <= at < ended),
                   default=at)


class _Owned:
    """A channel that has an owner."""

    def __init__(self, channel: int, owner: str, acts: List[Act], setting: Setting,
                 cuts: _Periods) -> None:
        self.channel, self.owner, self.cuts = channel, owner, cuts
        self.states: List[State] = []
        self.wills: Set[str] = set()
        self.final: Set[Optional[str]] = {None}
        self._place: Dict[str, int] = {}
        will = None
        for act in acts:
            if act["act"] == "put":
                self._add(act["value"], _began(act))
                if "ttl" in act:
                    over = _began(act) + max(0, act["ttl"] - setting.early)
                    self._add(None, over)
                    # A copy has its time to live with it.
                    self.states[-1].told = over
                    self.final.add(act["value"])
            elif act["act"] == "clear":
                self._add(None, _began(act))
            elif act["act"] == "claim":
                will = act["value"]
                if will is not None:
                    self.wills.add(will)
            elif act["act"] == "end":
                self._add(will, _began(act))

    def _add(self, value: Optional[str], since: float) -> None:
        if value is not None:
            self._place[value] = len(self.states)
        self.states.append(State(value, since, self.cuts.told(self.owner, since)))
        self.final = {value}

    def check(self, machine: str, acts: List[Act], setting: Setting, downs: _Periods) -> List[str]:
        """What was seen on one machine."""
        wrong = []
        floor = -1
        told: Set[str] = set()
        last: Optional[str] = None
        for act in acts:
            value, at = act["value"], act["at"]
            given_up = machine != self.owner and downs.over(self.owner, setting.lease, at)
            reason = ""
            if value is None:
                # Of a machine that was given up nobody knows whether it was taken away there.
                place = None if given_up else self._absent(machine, floor, at)
                if place is None and not given_up and floor >= 0:
                    reason = "which nobody took away"
            else:
                place = self._place.get(value)
                if place is not None and self._known(machine, self.states[place]) > at:
                    place = None
                if place is None:
                    reason = self._unwritten(value, given_up, told, last)
                elif place < floor:
                    reason = self._older(place, floor)
            if reason:
                wrong.append(f"{machine}, channel {self.channel}, {at:.3f}: "
                             f"{_name(value)}, {reason}")
            if place is not None:
                floor = max(floor, place)
            last = value
        return wrong

    def _known(self, machine: str, state: State) -> float:
        """Since when it may be seen on a machine."""
        return state.since if machine == self.owner else state.told

    def _absent(self, machine: str, floor: int, at: float) -> Optional[int]:
        """The first time that it had no message, of those there may have been."""
        for place in range(max(floor, 0), len(self.states)):
            state = self.states[place]
            if state.value is None and self._known(machine, state) <= at:
                return place
        return None

    def _unwritten(self, value: str, given_up: bool, told: Set[str],
                   last: Optional[str]) -> str:
        if value not in self.wills:
            return "which nobody had written"
        if not given_up:
            return "a will, and its owner lived"
        if value in told and value != last:
            return "a will that was said before"
        told.add(value)
        return ""

    def _older(self, place: int, floor: int) -> str:
        if any(state.value is None for state in self.states[place:floor + 1]):
            return "which had been taken away"
        return f"which is older than {_name(self.states[floor].value)}"

    def check_finals(self, finals: Dict[str, Optional[str]]) -> List[str]:
        """What all machines have at the end."""
        wrong = []
        if finals[self.owner] not in self.final:
            wrong.append(f"channel {self.channel}: at the end its owner {self.owner} has "
                         f"{_name(finals[self.owner])}, and not what was written last")
        for machine, value in finals.items():
            if value != finals[self.owner]:
                wrong.append(f"channel {self.channel}: at the end {machine} has {_name(value)}, "
                             f"its owner {self.owner} {_name(finals[self.owner])}")
        return wrong


class _Shared:
    """A channel that all machines write."""

    def __init__(self, channel: int, acts: List[Act]) -> None:
        self.channel = channel
        self.began = {act["value"]: _began(act) for act in acts if act["act"] == "put"}
        self.clears = [_began(act) for act in acts if act["act"] == "clear"]

    def check(self, machine: str, acts: List[Act], setting: Setting) -> List[str]:
        """What was seen on one machine."""
        wrong = []
        seen: Set[str] = set()
        last: Optional[str] = None
        for act in acts:
            value, at = act["value"], act["at"]
            reason = ""
            if value is None:
                if last is not None and not any(began <= at for began in self.clears):
                    reason = "which nobody took away"
            elif self.began.get(value, float("inf")) > at:
                reason = "which nobody had written"
            elif setting.refuses and value in seen and value != last:
                reason = "which had been there before"
            if reason:
                wrong.append(f"{machine}, channel {self.channel}, {at:.3f}: "
                             f"{_name(value)}, {reason}")
            if value is not None:
                seen.add(value)
            last = value
        return wrong

    def check_finals(self, finals: Dict[str, Optional[str]]) -> List[str]:
        """What all machines have at the end."""
        if len(set(finals.values())) == 1:
            return []
        has = [f"{machine} has {_name(value)}" for machine, value in finals.items()]
        return [f"channel {self.channel}: at the end " + ", ".join(has)]


def complaints(setting: Setting, acts: List[Act]) -> List[str]:
    """What of a history can't be, if the bridge is right; none if it may be."""
    acts = sorted(acts, key=lambda act: act["at"])
    downs = _Periods(acts, "down", "up")
    cuts = _Periods(acts, "cut", "join")
    wrong: List[str] = []
    for channel, owner in setting.owners.items():
        own = [act for act in acts if act.get("channel") == channel]
        done = [act for act in own if act["act"] not in ("saw", "final")]
        finals = {act["machine"]: act["value"] for act in own if act["act"] == "final"}
        seen = {machine: [act for act in own
                          if act["act"] in ("saw", "final") and act["machine"] == machine]
                for machine in setting.machines}
        if owner is None:
            shared = _Shared(channel, done)
            for machine in setting.machines:
                wrong += shared.check(machine, seen[machine], setting)
        else:
            owned = _Owned(channel, owner, done, setting, cuts)
            for machine in setting.machines:
                wrong += owned.check(machine, seen[machine], setting, downs)
        missing = [machine for machine in setting.machines if machine not in finals]
        if missing:
            wrong.append(f"channel {channel}: nobody looked at the end on " + ", ".join(missing))
        else:
            wrong += (shared if owner is None else owned).check_finals(finals)
    return wrong
