"""Waiting for `.na` files to change."""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = 0.5
"""Seconds between two looks."""


def stamps(root: str = os.curdir) -> dict[str, tuple[int, int]]:
    """When each `.na` file below a folder was changed last, and its size; hidden folders are left out."""
    found: dict[str, tuple[int, int]] = {}
    for place, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "node_modules"]
        for name in files:
            if name.endswith(".na"):
                path = os.path.join(place, name)
                try:
                    status = os.stat(path)
                except FileNotFoundError:  # it was removed since the folder was read
                    continue
                found[os.path.normpath(path)] = status.st_mtime_ns, status.st_size
    return found


def changed(before: dict[str, tuple[int, int]], pause: Callable[[float], object] = time.sleep) -> list[str]:
    """Wait until files are not as they were; the names of those that changed, came or went."""
    while True:
        now = stamps()
        if now != before:
            return sorted(path for path in {*before, *now} if before.get(path) != now.get(path))
        pause(EVERY)
