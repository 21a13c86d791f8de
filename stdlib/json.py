"""JSON: texts into values, and values into texts."""

from __future__ import annotations

import json as host
import re
from collections.abc import Callable
from io import StringIO
from itertools import accumulate
from json.encoder import encode_basestring, encode_basestring_ascii
from math import isfinite
from typing import Any

from dana.errors import LimitReached
from dana.limits import Meter
from dana.native import Library, current
from dana.values import ERROR_FIELDS, TYPES, type_name

library = Library("json", "JSON: texts into values, and values into texts.")

DEPTH = 200
"""How deep lists and objects may be nested in each other."""

ERROR_FIELDS[host.JSONDecodeError] = ("msg", "doc", "pos", "lineno", "colno")
library.error(
    host.JSONDecodeError,
    """A text that is not JSON, a kind of ValueError: what is wrong (`msg`) and where (`pos` from 0, `lineno`, `colno`).

    >>> try:
    ...     json.loads("[1, 2")
    ... except json.JSONDecodeError as error:
    ...     print(error.msg, error.pos)
    Expecting ',' delimiter 5
    """,
)


@library.function
def loads(
    s: str | bytes,
    /,
    *,
    object_hook: Callable[[dict[str, Any]], Any] | None = None,
    parse_float: Callable[[str], Any] | None = None,
    parse_int: Callable[[str], Any] | None = None,
    parse_constant: Callable[[str], Any] | None = None,
    object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:
    """The value that a JSON text stands for; bytes are read as UTF-8, UTF-16 or UTF-32.

    Objects become dicts (of keys that occur twice the last counts), arrays lists; `NaN`, `Infinity` and
    `-Infinity` are floats. Each hook replaces a kind of value: `object_hook` gets the dict of each object,
    `object_pairs_hook` its list of (key, value), the others the text of a number or of a constant.
    Raises JSONDecodeError, a kind of ValueError, for what is not JSON or is nested more than 200 deep.

    >>> json.loads('{"name": "Ann", "scores": [1, 2.5, null]}')
    {'name': 'Ann', 'scores': [1, 2.5, None]}
    """
    if isinstance(s, bytes):
        text = s.decode(host.detect_encoding(s), "surrogatepass")
    elif isinstance(s, str):
        text = s
    else:
        raise TypeError(f"the JSON object must be str, bytes or bytearray, not {type_name(s)}")
    _check_shape(text, current().meter)
    return host.loads(
        text,
        object_hook=object_hook,
        parse_float=parse_float,
        parse_int=parse_int,
        parse_constant=parse_constant,
        object_pairs_hook=object_pairs_hook,
    )


@library.function
def dumps(
    obj: Any,
    /,
    *,
    skipkeys: bool = False,
    ensure_ascii: bool = True,
    allow_nan: bool = True,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    default: Callable[[Any], Any] | None = None,
    sort_keys: bool = False,
) -> str:
    """The JSON text of a value: None, a bool, a number, a text, or a list, tuple or dict of these.

    `default` is called with any other value and gives one to write instead; without it, dates and times are
    written as ISO 8601 text. `indent` is how many blanks, or which text, to indent each level by, None for one
    line; `separators` is the pair of texts after items and after keys; `sort_keys` puts keys in order;
    `ensure_ascii` writes what is not ASCII as `\\uXXXX`. Keys must be texts, numbers, bools or None, all of
    which become texts; `skipkeys` leaves out others. Without `allow_nan`, infinities and NaN are a ValueError.
    Raises TypeError for values that JSON does not have, ValueError for a value that contains itself.

    >>> json.dumps({"name": "Ann", "scores": (1, 2.5, None)})
    '{"name": "Ann", "scores": [1, 2.5, null]}'
    >>> print(json.dumps({"b": 1, "a": [2]}, indent=2, sort_keys=True))
    {
      "a": [
        2
      ],
      "b": 1
    }
    """
    meter = current().meter
    writer = _Writer(meter)
    if isinstance(indent, int):
        meter.check_text(indent)
        indent = " " * indent
    if separators is not None:
        writer.comma, writer.colon = separators
    elif indent is not None:
        writer.comma = ","
    for name, given in (("indent", indent), ("separators", writer.comma), ("separators", writer.colon)):
        if not isinstance(given, str) and given is not None:
            raise TypeError(f"{name} must be text, not {type_name(given)}")
    writer.indent = indent
    writer.default = default
    writer.quote = encode_basestring_ascii if ensure_ascii else encode_basestring
    writer.sort_keys, writer.skipkeys, writer.allow_nan = bool(sort_keys), bool(skipkeys), bool(allow_nan)
    writer.value("", obj)
    return writer.output.getvalue()


_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_STRING = re.compile(rb'"[^"]*"?')
_UNSHAPED = bytes(set(range(256)) - set(b'[]{}",'))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


def _check_shape(text: str, meter: Meter) -> None:
    """Refuse a text whose values would be too many, or nested too deep."""
    meter.check_text(len(text))
    meter.charge(len(text) // 100)
    data = text.encode("utf-8", "surrogatepass")
    if b"\\" in data:
        data = _ESCAPE.sub(b"", data)
    shape = _STRING.sub(b"", data.translate(None, _UNSHAPED))
    meter.check_items(shape.count(b",") + 1)
    if max(accumulate(map(_STEPS.__getitem__, shape.replace(b",", b""))), default=0) <= DEPTH:
        return
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += _STEPS.get(ord(match[0][0]), 0)
        if depth > DEPTH:
            raise host.JSONDecodeError(f"Nested more than {DEPTH} deep", text, match.start())


class _Writer:
    """Writes one JSON text."""

    comma = ", "
    colon = ": "
    indent: str | None = None
    default: Callable[[Any], Any] | None = None
    quote: Callable[[str], str] = staticmethod(encode_basestring_ascii)
    sort_keys = False
    skipkeys = False
    allow_nan = True

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.output = StringIO()
        self.room = meter.limits.text
        self.level = 0
        self.open: set[int] = set()
        """The identities of the values that are being written, from the outermost inwards."""

    def value(self, before: str, value: Any) -> None:
        """Write a text and a value after it."""
        kind = type(value)
        if kind is str:
            self.text(before, value)
        elif kind in _WORDS:
            self.part(before + _WORDS[kind](value))
        elif kind is float:
            self.part(before + self.real(value))
        elif isinstance(value, (list, tuple)):
            self.array(before, value)
        elif isinstance(value, dict):
            self.object(before, value)
        elif self.default is None and kind in TYPES and hasattr(kind, "isoformat"):
            self.text(before, value.isoformat())
        elif self.default is None:
            raise TypeError(f"Object of type {_kind_name(value)} is not JSON serializable")
        else:
            self.enter(value)
            self.value(before, self.default(value))
            self.open.discard(id(value))

    def array(self, before: str, items: list[Any] | tuple[Any, ...]) -> None:
        if not items:
            self.part(before + "[]")
            return
        line = self.opening(before + "[", items)
        between, comma = line, self.comma + line
        for item in items:
            self.value(between, item)
            between = comma
        self.closing("]", items)

    def object(self, before: str, members: dict[Any, Any]) -> None:
        if not members:
            self.part(before + "{}")
            return
        line = self.opening(before + "{", members)
        between, comma = line, self.comma + line
        pairs = list(members.items())
        for key, item in sorted(pairs) if self.sort_keys else pairs:
            if type(key) is not str:
                key = self.key(key)
                if key is None:
                    continue
            self.text(between, key)
            self.value(self.colon, item)
            between = comma
        self.closing("}", members)

    def key(self, key: Any) -> str | None:
        """The text of a key that is not text; None to leave it out."""
        kind = type(key)
        if kind in _WORDS:
            return _WORDS[kind](key)
        if kind is float:
            return self.real(key)
        if self.skipkeys:
            return None
        raise TypeError(f"keys must be str, int, float, bool or None, not {_kind_name(key)}")

    def text(self, before: str, value: str) -> None:
        if len(value) <= _PIECE:
            self.part(before + self.quote(value))
            return
        self.part(before + '"')
        for start in range(0, len(value), _PIECE):
            self.part(self.quote(value[start : start + _PIECE])[1:-1])
        self.part('"')

    def real(self, value: float) -> str:
        if isfinite(value):
            return float.__repr__(value)
        if not self.allow_nan:
            raise ValueError(f"Out of range float values are not JSON compliant: {value!r}")
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"

    def opening(self, beginning: str, container: Any) -> str:
        """Begin a list or object; the end of its first line."""
        self.enter(container)
        self.meter.charge(len(container))
        self.part(beginning)
        self.level += 1
        return self.line()

    def closing(self, bracket: str, container: Any) -> None:
        self.open.discard(id(container))
        self.level -= 1
        self.part(self.line() + bracket)

    def line(self) -> str:
        """The end of a line and the indentation of the next."""
        if self.indent is None:
            return ""
        self.meter.check_text(len(self.indent) * self.level)
        return "\n" + self.indent * self.level

    def enter(self, value: Any) -> None:
        """Note that a value is being written; refuse one inside of itself, and one that is nested too deep."""
        if id(value) in self.open:
            raise ValueError("Circular reference detected")
        if len(self.open) >= DEPTH:
            raise LimitReached(f"a value nested more than {DEPTH} deep cannot be written as JSON")
        self.open.add(id(value))

    def part(self, part: str) -> None:
        self.room -= len(part)
        if self.room < 0:
            self.meter.check_text(self.meter.limits.text - self.room)
        self.output.write(part)


def _kind_name(value: Any) -> str:
    return type_name(value).rpartition(".")[2]


_PIECE = 100_000
"""How much of a text is escaped at a time."""

_WORDS: dict[type, Callable[[Any], str]] = {
    int: int.__repr__,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): lambda value: "null",
}
"""How numbers and constants are written."""
