"""Untrusted data: where a program lets what came from outside decide, and where it does not.

A file of tests/taint holds programs, separated by a line `---`; a finding stands on the line that causes it, as
`# refused: message`. Lines in messages are lines of the program, counted from its title.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dana.parser import parse
from dana.resolver import resolve
from dana.source import Source
from dana.taint import untrusted

ROOT = Path(__file__).parent.parent
RECIPE = ROOT.parent / "shared" / "recipe"
MARK = "  # refused: "

PROGRAMS = [
    pytest.param(program.strip("\n"), id=f"{path.stem}: {program.strip().splitlines()[0].removeprefix('# ')}")
    for path in sorted((Path(__file__).parent / "taint").glob("*.txt"))
    for program in path.read_text("utf-8").split("\n---\n")
]


def findings(text: str, name: str = "case.na") -> list[Any]:
    source = Source(text, name)
    module = parse(source)
    return untrusted(module, resolve(module, source), source)


def test_there_are_enough() -> None:
    assert len(PROGRAMS) >= 150


@pytest.mark.parametrize("program", PROGRAMS)
def test_findings(program: str) -> None:
    wanted = [(number, line.partition(MARK)[2]) for number, line in enumerate(program.splitlines(), 1) if MARK in line]
    assert [(finding.line, finding.message) for finding in findings(program + "\n")] == wanted


EXAMPLES = [*sorted((ROOT / "examples").rglob("*.na")), *(sorted(RECIPE.glob("*.na")) if RECIPE.is_dir() else ())]


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_examples_are_free_of_findings(path: Path) -> None:
    found = findings(path.read_text("utf-8"), path.name)
    assert [f"{finding.line}: {finding.message}" for finding in found] == []
