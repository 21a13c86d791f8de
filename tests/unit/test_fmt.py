"""`dana fmt` keeps what programs mean and what they remark, and finds nothing to do in what it has written."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dana.cli import main
from dana.errors import ProgramError
from dana.lexer import tokenize
from dana.nodes import Node
from dana.parser import parse
from dana.source import Source
from dana.style import breaking, layout
from dana.style.layout import format_source
from tests.test_conformance import programs
from tests.test_properties import SEVERAL, classes, expressions, functions, statements
from tests.test_recipe import RECIPE

ROOT = Path(__file__).parent.parent.parent
FILES = sorted(path for path in ROOT.rglob("*.na") if not any(part.startswith(".") for part in path.parts))
OPENING, CLOSING = ("LPAR", "LSQB", "LBRACE", "WITHPAR"), ("RPAR", "RSQB", "RBRACE")
MARK = re.compile(r"# ?(mark\d+)\b")


@cache
def readable(path: Path) -> list[str]:
    """The programs of a file that can be parsed; a driver of the recipe ends at `=====`."""
    found: list[str] = []
    for program in programs(path.name, path.read_text(encoding="utf-8").partition("\n=====\n")[0] + "\n"):
        with suppress(ProgramError):
            parse(Source(program.text))
            found.append(program.text)
    return found


def meaning(value: Any) -> Any:
    """A tree without positions."""
    if isinstance(value, Node):
        return type(value), *map(meaning, value[2:])
    return tuple(map(meaning, value)) if isinstance(value, tuple) else (type(value), repr(value))


def assert_kept(text: str) -> str:
    """The program in the style: it means the same, has the same remarks, and is formatted already."""
    formatted = format_source(Source(text))
    assert meaning(parse(Source(formatted))) == meaning(parse(Source(text)))
    assert Counter(MARK.findall(formatted)) == Counter(MARK.findall(text))
    assert format_source(Source(formatted)) == formatted
    return formatted


def disturbed(text: str, chance: random.Random, rate: float) -> str:
    """The same program with other blanks, line ends and empty lines, and remarks in all places."""
    parts: list[str] = []
    end = depth = marks = 0

    def mark() -> str:
        nonlocal marks
        marks += 1
        return f"# mark{marks}"

    for kind, _, start, stop in tokenize(text):
        if kind in ("INDENT", "DEDENT"):
            continue
        gap = text[end:start]
        parts.append(gap)
        if kind == "NEWLINE":
            if chance.random() < rate and "#" not in gap:
                parts.append(f"  {mark()}")
            if chance.random() < rate:
                parts.append("\n" * chance.randint(1, 3))
            if chance.random() < rate:
                parts.append("\n" + " " * chance.choice([0, 2, 4, 8]) + mark())
        elif depth and kind != "$END" and "#" not in gap and chance.random() < rate:
            parts.append(
                chance.choice(["   ", "\n", f" {mark()}\n", f"\n  {mark()}\n", f"\n\n{mark()}\n\n  {mark()}\n"])
            )
        depth += (kind in OPENING) - (kind in CLOSING)
        parts.append(text[start:stop])
        end = stop
    return "".join(parts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_programs_of_the_repository(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(path.name)
    for text in readable(path):
        assert_kept(text)
        assert_kept(disturbed(text, chance, 0.05))
        monkeypatch.setattr(breaking, "WIDTH", 40)
        assert_kept(text)
        monkeypatch.undo()


def test_there_are_programs() -> None:
    assert sum(len(readable(path)) for path in FILES) > 1500


def test_programs_of_the_recipe() -> None:
    if not RECIPE.is_dir():
        pytest.skip("the recipe's programs are not beside this checkout")
    for path in sorted(RECIPE.glob("*.na")):
        assert_kept(path.read_text())


@settings(SEVERAL, max_examples=60)
@given(st.one_of(expressions(), statements(), functions(), classes()), st.integers(0, 1000))
def test_programs_made_by_hypothesis(text: str, seed: int) -> None:
    assert_kept(text)
    assert_kept(disturbed(text, random.Random(seed), 0.1))


@pytest.mark.parametrize("path", sorted((ROOT / "tests/golden/fmt").glob("*.txt")), ids=lambda path: path.stem)
def test_what_golden_files_show(path: Path) -> None:
    before, _, after = path.read_text().partition("=====\n")
    if before.startswith("# dana fmt -\n"):
        assert assert_kept(before) == after
        assert assert_kept(after) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("\n\n", ""),
        ("# only this", "# only this\n"),
        ("\n\nx", "x\n"),
        ("x\r\ny\r\n", "x\ny\n"),
        ("if x:\n\ty\n", "if x:\n    y\n"),
        ("x = \\\n  1\n", "x = 1\n"),
        ("((((x)))) = 1\n", "((((x)))) = 1\n"),
        ("y = ((((x))))\n", "y = x\n"),
        ("y = (x, z)\n", "y = (x, z)\n"),
        ("y = (x := 1)\n", "y = (x := 1)\n"),
        ("y = (x for x in z)\n", "y = (x for x in z)\n"),
        ("y = (yield_)\n", "y = yield_\n"),
        ("(x): int = 1\n", "(x): int = 1\n"),
        ("xs[local: n]\n", "xs[local : n]\n"),
        ("{private: n}\n", "{private: n}\n"),
        ("class A(  # mark1\n): pass\n", "class A(  # mark1\n):\n    pass\n"),
        ("class A(): pass; x = 1\n", "class A:\n    pass\n    x = 1\n"),
        ("x = 1;\n", "x = 1\n"),
    ],
)
def test_small_programs(before: str, after: str) -> None:
    assert assert_kept(before) == after


@pytest.mark.parametrize("depth", [50, 195])
def test_nested_brackets(depth: int) -> None:
    assert_kept(f"x = {'[' * depth}first, second{']' * depth}\n")
    assert_kept(f"x = {'f(a, ' * depth}first{')' * depth}\n")
    assert_kept(f"x = {'{1: (' * (depth // 2)}first or second{')}' * (depth // 2)}\n")


def test_nested_blocks() -> None:
    blocks = "".join(" " * level + "if x:\n" for level in range(99))
    assert assert_kept(blocks + " " * 99 + "x = 1\n").splitlines()[-1] == " " * 396 + "x = 1"
    assert_kept(blocks + " " * 99 + "f(a, b)\n")


def test_signatures_stay_signatures() -> None:
    parameters = ", ".join(f"parameter_{number}: str" for number in range(6))
    formatted = assert_kept(f"interface A:\n    def f({parameters}) -> B | C\n")
    assert formatted.endswith("    ) -> B | C\n")


def test_long_lines_hold_a_long_text() -> None:
    for path in sorted((ROOT / "stdlib").glob("*.na")):
        source = Source(format_source(Source(path.read_text())))
        long = {
            number for number, line in enumerate(source.text.splitlines(), 1) if len(line.partition("  #")[0]) > 100
        }
        for kind, value, start, end in tokenize(source.text):
            if kind in ("STRING", "FSTRING") and len(value) > 50:
                long -= set(range(source.line_of(start), source.line_of(end) + 1))
        assert not long, path


def test_time_is_proportional_to_parsing() -> None:
    text = (ROOT / "stdlib/workflow.na").read_text() * 2
    source = Source(text)

    def seconds(work: Any) -> float:
        begun = perf_counter()
        work(source)
        return perf_counter() - begun

    assert min(seconds(format_source) for _ in range(3)) < 12 * min(seconds(parse) for _ in range(3))


# The command


def test_a_file_keeps_its_mode_and_its_links(tmp_path: Path) -> None:
    file, link = tmp_path / "a.na", tmp_path / "b.na"
    file.write_bytes(b"x=1\r\n")
    file.chmod(0o640)
    link.symlink_to(file)
    assert main(["fmt", str(link)]) == 0
    assert (file.read_bytes(), file.stat().st_mode & 0o777, link.is_symlink()) == (b"x = 1\n", 0o640, True)
    assert sorted(os.listdir(tmp_path)) == ["a.na", "b.na"]


def test_line_ends_count_as_a_change(tmp_path: Path) -> None:
    file = tmp_path / "a.na"
    file.write_bytes(b"x = 1\r\n")
    assert main(["fmt", "--check", str(file)]) == 1
    assert main(["fmt", str(file)]) == 0
    assert file.read_bytes() == b"x = 1\n"


def test_check_and_diff_write_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.na"
    file.write_text("x=1\n")
    assert main(["fmt", "--check", str(tmp_path)]) == 1
    assert main(["fmt", "--diff", str(tmp_path)]) == 0
    assert file.read_text() == "x=1\n"
    assert "-x=1\n+x = 1\n" in capsys.readouterr().out


def test_files_below_folders(tmp_path: Path) -> None:
    for name in ("a.na", "lib/b.na", "lib/c.txt", ".git/d.na"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x=1\n")
    assert main(["fmt", str(tmp_path), str(tmp_path / "a.na")]) == 0
    texts = [(tmp_path / name).read_text() for name in ("a.na", "lib/b.na", "lib/c.txt", ".git/d.na")]
    assert texts == ["x = 1\n", "x = 1\n", "x=1\n", "x=1\n"]


def test_a_file_with_errors_stays_and_others_do_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, good = tmp_path / "a.na", tmp_path / "b.na"
    bad.write_text("x = (1\n")
    good.write_text("x=1\n")
    assert main(["fmt", str(tmp_path)]) == 1
    assert (bad.read_text(), good.read_text()) == ("x = (1\n", "x = 1\n")
    assert "'(' is never closed" in capsys.readouterr().err


def test_a_program_that_would_change_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.na"
    file.write_text("x=1\ny = [ 2, f(3) ]\n")
    monkeypatch.setattr(layout, "broken", lambda line: [text.replace("3", "4") for text in breaking.broken(line)])
    assert main(["fmt", str(file)]) == 70
    assert file.read_text() == "x=1\ny = [ 2, f(3) ]\n"
    assert f"formatting would change the meaning of {file}:2:12" in capsys.readouterr().err


def test_a_program_that_could_not_be_read_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.na"
    file.write_text("x=1\n")
    monkeypatch.setattr(layout, "broken", lambda line: ["x = ("])
    assert main(["fmt", str(file)]) == 70
    assert file.read_text() == "x=1\n"


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", str(tmp_path)]) == 2
    assert "there is no .na file in" in capsys.readouterr().err
    assert main(["fmt", str(tmp_path / "missing.na")]) == 2
