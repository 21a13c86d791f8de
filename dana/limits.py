"""Limits of a run, and the meter that enforces them.

A step is taken at every call and every turn of a loop by popping an item off `Meter.tank`, a list that
closures hold directly; an empty tank raises IndexError and `refill` then looks at what is rare: the budget,
memory, a wish to stop. Whoever wishes a run to stop, such as the clock, empties the tank. Depth works the same
way: every call in progress holds one item of `Meter.depth`. Once a run is to stop, each further step stops it
again, so that it does not matter whether somebody swallowed the first exception.

Memory is that of the whole process, less what it held when the session's first run began. A thread looks at it again
and again, and natives look before they make much at once: they tell what they are about to make.
"""

from __future__ import annotations

import gc
import os
import sys
from _thread import TIMEOUT_MAX, allocate_lock, start_new_thread
from itertools import chain
from time import monotonic
from types import GeneratorType

from dana.errors import Interrupted, LimitReached, Stop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, NoReturn, Self

BLOCK = 1000
_SIZED = (list, tuple, dict, set, frozenset, str, bytes)

_LOOK = 0.02
"""How often in seconds the memory of the process is looked at while a program runs."""

_NOTABLE = 16 * 1024 * 1024
"""How many bytes natives may tell of until somebody looks at the memory of the process."""


class Limits:
    """What a run may use; None means no limit. Sizes are of one object: characters, items, bits.

    `memory` is in bytes; `calls` are those of models, and `cost` what they cost in US dollars.
    """

    __slots__ = ("bits", "calls", "cost", "depth", "items", "memory", "seconds", "steps", "text")

    def __init__(
        self,
        *,
        steps: int | None = None,
        seconds: float | None = None,
        memory: int | None = None,
        depth: int = 1000,
        text: int = 64_000_000,
        items: int = 10_000_000,
        bits: int = 1_000_000,
        calls: int | None = None,
        cost: float | None = None,
    ) -> None:
        self.steps = steps
        self.seconds = seconds
        self.memory = memory
        self.depth = depth
        self.text = text
        self.items = items
        self.bits = bits
        self.calls = calls
        self.cost = cost

    def replace(self, **changes: Any) -> Self:
        """These limits with some of them changed."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return type(self)(**{**values, **changes})


class Meter:
    """Counts what one run uses. `charged` is how many bytes natives have told of, `stopped` why the run is to end."""

    __slots__ = (
        "_before",
        "_clock",
        "_granted",
        "_looked",
        "charged",
        "deadline",
        "depth",
        "limits",
        "stopped",
        "tank",
    )

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.tank: list[None] = []
        self.depth: list[None] = [None] * self.limits.depth
        self.stopped: Stop | None = None
        self.deadline: float | None = None
        self.charged = 0
        self._granted = 0
        self._looked = 0
        self._before: int | None = None
        self._clock: Any = None

    def start(self) -> None:
        """Begin a run: a wish to stop is forgotten, the clock of `seconds` starts and runs until `end`."""
        self.end()
        self.stopped = self.deadline = None
        if self.limits.memory is not None and self._before is None:
            self._before = resident()
        if self.limits.seconds is not None:
            self.deadline = monotonic() + self.limits.seconds
        if self.deadline is not None or self._before is not None:
            self._clock = allocate_lock()
            self._clock.acquire()
            start_new_thread(self._watch, (self._clock,))

    def end(self) -> None:
        """End a run: its clock stops."""
        if self._clock is not None:
            self._clock.release()
            self._clock = None

    def _watch(self, clock: Any) -> None:
        """Stop the run when its time is over or it holds too much; the run holds the clock as long as it lasts."""
        try:
            while True:
                left = TIMEOUT_MAX if self.deadline is None else max(0, self.deadline - monotonic())
                if (
                    clock.acquire(timeout=left if self._before is None else min(left, _LOOK))
                    or self._clock is not clock
                ):
                    return
                if self.deadline is not None and monotonic() >= self.deadline:
                    self.refuse(f"the program ran longer than {self.limits.seconds:g} s", "--timeout")
                self._weigh(0)
        except LimitReached:
            pass  # the run is told by `stopped`

    @property
    def steps(self) -> int:
        """Steps taken so far."""
        return self._granted - len(self.tank)

    def forget_steps(self) -> None:
        """Count steps from 0 again."""
        self._granted = 0
        self.tank.clear()

    def stop(self, reason: Stop) -> Stop:
        """Stop the run at its next step; may be called from another thread. The reason, for who raises it at once."""
        if self.stopped is None:
            self.stopped = reason
        self.tank.clear()
        return reason

    def cancel(self) -> None:
        """Stop the run because somebody asked for it."""
        self.stop(Interrupted("interrupted"))

    def refill(self) -> None:
        """Take one step with an empty tank, then fill it; raises Stop when the run may not go on."""
        self.charge(1)

    def charge(self, steps: int) -> None:
        """Take several steps at once: natives that loop call this before or while they do."""
        tank = self.tank
        if steps < len(tank):
            del tank[len(tank) - steps :]
            return
        self._granted += steps - len(tank)
        tank.clear()
        if self.stopped is not None:
            raise self.stopped.again()
        block = BLOCK
        if self.limits.steps is not None:
            block = min(block, self.limits.steps - self._granted)
            if block < 0:
                self.refuse(f"the program took more than {self.limits.steps:,} steps", "--max-steps")
        self._granted += block
        tank.extend([None] * block)
        if self.stopped is not None:  # since the tank was looked at
            tank.clear()

    def look(self) -> None:
        """Take a step and look at what is rare, as natives do that wait."""
        self._granted -= len(self.tank)
        self.tank.clear()
        self.charge(1)

    def too_deep(self) -> None:
        """Refuse a call that would exceed the depth."""
        self.refuse(f"calls are nested more than {self.limits.depth:,} deep", "--max-depth")

    def check_text(self, length: int) -> None:
        """Refuse to make a text or bytes of `length`, before it is made."""
        if length > self.limits.text:
            self.refuse(
                f"a text of {_shown(length)} characters is over the limit of {self.limits.text:,}", "--max-text"
            )
        self._hold(length)

    def check_items(self, count: int) -> None:
        """Refuse to make a container of `count` items, before it is made."""
        self.check_growth(count)
        self._hold(count * 8)

    def check_growth(self, count: int) -> None:
        """Refuse a container that has grown to `count` items."""
        if count > self.limits.items:
            self.refuse(
                f"a container of {_shown(count)} items is over the limit of {self.limits.items:,}", "--max-items"
            )

    def check_bits(self, bits: int) -> None:
        """Refuse to make an int of `bits` bits, before it is made."""
        if bits > self.limits.bits:
            self.refuse(f"an int of {_shown(bits)} bits is over the limit of {self.limits.bits:,}", "--max-bits")
        self._hold(bits // 8)

    def refuse(self, message: str, flag: str | None = None) -> NoReturn:
        """Stop the run because of a limit, which the flag changes."""
        raise self.stop(LimitReached(message, flag))

    def _hold(self, size: int) -> None:
        """Charge memory that is about to be used."""
        self.charged += size
        if self.charged - self._looked > _NOTABLE:
            self._looked = self.charged
            self._weigh(size)

    def _weigh(self, more: int) -> None:
        """Refuse to go on with `more` bytes when the process would hold more memory than it may."""
        if self._before is not None and self.limits.memory is not None:
            held = resident()
            if held is not None and held + more - self._before > self.limits.memory:
                self.refuse(f"the program uses more than {shown_size(self.limits.memory)} of memory", "--max-memory")

    def flat(self, nested: tuple[Any, ...]) -> list[Any]:
        """What is in a tuple and in the tuples inside of it, each tuple looked into once and counted."""
        found: list[Any] = []
        seen: set[int] = set()
        pending: list[Any] = [nested]
        while pending:
            item = pending.pop()
            if type(item) is not tuple:
                found.append(item)
            elif id(item) not in seen:
                seen.add(id(item))
                self.charge(1 + len(item))
                pending.extend(reversed(item))
        return found

    def check_nesting(self, iterator: Any) -> None:
        """Refuse iterators around iterators that are nested deeper than calls may be: the host goes down into each."""
        inside = [iterator]
        seen: set[int] = set()
        for _ in range(self.limits.depth):
            if not inside:
                return
            seen.update(map(id, inside))
            parts = gc.get_referents(*inside)
            chained = [part for each in inside if type(each) is chain for part in gc.get_referents(each)]
            parts += gc.get_referents(*(part for part in chained if type(part) is _TupleIterator))
            parts = [part for each in parts for part in (each if type(each) is tuple else (each,))]
            inside = [part for part in parts if (type(part) in LAZY or _is_counted(part)) and id(part) not in seen]
            self.charge(1 + len(parts))
        if inside:
            self.refuse(f"iterators are nested more than {self.limits.depth:,} deep", "--max-depth")

    def items(self, iterable: Iterable[Any]) -> Iterable[Any]:
        """An iterable whose items are counted as steps: for natives that consume what a script gives them.

        Containers whose length is known are charged at once and returned as they are.
        """
        if type(iterable) in _SIZED:
            self.charge(len(iterable))  # type: ignore[arg-type]
            return iterable
        self._nests(iterable)
        return self._counted(iter(iterable))

    def collected(self, iterable: Iterable[Any]) -> Iterable[Any]:
        """Like `items`, for natives that keep the items: also refuses more than a container may hold."""
        if type(iterable) in _SIZED:
            self.charge(len(iterable))  # type: ignore[arg-type]
            return iterable
        if type(iterable) is range:
            self.check_items(len(iterable))
            self.charge(len(iterable))
            return iterable
        self._nests(iterable)
        return self._bounded(iter(iterable))

    def _nests(self, iterable: Any) -> None:
        if type(iterable) in LAZY or _is_counted(iterable):
            self.check_nesting(iterable)

    def _counted(self, iterator: Iterator[Any]) -> Iterator[Any]:
        pop, refill = self.tank.pop, self.refill
        for item in iterator:
            try:
                pop()
            except IndexError:
                refill()
            yield item

    def _bounded(self, iterator: Iterator[Any]) -> Iterator[Any]:
        pop, refill, left = self.tank.pop, self.refill, self.limits.items
        for item in iterator:
            try:
                pop()
            except IndexError:
                refill()
            left -= 1
            if left < 0:
                self.check_growth(self.limits.items + 1)
            yield item


_TupleIterator = type(iter(()))

LAZY: set[type] = set()
"""The types of the host's iterators that go down into other iterators; libraries add theirs."""


def _is_counted(value: Any) -> bool:
    return type(value) is GeneratorType and value.gi_code in _COUNTING


_COUNTING = (Meter._counted.__code__, Meter._bounded.__code__)


def resident() -> int | None:
    """Bytes of memory that this process holds, or has held at most where the system tells no more; None if neither."""
    global _memory
    try:
        if _memory is None or _memory[0] != os.getpid():  # a child process must not look at its parent
            _memory = os.getpid(), os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        return int(os.pread(_memory[1], 80, 0).split()[1]) * _PAGE
    except (OSError, AttributeError):
        pass
    try:
        import resource  # the system that has it not has no other way either
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)


def usual_memory() -> int:
    """The bytes that a program may use where nobody has said another number: 4 GiB, or half of what the machine has."""
    try:
        return min(4 * 2**30, os.sysconf("SC_PHYS_PAGES") * _PAGE // 2)
    except (ValueError, OSError, AttributeError):
        return 4 * 2**30


HOST_FRAME = 1900
"""Bytes of the stack that a frame of the host may take, when a native called it: most by sorting."""


def room_for_threads() -> tuple[int, int]:
    """How many bytes of stack a further thread of the program that runs needs, and for how many there is room.

    They take a quarter at most of the address space that the system gives this process: an interpreter that has
    none left fails wherever it happens to be.
    """
    stack = (sys.getrecursionlimit() * HOST_FRAME | 0xFFFF) + 1
    try:
        import resource
    except ImportError:
        return stack, 64
    space, _ = resource.getrlimit(resource.RLIMIT_AS)
    return stack, sys.maxsize if space == resource.RLIM_INFINITY else space // 4 // stack


_memory: tuple[int, int] | None = None
"""The process, and the open file that says how much memory it holds."""

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def shown_size(size: int) -> str:
    """Bytes as a person writes them: 512M, 2G."""
    for unit, name in ((2**30, "G"), (2**20, "M")):
        if size % unit == 0 and size:
            return f"{size // unit}{name}"
    return f"{size:,} bytes"


def _shown(size: int) -> str:
    """A size in a message; one that itself has thousands of digits is not written out."""
    return f"{size:,}" if size < 10**18 else "more than 10**18"
