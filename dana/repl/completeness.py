"""Whether what has been typed is a whole program yet, and how deep its next line begins."""

from __future__ import annotations

from dana.errors import ProgramError
from dana.lexer import tokenize
from dana.nodes import For, If, Try, While
from dana.parser import parse
from dana.source import Source

INDENT = 4

_OPEN = frozenset(("unclosed-bracket", "unterminated-string", "unexpected-end"))
"""What only further text can close; anything else that is open is a block, which an empty line ends."""

_LEAVING = frozenset(("return", "pass", "break", "continue", "raise", "deliver"))


def wants_more(text: str) -> bool:
    """Whether more lines are to come: something is open, or a block that no empty line has ended."""
    ended = "\n" in text and not text.rpartition("\n")[2].strip()
    source = Source(text)
    try:
        module = parse(source)
    except ProgramError as error:
        if error.diagnostic.code in _OPEN:
            return error.incomplete
        return not ended and (error.incomplete or _is_header(text))
    if ended or not module.body:
        return False
    if type(module.body[-1]) in (If, For, While, Try):
        return True
    tokens = tokenize(source.text)
    return len(tokens) > 1 and tokens[-2][0] == "DEDENT"


def _is_header(text: str) -> bool:
    """Whether all that is wrong is that the block is missing that the last line begins."""
    indent = " " * (next_indent(text.rpartition("\n")[2].partition("#")[0]) or INDENT)
    for block in ("pass", "case _: pass"):
        try:
            parse(Source(f"{text}\n{indent}{block}\n"))
        except ProgramError as error:
            if error.incomplete:
                return True
        else:
            return True
    return False


def next_indent(text: str) -> int:
    """The columns by which the line after these is indented."""
    line = text.rpartition("\n")[2]
    words = line.partition("#")[0].split()
    depth = len(line) - len(line.lstrip(" "))
    if not words:
        return depth
    if words[-1][-1] in ":([{":
        return depth + INDENT
    return max(0, depth - INDENT) if words[0] in _LEAVING else depth
