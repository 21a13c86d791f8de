"""Limits of a run, and the meter that enforces them.

A step is taken at every call and every turn of a loop by popping an item off `Meter.tank`, a list that
closures hold directly; an empty tank raises IndexError and `refill` then looks at what is rare: the budget,
the deadline, a wish to stop. Depth works the same way: every call in progress holds one item of `Meter.depth`.
"""

from __future__ import annotations

from time import monotonic

from dana.errors import Interrupted, LimitReached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Self

BLOCK = 1000
_SIZED = (list, tuple, dict, set, frozenset, str, bytes)


class Limits:
    """What a run may use; None means no limit. Sizes are of one object: characters, items, bits."""

    __slots__ = ("bits", "depth", "items", "seconds", "steps", "text")

    def __init__(
        self,
        *,
        steps: int | None = None,
        seconds: float | None = None,
        depth: int = 1000,
        text: int = 64_000_000,
        items: int = 10_000_000,
        bits: int = 1_000_000,
    ) -> None:
        self.steps = steps
        self.seconds = seconds
        self.depth = depth
        self.text = text
        self.items = items
        self.bits = bits

    def replace(self, **changes: Any) -> Self:
        """These limits with some of them changed."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return type(self)(**{**values, **changes})


class Meter:
    """Counts what one run uses."""

    __slots__ = ("_granted", "cancelled", "deadline", "depth", "limits", "tank")

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.tank: list[None] = []
        self.depth: list[None] = [None] * self.limits.depth
        self.cancelled = False
        self.deadline: float | None = None
        self._granted = 0
        self.start()

    def start(self) -> None:
        """Begin a run: the clock of `seconds` starts, a wish to stop is forgotten."""
        self.cancelled = False
        self.deadline = None if self.limits.seconds is None else monotonic() + self.limits.seconds

    @property
    def steps(self) -> int:
        """Steps taken so far."""
        return self._granted - len(self.tank)

    def cancel(self) -> None:
        """Stop the run at its next step; may be called from another thread."""
        self.cancelled = True
        self.tank.clear()

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
        if self.cancelled:
            raise Interrupted("interrupted")
        if self.deadline is not None and monotonic() > self.deadline:
            raise LimitReached(f"the program ran longer than {self.limits.seconds:g} s", "--timeout")
        block = BLOCK
        if self.limits.steps is not None:
            block = min(block, self.limits.steps - self._granted)
            if block < 0:
                raise LimitReached(f"the program took more than {self.limits.steps:,} steps", "--max-steps")
        self._granted += block
        tank.extend([None] * block)

    def look(self) -> None:
        """Take a step and look at what is rare, as natives do that wait."""
        self._granted -= len(self.tank)
        self.tank.clear()
        self.charge(1)

    def too_deep(self) -> None:
        """Refuse a call that would exceed the depth."""
        raise LimitReached(f"calls are nested more than {self.limits.depth:,} deep", "--max-depth")

    def check_text(self, length: int) -> None:
        """Refuse to make a text or bytes of `length`, before it is made."""
        if length > self.limits.text:
            raise LimitReached(
                f"a text of {_shown(length)} characters is over the limit of {self.limits.text:,}", "--max-text"
            )

    def check_items(self, count: int) -> None:
        """Refuse to make a container of `count` items, before it is made."""
        if count > self.limits.items:
            raise LimitReached(
                f"a container of {_shown(count)} items is over the limit of {self.limits.items:,}", "--max-items"
            )

    def check_bits(self, bits: int) -> None:
        """Refuse to make an int of `bits` bits, before it is made."""
        if bits > self.limits.bits:
            raise LimitReached(f"an int of {_shown(bits)} bits is over the limit of {self.limits.bits:,}", "--max-bits")

    def items(self, iterable: Iterable[Any]) -> Iterable[Any]:
        """An iterable whose items are counted as steps: for natives that consume what a script gives them.

        Containers whose length is known are charged at once and returned as they are.
        """
        if type(iterable) in _SIZED:
            self.charge(len(iterable))  # type: ignore[arg-type]
            return iterable
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
        return self._bounded(iter(iterable))

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
                self.check_items(self.limits.items + 1)
            yield item


def _shown(size: int) -> str:
    """A size in a message; one that itself has thousands of digits is not written out."""
    return f"{size:,}" if size < 10**18 else "more than 10**18"
