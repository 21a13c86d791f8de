"""The programs that an editor shows and those that they import, each with its blocks."""

from __future__ import annotations

import os
import os.path
from bisect import bisect_right

from dana import modules
from dana.errors import ProgramError
from dana.language_server.blocks import Block, split
from dana.session import decode_source
from dana.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from dana.language_server.blocks import Occurrence
    from dana.nodes import ImportFrom

LARGEST = 2_000_000
"""Characters of a program that is looked into; what is larger is shown without any of this."""
MOST_FILES = 2_000
"""Programs of a folder that are searched."""


class Document:
    """A program: `source` is its text, `path` its file (None for what has none yet)."""

    def __init__(self, text: str, path: str | None) -> None:
        self.path = path
        self.source = Source("")
        self.blocks: list[Block] = []
        self.starts: list[int] = []
        """Where each block begins."""
        self.change(text)

    def change(self, text: str) -> None:
        """Take a new text; what is known of blocks that it has too is kept."""
        known = {block.text: block for block in self.blocks}
        self.source = Source(text, os.path.basename(self.path or "<input>"), self.path)
        text = self.source.text
        self.blocks, self.starts = [], []
        self._globals: dict[str, tuple[int, Any]] | None = None
        at = 0
        for part in split(text) if len(text) <= LARGEST else []:
            block = known.get(part)
            if block is None:
                block = known[part] = Block(part)
            self.blocks.append(block)
            self.starts.append(at)
            at += len(part)

    def changed(self, text: str) -> Document:
        """Another document with another text, and all that is known of this one's blocks."""
        other = Document("", self.path)
        other.blocks = self.blocks
        other.change(text)
        return other

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def globals(self) -> dict[str, tuple[int, Any]]:
        """The names that are bound at module level: for each the first block that does it and the node."""
        if self._globals is None:
            self._globals = {}
            for index, block in enumerate(self.blocks):
                for name, node in block.top.bound.items():
                    self._globals.setdefault(name, (index, node))
        return self._globals

    def star_imports(self) -> Iterator[ImportFrom]:
        """The imports that bind all names of another module."""
        for block in self.blocks:
            yield from block.star_imports

    def index_of(self, offset: int) -> int:
        """The block that an offset is in."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def occurrence(self, offset: int) -> tuple[int, Occurrence] | None:
        """The name at an offset or right before it, with the block it is in."""
        for at in dict.fromkeys((self.index_of(offset), self.index_of(max(0, offset - 1)))):
            if at < len(self.blocks):
                found = self.blocks[at].occurrence(offset - self.starts[at])
                if found is not None:
                    return at, found
        return None

    def occurrences(self, name: str) -> Iterator[tuple[int, Occurrence]]:
        """Every place where a name stands and means something."""
        for index, block in enumerate(self.blocks):
            if name in block.text:
                for at in block.words(name):
                    found = block.occurrence(at)
                    if found is not None:
                        yield index, found


class Workspace:
    """The documents: those that are open, as the editor has them, and others as their files are."""

    def __init__(self) -> None:
        self.folders: list[str] = []
        self._open: dict[str, Document] = {}
        self._read: dict[str, tuple[tuple[int, int], Document]] = {}

    def open(self, key: str, text: str, path: str | None) -> Document:
        """A document that an editor shows, known by a key of the editor's."""
        document = self._open[key] = Document(text, path)
        return document

    def close(self, key: str) -> None:
        """From now on the file counts."""
        self._open.pop(key, None)

    def shown(self, key: str) -> Document | None:
        """The open document of a key."""
        return self._open.get(key)

    def shown_by_key(self) -> list[tuple[str, Document]]:
        """The open documents with their keys."""
        return list(self._open.items())

    def all_open(self) -> list[Document]:
        """The documents that an editor shows."""
        return list(self._open.values())

    def file(self, path: str) -> Document | None:
        """The program in a file; None where it cannot be read."""
        path = os.path.abspath(path)
        for document in self._open.values():
            if document.path == path:
                return document
        try:
            status = os.stat(path)
            stamp = status.st_mtime_ns, status.st_size
            known = self._read.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            if status.st_size > LARGEST:
                return None
            with open(path, "rb") as file:
                source = decode_source(file.read(), path)
        except (OSError, ProgramError):
            return None
        document = Document(source.text, path)
        self._read[path] = stamp, document
        return document

    def files(self) -> Iterator[Document]:
        """The open programs, and all others below the folders of the editor; hidden folders aside."""
        seen = set()
        for document in list(self._open.values()):
            seen.add(document.path)
            yield document
        for folder in self.folders:
            for path in _programs(folder):
                if path not in seen and len(seen) < MOST_FILES:
                    seen.add(path)
                    document_there = self.file(path)
                    if document_there is not None:
                        yield document_there

    def module(self, name: str, level: int, importer: Document) -> Document | str | None:
        """What an import means: a program, the name of a module of the library, or None."""
        if name.endswith(".py") and not level:
            return None
        if importer.path is not None:
            for root, inside in _homes(importer.path, name, level):
                for path in modules.files_of(inside, root) if inside else (os.path.join(root, "__init__.na"),):
                    found = self.file(path)
                    if found is not None:
                        return found
        return name if not level and name in modules.module_names() else None


def _homes(path: str, name: str, level: int) -> Iterator[tuple[str, str]]:
    """The folders in which a module may be that a file imports, each with the name it has there."""
    folder = os.path.dirname(path)
    if level:
        for _ in range(level - 1):
            folder = os.path.dirname(folder)
        yield folder, name
        return
    yield folder, name
    while os.path.exists(os.path.join(folder, "__init__.na")):  # the program that imports the package is above it
        folder = os.path.dirname(folder)
        yield folder, name


def _programs(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each != "node_modules")
        yield from (os.path.abspath(os.path.join(place, file)) for file in sorted(files) if file.endswith(".na"))
