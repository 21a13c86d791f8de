"""Diagnostics as text for people, as JSON for programs and as annotations for GitHub.

An excerpt shows lines of a source with marks under the places that matter. Every character of a line
becomes a cell: what is printed for it and how many columns that takes on a terminal, so that marks stand
right under tabs, wide letters and escapes, and so that a long line can be cut around its marks.
"""

from __future__ import annotations

from dana.errors import Diagnostic, Frame
from dana.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

TAB = 4
WIDTH = 100
"""Columns of a line of source; longer ones are cut around their marks."""
MOST_FRAMES = 40
LONGEST_CYCLE = 8

_STYLES = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "mark": "\x1b[31m",
    "note": "\x1b[36m",
    "place": "\x1b[2m",
    "hint": "\x1b[32m",
}
_JOINERS = "\u200c\u200d"

Cell = tuple[str, int]


def render_text(diagnostic: Diagnostic, *, color: bool = False, width: int = WIDTH) -> str:
    """A diagnostic as it is shown on a terminal: several lines, without a line end after the last."""
    paint = _colored if color else _plain
    return "\n".join(_report(diagnostic, paint, width))


def render_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as plain data: lines and columns count from 1, an end is the column after the last character."""
    return {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        **_place(diagnostic.source, diagnostic.start, diagnostic.end),
        "notes": [{"message": text, **_place(diagnostic.source, start, end)} for text, start, end in diagnostic.notes],
        "frames": [
            {"function": frame.function, **_place(frame.source, frame.start, frame.end)} for frame in diagnostic.frames
        ],
        "related": [{"relation": text, **render_json(other)} for text, other in diagnostic.related],
    }


def render_github(diagnostic: Diagnostic) -> str:
    """A diagnostic as a workflow command of GitHub Actions: one line."""
    properties = {"title": diagnostic.code}
    if diagnostic.source is not None:
        place = _place(diagnostic.source, diagnostic.start, diagnostic.end)
        properties = {
            "file": place["file"],
            "line": place["line"],
            "endLine": place["end_line"],
            "col": place["column"],
        }
        if place["line"] == place["end_line"]:
            properties["endColumn"] = place["end_column"]
        properties["title"] = diagnostic.code
    message = diagnostic.message if diagnostic.hint is None else f"{diagnostic.message}\n{diagnostic.hint}"
    listed = ",".join(f"{name}={_encoded(str(value), ':,')}" for name, value in properties.items())
    return f"::{diagnostic.severity} {listed}::{_encoded(message, '')}"


def visible(text: str) -> str:
    """A text with the characters that would act on a terminal, or hide in it, written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character in "\n\t" else _cell(character)[0] for character in text)


def _encoded(text: str, separators: str) -> str:
    for character in "%\r\n" + separators:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _place(source: Source | None, start: int, end: int) -> dict[str, Any]:
    if source is None:
        return {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    line, column = source.position(start)
    end_line, end_column = source.position(end)
    return {"file": source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def _plain(style: str, text: str) -> str:
    return text


def _colored(style: str, text: str) -> str:
    return f"{_STYLES[style]}{text}\x1b[0m" if text else text


def _report(diagnostic: Diagnostic, paint: Callable[[str, str], str], width: int) -> Iterator[str]:
    """The lines of a diagnostic, what led to it first."""
    for relation, other in diagnostic.related:
        yield from _report(other, paint, width)
        yield ""
        yield f"{visible(relation)}:"
        yield ""
    if diagnostic.frames:
        yield "traceback (most recent call last):"
        yield from _traceback(diagnostic.frames, paint, width)
        label = "" if diagnostic.code == "uncaught-exception" else f"{diagnostic.severity}: "
        yield paint(diagnostic.severity, label + visible(diagnostic.message))
        margin = "  "
    else:
        yield f"{paint(diagnostic.severity, diagnostic.severity + ':')} {visible(diagnostic.message)}"
        margin = "  "
        if diagnostic.source is not None:
            excerpt = _Excerpt(diagnostic.source, paint, width)
            excerpt.mark(diagnostic.start, diagnostic.end, "^", "", "mark")
            for text, start, end in diagnostic.notes:
                excerpt.mark(start, end, "-", text, "note")
            line, column = diagnostic.source.position(diagnostic.start)
            margin = " " * (excerpt.gutter + 1)
            yield f"{margin[:-1]}{paint('place', '-->')} {visible(diagnostic.source.name)}:{line}:{column}"
            yield from excerpt.lines()
    if diagnostic.hint is not None:
        first, *rest = visible(diagnostic.hint).split("\n")
        yield f"{margin}{paint('place', '=')} {paint('hint', first)}"
        yield from (f"{margin}  {paint('hint', line)}" for line in rest)


def _traceback(frames: tuple[Frame, ...], paint: Callable[[str, str], str], width: int) -> Iterator[str]:
    """A place and its line for each frame; calls that repeat are counted instead of shown."""
    for item in _folded(frames):
        if isinstance(item, str):
            yield f"  {paint('place', item)}"
            continue
        line, column = item.source.position(item.start)
        where = f" in {visible(item.function)}" if item.function else ""
        yield f"  {visible(item.source.name)}:{line}:{column}{where}"
        yield from _Excerpt(item.source, paint, width).bare_lines(item.start, item.end)


def _folded(frames: tuple[Frame, ...]) -> list[Frame | str]:
    """Frames, with what a reader can do without replaced by a line that says how much it was."""
    keys = [(frame.source.name, frame.start, frame.end, frame.function) for frame in frames]
    shown: list[Frame | str] = []
    at = 0
    while at < len(frames):
        period, times = _cycle(keys, at)
        shown.extend(frames[at : at + period])
        left = times - 1
        if left:
            calls = "this call" if period == 1 else f"these {period} calls"
            shown.append(f"... {calls} {left:,} more times")
        at += period * times
    if len(shown) > MOST_FRAMES:
        half = MOST_FRAMES // 2
        shown[half:-half] = [f"... {len(shown) - 2 * half:,} more calls"]
    return shown


def _cycle(keys: list[tuple[str, int, int, str]], at: int) -> tuple[int, int]:
    """The length of the shortest run of calls at `at` that comes at least four times in a row, and how often."""
    for period in range(1, LONGEST_CYCLE + 1):
        end = at + period
        while end < len(keys) and keys[end] == keys[end - period]:
            end += 1
        times = (end - at) // period
        if times > 3:
            return period, times
    return 1, 1


AROUND = 10_000
"""How many characters of a long line are looked at before its marks, and twice as many behind."""


class _Excerpt:
    """Lines of a source with marks under them."""

    def __init__(self, source: Source, paint: Callable[[str, str], str], width: int) -> None:
        self.source = source
        self.paint = paint
        self.width = width
        self.marks: dict[int, list[tuple[int, int, str, str, str]]] = {}

    def mark(self, start: int, end: int, sign: str, text: str, style: str) -> None:
        """Ask for signs under a place, with a text behind them; of several lines, the first and the last."""
        for number, first, last, final in _rows(self.source, start, end):
            self.marks.setdefault(number, []).append((first, last, sign, text if final else "", style))

    @property
    def gutter(self) -> int:
        """The columns that line numbers take, one blank on the left."""
        return 1 + len(str(max(self.marks)))

    def lines(self) -> Iterator[str]:
        """The marked lines with their numbers."""
        bar = self.paint("place", "|")
        margin = " " * self.gutter
        yield f"{margin} {bar}"
        before = None
        for number in sorted(self.marks):
            if before is not None and number == before + 2:
                yield self._numbered(number - 1, self.cut(number - 1)[0])
            elif before is not None and number > before + 1:
                yield self.paint("place", f"{'...':>{self.gutter}}")
            before = number
            text, *rows = self.cut(number)
            yield self._numbered(number, text)
            for row in rows:
                yield f"{margin} {bar} {row}"

    def bare_lines(self, start: int, end: int) -> Iterator[str]:
        """The lines of a place in a traceback: no numbers, indented alike, no marks that say nothing."""
        self.mark(start, end, "^", "", "mark")
        numbers = sorted(self.marks)
        indent = min(_indentation(self.source.line(number)) for number in numbers)
        everything = all(self._covered(number) for number in numbers)
        for number in numbers:
            if number > numbers[0] + 1:
                yield "    ..."
            text, *rows = self.cut(number, indent)
            yield f"    {text}"
            if not everything:
                yield from (f"    {row}" for row in rows)

    def cut(self, number: int, indent: int = 0) -> list[str]:
        """A line, without its first `indent` characters, and a row for each of its marks."""
        marks = self.marks.get(number, [])
        line = self.source.line(number)[indent:].rstrip()
        if len(line) > 3 * AROUND:  # what is far from all marks is not shown anyway
            skipped = max(0, min((first for first, *_ in marks), default=0) - indent - AROUND)
            line = line[skipped : skipped + 3 * AROUND]
            indent += skipped
        cells = [_cell(character) for character in line]
        edges = _edges(cells)
        spans = [
            (_edge(edges, first - indent), max(_edge(edges, last - indent), _edge(edges, first - indent) + 1))
            for first, last, *_ in marks
        ]
        low, high = _window(edges[-1], spans, self.width)
        text = "".join(_drawn(cell, edge) for cell, edge in zip(cells, edges, strict=False) if low <= edge < high)
        shift = 0
        if low > 0:
            text = f"...{text}"
            shift = 3 - min(edge for edge in edges if edge >= low)
        if high < edges[-1]:
            text = f"{text}..."
        rows = []
        for (first, last), (_, _, sign, label, style) in zip(spans, marks, strict=True):
            first, last = max(first, low) + shift, min(last, max(high, first + 1)) + shift
            signs = self.paint(style, f"{sign * max(1, last - first)} {visible(label)}".rstrip())
            rows.append(" " * first + signs)
        return [text, *rows]

    def _covered(self, number: int) -> bool:
        line = self.source.line(number)
        first, last, *_ = self.marks[number][0]
        return first <= _indentation(line) and last >= len(line.rstrip())

    def _numbered(self, number: int, text: str) -> str:
        label = self.paint("place", f"{number:>{self.gutter}} |")
        return f"{label} {text}".rstrip()


def _rows(source: Source, start: int, end: int) -> Iterator[tuple[int, int, int, bool]]:
    """Of the first and the last line of a place: number, first and last index to mark, whether it is the last."""
    first, column = source.position(start)
    last, end_column = source.position(max(start, end))
    if end_column == 1 and last > first:
        last -= 1
        end_column = len(source.line(last)) + 1
    if first == last:
        yield first, column - 1, end_column - 1, True
        return
    yield first, column - 1, len(source.line(first).rstrip()), False
    yield last, _indentation(source.line(last)), end_column - 1, True


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _cell(character: str) -> Cell:
    """What is printed for a character and its columns; a tab has 0 and takes what leads to the next stop."""
    if " " <= character <= "~":
        return character, 1
    if character == "\t":
        return character, 0
    if character < "\x80":
        return _escape(character)
    from unicodedata import category, east_asian_width  # only for text beyond ASCII

    kind = category(character)
    if kind in ("Mn", "Me") or character in _JOINERS:
        return character, 0
    if kind in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return _escape(character)
    return character, 2 if east_asian_width(character) in "WF" else 1


def _escape(character: str) -> Cell:
    code = ord(character)
    text = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return text, len(text)


def _drawn(cell: Cell, edge: int) -> str:
    return " " * (TAB - edge % TAB) if cell[0] == "\t" else cell[0]


def _edges(cells: list[Cell]) -> list[int]:
    """The column at which each cell begins, and the one after the last."""
    edges = [0]
    for text, columns in cells:
        edges.append(edges[-1] + (TAB - edges[-1] % TAB if text == "\t" else columns))
    return edges


def _edge(edges: list[int], index: int) -> int:
    """The column of a character; past the end of the line, one column for each."""
    index = max(0, index)
    return edges[index] if index < len(edges) else edges[-1] + min(index - len(edges) + 1, 1)


def _window(length: int, spans: list[tuple[int, int]], width: int) -> tuple[int, int]:
    """The columns of a line that are shown: all, or as many as fit around the first mark."""
    if length <= width:
        return 0, length
    start, end = spans[0] if spans else (0, 0)
    if end <= width:
        return 0, width
    room = max(0, width - (end - start))
    low = max(0, min(start - room // 2, length - width))
    return low, low + width
