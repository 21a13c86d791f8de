"""From text to tokens: one pass of one regular expression, with indentation and brackets kept track of.

A token is a tuple (kind, value, start, end). Kinds are the terminals of the grammar: `NAME`, `NUMBER`, `STRING`,
`FSTRING`, `NEWLINE`, `INDENT`, `DEDENT`, `$END`, each keyword in upper case, and each operator by its name
in OPERATORS. The value of a NAME is normalised (NFKC); those of numbers and texts are left as written.
"""

from __future__ import annotations

import re

from dana.errors import Diagnostic, ProgramError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dana.source import Source

Token = tuple[str, str, int, int]

NESTING = 200
"""How deep brackets, and blocks, may be nested."""
FSTRINGS = 50
"""How deep f-strings may be nested in fields of each other."""

KEYWORDS = {
    word: word.upper()
    for word in (
        "and as assert break class continue def del elif else except finally for from global if import in is "
        "lambda nonlocal not or pass raise return try while with yield async await"
    ).split()
}
KEYWORDS.update(dict.fromkeys("True False None true false none null".split(), "CONSTANT"))

OPERATORS = {
    "(": "LPAR", ")": "RPAR", "[": "LSQB", "]": "RSQB", "{": "LBRACE", "}": "RBRACE",
    ",": "COMMA", ":": "COLON", ".": "DOT", ";": "SEMICOLON", "@": "AT", "=": "EQUAL", "->": "ARROW",
    "+": "PLUS", "-": "MINUS", "*": "STAR", "/": "SLASH", "//": "DOUBLESLASH", "%": "PERCENT", "**": "DOUBLESTAR",
    "<<": "LEFTSHIFT", ">>": "RIGHTSHIFT", "&": "AMPERSAND", "|": "BAR", "^": "CARET", "~": "TILDE", ":=": "WALRUS",
    "<": "LESS", ">": "GREATER", "<=": "LESSEQUAL", ">=": "GREATEREQUAL", "==": "EQEQUAL", "!=": "NOTEQUAL",
    "+=": "AUGMENTED", "-=": "AUGMENTED", "*=": "AUGMENTED", "/=": "AUGMENTED", "//=": "AUGMENTED",
    "%=": "AUGMENTED", "**=": "AUGMENTED", "@=": "AUGMENTED", "&=": "AUGMENTED", "|=": "AUGMENTED",
    "^=": "AUGMENTED", "<<=": "AUGMENTED", ">>=": "AUGMENTED", "...": "ELLIPSIS", "..": "RANGE", "$$": "DOLLARS",
}  # fmt: skip

_NUMBER = (
    r"0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+"
    r"|(?:(?:[0-9](?:_?[0-9])*)?\.[0-9](?:_?[0-9])*|[0-9](?:_?[0-9])*(?:\.(?!\.(?!\s*[^\W\d])))?)(?:[eE][-+]?[0-9](?:_?[0-9])*)?[jJ]?"
)
_PREFIX = r"(?:[rR][bB]?|[bB][rR]?|[uU])?"
_TEXT = (
    r'"""(?:[^"\\]++|\\[\s\S]|"(?!""))*+"""'
    r"|'''(?:[^'\\]++|\\[\s\S]|'(?!''))*+'''"
    r'|"(?!"")(?:[^"\\\n]++|\\[\s\S])*+"'
    r"|'(?!'')(?:[^'\\\n]++|\\[\s\S])*+'"
)
MASTER = re.compile(
    rf"(?P<SPACE>[ \t\f]+|\\\n)"
    rf"|(?P<FSTRING>(?:[fF][rR]?|[rR][fF])(?=[\"']))"
    rf"|(?P<STRING>{_PREFIX}(?:{_TEXT}))"
    rf"|(?P<NAME>[^\W\d]\w*)"
    rf"|(?P<NUMBER>{_NUMBER})"
    rf"|(?P<NEWLINE>\n)"
    rf"|(?P<COMMENT>#[^\n]*)"
    rf"|(?P<OPERATOR>\.\.\.?|\*\*=|//=|<<=|>>=|->|:=|\$\$|\*\*|//|<<|>>|<=|>=|==|!=|[-+*/%@&|^]=|[-+*/%@&|^~<>=()\[\]{{}},:.;])"
)

_OPEN = {"(": ")", "[": "]", "{": "}"}


class LexicalError(Exception):
    """A text that cannot be cut into tokens: where, and what is wrong there."""

    def __init__(
        self, code: str, message: str, start: int, end: int, hint: str | None = None, incomplete: bool = False
    ) -> None:
        super().__init__(code, message, start, end)
        self.code = code
        self.message = message
        self.start = start
        self.end = end
        self.hint = hint
        self.incomplete = incomplete

    def program_error(self, source: Source) -> ProgramError:
        """The same, as it is shown."""
        diagnostic = Diagnostic(self.code, self.message, source, self.start, self.end, hint=self.hint)
        return ProgramError(diagnostic, incomplete=self.incomplete)


def tokenize(text: str, start: int = 0, stop: int | None = None, expression: bool = False) -> list[Token]:
    """The tokens of a text from `start` to `stop`; raises LexicalError.

    With `expression` the text is one expression, as in a field of an f-string: no lines, no indentation.
    """
    stop = len(text) if stop is None else stop
    tokens: list[Token] = []
    add = tokens.append
    match = MASTER.match
    keywords, operators = KEYWORDS, OPERATORS
    brackets: list[tuple[str, int]] = []
    depths = [(0, 0)]
    at = start
    line_start = not expression
    while True:
        if line_start:
            line_start = False
            at, blank = _indentation(text, at, stop, depths, tokens)
            if blank:
                if at >= stop:
                    break
                line_start = True
                continue
        if at >= stop:
            break
        found = match(text, at, stop)
        if found is None:
            raise _unreadable(text, at, stop)
        kind = found.lastgroup
        end = found.end()
        if kind == "NAME":
            word = found.group()
            if not word.isascii():
                word = _normalised(word, at, end)
            add((keywords.get(word, "NAME"), word, at, end))
        elif kind == "SPACE" or kind == "COMMENT":
            if end == stop and text[at] == "\\":
                raise LexicalError(
                    "unexpected-end", "a line is continued by '\\' but the file ends", at, at + 1, incomplete=True
                )
        elif kind == "OPERATOR":
            operator = found.group()
            if operator in "([{":
                if len(brackets) >= NESTING:
                    raise LexicalError("too-deep", f"more than {NESTING} brackets are nested", at, end)
                brackets.append((operator, at))
            elif operator in ")]}":
                _close(brackets, operator, at)
            add((operators[operator], operator, at, end))
        elif kind == "NEWLINE":
            if not brackets and not expression:
                if tokens and tokens[-1][0] not in ("NEWLINE", "INDENT", "DEDENT"):
                    add(("NEWLINE", "\n", at, end))
                line_start = True
        elif kind == "NUMBER":
            _check_number(text, found.group(), at, end, stop)
            add(("NUMBER", found.group(), at, end))
        elif kind == "STRING":
            add(("STRING", found.group(), at, end))
        else:
            quote = end
            end = string_end(text, at, quote, stop)
            add(("FSTRING", text[at:end], at, end))
        at = end
    if brackets:
        bracket, place = brackets[-1]
        raise LexicalError(
            "unclosed-bracket",
            f"'{bracket}' is never closed",
            place,
            place + 1,
            f"add '{_OPEN[bracket]}'",
            incomplete=True,
        )
    if not expression:
        if tokens and tokens[-1][0] not in ("NEWLINE", "DEDENT"):
            add(("NEWLINE", "", stop, stop))
        for _ in depths[1:]:
            add(("DEDENT", "", stop, stop))
    add(("$END", "", stop, stop))
    return soft_keywords(scoped(tokens))


def _indentation(text: str, at: int, stop: int, depths: list[tuple[int, int]], tokens: list[Token]) -> tuple[int, bool]:
    """Read the blanks at the start of a line; gives where they end, and whether the line holds nothing else.

    An indentation is measured twice, with tabs to the next multiple of 8 and with tabs as one column; where
    the two measures would disagree about which line is deeper, the text is refused.
    """
    start = at
    column = other = 0
    while at < stop:
        character = text[at]
        if character == " ":
            column += 1
            other += 1
        elif character == "\t":
            column = column // 8 * 8 + 8
            other += 1
        elif character == "\f":
            column = other = 0
        else:
            break
        at += 1
    if at >= stop:
        return at, True
    if text[at] == "#":
        end = text.find("\n", at, stop)
        return (stop, True) if end < 0 else (end + 1, True)
    if text[at] == "\n":
        return at + 1, True
    if text.startswith("\\\n", at):
        return at, False
    depth, other_depth = depths[-1]
    if column > depth:
        if other <= other_depth:
            raise _mixed(start, at)
        if len(depths) > NESTING:
            raise LexicalError("too-deep", f"more than {NESTING} blocks are nested", start, at)
        depths.append((column, other))
        tokens.append(("INDENT", "", start, at))
    elif column < depth:
        known = [str(each) for each, _ in depths]
        while depths[-1][0] > column:
            depths.pop()
            tokens.append(("DEDENT", "", start, at))
        if depths[-1][0] != column:
            message = "this line is indented less than the block above, but like none around it"
            raise LexicalError("bad-indentation", message, start, at, f"indent it by {' or '.join(known)} columns")
    if column == depths[-1][0] and other != depths[-1][1]:
        raise _mixed(start, at)
    return at, False


def _mixed(start: int, at: int) -> LexicalError:
    message = "tabs and blanks are mixed in indentation"
    return LexicalError("mixed-indentation", message, start, at, "indent with blanks alone, 4 for each block")


def _normalised(word: str, start: int, end: int) -> str:
    import unicodedata  # only for names beyond ASCII

    normal = unicodedata.normalize("NFKC", word)
    if not normal.isidentifier():
        raise LexicalError("bad-character", f"'{_short(word)}' is not a name", start, end)
    return normal


def _close(brackets: list[tuple[str, int]], operator: str, at: int) -> None:
    if not brackets:
        raise LexicalError(
            "unmatched-bracket", f"'{operator}' matches no opening bracket", at, at + 1, "remove it, or open it before"
        )
    opened, _ = brackets.pop()
    if _OPEN[opened] != operator:
        raise LexicalError(
            "mismatched-bracket",
            f"'{operator}' does not match '{opened}'",
            at,
            at + 1,
            f"close it with '{_OPEN[opened]}'",
        )


def _check_number(text: str, number: str, start: int, end: int, stop: int) -> None:
    if end < stop and (text[end].isalnum() or text[end] == "_"):
        rest = re.compile(r"\w+").match(text, end)
        word = rest.group() if rest else text[end]
        if word in ("and", "else", "for", "if", "in", "is", "not", "or") and number[-1] != "_":
            return
        whole = text[start : rest.end() if rest else end + 1]
        raise LexicalError("bad-number", f"{_short(whole)} is not a number literal", start, start + len(whole))
    if number[0] == "0" and len(number) > 1 and number.replace("_", "").isdigit() and number.strip("0_"):
        raise LexicalError(
            "bad-number",
            f"{_short(number)} starts with zeros",
            start,
            end,
            f"write {_short(number.lstrip('0_'))}, or 0o{_short(number.lstrip('0_'))} in base 8",
        )


def _short(word: str) -> str:
    """A word in a message."""
    return word if len(word) <= 60 else word[:57] + "..."


def string_end(text: str, start: int, quote: int, stop: int, level: int = 0) -> int:
    """Where an f-string ends that starts at `start` and whose first quote is at `quote`; raises LexicalError."""
    if level > FSTRINGS:
        raise LexicalError("too-deep", f"more than {FSTRINGS} f-strings are nested", start, quote + 1)
    mark = text[quote : quote + 3]
    if mark not in ('"""', "'''"):
        mark = text[quote]
    raw = "r" in text[start:quote].lower()
    at = quote + len(mark)
    depth: list[str] = []  # what is open: "{" a field, "(" a bracket in one, ":" a format specification
    while at < stop:
        character = text[at]
        if not depth or depth[-1] == ":":
            if text.startswith(mark, at):
                if not depth:
                    return at + len(mark)
                break
            if character == "\\":
                at += 1 if text.startswith("{", at + 1) else 2
                if not raw and text.startswith("N{", at - 1):
                    close = text.find("}", at)
                    at = stop if close < 0 else close + 1
                continue
            if character == "{":
                if not depth and text.startswith("{{", at):
                    at += 2
                    continue
                depth.append("{")
                if len(depth) > NESTING:
                    raise LexicalError("too-deep", f"more than {NESTING} fields are nested", at, at + 1)
            elif character == "}" and depth:
                depth.pop()
                depth.pop()
            elif character == "\n" and len(mark) == 1:
                break
            at += 1
            continue
        if character in "\"'":
            if text.startswith(mark, at) and not _opens_text(text, at, mark, stop):
                break
            at = inner_text_end(text, at, stop, level + 1)
            continue
        if character == "#" or (character == "\n" and len(mark) == 1):
            break
        if character in "([{":
            depth.append("(")
        elif character in ")]}":
            opened = depth.pop()
            if opened == "{" and character != "}":
                raise LexicalError("mismatched-bracket", f"'{character}' closes nothing in this field", at, at + 1)
        elif character == ":" and depth[-1] == "{":
            depth.append(":")
        elif character == "!" and text.startswith("!=", at):
            at += 1
        at += 1
    if depth:
        field = text.rfind("{", quote, at)
        raise LexicalError(
            "unclosed-bracket",
            "'{' is never closed in this f-string",
            field,
            field + 1,
            "add '}', or write '{{' for a brace itself",
            incomplete=len(mark) == 3,
        )
    raise _unterminated(start, quote, mark)


def _opens_text(text: str, at: int, mark: str, stop: int) -> bool:
    """Whether the quotes at `at`, the same as those around the f-string, begin a text inside a field."""
    line_end = text.find("\n", at, stop)
    rest = text[at + len(mark) : stop if line_end < 0 or len(mark) == 3 else line_end]
    closing = rest.find(mark)
    return closing >= 0 and "}" in rest[closing + len(mark) :] and mark in rest[closing + len(mark) :]


def inner_text_end(text: str, at: int, stop: int, level: int = 0) -> int:
    begin = at
    while begin > 0 and text[begin - 1] in "rRbBuUfF":
        begin -= 1
    if "f" in text[begin:at].lower() and not (begin and (text[begin - 1].isalnum() or text[begin - 1] == "_")):
        return string_end(text, begin, at, stop, level)
    found = re.compile(_TEXT).match(text, at, stop)
    if found is None:
        raise _unterminated(at, at, text[at])
    return found.end()


def _unterminated(start: int, quote: int, mark: str) -> LexicalError:
    return LexicalError(
        "unterminated-string",
        "unterminated text: it is never closed"
        if len(mark) == 3
        else "unterminated text: it is not closed on its line",
        start,
        quote + len(mark),
        f"close it with {mark}" if len(mark) == 3 else f"close it with {mark}, or use {mark * 3} for several lines",
        incomplete=len(mark) == 3,
    )


_CHARACTERS = {
    "“": 'use "', "”": 'use "', "‘": "use '", "’": "use '",
    "\u00a0": "use an ordinary blank", "\u3000": "use an ordinary blank",
    "?": "write `a if condition else b` for a choice", "!": "write `not`", "$": None, "`": "use quotes",
    "–": "use -", "—": "use -", "−": "use -", "×": "use *", "÷": "use /", "≤": "use <=", "≥": "use >=", "≠": "use !=",
    "，": "use ,", "：": "use :", "（": "use (", "）": "use )",
}  # fmt: skip


def _unreadable(text: str, at: int, stop: int) -> LexicalError:
    """What is wrong with a text that begins no token."""
    character = text[at]
    opening = re.compile(r"(?:[rR][bB]?|[bB][rR]?|[uU])?(\"\"\"|'''|\"|')").match(text, at, stop)
    if opening:
        return _unterminated(at, opening.start(1), opening.group(1))
    if character == "\0":
        return LexicalError("bad-character", "a NUL byte is not text", at, at + 1, "is this a file of text?")
    if character == "\\":
        if at + 1 >= stop:
            return LexicalError(
                "unexpected-end", "a line is continued by '\\' but the file ends", at, at + 1, incomplete=True
            )
        return LexicalError("bad-character", "something follows the line continuation '\\'", at, at + 1)
    name = f"'{character}'" if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"
    return LexicalError("bad-character", f"{name} is not part of the language", at, at + 1, _CHARACTERS.get(character))


def scoped(tokens: list[Token]) -> list[Token]:
    """The tokens with `private:x` made one, where nothing stands between its parts.

    Where a dict has a key, in a subscript and in the head of a lambda, the colon means what it means there.
    """
    if not any(token[1] in SCOPES for token in tokens):
        return tokens
    found: list[Token] = []
    around = [""]
    at = 0
    while at < len(tokens):
        token = tokens[at]
        kind, inside = token[0], around[-1]
        if kind == "NAME":
            if token[1] in SCOPES and inside not in ("key", "subscript", "lambda") and _are_one(tokens, at):
                token = ("SCOPED", f"{token[1]}:{tokens[at + 2][1]}", token[2], tokens[at + 2][3])
                at += 2
        elif kind in _OPENING:
            after_value = bool(found) and found[-1][0] in _VALUES
            around.append("key" if kind == "LBRACE" else "subscript" if kind == "LSQB" and after_value else "")
        elif kind in _CLOSING:
            while len(around) > 1 and around.pop() == "lambda":
                pass
        elif kind == "LAMBDA":
            around.append("lambda")
        elif kind == "COLON" and inside == "lambda":
            around.pop()
        elif kind == "COLON" and inside == "key":
            around[-1] = "value"
        elif kind == "COMMA" and inside == "value":
            around[-1] = "key"
        found.append(token)
        at += 1
    return found


def _are_one(tokens: list[Token], at: int) -> bool:
    """Whether a name, a colon and a name follow each other without a blank."""
    if at + 2 >= len(tokens):
        return False
    first, colon, name = tokens[at : at + 3]
    return colon[0] == "COLON" and name[0] == "NAME" and first[3] == colon[2] and colon[3] == name[2]


SCOPES = ("private", "public", "system", "local")
"""The words that say to whom a variable belongs, before a colon."""

_OPENING = frozenset(("LPAR", "LSQB", "LBRACE"))
_CLOSING = frozenset(("RPAR", "RSQB", "RBRACE"))
_VALUES = frozenset(("NAME", "STRING", "FSTRING", "RPAR", "RSQB", "RBRACE", "SCOPED"))


def soft_keywords(tokens: list[Token]) -> list[Token]:
    """The tokens with soft keywords made keywords where a statement with them stands, and `with (` likewise.

    Those of DEFINING open one when a name follows them; `match` opens a statement when its line ends with a colon, and
    an indented line that begins with `case` follows.
    """
    for at, token in enumerate(tokens):
        if token[0] == "WITH":
            _group_of_items(tokens, at + 1)
        elif token[0] == "AS" and at + 2 < len(tokens) and tokens[at + 2][0] == "BAR":
            tokens[at] = ("CAPTURE", *token[1:])
        if token[1] not in _SOFT or token[0] != "NAME":
            continue
        before = tokens[at - 1][0] if at else "NEWLINE"
        if before not in _LINE_ENDS and not (token[1] == "deliver" and before in ("COLON", "SEMICOLON")):
            continue
        if token[1] != "match":
            following = tokens[at + 1][0]
            if token[1] == "workflow" and following == "NAME" and tokens[at + 2][0] == "LPAR":
                tokens[at] = ("DEF", *token[1:])
            elif token[1] in DEFINING and following == "NAME":
                tokens[at] = (DEFINING[token[1]], *token[1:])
            elif token[1] == "deliver" and following in _BEGINNING:
                tokens[at] = ("RETURN", *token[1:])
            elif token[1] == "sync" and following == "DEF":
                tokens[at] = ("SYNC", *token[1:])
            continue
        end = _line_end(tokens, at)
        if (
            tokens[end][0] == "NEWLINE"
            and tokens[end - 1][0] == "COLON"
            and end - at > 2
            and tokens[end + 1][0] == "INDENT"
            and tokens[end + 2][1] == "case"
        ):
            tokens[at] = ("MATCH", *token[1:])
            depth = 0
            for inside in range(end + 1, len(tokens)):
                kind = tokens[inside][0]
                if kind == "INDENT":
                    depth += 1
                elif kind == "DEDENT":
                    depth -= 1
                    if not depth:
                        break
                elif depth == 1 and tokens[inside][1] == "case" and tokens[inside - 1][0] in _LINE_ENDS:
                    tokens[inside] = ("CASE", *tokens[inside][1:])
    return tokens


def _group_of_items(tokens: list[Token], at: int) -> None:
    """Mark a parenthesis after `with` that groups several items: `with (a as b, c):`."""
    if tokens[at][0] != "LPAR":
        return
    depth = 0
    several = False
    for inside in range(at, len(tokens)):
        kind = tokens[inside][0]
        if kind in ("LPAR", "LSQB", "LBRACE"):
            depth += 1
        elif kind in ("RPAR", "RSQB", "RBRACE"):
            depth -= 1
            if not depth:
                if several and tokens[inside + 1][0] == "COLON":
                    tokens[at] = ("WITHPAR", *tokens[at][1:])
                return
        elif depth == 1 and kind in ("COMMA", "AS"):
            several = True
        elif depth == 1 and kind in ("FOR", "STAR", "WALRUS", "YIELD"):
            return


DEFINING = {
    "struct": "STRUCT", "resource": "RESOURCE", "interface": "INTERFACE", "agent_blueprint": "BLUEPRINT",
    "agent": "AGENT", "workflow": "WORKFLOW",
}  # fmt: skip
"""The soft keywords that begin the definition of something with a name."""

_SOFT = frozenset(("match", "deliver", "sync", *DEFINING))

_BEGINNING = frozenset("NAME NUMBER STRING FSTRING CONSTANT LBRACE LAMBDA NOT TILDE SCOPED DOLLARS".split())
"""What begins an expression and goes on none, so that the word before it is a keyword."""

_LINE_ENDS = frozenset(("NEWLINE", "INDENT", "DEDENT"))


def _line_end(tokens: list[Token], at: int) -> int:
    while tokens[at][0] not in ("NEWLINE", "$END"):
        at += 1
    return at
