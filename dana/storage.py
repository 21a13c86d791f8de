"""Storage: files, read and written whole at places that are permitted, and databases."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from secrets import token_hex

from dana.host import NoAnswer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from typing import Any

    from dana.permissions import Permissions

FOLDER = ".dana"
"""The folder of a project's own data, which is made when it is needed."""

PIECE = 1 << 20
"""Bytes that are copied at once."""

_SAFE = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK if os.name == "posix" else getattr(os, "O_BINARY", 0)
"""Links have been resolved, so one that is there now was put there meanwhile; nobody waits for a pipe."""


def read_file(permissions: Permissions, path: str, most: int) -> bytes:
    """The bytes of a file, or its first `most` bytes and one more."""
    place = permissions.check_read(path)
    with _named(path), _opened(place) as file:
        pieces: list[bytes] = []
        left = most + 1
        while left > 0 and (piece := os.read(file, min(left, PIECE))):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)


def write_file(permissions: Permissions, path: str, data: bytes) -> None:
    """Replace a file, or make it: afterwards it is there whole, or as it was."""
    place = permissions.check_write(path)
    with _named(path), _replaced(place) as file:
        _write(file, data)


def append_file(permissions: Permissions, path: str, data: bytes) -> None:
    """Add to the end of a file, or make it."""
    place = permissions.check_write(path)
    with _named(path):
        file = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _SAFE, 0o666)
        try:
            _check_regular(file, place)
            _write(file, data)
            os.fsync(file)
        finally:
            os.close(file)


def copy_file(permissions: Permissions, path: str, goal: str) -> None:
    """Copy a file; what is at the goal is replaced."""
    place, goal_place = permissions.check_read(path), permissions.check_write(goal)
    with _named(path), _opened(place) as source, _named(goal), _replaced(goal_place) as file:
        while piece := os.read(source, PIECE):
            _write(file, piece)


def move_file(permissions: Permissions, path: str, goal: str) -> None:
    """Move a file, a link as a link; what is at the goal is replaced."""
    permissions.check_read(path)
    place, goal_place = permissions.check_write(path, link=True), permissions.check_write(goal)
    with _named(path):
        if stat.S_ISDIR(os.lstat(place).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    try:
        with _named(goal):
            os.replace(place, goal_place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy_file(permissions, path, goal)
        delete_file(permissions, path)
    else:
        _settle(os.path.dirname(goal_place))


def replace_text(path: str, text: str) -> None:
    """Write a text in the place of a file, which keeps its mode; a reader sees the old or the new, never a part.

    A path that the user gave the command: no program's permissions are asked. Raises OSError.
    """
    with _replaced(os.path.realpath(path)) as file:
        _write(file, text.encode())


def delete_file(permissions: Permissions, path: str) -> None:
    """Remove a file, of a link the link."""
    place = permissions.check_write(path, link=True)
    with _named(path):
        os.unlink(place)
        _settle(os.path.dirname(place))


def list_folder(permissions: Permissions, path: str) -> tuple[list[str], list[str]]:
    """The names of the files and of the folders in a folder, in order."""
    place = permissions.check_read(path)
    files: list[str] = []
    folders: list[str] = []
    with _named(path), os.scandir(place) as entries:
        for entry in entries:
            (folders if entry.is_dir() else files).append(entry.name)
    return sorted(files), sorted(folders)


def file_exists(permissions: Permissions, path: str) -> bool:
    """Whether there is a file or a folder."""
    return os.path.exists(permissions.check_read(path))


def connect(permissions: Permissions, url: str, timeout: float) -> Any:
    """A connection to a database: of sqlite3 for a path, of SQLAlchemy for a URL.

    Raises PermissionError, ValueError for other URLs, ModuleNotFoundError without SQLAlchemy or a driver, and NoAnswer.
    """
    place = permissions.check_database(url)
    return _sqlite(place, url, timeout) if "://" not in url else _server(url)


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Errors name the path as it was given."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        named = OSError(error.errno, error.strerror, path)
        lasting = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)
        named.__dict__["retryable"] = not isinstance(named, lasting)
        raise named from None


@contextmanager
def _opened(place: str) -> Iterator[int]:
    """A file to read."""
    file = os.open(place, os.O_RDONLY | _SAFE)
    try:
        _check_regular(file, place)
        yield file
    finally:
        os.close(file)


@contextmanager
def _replaced(place: str) -> Iterator[int]:
    """A new file beside another, which takes its place when it is complete."""
    folder, name = os.path.split(place)
    mode = None
    with suppress(FileNotFoundError):
        found = os.lstat(place)
        _check_mode(found.st_mode)
        mode = stat.S_IMODE(found.st_mode)
    new = os.path.join(folder, f".{name[:100]}.{token_hex(6)}")
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE, 0o666)
    try:
        try:
            if mode is not None and os.name == "posix":
                os.fchmod(file, mode)
            yield file
            os.fsync(file)
        finally:
            os.close(file)
        os.replace(new, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(new)
        raise
    _settle(folder)


def _settle(folder: str) -> None:
    """Have the names in a folder written to the disk, where the system can."""
    if os.name == "posix":
        with suppress(OSError):
            file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(file)
            finally:
                os.close(file)


def _write(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _check_regular(file: int, place: str) -> None:
    """Refuse what is no file, and what is not at the place that was permitted: a folder may have become a link."""
    _check_mode(os.fstat(file).st_mode)
    with suppress(FileNotFoundError):  # only Linux tells
        opened = os.readlink(f"/proc/self/fd/{file}")
        if opened != place and not opened.endswith(" (deleted)"):
            raise PermissionError(errno.EACCES, "it was moved while it was opened", place)


def _check_mode(mode: int) -> None:
    """Refuse folders, and what is no file but a device or a pipe."""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "Not a regular file")


# Databases

DIALECTS = ("postgresql", "mysql", "mariadb", "mssql", "oracle")
"""The servers whose URLs are taken."""

URL_OPTIONS = ("sslmode", "charset", "connect_timeout", "application_name", "client_encoding", "driver", "encrypt")
"""What may stand behind `?` in a URL: nothing that leads to another server or reads files."""

PRAGMAS = frozenset(
    """application_id foreign_key_check foreign_key_list foreign_keys index_info index_list index_xinfo integrity_check
    quick_check table_info table_list table_xinfo user_version data_version encoding page_count""".split()
)
TABLE_MODULES = ("fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly")
FORBIDDEN_FUNCTIONS = ("load_extension", "readfile", "writefile", "edit", "fts3_tokenizer")


def _sqlite(place: str, path: str, timeout: float) -> sqlite3.Connection:
    """A connection to a file of SQLite, which can reach no other file."""
    import sqlite3  # 10 ms that most programs do not need

    with _named(path):
        if os.path.lexists(place):
            _check_mode(os.lstat(place).st_mode)
        elif os.path.basename(os.path.dirname(place)) == FOLDER:
            os.makedirs(os.path.dirname(place), exist_ok=True)
    try:
        connection = sqlite3.connect(place, timeout=timeout, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise NoAnswer(str(error), lasting=True) from None
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.set_authorizer(_authorize)
    except BaseException:
        connection.close()
        raise
    return connection


def _authorize(action: int, one: str | None, other: str | None, *_: object) -> int:
    """Whether SQLite may do something."""
    import sqlite3

    refused = (
        action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH)
        or (action == sqlite3.SQLITE_PRAGMA and (one or "").lower() not in PRAGMAS)
        or (action == sqlite3.SQLITE_FUNCTION and (other or "").lower() in FORBIDDEN_FUNCTIONS)
        or (action == sqlite3.SQLITE_CREATE_VTABLE and (other or "").lower() not in TABLE_MODULES)
    )
    return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK


def _server(url: str) -> Any:
    """A connection to a server of databases."""
    dialect = url.partition("://")[0].partition("+")[0].lower()
    if dialect not in DIALECTS:
        raise ValueError(f"{dialect}:// is no database; write a path for SQLite, or a URL of {', '.join(DIALECTS)}")
    try:
        import sqlalchemy  # type: ignore[import-not-found,unused-ignore]  # an extra
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"databases of {dialect} need SQLAlchemy and a driver: pip install 'dana[database]'", name="sqlalchemy"
        ) from None
    parts = sqlalchemy.engine.make_url(url)
    for option, value in parts.query.items():
        if option not in URL_OPTIONS:
            raise ValueError(f"{option} cannot stand in the URL of a database; there are {', '.join(URL_OPTIONS)}")
        if not isinstance(value, str) or not value.replace("_", "").replace("-", "").replace(" ", "").isalnum():
            raise ValueError(f"{option} in the URL of a database can only have letters, digits, spaces, _ and -")
    try:
        engine = sqlalchemy.create_engine(parts, poolclass=sqlalchemy.pool.NullPool)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"databases of {dialect} need a driver: pip install {error.name}", name=error.name
        ) from None
    try:
        return engine.connect()
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise NoAnswer(_first_line(getattr(error, "orig", None) or error)) from None


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
