"""Writes the text of programs, piece by piece, from draws of hypothesis.

Each piece has a kind (integer, real, text, ...), so that most programs do something; errors come from values
(zero, a missing key, an empty list) and from pieces of any kind. Sizes stay small by construction: operands of
powers and repetitions are reduced, variables are cut after they grow, and every loop and call counts a step.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

ERRORS = [
    "ZeroDivisionError",
    "OverflowError",
    "IndexError",
    "KeyError",
    "NameError",
    "AttributeError",
    "UnicodeError",
    "ValueError",
    "TypeError",
    "AssertionError",
    "StopIteration",
    "RuntimeError",
    "Exception",
]
"""Names of exceptions, each before those that it derives from.

Without UnboundLocalError: in a comprehension, Python 3.11 raises a plain NameError where 3.12 raises that one.
"""

INTEGERS = "0 1 2 3 7 10 -1 -2 -5 255 1_000 0x1F 0b101 2**31 -2**63 10**20".split()
REALS = "0.0 -0.0 0.5 1.5 2.5 -2.5 1e-7 0.1 3.14 1e16 1e300 -7.25 5e-324".split()
TEXTS = [*'a ab abc é 10 -3 a,b,,c it\'s "q" 日本 {}'.split(), "", " x ", "A b", "tab\t", "line\nend"]
INTEGER_SPECS = ["", *"5 <6 >8 ^7 05 + , x b #o e .2f".split()]
REAL_SPECS = ["", *"10 .2f +.1e g 012.3f % ,.1f".split()]
TEXT_SPECS = ["", *"5 <6 >8 *^9 .2 10.1".split()]
ORDERS = "< <= > >= == !=".split()
TEXT_METHODS = "upper() lower() strip() title() swapcase() capitalize() zfill(5)".split()
PATTERNS = ["0 | 1 | -1", "int({0})", "str()", "[int({0}), *_]", "[]", "None | True", "{{'a': _}}", "float() | bool()"]
OPERATOR_METHODS = "__add__ __radd__ __sub__ __mul__ __eq__ __lt__ __mod__ __iadd__ __contains__".split()


between = functools.cache(st.integers)
"""The strategy for integers in a range; programs draw from the same few ranges thousands of times."""


class Writer:
    """Writes pieces of a program; `names` are the variables that each kind of expression may read."""

    def __init__(self, draw: Callable[[Any], Any], names: dict[str, list[str]] | None = None) -> None:
        self.draw = draw
        self.names = {kind: list(found) for kind, found in (names or {}).items()}
        self.fresh = 0

    def number(self, low: int, high: int) -> int:
        drawn: int = self.draw(between(low, high))
        return drawn

    def chance(self, percent: int) -> bool:
        return self.number(1, 100) <= percent

    def pick(self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]

    def new_name(self, prefix: str) -> str:
        self.fresh += 1
        return f"{prefix}{self.fresh}"

    def leaf(self, kind: str, literals: list[str]) -> str:
        """A variable of the kind, if there is one, or a literal."""
        found = self.names.get(kind, [])
        literal = self.pick(found if found and self.chance(60) else literals)
        return f"({literal})" if literal.startswith("-") or "**" in literal else literal

    def within(self, kind: str, name: str, write: Callable[[], str]) -> str:
        """What `write` writes while `name` is a variable of the kind."""
        self.names.setdefault(kind, []).append(name)
        try:
            return write()
        finally:
            self.names[kind].remove(name)

    # Expressions

    def integer(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf("integer", INTEGERS)
        inner = depth - 1
        match self.number(0, 17):
            case 0 | 1:
                return self.leaf("integer", INTEGERS)
            case 2 | 3:
                return f"({self.integer(inner)} {self.pick(['+', '-', '*'])} {self.integer(inner)})"
            case 4:
                return f"({self.integer(inner)} {self.pick(['//', '%'])} {self.integer(inner)})"
            case 5:
                return f"({self.integer(inner)} {self.pick(['&', '^', '|'])} {self.integer(inner)})"
            case 6:
                return f"({self.pick(['-', '+', '~'])}{self.integer(inner)})"
            case 7:
                return f"({self.integer(inner)} {self.pick(['<<', '>>'])} {self.number(0, 9)})"
            case 8:
                return f"(({self.integer(inner)} % 97) ** {self.number(0, 4)})"
            case 9:
                return f"({self.integer(inner)} if {self.boolean(inner)} else {self.integer(inner)})"
            case 10:
                return f"len({self.pick([self.text, self.listing, self.mapping])(inner)})"
            case 11:
                call = self.pick(["abs({0})", "min({0}, {1})", "max({0}, {1})", "divmod({0}, {1})[0]", "int(str({0}))"])
                return call.format(self.integer(inner), self.integer(inner))
            case 12:
                return f"sum({self.listing(inner)})"
            case 13:
                return f"{self.listing(inner)}[{self.index(inner)}]"
            case 14:
                return f"{self.mapping(inner)}[{self.text(inner)}]"
            case 15:
                return f"{self.mapping(inner)}.get({self.text(inner)}, {self.integer(inner)})"
            case 16:
                method = self.pick(["{0}.count({1})", "{0}.find({1})", "{0}.index({1})", "int({0})"])
                return method.format(self.text(inner), self.text(inner))
            case _:
                return f"(lambda a, b={self.integer(inner)}: a - b)({self.integer(inner)})"

    def index(self, depth: int) -> str:
        return str(self.number(-3, 3)) if self.chance(70) else self.integer(depth)

    def real(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf("real", REALS)
        inner = depth - 1
        match self.number(0, 7):
            case 0:
                return self.leaf("real", REALS)
            case 1 | 2:
                return f"({self.real(inner)} {self.pick(['+', '-', '*', '/', '//', '%'])} {self.quantity(inner)})"
            case 3:
                return f"({self.integer(inner)} / {self.integer(inner)})"
            case 4:
                return f"round({self.real(inner)}, {self.number(0, 3)})"
            case 5:
                return f"float({self.pick([self.integer, self.text])(inner)})"
            case 6:
                return f"({self.real(inner)} ** {self.number(0, 3)})"
            case _:
                return f"{self.pick(['abs', '-'])}({self.real(inner)})"

    def quantity(self, depth: int) -> str:
        return self.pick([self.integer, self.real])(depth)

    def boolean(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf("boolean", ["True", "False"])
        inner = depth - 1
        match self.number(0, 8):
            case 0:
                return self.leaf("boolean", ["True", "False"])
            case 1 | 2:
                return f"({self.quantity(inner)} {self.pick(ORDERS)} {self.quantity(inner)})"
            case 3:
                kind = self.pick([self.text, self.listing, self.quantity])
                return f"({kind(inner)} {self.pick(ORDERS)} {kind(inner)} {self.pick(ORDERS)} {kind(inner)})"
            case 4:
                return f"({self.integer(inner)} {self.pick(['in', 'not in'])} {self.listing(inner)})"
            case 5:
                return f"({self.text(inner)} in {self.pick([self.text, self.mapping])(inner)})"
            case 6:
                return f"(not {self.anything(inner)})"
            case 7:
                return f"({self.boolean(inner)} {self.pick(['and', 'or'])} {self.boolean(inner)})"
            case _:
                types = self.pick(["int", "str", "float", "bool", "(int, str)", "(list, tuple)", "dict"])
                return f"isinstance({self.anything(inner)}, {types})"

    def text(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf("text", list(map(repr, TEXTS)))
        inner = depth - 1
        match self.number(0, 12):
            case 0:
                return self.leaf("text", list(map(repr, TEXTS)))
            case 1 | 2:
                return f"({self.text(inner)} + {self.text(inner)})"
            case 3:
                return f"({self.text(inner)} * {self.number(-1, 3)})"
            case 4:
                return f"{self.text(inner)}[{self.slice(inner)}]"
            case 5:
                return f"{self.text(inner)}[{self.index(inner)}]"
            case 6:
                return f"{self.text(inner)}.{self.pick(TEXT_METHODS)}"
            case 7:
                calls = ["replace({0}, {1}, 2)", "join([{0}, {1}])", "removeprefix({0})", "partition({0})[0]"]
                return f"{self.text(inner)}." + self.pick(calls).format(self.text(inner), self.text(inner))
            case 8:
                return f"{self.pick(['str', 'repr', 'ascii'])}({self.anything(inner)})"
            case 9:
                return self.f_string(inner)
            case 10:
                left, right = self.anything(inner), self.integer(inner)
                return self.pick(['("%s|%d" % ({0}, {1}))', '"{{!r}}|{{:>5}}".format({0}, {1})']).format(left, right)
            case 11:
                return f"chr(97 + {self.integer(inner)} % 26)"
            case _:
                return f"({self.text(inner)} if {self.boolean(inner)} else {self.text(inner)})"

    def f_string(self, depth: int) -> str:
        """An f-string whose expressions have no quotes and backslashes, which Python 3.11 does not take there."""
        parts = []
        for _ in range(self.number(1, 3)):
            kind, specs = self.pick([(self.integer, INTEGER_SPECS), (self.real, REAL_SPECS), (self.text, TEXT_SPECS)])
            expression = kind(depth)
            if any(mark in expression for mark in "'\"\\#"):
                expression, specs = "1", INTEGER_SPECS
            space = " " if expression.startswith("{") else ""
            ending = self.pick(["", "!r", "!s:>6", "=", "", ":" + self.pick(specs), ":" + self.pick(specs)])
            parts.append(f"{self.pick(['', 'x', '{{', '}}', ' - '])}{{{space}{expression}{ending}}}")
        return f'f"{"".join(parts)}"'

    def slice(self, depth: int) -> str:
        ends = [self.index(depth) if self.chance(60) else "" for _ in range(2)]
        return ":".join([*ends, self.pick(["1", "-1", "2", "-2", "0", "3"])] if self.chance(30) else ends)

    def listing(self, depth: int) -> str:
        """A list of integers."""
        if depth <= 0:
            return self.leaf("listing", ["[]", "[1]", "[3, 1, 2]", "[0, -1, 5, 5]", "list(range(4))"])
        inner = depth - 1
        match self.number(0, 11):
            case 0:
                return self.leaf("listing", ["[]", "[2, 2]", "[9, 8, 7]"])
            case 1 | 2:
                return "[" + ", ".join(self.integer(inner) for _ in range(self.number(0, 3))) + "]"
            case 3:
                return f"({self.listing(inner)} + {self.listing(inner)})"
            case 4:
                return f"{self.listing(inner)}[{self.slice(inner)}]"
            case 5:
                order = self.pick(["", ", reverse=True", ", key=lambda k: (k % 3, -k)"])
                return f"sorted({self.listing(inner)}{order})"
            case 6 | 7:
                return f"[{self.comprehension('integer', self.integer, inner)}]"
            case 8:
                return f"[*{self.listing(inner)}, {self.integer(inner)}, *{self.listing(inner)}]"
            case 9:
                return f"list(range({self.number(-2, 5)}, {self.number(-2, 9)}, {self.pick([1, 2, -1, 3, 0])}))"
            case 10:
                name, kind = self.pick([("map", self.integer), ("filter", self.boolean)])
                function = self.within("integer", "k", lambda: kind(inner))
                return f"list({name}(lambda k: {function}, {self.listing(inner)}))"
            case _:
                return f"({self.listing(inner)} * {self.number(-1, 2)})"

    def comprehension(self, kind: str, write: Callable[[int], str], depth: int) -> str:
        """What stands between the brackets of a comprehension over one or two lists."""
        name, items = self.new_name("i"), f"{self.listing(depth)}[:5]"
        test = f" if {self.within(kind, name, lambda: self.boolean(depth))}" if self.chance(50) else ""
        if self.chance(25):
            other = self.new_name("j")
            more = self.within("integer", name, lambda: f"{self.listing(depth - 1)}[:5]")
            element = self.within("integer", name, lambda: self.within("integer", other, lambda: write(depth)))
            return f"{element} for {name} in {items}{test} for {other} in {more}"
        return f"{self.within('integer', name, lambda: write(depth))} for {name} in {items}{test}"

    def mapping(self, depth: int) -> str:
        """A dict from texts to integers."""
        if depth <= 0:
            return self.leaf("mapping", ["{}", "{'a': 1}", "{'ab': 2, 'a': 3}", "{'': 0, 'abc': -1}"])
        inner = depth - 1
        match self.number(0, 4):
            case 0 | 1:
                pairs = [f"{self.text(inner)}: {self.integer(inner)}" for _ in range(self.number(0, 3))]
                return "{" + ", ".join(pairs) + "}"
            case 2:
                return "{" + f"**{self.mapping(inner)}, {self.text(inner)}: {self.integer(inner)}" + "}"
            case 3:
                return f"({self.mapping(inner)} | {self.mapping(inner)})"
            case _:
                pair = self.comprehension("integer", lambda d: f"str({self.integer(d)}): {self.integer(d)}", inner)
                return "{" + pair + "}"

    def anything(self, depth: int) -> str:
        """An expression of any kind, or one that mixes kinds."""
        kinds = [self.integer, self.real, self.boolean, self.text, self.listing, self.mapping]
        if depth <= 0:
            return "None" if self.chance(10) else self.pick(kinds)(0)
        inner = depth - 1
        match self.number(0, 15):
            case 0 | 1 | 2 | 3 | 4 | 5 | 6:
                return self.pick(kinds)(depth)
            case 7:
                return f"({self.anything(inner)} {self.pick(['and', 'or'])} {self.anything(inner)})"
            case 8:
                return f"({self.anything(inner)} if {self.anything(inner)} else {self.anything(inner)})"
            case 9:
                return "(" + "".join(f"{self.anything(inner)}, " for _ in range(self.number(0, 3))) + ")"
            case 10:
                return f"[{self.anything(inner)}, {self.anything(inner)}]"
            case 11:
                operator = self.pick(["+", "-", "/", "//", "%", "<", ">=", "==", "!=", "in", "not in", "&", "^"])
                return f"({self.operand(inner)} {operator} {self.operand(inner)})"
            case 12:
                return f"{self.container(inner)}[{self.anything(inner)}]"
            case 13:
                items = self.pick([self.listing, self.text, self.mapping])(inner)
                calls = ["sorted({})", "tuple({})", "list(reversed({}))", "list(enumerate({}))", "max({})"]
                calls += ["list(zip({0}, {0}))", "sorted(set({}))", "len(set({}))", "dict.fromkeys({})"]
                return self.pick(calls).format(items)
            case 14:
                return f"{self.pick('int float bool list tuple sum len any'.split())}({self.anything(inner)})"
            case _:
                parts = self.pick(["split()", "split(',')", "splitlines()", "isdigit()", "encode()", "partition('a')"])
                return f"{self.text(inner)}.{parts}"

    def operand(self, depth: int) -> str:
        """Anything, in parentheses so that operators of Python on literals give no warning."""
        return f"({self.anything(depth)})"

    def container(self, depth: int) -> str:
        return f"({self.pick([self.listing, self.text, self.mapping])(depth)})"

    # Statements

    def block(self, depth: int, where: Place) -> list[str]:
        """An indented block of a few statements."""
        lines = [line for _ in range(self.number(1, 3)) for line in self.statement(depth, where)]
        return ["    " + line for line in lines]

    def statement(self, depth: int, where: Place) -> list[str]:
        simple = [self.assignment, self.assignment, self.growth, self.printing, self.unpacking, self.jump]
        compound = [self.branch, self.counting, self.loop, self.attempt, self.choice]
        write = self.pick(simple if depth <= 0 else simple + compound)
        return write(depth - 1, where)

    def target(self, where: Place, kind: str) -> str:
        return self.pick(where.variables[kind])

    def assignment(self, depth: int, where: Place) -> list[str]:
        kind = self.pick(["integer", "integer", "text", "listing", "mapping"])
        value = {"integer": self.integer, "text": self.text, "listing": self.listing, "mapping": self.mapping}[kind](2)
        name = self.target(where, kind)
        if kind == "integer" and self.chance(50):
            return [f"{name} {self.pick('+= -= *= //= %= ^= &= |='.split())} {value}", f"{name} %= 10007"]
        cut = {"integer": f"{name} %= 10007", "text": f"{name} = {name}[:20]", "listing": f"{name} = {name}[:6]"}
        keep = f"{name} = dict(list({name}.items())[:5])"
        return [f"{name} = {value}", cut.get(kind, keep)]

    def growth(self, depth: int, where: Place) -> list[str]:
        """A change of a variable in place."""
        text, items, pairs = (self.target(where, kind) for kind in ("text", "listing", "mapping"))
        key, value = self.text(1), self.integer(1)
        changes = [
            f"{text} += {self.text(1)}; {text} = {text}[-20:]",
            f"{items}.append({value}); {items} = {items}[-6:]",
            f"{items}.insert({self.index(0)}, {value}); {items} = {items}[:6]",
            f"{items}[{self.index(0)}] = {value}",
            f"{items}[{self.index(0)}] += {value}",
            f"{items}[{self.slice(0)}] = {self.listing(1)}; {items} = {items}[:6]",
            f"del {items}[{self.pick([self.index, self.slice])(0)}]",
            f"{items}.{self.pick(['pop()', 'pop(0)', 'reverse()', 'sort()', 'clear()'])}",
            f"{items}.remove({value})",
            f"{pairs}[{key}] = {value}",
            f"{pairs}[{key}] = {pairs}.get({key}, 0) + 1",
            f"{pairs}.{self.pick(['pop({})', 'pop({}, None)', 'setdefault({}, 5)', 'get({})']).format(key)}",
            f"del {pairs}[{key}]",
            f"{pairs} |= {self.mapping(1)}",
        ]
        return [self.pick(changes)]

    def printing(self, depth: int, where: Place) -> list[str]:
        values = ", ".join(self.anything(2) for _ in range(self.number(1, 2)))
        return [f"print({values})"]

    def unpacking(self, depth: int, where: Place) -> list[str]:
        one, two, items = self.target(where, "integer"), self.target(where, "integer"), self.target(where, "listing")
        targets = [
            f"{one}, {two} = {two}, {self.integer(1)}",
            f"{one}, *{items} = {self.listing(2)}",
            f"{one}, {two} = {self.listing(2)}",
            f"*{items}, {one} = {self.listing(1)}",
            f"{one} = {two} = {self.integer(1)}",
            f"{one}, ({two}, *{items}) = {self.integer(1)}, {self.listing(1)}",
        ]
        return [self.pick(targets)]

    def jump(self, depth: int, where: Place) -> list[str]:
        """A statement that leaves the block, or one that may raise."""
        options = [f"raise {self.pick(ERRORS[:4] + ERRORS[7:9])}({self.text(1)})", f"assert {self.boolean(1)}", "pass"]
        if where.in_loop:
            options += ["break", "continue"]
        if where.in_function:
            options += [f"return {self.anything(1)}", "return"]
        return [f"if {self.boolean(1)}:", f"    {self.pick(options)}"]

    def branch(self, depth: int, where: Place) -> list[str]:
        lines = [f"if {self.anything(2)}:", *self.block(depth, where)]
        if self.chance(40):
            lines += [f"elif {self.boolean(2)}:", *self.block(depth, where)]
        if self.chance(50):
            lines += ["else:", *self.block(depth, where)]
        return lines

    def counting(self, depth: int, where: Place) -> list[str]:
        counter = self.new_name("n")
        lines = [f"{counter} = {self.number(0, 4)}", f"while {counter} > 0 and {self.anything(1)}:"]
        lines += ["    tick()", f"    {counter} -= 1", *self.block(depth, where.inside_loop())]
        return lines + (["else:", *self.block(depth, where)] if self.chance(30) else [])

    def loop(self, depth: int, where: Place) -> list[str]:
        name, other = self.target(where, "integer"), self.target(where, "text")
        over = self.pick(
            [
                f"{name} in {self.listing(1)}[:5]",
                f"{name} in range({self.number(-1, 4)})",
                f"{other} in {self.text(1)}[:4]",
                f"{name}, {other} in enumerate({self.text(1)}[:4])",
                f"{other}, {name} in sorted({self.mapping(1)}.items())",
                f"{name}, {other} in zip({self.listing(1)}, {self.text(1)})",
            ]
        )
        lines = [f"for {over}:", "    tick()", *self.block(depth, where.inside_loop())]
        return lines + (["else:", *self.block(depth, where)] if self.chance(30) else [])

    def attempt(self, depth: int, where: Place) -> list[str]:
        lines = ["try:", *self.block(depth, where)]
        handled = self.chance(80)
        if handled:
            first, second = self.pick(ERRORS[:10]), self.pick(ERRORS[:10])
            lines += [f"except ({first}, {second}) as e:", f"    print({first!r}, isinstance(e, {first}))"]
            if self.chance(30):
                lines += ["    raise"]
            lines += self.block(depth, where) if self.chance(30) else []
            if self.chance(30):
                lines += ["else:", *self.block(depth, where)]
        if not handled or self.chance(40):
            lines += ["finally:", *self.block(depth, where)]
        return lines

    def choice(self, depth: int, where: Place) -> list[str]:
        one = self.target(where, "integer")
        lines = [f"match {self.anything(2)}:"]
        for _ in range(self.number(1, 3)):
            guard = f" if {self.boolean(1)}" if self.chance(30) else ""
            lines += [f"    case {self.pick(PATTERNS).format(one)}{guard}:"]
            lines += ["    " + line for line in self.block(depth, where)]
        return [*lines, "    case _:", "        print('no case')"]

    # Definitions

    def function(self, name: str, where: Place, depth: int = 2) -> list[str]:
        """A function of two integers, whose locals may be read before they are bound."""
        rest = self.pick(["q=2", "q=2, *more", "*, q=3", "q=4, **named"])
        local = Place({kind: [f"{kind[0]}{n}" for n in (1, 2)] for kind in where.variables}, in_function=True)
        outer, self.names = self.names, {kind: [*found] for kind, found in self.names.items()}
        lines = [f"def {name}(p, {rest}):", "    tick()"]
        for kind, found in local.variables.items():
            bound = found[: self.pick([2, 2, 2, 1])]
            lines += [f"    {variable} = {getattr(self, kind)(0)}" for variable in bound]
        for kind, found in local.variables.items():
            self.names.setdefault(kind, []).extend(found)
        self.names.setdefault("integer", []).extend(["p", "q"])
        lines += self.block(depth, local) + self.block(depth, local) + [f"    return {self.anything(2)}"]
        self.names = outer
        return lines

    def closure(self, name: str) -> list[str]:
        """A function that makes two functions sharing a variable."""
        change = self.within("integer", "total", lambda: self.within("integer", "p", lambda: self.integer(2)))
        read = self.within("integer", "total", lambda: self.anything(2))
        return [
            f"def {name}(total={self.integer(0)}):",
            "    def change(p):",
            "        tick()",
            "        nonlocal total",
            f"        total = ({change}) % 1009",
            "        return total",
            f"    return change, lambda: {read}",
        ]

    def generator(self, name: str) -> list[str]:
        """A generator that may be sent values."""
        inner = self.within("integer", "p", lambda: self.within("integer", "n", lambda: self.integer(2)))
        return [
            f"def {name}(p):",
            "    try:",
            f"        for n in {self.listing(1)}[:4]:",
            "            tick()",
            f"            p = (yield {inner}) or p",
            "    finally:",
            "        print('closing', p)",
            *(["    yield from sorted({p, 1})"] if self.chance(40) else []),
            f"    return {self.within('integer', 'p', lambda: self.integer(1))}",
        ]

    def definition(self, name: str, base: str | None) -> list[str]:
        """A class with a value, some operators, a property and a method."""
        self_names = {"integer": ["self.v", "self.size"], "listing": ["self.items"]}
        method = Writer(self.draw, self_names)
        other = Writer(self.draw, {**self_names, "integer": ["self.v", "o.v"]})
        lines = [f"class {name}({base}):" if base else f"class {name}:", f"    size = {self.number(0, 5)}"]
        if base is None or self.chance(30):
            lines += ["    def __init__(self, v=1):", "        self.v = v"]
            lines += [f"        self.items = {self.listing(self.pick([0, 0, 1]))}[:4]"]
        for operator in sorted({self.pick(OPERATOR_METHODS) for _ in range(self.number(1, 4))}):
            writes = other.boolean if operator in ("__eq__", "__lt__", "__contains__") else other.anything
            lines += [f"    def {operator}(self, o):", "        tick()", f"        return {writes(2)}"]
        if self.chance(50):
            lines += ["    def __len__(self):", "        return len(self.items)"]
        if self.chance(40):
            lines += ["    def __getitem__(self, k):", f"        return self.items[{self.pick(['k', 'k', '::k'])}]"]
        if self.chance(50):
            answer = method.within("integer", "p", lambda: method.anything(2))
            lines += ["    def __call__(self, p=1):", f"        return {answer}"]
        lines += ["    @property", "    def double(self):", f"        return {method.integer(2)}"]
        inherited = " + str(super().describe(p))" if base else ""
        text = method.within("integer", "p", lambda: method.text(2))
        return [*lines, "    def describe(self, p=1):", f"        return {text}{inherited}"]


class Place:
    """Where a statement stands: which variables it may set, and what it may leave."""

    def __init__(self, variables: dict[str, list[str]], *, in_loop: bool = False, in_function: bool = False) -> None:
        self.variables = variables
        self.in_loop = in_loop
        self.in_function = in_function

    def inside_loop(self) -> Place:
        return Place(self.variables, in_loop=True, in_function=self.in_function)
