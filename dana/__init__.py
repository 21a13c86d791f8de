"""Dana: a Python-like language for workflows and language models."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.errors import DanaError as DanaError
    from dana.errors import Diagnostic as Diagnostic
    from dana.errors import LimitError as LimitError
    from dana.errors import ProgramError as ProgramError
    from dana.errors import UncaughtError as UncaughtError
    from dana.host import Host as Host
    from dana.limits import Limits as Limits
    from dana.permissions import Permissions as Permissions
    from dana.session import Session as Session

__version__ = "0.1.0"

_HOMES = {
    "DanaError": "dana.errors",
    "Diagnostic": "dana.errors",
    "LimitError": "dana.errors",
    "ProgramError": "dana.errors",
    "UncaughtError": "dana.errors",
    "Host": "dana.host",
    "Limits": "dana.limits",
    "Permissions": "dana.permissions",
    "Session": "dana.session",
}

__all__ = [
    "DanaError",
    "Diagnostic",
    "Host",
    "LimitError",
    "Limits",
    "Permissions",
    "ProgramError",
    "Session",
    "UncaughtError",
]


def __getattr__(name: str) -> Any:
    """The names of the API, each imported when it is first used: the command starts without most of them."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dana' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
