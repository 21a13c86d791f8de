"""What is shown of a symbol and of a call: headings, documentation, and what a model will be asked."""

from __future__ import annotations

import json

from dana import nodes
from dana.answers import Text
from dana.documentation import signature_of, words_of
from dana.formatting import represent
from dana.language_server import library
from dana.language_server.meanings import Meanings, documentation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.language_server.documents import Document
    from dana.language_server.meanings import Known, Symbol
    from dana.models.inspection import Asked
    from dana.source import Source

LONGEST = 4_000
"""Characters of documentation that are shown at once."""


class Hover:
    """What is known of a name: a heading in the language, text in Markdown, and where the name stands."""

    __slots__ = ("end", "heading", "start", "text")

    def __init__(self, heading: str, text: str, start: int, end: int) -> None:
        self.heading = heading
        self.text = text
        self.start = start
        self.end = end

    def markdown(self) -> str:
        """All of it."""
        parts = [f"```dana\n{self.heading}\n```", self.text]
        return "\n\n".join(filter(None, parts))


class Signature:
    """How something is called: `label`, the parameters with their places in it, and what is written about it."""

    __slots__ = ("active", "documentation", "label", "parameters")

    def __init__(self, label: str, parameters: list[tuple[int, int]], text: str, active: int | None) -> None:
        self.label = label
        self.parameters = parameters
        self.documentation = text
        self.active = active
        """Which parameter is being written; None for none of them."""


def hover(meanings: Meanings, document: Document, offset: int, asked: list[Asked] | None = None) -> Hover | None:
    """What is known of the name at an offset; `asked` are the calls of a model, where they are known."""
    found = document.occurrence(offset)
    if found is None:
        return None
    index, occurrence = found
    begin = document.starts[index]
    start, end = begin + occurrence.start, begin + occurrence.end
    symbol = meanings.of(document, index, occurrence)
    call = next((each for each in asked or () if _stands_for(each, start, end)), None)
    if symbol is None:
        return Hover("reason(...)", of_call(call), start, end) if call is not None else None
    text = prose(documentation(symbol))
    if call is not None:
        text = f"{of_call(call)}\n\n---\n\n{text}"
    return Hover(heading(meanings, symbol), text, start, end)


def is_asking(document: Document, offset: int) -> bool:
    """Whether the name at an offset is one that asks a model."""
    found = document.occurrence(offset)
    return found is not None and found[1].name == "reason"


def _stands_for(asked: Asked, start: int, end: int) -> bool:
    """Whether a name is the one that is called there."""
    function = asked.node.function
    return bool(function.end == end and start >= function.start)


def heading(meanings: Meanings, symbol: Symbol) -> str:
    """A symbol in one line, or a few, of the language."""
    dot = "" if symbol.owner.endswith(":") else "."
    name = f"{symbol.owner}{dot}{symbol.name}" if symbol.owner else symbol.name
    if symbol.document is None:
        return _library_heading(symbol, name)
    node, source = symbol.node, symbol.block.source if symbol.kind != "module" else symbol.document.source
    if symbol.kind == "module":
        return f"module {symbol.name}"
    if isinstance(node, nodes.FunctionDefinition):
        return signature_of(node, source)
    if isinstance(node, nodes.ClassDefinition):
        bases = ", ".join(words_of(base, source) for base in node.bases)
        fields = [f"    {words_of(each, source)}" for each in node.declared().values()]
        return "\n".join([f"{node.kind} {node.name}" + (f"({bases})" if bases else "") + ":" * bool(fields), *fields])
    if isinstance(node, nodes.Parameter):
        return f"(parameter) {_with_default(node, source)}"
    label = "field" if symbol.kind == "field" else "variable"
    if isinstance(node, nodes.AnnotatedAssignment):
        return f"({label}) {symbol.owner}.{words_of(node, source)}" if symbol.owner else words_of(node, source)
    known = meanings.of_symbol(symbol)
    return f"({label}) {name}" + (f": {shown_type(known)}" if known is not None and known.instance else "")


def _library_heading(symbol: Symbol, name: str) -> str:
    if symbol.kind == "module":
        return f"module {symbol.name}"
    if symbol.kind in ("function", "method"):
        label, _, returns = library.signature(symbol.value, name, symbol.kind == "method")
        return f"def {label}" + (f" -> {returns}" if returns else "")
    if symbol.kind == "constant":
        return f"{name} = {_short(represent(symbol.value))}"
    if symbol.kind == "type":
        return f"type {library.signature(symbol.value, name)[0]}"
    return f"class {name}" if symbol.kind == "error" else f"({symbol.kind}) {name}"


def shown_type(known: Known) -> str:
    """The type of a value as an annotation says it."""
    name = known.symbol.name
    return f"{name}[{shown_type(known.items)}]" if known.items is not None and known.items.instance else name


def prose(text: str) -> str:
    """Documentation as Markdown: examples become blocks of code."""
    parts: list[str] = []
    inside = False
    for line in text[:LONGEST].splitlines():
        if line.startswith(">>>") and not inside:
            parts.append("```dana")
            inside = True
        elif inside and not line.strip():
            parts.append("```")
            inside = False
        parts.append(line)
    return "\n".join([*parts, "```"] if inside else parts)


def of_call(asked: Asked | None) -> str:
    """What a call will ask of a model: the shape of the answer with its schema, and the values that are data."""
    if asked is None:
        return ""
    wanted = asked.wanted
    how = "stated by the program" if wanted.stated else "found from what the program does with the answer"
    if wanted.problem is not None:
        return f"**Answer**: {wanted.problem}"
    lines = [f"**Answer** ({how}): {asked.shape.words()}"]
    if type(asked.shape) is not Text:
        schema = json.dumps(asked.shape.schema(), indent=2, ensure_ascii=False)
        lines.append(f"```json\n{schema}\n```")
    if asked.names():
        lines.append("**Data**: " + ", ".join(f"`{name}`" for name in asked.names()))
    if not asked.written:
        lines.append("The prompt is made before the call: all of it is instruction, nothing is fenced.")
    return "\n\n".join(lines)


def signature(meanings: Meanings, symbol: Symbol, given: list[str | None]) -> Signature | None:
    """How a symbol is called, when arguments are being written: None for each by place, or its name."""
    if symbol.document is None:
        label, shown, returns = library.signature(symbol.value, symbol.name, symbol.kind == "method")
        if "(" not in label:
            return None
        names = [each.lstrip("*").partition(":")[0].partition("=")[0].strip() for each in shown]
        stars = [len(each) - len(each.lstrip("*")) for each in shown]
        label += f" -> {returns}" if returns else ""
    else:
        parameters = meanings.parameters(symbol)
        if not isinstance(symbol.node, (nodes.FunctionDefinition, nodes.ClassDefinition)):
            return None
        source = symbol.block.source
        shown = [_written(each, source, symbol) for each in parameters]
        names = [each.name for each in parameters]
        stars = [_stars(symbol.node, each) for each in parameters]
        node = symbol.node
        given_back = node.returns if isinstance(node, nodes.FunctionDefinition) else None
        label = f"{symbol.name}({', '.join(shown)})"
        label += f" -> {words_of(given_back, source)}" if given_back is not None else ""
    places = []
    at = label.index("(") + 1
    for each in shown:
        at = label.index(each, at)
        places.append((at, at + len(each)))
        at += len(each)
    return Signature(label, places, prose(documentation(symbol)), _active(names, stars, given))


def _written(parameter: Any, source: Source, symbol: Symbol) -> str:
    return "*" * _stars(symbol.node, parameter) + _with_default(parameter, source).lstrip("*")


def _with_default(parameter: Any, source: Source) -> str:
    """A parameter as it is written."""
    end = parameter.end if parameter.default is None else parameter.default.end
    return " ".join(source.text[parameter.start : end].split())


def _stars(node: Any, parameter: Any) -> int:
    if not isinstance(node, nodes.FunctionDefinition):
        return 0
    return 1 if node.parameters.variadic is parameter else 2 if node.parameters.keywords is parameter else 0


def _active(names: list[str], stars: list[int], given: list[str | None]) -> int | None:
    """The parameter that the last argument is for."""
    if not given:
        return None
    last = given[-1]
    if last is not None:
        if last in names:
            return names.index(last)
        return stars.index(2) if 2 in stars else None
    place = sum(each is None for each in given) - 1
    if 1 in stars and place >= stars.index(1):
        return stars.index(1)
    return place if place < len(names) and not any(stars[: place + 1]) else None


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
