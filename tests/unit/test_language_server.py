"""`dana lsp` as an editor meets it: a client starts the server and speaks with it over standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

pytest.importorskip("pygls", reason="pygls is not installed: pip install 'dana[lsp]'")

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-m", "dana", "lsp"]
Answer = TypeVar("Answer")


class Editor:
    """An editor: a client of the server, with documents."""

    def __init__(self, folder: Path, **general: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self.client = LanguageClient("editor", "1")
        self.told: dict[str, list[lsp.Diagnostic]] = {}
        self.news = asyncio.Event()
        self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: self.take(params))
        self.folder = folder
        self.versions: dict[str, int] = {}
        self.wait(self.client.start_io(*COMMAND, cwd=str(ROOT)))
        capabilities = lsp.ClientCapabilities(general=lsp.GeneralClientCapabilities(**general))
        folders = [lsp.WorkspaceFolder(folder.as_uri(), folder.name)]
        params = lsp.InitializeParams(capabilities=capabilities, workspace_folders=folders)
        self.initialized = self.wait(self.client.initialize_async(params))
        self.client.initialized(lsp.InitializedParams())

    def wait(self, answer: Coroutine[Any, Any, Answer]) -> Answer:
        return self.loop.run_until_complete(asyncio.wait_for(answer, 30))

    def take(self, params: lsp.PublishDiagnosticsParams) -> None:
        self.told[params.uri] = list(params.diagnostics)
        self.news.set()

    def close(self) -> None:
        self.wait(self.client.shutdown_async(None))
        self.client.exit(None)
        self.wait(self.client.stop())
        self.loop.close()

    def open(self, path: Path, text: str | None = None) -> str:
        uri = path.as_uri()
        text = path.read_text() if text is None else text
        self.told.pop(uri, None)
        if uri in self.versions:
            self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
        self.versions[uri] = 1
        item = lsp.TextDocumentItem(uri, "dana", 1, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return uri

    def type(self, uri: str, text: str) -> None:
        self.versions[uri] += 1
        self.told.pop(uri, None)
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(self.versions[uri], uri),
                [lsp.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def diagnostics(self, uri: str) -> list[lsp.Diagnostic]:
        """The next ones that are told."""
        while uri not in self.told:
            self.news.clear()
            self.wait(self.news.wait())
        return self.told[uri]

    def marked(self, text: str, name: str = "program.na") -> dict[str, Any]:
        """Open a program with a mark `^`; the parameters that mean this place."""
        before, _, after = text.partition("^")
        uri = self.open(self.folder / name, before + after)
        lines = before.split("\n")
        column = len(lines[-1].encode("utf-16-le")) // 2
        return {
            "text_document": lsp.TextDocumentIdentifier(uri),
            "position": lsp.Position(len(lines) - 1, column),
        }

    def hover(self, text: str) -> str:
        found = self.wait(self.client.text_document_hover_async(lsp.HoverParams(**self.marked(text))))
        return found.contents.value if found is not None else ""


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    made = Editor(tmp_path_factory.mktemp("workspace"))
    yield made
    made.close()


def spans(document: str, found: list[Any]) -> list[str]:
    """What stands at ranges of a text without characters beyond the first plane."""
    lines = document.split("\n")
    return [lines[each.start.line][each.start.character : each.end.character] for each in found]


# Diagnostics


def test_what_the_server_can(editor: Editor) -> None:
    can = editor.initialized.capabilities
    assert editor.initialized.server_info.name == "dana"
    assert can.position_encoding == lsp.PositionEncodingKind.Utf16
    assert can.text_document_sync.change == lsp.TextDocumentSyncKind.Full
    for name in (
        "completion hover signature_help definition references document_highlight rename document_symbol "
        "workspace_symbol folding_range semantic_tokens code_action document_formatting"
    ).split():
        assert getattr(can, f"{name}_provider"), name


@pytest.mark.parametrize("path", sorted([*ROOT.glob("examples/*.na"), *ROOT.glob("stdlib/*.na")]), ids=lambda p: p.name)
def test_diagnostics_are_those_of_the_check(editor: Editor, path: Path) -> None:
    found = editor.diagnostics(editor.open(path))
    command = [sys.executable, "-m", "dana", "check", "--output-format", "json", str(path)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT).stdout)
    assert [(each.code, each.range.start.line + 1, each.range.start.character + 1) for each in found] == [
        (each["code"], each["line"], each["column"]) for each in told
    ]


def test_several_syntax_errors_at_once(editor: Editor) -> None:
    text = "x = (1,\n\ndef f(:\n    pass\n\nwhle x:\n    pass\n"
    found = editor.diagnostics(editor.open(editor.folder / "broken.na", text))
    assert [(each.code, each.range.start.line) for each in found] == [
        ("unclosed-bracket", 0), ("unclosed-bracket", 2), ("misspelt-keyword", 5),
    ]  # fmt: skip
    assert all(each.severity == lsp.DiagnosticSeverity.Error for each in found)
    assert all(each.source == "dana" for each in found)


def test_a_finding_has_ends_places_and_tags(editor: Editor) -> None:
    text = "import math\ndef f(limit):\n    return limit\n'😀'; f(limt=1)\n"
    unused, wrong = editor.diagnostics(editor.open(editor.folder / "found.na", text))
    assert unused.code == "unused-import"
    assert unused.severity == lsp.DiagnosticSeverity.Warning
    assert list(unused.tags) == [lsp.DiagnosticTag.Unnecessary]
    assert wrong.range == lsp.Range(lsp.Position(3, 8), lsp.Position(3, 12)), "in units of UTF-16"
    assert wrong.message == "f() has no parameter limt\ndid you mean limit?"
    (place,) = wrong.related_information
    assert (place.message, place.location.range.start) == ("f is defined here", lsp.Position(1, 4))


def test_diagnostics_as_somebody_types(editor: Editor) -> None:
    uri = editor.open(editor.folder / "typed.na", "x = 1\n")
    assert editor.diagnostics(uri) == []
    for end in range(1, 6):
        editor.type(uri, "x = 1\nprint(y)\n"[: 6 + end])
    editor.type(uri, "x = 1\nprint(y)\n")
    assert [each.code for each in editor.diagnostics(uri)] == ["undefined-name"]
    editor.type(uri, "x = 1\nprint(x)\n")
    assert editor.diagnostics(uri) == []


def test_diagnostics_go_with_the_document(editor: Editor) -> None:
    uri = editor.open(editor.folder / "gone.na", "print(y)\n")
    assert len(editor.diagnostics(uri)) == 1
    editor.told.clear()
    del editor.versions[uri]
    editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
    assert editor.diagnostics(uri) == []


# Completion, hover, signatures


def completed(editor: Editor, text: str) -> list[lsp.CompletionItem]:
    found = editor.wait(editor.client.text_document_completion_async(lsp.CompletionParams(**editor.marked(text))))
    return sorted(found.items, key=lambda item: item.sort_text)


def test_completion_on_a_broken_line(editor: Editor) -> None:
    text = 'struct Point:\n    x: int\n    y: int  # upwards\n\ndef f(p: Point):\n    a = "😀" + p.^\n    return (\n\nprint(1\n'
    found = completed(editor, text)
    assert [(item.label, item.kind) for item in found] == [
        ("x", lsp.CompletionItemKind.Field),
        ("y", lsp.CompletionItemKind.Field),
    ]
    more = editor.wait(editor.client.completion_item_resolve_async(found[1]))
    assert more.detail == "(field) Point.y: int"
    assert more.documentation.value == "upwards"


def test_completion_of_arguments_comes_first(editor: Editor) -> None:
    found = completed(editor, "def f(first, second=2):\n    return first\nf(^)\n")
    assert [item.label for item in found[:3]] == ["first=", "second=", "f"]


def test_completion_of_words(editor: Editor) -> None:
    found = completed(editor, "cabinet = 1\nca^\n")
    assert found[0].label == "cabinet"
    assert {"callable", "case"} <= {item.label for item in found}
    assert "print" not in {item.label for item in found}
    builtin = next(item for item in found if item.label == "callable")
    more = editor.wait(editor.client.completion_item_resolve_async(builtin))
    assert more.detail == "def callable(value, /) -> bool"


def test_hover(editor: Editor) -> None:
    text = 'def greet(name: str) -> str:\n    """A greeting."""\n    return f"😀 {name}"\n\nx = "😀" + gre^et("a")\n'
    assert editor.hover(text) == "```dana\ndef greet(name: str) -> str\n```\n\nA greeting."
    assert editor.hover("# noth^ing\n") == ""


def test_hover_on_a_call_of_a_model(editor: Editor) -> None:
    text = (
        "struct Offer:\n    price: float in 0..100\n    note: str\n\n"
        'text = "tea"\noffer: Offer = rea^son(f"Make an offer for {text}")\nprint(offer)\n'
    )
    shown = editor.hover(text)
    assert "**Answer** (stated by the program)" in shown
    assert '"maximum": 100' in shown
    assert "**Data**: `text`" in shown


def test_signature(editor: Editor) -> None:
    params = editor.marked("def f(é: str = '😀', b=2):\n    pass\nf('', ^")
    found = editor.wait(editor.client.text_document_signature_help_async(lsp.SignatureHelpParams(**params)))
    (shown,) = found.signatures
    assert shown.label == "f(é: str = '😀', b=2)"
    start, end = shown.parameters[found.active_parameter].label
    assert shown.label.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le") == "b=2"


# Navigation


def defined(editor: Editor, text: str) -> tuple[str, int]:
    params = lsp.DefinitionParams(**editor.marked(text))
    found = editor.wait(editor.client.text_document_definition_async(params))
    return found.uri, found.range.start.line


def test_definition(editor: Editor) -> None:
    (editor.folder / "lib.na").write_text("def first():\n    pass\n\ndef second():\n    pass\n")
    assert defined(editor, "x = 1\nprint(x^)\n") == ((editor.folder / "program.na").as_uri(), 0)
    assert defined(editor, "import lib\nlib.sec^ond()\n") == ((editor.folder / "lib.na").as_uri(), 3)
    assert defined(editor, "from li^b import second\n") == ((editor.folder / "lib.na").as_uri(), 0)
    uri, line = defined(editor, "create_agen^t({})\n")
    assert uri == (ROOT / "stdlib/agents.na").as_uri()
    assert (ROOT / "stdlib/agents.na").read_text().split("\n")[line].startswith("def create_agent(")
    uri, line = defined(editor, "reas^on('a')\n")
    assert uri == (ROOT / "stdlib/ai.py").as_uri()
    assert "def reason(" in "\n".join((ROOT / "stdlib/ai.py").read_text().split("\n")[line : line + 2])


def test_references_and_highlights(editor: Editor) -> None:
    text = "'😀'; n^ = 1\nprint(n, 'n')\ndef f(n):\n    return n\n"
    params = editor.marked(text)
    context = lsp.ReferenceContext(include_declaration=False)
    found = editor.wait(editor.client.text_document_references_async(lsp.ReferenceParams(context=context, **params)))
    assert [(each.range.start.line, each.range.start.character) for each in found] == [(1, 6)]
    lit = editor.wait(editor.client.text_document_document_highlight_async(lsp.DocumentHighlightParams(**params)))
    assert [(each.range.start.line, each.range.start.character) for each in lit] == [(0, 6), (1, 6)]


def test_rename(editor: Editor) -> None:
    (editor.folder / "user.na").write_text("from owner import total\nprint('😀', total(1))\n")
    params = editor.marked("def tot^al(n):\n    return n\n", "owner.na")
    place = editor.wait(editor.client.text_document_prepare_rename_async(lsp.PrepareRenameParams(**params)))
    assert place == lsp.Range(lsp.Position(0, 4), lsp.Position(0, 9))
    found = editor.wait(editor.client.text_document_rename_async(lsp.RenameParams(new_name="sum_of", **params)))
    assert {
        Path(uri).name: [(edit.range.start.line, edit.range.start.character, edit.new_text) for edit in edits]
        for uri, edits in found.changes.items()
    } == {"owner.na": [(0, 4, "sum_of")], "user.na": [(0, 18, "sum_of"), (1, 12, "sum_of")]}


def test_rename_is_refused(editor: Editor) -> None:
    params = editor.marked("x^ = 1\n")
    with pytest.raises(JsonRpcException, match="while is a keyword"):
        editor.wait(editor.client.text_document_rename_async(lsp.RenameParams(new_name="while", **params)))
    with pytest.raises(JsonRpcException, match="print belongs to the library"):
        params = editor.marked("prin^t(1)\n")
        editor.wait(editor.client.text_document_prepare_rename_async(lsp.PrepareRenameParams(**params)))


# Symbols, folding, tokens


def test_symbols(editor: Editor) -> None:
    path = ROOT / "examples/12_team.na"
    document = lsp.TextDocumentIdentifier(editor.open(path))
    found = editor.wait(editor.client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document)))
    names = [each.name for each in found]
    assert names[:5] == ["Quote", "stock", "prices", "in_stock", "price_of"]
    assert [each.name for each in found[0].children] == ["item", "pieces", "price", "note"]
    assert spans(path.read_text(), [each.selection_range for each in found]) == names
    everywhere = editor.wait(editor.client.workspace_symbol_async(lsp.WorkspaceSymbolParams("prof")))
    assert ("price_of", path.as_uri()) in [(each.name, each.location.uri) for each in everywhere]


def test_folding(editor: Editor) -> None:
    document = lsp.TextDocumentIdentifier(
        editor.open(editor.folder / "f.na", "def f():\n    x = [\n        1,\n    ]\n")
    )
    found = editor.wait(editor.client.text_document_folding_range_async(lsp.FoldingRangeParams(document)))
    assert [(each.start_line, each.end_line) for each in found] == [(0, 3), (1, 2)]


def test_semantic_tokens(editor: Editor) -> None:
    text = "x = '😀' + f(1)  # é\ndef f(n):\n    return '''a\n😀''', n\n"
    uri = editor.open(editor.folder / "tokens.na", text)
    found = editor.wait(
        editor.client.text_document_semantic_tokens_full_async(
            lsp.SemanticTokensParams(lsp.TextDocumentIdentifier(uri))
        )
    )
    legend = editor.initialized.capabilities.semantic_tokens_provider.legend
    lines = [line.encode("utf-16-le") for line in text.split("\n")]
    line = column = 0
    shown = []
    for at in range(0, len(found.data), 5):
        down, right, length, kind, _ = found.data[at : at + 5]
        line, column = line + down, right if down else column + right
        word = lines[line][2 * column : 2 * (column + length)].decode("utf-16-le")
        shown.append((word, legend.token_types[kind]))
    assert shown == [
        ("x", "variable"), ("'😀'", "string"), ("f", "function"), ("1", "number"), ("# é", "comment"),
        ("def", "keyword"), ("f", "function"), ("n", "parameter"), ("return", "keyword"), ("'''a", "string"),
        ("😀'''", "string"), ("n", "parameter"),
    ]  # fmt: skip


# Changes


def apply(text: str, edits: list[lsp.TextEdit]) -> str:
    starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def offset(place: lsp.Position) -> int:
        line = text[starts[place.line] :] if place.line < len(starts) else ""
        return starts[place.line] + len(line.encode("utf-16-le")[: 2 * place.character].decode("utf-16-le"))

    for edit in sorted(edits, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def test_quick_fixes(editor: Editor) -> None:
    text = "import math\nimport json\n'😀'; print(jsn)\nprint(json)\n"
    uri = editor.open(editor.folder / "fixes.na", text)
    editor.diagnostics(uri)
    everything = lsp.Range(lsp.Position(0, 0), lsp.Position(4, 0))
    found = editor.wait(
        editor.client.text_document_code_action_async(
            lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), everything, lsp.CodeActionContext([]))
        )
    )
    assert [(each.title, each.kind) for each in found] == [
        ("Remove this import", lsp.CodeActionKind.QuickFix), ("Change to json", lsp.CodeActionKind.QuickFix),
    ]  # fmt: skip
    edits = [edit for each in found for edit in each.edit.changes[uri]]
    assert apply(text, edits) == "import json\n'😀'; print(json)\nprint(json)\n"


def test_formatting(editor: Editor) -> None:
    text = "x = {'a':1}\n\n\n\n\ndef f( a ) :\n  return '😀'+a\nprint(f('b'))\n"
    params = lsp.DocumentFormattingParams(
        lsp.TextDocumentIdentifier(editor.open(editor.folder / "style.na", text)), lsp.FormattingOptions(4, True)
    )
    found = editor.wait(editor.client.text_document_formatting_async(params))
    command = [sys.executable, "-m", "dana", "fmt", "-"]
    styled = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, cwd=ROOT).stdout
    assert apply(text, found) == styled != text
    editor.type(params.text_document.uri, "def f(:\n")
    assert editor.wait(editor.client.text_document_formatting_async(params)) == ()


# Other clients


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 14), ("utf-16", 12), ("utf-32", 11)])
def test_encodings(tmp_path: Path, encoding: str, column: int) -> None:
    editor = Editor(tmp_path, position_encodings=[lsp.PositionEncodingKind(encoding)])
    try:
        assert editor.initialized.capabilities.position_encoding == encoding
        (found,) = editor.diagnostics(editor.open(tmp_path / "a.na", "'😀'; print(nobody)\n"))
        assert found.range.start.character == column
    finally:
        editor.close()


class Pipe:
    """The protocol letter by letter, for what a client would hide: what else comes out, and when."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        )
        self.number = 0

    def tell(self, method: str, params: Any, **more: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def read(self) -> Any:
        length = 0
        while (line := self.process.stdout.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            assert name.lower() in (b"content-length", b"content-type"), line
            length = int(value) if name.lower() == b"content-length" else length
        return self.process.stdout.read(length)

    def ask(self, method: str, params: Any) -> Any:
        """The answer to a request."""
        self.number += 1
        self.tell(method, params, id=self.number)
        while True:
            answer = json.loads(self.read())
            if answer.get("id") == self.number:
                return answer.get("result")

    def start(self) -> None:
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.tell("initialized", {})

    def end(self) -> int:
        self.process.stdin.close()
        return self.process.wait(30)


def test_only_the_protocol_comes_out_and_nothing_runs(tmp_path: Path) -> None:
    pipe = Pipe()
    pipe.start()
    text = f"print('ran')\nopen({str(tmp_path / 'x')!r}, 'w').write('ran')\nreason('a')\n"
    document = {"uri": (tmp_path / "a.na").as_uri(), "languageId": "dana", "version": 1, "text": text}
    pipe.tell("textDocument/didOpen", {"textDocument": document})
    place = {"textDocument": {"uri": document["uri"]}, "position": {"line": 2, "character": 2}}
    assert "reason" in pipe.ask("textDocument/hover", place)["contents"]["value"]
    pipe.ask("shutdown", None)
    pipe.tell("exit", None)
    assert pipe.process.wait(30) == 0
    assert b"ran" not in pipe.process.stdout.read()
    assert list(tmp_path.iterdir()) == []
    pipe.process.stdin.close()


def test_an_end_that_nobody_asked_for() -> None:
    pipe = Pipe()
    pipe.start()
    assert pipe.end() == 1


def test_documents_that_are_not_open() -> None:
    pipe = Pipe()
    pipe.start()
    place = {"textDocument": {"uri": "untitled:1"}, "position": {"line": 9, "character": 9}}
    assert pipe.ask("textDocument/hover", place) is None
    assert pipe.ask("textDocument/completion", place)["items"] == []
    document = {"uri": "untitled:1", "languageId": "dana", "version": 1, "text": "prin\r\nx"}
    pipe.tell("textDocument/didOpen", {"textDocument": document})
    assert pipe.ask("textDocument/hover", place) is None
    place["position"] = {"line": 0, "character": 4}
    assert "print" in [item["label"] for item in pipe.ask("textDocument/completion", place)["items"]]
    pipe.end()


# The command


def test_the_extra_is_missing(tmp_path: Path) -> None:
    (tmp_path / "pygls.py").write_text("raise ModuleNotFoundError('no', name='pygls')\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=60, cwd=ROOT, env=environment, input="")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == "error: dana lsp needs pygls, which is not installed\n  = pip install 'dana[lsp]'"


def test_help_and_wrong_usage() -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: dana lsp [--stdio]\n")
    done = subprocess.run([*COMMAND, "x.na"], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 2
    assert "takes no file" in done.stderr


# A real editor

NEOVIM = """
local root = vim.fn.getcwd()
vim.cmd("edit program.na")
local client = vim.lsp.start_client({ name = "dana", cmd = { %s }, root_dir = root, cmd_cwd = %s })
vim.lsp.buf_attach_client(0, client)
local function ask(method, line, column)
  local params = { textDocument = vim.lsp.util.make_text_document_params(), position = { line = line, character = column } }
  local answers = assert(vim.lsp.buf_request_sync(0, method, params, 20000))
  for _, answer in pairs(answers) do return answer.result end
end
vim.wait(20000, function() return #vim.lsp.buf_get_clients() > 0 and client and vim.lsp.get_client_by_id(client).initialized end)
vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end)
local told = {}
for _, each in ipairs(vim.diagnostic.get(0)) do table.insert(told, each.code .. " " .. each.lnum .. ":" .. each.col) end
local found = { told = told, hover = ask("textDocument/hover", 2, 7).contents.value,
  definition = ask("textDocument/definition", 2, 7).range.start.line }
vim.api.nvim_buf_set_lines(0, 3, 4, false, { "print(greet('b'))" })
vim.lsp.buf.formatting_sync(nil, 20000)
found.lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
vim.fn.writefile({ vim.fn.json_encode(found) }, "found.json")
vim.cmd("qall!")
"""


@pytest.mark.skipif(shutil.which("nvim") is None, reason="nvim is not installed: apt-get install neovim")
def test_neovim(tmp_path: Path) -> None:
    (tmp_path / "program.na").write_text("def greet(name):\n    return '😀' + name\nprint(greet('a'))\nprint(nobody)\n")
    command = ", ".join(json.dumps(word) for word in COMMAND)
    (tmp_path / "test.lua").write_text(textwrap.dedent(NEOVIM % (command, json.dumps(str(ROOT)))))
    subprocess.run(
        ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-c", "luafile test.lua"],
        cwd=tmp_path, timeout=120, check=True, capture_output=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["told"] == ["undefined-name 3:6"]
    assert found["hover"] == "```dana\ndef greet(name)\n```"
    assert found["definition"] == 0
    assert found["lines"] == [
        "def greet(name):", '    return "😀" + name', "", "", 'print(greet("a"))', 'print(greet("b"))',
    ]  # fmt: skip
