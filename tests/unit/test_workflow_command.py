"""`dana workflow`: definitions in files, their mistakes, their progress and their result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dana.cli import main

SERVICES = """
log_level("ERROR")
tried = []

def flaky(n):
    tried.append(n)
    if len(tried) < 3:
        raise OSError("not yet")
    return {"double": n * 2}
"""

STEP = {
    "name": "fetch",
    "type": "action",
    "action_type": "flaky",
    "parameters": {"n": "${n}"},
    "retry_policy": {"max_retries": 2, "retry_delay": 0.001},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("services.na").write_text(SERVICES)
    return tmp_path


def definition(*steps: dict[str, Any]) -> str:
    return json.dumps({"id": "w", "steps": [STEP, *steps]})


def run(file: str, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, Any, str]:
    code = main(["workflow", "run", file, "--with", "services.na", *more])
    output, errors = capsys.readouterr()
    return code, json.loads(output) if output else None, errors


def test_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.json").write_text(definition())
    code, result, errors = run("w.json", capsys, "--input", '{"n": 4}')
    assert code == 0
    assert (result["status"], result["variables"]) == ("completed", {"n": 4, "double": 8})
    assert [attempt["error"] for attempt in result["step_results"][0]["attempts"]] == ["not yet", "not yet", None]
    words = [line.split() for line in errors.splitlines()]
    assert [line[:2] for line in words] == [
        ["fetch", "failed"],
        ["fetch", "again"],
        ["fetch", "failed"],
        ["fetch", "again"],
        ["fetch", "done"],
        ["w", "completed"],
    ]
    assert "try 3" in errors


def test_input_from_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.json").write_text(definition())
    Path("input.json").write_text('{"n": 5}')
    code, result, _ = run("w.json", capsys, "--input", "@input.json")
    assert (code, result["variables"]["double"]) == (0, 10)


def test_waiting_and_failing_have_codes_of_their_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.json").write_text(definition({"name": "ask", "type": "human", "prompt": "is ${double} right?"}))
    code, result, _ = run("w.json", capsys, "--input", '{"n": 4}')
    assert (code, result["wait_condition"]) == (3, "is 8 right?")
    Path("w.json").write_text(definition({"name": "odd", "type": "action", "action_type": "nowhere"}))
    code, result, _ = run("w.json", capsys, "--input", '{"n": 4}')
    assert (code, result["status"]) == (1, "failed")
    assert "nowhere" in result["error"]


def test_yaml(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("yaml", reason="PyYAML is not installed: pip install 'dana[yaml]'")
    Path("w.yaml").write_text("id: w\nsteps:\n  - name: pause\n    type: wait\n    duration: 0\n")
    code, result, _ = run("w.yaml", capsys)
    assert (code, result["status"]) == (0, "completed")
    Path("w.yaml").write_text("id: w\nsteps: [\n")
    assert main(["workflow", "check", "w.yaml"]) == 2
    assert "this is not YAML" in capsys.readouterr().err


def test_aliases_of_yaml_that_grow_without_bounds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("yaml", reason="PyYAML is not installed: pip install 'dana[yaml]'")
    towers = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 9))
    Path("w.yaml").write_text(f"id: w\nx0: &x0 [1]\n{towers}steps: []\n")
    assert main(["workflow", "check", "w.yaml"]) == 2
    assert "the aliases (*) of this make more than 1,000,000 values" in capsys.readouterr().err
    Path("w.yaml").write_text("id: w\nsteps: &s [*s]\n")
    assert main(["workflow", "check", "w.yaml"]) == 2
    assert "this is nested too deep" in capsys.readouterr().err


def test_large_definitions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = ", ".join(f'"k{n}": 1' for n in range(200_000))
    Path("w.json").write_text(f'{{"id": "w", "steps": [], {keys}, "k199999": 2}}')
    assert main(["workflow", "check", "w.json"]) == 2
    assert 'the key "k199999" stands twice' in capsys.readouterr().err
    Path("w.json").write_text('{"id": "' + "w" * 10_000_000 + '"}')
    assert main(["workflow", "check", "w.json"]) == 2
    assert "and 10,000,000 is the most" in capsys.readouterr().err


def test_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.json").write_text(definition())
    assert main(["workflow", "check", "w.json"]) == 0
    assert capsys.readouterr() == ("", "")
    Path("w.json").write_text(definition({"name": "fetch", "type": "acton"}))
    assert main(["workflow", "check", "w.json"]) == 1
    assert capsys.readouterr().out == (
        "error: w.json: steps[1].name: 'fetch' is the name of two steps\n\n"
        "error: w.json: steps[1].type: 'acton' is no step type; did you mean action?\n\n"
    )


def test_branches_that_are_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decision = {"name": "d", "type": "decision", "rules": [{"if": "True", "then": "x"}], "branches": 5}
    inner = {**decision, "name": "e"}
    Path("w.json").write_text(
        definition(
            decision, {"name": "l", "type": "loop", "loop_config": {"variable": "v", "items": []}, "body": [inner]}
        )
    )
    assert main(["workflow", "check", "w.json"]) == 1
    said = capsys.readouterr().out
    assert said.count("branches must be a dict from names to steps, not int") == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": "w", ', "this is not JSON"),
        ("[1]", "a workflow definition is an object with id and steps"),
        ("", "this is not JSON: expecting value"),
    ],
)
def test_files_that_hold_no_definition(text: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.json").write_text(text)
    assert main(["workflow", "check", "w.json"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [["run"], ["walk", "w.json"], ["run", "a.json", "b.json"]])
def test_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["workflow", *words]) == 2
    assert "dana workflow check FILE ... | run FILE" in capsys.readouterr().err
