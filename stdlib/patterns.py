"""Patterns of regular expressions for the engine: what Python's parser has understood, in unambiguous terms."""

from __future__ import annotations

import re as host
import warnings
from collections.abc import Iterator
from functools import lru_cache
from re import _constants as op
from re import _parser as parser
from typing import Any

import regex  # type: ignore[import-untyped]

from dana.errors import LimitReached

LONGEST = 10_000
"""The most characters that a pattern may have."""

_PARTS = 100_000
"""The most parts of a pattern, where a part that is repeated at least n times counts n times."""

_DEPTH = 100
"""How deep groups may be nested."""


@lru_cache(512)
def compiled(pattern: Any, flags: int) -> host.Pattern[Any]:
    if len(pattern) > LONGEST:
        raise LimitReached(f"a pattern of {len(pattern):,} characters is over the limit of {LONGEST:,}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = host.compile(pattern, flags)
    _weigh(_tree(made), 0)
    return made


@lru_cache(512)
def engine_of(pattern: host.Pattern[Any], wide: bool) -> tuple[Any, int]:
    """The engine for a pattern, and how many groups stand in its repeats; `wide` for texts that are not ASCII."""
    items = _tree(pattern)
    written = _Writer(pattern, wide).sequence(items, pattern.flags)
    flags = regex.V0 | (regex.I if pattern.flags & host.I else 0) | (regex.A if pattern.flags & host.A else 0)
    text: Any = written if isinstance(pattern.pattern, str) else written.encode("ascii")
    return regex.compile(text, flags, cache_pattern=False), _weigh(items, 0)[1]


def _tree(pattern: host.Pattern[Any]) -> _Items:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(parser.parse(pattern.pattern, pattern.flags))


_Items = list[tuple[Any, Any]]


def _weigh(items: _Items, depth: int) -> tuple[int, int]:
    """How many parts a pattern has for the engine, and how many groups stand in its repeats."""
    if depth > _DEPTH:
        raise LimitReached(f"a pattern nested more than {_DEPTH} deep")
    weight, marks = 0, 0
    for kind, value in items:
        parts, repeated = _parts(kind, value), kind in _REPEATS
        least = max(1, value[0]) if repeated else 1
        weight += least
        for part in parts:
            inner, inner_marks = _weigh(list(part), depth + 1)
            weight += least * inner
            marks += sum(_groups(list(part))) if repeated and value[1] > 1 else inner_marks
        if weight > _PARTS:
            raise LimitReached(f"a pattern with more than {_PARTS:,} parts, those of its repeats counted each time")
    return weight, marks


def _groups(items: _Items) -> Iterator[int]:
    """One for each group."""
    for kind, value in items:
        if kind is op.SUBPATTERN and value[0] is not None:
            yield 1
        for part in _parts(kind, value):
            yield from _groups(list(part))


def _parts(kind: Any, value: Any) -> list[Any]:
    """The parts of an item that are items themselves."""
    if kind in _REPEATS or kind is op.SUBPATTERN:
        return [value[-1]]
    if kind is op.BRANCH:
        return list(value[1])
    if kind is op.ASSERT or kind is op.ASSERT_NOT:
        return [value[1]]
    if kind is op.ATOMIC_GROUP:
        return [value]
    if kind is op.GROUPREF_EXISTS:
        return [part for part in value[1:] if part is not None]
    return []


def names_of(pattern: host.Pattern[Any]) -> dict[int, str]:
    """The names of groups by their numbers."""
    return {number: name for name, number in pattern.groupindex.items()}


_REPEATS = {op.MAX_REPEAT: "", op.MIN_REPEAT: "?", op.POSSESSIVE_REPEAT: "+"}


class _Writer:
    """Writes what Python has understood of a pattern for the engine."""

    def __init__(self, pattern: host.Pattern[Any], wide: bool) -> None:
        self.names = names_of(pattern)
        self.wide = wide
        self.last = "\\xff" if isinstance(pattern.pattern, bytes) else "\\U0010ffff" if wide else "\\x7f"

    def sequence(self, items: Any, flags: int) -> str:
        return "".join(self.item(kind, value, flags) for kind, value in items)

    def item(self, kind: Any, value: Any, flags: int) -> str:
        if kind is op.LITERAL:
            if self.folds(flags) and value in _DOTTED:
                return f"[{_DOTTED_SET}]"
            return _character(value)
        if kind is op.NOT_LITERAL:
            return f"[^{self.member(op.LITERAL, value, flags)}]"
        if kind is op.ANY:
            return "(?s:.)" if flags & host.S else "."
        if kind is op.IN:
            negated = value[0][0] is op.NEGATE
            members = "".join(self.member(member, named, flags) for member, named in value[negated:])
            return f"[{'^' if negated else ''}{members}]"
        if kind is op.BRANCH:
            return f"(?:{'|'.join(self.sequence(branch, flags) for branch in value[1])})"
        if kind is op.SUBPATTERN:
            return self.group(value, flags)
        if kind in _REPEATS:
            least, most, body = value
            limit = "" if most is op.MAXREPEAT else most
            return f"(?:{self.sequence(body, flags)}){{{least},{limit}}}{_REPEATS[kind]}"
        if kind is op.ATOMIC_GROUP:
            return f"(?>{self.sequence(value, flags)})"
        if kind is op.ASSERT or kind is op.ASSERT_NOT:
            direction, body = value
            mark = ("<" if direction < 0 else "") + ("=" if kind is op.ASSERT else "!")
            return f"(?{mark}{self.sequence(body, flags)})"
        if kind is op.FAILURE:
            return "(?!)"
        if kind is op.AT:
            return self.place(value, flags)
        if kind is op.GROUPREF:
            return f"\\g<{value}>"
        condition, yes, no = value
        return f"(?({condition}){self.sequence(yes, flags)}{'' if no is None else '|' + self.sequence(no, flags)})"

    def group(self, value: Any, flags: int) -> str:
        number, added, removed, body = value
        inside = (flags & ~(removed | (host.A | host.U if added & (host.A | host.U) else 0))) | added
        written = self.sequence(body, inside)
        if (inside ^ flags) & host.I:
            written = f"(?{'' if inside & host.I else '-'}i:{written})"
        if number is None:
            return f"(?:{written})"
        return f"(?P<{self.names[number]}>{written})" if number in self.names else f"({written})"

    def place(self, place: Any, flags: int) -> str:
        if place is op.AT_BEGINNING:
            return "(?m:^)" if flags & host.M else "\\A"
        if place is op.AT_END:
            return "(?m:$)" if flags & host.M else "(?-m:$)"
        if place is op.AT_BOUNDARY or place is op.AT_NON_BOUNDARY:
            word = f"[{self.member(op.CATEGORY, op.CATEGORY_WORD, flags)}]"
            if place is op.AT_BOUNDARY:
                return "\\b" if not self.wide else f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))"
            within = "\\B" if not self.wide else f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))"
            return _SOMEWHERE + within
        return "\\A" if place is op.AT_BEGINNING_STRING else "\\Z"

    def member(self, kind: Any, value: Any, flags: int) -> str:
        """What stands in a class of characters."""
        if kind is op.CATEGORY:
            if flags & host.U and (self.wide or value in _SPACES):
                return _CATEGORIES[value]
            return _ASCII_CATEGORIES[value].replace("LAST", self.last)
        low, high = value if kind is op.RANGE else (value, value)
        written = _character(low) + (f"-{_character(high)}" if high > low else "")
        if self.folds(flags) and any(low <= code <= high for code in _DOTTED):
            written += _DOTTED_SET
        return written

    def folds(self, flags: int) -> bool:
        """Whether letters match in capitals or not, also those of Turkish."""
        return bool(flags & host.I and flags & host.U) and self.wide


_SOMEWHERE = "" if host.search(r"\B", "") else r"(?!\A\Z)"
"""What stands before `\\B`: until Python 3.13 it did not match in an empty text."""

_DOTTED = tuple(map(ord, "Iiİı"))
_DOTTED_SET = r"Ii\u0130\u0131"
"""The letters that Python takes for each other when capitals do not count, and the engine does not."""


def _character(code: int) -> str:
    if code < 128 and chr(code).isalnum():
        return chr(code)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s\x1c-\x1f",
    op.CATEGORY_NOT_SPACE: r"\x00-\x08\x0e-\x1b\x21-\x84\x86-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027"
    r"\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-\U0010ffff",
    op.CATEGORY_WORD: r"\p{L}\p{N}_",
    op.CATEGORY_NOT_WORD: r"\p{M}\p{Z}\p{C}\p{S}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}"
    r"\u203f\u2040\u2054\ufe33\ufe34\ufe4d-\ufe4f\uff3f",
}
"""Python's classes of characters of all of Unicode."""

_SPACES = (op.CATEGORY_SPACE, op.CATEGORY_NOT_SPACE)
"""Those that differ from the ones of ASCII also for a text of ASCII."""

_ASCII_CATEGORIES = {
    op.CATEGORY_DIGIT: "0-9",
    op.CATEGORY_NOT_DIGIT: r"\x00-\x2f\x3a-LAST",
    op.CATEGORY_SPACE: r"\x09-\x0d\x20",
    op.CATEGORY_NOT_SPACE: r"\x00-\x08\x0e-\x1f\x21-LAST",
    op.CATEGORY_WORD: "0-9A-Za-z_",
    op.CATEGORY_NOT_WORD: r"\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-LAST",
}
"""The same of ASCII."""
