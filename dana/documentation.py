"""What `dana doc` says: of a file from its tree, which does not run, and of the library what `help` says."""

from __future__ import annotations

from inspect import cleandoc
from textwrap import fill, shorten

from dana import modules, nodes
from dana.errors import Diagnostic, UsageError, nearest
from dana.tree_cache import parse_cached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from dana.session import Session
    from dana.source import Source


class Entry:
    """One thing that is documented: its heading, what is written about it, its lines of fields, and what is inside."""

    __slots__ = ("doc", "fields", "heading", "inside")

    def __init__(self, heading: str, doc: str | None, fields: list[tuple[str, str]], inside: list[Entry]) -> None:
        self.heading = heading
        self.doc = cleandoc(doc) if doc else None
        self.fields = fields
        self.inside = inside


def of_file(source: Source, markdown: bool = False) -> str:
    """The documentation of a program: its public functions, structs, interfaces and classes, in their order."""
    module = parse_cached(source)
    name = source.name.rpartition("/")[2].removesuffix(".na")
    whole = Entry(f"module {name}", nodes.docstring(module.body), [], list(_entries(module.body, source)))
    return "\n".join(_markdown(whole, 1) if markdown else _text(whole)) + "\n"


def tell(name: str, session: Session) -> None:
    """Print what `help` says of a module, a built-in or a member of a module; raises UsageError for other names."""
    first, _, member = name.partition(".")
    if first in modules.module_names():
        members = modules.library(first).members
        if member and member.partition(".")[0] not in members:
            raise _unknown(name, [f"{first}.{each}" for each in members])
        session.run(f"import {first}\nhelp({name})")
    elif modules.is_builtin(first) and all(map(str.isidentifier, name.split("."))):
        session.run(f"help({name})")
    else:
        raise _unknown(name, [*modules.builtin_names(), *modules.module_names()])


def overview() -> str:
    """The modules of the library, each with its first line, and the names that need no import."""
    names = modules.module_names()
    width = max(map(len, names))
    said = {name: modules.library(name).doc.partition(". ")[0].rstrip(".") for name in names}
    lines = [f"  {name:{width}}  {shorten(said[name], 86, placeholder=' ...')}" for name in names]
    others = [
        name for name in sorted(modules.builtin_names(), key=str.lower) if not name.endswith(("Error", "Warning"))
    ]
    words = fill(", ".join(others), 100, initial_indent="  ", subsequent_indent="  ")
    listed = "\n".join(lines)
    return f"Modules, to be imported:\n\n{listed}\n\nWithout import:\n\n{words}\n\ndana doc NAME says more.\n"


def _unknown(name: str, known: list[str]) -> UsageError:
    like = nearest(name, known)
    hint = f"did you mean {like}?" if like else "dana doc lists what there is; a file is written with its .na"
    return UsageError(Diagnostic("usage", f"nothing is called {name}", hint=hint))


def _entries(body: Any, source: Source) -> Iterator[Entry]:
    for node in body:
        if isinstance(node, nodes.FunctionDefinition) and not node.name.startswith("_"):
            yield Entry(signature_of(node, source), nodes.docstring(node.body), [], [])
        elif isinstance(node, nodes.ClassDefinition) and not node.name.startswith("_"):
            bases = ", ".join(words_of(base, source) for base in node.bases)
            heading = f"{node.kind} {node.name}" + (f"({bases})" if bases else "")
            fields = [_field(each, source) for name, each in node.declared().items() if not name.startswith("_")]
            yield Entry(heading, nodes.docstring(node.body), fields, list(_entries(node.body, source)))


def _field(node: Any, source: Source) -> tuple[str, str]:
    """A field as it is written, and what its comment says."""
    return words_of(node, source), source.comment(node.start, node.end) or ""


def signature_of(node: nodes.FunctionDefinition, source: Source) -> str:
    """A function as it is defined, in one line, without its body."""
    parameters = node.parameters
    receiver = ""
    own = parameters
    if node.kind == "receiver":
        first, *rest = parameters.positional
        receiver = f"({words_of(first, source)}) "
        own = nodes.Parameters(*parameters[:2], (), tuple(rest), *parameters[4:])
    returns = f" -> {words_of(node.returns, source)}" if node.returns is not None else ""
    inside = words_of(own, source) if list(own.all()) else ""
    word = "workflow" if node.kind == "workflow" else "def"
    return f"{word} {receiver}{node.name}({inside}){returns}"


def words_of(node: Any, source: Source) -> str:
    """What stands at a node, in one line."""
    return " ".join(source.text[node.start : node.end].split())


def _text(entry: Entry) -> Iterator[str]:
    yield entry.heading
    inside = (entry.doc or "").splitlines()
    width = max((len(field) for field, _ in entry.fields), default=0)
    if entry.fields:
        inside += [""] * bool(inside)
        inside += [f"{field:{width}}  # {said}" if said else field for field, said in entry.fields]
    for each in entry.inside:
        inside += [""] * bool(inside) + list(_text(each))
    indent = "" if entry.heading.startswith("module ") else "    "
    if not indent and inside:
        yield ""
    for line in inside:
        yield (indent + line).rstrip()


def _markdown(entry: Entry, level: int) -> Iterator[str]:
    yield f"{'#' * level} `{entry.heading}`"
    if entry.doc:
        yield from ("", entry.doc)
    if entry.fields:
        yield ""
        yield from (f"- `{field}`" + (f": {said}" if said else "") for field, said in entry.fields)
    for each in entry.inside:
        yield ""
        yield from _markdown(each, level + 1)
