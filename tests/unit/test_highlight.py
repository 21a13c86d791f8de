"""Highlighting: one table of tokens, whose lexer and files agree with the language's own lexer and with each other."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dana.grammar import tokens
from pygments.token import Error, string_to_tokentype

from dana import lexer, modules
from dana.cli import main
from dana.errors import ProgramError
from dana.highlight import DanaLexer, library_names
from dana.parser import parse
from dana.source import Source
from tests.grammar import generated
from tests.test_conformance import programs

ROOT = Path(__file__).parent.parent.parent
EXTENSION = ROOT / "grammar" / "vscode"
RECIPE = ROOT.parent / "shared" / "recipe"
FILES = [
    *sorted(RECIPE.glob("*.na")),
    *sorted((ROOT / "examples").rglob("*.na")),
    *sorted((ROOT / "stdlib").glob("*.na")),
]
TYPES = {kind: string_to_tokentype(name) for kind, (name, _, _) in tokens.CLASSES.items()}


def corpus() -> Iterator[tuple[str, str]]:
    """Names and texts of programs that the parser can read."""
    for file in FILES:
        yield str(file), file.read_text()
    for file in sorted((ROOT / "tests").glob("*/*.na")):
        for program in programs(file.name, file.read_text()):
            text = program.text.lstrip("\n")
            try:
                parse(Source(text, file.name))
            except ProgramError:
                continue
            yield str(program), text


def lexed(text: str) -> list[Any]:
    """The Pygments type of each character."""
    types: list[Any] = []
    for _, kind, value in DanaLexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(text):
        types += [kind] * len(value)
    assert len(types) == len(text)
    return types


@pytest.fixture(scope="module")
def samples() -> list[tuple[str, str, list[Any]]]:
    """The corpus, and the types of its characters."""
    return [(name, text, lexed(text)) for name, text in corpus()]


def place(name: str, text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    return f"{name}, line {text.count(chr(10), 0, at) + 1}: {text[start:].splitlines()[0]!r} at {at - start}"


# The table and the language


def test_words_are_those_of_the_language() -> None:
    assert {word for words in tokens.WORDS.values() for word in words} == set(lexer.KEYWORDS)
    assert set(tokens.WORDS["constant"]) == {word for word, kind in lexer.KEYWORDS.items() if kind == "CONSTANT"}
    assert set(tokens.SCOPES) == set(lexer.SCOPES)
    assert set(lexer.DEFINING) | {"match", "case", "sync", "deliver"} <= set(tokens.SOFT)
    assert {*tokens.OPERATORS, *tokens.PUNCTUATION, ".", "..", "..."} == set(lexer.OPERATORS)


def test_names_are_those_of_the_library() -> None:
    found = library_names()
    assert sorted(name for names in found.values() for name in names) == sorted({*modules.builtin_names()})
    assert {"print", "reason", "create_workflow_definition"} <= set(found["builtin"])
    assert {"int", "object", "WorkflowEngine"} <= set(found["builtin_type"])
    assert {"ValueError", "StopIteration", "ReasonError", "WorkflowError"} <= set(found["exception"])


@pytest.mark.parametrize("file", generated(), ids=lambda file: file.name)
def test_files_are_made_from_the_table(file: Path) -> None:
    assert file.read_text() == generated()[file], "python -m tests.grammar makes it anew"


KEYWORDS = {*map(str.upper, lexer.KEYWORDS), *lexer.DEFINING.values(), *"MATCH CASE SYNC CAPTURE".split()}


def fits(kind: str, types: set[Any]) -> bool:
    """Whether a token of the language's lexer of this kind may have these Pygments types."""
    if kind == "STRING":
        return all(each in TYPES["string"] or each is TYPES["field"] for each in types)
    if kind == "FSTRING":
        return TYPES["prefix"] in types and TYPES["string"] in types
    if kind == "SCOPED":
        return types == {TYPES["scope"], TYPES["punctuation"], TYPES["name"]}
    (only,) = types if len(types) == 1 else (None,)
    if kind == "NAME":
        return only in TYPES["name"]
    if kind in KEYWORDS:
        return (only in TYPES["keyword"] and only not in (TYPES["constant"], TYPES["scope"])) or only is TYPES[
            "operator_word"
        ]
    if kind in ("AT", "DOT") and only is TYPES["decorator"]:
        return True
    wanted = {"NUMBER": "number", "CONSTANT": "constant"}.get(kind)
    return only in TYPES[wanted] if wanted else only in (TYPES["operator"], TYPES["punctuation"])


def test_agrees_with_the_lexer_of_the_language(samples: list[tuple[str, str, list[Any]]]) -> None:
    assert len(samples) > 1000
    for name, text, types in samples:
        assert Error not in types, place(name, text, types.index(Error))
        for kind, _, start, end in lexer.tokenize(text):
            if start < end and kind not in ("NEWLINE", "INDENT", "DEDENT"):
                found = set(types[start:end])
                dotted = kind == "DOT" and found == {TYPES["name"]}  # in the target of an annotation
                assert dotted or fits(kind, found), f"{place(name, text, start)}: {kind} as {found}"


# What is what


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("struct Point:", "struct:declaration Point:class"),
        ("agent Ann(Analyst):", "agent:declaration Ann:class Analyst:type"),
        ("agent_blueprint Analyst:", "agent_blueprint:declaration Analyst:class"),
        ("workflow onboarding(who: Customer):", "workflow:declaration onboarding:function who:parameter Customer:type"),
        ("workflow W = a | b", "workflow:declaration W:function =:operator a:name |:operator"),
        ("workflow = 3", "workflow:name =:operator 3:number"),
        ("agent.name", "agent:name .:operator name:attribute"),
        ("x.match", "match:attribute"),
        ("match(x)", "match:call x:name"),
        ("match = case", "match:name case:builtin"),
        ("struct if resource else interface", "struct:name if:keyword resource:name else:keyword interface:name"),
        ("match x:", "match:keyword x:name"),
        ("match (a, b):  # two", "match:keyword a:name #:comment two:comment"),
        ("    case [a, *rest]: pass", "case:keyword rest:name pass:keyword"),
        ("    case Point(x=0) if true:", "case:keyword Point:call x:parameter if:keyword true:constant"),
        ("case((a, f), g)", "case:builtin a:name"),
        ("sync def f(): deliver 1", "sync:declaration def:declaration f:function deliver:keyword 1:number"),
        ("deliver = deliver + 1", "deliver:name +:operator"),
        ("deliver2 = 1", "deliver2:name"),
        ("def (p: Point | Circle) norm(k=2) -> float:", "def:declaration p:parameter Point:type |:operator Circle:type norm:function k:parameter float:builtin_type"),
        ("def flow(x) = clean | f($$, 3)", "flow:function x:parameter clean:name $$:operator"),
        ("class A(Base, x=Other.B):", "class:declaration A:class Base:type x:parameter Other:name B:attribute"),
        ("private:x = local:y", "private:scope ::punctuation x:name local:scope y:name"),
        ("local: int = 3", "local:name int:builtin_type 3:number"),
        ("a[local:b]", "local:name b:name"),
        ("{local:b, c: public:d}", "local:name b:name public:scope d:name"),
        ("lambda local:b", "lambda:declaration local:parameter b:name"),
        ("lambda (p: Point) :: p.x", "p:parameter Point:type :::punctuation x:attribute"),
        ("self.left: dict[str, Item] = {}", "self:self left:name dict:builtin_type Item:type"),
        ('score: int in 0..100 = 3', "score:name int:builtin_type in:operator_word 0:number ..:operator 100:number 3:number"),
        ("@app.step(1)", "@app.step:decorator 1:number"),
        ("from lib.orders import x as y", "from:namespace lib:module orders:module import:namespace x:name as:keyword y:name"),
        ("import math.py as m", "import:namespace math:module as:namespace m:module"),
        ("raise ValueError from error", "raise:keyword ValueError:exception from:keyword error:name"),
        ("# TODO: more", "#:comment TODO:marker more:comment"),
        ("1if x else 0x_Ff", "1:number if:keyword x:name 0x_Ff:number"),
        ("null none None true False", "null:constant none:constant None:constant true:constant False:constant"),
        (r'''rb'\d' + b"\x41\q"''', r"rb:prefix '\d':string b:prefix \x41:escape \q:string"),
        (r'u"\N{BULLET} ${a.b} \u00e9"', r"u:prefix \N{BULLET}:escape ${a.b}:field \u00e9:escape"),
        ('f"a{{ {x!r:>{w}} {y=}"', "f:prefix a:string {{:escape {:field x:name !r:format >:format w:name y:name =:format"),
        ('f"{d["k"]} {{}} {f\'{z}\'}"', "d:name k:string {{:escape f:prefix z:name"),
        (r'f"\{x} {private:x:>3} {a != b} {g(1, b=2)[1:2]}"', r"\:string x:name private:scope >3:format !=:operator b:name g:call"),
        (r'rf"\d{x}\""', r"rf:prefix \d:string x:name"),
        ('    """Says."""', '"""Says.""":docstring'),
        ('x = """a', 'a:string'),
        ("print = unclosed(", "print:builtin unclosed:call"),
    ],
)  # fmt: skip
def test_classes(text: str, wanted: str) -> None:
    types = lexed(text + "\n")
    at = 0
    for item in wanted.split():
        piece, _, kind = item.rpartition(":")
        start = text.index(piece, at)
        assert set(types[start : start + len(piece)]) == {TYPES[kind]}, f"{piece}: {types[start : start + len(piece)]}"
        at = start + len(piece)


def test_a_bracket_left_open_ends_with_the_next_definition() -> None:
    text = 'x = f(1, {"a": [\ndef g(y): pass\nz: int = 3\n'
    types = lexed(text)
    assert types[text.index("g(")] is TYPES["function"]
    assert types[text.index("y)")] is TYPES["parameter"]
    assert types[text.index("int")] is TYPES["builtin_type"]


def test_a_text_left_open_ends_with_its_line() -> None:
    for line in ('x = "open', "x = f'open {y[", "x = f'{z:>"):
        text = f"{line}\nwhile true: pass\n"
        assert lexed(text)[text.index("while")] is TYPES["keyword"]


# Editors


def innermost(text: str, spans: list[list[Any]]) -> list[str]:
    """The scope of each character, from spans that count as JavaScript does."""
    units = [at for at, character in enumerate(text) for _ in range(1 + (ord(character) > 0xFFFF))]
    scopes = [""] * len(text)
    for start, end, scope in spans:
        for unit in range(start, end):
            scopes[units[unit]] = scope
    return scopes


def test_textmate_agrees(samples: list[tuple[str, str, list[Any]]]) -> None:
    node, packages = shutil.which("node"), EXTENSION / "node_modules"
    if node is None or not (packages / "vscode-textmate").exists() or not (packages / "vscode-oniguruma").exists():
        pytest.skip("needs node, and `npm ci --ignore-scripts` in grammar/vscode")
    done = subprocess.run(
        [node, str(ROOT / "tests" / "textmate.js"), str(ROOT / "grammar" / "dana.tmLanguage.json")],
        input=json.dumps([text for _, text, _ in samples]),
        env={**os.environ, "NODE_PATH": str(packages)},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    types_of = {
        " ".join(f"{part}.dana" for part in scope.split()): TYPES[kind]
        for kind, (_, scope, _) in tokens.CLASSES.items()
    }
    for (name, text, types), spans in zip(samples, json.loads(done.stdout), strict=True):
        for at, (kind, scope) in enumerate(zip(types, innermost(text, spans), strict=True)):
            if not text[at].isspace():
                assert types_of[scope] is kind, f"{place(name, text, at)}: {scope}, not {kind}"


VIM = """\
set nocompatible encoding=utf-8
source {syntax}
let s:found = []
for s:line in range(1, line('$'))
  let s:ids = map(range(1, len(getline(s:line))), 'synIDtrans(synID(s:line, v:val, 0))')
  call add(s:found, map(s:ids, 'synIDattr(v:val, "name")'))
endfor
call writefile([json_encode(s:found)], '{output}')
qall!
"""


def test_vim_agrees(samples: list[tuple[str, str, list[Any]]], tmp_path: Path) -> None:
    vim = shutil.which("vim")
    if vim is None:
        pytest.skip("needs vim")
    groups: dict[Any, set[str]] = {}
    for kind, (_, _, group) in tokens.CLASSES.items():
        groups.setdefault(TYPES[kind], set()).add(group)
    program, script, output = tmp_path / "x.na", tmp_path / "x.vim", tmp_path / "x.json"
    script.write_text(VIM.format(syntax=ROOT / "grammar" / "dana.vim", output=output))
    chosen = [sample for sample in samples if sample[0].startswith((str(RECIPE), str(ROOT / "examples")))]
    chosen += [
        sample for sample in samples if re.match(r"(fstrings|strings|match|scopes|structs|interfaces)\.na:", sample[0])
    ][::8]
    for name, text, types in chosen:
        program.write_text(text)
        command = [vim, "-es", "-u", "NONE", "-i", "NONE", "-n", str(program), "-S", str(script)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        found = [group for row in json.loads(output.read_text()) for group in [*row, ""]]
        byte = 0
        for at, character in enumerate(text):
            group = "" if found[byte].startswith("dana_") else found[byte]
            if not character.isspace():
                assert group in groups[types[at]], f"{place(name, text, at)}: {group}, not {types[at]}"
            byte += len(character.encode())


def test_extension_names_files_that_are_there() -> None:
    package = json.loads((EXTENSION / "package.json").read_text())
    contributed = package["contributes"]
    named = [package["main"], *(each["configuration"] for each in contributed["languages"])]
    named += [each["path"] for each in contributed["snippets"]]
    for file in named:
        assert (EXTENSION / file).is_file()
    assert [each["path"] for each in contributed["grammars"]] == ["./dana.tmLanguage.json"]
    assert "../dana.tmLanguage.json" in (EXTENSION / "package.sh").read_text()


SNIPPETS = json.loads((EXTENSION / "snippets.json").read_text())


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippets_are_programs(name: str) -> None:
    text = "\n".join(SNIPPETS[name]["body"])
    before = None
    while before != text:  # placeholders stand in placeholders
        before = text
        text = re.sub(
            r"(?<!\\)\$\{\d+(?::([^{}$]*)|\|([^,|}]*)[^}]*)?\}", lambda found: found[1] or found[2] or "", text
        )
    text = re.sub(r"(?<!\\)\$\d", "", text).replace("\\$", "$")
    if name in ("Function", "Receiver function"):
        assert "return" in text
    parse(Source(text + "\n", f"{name}.na"))


@pytest.mark.parametrize(
    ("line", "deeper", "shallower"),
    [
        ("def f():", True, False),
        ("sync def f():  # why", True, False),
        ("struct Point:", True, False),
        ("else:", True, True),
        ("elif x:", True, True),
        ("except (A, B) as error:", True, True),
        ("x: int", False, False),
        ("elsewhere = {", False, False),
        ("formatted:", False, False),
        ("return x", False, False),
    ],
)
def test_indentation(line: str, deeper: bool, shallower: bool) -> None:
    rules = json.loads((EXTENSION / "language-configuration.json").read_text())["indentationRules"]
    assert bool(re.search(rules["increaseIndentPattern"], line)) is deeper
    assert bool(re.search(rules["decreaseIndentPattern"], line)) is shallower


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize(
    ("settings", "servers", "errors"),
    [
        ({"command": sys.executable, "server": False}, 0, []),
        ({"command": "dana-is-nowhere", "server": True}, 0, ["There is no command dana-is-nowhere: install it with"]),
        ({"command": "false", "server": True}, 0, ["false has no language server: install a newer one"]),
        ({"command": "true", "server": True}, 2, []),
    ],
)
def test_extension_starts_the_server(settings: dict[str, object], servers: int, errors: list[str]) -> None:
    """Once, and anew when asked to; `true` stands for a command that knows `lsp`."""
    command = ["node", str(ROOT / "tests" / "extension.js"), str(EXTENSION / "extension.js"), json.dumps(settings)]
    did = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    server = {"command": settings["command"], "args": ["lsp"], "selector": [{"language": "dana"}]}
    assert did["servers"] == [server] * servers
    assert (did["before"], did["running"]) == (min(servers, 1), 0)
    assert len(did["errors"]) == 2 * len(errors)
    assert all(said.startswith(wanted) for said, wanted in zip(did["errors"], errors, strict=False))


# The command, and Pygments


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("NO_COLOR", raising=False)
    file = tmp_path / "x.na"
    file.write_text("print(1)  # <one>\n")
    return str(file)


Streams = pytest.CaptureFixture[str]
COLORED = "\x1b[96mprint\x1b[39;49;00m(\x1b[94m1\x1b[39;49;00m)  \x1b[90m# <one>\x1b[39;49;00m\n"


def test_terminal(program: str, capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["highlight", program]) == 0
    assert capsys.readouterr() == ("print(1)  # <one>\n", "")  # nobody sees it
    assert main(["highlight", "--color", "always", program]) == 0
    assert capsys.readouterr() == (COLORED, "")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert main(["highlight", program]) == 0
    assert capsys.readouterr() == (COLORED, "")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["highlight", program]) == 0
    assert capsys.readouterr() == ("print(1)  # <one>\n", "")


def test_documents(program: str, capsys: Streams) -> None:
    assert main(["highlight", program, "--format", "html"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("<!DOCTYPE html")
    assert f"<title>{program}</title>" in page
    assert '<span class="nb">print</span><span class="p">(</span><span class="m">1</span>' in page
    assert '<span class="c1"># &lt;one&gt;</span>' in page
    assert main(["highlight", program, "--format=latex"]) == 0
    assert r"\PY{n+nb}{print}" in capsys.readouterr().out


def test_standard_input(program: str, capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(program, encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert main(["highlight", "-", "--color=always"]) == 0
    assert capsys.readouterr() == (COLORED, "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "error: dana highlight needs a file\n  = dana highlight FILE, or - for standard input\n"),
        (["a.na", "b.na"], 2, "error: dana highlight needs a file\n  = dana highlight FILE, or - for standard input\n"),
        (["a.na", "--format", "htm"], 2, "error: --format cannot be htm\n  = did you mean html?\n"),
    ],
)
def test_wrong_usage(arguments: list[str], code: int, said: str, capsys: Streams) -> None:
    assert main(["highlight", *arguments]) == code
    assert capsys.readouterr() == ("", said)


def test_no_such_file(capsys: Streams) -> None:
    assert main(["highlight", "nowhere.na"]) == 2
    assert capsys.readouterr() == ("", "error: cannot read nowhere.na: no such file or directory\n")


def test_pygments_finds_the_lexer() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, name = project["entry-points"]["pygments.lexers"]["dana"].partition(":")
    found = getattr(importlib.import_module(module), name)
    assert found is DanaLexer
    assert (found.name, found.aliases, found.filenames) == ("Dana", ["dana", "na"], ["*.na"])


def test_a_run_does_not_import_it(program: str) -> None:
    code = f"import sys; from dana.cli import main; main(['run', {program!r}]); print({{'pygments', 'dana.highlight'}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "1\nset()\n"
