"""Runs each program of tests/differential in Python and in Dana: both must print the same."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.differential import FOLDER, Program, dana_output, programs, python_output

PROGRAMS = [
    program for path in sorted(FOLDER.glob("*.na")) for program in programs(path.name, path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_program(program: Program) -> None:
    expected = python_output(program.text, program.file)
    assert expected.strip() != ""
    assert dana_output(program.text, program.file) == expected


def test_there_are_many_programs() -> None:
    assert len(PROGRAMS) >= 300


def test_titles_are_unique() -> None:
    assert [str(program) for program, count in Counter(map(str, PROGRAMS)).items() if count > 1] == []


def test_programs_are_separated_and_keep_their_lines() -> None:
    first, second, third = programs("a.na", "--- one\nprint(1)\n---\n\nprint(2)\n--- three\nprint(3)")
    assert (str(first), first.text) == ("a.na:one", "\nprint(1)\n")
    assert (str(second), second.text) == ("a.na:2", "\n\n\n\nprint(2)\n")
    assert (str(third), third.text) == ("a.na:three", "\n" * 6 + "print(3)\n")


@pytest.mark.parametrize("text", ["", "---\n", "--- title\n\n---\n\n"])
def test_nothing_between_separators_is_no_program(text: str) -> None:
    assert list(programs("a.na", text)) == []
