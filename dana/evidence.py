"""Evidence: what a program does with an answer and states about it, and the shape that follows from that."""

from __future__ import annotations

from dana import nodes
from dana.answers import Anything, Boolean, Either, List, Literal, Number, Object, Shape, String, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Named = Callable[[str], Shape | None]

DEEPEST = 4
"""How many containers inside one another are followed."""


class Use:
    """What a program does with an answer or a part of it."""

    __slots__ = (
        "boolean", "declared", "first", "free", "guarded", "item", "keys", "length", "literals", "mentioned", "name",
        "null", "number", "opened", "parent", "required", "rest", "sequence", "shown_if_true", "text", "truth", "whole",
    )  # fmt: skip

    def __init__(self, parent: Use | None = None, name: str | None = None) -> None:
        self.parent = parent
        self.name = name
        """The key under which the parent holds this part."""
        self.first = 0
        """The offset at which the program first reads it: keys come in this order."""
        self.declared: Shape | None = None
        self.keys: dict[str, Use] = {}
        self.mentioned: set[str] = set()
        """Keys that were only looked for with `in`."""
        self.required: set[str] = set()
        self.free: set[str] = set()
        """Keys that are read whatever the value of a tag."""
        self.guarded: dict[str, dict[str, set[str]]] = {}
        """For keys that are not: the tags, and under which of their literals the key is read."""
        self.rest: Use | None = None
        self.opened = False
        self.item: Use | None = None
        self.sequence = ""
        """Why it is a list: "items" when items are taken, "length" when only their number is."""
        self.length: int | None = None
        self.literals: dict[str, None] = {}
        self.boolean = self.truth = self.shown_if_true = False
        self.number = self.whole = self.text = self.null = False

    def key(self, name: str, at: int) -> Use:
        """The part under a key that is read at an offset of the source."""
        found = self.keys.get(name)
        if found is None:
            found = self.keys[name] = Use(self, name)
            found.first = at
        found.first = min(found.first, at)
        return found

    def items(self) -> Use:
        self.sequence = "items"
        if self.item is None:
            self.item = Use()
        return self.item

    def values(self) -> Use:
        self.opened = True
        if self.rest is None:
            self.rest = Use()
        return self.rest

    # The shape

    def shape(self, whole: bool = False) -> Shape:
        """What the answer has to be; `whole` for an answer, not a part of one."""
        if self.declared is not None:
            return self._filled(self.declared)
        found = self._found(whole)
        if self.null and type(found) not in (Anything, Text):
            return Either((found, Literal(None)))
        return found

    def _filled(self, declared: Shape) -> Shape:
        """A declared `dict` or `list` says nothing of what is in it: use does."""
        if type(declared) is Object and not declared.fields and type(declared.rest) is Anything and self.keys:
            return self._object(Anything())
        if type(declared) is List and type(declared.item) is Anything and self.item is not None:
            return List(self.item.shape(), declared.length)
        return declared

    def _found(self, whole: bool) -> Shape:
        solid = len(self.keys) > len(self.mentioned)
        if solid:
            return self._object()
        if len(self.literals) > 1:
            return String(self.literals)
        if self.sequence == "items":
            item = self.items().shape()
            if self.mentioned and type(item) is Anything:
                item = String()
            return List(item, self.length)
        if self.opened:
            return self._object()
        if self.text:
            return Text() if whole else String()
        if self.mentioned:
            return self._object()
        if self.sequence:
            return List(Anything())
        if self.number or self.whole:
            return Number(whole=self.whole)
        if self.literals:
            return Text() if whole else String()
        if self.boolean or (self.truth and not self.shown_if_true):
            return Boolean()
        return Text() if whole else Anything()

    def _object(self, rest: Shape | None = None) -> Shape:
        if self.rest is not None or not self.keys:
            rest = self.values().shape()
        keys = sorted(self.keys.items(), key=lambda entry: entry[1].first)
        tag = self._tag()
        if tag is None:
            fields = {key: use.shape() for key, use in keys}
            return Object(fields, self.keys.keys() - self.required, rest)
        variants = []
        for literal in self.keys[tag].literals:
            fields = {tag: Literal(literal)}
            for key, use in keys:
                if key != tag and (key in self.free or literal in self.guarded.get(key, {}).get(tag, ())):
                    fields[key] = use.shape()
            variants.append(Object(fields, self.keys.keys() - self.required, rest))
        return Either(variants)

    def _tag(self) -> str | None:
        """The key whose value decides which others there are."""
        guarded = [tags for key, tags in self.guarded.items() if key not in self.free]
        for key, use in self.keys.items():
            if len(use.literals) > 1 and key in self.required and any(key in tags for tags in guarded):
                return key
        return None


class Value:
    """What an expression may stand for: answers and parts of them, containers of these, functions of the program.

    `kinds` are "number", "text" and "list" where that is certain; `constants` the texts that a constant list holds
    or the keys of a constant dict.
    """

    __slots__ = ("constants", "fields", "functions", "items", "kinds", "parts", "uses")

    def __init__(
        self,
        uses: frozenset[Use] = frozenset(),
        items: Value | None = None,
        parts: tuple[Value, ...] | None = None,
        fields: dict[str, Value] | None = None,
        functions: frozenset[Any] = frozenset(),
        kinds: frozenset[str] = frozenset(),
        constants: tuple[str, ...] | None = None,
    ) -> None:
        self.uses = uses
        self.items = items
        self.parts = parts
        self.fields = fields
        self.functions = functions
        self.kinds = kinds
        self.constants = constants

    def signature(self, depth: int = 0) -> Any:
        """What tells two values apart."""
        if depth > DEEPEST:
            return None
        return (
            frozenset(map(id, self.uses)),
            self.items and self.items.signature(depth + 1),
            self.parts and tuple(part.signature(depth + 1) for part in self.parts),
            self.fields and tuple((key, value.signature(depth + 1)) for key, value in sorted(self.fields.items())),
            frozenset(map(id, self.functions)),
        )

    @property
    def empty(self) -> bool:
        return not (self.uses or self.items or self.parts or self.fields or self.functions)


NOTHING = Value()
A_NUMBER = Value(kinds=frozenset(("number",)))
A_TEXT = Value(kinds=frozenset(("text",)))
A_LIST = Value(kinds=frozenset(("list",)))


def join(one: Value, other: Value, depth: int = 0) -> Value:
    """What may be either of two values."""
    if one is other or other is NOTHING or depth > DEEPEST:
        return one
    if one is NOTHING:
        return other
    items = one.items
    if other.items is not None:
        items = other.items if items is None else join(items, other.items, depth + 1)
    parts = one.parts if other.parts is None else other.parts if one.parts is None else None
    if one.parts is not None and other.parts is not None:
        if len(one.parts) == len(other.parts):
            parts = tuple(join(a, b, depth + 1) for a, b in zip(one.parts, other.parts, strict=True))
        else:
            for part in (*one.parts, *other.parts):
                items = part if items is None else join(items, part, depth + 1)
    fields = one.fields if other.fields is None else other.fields if one.fields is None else None
    if one.fields is not None and other.fields is not None:
        fields = {
            key: join(one.fields.get(key, NOTHING), other.fields.get(key, NOTHING), depth + 1)
            for key in (*one.fields, *other.fields)
        }
    return of_both(one, other, items, parts, fields)


def of_both(
    one: Value,
    other: Value,
    items: Value | None,
    parts: tuple[Value, ...] | None,
    fields: dict[str, Value] | None,
) -> Value:
    """What may be either of two values, when what is in them is known already."""
    return Value(
        one.uses | other.uses,
        items,
        parts,
        fields,
        one.functions | other.functions,
        one.kinds & other.kinds,
        one.constants if one.constants == other.constants else None,
    )


class UnknownType(Exception):
    """An annotation names something that is not the type of an answer."""


def _nobody(name: str) -> Shape | None:
    return None


def stated_shape(node: nodes.Node, named: Named = _nobody) -> Shape:
    """The shape that a type stands for; raises UnknownType with the text to say.

    `named` gives the shape of a type that the program defines, or None.
    """
    shape = stated(node, named)
    return Text() if type(shape) is String and not shape.choices else shape


PLAIN_TYPES: dict[str, Callable[[], Shape]] = {
    "int": lambda: Number(whole=True),
    "float": Number,
    "str": String,
    "bool": Boolean,
    "dict": lambda: Object({}, (), Anything()),
    "Dict": lambda: Object({}, (), Anything()),
    "list": lambda: List(Anything()),
    "List": lambda: List(Anything()),
    "object": Anything,
    "Any": Anything,
    "any": Anything,
}


def stated(node: Any, named: Named = _nobody) -> Shape:
    """The same, for a part of an answer."""
    kind = type(node)
    if kind is nodes.Name:
        made = PLAIN_TYPES.get(node.id)
        found = named(node.id) if made is None else made()
        if found is None:
            raise UnknownType(node.id)
        return found
    if kind is nodes.Constant:
        if type(node.value) is str and node.value in PLAIN_TYPES:
            return PLAIN_TYPES[node.value]()
        if type(node.value) is str:
            return String((node.value,))
        if node.value is None or type(node.value) in (bool, int, float):
            return Literal(node.value)
    if kind is nodes.BinaryOperation and node.operator == "|":
        return _either([stated(node.left, named), stated(node.right, named)])
    if kind is nodes.Comparison and node.operators == ("in",):
        return _ranged(node, named)
    if kind is nodes.Attribute:
        return stated(nodes.Name(node.start, node.end, node.name), named)
    if kind is nodes.Subscript and type(node.value) in (nodes.Name, nodes.Attribute):
        name = node.value.id if type(node.value) is nodes.Name else node.value.name
        inside = node.key.items if type(node.key) is nodes.TupleDisplay else (node.key,)
        if name in ("list", "List", "Sequence", "Iterable", "set", "frozenset") and len(inside) == 1:
            return List(stated(inside[0], named))
        if name in ("dict", "Dict", "Mapping") and len(inside) == 2:
            return Object({}, (), stated(inside[1], named))
        if name == "Optional" and len(inside) == 1:
            return _either([stated(inside[0], named), Literal(None)])
        if name in ("Union", "Literal"):
            return _either([stated(part, named) for part in inside])
        raise UnknownType(name)
    raise UnknownType("this")


def _ranged(node: nodes.Comparison, named: Named) -> Shape:
    """`int in 0..100`, `float in 0..1 | None`: a number between two others, both of them included."""
    limits, base = node.others[0], stated(node.first, named)
    if type(base) is not Number or type(limits) is not nodes.BinaryOperation or limits.operator != "..":
        raise UnknownType("this")
    others: list[Shape] = []
    last = limits.right
    while type(last) is nodes.BinaryOperation and last.operator == "|":
        others.insert(0, stated(last.right, named))
        last = last.left
    low, high = _limit(limits.left), _limit(last)
    if low > high:
        raise UnknownType(f"{low}..{high}")
    return _either([Number(base.whole, low, high), *others]) if others else Number(base.whole, low, high)


def _limit(node: nodes.Expression) -> float:
    sign = 1
    if type(node) is nodes.UnaryOperation and node.operator in "+-":
        sign, node = (-1 if node.operator == "-" else 1), node.operand
    if type(node) is nodes.Constant and type(node.value) in (int, float):
        return sign * node.value  # type: ignore[operator]
    raise UnknownType("this")


def _either(shapes: list[Shape]) -> Shape:
    """One of these: texts become choices of one shape."""
    flat = [member for shape in shapes for member in (shape.members if type(shape) is Either else (shape,))]
    choices = [choice for shape in flat if type(shape) is String for choice in shape.choices]
    members: list[Shape] = []
    for shape in flat:
        if type(shape) is String and shape.choices:
            if not any(type(member) is String and member.choices for member in members):
                members.append(String(dict.fromkeys(choices)))
        elif shape not in members:
            members.append(shape)
    return members[0] if len(members) == 1 else Either(members)
