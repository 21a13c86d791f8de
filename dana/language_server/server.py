"""The language server: the protocol over standard input and output, on top of the modules that know programs.

Requests are answered on one thread, from the blocks of the text as it is now. Diagnostics come from a second thread a
moment after the last change, since a check reads the whole program.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter
from pygls.uris import from_fs_path, to_fs_path

from dana import __version__, modules
from dana.errors import ProgramError
from dana.language_server import completion, navigation, outline
from dana.language_server.coloring import KINDS, MODIFIERS, colored
from dana.language_server.descriptions import heading, hover, is_asking, prose
from dana.language_server.documents import Document, Workspace
from dana.language_server.findings import Findings
from dana.language_server.fixes import fixes
from dana.language_server.meanings import Meanings, documentation
from dana.language_server.positions import Positions
from dana.source import Source
from dana.style.layout import format_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, BinaryIO

    from cattrs import Converter

    from dana.errors import Diagnostic
    from dana.language_server.completion import Item
    from dana.language_server.fixes import Edit
    from dana.language_server.navigation import Place
    from dana.language_server.outline import Entry

PAUSE = 0.2
"""Seconds without a change before a program is checked."""
IDLE = 5.0
"""Seconds without a change before garbage is collected, which takes a while with many trees."""
SWITCH = 0.0005
"""Seconds that a check may go on while somebody waits for an answer."""
STACK = 256 * 1024 * 1024
"""Bytes of address space for the thread that checks: programs may be nested deeply."""
MOST_SYMBOLS = 500
MOST_COMPLETIONS = 400

_KINDS_OF_ITEMS = {
    "function": lsp.CompletionItemKind.Function, "builtin": lsp.CompletionItemKind.Function,
    "workflow": lsp.CompletionItemKind.Function, "method": lsp.CompletionItemKind.Method,
    "class": lsp.CompletionItemKind.Class, "interface": lsp.CompletionItemKind.Interface,
    "struct": lsp.CompletionItemKind.Struct, "resource": lsp.CompletionItemKind.Class,
    "agent": lsp.CompletionItemKind.Variable, "agent_blueprint": lsp.CompletionItemKind.Class,
    "type": lsp.CompletionItemKind.Class, "error": lsp.CompletionItemKind.Class,
    "variable": lsp.CompletionItemKind.Variable, "parameter": lsp.CompletionItemKind.Variable,
    "argument": lsp.CompletionItemKind.Property, "field": lsp.CompletionItemKind.Field,
    "constant": lsp.CompletionItemKind.Constant, "module": lsp.CompletionItemKind.Module,
    "keyword": lsp.CompletionItemKind.Keyword,
}  # fmt: skip
_KINDS_OF_SYMBOLS = {
    "function": lsp.SymbolKind.Function, "workflow": lsp.SymbolKind.Function, "method": lsp.SymbolKind.Method,
    "class": lsp.SymbolKind.Class, "interface": lsp.SymbolKind.Interface, "struct": lsp.SymbolKind.Struct,
    "resource": lsp.SymbolKind.Class, "agent": lsp.SymbolKind.Object, "agent_blueprint": lsp.SymbolKind.Class,
    "field": lsp.SymbolKind.Field, "variable": lsp.SymbolKind.Variable,
}  # fmt: skip
_FOLDS = {"imports": lsp.FoldingRangeKind.Imports, "comment": lsp.FoldingRangeKind.Comment}
_UNNECESSARY = frozenset(("unused-import", "unused-variable", "unreachable-code"))


class Server(LanguageServer):
    """The documents that are open, what is known of them, and the thread that checks them."""

    def __init__(self) -> None:
        super().__init__("dana", __version__, lsp.TextDocumentSyncKind.Full, converter_factory=_converter)
        self.programs = Workspace()
        self.meanings = Meanings(self.programs)
        self.findings: dict[str, Findings] = {}
        self.checks: dict[str, asyncio.Task[None]] = {}
        self.offered: dict[str, Item] = {}
        """What was offered last, for those who ask more about one of it."""
        self.ended = False
        self.checking = ThreadPoolExecutor(1, "check")
        self.tidying: asyncio.TimerHandle | None = None

    # Places

    def positions(self, source: Source) -> Positions:
        """Lines and columns of a source as the client counts them."""
        return Positions(source, lsp.PositionEncodingKind(self.workspace.position_encoding or "utf-16").value)

    def range(self, source: Source, start: int, end: int) -> lsp.Range:
        """A range of the protocol."""
        positions = self.positions(source)
        return lsp.Range(lsp.Position(*positions.position(start)), lsp.Position(*positions.position(end)))

    def location(self, place: Place) -> lsp.Location:
        """A place in a file."""
        source, start, end = place
        return lsp.Location(self.uri_of(source), self.range(source, start, end))

    def uri_of(self, source: Source) -> str:
        """The address of the file of a source."""
        for uri, document in self.programs.shown_by_key():
            if document.source is source:
                return uri
        return from_fs_path(source.path or "") or ""

    def at(self, params: Any) -> tuple[Document, int] | None:
        """The document and the offset that a request is about; None for one that is not open."""
        document = self.programs.shown(params.text_document.uri)
        if document is None:
            return None
        place = params.position
        return document, self.positions(document.source).offset(place.line, place.character)

    # Checks

    def take(self, uri: str, text: str) -> None:
        """Take the text of a document as it is now, and check it soon."""
        document = self.programs.shown(uri)
        if document is None:
            self.programs.open(uri, text, to_fs_path(uri) if uri.startswith("file:") else None)
        else:
            document.change(text)
        self.check_soon(uri, PAUSE if document is not None else 0)

    def check_soon(self, uri: str, pause: float) -> None:
        """Check a document after a pause, unless it changes before; garbage is collected when nobody writes."""
        if self.tidying is not None:
            self.tidying.cancel()
        self.tidying = asyncio.get_running_loop().call_later(IDLE, gc.collect)
        waiting = self.checks.get(uri)
        if waiting is not None:
            waiting.cancel()
        self.checks[uri] = asyncio.get_running_loop().create_task(self._check(uri, pause))

    async def _check(self, uri: str, pause: float) -> None:
        await asyncio.sleep(pause)
        document = self.programs.shown(uri)
        if document is None:
            return
        source = document.source
        found = await asyncio.get_running_loop().run_in_executor(self.checking, Findings, source)
        if self.programs.shown(uri) is document and document.source is source:
            self.findings[uri] = found
            diagnostics = [self.diagnostic(each) for each in found.diagnostics]
            version = self.workspace.get_text_document(uri).version
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, diagnostics, version))

    async def current(self, uri: str) -> Findings | None:
        """The findings of a document as it is now, waited for where they are on their way."""
        document, task = self.programs.shown(uri), self.checks.get(uri)
        known = self.findings.get(uri)
        if task is not None and (known is None or document is None or known.source is not document.source):
            await asyncio.wait([task])
        known = self.findings.get(uri)
        return known if known is not None and document is not None and known.source is document.source else None

    def diagnostic(self, found: Diagnostic) -> lsp.Diagnostic:
        """A finding as the protocol has it."""
        source = found.source
        assert source is not None
        uri = self.uri_of(source)
        related = [
            lsp.DiagnosticRelatedInformation(lsp.Location(uri, self.range(source, start, end)), text)
            for text, start, end in found.notes
        ]
        error = found.severity == "error"
        return lsp.Diagnostic(
            self.range(source, found.start, found.end),
            found.message + (f"\n{found.hint}" if found.hint else ""),
            severity=lsp.DiagnosticSeverity.Error if error else lsp.DiagnosticSeverity.Warning,
            code=found.code,
            source="dana",
            tags=[lsp.DiagnosticTag.Unnecessary] if found.code in _UNNECESSARY else None,
            related_information=related or None,
        )

    def edits(self, source: Source, edits: Iterable[Edit]) -> list[lsp.TextEdit]:
        """Edits of the protocol."""
        return [lsp.TextEdit(self.range(source, start, end), text) for start, end, text in edits]


def _converter() -> Converter:
    """That of pygls, which goes through long lists of numbers one by one, but for those of tokens."""
    made: Converter = default_converter()  # type: ignore[no-untyped-call]
    made.register_unstructure_hook(lsp.SemanticTokens, lambda tokens: {"data": tokens.data})
    return made


server = Server()


@server.feature(lsp.INITIALIZED)
def initialized(params: lsp.InitializedParams) -> None:
    """Remember the folders of the editor."""
    folders = [to_fs_path(uri) for uri in server.workspace.folders]
    root = server.workspace.root_path
    server.programs.folders = [each for each in folders or [root] if each]
    threading.Thread(target=_read_ahead, daemon=True).start()


def _read_ahead() -> None:
    """Read the library and the programs of the folders, so that nobody waits for that later."""
    for name in modules.builtin_names():
        server.meanings.builtin(name)
    for _ in outline.matching(server.programs, ""):
        if server.ended:
            return


@server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
def folders_changed(params: lsp.DidChangeWorkspaceFoldersParams) -> None:
    """Remember other folders."""
    server.programs.folders = [path for uri in server.workspace.folders if (path := to_fs_path(uri))]


@server.feature(lsp.SHUTDOWN)
def ended(*params: Any) -> None:
    """Remember that the end was asked for."""
    server.ended = True


@server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
def opened(params: lsp.DidOpenTextDocumentParams) -> None:
    """A program is shown."""
    server.take(params.text_document.uri, params.text_document.text)


@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
def changed(params: lsp.DidChangeTextDocumentParams) -> None:
    """A program is edited."""
    uri = params.text_document.uri
    server.take(uri, server.workspace.get_text_document(uri).source)


@server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
def closed(params: lsp.DidCloseTextDocumentParams) -> None:
    """A program is not shown any more."""
    uri = params.text_document.uri
    server.programs.close(uri)
    server.findings.pop(uri, None)
    server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


@server.feature(
    lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[".", "("], resolve_provider=True)
)
def completions(params: lsp.CompletionParams) -> lsp.CompletionList:
    """What may be written here."""
    place = server.at(params)
    items = [] if place is None else completion.complete(server.meanings, *place)
    word = "" if place is None else completion.word_before(*place)
    fitting = [item for item in items if outline.has_letters(item.label.lower(), word.lower())]
    chosen = fitting[:MOST_COMPLETIONS]
    server.offered = {f"{item.kind} {item.label}": item for item in chosen}
    listed = [
        lsp.CompletionItem(
            item.label + item.after,
            kind=_KINDS_OF_ITEMS.get(item.kind),
            sort_text=f"{_order(item)}{item.label}",
            data=f"{item.kind} {item.label}",
        )
        for item in chosen
    ]
    return lsp.CompletionList(is_incomplete=bool(word) or len(fitting) > len(chosen), items=listed)


def _order(item: Item) -> str:
    """Arguments first, then what the program defines, the library, keywords; private names behind the others."""
    rank = {"argument": "0", "builtin": "2", "keyword": "3"}.get(item.kind, "1")
    return rank + ("z" if item.label.startswith("_") else "a")


@server.feature(lsp.COMPLETION_ITEM_RESOLVE)
def resolved(item: lsp.CompletionItem) -> lsp.CompletionItem:
    """More about one of what was offered."""
    offered = server.offered.get(str(item.data))
    if offered is None:
        return item
    symbol = offered.symbol
    if offered.kind == "builtin":
        symbol = server.meanings.builtin(offered.label)
    if symbol is not None and offered.kind != "argument":
        item.detail = heading(server.meanings, symbol)
        item.documentation = lsp.MarkupContent(lsp.MarkupKind.Markdown, prose(documentation(symbol)))
    return item


@server.feature(lsp.TEXT_DOCUMENT_HOVER)
async def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
    """What is known of a name."""
    place = server.at(params)
    if place is None:
        return None
    document, offset = place
    findings = await server.current(params.text_document.uri) if is_asking(document, offset) else None
    found = hover(server.meanings, document, offset, findings.asked if findings is not None else None)
    if found is None:
        return None
    content = lsp.MarkupContent(lsp.MarkupKind.Markdown, found.markdown())
    return lsp.Hover(content, server.range(document.source, found.start, found.end))


@server.feature(lsp.TEXT_DOCUMENT_SIGNATURE_HELP, lsp.SignatureHelpOptions(trigger_characters=["(", ","]))
def signatures(params: lsp.SignatureHelpParams) -> lsp.SignatureHelp | None:
    """How the function is called whose arguments are written here."""
    place = server.at(params)
    found = None if place is None else completion.signature_at(server.meanings, *place)
    if found is None:
        return None
    units = server.positions(Source(found.label)).units
    listed = [
        lsp.ParameterInformation((units(found.label[:start]), units(found.label[:end])))
        for start, end in found.parameters
    ]
    text = lsp.MarkupContent(lsp.MarkupKind.Markdown, found.documentation)
    shown = lsp.SignatureInformation(found.label, documentation=text, parameters=listed)
    return lsp.SignatureHelp([shown], active_signature=0, active_parameter=found.active)


@server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
def defined(params: lsp.DefinitionParams) -> lsp.Location | None:
    """Where a name is defined."""
    place = server.at(params)
    found = None if place is None else navigation.definition(server.meanings, *place)
    return None if found is None else server.location(found)


@server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
def referred(params: lsp.ReferenceParams) -> list[lsp.Location]:
    """Where a thing is used."""
    place = server.at(params)
    if place is None:
        return []
    found = navigation.references(server.meanings, *place, params.context.include_declaration)
    return [server.location(each) for each in found]


@server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
def highlighted(params: lsp.DocumentHighlightParams) -> list[lsp.DocumentHighlight]:
    """Where it is used in this document."""
    place = server.at(params)
    if place is None:
        return []
    source = place[0].source
    found = navigation.highlights(server.meanings, *place)
    return [lsp.DocumentHighlight(server.range(source, start, end)) for start, end in found]


@server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
def rename_prepared(params: lsp.PrepareRenameParams) -> lsp.Range | None:
    """Which name would be changed."""
    place = server.at(params)
    if place is None:
        return None
    try:
        return server.range(place[0].source, *navigation.renamable(server.meanings, *place))
    except navigation.Refused as refusal:
        raise _refusal(refusal) from None


@server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
def renamed(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
    """Give a thing another name."""
    place = server.at(params)
    if place is None:
        return None
    try:
        found = navigation.rename(server.meanings, *place, params.new_name)
    except navigation.Refused as refusal:
        raise _refusal(refusal) from None
    changes: dict[str, list[lsp.TextEdit]] = {}
    for source, start, end in found:
        edits = server.edits(source, [(start, end, params.new_name)])
        changes.setdefault(server.uri_of(source), []).extend(edits)
    return lsp.WorkspaceEdit(changes=changes)


def _refusal(refusal: navigation.Refused) -> JsonRpcException:
    return JsonRpcException(message=str(refusal), code=lsp.LSPErrorCodes.RequestFailed.value)


@server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
def symbols(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
    """The definitions of a program."""
    document = server.programs.shown(params.text_document.uri)
    if document is None:
        return []
    source = document.source

    def shown(entry: Entry) -> lsp.DocumentSymbol:
        return lsp.DocumentSymbol(
            entry.name,
            _KINDS_OF_SYMBOLS[entry.kind],
            server.range(source, entry.start, entry.end),
            server.range(source, entry.name_start, entry.name_end),
            detail=entry.detail,
            children=[shown(each) for each in entry.inside] or None,
        )

    return [shown(entry) for entry in outline.entries(document)]


@server.feature(lsp.WORKSPACE_SYMBOL)
def workspace_symbols(params: lsp.WorkspaceSymbolParams) -> list[lsp.WorkspaceSymbol]:
    """The definitions of all programs below the folders."""
    found = []
    for document, entry, within in outline.matching(server.programs, params.query):
        location = server.location((document.source, entry.name_start, entry.name_end))
        kind = _KINDS_OF_SYMBOLS[entry.kind]
        found.append(lsp.WorkspaceSymbol(location, entry.name, kind, container_name=within or None))
        if len(found) == MOST_SYMBOLS:
            break
    return found


@server.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
def folded(params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange]:
    """What can be folded."""
    document = server.programs.shown(params.text_document.uri)
    if document is None:
        return []
    return [
        lsp.FoldingRange(start, end, kind=_FOLDS.get(kind, lsp.FoldingRangeKind.Region))
        for start, end, kind in outline.folds(document)
    ]


@server.feature(
    lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, lsp.SemanticTokensLegend(token_types=KINDS, token_modifiers=MODIFIERS)
)
def tokens(params: lsp.SemanticTokensParams) -> lsp.SemanticTokens:
    """The tokens of a program, each by its distance from the one before."""
    document = server.programs.shown(params.text_document.uri)
    data: list[int] = []
    if document is None:
        return lsp.SemanticTokens(data)
    source = document.source
    positions = server.positions(source)
    plain = source.text.isascii()
    numbers = {kind: number for number, kind in enumerate(KINDS)}
    starts = source.starts
    line = column = at_line = 0
    for start, end, kind, modifiers in colored(server.meanings, document):
        while at_line + 1 < len(starts) and starts[at_line + 1] <= start:
            at_line += 1
        begin = starts[at_line]
        if plain:
            at, length = start - begin, end - start
        else:
            at, length = positions.units(source.text[begin:start]), positions.units(source.text[start:end])
        if at_line != line:
            data += (at_line - line, at, length, numbers[kind], modifiers)
        else:
            data += (0, at - column, length, numbers[kind], modifiers)
        line, column = at_line, at
    return lsp.SemanticTokens(data)


@server.feature(
    lsp.TEXT_DOCUMENT_CODE_ACTION,
    lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix, lsp.CodeActionKind.RefactorRewrite]),
)
def actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """Ways out of what was found here."""
    uri = params.text_document.uri
    document, known = server.programs.shown(uri), server.findings.get(uri)
    if document is None or known is None or known.source is not document.source:
        return []
    source = document.source
    positions = server.positions(source)
    start = positions.offset(params.range.start.line, params.range.start.character)
    end = positions.offset(params.range.end.line, params.range.end.character)
    found = []
    for fix in fixes(document, known.diagnostics, known.asked, start, end):
        quick = fix.diagnostic is not None
        found.append(
            lsp.CodeAction(
                fix.title,
                kind=lsp.CodeActionKind.QuickFix if quick else lsp.CodeActionKind.RefactorRewrite,
                diagnostics=[server.diagnostic(fix.diagnostic)] if fix.diagnostic is not None else None,
                is_preferred=quick or None,
                edit=lsp.WorkspaceEdit(changes={uri: server.edits(source, fix.edits)}),
            )
        )
    return found


@server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
def formatted(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
    """The program in the style of `dana fmt`: edits of the lines that change, none while it does not parse."""
    document = server.programs.shown(params.text_document.uri)
    if document is None:
        return []
    try:
        text = format_source(document.source)
    except ProgramError:
        return []
    before, after = document.text.splitlines(keepends=True), text.splitlines(keepends=True)
    edits = []
    for kind, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            begin = len("".join(before[:first]))
            edits.append((begin, begin + len("".join(before[first:last])), "".join(after[start:end])))
    return server.edits(document.source, edits)


def serve(stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Answer until the client ends it; 0 when it has asked for the end before, else 1."""
    gc.enable()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000_000)
    sys.setswitchinterval(SWITCH)
    threading.stack_size(STACK)
    server.start_io(stdin, stdout)
    return 0 if server.ended else 1
