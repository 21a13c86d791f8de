"""Where names come from that a program does not define: the standard library, and other files."""

from __future__ import annotations

import os.path

from dana.errors import nearest
from dana.values import UNBOUND, Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.native import Library

_STANDARD = "dana.stdlib"


def _imported(name: str) -> Any:
    """A module of the host; import_module would do, but importlib takes 0.5 ms to import."""
    return __import__(name, fromlist=("__name__",))


_standard = _imported(_STANDARD)
_imported(f"{_STANDARD}.types")  # the methods of values are there before a program names any type
_libraries: dict[str, Library] = {}
_modules: dict[str, Module] = {}


def library(name: str) -> Library:
    """A library of the standard library, loaded when it is first asked for."""
    found = _libraries.get(name)
    if found is None:
        found = _libraries[name] = _imported(f"{_STANDARD}.{name}").library
    return found


def builtin(name: str) -> Any:
    """What a name means that no program has defined, or UNBOUND."""
    found = library("core").members.get(name, UNBOUND)
    if found is UNBOUND and name in _standard.GLOBALS:
        return library(_standard.GLOBALS[name]).members[name]
    return found


def program_of(name: str) -> str | None:
    """The file of the library, written in Dana, that a name comes from; None for other names."""
    file = _standard.PROGRAMS.get(name)
    return None if file is None else os.path.join(os.path.dirname(_standard.__file__), f"{file}.na")


def is_builtin(name: str) -> bool:
    """Whether a name means something without being defined."""
    return name in library("core").members or name in _standard.GLOBALS or name in _standard.PROGRAMS


def builtin_names() -> list[str]:
    """All names that mean something without being defined."""
    return [*library("core").members, *_standard.GLOBALS, *_standard.PROGRAMS]


def standard_module(name: str) -> Module | None:
    """The module of the standard library with this name, or None."""
    if name not in _standard.MODULES:
        return None
    found = _modules.get(name)
    if found is None:
        found = _modules[name] = library(name).module()
    return found


def module_names() -> list[str]:
    """The names of the modules of the standard library."""
    return list(_standard.MODULES)


def find_file(name: str, level: int, path: str | None) -> tuple[str, ...]:
    """The places where the file of a module may be: as `name.na`, and as the folder `name` with `__init__.na`.

    `path` is the file that imports (None: the current folder); `level` counts the dots of a relative import. What is
    written in Dana of the library imports nothing but the library.
    """
    if path is not None and path.startswith("<library>/"):
        return ()
    folder = os.path.dirname(path) if path else ""
    for _ in range(level - 1):
        folder = os.path.join(folder, os.pardir)
    place = os.path.normpath(os.path.join(folder, *name.split("."))) if name else folder
    return place + ".na", os.path.join(place, "__init__.na")


def not_found(name: str, beside: str | None) -> ModuleNotFoundError:
    """The error for a module that is nowhere."""
    if name.endswith(".py"):
        return ModuleNotFoundError(
            f"Python modules cannot be imported: '{name}' (the library has: {', '.join(_standard.MODULES)})", name=name
        )
    like = nearest(name, _standard.MODULES)
    where = f"no file {name.replace('.', '/')}.na beside {os.path.basename(beside)}" if beside else "no such file"
    meant = f"; did you mean {like}?" if like else ""
    return ModuleNotFoundError(f"no module named '{name}': {where}, and not in the standard library{meant}", name=name)
