"""What a function of a program takes: its parameters by name, with the shapes that their types state."""

from __future__ import annotations

from dana import nodes
from dana.answers import Anything, Mismatch, Object, shown
from dana.evaluation.definitions import definition_of
from dana.evidence import UnknownType, stated
from dana.structs import shape_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType
    from typing import Any

    from dana.answers import Shape


class Signature:
    """The parameters of a function: `shape` is that of all of them as an object.

    `untyped` are those whose type nobody has stated; `by_place` those that are given by their place only. Raises
    TypeError for `*args`, `**kwargs` and types that are none.
    """

    __slots__ = ("by_place", "name", "shape", "untyped")

    def __init__(self, function: FunctionType, bound: bool = False) -> None:
        definition = definition_of(function)
        unit = definition.unit
        parameters: nodes.Parameters = definition.node.parameters
        self.name: str = function.__name__
        if parameters.variadic is not None or parameters.keywords is not None:
            raise TypeError("it takes any arguments, and has to say which")
        taken = [*parameters.positional_only, *parameters.positional][1 if bound else 0 :]
        self.untyped: list[str] = []
        fields: dict[str, Shape] = {}
        optional = []
        for parameter in (*taken, *parameters.keyword_only):
            if parameter.annotation is None:
                self.untyped.append(parameter.name)
                shape: Shape = Anything()
            else:
                try:
                    shape = stated(parameter.annotation, lambda name: shape_of(unit.variables.visible(name)))
                except UnknownType as error:
                    raise TypeError(f"the type of its parameter {parameter.name} is none: {error}") from None
            if unit.source.begins_line(parameter.start):
                shape.description = unit.source.comment(parameter.start, parameter.end)
            fields[parameter.name] = shape
            if parameter.default is not None:
                optional.append(parameter.name)
        self.shape = Object(fields, optional)
        self.by_place = [each.name for each in taken if each in parameters.positional_only]

    def checked(self, given: dict[str, Any]) -> dict[str, Any]:
        """Arguments by their names, each of its type; raises Mismatch."""
        fields = self.shape.fields
        for key in given:
            if key not in fields:
                there = f"there are {', '.join(fields)}" if fields else "there are none"
                raise Mismatch("arguments", f"only parameters of {self.name}", f"{shown(key)}; {there}")
        for name, shape in fields.items():
            if name not in given and name not in self.shape.optional:
                raise Mismatch(name, shape.words(), "nothing")
        return {name: fields[name].check(value, name) for name, value in given.items()}

    def named(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """Arguments that are given by place, by their names; raises TypeError when there are too many."""
        if len(values) > len(self.shape.fields):
            raise TypeError(f"{self.name}() takes {len(self.shape.fields)} arguments, and gets {len(values)}")
        return dict(zip(self.shape.fields, values, strict=False))

    def call(self, function: Any, given: dict[str, Any]) -> Any:
        """Call the function with arguments by their names."""
        left = dict(given)
        first = [left.pop(each) for each in self.by_place if each in left]
        return function(*first, **left)
