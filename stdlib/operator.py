"""Operators as functions, and functions that fetch an item, an attribute or a method's result."""

from __future__ import annotations

import operator as host
from collections.abc import Iterable
from typing import Any

from dana.formatting import SHOWN, percent, represent
from dana.native import Library, current
from dana.values import NativeType, get_attribute, type_name

library = Library("operator", "Operators as functions, for `sorted`, `map`, `functools.reduce` and their like.")


@library.function
def add(a: Any, b: Any, /) -> Any:
    """a + b.

    >>> operator.add(2, 3)
    5
    >>> operator.add("ab", "cd")
    'abcd'
    """
    kind = type(a)
    if kind is type(b):
        if kind is str or kind is bytes:
            current().meter.check_text(len(a) + len(b))
        elif kind is list or kind is tuple:
            current().meter.check_items(len(a) + len(b))
    return a + b


@library.function
def concat(a: Any, b: Any, /) -> Any:
    """a + b for two sequences. Raises TypeError when a is not a sequence.

    >>> operator.concat([1, 2], [3])
    [1, 2, 3]
    """
    if not hasattr(type(a), "__getitem__"):
        raise TypeError(f"'{type_name(a)}' object can't be concatenated")
    return add(a, b)


@library.function
def mul(a: Any, b: Any, /) -> Any:
    """a * b.

    >>> operator.mul(6, 7)
    42
    >>> operator.mul("-", 5)
    '-----'
    """
    for sequence, times in ((a, b), (b, a)):
        if isinstance(times, int):
            if type(sequence) is str or type(sequence) is bytes:
                current().meter.check_text(len(sequence) * times)
            elif type(sequence) is list or type(sequence) is tuple:
                current().meter.check_items(len(sequence) * times)
    result = a * b
    if type(result) is int:
        current().meter.check_bits(result.bit_length())
    return result


@library.function(name="pow")
def power(a: Any, b: Any, /) -> Any:
    """a ** b.

    >>> operator.pow(2, 10)
    1024
    """
    if isinstance(a, int) and isinstance(b, int) and b > 64 and a.bit_length() > 1:
        current().meter.check_bits((a.bit_length() - 1) * b)
    return a**b


@library.function
def lshift(a: Any, b: Any, /) -> Any:
    """a << b: a times 2 to the power of b.

    >>> operator.lshift(1, 4)
    16
    """
    if isinstance(a, int) and isinstance(b, int) and a and b > 64:
        current().meter.check_bits(a.bit_length() + b)
    return a << b


@library.function
def mod(a: Any, b: Any, /) -> Any:
    """a % b: the remainder of a division, or a text with its `%` fields filled in.

    >>> operator.mod(17, 5)
    2
    >>> operator.mod("%s is %d", ("Ann", 30))
    'Ann is 30'
    """
    return percent(a, b) if type(a) is str or type(a) is bytes else a % b


@library.function
def contains(a: Any, b: Any, /) -> bool:
    """Whether b is in a; note the order.

    >>> operator.contains([1, 2, 3], 2)
    True
    """
    kind = type(a)
    by_arithmetic = kind is not range or type(b) is int or type(b) is bool
    if (hasattr(kind, "__contains__") and by_arithmetic) or not hasattr(kind, "__iter__"):
        return b in a
    return any(item is b or item == b for item in current().meter.items(a))


@library.function(name="countOf")
def count_of(a: Any, b: Any, /) -> int:
    """How many items of the iterable a equal b.

    >>> operator.countOf([1, 2, 1, 1], 1)
    3
    """
    return sum(item is b or item == b for item in current().meter.items(a))


@library.function(name="indexOf")
def index_of(a: Any, b: Any, /) -> int:
    """The position of the first item of the iterable a that equals b. Raises ValueError when there is none.

    >>> operator.indexOf(["x", "y", "z"], "y")
    1
    """
    for position, item in enumerate(current().meter.items(a)):
        if item is b or item == b:
            return position
    raise ValueError("sequence.index(x): x not in sequence")


@library.function
def setitem(a: Any, b: Any, c: Any, /) -> None:
    """a[b] = c.

    >>> numbers = [1, 2, 3]
    >>> operator.setitem(numbers, 0, 10)
    >>> numbers
    [10, 2, 3]
    """
    if type(a) is list and type(b) is slice:
        meter = current().meter
        c = list(meter.collected(c))
        meter.check_items(len(a) + len(c))
    a[b] = c


_PLAIN = """
    sub: a - b | sub(5, 3) | 2
    truediv: a / b | truediv(7, 2) | 3.5
    floordiv: a // b, rounded down | floordiv(-7, 2) | -4
    and_: a & b, bit by bit; of sets, what is in both | and_(12, 10) | 8
    xor: a ^ b, bit by bit; of sets, what is in one only | xor(12, 10) | 6
    rshift: a >> b, which is a divided by 2 to the power of b and rounded down | rshift(20, 2) | 5
    neg: -a | neg(3) | -3
    pos: +a | pos(3) | 3
    abs: The absolute value of a | abs(-3) | 3
    inv: ~a, every bit inverted, which is -a - 1 | inv(5) | -6
    invert: ~a, every bit inverted, which is -a - 1 | invert(5) | -6
    index: a as an int; raises TypeError when a is not an integer | index(True) | 1
    lt: a < b | lt(1, 2) | True
    le: a <= b | le(2, 2) | True
    eq: a == b | eq(2, 2.0) | True
    ne: a != b | ne(1, 2) | True
    ge: a >= b | ge(1, 2) | False
    gt: a > b | gt(1, 2) | False
    is_: a is b | is_(None, None) | True
    is_not: a is not b | is_not([], []) | True
    not_: not a | not_([]) | True
    truth: Whether a counts as true, as bool(a) | truth([0]) | True
    getitem: a[b] | getitem({"k": 1}, "k") | 1
"""
"""The operators that are safe with any values: name, meaning, example, what the example gives."""

for _line in _PLAIN.strip().splitlines():
    _name, _, _rest = _line.strip().partition(": ")
    _meaning, _example, _result = _rest.split(" | ")
    library.host_function(_name, getattr(host, _name), f"{_meaning}.\n\n>>> operator.{_example}\n{_result}")

library.host_function(
    "or_",
    host.or_,
    """a | b, bit by bit; of sets and dicts, what is in either.

    >>> operator.or_(12, 10)
    14
    >>> operator.or_({"a": 1}, {"b": 2})
    {'a': 1, 'b': 2}
    """,
)
library.host_function(
    "matmul",
    host.matmul,
    """a @ b, for classes that define it.

    >>> class Matrix:
    ...     def __matmul__(self, other):
    ...         return "product"
    >>> operator.matmul(Matrix(), Matrix())
    'product'
    """,
)
library.host_function(
    "delitem",
    host.delitem,
    """del a[b].

    >>> numbers = [1, 2, 3]
    >>> operator.delitem(numbers, 0)
    >>> numbers
    [2, 3]
    """,
)


class attrgetter:
    """A function that reads attributes by name, the way `value.name` does."""

    __slots__ = ("_names",)

    def __init__(self, attribute: str, /, *attributes: str) -> None:
        self._names = (attribute, *attributes)
        if not all(isinstance(name, str) for name in self._names):
            raise TypeError("attribute name must be a string")

    def __call__(self, value: Any, /) -> Any:
        found = tuple(_attribute(value, name) for name in self._names)
        return found[0] if len(found) == 1 else found

    def __repr__(self) -> str:
        return f"operator.attrgetter({', '.join(map(repr, self._names))})"


class methodcaller:
    """A function that calls a method by name, the way `value.name(...)` does."""

    __slots__ = ("_arguments", "_keywords", "_name")

    def __init__(self, name: str, /, *arguments: Any, **keywords: Any) -> None:
        if not isinstance(name, str):
            raise TypeError("method name must be a string")
        self._name = name
        self._arguments = arguments
        self._keywords = keywords

    def __call__(self, value: Any, /) -> Any:
        return get_attribute(value, self._name)(*self._arguments, **self._keywords)

    def __repr__(self) -> str:
        return f"operator.methodcaller({shown_arguments((self._name, *self._arguments), self._keywords)})"


def shown_arguments(arguments: Iterable[Any], keywords: dict[str, Any]) -> str:
    """The arguments of a call as they may be written, within the limit of a text."""
    run = current(None)
    shown: list[str] = []
    length = 0
    for name, value in (*((None, value) for value in arguments), *keywords.items()):
        shown.append(represent(value) if name is None else f"{name}={represent(value)}")
        length += len(shown[-1])
        if run is not None:
            run.meter.check_text(length)
    return ", ".join(shown)


SHOWN[host.itemgetter] = lambda getter: f"operator.itemgetter({shown_arguments(getter.__reduce__()[1], {})})"


def _attribute(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = get_attribute(value, name)
    return value


library.type(
    NativeType(
        "operator.itemgetter",
        host.itemgetter,
        """A function that fetches items: itemgetter(k)(x) is x[k], itemgetter(j, k)(x) is (x[j], x[k]).

        >>> sorted([("b", 1), ("a", 2)], key=operator.itemgetter(0))
        [('a', 2), ('b', 1)]
        >>> operator.itemgetter("name", "age")({"name": "Ann", "age": 30})
        ('Ann', 30)
        """,
        construct=host.itemgetter,
    )
)
library.type(
    NativeType(
        "operator.attrgetter",
        attrgetter,
        """A function that reads attributes: attrgetter("x")(p) is p.x, attrgetter("x", "a.b")(p) is (p.x, p.a.b).

        >>> class Person:
        ...     def __init__(self, name, boss=None):
        ...         self.name, self.boss = name, boss
        >>> ann = Person("Ann", Person("Bo"))
        >>> operator.attrgetter("name", "boss.name")(ann)
        ('Ann', 'Bo')
        """,
        construct=attrgetter,
    )
)
library.type(
    NativeType(
        "operator.methodcaller",
        methodcaller,
        """A function that calls a method: methodcaller("m", 1, k=2)(x) is x.m(1, k=2).

        >>> operator.methodcaller("upper")("abc")
        'ABC'
        >>> list(map(operator.methodcaller("split", ","), ["a,b", "c"]))
        [['a', 'b'], ['c']]
        """,
        construct=methodcaller,
    )
)
