"""Completion in shells, asked of the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dana.cli import main
from dana.shells import SHELLS, script
from dana.usage import COMMANDS, OPTIONS


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("triage.na", "notes.txt", "two words.na"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    for shell in SHELLS:
        (tmp_path / f"script.{shell}").write_text(script(shell))
    return tmp_path


def of_bash(folder: Path, words: list[str]) -> set[str]:
    line = " ".join(f"'{word}'" for word in ["dana", *words])
    code = (
        f"source script.bash; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _dana; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    return said(["bash", "--norc", "-c", code], folder)


def of_fish(folder: Path, words: list[str]) -> set[str]:
    lines = said(["fish", "--no-config", "-c", f"source script.fish; complete -C 'dana {' '.join(words)}'"], folder)
    return {line.split("\t")[0] for line in lines}


def of_zsh(folder: Path, typed: str) -> str:
    """What stands in the terminal of zsh after Tab."""
    import pexpect

    child = pexpect.spawn(
        "zsh", ["-f"], cwd=str(folder), env={"TERM": "dumb", "PATH": os.environ["PATH"]}, use_poll=True
    )
    child.setwinsize(60, 200)
    child.sendline("PS1='ready'; autoload -U compinit; compinit -u -D; source script.zsh; PS1='re''ady> '")
    child.expect_exact("ready> ", timeout=30)
    child.send(typed + "\t")
    shown = ""
    while True:
        try:
            shown += child.read_nonblocking(65536, 1.0).decode()
        except pexpect.TIMEOUT:
            child.close(force=True)
            return shown.replace("\a", "")


def said(command: list[str], folder: Path) -> set[str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split("\n")) - {""}


CASES = [
    (["ru"], {"run"}, {"check"}),
    (["run", ""], {"triage.na", "two words.na"}, {"check"}),
    (["run", "--log-l"], {"--log-level"}, {"--log-format"}),
    (["run", "--log-level", ""], {"debug", "info", "warning", "error"}, {"text", "triage.na"}),
    (["run", "--record", ""], {"notes.txt"}, set()),
    (["workflow", "c"], {"check"}, {"run"}),
    (["model", ""], {"get", "list", "remove"}, {"triage.na"}),
    (["init", "tr"], {"triage"}, {"triage.na"}),
    (["doc", "math"], {"math"}, {"reason"}),
    (["completion", ""], set(SHELLS), {"triage.na"}),
]


@pytest.mark.parametrize(("words", "offered", "others"), CASES, ids=[" ".join(case[0]) for case in CASES])
@pytest.mark.parametrize(
    "ask", [pytest.param(of_bash, marks=needs("bash")), pytest.param(of_fish, marks=needs("fish"))]
)
def test_what_is_offered(
    ask: Callable[[Path, list[str]], set[str]], words: list[str], offered: set[str], others: set[str], folder: Path
) -> None:
    found = ask(folder, words)
    assert (offered - found, others & found) == (set(), set())


@needs("bash")
def test_values_behind_an_equals_sign(folder: Path) -> None:
    assert of_bash(folder, ["run", "--color", "=", "al"]) == {"always"}
    assert of_bash(folder, ["run", "--color", "="]) == {"auto", "always", "never"}
    assert "notes.txt" in of_bash(folder, ["run", "--record", "=", "no"])


@needs("zsh")
@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("dana chec", "dana check"),
        ("dana workflow ch", "dana workflow check"),
        ("dana run --log-l", "dana run --log-"),
        ("dana run --log-level=deb", "--log-level=debug"),
        ("dana run tri", "dana run triage.na"),
        ("dana init ", "order-processing"),
        ("dana doc reaso", "dana doc reason"),
    ],
)
def test_what_zsh_makes_of_it(typed: str, shown: str, folder: Path) -> None:
    assert shown in of_zsh(folder, typed)


def test_everything_is_in_the_scripts() -> None:
    for shell in SHELLS:
        text = script(shell)
        for name in COMMANDS:
            assert name in text
        for options in OPTIONS.values():
            for option in options:
                assert (option if shell != "fish" else option.lstrip("-")) in text


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    assert capsys.readouterr().out == script("bash")
    assert main(["completion"]) == 2
    assert capsys.readouterr().err == (
        "error: dana completion needs the name of a shell\n  = choose from bash, zsh, fish\n"
    )
