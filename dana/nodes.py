"""The tree of a program: what the parser builds and every later stage reads.

A node is an immutable tuple whose first two items, `start` and `end`, are offsets into the source text;
the annotations of its class name the rest, in order. Tuples need no generated code at import and no
conversion to be cached on disk.
"""

from __future__ import annotations

from _operator import itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Self


class NodeType(type):
    """Turns the annotations of a node class into read-only fields."""

    fields: tuple[str, ...]

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> NodeType:
        names = tuple(namespace.get("__annotations__", ()))
        inherited = () if not bases else getattr(bases[0], "fields", ())
        for position, field in enumerate(names, len(inherited)):
            namespace[field] = property(itemgetter(position))
        namespace["__slots__"] = ()
        cls = super().__new__(mcls, name, bases, namespace)
        cls.fields = inherited + names
        return cls


class Node(tuple, metaclass=NodeType):  # type: ignore[type-arg]
    """A part of a program, from offset `start` up to offset `end`."""

    start: int
    end: int

    def __new__(cls, *values: Any) -> Self:
        return tuple.__new__(cls, values)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return tuple.__hash__(self)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in zip(type(self).fields[2:], self[2:], strict=True))
        return f"{type(self).__name__}({shown})"

    def children(self) -> Iterator[Node]:
        """The nodes directly inside this one, in source order of their fields."""
        for value in self:
            if isinstance(value, Node):
                yield value
            elif type(value) is tuple:
                for item in value:
                    if isinstance(item, Node):
                        yield item

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        pending: list[Node] = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(list(node.children())))


class Expression(Node):
    """Something that has a value."""


class Statement(Node):
    """Something that is done."""


class Pattern(Node):
    """Something that a `case` compares with."""


class Module(Node):
    """A whole program."""

    body: tuple[Statement, ...]


# Expressions


class Constant(Expression):
    """`1`, `2.5`, `3j`, `"text"`, `b"bytes"`, `True`, `true`, `None`, `...`: its value."""

    value: object


class Name(Expression):
    """`name`"""

    id: str


class JoinedString(Expression):
    """`f"a {b} c"`: constants (str) and interpolations in turn; implicit joining is already done."""

    parts: tuple[Constant | Interpolation, ...]


class Interpolation(Expression):
    """`{value!r:spec}` of an f-string; `conversion` is "r", "s", "a" or None. `{value=}` has become text before it."""

    value: Expression
    conversion: str | None
    spec: JoinedString | None


class ListDisplay(Expression):
    """`[a, *b]`"""

    items: tuple[Expression, ...]


class TupleDisplay(Expression):
    """`a, *b` or `(a, b)`"""

    items: tuple[Expression, ...]


class SetDisplay(Expression):
    """`{a, *b}`"""

    items: tuple[Expression, ...]


class DictDisplay(Expression):
    """`{a: b, **c}`: the key of `**c` is None."""

    keys: tuple[Expression | None, ...]
    values: tuple[Expression, ...]


class Starred(Expression):
    """`*value`, in displays, calls and targets."""

    value: Expression


class UnaryOperation(Expression):
    """`-operand`; `operator` is one of `+ - ~ not`."""

    operator: str
    operand: Expression


class BinaryOperation(Expression):
    """`left + right`; `operator` is one of `+ - * / // % ** @ << >> & ^ |`."""

    operator: str
    left: Expression
    right: Expression


PIPED = "$$"
"""The name of the value in a stage of a pipeline."""


class Pipeline(Expression):
    """`first | stage | stage`, where a stage is more than a name.

    A stage is an expression that gives a function, or a list of such. A call `f(a)` stands here as
    `lambda *$$: f(*$$, a)`, and an expression with `$$` as `lambda $$: ...`; `calls` are the indexes of the stages that
    were calls.
    """

    first: Expression
    stages: tuple[Expression, ...]
    calls: tuple[int, ...]


class BooleanOperation(Expression):
    """`a and b and c`; `operator` is `and` or `or`."""

    operator: str
    values: tuple[Expression, ...]


class Comparison(Expression):
    """`first < second <= third`; operators are `< > <= >= == != in not in is is not`."""

    first: Expression
    operators: tuple[str, ...]
    others: tuple[Expression, ...]


class Conditional(Expression):
    """`body if test else otherwise`"""

    test: Expression
    body: Expression
    otherwise: Expression


class Lambda(Expression):
    """`lambda parameters: body`"""

    parameters: Parameters
    body: Expression

    def is_stage(self) -> bool:
        """Whether it stands for a stage of a pipeline, whose value is `$$`."""
        return any(parameter.name == PIPED for parameter in self.parameters.all())


class Call(Expression):
    """`function(a, *b, c=d, **e)`: positional and starred arguments, then keywords, each in source order."""

    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[Keyword, ...]


class Keyword(Node):
    """`name=value` in a call or a class header; the name of `**value` is None."""

    name: str | None
    value: Expression


class Attribute(Expression):
    """`value.name`; `end` minus the length of the name is where the name stands."""

    value: Expression
    name: str


class Subscript(Expression):
    """`value[key]`; the key may be a Slice or a TupleDisplay that holds slices."""

    value: Expression
    key: Expression


class Slice(Expression):
    """`lower:upper:step` inside a subscript."""

    lower: Expression | None
    upper: Expression | None
    step: Expression | None


class NamedExpression(Expression):
    """`target := value`"""

    target: Name
    value: Expression


class Workflow(Expression):
    """What `workflow name = value` gives the name."""

    name: str
    value: Expression


class ListComprehension(Expression):
    """`[element for ...]`"""

    element: Expression
    clauses: tuple[ForClause, ...]


class SetComprehension(Expression):
    """`{element for ...}`"""

    element: Expression
    clauses: tuple[ForClause, ...]


class DictComprehension(Expression):
    """`{key: value for ...}`"""

    key: Expression
    value: Expression
    clauses: tuple[ForClause, ...]


class GeneratorExpression(Expression):
    """`(element for ...)`"""

    element: Expression
    clauses: tuple[ForClause, ...]


class ForClause(Node):
    """`for target in iterable if condition` of a comprehension."""

    target: Expression
    iterable: Expression
    conditions: tuple[Expression, ...]


class Yield(Expression):
    """`yield value`"""

    value: Expression | None


class YieldFrom(Expression):
    """`yield from value`"""

    value: Expression


# Statements


class ExpressionStatement(Statement):
    """`value`"""

    value: Expression


class Assignment(Statement):
    """`a = b, c = value`: every target in source order."""

    targets: tuple[Expression, ...]
    value: Expression


class AnnotatedAssignment(Statement):
    """`target: annotation = value`; `simple` unless the target is parenthesised, an attribute or a subscript."""

    target: Expression
    annotation: Expression
    value: Expression | None
    simple: bool


class AugmentedAssignment(Statement):
    """`target += value`; `operator` is without the equals sign."""

    target: Expression
    operator: str
    value: Expression


class Return(Statement):
    """`return value`"""

    value: Expression | None


class Raise(Statement):
    """`raise exception from cause`"""

    exception: Expression | None
    cause: Expression | None


class Assert(Statement):
    """`assert test, message`"""

    test: Expression
    message: Expression | None


class Delete(Statement):
    """`del a, b[c]`"""

    targets: tuple[Expression, ...]


class Pass(Statement):
    """`pass`"""


class Break(Statement):
    """`break`"""


class Continue(Statement):
    """`continue`"""


class Global(Statement):
    """`global a, b`"""

    names: tuple[str, ...]


class Nonlocal(Statement):
    """`nonlocal a, b`"""

    names: tuple[str, ...]


class Alias(Node):
    """`name as bound` in an import; `name` may be dotted, `bound` is None without `as`."""

    name: str
    bound: str | None


class Import(Statement):
    """`import a.b, c as d`"""

    names: tuple[Alias, ...]


class ImportFrom(Statement):
    """`from ..module import a as b`; `level` counts the leading dots; `import *` has one alias named `*`."""

    module: str
    level: int
    names: tuple[Alias, ...]


class If(Statement):
    """`if test: body else: otherwise`; `elif` is an If alone in `otherwise`."""

    test: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class While(Statement):
    """`while test: body else: otherwise`"""

    test: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class For(Statement):
    """`for target in iterable: body else: otherwise`"""

    target: Expression
    iterable: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class Try(Statement):
    """`try: body except ...: else: otherwise finally: final`"""

    body: tuple[Statement, ...]
    handlers: tuple[ExceptClause, ...]
    otherwise: tuple[Statement, ...]
    final: tuple[Statement, ...]


class ExceptClause(Node):
    """`except type as name: body`"""

    type: Expression | None
    name: str | None
    body: tuple[Statement, ...]


class With(Statement):
    """`with a as b, c: body`"""

    items: tuple[WithItem, ...]
    body: tuple[Statement, ...]


class WithItem(Node):
    """`context as target`"""

    context: Expression
    target: Expression | None


class Match(Statement):
    """`match subject: case ...`"""

    subject: Expression
    cases: tuple[MatchCase, ...]


class MatchCase(Node):
    """`case pattern if guard: body`"""

    pattern: Pattern
    guard: Expression | None
    body: tuple[Statement, ...]


class FunctionDefinition(Statement):
    """`def name(parameters) -> returns: body`; `start` is that of the first decorator, if any.

    `kind` is "def", "workflow" for `workflow name(...)`, or "receiver" for `def (p: Types) name(...)`: then the first
    of the parameters is the receiver, `p: Types`.
    """

    name: str
    parameters: Parameters
    returns: Expression | None
    body: tuple[Statement, ...]
    kind: str
    decorators: tuple[Expression, ...]


class ClassDefinition(Statement):
    """`class name(bases, keyword=value): body`; `kind` is the word that it begins with.

    That is "class", "struct", "resource", "interface", "agent_blueprint", or "agent", which makes one object.
    """

    name: str
    bases: tuple[Expression, ...]
    keywords: tuple[Keyword, ...]
    body: tuple[Statement, ...]
    kind: str
    decorators: tuple[Expression, ...]

    def declared(self) -> dict[str, AnnotatedAssignment]:
        """What says the type of a name, by the name: the fields of a struct, in their order."""
        return {
            each.target.id: each
            for each in self.body
            if isinstance(each, AnnotatedAssignment) and isinstance(each.target, Name)
        }


class Parameter(Node):
    """`name: annotation = default`"""

    name: str
    annotation: Expression | None
    default: Expression | None


class Parameters(Node):
    """`a, /, b, *args, c, **kwargs`: each kind in source order."""

    positional_only: tuple[Parameter, ...]
    positional: tuple[Parameter, ...]
    variadic: Parameter | None
    keyword_only: tuple[Parameter, ...]
    keywords: Parameter | None

    def all(self) -> tuple[Parameter, ...]:
        """Every parameter, in the order of the signature."""
        found = self.positional_only + self.positional
        if self.variadic is not None:
            found += (self.variadic,)
        found += self.keyword_only
        return found if self.keywords is None else (*found, self.keywords)


# Patterns


class ValuePattern(Pattern):
    """`case 1:`, `case -1:`, `case "a":`, `case color.red:`; None, True and False compare by identity."""

    value: Expression


class CapturePattern(Pattern):
    """`case name:`; the name `_` (a wildcard) is None."""

    name: str | None


class SequencePattern(Pattern):
    """`case [a, *rest]:` or `case a, b:`"""

    patterns: tuple[Pattern, ...]


class StarPattern(Pattern):
    """`*name` in a sequence pattern; `*_` has None."""

    name: str | None


class MappingPattern(Pattern):
    """`case {"key": pattern, **rest}:`"""

    keys: tuple[Expression, ...]
    patterns: tuple[Pattern, ...]
    rest: str | None


class ClassPattern(Pattern):
    """`case Point(a, y=b):`"""

    type: Expression
    patterns: tuple[Pattern, ...]
    names: tuple[str, ...]
    named_patterns: tuple[Pattern, ...]


class OrPattern(Pattern):
    """`case a | b:`"""

    alternatives: tuple[Pattern, ...]


class AsPattern(Pattern):
    """`case pattern as name:`"""

    pattern: Pattern
    name: str


KINDS: tuple[type[Node], ...] = tuple(
    kind
    for kind in list(globals().values())
    if type(kind) is NodeType and issubclass(kind, Node) and kind not in (Node, Expression, Statement, Pattern)
)
"""Every concrete kind of node, in the order of this file: a node's number in the cache is its place here."""


def docstring(body: tuple[Node, ...]) -> str | None:
    """The text with which a body begins, if it does."""
    first = body[0] if body else None
    if isinstance(first, ExpressionStatement) and isinstance(first.value, Constant):
        return first.value.value if type(first.value.value) is str else None
    return None
