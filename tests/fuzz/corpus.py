"""The texts that fuzzing begins with, and the ways to change them."""

from __future__ import annotations

import functools
import json
import random
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent

SEPARATOR = re.compile(r"^---.*\n", re.MULTILINE)
PIECE = re.compile(
    r"\s*(?:\w+|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*|\*\*=|//=|\.\.\.|->|:=|\*\*|[<>=!]=|.)|\s+"
)

LONGEST = 10_000
"""Characters of an input."""

WORDS = [
    *"and as assert break class continue def del elif else except finally for from global if import in is lambda".split(),
    *"nonlocal not or pass raise return try while with yield async await match case True none null reason struct".split(),
    *"( ) [ ] { } , : . ; @ = -> + - * / // % ** << >> & | ^ ~ := < > <= >= == != += -= **= ... .. $$ ! ? $ \\".split(),
    *"0 1 -1 0x 1e 1e999 1_ 0b2 1j 07 1..3 99999999999999999999 .5 \" ' \"\"\" ''' f\" f''' rb' b\" f'{ }'".split(),
    *"_ x self super() __init__ __class__ __dict__ print len list dict int str Exception object type".split(),
    *[
        "\n",
        "\n    ",
        "\n\t",
        "\n        ",
        " ",
        "\\\n",
        "#",
        "\r\n",
        "\r",
        "\f",
        "\v",
        "*x",
        "**x",
        "(yield)",
        "lambda: ",
    ],
    *[
        "f'{x!r:>{w}}'",
        'f"{x=}"',
        "[*a]",
        "{**a}",
        "x if y else z",
        "for i in a",
        "if a",
        "(x := 1)",
        "a[::2]",
        "match x:\n case _: ",
    ],
]
CHARACTERS = [
    *[
        "\0",
        "\x01",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\xa0",
        "\ufeff",
        "\u200b",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\ufffd",
    ],
    *[
        "\ud800",
        "\udfff",
        "\U0001f600",
        "\U0010ffff",
        "é",
        "é",
        "ſ",
        "ﬁ",
        "ª",
        "𝐱",
        "Ⅷ",
        "ℌ",
        "ﷺ",
        "日",
        "٣",
        "²",
        "µ",
        "·",
    ],
]


@functools.cache
def programs() -> list[str]:
    """Programs of the tests, the examples and, where it lies beside this one, the recipe."""
    root = TESTS.parent
    files = [
        *(TESTS / "conformance").glob("*.na"),
        *(TESTS / "workflow").glob("*.na"),
        *(TESTS / "differential").glob("*.na"),
        *(TESTS / "recipe").glob("*.na"),
        *(root / "examples").rglob("*.na"),
        *(root / "stdlib").glob("*.na"),
    ]
    found = [part for file in sorted(files) for part in SEPARATOR.split(file.read_text("utf-8")) if part.strip()]
    found += [file.read_text("utf-8").partition("\n=====")[0] for file in sorted((TESTS / "golden").rglob("*.txt"))]
    return found


def pieces(text: str) -> list[str]:
    """A text cut about where tokens begin; joined they are the text."""
    return PIECE.findall(text)


class Mutation:
    """Changes texts at random."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def program(self) -> str:
        """One of the programs with a few changes."""
        text = self.short(self.chance.choice(programs()))
        for _ in range(self.chance.choice((1, 1, 2, 3, 8))):
            text = self.chance.choice((self.tokens, self.tokens, self.lines, self.splice, self.nest, self.characters))(
                text
            )
        return text[:LONGEST]

    def short(self, text: str) -> str:
        """A text, or some lines of it where it is long."""
        if len(text) <= LONGEST // 2:
            return text
        lines = text.splitlines(keepends=True)
        start = self.chance.randrange(len(lines))
        return "".join(lines[start : start + 40])

    def tokens(self, text: str) -> str:
        """Some tokens left out, repeated, exchanged or replaced."""
        parts = pieces(text) or [""]
        for _ in range(self.chance.randint(1, 4)):
            at = self.chance.randrange(len(parts))
            other = self.chance.randrange(len(parts))
            kind = self.chance.randrange(5)
            if kind == 0:
                parts[at] = ""
            elif kind == 1:
                parts[at] += parts[at] * self.chance.choice((1, 2, 30))
            elif kind == 2:
                parts[at], parts[other] = parts[other], parts[at]
            elif kind == 3:
                parts[at] = parts[other]
            else:
                parts[at] = self.chance.choice(("", " ")) + self.chance.choice(WORDS)
        return "".join(parts)

    def lines(self, text: str) -> str:
        """Lines left out, repeated, moved or indented differently."""
        rows = text.split("\n")
        for _ in range(self.chance.randint(1, 3)):
            at, other = self.chance.randrange(len(rows)), self.chance.randrange(len(rows))
            kind = self.chance.randrange(5)
            if kind == 0:
                rows[at] = ""
            elif kind == 1:
                rows.insert(other, rows[at])
            elif kind == 2:
                rows[at], rows[other] = rows[other], rows[at]
            elif kind == 3:
                rows[at] = self.chance.choice((" ", "    ", "\t", "        ", "\f")) + rows[at]
            else:
                rows[at] = rows[at].lstrip() if self.chance.random() < 0.5 else rows[at][1:]
        return "\n".join(rows)

    def splice(self, text: str) -> str:
        """A part of another program put in."""
        here, there = pieces(text), pieces(self.short(self.chance.choice(programs())))
        at, start = self.chance.randint(0, len(here)), self.chance.randint(0, len(there))
        here[at : at + self.chance.randint(0, 6)] = there[start : start + self.chance.randint(1, 30)]
        return "".join(here)

    def nest(self, text: str) -> str:
        """A token put into many brackets, or behind many signs."""
        parts = pieces(text) or ["x"]
        at = self.chance.randrange(len(parts))
        before, after = self.chance.choice(
            (
                ("(", ")"),
                ("[", "]"),
                ("{", "}"),
                ("f(", ")"),
                ("-", ""),
                ("not ", ""),
                ("lambda: ", ""),
                ("lambda a=", ": 1"),
                ("@", "\n"),
                ("x[", "]"),
                ("", ".a"),
                ("", "()"),
                ("", "[0]"),
                ("1 + ", ""),
                ("a if b else ", ""),
                ("{1: ", "}"),
                ("f'{", "}'"),
                ("*", ""),
                ("", " for x in y"),
                ("", " if x"),
                ("", ", x"),
                ("", " or y"),
                ("", " < 3"),
                ("x = ", ""),
                ("", " as z"),
            )
        )
        count = self.chance.choice((3, 25, 60, 150, 250))
        core = parts[at].strip(" ")
        space = parts[at][: len(parts[at]) - len(core)] if core else ""
        parts[at] = space + before * count + core + after * count
        return "".join(parts)

    def characters(self, text: str) -> str:
        """Characters left out, exchanged for hostile ones, or a stretch repeated."""
        if not text:
            return self.chance.choice(CHARACTERS)
        for _ in range(self.chance.randint(1, 3)):
            at = self.chance.randrange(len(text)) if text else 0
            kind = self.chance.randrange(5)
            if kind == 0:
                text = text[:at] + text[at + 1 :]
            elif kind == 1:
                text = text[:at] + self.chance.choice(CHARACTERS) + text[at:]
            elif kind == 2:
                text = text[:at] + self.chance.choice(CHARACTERS) + text[at + 1 :]
            elif kind == 3:
                text = text[:at]
            else:
                text = text[:at] + text[at : at + 20] * self.chance.choice((2, 50)) + text[at:]
        return text

    def bytes(self, data: bytes) -> bytes:
        """Bytes left out, put in and exchanged."""
        found = bytearray(data)
        for _ in range(self.chance.randint(1, 6)):
            at = self.chance.randint(0, len(found))
            kind = self.chance.randrange(3)
            if kind == 0:
                del found[at : at + self.chance.randint(1, 8)]
            elif kind == 1:
                found[at:at] = self.chance.randbytes(self.chance.randint(1, 4))
            else:
                found[at : at + 1] = self.chance.choice(
                    (b"\xff", b"\0", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\r", b"\xc0\x80")
                )
        return bytes(found)


# Workflow definitions


def _call(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": "action",
        "action_type": "function",
        "function": "act",
        "parameters": {"n": "${n}"},
        **more,
    }


DEFINITIONS: list[dict[str, Any]] = [
    {"id": "w", "steps": [_call("a", retry_policy={"max_retries": 2, "retry_delay": 0.01, "backoff": 2})]},
    {
        "id": "order",
        "name": "An order",
        "version": "1.0",
        "description": "d",
        "input_schema": {"n": "integer", "item": "string"},
        "output_schema": {"total": "number"},
        "timeout": 60,
        "retry_policy": {"max_retries": 1},
        "error_handling": {"strategy": "retry", "on_error": "skip", "escalate_to": "somebody"},
        "steps": [
            _call("first", compensation=_call("undo"), output_variables=["n"]),
            {
                "name": "choose",
                "type": "decision",
                "rules": [{"if": "n > 300", "then": "yes"}, {"if": "n == 1", "then": "no"}],
                "default": "no",
                "branches": {"yes": "approve", "no": "last", "stop": "end"},
            },
            {"name": "approve", "type": "human", "prompt": "Sell ${n}?", "options": ["yes", "no"], "timeout": 5},
            {
                "name": "both",
                "type": "parallel",
                "merge_strategy": "all_complete",
                "branches": [{"name": "l", "steps": [_call("x")]}, {"name": "r", "steps": [_call("y"), _call("z")]}],
            },
            _call("last"),
        ],
    },
    {
        "id": "loops",
        "steps": [
            {
                "name": "each",
                "type": "loop",
                "loop_config": {"variable": "item", "items": [1, 2, "${n}"], "break_condition": "item > 2", "max_iterations": 5},
                "body": [_call("inner")],
            },
            {
                "name": "while",
                "type": "while_loop",
                "condition": {"type": "comparison", "left": "${n}", "operator": "<", "right": 3},
                "max_iterations": 3,
                "body": [_call("turn")],
            },
            {
                "name": "if",
                "type": "conditional_branch",
                "condition": "n > 1 and n < 10",
                "true_branch": [_call("t")],
                "false_branch": [{"name": "w", "type": "wait", "duration": "5s"}],
            },
            {"name": "pause", "type": "wait", "duration": 0.01},
        ],
    },
    {
        "id": "model",
        "steps": [
            {"name": "decide", "type": "decision", "decision_prompt": "Is {variables[n]} big?", "branches": {"small": 1, "big": 2}},
            {"name": "analyse", "type": "ai_analysis", "prompt": "Analyse {n} ${n}", "output_variables": ["risk", "status"]},
            {"name": "http", "type": "action", "action_type": "api_call", "parameters": {"url": "http://127.0.0.1:9/x", "method": "GET"}},
            {"name": "sql", "type": "action", "action_type": "database_operation", "parameters": {"operation": "query", "query": "select 1"}},
            {"name": "tell", "type": "action", "action_type": "notification", "parameters": {"message": "m ${n}", "channel": "console"}},
            {"name": "file", "type": "action", "action_type": "file_operation", "parameters": {"operation": "read", "path": "x"}},
        ],
    },
]  # fmt: skip

VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        10**20,
        -(10**400),
        1e308,
        0.5,
        float("nan"),
        float("inf"),
        "",
        " ",
        "x",
        "end",
        "${n}",
        "${",
        "${n.__class__}",
    ),
    *(
        "${" * 50,
        "{n.__class__}",
        "{",
        "{0}",
        "n" * 300,
        "a\x1b[31mb",
        "\ud800",
        "__import__('os')",
        "1 +",
        "n.__class__",
        "9**9**9",
        "[0]*10**9",
    ),
    *(
        [],
        {},
        [[]],
        [{}],
        {"": ""},
        ["a", "a"],
        {"type": "action"},
        {"name": "a"},
        [None],
        {"type": []},
        {"if": 3},
        "first",
        "choose",
        -3,
        2,
        99,
    ),
    *(
        "action",
        "decision",
        "parallel",
        "loop",
        "while_loop",
        "wait",
        "human",
        "ai_analysis",
        "conditional_branch",
        "action\n",
        "5 parsecs",
    ),
]
KEYS = [
    *"id steps name type branches body loop_config condition parameters retry_policy compensation timeout error_handling".split(),
    *"output_variables rules default duration wait_condition merge_strategy max_iterations prompt true_branch function".split(),
    *("", "__class__", "a.b", "\u202e", "x" * 500, "status", "current_step", "0"),
]


class Repeated(dict[str, Any]):
    """An object that says some of its keys twice when it is written."""


def places(value: Any) -> list[tuple[Any, Any]]:
    """All (container, key) of a value."""
    found: list[tuple[Any, Any]] = []
    left = [value]
    while left:
        item = left.pop()
        for key in list(item) if isinstance(item, dict) else range(len(item)):
            found.append((item, key))
            if isinstance(item[key], (dict, list)):
                left.append(item[key])
    return found


def definition(chance: random.Random) -> str:
    """A workflow definition with mistakes, as JSON."""
    made = json.loads(json.dumps(chance.choice(DEFINITIONS)))
    for _ in range(chance.choice((0, 1, 1, 2, 4, 10))):
        if not (found := places(made)):
            break
        holder, key = chance.choice(found)
        _change(holder, key, found, chance)
    text = json.dumps(made, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.1:
        text = Mutation(chance).characters(text)
    if chance.random() < 0.1:
        name = chance.choice(KEYS[:20])
        text = text.replace(f'"{name}":', f'"{name}": 1, "{name}":', 1)
    return text


def _change(holder: Any, key: Any, found: Sequence[tuple[Any, Any]], chance: random.Random) -> None:
    kind = chance.randrange(6)
    if kind == 0 and isinstance(holder, dict):
        del holder[key]
    elif kind == 1:
        other, place = chance.choice(found)
        try:
            holder[key] = json.loads(json.dumps(other[place]))
        except (KeyError, IndexError):
            holder[key] = None
    elif kind == 2 and isinstance(holder, dict):
        holder[chance.choice(KEYS)] = deepcopy(chance.choice(VALUES))
    elif kind == 3 and isinstance(holder, list):
        holder.insert(0, json.loads(json.dumps(holder[key])))
    elif kind == 4:
        value = holder[key]
        for depth in range(chance.choice((1, 3, 60, 300))):
            twice = depth < 3 and len(found) < 10_000 and chance.random() < 0.1  # each time doubles the text
            again = [json.loads(json.dumps(value))] if twice else []
            value = [value] if chance.random() < 0.5 else {"steps": value, "type": "loop", "body": again}
        holder[key] = value
    else:
        holder[key] = deepcopy(chance.choice(VALUES))


# Configuration and answers

CONFIGURATIONS = [
    '[model]\nprovider = "openai"\nmodel = "m"\nbase_url = "http://x"\napi_key_env = "KEY"\ntemperature = 0.5\nmax_tokens = 5\n',
    '[model]\ntimeout = 3\nconcurrency = 2\nfallback = ["ollama/x", {provider = "openai", model = "y"}]\nbudget = 1.5\n',
    '[model.prices]\n"m" = [0.1, 0.5]\n\n[permissions]\nread = ["."]\nwrite = ["out"]\nnet = ["example.com:80"]\ndb = ["x.db"]\n',
    '[workflow]\nx = 1\n[project]\nname = "p"\n[[a.b]]\nc = 1979-05-27T07:32:00Z\nd = """x"""\n[model]\nfallback = []\n',
]
ANSWERS = [
    '{"branch": "big", "reasoning": "more than 10"}', '{"answer": [1, 2, 3]}', '```json\n{"a": {"b": [true, null]}}\n```', '{"answer": 0.5}',
    "<think>hm {}</think>Yes: {'a': 'it''s', b: 1,}", '[{"name": "x", "score": 3}, {"name": "y", "score": 4.5}]', "big", "true", '"text"',
    '{"a": 1} and {"a": 2}', 'Here [1] it is:\n[1, 2]\n', '{"a": "x', '{"n": 1e999, "m": NaN}', '{"a": 1, "a": 2}', "{...}", "[[[[]]]]",
]  # fmt: skip


def configuration(chance: random.Random) -> str:
    """A dana.toml with mistakes."""
    return _mixed(CONFIGURATIONS, chance)


def answer(chance: random.Random) -> str:
    """What a model might say."""
    text = _mixed(ANSWERS, chance)
    if chance.random() < 0.05:
        mark = chance.choice(("[", "{", '{"a":', "```", "...", "'", "\\"))
        text = mark * chance.choice((50, 2_000)) + text
    return text


def _mixed(texts: Sequence[str], chance: random.Random) -> str:
    change = Mutation(chance)
    text = "".join(chance.choice(texts) for _ in range(chance.choice((1, 1, 2))))
    for _ in range(chance.choice((1, 2, 4))):
        ways: list[Callable[[str], str]] = [change.tokens, change.lines, change.characters]
        text = chance.choice(ways)(text)
    return text[:LONGEST]
