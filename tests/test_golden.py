"""Runs the programs of tests/golden with the command and compares all that it prints.

A file holds a program, a line `=====`, and the text: standard output, then standard error. After the `=====`
stands `exit N` when the exit code is not 0. The program may begin with the command that runs it, as a
comment: `# dana check --strict`; without one, that is `dana run`. The program's file is called demo.na; a
line `----- name` begins another file beside it. `pytest --update` writes what is printed now.
"""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path

import pytest

from dana.cli import main
from dana.models.providers import PROVIDERS

FOLDER = Path(__file__).parent / "golden"
FILES = sorted(file for file in FOLDER.rglob("*.txt") if file.parent.name != "repl")  # those are sessions
SEPARATOR = re.compile(r"^=====(?: exit (\d+))?\n", re.MULTILINE)
NEXT_FILE = re.compile(r"^----- (\S+)\n", re.MULTILINE)
COMMAND = re.compile(r"# (dana .*)\n")


@pytest.fixture(autouse=True)
def without_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, address or weights of this machine reach a program."""
    keys = {name for provider in PROVIDERS.values() for name in provider.keys}
    for name in (*keys, "OPENAI_BASE_URL", "OLLAMA_HOST", "AZURE_OPENAI_ENDPOINT", "DANA_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DANA_MODELS", str(tmp_path / "models"))


def printed(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, int]:
    """What the command prints for a program, and its exit code."""
    parts = NEXT_FILE.split(program)
    for name, text in zip(["demo.na", *parts[1::2]], parts[::2], strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    stated = COMMAND.match(program)
    arguments = shlex.split(stated[1])[1:] if stated else ["run"]
    if (
        arguments[0] in ("run", "check")
        and "-" not in arguments
        and not any(argument.endswith(".na") for argument in arguments[1:])
    ):
        arguments.insert(1, "demo.na")
    output, errors = io.StringIO(), io.StringIO()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(parts[0].encode())))
    monkeypatch.setattr(sys, "stdout", output)
    monkeypatch.setattr(sys, "stderr", errors)
    code = main(arguments)
    return output.getvalue() + errors.getvalue(), code


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER).with_suffix("")))
def test_prints(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    program, separator, rest = file.read_text(), "", ""
    if found := SEPARATOR.search(program):
        program, separator, rest = program[: found.start()], found[0], program[found.end() :]
    text, code = printed(program, tmp_path, monkeypatch)
    stated = f"===== exit {code}\n" if code else "=====\n"
    if request.config.getoption("--update"):
        file.write_text(program + stated + text)
        return
    assert separator, f"{file.name} has no line ====="
    assert (text, stated) == (rest, separator)


def test_there_are_enough() -> None:
    assert len(FILES) >= 60
