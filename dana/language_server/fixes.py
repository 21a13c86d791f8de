"""Ways out of findings as edits, and types written where they have been found."""

from __future__ import annotations

import re

from dana import nodes
from dana.answers import Anything, Boolean, Either, List, Literal, Number, Object, String, Text
from dana.formatting import represent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dana.answers import Shape
    from dana.errors import Diagnostic
    from dana.language_server.documents import Document
    from dana.models.inspection import Asked

Edit = tuple[int, int, str]
"""From where to where, and what comes there."""

_MEANT = re.compile(r"did you mean '?([^'?]+?)'?\?$")
_WRITTEN = {"is-literal": {"use ==": ("is", "=="), "use !=": ("is not", "!=")}}


class Fix:
    """A change: what it does, its edits, and the finding that it is the way out of (None for none)."""

    __slots__ = ("diagnostic", "edits", "title")

    def __init__(self, title: str, edits: list[Edit], diagnostic: Diagnostic | None) -> None:
        self.title = title
        self.edits = edits
        self.diagnostic = diagnostic


def fixes(document: Document, found: list[Diagnostic], asked: list[Asked], start: int, end: int) -> Iterator[Fix]:
    """What can be changed from `start` to `end`; the findings and calls are those of the same text."""
    for diagnostic in found:
        if diagnostic.start <= end and start <= diagnostic.end:
            yield from _ways_out(document, diagnostic)
    for call in asked:
        if call.node.start <= end and start <= call.node.end:
            yield from _annotation(document, call)


def _ways_out(document: Document, diagnostic: Diagnostic) -> Iterator[Fix]:
    start, end = diagnostic.start, diagnostic.end
    meant = _MEANT.search((diagnostic.hint or "").partition("\n")[0])
    if meant is not None:
        yield Fix(f"Change to {meant[1]}", [(start, end, meant[1])], diagnostic)
    elif diagnostic.code == "unused-import":
        yield Fix("Remove this import", [_without_import(document, start)], diagnostic)
    elif diagnostic.code == "unused-variable":
        name = document.text[start:end]
        yield Fix(f"Call it _{name}", [(start, end, f"_{name}")], diagnostic)
    elif diagnostic.code in _WRITTEN:
        old, new = _WRITTEN[diagnostic.code].get(diagnostic.hint or "", ("", ""))
        text = document.text[start:end]
        places = [found.span() for found in re.finditer(rf"\b{old}\b", text)] if old else []
        if len(places) == 1:
            yield Fix(f"Write {new}", [(start + places[0][0], start + places[0][1], new)], diagnostic)
    elif diagnostic.code == "missing-colon":
        yield Fix("Add ':'", [(start, start, ":")], diagnostic)


def _without_import(document: Document, offset: int) -> Edit:
    """The edit that takes away one name of an import, or the whole statement where it has no other."""
    index = document.index_of(offset)
    block, begin = document.blocks[index], document.starts[index]
    path = block.path(offset - begin)
    alias = next(node for node in reversed(path) if isinstance(node, nodes.Alias))
    statement = next(node for node in reversed(path) if isinstance(node, (nodes.Import, nodes.ImportFrom)))
    text = document.text
    if len(statement.names) > 1:
        at = next(at for at, each in enumerate(statement.names) if each is alias)
        if at:
            before = statement.names[at - 1]
            return begin + _alias_end(block.text, before), begin + _alias_end(block.text, alias), ""
        return begin + alias.start, begin + statement.names[1].start, ""
    start, end = begin + statement.start, begin + statement.end
    line = text.rfind("\n", 0, start) + 1
    alone = not text[line:start].strip()
    rest = text.find("\n", end)
    rest = len(text) if rest < 0 else rest
    if not alone or text[end:rest].strip():
        return start, end, "pass"
    body = next((node for node in reversed(path) if node is not statement and hasattr(node, "body")), None)
    if body is not None and not isinstance(body, nodes.Module) and len(body.body) == 1:
        return start, end, "pass"
    return line, min(rest + 1, len(text)), ""


def _alias_end(text: str, alias: nodes.Alias) -> int:
    if not alias.bound:
        return alias.end
    at = text.find(alias.bound, alias.start + len(alias.name))
    return at + len(alias.bound)


def _annotation(document: Document, call: Asked) -> Iterator[Fix]:
    """The type that was found for an answer, written at the variable that gets it."""
    if call.wanted.stated or call.wanted.problem is not None:
        return
    written = annotation(call.shape)
    if written is None:
        return
    index = document.index_of(call.node.start)
    begin = document.starts[index]
    for node in reversed(document.blocks[index].path(call.node.start - begin)):
        if isinstance(node, nodes.Assignment):
            target = node.targets[0]
            plain = len(node.targets) == 1 and isinstance(target, nodes.Name)
            if plain and (begin + node.value.start, begin + node.value.end) == (call.node.start, call.node.end):
                yield Fix(
                    f"State the type: {written}", [(begin + target.end, begin + target.end, f": {written}")], None
                )
            return


def annotation(shape: Shape) -> str | None:
    """A shape as a program states it; None where only a struct could."""
    if isinstance(shape, (Object, Anything)):
        return None
    if isinstance(shape, Text):
        return "str"
    if isinstance(shape, Boolean):
        return "bool"
    if isinstance(shape, Number):
        name = "int" if shape.whole else "float"
        return name if shape.low is None or shape.high is None else f"{name} in {shape.low}..{shape.high}"
    if isinstance(shape, String):
        return " | ".join(f'"{each}"' for each in shape.choices) if shape.choices else "str"
    if isinstance(shape, Literal):
        return represent(shape.value)
    if isinstance(shape, List):
        item = annotation(shape.item)
        return f"list[{item}]" if item is not None else "list"
    if isinstance(shape, Either):
        parts = [annotation(each) for each in shape.members]
        return None if None in parts else " | ".join(each for each in parts if each is not None)
    return None
