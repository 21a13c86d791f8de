"""The resolver: where variables lie, which reads may find nothing, and what is refused before a run."""

from __future__ import annotations

import random
import symtable
from collections import defaultdict
from collections.abc import Callable, Iterator
from types import CodeType, TracebackType
from typing import Any

import pytest

from dana import nodes
from dana.errors import Diagnostic, ProgramError
from dana.parser import parse
from dana.resolver import Resolution, Scope, resolve
from dana.source import Source
from tests.differential import FOLDER, programs


def resolved(text: str) -> Resolution:
    source = Source(text)
    return resolve(parse(source), source)


def scope(resolution: Resolution, qualified_name: str) -> Scope:
    found = [scope for scope in resolution.scopes.values() if scope.qualified_name == qualified_name]
    assert len(found) == 1, [scope.qualified_name for scope in resolution.scopes.values()]
    return found[0]


def refused(text: str) -> list[Diagnostic]:
    with pytest.raises(ProgramError) as caught:
        resolved(text)
    return caught.value.diagnostics


def unsure(text: str) -> list[str]:
    """The unsure reads of a program as `name:line`."""
    source = Source(text)
    module = parse(source)
    resolution = resolve(module, source)
    names = [node for node in module.walk() if isinstance(node, nodes.Name) and id(node) in resolution.unsure]
    return [f"{node.id}:{source.line_of(node.start)}" for node in sorted(names)]


# Frames


def test_parameters_come_first_in_the_order_of_the_signature() -> None:
    f = scope(resolved("def f(a, /, b, *rest, c, **others):\n    d = a\n"), "f")
    assert f.names == ["a", "b", "rest", "c", "others", "d"]
    assert (f.parameter_count, f.size, f.cells, f.free) == (5, 6, (), ())
    assert f.place("c") == ("local", 3)


def test_variables_of_the_module_are_looked_up_by_name() -> None:
    resolution = resolved("x = 1\ndef f():\n    global y\n    y = x\n    return len\n")
    f = scope(resolution, "f")
    assert [f.place(name) for name in ("x", "y", "len")] == [("global", "x"), ("global", "y"), ("global", "len")]
    assert list(resolution.globals) == ["x", "y", "f"]
    assert scope(resolution, "<module>").size == 0


def test_a_captured_variable_lies_in_a_cell_that_inner_frames_take_over() -> None:
    resolution = resolved("def f(a, b):\n    def g(c):\n        def h():\n            return a + c\n        return h\n")
    f, g, h = (scope(resolution, name) for name in ("f", "f.<locals>.g", "f.<locals>.g.<locals>.h"))
    assert (f.cells, f.place("a"), f.place("b")) == ((0,), ("cell", 0), ("local", 1))
    assert (g.names, g.cells, g.free) == (["c", "h", "a"], (0,), (0,))
    assert (h.names, h.free, h.place("c")) == (["a", "c"], (2, 0), ("cell", 1))


def test_a_comprehension_works_in_the_frame_around_it() -> None:
    resolution = resolved("def f(rows, x):\n    return [x for row in rows for x in row], x\n")
    f, comprehension = scope(resolution, "f"), scope(resolution, "f.<locals>.<listcomp>")
    assert comprehension.owner is f
    assert f.names == ["rows", "x", "row", "x"]
    assert (f.place("x"), comprehension.place("x"), comprehension.place("rows")) == (
        ("local", 1),
        ("local", 3),
        ("local", 0),
    )


def test_each_comprehension_has_slots_of_its_own() -> None:
    f = scope(resolved("def f(a):\n    return [x for x in a], {x for x in a}\n"), "f")
    assert f.names == ["a", "x", "x"]


def test_a_captured_variable_of_a_comprehension_has_a_fresh_cell() -> None:
    resolution = resolved("fs = [lambda: i for i in range(3)]\n")
    module, comprehension = scope(resolution, "<module>"), scope(resolution, "<listcomp>")
    function = scope(resolution, "<listcomp>.<lambda>")
    assert (module.size, module.cells, comprehension.fresh) == (1, (), (0,))
    assert (function.free, function.place("i")) == ((0,), ("cell", 0))


def test_a_generator_expression_has_a_frame_and_gets_its_first_iterator() -> None:
    resolution = resolved("def f(rows, k):\n    return (x + k for x in rows)\n")
    generator = scope(resolution, "f.<locals>.<genexpr>")
    assert (generator.kind, generator.parameter_count, generator.is_generator) == ("generator", 1, True)
    assert (generator.names, generator.free) == ([".0", "x", "k"], (1,))
    assert scope(resolution, "f").cells == (1,)


def test_names_of_a_class_body_have_slots_and_fall_back_to_the_module() -> None:
    resolution = resolved("def f(x):\n    class C:\n        before = x\n        x = 2\n        def m(self): return x\n")
    c, m = scope(resolution, "f.<locals>.C"), scope(resolution, "f.<locals>.C.m")
    assert c.place("x") == ("class", 1, ("global", "x"))
    assert (c.names, c.free) == (["before", "x", "m", "x"], (0,))
    assert (m.place("x"), m.free) == (("cell", 1), (3,))


def test_a_class_body_reads_the_function_around_it() -> None:
    c = scope(resolved("def f(x):\n    class C:\n        y = x\n"), "f.<locals>.C")
    assert (c.place("x"), c.free) == (("cell", 1), (0,))


def test_a_comprehension_in_a_class_body_does_not_see_it() -> None:
    resolution = resolved("class C:\n    n = 3\n    rows = [n for i in range(n)]\n")
    assert scope(resolution, "C.<listcomp>").place("n") == ("global", "n")
    assert scope(resolution, "C").place("n") == ("class", 0, ("global", "n"))


def test_super_takes_the_class_from_a_cell_of_its_body() -> None:
    text = "class A(B):\n    def f(self):\n        return [super().f() for _ in 'ab']\n    def g(self): pass\n"
    resolution = resolved(text)
    a, f, g = scope(resolution, "A"), scope(resolution, "A.f"), scope(resolution, "A.g")
    assert (a.names, a.cells) == (["f", "g", "__class__"], (2,))
    assert (f.uses_super, f.free, f.place("__class__")) == (True, (2,), ("cell", 2))
    assert (g.uses_super, g.free) == (False, ())


def test_super_outside_a_class_has_no_class() -> None:
    assert scope(resolved("def f():\n    super()\n"), "f").uses_super is False


def test_an_assignment_expression_in_a_comprehension_binds_in_the_function() -> None:
    resolution = resolved("def f(a):\n    any((last := x) for x in a)\n    return [y := x for x in a], last, y\n")
    f, generator = scope(resolution, "f"), scope(resolution, "f.<locals>.<genexpr>")
    assert (f.place("last")[0], f.place("y")[0], generator.place("last")[0]) == ("cell", "local", "cell")
    assert scope(resolved("[y := x for x in 'ab']\n"), "<listcomp>").place("y") == ("global", "y")


def test_a_name_called_like_a_method_captures_a_function_around() -> None:
    resolution = resolved("def f(double, xs):\n    def g(x):\n        return x.double().upper()\n    xs.append(1)\n")
    assert scope(resolution, "f").cells == (0,)
    assert scope(resolution, "f.<locals>.g").place("double") == ("cell", 1)


def test_annotations_capture_nothing_and_are_kept() -> None:
    resolution = resolved("def f(T):\n    def g(x: T) -> T:\n        y: T = x\n")
    assert scope(resolution, "f").cells == ()
    assert [(node.id, where.name) for node, where in resolution.annotations if isinstance(node, nodes.Name)] == [
        ("T", "f"),
        ("T", "f"),
        ("T", "g"),
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import a.b.c", "a"),
        ("import a.b as c", "c"),
        ("from a import b as c", "c"),
        ("with a() as (b, [c]): pass", "c"),
        ("for a.b, *c in d: pass", "c"),
        ("try: pass\nexcept E as c: pass", "c"),
        ("match a:\n    case {'k': 1, **c}: pass", "c"),
        ("match a:\n    case [B(d=1 | 2 as c)]: pass", "c"),
        ("match a:\n    case [*c]: pass", "c"),
        ("class c: pass", "c"),
        ("def c(): pass", "c"),
        ("print(c := 1)", "c"),
    ],
)
def test_what_binds_a_name(text: str, name: str) -> None:
    assert name in resolved(text).globals
    body = "def f():\n" + "".join(f"    {line}\n" for line in text.split("\n"))
    assert scope(resolved(body), "f").place(name)[0] == "local"


def test_an_annotation_alone_binds_nothing_in_the_module_and_a_local_in_a_function() -> None:
    assert resolved("x: int\n").globals == {}
    assert unsure("def f():\n    x: int\n    return x\n") == ["x:3"]


def test_docstrings_and_generators() -> None:
    resolution = resolved('"""Module."""\ndef f():\n    "Function."\n    x = yield\n    return 1\ndef g(): f"no"\n')
    assert [scope(resolution, name).docstring for name in ("<module>", "f", "g")] == ["Module.", "Function.", None]
    assert [scope(resolution, name).is_generator for name in ("f", "g")] == [True, False]


def test_names_unknown_before_a_run() -> None:
    resolution = resolved("from lib import *\n")
    assert [node.module for node in resolution.star_imports] == ["lib"]


def test_a_long_chain_needs_no_stack() -> None:
    resolved("x = " + " + ".join(["a"] * 750))
    resolved("def f(a):\n    if a == 0: b = 1\n" + "".join(f"    elif a == {n}: b = 2\n" for n in range(750)))


# Reads that may find nothing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\nreturn x", []),
        ("return x\nx = 1", ["x:2"]),
        ("if a: x = 1\nelse: x = 2\nreturn x", []),
        ("if a: x = 1\nreturn x", ["x:3"]),
        ("if a: x = 1\nelif b: return\nelse: raise a\nreturn x", []),
        ("if a and (x := b): y = 1\nreturn x", ["x:3"]),
        ("if (x := a) and x: pass\nreturn x", []),
        ("return (x := a) if b else x", ["x:2"]),
        ("for x in a: y = x\nreturn x, y", ["x:3", "y:3"]),
        ("for x in a: return x\nelse: y = 1\nreturn y", []),
        ("for x in a:\n    if x: break\nelse: y = 1\nreturn y", ["y:5"]),
        ("while a: x = 1\nreturn x", ["x:3"]),
        ("while True:\n    x = 1\n    if a: break\nreturn x", []),
        ("while True:\n    if a: break\n    x = 1\nreturn x", ["x:5"]),
        ("while (x := a): pass\nreturn x", []),
        ("x = 1\nfor y in a:\n    b(x)\n    del x\nreturn x", ["x:2", "x:4", "x:5", "x:6"]),
        ("try: x = a()\nexcept E: b(x)\nreturn x", ["x:3", "x:4"]),
        ("try: x = a()\nexcept E: x = b\nreturn x", []),
        ("try: x = a()\nexcept E: return\nreturn x", []),
        ("try: x = a()\nfinally: b(x)\nreturn x", ["x:3"]),
        ("try: b()\nexcept E as e: b(e)\nreturn e", ["e:4"]),
        ("try: pass\nfinally: x = 1\nreturn x", []),
        ("with a as x: y = x\nreturn x, y", ["y:3"]),
        ("with a as x, b as y: pass\nreturn x, y", ["y:3"]),
        ("match a:\n    case 1: x = 1\n    case _: x = 2\nreturn x", []),
        ("match a:\n    case 1: x = 1\nreturn x", ["x:4"]),
        ("match a:\n    case [x]: return x\nreturn x", ["x:4"]),
        ("del a\nreturn a", ["a:3"]),
        ("x += 1", ["x:2"]),
        ("del x\nx = 1", ["x:2"]),
        ("return [x for x in a], [y for z in a for y in y]", ["y:2"]),
        ("x = 1\nreturn [0 for y in a for b in x for x in a]", ["x:3"]),
        ("return {x: y for x in a if (y := x)}", []),
        ("x = 1\nreturn lambda: x", []),
        ("g = lambda: x\nx = 1\nreturn g", ["x:2"]),
        ("def g(): return g\nreturn g", []),
        ("@a\ndef g(): return g\nreturn g", ["g:3"]),
        ("x = 1\ndef g(): return x\ndel x", ["x:3"]),
        ("x = 1\ndef g():\n    nonlocal x\n    del x\nb(g)\nreturn x", ["x:2", "x:5", "x:7"]),
        ("try: b()\nexcept E as e: return lambda: e", ["e:3"]),
        ("x = 1\nclass C:\n    def m(self): return x, a", []),
        ("x = 1\nreturn (x for y in a if y)", []),
        ("global x\nreturn x", []),
        ("class C:\n    y = x\n    x = 1", []),
    ],
)
def test_unsure(text: str, expected: list[str]) -> None:
    body = "def f(a, b):\n" + "".join(f"    {line}\n" for line in text.split("\n"))
    assert unsure(body) == expected


# What is refused


@pytest.mark.parametrize(
    ("text", "message", "marked"),
    [
        ("return 1", "'return' outside function", "return 1"),
        ("class C:\n    return 1", "'return' outside function", "return 1"),
        ("yield 1", "'yield' outside function", "yield 1"),
        ("class C:\n    x = yield 1", "'yield' outside function", "yield 1"),
        ("def f(a):\n    [(yield x) for x in a]", "'yield' inside list comprehension", "yield x"),
        ("def f(a):\n    ((yield from x) for x in a)", "'yield' inside generator expression", "yield from x"),
        ("break", "'break' outside loop", "break"),
        ("for x in a:\n    def f():\n        break", "'break' outside loop", "break"),
        ("for x in a: pass\nelse: continue", "'continue' outside loop", "continue"),
        ("def f(a, *, a): pass", "duplicate argument 'a' in function definition", "a"),
        ("f = lambda *a, **a: 1", "duplicate argument 'a' in function definition", "a"),
        ("def f(x):\n    global x", "name 'x' is parameter and global", "x"),
        ("def f(x):\n    nonlocal x", "name 'x' is parameter and nonlocal", "x"),
        ("def f():\n    print(x)\n    global x", "name 'x' is used prior to global declaration", "x"),
        ("def f():\n    x = 1\n    global x", "name 'x' is assigned to before global declaration", "x"),
        ("def f():\n    global y, x\n    x: int = 1", "annotated name 'x' can't be global", "x"),
        ("def f():\n    nonlocal x", "no binding for nonlocal 'x' found", "x"),
        ("x = 1\ndef f():\n    nonlocal x", "no binding for nonlocal 'x' found", "x"),
        ("nonlocal x", "nonlocal declaration not allowed at module level", "nonlocal x"),
        ("def f(x):\n    def g():\n        nonlocal x\n        global x", "name 'x' is nonlocal and global", "x"),
        ("def f():\n    from a import *", "import * only allowed at module level", "from a import *"),
        ("[x := 1 for x in a]", "assignment expression cannot rebind comprehension iteration variable 'x'", "x"),
        (
            "[1 for y in a if (x := y) for x in a]",
            "comprehension inner loop cannot rebind assignment expression target 'x'",
            "x",
        ),
        (
            "[x for x in (y := a)]",
            "assignment expression cannot be used in a comprehension iterable expression",
            "y := a",
        ),
        (
            "class C:\n    x = [y := 1 for z in a]",
            "assignment expression within a comprehension cannot be used in a class body",
            "y := 1",
        ),
        ("match a:\n    case x: pass\n    case 1: pass", "name capture 'x' makes remaining patterns unreachable", "x"),
        ("match a:\n    case _: pass\n    case 1: pass", "wildcard makes remaining patterns unreachable", "_"),
        ("match a:\n    case x | 1: pass", "name capture 'x' makes remaining patterns unreachable", "x"),
        ("match a:\n    case [x] | [y, 1]: pass", "alternative patterns bind different names", "[x] | [y, 1]"),
        ("match a:\n    case [x, 1 as x]: pass", "multiple assignments to name 'x' in pattern", "x"),
        ("class C(a=1): pass", "a class takes no keyword arguments", "a"),
        ("class C(A, metaclass=M): pass", "metaclasses are not part of Dana", "metaclass"),
        ("eval('1')", "eval is not part of Dana", "eval"),
        ("__import__('os')", "__import__ is not part of Dana", "__import__"),
        ("def f():\n    return globals()", "globals is not part of Dana", "globals"),
        ("print(__name__)", "__name__: names with double underscores belong to the host", "__name__"),
        ("def f():\n    __all__ = []", "__all__: names with double underscores belong to the host", "__all__"),
        ("import __main__", "__main__: names with double underscores belong to the host", "__main__"),
        ("from a import b as __b__", "__b__: names with double underscores belong to the host", "__b__"),
        ("f(__x__=1)", "__x__: names with double underscores belong to the host", "__x__"),
        ("def f(__x__): pass", "__x__: names with double underscores belong to the host", "__x__"),
        ("def __len__(): pass", "__len__: names with double underscores belong to the host", "__len__"),
        ("x.__class__.__mro__", "__class__: names with double underscores belong to the host", "__class__"),
        ("x.__class__ = 1", "__class__: names with double underscores belong to the host", "__class__"),
        ("del x.__dict__", "__dict__: names with double underscores belong to the host", "__dict__"),
        ("f = x.__len__", "__len__: names with double underscores belong to the host", "__len__"),
        ("x.__subclasses__()", "__subclasses__: names with double underscores belong to the host", "__subclasses__"),
        ("match a:\n    case C(__x__=x): pass", "__x__: names with double underscores belong to the host", "__x__"),
        ("class C:\n    __slots__ = ()", "__slots__: names with double underscores belong to the host", "__slots__"),
        ("class C:\n    @p\n    def __new__(cls): pass", "__new__ cannot be defined", "__new__"),
    ],
)
def test_refused(text: str, message: str, marked: str) -> None:
    found = refused(text + "\n")
    assert [(d.message, text[d.start : d.end]) for d in found] == [(message, marked)]


@pytest.mark.parametrize(
    "text",
    [
        "class C:\n    def __init__(self): super().__init__()\n    __repr__ = __init__\n    __match_args__ = ()",
        "class C(B):\n    def f(self): return super().__len__, B.__eq__(self, 1), self.x.__len__(), __class__",
        "def eval(x): return x\neval(1)",
        "def f(compile):\n    return compile(1)",
        "from lib import *\nvars(1)",
        "_ = __x = x._y = x.__z = 1",
        "class C(*bases): pass",
        "def f(a):\n    while a:\n        try: continue\n        finally: break",
        "def f():\n    return (yield)",
        "f = lambda: (yield)",
        "def f(a):\n    return [x for x in (yield a)]",
        "global x\nx: int = 1",
        "def f():\n    x = 1\n    class C:\n        nonlocal x\n        x = 2",
        "match a:\n    case x if x: pass\n    case [_, _] | [_]: pass\n    case x: pass",
        "f(*a, *b, **c, **d)",
    ],
)
def test_accepted(text: str) -> None:
    resolved(text + "\n")


def test_all_mistakes_come_at_once_and_in_order() -> None:
    found = refused("def f():\n    nonlocal x\nbreak\nx.__dict__\ndef g(a, a): return eval(a)\n")
    assert [(d.line, d.code) for d in found] == [
        (2, "unknown-nonlocal"),
        (3, "misplaced-break"),
        (4, "special-name"),
        (5, "duplicate-parameter"),
        (5, "not-in-dana"),
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("if __name__ == 'x': pass", "a Dana file runs from top to bottom; call main() at the end"),
        ("print(type(order).__name__)", "use type_name(order)"),
        ("print(order.items.__class__)", "use type(order.items)"),
        ("print(f.__doc__)", "use help(f)"),
        ("x = 1\ndef f():\n    nonlocal x", "for the name at module level, write `global x`"),
        ("A.__len__ = f", "define __len__ in the class; elsewhere it can only be called, as in Base.__len__(self)"),
        ("class A:\n    def __del__(self): pass", "use __enter__ and __exit__, and `with` where the object is used"),
    ],
)
def test_hints(text: str, hint: str) -> None:
    assert [d.hint for d in refused(text + "\n")] == [hint]


# Against Python

_COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}
_CONSTANTS = {"true", "false", "none"}


def tables(table: symtable.SymbolTable, name: str = "") -> Iterator[tuple[str, symtable.SymbolTable]]:
    """The symbol tables of Python by qualified name."""
    yield name or "<module>", table
    is_function = table.get_type() == "function" and table.get_name() not in _COMPREHENSIONS
    joint = ".<locals>." if is_function else "."
    for child in table.get_children():
        own = child.get_name()
        if own in _COMPREHENSIONS or own == "lambda":
            own = f"<{own}>"
        is_global = own in table.get_identifiers() and table.lookup(own).is_declared_global()
        yield from tables(child, own if is_global or not name else name + joint + own)


def place_in_python(symbol: symtable.Symbol, table: symtable.SymbolTable) -> str:
    if table.get_type() == "module" or symbol.is_global():
        return "global"
    if symbol.is_free():
        return "cell"
    return "class" if table.get_type() == "class" else "own"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.na")), ids=lambda path: path.name)
def test_names_mean_what_they_mean_in_python(path: Any) -> None:
    for program in programs(path.name, path.read_text(encoding="utf-8")):
        by_name: dict[str, list[Scope]] = defaultdict(list)
        for found in resolved(program.text).scopes.values():
            by_name[found.qualified_name].append(found)
        of_python: dict[str, list[symtable.SymbolTable]] = defaultdict(list)
        for name, table in tables(symtable.symtable(program.text, program.file, "exec")):
            of_python[name].append(table)
        assert {name: len(found) for name, found in by_name.items()} == {
            name: len(found) for name, found in of_python.items()
        }
        for name, found_scopes in by_name.items():
            if len(found_scopes) > 1 or found_scopes[0].name == "top":
                continue  # scopes of one name may come in another order; symtable takes "top" for the module
            table = of_python[name][0]
            for symbol in table.get_symbols():
                if not symbol.get_name().startswith(("_", ".")) and symbol.get_name() not in _CONSTANTS:
                    assert_same_place(symbol, table, found_scopes[0])


def assert_same_place(symbol: symtable.Symbol, table: symtable.SymbolTable, found: Scope) -> None:
    name = symbol.get_name()
    place = found.place(name)[0]
    expected = place_in_python(symbol, table)
    if not (symbol.is_referenced() or symbol.is_assigned() or symbol.is_parameter()):
        return
    if expected == "own":
        assert place in ("local", "cell"), (found, name)
        assert name in found.bound, (found, name)
    elif expected == "cell" and found.kind == "comprehension":
        assert place in ("local", "cell"), (found, name)
    else:
        assert place == expected, (found, name)


class Writer:
    """Writes a random function that binds, deletes and reads three names in all ways."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = ["def main(x):"]
        self.budget = 30
        self.count = 0

    def text(self) -> str:
        for _ in range(6):
            self.statement(1, False)
        return "\n".join(self.lines) + "\n"

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def name(self) -> str:
        return self.random.choice("xyz")

    def value(self) -> str:
        a, b = self.name(), self.name()
        return self.random.choice(
            [
                a,
                a,
                a,
                f"({a} := 1)",
                f"(choose() and {a})",
                f"(choose() and ({a} := 1))",
                f"({a} if choose() else {b})",
                f"keep(lambda: {a})",
                f"[{a} for {b} in some()]",
                f"[keep(lambda: {a}) for {b} in some() if {b}]",
                f"keep({a} for {b} in some())",
                f"[0 for {a} in some() for {b} in [{a}, 1]]",
            ]
        )

    def block(self, depth: int, loop: bool) -> None:
        for _ in range(self.random.randint(1, 3)):
            self.statement(depth, loop)

    def statement(self, depth: int, loop: bool) -> None:
        self.budget -= 1
        simple = [self.assign, self.read, self.read, self.change, self.leave]
        compound = [self.branch, self.repeat, self.attempt, self.context, self.choice, self.function]
        self.random.choice(simple if self.budget < 0 or depth > 4 else simple + compound)(depth, loop)

    def assign(self, depth: int, loop: bool) -> None:
        self.line(depth, f"{self.name()} = 1")

    def read(self, depth: int, loop: bool) -> None:
        self.guarded(depth, f"use({self.value()})")

    def change(self, depth: int, loop: bool) -> None:
        self.guarded(depth, self.random.choice([f"{self.name()} += 1", f"del {self.name()}"]))

    def guarded(self, depth: int, text: str) -> None:
        self.line(depth, "try:")
        self.line(depth + 1, text)
        self.line(depth, "except NameError as _error:")
        self.line(depth + 1, "note(_error)")

    def leave(self, depth: int, loop: bool) -> None:
        ways = ["fail()", "call()", *(["break", "continue"] if loop else ["return"])]
        self.line(depth, self.random.choice(ways))

    def branch(self, depth: int, loop: bool) -> None:
        self.line(depth, "if choose():")
        self.block(depth + 1, loop)
        if choose(self.random):
            self.line(depth, "else:")
            self.block(depth + 1, loop)

    def repeat(self, depth: int, loop: bool) -> None:
        self.line(depth, self.random.choice([f"for {self.name()} in some():", "while choose():", "while True:"]))
        self.line(depth + 1, "choose()")
        self.block(depth + 1, True)
        if choose(self.random):
            self.line(depth, "else:")
            self.block(depth + 1, loop)

    def attempt(self, depth: int, loop: bool) -> None:
        self.line(depth, "try:")
        self.block(depth + 1, loop)
        self.line(depth, self.random.choice([f"except Failure as {self.name()}:", "except Failure:"]))
        self.block(depth + 1, loop)
        if choose(self.random):
            self.line(depth, "finally:")
            self.block(depth + 1, loop)

    def context(self, depth: int, loop: bool) -> None:
        target = self.random.choice([self.name(), f"({self.name()}, {self.name()})"])
        self.line(depth, f"with Quiet() as {target}, Quiet() as {self.name()}:")
        self.block(depth + 1, loop)

    def choice(self, depth: int, loop: bool) -> None:
        self.line(depth, "match pick():")
        for case in ("0", f"[{self.name()}]", self.random.choice(["_", f"{self.name()} if choose()"])):
            self.line(depth + 1, f"case {case}:")
            self.block(depth + 2, loop)

    def function(self, depth: int, loop: bool) -> None:
        self.count += 1
        name = f"g{self.count}"
        self.line(depth, f"def {name}({self.random.choice(['', 'x=1', 'y=1'])}):")
        if choose(self.random):
            self.line(depth + 1, f"{self.random.choice(['global', 'nonlocal'])} z")
        self.block(depth + 1, False)
        if choose(self.random):
            self.line(depth + 1, "yield")
            self.block(depth + 1, False)
        self.line(depth, f"keep({name})")


def choose(source: random.Random) -> bool:
    return source.random() < 0.5


class Failure(Exception):
    pass


class Enough(BaseException):
    pass


def failed_reads(code: CodeType, seed: int) -> Iterator[tuple[str, int, int]]:
    """Run a program of Writer in Python; each read that fails, as name, line and column."""
    luck = random.Random(seed)
    steps = iter(range(200))
    kept: list[Any] = []
    failed: list[tuple[str, int, int]] = []

    def choose_here() -> bool:
        if next(steps, None) is None:
            raise Enough
        return choose(luck)

    def note(error: NameError) -> None:
        trace: TracebackType | None = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        assert trace is not None
        line, _, column, _ = list(trace.tb_frame.f_code.co_positions())[trace.tb_lasti // 2]
        if "is not defined" not in str(error):  # a name of the module
            failed.append((str(error).split("'")[1], line or 0, column or 0))

    def fail() -> None:
        if choose_here():
            raise Failure

    def call() -> None:
        if kept and choose_here():
            thing = luck.choice(kept)
            try:
                result = thing() if callable(thing) else next(thing, None)
                if hasattr(result, "__next__"):
                    kept.append(result)
            except NameError as error:
                note(error)
            except (Failure, TypeError, ValueError):
                pass

    def use(value: object) -> None:
        call()

    class Quiet:
        def __enter__(self) -> tuple[int, int]:
            fail()
            return 1, 2

        def __exit__(self, kind: object, *rest: object) -> bool:
            return kind is Failure and choose(luck)

    functions: dict[str, Callable[..., Any]] = {
        "choose": choose_here,
        "note": note,
        "fail": fail,
        "call": call,
        "use": use,
        "keep": kept.append,
        "some": lambda: [1, 2][: luck.randint(0, 2)],
        "pick": lambda: luck.choice([0, [1], 2]),
        "Quiet": Quiet,
        "Failure": Failure,
    }
    variables: dict[str, Any] = dict(functions)
    exec(code, variables)
    try:
        variables["main"](1)
        for _ in range(5):
            call()
    except (Failure, Enough, RecursionError, TypeError):
        pass
    except NameError as error:
        note(error)
    yield from failed


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_a_read_that_fails_was_unsure(start: int) -> None:
    checked = 0
    for seed in range(start, start + 100):
        text = Writer(seed).text()
        try:
            code = compile(text, "random", "exec")
        except SyntaxError:
            refused(text)
            continue
        source = Source(text)
        module = parse(source)
        resolution = resolve(module, source)
        names = defaultdict(list)
        for node in module.walk():
            if isinstance(node, nodes.Name):
                names[node.id, *source.position(node.start)].append(id(node) in resolution.unsure)
        for run in range(5):
            for name, line, column in failed_reads(code, seed * 10 + run):
                after = column + 5 if source.line(line)[column:].startswith("del ") else column + 1
                judged = names[name, line, after]
                if judged:  # Python itself sometimes tells the place of a neighbour
                    checked += 1
                    assert any(judged), (seed, name, line, text)
    assert checked > 100
