"""`dana doc`: everything that has a name has words; files are covered by tests/golden/doc."""

from __future__ import annotations

import pytest

from dana import Session, modules
from dana.documentation import of_file, overview, tell
from dana.errors import UsageError
from dana.source import Source
from tests.hosts import Capture


@pytest.mark.parametrize("name", [*modules.builtin_names(), *modules.module_names()])
def test_everything_is_documented(name: str) -> None:
    host = Capture()
    tell(name, Session(host))
    assert len(host.printed.splitlines()) > 2
    assert "Nothing is written about it" not in host.printed


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("resaon", "did you mean reason?"),
        ("maths", "did you mean math?"),
        ("math.sqr", "did you mean math.sqrt?"),
        ("x y", "dana doc lists what there is; a file is written with its .na"),
        ("", "dana doc lists what there is; a file is written with its .na"),
        ("reason.x y", "dana doc lists what there is; a file is written with its .na"),
    ],
)
def test_names_that_nothing_has(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        tell(name, Session(Capture()))
    assert caught.value.diagnostic.hint == hint


def test_the_list_has_all_modules() -> None:
    lines = overview().splitlines()
    assert all(any(line.startswith(f"  {name} ") for line in lines) for name in modules.module_names())
    assert max(map(len, lines)) <= 102


def test_a_file_is_not_run() -> None:
    assert of_file(Source('"""Says."""\nprint(1 / 0)\ndef f(a, b=2): pass\n', "folder/tool.na")) == (
        "module tool\n\nSays.\n\ndef f(a, b=2)\n"
    )
