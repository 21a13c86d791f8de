"""Programs made from the rules of grammar/dana.lark, whose names and texts are chosen at random."""

from __future__ import annotations

import functools
import random
from typing import Any

from dana.lexer import OPERATORS
from dana.parse_table import STARTS, grammar

NAMES = [
    *"x y z a b f g self match case print len range list str int reason Exception super _".split(),
    "__init__",
    "é",
]
TEXTS: dict[str, list[str]] = {
    "NAME": NAMES,
    "NUMBER": "0 1 2 7 1.5 1e3 0x1F 2j 1_000 .5".split(),
    "STRING": ["''", "'a'", '"b"', "'''c\nd'''", "b'e'", "r'\\d'", "'\\n\\x41\\N{BULLET}'"],
    "FSTRING": [
        "f''",
        "f'{x}'",
        'f"{x!r:>{y}} {{}}"',
        "f'''{x=}\n{f'{y}'}'''",
        "rf'\\{x}'",
        "f'{x:%Y-%m}'",
        "f\"{a['b']}\"",
    ],
    "CONSTANT": "True False None true none null".split(),
    "AUGMENTED": [operator for operator, name in OPERATORS.items() if name == "AUGMENTED"],
    "MATCH": ["match"],
    "CASE": ["case"],
    "WITHPAR": ["("],
    **{name: [operator] for operator, name in OPERATORS.items() if name != "AUGMENTED"},
}


@functools.cache
def rules() -> dict[str, list[tuple[str, ...]]]:
    """The alternatives of each nonterminal."""
    from lark import Lark
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        def __init__(self, _: Any) -> None:
            pass

        def lex(self, *_: Any) -> Any:
            raise NotImplementedError

    lark = Lark(grammar(), parser="lalr", lexer=NoLexer, start=list(STARTS), maybe_placeholders=False)
    found: dict[str, list[tuple[str, ...]]] = {}
    for rule in lark.rules:
        found.setdefault(rule.origin.name, []).append(tuple(symbol.name for symbol in rule.expansion))
    return found


@functools.cache
def heights() -> dict[str, int]:
    """How deep the smallest tree of each nonterminal is."""
    known: dict[str, int] = {}
    while True:
        before = dict(known)
        for name, alternatives in rules().items():
            reachable = [height(alternative, known) for alternative in alternatives]
            if least := min((found for found in reachable if found is not None), default=None):
                known[name] = least
        if known == before:
            return known


def height(alternative: tuple[str, ...], known: dict[str, int]) -> int | None:
    """The same of an alternative; None while it is not known."""
    inner = [known.get(symbol) for symbol in alternative if symbol in rules()]
    return None if None in inner else 1 + max((found for found in inner if found is not None), default=0)


def program(chance: random.Random, depth: int = 40) -> str:
    """A program that the grammar allows; what the builder refuses may be in it."""
    return "".join(_Layout(chance).write("program", depth))


class _Layout:
    """Writes the tokens of a program with lines and indentation."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.written: list[str] = []
        self.indentation = 0
        self.room = 400

    def write(self, start: str, depth: int) -> list[str]:
        known = heights()
        left = [(start, depth)]
        while left:
            symbol, depth = left.pop()
            self.room -= 1
            if symbol not in rules():
                self.token(symbol)
                continue
            alternatives = rules()[symbol]
            fitting = [found for found in alternatives if (height(found, known) or 0) <= depth and self.room > 0]
            if not fitting:
                least = min(height(found, known) or 0 for found in alternatives)
                fitting = [found for found in alternatives if height(found, known) == least]
            left += [(part, depth - 1) for part in reversed(self.chance.choice(fitting))]
        return self.written

    def token(self, kind: str) -> None:
        if kind == "NEWLINE":
            self.written.append("\n" + " " * self.indentation)
        elif kind in ("INDENT", "DEDENT"):
            self.indentation += 2 if kind == "INDENT" else -2
            if self.written:
                self.written[-1] = self.written[-1].rstrip(" ") + " " * self.indentation
        else:
            self.written.append(self.chance.choice(TEXTS.get(kind, [kind.lower()])) + " ")
