"""Runs the programs of tests/attacks, none of which may harm the host, show it or outlive its limits.

A file is about one route; its programs are separated by a line `---`. The first line of a program says what it
tries, and lines `#: name=value` set its limits (`steps`, `seconds`, `depth`, `text`, `items`, `bits`, `memory`), what
it is granted (`read`, `write`, `net`, `db`), and which files may change (`changes`). A line `===` ends a part: the next
one runs in the same session, after `=== new session` in another one of the same process. Behind a line `=====` stands
all that the program prints, and as the last line the error that ends it, `limit --flag` where that is a limit; of
several flags each will do, and `limit` alone means any. A last line that ends in `...` is only its beginning.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.confinement import LEEWAY, MEMORY, SECRET

FOLDER = Path(__file__).parent / "attacks"
LIMITS = ("steps", "seconds", "depth", "text", "items", "bits", "memory", "calls", "cost")
GRANTS = ("read", "write", "net", "db", "env")

LONGEST = 20_000
"""Characters of what is said of the end of a program, with its traceback."""

UNFIT = re.compile(
    r"Traceback \(most|internal error|<method-wrapper|<slot wrapper|<frame |<code object|object at 0x|0x7[0-9a-f]{6}"
    r"|site-packages|stdlib/|dana/[a-z_]+\.py|/usr/|<frozen|<unbound>|mappingproxy|_Hidden|NATIVES|NativeType|TypeUnion"
    r"|<locals>|<shape>|<program>|class 'dana\.|object of class|GeneratorType"
)
"""What no program may ever bring to light."""


class Attack:
    """One program: its route and name, its parts, what it is allowed, and the end that is right."""

    def __init__(self, route: str, text: str) -> None:
        program, _, expected = text.strip("\n").partition("\n=====")
        self.route = route
        self.name = program.split("\n", 1)[0].removeprefix("# ")
        self.expected = expected.strip("\n").split("\n") if expected.strip("\n") else []
        self.limits: dict[str, float] = {}
        self.grants: dict[str, list[str]] = {}
        self.changes: set[str] = set()
        for key, value in re.findall(r"^#: (\w+)=(.*)$", program, re.MULTILINE):
            if key in LIMITS:
                self.limits[key] = float(value) if key == "seconds" else int(value)
            elif key in GRANTS:
                self.grants[key] = value.split()
            else:
                assert key == "changes", f"{self}: {key}"
                self.changes = set(value.split())
        self.parts = [
            part.removeprefix("===").replace(" new session\n", "new", 1)
            for part in re.split(r"^(?====)", program + "\n", flags=re.MULTILINE)
        ]

    def __str__(self) -> str:
        return f"{self.route}: {self.name}"

    def request(self) -> dict[str, Any]:
        return {"parts": self.parts, "limits": self.limits, "grants": self.grants}


def attacks() -> Iterator[Attack]:
    for path in sorted(FOLDER.glob("*.txt")):
        for text in path.read_text("utf-8").split("\n---\n"):
            yield Attack(path.stem, text)


ATTACKS = list(attacks())


class Confinement:
    """The process in whose children the programs run."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.attacks.confinement"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        outcome: dict[str, Any] = json.loads(self.process.stdout.readline())
        outcome["text"] = outcome["text"].encode("utf-8", "backslashreplace").decode("utf-8")
        return outcome

    def end(self) -> None:
        self.process.communicate()


@pytest.fixture(scope="module")
def confinement() -> Iterator[Confinement]:
    started = Confinement()
    yield started
    started.end()


def is_fit(expected: list[str], lines: list[str]) -> bool:
    """Whether a program printed what it was to print and ended as it was to end."""
    if expected and expected[-1].startswith("limit"):
        flags = expected[-1].removeprefix("limit").split()
        end = lines[-1] if lines else ""
        return lines[:-1] == expected[:-1] and end.startswith("limit") and (not flags or end.split()[1:2][0] in flags)
    if expected and expected[-1].endswith("...") and lines:
        return lines[:-1] == expected[:-1] and lines[-1].startswith(expected[-1].removesuffix("..."))
    return lines == expected


def harms(outcome: dict[str, Any], changes: set[str]) -> list[str]:
    """What a program did that none may do, whatever its end."""
    seen = [event for event in outcome["seen"] if event.removeprefix("changed ") not in changes]
    everything = outcome["text"] + outcome["log"] + outcome["shown"] + outcome["late"]
    if SECRET in everything:
        seen.append("it shows the canary")
    found = UNFIT.search(everything)
    if found is not None:
        seen.append(f"it shows the host: {everything[max(0, found.start() - 80) : found.end() + 80]!r}")
    if "\x1b" in outcome["shown"] + outcome["log"]:
        seen.append("it writes to the terminal what is no text")
    if len(outcome["shown"]) > LONGEST:
        seen.append(f"what is said of its end is {len(outcome['shown']):,} characters long")
    if outcome["late"]:
        seen.append(f"it goes on after its end: {outcome['late'][:200]!r}")
    if outcome.get("seconds", 0) > (outcome.get("allowed") or 0) + LEEWAY:
        seen.append(f"it took {outcome['seconds']:.1f} s")
    if outcome.get("memory", 0) > MEMORY * 1.5:
        seen.append(f"it took {outcome['memory']:,} bytes")
    return seen


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_attack(attack: Attack, confinement: Confinement) -> None:
    outcome = confinement.run(attack.request())
    lines = outcome["text"].split("\n")[:-1]
    assert harms(outcome, attack.changes) == []
    assert is_fit(attack.expected, lines), f"{outcome['text'][-2000:]}\nlog: {outcome['log'][:1000]}"


def test_every_route_is_tried() -> None:
    assert len(ATTACKS) >= 150
    names = [str(attack) for attack in ATTACKS]
    assert len(set(names)) == len(names)
