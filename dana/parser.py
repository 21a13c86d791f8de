"""The parser: runs the table that Lark has made of the grammar over the tokens of a text.

Most reductions of an expression only pass a value on (`test` is an `or_test` is an `and_test` ...). What such a
chain leads to depends on the state below, the state on top and the next token alone, so it is remembered.
"""

from __future__ import annotations

from itertools import chain, pairwise

from dana import builder
from dana.errors import Diagnostic, ProgramError
from dana.lexer import LexicalError, Token, tokenize
from dana.nodes import Expression, If, Module, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.parse_table import ParseTable
    from dana.source import Source


DEEPEST = 800
"""How deep a tree may be: what reads trees calls itself for each level."""
SHORT = 600
"""Characters of a line, and branches of the text, that cannot make a tree too deep."""
LARGEST = 10_000_000
"""Characters of a source."""


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
    if len(source.text) > LARGEST:
        message = f"a source of {len(source.text):,} characters is over the limit of {LARGEST:,}"
        raise ProgramError(Diagnostic("too-large", message, source, 0, 0, hint="split it into modules"))
    try:
        tokens = tokenize(source.text, expression=start == "expression")
        tree = run_tokens(tokens, start)
        if _may_be_deep(tokens):
            _refuse_depth(tree)
        return tree
    except LexicalError as error:
        failure: LexicalError | UnexpectedToken = error
    except UnexpectedToken as error:
        failure = error
    from dana.syntax import explain  # what is wrong is looked for only when something is

    raise explain(source, failure, start)


def _may_be_deep(tokens: list[Token]) -> bool:
    """Whether a tree can be too deep: a line is long, or there are many branches."""
    ends = [0, *[token[3] for token in tokens if token[0] == "NEWLINE"], tokens[-1][3]]
    if any(end - start > SHORT for start, end in pairwise(ends)):
        return True
    return sum(token[0] == "ELIF" for token in tokens) > SHORT


def _refuse_depth(tree: Node) -> None:
    """Raise LexicalError for a tree that is too deep."""
    level: list[Any] = [tree]
    above = level
    for _ in range(DEEPEST):
        parts = [part for part in chain.from_iterable(level) if isinstance(part, tuple)]
        inner = [part for part in parts if type(part) is not tuple]
        inner += [part for plain in parts if type(plain) is tuple for part in plain if isinstance(part, tuple)]
        if not inner:
            return
        above, level = level, inner
    branch = next((node for node in (*level, *above) if type(node) is If), None)
    if branch is not None:
        message, hint = f"more than {DEEPEST} 'elif' branches follow each other", "use match, or look up a dict"
        raise LexicalError("too-deep", message, branch.start, branch.start + 1, hint)
    message = f"more than {DEEPEST} operations are nested in one expression"
    start = level[0].start
    raise LexicalError("too-deep", message, start, start + 1, "give parts of it names of their own")


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
