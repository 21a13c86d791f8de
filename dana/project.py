"""Projects to begin with: small folders of programs that run at once, without a model or a key."""

from __future__ import annotations

import os
import os.path

from dana.errors import Diagnostic, UsageError, nearest

_HOME = os.path.join(os.path.dirname(__file__), "templates")

IGNORED = ".gitignore"


def templates() -> dict[str, str]:
    """The names of the templates, each with the first line of its program."""
    found = {}
    for name in sorted(os.listdir(_HOME)):
        path = os.path.join(_HOME, name, "main.na")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                found[name] = file.readline().removeprefix("# ").strip()
    return found


def create(template: str, folder: str) -> list[str]:
    """Write a project into a folder, which is made; the files written. Raises UsageError."""
    known = templates()
    if template not in known:
        like = nearest(template, list(known))
        raise _error(
            f"there is no template {template}", f"did you mean {like}?" if like else f"templates: {', '.join(known)}"
        )
    home = os.path.join(_HOME, template)
    names = sorted(name for name in os.listdir(home) if name.endswith((".na", ".md", ".json")))
    written = []
    try:
        if os.path.isdir(folder) and os.listdir(folder):
            raise _error(f"{folder} is not empty", "name a folder that does not exist yet")
        os.makedirs(folder, exist_ok=True)
        for name in names:
            with open(os.path.join(home, name), encoding="utf-8") as file:
                written.append(_write(os.path.join(folder, name), file.read()))
        written.append(_write(os.path.join(folder, IGNORED), ".dana/\n"))
    except OSError as error:
        raise _error(f"{folder} cannot be written: {(error.strerror or str(error)).lower()}") from None
    return written


def _write(path: str, text: str) -> str:
    with open(path, "x", encoding="utf-8") as file:
        file.write(text)
    return path


def _error(message: str, hint: str | None = None) -> UsageError:
    return UsageError(Diagnostic("init", message, hint=hint))
