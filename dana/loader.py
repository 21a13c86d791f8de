"""Modules of Dana in programs of Python: `import dana.loader`, and `.na` files on Python's path can be imported.

    import dana.loader
    import orders  # orders.na

    orders.total([{"price": 2, "n": 3}])

The public functions and data of a module are its attributes, as they are at the time. Functions take and give plain
data. An error of the program is raised as dana.UncaughtError, which shows the place in the `.na` file; a file that is
no program raises dana.ProgramError. Nothing outside is granted to the modules, unless `install` is given a host that
grants it.
"""

from __future__ import annotations

import os.path
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader

from dana.errors import nearest
from dana.host import Host
from dana.limits import Limits
from dana.nodes import docstring
from dana.python_modules import handed
from dana.session import Session, read_source
from dana.tree_cache import parse_cached
from dana.values import Class, Module, is_program_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any


class _Loader(Loader):
    """Runs one file in a session of its own."""

    def __init__(self, path: str, host: Host | None, limits: Limits | None) -> None:
        self._path = path
        self._host = host
        self._limits = limits

    def create_module(self, spec: ModuleSpec) -> None:
        """Python makes the module itself."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the file, and give the module its public names; raises DanaError."""
        session = Session(self._host, limits=self._limits)
        source = read_source(self._path)
        session.run_source(source)
        module.__doc__ = docstring(parse_cached(source).body)
        module.__file__ = self._path
        names = _Names(session, module.__name__)
        module.__dict__.update(__getattr__=names.value, __dir__=names.public)


class _Names:
    """The public names of a module that has run, with what they mean at the time."""

    def __init__(self, session: Session, module: str) -> None:
        self._session = session
        self._module = module

    def public(self) -> list[str]:
        """The names of functions and data."""
        variables = self._session.variables
        return sorted(name for name in variables.own if name in variables and self._is_public(name, variables[name]))

    def value(self, name: str) -> Any:
        """What a name means; raises AttributeError for what is no function and no data: that stays inside."""
        variables = self._session.variables
        if name not in variables.own or name not in variables or not self._is_public(name, variables[name]):
            like = nearest(name, self.public())
            meant = f"; did you mean {like}?" if like else ""
            raise AttributeError(f"module '{self._module}' has no attribute '{name}'{meant}", name=name)
        return handed(self._session, variables[name])

    def _is_public(self, name: str, value: Any) -> bool:
        if name.startswith("_"):
            return False
        return is_program_function(value) or not (
            callable(value) or type(value) is Module or type(type(value)) is Class
        )


class _Finder(MetaPathFinder):
    """Finds `name.na` in the folders in which Python looks for modules, after Python's own modules."""

    def __init__(self, host: Host | None, limits: Limits | None) -> None:
        self._host = host
        self._limits = limits

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module in `name.na`, or None."""
        name = fullname.rpartition(".")[2]
        for folder in sys.path if path is None else path:
            place = os.path.join(folder, f"{name}.na")
            if os.path.isfile(place):
                return spec_from_loader(fullname, _Loader(place, self._host, self._limits), origin=place)
        return None


def install(host: Host | None = None, limits: Limits | None = None) -> None:
    """Make `.na` files importable, with this host and these limits for each; a second call replaces the first.

    >>> install(limits=Limits(steps=1_000_000))
    >>> uninstall()
    """
    uninstall()
    sys.meta_path.append(_Finder(host, limits))


def uninstall() -> None:
    """Undo `install`; modules that are imported stay."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder) is not _Finder]


install()
