"""Waiting that overlaps: a program prints the same whether its model answers at once or takes its time."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from dana import DanaError, Host, LimitError, Limits, Session
from dana.errors import Interrupted
from dana.permissions import Permissions
from tests.models.delayed import Delayed, Scripted, Server

CALLS = """
for _ in range(5):
    try:
        print("->", f())
    except Exception as _error:
        print("!!", type_name(_error), str(_error).split(",")[0])
"""
"""Functions are compiled anew when they are hot: each is called several times."""

PROGRAMS = [
    pytest.param(program.strip("\n"), id=f"{path.stem}: {program.strip().splitlines()[0].removeprefix('# ')}")
    for path in sorted((Path(__file__).parent / "overlap").glob("*.txt"))
    for program in path.read_text("utf-8").split("\n---\n")
]


class Printed(Host):
    """A host that keeps what is printed, and what has an effect."""

    def __init__(self) -> None:
        super().__init__(lambda: Permissions(net=["127.0.0.1"]))
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def write_log(self, line: str) -> None:
        pass


def session_with(model: Scripted, limits: Limits | None = None) -> tuple[Session, Printed]:
    host = Printed()
    session = Session(host, limits=limits or Limits())
    default = session.models.create(provider="scripted", answers=[])
    default._transport = model
    session.models.default = default
    session.register("effect", lambda *given: host.write(f"effect {given}\n"))
    return session, host


def outcome(program: str, model: Scripted) -> str:
    """What a program prints, and the error that ends it with its place."""
    session, host = session_with(model)
    for text in program.split("\n===\n"):
        try:
            session.run(text + CALLS if "def f(" in text else text, "demo.na")
        except DanaError as error:
            diagnostic = error.diagnostic
            host.write(f"{diagnostic.message.split(', asked')[0]} at {diagnostic.start}")
    return host.text


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_tells_that_a_call_was_in_progress(program: str) -> None:
    delayed = Delayed()
    assert outcome(program, delayed) == outcome(program, Scripted())
    at_rest(delayed)


FORMS = {
    "assignments": "".join(f'a{i} = reason("n{i}")\n' for i in range(16))
    + f"print([{', '.join(f'a{i}' for i in range(16))}])",
    "list": f"print([{', '.join(f'reason({chr(34)}n{i}{chr(34)})' for i in range(16))}])",
    "comprehension": 'print([reason(f"n{i}") for i in range(16)])',
    "arguments": "def all_of(*given):\n    return list(given)\n"
    + f"print(all_of({', '.join(f'reason({chr(34)}n{i}{chr(34)})' for i in range(16))}))",
    "dict": 'print(list({i: reason(f"n{i}") for i in range(16)}.values()))',
}


@pytest.mark.parametrize("form", FORMS)
def test_sixteen_calls_are_under_way_at_once(form: str) -> None:
    model = Delayed(together=16)
    assert outcome(FORMS[form], model) == f"{[f'n{i}!' for i in range(16)]}\n"
    assert model.most == 16


def test_sixteen_requests_are_under_way_at_an_endpoint() -> None:
    host = Printed()
    with Server(together=16) as server:
        Session(host).run(
            f"create_llm_resource(base_url={server.base_url!r}, model='m', api_key='k')\n"
            'print([reason(f"n{i}") for i in range(40)] == [f"n{i}!" for i in range(40)])'
        )
        assert host.text == "True\n"
        assert server.most == 16
        assert sorted(server.asked) == sorted(f"n{i}" for i in range(40))


def test_no_more_than_the_model_allows_are_under_way() -> None:
    host = Printed()
    with Server() as server:
        Session(host).run(
            f"create_llm_resource(base_url={server.base_url!r}, model='m', api_key='k', concurrency=3)\n"
            'print(len([reason(f"n{i}") for i in range(12)]))'
        )
        assert host.text == "12\n"
        assert server.most <= 3


NEVER_ANSWERED = {
    "variables": 'a = reason("never a")\nb = reason("never b")\nprint(a, b)',
    "comprehension": 'print([reason("never") for i in range(5)])',
    "display": 'print([reason("never"), reason("never b")])',
    "arguments": 'print(reason("never"), reason("never b"))',
    "handlers": """
def f():
    try:
        a = reason("never")
        b = reason("never")
        return a
    except Exception:
        print("caught")
    finally:
        print("final")
f()
""",
    "parallel": 'print([reason("never"), parallel_map(lambda i: reason("never"), range(5))])',
}


@pytest.mark.parametrize("program", NEVER_ANSWERED.values(), ids=NEVER_ANSWERED)
def test_a_deadline_ends_calls_in_progress(program: str) -> None:
    model = Delayed()
    session, host = session_with(model, Limits(seconds=0.01))
    with pytest.raises(LimitError, match=r"error: the program ran longer than 0\.01 s"):
        session.run(program)
    assert host.text == ""
    given_up(model)


@pytest.mark.parametrize("program", NEVER_ANSWERED.values(), ids=NEVER_ANSWERED)
def test_an_interruption_ends_calls_in_progress(program: str) -> None:
    model = Delayed()
    session, host = session_with(model)

    def cancel() -> None:
        while not model.under_way:  # a session that is cancelled before it runs would not know
            time.sleep(0.01)
        session.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(Interrupted):
        session.run(program)
    assert host.text == ""
    given_up(model)


def test_a_failure_gives_up_the_calls_that_were_made_after_it() -> None:
    for program in (
        'a = reason("fail")\nb = reason("never")\nprint(a, b)',
        '[reason("fail"), reason("never")]',
        '[reason(word) for word in ["fail", "never", "never"]]',
        'print(reason("fail"), reason("never"))',
    ):
        model = Delayed()
        assert outcome(program, model).startswith("ReasonError: no answer to fail")
        given_up(model)


def given_up(model: Delayed) -> None:
    """What was under way is ended, and only that."""
    at_rest(model)
    assert all(prompt.startswith("never") for prompt in model.cancelled)


def at_rest(model: Delayed) -> None:
    """Nothing is under way any more, once the background has had its turn."""
    for _ in range(5000):
        if not model.under_way:
            break
        threading.Event().wait(0.001)
    assert model.under_way == 0


def test_functions_that_run_at_once() -> None:
    first = 'reason("begin")\n'  # the background is made by the program's own thread
    for program, printed, most in (
        ('print(parallel(lambda: reason("one"), lambda: reason("two")))', "['one!', 'two!']\n", 2),
        (
            'print(parallel_map(lambda i: reason(f"n{i}"), range(100), limit=20) == [f"n{i}!" for i in range(100)])',
            "True\n",
            16,
        ),
        (
            'print(parallel_map(lambda i: parallel(lambda: reason(f"a{i}"), lambda: reason(f"b{i}")), range(2)))',
            "[['a0!', 'b0!'], ['a1!', 'b1!']]\n",
            4,
        ),
        (
            'print(parallel_map(lambda i: [reason(f"{i}{j}") for j in range(4)], range(2))[1])',
            "['10!', '11!', '12!', '13!']\n",
            8,
        ),
    ):
        model = Delayed()
        session, host = session_with(model)
        session.run(first)
        model.together = most
        session.run(program)
        assert host.text == printed
        assert model.most == most


def test_errors_of_functions_that_run_at_once() -> None:
    for program, message in (
        ('parallel(lambda: reason("fail one"), lambda: reason("fail two"))', "ReasonError: no answer to fail one"),
        ("def f(i):\n    raise ValueError(i)\nparallel_map(f, range(1))", "ValueError: 0"),
        (
            "def f(i):\n    if i > 2:\n        raise ValueError('late')\nparallel_map(f, range(100), limit=2)",
            "ValueError: late",
        ),
        (
            "parallel(1)",
            "TypeError: parallel() calls functions, not int; write lambda: ... around a value",
        ),
        ("parallel_map(len, [], limit=0)", "ValueError: limit must be a whole number from 1 to 256, not 0"),
        (
            'def f():\n    a = reason("fail")\n    parallel(lambda: print("no"), len)\nf()',
            "ReasonError: no answer to fail",
        ),
    ):
        assert outcome(program.replace("def f():", "def g():").replace("\nf()", "\ng()"), Delayed()).startswith(message)


def test_limits_of_functions_that_run_at_once() -> None:
    forever = "def f(i):\n    while True:\n        pass\nparallel_map(f, range(4))"
    for limits, message in (
        (Limits(steps=50_000), "the program took more than 50,000 steps"),
        (Limits(seconds=0.05), "the program ran longer than 0.05 s"),
    ):
        session, _ = session_with(Delayed(), limits)
        with pytest.raises(LimitError) as caught:
            session.run(forever)
        assert caught.value.diagnostic.message == message
        assert len(session.meter.depth) == limits.depth


def test_the_value_of_a_program_is_never_a_call_in_progress() -> None:
    session, _ = session_with(Delayed())
    assert session.evaluate('a = reason("one")\nb = reason("two")\n[a, b]') == ["one!", "two!"]
    session.run('c = reason("three")')
    assert session.evaluate("c") == "three!"
    assert type_of(session.variables, "c") is str
    session.run('def later(x):\n    d = reason("four")\n    return [d, x]')
    assert session.call("later", 1) == ["four!", 1]


def type_of(variables: dict[str, Any], name: str) -> type:
    return type(variables[name])
