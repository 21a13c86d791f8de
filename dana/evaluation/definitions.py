"""Functions, classes and whole programs: what owns a frame, and how one is made at a call.

A function of a program is a function of the host with the program's own signature, so that the host binds
the arguments. Its code is a stub, shared by all functions with a signature of the same form: it takes a
step, makes the frame and runs the body's closure. The body is lowered at the first call.
"""

from __future__ import annotations

import os
import sys
from _weakref import ref
from _weakrefset import WeakSet
from types import CellType, CodeType, FunctionType

from dana import nodes
from dana.evaluation.lowering import COLD, HOT, Lowering, NotFast, has_loops, may_signal
from dana.evaluation.shapes import ENVIRONMENT, FREE_NAMES, compiled, inner_code
from dana.values import NATIVES, PROGRAM_CODE, UNBOUND, Class, Module, NativeType, build_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from dana.answers import Shape
    from dana.calls import Site
    from dana.evaluation.lowering import Closure
    from dana.inference import Wanted
    from dana.limits import Meter
    from dana.overlap import Overlaps
    from dana.resolver import Resolution, Scope
    from dana.source import Source

OFTEN = 3
"""The call at which a function is worth a text of its own."""

FAST_FROM = OFTEN
"""The call at which a function becomes one of the host; 0 when it is made. The meaning is the same: see `fast`."""

MOST_CHANGED = 64
"""How many functions of one definition, made before it was called often, are changed when it is."""


def choose_tier(tier: str) -> None:
    """How functions run that programs define from now on: "1" as closures, "2" as functions of the host, or "auto"."""
    global FAST_FROM
    FAST_FROM = {"1": sys.maxsize, "2": 0}.get(tier, OFTEN)


choose_tier(os.environ.get("DANA_TIER", "auto"))


class Variables(dict):  # type: ignore[type-arg]
    """The variables of a program; built-ins that it has used are kept here too, under their names.

    `own` are the names that the program itself binds. A name that is missing is asked of `supplied`, which
    gives UNBOUND when nobody knows it, and then of `last_resort`, which raises NameError.
    """

    __slots__ = ("_bound_again", "absent", "fixed", "hot", "last_resort", "own", "read", "supplied", "unbound")

    def __init__(self, supplied: Callable[[str], Any], last_resort: Callable[[str], Any]) -> None:
        super().__init__()
        self.supplied = supplied
        self.last_resort = last_resort
        self.own: set[str] = set()
        self.absent: set[str] = set()
        """Names of methods that were taken to be no functions of the program when its hot functions were lowered."""
        self.fixed: set[str] = set()
        """Names whose values were written into hot functions."""
        self._bound_again: set[str] = set()
        self.read: set[str] = set()
        """The names that functions of the programs read, and so may be any of these variables."""
        self.unbound: set[str] = set()
        """Those that no program binds where they are read: they may be variables of a function that calls."""
        self.hot: WeakSet[Definition] = WeakSet()
        """What was lowered on these grounds, to be lowered anew should one of the names be bound, or bound again."""

    def note_reads(self, resolution: Resolution) -> None:
        """A program's functions may read these variables from now on."""
        for scope in resolution.scopes.values():
            if scope.kind != "module":
                self.read |= scope.uses
                self.unbound.update(
                    name for name in scope.uses - resolution.globals.keys() if scope.place(name)[0] == "global"
                )

    def bind(self, names: Iterable[str]) -> None:
        """The program is about to bind these names."""
        names = set(names)
        self._bound_again |= self.own & names
        self.own |= names
        if not (self.absent | self.fixed).isdisjoint(names):
            hot, self.hot = self.hot, WeakSet()
            self.absent.clear()
            self.fixed.clear()
            for definition in hot:
                definition.reset()

    def fix(self, name: str, once: frozenset[str]) -> Any:
        """The value of a name until it is bound again, or UNBOUND where nobody can tell when it is.

        `once` are the names that the program asking binds once, by a definition.
        """
        if name in self.own:
            found = self.get(name, UNBOUND) if name in once and name not in self._bound_again else UNBOUND
        else:
            found = self.visible(name)
            if type(found) is not NativeType and id(found) not in NATIVES:
                return UNBOUND
        if found is not UNBOUND:
            self.fixed.add(name)
        return found

    def __missing__(self, name: str) -> Any:
        if name == "$private":
            from dana.scopes import Shared  # only programs with such variables need it

            found = self[name] = Shared("private")
            return found
        found = self.supplied(name)
        if found is UNBOUND:
            return self.last_resort(name)
        self[name] = found
        return found

    def visible(self, name: str) -> Any:
        """The value of a name that the program binds or is supplied with, or UNBOUND."""
        found = self.get(name, UNBOUND)
        return self.supplied(name) if found is UNBOUND else found

    def module_level(self, name: str) -> Any:
        """The value of a name that a class body binds later; raises NameError, without asking the callers."""
        found = self.visible(name)
        if found is UNBOUND:
            raise NameError(f"name '{name}' is not defined", name=name)
        return found

    def delete(self, name: str) -> None:
        """`del name`"""
        if name not in self or name not in self.own:
            raise NameError(f"name '{name}' is not defined", name=name)
        del self[name]

    def forget(self, name: str) -> None:
        """The end of `except ... as name`."""
        self.pop(name, None)


class Program:
    """A text with its tree, its scopes and the variables that it works on."""

    lowering: type[Lowering] = Lowering
    """What makes its closures."""

    def __init__(
        self,
        source: Source,
        module: nodes.Module,
        resolution: Resolution,
        variables: Variables,
        meter: Meter,
        session: Any,
    ) -> None:
        self.source = source
        self.module = module
        self.resolution = resolution
        self.variables = variables
        self.meter = meter
        self.session = session
        self.overlaps: Overlaps | None = None
        """Where calls of models may be in progress; None for programs that make none."""
        self._wanted: dict[int, Wanted] | None = None
        self._defined_once: frozenset[str] | None = None
        if any("reason" in scope.uses or "reason" in scope.calls for scope in resolution.scopes.values()):
            import dana.evaluation.asking  # noqa: F401  # only programs that ask a model need these
            from dana.overlap import Overlaps

            self.overlaps = Overlaps(module, resolution, variables.read, variables.unbound)
        variables.note_reads(resolution)

    @property
    def defined_once(self) -> frozenset[str]:
        """The names that this text binds by one definition, and nowhere else in any function."""
        if self._defined_once is None:
            from dana.evaluation.numbers import defined_once  # only fast functions need it

            self._defined_once = defined_once(self.module)
        return self._defined_once

    def run(self) -> None:
        """Run the whole text once."""
        unit = self._unit()
        if self.module.body:
            unit.settled(unit.lowering.block(self.module.body))(unit.frame())

    def evaluate(self) -> Any:
        """Run the whole text; the value is that of its last statement, when that is an expression."""
        body = self.module.body
        if not body or type(body[-1]) is not nodes.ExpressionStatement:
            self.run()
            return None
        unit = self._unit()
        frame = unit.frame()
        if body[:-1]:
            unit.settled(unit.lowering.block(body[:-1]))(frame)
        return unit.lowering.closure(body[-1].value)(frame)

    def asks(self, node: nodes.Call, scope: Scope) -> bool:
        """Whether a call may ask a model."""
        from dana.inference import is_ask

        return is_ask(node, scope, self.resolution)

    def site(self, node: nodes.Call, scope: Scope) -> tuple[Site, list[Any] | None, nodes.Keyword | None]:
        """The site of a call that may ask a model; the values that its prompt names, where the prompt is written
        at the call, and the keyword that states a type."""
        from dana.calls import Site
        from dana.evaluation.asking import template
        from dana.evidence import UnknownType, stated_shape

        found = template(node.arguments[0], self.source.text) if node.arguments else None
        pieces, values = found or (None, None)
        stated = None
        for keyword in node.keywords:
            if keyword.name == "returns":
                try:
                    stated_shape(keyword.value, self._later_type)
                    stated = keyword
                except UnknownType:
                    stated = None
        line, column = self.source.position(node.start)
        kept = self.overlaps is not None and id(node) in self.overlaps.kept
        site = Site(lambda: self.wanted(node), pieces, kept, self.source.name, line, column)
        return site, values, stated

    def wanted(self, node: nodes.Call) -> Wanted:
        """The shape of the answer that a call needs."""
        if self._wanted is None:
            from dana.inference import infer

            self._wanted = infer(self.module, self.resolution, named=self._type)
        return self._wanted[id(node)]

    def _type(self, name: str) -> Shape | None:
        """The shape of a type that the program defines."""
        if "dana.structs" not in sys.modules:
            return None
        from dana.structs import shape_of

        return shape_of(self.variables.visible(name))

    def _later_type(self, name: str) -> Shape | None:
        """The same before the program has run: the shape of a type that it will define is not known yet."""
        from dana.inference import written_types

        return self._type(name) or written_types(self.resolution)(name)

    def _unit(self) -> Unit:
        """What runs the text, whose variables are about to be bound."""
        self.variables.bind(self.resolution.globals)
        return Unit(self, self.resolution.scopes[id(self.module)])


class Unit:
    """What owns a frame: the whole text, a function, a class body or a generator expression."""

    __slots__ = (
        "_definitions", "is_workflow", "known_numbers", "lowering", "meter", "overlap", "program", "resolution",
        "scope", "source", "variables", "weights", "yielding",
    )  # fmt: skip

    def __init__(self, program: Program, scope: Scope) -> None:
        self.program = program
        self.scope = scope
        self.source = program.source
        self.resolution = program.resolution
        self.variables = program.variables
        self.meter = program.meter
        self.yielding: dict[int, bool] = {}
        self.weights: dict[int, int] = {}
        self.overlap = None if program.overlaps is None else program.overlaps.of(scope)
        self.lowering = program.lowering(self, scope)
        self._definitions: dict[int, Definition] = {}
        self.known_numbers: frozenset[int] | None = None
        """What `numbers` has found; None before, and when the program has changed what that rests on."""
        self.is_workflow = getattr(scope.node, "kind", "") == "workflow"

    def frame(self) -> list[Any]:
        """A fresh frame for a unit without parameters and captured variables."""
        frame: list[Any] = [UNBOUND] * self.scope.size
        for slot in self.scope.cells:
            frame[slot] = [UNBOUND]
        return frame

    def settled(self, body: Closure) -> Closure:
        """The closure of a body at whose end no call of a model is in progress any more."""
        if self.overlap is None:
            return body
        from dana.evaluation.asking import settle

        if self.scope.kind == "module":
            names, variables = sorted(self.overlap.names), self.variables

            def run(f: list[Any]) -> Any:
                try:
                    return body(f)
                finally:
                    settle(variables, names)

            return run
        slots = sorted(self.overlap.slots)

        def call(f: list[Any]) -> Any:
            try:
                return body(f)
            finally:
                settle(f, slots)

        return call

    def is_free(self, slot: int) -> bool:
        """Whether a slot holds a variable of a function around this one."""
        return slot >= self.scope.size - len(self.scope.free)

    def numbers(self) -> frozenset[int]:
        """The slots of the function's variables that never hold anything but numbers."""
        if self.known_numbers is None:
            from dana.evaluation.numbers import slots_of_numbers  # only fast functions need it

            self.known_numbers = slots_of_numbers(self)
        return self.known_numbers

    def first_parameter(self) -> str:
        """The name of the first parameter of the function."""
        if not self.scope.parameter_count:
            return "super"
        return self.scope.names[0]

    def is_visible(self, name: str, scope: Scope) -> bool:
        """Whether a name means something where it stands: then `x.name()` may be a call of it."""
        if (
            scope.place(name)[0] != "global"
            or self.variables.visible(name) is not UNBOUND
            or name in self.resolution.globals
        ):
            return True
        self.variables.absent.add(name)
        return False

    def definition(self, node: Any) -> Definition:
        """The definition that a node of this unit stands for."""
        found = self._definitions.get(id(node))
        if found is None:
            found = self._definitions[id(node)] = Definition(Unit(self.program, self.resolution.scopes[id(node)]), node)
        return found

    def class_builder(self, node: nodes.ClassDefinition) -> Callable[[list[Any], tuple[Any, ...]], Class]:
        """The function that runs a class body and makes the class, given the frame around it and the bases."""
        unit = Unit(self.program, self.resolution.scopes[id(node)])
        inner = unit.scope
        body: Closure | None = None
        names = [
            (name, place[1])
            for name in dict.fromkeys(inner.names)
            if name != "__class__" and (place := inner.place(name))[0] == "class"
        ]
        own_cell = next((slot for slot in inner.cells if inner.names[slot] == "__class__"), None)

        def build(f: list[Any], bases: tuple[Any, ...]) -> Class:
            nonlocal body
            if body is None:
                body = unit.lowering.block(node.body)
            frame = unit.frame()
            for at, slot in enumerate(inner.free, inner.size - len(inner.free)):
                frame[at] = f[slot]
            body(frame)
            members = {name: frame[slot] for name, slot in names if frame[slot] is not UNBOUND}
            if node.kind in ("struct", "resource"):
                built = self.struct(node, inner, frame)
            elif node.kind == "interface":
                built = self.interface(node, inner, frame)
            elif node.kind in ("agent_blueprint", "agent"):
                values = {name: value for name, value in members.items() if name != "__doc__"}
                built = self.agent(node, inner, values, bases)
            else:
                if inner.docstring is not None:
                    members["__doc__"] = inner.docstring
                built = build_class(node.name, bases, members, inner.qualified_name)
            if own_cell is not None:
                frame[own_cell][0] = built
            return built

        return build

    def struct(self, node: nodes.ClassDefinition, scope: Scope, frame: list[Any]) -> Class:
        """The class of a struct whose body has run in a frame."""
        from dana.structs import Field, Layout, Resource, Struct, build_struct  # only programs with structs need them

        fields = []
        for name, field in node.declared().items():
            default = UNBOUND if field.value is None else frame[scope.place(name)[1]]
            fields.append(Field(name, field.annotation, default, self.source.comment(field.start, field.end)))
        variables = self.variables
        layout = Layout(node.name, fields, variables.visible, scope.docstring)
        return build_struct(layout, scope.qualified_name, Struct if node.kind == "struct" else Resource)

    def interface(self, node: nodes.ClassDefinition, scope: Scope, frame: list[Any]) -> Any:
        """The type of an interface whose body has run in a frame."""
        from dana.interfaces import build_interface  # only programs with interfaces need it

        signatures = [each for each in node.body if isinstance(each, nodes.FunctionDefinition)]
        functions = [frame[scope.place(each.name)[1]] for each in signatures]
        return build_interface(node.name, functions, scope.docstring)

    def agent(self, node: nodes.ClassDefinition, scope: Scope, values: dict[str, Any], bases: tuple[Any, ...]) -> Any:
        """The type of an `agent_blueprint`, or the agent of an `agent`, whose body has given names these values."""
        from dana.agents import build_agent  # only programs with such agents need it

        above = bases[0] if bases else None
        base, doc, variables = self.variables.supplied("Agent"), scope.docstring, self.variables
        name, comment = scope.qualified_name, self.source.comment
        return build_agent(node, above, base, values, comment, variables.visible, doc, name)

    @staticmethod
    def workflow(name: str, value: Any, doc: str | None) -> Any:
        """`workflow name(...)` and `workflow name = stages`"""
        from dana.workflows import Workflow  # only programs with workflows need it

        return Workflow(name, value, doc)

    @staticmethod
    def stepped(function: Any, name: str) -> Any:
        """What a workflow calls by a name."""
        from dana.workflows import stepped

        return stepped(function, name)

    def receive(self, types: Any, name: str, function: Any) -> None:
        """`def (value: types) name(...)`"""
        from dana.structs import receive  # only programs with receivers need them

        receive(types, name, function, self.program.session.receivers)

    def import_module(self, name: str, whole: bool) -> Module:
        """`import name`; `whole` when the last part of a dotted name is bound, not the first."""
        module: Module = self.program.session.import_module(name, 0, self.source)
        if whole or "." not in name:
            return module
        return self.program.session.import_package(name, self.source)  # type: ignore[no-any-return]

    def import_from(self, name: str, level: int) -> Module:
        """The module of `from name import ...`"""
        return self.program.session.import_module(name, level, self.source)  # type: ignore[no-any-return]

    def import_member(self, module: Module, name: str) -> Any:
        """`name` of `from module import name`"""
        return self.program.session.import_member(module, name, self.source)

    def import_all(self, module: Module) -> None:
        """`from module import *`"""
        if module.name.endswith(".py"):
            raise ImportError(f"from {module.name} import * is not possible: say which names", name=module.name)
        names = module.starred()
        self.variables.bind(names)
        self.variables.update((name, module.members[name]) for name in names)


class Definition:
    """A `def`, a `lambda` or a generator expression: makes a function each time it is evaluated."""

    __slots__ = (
        "__weakref__", "_again", "_cells_at", "_closure", "_code", "_doc", "_made", "_site", "_stub", "node",
        "unit",
    )  # fmt: skip

    def __init__(self, unit: Unit, node: Any) -> None:
        self.unit = unit
        self.node = node
        scope = unit.scope
        self._doc = scope.docstring
        body = CellType()
        body.cell_contents = self._first_call(body)
        self._site = CellType(None)
        self._made: list[ref[FunctionType]] = []
        code = _stub_code(node, scope)
        meter = unit.meter
        values = {
            "body": body,
            "pop": CellType(meter.tank.pop),
            "refill": CellType(meter.refill),
            "enter": CellType(meter.depth.pop),
            "leave": CellType(meter.depth.append),
            "too_deep": CellType(meter.too_deep),
            "cells": CellType(()),
            "name": CellType(scope.name),
            "qualified_name": CellType(scope.qualified_name),
            "meter": CellType(meter),
            "site": self._site,
            "definition": CellType(self),
        }
        self._code = self._stub = self._named(code)
        self._closure = tuple(values[name] for name in code.co_freevars)
        self._cells_at = code.co_freevars.index("cells") if "cells" in code.co_freevars else -1

    def instantiate(self, f: list[Any], defaults: tuple[Any, ...], keywords: dict[str, Any] | None) -> FunctionType:
        """A function that sees the variables of the frame in which it is made."""
        closure = self._closure
        at = self._cells_at
        if at >= 0:
            cells = CellType([f[slot] for slot in self.unit.scope.free])
            closure = (*closure[:at], cells, *closure[at + 1 :])
        function = FunctionType(self._code, ENVIRONMENT, None, defaults or None, closure)
        if keywords is not None:
            function.__kwdefaults__ = keywords
        function.__doc__ = self._doc
        if self._code is self._stub and len(self._made) < MOST_CHANGED:
            self._made.append(ref(function))
            if not FAST_FROM and len(self._made) == 1:
                self._hasten()
        return function

    def header(self, prefix: str) -> str:
        """The parameters of the function as the host takes them, by names that are numbered."""
        return _signature(getattr(self.node, "parameters", None), prefix)[0]

    def _named(self, code: CodeType) -> CodeType:
        """The code of a function with the names that the program gives it and its parameters."""
        scope = self.unit.scope
        names = [scope.names[slot] for slot in range(scope.parameter_count)]
        if type(self.node) is nodes.GeneratorExpression:
            names = ["iterator"]
        return code.replace(
            co_name=scope.name,
            co_qualname=scope.qualified_name,
            co_varnames=_in_host_order(names, self.node) + code.co_varnames[len(names) :],
        )

    def _first_call(self, body: CellType) -> Closure:
        """Lowers the body when the function is called for the first time, and better when it is called often."""
        calls = 0
        cold: Closure | None = None

        def first(f: list[Any]) -> Any:
            nonlocal calls, cold
            calls += 1
            hastened = calls == FAST_FROM and self._hasten()  # from the next call on
            if calls >= OFTEN and not hastened:
                body.cell_contents = hot = self.lower(HOT)
                self.unit.variables.hot.add(self)
                return hot(f)
            if cold is None:
                cold = self._for_long_calls()
                if cold is None:
                    cold = self.lower(COLD)
                else:
                    self.unit.variables.hot.add(self)
            return cold(f)

        def again() -> None:
            nonlocal calls, cold
            calls = min(OFTEN, FAST_FROM) - 1
            cold = None
            body.cell_contents = first

        self._again = again
        return first

    def _for_long_calls(self) -> Closure | None:
        """A closure for a function that has loops; None where there are none, or variables have to be in a frame."""
        if sys.maxsize == FAST_FROM or type(self.node) is not nodes.FunctionDefinition or not has_loops(self.node.body):
            return None
        from dana.evaluation.fast import lower_loops  # most functions have none

        try:
            return lower_loops(self)
        except NotFast:
            return None

    def _hasten(self) -> bool:
        """Make the functions fast; whether they can be."""
        from dana.evaluation.fast import lower  # most programs call nothing often

        try:
            code, site = lower(self)
        except NotFast:
            return False
        self._site.cell_contents = site
        self._change(self._named(code))
        self.unit.variables.hot.add(self)
        return True

    def reset(self) -> None:
        """Lower the function anew at its next call: what its code rests on does not hold any more."""
        self.unit.known_numbers = None
        self._again()
        self._change(self._stub)

    def _change(self, code: CodeType) -> None:
        """Give the functions that there are, and those to come, this code."""
        self._code = code
        for made in self._made:
            function = made()
            if function is not None:
                function.__code__ = code

    def lower(self, size: tuple[int, int]) -> Closure:
        """The closure of the body."""
        lowering = self.unit.lowering
        if type(self.node) is nodes.GeneratorExpression:
            return lowering.generator_body(self.node)
        if type(self.node) is nodes.Lambda:
            return lowering.closure(self.node.body, size)
        return self.unit.settled(lowering.block(self.node.body, size))


def definition_of(function: FunctionType) -> Definition:
    """The definition that a function of a program was made by."""
    cells = function.__closure__
    assert cells is not None
    found: Definition = cells[function.__code__.co_freevars.index("definition")].cell_contents
    return found


def _in_host_order(names: list[str], node: Any) -> tuple[str, ...]:
    """Names in the order of Parameters.all() as the host orders them: variadic after keyword-only."""
    parameters = getattr(node, "parameters", None)
    if parameters is None or parameters.variadic is None:
        return tuple(names)
    at = len(parameters.positional_only) + len(parameters.positional)
    after = at + 1 + len(parameters.keyword_only)
    return (*names[:at], *names[at + 1 : after], names[at], *names[after:])


def _stub_code(node: Any, scope: Scope) -> CodeType:
    """The code of the functions that a node defines, but for their names."""
    header, values = _signature(getattr(node, "parameters", None), "a")
    cells = set(scope.cells)
    slots = [f"[{value}]" if slot in cells else value for slot, value in enumerate(values)]
    own = scope.size - len(scope.free)
    slots += ["[U]" if slot in cells else "U" for slot in range(len(values), own)]
    if scope.free:
        slots.append("*cells")
    frame = "[" + ", ".join(slots) + "]"
    if scope.is_generator:
        run = [f"return named_generator(body({frame}), name, qualified_name, meter)"]
    elif type(node) is nodes.Lambda or (may_signal_all(node.body) and always_returns(node.body)):
        run = ["try: enter()", "except IndexError: too_deep()", f"try: return body({frame})", "finally: leave(None)"]
    else:
        last = "return None if result is N else result" if may_signal_all(node.body) else "return None"
        run = [
            "try: enter()",
            "except IndexError: too_deep()",
            f"try: result = body({frame})",
            "finally: leave(None)",
            last,
        ]
    lines = ["try: pop()", "except IndexError: refill()", *run, "site, definition"]
    source = f"def make({', '.join(FREE_NAMES)}):\n def stub({header}):\n  " + "\n  ".join(lines) + "\n return stub"
    return inner_code(compiled(source, PROGRAM_CODE))


def may_signal_all(body: Sequence[nodes.Statement]) -> bool:
    """Whether a function with this body may return a value before its end."""
    return any(may_signal(statement) for statement in body)


def always_returns(body: Sequence[nodes.Statement]) -> bool:
    """Whether a body certainly ends by `return`, so that its end is never reached."""
    last = body[-1]
    if isinstance(last, nodes.If):
        return bool(last.otherwise) and always_returns(last.body) and always_returns(last.otherwise)
    return isinstance(last, (nodes.Return, nodes.Raise))


def _signature(parameters: nodes.Parameters | None, prefix: str) -> tuple[str, list[str]]:
    """The header of a function, and the variables that fill the first slots of the frame."""
    if parameters is None:
        return f"{prefix}0", [f"{prefix}0"]
    header: list[str] = []
    values: list[str] = []

    def add(stars: str = "") -> None:
        name = f"{prefix}{len(values)}"
        header.append(stars + name)
        values.append(name)

    for _ in parameters.positional_only:
        add()
    if parameters.positional_only:
        header.append("/")
    for _ in parameters.positional:
        add()
    if parameters.variadic is not None:
        add("*")
    elif parameters.keyword_only:
        header.append("*")
    for _ in parameters.keyword_only:
        add()
    if parameters.keywords is not None:
        add("**")
    return ", ".join(header), values
