"""Recording: answers of models kept in files, to run a program again without asking.

A call is `{"template", "values", "schema", "model", "settings"}`, an answer `{"answer", "attempts", "usage"}`, both
plain JSON. A recording has a line for each call: its number in the run, its digest, the call and the answer.
"""

from __future__ import annotations

import os
from json import JSONDecodeError, dumps, loads
from threading import Lock
from time import time

from dana.errors import DanaError, Diagnostic, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from typing import Any

    Call = dict[str, Any]
    Answer = dict[str, Any]

PARTS = ("template", "values", "schema", "model", "settings")
"""What makes two calls the same call."""
CACHE = os.path.join(".dana", "cache.db")
VERSION = 1
PATIENCE = 10.0
"""Seconds to wait for another process that writes to the cache."""
LONGEST = 60
"""Characters of a value in a message."""


class RecordingError(UsageError):
    """A file of answers cannot be read or written."""


class Unrecorded(DanaError):
    """A call was made that a recording has no answer to."""


def digest(call: Call) -> str:
    """What a call is known by: the same for calls that differ in nothing but the order of keys."""
    from _blake2 import blake2b  # without the rest of hashlib

    text = dumps({part: call.get(part) for part in PARTS}, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode("ascii"), digest_size=16).hexdigest()


class Recorder:
    """Writes a recording while a program runs; what is there before is replaced."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = Lock()
        self._count = 0
        try:
            if not _may_replace(path):
                hint = "give a new file, such as calls.jsonl"
                raise _error("recording", f"{path} is not a recording, and is not overwritten", hint)
            self._file = open(path, "wb", opener=_open_private)  # noqa: SIM115
        except OSError as error:
            raise _error("recording", f"{path} cannot be written: {_reason(error)}") from None

    def record(self, call: Call, answer: Answer, number: int | None = None) -> None:
        """Add a call; `number` is its place in the program's order, by default that of this method's calls."""
        with self._lock:
            self._count += 1
            entry = {"number": number or self._count, "digest": digest(call), "call": call, "answer": answer}
            try:
                self._file.write(_line(entry))
                self._file.flush()
            except OSError as error:
                raise _error("recording", f"{self.path} cannot be written: {_reason(error)}") from None

    def close(self) -> None:
        """Done with the file."""
        with self._lock:
            self._file.close()


class Replay:
    """The answers of a recording; each is given once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = Lock()
        self._entries = list(_entries(path))
        self._left: dict[str, list[_Entry]] = {}
        for entry in sorted(self._entries, key=lambda entry: entry.number):
            self._left.setdefault(entry.digest, []).append(entry)

    def answer(self, call: Call) -> Answer:
        """The answer to a call; equal calls are answered in the order of their numbers. Raises Unrecorded.

        A call whose model is None, because none is configured, is answered whatever model was recorded.
        """
        if call["model"] is None:
            models = dict.fromkeys(entry.call["model"] for entry in self._entries)
            alike = [{**call, "model": model} for model in models]
            call = next((known for known in alike if self._left.get(digest(known))), alike[0] if alike else call)
        key = digest(call)
        with self._lock:
            left = self._left.get(key)
            if left:
                return left.pop(0).answer
        raise Unrecorded(self._explain(call, key))

    def unused(self) -> list[dict[str, Any]]:
        """What was recorded and not asked for, in the order of numbers: `number`, `line`, `call` and `answer`."""
        with self._lock:
            left = [entry for entries in self._left.values() for entry in entries]
        return [
            {"number": entry.number, "line": entry.line, "call": entry.call, "answer": entry.answer}
            for entry in sorted(left, key=lambda entry: entry.number)
        ]

    def _explain(self, call: Call, key: str) -> Diagnostic:
        name = os.path.basename(self.path)
        again = "record the run again, or undo the change"
        if key in self._left:
            times = sum(entry.digest == key for entry in self._entries)
            often = "once" if times == 1 else f"{times} times"
            message = f"{name} has no answer to this call: it was recorded {often}, and is made once more"
            return Diagnostic("unrecorded", message, hint=again)
        waiting = [entry for entries in self._left.values() for entry in entries] or self._entries
        if not waiting:
            return Diagnostic("unrecorded", f"{name} has no answer to this call: it holds no calls", hint=again)
        nearest = max(waiting, key=lambda entry: _likeness(entry.call, call))
        first, *others = _differences(nearest.call, call)
        hint = f"compared with call {nearest.number}, on line {nearest.line} of {name}"
        if others:
            hint += "\nbesides, " + "\nbesides, ".join(others)
        return Diagnostic("unrecorded", f"{name} has no answer to this call: {first}", hint=f"{hint}\n{again}")


class Cache:
    """Answers kept between runs, in an SQLite file that threads and processes may share."""

    def __init__(self, path: str = CACHE, clock: Callable[[], float] | None = None) -> None:
        self.path = path
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._clock = clock or time

    def get(self, call: Call, expiry: float | None = None) -> Answer | None:
        """The kept answer to a call; None when there is none, or it is older than `expiry` seconds."""
        oldest = float("-inf") if expiry is None else self._clock() - expiry
        question = "SELECT answer FROM answers WHERE digest = ? AND made >= ?"
        rows = self._execute(question, (digest(call), oldest))
        answer: Answer | None = loads(rows[0][0]) if rows else None
        return answer

    def put(self, call: Call, answer: Answer) -> None:
        """Keep the answer to a call, in place of an older one."""
        row = (digest(call), self._clock(), dumps(answer))
        self._execute("INSERT OR REPLACE INTO answers (digest, made, answer) VALUES (?, ?, ?)", row)

    def close(self) -> None:
        """Done with the file; it is opened again when needed."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _execute(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        import sqlite3  # programs that keep no answers need no database

        try:
            with self._lock:
                if self._connection is None:
                    self._connection = self._open()
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise _error("cache", f"{self.path} is in use by another process", "try again") from None
            raise _error("cache", f"{self.path} cannot be used: {error}") from None
        except sqlite3.DatabaseError as error:
            hint = f"delete {self.path}; the answers in it are asked for again"
            raise _error("cache", f"{self.path} cannot be used: {error}", hint) from None
        except OSError as error:
            raise _error("cache", f"{self.path} cannot be used: {_reason(error)}") from None

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        folder = os.path.dirname(self.path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        os.close(_open_private(self.path, os.O_RDWR | os.O_CREAT))
        connection = sqlite3.connect(self.path, PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            if not self._version(connection):
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS answers (digest TEXT PRIMARY KEY, made REAL, answer TEXT)"
                )
                connection.execute(f"PRAGMA user_version = {VERSION}")
                connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _version(self, connection: sqlite3.Connection) -> int:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise _error("cache", f"{self.path} was made by a newer Dana", f"update Dana, or delete {self.path}")
        return version


class _Entry:
    """A line of a recording."""

    __slots__ = ("answer", "call", "digest", "line", "number")

    def __init__(self, line: int, number: int, call: Call, answer: Answer) -> None:
        self.line = line
        self.number = number
        self.call = call
        self.answer = answer
        self.digest = digest(call)


def _entries(path: str) -> Iterator[_Entry]:
    """The lines of a recording; raises RecordingError at the first that is broken."""
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
    except OSError as error:
        raise _error("recording", f"{path} cannot be read: {_reason(error)}") from None
    for line, data in enumerate(lines, 1):
        if not data.strip():
            continue
        try:
            entry = loads(data)
        except (JSONDecodeError, UnicodeDecodeError, RecursionError):
            whole = line < len(lines)
            hint = "record the run again" if whole else "the run that wrote it was cut off: remove the last line"
            raise _error("recording", f"{path}, line {line}: this is not JSON", hint) from None
        if not _is_entry(entry):
            message = f"{path}, line {line}: this is not a recorded call"
            raise _error("recording", message, "a recording is written by dana run --record")
        yield _Entry(line, entry.get("number", line), entry["call"], entry["answer"])


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("call"), dict)
        and isinstance(entry.get("answer"), dict)
        and isinstance(entry.get("number", 0), int)
        and isinstance(entry["call"].get("template"), str)
        and isinstance(entry["call"].get("values", []), list)
    )


def _may_replace(path: str) -> bool:
    """Whether nothing is lost by writing to a path: it is new, empty, a device, or begins as a recording does."""
    if not os.path.isfile(path):
        return True
    with open(path, "rb") as file:
        start = file.read(10)
    return not start or start == b'{"number":'


def _line(entry: dict[str, Any]) -> bytes:
    """An entry as a line, readable where its characters can be written."""
    try:
        return dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        return dumps(entry, separators=(",", ":")).encode() + b"\n"


def _likeness(recorded: Call, call: Call) -> tuple[float, ...]:
    """How near a recorded call comes, to compare with others: the prompt counts most."""
    from difflib import SequenceMatcher

    template = call.get("template", "")
    matcher = SequenceMatcher(None, recorded["template"], template, autojunk=False)
    like = 1.0 if recorded["template"] == template else matcher.quick_ratio()
    values = zip(recorded.get("values", []), call.get("values", []), strict=False)
    same = sum(_key(first) == _key(second) for first, second in values)
    return (like, same, *(recorded.get(part) == call.get(part) for part in PARTS[2:]))


def _differences(recorded: Call, call: Call) -> list[str]:
    """In which ways a call differs from a recorded one, a sentence each; at least one."""
    found = []
    before, now = recorded["template"].split("\n"), call.get("template", "").split("\n")
    for number, (old, new) in enumerate(zip(before, now, strict=False), 1):
        if old != new:
            where = f"line {number} of the prompt" if len(now) > 1 else "the prompt"
            found.append(f"{where} {_was(old, new)}")
            break
    else:
        if len(before) != len(now):
            found.append(f"the prompt has {_count(now, 'line')}, recorded was one of {_count(before, 'line')}")
    old_values, new_values = recorded.get("values") or [], call.get("values") or []
    if len(old_values) != len(new_values):
        found.append(f"the number of values in the prompt {_was(len(old_values), len(new_values))}")
    else:
        for number, (old, new) in enumerate(zip(old_values, new_values, strict=True), 1):
            found += [f"value {number}{path} {said}" for path, said in _unlike(old, new)][:1]
    for path, said in list(_unlike(recorded.get("schema"), call.get("schema")))[:1]:
        found.append(f"the shape of the answer{path and ', '}{path.removeprefix('.')} {said}")
    for path, said in list(_unlike(recorded.get("settings") or {}, call.get("settings") or {}))[:1]:
        found.append(f"the setting {path.removeprefix('.')} {said}")
    if recorded.get("model") != call.get("model"):
        found.append(f"the model {_was(recorded.get('model'), call.get('model'))}")
    return found


def _unlike(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Where two values differ, and how, the outermost and first places first."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            inner = f"{path}.{key}" if key.isidentifier() else f"{path}[{dumps(key, ensure_ascii=False)}]"
            if key not in new:
                yield inner, f"is missing, recorded was {_shown(old[key])}"
            elif key not in old:
                yield inner, f"is {_shown(new[key])}, and was not recorded"
            else:
                yield from _unlike(old[key], new[key], inner)
    elif isinstance(old, list) and isinstance(new, list):
        for index, (first, second) in enumerate(zip(old, new, strict=False)):
            yield from _unlike(first, second, f"{path}[{index}]")
        if len(old) != len(new):
            yield path, f"has {_count(new, 'item')}, recorded was one of {len(old)}"
    elif _key(old) != _key(new):
        yield path, _was(old, new)


def _was(old: Any, new: Any) -> str:
    """What a value is and was; of long texts, the part from shortly before the difference."""
    if isinstance(old, str) and isinstance(new, str):
        pairs = enumerate(zip(old, new, strict=False))
        same = next((at for at, (first, second) in pairs if first != second), min(len(old), len(new)))
        if same > LONGEST // 2 and max(len(old), len(new)) > LONGEST:
            start = same - LONGEST // 4
            old, new = f"...{old[start:]}", f"...{new[start:]}"
    return f"is {_shown(new)}, recorded was {_shown(old)}"


def _shown(value: Any) -> str:
    text = dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _count(items: list[Any], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def _key(value: Any) -> str:
    """A value to compare: 1, 1.0 and true are three values."""
    return dumps(value, sort_keys=True)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _error(code: str, message: str, hint: str | None = None) -> RecordingError:
    return RecordingError(Diagnostic(code, message, hint=hint))
