"""`dana check`: what is found without running a program, and what is not."""

from __future__ import annotations

import builtins
import re
from pathlib import Path

import pytest
from dana.stdlib import GLOBALS

from dana.check import check
from dana.errors import Diagnostic
from dana.parser import parse
from dana.resolver import resolve
from dana.source import Source
from tests.differential import FOLDER, programs

ROOT = Path(__file__).parent.parent.parent
RECIPE = ROOT.parent / "shared" / "recipe"

KNOWN = {name for name in dir(builtins) if not name.startswith("_")} | {"type_name", "FieldError", *GLOBALS}


def findings(text: str, **options: bool) -> list[Diagnostic]:
    source = Source(text)
    module = parse(source)
    resolution = resolve(module, source)
    return check(module, source, resolution, known=KNOWN.__contains__, suggestions=KNOWN, **options)


def found(text: str) -> list[tuple[str, str]]:
    """Code and marked text of each finding."""
    return [(finding.code, text[finding.start : finding.end]) for finding in findings(text)]


def only(text: str, **options: bool) -> Diagnostic:
    every = findings(text, **options)
    assert len(every) == 1, every
    return every[0]


def notes(finding: Diagnostic) -> list[tuple[str, str]]:
    assert finding.source is not None
    return [(text, finding.source.text[start:end]) for text, start, end in finding.notes]


# Names


def test_undefined_name() -> None:
    finding = only("customer = 1\nprint(custmer)\n")
    assert (finding.code, finding.severity, finding.message) == ("undefined-name", "error", "custmer is not defined")
    assert (finding.hint, finding.line, finding.column) == ("did you mean customer?", 2, 7)


def test_undefined_name_is_reported_once_for_each_function() -> None:
    text = "def f():\n    a()\n    a()\n    return lambda: [a for _ in 'x']\ndef g():\n    a()\na()\n"
    assert [(finding.line, notes(finding)) for finding in findings(text)] == [
        (2, [("used here too, and 1 more time", "a")]),
        (6, []),
        (7, []),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def f(x: Missing) -> list[Absent]: pass", ["Missing", "Absent"]),
        ("class C(Base): pass", ["Base"]),
        ("@decorate\ndef f(): pass", ["decorate"]),
        ("try: pass\nexcept Failure: pass", ["Failure"]),
        ("match 1:\n    case Point(x=0): pass", ["Point"]),
        ("print(f'{a:{b}}')", ["a", "b"]),
        ("class C:\n    n = 1\n    def f(self): return n", ["n"]),
        ("class C:\n    n = 1\n    rows = [n for _ in 'ab']", ["n"]),
        ("def f():\n    global x\n    return x", ["x"]),
        ("[x for x in 'ab']\nprint(x)", ["x"]),
    ],
)
def test_what_is_undefined(text: str, names: list[str]) -> None:
    assert found(text) == [("undefined-name", name) for name in names]


@pytest.mark.parametrize(
    "text",
    [
        "def f(): return later\nlater = 1",
        "def f():\n    global x\n    x = 1\nprint(x)",
        "from lib import *\nprint(anything)",
        "class C:\n    n = 1\n    m = n",
        "def f(T):\n    def g(x: T) -> T: return x\n    return g",
        "class Node:\n    def link(self, other: Node): pass",
        "print(y := 1, y)",
        "print([a for a in 'x' if (b := a)], b)",
        "import a.b\nprint(a.b)",
        "for i in 'x': pass\nprint(i)",
        "match 1:\n    case [x, *y] | {'k': x, **y}: print(x, y)",
        "try: pass\nexcept ValueError as e: print(e)",
        "with open('f') as (a, b): print(a, b)",
        "def f(a, /, *b, c=1, **d): return a, b, c, d",
        "class A:\n    def f(self): return super().f()",
        "x = 1\nprint(x.missing)",
    ],
)
def test_what_is_defined(text: str) -> None:
    assert found(text) == []


CALLER = """\
def outer(engine):
    def run(name):
        context = engine.contexts[name]
        return retry(name), context
    def retry(name):
        context["again"] = name
        return context
    return run
"""


def test_name_from_caller() -> None:
    finding = only(CALLER)
    assert (finding.code, finding.severity, finding.line) == ("name-from-caller", "warning", 6)
    assert finding.message == "context is not defined in retry; it is a variable of run, which calls it"
    assert finding.hint == "pass it as an argument: give retry a parameter context"
    assert notes(finding) == [("context of run", "context"), ("used here too", "context")]
    assert finding.notes[0][1] == CALLER.index("context = ")


def test_name_from_caller_is_an_error_when_strict() -> None:
    assert only(CALLER, strict=True).severity == "error"


@pytest.mark.parametrize(
    "text",
    [
        "def a(x): return b()\ndef b(): return c()\ndef c(): return x",
        "def a():\n    x = [1]\n    return sorted([], key=b), x\ndef b(item): return x",
        "class E:\n    def a(self):\n        x = len('')\n        return self.b(), x\n    def b(self): return x",
        "class E:\n    def __init__(self): self.y = x\ndef a(x): return E()",
        "def a(x): return 'value'.b()\ndef b(text): return text + x",
    ],
)
def test_callers_that_own_a_name(text: str) -> None:
    assert found(text) == [("name-from-caller", "x")]


def test_a_function_that_does_not_call_owns_nothing() -> None:
    assert found("def a():\n    x = len('')\n    return x\ndef b(): return x\n") == [("undefined-name", "x")]


# Code that is never reached


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("def f():\n    return 1\n    print(2)\n    print(3)", "print(2)"),
        ("def f():\n    raise ValueError\n    x()", "x()"),
        ("for a in 'x':\n    continue\n    print(a)", "print(a)"),
        ("while True: pass\nprint(1)", "print(1)"),
        ("while True:\n    for a in 'x': break\nprint(1)", "print(1)"),
        ("def f(a):\n    if a: return 1\n    elif a: raise a\n    else: return 2\n    print(3)", "print(3)"),
        ("def f():\n    try: return 1\n    except ValueError: return 2\n    print(3)", "print(3)"),
        ("def f():\n    try: pass\n    finally: raise ValueError\n    print(3)", "print(3)"),
        ("def f(a):\n    match a:\n        case 1: return 1\n        case _: return 2\n    print(3)", "print(3)"),
        ("if False:\n    print(1)", "print(1)"),
        ("while 0: print(1)", "print(1)"),
        ("if True: pass\nelse: print(1)", "print(1)"),
        ("while True: break\nelse: print(1)", "print(1)"),
    ],
)
def test_unreachable_code(text: str, marked: str) -> None:
    assert [entry for entry in found(text) if entry[0] != "undefined-name"] == [("unreachable-code", marked)]


@pytest.mark.parametrize(
    "text",
    [
        "if True: print(1)",
        "while True:\n    if input(): break\nprint(1)",
        "while True:\n    try: pass\n    except ValueError: break\nprint(1)",
        "def f():\n    with open('f'): return 1\n    print(2)",
        "def f():\n    try: return 1\n    except ValueError: pass\n    print(2)",
        "def f(a):\n    match a:\n        case 1: return 1\n    print(2)",
        "def f(a):\n    if a: return 1\n    print(2)",
        "def f():\n    return\n    yield",
        "def f(a):\n    for b in a: return b\n    print(2)",
    ],
)
def test_code_that_may_be_reached(text: str) -> None:
    assert found(text) == []


# What is never used


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import math", [("unused-import", "math")]),
        ("import a.b.c", [("unused-import", "a")]),
        ("from a import b as c", [("unused-import", "c")]),
        ("def f():\n    import math", [("unused-import", "math")]),
        ("def f():\n    x = 1", [("unused-variable", "x")]),
        ("def f(a):\n    x: int = a\n    x = a + 1", [("unused-variable", "x")]),
        ("def f(a):\n    x = a\n    def g():\n        x = a\n    return g", [("unused-variable", "x")] * 2),
    ],
)
def test_unused(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "import math\nprint(math.pi)",
        "import math\ndef f(): return math.pi",
        "import math as _",
        "from a import b as b",
        "from a import twice\nprint('x'.twice())",
        "from a import T\ndef f(x: T): pass",
        "try: import fast\nexcept ImportError: print('slow')",
        "x = 1",
        "class C:\n    x = 1",
        "def f():\n    _x = 1",
        "def f(a):\n    x, y = a\n    return y",
        "def f(a):\n    for x in a: pass",
        "def f(a):\n    x = a()",
        "def f():\n    x = 1\n    x += 1",
        "def f():\n    x = 1\n    del x",
        "def f():\n    x = 1\n    return lambda: x",
        "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n    return g",
        "def f(a):\n    try: pass\n    except ValueError as e: pass\n    with a as b: pass",
        "def f(a):\n    g = lambda x: x\n    return a.g()",
        "def f():\n    x = 1\n    return f'{x}'",
        "def f(a, b, *c): pass",
        "def f():\n    global x\n    x = 1",
    ],
)
def test_used(text: str) -> None:
    assert found(text) == []


def test_a_package_passes_its_imports_on() -> None:
    source = Source("from .orders import place\n", "shop/__init__.na")
    module = parse(source)
    assert check(module, source, resolve(module, source), known=KNOWN.__contains__) == []


# Calls


@pytest.mark.parametrize(
    ("text", "message", "marked"),
    [
        ("def f(a): pass\nf()", "f() is called without a", "f()"),
        ("def f(a, b, *, c): pass\nf()", "f() is called without a, b and c", "f()"),
        ("def f(a, b=1): pass\nf(1, 2, 3, 4)", "f() takes 1 to 2 positional arguments, got 4", "3, 4"),
        ("def f(): pass\nf(1)", "f() takes no positional arguments, got 1", "1"),
        ("def f(a, *, b=1): pass\nf(1, 2)", "f() takes 1 positional argument, got 2", "2"),
        ("def f(a): pass\nf(1, a=2)", "f() gets a twice", "a"),
        ("def f(a=1): pass\nf(b=2)", "f() has no parameter b", "b"),
        ("def f(a, /): pass\nf(a=2)", "f() takes a by position only", "a"),
        ("def f():\n    def g(a): pass\n    g()", "g() is called without a", "g()"),
        ("class C: pass\nC(1, x=2)", "C() takes no arguments", "1, x=2"),
        ("class C:\n    def __init__(self, a): pass\nC()", "C() is called without a", "C()"),
        ("class B:\n    def __init__(self, a): pass\nclass C(B): pass\nC(a=1, b=2)", "C() has no parameter b", "b"),
        (
            "class C:\n    def f(self, a): pass\n    def g(self): return [self.f() for _ in 'x']",
            "self.f() is called without a",
            "self.f()",
        ),
        (
            "class B:\n    def f(self): pass\nclass C(B):\n    def g(self): self.f(1)",
            "self.f() takes no positional arguments, got 1",
            "1",
        ),
    ],
)
def test_wrong_arguments(text: str, message: str, marked: str) -> None:
    finding = only(text)
    assert (finding.code, finding.severity, finding.message) == ("wrong-arguments", "error", message)
    assert text[finding.start : finding.end] == marked


def test_a_misspelled_keyword_is_one_finding() -> None:
    text = "def order(customer, amount=1): pass\norder(custmer='x')\n"
    finding = only(text)
    assert (finding.message, finding.hint) == ("order() has no parameter custmer", "did you mean customer?")
    assert notes(finding) == [("order is defined here", "order")]


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b=1, *c, d=2, **e): pass\nf(1)\nf(1, 2, 3, d=4, x=5)\nf(b=1, a=2)",
        "def f(a): pass\nf(*x)\nf(**x)\nx = {}",
        "def f(a, /, **b): pass\nf(1, a=2)",
        "@print\ndef f(a): pass\nf()",
        "def f(a): pass\nf = print\nf()",
        "if input():\n    def f(a): pass\nelse:\n    def f(): pass\nf()",
        "def f(a): pass\ndef g(f): f()",
        "class C(Exception): pass\nC(1, 2)",
        "@print\nclass C: pass\nC(1)",
        "class C:\n    __init__ = print\nC(1)",
        "class C:\n    def f(self, a): pass\n    def g(self): self.f = print; self.f()",
        "class C:\n    @staticmethod\n    def f(a): pass\n    def g(self): self.f(1)",
        "class C:\n    def f(self): pass\n    def g(self): self.f(1)\nclass D(C):\n    def f(self, a): pass",
        "class C(Exception):\n    def g(self): self.f(1)",
        "class C:\n    def g(self): self.f(1)\ndef f(c, x): pass",
        "class C:\n    def f(*args): pass\n    def g(self): self.f(1)",
    ],
)
def test_arguments_that_may_fit(text: str) -> None:
    assert [entry for entry in found(text) if entry[0] == "wrong-arguments"] == []


# Single statements and expressions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print({'a': 1, 'b': 2, 'a': 3})", [("duplicate-key", "'a'")]),
        ("print({1: 'a', True: 'b'})", [("duplicate-key", "True")]),
        ("def f(): pass\ndef f(): pass", [("duplicate-definition", "f")]),
        ("class C:\n    def f(self): pass\n    x = 1\n    def f(self): pass", [("duplicate-definition", "f")]),
        ("class C: pass\nclass C: pass", [("duplicate-definition", "C")]),
        ("def f(a): return a == a", [("self-comparison", "a == a")]),
        ("def f(a): return a.b[0] < a.b[0]", [("self-comparison", "a.b[0] < a.b[0]")]),
        ("assert (1, 'message')", [("assert-tuple", "(1, 'message')")]),
        ("def f(a=[], *, b={}): return a, b", [("mutable-default", "[]"), ("mutable-default", "{}")]),
        ("f = lambda a={1}: a", [("mutable-default", "{1}")]),
        ("def f(a): return a is 'x'", [("is-literal", "a is 'x'")]),
        ("def f(a): return 1 is not a", [("is-literal", "1 is not a")]),
        ("def f():\n    try: pass\n    finally:\n        if input(): return 1", [("return-in-finally", "return 1")]),
    ],
)
def test_what_looks_wrong(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected
    assert {finding.severity for finding in findings(text)} == {"warning"}


@pytest.mark.parametrize(
    "text",
    [
        "print({'1': 1, 1: 2, None: 3})",
        "def f(): pass\nprint(f)\ndef f(): pass",
        "def f(): pass\ng = f\ndef f(): return g()",
        "class C: pass\nclass C(C): pass",
        "class C:\n    @property\n    def x(self): pass\n    @x.setter\n    def x(self, v): pass",
        "if input():\n    def f(): pass\nelse:\n    def f(): pass",
        "def f(): pass\nf = print\ndef f(): pass",
        "def f(a): return a != a",
        "def f(a): return a.b == a.c, a[0] == a[1], a() == a()",
        "assert True, 'message'",
        "assert ()",
        "def f(a=(), b=None): return a, b",
        "def f(a): return a is None, a is True, a is ..., [] is not None",
        "def f():\n    try: pass\n    finally:\n        def g(): return 1\n    return g",
    ],
)
def test_what_looks_right(text: str) -> None:
    assert found(text) == []


def test_findings_come_in_the_order_of_the_text() -> None:
    text = "import math\ndef f(a=[]):\n    missing()\n    return a\n    a()\nf(1, 2)\n"
    assert [finding.code for finding in findings(text)] == [
        "unused-import",
        "mutable-default",
        "undefined-name",
        "unreachable-code",
        "wrong-arguments",
    ]


def test_long_chains_need_no_stack() -> None:
    chain = "if a == 0: b = 1\n" + "".join(f"elif a == {n}: b = 2\n" for n in range(700))
    assert found("a = 1\n" + chain + "print(b + " + " + ".join(["a"] * 700) + ")\n") == []


# Whole programs

LIBRARY = """create_workflow_definition generate_test_id workflow_engine execute_regular_step execute_while_loop handle_step_error resolve_loop_items
resolve_value evaluate_expression skip_failed_step determine_escalation_priority send_escalation_notification
track_workflow_metrics filter_metrics_by_time calculate_success_rate calculate_average_execution_time
calculate_system_load add_parallel_execution add_step_caching modify_retry_policies add_early_exit_conditions
create_agent update_coordination_data setup_test_environment generate_test_report""".split()

BUSINESS = ["check_inventory", "process_payment", "create_order_record", "schedule_fulfillment"]


def test_the_recipe() -> None:
    files = sorted(RECIPE.glob("*.na"))
    if not files:
        pytest.skip(f"no programs in {RECIPE}")
    reported: list[str] = []
    for file in files:
        source = Source(file.read_text(encoding="utf-8"), file.name)
        module = parse(source)
        resolution = resolve(module, source)
        known = KNOWN.union(LIBRARY).__contains__
        for finding in check(module, source, resolution, known=known, suggestions=LIBRARY):
            reported.append(f"{file.name[:2]} {finding.code} {source.text[finding.start : finding.end]}")
    assert reported == [*(f"01 undefined-name {name}" for name in BUSINESS), *["05 name-from-caller context"] * 3]


WRONG_ON_PURPOSE = {"argument_messages.na", "arguments.na", "messages.na"}
"""Differential files that catch the errors of wrong calls."""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.na")), ids=lambda path: path.name)
def test_programs_that_run_have_no_errors(path: Path) -> None:
    for program in programs(path.name, path.read_text(encoding="utf-8")):
        errors = [finding for finding in findings(program.text) if finding.severity == "error"]
        if path.name in WRONG_ON_PURPOSE:
            errors = [finding for finding in errors if finding.code != "wrong-arguments"]
        assert errors == [], program


CONFORMANCE = ROOT / "tests" / "conformance"


@pytest.mark.parametrize("path", sorted(CONFORMANCE.glob("*.na")), ids=lambda path: path.name)
def test_errors_stand_where_a_run_fails(path: Path) -> None:
    for text in re.split(r"^---\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
        if re.search(r"# error: [^A-Z]", text):  # refused before a run
            continue
        for finding in findings(text):
            line = text.split("\n")[(finding.line or 0) - 1]
            if not finding.message.startswith("nowhere_"):  # the name of what is missing on purpose
                assert finding.severity == "warning" or "# error: " in line, (finding, text)
