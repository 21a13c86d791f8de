"""The types of values that are built in: how they are made, and which methods and fields they have."""

from __future__ import annotations

import types as host
from _operator import index
from itertools import islice

from dana.formatting import PLAIN, format_text, text
from dana.native import current, documented, fields_of, methods_of
from dana.values import (
    NATIVES,
    TYPES,
    Class,
    Module,
    NativeType,
    TypeUnion,
    get_attribute,
    raised,
    register,
    type_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

FEW = 1000
"""What takes no more turns than this in the host is not worth counting."""

MANY = 10_000
"""Texts below this size are not worth measuring before they are made, or looked through."""

MANY_AT_ONCE = 1000
"""So many characters that the host goes through count as a step."""

UNLISTED: dict[type, NativeType] = {}
"""The types of values whose attributes follow rules of their own: functions, classes, `super()`."""


def _add(native_type: NativeType) -> NativeType:
    """Make a type part of the domain, and its methods natives."""
    for methods in (native_type.methods, native_type.statics):
        for name, method in methods.items():
            if type(method) is host.FunctionType:
                method.__name__, method.__qualname__ = name, f"{native_type.name}.{name}"
            NATIVES.add(id(method))
    if native_type.construct is not None and type(native_type.construct) is host.FunctionType:
        native_type.construct.__name__ = native_type.construct.__qualname__ = native_type.name
    return register(native_type)


_CONTAINERS = frozenset((list, tuple, dict, set, frozenset))


def incoming(iterable: Any) -> Iterable[Any]:
    """The items of an iterable that something takes in, counted."""
    if type(iterable) in _CONTAINERS and len(iterable) <= FEW:
        return iterable  # type: ignore[no-any-return]
    meter = current().meter
    if type(iterable) in (str, bytes):
        meter.check_items(len(iterable))
    return meter.collected(iterable)


def gathered(iterable: Any) -> list[Any]:
    """A new list of the items of an iterable, counted by the thousand."""
    if type(iterable) in _CONTAINERS or type(iterable) in (str, bytes, range):
        return list(incoming(iterable))
    meter = current().meter
    iterator = islice(iterable, None)
    items: list[Any] = []
    while True:
        block = list(islice(iterator, FEW))
        meter.charge(len(block))
        items += block
        if len(block) < FEW:
            return items
        meter.check_items(len(items))


def compared(iterable: Any) -> Iterable[Any]:
    """The items of an iterable that something looks at and does not keep, counted."""
    if type(iterable) in _CONTAINERS and len(iterable) <= FEW:
        return iterable  # type: ignore[no-any-return]
    return current().meter.items(iterable)


def _over(method: Callable[..., Any], items: Callable[[Any], Iterable[Any]]) -> Callable[..., Any]:
    """A method that takes any number of iterables."""

    def counted(self: Any, /, *others: Any) -> Any:
        return method(self, *map(items, others))

    return counted


def _set_update(self: set[Any], /, *others: Any) -> None:
    for other in others:
        self.update(incoming(other))
        if len(self) > FEW:
            current().meter.check_growth(len(self))


def _looking_through(kind: Any, names: str) -> dict[str, Callable[..., Any]]:
    """Methods that go through a text once."""

    def measured(method: Callable[..., Any]) -> Callable[..., Any]:
        def looking(self: Any, /, *arguments: Any) -> Any:
            if len(self) > MANY:
                current().meter.charge(len(self) // MANY_AT_ONCE)
            return method(self, *arguments)

        looking.__doc__ = method.__doc__
        looking.__wrapped__ = method  # type: ignore[attr-defined]
        return looking

    return {name: measured(getattr(kind, name)) for name in names.split()}


def _searching(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that compares each item with a value."""

    def counted(self: Any, /, *arguments: Any) -> Any:
        if len(self) > FEW:
            current().meter.charge(len(self))
        return method(self, *arguments)

    return counted


def _is_short(value: Any, depth: int = 0) -> bool:
    """Whether a value is certain to be short when it is shown."""
    kind = type(value)
    if kind not in _CONTAINERS:
        return kind in PLAIN
    items = (*value, *value.values()) if kind is dict and len(value) <= FEW else value
    if len(items) > FEW:
        return False
    if PLAIN.issuperset(map(type, items)):
        return True
    return depth < 3 and len(items) <= 30 and all(_is_short(item, depth + 1) for item in items)


def sought(method: Callable[..., Any], absent: str) -> Callable[..., Any]:
    """`index` of a sequence; the host's message about what is not there would show all of it, however much it is."""

    def index_of(self: Any, item: Any, /, *bounds: Any) -> int:
        if len(self) > FEW:
            current().meter.charge(len(self))
        if _is_short(item) or len(bounds) > 2:
            return method(self, item, *bounds)  # type: ignore[no-any-return]
        low, high = (*map(index, bounds), *(0, len(self))[len(bounds) :])[:2]
        size = len(self)
        place = max(low + size, 0) if low < 0 else low
        stop = high + size if high < 0 else high
        while place < min(stop, len(self)):
            found = self[place]
            if found is item or found == item:
                return place
            place += 1
        raise ValueError(absent)

    return index_of


# Numbers


def _int(x: Any = 0, /, base: Any = None) -> int:
    if base is None:
        return int(x)
    if type(x) in (str, bytes) and len(x) > FEW and type(base) is int:
        current().meter.check_bits(len(x) * min(abs(base) or 16, 36).bit_length())
    return int(x, base)


def _to_bytes(self: int, /, length: Any = 1, byteorder: Any = "big", *rest: Any, signed: Any = False) -> bytes:
    length = index(length)
    current().meter.check_text(length)
    return int.to_bytes(self, length, byteorder, *rest, signed=signed)


def _from_bytes(data: Any, /, byteorder: Any = "big", *, signed: Any = False) -> int:
    """The int whose bytes these are."""
    if type(data) is not bytes:
        data = _bytes(data)
    current().meter.check_bits(len(data) * 8)
    return int.from_bytes(data, byteorder, signed=signed)


def _float_fromhex(text: Any, /) -> float:
    """The float that a text in base 16 stands for."""
    if type(text) is not str:
        raise TypeError(f"fromhex() argument must be str, not {type_name(text)}")
    return float.fromhex(text)


_INT_METHODS = methods_of(
    int,
    "as_integer_ratio bit_count bit_length conjugate",
    to_bytes=_to_bytes,
    is_integer=lambda self, /: True,
)
_INT_FIELDS = fields_of(int, "real imag numerator denominator")
_INT_STATICS = documented([("from_bytes", _from_bytes)])

_add(
    NativeType(
        "bool",
        bool,
        """True or False; `bool(x)` is whether x is true: not zero, not empty, not None.

        >>> bool([]), bool("a")
        (False, True)
        """,
        construct=bool,
        methods=_INT_METHODS,
        fields=_INT_FIELDS,
        statics=_INT_STATICS,
    )
)
_add(
    NativeType(
        "int",
        int,
        """A whole number; `int(x)` reads text and cuts off decimals, `int(text, base)` reads another base.

        >>> int("42"), int(3.9), int("ff", 16)
        (42, 3, 255)
        """,
        construct=_int,
        methods=_INT_METHODS,
        fields=_INT_FIELDS,
        statics=_INT_STATICS,
    )
)
_add(
    NativeType(
        "float",
        float,
        """A number with decimals; `float(x)` reads text, also "inf" and "nan".

        >>> float("1.5"), float(2)
        (1.5, 2.0)
        """,
        construct=float,
        methods=methods_of(float, "as_integer_ratio conjugate hex is_integer"),
        fields=fields_of(float, "real imag"),
        statics=documented([("fromhex", _float_fromhex)]),
    )
)
_add(
    NativeType(
        "complex",
        complex,
        """A complex number: `complex(real, imag)`.

        >>> complex(1, 2) * 1j
        (-2+1j)
        """,
        construct=complex,
        methods=methods_of(complex, "conjugate"),
        fields=fields_of(complex, "real imag"),
    )
)


# Text


_ENCODINGS = frozenset(
    """ascii us_ascii 646 utf_8 utf8 u8 utf_8_sig utf_16 utf16 utf_16_le utf_16_be utf_32 utf32 utf_32_le utf_32_be
    latin_1 latin1 l1 iso_8859_1 iso8859_1 iso_8859_2 iso8859_2 iso_8859_15 iso8859_15 latin_9 cp437 cp850 cp1250
    windows_1250 cp1251 windows_1251 cp1252 windows_1252 koi8_r mac_roman big5 gbk gb2312 gb18030 shift_jis euc_jp
    euc_kr""".split()
)

_WIDEST = {"xmlcharrefreplace": 10, "backslashreplace": 10, "namereplace": 100}


def _check_coding(size: int, encoding: Any, errors: str) -> None:
    """Refuse encodings that are no encodings of text, and results beyond the limit."""
    if encoding == "utf-8":
        pass
    elif type(encoding) is str and encoding.lower().replace("-", "_").replace(" ", "_") not in _ENCODINGS:
        raise LookupError(f"unknown encoding: {encoding}")
    if size > MANY:
        current().meter.charge(size // MANY_AT_ONCE)
        current().meter.check_text(size * _WIDEST.get(errors, 1))


def _encode(self: str, /, encoding: Any = "utf-8", errors: Any = "strict", *rest: Any) -> bytes:
    if type(errors) is str and not rest:
        _check_coding(len(self), encoding, errors)
    return str.encode(self, encoding, errors, *rest)


def _decode(self: bytes, /, encoding: Any = "utf-8", errors: Any = "strict", *rest: Any) -> str:
    if type(errors) is str and not rest:
        _check_coding(len(self), encoding, errors)
    return bytes.decode(self, encoding, errors, *rest)


def _str(object: Any = "", /, encoding: Any = None, errors: Any = None) -> str:
    if encoding is None and errors is None:
        return text(object)
    if type(object) is not bytes:
        if type(object) is str:
            raise TypeError("decoding str is not supported")
        raise TypeError(f"decoding to str: need a bytes-like object, {type_name(object)} found")
    return _decode(object, "utf-8" if encoding is None else encoding, "strict" if errors is None else errors)


def _joining(kind: type) -> Callable[..., Any]:
    host_join: Callable[..., Any] = kind.join  # type: ignore[attr-defined]

    def join(self: Any, iterable: Any, /, *rest: Any) -> Any:
        if rest:
            return host_join(self, iterable, *rest)
        if type(iterable) is list or type(iterable) is tuple:
            if len(iterable) <= 8:
                result = host_join(self, iterable)
                if len(result) > MANY:
                    current().meter.check_text(len(result))
                return result
            items = tuple(iterable)
            if len(items) > FEW:
                current().meter.charge(len(items))
        elif hasattr(type(iterable), "__iter__") or hasattr(type(iterable), "__getitem__"):
            items = tuple(gathered(iterable))
        else:
            raise TypeError("can only join an iterable")
        try:
            size = sum(map(len, items)) + len(self) * len(items)
        except TypeError:
            size = 0
        if size > MANY:
            current().meter.check_text(size)
        return host_join(self, items)

    return join


def _padding(host_method: Callable[..., Any]) -> Callable[..., Any]:
    """ljust, rjust, center, zfill: make a text as wide as asked for."""

    def padded(self: Any, width: Any, /, *rest: Any) -> Any:
        if type(width) is not int or width > MANY:
            width = index(width)
            current().meter.check_text(width)
        if len(self) > MANY:
            current().meter.charge(len(self) // MANY_AT_ONCE)
        return host_method(self, width, *rest) if rest else host_method(self, width)

    return padded


def _expanding(kind: Any) -> Callable[..., Any]:
    def expandtabs(self: Any, /, tabsize: Any = 8, *rest: Any) -> Any:
        if rest:
            return kind.expandtabs(self, tabsize, *rest)
        width = index(tabsize)
        if len(self) * max(width, 1) > MANY:
            current().meter.check_text(len(self) + self.count("\t" if kind is str else b"\t") * max(width, 0))
        return kind.expandtabs(self, width)

    return expandtabs


def _replacing(kind: Any) -> Callable[..., Any]:
    host_replace = kind.replace

    def replace(self: Any, old: Any, new: Any, count: Any = -1, /, *rest: Any) -> Any:
        if rest:
            return host_replace(self, old, new, count, *rest)
        if type(old) is kind and type(new) is kind and (len(self) + 1) * (len(new) + 1) > MANY:
            meter = current().meter
            meter.charge(len(self) // MANY_AT_ONCE)
            times = self.count(old)
            count = index(count)
            if 0 <= count < times:
                times = count
            meter.check_text(len(self) + times * (len(new) - len(old)))
        return host_replace(self, old, new, count)

    return replace


def _splitting(host_split: Callable[..., Any]) -> Callable[..., Any]:
    def split(self: Any, /, sep: Any = None, maxsplit: Any = -1, *rest: Any) -> Any:
        if rest:
            return host_split(self, sep, maxsplit, *rest)
        if len(self) <= MANY:
            return host_split(self, sep, maxsplit)
        meter = current().meter
        meter.charge(len(self) // 100)
        most = index(maxsplit)
        if most < 0 or most > meter.limits.items:
            most = meter.limits.items
        parts = host_split(self, sep, most)
        meter.check_items(len(parts))
        return parts

    return split


def _splitting_lines(kind: Any) -> Callable[..., Any]:
    ends = (b"\n", b"\r") if kind is bytes else "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"

    def splitlines(self: Any, /, keepends: Any = False, *rest: Any) -> Any:
        if len(self) > MANY:
            meter = current().meter
            meter.charge(len(self) // 100)
            meter.check_items(sum(map(self.count, ends)) + 1)
        return kind.splitlines(self, keepends, *rest)

    return splitlines


def _searching_backwards(kind: Any) -> dict[str, Callable[..., Any]]:
    """rfind, rindex, rpartition, rsplit.

    The host's may take a time that grows with the product of both sizes, its searches from the left do not:
    what is large is searched for in its mirror image.
    """
    empty = kind()
    host_find, host_index, host_partition = kind.rfind, kind.rindex, kind.rpartition
    host_split = _splitting(kind.rsplit)

    def is_large(self: Any, sub: Any) -> bool:
        return type(sub) is kind and len(self) * len(sub) > 10_000_000 and len(sub) > 10

    def rfind(self: Any, sub: Any, /, *bounds: Any) -> int:
        if not is_large(self, sub):
            return host_find(self, sub, *bounds)  # type: ignore[no-any-return]
        start, stop, _ = slice(*bounds if len(bounds) > 1 else (*bounds, None)[:2]).indices(len(self))
        place: int = self[start:stop][::-1].find(sub[::-1])
        return place if place < 0 else stop - place - len(sub)

    def rindex(self: Any, sub: Any, /, *bounds: Any) -> int:
        if not is_large(self, sub):
            return host_index(self, sub, *bounds)  # type: ignore[no-any-return]
        place = rfind(self, sub, *bounds)
        if place < 0:
            raise ValueError("substring not found" if kind is str else "subsection not found")
        return place

    def rpartition(self: Any, sep: Any, /, *rest: Any) -> tuple[Any, Any, Any]:
        if not is_large(self, sep) or rest:
            return host_partition(self, sep, *rest)  # type: ignore[no-any-return]
        place = rfind(self, sep)
        return (empty, empty, self) if place < 0 else (self[:place], sep, self[place + len(sep) :])

    def rsplit(self: Any, /, sep: Any = None, maxsplit: Any = -1, *rest: Any) -> list[Any]:
        if sep is None or not is_large(self, sep) or rest:
            return host_split(self, sep, maxsplit, *rest)  # type: ignore[no-any-return]
        return [part[::-1] for part in reversed(self[::-1].split(sep[::-1], maxsplit))]

    return {"rfind": rfind, "rindex": rindex, "rpartition": rpartition, "rsplit": rsplit}


def _stripping(kind: Any, name: str) -> Callable[..., Any]:
    """strip, lstrip, rstrip: the host's look through all of `chars` for each character that they remove."""
    host_strip = getattr(kind, name)

    def strip(self: Any, chars: Any = None, /, *rest: Any) -> Any:
        if rest:
            return host_strip(self, chars, *rest)
        if type(chars) is not kind or len(chars) <= 256:
            return host_strip(self, chars)
        current().meter.charge(len(chars) + len(self))
        wanted = set(chars)
        start, stop = 0, len(self)
        if name != "rstrip":
            while start < stop and self[start] in wanted:
                start += 1
        if name != "lstrip":
            while start < stop and self[stop - 1] in wanted:
                stop -= 1
        return self[start:stop]

    return strip


def _format(self: str, /, *arguments: Any, **keywords: Any) -> str:
    return format_text(self, arguments, keywords)


def _format_map(self: str, mapping: Any, /, *rest: Any) -> str:
    return str.format_map(self, mapping, *rest) if rest else format_text(self, None, mapping)


def _translate(self: str, table: Any, /, *rest: Any) -> str:
    if rest:
        str.translate(self, table, *rest)  # raises
    meter = current().meter
    if type(table) is dict:
        meter.charge(len(table))
        widest = max((len(new) for new in table.values() if type(new) is str), default=1)
        if len(self) * max(widest, 1) <= 100 * MANY:
            meter.charge(len(self) // 10)
            return self.translate(table)
    parts: list[str] = []
    size = 0
    for character in meter.items(self):
        try:
            new = table[ord(character)]
        except LookupError:
            new = character
        if new is None:
            continue
        part = chr(new) if isinstance(new, int) else new
        if type(part) is not str:
            raise TypeError("character mapping must return integer, None or str")
        size += len(part)
        if size > meter.limits.text:
            meter.check_text(size)
        parts.append(part)
    meter.check_text(size)
    return "".join(parts)


def _maketrans(x: Any, /, *others: Any) -> dict[Any, Any]:
    """A table for `translate`: from a dict, or from two texts of the same length and a text of what goes."""
    current().meter.charge(len(x))
    return str.maketrans(x, *others)


_add(
    NativeType(
        "str",
        str,
        """A text; `str(x)` is how print shows x, `str(data, encoding)` reads bytes.

        >>> str(12) + "%", str(b"ab", "ascii")
        ('12%', 'ab')
        """,
        construct=_str,
        methods=methods_of(
            str,
            "endswith isascii removeprefix removesuffix startswith",
            center=_padding(str.center),
            encode=_encode,
            expandtabs=_expanding(str),
            format=_format,
            format_map=_format_map,
            join=_joining(str),
            ljust=_padding(str.ljust),
            lstrip=_stripping(str, "lstrip"),
            replace=_replacing(str),
            rjust=_padding(str.rjust),
            rstrip=_stripping(str, "rstrip"),
            split=_splitting(str.split),
            splitlines=_splitting_lines(str),
            strip=_stripping(str, "strip"),
            translate=_translate,
            zfill=_padding(str.zfill),
            **_looking_through(
                str,
                """capitalize casefold count find index isalnum isalpha isdecimal isdigit isidentifier islower isnumeric
                isprintable isspace istitle isupper lower partition swapcase title upper""",
            ),
            **_searching_backwards(str),
        ),
        statics=documented([("maketrans", _maketrans)]),
    )
)


# Bytes


def _bytes(source: Any = b"", /, encoding: Any = None, errors: Any = None) -> bytes:
    if type(source) is str or encoding is not None or errors is not None:
        if type(source) is not str:
            given = "errors" if encoding is None else "encoding"
            raise TypeError(f"{given} without a string argument")
        if encoding is None:
            raise TypeError("string argument without an encoding")
        return _encode(source, encoding, "strict" if errors is None else errors)
    if type(source) is bytes:
        return source
    if hasattr(type(source), "__index__"):
        size = index(source)
        current().meter.check_text(size)
        return bytes(size)
    try:
        return bytes(incoming(source))
    except TypeError as error:
        if hasattr(type(source), "__iter__"):
            raise
        raise TypeError(f"cannot convert '{type_name(source)}' object to bytes") from error


def _fromhex(text: Any, /) -> bytes:
    """The bytes that a text of digits in base 16 stands for."""
    return bytes.fromhex(text)


def _bytes_maketrans(old: Any, new: Any, /) -> bytes:
    """A table for `translate` that turns each byte of one text into that of another at the same place."""
    return bytes.maketrans(old, new)


_add(
    NativeType(
        "bytes",
        bytes,
        """Bytes: `bytes(numbers)`, `bytes(text, encoding)`, `bytes(size)` for so many zeros.

        >>> bytes([65, 66]), bytes("é", "utf-8"), bytes(2)
        (b'AB', b'\\xc3\\xa9', b'\\x00\\x00')
        """,
        construct=_bytes,
        methods=methods_of(
            bytes,
            "endswith isascii removeprefix removesuffix startswith",
            center=_padding(bytes.center),
            decode=_decode,
            expandtabs=_expanding(bytes),
            join=_joining(bytes),
            ljust=_padding(bytes.ljust),
            lstrip=_stripping(bytes, "lstrip"),
            replace=_replacing(bytes),
            rjust=_padding(bytes.rjust),
            rstrip=_stripping(bytes, "rstrip"),
            split=_splitting(bytes.split),
            splitlines=_splitting_lines(bytes),
            strip=_stripping(bytes, "strip"),
            zfill=_padding(bytes.zfill),
            **_looking_through(
                bytes,
                """capitalize count find hex index isalnum isalpha isdigit islower isspace istitle isupper lower
                partition swapcase title translate upper""",
            ),
            **_searching_backwards(bytes),
        ),
        statics=documented([("fromhex", _fromhex), ("maketrans", _bytes_maketrans)]),
    )
)


# Lists and tuples


_list_append = list.append
_list_insert = list.insert


def _append(self: list[Any], item: Any, /, *rest: Any) -> None:
    if rest:
        list.append(self, item, *rest)  # raises
    if not len(self) & 1023:
        current().meter.check_growth(len(self) + 1)
    _list_append(self, item)


def _insert(self: list[Any], place: Any, item: Any, /) -> None:
    if not len(self) & 1023:
        current().meter.check_growth(len(self) + 1)
    _list_insert(self, place, item)


def _extend(self: list[Any], iterable: Any, /, *rest: Any) -> None:
    if rest:
        list.extend(self, iterable, *rest)  # raises
    list.extend(self, incoming(iterable))
    if len(self) > FEW:
        current().meter.check_growth(len(self))


def _sort(self: list[Any], /, *rest: Any, key: Any = None, reverse: Any = False) -> None:
    if len(self) > FEW:
        current().meter.charge(len(self))
    if rest:
        list.sort(self, *rest)  # raises
    list.sort(self, key=key, reverse=reverse)


def _copying(host_copy: Callable[..., Any]) -> Callable[..., Any]:
    def copy(self: Any, /, *rest: Any) -> Any:
        if len(self) > FEW:
            current().meter.charge(len(self))
        return host_copy(self, *rest) if rest else host_copy(self)

    return copy


def _list(iterable: Any = (), /) -> list[Any]:
    return gathered(iterable)


def _tuple(iterable: Any = (), /) -> tuple[Any, ...]:
    return iterable if type(iterable) is tuple else tuple(gathered(iterable))


_add(
    NativeType(
        "list",
        list,
        """Items in order, which can be changed; `list(iterable)` takes the items of anything.

        >>> list("abc"), list(range(3))
        (['a', 'b', 'c'], [0, 1, 2])
        """,
        construct=_list,
        methods=methods_of(
            list,
            "clear pop reverse",
            append=_append,
            copy=_copying(list.copy),
            count=_searching(list.count),
            extend=_extend,
            index=sought(list.index, "list.index(x): x not in list"),
            insert=_insert,
            remove=_searching(list.remove),
            sort=_sort,
        ),
    )
)
_add(
    NativeType(
        "tuple",
        tuple,
        """Items in order, which do not change; `tuple(iterable)` takes the items of anything.

        >>> tuple([1, 2])
        (1, 2)
        """,
        construct=_tuple,
        methods={"count": _searching(tuple.count), "index": _searching(tuple.index)},
    )
)


# Dicts


def _pairs(source: Any) -> Any:
    """What the host may take the items of a dict from."""
    if type(source) is dict:
        return incoming(source)
    if isinstance(source, dict):
        current().meter.charge(len(source))
        return source
    if type(type(source)) is Class and hasattr(type(source), "keys"):
        return [(key, source[key]) for key in current().meter.collected(get_attribute(source, "keys")())]
    pairs = incoming(source)
    return pairs if type(pairs) in (list, tuple) and _PAIRS.issuperset(map(type, pairs)) else _paired(pairs)


_PAIRS = frozenset((tuple, list))


def _paired(pairs: Iterable[Any]) -> Iterator[Any]:
    """Pairs that the host may unpack: of one that could be endless no more than it needs to refuse it."""
    for pair in pairs:
        if type(pair) in _PAIRS or not (hasattr(type(pair), "__iter__") or hasattr(type(pair), "__getitem__")):
            yield pair
        else:
            yield tuple(islice(pair, 3))


def _dict(*source: Any, **items: Any) -> dict[Any, Any]:
    if not source:
        return items
    if len(source) > 1:
        raise TypeError(f"dict expected at most 1 argument, got {len(source)}")
    return dict(_pairs(source[0]), **items)


def _update(self: dict[Any, Any], source: Any = (), /, *rest: Any, **items: Any) -> None:
    if rest:
        dict.update(self, source, *rest)  # raises
    self.update(_pairs(source), **items)
    if len(self) > FEW:
        current().meter.check_growth(len(self))


def _fromkeys(iterable: Any, value: Any = None, /) -> dict[Any, Any]:
    """A dict with these keys, all with the same value.

    >>> dict.fromkeys("ab", 0)
    {'a': 0, 'b': 0}
    """
    return dict.fromkeys(incoming(iterable), value)


_add(
    NativeType(
        "dict",
        dict,
        """Values by key, in the order in which the keys were added: `dict(pairs)`, `dict(name=value)`.

        >>> dict([("a", 1)], b=2)
        {'a': 1, 'b': 2}
        """,
        construct=_dict,
        methods=methods_of(
            dict, "clear get items keys pop popitem setdefault values", copy=_copying(dict.copy), update=_update
        ),
        statics=documented([("fromkeys", _fromkeys)]),
    )
)
_kind: Any
for _kind in (type({}.keys()), type({}.items())):
    _add(
        NativeType(
            _kind.__name__,
            _kind,
            "The keys or the items of a dict, as they are when they are looked at.",
            methods={"isdisjoint": _over(_kind.isdisjoint, compared)},
        )
    )
_add(NativeType("dict_values", type({}.values()), "The values of a dict, as they are when they are looked at."))


# Sets


def _set(iterable: Any = (), /) -> set[Any]:
    return set(incoming(iterable))


def _frozenset(iterable: Any = (), /) -> frozenset[Any]:
    return frozenset(incoming(iterable))


def _set_methods(kind: Any) -> dict[str, Callable[..., Any]]:
    return {
        "copy": _copying(kind.copy),
        "difference": _over(kind.difference, compared),
        "intersection": _over(kind.intersection, compared),
        "isdisjoint": _over(kind.isdisjoint, compared),
        "issubset": _over(kind.issubset, incoming),
        "issuperset": _over(kind.issuperset, compared),
        "symmetric_difference": _over(kind.symmetric_difference, incoming),
        "union": _over(kind.union, incoming),
    }


_add(
    NativeType(
        "set",
        set,
        """Items without order, each once; `set(iterable)` takes the items of anything.

        >>> set([1, 2, 1]) == {1, 2}
        True
        """,
        construct=_set,
        methods={
            **_set_methods(set),
            **methods_of(set, "add clear discard pop remove"),
            "difference_update": _over(set.difference_update, compared),
            "intersection_update": _over(set.intersection_update, compared),
            "symmetric_difference_update": _over(set.symmetric_difference_update, incoming),
            "update": _set_update,
        },
    )
)
_add(
    NativeType(
        "frozenset",
        frozenset,
        """A set that does not change, and can be a key.

        >>> frozenset("aa")
        frozenset({'a'})
        """,
        construct=_frozenset,
        methods=_set_methods(frozenset),
    )
)


# Ranges and slices


def _range_index(self: range, value: Any, /, *rest: Any) -> int:
    if type(value) is int or type(value) is bool or rest:
        return range.index(self, value, *rest)
    for place, item in enumerate(current().meter.items(self)):
        if item == value:
            return place
    raise ValueError("sequence.index(x): x not in sequence")


def _range_count(self: range, value: Any, /, *rest: Any) -> int:
    if type(value) is int or type(value) is bool or rest:
        return range.count(self, value, *rest)
    return sum(item == value for item in current().meter.items(self))


_add(
    NativeType(
        "range",
        range,
        """Whole numbers in steps: `range(stop)`, `range(start, stop, step)`; stop is not among them.

        >>> list(range(3)), list(range(5, 1, -2))
        ([0, 1, 2], [5, 3])
        """,
        construct=range,
        methods={"count": _range_count, "index": _range_index},
        fields=fields_of(range, "start stop step"),
    )
)
_add(
    NativeType(
        "slice",
        slice,
        """A part of a sequence, as between brackets: `slice(stop)`, `slice(start, stop, step)`.

        >>> "abcdef"[slice(1, 4)]
        'bcd'
        """,
        construct=slice,
        methods=methods_of(slice, "indices"),
        fields=fields_of(slice, "start stop step"),
    )
)


# What programs meet without making it


def _throw(self: Any, error: Any, /) -> Any:
    if not (isinstance(error, BaseException) or (isinstance(error, type) and issubclass(error, BaseException))):
        raise TypeError(f"exceptions must be classes or instances deriving from BaseException, not {type_name(error)}")
    return self.throw(raised(error))


_add(NativeType("NoneType", type(None), "The type of None."))
_add(NativeType("ellipsis", type(...), "The type of `...`."))
_add(NativeType("NotImplementedType", type(NotImplemented), "The type of NotImplemented."))
_add(
    NativeType(
        "generator",
        host.GeneratorType,
        "What a function with `yield` gives: its values, one after the other.",
        methods=methods_of(host.GeneratorType, "close send", throw=_throw),
    )
)
for _kind in dict.fromkeys(
    type(iterator)
    for iterator in (
        *map(iter, ([], (), "", "é", b"", {}, {}.values(), {}.items(), set(), range(0), range(1 << 70))),
        *map(reversed, ([], (), {}, {}.values(), {}.items(), range(1 << 70))),  # type: ignore[arg-type]
        iter(str, ""),
        iter(Class("Sequence", (), {"__getitem__": None})()),
        map(abs, ()),
        filter(None, ()),
        zip(),
        enumerate(()),
    )
):
    _add(NativeType(_kind.__name__, _kind, "Gives the values of something, one after the other."))


# Parts of classes


_add(
    NativeType(
        "property",
        property,
        """An attribute that is computed: `@property` above a method; `@name.setter` above the one that sets it.

        >>> class Square:
        ...     def __init__(self, side):
        ...         self.side = side
        ...     @property
        ...     def area(self):
        ...         return self.side ** 2
        >>> Square(3).area
        9
        """,
        construct=property,
        methods=methods_of(property, "deleter getter setter"),
        fields=fields_of(property, "fget fset fdel"),
    )
)
_add(
    NativeType(
        "staticmethod",
        staticmethod,
        """A function in a class that gets no instance: `@staticmethod` above it.

        >>> class Tax:
        ...     @staticmethod
        ...     def of(price):
        ...         return price * 0.2
        >>> Tax.of(10)
        2.0
        """,
        construct=staticmethod,
    )
)
_add(
    NativeType(
        "classmethod",
        classmethod,
        """A method that gets the class in place of an instance: `@classmethod` above it.

        >>> class Point:
        ...     @classmethod
        ...     def origin(cls):
        ...         return cls()
        >>> isinstance(Point.origin(), Point)
        True
        """,
        construct=classmethod,
    )
)


def _super(*arguments: Any) -> Any:
    if not arguments:
        raise RuntimeError("super(): no arguments")
    if len(arguments) != 2:
        raise TypeError(f"super() takes no arguments or a class and an instance, got {len(arguments)}")
    cls, instance = arguments
    if not (type(cls) is Class or (isinstance(cls, type) and issubclass(cls, BaseException))):
        given = cls.name if type(cls) is NativeType else type_name(cls)
        raise TypeError(f"super() takes a class of a program and an instance of it, not {given}")
    return super(cls, instance)


def _type(value: Any, /, *more: Any) -> Any:
    if more:
        raise TypeError("type() takes 1 argument; a class is made by a class statement")
    kind = type(value)
    found = TYPES.get(kind) or UNLISTED.get(kind)
    if found is not None:
        return found
    if kind.__class__ is Class or issubclass(kind, BaseException):
        return kind
    if isinstance(value, type):
        return UNLISTED[type]
    raise TypeError(f"a value of {kind.__name__} has no type in a program")


def _unlist(native_type: NativeType, *hosts: type) -> None:
    UNLISTED.update(dict.fromkeys(hosts, native_type))


_FUNCTIONS = (host.FunctionType, host.BuiltinFunctionType, host.MethodType, type(str.upper), type(str.__add__))

_unlist(NativeType("function", _FUNCTIONS, "A function or a method."), *_FUNCTIONS)
_unlist(NativeType("module", Module, "A module: what `import` gives."), Module)
_unlist(
    NativeType("union", (TypeUnion, host.UnionType), "One of several types: `int | str`."), TypeUnion, host.UnionType
)
_unlist(
    NativeType(
        "super",
        super,
        """The attributes of the classes above: `super()` in a method, or `super(cls, instance)`.

        >>> class Animal:
        ...     def speak(self):
        ...         return "..."
        >>> class Dog(Animal):
        ...     def speak(self):
        ...         return super().speak() + "woof"
        >>> Dog().speak()
        '...woof'
        """,
        construct=_super,
    ),
    super,
)
_unlist(
    NativeType(
        "type",
        (type, NativeType),
        """The type of types; `type(x)` is the type of x.

        >>> type(1), type("a") is str
        (<class 'int'>, True)
        """,
        construct=_type,
    ),
    type,
    Class,
    NativeType,
)
