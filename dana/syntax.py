"""What is wrong with a text that does not parse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dana.errors import Diagnostic, ProgramError, nearest
from dana.lexer import KEYWORDS, OPERATORS, LexicalError, Token

if TYPE_CHECKING:
    from dana.parser import UnexpectedToken
    from dana.source import Source

_WRITTEN = {name: text for text, name in OPERATORS.items()} | {name: word for word, name in KEYWORDS.items()}


def explain(source: Source, failure: LexicalError | UnexpectedToken, start: str) -> ProgramError:
    """The error for what the parser met first."""
    if isinstance(failure, LexicalError):
        return failure.program_error(source)
    token = failure.tokens[failure.at]
    before = failure.tokens[failure.at - 1] if failure.at else None
    message = f"{_called(token)} is not expected here"
    hint = None
    if before is not None and before[0] == "NAME":
        like = nearest(before[1], KEYWORDS)
        hint = like and f"did you mean {like} instead of {before[1]}?"
    return ProgramError(
        Diagnostic("syntax", message, source, token[2], token[3], hint=hint), incomplete=token[0] in ("$END", "DEDENT")
    )


def _called(token: Token) -> str:
    kind = token[0]
    if kind in ("NEWLINE", "$END"):
        return "the end of the line" if kind == "NEWLINE" else "the end"
    if kind in ("INDENT", "DEDENT"):
        return "this indentation"
    return f"'{_WRITTEN.get(kind, token[1])}'"
