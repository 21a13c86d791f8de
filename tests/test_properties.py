"""Expressions and small programs made by hypothesis print the same in Python and in Dana.

They catch what they raise and print its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.differential import dana_output, python_output
from tests.differential.writer import ERRORS, Place, Writer

SEVERAL = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

START = """\
def report(error):
    print(next(name for kind, name in kinds if isinstance(error, kind)))
steps = 0
def tick():
    global steps
    steps += 1
    if steps > 400:
        raise RuntimeError("too many steps")
"""

MODULE_VARIABLES = {
    "integer": ["a", "b", "c"],
    "text": ["s", "t"],
    "listing": ["xs", "ys"],
    "mapping": ["d", "m"],
}

CALLS = ["f({0})", "f({0}, q={1})", "f(p={0})", "f(*[{0}], **{{'q': {1}}})", "f({0}, {1})", "f({0}, {1}, 5)", "f()"]
GENERATOR_USES = [
    *("next(running)", "next(running, 'end')", "running.send(2)", "running.throw(ValueError('thrown'))"),
    *("list(running)", "running.close()", "sum(flow(1))", "[*flow(2)]"),
]
INSTANCE_USES = [
    *("{0} + {1}", "{0} - {1}", "{0} * 3", "{0} % 3", "{2} + {0}"),
    *("{0} == {1}", "{0} != {2}", "{0} < {1}", "{0} > {1}", "{2} in {0}"),
    *("sorted([{0}, {1}])[0].v", "[{0}].index({1})", "max({0}, {1}).v"),
    *("len({0})", "bool({0})", "{0}[{2}]", "list({0})", "{0}({2})", "isinstance({0}, Derived)"),
    *("{0}.double", "{0}.describe({2})", "({0}.size, {0}.v)", "{0}.nothing_here"),
]
CHANGES = ["x += {0}", "y.v = {0}", "Base.size = {0}", "del y.v", "z.items[0] = {0}", "x.size -= {0}"]


def caught(lines: list[str]) -> list[str]:
    """The statements in a `try` that prints which error ended them."""
    return ["try:", *("    " + line for line in lines), "except Exception as e:", "    report(e)"]


@st.composite
def expressions(draw: Callable[[Any], Any]) -> str:
    """A program that prints some expressions, each on its own."""
    writer = Writer(draw)
    lines = beginning() + [line for _ in range(4) for line in caught([f"print({writer.anything(4)})"])]
    return "\n".join(lines) + "\n"


def beginning() -> list[str]:
    """What all programs define: how they report errors and count their steps."""
    kinds = ", ".join(f"({error}, {error!r})" for error in ERRORS)
    return [f"kinds = [{kinds}]", *START.splitlines()]


def variables(writer: Writer) -> list[str]:
    """Values for the variables of the module, which the writer may read from here on."""
    lines = [f"{name} = {getattr(writer, kind)(0)}" for kind, names in MODULE_VARIABLES.items() for name in names]
    writer.names = {kind: list(names) for kind, names in MODULE_VARIABLES.items()}
    return lines


def ending(writer: Writer) -> list[str]:
    return [f"print({', '.join(name for names in MODULE_VARIABLES.values() for name in names)})"]


@st.composite
def statements(draw: Callable[[Any], Any]) -> str:
    """A program of assignments, loops, branches and attempts."""
    writer = Writer(draw)
    lines = beginning() + variables(writer)
    place = Place(MODULE_VARIABLES)
    for _ in range(writer.number(2, 4)):
        lines += caught([line for _ in range(2) for line in writer.statement(3, place)])
    return "\n".join(lines + ending(writer)) + "\n"


@st.composite
def functions(draw: Callable[[Any], Any]) -> str:
    """A program that defines functions, closures and generators and calls them."""
    writer = Writer(draw)
    lines = beginning() + variables(writer)
    place = Place(MODULE_VARIABLES)
    lines += writer.function("f", place)
    lines += caught([f"print({writer.pick(CALLS).format(writer.integer(1), writer.integer(1))})"])
    lines += writer.closure("pair")
    lines += ["change, read = pair()", "other, look = pair(5)"]
    for _ in range(writer.number(1, 3)):
        lines += caught([f"print({writer.pick(['change', 'other'])}({writer.integer(1)}), read(), look())"])
    lines += writer.generator("flow")
    lines += ["running = flow(3)"]
    started = ["next(running, None)"] if writer.chance(70) else []
    for act in [*started, *(writer.pick(GENERATOR_USES) for _ in range(writer.number(1, 4)))]:
        lines += caught([f"print({act})"])
    lines += ["running.close()"]
    lines += caught(writer.statement(2, place))
    return "\n".join(lines + ending(writer)) + "\n"


@st.composite
def classes(draw: Callable[[Any], Any]) -> str:
    """A program that defines a class and one that derives from it, and uses their operators."""
    writer = Writer(draw)
    lines = beginning() + variables(writer)
    lines += writer.definition("Base", None) + writer.definition("Derived", "Base")
    lines += caught([f"x, y, z = Base({writer.integer(0)}), Derived(3), Derived()"])
    for _ in range(writer.number(4, 8)):
        one, two = writer.pick("xyz"), writer.pick("xyz")
        use = writer.pick(INSTANCE_USES).format(one, two, writer.integer(1))
        lines += caught([f"value = {use}", "print(isinstance(value, Base) or value)"])
    lines += caught([writer.pick(CHANGES).format(writer.integer(1)), "print(y.size, y.v, z.items, Derived.size)"])
    return "\n".join(lines) + "\n"


def assert_same(text: str) -> None:
    assert dana_output(text, "generated.na") == python_output(text, "generated.na")


@SEVERAL
@given(expressions())
def test_expressions(text: str) -> None:
    assert_same(text)


@SEVERAL
@given(statements())
def test_statements(text: str) -> None:
    assert_same(text)


@SEVERAL
@given(functions())
def test_functions(text: str) -> None:
    assert_same(text)


@SEVERAL
@given(classes())
def test_classes(text: str) -> None:
    assert_same(text)
