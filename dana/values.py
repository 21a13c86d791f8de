"""What a program can hold, and the one guarded way to the attributes of it.

A value is of one of these, by exact type: None, bool, int, float, complex, str, bytes, list, dict, tuple, set,
frozenset, range, slice, the host types that the standard library has registered as a NativeType, functions
(of programs and natives), bound methods, generators and iterators of built-ins, classes (`Class`), their
instances, exceptions, modules. Attributes of host values come from the tables of their NativeType and from
nowhere else: `getattr` is never applied to one.
"""

from __future__ import annotations

from types import FunctionType, GeneratorType, MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Unbound:
    """The mark of a variable that has no value yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<unbound>"


UNBOUND = Unbound()

OPERATOR_METHODS = frozenset(
    """__init__ __str__ __repr__ __format__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __bool__ __len__
    __iter__ __next__ __reversed__ __contains__ __getitem__ __setitem__ __delitem__ __call__ __enter__ __exit__
    __add__ __sub__ __mul__ __truediv__ __floordiv__ __mod__ __divmod__ __pow__ __matmul__ __lshift__ __rshift__
    __and__ __or__ __xor__ __radd__ __rsub__ __rmul__ __rtruediv__ __rfloordiv__ __rmod__ __rdivmod__ __rpow__
    __rmatmul__ __rlshift__ __rrshift__ __rand__ __ror__ __rxor__ __iadd__ __isub__ __imul__ __itruediv__
    __ifloordiv__ __imod__ __ipow__ __imatmul__ __ilshift__ __irshift__ __iand__ __ior__ __ixor__ __neg__ __pos__
    __abs__ __invert__ __int__ __float__ __index__ __round__ __trunc__ __floor__ __ceil__ __match_args__""".split()
)
"""The names with double underscores that a class may define, and that `super()` or a class may be asked for."""


def is_special(name: str) -> bool:
    """Whether a name belongs to the host: two underscores at both ends."""
    return name.startswith("__") and name.endswith("__")


class Class(type):
    """A class of a program; its own attributes and those of the classes of programs above it are reachable."""

    def __repr__(cls) -> str:
        return f"<class '{cls.__qualname__}'>"


class Instance(metaclass=Class):
    """The class above every class of a program that derives from nothing else: `object` in a program."""

    __slots__ = ("__dict__", "__weakref__")

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} object>"


Instance.__qualname__ = Instance.__name__ = "object"


class NativeType:
    """A host type as a program sees it: a name that constructs, and tables of what its values have.

    `host` is the host type (or a tuple of them) that `isinstance` compares with; `construct` makes a value when
    the type is called; `methods` maps a name to a function that takes the value first; `fields` maps a name to
    a function that reads a field of a value; `statics` are what the type itself has (`dict.fromkeys`). `attribute` is
    asked for names that are in neither table; it raises AttributeError.
    """

    __slots__ = ("attribute", "construct", "doc", "fields", "host", "methods", "name", "statics")

    def __init__(
        self,
        name: str,
        host: type | tuple[type, ...],
        doc: str,
        *,
        construct: Callable[..., Any] | None = None,
        methods: dict[str, Callable[..., Any]] | None = None,
        fields: dict[str, Callable[[Any], Any]] | None = None,
        statics: dict[str, Any] | None = None,
        attribute: Callable[[Any, str], Any] | None = None,
    ) -> None:
        if not doc:
            raise ValueError(f"the type {name} has no documentation")
        self.name = name
        self.host = host
        self.doc = doc
        self.construct = construct
        self.methods = methods or {}
        self.fields = fields or {}
        self.statics = statics or {}
        self.attribute = attribute

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        if self.construct is None:
            raise TypeError(f"cannot create '{self.name}' instances")
        return self.construct(*arguments, **keywords)

    def __repr__(self) -> str:
        return f"<class '{self.name}'>"

    def __or__(self, other: object) -> TypeUnion:
        return TypeUnion((self, other))

    def __ror__(self, other: object) -> TypeUnion:
        return TypeUnion((other, self))

    __iter__ = None  # `list[int]` makes no type iterable

    def __getitem__(self, parameters: object) -> NativeType:
        if self.host not in (list, dict, tuple, set, frozenset):
            raise TypeError(f"type '{self.name}' is not subscriptable")
        return self


class TypeUnion:
    """`int | str`, for `isinstance` and annotations."""

    __slots__ = ("members",)

    def __init__(self, members: tuple[object, ...]) -> None:
        self.members = members

    def __or__(self, other: object) -> TypeUnion:
        return TypeUnion((*self.members, other))

    def __repr__(self) -> str:
        return " | ".join("None" if m is None else getattr(m, "name", None) or m.__qualname__ for m in self.members)  # type: ignore[attr-defined]


class Module:
    """An imported module: a name, its documentation and its members. Those of the library cannot be changed."""

    __slots__ = ("doc", "exports", "home", "loading", "members", "name", "writable")

    def __init__(
        self,
        name: str,
        members: dict[str, Any],
        doc: str | None,
        *,
        writable: bool = False,
        exports: Any = None,
        home: Any = None,
    ) -> None:
        self.name = name
        self.members = members
        self.doc = doc
        self.writable = writable
        self.exports = exports
        """The names that are the module's own, when `members` holds others too (a set, or None for all)."""
        self.home = home
        """Where a module of a program stands: its file, its package."""
        self.loading: Any = None
        """What is known of it while it is being loaded."""

    def __repr__(self) -> str:
        return f"<module '{self.name}'>"

    def names(self) -> list[str]:
        """The names that an importer sees: those of a program's module that begin with an underscore are its own."""
        if self.exports is None:
            return list(self.members)
        return [name for name in self.members if name in self.exports and not self.is_private(name)]

    def starred(self) -> list[str]:
        """The names of `from module import *`: those of its `__all__`, where it has one.

        Raises AttributeError for one that is not there, TypeError for what is no list of texts.
        """
        listed = None if self.exports is None else self.members.get("__all__")
        if listed is None:
            return self.names()
        if type(listed) not in (list, tuple) or not all(type(name) is str for name in listed):
            raise TypeError(f"__all__ of module '{self.name}' must be a list of texts")
        for name in listed:
            get_attribute(self, name)
        return list(listed)

    def is_private(self, name: str) -> bool:
        """Whether a name stays in its module: it begins with an underscore, and is no module of the package."""
        if name[:1] != "_":
            return False
        value = self.members.get(name)
        return type(value) is not Module or value.name != f"{self.name}.{name}"

    def private(self, name: str) -> AttributeError:
        """What is wrong with asking for a name that stays in its module."""
        message = f"{name} is private to module '{self.name}': it begins with an underscore"
        return AttributeError(message, name=name, obj=self)


NativeType.__name__ = Class.__name__ = "type"  # as the host's messages are to call them
Module.__name__ = "module"

TYPES: dict[type, NativeType] = {}
"""The NativeType of each host type that a value may have."""

METHODS: dict[type, dict[str, Callable[..., Any]]] = {}
"""The methods of each of them."""

PROGRAM_CODE = "<program>"
"""The file name in the code of every function that a program has defined."""

NATIVES: set[int] = set()
"""The identities of the functions that are natives (they are kept for ever by their library)."""

_ERROR_FIELDS: tuple[tuple[type[BaseException], tuple[str, ...]], ...] = (
    (OSError, ("errno", "strerror", "filename")),
    (StopIteration, ("value",)),
    (UnicodeDecodeError, ("encoding", "object", "start", "end", "reason")),
    (UnicodeEncodeError, ("encoding", "object", "start", "end", "reason")),
    (ImportError, ("name", "path")),
    (NameError, ("name",)),
    (AttributeError, ("name",)),
    (BaseException, ("args",)),
)

ERROR_FIELDS: dict[type[BaseException], tuple[str, ...]] = dict(_ERROR_FIELDS)
"""The public fields of each built-in exception type; a library that adds a type registers its fields here."""


class FieldError(ValueError, TypeError):
    """A field of a struct is given what is not of its type."""


ERROR_FIELDS[FieldError] = ()


def register(native_type: NativeType) -> NativeType:
    """Make values of the NativeType's host type part of the domain."""
    hosts = native_type.host if isinstance(native_type.host, tuple) else (native_type.host,)
    for host in hosts:
        TYPES[host] = native_type
        METHODS[host] = native_type.methods
    return native_type


def type_name(value: object) -> str:
    """What the type of a value is called in messages."""
    native = TYPES.get(type(value))
    return native.name if native is not None else type(value).__name__


def is_program_function(value: object) -> bool:
    """Whether a value is a function that a program has defined."""
    return type(value) is FunctionType and value.__code__.co_filename == PROGRAM_CODE


CATCHABLE = (Exception, GeneratorExit)
"""What `except` may look at, and `raise` may raise."""


def raised(error: Any) -> Any:
    """What `raise` raises, which the host refuses if it is no error; raises TypeError for what ends the host itself."""
    kind = error if isinstance(error, type) else type(error)
    if issubclass(kind, BaseException) and not issubclass(kind, CATCHABLE):
        raise TypeError(f"a program cannot raise {kind.__name__}; raise an Exception")
    return error


def missing_attribute(value: Any, name: str) -> AttributeError:
    """The error for an attribute that a value does not have."""
    if isinstance(value, Class) or type(value) is NativeType or (isinstance(value, type)):
        shown = value.name if isinstance(value, NativeType) else value.__name__
        return AttributeError(f"type object '{shown}' has no attribute '{name}'", name=name, obj=value)
    if type(value) is Module:
        message = f"module '{value.name}' has no attribute '{name}'"
        if value.writable and name in value.members and value.is_private(name) and not is_special(name):
            return value.private(name)
        if value.loading is not None and name in value.exports:
            return AttributeError(value.loading.missing(name), name=name, obj=value)
        return AttributeError(message, name=name, obj=value)
    return AttributeError(f"'{type_name(value)}' object has no attribute '{name}'", name=name, obj=value)


def get_attribute(value: Any, name: str) -> Any:
    """`value.name`, for every kind of value; raises AttributeError."""
    kind = type(value)
    if kind.__class__ is Class:
        if not is_special(name):
            if issubclass(kind, BaseException):
                return _error_attribute(value, name)
            return getattr(value, name)
        return _special_attribute(value, name)
    native = TYPES.get(kind)
    if native is not None:
        method = native.methods.get(name)
        if method is not None:
            return MethodType(method, value)
        field = native.fields.get(name)
        if field is not None:
            return field(value)
        if kind is dict and name in value:
            return value[name]
        if native.attribute is not None:
            return native.attribute(value, name)
        raise missing_attribute(value, name)
    if kind is Class:
        return _class_attribute(value, name)
    if kind is NativeType:
        if name in value.statics:
            return value.statics[name]
        method = value.methods.get(name)
        if method is not None:
            return method
        raise missing_attribute(value, name)
    if kind is Module:
        if name in value.members and (
            value.exports is None or (name in value.exports and (name[:1] != "_" or not value.is_private(name)))
        ):
            return value.members[name]
        raise missing_attribute(value, name)
    if kind is super:
        return _super_attribute(value, name)
    if kind is FunctionType and value.__code__.co_filename == PROGRAM_CODE and name in value.__dict__:
        return value.__dict__[name]
    if isinstance(value, BaseException):
        return _error_attribute(value, name)
    if isinstance(value, type) and issubclass(value, BaseException):
        return _class_attribute(value, name)
    raise missing_attribute(value, name)


def has_attribute(value: Any, name: str) -> bool:
    """Whether `value.name` would give something."""
    try:
        get_attribute(value, name)
    except AttributeError:
        return False
    return True


def set_attribute(value: Any, name: str, item: Any) -> None:
    """`value.name = item`; raises AttributeError."""
    kind = type(value)
    if is_special(name) and not (name in OPERATOR_METHODS and kind is Class):
        raise AttributeError(f"'{type_name(value)}' object attribute '{name}' cannot be set", name=name, obj=value)
    if kind.__class__ is Class:
        if issubclass(kind, BaseException) and name in ("with_traceback", "add_note"):
            raise missing_attribute(value, name)
        setattr(value, name, item)
    elif kind is Class and value is not Instance:
        type.__setattr__(value, name, class_member(item))
    elif is_program_function(value):
        value.__dict__[name] = item
    elif kind is Module and value.writable:
        if value.is_private(name):
            raise value.private(name)
        value.members.bind((name,))
        value.members[name] = item
    elif kind is Module:
        raise AttributeError(f"module '{value.name}' of the library cannot be changed", name=name, obj=value)
    elif isinstance(value, BaseException) and not any(name in ERROR_FIELDS.get(k, ()) for k in kind.__mro__):
        if name in ("with_traceback", "add_note"):
            raise missing_attribute(value, name)
        value.__dict__[name] = item
    elif has_attribute(value, name):
        raise AttributeError(f"'{type_name(value)}' object attribute '{name}' is read-only", name=name, obj=value)
    else:
        raise missing_attribute(value, name)


def delete_attribute(value: Any, name: str) -> None:
    """`del value.name`; raises AttributeError."""
    kind = type(value)
    if is_special(name):
        raise AttributeError(f"'{type_name(value)}' object attribute '{name}' cannot be deleted", name=name, obj=value)
    if kind.__class__ is Class:
        try:
            delattr(value, name)
        except AttributeError:
            if has_attribute(value, name):
                raise
            raise missing_attribute(value, name) from None
    elif kind is Class and value is not Instance and name in vars(value):
        type.__delattr__(value, name)
    elif is_program_function(value) and name in value.__dict__:
        del value.__dict__[name]
    else:
        raise missing_attribute(value, name)


def attribute_names(value: Any) -> list[str]:
    """The names that `get_attribute` would find, for completion and for did-you-mean."""
    names: set[str] = set()
    kind = type(value)
    if kind in TYPES:
        names.update(TYPES[kind].methods, TYPES[kind].fields)
    elif kind is NativeType:
        names.update(value.statics, value.methods)
    elif kind is Module:
        names.update(value.names())
    elif kind is Class:
        names.update(*(vars(k) for k in value.__mro__ if type(k) is Class))
    elif kind.__class__ is Class or isinstance(value, BaseException):
        names.update(getattr(value, "__dict__", ()))
        for k in kind.__mro__:
            names.update(vars(k) if type(k) is Class else ERROR_FIELDS.get(k, ()))
    elif is_program_function(value):
        names.update(value.__dict__)
    return sorted(name for name in names if not is_special(name))


def class_member(value: Any) -> Any:
    """What stands in a class for a value: natives do not become methods there, as in Python."""
    return staticmethod(value) if id(value) in NATIVES and type(value) is FunctionType else value


MOST_CLASSES = 200
"""How many classes may stand above a class: the host goes through all of them for each new one."""


class _Hidden:
    """Stands in a class for what its values have for the host only."""

    __slots__ = ("name",)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, value: Any, owner: type) -> Any:
        raise missing_attribute(owner if value is None else value, self.name)


def build_class(name: str, bases: tuple[Any, ...], members: dict[str, Any], qualified_name: str) -> Class:
    """A class of a program; raises TypeError for bases that are not classes of programs or exceptions."""
    hosts: list[type] = []
    for base in bases:
        if type(base) is Class or (isinstance(base, type) and issubclass(base, Exception)):
            hosts.append(base)
        elif isinstance(base, type) and issubclass(base, BaseException):
            raise TypeError(f"a class cannot derive from {base.__name__}; derive it from Exception")
        elif type(base) is NativeType:
            raise TypeError(
                f"a class cannot derive from {base.name}; keep the {base.name} in an attribute, "
                "or write a function that takes one"
            )
        else:
            raise TypeError(f"a class cannot derive from '{type_name(base)}'")
    if any(len(host.__mro__) > MOST_CLASSES for host in hosts):
        raise TypeError(f"the class {name} derives from more than {MOST_CLASSES} classes")
    namespace = {key: class_member(value) for key, value in members.items()}
    if any(issubclass(host, BaseException) and not isinstance(host, Class) for host in hosts):
        for method in ("add_note", "with_traceback"):
            namespace.setdefault(method, _Hidden())
    namespace["__qualname__"] = qualified_name
    namespace["__module__"] = "__main__"
    built = Class.__new__(Class, name, tuple(hosts) or (Instance,), namespace)
    return built


def _error_attribute(error: BaseException, name: str) -> Any:
    own = getattr(error, "__dict__", None)
    if own is not None and name in own:
        return own[name]
    for kind in type(error).__mro__:
        if type(kind) is Class:
            if name in vars(kind) and not is_special(name):
                return getattr(error, name)
        elif name in ERROR_FIELDS.get(kind, ()):
            return getattr(error, name)
    if is_special(name):
        return _special_attribute(error, name)
    raise missing_attribute(error, name)


def _class_attribute(cls: Any, name: str) -> Any:
    if is_special(name) and name not in OPERATOR_METHODS:
        raise missing_attribute(cls, name)
    for kind in cls.__mro__:
        if type(kind) is Class and name in vars(kind):
            found = vars(kind)[name]
            if type(found) in (FunctionType, property):
                return found
            bind = getattr(type(found), "__get__", None)
            return found if bind is None else bind(found, None, cls)
    if name == "__init__":
        return _initialise(BaseException if issubclass(cls, BaseException) else object)
    raise missing_attribute(cls, name)


def _initialise(owner: Any) -> Callable[..., None]:
    """`Base.__init__` and `super().__init__` where the class above is not of a program."""

    def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:
        if owner is object and (arguments or keywords):
            raise TypeError("object.__init__() takes exactly one argument (the instance to initialize)")
        if not isinstance(self, owner):
            raise TypeError(f"descriptor '__init__' requires a '{owner.__name__}' object")
        if owner is BaseException:
            BaseException.__init__(self, *arguments, **keywords)
            self.args = arguments

    return __init__


def _special_attribute(value: Any, name: str) -> Any:
    """An operator method of an instance: those that classes of programs define."""
    if name in OPERATOR_METHODS:
        for kind in type(value).__mro__:
            if type(kind) is Class and name in vars(kind):
                return MethodType(vars(kind)[name], value)
    if name == "__init__":
        return MethodType(_initialise(BaseException if isinstance(value, BaseException) else object), value)
    raise missing_attribute(value, name)


def _super_attribute(value: Any, name: str) -> Any:
    this, me, kind = value.__thisclass__, value.__self__, value.__self_class__
    if not is_special(name) or name in OPERATOR_METHODS:
        above = iter(kind.__mro__)
        for cls in above:
            if cls is this:
                break
        for cls in above:
            if type(cls) is Class and cls is not Instance and name in vars(cls):
                return getattr(value, name)
            if cls in ERROR_FIELDS and name in ERROR_FIELDS[cls]:
                return getattr(me, name)
        if name == "__init__":
            return MethodType(_initialise(BaseException if issubclass(kind, BaseException) else object), me)
        if name in ("__str__", "__repr__", "__eq__", "__ne__", "__hash__", "__format__") and me is not kind:
            return _default_operator(value, name)
    raise AttributeError(f"'super' object has no attribute '{name}'", name=name, obj=value)


def _default_operator(value: Any, name: str) -> Callable[..., Any]:
    bound = getattr(value, name)

    def operator(*arguments: Any) -> Any:
        return bound(*arguments)

    return operator


_PLAIN: tuple[Any, ...] = (bool, int, float, str, bytes)
_COPIED = (type(None), bool, int, float, complex, str, bytes, range)


def to_value(thing: Any, depth: int = 0) -> Any:
    """A host's plain data as a value of the domain: containers are copied, what has no equal is refused.

    Raises TypeError for what is not part of the domain, ValueError for data nested more than 200 deep.
    """
    kind = type(thing)
    if kind in _COPIED or kind in _OPAQUE or kind.__class__ is Class or kind is Class:
        return thing
    if depth > 200:
        raise ValueError("data is nested more than 200 deep")
    if kind in (list, tuple, set, frozenset):
        return kind(to_value(item, depth + 1) for item in thing)
    if kind is dict:
        return {to_value(key, depth + 1): to_value(item, depth + 1) for key, item in thing.items()}
    if kind in TYPES:
        return thing
    if isinstance(thing, BaseException) or (
        kind is FunctionType and (is_program_function(thing) or id(thing) in NATIVES)
    ):
        return thing
    for plain in _PLAIN:
        if isinstance(thing, plain):
            return plain(thing)
    if isinstance(thing, dict):
        return to_value(dict(thing), depth)
    if isinstance(thing, (list, tuple, set, frozenset)):
        return to_value((list if isinstance(thing, list) else tuple if isinstance(thing, tuple) else set)(thing), depth)
    raise TypeError(f"a {kind.__module__}.{kind.__qualname__} cannot enter a program; pass plain data")


_OPAQUE = (NativeType, TypeUnion, Module, MethodType, GeneratorType, type(Ellipsis), type(NotImplemented), slice)
