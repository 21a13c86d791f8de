"""What is typed, in colors."""

from __future__ import annotations

from prompt_toolkit.lexers import Lexer, PygmentsLexer
from pygments.token import Keyword

from dana.highlight import DanaLexer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class PromptLexer(DanaLexer):
    """Programs and commands."""

    def get_tokens_unprocessed(self, text: str, stack: Any = ("root",)) -> Iterator[tuple[int, Any, str]]:
        start = len(text.split(maxsplit=1)[0]) if text.startswith(":") else 0
        if start:
            yield 0, Keyword, text[:start]
        for at, token, part in super().get_tokens_unprocessed(text[start:], stack):
            yield at + start, token, part


def lexer() -> Lexer:
    """The lexer of the prompt."""
    return PygmentsLexer(PromptLexer)
