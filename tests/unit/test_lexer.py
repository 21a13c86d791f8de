"""Tokens: what a text is cut into, where they stand, and what is refused with which message."""

from __future__ import annotations

import keyword
import threading

import pytest

from dana.lexer import KEYWORDS, NESTING, OPERATORS, LexicalError, tokenize


def kinds(text: str) -> str:
    return " ".join(token[0] for token in tokenize(text))


def values(text: str) -> list[str]:
    return [token[1] for token in tokenize(text) if token[0] not in ("NEWLINE", "INDENT", "DEDENT", "$END")]


def refused(text: str) -> LexicalError:
    with pytest.raises(LexicalError) as caught:
        tokenize(text)
    return caught.value


def test_tokens_are_where_the_text_is() -> None:
    text = "total = prices[0] + 0x1F  # sum\nprint(f'{total}', r\"\\d\")\n"
    for kind, value, start, end in tokenize(text):
        if kind not in ("NEWLINE", "INDENT", "DEDENT", "$END"):
            assert text[start:end] == value


def test_keywords_are_those_of_python_and_more_constants() -> None:
    assert set(KEYWORDS) == set(keyword.kwlist) | {"true", "false", "none", "null"}


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_operators(operator: str) -> None:
    if operator in "()[]{}":
        return
    assert values(f"a {operator} b") == ["a", operator, "b"]
    assert values(f"a{operator}b") == ["a", operator, "b"]


@pytest.mark.parametrize(
    "number",
    """0 00 0_0 1 10_000 0xff 0X_Ff 0b1_0 0O17 1. .5 1.5 1e5 1E+5 1e-5 1_0.0_1e1_0 1j 1.5J .5j 1e5j 01j 09.5""".split(),
)
def test_numbers(number: str) -> None:
    assert tokenize(f"{number}\n")[0][:2] == ("NUMBER", number)


@pytest.mark.parametrize("text", ["1if x else 2", "1or 2", "0x1for x in y", "[1for x in y]", "1in x", "1_0if x else y"])
def test_numbers_before_words(text: str) -> None:
    assert tokenize(text)[0][0] in ("NUMBER", "LSQB")


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("1_", "1_ is not a number literal"),
        ("1__0", "1__0 is not a number literal"),
        ("0xg", "0xg is not a number literal"),
        ("0b2", "0b2 is not a number literal"),
        ("1a", "1a is not a number literal"),
        ("1e", "1e is not a number literal"),
        ("0777", "0777 starts with zeros"),
        ("0_7", "0_7 starts with zeros"),
    ],
)
def test_numbers_refused(number: str, message: str) -> None:
    error = refused(f"x = {number}\n")
    assert (error.message, error.start, error.end) == (message, 4, 4 + len(number))


@pytest.mark.parametrize("prefix", "r R b B u U br bR Br BR rb rB Rb RB".split())
@pytest.mark.parametrize("quotes", ["'", '"', "'''", '"""'])
def test_text_prefixes(prefix: str, quotes: str) -> None:
    text = f"{prefix}{quotes}a{quotes}"
    assert tokenize(text)[0][:2] == ("STRING", text)


@pytest.mark.parametrize("prefix", "f F fr fR Fr FR rf rF Rf RF".split())
@pytest.mark.parametrize("quotes", ["'", '"', "'''", '"""'])
def test_f_string_prefixes(prefix: str, quotes: str) -> None:
    text = f"{prefix}{quotes}a{{b}}{quotes}"
    assert tokenize(text)[0][:2] == ("FSTRING", text)


@pytest.mark.parametrize(
    "text",
    [
        "f'{a[\"b\"]}'",
        "f'{a['b']}'",
        'f"{"a" + "b"}"',
        "f'{f'{f'{x}'}'}'",
        "f'{x:{width}.{precision}}'",
        "f'{{not a field}}'",
        "f'{x!r:>10}'",
        "f'{ {1: 2}[1] }'",
        "f'''{\nx\n}'''",
        "f'\\N{DIGIT ONE}{x}'",
        "f'{(lambda y: y)(x)}'",
    ],
)
def test_f_strings_end_at_their_quote(text: str) -> None:
    assert values(f"{text} + 1") == [text, "+", "1"]


@pytest.mark.parametrize("text", ["'a\\\nb'", "'''a\n\"'b'''", '"\'"', "'\\''", "''", '""""""'])
def test_texts(text: str) -> None:
    assert values(text) == [text]


def test_indentation() -> None:
    assert kinds("if a:\n  b\n\n  # note\n  if c:\n      d\ne\n") == (
        "IF NAME COLON NEWLINE INDENT NAME NEWLINE IF NAME COLON NEWLINE INDENT NAME NEWLINE DEDENT DEDENT "
        "NAME NEWLINE $END"
    )


@pytest.mark.parametrize(
    "text",
    ["if a:\n\tb\n\tc\n", "if a:\n  \tb\n  \tc\n", "if a:\n\f  b\n  c\n", "if a:\n    b  # note\n# note\n    c\n"],
)
def test_blocks_of_two_lines(text: str) -> None:
    assert kinds(text) == "IF NAME COLON NEWLINE INDENT NAME NEWLINE NAME NEWLINE DEDENT $END"


@pytest.mark.parametrize("text", ["if a:\n\tb\n        c\n", "if a:\n        b\n\tc\n", "if a:\n b\n\tif c:\n  d\n"])
def test_mixed_indentation(text: str) -> None:
    assert refused(text).code == "mixed-indentation"


def test_indentation_that_matches_nothing() -> None:
    error = refused("if a:\n    if b:\n        c\n      d\n")
    assert error.code == "bad-indentation"
    assert error.hint == "indent it by 0 or 4 or 8 columns"


@pytest.mark.parametrize("text", ["(a,\n  b)\n", "[a,\n\n# note\n b]\n", "{a:\n b}\n", "a + \\\n  b\n"])
def test_lines_that_go_on(text: str) -> None:
    assert [token[0] for token in tokenize(text)].count("NEWLINE") == 1
    assert "INDENT" not in kinds(text)


def test_last_line_needs_no_end() -> None:
    assert kinds("if a:\n  b") == "IF NAME COLON NEWLINE INDENT NAME NEWLINE DEDENT $END"
    assert kinds("") == "$END"
    assert kinds("# note") == "$END"


def test_names_are_normalised() -> None:
    assert values("ﬁne = gi_ｆrame") == ["fine", "=", "gi_frame"]
    assert tokenize("ｉｆ x: y")[0][0] == "IF"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("x = “a”", "'“' is not part of the language", 'use "'),
        ("x =\u00a01", "U+00A0 is not part of the language", "use an ordinary blank"),
        ("x = \0", "a NUL byte is not text", "is this a file of text?"),
        ("x = a ? b : c", "'?' is not part of the language", "write `a if condition else b` for a choice"),
        ("x = !a", "'!' is not part of the language", "write `not`"),
        ("x = 1 \\ 2", "something follows the line continuation '\\'", None),
    ],
)
def test_characters_refused(text: str, message: str, hint: str | None) -> None:
    error = refused(text)
    assert (error.message, error.hint) == (message, hint)


@pytest.mark.parametrize("text", ["(", "f(a, [b", "{1: (2", "'''a\nb", 'f"""a{b}', "a + \\", "x = \\\n"])
def test_more_could_follow(text: str) -> None:
    assert refused(text).incomplete


@pytest.mark.parametrize("text", [")", "(]", "'a", 'f"a', "1_", "?"])
def test_nothing_could_help(text: str) -> None:
    assert not refused(text).incomplete


def test_nesting() -> None:
    tokenize("(" * NESTING + ")" * NESTING)
    assert refused("(" * 10_000 + ")" * 10_000).message == "more than 200 brackets are nested"
    blocks = "".join(" " * depth + "if a:\n" for depth in range(NESTING + 2))
    assert refused(blocks).message == "more than 200 blocks are nested"


@pytest.mark.parametrize(
    "text",
    [
        "match = 3",
        "match(x)",
        "match[x]: int = 3",
        "match.case",
        "match: str = 'a'",
        "print(match, case)",
        "match (x)\n",
        "case = match",
        "struct = agent = workflow = resource = interface = deliver = private = local = 1",
    ],
)
def test_words_that_stay_names(text: str) -> None:
    assert not {"MATCH", "CASE"} & {token[0] for token in tokenize(text)}


@pytest.mark.parametrize("subject", ["x", "x, y", "(x)", "[x]", "-x", "*x, y", "match", "{'a': b}", "x[1:2]"])
def test_match_statement(subject: str) -> None:
    found = kinds(f"match {subject}:\n    # note\n    case case:\n        case = 1\n    case _: pass\n").split()
    assert found[0] == "MATCH"
    assert found.count("CASE") == 2


def test_one_lexer_for_many_threads() -> None:
    text = "if a:\n    b = [f'{x!r:>{y}}', (1, 2)]\n    if c:\n        d\n" * 20
    expected = tokenize(text)
    wrong = []

    def run() -> None:
        wrong.extend(1 for _ in range(20) if tokenize(text) != expected)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
