"""How two values differ, in lines for people; nothing of a program is called but its `__repr__`."""

from __future__ import annotations

import re
from difflib import unified_diff
from itertools import islice

from dana.errors import Stop
from dana.formatting import PLAIN, represent
from dana.native import current
from dana.values import Class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MOST_LINES = 12
"""How many differences are listed."""

MOST_SHOWN = 240
"""Characters of a value that are shown."""

MOST_COMPARED = 1000
"""Lines of a text up to which they are set against each other; the time grows with the square."""

DEEPEST = 20
"""How deep containers are looked into."""

LONG = 30
"""Characters from which on the place is named where two texts begin to differ."""


def shown(value: Any) -> str:
    """A value as a program writes it, cut when it is long."""
    try:
        written = represent(value)
    except Stop:
        raise
    except Exception as error:  # the program's own __repr__ may fail
        return f"<its __repr__ failed: {type(error).__name__}>"
    return written if len(written) <= MOST_SHOWN else f"{written[:MOST_SHOWN]}... ({len(written):,} characters)"


def differences(left: Any, right: Any) -> list[str]:
    """The lines that say where two values differ; none when their kinds cannot be compared part by part."""
    found: list[str] = []
    for line in _between(left, right, "", 0):
        if len(found) == MOST_LINES:
            return [*found, "... and more"]
        found.append(line)
    return found


def _between(left: Any, right: Any, path: str, depth: int) -> Iterator[str]:
    """The differences of two values that are not the same, which stand at a path."""
    kind = type(left)
    if kind is not type(right) or depth > DEEPEST:
        inside = None
    elif kind is list or kind is tuple:
        inside = _of_sequences(left, right, path, depth)
    elif kind is dict and _are_plain(left, right):
        inside = _of_dicts(left, right, path, depth)
    elif (kind is set or kind is frozenset) and _are_plain(left, right):
        inside = _of_sets(left, right, path)
    elif kind is str:
        inside = _of_texts(left, right, path)
    elif kind.__class__ is Class and not isinstance(left, BaseException):
        inside = _of_fields(vars(left), vars(right), path, depth)
    else:
        inside = None
    if inside is not None:
        yield from inside
    elif path:
        yield f"{path}: {shown(left)} is not {shown(right)}"


def _of_sequences(left: Any, right: Any, path: str, depth: int) -> Iterator[str]:
    for at, (one, other) in enumerate(zip(left, right, strict=False)):
        if not _same(one, other, depth):
            yield from _between(one, other, f"{path}[{at}]", depth + 1)
    for side, longer, shorter in (("left", left, right), ("right", right, left)):
        more = len(longer) - len(shorter)
        if more > 0:
            where = f"{path}: " if path else ""
            items = "1 item" if more == 1 else f"{more:,} items"
            rest = shown(list(longer[len(shorter) :]))
            yield f"{where}only {side} has {items} more: {rest[1:-1] if rest.endswith(']') else rest}"


def _of_dicts(left: dict[Any, Any], right: dict[Any, Any], path: str, depth: int) -> Iterator[str]:
    for key, value in left.items():
        place = f"{path}[{shown(key)}]"
        if key not in right:
            yield f"{place}: only left, {shown(value)}"
        elif not _same(value, right[key], depth):
            yield from _between(value, right[key], place, depth + 1)
    for key, value in right.items():
        if key not in left:
            yield f"{path}[{shown(key)}]: only right, {shown(value)}"


def _of_fields(left: dict[str, Any], right: dict[str, Any], path: str, depth: int) -> Iterator[str]:
    for name in left:
        if name in right and not _same(left[name], right[name], depth):
            yield from _between(left[name], right[name], f"{path}.{name}", depth + 1)


def _of_sets(left: Any, right: Any, path: str) -> Iterator[str]:
    where = f"{path}: " if path else ""
    for side, items in (("left", left - right), ("right", right - left)):
        if items:
            yield f"{where}only {side}: {', '.join(sorted(map(shown, items)))}"


def _of_texts(left: str, right: str, path: str) -> Iterator[str]:
    lines, others = left.splitlines(keepends=True), right.splitlines(keepends=True)
    where = f"{path}: " if path else ""
    if 1 < max(len(lines), len(others)) <= MOST_COMPARED:
        yield f"{where}lines with - are left, with + right:"
        for line in islice(unified_diff(lines, others, n=1), 2, None):
            if line.startswith("@@"):
                yield f"from line {re.match(r'@@ -([0-9]+)', line)[1]}:"  # type: ignore[index]
            else:
                ended = "" if line.endswith("\n") else " (no line end)"
                yield f"{line[0]} {line[1:].rstrip()}{ended}"
    elif max(len(left), len(right)) >= LONG:
        shorter = min(len(left), len(right))
        at = next((at for at in range(shorter) if left[at] != right[at]), shorter)
        begin = max(0, at - 10)
        yield f"{where}from character {at + 1:,}: {left[begin : at + 20]!r} is not {right[begin : at + 20]!r}"
    elif path:
        yield f"{path}: {left!r} is not {right!r}"


def _are_plain(*containers: Any) -> bool:
    """Whether keys or items are found without calling a method of a program."""
    return all(type(item) in PLAIN for container in containers for item in container)


def _same(left: Any, right: Any, depth: int) -> bool:
    """Whether two values are equal as far as can be told without calling a program's `__eq__`."""
    current().meter.charge(1)
    if left is right:
        return True
    kind = type(left)
    if kind in PLAIN and type(right) in PLAIN:
        return bool(left == right)
    if kind is not type(right):
        return False
    if depth <= DEEPEST:
        if kind is list or kind is tuple:
            return len(left) == len(right) and all(_same(a, b, depth + 1) for a, b in zip(left, right, strict=True))
        if kind is dict and _are_plain(left, right):
            return left.keys() == right.keys() and all(_same(left[key], right[key], depth + 1) for key in left)
        if kind.__class__ is Class and not isinstance(left, BaseException):
            return _same(vars(left), vars(right), depth + 1)
    return shown(left) == shown(right)
