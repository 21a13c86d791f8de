"""The files that `dana fmt` reads and writes."""

from __future__ import annotations

import os

from dana.errors import Diagnostic, UsageError
from dana.source import Source
from dana.storage import replace_text


def programs(words: list[str]) -> list[str]:
    """The files that words name, each once: a folder stands for the .na files below it; raises UsageError."""
    found: dict[str, None] = {}
    for word in words:
        if not os.path.isdir(word):
            found[word] = None
            continue
        before = len(found)
        for folder, folders, files in os.walk(word):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            found.update((os.path.join(folder, name), None) for name in sorted(files) if name.endswith(".na"))
        if len(found) == before:
            raise UsageError(Diagnostic("usage", f"there is no .na file in {word}"))
    return list(found)


def holds(path: str, text: str) -> bool:
    """Whether a file is just a text, to the ends of its lines."""
    with open(path, "rb") as file:
        return file.read() == text.encode()


def replace(path: str, text: str) -> None:
    """Write a text in the place of a file; raises UsageError."""
    try:
        replace_text(path, text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(Diagnostic("cannot-write", f"cannot write {path}: {reason}")) from None


def difference(source: Source, text: str, color: bool) -> str:
    """What a text changes in a source, as a unified diff; "" if nothing."""
    from difflib import unified_diff

    colors = {"+": "\033[32m", "-": "\033[31m", "@": "\033[36m"}
    rows: list[str] = []
    before, after = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    for row in unified_diff(before, after, source.name, source.name):
        shown = row.removesuffix("\n")
        if color and row[0] in colors:
            shown = f"{colors[row[0]]}{shown}\033[0m"
        rows.append(shown + "\n")
        if not row.endswith("\n"):
            rows.append("\\ No newline at end of file\n")
    return "".join(rows)


__all__ = ["difference", "holds", "programs", "replace"]
