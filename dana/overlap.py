"""Where a program may go on while a model answers: which variables, lists and arguments can hold calls in progress.

A variable can when every statement that binds it is a plain assignment and nothing but its own function, or for a
variable of a program the statements at its top level, ever sees it. A call is then awaited where the variable is
read or bound again, before anything that may have an effect outside of the program, and at the end of the `try`,
the `with` and the function that made it. What may have an effect is decided by name: calls of built-ins that have
none, of methods of text and containers, and of the program's functions that do nothing but such calls, have none.
"""

from __future__ import annotations

from dana import nodes
from dana.inference import OF_DICT, OF_LIST, OF_TEXT, is_ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from dana.resolver import Resolution, Scope

HARMLESS = frozenset(
    """abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float format frozenset
    getattr hasattr hash hex id int isinstance issubclass iter len list map max min oct ord pow print range repr
    reversed round set slice sorted str sum tuple type type_name zip log get_current_time generate_unique_id
    ArithmeticError AssertionError Exception KeyError LookupError RuntimeError TypeError ValueError ZeroDivisionError
    secret""".split()
)
"""The built-ins whose calls have no effect but to print and to log."""

CALLING = frozenset("map filter sorted min max".split())
"""Those that call a function that they are given."""

METHODS = OF_TEXT | OF_LIST | OF_DICT | frozenset("add discard union intersection difference".split())

MODULES = frozenset(
    """base64 collections copy csv datetime decimal functools hashlib itertools json math operator re statistics string
    textwrap uuid log""".split()
)
"""The modules whose functions have no effect."""


class Overlap:
    """What may be in progress in one frame: `slots` of a function, or `names` of the program's variables.

    `before` are statements, and `tests` expressions, before which calls in progress are awaited.
    """

    __slots__ = ("before", "names", "slots", "tests")

    def __init__(self, names: frozenset[str], slots: frozenset[int]) -> None:
        self.names = names
        self.slots = slots
        self.before: set[int] = set()
        self.tests: set[int] = set()


class Overlaps:
    """What may be in progress in a program.

    `kept` are the calls whose answer is not awaited at once; `gathered` the displays, comprehensions and calls
    whose parts are all begun before the first is awaited.
    """

    def __init__(self, module: nodes.Module, resolution: Resolution) -> None:
        self.resolution = resolution
        self.kept: set[int] = set()
        self.gathered: set[int] = set()
        self._pure: dict[int, bool] = {}
        self._functions: dict[tuple[int, str], list[Any]] = {}
        self._imports: set[str] = set()
        self._methods: set[str] = set()
        self._overlaps: dict[int, Overlap] = {}
        for scope in resolution.scopes.values():
            if scope.kind == "function" and scope.parent is not None:
                self._functions.setdefault((id(scope.parent), scope.name), []).append(scope.node)
                self._methods.add(scope.name)
        for name, node in resolution.globals.items():
            if type(node) is nodes.Alias and node.name in MODULES:
                self._imports.add(name)
        self._module = resolution.scopes[id(module)]
        for scope in resolution.scopes.values():
            if scope.kind in ("module", "function", "lambda", "class"):
                self._frame(scope)

    def of(self, scope: Scope) -> Overlap | None:
        """What may be in progress in the frame of a scope; None when nothing can."""
        return self._overlaps.get(id(scope))

    # Variables

    def _frame(self, scope: Scope) -> None:
        body = (
            (nodes.ExpressionStatement(scope.node.start, scope.node.end, scope.node.body),)  # type: ignore[attr-defined]
            if scope.kind == "lambda"
            else scope.node.body  # type: ignore[attr-defined]
        )
        found: list[tuple[str, nodes.Node]] = []
        bound: set[str] = set()
        for node, inside in _own_nodes(body, scope, self.resolution):
            kind = type(node)
            if kind is nodes.Assignment or kind is nodes.AnnotatedAssignment:
                target = _only_target(node)
                if target is None:
                    for part in getattr(node, "targets", ()):
                        bound.update(name.id for name in part.walk() if type(name) is nodes.Name)
                elif node.value is not None and self._asks(node.value, inside):
                    found.append((target, node.value))
            elif kind in _BINDING:
                bound |= _bound_by(node)
            elif kind in _GATHERING and self._gathers(node, inside):
                self.gathered.add(id(node))
                self.kept.update(id(part) for part in _parts(node) if self._asks(part, inside))
        if scope.is_generator or scope.kind == "class":
            return
        names = {name for name, _ in found if name not in bound and self._is_private(scope, name)}
        if not names:
            return
        slots = () if scope.kind == "module" else [scope.place(name)[1] for name in names]
        overlap = self._overlaps[id(scope)] = Overlap(frozenset(names), frozenset(slots))
        self.kept.update(id(call) for name, call in found if name in names)
        self._effects(body, scope, overlap)

    def _is_private(self, scope: Scope, name: str) -> bool:
        """Whether nothing but the statements of a frame can see a variable."""
        if name in scope.calls:
            return False
        if scope.kind != "module":
            return bool(scope.place(name)[0] == "local")
        for other in self.resolution.scopes.values():
            if other is scope or (other.kind == "comprehension" and other.owner is scope):
                continue
            if name in other.uses or name in other.calls or name in other.globals:
                return False
        return True

    def _effects(self, body: Sequence[nodes.Statement], scope: Scope, overlap: Overlap) -> None:
        """Where the statements of a frame may have effects."""
        for statement in body:
            kind = type(statement)
            if kind in (nodes.Try, nodes.With, nodes.Import, nodes.ImportFrom, nodes.ClassDefinition):
                overlap.before.add(id(statement))
            for expression in _heads(statement):
                if not self._is_harmless(expression, scope):
                    overlap.tests.add(id(expression))
            inner = _bodies(statement)
            if inner:
                for part in inner:
                    self._effects(part, scope, overlap)
            elif kind not in (nodes.FunctionDefinition, nodes.ClassDefinition) and not self._is_harmless(
                statement, scope
            ):
                overlap.before.add(id(statement))

    # Effects

    def _asks(self, node: nodes.Node, scope: Scope) -> bool:
        return type(node) is nodes.Call and is_ask(node, scope, self.resolution) and not _streams(node)

    def _is_harmless(self, node: nodes.Node, scope: Scope) -> bool:
        """Whether nothing in a node has an effect outside of the program."""
        if type(node) is nodes.Call and not self._is_harmless_call(node, scope):
            return False
        inside = self.resolution.scopes.get(id(node), scope)
        return all(self._is_harmless(child, inside) for child in node.children())

    def _is_harmless_call(self, node: nodes.Call, scope: Scope) -> bool:
        function = node.function
        if self._asks(node, scope):
            return True
        if type(function) is nodes.Attribute:
            if type(function.value) is nodes.Name and function.value.id in self._imports:
                return True
            return function.name in METHODS and function.name not in self._methods
        if type(function) is not nodes.Name:
            return False
        defined = self._defined(function.id, scope)
        if defined is not None:
            return self._is_pure(defined)
        if function.id not in HARMLESS or scope.place(function.id)[0] != "global":
            return False
        if function.id in self.resolution.globals:
            return False
        given = [*node.arguments[:1], *(keyword.value for keyword in node.keywords if keyword.name == "key")]
        if function.id not in CALLING:
            return True
        if function.id not in ("map", "filter"):
            given = given[1:]
        return all(self._is_harmless_function(argument, scope) for argument in given)

    def _is_harmless_function(self, node: nodes.Node, scope: Scope) -> bool:
        if type(node) is nodes.Lambda:
            return True
        if type(node) is not nodes.Name:
            return False
        defined = self._defined(node.id, scope)
        return self._is_pure(defined) if defined is not None else node.id in HARMLESS

    def _defined(self, name: str, scope: Scope) -> Any:
        """The one function of the program that a name means, or None."""
        around: Scope | None = scope
        while around is not None:
            if name in around.bound or (around.parent is None and name in self.resolution.globals):
                defined = self._functions.get((id(around), name), ())
                return defined[0] if len(defined) == 1 and around.kind in ("function", "module") else None
            around = around.parent
        return None

    def _is_pure(self, node: Any) -> bool:
        """Whether calling a function of the program has no effect outside of it."""
        known = self._pure.get(id(node))
        if known is None:
            self._pure[id(node)] = True  # while it is looked at: calling itself adds nothing
            scope = self.resolution.scopes[id(node)]
            known = not node.decorators and all(
                type(statement) not in (nodes.Import, nodes.ImportFrom, nodes.With)
                and self._is_harmless(statement, scope)
                for statement in node.body
            )
            self._pure[id(node)] = known
        return known

    # Displays, comprehensions, arguments

    def _gathers(self, node: Any, scope: Scope) -> bool:
        """Whether several calls are begun before the first is awaited."""
        kind = type(node)
        if kind in _COMPREHENSIONS:
            inner = self.resolution.scopes[id(node)]
            element = node.value if kind is nodes.DictComprehension else node.element
            if not self._asks(element, inner):
                return False
            others = [part for part in element.children() if part is not element]
            if kind is nodes.DictComprehension:
                others.append(node.key)
            return all(self._is_harmless(part, inner) for part in (*others, *node.clauses))
        parts = list(_parts(node))
        if sum(self._asks(part, scope) for part in parts) < 2:
            return False
        if kind is nodes.DictDisplay and None in node.keys:
            return False
        if kind is nodes.Call and any(keyword.name is None for keyword in node.keywords):
            return False
        others = list(node.keys) if kind is nodes.DictDisplay else []
        return all(type(part) is not nodes.Starred and self._is_harmless(part, scope) for part in (*parts, *others))


_COMPREHENSIONS = (nodes.ListComprehension, nodes.SetComprehension, nodes.DictComprehension)
_DISPLAYS = (nodes.ListDisplay, nodes.TupleDisplay, nodes.SetDisplay, nodes.DictDisplay)
_GATHERING = frozenset((*_COMPREHENSIONS, *_DISPLAYS, nodes.Call))
_BINDING = frozenset(
    (nodes.For, nodes.With, nodes.AugmentedAssignment, nodes.NamedExpression, nodes.Delete, nodes.Import,
     nodes.ImportFrom, nodes.FunctionDefinition, nodes.ClassDefinition, nodes.Match, nodes.Try, nodes.ForClause,
     nodes.Global, nodes.Nonlocal)
)  # fmt: skip


def _parts(node: Any) -> list[Any]:
    """The parts of a display, a comprehension or a call that may be calls to be gathered."""
    kind = type(node)
    if kind is nodes.DictDisplay:
        return list(node.values)
    if kind is nodes.DictComprehension:
        return [node.value]
    if kind in _COMPREHENSIONS:
        return [node.element]
    if kind is nodes.Call:
        return [*node.arguments, *(keyword.value for keyword in node.keywords)]
    return list(node.items)


def _streams(node: nodes.Call) -> bool:
    return any(
        keyword.name == "stream" and not (type(keyword.value) is nodes.Constant and not keyword.value.value)
        for keyword in node.keywords
    )


def _only_target(node: Any) -> str | None:
    """The name that an assignment binds, when it binds just one."""
    target = node.target if type(node) is nodes.AnnotatedAssignment else node.targets[0]
    if type(node) is nodes.Assignment and len(node.targets) > 1:
        return None
    return target.id if type(target) is nodes.Name else None


def _own_nodes(body: Sequence[nodes.Node], scope: Scope, resolution: Resolution) -> Iterator[tuple[Any, Scope]]:
    """The nodes that run in a frame, each with its scope; those of functions inside it are left out."""
    stack: list[tuple[Any, Scope]] = [(node, scope) for node in reversed(body)]
    while stack:
        node, inside = stack.pop()
        yield node, inside
        if type(node) in (nodes.FunctionDefinition, nodes.ClassDefinition, nodes.Lambda, nodes.GeneratorExpression):
            continue
        inner = resolution.scopes.get(id(node), inside)
        stack += [(child, inner) for child in reversed(list(node.children()))]


def _bound_by(node: Any) -> set[str]:
    """The names that a statement binds in a way that leaves no room for a call in progress."""
    kind = type(node)
    if kind is nodes.NamedExpression or kind is nodes.AugmentedAssignment:
        return {node.target.id} if type(node.target) is nodes.Name else set()
    if kind in (nodes.FunctionDefinition, nodes.ClassDefinition):
        return {node.name}
    if kind in (nodes.Import, nodes.ImportFrom):
        return {alias.bound or alias.name.partition(".")[0] for alias in node.names}
    if kind in (nodes.Global, nodes.Nonlocal):
        return set(node.names)
    if kind is nodes.Try:
        return {clause.name for clause in node.handlers if clause.name is not None}
    if kind is nodes.Match:
        names = [getattr(part, "name", None) or getattr(part, "rest", None)
                 for case in node.cases for part in case.pattern.walk()]  # fmt: skip
        return {name for name in names if name}
    if kind is nodes.Delete:
        targets = node.targets
    elif kind is nodes.With:
        targets = tuple(item.target for item in node.items if item.target is not None)
    else:
        targets = (node.target,)
    return {part.id for target in targets for part in target.walk() if type(part) is nodes.Name}


def _bodies(node: Any) -> list[Sequence[nodes.Statement]]:
    """The statements inside a statement that run in the same frame."""
    kind = type(node)
    if kind in (nodes.If, nodes.While, nodes.For):
        return [node.body, node.otherwise]
    if kind is nodes.Try:
        return [node.body, *(clause.body for clause in node.handlers), node.otherwise, node.final]
    if kind is nodes.With:
        return [node.body]
    if kind is nodes.Match:
        return [case.body for case in node.cases]
    return []


def _heads(node: Any) -> list[nodes.Node]:
    """The expressions of a statement that holds others."""
    kind = type(node)
    if kind in (nodes.If, nodes.While):
        return [node.test]
    if kind is nodes.For:
        return [node.iterable]
    if kind is nodes.Match:
        return [node.subject, *(case.guard for case in node.cases if case.guard is not None)]
    return []
