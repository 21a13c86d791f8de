"""Which lines and branches of programs run while tests do."""

from __future__ import annotations

import os

from dana import nodes
from dana.permissions import is_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dana.source import Source
    from dana.testing.assertions import ObservedProgram

_LOOP = ("never runs", "never ends by itself")
_TEST = ("is never true", "is never false")


class Coverage:
    """What has run of each file, by its path."""

    def __init__(self) -> None:
        self.files: dict[str, FileCoverage] = {}

    def observe(self, program: ObservedProgram) -> None:
        """Count from now on what runs of a program."""
        path = program.source.path or program.source.name
        known = self.files.get(path)
        if known is None:
            known = self.files[path] = FileCoverage(program.source, program.module)
        program.mark = known.run.add
        for test, _, is_loop_over in known.tests:
            program.wrap(test, known.looping(test) if is_loop_over else known.testing(test))


class FileCoverage:
    """What has run of one file: `lines` by number, and `branches` as (line, words when it was not taken)."""

    def __init__(self, source: Source, module: nodes.Module) -> None:
        self.source = source
        self.run: set[int] = set()
        """The offsets of the statements that ran."""
        self.tests = list(_tests(module))
        """What decides where the program goes on: the node, what is said of its two ways, and whether it is looped
        over."""
        self._statements = [node.start for node in module.walk() if _is_counted(node)]
        self._taken: set[tuple[int, bool]] = set()

    def testing(self, test: nodes.Node) -> Callable[[Any, str], str]:
        """What is written around a test."""
        start = test.start

        def took(value: Any) -> bool:
            true = bool(value)
            self._taken.add((start, true))
            return true

        return lambda text, written: f"{text.value(took)}({written})"

    def looping(self, iterable: nodes.Node) -> Callable[[Any, str], str]:
        """What is written around that which a `for` goes through."""
        start = iterable.start

        def items(iterator: Iterator[Any]) -> Iterator[Any]:
            for item in iterator:
                self._taken.add((start, True))
                yield item
            self._taken.add((start, False))

        return lambda text, written: f"{text.value(items)}(iter({written}))"

    @property
    def lines(self) -> dict[int, bool]:
        """The lines on which statements begin, and whether one of these ran."""
        found: dict[int, bool] = {}
        tested = {start for start, _ in self._taken}
        by_test = {test.start for test, _, _ in self.tests}
        for start in sorted(self._statements):
            line = self.source.line_of(start)
            found[line] = found.get(line, False) or start in self.run
        for start in tested & by_test:  # an `elif` is run by its test
            line = self.source.line_of(start)
            if line in found:
                found[line] = True
        return found

    @property
    def branches(self) -> list[tuple[int, str, bool]]:
        """The two ways on from each test: its line, what is said when nothing went there, and whether something did."""
        return [
            (self.source.line_of(test.start), words[way], (test.start, not way) in self._taken)
            for test, words, _ in self.tests
            for way in (0, 1)
        ]

    def data(self, name: str) -> dict[str, Any]:
        """The figures, as JSON has them: `percent` is of lines and branches together."""
        lines, branches = self.lines, self.branches
        total = len(lines) + len(branches)
        reached = sum(lines.values()) + sum(taken for _, _, taken in branches)
        return {
            "file": name,
            "lines": len(lines),
            "lines_run": sum(lines.values()),
            "missed_lines": [line for line, ran in lines.items() if not ran],
            "branches": len(branches),
            "branches_taken": sum(taken for _, _, taken in branches),
            "missed_branches": [
                {"line": line, "problem": words}
                for line, words, taken in branches
                if not taken and lines.get(line, True)
            ],
            "percent": round(100 * reached / total, 1) if total else 100.0,
        }


def _is_counted(node: nodes.Node) -> bool:
    """Whether a node is a statement that does something when it runs."""
    if not isinstance(node, nodes.Statement) or isinstance(node, (nodes.Global, nodes.Nonlocal)):
        return False
    return not (isinstance(node, nodes.ExpressionStatement) and isinstance(node.value, nodes.Constant))


def _tests(module: nodes.Module) -> Iterator[tuple[nodes.Node, tuple[str, str], bool]]:
    for node in module.walk():
        if isinstance(node, nodes.For):
            yield node.iterable, _LOOP, True
        elif isinstance(node, (nodes.If, nodes.Conditional, nodes.While)) and not isinstance(node.test, nodes.Constant):
            yield node.test, _LOOP if isinstance(node, nodes.While) else _TEST, False


def figures(coverage: Coverage) -> list[dict[str, Any]]:
    """The figures of each file that is not one of tests, in the order of their names."""
    here = os.path.realpath(os.curdir)
    found = {}
    for path, each in coverage.files.items():
        place = os.path.realpath(path)
        name = os.path.relpath(place, here) if is_below(place, here) else place
        if not os.path.basename(path).startswith("test_") and os.path.basename(path) != "fixtures.na":
            found[name] = each.data(name)
    return [found[name] for name in sorted(found)]


def table(files: list[dict[str, Any]]) -> str:
    """Coverage as a table, given the figures of each file."""
    rows = [("file", "lines", "branches", "covered", "missed")]
    for each in files:
        missed = [*_ranges(each["missed_lines"])]
        missed += [f"{branch['line']} {branch['problem']}" for branch in each["missed_branches"]]
        rows.append(
            (
                each["file"],
                f"{each['lines_run']}/{each['lines']}",
                f"{each['branches_taken']}/{each['branches']}",
                f"{int(each['percent'])}%",
                ", ".join(missed),
            )
        )
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    return "".join(
        f"{row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]}".rstrip()
        + "\n"
        for row in rows
    )


def _ranges(missed: list[int]) -> Iterator[str]:
    """Numbers of lines, those that follow each other as a range."""
    begin = last = 0
    for line in [*missed, 0]:
        if line != last + 1 or not last:
            if last:
                yield str(begin) if begin == last else f"{begin}-{last}"
            begin = line
        last = line


__all__ = ["Coverage", "FileCoverage", "figures", "table"]
