"""Modules of Python in programs: what is granted, how values and errors cross, and what handles do not show."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dana import LimitError, Limits, Session, UncaughtError
from dana.isolation import run_isolated
from dana.permissions import Permissions
from dana.source import Source
from tests.hosts import Capture
from tests.test_no_host_object import held_by

TOOLS = '''
"""Tools."""
import datetime
import decimal
import enum
import os
import collections
import threading

LIMIT = 3
NAMES = ["a", "b"]
_private = 1

class Own(ValueError):
    pass

class Stranger(Exception):
    pass

class Colour(enum.IntEnum):
    RED = 1

Pair = collections.namedtuple("Pair", "a b")

class Box:
    """A box."""
    made = 0
    def __init__(self, n):
        self.n = n
        self._hidden = 5
    def double(self):
        return self.n * 2
    def boxed(self):
        return Box(self.n + 1)
    def __add__(self, other):
        return Box(self.n + (other.n if isinstance(other, Box) else other))
    def __radd__(self, other):
        return Box(self.n + other)
    def __neg__(self):
        return Box(-self.n)
    def __lt__(self, other):
        return self.n < other.n
    def __len__(self):
        return self.n
    def __getitem__(self, i):
        return i * self.n
    def __iter__(self):
        return iter(range(self.n))
    def __contains__(self, i):
        return i == self.n
    def __eq__(self, other):
        return isinstance(other, Box) and other.n == self.n
    def __hash__(self):
        return self.n

class Plain:
    pass

def mean(values):
    return sum(values) / len(values)
def same(x):
    return x
def kind(x):
    return type(x).__name__
def apply(f, *x, **named):
    return f(*x, **named)
def tries(f):
    try:
        return f()
    except ValueError as error:
        return f"caught {error}"
def fail(which):
    raise {"value": ValueError("bad"), "own": Own("mine"), "key": KeyError("k"), "stranger": Stranger("?"),
           "unicode": UnicodeDecodeError("utf-8", b"x", 0, 1, "no")}[which]
def change(x):
    x.append(1)
    return x
def count():
    yield 1
    yield 2
def frame():
    import sys
    return sys._getframe()
def leave():
    raise SystemExit(3)
def deep():
    x = []
    x.append(x)
    return x
def elsewhere(f):
    found = []
    def work():
        try:
            f()
        except RuntimeError as error:
            found.append(str(error))
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found
'''


ODD = """
import datetime
import decimal
import fractions
import types
import uuid
import zoneinfo
from collections import OrderedDict
from subprocess import run

class Strange(Exception):
    pass
class Down(OSError):
    pass
class Unsaid(Exception):
    def __str__(self):
        raise Strange("no text")
class Ending(BaseException):
    pass
class Items(list):
    def __iter__(self):
        raise Strange("iterated")
class Text(str):
    def __str__(self):
        raise Strange("converted")
class Number(int):
    def __int__(self):
        raise Strange("converted")
class Meta(type):
    pass
class Cell:
    def __init__(self):
        self.hidden = (lambda: Cell).__closure__ or types.CellType(1)
    @property
    def failing(self):
        raise Strange("property")

def zoned():
    return datetime.datetime(2026, 7, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
def clock():
    return datetime.time(1, 2, tzinfo=datetime.timezone.utc)
def exact():
    return [decimal.Decimal("1.5"), uuid.UUID(int=5), datetime.timedelta(2), datetime.date(2026, 1, 2)]
def third():
    return fractions.Fraction(1, 3)
def items():
    return Items([1]), Text("a"), Number(5), OrderedDict(a=1), bytearray(b"x")
def give(what):
    return {"type": type, "object": object, "getattr": getattr, "open": open, "eval": eval, "meta": Meta,
            "code": give.__code__, "globals": [globals()], "cell": Cell().hidden, "wrapper": (5).__add__,
            "descriptor": str.upper, "proxy": Cell.__dict__, "deep": {"a": [(type,)]}}[what]
def run_of_dana():
    from dana.run import current
    return current()
def fail(what):
    raise {"stop": StopIteration(object()), "key": KeyError(object()), "os": OSError(2, "no such file", "x"),
           "down": Down("no answer"), "unsaid": Unsaid(), "ending": Ending("over"), "strange": Strange(object())}[what]
def sized(n):
    return "x" * n
def big():
    return 1 << 5000
kept = []
def keep(f):
    kept.append(f)
def is_kept(f):
    return f in kept
def many():
    while True:
        yield 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "odd.py").write_text(ODD)
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit(0)\n")
    (tmp_path / "time.py").write_text("x = 'beside'\n")
    (tmp_path / "colorsys.py").write_text("x = 'beside'\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "inner.py").write_text("def f():\n    return 'inner'\n")
    (tmp_path / "broken.py").write_text("x = 1\ny = x / 0\n")
    (tmp_path / "wrong.py").write_text("def f(:\n")
    (tmp_path / "needs.py").write_text("import nowhere_at_all\n")
    return tmp_path


def printed(folder: Path, text: str, granted: object = True, limits: Limits | None = None) -> str:
    host = Capture(lambda: Permissions(python=granted))  # type: ignore[arg-type]
    Session(host, limits=limits).run(text, "main.na", str(folder / "main.na"))
    return host.printed.removesuffix("\n")


def failure(folder: Path, text: str, granted: object = True) -> str:
    with pytest.raises(UncaughtError) as caught:
        printed(folder, text, granted)
    return caught.value.diagnostic.message


VALUES = {
    "t.mean([1, 2, 3])": "2.0",
    "t.LIMIT, t.NAMES": "(3, ['a', 'b'])",
    "t": "<module 'tools.py'>",
    "t.same({'a': [1, (2.5, {3}), none, true, b'x', 'ö']})": "{'a': [1, (2.5, {3}), None, True, b'x', 'ö']}",
    "t.kind({}), t.kind([]), t.kind(()), t.kind({1}), t.kind(1), t.kind(none)": "('dict', 'list', 'tuple', 'set', 'int', 'NoneType')",
    "t.datetime.date(2026, 1, 2)": "2026-01-02",
    "t.decimal.Decimal('1.50')": "1.50",
    "t.Colour.RED + 1": "2",
    "t.Pair(1, [2])": "(1, [2])",
    "t.apply(lambda x, y=0: x + y, 3, y=4)": "7",
    "t.apply(sorted_by, [3, 1])": "[1, 3]",
    "t.apply(shop.price, 2)": "20",
    "t.same(P(5))": "{'a': 5}",
    "t.tries(refuses)": "caught no",
    "t.Box(3)": "<python tools.Box>",
    "t.Box, t.mean": "(<python class tools.Box>, <python function mean>)",
    "t.Box(3).n, t.Box(3).double(), t.Box(3).boxed().n, t.Box.made": "(3, 6, 4, 0)",
    "len(t.Box(3)), t.Box(3)[4], list(t.Box(3)), 3 in t.Box(3), 4 in t.Box(3)": "(3, 12, [0, 1, 2], True, False)",
    "(t.Box(3) + 1).n, (1 + t.Box(3)).n, (t.Box(1) + t.Box(2)).n, (-t.Box(3)).n": "(4, 4, 3, -3)",
    "t.Box(3) == t.Box(3), t.Box(3) != t.Box(3), t.Box(1) < t.Box(2), sorted([t.Box(2), t.Box(1)])[0].n": "(True, False, True, 1)",
    "{t.Box(3): 1}[t.Box(3)]": "1",
    "type_name(t.Box(1)), callable(t.Box), callable(t.Box(1))": "('python.Box', True, False)",
    "f'{t.Box(3)}', str(t.Plain())": "('<python tools.Box>', '<python tools.Plain>')",
    "list(t.count())": "[1, 2]",
    "[t.mean, t.same][1](5)": "5",
    "t.elsewhere(lambda: 1)": '["a function of the program can only be called on the program\'s own thread"]',
    "[x for x in map(t.kind, [1, 'a'])]": "['int', 'str']",
    "([1, 2] | t.mean)": "1.5",
}

BEFORE = """
import tools.py as t
struct P:
    a: int = 1
class Shop:
    def price(self, n):
        return n * 10
shop = Shop()
def sorted_by(x):
    return sorted(x)
def refuses():
    raise ValueError("no")
"""


@pytest.mark.parametrize("expression", VALUES)
def test_values_cross(expression: str, folder: Path) -> None:
    assert printed(folder, f"{BEFORE}print(({expression}))", ["tools", "datetime", "decimal"]) == VALUES[expression]


ERRORS = {
    "t.fail('value')": "ValueError: bad",
    "t.fail('own')": "ValueError: tools.Own: mine",
    "t.fail('key')": "KeyError: 'k'",
    "t.fail('stranger')": "RuntimeError: tools.Stranger: ?",
    "t.fail('unicode')": "UnicodeError: builtins.UnicodeDecodeError: 'utf-8' codec can't decode byte 0x78 in position 0: no",
    "t.apply(lambda: shop.nothing)": "AttributeError: 'Shop' object has no attribute 'nothing'",
    "t.leave()": "RuntimeError: the code of Python wanted to end the process",
    "t._private": "AttributeError: module 'tools.py' has no attribute '_private'",
    "t.men": "AttributeError: module 'tools.py' has no attribute 'men'",
    "t.Box(1)._hidden": "AttributeError: a python tools.Box has no attribute '_hidden'",
    "t.Box(1).duble": "AttributeError: a python tools.Box has no attribute 'duble' (did you mean double?)",
    "t.count().gi_frame": "AttributeError: a python builtins.generator has no attribute 'gi_frame'",
    "t.frame()": "TypeError: a frame of Python cannot enter a program",
    "t.same(t)": "TypeError: a module cannot cross to Python: pass data, such as its fields",
    "t.same(shop)": "TypeError: a Shop cannot cross to Python: pass data, such as its fields",
    "t.same(n for n in [1])": "TypeError: a generator cannot cross to Python: pass data, such as its fields",
    "t.deep()": "ValueError: data that crosses from Python may be nested 100 deep, and may not hold itself",
    "t.os": "PermissionError: importing the Python module os needs --allow-python=os",
    "t.Plain() + 1": "TypeError: unsupported operand type(s) for +: 'python.Plain' and 'int'",
    "t.Plain()()": "TypeError: 'python.Plain' object is not callable",
    "len(t.Plain())": "TypeError: object of type 'Plain' has no len()",
    "reason(f'{t.Box(1)}', model=create_llm_resource(provider='scripted', answers=['x']))": (
        "TypeError: t.Box(1) is a python.Box, which cannot be sent to a model"
    ),
    "json.dumps(t.Plain())": "TypeError: Object of type Plain is not JSON serializable",
}


@pytest.mark.parametrize("expression", ERRORS)
def test_errors_cross(expression: str, folder: Path) -> None:
    assert failure(folder, f"import json\n{BEFORE}print({expression})", ["tools"]) == ERRORS[expression]


def test_setting_an_attribute(folder: Path) -> None:
    assert "read-only" in failure(folder, f"{BEFORE}box = t.Box(1)\nbox.n = 5")
    assert "cannot be changed" in failure(folder, f"{BEFORE}t.LIMIT = 5")


def test_data_is_copied(folder: Path) -> None:
    assert printed(folder, f"{BEFORE}x = []\nprint(t.change(x), x, t.NAMES is t.NAMES)") == "[1] [] False"


GRANTS: dict[str, tuple[object, str]] = {
    "import tools.py as t": ([], "PermissionError: importing the Python module tools needs --allow-python=tools"),
    "import os.py as os": (["tools"], "PermissionError: importing the Python module os needs --allow-python=os"),
    "import os.path.py as p": (
        ["ospath"],
        "PermissionError: importing the Python module os.path needs --allow-python=os.path",
    ),
    "import nowhere.py as n": (
        True,
        "ModuleNotFoundError: no module of Python named 'nowhere': there is no nowhere.py in the folder of the program, and none is installed",
    ),
    "import broken.py as b": (
        True,
        "ImportError: broken.py cannot be imported: ZeroDivisionError: division by zero (line 2 of broken.py)",
    ),
    "import wrong.py as w": (
        True,
        "ImportError: wrong.py cannot be imported: SyntaxError: invalid syntax (line 1 of wrong.py)",
    ),
    "import needs.py as n": (True, "ImportError: needs.py cannot be imported: it needs the module nowhere_at_all"),
    "import leaves.py as leaves": (
        True,
        "ImportError: leaves.py cannot be imported: SystemExit: 0 (line 2 of leaves.py)",
    ),
    "import toolz.py as t": (
        True,
        "ModuleNotFoundError: no module of Python named 'toolz': there is no toolz.py in the folder of the program, and none is installed; did you mean tools?",
    ),
    "import colorsys.py as c": (
        ["colorsys"],
        "ImportError: colorsys.py means the file colorsys.py and the installed module colorsys: rename the file",
    ),
    "import time.py as t": (
        ["time"],
        "ImportError: time.py means the file time.py and the installed module time: rename the file",
    ),
    "from odd.py import run": (
        ["odd"],
        "PermissionError: importing the Python module subprocess needs --allow-python=subprocess",
    ),
    "from tools.py import nothing": (True, "ImportError: cannot import name 'nothing' from 'tools.py'"),
    "from tools.py import *": (True, "ImportError: from tools.py import * is not possible: say which names"),
    "import lib.inner.py": (True, "ImportError: import lib.inner.py needs a name: import lib.inner.py as inner"),
}


@pytest.mark.parametrize("statement", GRANTS)
def test_what_cannot_be_imported(statement: str, folder: Path) -> None:
    granted, message = GRANTS[statement]
    assert failure(folder, statement, granted) == message


def test_forms_of_import(folder: Path) -> None:
    program = (
        "import tools.py\nfrom tools.py import mean as m, Box\nimport lib.inner.py as inner\nimport math.py as pm\n"
        "print(tools.LIMIT, m([4]), Box(2).n, inner.f(), pm.floor(2.5))"
    )
    assert printed(folder, program, ["tools", "lib", "math"]) == "3 4.0 2 inner 2"


def test_a_grant_covers_what_is_below(folder: Path) -> None:
    program = "import xml.py as xml\nimport xml.dom.py as dom\nprint(dom)"
    assert printed(folder, program, ["xml"]) == "<module 'xml.dom.py'>"


def test_isolated_programs_have_none(folder: Path) -> None:
    host = Capture(lambda: Permissions(python=True))
    with pytest.raises(UncaughtError) as caught:
        run_isolated(Session(host), [Source("import tools.py as t", "main.na", str(folder / "main.na"))])
    assert (
        caught.value.diagnostic.message
        == "PermissionError: an isolated program imports no module of Python, such as tools"
    )


EXACT = {
    "str(o.zoned()), o.zoned().year, str(o.zoned().tzinfo), type_name(o.zoned().tzinfo)": (
        "('2026-07-02 00:00:00+02:00', 2026, 'UTC+02:00', 'datetime.timezone')"
    ),
    "[type_name(x) for x in o.exact()]": "['decimal.Decimal', 'uuid.UUID', 'datetime.timedelta', 'datetime.date']",
    "o.clock().hour, o.exact()[0] * 2, o.exact()[2].days": "(1, Decimal('3.0'), 2)",
    "o.third(), o.third() + 1, o.third() < 1, o.third().denominator": (
        "(<python fractions.Fraction>, <python fractions.Fraction>, True, 3)"
    ),
    "o.items()": "([1], 'a', 5, {'a': 1}, b'x')",
    "t.same(int) is int, t.same(dict) is dict, t.kind(float), t.same(ValueError) is ValueError": (
        "(True, True, 'type', True)"
    ),
    "t.apply(len, [1, 2]), t.apply(str.upper, 'a')": "(2, 'A')",
    "t.same({'a': 1}.keys()), t.kind({'a': 1}.values()), t.same(map(abs, [-1]))": "(['a'], 'list', [1])",
    "t.same(sorted_by) is sorted_by, t.same([sorted_by])[0] is sorted_by": "(True, True)",
    "parallel_map(lambda x: t.apply(lambda y: y + 1, x), [1, 2])": "[2, 3]",
    "o.keep(sorted_by), o.is_kept(sorted_by), o.is_kept(refuses)": "(None, True, False)",
    "t.same(...), t.same(slice(1, 2))": "(Ellipsis, slice(1, 2, None))",
    "next(iter(o.many()))": "1",
    "t.Box(1) == shop, shop != t.Box(1), shop in [t.Box(1), shop], t.Box(1) in [shop]": "(False, True, True, False)",
}


@pytest.mark.parametrize("expression", EXACT)
def test_values_are_of_exactly_the_types_of_programs(expression: str, folder: Path) -> None:
    granted = ["tools", "odd", "datetime"]
    assert printed(folder, f"import odd.py as o\n{BEFORE}print(({expression}))", granted) == EXACT[expression]


@pytest.mark.parametrize("granted", [["stats.py", "tools"], [" tools"], ["tools.py"]])
def test_names_of_grants(granted: list[str], folder: Path) -> None:
    assert printed(folder, "import tools.py as t\nprint(t.LIMIT)", granted) == "3"


def test_items_are_set(folder: Path) -> None:
    (folder / "table.py").write_text(
        "class Table:\n    def __init__(self):\n        self.items = {}\n"
        "    def __setitem__(self, key, item):\n        self.items[key] = item\n"
        "    def __delitem__(self, key):\n        del self.items[key]\n"
        "    def __float__(self):\n        return 2.5\n"
    )
    program = (
        "from table.py import Table\nx = Table()\nx['a'] = [1]\nx['b'] = 2\ndel x['b']\n"
        "print(x.items, float(x), type_name(Table), type_name(x))\ndel x['c']"
    )
    host = Capture(lambda: Permissions(python=["table"]))
    with pytest.raises(UncaughtError) as caught:
        Session(host).run(program, "main.na", str(folder / "main.na"))
    assert host.printed == "{'a': [1]} 2.5 python.type python.Table\n"
    assert caught.value.diagnostic.message == "KeyError: 'c'"


def test_errors_of_the_library_pass_through_python(folder: Path) -> None:
    program = (
        f"import json\n{BEFORE}try:\n    t.apply(lambda: json.loads('x'))\nexcept json.JSONDecodeError as e:\n"
        "    print(e.pos)\ntry:\n    t.apply(lambda: t.fail('own'))\nexcept ValueError as e:\n    print(e)\n"
        "class Mine(Exception):\n    pass\ndef mine():\n    raise kept\nkept = Mine(1)\n"
        "try:\n    t.apply(lambda: t.apply(mine))\nexcept Mine as e:\n    print(e is kept)"
    )
    assert printed(folder, program) == "0\ntools.Own: mine\nTrue"


def test_what_is_shared_is_copied_once(folder: Path) -> None:
    program = f"{BEFORE}x = [1]\nfor i in range(90):\n    x = [x, x]\ny = t.same(x)\nprint(y[0] is y[1], y is x)"
    assert printed(folder, program, limits=Limits(steps=10_000)) == "True False"


INNER = {
    "o.give('type')": "TypeError: type of Python cannot enter a program",
    "o.give('object')": "TypeError: object of Python cannot enter a program",
    "o.give('getattr')": "TypeError: getattr of Python cannot enter a program",
    "o.give('open')": "TypeError: open of Python cannot enter a program",
    "o.give('eval')": "TypeError: eval of Python cannot enter a program",
    "o.give('meta')": "TypeError: Meta of Python cannot enter a program",
    "o.give('code')": "TypeError: a code of Python cannot enter a program",
    "o.give('cell')": "TypeError: a cell of Python cannot enter a program",
    "o.give('wrapper')": "TypeError: a method-wrapper of Python cannot enter a program",
    "o.give('descriptor')": "TypeError: a method_descriptor of Python cannot enter a program",
    "o.give('proxy')": "TypeError: a mappingproxy of Python cannot enter a program",
    "o.give('deep')": "TypeError: type of Python cannot enter a program",
    "o.Cell.mro": "AttributeError: a python class odd.Cell has no attribute 'mro'",
    "o.Cell().hidden": "TypeError: a cell of Python cannot enter a program",
    "o.Cell().failing": "RuntimeError: odd.Strange: property",
    "o.run_of_dana()": "TypeError: a Run of Dana cannot enter a program",
    "o.fail('os')": "FileNotFoundError: [Errno 2] no such file: 'x'",
    "o.fail('down')": "OSError: odd.Down: no answer",
    "o.fail('unsaid')": "RuntimeError: odd.Unsaid: <its __str__ failed: Strange>",
    "o.fail('ending')": "RuntimeError: odd.Ending: over",
    "getattr(o.Cell(), '__' + 'class__')": "AttributeError: a python odd.Cell has no attribute '__class__'",
    "getattr(o.zoned, '__' + 'globals__')": "AttributeError: a python function zoned has no attribute '__globals__'",
    "'{0.__globals__}'.format(o.zoned)": (
        "AttributeError: 'python.function' object attribute '__globals__' cannot be read by a format"
    ),
    "o.types": "PermissionError: importing the Python module types needs --allow-python=types",
    "o.give('globals')": "TypeError: __import__ of Python cannot enter a program",
    "t.same(secret('HOME'))": "TypeError: a secret cannot cross to Python: pass data, such as its fields",
}


@pytest.mark.parametrize("expression", INNER)
def test_nothing_leads_into_the_interpreter(expression: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nowhere")
    host = Capture(lambda: Permissions(python=["tools", "odd"], env=["HOME"]))
    with pytest.raises(UncaughtError) as caught:
        Session(host).run(f"import odd.py as o\n{BEFORE}print({expression})", "main.na", str(folder / "main.na"))
    assert caught.value.diagnostic.message == INNER[expression]


@pytest.mark.parametrize("what", ["stop", "key", "os", "down", "unsaid", "ending", "strange"])
def test_errors_hold_values_of_programs_only(what: str, folder: Path) -> None:
    session = Session(Capture(lambda: Permissions(python=["odd"])))
    program = (
        f"from odd.py import fail\ntry:\n    fail({what!r})\nexcept Exception as error:\n    kept = error, error.args"
    )
    session.run(program, "main.na", str(folder / "main.na"))
    session.variables.pop("fail")
    assert "kept" in session.variables
    assert held_by(session) == []


@pytest.mark.parametrize(
    ("expression", "limits"),
    [
        ("o.sized(5000)", Limits(text=1000)),
        ("o.big()", Limits(bits=1000)),
        ("t.same(list(range(500)))", Limits(steps=400)),
        ("[x for x in o.many()]", Limits(steps=1000)),
        ("t.apply(endless)", Limits(steps=1000)),
        ("t.tries(endless)", Limits(steps=1000)),
        ("deeper(0)", Limits(depth=100)),
    ],
)
def test_limits_hold_for_what_crosses(expression: str, limits: Limits, folder: Path) -> None:
    functions = "def endless():\n    while true:\n        pass\ndef deeper(n):\n    return t.apply(deeper, n + 1)\n"
    with pytest.raises(LimitError):
        printed(folder, f"import odd.py as o\n{BEFORE}{functions}print({expression})", limits=limits)


def test_a_function_can_be_called_after_the_run(folder: Path) -> None:
    session = Session(Capture(lambda: Permissions(python=["odd"])))
    program = "import odd.py as o\ndef count(n):\n    return sum(range(n)) // (n - 3)\no.keep(count)"
    session.run(program, "main.na", str(folder / "main.na"))
    (kept,) = sys.modules[f"dana.beside:{(folder / 'odd.py').resolve()}"].kept
    assert kept(5) == 5
    with pytest.raises(UncaughtError, match=r"main\.na:3:12 in count"):
        kept(3)


def test_numpy(folder: Path) -> None:
    pytest.importorskip("numpy")
    program = (
        "import numpy.py as np\na = np.array([1.5, 2.5], dtype=float)\na[0] = 3\n"
        "print(type_name(a), a.tolist(), a[0:1].tolist(), a.mean(), type_name(a.sum()), (2 * a).tolist())\n"
        "print(type_name(np.int64(3)), type_name(np.bool_(true)), (a > 2.7).tolist(), np.linalg.norm([3, 4]))\n"
        "print(np.apply_along_axis(lambda row: row.sum(), 0, np.ones((2, 2))).tolist())"
    )
    assert printed(folder, program, ["numpy"]) == (
        "python.ndarray [3.0, 2.5] [3.0] 2.75 float [6.0, 5.0]\nint bool [True, False] 5.0\n[2.0, 2.0]"
    )


HOSTILE = """
class Odd(Exception):
    pass
class Proxy:
    @property
    def __class__(self):
        raise Odd("class")
class Meta(type):
    def __eq__(cls, other):
        raise Odd("eq")
    def __hash__(cls):
        raise Odd("hash")
class Kind(metaclass=Meta):
    pass
class Any:
    def __getattr__(self, name):
        raise Odd(name)
    def __hash__(self):
        raise Odd("hash")
    def __bool__(self):
        raise Odd("bool")
    def __eq__(self, other):
        raise Odd("eq")
    def __iter__(self):
        raise Odd("iter")
    def __len__(self):
        raise Odd("len")
    def __dir__(self):
        raise Odd("dir")
def proxy():
    return Proxy()
def any_of():
    return Any()
def __getattr__(name):
    raise Odd(name)
"""


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("h.proxy()", "<python hostile.Proxy>"),
        ("h.Kind", "<python class hostile.Kind>"),
        ("h.any_of().x", "RuntimeError hostile.Odd: x"),
        ("{h.any_of()}", "RuntimeError hostile.Odd: hash"),
        ("not h.any_of()", "RuntimeError hostile.Odd: bool"),
        ("1 == h.any_of()", "RuntimeError hostile.Odd: eq"),
        ("1 in h.any_of()", "RuntimeError hostile.Odd: iter"),
        ("[*h.any_of()]", "RuntimeError hostile.Odd: iter"),
        ("len(h.any_of())", "RuntimeError hostile.Odd: len"),
        ("h.any_of()._x", "RuntimeError hostile.Odd: dir"),
        ("h.nothing", "RuntimeError hostile.Odd: nothing"),
        ("h.any_of()", "<python hostile.Any>"),
    ],
)
def test_whatever_a_module_does_errors_are_those_of_programs(expression: str, said: str, folder: Path) -> None:
    (folder / "hostile.py").write_text(HOSTILE)
    program = (
        f"import hostile.py as h\ntry:\n    print({expression})\nexcept Exception as e:\n    print(type_name(e), e)"
    )
    assert printed(folder, program, ["hostile"]) == said
