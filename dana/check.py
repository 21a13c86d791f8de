"""Findings about a program that runs: names that nobody defines, calls that cannot fit, code that does nothing.

The survey goes over the tree once and notes for each variable where it is bound and where it is read; a
variable is a name in the scope that binds it. What a single statement or expression shows is found on the
way; what needs the whole program is found afterwards. Everything here is certain or left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dana import nodes
from dana.agents import SETTINGS
from dana.answers import Mismatch
from dana.errors import Diagnostic, nearest
from dana.evidence import UnknownType, stated
from dana.inference import Wanted, infer, written_types
from dana.resolver import Resolution, Scope
from dana.source import Source
from dana.taint import untrusted


def check(
    module: nodes.Module,
    source: Source,
    resolution: Resolution,
    *,
    known: Callable[[str], bool],
    suggestions: Iterable[str] = (),
    strict: bool = False,
    taint: bool = False,
    wanted: dict[int, Wanted] | None = None,
) -> list[Diagnostic]:
    """What is wrong, or looks wrong, with a program that the resolver accepts, in the order of the text.

    `known` tells whether a name that the program does not bind means something nevertheless; `suggestions`
    are such names, for what somebody may have meant. With `strict`, a name that is found only in a calling
    function is an error instead of a warning, and untrusted data must not decide what the program does. With
    `taint` that is a warning. `wanted` is what `infer` gives for the program, where somebody has asked it already.
    """
    survey = _Survey(module, source, resolution)
    survey.all()
    findings = survey.findings
    _Names(survey, known, suggestions, strict).all()
    _unused(survey)
    _Calls(survey).all()
    _answers(module, survey, wanted)
    if strict or taint:
        findings.extend(untrusted(module, resolution, source, "error" if strict else "warning"))
    findings.sort(key=lambda finding: (finding.start, finding.end, finding.code))
    return findings


def owner_of(scope: Scope, name: str, top: Scope) -> Scope | None:
    """The scope that binds what a name means in another one; None where nothing below `top`, the module, does."""
    at: Scope | None = scope
    while at is not None:
        if name in at.globals:
            return top if name in top.bound else None
        if name in at.bound and name not in at.nonlocals and (at.kind != "class" or at is scope):
            return at
        at = at.parent
    return None


def place_of(name: str, node: nodes.Node, text: str) -> tuple[int, int]:
    """Where a definition, an import or a parameter has its name; the first line of the node as a last resort."""
    start = node.start
    if isinstance(node, (nodes.FunctionDefinition, nodes.ClassDefinition)) and node.decorators:
        start = node.decorators[-1].end
    at = text.find(name, start, node.end)
    while at >= 0:
        after = at + len(name)
        if not _in_word(text[at - 1 : at]) and not _in_word(text[after : after + 1]):
            return at, after
        at = text.find(name, at + 1, node.end)
    line = text.find("\n", node.start, node.end)
    return node.start, node.end if line < 0 else line


Variable = tuple[Scope, str]

_COMPREHENSIONS = (
    nodes.ListComprehension,
    nodes.SetComprehension,
    nodes.DictComprehension,
    nodes.GeneratorExpression,
)


TYPE_FORMS = frozenset("Any Dict Iterable List Literal Mapping Optional Sequence Union".split())
"""Names that annotations may use without defining them: annotations are read, not evaluated."""


class _Survey:
    """Where a program binds, reads and calls what."""

    def __init__(self, module: nodes.Module, source: Source, resolution: Resolution) -> None:
        self.source = source
        self.resolution = resolution
        self.top = resolution.scopes[id(module)]
        self.findings: list[Diagnostic] = []
        self.bindings: dict[Variable, list[tuple[str, nodes.Node]]] = defaultdict(list)
        """How and where each variable is bound: "assign" (alone, to a value without effects), "function", "class",
        "import" (neither to try it nor to pass it on), "parameter" or "other"."""
        self.reads: dict[Variable, list[tuple[Scope, nodes.Name]]] = defaultdict(list)
        """Where each variable is read by name, and in which scope."""
        self.used_otherwise: set[Variable] = set()
        """Variables that a call like `x.name()` may mean, or that an inner function assigns."""
        self.unbound: dict[str, list[tuple[Scope, nodes.Name]]] = defaultdict(list)
        """The reads of names that the program binds nowhere around them, and where they stand."""
        self.calls: list[tuple[Scope, nodes.Call]] = []
        self.attributes: list[tuple[Scope, nodes.Attribute]] = []
        self.stored_attributes: set[str] = set()
        self._stored: set[int] = set()
        self._probes: set[int] = set()
        """Imports that only try whether a module is there."""
        self._scope = self.top

    def report(
        self, code: str, message: str, start: int, end: int, *, severity: str = "warning", hint: str | None = None,
        notes: tuple[tuple[str, int, int], ...] = (),
    ) -> None:  # fmt: skip
        self.findings.append(
            Diagnostic(code, message, self.source, start, end, severity=severity, hint=hint, notes=notes)
        )

    def owner_of(self, scope: Scope, name: str) -> Scope | None:
        """The scope that binds what a name means in another one; None where the program does not bind it."""
        return owner_of(scope, name, self.top)

    def place_of(self, name: str, node: nodes.Node) -> tuple[int, int]:
        """Where a definition, an import or a parameter has its name; the first line of the node as a last resort."""
        return place_of(name, node, self.source.text)

    def all(self) -> None:
        for scope in self.resolution.scopes.values():
            self._scope = scope
            self.visit(scope)
        for annotation, scope in self.resolution.annotations:
            self._scope = scope
            for node in annotation.walk():
                if isinstance(node, nodes.Name) and not self.is_type_form(node.id, scope):
                    self.name(node)
        for scope in self.resolution.scopes.values():
            for name in (*scope.calls, *scope.nonlocals):
                owner = self.owner_of(scope, name)
                if owner is not None:
                    self.used_otherwise.add((owner, name))

    def is_type_form(self, name: str, scope: Scope) -> bool:
        """Whether a name in an annotation is one of those that only types are written with."""
        return name in TYPE_FORMS and self.owner_of(scope, name) is None

    def visit(self, scope: Scope) -> None:
        """Everything that is evaluated in a scope itself."""
        node: Any = scope.node
        if isinstance(node, (nodes.FunctionDefinition, nodes.Lambda)):
            for parameter in node.parameters.all():
                self.bindings[scope, parameter.name].append(("parameter", parameter))
        stack: list[nodes.Node] = []
        if isinstance(node, _COMPREHENSIONS):
            for clause in node.clauses:
                self.store(clause.target)
                stack += (clause.target, *clause.conditions)
                if clause is not node.clauses[0]:
                    stack.append(clause.iterable)
            stack += [part for part in node[2:-1] if isinstance(part, nodes.Node)]
        elif isinstance(node, nodes.Lambda):
            stack.append(node.body)
        else:
            self.block(node.body)
            stack += node.body
        stack.reverse()
        while stack:
            node = stack.pop()
            visitor = _VISITORS.get(type(node))
            if visitor is not None:
                visitor(self, node)
            inner = _evaluated_here(node)
            inner.reverse()
            stack += inner

    def bind(self, name: str, kind: str, node: nodes.Node) -> None:
        scope = self._scope
        while scope.kind in ("comprehension", "generator") and scope.parent is not None and name not in scope.bound:
            scope = scope.parent
        owner = self.owner_of(scope, name)
        if owner is not None:
            self.bindings[owner, name].append((kind, node))

    def store(self, target: nodes.Node, kind: str = "other") -> None:
        """Note what a target binds; `kind` holds for a name that is the whole target."""
        if isinstance(target, nodes.Name):
            self._stored.add(id(target))
            self.bind(target.id, kind, target)
        elif isinstance(target, nodes.Starred):
            self.store(target.value)
        elif isinstance(target, (nodes.TupleDisplay, nodes.ListDisplay)):
            for item in target.items:
                self.store(item)
        elif isinstance(target, nodes.Attribute):
            self.stored_attributes.add(target.name)

    # What each kind of node shows

    def name(self, node: nodes.Name) -> None:
        if id(node) in self._stored:
            return
        owner = self.owner_of(self._scope, node.id)
        if owner is None:
            self.unbound[node.id].append((self._scope, node))
        else:
            self.reads[owner, node.id].append((self._scope, node))

    def attribute(self, node: nodes.Attribute) -> None:
        self.attributes.append((self._scope, node))

    def call(self, node: nodes.Call) -> None:
        self.calls.append((self._scope, node))

    def assignment(self, node: nodes.Assignment) -> None:
        for target in node.targets:
            self.store(target, "other" if _acts(node.value) else "assign")

    def annotated_assignment(self, node: nodes.AnnotatedAssignment) -> None:
        self.store(node.target, "other" if node.value is None or _acts(node.value) else "assign")

    def augmented_assignment(self, node: nodes.AugmentedAssignment) -> None:
        self.store(node.target)

    def named_expression(self, node: nodes.NamedExpression) -> None:
        self.store(node.target)

    def delete(self, node: nodes.Delete) -> None:
        for target in node.targets:
            self.store(target)
            if isinstance(target, nodes.Name):
                owner = self.owner_of(self._scope, target.id)
                if owner is not None:
                    self.used_otherwise.add((owner, target.id))

    def import_(self, node: nodes.Import) -> None:
        for alias in node.names:
            self.bind_import(alias.bound or alias.name.partition(".")[0], alias)

    def import_from(self, node: nodes.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self.bind_import(alias.bound or alias.name, alias)

    def bind_import(self, name: str, alias: nodes.Alias) -> None:
        self.bind(name, "other" if id(alias) in self._probes or alias.bound == alias.name else "import", alias)

    def function_definition(self, node: nodes.FunctionDefinition) -> None:
        self.bind(node.name, "function", node)
        self.defaults(node)

    def class_definition(self, node: nodes.ClassDefinition) -> None:
        self.bind(node.name, "class", node)

    def defaults(self, node: nodes.FunctionDefinition | nodes.Lambda) -> None:
        for parameter in node.parameters.all():
            default = parameter.default
            if isinstance(default, (nodes.ListDisplay, nodes.DictDisplay, nodes.SetDisplay)):
                shown = {nodes.ListDisplay: "list", nodes.DictDisplay: "dict", nodes.SetDisplay: "set"}[type(default)]
                self.report(
                    "mutable-default",
                    f"the default of {parameter.name} is one {shown} that all calls share",
                    default.start,
                    default.end,
                    hint=f"write {parameter.name}=None, and make the {shown} in the body",
                )

    def if_(self, node: nodes.If | nodes.While) -> None:
        self.block(node.body)
        self.block(node.otherwise)
        if isinstance(node.test, nodes.Constant):
            if not node.test.value:
                self.unreachable(node.body, "the condition is never true", node.test)
            elif node.otherwise:
                self.unreachable(node.otherwise, "the condition is always true", node.test)

    def for_(self, node: nodes.For) -> None:
        self.store(node.target)
        self.block(node.body)
        self.block(node.otherwise)

    def try_(self, node: nodes.Try) -> None:
        self.block(node.body)
        self.block(node.otherwise)
        self.block(node.final)
        if node.handlers:
            self._probes.update(id(part) for part in _inside(node.body) if isinstance(part, nodes.Alias))
        for handler in node.handlers:
            if handler.name is not None:
                self.bind(handler.name, "other", handler)
            self.block(handler.body)
        for statement in _inside(node.final):
            if isinstance(statement, nodes.Return):
                self.report(
                    "return-in-finally",
                    "'return' in finally drops an exception that is on its way",
                    statement.start,
                    statement.end,
                    hint="return after the try statement",
                )

    def with_(self, node: nodes.With) -> None:
        for item in node.items:
            if item.target is not None:
                self.store(item.target)
        self.block(node.body)

    def match_case(self, node: nodes.MatchCase) -> None:
        self.block(node.body)

    def capture(self, node: Any) -> None:
        name = node.rest if isinstance(node, nodes.MappingPattern) else node.name
        if name is not None:
            self.bind(name, "other", node)

    def assert_(self, node: nodes.Assert) -> None:
        if isinstance(node.test, nodes.TupleDisplay) and node.test.items:
            self.report(
                "assert-tuple",
                "a tuple that is not empty is always true",
                node.test.start,
                node.test.end,
                hint="write assert condition, message without parentheses around both",
            )

    def dict_display(self, node: nodes.DictDisplay) -> None:
        seen: dict[Any, nodes.Node] = {}
        for key in node.keys:
            if not isinstance(key, nodes.Constant):
                continue
            first = seen.setdefault(key.value, key)
            if first is not key:
                self.report(
                    "duplicate-key",
                    f"the key {self.source.text[key.start : key.end]} is repeated; the last value counts",
                    key.start,
                    key.end,
                    notes=(("first here", first.start, first.end),),
                )

    def comparison(self, node: nodes.Comparison) -> None:
        left = node.first
        for operator, right in zip(node.operators, node.others, strict=True):
            literal = (_is_literal(left) or _is_literal(right)) and not (_is_single(left) or _is_single(right))
            if literal and operator in ("is", "is not"):
                self.report(
                    "is-literal",
                    f"'{operator}' with a literal compares identity, not value",
                    left.start,
                    right.end,
                    hint="use ==" if operator == "is" else "use !=",
                )
            if operator not in ("!=", "in", "not in") and not isinstance(left, nodes.Constant) and _same(left, right):
                self.report("self-comparison", "compares a value with itself", left.start, right.end)
            left = right

    # Statements in a row

    def block(self, body: Sequence[nodes.Statement]) -> None:
        for at, statement in enumerate(body[:-1], 1):
            if _ends(statement):
                if not _is_mark(body[at]):
                    self.unreachable(body[at:], _reason(statement), statement)
                break
        definitions: dict[str, nodes.Node] = {}
        for statement in body:
            if not isinstance(statement, (nodes.FunctionDefinition, nodes.ClassDefinition)):
                continue
            if statement.decorators or statement.name == "_":
                definitions.pop(statement.name, None)
                continue
            before = definitions.get(statement.name)
            definitions[statement.name] = statement
            if before is not None and not self.mentions(statement.name, body, before.end, statement.start):
                self.report(
                    "duplicate-definition",
                    f"{statement.name} is defined again before it is used",
                    *self.place_of(statement.name, statement),
                    notes=(("first here", *self.place_of(statement.name, before)),),
                )

    def mentions(self, name: str, body: Sequence[nodes.Statement], start: int, end: int) -> bool:
        """Whether a name is used, or bound otherwise, between two places of a block."""
        parts: list[nodes.Node] = []
        for statement in body:
            if start <= statement.start < end:
                parts.append(statement)
            elif statement.start == end:
                parts += _evaluated_here(statement)
        return any(
            (isinstance(node, nodes.Name) and node.id == name)
            or (isinstance(node, nodes.Attribute) and node.name == name)
            for part in parts
            for node in part.walk()
        )

    def unreachable(self, body: Sequence[nodes.Statement], reason: str, cause: nodes.Node) -> None:
        text = self.source.text
        line = text.find("\n", body[0].start, body[-1].end)
        end = body[-1].end if line < 0 else line
        note = (reason, cause.start, min(cause.end, cause.start + len(text[cause.start :].partition("\n")[0])))
        self.report("unreachable-code", "this is never reached", body[0].start, end, notes=(note,))


_VISITORS: dict[type[nodes.Node], Callable[[_Survey, Any], None]] = {
    nodes.AnnotatedAssignment: _Survey.annotated_assignment,
    nodes.AsPattern: _Survey.capture,
    nodes.Assert: _Survey.assert_,
    nodes.Assignment: _Survey.assignment,
    nodes.Attribute: _Survey.attribute,
    nodes.AugmentedAssignment: _Survey.augmented_assignment,
    nodes.Call: _Survey.call,
    nodes.CapturePattern: _Survey.capture,
    nodes.ClassDefinition: _Survey.class_definition,
    nodes.Comparison: _Survey.comparison,
    nodes.Delete: _Survey.delete,
    nodes.DictDisplay: _Survey.dict_display,
    nodes.For: _Survey.for_,
    nodes.FunctionDefinition: _Survey.function_definition,
    nodes.If: _Survey.if_,
    nodes.Import: _Survey.import_,
    nodes.ImportFrom: _Survey.import_from,
    nodes.Lambda: _Survey.defaults,
    nodes.MappingPattern: _Survey.capture,
    nodes.MatchCase: _Survey.match_case,
    nodes.Name: _Survey.name,
    nodes.NamedExpression: _Survey.named_expression,
    nodes.StarPattern: _Survey.capture,
    nodes.Try: _Survey.try_,
    nodes.While: _Survey.if_,
    nodes.With: _Survey.with_,
}


def _evaluated_here(node: nodes.Node) -> list[nodes.Node]:
    """The parts of a node that belong to the scope in which it stands; annotations belong to none."""
    if isinstance(node, (nodes.FunctionDefinition, nodes.Lambda)):
        decorators = node.decorators if isinstance(node, nodes.FunctionDefinition) else ()
        defaults = [parameter.default for parameter in node.parameters.all() if parameter.default is not None]
        return [*decorators, *defaults]
    if isinstance(node, nodes.ClassDefinition):
        return [*node.decorators, *node.bases, *node.keywords]
    if isinstance(node, _COMPREHENSIONS):
        return [node.clauses[0].iterable]
    if isinstance(node, nodes.AnnotatedAssignment):
        return [part for part in (node.value, node.target) if part is not None]
    return list(node.children())


def _inside(body: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    """The nodes of a body that are executed with it: not those of functions and classes defined there."""
    pending = list(body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (nodes.FunctionDefinition, nodes.ClassDefinition, nodes.Lambda)):
            pending.extend(node.children())


def _acts(node: nodes.Node) -> bool:
    """Whether an expression may do more than give a value, so that it stays when nobody reads the value."""
    acts = (nodes.Call, nodes.Yield, nodes.YieldFrom, nodes.NamedExpression)
    return any(isinstance(part, acts) for part in _inside([node]))


def _in_word(character: str) -> bool:
    return character == "_" or character.isalnum()


def _is_literal(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Constant):
        return type(node.value) in (int, float, complex, str, bytes)
    return isinstance(node, (nodes.JoinedString, nodes.ListDisplay, nodes.DictDisplay, nodes.SetDisplay))


def _is_single(node: nodes.Node) -> bool:
    """None, True, False and ..., of which there is one each."""
    return isinstance(node, nodes.Constant) and (node.value is None or node.value is ... or type(node.value) is bool)


def _same(a: nodes.Node, b: nodes.Node) -> bool:
    """Whether two expressions read the same variable or the same part of it."""
    while True:
        if type(a) is not type(b):
            return False
        if isinstance(a, nodes.Name) and isinstance(b, nodes.Name):
            return a.id == b.id
        if isinstance(a, nodes.Constant) and isinstance(b, nodes.Constant):
            return type(a.value) is type(b.value) and a.value == b.value
        if isinstance(a, nodes.Attribute) and isinstance(b, nodes.Attribute):
            alike = a.name == b.name
        elif isinstance(a, nodes.Subscript) and isinstance(b, nodes.Subscript):
            alike = _same(a.key, b.key)
        else:
            return False
        if not alike:
            return False
        a, b = a.value, b.value


def _is_mark(statement: nodes.Statement) -> bool:
    """`pass`, and the `yield` that only makes a function a generator."""
    if isinstance(statement, nodes.ExpressionStatement):
        return isinstance(statement.value, (nodes.Yield, nodes.YieldFrom))
    return isinstance(statement, nodes.Pass)


def _reason(statement: nodes.Statement) -> str:
    if isinstance(statement, nodes.While):
        return "this loop ends only by an exception or a return"
    if isinstance(statement, (nodes.Return, nodes.Raise, nodes.Break, nodes.Continue)):
        return f"{type(statement).__name__.lower()} leaves here"
    return "every way through here leaves"


def _all_end(body: Sequence[nodes.Statement]) -> bool:
    return any(_ends(statement) for statement in body)


def _ends(statement: nodes.Statement) -> bool:
    """Whether what comes after a statement is certainly not reached from it."""
    while isinstance(statement, nodes.If):
        if not statement.otherwise or not _all_end(statement.body):
            return False
        if len(statement.otherwise) > 1:
            return _all_end(statement.otherwise)
        statement = statement.otherwise[0]
    if isinstance(statement, (nodes.Return, nodes.Raise, nodes.Break, nodes.Continue)):
        return True
    if isinstance(statement, nodes.While):
        return isinstance(statement.test, nodes.Constant) and bool(statement.test.value) and not _breaks(statement.body)
    if isinstance(statement, nodes.Try):
        if _all_end(statement.final):
            return True
        done = _all_end(statement.body) or _all_end(statement.otherwise)
        return done and all(_all_end(handler.body) for handler in statement.handlers)
    if isinstance(statement, nodes.Match):
        last = statement.cases[-1]
        complete = last.guard is None and isinstance(last.pattern, nodes.CapturePattern)
        return complete and all(_all_end(case.body) for case in statement.cases)
    return False


def _breaks(body: Iterable[nodes.Node]) -> bool:
    """Whether a body of a loop holds a `break` out of it."""
    pending = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, nodes.Break):
            return True
        if isinstance(node, (nodes.For, nodes.While)):
            pending.extend(node.otherwise)
        elif isinstance(node, (nodes.Statement, nodes.ExceptClause, nodes.MatchCase)) and not isinstance(
            node, (nodes.FunctionDefinition, nodes.ClassDefinition)
        ):
            pending.extend(node.children())
    return False


def _home(scope: Scope) -> Scope:
    """The function, or the module, whose code a scope is part of."""
    while scope.kind not in ("function", "module") and scope.parent is not None:
        scope = scope.parent
    return scope


def _shown(scope: Scope) -> str:
    """The name of a function with that of its class, but without the functions around it."""
    return scope.qualified_name.rpartition("<locals>.")[2]


class _Names:
    """Names that are bound nowhere around their use."""

    def __init__(self, survey: _Survey, known: Callable[[str], bool], suggestions: Iterable[str], strict: bool) -> None:
        self.survey = survey
        self.known = known
        self.suggestions = list(suggestions)
        self.strict = strict
        self._callers: dict[Scope, list[Scope]] | None = None

    def all(self) -> None:
        if self.survey.resolution.star_imports:
            return
        for name, uses in self.survey.unbound.items():
            if self.known(name) or name == "__class__" or name[0] == "$":  # the variables of a scope
                continue
            functions: dict[Scope, list[nodes.Name]] = defaultdict(list)
            for scope, node in uses:
                functions[_home(scope)].append(node)
            for scope, places in functions.items():
                places.sort(key=lambda place: place.start)
                owner = self.owning_caller(scope, name)
                if owner is None:
                    self.undefined(scope, places)
                else:
                    self.from_caller(scope, owner, places)

    def undefined(self, scope: Scope, places: list[nodes.Name]) -> None:
        first = places[0]
        like = nearest(first.id, [*self.visible(scope), *self.suggestions])
        self.survey.report(
            "undefined-name",
            f"{first.id} is not defined",
            first.start,
            first.end,
            severity="error",
            hint=like and f"did you mean {like}?",
            notes=self.others(places),
        )

    def from_caller(self, scope: Scope, owner: Scope, places: list[nodes.Name]) -> None:
        first = places[0]
        bound = owner.bound[first.id]
        name = scope.name
        self.survey.report(
            "name-from-caller",
            f"{first.id} is not defined in {_shown(scope)}; it is a variable of {_shown(owner)}, which calls it",
            first.start,
            first.end,
            severity="error" if self.strict else "warning",
            hint=f"pass it as an argument: give {name} a parameter {first.id}",
            notes=((f"{first.id} of {owner.name}", *self.survey.place_of(first.id, bound)), *self.others(places)),
        )

    def others(self, places: list[nodes.Name]) -> tuple[tuple[str, int, int], ...]:
        if len(places) == 1:
            return ()
        more = len(places) - 2
        text = "used here too" + (f", and {more} more time{'s' if more > 1 else ''}" if more else "")
        return ((text, places[1].start, places[1].end),)

    def visible(self, scope: Scope) -> Iterator[str]:
        at: Scope | None = scope
        while at is not None:
            if at is scope or at.kind != "class":
                yield from at.bound
            at = at.parent

    def owning_caller(self, scope: Scope, name: str) -> Scope | None:
        """The nearest function among those that call another, directly or not, that has a variable of this name."""
        if self._callers is None:
            self._callers = self.callers()
        seen = {scope}
        waiting = [scope]
        for called in waiting:
            for caller in self._callers.get(called, ()):
                if caller in seen:
                    continue
                if caller.kind == "function" and name in caller.bound:
                    return caller
                seen.add(caller)
                waiting.append(caller)
        return None

    def callers(self) -> dict[Scope, list[Scope]]:
        """For each function of the file, those that mention it."""
        survey = self.survey
        scopes = survey.resolution.scopes
        found: dict[Scope, list[Scope]] = defaultdict(list)
        by_name: dict[str, list[Scope]] = defaultdict(list)
        for scope in scopes.values():
            if scope.kind == "function":
                by_name[scope.name].append(scope)
        for (owner, name), reads in survey.reads.items():
            called: list[Scope] = []
            for kind, node in survey.bindings[owner, name]:
                if kind == "function":
                    called.append(scopes[id(node)])
                elif kind == "class":
                    inside = [scope for scope in by_name["__init__"] if scope.parent is scopes[id(node)]]
                    called += inside
            for function in called:
                found[function] += [_home(scope) for scope, _ in reads]
        for scope, attribute in survey.attributes:
            for function in by_name.get(attribute.name, ()):
                found[function].append(_home(scope))
        return found


def _unused(survey: _Survey) -> None:
    """Imports and plain variables of functions that nothing reads; a package passes its imports on."""
    is_package = survey.source.name.endswith("__init__.na")
    for (scope, name), bindings in survey.bindings.items():
        variable = scope, name
        if name.startswith("_") or variable in survey.reads or variable in survey.used_otherwise:
            continue
        if name in survey.unbound:  # a function that is called from here may mean this variable
            continue
        kinds = {kind for kind, _ in bindings}
        if kinds == {"import"} and scope.kind != "class" and not (is_package and scope is survey.top):
            for _, alias in bindings:
                survey.report("unused-import", f"{name} is imported and never used", *survey.place_of(name, alias))
        elif kinds == {"assign"} and scope.kind == "function":
            node = bindings[0][1]
            survey.report(
                "unused-variable",
                f"{name} is assigned and never read",
                node.start,
                node.end,
                hint=f"leave it out, or call it _{name} if that is meant",
            )


def _answers(module: nodes.Module, survey: _Survey, wanted: dict[int, Wanted] | None) -> None:
    """Types that the program states for a model's answer, and that no answer can have."""
    if not any("reason" in scope.uses or "reason" in scope.calls for scope in survey.resolution.scopes.values()):
        return
    wanted = infer(module, survey.resolution) if wanted is None else wanted
    for node in module.walk():
        found = wanted.get(id(node))
        if found is not None and found.problem is not None:
            survey.findings.append(
                Diagnostic("answer-type", found.problem, survey.source, node.start, node.end, hint=ANSWER_TYPES)
            )


ANSWER_TYPES = "an answer can be int, float, str, bool, None, list[...], dict[str, ...], choices of texts, and unions"


class _Calls:
    """Calls of functions of the file with arguments that cannot fit."""

    def __init__(self, survey: _Survey) -> None:
        self.survey = survey
        self.scopes = survey.resolution.scopes
        self.named = written_types(survey.resolution)

    def all(self) -> None:
        for scope, call in self.survey.calls:
            if any(isinstance(argument, nodes.Starred) for argument in call.arguments):
                continue
            if any(keyword.name is None for keyword in call.keywords):
                continue
            function = call.function
            if isinstance(function, nodes.Name):
                self.plain(scope, function, call)
            elif isinstance(function, nodes.Attribute) and isinstance(function.value, nodes.Name):
                self.method(scope, function, function.value, call)

    def plain(self, scope: Scope, function: nodes.Name, call: nodes.Call) -> None:
        definition = self.only_definition(scope, function.id)
        if isinstance(definition, nodes.FunctionDefinition):
            self.fit(definition, definition.name, call, 0)
        elif isinstance(definition, nodes.ClassDefinition) and definition.kind in (
            "struct",
            "resource",
            "agent_blueprint",
        ):
            self.struct(definition, call)
        elif isinstance(definition, nodes.ClassDefinition) and definition.kind == "class":
            known, initialise = self.find_method(definition, "__init__")
            if initialise is not None:
                self.fit(initialise, definition.name, call, 1)
            elif known and (call.arguments or call.keywords):
                first = (*call.arguments, *call.keywords)[0]
                last = (*call.arguments, *call.keywords)[-1]
                self.wrong(f"{definition.name}() takes no arguments", first.start, last.end, definition)

    def struct(self, definition: nodes.ClassDefinition, call: nodes.Call) -> None:
        """Report what keeps values from being the fields of a struct."""
        fields = definition.declared()
        made = tuple(
            nodes.Parameter(field.start, field.end, name, field.annotation, field.value)
            for name, field in fields.items()
        )
        at = definition.start
        parameters = nodes.Parameters(at, at, (), made, None, (), None)
        if definition.kind == "agent_blueprint":  # whose fields, and the settings of every agent, are given by name
            settings = [name for name in SETTINGS if name not in fields]
            none = nodes.Constant(at, at, None)
            more = tuple(nodes.Parameter(at, at, name, None, none) for name in settings)
            parameters = nodes.Parameters(at, at, (), (), None, (*made, *more), None)
        function = nodes.FunctionDefinition(at, definition.end, definition.name, parameters, None, (), "def", ())
        self.fit(function, definition.name, call, 0)
        given = list(zip(fields, call.arguments, strict=False))
        given += [(keyword.name, keyword.value) for keyword in call.keywords if keyword.name is not None]
        for name, value in given:
            if type(value) is not nodes.Constant or name not in fields:
                continue
            try:
                stated(fields[name].annotation, self.named).check(value.value, f"{definition.name}.{name}")
            except UnknownType:
                continue
            except Mismatch as mismatch:
                self.wrong(str(mismatch), value.start, value.end, definition)

    def method(self, scope: Scope, function: nodes.Attribute, value: nodes.Name, call: nodes.Call) -> None:
        """`self.name(...)` in a method of a class whose bases are all in the file."""
        home = _home(scope)
        around = home.parent
        if home.kind != "function" or around is None or around.kind != "class":
            return
        node, cls = home.node, around.node
        if not isinstance(node, nodes.FunctionDefinition) or not isinstance(cls, nodes.ClassDefinition):
            return
        first = (*node.parameters.positional_only, *node.parameters.positional)[:1]
        if node.decorators or not first or first[0].name != value.id:
            return
        if self.survey.owner_of(scope, value.id) is not home or len(self.survey.bindings[home, value.id]) != 1:
            return
        if function.name in self.survey.stored_attributes or self.overridden(cls, function.name):
            return
        if self.only_definition(around.parent or self.survey.top, cls.name) is not cls:
            return
        known, found = self.find_method(cls, function.name)
        if known and found is not None:
            self.fit(found, f"{value.id}.{found.name}", call, 1)

    def only_definition(self, scope: Scope, name: str) -> nodes.Node | None:
        """The definition of a function or class without decorators that a name certainly means."""
        owner = self.survey.owner_of(scope, name)
        if owner is None or self.survey.resolution.star_imports:
            return None
        bindings = self.survey.bindings[owner, name]
        if len(bindings) != 1:
            return None
        kind, node = bindings[0]
        if kind not in ("function", "class") or node.decorators:  # type: ignore[attr-defined]
            return None
        return node

    def find_method(self, cls: nodes.ClassDefinition, name: str) -> tuple[bool, nodes.FunctionDefinition | None]:
        """Whether all about a class is known, and the plain method of this name that its instances have."""
        scope = self.scopes[id(cls)]
        bindings = self.survey.bindings.get((scope, name), [])
        if bindings:
            node = bindings[0][1]
            plain = len(bindings) == 1 and any(node is statement for statement in cls.body)
            if not plain or not isinstance(node, nodes.FunctionDefinition) or node.decorators:
                return False, None
            return True, node
        if name in scope.bound or cls.keywords:
            return False, None
        known = True
        for base in cls.bases:
            if not isinstance(base, nodes.Name) or scope.parent is None:
                return False, None
            above = self.only_definition(scope.parent, base.id)
            if not isinstance(above, nodes.ClassDefinition) or above is cls:
                return False, None
            known, found = self.find_method(above, name)
            if not known or found is not None:
                return known, found
        return known, None

    def overridden(self, cls: nodes.ClassDefinition, name: str) -> bool:
        """Whether a class of the file that may derive from this one has a member of this name of its own."""
        return any(
            scope.kind == "class" and scope.node is not cls and name in scope.bound and scope.node.bases  # type: ignore[attr-defined]
            for scope in self.scopes.values()
        )

    def fit(self, definition: nodes.FunctionDefinition, label: str, call: nodes.Call, given: int) -> None:
        """Report what keeps a call from fitting; `given` positional arguments come from elsewhere (`self`)."""
        parameters = definition.parameters
        positional = (*parameters.positional_only, *parameters.positional)[given:]
        if given and not (parameters.positional_only or parameters.positional):
            return
        count = len(call.arguments)
        if count > len(positional) and parameters.variadic is None:
            extra = call.arguments[len(positional)]
            self.wrong(
                f"{label}() takes {_range(positional)}, got {count}", extra.start, call.arguments[-1].end, definition
            )
        filled = {parameter.name for parameter in positional[:count]}
        only = {parameter.name for parameter in parameters.positional_only}
        by_name = {parameter.name for parameter in positional if parameter.name not in only}
        by_name.update(parameter.name for parameter in parameters.keyword_only)
        hidden: set[str] = set()
        for keyword in call.keywords:
            name = keyword.name or ""
            start, end = keyword.start, keyword.start + len(name)
            if name in by_name:
                if name in filled:
                    self.wrong(f"{label}() gets {name} twice", start, end, definition)
                filled.add(name)
            elif parameters.keywords is None:
                like = nearest(name, by_name - filled)
                if name in only:
                    message = f"{label}() takes {name} by position only"
                    hidden.add(name)
                else:
                    message = f"{label}() has no parameter {name}"
                    if like is not None:
                        hidden.add(like)
                self.wrong(message, start, end, definition, hint=like and f"did you mean {like}?")
        needed = [p.name for p in (*positional, *parameters.keyword_only) if p.default is None]
        missing = [name for name in needed if name not in filled and name not in hidden]
        if missing:
            listed = missing[0] if len(missing) == 1 else ", ".join(missing[:-1]) + " and " + missing[-1]
            self.wrong(f"{label}() is called without {listed}", call.start, call.end, definition)

    def wrong(
        self, message: str, start: int, end: int, definition: nodes.FunctionDefinition | nodes.ClassDefinition,
        hint: str | None = None,
    ) -> None:  # fmt: skip
        note = (f"{definition.name} is defined here", *self.survey.place_of(definition.name, definition))
        self.survey.report("wrong-arguments", message, start, end, severity="error", hint=hint, notes=(note,))


def _range(parameters: Sequence[nodes.Parameter]) -> str:
    """How many arguments fit, as a phrase."""
    most = len(parameters)
    least = sum(parameter.default is None for parameter in parameters)
    if most == 0:
        return "no positional arguments"
    if least == most:
        return f"{most} positional argument{'s' if most > 1 else ''}"
    return f"{least} to {most} positional arguments"
