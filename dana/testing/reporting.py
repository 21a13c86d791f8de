"""What became of tests: as text while they run, as JSON, and as JUnit's XML."""

from __future__ import annotations

from xml.etree import ElementTree

from dana.diagnostics import render_json, render_text, visible
from dana.testing.runner import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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


def text(outcomes: Sequence[Outcome], deselected: int, seconds: float, color: bool, shown: bool) -> str:
    """What failed, and why, and the counts; `shown` when what the tests print has been shown already."""
    parts = []
    for outcome in outcomes:
        if outcome.status == "passed":
            continue
        head = "FAILED" if outcome.status == "failed" else "ERROR"
        parts.append(f"\n{_painted(head, outcome.status, color)} {visible(outcome.id)}\n")
        parts.append("\n\n".join(render_text(diagnostic, color=color) for diagnostic in outcome.diagnostics) + "\n")
        if outcome.output and not shown:
            lines = visible(outcome.output).rstrip("\n").split("\n")
            parts += ["printed:\n", *(f"  {line}".rstrip() + "\n" for line in lines)]
    counts = _counts(outcomes)
    worst = "failed" if counts["failed"] or counts["errors"] else "passed"
    said = [
        f"{counts['failed']} failed" if counts["failed"] else "",
        f"{counts['passed']} passed" if counts["passed"] else "",
        f"{counts['errors']} error{'s' if counts['errors'] > 1 else ''}" if counts["errors"] else "",
        f"{deselected} not wanted" if deselected else "",
    ]
    took = f" in {seconds:.1f} s" if seconds >= NOTABLE else ""
    parts.append("\n" + _painted(", ".join(filter(None, said)), worst, color) + took + "\n")
    return "".join(parts)


def data(outcomes: Sequence[Outcome], deselected: int, seconds: float) -> dict[str, Any]:
    """The same as plain data."""
    return {
        **_counts(outcomes),
        "deselected": deselected,
        "seconds": round(seconds, 3),
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
            for outcome in outcomes
        ],
    }


def junit(outcomes: Sequence[Outcome], seconds: float) -> str:
    """The same as XML in the form of JUnit: one suite, a case for each test."""
    counts = _counts(outcomes)
    figures = {
        "name": "dana",
        "tests": str(len(outcomes)),
        "failures": str(counts["failed"]),
        "errors": str(counts["errors"]),
        "skipped": "0",
        "time": f"{seconds:.3f}",
    }
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(root, "testsuite", figures)
    for outcome in outcomes:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            {
                "classname": _legal(outcome.file.removesuffix(".na").replace("\\", "/").replace("/", ".")),
                "name": _legal(outcome.test.name if outcome.test else outcome.file),
                "file": _legal(outcome.file),
                "line": str(outcome.test.line if outcome.test else 1),
                "time": f"{outcome.seconds:.3f}",
            },
        )
        if outcome.status != "passed":
            message = outcome.diagnostics[0].message if outcome.diagnostics else outcome.status
            kind = "failure" if outcome.status == "failed" else "error"
            problem = ElementTree.SubElement(case, kind, {"message": _legal(message)})
            problem.text = _legal("\n\n".join(map(render_text, outcome.diagnostics)))
        if outcome.output:
            ElementTree.SubElement(case, "system-out").text = _legal(outcome.output)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _legal(said: str) -> str:
    """A text without the characters that XML cannot hold."""
    return (
        visible(said)
        .encode("utf-8", "backslashreplace")
        .decode("utf-8")
        .replace("\ufffe", "\\ufffe")
        .replace("\uffff", "\\uffff")
    )


def _counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    found = [outcome.status for outcome in outcomes]
    return {"passed": found.count("passed"), "failed": found.count("failed"), "errors": found.count("error")}


def _painted(said: str, status: str, color: bool) -> str:
    return f"{_COLORS[status]}{said}\x1b[0m" if color else said
