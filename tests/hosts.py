"""A host for tests that look at what a program says."""

from __future__ import annotations

from collections.abc import Callable

from dana import Host
from dana.permissions import Permissions


class Capture(Host):
    """Keeps what is printed and logged."""

    def __init__(self, permissions: Callable[[], Permissions] | None = None) -> None:
        super().__init__(permissions)
        self.printed = ""
        self.logged: list[str] = []

    def write(self, text: str) -> None:
        self.printed += text

    def write_log(self, line: str) -> None:
        self.logged.append(line)
