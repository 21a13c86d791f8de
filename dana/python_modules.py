"""Modules of Python in programs that were granted them: data is copied both ways, all else is an opaque handle.

What a granted module does is done with all rights of this process, and no limit of the run can end it.
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import importlib
import importlib.util
import os.path
import sys
from _thread import get_ident
from types import (
    AsyncGeneratorType,
    CodeType,
    CoroutineType,
    FrameType,
    GeneratorType,
    MethodType,
    ModuleType,
    TracebackType,
)

from dana.errors import nearest
from dana.values import Class, Module, NativeType, is_program_function, register, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dana.permissions import Permissions

_BESIDE = "dana.beside:"
"""How the interpreter knows the modules in files beside programs, whose folders are not on its path."""

DEEPEST = 100
"""How deep data may be nested that crosses."""

_PLAIN = (type(None), bool, int, float, complex, str, bytes, range)
_MOMENTS = (datetime.datetime, datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, fractions.Fraction)
_INNER = (FrameType, CodeType, TracebackType, CoroutineType, AsyncGeneratorType)
"""What tells of the interpreter itself: no program holds it."""


class Grant:
    """The modules that may be used, and the thread of the program."""

    __slots__ = ("_permissions", "name", "thread")

    def __init__(self, name: str, permissions: Permissions) -> None:
        self.name = name
        self.thread = get_ident()
        self._permissions = permissions

    def check(self, module: str) -> None:
        """Refuse a module that is not below the granted one, and not granted itself; raises PermissionError."""
        if module != self.name and not module.startswith(f"{self.name}."):
            self._permissions.check_python(module)


class PythonObject:
    """A value of Python that is no data: its public attributes may be read, and its operators used."""

    __slots__ = ("_grant", "_object")

    def __init__(self, value: Any, grant: Grant) -> None:
        self._object = value
        self._grant = grant

    def __getitem__(self, key: Any) -> Any:
        return self._done(lambda: self._object[_out(key, self._grant)])

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
        return self._done(lambda: self._object == _out(other, self._grant))

    def __ne__(self, other: object) -> Any:
        return self._done(lambda: self._object != _out(other, self._grant))

    def __hash__(self) -> int:
        number: int = self._done(lambda: hash(self._object))
        return number

    def __repr__(self) -> str:
        return f"<{self.kind}>"

    @property
    def kind(self) -> str:
        """What the type of the value is called."""
        value = self._object
        if isinstance(value, type):
            return f"python class {_shown(value)}"
        if callable(value) and hasattr(value, "__name__"):
            return f"python function {value.__name__}"
        return f"python {_shown(type(value))}"

    def _done(self, work: Callable[[], Any]) -> Any:
        return _in(_carried(work, self._grant), self._grant)

    def attribute(self, name: str) -> Any:
        """A public attribute; raises AttributeError."""
        value = self._object
        if name[:1] == "_" or isinstance(value, (*_INNER, GeneratorType)):
            raise self._missing(name)
        try:
            found = _carried(lambda: getattr(value, name), self._grant)
        except AttributeError:
            raise self._missing(name) from None
        return _in(found, self._grant)

    def _missing(self, name: str) -> AttributeError:
        names = [each for each in dir(self._object) if each[:1] != "_"]
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


PythonObject.__name__ = PythonFunction.__name__ = "python object"  # as the host's messages are to call them


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
for _name in "neg pos abs invert".split():
    _forward_unary(f"__{_name}__")


class _Members(dict):  # type: ignore[type-arg]
    """The public names of a module, whose values cross when they are read."""

    def __init__(self, module: ModuleType, grant: Grant) -> None:
        super().__init__()
        self._module = module
        self._grant = grant

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name[:1] != "_" and hasattr(self._module, name)

    def __iter__(self) -> Iterator[str]:
        return (name for name in dir(self._module) if name[:1] != "_")

    def __getitem__(self, name: str) -> Any:
        return _in(_carried(lambda: getattr(self._module, name), self._grant), self._grant)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a public name."""
        try:
            return self[name] if name[:1] != "_" else default
        except AttributeError:
            return default


def load(name: str, folder: str, permissions: Permissions) -> Module:
    """The module of Python with a dotted name: a file below a folder, or one that is installed.

    Raises PermissionError where it is not granted, ModuleNotFoundError, and ImportError for one that fails.
    """
    permissions.check_python(name)
    grant = Grant(name, permissions)
    path = os.path.join(folder, *name.split(".")) + ".py"
    try:
        module = _from_file(name, path) if os.path.isfile(path) else importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and name != error.name and not name.startswith(f"{error.name}."):
            raise ImportError(f"{name}.py cannot be imported: it needs the module {error.name}", name=name) from None
        where = f"there is no {name.replace('.', '/')}.py in the folder of the program, and none is installed"
        raise ModuleNotFoundError(f"no module of Python named '{name}': {where}", name=name) from None
    except Exception as error:
        raise ImportError(f"{name}.py cannot be imported: {_told(error, path)}", name=name) from None
    doc = module.__doc__ if isinstance(module.__doc__, str) else None
    return Module(f"{name}.py", _Members(module, grant), doc)


def _from_file(name: str, path: str) -> ModuleType:
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


def _told(error: Exception, path: str) -> str:
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
        return work()
    except StopIteration:
        raise
    except Exception as error:
        if error in _PASSING:
            _PASSING.remove(error)
            raise
        raise _as_error(error) from None
    except SystemExit:
        raise RuntimeError("the code of Python wanted to end the process") from None


_PASSING: list[BaseException] = []
"""Errors of programs on their way through code of Python that has called them."""


def _as_error(error: Exception) -> Exception:
    """The nearest type of error that programs have, with the name of the type where it is another."""
    kind = type(error)
    for base in kind.__mro__:
        if base.__module__ == "builtins" and base not in (Exception, OSError, UnicodeDecodeError, UnicodeEncodeError):
            break
    else:
        base = RuntimeError
    if not issubclass(base, Exception) or base is Exception:
        base = RuntimeError
    name = "" if base is kind else f"{_shown(kind)}: "
    plain = len(error.args) == 1 and type(error.args[0]) is str
    made: Exception
    try:
        made = base(f"{name}{error.args[0] if plain else error}")
    except TypeError:  # one whose arguments are more than a message
        made = RuntimeError(f"{_shown(kind)}: {error}")
    return made


def _shown(kind: type) -> str:
    """The name of a type, with that of its module."""
    module = kind.__module__
    if module.startswith(_BESIDE):
        module = os.path.basename(module).removesuffix(".py")
    return f"{module}.{kind.__qualname__}"


def _out(value: Any, grant: Grant, depth: int = 0) -> Any:
    """A value of a program as Python gets it: data is copied; raises TypeError for what is none."""
    kind = type(value)
    if kind in _PLAIN or kind in _MOMENTS:
        return value
    if depth > DEEPEST:
        raise ValueError(f"data that crosses to Python may be nested {DEEPEST} deep, and may not hold itself")
    if kind in (list, tuple, set, frozenset):
        return kind(_out(item, grant, depth + 1) for item in value)
    if kind is dict:
        return {_out(key, grant, depth + 1): _out(item, grant, depth + 1) for key, item in value.items()}
    if kind in (PythonObject, PythonFunction):
        return value._object
    if is_program_function(value) or kind is MethodType:
        return _callback(value, grant)
    if kind.__class__ is Class and "__struct__" in dir(kind) and not issubclass(kind, BaseException):
        return {name: _out(item, grant, depth + 1) for name, item in vars(value).items()}
    raise TypeError(f"a {type_name(value)} cannot cross to Python: pass data, such as its fields")


def _callback(function: Any, grant: Grant) -> Callable[..., Any]:
    """A function of a program for code of Python, which may call it on the program's own thread."""

    def called(*arguments: Any, **keywords: Any) -> Any:
        if get_ident() != grant.thread:
            raise RuntimeError("a function of the program can only be called on the program's own thread")
        given = [_in(argument, grant) for argument in arguments]
        named = {key: _in(value, grant) for key, value in keywords.items()}
        try:
            return _out(function(*given, **named), grant)
        except Exception as error:
            _PASSING.append(error)
            raise

    called.__name__ = called.__qualname__ = getattr(function, "__name__", "function")
    return called


def _in(value: Any, grant: Grant, depth: int = 0) -> Any:
    """A value of Python as a program gets it: data is copied, all else becomes a handle."""
    kind = type(value)
    if kind in _PLAIN or kind in _MOMENTS:
        return value
    if kind in (PythonObject, PythonFunction) or is_program_function(value) or isinstance(kind, Class):
        return value
    if depth > DEEPEST:
        raise ValueError(f"data that crosses from Python may be nested {DEEPEST} deep, and may not hold itself")
    if isinstance(value, (list, tuple, set, frozenset)):
        plain: Any = next(base for base in (list, tuple, set, frozenset) if isinstance(value, base))
        return plain(_in(item, grant, depth + 1) for item in value)
    if isinstance(value, dict):
        return {_in(key, grant, depth + 1): _in(item, grant, depth + 1) for key, item in value.items()}
    for base in (bool, int, float, str, bytes):
        if isinstance(value, base):
            return base.__new__(base, value)  # type: ignore[type-var, arg-type]
    if kind is bytearray:
        return bytes(value)
    if kind.__module__ == "numpy" and getattr(value, "shape", None) == () and hasattr(value, "item"):
        return _in(value.item(), grant, depth + 1)
    if isinstance(value, ModuleType):
        grant.check(value.__name__)
        return Module(f"{value.__name__}.py", _Members(value, grant), None)
    if isinstance(value, _INNER):
        raise TypeError(f"a {kind.__name__} of Python cannot enter a program")
    return (PythonFunction if callable(value) else PythonObject)(value, grant)


register(
    NativeType(
        "python object",
        (PythonObject, PythonFunction),
        """A value of Python that is no data, such as an object of one of its classes.

        Its public attributes and methods, its items and operators work as in Python, and give data or other handles.
        It cannot be sent to a model, nor be written as JSON.
        """,
        attribute=PythonObject.attribute,
    )
)
