"""Limits of a source: programs that are too large or too deep are refused at their place, and soon."""

from __future__ import annotations

import pytest

from dana import Host, ProgramError, Session
from dana.parser import DEEPEST, LARGEST, parse
from dana.source import Source


class Silent(Host):
    def write(self, text: str) -> None:
        pass


def refusal(text: str) -> tuple[str, int | None, int | None, str | None]:
    with pytest.raises(ProgramError) as caught:
        parse(Source(text))
    found = caught.value.diagnostics[0]
    return found.message, found.line, found.column, found.hint


@pytest.mark.parametrize(
    ("text", "message", "line", "column", "hint"),
    [
        (
            "x = " + "1 + " * 900 + "1",
            "more than 800 operations are nested in one expression",
            1,
            5,
            "give parts of it names of their own",
        ),
        (
            "x = " + "-" * 900 + "1",
            "more than 800 operations are nested in one expression",
            1,
            803,
            "give parts of it names of their own",
        ),
        (
            "x = f'{" + "1+" * 900 + "1}'",
            "more than 800 operations are nested in one expression",
            1,
            8,
            "give parts of it names of their own",
        ),
        (
            "if x: y\n" + "elif x: y\n" * 900,
            "more than 800 'elif' branches follow each other",
            800,
            1,
            "use match, or look up a dict",
        ),
        (
            "[x" + " for x in y" * 16 + "]",
            "more than 15 'for' clauses in one comprehension",
            1,
            169,
            "write some of them as loops",
        ),
        ("a = " * 1_001 + "1", "more than 1,000 targets in one assignment", 1, 4_001, None),
        ("@a\n" * 101 + "def f(): pass", "more than 100 decorators of one definition", 101, 2, None),
        ("class A(" + "B, " * 101 + "): pass", "more than 100 bases of one class", 1, 309, None),
        (
            "#" * (LARGEST + 1),
            "a source of 10,000,001 characters is over the limit of 10,000,000",
            1,
            1,
            "split it into modules",
        ),
    ],
)
def test_refused(text: str, message: str, line: int, column: int, hint: str | None) -> None:
    assert refusal(text) == (message, line, column, hint)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "1 + " * (DEEPEST - 10) + "1",
        "x = " + "not " * (DEEPEST - 10) + "1",
        "x = 0\nif x: pass\n" + "elif x == 1: pass\n" * (DEEPEST - 10),
        "n = [1]\nx = [n" + " for a in n if a" * 15 + "]",
        "n = [1]\nx = list(n" + " for a in n" * 15 + ")",
        "x = [a for a in [1]" + " if a" * 500 + "]",
        "x = " + "lambda a=" * 250 + "1" + ": 1" * 250,
        "x = " + "1 and " * 5_000 + "1",
        "a = " * 1_000 + "1",
        "def d(f):\n    return f\n" + "@d\n" * 100 + "def g(): pass",
    ],
    ids=lambda text: text[:20],
)
def test_runs(text: str) -> None:
    session = Session(Silent())
    assert [found for found in session.check(Source(text)) if found.severity == "error"] == []
    session.run(text)


SIZE = 100_000


@pytest.mark.parametrize(
    "text",
    [
        *("(" * SIZE, ")" * SIZE, "({[" * (SIZE // 3), "()" * (SIZE // 2), "x" * SIZE, "ﬁ" * SIZE, "x " * (SIZE // 2)),
        *(
            "#" * SIZE,
            "#\n" * (SIZE // 2),
            "x\n" * SIZE,
            "\n" * SIZE,
            "'" * SIZE,
            "f'{" * (SIZE // 3),
            "f'" + "{x:" * SIZE,
        ),
        "f'{" + "'a'" * (SIZE // 3) + "}'",
        "".join(" " * i + "if x:\n" for i in range(440)),
        "".join("\t" * i + "if x:\n" for i in range(300)),
        *("\ud800" * SIZE, "\0" * SIZE, "\ufeff" * SIZE, "x\u2028" * SIZE, "\f" * SIZE, "\u202e" * SIZE, "ﷺ" * SIZE),
        *(
            "1+" * SIZE,
            "a." * SIZE,
            "-" * SIZE,
            "a=" * (SIZE // 2),
            "lambda:" * (SIZE // 7),
            "elif x: y\n" * (SIZE // 10),
        ),
    ],
    ids=lambda text: ascii(text[:8]),
)
def test_large_texts_are_read_or_refused_in_a_few_lines(text: str) -> None:
    said = ""
    try:
        parse(Source(text))
    except ProgramError as error:
        said = str(error)
    assert len(said) < 5_000


@pytest.mark.parametrize("form", [" + ".join(["x"] * 780), "-" * 780 + "x", "x" + ".strip()" * 380, "not " * 780 + "x"])
def test_what_the_parser_takes_the_checks_take_too(form: str) -> None:
    for given in ("input()", 'reason("a")'):
        source = Source(f"x = {given}\ny = {form}\n")
        assert Session().check(source, strict=True) == []


def test_what_is_nested_in_front_of_functions_in_loops() -> None:
    lambdas = "lambda a=" * 150 + "1" + ": 2" * 150
    generators = "(x for x in " * 150 + "[]" + ")" * 150
    session = Session(Silent())
    session.run(f"def f():\n    for i in range(3):\n        g = {lambdas}\n        h = {generators}\n    return g()\n")
    assert [session.call("f") for _ in range(5)] == [2] * 5
