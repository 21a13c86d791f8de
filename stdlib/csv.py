"""Tables as text: rows of fields between commas, read and written."""

from __future__ import annotations

import csv as host
import io
from collections.abc import Iterable, Iterator
from typing import Any

from dana.formatting import text
from dana.native import Library, current, fields_of
from dana.values import NativeType, register, type_name

from .operator import shown_arguments

library = Library("csv", "Tables as text: rows of fields between commas, read and written.")

library.error(
    host.Error,
    """A text that is not a table, or options that do not fit.

    >>> try:
    ...     list(csv.reader('a,"b', strict=True))
    ... except csv.Error as error:
    ...     print(error)
    unexpected end of data
    """,
)

for _name, _meaning in {
    "QUOTE_ALL": "Option `quoting`: quote all fields.",
    "QUOTE_MINIMAL": "Option `quoting`: quote fields that need it; this is the default.",
    "QUOTE_NONNUMERIC": "Option `quoting`: quote all but numbers; when reading, fields without quotes are floats.",
    "QUOTE_NONE": "Option `quoting`: no quotes; `escapechar` comes before what would need them.",
}.items():
    library.constant(_name, getattr(host, _name), f"{_meaning}\n\n>>> csv.{_name}\n{getattr(host, _name)}")


class Reader:
    """The rows of a table as lists, none of which is too long."""

    __slots__ = ("_fields", "_rows")

    def __init__(self, lines: Any, dialect: str = "excel", **options: Any) -> None:
        self._fields = 0
        self._rows = host.reader(self._watched(_lines(lines)), _checked(dialect), **options)

    def __iter__(self) -> Iterator[list[Any]]:
        return self

    def __next__(self) -> list[Any]:
        self._fields = 0
        return next(self._rows)

    @property
    def line_num(self) -> int:
        return self._rows.line_num

    def _watched(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines, as long as they do not make too long a row."""
        meter = current().meter
        for line in lines:
            if isinstance(line, str):
                self._fields += line.count(self._rows.dialect.delimiter)
                meter.check_items(self._fields)
            yield line


class DictReader(host.DictReader):  # type: ignore[type-arg]  # subscriptable from 3.12 on
    """The rows of a table as dicts."""

    def __init__(
        self,
        lines: Any,
        fieldnames: Any = None,
        restkey: Any = None,
        restval: Any = None,
        dialect: str = "excel",
        **options: Any,
    ) -> None:
        if fieldnames is not None:
            fieldnames = list(current().meter.collected(fieldnames))
        super().__init__((), fieldnames, restkey, restval)
        self.reader = Reader(lines, dialect, **options)  # type: ignore[assignment]


@library.function
def reader(lines: Any, dialect: str = "excel", **options: Any) -> Any:
    """An iterator of the rows of a table, each a list of texts. Raises csv.Error for what is not a table.

    `lines` is one text, or an iterable of lines. `dialect` is "excel", "excel-tab" or "unix". Options:
    `delimiter` and `quotechar` (one character each), `doublequote`, `escapechar`, `skipinitialspace`,
    `quoting`, `strict`. A field may have up to 131,072 characters. The field `line_num` of the iterator is the
    number of lines read so far.

    >>> list(csv.reader("name,age\\nAnn,30\\n\\"Lee, Bo\\",41\\n"))
    [['name', 'age'], ['Ann', '30'], ['Lee, Bo', '41']]
    >>> list(csv.reader(["a;b", "1;2"], delimiter=";"))
    [['a', 'b'], ['1', '2']]
    """
    return Reader(lines, dialect, **options)


@library.function(name="format")
def write(rows: Any, header: Any = None, dialect: str = "excel", **options: Any) -> str:
    """The text of a table, with quotes where they are needed; lines end with a line feed.

    `rows` is an iterable of lists or of dicts; None is an empty field. `header` is the names of the columns: for
    dicts those to write, in this order; without it they are the keys of the first dict. `dialect` and options
    are those of `reader`, besides `lineterminator`. Raises ValueError for a dict with other keys, csv.Error for
    fields that cannot be written with these options.

    >>> csv.format([["Ann", 30], ["Lee, Bo", None]], header=["name", "age"])
    'name,age\\nAnn,30\\n"Lee, Bo",\\n'
    >>> csv.format([{"a": 1, "b": 2}, {"a": 3}], delimiter=";")
    'a;b\\n1;2\\n3;\\n'
    """
    meter = current().meter
    sink = _Sink()
    writer = host.writer(sink, _checked(dialect), **{"lineterminator": "\n", **options})
    columns = None if header is None else list(meter.collected(header))
    if columns is not None:
        writer.writerow(map(_field, columns))
    known: frozenset[Any] | None = None
    for row in meter.items(rows):
        if isinstance(row, dict):
            if columns is None:
                columns = list(row)
                writer.writerow(map(_field, columns))
            if known is None:
                known = frozenset(columns)
            others = [key for key in row if key not in known]
            if others:
                raise ValueError(f"dict contains fields not in header: {shown_arguments(others, {})}")
            row = [row.get(name) for name in columns]
        elif isinstance(row, (str, bytes)):
            raise TypeError(f"a row must be a list or a dict, not {type_name(row)}")
        writer.writerow([_field(value) for value in meter.collected(row)])
    return "".join(sink.parts)


class _Sink:
    """Where the host's writer puts the lines."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._length = 0

    def write(self, part: str) -> int:
        self._length += len(part)
        current().meter.check_text(self._length)
        self.parts.append(part)
        return len(part)


def _field(value: Any) -> Any:
    return value if value is None or type(value) in (str, int, float) else text(value)


def _lines(lines: Any) -> Iterable[str]:
    meter = current().meter
    if not isinstance(lines, str):
        return meter.items(lines)
    meter.charge(lines.count("\n") + len(lines) // 1000)
    return io.StringIO(lines, newline="")


def _checked(dialect: str) -> str:
    if not isinstance(dialect, str):
        raise TypeError(f"dialect must be the name of one, not {type_name(dialect)}")
    return dialect


library.type(
    NativeType(
        "csv.DictReader",
        DictReader,
        """DictReader(lines, fieldnames=None, restkey=None, restval=None, ...): the rows of a table, each a dict.

        The keys are `fieldnames`, or else the first row. What a row has beyond them is a list under `restkey`;
        what it lacks is `restval`. Other options are those of `reader`. Fields: `fieldnames line_num`.

        >>> list(csv.DictReader("name,age\\nAnn,30\\nBo,41\\n"))
        [{'name': 'Ann', 'age': '30'}, {'name': 'Bo', 'age': '41'}]
        >>> list(csv.DictReader(["1,2"], ["x", "y"]))
        [{'x': '1', 'y': '2'}]
        """,
        construct=DictReader,
        fields=fields_of(DictReader, "fieldnames line_num"),
    )
)
register(
    NativeType(
        "_csv.reader",
        Reader,
        "An iterator of the rows of a table.",
        fields=fields_of(Reader, "line_num"),
    )
)
