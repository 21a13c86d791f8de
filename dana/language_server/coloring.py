"""The tokens of a program with what they mean: keywords, texts, comments, and each name by what it stands for."""

from __future__ import annotations

from dana import modules, nodes
from dana.language_server import library
from dana.language_server.blocks import WORD
from dana.language_server.completion import loose_tokens
from dana.lexer import DEFINING, KEYWORDS, MASTER, LexicalError, tokenize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from dana.language_server.blocks import Block
    from dana.language_server.documents import Document
    from dana.language_server.meanings import Meanings
    from dana.lexer import Token
    from dana.resolver import Scope

KINDS = (
    "keyword", "function", "method", "parameter", "variable", "class", "struct", "property", "string", "number",
    "comment", "namespace",
)  # fmt: skip
MODIFIERS = ("declaration", "defaultLibrary")
DECLARATION, LIBRARY = 1, 2

Colored = tuple[int, int, str, int]
"""From where to where, the kind, and the modifiers as bits; a kind that begins with "=" is that of a global name."""

_KEYWORDS = frozenset(KEYWORDS.values()) | frozenset(DEFINING.values()) | {"MATCH", "CASE", "SYNC", "CAPTURE"}
_SYMBOLS = {
    "function": "function", "workflow": "function", "method": "method", "class": "class", "interface": "class",
    "resource": "class", "struct": "struct", "agent_blueprint": "class", "agent": "variable", "module": "namespace",
    "type": "class", "error": "class", "field": "property", "parameter": "parameter",
}  # fmt: skip


def colored(meanings: Meanings, document: Document) -> Iterator[Colored]:
    """The tokens of a program that have a color, in their order; none goes over the end of a line."""
    known: dict[str, tuple[str, int]] = {}
    for block, begin in zip(document.blocks, document.starts, strict=True):
        for start, end, kind, modifiers in _kept(block):
            if kind[0] == "=":
                name = kind[1:]
                found = known.get(name)
                if found is None:
                    found = known[name] = _global_kind(meanings, document, name)
                yield begin + start, begin + end, found[0], modifiers | found[1]
            else:
                yield begin + start, begin + end, kind, modifiers


def _global_kind(meanings: Meanings, document: Document, name: str) -> tuple[str, int]:
    """The kind of a name that is meant at module level."""
    symbol = meanings.global_name(document, name)
    if symbol is not None:
        return _SYMBOLS.get(symbol.kind, "variable"), LIBRARY if symbol.document is None else 0
    if modules.program_of(name) is not None:
        return "class" if name[0].isupper() else "function", LIBRARY
    if modules.is_builtin(name):
        return _SYMBOLS.get(library.kind_of(modules.builtin(name)), "variable"), LIBRARY
    return "variable", 0


def _kept(block: Block) -> list[Colored]:
    found: list[Colored] | None = block.facts.get("colors")
    if found is None:
        names = dict(_names(block))
        found = []
        for start, end, kind, modifiers in _tokens(block, names):
            found += _in_lines(block.text, start, end, kind, modifiers)
        block.facts["colors"] = found
    return found


def _in_lines(text: str, start: int, end: int, kind: str, modifiers: int) -> Iterator[Colored]:
    while True:
        line = text.find("\n", start, end)
        if line < 0:
            break
        if line > start:
            yield start, line, kind, modifiers
        start = line + 1
        while start < end and text[start] in " \t":
            start += 1
    if end > start:
        yield start, end, kind, modifiers


def _tokens(block: Block, names: dict[int, tuple[str, int]]) -> Iterator[Colored]:
    """The tokens of a block, with the comments that stand between them."""
    text = block.text
    try:
        tokens = tokenize(text)
    except LexicalError:
        tokens = loose_tokens(text, len(text)) or []
    fields = [node for node in block.module.walk() if type(node) is nodes.Interpolation] if "{" in text else []
    at = 0
    for token in tokens:
        yield from _comments(text, at, token[2])
        at = max(at, token[3])
        if token[0] == "FSTRING":
            inside = [each.value for each in fields if token[2] < each.start and each.end < token[3]]
            yield from _fields(text, token, inside, names)
        else:
            yield from _one(token, names)
    yield from _comments(text, at, len(text))


def _fields(text: str, token: Token, values: list[Any], names: dict[int, tuple[str, int]]) -> Iterator[Colored]:
    """The parts of an f-string: text, and the tokens of what stands in its fields."""
    at = token[2]
    for value in sorted(values, key=lambda value: (value.start, -value.end)):
        if value.start < at or value.end > token[3]:
            continue  # inside of a field that is done
        try:
            inside = tokenize(text, value.start, value.end, expression=True)
        except LexicalError:
            continue
        yield at, value.start, "string", 0
        for each in inside:
            if each[0] == "FSTRING":
                inner = [one for one in values if each[2] < one.start and one.end < each[3]]
                yield from _fields(text, each, inner, names)
            else:
                yield from _one(each, names)
        at = value.end
    yield at, token[3], "string", 0


def _one(token: Token, names: dict[int, tuple[str, int]]) -> Iterator[Colored]:
    kind, _, start, end = token
    if kind == "STRING":
        yield start, end, "string", 0
    elif kind == "NUMBER":
        yield start, end, "number", 0
    elif kind in _KEYWORDS:
        yield start, end, "keyword", 0
    elif kind == "SCOPED":
        colon = token[1].index(":")
        yield start, start + colon, "keyword", 0
        yield start + colon + 1, end, "variable", 0
    elif kind == "NAME":
        found = names.get(start)
        if found is not None:
            yield start, end, *found


def _comments(text: str, start: int, end: int) -> Iterator[Colored]:
    if "#" not in text[start:end]:
        return
    for found in MASTER.finditer(text, start, end):
        if found.lastgroup == "COMMENT":
            yield found.start(), found.end(), "comment", 0


def _names(block: Block) -> Iterator[tuple[int, tuple[str, int]]]:
    """Where a name begins, with its kind and modifiers."""
    for node, scope, around in block.scoped():
        kind = type(node)
        if kind is nodes.Name:
            if node.start < node.end and node.id[0] != "$":
                yield node.start, _variable(block, scope, node.id)
        elif kind is nodes.Attribute:
            called = type(around) is nodes.Call and around.function is node
            yield node.end - len(node.name), ("method" if called else "property", 0)
        elif kind is nodes.Keyword and node.name is not None:
            yield node.start, ("parameter", 0)
        elif kind is nodes.FunctionDefinition:
            in_class = type(around) is nodes.ClassDefinition or node.kind == "receiver"
            yield block.name_place(node.name, node)[0], ("method" if in_class else "function", DECLARATION)
        elif kind is nodes.ClassDefinition:
            yield block.name_place(node.name, node)[0], (_SYMBOLS[node.kind], DECLARATION)
        elif kind is nodes.Parameter:
            yield block.name_place(node.name, node)[0], ("parameter", DECLARATION)
        elif kind is nodes.Import or kind is nodes.ImportFrom:
            yield from _imported(block, node)
        elif kind in _BINDING and _bound_name(node) is not None:
            yield _bound_place(block, node), ("variable", DECLARATION)


_BINDING = (nodes.ExceptClause, nodes.CapturePattern, nodes.StarPattern, nodes.AsPattern, nodes.MappingPattern)


def _bound_name(node: Any) -> str | None:
    name: str | None = node.rest if type(node) is nodes.MappingPattern else node.name
    return name


def _bound_place(block: Block, node: Any) -> int:
    """Where a pattern, or an `except`, has the name that it binds: behind all else of it but a body."""
    name = _bound_name(node) or ""
    end = node.body[0].start if type(node) is nodes.ExceptClause and node.body else node.end
    places = [at for at in block.words(name) if node.start <= at < end]
    return places[-1] if places else node.start


def _imported(block: Block, node: Any) -> Iterator[tuple[int, tuple[str, int]]]:
    text = block.text
    first = text.find("import", node.start)
    if type(node) is nodes.ImportFrom:
        for found in WORD.finditer(text, node.start + len("from"), first):
            yield found.start(), ("namespace", 0)
    for alias in node.names:
        for at in [alias.start, *([block.name_place(alias.bound, alias)[0]] if alias.bound else [])]:
            kind = "namespace" if type(node) is nodes.Import else f"={alias.bound or alias.name}"
            yield at, (kind, 0)
        at = alias.start
        for part in alias.name.split(".")[:-1]:
            at += len(part) + 1
            yield at, ("namespace", 0)


def _variable(block: Block, scope: Scope, name: str) -> tuple[str, int]:
    """The kind of a variable: what its own function binds is known here, the rest is a name of the module."""
    owner = block.owner_of(scope, name)
    if owner is None:
        return f"={name}", 0
    node = owner.bound[name]
    if isinstance(node, nodes.FunctionDefinition):
        return "method" if owner.kind == "class" else "function", 0
    if isinstance(node, nodes.ClassDefinition):
        return _SYMBOLS[node.kind], 0
    if isinstance(node, nodes.Parameter):
        return "parameter" if node.start < node.end else "variable", 0
    return "property" if owner.kind == "class" else "variable", 0
