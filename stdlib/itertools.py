"""Iterators for loops: counting, chaining, choosing, grouping and combining, each lazily."""

from __future__ import annotations

import itertools as host
import operator
from collections.abc import Iterable, Iterator
from reprlib import recursive_repr
from typing import Any

from dana.formatting import represent
from dana.limits import LAZY
from dana.native import Library, current, documented
from dana.values import NativeType, register

from .core import nests
from .operator import add

library = Library("itertools", "Iterators for loops: counting, chaining, choosing, grouping and combining.")


class repeat(host.repeat):  # type: ignore[type-arg]
    """The same value again and again."""

    __slots__ = ("_value",)

    def __init__(self, object: Any, *times: int, **named: int) -> None:
        self._value = object

    @recursive_repr()
    def __repr__(self) -> str:
        try:
            left = f", {self.__length_hint__()}"
        except TypeError:
            left = ""
        return f"repeat({represent(self._value)}{left})"


@library.function
def tee(iterable: Any, n: int = 2, /) -> tuple[Iterator[Any], ...]:
    """A tuple of n iterators that all give the items of one iterable.

    What one of them has given is kept until the others have given it too: when one runs far ahead, make a
    list instead. Raises ValueError when n is negative.

    >>> first, second = itertools.tee([1, 2, 3])
    >>> next(first), list(second), list(first)
    (1, [1, 2, 3], [2, 3])
    """
    nests(iterable)
    current().meter.check_items(operator.index(n))
    return host.tee(iterable, n)


def accumulate(iterable: Any, func: Any = None, *, initial: Any = None) -> Any:
    return host.accumulate(iterable, add if func is None else func, initial=initial)


def chain_from_iterable(iterable: Any, /) -> Any:
    """A chain of iterables that come from one iterable, which may be endless.

    >>> list(itertools.chain.from_iterable(["ab", [1, 2]]))
    ['a', 'b', 1, 2]
    """
    nests(iterable)
    return host.chain.from_iterable(current().meter.items(iterable))


def combinations(iterable: Any, r: int) -> Any:
    return host.combinations(_pool(iterable, r), r)


def combinations_with_replacement(iterable: Any, r: int) -> Any:
    return host.combinations_with_replacement(_pool(iterable, r), r)


def permutations(iterable: Any, r: int | None = None) -> Any:
    return host.permutations(_pool(iterable, 0 if r is None else r), r)


def product(*iterables: Any, repeat: int = 1) -> Any:
    meter = current().meter
    pools = [_pool(iterable) for iterable in iterables]
    meter.check_items(sum(max(1, len(pool)) for pool in pools) * operator.index(repeat))
    return host.product(*pools, repeat=repeat)


def _pool(iterable: Any, r: Any = 0) -> tuple[Any, ...]:
    """The items to combine, r at a time."""
    meter = current().meter
    meter.check_items(operator.index(r))
    return tuple(meter.collected(iterable))


def compress(data: Any, selectors: Any) -> Any:
    return host.compress(current().meter.items(data), selectors)


def cycle(iterable: Any, /) -> Any:
    return host.cycle(current().meter.collected(iterable))


def dropwhile(predicate: Any, iterable: Any, /) -> Any:
    return host.dropwhile(predicate, current().meter.items(iterable))


def filterfalse(function: Any, iterable: Any, /) -> Any:
    return host.filterfalse(function, current().meter.items(iterable))


def groupby(iterable: Any, key: Any = None) -> Any:
    return host.groupby(current().meter.items(iterable), key)


def islice(iterable: Any, /, *bounds: int | None) -> Any:
    meter = current().meter
    if type(iterable) not in (list, tuple, str, bytes):
        return host.islice(meter.items(iterable), *bounds)
    made = host.islice(iterable, *bounds)
    stop = bounds[0] if len(bounds) == 1 else bounds[1]
    meter.charge(len(iterable) if stop is None else min(len(iterable), operator.index(stop)))
    return made


def starmap(function: Any, iterable: Any, /) -> Any:
    return host.starmap(function, map(_arguments, iterable))


def _arguments(arguments: Iterable[Any]) -> tuple[Any, ...]:
    return arguments if type(arguments) is tuple else tuple(current().meter.collected(arguments))


library.type(
    NativeType(
        "itertools.accumulate",
        host.accumulate,
        """accumulate(iterable, func=add, *, initial=None): running totals, or what func(total, item) makes of them.

        >>> list(itertools.accumulate([1, 2, 3, 4]))
        [1, 3, 6, 10]
        >>> list(itertools.accumulate([3, 1, 4], max, initial=2))
        [2, 3, 3, 4]
        """,
        construct=accumulate,
    )
)
library.type(
    NativeType(
        "itertools.chain",
        host.chain,
        """chain(*iterables): the items of the first, then those of the second, and so on.

        `chain.from_iterable(x)` takes the iterables from one iterable.

        >>> list(itertools.chain([1, 2], "ab"))
        [1, 2, 'a', 'b']
        """,
        construct=host.chain,
        statics=documented([("from_iterable", chain_from_iterable)]),
    )
)
library.type(
    NativeType(
        "itertools.combinations",
        host.combinations,
        """combinations(iterable, r): all tuples of r items, in the order of the iterable, no item twice.

        Raises ValueError when r is negative.

        >>> list(itertools.combinations("abc", 2))
        [('a', 'b'), ('a', 'c'), ('b', 'c')]
        """,
        construct=combinations,
    )
)
library.type(
    NativeType(
        "itertools.combinations_with_replacement",
        host.combinations_with_replacement,
        """combinations_with_replacement(iterable, r): like combinations, but an item may come again.

        Raises ValueError when r is negative.

        >>> list(itertools.combinations_with_replacement("ab", 2))
        [('a', 'a'), ('a', 'b'), ('b', 'b')]
        """,
        construct=combinations_with_replacement,
    )
)
library.type(
    NativeType(
        "itertools.compress",
        host.compress,
        """compress(data, selectors): the items of data whose selector counts as true.

        >>> list(itertools.compress("abcd", [1, 0, 0, 1]))
        ['a', 'd']
        """,
        construct=compress,
    )
)
library.type(
    NativeType(
        "itertools.count",
        host.count,
        """count(start=0, step=1): start, start + step, start + 2 * step, ... without end.

        >>> list(itertools.islice(itertools.count(10, 5), 3))
        [10, 15, 20]
        """,
        construct=host.count,
    )
)
library.type(
    NativeType(
        "itertools.cycle",
        host.cycle,
        """cycle(iterable): its items over and over, without end; they are kept in memory.

        >>> list(itertools.islice(itertools.cycle("ab"), 5))
        ['a', 'b', 'a', 'b', 'a']
        """,
        construct=cycle,
    )
)
library.type(
    NativeType(
        "itertools.dropwhile",
        host.dropwhile,
        """dropwhile(predicate, iterable): the items from the first one on for which the predicate is false.

        >>> list(itertools.dropwhile(str.islower, "abCd"))
        ['C', 'd']
        """,
        construct=dropwhile,
    )
)
library.type(
    NativeType(
        "itertools.filterfalse",
        host.filterfalse,
        """filterfalse(function, iterable): the items for which the function is false; None means the item itself.

        >>> list(itertools.filterfalse(str.islower, "aBcD"))
        ['B', 'D']
        """,
        construct=filterfalse,
    )
)
library.type(
    NativeType(
        "itertools.groupby",
        host.groupby,
        """groupby(iterable, key=None): pairs of a key and an iterator of the neighbours that have this key.

        Sort by the same key first to have one group for each key. A group ends when the next one is asked
        for: make a list of it to keep it.

        >>> [(key, list(group)) for key, group in itertools.groupby("aabccc")]
        [('a', ['a', 'a']), ('b', ['b']), ('c', ['c', 'c', 'c'])]
        >>> [(key, len(list(group))) for key, group in itertools.groupby(["to", "be", "not"], key=len)]
        [(2, 2), (3, 1)]
        """,
        construct=groupby,
    )
)
library.type(
    NativeType(
        "itertools.islice",
        host.islice,
        """islice(iterable, stop), islice(iterable, start, stop, step=1): what a slice would have, of any iterable.

        start, stop and step are None or ints from 0; a stop of None means to the end. Raises ValueError for
        others.

        >>> list(itertools.islice("abcdef", 2))
        ['a', 'b']
        >>> list(itertools.islice("abcdef", 1, None, 2))
        ['b', 'd', 'f']
        """,
        construct=islice,
    )
)
library.type(
    NativeType(
        "itertools.pairwise",
        host.pairwise,
        """pairwise(iterable): each item with the one after it.

        >>> list(itertools.pairwise([1, 2, 4, 7]))
        [(1, 2), (2, 4), (4, 7)]
        """,
        construct=host.pairwise,
    )
)
library.type(
    NativeType(
        "itertools.permutations",
        host.permutations,
        """permutations(iterable, r=None): all orders of all items, or of r of them.

        Raises ValueError when r is negative.

        >>> list(itertools.permutations([1, 2, 3], 2))
        [(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)]
        """,
        construct=permutations,
    )
)
library.type(
    NativeType(
        "itertools.product",
        host.product,
        """product(*iterables, repeat=1): all tuples with one item of each, as nested loops would give them.

        With `repeat` the iterables are taken that many times. Raises ValueError when it is negative.

        >>> list(itertools.product("ab", [1, 2]))
        [('a', 1), ('a', 2), ('b', 1), ('b', 2)]
        >>> list(itertools.product([0, 1], repeat=2))
        [(0, 0), (0, 1), (1, 0), (1, 1)]
        """,
        construct=product,
    )
)
library.type(
    NativeType(
        "itertools.repeat",
        repeat,
        """repeat(object), repeat(object, times): the same value, without end or so many times.

        >>> list(itertools.repeat("x", 3))
        ['x', 'x', 'x']
        """,
        construct=repeat,
    )
)
library.type(
    NativeType(
        "itertools.starmap",
        host.starmap,
        """starmap(function, iterable): function(*item) for each item.

        >>> list(itertools.starmap(pow, [(2, 5), (3, 2)]))
        [32, 9]
        """,
        construct=starmap,
    )
)
library.type(
    NativeType(
        "itertools.takewhile",
        host.takewhile,
        """takewhile(predicate, iterable): the items up to the first one for which the predicate is false.

        >>> list(itertools.takewhile(str.islower, "abCd"))
        ['a', 'b']
        """,
        construct=host.takewhile,
    )
)
library.type(
    NativeType(
        "itertools.zip_longest",
        host.zip_longest,
        """zip_longest(*iterables, fillvalue=None): tuples with one item of each, up to the end of the longest.

        >>> list(itertools.zip_longest("ab", [1], fillvalue="-"))
        [('a', 1), ('b', '-')]
        """,
        construct=host.zip_longest,
    )
)


def _counting(construct: Any) -> Any:
    """What makes an iterator, once it has counted how deep those that it is made of are nested."""

    def made(*arguments: Any, **keywords: Any) -> Any:
        nests(*arguments, *keywords.values())
        return construct(*arguments, **keywords)

    return made


for _type in [member for member in library.members.values() if type(member) is NativeType]:
    LAZY.add(_type.host)  # type: ignore[arg-type]
    _type.construct = _counting(_type.construct)

register(NativeType("itertools._grouper", type(next(host.groupby("a"))[1]), "The items of one group of groupby."))
register(NativeType("itertools._tee", type(host.tee(())[0]), "One of the iterators of tee."))
LAZY.update((type(host.tee(())[0]), type(next(host.groupby("a"))[1])))
