"""What the language server knows of texts, by offsets: `^` marks the place in a program that is asked about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dana.errors import ProgramError
from dana.language_server import coloring, completion, descriptions, fixes, navigation, outline
from dana.language_server.blocks import Block, split
from dana.language_server.documents import Document, Workspace
from dana.language_server.findings import Findings
from dana.language_server.meanings import Meanings
from dana.language_server.positions import Positions
from dana.parser import parse
from dana.source import Source

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = sorted([*ROOT.glob("stdlib/*.na"), *ROOT.glob("examples/*.na"), *ROOT.glob("dana/templates/*/*.na")])

SHOP = '''\
"""A shop."""
import math
from statistics import mean as average


struct Item:
    """Something that is sold."""
    name: str
    price: float  # in euros
    tags: list[str] = []


class Basket:
    """What somebody buys."""

    def __init__(self, owner: str, items: list[Item]):
        self.owner = owner
        self.items = items

    def total(self, discount: float = 0.0) -> float:
        """What all of it costs."""
        return sum(item.price for item in self.items) * (1 - discount)

    @property
    def size(self) -> int:
        return len(self.items)


def (item: Item) label(width: int) -> str:
    return f"{item.name:>{width}}"


def made(owner: str, *names, limit: int = 3, **more) -> Basket:
    """A basket of names."""
    items = [Item(name, 1.0) for name in names]
    return Basket(owner, items)


basket = made("Ann", "tea", limit=2)
'''


def asked(text: str) -> tuple[Meanings, Document, int]:
    """A workspace with one program, and the offset of the mark in it."""
    offset = text.index("^")
    workspace = Workspace()
    document = workspace.open("x", text.replace("^", "", 1), None)
    return Meanings(workspace), document, offset


def offered(text: str) -> list[str]:
    return [item.label + item.after for item in completion.complete(*asked(text))]


def heading(text: str) -> str | None:
    found = descriptions.hover(*asked(text))
    return found and found.heading


def line_of_definition(text: str) -> tuple[int, str] | None:
    found = navigation.definition(*asked(text))
    return found and (found[0].line_of(found[1]), found[0].text[found[1] : found[2]])


def lines_of_references(text: str) -> list[int]:
    return [source.line_of(start) for source, start, _ in navigation.references(*asked(text))]


def renamed(text: str, new: str) -> str:
    meanings, document, offset = asked(text)
    changed = document.text
    for _, start, end in sorted(navigation.rename(meanings, document, offset, new), key=lambda each: -each[1]):
        changed = changed[:start] + new + changed[end:]
    return changed


# Positions


@pytest.mark.parametrize(
    ("encoding", "columns"),
    [("utf-8", [0, 1, 5, 7, 10, 11]), ("utf-16", [0, 1, 3, 4, 5, 6]), ("utf-32", [0, 1, 2, 3, 4, 5])],
)
def test_columns_count_units(encoding: str, columns: list[int]) -> None:
    positions = Positions(Source("x\na😀é€b\ny"), encoding)
    assert [positions.position(2 + at) for at in range(6)] == [(1, column) for column in columns]
    assert [positions.offset(1, column) for column in columns] == [2, 3, 4, 5, 6, 7]


def test_positions_that_are_none() -> None:
    positions = Positions(Source("a😀b\nc"))
    assert positions.offset(0, 2) == 1, "in the middle of a character"
    assert positions.offset(0, 99) == 3
    assert positions.offset(9, 0) == 5
    assert positions.position(5) == (1, 1)


def test_line_ends_and_other_separators() -> None:
    positions = Positions(Source("a\r\nb\u2028c\x0cd\re"))
    assert positions.offset(1, 2) == 4
    assert positions.offset(2, 0) == 8


# Blocks


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_blocks_are_the_program(path: Path) -> None:
    text = path.read_text()
    parts = split(text)
    assert "".join(parts) == text
    body = parse(Source(text)).body
    at, found = 0, []
    for part in parts:
        block = Block(part)
        assert block.whole
        found += [(node.start + at, node.end + at, type(node)) for node in block.module.body]
        at += len(part)
    assert found == [(node.start, node.end, type(node)) for node in body]


def test_blocks_go_on() -> None:
    text = (
        "if a:\n    b\nelse:\n    c\n@d\n# why\n@e\ndef f():\n    pass\nx = [\n1,\n]\ny = '''\nz\n'''\nw = 1 + \\\n2\n"
    )
    assert [part.split("\n")[0] for part in split(text)] == ["if a:", "@d", "x = [", "y = '''", "w = 1 + \\"]


def test_blocks_begin_again_behind_an_open_bracket() -> None:
    parts = split("x = f(1,\n\ndef g():\n    return 1\n")
    assert parts == ["x = f(1,\n\n", "def g():\n    return 1\n"]
    assert [Block(part).whole for part in parts] == [False, True]


def test_blocks_are_kept() -> None:
    document = Document("a = 1\n\ndef f():\n    return a\n", None)
    kept = document.blocks[1]
    document.change("b = 22\nc = 3\n\ndef f():\n    return a\n")
    assert document.blocks[-1] is kept
    assert document.starts[-1] == 14


def test_a_statement_with_a_mistake_is_covered() -> None:
    block = Block("def f(a):\n    b = a.\n    c = a +\n    return b\n")
    assert not block.whole
    assert [type(node).__name__ for node in block.module.body[0].body] == ["Pass", "Pass", "Return"]


def test_a_statement_that_the_resolver_refuses_is_covered() -> None:
    block = Block("def f(a):\n    eval(a)\n    return a\n")
    assert not block.whole
    assert [type(node).__name__ for node in block.module.body[0].body] == ["Pass", "Return"]


def test_nothing_is_too_broken() -> None:
    for text in ("", "\n", "(", ")", "'", '"""', "def", "def f(", "class\n  x", "\t\n x", "f'{", "\0", "@", "if:"):
        document = Document(text, None)
        assert "".join(block.text for block in document.blocks) == document.text


# Completion


def test_names_in_scope() -> None:
    names = offered(SHOP + "def g(count, other):\n    inner = count\n    def h():\n        pass\n    ^\n")
    assert {"count", "other", "inner", "h", "g", "basket", "Item", "math", "average", "print", "reason"} <= set(names)
    assert "owner" not in names
    assert {"return", "struct", "while"} <= set(names)


def test_names_at_the_level_of_the_cursor() -> None:
    text = "def g(count):\n    inner = count\n{}^\n"
    assert "inner" in offered(text.format("    "))
    assert "inner" not in offered(text.format(""))


def test_names_of_a_comprehension_stay_inside() -> None:
    assert "one" in offered("x = [one.^ for one in y]\n".replace(".^", " + o^"))
    assert "one" not in offered("x = [one for one in y]\n^")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("basket.^", {"owner", "items", "total", "size"}),
        ("basket.items[0].^", {"name", "price", "tags", "label"}),
        ("basket.owner.^", {"upper", "split"}),
        ("Item('a', 2).na^", {"name", "price", "tags", "label"}),
        ("made('a').^", {"owner", "total"}),
        ("math.^", {"sqrt", "pi"}),
        ("'a b'.^", {"split", "join"}),
        ("[1].^", {"append", "sort"}),
        ("{}.^", {"keys", "setdefault"}),
        ("f'{basket.^}'", {"total"}),
        ("print(basket.^", {"total"}),
        ("x = {'a': basket.items[0].^", {"price"}),
        ("for each in basket.items:\n    each.^", {"price", "label"}),
        ("if True:\n    basket.^\nelse:\n    pass", {"total"}),
        ("[e for e in basket.items if e.^]", {"price"}),
        ("with basket as b:\n    b.^", {"total"}),
        ("Basket.^", {"total"}),
    ],
)
def test_members(line: str, wanted: set[str]) -> None:
    assert wanted <= set(offered(SHOP + line + "\n"))


def test_members_of_self_on_a_broken_line() -> None:
    assert {"owner", "items", "total"} <= set(
        offered(SHOP.replace("        return len(", "        self.^\n        return len("))
    )


def test_members_of_what_is_caught() -> None:
    assert "args" in offered("class Odd(Exception):\n    pass\ntry:\n    f()\nexcept Odd as e:\n    e.^\n")


def test_members_of_agents() -> None:
    text = "agent_blueprint Clerk:\n    desk: str\n\nagent Ann(Clerk):\n    desk = 'a'\n\ndef (c: Clerk) greet():\n    return 1\n\nAnn.^"
    assert {"desk", "plan", "solve", "chat", "remember", "recall", "greet", "tools"} <= set(offered(text))


def test_nothing_is_known() -> None:
    assert offered("def f(a):\n    a.^\n") == []


@pytest.mark.parametrize(
    "text", ["x = 'a^'", "x = 1  # a^", 'x = "a^', "x = f'a^{b}'", "def ^", "class A^", '"""a\nb^\n"""']
)
def test_nothing_is_offered(text: str) -> None:
    assert offered(text) == []


def test_arguments() -> None:
    assert offered(SHOP + "made(^)\n")[:2] == ["owner=", "limit="]
    assert offered(SHOP + "made('a', ^)\n")[0] == "limit="
    assert offered(SHOP + "made('a', limit=1, ^)\n")[0] != "limit="
    assert offered(SHOP + "Item(^\n")[:3] == ["name=", "price=", "tags="]
    assert offered(SHOP + "Item('a', ^\n")[:2] == ["price=", "tags="]
    assert offered(SHOP + "Basket(^)")[:2] == ["owner=", "items="]
    assert offered(SHOP + "basket.total(^)")[0] == "discount="
    assert offered("create_llm_resource(^)")[:2] == ["provider=", "model="]
    assert "owner=" not in offered(SHOP + "made(x.y(^))\n")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("import ^", {"math", "json"}),
        ("import json, ^", {"math"}),
        ("from ^", {"math", "json"}),
        ("from math import ^", {"sqrt", "pi"}),
        ("from math import sqrt, ^", {"pi"}),
        ("from math import (sqrt,\n    ^", {"pi"}),
    ],
)
def test_imports(line: str, wanted: set[str]) -> None:
    names = set(offered(line))
    assert wanted <= names
    assert "while" not in names


def test_signatures() -> None:
    def shown(line: str) -> tuple[str, str | None] | None:
        found = completion.signature_at(*asked(SHOP + line))
        if found is None:
            return None
        active = None if found.active is None else found.label[slice(*found.parameters[found.active])]
        return found.label, active

    label = "made(owner: str, *names, limit: int = 3, **more) -> Basket"
    assert shown("made(^") == (label, "owner: str")
    assert shown("made('a', ^)") == (label, "*names")
    assert shown("made('a', 'b', [1, 2], ^)") == (label, "*names")
    assert shown("made('a', limit=^)") == (label, "limit: int = 3")
    assert shown("made('a', x=^)") == (label, "**more")
    assert shown("print(made('a', {1: (^)})") is None
    assert shown("basket.total(^") == ("total(discount: float = 0.0) -> float", "discount: float = 0.0")
    assert shown("Item('a',\n    ^)") == ("Item(name: str, price: float, tags: list[str] = [])", "price: float")
    assert shown("math.sqrt(^") == ("sqrt(x, /)", "x")
    assert shown("def f(^") is None
    assert shown("unknown(^") is None


# Hover


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        (SHOP + "ma^de()", "def made(owner: str, *names, limit: int = 3, **more) -> Basket"),
        (SHOP + "ba^sket", "(variable) basket: Basket"),
        (SHOP + "basket.tot^al()", "def total(self, discount: float = 0.0) -> float"),
        (SHOP + "basket.items[0].pri^ce", "(field) Item.price: float"),
        (SHOP + "It^em", "struct Item:\n    name: str\n    price: float\n    tags: list[str] = []"),
        (SHOP + "averag^e", "def statistics.mean(data)"),
        (SHOP + "ma^th", "module math"),
        (SHOP + "made(lim^it=1)", "(parameter) limit: int = 3"),
        (SHOP + "math.p^i", "math.pi = 3.141592653589793"),
        ("'a'.uppe^r()", "def str.upper()"),
        ("workflow go(a: int) -> int:\n    return a\ng^o(1)", "workflow go(a: int) -> int"),
        ("ValueE^rror", "class ValueError"),
        ("def f(level: 'low' | 'high'):\n    lev = level\n    return le^v", "(variable) lev: str"),
        ("x = 3\nf'{x^}'", "(variable) x: int"),
        ("def f(a):\n    return a^", "(parameter) a"),
        ("x = '^a'", None),
        ("# abs^", None),
        ("private:k = 1\nprint(private:k^)", "(variable) private:k: int"),
        ("def twice(x):\n    return x\n'a'.twi^ce()", "def twice(x)"),
        ("def twice(x):\n    return x\nnobody.twi^ce()", None),
        ("nobody^", None),
    ],
)
def test_hover(program: str, wanted: str | None) -> None:
    assert heading(program) == wanted


def test_hover_has_the_docstring_and_comments() -> None:
    assert "A basket of names." in descriptions.hover(*asked(SHOP + "mad^e")).markdown()
    assert "in euros" in descriptions.hover(*asked(SHOP + "basket.items[0].pri^ce")).markdown()
    assert "```dana\n>>> math.sqrt(9)" in descriptions.hover(*asked("import math\nmath.sqr^t")).markdown()


def test_hover_says_what_a_model_will_be_asked() -> None:
    meanings, document, offset = asked(
        'text = input()\nanswer = rea^son(f"Rate this: {text}")\nif answer["score"] > 3 and answer["ok"] == "yes":\n    print(1)\n'
    )
    found = descriptions.hover(meanings, document, offset, Findings(document.source).asked)
    assert found is not None
    shown = found.markdown()
    assert "found from what the program does" in shown
    assert '"required": [\n    "score",\n    "ok"\n  ]' in shown
    assert "**Data**: `text`" in shown
    assert found.heading.startswith("def reason(")


# Definitions, references, rename


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        (SHOP + "ma^de()", (33, "made")),
        (SHOP + "basket.tot^al()", (20, "total")),
        (SHOP + "basket.ite^ms", (18, "items")),
        (SHOP + "basket.items[0].lab^el(3)", (29, "label")),
        (SHOP + "made(lim^it=1)", (33, "limit")),
        (SHOP + "Item(na^me='a')", (8, "name")),
        ("x = 1\ndef f():\n    global x\n    x^ = 2\n", (1, "x")),
        ("def f():\n    n = 0\n    def g():\n        nonlocal n^\n", (2, "n")),
        ("match 1:\n    case [a, *rest]:\n        print(re^st)\n", (2, "rest")),
        ("try:\n    f()\nexcept ValueError as error:\n    print(err^or)\n", (3, "error")),
        ("def f(x):\n    return x\nx = 2\nprint(x^)\n", (3, "x")),
        ("y = [x for x in x^]\nx = 1\n", (2, "x")),
        ("class A:\n    x = 1\n    y = x^\n", (2, "x")),
        ("go = (len as n | n^ + 1)\n", (1, "n")),
        ("private:k = 1\ndef f():\n    return private:k^\n", (1, "k")),
        ("local:k = 1\nprint(k^)\n", (1, "k")),
    ],
)
def test_definition(program: str, wanted: tuple[int, str]) -> None:
    assert line_of_definition(program) == wanted


@pytest.mark.parametrize(
    ("program", "file", "line"),
    [
        ("prin^t()", "core.py", "def print("),
        ("import math\nmath.sqr^t(2)", "math.py", "sqrt"),
        ("import math\nmath.p^i", "math.py", "pi"),
        ("import datetime\ndatetime.dat^e", "datetime.py", '"datetime.date"'),
        ("'a'.uppe^r()", "types.py", '"str"'),
        ("create_agen^t({})", "agents.na", "def create_agent("),
        ("workflow_engin^e", "workflow.na", "workflow_engine ="),
        ("reas^on('a')", "ai.py", "def reason("),
    ],
)
def test_definition_in_the_library(program: str, file: str, line: str) -> None:
    found = navigation.definition(*asked(program))
    assert found is not None
    source, start, _ = found
    assert source.path is not None
    assert Path(source.path) == ROOT / "stdlib" / file
    number = source.line_of(start)
    assert line in source.line(number) + source.line(min(number + 1, len(source.starts)))


def test_references() -> None:
    program = "x = 1\ndef f(x):\n    return x\ndef g():\n    return x + f(x=x)\nprint(f'{x}', 'x')  # x\n"
    assert lines_of_references(program.replace("x = 1", "x^ = 1", 1)) == [1, 5, 5, 6]
    assert lines_of_references(program.replace("return x\ndef", "return x^\ndef", 1)) == [2, 3, 5]


def test_references_of_members() -> None:
    assert lines_of_references(SHOP + "print(basket.tot^al(), basket.total(0.1))\n") == [20, 40, 40]
    assert lines_of_references(SHOP.replace("    price:", "    pri^ce:")) == [9, 22]


def test_references_across_files(tmp_path: Path) -> None:
    (tmp_path / "shop.na").write_text("def price(item):\n    return 1\n\ndef total():\n    return price(2)\n")
    (tmp_path / "main.na").write_text("import shop\nfrom shop import price as p\nprint(shop.price(1), p(2))\n")
    (tmp_path / "other.na").write_text("price = 3\nprint(price)\n")
    workspace = Workspace()
    workspace.folders = [str(tmp_path)]
    path = str(tmp_path / "shop.na")
    document = workspace.open("shop", Path(path).read_text(), path)
    found = navigation.references(Meanings(workspace), document, 4)
    assert sorted((Path(source.path or "").name, source.line_of(start)) for source, start, _ in found) == [
        ("main.na", 2), ("main.na", 3), ("shop.na", 1), ("shop.na", 5),
    ]  # fmt: skip
    changes = navigation.rename(Meanings(workspace), document, 4, "cost")
    assert sorted((Path(source.path or "").name, source.line_of(start)) for source, start, _ in changes) == [
        ("main.na", 2), ("main.na", 3), ("shop.na", 1), ("shop.na", 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("program", "new", "wanted"),
    [
        ("x^ = 1\nprint(x, f'{x}', 'x')\n", "y", "y = 1\nprint(y, f'{y}', 'x')\n"),
        ("def f(a^):\n    return a\nf(a=1)\n", "b", "def f(b):\n    return b\nf(b=1)\n"),
        ("def f^():\n    return f\nf()\n", "g", "def g():\n    return g\ng()\n"),
        ("def f(a^):\n    return a\ndict(a=1)\nx.g(a=2)\n", "b", "def f(b):\n    return b\ndict(a=1)\nx.g(a=2)\n"),
        ("def f():\n    a^ = 1\n    return a\nx = a +\n", "b", "def f():\n    b = 1\n    return b\nx = a +\n"),
        ("class A:\n    def __init__(self, a^):\n        self.a = a\nA(a=1).a\n", "b",
         "class A:\n    def __init__(self, b):\n        self.a = b\nA(b=1).a\n"),
        ("class A^:\n    pass\nx: A = A()\n", "B", "class B:\n    pass\nx: B = B()\n"),
        ("x = 1\ny = [x^ for x in [x]]\n", "z", "x = 1\ny = [z for z in [x]]\n"),
        ("def f():\n    n^ = 0\n    def g():\n        nonlocal n\n        n += 1\n", "m",
         "def f():\n    m = 0\n    def g():\n        nonlocal m\n        m += 1\n"),
        ("é^ = '😀'; print('😀', é)\n", "e", "e = '😀'; print('😀', e)\n"),
    ],
)  # fmt: skip
def test_rename(program: str, new: str, wanted: str) -> None:
    assert renamed(program, new) == wanted


@pytest.mark.parametrize(
    ("program", "new", "why"),
    [
        ("x^ = 1\n", "while", "while is a keyword"),
        ("x^ = 1\n", "true", "true is a keyword"),
        ("x^ = 1\n", "struct", "struct begins a statement"),
        ("x^ = 1\n", "private", "private is a keyword"),
        ("x^ = 1\n", "1x", "'1x' is not a name"),
        ("x^ = 1\n", "__x__", "names that begin with two underscores belong to the host"),
        ("x^ = 1\n", "print", "print is a name of the library, which would be hidden"),
        ("prin^t(1)\n", "show", "print belongs to the library"),
        ("create_agen^t(1)\n", "show", "create_agent belongs to the library"),
        ("import math\nmat^h.pi\n", "m", "math is a module"),
        ("x^ = 1\ny = 2\n", "y", "y is used already, on <input>:2"),
        ("def f(a^):\n    return a + b\n", "b", "b is used already, on <input>:2"),
        ("struct P:\n    x^: int\n", "y", "x is an attribute: whose it is elsewhere is known only when the program runs"),
        ("def f(x):\n    return x.y^\n", "z", "what y means is known only when the program runs"),
        ("def f^(x):\n    return x\ndef g(y):\n    return y.f()\n", "h", "x.f(...) on <input>:4 may call it too"),
        ("class A:\n    def f(self, a^):\n        return a\nA().f(a=1)\n", "b", "a=... on <input>:4 may be an argument for it"),
        ("if x:\n    def f(a^):\n        return a\nelse:\n    def f(a):\n        return 1\nf(a=1)\n", "b",
         "a=... on <input>:7 may be an argument for it"),
        ("def f(a^):\n    return a\ng = [f]\ng[0](a=1)\n", "b", "a=... on <input>:4 may be an argument for it"),
        ("def f():\n    x^ = 1\n    return g()\ndef g():\n    return x\n", "y",
         "x on <input>:5 may be taken from the function that calls that one"),
        ("x^ = 1\ndef f():\n    return x +\n", "y", "<input> has mistakes, among which x may stand"),
        ("__all__ = ['f']\ndef f^():\n    pass\n", "g", "f is written as a text in __all__ of <input>"),
        ("from math import sqrt as r\nr^(2)\n", "s", "sqrt belongs to the library"),
        ("private:k^ = 1\n", "s", "private:k is a variable that other programs may share"),
        ("'^'\n", "s", "there is no name here"),
    ],
)  # fmt: skip
def test_rename_is_refused(program: str, new: str, why: str) -> None:
    with pytest.raises(navigation.Refused) as refused:
        renamed(program, new)
    assert str(refused.value).replace("r belongs", "sqrt belongs") == why


# Outline, folding, colors


def test_outline() -> None:
    document = Document(SHOP + "if basket:\n    def late():\n        pass\n", None)
    found = [(each.kind, each.name, [inner.name for inner in each.inside]) for each in outline.entries(document)]
    assert found == [
        ("struct", "Item", ["name", "price", "tags"]),
        ("class", "Basket", ["__init__", "total", "size"]),
        ("function", "label", []),
        ("function", "made", []),
        ("variable", "basket", []),
        ("function", "late", []),
    ]
    for each in outline.entries(document):
        assert document.text[each.name_start : each.name_end] == each.name
        assert each.start <= each.name_start
        assert each.name_end <= each.end


def test_folds() -> None:
    text = (
        "import a\nimport b\n\n# one\n# two\nif a:\n    b\nelif c:\n    d\nelse:\n    e\nx = [\n    1,\n]\n"
        "@a\n@b\ndef f():\n    '''doc\n    more\n    end'''\n    try:\n        g\n    finally:\n        h\n"
    )
    assert outline.folds(Document(text, None)) == [
        (0, 1, "imports"), (3, 4, "comment"), (5, 6, "region"), (7, 8, "region"), (9, 10, "region"),
        (11, 12, "region"), (16, 23, "region"), (17, 18, "region"), (20, 21, "region"), (22, 23, "region"),
    ]  # fmt: skip


def test_colors() -> None:
    meanings, document, _ = asked(
        '^import json as j\nstruct P:\n    x: int  # why\ndef f(a, *b):\n    c = P(x=1)\n    return f"{a!r:>{c}} {len(b)}" + c.x\n'
        "private:k = j.dumps\nworkflow = 3\nmatch = f\n"
    )
    text = document.text
    found = [(text[start:end], kind, bits) for start, end, kind, bits in coloring.colored(meanings, document)]
    assert found == [
        ("import", "keyword", 0), ("json", "namespace", 0), ("as", "keyword", 0), ("j", "namespace", 0),
        ("struct", "keyword", 0), ("P", "struct", 1), ("x", "property", 0), ("int", "class", 2),
        ("# why", "comment", 0), ("def", "keyword", 0), ("f", "function", 1), ("a", "parameter", 1),
        ("b", "parameter", 1), ("c", "variable", 0), ("P", "struct", 0), ("x", "parameter", 0), ("1", "number", 0),
        ("return", "keyword", 0), ('f"{', "string", 0), ("a", "parameter", 0), ("!r:>{", "string", 0),
        ("c", "variable", 0), ("}} {", "string", 0), ("len", "function", 2), ("b", "parameter", 0), ('}"', "string", 0),
        ("c", "variable", 0), ("x", "property", 0), ("private", "keyword", 0), ("k", "variable", 0),
        ("j", "namespace", 2), ("dumps", "property", 0), ("workflow", "variable", 0), ("3", "number", 0),
        ("match", "variable", 0), ("f", "function", 0),
    ]  # fmt: skip


def test_colors_of_texts_in_texts() -> None:
    meanings, document, _ = asked("^x = f'{f\"{y} a\"} b'\n")
    found = [(document.text[start:end], kind) for start, end, kind, _ in coloring.colored(meanings, document)]
    assert found == [
        ("x", "variable"), ("f'{", "string"), ('f"{', "string"), ("y", "variable"), ('} a"', "string"),
        ("} b'", "string"),
    ]  # fmt: skip


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_colors_of_programs(path: Path) -> None:
    meanings, document, _ = asked("^" + path.read_text())
    at = 0
    for start, end, kind, _ in coloring.colored(meanings, document):
        assert at <= start < end, "in order, none over another"
        assert "\n" not in document.text[start:end]
        assert kind in coloring.KINDS
        at = end
    words = {m.start() for m in re.finditer(r"\b(def|return|while)\b", document.text)}
    keywords = {
        start for start, _, kind, _ in coloring.colored(meanings, document) if kind in ("keyword", "string", "comment")
    }
    assert len(words & keywords) > 0 or not words


# Fixes


def fixed(program: str) -> list[tuple[str, str]]:
    document = Document(program, None)
    findings = Findings(document.source)
    found = []
    for fix in fixes.fixes(document, findings.diagnostics, findings.asked, 0, len(program)):
        text = document.text
        for start, end, new in sorted(fix.edits, reverse=True):
            text = text[:start] + new + text[end:]
        found.append((fix.title, text))
    return found


@pytest.mark.parametrize(
    ("program", "title", "wanted"),
    [
        ("count = 1\nprint(cuont)\n", "Change to count", "count = 1\nprint(count)\n"),
        ("def f(limit):\n    return limit\nf(limt=1)\n", "Change to limit", "def f(limit):\n    return limit\nf(limit=1)\n"),
        ("whle True:\n    pass\n", "Change to while", "while True:\n    pass\n"),
        ("if 1 = 2:\n    pass\n", "Change to ==", "if 1 == 2:\n    pass\n"),
        ("if True\n    pass\n", "Add ':'", "if True:\n    pass\n"),
        ("import math\nprint(1)\n", "Remove this import", "print(1)\n"),
        ("import math, json\nprint(json)\n", "Remove this import", "import json\nprint(json)\n"),
        ("import json, math as m\nprint(json)\n", "Remove this import", "import json\nprint(json)\n"),
        ("from math import pi, e, tau\nprint(pi, tau)\n", "Remove this import", "from math import pi, tau\nprint(pi, tau)\n"),
        ("def f():\n    import math\nf()\n", "Remove this import", "def f():\n    pass\nf()\n"),
        ("import math; x = 1\nprint(x)\n", "Remove this import", "pass; x = 1\nprint(x)\n"),
        ("x = 1\nprint(x is 3)\n", "Write ==", "x = 1\nprint(x == 3)\n"),
        ("def f():\n    n = 1\nf()\n", "Call it _n", "def f():\n    _n = 1\nf()\n"),
        ('n = reason("How many?")\nprint(n + 1)\n', "State the type: float", 'n: float = reason("How many?")\nprint(n + 1)\n'),
        (
            'n = reason("Which?")\nif n == "a" or n == "b":\n    pass\n', 'State the type: "a" | "b"',
            'n: "a" | "b" = reason("Which?")\nif n == "a" or n == "b":\n    pass\n',
        ),
        ('n: int = reason("How many?")\nprint(n)\n', None, None),
        ('n = reason("What?")\nprint(n["a"])\n', None, None),
    ],
)  # fmt: skip
def test_fixes(program: str, title: str | None, wanted: str | None) -> None:
    assert fixed(program) == ([] if title is None else [(title, wanted)])


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_every_name_can_be_asked_about(path: Path) -> None:
    workspace = Workspace()
    document = workspace.open("x", path.read_text(), str(path))
    meanings = Meanings(workspace)
    known = asked_about = 0
    for found in re.finditer(r"[^\W\d]\w*", document.text):
        occurrence = document.occurrence(found.start())
        if occurrence is None or occurrence[1].kind != "name":
            continue
        asked_about += 1
        known += descriptions.hover(meanings, document, found.start()) is not None
        navigation.definition(meanings, document, found.start())
    assert known >= 0.97 * asked_about


@pytest.mark.parametrize("path", PROGRAMS[::3], ids=lambda path: path.name)
def test_typing_a_program(path: Path) -> None:
    """Every beginning of a program is a text that somebody types."""
    text = path.read_text()[:6000]
    workspace = Workspace()
    meanings = Meanings(workspace)
    document = workspace.open("x", "", str(path))
    for end in range(0, len(text), 97):
        document.change(text[:end])
        completion.complete(meanings, document, end)
        completion.signature_at(meanings, document, end)
        descriptions.hover(meanings, document, end)
        outline.entries(document)
        outline.folds(document)
        list(coloring.colored(meanings, document))


def test_findings_are_those_of_the_check() -> None:
    from dana.session import Session

    for path in sorted((ROOT / "tests/conformance").glob("*.na"))[::12]:
        for part in re.split(r"(?m)^---.*\n", path.read_text()):
            try:
                source = Source(part)
            except ProgramError:
                continue
            found = [
                (each.code, each.start, each.end, each.message, each.hint) for each in Findings(source).diagnostics
            ]
            checked = Session().check(source)
            assert found == [(each.code, each.start, each.end, each.message, each.hint) for each in checked]
