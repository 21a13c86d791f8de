"""Runs each program of tests/conformance and tests/workflow and compares what it does with the markers on its lines.

A file holds programs, separated by a line `---`. A marker is the last `# ` comment of a line:
`# expect: text` is what the line prints, several lines as `# expect: 1 | 2`, an empty one as
`# expect: ""`; `# error: TypeError: message` is the error that ends the program there, and
`# error: phrase`, in lower case, a part of what is said about a program that cannot run.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dana import DanaError, Host, Session, UncaughtError
from dana.permissions import Permissions

FOLDERS = [Path(__file__).parent / "conformance", Path(__file__).parent / "workflow"]

STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"""'
    r"|'''(?:\\.|[^\\])*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\.|[^'\\\n])*'"
    r"|(?P<comment>#[^\n]*)",
    re.DOTALL,
)
MARKER = re.compile(r"(expect|error): (.*)")
RUN_TIME_ERROR = re.compile(r"[A-Z]\w*(: .*)?")


@dataclass
class Program:
    """One program of a file; its text starts with as many blank lines as the file has above it."""

    file: str
    line: int
    text: str
    prints: dict[int, list[str]] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def expectations(self) -> int:
        return len(self.prints) + len(self.errors)

    @property
    def fails_at_run_time(self) -> bool:
        return any(RUN_TIME_ERROR.fullmatch(error) for error in self.errors.values())


def programs(file: str, text: str) -> Iterator[Program]:
    """The programs of a file's text, markers read."""
    above = 0
    for part in re.split(r"^---\n", text, flags=re.MULTILINE):
        first = above + len(part) - len(part.lstrip("\n"))
        yield marked(Program(file, first + 1, "\n" * above + part))
        above += part.count("\n") + 1


def marked(program: Program) -> Program:
    """The same program, with the expectations that its comments state."""
    for found in STRING_OR_COMMENT.finditer(program.text):
        last_comment = (found["comment"] or "").rpartition("# ")[2].strip()
        marker = MARKER.fullmatch(last_comment)
        if marker is None:
            continue
        line = program.text.count("\n", 0, found.start()) + 1
        kind, wanted = marker.groups()
        if kind == "expect":
            program.prints[line] = ["" if item == '""' else item for item in wanted.split(" | ")]
        else:
            program.errors[line] = wanted
    return program


class Capture(Host):
    """A host that remembers each printed line under the source line that printed its end."""

    def __init__(self) -> None:
        super().__init__(lambda: Permissions(env=["HOME"]))
        self.session = Session(self)
        self.printed: dict[int | None, list[str]] = defaultdict(list)
        self.unfinished = ""
        self.last_line: int | None = None

    def write(self, text: str) -> None:
        self.last_line = self.session.current_line()
        *finished, self.unfinished = (self.unfinished + text).split("\n")
        if finished:
            self.printed[self.last_line] += finished

    def lines(self) -> dict[int | None, list[str]]:
        if self.unfinished:
            self.printed[self.last_line].append(self.unfinished)
            self.unfinished = ""
        return dict(self.printed)


def run(program: Program) -> tuple[dict[int | None, list[str]], DanaError | None]:
    """What the program printed, by source line, and the error that ended it."""
    host = Capture()
    try:
        host.session.run(program.text)
    except DanaError as error:
        return host.lines(), error
    return host.lines(), None


def python_refuses(text: str) -> bool:
    """Whether Python rejects the text before running it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "program", "exec")
        except SyntaxError:
            return True
    return False


PROGRAMS = [
    program
    for folder in FOLDERS
    for path in sorted(folder.glob("*.na"))
    for program in programs(path.name, path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_program(program: Program) -> None:
    printed, error = run(program)
    diagnostics = error.diagnostics if error else []
    messages = {diagnostic.line: diagnostic.message for diagnostic in diagnostics}
    if not program.errors:
        assert messages == {}
    elif program.fails_at_run_time:
        assert messages == program.errors
        assert isinstance(error, UncaughtError)
    else:
        assert messages.keys() == program.errors.keys(), messages
        for diagnostic in diagnostics:
            said = f"{diagnostic.message} {diagnostic.hint or ''}"
            assert program.errors[diagnostic.line or 0].lower() in said.lower()
        assert not (python_refuses(program.text) and isinstance(error, UncaughtError))
    assert printed == program.prints


def test_enough_is_expected() -> None:
    assert sum(program.expectations for program in PROGRAMS) >= 600


def test_every_program_says_what_it_shows() -> None:
    unsaid = [str(program) for program in PROGRAMS if not program.text.lstrip().startswith("# ")]
    assert unsaid == []


def test_programs_are_separated_and_keep_their_lines() -> None:
    first, second = programs("a.na", "# one\nprint(1)  # expect: 1\n---\n# two\nf()  # error: bad\n")
    assert (str(first), first.text) == ("a.na:1", "# one\nprint(1)  # expect: 1\n")
    assert (str(second), second.text) == ("a.na:4", "\n\n\n# two\nf()  # error: bad\n")
    assert first.prints == {2: ["1"]}
    assert second.errors == {5: "bad"}


def test_a_program_starts_at_its_first_line_with_text() -> None:
    assert [str(program) for program in programs("a.na", "x = 1\n---\n\n\ny = 2\n")] == [
        "a.na:1",
        "a.na:5",
    ]


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("print(1)  # expect: 1", ["1"]),
        ("f()  # expect: 1 | 2 | 3", ["1", "2", "3"]),
        ('print()  # expect: ""', [""]),
        ('f()  # expect: a | "" | b', ["a", "", "b"]),
        ('print("it is")  # expect: it is', ["it is"]),
        ("print(1)  # a remark  # expect: 1", ["1"]),
        ('print("# expect: 1")  # expect: 2', ["2"]),
        ("print('\\'# expect: 1')  # expect: 2", ["2"]),
        ("x = 'unterminated  # expect: 2", ["2"]),
    ],
)
def test_expectations_are_read(line: str, lines: list[str]) -> None:
    (program,) = programs("a.na", line)
    assert program.prints == {1: lines}


@pytest.mark.parametrize(
    "text",
    [
        "print('# expect: 1')",
        'print("# error: bad")',
        '"""\n# expect: 1\n"""',
        "r'''\n# expect: 1\n'''",
        'print("\\"# expect: 1")',
        "# expect: 1  # only the last comment counts",
        "# what to expect: nothing",
    ],
)
def test_what_only_looks_like_an_expectation_is_left_alone(text: str) -> None:
    (program,) = programs("a.na", text)
    assert program.expectations == 0


@pytest.mark.parametrize(
    ("error", "at_run_time"),
    [
        ("TypeError: f() takes 1 positional argument but 2 were given", True),
        ("ValueError", True),
        ("return outside function", False),
        ("__class__", False),
        ("*", False),
    ],
)
def test_errors_are_told_apart(error: str, at_run_time: bool) -> None:
    (program,) = programs("a.na", f"f()  # error: {error}")
    assert program.errors == {1: error}
    assert program.fails_at_run_time is at_run_time


def test_lines_belong_to_the_statement_that_ends_them() -> None:
    host = Capture()
    host.session.run('print("a", end="")\nprint("b")\nprint("c", end="")\n')
    assert host.lines() == {2: ["ab"], 3: ["c"]}
