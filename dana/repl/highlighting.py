"""What is typed, in colours."""

from __future__ import annotations

import pygments.lexer  # type: ignore[import-untyped]
from prompt_toolkit.lexers import Lexer, PygmentsLexer
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
)

from dana import modules
from dana.lexer import KEYWORDS, MASTER, LexicalError, string_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_KINDS = {"SPACE": Text, "NEWLINE": Text, "STRING": String, "NUMBER": Number, "COMMENT": Comment}
_WORDS = frozenset(("and", "or", "not", "in", "is"))
_SOFT = frozenset(("struct", "resource", "interface", "match", "case", "deliver"))


class Tokens(pygments.lexer.Lexer):  # type: ignore[misc]
    """The tokens of a program that need not be complete."""

    name = "Dana"

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        at = 0
        if text.startswith(":"):
            at = len(text.split(maxsplit=1)[0])
            yield 0, Keyword, text[:at]
        first = True
        while at < len(text):
            found = MASTER.match(text, at)
            kind = found.lastgroup if found is not None else None
            end = found.end() if found is not None else at + 1
            token = _KINDS.get(kind or "", Punctuation)
            if kind == "FSTRING":
                token = String
                try:
                    end = string_end(text, at, end, len(text))
                except LexicalError:
                    end = _line_end(text, at)
            elif kind is None:
                token = Error
                if text[at] in "\"'":  # it is not closed yet
                    token, end = String, len(text) if text[at : at + 3] in ('"""', "'''") else _line_end(text, at)
            elif kind == "NAME":
                token = _word(text[at:end], first, text[end : end + 2])
            elif kind == "OPERATOR" and text[at:end] not in "()[]{},:.;":
                token = Operator
            if kind != "SPACE":
                first = kind == "NEWLINE"
            yield at, token, text[at:end]
            at = end


def _word(word: str, first: bool, after: str) -> Any:
    if word in KEYWORDS:
        return Keyword.Constant if KEYWORDS[word] == "CONSTANT" else Operator.Word if word in _WORDS else Keyword
    if first and word in _SOFT and after[:1] == " " and after[1:] not in ("=", "."):
        return Keyword
    return Name.Builtin if modules.is_builtin(word) else Name


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def lexer() -> Lexer:
    """The lexer of the prompt."""
    return PygmentsLexer(Tokens)
