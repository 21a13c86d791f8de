"""The recipe's nine programs as they stand, each driven by a program of tests/recipe through all that it defines.

A file of tests/recipe is a program, a line `=====`, and what it prints; it runs after the blocks that it needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dana import Host, Session

DRIVERS = Path(__file__).parent / "recipe"
RECIPE = Path(__file__).parent.parent.parent / "shared" / "recipe"
BLOCKS = {
    "02_engine": ["02_workflow_engine"],
    "04_controls": ["04_workflow_controls"],
    "05_errors": ["02_workflow_engine", "05_error_handling"],
    "06_monitoring": ["02_workflow_engine", "06_monitoring"],
    "07_adaptive": ["02_workflow_engine", "07_adaptive"],
    "08_agents": ["08_multi_agent"],
    "09_testing": ["02_workflow_engine", "09_testing"],
}


class Printed(Host):
    """Keeps what is printed; waiting takes no time."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.logged: list[str] = []
        self.slept: list[float] = []
        self.passed = 0.0

    def write(self, text: str) -> None:
        self.text += text

    def write_log(self, line: str) -> None:
        self.logged.append(line)

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def monotonic(self) -> float:
        return super().monotonic() + self.passed


def test_every_driver_has_its_blocks() -> None:
    assert {path.stem for path in DRIVERS.glob("*.na")} == set(BLOCKS)


@pytest.mark.parametrize("name", BLOCKS)
def test_block(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not RECIPE.is_dir():
        pytest.skip("the recipe's programs are not beside this checkout")
    monkeypatch.chdir(tmp_path)
    host = Printed()
    session = Session(host)
    calls: list[Any] = []

    def api_call(parameters: dict[str, Any]) -> dict[str, Any]:
        calls.append(parameters)
        return {"status": 200, "ok": True, "data": parameters}

    session.register("api_call", api_call)
    for block in BLOCKS[name]:
        session.run((RECIPE / f"{block}.na").read_text(), f"{block}.na")
    program, _, expected = (DRIVERS / f"{name}.na").read_text().partition("=====\n")
    session.run(program, f"{name}.na")
    assert host.text == expected
