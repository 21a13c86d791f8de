"""Text in lines of a given width, indented or not."""

from __future__ import annotations

import textwrap as host
from collections.abc import Callable
from typing import Any

from dana.native import Library, current
from dana.values import type_name

library = Library("textwrap", "Text in lines of a given width, indented or not.")

_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


class TextWrapper(host.TextWrapper):
    """The host's wrapper, counted where it works through a word that is longer than a line."""

    def wrap(self, text: str) -> list[str]:
        meter = current().meter
        size = len(text)
        if self.expand_tabs:
            size += text.count("\t") * self.tabsize
        meter.check_text(size)
        meter.check_items(size // 2)
        meter.charge(size // 50)
        indent = max(len(self.initial_indent), len(self.subsequent_indent))
        lines = 2 * size // max(1, self.width - indent) + 2
        if self.max_lines is not None:
            lines = min(lines, self.max_lines)
        meter.check_text(size + min(lines, size) * indent)
        return super().wrap(text)

    def _handle_long_word(self, reversed_chunks: list[str], cur_line: list[str], cur_len: int, width: int) -> None:
        current().meter.charge(1 + len(reversed_chunks[-1]) // 1000)
        super()._handle_long_word(reversed_chunks, cur_line, cur_len, width)


@library.function
def wrap(text: str, width: int = 70, **options: Any) -> list[str]:
    """The lines of a text, broken between words so that none is longer than `width` characters.

    Options: `initial_indent` and `subsequent_indent` (texts that start the first line and the others),
    `max_lines` and `placeholder` (how many lines to keep, and what ends the last one when there were more),
    `break_long_words`, `break_on_hyphens`, `drop_whitespace`, `expand_tabs`, `replace_whitespace` (true unless
    given), `fix_sentence_endings` (false unless given), `tabsize` (8). Raises ValueError when the width is not
    above 0.

    >>> textwrap.wrap("to be or not to be", 8)
    ['to be or', 'not to', 'be']
    >>> textwrap.wrap("to be or not to be", 10, subsequent_indent="> ", max_lines=2)
    ['to be or', '> [...]']
    """
    return TextWrapper(width=width, **options).wrap(_checked(text))


@library.function
def fill(text: str, width: int = 70, **options: Any) -> str:
    """The lines of `wrap`, joined by line feeds; it takes the same options.

    >>> print(textwrap.fill("to be or not to be", 8))
    to be or
    not to
    be
    """
    return TextWrapper(width=width, **options).fill(_checked(text))


@library.function
def shorten(text: str, width: int, **options: Any) -> str:
    """The text with its white space collapsed, cut between words to at most `width` characters.

    Option `placeholder` is what ends a text that was cut. Raises ValueError when it does not fit itself.

    >>> textwrap.shorten("to be or not to be", 15)
    'to be or [...]'
    >>> textwrap.shorten("to  be", 15)
    'to be'
    """
    current().meter.check_items(len(_checked(text)) // 2)
    return TextWrapper(width=width, max_lines=1, **options).fill(" ".join(text.split()))


@library.function
def dedent(text: str) -> str:
    """The text without the white space that all of its lines begin with; blank lines become empty.

    >>> textwrap.dedent("  a\\n    b\\n")
    'a\\n  b\\n'
    """
    _count_lines(text)
    return host.dedent(text)


@library.function
def indent(text: str, prefix: str, predicate: Callable[[str], Any] | None = None) -> str:
    """The text with a prefix before every line that is not blank, or for which `predicate(line)` is true.

    >>> textwrap.indent("a\\n\\nb\\n", "> ")
    '> a\\n\\n> b\\n'
    """
    current().meter.check_text(len(text) + _count_lines(text) * len(prefix))
    return host.indent(text, prefix, predicate)


def _count_lines(text: str) -> int:
    """How many lines a text has, at most; refuses more than a container may have items."""
    lines = sum(map(_checked(text).count, _LINE_ENDS)) + 1
    meter = current().meter
    meter.check_items(lines)
    meter.charge(lines + len(text) // 50)
    return lines


def _checked(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not {type_name(text)}")
    return text
