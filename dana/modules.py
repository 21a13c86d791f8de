"""Where names come from that a program does not define: the standard library, and other files."""

from __future__ import annotations

import os.path
from _thread import allocate_lock

from dana.errors import nearest
from dana.values import UNBOUND, Class, Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dana.native import Library
    from dana.source import Source

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


def origin_of(name: str) -> str:
    """The library that a name which needs no import comes from."""
    origin: str = _standard.GLOBALS.get(name, "core")
    return origin


def library_folder() -> str:
    """Where the files of the library are."""
    folder: str = os.path.dirname(os.path.abspath(_standard.__file__))
    return folder


def library_file(name: str) -> str:
    """The file of a library that is written in Python."""
    return os.path.join(library_folder(), f"{name}.py")


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


class Home:
    """Where the file of a module stands: its dotted name, the folder below which names are found, and its package.

    A program itself has no name. `package` is the name of the package that a leading dot means, "" outside of any.
    """

    __slots__ = ("is_package", "name", "package", "root")

    def __init__(self, root: str, name: str = "", is_package: bool = False) -> None:
        self.root = root
        self.name = name
        self.is_package = is_package
        self.package = name if is_package else name.rpartition(".")[0]

    def file(self) -> str:
        """The file below the folder, with slashes: what messages that a program may read say of it."""
        return self.name.replace(".", "/") + ("/__init__.na" if self.is_package else ".na")


class Loading:
    """A module that is being loaded, and the line that imports it, as `file.na:3`."""

    __slots__ = ("asked", "cycle", "done", "home", "waits")

    def __init__(self, home: Home, asked: str) -> None:
        self.home = home
        self.asked = asked
        self.cycle: str | None = None
        """How the import of what it imports came back to it, in words."""
        self.done = allocate_lock()
        self.done.acquire()
        self.waits: Loading | None = None
        """What another thread is loading and this one waits for."""

    def closed_by(self, chain: tuple[Loading, ...], asked: str) -> None:
        """Note the cycle of imports that ends here: `chain` is what is being loaded, outermost first."""
        inside = chain[chain.index(self) + 1 :] if self in chain else ()
        names = " imports ".join(each.home.file() for each in (self, *inside, self))
        self.cycle = f"{names} ({', '.join([*(each.asked for each in inside), asked])})"

    def missing(self, name: str) -> str:
        """What is wrong with asking for a name before the module has come to it."""
        why = f": {self.cycle}" if self.cycle else ", which is still being loaded"
        return f"module '{self.home.name}' has not defined {name} yet{why}"


def absolute(name: str, level: int, home: Home, importer: str) -> str:
    """The dotted name that `level` dots and a name mean in a file; raises ImportError when they leave its package."""
    dots = "." * level
    if not home.package:
        raise ImportError(
            f"relative import with no known parent package: {importer} is in no package; "
            + (f"write {name} without the dot{'s' * (level > 1)}" if name else "import without the dots")
        )
    parts = home.package.split(".")
    if level > len(parts):
        raise ImportError(
            f"relative import beyond the top-level package: {importer} is in the package '{home.package}', "
            f"and {dots}{name} leads out of it"
        )
    return ".".join([*parts[: len(parts) - level + 1], *filter(None, [name])])


def files_of(name: str, root: str) -> tuple[str, str]:
    """The files in which a module may be, the first one first: a package `name/__init__.na`, and `name.na`."""
    at = os.path.normpath(os.path.join(root, *name.split(".")))
    return os.path.join(at, "__init__.na"), at + ".na"


def not_found(name: str, beside: str | None, package: str = "") -> ModuleNotFoundError:
    """The error for a module that is nowhere; `beside` is the file that imports, `package` the one it is in."""
    like = nearest(name, _standard.MODULES)
    file = f"no file {name.replace('.', '/')}.na"
    if package:
        where = f"{file} in the program's folder or in the package '{package}'"
    else:
        where = f"{file} beside {os.path.basename(beside)}" if beside else "no such file"
    meant = f"; did you mean {like}?" if like else ""
    return ModuleNotFoundError(f"no module named '{name}': {where}, and not in the standard library{meant}", name=name)


class Receivers(dict):  # type: ignore[type-arg]
    """The functions that programs define for values of a type: by the host's type, and then by their names.

    `here` gives the source of the statement that is running, and its line as `file.na:3`.
    """

    def __init__(self, here: Callable[[], tuple[Source, str] | None]) -> None:
        super().__init__()
        self._here = here
        self._places: dict[tuple[type, str], tuple[Source, str]] = {}

    def define(self, kind: type, name: str, function: Any, shown: str) -> None:
        """Give a type a function; raises TypeError when another file has given it one of this name."""
        here, before = self._here(), self._places.get((kind, name))
        if here is not None:
            if before is not None and _file(before[0]) != _file(here[0]):
                raise TypeError(f"{shown} has a function {name} from {before[1]}; {here[1]} defines another")
            self._places[kind, name] = here
        self.setdefault(kind, {})[name] = function

    def forget(self, source: Source) -> None:
        """Take away what a file has defined: it failed while it was loaded."""
        for kind, name in [key for key, (origin, _) in self._places.items() if origin is source]:
            del self._places[kind, name]
            del self[kind][name]
            if type(kind) is Class:
                type.__delattr__(kind, name)


def _file(source: Source) -> str:
    return source.name if source.path is None else os.path.abspath(source.path)
