"""Runs tests, each in a session of its own: its file runs anew, then its fixtures, the test, and what ends them."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from types import GeneratorType

from dana import nodes
from dana.errors import DanaError, Diagnostic, Frame, ProgramError, UncaughtError, nearest
from dana.session import Session, read_source
from dana.testing.collection import Test, collect, name_of, values_of
from dana.testing.environment import Environment, TestSession, made
from dana.values import is_program_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dana.source import Source

    Execute = Callable[[Session, Callable[[], None]], None]

BUILT_IN = ("tmp", "model", "clock")
"""The fixtures that are always there."""

MOST_SHOWN = 500
"""Characters of a prompt that an error shows."""

FIXTURES = "fixtures"
"""The module beside a file of tests in which there are fixtures for it."""


class Outcome:
    """What became of a test: "passed", "failed", or "error" when something around it failed.

    Of a file whose tests could not be found, `test` is None. `output` is what was printed and logged.
    """

    __slots__ = ("diagnostics", "file", "output", "seconds", "status", "test")

    def __init__(
        self, file: str, test: Test | None, status: str, diagnostics: list[Diagnostic], output: str, seconds: float
    ) -> None:
        self.file = file
        self.test = test
        self.status = status
        self.diagnostics = diagnostics
        self.output = output
        self.seconds = seconds

    @property
    def id(self) -> str:
        """How reports call it."""
        return self.file if self.test is None else self.test.id


class Runner:
    """Finds and runs tests in one environment; `execute` runs something of a session, on a thread with enough stack."""

    def __init__(self, environment: Environment, execute: Execute) -> None:
        self.environment = environment
        self._execute = execute
        self._root = os.path.realpath(tempfile.mkdtemp(prefix="dana-test-"))
        """In which tests have their folders."""
        self._folders = 0

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *error: object) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def tests(self, path: str) -> list[Test] | Outcome:
        """The tests of a file; the outcome of the file when these cannot be found."""
        found: list[Test] = []
        begun = time.monotonic()
        session = self._session()
        try:
            source = read_source(path)
            self._execute(session, lambda: found.extend(collect(source, session)))
        except DanaError as error:
            said = explained(error, session)
            return Outcome(path, None, "error", said, session.output.output, time.monotonic() - begun)
        return found

    def run(self, test: Test) -> Outcome:
        """What becomes of a test."""
        session = self._session()
        run = _Run(test, session)
        begun = time.monotonic()
        try:
            self._execute(session, run.work)
        finally:
            shutil.rmtree(session.folder, ignore_errors=True)
        return Outcome(
            test.source.name, test, run.status, run.diagnostics, session.output.output, time.monotonic() - begun
        )

    def all(self, paths: list[str], wanted: Callable[[str], bool]) -> Iterator[Outcome | Test]:
        """Run the tests of files whose ids are wanted; tests that are not come as they are."""
        for path in paths:
            tests = self.tests(path)
            if isinstance(tests, Outcome):
                yield tests
                continue
            for test in tests:
                yield self.run(test) if wanted(test.id) else test

    def _session(self) -> TestSession:
        self._folders += 1
        return TestSession(self.environment, os.path.join(self._root, str(self._folders)))


class _Run:
    """One test on its way: the values of its fixtures, and the generators that are to be ended."""

    def __init__(self, test: Test, session: TestSession) -> None:
        self.test = test
        self.session = session
        self.status = "error"
        self.diagnostics: list[Diagnostic] = []
        self._values: dict[str, Any] = {}
        self._open: list[tuple[str, Any]] = []
        self._making: list[str] = []
        self._shared: dict[str, Any] | None = None

    def work(self) -> None:
        """Run the test and end its fixtures."""
        try:
            with self.session.running():
                self._test()
        except DanaError as error:
            self.diagnostics += explained(error, self.session)
        while self._open:
            try:
                with self.session.running():
                    self._end(*self._open.pop())
            except DanaError as error:
                self.diagnostics += explained(error, self.session)
                if self.status == "passed":
                    self.status = "error"

    def _test(self) -> None:
        test, session = self.test, self.session
        session.run_source(test.source)
        function = session.variables[test.function]
        given = [] if test.number is None else list(values_of(function.__dict__["cases"][test.number]))
        parameters = test.node.parameters
        listed = [*parameters.positional_only, *parameters.positional]
        if len(given) > len(listed):
            raise self._problem(
                f"a case of {test.function} has {len(given)} values, for {len(listed)} parameters", test.node
            )
        positional = given + [self._value(each.name, each) for each in listed[len(given) :] if each.default is None]
        named = {each.name: self._value(each.name, each) for each in parameters.keyword_only if each.default is None}
        self.status = "failed"
        if type(function(*positional, **named)) is GeneratorType:
            raise self._problem(f"{test.function} yields, and so does nothing: only fixtures may", test.node)
        if session.script.unanswered:
            prompt = session.script.unanswered[0]
            message = f"the program went on without an answer to the prompt: {prompt[:MOST_SHOWN]}"
            raise self._problem(message, test.node, "model.answer(...) in the test says what the model answers")
        self.status = "passed"

    def _value(self, name: str, wanted: nodes.Node | None) -> Any:
        """The value of a fixture, made when it is first wanted; `wanted` is the parameter of the test."""
        if name in self._values:
            return self._values[name]
        if name in self._making:
            circle = " needs ".join([*self._making[self._making.index(name) :], name])
            raise self._problem(f"fixtures need each other: {circle}", wanted)
        self._making.append(name)
        self._values[name] = value = self._made(name, wanted)
        self._making.pop()
        return value

    def _made(self, name: str, wanted: nodes.Node | None) -> Any:
        function = self._fixture(name)
        if function is None:
            return self._built_in(name, wanted)
        code = function.__code__
        count = code.co_argcount - len(function.__defaults__ or ())
        names = code.co_varnames[: code.co_argcount]
        only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        defaults = function.__kwdefaults__ or {}
        arguments = [self._value(each, wanted) for each in names[:count]]
        made = function(*arguments, **{each: self._value(each, wanted) for each in only if each not in defaults})
        if type(made) is not GeneratorType:
            return made
        for value in made:
            self._open.append((name, made))
            return value
        raise self._problem(f"the fixture {name} ended without a yield", wanted)

    def _end(self, name: str, generator: Any) -> None:
        """Run what follows the yield of a fixture."""
        for _ in generator:
            raise self._problem(f"the fixture {name} yields twice: what follows the first yield ends it", None)

    def _fixture(self, name: str) -> Any:
        """The function that is the fixture, of the file or of the one beside it; None where there is none."""
        for variables in (self.session.variables, self._beside()):
            found = variables.get(name)
            if is_program_function(found) and "fixture" in found.__dict__:
                return found
        return None

    def _built_in(self, name: str, wanted: nodes.Node | None) -> Any:
        session = self.session
        if name == "tmp":
            folder = os.path.join(session.folder, name)
            os.mkdir(folder, mode=0o700)
            return folder
        if name == "model":
            return session.scripted()
        if name == "clock":
            return made("clock", session.host)
        known = [*BUILT_IN, *self._names(self.session.variables), *self._names(self._beside())]
        by = f", which {self._making[-2]} needs" if len(self._making) > 1 else ""
        like = nearest(name, known)
        hint = f"did you mean {like}?" if like else f"fixtures: {', '.join(sorted(set(known)))}"
        raise self._problem(f"there is no fixture {name}{by}", wanted, hint)

    @staticmethod
    def _names(variables: dict[str, Any]) -> list[str]:
        return [name for name, each in variables.items() if is_program_function(each) and "fixture" in each.__dict__]

    def _beside(self) -> dict[str, Any]:
        """The variables of the file of fixtures beside the test."""
        if self._shared is None:
            source = self.test.source
            there = os.path.exists(os.path.join(os.path.dirname(source.path or ""), f"{FIXTURES}.na"))
            self._shared = self.session.import_module(FIXTURES, 0, source).members if there else {}
        return self._shared

    def _problem(self, message: str, node: nodes.Node | None, hint: str | None = None) -> ProgramError:
        """An error at a node of the file; of a function at its name."""
        source: Source | None = self.test.source
        start, end = (0, 0) if node is None else (node.start, node.end)
        if isinstance(node, nodes.FunctionDefinition):
            start, end = name_of(node, self.test.source)
        return ProgramError(Diagnostic("test", message, None if node is None else source, start, end, hint=hint))


def explained(error: DanaError, session: TestSession) -> list[Diagnostic]:
    """The diagnostics of an error without secrets; of assertions with what they compared."""
    mask = session.host.masked
    for diagnostic in error.diagnostics:
        at: Diagnostic | None = diagnostic
        raised = error.exception if isinstance(error, UncaughtError) else None
        while at is not None:
            if id(raised) in session.refusals and at.frames:
                refusal, last = session.refusals[id(raised)][1], at.frames[-1]
                at.start, at.end = refusal.start, refusal.end
                at.frames = (*at.frames[:-1], Frame(last.function, last.source, refusal.start, refusal.end))
                at.hint = "\n".join(refusal.lines) or at.hint
            at.message, at.hint = mask(at.message), mask(at.hint)
            raised = raised and (raised.__cause__ or raised.__context__)
            at = at.related[0][1] if at.related else None
    return error.diagnostics
