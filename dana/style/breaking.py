"""Logical lines over several lines, where one does not hold them.

A line is broken at its last bracket that helps: what the bracket holds is indented on lines of its own. That is
one line where it fits; else it is broken at its delimiters of the highest priority, and its parts in turn. Parts of
statements that are one expression get parentheses for it, and lose those that a line does not need.
"""

from __future__ import annotations

from itertools import pairwise

from dana.style.leaves import CLOSING, DEFINITIONS, OPENING, Leaf, Line
from dana.style.spacing import CALL, COMMA, PIPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100
"""Columns of a line, its comment aside."""
INDENT = "    "
TINY = 12
"""Characters in brackets that are not worth a break, as those behind a call in `f(...)["key"]`."""

Region = tuple[int, int, bool]
"""A part of a statement that may stand in parentheses: from, up to, and whether those that it has may go."""


def broken(line: Line) -> list[str]:
    """The text of a prepared logical line, as lines."""
    leaves = _with_optional(line.leaves, _regions(line.leaves))
    _force(leaves)
    text = _flat(leaves)
    if text is None or not _fits(text, line.depth):
        leaves = _with_optional(leaves, _values(leaves))
        _force(leaves)
    for at, leaf in enumerate(leaves):
        leaf.at = at
    return _lines(leaves, line.depth)


# Where parentheses are optional


def _regions(leaves: list[Leaf]) -> list[Region]:
    """The parts of a statement that may stand in parentheses."""
    first, kinds = leaves[0].kind, _outer_kinds(leaves)
    stop = len(leaves)
    colon = kinds.get("COLON", [stop])[-1]
    if first in ("IF", "ELIF", "WHILE", "MATCH"):
        return [(1, colon, True)]
    if first == "FOR":
        return [(kinds["IN"][0] + 1, colon, True)]
    if first == "EXCEPT":
        return [(1, kinds.get("AS", [colon])[0], True)]
    if first == "WITH":
        several = leaves[1].kind == "WITHPAR" or "COMMA" in kinds or "AS" in kinds
        return [(1, colon, True)] if several else []
    if first == "FROM":
        return [(kinds["IMPORT"][0] + 1, stop, True)] if leaves[-1].kind != "STAR" else []
    if first in ("RETURN", "RAISE", "ASSERT"):
        at = kinds.get("COMMA" if first == "ASSERT" else "FROM", [stop])[0] if first != "RETURN" else stop
        return [(1, at, True), (at + 1, stop, True)]
    if first == "CASE":
        at = kinds.get("IF", [colon])[0]
        return [(1, at, False), (at + 1, colon, True)]
    if "EQUAL" in kinds or "AUGMENTED" in kinds:
        at = kinds.get("EQUAL", kinds.get("AUGMENTED", []))[-1] + 1
        return [(at, stop, True)] if leaves[at].kind != "YIELD" else []
    if "BAR" in kinds and "COLON" not in kinds and first not in ("YIELD", "AT", "DEL", *DEFINITIONS):
        return [(0, stop, False)]
    if first == "LPAR" and leaves[0].partner is leaves[-1] and "BAR" in _outer_kinds(leaves[1:-1]):
        return [(0, stop, True)]
    return []


def _outer_kinds(leaves: list[Leaf]) -> dict[str, list[int]]:
    """Where each kind of token stands outside of brackets and heads of lambdas."""
    found: dict[str, list[int]] = {}
    depth = lambdas = 0
    for at, leaf in enumerate(leaves):
        if leaf.kind in OPENING:
            depth += 1
        elif leaf.kind in CLOSING:
            depth -= 1
        elif depth:
            continue
        elif leaf.kind == "LAMBDA":
            lambdas += 1
        elif lambdas:
            lambdas -= leaf.kind == "COLON"
        else:
            found.setdefault(leaf.kind, []).append(at)
    return found


def _values(leaves: list[Leaf]) -> list[Region]:
    """Values of arguments with names, and of dicts, that are operations."""
    found: list[Region] = []
    opened: list[Leaf] = []
    begun: list[int] = []  # where the value of each open bracket begins, or 0
    for at, leaf in enumerate(leaves):
        if leaf.kind in OPENING:
            opened.append(leaf)
            begun.append(0)
        elif not opened:
            continue
        elif leaf.kind in CLOSING or leaf.priority >= COMMA:
            start = begun[-1]
            if start and _delimiters(leaves[start:at]):
                found.append((start, at, False))
            begun[-1] = 0
            if leaf.kind in CLOSING:
                opened.pop()
                begun.pop()
        elif not begun[-1] and (
            (leaf.kind == "COLON" and opened[-1].kind == "LBRACE")
            or (leaf.kind == "EQUAL" and opened[-1].role in ("call", "parameters"))
        ):
            begun[-1] = at + 1
    return found


def _with_optional(leaves: list[Leaf], regions: list[Region]) -> list[Leaf]:
    """The leaves with parentheses around the regions that are written only where a line is broken."""
    before: dict[int, list[Leaf]] = {}
    behind: dict[int, list[Leaf]] = {}
    dropped: set[int] = set()
    for start, stop, strip in sorted(regions, key=lambda region: (region[0], -region[1])):
        if start >= stop:
            continue
        names = start > 0 and leaves[start - 1].kind in ("IMPORT", "WITH")
        if strip and _is_wrapped(leaves, start, stop, names):
            opening, closing = leaves[start], leaves[stop - 1]
            opening.optional = closing.optional = True
            opening.text = closing.text = ""
            while not names and _is_wrapped(leaves, start + 1, stop - 1, False):
                start, stop = start + 1, stop - 1
                dropped |= {start, stop - 1}
        else:
            opening, closing = Leaf("LPAR", "", leaves[start].start), Leaf("RPAR", "", leaves[stop - 1].start)
            opening.partner, closing.partner = closing, opening
            opening.optional = closing.optional = True
            commas = sum(leaf.priority == COMMA for leaf in _outer(leaves[start:stop]))
            opening.role = "display" if commas else "group"
            if commas == 1 and leaves[stop - 1].kind == "COMMA":
                opening.text, closing.text = "(", ")"
                opening.optional = closing.optional = False
            opening.space, leaves[start].space, closing.space = leaves[start].space, False, False
            opening.above, leaves[start].above = leaves[start].above, []
            closing.behind, leaves[stop - 1].behind = leaves[stop - 1].behind, []
            before.setdefault(start, []).append(opening)
            behind.setdefault(stop - 1, []).insert(0, closing)
        if names:
            opening.role = "display"
    found: list[Leaf] = []
    for at, leaf in enumerate(leaves):
        found += before.get(at, ())
        if at not in dropped:
            found.append(leaf)
        found += behind.get(at, ())
    return found


def _is_wrapped(leaves: list[Leaf], start: int, stop: int, names: bool) -> bool:
    """Whether parentheses that mean nothing, and hold no comment, stand around a region."""
    opening, closing = leaves[start], leaves[stop - 1]
    inside = leaves[start + 1 : stop - 1]
    if opening.kind not in ("LPAR", "WITHPAR") or opening.partner is not closing or not inside:
        return False
    if opening.behind or closing.above or any(leaf.above or leaf.behind for leaf in _outer(inside)):
        return False
    if names:
        return True
    kinds = _outer_kinds(inside)
    return not kinds.keys() & {"COMMA", "FOR", "WALRUS"} and inside[0].kind not in ("STAR", "YIELD")


def _outer(leaves: list[Leaf]) -> Iterator[Leaf]:
    """The leaves outside of brackets, and those brackets."""
    depth = 0
    for leaf in leaves:
        depth -= leaf.kind in CLOSING
        if depth <= 0:
            yield leaf
        depth += leaf.kind in OPENING


def _force(leaves: list[Leaf]) -> None:
    """Mark the brackets that stand open: those with a comma at their end, or a comment in them."""
    opened: list[Leaf] = []
    commas: list[int] = []
    several_lines: list[bool] = []
    before: Leaf | None = None
    for leaf in leaves:
        if opened and leaf.above:
            opened[-1].forced = True
        if leaf.kind in CLOSING:
            opening = opened.pop()
            count, tall = commas.pop(), several_lines.pop()
            one = count == 1 and (
                opening.role == "subscript"
                or (opening.kind == "LPAR" and opening.role == "display" and not opening.optional)
            )
            if before is not None and before.kind == "COMMA" and not one:
                opening.forced = True
            if tall and count and opening.role == "display":
                opening.forced = True
        elif leaf.kind in OPENING:
            opened.append(leaf)
            commas.append(0)
            several_lines.append(False)
        elif opened:
            commas[-1] += leaf.priority == COMMA
            several_lines[-1] = several_lines[-1] or "\n" in leaf.text
        if opened and leaf.behind:
            opened[-1].forced = True
        before = leaf


# Breaking


def _flat(leaves: list[Leaf]) -> str | None:
    """The leaves on one line, without the comments around them; None where they cannot stand on one."""
    parts: list[str] = []
    last = leaves[-1]
    for leaf in leaves:
        if leaf.forced and leaf is not last:
            return None
        if (leaf.above and parts) or (leaf.behind and leaf is not last):
            return None
        parts.append(" " + leaf.text if leaf.space and parts else leaf.text)
    return "".join(parts)


def _fits(text: str, depth: int) -> bool:
    """Whether a text stands within the width; of one with several lines, what is before and behind the text in it."""
    if "\n" not in text:
        return len(text) + 4 * depth <= WIDTH
    return text.index("\n") + 4 * depth <= WIDTH and len(text) - text.rindex("\n") - 1 <= WIDTH


def _delimiters(leaves: list[Leaf]) -> list[tuple[int, int]]:
    """Where leaves may be broken outside of brackets, as (priority, index); not at the first."""
    found: list[tuple[int, int]] = []
    closing: Leaf | None = None
    for at, leaf in enumerate(leaves):
        if closing is not None:
            if leaf is closing:
                closing = None
        elif leaf.kind in OPENING:
            closing = leaf.partner
        elif leaf.priority and at:
            found.append((leaf.priority, at))
    return found


def _groups(leaves: list[Leaf]) -> list[Leaf]:
    """The brackets that leaves hold, outside of each other and not empty, by their opening ones."""
    found: list[Leaf] = []
    first, last = leaves[0].at, leaves[-1].at
    at = 0
    while at < len(leaves):
        leaf = leaves[at]
        if leaf.kind in OPENING:
            closing = leaf.partner
            if closing is not None and first <= closing.at <= last:
                if closing.at > leaf.at + 1 or leaf.behind or closing.above:
                    found.append(leaf)
                at = closing.at - first
        at += 1
    return found


class _Piece:
    """Leaves that begin a line of their own.

    Where they stand `inside` of brackets a line may end anywhere. If they are to be `parted`, they are broken at their
    delimiters though they might fit. Of those that begin with the bracket that closes others (a `tail`) the comments
    above belong to what the brackets hold.
    """

    __slots__ = ("depth", "inside", "leaves", "parted", "tail")

    def __init__(
        self, leaves: list[Leaf], depth: int, inside: bool = False, parted: bool = False, tail: bool = False
    ) -> None:
        self.leaves = leaves
        self.depth = depth
        self.inside = inside
        self.parted = parted
        self.tail = tail


def _lines(leaves: list[Leaf], depth: int) -> list[str]:
    lines: list[str] = []
    pending = [_Piece(leaves, depth)]
    while pending:
        piece = pending.pop()
        leaves, first = piece.leaves, piece.leaves[0]
        lines += [INDENT * (piece.depth + piece.tail) + comment for comment in first.above]
        first.above = []
        parts = _parts(piece)
        if parts:
            pending += reversed(parts)
            continue
        text = "".join(" " + leaf.text if leaf.space and leaf is not first else leaf.text for leaf in leaves)
        lines.append("  ".join((INDENT * piece.depth + text, *leaves[-1].behind)))
    return lines


def _parts(piece: _Piece) -> list[_Piece]:
    """What a piece is broken into; nothing if it stands on one line, or cannot be broken."""
    leaves, depth = piece.leaves, piece.depth
    if piece.parted:
        parts = _parts_at_delimiters(leaves, depth)
        if parts:
            return parts
    text = _flat(leaves)
    if text is not None and _fits(text, depth):
        return []
    if piece.inside:
        parts = _parts_at_delimiters(leaves, depth) or _parts_at_comments(leaves, depth)
        if parts:
            return parts
    opening = _bracket(leaves, depth)
    return [] if opening is None else _parts_at_bracket(leaves, opening, depth)


def _parts_at_delimiters(leaves: list[Leaf], depth: int) -> list[_Piece]:
    last = len(leaves) - 1
    found = [(priority, at) for priority, at in _delimiters(leaves) if not (priority == COMMA and at == last)]
    if not found:
        return []
    top = max(found)[0]
    cuts = [at + (priority == COMMA) for priority, at in found if priority == top]
    if top == CALL and len(cuts) == 1:
        return []
    if top == COMMA and leaves[last].kind != "COMMA":
        leaves = _with_comma(leaves)
    return _cut(leaves, cuts, depth)


def _parts_at_comments(leaves: list[Leaf], depth: int) -> list[_Piece]:
    outer = {leaf.at for leaf in _outer(leaves)}
    cuts = [
        at
        for at, (before, leaf) in enumerate(pairwise(leaves), 1)
        if (leaf.above and leaf.at in outer and leaf.kind not in CLOSING)
        or (before.behind and before.at in outer and before.kind not in OPENING)
    ]
    return _cut(leaves, cuts, depth) if cuts else []


def _cut(leaves: list[Leaf], cuts: list[int], depth: int) -> list[_Piece]:
    return [_Piece(leaves[start:stop], depth, inside=True) for start, stop in pairwise([0, *cuts, len(leaves)])]


def _parts_at_bracket(leaves: list[Leaf], opening: Leaf, depth: int) -> list[_Piece]:
    """What stands before a bracket, what it holds, and the rest."""
    closing = opening.partner
    assert closing is not None
    if opening.optional:
        opening.text, closing.text = "(", ")"
    start, stop = opening.at - leaves[0].at, closing.at - leaves[0].at
    head, body, tail = leaves[: start + 1], leaves[start + 1 : stop], leaves[stop:]
    parts = [_Piece(head, depth)]
    if body:
        commas = sum(leaf.priority == COMMA for leaf in _outer(body))
        if opening.role == "parameters" and not commas:
            body = _with_comma(body)
        closed = body[-1].kind == "COMMA"
        elements = commas > closed and (closed or opening.role == "display")
        stages = opening.optional and not commas and [priority for priority, _ in _delimiters(body)].count(PIPE) > 1
        parts.append(_Piece(body, depth + 1, inside=True, parted=elements or stages))
    return [*parts, _Piece(tail, depth, tail=True)]


def _bracket(leaves: list[Leaf], depth: int) -> Leaf | None:
    """The opening bracket at which leaves are best broken."""
    groups = _groups(leaves)
    if leaves[0].kind in DEFINITIONS and not any(group.optional for group in groups):
        parameters = next((group for group in groups if group.role == "parameters"), None)
        if parameters is not None:
            return parameters
    groups = _in_order(groups, leaves)
    for group in groups:
        if group.optional:
            found = _optional_bracket(leaves, group, depth)
            if found is not None and _begins_well(leaves, group, depth):
                return found
        elif _is_worth(leaves, group, depth):
            return _hugged(leaves, group, depth)
    for group in sorted(groups, key=lambda group: _is_tiny(leaves, group)):
        found = _optional_bracket(leaves, group, depth) if group.optional else group
        if found is not None:
            return _hugged(leaves, found, depth)
    return None


def _optional_bracket(leaves: list[Leaf], group: Leaf, depth: int) -> Leaf | None:
    """Optional parentheses, or what they hold if a line is better broken there; None if neither helps."""
    body = _body(leaves, group)
    groups = _in_order(_groups(body), body)
    if group.forced:
        return group
    delimiters = _delimiters(body)
    for inner in groups:
        if _reads_without(body, inner, delimiters) and _is_worth(leaves, inner, depth):
            return _hugged(leaves, inner, depth)
    text = _flat(body)
    if delimiters or (text is not None and _fits(text, depth + 1)):
        return group
    groups.sort(key=lambda inner: _is_tiny(body, inner))
    return _hugged(leaves, groups[0], depth) if groups else None


def _begins_well(leaves: list[Leaf], group: Leaf, depth: int) -> bool:
    """Whether what stands before a bracket fits on a line."""
    text = _flat(leaves[: group.at - leaves[0].at + 1])
    return text is not None and _fits(text, depth)


def _is_worth(leaves: list[Leaf], group: Leaf, depth: int) -> bool:
    """Whether a line broken at a bracket begins with a line that fits, and there is something to break."""
    return _begins_well(leaves, group, depth) and not _is_tiny(leaves, group)


def _hugged(leaves: list[Leaf], group: Leaf, depth: int) -> Leaf:
    """The bracket of a call; if it takes a list, set or dict alone, over several lines, that one's, as in `f({`."""
    body = _body(leaves, group)
    if group.role != "call" or group.forced or body[0].kind not in ("LSQB", "LBRACE"):
        return group
    if body[0].partner is not body[-1] or len(body) == 2:
        return group
    text = _flat(body)
    return group if text is not None and _fits(text, depth + 1) else body[0]


def _body(leaves: list[Leaf], opening: Leaf) -> list[Leaf]:
    assert opening.partner is not None
    return leaves[opening.at - leaves[0].at + 1 : opening.partner.at - leaves[0].at]


def _in_order(groups: list[Leaf], leaves: list[Leaf]) -> list[Leaf]:
    """Brackets in the order in which a break is tried: the last first, but before them those that must be broken."""
    forced = [group.forced or any(leaf.forced for leaf in _body(leaves, group)) for group in groups]
    pairs = sorted(zip(forced, groups, strict=True), key=lambda pair: (not pair[0], -pair[1].at))
    return [group for _, group in pairs]


def _is_tiny(leaves: list[Leaf], group: Leaf) -> bool:
    """Whether what brackets hold is not worth a break."""
    body = _body(leaves, group)
    text = _flat(body) if body else None
    return not group.forced and text is not None and len(text) <= TINY and "\n" not in text


def _reads_without(body: list[Leaf], group: Leaf, delimiters: list[tuple[int, int]]) -> bool:
    """Whether what optional parentheses hold reads well without them, broken at one of its brackets.

    Of an operation only a list, set or dict is broken with which it begins or ends, as in `if x in [`.
    """
    if not delimiters:
        return True
    top = max(delimiters)[0]
    if top == COMMA or sum(priority == top for priority, _ in delimiters) > 1:
        return False
    return top == CALL or (group.role == "display" and (group is body[0] or group.partner is body[-1]))


def _with_comma(leaves: list[Leaf]) -> list[Leaf]:
    """The leaves with a comma behind them, which takes the comments of the last."""
    last = leaves[-1]
    comma = Leaf("COMMA", ",", last.start)
    comma.space, comma.priority, comma.at = False, COMMA, last.at + 1
    comma.behind, last.behind = last.behind, []
    return [*leaves, comma]
