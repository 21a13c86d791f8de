"""A run of tests from beginning to end: the files, the tests that are wanted, and the report."""

from __future__ import annotations

from time import monotonic

from dana.errors import Diagnostic, UsageError
from dana.testing.collection import find_files, matcher
from dana.testing.coverage import figures
from dana.testing.reporting import Report
from dana.testing.runner import Outcome, Runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dana.testing.environment import Environment
    from dana.testing.reporting import Progress
    from dana.testing.runner import Execute


def run(
    words: list[str],
    expression: str | None,
    environment: Environment,
    execute: Execute,
    progress: Progress | None = None,
    *,
    stops: bool = False,
) -> Report:
    """Run the tests of files and folders whose names an expression wants, with `stops` up to the first that fails.

    Raises UsageError, also when there are no tests.
    """
    wanted = bool if expression is None else matcher(expression)
    report = Report()
    begun = monotonic()
    with Runner(environment, execute) as runner:
        for found in runner.all(find_files(words), wanted):
            if not isinstance(found, Outcome):
                report.deselected += 1
                continue
            report.outcomes.append(found)
            if progress is not None:
                progress.tell(found)
            if stops and found.status != "passed":
                break
    if progress is not None:
        progress.end()
    report.seconds = monotonic() - begun
    if not report.outcomes:
        hint = "tests are functions test_* in files test_*.na"
        if report.deselected:
            hint = f"-k leaves out all {report.deselected}"
        raise UsageError(Diagnostic("usage", "there are no tests", hint=hint))
    if environment.coverage is not None:
        report.coverage = figures(environment.coverage)
    return report
