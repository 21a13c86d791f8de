"""Shapes: the Python functions that closures are made of, each compiled once and shared by all programs.

A closure is a function of one argument, the frame `f` (a list of slots). Its text is put together from
templates and never contains anything that a program says: names, constants and the closures of children are
values, bound to the parameters `p0`, `p1`, ... of a maker:

    def make(p0, p1, site):
        def closure(f):
            return f[p0] + p1
            site
        return closure

Where a text runs often, attributes and keywords stand in it under the placeholders `a0_`, `k0_`, ..., which are
exchanged for the program's names in the compiled code: names are values there too.

`site` says which node a closure stands for, so that the host's own traceback tells where a program failed.
"""

from __future__ import annotations

import marshal
import sys
from types import CellType, CodeType, FunctionType

from dana import __version__
from dana.cache_folder import read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SHAPE_CODE = "<shape>"
"""The file name in the code of every closure."""

ENVIRONMENT: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
"""What the text of templates may name: the host's built-ins and the functions of `operators`."""

FREE_NAMES = (
    "body", "pop", "refill", "enter", "leave", "too_deep", "cells", "name", "qualified_name", "meter", "site",
    "definition",
)  # fmt: skip
"""What the code of a function may read beside its parameters."""

MOST_KEPT = 3000
LARGEST_KEPT = 4 * 1024 * 1024
"""How many shapes, and bytes, are kept between runs; when there are more, keeping begins anew."""

_KEPT = f"shapes-{__version__}-{sys.implementation.cache_tag}-{sys.hexversion:x}.marshal"
"""A file of shapes: how many, a sorted record for each (digest of its text, where its code begins, how long it is),
and then the codes, marshalled behind their checksums. A record is found by halving, without reading the others."""
_COUNT, _DIGEST, _NUMBER, _CHECKSUM = 4, 16, 4, 8
_RECORD = _DIGEST + 2 * _NUMBER

_codes: dict[str, CodeType] = {}
_makers: dict[str, Callable[..., Any]] = {}
_kept: bytes | None = None
"""The file as it was when a shape was first asked for; None before."""
_fresh: list[str] = []


def maker(source: str) -> Callable[..., Any]:
    """The function `make` that a text defines."""
    found = _makers.get(source)
    if found is None:
        found = _makers[source] = FunctionType(compiled(source, SHAPE_CODE), ENVIRONMENT)
    return found


def compiled(source: str, filename: str) -> CodeType:
    """The code of the function that a text defines; what earlier runs compiled is not compiled again."""
    global _kept
    key = f"{filename}\n{source}"
    code = _codes.get(key)
    if code is None:
        if _kept is None:
            _kept = read(_KEPT) or b""
        code = _revived(_kept, _digest(key))
        if code is None:
            import warnings  # the host's advice about `[1][[0]]` is not for who wrote the program

            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                code = compile(source, filename, "exec", dont_inherit=True).co_consts[0]
            _fresh.append(key)
        _codes[key] = code
    return code


def save_shapes() -> None:
    """Keep what this run has compiled for later runs, when it is enough to be worth it."""
    fresh, _fresh[:] = _fresh[:], []
    if not fresh or len(fresh) * 500 < _count(_kept or b""):
        return
    entries = {}
    for key in fresh:
        digest, data = _digest(key), marshal.dumps(_codes[key])
        entries[digest] = _checksum(data, digest) + data
    written = _packed({**_unpacked(read(_KEPT) or b""), **entries})  # others may have written since this run began
    if len(written) > LARGEST_KEPT or _count(written) > MOST_KEPT:
        written = _packed(entries)
    write(_KEPT, written)


def _revived(kept: bytes, digest: bytes) -> CodeType | None:
    """The code that is kept for a text; None when there is none, or it is damaged."""
    low, high = 0, _count(kept)
    while low < high:
        middle = (low + high) // 2
        at = _COUNT + middle * _RECORD
        found = kept[at : at + _DIGEST]
        if found == digest:
            data = _entry(kept, at)
            if data[:_CHECKSUM] != _checksum(data[_CHECKSUM:], digest):
                return None
            code = marshal.loads(data[_CHECKSUM:])
            return code if type(code) is CodeType else None
        if found < digest:
            low = middle + 1
        else:
            high = middle
    return None


def _packed(entries: dict[bytes, bytes]) -> bytes:
    records = [len(entries).to_bytes(_COUNT, "little")]
    start = _COUNT + len(entries) * _RECORD
    ordered = sorted(entries.items())
    for digest, data in ordered:
        records += [digest, start.to_bytes(_NUMBER, "little"), len(data).to_bytes(_NUMBER, "little")]
        start += len(data)
    return b"".join(records + [data for _, data in ordered])


def _unpacked(kept: bytes) -> dict[bytes, bytes]:
    places = range(_COUNT, _COUNT + _count(kept) * _RECORD, _RECORD)
    return {kept[at : at + _DIGEST]: _entry(kept, at) for at in places}


def _count(kept: bytes) -> int:
    """How many shapes there are; none where not even the records are whole."""
    count = int.from_bytes(kept[:_COUNT], "little")
    return count if _COUNT + count * _RECORD <= len(kept) else 0


def _entry(kept: bytes, at: int) -> bytes:
    """What the record at a place leads to."""
    numbers = at + _DIGEST
    start = int.from_bytes(kept[numbers : numbers + _NUMBER], "little")
    size = int.from_bytes(kept[numbers + _NUMBER : at + _RECORD], "little")
    return kept[start : start + size]


def _digest(key: str) -> bytes:
    from _blake2 import blake2b  # without the rest of hashlib

    return blake2b(key.encode(), digest_size=_DIGEST).digest()


def _checksum(data: bytes, digest: bytes) -> bytes:
    from _blake2 import blake2b

    return blake2b(data, digest_size=_CHECKSUM, key=digest).digest()


class Text:
    """A closure that is being written: its parameters and their values, its temporaries."""

    fast = False
    """Whether variables of the function are those of the closure, and not in a frame: see `fast`."""
    decided: dict[Any, Any]
    """What a fast text rests on, so that it can be written again, when other things hold."""

    __slots__ = ("_placeholders", "_temporaries", "budget", "loops", "marks", "names", "room", "shared_names", "values")

    def __init__(self, budget: int, room: int, marking: bool = False) -> None:
        self.budget = budget
        """The weight up to which an expression is written into its parent's text."""
        self.room = room
        """The weight of statements that may still be written into this text."""
        self.loops = 0
        """How many loops of this text are open where it is being written."""
        self.names: list[str] = []
        self.values: list[Any] = []
        self.shared_names: set[str] = set()
        self.marks: list[Any] | None = [] if marking else None
        """When positions are wanted: the nodes whose text stands between marks."""
        self._temporaries = 0
        self._placeholders: dict[str, str] = {}

    def value(self, value: Any) -> str:
        """The parameter that holds a value."""
        name = f"p{len(self.names)}"
        self.names.append(name)
        self.values.append(value)
        return name

    def shared(self, name: str, value: Any) -> str:
        """A parameter with a name of its own, bound once however often it is used."""
        if name not in self.shared_names:
            self.shared_names.add(name)
            self.names.append(name)
            self.values.append(value)
        return name

    def temporary(self) -> str:
        """A variable of the closure that nothing else uses."""
        self._temporaries += 1
        return f"t{self._temporaries}"

    def placeholder(self, name: str) -> str:
        """What stands for an attribute or a keyword in the text."""
        found = self._placeholders.get(name)
        if found is None:
            found = self._placeholders[name] = f"a{len(self._placeholders)}_"
        return found

    def mark(self, node: Any, text: str) -> str:
        """The text of a node inside the text of another, marked when positions are wanted."""
        if self.marks is None:
            return text
        self.marks.append(node)
        return f"\x01{len(self.marks) - 1}\x02{text}\x03"

    def mark_lines(self, node: Any, lines: list[str]) -> list[str]:
        """The same for the lines of a statement."""
        if self.marks is None or not lines:
            return lines
        self.marks.append(node)
        lines = [f"\x01{len(self.marks) - 1}\x02{lines[0]}", *lines[1:]]
        lines[-1] += "\x03"
        return lines

    def source(self, lines: list[str]) -> str:
        """The text of the maker."""
        body = "\n  ".join(lines)
        parameters = ", ".join([*self.names, "site"])
        return f"def make({parameters}):\n def closure(f):\n  {body}\n  if 0: site\n return closure"

    def closure(self, lines: list[str], site: Any) -> Callable[[list[Any]], Any]:
        """The closure that these lines are the body of."""
        make = maker(self.source(lines))
        if not self._placeholders:
            made: Callable[[list[Any]], Any] = make(*self.values, site)
            return made
        code = self.named(inner_code(make.__code__))
        values = dict(zip(self.names, self.values, strict=True), site=site)
        return FunctionType(code, ENVIRONMENT, None, None, tuple(CellType(values[name]) for name in code.co_freevars))

    def named(self, code: CodeType) -> CodeType:
        """The code with the program's names in the place of their placeholders."""
        names = {placeholder: name for name, placeholder in self._placeholders.items()}
        return code.replace(
            co_names=tuple(names.get(name, name) for name in code.co_names),
            co_consts=tuple(
                tuple(names.get(item, item) for item in constant) if type(constant) is tuple else constant
                for constant in code.co_consts
            ),
        )


def inner_code(code: CodeType) -> CodeType:
    """The code of the functions that a maker makes, in the maker's code."""
    return next(constant for constant in code.co_consts if isinstance(constant, CodeType))


def unmark(marked: str) -> tuple[str, list[tuple[int, int, int]]]:
    """A marked text without its marks, and for each mark (number, start, end) as offsets in that text."""
    plain: list[str] = []
    length = 0
    opened: list[tuple[int, int]] = []
    ranges: list[tuple[int, int, int]] = []
    at = 0
    while at < len(marked):
        character = marked[at]
        if character == "\x01":
            end = marked.index("\x02", at)
            opened.append((int(marked[at + 1 : end]), length))
            at = end + 1
        elif character == "\x03":
            number, start = opened.pop()
            ranges.append((number, start, length))
            at += 1
        else:
            plain.append(character)
            length += 1
            at += 1
    return "".join(plain), ranges
