"""The user's private folder for what can be made again: trees, tables, compiled shapes.

A file in it is trusted as far as the folder is: it must belong to the user, and nobody else may write to it.
Whatever goes wrong means that nothing is kept, never that a program fails.
"""

from __future__ import annotations

import os
import os.path
import sys
from stat import S_ISDIR

CAPACITY = 64 * 1024 * 1024
"""Bytes that all files together may take; the oldest give way."""
ABANDONED = 3600
"""Seconds after which a file that is still being written has been left behind."""
SUFFIXES = (".tree", ".marshal", ".part")


def folder() -> str | None:
    """The folder, which need not exist yet; None when nothing shall be kept.

    DANA_CACHE is a folder to use instead; any other text, such as "off", turns the cache off.
    """
    setting = os.environ.get("DANA_CACHE")
    if setting is not None:
        return setting if os.path.isabs(setting) else None
    parts: tuple[str, ...]
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA", "")
        parts = ("dana", "cache")
    elif sys.platform == "darwin":
        home = os.environ.get("HOME", "")
        parts = ("Library", "Caches", "dana")
    else:
        home = os.environ.get("XDG_CACHE_HOME", "")
        parts = ("dana",)
        if not os.path.isabs(home):
            home = os.environ.get("HOME", "")
            parts = (".cache", "dana")
    return os.path.join(home, *parts) if os.path.isabs(home) else None


def read(name: str) -> bytes | None:
    """What is kept under a name, or None."""
    place = folder()
    if place is None:
        return None
    try:
        if not _is_private(place):
            return None
        with open(os.path.join(place, name), "rb", buffering=0) as file:
            return file.readall()
    except (OSError, ValueError):
        return None


def write(name: str, data: bytes) -> None:
    """Keep data under a name, in place of what was there; a reader sees the old or the new, never a part."""
    place = folder()
    if place is None:
        return
    try:
        if not os.path.isdir(place):
            os.makedirs(place, 0o700, exist_ok=True)
        if not _is_private(place):
            return
        target = os.path.join(place, name)
        part = f"{target}.{os.urandom(8).hex()}.part"
        try:
            with open(part, "xb", opener=_open_private) as file:
                file.write(data)
            os.replace(part, target)
        except BaseException:
            _remove(part)
            raise
        if name.startswith("00"):
            tidy(place)
    except (OSError, ValueError):
        return


def tidy(place: str, capacity: int = CAPACITY) -> None:
    """Remove the oldest files beyond the capacity, and what writers have left behind."""
    from time import time

    kept: list[tuple[float, int, str]] = []
    with os.scandir(place) as entries:
        for entry in entries:
            if not entry.name.endswith(SUFFIXES):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if not entry.name.endswith(".part"):
                kept.append((status.st_mtime, status.st_size, entry.path))
            elif time() - status.st_mtime > ABANDONED:
                _remove(entry.path)
    total = sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total <= capacity:
            break
        _remove(path)
        total -= size


def _is_private(place: str) -> bool:
    """Whether a folder is one, and nobody but this user writes to it; raises OSError when there is none."""
    status = os.lstat(place)
    if not S_ISDIR(status.st_mode):
        return False
    if sys.platform == "win32":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
