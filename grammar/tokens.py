"""The table of tokens that editors and highlighters share: what a piece of a program looks like, and what it is.

A context lists rules, the first that matches wins: a Match is one token, a Span holds a context between its beginning
and its end, a text names a context whose rules stand there too. A pattern is written in what Python's `re`, Oniguruma
and, translated, Vim have in common; it sees one line, of which the newline is a part. Soft keywords are told by what
follows on their line: two names that stand beside each other, `struct Point`, begin no expression.

From this table come the lexer of dana/highlight.py, dana.tmLanguage.json and dana.vim.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product
from typing import NamedTuple

CLASSES = {
    "": ("Text", "", ""),
    "attribute": ("Name", "variable.other.member", ""),
    "builtin": ("Name.Builtin", "support.function.builtin", "Function"),
    "builtin_type": ("Name.Builtin", "support.type", "Type"),
    "call": ("Name", "entity.name.function.call", ""),
    "class": ("Name.Class", "entity.name.type.class", "Type"),
    "comment": ("Comment.Single", "comment.line.number-sign", "Comment"),
    "constant": ("Keyword.Constant", "constant.language", "Constant"),
    "declaration": ("Keyword.Declaration", "storage.type", "Structure"),
    "decorator": ("Name.Decorator", "entity.name.function.decorator", "PreProc"),
    "docstring": ("String.Doc", "string.quoted.docstring", "String"),
    "escape": ("String.Escape", "constant.character.escape", "SpecialChar"),
    "exception": ("Name.Exception", "support.type.exception", "Exception"),
    "field": ("String.Interpol", "punctuation.section.embedded", "Special"),
    "format": ("String.Interpol", "constant.other.placeholder", "Special"),
    "function": ("Name.Function", "entity.name.function", "Function"),
    "keyword": ("Keyword", "keyword.control", "Statement"),
    "marker": ("Comment.Special", "comment.line.number-sign keyword.codetag.notation", "Todo"),
    "module": ("Name.Namespace", "entity.name.namespace", ""),
    "name": ("Name", "variable.other.readwrite", ""),
    "namespace": ("Keyword.Namespace", "keyword.control.import", "Include"),
    "number": ("Number", "constant.numeric", "Number"),
    "operator": ("Operator", "keyword.operator", "Operator"),
    "operator_word": ("Operator.Word", "keyword.operator.logical", "Operator"),
    "parameter": ("Name", "variable.parameter", ""),
    "prefix": ("String.Affix", "storage.type.string", "String"),
    "punctuation": ("Punctuation", "punctuation", ""),
    "scope": ("Keyword.Type", "storage.modifier.scope", "StorageClass"),
    "self": ("Name.Builtin.Pseudo", "variable.language", "Identifier"),
    "string": ("String", "string.quoted", "String"),
    "type": ("Name.Class", "entity.name.type", "Type"),
}
"""What a token can be: its Pygments type, its TextMate scope without `.dana`, its Vim group."""


class Match(NamedTuple):
    """One token, or one for each group where a pattern has groups."""

    pattern: str
    classes: tuple[str, ...]


class Span(NamedTuple):
    """What stands from a beginning to an end, with the rules of the context `inside` between them."""

    begin: str
    begin_classes: tuple[str, ...]
    end: str
    end_classes: tuple[str, ...]
    inside: str


Rule = Match | Span | str
Contexts = dict[str, list[Rule]]

WORDS = {
    "operator_word": "and in is not or".split(),
    "declaration": "class def global lambda nonlocal".split(),
    "namespace": ["import"],
    "keyword": (
        "as assert async await break continue del elif else except finally for from if pass raise return try while "
        "with yield"
    ).split(),
    "constant": "True False None true false none null".split(),
}
"""The words that are never names, by class."""
SCOPES = "private public system local".split()
OF_TYPES = "struct resource interface agent agent_blueprint".split()
"""The soft keywords that begin the definition of a type, when a name follows."""
OF_FUNCTIONS = ["workflow"]
"""Those that begin the definition of something that is called."""
SOFT = [*OF_TYPES, *OF_FUNCTIONS, "match", "case", "sync", "deliver"]
OPERATORS = (
    "**= //= <<= >>= -> := $$ ** // << >> <= >= == != += -= *= /= %= @= &= |= ^= + - * / % @ & | ^ ~ < > ="
).split()
"""From the longest to the shortest; `.`, `..` and `...` stand apart, for names that follow."""
PUNCTUATION = "( ) [ ] { } , : ;".split()
MARKERS = "TODO FIXME XXX HACK NOTE".split()


def _any(words: Collection[str]) -> str:
    return f"(?:{'|'.join(words)})"


def _word(words: Collection[str]) -> str:
    return rf"{_any(words)}\b"  # a number may stand right before: 1if


def _literally(texts: Collection[str]) -> str:
    return _any(
        ["".join(f"\\{letter}" if letter in r"$()*+.?[\]^{|}" else letter for letter in text) for text in texts]
    )


NAME = r"[^\W\d]\w*"
FREE = rf"(?!{_any([word for words in WORDS.values() for word in words])}\b){NAME}"
"""A name that is no keyword."""
NUMBER = (
    r"0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+"
    r"|(?:(?:[0-9](?:_?[0-9])*)?\.[0-9](?:_?[0-9])*|[0-9](?:_?[0-9])*(?:\.(?!\.(?!\s*[^\W\d])))?)(?:[eE][-+]?[0-9](?:_?[0-9])*)?[jJ]?"
)
RESUMED = r"^(?=(?:def|class|import|return|while|with|try)\b)"
"""Where a bracket that nobody closed must have ended."""
_OPENING_WORD = rf"(?:lambda|not(?!\s+in\b)|{'|'.join(WORDS['constant'])})\b"
BEFORE_OPERAND = rf"(?:[ \t]+(?:{FREE}|{_OPENING_WORD})|[ \t]*(?:[0-9\"'{{~]|\.[0-9]|\$\$))"
"""What stands behind a soft keyword and never behind a name."""
BEFORE_COLON = r"[^\n]*:[ \t]*(?:#[^\n]*)?(?=\n)"
"""The rest of a line that ends with a colon."""
GROUP = r"(?:\([^()\n]*\)|\[[^\[\]\n]*\]|-[0-9])"
"""How a pattern may begin that would go on an expression."""


def contexts(names: Mapping[str, Collection[str]]) -> Contexts:
    """The rules by context, the first of which is `program`; `names` has those of the library, by class."""
    return {
        "program": ["statements", "scoped", "expression"],
        "statements": _statements(),
        "comments": [Span("#", ("comment",), r"(?=\n)", ("",), "comment")],
        "comment": [
            Match(_word(MARKERS), ("marker",)),
            Match(r"\w+|[^\w\n]+", ("comment",)),
        ],
        "scoped": [Match(rf"\b({'|'.join(SCOPES)})(:)({FREE})", ("scope", "punctuation", "name"))],
        **_expressions(names),
        **_definitions(names["builtin_type"]),
        **_strings(),
    }


def _statements() -> list[Rule]:
    """What only the beginning of a line tells."""
    rules: list[Rule] = []
    for quotes, (prefix, kind) in product(('"""', "'''"), (("[uU]?", "text"), ("[rR]", "raw"))):
        begin = rf"^([ \t]*)({prefix})({quotes})"
        rules.append(Span(begin, ("", "prefix", "docstring"), quotes, ("docstring",), f"{kind}_docstring"))
    return [
        *rules,
        Match(rf"^([ \t]*)(@[ \t]*{NAME}(?:[ \t]*\.[ \t]*{NAME})*)", ("", "decorator")),
        Span(r"^([ \t]*)(import)\b", ("", "namespace"), r"(?=[;#\n])", ("",), "modules"),
        Span(r"^([ \t]*)(from)\b", ("", "namespace"), r"(\bimport\b)|(?=[;#\n])", ("namespace",), "modules"),
        Match(rf"^([ \t]*)(match)\b(?=(?:{BEFORE_OPERAND}|[ \t]*[(\[*-]){BEFORE_COLON})", ("", "keyword")),
        Match(
            rf"^([ \t]*)(case)\b(?={BEFORE_OPERAND}[^\n]*:|[ \t]*[(\[*-]{BEFORE_COLON}|[ \t]*{GROUP}[^\n:]*:)",
            ("", "keyword"),
        ),
        Span(
            rf"^([ \t]*)(?!{_any(SCOPES)}:{NAME})(?:(self)(\.))?({FREE}(?:\.{NAME})*)([ \t]*)(:)(?!=)",
            ("", "self", "operator", "name", "", "punctuation"),
            r"(?=[=#;\n])",
            ("",),
            "annotation",
        ),
    ]


def _expressions(names: Mapping[str, Collection[str]]) -> Contexts:
    return {
        "expression": ["comments", "atoms", "brackets", "marks"],
        "atoms": [
            "strings",
            "numbers",
            "attributes",
            "definitions",
            Match(rf"\bdeliver\b(?={BEFORE_OPERAND})", ("keyword",)),
            Span(r"\blambda\b", ("declaration",), r"::?|(?=[)\]}\n])", ("punctuation",), "lambda"),
            "words",
            *_known(names),
            Match(rf"{NAME}(?=[ \t]*\()", ("call",)),
            Match(NAME, ("name",)),
            "operators",
        ],
        "numbers": [Match(NUMBER, ("number",))],
        "attributes": [
            Match(r"\.\.\.?", ("operator",)),
            Match(rf"(\.)([ \t]*)({NAME})", ("operator", "", "attribute")),
        ],
        "words": [Match(_word(words), (kind,)) for kind, words in WORDS.items()],
        "operators": [Match(_literally([*OPERATORS, "."]), ("operator",))],
        "marks": [
            Match(rf"{_literally(PUNCTUATION)}|\\(?=\n)", ("punctuation",)),
            "blanks",
        ],
        "blanks": [Match(r"[ \t\f]+|\n", ("",))],
        "brackets": [
            _bracket("(", ")", "arguments"),
            Span(r"(?<=[\w)\]}\"'])\[", ("punctuation",), rf"\]|{RESUMED}", ("punctuation",), "expression"),
            _bracket("[", "]", "items"),
            _bracket("{", "}", "keys"),
        ],
        "arguments": ["named", "scoped", "expression"],
        "named": [Match(rf"({FREE})([ \t]*)(=)(?!=)", ("parameter", "", "operator"))],
        "items": ["scoped", "expression"],
        "keys": [Match(":=", ("operator",)), _until(":", "punctuation", ",}", "items"), "expression"],
        "line_brackets": [
            Span(r"\(", ("punctuation",), r"\)|(?=\n)", ("punctuation",), "line_arguments"),
            Span(r"[\[{]", ("punctuation",), r"[\]}]|(?=\n)", ("punctuation",), "line_items"),
        ],
        "line_arguments": ["named", "scoped", "line_items"],
        "line_items": ["atoms", "line_brackets", "marks"],
    }


def _definitions(types: Collection[str]) -> Contexts:
    return {
        "definitions": [
            Match(r"\bsync(?=[ \t]+def\b)", ("declaration",)),
            *(
                Span(begin, ("declaration",), r"(:)|(=)|(?=\n)", ("punctuation", "operator"), "signature")
                for begin in (rf"\bdef\b(?=[ \t]*(?:{NAME}|\())", rf"\b{_any(OF_FUNCTIONS)}(?=[ \t]+{FREE})")
            ),
            *(
                Span(begin, ("declaration",), r":|(?=\n)", ("punctuation",), "heading")
                for begin in (rf"\bclass(?=[ \t]+{NAME})", rf"\b{_any(OF_TYPES)}(?=[ \t]+{FREE})")
            ),
        ],
        "signature": [
            "comments",
            "words",
            Match(NAME, ("function",)),
            _bracket("(", ")", "parameters"),
            Span("->", ("operator",), r"(?=[:=\n])", ("",), "annotation"),
            "marks",
        ],
        "heading": ["comments", "words", Match(NAME, ("class",)), _bracket("(", ")", "bases"), "marks"],
        "bases": ["named", Match(rf"(?<!\.){FREE}(?=[ \t]*[,)])", ("type",)), "expression"],
        "parameters": [
            "comments",
            "words",
            Match(_word(["self", "cls"]), ("self",)),
            Match(NAME, ("parameter",)),
            _until(":", "punctuation", ",=)", "annotation"),
            _until("=", "operator", ",)", "items"),
            Match(r"\*\*?|/", ("operator",)),
            "marks",
        ],
        "lambda": [
            "comments",
            "words",
            Span(r"(?<=lambda)\(|(?<=lambda )\(", ("punctuation",), rf"\)|{RESUMED}", ("punctuation",), "parameters"),
            Match(NAME, ("parameter",)),
            Span("=", ("operator",), r"(?=[,:)\]}\n])", ("",), "expression"),
            Match(r"\*\*?|/", ("operator",)),
            "marks",
        ],
        "annotation": [
            "comments",
            "strings",
            "numbers",
            Match(r"\.\.\.?", ("operator",)),
            Match(rf"(\.)([ \t]*)({NAME})", ("operator", "", "type")),
            "words",
            Match(_word(types), ("builtin_type",)),
            Match(NAME, ("type",)),
            "operators",
            _bracket("[", "]", "annotation"),
            _bracket("(", ")", "annotation"),
            "marks",
        ],
        "modules": [
            Match(r"as\b", ("namespace",)),
            "words",
            Match(NAME, ("module",)),
            Match(r"\.+", ("operator",)),
            "marks",
        ],
    }


def _strings() -> Contexts:
    """Texts: a Span for each prefix and each kind of quotes, a context for what each kind of text holds."""
    prefixes = {
        "text": r"\b[uU]|",
        "raw": r"\b[rR]",
        "bytes": r"\b[bB]",
        "raw_bytes": r"\b(?:[rR][bB]|[bB][rR])",
        "f": r"\b[fF]",
        "raw_f": r"\b(?:[fF][rR]|[rR][fF])",
    }
    spans: list[Rule] = []
    for quotes, (kind, prefix) in product(('"""', "'''", '"', "'"), prefixes.items()):
        several = len(quotes) == 3
        end = quotes if several else rf"{quotes}|(?=\n)"
        inside = f"{kind}_{'lines' if several else 'line'}" if kind in ("f", "raw_f") else f"{kind}_string"
        spans.append(Span(f"({prefix})({quotes})", ("prefix", "string"), end, ("string",), inside))
    digits = r"x[0-9a-fA-F]{2}|[0-7]{1,3}"
    wide = rf"N\{{[^}}\n]*\}}|u[0-9a-fA-F]{{4}}|U[0-9a-fA-F]{{8}}|{digits}"
    simple = r"[\\'\"abfnrtv\n]"
    found: Contexts = {"strings": spans}
    for kind in ("string", "docstring"):
        rest = Match(r"[^\\$\"'\n]+|[$\"'\n]", (kind,))
        other = Match(r"\\(?:.|\n)", (kind,))
        template = Match(r"\$\{[^{}\"'\n]*\}", ("field",))
        found |= {
            f"text_{kind}": [Match(rf"\\(?:{wide}|{simple})", ("escape",)), other, template, rest],
            f"raw_{kind}": [other, rest],
        }
    found["bytes_string"] = [Match(rf"\\(?:{digits}|{simple})", ("escape",)), "raw_string"]
    found["raw_bytes_string"] = ["raw_string"]
    for lines, end in (("line", r"(?=[}\n])"), ("lines", r"(?=\})")):
        field = Span(r"\{", ("field",), r"\}|(?=\n)" if lines == "line" else r"\}", ("field",), f"field_{lines}")
        literal: list[Rule] = [Match(r"\{\{|\}\}", ("escape",)), field, Match(r"[^{}\\\"'\n]+|[}\"'\n]", ("string",))]
        found |= {
            f"f_{lines}": [
                Match(rf"\\(?:{wide}|{simple})", ("escape",)),
                Match(r"\\(?:(?=\{)|[^{])", ("string",)),
                *literal,
            ],
            f"raw_f_{lines}": [Match(r"\\(?:[\"'\\\n]|)", ("string",)), *literal],
            f"field_{lines}": [
                Match(r"![rsa](?=[ \t]*[:}])|=(?=[ \t]*[!:}])", ("format",)),
                "scoped",
                Span(":", ("format",), end, ("",), f"format_{lines}"),
                *(["line_items"] if lines == "line" else ["comments", "atoms", "brackets", "marks"]),
            ],
            f"format_{lines}": [field, Match(r"[^{}\n]+|\n", ("format",))],
        }
    return found


def _known(names: Mapping[str, Collection[str]]) -> list[Rule]:
    """The names that need no import, and `self`."""
    return [
        Match(_word(["self", "cls"]), ("self",)),
        *(Match(_word(names[kind]), (kind,)) for kind in ("builtin_type", "exception", "builtin")),
    ]


def _bracket(opening: str, closing: str, inside: str) -> Span:
    return Span(f"\\{opening}", ("punctuation",), rf"\{closing}|{RESUMED}", ("punctuation",), inside)


def _until(mark: str, kind: str, ends: str, inside: str) -> Span:
    """From a mark up to, and without, one of the characters `ends`."""
    return Span(mark, (kind,), rf"(?=[{ends}])|{RESUMED}", ("",), inside)
