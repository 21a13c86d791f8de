"""Functions of programs as closures and as functions of the host: the same results, steps, depth and errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dana import Host, LimitError, Limits, Session, UncaughtError
from dana.evaluation import definitions
from dana.evaluation.definitions import choose_tier
from dana.evaluation.fast import is_fast, kind_of_text
from dana.source import Source

PROGRAMS = Path(__file__).parent.parent / "benchmarks" / "programs"
TIERS = ("1", "auto", "2")


class Silent(Host):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text


@pytest.fixture(autouse=True)
def usual_tier() -> Iterator[None]:
    before = definitions.FAST_FROM
    yield
    definitions.FAST_FROM = before


def session_of(tier: str, text: str, **limits: Any) -> Session:
    choose_tier(tier)
    session = Session(Silent(), limits=Limits(**limits))
    session.run(text, "demo.na")
    return session


def is_host_function(session: Session, name: str) -> bool:
    return is_fast(session.variables[name].__code__)


@pytest.mark.parametrize("path", sorted(PROGRAMS.glob("*.na")), ids=lambda path: path.stem)
def test_results_and_steps_are_the_same(path: Path) -> None:
    found = set()
    for tier in TIERS:
        session = session_of(tier, path.read_text())
        results = [repr(session.call("main")) for _ in range(5)]
        found.add((*results, session.meter.steps))
        assert is_host_function(session, "main") is (tier != "1")
    assert len(found) == 1


def test_a_function_becomes_one_of_the_host_when_it_is_called_often() -> None:
    session = session_of("auto", "def f(x):\n    return x + 1\n")
    for _ in range(3):
        assert not is_host_function(session, "f")
        assert session.call("f", 1) == 2
    assert is_host_function(session, "f")
    assert session.call("f", 1) == 2


FAILING = """
def inner(items, key):
    total = 0
    for item in items:
        total += item[key]
    return total

def outer(items):
    return inner(items, "b") // 2

for n in range(5):
    outer([{"b": n}])
outer([{"b": 1}, {"a": 2}])
"""


def test_tracebacks_are_the_same() -> None:
    said = set()
    for tier in TIERS:
        with pytest.raises(UncaughtError) as caught:
            session_of(tier, FAILING)
        said.add(str(caught.value))
    assert said == {
        "traceback (most recent call last):\n"
        "  demo.na:13:1\n"
        '    outer([{"b": 1}, {"a": 2}])\n'
        "  demo.na:9:12 in outer\n"
        '    return inner(items, "b") // 2\n'
        "           ^^^^^^^^^^^^^^^^^\n"
        "  demo.na:5:18 in inner\n"
        "    total += item[key]\n"
        "             ^^^^^^^^^\n"
        "KeyError: 'b'\n"
        "  = did you mean 'a'?"
    }


def test_limits_are_the_same() -> None:
    text = "def f(n):\n    return f(n + 1)\ndef g():\n    while true:\n        pass\n"
    for call, limits in (("f(0)", {"depth": 50}), ("g()", {"steps": 500}), ("f(0)", {"steps": 40})):
        said = set()
        for tier in TIERS:
            session = session_of(
                tier, text + "for i in range(4):\n    try:\n        f('')\n    except TypeError:\n        pass\n"
            )
            session.meter.limits = Limits(**limits)
            session.meter.forget_steps()
            with pytest.raises(LimitError) as caught:
                session_of(tier, text + call, **limits)
            said.add(str(caught.value))
        assert len(said) == 1


REBOUND = """
def rate():
    return 2

def total(n):
    sum_ = 0
    for i in range(n):
        sum_ += rate() * len("ab")
    return sum_

for i in range(5):
    total(3)
print(total(3))
"""


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("def rate():\n    return 5\n", "30"),
        ("rate = lambda: 7\n", "42"),
        ("def len(x):\n    return 10\n", "60"),
        ("def range(n):\n    return ['a']\n", "4"),
        ("x = 1\n", "12"),
    ],
)
def test_names_that_are_bound_again(tier: str, change: str, expected: str) -> None:
    session = session_of(tier, REBOUND)
    session.run(change)
    for _ in range(2):
        session.run("print(total(3))")
    assert session.host.text.split() == ["12", expected, expected]  # type: ignore[attr-defined]


@pytest.mark.parametrize("tier", TIERS)
def test_numbers_that_stop_being_numbers(tier: str) -> None:
    text = (
        "def f(n):\n    x = ''\n    for i in range(n):\n        x += str(i)\n    return x\n"
        "def range(n):\n    return ['p', 'q']\n"
        "for k in [1, 2, 3, 4, 5]:\n    print(f(2))\n"
    )
    session = session_of(tier, text)
    assert session.host.text.split() == ["pq"] * 5  # type: ignore[attr-defined]


@pytest.mark.parametrize("tier", TIERS)
def test_functions_of_a_module_that_are_set_from_outside(
    tier: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.na").write_text("def price():\n    return 1\ndef all():\n    return price() + price()\n")
    text = (
        "import shop\nfor i in range(5):\n    shop.all()\nprint(shop.all())\n"
        "shop.price = lambda: 10\nprint(shop.all())\nfor i in range(5):\n    shop.all()\nprint(shop.all())\n"
    )
    choose_tier(tier)
    session = Session(Silent())
    session.run_source(Source(text, "main.na", str(tmp_path / "main.na")))
    assert session.host.text.split() == ["2", "20", "20"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("tier", TIERS)
def test_names_of_the_caller(tier: str) -> None:
    text = "def inner():\n    return secret_of_caller + 1\ndef outer(secret_of_caller):\n    twice = 2\n    return inner() * twice\n"
    session = session_of(tier, text + "for i in range(6):\n    print(outer(i))\n")
    assert session.host.text.split() == ["2", "4", "6", "8", "10", "12"]  # type: ignore[attr-defined]


def test_loops_of_functions_that_are_called_once() -> None:
    seen = []
    session = Session(Silent())

    def look() -> None:
        import sys

        frame = sys._getframe()
        while frame is not None:
            seen.append(kind_of_text(frame.f_code))
            frame = frame.f_back  # type: ignore[assignment]

    session.register("look", look)
    choose_tier("auto")
    session.run("def f():\n    for i in range(1):\n        look()\nf()\n")
    assert [kind.__name__ for kind in seen if kind is not None] == ["LoopText"]


@pytest.mark.parametrize("tier", TIERS)
def test_functions_called_like_methods_that_appear_later(tier: str) -> None:
    text = "class A:\n    pass\ndef f(x):\n    try:\n        return x.later()\n    except AttributeError:\n        return 'none'\n"
    session = session_of(tier, text + "for i in range(5):\n    found = f(A())\nprint(found)\n")
    session.run("def later(x):\n    return 'found'\nprint(f(A()))\nprint(f(A()))\n")
    assert session.host.text.split() == ["none", "found", "found"]  # type: ignore[attr-defined]
