"""The API: sessions, values in and out, limits, interruption, modules."""

from __future__ import annotations

import datetime
import threading
from pathlib import Path

import pytest

from dana import DanaError, LimitError, Limits, ProgramError, Session, UncaughtError
from dana.errors import Interrupted
from tests.hosts import Capture


def run(text: str, **options: object) -> Capture:
    host = Capture()
    Session(host, **options).run(text, "demo.na")  # type: ignore[arg-type]
    return host


def failure(text: str, kind: type[DanaError] = UncaughtError, **options: object) -> DanaError:
    with pytest.raises(kind) as caught:
        run(text, **options)
    return caught.value


def test_programs_of_a_session_share_their_variables() -> None:
    host = Capture()
    session = Session(host)
    session.run("def price():\n    return tax() + 1")
    session.run("def tax():\n    return 2\nprint(price())")
    assert host.printed == "3\n"


def test_sessions_do_not_share_anything() -> None:
    Session(Capture()).run("len = 5\nlist_of = [1]")
    assert run("print(len([1]))").printed == "1\n"
    assert failure("list_of").diagnostic.message == "NameError: name 'list_of' is not defined"


def test_call_takes_and_gives_plain_data() -> None:
    session = Session(Capture())
    session.run("def swap(pair, scale=1):\n    a, b = pair\n    return {'first': b * scale, 'rest': (a,)}")
    assert session.call("swap", [1, 2], scale=10) == {"first": 20, "rest": (1,)}
    with pytest.raises(NameError):
        session.call("swop")
    with pytest.raises(UncaughtError, match="division by zero"):
        session.run("def f():\n    return 1 / 0")
        session.call("f")
    with pytest.raises(TypeError, match="cannot enter a program"):
        session.call("swap", object())


def test_call_says_what_is_wrong() -> None:
    session = Session(Capture())
    session.run("def price(x):\n    return len([x])\nRATE = 2\nprice(1)")
    for name, message in [
        ("prise", "no program of this session has defined the function 'prise'; did you mean price?"),
        ("len", "no program of this session has defined the function 'len'"),
    ]:
        with pytest.raises(NameError) as missing:
            session.call(name, 1)
        assert str(missing.value) == message
    with pytest.raises(TypeError) as wrong:
        session.call("RATE")
    assert str(wrong.value) == "'RATE' is no function but a value of the type int"


def test_functions_that_a_call_gives_can_be_called() -> None:
    session = Session(Capture(), limits=Limits(steps=1000))
    session.run(
        "def adder(n):\n    def add(x):\n        'Adds.'\n        return sorted([x + n])\n    return add\n"
        "def table():\n    return {'wrong': lambda: 1 / 0, 'endless': [endless]}\n"
        "def endless():\n    while true:\n        pass\ndef same(f):\n    return f\ndef use(f):\n    return f(5)"
    )
    add = session.call("adder", 2)
    assert (add(3), add(x=4), add.__name__, add.__doc__, repr(add)) == (
        [5], [6], "add", "Adds.", "<function add of a Dana program>"
    )  # fmt: skip
    assert session.call("same", add) == add
    assert session.call("use", add) == [7]
    with pytest.raises(UncaughtError, match="division by zero"):
        session.call("table")["wrong"]()
    with pytest.raises(TypeError, match="cannot enter a program"):
        add(object())
    found = []
    thread = threading.Thread(target=lambda: found.append(add(1)))
    thread.start()
    thread.join()
    assert found == [[3]]
    with pytest.raises(LimitError):
        session.call("table")["endless"][0]()


def test_moments_and_what_is_shared_cross() -> None:
    session = Session(Capture())
    session.run("def year(moment):\n    return moment.year\ndef same(x):\n    return x")
    assert session.call("year", datetime.datetime(2026, 5, 1)) == 2026
    nested: list[object] = [1]
    for _ in range(60):
        nested = [nested, nested]
    copy = session.call("same", nested)
    assert copy is not nested
    assert copy[0] is copy[1]


def test_arguments_are_copied_on_their_way_in() -> None:
    session = Session(Capture())
    session.run("def add(items):\n    items.append(1)\n    return items")
    given = [0]
    assert session.call("add", given) == [0, 1]
    assert given == [0]


def test_registered_functions_are_called_by_name() -> None:
    host = Capture()
    session = Session(host)
    session.register("stock", lambda sku: {"sku": sku, "count": 3})
    session.run("print(stock('a')['count'], 'b'.stock()['sku'])")
    assert host.printed == "3 b\n"
    session.register("leak", lambda: open)
    with pytest.raises(UncaughtError, match="cannot enter a program"):
        session.run("leak()")


def test_evaluate_gives_the_last_value() -> None:
    session = Session(Capture())
    assert session.evaluate("x = 3\nx * 2") == 6
    assert session.evaluate("x") == 3
    assert session.evaluate("y = 1") is None
    assert session.evaluate("") is None


def test_arguments_of_the_command_are_variables() -> None:
    assert run("print(name, count + 1)", settings={"arguments": {"name": "Ada", "count": 2}}).printed == "Ada 3\n"


@pytest.mark.parametrize(
    ("text", "message", "limits"),
    [
        ("def f(n):\n    return f(n + 1)\nf(0)", "calls are nested more than 1,000 deep", {}),
        ("def f(n):\n    return f(n + 1)\nf(0)", "calls are nested more than 50 deep", {"depth": 50}),
        ("while True:\n    pass", "the program took more than 10,000 steps", {"steps": 10_000}),
        ("while True:\n    pass", "the program ran longer than 0.05 s", {"seconds": 0.05}),
        ("sum(i for i in range(10 ** 13))", "the program took more than 10,000 steps", {"steps": 10_000}),
        ("'a' * 10 ** 10", "a text of 10,000,000,000 characters is over the limit of 64,000,000", {}),
        ("[0] * 10 ** 10", "a container of 10,000,000,000 items is over the limit of 10,000,000", {}),
        ("9 ** 9 ** 9", "an int of 1,162,261,467 bits is over the limit of 1,000,000", {}),
        ("1 << 10 ** 9", "an int of 1,000,000,001 bits is over the limit of 1,000,000", {}),
        ("x = 2\nwhile True:\n    x = x * x", "an int of 1,048,577 bits is over the limit of 1,000,000", {}),
        ("x = 'ab'\nwhile True:\n    x += x", "a text of 67,108,864 characters is over the limit of 64,000,000", {}),
        (
            "x = 'ab'\nwhile True:\n    x = f'{x}{x}'",
            "a text of 67,108,864 characters is over the limit of 64,000,000",
            {},
        ),
        (
            "x = [0]\nwhile True:\n    x = x + x",
            "a container of 1,024 items is over the limit of 1,000",
            {"items": 1_000},
        ),
    ],
)
def test_limits_end_the_program(text: str, message: str, limits: dict[str, float]) -> None:
    error = failure(text, LimitError, limits=Limits(**limits))  # type: ignore[arg-type]
    if "over the limit of 1,000" in message and "1,024" in message:
        return  # small sizes are not looked at
    assert error.diagnostic.message == message
    assert error.diagnostic.code == "limit"


def test_no_part_of_a_script_sees_a_limit() -> None:
    text = """
try:
    while True:
        pass
except Exception:
    print("caught")
finally:
    print("finally")
"""
    host = Capture()
    with pytest.raises(LimitError):
        Session(host, limits=Limits(steps=5_000)).run(text)
    text = """
class Manager:
    def __enter__(self):
        pass
    def __exit__(self, *error):
        print("exit")
        return True
with Manager():
    while True:
        pass
"""
    with pytest.raises(LimitError):
        Session(host, limits=Limits(steps=5_000)).run(text)
    assert host.printed == ""


def test_a_session_goes_on_after_a_limit() -> None:
    host = Capture()
    session = Session(host)
    for _ in range(3):
        with pytest.raises(LimitError):
            session.run("def f():\n    return f()\nf()")
    session.run("def g(n):\n    return 0 if n == 0 else 1 + g(n - 1)\nprint(g(900))")
    assert host.printed == "900\n"


def test_recursion_to_the_depth_that_is_promised() -> None:
    assert run("def g(n):\n    return 0 if n == 0 else 1 + g(n - 1)\nprint(g(999))").printed == "999\n"


def test_more_depth_needs_a_thread_with_more_stack() -> None:
    host = Capture()
    session = Session(host, limits=Limits(depth=4_000), stack=64_000_000)
    before = threading.stack_size(64_000_000)
    thread = threading.Thread(
        target=session.run, args=("def g(n):\n    return 0 if n == 0 else 1 + g(n - 1)\nprint(g(3000))",)
    )
    thread.start()
    threading.stack_size(before)
    thread.join()
    assert host.printed == "3000\n"


def test_another_thread_can_stop_a_run() -> None:
    session = Session(Capture())
    session.register("begun", threading.Timer(0.05, session.cancel).start)
    with pytest.raises(Interrupted):
        session.run("begun()\nwhile True:\n    pass")
    session.run("x = 1")


def test_names_from_a_caller_are_read_with_a_warning_and_never_written() -> None:
    text = (
        "def inner():\n    return context\ndef outer():\n    context = 5\n    return inner()\nprint(outer(), outer())"
    )
    host = run(text)
    assert host.printed == "5 5\n"
    assert host.logged == [
        "warning: demo.na:2:12: context is not defined in inner; its value is taken from the caller outer; "
        "pass it as an argument"
    ]
    error = failure(text, strict=True)
    assert error.diagnostic.message == "NameError: name 'context' is not defined"


def test_errors_tell_where() -> None:
    error = failure("def f(d):\n    return d['pirce'] // 2\nitems = {'price': 3}\nfor _ in [1]:\n    f(items)\n")
    diagnostic = error.diagnostic
    assert diagnostic.message == "KeyError: 'pirce'"
    assert diagnostic.hint == "did you mean 'price'?"
    places = [(frame.function, frame.source.position(frame.start)) for frame in diagnostic.frames]
    assert places == [("", (5, 5)), ("f", (2, 12))]


@pytest.mark.parametrize("calls", [1, 2, 5, 20])
def test_errors_tell_where_also_in_code_that_runs_often(calls: int) -> None:
    text = f"""
def f(n):
    total = 10
    for i in range(n):
        if i % 2 == 0:
            total = total + i * (7 // (n - i - 1))
    return total
for n in range({calls}):
    try:
        f(n)
    except ZeroDivisionError as error:
        pass
f(1)
"""
    diagnostic = failure(text).diagnostic
    assert (diagnostic.line, diagnostic.column) == (6, 34)
    assert diagnostic.source is not None
    assert diagnostic.source.text[diagnostic.start : diagnostic.end] == "7 // (n - i - 1)"


def test_modules_are_files_beside_the_program(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "prices.na").write_text(
        "print('loaded')\ntable = {'a': 3}\ndef of(sku):\n    return table[sku]\n"
    )
    (tmp_path / "tools.na").write_text(
        "import shop.prices as prices\nfrom math import floor\ndef total():\n    return prices.of('a')\n"
    )
    main = tmp_path / "main.na"
    main.write_text(
        "import shop.prices\nimport tools\nfrom tools import total, floor\n"
        "shop.prices.table['a'] = 9\nprint(shop.prices.of('a'), tools.total(), total(), floor(2.5))\n"
    )
    host = Capture()
    from dana.session import read_source

    Session(host).run_source(read_source(str(main)))
    assert host.printed == "loaded\n9 9 9 2\n"


def test_what_a_module_used_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "m.na").write_text("count = len([1])\n")
    session = Session(Capture())
    session.run("import m", path=str(tmp_path / "main.na"))
    session.run("print(m.count)")
    with pytest.raises(UncaughtError, match="module 'm' has no attribute 'len'"):
        session.run("m.len")


def test_the_library_cannot_be_changed() -> None:
    assert "cannot be changed" in failure("import math\nmath.pi = 3").diagnostic.message


def test_a_missing_module_says_where_it_was_looked_for() -> None:
    message = failure("import maths").diagnostic.message
    assert "no module named 'maths'" in message
    assert "did you mean math?" in message


def test_modules_that_import_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.na").write_text("import b\nname = 'a'\ndef both():\n    return name + b.name\n")
    (tmp_path / "b.na").write_text("import a\nname = 'b'\n")
    host = Capture()
    Session(host).run("import a\nprint(a.both())", path=str(tmp_path / "main.na"))
    assert host.printed == "ab\n"


def test_what_is_wrong_is_found_before_anything_runs() -> None:
    host = Capture()
    with pytest.raises(ProgramError):
        Session(host).run("print(1)\nreturn 2")
    assert host.printed == ""


def test_suspended_generators_end_silently_with_their_session() -> None:
    host = run("def g():\n    try:\n        yield 1\n    finally:\n        print('late')\nkeep = g()\nnext(keep)")
    assert host.printed == ""


def test_a_method_that_appears_later_is_found() -> None:
    host = Capture()
    session = Session(host)
    session.run(
        "class A:\n    pass\ndef f(x):\n    try:\n        return x.later()\n    except AttributeError:\n        return 'none'\n"
    )
    session.run("for _ in range(10):\n    found = f(A())\nprint(found)")
    session.run("def later(x):\n    return 'found'\nprint(f(A()))")
    assert host.printed == "none\nfound\n"


def test_decimal_arithmetic_of_a_session_stays_its_own() -> None:
    import decimal

    before = decimal.getcontext().prec
    one, other = Session(), Session()
    one.run("import decimal\ndecimal.set_precision(5)\nthird = decimal.Decimal(1) / 3")
    assert decimal.getcontext().prec == before
    other.run("import decimal\nthird = decimal.Decimal(1) / 3")
    assert one.evaluate("third + 0") == decimal.Decimal("0.33333")
    assert len(str(other.evaluate("third"))) == 30
    assert decimal.getcontext().prec == before


def test_runs_leave_nothing_behind() -> None:
    import gc

    session = Session(Capture())
    program = "def f(x):\n    return x + 1\ntotal = 0\nfor i in range(5):\n    total += f(i)\nprint(total)\n"

    def objects() -> int:
        for _ in range(50):
            session.run(program)
        gc.collect()
        return len(gc.get_objects())

    objects()
    assert abs(objects() - objects()) < 50
