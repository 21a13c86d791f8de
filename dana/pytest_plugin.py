"""A plugin of pytest: the tests of `.na` files beside those of Python, each as `dana test` runs it.

Nothing of Dana is imported before pytest finds a file with tests.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dana.errors import Diagnostic
    from dana.testing.collection import Test
    from dana.testing.runner import Runner

_RUNNER = pytest.StashKey["Runner"]()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file of tests, where its name says so."""
    if file_path.suffix != ".na" or not file_path.name.startswith("test_"):
        return None
    return DanaFile.from_parent(parent, path=file_path)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folders of tests, when there were any."""
    runner = config.stash.get(_RUNNER, None)
    if runner is not None:
        runner.__exit__()


class Problems(Exception):
    """What is wrong with a test, or with the file it is in."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        from dana.diagnostics import render_text

        super().__init__("\n\n".join(map(render_text, diagnostics)))


class DanaFile(pytest.File):
    """A file of tests."""

    def collect(self) -> Iterator[pytest.Item]:
        from dana.testing.runner import Outcome

        found = _runner(self.config).tests(_shown(self.path))
        if isinstance(found, Outcome):
            raise self.CollectError(str(Problems(found.diagnostics)))
        for test in found:
            yield DanaItem.from_parent(self, name=test.name, test=test)


class DanaItem(pytest.Item):
    """A test function, with one of its cases."""

    def __init__(self, *, test: Test, name: str, parent: pytest.Collector) -> None:
        super().__init__(name, parent)
        self.test = test

    def runtest(self) -> None:
        from dana.errors import Interrupted

        try:
            outcome = _runner(self.config).run(self.test)
        except Interrupted:
            raise KeyboardInterrupt from None
        if outcome.output:
            self.add_report_section("call", "stdout", outcome.output)
        if outcome.status != "passed":
            raise Problems(outcome.diagnostics)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> object:  # type: ignore[override]
        if isinstance(excinfo.value, Problems):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.test.line - 1, self.name


def _runner(config: pytest.Config) -> Runner:
    """What runs the tests of this session."""
    runner = config.stash.get(_RUNNER, None)
    if runner is None:
        from dana.cli import execute
        from dana.limits import Limits, usual_memory
        from dana.testing.environment import Environment
        from dana.testing.runner import Runner
        from dana.usage import TEST_TIMEOUT

        shown = sys.stdout.write if config.getoption("capture", "fd") == "no" else None
        limits = Limits(memory=usual_memory(), seconds=TEST_TIMEOUT)
        runner = config.stash[_RUNNER] = Runner(Environment(limits, show=shown), execute)
    return runner


def _shown(path: Path) -> str:
    """A path as it is written where pytest was started, if it is below."""
    here = os.getcwd() + os.sep
    return str(path).removeprefix(here)
