"""Pipelines: `value | f | g` calls functions one after the other, and `f | g` makes one of them.

Numbers, sets, dicts and types keep what `|` means for them in Python, so that what stands right of one of them is a
stage only where Python knows no meaning: a function, and no call.
"""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType

from dana.run import current
from dana.values import TYPES, Class, NativeType, TypeUnion, register, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PLAIN = frozenset((bool, int, set, frozenset, dict, type({}.keys()), type({}.items())))
"""The types for which `|` followed by a call means what it means in Python."""

GIVEN = frozenset((bool, int, float, str, bytes, list, tuple, set, frozenset, dict))
"""The types of values that are never a function: right of one of them, a function is a stage."""

STAGES = 1_000
"""How many stages a function of stages may have."""


class Flow:
    """Functions that are called one after the other, each with what the one before gave."""

    __slots__ = ("stages",)

    def __init__(self, stages: tuple[Any, ...]) -> None:
        self.stages = stages

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        first = self.stages[0]
        at = 0
        value = applied(first, *arguments) if type(first) is list else first(*arguments, **keywords)
        for at in range(1, len(self.stages)):
            value = applied(self.stages[at], value)
        return value

    def place(self, at: int) -> str:
        """What is said of an error in one of the stages."""
        return f"it came up in stage {at + 1} of {self._shown()}: {_named(self.stages[at])}"

    def __repr__(self) -> str:
        return f"<pipeline {self._shown()}>"

    def _shown(self) -> str:
        return " | ".join(map(_named, self.stages))

    def __get__(self, instance: Any, owner: Any = None) -> Flow:
        return self  # a pipeline in a class is no method


register(NativeType("pipeline", Flow, "Functions that are called one after the other: `clean | score | report`."))


def piped(left: Any, right: Any) -> Any:
    """`left | right` where `right` is a stage."""
    return composed(left, right) if is_function(left) else applied(right, left)


def is_stage(value: Any) -> bool:
    """Whether a value can be a stage: a function, or a list of functions."""
    if type(value) is not list:
        return callable(value)
    seen: dict[int, list[Any]] = {}
    waiting = [value]
    while waiting:
        items = waiting.pop()
        seen[id(items)] = items
        for item in items:
            if type(item) is list:
                if id(item) not in seen:  # lists may share their parts
                    waiting.append(item)
            elif not callable(item):
                return False
        if not items:
            return False
    return True


def combines(left: Any, right: Any) -> bool:
    """Whether `left | right` has a meaning of its own, so that it is no pipeline, although `right` can be a stage."""
    if _defines(left, "__or__") or _defines(right, "__ror__"):
        return True
    return _is_type(right) and (left is None or _is_type(left))


def means_a_value(value: Any) -> bool:
    """Whether `value | f(1)` is an operation with what the call gives."""
    return type(value) in _PLAIN or _defines(value, "__or__")


def _defines(value: Any, operator: str) -> bool:
    """Whether the class of a value, one of the program's, has an operator of its own."""
    kind = type(value)
    return kind.__class__ is Class and any(operator in vars(each) for each in kind.__mro__)


def _is_type(value: Any) -> bool:
    return (
        type(value) in (Class, NativeType, TypeUnion)
        or value is None
        or (isinstance(value, type) and issubclass(value, BaseException))
    )


def is_function(value: Any) -> bool:
    """Whether a value on the left is composed with what follows, and not given to it."""
    kind = type(value)
    if kind in (FunctionType, BuiltinFunctionType, MethodType, Flow, NativeType, Class):
        return True
    return kind is not list and kind.__class__ is not Class and callable(value) and kind in TYPES


def composed(left: Any, right: Any) -> Flow:
    """`left | right` of two stages."""
    before = left.stages if type(left) is Flow else (left,)
    stages = (*before, *right.stages) if type(right) is Flow else (*before, right)
    if len(stages) > STAGES:
        raise ValueError(f"a pipeline has at most {STAGES:,} stages, not {len(stages):,}")
    return Flow(stages)


def applied(stage: Any, value: Any) -> Any:
    """What a stage makes of a value; a list of stages makes a list, all at once."""
    if type(stage) is list and is_stage(stage):
        from dana.modules import builtin

        current().meter.charge(len(stage))  # lists may share their parts, and their stages be functions of the library
        return builtin("parallel")(*[_bound(each, value) for each in stage])
    return _possible(stage)(value)


def _bound(stage: Any, value: Any) -> Callable[[], Any]:
    return lambda: applied(stage, value)


def _possible(stage: Any) -> Any:
    if callable(stage):
        return stage
    raise TypeError(f"a stage of a pipeline is a function or a list of functions, not {type_name(stage)}")


def _named(stage: Any) -> str:
    if type(stage) is list:
        return f"[{', '.join('[...]' if type(each) is list else _named(each) for each in stage)}]"
    name = getattr(stage, "__name__", None) or getattr(stage, "name", None) or type_name(stage)
    return str(name)
