"""Trees: the same as Python's for what both languages have, the same from Lark's own parser, and what is refused."""

from __future__ import annotations

import ast
import functools
import marshal
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from dana import builder, nodes, parse_table
from dana.errors import ProgramError
from dana.lexer import tokenize
from dana.parser import parse, parse_expression
from dana.source import Source

ROOT = Path(__file__).parent.parent.parent
RECIPE = ROOT.parent / "shared" / "recipe"
HOST = Path(ast.__file__).parent
DIFFERENTIAL = sorted((ROOT / "tests" / "differential").glob("*.na"))
LIBRARY = [
    HOST / name
    for name in (
        "argparse.py ast.py bisect.py calendar.py cmd.py collections/__init__.py configparser.py copy.py csv.py dataclasses.py "
        "datetime.py difflib.py dis.py enum.py fractions.py functools.py heapq.py inspect.py json/decoder.py locale.py "
        "logging/__init__.py optparse.py pickle.py random.py re/_parser.py shlex.py statistics.py string.py "
        "tarfile.py textwrap.py tokenize.py typing.py uuid.py zipfile.py"
    ).split()
    if (HOST / name).exists()
]
OPERATORS = {
    "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**", "MatMult": "@",
    "LShift": "<<", "RShift": ">>", "BitAnd": "&", "BitOr": "|", "BitXor": "^", "UAdd": "+", "USub": "-", "Invert": "~",
    "Not": "not", "Lt": "<", "Gt": ">", "LtE": "<=", "GtE": ">=", "Eq": "==", "NotEq": "!=", "In": "in",
    "NotIn": "not in", "Is": "is", "IsNot": "is not", "And": "and", "Or": "or",
}  # fmt: skip


class Translation:
    """Python's tree of a text as Dana's."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.starts = [0, *accumulate(len(line) + 1 for line in self.lines)]

    def __call__(self, node: Any) -> Any:
        if isinstance(node, list):
            return tuple(map(self, node))
        if not isinstance(node, ast.AST):
            return node
        name = type(node).__name__
        if name in OPERATORS:
            return OPERATORS[name]
        kind, fields = KINDS[name]
        values = [read(self, node) if callable(read) else self(getattr(node, read)) for read in fields]
        return kind(*self.span(node), *values)

    def span(self, node: Any) -> tuple[int, int]:
        if not hasattr(node, "lineno"):
            return 0, 0
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def offset(self, line: int, column: int) -> int:
        text = self.lines[line - 1]
        return self.starts[line - 1] + (column if text.isascii() else len(text.encode()[:column].decode()))

    def arguments(self, node: ast.arguments) -> nodes.Parameters:
        plain = [*node.posonlyargs, *node.args]
        defaults: list[Any] = [None] * (len(plain) - len(node.defaults)) + list(node.defaults)

        def parameter(each: ast.arg | None, default: Any = None) -> Any:
            return each and nodes.Parameter(*self.span(each), each.arg, self(each.annotation), self(default))

        found = tuple(parameter(each, default) for each, default in zip(plain, defaults, strict=True))
        rest = zip(node.kwonlyargs, node.kw_defaults, strict=True)
        split = len(node.posonlyargs)
        keyword_only = tuple(parameter(each, default) for each, default in rest)
        ends = parameter(node.vararg), parameter(node.kwarg)
        return nodes.Parameters(0, 0, found[:split], found[split:], ends[0], keyword_only, ends[1])

    def part(self, node: Any) -> Any:
        if isinstance(node, ast.Constant):
            return nodes.Constant(0, 0, node.value)
        conversion = None if node.conversion < 0 else chr(node.conversion)
        return nodes.Interpolation(0, 0, self(node.value), conversion, self(node.format_spec))


Field = str | Callable[[Translation, Any], Any]
KINDS: dict[str, tuple[Any, list[Field]]] = {
    name: (getattr(nodes, kind), [*fields])
    for name, kind, *fields in [
        ["Module", "Module", "body"],
        ["Constant", "Constant", "value"],
        ["Name", "Name", "id"],
        ["JoinedStr", "JoinedString", lambda t, n: tuple(map(t.part, n.values))],
        ["List", "ListDisplay", "elts"],
        ["Tuple", "TupleDisplay", "elts"],
        ["Set", "SetDisplay", "elts"],
        ["Dict", "DictDisplay", "keys", "values"],
        ["Starred", "Starred", "value"],
        ["UnaryOp", "UnaryOperation", "op", "operand"],
        ["BinOp", "BinaryOperation", "op", "left", "right"],
        ["BoolOp", "BooleanOperation", "op", "values"],
        ["Compare", "Comparison", "left", "ops", "comparators"],
        ["IfExp", "Conditional", "test", "body", "orelse"],
        ["Lambda", "Lambda", lambda t, n: t.arguments(n.args), "body"],
        ["Call", "Call", "func", "args", "keywords"],
        ["keyword", "Keyword", "arg", "value"],
        ["Attribute", "Attribute", "value", "attr"],
        ["Subscript", "Subscript", "value", "slice"],
        ["Slice", "Slice", "lower", "upper", "step"],
        ["NamedExpr", "NamedExpression", "target", "value"],
        ["ListComp", "ListComprehension", "elt", "generators"],
        ["SetComp", "SetComprehension", "elt", "generators"],
        ["GeneratorExp", "GeneratorExpression", "elt", "generators"],
        ["DictComp", "DictComprehension", "key", "value", "generators"],
        ["comprehension", "ForClause", "target", "iter", "ifs"],
        ["Yield", "Yield", "value"],
        ["YieldFrom", "YieldFrom", "value"],
        ["Expr", "ExpressionStatement", "value"],
        ["Assign", "Assignment", "targets", "value"],
        ["AnnAssign", "AnnotatedAssignment", "target", "annotation", "value", lambda t, n: bool(n.simple)],
        ["AugAssign", "AugmentedAssignment", "target", "op", "value"],
        ["Return", "Return", "value"],
        ["Raise", "Raise", "exc", "cause"],
        ["Assert", "Assert", "test", "msg"],
        ["Delete", "Delete", "targets"],
        ["Pass", "Pass"],
        ["Break", "Break"],
        ["Continue", "Continue"],
        ["Global", "Global", "names"],
        ["Nonlocal", "Nonlocal", "names"],
        ["alias", "Alias", "name", "asname"],
        ["Import", "Import", "names"],
        ["ImportFrom", "ImportFrom", lambda t, n: n.module or "", "level", "names"],
        ["If", "If", "test", "body", "orelse"],
        ["While", "While", "test", "body", "orelse"],
        ["For", "For", "target", "iter", "body", "orelse"],
        ["Try", "Try", "body", "handlers", "orelse", "finalbody"],
        ["ExceptHandler", "ExceptClause", "type", "name", "body"],
        ["With", "With", "items", "body"],
        ["withitem", "WithItem", "context_expr", "optional_vars"],
        ["Match", "Match", "subject", "cases"],
        ["match_case", "MatchCase", "pattern", "guard", "body"],
        ["FunctionDef", "FunctionDefinition", "name", lambda t, n: t.arguments(n.args), "returns", "body",
         lambda t, n: "def", "decorator_list"],
        ["ClassDef", "ClassDefinition", "name", "bases", "keywords", "body", lambda t, n: "class", "decorator_list"],
        ["MatchValue", "ValuePattern", "value"],
        ["MatchSingleton", "ValuePattern", lambda t, n: nodes.Constant(*t.span(n), n.value)],
        ["MatchSequence", "SequencePattern", "patterns"],
        ["MatchStar", "StarPattern", "name"],
        ["MatchMapping", "MappingPattern", "keys", "patterns", "rest"],
        ["MatchClass", "ClassPattern", "cls", "patterns", "kwd_attrs", "kwd_patterns"],
        ["MatchOr", "OrPattern", "patterns"],
    ]
}  # fmt: skip
KINDS["MatchAs"] = (
    lambda start, end, pattern, name: (
        nodes.CapturePattern(start, end, name) if pattern is None else nodes.AsPattern(start, end, pattern, name)
    ),
    ["pattern", "name"],
)


WITHOUT_POSITION = (nodes.Module, nodes.Parameters, nodes.ForClause, nodes.WithItem, nodes.MatchCase)


def as_operations(pipeline: nodes.Pipeline) -> Any:
    """A pipeline as Python reads it."""
    found: Any = pipeline.first
    for at, stage in enumerate(pipeline.stages):
        right: Any = stage
        if at in pipeline.calls:
            call: Any = right.body
            right = nodes.Call(call.start, call.end, call.function, call.arguments[1:], call.keywords)
        end = pipeline.end if at == len(pipeline.stages) - 1 else right.end
        found = nodes.BinaryOperation(pipeline.start, end, "|", found, right)
    return found


def compared(node: Any, inside: bool = False) -> Any:
    """A tree as plain tuples, with positions where Python has them, and with constants as they are written.

    Python has none inside f-strings before 3.12, and a decorated definition of Dana starts at its decorator.
    """
    if not isinstance(node, nodes.Node):
        return tuple(compared(item, inside) for item in node) if type(node) is tuple else node
    if type(node) is nodes.Pipeline:
        node = as_operations(node)
    place: tuple[Any, ...] = () if inside or isinstance(node, WITHOUT_POSITION) else (node[0], node[1])
    if place and getattr(node, "decorators", ()):
        place = place[1:]
    if isinstance(node, nodes.Constant):
        return "Constant", *place, type(node.value).__name__, repr(node.value)
    inside = inside or isinstance(node, nodes.JoinedString)
    return type(node).__name__, *place, *[compared(item, inside) for item in node[2:]]


def difference(expected: Any, found: Any) -> Any:
    """The smallest parts of two trees that differ."""
    if type(expected) is type(found) is tuple and len(expected) == len(found) and expected[:1] == found[:1]:
        for one, other in zip(expected, found, strict=True):
            if different := difference(one, other):
                return different
    return None if expected == found else (expected, found)


def assert_as_in_python(text: str) -> None:
    source = Source(text)
    expected = Translation(source.text)(ast.parse(source.text))
    assert difference(compared(expected), compared(parse(source))) is None


def programs(file: Path) -> Iterator[str]:
    """The programs of a file of the differential tests."""
    return iter(re.split(r"^---.*\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.mark.skipif(not RECIPE.exists(), reason=f"no programs in {RECIPE}")
def test_recipe() -> None:
    files = sorted(RECIPE.glob("*.na"))
    assert len(files) == 9
    for file in files:
        assert_as_in_python(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", DIFFERENTIAL, ids=lambda file: file.stem)
def test_differential_programs(file: Path) -> None:
    for text in programs(file):
        assert_as_in_python(text)


@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: file.relative_to(HOST).as_posix())
def test_library_of_the_host(file: Path) -> None:
    assert_as_in_python(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "a = b = c, *d = e",
        "x = yield",
        "x: int",
        "x: tuple = 1, *a",
        "a.b: int = 1",
        "a += yield b",
        "return 1, *a",
        "for a, *b in c, *d: pass",
        "for (a) in b: pass\nelse: pass",
        "with (a as b, c as (d, e),): pass",
        "with (a, b): pass",
        "with (a, b) as c: pass",
        "with (a), (b): pass",
        "with (yield): pass",
        "with a as b.c, d as e[0]: pass",
        "try: pass\nexcept (A, B) as e: pass\nexcept C: pass\nexcept: pass\nelse: pass\nfinally: pass",
        "try: pass\nfinally: pass",
        "raise A from B",
        "from . import a",
        "from ...a.b import (c as d, e,)",
        "from .... import *",
        "import a.b.c as d, e",
        "@a.b[c](d)\n@(e := f)\nclass A(B, *c, metaclass=D, **e): pass",
        "def f(a, b=1, /, c: int = 2, *args: int, d, e=3, **rest: str) -> int: pass",
        "def f(*, a): pass",
        "def f(a, /): pass",
        "def f(*args: *Ts): pass",
        "lambda a, /, b=1, *c, d, e=2, **f: (yield)",
        "f(a, *b, c=d, *e, **g, h=i, **j)",
        "f(a for a in b)",
        "f(a := 1, b)",
        "a[b, c:d, ::e, *f, g:=1]",
        "a[b:c:d][:][::][e,]",
        "a if b else c if d else e",
        "not a in b and c or not d is not e",
        "a < b <= c != d not in e is f",
        "-a ** -b ** c * +d // ~e @ f",
        "[a, *b]; (a,); (); {a, *b}; {**a, b: c}; {}; []",
        "[a for b in c if d if e for f, in g]",
        "{a: b for c in d}; {a for b in c}",
        "'a' f'b{c}' r'\\d' f'{d!r:>{e}}' 'f'",
        "f'{a=}' f'{a = }' f'{a=!s:>5}' f'{{}}' f'{a:{b}{c}}'",
        "f'''{\na\n}'''",
        "f'{a!r}' f'{a != b}' f'{(a := 1)}' f'{a:=5}' f'{lambda_}' f'{ {1: 2}[1] }' f'{a,b}' f'{*a, b}' f'{yield}'",
        "f'\\N{DIGIT ONE}\\x41\\n{a}' rf'\\d{a}' f'\\{a}'",
        "b'\\x00\\377' b'a'; '\\u00e9\\N{BULLET}\\101\\q'",
        "a; b;\nif c: d; e\n",
        "while (a := b): break\nelse: continue",
        "del a, (b), [c], (d, e), f.g, h[0]",
        "global a, b\nnonlocal c",
        "assert a, b",
        "1_000 + 0xFF + 1e5 + 2.5j + 0o17 + 0b11",
        "match a, *b:\n    case [c, *_] | {'d': 1, **e} as f if g: pass\n    case A.B(1, c=-2.5+1j): pass\n    case _: pass",
        "match a:\n    case (b, c), *d: pass\n    case (b | None): pass\n    case 'a' 'b' | b'c': pass\n    case A(): pass",
        "match a:\n    case {-1: x, None: y, a.b: z}: pass\n    case []: pass\n    case (): pass\n    case {}: pass",
        "ﬁne = 1",
    ],
)
def test_statements(text: str) -> None:
    assert_as_in_python(text + "\n")


@functools.cache
def lark_parser() -> Any:
    """Lark's own LALR parser over the grammar, with the tokens of Dana's lexer."""
    from lark import Lark, Token
    from lark.lexer import Lexer

    class Tokens(Lexer):
        def __init__(self, _: Any) -> None:
            pass

        def lex(self, text: str) -> Iterator[Token]:  # type: ignore[override]
            for token in tokenize(text):
                if token[0] != "$END":
                    yield Token(token[0], token)  # type: ignore[arg-type]

    named_apart = re.sub(r"-> (\w+)", r"-> built_\1", parse_table.grammar())
    return Lark(named_apart, parser="lalr", lexer=Tokens, start="program")


def built(tree: Any) -> Any:
    """What the building functions make of a tree of Lark."""
    if not hasattr(tree, "children"):
        return tree.value
    values = [built(child) for child in tree.children]
    if tree.data.startswith("built_"):
        leaves = list(tree.scan_values(lambda _: True))
        start, end = (leaves[0].value[2], leaves[-1].value[3]) if leaves else (0, 0)
        return getattr(builder, tree.data.removeprefix("built_"))(start, end, *values)
    return values[0]


@pytest.mark.parametrize("file", DIFFERENTIAL, ids=lambda file: file.stem)
def test_lark_builds_the_same(file: Path) -> None:
    for text in programs(file):
        assert built(lark_parser().parse(text)) == parse(Source(text))


def test_grammar_has_no_conflict() -> None:
    parse_table.build(parse_table.grammar())


def test_every_alternative_has_its_function() -> None:
    names = {name for _, _, name in parse_table.load().rules if name}
    assert not {name for name in names if not callable(getattr(builder, name, None))}


@pytest.mark.parametrize("word", ["true", "True", "false", "False", "none", "None", "null"])
def test_constants(word: str) -> None:
    found = parse_expression(Source(word))
    assert type(found) is nodes.Constant
    assert found.value is {"t": True, "f": False, "n": None}[word[0].lower()]


def test_positions_are_offsets() -> None:
    text = "π = 'größe'\nprint(π + 1)\n"
    names = [node for node in parse(Source(text)).walk() if type(node) is nodes.Name]
    assert [text[name.start : name.end] for name in names] == ["π", "print", "π"]
    assert [Source(text).position(name.start) for name in names] == [(1, 1), (2, 1), (2, 7)]


def test_inside_of_f_strings_has_positions() -> None:
    text = "x = f'a{one}b' f'{two:{three}}'\n"
    names = [node for node in parse(Source(text)).walk() if type(node) is nodes.Name]
    assert [text[name.start : name.end] for name in names] == ["x", "one", "two", "three"]


def test_decorated_definition_starts_at_its_decorator() -> None:
    (definition,) = parse(Source("@a\n@b\ndef f():\n    pass\n")).body
    assert definition.start == 0


@pytest.mark.parametrize(
    ("text", "message", "marked"),
    [
        ("f() = 1", "cannot assign to function call", "f()"),
        ("1 = a", "cannot assign to literal", "1"),
        ("None = a", "cannot assign to None", "None"),
        ("true = a", "cannot assign to True", "true"),
        ("a + b = c", "cannot assign to expression", "a + b"),
        ("a < b = c", "cannot assign to comparison", "a < b"),
        ("a if b else c = d", "cannot assign to conditional expression", "a if b else c"),
        ("[a, 1] = b", "cannot assign to literal", "1"),
        ("a = [b for b in c] = d", "cannot assign to list comprehension", "[b for b in c]"),
        ("for f() in a: pass", "cannot assign to function call", "f()"),
        ("with a as 1: pass", "cannot assign to literal", "1"),
        ("del f()", "cannot delete function call", "f()"),
        ("*a, *b = c", "multiple starred expressions in assignment", "*b"),
        ("*a = b", "a starred assignment target must be in a list or tuple", "*a"),
        ("f(a=1, a=2)", "keyword argument repeated: a", "a=2"),
        ("f(a=1, b)", "positional argument follows keyword argument", "b"),
        ("f(**a, b)", "positional argument follows keyword argument unpacking", "b"),
        ("f(**a, *b)", "iterable argument unpacking follows keyword argument unpacking", "*b"),
        ("def f(a=1, b): pass", "parameter without a default follows parameter with a default", "b"),
        ("def f(a, *): pass", "named parameters must follow a bare *", "*"),
        ("def f(**a, b): pass", "parameters cannot follow the ** parameter", "b"),
        ("'a' b'b'", "cannot mix bytes and nonbytes literals", "'a' b'b'"),
        ("b'é'", "bytes can only contain ASCII literal characters", "é"),
        ("'\\x1'", "the escape \\x needs 2 hexadecimal digits", "\\x1"),
        ("f'{a!z}'", "'!z' is no conversion", "!z"),
        ("f'a}'", "a single '}' in an f-string", "}"),
    ],
)
def test_refused(text: str, message: str, marked: str) -> None:
    with pytest.raises(ProgramError) as caught:
        parse(Source(text + "\n"))
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.message, text[diagnostic.start : diagnostic.end]) == (message, marked)
    assert not caught.value.incomplete


@pytest.mark.parametrize(
    "text",
    ["-" * 750 + "1", "not " * 750 + "1", "1" + " + 1" * 750, "2 ** " * 750 + "1", "a" + ".b" * 750],
    ids=["minus", "not", "plus", "power", "attribute"],
)
def test_long_chains_need_no_recursion(text: str) -> None:
    parse(Source(text))


def test_many_branches_need_no_recursion() -> None:
    parse(Source("if a:\n    b\n" + "elif c:\n    d\n" * 750))


def test_long_program() -> None:
    assert len(parse(Source("x = 1\n" * 100_000)).body) == 100_000


def test_threads_share_a_parser() -> None:
    text = "if a:\n    b = [f'{x!r:>{y}}', (1, 2)]\n" * 20
    expected = parse(Source(text))
    wrong: list[Any] = []

    def run() -> None:
        wrong.extend(1 for _ in range(10) if parse(Source(text)) != expected)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"not marshalled",
        marshal.dumps(None),
        marshal.dumps(("other", [], [], [], {}, {})),
        marshal.dumps([]),
    ],
)
def test_table_of_another_is_not_used(data: bytes) -> None:
    assert parse_table._decoded(data, parse_table._key(parse_table.grammar())) is None


def test_table_is_kept_and_read_back() -> None:
    text = parse_table.grammar()
    table = parse_table.load()
    found = parse_table._decoded(parse_table.encoded(table, text), parse_table._key(text))
    assert found is not None
    assert (found.actions, found.gotos, found.starts) == (table.actions, table.gotos, table.starts)


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; before = set(sys.modules); from dana.parser import parse; from dana.source import Source;"
        "parse(Source('x = f\\'{1}\\'')); print(sorted(set(sys.modules) - before))"
    )
    parse_table.load()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stdout))
    assert "dana.parser" in loaded
    assert not loaded & {"lark", "typing", "dataclasses", "pathlib", "logging", "json", "hashlib", "dana.syntax"}
