"""A program cut into the statements of its first level, each read and resolved by itself.

What is known of a block follows from its text alone: offsets count from its beginning. So a block is kept as long as
its text stays, wherever it moves to, and after an edit only the blocks that changed are read again. A statement that
does not parse is covered (dana.syntax), and the rest of its block is known nevertheless.
"""

from __future__ import annotations

import re
from functools import cached_property

from dana import nodes
from dana.check import owner_of, place_of
from dana.errors import ProgramError
from dana.parser import parse
from dana.resolver import resolve
from dana.source import Source
from dana.syntax import MOST, cover, repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from dana.resolver import Resolution, Scope

_SCAN = re.compile(
    r'"""(?:[^"\\]++|\\[\s\S]|"(?!""))*+"""'
    r"|'''(?:[^'\\]++|\\[\s\S]|'(?!''))*+'''"
    r'|"(?:[^"\\\n]++|\\[\s\S])*+"'
    r"|'(?:[^'\\\n]++|\\[\s\S])*+'"
    r"|#[^\n]*+|[(\[{]|[)\]}]|(?<!\\)\n(?=[^\s#)\]}])"
)
_GOES_ON = re.compile(r"(?:elif|else|except|finally|case)\b")
_BEGINS = re.compile(
    r"(?:def|class|struct|agent|agent_blueprint|resource|interface|workflow|import|while|with|try)\b[^=\n]*[:(\w]|@\w"
)
"""A line that begins a statement even where a bracket above is open: somebody is still writing there."""

COMPREHENSIONS = (
    nodes.ListComprehension,
    nodes.SetComprehension,
    nodes.DictComprehension,
    nodes.GeneratorExpression,
)
WORD = re.compile(r"[^\W\d]\w*")


def split(text: str) -> list[str]:
    """The blocks of a text, which together are the text."""
    cuts = [0]
    depth = 0
    decorated = text.startswith("@")
    for found in _SCAN.finditer(text):
        mark = text[found.start()]
        if mark == "\n":
            at = found.end()
            if depth and _BEGINS.match(text, at):
                depth = 0
            if depth or _GOES_ON.match(text, at):
                continue
            if not decorated:
                cuts.append(at)
            decorated = text[at] == "@"
        elif mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth = max(0, depth - 1)
    return [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]


class Occurrence:
    """A name in a block: where it stands, the node that has it there, those around it, and the scope it is meant in.

    `kind` is "name", "attribute", "keyword" (of a call), "parameter", "function", "class", "import", "module" (in an
    import) or "binding" (in `except ... as`, patterns, `global`).
    """

    __slots__ = ("block", "end", "kind", "name", "node", "path", "scope", "start")

    def __init__(
        self, block: Block, kind: str, name: str, start: int, end: int, path: Sequence[Any], scope: Scope
    ) -> None:
        self.block = block
        self.kind = kind
        self.name = name
        self.start = start
        self.end = end
        self.path = path
        self.node = path[-1]
        self.scope = scope


class Block:
    """A statement of the first level with the comments behind it; all offsets count from its beginning.

    It is read when somebody asks for more than its text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.source = Source(text)
        self.facts: dict[str, Any] = {}
        """What others have found out about this text and want to keep."""

    @cached_property
    def _read(self) -> tuple[nodes.Module, Resolution]:
        return _read(self.text)

    @property
    def module(self) -> nodes.Module:
        """The tree of all that can be read."""
        return self._read[0]

    @property
    def scopes(self) -> dict[int, Scope]:
        """The scopes by the identity of their node."""
        return self._read[1].scopes

    @property
    def top(self) -> Scope:
        """The scope of the module."""
        return self.scopes[id(self.module)]

    @property
    def whole(self) -> bool:
        """Whether all of it could be read."""
        return self._read[1].source.text == self.text

    @property
    def star_imports(self) -> list[nodes.ImportFrom]:
        """The imports of the block that bind names which only the other module knows."""
        return self._read[1].star_imports

    # Places

    def path(self, offset: int) -> list[Any]:
        """The nodes that hold an offset, outermost first; the parameters of a function are directly inside of it."""
        found: list[Any] = [self.module]
        while True:
            inner = None
            for child in inside(found[-1]):
                if child.start <= offset <= child.end and (inner is None or child.start >= inner.start):
                    inner = child
            if inner is None:
                return found
            found.append(inner)

    def scope_of(self, path: Sequence[Any], offset: int) -> Scope:
        """The scope in which the names at an offset are meant, the nodes around it being known."""
        scope = self.top
        for node, below in zip(path, [*path[1:], None], strict=True):
            inner = self.scopes.get(id(node))
            if inner is not None and inner is not self.top and _is_within(node, below, path, offset):
                scope = inner
        return scope

    def scoped(self) -> Iterator[tuple[Any, Scope, Any]]:
        """Every node with the scope that its names are meant in, and the node around it."""
        stack: list[tuple[Any, Scope, Any]] = [(self.module, self.top, None)]
        while stack:
            node, scope, around = stack.pop()
            yield node, scope, around
            kind = type(node)
            own = self.scopes.get(id(node)) if kind is not nodes.Module else None
            for child in inside(node):
                if own is not None:
                    is_own = _has_own_scope(node, child)
                    stack.append((child, own if is_own else scope, node))
                elif kind is nodes.Parameter or (
                    kind is nodes.ForClause and child is node.iterable and node is around.clauses[0]
                ):
                    stack.append((child, scope.parent or scope, node))
                else:
                    stack.append((child, scope, node))

    def occurrence(self, offset: int) -> Occurrence | None:
        """The name at an offset, or right before it."""
        start = offset
        while start > 0 and _in_word(self.text[start - 1]):
            start -= 1
        found = WORD.match(self.text, start)
        if found is None or found.end() < offset:
            return None
        word, end = found.group(), found.end()
        path = self.path(start)
        for at in range(len(path), 0, -1):
            kind = self._mentions(path[at - 1], word, start)
            if kind is not None:
                outer = path[: at - 1] if kind in ("function", "class") else path
                return Occurrence(self, kind, word, start, end, path[:at], self.scope_of(outer, start))
        return None

    def _mentions(self, node: Any, word: str, start: int) -> str | None:
        """How a node has a name at an offset, or None."""
        kind = type(node)
        if kind is nodes.Name:
            return "name" if node.id == word and node.end - len(word) == start else None
        if kind is nodes.Attribute:
            return "attribute" if node.name == word and node.end - len(word) == start else None
        if kind is nodes.Keyword:
            return "keyword" if node.name == word and node.start == start else None
        if kind is nodes.ImportFrom:
            behind = self.text.find("import", node.start, node.end)
            return "module" if start < behind and word in node.module.split(".") else None
        if kind is nodes.Alias:
            if node.bound == word and self.text[:start].rstrip().endswith(" as"):
                return "import"
            return "import" if word in node.name.split(".") else None
        if kind is nodes.FunctionDefinition or kind is nodes.ClassDefinition or kind is nodes.Parameter:
            if node.name != word or place_of(word, node, self.text)[0] != start:
                return None
            return {nodes.FunctionDefinition: "function", nodes.ClassDefinition: "class"}.get(kind, "parameter")
        if kind in (nodes.Global, nodes.Nonlocal):
            return "binding" if word in node.names else None
        if kind in (nodes.ExceptClause, nodes.CapturePattern, nodes.StarPattern, nodes.AsPattern):
            return "binding" if node.name == word and not self._is_in_body(node, start) else None
        if kind is nodes.MappingPattern:
            return "binding" if node.rest == word else None
        return None

    def _is_in_body(self, node: Any, start: int) -> bool:
        return isinstance(node, nodes.ExceptClause) and bool(node.body) and start >= node.body[0].start

    def owner_of(self, scope: Scope, name: str) -> Scope | None:
        """The scope inside of the block that binds a name; None for what the module binds, or no one here."""
        owner = owner_of(scope, name, self.top)
        return None if owner is self.top else owner

    def name_place(self, name: str, node: Any) -> tuple[int, int]:
        """Where the node that binds a name has it."""
        if isinstance(node, nodes.Alias) and node.bound:
            at = self.text.rfind(name, node.start, node.end + len(name) + 4)
            return at, at + len(name)
        if node.start == node.end:  # what a stage of a pipeline is called
            return node.start, node.start + len(name)
        return place_of(name, node, self.text)

    def words(self, name: str) -> Iterator[int]:
        """Where a word stands in the text, be it a name or not."""
        at = self.text.find(name)
        while at >= 0:
            end = at + len(name)
            if not (at and _in_word(self.text[at - 1])) and not _in_word(self.text[end : end + 1] or " "):
                yield at
            at = self.text.find(name, end)


def _read(text: str) -> tuple[nodes.Module, Resolution]:
    """The tree and the names of a text, with the statements covered that have mistakes; the source tells which."""
    for _ in range(MOST):
        source = Source(text)
        module: nodes.Module | None
        try:
            module = parse(source)
        except ProgramError:
            text, module = repair(text)
            source = Source(text)
        if module is None:
            break
        try:
            return module, resolve(module, source)
        except ProgramError as error:
            covered = text
            for diagnostic in reversed(error.diagnostics):
                covered = cover(covered, diagnostic.start)
            if covered == text:
                break
            text = covered
    empty = nodes.Module(0, len(text), ())
    return empty, resolve(empty, Source(""))


def inside(node: Any) -> Iterator[Any]:
    """The nodes directly inside of one, with parameters and their parts instead of the list of them."""
    for child in node.children():
        if type(child) is nodes.Parameters:
            yield from child.all()
        else:
            yield child


def _has_own_scope(node: Any, child: Any) -> bool:
    """Whether a part of a function, class, lambda or comprehension belongs to the scope that this one opens."""
    if isinstance(node, COMPREHENSIONS) or type(child) is nodes.Parameter:
        return True
    if isinstance(node, nodes.Lambda):
        return child is node.body
    return any(child is statement for statement in node.body)


def _is_within(node: Any, below: Any, path: Sequence[Any], offset: int) -> bool:
    """Whether an offset is in the part of a node that has a scope of its own; `below` is the next node around it."""
    if isinstance(node, COMPREHENSIONS):
        return not (below is node.clauses[0] and any(each is below.iterable for each in path))
    if type(below) is nodes.Parameter:
        parts = [part for part in (below.annotation, below.default) if part is not None]
        return not any(part.start <= offset <= part.end for part in parts)
    if below is None and not isinstance(node, nodes.Lambda):
        return bool(node.body) and bool(offset >= node.body[0].start)
    return _has_own_scope(node, below)


def _in_word(character: str) -> bool:
    return character == "_" or character.isalnum()
