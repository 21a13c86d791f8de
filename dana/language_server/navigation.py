"""Where names are defined and used, and how to give them another name without changing what the program does."""

from __future__ import annotations

import os
import re

from dana import modules, nodes
from dana.language_server import library
from dana.lexer import DEFINING, KEYWORDS, SCOPES
from dana.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dana.language_server.blocks import Occurrence
    from dana.language_server.documents import Document
    from dana.language_server.meanings import Meanings, Symbol

Place = tuple[Source, int, int]
"""A source, and from where to where."""


class Refused(Exception):
    """A name cannot be changed: why."""


def definition(meanings: Meanings, document: Document, offset: int) -> Place | None:
    """Where the name at an offset is defined, in a program, in the library's programs or in its Python files."""
    found = document.occurrence(offset)
    if found is None:
        return None
    symbol = meanings.of(document, *found)
    return None if symbol is None else place_of(symbol)


def place_of(symbol: Symbol) -> Place | None:
    """Where a symbol is defined."""
    placed = symbol.place()
    if placed is not None:
        return placed[0].source, placed[1], placed[2]
    if symbol.kind == "module" and symbol.library is not None:
        return _in_file(modules.library_file(symbol.library.name), 1, "")
    found = library.place(
        symbol.value, f"{symbol.owner}.{symbol.name}" if symbol.owner else symbol.name, symbol.library
    )
    return None if found is None else _in_file(*found, symbol.name)


def _in_file(path: str, line: int, name: str) -> Place:
    with open(path, encoding="utf-8") as file:
        source = Source(file.read(), path, path)
    start = source.starts[line - 1]
    at = source.text.find(name, start) if name else -1
    if at < 0 or source.line_of(at) > line + 1:
        return source, start, start
    return source, at, at + len(name)


def references(meanings: Meanings, document: Document, offset: int, declaration: bool = True) -> list[Place]:
    """Where the thing is used that the name at an offset means; with `declaration` also where it is defined."""
    found = document.occurrence(offset)
    symbol = None if found is None else meanings.of(document, *found)
    if symbol is None:
        return []
    own = symbol.place()
    places = []
    names = {symbol.name.rpartition(".")[2], found[1].name} if found is not None else set()
    for where, index, occurrence in _uses(meanings, document, symbol, names):
        start = where.starts[index] + occurrence.start
        if declaration or own is None or (where, start) != own[:2]:
            places.append((where.source, start, start + len(occurrence.name)))
    return places


def highlights(meanings: Meanings, document: Document, offset: int) -> list[tuple[int, int]]:
    """The same within one document."""
    return [(start, end) for source, start, end in references(meanings, document, offset) if source is document.source]


def _uses(
    meanings: Meanings, document: Document, symbol: Symbol, names: set[str]
) -> Iterator[tuple[Document, int, Occurrence]]:
    """Every occurrence of some names that means a symbol."""
    for where in _reach(meanings, document, symbol):
        for name in sorted(names):
            for index, occurrence in where.occurrences(name):
                if symbol.same(meanings.of(where, index, occurrence)):
                    yield where, index, occurrence


def _reach(meanings: Meanings, document: Document, symbol: Symbol) -> list[Document]:
    """The programs in which a symbol can be used."""
    if symbol.document is not None and symbol.scope is not None and not symbol.owner and symbol.kind != "parameter":
        return [symbol.document]
    found = [document]
    if symbol.document is not None and symbol.document is not document:
        found.append(symbol.document)
    name = symbol.name.rpartition(".")[2]
    found += [
        each for each in meanings.workspace.files() if name in each.text and all(each is not one for one in found)
    ]
    return found


def renamable(meanings: Meanings, document: Document, offset: int) -> tuple[int, int]:
    """Where the name at an offset stands; raises Refused when it cannot be changed."""
    index, occurrence, _ = _to_rename(meanings, document, offset)
    start = document.starts[index] + occurrence.start
    return start, start + len(occurrence.name)


def _to_rename(meanings: Meanings, document: Document, offset: int) -> tuple[int, Occurrence, Symbol]:
    found = document.occurrence(offset)
    if found is None:
        raise Refused("there is no name here")
    index, occurrence = found
    name = occurrence.name
    symbol = meanings.of(document, index, occurrence)
    if symbol is None:
        raise Refused(f"what {name} means is known only when the program runs")
    if symbol.kind == "module":
        raise Refused(f"{name} is a module")
    if symbol.document is None or _is_of_library(symbol.document):
        raise Refused(f"{name} belongs to the library")
    if symbol.owner.endswith(":"):
        raise Refused(f"{symbol.owner}{name} is a variable that other programs may share")
    if symbol.owner or (occurrence.kind == "attribute" and not _is_global(symbol)):
        raise Refused(f"{name} is an attribute: whose it is elsewhere is known only when the program runs")
    if symbol.kind == "variable" and isinstance(symbol.node, nodes.Parameter):
        raise Refused(f"{name} names a stage of a pipeline")
    if symbol.name != name:
        raise Refused(f"{name} is what this program calls {symbol.name}")
    return index, occurrence, symbol


def rename(meanings: Meanings, document: Document, offset: int, new: str) -> list[Place]:
    """The places that have to be changed to give the name at an offset another one; raises Refused.

    It is refused where a use could be missed, and where the new name means something already.
    """
    _, _, symbol = _to_rename(meanings, document, offset)
    home = symbol.document
    assert home is not None
    old = symbol.name
    if not new.isidentifier():
        raise Refused(f"{new!r} is not a name")
    if new in KEYWORDS or new in SCOPES:
        raise Refused(f"{new} is a keyword")
    if new in DEFINING or new in ("match", "case", "deliver", "sync"):
        raise Refused(f"{new} begins a statement")
    if new.startswith("__"):
        raise Refused("names that begin with two underscores belong to the host")
    if modules.is_builtin(new):
        raise Refused(f"{new} is a name of the library, which would be hidden")
    if new == old:
        return []
    places: list[Place] = []
    for where in _reach(meanings, home, symbol):
        _refuse_mistakes(symbol, where)
        used = False
        for index, occurrence in where.occurrences(old):
            start = where.starts[index] + occurrence.start
            if occurrence.kind == "keyword":
                if symbol.kind == "parameter" and _is_argument(meanings, where, index, occurrence, symbol):
                    places.append((where.source, start, start + len(old)))
                continue
            found = meanings.of(where, index, occurrence)
            if symbol.same(found):
                used = True
                places.append((where.source, start, start + len(old)))
            elif found is None:
                _refuse_unclear(meanings, symbol, where, occurrence, start)
        if used:
            _refuse_clash(meanings, symbol, where, new)
            if where is not home and any(True for _ in where.star_imports()):
                raise Refused(f"{where.source.name} imports all names of a module with *")
    return places


def _refuse_mistakes(symbol: Symbol, where: Document) -> None:
    """Raise Refused where the name may stand in what could not be read, or in the list of what a module exports."""
    name = symbol.name
    for index, block in enumerate(where.blocks):
        own = symbol.scope is None or (where is symbol.document and index == symbol.index)
        used = own or (symbol.kind == "parameter" and re.search(rf"\b{name}\s*=", block.text) is not None)
        if used and not block.whole and any(True for _ in block.words(name)):
            raise Refused(f"{where.source.name} has mistakes, among which {name} may stand")
    exports = where.globals.get("__all__")
    if symbol.scope is None and exports is not None:
        written = where.blocks[exports[0]].text
        if f'"{name}"' in written or f"'{name}'" in written:
            raise Refused(f"{name} is written as a text in __all__ of {where.source.name}")


def _is_argument(meanings: Meanings, where: Document, index: int, occurrence: Occurrence, symbol: Symbol) -> bool:
    """Whether an argument is given to a parameter by its name; raises Refused when nobody can tell."""
    call = next(
        node for node in reversed(occurrence.path[:-1]) if isinstance(node, (nodes.Call, nodes.ClassDefinition))
    )
    own = symbol.scope.node if symbol.scope is not None else None
    if isinstance(call, nodes.ClassDefinition) or not isinstance(own, nodes.FunctionDefinition):
        return False
    function, scope = call.function, occurrence.scope
    called: Symbol | None = None
    around = symbol.scope.parent if symbol.scope is not None else None
    is_method = own.kind == "receiver" or (around is not None and around.kind == "class")
    if isinstance(function, nodes.Name):
        called = meanings.name(where, index, scope, function.id)
    elif isinstance(function, nodes.Attribute):
        value = meanings.value(where, index, scope, function.value)
        if value is not None and value.symbol.kind == "module":
            called = meanings.members(value).get(function.name)
        elif function.name != own.name:
            return False
    if called is not None and called.document is None:
        return False
    if called is not None and called.kind in ("function", "workflow") and not is_method:
        if called.node is own and meanings.is_only(called):
            return True
        if called.node is not own and called.name != own.name:
            return False
    if called is not None and isinstance(called.node, nodes.ClassDefinition):
        if called.node.kind != "class" or own.name != "__init__":
            return False
        return meanings.initialiser(called) is own
    start = where.starts[index] + occurrence.start
    line = f"{where.source.name}:{where.source.line_of(start)}"
    raise Refused(f"{symbol.name}=... on {line} may be an argument for it")


def _refuse_unclear(meanings: Meanings, symbol: Symbol, where: Document, occurrence: Occurrence, start: int) -> None:
    """Raise Refused for a name that may mean the symbol, when nobody can tell."""
    line = f"{where.source.name}:{where.source.line_of(start)}"
    called = occurrence.kind == "attribute" and symbol.kind in ("function", "workflow") and _is_called(occurrence)
    if called and (where is symbol.document or symbol.same(meanings.global_name(where, symbol.name))):
        raise Refused(f"x.{symbol.name}(...) on {line} may call it too")
    if occurrence.kind == "name" and symbol.kind in ("variable", "parameter") and where is symbol.document:
        raise Refused(f"{symbol.name} on {line} may be taken from the function that calls that one")


def _is_called(occurrence: Occurrence) -> bool:
    call = occurrence.path[-2] if len(occurrence.path) > 1 else None
    return isinstance(call, nodes.Call) and call.function is occurrence.node


def _refuse_clash(meanings: Meanings, symbol: Symbol, where: Document, new: str) -> None:
    """Raise Refused where the new name is used already in reach of the old one."""
    scope = symbol.scope
    blocks = range(len(where.blocks)) if scope is None else [symbol.index]
    for index in blocks:
        block = where.blocks[index]
        for at in block.words(new):
            found = block.occurrence(at)
            if found is None or found.kind in ("attribute", "keyword", "module"):
                continue
            inside = scope is None or scope.node.start <= found.start <= scope.node.end
            if inside:
                line = where.source.line_of(where.starts[index] + at)
                raise Refused(f"{new} is used already, on {where.source.name}:{line}")


def _is_global(symbol: Symbol) -> bool:
    return symbol.scope is None and not symbol.owner


def _is_of_library(document: Document) -> bool:
    return document.path is not None and document.path.startswith(modules.library_folder() + os.sep)
