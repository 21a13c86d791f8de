"""Structs: values with named fields, each of a type that is checked when it is set."""

from __future__ import annotations

from types import UnionType

from dana.answers import Mismatch, Object, Shape, shown
from dana.errors import nearest
from dana.evidence import UnknownType, stated
from dana.formatting import represent
from dana.values import UNBOUND, Class, FieldError, Instance, NativeType, TypeUnion, is_special, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from dana.modules import Receivers
    from dana.nodes import Expression


class Field:
    """A field of a struct: its name, the node of its type, what it is when nobody says (UNBOUND for nothing)."""

    __slots__ = ("annotation", "default", "description", "name", "shape")

    def __init__(self, name: str, annotation: Expression, default: Any, description: str | None) -> None:
        self.name = name
        self.annotation = annotation
        self.default = default
        self.description = description
        self.shape: Shape | None = None


class Layout:
    """The fields of a struct; their types are found when first needed, since one may name a struct that comes later."""

    __slots__ = ("_named", "doc", "fields", "name", "ready")

    def __init__(self, name: str, fields: Sequence[Field], named: Callable[[str], Any], doc: str | None) -> None:
        self.name = name
        self.fields = {field.name: field for field in fields}
        self.doc = doc
        self.ready = False
        self._named = named

    def settle(self) -> None:
        """Find the types of all fields; raises TypeError for what is none."""
        self.ready = True
        for field in self.fields.values():
            if field.shape is not None:
                continue  # that of a blueprint
            try:
                field.shape = stated(field.annotation, self._shape)
            except UnknownType as error:
                self.ready = False
                raise TypeError(f"the field {field.name} of {self.name}: {error} is not a type of a field") from None
            field.shape.description = field.description

    def _shape(self, name: str) -> Shape | None:
        return shape_of(self._named(name))

    def checked(self, field: Field, value: Any) -> Any:
        """A value for a field; raises FieldError."""
        assert field.shape is not None
        try:
            return field.shape.check(value, f"{self.name}.{field.name}")
        except Mismatch as mismatch:
            got = mismatch.got if _is_plain(value) else f"a {type_name(value)}"
            raise FieldError(f"{mismatch.path}: wanted {mismatch.wanted}, got {got}") from None


def _is_plain(value: Any) -> bool:
    return type(value) in (str, int, float, bool, list, dict, type(None))


class Struct(Instance):
    """The class above every struct."""

    __slots__ = ()

    def __init__(self, /, *arguments: Any, **keywords: Any) -> None:
        layout = _layout(self)
        if not layout.ready:
            layout.settle()
        own = self.__dict__
        fields = layout.fields
        if len(arguments) > len(fields):
            raise TypeError(f"{layout.name}() has {_counted(len(fields))}, but gets {len(arguments)} values")
        given = dict(zip(fields, arguments, strict=False))
        for name, value in keywords.items():
            if name in given:
                raise TypeError(f"{layout.name}() got two values for the field {name}")
            if name not in fields:
                raise TypeError(f"{layout.name}() has no field {name}{_meant(name, fields)}")
            given[name] = value
        missing = [name for name, field in fields.items() if name not in given and field.default is UNBOUND]
        if missing:
            raise TypeError(f"{layout.name}() is missing {_list(missing)}")
        for name, field in fields.items():
            if name in given:
                own[name] = layout.checked(field, given[name])
            else:
                own[name] = layout.checked(field, copied(field.default))

    def __setattr__(self, name: str, value: Any) -> None:
        layout = _layout(self)
        field = layout.fields.get(name)
        if field is None:
            raise AttributeError(f"{layout.name} has no field {name}", name=name, obj=self)
        self.__dict__[name] = layout.checked(field, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"the field {name} of a {type(self).__name__} cannot be deleted", name=name, obj=self)

    def __eq__(self, other: object) -> bool:
        _layout(self)
        if type(other) is not type(self):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        raise TypeError(f"unhashable type: '{type(self).__name__}' (its fields can change; use a tuple of them)")

    def __repr__(self) -> str:
        _layout(self)
        fields = ", ".join(f"{name}={represent(value)}" for name, value in self.__dict__.items())
        return f"{type(self).__qualname__}({fields})"


class Resource(Struct):
    """The class above every resource: a struct that is started by `with` and stopped at its end, equal to itself only.

    Its functions `start` and `stop`, where it has them, do that.
    """

    __slots__ = ()

    def __enter__(self) -> Any:
        _layout(self)
        start = getattr(self, "start", None)
        if start is not None:
            start()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        _layout(self)
        stop = getattr(self, "stop", None)
        if stop is not None:
            stop()

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def _layout(value: Any) -> Layout:
    """The fields of a struct; raises TypeError for another value, which a program may give `A.__init__`."""
    layout: Layout | None = getattr(type(value), "__struct__", None)
    if layout is None:
        raise TypeError(f"this is of a struct, and is called with a {type_name(value)}")
    return layout


def build_struct(layout: Layout, qualified_name: str, above: type[Struct] = Struct) -> Class:
    """The class of a struct, or of a resource."""
    namespace: dict[str, Any] = {
        "__slots__": (),
        "__struct__": layout,
        "__match_args__": tuple(layout.fields),
        "__qualname__": qualified_name,
        "__module__": "__main__",
        "__doc__": layout.doc,
    }
    return Class.__new__(Class, layout.name, (above,), namespace)


class Record(Object):
    """The shape of a struct: the struct itself, or a dict with its fields, which becomes one."""

    __slots__ = ("struct",)

    def __init__(self, struct: Class) -> None:
        layout: Layout = struct.__struct__  # type: ignore[attr-defined]
        super().__init__({}, name=layout.name)
        self.struct = struct
        self.description = layout.doc

    def schema(self) -> dict[str, Any]:
        self._settle()
        return super().schema()

    def strict(self) -> bool:
        self._settle()
        return super().strict()

    def check(self, value: Any, path: str) -> Any:
        if type(value) is self.struct:
            return value
        if type(value) is not dict:
            raise self._wrong(value, path)
        self._settle()
        for key in value:
            if key not in self.fields:
                raise Mismatch(f"{path}[{shown(key)}]", f"only the fields of {self.name}", "another")
        return self.struct(**super().check(value, path))

    def _settle(self) -> None:
        layout: Layout = self.struct.__struct__  # type: ignore[attr-defined]
        if not layout.ready:
            layout.settle()
        self.fields = {name: field.shape for name, field in layout.fields.items()}  # type: ignore[misc]
        self.optional = frozenset(name for name, field in layout.fields.items() if field.default is not UNBOUND)


class Of(Shape):
    """A value of a class of the program, or of a type of the library that no answer can be."""

    __slots__ = ("kind",)

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def schema(self) -> dict[str, Any]:
        raise UnknownType(self.words())

    def words(self) -> str:
        return f"a {self.kind.name if type(self.kind) is NativeType else self.kind.__name__}"

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, self.kind.host if type(self.kind) is NativeType else self.kind):
            raise self._wrong(value, path)
        return value

    def _wrong(self, value: Any, path: str) -> Mismatch:
        return Mismatch(path, self.words(), f"a {type_name(value)}")


def shape_of(value: Any) -> Shape | None:
    """The shape that a type stands for, when it is a value of the program; None for what is no type."""
    if type(value) is Class:
        return Record(value) if issubclass(value, Struct) and not issubclass(value, Resource) else Of(value)
    return Of(value) if type(value) is NativeType else None


def copied(default: Any) -> Any:
    """A default for one more struct: containers and structs in it are its own."""
    kind = type(default)
    if kind is list or kind is set:
        return kind(copied(item) for item in default)
    if kind is dict:
        return {key: copied(item) for key, item in default.items()}
    if kind.__class__ is Class and issubclass(kind, Struct):
        return kind(**{name: copied(item) for name, item in default.__dict__.items()})
    return default


def _counted(number: int) -> str:
    return {0: "no fields", 1: "1 field"}.get(number, f"{number} fields")


def _list(names: list[str]) -> str:
    if len(names) == 1:
        return f"the field {names[0]}"
    return f"the fields {', '.join(names[:-1])} and {names[-1]}"


def _meant(name: str, fields: dict[str, Any]) -> str:
    like = nearest(name, fields)
    return f" (did you mean {like}?)" if like else ""


def receive(types: Any, name: str, function: Any, receivers: Receivers) -> None:
    """Give values of these types a method, which `receivers` keeps; classes get it themselves, too.

    Raises TypeError for what is no type, and for a name that the type has already, be it from another file.
    """
    for kind in _members(types):
        if type(kind) is Class:
            own = receivers.get(kind, {})
            if issubclass(kind, Struct) and name in kind.__struct__.fields:  # type: ignore[attr-defined]
                raise TypeError(f"{kind.__name__} has a field {name}; a function for it needs another name")
            if name in vars(kind) and name not in own:
                raise TypeError(f"{kind.__name__} has a method {name}; a function for it needs another name")
            receivers.define(kind, name, function, kind.__name__)
            type.__setattr__(kind, name, function)
        elif type(kind) is NativeType:
            if hasattr(kind.host, "signatures"):
                raise TypeError(f"{kind.name} is an interface; write the function for the types that have it")
            if is_special(name):
                raise TypeError(f"{name} cannot be defined for {kind.name}, only for structs and classes")
            if name in kind.methods or name in kind.fields:
                raise TypeError(f"{kind.name} has a method {name}; a function for it needs another name")
            hosts = kind.host if isinstance(kind.host, tuple) else (kind.host,)
            for host in hosts:
                receivers.define(host, name, function, kind.name)
        elif kind is None or kind is type(None):
            receivers.define(type(None), name, function, "None")
        else:
            raise TypeError(f"a receiver is of a type, not {type_name(kind)}")


def _members(types: Any) -> Sequence[Any]:
    """The types that a receiver is of: one, or those of `A | B`."""
    if type(types) is UnionType:
        members: Sequence[Any] = types.__args__
        return members
    if type(types) is TypeUnion:
        return [each for member in types.members for each in _members(member)]
    return types if type(types) is tuple else (types,)
