"""The variables of scopes: `private:x` of a program, `public:x` of all programs of a session, `system:x` of the run."""

from __future__ import annotations

from dana.errors import nearest
from dana.values import Instance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Fact = tuple[Callable[[], Any], Callable[[Any], Any] | None]


class Shared(Instance):
    """Variables as attributes: those of one scope."""

    __slots__ = ("_scope",)

    def __init__(self, scope: str) -> None:
        object.__setattr__(self, "_scope", scope)

    def __getattr__(self, name: str) -> Any:
        raise self._undefined(name, self.__dict__)

    def __delattr__(self, name: str) -> None:
        if name not in self.__dict__:
            raise self._undefined(name, self.__dict__)
        del self.__dict__[name]

    def __repr__(self) -> str:
        return f"<variables {self._scope}>"

    def _undefined(self, name: str, names: Any) -> NameError:
        like = nearest(name, names)
        meant = f" (did you mean {self._scope}:{like}?)" if like else ""
        return NameError(f"{self._scope}:{name} is not defined{meant}")


class System(Shared):
    """Facts of the run, by name: what gives each, and what sets it, if a program may."""

    __slots__ = ("_facts",)

    def __init__(self, facts: dict[str, Fact]) -> None:
        super().__init__("system")
        object.__setattr__(self, "_facts", facts)

    def __getattr__(self, name: str) -> Any:
        if name not in self._facts:
            raise self._undefined(name, self._facts)
        return self._facts[name][0]()

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._facts:
            raise self._undefined(name, self._facts)
        setting = self._facts[name][1]
        if setting is None:
            raise AttributeError(f"system:{name} is a fact of the run and cannot be set")
        setting(value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"system:{name} cannot be deleted")
