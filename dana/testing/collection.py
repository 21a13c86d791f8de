"""Which files hold tests, which functions are tests, and which of these are wanted."""

from __future__ import annotations

import os
import re

from dana import nodes
from dana.errors import Diagnostic, ProgramError, UsageError
from dana.formatting import represent
from dana.values import is_program_function, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dana.source import Source
    from dana.testing.environment import TestSession

PREFIX = "test_"

LONGEST_LABEL = 30
"""Characters of the values of a case up to which they name it."""


class Test:
    """A test function of a file, with one of its cases: a tuple of values for its first parameters."""

    __slots__ = ("case", "function", "name", "node", "number", "source")

    def __init__(self, source: Source, node: nodes.FunctionDefinition, name: str, number: int | None) -> None:
        self.source = source
        self.node = node
        self.function = node.name
        self.name = name
        self.number = number
        """Which case it is, from 0; None for a test without cases."""

    @property
    def id(self) -> str:
        """How reports call it."""
        return f"{self.source.name}::{self.name}"

    @property
    def line(self) -> int:
        """The line of its name."""
        return self.source.line_of(name_of(self.node, self.source)[0])


def find_files(words: list[str]) -> list[str]:
    """The files that are named, and those with tests below the folders that are; raises UsageError."""
    found: dict[str, None] = {}
    for word in words or [os.curdir]:
        if os.path.isdir(word):
            found.update(dict.fromkeys(sorted(_below(word))))
        elif os.path.exists(word):
            found[word] = None
        else:
            raise UsageError(Diagnostic("usage", f"there is no file or folder {word}"))
    return list(found)


def _below(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "node_modules"]
        for name in files:
            if name.startswith(PREFIX) and name.endswith(".na"):
                yield os.path.normpath(os.path.join(place, name))


def collect(source: Source, session: TestSession) -> list[Test]:
    """The tests of a file, in its order; the file is run for that. Raises DanaError."""
    session.run_source(source)
    module = session.environment.trees[source.path or source.name, source.text][1]
    found: list[Test] = []
    first: dict[str, nodes.FunctionDefinition] = {}
    for node in module.body:
        if (
            not isinstance(node, nodes.FunctionDefinition)
            or node.kind == "receiver"
            or not node.name.startswith(PREFIX)
        ):
            continue
        if node.name in first:
            raise _twice(source, first[node.name], node)
        first[node.name] = node
        function = session.variables.get(node.name)
        if not is_program_function(function):
            start, end = name_of(node, source)
            message = f"{node.name} is no function any more, but {type_name(function)}"
            raise ProgramError(Diagnostic("no-test", message, source, start, end))
        if "fixture" not in function.__dict__:
            found += _cases(source, node, function.__dict__.get("cases"))
    return found


def _cases(source: Source, node: nodes.FunctionDefinition, cases: list[Any] | None) -> Iterator[Test]:
    if cases is None:
        yield Test(source, node, node.name, None)
        return
    labels: set[str] = set()
    for number, case in enumerate(cases):
        label = "-".join(map(_label, values_of(case)))
        if len(label) > LONGEST_LABEL or not label or label in labels:
            label = f"case {number + 1}"
        labels.add(label)
        yield Test(source, node, f"{node.name}[{label}]", number)


def values_of(case: Any) -> tuple[Any, ...]:
    """The values that a case gives to the first parameters of a test."""
    return case if type(case) is tuple else (case,)


def _label(value: Any) -> str:
    if type(value) is str and value.isprintable():
        return value
    return represent(value) if type(value) in (int, float, bool, type(None)) else " " * (LONGEST_LABEL + 1)


def _twice(source: Source, first: nodes.FunctionDefinition, second: nodes.FunctionDefinition) -> ProgramError:
    start, end = name_of(second, source)
    note = "the first one", *name_of(first, source)
    message = f"{second.name} is defined twice: the first one would never run"
    return ProgramError(Diagnostic("test-defined-twice", message, source, start, end, notes=(note,)))


def name_of(node: nodes.FunctionDefinition, source: Source) -> tuple[int, int]:
    """Where the name of a function stands."""
    begin = node.decorators[-1].end if node.decorators else node.start
    found = re.compile(rf"\bdef\s+{re.escape(node.name)}\b").search(source.text, begin)
    end = found.end() if found else node.start + len("def")
    return end - len(node.name) if found else node.start, end


# -k


def matcher(expression: str) -> Callable[[str], bool]:
    """Whether a test is wanted: words, parts of its name in letters of any case, with `and`, `or`, `not` and brackets.

    Raises UsageError.
    """
    words = re.findall(r"[()]|[^\s()]+", expression)
    rest = list(reversed(words))

    def wrong(wanted: str) -> UsageError:
        came = f"{rest[-1]!r}" if rest else "the end"
        return UsageError(
            Diagnostic(
                "usage", f"-k {expression}: wanted {wanted}, and not {came}", hint='such as -k "order and not slow"'
            )
        )

    def either() -> Callable[[str], bool]:
        found = [both()]
        while rest and rest[-1] == "or":
            rest.pop()
            found.append(both())
        return lambda name: any(each(name) for each in found)

    def both() -> Callable[[str], bool]:
        found = [single()]
        while rest and rest[-1] == "and":
            rest.pop()
            found.append(single())
        return lambda name: all(each(name) for each in found)

    def single() -> Callable[[str], bool]:
        if not rest or rest[-1] in ("and", "or", ")"):
            raise wrong("a part of a name")
        word = rest.pop()
        if word == "not":
            inner = single()
            return lambda name: not inner(name)
        if word == "(":
            inner = either()
            if not rest or rest.pop() != ")":
                raise wrong("a closing bracket")
            return inner
        part = word.lower()
        return lambda name: part in name.lower()

    wanted = either()
    if rest:
        raise wrong("and, or, or the end")
    return wanted
