"""Modules: packages, relative imports, private names, cycles, loading once, receivers of other files."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from dana import DanaError, ProgramError, Session, UncaughtError
from dana.session import read_source
from tests.hosts import Capture


class Files:
    """A folder with files, and a session for programs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = Capture()
        self.session = Session(self.host)

    def write(self, **files: str) -> None:
        """Write files; in the names, `__` stands for a slash and `init` for `__init__`."""
        for name, text in files.items():
            path = self.folder / (name.replace("__", "/").replace("init", "__init__") + ".na")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def run(self, text: str, **files: str) -> str:
        """What a program prints that has these files beside it."""
        self.write(**files)
        self.host.printed = ""
        self.session.run(text, "main.na", str(self.folder / "main.na"))
        return self.host.printed

    def error(self, text: str, **files: str) -> str:
        """The message of the error with which it ends."""
        with pytest.raises(DanaError) as caught:
            self.run(text, **files)
        return caught.value.diagnostics[-1].message


@pytest.fixture
def at(tmp_path: Path) -> Files:
    return Files(tmp_path)


SHOP = {
    "shop__init": "'''A shop.'''\nname = 'shop'\nprint('shop')\n",
    "shop__prices": "from . import tax\nfrom .tax import rate as r\nprint('prices')\ndef of(x):\n    return x * r * tax.rate\n",
    "shop__tax": "rate = 2\nprint('tax')\n",
    "shop__deep__init": "print('deep')\n",
    "shop__deep__well": "from .. import tax, name\nfrom ..prices import of\nfrom . import bucket\nprint('well', name)\n",
    "shop__deep__bucket": "litres = 10\n",
}

PACKAGES = {
    "import shop\nprint(shop.name)": "shop\nshop\n",
    "import shop.tax\nprint(shop.name, shop.tax.rate)": "shop\ntax\nshop 2\n",
    "import shop.tax as t\nprint(t.rate, t)": "shop\ntax\n2 <module 'shop.tax'>\n",
    "import shop.prices\nprint(shop.prices.of(1), shop.tax.rate)": "shop\ntax\nprices\n4 2\n",
    "from shop import prices\nprint(prices.of(1))": "shop\ntax\nprices\n4\n",
    "from shop import prices as p, tax as t, name as n\nprint(p.of(t.rate), n)": "shop\ntax\nprices\n8 shop\n",
    "from shop.prices import of\nprint(of(3))": "shop\ntax\nprices\n12\n",
    "import shop.deep.well\nprint(shop.deep.well.of(1), shop.deep.bucket.litres)": (
        "shop\ndeep\ntax\nprices\nwell shop\n4 10\n"
    ),
    "from shop.deep.well import bucket\nprint(bucket.litres)": "shop\ndeep\ntax\nprices\nwell shop\n10\n",
    "import shop, shop.tax\nprint(shop.tax.rate)": "shop\ntax\n2\n",
    "import shop.tax\nimport shop.deep.bucket\nprint(shop.tax.rate, shop.deep.bucket.litres)": "shop\ntax\ndeep\n2 10\n",
    "def f():\n    import shop.tax\n    return shop.tax.rate\nprint(f(), f())": "shop\ntax\n2 2\n",
    "import shop.tax\nfrom shop import tax\nprint(shop.tax is tax)": "shop\ntax\nTrue\n",
}


@pytest.mark.parametrize("text", PACKAGES)
def test_packages(at: Files, text: str) -> None:
    assert at.run(text, **SHOP) == PACKAGES[text]


def test_help_shows_the_docstring_of_a_package(at: Files) -> None:
    assert at.run("import shop\nhelp(shop)", **SHOP) == "shop\nmodule shop\n\n    A shop.\n\nname: 'shop'\n"


NAMESPACES = {
    "import a.b\nprint(a.b.x)": "1\n",
    "from a import b\nprint(b.x)": "1\n",
    "from a.b import x\nprint(x)": "1\n",
    "from a.n import c\nprint(c.y, c)": "2 <module 'a.n.c'>\n",
    "import a.n.c as c\nprint(c.y)": "2\n",
    "import a.b\nimport a.n.c\nprint(a.b.x + a.n.c.y)": "3\n",
    "from a import b, n\nprint(b.x)": "cannot import name 'n' from 'a' (did you mean b?)",
    "from a.n.c import sibling\nprint(sibling.x)": "1\n",
}


@pytest.mark.parametrize("text", NAMESPACES)
def test_a_folder_is_a_namespace(at: Files, text: str) -> None:
    files = {"a__b": "x = 1\n", "a__n__c": "y = 2\nfrom .. import b as sibling\n"}
    if NAMESPACES[text].startswith("cannot"):
        assert at.error(text, **files) == "ImportError: " + NAMESPACES[text]
    else:
        assert at.run(text, **files) == NAMESPACES[text]


def test_a_package_goes_before_a_file_of_its_name(at: Files) -> None:
    assert at.run("import a\nprint(a.x)", a="x = 'file'\n", a__init="x = 'package'\n") == "package\n"


def test_a_file_goes_before_a_module_of_the_library(at: Files) -> None:
    assert at.run("import json\nprint(json.x)", json="x = 'own'\n") == "own\n"


def test_a_module_in_a_package_finds_the_library_and_then_its_neighbours(at: Files) -> None:
    files = {
        "p__init": "",
        "p__a": "import json, other\nx = json.dumps(other.y)\n",
        "p__json": "1 / 0\n",
        "p__other": "y = [1]\n",
    }
    assert at.run("import p.a\nprint(p.a.x, p.other)", **files) == "[1] <module 'p.other'>\n"


def test_a_module_in_a_package_finds_what_is_beside_the_program_first(at: Files) -> None:
    files = {
        "p__init": "",
        "p__a": "import p.b\nimport other\nx = p.b.z, other.y\n",
        "p__b": "z = 3\n",
        "p__other": "y = 1\n",
    }
    assert at.run("from p.a import x\nprint(x)", other="y = 2\n", **files) == "(3, 2)\n"


RELATIVE = {
    "from . import a": (
        "ImportError: relative import with no known parent package: main.na is in no package; import without the dots"
    ),
    "from .a import b": (
        "ImportError: relative import with no known parent package: main.na is in no package; write a without the dot"
    ),
    "from ..a import b": (
        "ImportError: relative import with no known parent package: main.na is in no package; write a without the dots"
    ),
    "import lonely": (
        "ImportError: relative import with no known parent package: lonely.na is in no package; "
        "write a without the dot"
    ),
    "import p.out": (
        "ImportError: relative import beyond the top-level package: p/out.na is in the package 'p', "
        "and ..a leads out of it"
    ),
    "import p.q.far": (
        "ImportError: relative import beyond the top-level package: p/q/far.na is in the package 'p.q', "
        "and ... leads out of it"
    ),
    "import p.init": (
        "ImportError: relative import beyond the top-level package: p/init.na is in the package 'p', "
        "and .. leads out of it"
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", RELATIVE)
def test_relative_imports_do_not_leave_the_package(at: Files, text: str) -> None:
    files = {
        "p__out": "from ..a import b\n",
        "p__q__far": "from ... import a\n",
        "lonely": "from .a import b\n",
        "a": "b = 1\n",
    }
    (at.folder / "p").mkdir()
    (at.folder / "p" / "init.na").write_text("from .. import a\n")
    assert at.error(text, **files) == RELATIVE[text]


MISSING = {
    "import a.b": "ModuleNotFoundError: no module named 'a.b': a.na is a file, not a package",
    "from a.b import c": "ModuleNotFoundError: no module named 'a.b': a.na is a file, not a package",
    "from a import b": "ImportError: cannot import name 'b' from 'a'",
    "import p.b": "ModuleNotFoundError: no module named 'p.b': no file p/b.na beside main.na, and not in the standard library",
    "from p import b": "ImportError: cannot import name 'b' from 'p'",
    "import p.uses": (
        "ModuleNotFoundError: no module named 'nowhere': no file nowhere.na in the program's folder or in the package 'p', "
        "and not in the standard library"
    ),
    "import p.near": (
        "ModuleNotFoundError: no module named 'p.nowhere': no file p/nowhere.na in the program's folder or in the package 'p', "
        "and not in the standard library"
    ),
    "import folder": (
        "ModuleNotFoundError: no module named 'folder': no file folder.na beside main.na, and not in the standard library"
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", MISSING)
def test_missing(at: Files, text: str) -> None:
    files = {"a": "", "p__init": "", "p__uses": "import nowhere\n", "p__near": "from .nowhere import x\n"}
    (at.folder / "folder").mkdir()
    assert at.error(text, **files) == MISSING[text]


HIDING = {
    "m": "import math\nprice = 3\n_rate = 2\ndef total():\n    return price * _rate\ndef _secret():\n    return 1\n_price = 4\n"
}

SHOWN = {
    "from m import *\nprint(price, total(), math.pi > 3)": "3 6 True\n",
    "from m import total\nprint(total())": "6\n",
    "import m\nprint(hasattr(m, '_rate'), hasattr(m, 'price'), getattr(m, '_rate', 'none'))": "False True none\n",
    "import m\nm.price = 5\nprint(m.total())": "10\n",
    "import m\nm.added = 5\nfrom m import added\nprint(added)": "5\n",
    "from m import *\ntry:\n    _rate\nexcept NameError:\n    print('hidden')": "hidden\n",
    "import m\ntry:\n    m._rate = 9\nexcept AttributeError:\n    print(m.total())": "6\n",
}


@pytest.mark.parametrize("text", SHOWN)
def test_public_names(at: Files, text: str) -> None:
    assert at.run(text, **HIDING) == SHOWN[text]


RATE = "_rate is private to module 'm': it begins with an underscore"
PRIVATE = {
    "import m\nm._rate": f"AttributeError: {RATE}",
    "from m import _rate": f"ImportError: {RATE}",
    "from m import _rate as rate": f"ImportError: {RATE}",
    "import m\nm._rate = 3": f"AttributeError: {RATE}",
    "import m\nm._secret()": "AttributeError: _secret is private to module 'm': it begins with an underscore",
    "import m\ndef _secret(x):\n    return 5\nm._secret()": (
        "AttributeError: _secret is private to module 'm': it begins with an underscore"
    ),
    "import m\nm._price": ("AttributeError: _price is private to module 'm': it begins with an underscore"),
    "from m import _price": (
        "ImportError: _price is private to module 'm': it begins with an underscore (did you mean price?)"
    ),
    "from m import _prise": "ImportError: cannot import name '_prise' from 'm' (did you mean price?)",
    "from m import len": "ImportError: cannot import name 'len' from 'm'",
    "def f():\n    from m import *": "import * only allowed at module level",
    "class A:\n    from m import *": "import * only allowed at module level",
}


@pytest.mark.parametrize("text", PRIVATE)
def test_private_names(at: Files, text: str) -> None:
    assert at.error(text, **HIDING) == PRIVATE[text]


def test_a_star_in_a_function_is_refused_before_anything_runs(at: Files) -> None:
    at.write(**HIDING)
    with pytest.raises(ProgramError):
        at.run("print(1)\ndef f():\n    from m import *\n")
    assert at.host.printed == ""


def test_a_module_inside_a_package_may_begin_with_an_underscore(at: Files) -> None:
    (at.folder / "p").mkdir()
    (at.folder / "p" / "_inner.na").write_text("x = 1\n")
    text = "import p\nprint(p.x, p._inner.x)\nfrom p import *\nprint(x)"
    assert at.run(text, p__init="from . import _inner\nfrom ._inner import x\n") == "1 1\n1\n"


def test_harmless_cycles(at: Files) -> None:
    files = {"a": "import b\nx = 1\ndef f():\n    return b.g()\n", "b": "import a\ndef g():\n    return a.x\n"}
    assert at.run("import a\nprint(a.f())", **files) == "1\n"


def test_a_harmless_cycle_in_a_package(at: Files) -> None:
    files = {
        "p__init": "from .a import f\n",
        "p__a": "from . import b\nx = 1\ndef f():\n    return b.g()\n",
        "p__b": "from . import a\ndef g():\n    return a.x\n",
    }
    assert at.run("from p import f\nprint(f())", **files) == "1\n"


CYCLES = {
    "from": (
        {"a": "print('a')\nimport b\nx = 1\n", "b": "from a import x\n"},
        "ImportError: module 'a' has not defined x yet: a.na imports b.na imports a.na (a.na:2, b.na:1)",
    ),
    "attribute": (
        {"a": "import b\nx = 1\n", "b": "\n\nimport a\nprint(a.x)\n"},
        "AttributeError: module 'a' has not defined x yet: a.na imports b.na imports a.na (a.na:1, b.na:3)",
    ),
    "call": (
        {"a": "import b\ndef x():\n    pass\n", "b": "import a\ndef x(m):\n    pass\na.x()\n"},
        "AttributeError: module 'a' has not defined x yet: a.na imports b.na imports a.na (a.na:1, b.na:1)",
    ),
    "longer": (
        {"a": "import b\nx = 1\n", "b": "\nfrom c import y\n", "c": "def f():\n    from a import x\nf()\ny = 1\n"},
        "ImportError: module 'a' has not defined x yet: "
        "a.na imports b.na imports c.na imports a.na (a.na:1, b.na:2, c.na:2)",
    ),
    "inner": (
        {"a": "import b\n", "b": "import c\nx = 1\n", "c": "from b import x\n"},
        "ImportError: module 'b' has not defined x yet: b.na imports c.na imports b.na (b.na:1, c.na:1)",
    ),
    "itself": (
        {"a": "from a import x\nx = 1\n"},
        "ImportError: module 'a' has not defined x yet: a.na imports a.na (a.na:1)",
    ),
    "misspelt": (
        {"a": "total = 1\nimport b\n", "b": "from a import totl\n"},
        "ImportError: cannot import name 'totl' from 'a' (did you mean total?)",
    ),
}


@pytest.mark.parametrize("name", CYCLES)
def test_cycles(at: Files, name: str) -> None:
    files, message = CYCLES[name]
    assert at.error("import a", **files) == message


def test_a_cycle_says_nothing_after_the_modules_are_loaded(at: Files) -> None:
    assert at.run("import a\nprint(a.x)", a="import b\nx = 1\n", b="import a\n") == "1\n"
    assert at.error("a.y") == "AttributeError: module 'a' has no attribute 'y'"


def test_a_module_is_loaded_once(at: Files) -> None:
    text = "import p.m\nimport p.m as again\nfrom p import m\nfrom p.m import x\nimport other\nprint(again is m, x)"
    files = {
        "p__init": "",
        "p__m": "print('loading')\nx = 1\n",
        "p__n": "from . import m\nfrom .m import x\n",
        "other": "import p.n\n",
    }
    assert at.run(text, **files) == "loading\nTrue 1\n"
    assert at.run("import p.m\nprint(p.m.x)") == "1\n"


def test_flows_that_run_at_once_load_a_module_once(at: Files) -> None:
    slow = "print('loading')\nn = 0\nfor i in range(20000):\n    n += 1\nx = n\n"
    text = "def f():\n    from m import x\n    return x\nprint(parallel(f, f, f, f))"
    assert at.run(text, m=slow) == "loading\n[20000, 20000, 20000, 20000]\n"


def test_flows_that_load_modules_which_import_each_other_do_not_wait_for_ever(at: Files) -> None:
    slow = "for i in range(3000):\n    pass\n"
    files = {"a": f"{slow}import b\nx = 1\n", "b": f"{slow}import a\ny = 2\n"}
    text = "def f():\n    import a\ndef g():\n    import b\nparallel(f, g)\nimport a, b\nprint(a.x, b.y)"
    printed: list[str] = []
    thread = threading.Thread(target=lambda: printed.append(at.run(text, **files)), daemon=True)
    thread.start()
    thread.join(60)
    assert printed == ["1 2\n"]


def test_a_flow_of_a_module_that_is_being_loaded_sees_what_it_has(at: Files) -> None:
    files = {"m": "x = 1\ndef f():\n    import m\n    return m.x\nprint(parallel(f, f))\n"}
    assert at.run("import m", **files) == "[1, 1]\n"


def test_a_module_that_failed_can_be_imported_once_it_is_mended(at: Files) -> None:
    assert at.error("import m", m="x = 1\n1 / 0\n") == "ZeroDivisionError: division by zero"
    assert at.error("m.x") == "NameError: name 'm' is not defined"
    assert at.run("import m\nprint(m.x)", m="x = 2\n") == "2\n"


def test_a_package_that_failed_can_be_imported_once_it_is_mended(at: Files) -> None:
    files = {"p__init": "from . import a\nfrom .b import y\n", "p__a": "print('a')\nx = 1\n", "p__b": "y = (\n"}
    assert at.error("import p", **files) == "'(' is never closed"
    assert at.run("import p\nprint(p.a.x, p.y)", p__b="y = 2\n") == "1 2\n"


def test_a_program_may_catch_the_failure_of_a_module_and_go_on(at: Files) -> None:
    text = "try:\n    import m\nexcept ZeroDivisionError:\n    print('failed')\ntry:\n    import m\nexcept ZeroDivisionError:\n    print('again')"
    assert at.run(text, m="print('m')\n1 / 0\n") == "m\nfailed\nm\nagain\n"


def test_an_error_while_loading_names_the_imports(at: Files) -> None:
    at.write(a="\nimport b\n", b="from c import x\n", c="x = {}['k']\n")
    (at.folder / "main.na").write_text("import a\n")
    with pytest.raises(UncaughtError) as caught:
        at.session.run_source(read_source(str(at.folder / "main.na")))
    frames = caught.value.diagnostic.frames
    places = [(Path(frame.source.name).name, frame.source.line_of(frame.start)) for frame in frames]
    assert places == [("main.na", 1), ("a.na", 2), ("b.na", 1), ("c.na", 1)]


def test_a_mistake_in_a_module_names_the_imports(at: Files) -> None:
    with pytest.raises(ProgramError) as caught:
        at.run("\nimport a", a="\nimport b\n", b="x = 1\nreturn\n")
    hint = caught.value.diagnostic.hint
    assert hint is not None
    assert hint.split("\n")[-2:] == ["imported by a.na:2", "imported by main.na:2"]


SHOUT = "def (s: str) shout():\n    return s.upper() + '!'\n"
POINT = "struct Point:\n    x: int\ndef (p: Point) double():\n    return Point(p.x * 2)\n"


def test_receivers_work_once_their_module_is_imported(at: Files) -> None:
    at.write(texts=SHOUT)
    assert "has no attribute 'shout'" in at.error("'a'.shout()")
    assert at.run("import texts\nprint('a'.shout())") == "A!\n"


def test_structs_and_their_receivers_of_another_module(at: Files) -> None:
    text = (
        "from points import Point\nprint(Point(2).double())\nimport points\nprint(points.Point(3).double() == Point(6))"
    )
    assert at.run(text, points=POINT) == "Point(x=4)\nTrue\n"


def test_a_receiver_for_a_struct_of_another_module(at: Files) -> None:
    more = "from points import Point\ndef (p: Point) half():\n    return p.x // 2\n"
    assert (
        at.run("import more\nfrom points import Point\nprint(Point(4).double().half())", points=POINT, more=more)
        == "4\n"
    )


def test_two_modules_with_the_same_receiver(at: Files) -> None:
    message = at.error("import a\nimport b", a=SHOUT, b="\n" + SHOUT)
    assert message == "TypeError: str has a function shout from a.na:1; b.na:2 defines another"
    assert at.run("import a\nprint('x'.shout())") == "X!\n"


def test_two_modules_with_the_same_receiver_for_a_struct(at: Files) -> None:
    again = "from points import Point\ndef (p: Point) double():\n    return 0\n"
    message = at.error("import again", points=POINT, again=again)
    assert message == "TypeError: Point has a function double from points.na:3; again.na:2 defines another"


def test_the_same_receiver_for_two_types(at: Files) -> None:
    other = "def (x: int) shout():\n    return f'{x}!'\n"
    assert at.run("import a, b\nn = 3\nprint('x'.shout(), n.shout())", a=SHOUT, b=other) == "X! 3!\n"


def test_receivers_of_a_module_that_failed_are_gone(at: Files) -> None:
    assert at.error("import a", a=SHOUT + "1 / 0\n") == "ZeroDivisionError: division by zero"
    assert "has no attribute 'shout'" in at.error("'a'.shout()")
    assert at.run("import b\nprint('x'.shout())", b=SHOUT) == "X!\n"


def test_a_file_may_define_its_receiver_again(at: Files) -> None:
    again = SHOUT + "print('a'.shout())\n" + SHOUT.replace("!", "?")
    assert at.run("import a\nprint('a'.shout())", a=again) == "A!\nA?\n"


ALL = {
    "__all__ = ['a']\na = 1\nb = 2": ["a"],
    "a = 1\n_b = 2": ["a"],
    "__all__ = ('b', 'a')\na = 1\nb = 2": ["a", "b"],
    "__all__ = []\na = 1": [],
}


@pytest.mark.parametrize("module", ALL)
def test_what_a_star_takes(module: str, at: Files) -> None:
    at.run("from m import *", m=module)
    assert sorted({"a", "b", "_b"} & at.session.variables.own) == ALL[module]


def test_all_that_is_wrong(at: Files) -> None:
    message = "AttributeError: module 'm' has no attribute 'b'"
    assert at.error("from m import *", m="__all__ = ['b']\na = 1") == message
    at = Files(at.folder)
    assert at.error("from m import *", m="__all__ = 5") == "TypeError: __all__ of module 'm' must be a list of texts"


def test_a_name_without_letters(at: Files) -> None:
    assert at.run("import m\nsetattr(m, '', 1)\nfrom m import *\nprint(getattr(m, ''))", m="a = 1") == "1\n"
