"""The shape of the answer that each call of `reason` asks for: what a careful person would write for the program.

A file of tests/answers holds cases, separated by a line `-----`: a program, a line `=====`, and for each call the line
on which it begins and the JSON schema of its answer, or `text`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dana.answers import Text
from dana.models.inspection import asked_calls
from dana.source import Source

FOLDER = Path(__file__).parent / "answers"
RECIPE = Path(__file__).parent.parent.parent / "shared" / "recipe"


def cases() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.txt")):
        for case in file.read_text().split("\n-----\n"):
            program, _, expected = case.partition("\n=====\n")
            title = program.split("\n", 1)[0].lstrip("# ").strip()
            yield pytest.param(program + "\n", expected.strip(), id=f"{file.stem}: {title}")


def shapes(source: Source) -> list[tuple[int, Any]]:
    """The line of each call, and its schema."""
    found = []
    for call in asked_calls(source):
        assert call.wanted.problem is None
        found.append((call.line, "text" if type(call.shape) is Text else call.shape.schema()))
    return found


def test_there_are_enough() -> None:
    assert len(list(cases())) >= 60


@pytest.mark.parametrize(("program", "expected"), list(cases()))
def test_shape_of(program: str, expected: str) -> None:
    wanted = []
    for line in expected.splitlines():
        number, _, schema = line.partition(": ")
        wanted.append((int(number), "text" if schema.strip() == "text" else json.loads(schema)))
    found = shapes(Source(program, "case.na"))
    assert found == wanted
    for (_, one), (_, other) in zip(found, wanted, strict=True):
        assert json.dumps(one) == json.dumps(other), "the keys come in the order in which they are read"


OPEN = {"type": "object", "additionalProperties": {}}


def closed(fields: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [key for key in fields if key not in optional]
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


def modification(kind: str, key: str) -> dict[str, Any]:
    return closed({"type": {"const": kind}, key: {}})


OF_THE_RECIPE = {
    "01_basic_workflow.na": [(10, closed({"valid": {"type": "boolean"}, "issues": {}}))],
    "02_workflow_engine.na": [(115, closed({"branch": {}, "reasoning": {}}, "branch")), (159, OPEN)],
    "03_workflow_definition.na": [],
    "04_workflow_controls.na": [(117, closed({"result": {"type": "boolean"}}))],
    "05_error_handling.na": [
        (
            13,
            closed({"recommended_action": {"type": "string", "enum": ["retry", "skip", "compensate", "escalate"]}}),
        )
    ],
    "06_monitoring.na": [(52, "text"), (84, "text")],
    "07_adaptive.na": [
        (
            8,
            closed(
                {
                    "suggested_modifications": {
                        "type": "array",
                        "items": {
                            "anyOf": [
                                modification("add_parallel_execution", "steps"),
                                modification("add_caching", "steps"),
                                modification("modify_retry_policy", "new_policies"),
                                modification("add_early_exit", "conditions"),
                            ]
                        },
                    }
                },
                "suggested_modifications",
            ),
        )
    ],
    "08_multi_agent.na": [],
    "09_testing.na": [(36, "text")],
}


@pytest.mark.parametrize("name", OF_THE_RECIPE)
def test_shapes_of_the_recipe(name: str) -> None:
    if not RECIPE.is_dir():
        pytest.skip("the recipe's programs are not beside this checkout")
    source = Source((RECIPE / name).read_text(), name)
    assert shapes(source) == OF_THE_RECIPE[name]
