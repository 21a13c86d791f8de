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

ENVIRONMENT: dict[str, Any] = {"__name__": "__main__"}
"""What the text of templates may name: the host's built-ins and the functions of `operators`."""

MOST_KEPT = 3000
LARGEST_KEPT = 4 * 1024 * 1024
"""How many shapes, and bytes, are kept between runs; when there are more, keeping begins anew."""

_CHECKSUM = 8
_KEPT = f"shapes-{__version__}-{sys.implementation.cache_tag}-{sys.hexversion:x}.marshal"

_codes: dict[str, CodeType] = {}
_makers: dict[str, Callable[..., Any]] = {}
_kept: dict[str, bytes] | None = None
"""Codes of earlier runs, marshalled behind their checksums; None before they are first asked for."""
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
            _kept = _load_kept()
        data = _kept.get(key)
        code = None if data is None else _revived(data)
        if code is None:
            code = compile(source, filename, "exec", dont_inherit=True).co_consts[0]
            _fresh.append(key)
        _codes[key] = code
    return code


def save_shapes() -> None:
    """Keep what this run has compiled for later runs, when it is enough to be worth it."""
    fresh, _fresh[:] = _fresh[:], []
    if not fresh or len(fresh) * 500 < len(_kept or ()):
        return
    kept = _load_kept()  # others may have written since this run began
    for key in fresh:
        data = marshal.dumps(_codes[key])
        kept[key] = _checksum(data) + data
    written = marshal.dumps(kept)
    if len(kept) > MOST_KEPT or len(written) > LARGEST_KEPT:
        written = marshal.dumps({key: kept[key] for key in fresh[:MOST_KEPT]})
    write(_KEPT, written)


def _load_kept() -> dict[str, bytes]:
    try:
        found = marshal.loads(read(_KEPT) or b"")
    except (ValueError, TypeError, EOFError, MemoryError):
        return {}
    return found if type(found) is dict else {}


def _revived(data: bytes) -> CodeType | None:
    """The code in kept data; None when it is damaged."""
    if type(data) is not bytes or data[:_CHECKSUM] != _checksum(data[_CHECKSUM:]):
        return None
    code = marshal.loads(data[_CHECKSUM:])
    return code if type(code) is CodeType else None


def _checksum(data: bytes) -> bytes:
    from _blake2 import blake2b  # without the rest of hashlib

    return blake2b(data, digest_size=_CHECKSUM).digest()


class Text:
    """A closure that is being written: its parameters and their values, its temporaries."""

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
        code = inner_code(make.__code__)
        names = {placeholder: name for name, placeholder in self._placeholders.items()}
        code = code.replace(
            co_names=tuple(names.get(name, name) for name in code.co_names),
            co_consts=tuple(
                tuple(names.get(item, item) for item in constant) if type(constant) is tuple else constant
                for constant in code.co_consts
            ),
        )
        values = dict(zip(self.names, self.values, strict=True), site=site)
        return FunctionType(code, ENVIRONMENT, None, None, tuple(CellType(values[name]) for name in code.co_freevars))


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
