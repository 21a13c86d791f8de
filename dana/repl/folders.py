"""Where the REPL keeps its history, and where a user's start-up file is."""

from __future__ import annotations

import os
import os.path
import sys


def history_file() -> str | None:
    """The file of the history, in the user's data folder; None for a user without one."""
    return _place("XDG_DATA_HOME", (".local", "share"), "LOCALAPPDATA", "history")


def startup_file() -> str | None:
    """The program that runs first, in the user's configuration folder; None for a user without one."""
    return _place("XDG_CONFIG_HOME", (".config",), "APPDATA", "startup.na")


def _place(variable: str, usual: tuple[str, ...], on_windows: str, name: str) -> str | None:
    parts: tuple[str, ...]
    if sys.platform == "win32":
        home, parts = os.environ.get(on_windows, ""), ()
    elif sys.platform == "darwin":
        home, parts = os.environ.get("HOME", ""), ("Library", "Application Support")
    else:
        home, parts = os.environ.get(variable, ""), ()
        if not os.path.isabs(home):
            home, parts = os.environ.get("HOME", ""), usual
    return os.path.join(home, *parts, "dana", name) if os.path.isabs(home) else None
