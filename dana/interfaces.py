"""Interfaces: what a value can do, whatever its type is."""

from __future__ import annotations

from types import FunctionType, MethodType

from dana.run import RUN
from dana.values import NativeType, get_attribute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_VARIADIC, _KEYWORDS = 4, 8
"""The flags of code with `*args`, and with `**kwargs`."""


class Structural(type):
    """A host type whose instances are the values that have certain methods."""

    signatures: dict[str, FunctionType]

    def __instancecheck__(cls, value: Any) -> bool:
        return all(_fits(_method(value, name), signature) for name, signature in cls.signatures.items())


def build_interface(name: str, functions: Sequence[FunctionType], doc: str | None) -> NativeType:
    """The type of an interface: it makes no values, and `isinstance` looks at what a value has."""
    host = Structural(name, (), {"signatures": {function.__name__: function for function in functions}})
    return NativeType(name, host, doc or f"The interface {name}.")


def _method(value: Any, name: str) -> Any:
    """What `value.name(...)` calls, but for functions that happen to be visible; None when there is nothing."""
    try:
        return get_attribute(value, name)
    except AttributeError:
        run = RUN.get(None)
        found = run and run.session.receivers.get(type(value), {}).get(name)
        return found and MethodType(found, value)


def _fits(method: Any, signature: FunctionType) -> bool:
    """Whether a method can be called as a signature says; of the library's it is not known how."""
    if not callable(method):
        return False
    function = getattr(method, "__func__", method)
    if type(function) is not FunctionType:
        return True
    wanted, code = signature.__code__, function.__code__
    bound = isinstance(method, MethodType)
    most = code.co_argcount - bound
    least = most - len(function.__defaults__ or ())
    given = wanted.co_argcount
    if given < least or (given > most and not code.co_flags & _VARIADIC):
        return False
    own = set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    named = wanted.co_varnames[given : given + wanted.co_kwonlyargcount]
    needed = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    missing = [name for name in needed if name not in (function.__kwdefaults__ or {}) and name not in named]
    return not missing and (bool(code.co_flags & _KEYWORDS) or own.issuperset(named))
