"""Plays the sessions of tests/golden/repl in a terminal and compares each screen, letter by letter.

A file holds steps, a line `=====`, and the screens, with a line `-----` between two. A step is `type KEYS`,
`paste TEXT` (with \\n), `await LINE` (the cursor stands in this line), `shows TEXT`, `resize ROWSxCOLUMNS`,
`again` (end, and start anew), `screen`, `file NAME TEXT` (before the start) or `dana ARGUMENTS` (the first step).
`pytest --update` writes the screens that come now.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dana import __version__

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a terminal in the way of POSIX")
if os.name != "nt":
    from .screen import Screen

FOLDER = Path(__file__).parent.parent / "golden" / "repl"
FILES = sorted(FOLDER.glob("*.txt"))
ROLLED = 4
"""By how many lines a screen may have been rolled up."""


def same(shown: str, wanted: str) -> bool:
    """Whether a screen is the one that is wanted; one may have been rolled up a few lines further.

    How far depends on when the terminal answered where its cursor was, and so on how busy the machine is.
    """
    longer, shorter = sorted((shown.split("\n"), wanted.split("\n")), key=len, reverse=True)
    return longer[len(longer) - len(shorter) :] == shorter and len(longer) - len(shorter) <= ROLLED


def play(steps: list[str], folder: Path, expected: list[str] | None) -> list[str]:
    """The screens of a session; where they are expected, each is waited for."""
    screens: list[str] = []
    arguments: list[str] = []
    (folder / "work").mkdir()
    while steps and steps[0].split(" ")[0] in ("dana", "file"):
        word, _, rest = steps.pop(0).partition(" ")
        if word == "dana":
            arguments = rest.split()
        else:
            name, _, text = rest.partition(" ")
            place = folder / "work" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text.replace("\\n", "\n"))
    screen = Screen(folder, *arguments)
    try:
        screen.wait("1>")
        for step in steps:
            word, _, rest = step.partition(" ")
            if word == "type":
                screen.type(rest)
            elif word == "paste":
                screen.type(f"<Paste>{rest}<Pasted>".replace("\\n", "\r"))
            elif word == "await":
                screen.wait(rest)
            elif word == "shows":
                assert screen.until(lambda screen=screen, rest=rest: rest in screen.text)  # type: ignore[misc]
            elif word == "resize":
                screen.resize(*map(int, rest.split("x")))
            elif word == "again":
                screen.type("<C-d>")
                assert screen.ended() == 0
                screen = Screen(folder, *arguments)
                screen.wait("1>")
            else:
                assert word == "screen", step
                shown = lambda screen=screen: screen.text.replace(__version__, "VERSION")  # noqa: E731
                if expected is None:
                    screen.settle()
                elif len(screens) < len(expected):
                    wanted = expected[len(screens)]
                    screen.until(lambda shown=shown, wanted=wanted: same(shown(), wanted))  # type: ignore[misc]
                screens.append(shown())
        return screens
    finally:
        screen.child.close(force=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_screens(file: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    script, _, rest = file.read_text().partition("=====\n")
    steps = [step for step in script.splitlines() if step and not step.startswith("#")]
    update = request.config.getoption("--update")
    expected = [part.rstrip("\n") for part in rest.split("-----\n")]
    screens = play(steps, tmp_path, None if update else expected)
    if update:
        file.write_text(script + "=====\n" + "\n-----\n".join(screens) + "\n")
    else:
        assert len(screens) == len(expected)
        for shown, wanted in zip(screens, expected, strict=True):
            assert same(shown, wanted), (shown, wanted)


def test_there_are_enough() -> None:
    assert len(FILES) >= 10
