"""What became of tests: as text while they run, as JSON, and as JUnit's XML."""

from __future__ import annotations

from xml.etree import ElementTree

from dana.diagnostics import render_json, render_text, visible
from dana.errors import Diagnostic, UsageError
from dana.testing.coverage import table
from dana.testing.runner import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SIGNS = {"passed": ".", "failed": "F", "error": "E"}
_COLORS = {"passed": "\x1b[32m", "failed": "\x1b[1;31m", "error": "\x1b[1;31m"}

NOTABLE = 1.0
"""Seconds from which on the time of a run is said."""


class Progress:
    """Says of each test how it ended: signs behind the name of the file, or a line for each."""

    def __init__(self, write: Callable[[str], object], color: bool, lines: bool) -> None:
        self._write = write
        self._color = color
        self._lines = lines
        self._file: str | None = None

    def tell(self, outcome: Outcome) -> None:
        """One test has ended."""
        status = outcome.status
        if self._lines:
            self._write(f"{_painted(status, status, self._color)} {visible(outcome.id)}\n")
            return
        if outcome.file != self._file:
            self.end()
            self._file = outcome.file
            self._write(f"{visible(outcome.file)} ")
        self._write(_painted(SIGNS[status], status, self._color))

    def end(self) -> None:
        """No more tests of this file."""
        if self._file is not None:
            self._write("\n")
        self._file = None


class Report:
    """What became of all tests: the outcomes, how many tests were not wanted, the time, and what was covered."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.deselected = 0
        self.seconds = 0.0
        self.coverage: list[dict[str, Any]] | None = None

    @property
    def passed(self) -> bool:
        """Whether no test failed."""
        return all(outcome.status == "passed" for outcome in self.outcomes)

    def text(self, color: bool, shown: bool) -> str:
        """What failed, and why, and the counts; `shown` when what the tests print has been shown already."""
        parts = []
        for outcome in self.outcomes:
            if outcome.status == "passed":
                continue
            head = "FAILED" if outcome.status == "failed" else "ERROR"
            parts.append(f"\n{_painted(head, outcome.status, color)} {visible(outcome.id)}\n")
            parts.append("\n\n".join(render_text(each, color=color) for each in outcome.diagnostics) + "\n")
            if outcome.output and not shown:
                lines = visible(outcome.output).rstrip("\n").split("\n")
                parts += ["printed:\n", *(f"  {line}".rstrip() + "\n" for line in lines)]
        counts = self._counts()
        said = [
            f"{counts['failed']} failed" if counts["failed"] else "",
            f"{counts['passed']} passed" if counts["passed"] else "",
            f"{counts['errors']} error{'s' if counts['errors'] > 1 else ''}" if counts["errors"] else "",
            f"{self.deselected} not wanted" if self.deselected else "",
        ]
        took = f" in {self.seconds:.1f} s" if self.seconds >= NOTABLE else ""
        worst = "passed" if self.passed else "failed"
        parts.append("\n" + _painted(", ".join(filter(None, said)), worst, color) + took + "\n")
        if self.coverage is not None:
            parts.append("\n" + table(self.coverage))
        return "".join(parts)

    def data(self) -> dict[str, Any]:
        """The same as plain data."""
        found: dict[str, Any] = {
            **self._counts(),
            "deselected": self.deselected,
            "seconds": round(self.seconds, 3),
            "tests": [
                {
                    "id": outcome.id,
                    "file": outcome.file,
                    "name": outcome.test.name if outcome.test else None,
                    "line": outcome.test.line if outcome.test else None,
                    "outcome": outcome.status,
                    "seconds": round(outcome.seconds, 3),
                    "output": outcome.output,
                    "problems": [render_json(diagnostic) for diagnostic in outcome.diagnostics],
                }
                for outcome in self.outcomes
            ],
        }
        return found if self.coverage is None else {**found, "coverage": self.coverage}

    def write_junit(self, path: str) -> None:
        """Write the same as XML in the form of JUnit: one suite, a case for each test. Raises UsageError."""
        counts = self._counts()
        figures = {
            "name": "dana",
            "tests": str(len(self.outcomes)),
            "failures": str(counts["failed"]),
            "errors": str(counts["errors"]),
            "skipped": "0",
            "time": f"{self.seconds:.3f}",
        }
        root = ElementTree.Element("testsuites")
        suite = ElementTree.SubElement(root, "testsuite", figures)
        for outcome in self.outcomes:
            _add_case(suite, outcome)
        ElementTree.indent(root)
        try:
            ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(Diagnostic("usage", f"{path} cannot be written: {reason}")) from None

    def _counts(self) -> dict[str, int]:
        found = [outcome.status for outcome in self.outcomes]
        return {"passed": found.count("passed"), "failed": found.count("failed"), "errors": found.count("error")}


def _add_case(suite: ElementTree.Element, outcome: Outcome) -> None:
    file, test = outcome.file, outcome.test
    named = {
        "classname": _legal(file.removesuffix(".na").replace("\\", "/").replace("/", ".")),
        "name": _legal(test.name if test else file),
        "file": _legal(file),
        "line": str(test.line if test else 1),
        "time": f"{outcome.seconds:.3f}",
    }
    case = ElementTree.SubElement(suite, "testcase", named)
    if outcome.status != "passed":
        kind = "failure" if outcome.status == "failed" else "error"
        problem = ElementTree.SubElement(case, kind, {"message": _legal(outcome.diagnostics[0].message)})
        problem.text = _legal("\n\n".join(map(render_text, outcome.diagnostics)))
    if outcome.output:
        ElementTree.SubElement(case, "system-out").text = _legal(outcome.output)


def _legal(said: str) -> str:
    """A text without the characters that XML cannot hold."""
    return visible(said).translate({0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"})


def _painted(said: str, status: str, color: bool) -> str:
    return f"{_COLORS[status]}{said}\x1b[0m" if color else said
