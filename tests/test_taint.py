"""Untrusted data: where a program lets what came from outside decide, and where it does not.

A file of tests/taint holds programs, separated by a line `---`; a finding stands on the line that causes it, as
`# refused: message`. Lines in messages are lines of the program, counted from its title.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dana.cli import main
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


TYPED = """\
print("begun")
name = input()
file_operation({"operation": "read", "path": name})
"""
SHOWN = """\
{}: the path of a file holds data from input() (line 2)
  --> typed.na:3:46
   |
 2 | name = input()
   |        ------- from input()
 3 | file_operation({{"operation": "read", "path": name}})
   |                                              ^^^^
   = compare it with names that the program knows, or write checked(value, is_allowed)
"""


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "typed.na").write_text(TYPED)
    return "typed.na"


def test_check_warns_where_it_is_asked_to(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", typed]) == 0
    assert capsys.readouterr().out == ""
    assert main(["check", "--taint", typed]) == 0
    assert capsys.readouterr().out == SHOWN.format("warning") + "\n"


def test_strict_makes_it_an_error(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["--strict"], ["--strict", "--taint"]):
        assert main(["check", *options, typed]) == 1
        assert capsys.readouterr().out == SHOWN.format("error") + "\n"


def test_a_strict_run_does_not_start(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--strict", typed]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == SHOWN.format("error")


def test_what_cannot_be_read_is_reported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wrong.na").write_text("x = (\n")
    assert main(["check", "--taint", str(tmp_path / "wrong.na")]) == 1
    assert capsys.readouterr().out.count("error:") == 1
