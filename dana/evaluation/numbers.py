"""Which variables of a function can hold nothing but numbers, whatever is passed to it."""

from __future__ import annotations

from dana import nodes
from dana.evaluation.lowering import ARITHMETIC
from dana.values import NativeType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dana.evaluation.definitions import Unit

_ANYTHING = nodes.Constant(0, 0, None)
"""Stands for a value that is not known."""


def slots_of_numbers(unit: Unit) -> frozenset[int]:
    """The slots of variables that are bound to numbers only: the largest set that all bindings agree with."""
    scope = unit.scope
    bindings: dict[int, list[nodes.Node]] = {}
    for name, value in _bindings(getattr(scope.node, "body", ())) if scope.kind == "function" else ():
        place = scope.place(name)
        if place[0] == "local":
            if isinstance(value, nodes.For):
                value = nodes.Constant(0, 0, 0) if _is_range(value.iterable, unit) else _ANYTHING
            bindings.setdefault(place[1], []).append(value)
    for slot in range(scope.parameter_count):
        bindings.pop(slot, None)
    found = frozenset(bindings)
    while True:
        unit.known_numbers = found  # for is_number
        kept = frozenset(slot for slot in found if all(map(unit.lowering.is_number, bindings[slot])))
        if kept == found:
            return found
        found = kept


def defined_once(module: nodes.Module) -> frozenset[str]:
    """The names that a program binds by a `def` or a class outside of all else, and nowhere again, in no function."""
    definitions = (nodes.FunctionDefinition, nodes.ClassDefinition)
    found = [each.name for each in module.body if isinstance(each, definitions)]
    bound = [name for name, _ in _bindings(module.body, inside=True)]
    return frozenset(name for name in found if bound.count(name) == 1)


def _bindings(body: Iterable[nodes.Node], inside: bool = False) -> Iterator[tuple[str, nodes.Node]]:
    """What statements bind to names, and delete: names and values; a loop's value is the loop.

    With `inside` also what functions and classes do in them.
    """
    pending = list(body)
    while pending:
        node = pending.pop()
        targets: list[tuple[nodes.Node, nodes.Node]] = []
        if isinstance(node, (nodes.FunctionDefinition, nodes.ClassDefinition)):
            yield node.name, _ANYTHING
            if not inside:
                continue
        elif isinstance(node, nodes.Assignment):
            targets = [(target, node.value) for target in node.targets]
        elif isinstance(node, nodes.AnnotatedAssignment):
            targets = [(node.target, node.value or _ANYTHING)]
        elif isinstance(node, nodes.AugmentedAssignment):
            targets = [(node.target, node.value if node.operator in ARITHMETIC else _ANYTHING)]
        elif isinstance(node, nodes.NamedExpression):
            targets = [(node.target, node.value)]
        elif isinstance(node, nodes.For):
            targets = [(node.target, node)]
        elif isinstance(node, nodes.ForClause) and inside:
            targets = [(node.target, _ANYTHING)]
        elif isinstance(node, nodes.With):
            targets = [(item.target, _ANYTHING) for item in node.items if item.target is not None]
        elif isinstance(node, nodes.Delete) and inside:
            targets = [(target, _ANYTHING) for target in node.targets]
        elif isinstance(node, nodes.Try):
            yield from ((clause.name, _ANYTHING) for clause in node.handlers if clause.name is not None)
        elif isinstance(node, (nodes.Import, nodes.ImportFrom)):
            yield from ((alias.bound or alias.name.partition(".")[0], _ANYTHING) for alias in node.names)
        elif isinstance(node, nodes.Workflow):
            yield node.name, _ANYTHING
        elif isinstance(node, nodes.Match):
            for part in (part for case in node.cases for part in case.pattern.walk()):
                for name in (getattr(part, "name", None), getattr(part, "rest", None)):
                    if name is not None:
                        yield name, _ANYTHING
        for target, value in targets:
            yield from _names(target, value)
        pending.extend(node.children())


def _names(target: nodes.Node, value: nodes.Node) -> Iterator[tuple[str, nodes.Node]]:
    if isinstance(target, nodes.Name):
        yield target.id, value
    elif isinstance(target, nodes.Starred):
        yield from _names(target.value, _ANYTHING)
    elif isinstance(target, (nodes.TupleDisplay, nodes.ListDisplay)):
        for item in target.items:
            yield from _names(item, _ANYTHING)


def _is_range(node: nodes.Node, unit: Unit) -> bool:
    """Whether a loop goes over the library's `range`; once the program binds that name, functions are lowered anew."""
    if not (isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name) and node.function.id == "range"):
        return False
    if unit.scope.place("range")[0] != "global":
        return False
    found = unit.variables.fix("range", frozenset())
    return type(found) is NativeType and found.name == "range"


__all__ = ["defined_once", "slots_of_numbers"]
