"""Copies of values, shallow and deep.

A deep copy is made without recursion through what can be filled in later (lists, the values of dicts, instances):
an empty copy is made at once, and its contents wait in `_Copies.pending`. Only what must be complete when it
is made (tuples, keys, members of sets) nests, up to `NESTING`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from operator import is_
from types import MethodType
from typing import Any

from dana.errors import LimitReached
from dana.native import Library, current
from dana.values import ERROR_FIELDS, TYPES, Class, type_name

library = Library("copy", "Copies of values, shallow and deep.")

NESTING = 200
"""How deep tuples, keys and members of sets may be nested in a deep copy."""

_ATOMS = frozenset((type(None), bool, int, float, complex, str, bytes, range, slice))


@library.function
def copy(x: Any, /) -> Any:
    """A shallow copy: another container or instance with the same items or attributes in it.

    The `__init__` of a class is not called. What cannot change, functions and classes are returned as they are.
    Raises TypeError for iterators, generators and other things that cannot be copied.

    >>> original = [[1], [2]]
    >>> shallow = copy.copy(original)
    >>> shallow.append(3)
    >>> shallow[0].append(9)
    >>> original, shallow
    ([[1, 9], [2]], [[1, 9], [2], 3])
    """
    kind = type(x)
    if kind in _ATOMS or kind is tuple or kind is frozenset or kind is MethodType:
        return x
    if _has_parts(x):
        made = _blank(x, _parts(x))
        _attributes(made).update(_attributes(x))
        return made
    if isinstance(x, (list, dict, set, deque)):
        current().meter.charge(len(x))
        return x.copy()
    return _other(x)


@library.function
def deepcopy(x: Any, /) -> Any:
    """A deep copy: containers and instances are copied with everything in them, at any depth.

    What occurs several times in the original is one thing in the copy too; cycles are allowed. The `__init__`
    of a class is not called. What cannot change, functions and classes are shared with the original. Raises
    TypeError for iterators, generators and other things that cannot be copied.

    >>> original = {"items": [1, 2]}
    >>> deep = copy.deepcopy(original)
    >>> deep["items"].append(3)
    >>> original, deep
    ({'items': [1, 2]}, {'items': [1, 2, 3]})
    """
    return _Copies().complete(x, 0)


class _Copies:
    """What one deep copy has copied so far."""

    def __init__(self) -> None:
        self.meter = current().meter
        self.made: dict[int, tuple[Any, Any]] = {}
        """By the identity of an original: the original, so that the identity stays its own, and the copy."""
        self.pending: list[tuple[Callable[[Any, Any, int], None], Any, Any]] = []
        """What is to be filled: how, from which original, the copy."""

    def complete(self, x: Any, depth: int) -> Any:
        """The copy of x with all of its contents."""
        waiting, self.pending = self.pending, []
        made = self.of(x, depth)
        while self.pending:
            fill, original, empty = self.pending.pop()
            fill(original, empty, depth)
        self.pending = waiting
        return made

    def of(self, x: Any, depth: int) -> Any:
        """The copy of x, whose contents may be pending."""
        kind = type(x)
        if kind in _ATOMS:
            return x
        known = self.made.get(id(x))
        if known is not None:
            return known[1]
        if depth > NESTING:
            raise LimitReached(f"data to copy is nested more than {NESTING} deep in tuples, keys or sets")
        self.meter.charge(1)
        made: Any
        if kind is tuple:
            made = self._tuple(x, depth)
        elif kind is frozenset:
            made = frozenset([self.complete(item, depth + 1) for item in x])
        elif kind is MethodType:
            made = MethodType(x.__func__, self.of(x.__self__, depth + 1))
        elif _has_parts(x):
            made = _blank(x, self._tuple(_parts(x), depth))
            self.pending.append((self._fill_attributes, x, made))
        elif isinstance(x, (list, dict, set, deque)):
            made = x.copy()
            made.clear()
            fill = self._fill_dict if isinstance(x, dict) else self._fill_set if kind is set else self._fill_list
            self.pending.append((fill, x, made))
        else:
            made = _other(x)
        return self.made.setdefault(id(x), (x, made))[1]

    def _tuple(self, items: tuple[Any, ...], depth: int) -> tuple[Any, ...]:
        made = [self.of(item, depth + 1) for item in tuple.__iter__(items)]
        unchanged = type(items) is tuple and all(map(is_, made, items))
        return items if unchanged else tuple(made)

    def _fill_list(self, original: Any, empty: Any, depth: int) -> None:
        self.meter.charge(len(original))
        empty.extend([self.of(item, depth) for item in list(original)])

    def _fill_set(self, original: Any, empty: Any, depth: int) -> None:
        for item in list(original):
            empty.add(self.complete(item, depth + 1))

    def _fill_dict(self, original: Any, empty: Any, depth: int) -> None:
        for key, value in list(original.items()):
            empty[self.complete(key, depth + 1)] = self.of(value, depth)

    def _fill_attributes(self, original: Any, empty: Any, depth: int) -> None:
        self._fill_dict(_attributes(original), _attributes(empty), depth)


def _has_parts(x: Any) -> bool:
    """Whether x is of a class that a program has written, or an exception."""
    return type(type(x)) is Class or isinstance(x, BaseException)


def _parts(x: Any) -> tuple[Any, ...]:
    """What x is made of besides attributes: the items of a named tuple, the arguments of an exception."""
    if isinstance(x, BaseException):
        return x.args
    return x if isinstance(x, tuple) else ()


def _blank(x: Any, parts: tuple[Any, ...]) -> Any:
    """Another value of the class of x, made of these parts, without attributes."""
    kind = type(x)
    if isinstance(x, tuple):
        return tuple.__new__(kind, tuple.__iter__(parts))
    if not isinstance(x, BaseException):
        return object.__new__(kind)
    made = kind.__new__(kind, *parts)
    host: Any = next(above for above in kind.__mro__ if type(above) is not Class)
    host.__init__(made, *parts)
    for above in kind.__mro__:
        for name in ERROR_FIELDS.get(above, ()):
            if name not in ("args", "value"):
                setattr(made, name, getattr(x, name))
    return made


def _attributes(x: Any) -> dict[str, Any]:
    attributes: dict[str, Any] = getattr(x, "__dict__", {})
    return attributes


def _other(x: Any) -> Any:
    """The copy of what is neither a container nor of a class of the program."""
    kind = type(x)
    if hasattr(kind, "__next__") or kind.__hash__ is None:
        raise TypeError(f"cannot copy '{type_name(x)}' object")
    native = TYPES.get(kind)
    return native.methods["copy"](x) if native is not None and "copy" in native.methods else x
