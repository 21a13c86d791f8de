"""The property "no host object": whatever a program holds after its run is of the domain's exact types.

Every program of tests/conformance and tests/workflow is run, and all that can be reached from its variables is looked
at: through containers, attributes, members of classes and modules, what functions have captured, and what suspended
generators keep.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dana.stdlib import MODULES
from dana.stdlib.types import UNLISTED

from dana import DanaError, Host, Limits, Session
from dana.agents import Declared
from dana.native import Library
from dana.scopes import Shared, System
from dana.structs import Resource, Struct
from dana.values import (
    ERROR_FIELDS,
    METHODS,
    NATIVES,
    OPERATOR_METHODS,
    TYPES,
    UNBOUND,
    Class,
    Instance,
    Module,
    NativeType,
    TypeUnion,
    is_program_function,
    is_special,
)
from tests.test_attacks import ATTACKS
from tests.test_conformance import PROGRAMS, Program

SCALARS = (type(None), bool, int, float, complex, str, bytes, range, slice, type(Ellipsis), type(NotImplemented))
HOST_FUNCTIONS = (
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.WrapperDescriptorType,
    type,
)


class Silent(Host):
    """A host that keeps nothing."""

    def write(self, text: str) -> None:
        pass

    def write_log(self, line: str) -> None:
        pass

    def read_line(self, prompt: str) -> str:
        return ""

    def sleep(self, seconds: float) -> None:
        pass


class Walk:
    """Looks at all that is reachable from some values; `violations` are the paths of what is no value of the domain."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.seen: dict[int, Any] = {}
        self.waiting: list[tuple[str, Any]] = []
        self.errors: set[type] = set(ERROR_FIELDS)

    def run(self, roots: Iterator[tuple[str, Any]]) -> list[str]:
        self.waiting.extend(roots)
        while self.waiting:
            path, value = self.waiting.pop()
            if type(value) in SCALARS or id(value) in self.seen:
                continue
            self.seen[id(value)] = value  # kept, so that no other value gets its identity
            if not self.knows(path, value):
                self.violations.append(
                    f"{path} is a {type(value).__module__}.{type(value).__qualname__}: {value!r:.80}"
                )
        return self.violations

    def add(self, path: str, value: Any) -> None:
        self.waiting.append((path, value))

    def knows(self, path: str, value: Any) -> bool:
        """Whether a value is of the domain; what it holds is looked at next."""
        kind = type(value)
        if kind.__class__ is Class:
            return self.instance(path, value)
        if kind in (list, tuple, set, frozenset, dict):
            return self.container(path, value)
        if kind is types.FunctionType:
            return self.function(path, value)
        if kind is types.MethodType:
            self.add(f"{path} (of)", value.__self__)
            own = METHODS.get(type(value.__self__), {})
            if any(value.__func__ is method for method in own.values()):
                return True
            return self.knows(f"{path} (method)", value.__func__)
        if kind is types.GeneratorType:
            return self.generator(path, value)
        if kind is Class:
            return self.members(path, value)
        if kind is NativeType:
            for name, member in [*value.statics.items(), *value.methods.items()]:
                if not callable(member) or isinstance(member, types.ModuleType):
                    self.add(f"{path}.{name}", member)
            return True
        if kind is TypeUnion:
            for number, member in enumerate(value.members):
                self.add(f"{path}[{number}]", member)
            return True
        if kind is Module:
            for name in value.names():
                self.add(f"{path}.{name}", value.members[name])
            return True
        if isinstance(value, BaseException):
            return self.error(path, value)
        if isinstance(value, type) and issubclass(value, BaseException):
            return value.__module__ == "builtins" or value in self.errors or value.__module__.startswith("dana.")
        if kind in (property, staticmethod, classmethod):
            for name in ("fget", "fset", "fdel", "__func__"):
                part = getattr(value, name, None)
                if part is not None:
                    self.add(f"{path}.{name}", part)
            return True
        if kind is super:
            self.add(f"{path} (of)", value.__self__)
            return True
        if kind in HOST_FUNCTIONS:
            return id(value) in NATIVES
        native = TYPES.get(kind)
        if native is None:
            return kind in UNLISTED
        return self.native_value(path, value, native)

    def container(self, path: str, value: Any) -> bool:
        if isinstance(value, dict):
            for number, (key, item) in enumerate(list(value.items())):
                self.add(f"{path} (key {number})", key)
                self.add(f"{path}[{key!r:.30}]" if type(key) in (str, int) else f"{path} (value {number})", item)
        else:
            for number, item in enumerate(list(value)):
                self.add(f"{path}[{number}]", item)
        return True

    def instance(self, path: str, value: Any) -> bool:
        for name, item in getattr(value, "__dict__", {}).items():
            self.add(f"{path}.{name}", item)
        if isinstance(value, tuple):
            for number, item in enumerate(tuple.__iter__(value)):
                self.add(f"{path}[{number}]", item)
        if isinstance(value, BaseException):
            self.error(path, value)
        self.add(f"{path} (class)", type(value))
        return True

    def members(self, path: str, value: Any) -> bool:
        for kind in value.__mro__:
            if type(kind) is not Class or kind in (Instance, Struct, Resource, Declared, Shared, System):
                continue
            for name, member in vars(kind).items():
                if (not is_special(name) or name in OPERATOR_METHODS) and type(member).__name__ not in (
                    "_Hidden",
                    "_tuplegetter",
                ):
                    self.add(f"{path}.{name}", member)
        return True

    def error(self, path: str, value: BaseException) -> bool:
        for name, item in value.__dict__.items():
            if not is_special(name):
                self.add(f"{path}.{name}", item)
        for kind in type(value).__mro__:
            for name in ERROR_FIELDS.get(kind, ()):
                self.add(f"{path}.{name}", getattr(value, name))
        return type(type(value)) is Class or self.knows(path, type(value))

    def function(self, path: str, value: types.FunctionType) -> bool:
        if not is_program_function(value):
            return id(value) in NATIVES
        for name, item in value.__dict__.items():
            self.add(f"{path}.{name}", item)
        for number, item in enumerate(value.__defaults__ or ()):
            self.add(f"{path} (default {number})", item)
        for name, item in (value.__kwdefaults__ or {}).items():
            self.add(f"{path} (default {name})", item)
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            if name == "cells":
                self.frame(f"{path} (captured)", cell.cell_contents)
        return True

    def frame(self, path: str, slots: Any) -> None:
        """The variables in a frame of a program: a captured one is alone in a list of its own."""
        for number, slot in enumerate(slots):
            for item in slot if type(slot) is list and len(slot) == 1 else (slot,):
                if item is not UNBOUND:
                    self.add(f"{path} {number}", item)

    def generator(self, path: str, value: Any) -> bool:
        """What a generator of a program keeps until it goes on."""
        while value is not None:
            frame = getattr(value, "gi_frame", None)
            if frame is None:
                break
            held = frame.f_locals
            self.frame(f"{path} (variable)", held["f"] if type(held.get("f")) is list else ())
            inner = held.get("generator")
            value = inner if type(inner) is types.GeneratorType else value.gi_yieldfrom
            if type(value) is not types.GeneratorType:
                break
        return True

    def native_value(self, path: str, value: Any, native: NativeType) -> bool:
        if isinstance(value, (list, tuple, set, frozenset, dict)) or type(value).__name__ == "deque":
            self.container(path, value)
        for name, field in native.fields.items():
            try:
                item = field(value)
            except Exception:  # a field may be there for some values only
                continue
            if type(item) is not type(value):
                self.add(f"{path}.{name}", item)
        return True


def library_errors() -> set[type]:
    """The exception types that the libraries make known."""
    from importlib import import_module

    found = set()
    for name in (*MODULES, "core", "ai", "actions"):
        for library in vars(import_module(f"dana.stdlib.{name}")).values():
            if isinstance(library, Library):
                found |= {
                    each
                    for each in library.members.values()
                    if isinstance(each, type) and issubclass(each, BaseException)
                }
    return found


LIBRARY_ERRORS = library_errors()


def held_by(session: Session) -> list[str]:
    """The paths of what a session's programs hold and should not."""
    walk = Walk()
    walk.errors |= LIBRARY_ERRORS

    def roots() -> Iterator[tuple[str, Any]]:
        yield from list(session.variables.items())
        for key, module in session._modules.items():
            yield Path(key).name, module

    return walk.run(roots())


def after(text: str, path: str | None = None) -> list[str]:
    """What a program holds after its run and should not, however it ended."""
    session = Session(Silent(), limits=Limits(steps=500_000, seconds=10))
    try:
        session.run(text)
    except DanaError as error:
        exception = getattr(error, "exception", None)
        if exception is not None:
            session.variables["(uncaught)"] = exception
    return held_by(session)


FILES = sorted({program.file for program in PROGRAMS})


@pytest.mark.parametrize("file", FILES)
def test_programs_hold_values_of_the_domain_only(file: str) -> None:
    programs: list[Program] = [program for program in PROGRAMS if program.file == file]
    assert [(str(program), found) for program in programs if (found := after(program.text))] == []


def test_attacks_that_end_well_hold_values_of_the_domain_only() -> None:
    peaceful = [
        attack
        for attack in ATTACKS
        if attack.route in ("attributes", "formatting", "exceptions", "sessions", "source")
        and not attack.limits
        and not any("limit" in line for line in attack.expected)
        and len(attack.parts) == 1
        and not attack.grants
    ]
    assert len(peaceful) > 80
    prologue = "canary_file = 'x'; port = 1; folder = 'x'\n"
    assert [(str(attack), found) for attack in peaceful if (found := after(prologue + attack.parts[0]))] == []


def test_natives_give_values_of_the_domain_only() -> None:
    text = "import " + ", ".join(MODULES) + "\nall_of_them = [" + ", ".join(MODULES) + "]\n"
    assert after(text) == []


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("x", object()),
        ("x", [1, {"a": (Path("x"),)}]),
        ("x", builtins),
        ("x", [type]),
        ("x", {"k": dict.__subclasses__}),
        ("x", (lambda: 1)),
        ("x", types.SimpleNamespace()),
        ("x", {1: {2: [bytearray()]}}),
    ],
    ids=["object", "path", "module", "class", "method", "function", "namespace", "bytearray"],
)
def test_what_is_planted_is_found(name: str, planted: Any) -> None:
    session = Session(Silent())
    session.run("x = 1\n")
    session.variables[name] = planted
    assert held_by(session)[0].startswith(name)


def test_a_violation_names_the_path() -> None:
    session = Session(Silent())
    session.register("plant", lambda: None)
    session.run(
        "def make(hidden):\n    def f():\n        return hidden\n    return f\nbox = []\nf = make(box)\nclass A:\n    pass\na = A()\na.b = [{'c': f}]\n"
    )
    session.variables["box"].append(object())
    for name in ("f", "box", "make"):
        del session.variables[name]
    (found,) = held_by(session)
    assert found.startswith("a.b[0]['c'] (captured) 0[0] is a builtins.object: <object object")


def test_what_a_suspended_generator_holds_is_looked_at() -> None:
    session = Session(Silent())
    session.run("def g(box):\n    yield 1\n    yield box\nbox = []\nx = g(box)\nnext(x)\n")
    session.variables["box"].append(object())
    del session.variables["box"]
    assert [found.partition(" is ")[0] for found in held_by(session)] == ["x (variable) 0"]
