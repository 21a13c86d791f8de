"""The REPL without a terminal: when an input is complete, what may come next, how results look, where things are."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from dana.repl import display
from dana.repl.commands import COMMANDS, complete, edited
from dana.repl.completeness import next_indent, wants_more
from dana.repl.completion import call_at_end, candidates, meaning
from dana.repl.folders import history_file, startup_file
from dana.repl.highlighting import PromptLexer
from dana.repl.history import LARGEST, open_history
from dana.session import Session
from dana.source import Source


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# Complete or not


@pytest.mark.parametrize(
    "text",
    [
        "f(",
        "x = [1,\n",
        "x = [1,\n\n",
        "'''a\n\n",
        "a = 1 \\",
        "def f():",
        "def f():\n    return 1",
        "def f():  # why",
        "if a: b",
        "if a:\n    b\nelse:",
        "try:\n    a",
        "try:\n    a\nexcept B:",
        "match a:",
        "match a:\n    case 1:",
        "@wraps",
        "@wraps\ndef f():",
        "class A:\n    @property\n    def f(self):",
        "struct P:\n    x: int",
        "for a in b:\n    if c:\n        d\n\n    e",
    ],
)
def test_more_is_wanted(text: str) -> None:
    assert wants_more(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x = 1; y",
        "# nothing",
        "def f():\n    return 1\n",
        "def f():\n    return 1\n    ",
        "def f() = 1",
        "def f(): return 1",
        "if a: b\n",
        "def f():\n",
        "def f():\n    a\n\nprint(f())",
        "f(1))",
        "x = ",
        "if a",
        "def f(a b):",
        "'a",
    ],
)
def test_no_more_is_wanted(text: str) -> None:
    assert not wants_more(text)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("x", 0), ("if a:", 4), ("    if a:  # why", 8), ("f(", 4), ("if a:\n    return 1", 0), ("    x", 4), ("    ", 4)],
)
def test_indentation_of_the_next_line(text: str, columns: int) -> None:
    assert next_indent(text) == columns


# What may come next


@pytest.fixture(scope="module")
def session() -> Session:
    made = Session()
    made.run(
        """
order = {"item": "tea", "count": 3, "two words": 1, 5: 6, "lines": [{"sku": 1}]}
struct Point:
    x: int
    y: int = 0
class Shop:
    size = 3
    def __init__(self, name, open=True):
        self.name = name
        self.point = Point(1)
    @property
    def broken(self):
        asked.append(1)
        return "x"
    @staticmethod
    def of(name):
        return Shop(name)
    def sell(self, item, count=1, *, note=""):
        '''Sell some of an item.

        More.'''
asked = []
class Odd:
    def __eq__(self, other):
        asked.append(2)
        return True
    def __hash__(self):
        return 7
    def __repr__(self):
        asked.append(3)
        return "odd"
shop = Shop("corner")
def (s: Shop) close():
    pass
odd = {Odd(): 1, "plain": "text"}
def keep(value, default=Odd(), *rest, key=None):
    pass
import math
"""
    )
    return made


def offered(text: str, session: Session) -> list[str]:
    return [each.text for each in candidates(text, session)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ord", ["ord", "order"]),
        ("order.it", ["item", "items"]),
        ("'a'.ca", ["capitalize", "casefold"]),
        ("shop.", ["broken", "close", "name", "of", "point", "sell", "size"]),
        ("shop.point.", ["x", "y"]),
        ("Shop.s", ["sell", "size"]),
        ("shop.name.isal", ["isalnum", "isalpha"]),
        ("x = math.sq", ["sqrt"]),
        ('order["', ['count"]', 'item"]', 'lines"]', 'two words"]']),
        ("order['t", ["two words']"]),
        ('order["lines"][0]["', ['sku"]']),
        ('odd["', ['plain"]']),
        ("odd['plain'].isal", ["isalnum", "isalpha"]),
        ("shop.sell(1, c", ["count="]),
        ("Point(", ["x=", "y="]),
        ("Shop(na", ["name="]),
        ("reason('x', ret", ["retries=", "returns=", "retry_delay", "retry_failed_step", "return"]),
        ("import stat", ["statistics"]),
        ("from mat", ["math"]),
        ("from math ", ["import"]),
        ("from math import sq", ["sqrt"]),
        ("import math, stat", ["statistics"]),
        ("import math as ", []),
        ('f"{ord', ["ord", "order"]),
        ('f"{shop.na', ["name"]),
        ("1.", []),
        ("# ord", []),
        ("unknown.", []),
        ("shop.broken.", []),
        ("f(x).", []),
        ("def local_name(par):\n    return pa", ["par", "parallel", "parallel_map", "pass"]),
    ],
)  # fmt: skip
def test_candidates(text: str, expected: list[str], session: Session) -> None:
    found = offered(text, session)
    assert (found[: len(expected)] if expected and "(" in text else found) == expected
    assert session.variables["asked"] == []


def test_files_in_texts(session: Session, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "orders.csv").write_text("")
    (tmp_path / ".hidden").write_text("")
    (tmp_path / "dated.na").write_text("def only(a):\n    pass\n_own = boom()\nlimit = 3\n")
    assert offered('read("da', session) == ["data/", "dated.na"]
    assert offered("read('data/", session) == ["orders.csv"]
    assert offered('read("', session) == ["data/", "dated.na"]
    assert offered('read("missing/', session) == []
    assert offered("import da", session) == ["dated", "datetime"]
    assert offered("from dated import ", session) == ["limit", "only"]
    assert candidates("from dated import o", session)[0].meaning == "def only(a)"


def test_meanings_run_nothing(session: Session) -> None:
    said = {each.text: each.meaning for text in ("", "shop.", "Sh") for each in candidates(text, session)}
    assert said["order"] == "dict  5 items"
    assert said["odd"] == "dict  2 items"
    assert said["shop"] == "Shop"
    assert said["Shop"] == "Shop(name, open=True)"
    assert said["sell"] == "sell(item, count=1, *, note='')  Sell some of an item."
    assert said["keep"] == "keep(value, default=..., *rest, key=None)"
    assert said["broken"] == ""
    assert said["name"] == "str  'corner'"
    assert said["len"].startswith("len(")
    assert said["while"] == "keyword"
    assert meaning(10**5000) == "int  ..."
    assert session.variables["asked"] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shop.sell(", "sell(item, count=1, *, note='')"),
        ("keep(1, [2, ", ""),
        ("keep((1), [2], ", "keep(value, default=..., *rest, key=None)"),
        ("Point(1, ", "Point(x, y)"),
        ("print", ""),
        ("keep(1)", ""),
        ("x = 3", ""),
    ],
)
def test_the_call_that_is_typed(text: str, said: str, session: Session) -> None:
    assert call_at_end(text, session) == said


def test_many_keys_are_not_all_offered(session: Session) -> None:
    own = Session()
    own.run("d = {f'k{n}': n for n in range(3000)}")
    assert len(candidates('d["', own)) == 500


# Commands


def test_every_command_is_listed_and_completed() -> None:
    found = complete(":")
    assert [each.text for each in found] == [f":{name}" for name in COMMANDS]  # type: ignore[union-attr]
    assert [each.text for each in complete(":ti")] == [":time"]  # type: ignore[union-attr]
    assert complete(":type or") == "or"
    assert complete(":nothing or") == []
    Path("a.na").write_text("")
    assert [each.text for each in complete(":load a")] == ["a.na"]  # type: ignore[union-attr]


def test_the_editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "editor.py"
    script.write_text("import sys; p = sys.argv[1]; t = open(p).read(); open(p, 'w').write(t + 'y = 2\\n')")
    monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{script}'")
    monkeypatch.delenv("VISUAL", raising=False)
    assert edited("x = 1") == "x = 1\ny = 2"
    monkeypatch.setenv("EDITOR", "no-such-editor")
    with pytest.raises(Exception, match="cannot start no-such-editor"):
        edited("x = 1")


# Results


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("3", "3"),
        ("[]", "[]"),
        ("[1, 2]", "[1, 2]"),
        ("['aaaaaaaa', 'bbbbbbbbbbbb']", "[\n    'aaaaaaaa',\n    'bbbbbbbbbbbb',\n]"),
        ("list(range(12))", "[\n    0, 1, 2, 3, 4,\n    5, 6, 7, 8, 9,\n    10, 11,\n]"),
        ("{'a': 1, 'b': [1, 2], 'c': 'ccccc'}", "{\n    'a': 1,\n    'b': [1, 2],\n    'c': 'ccccc',\n}"),
        ("(1, 'aaaaaaaaaaaaaaaaaaaaaa')", "(\n    1,\n    'aaaaaaaaaaaaaaaaaaaaaa',\n)"),
        ("P('Ann', [1, 2, 3])", "P(\n    name='Ann',\n    sizes=[1, 2, 3],\n)"),
        ("Q(1)", "<Q>" * 10),
        ("x", "[\n    1, 1, 1, 1, 1,\n    1, 1, 1, 1, 1,\n    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, [...]],\n]"),
    ],
)
def test_lines_of_a_result(value: str, shown: str) -> None:
    session = Session()
    session.run(
        "struct P:\n    name: str\n    sizes: list[int]\n"
        "struct Q:\n    n: int\ndef (q: Q) __repr__():\n    return '<Q>' * 10\n"
        "x = [1] * 10\nx.append(x)\n"
    )
    session.interact(Source(value), lambda found: given.append("\n".join(display.lines(found, 20))))
    assert given.pop() == shown


given: list[str] = []


def test_results_are_cut() -> None:
    assert display.cut(iter(["a", "b"]), 10, 3) == (["a", "b"], False)
    assert display.cut(iter(["a", "b", "c", "d"]), 10, 3) == (["a", "b", "c"], True)
    assert display.cut(iter(["a" * 25, "b"]), 10, 3) == (["a" * 25], True)
    assert display.cut(iter(["a" * 1000]), 10, 3) == (["a" * 20], True)
    assert display.cut(iter(["東" * 1000]), 10, 3) == (["東" * 10], True)


def test_only_what_is_shown_is_made() -> None:
    made: list[int] = []

    def endless() -> Any:
        while True:
            made.append(1)
            yield "a"

    assert display.cut(endless(), 10, 5)[1]
    assert len(made) == 6


# Sessions


def test_interact_has_steps_of_its_own_and_results_of_the_last_expression() -> None:
    from dana import LimitError, Limits

    session = Session(limits=Limits(steps=50))
    found: list[Any] = []
    for _ in range(5):
        session.interact(Source("for i in range(40): pass\ni"), found.append)
    assert found == [39] * 5
    with pytest.raises(LimitError):
        session.interact(Source("for i in range(60): pass\n"), found.append)
    session.interact(Source("i"), found.append)
    assert found[-1] == 50


def test_reset() -> None:
    session = Session(settings={"arguments": {"count": 3}})
    session.run("x = 1\ncount = 4\ndef (n: int) double():\n    return n * 2\n")
    session.reset()
    assert session.evaluate("count") == 3
    for gone in ("x", "(1).double()"):
        with pytest.raises(Exception, match=r"x|double"):
            session.evaluate(gone)


# Files


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folders of Linux")
def test_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert history_file() == "/home/ann/.local/share/dana/history"
    assert startup_file() == "/home/ann/.config/dana/startup.na"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/config")
    assert (history_file(), startup_file()) == ("/data/dana/history", "/config/dana/startup.na")
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert history_file() is None


def test_history_is_private_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "history"
    first = open_history(str(path))
    for text in ("x = 1", "def f():\n    return 1\n", "def f():\n    return 1\n    "):
        first.append_string(text)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(open_history(str(path)).load_history_strings()) == ["def f():\n    return 1", "x = 1"]


def test_history_without_a_place() -> None:
    Path("file").write_text("")
    for place in (None, "file/below/history"):
        history = open_history(place)
        history.append_string("x")
        assert history.get_strings() == ["x"]


def test_long_history_forgets_its_older_half(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = open_history(str(path))
    for number in range(3):
        history.append_string(f"{number}" + "\n#" * (LARGEST // 8))
    history.append_string("last")
    kept = list(open_history(str(path)).load_history_strings())
    assert kept[0] == "last"
    assert [text[0] for text in kept] == ["l", "2"]


# Colors


@pytest.mark.parametrize("text", ["x = 'a", "a $ b", ":type 1", ":", "\n\n1.5", ""])
def test_tokens_are_the_text(text: str) -> None:
    assert "".join(part for _, _, part in PromptLexer().get_tokens_unprocessed(text)) == text


def test_commands_are_in_color() -> None:
    found = [(str(kind), part) for _, kind, part in PromptLexer().get_tokens_unprocessed(":type x = 1")]
    assert (found[0], found[-1]) == (("Token.Keyword", ":type"), ("Token.Literal.Number", "1"))
