"""The parts of a program: its definitions as a tree, and what can be folded."""

from __future__ import annotations

import re

from dana import nodes
from dana.check import place_of
from dana.documentation import signature_of, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from dana.language_server.blocks import Block
    from dana.language_server.documents import Document, Workspace

_COMPOUND = (
    nodes.If, nodes.While, nodes.For, nodes.Try, nodes.With, nodes.Match, nodes.FunctionDefinition,
    nodes.ClassDefinition, nodes.ExceptClause, nodes.MatchCase,
)  # fmt: skip
_BRACKETED = (
    nodes.ListDisplay, nodes.DictDisplay, nodes.SetDisplay, nodes.TupleDisplay, nodes.Call, nodes.Constant,
    nodes.JoinedString,
)  # fmt: skip


class Entry:
    """A definition: what it is called, its kind, where all of it and where its name stands, and what is inside."""

    __slots__ = ("detail", "end", "inside", "kind", "name", "name_end", "name_start", "start")

    def __init__(
        self, name: str, kind: str, detail: str, start: int, end: int, name_start: int, name_end: int,
        inside: list[Entry],
    ) -> None:  # fmt: skip
        self.name = name
        self.kind = kind
        self.detail = detail
        self.start = start
        self.end = end
        self.name_start = name_start
        self.name_end = name_end
        self.inside = inside


def entries(document: Document) -> list[Entry]:
    """The definitions of a program, and the variables of its first level, in their order."""
    found: list[Entry] = []
    seen: set[str] = set()
    for block, begin in zip(document.blocks, document.starts, strict=True):
        for entry in _kept(block):
            if entry.kind == "variable":
                if entry.name in seen:
                    continue
                seen.add(entry.name)
            found.append(_moved(entry, begin))
    return found


def matching(workspace: Workspace, query: str) -> Iterator[tuple[Document, Entry, str]]:
    """The definitions of all programs whose name holds the letters of a query in their order, and what they are in."""
    for document in workspace.files():
        for entry in entries(document):
            for inner, within in _flat(entry, ""):
                if has_letters(inner.name.lower(), query.lower()):
                    yield document, inner, within


def folds(document: Document) -> list[tuple[int, int, str]]:
    """The first and last line (from 0) of what can be folded, and whether it is "region", "comment" or "imports"."""
    found: set[tuple[int, int, str]] = set()
    lines = document.source
    imports: list[int] = []
    for block, begin in zip(document.blocks, document.starts, strict=True):
        kept = block.facts.get("folds")
        if kept is None:
            kept = block.facts["folds"] = list(_folds(block))
        first = lines.line_of(begin) - 1
        found.update((start + first, end + first, kind) for start, end, kind in kept)
        if block.module.body and all(isinstance(each, (nodes.Import, nodes.ImportFrom)) for each in block.module.body):
            imports.append(first)
            imports.append(lines.line_of(begin + block.module.body[-1].end) - 1)
        elif imports:
            found.update(_imports(imports))
            imports = []
    found.update(_imports(imports))
    comment: int | None = None
    count = len(lines.starts)
    for number in range(count + 1):
        is_comment = number < count and lines.line(number + 1).lstrip().startswith("#")
        if is_comment and comment is None:
            comment = number
        elif not is_comment and comment is not None:
            if number - comment > 1:
                found.add((comment, number - 1, "comment"))
            comment = None
    return sorted(found)


def _imports(lines: list[int]) -> list[tuple[int, int, str]]:
    return [(lines[0], lines[-1], "imports")] if lines and lines[-1] > lines[0] else []


def _folds(block: Block) -> Iterator[tuple[int, int, str]]:
    source = block.source
    for node in block.module.walk():
        if not isinstance(node, _COMPOUND) and not isinstance(node, _BRACKETED):
            continue
        start, end = source.line_of(node.start) - 1, source.line_of(node.end) - 1
        if isinstance(node, _BRACKETED):
            if end - 1 > start:
                yield start, end - 1, "region"
            continue
        if isinstance(node, (nodes.FunctionDefinition, nodes.ClassDefinition)) and node.decorators:
            start = source.line_of(place_of(node.name, node, block.text)[0]) - 1
        for at, part in enumerate(_bodies(node)):
            last = source.line_of(part[-1].end) - 1 if part else 0
            first = start if at == 0 else _header(block, part[0].start)
            if last > first:
                yield first, last, "region"


def _bodies(node: Any) -> list[tuple[Any, ...]]:
    """The blocks of a statement, the first one first; an `elif` is a statement of its own."""
    if isinstance(node, nodes.Match):
        return [node.cases]
    found = [node.body]
    otherwise = getattr(node, "otherwise", ())
    if otherwise and not (isinstance(node, nodes.If) and len(otherwise) == 1 and type(otherwise[0]) is nodes.If):
        found.append(otherwise)
    if isinstance(node, nodes.Try) and node.final:
        found.append(node.final)
    return found


def _header(block: Block, body: int) -> int:
    """The line of the `else:` or `finally:` above a body."""
    text = block.text
    places = [found.start() for found in re.finditer(r"\b(?:else|finally)\s*:", text[:body])]
    return block.source.line_of(places[-1] if places else body) - 1


def _kept(block: Block) -> list[Entry]:
    found: list[Entry] | None = block.facts.get("entries")
    if found is None:
        found = block.facts["entries"] = list(_entries(block, block.module.body, False))
    return found


def _entries(block: Block, body: Any, inside_class: bool) -> Iterator[Entry]:
    text = block.text
    for node in body:
        if isinstance(node, nodes.FunctionDefinition):
            kind = "workflow" if node.kind == "workflow" else "method" if inside_class else "function"
            detail = signature_of(node, block.source)
            name = place_of(node.name, node, text)
            inner = [each for each in _entries(block, node.body, False) if each.kind != "variable"]
            yield Entry(node.name, kind, detail, node.start, node.end, *name, inner)
        elif isinstance(node, nodes.ClassDefinition):
            name = place_of(node.name, node, text)
            inner = list(_entries(block, node.body, True))
            yield Entry(node.name, node.kind, node.kind, node.start, node.end, *name, inner)
        elif isinstance(node, nodes.AnnotatedAssignment) and isinstance(node.target, nodes.Name):
            kind = "field" if inside_class else "variable"
            name = node.target.start, node.target.end
            detail = words_of(node.annotation, block.source)
            yield Entry(node.target.id, kind, detail, node.start, node.end, *name, [])
        elif isinstance(node, nodes.Assignment):
            kind = "field" if inside_class else "variable"
            for target in node.targets:
                if isinstance(target, nodes.Name) and target.id[0] != "$":
                    yield Entry(target.id, kind, "", node.start, node.end, target.start, target.end, [])
        elif isinstance(node, (nodes.If, nodes.Try, nodes.With, nodes.For, nodes.While)):
            for part in _bodies(node):
                yield from _entries(block, part, inside_class)


def _moved(entry: Entry, by: int) -> Entry:
    return Entry(
        entry.name, entry.kind, entry.detail, entry.start + by, entry.end + by, entry.name_start + by,
        entry.name_end + by, [_moved(each, by) for each in entry.inside],
    )  # fmt: skip


def _flat(entry: Entry, within: str) -> Iterator[tuple[Entry, str]]:
    yield entry, within
    for each in entry.inside:
        yield from _flat(each, entry.name)


def has_letters(name: str, query: str) -> bool:
    """Whether a name holds the letters of a query in their order."""
    letters = iter(name)
    return all(letter in letters for letter in query)
