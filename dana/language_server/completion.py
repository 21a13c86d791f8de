"""What may be written next: names, members, modules and arguments, also on a line that does not parse yet.

The tokens before the cursor tell what is being written; the tree of the rest of the block tells the scope.
"""

from __future__ import annotations

from dana import modules, nodes
from dana.errors import ProgramError
from dana.language_server.descriptions import signature
from dana.lexer import DEFINING, KEYWORDS, MASTER, OPERATORS, LexicalError, string_end
from dana.parser import parse_expression
from dana.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.language_server.blocks import Block
    from dana.language_server.descriptions import Signature
    from dana.language_server.documents import Document
    from dana.language_server.meanings import Known, Meanings, Symbol
    from dana.lexer import Token
    from dana.resolver import Scope

WORDS = sorted({*KEYWORDS, *DEFINING, "match", "case", "sync", "deliver"} - {"async", "await"})
_AFTER_A_NAME = frozenset(("DEF", "CLASS", "AS", "GLOBAL"))
_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = frozenset(")]}")
_PRIMARY = frozenset(("NAME", "STRING", "FSTRING", "CONSTANT", "NUMBER"))


class Item:
    """Something that can be written: `kind` is that of its symbol, "keyword" or "argument"; `after` what follows it."""

    __slots__ = ("after", "kind", "label", "symbol")

    def __init__(self, label: str, kind: str, symbol: Symbol | None = None, after: str = "") -> None:
        self.label = label
        self.kind = kind
        self.symbol = symbol
        self.after = after


class Cursor:
    """Where somebody is writing: the block, and the tokens before the word that is being written.

    `tokens` is None inside of a text or a comment.
    """

    def __init__(self, document: Document, offset: int) -> None:
        self.document = document
        self.index = document.index_of(offset)
        self.block: Block = document.blocks[self.index]
        self.offset = offset - document.starts[self.index]
        self.tokens = loose_tokens(self.block.text, self.offset - len(word_before(document, offset)))

    def scope(self) -> Scope:
        """The scope that names are meant in here, by the indentation where the tree does not say."""
        block, offset = self.block, self.offset
        text = block.text
        line = text.rfind("\n", 0, offset) + 1
        column = _indent(text, line, offset)
        scope = block.top
        body: Any = block.module.body
        while True:
            around = [node for node in body if node.start <= offset]
            if not around:
                break
            node = around[-1]
            begin = text.rfind("\n", 0, node.start) + 1
            if offset > node.end and column <= _indent(text, begin, node.start):
                break
            inner = block.scopes.get(id(node))
            if inner is not None and (not node.body or offset >= node.body[0].start or line > node.start):
                scope = inner
            body = [child for child in node.children() if isinstance(child, _BLOCKS)]
            if not body:
                break
        exact = block.scope_of(block.path(offset), offset)
        at: Scope | None = exact
        while at is not None and at is not scope:
            at = at.parent
        return exact if at is scope else scope

    def value(self, meanings: Meanings, last: int) -> Known | None:
        """What is known of the expression that ends with a token."""
        node = self.expression(last)
        return None if node is None else meanings.value(self.document, self.index, self.scope(), node)

    def expression(self, last: int) -> Any:
        """The tree of the name, call or subscript that ends with a token; None where there is none."""
        tokens = self.tokens or []
        first = _primary_start(tokens, last)
        if first is None:
            return None
        try:
            return parse_expression(Source(self.block.text[tokens[first][2] : tokens[last][3]]))
        except ProgramError:
            return None

    def call(self) -> tuple[int, list[str | None]] | None:
        """The token before the bracket of the innermost call that is open here, and its arguments up to here.

        An argument is its name where it is given by one, else None; the one that is being written counts.
        """
        tokens = self.tokens or []
        depth = 0
        given: list[str | None] = []
        name: str | None = None
        for at in range(len(tokens) - 1, -1, -1):
            kind, value = tokens[at][0], tokens[at][1]
            if kind not in _OPERATOR_KINDS:
                continue
            if value in _CLOSING:
                depth += 1
            elif value in _OPENING and depth:
                depth -= 1
            elif value == "(":
                called = at > 0 and (tokens[at - 1][0] == "NAME" or tokens[at - 1][1] in (")", "]"))
                if not called or (at > 1 and tokens[at - 2][0] in ("DEF", "CLASS")):
                    return None
                return at - 1, [name, *reversed(given)]
            elif value in _OPENING:
                return None
            elif not depth and value == "=" and at and tokens[at - 1][0] == "NAME":
                name = tokens[at - 1][1]
            elif not depth and value == ",":
                given.append(name)
                name = None
        return None


_OPERATOR_KINDS = frozenset(OPERATORS.values())
_BLOCKS = (nodes.Statement, nodes.ExceptClause, nodes.MatchCase)


def complete(meanings: Meanings, document: Document, offset: int) -> list[Item]:
    """What may be written at an offset."""
    if not document.blocks:
        return []
    cursor = Cursor(document, offset)
    tokens = cursor.tokens
    if tokens is None:
        return []
    line = _line(tokens, cursor.block.text, cursor.offset)
    if line and line[0][0] in ("IMPORT", "FROM"):
        return _imports(meanings, document, line)
    if tokens and tokens[-1][0] == "DOT":
        if not cursor.block.whole and tokens[-1][3] == cursor.offset:  # with a name behind the dot it may be a program
            document = document.changed(f"{document.text[:offset]}_{document.text[offset:]}")
            cursor = Cursor(document, offset)
        known = cursor.value(meanings, len(tokens) - 2) if len(tokens) > 1 else None
        return [] if known is None else _items(meanings.members(known))
    if tokens and (tokens[-1][0] in _AFTER_A_NAME or tokens[-1][1] in DEFINING) and _follows(tokens, cursor):
        return []
    items = _arguments(meanings, cursor)
    known_names = meanings.visible(document, cursor.index, cursor.scope())
    items += _items(known_names)
    for name in modules.builtin_names():
        if name not in known_names:
            items.append(Item(name, "builtin"))
    return items + [Item(word, "keyword") for word in WORDS]


def word_before(document: Document, offset: int) -> str:
    """The beginning of the word that is being written at an offset."""
    text = document.text
    start = offset
    while start > 0 and (text[start - 1] == "_" or text[start - 1].isalnum()):
        start -= 1
    return text[start:offset]


def signature_at(meanings: Meanings, document: Document, offset: int) -> Signature | None:
    """How the function is called whose arguments are being written at an offset."""
    if not document.blocks:
        return None
    cursor = Cursor(document, offset)
    called = cursor.call()
    if called is None:
        return None
    symbol = _callee(meanings, cursor, called[0])
    return None if symbol is None else signature(meanings, symbol, called[1])


def _follows(tokens: list[Token], cursor: Cursor) -> bool:
    """Whether the word that is being written stands on the line of the last token."""
    return "\n" not in cursor.block.text[tokens[-1][3] : cursor.offset]


def _arguments(meanings: Meanings, cursor: Cursor) -> list[Item]:
    """The arguments that a call can still be given by name."""
    tokens = cursor.tokens or []
    called = cursor.call()
    if called is None or tokens[-1][1] not in ("(", ","):
        return []
    symbol = _callee(meanings, cursor, called[0])
    if symbol is None:
        return []
    given = called[1][:-1]
    keywords = meanings.keywords(symbol, sum(each is None for each in given))
    return [Item(name, "argument", symbol, "=") for name in keywords if name not in given]


def _callee(meanings: Meanings, cursor: Cursor, last: int) -> Symbol | None:
    known = cursor.value(meanings, last)
    return None if known is None or known.instance else known.symbol


def _imports(meanings: Meanings, document: Document, line: list[Token]) -> list[Item]:
    """Modules after `import` and `from`, names of a module after `from x import`."""
    kinds = [token[0] for token in line]
    if kinds[0] == "FROM" and "IMPORT" in kinds:
        if kinds[-1] not in ("IMPORT", "COMMA", "LPAR"):
            return []
        level, name = _module_name(line[1 : kinds.index("IMPORT")])
        return _items(meanings.members_of_module(name, level, document))
    level, name = _module_name(line[1:])
    if kinds[-1] in ("IMPORT", "FROM", "COMMA"):
        return [Item(each, "module") for each in meanings.importable(document)]
    return []


def _module_name(tokens: list[Token]) -> tuple[int, str]:
    level = 0
    while level < len(tokens) and tokens[level][0] == "DOT":
        level += 1
    return level, "".join(token[1] for token in tokens[level:])


def _items(symbols: dict[str, Symbol]) -> list[Item]:
    return [Item(name, symbol.kind, symbol) for name, symbol in symbols.items()]


def _line(tokens: list[Token], text: str, offset: int) -> list[Token]:
    """The tokens of the statement that is being written; brackets keep a statement open."""
    first = end = depth = 0
    for at, token in enumerate(tokens):
        if not depth and "\n" in text[end : token[2]]:
            first = at
        depth = max(0, depth + (token[1] in _OPENING) - (token[1] in _CLOSING))
        end = token[3]
    return [] if not depth and "\n" in text[end:offset] else tokens[first:]


def _primary_start(tokens: list[Token], last: int) -> int | None:
    """The first token of a name, call, subscript or attribute that ends with a token."""
    at = last
    while at >= 0:
        kind, value = tokens[at][0], tokens[at][1]
        if value in _CLOSING and kind in _OPERATOR_KINDS:
            depth = 1
            while depth and at:
                at -= 1
                depth += (tokens[at][1] in _CLOSING) - (tokens[at][1] in _OPENING)
            if depth:
                return None
            before = tokens[at - 1] if at else None
            if before is not None and (before[0] in _PRIMARY or before[1] in (")", "]")):
                at -= 1
                continue
            return at
        if kind not in _PRIMARY:
            return None
        if at > 1 and tokens[at - 1][0] == "DOT":
            at -= 2
            continue
        return at
    return None


def loose_tokens(text: str, stop: int) -> list[Token] | None:
    """The tokens before an offset, whatever is wrong with them; None when it is inside of a text or a comment."""
    tokens: list[Token] = []
    at = 0
    while at < stop:
        found = MASTER.match(text, at)
        if found is None:
            if text[at] in "\"'" and "\n" not in text[at:stop]:
                return None
            at += 1
            continue
        kind, end = found.lastgroup, found.end()
        if kind in ("STRING", "COMMENT"):
            if end > stop or (kind == "COMMENT" and end == stop):
                return None
            if kind == "STRING":
                tokens.append(("STRING", found.group(), at, end))
        elif kind == "FSTRING":
            try:
                end = string_end(text, at, end, len(text))
            except LexicalError:
                line = text.find("\n", at)
                end = len(text) if line < 0 else line
            if end > stop:
                inner = _open_field(text, at, stop)
                if inner is None:
                    return None
                end = inner
            else:
                tokens.append(("FSTRING", text[at:end], at, end))
        elif kind == "NAME":
            tokens.append((KEYWORDS.get(found.group(), "NAME"), found.group(), at, end))
        elif kind == "OPERATOR":
            tokens.append((OPERATORS[found.group()], found.group(), at, end))
        elif kind == "NUMBER":
            tokens.append(("NUMBER", found.group(), at, end))
        at = end
    return tokens


def _open_field(text: str, start: int, stop: int) -> int | None:
    """Where the field of an f-string begins that an offset is in; None when it is in none."""
    opened: list[int] = []
    at = start
    while at < stop:
        if text.startswith(("{{", "}}"), at) and not opened:
            at += 1
        elif text[at] == "{":
            opened.append(at + 1)
        elif text[at] == "}" and opened:
            opened.pop()
        at += 1
    return opened[-1] if opened else None


def _indent(text: str, line: int, end: int) -> int:
    at = line
    while at < end and text[at] in " \t":
        at += 1
    return at - line
