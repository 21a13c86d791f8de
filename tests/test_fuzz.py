"""A fixed number of inputs for each target of fuzzing, and all that was found before."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.campaign import FOUND
from tests.fuzz.targets import TARGETS, Fault, check_cause

COUNTS = {
    "lexer": 300,
    "parser": 200,
    "bytes": 200,
    "check": 100,
    "evaluator": 150,
    "diagnostics": 100,
    "definitions": 12,
    "configuration": 500,
    "answers": 200,
}
KEPT = sorted(file for file in FOUND.rglob("*") if file.is_file())


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_inputs(target: str) -> None:
    for number in range(COUNTS[target]):
        data = TARGETS[target].make(random.Random(f"tests {target} {number}"))
        try:
            TARGETS[target].run(data)
        except Fault as fault:
            pytest.fail(f"input {number}: {fault}\n{data!r}")


@pytest.mark.parametrize("file", KEPT, ids=lambda file: str(file.relative_to(FOUND)))
def test_found(file: Path) -> None:
    TARGETS[file.parent.name].run(file.read_bytes())


def test_faults_are_seen() -> None:
    with pytest.raises(SyntaxError) as caught:
        compile_in_dana()
    with pytest.raises(Fault, match=r"SyntaxError at shapes\.py"):
        check_cause(caught.value)


def compile_in_dana() -> None:
    from dana.evaluation.shapes import compiled

    compiled("no such text", "<test>")


def test_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--minutes", "0.02", "--target", "lexer"],
        capture_output=True,
        text=True,
        cwd=FOUND.parent.parent.parent,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].split() == ["target", "inputs", "inputs/s", "faults"]
    assert done.stdout.splitlines()[1].startswith("lexer ")
