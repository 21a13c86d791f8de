"""Regular expressions, as in Python.

The host's engine backtracks, so that a pattern may take much longer than its text is long. What is guarded: a
text has up to a million characters (fewer with many groups), a pattern up to ten thousand; and a pattern is
refused when a repeat inside of a repeat can divide a run of one character in exponentially many ways before what
comes next fails, as in `(\\w+ ?)+$`. What is not: patterns that take the square or a higher power of the length
of a text, such as `(.*,){9}x`, and exponential ones whose repeats overlap in less simple ways; while the engine
searches, the run can neither be interrupted nor reach its deadline.
"""

from __future__ import annotations

import re as host
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import index
from re import _constants as op
from re import _parser as parser
from sys import maxsize
from typing import Any

from dana.errors import LimitReached
from dana.native import Library, current, fields_of, methods_of
from dana.values import ERROR_FIELDS, NativeType, type_name

library = Library("re", "Regular expressions: find, take apart and replace text by patterns.")

LONGEST_TEXT = 1_000_000
"""The most characters that a pattern is applied to."""

LONGEST_PATTERN = 10_000
"""The most characters that a pattern may have."""

_MARKS = 20_000_000
"""The most characters, times one more than the groups of the pattern: the engine notes all groups as it repeats."""

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
    return _compiled(pattern, flags)


@library.function
def match(pattern: Pattern, string: Any, flags: int = 0) -> host.Match[Any] | None:
    """The match of a pattern at the beginning of a text, or None.

    >>> re.match(r"(\\w+) (\\w+)", "hello world").groups()
    ('hello', 'world')
    """
    return _match(compile(pattern, flags), string)


@library.function
def fullmatch(pattern: Pattern, string: Any, flags: int = 0) -> host.Match[Any] | None:
    """The match of a pattern with a whole text, or None.

    >>> re.fullmatch(r"\\d+", "2026") is not None, re.fullmatch(r"\\d+", "2026-05")
    (True, None)
    """
    return _fullmatch(compile(pattern, flags), string)


@library.function
def search(pattern: Pattern, string: Any, flags: int = 0) -> host.Match[Any] | None:
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
def finditer(pattern: Pattern, string: Any, flags: int = 0) -> Iterator[host.Match[Any]]:
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


def _match(self: Any, string: Any, pos: int = 0, endpos: int = maxsize) -> host.Match[Any] | None:
    return _permitted(self, string).match(string, pos, endpos)


def _fullmatch(self: Any, string: Any, pos: int = 0, endpos: int = maxsize) -> host.Match[Any] | None:
    pattern = _permitted(self, string)
    _refuse_exponential(pattern.pattern, pattern.flags, True)
    return pattern.fullmatch(string, pos, endpos)


def _search(self: Any, string: Any, pos: int = 0, endpos: int = maxsize) -> host.Match[Any] | None:
    return _permitted(self, string).search(string, pos, endpos)


def _findall(self: Any, string: Any, pos: int = 0, endpos: int = maxsize) -> list[Any]:
    return _permitted(self, string).findall(string, pos, endpos)


def _finditer(self: Any, string: Any, pos: int = 0, endpos: int = maxsize) -> Iterator[host.Match[Any]]:
    return iter(current().meter.items(_permitted(self, string).finditer(string, pos, endpos)))


def _split(self: Any, string: Any, maxsplit: int = 0) -> list[Any]:
    return _permitted(self, string).split(string, maxsplit)


def _sub(self: Any, repl: Any, string: Any, count: int = 0) -> Any:
    return _subn(self, repl, string, count)[0]


def _subn(self: Any, repl: Any, string: Any, count: int = 0) -> tuple[Any, int]:
    pattern = _permitted(self, string)
    if type(repl) in (str, bytes):
        most = len(repl) + len(string) * repl.count("\\" if type(repl) is str else b"\\")
        if most * (len(string) + 1) <= current().meter.limits.text:
            return pattern.subn(repl, string, count)
        template = repl
        return pattern.subn(_counted(lambda match: _expand(match, template), len(string)), string, count)
    if not callable(repl):
        raise TypeError(f"a replacement is text or a function, not {type_name(repl)}")
    return pattern.subn(_counted(repl, len(string)), string, count)


def _counted(replace: Callable[[Any], Any], size: int) -> Callable[[Any], Any]:
    """A function that gives replacements, as long as the text does not become too long by them."""
    meter = current().meter

    def counted(match: Any) -> Any:
        nonlocal size
        part = replace(match)
        if part is not None:
            if not isinstance(part, type(match.string)):
                raise TypeError(f"expected {type_name(match.string)} instance, {type_name(part)} found")
            size += len(part)
            meter.charge(1)
            meter.check_text(size)
        return part

    return counted


def _expand(self: Any, template: Any) -> Any:
    if ("\\" if isinstance(template, str) else b"\\") not in template:
        return template
    meter = current().meter
    longest = max(len(group or "") for group in (self[0], *self.groups()))
    meter.check_text(len(template) * max(longest, 1))
    meter.charge(len(template) // 10)
    return self.expand(template)


def _permitted(pattern: Any, string: Any) -> host.Pattern[Any]:
    """A pattern that may be applied to a text; refuses one that is too long."""
    if not isinstance(pattern, host.Pattern):
        raise TypeError(f"expected a compiled pattern, not {type_name(pattern)}")
    if not isinstance(string, (str, bytes)):
        raise TypeError(f"expected string or bytes-like object, got '{type_name(string)}'")
    size = len(string)
    if size > LONGEST_TEXT or size * (pattern.groups + 1) > _MARKS:
        most = min(LONGEST_TEXT, _MARKS // (pattern.groups + 1))
        raise LimitReached(f"a text of {size:,} characters is over the limit of {most:,} for this pattern")
    current().meter.charge(1 + size // 10)
    return pattern


for _method in (_match, _fullmatch, _search, _findall, _finditer, _split, _sub, _subn, _expand):
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
        host.Match,
        "Where a pattern matches in a text, and its groups; see `re.search`.\n\n"
        ">>> re.search('a+', 'caat').span()\n(1, 3)",
        methods=methods_of(host.Match, "group groups groupdict start end span", expand=_expand),
        fields=fields_of(host.Match, "string pos endpos lastindex lastgroup re"),
    )
)


@lru_cache(512)
def _compiled(pattern: Any, flags: int) -> host.Pattern[Any]:
    if len(pattern) > LONGEST_PATTERN:
        raise LimitReached(f"a pattern of {len(pattern):,} characters is over the limit of {LONGEST_PATTERN:,}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = host.compile(pattern, flags)
        _refuse_exponential(pattern, made.flags, False)
    return made


# Patterns that take exponential time
#
# A loop is exponential when one turn of it can match a run of some character c in more than one length, so that a
# long run divides into turns in exponentially many ways, and when what follows cannot match after any part of the
# run, at the end of the text or before some other character: then all ways are tried. Only what is certain to be
# so is found.

_SAMPLE = frozenset(map(chr, (*range(128), 0xE9, 0x4E2D, 0x2028)))
_MANY = 20
"""Turns from which on a loop counts as one without an end."""

_Items = list[tuple[Any, Any]]
_Rest = tuple[_Items, int, Any] | None
"""What follows: items, from which of them on, and what follows after them."""


@lru_cache(512)
def _refuse_exponential(pattern: Any, flags: int, full: bool) -> None:
    """Refuse a pattern that is certain to be exponential; `full` when it has to match to the end of a text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = parser.parse(pattern, flags & ~host.DEBUG)
    if _is_exponential(list(tree), None, _Classes(flags), full):
        raise host.error(
            "a repeat in a repeat would take exponential time; make the inner one possessive (++)", pattern
        )


def _is_exponential(items: _Items, follow: _Rest, classes: _Classes, full: bool) -> bool:
    for number, (kind, value) in enumerate(items, 1):
        rest = (items, number, follow)
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            _, most, body = value
            if most >= _MANY:
                taken = classes.all_in(list(body))
                if any(_fails(rest, character, taken, classes, full) for character in _runs(list(body), classes)):
                    return True
            parts, after, whole = [body], rest, full
        elif kind is op.SUBPATTERN:
            parts, after, whole = [value[-1]], rest, full
        elif kind is op.BRANCH:
            parts, after, whole = value[1], rest, full
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            parts, after, whole = [value[1]], None, False
        elif kind is op.POSSESSIVE_REPEAT:
            parts, after, whole = [value[2]], None, False
        elif kind is op.ATOMIC_GROUP:
            parts, after, whole = [value], None, False
        else:
            continue
        if any(_is_exponential(list(part), after, classes, whole) for part in parts):
            return True
    return False


def _runs(items: _Items, classes: _Classes) -> frozenset[str]:
    """The characters of which the items match runs of several lengths."""
    found: frozenset[str] = frozenset()
    for varied in items:
        runs = _runs_of(varied, classes)
        for item in items:
            if item is varied or not runs:
                continue
            if item[0] in (op.POSSESSIVE_REPEAT, op.ATOMIC_GROUP):
                runs -= classes.all_in([item])
            elif not _is_optional(item):
                runs &= _uniform(item, classes)
        found |= runs
    return found


def _runs_of(item: tuple[Any, Any], classes: _Classes) -> frozenset[str]:
    kind, value = item
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        least, most, body = value
        single = classes.of(body[0]) if len(body) == 1 else None
        if single is not None:
            return single if most > max(least, 1) else frozenset()
        return _runs(list(body), classes) if least <= 1 else frozenset()
    if kind is op.SUBPATTERN:
        return _runs(list(value[-1]), classes)
    if kind is op.BRANCH:
        return frozenset().union(*(_runs(list(branch), classes) for branch in value[1]))
    return frozenset()


def _uniform(item: tuple[Any, Any], classes: _Classes) -> frozenset[str]:
    """The characters of which an item that is not optional matches some run."""
    kind, value = item
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.SUBPATTERN):
        found = _SAMPLE
        for part in value[-1]:
            found &= _SAMPLE if _is_optional(part) else _uniform(part, classes)
        return found
    return classes.of(item) or frozenset()


def _is_optional(item: tuple[Any, Any]) -> bool:
    """Whether an item matches the empty text everywhere."""
    kind, value = item
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return value[0] == 0 or all(map(_is_optional, value[2]))
    if kind is op.SUBPATTERN:
        return all(map(_is_optional, value[-1]))
    if kind is op.BRANCH:
        return any(all(map(_is_optional, branch)) for branch in value[1])
    return False


def _fails(rest: _Rest, character: str, taken: frozenset[str], classes: _Classes, full: bool) -> bool:
    """Whether what follows is certain to fail after every part of a run of a character."""
    while rest is not None:
        items, number, follow = rest
        if number == len(items):
            rest = follow
            continue
        kind, value = items[number]
        rest = (items, number + 1, follow)
        if kind is op.AT:
            return value in (op.AT_END, op.AT_END_STRING) and not taken >= _SAMPLE - {"\n"}
        if _is_optional((kind, value)):
            taken |= classes.all_in([(kind, value)])
        elif kind is op.SUBPATTERN:
            rest = (list(value[-1]), 0, rest)
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            rest = (list(value[2]), 0, rest)
        else:
            single = classes.of((kind, value))
            return single is not None and character not in single
    return full and taken != _SAMPLE


class _Classes:
    """Which characters of the sample the items of a pattern match."""

    def __init__(self, flags: int) -> None:
        self.flags = flags

    def of(self, item: tuple[Any, Any]) -> frozenset[str] | None:
        """The characters that an item matches; None for what is not one character."""
        kind, value = item
        if kind is op.ANY:
            return _SAMPLE if self.flags & host.S else _SAMPLE - {"\n"}
        if kind is op.LITERAL:
            return self._where(lambda code: code == value)
        if kind is op.NOT_LITERAL:
            return _SAMPLE - self._where(lambda code: code == value)
        if kind is op.IN:
            negated = value[0][0] is op.NEGATE
            found = frozenset[str]().union(*(self._member(member) for member in value[negated:]))
            return _SAMPLE - found if negated else found
        return None

    def all_in(self, items: _Items) -> frozenset[str]:
        """The characters that any part of the items matches; all, when that is not known."""
        found: frozenset[str] = frozenset()
        for item in items:
            kind, value = item
            single = self.of(item)
            if single is not None:
                found |= single
            elif kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT, op.SUBPATTERN):
                found |= self.all_in(list(value[-1]))
            elif kind is op.BRANCH:
                found = found.union(*(self.all_in(list(branch)) for branch in value[1]))
            elif kind is not op.AT:
                return _SAMPLE
        return found

    def _member(self, member: tuple[Any, Any]) -> frozenset[str]:
        kind, value = member
        if kind is op.LITERAL:
            return self._where(lambda code: code == value)
        if kind is op.RANGE:
            return self._where(lambda code: value[0] <= code <= value[1])
        pattern = _CATEGORIES[value]
        return frozenset(c for c in _SAMPLE if host.match(pattern, c, self.flags & host.A))

    def _where(self, holds: Callable[[int], bool]) -> frozenset[str]:
        if self.flags & host.I:
            return frozenset(c for c in _SAMPLE if holds(ord(c)) or holds(ord(c.lower())) or holds(ord(c.upper())))
        return frozenset(c for c in _SAMPLE if holds(ord(c)))


_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}
