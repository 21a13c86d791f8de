"""Memories: facts and conversations that a program keeps, and finds again by words or by meaning.

Everything is in one SQLite database: `facts` holds values as JSON, `words` their texts for full-text search,
`vectors` what each fact means as 256 numbers (made when a search first needs them), `messages` the conversation.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from itertools import islice
from math import isfinite, log
from typing import Any
from unicodedata import normalize

from dana.native import Library, current
from dana.values import NativeType, register, type_name

from .json import dumps, loads
from .time import get_current_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

library = Library("memory", "Facts and conversations that a program keeps, and finds again.")

FOLDER = "memory"
"""Where memories with a name are, below the project's own folder."""

VERSION = 1
"""The version of the tables."""

APPLICATION = 0x44616E61
"""How a database says that it is a memory: "Dana" in ASCII."""

PATIENCE = 5.0
"""For how many seconds to wait while another program writes into the same file."""

DEEPEST = 200
"""How deep lists and dicts may be nested in a value."""

LARGEST = 14_000
"""How many bits a number may have: more than these the host does not write."""

MESSAGES = 10
"""How many of the last messages a model is told."""

_TABLES = (
    "CREATE TABLE facts(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL)",
    "CREATE VIRTUAL TABLE words USING fts5(key, text, tokenize='unicode61')",
    "CREATE TABLE vectors(id INTEGER PRIMARY KEY, vector BLOB NOT NULL)",
    "CREATE TABLE messages(id INTEGER PRIMARY KEY, role TEXT NOT NULL, content TEXT NOT NULL, time TEXT NOT NULL)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)


@library.function
def create_memory_resource(
    name: str | None = None, path: str | None = None, *, embeddings: bool | None = None
) -> Memory:
    """A memory: facts by key and a conversation, which can be searched.

    Without a name or a path it lasts as long as the program. With a name it is kept in `.dana/memory/NAME.db` below
    the current folder; a name has up to 64 ASCII letters, digits, `_` and `-`, and begins with a letter or `_`.
    With a path it is kept in that file, whose folder must exist and be granted, to read and to write; below `.dana` it
    needs no grant. `reason(..., context=memory)` tells a model what the memory holds about the prompt, and the last
    messages of the conversation.

    A search finds words and their beginnings; with `embeddings` also what means the same in other words. They need
    `pip install 'dana[embeddings]'`, and are used when they are installed, unless `embeddings` is false.

    `remember(key, value)` keeps a text, a number, true, false, none, or a list or dict of these; `recall(key,
    default=None)` gives a copy of it; `search(text, limit=5)` a list of dicts with `key`, `value` and `score`, the best
    first; `forget(key)` says whether there was such a fact; `items()` lists all (key, value), the oldest first;
    `clear()` empties the memory, with its conversation. `len(memory)` is the number of facts, `key in memory` whether
    there is one.

    `store_interaction(user, reply, **facts)` adds what a person said and the reply to the conversation, and remembers
    the facts; `get_conversation(limit=None)` lists its messages, or the last of them, each with `role` ("user" or
    "assistant"), `content` and `time`. `close()` lets go of the file; so does the end of `with`.

    Raises ValueError for a file that is not a memory, or is one of a newer Dana, OSError where a file cannot be
    read, made or written, ModuleNotFoundError for embeddings that are not installed.

    >>> memory = create_memory_resource()
    >>> memory.remember("favourite drink", {"name": "green tea", "cups": 3})
    >>> memory.recall("favourite drink")
    {'name': 'green tea', 'cups': 3}
    >>> memory.search("Which tea?")[0]["key"]
    'favourite drink'
    >>> memory.store_interaction("I moved to Oslo.", "Noted.", city="Oslo")
    >>> [message["role"] for message in memory.get_conversation()], memory.items()[-1]
    (['user', 'assistant'], ('city', 'Oslo'))
    >>> memory.forget("city"), "city" in memory, len(memory)
    (True, False, 1)
    """
    if embeddings is not None and type(embeddings) is not bool:
        raise TypeError(f"embeddings must be true, false or none, not {type_name(embeddings)}")
    installed = embeddings is not False and find_spec("wordllama") is not None and find_spec("numpy") is not None
    if embeddings and not installed:
        raise ModuleNotFoundError("embeddings are not installed: pip install 'dana[embeddings]'", name="wordllama")
    return Memory(_file(name, path), installed)


class Memory:
    """Facts and a conversation in a database, which threads share."""

    __slots__ = ("_connection", "_embeddings", "_known", "_lock", "_place", "_writes")

    def __init__(self, path: str | None, embeddings: bool) -> None:
        self._place = "the memory" if path is None else path
        self._lock = threading.RLock()
        self._embeddings = embeddings
        self._writes = 0
        self._known: tuple[Any, list[int], Any] = (None, [], None)
        """When the vectors were read, the facts that they are of, and the vectors as one matrix."""
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = sqlite3.connect(
                ":memory:" if path is None else os.path.abspath(path),
                timeout=PATIENCE,
                isolation_level=None,
                check_same_thread=False,
            )
            with self._use() as connection:
                self._prepare(connection)
        except sqlite3.Error as error:
            raise self._failure(error) from None
        except BaseException:
            self.close()
            raise

    def remember(self, key: str, value: Any) -> None:
        """Keep a value under a key; a value that was there is replaced, and its place in `items()` stays.

        Raises TypeError for values that are not text, numbers, true, false, none, or lists and dicts of these.
        """
        fact = _Fact(_text(key, "key"), value, "value")
        with self._use(write=True) as connection:
            fact.write(connection)

    def recall(self, key: str, default: Any = None) -> Any:
        """A copy of the value under a key; the default when there is none."""
        with self._use() as connection:
            row = connection.execute("SELECT value FROM facts WHERE key = ?", (_text(key, "key"),)).fetchone()
        return default if row is None else self._value(row[0])

    def search(self, text: str, limit: int = 5) -> list[dict[str, Any]]:
        """The facts whose key or value has to do with a text, at most `limit`: dicts of key, value, score; best first.

        The score is above 0 and at most 1. By words alone it is the share of the text's words that the fact has,
        rare words counting more; with embeddings 1 means the first by words and by meaning. Any text can be given.
        """
        if type(text) is not str:
            raise TypeError(f"search() takes text, not {type_name(text)}")
        most = _whole(limit)
        current().meter.charge(1 + len(text) // 100)
        with self._use() as connection:
            found = _found_by_words(connection, text, most)
            if self._embeddings and text.strip():
                found = _fused(found, self._found_by_meaning(connection, text, most))
            rows = [
                (key, value, score)
                for fact, score in islice(found.items(), most)
                for key, value in connection.execute("SELECT key, value FROM facts WHERE id = ?", (fact,))
            ]
        return [{"key": key, "value": self._value(value), "score": round(score, 3)} for key, value, score in rows]

    def forget(self, key: str) -> bool:
        """Drop the fact under a key; whether there was one."""
        with self._use(write=True) as connection:
            row = connection.execute("DELETE FROM facts WHERE key = ? RETURNING id", (_text(key, "key"),)).fetchone()
            if row is not None:
                connection.execute("DELETE FROM words WHERE rowid = ?", row)
                connection.execute("DELETE FROM vectors WHERE id = ?", row)
        return row is not None

    def items(self) -> list[tuple[str, Any]]:
        """All facts as (key, value), in the order in which their keys were first remembered."""
        meter = current().meter
        with self._use() as connection:
            meter.check_items(len(self))
            rows = connection.execute("SELECT key, value FROM facts ORDER BY id").fetchall()
        meter.charge(len(rows))
        return [(key, self._value(value)) for key, value in rows]

    def clear(self) -> None:
        """Forget all facts and the conversation."""
        with self._use(write=True) as connection:
            for table in ("facts", "words", "vectors", "messages"):
                connection.execute(f"DELETE FROM {table}")

    def store_interaction(self, /, user: Any, reply: Any, **facts: Any) -> None:
        """Add what a person said and the reply to the conversation, and remember facts; all of it, or on error nothing.

        Both are texts, or other values that `remember` takes.
        """
        said = [
            (role, _Fact("", content, name).json)
            for role, name, content in (("user", "user", user), ("assistant", "reply", reply))
        ]
        known = [_Fact(_text(key, "key"), value, key) for key, value in facts.items()]
        time = get_current_time().isoformat()
        with self._use(write=True) as connection:
            connection.executemany(
                "INSERT INTO messages(role, content, time) VALUES (?, ?, ?)", [(*message, time) for message in said]
            )
            for fact in known:
                fact.write(connection)

    def get_conversation(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The messages, or the last `limit` of them, the oldest first: dicts of role, content and time."""
        meter = current().meter
        most = meter.limits.items + 1 if limit is None else _whole(limit)
        with self._use() as connection:
            rows = connection.execute(
                "SELECT role, content, time FROM messages ORDER BY id DESC LIMIT ?", (most,)
            ).fetchall()
        meter.check_items(len(rows))
        meter.charge(len(rows))
        return [
            {"role": role, "content": self._value(content), "time": self._time(time)}
            for role, content, time in reversed(rows)
        ]

    def close(self) -> None:
        """Let go of the file; what was in a memory without one is gone. Closing twice is no error."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def context(self, prompt: str, limit: int = 5) -> str:
        """What a model is told with a prompt: facts found for it, and the last messages; empty without any."""
        with self._lock:
            facts = [(fact["key"], fact["value"]) for fact in self.search(prompt, limit)]
            said = [(message["role"], message["content"]) for message in self.get_conversation(MESSAGES)]
        return "\n\n".join(
            "\n".join(f"{_on_one_line(name)}: {dumps(value, ensure_ascii=False)}" for name, value in lines)
            for lines in (facts, said)
            if lines
        )

    def __len__(self) -> int:
        with self._use() as connection:
            return int(connection.execute("SELECT count(*) FROM facts").fetchone()[0])

    def __contains__(self, key: object) -> bool:
        if type(key) is not str or not _is_storable(key):
            return False
        with self._use() as connection:
            return connection.execute("SELECT 1 FROM facts WHERE key = ?", (key,)).fetchone() is not None

    def __enter__(self) -> Memory:
        with self._use():
            return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<memory>" if self._place == "the memory" else f"<memory {self._place}>"

    @contextmanager
    def _use(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; what is written is there at the end, or after an error nothing."""
        with self._lock:
            connection = self._connection
            if connection is None:
                raise ValueError("the memory is closed")
            try:
                if write:
                    connection.execute("BEGIN IMMEDIATE")
                    self._writes += 1
                yield connection
                if write:
                    connection.execute("COMMIT")
            except BaseException as error:
                if write and connection.in_transaction:
                    connection.rollback()
                if isinstance(error, sqlite3.Error):
                    raise self._failure(error) from None
                raise

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables in an empty database; raises ValueError for a database of something else."""
        connection.execute("PRAGMA trusted_schema = OFF")
        if self._is_empty(connection):
            connection.execute("BEGIN IMMEDIATE")
            if self._is_empty(connection):  # still: nobody else was first
                for statement in _TABLES:
                    connection.execute(statement)
            connection.execute("COMMIT")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
            raise ValueError(f"{self._place} is not a memory but another database")
        if version > VERSION:
            raise ValueError(
                f"{self._place} was written by a newer Dana (version {version}, here {VERSION}); update Dana to read it"
            )

    def _is_empty(self, connection: sqlite3.Connection) -> bool:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return version == 0 and connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None

    def _found_by_meaning(self, connection: sqlite3.Connection, text: str, limit: int) -> dict[int, float]:
        """The facts that mean what a text means, with the cosine of the angle between the two; the nearest first."""
        facts, matrix = self._vectors(connection)
        if not facts:
            return {}
        nearness = matrix @ _embedded([_readable(text)])[0]
        nearest = nearness.argsort()[::-1][: max(limit, _CANDIDATES)]
        return {facts[at]: float(nearness[at]) for at in nearest if nearness[at] >= _NEAR}

    def _vectors(self, connection: sqlite3.Connection) -> tuple[list[int], Any]:
        """The ids of all facts and their vectors; those that have none yet get one."""
        state = connection.execute("PRAGMA data_version").fetchone(), self._writes
        if self._known[0] != state:
            import numpy  # 0.1 s to load

            vectors = self._kept_vectors(connection)
            matrix = numpy.frombuffer(b"".join(vectors.values()), dtype="<f4").reshape(-1, _DIMENSIONS)
            self._known = ((state[0], self._writes), list(vectors), matrix)
        return self._known[1:]

    def _kept_vectors(self, connection: sqlite3.Connection) -> dict[int, bytes]:
        """The vectors of all facts; what is made is kept where the file can be written."""
        vectors: dict[int, bytes] = dict(
            connection.execute("SELECT id, vector FROM vectors WHERE length(vector) = ?", (4 * _DIMENSIONS,)).fetchall()
        )
        last, writable = 0, True
        while rows := connection.execute(_UNREAD, (_READ, last, 4 * _DIMENSIONS, _BATCH)).fetchall():
            current().meter.charge(len(rows))
            last = rows[-1][0]
            made = _embedded([f"{_readable(key)}: {text}" for _, key, text in rows]).astype("<f4")
            fresh = [(vector.tobytes(), *row) for row, vector in zip(rows, made, strict=True)]
            vectors.update((fact, vector) for vector, fact, *_ in fresh)
            if writable:
                writable = self._keep_vectors(fresh)
        return vectors

    def _keep_vectors(self, vectors: list[tuple[Any, ...]]) -> bool:
        """Write vectors into the file, of facts that are still as they were read; whether that was possible."""
        try:
            with self._use(write=True) as connection:
                connection.executemany(_KEEP, vectors)
        except OSError:
            return False
        return True

    def _value(self, text: Any) -> Any:
        try:
            return loads(text)
        except (TypeError, ValueError):
            raise ValueError(f"{self._place} is damaged: a value in it is not JSON") from None

    def _time(self, text: Any) -> datetime:
        try:
            return datetime.fromisoformat(text)
        except (TypeError, ValueError):
            raise ValueError(f"{self._place} is damaged: the time of a message is not one") from None

    def _failure(self, error: sqlite3.Error) -> Exception:
        """What a program is told about a failure of the database."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest is detail
        place = self._place
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return OSError(f"{place} is locked: another program is writing into it")
        if code == sqlite3.SQLITE_NOTADB:
            return ValueError(f"{place} is not a memory: it is no SQLite database")
        if code == sqlite3.SQLITE_CORRUPT:
            return ValueError(f"{place} is damaged: {error}")
        if code == sqlite3.SQLITE_TOOBIG:
            return ValueError("a value is too large for a memory")
        if code == sqlite3.SQLITE_READONLY:
            return PermissionError(f"{place} cannot be written: it is read-only")
        if code == sqlite3.SQLITE_FULL:
            return OSError(f"{place} cannot be written: the disk is full")
        if code == sqlite3.SQLITE_CANTOPEN:
            return OSError(f"{place} cannot be opened: its file or folder may not be read or written")
        if "fts5" in str(error) and "no such module" in str(error):
            return OSError("a memory needs full-text search, which the SQLite of this Python does not have (FTS5)")
        return OSError(f"{place} cannot be used: {error}")


Memory.__name__ = Memory.__qualname__ = "memory"  # as the host's messages are to call it
_METHODS: dict[str, Any] = {
    "remember": Memory.remember,
    "recall": Memory.recall,
    "search": Memory.search,
    "forget": Memory.forget,
    "items": Memory.items,
    "clear": Memory.clear,
    "store_interaction": Memory.store_interaction,
    "get_conversation": Memory.get_conversation,
    "close": Memory.close,
}
for _name, _method in _METHODS.items():
    _method.__qualname__ = f"memory.{_name}"

register(
    NativeType(
        "memory",
        Memory,
        """Facts by key and a conversation; `create_memory_resource` makes one, and says what its methods do.

        Methods: `remember(key, value)`, `recall(key, default=None)`, `search(text, limit=5)`, `forget(key)`, `items()`,
        `clear()`, `store_interaction(user, reply, **facts)`, `get_conversation(limit=None)`, `close()`. `len`, `in` and
        `with` work.

        >>> memory = create_memory_resource()
        >>> memory.remember("city", "Oslo")
        >>> "city" in memory, memory.recall("city"), memory.recall("country", "unknown")
        (True, 'Oslo', 'unknown')
        """,
        methods=_METHODS,
    )
)


# What comes in


class _Fact:
    """A key and a value as they are written: as JSON, and as text for the search."""

    __slots__ = ("_length", "_meter", "_path", "_texts", "json", "key", "name")

    def __init__(self, key: str, value: Any, name: str) -> None:
        self.key = key
        self.name = name
        self._meter = current().meter
        self._path: list[int | str] = []
        self._length = 0
        self._texts: list[str] = []
        self._read(value)
        self.json = dumps(value, ensure_ascii=False)
        if not _is_storable(self.json):
            self.json = dumps(value)

    def write(self, connection: sqlite3.Connection) -> None:
        """Put the fact in its place, or at the end."""
        text = _searchable(" ".join(self._texts))
        row = connection.execute("SELECT id FROM facts WHERE key = ?", (self.key,)).fetchone()
        if row is None:
            (fact,) = connection.execute(
                "INSERT INTO facts(key, value) VALUES (?, ?) RETURNING id", (self.key, self.json)
            ).fetchone()
            connection.execute(
                "INSERT INTO words(rowid, key, text) VALUES (?, ?, ?)", (fact, _searchable(self.key), text)
            )
        else:
            connection.execute("UPDATE facts SET value = ? WHERE id = ?", (self.json, *row))
            connection.execute("UPDATE words SET text = ? WHERE rowid = ?", (text, *row))
            connection.execute("DELETE FROM vectors WHERE id = ?", row)

    def _read(self, value: Any) -> None:
        """Collect the texts of a value; raises TypeError or ValueError for what cannot be kept, with its place."""
        kind = type(value)
        self._length += 2
        if kind is str:
            self._add(value)
        elif kind is bool:
            self._add("true" if value else "false")
        elif kind is int:
            if value.bit_length() > LARGEST:
                raise ValueError(f"{self._where()} is a number of more than {LARGEST:,} bits; write it as text")
            self._add(repr(value))
        elif kind is float:
            if not isfinite(value):
                raise ValueError(f"{self._where()} is {value}, which a memory cannot keep")
            self._add(repr(value))
        elif kind is list:
            self._enter(value)
            for at, item in enumerate(value):
                self._path.append(at)
                self._read(item)
                self._path.pop()
        elif kind is dict:
            self._enter(value)
            for key, item in value.items():
                if type(key) is not str:
                    raise TypeError(f"{self._where()} has the key {key!r} ({type_name(key)}); keys must be text")
                self._add(key)
                self._path.append(key)
                self._read(item)
                self._path.pop()
        elif value is not None:
            way = "make it a list" if kind in (tuple, set, frozenset) else _KEPT
            raise TypeError(f"{self._where()} is a {type_name(value)}, which a memory cannot keep; {way}")

    def _add(self, text: str) -> None:
        self._length += len(text)
        self._meter.check_text(self._length)
        self._texts.append(text)

    def _enter(self, container: Any) -> None:
        if len(self._path) >= DEEPEST:
            raise ValueError(f"{self.name} is nested more than {DEEPEST} deep, or holds itself")
        self._meter.check_text(self._length)
        self._meter.charge(len(container))

    def _where(self) -> str:
        """The place that is being read, as a program would write it."""
        return self.name + "".join(f"[{step!r}]" for step in self._path)


_KEPT = "it keeps text, numbers, true, false, none, lists and dicts"


def _text(text: Any, name: str) -> str:
    """A text that the database can hold."""
    if type(text) is not str:
        raise TypeError(f"{name} must be text, not {type_name(text)}")
    if not text:
        raise ValueError(f"{name} must not be empty")
    if not _is_storable(text):
        raise ValueError(f"{name} has half a character (a surrogate), which cannot be stored")
    return text


def _on_one_line(key: str) -> str:
    return key if key.isprintable() else dumps(key)


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(limit: Any) -> int:
    """A limit that may be given to the database."""
    if type(limit) is not int:
        raise TypeError(f"limit must be a whole number, not {type_name(limit)}")
    if limit < 1:
        raise ValueError(f"limit must be above 0, not {limit}")
    return min(limit, current().meter.limits.items)


def _file(name: Any, path: Any) -> str | None:
    """The file of a memory, whose folder exists; None for a memory without one."""
    if name is not None and path is not None:
        raise ValueError("a memory has a name or a path, not both")
    if name is not None:
        if type(name) is not str:
            raise TypeError(f"name must be text, not {type_name(name)}")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", name):
            raise ValueError(
                f"{name!r} cannot be the name of a memory: write up to 64 letters, digits, _ and -, a letter first"
            )
        folder = os.path.join(current().host.folder, FOLDER)
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise OSError(f"the folder {folder} cannot be made: {error.strerror}") from None
        return os.path.join(folder, f"{name}.db")
    if path is None:
        return None
    file = _text(path, "path")
    if "\0" in file:
        raise ValueError("path has a null character, which no file's name has")
    host = current().host
    host.permissions.check_database_of(file, host.folder)
    folder = os.path.dirname(file)
    if folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"there is no folder {folder} for the memory {os.path.basename(file)}; make it first")
    if os.path.isdir(file):
        raise IsADirectoryError(f"{file} is a folder; give the path of a file in it")
    return file


# Search by words

_CANDIDATES = 100
"""How many facts are compared more closely, at least."""

_MOST_WORDS = 32
"""How many words of a text are searched for."""

_LONGEST = 10_000
"""How many characters of a text are searched for."""

_STOP_WORDS = frozenset(
    """a about am an and any are as at be been by can could did do does for from had has have he her his how i if in
    into is it its me my of on or our she should so some than that the their them then there these they this to
    tell us was we were what when where which who whom whose why will with would you your""".split()
)
"""English words that say nothing about a fact; without other words they count too."""

_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "ly", "s", "y", "e")

_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]+")
"""Signs on Latin, Greek and Cyrillic letters, the points of Hebrew, the vowels of Arabic."""

_CLOSE_SCRIPTS = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f])")
"""Characters of Chinese and Japanese, which are written without spaces: each is a word."""


def _searchable(text: str) -> str:
    """A text as it is searched: without accents, each character of Chinese and Japanese on its own."""
    if text.isascii():
        return text
    bare = _ACCENTS.sub("", normalize("NFKD", text.encode(errors="replace").decode()))
    return _CLOSE_SCRIPTS.sub(r" \1 ", normalize("NFC", bare).replace("ß", "ss").replace("ẞ", "SS"))


def _queries(text: str) -> list[str]:
    """What to look for: for each word of a text a query, which holds nothing but quoted words."""
    matches = re.finditer(r"[^\W_]+", _searchable(text[:_LONGEST]).lower())
    words = list(dict.fromkeys(match[0] for match in matches))
    telling = [word for word in words if word not in _STOP_WORDS] or words
    return [_query(word) for word in telling[:_MOST_WORDS]]


def _query(word: str) -> str:
    """A word, what begins with it, and what begins with it without its ending; each counts by itself."""
    if len(word) < 3 and not "가" <= word[0] <= "힣":  # each of these is a syllable, after which particles come
        return f'"{word}"'
    query = f'"{word}" OR "{word}"*'
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if len(word) > len(stem) > 2:
            if len(stem) > 3 and stem[-1] == stem[-2]:  # "running" is of "run"
                stem = stem[:-1]
            return f'({query} OR "{stem}"*)'
    return f"({query})"


def _found_by_words(connection: sqlite3.Connection, text: str, limit: int) -> dict[int, float]:
    """The facts that have words of a text, with the share that they have, by weight; the best first."""
    queries = _queries(text)
    if not queries:
        return _found_as_written(connection, _searchable(text.strip()), limit)
    rows = connection.execute(
        "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, 2.0, 1.0), rowid LIMIT ?",
        (" OR ".join(queries), max(limit, _CANDIDATES)),
    ).fetchall()
    scores: dict[int, float] = dict.fromkeys((row[0] for row in rows), 0.0)
    if not scores:
        return {}
    (total,) = connection.execute("SELECT count(*) FROM facts").fetchone()
    weights = 0.0
    for query in queries:
        matches = connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (query,)).fetchall()
        frequency = max(len(matches), 1)
        weight = log(1 + (total - frequency + 0.5) / (frequency + 0.5))
        weights += weight
        for (fact,) in matches:
            if fact in scores:
                scores[fact] += weight
    return _ranked({fact: score / weights for fact, score in scores.items()})


def _found_as_written(connection: sqlite3.Connection, text: str, limit: int) -> dict[int, float]:
    """The facts that have a text without words, such as "🚀", just as it is."""
    if not text:
        return {}
    rows = connection.execute(
        "SELECT rowid FROM words WHERE instr(key, ?1) OR instr(text, ?1) ORDER BY rowid LIMIT ?2", (text, limit)
    )
    return {fact: 1.0 for (fact,) in rows.fetchall()}


def _ranked(scores: dict[int, float]) -> dict[int, float]:
    """The best first; among equals the order stays."""
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


# Search by meaning

_DIMENSIONS = 256
_READ = 8_000
"""How many characters of a fact count for its meaning: enough of it, and never a second's work."""

_UNREAD = """SELECT rowid, key, substr(text, 1, ?) FROM words WHERE rowid > ?
    AND rowid NOT IN (SELECT id FROM vectors WHERE length(vector) = ?) ORDER BY rowid LIMIT ?"""
_KEEP = f"""INSERT OR REPLACE INTO vectors(id, vector)
    SELECT rowid, ?1 FROM words WHERE rowid = ?2 AND key = ?3 AND substr(text, 1, {_READ}) = ?4"""
_BATCH = 1000
"""How many facts get a vector at once."""

_NEAR = 0.2
"""The cosine from which a fact has to do with a text; what has nothing to do with it stays below."""

_RANK = 60
"""What is added to each rank before two rankings are joined: the first few are worth nearly the same."""

_loading = threading.Lock()
_model: Any = None


def _fused(*rankings: dict[int, float]) -> dict[int, float]:
    """Several rankings as one, by reciprocal ranks; 1 is the first of all of them, and higher values go before."""
    scores: dict[int, float] = {}
    best: dict[int, float] = {}
    for ranking in rankings:
        for rank, (fact, score) in enumerate(ranking.items(), 1):
            scores[fact] = scores.get(fact, 0.0) + (_RANK + 1) / (_RANK + rank) / len(rankings)
            best[fact] = max(best.get(fact, 0.0), score)
    return dict(sorted(scores.items(), key=lambda item: (-item[1], -best[item[0]])))


def _readable(text: str) -> str:
    """A text as the model of meanings reads it."""
    return text[:_READ].encode(errors="replace").decode().replace("_", " ")


def _embedded(texts: Iterable[str]) -> Any:
    """The meaning of each text as a row of length 1."""
    import numpy  # 0.1 s to load

    rows = numpy.asarray(_loaded_model().embed(list(texts)), dtype=numpy.float32)
    return rows / numpy.maximum(numpy.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _loaded_model() -> Any:
    """The model of meanings, which is loaded once; it takes 0.5 s."""
    global _model
    with _loading:
        if _model is None:
            try:
                import wordllama  # type: ignore[import-untyped]

                # The package finds its own tokenizer only where its folder is named as the cache.
                folder = os.path.dirname(wordllama.__file__)
                _model = wordllama.WordLlama.load(cache_dir=folder, dim=_DIMENSIONS, disable_download=True)
            except Exception as error:
                raise OSError(
                    f"the embeddings cannot be loaded: {error}; install them again, or write embeddings=false"
                ) from None
        return _model
