"""Work with files: `file_operation`."""

from __future__ import annotations

from csv import Error as NoTable
from fnmatch import fnmatchcase

from dana.native import Library, current

from . import csv, json
from .actions import Parameters, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

library = Library("files", "Work with files.")

OPERATIONS = ("read", "write", "append", "copy", "move", "delete", "list", "exists")
FORMATS = ("text", "json", "csv")

_ALSO = {
    "read": ("format",),
    "write": ("content", "format"),
    "append": ("content", "format"),
    "copy": ("to",),
    "move": ("to",),
    "list": ("pattern",),
}
"""The parameters of an operation beside `operation` and `path`."""


@library.function
def file_operation(parameters: dict[str, Any], /) -> dict[str, Any]:
    """Work with a file; a dict of `path` and what came of it.

    Parameters, in a dict: `path`, and `operation`, one of
    "read", which gives `content`; "write", which replaces a file by `content`, whole or not at all; "append", which
    adds `content` to its end; "copy" and "move", to the path `to`; "delete"; "list", which gives the names of `files`
    and `folders` in a folder, with `pattern` only such as "*.csv"; and "exists", which gives `exists`.

    `format` is "text" (UTF-8), "json" or "csv": then `content` is the value, or a list with a dict for each row, whose
    keys the first line of the file names. To a file of rows without a dict, lists are written as they are. Rows that
    are appended to a file that is not empty are written without a line of names; JSON is appended as a line.

    Needs `--allow-read=PATH`, `--allow-write=PATH`, else raises PermissionError; raises FileNotFoundError and other
    kinds of OSError, and ValueError or TypeError for wrong parameters.

        orders = [{"id": 1, "total": 9.5}]
        file_operation({"operation": "write", "path": "orders.csv", "format": "csv", "content": orders})
        file_operation({"operation": "read", "path": "orders.csv", "format": "csv"})["content"]

    >>> file_operation({"operation": "raed", "path": "orders.csv"})
    Traceback (most recent call last):
    ValueError: file_operation: operation cannot be 'raed'; did you mean read?
    """
    known = ("operation", "path", "content", "to", "format", "pattern")
    given = Parameters("file_operation", parameters, known)
    operation = given.choice("operation", OPERATIONS)
    allowed = ("operation", "path", *_ALSO.get(operation, ()))
    for name in parameters:
        if name not in allowed and name in given:
            raise wrong(f"file_operation: {operation} takes no {name}")
    path = given.text("path")
    host = current().host
    kind = given.choice("format", FORMATS, "text")
    if operation == "read":
        return {"path": path, "content": _content(path, kind)}
    if operation in ("write", "append"):
        return _write(given, operation, path, kind)
    if operation in ("copy", "move"):
        goal = given.text("to")
        (host.copy_file if operation == "copy" else host.move_file)(path, goal)
        return {"path": path, "to": goal}
    if operation == "delete":
        host.delete_file(path)
        return {"path": path, "deleted": True}
    if operation == "list":
        return _listing(path, given.text("pattern", "*"))
    return {"path": path, "exists": host.file_exists(path)}


def _content(path: str, kind: str) -> Any:
    """What is in a file."""
    meter = current().meter
    most = meter.limits.text
    data = current().host.read_file(path, most)
    meter.check_text(len(data))
    meter.charge(1 + len(data) // 1000)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise wrong(f"{path} is not text in UTF-8: byte {error.start}") from None
    if kind == "text":
        return text
    if kind == "json":
        try:
            return json.loads(text)
        except ValueError as error:
            raise wrong(f"{path} is not JSON: {error}") from None
    try:
        return list(meter.collected(map(dict, csv.DictReader(text))))
    except NoTable as error:
        raise wrong(f"{path} is not a table: {error}") from None


def _write(given: Parameters, operation: str, path: str, kind: str) -> dict[str, Any]:
    """Replace a file, or add to it."""
    if "content" not in given.given:
        raise wrong(f"file_operation needs content to {operation}")
    content = given.get("content")
    host = current().host
    if kind == "json":
        text = json.dumps(content, ensure_ascii=False, indent=2 if operation == "write" else None) + "\n"
    elif kind == "csv":
        text = _table(given, content, operation, path)
    elif type(content) is str:
        text = content
    else:
        raise given.wrong_type("content", 'text, or format "json" or "csv"', content)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise wrong("file_operation: content has half a character in it, which cannot be written") from None
    current().meter.charge(1 + len(data) // 1000)
    (host.write_file if operation == "write" else host.append_file)(path, data)
    return {"path": path, "bytes": len(data)}


def _table(given: Parameters, rows: Any, operation: str, path: str) -> str:
    """Rows as the lines of a table."""
    if type(rows) not in (list, tuple) or not all(type(row) in (dict, list, tuple) for row in rows):
        raise given.wrong_type("content", "a list of dicts or lists", rows)
    text = csv.write(rows)
    if operation == "append" and rows and type(rows[0]) is dict:
        host = current().host
        before = host.read_file(path, 1_000_000).decode(errors="replace") if host.file_exists(path) else ""
        if before:
            names: list[str] = next(iter(csv.reader(before)), [])
            if names != [str(key) for key in rows[0]]:
                raise wrong(f"{path} has the columns {', '.join(names)}, not {', '.join(map(str, rows[0]))}")
            text = csv.write([[row.get(name) for name in rows[0]] for row in rows])
    return text


def _listing(path: str, pattern: str) -> dict[str, Any]:
    files, folders = current().host.list_folder(path)
    meter = current().meter
    meter.check_items(len(files) + len(folders))
    meter.charge(len(files) + len(folders))
    return {
        "path": path,
        "files": [name for name in files if fnmatchcase(name, pattern)],
        "folders": [name for name in folders if fnmatchcase(name, pattern)],
    }
