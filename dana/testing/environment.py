"""What a test finds in the place of the world: a clock that stands still, scripted models, and no files but its own."""

from __future__ import annotations

import datetime
import os

from dana.host import Host
from dana.models.resource import Models
from dana.modules import library
from dana.permissions import KINDS, Permissions
from dana.resolver import resolve
from dana.session import Session
from dana.testing.assertions import ObservedProgram, Refusal
from dana.testing.coverage import Coverage
from dana.tree_cache import parse_cached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Literal

    from dana import nodes
    from dana.evaluation.definitions import Program, Variables
    from dana.limits import Limits
    from dana.models.resource import Model
    from dana.resolver import Resolution
    from dana.source import Source

    Granted = Iterable[str] | Literal[True]

BEGINNING = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
"""The time at which every test begins."""

_LIBRARY = "<library>/"
"""How the names of sources begin that are the library's own."""


class Environment:
    """What is the same for all tests of a run.

    `granted` are grants by kind, `model` is the name of a real model to ask, `show` what gets output as it is printed;
    `covers` tells whether lines and branches that run are counted.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        granted: dict[str, Granted] | None = None,
        everything: bool = False,
        model: str | None = None,
        show: Callable[[str], object] | None = None,
        covers: bool = False,
    ) -> None:
        self.limits = limits
        self.granted = granted or {}
        self.everything = everything
        self.model = model
        self.show = show
        self.coverage = Coverage() if covers else None
        self.trees: dict[tuple[str, str], tuple[Source, nodes.Module, Resolution]] = {}
        """The programs that were read, each once, by name and text."""


class TestHost(Host):
    """Keeps what is printed and logged, and a time that only waiting moves."""

    frozen = True

    def __init__(self, environment: Environment, folder: str) -> None:
        super().__init__(lambda: _permissions(environment, folder))
        self.folder = os.path.join(folder, Host.folder)
        self._show = environment.show
        self._printed: list[str] = []
        self._waited = 0.0

    @property
    def output(self) -> str:
        """What was printed and logged."""
        return "".join(self._printed)

    def write(self, text: str) -> None:
        text = self.masked(text)
        self._printed.append(text)
        if self._show is not None:
            self._show(text)

    def write_log(self, line: str) -> None:
        self.write(line + "\n")

    def read_line(self, prompt: str) -> str:
        self.write(prompt)
        raise EOFError("input() has nothing to read in a test")

    def now(self) -> datetime.datetime:
        return BEGINNING + datetime.timedelta(seconds=self._waited)

    def monotonic(self) -> float:
        return self._waited

    def sleep(self, seconds: float) -> None:
        self._waited += seconds


class TestModels(Models):
    """All models say what the test has scripted, but for those that a program gives answers of their own."""

    def __init__(self, settings: dict[str, Any], host: Host, script: Any) -> None:
        super().__init__(settings, host)
        self._script = script

    @property
    def configuration(self) -> dict[str, Any]:
        """Nothing: a test asks nobody whom dana.toml names."""
        return {}

    def create(self, **settings: Any) -> Model:
        if settings.get("provider") == "scripted":
            return super().create(**settings)
        kept = {name: settings.get(name) for name in ("temperature", "max_tokens", "timeout", "system")}
        return super().create(provider="scripted", model=settings.get("model"), answers=self._script.next, **kept)

    def reason(self, prompt: Any, model: Any, options: dict[str, Any]) -> Any:
        return super().reason(prompt, model, {**options, "cache": None})  # what one test asks is not for another


class TestSession(Session):
    """A session for one test; `folder` is the one that the test may use, and is made."""

    def __init__(self, environment: Environment, folder: str) -> None:
        self.output = TestHost(environment, folder)
        settings = {} if environment.model is None else {"model": environment.model}
        super().__init__(self.output, limits=environment.limits, settings=settings)
        self.environment = environment
        self.folder = folder
        os.makedirs(folder, mode=0o700)
        self.script = made("scripted_model")
        self.refusals: dict[int, tuple[BaseException, Refusal]] = {}
        """Why the assertions that raised errors did not hold, by the identity of the error."""

    @property
    def models(self) -> Models:
        if self._models is None and self.environment.model is None:
            self._models = TestModels(self.settings, self.host, self.script)
        return super().models

    def scripted(self) -> Any:
        """What the model says, where a test wants to say it: `reason` asks it from now on."""
        self.models.default = self.models.create(provider="scripted", answers=self.script.next)
        return self.script

    def running(self) -> Any:
        """What holds while something of the programs runs, as one run with one clock."""
        return self._running()

    def _prepare(self, source: Source, variables: Variables) -> Program:
        if source.name.startswith(_LIBRARY):
            return super()._prepare(source, variables)
        trees, key = self.environment.trees, (source.path or source.name, source.text)
        known = trees.get(key)
        if known is None:
            module = parse_cached(source)
            known = trees[key] = source, module, resolve(module, source)
        program = ObservedProgram(*known, variables, self.meter, self, refusals=self.refusals)
        if self.environment.coverage is not None:
            self.environment.coverage.observe(program)
        return program


def made(name: str, *arguments: Any) -> Any:
    """A value of a type that the library has for tests."""
    return library("fixtures").members[name].host(*arguments)


def _permissions(environment: Environment, folder: str) -> Permissions:
    granted: dict[str, Any] = {kind: environment.granted.get(kind, ()) for kind in KINDS}
    for kind in ("read", "write", "db"):
        if granted[kind] is not True:
            granted[kind] = {folder, *granted[kind]}
    return Permissions(**granted, everything=environment.everything)
