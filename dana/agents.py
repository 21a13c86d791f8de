"""Declared agents: `agent_blueprint` defines a type of them, and `agent` one that there is once."""

from __future__ import annotations

from dana.errors import nearest
from dana.structs import Field, Layout, Resource
from dana.values import UNBOUND, Class, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dana.nodes import AnnotatedAssignment, ClassDefinition

SETTINGS = (
    "name role description instructions fields model settings actions tools memory max_tool_calls max_turns "
    "max_characters"
).split()
"""What the library's `create_agent` takes; a declared agent may state it without declaring a field."""

_OWN = frozenset(("conversation", "functions", "state"))
"""The attributes that every agent has besides."""


class Declared(Resource):
    """The class above every declared agent: typed fields as a struct has them, and all that the library's Agent does.

    Its fields are told to the model, but for those whose names begin with an underscore.
    """

    __slots__ = ()

    def __init__(self, /, **keywords: Any) -> None:
        kind: Any = type(_agent(self))
        layout: Layout = kind.__struct__
        config = {"name": layout.name, "description": layout.doc or "", **kind.__settings__}
        given: dict[str, Any] = {}
        for name, value in keywords.items():
            if name not in layout.fields and name not in SETTINGS:
                raise TypeError(f"{layout.name}() has no field {name}{_meant(name, layout)}")
            (given if name in layout.fields else config)[name] = value
        super().__init__(**given)
        own = dict(self.__dict__)
        config |= {name: value for name, value in own.items() if name in SETTINGS}
        told = {name: value for name, value in own.items() if name not in SETTINGS and name[:1] != "_"}
        agent = kind.__agent__(config)
        self.__dict__.update(vars(agent))
        self.__dict__.update(own)
        self.__dict__["fields"] = {**agent.fields, **told}

    def __setattr__(self, name: str, value: Any) -> None:
        own = _agent(self).__dict__
        if name in type(self).__struct__.fields:  # type: ignore[attr-defined]
            super().__setattr__(name, value)
            if name in own["fields"]:
                own["fields"][name] = own[name]
        elif name in own:
            own[name] = value
        else:
            raise AttributeError(f"{own['name']} has no field {name}", name=name, obj=self)

    def __repr__(self) -> str:
        return f"<agent {_agent(self).__dict__['name']}>"


def _agent(value: Any) -> Declared:
    """A declared agent; raises TypeError for another value, which a program may give `A.__init__`."""
    if isinstance(value, Declared):
        return value
    raise TypeError(f"this is of an agent, and is called with a {type_name(value)}")


def build_agent(
    node: ClassDefinition, base: Any, agent: Class, values: dict[str, Any], comment: Callable[..., str | None],
    named: Callable[[str], Any], doc: str | None, qualified_name: str,
) -> Any:  # fmt: skip
    """The type of an `agent_blueprint`, or the one agent of an `agent`.

    `base` is the blueprint of an agent, or None; `agent` the library's class Agent; `values` what the body gives
    names, and `comment` what is written beside a field. Raises TypeError for a base that is no blueprint, and for names
    that are no field or cannot be one.
    """
    if base is not None and not (type(base) is Class and issubclass(base, Declared)):
        raise TypeError(f"{node.name} is an agent, and what stands in parentheses is no agent_blueprint")
    declared = node.declared()
    fields, settings = _inherited(base, values), dict(getattr(base, "__settings__", {}))
    for name, field in declared.items():
        _check_name(name, agent)
        default = values.get(name, UNBOUND)
        fields[name] = _field(name, field, default, comment)
    for name, value in values.items():
        if name in fields:
            continue
        if name not in SETTINGS:
            known = Layout(node.name, list(fields.values()), named, None)
            raise TypeError(f"{node.name} has no field {name}{_meant(name, known)}")
        settings[name] = value
    layout = Layout(
        node.name, list(fields.values()), named, doc or (_layout_of(base).doc if base is not None else None)
    )
    namespace = {
        "__slots__": (), "__struct__": layout, "__settings__": settings, "__agent__": agent, "__match_args__": (),
        "__qualname__": qualified_name, "__module__": "__main__", "__doc__": layout.doc,
    }  # fmt: skip
    built = Class.__new__(Class, node.name, (Declared, agent) if base is None else (base,), namespace)
    return built() if node.kind == "agent" else built


def _layout_of(base: Any) -> Layout:
    layout: Layout = base.__struct__
    return layout


def _inherited(base: Any, values: dict[str, Any]) -> dict[str, Field]:
    """The fields of a blueprint, with what an agent gives them."""
    if base is None:
        return {}
    layout = _layout_of(base)
    if not layout.ready:
        layout.settle()
    fields = {}
    for name, field in layout.fields.items():
        fields[name] = Field(name, field.annotation, values.get(name, field.default), field.description)
        fields[name].shape = field.shape
    return fields


def _field(name: str, node: AnnotatedAssignment, default: Any, comment: Callable[..., str | None]) -> Field:
    return Field(name, node.annotation, default, comment(node.start, node.end))


def _check_name(name: str, agent: Class) -> None:
    """Refuse the name of a field that every agent has for something else."""
    if name in _OWN or (name not in SETTINGS and hasattr(agent, name)):
        raise TypeError(f"every agent has {name} already: the field needs another name")


def _meant(name: str, layout: Layout) -> str:
    like = nearest(name, [*layout.fields, *SETTINGS])
    return f" (did you mean {like}?)" if like else ""
