"""The text of a program, with its name and its lines."""

from __future__ import annotations

from bisect import bisect_right


class Source:
    """One program text; offsets in it become lines and columns only when somebody asks.

    `text` has no byte order mark and ends its lines with "\\n" alone; `name` is what messages call it.
    """

    __slots__ = ("_starts", "name", "path", "text")

    def __init__(self, text: str, name: str = "<input>", path: str | None = None) -> None:
        if text.startswith("\ufeff"):
            text = text[1:]
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.text = text
        self.name = name
        self.path = path
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """The offset at which each line begins."""
        if self._starts is None:
            starts = [0]
            at = self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return self._starts

    def line_of(self, offset: int) -> int:
        """The line of an offset, from 1."""
        return bisect_right(self.starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset, both from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        start = self.starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def begins_line(self, start: int) -> bool:
        """Whether nothing but blanks stands before an offset on its line."""
        return not self.text[self.text.rfind("\n", 0, start) + 1 : start].strip()

    def comment(self, start: int, end: int) -> str | None:
        """What comments say of what stands from `start` to `end`: behind it on its line, else on the lines above."""
        line_end = self.text.find("\n", end)
        behind = self.text[end : line_end if line_end >= 0 else None].lstrip(" \t,").rstrip()
        if behind.startswith("#"):
            return behind.lstrip("#").strip() or None
        above: list[str] = []
        number = self.line_of(start) - 1
        while number > 0 and self.line(number).lstrip().startswith("#"):
            above.insert(0, self.line(number).strip().lstrip("#").strip())
            number -= 1
        return " ".join(filter(None, above)) or None
