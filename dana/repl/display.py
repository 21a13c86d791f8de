"""How a result is shown: on one line where it fits, else an item on each line, and cut to the window.

Lines are made one by one, so that of a large value only what is shown is made into text.
"""

from __future__ import annotations

from prompt_toolkit.utils import get_cwidth

from dana.formatting import BRACKETS, NUMBERS, represent
from dana.values import Class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

DEEPEST = 50
"""How many containers inside each other are taken apart."""
INDENT = 4
_SHORT = 20
"""Characters of a text that may share a line with others."""
_LONGEST = 100_000
"""Characters of a text above which its end is not looked at for one window."""


def lines(value: Any, width: int, whole: bool = False) -> Iterator[str]:
    """The lines that show a value in `width` columns; `whole` shows long texts to their end."""
    yield from _lines(value, width, "", "", "", whole, ())


def _lines(
    value: Any, width: int, indent: str, before: str, after: str, whole: bool, above: tuple[int, ...]
) -> Iterator[str]:
    room = width - len(indent) - len(before) - len(after)
    parts = _parts(value) if len(above) < DEEPEST and id(value) not in above else None
    if parts is None or _left(value, room) >= 0:
        if type(value) is str and len(value) > _LONGEST and not whole:
            text = represent(value[:_LONGEST]) + "..."
        else:
            text = represent(value)
        if parts is None or get_cwidth(text) <= room:
            yield f"{indent}{before}{text}{after}"
            return
    assert parts is not None
    opening, closing, items = parts
    yield f"{indent}{before}{opening}"
    inside = (*above, id(value))
    deeper = indent + " " * INDENT
    row = ""
    for label, item in items:
        short = represent(item) + "," if not label and _is_short(item) else ""
        if row and (not short or get_cwidth(deeper + row + short) >= width):
            yield deeper + row
            row = ""
        if short:
            row += " " * bool(row) + short
        else:
            yield from _lines(item, width, deeper, label, ",", whole, inside)
    if row:
        yield deeper + row
    yield f"{indent}{closing}{after}"


def _is_short(item: Any) -> bool:
    """Whether several of such items may share a line."""
    return type(item) in NUMBERS or (type(item) is str and len(item) <= _SHORT)


def _parts(value: Any) -> tuple[str, str, Iterator[tuple[str, Any]]] | None:
    """What opens and closes a container, and what is inside, each item with what stands before it."""
    kind = type(value)
    if kind in BRACKETS:
        if not value:
            return None
        opening, closing, _, _ = BRACKETS[kind]
        if kind is dict:
            return opening, closing, ((represent(key) + ": ", item) for key, item in value.items())
        return opening, closing, (("", item) for item in value)
    layout = vars(kind).get("__struct__") if kind.__class__ is Class and "__repr__" not in vars(kind) else None
    if layout is not None and value.__dict__:
        return f"{kind.__qualname__}(", ")", ((f"{name}=", item) for name, item in value.__dict__.items())
    return None


def _left(value: Any, room: int) -> int:
    """What is at least left of so many columns when a value is shown; found without making its text."""
    kind = type(value)
    if kind in (str, bytes):
        return room - len(value) - 2
    if kind not in BRACKETS:
        return room - 1
    if not value:
        return room - 2
    for item in value.items() if kind is dict else value:
        if room < 0:
            break
        room = (_left(item[1], _left(item[0], room)) if kind is dict else _left(item, room)) - 2
    return room


def cut(made: Iterator[str], width: int, height: int) -> tuple[list[str], bool]:
    """The lines that fit into a window of `height` rows, and whether some did not; a longer line is cut."""
    shown: list[str] = []
    for line in made:
        rows = max(1, -(-get_cwidth(line) // width)) if len(line) <= width * height * 2 else height + 1
        if rows > height:
            if not shown:
                shown.append(_begin(line, width * max(1, height - 1)))
            return shown, True
        height -= rows
        shown.append(line)
    return shown, False


def _begin(line: str, room: int) -> str:
    """As much of a line as so many columns hold."""
    for at, character in enumerate(line):
        room -= get_cwidth(character)
        if room < 0:
            return line[:at]
    return line
