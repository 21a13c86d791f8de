"""Values as text: equal to the host's, and within the limits where the host's would not end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dana.errors import LimitReached
from dana.formatting import ascii_text, format_text, format_value, percent, represent, text
from dana.host import Host
from dana.limits import Limits, Meter
from dana.run import RUN, Run
from dana.values import Instance, build_class


@pytest.fixture(autouse=True)
def meter() -> Iterator[Meter]:
    meter = Meter(Limits(text=1_000_000, steps=1_000_000))
    token = RUN.set(Run(Host(), meter, None))
    yield meter
    RUN.reset(token)


def outcome(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    try:
        return function(*arguments, **keywords)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def make(name: str, base: Any = Instance, **methods: Any) -> Any:
    return build_class(name, (base,), methods, name)


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8)
keys = st.integers() | st.text(max_size=4) | st.tuples(st.integers(), st.text(max_size=2))
data = st.recursive(
    plain | st.sets(st.integers(), max_size=3) | st.frozensets(st.text(max_size=2), max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=3)
        | st.dictionaries(keys, inner, max_size=3).map(dict.values)
        | st.dictionaries(keys, inner, max_size=3).map(dict.items)
    ),
    max_leaves=20,
)


@given(data)
def test_text_is_that_of_the_host(value: Any) -> None:
    assert represent(value) == repr(value)
    assert text(value) == str(value)
    assert ascii_text(value) == ascii(value)


@given(data)
def test_text_of_large_containers_is_that_of_the_host(value: Any) -> None:
    instance = make("A", __repr__=lambda self: "A")()
    large = [value, "x" * 9_000, [value, instance], {"k": ("y" * 9_000, value)}, value]
    assert represent(large) == repr(large)


@pytest.mark.parametrize(
    "value",
    [1.5, 10**50, 1j, range(3), ..., NotImplemented, None, b"a", "it's", {}.keys(), set(), frozenset(), (),
     {1: {2: ()}}, {"a": 1}.items(), slice(1, "a"), ValueError, KeyError("a"), KeyError(), ValueError("a", 1),
     OSError(2, "no", "f"), OSError("a"), UnicodeDecodeError("utf-8", b"a", 0, 1, "bad"), ImportError("no", name="x"),
     SyntaxError("bad"), StopIteration([1])],
)  # fmt: skip
def test_text_of_other_values_is_that_of_the_host(value: Any) -> None:
    assert (text(value), represent(value)) == (str(value), repr(value))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (len, "<built-in function len>"),
        (iter([]), "<list_iterator object>"),
        (map(abs, []), "<map object>"),
        ((i for i in ()), "<generator object <genexpr>>"),
        (property(), "<property object>"),
        (staticmethod(len), "<staticmethod(<built-in function len>)>"),
        ([Instance()], "[<object object>]"),
    ],
)
def test_no_addresses_are_shown(value: Any, shown: str) -> None:
    assert represent(value) == text(value) == shown


def test_programs_say_how_their_values_look() -> None:
    both = make("Both", __str__=lambda self: "s", __repr__=lambda self: "r")()
    assert (text(both), represent(both), text([both]), f"{format_value(both, '')}") == ("s", "r", "[r]", "s")
    assert text(make("OnlyRepr", __repr__=lambda self: "r")()) == "r"
    assert text(make("Neither")()) == "<Neither object>"
    error = make("Failed", Exception)
    assert (text(error("a")), represent(error("a", [1]))) == ("a", "Failed('a', [1])")
    assert text(make("Told", Exception, __str__=lambda self: "told")("a")) == "told"
    spec = make("Spec", __format__=lambda self, spec: f"<{spec}>")()
    assert (format_value(spec, ""), format_value(spec, "99999999999")) == ("<>", "<99999999999>")


def test_what_holds_itself_is_shown_once() -> None:
    items: list[Any] = [1]
    items.append(items)
    pairs: dict[str, Any] = {"items": items}
    pairs["self"] = pairs
    pair = ([],)
    pair[0].append(pair)
    assert [represent(v) for v in (items, pairs, pair)] == [repr(v) for v in (items, pairs, pair)]
    node = make("Node", __repr__=lambda self: f"Node({represent(self.children)})")()
    node.children = [node]
    assert represent(node) == "Node([Node([...])])"


def test_what_a_program_changes_on_the_way_is_shown_as_it_is_then() -> None:
    inner = [1]

    def change(self: Any) -> str:
        inner.append(2)
        return represent(inner)

    changing = make("Changing", __repr__=change)()
    assert represent([inner, changing, inner]) == "[[1], [1, 2], [1, 2]]"


def laughs(levels: int = 100) -> Any:
    items: Any = [1]
    for _ in range(levels):
        items = [items, items]
    return items


def tower(levels: int) -> Any:
    items: Any = []
    for _ in range(levels):
        items = [items]
    return items


class Chained(OSError):
    """An error whose fields a program can set."""


HUGE: list[Callable[[], Any]] = [
    laughs,
    lambda: {"a": laughs()},
    lambda: {"a": laughs()}.values(),
    lambda: (laughs(),),
    lambda: ValueError(laughs()),
    lambda: ValueError(1, laughs()),
    lambda: KeyError(laughs()),
    lambda: OSError(1, laughs()),
    lambda: ImportError(laughs()),
    lambda: SyntaxError(laughs()),
    lambda: slice(laughs()),
    lambda: staticmethod(laughs()),
    lambda: ["a" * 600_000] * 2,
    lambda: [["a" * 90_000] for _ in range(12)],
    lambda: dict.fromkeys(range(12), "a" * 90_000),
    lambda: list(range(300_000)),
    lambda: [make("A", __repr__=lambda self: "a" * 90_000)()] * 12,
]


@pytest.mark.parametrize("value", HUGE)
@pytest.mark.parametrize(
    "show",
    [
        text,
        lambda v: format_value(v, ""),
        lambda v: format_text("{} {}", (1, v), {}),
        lambda v: format_text("{x!s}", (), {"x": v}),
        lambda v: percent("%s %s", (1, v)),
        lambda v: percent("%(v)s", {"v": v}),
    ],
)
def test_what_would_not_fit_is_refused(value: Callable[[], Any], show: Callable[[Any], str]) -> None:
    with pytest.raises(LimitReached, match="text of"):
        show(value())


def test_depth_is_limited() -> None:
    assert text(tower(150)) == str(tower(150))
    for value in (tower(201), tower(100_000), {"a": tower(300)}):
        with pytest.raises(LimitReached, match="nested more than 200 deep"):
            text(value)
    assert text([1]) == "[1]"


def test_walking_takes_steps(meter: Meter) -> None:
    before = meter.steps
    text([["x" * 100] * 50 for _ in range(100)])
    assert meter.steps > before + 100


def test_nested_texts_share_their_room() -> None:
    a = make("A", __repr__=lambda self: represent(self.items))

    def chain(length: int) -> Any:
        node = a()
        node.items = ["a" * 90_000]
        for _ in range(length):
            outer = a()
            outer.items = ["a" * 90_000, node]
            node = outer
        return node

    assert len(text(chain(2))) > 270_000
    with pytest.raises(LimitReached):
        text(chain(20))


# Formats


@given(
    st.integers() | st.floats() | st.text(max_size=8) | st.booleans(),
    st.from_regex(r"(.?[<>=^])?[-+ ]?z?#?0?[0-9]{0,3}[,_]?(\.[0-9]{1,2})?[bcdeEfFgGnosxX%]?", fullmatch=True),
)
def test_formats_are_those_of_the_host(value: Any, spec: str) -> None:
    assert outcome(format_value, value, spec) == outcome(format, value, spec)


@pytest.mark.parametrize(
    "spec", ["10001", "<10001", "*>100000", "010001d", "99999,.2f", "1000000000000", ".1001f", "5.9999f"]
)
def test_sizes_beyond_reason_are_refused(spec: str) -> None:
    for show in (
        lambda: format_value(1, spec),
        lambda: format_text("{:" + spec + "}", (1,), {}),
        lambda: format_text("{:{}}", (1, spec), {}),
    ):
        with pytest.raises(ValueError, match=r"(width|precision) of [\d,]+ in a format is over the limit"):
            show()


@pytest.mark.parametrize("spec", ["10000", "9<10", "0=10d", ".1000f", "1>9000"])
def test_sizes_within_reason_are_not(spec: str) -> None:
    assert format_value(1, spec) == format(1, spec)


def test_formats_of_times_are_left_to_them() -> None:
    from datetime import date

    assert format_value(date(2024, 5, 1), "%Y-%m-%d 1234567") == "2024-05-01 1234567"


TEMPLATES: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("", (), {}),
    ("plain", (), {}),
    ("{} {} {{}}", (1, "a"), {}),
    ("a}}b{}c{{d", (1,), {}),
    ("{1}{0}{1}", ("a", "b"), {}),
    ("{x:>5}|{y!r}|{y!a:<8}|", (), {"x": 1, "y": "ä"}),
    ("{0[1]} {0[0][k]} {x[a b]}", ([{"k": 5}, 2],), {"x": {"a b": 3}}),
    ("{:{}} {:{w}.{p}f}", ("a", 5, 2.5), {"w": 8, "p": 2}),
    ("{:{}{}}", ("a", ">", 5), {}),
    ("{!r:>5}", ("a",), {}),
    ("{:%}", (0.5,), {}),
    ("{} {}", (1,), {}),
    ("{x}", (), {"y": 1}),
    ("{} {0}", (1,), {}),
    ("{0} {}", (1,), {}),
    ("{:{0}}", (1,), {}),
    ("{", (), {}),
    ("}", (), {}),
    ("{0", (1,), {}),
    ("{0[a}", (1,), {}),
    ("{0[]}", ([1],), {}),
    ("{0.}", (1,), {}),
    ("{0[0]x}", ([1],), {}),
    ("{!x}", (1,), {}),
    ("{!}", (1,), {}),
    ("{:{:{}}}", (1, 2, 3), {}),
    ("{0[x]}", ([1],), {}),
    ("{0[9]}", ([1],), {}),
    ("{0[k]}", ({},), {}),
    ("{ 0}", (1,), {}),
    ("{a b}", (), {"a b": 1}),
    ("{-1}", (1,), {}),
    ("{99999999999999999999999}", (1,), {}),
    ("{:d}", ("a",), {}),
    ("{:5}", ([1],), {}),
    ("{}", ([1, "a"],), {}),
]


@pytest.mark.parametrize(("template", "arguments", "keywords"), TEMPLATES)
def test_templates_are_filled_as_by_the_host(template: str, arguments: Any, keywords: Any) -> None:
    expected = outcome(template.format, *arguments, **keywords)
    for _ in range(2):
        assert outcome(format_text, template, arguments, keywords) == expected


@given(st.text(alphabet="{}[]!:.ab01r ", max_size=12))
def test_any_template_is_filled_as_by_the_host(template: str) -> None:
    keywords = {"a": [1, 2], "b": {"a": "x"}}
    expected = outcome(template.format, "p", 3, **keywords)
    found = outcome(format_text, template, ("p", 3), keywords)
    if str(expected).partition(":")[0] not in ("AttributeError", "ValueError", "KeyError", "IndexError", "TypeError"):
        assert found == expected
    else:
        assert str(found).partition(":")[0].endswith("Error")


def test_format_map_takes_names_only() -> None:
    assert format_text("{a}", None, {"a": 1}) == "1"
    with pytest.raises(ValueError, match="Format string contains positional fields"):
        format_text("{}", None, {})


def test_templates_read_public_attributes_only() -> None:
    point = make("Point")()
    point.x = 1
    point._y = 2
    assert format_text("{0.x} {p.x:03}", (point,), {"p": point}) == "1 001"
    for template in (
        "{0._y}",
        "{0.__class__}",
        "{0.x.__class__}",
        "{0.__init__.__globals__}",
        "{1.__class__}",
        "{0.z}",
    ):
        with pytest.raises(AttributeError):
            format_text(template, (point, "a"), {})


def test_what_is_filled_in_is_not_a_template() -> None:
    assert format_text("{}", ("{0.__class__}",), {}) == "{0.__class__}"


DIRECTIVES: list[tuple[str, Any]] = [
    ("", ()),
    ("100%%", ()),
    ("%s and %d", ("a", 1)),
    ("%5.1f|%-5s|%+d|%05d|%x|%#o|%e", (1.25, "a", 3, 7, 255, 8, 0.5)),
    ("%r %a %s", ("ä", "ä", [1, "ä"])),
    ("%c%c", ("a", 98)),
    ("%(a)s %(b)03d", {"a": [1], "b": 2}),
    ("%(a(b))s", {"a(b)": 1}),
    ("%*d|%-*d|%.*f", (5, 1, 5, 1, 2, 1.5)),
    ("%*s|", (-4, "a")),
    ("%ld", 3),
    ("%s", {"a": 1}),
    ("%s", [1, 2]),
    ("x", {"a": 1}),
    ("x", [1]),
    ("%s %s", (1,)),
    ("%s", (1, 2)),
    ("x", 1),
    ("%d", "a"),
    ("%d", 1.9),
    ("%x", 1.5),
    ("%c", "ab"),
    ("%(a)s", 1),
    ("%(a)s", ({"a": 1},)),
    ("%(a)s", {}),
    ("%(a)s %s", {"a": 1}),
    ("%s %(a)s", {"a": 1}),
    ("%(a", {}),
    ("%", 1),
    ("%5", 1),
    ("%y", 1),
    ("%é", 1),
    ("%*d", ("a", 1)),
    ("%.3s", "abcdef"),
    ("%s", ((1, 2),)),
]


@pytest.mark.parametrize(("template", "arguments"), DIRECTIVES)
def test_percent_is_that_of_the_host(template: str, arguments: Any) -> None:
    expected = outcome(template.__mod__, arguments)
    for _ in range(2):
        assert outcome(percent, template, arguments) == expected


@pytest.mark.parametrize(
    ("template", "arguments"),
    [(b"%s|%b|%5d|%x", (b"a", b"b", 1, 255)), (b"%(a)s", {b"a": b"x"}), (b"%s", 1), (b"%s", "a"),
     (b"%a %r", ("ä", [1])), (b"%c%%", 97), (b"%s %s", (b"a",)), (b"%y", 1), (b"%*d", (4, 1)), (b"\xff%s", b"\xfe")],
)  # fmt: skip
def test_percent_of_bytes_is_that_of_the_host(template: bytes, arguments: Any) -> None:
    assert outcome(percent, template, arguments) == outcome(template.__mod__, arguments)


@pytest.mark.parametrize(
    ("template", "arguments"),
    [("%10001d", 1), ("%1000000000000d", 1), ("%.1001f", 1.5), ("%*d", (10**9, 1)), ("%-*d", (-(10**9), 1)),
     ("%.*f", (10**9, 1.5)), (b"%100000d", 1), ("%(a)100000d", {"a": 1})],
)  # fmt: skip
def test_percent_refuses_sizes_beyond_reason(template: Any, arguments: Any) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="in a format is over the limit"):
            percent(template, arguments)


@pytest.mark.parametrize(
    "fill",
    [
        lambda: percent("%s" * 20, ("a" * 90_000,) * 20),
        lambda: percent(b"%s" * 20, (b"a" * 90_000,) * 20),
        lambda: percent("%(a)s" * 20, {"a": "a" * 90_000}),
        lambda: format_text("{0}" * 20, ("a" * 90_000,), {}),
        lambda: format_text("{a}" * 20, (), {"a": "a" * 90_000}),
    ],
)
def test_repeated_fields_are_measured(fill: Callable[[], Any]) -> None:
    with pytest.raises(LimitReached):
        fill()


def test_percent_uses_the_programs_own_text() -> None:
    value = make("A", __str__=lambda self: "s", __repr__=lambda self: "r", __int__=lambda self: 7)()
    assert percent("%s %r %d", (value, value, value)) == "s r 7"
