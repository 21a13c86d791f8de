"""How values look as text: what `str` and `repr` give, formats, and the templates of `str.format` and `%`.

Containers are walked here rather than by the host, so that what is shared a thousand times, or nested in
itself, is neither copied without end nor descended into without end. All texts under way on a thread share
one budget of characters, also those that a `__repr__` of the program makes in the middle of a walk.
"""

from __future__ import annotations

from _operator import index
from _string import formatter_field_name_split, formatter_parser  # type: ignore[import-not-found]
from _thread import _local
from itertools import chain
from types import BuiltinFunctionType, FunctionType, GeneratorType, MethodType

from dana.errors import LimitReached, Stop
from dana.limits import Limits
from dana.run import RUN
from dana.values import NATIVES, PROGRAM_CODE, Class, get_attribute, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

DEPTH = 200
"""How deep containers may be nested in each other to be shown."""

WIDTH = 10_000
"""The widest field that a format may ask for."""

PRECISION = 1_000
"""The most digits after the point, or characters of a text, that a format may ask for."""

NUMBERS = frozenset((int, float, bool, type(None)))
PLAIN = frozenset((*NUMBERS, complex, str, bytes, range, type(Ellipsis), type(NotImplemented)))
"""The types whose values hold no others."""

BRACKETS: dict[type, tuple[str, str, str, str]] = {
    list: ("[", "]", "[]", "[...]"),
    tuple: ("(", ")", "()", "(...)"),
    dict: ("{", "}", "{}", "{...}"),
    set: ("{", "}", "set()", "set(...)"),
    frozenset: ("frozenset({", "})", "frozenset()", "frozenset(...)"),
    type({}.keys()): ("dict_keys([", "])", "dict_keys([])", "..."),
    type({}.values()): ("dict_values([", "])", "dict_values([])", "..."),
    type({}.items()): ("dict_items([", "])", "dict_items([])", "..."),
}
"""For each type of container: what opens and closes it, how it looks without items, and inside of itself."""

_LARGE = 1_000_000
_SMALL = 10_000
_LEVEL = _SMALL // DEPTH


class _Work(_local):
    """What a thread is in the middle of showing: the characters left, and the containers that are open."""

    room: int | None = None

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.shown: dict[int, str | None] = {}
        """How small containers look, by identity, None for others; forgotten when a program may change them."""


_work = _Work()


def text(value: Any) -> str:
    """What `print` and `str` show."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind in PLAIN:
        return str(value)
    if kind in BRACKETS:
        return represent(value)
    if isinstance(value, BaseException):
        return _error_text(value)
    if kind.__class__ is not Class and _is_default(kind, "__str__"):
        return represent(value)
    return str(value)


def represent(value: Any) -> str:
    """What `repr` shows."""
    kind = type(value)
    if kind in PLAIN:
        return repr(value)
    if kind not in BRACKETS:
        return _represent_other(value)
    if _left(value, _SMALL) >= 0:
        return repr(value)
    run = RUN.get(None)
    work = _work
    room = work.room
    if room is None:
        work.room = run.meter.limits.text if run else Limits().text
    parts: list[str] = []
    try:
        _write(value, parts, work, run.meter.charge if run else lambda steps: None)
    finally:
        work.room = room
        work.shown.clear()
    return "".join(parts)


def ascii_text(value: Any) -> str:
    """What `ascii` shows: the repr with escapes for what is not ASCII."""
    return represent(value).encode("ascii", "backslashreplace").decode("ascii")


def format_value(value: Any, spec: str) -> str:
    """A value in an f-string or by `format()`; raises ValueError for a width or precision beyond reason."""
    kind = type(value)
    if kind in PLAIN:
        if not spec:
            return str(value)
    elif not spec and _is_default(kind, "__format__"):
        return text(value)
    if len(spec) > 4 and not hasattr(kind, "strftime") and kind.__class__ is not Class:
        _check_spec(spec)
    return format(value, spec)


def format_text(template: str, arguments: tuple[Any, ...] | None, keywords: Any) -> str:
    """`template.format(*arguments, **keywords)`; for `format_map`, arguments is None.

    Fields may use items and the public attributes of values. Raises as Python does: IndexError, KeyError,
    ValueError for a template that is wrong, AttributeError also for names that begin with an underscore.
    """
    if template in _simple_templates and arguments is not None and _are_short(arguments):
        if not keywords:
            return template.format(*arguments)
        if _are_short(tuple(keywords.values())):
            return template.format(*arguments, **keywords)
    return _filled(_template(template), arguments, keywords)


def percent(template: Any, arguments: Any) -> Any:
    """`template % arguments`, for str and bytes; raises as Python does, and ValueError for widths beyond reason."""
    if template in _simple_directives and _are_short(arguments):
        return template % arguments
    binary = type(template) is bytes
    literal = template.decode("latin-1") if binary else template
    directives = tuple(_directives(literal))
    if len(literal) < 1000 and all(
        key is None and len(options) < 4 and "*" not in options and kind not in ("r", "a")
        for _, key, options, kind, _ in directives
    ):
        if len(_simple_directives) >= 500:
            _simple_directives.clear()
        _simple_directives.add(template)
    parts: list[Any] = []
    given = _Arguments(arguments)
    for before, key, options, kind, at in directives:
        if before:
            parts.append(before.encode("latin-1") if binary else before)
        if not kind:
            continue
        if key is not None:
            given.select(key.encode("latin-1") if binary else key)
        options = _with_stars(options, given)
        value = given.next()
        if kind in "ra":
            value = represent(value) if kind == "r" and not binary else ascii_text(value)
            value, kind = value.encode() if binary else value, "s"
        elif kind == "s" and not binary and type(value) not in PLAIN:
            value = text(value)
        elif kind not in ("diouxXeEfFgGcsb" if binary else "diouxXeEfFgGcs"):
            shown = kind if " " <= kind < "\x7f" else "?"
            raise ValueError(f"unsupported format character '{shown}' ({ord(kind):#x}) at index {at}")
        directive = f"%{options}{kind}"
        parts.append((directive.encode("latin-1") if binary else directive) % (value,))
    given.finish()
    _check_parts(parts)
    return (b"" if binary else "").join(parts)


# Containers and other values


def _left(container: Any, room: int) -> int:
    """What is left of so many characters when a container is shown; below 0 when the host must not show it.

    The host may when all that it will meet are plain values and containers, counted as often as it will.
    """
    if room < 0:
        return -1
    for item in container if type(container) is not dict else chain(container, container.values()):
        kind = type(item)
        if kind is str or kind is bytes:
            room -= len(item) + 4
        elif kind in NUMBERS:
            room -= 8
        elif kind in BRACKETS:
            room = _left(item, room - _LEVEL)
        else:
            return -1
        if room < 0:
            return -1
    return room


def _write(value: Any, parts: list[str], work: _Work, charge: Callable[[int], None]) -> None:
    """Append the repr of a container."""
    kind = type(value)
    opening, closing, empty, inside = BRACKETS[kind]
    if not value:
        opening, closing = empty, ""
    own = id(value)
    if own in work.open:
        _spend(inside, parts, work)
        return
    if len(work.open) >= DEPTH:
        raise _limit(f"a value nested more than {DEPTH} deep cannot be shown")
    charge(len(value))
    work.open.add(own)
    try:
        if kind is dict:
            _write_pairs(value, parts, work, charge)
        else:
            _spend(opening, parts, work)
            _write_items(value if kind is list else tuple(value), parts, work, charge)
            if kind is tuple and len(value) == 1:
                parts.append(",")
            parts.append(closing)
    finally:
        work.open.discard(own)


def _write_items(items: Iterable[Any], parts: list[str], work: _Work, charge: Callable[[int], None]) -> None:
    between = ""
    for item in items:
        if between:
            parts.append(between)
        _write_item(item, parts, work, charge)
        between = ", "


def _write_pairs(pairs: dict[Any, Any], parts: list[str], work: _Work, charge: Callable[[int], None]) -> None:
    between = "{"
    if not pairs:
        _spend("{}", parts, work)
        return
    for key, value in list(pairs.items()):
        parts.append(between)
        _write_item(key, parts, work, charge)
        parts.append(": ")
        _write_item(value, parts, work, charge)
        between = ", "
    parts.append("}")


def _write_item(item: Any, parts: list[str], work: _Work, charge: Callable[[int], None]) -> None:
    kind = type(item)
    if kind in PLAIN:
        _spend(repr(item), parts, work)
    elif kind in BRACKETS:
        own = id(item)
        if own not in work.shown:
            is_small = own not in work.open and _left(item, _SMALL - len(work.open) * _LEVEL) >= 0
            work.shown[own] = repr(item) if is_small else None
        shown = work.shown[own]
        if shown is None:
            _write(item, parts, work, charge)
        else:
            charge(len(shown) // 10)
            _spend(shown, parts, work)
    else:
        work.shown.clear()
        _spend(_represent_other(item), parts, work)
        work.shown.clear()


def _spend(part: str, parts: list[str], work: _Work) -> None:
    """Append a part, if there is room for it."""
    assert work.room is not None
    work.room -= len(part) + 2
    if work.room < 0:
        limits = run.meter.limits if (run := RUN.get(None)) else Limits()
        raise _limit(f"a text of more than {limits.text:,} characters is over the limit", "--max-text")
    parts.append(part)


def _limit(message: str, flag: str | None = None) -> Stop:
    """A limit that was reached, which stops the run if there is one."""
    limit = LimitReached(message, flag)
    return run.meter.stop(limit) if (run := RUN.get(None)) else limit


def _represent_other(value: Any) -> str:
    kind = type(value)
    show = SHOWN.get(kind)
    if show is not None:
        return show(value)
    if isinstance(value, BaseException) and _is_default(kind, "__repr__", BaseException):
        arguments = value.args
        shown = f"({represent(arguments[0])})" if len(arguments) == 1 else represent(arguments)
        return f"{kind.__name__}{shown}"
    if _is_default(kind, "__repr__"):
        return f"<{type_name(value)} object>"
    return repr(value)


def _is_default(kind: type, name: str, top: type = object) -> bool:
    """Whether a type has an operator method from the host's top class, and no other."""
    return getattr(kind, name) is getattr(top, name)


def _function(function: FunctionType) -> str:
    if function.__code__.co_filename == PROGRAM_CODE or id(function) not in NATIVES:
        return f"<function {function.__qualname__}>"
    return f"<built-in function {function.__name__}>"


def _method(method: MethodType) -> str:
    function = method.__func__
    if type(function) is FunctionType and function.__code__.co_filename == PROGRAM_CODE:
        return f"<bound method {function.__qualname__} of {represent(method.__self__)}>"
    name = getattr(function, "__name__", "?")
    return f"<built-in method {name} of {type_name(method.__self__)} object>"


SHOWN: dict[type, Callable[[Any], str]] = {
    FunctionType: _function,
    BuiltinFunctionType: lambda function: f"<built-in function {function.__name__}>",
    MethodType: _method,
    GeneratorType: lambda generator: f"<generator object {generator.__qualname__}>",
    slice: lambda value: f"slice{represent((value.start, value.stop, value.step))}",
    staticmethod: lambda method: f"<staticmethod({represent(method.__func__)})>",
    classmethod: lambda method: f"<classmethod({represent(method.__func__)})>",
}
"""How values of a type look whose host would show other values, or addresses; a library may add its own."""

_ERROR_TEXTS: dict[type[BaseException], tuple[str, ...]] = {
    OSError: ("errno", "strerror", "filename", "filename2"),
    ImportError: ("msg",),
    SyntaxError: ("msg", "filename", "lineno"),
    UnicodeDecodeError: ("encoding", "object", "start", "end", "reason"),
    UnicodeEncodeError: ("encoding", "object", "start", "end", "reason"),
}
"""The fields that the host shows of errors."""


def _error_text(error: BaseException) -> str:
    show: object = type(error).__str__
    is_key = show is KeyError.__str__
    if is_key or show is BaseException.__str__:
        arguments = error.args
        if not arguments:
            return ""
        if len(arguments) > 1:
            return represent(arguments)
        return represent(arguments[0]) if is_key else text(arguments[0])
    if isinstance(error, (UnicodeDecodeError, UnicodeEncodeError)) and not _is_inside(error):
        return represent(error.args)
    for kind, fields in _ERROR_TEXTS.items():
        if show is kind.__str__:
            shown = chain(error.args, (getattr(error, field, None) for field in fields))
            if not PLAIN.issuperset(map(type, shown)):
                return represent(error.args)
    return str(error)


def _is_inside(error: UnicodeDecodeError | UnicodeEncodeError) -> bool:
    """Whether the places that an error names lie in its object: the host reads there without looking."""
    return 0 <= error.start < error.end <= len(error.object)


# Formats


_accepted: set[str] = set()


def _check_spec(spec: str) -> None:
    """Refuse a width or a precision beyond reason; anything else that is wrong is left to the host."""
    if spec in _accepted:
        return
    rest = spec[2:] if spec[1] in "<>=^" else spec
    digits = ""
    dotted = False
    for character in rest + ";":
        if character.isdecimal():
            digits += character
            continue
        _check_size(digits, dotted)
        digits = ""
        dotted = character == "."
    if len(_accepted) < 1000 and len(spec) < 100:
        _accepted.add(spec)


def _check_size(digits: str, is_precision: bool) -> None:
    what, most = ("precision", PRECISION) if is_precision else ("width", WIDTH)
    digits = digits.lstrip("0")
    if len(digits) > 6 or (digits and int(digits) > most):
        size = f"{int(digits):,}" if len(digits) <= 20 else f"{len(digits)} digits"
        raise ValueError(f"a {what} of {size} in a format is over the limit of {most:,}")


def _check_parts(parts: list[Any]) -> None:
    """Refuse to join more than a text may hold."""
    size = sum(map(len, parts))
    if size > _LARGE and (run := RUN.get(None)):
        run.meter.check_text(size)


# Templates of str.format


class _Numbering:
    """Whether the fields of a template are numbered by hand, and else the number of the next."""

    __slots__ = ("_automatic", "_next")

    def __init__(self) -> None:
        self._automatic: bool | None = None
        self._next = 0

    def resolve(self, first: str | int) -> str | int:
        """The number or the name of the argument that a field begins with."""
        if first == "":
            if self._automatic is False:
                raise ValueError("cannot switch from manual field specification to automatic field numbering")
            self._automatic = True
            self._next += 1
            return self._next - 1
        if type(first) is int:
            if self._automatic:
                raise ValueError("cannot switch from automatic field numbering to manual field specification")
            self._automatic = False
        return first


class _Field:
    """A field of a template, and the text before it."""

    __slots__ = ("before", "conversion", "first", "spec", "steps")

    def __init__(
        self,
        before: str,
        first: str | int | None,
        steps: tuple[tuple[bool, str | int], ...],
        spec: str | tuple[_Field, ...],
        conversion: str | None,
    ) -> None:
        self.before = before
        self.first = first
        """The number or the name of an argument; None where only text remains."""
        self.steps = steps
        """The attributes (True) and items (False) that lead on from there."""
        self.spec = spec
        self.conversion = conversion


_templates: dict[str, tuple[_Field, ...]] = {}

_simple_templates: set[str] = set()
"""Those of them that the host may fill in with plain values."""


def _template(template: str) -> tuple[_Field, ...]:
    """The fields of a template."""
    found = _templates.get(template)
    if found is None:
        found = _fields(template, _Numbering(), 2)
        if len(template) < 1000:
            if len(_templates) >= 500:
                _templates.clear()
                _simple_templates.clear()
            _templates[template] = found
            if all(not field.steps and type(field.spec) is str and len(field.spec) < 5 for field in found):
                _simple_templates.add(template)
    return found


def _fields(template: str, numbering: _Numbering, levels: int) -> tuple[_Field, ...]:
    if not levels:
        raise ValueError("Max string recursion exceeded")
    fields: list[_Field] = []
    for before, name, spec, conversion in formatter_parser(template):
        if name is None:
            fields.append(_Field(before, None, (), "", None))
            continue
        first, steps = formatter_field_name_split(name)
        first = numbering.resolve(first)
        nested = _fields(spec, numbering, levels - 1) if "{" in spec or "}" in spec else spec
        fields.append(_Field(before, first, tuple(steps), nested, conversion))
    return tuple(fields)


def _filled(template: tuple[_Field, ...], arguments: tuple[Any, ...] | None, keywords: Any) -> str:
    """A template with its fields filled in."""
    parts: list[str] = []
    for field in template:
        if field.before:
            parts.append(field.before)
        first = field.first
        if first is None:
            continue
        if type(first) is str:
            value = keywords[first]
        elif arguments is None:
            raise ValueError("Format string contains positional fields")
        else:
            try:
                value = arguments[first]  # type: ignore[index]
            except IndexError:
                raise IndexError(f"Replacement index {first} out of range for positional args tuple") from None
        for is_attribute, name in field.steps:
            value = _attribute(value, str(name)) if is_attribute else value[name]
        if field.conversion is not None:
            value = _converted(value, field.conversion)
        spec = field.spec
        if type(spec) is not str:
            spec = _filled(spec, arguments, keywords)  # type: ignore[arg-type]
        parts.append(value if type(value) is str and not spec else format_value(value, spec))
    _check_parts(parts)
    return "".join(parts)


def _attribute(value: Any, name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"'{type_name(value)}' object attribute '{name}' cannot be read by a format", name=name)
    found = get_attribute(value, name)
    if type(found) in (MethodType, FunctionType, BuiltinFunctionType):
        raise AttributeError(f"'{type_name(value)}' has no field '{name}' to format", name=name, obj=value)
    return found


def _converted(value: Any, conversion: str) -> str:
    if conversion == "r":
        return represent(value)
    if conversion == "s":
        return text(value)
    if conversion == "a":
        return ascii_text(value)
    raise ValueError(f"Unknown conversion specifier {conversion}")


# Templates of %


class _Arguments:
    """What stands to the right of `%`, consumed from the left."""

    __slots__ = ("_consumed", "_given", "_is_mapping", "_mapping")

    def __init__(self, given: Any) -> None:
        self._mapping = given
        self._is_mapping = type(given) not in (tuple, str, bytes) and hasattr(type(given), "__getitem__")
        self._given: tuple[Any, ...] = given if isinstance(given, tuple) else (given,)
        self._consumed = 0

    def select(self, key: str | bytes) -> None:
        """Make the value of a key what comes next."""
        if not self._is_mapping:
            raise TypeError("format requires a mapping")
        self._given, self._consumed = (self._mapping[key],), 0

    def next(self) -> Any:
        if self._consumed >= len(self._given):
            raise TypeError("not enough arguments for format string")
        self._consumed += 1
        return self._given[self._consumed - 1]

    def finish(self) -> None:
        """Refuse what is left over."""
        if self._consumed < len(self._given) and not self._is_mapping:
            raise TypeError("not all arguments converted during string formatting")


_simple_directives: set[str | bytes] = set()
"""Templates whose directives need no look before the host fills them in with plain values."""


def _are_short(arguments: Any) -> bool:
    """Whether what stands to the right of `%` are plain values, no long texts among them."""
    for argument in arguments if type(arguments) is tuple else (arguments,):
        kind = type(argument)
        if kind is str or kind is bytes:
            if len(argument) > _SMALL:
                return False
        elif kind not in PLAIN:
            return False
    return True


def _directives(template: str) -> Iterator[tuple[str, str | None, str, str, int]]:
    """The parts of a template: text before, key, flags with width and precision, letter, its place."""
    end = 0
    while (at := template.find("%", end)) >= 0:
        before = template[end:at]
        at += 1
        if template.startswith("%", at):
            yield before + "%", None, "", "", at
            end = at + 1
            continue
        key = None
        if template.startswith("(", at):
            key, at = _key(template, at + 1)
        start = at
        while template[at : at + 1] in ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "#", "-", "+", " ", "*", "."):
            at += 1
        options = template[start:at]
        if template[at : at + 1] in ("h", "l", "L"):
            at += 1
        if at >= len(template):
            raise ValueError("incomplete format")
        yield before, key, options, template[at], at
        end = at + 1
    yield template[end:], None, "", "", end


def _key(template: str, start: int) -> tuple[str, int]:
    """The key of `%(key)s`, which may hold parentheses, and the place after it."""
    depth = 1
    for at in range(start, len(template)):
        depth += (template[at] == "(") - (template[at] == ")")
        if not depth:
            return template[start:at], at + 1
    raise ValueError("incomplete format key")


def _with_stars(options: str, given: _Arguments) -> str:
    """Flags, width and precision with each `*` replaced by an argument; refuses sizes beyond reason."""
    if len(options) <= 3 and "*" not in options:
        return options
    flags = options[: len(options) - len(options.lstrip("#-+ 0"))]
    width, dot, precision = options[len(flags) :].partition(".")
    if width == "*":
        width = _star(given)
    if precision == "*":
        precision = _star(given)
        precision = "0" if precision.startswith("-") else precision
    _check_size(width.lstrip("-"), False)
    _check_size(precision, True)
    return flags + width + dot + precision


def _star(given: _Arguments) -> str:
    value = given.next()
    if not isinstance(value, int):
        raise TypeError("* wants int")
    if not -(10**18) < value < 10**18:
        raise OverflowError("a width in a format does not fit")
    return str(index(value))
