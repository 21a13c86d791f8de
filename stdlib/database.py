"""Work with databases: `database_operation`."""

from __future__ import annotations

import os
import re
import sqlite3

from dana.host import NoAnswer
from dana.native import Library, current
from dana.secret import Secret
from dana.values import type_name

from .actions import ActionError, Parameters, awaited, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

library = Library("database", "Work with databases.")

OPERATIONS = ("query", "execute", "insert", "update", "delete", "transaction")
DATABASE = "data.db"
"""The database without a name, in the project's own folder."""
TIMEOUT = 30
BATCH = 500
"""How many rows are fetched at once."""

_ALSO = {
    "query": ("sql", "parameters"),
    "execute": ("sql", "parameters"),
    "insert": ("table", "values"),
    "update": ("table", "values", "where"),
    "delete": ("table", "where"),
    "transaction": ("statements",),
}
"""The parameters of an operation beside `operation`, `database` and `timeout`."""

_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)?")
_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\?", re.DOTALL)
"""What is a text, a quoted name or a comment in SQL, or the place of a parameter."""


@library.function
def database_operation(parameters: dict[str, Any], /) -> dict[str, Any]:
    """Work with a database; a dict of `rows` (a list of dicts), `count` and `last_id`.

    Parameters, in a dict: `operation`, one of
    "query" and "execute", with `sql`, one statement, and `parameters` that are bound to it and never part of the SQL: a
    list for each `?` in it, or a dict for each `:name`; "insert" with `table` and `values`, a dict by column or a list
    of such dicts; "update" with `table`, `values` and `where`, a dict of what the columns must be (a list means one of
    it, None that there is nothing); "delete" with `table` and `where`; "transaction" with `statements`, a list of
    dicts of these, all of which are done or none.

    `database` is a file of SQLite, by default `.dana/data.db` in the current folder, or a URL such as
    "postgresql://user@host/name" (or a secret that holds one, with its password), for which `pip install
    'dana[database]'` is needed. `timeout` (30) is in seconds, or a text such as "2m". `count` is the number of rows
    that were read or changed, of a transaction the sum; `last_id` the id of the row that was inserted last, or None;
    `rows` of a transaction those of its last query.

    Needs `--allow-db=DATABASE`, but for `.dana/data.db`, else raises PermissionError; raises ActionError where the
    database reports an error, and ValueError or TypeError for wrong parameters. What reaches other files (ATTACH,
    extensions, most PRAGMAs) is refused.

        database_operation({"operation": "insert", "table": "orders", "values": {"id": 17, "total": 9.5}})
        database_operation({"operation": "query", "sql": "SELECT * FROM orders WHERE total > ?", "parameters": [5]})

    >>> question = {"operation": "query", "sql": "SELECT ? + 1 AS n", "parameters": [4], "database": ":memory:"}
    >>> database_operation(question)
    {'rows': [{'n': 5}], 'count': 1, 'last_id': None}
    """
    known = ("operation", "database", "timeout", "sql", "parameters", "table", "values", "where", "statements")
    given = Parameters("database_operation", parameters, known)
    statements = _statements(given)
    timeout = given.seconds("timeout", TIMEOUT)
    run = current()
    found = given.get("database")
    url = found.reveal() if type(found) is Secret else given.text("database", os.path.join(run.host.folder, DATABASE))
    try:
        database: _Sqlite | _Server
        if "://" in url:
            database = _Server(awaited(lambda: run.host.connect(url, timeout)), timeout)
        else:
            database = _Sqlite(run.host.connect(url, timeout), timeout)
    except NoAnswer as error:
        shown = f"{url.partition('://')[0]}://{url.rpartition('@')[2]}" if "@" in url else url
        raise ActionError(f"the database {shown} cannot be opened: {error}", retryable=not error.lasting) from None
    return database.result(statements)


class Statement:
    """One statement of SQL, with what is bound to it."""

    __slots__ = ("many", "parameters", "sql")

    def __init__(self, sql: str, parameters: Any, *, many: bool = False) -> None:
        self.sql = sql
        self.parameters = parameters
        self.many = many


class _Sqlite:
    """A connection to a file of SQLite."""

    def __init__(self, connection: sqlite3.Connection, timeout: float) -> None:
        self.connection = connection
        self.timeout = timeout
        limits = current().meter.limits
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(limits.text, 1_000_000_000))

    def result(self, statements: list[Statement]) -> dict[str, Any]:
        """Do all statements, or none."""
        clock = current().host.monotonic
        end = clock() + self.timeout
        late = False

        def watch() -> int:
            nonlocal late
            late = clock() > end
            return int(late)

        connection = self.connection
        connection.set_progress_handler(watch, 10_000)
        try:
            return awaited(lambda: self._done(statements), connection.interrupt)
        except sqlite3.Error as error:
            if late:
                raise ActionError(f"the database took longer than {self.timeout:g} s") from None
            raise _failure(error) from None
        except (sqlite3.Warning, OverflowError, UnicodeEncodeError) as error:
            raise wrong(f"database_operation: {error}") from None

    def _done(self, statements: list[Statement]) -> dict[str, Any]:
        rows = _Rows()
        connection = self.connection
        try:
            if len(statements) > 1 or statements[0].many:
                connection.execute("BEGIN IMMEDIATE")
            for statement in statements:
                cursor = connection.cursor()
                if statement.many:
                    cursor.executemany(statement.sql, statement.parameters)
                else:
                    cursor.execute(statement.sql, statement.parameters)
                if cursor.description is not None:
                    rows.read(cursor, [column[0] for column in cursor.description])
                else:
                    rows.count += max(cursor.rowcount, 0)
                inserts = statement.sql.lstrip()[:7].upper() in ("INSERT ", "REPLACE")
                if inserts and (cursor.rowcount > 0 or cursor.description is not None):
                    (rows.last_id,) = connection.execute("SELECT last_insert_rowid()").fetchone()
            if connection.in_transaction:
                connection.execute("COMMIT")
        finally:
            connection.close()
        return rows.result()


class _Server:
    """A connection to a server of databases, through SQLAlchemy."""

    def __init__(self, connection: Any, timeout: float) -> None:
        self.connection = connection
        self.timeout = timeout

    def result(self, statements: list[Statement]) -> dict[str, Any]:
        """Do all statements, or none."""
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError  # type: ignore[import-not-found,unused-ignore]

        try:
            return awaited(lambda: self._done(statements))
        except DBAPIError as error:
            reason = str(error.orig).strip().partition("\n")[0]
            raise ActionError(f"the database refuses: {reason}", retryable=error.connection_invalidated) from None
        except StatementError as error:
            raise wrong(f"database_operation: {error.orig}") from None
        except SQLAlchemyError as error:
            raise wrong(f"database_operation: {str(error).partition(chr(10))[0]}") from None

    def _done(self, statements: list[Statement]) -> dict[str, Any]:
        from sqlalchemy import text  # type: ignore[import-not-found,unused-ignore]

        rows = _Rows()
        with self.connection as connection, connection.begin():
            for statement in statements:
                sql, parameters = _named(statement)
                done = connection.execute(text(sql), parameters)
                if done.returns_rows:
                    rows.read(done, list(done.keys()))
                else:
                    rows.count += max(done.rowcount, 0)
                    if not statement.many and statement.sql.lstrip()[:7].upper() == "INSERT ":
                        rows.last_id = done.lastrowid or None
        return rows.result()


class _Rows:
    """What statements give, as far as it may be kept."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.count = 0
        self.last_id: int | None = None

    def read(self, cursor: Any, names: list[str]) -> None:
        """The rows of a query, in place of those of the query before it."""
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise wrong(f"database_operation: two columns are called {twice[0]}; name one of them with AS")
        meter = current().meter
        self.rows = []
        size = 0
        while batch := cursor.fetchmany(BATCH):
            meter.check_items(len(self.rows) + len(batch))
            for row in batch:
                size += sum(len(value) for value in row if type(value) in (str, bytes))
                self.rows.append(dict(zip(names, map(_value, row), strict=True)))
            meter.check_text(size)
            meter.charge(len(batch))
        self.count += len(self.rows)

    def result(self) -> dict[str, Any]:
        return {"rows": self.rows, "count": self.count, "last_id": self.last_id}


def _value(value: Any) -> Any:
    """A value of a database as one of a program."""
    from dana.values import to_value

    if type(value) in (str, int, float, bytes, type(None)):
        return value
    try:
        return to_value(value)
    except TypeError:
        return bytes(value) if isinstance(value, memoryview | bytearray) else str(value)


def _failure(error: sqlite3.Error) -> ActionError | ValueError:
    """What an error of SQLite means."""
    text = str(error)
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_AUTH" or "not authorized" in text:
        return wrong("database_operation: the statement reaches out of its database, or changes how it works")
    if type(error) in (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.NotSupportedError):
        return wrong(f"database_operation: {text[:1].lower()}{text[1:].rstrip('.')}")
    busy = name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return ActionError(f"the database refuses: {text}", retryable=busy)


def _statements(given: Parameters) -> list[Statement]:
    """The statements of an operation."""
    operation = given.choice("operation", OPERATIONS)
    allowed = ("operation", "database", "timeout", *_ALSO[operation])
    for name in given.given:
        if name not in allowed and name in given:
            raise wrong(f"database_operation: {operation} takes no {name}")
    if operation in ("query", "execute"):
        return [Statement(given.text("sql"), _bound(given))]
    if operation != "transaction":
        return _on_table(given, operation)
    listed = given.get("statements")
    if type(listed) not in (list, tuple) or not listed:
        raise given.wrong_type("statements", "a list of at least one statement", listed)
    current().meter.check_items(len(listed))
    known = ("operation", "sql", "parameters", "table", "values", "where")
    found: list[Statement] = []
    for number, item in enumerate(listed):
        inner = Parameters(f"database_operation: statements[{number}]", item, known)
        if "operation" not in inner:
            inner.given = {"operation": "execute", **inner.given}
        if inner.get("operation") == "transaction":
            raise wrong("database_operation: a transaction holds no other transaction")
        found += _statements(inner)
    return found


def _on_table(given: Parameters, operation: str) -> list[Statement]:
    """The statement that changes a table."""
    table = _quoted(given, "table", given.text("table"))
    if operation == "insert":
        return _insert(given, table)
    if "where" not in given:
        raise wrong(f"database_operation: {operation} needs where; where={{}} means every row")
    where, bound = _where(given)
    if operation == "delete":
        return [Statement(f"DELETE FROM {table}{where}", bound)]
    values = given.table("values")
    if not values:
        raise wrong("database_operation: update needs values")
    names = ", ".join(f"{_quoted(given, 'a column', name)} = ?" for name in values)
    return [Statement(f"UPDATE {table} SET {names}{where}", [*map(_checked, values.values()), *bound])]


def _insert(given: Parameters, table: str) -> list[Statement]:
    values = given.get("values")
    rows = list(values) if type(values) in (list, tuple) else [given.table("values")]
    current().meter.charge(len(rows))
    if not rows:
        raise wrong("database_operation: insert needs values")
    for row in rows:
        if type(row) is not dict or not row:
            raise given.wrong_type("values", "a dict by column that is not empty, or a list of these", row)
        if row.keys() != rows[0].keys():
            raise wrong("database_operation: the rows in values have different columns")
    names = ", ".join(_quoted(given, "a column", name) for name in rows[0])
    sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(rows[0]))})"
    bound = [[_checked(row[name]) for name in rows[0]] for row in rows]
    return [Statement(sql, bound, many=True) if len(rows) > 1 else Statement(sql, bound[0])]


def _where(given: Parameters) -> tuple[str, list[Any]]:
    """The condition that each column has a value, and what is bound to it."""
    conditions: list[str] = []
    bound: list[Any] = []
    for name, value in given.table("where").items():
        column = _quoted(given, "a column", name)
        if value is None:
            conditions.append(f"{column} IS NULL")
        elif type(value) in (list, tuple):
            conditions.append(f"{column} IN ({', '.join('?' * len(value))})" if value else "1 = 0")
            bound += map(_checked, value)
        else:
            conditions.append(f"{column} = ?")
            bound.append(_checked(value))
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), bound


def _quoted(given: Parameters, what: str, name: Any) -> str:
    """The name of a table or a column, in quotes."""
    if type(name) is not str or not _NAME.fullmatch(name) or len(name) > 128:
        raise wrong(f"{given.action}: {what} cannot be called {name!r:.80}; names are letters, digits and _")
    return ".".join(f'"{part}"' for part in name.split("."))


def _bound(given: Parameters) -> Any:
    """The parameters of SQL, each checked."""
    parameters = given.get("parameters")
    if parameters is None:
        return []
    if type(parameters) is dict:
        return {name: _checked(value) for name, value in given.table("parameters").items()}
    if type(parameters) in (list, tuple):
        current().meter.charge(len(parameters))
        return [_checked(value) for value in parameters]
    raise given.wrong_type("parameters", "a list or a dict", parameters)


def _checked(value: Any) -> Any:
    """A value that can be bound; dates and times as ISO 8601."""
    kind = type(value)
    if kind in (str, int, float, bytes, bool, type(None)):
        return value
    if hasattr(kind, "isoformat") and kind.__module__ == "datetime":
        return value.isoformat()
    if kind.__name__ == "Decimal" and kind.__module__ == "decimal":
        return str(value)
    raise TypeError(f"database_operation: a {type_name(value)} cannot be kept in a column; write it as JSON")


def _named(statement: Statement) -> tuple[str, Any]:
    """A statement with `:p0` for each `?`, as SQLAlchemy takes it."""
    if type(statement.parameters) is dict:
        return _PIECE.sub(lambda found: found[0].replace(":", "\\:"), statement.sql), statement.parameters
    count = 0

    def place(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] != "?":
            return found[0].replace(":", "\\:")
        count += 1
        return f":p{count - 1}"

    sql = _PIECE.sub(place, statement.sql)
    rows: Iterable[Any] = statement.parameters if statement.many else [statement.parameters]
    bound = [{f"p{number}": value for number, value in enumerate(row)} for row in rows]
    for row in bound:
        if len(row) != count:
            raise wrong(f"database_operation: the statement has {count} parameters, and {len(row)} are given")
    return sql, bound if statement.many else bound[0]
