"""The library as an editor shows it: signatures, documentation and places of what is written in Python."""

from __future__ import annotations

import inspect
import os.path
import re
from functools import lru_cache
from types import FunctionType

from dana import modules
from dana.formatting import represent
from dana.values import NativeType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.native import Library

NO_TYPE = frozenset(("Any", "object"))


def library_of(name: str) -> Library:
    """The library that has a built-in name of its own, or a name that needs no import."""
    return modules.library(modules.origin_of(name))


def kind_of(value: Any) -> str:
    """What a member of a library is: "function", "type", "error" or "constant"."""
    if isinstance(value, NativeType):
        return "type"
    if isinstance(value, type):
        return "error" if issubclass(value, BaseException) else "type"
    return "function" if callable(value) else "constant"


def documentation(value: Any, name: str, library: Library | None) -> str:
    """What is written about a member of a library, or a method of a type."""
    if isinstance(value, NativeType):
        return inspect.cleandoc(value.doc)
    if library is not None and name in library.docs and library.members.get(name) is value:
        return inspect.cleandoc(library.docs[name])
    text = value.__doc__ if callable(value) else None
    return inspect.cleandoc(text) if isinstance(text, str) else ""


def signature(value: Any, name: str, bound: bool = False) -> tuple[str, list[str], str]:
    """The name of a function with its parameters, these one by one, and what it returns ("" where nobody says).

    With `bound` the first parameter, the value itself, is left out.
    """
    if isinstance(value, NativeType):
        return _constructor(value, name)
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return f"{name}(...)", [], ""
    parameters = list(found.parameters.values())[1 if bound else 0 :]
    shown = [_parameter(each) for each in parameters]
    written = [*shown]
    only = sum(each.kind is each.POSITIONAL_ONLY for each in parameters)
    if only:
        written.insert(only, "/")
    named = next((at for at, each in enumerate(parameters) if each.kind is each.KEYWORD_ONLY), None)
    if named is not None and not any(each.kind is each.VAR_POSITIONAL for each in parameters):
        written.insert(named + bool(only and only <= named), "*")
    return f"{name}({', '.join(written)})", shown, _type(found.return_annotation)


def parameters(value: Any, bound: bool = False) -> list[str]:
    """The names by which arguments can be given to a function of the library."""
    if isinstance(value, NativeType):
        return [each.partition("=")[0].strip() for each in _constructor(value, "")[1] if "=" in each]
    try:
        found = list(inspect.signature(value).parameters.values())[1 if bound else 0 :]
    except (TypeError, ValueError):
        return []
    return [each.name for each in found if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]


def _constructor(value: NativeType, name: str) -> tuple[str, list[str], str]:
    """A type documents how it is called in its first line, as in `date(year, month, day): a day`."""
    called = re.match(r"\w+\((.*?)\)(?=[:,. ]|$)", value.doc.strip())
    if called is None:
        return f"{name}(...)" if value.construct else name, [], ""
    inside = [each.strip() for each in called[1].split(",")] if called[1] else []
    return f"{name}({', '.join(inside)})", [each for each in inside if each not in "*/"], ""


def _parameter(parameter: inspect.Parameter) -> str:
    stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**" * (parameter.kind is parameter.VAR_KEYWORD)
    annotation = _type(parameter.annotation)
    typed = f"{stars}{parameter.name}" + (f": {annotation}" if annotation else "")
    if parameter.default is parameter.empty:
        return typed
    default = "..." if type(parameter.default) is object else represent(parameter.default)
    return f"{typed} = {default}" if annotation else f"{typed}={default}"


def _type(annotation: Any) -> str:
    """An annotation of the host, as far as a program could write it."""
    if not isinstance(annotation, str) or set(re.findall(r"\w+", annotation)) & NO_TYPE:
        return ""
    return annotation if re.fullmatch(r"[\w\[\], |.]+", annotation) else ""


def place(value: Any, name: str, library: Library | None) -> tuple[str, int] | None:
    """The file in which a member of a library is defined, and the line, from 1; None where there is no such file."""
    function = value.construct if isinstance(value, NativeType) and name == "" else value
    if isinstance(function, FunctionType):
        inner = inspect.unwrap(function)
        code = (inner if isinstance(inner, FunctionType) else function).__code__
        if code.co_name.strip("_") == name.rpartition(".")[2] and os.path.exists(code.co_filename):
            return code.co_filename, code.co_firstlineno
    if library is None:
        return None
    module = modules.library_file(library.name)
    owner, _, short = name.rpartition(".")
    patterns = [rf'^\s*"(?:\w+\.)?{each}",?' for each in (short, owner) if each] + [rf'[(\s]"{short}"']
    for pattern in patterns if owner != library.name else patterns[::2]:
        for file in (module, modules.library_file("types")):
            for number, line in enumerate(_lines(file), 1):
                if re.search(pattern, line):
                    return file, number
    return module, 1


@lru_cache(maxsize=64)
def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()
