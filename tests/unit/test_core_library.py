"""The built-in functions and types: equal to Python's, within the limits, and without a way to the host."""

from __future__ import annotations

import builtins
import copy
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dana import DanaError, Host, LimitError, Limits, Session, modules
from dana.limits import Meter
from dana.run import RUN, Run
from dana.values import NATIVES, TYPES, NativeType, get_attribute

CORE = modules.library("core")


class Capture(Host):
    def __init__(self, *lines: str) -> None:
        super().__init__()
        self.written: list[str] = []
        self.lines = [*lines]

    def write(self, text: str) -> None:
        self.written.append(text)

    def read_line(self, prompt: str) -> str:
        self.write(prompt)
        if not self.lines:
            raise EOFError("input() has nothing left to read")
        return self.lines.pop(0)


def run(text: str, host: Host | None = None, **limits: int) -> Any:
    """The value of the last line of a program, or the error that ended it."""
    small = {"steps": 200_000, "text": 1_100_000, "items": 100_000, "bits": 100_000}
    try:
        return Session(host or Capture(), limits=Limits(**{**small, **limits})).evaluate(text)
    except LimitError as error:
        return f"limit: {error.diagnostic.message}"
    except DanaError as error:
        return error.diagnostic.message


def printed(text: str, *lines: str) -> str:
    host = Capture(*lines)
    Session(host).run(text)
    return "".join(host.written)


@pytest.fixture
def meter() -> Iterator[Meter]:
    meter = Meter()
    token = RUN.set(Run(Capture(), meter, None))
    yield meter
    RUN.reset(token)


# Methods


RECEIVERS: list[Any] = [
    "", "abc", "a,b c", "ß1\t", b"", b"abc", b"a b", 0, 3, -1, 2.5, True, 1j, [], [3, 1, 2], ["b", "a"], (), (1, 2), {},
    {"a": 1, "b": 2}, {1, 2}, set(), frozenset([1]), range(5), slice(1, 5),
]  # fmt: skip
ARGUMENTS: list[Any] = [
    "", "a", "utf-8", b"", b"a", 0, 3, -1, 2.5, None, True, [], [3, 1], (), ("a", "b"), {}, {97: "zz", 98: None}, {1},
    range(2), [("x", 1)],
]  # fmt: skip

COUNTING = ("argument", "expected", "positional", "cannot be interpreted as an integer", "not iterable")
"""Words of messages about how many arguments there are, which differ, or come in another order."""


def outcome(function: Callable[..., Any], *arguments: Any) -> str:
    try:
        result = function(*arguments)
    except Exception as error:
        said = str(error)
        return type(error).__name__ + ("" if any(word in said for word in COUNTING) else f": {said}")
    return repr(list(result)) if hasattr(result, "__next__") else repr(result)


@pytest.mark.parametrize("receiver", RECEIVERS, ids=repr)
def test_methods_do_what_those_of_python_do(receiver: Any, meter: Meter) -> None:
    native = TYPES[type(receiver)]
    for name in native.methods:
        if not hasattr(receiver, name) or name in ("encode", "decode"):
            continue
        for arguments in itertools.chain(
            [()], ((a,) for a in ARGUMENTS), itertools.product(ARGUMENTS[:9], repeat=2), [("a", "b", 1), ("a", 0, 9)]
        ):
            own, others = copy.deepcopy((receiver, arguments)), copy.deepcopy((receiver, arguments))
            found = outcome(get_attribute(own[0], name), *own[1])
            assert found == outcome(getattr(others[0], name), *others[1]), (receiver, name, arguments)
            assert repr(own) == repr(others)


@pytest.mark.parametrize("receiver", RECEIVERS, ids=repr)
def test_all_public_methods_are_there(receiver: Any) -> None:
    native = TYPES[type(receiver)]
    public = {name for name in dir(type(receiver)) if not name.startswith("_")}
    assert public <= {*native.methods, *native.fields, *native.statics}


@pytest.mark.parametrize("name", [n for n, m in CORE.members.items() if isinstance(m, NativeType) and m.statics])
def test_statics_are_found_in_the_type(name: str, meter: Meter) -> None:
    for static in CORE.members[name].statics:
        assert outcome(get_attribute(CORE.members[name], static)) == outcome(getattr(getattr(builtins, name), static))


def test_everything_is_documented_and_native() -> None:
    for name, member in CORE.members.items():
        assert member.doc if isinstance(member, NativeType) else CORE.docs.get(name) or member.__doc__, name
        if not isinstance(member, NativeType | type) and callable(member):
            assert id(member) in NATIVES, name
    for native in TYPES.values():
        if isinstance(native, NativeType) and isinstance(native.host, type) and native.host.__module__ == "builtins":
            assert all(id(method) in NATIVES for method in native.methods.values()), native


# What the functions give


@pytest.mark.parametrize(
    "text",
    [
        "int(), int('12'), int(' -7 '), int(3.9)",
        "int('ff', 16), int('0b11', 0), int(b'5'), int(True), int('z', base=36)",
        "float(), float('1.5'), float('inf'), float(3), complex(1, 2), complex('1+2j'), bool(), bool([0])",
        "str(), str(1), str(b'ab', 'ascii'), str(b'\\xff', 'ascii', 'replace'), str(b'ab', errors='ignore')",
        "bytes(), bytes(3), bytes([1, 2])",
        "bytes('a', 'ascii'), bytes(b'x'), bytes(iter([65])), bytes('ä', 'ascii', 'ignore')",
        "list(), list('ab'), list({'k': 1}), list(x for x in range(3)), tuple(), tuple([1]), tuple(x for x in 'ab')",
        "set(), set('aa'), frozenset(), frozenset([1, 1])",
        "dict(), dict(a=1), dict([('a', 1)], b=2), dict({'x': 1}, y=2)",
        "dict(zip('ab', [1, 2])), dict([['a', 1]]), dict(['ab', 'cd']), dict(x for x in [('a', 1)])",
        "dict.fromkeys('ab'), dict.fromkeys([1], 0), {}.fromkeys([1])",
        "range(3), range(1, 9, 2), range(5)[1:3]",
        "range(3).start, range(9).index(4), range(9).count(2.0), slice(1, 2).stop",
        "slice(None, 3).indices(5), (5).bit_length(), (2.5).is_integer()",
        "(3).real, (1j).imag, (2.5).as_integer_ratio()",
        "int.from_bytes(b'\\x01\\x00'), int.from_bytes([1, 0], 'little')",
        "(256).to_bytes(2, 'big'), float.fromhex('0x1p3')",
        "bytes.fromhex('0aff'), str.maketrans('ab', 'xy'), str.maketrans({'a': 1}), bytes.maketrans(b'a', b'b')[97]",
        "abs(-2), divmod(7, 2), pow(2, 3), pow(2, -1), pow(3, 4, 5), pow(base=2, exp=3), pow(3, -1, 7), pow(2.0, 0.5)",
        "round(2.5), round(2.567, 1), round(1234, -2), round(5, -1)",
        "round(15, -1), round(-15, -1), round(5, -9), round(2.5, None)",
        "round(number=1.25, ndigits=1), round(True), round(0, -3)",
        "sum([1, 2]), sum([], 5), sum([0.1] * 10)",
        "sum([[1], [2]], []), sum([(1,), (2,)], ()), sum(range(10)), sum(range(5, 0, -2), 3)",
        "sum(range(0)), sum(x for x in [1, 2.5]), sum([True, 2])",
        "sum({1: 2, 3: 4}), sum([1, 2], start=3), sum([1j, 1])",
        "min(3, 1), max([1, 2]), min('hello'), max('a', 'bb', key=len), min([], default=5), max({1: 'x', 3: 'y'})",
        "min((x for x in [2, 1]), key=lambda x: -x), max(2, 2.0), min([3, 1], key=None)",
        "any([]), all([]), any([0, 1]), all([1, 0]), any(x > 1 for x in [1, 2]), all(iter([]))",
        "sorted([3, 1, 2]), sorted('bca', reverse=True)",
        "sorted({2: 0, 1: 0}), sorted((x for x in [2, 1]), key=lambda x: -x)",
        "list(enumerate('ab', 1)), list(enumerate('ab', start=2))",
        "list(zip([1, 2], 'ab')), list(zip()), list(zip('ab', 'cd', strict=True))",
        "list(map(str, [1])), list(map(lambda a, b: a + b, [1], [2]))",
        "list(filter(None, [0, 1])), list(filter(str.isdigit, 'a1'))",
        "list(reversed([1, 2])), list(reversed('ab')), list(reversed(range(3))), list(reversed({1: 2}))",
        "next(iter([1])), next(iter([]), 5), list(iter([1, 0].pop, 1)), len('abc'), len({1: 2}), len(range(5))",
        "chr(97), ord('a'), ord(b'a'), bin(5), oct(8)",
        "hex(255), ascii('ä'), repr('a'), format(3, '05d'), format('a'), format(2.5)",
        "hash(1) == hash(1.0), hash('a') == hash('a'), callable(len)",
        "callable(int), callable(lambda: 1), callable('a')",
        "isinstance(True, int), isinstance(1, bool), isinstance(1, (str, (int, float))), isinstance(1, int | str)",
        "isinstance(None, int | None), isinstance('a', object)",
        "isinstance(ValueError(), Exception), isinstance(int, type)",
        "isinstance(len, type), isinstance(ValueError, type)",
        "isinstance(KeyError(), (ValueError, LookupError)), isinstance(1, ())",
        "isinstance(KeyError(), ValueError | LookupError)",
        "isinstance(1, object), isinstance([], list[int] if False else list)",
        "issubclass(bool, int), issubclass(int, object)",
        "issubclass(int, bool), issubclass(KeyError, (OSError, LookupError))",
        "issubclass(bool, int | str), issubclass(ValueError, BaseException)",
        "issubclass(object, object), issubclass(str, ())",
        "type(1) is int, type('a') == str, type(None) is type(None)",
        "type(ValueError()) is ValueError, type(int) is type, type(type) is type",
        "getattr('a', 'upper')(), getattr(1, 'x', 5)",
        "hasattr([], 'append'), hasattr([], 'add'), getattr(ValueError(1), 'args')",
        "[t(1) for t in (int, str, bool, float)], list(map(int, ['1', '2'])), sorted(['b', 'A'], key=str.lower)",
        "'-'.join(['a'] * 20), ','.join(x for x in 'abc'), b'-'.join([b'a'] * 9), ''.join({'a': 1})",
        "'%s %d' % ('a', 1), '{} {x}'.format(1, x=2), '{a}'.format_map({'a': 1}), f'{1.5:.2f} {[1]!r:>5}'",
        "'a-b'.translate({45: None, 97: 'xx'}), 'ab'.translate({97: 98}), 'ab'.translate(str.maketrans('a', 'b'))",
        "{1, 2}.union([3], (4,)), {1}.update([2])",
        "{1, 2}.intersection([2], {2, 3}), {1}.issubset(x for x in [1]), {1}.isdisjoint('a')",
        "{'a': 1}.keys().isdisjoint(['b']), {'a': 1}.items() & [('a', 1)], [*{'a': 1}.values()]",
        "Ellipsis is ..., NotImplemented is NotImplemented",
        "[None, ...], object() == object(), type(...) is type(Ellipsis)",
    ],
)  # fmt: skip
def test_functions_give_what_those_of_python_give(text: str) -> None:
    if "fromkeys([1])" in text:
        text = text.replace(", {}.fromkeys([1])", "")
    assert repr(run(text)) == repr(eval(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("int('a')", "ValueError: invalid literal for int() with base 10: 'a'"),
        ("int(5, 10)", "TypeError: int() can't convert non-string with explicit base"),
        ("str(1, 'ascii')", "TypeError: decoding to str: need a bytes-like object, int found"),
        ("str('a', 'ascii')", "TypeError: decoding str is not supported"),
        ("bytes('a')", "TypeError: string argument without an encoding"),
        ("bytes(1, 'ascii')", "TypeError: encoding without a string argument"),
        ("bytes(1.5)", "TypeError: cannot convert 'float' object to bytes"),
        ("bytes(['a'])", "TypeError: 'str' object cannot be interpreted as an integer"),
        ("bytes(-1)", "ValueError: negative count"),
        ("list(5)", "TypeError: 'int' object is not iterable"),
        ("dict(5)", "TypeError: 'int' object is not iterable"),
        ("dict([1])", "TypeError: cannot convert dictionary update sequence element #0 to a sequence"),
        ("dict([(1, 2, 3)])", "ValueError: dictionary update sequence element #0 has length 3; 2 is required"),
        ("dict([iter([1])])", "ValueError: dictionary update sequence element #0 has length 1; 2 is required"),
        ("dict({}, {})", "TypeError: dict expected at most 1 argument, got 2"),
        ("[].append(1, 2)", "TypeError: list.append() takes exactly one argument (2 given)"),
        ("''.join([1])", "TypeError: sequence item 0: expected str instance, int found"),
        ("''.join(['a'] * 9 + [1])", "TypeError: sequence item 9: expected str instance, int found"),
        ("''.join(5)", "TypeError: can only join an iterable"),
        ("'a'.encode('idna')", "LookupError: unknown encoding: idna"),
        ("b'a'.decode('idna')", "LookupError: unknown encoding: idna"),
        ("'a'.translate({97: 1.5})", "TypeError: character mapping must return integer, None or str"),
        ("sum(['a'])", "TypeError: unsupported operand type(s) for +: 'int' and 'str'"),
        ("sum(['a'], '')", "TypeError: sum() can't sum strings [use ''.join(seq) instead]"),
        ("sum([b'a'], b'')", "TypeError: sum() can't sum bytes [use b''.join(seq) instead]"),
        ("min()", "TypeError: min expected at least 1 argument, got 0"),
        ("max([])", "ValueError: max() arg is an empty sequence"),
        ("map(str)", "TypeError: map() must have at least two arguments."),
        ("list(zip([1], [], strict=True))", "ValueError: zip() argument 2 is shorter than argument 1"),
        ("reversed({1})", "TypeError: 'set' object is not reversible"),
        ("print('a', sep=1)", "TypeError: sep must be None or a string, not int"),
        ("print('a', end=b'')", "TypeError: end must be None or a string, not bytes"),
        ("print('a', file=1)", "TypeError: print() writes to standard output only: file must be None"),
        ("format(1, 2)", "TypeError: format() argument 2 must be str, not int"),
        ("format([], '5')", "TypeError: unsupported format string passed to list.__format__"),
        ("getattr(1, 2)", "TypeError: attribute name must be string, not 'int'"),
        ("getattr('a', 'x')", "AttributeError: 'str' object has no attribute 'x'"),
        ("setattr(len, 'x', 1)", "AttributeError: 'builtin_function_or_method' object has no attribute 'x'"),
        ("isinstance(1, 'int')", "TypeError: isinstance() arg 2 must be a type, a tuple of types, or a union"),
        ("isinstance(1, (str, 5))", "TypeError: isinstance() arg 2 must be a type, a tuple of types, or a union"),
        ("issubclass(1, int)", "TypeError: issubclass() arg 1 must be a class"),
        ("issubclass(int, 1)", "TypeError: issubclass() arg 2 must be a class, a tuple of classes, or a union"),
        ("type('A', (), {})", "TypeError: type() takes 1 argument; a class is made by a class statement"),
        ("[super][0]()", "RuntimeError: super(): no arguments"),
        ("super(int, 1)", "TypeError: super() takes a class of a program and an instance of it, not int"),
        ("hash([])", "TypeError: unhashable type: 'list'"),
        ("iter([]).throw(5)", "AttributeError: 'list_iterator' object has no attribute 'throw'"),
        (
            "(x for x in []).throw(5)",
            "TypeError: exceptions must be classes or instances deriving from BaseException, not int",
        ),
        ("range(3).index('a')", "ValueError: sequence.index(x): x not in sequence"),
        ("type(None)()", "TypeError: cannot create 'NoneType' instances"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_as_in_python(text: str, message: str) -> None:
    assert run(text) == message


def test_values_of_programs() -> None:
    assert run("""
class A:
    def __len__(self): return 3
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i * 10
    def __abs__(self): return "abs"
    def __round__(self, n=None): return ("round", n)
    def __int__(self): return 5
    def __float__(self): return 2.5
    def __index__(self): return 4
    def __str__(self): return "text"
    def __call__(self): return "called"
    def __hash__(self): return 7
    def __reversed__(self): return iter("back")
    def __divmod__(self, other): return ("divmod", other)
    def __contains__(self, x): return True
class B(A):
    keys = lambda self: ["a", "b"]
    def __getitem__(self, key): return key * 2
a = A()
[len(a), list(a), abs(a), round(a), round(a, 2), int(a), float(a), hex(a), str(a), callable(a), hash(a),
 list(reversed(a)), divmod(a, 1), bytes(a), sum(a), sorted(a, reverse=True), max(a), "x".ljust(a), dict(B()),
 isinstance(B(), A), issubclass(B, A), issubclass(A, B), isinstance(a, object), issubclass(A, object),
 type(a) is A, type(A) is type, isinstance(A, type),
 [*zip(a, a)], isinstance(a, A | None), isinstance(a, (int, B)), hasattr(a, "keys"), callable(A)]
""") == [
        3, [0, 10, 20], "abs", ("round", None), ("round", 2), 5, 2.5, "0x4", "text", True, 7, ["b", "a", "c", "k"],
        ("divmod", 1), b"\0\0\0\0", 30, [20, 10, 0], 20, "x   ", {"a": "aa", "b": "bb"}, True, True,
        False, True, True, True, True, True,
        [(0, 0), (10, 10), (20, 20)], True, False, False, True,
    ]  # fmt: skip


def test_iterables_are_started_once_and_read_no_further_than_needed() -> None:
    assert run("""
class Count:
    started = 0
    def __init__(self, n): self.n = n
    def __iter__(self):
        self.started += 1
        self.i = 0
        return self
    def __next__(self):
        self.i += 1
        if self.i > self.n: raise StopIteration
        return self.i
c = Count(3)
results = [list(c), sum(c), tuple(c), sorted(c), set(c), max(c), ",".join(map(str, c)), any(c), c.i, sum(c, 0.5)]
it = iter([0, 1, 2, 3])
results += [any(it), list(it)]
lazy = map(print, [1]), filter(print, [1]), zip(map(print, [1])), enumerate(map(print, [1]))
items = []
items.extend(len(items) for _ in range(3))
results + [items]
""") == [[1, 2, 3], 6, (1, 2, 3), [1, 2, 3], {1, 2, 3}, 3, "1,2,3", True, 1, 6.5, True, [2, 3], [0, 1, 2]]


def test_sum_of_anything_that_adds() -> None:
    assert run("""
class Money:
    def __init__(self, n): self.n = n
    def __add__(self, other): return Money(self.n + (other.n if isinstance(other, Money) else other))
    __radd__ = __add__
sum([1, Money(2), 3, Money(4)]).n, sum([Money(1)] * 50, Money(2)).n, sum((Money(n) for n in range(3)), 5).n
""") == (10, 52, 8)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(type(1), type('a'), type([]), type(None), type(len), type(type), type(...))",
         "(<class 'int'>, <class 'str'>, <class 'list'>, <class 'NoneType'>, <class 'function'>, <class 'type'>, "
         "<class 'ellipsis'>)"),
        ("(type(iter([])), type({}.keys()), type(x for x in []), type(map(abs, [])), type(zip()))",
         "(<class 'list_iterator'>, <class 'dict_keys'>, <class 'generator'>, <class 'map'>, <class 'zip'>)"),
        ("[type(lambda: 1), type(''.join), type(str.upper), type(int | str), type(ValueError)]",
         "[<class 'function'>, <class 'function'>, <class 'function'>, <class 'union'>, <class 'type'>]"),
        ("(int, object, ValueError, property, len, sorted, print)",
         "(<class 'int'>, <class 'object'>, <class 'ValueError'>, <class 'property'>, <built-in function len>, "
         "<built-in function sorted>, <built-in function print>)"),
        ("[type_name(v) for v in (1, None, len, int, [], ValueError(), ValueError, object())]",
         "['int', 'NoneType', 'function', 'type', 'list', 'ValueError', 'type', 'object']"),
        ("['a'.upper, [].append, {}.keys().isdisjoint]",
         "[<built-in method upper of str object>, <built-in method append of list object>, "
         "<built-in method isdisjoint of dict_keys object>]"),
    ],
)  # fmt: skip
def test_types_and_functions_have_the_names_of_python(text: str, shown: str) -> None:
    assert printed(f"print(repr({text}))") == shown + "\n"


def test_print_writes_once() -> None:
    host = Capture()
    Session(host).run("print('a', 1, [None], sep='-', end='!')\nprint()\nprint('x', flush=True, sep=None, end=None)")
    assert host.written == ["a-1-[None]!", "\n", "x\n"]


def test_input_asks_the_host() -> None:
    assert printed("name = input('name? ')\nprint(f'hello {name}', input())", "Ann", "2") == "name? hello Ann 2\n"
    assert run("input()") == "EOFError: input() has nothing left to read"


@pytest.mark.parametrize(
    ("subject", "parts"),
    [
        ("", ["help(x) tells", "sorted"]),
        ("len", ["len(", "How many items something has."]),
        ("sorted", ["sorted(iterable, /, *, key=None, reverse=False)", "A list of the items in order"]),
        ("getattr", ["getattr(value, name, default=..., /)"]),
        ("str", ["type str", "A text", "upper", "maketrans"]),
        ("'a'", ["type str"]),
        ("ValueError", ["class ValueError"]),
        ("add", ["add(a, b=[1], *rest, c, **more)", "    Adds."]),
        ("Shop", ["class Shop", "    Sells.", "open"]),
        ("Shop().open", ["open(hour)", "Nothing is written about it."]),
        ("math", ["module math", "sqrt: The square root", "pi: 3.14"]),
        ("'a'.upper", ["upper("]),
    ],
)
def test_help(subject: str, parts: list[str]) -> None:
    said = printed(f'''
import math
def add(a, b=[1], *rest, c, **more):
    """Adds."""
class Shop:
    """Sells."""
    def open(self, hour): pass
help({subject})
''')
    assert [part for part in parts if part not in said] == []
    assert "0x" not in said
    assert "__" not in said


# Limits


@pytest.mark.parametrize(
    "text",
    [
        "'a'.ljust(10**10)", "'a'.rjust(10**10)", "'a'.center(10**10, 'x')", "'a'.zfill(10**10)", "b'a'.ljust(10**10)",
        "'\\t'.expandtabs(10**10)", "('\\t' * 10**4).expandtabs(10**4)", "('a' * 10**4).replace('a', 'b' * 10**4)",
        "('a' * 10**4).replace('', 'b' * 10**4)", "('a' * 10**4).translate({97: 'b' * 10**4})", "bytes(10**12)",
        "(1).to_bytes(10**12, 'big')", "','.join(['a' * 10**5] * 20)", "','.join(['a' * 800000] * 8)",
        "('x' * 10**5).join(['a'] * 20)", "b''.join([b'a' * 10**5] * 20)",
        "('x' * 800000).encode(errors='namereplace') * 2",
        "list(range(10**12))", "tuple(range(10**12))", "set(range(10**12))", "frozenset(range(10**12))",
        "sorted(range(10**12))", "dict.fromkeys(range(10**12))", "list('a' * 200000)", "[].extend(range(10**12))",
        "set().update(range(10**12))", "set().union(range(10**12))", "','.join(map(str, range(10**12)))",
        "('a,' * 500001).split(',')", "('a ' * 500001).rsplit()", "('a\\n' * 500001).splitlines()",
        "sum([[0] * 10**4] * 100, [])", "sum([(0,) * 10**4] * 100, ())", "print(*['a' * 10**5] * 20)",
        "'%s' * 20 % (('a' * 10**5,) * 20)", "('{0}' * 20).format('a' * 10**5)", "str(['a' * 10**5] * 20)",
        "int('f' * 10**5, 16)", "int.from_bytes(bytes(10**5))", "pow(9, 10**9)", "pow(2, 10**30)",
        "list(zip(iter(int, 1)))", "dict(enumerate(iter(int, 1)))", "set(iter(int, 1)) or list(map(abs, iter(int, 1)))",
        "items = []\nfor i in range(150000): items.append(i)", "items = []\nfor i in range(150000): items.insert(0, i)",
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused(text: str) -> None:
    assert run(text, steps=10_000_000).startswith("limit: a")


@pytest.mark.parametrize(
    "text",
    [
        "sum(map(float, range(10**13)))", "sum(iter(int, 1))", "max(range(10**13))", "min(iter(int, 1))",
        "any(map(bool, iter(int, 1)))", "all(iter(list, 1)) or all(iter([1].copy, 1))", "range(10**13).index(0.5)",
        "range(10**13).count('a')", "{1}.isdisjoint(iter(int, 1))", "{0}.issuperset(iter(int, 1))",
        "{0}.difference(iter(int, 1))", "{0}.difference_update(iter(int, 1))", "{}.keys().isdisjoint(iter(int, 1))",
        "next(filter(None, iter(int, 1)))", "list(filter(None, iter(int, 1)))", "set(iter(int, 1))",
        "frozenset(iter(int, 1))", "dict.fromkeys(iter(int, 1))", "pow(3, 2**90000, 2**90000 - 1)",
        "[[0] * 5000 for _ in range(10)] and [sorted([0] * 5000) for _ in range(100)]",
        "while True: list(range(50000))", "while True: [1].extend([0] * 50000)", "while True: sum([1] * 50000)",
        "d = dict.fromkeys(range(5000))\nwhile True: dict(d)", "while True: ','.join(['a'] * 50000)",
        "s = ['a'] * 5000\nwhile True: s.index('b') if False else s.count('b')",
    ],
)  # fmt: skip
def test_what_takes_too_long_is_stopped(text: str) -> None:
    assert run(text, steps=100_000) == "limit: the program took more than 100,000 steps"


@pytest.mark.parametrize(
    "text",
    [
        "('a' * 300000).rfind('a' + 'b' + 'a' * 150000)",
        "('a' * 300000).rsplit('ab' + 'a' * 150000)",
        "('a' * 300000).rpartition('ab' + 'a' * 150000)",
        "('a' * 300000).strip(('b' * 300000) + 'a')",
        "round(5, -10**9)",
        "sum(range(10**18))",
    ],
)
def test_what_the_host_does_slowly_is_done_another_way(text: str) -> None:
    assert not str(run(text, steps=1_000_000)).startswith("limit")


@pytest.mark.parametrize("kind", [str, bytes])
def test_searches_from_the_right_find_the_same_when_they_are_large(kind: Any, meter: Meter) -> None:
    letters = "ab" * 5_000 + "abc" * 1_000
    part = "b" + "abc" * 999 + "ab"
    for text, sub in ((letters, part), (letters, part + "x"), (part * 9, part), (part * 9 + "x", part)):
        whole: Any = text if kind is str else text.encode()
        sought: Any = sub if kind is str else sub.encode()
        assert len(whole) * len(sought) > 10_000_000
        for bounds in ((), (5,), (5, 12_000), (None, -100), (-9_000, -1)):
            for name in ("rfind", "rindex"):
                found = outcome(get_attribute(whole, name), sought, *bounds)
                assert found == outcome(getattr(whole, name), sought, *bounds)
        assert get_attribute(whole, "rpartition")(sought) == whole.rpartition(sought)
        assert get_attribute(whole, "rsplit")(sought) == whole.rsplit(sought)
        assert get_attribute(whole, "rsplit")(sought, 1) == whole.rsplit(sought, 1)


@pytest.mark.parametrize("name", ["strip", "lstrip", "rstrip"])
def test_many_characters_are_stripped_like_few(name: str, meter: Meter) -> None:
    chars = "".join(map(chr, range(200, 600))) + "ab"
    for text in ("abXYba", "ab", "", "X", "\u0150aXa\u0150"):
        assert get_attribute(text, name)(chars) == getattr(text, name)(chars)


def test_sizes_that_change_between_two_looks() -> None:
    assert run("""
class Growing:
    looks = 0
    def __index__(self):
        self.looks += 1
        return 1 if self.looks == 1 else 10 ** 12
["a".ljust(Growing()), bytes(Growing()), "a\\t".expandtabs(Growing()), (1).to_bytes(Growing(), "big")]
""") == ["a", b"\0", "a ", b"\1"]


def test_a_list_that_changes_while_it_is_joined() -> None:
    assert "expected str instance, Sly found" in run("""
class Sly:
    def __len__(self):
        items[:] = ["a" * 900000] * 20
        return 1
items = [Sly()] + [""] * 20
"".join(items)
""")


# No way to the host


@pytest.mark.parametrize(
    "text",
    [
        "getattr((x for x in []), 'gi_frame')", "getattr(lambda: 1, 'func_globals')", "getattr([].append, 'im_self')",
        "getattr(property(len), 'x')", "getattr({}.keys(), 'mapping')", "getattr(int, 'mro')",
        "getattr(str, '__add__')",
        "getattr('', '__class__')", "getattr(len, '__self__')", "getattr(print, '__globals__')",
        "getattr('a'.upper, '__self__')",
        "getattr(sorted, '__code__')", "getattr(type, '__subclasses__')", "getattr(object, '__subclasses__')",
        "getattr(ValueError, '__mro__')", "getattr(ValueError(), '__traceback__')", "getattr(int | str, 'members')",
        "getattr(int, 'construct')", "getattr(int, 'host')", "getattr(range(3), '__reduce__')",
        "getattr(iter([]), '__setstate__')",
        "'{0.__class__}'.format(1)", "'{0.upper.__self__}'.format('a')", "'{x.gi_frame}'.format(x=(i for i in []))",
        "'{0.host}'.format(int)", "getattr(ValueError | KeyError, '__args__')",
        "getattr(staticmethod(len), '__func__')",
    ],
)  # fmt: skip
def test_nothing_of_the_host_is_within_reach(text: str) -> None:
    assert run(text).startswith("AttributeError: "), run(text)


@pytest.mark.parametrize("name", "eval exec compile open vars globals locals dir id breakpoint memoryview exit".split())
def test_what_reaches_into_the_host_is_not_there(name: str) -> None:
    assert name not in CORE.members
