"""The shape that a program needs of a model's answer, found from types it states and from what it does with it.

A walk over the program follows each answer from the call that asks for it: through assignments, containers,
arguments, returned values. A `Use` gathers what the program does with an answer, or with a part of it; a `Value`
says which uses an expression may stand for. Variables of the function that is being walked are followed in the
order of its statements; those of functions around it, parameters and results are followed for all statements
together, so the walk is repeated until it finds nothing new. `facts` are what certainly holds at a place: that
a key has been tested, that a part was found true, which of several literals a tag is.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager

from dana import nodes
from dana.answers import Anything, List, Object, Shape, String, Text
from dana.evidence import A_LIST, A_NUMBER, A_TEXT, NOTHING, UnknownType, Use, Value, join, stated, stated_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from dana.evidence import Named
    from dana.resolver import Resolution, Scope

    Facts = frozenset[tuple[Any, ...]]

ROUNDS = 10
DEEPEST_WALK = 20_000
"""Frames of the host that a walk may take: an expression holds at most 800 operations."""

NO_FACTS: Facts = frozenset()

OF_TEXT = frozenset(
    """capitalize casefold center encode endswith expandtabs find format format_map index isalnum isalpha isascii
    isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip
    partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith
    strip swapcase title translate upper zfill""".split()
)
OF_LIST = frozenset("append extend insert sort reverse remove".split())
OF_DICT = frozenset("get keys values items pop setdefault update popitem copy clear".split())
NUMERIC = frozenset("int float round abs pow divmod".split())
SAME_ITEMS = frozenset("list tuple sorted reversed set frozenset iter".split())


class Wanted:
    """What is known of a call before it is made: `shape` of its answer; `problem` where a stated type is no shape."""

    __slots__ = ("problem", "shape", "stated")

    def __init__(self, shape: Shape, stated: bool, problem: str | None) -> None:
        self.shape = shape
        self.stated = stated
        """Whether the program says so, and it was not found from use."""
        self.problem = problem


ASKED = frozenset(("reason",))


def infer(
    module: nodes.Module, resolution: Resolution, names: frozenset[str] = ASKED, named: Named | None = None
) -> dict[int, Wanted]:
    """The shape of the answer for each call of `reason` in a program, by the identity of its node.

    With other `names`, that of what calls of those functions give: as the program needs it. `named` gives the shape of
    a type that the program defines; without it structs that the program defines are known by what it says of them.
    """
    walk = Walk(module, resolution, names, named)
    with room():
        walk.all()
    return {
        at: Wanted(walk.whole_shape(at, use), use.declared is not None, walk.problems.get(at))
        for at, use in walk.roots.items()
    }


@contextmanager
def room() -> Iterator[None]:
    """Room for walks over trees that are as deep as the parser allows."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST_WALK))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def is_ask(node: nodes.Node, scope: Scope, resolution: Resolution, names: frozenset[str] = ASKED) -> bool:
    """Whether a call may be one of the library's `reason`, or of a model's."""
    function = node.function  # type: ignore[attr-defined]
    if type(function) is nodes.Name:
        name = function.id
        return bool(name in names and name not in resolution.globals and scope.place(name)[0] == "global")
    return type(function) is nodes.Attribute and function.name in names and names is ASKED


def written_types(resolution: Resolution) -> Named:
    """The shapes of the types that a program defines, as far as its text says."""
    open_names: set[str] = set()

    def named(name: str) -> Shape | None:
        node = resolution.globals.get(name)
        if isinstance(node, nodes.Alias):
            return Anything()  # what another module defines
        if type(node) is not nodes.ClassDefinition or node.kind != "struct":
            return None
        if name in open_names:
            return Anything()  # a struct inside of itself
        open_names.add(name)
        try:
            fields = node.declared()
            shapes = {each: stated(field.annotation, named) for each, field in fields.items()}
            for each, field in fields.items():
                shapes[each].description = resolution.source.comment(field.start, field.end)
            return Object(shapes, [each for each, field in fields.items() if field.value is not None], name=name)
        finally:
            open_names.discard(name)

    return named


def needed_of(name: str, module: nodes.Module, resolution: Resolution) -> list[str]:
    """The keys that a program reads from what a function gives, each with what it has to be where that is known."""
    for wanted in infer(module, resolution, frozenset((name,))).values():
        if type(wanted.shape) is Object and wanted.shape.fields:
            shapes = wanted.shape.fields.items()
            return [key if type(shape) is Anything else f"{key} ({shape.words()})" for key, shape in shapes]
    return []


class Walk:
    """The walk over all functions of a program, again and again until nothing new is found."""

    def __init__(
        self, module: nodes.Module, resolution: Resolution, names: frozenset[str], named: Named | None = None
    ) -> None:
        self.module = module
        self.types = named or written_types(resolution)
        self.resolution = resolution
        self.names = names
        self.roots: dict[int, Use] = {}
        self.streamed: set[int] = set()
        self.as_json: set[int] = set()
        self.problems: dict[int, str] = {}
        self.merged: dict[tuple[Any, str], Value] = {}
        """All that variables, parameters, attributes and results may stand for."""
        self.changed = False
        self.env: dict[str, Value] = {}
        self.facts: set[tuple[Any, ...]] = set()
        self.scope: Scope = resolution.scopes[id(module)]
        self.function: Any = None
        self.functions: dict[tuple[int, str], list[Any]] = {}
        self.methods: dict[str, list[Any]] = {}
        for scope in resolution.scopes.values():
            if type(scope.node) is nodes.FunctionDefinition and scope.node.kind == "receiver":
                self.methods.setdefault(scope.name, []).append(scope.node)
            elif scope.kind == "function" and scope.parent is not None:
                self.functions.setdefault((id(scope.parent), scope.name), []).append(scope.node)
                if scope.parent.kind == "class":
                    self.methods.setdefault(scope.name, []).append(scope.node)

    def whole_shape(self, at: int, use: Use) -> Shape:
        shape = use.shape(True)
        if at in self.streamed and type(shape) is List and use.declared is None:
            return shape if type(shape.item) not in (Anything, String) else Text()
        if at in self.as_json and type(shape) is Text:
            return Anything()
        return shape

    def all(self) -> None:
        bodies = [s.node for s in self.resolution.scopes.values() if s.kind in ("function", "lambda")]
        for _ in range(ROUNDS):
            self.changed = False
            self.env, self.facts, self.function = {}, set(), None
            self.scope = self.resolution.scopes[id(self.module)]
            self.block(self.module.body)
            for node in bodies:
                self.body(node)
            if not self.changed:
                return

    def body(self, node: Any) -> None:
        """The body of a function or a lambda, its parameters standing for whatever they are given."""
        self.scope, self.function = self.resolution.scopes[id(node)], node
        self.facts = set()
        self.env = {p.name: self.merged.get((id(node), p.name), NOTHING) for p in node.parameters.all()}
        for parameter in node.parameters.all():
            if parameter.annotation is not None:
                self.declare_quietly(self.env[parameter.name], parameter.annotation)
        if type(node) is nodes.Lambda:
            self.give(("result", id(node)), "", self.shown(self.value(node.body)))
        else:
            self.block(node.body)

    def give(self, owner: Any, name: str, value: Value) -> None:
        """A variable, parameter, attribute or result may stand for this too."""
        if value.empty and value.constants is None and not value.kinds:
            return
        before = self.merged.get((owner, name))
        after = value if before is None else join(before, value)
        if before is None or before.signature() != after.signature():
            self.changed = True
        self.merged[owner, name] = after

    # Statements

    def block(self, body: Sequence[nodes.Statement]) -> bool:
        """Walk statements; whether their end is reached."""
        kept = self.facts.copy()
        live = True
        for statement in body:
            live = self.statement(statement) and live
        self.facts = kept
        return live

    def statement(self, node: Any) -> bool:
        method = _STATEMENTS.get(type(node))
        return method is None or getattr(self, method)(node) is not False

    def expression_statement(self, node: nodes.ExpressionStatement) -> None:
        self.value(node.value)

    def assignment(self, node: nodes.Assignment) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.bind(target, value)

    def annotated_assignment(self, node: nodes.AnnotatedAssignment) -> None:
        if node.value is not None:
            value = self.value(node.value)
            self.declare(value, node.annotation)
            self.bind(node.target, value)

    def augmented_assignment(self, node: nodes.AugmentedAssignment) -> None:
        left = self.value(node.target)
        value = self.arithmetic(node.operator, left, self.value(node.value))
        if type(node.target) is nodes.Name:
            self.bind(node.target, join(left, value) if left.items or value.items else value)

    def return_(self, node: nodes.Return) -> bool:
        if node.value is not None:
            value = self.value(node.value)
            if self.function is not None:
                if self.function.returns is not None:
                    self.declare(value, self.function.returns)
                self.give(("result", id(self.function)), "", value)
            self.shown(value)
        return False

    def raise_(self, node: nodes.Raise) -> bool:
        for part in (node.exception, node.cause):
            if part is not None:
                self.shown(self.value(part))
        return False

    def leave(self, node: nodes.Statement) -> bool:
        return False

    def assert_(self, node: nodes.Assert) -> None:
        true, _ = self.test(node.test)
        self.facts |= true
        if node.message is not None:
            self.shown(self.value(node.message))

    def delete(self, node: nodes.Delete) -> None:
        for target in node.targets:
            if type(target) is not nodes.Name:
                self.value(target)

    def if_(self, node: nodes.If) -> bool:
        true, false = self.test(node.test)
        before, facts = self.env.copy(), self.facts
        self.facts = facts | true
        first = self.block(node.body)
        after_first, self.env = self.env, before
        self.facts = facts | false
        second = self.block(node.otherwise)
        self.facts = facts
        if first and second:
            self.meet(after_first)
        elif first:
            self.env = after_first
        if not first:
            self.facts = facts | false
        elif not second:
            self.facts = facts | true
        return first or second

    def meet(self, other: dict[str, Value]) -> None:
        """Go on with what holds here or there."""
        for name, value in other.items():
            self.env[name] = join(self.env[name], value) if name in self.env else value

    def while_(self, node: nodes.While) -> None:
        for _ in range(2):
            true, _ = self.test(node.test)
            before, facts = self.env.copy(), self.facts
            self.facts = facts | true
            self.block(node.body)
            self.facts = facts
            self.meet(before)
        self.block(node.otherwise)

    def for_(self, node: nodes.For) -> None:
        items = self.items(self.value(node.iterable))
        for _ in range(2):
            before = self.env.copy()
            self.bind(node.target, items)
            self.block(node.body)
            self.meet(before)
        self.block(node.otherwise)

    def try_(self, node: nodes.Try) -> bool:
        before = self.env.copy()
        live = self.block(node.body) and self.block(node.otherwise)
        after = self.env
        for clause in node.handlers:
            self.env = before.copy()
            self.meet(after)
            if self.block(clause.body):
                live = True
                self.meet(after)
                after = self.env
        self.env = after
        return self.block(node.final) and live

    def with_(self, node: nodes.With) -> bool:
        for item in node.items:
            self.value(item.context)
            if item.target is not None:
                self.bind(item.target, NOTHING)
        return self.block(node.body)

    def match(self, node: nodes.Match) -> None:
        subject = self.value(node.subject)
        facts, before, after = self.facts, self.env, dict(self.env)
        everywhere = _common_keys([case.pattern for case in node.cases])
        for case in node.cases:
            self.env = before.copy()
            self.facts = facts | self.pattern(case.pattern, subject, everywhere)
            if case.guard is not None:
                self.facts |= self.test(case.guard)[0]
            if self.block(case.body):
                reached, self.env = self.env, after
                self.meet(reached)
                after = self.env
        self.env, self.facts = after, facts

    def pattern(self, node: Any, subject: Value, required: frozenset[str]) -> set[tuple[Any, ...]]:
        """What a pattern says of its subject; the facts that hold where it has matched."""
        kind = type(node)
        if kind is nodes.ValuePattern and type(node.value) is nodes.Constant:
            return self.compared(subject, [node.value.value])
        if kind is nodes.CapturePattern and node.name is not None:
            self.name(node.name, subject)
        elif kind is nodes.AsPattern:
            facts = self.pattern(node.pattern, subject, required)
            self.name(node.name, subject)
            return facts
        elif kind is nodes.OrPattern:
            values = [part.value.value for part in node.alternatives if type(part) is nodes.ValuePattern
                      and type(part.value) is nodes.Constant]  # fmt: skip
            if len(values) == len(node.alternatives):
                return self.compared(subject, values)
            for part in node.alternatives:
                self.pattern(part, subject, required)
        elif kind is nodes.MappingPattern:
            return self.mapping(node, subject, required)
        elif kind is nodes.SequencePattern:
            items = self.items(subject)
            for part in node.patterns:
                self.pattern(part, items, frozenset())
        return set()

    def mapping(self, node: nodes.MappingPattern, subject: Value, required: frozenset[str]) -> set[tuple[Any, ...]]:
        facts: set[tuple[Any, ...]] = set()
        kept = self.facts
        for key, part in zip(node.keys, node.patterns, strict=True):
            if type(key) is nodes.Constant and type(key.value) is str:
                optional = () if key.value in required else subject.uses
                self.facts = kept | facts | {("has", id(use), key.value) for use in optional}
                facts |= self.pattern(part, self.keyed(subject, key.value, key.start), frozenset())
        self.facts = kept
        if node.rest is not None:
            for use in subject.uses:
                use.values()
        return facts

    def function_definition(self, node: nodes.FunctionDefinition) -> None:
        for decorator in node.decorators:
            self.value(decorator)
        self.defaults(node.parameters)

    def defaults(self, parameters: nodes.Parameters) -> None:
        for parameter in parameters.all():
            if parameter.default is not None:
                self.value(parameter.default)

    def class_definition(self, node: nodes.ClassDefinition) -> None:
        scope, env = self.scope, self.env
        self.scope, self.env = self.resolution.scopes[id(node)], {}
        self.block(node.body)
        self.scope, self.env = scope, env

    # Names

    def bind(self, target: Any, value: Value) -> None:
        kind = type(target)
        if kind is nodes.Name:
            self.name(target.id, value)
        elif kind in (nodes.TupleDisplay, nodes.ListDisplay):
            self.unpack(target.items, value)
        elif kind is nodes.Attribute:
            self.value(target.value)
            owner = self.own_class(target.value)
            if owner is not None:
                self.give(("attribute", id(owner)), target.name, value)
            self.shown(value)
        elif kind is nodes.Subscript:
            self.shown(value)
            self.stored_under(target, value)
        elif kind is nodes.Starred:
            self.bind(target.value, value)

    def name(self, name: str, value: Value) -> None:
        self.env[name] = value
        owner = self.owner(name)
        if owner is not None:
            self.give(id(owner), name, value)

    def unpack(self, targets: Sequence[Any], value: Value) -> None:
        if value.parts is not None and len(value.parts) == len(targets):
            for target, part in zip(targets, value.parts, strict=True):
                self.bind(target, part)
            return
        items = self.items(value)
        starred = any(type(target) is nodes.Starred for target in targets)
        for use in value.uses:
            use.length = None if starred else len(targets)
        for target in targets:
            self.bind(target, Value(items=items) if type(target) is nodes.Starred else items)

    def stored_under(self, target: nodes.Subscript, value: Value) -> None:
        """`target.value[target.key] = value`"""
        container = self.value(target.value)
        key = self.value(target.key)
        if container.constants is None:
            self.as_key(container, key)
        for use in container.uses:
            use.opened = use.opened or not use.keys
        if type(target.value) is nodes.Name and not container.uses:
            added = Value(items=value)
            if type(target.key) is nodes.Constant and type(target.key.value) is str:
                added = Value(fields={target.key.value: value})
            self.name(target.value.id, join(container, added))

    def owner(self, name: str) -> Scope | None:
        """The scope whose variable a name is here; None for names that the program does not bind."""
        scope: Scope | None = self.scope
        while scope is not None:
            if scope.parent is None:
                return scope if name in self.resolution.globals else None
            if (name in scope.bound and (scope.kind != "class" or scope is self.scope)) or name in scope.globals:
                if name in scope.globals:
                    return self.resolution.scopes[id(self.module)]
                return scope
            scope = scope.parent
        return None

    def own_class(self, node: Any) -> Scope | None:
        """The class of which a node is the first parameter of a method."""
        scope = self.scope
        while scope.kind in ("comprehension", "generator", "lambda") and scope.parent is not None:
            scope = scope.parent
        if type(node) is not nodes.Name or scope.kind != "function" or scope.parent is None:
            return None
        first = scope.names[0] if scope.parameter_count else None
        return scope.parent if scope.parent.kind == "class" and node.id == first else None

    def load(self, node: nodes.Name) -> Value:
        name = node.id
        found = self.env.get(name)
        if found is not None:
            return found
        owner = self.owner(name)
        if owner is None:
            return NOTHING
        value = self.merged.get((id(owner), name), NOTHING)
        defined = self.functions.get((id(owner), name), ())
        if len(defined) == 1:
            value = join(value, Value(functions=frozenset(defined)))
        return value

    # What is known of answers

    def declare(self, value: Value, annotation: Any) -> None:
        """The program states the type of a value."""
        roots = {id(use): at for at, use in self.roots.items()}
        for use in value.uses:
            try:
                shape = stated_shape(annotation, self.types) if id(use) in roots else stated(annotation, self.types)
            except UnknownType as unknown:
                if id(use) in roots:
                    self.problems[roots[id(use)]] = f"{unknown} is not a type that an answer can have"
                continue
            if use.declared is None and type(shape) is not Anything:
                use.declared = shape
        self.declare_items(value, annotation)

    def declare_items(self, value: Value, annotation: Any) -> None:
        """`x: list[T] = [reason(...), ...]`"""
        if value.uses or (value.items is None and value.parts is None):
            return
        if type(annotation) is not nodes.Subscript or type(annotation.value) is not nodes.Name:
            return
        if annotation.value.id == "list" and value.items is not None:
            self.declare(value.items, annotation.key)

    def declare_quietly(self, value: Value, annotation: Any) -> None:
        """The type of a parameter: of use where it says something."""
        for use in value.uses:
            try:
                shape = stated_shape(annotation, self.types)
            except UnknownType:
                continue
            if use.declared is None and type(shape) is not Anything:
                use.declared = shape if use in self.roots.values() else stated(annotation, self.types)

    def shown(self, value: Value) -> Value:
        """The value is printed, passed on, kept: that says nothing, unless it is known to be true."""
        for use in value.uses:
            if ("true", id(use)) in self.facts:
                use.shown_if_true = True
        return value

    def numeric(self, value: Value) -> None:
        for use in value.uses:
            use.number = True

    def texty(self, value: Value) -> None:
        for use in value.uses:
            use.text = True

    def items(self, value: Value) -> Value:
        """What is taken out of a value one by one."""
        found = value.items or NOTHING
        for part in value.parts or ():
            found = join(found, part)
        if value.uses:
            found = join(found, Value(frozenset(use.items() for use in value.uses)))
        return found

    def keyed(self, value: Value, name: str, at: int) -> Value:
        """`value["name"]`, read at an offset."""
        found = NOTHING
        if value.fields is not None:
            found = join(found, value.fields.get(name, NOTHING))
        if value.items is not None:
            found = join(found, value.items)
        uses = set()
        for use in value.uses:
            part = use.key(name, at)
            use.mentioned.discard(name)
            if ("has", id(use), name) not in self.facts and ("true", id(part)) not in self.facts:
                use.required.add(name)
            self.guard(use, name)
            uses.add(part)
        return join(found, Value(frozenset(uses))) if uses else found

    def guard(self, use: Use, name: str) -> None:
        """Note under which literals of a tag a key is read."""
        tags = [fact for fact in self.facts if fact[0] == "tag" and fact[1] == id(use) and fact[2] != name]
        if not tags:
            use.free.add(name)
        for _, _, tag, literals in tags:
            use.guarded.setdefault(name, {}).setdefault(tag, set()).update(literals)

    def as_key(self, container: Value, key: Value) -> Value:
        """`container[key]` where the key is not a constant."""
        if key.uses and container.constants is not None and "list" not in container.kinds:
            self.compared(key, container.constants)
        elif key.uses and "list" in container.kinds:
            for use in key.uses:
                use.whole = True
        if "number" in key.kinds:
            return self.items(value=container)
        found = container.items or NOTHING
        for value in (container.fields or {}).values():
            found = join(found, value)
        if container.uses:
            found = join(found, Value(frozenset(use.values() for use in container.uses)))
        return found

    def compared(self, value: Value, constants: Iterable[Any]) -> set[tuple[Any, ...]]:
        """The value is compared with constants; the facts where it is one of them."""
        facts: set[tuple[Any, ...]] = set()
        texts = [constant for constant in constants if type(constant) is str]
        for use in value.uses:
            for constant in constants:
                kind = type(constant)
                if kind is str:
                    use.literals[constant] = None
                elif kind is bool:
                    use.boolean = True
                elif kind in (int, float):
                    use.number = True
                elif constant is None:
                    use.null = True
            if texts and use.parent is not None:
                facts.add(("tag", id(use.parent), use.name, frozenset(texts)))
        return facts

    # Tests

    def test(self, node: Any) -> tuple[Facts, Facts]:
        """Walk a condition: what holds where it is true, and where it is false."""
        kind = type(node)
        if kind is nodes.UnaryOperation and node.operator == "not":
            true, false = self.test(node.operand)
            return false, true
        if kind is nodes.BooleanOperation:
            return self.tests(node)
        if kind is nodes.Comparison and len(node.operators) == 1:
            return self.comparison_test(node)
        if kind is nodes.Call and type(node.function) is nodes.Name and node.function.id == "bool" and node.arguments:
            return self.test(node.arguments[0])
        return frozenset(self.true(self.value(node))), NO_FACTS

    def true(self, value: Value) -> set[tuple[Any, ...]]:
        for use in value.uses:
            use.truth = True
        facts: set[tuple[Any, ...]] = {("true", id(use)) for use in value.uses}
        facts |= {("has", id(use.parent), use.name) for use in value.uses if use.parent is not None}
        return facts

    def tests(self, node: nodes.BooleanOperation) -> tuple[Facts, Facts]:
        kept = self.facts
        held: Facts = NO_FACTS
        conjunction = node.operator == "and"
        for value in node.values:
            true, false = self.test(value)
            held |= true if conjunction else false
            self.facts = kept | held
        self.facts = kept
        return (held, NO_FACTS) if conjunction else (NO_FACTS, held)

    def comparison_test(self, node: nodes.Comparison) -> tuple[Facts, Facts]:
        left, right = self.value(node.first), self.value(node.others[0])
        facts = frozenset(self.comparison(node.first, left, node.operators[0], node.others[0], right))
        return (NO_FACTS, facts) if node.operators[0] in ("!=", "not in", "is not") else (facts, NO_FACTS)

    def comparison(self, one: Any, left: Value, operator: str, other: Any, right: Value) -> set[tuple[Any, ...]]:
        """What a comparison says; the facts where it holds (for `!=`, `not in`, `is not`: where it does not)."""
        if operator in ("in", "not in"):
            return self.membership(one, left, other, right)
        if operator in ("==", "!=", "is", "is not"):
            facts: set[tuple[Any, ...]] = set()
            for constant, value in ((other, left), (one, right)):
                if type(constant) is nodes.Constant:
                    facts |= self.compared(value, [constant.value])
                    if constant.value is True:
                        facts |= {("has", id(u.parent), u.name) for u in value.uses if u.parent is not None}
            return facts
        for value, against in ((left, right), (right, left)):
            if "text" in against.kinds:
                self.texty(value)
            else:
                self.numeric(value)
        return set()

    def membership(self, one: Any, left: Value, other: Any, right: Value) -> set[tuple[Any, ...]]:
        if right.constants is not None:
            return self.compared(left, right.constants)
        facts: set[tuple[Any, ...]] = set()
        for use in right.uses:
            if type(one) is nodes.Constant and type(one.value) is str:
                if one.value not in use.keys:
                    use.key(one.value, one.start)
                    use.mentioned.add(one.value)
                    self.guard(use, one.value)
                facts.add(("has", id(use), one.value))
            elif "number" in left.kinds:
                use.items().number = True
            elif not use.text and not use.sequence:
                use.values()
        self.shown(left)
        return facts

    # Expressions

    def value(self, node: Any) -> Value:
        """Walk an expression: what it may stand for."""
        found: Value = getattr(self, _EXPRESSIONS.get(type(node), "other"))(node)
        return found

    def other(self, node: nodes.Node) -> Value:
        """An expression that gives no answer on."""
        for child in node.children():
            self.shown(self.value(child))
        return NOTHING

    def constant(self, node: nodes.Constant) -> Value:
        kind = type(node.value)
        return A_NUMBER if kind in (int, float) else A_TEXT if kind is str else NOTHING

    def joined_string(self, node: nodes.JoinedString) -> Value:
        for part in node.parts:
            if type(part) is not nodes.Interpolation:
                continue
            value = self.shown(self.value(part.value))
            if part.spec is not None:
                for inside in part.spec.parts:
                    if type(inside) is nodes.Interpolation:
                        self.value(inside.value)
                spec = part.spec.parts[-1] if part.spec.parts else None
                if type(spec) is nodes.Constant and str(spec.value)[-1:] in tuple("fFeEgGn%d"):
                    self.numeric(value)
        return A_TEXT

    def display(self, node: Any) -> Value:
        values = [self.value(item.value if type(item) is nodes.Starred else item) for item in node.items]
        parts = tuple(
            self.items(value) if type(item) is nodes.Starred else value
            for item, value in zip(node.items, values, strict=True)
        )
        for part in parts:
            self.shown(part)
        constants = [item.value for item in node.items if type(item) is nodes.Constant and type(item.value) is str]
        known = tuple(constants) if constants and len(constants) == len(node.items) else None
        if any(type(item) is nodes.Starred for item in node.items) or len(parts) > 8:
            items = NOTHING
            for part in parts:
                items = join(items, part)
            return Value(items=items, kinds=A_LIST.kinds, constants=known)
        return Value(parts=parts, kinds=A_LIST.kinds, constants=known)

    def dict_display(self, node: nodes.DictDisplay) -> Value:
        fields: dict[str, Value] = {}
        items = NOTHING
        names = []
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.shown(self.value(item))
            if key is None:
                for use in value.uses:
                    use.values()
                continue
            if type(key) is nodes.Constant and type(key.value) is str:
                names.append(key.value)
                fields[key.value] = value
            else:
                self.value(key)
                items = join(items, value)
        known = tuple(names) if names and len(names) == len(node.keys) else None
        return Value(items=None if items.empty else items, fields=fields, constants=known)

    def unary(self, node: nodes.UnaryOperation) -> Value:
        if node.operator == "not":
            self.test(node)
            return NOTHING
        self.numeric(self.value(node.operand))
        return A_NUMBER

    def pipeline(self, node: nodes.Pipeline | nodes.BinaryOperation) -> Value:
        """Each stage gets what the one before gives; of functions, a function."""
        first, stages = _stages(node)
        value = self.value(first)
        if value.functions and not value.uses:
            for stage in stages:
                self.value(stage)
            return Value(functions=frozenset((node,)))
        for stage in stages:
            value = self.staged(value, stage)
        return value

    def staged(self, value: Value, stage: nodes.Expression) -> Value:
        """What a stage gives for a value."""
        if type(stage) is nodes.ListDisplay:
            return Value(parts=tuple(self.staged(value, item) for item in stage.items))
        if type(stage) is nodes.Name and self.owner(stage.id) is None and stage.id not in self.env:
            return self.supplied(stage.id, (value,))
        found = self.value(stage)
        if not found.functions:
            return self.arithmetic("|", value, found)
        results = NOTHING
        for function in found.functions:
            results = join(results, self.applied(function, (value,)))
        return results

    def supplied(self, name: str, values: Sequence[Value]) -> Value:
        """The result of a function that the program does not define."""
        for value in values:
            self.shown(value)
        return NOTHING

    def run_through(self, node: Any, values: Sequence[Value]) -> Value:
        """What a pipeline of functions gives."""
        first, stages = _stages(node)
        found = NOTHING
        for function in self.value(first).functions:
            found = join(found, self.applied(function, values))
        for stage in stages:
            found = self.staged(found, stage)
        return found

    def binary(self, node: nodes.BinaryOperation) -> Value:
        if node.operator == "|":
            return self.pipeline(node)
        return self.arithmetic(node.operator, self.value(node.left), self.value(node.right))

    def arithmetic(self, operator: str, left: Value, right: Value) -> Value:
        if operator == "+":
            for value, other in ((left, right), (right, left)):
                if "number" in other.kinds:
                    self.numeric(value)
                elif "text" in other.kinds:
                    self.texty(value)
                elif "list" in other.kinds:
                    self.items(value)
            kinds = left.kinds | right.kinds
            if "list" in kinds:
                return Value(items=join(self.items(left), self.items(right)), kinds=A_LIST.kinds)
            return Value(kinds=kinds)
        if operator == "%" and "text" in left.kinds:
            self.shown(right)
            return A_TEXT
        if operator == "*" and ({"text", "list"} & (left.kinds | right.kinds)):
            for use in left.uses | right.uses:
                use.whole = True
            return Value(kinds=left.kinds | right.kinds)
        if operator in ("|", "&", "^"):
            return join(left, right)
        self.numeric(left)
        self.numeric(right)
        return A_NUMBER

    def boolean(self, node: nodes.BooleanOperation) -> Value:
        """`x or default` gives one of its operands; that x is looked at for truth says nothing about it."""
        kept = self.facts
        found = NOTHING
        for at, part in enumerate(node.values):
            if at < len(node.values) - 1 and node.operator == "and":
                true, _ = self.test(part)
                self.facts = self.facts | true
            else:
                found = join(found, self.value(part)) if at else self.value(part)
        self.facts = kept
        if node.operator == "and" and len(node.values) > 1:
            return Value(found.uses, found.items, found.parts, found.fields, found.functions)
        return found

    def comparison_value(self, node: nodes.Comparison) -> Value:
        values = [self.value(part) for part in (node.first, *node.others)]
        parts = (node.first, *node.others)
        for at, operator in enumerate(node.operators):
            self.comparison(parts[at], values[at], operator, parts[at + 1], values[at + 1])
        return NOTHING

    def conditional(self, node: nodes.Conditional) -> Value:
        true, false = self.test(node.test)
        kept = self.facts
        self.facts = kept | true
        first = self.value(node.body)
        self.facts = kept | false
        second = self.value(node.otherwise)
        self.facts = kept
        return join(first, second)

    def lambda_(self, node: nodes.Lambda) -> Value:
        self.defaults(node.parameters)
        return Value(functions=frozenset((node,)))

    def attribute(self, node: nodes.Attribute) -> Value:
        owner = self.own_class(node.value)
        if owner is not None:
            found = self.merged.get((("attribute", id(owner)), node.name), NOTHING)
            methods = self.functions.get((id(owner), node.name), ())
            return join(found, Value(functions=frozenset(methods))) if methods else found
        value = self.value(node.value)
        return self.keyed(Value(value.uses), node.name, node.end) if value.uses else NOTHING

    def bounds(self, key: nodes.Slice) -> None:
        """Walk what a slice says of its ends."""
        for part in (key.lower, key.upper, key.step):
            if part is not None:
                self.value(part)

    def subscript(self, node: nodes.Subscript) -> Value:
        value = self.value(node.value)
        key = node.key
        if type(key) is nodes.Slice:
            self.bounds(key)
            for use in value.uses:
                use.text = use.text or not use.sequence
            return Value(value.uses, value.items, None, None, frozenset(), value.kinds)
        if type(key) is nodes.UnaryOperation and type(key.operand) is nodes.Constant:
            return self.items(value)
        if type(key) is nodes.Constant:
            if type(key.value) is str:
                return self.keyed(value, key.value, key.start)
            if type(key.value) is int:
                if value.parts is not None and 0 <= key.value < len(value.parts) and not value.uses:
                    return value.parts[key.value]
                return self.items(value)
        return self.as_key(value, self.value(key))

    def workflow(self, node: nodes.Workflow) -> Value:
        return self.value(node.value)

    def named(self, node: nodes.NamedExpression) -> Value:
        value = self.value(node.value)
        self.name(node.target.id, value)
        return value

    def comprehension(self, node: Any) -> Value:
        scope, env, facts = self.scope, self.env.copy(), self.facts
        first = True
        for clause in node.clauses:
            iterable = self.value(clause.iterable)
            if first:
                self.scope, first = self.resolution.scopes[id(node)], False
            self.bind(clause.target, self.items(iterable))
            for condition in clause.conditions:
                self.facts = self.facts | self.test(condition)[0]
        if type(node) is nodes.DictComprehension:
            self.value(node.key)
            made = Value(items=self.shown(self.value(node.value)))
        else:
            made = Value(items=self.shown(self.value(node.element)), kinds=A_LIST.kinds)
        self.scope, self.env, self.facts = scope, env, facts
        return made

    def yield_(self, node: Any) -> Value:
        if node.value is not None:
            self.shown(self.value(node.value))
        return NOTHING

    # Calls

    def call(self, node: nodes.Call) -> Value:
        if self.is_ask(node):
            return self.ask(node)
        function = node.function
        if type(function) is nodes.Attribute:
            return self.method(node, function)
        if type(function) is nodes.Name and self.owner(function.id) is None and function.id not in self.env:
            return self.builtin(node, function.id)
        return self.called(self.value(function).functions, node, ())

    def is_ask(self, node: nodes.Call) -> bool:
        function = node.function
        if type(function) is nodes.Attribute and function.name in self.methods:
            return False
        return is_ask(node, self.scope, self.resolution, self.names)

    def ask(self, node: nodes.Call) -> Value:
        at = id(node)
        use = self.roots.get(at)
        if use is None:
            use = self.roots[at] = Use()
        for argument in node.arguments:
            value = self.value(argument.value if type(argument) is nodes.Starred else argument)
            if type(argument) is nodes.DictDisplay and argument is not node.arguments[0]:
                self.options(at, argument)
            self.shown(value)
        for keyword in node.keywords:
            if keyword.name == "returns":
                try:
                    use.declared = stated_shape(keyword.value, self.types)
                except UnknownType:  # a type that is made when the program runs; the call looks at it then
                    self.value(keyword.value)
                continue
            value = self.shown(self.value(keyword.value))
            self.option(at, keyword.name, keyword.value)
            if keyword.name == "choices" and value.constants is not None and use.declared is None:
                use.declared = String(value.constants)
        return Value(frozenset((use,)))

    def options(self, at: int, node: nodes.DictDisplay) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if type(key) is nodes.Constant:
                self.option(at, key.value, value)

    def option(self, at: int, name: object, value: nodes.Node) -> None:
        if type(value) is nodes.Constant:
            if name == "stream" and value.value:
                self.streamed.add(at)
            if name == "format" and value.value == "json":
                self.as_json.add(at)

    def arguments(self, node: nodes.Call) -> list[Value]:
        """The values of the arguments, walked as what is passed on."""
        values: list[Value] = []
        for argument in node.arguments:
            if type(argument) is nodes.Starred and getattr(argument.value, "id", None) == nodes.PIPED:
                values.extend(map(self.shown, self.value(argument.value).parts or (NOTHING,)))
                continue
            value = self.shown(self.value(argument.value if type(argument) is nodes.Starred else argument))
            values.append(NOTHING if type(argument) is nodes.Starred else value)
        for keyword in node.keywords:
            value = self.shown(self.value(keyword.value))
            if keyword.name is None:
                for use in value.uses:
                    use.values()
        return values

    def called(self, functions: Iterable[Any], node: nodes.Call, before: tuple[Value, ...]) -> Value:
        """A call of functions of the program: arguments go into parameters, results come out."""
        values = [*before, *self.arguments(node)]
        named = {keyword.name: self.value(keyword.value) for keyword in node.keywords if keyword.name is not None}
        found = NOTHING
        for function in functions:
            found = join(found, self.applied(function, values, named))
        return found

    def applied(self, function: Any, values: Sequence[Value], named: dict[str, Value] | None = None) -> Value:
        if type(function) in (nodes.Pipeline, nodes.BinaryOperation):
            return self.run_through(function, values)
        parameters = function.parameters
        if parameters.variadic is not None and parameters.variadic.name == nodes.PIPED:
            self.give(id(function), nodes.PIPED, Value(parts=tuple(values)))
        positional = [*parameters.positional_only, *parameters.positional]
        for parameter, value in zip(positional, values, strict=False):
            self.give(id(function), parameter.name, value)
        for name, value in (named or {}).items():
            if any(parameter.name == name for parameter in parameters.all()):
                self.give(id(function), name, value)
        return self.merged.get((("result", id(function)), ""), NOTHING)

    def builtin(self, node: nodes.Call, name: str) -> Value:
        """A call of a function that the program does not define."""
        if name == "bool" and node.arguments:
            self.test(node.arguments[0])
            return NOTHING
        if name in ("any", "all") and node.arguments:
            self.true(self.items(self.value(node.arguments[0])))
            return NOTHING
        values = self.arguments(node)
        first = values[0] if values else NOTHING
        key = next((self.value(keyword.value) for keyword in node.keywords if keyword.name == "key"), NOTHING)
        for function in key.functions:
            self.applied(function, [self.items(first)])
        if name in NUMERIC:
            self.numeric(first)
            return A_NUMBER
        if name in ("min", "max"):
            if len(values) == 1:
                return self.items(first)
            for value in values:
                self.numeric(value)
            return A_NUMBER
        if name == "sum":
            self.numeric(self.items(first))
            return A_NUMBER
        if name == "len":
            for use in first.uses:
                use.sequence = use.sequence or "length"
            return A_NUMBER
        if name == "range":
            for value in values:
                for use in value.uses:
                    use.whole = True
            return Value(items=A_NUMBER)
        if name in SAME_ITEMS:
            if not values:
                return A_LIST
            return Value(items=self.items(first), kinds=A_LIST.kinds, constants=first.constants)
        if name in ("str", "repr"):
            return A_TEXT
        if name == "enumerate":
            return Value(items=Value(parts=(A_NUMBER, self.items(first))))
        if name == "zip":
            return Value(items=Value(parts=tuple(self.items(value) for value in values)))
        if name == "next":
            return self.items(first)
        if name in ("map", "filter", "parallel_map"):
            given = [self.items(value) for value in values[1:]]
            results = NOTHING
            for function in first.functions:
                results = join(results, self.applied(function, given))
            return Value(items=given[0] if name == "filter" and given else results)
        if name == "parallel":
            return Value(parts=tuple(self.result_of(value) for value in values))
        return NOTHING

    def result_of(self, value: Value) -> Value:
        found = NOTHING
        for function in value.functions:
            found = join(found, self.applied(function, ()))
        return found

    def method(self, node: nodes.Call, function: nodes.Attribute) -> Value:
        name = function.name
        receiver = self.value(function.value)
        if receiver.uses or receiver.fields is not None or receiver.items or receiver.parts is not None:
            found = self.method_of_answer(node, name, receiver, function)
            if found is not None:
                return found
        if name == "join" and node.arguments and ("text" in receiver.kinds or type(function.value) is nodes.Constant):
            value = self.value(node.arguments[0])
            self.texty(self.items(value))
            return A_TEXT
        if name in ("append", "add", "insert", "extend", "update") and type(function.value) is nodes.Name:
            return self.added(node, name, receiver, function.value)
        methods = self.methods.get(name, ())
        if len(methods) == 1:
            return self.called(methods, node, (NOTHING,))
        owner = self.owner(name)
        visible = self.functions.get((id(owner), name), ()) if owner is not None else ()
        if len(visible) == 1:
            return self.called(visible, node, (receiver,))
        self.arguments(node)
        return A_TEXT if name in OF_TEXT and "text" in receiver.kinds else NOTHING

    def added(self, node: nodes.Call, name: str, receiver: Value, target: nodes.Name) -> Value:
        """`results.append(value)`"""
        values = self.arguments(node)
        if values and target.id in self.env:
            value = self.items(values[-1]) if name in ("extend", "update") else values[-1]
            if not value.empty:
                self.name(target.id, join(receiver, Value(items=value)))
        return NOTHING

    def method_of_answer(self, node: nodes.Call, name: str, receiver: Value, function: nodes.Attribute) -> Value | None:
        """A method of an answer, or of a container of answers; None where the name is no such method."""
        arguments = node.arguments
        if name == "get" and arguments:
            return self.got(node, receiver)
        if name in ("items", "values") and not arguments:
            values = NOTHING
            for value in (*(receiver.fields or {}).values(), receiver.items or NOTHING):
                values = join(values, value)
            if receiver.uses:
                values = join(values, Value(frozenset(use.values() for use in receiver.uses)))
            return Value(items=values if name == "values" else Value(parts=(A_TEXT, values)))
        if name in ("pop", "setdefault") and receiver.uses and arguments and type(arguments[0]) is nodes.Constant:
            key = arguments[0].value
            if type(key) is str:
                return self.got(node, receiver) if len(arguments) > 1 else self.keyed(receiver, key, arguments[0].start)
        if name in OF_DICT and receiver.uses and name not in ("pop", "copy", "clear"):
            self.arguments(node)
            for use in receiver.uses:
                use.values()
            return Value(items=A_TEXT) if name == "keys" else NOTHING
        if name == "copy":
            return receiver
        if name == "pop" and not receiver.uses:
            return self.items(receiver)
        if not receiver.uses:
            return None
        if name in OF_TEXT:
            self.arguments(node)
            self.texty(receiver)
            return Value(kinds=frozenset(("list",))) if name in ("split", "splitlines", "rsplit") else A_TEXT
        if name in OF_LIST or name == "pop":
            self.arguments(node)
            return self.items(receiver)
        return None

    def got(self, node: nodes.Call, receiver: Value) -> Value:
        """`receiver.get(key, default)`"""
        arguments = node.arguments
        default = self.value(arguments[1]) if len(arguments) > 1 else NOTHING
        key = arguments[0]
        if type(key) is not nodes.Constant or type(key.value) is not str:
            return join(self.as_key(receiver, self.value(key)), default)
        found = (receiver.fields or {}).get(key.value, NOTHING)
        uses = set()
        for use in receiver.uses:
            part = use.key(key.value, key.start)
            use.mentioned.discard(key.value)
            self.guard(use, key.value)
            uses.add(part)
            if len(arguments) > 1:
                self.default(part, arguments[1])
        return join(join(found, Value(frozenset(uses))), default)

    def default(self, use: Use, node: Any) -> None:
        """A default tells of what type the value is."""
        kind = type(node)
        if kind is nodes.Constant:
            of = type(node.value)
            use.boolean = use.boolean or of is bool
            use.number = use.number or of in (int, float)
            use.text = use.text or of is str
        elif kind is nodes.ListDisplay:
            use.items()
        elif kind is nodes.DictDisplay:
            use.opened = use.opened or not use.keys


def _stages(node: nodes.Pipeline | nodes.BinaryOperation) -> tuple[nodes.Expression, tuple[nodes.Expression, ...]]:
    """What a pipeline begins with, and its stages."""
    return (node.first, node.stages) if isinstance(node, nodes.Pipeline) else (node.left, (node.right,))


def _common_keys(patterns: Sequence[Any]) -> frozenset[str]:
    """The keys that all patterns of a `match` have."""
    keys = [
        {str(key.value) for key in getattr(pattern, "keys", ()) if type(key) is nodes.Constant} for pattern in patterns
    ]
    return frozenset(set.intersection(*keys)) if keys else frozenset()


_STATEMENTS: dict[type[nodes.Node], str] = {
    nodes.ExpressionStatement: "expression_statement",
    nodes.Assignment: "assignment",
    nodes.AnnotatedAssignment: "annotated_assignment",
    nodes.AugmentedAssignment: "augmented_assignment",
    nodes.Return: "return_",
    nodes.Raise: "raise_",
    nodes.Break: "leave",
    nodes.Continue: "leave",
    nodes.Assert: "assert_",
    nodes.Delete: "delete",
    nodes.If: "if_",
    nodes.While: "while_",
    nodes.For: "for_",
    nodes.Try: "try_",
    nodes.With: "with_",
    nodes.Match: "match",
    nodes.FunctionDefinition: "function_definition",
    nodes.ClassDefinition: "class_definition",
}

_EXPRESSIONS: dict[type[nodes.Node], str] = {
    nodes.Constant: "constant",
    nodes.Name: "load",
    nodes.JoinedString: "joined_string",
    nodes.ListDisplay: "display",
    nodes.TupleDisplay: "display",
    nodes.SetDisplay: "display",
    nodes.DictDisplay: "dict_display",
    nodes.UnaryOperation: "unary",
    nodes.BinaryOperation: "binary",
    nodes.Pipeline: "pipeline",
    nodes.BooleanOperation: "boolean",
    nodes.Comparison: "comparison_value",
    nodes.Conditional: "conditional",
    nodes.Lambda: "lambda_",
    nodes.Attribute: "attribute",
    nodes.Subscript: "subscript",
    nodes.NamedExpression: "named",
    nodes.Workflow: "workflow",
    nodes.ListComprehension: "comprehension",
    nodes.SetComprehension: "comprehension",
    nodes.DictComprehension: "comprehension",
    nodes.GeneratorExpression: "comprehension",
    nodes.Yield: "yield_",
    nodes.YieldFrom: "yield_",
    nodes.Call: "call",
}
