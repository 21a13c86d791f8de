"""Offsets of a text as the lines and columns of the protocol, whose columns count the units of an encoding."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dana.source import Source

_LARGEST = {"utf-8": (0x7F, 0x7FF, 0xFFFF), "utf-16": (0xFFFF,), "utf-32": ()}
"""The largest characters that take one unit, two and so on; a character above all takes one more."""


class Positions:
    """Lines and columns, both from 0, of the offsets of a source; columns count units of "utf-16" or another."""

    __slots__ = ("_limits", "_source")

    def __init__(self, source: Source, encoding: str = "utf-16") -> None:
        self._source = source
        self._limits = _LARGEST[encoding]

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset."""
        line = self._source.line_of(offset) - 1
        start = self._source.starts[line]
        return line, self.units(self._source.text[start:offset])

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column; of a column inside of a character or behind a line's end the one before."""
        source = self._source
        if line >= len(source.starts):
            return len(source.text)
        text = source.line(line + 1)
        start = source.starts[line]
        if not self._limits or text.isascii():
            return start + min(column, len(text))
        for at, character in enumerate(text):
            column -= self._width(character)
            if column < 0:
                return start + at
        return start + len(text)

    def units(self, text: str) -> int:
        """How many units a text takes."""
        if not self._limits or text.isascii():
            return len(text)
        return sum(map(self._width, text))

    def _width(self, character: str) -> int:
        number = ord(character)
        return 1 + sum(number > limit for limit in self._limits)
