"""Trees of programs kept between runs, so that a program which has not changed is not parsed again.

A kept tree is a list of groups, marshalled. The nodes of a group are of one kind and equally far below the root,
and the farthest come first, so that all parts of a node are made before it. A group is the number of its kind,
followed by one column per field. A tuple is a column of plain values. A list is a column of references: places
among all that has been made so far, where 0 is None and 1 the empty tuple. The number -1 stands for plain tuples of
nodes. Reading this takes a few calls for each group, none for each node, and knows no limit of depth.
"""

from __future__ import annotations

import marshal
import os
import os.path
import sys
from itertools import chain, repeat

from dana import __version__, nodes
from dana.cache_folder import read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.source import Source

    Group = tuple[Any, ...]

FORMAT = 1

_KINDS = frozenset(nodes.KINDS)

CHECKSUM = 16
"""Bytes before the groups that tell whether they are whole, and of this text."""

_SOURCES = (
    "nodes.py",
    "lexer.py",
    "literals.py",
    "builder.py",
    "syntax.py",
    "parser.py",
    "grammar/dana.lark",
    "../grammar/dana.lark",
)
"""The files that decide what a tree looks like: while Dana itself is being changed, its version is not enough."""

_known_maker: str | None = None


def parse_cached(source: Source) -> nodes.Module:
    """The tree of a program, read from the cache or else parsed and kept; raises ProgramError."""
    module = load(source)
    if module is None:
        from dana.parser import parse  # a program that has run before needs no parser

        module = parse(source)
        store(source, module)
    return module


def load(source: Source) -> nodes.Module | None:
    """The kept tree of a program; None when there is none that is whole."""
    key = _key(source)
    data = read(f"{key.hex()}.tree")
    if data is None or data[:CHECKSUM] != _checksum(data[CHECKSUM:], key):
        return None
    try:
        root = decode(marshal.loads(memoryview(data)[CHECKSUM:]))
    except (ValueError, TypeError, IndexError, EOFError, MemoryError):
        return None
    return root if type(root) is nodes.Module else None


def store(source: Source, module: nodes.Module) -> None:
    """Keep the tree of a program."""
    try:
        data = marshal.dumps(encode(module))
    except ValueError:  # a constant that cannot be kept
        return
    key = _key(source)
    write(f"{key.hex()}.tree", _checksum(data, key) + data)


def decode(groups: list[Group]) -> object:
    """The last thing that groups make."""
    made: list[object] = [None, ()]
    at = made.__getitem__
    new = tuple.__new__
    kinds = nodes.KINDS
    for kind, *columns in groups:
        rows = zip(*[map(at, column) if type(column) is list else column for column in columns], strict=True)
        made += list(rows if kind < 0 else map(new, repeat(kinds[kind]), rows))
    return made[-1]


def encode(module: nodes.Module) -> list[Group]:
    """The groups that make a tree; raises ValueError for a tree with anything in it that is no part of trees."""
    numbers = {kind: number for number, kind in enumerate(nodes.KINDS)}
    groups: list[tuple[int, list[Any], list[tuple[tuple[Any, ...], bool]]]] = []
    level: list[Any] = [module]
    while level:
        by_kind: dict[tuple[int, int], list[Any]] = {}
        for part in level:
            by_kind.setdefault((numbers.get(type(part), -1), len(part)), []).append(part)
        level = []
        for (number, _), members in by_kind.items():
            columns = []
            for column in zip(*members, strict=True):
                parts = _parts(column)
                level += parts
                columns.append((column, bool(parts)))
            groups.append((number, members, columns))
    places = {id(None): 0, id(()): 1}
    count = len(places)
    encoded: list[Group] = []
    at = places.__getitem__
    for number, members, columns in reversed(groups):
        encoded.append((number, *[list(map(at, map(id, column))) if made else column for column, made in columns]))
        places.update(zip(map(id, members), range(count, count + len(members)), strict=True))
        count += len(members)
    return encoded


def _parts(column: tuple[Any, ...]) -> list[Any]:
    """The nodes, and tuples of nodes, among the values of a field; other values are kept as they are."""
    types = set(map(type, column))
    if types == {tuple}:
        made = not _KINDS.isdisjoint(map(type, chain.from_iterable(column)))
    else:
        made = not _KINDS.isdisjoint(types)
        if made and not types <= _KINDS | {type(None)}:
            raise ValueError("a field holds both nodes and other values")
    return list(filter(None, column)) if made else []


def _key(source: Source) -> bytes:
    """What a kept tree belongs to: the text, and everything that decides what is made of it."""
    from _blake2 import blake2b  # without the rest of hashlib

    return blake2b(f"{_maker()}\n{source.text}".encode("utf-8", "surrogatepass"), digest_size=20).digest()


def _maker() -> str:
    """What decides how a text becomes a kept tree: asked once, as a process goes on with the code that it has read."""
    global _known_maker
    if _known_maker is None:
        home = os.path.dirname(__file__)
        stamps = []
        for name in _SOURCES:
            try:
                status = os.stat(os.path.join(home, name))
            except OSError:
                continue
            stamps.append((name, status.st_mtime_ns, status.st_size))
        _known_maker = f"{FORMAT} {__version__} {sys.implementation.cache_tag} {marshal.version} {stamps}"
    return _known_maker


def _checksum(data: bytes, key: bytes) -> bytes:
    from _blake2 import blake2b

    return blake2b(data, digest_size=CHECKSUM, key=key).digest()
