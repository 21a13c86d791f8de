"""What a program reports to those who watch it run: lines with a time, a level, a message and fields."""

from __future__ import annotations

from dana.errors import nearest
from dana.formatting import text
from dana.native import Library, current
from dana.values import TYPES, NativeType, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

library = Library("log", "What a program reports to those who watch it run.")

LEVELS = {"DEBUG": 0, "INFO": 1, "WARNING": 2, "ERROR": 3, "CRITICAL": 4}

_LONGEST = 65_536
"""The bytes that a line may have; more is cut off."""

_CUT = 8_000
"""The characters of a message that stay when a line of JSON would be too long: at most 6 bytes each."""

_NO_SESSION: dict[str, Any] = {}
"""The settings where there is no session."""


@library.function
def log_level(level: str | None = None, /) -> str | None:
    """Report only what has this level or a higher one; without a level, say which it is.

    Levels are `DEBUG INFO WARNING ERROR CRITICAL`, in capitals or not; `WARN` is `WARNING`. A program begins with
    `INFO`, or what `--log-level` says. Raises ValueError for others.

    >>> log_level("error")
    >>> log_level()
    'ERROR'
    >>> log_level("INFO")
    """
    if level is None:
        return _level(_settings().get("log_level", "INFO"))
    _settings()["log_level"] = _level(level)
    return None


def _report(message: Any, /, level: str = "INFO", **fields: Any) -> None:
    _write(_level(level), message, fields)


def _add_level(level: str) -> Callable[..., None]:
    name = level.lower()

    def report(message: Any, /, **fields: Any) -> None:
        _write(level, message, fields)

    report.__doc__ = f"""Report a message with the level {level}, and fields with more about it.

    >>> log.{name}("order received", order=17)
    """
    library.function(name=name)(report)
    return report


_FUNCTIONS = {level.lower(): _add_level(level) for level in LEVELS}
_FUNCTIONS["warn"] = library.members["warn"] = _FUNCTIONS["warning"]


class Log:
    """What `log` is a type of; there are no values of it."""


_report.__name__ = _report.__qualname__ = "log"
library.type(
    NativeType(
        "log",
        Log,
        """log(message, level="INFO", **fields): report a message, and fields with more about it.

        Levels are `DEBUG INFO WARNING ERROR CRITICAL`; `log.debug(message, **fields)`, `log.info`, `log.warning`,
        `log.error` and `log.critical` are short for them. What is below the level that `log_level` sets is left out.
        A record is one line, of up to 64 KB, on standard error: text, or JSON with `--log-format json`. In text,
        characters that control a terminal are escaped. Raises ValueError for other levels.

        >>> log("order received", level="INFO", order=17)
        >>> log.warning("stock is low", item="pen", left=3)
        """,
        construct=_report,
        statics=_FUNCTIONS,
    )
)


def _settings() -> dict[str, Any]:
    settings: dict[str, Any] = getattr(current().session, "settings", _NO_SESSION)
    return settings


def _level(level: Any) -> str:
    """A level as it is written; raises ValueError when there is no such level."""
    if not isinstance(level, str):
        raise TypeError(f"a log level is text, not {type_name(level)}")
    name = level.upper()
    if name == "WARN":
        return "WARNING"
    if name not in LEVELS:
        like = nearest(name, LEVELS)
        meant = f"did you mean {like}?" if like else "write DEBUG, INFO, WARNING, ERROR or CRITICAL"
        raise ValueError(f"'{level}' is not a log level; {meant}")
    return name


def _write(level: str, message: Any, fields: dict[str, Any]) -> None:
    """Hand a record to the host, unless its level is too low."""
    settings = _settings()
    if LEVELS[level] < LEVELS[_level(settings.get("log_level", "INFO"))]:
        return
    host = current().host
    moment = host.now().isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    line = _json_line if settings.get("log_format") == "json" else _text_line
    host.write_log(line(moment, level, _shown(message), fields))


def _text_line(moment: str, level: str, message: str, fields: dict[str, Any]) -> str:
    parts = [moment, f"{level:<5}", _escaped(message[:_LONGEST])]
    parts += [f"{_word(name)}={_word(_shown(value)[:_LONGEST])}" for name, value in fields.items()]
    line = " ".join(parts)
    data = line.encode()
    return line if len(data) <= _LONGEST else data[: _LONGEST - 3].decode(errors="ignore") + "…"


def _json_line(moment: str, level: str, message: str, fields: dict[str, Any]) -> str:
    record = {"time": moment, "level": level, "message": message}
    extended = record | {name + "_" if name in record else name: _plain(value) for name, value in fields.items()}
    line = _escaped(_dumps(extended))
    if len(line.encode()) > _LONGEST:
        line = _escaped(_dumps({**record, "message": message[:_CUT], "cut": True}))
    return line


def _shown(value: Any) -> str:
    """A value as text: dates and times by ISO 8601, all else as `print` shows it."""
    kind = type(value)
    if kind in TYPES and hasattr(kind, "isoformat"):
        return str(value.isoformat())
    return text(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it, or as text."""
    try:
        _dumps(value)
    except (TypeError, ValueError):
        return _shown(value)
    return value


def _dumps(value: Any) -> str:
    from .json import dumps  # only the JSON format needs it

    return dumps(value, default=_shown, ensure_ascii=False, allow_nan=False)


def _word(value: str) -> str:
    """A name or a value in a line of text, in quotes where it is not one word."""
    escaped = _escaped(value)
    if escaped and escaped is value and not any(mark in value for mark in ' "=\\'):
        return value
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_escaped(quoted)}"'


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(value: str) -> str:
    """A text without characters that end a line, control a terminal or turn the direction of writing."""
    if value.isprintable():
        return value
    return "".join(_ESCAPES.get(c) or f"\\u{ord(c):04x}" if _controls(ord(c)) else c for c in value)


def _controls(code: int) -> bool:
    return (
        code < 0x20
        or 0x7F <= code < 0xA0
        or 0x2028 <= code <= 0x202E
        or 0x2066 <= code <= 0x2069
        or 0xD800 <= code < 0xE000
    )
