"""Where a program may go on while a model answers: which variables, lists and arguments can hold calls in progress.

A variable can when every statement that binds it is a plain assignment and nothing but its own function, or for a
variable of a program the statements at its top level, ever sees it. A call is then awaited where the variable is
read or bound again, before anything that may have an effect, and at the end of the turn of a loop, of the `try`, the
`with` and the function that made it. An effect is what anybody could see had the call failed: what happens outside of
the program, what is changed in objects and in variables that outlive the frame, and inside of a `try` or `with` also
what is bound to variables that are named elsewhere in the frame. It is decided by name: calls of built-ins that have
none, of methods of text and containers, and of the program's functions that do nothing but such calls, have none.
"""

from __future__ import annotations

from dana import nodes
from dana.inference import OF_DICT, OF_LIST, OF_TEXT, is_ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
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

PLAIN = frozenset("callable generate_unique_id get_current_time id isinstance issubclass secret type".split())
"""Those that never come back to methods of the program's classes."""

METHODS = OF_TEXT | OF_LIST | OF_DICT | frozenset("add discard union intersection difference".split())

CHANGING = OF_LIST | frozenset("add clear discard pop popitem setdefault update".split())
"""The methods that change what they are called on."""

FRESH = frozenset("dict list set sorted".split())
"""The built-ins that make a new container."""

CHANGED_BY_CALLS = frozenset("conversation usage".split())
"""The attributes of models that calls change."""

MODULES = frozenset(
    """base64 collections copy csv datetime decimal functools hashlib itertools json math operator re statistics string
    textwrap uuid log""".split()
)
"""The modules whose functions have no effect."""

CALLING_OF_MODULES = frozenset(
    """accumulate attrgetter cache cmp_to_key defaultdict dropwhile filterfalse groupby lru_cache methodcaller partial
    reduce starmap sub subn takewhile wraps""".split()
)
"""Those that may call a function that they are given."""


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
    whose parts are all begun before the first is awaited. `read_before` and `unbound_before` are names that functions
    of earlier programs with the same variables read, and those of them that these did not find bound.
    """

    def __init__(
        self,
        module: nodes.Module,
        resolution: Resolution,
        read_before: Iterable[str] = (),
        unbound_before: Iterable[str] = (),
    ) -> None:
        self.resolution = resolution
        self.kept: set[int] = set()
        self.gathered: set[int] = set()
        self._pure: dict[int, bool] = {}
        self._functions: dict[tuple[int, str], list[Any]] = {}
        self._imports: set[str] = set()
        self._methods: set[str] = set()
        self._lazy: list[tuple[Any, Scope]] = []
        self._several: set[tuple[int, str]] = set()
        self._declared: set[str] = set()
        self._seen: set[int] = set()
        self._fresh: dict[int, frozenset[str]] = {}
        self._implied: frozenset[Any] = frozenset()
        self._overlaps: dict[int, Overlap] = {}
        for scope in resolution.scopes.values():
            if scope.kind == "function" and scope.parent is not None:
                self._functions.setdefault((id(scope.parent), scope.name), []).append(scope.node)
                self._methods.add(scope.name)
        self._read_before = frozenset(read_before)
        self._unbound = {
            name
            for scope in resolution.scopes.values()
            for name in scope.uses
            if name not in resolution.globals and scope.place(name)[0] == "global"
        }.union(unbound_before)
        for scope in resolution.scopes.values():
            self._declared.update(scope.globals, scope.nonlocals)
        for scope in resolution.scopes.values():
            if scope.kind == "module" or not scope.uses.isdisjoint(_LAZY):
                self._look(scope)
        self._imply()
        for scope in resolution.scopes.values():
            if scope.kind in ("module", "function", "lambda", "class") and "reason" in scope.uses | scope.calls:
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
        self._effects(body, scope, overlap, _Free(self, scope))

    def _is_private(self, scope: Scope, name: str) -> bool:
        """Whether nothing but the statements of a frame can see a variable."""
        if name in scope.calls:
            return False
        if scope.kind != "module":  # a name that nothing binds may be read from here by a function that is called
            return bool(scope.place(name)[0] == "local") and name not in self._unbound
        if name in self._read_before:
            return False
        for other in self.resolution.scopes.values():
            if other is scope or (other.kind == "comprehension" and other.owner is scope):
                continue
            if name in other.uses or name in other.calls or name in other.globals:
                return False
        return True

    def _effects(
        self, body: Sequence[nodes.Statement], scope: Scope, overlap: Overlap, free: _Free, looped: bool = False
    ) -> None:
        """Where the statements of a frame may have effects."""
        for statement in body:
            kind = type(statement)
            inner = _bodies(statement)
            if kind in _SETTLED or not (
                inner
                or (
                    self._is_harmless(statement, scope)
                    and (self._is_kept(statement) or free.allows(_changed(statement)))
                )
            ):
                overlap.before.add(id(statement))
            for expression in _heads(statement):
                names = _changed(expression) | (_bound_by(statement) if kind in (nodes.For, nodes.Match) else set())
                if kind in self._implied or not (free.allows(names) and self._is_harmless(expression, scope)):
                    overlap.tests.add(id(expression))
            turns = looped or kind in (nodes.While, nodes.For)
            for part in inner:
                guarded = kind is nodes.With or (
                    kind is nodes.Try and part is not statement.final and (part is statement.body or statement.final)  # type: ignore[attr-defined]
                )
                self._effects(part, scope, overlap, free.inside(part, looped) if guarded else free, turns)
            if kind in (nodes.While, nodes.For):
                self._finish(statement.body, overlap)  # type: ignore[attr-defined]

    def _is_kept(self, node: Any) -> bool:
        """Whether a statement does nothing but begin a call."""
        return type(node) in (nodes.Assignment, nodes.AnnotatedAssignment) and id(node.value) in self.kept

    def _finish(self, body: Sequence[nodes.Statement], overlap: Overlap) -> None:
        """Statements at whose end no call is in progress: those of a loop, whose next turn binds its variables."""
        last: Any = body[-1] if body else None
        if last is None:
            return
        overlap.tests.update(id(head) for head in _heads(last))
        if self._is_kept(last):
            self.kept.discard(id(last.value))
        inner = _bodies(last)
        if not inner:
            overlap.before.add(id(last))
        for part in inner:
            self._finish(part, overlap)

    # Effects

    def _look(self, scope: Scope) -> None:
        """Find out, once, what the frame of a scope binds."""
        if id(scope) not in self._seen and scope.kind in ("module", "function"):
            self._seen.add(id(scope))
            self._bindings(scope)

    def _bindings(self, scope: Scope) -> None:
        """What the frame of a scope binds: functions that stay what they are, and containers that only it holds."""
        seen: dict[str, int] = {}
        safe: dict[str, int] = {}
        made: set[str] = set()
        other: set[str] = set()
        for node, inside in _own_nodes(scope.node.body, scope, self.resolution):  # type: ignore[attr-defined]
            kind = type(node)
            if kind is nodes.Name:
                seen[node.id] = seen.get(node.id, 0) + 1
            elif kind is nodes.Import:
                names = {alias.bound or alias.name for alias in node.names if alias.name in MODULES}
                if scope.kind == "module":
                    self._imports |= names
            elif kind is nodes.Call and type(node.function) is nodes.Name and node.function.id in _LAZY:
                self._lazy.append((node, inside))
            stored = _stored(node)
            if kind is not nodes.FunctionDefinition:
                self._several |= {(id(scope), name) for name in stored}
            if stored and not (kind is nodes.Assignment and _only_target(node) and _is_fresh(node.value)):
                other |= stored
            elif stored:
                made |= stored
            for name in _held(node):
                safe[name] = safe.get(name, 0) + 1
        private = {name for name in made - other if seen[name] == safe.get(name, 0) and self._is_private(scope, name)}
        self._fresh[id(scope)] = frozenset(private)
        self._imports -= other if scope.kind == "module" else set()

    def _imply(self) -> None:
        """Which kinds of node have effects because methods that they lead to have some: operators, iteration, text."""
        while True:
            found: set[Any] = set()
            if not all(self._is_harmless(node, scope) for node, scope in self._lazy):
                found |= _ITERATING
            for scope in self.resolution.scopes.values():
                if scope.kind == "generator":
                    if not self._is_harmless(scope.node, scope):
                        found |= _ITERATING
                elif scope.kind == "function" and scope.parent is not None:
                    kinds = _ITERATING if scope.is_generator else _LEADING.get(scope.name, frozenset())
                    if scope.parent.kind == "class" and not kinds and scope.name.startswith("__"):
                        kinds = frozenset() if scope.name in _CALLED else _OPERATING
                    if scope.parent.kind == "class" and scope.node.decorators:  # type: ignore[attr-defined]
                        kinds = frozenset((nodes.Attribute,))
                    if kinds - found and not self._is_pure_body(scope.node, scope):
                        found |= kinds
            if found <= self._implied:
                return
            self._implied |= found
            self._pure.clear()

    def _asks(self, node: nodes.Node, scope: Scope) -> bool:
        if type(node) is not nodes.Call or not is_ask(node, scope, self.resolution) or _stands_alone(node):
            return False
        return type(node.function) is nodes.Name or "reason" not in self._methods

    def _is_harmless(self, node: Any, scope: Scope) -> bool:
        """Whether nothing in a node has an effect; what it binds to variables of its own frame is not looked at."""
        kind = type(node)
        if kind in self._implied or kind in _EFFECTS:
            return False
        if kind is nodes.Call:
            if not self._is_harmless_call(node, scope):
                return False
        elif kind is nodes.Pipeline or (kind is nodes.BinaryOperation and _may_be_stage(node)):
            return False
        elif kind is nodes.Attribute:
            if node.name in CHANGED_BY_CALLS:
                return False
        elif kind in (nodes.FunctionDefinition, nodes.ClassDefinition):
            if node.decorators:
                return False
        elif not all(self._is_own(target, scope) for target in _targets(node)):
            return False
        elif kind is nodes.AugmentedAssignment:
            adds = type(node.value) is nodes.Constant and type(node.value.value) in (int, float)
            if not adds and not self._is_fresh_here(node.target, scope):
                return False
        inside = self.resolution.scopes.get(id(node), scope)
        return all(self._is_harmless(child, inside) for child in node.children())

    def _is_own(self, target: Any, scope: Scope) -> bool:
        """Whether binding a target changes nothing but the frame."""
        kind = type(target)
        if kind is nodes.Name:
            return target.id not in scope.owner.globals and target.id not in scope.owner.nonlocals
        if kind is nodes.Subscript:
            return self._is_fresh_here(target.value, scope)
        if kind is nodes.Starred:
            return self._is_own(target.value, scope)
        if kind in (nodes.TupleDisplay, nodes.ListDisplay):
            return nodes.Starred not in self._implied and all(self._is_own(item, scope) for item in target.items)
        return False

    def _is_fresh_here(self, node: Any, scope: Scope) -> bool:
        self._look(scope.owner)
        return type(node) is nodes.Name and node.id in self._fresh.get(id(scope.owner), ())

    def _is_harmless_call(self, node: nodes.Call, scope: Scope) -> bool:
        function = node.function
        if self._asks(node, scope):
            return True
        if type(function) is nodes.Attribute:
            if type(function.value) is nodes.Name and function.value.id in self._imports:
                return function.name not in CALLING_OF_MODULES or all(
                    type(argument) is nodes.Constant or self._is_harmless_function(argument, scope)
                    for argument in (node.arguments[:-1] or node.arguments)
                )
            if function.name in CHANGING and not self._is_fresh_here(function.value, scope):
                return False
            return function.name in METHODS and function.name not in self._methods
        if type(function) is not nodes.Name:
            return False
        defined = self._defined(function.id, scope)
        if defined is not None:
            return self._is_pure(defined)
        if not self._is_built_in(function.id, scope):
            return False
        if function.id not in PLAIN and _BUILT_IN in self._implied:
            return False
        given = [*node.arguments[:1], *(keyword.value for keyword in node.keywords if keyword.name == "key")]
        if function.id == "iter":
            return len(node.arguments) < 2
        if function.id not in CALLING:
            return True
        if function.id not in ("map", "filter"):
            given = [keyword.value for keyword in node.keywords if keyword.name == "key"]
        return all(self._is_harmless_function(argument, scope) for argument in given)

    def _is_built_in(self, name: str, scope: Scope) -> bool:
        return name in HARMLESS and scope.place(name)[0] == "global" and name not in self.resolution.globals

    def _is_harmless_function(self, node: nodes.Node, scope: Scope) -> bool:
        if type(node) is nodes.Lambda or (type(node) is nodes.Constant and node.value is None):
            return True
        if type(node) is not nodes.Name:
            return False
        defined = self._defined(node.id, scope)
        return self._is_pure(defined) if defined is not None else self._is_built_in(node.id, scope)

    def _defined(self, name: str, scope: Scope) -> Any:
        """The one function of the program that a name means, or None."""
        around: Scope | None = scope
        while around is not None:
            if name in around.bound or (around.parent is None and name in self.resolution.globals):
                self._look(around)
                defined = self._functions.get((id(around), name), [])
                stays = (id(around), name) not in self._several and name not in self._declared
                one = stays and len(defined) == 1 and around.bound.get(name) is defined[0]
                return defined[0] if one and around.kind in ("function", "module") else None
            around = around.parent
        return None

    def _is_pure(self, node: Any) -> bool:
        """Whether calling a function of the program has no effect outside of it."""
        known = self._pure.get(id(node))
        if known is None:
            before = list(self._pure)
            self._pure[id(node)] = True  # while it is looked at: calling itself adds nothing
            known = not node.decorators and self._is_pure_body(node, self.resolution.scopes[id(node)])
            if not known:  # then what was found meanwhile may rest on it
                self._pure = {key: self._pure[key] for key in before}
            self._pure[id(node)] = known
        return known

    def _is_pure_body(self, node: Any, scope: Scope) -> bool:
        return all(self._is_harmless(statement, scope) for statement in node.body)

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
        if any(type(part) in (nodes.Yield, nodes.YieldFrom) for part in node.walk()):
            return False
        parts = list(_parts(node))
        if sum(self._asks(part, scope) for part in parts) < 2:
            return False
        if kind is nodes.DictDisplay and None in node.keys:
            return False
        if kind is nodes.Call and any(keyword.name is None for keyword in node.keywords):
            return False
        others = list(node.keys) if kind is nodes.DictDisplay else []
        return all(type(part) is not nodes.Starred and self._is_harmless(part, scope) for part in (*parts, *others))


class _Free:
    """Which variables of a frame may be bound while a call is in progress: None where all may."""

    __slots__ = ("names", "overlaps", "scope")

    def __init__(self, overlaps: Overlaps, scope: Scope, names: frozenset[str] | None = None) -> None:
        self.overlaps = overlaps
        self.scope = scope
        self.names = names

    def allows(self, names: set[str]) -> bool:
        """Whether nobody would see that these were bound although the call failed."""
        return self.names is None or names <= self.names

    def inside(self, body: Sequence[nodes.Statement], looped: bool) -> _Free:
        """The same in the body of a `try` or a `with`: only what is named nowhere else, and not in its next turn."""
        names: set[str] = set()
        if not looped:
            whole, part = _counted(self.scope.node.body, self), _counted(body, self)  # type: ignore[attr-defined]
            names = {name for name, count in part.items() if count == whole[name]}
            names = {name for name in names if self.overlaps._is_private(self.scope, name)}
        return _Free(self.overlaps, self.scope, frozenset(names))


_COMPREHENSIONS = (nodes.ListComprehension, nodes.SetComprehension, nodes.DictComprehension)
_DISPLAYS = (nodes.ListDisplay, nodes.TupleDisplay, nodes.SetDisplay, nodes.DictDisplay)
_GATHERING = frozenset((*_COMPREHENSIONS, *_DISPLAYS, nodes.Call))
_BINDING = frozenset(
    (nodes.For, nodes.With, nodes.AugmentedAssignment, nodes.NamedExpression, nodes.Delete, nodes.Import,
     nodes.ImportFrom, nodes.FunctionDefinition, nodes.ClassDefinition, nodes.Match, nodes.Try, nodes.ForClause,
     nodes.Global, nodes.Nonlocal)
)  # fmt: skip
_NAMING = (nodes.Try, nodes.Match, nodes.FunctionDefinition, nodes.ClassDefinition, nodes.Import, nodes.ImportFrom)
"""The statements that bind names which are not nodes."""

_SETTLED = frozenset((nodes.Try, nodes.With, nodes.Import, nodes.ImportFrom, nodes.ClassDefinition, nodes.Continue))
"""The statements before which no call is in progress any more."""
_EFFECTS = frozenset((nodes.With, nodes.Import, nodes.ImportFrom))
_BUILT_IN = "built-in"
_ITERATING = frozenset((nodes.For, nodes.ForClause, nodes.Starred, nodes.YieldFrom, nodes.Comparison, _BUILT_IN))
_SHOWING = frozenset((nodes.Interpolation, _BUILT_IN))
_OPERATING = frozenset(
    (nodes.BinaryOperation, nodes.UnaryOperation, nodes.BooleanOperation, nodes.Comparison, nodes.Subscript, nodes.If,
     nodes.While, nodes.Conditional, nodes.Assert, nodes.AugmentedAssignment, _BUILT_IN)
)  # fmt: skip
_LEADING: dict[str, frozenset[Any]] = {
    **dict.fromkeys(("__iter__", "__next__", "__contains__", "__len__"), _ITERATING),
    **dict.fromkeys(("__str__", "__repr__", "__format__"), _SHOWING),
    **dict.fromkeys(("__getattr__", "__setattr__", "__delattr__"), frozenset((nodes.Attribute,))),
}
_LAZY = ("filter", "iter", "map")
_CALLED = frozenset(("__init__", "__call__", "__enter__", "__exit__"))
"""The methods that are called in places that have effects anyway."""


def _counted(body: Sequence[nodes.Node], free: _Free) -> dict[str, int]:
    """How often each variable is named in a part of a frame."""
    counts: dict[str, int] = {}
    for node, _ in _own_nodes(body, free.scope, free.overlaps.resolution):
        for name in (node.id,) if type(node) is nodes.Name else _stored(node) if type(node) in _NAMING else ():
            counts[name] = counts.get(name, 0) + 1
    return counts


def _may_be_stage(node: nodes.BinaryOperation) -> bool:
    """Whether an operation may call a function, as a stage of a pipeline."""
    return node.operator == "|" and type(node.right) not in (nodes.Constant, nodes.SetDisplay, nodes.DictDisplay)


def _targets(node: Any) -> tuple[Any, ...]:
    """What a statement, a clause or an expression binds."""
    kind = type(node)
    if kind is nodes.Assignment or kind is nodes.Delete:
        return tuple(node.targets)
    if kind is nodes.AnnotatedAssignment:
        return (node.target,) if node.value is not None else ()
    if kind in (nodes.AugmentedAssignment, nodes.For, nodes.ForClause, nodes.NamedExpression):
        return (node.target,)
    return ()


def _stored(node: Any) -> set[str]:
    """The names that a node binds."""
    if type(node) in _BINDING:
        return _bound_by(node)
    return {part.id for target in _targets(node) for part in target.walk() if type(part) is nodes.Name}


def _changed(node: Any) -> set[str]:
    """The names that a statement binds, and those of containers that it changes."""
    names = _stored(node)
    for part in node.walk():
        if type(part) is nodes.NamedExpression:
            names |= _bound_by(part)
        elif type(part) is nodes.Call and type(part.function) is nodes.Attribute:
            called, on = part.function.name, part.function.value
            if called in CHANGING and type(on) is nodes.Name:
                names.add(on.id)
    return names


def _is_fresh(node: Any) -> bool:
    """Whether an expression makes a new container."""
    if type(node) is nodes.Call:
        return type(node.function) is nodes.Name and node.function.id in FRESH
    return type(node) in (*_COMPREHENSIONS, nodes.ListDisplay, nodes.SetDisplay, nodes.DictDisplay)


def _held(node: Any) -> list[str]:
    """The names in a node that are bound, or whose value goes nowhere else from there."""
    kind = type(node)
    held: list[Any] = []
    if kind is nodes.Assignment:
        held = [node.targets[0]]
    elif kind in (nodes.For, nodes.ForClause):
        held = [node.iterable]
    elif kind is nodes.Call:
        if type(node.function) is nodes.Attribute and node.function.name in METHODS:
            held = [node.function.value]
        elif type(node.function) is nodes.Name and node.function.id in HARMLESS:
            held = list(node.arguments)
    elif kind in (nodes.Subscript, nodes.Interpolation, nodes.Return, nodes.Starred):
        held = [node.value]
    elif kind is nodes.Comparison:
        held = [node.first, *node.others]
    elif kind is nodes.BinaryOperation:
        held = [node.left, node.right]
    elif kind in (nodes.If, nodes.While):
        held = [node.test]
    elif kind is nodes.UnaryOperation:
        held = [node.operand]
    return [part.id for part in held if type(part) is nodes.Name]


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


def _stands_alone(node: nodes.Call) -> bool:
    """Whether a call gives a stream, or calls functions of the program as tools: then it is no call in progress."""
    return any(
        keyword.name in ("stream", "tools") and not (type(keyword.value) is nodes.Constant and not keyword.value.value)
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
            stack += [(part, inside) for part in _around(node)]
            continue
        inner = resolution.scopes.get(id(node), inside)
        stack += [(child, inner) for child in reversed(list(node.children()))]


def _around(node: Any) -> Iterator[nodes.Node]:
    """What is evaluated where a function or a class is made: decorators, defaults, bases."""
    kind = type(node)
    yield from getattr(node, "decorators", ())
    if kind is nodes.ClassDefinition:
        yield from node.bases
        yield from node.keywords
    elif kind is not nodes.GeneratorExpression:
        for part in node.parameters.walk():
            if type(part) is nodes.Parameter and part.default is not None:
                yield part.default


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
