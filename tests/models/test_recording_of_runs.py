"""Runs that are recorded and played again: the same output without any endpoint, and the difference where there is one."""

from __future__ import annotations

import itertools
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dana.cli import main

from .misbehaving import Body, Endpoint, Step, fails, says, says_json, slow, stream_cut, streams, waits

KEY = "sk-the-key-itself-0123456789"


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key that must never be written anywhere, and no embedded model."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("DANA_MODEL", "openai/m")
    monkeypatch.setenv("DANA_MODELS", str(tmp_path / "no-models"))


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a program with the command: its exit code, what it prints, what is said beside it."""

    def run(program: str, *options: str, endpoint: Endpoint | None = None) -> tuple[int, str, str]:
        Path("demo.na").write_text(program)
        if endpoint is not None:
            monkeypatch.setenv("OPENAI_BASE_URL", endpoint.base_url)
        else:
            monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
        capsys.readouterr()
        code = main(["run", "--allow-read=.", "--allow-write=.", "--allow-env=OTHER_KEY", *options, "demo.na"])
        return code, *capsys.readouterr()

    return run


def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "DANA_MODEL"):
        monkeypatch.delenv(name)


def answer(body: Body) -> Step:
    """What the model says to the prompts of these tests."""
    prompt = body["messages"][1 if len(body["messages"]) > 1 else 0]["content"]
    if "Triage" in prompt:
        return says_json({"team": "billing", "urgent": "refund" in prompt})
    if "slow" in prompt:
        return slow("later", 0.1)
    if "Colours" in prompt:
        return says_json({"answer": ["red", "green"]})
    return says("Paris")


PROGRAM = """
tickets = ["please refund me", "how are you?"]
for ticket in tickets:
    triage = reason(f"Triage: {ticket}")
    if triage["urgent"]:
        print("now", triage["team"])
    else:
        print("later", triage["team"])
capital = reason("What is the capital of France?")
slowly = reason("slow")
both = [reason(f"Number {number}") for number in range(3)]
print(slowly, capital, both)
for colour in reason("Colours?", returns=list):
    print(colour)
print(reason("With more.", system="You are a clerk.", context={"a": [1, None]}, temperature=0.5))
"""
PRINTED = "now billing\nlater billing\nlater Paris ['Paris', 'Paris', 'Paris']\nred\ngreen\nParis\n"


def test_the_same_without_an_endpoint(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Endpoint(answer=answer) as endpoint:
        assert run(PROGRAM, "--record", "calls.jsonl", endpoint=endpoint) == (0, PRINTED, "")
        assert len(endpoint.requests) == 9
    assert run(PROGRAM, "--replay", "calls.jsonl") == (0, PRINTED, "")
    with Endpoint([fails(500, "never asked")]) as failing:
        assert run(PROGRAM, "--replay", "calls.jsonl", endpoint=failing) == (0, PRINTED, "")
        assert failing.requests == []
    without_model(monkeypatch)
    assert run(PROGRAM, "--replay", "calls.jsonl") == (0, PRINTED, "")


def test_a_line_for_each_call(run: Run) -> None:
    program = 'name = "two words"\ncount = 3\nprint(reason(f"Greet {name} {count} times", temperature=0.5))'
    with Endpoint([says("Hello!", usage=(20, 4))]) as endpoint:
        run(program, "--record", "calls.jsonl", endpoint=endpoint)
    lines = Path("calls.jsonl").read_text().splitlines()
    assert len(lines) == 1
    entry = json.loads(lines[0])
    seconds = entry["answer"]["attempts"][0].pop("seconds")
    assert 0 <= seconds < 10
    assert entry == {
        "number": 1,
        "digest": entry["digest"],
        "call": {
            "template": "Greet {name} {count} times",
            "values": [{"name": "name", "value": "two words"}, {"name": "count", "value": 3}],
            "schema": None,
            "model": "openai/m",
            "settings": {"temperature": 0.5},
        },
        "answer": {
            "answer": "Hello!",
            "attempts": [
                {"model": "openai/m", "answer": "Hello!", "problem": None, "input_tokens": 20, "output_tokens": 4}
            ],
            "usage": {"input_tokens": 20, "output_tokens": 4},
        },
    }


def test_answers_that_took_several_attempts(run: Run) -> None:
    program = 'if reason("Is water wet?"):\n    print("wet")'
    with Endpoint([says("perhaps"), says_json({"answer": True})]) as endpoint:
        assert run(program, "--record", "calls.jsonl", endpoint=endpoint) == (0, "wet\n", "")
    recorded = json.loads(Path("calls.jsonl").read_text())["answer"]
    assert [attempt["answer"] for attempt in recorded["attempts"]] == ["perhaps", '{"answer": true}']
    assert recorded["answer"] is True
    assert recorded["usage"] == {"input_tokens": 24, "output_tokens": 14}
    assert run(program, "--replay", "calls.jsonl") == (0, "wet\n", "")


CHANGES = {
    "value": (
        'name = "Ann Lee"\nprint(reason(f"Greet {name}"))',
        'name = "Bob Lee"\nprint(reason(f"Greet {name}"))',
        'calls.jsonl has no answer to this call: value 1.value is "Bob Lee", recorded was "Ann Lee"',
        2,
    ),
    "value inside": (
        'order = {"items": [{"sku": "a"}]}\nprint(reason(f"Check {order}"))',
        'order = {"items": [{"sku": "b"}]}\nprint(reason(f"Check {order}"))',
        'calls.jsonl has no answer to this call: value 1.value.items[0].sku is "b", recorded was "a"',
        2,
    ),
    "template": (
        'print(reason("Greet Ann.\\nBe brief."))',
        'print(reason("Greet Ann.\\nBe kind."))',
        'calls.jsonl has no answer to this call: line 2 of the prompt is "Be kind.", recorded was "Be brief."',
        1,
    ),
    "shape": (
        'triage = reason("Triage.")\nprint(triage["team"])',
        'triage = reason("Triage.")\nprint(triage["team"], triage["urgent"] + 1)',
        "calls.jsonl has no answer to this call: the shape of the answer, properties.urgent "
        'is {"type": "number"}, and was not recorded',
        1,
    ),
    "shape of text": (
        'print(reason("Wet?"))',
        'if reason("Wet?"):\n    print(1)',
        'calls.jsonl has no answer to this call: the shape of the answer is {"type": "boolean"}, recorded was null',
        1,
    ),
    "setting": (
        'print(reason("Greet.", temperature=0))',
        'print(reason("Greet.", temperature=1))',
        "calls.jsonl has no answer to this call: the setting temperature is 1, recorded was 0",
        1,
    ),
    "context": (
        'print(reason("Greet.", context={"a": 1}))',
        'print(reason("Greet.", context={"a": 2}))',
        "calls.jsonl has no answer to this call: the setting context.a is 2, recorded was 1",
        1,
    ),
    "model": (
        'print(reason("Greet."))',
        'print(reason("Greet.", model="openai/n"))',
        'calls.jsonl has no answer to this call: the model is "openai/n", recorded was "openai/m"',
        1,
    ),
    "again": (
        'print(reason("Greet."))',
        'print(reason("Greet."), reason("Greet."))',
        "calls.jsonl has no answer to this call: it was recorded once, and is made once more",
        1,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_difference_is_named(change: str, run: Run) -> None:
    before, after, message, line = CHANGES[change]
    with Endpoint([says_json({"team": "a"})]) as endpoint:
        assert run(before, "--record", "calls.jsonl", endpoint=endpoint)[0] == 0
    code, printed, said = run(after, "--replay", "calls.jsonl")
    assert (code, printed) == (1, "")
    error, *hints = said[said.index("ReasonError: ") :].splitlines()
    assert error == f"ReasonError: demo.na:{line}: {message}"
    assert hints[-1].strip(" =") == "record the run again, or undo the change"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.jsonl", None, "error: missing.jsonl cannot be read: no such file or directory\n"),
        (
            "broken.jsonl",
            "{",
            "error: broken.jsonl, line 1: this is not JSON\n"
            "  = the run that wrote it was cut off: remove the last line\n",
        ),
        (
            "other.jsonl",
            '{"a": 1}\n',
            "error: other.jsonl, line 1: this is not a recorded call\n  = a recording is written by dana run --record\n",
        ),
    ],
)
def test_files_that_are_no_recordings(name: str, content: str | None, said: str, run: Run) -> None:
    if content is not None:
        Path(name).write_text(content)
    assert run('print(reason("Greet."))', "--replay", name) == (2, "", said)


def test_record_and_replay_exclude_each_other(run: Run) -> None:
    said = "error: --record and --replay exclude each other\n  = a replay asks no model\n"
    assert run("print(1)", "--record", "a", "--replay", "b") == (2, "", said)


def test_other_files_are_not_overwritten(run: Run) -> None:
    Path("notes.txt").write_text("my notes")
    with Endpoint([says("Hello!")]) as endpoint:
        code, _, said = run('print(reason("Greet."))', "--record", "notes.txt", endpoint=endpoint)
    assert code == 2
    assert said == (
        "error: notes.txt is not a recording, and is not overwritten\n  = give a new file, such as calls.jsonl\n"
    )
    assert Path("notes.txt").read_text() == "my notes"


def test_calls_are_recorded_in_the_order_of_the_program(run: Run) -> None:
    program = 'a = reason("Say a word.", temperature=1)\nb = reason("Say a word.", temperature=1)\nprint(a, b)'
    second = threading.Event()
    taken = itertools.count(1)

    def answer_second_first(body: Body) -> Step:
        if next(taken) == 1:
            return waits(second, "slow")
        second.set()
        return says("quick")

    with Endpoint(answer=answer_second_first) as endpoint:
        code, printed, _ = run(program, "--record", "calls.jsonl", endpoint=endpoint)
    assert code == 0
    assert sorted(printed.split()) == ["quick", "slow"]
    lines = [json.loads(line) for line in Path("calls.jsonl").read_text().splitlines()]
    assert [line["answer"]["answer"] for line in sorted(lines, key=lambda line: line["number"])] == printed.split()
    assert run(program, "--replay", "calls.jsonl") == (0, printed, "")


FAILING = """
try:
    print(reason("Hail."))
except ReasonError as error:
    print(error, [attempt["problem"] for attempt in error.attempts])
print(reason("Wet?", returns=bool, retries=0, on_invalid="none"))
print(reason("Wet?", returns=bool, retries=1, on_invalid="text"))
print(reason("Wet?", returns=bool, retries=2))
"""


def test_failures_are_recorded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Endpoint([fails(401, "wrong key", "invalid_api_key"), says("perhaps")]) as endpoint:
        code, printed, said = run(FAILING, "--record", "calls.jsonl", endpoint=endpoint)
    assert code == 1
    assert printed.startswith("openai/m refused the key (401)")
    assert printed.endswith("\nNone\nperhaps\n")
    assert "no usable answer from openai/m after 3 attempts" in said
    assert run(FAILING, "--replay", "calls.jsonl") == (1, printed, said)
    without_model(monkeypatch)
    assert run(FAILING, "--replay", "calls.jsonl") == (1, printed, said)


STREAMING = """
for piece in reason("Greet.", stream=True):
    print(piece)
for colour in reason("Colours.", stream=True, returns=list):
    print(colour)
for piece in reason("Go on.", stream=True):
    print(piece)
    break
for piece in reason("Break.", stream=True):
    print(piece)
"""


def test_streams_are_recorded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [streams(["Hel", "lo ", "Ann"]), says('["red", "green"]'), streams(["a", "b"]), stream_cut(["c"])]
    with Endpoint(steps) as endpoint:
        code, printed, said = run(STREAMING, "--record", "calls.jsonl", endpoint=endpoint)
    assert (code, printed) == (1, "Hel\nlo \nAnn\nred\ngreen\na\nc\n")
    assert run(STREAMING, "--replay", "calls.jsonl") == (1, printed, said)
    without_model(monkeypatch)
    assert run(STREAMING, "--replay", "calls.jsonl") == (1, printed, said)


def test_conversations_are_recorded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    program = 'model = create_llm_resource()\nprint(model.chat("Hi"), model.chat("And?"), model.conversation)'
    with Endpoint([says("Hello!"), says("Well.")]) as endpoint:
        code, printed, said = run(program, "--record", "calls.jsonl", endpoint=endpoint)
        assert (code, said) == (0, "")
    without_model(monkeypatch)
    assert run(program, "--replay", "calls.jsonl") == (0, printed, "")


def test_a_replay_uses_what_was_used(run: Run) -> None:
    program = 'model = create_llm_resource()\nmodel.reason("Greet.")\nprint(model.usage)'
    with Endpoint([says("Hello!")]) as endpoint:
        code, printed, _ = run(program, "--record", "calls.jsonl", endpoint=endpoint)
    assert "'input_tokens': 12" in printed
    assert run(program, "--replay", "calls.jsonl") == (code, printed, "")


def test_a_recording_that_cannot_be_written_is_said_before_a_model_is_asked(run: Run) -> None:
    Path("notes.txt").write_text("my notes")
    with Endpoint([says("Hello!")]) as endpoint:
        assert run('print(reason("Greet."))', "--record", "notes.txt", endpoint=endpoint)[0] == 2
        assert endpoint.requests == []


# The cache


GREETING = 'name = "two words"\nprint(reason(f"Greet {name}", cache={cache}))'
NOTE = "DEBUG reason demo.na:2 answered from the cache\n"


@pytest.mark.parametrize(("cache", "file"), [("True", ".dana/cache.db"), ('"kept.db"', "kept.db")])
def test_the_second_time_is_not_asked(cache: str, file: str, run: Run) -> None:
    program = GREETING.replace("{cache}", cache)
    with Endpoint([says("Hello!"), says("never")]) as endpoint:
        code, printed, said = run(program, "--log-level", "debug", endpoint=endpoint)
        assert (code, printed) == (0, "Hello!\n")
        assert said.startswith("DEBUG reason demo.na:2 openai/m answered: ")
        assert run(program, "--log-level", "debug", endpoint=endpoint) == (0, "Hello!\n", NOTE)
        assert run(program, endpoint=endpoint) == (0, "Hello!\n", "")
        assert len(endpoint.requests) == 1
    assert Path(file).is_file()


@pytest.mark.parametrize(
    "change",
    [
        ("two words", "other words"),
        ("Greet", "Hail"),
        ("cache=True", "cache=True, temperature=1"),
        ("cache=True", "cache=True, max_tokens=50"),
        ("cache=True", 'cache=True, system="You are a clerk."'),
        ("cache=True", "cache=True, context=3"),
        ("cache=True", 'cache=True, model="openai/n"'),
        ("cache=True", 'cache=True, choices=["Hello!", "Bye!"]'),
        ("cache=True", 'cache="other.db"'),
    ],
    ids=lambda change: change[1],
)
def test_what_differs_is_asked(change: tuple[str, str], run: Run) -> None:
    program = GREETING.replace("{cache}", "True")
    with Endpoint([says("Hello!")]) as endpoint:
        run(program, endpoint=endpoint)
        changed = program.replace(*change)
        assert run(changed, endpoint=endpoint) == (0, "Hello!\n", "")
        assert len(endpoint.requests) == 2
        assert run(changed, endpoint=endpoint) == (0, "Hello!\n", "")
        assert run(program, endpoint=endpoint) == (0, "Hello!\n", "")
        assert len(endpoint.requests) == 2


def test_failures_are_not_kept_in_the_cache(run: Run) -> None:
    program = 'print(reason("Wet?", returns=bool, cache=True, retries=0, on_invalid="none"))'
    with Endpoint([says("perhaps"), says("true")]) as endpoint:
        assert run(program, endpoint=endpoint)[:2] == (0, "None\n")
        assert run(program, endpoint=endpoint)[:2] == (0, "True\n")
        assert run(program, endpoint=endpoint)[:2] == (0, "True\n")


def test_a_kept_answer_is_recorded_too(run: Run) -> None:
    program = GREETING.replace("{cache}", "True")
    with Endpoint([says("Hello!")]) as endpoint:
        run(program, endpoint=endpoint)
        run(program, "--record", "calls.jsonl", endpoint=endpoint)
        assert len(endpoint.requests) == 1
    assert run(program, "--replay", "calls.jsonl") == (0, "Hello!\n", "")


def test_a_cache_that_is_none(run: Run) -> None:
    Path("notes.txt").write_text("these are notes, and no database at all" * 100)
    with Endpoint([says("Hello!")]) as endpoint:
        code, printed, said = run(GREETING.replace("{cache}", '"notes.txt"'), endpoint=endpoint)
        assert endpoint.requests == []
    assert (code, printed) == (2, "")
    assert said == (
        "error: notes.txt cannot be used: file is not a database\n"
        "  = delete notes.txt; the answers in it are asked for again\n"
    )


# Secrets


def test_no_key_is_written(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OTHER_KEY", f"{KEY}-other")
    program = """
model = create_llm_resource(provider="openai", model="m", api_key=secret("OTHER_KEY"))
print(model, model.name, model.usage, secret("OTHER_KEY"))
print(model.reason("Greet.", cache=True), reason("Hail.", cache="kept.db"))
try:
    print(reason(f"Q {secret('OTHER_KEY')}"))
except ValueError as error:
    print(error)
print(reason("fail"))
"""

    def fail(body: Body) -> Step:
        asked = body["messages"][-1]["content"]
        return fails(401, "wrong key", "invalid_api_key") if asked == "fail" else says("Hello!")

    with Endpoint(answer=fail) as endpoint:
        options = ("--record", "calls.jsonl", "--log-level", "debug", "--json")
        code, printed, said = run(program, *options, endpoint=endpoint)
        assert endpoint.requests[0].headers["authorization"] == f"Bearer {KEY}-other"
    assert code == 1
    assert "refused the key" in said
    assert KEY not in printed + said
    connection = sqlite3.connect(".dana/cache.db")
    assert connection.execute("SELECT count(*) FROM answers").fetchone() == (1,)
    connection.close()
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in written} >= {"calls.jsonl", "cache.db", "kept.db"}
    assert [path for path in written if KEY.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("name", ["calls.jsonl", ".dana/cache.db"])
def test_only_this_user_reads_them(name: str, run: Run) -> None:
    with Endpoint([says("Hello!")]) as endpoint:
        run(GREETING.replace("{cache}", "True"), "--record", "calls.jsonl", endpoint=endpoint)
    if sys.platform != "win32":
        assert Path(name).stat().st_mode & 0o077 == 0


def test_a_replay_loads_no_client(run: Run) -> None:
    program = 'print(reason("Greet."))'
    with Endpoint([says("Hello!")]) as endpoint:
        run(program, "--record", "calls.jsonl", endpoint=endpoint)
    code = (
        "import sys\nfrom dana.cli import main\nmain(['run', '--replay', 'calls.jsonl', 'demo.na'])\n"
        "print([name for name in ('openai', 'httpx2', 'httpx') if name in sys.modules])"
    )
    done: Any = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("Hello!\n[]\n", "")
