"""How the standard library is written: documented functions, types and constants in named libraries.

A library's file makes one Library and adds to it; registration refuses what has no documentation.

    library = Library("math", "Functions of real numbers.")

    @library.function
    def sqrt(x: float, /) -> float:
        '''The square root of x. Raises ValueError when x is negative.

        >>> math.sqrt(9)
        3.0
        '''
        return host.sqrt(x)
"""

from __future__ import annotations

from dana.run import current as current
from dana.values import NATIVES, Module, NativeType, register

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar, overload

    Function = TypeVar("Function", bound=Callable[..., Any])
    ErrorType = type[Exception]


class Library:
    """The members of one module of the standard library."""

    def __init__(self, name: str, doc: str) -> None:
        if not doc:
            raise ValueError(f"the library {name} has no documentation")
        self.name = name
        self.doc = doc
        self.members: dict[str, Any] = {}
        self.docs: dict[str, str] = {}
        """Documentation of constants and of host functions, by name."""

    if TYPE_CHECKING:

        @overload
        def function(self, function: Function, /) -> Function: ...

        @overload
        def function(self, /, *, name: str) -> Callable[[Function], Function]: ...

    def function(self, function: Any = None, /, *, name: str | None = None) -> Any:
        """Add a function under its own or another name; its docstring is what `help` shows."""
        if function is None:
            return lambda decorated: self._add_function(decorated, name)
        return self._add_function(function, None)

    def host_function(self, name: str, function: Any, doc: str) -> None:
        """Add a function of the host as it is: only where it is safe with any values and any sizes."""
        self._document(name, doc)
        NATIVES.add(id(function))
        self.members[name] = function

    def constant(self, name: str, value: Any, doc: str) -> None:
        """Add an immutable value."""
        self._document(name, doc)
        self.members[name] = value

    def type(self, native_type: NativeType) -> NativeType:
        """Add a type, and make its values part of the domain."""
        self.members[native_type.name.rpartition(".")[2]] = register(native_type)
        return native_type

    def error(self, error: ErrorType, doc: str) -> None:
        """Add an exception type."""
        self._document(error.__name__, doc)
        self.members[error.__name__] = error

    def module(self) -> Module:
        """The library as the value that `import` binds."""
        return Module(self.name, self.members, self.doc)

    def _add_function(self, function: Any, name: str | None) -> Any:
        name = name or function.__name__
        if not function.__doc__:
            raise ValueError(f"{self.name}.{name} has no documentation")
        function.__name__ = function.__qualname__ = name
        NATIVES.add(id(function))
        self.members[name] = function
        return function

    def _document(self, name: str, doc: str) -> None:
        if not doc:
            raise ValueError(f"{self.name}.{name} has no documentation")
        self.docs[name] = doc


def methods_of(host: type, names: str, **own: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """A table of methods: those of the host type that are safe as they are, by name, and our own for the rest."""
    table: dict[str, Callable[..., Any]] = {name: getattr(host, name) for name in names.split()}
    table.update((name.removesuffix("_"), function) for name, function in own.items())
    return table


def fields_of(host: type, names: str) -> dict[str, Callable[[Any], Any]]:
    """A table of fields that are read from the host value as they are."""

    def reader(name: str) -> Callable[[Any], Any]:
        return lambda value: getattr(value, name)

    return {name: reader(name) for name in names.split()}


def documented(members: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A table of statics (functions of a type), registered as natives; refuses those without documentation."""
    table: dict[str, Any] = {}
    for name, function in members:
        if callable(function) and not function.__doc__:
            raise ValueError(f"{name} has no documentation")
        NATIVES.add(id(function))
        table[name] = function
    return table
