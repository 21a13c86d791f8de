"""From a text to its logical lines: the tokens of each with the comments that stand at them.

The lexer drops comments and blanks. They are found again in the gaps between its tokens: a comment on the line of
the token before it stands behind that token, any other above the token that follows.
"""

from __future__ import annotations

import re
from itertools import pairwise

from dana.lexer import DEFINING, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

OPENING = frozenset(("LPAR", "LSQB", "LBRACE", "WITHPAR"))
CLOSING = frozenset(("RPAR", "RSQB", "RBRACE"))
DEFINITIONS = frozenset(("DEF", "CLASS", *DEFINING.values()))
"""What begins the definition of something with a name."""

_COMMENT = re.compile(r"#[^\n]*")
_OFF, _ON, _SKIP = (re.compile(rf"#\s*fmt:\s*{word}\s*") for word in ("off", "on", "skip"))


class Leaf:
    """A token of a logical line.

    `above` are the comments on lines of their own before it, `behind` those that end its line. `space` says whether a
    blank stands before it, `priority` how well a line may be broken there (0: not at all). Of brackets `partner` is the
    other one, `role` what the opening one is for ("call", "parameters", "subscript", "display", "group"), `forced`
    whether what it holds stands on lines of its own, and `optional` whether it is written only where a line is broken.
    """

    __slots__ = (
        "above", "at", "behind", "forced", "kind", "optional", "partner", "priority", "role", "space", "start", "text",
    )  # fmt: skip

    def __init__(self, kind: str, text: str, start: int) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.above: list[str] = []
        self.behind: list[str] = []
        self.space = True
        self.priority = 0
        self.partner: Leaf | None = None
        self.role = ""
        self.forced = False
        self.optional = False
        self.at = 0


class Line:
    """A logical line, or a comment on a line of its own.

    `depth` counts the blocks around it, `blank` the empty lines above it. `start` and `end` are the offsets of its
    text, with the comment behind it; `verbatim` is what stands for it instead of leaves.
    """

    __slots__ = ("blank", "comment", "depth", "end", "leaves", "opens", "start", "verbatim")

    def __init__(self, depth: int, blank: int, start: int, end: int) -> None:
        self.depth = depth
        self.blank = blank
        self.start = start
        self.end = end
        self.leaves: list[Leaf] = []
        self.comment = ""
        self.verbatim: str | None = None
        self.opens = False
        """Whether a block follows."""

    @property
    def word(self) -> str:
        """The kind of its first token, `sync` aside; "" of a comment."""
        kinds = [leaf.kind for leaf in self.leaves[:2]]
        return "" if not kinds else kinds[-1] if kinds[0] == "SYNC" else kinds[0]

    @property
    def is_definition(self) -> bool:
        """Whether it begins a definition that has a block."""
        return self.opens and self.word in DEFINITIONS

    def is_marker(self, on: bool) -> bool:
        """Whether it is the comment `# fmt: on`, or `# fmt: off`."""
        return bool((_ON if on else _OFF).fullmatch(self.comment))


def logical_lines(text: str, tokens: list[Token], statements: set[int]) -> list[Line]:
    """The lines of a text; `statements` are the offsets at which statements begin."""
    lines: list[Line] = []
    indents = [0]  # columns of the blocks around the last line
    depth = 0  # of the next line
    leaves: list[Leaf] = []
    end = 0  # of the last token
    for kind, _, start, stop in tokens:
        if kind == "INDENT":
            depth += 1
        elif kind == "DEDENT":
            depth -= 1
        elif kind == "NEWLINE":
            for found in _COMMENT.finditer(text, end, start):
                leaves[-1].behind.append(_tidied(found.group()))
                end = start
            lines += _separated(text, leaves, lines[-1], end, statements)
            leaves, end = [], stop
        elif not leaves:
            line_start = text.rfind("\n", 0, start) + 1
            opens = depth >= len(indents)
            blank = 0
            level = depth if opens else len(indents) - 1
            for row_start, row in _rows(text, end, line_start if kind != "$END" else start):
                content = row.strip(" \t\f")
                if not content.startswith("#"):
                    blank += content != "\\"
                    continue
                column = _column(row)
                while level > depth and column < indents[level]:
                    level -= 1
                comment = Line(level, blank, row_start, row_start + len(row))
                comment.comment = _tidied(content)
                lines.append(comment)
                blank = 0
            if kind == "$END":
                break
            if opens:
                indents.append(_column(text[line_start:start]))
            del indents[depth + 1 :]
            lines.append(Line(depth, blank, line_start, start))
            leaves = [Leaf(kind, text[start:stop], start)]
            end = stop
        else:
            leaf = Leaf(kind, text[start:stop], start)
            if stop > start and start > end:
                _place_comments(text[end:start], leaves[-1], leaf)
            leaves.append(leaf)
            end = stop
    for line, following in pairwise(lines):
        line.opens = line.opens or (bool(line.leaves) and following.depth > line.depth)
    return lines


def _rows(text: str, start: int, stop: int) -> Iterator[tuple[int, str]]:
    """The lines between two offsets that hold no tokens, each with its offset."""
    while start < stop:
        end = text.find("\n", start, stop)
        end = stop if end < 0 else end
        yield start, text[start:end]
        start = end + 1


def _column(row: str) -> int:
    return len((row[: len(row) - len(row.lstrip(" \t\f"))].rpartition("\f")[2]).expandtabs(8))


def _tidied(comment: str) -> str:
    """A comment with a blank behind its `#`."""
    comment = comment.rstrip()
    return f"# {comment[1:]}" if comment[1:2] not in ("", " ", "!", ":", "#", "'") else comment


def _place_comments(gap: str, before: Leaf, after: Leaf) -> None:
    for found in _COMMENT.finditer(gap):
        own = "\n" in gap[: found.start()].replace("\\\n", "")
        (after.above if own else before.behind).append(_tidied(found.group()))


def _separated(text: str, leaves: list[Leaf], line: Line, end: int, statements: set[int]) -> Iterator[Line]:
    """A logical line as one line for each of its statements: `line`, which has no leaves yet, is filled first."""
    line.end = end
    skips = any(_SKIP.search(comment) for leaf in leaves for comment in (*leaf.above, *leaf.behind))
    if skips or any(_OFF.fullmatch(comment) for leaf in leaves for comment in leaf.above):
        line.verbatim = text[leaves[0].start : end].rstrip()
        line.leaves = leaves
        return
    depth = level = 0
    current = line
    before: Leaf | None = None
    for leaf in leaves:
        if before is not None and not depth and before.kind in ("COLON", "SEMICOLON") and leaf.start in statements:
            inside = before.kind == "COLON"
            level += inside
            current.opens = current.opens or inside
            current = Line(line.depth + level, 0, leaf.start, end)
            yield current
        before = leaf
        depth += (leaf.kind in OPENING) - (leaf.kind in CLOSING)
        if leaf.kind == "SEMICOLON":
            current.leaves[-1].behind += leaf.behind
        else:
            current.leaves.append(leaf)
