"""What can go wrong, as data: diagnostics, the errors that carry them, and control that no script can catch."""

from __future__ import annotations

from dana.source import Source


class Frame:
    """One line of a traceback: a function of a program and the place in it that was being executed."""

    __slots__ = ("end", "function", "source", "start")

    def __init__(self, function: str, source: Source, start: int, end: int) -> None:
        self.function = function
        self.source = source
        self.start = start
        self.end = end


class Diagnostic:
    """One finding: a slug for its kind, a message, a place in a source, and a way out.

    `start` and `end` are offsets into `source.text`. `notes` are further places, each with its own text.
    """

    __slots__ = ("code", "end", "frames", "hint", "message", "notes", "related", "severity", "source", "start")

    def __init__(
        self,
        code: str,
        message: str,
        source: Source | None = None,
        start: int = 0,
        end: int = 0,
        *,
        hint: str | None = None,
        severity: str = "error",
        notes: tuple[tuple[str, int, int], ...] = (),
        frames: tuple[Frame, ...] = (),
        related: tuple[tuple[str, Diagnostic], ...] = (),
    ) -> None:
        self.code = code
        self.message = message
        self.source = source
        self.start = start
        self.end = max(start, end)
        self.hint = hint
        self.severity = severity
        self.notes = notes
        self.frames = frames
        self.related = related

    @property
    def line(self) -> int | None:
        """The line (from 1) on which it starts; None without a source."""
        return self.source.position(self.start)[0] if self.source else None

    @property
    def column(self) -> int | None:
        """The column (from 1) at which it starts; None without a source."""
        return self.source.position(self.start)[1] if self.source else None

    def __repr__(self) -> str:
        return f"Diagnostic({self.code!r}, {self.message!r}, line={self.line}, column={self.column})"


class DanaError(Exception):
    """An error that a person can act on: one or more diagnostics. Whatever else escapes is a fault of Dana."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(*diagnostics)
        self.diagnostics = list(diagnostics)

    @property
    def diagnostic(self) -> Diagnostic:
        """The first finding."""
        return self.diagnostics[0]

    def __str__(self) -> str:
        from dana.diagnostics import render_text  # rendering is needed only when an error is shown

        return "\n\n".join(render_text(diagnostic) for diagnostic in self.diagnostics)


class ProgramError(DanaError):
    """The program cannot run as it is written: syntax, names, misplaced statements.

    `incomplete` is true when more input could make the program right (an open bracket, a block without a body).
    """

    def __init__(self, *diagnostics: Diagnostic, incomplete: bool = False) -> None:
        super().__init__(*diagnostics)
        self.incomplete = incomplete


class UncaughtError(DanaError):
    """An exception that the program raised and did not catch; `exception` is the value raised."""

    def __init__(self, diagnostic: Diagnostic, exception: BaseException) -> None:
        super().__init__(diagnostic)
        self.exception = exception


class LimitError(DanaError):
    """A limit ended the program."""


class UsageError(DanaError):
    """The command or its configuration is wrong."""


class Stop(BaseException):
    """Ends a run from outside the program: no `except`, `finally` or `__exit__` of a script sees it."""

    def again(self) -> Stop:
        """The same, to be raised once more."""
        return type(self)(*self.args)


class LimitReached(Stop):
    """A limit was reached: which one, its value and the flag that changes it are in the message."""

    def __init__(self, message: str, flag: str | None = None) -> None:
        super().__init__(message, flag)
        self.message = message
        self.flag = flag

    def __str__(self) -> str:
        return self.message


class Interrupted(Stop):
    """Somebody asked the program to stop."""


def nearest(word: str, candidates: object) -> str | None:
    """The candidate that somebody who typed `word` most probably meant, or None."""
    names = sorted({name for name in candidates if isinstance(name, str)})  # type: ignore[attr-defined]
    lowered = word.lower()
    best, best_distance = None, max(1, len(word) // 3) + 1
    for name in names:
        if name in (word, "_"):  # the last result at the prompt is near any letter
            continue
        if name.lower() == lowered:
            return name
        if abs(len(name) - len(word)) < best_distance:
            distance = _edit_distance(lowered, name.lower(), best_distance)
            if distance < best_distance:
                best, best_distance = name, distance
    return best


def _edit_distance(a: str, b: str, bound: int) -> int:
    """Optimal string alignment distance (insertions, deletions, substitutions, swaps of neighbours)."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > bound:
            return bound + 1
        before, last = last, row
    return last[-1]
