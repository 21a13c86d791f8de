"""The inputs of this and of earlier sessions, each as one block, in a file that only its user reads."""

from __future__ import annotations

import os

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

LARGEST = 2_000_000
"""Bytes above which the older half of the file is forgotten."""


def open_history(path: str | None) -> History:
    """The history in a file, which is made when it is missing; one in memory where that cannot be."""
    if path is None:
        return _Passing()
    try:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        with open(path, "ab", opener=_open_private) as file:
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), 0o600)
            size = file.tell()
        if size > LARGEST:
            _halve(path)
    except OSError:
        return _Passing()
    return _Kept(path)


class _Blocks(History):
    """Inputs are kept without the empty line that ended them, and one that is repeated once."""

    def append_string(self, string: str) -> None:
        string = string.rstrip()
        if self.get_strings()[-1:] != [string]:
            super().append_string(string)


class _Passing(_Blocks, InMemoryHistory):
    """A history that ends with the session."""


class _Kept(_Blocks, FileHistory):
    """A disk that fills up while somebody types takes the history, not the session."""

    def store_string(self, string: str) -> None:
        try:
            super().store_string(string)
        except OSError:
            return


def _halve(path: str) -> None:
    """Forget the older half of the inputs: each begins with an empty line."""
    with open(path, "rb") as file:
        data = file.read()
    begin = data.find(b"\n\n# ", len(data) // 2)
    part = f"{path}.{os.urandom(8).hex()}.part"
    with open(part, "xb", opener=_open_private) as file:
        file.write(data[begin + 1 :] if begin >= 0 else b"")
    os.replace(part, path)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
