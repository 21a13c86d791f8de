"""What every program has without importing it: the built-in functions, types, exceptions and constants."""

from __future__ import annotations

import builtins as host
import sys
from itertools import chain, islice
from types import MethodType, UnionType

from dana.errors import LimitReached
from dana.formatting import ascii_text, format_value, represent
from dana.formatting import text as text_of
from dana.limits import LAZY, Meter
from dana.native import Library, current
from dana.values import (
    TYPES,
    Class,
    FieldError,
    Instance,
    Module,
    NativeType,
    TypeUnion,
    attribute_names,
    delete_attribute,
    get_attribute,
    set_attribute,
)

from .types import FEW, UNLISTED, compared, gathered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

library = Library("core", "What every program has without importing it.")

_MISSING = object()


# Printing and reading


@library.function
def print(*values: Any, sep: Any = " ", end: Any = "\n", file: Any = None, flush: Any = False) -> None:
    """Print values as text, with `sep` between them and `end` after the last. `flush` makes no difference.

    >>> print("total:", 12.5)
    total: 12.5
    >>> print("a", "b", sep="-", end="!\\n")
    a-b!
    """
    if sep is not None and type(sep) is not str:
        raise TypeError(f"sep must be None or a string, not {_type_name(sep)}")
    if end is not None and type(end) is not str:
        raise TypeError(f"end must be None or a string, not {_type_name(end)}")
    if file is not None:
        raise TypeError("print() writes to standard output only: file must be None")
    run = current()
    parts = [*host.map(text_of, values)]
    if len(parts) > 4:
        run.meter.check_text(host.sum(host.map(len, parts)))
    run.host.write((" " if sep is None else sep).join(parts) + ("\n" if end is None else end))


@library.function
def input(prompt: Any = "", /) -> str:
    """A line that the person types, without its end. Raises EOFError when there is none."""
    return current().host.read_line(text_of(prompt))


@library.function
def help(subject: Any = _MISSING, /) -> None:
    """Print what is known about a function, a type, a class or a module."""
    current().host.write(_help(subject).rstrip("\n") + "\n")


# Text of values


@library.function
def repr(value: Any, /) -> str:
    """A value as text, as it would be written in a program where that is possible.

    >>> repr("a"), repr([1, None])
    ("'a'", '[1, None]')
    """
    return represent(value)


@library.function
def ascii(value: Any, /) -> str:
    r"""Like `repr`, with escapes for all characters that are not ASCII.

    >>> ascii("é")
    "'\\xe9'"
    """
    return ascii_text(value)


@library.function
def format(value: Any, spec: str = "", /) -> str:
    """A value as text in a format, as after the colon in an f-string. Raises ValueError for a format that does not fit.

    >>> format(1234.5, ",.2f"), format("a", ">3")
    ('1,234.50', '  a')
    """
    if type(spec) is not str:
        raise TypeError(f"format() argument 2 must be str, not {_type_name(spec)}")
    return format_value(value, spec)


library.host_function("chr", host.chr, "The character with a number.\n\n>>> chr(97)\n'a'")
library.host_function("ord", host.ord, 'The number of a character.\n\n>>> ord("a")\n97')
library.host_function("bin", host.bin, "A whole number in base 2, as text.\n\n>>> bin(5)\n'0b101'")
library.host_function("oct", host.oct, "A whole number in base 8, as text.\n\n>>> oct(8)\n'0o10'")
library.host_function("hex", host.hex, "A whole number in base 16, as text.\n\n>>> hex(255)\n'0xff'")


# Numbers


library.host_function("abs", host.abs, "A number without its sign.\n\n>>> abs(-3)\n3")
library.host_function(
    "divmod",
    host.divmod,
    "divmod(x, y): the whole quotient and the remainder. Raises ZeroDivisionError.\n\n>>> divmod(17, 5)\n(3, 2)",
)


@library.function
def pow(base: Any, exp: Any, mod: Any = None) -> Any:
    """base to the power of exp; with `mod`, the remainder of that, found without making the power.

    >>> pow(2, 10), pow(2, 0.5) > 1.4, pow(3, 200, 13)
    (1024, True, 9)
    """
    if mod is not None:
        if host.isinstance(exp, int) and host.isinstance(mod, int):
            effort = exp.bit_length() * mod.bit_length()
            current().meter.charge(effort // 10_000)
            if effort > 10**9:
                raise LimitReached("pow() of an exponent and a modulus of so many bits would take too long")
        return host.pow(base, exp, mod)
    if type(base) is int and type(exp) is int and exp > 64 and (bits := base.bit_length()) > 1:
        current().meter.check_bits((bits - 1) * exp)
    return host.pow(base, exp)


@library.function
def round(number: Any, ndigits: Any = None) -> Any:
    """A number rounded to `ndigits` decimals (below 0: to tens, hundreds, ...); to a whole number without them.

    Halves go to the even neighbour.

    >>> round(2.567, 1), round(2.5), round(1250, -2)
    (2.6, 2, 1200)
    """
    if ndigits is None:
        return host.round(number)
    if type(number) is int and type(ndigits) is int and -ndigits > number.bit_length():
        return 0
    return host.round(number, ndigits)


# Iterables


library.host_function("len", host.len, 'How many items something has.\n\n>>> len([1, 2]), len("abc")\n(2, 3)')
library.host_function(
    "iter",
    host.iter,
    "iter(iterable): an iterator over its items. iter(function, end): what the function returns, until that is `end`."
    "\n\n>>> next(iter([1, 2]))\n1",
)
library.host_function(
    "next",
    host.next,
    "next(iterator, default): the next item; the default, or StopIteration, when there is none."
    "\n\n>>> next(iter([]), \"none\")\n'none'",
)


LAZY.update((host.enumerate, host.zip, host.map, host.filter))


def nests(*iterables: Any) -> None:
    """Count how deep iterators are nested that are about to be wrapped in another one."""
    for iterable in iterables:
        if type(iterable) in LAZY:
            current().meter.check_nesting(iterable)


@library.function
def enumerate(iterable: Any, start: Any = 0) -> Iterator[tuple[int, Any]]:
    """Each item with its number, counted from `start`.

    >>> list(enumerate("ab", 1))
    [(1, 'a'), (2, 'b')]
    """
    nests(iterable)
    return host.enumerate(iterable, start)


@library.function
def zip(*iterables: Any, strict: Any = False) -> Iterator[tuple[Any, ...]]:
    """The first items of all iterables, then the second ones, ... until the shortest ends.

    With `strict`, iterables of different lengths raise ValueError.

    >>> list(zip([1, 2, 3], "ab"))
    [(1, 'a'), (2, 'b')]
    """
    nests(*iterables)
    return host.zip(*iterables, strict=strict)


@library.function
def map(function: Any, /, *iterables: Any) -> Iterator[Any]:
    """What a function gives for each item, when it is asked for; several iterables give it several arguments.

    >>> list(map(str.upper, ["a", "b"]))
    ['A', 'B']
    """
    if not iterables:
        raise TypeError("map() must have at least two arguments.")
    nests(*iterables)
    return host.map(function, *iterables)


@library.function
def filter(function: Any, iterable: Any, /) -> Iterator[Any]:
    """The items for which a function gives something true; with None, the items that are true themselves.

    >>> list(filter(None, [0, 1, "", "a"]))
    [1, 'a']
    """
    return host.filter(function, compared(iterable))


@library.function
def reversed(sequence: Any, /) -> Iterator[Any]:
    """The items from the last to the first.

    >>> list(reversed("abc"))
    ['c', 'b', 'a']
    """
    made: Iterator[Any] = host.reversed(sequence)
    return made


@library.function
def sorted(iterable: Any, /, *, key: Any = None, reverse: Any = False) -> list[Any]:
    """A list of the items in order; of what `key` gives for each, when given. Equal items keep their order.

    >>> sorted([3, 1, 2]), sorted(["bb", "a"], key=len, reverse=True)
    ([1, 2, 3], ['bb', 'a'])
    """
    if type(iterable) is list and len(iterable) <= FEW:
        return host.sorted(iterable, key=key, reverse=reverse)
    items = gathered(iterable)
    items.sort(key=key, reverse=reverse)
    return items


@library.function
def any(iterable: Any, /) -> bool:
    """Whether at least one item is true.

    >>> any([0, 1]), any([])
    (True, False)
    """
    return host.any(compared(iterable))


@library.function
def all(iterable: Any, /) -> bool:
    """Whether every item is true.

    >>> all([1, 0]), all([])
    (False, True)
    """
    return host.all(compared(iterable))


@library.function
def min(*values: Any, **options: Any) -> Any:
    """The smallest of the items of one iterable, or of several values; the first of those that are equal.

    `key` is a function whose results are compared; `default` is the value for an iterable without items,
    without which that raises ValueError.

    >>> min([3, 1, 2]), min("bb", "a", key=len), min([], default=0)
    (1, 'a', 0)
    """
    return host.min(compared(values[0]), **options) if len(values) == 1 else host.min(*values, **options)


@library.function
def max(*values: Any, **options: Any) -> Any:
    """The largest of the items of one iterable, or of several values; the first of those that are equal.

    `key` is a function whose results are compared; `default` is the value for an iterable without items,
    without which that raises ValueError.

    >>> max([3, 1, 2]), max("bb", "a", key=len), max([], default=0)
    (3, 'bb', 0)
    """
    return host.max(compared(values[0]), **options) if len(values) == 1 else host.max(*values, **options)


_NUMBERS = frozenset((int, float, bool, complex))

_FEW_LARGE = 16
"""So many lists or texts may be added up before the sum is measured."""


@library.function
def sum(iterable: Any, /, start: Any = 0) -> Any:
    """The sum of numbers, added to `start`.

    >>> sum([1, 2, 3]), sum([], 10)
    (6, 10)
    """
    if type(start) in (str, bytes):
        raise TypeError(
            "sum() can't sum strings [use ''.join(seq) instead]"
            if type(start) is str
            else "sum() can't sum bytes [use b''.join(seq) instead]"
        )
    if type(iterable) is range and type(start) is int and iterable:
        return start + (iterable[0] + iterable[-1]) * ((iterable[-1] - iterable[0]) // iterable.step + 1) // 2
    if (
        type(start) in _NUMBERS
        and type(iterable) in (list, tuple)
        and len(iterable) <= FEW
        and (len(iterable) <= _FEW_LARGE or _NUMBERS.issuperset(host.map(type, iterable)))
    ):
        return host.sum(iterable, start)
    meter = current().meter
    iterator = islice(iterable, None)
    other: list[Any] = []
    total = host.sum(_numbers(iterator, meter, other), start) if type(start) in _NUMBERS else start
    for item in chain(other, meter.items(iterator)):
        total = _concatenated(total, item) if type(total) in (list, tuple, str) else total + item
    return total


def _numbers(items: Iterator[Any], meter: Meter, other: list[Any]) -> Iterator[Any]:
    """Items as long as they are numbers, counted; the first that is none goes into `other`."""
    pop, refill = meter.tank.pop, meter.refill
    for item in items:
        try:
            pop()
        except IndexError:
            refill()
        if type(item) not in _NUMBERS:
            other.append(item)
            return
        yield item


def _concatenated(total: Any, item: Any) -> Any:
    if type(item) is type(total):
        meter = current().meter
        size = len(total) + len(item)
        meter.charge(size // FEW)
        if type(total) is str:
            meter.check_text(size)
        else:
            meter.check_items(size)
    return total + item


# Types and attributes


_is_instance = host.isinstance


@library.function
def isinstance(value: Any, types: Any, /) -> bool:
    """Whether a value is of a type, or of one of several: a tuple or a union of them. A bool is an int.

    >>> isinstance(1, int), isinstance("a", (int, float)), isinstance(None, int | None)
    (True, False, True)
    """
    kind = type(types)
    if kind is NativeType:
        return _is_instance(value, types.host)
    if types is Instance:
        return True
    if kind is Class or (kind is type and host.issubclass(types, BaseException)):
        return _is_instance(value, types)
    for member in _members(types, "isinstance() arg 2 must be a type, a tuple of types, or a union"):
        if isinstance(value, member):
            return True
    return False


@library.function
def issubclass(cls: Any, types: Any, /) -> bool:
    """Whether a class derives from another (or is it), or from one of several: a tuple or a union of them.

    >>> issubclass(bool, int), issubclass(KeyError, (OSError, LookupError))
    (True, True)
    """
    hosts = _hosts(cls)
    if not hosts:
        raise TypeError("issubclass() arg 1 must be a class")
    above = _hosts(types)
    if above:
        return types is Instance or host.all(host.issubclass(kind, above) for kind in hosts)
    for member in _members(types, "issubclass() arg 2 must be a class, a tuple of classes, or a union"):
        if issubclass(cls, member):
            return True
    return False


def _hosts(cls: Any) -> tuple[type, ...]:
    """The types of the host that a class stands for; none for what is no class."""
    if type(cls) is NativeType:
        return cls.host if host.isinstance(cls.host, tuple) else (cls.host,)
    if host.isinstance(cls, type) and (type(cls) is Class or host.issubclass(cls, BaseException)):
        return (cls,)
    return ()


def _members(types: Any, refusal: str) -> Iterable[Any]:
    """The classes in a tuple or a union; raises TypeError for anything else."""
    kind = type(types)
    if kind is tuple:
        return types if tuple not in host.map(type, types) else current().meter.flat(types)
    if kind is TypeUnion:
        members = types.members
    elif kind is UnionType:
        members = types.__args__
    else:
        raise TypeError(refusal)
    return [TYPES[type(None)] if member is None or member is type(None) else member for member in members]


@library.function
def checked(value: Any, check: Callable[[Any], Any], /) -> Any:
    """The value, if a function finds it good: if it gives something true. Raises ValueError if not.

    So `dana check --taint` sees that an answer, a file's content or what somebody typed may be used as a path, a host
    or a name.

    >>> checked("orders.csv", lambda name: name in ("orders.csv", "customers.csv"))
    'orders.csv'
    >>> checked("../passwords", lambda name: "/" not in name)
    Traceback (most recent call last):
    ValueError: the check refused '../passwords'
    """
    if not check(value):
        raise ValueError(f"the check refused {represent(value)[:200]}")
    return value


@library.function
def callable(value: Any, /) -> bool:
    """Whether a value can be called.

    >>> callable(print), callable(int), callable("a")
    (True, True, False)
    """
    return host.callable(value) and (type(value) is not NativeType or value.construct is not None)


@library.function
def type_name(value: Any, /) -> str:
    """The name of the type of a value.

    >>> type_name(1), type_name([]), type_name(None)
    ('int', 'list', 'NoneType')
    """
    return _type_name(value)


library.host_function(
    "hash",
    host.hash,
    "A whole number that is the same for values that are equal. Raises TypeError for what can change."
    "\n\n>>> hash(1) == hash(1.0)\nTrue",
)


@library.function
def getattr(value: Any, name: Any, default: Any = _MISSING, /) -> Any:
    """The attribute of a value by its name; the default, or AttributeError, when there is none.

    >>> getattr("abc", "upper")(), getattr("abc", "size", 0)
    ('ABC', 0)
    """
    if default is _MISSING:
        return get_attribute(value, _name(name))
    try:
        return get_attribute(value, _name(name))
    except AttributeError:
        return default


@library.function
def hasattr(value: Any, name: Any, /) -> bool:
    """Whether a value has an attribute of this name.

    >>> hasattr("abc", "upper"), hasattr("abc", "size")
    (True, False)
    """
    try:
        get_attribute(value, _name(name))
    except AttributeError:
        return False
    return True


@library.function
def setattr(value: Any, name: Any, item: Any, /) -> None:
    """Set the attribute of a value by its name. Raises AttributeError when it cannot be set.

    >>> class Order:
    ...     pass
    >>> order = Order()
    >>> setattr(order, "total", 12)
    >>> order.total
    12
    """
    set_attribute(value, _name(name), item)


@library.function
def delattr(value: Any, name: Any, /) -> None:
    """Delete the attribute of a value by its name. Raises AttributeError when there is none.

    >>> class Order:
    ...     pass
    >>> order = Order()
    >>> order.total = 12
    >>> delattr(order, "total")
    >>> hasattr(order, "total")
    False
    """
    delete_attribute(value, _name(name))


def _name(name: Any) -> str:
    if type(name) is not str:
        raise TypeError(f"attribute name must be string, not '{_type_name(name)}'")
    return name


_type_of: Callable[[Any], Any] = UNLISTED[type].construct  # type: ignore[assignment]


def _type_name(value: Any) -> str:
    found = _type_of(value)
    return found.name if type(found) is NativeType else found.__name__


for _type in (*(TYPES[_kind] for _kind in (
    int, float, complex, bool, str, bytes, list, dict, tuple, set, frozenset, range, slice, property, staticmethod,
    classmethod,
)), UNLISTED[super], UNLISTED[type]):  # fmt: skip
    library.constant(_type.name, _type, _type.doc)

library.constant(
    "object",
    Instance,
    "The class above all classes. `object()` is a value that is equal to itself only.\n\n"
    ">>> isinstance(1, object), object() == object()\n(True, False)",
)


# Exceptions and constants


for _error in (
    BaseException, Exception, ArithmeticError, AssertionError, AttributeError, BufferError, ConnectionError,
    DeprecationWarning, EOFError, FieldError, FileExistsError, FileNotFoundError, FloatingPointError, GeneratorExit,
    ImportError, IndexError, IsADirectoryError, KeyError, KeyboardInterrupt, LookupError, ModuleNotFoundError,
    NameError, NotADirectoryError, NotImplementedError, OSError, OverflowError, PermissionError, RecursionError,
    RuntimeError, StopIteration, SyntaxError, TimeoutError, TypeError, UnboundLocalError, UnicodeDecodeError,
    UnicodeEncodeError, UnicodeError, UserWarning, ValueError, Warning, ZeroDivisionError,
):  # fmt: skip
    library.constant(_error.__name__, _error, _error.__doc__ or "")

library.constant("NotImplemented", NotImplemented, "What an operator method returns to let the other operand answer.")
library.constant("Ellipsis", Ellipsis, "The value that is written `...`.")


# Help


def _help(subject: Any) -> str:
    if subject is _MISSING:
        return (
            "help(x) tells what is known about x: a function, a type, a class or a module (import it first).\n"
            f"Without importing there are: {', '.join(host.sorted(library.members))}."
        )
    if type(subject) is Module:
        lines = [f"{name}: {_summary(subject.members[name])}" for name in host.sorted(subject.names())]
        return "\n".join([f"module {subject.name}", "", *_indented(subject.doc), "", *lines])
    if type(subject) is NativeType or host.isinstance(subject, type):
        return _help_on_type(subject)
    if type(subject) in UNLISTED and UNLISTED[type(subject)].name == "function":
        return "\n".join([_signature(subject), "", *_indented(_documentation(subject))])
    return _help_on_type(_type_of(subject))


def _help_on_type(subject: Any) -> str:
    name = subject.name if type(subject) is NativeType else subject.__name__
    kind = "type" if type(subject) is NativeType else "class"
    lines = [f"{kind} {name}", "", *_indented(_documentation(subject))]
    names = [name for name in attribute_names(subject) if not name.startswith("_")]
    if names:
        lines += ["", f"It has: {', '.join(names)}."]
    return "\n".join(lines)


def _documentation(subject: Any) -> str:
    doc: Any
    if type(subject) is NativeType:
        return subject.doc
    if type(subject) is Module:
        return subject.doc or ""
    for loaded in _loaded():
        for name in loaded.docs:
            if loaded.members[name] is subject:
                return loaded.docs[name]
    if type(subject) is MethodType:
        subject = subject.__func__
    if type(type(subject)) is Class:
        subject = type(subject)
    doc = vars(subject).get("__doc__") if type(subject) is Class else host.getattr(subject, "__doc__", None)
    return doc if type(doc) is str else ""


def _loaded() -> Iterator[Library]:
    """The libraries that are in use, this one first."""
    yield library
    for name, module in [*sys.modules.items()]:
        found = vars(module).get("library") if name.startswith(f"{__package__}.") else None
        if found is not None and found is not library:
            yield found


def _summary(value: Any) -> str:
    """The first line of what is known about a value."""
    if type(value) in UNLISTED or host.isinstance(value, type) or type(value) is NativeType:
        lines = _documentation(value).strip().splitlines()
        return lines[0] if lines else _type_name(value)
    shown = represent(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _indented(doc: str | None) -> list[str]:
    from inspect import cleandoc  # nobody but help needs it

    return [f"    {line}".rstrip() for line in cleandoc(doc or "Nothing is written about it.").splitlines()]


class _Shown:
    """A default value in a signature."""

    def __init__(self, value: Any) -> None:
        self.text = "..." if type(value) is object else represent(value)

    def __repr__(self) -> str:
        return self.text


def _signature(function: Any) -> str:
    from inspect import Parameter, signature  # nobody but help needs it

    name = host.getattr(function, "__name__", "function")
    try:
        found = signature(function)
    except (TypeError, ValueError):
        return f"{name}(...)"
    parameters = [
        parameter.replace(
            annotation=Parameter.empty,
            default=parameter.default if parameter.default is Parameter.empty else _Shown(parameter.default),
        )
        for parameter in found.parameters.values()
    ]
    return f"{name}{found.replace(parameters=parameters, return_annotation=found.empty)}"
