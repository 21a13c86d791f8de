"""Functions that take or make functions: reduce, partial, caches, ordering."""

from __future__ import annotations

import functools as host
from collections import namedtuple
from collections.abc import Callable
from reprlib import recursive_repr
from typing import Any

from dana.native import Library, current, fields_of, methods_of
from dana.values import Class, Instance, NativeType, is_program_function, register, type_name

from .collections import Record
from .operator import shown_arguments

library = Library("functools", "Functions that take or make functions: reduce, partial, caches, ordering.")


class CacheInfo(Record, namedtuple("_CacheInfo", "hits misses maxsize currsize")):
    """What a cache says about itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"CacheInfo({shown_arguments((), self._asdict())})"


class partial(host.partial[Any]):
    """A function with some of its arguments, which is no method in a class."""

    __slots__ = ()

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self

    @recursive_repr()
    def __repr__(self) -> str:
        return f"functools.partial({shown_arguments((self.func, *self.args), self.keywords)})"


class Decorator:
    """A function that takes a function and gives back another one."""

    __slots__ = ("_decorate",)

    def __init__(self, decorate: Callable[[Any], Any]) -> None:
        self._decorate = decorate

    def __call__(self, function: Any, /) -> Any:
        return self._decorate(function)


class cached_property:
    """A property whose value is stored in the instance under the name of the property."""

    __slots__ = ("_function", "_name")

    def __init__(self, func: Any) -> None:
        self._function = func
        self._name: str | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        if self._name is not None and self._name != name:
            raise TypeError(
                f"Cannot assign the same cached_property to two different names ({self._name!r} and {name!r})."
            )
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        if self._name is None:
            raise TypeError("Cannot use cached_property instance without calling __set_name__ on it.")
        kept = getattr(instance, "__dict__", None)
        if kept is None:
            raise TypeError(f"a '{type_name(instance)}' cannot keep the value of its cached property '{self._name}'")
        value = kept[self._name] = self._function(instance)
        return value


_MISSING = object()


@library.function
def reduce(function: Any, iterable: Any, initial: Any = _MISSING, /) -> Any:
    """function(... function(function(first, second), third) ..., last); starts from `initial` when it is given.

    Raises TypeError for no items at all without an initial value.

    >>> functools.reduce(lambda total, number: total * number, [1, 2, 3, 4])
    24
    >>> functools.reduce(lambda total, word: total + len(word), ["to", "be"], 0)
    4
    """
    items = current().meter.items(iterable)
    return host.reduce(function, items) if initial is _MISSING else host.reduce(function, items, initial)


@library.function
def lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:
    """A decorator that keeps what a function has returned, by its arguments, for the last `maxsize` of them.

    Use it as `@functools.lru_cache` or `@functools.lru_cache(maxsize=...)`; None means no limit. Arguments
    must be hashable. With `typed`, 3 and 3.0 are kept apart. The function that it makes has `cache_info()`
    (fields `hits misses maxsize currsize`) and `cache_clear()`.

    >>> @functools.lru_cache(maxsize=None)
    ... def fib(n):
    ...     return n if n < 2 else fib(n - 1) + fib(n - 2)
    >>> fib(50)
    12586269025
    >>> fib.cache_info()
    CacheInfo(hits=48, misses=51, maxsize=None, currsize=51)
    """
    if callable(maxsize) and isinstance(typed, bool):
        return host.lru_cache(maxsize)
    if maxsize is not None and not isinstance(maxsize, int):
        raise TypeError("Expected first argument to be an integer, a callable, or None")
    return Decorator(host.lru_cache(maxsize, typed))


@library.function
def cache(user_function: Any, /) -> Any:
    """A decorator that keeps everything that a function has returned, by its arguments: lru_cache without limit.

    >>> calls = []
    >>> @functools.cache
    ... def square(n):
    ...     calls.append(n)
    ...     return n * n
    >>> square(4), square(4), calls
    (16, 16, [4])
    """
    return host.lru_cache(maxsize=None)(user_function)


@library.function
def update_wrapper(wrapper: Any, wrapped: Any) -> Any:
    """Give a function the name, the documentation and the attributes of the function that it wraps; returns it.

    >>> def greet():
    ...     return "hello"
    >>> def shout():
    ...     return greet().upper()
    >>> functools.update_wrapper(shout, greet) is shout
    True
    """
    if is_program_function(wrapper):
        if hasattr(wrapped, "__name__"):
            wrapper.__name__, wrapper.__qualname__ = wrapped.__name__, wrapped.__qualname__
            wrapper.__doc__ = wrapped.__doc__
        if is_program_function(wrapped):
            wrapper.__dict__.update(wrapped.__dict__)
    return wrapper


@library.function
def wraps(wrapped: Any) -> Any:
    """A decorator for the function inside a decorator: gives it the name of the function that it wraps.

    >>> def logged(function):
    ...     @functools.wraps(function)
    ...     def wrapper(*args):
    ...         return function(*args)
    ...     return wrapper
    >>> @logged
    ... def double(x):
    ...     return 2 * x
    >>> double(4)
    8
    """
    return Decorator(lambda wrapper: update_wrapper(wrapper, wrapped))


@library.function
def cmp_to_key(mycmp: Any) -> Any:
    """A key for `sorted` and its like from a function that compares two values: below, at or above 0.

    >>> sorted([3, 1, 2], key=functools.cmp_to_key(lambda a, b: b - a))
    [3, 2, 1]
    """
    return host.cmp_to_key(mycmp)


@library.function
def total_ordering(cls: Any) -> Any:
    """A class decorator that adds the comparisons a class lacks, from `__eq__` and one of `__lt__`, `__le__` ...

    Raises ValueError when the class has none of `__lt__ __le__ __gt__ __ge__`.

    >>> @functools.total_ordering
    ... class Version:
    ...     def __init__(self, number):
    ...         self.number = number
    ...     def __eq__(self, other):
    ...         return self.number == other.number
    ...     def __lt__(self, other):
    ...         return self.number < other.number
    >>> Version(2) >= Version(1)
    True
    """
    if type(cls) is not Class or cls is Instance:
        raise TypeError(f"total_ordering() decorates a class, not '{type_name(cls)}'")
    return host.total_ordering(cls)


_Cached = type(host.lru_cache(len))
_Key = type(host.cmp_to_key(lambda a, b: 0))


def _cache_info(function: Any) -> CacheInfo:
    return CacheInfo(*function.cache_info())


library.type(
    NativeType(
        "functools.partial",
        partial,
        """partial(func, *args, **keywords): a function that calls func with these arguments before its own.

        Its fields are `func`, `args` and `keywords`.

        >>> power_of_two = functools.partial(pow, 2)
        >>> power_of_two(10)
        1024
        >>> list(map(functools.partial(int, base=2), ["10", "111"]))
        [2, 7]
        """,
        construct=partial,
        fields=fields_of(partial, "func args keywords"),
    )
)
library.type(
    NativeType(
        "functools.cached_property",
        cached_property,
        """A decorator for a method: a property that is computed once for each instance, then kept.

        Delete the attribute to have it computed again.

        >>> class Order:
        ...     def __init__(self, prices):
        ...         self.prices = prices
        ...     @functools.cached_property
        ...     def total(self):
        ...         return sum(self.prices)
        >>> order = Order([2, 3])
        >>> order.total
        5
        >>> order.prices.append(4)
        >>> order.total
        5
        """,
        construct=cached_property,
    )
)
register(
    NativeType(
        "functools._lru_cache_wrapper",
        _Cached,
        "A function with a cache of what it has returned.",
        methods=methods_of(_Cached, "cache_clear", cache_info=_cache_info),
    )
)
register(
    NativeType(
        "functools.CacheInfo",
        CacheInfo,
        "What a cache says about itself.",
        fields=fields_of(CacheInfo, "hits misses maxsize currsize"),
    )
)
register(NativeType("decorator", Decorator, "A function that takes a function and gives back another one."))
register(
    NativeType(
        "functools.KeyWrapper",
        _Key,
        "A key made by cmp_to_key.",
        fields=fields_of(_Key, "obj"),
    )
)
