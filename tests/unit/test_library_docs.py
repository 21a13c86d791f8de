"""Every example in the documentation of the standard library runs and prints what it says."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from typing import Any

import pytest
from dana.stdlib import GLOBALS, PROGRAMS

from dana import DanaError, Host, Session, modules
from dana.formatting import represent
from dana.native import Library
from dana.permissions import Permissions
from dana.values import NativeType


class Capture(Host):
    printed = ""

    def write(self, text: str) -> None:
        self.printed += text


def libraries() -> list[Library]:
    return [modules.library(name) for name in sorted({"core", *modules.module_names(), *GLOBALS.values()})]


def documented() -> Iterator[tuple[str, str, str]]:
    """Module, name and documentation of everything public."""
    for library in libraries():
        yield library.name, "", library.doc
        for name, member in library.members.items():
            if isinstance(member, NativeType):
                yield library.name, name, member.doc
                for static, function in member.statics.items():
                    if callable(function) and function.__doc__ and type(function).__name__ == "function":
                        yield library.name, f"{name}.{static}", function.__doc__
            elif name in library.docs:
                yield library.name, name, library.docs[name]
            else:
                yield library.name, name, member.__doc__


DOCUMENTED = sorted(set(documented()))


@pytest.mark.parametrize(("module", "name", "doc"), DOCUMENTED, ids=lambda value: value if len(value) < 40 else "doc")
def test_examples(module: str, name: str, doc: str) -> None:
    host = Capture(lambda: Permissions(env=["HOME"]))
    session = Session(host)
    if module in modules.module_names() and module != "log":
        session.run(f"import {module}")
    for example in doctest.DocTestParser().get_examples(doc):
        host.printed = ""
        assert shown(session, host, example.source) == example.want, example.source


@pytest.mark.parametrize("name", PROGRAMS)
def test_names_written_in_dana(name: str) -> None:
    host = Capture(lambda: Permissions(env=["HOME"]))
    session = Session(host)
    doc = getattr(session.evaluate(name), "__doc__", None)
    if name not in ("workflow_engine",):
        assert doc, f"{name} has no documentation"
    for example in doctest.DocTestParser().get_examples(doc or ""):
        host.printed = ""
        assert shown(session, host, example.source) == example.want, example.source


def shown(session: Session, host: Capture, source: str) -> str:
    """What an example shows: what it prints and its value, or the head and the last line of its error."""
    try:
        value: Any = session.evaluate(source)
    except DanaError as error:
        return f"Traceback (most recent call last):\n{error.diagnostic.message}\n"
    return host.printed + ("" if value is None else represent(value) + "\n")


def test_most_functions_have_an_example() -> None:
    without = [f"{module}.{name}" for module, name, doc in DOCUMENTED if name and ">>>" not in doc]
    assert len(without) < len(DOCUMENTED) / 3, without


def test_the_index_agrees_with_the_libraries() -> None:
    for name in modules.module_names():
        assert modules.library(name).name == name
    for name in modules.builtin_names():
        assert modules.is_builtin(name)
        modules.builtin(name)
