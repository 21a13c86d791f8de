"""What an `assert` compared: programs under test keep the values of its parts, and say them when it does not hold.

The parts are kept where they are evaluated, each once and in its order: the closure of an assert in a test is that of
any program, with calls around its parts that note a value and give it back.
"""

from __future__ import annotations

from types import FunctionType

from dana import nodes
from dana.evaluation.definitions import Program
from dana.evaluation.lowering import Lowering
from dana.testing.differences import differences, shown
from dana.values import Class, Module, NativeType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dana.evaluation.shapes import Text
    from dana.source import Source

    Wrapper = Callable[[Text, str], str]

MOST_PARTS = 10
"""How many values are listed beside those of the two sides."""

MOST_REFUSALS = 100
"""How many errors of assertions are kept: a program may catch any number of them."""

_INNER = (
    nodes.Name,
    nodes.Attribute,
    nodes.Subscript,
    nodes.Call,
    nodes.BinaryOperation,
    nodes.UnaryOperation,
    nodes.BooleanOperation,
    nodes.Comparison,
    nodes.Conditional,
    nodes.NamedExpression,
    nodes.ListComprehension,
    nodes.SetComprehension,
    nodes.DictComprehension,
    nodes.Pipeline,
    nodes.JoinedString,
)
"""The kinds of node whose value is worth a line."""

_DEFINITIONS = (Module, NativeType, Class, FunctionType, super)
"""The types of what is no data."""

_OWN_FRAME = (
    nodes.Lambda,
    nodes.ListComprehension,
    nodes.SetComprehension,
    nodes.DictComprehension,
    nodes.GeneratorExpression,
    nodes.JoinedString,
)
"""The kinds of node whose parts are evaluated often, or later, or are only parts of a text."""


class Refusal:
    """Why an assertion did not hold: the place in the source that decided, and the lines that say its values."""

    __slots__ = ("end", "lines", "start")

    def __init__(self, node: nodes.Node, lines: list[str]) -> None:
        self.start = node.start
        self.end = node.end
        self.lines = lines


class ObservedLowering(Lowering):
    """Writes what every program means, and around the nodes that are observed the calls that tell of them."""

    __slots__ = ()

    def part(self, node: nodes.Node, text: Text) -> str:
        written = super().part(node, text)
        for wrapped in self.unit.program.wrappers.get(id(node), ()):  # type: ignore[attr-defined]
            written = wrapped(text, written)
        return written

    def statement(self, node: nodes.Node, text: Text, tail: bool) -> list[str]:
        lines = super().statement(node, text, tail)
        mark = self.unit.program.mark  # type: ignore[attr-defined]
        return lines if mark is None else [f"{text.shared('mark', mark)}({text.value(node.start)})", *lines]

    def refusal(self, node: nodes.Assert, error: str, text: Text) -> str:
        return f"{text.value(self.unit.program.assertions[id(node)].refuse)}(f, {error})"  # type: ignore[attr-defined]


class ObservedProgram(Program):
    """A program whose assertions are explained; `refusals` gets the errors that they raise, by identity."""

    lowering = ObservedLowering

    def __init__(self, *arguments: Any, refusals: dict[int, tuple[BaseException, Refusal]]) -> None:
        super().__init__(*arguments)
        self.wrappers: dict[int, list[Wrapper]] = {}
        """What is written around the text of a node, by the node's identity."""
        self.mark: Callable[[int], None] | None = None
        """What is told the offset of each statement that runs; None where nobody counts."""
        self.assertions = {
            id(node): Assertion(node, self.source, self.wrap, refusals)
            for node in self.module.walk()
            if type(node) is nodes.Assert
        }

    def wrap(self, node: nodes.Node, wrapper: Wrapper) -> None:
        """Write something around the text of a node."""
        self.wrappers.setdefault(id(node), []).append(wrapper)


class Assertion:
    """An `assert` in a program: the values of its parts for each frame in which it is being evaluated."""

    def __init__(
        self,
        node: nodes.Assert,
        source: Source,
        wrap: Callable[[nodes.Node, Wrapper], None],
        refusals: dict[int, tuple[BaseException, Refusal]],
    ) -> None:
        self.node = node
        self.source = source
        self._refusals = refusals
        self._frames: dict[int, dict[int, Any]] = {}
        """By the identity of the frame: the values so far, by the identity of the node."""
        for part in _parts(node.test):
            wrap(part, self._kept(id(part)))
        wrap(node.test, lambda text, written: f"{text.value(self.hold)}(f, {text.value(self.begin)}(f) or {written})")

    def _kept(self, key: int) -> Wrapper:
        return lambda text, written: f"{text.value(self.keep)}(f, {text.value(key)}, {written})"

    def begin(self, f: list[Any]) -> None:
        """Forget what an earlier evaluation in this frame has left."""
        self._frames[id(f)] = {}

    def keep(self, f: list[Any], key: int, value: Any) -> Any:
        """Keep the value of a part."""
        self._frames[id(f)][key] = value
        return value

    def hold(self, f: list[Any], value: Any) -> bool:
        """Whether the value of the test is true; what was kept is forgotten then."""
        true = bool(value)
        if true:
            del self._frames[id(f)]
        return true

    def refuse(self, f: list[Any], error: BaseException) -> BaseException:
        """The error of an assertion that does not hold; why is kept for who reports it."""
        values = self._frames.pop(id(f))
        if len(self._refusals) >= MOST_REFUSALS:
            del self._refusals[next(iter(self._refusals))]
        self._refusals[id(error)] = error, Refusal(*_Explanation(self.source, values).of(self.node.test))
        return error


def _parts(node: nodes.Node) -> Iterator[nodes.Node]:
    """The expressions inside a test whose values are kept, each before those inside of it."""
    if isinstance(node, nodes.Expression) and type(node) not in (nodes.Constant, nodes.Starred, nodes.Slice):
        yield node
    if type(node) in _OWN_FRAME:
        return
    if isinstance(node, (nodes.BooleanOperation, nodes.Comparison)):
        for child in node.children():  # that a constant was reached tells what did not decide
            yield from (child,) if isinstance(child, nodes.Constant) else _parts(child)
    elif isinstance(node, nodes.NamedExpression):
        yield from _parts(node.value)
    elif isinstance(node, nodes.Pipeline):
        yield from _parts(node.first)
    elif isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name):
        for child in (*node.arguments, *node.keywords):
            yield from _parts(child)
    elif isinstance(node, nodes.Call) and isinstance(node.function, nodes.Attribute):
        for child in (node.function.value, *node.arguments, *node.keywords):
            yield from _parts(child)
    else:
        for child in node.children():
            yield from _parts(child)


class _Explanation:
    """Finds what decided a test, and says the values of it."""

    def __init__(self, source: Source, values: dict[int, Any]) -> None:
        self._source = source
        self._values = values

    def of(self, node: nodes.Node) -> tuple[nodes.Node, list[str]]:
        """The node that decided, and the lines."""
        if isinstance(node, nodes.BooleanOperation):
            evaluated = [value for value in node.values if id(value) in self._values]
            if node.operator == "and" and evaluated:
                return self.of(evaluated[-1])
            return node, [line for value in evaluated for line in (f"{self._words(value)}:", *self.of(value)[1])]
        if isinstance(node, nodes.Comparison):
            return self._compared(node)
        if isinstance(node, nodes.UnaryOperation) and node.operator == "not":
            return node, self.of(node.operand)[1]
        if id(node) not in self._values or isinstance(node, nodes.Constant):
            return node, self._where(node, set())
        said = f"{self._words(node)} is {shown(self._values[id(node)])}"
        return node, [said, *self._where(node, {id(node)})]

    def _compared(self, node: nodes.Comparison) -> tuple[nodes.Node, list[str]]:
        """The comparison of a chain that decided: the last whose right side was evaluated."""
        sides = [node.first, *node.others]
        at = max((at for at in range(1, len(sides)) if id(sides[at]) in self._values), default=0)
        if not at or id(sides[at - 1]) not in self._values:
            return node, self._where(node, {id(node)})
        left, right, operator = sides[at - 1], sides[at], node.operators[at - 1]
        one, other = self._values[id(left)], self._values[id(right)]
        lines = [f"left:  {shown(one)}", f"right: {shown(other)}"]
        if operator == "==":
            lines += differences(one, other)
        pair: nodes.Node = node
        if len(node.others) > 1:
            pair = nodes.Comparison(left.start, right.end, left, (operator,), (right,))
        return pair, lines + self._where(pair, {id(pair), id(left), id(right)})

    def _where(self, node: nodes.Node, said: set[int]) -> list[str]:
        """The values of the parts of a node that are not said yet."""
        parts = list(_parts(node))
        known = {self._words(part) for part in parts if id(part) in said}
        found = {
            words: self._values[id(part)]
            for part in parts
            if self._tells(part) and (words := self._words(part)) not in known
        }
        lines = [f"where {words} is {shown(value)}" for words, value in found.items()]
        return lines if len(lines) <= MOST_PARTS else [*lines[:MOST_PARTS], f"... and {len(lines) - MOST_PARTS} more"]

    def _tells(self, node: nodes.Node) -> bool:
        """Whether the value of a part says something: it is data, and not plain to see in the source."""
        if not isinstance(node, _INNER) or id(node) not in self._values:
            return False
        value = self._values[id(node)]
        if type(value) in _DEFINITIONS or isinstance(value, type):
            return False
        return any(isinstance(each, (nodes.Name, nodes.Call)) for each in node.walk())

    def _words(self, node: nodes.Node) -> str:
        """What stands at a node, in one line."""
        words = " ".join(self._source.text[node.start : node.end].split())
        return words if len(words) <= 60 else f"{words[:57]}..."
