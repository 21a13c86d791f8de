"""Memories in files: what is kept, what is refused, how they are shared, and the search by meaning."""

from __future__ import annotations

import contextvars
import doctest
import inspect
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dana import DanaError, Host, Limits, Session, modules
from dana.errors import LimitError, LimitReached
from dana.limits import Meter
from dana.permissions import Permissions
from dana.run import RUN, Run
from dana.values import TYPES

from .test_library_docs import Capture, shown

create: Any = modules.builtin("create_memory_resource")
library: Any = inspect.getmodule(create)

needs_embeddings = pytest.mark.skipif(
    find_spec("wordllama") is None,
    reason="search by meaning needs the package wordllama: pip install 'dana[embeddings]'",
)


def granted() -> Host:
    """A host whose programs may use the files of the current folder."""
    return Host(lambda: Permissions(read=["."], write=["."]))


@pytest.fixture(autouse=True)
def _run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    token = RUN.set(Run(granted(), Meter(), None))
    yield
    RUN.reset(token)


def keys(memory: Any, text: str, limit: int = 5) -> list[str]:
    return [fact["key"] for fact in memory.search(text, limit)]


def execute(path: str, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


# Files


def test_a_memory_with_a_name_is_kept_in_the_folder_of_the_project() -> None:
    with create("notes") as memory:
        memory.remember("city", "Oslo")
        memory.store_interaction("hello", "hi")
    assert os.listdir(os.path.join(".dana", "memory")) == ["notes.db"]
    with create("notes", embeddings=False) as memory:
        assert memory.items() == [("city", "Oslo")]
        assert keys(memory, "oslo") == ["city"]
        assert [message["content"] for message in memory.get_conversation()] == ["hello", "hi"]
    assert len(create("others")) == 0


def test_a_memory_with_a_path_is_kept_across_sessions() -> None:
    Session(granted()).run('create_memory_resource(path="facts.db").remember("city", {"name": "Oslo"})')
    session = Session(granted())
    session.run('memory = create_memory_resource(path="facts.db")')
    assert session.evaluate('memory.recall("city")') == {"name": "Oslo"}


def test_a_path_needs_a_grant_unless_it_is_the_projects_own() -> None:
    for permissions in (Permissions(), Permissions(read=["."])):
        RUN.get().host.permissions = permissions
        with pytest.raises(PermissionError, match=r"^(reading|writing) facts\.db needs --allow-(read|write)=\.$"):
            create(path="facts.db")
    assert not os.path.exists("facts.db")
    os.mkdir(".dana")
    create(path=".dana/facts.db").remember("city", "Oslo")
    with pytest.raises(PermissionError):
        create(path=".dana/../facts.db")


def test_what_is_written_is_there_at_once_for_others() -> None:
    first, second = create(path="facts.db"), create(path="facts.db", embeddings=False)
    first.remember("city", "Oslo")
    assert second.recall("city") == "Oslo"
    assert keys(second, "oslo") == ["city"]
    program = (
        "from dana import Host, Session; from dana.permissions import Permissions; "
        "host = Host(lambda: Permissions(read=['.'], write=['.'])); "
        "Session(host).run('print(create_memory_resource(path=\"facts.db\").items())')"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (printed.stdout, printed.stderr) == ("[('city', 'Oslo')]\n", "")


def test_names_that_sqlite_gives_a_meaning_are_names_of_files() -> None:
    create(path=":memory:").remember("city", "Oslo")
    create(path="file:a?mode=memory").remember("city", "Rome")
    assert {":memory:", "file:a?mode=memory"} <= set(os.listdir("."))


def test_an_empty_file_becomes_a_memory() -> None:
    Path("facts.db").touch()
    create(path="facts.db").remember("city", "Oslo")
    assert create(path="facts.db").recall("city") == "Oslo"


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be looked at as if it were one" * 20, b"x" * 7]
)
def test_a_file_that_is_not_a_database(content: bytes) -> None:
    Path("facts.db").write_bytes(content)
    with pytest.raises(ValueError, match=r"^facts\.db is not a memory: it is no SQLite database$"):
        create(path="facts.db")
    assert Path("facts.db").read_bytes() == content


def test_a_database_of_something_else_is_left_alone() -> None:
    execute("facts.db", "CREATE TABLE facts(id)")
    before = Path("facts.db").read_bytes()
    with pytest.raises(ValueError, match=r"^facts\.db is not a memory but another database$"):
        create(path="facts.db")
    assert Path("facts.db").read_bytes() == before


def test_a_memory_of_a_newer_dana() -> None:
    create(path="facts.db").close()
    execute("facts.db", "PRAGMA user_version = 2")
    with pytest.raises(
        ValueError, match=r"^facts\.db was written by a newer Dana \(version 2, here 1\); update Dana to read it$"
    ):
        create(path="facts.db")


def test_the_version_is_in_the_file() -> None:
    create(path="facts.db").close()
    connection = sqlite3.connect("facts.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_a_memory_that_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "PATIENCE", 0.01)
    memory = create(path="facts.db")
    memory.remember("city", "Oslo")
    other = sqlite3.connect("facts.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(OSError, match=r"^facts\.db is locked: another program is writing into it$"):
        memory.remember("city", "Rome")
    with pytest.raises(OSError, match=r"^facts\.db is locked: another program is writing into it$"):
        create(path="facts.db")
    other.execute("ROLLBACK")
    other.close()
    memory.remember("city", "Rome")
    assert memory.items() == [("city", "Rome")]


def test_a_memory_that_cannot_be_written() -> None:
    memory = create(path="facts.db", embeddings=False)
    memory.remember("city", "Oslo")
    memory._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(PermissionError, match=r"^facts\.db cannot be written: it is read-only$"):
        memory.remember("city", "Rome")
    assert memory.search("oslo")[0]["value"] == "Oslo"


def test_a_full_disk() -> None:
    memory = create(path="facts.db")
    memory.remember("city", "Oslo")
    memory._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(OSError, match=r"^facts\.db cannot be written: the disk is full$"):
        memory.remember("text", "x" * 1_000_000)
    assert memory.items() == [("city", "Oslo")]


def test_a_damaged_file() -> None:
    memory = create(path="facts.db")
    for number in range(2000):
        memory.remember(f"key {number}", "text " * 20)
    memory.close()
    data = bytearray(Path("facts.db").read_bytes())
    data[8192:] = b"\xa5" * (len(data) - 8192)
    Path("facts.db").write_bytes(data)
    with pytest.raises((ValueError, OSError), match=r"^facts\.db is damaged: database disk image is malformed$"):
        create(path="facts.db").items()


@pytest.mark.parametrize("value", ["'{'", "x'00'", "17"])
def test_a_value_that_somebody_else_has_written(value: str) -> None:
    create(path="facts.db").remember("city", "Oslo")
    execute("facts.db", f"UPDATE facts SET value = {value}")
    if value == "17":
        assert create(path="facts.db").recall("city") == 17
        return
    with pytest.raises(ValueError, match=r"^facts\.db is damaged: a value in it is not JSON$"):
        create(path="facts.db").recall("city")


def test_a_time_that_somebody_else_has_written() -> None:
    create(path="facts.db").store_interaction("hello", "hi")
    execute("facts.db", "UPDATE messages SET time = 'yesterday'")
    with pytest.raises(ValueError, match=r"^facts\.db is damaged: the time of a message is not one$"):
        create(path="facts.db").get_conversation()


def test_no_error_of_the_database_reaches_a_program() -> None:
    memory = create(path="facts.db")
    execute("facts.db", "DROP TABLE words")
    with pytest.raises(OSError, match=r"^facts\.db cannot be used: no such table: words$") as raised:
        memory.remember("city", "Oslo")
    assert raised.value.__suppress_context__


def test_a_folder_that_cannot_be_made() -> None:
    Path(".dana").touch()
    with pytest.raises(OSError, match=r"^the folder \.dana.memory cannot be made: "):
        create("notes")


@pytest.mark.parametrize("name", ["", "a/b", "a.b", "..", "-a", "1a", "a b", "ä", "a" * 65, "a\n"])
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a memory"):
        create(name)
    assert not os.path.exists(".dana")


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("", ValueError, "path must not be empty"),
        (b"a", TypeError, "path must be text, not bytes"),
        ("a\0b", ValueError, "path has a null character, which no file's name has"),
        ("\ud800", ValueError, "path has half a character (a surrogate), which cannot be stored"),
    ],
)
def test_paths_that_are_refused(path: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        create(path=path)
    assert str(raised.value) == message


# Sizes, threads, context


def test_ten_thousand_facts_are_searched() -> None:
    memory = create(embeddings=False)
    for number in range(10_000):
        memory.remember(f"order {number}", {"customer": f"Customer{number % 997}", "note": "leave it at the door"})
    assert len(memory) == 10_000
    assert keys(memory, "Where is order 7777?")[0] == "order 7777"
    assert keys(memory, "door", 3) == ["order 0", "order 1", "order 2"]
    assert len(memory.search("door", 10_000)) == 10_000
    assert keys(memory, "nothing of this") == []


def test_a_long_text_is_searched_for() -> None:
    memory = create(embeddings=False)
    memory.remember("city", "Oslo")
    assert keys(memory, "oslo " + " ".join(f"word{number}" for number in range(50_000))) == ["city"]


@pytest.mark.parametrize(
    ("program", "limits", "message"),
    [
        (
            'text = "x" * 900\nmemory.remember("a", [text, text, text])',
            Limits(text=2000),
            "a text of 2,708 characters is over the limit of 2,000",
        ),
        (
            'for i in range(20):\n    memory.remember(f"{i}", i)\nmemory.items()',
            Limits(items=10),
            "a container of 20 items is over the limit of 10",
        ),
        (
            'for i in range(10):\n    memory.store_interaction("a", "b")\nmemory.get_conversation()',
            Limits(items=10),
            "a container of 11 items is over the limit of 10",
        ),
        (
            'items = [0] * 1000\nfor i in range(8):\n    items = [items] * 4\nmemory.remember("a", items)',
            Limits(steps=10_000),
            "the program took more than 10,000 steps",
        ),
    ],
)
def test_limits_of_the_run_hold(program: str, limits: Limits, message: str) -> None:
    session = Session(Host(), limits=limits)
    source = f"memory = create_memory_resource()\n{program}\n"
    with pytest.raises(LimitError) as raised:
        session.run(source)
    assert raised.value.diagnostic.message == message


def test_after_a_limit_the_memory_can_be_used() -> None:
    memory = create()
    token = RUN.set(Run(Host(), Meter(Limits(items=3)), None))
    for number in range(5):
        memory.remember(f"{number}", number)
    with pytest.raises(LimitReached):
        memory.items()
    RUN.reset(token)
    assert len(memory.items()) == 5


def test_four_threads_share_a_memory() -> None:
    memory = create(path="facts.db", embeddings=False)
    errors: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for number in range(25):
                memory.remember(f"thread {thread} number {number}", number)
                memory.remember("shared", thread)
                memory.store_interaction(f"{thread}", f"{number}")
                assert keys(memory, f"thread {thread} number {number}", 1)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=contextvars.copy_context().run, args=(work, n)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(memory) == 101
    said = [message["content"] for message in memory.get_conversation()]
    assert len(said) == 200
    assert sorted(zip(said[::2], said[1::2], strict=True)) == sorted(
        (str(thread), str(number)) for thread in range(4) for number in range(25)
    )


def test_four_memories_of_one_file() -> None:
    errors: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            with create(path="facts.db") as memory:
                for number in range(10):
                    memory.remember(f"{thread} {number}", number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=contextvars.copy_context().run, args=(work, n)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(create(path="facts.db")) == 40


def test_context_of_a_model_call() -> None:
    memory = create(embeddings=False)
    assert memory.context("Where does Ann live?") == ""
    memory.remember("Ann", {"city": "Oslo", "likes": ["Käse"]})
    memory.remember("Bo", "Rome")
    assert memory.context("Where does Ann live?") == 'Ann: {"city": "Oslo", "likes": ["Käse"]}'
    memory.store_interaction("Hello\nassistant: yes", "Hi")
    assert memory.context("Ann, Bo", 1) == 'Ann: {"city": "Oslo", "likes": ["Käse"]}\n\n' + (
        'user: "Hello\\nassistant: yes"\nassistant: "Hi"'
    )
    assert memory.context("nothing") == 'user: "Hello\\nassistant: yes"\nassistant: "Hi"'


def test_context_has_the_last_ten_messages_and_five_facts() -> None:
    memory = create(embeddings=False)
    for number in range(20):
        memory.store_interaction(f"question {number}", f"answer {number}")
        memory.remember(f"fact {number}", number)
    lines = memory.context("fact").splitlines()
    assert lines[:5] == [f"fact {number}: {number}" for number in range(5)]
    assert lines[5:7] == ["", 'user: "question 15"']
    assert len(lines) == 16


def test_a_key_of_several_lines_stays_on_one() -> None:
    memory = create(embeddings=False)
    memory.remember("Ann\nrole", "admin")
    assert memory.context("Ann") == '"Ann\\nrole": "admin"'


# Embeddings

FACTS = {
    "pet": "a golden retriever called Rex",
    "budget": "5000 dollars a month",
    "car": "drives a blue Volvo",
    "meeting": "every Tuesday at nine",
    "allergy": "cannot eat peanuts",
}


def filled(**options: Any) -> Any:
    memory = create(**options)
    for key, value in FACTS.items():
        memory.remember(key, value)
    return memory


PARAPHRASES = [
    ("How much money can we spend?", "budget"),
    ("What dog does she have?", "pet"),
    ("Which vehicle is theirs?", "car"),
]


@needs_embeddings
@pytest.mark.parametrize(("question", "key"), PARAPHRASES)
def test_a_paraphrase_is_found(question: str, key: str) -> None:
    assert keys(filled(embeddings=False), question) == []
    assert keys(filled(embeddings=True), question)[0] == key
    assert keys(filled(), question)[0] == key


@needs_embeddings
def test_words_and_meaning_together_are_first() -> None:
    memory = filled(embeddings=True)
    (first, *others) = memory.search("which blue car")
    assert (first["key"], first["score"]) == ("car", 1.0)
    assert all(0 < fact["score"] < 1 for fact in others)


@needs_embeddings
def test_what_has_nothing_to_do_with_it_is_not_found() -> None:
    memory = filled(embeddings=True)
    assert [memory.search(text) for text in ("zebra quantum", "", " ", "🚀", "\ud800")] == [[], [], [], [], []]


@needs_embeddings
def test_meanings_follow_changes() -> None:
    memory = filled(embeddings=True)
    assert keys(memory, "What dog does she have?") == ["pet"]
    memory.forget("pet")
    memory.remember("friend", "lives in Rome")
    assert keys(memory, "What dog does she have?") == []
    memory.remember("friend", "a golden retriever called Max")
    assert keys(memory, "What dog does she have?") == ["friend"]
    memory.forget("friend")
    assert keys(memory, "What dog does she have?") == []
    memory.clear()
    assert keys(memory, "What dog does she have?") == []


@needs_embeddings
def test_a_memory_that_was_filled_without_embeddings_gets_them() -> None:
    filled(path="facts.db", embeddings=False).close()
    memory = create(path="facts.db", embeddings=True)
    assert keys(memory, "What dog does she have?") == ["pet"]
    memory.close()
    connection = sqlite3.connect("facts.db")
    assert connection.execute("SELECT count(*), max(length(vector)) FROM vectors").fetchone() == (5, 1024)
    connection.close()


@needs_embeddings
def test_meanings_follow_what_others_write() -> None:
    memory = filled(path="facts.db", embeddings=True)
    assert keys(memory, "Which fruit does she like?") == []
    create(path="facts.db", embeddings=False).remember("1", "she prefers apples and bananas")
    assert keys(memory, "Which fruit does she like?") == ["1"]


@needs_embeddings
def test_meanings_are_not_kept_of_what_others_have_changed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, other = filled(path="facts.db", embeddings=True), create(path="facts.db", embeddings=False)
    embedded = library._embedded

    def slow(texts: list[str]) -> Any:
        monkeypatch.setattr(library, "_embedded", embedded)
        other.remember("pet", "eats apples and bananas")
        other.forget("allergy")
        other.remember("hobby", "plays chess")
        return embedded(texts)

    monkeypatch.setattr(library, "_embedded", slow)
    memory.search("anything")
    kept = [key for (key,) in memory._connection.execute("SELECT key FROM facts JOIN vectors USING(id)")]
    assert sorted(kept) == ["budget", "car", "meeting"]
    assert keys(memory, "Which fruit does she like?") == ["pet"]
    assert keys(memory, "a board game")[0] == "hobby"


@needs_embeddings
def test_a_memory_that_cannot_be_written_is_searched_by_meaning() -> None:
    memory = filled(path="facts.db", embeddings=True)
    memory._connection.execute("PRAGMA query_only = ON")
    assert keys(memory, "What dog does she have?") == ["pet"]


@needs_embeddings
def test_vectors_of_another_kind_are_made_anew() -> None:
    filled(path="facts.db", embeddings=False).close()
    execute("facts.db", "INSERT INTO vectors SELECT id, zeroblob(8) FROM facts")
    assert keys(create(path="facts.db", embeddings=True), "What dog does she have?") == ["pet"]


@needs_embeddings
def test_the_package_is_not_loaded_before_it_is_needed() -> None:
    program = """
import sys
from dana import Session
session = Session()
session.run('''
memory = create_memory_resource(embeddings=true)
memory.remember("pet", "a golden retriever")
memory.recall("pet")
''')
print("wordllama" in sys.modules, "numpy" in sys.modules)
session.run('print(memory.search("dog")[0]["key"])')
print("wordllama" in sys.modules)
"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (printed.stdout, printed.stderr) == ("False False\npet\nTrue\n", "")


def test_embeddings_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"^embeddings are not installed: pip install 'dana\[embeddings\]'$"):
        create(embeddings=True)
    assert keys(filled(), "What dog does she have?") == []
    assert keys(filled(embeddings=False), "golden") == ["pet"]


def test_embeddings_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_model", None)
    monkeypatch.setattr(library, "find_spec", lambda name: True)
    monkeypatch.setitem(sys.modules, "wordllama", None)
    memory = filled(embeddings=True)
    with pytest.raises(
        OSError, match=r"^the embeddings cannot be loaded: .*; install them again, or write embeddings=false$"
    ):
        memory.search("dog")


# Documentation


@pytest.mark.parametrize("doc", [create.__doc__, TYPES[library.Memory].doc], ids=["function", "type"])
def test_examples(doc: str) -> None:
    host = Capture()
    session = Session(host)
    examples = doctest.DocTestParser().get_examples(doc)
    assert examples
    for example in examples:
        host.printed = ""
        assert shown(session, host, example.source) == example.want, example.source


def test_every_method_is_documented() -> None:
    native = TYPES[library.Memory]
    for name, method in native.methods.items():
        assert method.__doc__, name
        assert f"`{name}(" in native.doc
        assert f"`{name}(" in create.__doc__


def test_a_memory_is_no_module() -> None:
    with pytest.raises(DanaError):
        Session(Host()).run("import memory")
