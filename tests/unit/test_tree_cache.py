"""Trees and compiled shapes kept between runs: what comes back is what was kept, or nothing."""

from __future__ import annotations

import marshal
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dana import cache_folder, nodes, tree_cache
from dana.evaluation import shapes
from dana.source import Source

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test alone."""
    place = tmp_path / "cache"
    monkeypatch.setenv("DANA_CACHE", str(place))
    return place


def name(text: str = "x", start: int = 0) -> nodes.Name:
    return nodes.Name(start, start + len(text), text)


def constant(value: object) -> nodes.Constant:
    return nodes.Constant(0, 1, value)


def module(*values: nodes.Expression) -> nodes.Module:
    return nodes.Module(0, 9, tuple(nodes.ExpressionStatement(0, 9, value) for value in values))


def there_and_back(tree: nodes.Module) -> nodes.Module:
    source = Source("anything")
    tree_cache.store(source, tree)
    loaded = tree_cache.load(source)
    assert loaded is not None
    return loaded


def same(a: object, b: object) -> bool:
    """Whether two trees are alike to the last type and sign, however deep they are."""
    pending = [(a, b)]
    while pending:
        a, b = pending.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, tuple) and isinstance(b, tuple):
            if len(a) != len(b):
                return False
            pending.extend(zip(a, b, strict=True))
        elif repr(a) != repr(b):
            return False
    return True


PARAMETERS = nodes.Parameters(
    0, 0, (nodes.Parameter(0, 1, "a", None, None),), (nodes.Parameter(1, 2, "b", name("int"), constant(1)),),
    nodes.Parameter(2, 3, "c", None, None), (), nodes.Parameter(3, 4, "d", None, None),
)  # fmt: skip

EMPTY = nodes.Parameters(0, 0, (), (), None, (), None)
EMPTY_TEXT = nodes.JoinedString(0, 1, ())

ODD = [
    module(),
    module(*map(constant, (0, -1, True, False, None, ..., 2**200, 1.5, -0.0, float("inf"), float("nan"), 3j, -0j))),
    module(*map(constant, ("", "é\0\n", "\ud800", b"", b"\xff\0", "long" * 10_000))),
    module(nodes.DictDisplay(0, 9, (None, name()), (name(), constant(1))), nodes.DictDisplay(0, 9, (), ())),
    module(nodes.DictDisplay(0, 9, (None, None), (name(), name()))),
    module(nodes.Comparison(0, 9, name(), ("<", "not in"), (name(), name()))),
    module(nodes.Slice(0, 1, None, None, None), nodes.Slice(0, 1, name(), None, constant(None))),
    module(nodes.Lambda(0, 9, PARAMETERS, name("a")), nodes.Lambda(0, 9, EMPTY, name())),
    module(nodes.JoinedString(0, 9, (constant("a"), nodes.Interpolation(0, 1, name(), "r", EMPTY_TEXT)))),
    nodes.Module(0, 9, (nodes.Pass(0, 4), nodes.Global(0, 1, ("a", "b")), nodes.Return(0, 1, None))),
    nodes.Module(0, 9, (nodes.Return(0, 1, None), nodes.Return(0, 1, name()))),
    nodes.Module(0, 9, (nodes.ImportFrom(0, 9, "", 2, (nodes.Alias(0, 1, "a.b", None), nodes.Alias(0, 1, "c", "d"))),)),
    nodes.Module(0, 9, (nodes.Match(0, 9, name(), (
        nodes.MatchCase(0, 9, nodes.ClassPattern(0, 9, name("P"), (nodes.CapturePattern(0, 1, None),), ("y",),
                        (nodes.CapturePattern(0, 1, "b"),)), None, (nodes.Pass(0, 4),)),
    )),)),
]  # fmt: skip


@pytest.mark.parametrize("tree", ODD)
def test_odd_trees_come_back(tree: nodes.Module) -> None:
    assert same(there_and_back(tree), tree)


def test_every_kind_comes_back() -> None:
    for kind in nodes.KINDS:
        tree = nodes.Module(0, 1, (kind(1, 2, *[name() for _ in kind.fields[2:]]),))
        assert same(tree_cache.decode(tree_cache.encode(tree)), tree)


def test_deep_trees_come_back() -> None:
    deep: nodes.Expression = name()
    for depth in range(20_000):
        deep = nodes.BinaryOperation(0, depth, "+", deep, constant(depth))
    assert same(there_and_back(module(deep)), module(deep))


def test_big_trees_come_back() -> None:
    big = module(*[nodes.Call(i, i + 1, name(f"f{i}"), (constant(i), name("x", i)), ()) for i in range(20_000)])
    assert same(there_and_back(big), big)


def test_shared_nodes_come_back() -> None:
    shared = nodes.ListDisplay(0, 1, (name(),))
    tree = module(shared, nodes.UnaryOperation(0, 1, "-", nodes.UnaryOperation(0, 1, "-", shared)), shared)
    assert same(there_and_back(tree), tree)


def test_names_are_interned() -> None:
    text = "".join(["some", "thing"])
    loaded = there_and_back(module(name(sys.intern(text))))
    assert next(node for node in loaded.walk() if isinstance(node, nodes.Name)).id is sys.intern("something")


def test_nothing_is_kept_of_what_is_no_tree() -> None:
    for odd in (constant(object()), nodes.Starred(0, 1, "text"), nodes.Starred(0, 1, 7)):
        tree_cache.store(Source("odd"), module(nodes.Starred(0, 1, name()), odd))
        assert tree_cache.load(Source("odd")) is None


def test_another_text_is_another_tree() -> None:
    tree_cache.store(Source("a"), module(name("a")))
    tree_cache.store(Source("b"), module(name("b")))
    assert tree_cache.load(Source("a")) == module(name("a"))
    assert tree_cache.load(Source("b")) == module(name("b"))
    assert tree_cache.load(Source("c")) is None
    assert tree_cache.load(Source("a", "other.na")) == module(name("a"))
    assert tree_cache.load(Source("\ud800")) is None


def test_another_version_is_another_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    tree_cache.store(Source("a"), module())
    monkeypatch.setattr(tree_cache, "__version__", "99")
    monkeypatch.setattr(tree_cache, "_known_maker", None)
    assert tree_cache.load(Source("a")) is None


def test_truncated_files_are_ignored(cache: Path) -> None:
    tree_cache.store(Source("a"), module(name(), constant("text")))
    (file,) = cache.iterdir()
    data = file.read_bytes()
    for length in range(len(data)):
        file.write_bytes(data[:length])
        assert tree_cache.load(Source("a")) is None
    file.write_bytes(data + b"\0")
    assert tree_cache.load(Source("a")) is None


def test_damaged_files_are_ignored(cache: Path) -> None:
    tree_cache.store(Source("a"), module(name(), constant("text")))
    (file,) = cache.iterdir()
    data = file.read_bytes()
    for at in range(len(data)):
        file.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        assert tree_cache.load(Source("a")) is None


def test_files_of_other_programs_are_ignored(cache: Path) -> None:
    tree_cache.store(Source("a"), module(name("a")))
    (file,) = cache.iterdir()
    data = file.read_bytes()
    file.unlink()
    tree_cache.store(Source("b"), module(name("b")))
    (file,) = cache.iterdir()
    file.write_bytes(data)
    assert tree_cache.load(Source("b")) is None


@pytest.mark.parametrize(
    "groups",
    [None, 7, [], [()], [(0,)], [7], [(0, (1,), (2,), [9])], [(0, (1, 2), (2,), [1])], [(0, (1,), (2,))], [(999, (1,))],
     ["text"], [(-1, [1])], [("a", (1,))], [(1, (0,), (1,), ("x",))], [(0, (1,), (2,), ["a"])], {1: 2}],
)  # fmt: skip
def test_well_formed_nonsense_is_ignored(groups: Any) -> None:
    key = tree_cache._key(Source("a"))
    data = marshal.dumps(groups)
    cache_folder.write(f"{key.hex()}.tree", tree_cache._checksum(data, key) + data)
    tree_cache.load(Source("a"))


def test_a_tree_that_is_kept_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tree_cache.store(Source("a"), module(name("a")))
    monkeypatch.setitem(sys.modules, "dana.parser", None)
    assert tree_cache.parse_cached(Source("a")) == module(name("a"))


def test_writers_do_not_disturb_each_other(cache: Path) -> None:
    trees = {text: module(*[name(f"{text}{i}") for i in range(300)]) for text in "ab"}
    wrong: list[str] = []

    def work(text: str) -> None:
        for _ in range(40):
            tree_cache.store(Source(text), trees[text])
            if tree_cache.load(Source(text)) != trees[text]:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(text,)) for text in "aabb"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(list(cache.iterdir())) == 2


# The folder


def test_folder_is_made_private(cache: Path) -> None:
    before = os.umask(0)
    try:
        cache_folder.write("a.tree", b"data")
    finally:
        os.umask(before)
    assert cache_folder.read("a.tree") == b"data"
    if sys.platform != "win32":
        assert cache.stat().st_mode & 0o777 == 0o700
        assert (cache / "a.tree").stat().st_mode & 0o777 == 0o600


@POSIX
def test_folder_that_others_write_to_is_not_used(cache: Path) -> None:
    cache_folder.write("a.tree", b"data")
    for mode in (0o770, 0o702):
        cache.chmod(mode)
        assert cache_folder.read("a.tree") is None
        cache_folder.write("b.tree", b"data")
    cache.chmod(0o755)
    assert cache_folder.read("a.tree") == b"data"
    assert cache_folder.read("b.tree") is None


@POSIX
def test_folder_of_another_user_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    cache_folder.write("a.tree", b"data")
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert cache_folder.read("a.tree") is None


@POSIX
def test_folder_that_is_a_link_is_not_used(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(0o700)
    cache.symlink_to(tmp_path / "elsewhere")
    cache_folder.write("a.tree", b"data")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_file_in_place_of_the_folder(cache: Path) -> None:
    cache.write_text("")
    cache_folder.write("a.tree", b"data")
    assert cache_folder.read("a.tree") is None


@pytest.mark.parametrize("setting", ["off", "", "relative/folder"])
def test_cache_is_turned_off(setting: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DANA_CACHE", setting)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    cache_folder.write("a.tree", b"data")
    assert cache_folder.folder() is None
    assert cache_folder.read("a.tree") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/dana"),
        ("linux", {"XDG_CACHE_HOME": "x", "HOME": "/h"}, "/h/.cache/dana"),
        ("linux", {"HOME": "/h"}, "/h/.cache/dana"),
        ("linux", {}, None),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/dana"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/dana/cache"),
        ("win32", {}, None),
    ],
)
@POSIX
def test_place_of_the_folder(
    platform: str, variables: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("DANA_CACHE", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder.folder() == expected


def test_oldest_files_give_way(cache: Path) -> None:
    for age, file in enumerate("wxyz"):
        cache_folder.write(f"{file}.tree", b"0" * 1000)
        os.utime(cache / f"{file}.tree", (1e9 - age, 1e9 - age))
    (cache / "kept").write_bytes(b"0" * 9999)
    (cache / "old.part").write_bytes(b"")
    os.utime(cache / "old.part", (1e9, 1e9))
    (cache / "young.part").write_bytes(b"")
    cache_folder.tidy(str(cache), 2500)
    assert sorted(os.listdir(cache)) == ["kept", "w.tree", "x.tree", "young.part"]


def test_tidying_happens_now_and_then(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tidied: list[str] = []
    monkeypatch.setattr(cache_folder, "tidy", tidied.append)
    cache_folder.write("01.tree", b"")
    cache_folder.write("00ff.tree", b"")
    assert tidied == [str(cache)]


def test_full_disk_is_no_error(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache_folder.write("a.tree", b"old")

    def replace(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", replace)
    cache_folder.write("a.tree", b"new")
    assert cache_folder.read("a.tree") == b"old"
    assert os.listdir(cache) == ["a.tree"]


# Compiled shapes

TEXT = "def make(p0, site):\n def closure(f):\n  return p0 + 1\n  if 0: site\n return closure"


@pytest.fixture
def fresh_shapes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes everything look like a process that has just started."""

    def restart() -> None:
        monkeypatch.setattr(shapes, "_codes", {})
        monkeypatch.setattr(shapes, "_makers", {})
        monkeypatch.setattr(shapes, "_fresh", [])
        monkeypatch.setattr(shapes, "_kept", None)

    restart()
    return restart


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("compiled again")


def test_shapes_are_compiled_once(fresh_shapes: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    assert shapes.maker(TEXT)(4, None)([]) == 5
    stub = shapes.compiled("def make(site):\n def stub(): pass\n return stub", "<stub>")
    shapes.save_shapes()
    fresh_shapes()
    monkeypatch.setattr(shapes, "compile", refuse, raising=False)
    assert shapes.maker(TEXT)(4, None)([]) == 5
    assert shapes.compiled("def make(site):\n def stub(): pass\n return stub", "<stub>") == stub
    with pytest.raises(AssertionError):
        shapes.compiled("def make(site):\n def stub(): pass\n return stub", "<other>")


def test_shapes_keep_their_positions(fresh_shapes: Callable[[], None]) -> None:
    compiled = shapes.inner_code(shapes.compiled(TEXT, "<shape>"))
    shapes.save_shapes()
    fresh_shapes()
    revived = shapes.inner_code(shapes.compiled(TEXT, "<shape>"))
    assert (revived.co_code, revived.co_filename) == (compiled.co_code, "<shape>")
    assert list(revived.co_positions()) == list(compiled.co_positions())


def test_shapes_of_two_processes_are_merged(fresh_shapes: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [TEXT.replace("1", str(number)) for number in range(2)]
    shapes.maker("def make(): pass")
    shapes.save_shapes()
    for text in texts:
        fresh_shapes()
        shapes.maker(text)
        if text == texts[0]:
            first = shapes._codes, shapes._fresh
    shapes.save_shapes()
    monkeypatch.setattr(shapes, "_codes", first[0])
    monkeypatch.setattr(shapes, "_fresh", first[1])
    shapes.save_shapes()
    fresh_shapes()
    monkeypatch.setattr(shapes, "compile", refuse, raising=False)
    for text in texts:
        shapes.maker(text)


def test_every_one_of_many_shapes_is_found(fresh_shapes: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"def make(): return {number}" for number in range(300)]
    for text in texts:
        shapes.maker(text)
    shapes.save_shapes()
    fresh_shapes()
    monkeypatch.setattr(shapes, "compile", refuse, raising=False)
    assert [shapes.maker(text)() for text in texts] == list(range(300))


def test_nothing_new_is_not_written(fresh_shapes: Callable[[], None], cache: Path) -> None:
    shapes.save_shapes()
    assert not cache.exists()
    shapes.maker(TEXT)
    shapes.save_shapes()
    (file,) = cache.iterdir()
    file.unlink()
    shapes.save_shapes()
    assert list(cache.iterdir()) == []


def test_one_new_shape_among_many_is_not_worth_it(fresh_shapes: Callable[[], None], cache: Path) -> None:
    for number in range(501):
        shapes.maker(f"def make(): return {number}")
    shapes.save_shapes()
    (file,) = cache.iterdir()
    before = file.read_bytes()
    fresh_shapes()
    shapes.maker(TEXT)
    shapes.save_shapes()
    assert file.read_bytes() == before


def test_too_many_shapes_begin_anew(
    fresh_shapes: Callable[[], None], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "MOST_KEPT", 3)
    for number in range(3):
        shapes.maker(f"def make(): return {number}")
    shapes.save_shapes()
    fresh_shapes()
    shapes.maker(TEXT)
    shapes.save_shapes()
    (file,) = cache.iterdir()
    assert list(shapes._unpacked(file.read_bytes())) == [shapes._digest(f"<shape>\n{TEXT}")]


def test_damaged_shapes_are_compiled(fresh_shapes: Callable[[], None], cache: Path) -> None:
    shapes.maker(TEXT)
    shapes.save_shapes()
    (file,) = cache.iterdir()
    data = file.read_bytes()
    for at in range(len(data)):
        for damaged in (data[:at], data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]):
            file.write_bytes(damaged)
            fresh_shapes()
            assert shapes.maker(TEXT)(4, None)([]) == 5
            shapes.save_shapes()
    assert shapes.maker(TEXT)(4, None)([]) == 5


@pytest.mark.parametrize("kept", [b"", b"\0\0\0\0", b"\xff" * 100, b"\1\0\0\0" + b"\xff" * 24, marshal.dumps({1: 2})])
def test_foreign_files_are_no_shapes(kept: bytes, fresh_shapes: Callable[[], None]) -> None:
    cache_folder.write(shapes._KEPT, kept)
    assert shapes.maker(TEXT)(4, None)([]) == 5
    shapes.save_shapes()
    fresh_shapes()
    assert shapes.maker(TEXT)(4, None)([]) == 5


def test_shapes_without_a_cache(fresh_shapes: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANA_CACHE", "off")
    assert shapes.maker(TEXT)(4, None)([]) == 5
    shapes.save_shapes()
    fresh_shapes()
    assert shapes.maker(TEXT)(4, None)([]) == 5
