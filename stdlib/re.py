"""Regular expressions, as in Python.

Python's own parser reads a pattern, so that syntax and messages are its own. What it has understood is written
again in unambiguous terms for the `regex` package, whose engine searches: unlike the host's it stops when told,
which is after five seconds or at the run's deadline. Classes of characters are those of Python, except that the
engine knows letters of later versions of Unicode.

Two things are bounded beforehand: a repeat with a count is as many parts to the engine, and for each turn of a
repeat it notes the groups inside of it.
"""

from __future__ import annotations

import re as host
from collections.abc import Callable, Iterator
from itertools import islice
from operator import index
from re import _parser as parser
from sys import maxsize
from time import monotonic, sleep
from typing import Any

import regex  # type: ignore[import-untyped]

from dana.errors import LimitReached
from dana.formatting import represent
from dana.native import Library, current, fields_of, methods_of
from dana.values import ERROR_FIELDS, NativeType, type_name

from .patterns import compiled, engine_of, names_of

library = Library("re", "Regular expressions: find, take apart and replace text by patterns.")

SECONDS = 5
"""The longest that one search may take."""

_MARKS = 5_000_000
"""The most characters of a text, times the groups in repeats of the pattern: each takes about 80 bytes."""

_LARGE = 1_000_000
"""Matches in a text of more characters are counted while they are found."""

_FLAGS = host.A | host.I | host.M | host.S | host.U | host.X

Pattern = Any
"""A pattern as text or bytes, or compiled."""

ERROR_FIELDS[host.error] = ("msg", "pattern", "pos", "lineno", "colno")
library.error(
    host.error,
    """A pattern that is wrong: what (`msg`) and where (`pos` from 0).

    >>> try:
    ...     re.compile("a(b")
    ... except re.error as error:
    ...     print(error)
    missing ), unterminated subpattern at position 1
    """,
)
library.members["error"] = host.error
library.docs["error"] = library.docs[host.error.__name__]

for _letter, _name, _meaning in (
    ("A", "ASCII", "`\\w \\d \\s \\b` mean ASCII characters only."),
    ("I", "IGNORECASE", "Letters match in capitals or not."),
    ("M", "MULTILINE", "`^` and `$` match at every line."),
    ("S", "DOTALL", "`.` matches the end of a line too."),
    ("U", "UNICODE", "Classes of characters are those of Unicode, as without it."),
    ("X", "VERBOSE", "Blanks in the pattern do not count, and `#` begins a comment."),
):
    _value = int(getattr(host, _name))
    for _alias in (_letter, _name):
        library.constant(_alias, _value, f"A flag: {_meaning} Flags are joined by `|`.\n\n>>> re.{_alias}\n{_value}")
library.constant("NOFLAG", 0, "No flag.\n\n>>> re.NOFLAG\n0")


@library.function
def compile(pattern: Pattern, flags: int = 0) -> host.Pattern[Any]:
    """A pattern made ready, for use many times. Raises re.error when it is wrong, or would take exponential time.

    Its methods are the functions of this module without the pattern; `match`, `fullmatch`, `search`, `findall` and
    `finditer` also take the places `pos` and `endpos` between which they look. Fields: `pattern flags groups
    groupindex`.

    >>> word = re.compile(r"[a-z]+")
    >>> word.findall("one, two")
    ['one', 'two']
    """
    if isinstance(pattern, host.Pattern):
        if flags:
            raise ValueError("cannot process flags argument with a compiled pattern")
        return pattern
    if not isinstance(pattern, (str, bytes)):
        raise TypeError("first argument must be string or compiled pattern")
    flags = index(flags)
    if flags & ~_FLAGS:
        raise ValueError("flags must be some of A I M S U X")
    return compiled(pattern, flags)


@library.function
def match(pattern: Pattern, string: Any, flags: int = 0) -> Match | None:
    """The match of a pattern at the beginning of a text, or None.

    >>> re.match(r"(\\w+) (\\w+)", "hello world").groups()
    ('hello', 'world')
    """
    return _match(compile(pattern, flags), string)


@library.function
def fullmatch(pattern: Pattern, string: Any, flags: int = 0) -> Match | None:
    """The match of a pattern with a whole text, or None.

    >>> re.fullmatch(r"\\d+", "2026") is not None, re.fullmatch(r"\\d+", "2026-05")
    (True, None)
    """
    return _fullmatch(compile(pattern, flags), string)


@library.function
def search(pattern: Pattern, string: Any, flags: int = 0) -> Match | None:
    """The first match of a pattern anywhere in a text, or None.

    A match has `group(n)`, also written `m[n]`, `groups()`, `groupdict()`, `start(n)`, `end(n)`, `span(n)` and
    `expand(template)`, and the fields `string pos endpos lastindex lastgroup re`.

    >>> re.search(r"\\d+", "order 17 of 20")[0]
    '17'
    """
    return _search(compile(pattern, flags), string)


@library.function
def findall(pattern: Pattern, string: Any, flags: int = 0) -> list[Any]:
    """All matches in a text: their texts, or those of their groups if the pattern has some.

    >>> re.findall(r"\\d+", "order 17 of 20"), re.findall(r"(\\w)=(\\d)", "a=1 b=2")
    (['17', '20'], [('a', '1'), ('b', '2')])
    """
    return _findall(compile(pattern, flags), string)


@library.function
def finditer(pattern: Pattern, string: Any, flags: int = 0) -> Iterator[Match]:
    """An iterator of all matches in a text.

    >>> [(m[0], m.start()) for m in re.finditer(r"\\d+", "order 17 of 20")]
    [('17', 6), ('20', 12)]
    """
    return _finditer(compile(pattern, flags), string)


@library.function
def split(pattern: Pattern, string: Any, maxsplit: int = 0, flags: int = 0) -> list[Any]:
    """The parts of a text between matches, at most `maxsplit` of them and the rest; groups are put between.

    >>> re.split(r",\\s*", "a, b,c")
    ['a', 'b', 'c']
    """
    return _split(compile(pattern, flags), string, maxsplit)


@library.function
def sub(pattern: Pattern, repl: Any, string: Any, count: int = 0, flags: int = 0) -> Any:
    """A text with its matches replaced, at most `count` of them if that is not 0.

    `repl` is a text, in which `\\1`, `\\g<1>` and `\\g<name>` are groups, or a function that gets each match and
    gives a text.

    >>> re.sub(r"(\\w+)@(\\w+)", r"\\2 of \\1", "ann@home")
    'home of ann'
    >>> re.sub(r"\\d+", lambda m: str(int(m[0]) * 2), "3 and 4")
    '6 and 8'
    """
    return _sub(compile(pattern, flags), repl, string, count)


@library.function
def subn(pattern: Pattern, repl: Any, string: Any, count: int = 0, flags: int = 0) -> tuple[Any, int]:
    """What `sub` gives, and how many matches were replaced.

    >>> re.subn("a", "o", "banana")
    ('bonono', 3)
    """
    return _subn(compile(pattern, flags), repl, string, count)


@library.function
def escape(pattern: Any) -> Any:
    """A text as a pattern that matches just this text.

    >>> re.escape("1+1")
    '1\\\\+1'
    """
    if type(pattern) not in (str, bytes):
        raise TypeError(f"expected text or bytes, not {type_name(pattern)}")
    current().meter.check_text(2 * len(pattern))
    return host.escape(pattern)


# Patterns at work


class Match:
    """Where a pattern was found."""

    __slots__ = ("_found", "pos", "re")

    def __init__(self, found: Any, pattern: host.Pattern[Any], pos: int) -> None:
        self._found = found
        self.re = pattern
        self.pos = pos

    def __getitem__(self, group: Any) -> Any:
        return self._found[group]

    def __repr__(self) -> str:
        return f"<re.Match object; span={self.span()}, match={represent(self._found[0])}>"

    def group(self, /, *groups: Any) -> Any:
        current().meter.check_items(len(groups))
        return _found_by(self).group(*groups)

    def groups(self, default: Any = None) -> tuple[Any, ...]:
        return _found_by(self).groups(default)  # type: ignore[no-any-return]

    def groupdict(self, default: Any = None) -> dict[str, Any]:
        found = _found_by(self)
        return {name: default if found[name] is None else found[name] for name in self.re.groupindex}

    def start(self, group: Any = 0, /) -> int:
        return _found_by(self).start(group)  # type: ignore[no-any-return]

    def end(self, group: Any = 0, /) -> int:
        return _found_by(self).end(group)  # type: ignore[no-any-return]

    def span(self, group: Any = 0, /) -> tuple[int, int]:
        return _found_by(self).span(group)  # type: ignore[no-any-return]

    def expand(self, template: Any, /) -> Any:
        _found_by(self)
        return _filling(self.re, template)(self)


def _found_by(match: Any) -> Any:
    """What the engine has found, for methods that a program may call with anything."""
    if type(match) is not Match:
        raise TypeError(f"expected a match, not {type_name(match)}")
    return match._found


def _match(self: Any, string: Any, pos: int = 0, endpos: int = maxsize) -> Match | None:
    return _once(self, string, pos, endpos, regex.Pattern.match)


def _fullmatch(self: Any, string: Any, pos: int = 0, endpos: int = maxsize) -> Match | None:
    return _once(self, string, pos, endpos, regex.Pattern.fullmatch)


def _search(self: Any, string: Any, pos: int = 0, endpos: int = maxsize) -> Match | None:
    return _once(self, string, pos, endpos, regex.Pattern.search)


def _findall(self: Any, string: Any, pos: int = 0, endpos: int = maxsize) -> list[Any]:
    meter = current().meter
    pos, endpos = _bounds(self, string, pos, endpos)
    if endpos - pos > _LARGE:
        matches = meter.collected(_matches(self, string, pos, endpos))
        if self.groups > 1:
            return [match.groups(string[:0]) for match in matches]
        return [match[self.groups] or string[:0] for match in matches]
    found: list[Any] = _timed(
        self, string, endpos - pos, lambda engine, timeout: engine.findall(string, pos, endpos, timeout=timeout)
    )
    meter.charge(len(found))
    meter.check_items(len(found))
    if self.groups == 1 and found and type(found[0]) is tuple:  # which the engine makes of a group in a repeat
        return [group for (group,) in found]
    return found


def _finditer(self: Any, string: Any, pos: int = 0, endpos: int = maxsize) -> Iterator[Match]:
    pos, endpos = _bounds(self, string, pos, endpos)
    return iter(current().meter.items(_matches(self, string, pos, endpos)))


def _split(self: Any, string: Any, maxsplit: int = 0) -> list[Any]:
    _, size = _bounds(self, string, 0, maxsize)
    most = index(maxsplit)
    if most < 0:
        return [string]
    meter = current().meter
    most = min(most, size + 1)
    parts: list[Any] = _timed(self, string, size, lambda engine, timeout: engine.split(string, most, timeout=timeout))
    meter.charge(len(parts))
    meter.check_items(len(parts))
    return parts


def _sub(self: Any, repl: Any, string: Any, count: int = 0) -> Any:
    return _subn(self, repl, string, count)[0]


def _subn(self: Any, repl: Any, string: Any, count: int = 0) -> tuple[Any, int]:
    _, size = _bounds(self, string, 0, maxsize)
    most = index(count)
    meter = current().meter
    fill = repl
    if not callable(repl):
        fill = _filling(self, repl)
        if type(repl) is not type(string):
            raise TypeError(f"expected {type_name(string)} instance, {type_name(repl)} found")
        if _is_plain(repl) and most >= 0 and (len(repl) + 1) * (size + 1) <= meter.limits.text:
            most = min(most, size + 1)
            text, number = _timed(
                self, string, size, lambda engine, timeout: engine.subn(repl, string, most, timeout=timeout)
            )
            meter.charge(number)
            return text, number
    parts: list[Any] = []
    end = number = 0
    for match in _matches(self, string, 0, len(string)) if most >= 0 else ():
        part = fill(match)
        start, stop = match.span()
        parts.append(string[end:start])
        if part is not None:
            if not isinstance(part, type(string)):
                raise TypeError(f"expected {type_name(string)} instance, {type_name(part)} found")
            parts.append(part)
            size += len(part)
        size -= stop - start
        if size > meter.limits.text:
            meter.check_text(size)
        end = stop
        number += 1
        if number == most:
            break
    parts.append(string[end:])
    meter.check_text(size)
    return string[:0].join(parts), number


def _filling(pattern: host.Pattern[Any], template: Any) -> Callable[[Match], Any]:
    """A function that gives the text that a template becomes for a match."""
    if type(template) is not str and type(template) is not bytes:
        raise TypeError(f"a replacement is text or a function, not {type_name(template)}")
    meter = current().meter
    empty: Any = template[:0]
    if _is_plain(template):
        return lambda match: template
    meter.charge(len(template))
    parsed: Any = parser.parse_template(template, pattern)
    if isinstance(parsed, tuple):  # until Python 3.11: where groups go, and texts with gaps for them
        groups, parts = parsed[0], list(parsed[1])
        for place, group in groups:
            parts[place] = group
    else:
        parts = parsed

    def fill(match: Match) -> Any:
        filled = [(match[part] or empty) if type(part) is int else part for part in parts]
        meter.charge(len(filled) // 10)
        meter.check_text(sum(map(len, filled)))
        return empty.join(filled)

    return fill


def _is_plain(template: Any) -> bool:
    return b"\\" not in template if isinstance(template, bytes) else "\\" not in template


_BLOCK = 100
"""Matches that are looked for at a time: the engine's clock for one search does not stop in between."""


def _matches(pattern: Any, string: Any, pos: int, endpos: int) -> Iterator[Match]:
    """All matches, counted; they are those of one search although there are several."""
    meter, begin, again = current().meter, pos, 0

    def block(engine: Any, timeout: float) -> list[Any]:
        return list(islice(engine.finditer(string, begin, endpos, timeout=timeout), again, again + _BLOCK))

    while True:
        matches = _timed(pattern, string, 0, block)
        meter.charge(len(matches))
        for found in matches:
            yield Match(found, pattern, pos)
        if len(matches) < _BLOCK:
            meter.charge((endpos - begin) // 10)
            return
        start, end = matches[-1].span()
        meter.charge((end - begin) // 10)
        again = int(start == end)  # an empty match is found once more where the next search begins
        begin = end


def _once(pattern: Any, string: Any, pos: int, endpos: int, search: Callable[..., Any]) -> Match | None:
    pos, endpos = _bounds(pattern, string, pos, endpos)
    found = _timed(
        pattern, string, endpos - pos, lambda engine, timeout: search(engine, string, pos, endpos, timeout=timeout)
    )
    return None if found is None else Match(found, pattern, pos)


def _bounds(pattern: Any, string: Any, pos: Any, endpos: Any) -> tuple[int, int]:
    """The places between which to look, within the text; refuses what is no pattern, and no text for it."""
    if not isinstance(pattern, host.Pattern):
        raise TypeError(f"expected a compiled pattern, not {type_name(pattern)}")
    if not isinstance(string, (str, bytes)):
        raise TypeError(f"expected string or bytes-like object, got '{type_name(string)}'")
    if type(pattern.pattern) is not type(string):
        if isinstance(string, str):
            raise TypeError("cannot use a bytes pattern on a string-like object")
        raise TypeError("cannot use a string pattern on a bytes-like object")
    return min(max(index(pos), 0), len(string)), min(max(index(endpos), 0), len(string))


def _timed(pattern: Any, string: Any, size: int, search: Callable[[Any, float], Any]) -> Any:
    """What the engine gives that searches `size` characters of a text, unless that takes too long."""
    engine, marks = engine_of(pattern, isinstance(string, str) and not string.isascii())
    if marks * size > _MARKS:
        raise LimitReached(f"a text of {size:,} characters is over the limit of {_MARKS // marks:,} for this pattern")
    meter = current().meter
    meter.charge(1 + max(0, size) // 10)
    seconds = float(SECONDS)
    if meter.deadline is not None:
        seconds = min(seconds, max(meter.deadline - monotonic(), 0.001))
    try:
        return search(engine, seconds)
    except TimeoutError:
        if seconds < SECONDS and meter.deadline is not None:
            sleep(max(meter.deadline - monotonic(), 0) + 0.05)  # the engine's clock is that of the processor
        meter.look()
        shown = represent(pattern.pattern[:60])
        raise LimitReached(f"the pattern {shown} took longer than {seconds:.3g} s") from None


for _method in (_match, _fullmatch, _search, _findall, _finditer, _split, _sub, _subn):
    _method.__name__ = _method.__qualname__ = _method.__name__[1:]

library.type(
    NativeType(
        "re.Pattern",
        host.Pattern,
        "A pattern made ready by `re.compile`.\n\n>>> re.compile('(a)(b)').groups\n2",
        methods=methods_of(
            host.Pattern,
            "",
            match=_match,
            fullmatch=_fullmatch,
            search=_search,
            findall=_findall,
            finditer=_finditer,
            split=_split,
            sub=_sub,
            subn=_subn,
        ),
        fields={
            **fields_of(host.Pattern, "pattern flags groups"),
            "groupindex": lambda pattern: dict(pattern.groupindex),
        },
    )
)
library.type(
    NativeType(
        "re.Match",
        Match,
        "Where a pattern matches in a text, and its groups; see `re.search`.\n\n"
        ">>> re.search('a+', 'caat').span()\n(1, 3)",
        methods=methods_of(Match, "end expand group groupdict groups span start"),
        fields={
            **fields_of(Match, "pos re"),
            "endpos": lambda match: match._found.endpos,
            "lastgroup": lambda match: names_of(match.re).get(match._found.lastindex),
            "lastindex": lambda match: match._found.lastindex,
            "string": lambda match: match._found.string,
        },
    )
)
