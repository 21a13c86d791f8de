"""From nodes to closures: the meaning of each kind of node, as the text of a Python function.

An expression's closure takes the frame and gives the value. A statement's closure gives NORMAL, BREAK,
CONTINUE or the value that the function returns; one that can only end normally may give anything. In the
templates below `_0`, `_1`, ... stand for the children, in the order of the node's fields. A child that is
small is written into its parent's text; any other becomes a closure of its own that the parent calls; one
that holds a `yield` becomes a generator that the parent delegates to.
"""

from __future__ import annotations

from dana import nodes
from dana.evaluation.patterns import Matcher
from dana.evaluation.shapes import Text
from dana.values import METHODS, UNBOUND, NativeType, delete_attribute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from dana.evaluation.definitions import Unit
    from dana.resolver import Scope

    Closure = Callable[[list[Any]], Any]

COLD = (4, 0)
"""How much is written into one text where it may run only once: weight of an expression, of statements."""

HOT = (40, 400)
"""The same in loops, and in functions that are called again and again."""

MOST_ITEMS = 5
"""How many managers of one `with` stand in one text, of whose blocks the host nests 20 at most."""

MOST_PARTS = 100
"""How many parts of one f-string stand in one text."""

LONG = 8
"""How many closures a closure runs one after the other."""

BINARY = {
    "+": "(#0 if type(#0 := _0 + _1) not in SIZED else checked(#0))",
    "-": "(_0 - (#0 if type(#0 := _1) is not range else bounded(#0)))",
    "*": "multiply(_0, _1)",
    "/": "(_0 / _1)",
    "//": "(_0 // _1)",
    "%": "modulo(_0, _1)",
    "**": "power(_0, _1)",
    "@": "(_0 @ _1)",
    "<<": "shift_left(_0, _1)",
    ">>": "(_0 >> _1)",
    "&": "both(_0, _1)",
    "^": "one_of(_0, _1)",
    "|": "either(_0, _1)",
    "..": "misplaced_range(_0, _1)",
}
"""The meaning of `_0 operator _1`."""

BINARY_OF_LEAVES = {
    "-": "(_0 - (_1 if type(_1) is not range else bounded(_1)))",
    "&": "(_0 & _1 if type(_0) is int else both(_0, _1))",
    "|": "(_0 | _1 if type(_0) is int and type(_1) is int else either(_0, _1))",
    "^": "(_0 ^ _1 if type(_0) is int else one_of(_0, _1))",
    "*": "(#0 if type(_0) is int and type(_1) is int and SMALL < (#0 := _0 * _1) < LARGE else multiply(_0, _1))",
    "%": "(_0 % _1 if type(_0) is int else modulo(_0, _1))",
}
"""The same where both children may be read twice."""

BINARY_WITH_INT = {
    "+": "(_0 + _1)",
    "-": "(_0 - _1)",
    "&": "(_0 & _1)",
    "|": "(_0 | _1)",
    "^": "(_0 ^ _1)",
    "*": "(#0 if type(_0) is int and SMALL < (#0 := _0 * _1) < LARGE else multiply(_0, _1))",
    "%": "(_0 % _1 if type(_0) is int else modulo(_0, _1))",
}
"""The same where `_1` is a constant int, which leaves fewer things to guard against."""

IN_PLACE = {
    "+": "grow({0}, {1})",
    "*": "multiply_in_place({0}, {1})",
    "**": "power_in_place({0}, {1})",
    "<<": "shift_left_in_place({0}, {1})",
    "%": "modulo_in_place({0}, {1})",
    "|": "either_in_place({0}, {1})",
}
"""The value of `{0} operator= {1}` where it is guarded; elsewhere the host's own operator does."""

UNARY = {"-": "(-_0)", "+": "(+_0)", "~": "(~_0)", "not": "(not _0)"}

CONVERSIONS = {"r": "represent(_0)", "s": "text(_0)", "a": "ascii_text(_0)"}

TICK = ["try: pop()", "except IndexError: refill()"]
"""One step: a call or a turn of a loop."""


NEAR = "-1073741824 < {} < 1073741824"
"""Whether an integer is small; the host compares with such constants quickly."""

FAST_BINARY = {
    "+": "(#0 if type(#0 := _0 + _1) is int or type(#0) not in SIZED else checked(#0))",
    "*": f"(#0 if (type(#1 := _0) is int) & (type(#2 := _1) is int) and {NEAR.format('(#0 := #1 * #2)')}"
    " else multiply(#1, #2))",
}
"""The meaning of `_0 operator _1` in fast functions, where most operands are small integers."""

NUMERIC_BINARY = {
    "*": f"(#0 if {NEAR.format('(#0 := _0 * _1)')} else product(#0))",
    "%": "(_0 % _1)",
}
"""The same where both operands are numbers, whatever the program does, for those that one number is not enough for."""

ARITHMETIC = frozenset(("+", "-", "*", "/", "//", "%"))
"""The operators that make numbers of numbers."""

FAST_METHODS = (list, dict, str, set)
"""The types whose methods fast functions call at once, the first that has one of the name."""


CHEAP_ON_TEXT = frozenset(
    """capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit isidentifier islower
    isnumeric isprintable isspace istitle isupper lower lstrip partition removeprefix removesuffix replace rfind rindex
    rpartition rsplit rstrip split splitlines startswith strip swapcase title upper""".split()
)
"""Methods of str that take little time on short texts, and make little of them, when they are given no long ones."""
SHORT_TEXT = 1000


def is_short_text(node: nodes.Node) -> bool:
    """Whether an expression is a text that is written where it stands, and a short one."""
    return type(node) is nodes.Constant and type(node.value) is str and len(node.value) <= 16


class NotFast(Exception):
    """A function whose variables have to be in a frame."""


def indented(lines: Sequence[str]) -> list[str]:
    return [" " + line for line in lines]


class Lowering:
    """Makes the closures of the nodes in one scope."""

    __slots__ = ("scope", "unit")

    def __init__(self, unit: Unit, scope: Scope) -> None:
        self.unit = unit
        self.scope = scope

    # Closures and holes

    def closure(self, node: nodes.Node, size: tuple[int, int] = COLD) -> Closure:
        """The closure of an expression or a statement."""
        if type(node) in LOOPS:
            size = HOT
        text = Text(*size)
        return text.closure(self.write(node, text), (node, self, Lowering.write, size))

    def block(self, body: Sequence[nodes.Statement], size: tuple[int, int] = COLD) -> Closure:
        """The closure of a sequence of statements."""
        if len(body) == 1:
            return self.closure(body[0], size)
        text = Text(*size)
        return text.closure(self.write_block(body, text), (body, self, Lowering.write_block, size))

    def write(self, node: nodes.Node, text: Text) -> list[str]:
        """The body of the closure of a node."""
        if type(node) in STATEMENTS:
            lines = self.statement(node, text, True)
            return [*lines, "return N"] if may_signal(node) else lines
        if type(node) in COMPREHENSIONS:
            return self.comprehension(node, text)
        return ["return " + EXPRESSIONS[type(node)](self, node, text)]

    def write_block(self, body: Sequence[nodes.Statement], text: Text) -> list[str]:
        """The body of the closure of a sequence of statements."""
        lines = self.body(body, text, True)
        return [*lines, "return N"] if any(map(may_signal, body)) else lines

    def body(self, body: Sequence[nodes.Statement], text: Text, tail: bool) -> list[str]:
        """The lines that run statements; `tail` when nothing of the closure comes after them."""
        lines: list[str] = []
        for at, statement in enumerate(body):
            last = tail and at == len(body) - 1
            if self.fits(statement, text):
                lines += text.mark_lines(statement, self.statement(statement, text, last))
            elif len(body) - at > LONG:
                return lines + self.slices(body[at:], text, tail)
            else:
                lines += self.call_body(self.closure(statement), (statement,), text, last)
        return lines

    def statement(self, node: nodes.Node, text: Text, tail: bool) -> list[str]:
        """The lines of one statement."""
        lines = STATEMENTS[type(node)](self, node, text, tail)
        overlap = self.unit.overlap
        return [self.settle(text), *lines] if overlap is not None and id(node) in overlap.before else lines

    def slices(self, body: Sequence[nodes.Statement], text: Text, tail: bool) -> list[str]:
        """The lines that run many statements, by closures that each run a slice of them."""
        size = -(-len(body) // LONG)
        parts = [body[at : at + size] for at in range(0, len(body), size)]
        return [
            line for part in parts for line in self.call_body(self.block(part), part, text, tail and part is parts[-1])
        ]

    def fits(self, statement: nodes.Statement, text: Text) -> bool:
        """Whether a statement is written into a text, and not called as a closure of its own."""
        if type(statement) in (nodes.Break, nodes.Continue, nodes.Pass, nodes.Global, nodes.Nonlocal):
            return True
        if type(statement) is nodes.Return and (statement.value is None or self.weight(statement.value) <= text.budget):
            return True
        if not text.room:
            return False
        weight = self.weight(statement)
        if weight > text.room:
            return False
        text.room -= weight
        return True

    def call_body(self, closure: Closure, body: Sequence[nodes.Statement], text: Text, tail: bool) -> list[str]:
        """The lines that run the closure of statements and pass on how they ended."""
        if text.fast:
            raise NotFast
        called = f"{text.value(closure)}(f)"
        if any(self.yields(statement) for statement in body):
            called = f"(yield from {called})"
        if not any(map(may_signal, body)):
            return [called]
        if tail and not text.loops:
            return [f"return {called}"]
        variable = text.temporary()
        if not text.loops:
            return [f"{variable} = {called}", f"if {variable} is not N: return {variable}"]
        return [
            f"{variable} = {called}",
            f"if {variable} is not N:",
            f" if {variable} is BREAK: break",
            f" if {variable} is CONTINUE: continue",
            f" return {variable}",
        ]

    def part(self, node: nodes.Node, text: Text) -> str:
        """The text that gives the value of a child."""
        written = EXPRESSIONS.get(type(node))
        if written is not None and self.weight(node) <= text.budget:
            made = text.mark(node, written(self, node, text))
        else:
            made = self.call(self.closure(node), node, text)
        overlap = self.unit.overlap
        if overlap is not None and id(node) in overlap.tests:  # a call of a model may have to end before
            return f"({self.settle(text)} or {made})"
        return made

    def call(self, closure: Closure, node: nodes.Node, text: Text) -> str:
        """The text that runs a closure made from a node."""
        if text.fast and any(type(inner) is nodes.NamedExpression for inner in node.walk()):
            raise NotFast
        called = f"{text.value(closure)}({self.frame(text)})"
        return f"(yield from {called})" if self.yields(node) else called

    def frame(self, text: Text) -> str:
        """The text of the frame: where variables are those of the closure, a list of what they are now."""
        return f"[{', '.join(f'v{slot}' for slot in range(self.unit.scope.size))}]" if text.fast else "f"

    def variable(self, slot: int, text: Text) -> str:
        """The text of what is in a slot."""
        return f"v{slot}" if text.fast else f"f[{text.value(slot)}]"

    def fill(self, template: str, text: Text, *children: nodes.Node) -> str:
        """A template with its holes filled, in order."""
        filled = template
        for variable in ("#0", "#1", "#2"):
            if variable in filled:
                filled = filled.replace(variable, text.temporary())
        if filled.count("_0") > 1 and not self.is_leaf(children[0]):
            name = text.temporary()
            filled = filled.replace("_0", name)
            at = filled.index(name, filled.index(" if "))  # the test of a conditional expression is evaluated first
            filled = filled[:at] + f"({name} := _0)" + filled[at + len(name) :]
        for number, child in enumerate(children):
            hole = f"_{number}"
            if hole in filled:
                filled = filled.replace(hole, self.part(child, text))
        return filled

    def weight(self, node: nodes.Node) -> int:
        """How much text a node is; a large number for what always is a closure of its own."""
        found = self.unit.weights.get(id(node))
        if found is None:
            found = self.unit.weights[id(node)] = self.weigh(node)
        return found

    def weigh(self, node: nodes.Node) -> int:
        kind = type(node)
        if kind is nodes.Constant:
            return 1
        if kind is nodes.Name:
            place = self.scope.place(node.id)  # type: ignore[attr-defined]
            if self.may_wait(node.id, place):  # type: ignore[attr-defined]
                return 3
            return 2 if place[0] == "class" or id(node) in self.unit.resolution.unsure else 1
        if kind in COMPREHENSIONS:
            return 1000
        if kind in OWN_CLOSURE:
            return 8 + sum(self.weight(part) for part in _outside(node))
        own = WEIGHTS.get(kind, 2)
        return own + sum([self.weight(child) for child in node.children()])

    def is_leaf(self, node: nodes.Node) -> bool:
        """Whether reading a node twice is as good as once."""
        if type(node) is nodes.Constant:
            return True
        return type(node) is nodes.Name and self.weight(node) == 1 and self.scope.place(node.id)[0] != "global"

    def yields(self, node: nodes.Node) -> bool:
        """Whether a node holds a `yield` of this function."""
        return self.unit.scope.is_generator and node_yields(node, self.unit.yielding)

    # Names

    def load(self, name: str, text: Text, unsure: bool) -> str:
        place = self.scope.place(name)
        kind = place[0]
        if self.may_wait(name, place):
            return self.waited(name, text, unsure)
        if kind == "global":
            if text.fast:
                if name not in text.decided:
                    text.decided[name] = self.unit.variables.fix(name, self.unit.program.defined_once)
                found = text.decided[name]
                if found is not UNBOUND:
                    return text.value(found)
            return f"{text.shared('g', self.unit.variables)}[{text.value(name)}]"
        if kind == "class":
            variable, found = text.temporary(), text.value(self.unit.variables.module_level)
            slot = text.value(place[1])
            return f"({variable} if ({variable} := f[{slot}]) is not U else {found}({text.value(name)}))"
        read = self.variable(place[1], text) + ("" if kind == "local" else "[0]")
        return self.checked(read, name, place, text) if unsure else read

    def checked(self, read: str, name: str, place: Any, text: Text) -> str:
        """The text of a variable that may have no value."""
        variable = text.temporary()
        complain = "unbound_free" if self.unit.is_free(place[1]) else "unbound"
        return f"({variable} if ({variable} := {read}) is not U else {complain}({text.value(name)}))"

    def slot(self, name: str, text: Text) -> str:
        """The text of a variable as a place to store."""
        place = self.scope.place(name)
        if place[0] == "global":
            return f"{text.shared('g', self.unit.variables)}[{text.value(name)}]"
        slot = self.variable(place[1], text)
        return slot + "[0]" if place[0] == "cell" else slot

    # Calls in progress

    def may_wait(self, name: str, place: Any) -> bool:
        """Whether a variable may hold a call of a model that is in progress."""
        overlap = self.unit.overlap
        if overlap is None:
            return False
        return name in overlap.names if place[0] == "global" else place[0] == "local" and place[1] in overlap.slots

    def where(self, name: str, text: Text) -> tuple[str, str]:
        """The texts of what holds a variable, and of its place there."""
        place = self.scope.place(name)
        if place[0] == "global":
            return text.shared("g", self.unit.variables), text.value(name)
        return "f", text.value(place[1])

    def waited(self, name: str, text: Text, unsure: bool) -> str:
        """The text of a variable whose call, if one is in progress, is awaited first."""
        holder, key = self.where(name, text)
        found = text.temporary()
        read = f"({found} if type({found} := {holder}[{key}]) is not Pending else awaited({holder}, {key}, {found}))"
        return self.checked(read, name, self.scope.place(name), text) if unsure and holder == "f" else read

    def bind(self, targets: Sequence[nodes.Expression], value: str, text: Text) -> list[str]:
        """The lines that store a value in targets; the call that a variable holds is awaited before."""
        target = targets[0]
        if type(target) is not nodes.Name or not self.may_wait(target.id, self.scope.place(target.id)):
            return self.store(targets, value, text)
        holder, key = self.where(target.id, text)
        found = text.temporary()
        return [
            f"{found} = {holder}[{key}]" if holder == "f" else f"{found} = {holder}.get({key}, U)",
            f"if type({found}) is Pending: {found} = awaited({holder}, {key}, {found})",
            *self.store(targets, f"begun({value}, {found})", text),
        ]

    def settle(self, text: Text) -> str:
        """The text that waits for all calls in progress of this frame."""
        overlap = self.unit.overlap
        assert overlap is not None
        if self.unit.scope.kind == "module":
            return f"settle({text.shared('g', self.unit.variables)}, {text.value(tuple(sorted(overlap.names)))})"
        return f"settle(f, {text.value(tuple(sorted(overlap.slots)))})"

    def settled(self, lines: list[str], text: Text) -> list[str]:
        """Lines at whose end no call is in progress any more, however they end."""
        if self.unit.overlap is None:
            return lines
        return ["try:", *indented(lines), f"finally: {self.settle(text)}"]

    def together(
        self, parts: Sequence[nodes.Expression], text: Text, function: str = "together", more: str = ""
    ) -> str:
        """The text of the values of parts whose calls are all begun before the first is awaited."""
        return f"{function}({text.value(tuple(self.closure(part) for part in parts))}, f{more})"

    def gathers(self, node: nodes.Node) -> bool:
        """Whether the calls of models in a node are all begun before the first is awaited."""
        overlaps = self.unit.program.overlaps
        return overlaps is not None and id(node) in overlaps.gathered

    def name(self, node: nodes.Name, text: Text) -> str:
        return self.load(node.id, text, id(node) in self.unit.resolution.unsure)

    # Expressions

    def constant(self, node: nodes.Constant, text: Text) -> str:
        if text.fast and type(node.value) is int and 0 <= node.value < 256:
            return f"({node.value})"
        return text.value(node.value)

    def binary(self, node: nodes.BinaryOperation, text: Text) -> str:
        template = self.fast_template(node) if text.fast else None
        if template is not None:
            return self.fill(template, text, node.left, node.right)
        template = BINARY[node.operator]
        if self.is_leaf(node.left) and self.is_leaf(node.right):
            template = BINARY_OF_LEAVES.get(node.operator, template)
        if type(node.right) is nodes.Constant and type(node.right.value) is int:
            template = BINARY_WITH_INT.get(node.operator, template)
        return self.fill(template, text, node.left, node.right)

    def fast_template(self, node: nodes.BinaryOperation) -> str | None:
        """The template of an operation in a fast function, where there is one that is faster."""
        operator = node.operator
        left, right = self.is_number(node.left), self.is_number(node.right)
        if left and right and operator in NUMERIC_BINARY:
            return NUMERIC_BINARY[operator]
        if operator == "*" and any(type(getattr(each, "value", None)) is float for each in (node.left, node.right)):
            return "(_0 * _1)"
        if (operator == "+" and (left or right)) or (operator == "-" and right):
            return f"(_0 {operator} _1)"
        return None if type(node.right) is nodes.Constant else FAST_BINARY.get(operator)

    def is_number(self, node: nodes.Node) -> bool:
        """Whether an expression gives an int, float or bool, or raises."""
        kind = type(node)
        if kind is nodes.Constant:
            return type(node.value) in (int, float, bool)  # type: ignore[attr-defined]
        if kind is nodes.Name:
            place = self.scope.place(node.id)  # type: ignore[attr-defined]
            return place[0] == "local" and place[1] in self.unit.numbers()
        if isinstance(node, nodes.BinaryOperation):
            return node.operator in ARITHMETIC and self.is_number(node.left) and self.is_number(node.right)
        if isinstance(node, nodes.UnaryOperation):
            return node.operator == "not" or self.is_number(node.operand)
        if isinstance(node, nodes.Comparison):
            return self.is_number(node.first) and all(map(self.is_number, node.others))
        if isinstance(node, nodes.Conditional):
            return self.is_number(node.body) and self.is_number(node.otherwise)
        return False

    def pipeline(self, node: nodes.Pipeline, text: Text) -> str:
        stages = "".join(f"{self.part(stage, text)}, " for stage in node.stages)
        return f"pipeline({self.part(node.first, text)}, ({stages}), {text.value(node.calls)})"

    def unary(self, node: nodes.UnaryOperation, text: Text) -> str:
        return self.fill(UNARY[node.operator], text, node.operand)

    def boolean(self, node: nodes.BooleanOperation, text: Text) -> str:
        return "(" + f" {node.operator} ".join(self.part(value, text) for value in node.values) + ")"

    def comparison(self, node: nodes.Comparison, text: Text) -> str:
        written = [self.part(node.first, text)]
        for operator, other in zip(node.operators, node.others, strict=True):
            part = self.part(other, text)
            if operator in ("in", "not in"):
                variable = text.temporary()
                part = f"({variable} if type({variable} := {part}) in COUNTED else countable({variable}))"
            written.append(f"{operator} {part}")
        return "(" + " ".join(written) + ")"

    def conditional(self, node: nodes.Conditional, text: Text) -> str:
        test = self.part(node.test, text)
        return f"({self.part(node.body, text)} if {test} else {self.part(node.otherwise, text)})"

    def list_display(self, node: nodes.ListDisplay, text: Text) -> str:
        return self.together(node.items, text) if self.gathers(node) else "[" + self.items(node.items, text) + "]"

    def tuple_display(self, node: nodes.TupleDisplay, text: Text) -> str:
        if self.gathers(node):
            return f"tuple({self.together(node.items, text)})"
        return "(" + self.items(node.items, text) + ")"

    def set_display(self, node: nodes.SetDisplay, text: Text) -> str:
        if self.gathers(node):
            return f"set({self.together(node.items, text)})"
        return "{" + self.items(node.items, text) + "}"

    def items(self, items: Sequence[nodes.Expression], text: Text) -> str:
        return "".join(
            f"*collected({self.part(item.value, text)}), "
            if isinstance(item, nodes.Starred)
            else self.part(item, text) + ", "
            for item in items
        )

    def dict_display(self, node: nodes.DictDisplay, text: Text) -> str:
        if self.gathers(node):
            parts = [part for couple in zip(node.keys, node.values, strict=True) for part in couple]
            return self.together(parts, text, "together_pairs")  # type: ignore[arg-type]
        pairs = [
            f"**mapping({self.part(value, text)})"
            if key is None
            else f"{self.part(key, text)}: {self.part(value, text)}"
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return "{" + ", ".join(pairs) + "}"

    def subscript(self, node: nodes.Subscript, text: Text) -> str:
        return f"{self.part(node.value, text)}[{self.key(node.key, text)}]"

    def key(self, node: nodes.Expression, text: Text) -> str:
        """What stands between the brackets of a subscript."""
        if type(node) is nodes.Slice:
            bounds = [node.lower, node.upper] if node.step is None else [node.lower, node.upper, node.step]
            return ":".join("" if bound is None else self.part(bound, text) for bound in bounds)
        if type(node) is nodes.TupleDisplay and node.items:
            return "".join(
                (self.key(item, text) if type(item) is nodes.Slice else self.items((item,), text).rstrip(", ")) + ", "
                for item in node.items
            )
        return self.part(node, text)

    def slice(self, node: nodes.Slice, text: Text) -> str:
        bounds = (node.lower, node.upper, node.step)
        return "slice(" + ", ".join("None" if b is None else self.part(b, text) for b in bounds) + ")"

    def attribute(self, node: nodes.Attribute, text: Text) -> str:
        name = text.value(node.name)
        if node.name.startswith("__"):
            return f"get_attribute({self.part(node.value, text)}, {name})"
        own = f"_0.{text.placeholder(node.name)}" if text.budget > COLD[0] else f"getattr(_0, {name})"
        return self.fill(f"({own} if type(type(_0)) is Class else get_attribute(_0, {name}))", text, node.value)

    def joined_string(self, node: nodes.JoinedString, text: Text) -> str:
        variable = text.temporary()
        if len(node.parts) > MOST_PARTS:
            size = -(-len(node.parts) // MOST_PARTS)
            pieces = [
                nodes.JoinedString(node.start, node.end, node.parts[at : at + size])
                for at in range(0, len(node.parts), size)
            ]
            joined = ", ".join(self.call(self.closure(piece), piece, text) for piece in pieces)
            return f"checked(NOTHING.join([{joined}]))"
        parts = "".join(
            "{" + text.value(part.value) + "}"
            if type(part) is nodes.Constant
            else "{" + self.interpolation(part, text) + "}"  # type: ignore[arg-type]
            for part in node.parts
        )
        return f'({variable} if len({variable} := f"{parts}") < NOTABLE else checked({variable}))'

    def interpolation(self, node: nodes.Interpolation, text: Text) -> str:
        value = self.quoteless(node.value, text)
        if node.conversion is not None:
            value = CONVERSIONS[node.conversion].replace("_0", value)
        if node.spec is not None:
            return f"format_value({value}, {self.quoteless(node.spec, text)})"
        if node.conversion is not None:
            return value
        variable = text.temporary()
        short = f"type({variable} := {value}) is str"
        if text.fast:
            short += f" or type({variable}) is int and {NEAR.format(variable)}"
        return f"({variable} if {short} else format_value({variable}, NOTHING))"

    def quoteless(self, node: nodes.Expression, text: Text) -> str:
        """The text of a part of an f-string, in which Python 3.11 allows no quote."""
        written = self.part(node, text)
        return self.call(self.closure(node), node, text) if '"' in written else written

    def named(self, node: nodes.NamedExpression, text: Text) -> str:
        place = self.scope.place(node.target.id)
        value = self.part(node.value, text)
        if place[0] == "global":
            return f"keep({text.shared('g', self.unit.variables)}, {text.value(node.target.id)}, {value})"
        if text.fast:
            return f"keep(v{place[1]}, 0, {value})" if place[0] == "cell" else f"(v{place[1]} := {value})"
        slot = text.value(place[1])
        return f"keep(f[{slot}], 0, {value})" if place[0] == "cell" else f"keep(f, {slot}, {value})"

    def yield_(self, node: nodes.Yield, text: Text) -> str:
        return "(yield)" if node.value is None else f"(yield {self.part(node.value, text)})"

    def yield_from(self, node: nodes.YieldFrom, text: Text) -> str:
        return f"(yield from {self.part(node.value, text)})"

    def lambda_(self, node: nodes.Lambda, text: Text) -> str:
        return self.function(node, node.parameters, text)

    def generator_expression(self, node: nodes.GeneratorExpression, text: Text) -> str:
        definition = self.unit.definition(node)
        made = f"{text.value(definition.instantiate)}({self.frame(text)}, (), None)"
        return f"{made}(iter({self.part(node.clauses[0].iterable, text)}))"

    # Calls

    def call_expression(self, node: nodes.Call, text: Text) -> str:
        function = node.function
        if self.unit.program.overlaps is not None and self.unit.program.asks(node, self.scope):
            return self.ask(node, text)
        if type(function) is nodes.Attribute and not function.name.startswith("__"):
            return self.method_call(node, function, text)
        if (
            type(function) is nodes.Name
            and function.id == "super"
            and not node.arguments
            and not node.keywords
            and self.unit.scope.uses_super
        ):
            cls = self.load("__class__", text, unsure=False)
            first = self.load(self.unit.first_parameter(), text, unsure=False)
            return f"zero_argument_super({cls}, {first})"
        called = self.part(function, text)
        if text.fast and text.values and called == text.names[-1]:
            native = text.values[-1]
            if type(native) is NativeType and native.construct is not None:
                text.values[-1] = native.construct
        if type(function) is nodes.Name and self.unit.is_workflow:
            called = f"{text.value(self.unit.stepped)}({called}, {text.value(function.id)})"
        return f"{called}({self.arguments(node, text)})"

    def workflow(self, node: nodes.Workflow, text: Text) -> str:
        return f"{text.value(self.unit.workflow)}({text.value(node.name)}, {self.part(node.value, text)}, None)"

    def method_call(self, node: nodes.Call, function: nodes.Attribute, text: Text) -> str:
        """`value.name(...)`: an attribute of an instance, a method of a host value, else a visible function."""
        visible = self.unit.is_visible(function.name, self.scope) if text.budget > COLD[0] else True
        if text.fast and not text.decided.setdefault(("method", function.name), visible):
            return self.fast_method_call(node, function, text)
        target, found, name = text.temporary(), text.temporary(), text.value(function.name)
        find = f"method({target}, {name}, {text.value(self.visible(function.name, node))}, {self.frame(text)})"
        value = self.part(function.value, text)
        budget, text.budget = text.budget, min(text.budget, COLD[0])
        arguments = self.arguments(node, text)
        text.budget = budget
        with_target = f"{target}, {arguments}" if arguments else target
        if visible:
            own = f"({found} if ({found} := getattr({target}, {name}, U)) is not U else {find})"
        else:
            own = f"{target}.{text.placeholder(function.name)}"
        return (
            f"({own}({arguments})"
            f" if type(type({target} := {value})) is Class else"
            f" {found}({with_target}) if ({found} := METHODS.get(type({target}), NONE).get({name})) is not None"
            f" else {find}({arguments}))"
        )

    def fast_method_call(self, node: nodes.Call, function: nodes.Attribute, text: Text) -> str:
        """The same in a fast function: what is most probable first, and arguments that are long only once."""
        target, value = text.temporary(), self.part(function.value, text)
        attribute = f"{target}.{text.placeholder(function.name)}"
        visible, name = text.value(self.visible(function.name, node)), text.value(function.name)
        rest = f"bound({target}, {name}, {visible}, {self.frame(text)})"
        kind = next((kind for kind in FAST_METHODS if function.name in METHODS.get(kind, ())), None)
        is_kind = (
            f"type({target} := {value}) is {kind.__name__}" if kind else f"type(type({target} := {value})) is Class"
        )
        native = METHODS[kind][function.name] if kind else None
        short = all(map(is_short_text, node.arguments)) and not node.keywords
        if kind is list and function.name == "append":
            is_kind += f" and len({target}) & 1023"
        elif kind is str and function.name in CHEAP_ON_TEXT and short:
            is_kind += f" and len({target}) < {SHORT_TEXT}"
        elif kind is not None and native is not getattr(kind, function.name):
            with_target = f"{target}, {self.arguments(node, text)}".rstrip(", ")
            if sum(map(self.weight, node.arguments)) > COLD[0]:
                return f"({rest.replace(target, value, 1)})({self.arguments(node, text)})"
            return f"({text.value(native)}({with_target}) if {is_kind} else {rest}({self.arguments(node, text)}))"
        arguments = self.arguments(node, text)
        if sum(map(self.weight, node.arguments)) + sum(map(self.weight, node.keywords)) > COLD[0]:
            return f"({attribute} if {is_kind} else {rest})({arguments})"
        return f"({attribute}({arguments}) if {is_kind} else {rest}({arguments}))"

    def ask(self, node: nodes.Call, text: Text) -> str:
        """A call of `reason`: the native that asks learns where it stands, and gets template and data apart."""
        function = node.function
        site, values, stated = self.unit.program.site(node, self.scope)
        asked, place = text.temporary(), text.value(site)
        if type(function) is nodes.Attribute:
            name, visible = text.value(function.name), text.value(self.visible(function.name, node))
            called = f"method({self.part(function.value, text)}, {name}, {visible}, {self.frame(text)})"
        else:
            called = self.part(function, text)
        written = []
        if values is not None:
            given = "".join(self.inserted(value, text) + ", " for value in values)
            written.append(f"prompt({asked}, {place}, ({given}))")
        for argument in node.arguments[len(written) :]:
            if type(argument) is nodes.Starred:
                written.append(f"*collected({self.part(argument.value, text)})")
            else:
                written.append(self.part(argument, text))
        for keyword in node.keywords:
            value = self.part(keyword.value, text)
            if keyword is stated:  # a type, which is read and not evaluated
                value = f"(None if type({asked}) is Asking else {value})"
            written.append(
                f"**mapping({value})" if keyword.name is None else f"**{{{text.value(keyword.name)}: {value}}}"
            )
        return f"({asked} := asking({called}, {place}))({', '.join(written)})"

    def inserted(self, node: nodes.Expression, text: Text) -> str:
        """The text of a value that a prompt names; formatted where the program says how."""
        if type(node) is not nodes.Interpolation:
            return self.part(node, text)
        if node.spec is None and node.conversion is None:
            return self.part(node.value, text)
        return self.part(nodes.JoinedString(node.start, node.end, (node,)), text)

    def arguments(self, node: nodes.Call, text: Text) -> str:
        if self.gathers(node):
            parts = [*node.arguments, *(keyword.value for keyword in node.keywords)]
            if not node.keywords:
                return f"*{self.together(parts, text)}"
            keywords, words = text.temporary(), text.value(tuple(keyword.name for keyword in node.keywords))
            more = f", {words}, ({keywords} := {{}})"
            return f"*{self.together(parts, text, 'together_words', more)}, **{keywords}"
        written = []
        for argument in node.arguments:
            if isinstance(argument, nodes.Starred):
                written.append(f"*collected({self.part(argument.value, text)})")
            else:
                written.append(self.part(argument, text))
        named: list[str] = []
        native = text.budget > COLD[0] and all(keyword.name is not None for keyword in node.keywords)
        native = native and not any(isinstance(argument, nodes.Starred) for argument in node.arguments)
        for keyword in node.keywords:
            value = self.part(keyword.value, text)
            if keyword.name is None:
                if named:
                    written.append("**{" + ", ".join(named) + "}")
                    named = []
                written.append(f"**mapping({value})")
            elif native:
                written.append(f"{text.placeholder(keyword.name)}={value}")
            else:
                named.append(f"{text.value(keyword.name)}: {value}")
        if named:
            written.append("**{" + ", ".join(named) + "}")
        return ", ".join(written)

    def visible(self, name: str, node: nodes.Call) -> Closure:
        """Gives the function of this name that is visible at a call, or UNBOUND."""
        place = self.scope.place(name)
        if place[0] in ("local", "cell"):
            kind, slot = place
            return lambda f: f[slot] if kind == "local" else f[slot][0]
        variables = self.unit.variables
        return lambda f: variables.visible(name)

    # Comprehensions

    def comprehension(self, node: Any, text: Text) -> list[str]:
        inner = type(self)(self.unit, self.unit.resolution.scopes[id(node)])
        result, add = text.temporary(), text.temporary()
        kind = type(node)
        gathers = self.gathers(node)
        if kind is nodes.DictComprehension and gathers:
            start = "[]"
            lines = [f"{add}(({inner.part(node.key, text)}, {inner.part(node.value, text)}))"]
        elif kind is nodes.DictComprehension:
            key = inner.part(node.key, text)
            start, lines = "{}", [f"{add} = {key}", f"{result}[{add}] = {inner.part(node.value, text)}"]
        else:
            start = "[]" if kind is nodes.ListComprehension or gathers else "set()"
            lines = [f"{add}({inner.part(node.element, text)})"]
        first = self.part(node.clauses[0].iterable, text)
        body = inner.clauses_lines(node.clauses, first, lines, text, f"check_growth(len({result}))")
        made = [f"f[{text.value(slot)}] = [U]" for slot in inner.scope.fresh]
        opening = [f"{result} = {start}"]
        if start != "{}":
            opening.append(f"{add} = {result}.{'append' if start == '[]' else 'add'}")
        text.shared("check_growth", self.unit.meter.check_growth)
        if not gathers:
            return [*opening, *made, *body, f"return {result}"]
        leave = "left_pairs" if kind is nodes.DictComprehension else "left"
        body = ["try:", *indented(body), "except BaseException:", f" {leave}({result})", " raise"]
        return [*opening, *made, *body, f"return {GATHERED[kind]}({result})" + ")" * (kind is nodes.SetComprehension)]

    def clauses_lines(
        self, clauses: Sequence[nodes.ForClause], first: str, body: list[str], text: Text, check: str = ""
    ) -> list[str]:
        """The loops of a comprehension around its body; `check` is done every thousand steps."""
        for clause in reversed(clauses):
            if clause.conditions:
                conditions = " and ".join(self.part(condition, text) for condition in clause.conditions)
                body = [f"if {conditions}:", *indented(body)]
            iterable = first if clause is clauses[0] else self.part(clause.iterable, text)
            tick = self.tick(text)
            if check:
                tick = [tick[0], f"except IndexError: refill(); {check}"]
            variable = text.temporary()
            target = clause.target
            if type(target) is nodes.Name:
                body = [f"for {self.slot(target.id, text)} in {iterable}:", *indented(tick), *indented(body)]
            else:
                body = [
                    f"for {variable} in {iterable}:",
                    *indented(tick),
                    *indented(self.unpack(target, variable, text)),
                    *indented(body),
                ]
        return body

    def tick(self, text: Text) -> list[str]:
        text.shared("pop", self.unit.meter.tank.pop)
        text.shared("refill", self.unit.meter.refill)
        return TICK

    def generator_body(self, node: nodes.GeneratorExpression) -> Closure:
        """The closure of a generator expression's own frame, whose slot 0 holds the first iterator."""
        text = Text(*HOT)
        return text.closure(self.write_generator(node, text), (node, self, Lowering.write_generator, HOT))

    def write_generator(self, node: nodes.GeneratorExpression, text: Text) -> list[str]:
        """The body of that closure."""
        lines = self.clauses_lines(
            node.clauses, f"f[{text.value(0)}]", [f"yield {self.part(node.element, text)}"], text
        )
        return [*lines, "return N"]

    # Statements

    def expression_statement(self, node: nodes.ExpressionStatement, text: Text, tail: bool) -> list[str]:
        return [self.part(node.value, text)]

    def assignment(self, node: nodes.Assignment, text: Text, tail: bool) -> list[str]:
        value = self.part(node.value, text)
        if any(map(needs_bound, node.targets)) or any(map(nests_bound, node.targets)):
            variable = text.temporary()
            bound = [line for target in node.targets for line in self.unpack(target, variable, text)]
            return [f"{variable} = {value}", *bound]
        return self.bind(node.targets, value, text)

    def unpack(self, target: nodes.Expression, value: str, text: Text) -> list[str]:
        """The lines that store the value that a text names in a target; what takes all items is given them counted."""
        if nests_bound(target):
            items = target.items  # type: ignore[attr-defined]
            parts = [text.temporary() for _ in items]
            names = ["*" * (type(item) is nodes.Starred) + part for item, part in zip(items, parts, strict=True)]
            lines = [f"[{', '.join(names)}] = " + (f"listed({value})" if needs_bound(target) else value)]
            for item, part in zip(items, parts, strict=True):
                lines += self.unpack(item.value if type(item) is nodes.Starred else item, part, text)
            return lines
        return [f"{self.target(target, text)} = " + (f"listed({value})" if needs_bound(target) else value)]

    def store(self, targets: Sequence[nodes.Expression], value: str, text: Text) -> list[str]:
        """The lines that store a value in targets."""
        target = targets[0]
        if len(targets) == 1 and type(target) is nodes.Attribute:
            stored, owner, name = text.temporary(), text.temporary(), text.value(target.name)
            own = f"setattr({owner}, {name}, {stored})"
            if text.budget > COLD[0]:
                own = f"{owner}.{text.placeholder(target.name)} = {stored}"
            return [
                f"{stored} = {value}",
                f"{owner} = {self.part(target.value, text)}",
                f"if type(type({owner})) is Class: {own}",
                f"else: set_attribute({owner}, {name}, {stored})",
            ]
        return [" = ".join([*(self.target(target, text) for target in targets), value])]

    def target(self, node: nodes.Expression, text: Text) -> str:
        """The text of a target, as the host's own assignment takes it."""
        kind = type(node)
        if isinstance(node, nodes.Name):
            return self.slot(node.id, text)
        if isinstance(node, nodes.Attribute):
            return f"AttributeTarget({self.part(node.value, text)}, {text.value(node.name)})[0]"
        if isinstance(node, nodes.Subscript):
            return f"{self.part(node.value, text)}[{self.key(node.key, text)}]"
        if isinstance(node, nodes.Starred):
            return "*" + self.target(node.value, text)
        if isinstance(node, (nodes.TupleDisplay, nodes.ListDisplay)):
            return "[" + ", ".join(self.target(item, text) for item in node.items) + "]"
        raise TypeError(f"{kind.__name__} is not a target")

    def annotated_assignment(self, node: nodes.AnnotatedAssignment, text: Text, tail: bool) -> list[str]:
        if node.value is None:
            return ["pass"]
        value = self.part(node.value, text)
        return self.bind((node.target,), value, text)

    def augmented_assignment(self, node: nodes.AugmentedAssignment, text: Text, tail: bool) -> list[str]:
        target, operator = node.target, node.operator
        small = type(node.value) is nodes.Constant and type(node.value.value) is int and operator in "+-"
        if isinstance(target, nodes.Name):
            opening: list[str] = []
            load = self.load(target.id, text, id(target) in self.unit.resolution.unsure)
            store = self.slot(target.id, text)
            if text.fast and store[0] == "v" and store == load and not store.endswith("]"):
                return self.fast_augmented(store, node, text)
            if small or operator not in IN_PLACE:
                variable = text.temporary()
                return [
                    f"{variable} = {load}",
                    f"{variable} {operator}= {self.part(node.value, text)}",
                    f"{store} = {variable}",
                ]
        elif isinstance(target, nodes.Attribute):
            owner, name = text.temporary(), text.value(target.name)
            opening = [f"{owner} = {self.part(target.value, text)}"]
            load, store = f"get_attribute({owner}, {name})", ""
            if text.budget > COLD[0]:
                own = f"{owner}.{text.placeholder(target.name)}"
                load = f"({own} if type(type({owner})) is Class else {load})"
        elif isinstance(target, nodes.Subscript):
            owner, key = text.temporary(), text.temporary()
            written = self.slice(target.key, text) if type(target.key) is nodes.Slice else self.part(target.key, text)
            opening = [f"{owner} = {self.part(target.value, text)}", f"{key} = {written}"]
            load = store = f"{owner}[{key}]"
        else:
            raise TypeError(f"{type(target).__name__} is not a target of {operator}=")
        left, right, result = text.temporary(), text.temporary(), text.temporary()
        lines = [*opening, f"{left} = {load}", f"{right} = {self.part(node.value, text)}"]
        if small or operator not in IN_PLACE:
            lines += [f"{result} = {left}", f"{result} {operator}= {right}"]
        elif operator == "+":
            lines += [
                f"if type({left}) in SIZED: {result} = {IN_PLACE[operator].format(left, right)}",
                "else:",
                f" {result} = {left}",
                f" {result} += {right}",
            ]
        else:
            lines.append(f"{result} = " + IN_PLACE[operator].format(left, right))
        if store:
            return [*lines, f"{store} = {result}"]
        if text.budget > COLD[0]:
            lines.append(f"if type(type({owner})) is Class: {own} = {result}")
            return [*lines, f"else: set_attribute({owner}, {name}, {result})"]
        return [*lines, f"set_attribute({owner}, {name}, {result})"]

    def fast_augmented(self, variable: str, node: nodes.AugmentedAssignment, text: Text) -> list[str]:
        """The lines of `name operator= value` where the name is a variable of the host."""
        operator, value = node.operator, self.part(node.value, text)
        number, numbers = self.is_number(node.value), self.is_number(node.target)
        if operator == "*" and number and numbers:
            return [f"{variable} *= {value}", f"if not {NEAR.format(variable)}: product({variable})"]
        if operator not in IN_PLACE or (operator == "+" and number) or (operator == "%" and numbers):
            return [f"{variable} {operator}= {value}"]
        found = text.temporary()
        if any(type(inner) is nodes.NamedExpression for inner in node.value.walk()):
            raise NotFast  # it may change the variable
        if operator == "+":
            return [
                f"{found} = {value}",
                f"if type({variable}) is int or type({variable}) not in SIZED: {variable} += {found}",
                f"else: {variable} = {IN_PLACE[operator].format(variable, found)}",
            ]
        return [f"{found} = {value}", f"{variable} = {IN_PLACE[operator].format(variable, found)}"]

    def return_(self, node: nodes.Return, text: Text, tail: bool) -> list[str]:
        return ["return " + ("None" if node.value is None else self.part(node.value, text))]

    def raise_(self, node: nodes.Raise, text: Text, tail: bool) -> list[str]:
        if node.exception is None:
            return ["raise"]
        raised = f"raise raised({self.part(node.exception, text)})"
        return [raised if node.cause is None else f"{raised} from {self.part(node.cause, text)}"]

    def assert_(self, node: nodes.Assert, text: Text, tail: bool) -> list[str]:
        message = "" if node.message is None else self.part(node.message, text)
        return [f"if not {self.part(node.test, text)}: raise {self.refusal(node, f'AssertionError({message})', text)}"]

    def refusal(self, node: nodes.Assert, error: str, text: Text) -> str:
        """The text of what is raised where an assertion does not hold; tests learn of it here."""
        return error

    def delete(self, node: nodes.Delete, text: Text, tail: bool) -> list[str]:
        return [line for target in node.targets for line in self.delete_lines(target, text)]

    def delete_lines(self, target: nodes.Expression, text: Text) -> list[str]:
        if isinstance(target, (nodes.TupleDisplay, nodes.ListDisplay)):
            return [line for item in target.items for line in self.delete_lines(item, text)]
        if isinstance(target, nodes.Subscript):
            return [f"del {self.part(target.value, text)}[{self.key(target.key, text)}]"]
        if isinstance(target, nodes.Attribute):
            delete = text.value(delete_attribute)
            return [f"{delete}({self.part(target.value, text)}, {text.value(target.name)})"]
        if isinstance(target, nodes.Name):
            place = self.scope.place(target.id)
            if place[0] == "global":
                return [f"{text.value(self.unit.variables.delete)}({text.value(target.id)})"]
            slot = self.slot(target.id, text)
            complain = "unbound_free" if self.unit.is_free(place[1]) else "unbound"
            return [f"if {slot} is U: {complain}({text.value(target.id)})", f"{slot} = U"]
        raise TypeError(f"{type(target).__name__} cannot be deleted")

    def nothing(self, node: nodes.Statement, text: Text, tail: bool) -> list[str]:
        return ["pass"]

    def break_(self, node: nodes.Break, text: Text, tail: bool) -> list[str]:
        return ["break" if text.loops else "return BREAK"]

    def continue_(self, node: nodes.Continue, text: Text, tail: bool) -> list[str]:
        return ["continue" if text.loops else "return CONTINUE"]

    def if_(self, node: nodes.If, text: Text, tail: bool) -> list[str]:
        lines = [f"if {self.part(node.test, text)}:", *indented(self.body(node.body, text, tail))]
        otherwise = node.otherwise
        while len(otherwise) == 1 and type(otherwise[0]) is nodes.If and self.weight(otherwise[0].test) <= text.budget:
            chained = otherwise[0]
            lines += [f"elif {self.part(chained.test, text)}:", *indented(self.body(chained.body, text, tail))]
            otherwise = chained.otherwise
        if otherwise:
            lines += ["else:", *indented(self.body(otherwise, text, tail))]
        return lines

    def while_(self, node: nodes.While, text: Text, tail: bool) -> list[str]:
        return self.loop(node, [f"while {self.part(node.test, text)}:"], text, tail)

    def for_(self, node: nodes.For, text: Text, tail: bool) -> list[str]:
        iterable = self.part(node.iterable, text)
        if type(node.target) is nodes.Name:
            return self.loop(node, [f"for {self.slot(node.target.id, text)} in {iterable}:"], text, tail)
        variable = text.temporary()
        store = indented(self.unpack(node.target, variable, text))
        return self.loop(node, [f"for {variable} in {iterable}:", *store], text, tail)

    def loop(self, node: Any, opening: list[str], text: Text, tail: bool) -> list[str]:
        """The lines of a loop, given those with which it starts."""
        text.loops += 1
        body = [*self.tick(text), *self.body(node.body, text, False)]
        text.loops -= 1
        lines = [*opening, *indented(body)]
        if node.otherwise:
            lines += ["else:", *indented(self.body(node.otherwise, text, tail))]
        return lines

    def try_(self, node: nodes.Try, text: Text, tail: bool) -> list[str]:
        body = self.settled(self.body(node.body, text, tail and not node.otherwise), text)
        lines = ["try:", *indented(body)]
        if node.handlers:
            error = text.temporary()
            lines += [f"except CATCHABLE as {error}:", f" caught({error}, {text.shared('m', self.unit.meter)})"]
            branch = "if"
            for clause in node.handlers:
                body = self.body(clause.body, text, tail)
                if node.final:
                    body = self.settled(body, text)
                if clause.name is not None:
                    slot = self.slot(clause.name, text)
                    body = [f"{slot} = {error}", "try:", *indented(body), f"finally: {slot} = U"]
                    if self.scope.place(clause.name)[0] == "global":
                        forget = text.value(self.unit.variables.forget)
                        body[-1] = f"finally: {forget}({text.value(clause.name)})"
                if clause.type is None:
                    lines += [" if True:" if branch == "if" else " else:", *indented(indented(body))]
                    branch = ""
                else:
                    types = text.mark(clause.type, f"classes({self.part(clause.type, text)})")
                    lines += [
                        f" {branch} isinstance({error}, {types}):",
                        *indented(indented(body)),
                    ]
                    branch = "elif"
            if branch:
                lines.append(" else: raise")
            if node.otherwise:
                otherwise = self.body(node.otherwise, text, tail)
                lines += ["else:", *indented(self.settled(otherwise, text) if node.final else otherwise)]
        if node.final:
            lines += [
                "finally:",
                f" if not stopping({text.shared('m', self.unit.meter)}):",
                *indented(indented(self.body(node.final, text, False))),
            ]
        return lines

    def with_(self, node: nodes.With, text: Text, tail: bool) -> list[str]:
        if len(node.items) > MOST_ITEMS:
            inner = nodes.With(node.start, node.end, node.items[MOST_ITEMS:], node.body)
            return self.with_(nodes.With(node.start, node.end, node.items[:MOST_ITEMS], (inner,)), text, tail)
        lines: list[str] = []
        depth = 0
        for item in node.items:
            meter = text.shared("m", self.unit.meter)
            opening = f"with Managed({self.part(item.context, text)}, {meter})"
            if item.target is None:
                lines.append(" " * depth + opening + ":")
            else:
                variable = text.temporary()
                lines.append(" " * depth + f"{opening} as {variable}:")
                lines += [" " * (depth + 1) + line for line in self.unpack(item.target, variable, text)]
            depth += 1
        return lines + [" " * depth + line for line in self.settled(self.body(node.body, text, tail), text)]

    def match(self, node: nodes.Match, text: Text, tail: bool) -> list[str]:
        if text.fast:
            raise NotFast  # patterns store in frames
        subject = text.temporary()
        lines = [f"{subject} = {self.part(node.subject, text)}"]
        branch = "if"
        for case in node.cases:
            test = text.mark(case.pattern, f"{text.value(Matcher(self).test(case.pattern))}(f, {subject})")
            if case.guard is not None:
                test += f" and {self.part(case.guard, text)}"
            lines += [f"{branch} {test}:", *indented(self.body(case.body, text, tail))]
            branch = "elif"
        return lines

    # Definitions

    def function(self, node: Any, parameters: nodes.Parameters, text: Text) -> str:
        """The text that makes a function."""
        definition = self.unit.definition(node)
        defaults = [
            self.part(parameter.default, text)
            for parameter in parameters.positional_only + parameters.positional
            if parameter.default is not None
        ]
        named = [
            f"{text.value(parameter.name)}: {self.part(parameter.default, text)}"
            for parameter in parameters.keyword_only
            if parameter.default is not None
        ]
        written = "(" + "".join(default + ", " for default in defaults) + ")"
        keywords = "{" + ", ".join(named) + "}" if named else "None"
        return f"{text.value(definition.instantiate)}({self.frame(text)}, {written}, {keywords})"

    def function_definition(self, node: nodes.FunctionDefinition, text: Text, tail: bool) -> list[str]:
        decorators = [self.part(decorator, text) for decorator in node.decorators]
        made = self.function(node, node.parameters, text)
        if node.kind == "workflow":
            doc = nodes.docstring(node.body)
            made = f"{text.value(self.unit.workflow)}({text.value(node.name)}, {made}, {text.value(doc)})"
        made = self.decorated(node, decorators, made, text)
        if node.kind == "receiver":
            types = self.part(node.parameters.positional[0].annotation, text)  # type: ignore[arg-type]
            return [f"{text.value(self.unit.receive)}({types}, {text.value(node.name)}, {made})"]
        return [f"{self.slot(node.name, text)} = {made}"]

    def class_definition(self, node: nodes.ClassDefinition, text: Text, tail: bool) -> list[str]:
        decorators = [self.part(decorator, text) for decorator in node.decorators]
        build = text.value(self.unit.class_builder(node))
        made = f"{build}({self.frame(text)}, ({self.items(node.bases, text)}))"
        return [f"{self.slot(node.name, text)} = {self.decorated(node, decorators, made, text)}"]

    def decorated(self, node: Any, decorators: list[str], made: str, text: Text) -> str:
        """The text of a definition inside the calls of its decorators."""
        for decorator, written in zip(reversed(node.decorators), reversed(decorators), strict=True):
            made = text.mark(decorator, f"{written}({made})")
        return made

    def import_(self, node: nodes.Import, text: Text, tail: bool) -> list[str]:
        load = text.value(self.unit.import_module)
        lines = []
        for alias in node.names:
            bound = alias.bound or alias.name.partition(".")[0]
            whole = text.value(alias.bound is not None)
            lines.append(f"{self.slot(bound, text)} = {load}({text.value(alias.name)}, {whole})")
        return lines

    def import_from(self, node: nodes.ImportFrom, text: Text, tail: bool) -> list[str]:
        module = text.temporary()
        load = text.value(self.unit.import_from)
        lines = [f"{module} = {load}({text.value(node.module)}, {text.value(node.level)})"]
        for alias in node.names:
            if alias.name == "*":
                lines.append(f"{text.value(self.unit.import_all)}({module})")
            else:
                member = f"{text.value(self.unit.import_member)}({module}, {text.value(alias.name)})"
                lines.append(f"{self.slot(alias.bound or alias.name, text)} = {member}")
        return lines


def needs_bound(target: nodes.Expression) -> bool:
    """Whether a target keeps as many items as it is given."""
    if isinstance(target, nodes.Subscript):
        return type(target.key) is nodes.Slice
    return isinstance(target, (nodes.TupleDisplay, nodes.ListDisplay)) and any(
        type(item) is nodes.Starred for item in target.items
    )


def nests_bound(target: nodes.Expression) -> bool:
    """Whether a target inside of this one does."""
    if type(target) is nodes.Starred:
        return nests_bound(target.value)
    return isinstance(target, (nodes.TupleDisplay, nodes.ListDisplay)) and any(
        needs_bound(inner) or nests_bound(inner)
        for item in target.items
        for inner in [item.value if type(item) is nodes.Starred else item]
    )


def may_signal(node: nodes.Node) -> bool:
    """Whether a statement may end by return, break or continue of what is around it."""
    kind = type(node)
    if kind is nodes.Return or kind is nodes.Break or kind is nodes.Continue:
        return True
    if kind not in COMPOUND:
        return False
    if isinstance(node, (nodes.For, nodes.While)):
        return any(map(may_return, node.body)) or any(map(may_signal, node.otherwise))
    return any(may_signal(statement) for body in bodies(node) for statement in body)


COMPOUND = frozenset((nodes.If, nodes.While, nodes.For, nodes.Try, nodes.With, nodes.Match))
"""The statements that run others in the same frame."""


def has_loops(body: Sequence[nodes.Statement]) -> bool:
    """Whether statements have a loop among them, outside of functions and classes."""
    return any(isinstance(node, (nodes.For, nodes.While)) or any(map(has_loops, bodies(node))) for node in body)


def may_return(node: nodes.Node) -> bool:
    """Whether a statement may end by return."""
    if type(node) is nodes.Return:
        return True
    if isinstance(node, (nodes.For, nodes.While)):
        return any(may_return(statement) for statement in node.body + node.otherwise)
    return any(may_return(statement) for body in bodies(node) for statement in body)


def bodies(node: nodes.Node) -> list[tuple[nodes.Statement, ...]]:
    """The bodies of a compound statement that is not a loop or a definition."""
    if isinstance(node, nodes.If):
        return [node.body, node.otherwise]
    if isinstance(node, nodes.Try):
        return [node.body, *(clause.body for clause in node.handlers), node.otherwise, node.final]
    if isinstance(node, nodes.With):
        return [node.body]
    if isinstance(node, nodes.Match):
        return [case.body for case in node.cases]
    return []


def node_yields(node: nodes.Node, known: dict[int, bool]) -> bool:
    """Whether a node holds a `yield` that is not in a function inside it; answers are kept in `known`."""
    found = known.get(id(node))
    if found is None:
        if isinstance(node, (nodes.Yield, nodes.YieldFrom)):
            found = True
        elif isinstance(node, nodes.GeneratorExpression):
            found = node_yields(node.clauses[0].iterable, known)
        elif isinstance(node, (nodes.FunctionDefinition, nodes.ClassDefinition)):
            outside = (*node.decorators, *(node.bases if isinstance(node, nodes.ClassDefinition) else ()))
            defaults = node.parameters.all() if isinstance(node, nodes.FunctionDefinition) else ()
            found = any(node_yields(part, known) for part in outside) or any(
                parameter.default is not None and node_yields(parameter.default, known) for parameter in defaults
            )
        elif isinstance(node, nodes.Lambda):
            found = any(p.default is not None and node_yields(p.default, known) for p in node.parameters.all())
        else:
            found = any(node_yields(child, known) for child in node.children())
        known[id(node)] = found
    return found


def _outside(node: Any) -> list[nodes.Node]:
    """What of a definition is evaluated where it stands, and not inside of it."""
    if isinstance(node, nodes.GeneratorExpression):
        return [node.clauses[0].iterable]
    found = [*getattr(node, "decorators", ()), *getattr(node, "bases", ())]
    parameters = getattr(node, "parameters", None)
    if parameters is not None:
        found += [parameter.default for parameter in parameters.all() if parameter.default is not None]
    return found


EXPRESSIONS: dict[type[nodes.Node], Callable[[Any, Any, Text], str]] = {
    nodes.Constant: Lowering.constant,
    nodes.Name: Lowering.name,
    nodes.JoinedString: Lowering.joined_string,
    nodes.ListDisplay: Lowering.list_display,
    nodes.TupleDisplay: Lowering.tuple_display,
    nodes.SetDisplay: Lowering.set_display,
    nodes.DictDisplay: Lowering.dict_display,
    nodes.UnaryOperation: Lowering.unary,
    nodes.BinaryOperation: Lowering.binary,
    nodes.Pipeline: Lowering.pipeline,
    nodes.BooleanOperation: Lowering.boolean,
    nodes.Comparison: Lowering.comparison,
    nodes.Conditional: Lowering.conditional,
    nodes.Lambda: Lowering.lambda_,
    nodes.Attribute: Lowering.attribute,
    nodes.Call: Lowering.call_expression,
    nodes.Subscript: Lowering.subscript,
    nodes.Slice: Lowering.slice,
    nodes.NamedExpression: Lowering.named,
    nodes.Workflow: Lowering.workflow,
    nodes.GeneratorExpression: Lowering.generator_expression,
    nodes.Yield: Lowering.yield_,
    nodes.YieldFrom: Lowering.yield_from,
}
"""The kinds of node whose meaning is one expression of the host."""

STATEMENTS: dict[type[nodes.Node], Callable[[Any, Any, Text, bool], list[str]]] = {
    nodes.ExpressionStatement: Lowering.expression_statement,
    nodes.Assignment: Lowering.assignment,
    nodes.AnnotatedAssignment: Lowering.annotated_assignment,
    nodes.AugmentedAssignment: Lowering.augmented_assignment,
    nodes.Return: Lowering.return_,
    nodes.Raise: Lowering.raise_,
    nodes.Assert: Lowering.assert_,
    nodes.Delete: Lowering.delete,
    nodes.Pass: Lowering.nothing,
    nodes.Break: Lowering.break_,
    nodes.Continue: Lowering.continue_,
    nodes.Global: Lowering.nothing,
    nodes.Nonlocal: Lowering.nothing,
    nodes.Import: Lowering.import_,
    nodes.ImportFrom: Lowering.import_from,
    nodes.If: Lowering.if_,
    nodes.While: Lowering.while_,
    nodes.For: Lowering.for_,
    nodes.Try: Lowering.try_,
    nodes.With: Lowering.with_,
    nodes.Match: Lowering.match,
    nodes.FunctionDefinition: Lowering.function_definition,
    nodes.ClassDefinition: Lowering.class_definition,
}
"""The kinds of node whose meaning is one or more lines."""

COMPREHENSIONS = frozenset((nodes.ListComprehension, nodes.SetComprehension, nodes.DictComprehension))
"""The expressions whose meaning is more than one line: each is a closure of its own."""

GATHERED = {
    nodes.ListComprehension: "gathered",
    nodes.SetComprehension: "set(gathered",
    nodes.DictComprehension: "gathered_pairs",
}
"""What makes a comprehension's value of a list of calls in progress."""

LOOPS = COMPREHENSIONS | {nodes.For, nodes.While}
"""The kinds of node that run their parts again and again."""

OWN_CLOSURE = COMPREHENSIONS | {
    nodes.FunctionDefinition,
    nodes.ClassDefinition,
    nodes.Lambda,
    nodes.GeneratorExpression,
}
"""The kinds of node whose text does not grow with what is inside them, but for what is evaluated before."""

WEIGHTS: dict[type[nodes.Node], int] = {
    nodes.BinaryOperation: 1,
    nodes.UnaryOperation: 1,
    nodes.Subscript: 1,
    nodes.Keyword: 0,
    nodes.Call: 6,
    nodes.JoinedString: 6,
}
"""How much text a kind of node is by itself, where it is not 2."""
