"""What the text of templates calls: operators with their guards, and the few steps that need a function."""

from __future__ import annotations

import sys
from _collections import deque  # type: ignore[import-not-found]  # the rest of collections takes 2 ms to import
from _functools import partial  # type: ignore[import-not-found]  # the rest of functools takes 3 ms to import
from operator import index
from types import FunctionType, MethodType

from dana.errors import LimitReached, Stop
from dana.evaluation.pipelines import GIVEN, applied, combines, composed, is_function, is_stage, means_a_value, piped
from dana.evaluation.shapes import ENVIRONMENT
from dana.formatting import format_value, percent, represent, text
from dana.run import RUN, current
from dana.values import (
    CATCHABLE,
    METHODS,
    TYPES,
    UNBOUND,
    Class,
    Module,
    NativeType,
    get_attribute,
    is_special,
    raised,
    set_attribute,
    type_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any


NONE: dict[str, Any] = {}


class Signal:
    """How a statement ended, when not by returning a value."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


NORMAL = Signal("normal")
BREAK = Signal("break")
CONTINUE = Signal("continue")

SIZED = frozenset((str, bytes, list, tuple))
"""The types whose `+` makes something as large as both operands."""

NOTABLE = 65_536
"""From how many characters or items on the size of what operators make is looked at."""

COUNTED = frozenset((str, bytes, list, tuple, dict, set, frozenset))
"""The types whose `in` and iteration take no more steps than they have items."""


def unbound(name: str) -> Any:
    raise UnboundLocalError(f"cannot access local variable '{name}' where it is not associated with a value")


def unbound_free(name: str) -> Any:
    raise NameError(
        f"cannot access free variable '{name}' where it is not associated with a value in enclosing scope", name=name
    )


def checked(value: Any) -> Any:
    """A text, bytes, list or tuple that was just made, unless it is over the limit."""
    if len(value) >= NOTABLE:
        meter = current().meter
        if type(value) in (str, bytes):
            meter.check_text(len(value))
        else:
            meter.check_items(len(value))
    return value


def grow(left: Any, right: Any) -> Any:
    """`left += right` where left is a container"""
    if type(left) in GROWING and type(right) not in COUNTED and _iterates(right):
        right = current().meter.collected(right)
    left += right
    return checked(left) if type(left) in SIZED else left


GROWING = frozenset((list, deque))
"""The types whose `+=` takes what is iterable."""


def multiply(left: Any, right: Any) -> Any:
    """`left * right`"""
    left_type, right_type = type(left), type(right)
    if left_type is int and right_type is int:
        result = left * right
        if not SMALL < result < LARGE:
            current().meter.check_bits(result.bit_length())
        return result
    if left_type in REPEATED:
        return _repeated(left, right, "__rmul__", left, right)
    if right_type in REPEATED:
        return _repeated(right, left, "__mul__", left, right)
    return left * right


def product(result: Any) -> Any:
    """What a multiplication of numbers has made, unless it is over the limit."""
    if type(result) is int and not SMALL < result < LARGE:
        current().meter.check_bits(result.bit_length())
    return result


def _repeated(sequence: Any, factor: Any, own: str, left: Any, right: Any) -> Any:
    """`left * right`, of which one is a sequence; an object may have its `own` operator for that."""
    kind = type(factor)
    if kind is not int:
        if kind.__class__ is Class and hasattr(kind, own):
            found = getattr(kind, own)(factor, sequence)
            if found is not NotImplemented:
                return found
        if not hasattr(kind, "__index__"):
            return left * right
        factor = index(factor)
    _check_repeat(sequence, factor)
    return sequence * factor


REPEATED = SIZED | {deque}
"""The types whose `*` makes something many times as large."""


def multiply_in_place(left: Any, right: Any) -> Any:
    """`left *= right`"""
    if type(left) in (list, deque) and hasattr(type(right), "__index__"):
        times = index(right)
        _check_repeat(left, times)
        left *= times
        return left
    if type(type(left)) is Class:
        left *= right
        return left
    return multiply(left, right)


LARGE = 1 << 100_000
SMALL = -LARGE
"""Integers between these need no look at their size."""


def _check_repeat(sequence: Any, times: int) -> None:
    size = len(sequence) * times
    if size > NOTABLE:
        meter = current().meter
        if type(sequence) in (str, bytes):
            meter.check_text(size)
        else:
            meter.check_items(size)


def power(left: Any, right: Any) -> Any:
    """`left ** right`"""
    if type(left) is int and type(right) is int and right > 1:
        bits = left.bit_length()
        if bits > 1 and bits * right > 10_000:
            current().meter.check_bits((bits - 1) * right)
    return left**right


def power_in_place(left: Any, right: Any) -> Any:
    """`left **= right`"""
    if type(type(left)) is Class:
        left **= right
        return left
    return power(left, right)


def shift_left(left: Any, right: Any) -> Any:
    """`left << right`"""
    if type(right) is int and type(left) in (int, bool) and left:
        bits = left.bit_length() + right
        if bits > 10_000:
            current().meter.check_bits(bits)
    return left << right


def shift_left_in_place(left: Any, right: Any) -> Any:
    """`left <<= right`"""
    if type(type(left)) is Class:
        left <<= right
        return left
    return shift_left(left, right)


VIEWS: frozenset[Any] = frozenset((type({}.keys()), type({}.items())))
"""The types whose `& | ^ -` take any iterable."""


def bounded(items: range) -> range:
    """A range that is subtracted from a view, which takes any iterable."""
    meter = current().meter
    meter.check_growth(len(items))
    meter.charge(len(items))
    return items


def both(left: Any, right: Any) -> Any:
    """`left & right`"""
    return left & (collected(right) if type(left) in VIEWS else right)


def either(left: Any, right: Any) -> Any:
    """`left | right`"""
    if type(right) is FunctionType and type(left) in GIVEN:
        return right(left)
    if is_stage(right) and not combines(left, right):
        return piped(left, right)
    return _either(left, right)


def _either(left: Any, right: Any) -> Any:
    """The same where it is no pipeline."""
    return left | (collected(right) if type(left) in VIEWS else right)


def pipeline(value: Any, stages: tuple[Any, ...], calls: tuple[int, ...]) -> Any:
    """`value | stage | stage`; `calls` are the indexes of the stages that can mean a call whose result is combined."""
    begun = False
    for at, stage in enumerate(stages):
        if type(stage) is FunctionType and (begun or (type(value) in GIVEN and at not in calls)):
            value = stage(value)
            begun = True
        elif begun:
            value = applied(stage, value)
        elif at in calls and means_a_value(value):
            value = _either(value, stage())
        elif is_stage(stage) and not combines(value, stage):
            if is_function(value):
                value = composed(value, stage)
            else:
                value = applied(stage, value)
                begun = True
        else:
            value = _either(value, stage)
    return value


def one_of(left: Any, right: Any) -> Any:
    """`left ^ right`"""
    return left ^ (collected(right) if type(left) in VIEWS else right)


def either_in_place(left: Any, right: Any) -> Any:
    """`left |= right`"""
    if isinstance(left, dict):
        right = pairs(right)
    elif type(left) in VIEWS:
        right = collected(right)
    left |= right
    return left


def pairs(given: Any) -> Any:
    """What `**given` or `d |= given` adds to a dict, counted; what is no mapping is left for the host to refuse."""
    if isinstance(given, dict):
        return given
    kind = type(given)
    if kind.__class__ is Class and hasattr(kind, "keys") and hasattr(kind, "__getitem__"):
        return {key: given[key] for key in current().meter.collected(given.keys())}
    return current().meter.collected(given) if _iterates(given) else given


def mapping(given: Any) -> Any:
    """What `**given` in a call or a display adds: a mapping, counted."""
    found = pairs(given)
    return found if isinstance(found, dict) else given


def modulo(left: Any, right: Any) -> Any:
    """`left % right` where left is not a number"""
    if type(left) is str or type(left) is bytes:
        return percent(left, right)
    return left % right


def countable(container: Any) -> Any:
    """What `in` may search: an iterable that could be endless is counted."""
    kind = type(container)
    if kind in COUNTED:
        return container
    if kind is range:
        return _Steps(container)
    if hasattr(kind, "__contains__") or not (kind in TYPES or kind.__class__ is Class) or not _iterates(container):
        return container
    return current().meter.items(container)


def _iterates(value: Any) -> bool:
    """Whether a value has items, one after the other."""
    kind = type(value)
    return hasattr(kind, "__iter__") or (kind.__class__ is Class and hasattr(kind, "__getitem__"))


class _Steps:
    """A range under `in`: an int is found by arithmetic, anything else by looking at each item."""

    __slots__ = ("range",)

    def __init__(self, items: range) -> None:
        self.range = items

    def __contains__(self, item: object) -> bool:
        if type(item) is int or type(item) is bool:
            return item in self.range
        return any(item == each for each in current().meter.items(self.range))


def collected(iterable: Any) -> Any:
    """The items of `*iterable`, counted; what has none is left for the host to refuse."""
    if type(iterable) in COUNTED or not _iterates(iterable):
        return iterable
    return current().meter.collected(iterable)


def listed(iterable: Any) -> Any:
    """The items that are assigned to a slice or a starred target: all there before the first is stored."""
    if type(iterable) in COUNTED:
        if len(iterable) > NOTABLE:
            current().meter.check_items(len(iterable))
        return iterable
    return list(current().meter.collected(iterable)) if _iterates(iterable) else iterable


def method(value: Any, name: str, visible: Callable[[list[Any]], Any], frame: list[Any]) -> Any:
    """What `value.name(...)` calls: an attribute, else a function `name` for its type, or one visible at the call."""
    if type(value).__class__ is not Class:  # classes have their receivers as methods
        receivers = current().session.receivers
        function = receivers and receivers.get(type(value), NONE).get(name)
        if function:
            return partial(function, None) if value is None else MethodType(function, value)
    try:
        return get_attribute(value, name)
    except AttributeError as error:
        missing = error
    if is_special(name) or missing.__class__ is not AttributeError or missing.name != name or missing.obj is not value:
        raise missing
    if type(value) is Module and value.exports is not None and name in value.exports:
        raise missing  # a name of the module's own that may not be had
    function = visible(frame)
    if function is UNBOUND or not takes_first(function):
        raise missing
    return partial(function, None) if value is None else MethodType(function, value)


def bound(value: Any, name: str, visible: Callable[[list[Any]], Any], frame: list[Any]) -> Any:
    """What `value.name(...)` calls, of any value."""
    kind = type(value)
    if kind.__class__ is Class:
        return getattr(value, name)
    native = METHODS.get(kind, NONE).get(name)
    return MethodType(native, value) if native is not None else method(value, name, visible, frame)


def takes_first(function: Any) -> bool:
    """Whether a function can be called with a value in first place."""
    if type(function) is NativeType:
        return function.construct is not None
    code = getattr(function, "__code__", None)
    if code is not None:
        return bool(code.co_argcount or code.co_flags & 4)
    return callable(function)


def misplaced_range(low: Any, high: Any) -> Any:
    """`low..high` as the argument of a function that is not the library's"""
    raise TypeError("a range such as 0..100 belongs into a type")


def modulo_in_place(left: Any, right: Any) -> Any:
    """`left %= right`"""
    if type(type(left)) is Class:
        left %= right
        return left
    return modulo(left, right)


class AttributeTarget:
    """`value.name` as a place to store, for targets inside others."""

    __slots__ = ("name", "value")

    def __init__(self, value: Any, name: str) -> None:
        self.value = value
        self.name = name

    def __setitem__(self, _: int, item: Any) -> None:
        set_attribute(self.value, self.name, item)


def keep(container: Any, key: Any, value: Any) -> Any:
    """`target := value`"""
    container[key] = value
    return value


def classes(value: Any) -> Any:
    """What `except` compares with: an exception class or a tuple of them."""
    if isinstance(value, type) and issubclass(value, BaseException):
        return value
    if type(value) is tuple:
        return tuple(classes(item) for item in current().meter.flat(value))
    raise TypeError("catching classes that do not inherit from BaseException is not allowed")


def caught(error: BaseException, meter: Any) -> None:
    """Let a script look at an exception, unless it says that the host is at its end, or comes after the run."""
    if isinstance(error, GeneratorExit) and stopping(meter):
        raise error
    if isinstance(error, (RecursionError, MemoryError)):
        raise meter.stop(host_limit(error))
    in_own_words(error)


def in_own_words(error: BaseException) -> None:
    """Say what the host says of its own settings as somebody may read it who does not know the host."""
    if type(error) is ValueError and str(error).startswith("Exceeds the limit ("):
        error.args = (f"an int of more than {sys.get_int_max_str_digits():,} digits is not converted to or from text",)


def host_limit(error: BaseException) -> LimitReached:
    """The limit that the host reached before the meter did."""
    if isinstance(error, MemoryError):
        return LimitReached("the program needs more memory than there is")
    return LimitReached("data or calls are nested too deep for the host", "--max-depth")


def is_running(meter: Any) -> bool:
    """Whether the run that a meter belongs to is in progress: a generator may be closed long after it."""
    run = RUN.get(None)
    return run is not None and run.meter is meter


def stopping(meter: Any) -> bool:
    """Whether a `finally` is being run because the program is ended from outside, or after its run."""
    if meter.stopped is not None or not is_running(meter):
        return True
    error = sys.exc_info()[1]
    if isinstance(error, (RecursionError, MemoryError)):
        meter.stop(host_limit(error))
        return True
    return isinstance(error, Stop)


class Managed:
    """A context manager as `with` uses it: no `__exit__` of a script runs when the program is being ended."""

    __slots__ = ("_exit", "_manager", "_meter")

    def __init__(self, manager: Any, meter: Any) -> None:
        self._meter = meter
        kind = type(manager)
        if not (hasattr(kind, "__enter__") and (kind.__class__ is Class or kind in TYPES)):
            raise TypeError(f"'{type_name(manager)}' object does not support the context manager protocol")
        if not hasattr(kind, "__exit__"):
            raise TypeError(
                f"'{type_name(manager)}' object does not support the context manager protocol (missed __exit__ method)"
            )
        self._manager = manager
        self._exit = kind.__exit__

    def __enter__(self) -> Any:
        return type(self._manager).__enter__(self._manager)

    def __exit__(self, kind: Any, error: Any, _: object) -> bool:
        if stopping(self._meter):
            return False
        return bool(self._exit(self._manager, kind, error, None))


def drive(generator: Generator[Any, Any, Any], meter: Any) -> Generator[Any, Any, Any]:
    """A generator of a program: the closures' generator, whose end without a value means None.

    Each time that it goes on is a call: generators nest like functions.
    """
    enter, leave = meter.depth.pop, meter.depth.append
    send = go_on = generator.send
    given: Any = None
    while True:
        try:
            enter()
        except IndexError:
            meter.too_deep()
        try:
            item = go_on(given)
        except StopIteration as end:
            return None if end.value is NORMAL else end.value
        finally:
            leave(None)
        try:
            given = yield item
            go_on = send
        except GeneratorExit:
            generator.close()
            raise
        except BaseException as error:
            go_on, given = generator.throw, error


def named_generator(
    generator: Generator[Any, Any, Any], name: str, qualified_name: str, meter: Any
) -> Generator[Any, Any, Any]:
    """The generator that a call of a generator function gives."""
    driven: Any = drive(generator, meter)
    driven.__name__ = name
    driven.__qualname__ = qualified_name
    return driven  # type: ignore[no-any-return]


def zero_argument_super(cls: Any, first: Any) -> Any:
    """`super()` in a method."""
    if cls is UNBOUND:
        raise RuntimeError("super(): empty __class__ cell")
    return super(cls, first)


ENVIRONMENT.update(
    U=UNBOUND,
    N=NORMAL,
    BREAK=BREAK,
    CONTINUE=CONTINUE,
    Class=Class,
    SIZED=SIZED,
    COUNTED=COUNTED,
    METHODS=METHODS,
    NONE=NONE,
    NOTHING="",
    unbound=unbound,
    unbound_free=unbound_free,
    LARGE=LARGE,
    SMALL=SMALL,
    checked=checked,
    grow=grow,
    multiply=multiply,
    product=product,
    bound=bound,
    multiply_in_place=multiply_in_place,
    power=power,
    power_in_place=power_in_place,
    shift_left=shift_left,
    shift_left_in_place=shift_left_in_place,
    modulo=modulo,
    bounded=bounded,
    NOTABLE=NOTABLE,
    both=both,
    either=either,
    pipeline=pipeline,
    one_of=one_of,
    either_in_place=either_in_place,
    mapping=mapping,
    raised=raised,
    modulo_in_place=modulo_in_place,
    misplaced_range=misplaced_range,
    countable=countable,
    collected=collected,
    listed=listed,
    method=method,
    AttributeTarget=AttributeTarget,
    keep=keep,
    CATCHABLE=CATCHABLE,
    classes=classes,
    caught=caught,
    stopping=stopping,
    Managed=Managed,
    named_generator=named_generator,
    zero_argument_super=zero_argument_super,
    get_attribute=get_attribute,
    set_attribute=set_attribute,
    text=text,
    represent=represent,
    ascii_text=lambda value: represent(value).encode("ascii", "backslashreplace").decode("ascii"),
    format_value=format_value,
)
