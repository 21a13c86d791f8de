"""Recordings, replays and the cache: what was answered is answered again, and nothing else is."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dana.models import recording
from dana.models.recording import Cache, Recorder, RecordingError, Replay, Unrecorded, digest


def call(template: str = "Triage: {}", *values: Any, **parts: Any) -> dict[str, Any]:
    return {
        "template": template,
        "values": list(values),
        "schema": None,
        "model": "openai/gpt-6-luna",
        "settings": {},
        **parts,
    }


def answer(value: Any) -> dict[str, Any]:
    return {"answer": value, "attempts": [], "usage": {"input": 3, "output": 1}}


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "calls.jsonl")


def replay(path: str, *pairs: tuple[dict[str, Any], Any]) -> Replay:
    recorder = Recorder(path)
    for made, value in pairs:
        recorder.record(made, answer(value))
    recorder.close()
    return Replay(path)


def complaint(replayed: Replay, made: dict[str, Any]) -> tuple[str, str | None]:
    with pytest.raises(Unrecorded) as caught:
        replayed.answer(made)
    return caught.value.diagnostic.message, caught.value.diagnostic.hint


# The same call


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_the_order_of_keys_makes_no_difference() -> None:
    first = call("{}", {"a": 1, "b": 2})
    second = dict(reversed(list(call("{}", {"b": 2, "a": 1}).items())))
    assert digest(first) == digest(second)


def test_whatever_differs_makes_a_difference() -> None:
    calls = [
        call("{}", 1),
        call("{}", 1.0),
        call("{}", True),
        call("{}", "1"),
        call("{}", [1]),
        call("{}"),
        call("{} ", 1),
        call("{}", 1, schema={"type": "number"}),
        call("{}", 1, model="openai/gpt-4"),
        call("{}", 1, settings={"temperature": 0}),
    ]
    assert len({digest(made) for made in calls}) == len(calls)


def test_digests_stay_as_they_are() -> None:
    assert digest(call("Grüße {}", "\ud800")) == digest(json.loads(json.dumps(call("Grüße {}", "\ud800"))))
    assert digest(call()) == "98d2457639eb3959f4d06c6bd2ecbe55"


# Recording


def test_a_recording_has_a_line_for_each_call(path: str) -> None:
    recorder = Recorder(path)
    recorder.record(call("Grüße {}", "ö"), answer("a"))
    recorder.record(call("{}", "\ud800"), answer("b"), number=7)
    lines = Path(path).read_text(encoding="utf-8").splitlines()  # flushed before it is closed
    recorder.close()
    assert len(lines) == 2
    first, second = map(json.loads, lines)
    assert first == {
        "number": 1,
        "digest": digest(call("Grüße {}", "ö")),
        "call": call("Grüße {}", "ö"),
        "answer": answer("a"),
    }
    assert "Grüße" in lines[0]
    assert (second["number"], second["call"]["values"]) == (7, ["\ud800"])


def test_a_recording_is_replaced(path: str) -> None:
    replay(path, (call("a"), 1), (call("b"), 2))
    assert len(replay(path, (call("c"), 3)).unused()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_recording_is_private(path: str) -> None:
    replay(path)
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    program = tmp_path / "main.na"
    program.write_text("print(1)\n")
    with pytest.raises(RecordingError) as caught:
        Recorder(str(program))
    assert str(caught.value) == (
        f"error: {program} is not a recording, and is not overwritten\n  = give a new file, such as calls.jsonl"
    )
    assert program.read_text() == "print(1)\n"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(RecordingError) as caught:
        Recorder(str(tmp_path / "none" / "calls.jsonl"))
    assert str(caught.value) == f"error: {tmp_path}/none/calls.jsonl cannot be written: no such file or directory"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk() -> None:
    recorder = Recorder("/dev/full")
    with pytest.raises(RecordingError) as caught:
        recorder.record(call(), answer(1))
    assert str(caught.value) == "error: /dev/full cannot be written: no space left on device"


def test_threads_write_whole_lines(path: str) -> None:
    recorder = Recorder(path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: recorder.record(call("{}", number), answer("x" * 5000)), range(200)))
    recorder.close()
    assert sorted(entry["number"] for entry in Replay(path).unused()) == list(range(1, 201))


# Replaying


def test_calls_are_answered_as_recorded(path: str) -> None:
    replayed = replay(path, (call("a"), 1), (call("b"), 2), (call("a"), 3))
    assert replayed.answer(call("a")) == answer(1)
    assert replayed.answer(call("b")) == answer(2)
    assert [entry["number"] for entry in replayed.unused()] == [3]
    assert replayed.answer(call("a")) == answer(3)
    assert replayed.unused() == []


def test_equal_calls_are_answered_in_the_order_of_their_numbers(path: str) -> None:
    recorder = Recorder(path)
    recorder.record(call("a"), answer("second"), number=2)
    recorder.record(call("a"), answer("first"), number=1)
    recorder.close()
    replayed = Replay(path)
    assert [replayed.answer(call("a"))["answer"] for _ in range(2)] == ["first", "second"]


@given(st.lists(st.tuples(st.text(), st.lists(JSON, max_size=2), JSON), max_size=5))
def test_replaying_gives_what_was_recorded(runs: list[tuple[str, list[Any], Any]]) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        pairs = [(call(template, *values), value) for template, values, value in runs]
        replayed = replay(os.path.join(folder, "calls.jsonl"), *pairs)
        for made, value in pairs:
            assert replayed.answer(made) == answer(value)
        assert replayed.unused() == []


def test_an_answer_may_be_edited(path: str) -> None:
    replay(path, (call("a"), 1))
    text = Path(path).read_text()
    Path(path).write_text(text.replace('"answer":1', '"answer":2') + "\n")
    assert Replay(path).answer(call("a")) == answer(2)


AGAIN = "record the run again, or undo the change"
FIRST = f"compared with call 1, on line 1 of calls.jsonl\n{AGAIN}"
NONE = "calls.jsonl has no answer to this call: "


def test_a_call_too_many(path: str) -> None:
    replayed = replay(path, (call("a"), 1))
    replayed.answer(call("a"))
    assert complaint(replayed, call("a")) == (f"{NONE}it was recorded once, and is made once more", AGAIN)


def test_an_empty_recording(path: str) -> None:
    assert complaint(replay(path), call("a")) == (f"{NONE}it holds no calls", AGAIN)


@pytest.mark.parametrize(
    ("recorded", "made", "said"),
    [
        (call("Triage: {}", "x"), call("Sort: {}", "x"), 'the prompt is "Sort: {}", recorded was "Triage: {}"'),
        (
            call("Triage:\nbriefly\n{}", "x"),
            call("Triage:\nkindly\n{}", "x"),
            'line 2 of the prompt is "kindly", recorded was "briefly"',
        ),
        (call("a\nb"), call("a\nb\nc"), "the prompt has 3 lines, recorded was one of 2 lines"),
        (call("{}", "x"), call("{}", "y"), 'value 1 is "y", recorded was "x"'),
        (call("{}", 1), call("{}", True), "value 1 is true, recorded was 1"),
        (
            call("{} {}", 1, {"items": [{"price": 8}]}),
            call("{} {}", 1, {"items": [{"price": 9}]}),
            "value 2.items[0].price is 9, recorded was 8",
        ),
        (call("{}", {"a b": 1}), call("{}", {}), 'value 1["a b"] is missing, recorded was 1'),
        (call("{}", {}), call("{}", {"new": [1]}), "value 1.new is [1], and was not recorded"),
        (call("{}", [1, 2]), call("{}", [1, 2, 3]), "value 1 has 3 items, recorded was one of 2"),
        (call("{}", {"a": []}), call("{}", {"a": [1]}), "value 1.a has 1 item, recorded was one of 0"),
        (call("{}", 1), call("{}", 1, 2), "the number of values in the prompt is 2, recorded was 1"),
        (
            call("{}", "a" * 100 + "x" + "b" * 100),
            call("{}", "a" * 100 + "y" + "b" * 100),
            f'value 1 is "...{"a" * 15}y{"b" * 37}..., recorded was "...{"a" * 15}x{"b" * 37}...',
        ),
        (
            call("a", schema={"properties": {"urgent": {"type": "boolean"}}}),
            call("a", schema={"properties": {"urgent": {"type": "string"}}}),
            'the shape of the answer, properties.urgent.type is "string", recorded was "boolean"',
        ),
        (
            call("a", schema={"type": "boolean"}),
            call("a"),
            'the shape of the answer is null, recorded was {"type": "boolean"}',
        ),
        (
            call("a"),
            call("a", model="ollama/qwen3"),
            'the model is "ollama/qwen3", recorded was "openai/gpt-6-luna"',
        ),
        (call("a"), call("a", settings={"temperature": 0}), "the setting temperature is 0, and was not recorded"),
    ],
)
def test_what_differs_is_named(path: str, recorded: dict[str, Any], made: dict[str, Any], said: str) -> None:
    assert complaint(replay(path, (recorded, 1)), made) == (NONE + said, FIRST)


def test_every_kind_of_difference_is_told(path: str) -> None:
    replayed = replay(path, (call("{} {}", 1, 2), 1))
    assert complaint(replayed, call("{} {}", 3, 4, model="local/x")) == (
        f"{NONE}value 1 is 3, recorded was 1",
        "compared with call 1, on line 1 of calls.jsonl\n"
        "besides, value 2 is 4, recorded was 2\n"
        'besides, the model is "local/x", recorded was "openai/gpt-6-luna"\n'
        f"{AGAIN}",
    )


def test_the_nearest_call_is_compared(path: str) -> None:
    replayed = replay(path, (call("Sum up: {}", "x"), 1), (call("Triage: {}", "x"), 2), (call("Triage: {}", "y"), 3))
    assert complaint(replayed, call("Triage: {}", "y", model="m"))[1] == (
        f"compared with call 3, on line 3 of calls.jsonl\n{AGAIN}"
    )


# Broken recordings


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("{oops}\n", "this is not JSON", "record the run again"),
        ('{"number":2,"di', "this is not JSON", "the run that wrote it was cut off: remove the last line"),
        ("[]\n", "this is not a recorded call", "a recording is written by dana run --record"),
        ('{"call": {}, "answer": {}}\n', "this is not a recorded call", "a recording is written by dana run --record"),
    ],
)
def test_a_broken_line(path: str, text: str, said: str, hint: str) -> None:
    replay(path, (call(), 1))
    with open(path, "a") as file:
        file.write(text)
    with pytest.raises(RecordingError) as caught:
        Replay(path)
    assert str(caught.value) == f"error: {path}, line 2: {said}\n  = {hint}"


def test_a_recording_that_is_not_there(path: str) -> None:
    with pytest.raises(RecordingError) as caught:
        Replay(path)
    assert str(caught.value) == f"error: {path} cannot be read: no such file or directory"


# The cache


def test_answers_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = Cache()
    assert first.get(call("a")) is None
    first.put(call("a"), answer(1))
    first.put(call("a"), answer("\ud800"))
    assert (tmp_path / ".dana" / "cache.db").exists()
    first.close()
    assert first.get(call("a")) == answer("\ud800")
    assert Cache().get(call("a")) == answer("\ud800")
    assert Cache().get(call("b")) is None


def test_answers_expire(tmp_path: Path) -> None:
    now = [100.0]
    cache = Cache(str(tmp_path / "cache.db"), clock=lambda: now[0])
    cache.put(call("a"), answer(1))
    now[0] = 160.0
    assert cache.get(call("a"), expiry=60) == answer(1)
    assert cache.get(call("a"), expiry=59) is None
    assert cache.get(call("a")) == answer(1)


def test_threads_share_a_cache(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path / "cache.db"))

    def work(number: int) -> bool:
        cache.put(call("{}", number), answer(number))
        return cache.get(call("{}", number)) == answer(number)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(100)))


def test_processes_share_a_cache(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from dana.models.recording import Cache\n"
        "cache = Cache(sys.argv[1])\n"
        "for number in range(30):\n"
        "    cache.put({'template': sys.argv[2] + str(number)}, {'answer': number})\n"
    )
    path = str(tmp_path / "new" / "cache.db")
    running = [subprocess.Popen([sys.executable, "-c", program, path, name]) for name in "ab"]
    assert [process.wait(60) for process in running] == [0, 0]
    cache = Cache(path)
    assert all(
        cache.get({"template": f"{name}{number}"}) == {"answer": number} for name in "ab" for number in range(30)
    )


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "cache.db"
    file.write_text("not a database, but a text that is long enough to be read as a header of one" * 10)
    with pytest.raises(RecordingError) as caught:
        Cache(str(file)).get(call())
    assert str(caught.value) == (
        f"error: {file} cannot be used: file is not a database\n  = delete {file}; the answers in it are asked for again"
    )


def test_a_cache_of_a_newer_version(tmp_path: Path) -> None:
    file = tmp_path / "cache.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(RecordingError) as caught:
        Cache(str(file)).get(call())
    assert str(caught.value) == f"error: {file} was made by a newer Dana\n  = update Dana, or delete {file}"


def test_a_cache_that_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "PATIENCE", 0.0)
    file = tmp_path / "cache.db"
    cache = Cache(str(file))
    cache.put(call("a"), answer(1))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RecordingError) as caught:
        cache.put(call("a"), answer(2))
    other.close()
    assert str(caught.value) == f"error: {file} is in use by another process\n  = try again"


def test_a_place_where_no_cache_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError) as caught:
        Cache(str(tmp_path / "file" / "cache.db")).get(call())
    assert str(caught.value) in (
        f"error: {tmp_path}/file/cache.db cannot be used: file exists",
        f"error: {tmp_path}/file/cache.db cannot be used: not a directory",
    )
