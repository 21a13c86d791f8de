"""The parser: runs the table that Lark has made of the grammar over the tokens of a text.

Most reductions of an expression only pass a value on (`test` is an `or_test` is an `and_test` ...). What such a
chain leads to depends on the state below, the state on top and the next token alone, so it is remembered.
"""

from __future__ import annotations

from dana import builder
from dana.lexer import LexicalError, Token, tokenize
from dana.nodes import Expression, Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.parse_table import ParseTable
    from dana.source import Source


class UnexpectedToken(Exception):
    """No rule of the grammar goes on with this token: its place among the tokens, and the states there."""

    def __init__(self, tokens: list[Token], at: int, states: list[int]) -> None:
        super().__init__(tokens[at])
        self.tokens = tokens
        self.at = at
        self.states = states
        self.nested = False
        """Whether these are the tokens of a field of an f-string."""


def parse(source: Source) -> Module:
    """The tree of a program; raises ProgramError with all that is wrong."""
    return _parse(source, "program")  # type: ignore[no-any-return]


def parse_expression(source: Source) -> Expression:
    """The tree of one expression; raises ProgramError."""
    return _parse(source, "expression")  # type: ignore[no-any-return]


def _parse(source: Source, start: str) -> Any:
    try:
        return run_tokens(tokenize(source.text, expression=start == "expression"), start)
    except LexicalError as error:
        failure: LexicalError | UnexpectedToken = error
    except UnexpectedToken as error:
        failure = error
    from dana.syntax import explain  # what is wrong is looked for only when something is

    raise explain(source, failure, start)


class _Machine:
    """The table with its building functions, and what chains of passing reductions lead to."""

    def __init__(self, table: ParseTable) -> None:
        self.table = table
        self.rules: list[tuple[int, str, Any]] = [
            (size, origin, getattr(builder, name) if name else None) for size, origin, name in table.rules
        ]
        self.chains: list[dict[int, dict[str, int]]] = [{} for _ in table.actions]


_machine: _Machine | None = None


def machine() -> _Machine:
    """The machine, loaded at the first parse."""
    global _machine
    if _machine is None:
        from dana.parse_table import load

        _machine = _Machine(load())
    return _machine


def run_tokens(tokens: list[Token], start: str) -> Any:
    """The value that the tokens build; raises UnexpectedToken, and LexicalError from the building functions."""
    running = machine()
    table = running.table
    actions, gotos, rules, chains = table.actions, table.gotos, running.rules, running.chains
    last = table.ends[start]
    state = table.starts[start]
    states = [state]
    values: list[Any] = []
    starts: list[int] = []
    end = 0
    for at, token in enumerate(tokens):
        kind = token[0]
        while True:
            action = actions[state].get(kind)
            if action is None:
                raise UnexpectedToken(tokens, at, states)
            if action >= 0:
                state = action
                states.append(state)
                values.append(token)
                starts.append(token[2])
                end = token[3]
                break
            size, origin, build = rules[~action]
            if build is None:
                below = chains[states[-2]].setdefault(state, {})
                found = below.get(kind)
                if found is None:
                    found = below[kind] = _chain(running, states[-2], state, kind)
                states[-1] = state = found
            elif size == 1:
                values[-1] = build(starts[-1], end, values[-1])
                states[-1] = state = gotos[states[-2]][origin]
            elif size:
                first = len(values) - size
                values[first:] = (build(starts[first], end, *values[first:]),)
                del starts[first + 1 :], states[first + 1 :]
                state = gotos[states[-1]][origin]
                states.append(state)
            else:
                values.append(build(token[2], token[2]))
                starts.append(token[2])
                state = gotos[states[-1]][origin]
                states.append(state)
            if state == last and kind == "$END":
                return values[0]
    raise UnexpectedToken(tokens, len(tokens) - 1, states)


def _chain(running: _Machine, below: int, state: int, kind: str) -> int:
    """The state after all reductions in a row that only pass a value on."""
    actions, gotos, rules = running.table.actions, running.table.gotos, running.rules
    while True:
        action = actions[state].get(kind)
        if action is None or action >= 0:
            return state
        size, origin, build = rules[~action]
        if build is not None or size != 1:
            return state
        state = gotos[below][origin]


__all__ = ["UnexpectedToken", "machine", "parse", "parse_expression", "run_tokens"]
