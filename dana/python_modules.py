"""Modules of Python in programs that were granted them: data is copied both ways, all else is an opaque handle.

What a granted module does is done with all rights of this process, and no limit of the run can end it: neither its
time nor its memory is limited. A limit that was passed meanwhile ends the program when Python gives back; data is
charged as it crosses, and functions of the program that Python calls are limited as ever. The type of a value is asked
for by `type`, never by `isinstance`, which a value may answer as it likes.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import os.path
import sys
from _thread import get_ident
from importlib.machinery import PathFinder
from operator import delitem, eq, ne, setitem
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CellType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    TracebackType,
    WrapperDescriptorType,
)

from dana import modules
from dana.errors import Stop, nearest
from dana.evaluation.shapes import SHAPE_CODE
from dana.run import RUN, current
from dana.values import (
    NATIVES,
    PROGRAM_CODE,
    TYPES,
    Class,
    Module,
    NativeType,
    is_program_function,
    register,
    to_value,
    type_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dana.permissions import Permissions
    from dana.run import Run
    from dana.session import Session

_BESIDE = "dana.beside:"
"""How the interpreter knows the modules in files beside programs, whose folders are not on its path."""

DEEPEST = 100
"""How deep data may be nested that crosses."""

_PLAIN = (type(None), bool, int, float, complex, str, bytes, range, type(...), type(NotImplemented))
_CONTAINERS = (list, tuple, set, frozenset, dict)
_VIEWS = frozenset((type({}.keys()), type({}.values()), type({}.items()), map, filter, zip, enumerate))
"""What has items, one after the other, and crosses as a list of them."""

_EXACT: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    complex: complex.__complex__,
    str: str.__str__,
    bytes: lambda value: bytes(memoryview(value)),
    bytearray: bytes,
}
"""How a value of a derived type is made one of exactly the type, without asking the derived one."""

_LIBRARIES = {
    "datetime": ("datetime", "date", "time", "timedelta", "timezone"),
    "decimal": ("Decimal",),
    "uuid": ("UUID",),
}
"""The immutable types that programs have from the library as well."""

_INNER = (
    FrameType, CodeType, TracebackType, CoroutineType, AsyncGeneratorType, CellType, MappingProxyType,
    MethodWrapperType, GetSetDescriptorType, MemberDescriptorType, MethodDescriptorType, WrapperDescriptorType,
)  # fmt: skip
"""What tells of the interpreter itself: no program holds it."""

_REACHING = frozenset(map(id, _INNER)) | frozenset(
    id(getattr(builtins, name))
    for name in """eval exec compile __import__ getattr setattr delattr hasattr globals locals vars dir object open
    input breakpoint super property classmethod staticmethod memoryview""".split()
)
"""Functions and types of Python that reach what nobody gave them: no program holds one."""


class Grant:
    """The modules that may be used, and the run and the thread of the program.

    Without a name it is that of a program of Python which embeds this one: it gives data only, and gets what is none as
    it is.
    """

    __slots__ = ("_permissions", "name", "run", "thread")

    def __init__(self, name: str | None, permissions: Permissions, run: Run | None = None) -> None:
        self.name = name
        self.run: Run = run or current()
        self.thread = get_ident()
        self._permissions = permissions

    def check(self, module: str) -> None:
        """Refuse a module that is not below the granted one, and not granted itself; raises PermissionError."""
        if self.name is None or (module != self.name and not module.startswith(f"{self.name}.")):
            self._permissions.check_python(module)


class PythonObject:
    """A value of Python that is no data: its public attributes may be read, and its operators used."""

    __slots__ = ("_grant", "_object")

    def __init__(self, value: Any, grant: Grant) -> None:
        self._object = value
        self._grant = grant

    def __getitem__(self, key: Any) -> Any:
        return self._done(lambda: self._object[_out(key, self._grant)])

    def __setitem__(self, key: Any, value: Any) -> None:
        _carried(lambda: setitem(self._object, _out(key, self._grant), _out(value, self._grant)), self._grant)

    def __delitem__(self, key: Any) -> None:
        _carried(lambda: delitem(self._object, _out(key, self._grant)), self._grant)

    def __len__(self) -> int:
        count: int = self._done(lambda: len(self._object))
        return count

    def __iter__(self) -> Iterator[Any]:
        items = _carried(lambda: iter(self._object), self._grant)
        while True:
            try:
                item = _carried(lambda: next(items), self._grant)
            except StopIteration:
                return
            yield _in(item, self._grant)

    def __contains__(self, item: Any) -> bool:
        return bool(self._done(lambda: _out(item, self._grant) in self._object))

    def __bool__(self) -> bool:
        return bool(self._done(lambda: bool(self._object)))

    def __eq__(self, other: object) -> Any:
        return self._compared(eq, other)

    def __ne__(self, other: object) -> Any:
        return self._compared(ne, other)

    def _compared(self, operator: Callable[[Any, Any], Any], other: object) -> Any:
        try:
            given = _out(other, self._grant)
        except TypeError:  # what cannot cross is equal to nothing of Python
            return NotImplemented
        return self._done(lambda: operator(self._object, given))

    def __hash__(self) -> int:
        number: int = self._done(lambda: hash(self._object))
        return number

    def __repr__(self) -> str:
        return f"<{self.kind}>"

    @property
    def kind(self) -> str:
        """What the type of the value is called."""
        value = self._object
        if issubclass(type(value), type):
            return f"python class {_shown(value)}"
        if type(value) in (FunctionType, BuiltinFunctionType, MethodType):
            return f"python function {value.__name__}"
        return f"python {_shown(type(value))}"

    def _done(self, work: Callable[[], Any]) -> Any:
        return _in(_carried(work, self._grant), self._grant)

    def attribute(self, name: str) -> Any:
        """A public attribute; raises AttributeError."""
        value = self._object
        if (
            name[:1] == "_"
            or issubclass(type(value), (*_INNER, GeneratorType))
            or (issubclass(type(value), type) and hasattr(type, name))
        ):
            raise self._missing(name)
        try:
            found = _carried(lambda: getattr(value, name), self._grant)
        except AttributeError:
            raise self._missing(name) from None
        return _in(found, self._grant)

    def _missing(self, name: str) -> AttributeError:
        names = [each for each in _carried(lambda: dir(self._object), self._grant) if each[:1] != "_"]
        like = nearest(name, names) if name[:1] != "_" else None
        meant = f" (did you mean {like}?)" if like else ""
        return AttributeError(f"a {self.kind} has no attribute '{name}'{meant}")


class PythonFunction(PythonObject):
    """Likewise, for what can be called."""

    __slots__ = ()

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        grant = self._grant
        given = [_out(argument, grant) for argument in arguments]
        named = {key: _out(value, grant) for key, value in keywords.items()}
        return self._done(lambda: self._object(*given, **named))


def _forward(name: str) -> None:
    """Give handles an operator of Python's."""

    def binary(self: PythonObject, other: Any) -> Any:
        method = getattr(type(self._object), name, None)
        if method is None:
            return NotImplemented
        result = _carried(lambda: method(self._object, _out(other, self._grant)), self._grant)
        return NotImplemented if result is NotImplemented else _in(result, self._grant)

    setattr(PythonObject, name, binary)


def _forward_unary(name: str) -> None:
    def unary(self: PythonObject) -> Any:
        method = getattr(type(self._object), name, None)
        if method is None:
            raise TypeError(f"a {self.kind} has no such operator")
        return self._done(lambda: method(self._object))

    setattr(PythonObject, name, unary)


for _name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split():
    _forward(f"__{_name}__")
    _forward(f"__r{_name}__")
for _name in "lt le gt ge".split():
    _forward(f"__{_name}__")
for _name in "neg pos abs invert int float".split():
    _forward_unary(f"__{_name}__")


_handle_types: dict[tuple[str, type[PythonObject]], type[PythonObject]] = {}


def _handle_type(kind: type, base: type[PythonObject]) -> type[PythonObject]:
    """The type of the handles of what is of a type of Python, by whose name programs know it: `python.DataFrame`."""
    name = f"python.{kind.__qualname__.rpartition('.')[2]}"
    found = _handle_types.get((name, base))
    if found is None:
        found = _handle_types[name, base] = type(name, (base,), {"__slots__": ()})
        register(NativeType(name, found, _HANDLE, attribute=PythonObject.attribute))
    return found


_HANDLE = """A value of Python that is no data, such as an object of one of its classes.

Its public attributes and methods, its items and operators work as in Python, and give data or other handles. It cannot
be sent to a model, nor be written as JSON.
"""


class _Members(dict):  # type: ignore[type-arg]
    """The public names of a module, whose values cross when they are read."""

    def __init__(self, module: ModuleType, grant: Grant) -> None:
        super().__init__()
        self._module = module
        self._grant = grant

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or name[:1] == "_":
            return False
        return bool(_carried(lambda: hasattr(self._module, name), self._grant))

    def __iter__(self) -> Iterator[str]:
        return (name for name in _carried(lambda: dir(self._module), self._grant) if name[:1] != "_")

    def __getitem__(self, name: str) -> Any:
        found = _carried(lambda: getattr(self._module, name), self._grant)
        owner = _owner(found)
        if (
            owner is not None
            and _family(owner) != _family(self._module.__name__)
            and name not in getattr(self._module, "__all__", ())
        ):
            self._grant.check(owner)
        return _in(found, self._grant)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a public name."""
        try:
            return self[name] if name[:1] != "_" else default
        except AttributeError:
            return default


def _owner(value: Any) -> str | None:
    """The module that a function or class comes from; None for what every program has too."""
    kind = type(value)
    if not issubclass(kind, (FunctionType, BuiltinFunctionType, type)) or (kind is type and value in _types()):
        return None
    owner = value.__module__
    return owner if type(owner) is str and owner != "builtins" else None


def _family(module: str) -> str:
    """The package that a module belongs to; the parts of one that are written in C begin with an underscore."""
    return module if module.startswith(_BESIDE) else module.partition(".")[0].lstrip("_")


def load(name: str, folder: str, permissions: Permissions) -> Module:
    """The module of Python with a dotted name: a file below a folder, or one that is installed.

    A name that means both is refused, so that a file beside a program does not get what was granted to an installed
    module. Raises PermissionError where it is not granted, ModuleNotFoundError, and ImportError for one that fails.
    """
    path = os.path.join(folder, *name.split(".")) + ".py"
    first = name.partition(".")[0]
    is_beside = os.path.isfile(path)
    if is_beside and _is_installed(first):
        message = f"{name}.py means the file {os.path.basename(path)} and the installed module {first}: rename the file"
        raise ImportError(message, name=name)
    permissions.check_python(name)
    grant = Grant(name, permissions)
    try:
        module = _from_file(path) if is_beside else importlib.import_module(name)
    except (Stop, KeyboardInterrupt, RecursionError, MemoryError):
        raise
    except ModuleNotFoundError as error:
        if error.name is not None and name != error.name and not name.startswith(f"{error.name}."):
            raise ImportError(f"{name}.py cannot be imported: it needs the module {error.name}", name=name) from None
        where = f"there is no {name.replace('.', '/')}.py in the folder of the program, and none is installed"
        like = nearest(name, [*_names(folder), *sys.stdlib_module_names])
        meant = f"; did you mean {like}?" if like else ""
        raise ModuleNotFoundError(f"no module of Python named '{name}': {where}{meant}", name=name) from None
    except BaseException as error:
        raise ImportError(f"{name}.py cannot be imported: {_told(error, path)}", name=name) from None
    doc = module.__doc__ if isinstance(module.__doc__, str) else None
    return Module(f"{name}.py", _Members(module, grant), doc)


def _is_installed(name: str) -> bool:
    """Whether there is a module of that name, elsewhere than in the current folder.

    Python looks there too where it was started as `python -m dana`.
    """
    here = os.path.realpath(os.curdir)
    path = [folder for folder in sys.path if folder and os.path.realpath(folder) != here]
    for finder in sys.meta_path:
        found = finder.find_spec(name, path if finder is PathFinder else None)
        if found is not None and found.loader is not None:
            is_here = found.has_location and os.path.dirname(os.path.realpath(found.origin or "")) == here
            return finder is PathFinder or not is_here
    return False


def _names(folder: str) -> list[str]:
    """The modules of Python in a folder."""
    try:
        return [name.removesuffix(".py") for name in os.listdir(folder or os.curdir) if name.endswith(".py")]
    except OSError:
        return []


def _from_file(path: str) -> ModuleType:
    known = _BESIDE + os.path.realpath(path)
    found = sys.modules.get(known)
    if found is not None:
        return found
    spec = importlib.util.spec_from_file_location(known, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[known] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[known]
        raise
    return module


def _told(error: BaseException, path: str) -> str:
    """An error of a module's own code, with its line."""
    at, line = error.__traceback__, 0
    while at is not None:
        if at.tb_frame.f_code.co_filename == path:
            line = at.tb_lineno
        at = at.tb_next
    if isinstance(error, SyntaxError):
        line = error.lineno or 0
    place = f" (line {line} of {os.path.basename(path)})" if line else ""
    return f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}{place}"


# Crossing


def _carried(work: Callable[[], Any], grant: Grant) -> Any:
    """What code of Python gives; its errors as a program may hold them."""
    try:
        found = work()
    except (Stop, KeyboardInterrupt, GeneratorExit, RecursionError, MemoryError):
        raise
    except BaseException as error:
        made = _as_error(error, grant)
        if made is error:
            raise
        raise made.with_traceback(error.__traceback__) from None
    grant.run.meter.charge(1)  # a limit that was passed meanwhile ends the program here
    return found


def _as_error(error: BaseException, grant: Grant) -> BaseException:
    """The nearest type of error that programs have, with the name of the type where it is another.

    An error that a function of the program has raised, and Python let through, is itself.
    """
    kind = type(error)
    if kind.__class__ is Class or _is_from_program(error):
        return error
    if isinstance(error, SystemExit):
        return RuntimeError("the code of Python wanted to end the process")
    if isinstance(error, StopIteration):
        return StopIteration(*(_in(item, grant) for item in error.args))
    name = "" if kind.__module__ == "builtins" and issubclass(kind, Exception) else f"{_shown(kind)}: "
    try:
        said = error.args[0] if len(error.args) == 1 and type(error.args[0]) is str else str(error)
    except Exception as failure:  # a type of a module's own may fail to say what it is
        said = f"<its __str__ failed: {type(failure).__name__}>"
    for base in kind.__mro__:
        if base.__module__ == "builtins" and issubclass(base, Exception) and base is not Exception:
            if not name and isinstance(error, OSError) and type(error.errno) is int:
                file = () if error.filename is None else (str(error.filename),)
                return base(error.errno, str(error.strerror), *file)
            if not name and kind is base and issubclass(base, KeyError) and len(error.args) == 1:
                return base(_in(error.args[0], grant))
            try:
                return base(f"{name}{said}")
            except TypeError:  # one whose arguments are more than a message
                name = f"{_shown(kind)}: "
    return RuntimeError(f"{_shown(kind)}: {said}")


def _is_from_program(error: BaseException) -> bool:
    """Whether an exception came up in a program, or in the library on its behalf, and not in Python called by it."""
    at, within = error.__traceback__, False
    while at is not None:
        code = at.tb_frame.f_code
        if code.co_filename in (PROGRAM_CODE, SHAPE_CODE):
            within = True
        elif code is _carried.__code__:
            within = False
        at = at.tb_next
    return within


def _shown(kind: type) -> str:
    """The name of a type, with that of its module."""
    module = str(kind.__module__)
    if module.startswith(_BESIDE):
        module = os.path.basename(module).removesuffix(".py")
    return f"{module}.{kind.__qualname__}"


class _Copies:
    """One crossing: `made` are the copies so far, by the identity of what is kept with them so that it stays its own.

    What is shared on one side is shared on the other, and the work is charged to the run.
    """

    __slots__ = ("grant", "inwards", "made")

    def __init__(self, grant: Grant, inwards: bool) -> None:
        self.grant = grant
        self.inwards = inwards
        self.made: dict[int, tuple[Any, Any]] = {}

    def of(self, value: Any, depth: int) -> Any:
        """The copy of a list, tuple, set, frozenset or dict, or of what is derived from them; exactly of that type."""
        known = self.made.get(id(value))
        if known is not None:
            return known[1]
        if depth > DEEPEST:
            way = "from" if self.inwards else "to"
            raise ValueError(f"data that crosses {way} Python may be nested {DEEPEST} deep, and may not hold itself")
        if self.grant.name is not None:
            meter = self.grant.run.meter
            meter.check_items(len(value))
            meter.charge(1 + len(value))
        copy: Any
        if isinstance(value, dict):
            pairs = list(dict.items(value))
            copy = {self.item(key, depth + 1): self.item(item, depth + 1) for key, item in pairs}
        else:
            plain: Any = next(base for base in (list, tuple, set, frozenset) if isinstance(value, base))
            copy = plain([self.item(item, depth + 1) for item in list(plain.__iter__(value))])
        self.made[id(value)] = value, copy
        return copy

    def item(self, value: Any, depth: int) -> Any:
        return _in(value, self.grant, depth, self) if self.inwards else _out(value, self.grant, depth, self)


def _out(value: Any, grant: Grant, depth: int = 0, copies: _Copies | None = None) -> Any:
    """A value of a program as Python gets it: data is copied; raises TypeError for what is none."""
    kind = type(value)
    if kind in _PLAIN or kind in _library_types():
        return value
    embeds = grant.name is None
    if isinstance(value, (list, tuple, set, frozenset, dict)) and not (embeds and kind.__class__ is Class):
        return (copies or _Copies(grant, False)).of(value, depth)
    if isinstance(value, PythonObject):
        return value._object
    if kind is NativeType and value in _types().values():
        return value.host[0] if type(value.host) is tuple else value.host
    if isinstance(value, type) and issubclass(value, Exception) and kind is not Class:
        return value
    if kind in (MethodType, FunctionType) or id(value) in NATIVES:
        return _Callback(value, grant.run, None if embeds else grant.thread)
    if kind is slice:
        return slice(*(_out(part, grant) for part in (value.start, value.stop, value.step)))
    if embeds:
        return value
    if kind.__class__ is Class and "__struct__" in dir(kind) and not issubclass(kind, BaseException):
        return (copies or _Copies(grant, False)).of(vars(value), depth)
    if kind in _VIEWS:
        return _out(list(grant.run.meter.collected(value)), grant, depth + 1, copies)
    raise TypeError(f"a {type_name(value)} cannot cross to Python: pass data, such as its fields")


class _Callback:
    """A function of a program for code of Python, which may call it on the program's own thread, or on any without one.

    Where the run is over that gave it, a call is a run of its own.
    """

    def __init__(self, function: Any, run: Run, thread: int | None) -> None:
        self.function = function
        self.__doc__ = function.__doc__
        self.__name__ = str(getattr(function, "__name__", "function"))
        self._run = run
        self._thread = thread

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        running = RUN.get(None)
        if running is self._run:
            return self._call(arguments, keywords)
        if self._thread is None:
            return called(self._run.session, self.function, arguments, keywords)
        if running is not None or get_ident() != self._thread:
            raise RuntimeError("a function of the program can only be called on the program's own thread")
        with self._run.session._running():
            return self._call(arguments, keywords)

    def _call(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        grant = Grant("", self._run.host.permissions, self._run)
        given = [_in(argument, grant) for argument in arguments]
        named = {key: _in(value, grant) for key, value in keywords.items()}
        return _out(self.function(*given, **named), grant)

    def __eq__(self, other: object) -> bool:
        return type(other) is _Callback and self.function == other.function

    def __hash__(self) -> int:
        return hash(self.function)

    def __repr__(self) -> str:
        return f"<function {self.__name__} of a Dana program>"


def called(session: Session, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """What a function of a program gives to a program of Python, in a run of its own: data is copied both ways.

    Raises TypeError for arguments that are no data, and DanaError.
    """
    grant = Grant(None, session.host.permissions, session._run)
    given = [_in(argument, grant) for argument in arguments]
    named = {key: _in(value, grant) for key, value in keywords.items()}
    with session._running():
        return _out(function(*given, **named), grant)


def handed(session: Session, value: Any) -> Any:
    """A value of a program for the program of Python that runs it: a copy of data, a function that can be called."""
    return _out(value, Grant(None, session.host.permissions, session._run))


def _in(value: Any, grant: Grant, depth: int = 0, copies: _Copies | None = None) -> Any:
    """A value of Python as a program gets it: data is copied, all else becomes a handle."""
    kind = type(value)
    if kind in _PLAIN:
        if grant.name is None:
            return value
        if kind is str or kind is bytes:
            grant.run.meter.check_text(len(value))
        elif kind is int:
            grant.run.meter.check_bits(value.bit_length())
        return value
    if issubclass(kind, PythonObject) or is_program_function(value) or isinstance(kind, Class):
        return value
    if kind is _Callback:
        return value.function
    if issubclass(kind, (list, tuple, set, frozenset, dict)):
        return (copies or _Copies(grant, True)).of(value, depth)
    for base, exact in _EXACT.items():
        if issubclass(kind, base):
            return _in(exact(value), grant)
    for host, library in _library_types().items():
        if issubclass(kind, host):
            modules.library(library)  # makes the type known to the program
            return _exact(value, host, kind, grant)
    if kind.__module__ == "numpy" and getattr(value, "shape", None) == () and hasattr(value, "item"):
        plain = _carried(value.item, grant)
        if type(plain) is not kind:
            return _in(plain, grant, depth, copies)
    if kind is slice:
        return slice(*(_in(part, grant) for part in (value.start, value.stop, value.step)))
    if grant.name is None:
        return to_value(value)
    if issubclass(kind, ModuleType):
        grant.check(value.__name__)
        return Module(f"{value.__name__}.py", _Members(value, grant), None)
    if issubclass(kind, _INNER):
        raise TypeError(f"a {kind.__name__} of Python cannot enter a program")
    if id(value) in _REACHING or (issubclass(kind, type) and issubclass(value, type)):
        raise TypeError(f"{value.__name__} of Python cannot enter a program")
    if any(_is_of_dana(each) for each in (value, *kind.__mro__)):
        raise TypeError(f"a {kind.__name__} of Dana cannot enter a program")
    if kind is type:
        native = _types().get(value)
        if native is not None or (value.__module__ == "builtins" and issubclass(value, Exception)):
            return native or value
    if issubclass(kind, BaseException):
        return _as_error(value, grant)
    return _handle_type(kind, PythonFunction if callable(value) else PythonObject)(value, grant)


def _is_of_dana(thing: Any) -> bool:
    """Whether a function or class is a part of Dana itself."""
    module = getattr(thing, "__module__", None) if issubclass(type(thing), (FunctionType, type)) else None
    return isinstance(module, str) and module.partition(".")[0] == "dana" and not module.startswith(_BESIDE)


def _library_types() -> dict[type, str]:
    """The types of `_LIBRARIES` whose modules the interpreter has loaded, each with its library."""
    loaded = [(sys.modules[module], names) for module, names in _LIBRARIES.items() if module in sys.modules]
    return {getattr(module, name): module.__name__ for module, names in loaded for name in names}


def _types() -> dict[type, NativeType]:
    """The types of data, which stand for each other on both sides."""
    return {host: TYPES[host] for host in (*_CONTAINERS, *_PLAIN, *_library_types()) if host in TYPES}


def _exact(value: Any, host: type, kind: type, grant: Grant) -> Any:
    """A day, moment, number .. of exactly the host's type; a time zone becomes its distance from UTC."""
    if hasattr(host, "fold"):
        from datetime import timezone  # it is loaded, or there was no such value

        zone = value.tzinfo
        if zone is not None and type(zone) is not timezone:
            offset = _carried(value.utcoffset, grant)
            zone = None if offset is None else timezone(offset)
        day = (value.year, value.month, value.day) if hasattr(host, "year") else ()
        return host(*day, value.hour, value.minute, value.second, value.microsecond, zone, fold=value.fold)
    if kind is host:
        return value
    if hasattr(host, "year"):
        return host(value.year, value.month, value.day)
    if hasattr(host, "total_seconds"):
        return host(value.days, value.seconds, value.microseconds)
    return host(str(value))
