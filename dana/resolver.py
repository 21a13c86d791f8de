"""Names of a program: which variable each one means and where it lies; what Python refuses to compile is refused here.

The walk goes over the tree once, in the order in which things happen, and collects for each scope what it
binds and uses. It also follows which names certainly have a value: `assigned` is the set of those at the
present place of the present frame; a branch works on a copy, and where branches meet, what all of them
assigned remains. A name read while it is not in the set is `doubtful`. Where execution can jump from many
places (into a handler, out of a loop), what held before counts, less what was deleted on the way (`removed`).
Should a loop delete a name that it found assigned, then the reads above the deletion were judged too well:
such a name is `shaky`, and every read of it is unsure.

Then scopes are settled: from the inside out, what each needs from the frames around it; from the outside
in, slots. Variables of the module and of class bodies are looked up by name and not followed. Names like
`__x` in a class are not mangled; a name bound in a class body and read there before it has a value is, as
in Python, looked up in the module, not in the function around the class.
"""

from __future__ import annotations

from dana.errors import Diagnostic, ProgramError
from dana.nodes import (
    PIPED,
    AnnotatedAssignment,
    AsPattern,
    Assert,
    Assignment,
    Attribute,
    AugmentedAssignment,
    BinaryOperation,
    BooleanOperation,
    Break,
    Call,
    CapturePattern,
    ClassDefinition,
    ClassPattern,
    Comparison,
    Conditional,
    Constant,
    Continue,
    Delete,
    DictComprehension,
    DictDisplay,
    ExpressionStatement,
    For,
    FunctionDefinition,
    GeneratorExpression,
    Global,
    If,
    Import,
    ImportFrom,
    Interpolation,
    JoinedString,
    Lambda,
    ListComprehension,
    ListDisplay,
    MappingPattern,
    Match,
    Module,
    Name,
    NamedExpression,
    Node,
    Nonlocal,
    OrPattern,
    Parameter,
    Parameters,
    Pass,
    Pattern,
    Pipeline,
    Raise,
    Return,
    SequencePattern,
    SetComprehension,
    SetDisplay,
    Slice,
    StarPattern,
    Starred,
    Statement,
    Subscript,
    Try,
    TupleDisplay,
    UnaryOperation,
    ValuePattern,
    While,
    With,
    Workflow,
    Yield,
    YieldFrom,
    docstring,
)
from dana.source import Source
from dana.values import OPERATOR_METHODS, is_special

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Place = tuple[Any, ...]


def resolve(module: Module, source: Source) -> Resolution:
    """Find every variable of a program; raises ProgramError with all mistakes that need no run to be seen."""
    walk = _Walk(source)
    walk.module(module)
    _Settlement(walk).all()
    walk.refuse_host_functions()
    if walk.errors:
        raise ProgramError(*sorted(walk.errors, key=lambda error: (error.start, error.end)))
    return walk.resolution


class Resolution:
    """What the resolver found out about a program.

    `scopes` are the scopes by the identity of their node. `unsure` are the identities of the names whose
    variable lies in a slot and may have no value when it is read (or deleted, or assigned with an operator);
    names that are only assigned may be among them.
    `globals` are the names that the program binds at module level or through `global`, each with the first
    node that does. `annotations` are the annotations with the scope in which their names are meant.
    `star_imports` are the imports that bind names which only a run can tell.
    """

    __slots__ = ("annotations", "globals", "scopes", "source", "star_imports", "unsure")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.scopes: dict[int, Scope] = {}
        self.unsure: set[int] = set()
        self.globals: dict[str, Node] = {}
        self.annotations: list[tuple[Node, Scope]] = []
        self.star_imports: list[ImportFrom] = []


class Scope:
    """A part of a program with names of its own.

    `kind` is "module", "function", "lambda", "class", "generator" (a generator expression) or "comprehension".
    `owner` is the scope whose frame holds the variables: a comprehension works in the frame around it, every
    other scope in its own. A frame is a list of `size` slots: first the parameters in the order of the
    signature (`parameter_count`), then the other variables, those of comprehensions included, and last the
    cells of variables of frames around. `names` tells the variable of each slot. A variable that an inner
    frame uses lies in a cell, a list with one item: `cells` are the slots whose cell is made with the frame;
    `fresh` those of a comprehension, made each time it starts; `free` tells for each of the last slots in
    which slot of the enclosing owner's frame its cell is found.
    `bound` maps the names of this scope to the node that binds each first, `uses` are the names read here
    (and those called like methods), `globals` and `nonlocals` the declared ones.
    """

    __slots__ = (
        "_assigned", "_cells", "_deleted", "_doubtful", "_inlined", "_inner", "_needs", "_places", "_rebound",
        "_shaky", "bound", "calls", "cells", "docstring", "free", "fresh", "globals", "is_generator", "kind",
        "name", "names", "node", "nonlocals", "owner", "parameter_count", "parent", "size", "uses", "uses_super",
    )  # fmt: skip

    def __init__(self, kind: str, node: Node, parent: Scope | None, name: str, assigned: frozenset[str]) -> None:
        self.kind = kind
        self.node = node
        self.parent = parent
        self.name = name
        self.owner: Scope = self
        if kind == "comprehension" and parent is not None:
            self.owner = parent.owner
            self.owner._inlined.append(self)
        self.size = 0
        self.names: list[str] = []
        self.parameter_count = 0
        self.cells: tuple[int, ...] = ()
        self.fresh: tuple[int, ...] = ()
        self.free: tuple[int, ...] = ()
        self.is_generator = kind == "generator"
        self.uses_super = False
        self.docstring: str | None = None
        self.bound: dict[str, Node] = {}
        self.uses: set[str] = set()
        self.calls: set[str] = set()
        self.globals: dict[str, Node] = {}
        self.nonlocals: dict[str, Node] = {}
        self._assigned = assigned
        """The names of frames around that certainly have a value where this scope's frame is defined."""
        self._doubtful: list[Name] = []
        self._deleted: set[str] = set()
        self._rebound: set[str] = set()
        self._shaky: set[str] = set()
        self._inlined: list[Scope] = []
        self._inner: set[str] = set()
        """The names that inner frames need from here or from further out."""
        self._needs: set[str] = set()
        """The names that this frame needs from frames around it, or from the module."""
        self._places: dict[str, Place] = {}
        self._cells: dict[str, int] = {}
        """The slots of the cells that inner frames can have, by name."""

    def __repr__(self) -> str:
        return f"<Scope {self.kind} {self.qualified_name}>"

    @property
    def qualified_name(self) -> str:
        """The name with those of the scopes around it, as in `outer.<locals>.inner`."""
        parts = [self.name]
        scope, parent = self, self.parent
        while parent is not None and parent.kind != "module" and scope.name not in parent.globals:
            if parent.kind in ("function", "lambda"):
                parts.append("<locals>")
            parts.append(parent.name)
            scope, parent = parent, parent.parent
        return ".".join(reversed(parts))

    def place(self, name: str) -> Place:
        """Where the variable lies that a name means here.

        ("local", slot): in the owner's frame; ("cell", slot): in the cell that lies there; ("global", name);
        ("class", slot, place): in the owner's frame, or where `place` says as long as the slot has no value.
        """
        found = self._places.get(name)
        if found is None:
            found = self._places[name] = self._place_around(name)
        return found

    def _place_around(self, name: str) -> Place:
        if self.kind == "comprehension" and self.parent is not None:
            if self.parent.kind != "class":
                return self.parent.place(name)
            if name in self.parent._cells:
                return "cell", self.parent._cells[name]
        return "global", name


_NOTHING: frozenset[str] = frozenset()

_COMPREHENSIONS = {
    GeneratorExpression: ("<genexpr>", "generator expression"),
    ListComprehension: ("<listcomp>", "list comprehension"),
    SetComprehension: ("<setcomp>", "set comprehension"),
    DictComprehension: ("<dictcomp>", "dict comprehension"),
}

_FOREIGN = "names with double underscores belong to the host"

_NAME_HINTS = {
    "__name__": "a Dana file runs from top to bottom; call main() at the end",
    "__all__": "it stands at the top of a module only, and says what `import *` takes",
    "__slots__": "leave it out: instances keep their attributes without it",
    "__debug__": "assertions are always on",
    "__future__": "leave this line out: annotations are never evaluated",
}

_ATTRIBUTE_HINTS = {
    "__class__": "use type({})",
    "__name__": "use type_name({})",
    "__doc__": "use help({})",
    "__dict__": "use getattr, setattr and hasattr with the name of an attribute",
    "__traceback__": "an error that is not caught shows where it comes from",
    "__cause__": 'put the cause into the message: raise Error(f"...: {{error}}") from error',
    "__context__": 'put the cause into the message: raise Error(f"...: {{error}}") from error',
    "__bases__": "use isinstance or issubclass",
    "__mro__": "use isinstance or issubclass",
    "__annotations__": "annotations are not kept when a program runs",
}

_METHOD_HINTS = {
    "__new__": "use __init__, or a function that makes the object",
    "__del__": "use __enter__ and __exit__, and `with` where the object is used",
    "__getattr__": "define the attributes, or a property for each",
    "__getattribute__": "define the attributes, or a property for each",
    "__setattr__": "define a property with a setter",
    "__delattr__": "define a property with a deleter",
    "__get__": "use property",
    "__set__": "use property",
    "__delete__": "use property",
    "__set_name__": "use property",
    "__init_subclass__": "use a decorator on the classes",
    "__class_getitem__": "use a function",
    "__post_init__": "do it in __init__",
    "__missing__": "use get with a default",
    "__aenter__": "define __enter__ and __exit__: waiting is done for you",
    "__aexit__": "define __enter__ and __exit__: waiting is done for you",
    "__await__": "waiting is done for you",
    "__aiter__": "define __iter__: waiting is done for you",
    "__anext__": "define __next__: waiting is done for you",
}

_HOST_FUNCTIONS = {
    "exec": "write what shall happen as a function and call it",
    "eval": "int(), float() and json.loads() read data; a dict of functions chooses what to do",
    "compile": "write what shall happen as a function and call it",
    "__import__": "use import",
    "globals": "keep in a dict what is looked up by name",
    "locals": "keep in a dict what is looked up by name",
    "vars": "keep in a dict what is looked up by name, or use getattr(x, name)",
}


class _Walk:
    """The one pass over the tree: bindings, uses, definite assignment and misplaced statements."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.resolution = Resolution(source)
        self.errors: list[Diagnostic] = []
        self.scopes: list[Scope] = []
        self.scope: Scope
        self.follows = False
        """Whether the statements here bind variables whose assignment is followed."""
        self.assigned: set[str] = set()
        self.live = True
        """Whether this place can be reached."""
        self.removed: list[str] = []
        self.loops: list[list[set[str]]] = []
        """For each loop around, what was assigned at each `break` out of it."""
        self.endings: list[bool] = []
        self.in_iterable = False
        self.tentative: list[str] = []
        self.marks: list[int] = []
        self.suspects: list[tuple[Scope, Call]] = []

    # Scopes

    def module(self, node: Module) -> None:
        scope = self.scope = Scope("module", node, None, "<module>", _NOTHING)
        self.scopes.append(scope)
        self.resolution.scopes[id(node)] = scope
        scope.bound = self.resolution.globals
        scope.docstring = docstring(node.body)
        self.block(node.body)

    def open(self, kind: str, node: Node, name: str, extra: str | None = None) -> Scope:
        assigned = frozenset(self.assigned) if self.assigned else _NOTHING
        if extra is not None:
            assigned |= {extra}
        scope = Scope(kind, node, self.scope, name, assigned)
        self.scopes.append(scope)
        self.resolution.scopes[id(node)] = scope
        return scope

    def parameters(self, scope: Scope, parameters: Parameters) -> set[str]:
        bound = scope.bound
        for parameter in parameters.all():
            name = parameter[2]
            if name in bound:
                self.error(
                    "duplicate-parameter",
                    f"duplicate argument '{name}' in function definition",
                    *self.place_of(name, parameter[0], parameter[1]),
                )
            if name[:2] == "__" and is_special(name):
                self.foreign(name, parameter[0], parameter[1])
            bound[name] = parameter
        scope.parameter_count = len(bound)
        return set(bound)

    def defaults(self, parameters: Parameters, annotated: bool) -> None:
        """What a signature evaluates when the function is defined."""
        for parameter in parameters.all():
            _, _, _, annotation, default = parameter
            if default is not None:
                self.expression(default)
            if annotated and annotation is not None:
                self.resolution.annotations.append((annotation, self.scope))

    def function_definition(self, node: FunctionDefinition) -> None:
        _, _, name, parameters, returns, body, kind, decorators = node
        for decorator in decorators:
            self.expression(decorator)
        self.defaults(parameters, True)
        if returns is not None:
            self.resolution.annotations.append((returns, self.scope))
        if kind == "receiver":
            self.expression(parameters.positional[0].annotation)  # the types are there when the function is defined
        if name[:2] == "__" and is_special(name):
            self.special_method(node)
        scope = self.open("function", node, name, None if decorators or not self.follows else name)
        scope.docstring = docstring(body)
        self.body(scope, body, self.parameters(scope, parameters), True)
        if kind != "receiver":
            self.bind(name, node)

    def class_definition(self, node: ClassDefinition) -> None:
        _, _, name, bases, keywords, body, _, decorators = node
        for decorator in decorators:
            self.expression(decorator)
        for base in bases:
            self.expression(base)
        for keyword in keywords:
            self.expression(keyword.value)
            start, end = self.place_of(keyword.name or "**", keyword.start, keyword.end)
            if keyword.name == "metaclass":
                hint = "use a decorator on the class, or a function that makes the objects"
                self.error("class-keyword", "metaclasses are not part of Dana", start, end, hint=hint)
            else:
                self.error("class-keyword", "a class takes no keyword arguments", start, end)
        if name[:2] == "__" and is_special(name):
            self.foreign(name, node.start, node.end)
        scope = self.open("class", node, name)
        scope.docstring = docstring(body)
        self.body(scope, body, set(), False)
        self.bind(name, node)

    def body(self, scope: Scope, body: tuple[Statement, ...], assigned: set[str], follows: bool) -> None:
        """The statements of a frame of their own."""
        kept = self.scope, self.assigned, self.follows, self.live, self.loops, self.endings, self.removed
        self.scope, self.assigned, self.follows, self.live = scope, assigned, follows, True
        self.loops, self.endings, self.removed = [], [], []
        self.block(body)
        self.scope, self.assigned, self.follows, self.live, self.loops, self.endings, self.removed = kept

    # Binding

    def bind(self, name: str, node: Node) -> None:
        scope = self.scope
        if name not in scope.bound:
            if name in scope.globals:
                self.resolution.globals.setdefault(name, node)
            elif name not in scope.nonlocals:
                scope.bound[name] = node
        if self.follows:
            self.assigned.add(name)

    def bind_plain(self, name: str, node: Node, start: int, end: int) -> None:
        """Bind a name that stands in a statement as text."""
        if name[:2] == "__" and is_special(name):
            self.foreign(name, start, end)
        self.bind(name, node)

    def unbind(self, name: str, node: Node) -> None:
        scope = self.scope
        if scope.kind == "module":
            return
        if name not in scope.bound and name not in scope.globals and name not in scope.nonlocals:
            scope.bound[name] = node
        self.assigned.discard(name)
        self.removed.append(name)
        scope._deleted.add(name)

    def target(self, node: Node) -> None:
        kind = type(node)
        if kind is Name:
            name = node[2]
            if name[:2] == "__" and is_special(name):
                self.special_binding(name, node)
            self.bind(name, node)
        elif kind is Attribute:
            self.expression(node[2])
            if node[3][:2] == "__" and is_special(node[3]):
                self.foreign_attribute(node)
        elif kind is Subscript:
            self.expression(node[2])
            self.expression(node[3])
        elif kind is Starred:
            self.target(node[2])
        else:
            for item in node[2]:
                self.target(item)

    # Statements

    def block(self, body: tuple[Statement, ...]) -> None:
        for statement in body:
            _STATEMENTS[type(statement)](self, statement)

    def expression_statement(self, node: ExpressionStatement) -> None:
        self.expression(node[2])

    def assignment(self, node: Assignment) -> None:
        _, _, targets, value = node
        self.expression(value)
        for target in targets:
            self.target(target)

    def annotated_assignment(self, node: AnnotatedAssignment) -> None:
        _, _, target, annotation, value, simple = node
        self.resolution.annotations.append((annotation, self.scope))
        scope = self.scope
        if type(target) is Name and simple and scope.kind != "module":
            name = target.id
            kind = "global" if name in scope.globals else "nonlocal" if name in scope.nonlocals else None
            if kind is not None:
                self.error("late-declaration", f"annotated name '{name}' can't be {kind}", target.start, target.end)
        if value is not None:
            self.expression(value)
            self.target(target)
        elif type(target) is Name:
            name = target.id
            if is_special(name):
                self.special_binding(name, target)
            if simple and scope.kind != "module" and name not in scope.globals and name not in scope.nonlocals:
                scope.bound.setdefault(name, target)
        else:
            self.target(target)

    def augmented_assignment(self, node: AugmentedAssignment) -> None:
        _, _, target, _, value = node
        if type(target) is Name:
            if target[2] not in self.assigned:
                self.scope._doubtful.append(target)
            self.expression(value)
            self.target(target)
        else:
            self.target(target)
            self.expression(value)

    def return_(self, node: Return) -> None:
        if self.scope.kind != "function":
            self.error("misplaced-return", "'return' outside function", node.start, node.end)
        if node[2] is not None:
            self.expression(node[2])
        self.live = False

    def raise_(self, node: Raise) -> None:
        if node[2] is not None:
            self.expression(node[2])
        if node[3] is not None:
            self.expression(node[3])
        self.live = False

    def assert_(self, node: Assert) -> None:
        self.expression(node[2])
        if node[3] is not None:
            state = self.assigned.copy()
            self.expression(node[3])
            self.assigned = state

    def delete(self, node: Delete) -> None:
        for target in node[2]:
            self.delete_target(target)

    def delete_target(self, node: Node) -> None:
        if type(node) is Name:
            if node[2] not in self.assigned:
                self.scope._doubtful.append(node)
            if is_special(node[2]):
                self.foreign(node[2], node[0], node[1])
            self.unbind(node[2], node)
        elif type(node) in (TupleDisplay, ListDisplay):
            for item in node[2]:
                self.delete_target(item)
        else:
            self.target(node)

    def nothing(self, node: Statement) -> None:
        pass

    def break_(self, node: Break) -> None:
        if not self.loops:
            self.error("misplaced-break", "'break' outside loop", node.start, node.end)
        elif self.live:
            self.loops[-1].append(self.assigned.copy() if self.endings[-1] else set())
        self.live = False

    def continue_(self, node: Continue) -> None:
        if not self.loops:
            self.error("misplaced-continue", "'continue' outside loop", node.start, node.end)
        self.live = False

    def declaration(self, node: Global | Nonlocal) -> None:
        scope = self.scope
        kind = "global" if type(node) is Global else "nonlocal"
        if kind == "nonlocal" and scope.kind == "module":
            self.error("misplaced-nonlocal", "nonlocal declaration not allowed at module level", node[0], node[1])
            return
        for name in node[2]:
            start, end = self.place_of(name, node[0] + len(kind), node[1])
            first = scope.bound.get(name)
            if is_special(name):
                self.foreign(name, start, end)
            elif type(first) is Parameter:
                self.error("parameter-declared", f"name '{name}' is parameter and {kind}", start, end)
            elif name in (scope.nonlocals if kind == "global" else scope.globals):
                self.error("nonlocal-and-global", f"name '{name}' is nonlocal and global", start, end)
            elif name in scope.uses or first is not None:
                how = "used prior to" if name in scope.uses else "assigned to before"
                self.error(
                    "late-declaration",
                    f"name '{name}' is {how} {kind} declaration",
                    start,
                    end,
                    hint=f"write `{kind} {name}` at the beginning of the function",
                )
            else:
                (scope.globals if kind == "global" else scope.nonlocals)[name] = node

    def import_(self, node: Import) -> None:
        for alias in node[2]:
            name = alias[3] or alias[2].partition(".")[0]
            self.bind_plain(name, alias, alias[0], alias[1])

    def import_from(self, node: ImportFrom) -> None:
        _, _, module, _, names = node
        if is_special(module):
            self.foreign(module, node.start, node.end)
        for alias in names:
            _, _, name, bound = alias
            if name == "*":
                self.resolution.star_imports.append(node)
                if self.scope.kind != "module":
                    self.error("misplaced-import", "import * only allowed at module level", node.start, node.end)
            elif is_special(name):
                self.foreign(name, alias.start, alias.end)
            else:
                self.bind_plain(bound or name, alias, alias.start, alias.end)

    def if_(self, node: If) -> None:
        live = self.live
        ends: list[set[str]] = []
        while True:
            _, _, test, body, otherwise = node
            self.expression(test)
            state = self.assigned
            self.assigned = state.copy()
            self.block(body)
            if self.live:
                ends.append(self.assigned)
            self.assigned, self.live = state, live
            if len(otherwise) == 1 and type(otherwise[0]) is If:
                node = otherwise[0]
            else:
                break
        self.block(otherwise)
        if self.live:
            ends.append(self.assigned)
        self.meet(ends)

    def meet(self, ends: list[set[str]]) -> None:
        """Go on with what is assigned at all of these ends; without one, nothing is reached."""
        self.live = bool(ends)
        if ends:
            self.assigned = ends[0] if len(ends) == 1 else ends[0].intersection(*ends[1:])

    def while_(self, node: While) -> None:
        _, _, test, body, otherwise = node
        self.expression(test)
        self.loop(body, otherwise, None, type(test) is Constant and bool(test[2]))

    def for_(self, node: For) -> None:
        _, _, target, iterable, body, otherwise = node
        self.expression(iterable)
        self.loop(body, otherwise, target, False)

    def loop(
        self, body: tuple[Statement, ...], otherwise: tuple[Statement, ...], target: Node | None, endless: bool
    ) -> None:
        before, live, mark = self.assigned, self.live, len(self.removed)
        self.assigned = before.copy()
        if target is not None:
            self.target(target)
        self.loops.append([])
        self.endings.append(endless)
        self.block(body)
        self.endings.pop()
        breaks = self.loops.pop()
        gone = self.removed[mark:]
        if gone:
            self.scope._shaky.update(before.intersection(gone))
            before.difference_update(gone)
        self.assigned, self.live = before, live
        if endless:
            self.live = False
            if otherwise:
                self.assigned = before.copy()
                self.block(otherwise)
            self.meet(breaks)
            if breaks:
                self.assigned.difference_update(gone)
        elif otherwise:
            ends = [before.copy()] if breaks else []
            self.block(otherwise)
            if self.live:
                ends.append(self.assigned)
            self.meet(ends)

    def try_(self, node: Try) -> None:
        _, _, body, handlers, otherwise, final = node
        live, mark = self.live, len(self.removed)
        before = self.assigned.copy()
        ends: list[set[str]] = []
        self.block(body)
        self.block(otherwise)
        if self.live:
            ends.append(self.assigned)
        at_handler = before.difference(self.removed[mark:])
        for handler in handlers:
            start, end, kind, name, statements = handler
            self.assigned, self.live = at_handler.copy(), live
            if kind is not None:
                self.expression(kind)
            if name is not None:
                self.bind_plain(name, handler, start, end)
            self.block(statements)
            if name is not None:
                self.unbind(name, handler)
            if self.live:
                ends.append(self.assigned)
        if not final:
            self.meet(ends)
            return
        self.assigned, self.live = before.difference(self.removed[mark:]), live
        mark = len(self.removed)
        self.block(final)
        added, goes_on = self.assigned, self.live
        if not goes_on:
            ends = []
        self.meet(ends)
        if ends:
            self.assigned = self.assigned.difference(self.removed[mark:]) | added

    def with_(self, node: With) -> None:
        """The first context can end the body early, and whatever comes after it is part of its body."""
        _, _, items, body = node
        live, mark = self.live, len(self.removed)
        state: set[str] | None = None
        for _, _, context, target in items:
            self.expression(context)
            if state is None and type(target) not in (Name, type(None)):
                state = self.assigned.copy()
            if target is not None:
                self.target(target)
            if state is None:
                state = self.assigned.copy()
        self.block(body)
        if state is not None:
            state.difference_update(self.removed[mark:])
            self.assigned = state
        self.live = live

    def match(self, node: Match) -> None:
        _, _, subject, cases = node
        self.expression(subject)
        live, state = self.live, self.assigned
        ends: list[set[str]] = []
        complete = False
        for case in cases:
            _, _, pattern, guard, body = case
            self.assigned, self.live = state.copy(), live
            irrefutable = self.pattern(pattern, guard is not None or case is cases[-1], set())
            if guard is not None:
                self.expression(guard)
            elif irrefutable:
                complete = True
            self.block(body)
            if self.live:
                ends.append(self.assigned)
        if not complete and live:
            ends.append(state)
        self.meet(ends)

    # Patterns

    def pattern(self, node: Pattern, may_match_all: bool, captured: set[str]) -> bool:
        """Bind what a pattern captures; whether it matches everything."""
        kind = type(node)
        if kind is ValuePattern:
            self.expression(node[2])
        elif kind is CapturePattern:
            if not may_match_all:
                what = "wildcard" if node[2] is None else f"name capture '{node[2]}'"
                self.error("unreachable-pattern", f"{what} makes remaining patterns unreachable", node.start, node.end)
            self.capture(node[2], node, captured)
            return True
        elif kind is StarPattern:
            self.capture(node[2], node, captured)
        elif kind is SequencePattern:
            for part in node[2]:
                self.pattern(part, True, captured)
        elif kind is MappingPattern:
            for key in node[2]:
                self.expression(key)
            for part in node[3]:
                self.pattern(part, True, captured)
            self.capture(node[4], node, captured)
        elif kind is ClassPattern:
            self.class_pattern(node, captured)
        elif kind is OrPattern:
            return self.or_pattern(node, may_match_all, captured)
        elif kind is AsPattern:
            irrefutable = self.pattern(node[2], may_match_all, captured)
            self.capture(node[3], node, captured)
            return irrefutable
        return False

    def capture(self, name: str | None, node: Pattern, captured: set[str]) -> None:
        if name is None:
            return
        start, end = node.start, node.end
        if type(node) is AsPattern:
            start = end - len(name)
        if name in captured:
            self.error("repeated-capture", f"multiple assignments to name '{name}' in pattern", start, end)
        captured.add(name)
        self.bind_plain(name, node, start, end)

    def class_pattern(self, node: Any, captured: set[str]) -> None:
        _, _, kind, patterns, names, named = node
        self.expression(kind)
        for pattern in patterns:
            self.pattern(pattern, True, captured)
        for name, pattern in zip(names, named, strict=True):
            if is_special(name):
                self.foreign(name, *self.place_of(name, kind.end, pattern.start))
            self.pattern(pattern, True, captured)

    def or_pattern(self, node: Any, may_match_all: bool, captured: set[str]) -> bool:
        alternatives = node[2]
        outer = frozenset(captured)
        wanted: set[str] | None = None
        irrefutable = False
        for alternative in alternatives:
            own = set(outer)
            last = alternative is alternatives[-1]
            irrefutable = self.pattern(alternative, may_match_all and last, own)
            if wanted is None:
                wanted = own
            elif own != wanted:
                message = "alternative patterns bind different names"
                self.error("different-captures", message, node.start, node.end)
            if irrefutable or own != wanted:
                break
        captured.update(wanted or ())
        return irrefutable

    # Expressions

    def expression(self, node: Node) -> None:
        """Go through an expression in the order of evaluation, however deep it is.

        Handlers push the parts of a node, the first one last. A plain tuple on the stack is something to
        do when its turn comes: a method and its argument.
        """
        stack: list[Any] = [node]
        pop = stack.pop
        handlers = _EXPRESSIONS
        while stack:
            node = pop()
            kind = type(node)
            if kind is Name:
                name = node[2]
                scope = self.scope
                scope.uses.add(name)
                if name not in self.assigned:
                    if name[:2] == "__" and is_special(name):
                        self.special_load(name, node)
                    elif name == PIPED:
                        self.value_of_stage(node)
                    scope._doubtful.append(node)  # type: ignore[arg-type]
            elif kind is tuple:
                node[0](self, node[1])
            elif kind is not Constant:
                handlers[kind](self, node, stack)

    def value_of_stage(self, node: Node) -> None:
        """`$$` belongs to the stage around it."""
        scope: Scope | None = self.scope
        while scope is not None and PIPED not in scope.bound:
            scope = scope.parent
        if scope is None:
            hint = "write it right of |, as in: value | f($$, 2)"
            self.error("misplaced-value", "$$ is the value that a stage of a pipeline gets", *node[:2], hint=hint)

    def last_part(self, node: Any, stack: list[Any]) -> None:
        """Nodes whose only part is their last field: `*x`, `-x`, `yield from x`."""
        stack.append(node[-1])

    def items(self, node: Any, stack: list[Any]) -> None:
        stack += node[2][::-1]

    def pipeline(self, node: Any, stack: list[Any]) -> None:
        stack += node[3][::-1]
        stack.append(node[2])

    def binary(self, node: Any, stack: list[Any]) -> None:
        if node[2] == "..":
            self.error(
                "misplaced-range",
                "a range such as 0..100 belongs into a type",
                node.start,
                node.end,
                hint="score: int in 0..100 states a type; elsewhere write 0 <= x <= 100, or range(0, 101)",
            )
        stack.append(node[4])
        stack.append(node[3])

    def subscript(self, node: Any, stack: list[Any]) -> None:
        stack.append(node[3])
        stack.append(node[2])

    def attribute(self, node: Any, stack: list[Any]) -> None:
        name = node[3]
        if name[:2] == "__" and is_special(name):
            value = node[2]
            if name not in OPERATOR_METHODS or not _is_call_of("super", value):
                self.foreign_attribute(node)
        stack.append(node[2])

    def call(self, node: Any, stack: list[Any]) -> None:
        _, _, function, arguments, keywords = node
        for start, end, name, value in reversed(keywords):
            if name is not None and name[:2] == "__" and is_special(name):
                self.foreign(name, start, end)
            if name == "returns" and _is_range(value):
                self.resolution.annotations.append((value, self.scope))
            else:
                stack.append(value)
        stack += arguments[::-1]
        kind = type(function)
        if kind is Attribute:
            name = function[3]
            self.scope.calls.add(name)
            if name[:2] == "__" and is_special(name) and name not in OPERATOR_METHODS:
                self.foreign_attribute(function)
            stack.append(function[2])
        else:
            if kind is Name:
                name = function[2]
                if name == "super" and not arguments and not keywords:
                    self.scope.uses.add("__class__")
                    self.scope.owner.uses_super = True
                elif name in _HOST_FUNCTIONS:
                    self.suspects.append((self.scope, node))
                    if name == "__import__":
                        return
            stack.append(function)

    def dict_display(self, node: Any, stack: list[Any]) -> None:
        _, _, keys, values = node
        for at in range(len(values) - 1, -1, -1):
            stack.append(values[at])
            if keys[at] is not None:
                stack.append(keys[at])

    def slice(self, node: Any, stack: list[Any]) -> None:
        for part in (node[4], node[3], node[2]):
            if part is not None:
                stack.append(part)

    def interpolation(self, node: Any, stack: list[Any]) -> None:
        if node[4] is not None:
            stack.append(node[4])
        stack.append(node[2])

    def boolean(self, node: Any, stack: list[Any]) -> None:
        values = node[3]
        stack.append(_FORGET)
        stack += values[:0:-1]
        stack.append(_MARK)
        stack.append(values[0])

    def comparison(self, node: Any, stack: list[Any]) -> None:
        others = node[4]
        if len(others) > 1:
            stack.append(_FORGET)
            stack += others[:0:-1]
            stack.append(_MARK)
        stack.append(others[0])
        stack.append(node[2])

    def conditional(self, node: Any, stack: list[Any]) -> None:
        _, _, test, body, otherwise = node
        stack += (_FORGET, otherwise, _MARK, _FORGET, body, _MARK, test)

    def mark(self, _: None) -> None:
        """From here on, an expression may not be evaluated."""
        self.marks.append(len(self.tentative))

    def forget(self, _: None) -> None:
        """What was assigned since the last mark may not have been."""
        mark = self.marks.pop()
        self.assigned.difference_update(self.tentative[mark:])
        del self.tentative[mark:]

    def lambda_(self, node: Any, stack: list[Any]) -> None:
        stack.append((_Walk.enter_lambda, (node, stack)))
        stack += [parameter[4] for parameter in reversed(list(node[2].all())) if parameter[4] is not None]

    def enter_lambda(self, given: tuple[Any, list[Any]]) -> None:
        """What is left of a lambda whose defaults have been resolved."""
        node, stack = given
        _, _, parameters, body = node
        scope = self.open("lambda", node, _lambda_name(node))
        kept = self.scope, self.assigned, self.follows, len(self.tentative)
        self.assigned = self.parameters(scope, parameters)
        self.scope, self.follows = scope, True
        stack.append((_Walk.leave, kept))
        stack.append(body)

    def leave(self, kept: Any) -> None:
        self.scope, self.assigned, self.follows, mark = kept
        del self.tentative[mark:]

    def yield_(self, node: Any, stack: list[Any]) -> None:
        scope = self.scope
        if scope.kind in ("comprehension", "generator"):
            where = _COMPREHENSIONS[type(scope.node)][1]  # type: ignore[index]
            self.error("misplaced-yield", f"'yield' inside {where}", node.start, node.end)
        elif scope.kind in ("module", "class"):
            self.error("misplaced-yield", "'yield' outside function", node.start, node.end)
        scope.is_generator = True
        if node[2] is not None:
            stack.append(node[2])

    def named(self, node: Any, stack: list[Any]) -> None:
        stack.append((_Walk.bind_named, node))
        stack.append(node[3])

    def bind_named(self, node: NamedExpression) -> None:
        """`x := ...` in a comprehension binds in the function around it."""
        target = node.target
        name = target.id
        if is_special(name):
            self.special_binding(name, target)
        code = "misplaced-assignment"
        if self.in_iterable:
            message = "assignment expression cannot be used in a comprehension iterable expression"
            self.error(code, message, node.start, node.end)
            return
        scope = self.scope
        passed: list[Scope] = []
        while scope.kind in ("comprehension", "generator") and scope.parent is not None:
            if name in scope.bound:
                message = f"assignment expression cannot rebind comprehension iteration variable '{name}'"
                if scope is self.scope and name not in self.assigned:
                    message = f"comprehension inner loop cannot rebind assignment expression target '{name}'"
                self.error(code, message, target.start, target.end)
                return
            if scope.kind == "generator":
                passed.append(scope)
            scope = scope.parent
        if scope.kind == "class" and scope is not self.scope:
            message = "assignment expression within a comprehension cannot be used in a class body"
            self.error(code, message, node.start, node.end)
            return
        is_global = scope.kind == "module" or name in scope.globals
        for generator in passed:
            (generator.globals if is_global else generator.nonlocals)[name] = node
        if name not in scope.bound:
            if name in scope.globals:
                self.resolution.globals.setdefault(name, target)
            elif name not in scope.nonlocals:
                scope.bound[name] = target
        if self.follows and name not in self.assigned:
            self.assigned.add(name)
            self.tentative.append(name)

    def comprehension(self, node: Any, stack: list[Any]) -> None:
        """The first iterable belongs to the scope around; a generator expression has a frame of its own."""
        clauses = node[-1]
        kind = type(node)
        in_iterable = self.in_iterable
        self.in_iterable = True
        self.expression(clauses[0].iterable)
        self.in_iterable = in_iterable
        own = kind is GeneratorExpression
        kept = self.scope, self.assigned, self.follows, len(self.tentative)
        scope = self.open("generator" if own else "comprehension", node, _COMPREHENSIONS[kind][0])
        if own:
            self.assigned = set()
            scope.parameter_count = 1
        for clause in clauses:
            _bind_targets(clause.target, scope.bound)
        if not own:
            self.assigned = self.assigned.difference(scope.bound)
        self.scope, self.follows = scope, True
        for clause in clauses:
            _, _, target, iterable, conditions = clause
            if clause is not clauses[0]:
                self.in_iterable = True
                self.expression(iterable)
                self.in_iterable = in_iterable
            self.target(target)
            for condition in conditions:
                self.expression(condition)
        for part in node[2:-1]:
            self.expression(part)
        self.leave(kept)

    # Names that belong to the host

    def special_load(self, name: str, node: Node) -> None:
        scope = self.scope
        if name in OPERATOR_METHODS and scope.kind == "class":
            return
        if name == "__class__" and scope.owner.kind in ("function", "lambda", "generator"):
            around = scope.parent
            while around is not None and around.kind != "class":
                around = around.parent
            if around is not None:
                scope.owner.uses_super = True
                return
        self.foreign(name, node.start, node.end)

    def special_binding(self, name: str, node: Node) -> None:
        if name == "__all__" and self.scope.kind == "module":
            return
        if name not in OPERATOR_METHODS or self.scope.kind != "class":
            self.foreign(name, node.start, node.end)

    def special_method(self, node: FunctionDefinition) -> None:
        name = node.name
        after = node.decorators[-1].end if node.decorators else node.start
        place = self.place_of(name, after, node.end)
        if self.scope.kind != "class" and node.kind != "receiver":
            self.foreign(name, *place)
        elif name not in OPERATOR_METHODS:
            self.error("special-name", f"{name} cannot be defined", *place, hint=_METHOD_HINTS.get(name))

    def foreign(self, name: str, start: int, end: int) -> None:
        start, end = self.place_of(name, start, end)
        self.error("special-name", f"{name}: {_FOREIGN}", start, end, hint=_NAME_HINTS.get(name))

    def foreign_attribute(self, node: Node) -> None:
        _, end, value, name = node
        before = value
        while type(before) in (Attribute, Call, Subscript):
            if type(before) is Attribute and is_special(before.name) and before.name not in OPERATOR_METHODS:
                return  # one message for the first of a chain
            before = before[2]
        hint = _ATTRIBUTE_HINTS.get(name)
        if hint is not None:
            if name == "__name__" and _is_call_of("type", value) and len(value.arguments) == 1:
                value = value.arguments[0]
            text = self.source.text[value.start : value.end]
            hint = hint.format(text if len(text) <= 40 and "\n" not in text else "x")
        elif name in OPERATOR_METHODS:
            hint = f"define {name} in the class; elsewhere it can only be called, as in Base.{name}(self)"
        self.error("special-name", f"{name}: {_FOREIGN}", end - len(name), end, hint=hint)

    def refuse_host_functions(self) -> None:
        """Calls of `eval` and its kin, where the program has not given the name a meaning of its own."""
        for scope, node in self.suspects:
            name = node.function[2]
            if name in self.resolution.globals or self.resolution.star_imports or scope.place(name)[0] != "global":
                continue
            start, end = node.function.start, node.function.end
            self.error("not-in-dana", f"{name} is not part of Dana", start, end, hint=_HOST_FUNCTIONS[name])

    def error(self, code: str, message: str, start: int, end: int, *, hint: str | None = None) -> None:
        self.errors.append(Diagnostic(code, message, self.source, start, end, hint=hint))

    def place_of(self, name: str, start: int, end: int) -> tuple[int, int]:
        """Where a name stands as a word between two offsets; the offsets themselves if it does not."""
        text = self.source.text
        at = text.find(name, start, end)
        while at >= 0:
            after = at + len(name)
            if not _continues(text[at - 1 : at]) and not _continues(text[after : after + 1]):
                return at, after
            at = text.find(name, at + 1, end)
        return start, end


def _continues(character: str) -> bool:
    return character == "_" or character.isalnum()


def _is_range(node: Any) -> bool:
    """Whether a node is a type such as `int in 0..100`."""
    return type(node) is Comparison and any(type(o) is BinaryOperation and o.operator == ".." for o in node.others)


def _lambda_name(node: Any) -> str:
    """The name of a lambda; that of a stage of a pipeline is what stands there."""
    if not node.is_stage():
        return "<lambda>"
    function = getattr(node.body, "function", None)
    name = getattr(function, "id", None) or getattr(function, "name", None)
    return f"{name}(...)" if name else PIPED


def _is_call_of(name: str, node: Any) -> bool:
    return type(node) is Call and type(node.function) is Name and node.function.id == name


def _bind_targets(target: Node, bound: dict[str, Node]) -> None:
    """Collect the names that a target binds."""
    kind = type(target)
    if kind is Name:
        bound.setdefault(target[2], target)
    elif kind is Starred:
        _bind_targets(target[2], bound)
    elif kind is TupleDisplay or kind is ListDisplay:
        for item in target[2]:
            _bind_targets(item, bound)


_MARK = (_Walk.mark, None)
_FORGET = (_Walk.forget, None)

_EXPRESSIONS: dict[type[Node], Callable[[_Walk, Any, list[Any]], None]] = {
    Attribute: _Walk.attribute,
    BinaryOperation: _Walk.binary,
    Pipeline: _Walk.pipeline,
    BooleanOperation: _Walk.boolean,
    Call: _Walk.call,
    Comparison: _Walk.comparison,
    Conditional: _Walk.conditional,
    DictComprehension: _Walk.comprehension,
    DictDisplay: _Walk.dict_display,
    GeneratorExpression: _Walk.comprehension,
    Interpolation: _Walk.interpolation,
    JoinedString: _Walk.items,
    Lambda: _Walk.lambda_,
    ListComprehension: _Walk.comprehension,
    ListDisplay: _Walk.items,
    NamedExpression: _Walk.named,
    SetComprehension: _Walk.comprehension,
    SetDisplay: _Walk.items,
    Slice: _Walk.slice,
    Starred: _Walk.last_part,
    Workflow: _Walk.last_part,
    Subscript: _Walk.subscript,
    TupleDisplay: _Walk.items,
    UnaryOperation: _Walk.last_part,
    Yield: _Walk.yield_,
    YieldFrom: _Walk.yield_,
}

_STATEMENTS: dict[type[Node], Callable[[_Walk, Any], None]] = {
    AnnotatedAssignment: _Walk.annotated_assignment,
    Assert: _Walk.assert_,
    Assignment: _Walk.assignment,
    AugmentedAssignment: _Walk.augmented_assignment,
    Break: _Walk.break_,
    ClassDefinition: _Walk.class_definition,
    Continue: _Walk.continue_,
    Delete: _Walk.delete,
    ExpressionStatement: _Walk.expression_statement,
    For: _Walk.for_,
    FunctionDefinition: _Walk.function_definition,
    Global: _Walk.declaration,
    If: _Walk.if_,
    Import: _Walk.import_,
    ImportFrom: _Walk.import_from,
    Match: _Walk.match,
    Nonlocal: _Walk.declaration,
    Pass: _Walk.nothing,
    Raise: _Walk.raise_,
    Return: _Walk.return_,
    Try: _Walk.try_,
    While: _Walk.while_,
    With: _Walk.with_,
}


class _Settlement:
    """Decides, once the walk is over, where every variable lies."""

    def __init__(self, walk: _Walk) -> None:
        self.walk = walk
        self.unsure = walk.resolution.unsure

    def all(self) -> None:
        scopes = self.walk.scopes
        for scope in reversed(scopes):
            self.gather(scope)
        for scope in scopes:
            if scope.owner is scope:
                self.lay_out(scope)
        for scope in scopes:
            if scope._doubtful and scope.kind != "module":
                self.judge(scope)

    def gather(self, scope: Scope) -> None:
        """Pass on to the scope around what this one needs from it; inner scopes come first."""
        parent = scope.parent
        if parent is None:
            return
        scope.uses |= scope.calls
        bound, inner, uses = scope.bound, scope._inner, scope.uses
        if scope.kind == "comprehension":
            needed = uses.difference(bound)
            (parent._inner if parent.kind == "class" else parent.uses).update(needed)
            parent._inner.update(inner.difference(bound))
            return
        if scope.kind == "class":
            needs = uses.difference(bound, scope.globals)
            needs |= inner
            needs.discard("__class__")
        else:
            needs = uses | inner
            needs.difference_update(bound, scope.globals)
        for name in scope.nonlocals:
            needs.add(name)
            self.rebind(scope, name)
        scope._needs = needs
        parent._inner |= needs
        shaky = scope._shaky | (scope._rebound & scope._deleted)
        if shaky:
            self.distrust(scope, shaky)

    def rebind(self, scope: Scope, name: str) -> None:
        """Tell the function whose variable it is that an inner one assigns or deletes it."""
        around = scope.parent
        while around is not None:
            if around.kind in ("function", "lambda") and name in around.bound:
                around._rebound.add(name)
                if name in scope._deleted:
                    around._deleted.add(name)
                return
            around = around.parent

    def distrust(self, scope: Scope, names: set[str]) -> None:
        for node in scope.node.walk():
            if type(node) is Name and node.id in names:
                self.unsure.add(id(node))

    def lay_out(self, scope: Scope) -> None:
        """Give each variable of a frame its slot; the frames around have theirs already."""
        names, places, cells = scope.names, scope._places, scope._cells
        made: list[int] = []
        if scope.kind == "generator":
            names.append(".0")
        if scope.kind == "class":
            for name in scope.bound:
                places[name] = ("class", len(names), ("global", name))
                names.append(name)
            if "__class__" in scope._inner:
                cells["__class__"] = len(names)
                made.append(len(names))
                names.append("__class__")
        elif scope.kind != "module":
            self.give(scope, scope, made)
            for slot in made:
                cells[names[slot]] = slot
        for inlined in scope._inlined:
            fresh: list[int] = []
            self.give(inlined, scope, fresh)
            inlined.fresh = tuple(fresh)
        scope.cells = tuple(made)
        if scope.parent is not None:
            self.free(scope, scope.parent)
        scope.size = len(names)

    def give(self, scope: Scope, owner: Scope, cells: list[int]) -> None:
        """The next slots of the owner for the names that a scope binds."""
        names, inner = owner.names, scope._inner
        for name in scope.bound:
            slot = len(names)
            names.append(name)
            if name in inner:
                cells.append(slot)
                scope._places[name] = ("cell", slot)
            else:
                scope._places[name] = ("local", slot)

    def free(self, scope: Scope, parent: Scope) -> None:
        """The cells that a frame takes over from the frame around it."""
        slots: list[int] = []
        for name in sorted(scope._needs):
            slot = _cell_in(parent, name)
            if slot is None:
                if name in scope.nonlocals:
                    self.unbound_nonlocal(scope.nonlocals[name], name)
                continue
            slots.append(slot)
            scope._cells[name] = len(scope.names)
            if name not in scope.bound:
                scope._places[name] = ("cell", len(scope.names))
            scope.names.append(name)
        scope.free = tuple(slots)
        if scope.uses_super and "__class__" not in scope._cells:
            scope.uses_super = False

    def unbound_nonlocal(self, node: Node, name: str) -> None:
        walk = self.walk
        start, end = walk.place_of(name, node.start + len("nonlocal"), node.end)
        hint = f"for the name at module level, write `global {name}`" if name in walk.resolution.globals else None
        walk.error("unknown-nonlocal", f"no binding for nonlocal '{name}' found", start, end, hint=hint)

    def judge(self, scope: Scope) -> None:
        """Which of the doubtful reads may really find no value."""
        known: dict[str, bool] = {}
        for node in scope._doubtful:
            name = node[2]
            sure = known.get(name)
            if sure is None:
                kind = scope.place(name)[0]
                sure = known[name] = kind != "local" and (kind != "cell" or _is_sure(scope, name))
            if not sure:
                self.unsure.add(id(node))


def _cell_in(scope: Scope, name: str) -> int | None:
    """The slot, in the frame of a scope's owner, of the cell that an inner frame means by a name."""
    while scope.kind == "comprehension" and scope.parent is not None:
        if name in scope.bound:
            slot: int = scope._places[name][1]
            return slot
        scope = scope.parent
    return scope._cells.get(name)


def _is_sure(scope: Scope, name: str) -> bool:
    """Whether a doubtful name in a cell is a variable of a frame around that had a value when this one was defined."""
    at: Scope | None = scope
    while at is not None and at.kind == "comprehension":
        if name in at.bound:
            return False
        at = at.parent
    if at is None or (at.kind != "class" and name in at.bound):
        return False
    frame, at = at, at.parent
    while at is not None:
        if at.kind == "comprehension":
            if name in at.bound:
                return name in frame._assigned
            at = at.parent
            continue
        if at.kind != "class" and name in at.bound:
            return name in frame._assigned and name not in at._deleted
        frame, at = at, at.parent
    return False
