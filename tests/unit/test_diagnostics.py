"""How findings are drawn: places, marks, long lines, wide letters, tracebacks, JSON and annotations."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dana.diagnostics import render_github, render_json, render_text, visible
from dana.errors import DanaError, Diagnostic, Frame
from dana.source import Source


def finding(text: str, marked: str, message: str = "wrong", **more: object) -> Diagnostic:
    """A diagnostic about the first place where `marked` stands."""
    source = Source(text, "demo.na")
    start = text.index(marked)
    return Diagnostic("wrong", message, source, start, start + len(marked), **more)  # type: ignore[arg-type]


def frame(text: str, marked: str, function: str = "") -> Frame:
    start = text.index(marked)
    return Frame(function, Source(text, "demo.na"), start, start + len(marked))


def drawn(*lines: str) -> str:
    return "\n".join(lines)


def test_place_mark_and_hint() -> None:
    assert render_text(finding("a = 1\nb = prics + 1\n", "prics", "prics is not defined", hint="prices?")) == drawn(
        "error: prics is not defined",
        "  --> demo.na:2:5",
        "   |",
        " 2 | b = prics + 1",
        "   |     ^^^^^",
        "   = prices?",
    )


def test_without_a_source() -> None:
    assert render_text(Diagnostic("usage", "no file", hint="one\ntwo")) == drawn("error: no file", "  = one", "    two")


def test_warning() -> None:
    assert render_text(finding("a\n", "a", severity="warning")).startswith("warning: wrong\n")


def test_place_without_width_gets_one_mark() -> None:
    source = Source("f(\n", "demo.na")
    assert render_text(Diagnostic("x", "more", source, 2, 2)).endswith(" 1 | f(\n   |   ^")
    assert render_text(Diagnostic("x", "more", source, 3, 3)).endswith(" 2 |\n   | ^")


def test_tabs_take_columns_up_to_the_next_stop() -> None:
    assert drawn(" 1 |     a = 1   + b", "   |               ^") in render_text(finding("\ta = 1\t+ b", "b"))


def test_wide_and_combining_letters() -> None:
    assert drawn(" 1 | '茶' + x", "   |        ^") in render_text(finding("'茶' + x", "x"))
    assert drawn(" 1 | 'e\u0301' + x", "   |       ^") in render_text(finding("'e\u0301' + x", "x"))
    assert drawn(" 1 | '👩\u200d👧' + x", "   |          ^") in render_text(finding("'👩\u200d👧' + x", "x"))


def test_control_characters_are_escaped_and_take_their_columns() -> None:
    assert drawn(r" 1 | '\x1b\u202e' + x", "   |                ^") in render_text(finding("'\x1b\u202e' + x", "x"))
    assert visible("a\nb\tc\x07\u2028\ud800\U000e0001") == "a\nb\tc" r"\x07\u2028\ud800\U000e0001"
    assert "\x1b" not in render_text(finding("x", "x", "\x1b[31m", hint="\x1b[1m", notes=(("\x1b", 0, 1),)))


def test_long_line_is_cut_around_the_mark() -> None:
    text = "x = " + "1 + " * 60 + "wrong + " + "2 + " * 60 + "3"
    _, _, _, line, marks = render_text(finding(text, "wrong"), width=40).split("\n")
    assert line == " 1 | ... 1 + 1 + 1 + 1 + wrong + 2 + 2 + 2 + 2 +..."
    assert line[marks.index("^") : marks.rindex("^") + 1] == "wrong"


def test_long_line_marked_near_its_ends() -> None:
    text = "first + " + "1 + " * 60 + "last"
    start = render_text(finding(text, "first"), width=40).split("\n")
    assert start[3:] == [" 1 | first + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + ...", "   | ^^^^^"]
    end = render_text(finding(text, "last"), width=40).split("\n")
    assert end[3:] == [" 1 | ...1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + last", "   | " + " " * 39 + "^^^^"]


def test_mark_longer_than_the_line_may_be() -> None:
    text = "call(" + "a, " * 60 + ")"
    lines = render_text(finding(text, text), width=30).split("\n")
    assert lines[3:] == [" 1 | call(a, a, a, a, a, a, a, a, a...", "   | " + "^" * 30]


def test_place_in_several_lines() -> None:
    text = "total = add(1,\n            2,\n            3,\n            4)\n"
    assert render_text(finding(text, text[8:-1])) == drawn(
        "error: wrong",
        "  --> demo.na:1:9",
        "   |",
        " 1 | total = add(1,",
        "   |         ^^^^^^",
        "...",
        " 4 |             4)",
        "   |             ^^",
    )


def test_place_that_ends_with_its_line() -> None:
    assert render_text(finding("if a\nb\n", "a\n")).endswith(" 1 | if a\n   |    ^")


def test_notes_have_their_own_marks() -> None:
    text = "print(\n  1,\n  2]\n"
    note = ("the bracket opened here", 5, 6)
    assert render_text(finding(text, "]", "] does not close (", notes=(note,), hint="write )")) == drawn(
        "error: ] does not close (",
        "  --> demo.na:3:4",
        "   |",
        " 1 | print(",
        "   |      - the bracket opened here",
        " 2 |   1,",
        " 3 |   2]",
        "   |    ^",
        "   = write )",
    )


def test_note_on_the_same_line() -> None:
    assert render_text(finding("f(a, a)", "f", notes=(("first", 2, 3), ("again", 5, 6)))) == drawn(
        "error: wrong",
        "  --> demo.na:1:1",
        "   |",
        " 1 | f(a, a)",
        "   | ^",
        "   |   - first",
        "   |      - again",
    )


def test_numbers_of_different_length_align() -> None:
    text = "\n" * 8 + "a\nb\n"
    lines = render_text(finding(text, "b", notes=(("see", 8, 9),))).split("\n")
    assert lines[1:] == ["   --> demo.na:10:1", "    |", "  9 | a", "    | - see", " 10 | b", "    | ^"]


def test_traceback() -> None:
    text = "def f(x):\n    return 1 / x\n\nprint(f(0) + 1)\n"
    error = finding(
        text,
        "1 / x",
        "ZeroDivisionError: division by zero",
        hint="a hint",
        frames=(frame(text, "f(0)"), frame(text, "1 / x", "f")),
    )
    error.code = "uncaught-exception"
    assert render_text(error) == drawn(
        "traceback (most recent call last):",
        "  demo.na:4:7",
        "    print(f(0) + 1)",
        "          ^^^^",
        "  demo.na:2:12 in f",
        "    return 1 / x",
        "           ^^^^^",
        "ZeroDivisionError: division by zero",
        "  = a hint",
    )


def test_traceback_of_something_else_says_error() -> None:
    assert render_text(finding("f()", "f()", "too long", frames=(frame("f()", "f()"),))).endswith("error: too long")


def test_traceback_leaves_out_marks_under_whole_lines() -> None:
    text = "  raise ValueError(\n    'x',\n    'y',\n  )  # why\nf()\n"
    inside = frame(text, text[2 : text.index("  #")], "f")
    lines = render_text(finding(text, "f", frames=(frame(text, "f()"), inside))).split("\n")
    assert lines == [
        "traceback (most recent call last):",
        "  demo.na:5:1",
        "    f()",
        "  demo.na:1:3 in f",
        "    raise ValueError(",
        "    ^^^^^^^^^^^^^^^^^",
        "    ...",
        "    )  # why",
        "    ^",
        "error: wrong",
    ]


def test_repeated_calls_are_counted() -> None:
    text = "f(); g(); h()"
    f, g, h = frame(text, "f()", "f"), frame(text, "g()", "g"), frame(text, "h()", "h")

    def places(*frames: Frame) -> list[str]:
        lines = render_text(finding(text, "f", frames=frames)).split("\n")[1:-1]
        return [line.split(" in ")[-1].strip() for line in lines if line[:4] != "    "]

    assert places(f, f, f, h) == ["f", "f", "f", "h"]
    assert places(f, f, f, f, h) == ["f", "... this call 3 more times", "h"]
    assert places(h, *[f, g] * 5, f, h) == ["h", "f", "g", "... these 2 calls 4 more times", "f", "h"]


def test_many_calls_that_do_not_repeat_are_cut_in_the_middle() -> None:
    text = "\n".join(f"f{number}()" for number in range(100))
    frames = tuple(frame(text, f"f{number}()", f"f{number}") for number in range(100))
    lines = render_text(finding(text, "f0", frames=frames)).split("\n")
    assert "  ... 60 more calls" in lines
    assert "  demo.na:20:1 in f19" in lines
    assert "  demo.na:81:1 in f80" in lines
    assert not any("f50" in line for line in lines)


def test_what_led_to_an_error_comes_first() -> None:
    first = Diagnostic("a", "first")
    second = Diagnostic("b", "second", related=(("then", first),))
    third = Diagnostic("c", "third", related=(("after that", second),))
    assert render_text(third) == "error: first\n\nthen:\n\nerror: second\n\nafter that:\n\nerror: third"


def test_color_changes_only_color() -> None:
    import re

    error = finding("a = b", "b", hint="try c", notes=(("here", 0, 1),))
    colored = render_text(error, color=True)
    assert colored.startswith("\x1b[1;31merror:\x1b[0m wrong\n")
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render_text(error)


def test_text_of_an_error_with_several_findings() -> None:
    assert str(DanaError(Diagnostic("a", "one"), Diagnostic("b", "two"))) == "error: one\n\nerror: two"


def test_json() -> None:
    error = finding(
        "a = 1\nb = f(\n)\n",
        "f(\n)",
        hint="look",
        notes=(("here", 0, 1),),
        frames=(frame("a", "a", "g"),),
        related=(("then", Diagnostic("other", "before", severity="warning")),),
    )
    nowhere = {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    assert render_json(error) == {
        "severity": "error",
        "code": "wrong",
        "message": "wrong",
        "hint": "look",
        "file": "demo.na",
        "line": 2,
        "column": 5,
        "end_line": 3,
        "end_column": 2,
        "notes": [{"message": "here", "file": "demo.na", "line": 1, "column": 1, "end_line": 1, "end_column": 2}],
        "frames": [{"function": "g", "file": "demo.na", "line": 1, "column": 1, "end_line": 1, "end_column": 2}],
        "related": [
            {
                "relation": "then",
                "severity": "warning",
                "code": "other",
                "message": "before",
                "hint": None,
                **nowhere,
                "notes": [],
                "frames": [],
                "related": [],
            }
        ],
    }


def test_github() -> None:
    error = finding("a = 1\nb = f()\n", "f()", "100% wrong\nreally", hint="look: here")
    error.source.name = "a,b:c.na"  # type: ignore[union-attr]
    assert render_github(error) == (
        "::error file=a%2Cb%3Ac.na,line=2,endLine=2,col=5,endColumn=8,title=wrong::100%25 wrong%0Areally%0Alook: here"
    )
    assert render_github(finding("f(\n)", "f(\n)", severity="warning")) == (
        "::warning file=demo.na,line=1,endLine=2,col=1,title=wrong::wrong"
    )
    assert render_github(Diagnostic("usage", "no file")) == "::error title=usage::no file"


@given(st.text(max_size=200), st.integers(0, 200), st.integers(0, 200), st.text(max_size=20))
def test_any_place_in_any_text_can_be_drawn(text: str, start: int, end: int, message: str) -> None:
    source = Source(text, "demo.na")
    start, end = sorted((min(start, len(source.text)), min(end, len(source.text))))
    found = Diagnostic("x", message, source, start, end, notes=((message, start, end),))
    traced = Diagnostic("x", message, source, start, end, frames=(Frame(message, source, start, end),))
    for diagnostic in (found, traced):
        shown = render_text(diagnostic, width=30)
        assert all(character == "\n" or ord(character) >= 32 or character == "\t" for character in shown)
        assert "^" in shown or diagnostic is traced
        assert "\n" not in render_github(diagnostic)
        assert render_json(diagnostic)["message"] == message
