"""Runs the examples and checks them: they end well, say nothing on standard error, and nothing is found in them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dana.cli import main
from dana.models import weights

ROOT = Path(__file__).parent.parent
SHOP = ROOT / "examples" / "09_shop"
PROGRAMS = sorted({*ROOT.glob("examples/*.na"), *ROOT.glob("examples/*/main.na")} - {SHOP / "main.na"})


SAID = {
    "06_models.na": "note: the embedded smollm2-135m-instruct answers: real, small, often wrong; .*\n",
    "08_workflow.na": ".* ERROR Workflow huge failed: step pay: the card is declined\n",
    "12_team.na": (
        r".* INFO  tool in_stock\(item=\"tea\"\) -> 120\n"
        r".* INFO  tool price_of\(item=\"tea\", pieces=60\) -> 243.0\n"
    ),
}
"""What examples write to standard error, where they write anything."""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: str(program.relative_to(ROOT)))
def test_example(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = str(program.relative_to(ROOT))
    lines = program.read_text().splitlines()
    assert lines[0].startswith("# ")
    assert f"dana run {name}" in lines[1]
    asks = program.name == "06_models.na"
    said = SAID.get(program.name, "")
    if asks and weights.installed(weights.DEFAULT) is None:
        pytest.skip("it asks a model: dana model get")
    assert main(["run", *(["--model", "local"] if asks else []), str(program)]) == 0
    output, errors = capsys.readouterr()
    assert output
    assert re.fullmatch(said, errors), errors
    assert main(["check", "--strict", str(program)]) == 0
    assert capsys.readouterr() == ("", "")


TILL = """\
Ann: completed, paid at try 2
Bo: completed, paid at try 1
Cy: failed, paid at try 1
  step take: there are not 2 cups left
  refund: done
  a gift goes with the order of Di
Di: completed, paid at try 1

refunded  1 orders, 19.00
sent      3 orders, 68.50
cups      1 left
tea       9 left
accounts  {'balance': 68.5}
"""


def test_shop() -> None:
    done = subprocess.run([sys.executable, str(SHOP / "start.py")], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, TILL)
    assert done.stderr.count("\n") == 1, "the order that failed is logged"


def test_shop_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--strict", str(SHOP / "main.na"), "payments=x"]) == 0
    assert capsys.readouterr() == ("", "")


def test_there_are_some() -> None:
    assert len(PROGRAMS) >= 5
