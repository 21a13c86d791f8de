"""How the tokens of a logical line are written: spellings, quotes, blanks, and where the line may be broken."""

from __future__ import annotations

import re

from dana.lexer import SCOPES
from dana.style.leaves import CLOSING, OPENING, Leaf, Line

COMPREHENSION, COMMA, TERNARY, OR, AND, TEXT, COMPARISON, PIPE = 20, 18, 16, 15, 14, 12, 10, 9
CALL = 1
PRIORITIES = {
    "OR": OR, "AND": AND,
    **dict.fromkeys(("LESS", "GREATER", "LESSEQUAL", "GREATEREQUAL", "EQEQUAL", "NOTEQUAL", "IN", "IS"), COMPARISON),
    "BAR": PIPE, "CAPTURE": 0, "CARET": 8, "AMPERSAND": 7, "LEFTSHIFT": 6, "RIGHTSHIFT": 6, "PLUS": 5, "MINUS": 5,
    "STAR": 4, "SLASH": 4, "DOUBLESLASH": 4, "PERCENT": 4, "AT": 4, "DOUBLESTAR": 2,
}  # fmt: skip
"""Before which operators a line inside brackets may be broken: the highest number first. Behind commas, too."""

_OPERANDS = frozenset("NAME NUMBER STRING FSTRING CONSTANT ELLIPSIS DOLLARS SCOPED RPAR RSQB RBRACE".split())
"""What ends an operand: an operator behind it has two sides, a bracket calls or indexes it."""
_SIMPLE = frozenset("NAME NUMBER STRING CONSTANT COLON COMMA PLUS MINUS TILDE".split())
"""What a subscript consists of whose colons stand without blanks."""
_SIGNS = frozenset(("PLUS", "MINUS", "TILDE", "STAR", "DOUBLESTAR"))
_REPLACED = {"null": "none", "deliver": "return"}


def prepare(line: Line) -> None:
    """Choose spellings, match brackets, and say of each leaf whether a blank stands before it."""
    _spell(line)
    _match(line)
    _space(line.leaves)


def _spell(line: Line) -> None:
    leaves = line.leaves
    if leaves[0].kind == "SYNC":
        _drop(leaves, 0)
    for at in range(len(leaves) - 1, -1, -1):
        leaf = leaves[at]
        if leaf.kind in ("CONSTANT", "RETURN"):
            leaf.text = _REPLACED.get(leaf.text, leaf.text)
        elif leaf.kind == "STRING":
            leaf.text = _quoted(leaf.text)
        elif leaf.kind == "NUMBER":
            leaf.text = _number(leaf.text)
        elif leaf.kind == "COMMA" and at:
            leaf.behind[:0], leaves[at - 1].behind = leaves[at - 1].behind, []
            if at + 1 < len(leaves):
                leaves[at + 1].above[:0], leaf.above = leaf.above, []
    no_bases = leaves[0].kind == "CLASS" and [leaf.kind for leaf in leaves[2:4]] == ["LPAR", "RPAR"]
    if no_bases and not leaves[2].behind and not leaves[3].above:
        del leaves[2:4]


def _drop(leaves: list[Leaf], at: int) -> None:
    """Remove a leaf; its comments go to its neighbours."""
    leaf = leaves.pop(at)
    if at:
        leaves[at - 1].behind += leaf.behind
    else:
        leaves[0].above[:0] = leaf.behind
    if at < len(leaves):
        leaves[at].above[:0] = leaf.above


def _quoted(text: str) -> str:
    """A text literal in double quotes, unless it holds some."""
    found = re.match(r"[a-zA-Z]*", text)
    prefix, rest = (found.group() if found else ""), text[found.end() if found else 0 :]
    prefix = prefix.replace("B", "b").replace("u", "").replace("U", "")
    mark = rest[:3] if rest[:3] in ("'''", '"""') else rest[0]
    body = rest[len(mark) : -len(mark)]
    if mark[0] == "'" and '"' not in body:
        if len(mark) == 1 and "r" not in prefix.lower():
            body = re.sub(r"\\([\s\S])", lambda each: "'" if each[1] == "'" else each[0], body)
        elif len(mark) == 1 and "\\'" in body:
            return prefix + rest
        mark = '"' * len(mark)
    return prefix + mark + body + mark


def _number(text: str) -> str:
    lowered = text.lower()
    return "0x" + lowered[2:].upper() if lowered.startswith("0x") else lowered


def _match(line: Line) -> None:
    """Match brackets, drop what only other spellings have, say what each bracket is for."""
    leaves = line.leaves
    opened: list[Leaf] = []
    for leaf in leaves:
        if leaf.kind in OPENING:
            opened.append(leaf)
        elif leaf.kind in CLOSING:
            leaf.partner = opened.pop()
            leaf.partner.partner = leaf
    for at in range(len(leaves) - 2, -1, -1):
        if leaves[at].kind == "LBRACE" and leaves[at + 1].kind == "LPAR" and _holds_pair(leaves, at + 1):
            _drop(leaves, leaves.index(leaves[at + 1].partner))  # type: ignore[arg-type]
            _drop(leaves, at + 1)
        elif leaves[at].kind == "LAMBDA":
            _one_colon(leaves, at)
    takes_parameters = leaves[0].text in ("def", "workflow") and leaves[0].kind != "NAME"
    before = None
    for leaf in leaves:
        if leaf.kind in OPENING:
            if leaf.kind == "LPAR" and takes_parameters and before is not None and before.kind == "NAME":
                leaf.role, takes_parameters = "parameters", False
            elif leaf.kind != "LBRACE" and before is not None and before.kind in _OPERANDS:
                leaf.role = "call" if leaf.kind == "LPAR" else "subscript"
            else:
                leaf.role = "group" if leaf.kind == "LPAR" else "display"
        elif leaf.kind == "COMMA" and opened and opened[-1].role == "group":
            opened[-1].role = "display"
        before = leaf
        if leaf.kind in OPENING:
            opened.append(leaf)
        elif leaf.kind in CLOSING:
            opened.pop()


def _holds_pair(leaves: list[Leaf], at: int) -> bool:
    """Whether a parenthesis holds `k: v`."""
    depth = lambdas = 0
    for leaf in leaves[at + 1 :]:
        if leaf.kind in OPENING:
            depth += 1
        elif leaf.kind in CLOSING:
            if not depth:
                return False
            depth -= 1
        elif not depth and leaf.kind == "LAMBDA":
            lambdas += 1
        elif not depth and leaf.kind == "COLON":
            if not lambdas:
                return True
            lambdas -= 1
    return False


def _one_colon(leaves: list[Leaf], at: int) -> None:
    """Write `lambda x: e` for `lambda x :: e`; `lambda (p: T) :: e` has no other form."""
    if leaves[at + 1].kind == "LPAR":
        return
    depth = inner = 0
    for place in range(at + 1, len(leaves)):
        kind = leaves[place].kind
        if kind in OPENING:
            depth += 1
        elif kind in CLOSING:
            depth -= 1
        elif not depth and kind == "LAMBDA":
            inner += 1
        elif not depth and kind == "COLON":
            if inner:
                inner -= 1
                continue
            if leaves[place + 1].kind == "COLON":
                _drop(leaves, place + 1)
            return


class _Place:
    """What the leaves between two brackets, or outside of all, belong to."""

    __slots__ = ("annotated", "complex", "iterating", "lambdas", "looping", "opening")

    def __init__(self, opening: Leaf | None, is_complex: bool) -> None:
        self.opening = opening
        self.complex = is_complex  # a subscript whose colons have blanks
        self.annotated = False  # a colon has come since the last comma
        self.looping = False  # behind the first `for` of a comprehension
        self.iterating = False  # between `for` and `in`
        self.lambdas: list[str] = []  # heads of lambdas that are open: "" or "typed"


def _space(leaves: list[Leaf]) -> None:
    importing = leaves[0].kind in ("FROM", "IMPORT")
    loop = leaves[0].kind == "FOR"
    places = [_Place(None, False)]
    before: Leaf | None = None
    tight = True  # nothing stands between the leaf before and this one
    last = leaves[-1]
    for at, leaf in enumerate(leaves):
        kind, place = leaf.kind, places[-1]
        operand = before is not None and before.kind in _OPERANDS
        following = leaves[at + 1].kind if leaf is not last else ""
        left = right = False  # whether it leans on the leaf before, on the leaf behind
        if kind in OPENING:
            left, right = leaf.role in ("call", "parameters", "subscript"), True
            places.append(_Place(leaf, leaf.role == "subscript" and _is_complex(leaves, at)))
        elif kind in CLOSING:
            left = True
            places.pop()
        elif kind == "COMMA":
            left = True
            place.annotated = False
            if not place.lambdas and not place.iterating:
                leaf.priority = COMMA
        elif kind == "DOT":
            left = right = True
            if importing:
                left, right = before is not None and before.kind != "FROM", following != "IMPORT"
            elif before is not None and before.kind == "NUMBER":
                left = False
            elif before is not None and before.kind in CLOSING:
                leaf.priority = CALL
        elif kind == "COLON":
            left, right = _colon(place, before, following)
        elif kind == "EQUAL":
            if place.lambdas:
                left = right = True
            elif place.opening is not None:
                left = right = not (place.annotated and place.opening.role == "parameters")
        elif kind in ("RANGE", "ELLIPSIS") and importing:
            left, right = before is not None and before.kind != "FROM", following != "IMPORT"
        elif kind == "RANGE":
            left = right = _is_tight_range(leaves, at)
        elif kind == "LAMBDA":
            place.lambdas.append("typed" if following == "LPAR" else "")
        elif (kind == "AT" and before is None) or (kind in _SIGNS and not operand):
            right = True
        elif kind == "SLASH" and not operand:
            pass
        elif kind == "FOR" and place.opening is not None:
            leaf.priority = COMPREHENSION
            place.looping = place.iterating = True
        elif kind == "FOR":
            place.iterating = loop
        elif kind == "IN" and place.iterating:
            place.iterating = False
        elif kind in ("IF", "ELSE"):
            leaf.priority = COMPREHENSION if place.looping and kind == "IF" else 0 if place.lambdas else TERNARY
        elif kind in ("STRING", "FSTRING"):
            leaf.priority = TEXT if before is not None and before.kind in ("STRING", "FSTRING") else 0
        elif kind == "NOT":
            leaf.priority = COMPARISON if operand and following == "IN" else 0
        elif kind == "IN" and before is not None and before.kind == "NOT":
            pass
        else:
            leaf.priority = 0 if place.lambdas or not operand else PRIORITIES.get(kind, 0)
            if kind == "DOUBLESTAR":
                left = right = _is_simple_power(leaves, at)
        leaf.space = not (tight or left)
        tight = right
        before = leaf


def _colon(place: _Place, before: Leaf | None, following: str) -> tuple[bool, bool]:
    """Whether a colon leans on what stands before it, and on what stands behind it."""
    if place.lambdas:
        if place.lambdas.pop() == "typed":
            place.lambdas.append("second")
            return False, True
        return True, False
    if place.opening is None or place.opening.role != "subscript":
        place.annotated = True
        return True, False
    apart = place.complex or (before is not None and before.text in SCOPES and following == "NAME")
    after_colon = before is not None and before.kind in ("COLON", "LSQB")
    return after_colon or not apart, not apart or following == "COLON"


def _is_tight_range(leaves: list[Leaf], at: int) -> bool:
    """Whether `a..b` needs no blanks to be read as it is: a number takes the first dot with it unless one follows."""
    first, last = leaves[at - 1], "".join(leaf.text for leaf in leaves[at + 1 : at + 3])
    if last.startswith(".") or first.text.endswith("."):
        return False
    return first.kind != "NUMBER" or re.match(r"[-+]?[0-9]", last) is not None


def _is_complex(leaves: list[Leaf], at: int) -> bool:
    """Whether a subscript holds a slice of more than names and literals."""
    closing = leaves[at].partner
    before = leaves[at]
    for leaf in leaves[at + 1 :]:
        if leaf is closing:
            return False
        sign = leaf.kind in ("PLUS", "MINUS", "TILDE")
        if leaf.kind not in _SIMPLE or (sign and before.kind in _OPERANDS):
            return True
        before = leaf
    return False


def _is_simple_power(leaves: list[Leaf], at: int) -> bool:
    """Whether both sides of `**` are names or numbers, so that no blanks stand around it."""
    kinds = [leaf.kind for leaf in leaves]
    start = at - 1
    while start > 1 and kinds[start - 2 : start] == ["NAME", "DOT"]:
        start -= 2
    end = at + 1 + (kinds[at + 1] in ("PLUS", "MINUS", "TILDE"))
    while kinds[end + 1 : end + 3] == ["DOT", "NAME"]:
        end += 2
    simple = ("NAME", "NUMBER")
    if kinds[at - 1] not in simple or kinds[start] not in simple or kinds[end] not in simple:
        return False
    return kinds[max(0, start - 1)] != "DOT" and kinds[end + 1 : end + 2] not in (["LPAR"], ["LSQB"], ["DOT"])
