"""The table that drives the parser: built by Lark from `grammar/dana.lark`, kept as plain marshalled data.

`actions[state][terminal]` is a state to shift to, or the complement of the rule to reduce; `gotos[state]` maps
nonterminals to states; `rules[number]` is (symbols, nonterminal, name of the building function or "" for a
rule that passes its value on); `starts` and `ends` are the first and last states of each way to begin.
"""

from __future__ import annotations

import marshal
import os.path
from importlib import import_module

from dana.cache_folder import read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Rule = tuple[int, str, str]

FORMAT = 2
STARTS = ("program", "expression", "field")


class ParseTable:
    """The table, ready to run."""

    __slots__ = ("actions", "ends", "gotos", "rules", "starts")

    def __init__(
        self,
        actions: list[dict[str, int]],
        gotos: list[dict[str, int]],
        rules: list[Rule],
        starts: dict[str, int],
        ends: dict[str, int],
    ) -> None:
        self.actions = actions
        self.gotos = gotos
        self.rules = rules
        self.starts = starts
        self.ends = ends


def load() -> ParseTable:
    """The table: from beside the package, else from the user's cache, else built now."""
    beside = os.path.join(os.path.dirname(__file__), "parse_table.marshal")
    text = grammar()
    key = _key(text)
    try:
        with open(beside, "rb") as file:
            found = _decoded(file.read(), key)
    except OSError:
        found = None
    if found is None:
        name = f"parse_table_{key}.marshal"
        data = read(name)
        found = None if data is None else _decoded(data, key)
        if found is None:
            data = encoded(build(text), text)
            write(name, data)
            found = _decoded(data, key)
    if found is None:
        raise RuntimeError("the parse table cannot be read back")
    return found


def grammar() -> str:
    """The text of the grammar."""
    folder = import_module("dana.grammar").__path__[0]
    with open(os.path.join(folder, "dana.lark"), encoding="utf-8") as file:
        return file.read()


def build(text: str) -> ParseTable:
    """The table that Lark makes of a grammar; raises lark.exceptions.GrammarError for conflicts."""
    from lark import Lark  # 0.1 s, needed only where there is no table yet
    from lark.lexer import Lexer
    from lark.parsers.lalr_analysis import Shift

    class NoLexer(Lexer):
        def __init__(self, _: Any) -> None:
            pass

        def lex(self, *_: Any) -> Any:
            raise NotImplementedError("the tokens come from dana.lexer")

    lark = Lark(text, parser="lalr", lexer=NoLexer, start=list(STARTS), maybe_placeholders=False)
    table = lark.parser.parser._parse_table
    numbers = {rule: number for number, rule in enumerate(lark.rules)}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    nonterminals = {rule.origin.name for rule in lark.rules}
    for state in range(len(table.states)):
        row: dict[str, int] = {}
        goto: dict[str, int] = {}
        for symbol, (action, argument) in table.states[state].items():
            if symbol in nonterminals:
                goto[symbol] = argument
            else:
                row[symbol] = argument if action is Shift else ~numbers[argument]
        actions.append(row)
        gotos.append(goto)
    rules = [(len(rule.expansion), str(rule.origin.name), str(rule.alias or "")) for rule in lark.rules]
    return ParseTable(actions, gotos, rules, dict(table.start_states), dict(table.end_states))


def encoded(table: ParseTable, text: str) -> bytes:
    """A table as it is kept."""
    data = (_key(text), table.actions, table.gotos, table.rules, table.starts, table.ends)
    return marshal.dumps(data, 4)  # the form that every Python from 3.4 on reads


def _decoded(data: bytes, key: str) -> ParseTable | None:
    """The table in kept data; None when it is another's or none."""
    try:
        found = marshal.loads(data)
    except (ValueError, EOFError, TypeError):
        return None
    if type(found) is not tuple or len(found) != 6 or found[0] != key:
        return None
    _, actions, gotos, rules, starts, ends = found
    if not (type(actions) is list and type(gotos) is list and type(rules) is list and len(actions) == len(gotos)):
        return None
    return ParseTable(actions, gotos, rules, starts, ends)


def _key(text: str) -> str:
    """What a table belongs to: the grammar's text and this format."""
    from _blake2 import blake2b  # without the rest of hashlib

    return blake2b(f"{FORMAT}\n{text}".encode(), digest_size=16).hexdigest()
