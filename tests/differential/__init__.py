"""Programs that are both Python and Dana, and the two ways to run one: what each prints."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dana import Host, Session

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Program:
    """One program of a file; its text starts with as many blank lines as the file has above it."""

    file: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.title}"


def programs(file: str, text: str) -> Iterator[Program]:
    """The programs of a file's text, which a line `---` separates; what follows the dashes is the title."""
    title, lines, above, count = "", list[str](), 0, 0
    for number, line in enumerate([*text.splitlines(), "---"]):
        if line != "---" and not line.startswith("--- "):
            lines.append(line)
            continue
        if any(map(str.strip, lines)):
            count += 1
            yield Program(file, title or str(count), "\n" * above + "\n".join(lines) + "\n")
        title, lines, above = line[4:].strip(), [], number + 1


class Capture(Host):
    """A host that keeps what is printed."""

    def __init__(self) -> None:
        super().__init__()
        self.printed: list[str] = []

    def write(self, text: str) -> None:
        self.printed.append(text)


def dana_output(text: str, name: str) -> str:
    """What the program prints when Dana runs it; raises DanaError."""
    host = Capture()
    Session(host).run(text, name=name)
    return "".join(host.printed)


def python_output(text: str, name: str) -> str:
    """What the program prints when the Python that runs the tests runs it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(text, name, "exec", dont_inherit=True)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {"__name__": "__main__"})
    return printed.getvalue()
