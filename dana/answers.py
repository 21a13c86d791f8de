"""Shapes of answers: what a model is asked for, as a JSON schema, and whether what it said is that."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Mismatch(Exception):
    """An answer is not of its shape: `path` says where (as the program would write it), `wanted` and `got` what."""

    def __init__(self, path: str, wanted: str, got: str) -> None:
        super().__init__(f"{path}: wanted {wanted}, got {got}")
        self.path = path
        self.wanted = wanted
        self.got = got


class Shape:
    """What an answer has to be."""

    __slots__ = ("description",)

    def __init__(self) -> None:
        self.description: str | None = None
        """What a struct's field says about itself."""

    def schema(self) -> dict[str, Any]:
        """The JSON schema of this shape."""
        raise NotImplementedError

    def words(self) -> str:
        """The shape in a person's words, as in "wanted ..."."""
        raise NotImplementedError

    def check(self, value: Any, path: str) -> Any:
        """The value, if it is of this shape; raises Mismatch."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shape) and type(self) is type(other) and self.schema() == other.schema()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.schema()}>"

    def strict(self) -> bool:
        """Whether the schema says everything: no open objects, nothing optional, nothing of any type."""
        return True

    def _wrong(self, value: Any, path: str) -> Mismatch:
        return Mismatch(path, self.words(), shown(value))


class Text(Shape):
    """The answer as the model wrote it; only a whole answer can be that."""

    __slots__ = ()

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def words(self) -> str:
        return "text"

    def check(self, value: Any, path: str) -> Any:
        if type(value) is not str:
            raise self._wrong(value, path)
        return value


class Anything(Shape):
    """Any JSON."""

    __slots__ = ()

    def schema(self) -> dict[str, Any]:
        return {}

    def words(self) -> str:
        return "any JSON value"

    def check(self, value: Any, path: str) -> Any:
        return value

    def strict(self) -> bool:
        return False


class Boolean(Shape):
    """`true` or `false`."""

    __slots__ = ()

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def words(self) -> str:
        return "true or false"

    def check(self, value: Any, path: str) -> Any:
        if type(value) is not bool:
            raise self._wrong(value, path)
        return value


class Number(Shape):
    """A number, or a whole one, from `low` to `high` where those are given."""

    __slots__ = ("high", "low", "whole")

    def __init__(self, whole: bool = False, low: float | None = None, high: float | None = None) -> None:
        super().__init__()
        self.whole = whole
        self.low = low
        self.high = high

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "integer" if self.whole else "number"}
        if self.low is not None:
            made["minimum"] = self.low
        if self.high is not None:
            made["maximum"] = self.high
        return made

    def words(self) -> str:
        noun = "a whole number" if self.whole else "a number"
        if self.low is not None and self.high is not None:
            return f"{noun} from {self.low} to {self.high}"
        if self.low is not None:
            return f"{noun} of at least {self.low}"
        return noun if self.high is None else f"{noun} of at most {self.high}"

    def check(self, value: Any, path: str) -> Any:
        kind = type(value)
        if kind is not int and kind is not float:
            raise self._wrong(value, path)
        if self.whole and kind is float:
            if not value.is_integer():
                raise self._wrong(value, path)
            value = int(value)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise self._wrong(value, path)
        return value


class String(Shape):
    """Text inside an answer, or one of some texts."""

    __slots__ = ("choices",)

    def __init__(self, choices: Iterable[str] = ()) -> None:
        super().__init__()
        self.choices = tuple(choices)

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "string"}
        if self.choices:
            made["enum"] = list(self.choices)
        return made

    def words(self) -> str:
        return "one of " + ", ".join(map(shown, self.choices)) if self.choices else "text"

    def check(self, value: Any, path: str) -> Any:
        if type(value) is not str or (self.choices and value not in self.choices):
            raise self._wrong(value, path)
        return value


class Literal(Shape):
    """One certain value: None, a truth value, a number or a text."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def schema(self) -> dict[str, Any]:
        return {"type": "null"} if self.value is None else {"const": self.value}

    def words(self) -> str:
        return "null" if self.value is None else shown(self.value)

    def check(self, value: Any, path: str) -> Any:
        if type(value) is not type(self.value) or value != self.value:
            raise self._wrong(value, path)
        return value


class List(Shape):
    """A list of items of one shape; of a certain length where that is given."""

    __slots__ = ("item", "length")

    def __init__(self, item: Shape, length: int | None = None) -> None:
        super().__init__()
        self.item = item
        self.length = length

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "array", "items": described(self.item)}
        if self.length is not None:
            made["minItems"] = made["maxItems"] = self.length
        return made

    def words(self) -> str:
        return "a list" if self.length is None else f"a list of {self.length}"

    def check(self, value: Any, path: str) -> Any:
        if type(value) is not list or self.length not in (None, len(value)):
            raise self._wrong(value, path)
        return [self.item.check(item, f"{path}[{at}]") for at, item in enumerate(value)]

    def strict(self) -> bool:
        return self.item.strict()


class Object(Shape):
    """An object with known keys (name to shape; those in `optional` may be missing), and others of shape `rest`.

    Without `rest` none but the known keys are asked for. Should others come all the same, they stay.
    """

    __slots__ = ("fields", "name", "optional", "rest")

    def __init__(
        self, fields: dict[str, Shape], optional: Iterable[str] = (), rest: Shape | None = None, name: str | None = None
    ) -> None:
        super().__init__()
        self.fields = fields
        self.optional = frozenset(optional)
        self.rest = rest
        self.name = name

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "object"}
        if self.fields or self.rest is None:
            made["properties"] = {key: described(shape) for key, shape in self.fields.items()}
            made["required"] = [key for key in self.fields if key not in self.optional]
        made["additionalProperties"] = False if self.rest is None else described(self.rest)
        return made

    def words(self) -> str:
        if self.name is not None:
            return f"a {self.name}"
        if not self.fields:
            return "an object"
        return "an object with " + ", ".join(f'"{key}"' for key in self.fields if key not in self.optional)

    def check(self, value: Any, path: str) -> Any:
        if type(value) is not dict:
            raise self._wrong(value, path)
        checked = {}
        for key, item in value.items():
            shape = self.fields.get(key, self.rest)
            checked[key] = item if shape is None else shape.check(item, f"{path}[{shown(key)}]")
        for key, shape in self.fields.items():
            if key not in value and key not in self.optional:
                raise Mismatch(f"{path}[{shown(key)}]", shape.words(), "nothing: the key is missing")
        return checked

    def strict(self) -> bool:
        return self.rest is None and not self.optional and all(shape.strict() for shape in self.fields.values())


class Either(Shape):
    """One of several shapes."""

    __slots__ = ("members",)

    def __init__(self, members: Iterable[Shape]) -> None:
        super().__init__()
        self.members = tuple(members)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [described(member) for member in self.members]}

    def words(self) -> str:
        return " or ".join(member.words() for member in self.members)

    def check(self, value: Any, path: str) -> Any:
        failures = []
        for member in self.members:
            try:
                return member.check(value, path)
            except Mismatch as mismatch:
                failures.append(mismatch)
        inside = [mismatch for mismatch in failures if mismatch.path != path]
        meant = [mismatch for mismatch in inside if not _is_tag(mismatch, self.members, path)]
        if len(meant) == 1:  # the others are of another kind altogether
            raise meant[0]
        raise self._wrong(value, path)

    def strict(self) -> bool:
        return all(member.strict() for member in self.members)


def _is_tag(mismatch: Mismatch, members: tuple[Shape, ...], path: str) -> bool:
    """Whether a mismatch says only that an object is of another variant."""
    return any(
        type(shape) is Literal and mismatch.path == f"{path}[{shown(key)}]" and mismatch.wanted == shape.words()
        for member in members
        if type(member) is Object
        for key, shape in member.fields.items()
    )


def described(shape: Shape) -> dict[str, Any]:
    """The schema of a part, with what its field says about itself."""
    made = shape.schema()
    return made if shape.description is None else {**made, "description": shape.description}


def asked_schema(shape: Shape) -> tuple[dict[str, Any], bool]:
    """The schema that is sent, and whether the answer stands in it under "answer": endpoints want an object on top."""
    if type(shape) is Object:
        return shape.schema(), False
    return {
        "type": "object",
        "properties": {"answer": shape.schema()},
        "required": ["answer"],
        "additionalProperties": False,
    }, True


_SHOWN = 60


def shown(value: Any) -> str:
    """A value in a message: as JSON, cut where it is long."""
    from json import dumps

    if isinstance(value, dict):
        keys = ", ".join(dumps(str(key), ensure_ascii=False) for key in list(value)[:6])
        return f"an object with {keys}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + '..."'
