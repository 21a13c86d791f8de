"""Budgets: how often a run may ask models, what that may cost, and what its memory may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from dana import Host, LimitError, Limits, Session, cli
from dana.models.resource import Models

ASKING = """
asked = []
def answer(prompt):
    asked.append(1)
    return "yes"
model = create_llm_resource(provider="scripted", answers=answer)
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def limit(program: str, **limits: float) -> tuple[str, int]:
    """The message of the limit that a program reaches, and how often it had asked."""
    session = Session(Host(), limits=Limits(**limits))  # type: ignore[arg-type]
    with pytest.raises(LimitError) as caught:
        session.run(ASKING + program, "demo.na")
    asked = session.variables.get("asked")
    return f"{caught.value.diagnostic.message}; {caught.value.diagnostic.hint}", len(asked)


@pytest.mark.parametrize(
    "program",
    [
        "for i in range(9):\n    model.reason('x')\n",
        "while True:\n    try:\n        model.reason('x')\n    except Exception:\n        pass\n",
        "while True:\n    try:\n        model.reason('x')\n    finally:\n        continue\n",
        "model.reason('x', returns=int, retries=9)\n",
        "parallel_map(lambda i: model.reason('x'), range(20))\n",
        "for i in range(9):\n    list(model.reason('x', stream=True))\n",
        "for i in range(9):\n    model.chat('x')\n",
    ],
)
def test_calls(program: str) -> None:
    said = "the program sent more than 3 requests to models; raise the limit with --max-calls"
    assert limit(program, calls=3) == (said, 3)


def test_calls_below_the_limit() -> None:
    session = Session(Host(), limits=Limits(calls=3))
    session.run(ASKING + "for i in range(3):\n    model.reason('x')\n")
    assert len(session.variables.get("asked")) == 3


def test_cost() -> None:
    session = Session(Host(), limits=Limits(cost=0.5))
    models = session.models
    assert isinstance(models, Models)
    models.usage.cost = 0.5
    with pytest.raises(LimitError) as caught:
        session.run(ASKING + "model.reason('x')\n")
    assert caught.value.diagnostic.message == "the program has spent $0.5000 of $0.5 on models"
    assert caught.value.diagnostic.hint == "raise the limit with --max-cost"


def test_the_command_and_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    Path("demo.na").write_text(ASKING + "for i in range(9):\n    model.reason('x')\n")
    assert cli.main(["run", "demo.na"]) == 0
    assert cli.main(["run", "--max-calls=3", "demo.na"]) == 4
    assert "sent more than 3 requests" in capsys.readouterr().err
    Path("dana.toml").write_text('[limits]\ncalls = 2\nmemory = "2G"\ntimeout = 60\n')
    assert cli.main(["run", "demo.na"]) == 4
    assert "sent more than 2 requests" in capsys.readouterr().err
    assert cli.main(["run", "--max-calls=20", "demo.na"]) == 0
    Path("dana.toml").write_text('[limits]\nmemory = "much"\n')
    assert cli.main(["run", "demo.na"]) == 2
    assert "limits.memory must be a number of bytes, or text such as" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["0", "x", "1.5G", "-1", "12P"])
def test_sizes_that_are_none(capsys: pytest.CaptureFixture[str], size: str) -> None:
    assert cli.main(["run", f"--max-memory={size}", "demo.na"]) == 2
    wanted = f"error: --max-memory cannot be {size}\n  = give bytes, or a size such as 512M or 2G\n"
    assert capsys.readouterr().err == wanted
