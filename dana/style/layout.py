"""The layout of a program: its lines one after the other, with the empty lines between them."""

from __future__ import annotations

from itertools import pairwise

from dana.errors import ProgramError
from dana.lexer import tokenize
from dana.nodes import Node, Statement
from dana.parser import parse
from dana.source import Source
from dana.style.breaking import INDENT, broken
from dana.style.leaves import Line, logical_lines
from dana.style.spacing import prepare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CLAUSES = frozenset(("ELIF", "ELSE", "EXCEPT", "FINALLY", "CASE"))
"""What goes on a statement that has begun."""


class MeaningChanged(Exception):
    """A fault of the layout: the program would mean something else than before."""


def format_source(source: Source) -> str:
    """The text of a program in the one style that there is; "" for one without a token or comment.

    Raises ProgramError where it cannot be parsed, and MeaningChanged where the result would be another program.
    """
    tree = parse(source)
    text = source.text
    statements = {node.start for node in tree.walk() if isinstance(node, Statement)}
    lines = _with_bodies(logical_lines(text, tokenize(text), statements))
    written = _written(text, lines)
    if written != text:
        _assert_same(source, tree, Source(written, source.name))
    return written


def _with_bodies(lines: list[Line]) -> list[Line]:
    """The lines with `...` behind the definition whose only body it is."""
    found: list[Line] = []
    for line, following in pairwise([*lines, Line(0, 0, 0, 0)]):
        if found and _is_sole_body(found[-1], line, following):
            header = found[-1]
            header.leaves += line.leaves
            header.opens = False
        else:
            found.append(line)
    return found


def _is_sole_body(header: Line, line: Line, following: Line) -> bool:
    if not (header.word in ("DEF", "CLASS") and header.opens and following.depth <= header.depth):
        return False
    sole = [leaf.kind for leaf in line.leaves] == ["ELLIPSIS"] and line.depth == header.depth + 1
    return sole and header.verbatim is None and line.verbatim is None and not header.leaves[-1].behind


def _written(text: str, lines: list[Line]) -> str:
    rows: list[str] = []
    blanks = _blank_lines(lines)
    at = 0
    while at < len(lines):
        line = lines[at]
        if rows:
            rows += [""] * blanks[at]
        if line.is_marker(on=False):
            end = _region_end(lines, at)
            rows += _unformatted(text, lines[at:end])
            at = end
            continue
        if line.comment:
            rows.append(INDENT * line.depth + line.comment)
        elif line.verbatim is not None:
            rows.append(INDENT * line.depth + line.verbatim)
        else:
            prepare(line)
            rows += broken(line)
        at += 1
    return "\n".join([*rows, ""]) if rows else ""


# Left alone


def _region_end(lines: list[Line], at: int) -> int:
    """Where `# fmt: off` ends: at `# fmt: on`, or with its block."""
    for end in range(at + 1, len(lines)):
        if lines[end].depth < lines[at].depth or lines[end].is_marker(on=True):
            return end
    return len(lines)


def _unformatted(text: str, lines: list[Line]) -> list[str]:
    """What lines are, as they stand; lines begin with other blanks where their block does."""
    first, last = lines[0], lines[-1]
    start = text.rfind("\n", 0, first.start) + 1
    wanted = INDENT * first.depth
    found = text[start : len(text) - len(text[start:].lstrip(" \t\f"))]
    if found == wanted:
        return text[start : last.end].rstrip().split("\n")
    rows: list[str] = []
    at = start
    for line in lines:
        beginning = text.rfind("\n", 0, line.start) + 1
        if beginning < at:
            continue
        rows += [""] * text.count("\n", at, beginning)
        own = text[beginning : line.end].rstrip()
        rows.append(wanted + own.removeprefix(found) if own.startswith(found) else own)
        at = line.end + 1
    return rows


# Empty lines


def _blank_lines(lines: list[Line]) -> list[int]:
    """How many empty lines stand above each line."""
    found: list[int] = []
    definitions: list[int] = []  # depths of the definitions that are open
    before: Line | None = None
    for at, line in enumerate(lines):
        wanted = min(line.blank, 1 if line.depth else 2)
        if before is not None:
            wanted = _blanks_between(before, line, _commented(lines, at), wanted, lines, at)
            ended = False
            while definitions and definitions[-1] >= line.depth:
                definitions.pop()
                ended = True
            if ended and line.word not in CLAUSES:
                wanted = 1 if line.depth else 2
        found.append(wanted)
        if line.is_definition:
            definitions.append(line.depth)
        before = line
    return found


def _commented(lines: list[Line], at: int) -> Line:
    """What the comments that begin at a line stand directly above; the line itself if it is none."""
    line = lines[at]
    while line.comment and at + 1 < len(lines):
        at += 1
        if lines[at].blank or lines[at].depth != line.depth:
            break
        line = lines[at]
    return line


def _blanks_between(before: Line, line: Line, commented: Line, given: int, lines: list[Line], at: int) -> int:
    if before.word == "AT":
        return 0
    if line.word in CLAUSES:
        return min(given, 1)
    if before.opens:
        return 0 if before.word == "DEF" or _is_text(line) else min(given, 1)
    if commented.is_definition or commented.word == "AT":
        return given if before.comment and not given and before.depth == line.depth else 1 if line.depth else 2
    if _is_text(before):
        if not any(other.leaves for other in lines[: at - 1]):
            return 1
        if lines[at - 2].word == "CLASS" and lines[at - 2].opens:
            return 1
    imports = ("IMPORT", "FROM")
    if before.word in imports and commented.word not in imports and before.depth == line.depth:
        return max(given, 1)
    return given


def _is_text(line: Line) -> bool:
    """Whether it is a text and nothing else, as a docstring."""
    return bool(line.leaves) and all(leaf.kind == "STRING" for leaf in line.leaves)


# The same program


def _assert_same(source: Source, tree: Node, written: Source) -> None:
    """Raise MeaningChanged where the tree of the written text is another one, positions aside."""
    try:
        pending: list[tuple[Any, Any]] = [(tree, parse(written))]
    except ProgramError as error:
        raise MeaningChanged(f"{source.name} could not be read any more: {error.diagnostic.message}") from error
    place = 0
    while pending:
        one, other = pending.pop()
        if isinstance(one, Node):
            place = one.start
        if type(one) is not type(other):
            break
        if isinstance(one, tuple):
            skipped = 2 if isinstance(one, Node) else 0
            if len(one) != len(other):
                break
            pending += zip(one[skipped:], other[skipped:], strict=True)
        elif one != other or (isinstance(one, (float, complex)) and repr(one) != repr(other)):
            break
    else:
        return
    line, column = source.position(place)
    raise MeaningChanged(f"formatting would change the meaning of {source.name}:{line}:{column}; it is left as it is")


__all__ = ["MeaningChanged", "format_source"]
