"""What happens in a terminal while something is waited for, asked, edited, or shown in colours."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from tests.models.delayed import Server

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a terminal in the way of POSIX")
if os.name != "nt":
    from .screen import Screen


def test_interrupting_the_wait_for_a_model(tmp_path: Path) -> None:
    with Server(together=100, seconds=60) as server:
        environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "key-of-a-test", "DANA_MODEL": "slow"}
        with Screen(tmp_path, environment={**environment, "NO_PROXY": "127.0.0.1"}) as screen:
            screen.wait("1>")
            assert screen.until(lambda: "model: openai/slow" in screen.text), screen.text
            for number, asking in enumerate(('reason("hello")', 'answer = reason("hello")', "[answer]"), 1):
                screen.type(f"{asking}<Enter>")
                if number < 3:
                    assert screen.until(lambda number=number: len(server.asked) == number), screen.text  # type: ignore[misc]
                    screen.type("<C-c>")
                screen.wait(f"{number + 1}>")
            assert screen.text.count("interrupted") == 2
            assert "name 'answer' is not defined" in screen.text
            screen.type("<C-d>")
            assert screen.ended() == 0


def test_answers_of_a_model_and_their_cost(tmp_path: Path) -> None:
    with Server() as server:
        environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "key-of-a-test", "DANA_MODEL": "gpt-5"}
        with Screen(tmp_path, environment={**environment, "NO_PROXY": "127.0.0.1"}) as screen:
            screen.wait("1>")
            screen.type('reason("hello")<Enter>')
            screen.wait("2>")
            assert "'hello!'" in screen.lines
            screen.type('[reason("a"), reason("b")]; _ = reason("c"); _<Enter>')
            screen.wait("3>")
            assert "'c!'" in screen.lines
            screen.type("_2<Enter>")
            screen.wait("4>")
            assert screen.until(lambda: "model: openai/gpt-5   4 + 4 tokens   unpriced" in screen.lines[-1]), (
                screen.text
            )


def test_permissions_are_asked_for(tmp_path: Path) -> None:
    with Screen(tmp_path) as screen:
        screen.wait("1>")
        screen.type('def read(path): return file_operation({"operation": "exists", "path": path})<Enter>')
        screen.wait("2>")
        screen.type("read('/etc/hostname')<Enter>")
        assert screen.until(lambda: "allow reading /etc/hostname? [y]es" in screen.text), screen.text
        screen.type("n<Enter>")
        screen.wait("3>")
        assert "PermissionError" in screen.text
        screen.type("<C-l>read('/etc/passwd')<Enter>")
        assert screen.until(lambda: "allow reading /etc/passwd?" in screen.text)
        screen.type("<C-c>")
        screen.wait("4>")
        assert "interrupted" in screen.text
        screen.type("<C-l>read('/etc/hosts')<Enter>")
        assert screen.until(lambda: "allow reading /etc/hosts?" in screen.text)
        screen.type("y<Enter>")
        screen.wait("5>")
        assert "'exists': True" in screen.text


def test_colours_while_typing(tmp_path: Path) -> None:
    with Screen(tmp_path) as screen:
        screen.wait("1>")
        screen.type('for n in ["text", 12')
        assert screen.until(lambda: "12" in screen.line)
        colors = {screen.color(text) for text in ("for", '"text"', "12")}
        assert screen.until(lambda: len({screen.color(text) for text in ("for n", '"text"', "12]"[:2])}) == 3), colors
        assert screen.color("n in") == "default"


def test_no_colours_where_none_are_wanted(tmp_path: Path) -> None:
    with Screen(tmp_path, environment={"NO_COLOR": "1"}) as screen:
        screen.wait("1>")
        screen.type('for n in ["text", 12')
        assert screen.until(lambda: screen.line == '1> for n in ["text", 12')
        assert {screen.color(text) for text in ("for", '"text"', "12", "1>")} == {"default"}


def test_the_editor_gives_the_next_input(tmp_path: Path) -> None:
    script = tmp_path / "editor.py"
    script.write_text("import sys; p = sys.argv[1]; t = open(p).read(); open(p, 'w').write(t.replace('1', '40 + 2'))")
    with Screen(tmp_path, environment={"EDITOR": f"'{sys.executable}' '{script}'"}) as screen:
        screen.wait("1>")
        screen.type("x = 1<Enter>")
        screen.wait("2>")
        screen.type(":edit<Enter>")
        screen.wait("2> x = 40 + 2")
        screen.type("<Enter>")
        screen.wait("3>")
        screen.type("x<Enter>")
        screen.wait("4>")
        assert "42" in screen.lines


def test_startup_file(tmp_path: Path) -> None:
    place = tmp_path / "home" / "config" / "dana"
    place.mkdir(parents=True)
    (place / "startup.na").write_text("from math import sqrt\nprint('welcome')\n")
    with Screen(tmp_path) as screen:
        screen.wait("1>")
        assert "welcome" in screen.lines
        screen.type("sqrt(16)<Enter>")
        screen.wait("2>")
        assert "4.0" in screen.lines
    with Screen(tmp_path, "repl", "--no-startup") as screen:
        screen.wait("1>")
        assert "welcome" not in screen.text


def test_history_file_is_private(tmp_path: Path) -> None:
    with Screen(tmp_path) as screen:
        screen.wait("1>")
        screen.type("x = 1<Enter>")
        screen.wait("2>")
        screen.type("quit<Enter>")
        assert screen.ended() == 0
    file = tmp_path / "home" / "data" / "dana" / "history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "+x = 1\n" in file.read_text()


def test_limits_are_for_each_input(tmp_path: Path) -> None:
    with Screen(tmp_path, "repl", "--max-steps", "1000") as screen:
        screen.wait("1>")
        for number in (1, 2):
            screen.type("while true: pass<Enter><Enter>")
            screen.wait(f"{number + 1}>")
        assert screen.text.count("error: the program took more than 1,000 steps") == 2
        screen.type("1 + 1<Enter>")
        screen.wait("4>")
        assert "2" in screen.lines


def test_a_terminal_that_can_do_nothing(tmp_path: Path) -> None:
    with Screen(tmp_path, environment={"TERM": "dumb"}) as screen:
        screen.wait("1>")
        screen.type("6 * 7<Enter>")
        screen.wait("2>")
        assert "42" in screen.lines
