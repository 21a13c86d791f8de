"""Configuration: what dana.toml in the current folder, or a file that the user names, says.

No other folder is searched: what configures a run lies where the user stands, or was named.
"""

from __future__ import annotations

import os
import re

from dana.errors import Diagnostic, UsageError, nearest
from dana.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Path = tuple[str, ...]

FILE = "dana.toml"
FOLDER = ".dana"
"""The folder, below the current one, that programs may always use: it is their own."""

PERMISSIONS = ("read", "write", "net", "db", "env", "python", "run")
TABLES = ("model", "permissions", "limits", "workflow", "project")
SECRETS = ("api_key", "key", "token", "secret", "password")
"""Names under which somebody might write the key itself."""

_SECRET = re.compile(rf"\b(?:api_key_env|{'|'.join(SECRETS)})[\"']?[ \t]*=")
"""In a line that may hold a key, and is not shown."""


def read(path: str | None = None) -> dict[str, Any]:
    """The tables of a file, by default of dana.toml in the current folder; none when that is missing.

    `[model]`, `[permissions]` and `[limits]` are checked; the other tables are as they stand. Raises UsageError with
    every mistake found.
    """
    place = path or FILE
    try:
        with open(place, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        if path is None:
            return {}
        raise UsageError(Diagnostic("no-configuration", f"{path} does not exist")) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(Diagnostic("no-configuration", f"{place} cannot be read: {reason}")) from None
    try:
        source = Source(data.decode("utf-8-sig"), place, os.path.abspath(place))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"{place} is not text in UTF-8: line {line}"
        raise UsageError(Diagnostic("bad-toml", message, hint="save it as UTF-8")) from None
    return parse(source)


def parse(source: Source) -> dict[str, Any]:
    """The tables of a configuration that has been read; raises UsageError."""
    import tomllib  # most runs have no configuration

    try:
        tables = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_syntax(source, str(error))) from None
    except RecursionError:
        raise UsageError(Diagnostic("bad-toml", f"{source.name} is nested too deep", source)) from None
    found = list(_Check(source).tables(tables))
    if found:
        raise UsageError(*found)
    return tables


def _syntax(source: Source, message: str) -> Diagnostic:
    """What the reader of TOML says, at the place that it says it of; a line with a key in it is not shown."""
    text, _, place = message.rpartition(" (at ")
    where = re.fullmatch(r"line (\d+), column (\d+)\)", place)
    start = len(source.text.rstrip())
    if where:
        start = min(source.starts[int(where[1]) - 1] + int(where[2]) - 1, len(source.text))
    message = f"this is not TOML: {(text or message)[:1].lower()}{(text or message)[1:]}"
    line = source.line_of(start)
    if _SECRET.search(source.line(line)):
        return Diagnostic("bad-toml", f"{source.name}:{line}: {message}")
    return Diagnostic("bad-toml", message, source, start, start + 1)


class _Check:
    """Every mistake in the tables of a source."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def tables(self, tables: dict[str, Any]) -> Iterator[Diagnostic]:
        for name, value in tables.items():
            if name in TABLES:
                if not isinstance(value, dict):
                    hint = f"write [{name}]\n{name} = ..." if name in _SETTINGS else f"write [{name}]"
                    yield self._wrong((name,), "a table", value, hint)
            elif isinstance(value, dict):
                like = nearest(name, TABLES)
                hint = f"did you mean [{like}]?" if like else f"tables: {', '.join(f'[{table}]' for table in TABLES)}"
                yield self._at("unknown-table", f"[{name}] is not a table of {FILE}", (name,), hint)
            elif name in SECRETS:
                yield self._key((name,))
            else:
                known = name in _SETTINGS
                hint = f"write it below [model]:\n[model]\n{name} = ..." if known else "settings stand below a table"
                yield self._at("unknown-setting", f"{name} stands outside a table", (name,), hint)
        permissions = tables.get("permissions")
        if isinstance(permissions, dict):
            yield from self.permissions(permissions)
        limits = tables.get("limits")
        if isinstance(limits, dict):
            yield from self.settings(limits, ("limits",), _LIMITS)
        model = tables.get("model")
        if isinstance(model, dict):
            yield from self.settings(model, ("model",), _SETTINGS)

    def settings(self, table: dict[str, Any], path: Path, known: dict[str, _Rule]) -> Iterator[Diagnostic]:
        """The mistakes in a table that may hold the settings `known`."""
        for name, value in table.items():
            place = (*path, name)
            if name in known:
                yield from known[name](self, place, value)
            elif name in SECRETS:
                yield self._key(place)
            else:
                like = nearest(name, known)
                hint = f"did you mean {like}?" if like else f"settings: {', '.join(known)}"
                yield self._at("unknown-setting", f"{name} is not a setting of [{path[0]}]", place, hint)

    def permissions(self, table: dict[str, Any]) -> Iterator[Diagnostic]:
        """The mistakes in `[permissions]`: a list of texts for each kind."""
        for name, value in table.items():
            place = ("permissions", name)
            if name not in PERMISSIONS:
                like = nearest(name, PERMISSIONS)
                hint = f"did you mean {like}?" if like else f"permissions: {', '.join(PERMISSIONS)}"
                yield self._at("unknown-setting", f"{name} is not a permission", place, hint)
            elif not isinstance(value, list):
                yield self._wrong(place, "a list", value, f'write {name} = ["..."]')
            else:
                for number, item in enumerate(value, 1):
                    if not isinstance(item, str) or not item.strip():
                        message = f"{_dotted(place)}, item {number}, must be text that is not empty"
                        yield self._at("wrong-type", message, place, f'write {name} = ["..."]')

    def text(self, place: Path, value: object) -> Iterator[Diagnostic]:
        if not isinstance(value, str):
            yield self._wrong(place, "text", value, f'write {place[-1]} = "{_sample(value)}"')
        elif not value.strip():
            yield self._at("wrong-value", f"{_dotted(place)} is empty", place, "leave it out, or give it a value")

    def variable(self, place: Path, value: object) -> Iterator[Diagnostic]:
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
            hint = 'write the name of a variable, such as api_key_env = "OPENAI_API_KEY"'
            message = f"{_dotted(place)} must be the name of a variable of the environment, not a key"
            yield self._at("wrong-value", message, place, hint)

    def size(self, place: Path, value: object) -> Iterator[Diagnostic]:
        if size_of(value) is None:
            message = f'{_dotted(place)} must be a number of bytes, or text such as "512M" or "2G"'
            yield self._at("wrong-value", message, place, None)

    def prices(self, place: Path, value: object) -> Iterator[Diagnostic]:
        example = 'write it as prices = {"MODEL" = [0.10, 0.50]}: dollars for a million tokens of input and of output'
        if not isinstance(value, dict):
            yield self._wrong(place, "a table", value, example)
            return
        for model, pair in value.items():
            whole = isinstance(pair, list) and len(pair) == 2
            if not (whole and all(_is_number(item) and item >= 0 for item in pair)):
                message = f"{_dotted(place)}: the price of {model} must be two numbers"
                yield self._at("wrong-value", message, (*place, model), example)

    def fallback(self, place: Path, value: object) -> Iterator[Diagnostic]:
        example = 'write it as fallback = ["ollama/llama3.2"]'
        if not isinstance(value, list):
            yield self._wrong(place, "a list", value, example)
            return
        for number, item in enumerate(value, 1):
            if isinstance(item, dict):
                yield from self.settings(item, place, _ENDPOINT)
            elif not isinstance(item, str) or not item.strip():
                message = f"{_dotted(place)}, item {number}, must be a model or a table, not {_kind(item)}"
                yield self._at("wrong-type", message, place, example)

    def _key(self, place: Path) -> Diagnostic:
        hint = 'put it into a variable of the environment and write the name here: api_key_env = "OPENAI_API_KEY"'
        return self._at("key-in-file", f"{_dotted(place)}: a key does not belong in a file", place, hint)

    def _wrong(self, place: Path, wanted: str, value: object, hint: str | None) -> Diagnostic:
        return self._at("wrong-type", f"{_dotted(place)} must be {wanted}, not {_kind(value)}", place, hint)

    def _at(self, code: str, message: str, path: Path, hint: str | None) -> Diagnostic:
        """A finding at the line of a setting, which is not shown when it may hold a key."""
        span = _find(self.source.text, path)
        if span is None:
            return Diagnostic(code, f"{self.source.name}: {message}", hint=hint)
        line = self.source.line_of(span[0])
        if _SECRET.search(self.source.line(line)):
            return Diagnostic(code, f"{self.source.name}:{line}: {message}", hint=hint)
        return Diagnostic(code, message, self.source, *span, hint=hint)


def size_of(value: object) -> int | None:
    """The bytes that a number or a text such as 512M, 2G or 64K says; None for what is no size above 0."""
    if type(value) is int:
        return value if value > 0 else None
    found = re.fullmatch(r"([0-9]{1,15})([KMGT]?)", value, re.IGNORECASE) if isinstance(value, str) else None
    return (int(found[1]) << {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}[found[2].upper()] or None) if found else None


def _number(least: float, most: float, whole: bool, wanted: str) -> _Rule:
    """A check of a number: `wanted` says which."""

    def check(self: _Check, place: Path, value: Any) -> Iterator[Diagnostic]:
        if not _is_number(value):
            yield self._wrong(place, wanted, value, None)
        elif not least <= value <= most or (whole and not isinstance(value, int)):
            yield self._at("wrong-value", f"{_dotted(place)} must be {wanted}, not {value}", place, None)

    return check


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _kind(value: object) -> str:
    """A value's type in the words of TOML's readers."""
    if isinstance(value, float) and not _is_number(value):
        return str(value)
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def _sample(value: object) -> str:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else "..."


def _dotted(path: Path) -> str:
    return ".".join(path)


_KEY = r"""(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_LINE = re.compile(rf"^[ \t]*(?:\[\[?[ \t]*(?P<header>{_DOTTED})[ \t]*\]|(?P<key>{_DOTTED})[ \t]*=)", re.MULTILINE)
_PART = re.compile(_KEY)


def _find(text: str, path: Path) -> tuple[int, int] | None:
    """Where a setting is written, or else what it stands in."""
    header: Path = ()
    best: tuple[int, tuple[int, int]] | None = None
    for match in _LINE.finditer(text):
        group = "header" if match["header"] else "key"
        parts = tuple(part.strip("\"'") for part in _PART.findall(match[group]))
        if group == "header":
            header = parts
        else:
            parts = header + parts
        if parts == path[: len(parts)] and (best is None or len(parts) > best[0]):
            best = len(parts), match.span(group)
    return best[1] if best else None


if TYPE_CHECKING:
    _Rule = Callable[[_Check, Path, Any], Iterator[Diagnostic]]

_ANY = float("inf")
_ENDPOINT: dict[str, _Rule] = {
    "provider": _Check.text,
    "model": _Check.text,
    "base_url": _Check.text,
    "api_key_env": _Check.variable,
    "temperature": _number(0, 2, False, "a number from 0 to 2"),
    "max_tokens": _number(1, _ANY, True, "a whole number above 0"),
    "timeout": _number(0.001, _ANY, False, "a number of seconds above 0"),
}
"""What `[model]` and the tables in its `fallback` may say, each with its check."""
_COUNT = _number(1, _ANY, True, "a whole number above 0")
_LIMITS: dict[str, _Rule] = {
    **dict.fromkeys(("steps", "depth", "text", "items", "bits", "calls"), _COUNT),
    "timeout": _number(0.001, _ANY, False, "a number of seconds above 0"),
    "cost": _number(0, _ANY, False, "a number of dollars"),
    "memory": _Check.size,
}
"""What `[limits]` may say."""
_SETTINGS: dict[str, _Rule] = {
    **_ENDPOINT,
    "concurrency": _number(1, _ANY, True, "a whole number above 0"),
    "fallback": _Check.fallback,
    "budget": _number(0, _ANY, False, "a number of dollars"),
    "prices": _Check.prices,
}
