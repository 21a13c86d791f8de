"""Containers beyond list and dict: Counter, defaultdict, deque, OrderedDict and namedtuple.

The types are the host's, narrowed where an operator would consume or allocate without being counted: a
program can reach an operator without passing the tables of methods.
"""

from __future__ import annotations

import collections as host
import operator
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from reprlib import recursive_repr
from typing import Any

from dana.errors import LimitReached
from dana.formatting import SHOWN, represent
from dana.native import Library, current, documented, fields_of, methods_of
from dana.values import NATIVES, Class, NativeType, get_attribute, has_attribute, register, type_name

from .operator import shown_arguments
from .types import sought

library = Library("collections", "Containers beyond list and dict: counting, defaults, two-ended queues, records.")

MOST_FIELDS = 10_000
"""How many fields a named tuple may have: its constructor is compiled."""


class Counter(host.Counter[Any]):
    """A dict from items to how often they were counted."""

    __slots__ = ()

    def update(self, iterable: Any = None, /, **counts: Any) -> None:
        self._feed(super().update, iterable)
        super().update(counts)

    def subtract(self, iterable: Any = None, /, **counts: Any) -> None:
        self._feed(super().subtract, iterable)
        super().subtract(counts)

    def elements(self) -> Iterator[Any]:
        for item, count in self.items():
            yield from repeat(item, count)

    def most_common(self, n: int | None = None) -> list[tuple[Any, int]]:
        current().meter.charge(len(self))
        return super().most_common(n)

    def total(self) -> Any:
        current().meter.charge(len(self))
        return super().total()

    def _feed(self, take: Callable[[Any], None], iterable: Any) -> None:
        if iterable is None:
            return
        meter = current().meter
        if isinstance(iterable, dict):
            meter.charge(len(iterable))
            take(iterable)
        else:
            items = meter.items(iterable)
            take(items if items is iterable else self._watched(items))
        meter.check_items(len(self))

    def _watched(self, items: Iterable[Any]) -> Iterator[Any]:
        """The items, as long as this counter, which takes them, does not grow too large."""
        meter = current().meter
        for position, item in enumerate(items):
            if position % 1000 == 0:
                meter.check_items(len(self))
            yield item

    @recursive_repr()
    def __repr__(self) -> str:
        if not self:
            return "Counter()"
        try:
            return f"Counter({represent(dict(super().most_common()))})"
        except TypeError:
            return f"Counter({represent(dict(self))})"

    def __add__(self, other: Any) -> Any:
        return _own(super().__add__(other))

    def __sub__(self, other: Any) -> Any:
        return _own(super().__sub__(other))

    def __or__(self, other: Any) -> Any:
        return _own(super().__or__(other))

    def __and__(self, other: Any) -> Any:
        return _own(super().__and__(other))

    def __pos__(self) -> Any:
        return _own(super().__pos__())

    def __neg__(self) -> Any:
        return _own(super().__neg__())

    def __iadd__(self, other: Any) -> Any:
        return super().__iadd__(other) if isinstance(other, dict) else NotImplemented

    def __isub__(self, other: Any) -> Any:
        return super().__isub__(other) if isinstance(other, dict) else NotImplemented

    def __ior__(self, other: Any) -> Any:
        return super().__ior__(other) if isinstance(other, dict) else NotImplemented

    def __iand__(self, other: Any) -> Any:
        return super().__iand__(other) if isinstance(other, dict) else NotImplemented


class defaultdict(host.defaultdict[Any, Any]):
    """A dict that makes the values it misses."""

    __slots__ = ()

    def __init__(self, default_factory: Any = None, /, *items: Any, **keywords: Any) -> None:
        if len(items) > 1:
            raise TypeError(f"dict expected at most 1 argument, got {len(items)}")
        super().__init__(default_factory)
        self.update(*items, **keywords)

    def update(self, other: Any = (), /, **keywords: Any) -> None:
        super().update(_incoming_items(self, other), **keywords)

    @recursive_repr("{...}")
    def __repr__(self) -> str:
        return f"defaultdict({represent(self.default_factory)}, {represent(dict(self))})"

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]
        self.update(other)
        return self


class OrderedDict(host.OrderedDict[Any, Any]):
    """A dict whose order counts."""

    __slots__ = ()

    def __init__(self, other: Any = (), /, **keywords: Any) -> None:
        super().__init__()
        self.update(other, **keywords)

    def update(self, other: Any = (), /, **keywords: Any) -> None:
        super().update(_incoming_items(self, other), **keywords)

    @recursive_repr()
    def __repr__(self) -> str:
        return f"OrderedDict({represent(list(self.items())) if self else ''})"

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]
        self.update(other)
        return self


class deque(host.deque[Any]):
    """A queue with two ends."""

    __slots__ = ()

    def __init__(self, iterable: Any = (), maxlen: int | None = None) -> None:
        super().__init__(maxlen=maxlen)
        self.extend(iterable)

    def extend(self, iterable: Any, /) -> None:
        super().extend(self._incoming(iterable))

    def extendleft(self, iterable: Any, /) -> None:
        super().extendleft(self._incoming(iterable))

    def count(self, item: Any, /) -> int:
        current().meter.charge(len(self))
        return super().count(item)

    index = sought(host.deque.index, "deque.index(x): x not in deque")

    def remove(self, item: Any, /) -> None:
        current().meter.charge(len(self))
        super().remove(item)

    def _incoming(self, iterable: Any) -> Any:
        """What is about to be added, counted."""
        meter = current().meter
        items: Any = iterable
        if isinstance(iterable, host.deque):
            meter.charge(len(iterable))
        elif self.maxlen is not None and self.maxlen <= meter.limits.items:
            return meter.items(iterable)
        else:
            items = meter.collected(iterable)
        if hasattr(type(items), "__len__"):
            _check_size(len(self) + len(items), self.maxlen)
        return items

    @recursive_repr("[...]")
    def __repr__(self) -> str:
        limit = "" if self.maxlen is None else f", maxlen={self.maxlen}"
        return f"deque({represent(list(self))}{limit})"

    def __add__(self, other: Any) -> Any:
        if isinstance(other, host.deque):
            _check_size(len(self) + len(other), self.maxlen)
        elif type(type(other)) is Class:
            return NotImplemented
        return super().__add__(other)

    def __iadd__(self, other: Any) -> Any:
        self.extend(other)
        return self

    def __mul__(self, times: Any) -> Any:
        return super().__mul__(times) if _may_repeat(self, times, self.maxlen) else NotImplemented

    def __rmul__(self, times: Any) -> Any:
        return self * times

    def __imul__(self, times: Any) -> Any:
        return super().__imul__(times) if _may_repeat(self, times, self.maxlen) else NotImplemented


class Record(tuple[Any, ...]):
    """A tuple with named fields, as far as all of them are alike."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        if isinstance(other, tuple):
            current().meter.check_items(len(self) + len(other))
        elif type(type(other)) is Class:
            return NotImplemented
        return super().__add__(other)

    def __mul__(self, times: Any) -> Any:
        return super().__mul__(times) if _may_repeat(self, times) else NotImplemented

    def __rmul__(self, times: Any) -> Any:
        return self * times


@library.function
def namedtuple(
    typename: str, field_names: Any, *, rename: bool = False, defaults: Iterable[Any] | None = None
) -> Class:
    """A class of tuples whose items have names as well.

    `field_names` is a list of up to 10,000 names, or one text with names between spaces or commas. `defaults`
    are values for the last fields. With `rename`, names that are not allowed become `_0`, `_1`, ... after their
    position; without it they raise ValueError. The class has `_fields`, `_field_defaults` and
    `_make(iterable)`; its values have `_replace(**changes)` and `_asdict()`. A class of the program may derive
    from it.

    >>> Point = collections.namedtuple("Point", "x y", defaults=[0])
    >>> p = Point(3)
    >>> p
    Point(x=3, y=0)
    >>> p.x, p[1], p == (3, 0)
    (3, 0, True)
    >>> p._replace(y=4)._asdict()
    {'x': 3, 'y': 4}
    """
    meter = current().meter
    if isinstance(field_names, str):
        meter.charge(len(field_names) // 10)
        field_names = field_names.replace(",", " ").split()
    names = list(meter.collected(field_names))
    if len(names) > MOST_FIELDS:
        raise LimitReached(f"a named tuple of {len(names):,} fields is over the limit of {MOST_FIELDS:,}")
    meter.charge(10 * len(names))
    if not all(isinstance(name, str) for name in [typename, *names]):
        raise TypeError("Type names and field names must be strings")
    if defaults is not None:
        defaults = tuple(meter.collected(defaults))
    base: Any = host.namedtuple(typename, names, rename=rename, defaults=defaults, module="__main__")  # type: ignore[misc, arg-type]
    members = _record_members(base)
    natives = [id(member) for member in members.values() if callable(member)]
    natives.append(id(members["_make"].__func__))
    NATIVES.update(natives)
    made = Class.__new__(Class, typename, (Record, base), members)
    weakref.finalize(made, NATIVES.difference_update, natives)
    return made


def _record_members(base: Any) -> dict[str, Any]:
    """What a program sees of a named tuple beyond its fields, given the host's class of it."""
    names = base._fields

    def _make(cls: Any, iterable: Iterable[Any], /) -> Any:
        items = tuple(current().meter.collected(iterable))
        if len(items) != len(names):
            raise TypeError(f"Expected {len(names)} arguments, got {len(items)}")
        return tuple.__new__(cls, items)

    def _replace(self: Any, /, **changes: Any) -> Any:
        items = [changes.pop(name, item) for name, item in zip(names, tuple.__iter__(self), strict=True)]
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return tuple.__new__(type(self), items)

    def _asdict(self: Any, /) -> dict[str, Any]:
        return dict(zip(names, tuple.__iter__(self), strict=True))

    def __repr__(self: Any) -> str:
        return f"{type(self).__name__}({shown_arguments((), _asdict(self))})"

    return {
        "__slots__": (),
        "__module__": "__main__",
        "__qualname__": base.__name__,
        "__match_args__": names,
        "__repr__": __repr__,
        "_asdict": _asdict,
        "_field_defaults": base._field_defaults,
        "_fields": names,
        "_make": classmethod(_make),
        "_replace": _replace,
    }


def _own(result: Any) -> Any:
    """A Counter that the host has made, as one of ours."""
    if type(result) is host.Counter:
        result.__class__ = Counter
    return result


def fromkeys(iterable: Any, value: Any = None) -> OrderedDict:
    """An OrderedDict with the items of an iterable as keys, all with the same value.

    >>> list(collections.OrderedDict.fromkeys("abca"))
    ['a', 'b', 'c']
    """
    made = OrderedDict()
    for key in current().meter.collected(iterable):
        made[key] = value
    return made


def _incoming_items(mapping: Any, other: Any) -> Any:
    """What `update` is about to take, counted."""
    if not isinstance(other, dict):
        return _pairs(other)
    meter = current().meter
    meter.charge(len(other))
    meter.check_items(len(mapping) + len(other))
    return other


def _pairs(other: Any) -> Iterator[tuple[Any, Any]]:
    """The keys and values of what `update` takes besides a dict."""
    meter = current().meter
    if has_attribute(other, "keys"):
        for key in meter.collected(get_attribute(other, "keys")()):
            yield key, other[key]
        return
    for position, pair in enumerate(meter.collected(other)):
        try:
            items = pair if type(pair) is tuple or type(pair) is list else meter.collected(pair)
        except TypeError:
            raise TypeError(f"cannot convert dictionary update sequence element #{position} to a sequence") from None
        items = tuple(items)
        if len(items) != 2:
            raise ValueError(f"dictionary update sequence element #{position} has length {len(items)}; 2 is required")
        yield items[0], items[1]


def _check_size(size: int, maxlen: int | None) -> None:
    """Refuse what would have `size` items, or rather `maxlen` of them."""
    current().meter.check_items(size if maxlen is None else min(size, maxlen))


def _may_repeat(sequence: Any, times: Any, maxlen: int | None = None) -> bool:
    """Whether a sequence, not a class of the program, decides about `sequence * times`; refuses a large result."""
    if hasattr(type(times), "__index__"):
        _check_size(len(sequence) * operator.index(times), maxlen)
        return True
    if type(type(times)) is Class:
        return False
    raise TypeError(f"can't multiply sequence by non-int of type '{type_name(times)}'")


_DICT_METHODS = "clear copy get items keys pop popitem setdefault update values"

library.type(
    NativeType(
        "collections.Counter",
        Counter,
        """A dict that counts: from items to how often they occurred; what was never counted has 0.

        `Counter(iterable)` counts the items, `Counter(dict)` and `Counter(a=2)` start from counts. Methods:
        those of dict, `most_common(n)` (all without n), `elements()`, `update` and `subtract` (which count on
        and back), `total()`. `+ - & |` combine two of them and keep what is above 0.

        >>> letters = collections.Counter("abracadabra")
        >>> letters.most_common(2)
        [('a', 5), ('b', 2)]
        >>> letters["z"]
        0
        >>> letters.total()
        11
        >>> collections.Counter(a=3, b=1) - collections.Counter(a=1, b=2)
        Counter({'a': 2})
        """,
        construct=Counter,
        methods=methods_of(Counter, f"{_DICT_METHODS} elements most_common subtract total"),
    )
)

library.type(
    NativeType(
        "collections.defaultdict",
        defaultdict,
        """A dict that calls a function without arguments for the value of a key that is missing.

        `defaultdict(f, ...)` takes what dict takes after the function; the value that f gives is stored. The
        field `default_factory` is the function.

        >>> groups = collections.defaultdict(list)
        >>> for word in ["apple", "avocado", "beet"]:
        ...     groups[word[0]].append(word)
        >>> groups["a"]
        ['apple', 'avocado']
        >>> groups
        defaultdict(<class 'list'>, {'a': ['apple', 'avocado'], 'b': ['beet']})
        """,
        construct=defaultdict,
        methods=methods_of(defaultdict, _DICT_METHODS),
        fields=fields_of(defaultdict, "default_factory"),
    )
)

library.type(
    NativeType(
        "collections.OrderedDict",
        OrderedDict,
        """A dict for which order counts: two are equal only in the same order.

        Methods: those of dict, `move_to_end(key, last=True)` and `popitem(last=True)`.

        >>> steps = collections.OrderedDict(a=1, b=2, c=3)
        >>> steps.move_to_end("a")
        >>> list(steps)
        ['b', 'c', 'a']
        >>> steps.popitem(last=False)
        ('b', 2)
        """,
        construct=OrderedDict,
        methods=methods_of(OrderedDict, f"{_DICT_METHODS} move_to_end"),
        statics=documented([("fromkeys", fromkeys)]),
    )
)

library.type(
    NativeType(
        "collections.deque",
        deque,
        """A queue with two ends: adding and removing at both is quick.

        `deque(iterable, maxlen=n)` keeps at most n items: adding at one end drops at the other. Methods:
        `append appendleft extend extendleft pop popleft insert remove rotate reverse clear copy count index`;
        field `maxlen`. It has items by position, but no slices.

        >>> queue = collections.deque([1, 2, 3])
        >>> queue.appendleft(0)
        >>> queue.pop()
        3
        >>> queue
        deque([0, 1, 2])
        >>> collections.deque(range(10), maxlen=3)
        deque([7, 8, 9], maxlen=3)
        """,
        construct=deque,
        methods=methods_of(
            deque,
            "append appendleft clear copy count extend extendleft index insert pop popleft remove reverse rotate",
        ),
        fields=fields_of(deque, "maxlen"),
    )
)

_iterator: Iterator[Any]
for _name, _iterator, _what in (
    ("_collections._deque_iterator", iter(host.deque()), "the items of a deque"),
    ("_collections._deque_reverse_iterator", reversed(host.deque()), "the items of a deque, last first"),
    ("odict_iterator", iter(host.OrderedDict()), "an OrderedDict"),
):
    register(NativeType(_name, type(_iterator), f"An iterator of {_what}."))

for _name, _view in (
    ("keys", host.OrderedDict().keys()),
    ("values", host.OrderedDict().values()),
    ("items", host.OrderedDict().items()),
):
    register(NativeType(f"odict_{_name}", type(_view), f"The {_name} of an OrderedDict, as they are at any time."))
    SHOWN[type(_view)] = lambda view: f"{type(view).__name__}({represent(list(view))})"
