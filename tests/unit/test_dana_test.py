"""`dana test` beyond what it prints (that is in tests/golden/testing): reports, coverage, watching, the plugin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dana import Session
from dana.cli import execute, main
from dana.errors import Interrupted, UsageError
from dana.evaluation.definitions import Program, Variables
from dana.evaluation.lowering import Lowering
from dana.limits import Limits
from dana.resolver import resolve
from dana.source import Source
from dana.testing import watching
from dana.testing.assertions import ObservedProgram
from dana.testing.collection import matcher
from dana.testing.coverage import Coverage
from dana.testing.environment import Environment
from dana.testing.runner import Outcome, Runner
from dana.tree_cache import parse_cached
from tests.test_conformance import programs
from tests.test_conformance import test_program as run_program

ROOT = Path(__file__).parent.parent.parent
Streams = pytest.CaptureFixture[str]

ORDERS = """\
def total(price, count):
    if count > 10:
        return price * count * 0.9
    return price * count
"""

TESTS = """\
from orders import total

def test_total():
    assert total(2, 3) == 6

def test_wrong():
    print("looking")
    assert total(2, 3) == 7, "wrong"

@fixture
def broken():
    raise ValueError("no \\x00")

def test_error(broken):
    pass
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a program and its tests."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.na").write_text(ORDERS)
    (tmp_path / "test_orders.na").write_text(TESTS)
    return tmp_path


def outcomes(text: str, **settings: object) -> dict[str, Outcome]:
    """What becomes of the tests of a program, by their names."""
    Path("test_it.na").write_text(text)
    with Runner(Environment(Limits(seconds=10), **settings), execute) as runner:  # type: ignore[arg-type]
        found = list(runner.all(["test_it.na"], bool))
    return {each.test.name if each.test else "": each for each in found if isinstance(each, Outcome)}


def said(outcome: Outcome) -> list[str]:
    """The lines that say what an assertion compared."""
    return (outcome.diagnostics[0].hint or "").split("\n")


# Reports


def test_json(capsys: Streams) -> None:
    assert main(["test", "--json", "--coverage"]) == 1
    output, errors = capsys.readouterr()
    result = json.loads(output)
    assert errors == ""
    assert {name: result[name] for name in ("status", "exit", "passed", "failed", "errors", "deselected")} == {
        "status": "failed",
        "exit": 1,
        "passed": 1,
        "failed": 1,
        "errors": 1,
        "deselected": 0,
    }
    wrong = result["tests"][1]
    assert wrong["id"] == "test_orders.na::test_wrong"
    assert (wrong["outcome"], wrong["line"], wrong["output"]) == ("failed", 6, "looking\n")
    problem = wrong["problems"][0]
    assert (problem["message"], problem["hint"]) == ("AssertionError: wrong", "left:  6\nright: 7")
    assert (problem["line"], problem["column"], problem["end_column"]) == (8, 12, 28)
    assert result["coverage"] == [
        {
            "file": "orders.na",
            "lines": 4,
            "lines_run": 3,
            "missed_lines": [3],
            "branches": 2,
            "branches_taken": 1,
            "missed_branches": [{"line": 2, "problem": "is never true"}],
            "percent": 66.7,
        }
    ]


def test_json_with_output_shown(capsys: Streams) -> None:
    assert main(["test", "--json", "-s", "-k", "wrong"]) == 1
    output, errors = capsys.readouterr()
    assert (json.loads(output)["deselected"], errors) == (2, "looking\n")


def test_junit(capsys: Streams) -> None:
    assert main(["test", "--junit", "report.xml"]) == 1
    suite = ElementTree.parse("report.xml").getroot().find("testsuite")
    assert suite is not None
    assert {name: suite.get(name) for name in ("name", "tests", "failures", "errors", "skipped")} == {
        "name": "dana",
        "tests": "3",
        "failures": "1",
        "errors": "1",
        "skipped": "0",
    }
    passed, failed, error = suite.findall("testcase")
    assert (passed.get("classname"), passed.get("name"), passed.get("line")) == ("test_orders", "test_total", "3")
    assert [child.tag for child in passed] == []
    failure, output = failed
    assert (failure.tag, failure.get("message")) == ("failure", "AssertionError: wrong")
    assert "assert total(2, 3) == 7" in (failure.text or "")
    assert "right: 7" in (failure.text or "")
    assert (output.tag, output.text) == ("system-out", "looking\n")
    assert [(child.tag, child.get("message")) for child in error] == [("error", "ValueError: no \\x00")]


def test_junit_that_cannot_be_written(capsys: Streams) -> None:
    assert main(["test", "--junit", "missing/report.xml"]) == 2
    assert capsys.readouterr().err == "error: missing/report.xml cannot be written: no such file or directory\n"


def test_color(capsys: Streams) -> None:
    assert main(["test", "--color", "always"]) == 1
    assert "\x1b[32m.\x1b[0m\x1b[1;31mF\x1b[0m" in capsys.readouterr().out


def test_help(capsys: Streams) -> None:
    assert main(["test", "--help"]) == 0
    text = capsys.readouterr().out
    assert main(["help", "test"]) == 0
    assert capsys.readouterr().out == text
    assert text.startswith("usage: dana test")


def test_wrong_usage(capsys: Streams) -> None:
    assert main(["test", "--coverge"]) == 2
    assert capsys.readouterr().err == "error: dana test has no option --coverge\n  = did you mean --coverage?\n"


def test_json_without_tests(capsys: Streams) -> None:
    assert main(["test", "--json", "-k", "nothing"]) == 2
    output, errors = capsys.readouterr()
    result = json.loads(output)
    assert (result["status"], result["exit"], result["error"]["message"]) == ("usage", 2, "there are no tests")
    assert errors == "error: there are no tests\n  = -k leaves out all 3\n"


# -k


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("order", ["a::order", "a::order_slow", "b::ORDER"]),
        ("order and not slow", ["a::order", "b::ORDER"]),
        ("slow or b::", ["a::order_slow", "b::ORDER", "b::pay"]),
        ("not (order or pay)", ["a::cart"]),
        ("not not cart", ["a::cart"]),
        ("a:: and (slow or cart)", ["a::order_slow", "a::cart"]),
    ],
)
def test_selection(expression: str, wanted: list[str]) -> None:
    names = ["a::order", "a::order_slow", "a::cart", "b::ORDER", "b::pay"]
    assert list(filter(matcher(expression), names)) == wanted


@pytest.mark.parametrize("expression", ["", "and", "a and", "a b", "(a", "a)", "not", "a or or b"])
def test_selection_that_makes_no_sense(expression: str) -> None:
    with pytest.raises(UsageError):
        matcher(expression)


# Assertions


def test_nothing_is_changed_for_other_programs() -> None:
    assert Program.lowering is Lowering


CONFORMANCE = ["assert", "conditional", "for", "generators", "match", "pipelines", "structs", "while", "with"]


@pytest.mark.parametrize("file", CONFORMANCE)
def test_programs_do_the_same_when_they_are_observed(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    coverage, kept = Coverage(), []

    def prepare(session: Session, source: Source, variables: Variables) -> Program:
        module = parse_cached(source)
        resolution = resolve(module, source)
        program = ObservedProgram(source, module, resolution, variables, session.meter, session, refusals={})
        coverage.observe(program)
        coverage.files.clear()  # all of them have one name
        kept.append(program)
        return program

    monkeypatch.setattr(Session, "_prepare", prepare)
    text = (ROOT / "tests" / "conformance" / f"{file}.na").read_text()
    for program in programs(f"{file}.na", text):
        run_program(program)
    assert len(kept) >= 5


def test_recursion_keeps_values_apart() -> None:
    found = outcomes(
        """
def depth(n):
    assert n >= 0 and (n == 0 or depth(n - 1) == n), f"at {n}"
    return n + 1

def test_deep():
    assert depth(30) == 31

def test_wrong():
    assert depth(30) == depth(29)
"""
    )
    assert found["test_deep"].status == "passed"
    assert said(found["test_wrong"]) == ["left:  31", "right: 30"]


@pytest.mark.parametrize(
    ("assertion", "place", "lines"),
    [
        ("5 < x < 10", "5 < x", ["left:  5", "right: 3"]),
        ("1 < x < 3", "x < 3", ["left:  3", "right: 3"]),
        ("1 < x < y < 5", "x < y", ["left:  3", "right: 0"]),
        ("x and y and 5", "y", ["y is 0"]),
        ("x == 3 and 0", "0", [""]),
        ("y or x == 4", "y or x == 4", ["y:", "y is 0", "x == 4:", "left:  3", "right: 4"]),
        ("not (x and not y)", "not (x and not y)", ["y is 0"]),
        ("not x == 3", "not x == 3", ["left:  3", "right: 3"]),
        ("false", "false", [""]),
        ("(lambda: y)()", "(lambda: y)()", ["(lambda: y)() is 0"]),
        ("[*range(y)]", "[*range(y)]", ["[*range(y)] is []", "where range(y) is range(0, 0)", "where y is 0"]),
        ("{'a': x}['a'] == -x", "{'a': x}['a'] == -x", ["left:  3", "right: -3", "where x is 3"]),
        ("f'{x}' == f'{y}'", "f'{x}' == f'{y}'", ["left:  '3'", "right: '0'"]),
        ("max(x, y, key=lambda n: -n)", "max(x, y, key=lambda n: -n)", None),
        ("'abc'[y:x:2] == 'a'", "'abc'[y:x:2] == 'a'", None),
        (
            "(4 if y else x) == (z := 5)",
            "(4 if y else x) == (z := 5)",
            ["left:  3", "right: 5", "where y is 0", "where x is 3"],
        ),
    ],
)
def test_what_decided(assertion: str, place: str, lines: list[str] | None) -> None:
    found = outcomes(f"def test_it(x=3, y=0):\n    assert {assertion}\n")["test_it"].diagnostics[0]
    assert found.source is not None
    assert found.source.text[found.start : found.end] == place
    if lines is not None:
        assert (found.hint or "").split("\n") == lines


def test_assertions_that_are_caught_are_forgotten() -> None:
    found = outcomes(
        """
def test_caught():
    for i in range(500):
        try:
            assert i < 0
        except AssertionError:
            pass
    assert i == 0
"""
    )["test_caught"]
    assert said(found)[0] == "left:  499"


def test_functions_that_run_at_once() -> None:
    found = outcomes(
        """
def look(n):
    for i in range(200):
        assert i + n != 100 + n or n == 3, f"flow {n}"
    return n

def test_flows():
    parallel_map(look, [3, 3, 3, 3])
    parallel_map(look, [3, 7, 3])
"""
    )["test_flows"]
    assert found.diagnostics[0].message == "AssertionError: flow 7"
    assert said(found)[:3] == ["i + n != 100 + n:", "left:  107", "right: 107"]


def test_in_generators_classes_and_hot_loops() -> None:
    found = outcomes(
        """
class Order:
    assert 1 + 1 == 2
    def __init__(self, price):
        self.price = price
    def check(self, most):
        assert self.price <= most
        return true

def prices():
    got = 0
    while true:
        got = yield got
        assert got < 5

def test_all():
    flow = prices()
    for i in range(9):
        assert Order(i).check(10)
    assert next(flow) == 0 and flow.send(3) == 3
    flow.send(7)
"""
    )["test_all"]
    assert said(found) == ["left:  7", "right: 5"]


def test_calls_of_models_overlap_as_ever() -> None:
    found = outcomes(
        """
def test_asks(model):
    model.answer("a", "b", 3, "x", "y")
    first = reason("one")
    assert first == "a" and reason("two", returns=str) == "b"
    assert reason("how many?", returns=int) > 2
    assert [reason("p"), reason("q")] == ["x", "z"]
"""
    )["test_asks"]
    assert said(found)[:3] == ["left:  ['x', 'y']", "right: ['x', 'z']", "[1]: 'y' is not 'z'"]


def test_values_whose_text_fails_or_never_ends() -> None:
    found = outcomes(
        """
class Odd:
    def __repr__(self):
        raise KeyError("no")

class Endless:
    def __repr__(self):
        while true:
            pass

def test_odd():
    assert Odd() is none

def test_endless():
    assert Endless() is none
"""
    )
    assert said(found["test_odd"])[0] == "left:  <its __repr__ failed: KeyError>"
    assert found["test_endless"].diagnostics[0].code == "limit"


def test_values_that_hold_themselves() -> None:
    found = outcomes(
        """
def test_lists():
    a = [1]
    a.append(a)
    b = [2]
    b.append(b)
    assert a == b
"""
    )["test_lists"]
    assert found.status == "failed"


def test_methods_of_programs_are_not_called_to_compare() -> None:
    found = outcomes(
        """
class Key:
    asked = 0
    def __init__(self, name):
        self.name = name
    def __eq__(self, other):
        Key.asked += 1
        return false

def test_keys():
    try:
        assert [Key("a"), {"k": Key("b")}] == [Key("a"), {"k": Key("b")}]
    finally:
        print(Key.asked)
"""
    )["test_keys"]
    assert found.output == "1\n"


# What tests find


def test_sessions_are_fresh_and_folders_go(tmp_path: Path) -> None:
    found = outcomes(
        """
seen = []

def test_a(tmp):
    seen.append(tmp)
    file_operation({"operation": "write", "path": f"{tmp}/a", "content": "a"})
    print(tmp)

def test_b(tmp):
    assert seen == []
    print(tmp)
"""
    )
    assert [each.status for each in found.values()] == ["passed", "passed"]
    first, second = (each.output.strip() for each in found.values())
    assert first != second
    assert first.startswith(os.path.realpath(tempfile.gettempdir()))
    assert not os.path.exists(first)
    assert not os.path.exists(os.path.dirname(os.path.dirname(first)))
    assert not (tmp_path / ".dana").exists()


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEA_KEY", "green-leaves")
    found = outcomes(
        """
def test_secret():
    secret("TEA_KEY")
    print("green-leaves")
    assert "green-leaves" == 1, "green-leaves"
""",
        granted={"env": ["TEA_KEY"]},
    )["test_secret"]
    assert found.output == "<secret TEA_KEY>\n"
    assert found.diagnostics[0].message == "AssertionError: <secret TEA_KEY>"
    assert said(found)[0] == "left:  '<secret TEA_KEY>'"


def test_real_model_where_it_is_named(capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    Path("test_orders.na").write_text("def test_a():\n    reason('hello')\n")
    assert main(["test", "--model", "openai/gpt-5"]) == 1
    assert "OPENAI_API_KEY" in capsys.readouterr().out


def test_configuration_of_the_project_is_for_runs(project: Path) -> None:
    (project / "dana.toml").write_text(
        '[model]\nprovider = "openai"\nmodel = "gpt-5"\nfallback = ["ollama/x"]\n[permissions]\nread = ["."]\n'
    )
    found = outcomes(
        """
def test_model(model):
    model.answer("yes")
    assert reason("Ready?") == "yes"
    reason("Again?")

def test_file():
    file_operation({"operation": "read", "path": "orders.na"})
"""
    )
    message = found["test_model"].diagnostics[0].message
    assert message == "ReasonError: the test has no answer left for the prompt: Again?, asked at test_it.na:5"
    assert found["test_file"].diagnostics[0].message.startswith("PermissionError: reading orders.na needs --allow-read")


def test_answers_are_not_kept_for_others() -> None:
    text = """
@cases(["a", "b"])
def test_cached(said, model):
    model.answer(said)
    assert reason("the same", cache=true) == said
"""
    assert [each.status for each in outcomes(text).values()] == ["passed", "passed"]


def test_limits(capsys: Streams) -> None:
    Path("test_orders.na").write_text("def test_a():\n    for i in range(9999):\n        pass\n")
    assert main(["test", "--max-steps", "100"]) == 1
    assert "took more than 100 steps" in capsys.readouterr().out


def test_interrupted_from_outside() -> None:
    Path("test_it.na").write_text("def test_a():\n    while true:\n        pass\n")

    def cancelled(session: object, run: object) -> None:
        import threading

        ended = threading.Event()

        def cancel() -> None:
            while not ended.wait(0.1):  # a session that is cancelled before it runs would not know
                session.cancel()  # type: ignore[attr-defined]

        threading.Thread(target=cancel, daemon=True).start()
        try:
            run()  # type: ignore[operator]
        finally:
            ended.set()

    with Runner(Environment(Limits()), cancelled) as runner, pytest.raises(Interrupted):
        list(runner.all(["test_it.na"], bool))


def test_marks_do_nothing_in_other_runs(capsys: Streams) -> None:
    Path("demo.na").write_text("@fixture\n@cases([1])\ndef f(x):\n    return x\nprint(f(2), f.cases)\n")
    assert main(["run", "demo.na"]) == 0
    assert capsys.readouterr().out == "2 [1]\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("@cases(3)\ndef test_a(x): pass", "TypeError: cases() takes a list of values that is not empty, not int"),
        ("@cases([])\ndef test_a(x): pass", "TypeError: cases() takes a list of values that is not empty, not list"),
        ("@fixture\nclass A: pass", "TypeError: fixture marks a function that a program defines, not type"),
        ("cases([1])(3)", "TypeError: cases marks a function that a program defines, not int"),
    ],
)
def test_wrong_marks(text: str, problem: str) -> None:
    assert outcomes(text)[""].diagnostics[0].message == problem


# Coverage


def test_coverage_of_all_statements(capsys: Streams) -> None:
    Path("orders.na").write_text(
        """\
def all_of(xs, stop=false):
    found = []
    for x in xs:
        if x == 1:
            found.append(x)
        elif x == 2:
            found.append(-x)
        else:
            continue
        if stop: break
    else:
        found.append(0)
    while found and not stop:
        found.pop()
    with Quiet() as q:
        pass
    try:
        raise ValueError(q)
    except ValueError:
        found = "a" if stop else "b"
    finally:
        assert found
    return found

resource Quiet:
    name: str = "q"

interface Thing:
    def act() -> str

unused = lambda: 1
"""
    )
    Path("test_orders.na").write_text(
        "from orders import all_of\n\n"
        "def test_a():\n    assert all_of([1, 2, 3]) == 'b'\n    assert all_of([1], true) == 'a'\n"
    )
    assert main(["test", "--coverage", "--json"]) == 0
    (figures,) = json.loads(capsys.readouterr().out)["coverage"]
    assert figures["missed_lines"] == []
    assert figures["missed_branches"] == []
    assert (figures["lines_run"], figures["branches"], figures["percent"]) == (figures["lines"], 12, 100.0)


# --watch


def test_changes_are_seen(project: Path) -> None:
    before = watching.stamps()
    assert sorted(before) == ["orders.na", "test_orders.na"]

    def pause(seconds: float) -> None:
        (project / "new.na").write_text("")
        (project / "orders.na").unlink()
        (project / ".hidden").mkdir()
        (project / ".hidden" / "a.na").write_text("")

    assert watching.changed(before, pause) == ["new.na", "orders.na"]


def test_watching_runs_again(capsys: Streams, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pause(seconds: float) -> None:
        text = (project / "orders.na").read_text()
        if "broken" in text:
            raise KeyboardInterrupt
        (project / "orders.na").write_text(text + "\nbroken = nobody\n")

    monkeypatch.setattr(watching.changed, "__defaults__", (pause,))
    assert main(["test", "--watch", "-k", "total"]) == 130
    output, errors = capsys.readouterr()
    assert output.startswith("test_orders.na .\n\n1 passed, 2 not wanted\n")
    assert "NameError: name 'nobody' is not defined" in output
    assert "changed: orders.na\n" in errors
    assert errors.endswith("interrupted\n")


# The plugin of pytest


def run_pytest(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What pytest does with the plugin in the current folder, whose checkout of Dana is this one."""
    here = os.getcwd()
    options = ["-q", "-c", os.devnull, "--rootdir", here, "-p", "dana.pytest_plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, here, *arguments]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # others may not know tests that are no functions
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=alone)


def test_plugin(project: Path) -> None:
    (project / "test_python.py").write_text("def test_python():\n    pass\n")
    (project / "test_syntax.na").write_text("def test_a()\n    pass\n")
    done = run_pytest("--continue-on-collection-errors")
    assert done.returncode == 1
    assert "2 failed, 2 passed, 1 error" in done.stdout
    assert "AssertionError: wrong\n  = left:  6\n    right: 7\n" in done.stdout
    assert "Captured stdout call" in done.stdout
    assert "looking" in done.stdout
    assert "error: expected ':' after def" in done.stdout
    assert ".py:" not in done.stdout.replace("test_python.py:", "")  # nobody sees Dana's own code


def test_plugin_selects_as_pytest_does(project: Path) -> None:
    done = run_pytest("-k", "total", "--junitxml", str(project / "report.xml"))
    assert (done.returncode, "1 passed, 2 deselected" in done.stdout) == (0, True)
    case = ElementTree.parse(project / "report.xml").getroot().find("testsuite/testcase")
    assert case is not None
    assert case.get("name") == "test_total"


def test_plugin_does_nothing_without_tests() -> None:
    program = (
        "import sys, pytest\n"
        "code = pytest.main(['-q', '-c', '/dev/null', '-p', 'no:dana', '-p', 'dana.pytest_plugin', sys.argv[1]])\n"
        "print(int(code), [name for name in sys.modules if name.startswith('dana')])\n"
    )
    os.remove("test_orders.na")
    done = subprocess.run([sys.executable, "-c", program, os.getcwd()], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "5 ['dana', 'dana.pytest_plugin']"
