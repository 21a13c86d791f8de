"""Untrusted data: where what came from outside of a program decides what the program does.

The walk that finds the shapes of answers is done again with other values: its uses are the origins of data. Variables
of the function that is walked are followed in the order of its statements; those of functions around it, attributes
and what a memory keeps for all statements together. A function is walked for each kind of arguments that it is given.
What certainly equals something that the program states itself is trusted where that is known: `facts` name the
variable or the part, and the value that it had. A text that begins with the host of a URL keeps, for what follows,
that it can no longer choose the host.
"""

from __future__ import annotations

import re

from dana import nodes
from dana.answers import Boolean, Either, List, Literal, Number, Object, String
from dana.errors import Diagnostic
from dana.evidence import (
    A_LIST,
    A_NUMBER,
    A_TEXT,
    DEEPEST,
    NOTHING,
    UnknownType,
    Use,
    Value,
    join,
    of_both,
    stated,
)
from dana.inference import ASKED, NO_FACTS, SAME_ITEMS, Walk, infer, room, written_types
from dana.resolver import resolve
from dana.tree_cache import parse_cached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from dana.answers import Shape
    from dana.inference import Facts
    from dana.resolver import Resolution, Scope
    from dana.source import Source

    Path = tuple[object, ...]

ROUNDS = 30
CONTEXTS = 6
"""How many kinds of arguments of one function are told apart."""
LARGEST = 24
"""How many parts of a value are told apart; what is in the parts of a larger one is taken together."""
NESTED = 25
"""How many functions inside one another are walked at once; the others are walked in the next round."""

MODEL, RESPONSE, FILE, TYPED, PERSON, MEMORY, INPUT = (
    "a model", "an HTTP response", "a file", "input()", "a person", "memory", "the workflow's input",
)  # fmt: skip

MAY_ADDRESS = frozenset((TYPED, PERSON, MEMORY, INPUT))
"""Those who may say to whom a message goes: people order for themselves. A model or a file may not."""

MAY_DEFINE = frozenset((FILE, MEMORY))
"""Where whole definitions of workflows may come from: they are checked when they are made."""

ASKING = frozenset("reason chat solve plan execute_workflow_step".split())
"""The methods of models and agents that give an answer."""

RECALLING = frozenset("recall search get_conversation".split())
KEEPING = frozenset("remember store_interaction".split())

NUMBERS = frozenset(
    """int float bool complex len ord hash id abs round pow divmod isinstance issubclass callable hasattr any all range
    type type_name print log wait""".split()
)
"""The built-ins whose results hold no text of their arguments."""

FACTS_OF_TEXT = frozenset(
    """count find index rfind rindex startswith endswith isalnum isalpha isascii isdecimal isdigit isidentifier islower
    isnumeric isprintable isspace istitle isupper hexdigest bit_length total_seconds timestamp""".split()
)
"""The methods whose results hold no text of what they are called on."""

EDGES = frozenset("strip rstrip encode".split())
"""The methods that leave the beginning of a text as it is."""

NUMERIC_MODULES = frozenset("datetime decimal math statistics time uuid".split())
PATTERNS = frozenset("compile match fullmatch search findall finditer split sub subn".split())

SPECIFIED = tuple("bcdeEfFgGnoxX%")
"""How the specification of a number ends in an f-string."""

STEP_KEYS = frozenset("action_type expression query sql condition if break_condition function path to".split())
STEP_LISTS = frozenset("steps rules branches".split())
STEP_URLS = frozenset("url endpoint base_url".split())

HINTS = {
    "the SQL text": 'pass it as a parameter: {"sql": "... where id = ?", "parameters": [value]}',
    "the path of a file": "compare it with names that the program knows, or write checked(value, is_allowed)",
    "the host of the URL": 'write the host in the program: f"https://api.example.com/{value}"; or checked(value, f)',
    "the template": "write the template in the program, and give it the data",
    "the expression": 'write the expression in the program, and give the data as variables: {"x": value}',
    "the pattern": "write re.escape(value), or the pattern in the program",
}
HINT = "compare it with what the program knows, or write checked(value, is_allowed)"

_HOST = re.compile(r"[^:/?#\0]*://[^/?#]+[/?#]|[^:/?#\0]*[/?#]|\0(?::\d+)?[/?#]")
"""The beginning of a URL after which nothing can change its host; `\\0` stands for a value of the program."""

_PLACE = re.compile(r"%[^a-zA-Z%]*(?:\([^)]*\))?[^a-zA-Z%]*([a-zA-Z])")


class Origin(Use):
    """A place where untrusted data comes into a program; all that is taken out of the data has the same origin.

    Data has a `flavour` where less can be done with it: "tail" for what stands behind the host of a URL, "escaped" for
    what `re.escape` gave. Each is an origin of its own, whose `root` is the place.
    """

    __slots__ = ("at", "end", "escaped", "flavour", "kind", "root", "tail")

    def __init__(self, kind: str, at: int, end: int, flavour: str = "", root: Origin | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.at = at
        self.end = end
        self.flavour = flavour
        self.root: Origin = root or self
        self.tail: Origin = self if root else Origin(kind, at, end, "tail", self)
        self.escaped: Origin = self if root else Origin(kind, at, end, "escaped", self)

    def key(self, name: str, at: int) -> Use:
        return self

    def items(self) -> Use:
        return self

    def values(self) -> Use:
        return self


def check_source(source: Source, severity: str = "warning") -> list[Diagnostic]:
    """The findings about the program in a source; raises ProgramError where it cannot run as it is written."""
    module = parse_cached(source)
    return untrusted(module, resolve(module, source), source, severity)


def untrusted(
    module: nodes.Module, resolution: Resolution, source: Source, severity: str = "warning"
) -> list[Diagnostic]:
    """Where untrusted data decides what a program does, in the order of the text."""
    flow = _Flow(module, resolution)
    with room():
        flow.all()
    found = []
    for (start, end, what), origins in sorted(flow.found.items()):
        seen = {(origin.at, origin.kind): origin for origin in origins}
        comes = [seen[key] for key in sorted(seen)]
        listed = " and ".join(f"{origin.kind} (line {source.position(origin.at)[0]})" for origin in comes[:2])
        if len(comes) > 2:
            listed += f" and {len(comes) - 2} more"
        notes = [(f"from {origin.kind}", origin.at, origin.end) for origin in comes[:2] if origin.at != start]
        found.append(
            Diagnostic(
                "untrusted-data",
                f"{what} holds data from {listed}",
                source,
                start,
                end,
                severity=severity,
                hint=HINTS.get(what, HINT),
                notes=tuple(notes),
            )
        )
    return found


def labels(value: Value, depth: int = 0) -> frozenset[Any]:
    """The origins of all data in a value."""
    found = value.uses
    if depth <= DEEPEST:
        for part in (value.items, *(value.parts or ()), *(value.fields or {}).values()):
            if part is not None:
                found |= labels(part, depth + 1)
    return found


def of(origins: Iterable[Any]) -> Value:
    """Data of some origins, as a whole."""
    found = frozenset(origins)
    return Value(found) if found else NOTHING


def derived(*values: Value) -> Value:
    """What is made of values in a way that is not known."""
    return of(origin.root for value in values for origin in labels(value))


def small(value: Value, deepest: int = DEEPEST) -> tuple[Value, int]:
    """A value of a size that can be followed, with less known of what is deep in it; to which depth it is known."""
    if deepest < DEEPEST:
        value = _flat(value, deepest)
    while deepest > 1 and _size(value, LARGEST) > LARGEST:
        deepest -= 1
        value = _flat(value, deepest)
    return value, deepest


def either(one: Value, other: Value) -> Value:
    """What may be either of two values; doing it again with one of them changes nothing."""
    if "dict" not in one.kinds & other.kinds:
        loose = [value for value in (one, other) if value.parts is not None]
        if len(loose) == 2 and len(loose[0].parts or ()) == len(loose[1].parts or ()):
            loose = []
        if len(loose) == 1 and one.items is None and other.items is None and not (one.fields or other.fields):
            loose = []
        if loose:
            one, other = (_loosened(value) if value in loose else value for value in (one, other))
    items, fields, parts = one.items, one.fields, one.parts
    if other.items is not None:
        items = other.items if items is None else either(items, other.items)
    if other.fields is not None:
        fields = dict(fields or {})
        for key, part in other.fields.items():
            fields[key] = either(fields[key], part) if key in fields else part
    if other.parts is not None:
        parts = other.parts if parts is None else tuple(map(either, parts, other.parts))
    return of_both(one, other, items, parts, fields)


def _loosened(value: Value) -> Value:
    """A list of which it is not known which item stands where."""
    items = value.items
    for part in value.parts or ():
        items = part if items is None else either(items, part)
    return Value(value.uses, items, None, value.fields, value.functions, value.kinds, value.constants)


def _size(value: Value, most: int) -> int:
    size = 1
    for part in (value.items, *(value.parts or ()), *(value.fields or {}).values()):
        if part is not None:
            size += _size(part, most - size)
            if size > most:
                break
    return size


def _flat(value: Value, depth: int) -> Value:
    """A value of which nothing is told apart below a depth."""
    if depth == 0:
        return Value(derived(value).uses, functions=_functions(value))
    return Value(
        value.uses,
        None if value.items is None else _flat(value.items, depth - 1),
        None if value.parts is None else tuple(_flat(part, depth - 1) for part in value.parts),
        None if value.fields is None else {key: _flat(part, depth - 1) for key, part in value.fields.items()},
        value.functions,
        value.kinds,
        value.constants,
    )


def _functions(value: Value) -> frozenset[Any]:
    found = value.functions
    for part in (value.items, *(value.parts or ()), *(value.fields or {}).values()):
        if part is not None:
            found |= _functions(part)
    return found


def spliced(parts: Iterable[Value]) -> Value:
    """A text of parts, in their order."""
    text, fixed = "", False
    found: set[Any] = set()
    for part in parts:
        known = part.constants if "text" in part.kinds else None
        if known is not None and len(known) == 1:
            text += known[0]
            continue
        marks = labels(part)
        if marks:
            fixed = fixed or _HOST.match(text) is not None
            found |= {mark.tail if fixed and mark.flavour != "escaped" else mark for mark in marks}
            fixed = fixed or (not text and all(mark.flavour == "tail" for mark in marks))
        text += "\0"
    if not found and "\0" not in text:
        return Value(kinds=A_TEXT.kinds, constants=(text,))
    return Value(frozenset(found), kinds=A_TEXT.kinds)


class _Flow(Walk):
    """The walk that follows origins."""

    def __init__(self, module: nodes.Module, resolution: Resolution) -> None:
        super().__init__(module, resolution, ASKED)
        self.found: dict[tuple[int, int, str], frozenset[Origin]] = {}
        self.shapes = infer(module, resolution)
        self.origins: dict[tuple[int, str], Origin] = {}
        self.contexts: dict[int, dict[Any, dict[str, Value]]] = {}
        """The parameters of each function for each kind of arguments."""
        self.kinds: dict[tuple[Any, str], tuple[Any, int]] = {}
        """For each of what is merged, what tells it from others, and to which depth it is known."""
        self.walked: set[Any] = set()
        self.context: Any = None
        self.depth = 0
        self.place = (0, 0)
        """Where the call stands that is being walked."""
        self.raised: set[Any] = set()
        self.handled: frozenset[Any] = frozenset()
        self.exits: list[list[tuple[dict[str, Value], set[tuple[Any, ...]]]]] = []
        self.shared: set[str] = set()
        """Variables that functions other than their own change."""
        self.classes: dict[tuple[int, str], nodes.ClassDefinition] = {}
        self.imported: dict[str, tuple[str, str]] = {}
        self.keeps = False
        for scope in resolution.scopes.values():
            self.shared.update(scope.globals, scope.nonlocals)
            if scope.kind == "class" and scope.parent is not None:
                self.classes[id(scope.parent), scope.name] = scope.node  # type: ignore[assignment]
        for node in module.walk():
            kind = type(node)
            if kind is nodes.Import:
                for alias in node.names:  # type: ignore[attr-defined]
                    self.imported[alias.bound or alias.name.partition(".")[0]] = (alias.name, "")
            elif kind is nodes.ImportFrom:
                for alias in node.names:  # type: ignore[attr-defined]
                    self.imported[alias.bound or alias.name] = (node.module, alias.name)  # type: ignore[attr-defined]
            elif kind is nodes.Attribute and node.name in KEEPING:  # type: ignore[attr-defined]
                self.keeps = True

    def all(self) -> None:
        bodies = [s.node for s in self.resolution.scopes.values() if s.kind in ("function", "lambda")]
        for _ in range(ROUNDS):
            self.changed = False
            self.walked.clear()
            self.env, self.facts, self.function, self.context = {}, set(), None, None
            self.scope = self.resolution.scopes[id(self.module)]
            self.block(self.module.body)
            for node in bodies:
                if id(node) not in self.contexts:
                    self.enter(node, [], {})
                for key in list(self.contexts.get(id(node), ())):
                    self.walk(node, key)
            if not self.changed:
                return

    # Functions

    def enter(self, function: Any, values: Sequence[Value], named: dict[str, Value], rest: Value = NOTHING) -> Any:
        """Walk a function for a kind of arguments, unless that is done; what the kind is known by."""
        parameters: nodes.Parameters = function.parameters
        positional = [*parameters.positional_only, *parameters.positional]
        left = dict(named)
        env: dict[str, Value] = {}
        for at, parameter in enumerate((*positional, *parameters.keyword_only)):
            default = self.merged.get((("default", id(parameter)), ""), NOTHING)
            if at < len(values) and at < len(positional):
                env[parameter.name] = values[at]
            elif parameter.name in left:
                env[parameter.name] = left.pop(parameter.name)
            else:
                env[parameter.name] = join(default, rest) if rest is not NOTHING else default
        if parameters.variadic is not None:
            items = rest
            for value in values[len(positional) :]:
                items = join(items, value)
            env[parameters.variadic.name] = Value(items=items, kinds=A_LIST.kinds)
        if parameters.keywords is not None:
            env[parameters.keywords.name] = Value(rest.uses, fields=left, kinds=_DICT)
        env = {name: small(value)[0] for name, value in env.items()}
        key: Any = (id(function), *(_kind(value) for value in env.values()))
        contexts = self.contexts.setdefault(id(function), {})
        if key not in contexts:
            if len(contexts) >= CONTEXTS:
                key = (id(function), None)
                for name, value in env.items():
                    self.give(("parameters", key), name, value)
                env = {name: self.merged.get((("parameters", key), name), NOTHING) for name in env}
            if key not in contexts:
                self.changed = True
            contexts[key] = env
        if self.depth < NESTED:
            self.walk(function, key)
        return key

    def walk(self, function: Any, key: Any) -> None:
        if key in self.walked:
            return
        self.walked.add(key)
        kept = self.scope, self.function, self.context, self.env, self.facts, self.raised, self.handled, self.exits
        self.scope, self.function, self.context = self.resolution.scopes[id(function)], function, key
        self.env, self.facts, self.raised, self.exits = dict(self.contexts[id(function)][key]), set(), set(), []
        for slot in self.scope.cells:  # what functions inside of it may read
            name = self.scope.names[slot]
            if name in self.env:
                self.give(id(self.scope), name, self.env[name])
        self.depth += 1
        if type(function) is nodes.Lambda:
            self.give(("result", key), "", self.value(function.body))
        else:
            self.block(function.body)
        self.depth -= 1
        self.give(("raised", key), "", of(self.raised))
        self.scope, self.function, self.context, self.env, self.facts, self.raised, self.handled, self.exits = kept

    def applied(self, function: Any, values: Sequence[Value], named: dict[str, Value] | None = None) -> Value:
        return self.run(function, values, named or {}, NOTHING, ())

    def run(
        self, function: Any, values: Sequence[Value], named: dict[str, Value], rest: Value, given: Sequence[Any]
    ) -> Value:
        """The result of a call; `given` are the expressions of the arguments, whose values the function may change."""
        kind = type(function)
        if kind is str:
            return self.supplied(function, values)
        if kind is nodes.Pipeline or kind is nodes.BinaryOperation:
            return self.run_through(function, values)
        if kind is tuple:
            scope, method = function
            return self.run(method, [Value(functions=frozenset((scope,))), *values], named, rest, (None, *given))
        if kind is nodes.ClassDefinition:
            scope = self.resolution.scopes[id(function)]
            made = Value(functions=frozenset((scope,)))
            found = self.methods_of(scope, "__init__")
            if not found:
                return join(made, derived(*values, *named.values(), rest))
            for method in found[:1]:
                self.run(method, [made, *values], named, rest, (None, *given))
            return made
        if kind is not nodes.FunctionDefinition and kind is not nodes.Lambda:
            return derived(*values, *named.values(), rest)
        key = self.enter(function, values, named, rest)
        self.raised |= labels(self.merged.get((("raised", key), ""), NOTHING))
        parameters = [*function.parameters.positional_only, *function.parameters.positional]
        for parameter, node in zip(parameters, given, strict=False):
            added = self.merged.get((("grown", key), parameter.name))
            if added is not None and node is not None:
                self.grow(node, added)
        return self.merged.get((("result", key), ""), NOTHING)

    def supplied(self, name: str, values: Sequence[Value]) -> Value:
        """The result of a built-in that is called by another, with arguments that nobody wrote."""
        start, end = self.place
        names = [str(at) for at in range(len(values))]
        self.env.update(zip(names, values, strict=True))
        arguments = tuple(nodes.Name(start, end, name) for name in names)
        found = self.builtin(nodes.Call(start, end, nodes.Name(start, end, name), arguments, ()), name)
        for name in names:
            del self.env[name]
        return found

    def methods_of(self, scope: Scope, name: str, depth: int = 0) -> list[Any]:
        """The methods of a class with a name: its own, or else those of what it derives from."""
        found = self.functions.get((id(scope), name))
        if found or depth > 8:
            return list(found or ())
        for base in self.bases_of(scope):
            found = self.methods_of(base, name, depth + 1)
            if found:
                return found
        return []

    def bases_of(self, scope: Scope) -> list[Scope]:
        names = {base.id for base in scope.node.bases if type(base) is nodes.Name}  # type: ignore[attr-defined]
        return [
            self.resolution.scopes[id(node)]
            for (_, name), node in self.classes.items()
            if name in names and node is not scope.node
        ]

    def line_of(self, scope: Scope) -> list[Scope]:
        """A class and all that it derives from."""
        found = [scope]
        for one in found:
            found.extend(base for base in self.bases_of(one) if base not in found)
        return found

    def function_definition(self, node: nodes.FunctionDefinition) -> None:
        super().function_definition(node)
        self.env.pop(node.name, None)

    def defaults(self, parameters: nodes.Parameters) -> None:
        for parameter in parameters.all():
            if parameter.default is not None:
                self.give(("default", id(parameter)), "", self.value(parameter.default))

    # Statements

    def other(self, node: nodes.Node) -> Value:
        return derived(*[self.value(child) for child in node.children()])

    def declare(self, value: Value, annotation: Any) -> None:
        """A stated type is no check."""

    def augmented_assignment(self, node: nodes.AugmentedAssignment) -> None:
        left = self.value(node.target)
        value = self.arithmetic(node.operator, left, self.value(node.value))
        if type(node.target) is nodes.Name and left.items is None and left.parts is None:
            self.bind(node.target, value)
        else:
            self.grow(node.target, value)

    def return_(self, node: nodes.Return) -> bool:
        if node.value is not None:
            self.give(("result", self.context), "", self.value(node.value))
        return False

    def yield_(self, node: Any) -> Value:
        if node.value is None:
            return NOTHING
        value = self.value(node.value)
        self.give(("result", self.context), "", Value(items=value if type(node) is nodes.Yield else self.items(value)))
        return NOTHING

    def raise_(self, node: nodes.Raise) -> bool:
        if node.exception is None:
            self.raised |= self.handled
        for part in (node.exception, node.cause):
            if part is not None:
                self.raised |= {origin.root for origin in labels(self.value(part))}
        return False

    def leave(self, node: nodes.Statement) -> bool:
        if type(node) is nodes.Break and self.exits:
            self.exits[-1].append((self.settled(self.facts), set(self.facts)))
        return False

    def settled(self, facts: Iterable[tuple[Any, ...]]) -> dict[str, Value]:
        """The variables where facts hold."""
        env = self.env.copy()
        for _, path, value in facts:
            name = path[0]
            if len(path) == 1 and value is not None and env.get(name) is value and name not in self.shared:
                env[name] = NOTHING
        return env

    def if_(self, node: nodes.If) -> bool:
        true, false = self.test(node.test)
        facts, env = self.facts, self.env
        self.env, self.facts = self.settled(true), facts | true
        first = self.block(node.body)
        after, self.env = self.env, env
        self.env, self.facts = self.settled(false), facts | false
        second = self.block(node.otherwise)
        self.facts = facts
        if first and second:
            self.meet(after)
        elif first:
            self.env, self.facts = after, facts | true
        else:
            self.facts = facts | false
        return first or second

    def while_(self, node: nodes.While) -> None:
        facts = self.facts
        ends = not (type(node.test) is nodes.Constant and node.test.value)
        left: list[tuple[dict[str, Value], set[tuple[Any, ...]]]] = []
        for _ in range(2):
            before = self.env.copy()
            self.facts = facts
            true, _false = self.test(node.test)
            self.facts = facts | true
            self.exits.append([])
            self.block(node.body)
            left = self.exits.pop()
            self.facts = facts
            self.meet(before)
        _true, false = self.test(node.test)
        self.facts = facts | false
        self.block(node.otherwise)
        self.join_exits(left, ends)

    def for_(self, node: nodes.For) -> None:
        facts = self.facts
        items = self.items(self.value(node.iterable))
        left: list[tuple[dict[str, Value], set[tuple[Any, ...]]]] = []
        for _ in range(2):
            before = self.env.copy()
            self.bind(node.target, items)
            self.exits.append([])
            self.block(node.body)
            left = self.exits.pop()
            self.facts = facts
            self.meet(before)
        self.block(node.otherwise)
        self.join_exits(left, True)

    def join_exits(self, left: list[tuple[dict[str, Value], set[tuple[Any, ...]]]], ends: bool) -> None:
        """Go on after a loop: from where it ended, if it `ends` by itself, and from each `break`."""
        for at, (env, facts) in enumerate(left):
            if at or ends:
                self.meet(env)
                self.facts = self.facts & facts
            else:
                self.env, self.facts = env, facts

    def try_(self, node: nodes.Try) -> bool:
        around, handled = self.raised, self.handled
        before = self.env.copy()
        self.raised = set()
        live = self.block(node.body)
        caught = frozenset(self.raised)
        self.raised = around
        if not node.handlers:
            around |= caught
        reached = self.env
        live = live and self.block(node.otherwise)
        after = self.env
        self.handled = caught
        for clause in node.handlers:
            self.env = before.copy()
            self.meet(reached)
            if clause.name is not None:
                self.name(clause.name, of(caught))
            if self.block(clause.body):
                if live:
                    self.meet(after)
                after, live = self.env, True
        self.env, self.handled = after, handled
        return self.block(node.final) and live

    def with_(self, node: nodes.With) -> bool:
        for item in node.items:
            value = self.value(item.context)
            if item.target is not None:
                self.bind(item.target, value)
        return self.block(node.body)

    def match(self, node: nodes.Match) -> None:
        subject, path = self.value(node.subject), self.path(node.subject)
        facts, before, after = self.facts, self.env, dict(self.env)
        for case in node.cases:
            self.env = before.copy()
            self.facts = facts | self.matched(case.pattern, subject, path)
            if case.guard is not None:
                self.facts = self.facts | self.test(case.guard)[0]
            if self.block(case.body):
                reached, self.env = self.env, after
                self.meet(reached)
                after = self.env
        self.env, self.facts = after, facts

    def matched(self, node: Any, subject: Value, path: Path | None) -> set[tuple[Any, ...]]:
        """Bind what a pattern captures; the facts where it has matched."""
        kind = type(node)
        facts: set[tuple[Any, ...]] = set()
        if _is_literal(node):
            return set() if path is None else {self.fact(path)}
        if kind is nodes.CapturePattern or kind is nodes.StarPattern:
            if node.name is not None:
                self.name(node.name, subject)
        elif kind is nodes.AsPattern:
            facts = self.matched(node.pattern, subject, path)
            self.name(node.name, NOTHING if _is_literal(node.pattern) else subject)
        elif kind is nodes.OrPattern:
            for part in node.alternatives:
                self.matched(part, subject, path)
        elif kind is nodes.MappingPattern:
            for key, part in zip(node.keys, node.patterns, strict=True):
                constant = key.value if type(key) is nodes.Constant else None
                inside = None if path is None or constant is None else (*path, constant)
                facts |= self.matched(part, self.at_key(subject, constant), inside)
            if node.rest is not None:
                self.name(node.rest, subject)
        elif kind is nodes.SequencePattern:
            known = subject.parts if subject.parts is not None and len(subject.parts) == len(node.patterns) else None
            items = self.items(subject)
            for at, part in enumerate(node.patterns):
                if type(part) is nodes.StarPattern:
                    self.matched(part, Value(items=items), None)
                else:
                    self.matched(part, known[at] if known else items, None)
        elif kind is nodes.ClassPattern:
            for part in node.patterns:
                self.matched(part, derived(subject), None)
            for name, part in zip(node.names, node.named_patterns, strict=True):
                self.matched(part, self.attribute_of(subject, name), None)
        return facts

    # Names

    def give(self, owner: Any, name: str, value: Value) -> None:
        if value.empty and value.constants is None and not value.kinds:
            return
        before = self.merged.get((owner, name))
        known, deepest = self.kinds.get((owner, name), (None, DEEPEST))
        value, deepest = small(value, deepest)
        if before is not None:
            value, deepest = small(either(before, value), deepest)
        kind = _kind(value)
        if kind != known:
            self.changed = True
            self.merged[owner, name] = value
            self.kinds[owner, name] = kind, deepest

    def name(self, name: str, value: Value) -> None:
        value = small(value)[0]
        if not value.empty or value.constants is not None:  # what is known of the value before says nothing of this one
            value = Value(
                value.uses, value.items, value.parts, value.fields, value.functions, value.kinds, value.constants
            )
        super().name(name, value)

    def bind(self, target: Any, value: Value) -> None:
        kind = type(target)
        if kind is nodes.Attribute:
            self.store_attribute(target, value)
        elif kind is nodes.Subscript:
            self.value(target.key)
            self.stored_under(target, value)
        else:
            super().bind(target, value)

    def store_attribute(self, target: nodes.Attribute, value: Value) -> None:
        owner = self.own_class(target.value)
        owners = {function for function in self.value(target.value).functions if _is_class(function)}
        for scope in owners | ({owner} if owner is not None else set()):
            self.give(("attribute", id(scope)), target.name, value)
        self.give(("attribute", None), target.name, value)
        if not owners and owner is None:
            self.grow(target.value, Value(fields={target.name: value}, kinds=_DICT))

    def stored_under(self, target: nodes.Subscript, value: Value) -> None:
        key = target.key
        container = self.value(target.value)
        if type(key) is nodes.Constant and type(key.value) is str:
            self.grow(target.value, Value(fields={key.value: value}, kinds=container.kinds))
        else:
            names = derived(self.value(key)) if type(key) is not nodes.Slice else NOTHING
            added = self.items(value) if type(key) is nodes.Slice else value
            if "dict" in container.kinds:
                self.grow(target.value, Value(items=added, parts=(names,) if names.uses else None, kinds=_DICT))
            else:
                self.grow(target.value, Value(names.uses, items=added, kinds=container.kinds))

    def grow(self, node: Any, added: Value) -> None:
        """More is put into what an expression stands for."""
        kind = type(node)
        if kind is nodes.Name:
            owner = self.owner(node.id)
            if node.id in self.env:
                parameter = self.function is not None and any(
                    one.name == node.id for one in self.function.parameters.all()
                )
                if parameter:
                    self.give(("grown", self.context), node.id, added)
                self.name(node.id, join(self.env[node.id], added))
            elif owner is not None:
                if node.id not in self.shared and labels(added):
                    self.shared.add(node.id)
                    self.changed = True
                self.give(id(owner), node.id, added)
        elif kind is nodes.Subscript:
            self.stored_under(node, added)
        elif kind is nodes.Attribute:
            self.store_attribute(node, added)
        elif kind is nodes.Call and type(node.function) is nodes.Attribute and node.arguments:
            held, key = node.function.value, node.arguments[0]
            if node.function.name in ("setdefault", "get"):
                self.stored_under(nodes.Subscript(node.start, node.end, held, key), added)

    def load(self, node: nodes.Name) -> Value:
        name = node.id
        if ("trusted", (name,), self.env.get(name)) in self.facts:
            return NOTHING
        found = self.env.get(name)
        if found is not None and name not in self.shared:
            return found
        owner = self.owner(name)
        if owner is None:
            return found or (Value(functions=frozenset((name,))) if name in _BUILTINS else NOTHING)
        value = join(found or NOTHING, self.merged.get((id(owner), name), NOTHING))
        functions = frozenset(self.functions.get((id(owner), name), ()))
        made = self.classes.get((id(owner), name))
        if made is not None:
            functions |= {made}
        return join(value, Value(functions=functions, kinds=value.kinds)) if functions else value

    def path(self, node: Any) -> Path | None:
        """How a place that can be compared and read again is known."""
        kind = type(node)
        if kind is nodes.Name:
            return (node.id,)
        if kind is nodes.NamedExpression:
            return (node.target.id,)
        if kind is nodes.Attribute:
            path = self.path(node.value)
            return None if path is None else (*path, node.name)
        if kind is nodes.Subscript and type(node.key) is nodes.Constant:
            path = self.path(node.value)
            return None if path is None else (*path, node.key.value)
        return None

    def fact(self, path: Path) -> tuple[Any, ...]:
        """That what is at a path is trusted, as long as its variable has the value that it has now."""
        return ("trusted", path, self.env.get(str(path[0])))

    # Tests

    def true(self, value: Value) -> set[tuple[Any, ...]]:
        return set()

    def test(self, node: Any) -> tuple[Facts, Facts]:
        if type(node) is nodes.Call and type(node.function) is nodes.Name and node.function.id == "isinstance":
            self.value(node)
            path = self.path(node.arguments[0]) if len(node.arguments) == 2 else None
            names = [part.id for part in node.arguments[-1].walk() if isinstance(part, nodes.Name)] if path else []
            if path is not None and names and all(name in ("int", "float", "bool") for name in names):
                return frozenset((self.fact(path),)), NO_FACTS
            return NO_FACTS, NO_FACTS
        return super().test(node)

    def tests(self, node: nodes.BooleanOperation) -> tuple[Facts, Facts]:
        kept = self.facts
        conjunction = node.operator == "and"
        all_of: Facts = NO_FACTS
        one_of: Facts | None = None
        for part in node.values:
            true, false = self.test(part)
            held, other = (true, false) if conjunction else (false, true)
            one_of = other if one_of is None else one_of & other
            all_of |= held
            self.facts = kept | all_of
        self.facts = kept
        return (all_of, one_of or NO_FACTS) if conjunction else (one_of or NO_FACTS, all_of)

    def comparison_test(self, node: nodes.Comparison) -> tuple[Facts, Facts]:
        operator, one, other = node.operators[0], node.first, node.others[0]
        left, right = self.value(one), self.value(other)
        facts: set[tuple[Any, ...]] = set()
        sides = [(one, right)]
        if operator in ("in", "not in"):
            sides = [(one, self.items(right) if "dict" in right.kinds else right)]
        elif operator in ("==", "!=", "is", "is not"):
            sides = [(one, right), (other, left)]
        else:
            return NO_FACTS, NO_FACTS
        for place, against in sides:
            path = self.path(place)
            if path is not None and not labels(against):
                facts.add(self.fact(path))
        found = frozenset(facts)
        return (NO_FACTS, found) if operator in ("!=", "not in", "is not") else (found, NO_FACTS)

    # Expressions

    def origin(self, kind: str, node: nodes.Node) -> Origin:
        found = self.origins.get((node.start, kind))
        if found is None:
            found = self.origins[node.start, kind] = Origin(kind, node.start, node.end)
        return found

    def items(self, value: Value) -> Value:
        if "dict" in value.kinds:
            return derived(of(value.uses), *(value.parts or ()))
        if "text" in value.kinds:
            return derived(value)
        return super().items(value)

    def at_key(self, value: Value, key: object) -> Value:
        """`value[key]`"""
        found = derived(of(value.uses))
        if type(key) is str:
            if value.fields is not None and key in value.fields:
                return join(value.fields[key], found)
            return join(found, value.items) if value.items is not None else found
        parts = None if "dict" in value.kinds or value.items is not None else value.parts
        if type(key) is int and parts is not None and -len(parts) <= key < len(parts):
            return join(parts[key], found)
        if "dict" in value.kinds or value.fields is not None:
            for part in (value.items, *(value.fields or {}).values()):
                found = join(found, part) if part is not None else found
            return found
        return join(found, self.items(value))

    def constant(self, node: nodes.Constant) -> Value:
        if type(node.value) is str:
            return Value(kinds=A_TEXT.kinds, constants=(node.value,))
        return super().constant(node)

    def text_of(self, value: Value) -> Value:
        """What a value gives where it is put into a text."""
        for scope in [function for function in value.functions if _is_class(function)]:
            for method in self.methods_of(scope, "__str__") or self.methods_of(scope, "__repr__"):
                value = join(value, self.applied(method, [Value(functions=frozenset((scope,)))]))
        return value

    def joined_string(self, node: nodes.JoinedString) -> Value:
        parts = []
        for part in node.parts:
            value = self.value(part.value) if type(part) is nodes.Interpolation else self.value(part)
            spec = part.spec.parts if type(part) is nodes.Interpolation and part.spec is not None else ()
            for inside in spec:
                self.value(inside.value if type(inside) is nodes.Interpolation else inside)
            if spec and type(spec[-1]) is nodes.Constant and str(spec[-1].value).endswith(SPECIFIED):
                value = A_NUMBER
            parts.append(self.text_of(value))
        return spliced(parts)

    def dict_display(self, node: nodes.DictDisplay) -> Value:
        found = Value(fields={}, kinds=_DICT)
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.value(item)
            if key is None:
                found = Value(
                    found.uses | value.uses,
                    join(found.items or NOTHING, value.items or NOTHING) if found.items or value.items else None,
                    None,
                    {**(found.fields or {}), **(value.fields or {})},
                    kinds=_DICT,
                )
            elif type(key) is nodes.Constant and type(key.value) is str:
                fields = {**(found.fields or {}), key.value: value}
                found = Value(found.uses, found.items, found.parts, fields, kinds=_DICT)
                if key.value in ("function", "tools"):
                    self.offered(item, value, INPUT if key.value == "function" else MODEL)
            else:
                names = derived(self.value(key))
                parts = (join(names, found.parts[0]) if found.parts else names,)
                items = value if found.items is None else join(found.items, value)
                found = Value(found.uses, items, parts if labels(parts[0]) else None, found.fields, kinds=_DICT)
        return found

    def offered(self, node: Any, value: Value, kind: str) -> None:
        """Functions that a workflow or a model calls, with arguments of its own."""
        functions = value.functions | self.items(value).functions
        if type(node) is nodes.Constant:
            owner = self.resolution.scopes[id(self.module)]
            functions |= frozenset(self.functions.get((id(owner), str(node.value)), ()))
        for function in functions:
            if type(function) is nodes.FunctionDefinition and kind is MODEL:
                origin = self.origin(kind, node)
                typed = {each.name: self.argument(each, origin) for each in function.parameters.all()}
                self.run(function, (), typed, of((origin,)), ())
            elif type(function) in (nodes.FunctionDefinition, nodes.Lambda):
                self.run(function, (), {}, of((self.origin(kind, node),)), ())

    def argument(self, parameter: nodes.Parameter, origin: Origin) -> Value:
        """What a model may give for a parameter: its type is checked."""
        if parameter.annotation is None:
            return of((origin,))
        try:
            return _answer(stated(parameter.annotation, written_types(self.resolution)), origin)
        except UnknownType:
            return of((origin,))

    def unary(self, node: nodes.UnaryOperation) -> Value:
        if node.operator == "not":
            self.test(node)
        else:
            self.value(node.operand)
        return A_NUMBER

    def binary(self, node: nodes.BinaryOperation) -> Value:
        if node.operator == "|":
            return self.pipeline(node)
        left, right = self.value(node.left), self.value(node.right)
        if node.operator == "%" and "number" not in left.kinds | right.kinds:
            self.refuse("the template", node.left, left)
        return self.arithmetic(node.operator, left, right)

    def arithmetic(self, operator: str, left: Value, right: Value) -> Value:
        kinds = left.kinds | right.kinds
        if operator == "+":
            if "number" in kinds:
                return A_NUMBER
            if "list" in kinds or any(value.items or value.parts for value in (left, right)):
                return Value(items=join(self.items(left), self.items(right)), kinds=A_LIST.kinds)
            return spliced((left, right))
        if operator == "%":
            if "number" in left.kinds or ("number" in right.kinds and "text" not in left.kinds):
                return A_NUMBER
            if left.constants is not None and len(left.constants) == 1:
                template = left.constants[0]
                places = _PLACE.findall(template)
                if places and all(place in "dixXeEfFgG" for place in places):
                    return A_TEXT
                return spliced((_text(template.partition("%")[0]), derived_text(right), A_TEXT))
            return derived(left, right)
        if operator in ("|", "&", "^"):
            return join(left, right)
        if operator == "*" or (labels(left) and "number" not in kinds):
            return Value(derived(left, right).uses, left.items, kinds=kinds - A_NUMBER.kinds)
        return A_NUMBER

    def comparison_value(self, node: nodes.Comparison) -> Value:
        for part in (node.first, *node.others):
            self.value(part)
        return A_NUMBER

    def attribute(self, node: nodes.Attribute) -> Value:
        path = self.path(node)
        if path is not None and self.fact(path) in self.facts:
            return NOTHING
        if self.module_of(node.value) is not None:
            return NOTHING
        value = self.value(node.value)
        owner = self.own_class(node.value)
        if owner is not None:
            value = join(value, Value(functions=frozenset((owner,))))
        elif node.name == "conversation":  # of an agent
            return of((self.origin(MODEL, node),))
        return self.attribute_of(value, node.name)

    def attribute_of(self, value: Value, name: str) -> Value:
        classes = [function for function in value.functions if _is_class(function)]
        found = derived(of(value.uses))
        if value.fields is not None or value.items is not None:
            found = join(found, self.at_key(value, name))
        for cls in classes:
            for scope in self.line_of(cls):
                found = join(found, self.merged.get((("attribute", id(scope)), name), NOTHING))
                found = join(found, self.merged.get((id(scope), name), NOTHING))
            for method in self.methods_of(cls, name):
                if any(type(one) is nodes.Name and one.id == "property" for one in method.decorators):
                    found = join(found, self.applied(method, [value]))
                else:
                    found = join(found, Value(functions=frozenset(((cls, method),))))
        for made in value.functions:
            if type(made) is nodes.ClassDefinition:
                for scope in self.line_of(self.resolution.scopes[id(made)]):
                    found = join(found, self.merged.get((id(scope), name), NOTHING))
                    methods = frozenset(self.functions.get((id(scope), name), ()))
                    found = join(found, Value(functions=methods)) if methods else found
        if value.empty and value.fields is None:
            found = join(found, self.merged.get((("attribute", None), name), NOTHING))
        return found

    def subscript(self, node: nodes.Subscript) -> Value:
        path = self.path(node)
        if path is not None and self.fact(path) in self.facts:
            return NOTHING
        value = self.value(node.value)
        key = node.key
        if type(key) is nodes.Slice:
            self.bounds(key)
            if value.items is not None or value.parts is not None:
                return Value(derived(of(value.uses)).uses, self.items(value), kinds=value.kinds)
            return derived(value)
        self.value(key)
        if type(key) is nodes.Constant:
            return self.at_key(value, key.value)
        if type(key) is nodes.UnaryOperation and type(key.operand) is nodes.Constant:
            number = key.operand.value
            return self.at_key(value, -number if type(number) is int else None)
        return self.at_key(value, None)

    def comprehension(self, node: Any) -> Value:
        made = super().comprehension(node)
        return Value(made.uses, made.items, kinds=_DICT) if type(node) is nodes.DictComprehension else made

    # Calls

    def refuse(
        self, what: str, node: Any, value: Value, passing: str = "", allowed: frozenset[str] = frozenset()
    ) -> bool:
        """Report data that must not be where it is, unless it is of a flavour or a kind that may; whether it was."""
        found = frozenset(
            origin.root for origin in labels(value) if origin.flavour != (passing or "-") and origin.kind not in allowed
        )
        if found:
            place = (node.start, node.end, what)
            self.found[place] = self.found.get(place, frozenset()) | found
        return bool(found)

    def refuse_keys(self, node: nodes.Call, checks: Iterable[tuple[str, str, str]]) -> Value:
        """Look at values of the dict that a call gets; the dict."""
        values = self.values_of(node)[0]
        argument = node.arguments[0] if node.arguments else node
        value = values[0] if values else NOTHING
        seen = False
        for key, what, passing in checks:
            if value.uses and seen:
                break
            allowed = MAY_ADDRESS if key == "recipient" else frozenset()
            place = _value_at(argument, key)
            seen = self.refuse(what, place or argument, self.at_key(value, key), passing, allowed) or seen
        return value

    def module_of(self, node: Any) -> str | None:
        """The module that an expression stands for, or that what it stands for was imported from."""
        if type(node) is nodes.Attribute:
            return self.module_of(node.value)
        if type(node) is nodes.Name and node.id in self.imported and node.id not in self.env:
            return self.imported[node.id][0]
        return None

    def call(self, node: nodes.Call) -> Value:
        around, self.place = self.place, (node.start, node.end)
        found = self.called_here(node)
        self.place = around
        return found

    def called_here(self, node: nodes.Call) -> Value:
        function = node.function
        if type(function) is nodes.Attribute:
            module = self.module_of(function.value)
            return self.method(node, function) if module is None else self.library(node, module, function.name)
        if type(function) is nodes.Name:
            name = function.id
            if self.owner(name) is None and name not in self.env:
                return self.builtin(node, name)
            if name in self.imported and name not in self.env:
                module, original = self.imported[name]
                return self.library(node, module, original)
        return self.called_with(self.value(function), node, ())

    def values_of(self, node: nodes.Call) -> tuple[list[Value], dict[str, Value], Value]:
        """The values of positional arguments, of keywords, and of those that are spread and not known one by one."""
        values: list[Value] = []
        named: dict[str, Value] = {}
        rest = NOTHING
        for argument in node.arguments:
            if type(argument) is not nodes.Starred:
                values.append(self.value(argument))
                continue
            value = self.value(argument.value)
            if value.parts is not None and value.items is None and "dict" not in value.kinds:
                values.extend(value.parts)
            else:
                rest = join(rest, self.items(value))
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.name is not None:
                named[keyword.name] = value
            else:
                named.update(value.fields or {})
                rest = join(rest, join(value.items or NOTHING, of(value.uses)))
        return values, named, rest

    def called_with(self, function: Value, node: nodes.Call, before: tuple[Value, ...], *given: Any) -> Value:
        values, named, rest = self.values_of(node)
        found = derived(of(function.uses))
        if not function.functions:
            return self.foreign(values, named, rest)
        nodes_given = [*given, *(None if type(one) is nodes.Starred else one for one in node.arguments)]
        for one in function.functions:
            if type(one) is str:
                name = nodes.Name(node.function.start, node.function.end, one)
                found = join(found, self.builtin(nodes.Call(node.start, node.end, name, *node[3:]), one))
                continue
            found = join(found, self.run(one, [*before, *values], named, rest, nodes_given))
        return found

    def foreign(self, values: Sequence[Value], named: dict[str, Value], rest: Value) -> Value:
        """A call of what the program does not define: it may call the functions that it is given."""
        everything = [*values, *named.values(), rest]
        data = derived(*everything)
        for value in everything:
            for function in value.functions:
                if type(function) in (nodes.FunctionDefinition, nodes.Lambda, tuple):
                    data = join(data, derived(self.run(function, (), {}, data, ())))
        return data

    def ask(self, node: nodes.Call) -> Value:
        _, named, _ = self.values_of(node)
        choices = named.get("choices")
        for keyword in node.keywords:
            if keyword.name == "tools":
                self.offered(keyword.value, named["tools"], MODEL)
        origin = self.origin(MODEL, node)
        self.raised.add(origin)
        if choices is not None and "choices" in named:
            return derived(choices)
        wanted = self.shapes.get(id(node))
        return of((origin,)) if wanted is None else _answer(wanted.shape, origin)

    def library(self, node: nodes.Call, module: str, name: str) -> Value:
        """A call of a function of a module."""
        values, named, rest = self.values_of(node)
        first = values[0] if values else named.get("pattern", NOTHING)
        if module == "re":
            if name in PATTERNS:
                self.refuse("the pattern", node.arguments[0] if node.arguments else node, first, "escaped")
            if name == "escape":
                return of(origin.root.escaped for origin in labels(first))
            if name == "compile":
                return NOTHING
            return derived(*values[1:], *named.values(), rest)
        if module == "copy" or (module == "random" and name == "sample"):
            return first
        if module == "random" and name == "choice":
            return self.items(first)
        if module == "collections" and name in ("defaultdict", "OrderedDict", "Counter"):
            given = (
                first if "dict" in first.kinds else values[1] if name == "defaultdict" and len(values) > 1 else NOTHING
            )
            keys = derived(first) if name == "Counter" else NOTHING
            return join(given, Value(parts=(keys,) if keys.uses else None, fields={}, kinds=_DICT))
        if module == "operator" and len(values) == 2 and name in ("getitem", "attrgetter"):
            return self.at_key(first, None)
        result = self.foreign(values, named, rest)
        return NOTHING if module in NUMERIC_MODULES else result

    def builtin(self, node: nodes.Call, name: str) -> Value:
        written = _BUILTINS.get(name)
        if written is not None:
            return written(self, node)
        values, named, rest = self.values_of(node)
        first = values[0] if values else NOTHING
        if name in NUMBERS:
            if name in ("int", "float"):
                self.raised |= {origin.root for origin in labels(first)}
            return A_NUMBER
        for function in named.get("key", NOTHING).functions:
            self.applied(function, [self.items(first)])
        if name in SAME_ITEMS:
            return Value(derived(of(first.uses)).uses, self.items(first), kinds=A_LIST.kinds)
        if name in ("str", "format") and len(values) == 1:
            return spliced((self.text_of(first),))
        if name == "enumerate":
            return Value(items=Value(parts=(A_NUMBER, self.items(first))))
        if name == "zip":
            return Value(items=Value(parts=tuple(self.items(value) for value in values)))
        if name in ("min", "max", "next") and values:
            found = self.items(first) if len(values) == 1 or name == "next" else first
            for value in values[1:]:
                found = join(found, value)
            return found
        if name in ("map", "filter", "parallel_map") and len(values) > 1:
            given = [self.items(value) for value in values[1:]]
            results = NOTHING if first.functions else derived(*given)
            for function in first.functions:
                results = join(results, self.applied(function, given))
            return Value(items=given[0] if name == "filter" else results, kinds=A_LIST.kinds)
        if name == "parallel":
            return Value(parts=tuple(self.result_of(value) for value in values), kinds=A_LIST.kinds)
        if name == "dict":
            fields = {**(first.fields or {}), **named}
            return Value(first.uses | rest.uses, first.items, None, fields, kinds=_DICT)
        return self.foreign(values, named, rest)

    def typed(self, node: nodes.Call) -> Value:
        self.values_of(node)
        return of((self.origin(TYPED, node),))

    def checked(self, node: nodes.Call) -> Value:
        values, _, _ = self.values_of(node)
        for function in values[1].functions if len(values) > 1 else ():
            self.applied(function, values[:1])
        return NOTHING

    def api_call(self, node: nodes.Call) -> Value:
        what = "the host of the URL"
        self.refuse_keys(node, [(key, what, "tail") for key in ("url", "endpoint", "base_url")])
        origin = self.origin(RESPONSE, node)
        self.raised.add(origin)
        data = of((origin,))
        return Value(fields={"status": A_NUMBER, "ok": A_NUMBER, "data": data, "headers": data}, kinds=_DICT)

    def database_operation(self, node: nodes.Call) -> Value:
        value = self.refuse_keys(node, _DATABASE)
        argument = node.arguments[0] if node.arguments else node
        statements = _value_at(argument, "statements")
        listed = statements.items if type(statements) is nodes.ListDisplay else None
        parts = self.at_key(value, "statements")
        for at, part in enumerate(parts.parts or ((parts.items,) if parts.items is not None else ())):
            place = listed[at] if listed is not None and len(listed) == len(parts.parts or ()) else argument
            for key, what, _ in _DATABASE[:2]:
                self.refuse(what, _value_at(place, key) or place, self.at_key(part, key))
        return NOTHING

    def file_operation(self, node: nodes.Call) -> Value:
        path = "the path of a file"
        value = self.refuse_keys(node, (("path", path, ""), ("to", path, "")))
        operation = self.at_key(value, "operation").constants
        if operation is not None and operation != ("read",):
            return Value(fields={}, kinds=_DICT)
        return Value(fields={"content": of((self.origin(FILE, node),))}, kinds=_DICT)

    def notification(self, node: nodes.Call) -> Value:
        self.refuse_keys(
            node,
            (
                ("url", "the host of the URL", "tail"),
                ("template", "the template", ""),
                ("recipient", "the recipient", ""),
            ),
        )
        return NOTHING

    def evaluate_expression(self, node: nodes.Call) -> Value:
        values, named, rest = self.values_of(node)
        if values:
            self.refuse("the expression", node.arguments[0], values[0])
        return derived(*values, *named.values(), rest)

    def attribute_by_name(self, node: nodes.Call) -> Value:
        values, _, _ = self.values_of(node)
        if len(values) < 2 or len(node.arguments) < 2:
            return NOTHING
        self.refuse("the name of the attribute", node.arguments[1], values[1])
        name = values[1].constants
        if len(values) > 2 and name and node.function.id == "setattr":  # type: ignore[attr-defined]
            target = nodes.Attribute(node.arguments[0].start, node.arguments[0].end, node.arguments[0], name[0])
            self.store_attribute(target, values[2])
        found = self.attribute_of(values[0], name[0]) if name else derived(values[0])
        return join(found, values[2]) if len(values) > 2 else found

    def program_function(self, node: nodes.Call) -> Value:
        values, _, _ = self.values_of(node)
        kind = node.function.id.rpartition("_")[2]  # type: ignore[attr-defined]
        if values:
            self.refuse(f"the name of the {kind}", node.arguments[0], values[0])
        return NOTHING

    def create_workflow_definition(self, node: nodes.Call) -> Value:
        values, _, _ = self.values_of(node)
        for argument, value in zip(node.arguments, values, strict=False):
            self.refuse_steps(argument, argument, value)
        return values[0] if values else NOTHING

    def refuse_steps(self, place: Any, written: Any, value: Value, depth: int = 0) -> None:
        """Look at the parts of a definition that steer it; `written` is its expression, where it stands in the call."""
        if depth > 2 * DEEPEST:
            return
        if depth == 0:
            self.refuse(_DEFINITION, place, of(value.uses), allowed=MAY_DEFINE)
        for key, part in (value.fields or {}).items():
            inner = _value_at(written, key)
            here = inner or place
            if key in STEP_LISTS:
                self.refuse(_DEFINITION, here, of(part.uses | (part.items or NOTHING).uses), allowed=MAY_DEFINE)
            if key in STEP_KEYS and part.fields is None:
                self.refuse(f"the {key} of a step", here, part)
            elif key in STEP_URLS:
                self.refuse(f"the {key} of a step", here, part, "tail")
            else:
                self.refuse_steps(here, inner, part, depth + 1)
        listed = written.items if type(written) is nodes.ListDisplay else ()
        for at, part in enumerate(value.parts or ()):
            inner = listed[at] if len(listed) == len(value.parts or ()) else None
            self.refuse_steps(inner or place, inner, part, depth + 1)
        if value.items is not None:
            self.refuse_steps(place, None, value.items, depth + 1)

    def create_resource(self, node: nodes.Call) -> Value:
        self.values_of(node)
        for keyword in node.keywords:
            if keyword.name == "base_url":
                self.refuse("the host of the URL", keyword.value, self.value(keyword.value), "tail")
            elif keyword.name == "path":
                self.refuse("the path of a file", keyword.value, self.value(keyword.value))
        return NOTHING

    def use(self, node: nodes.Call) -> Value:
        """A server of tools: what it gives comes from outside."""
        for keyword in node.keywords:
            if keyword.name == "url":
                self.refuse("the host of the URL", keyword.value, self.value(keyword.value), "tail")
            elif keyword.name == "command":
                value = self.value(keyword.value)
                self.refuse("the command of a program", keyword.value, join(derived(value), self.items(value)))
        self.values_of(node)
        return of((self.origin(RESPONSE, node),))

    # Methods

    def method(self, node: nodes.Call, function: nodes.Attribute) -> Value:
        name = function.name
        receiver = self.value(function.value)
        owner = self.own_class(function.value)
        if owner is not None:
            receiver = join(receiver, Value(functions=frozenset((owner,))))
        classes = [one for one in receiver.functions if _is_class(one)]
        found = [method for one in classes for method in self.methods_of(one, name)]
        if not found and not classes and receiver.empty and not receiver.kinds:
            found = self.methods.get(name, [])
        if not found:
            found = [
                each
                for each in self.methods.get(name, ())
                if type(each) is nodes.FunctionDefinition and each.kind == "receiver"
            ]
        if found:
            return self.called_with(Value(functions=frozenset(found)), node, (receiver,), None)
        held = self.attribute_of(receiver, name) if receiver.functions or receiver.fields else NOTHING
        if held.functions:
            return self.called_with(held, node, ())
        visible = self.functions.get((id(self.owner(name)), name), ()) if self.owner(name) is not None else ()
        if visible:
            return self.called_with(Value(functions=frozenset(visible)), node, (receiver,), function.value)
        return self.method_of_library(node, name, receiver, function)

    def method_of_library(self, node: nodes.Call, name: str, receiver: Value, function: nodes.Attribute) -> Value:
        if name == "reason":
            return self.ask(node)
        values, named, rest = self.values_of(node)
        first = values[0] if values else NOTHING
        if name in ASKING:
            return of((self.origin(MODEL, node),))
        if name in KEEPING:
            self.give(("memory",), "", derived(*values, *named.values(), rest))
            return NOTHING
        if name in RECALLING and not (receiver.uses or receiver.kinds):
            kept = self.merged.get((("memory",), ""), NOTHING)
            default = derived(*values[1:])
            return join(kept if self.keeps else of((self.origin(MEMORY, node),)), default)
        if name == "register_workflow":
            for argument, value in zip(node.arguments, values, strict=False):
                self.refuse_steps(argument, argument, value)
            return NOTHING
        if name in FACTS_OF_TEXT:
            return A_NUMBER
        if name == "call" and receiver.uses:  # a tool of a server
            self.raised |= {origin.root for origin in labels(receiver)}
            if node.arguments:
                self.refuse("the name of the tool", node.arguments[0], first)
        if name in ("append", "add", "insert", "extend", "update", "appendleft"):
            self.add(name, function.value, receiver, values, named)
            return NOTHING
        if name in ("get", "pop", "setdefault"):
            key = node.arguments[0].value if node.arguments and type(node.arguments[0]) is nodes.Constant else None
            found = self.at_key(receiver, key)
            if name == "setdefault" and len(values) > 1:
                self.grow(function.value, Value(items=values[1], kinds=receiver.kinds))
            return join(found, values[1]) if len(values) > 1 else found
        if name in ("items", "values", "keys") and not values:
            held = NOTHING
            for part in (receiver.items, *(receiver.fields or {}).values()):
                held = join(held, part) if part is not None else held
            whole = derived(of(receiver.uses))
            keys = join(whole, derived(*(receiver.parts or ())))
            held = join(held, whole)
            return Value(items={"keys": keys, "values": held}.get(name, Value(parts=(keys, held))))
        if name == "copy":
            return receiver
        if name == "join" and values:
            return self.joined(receiver, first)
        if name in ("format", "format_map"):
            self.refuse("the template", function.value, receiver)
            known = receiver.constants
            given = derived(*values, *named.values(), rest)
            if known is not None and len(known) == 1:
                return spliced((_text(known[0].partition("{")[0]), given, A_TEXT))
            return join(derived(receiver), given)
        if name in EDGES and not values:
            return Value(receiver.uses, kinds=receiver.kinds)
        if name in ("split", "rsplit", "splitlines", "partition", "rpartition"):
            return Value(items=derived(receiver))
        return join(derived(receiver), self.foreign(values, named, rest))

    def joined(self, receiver: Value, items: Value) -> Value:
        """`receiver.join(items)`"""
        if items.parts is None or items.items is not None:
            return derived(receiver, items)
        parts: list[Value] = []
        for part in items.parts:
            parts.extend((receiver, part) if parts else (part,))
        return spliced(parts)

    def add(self, name: str, target: Any, receiver: Value, values: list[Value], named: dict[str, Value]) -> None:
        """`target.append(value)` and what does the like."""
        added = values[-1] if values else NOTHING
        if name == "update":
            fields = {**(added.fields or {}), **named}
            grown = Value(derived(of(added.uses)).uses, added.items, None, fields or None, kinds=receiver.kinds)
        elif name == "extend":
            grown = Value(items=self.items(added), kinds=receiver.kinds)
        else:
            grown = Value(items=added, kinds=receiver.kinds)
        if labels(grown) or grown.items is not None or grown.fields:
            self.grow(target, grown)


_DEFINITION = "the definition of a workflow"
_DICT = frozenset(("dict",))
_DATABASE = (
    ("sql", "the SQL text", ""),
    ("table", "the name of the table", ""),
    ("database", "the name of the database", ""),
)


def derived_text(value: Value) -> Value:
    """What a value gives where it is put into a text."""
    return of(labels(value))


def _kind(value: Value, depth: int = 0) -> Any:
    """What tells a value from others as an argument: unlike its signature, what it holds of constants too."""
    if depth > DEEPEST:
        return None
    return (
        value.uses,
        value.functions,
        value.kinds,
        value.constants,
        value.items and _kind(value.items, depth + 1),
        tuple(_kind(part, depth + 1) for part in value.parts or ()),
        tuple((key, _kind(part, depth + 1)) for key, part in sorted((value.fields or {}).items())),
    )


def _text(text: str) -> Value:
    return Value(kinds=A_TEXT.kinds, constants=(text,))


def _is_class(function: Any) -> bool:
    """Whether this, among functions, stands for the instances of a class."""
    return type(function) is not nodes.ClassDefinition and getattr(function, "kind", None) == "class"


def _is_literal(node: Any) -> bool:
    """Whether a pattern fits only what the program states."""
    if type(node) is nodes.OrPattern:
        return all(_is_literal(part) for part in node.alternatives)
    return type(node) is nodes.ValuePattern


def _value_at(node: Any, key: str) -> Any:
    """The expression of a value in a dict that is written out, or None."""
    if type(node) is nodes.DictDisplay:
        for name, value in zip(node.keys, node.values, strict=True):
            if type(name) is nodes.Constant and name.value == key:
                return value
    if type(node) is nodes.Call and type(node.function) is nodes.Name and node.function.id == "dict":
        for keyword in node.keywords:
            if keyword.name == key:
                return keyword.value
    return None


def _answer(shape: Shape, origin: Origin) -> Value:
    """An answer of a shape: what it may hold that the program does not state."""
    kind = type(shape)
    if kind in (Number, Boolean, Literal):
        return A_NUMBER
    if kind is String and shape.choices:  # type: ignore[attr-defined]
        return A_TEXT
    if kind is List:
        return Value(items=_answer(shape.item, origin))  # type: ignore[attr-defined]
    if kind is Either:
        found = NOTHING
        for member in shape.members:  # type: ignore[attr-defined]
            found = join(found, _answer(member, origin))
        return found
    if kind is Object and shape.rest is None:  # type: ignore[attr-defined]
        return Value(
            fields={key: _answer(part, origin) for key, part in shape.fields.items()},  # type: ignore[attr-defined]
            kinds=_DICT,
        )
    return of((origin,))


_BUILTINS: dict[str, Callable[[_Flow, nodes.Call], Value]] = {
    "reason": _Flow.ask,
    "input": _Flow.typed,
    "checked": _Flow.checked,
    "api_call": _Flow.api_call,
    "database_operation": _Flow.database_operation,
    "file_operation": _Flow.file_operation,
    "notification": _Flow.notification,
    "evaluate_expression": _Flow.evaluate_expression,
    "getattr": _Flow.attribute_by_name,
    "setattr": _Flow.attribute_by_name,
    "hasattr": _Flow.attribute_by_name,
    "delattr": _Flow.attribute_by_name,
    "program_function": _Flow.program_function,
    "program_variable": _Flow.program_function,
    "create_workflow_definition": _Flow.create_workflow_definition,
    "create_llm_resource": _Flow.create_resource,
    "use": _Flow.use,
    "create_memory_resource": _Flow.create_resource,
}
