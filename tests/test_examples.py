"""Runs the examples and checks them: they end well, say nothing on standard error, and nothing is found in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dana.cli import main

ROOT = Path(__file__).parent.parent
PROGRAMS = sorted([*ROOT.glob("examples/*.na"), *ROOT.glob("examples/*/main.na")])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: str(program.relative_to(ROOT)))
def test_example(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = str(program.relative_to(ROOT))
    lines = program.read_text().splitlines()
    assert lines[0].startswith("# ")
    assert f"dana run {name}" in lines[1]
    assert main(["run", str(program)]) == 0
    output, errors = capsys.readouterr()
    assert output
    assert errors == ""
    assert main(["check", "--strict", str(program)]) == 0
    assert capsys.readouterr() == ("", "")


def test_there_are_some() -> None:
    assert len(PROGRAMS) >= 5
