"""The prompt: editing, completion, history, colours and the line of status below."""

from __future__ import annotations

import textwrap

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import Completer
from prompt_toolkit.enums import DEFAULT_BUFFER, EditingMode
from prompt_toolkit.filters import (
    Condition,
    completion_is_selected,
    emacs_insert_mode,
    has_focus,
    has_selection,
    vi_insert_mode,
    vi_navigation_mode,
)
from prompt_toolkit.formatted_text import AnyFormattedText
from prompt_toolkit.history import History
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from dana.repl.completeness import INDENT, next_indent, wants_more
from dana.repl.highlighting import lexer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

STYLE = Style.from_dict(
    {
        "bottom-toolbar": "noreverse #888888",
        "prompt": "ansigreen",
        "continuation": "ansigreen",
        "completion-menu.meta.completion": "bg:#444444 #bbbbbb",
        "completion-menu.meta.completion.current": "bg:#666666 #ffffff",
    }
)


class Terminal:
    """Reads inputs from the terminal; `status` makes the line below, of what stands before the cursor."""

    def __init__(
        self, history: History, completer: Completer, status: Callable[[str, int], str], *, vi: bool, color: bool
    ) -> None:
        self._status = status
        self.typed = False
        """Whether the input that is shown was typed, or a part of it: not recalled as it is."""
        self._session: PromptSession[str] = PromptSession(
            history=history,
            completer=completer,
            lexer=lexer() if color else None,
            multiline=True,
            complete_while_typing=False,
            editing_mode=EditingMode.VI if vi else EditingMode.EMACS,
            key_bindings=_bindings(self),
            prompt_continuation=_continuation,
            bottom_toolbar=self._toolbar,
            enable_open_in_editor=True,
            enable_suspend=True,
            tempfile_suffix=".na",
            style=STYLE,
            color_depth=None if color else ColorDepth.DEPTH_1_BIT,
        )

        self._session.default_buffer.on_text_insert += self._note_typing

    def read(self, number: int, text: str = "") -> str:
        """The next input, which begins as `text`; raises EOFError at its end, KeyboardInterrupt for Ctrl-C."""
        self.typed = False
        read = self._session.prompt([("class:prompt", f"{number}> ")], default=text).rstrip()
        return textwrap.dedent(read) if read[:1].isspace() else read

    @property
    def size(self) -> tuple[int, int]:
        """The rows and columns of the window."""
        size = self._session.output.get_size()
        return size.rows, size.columns

    def refresh(self) -> None:
        """Draw the prompt again, if there is one; may be called from another thread."""
        self._session.app.invalidate()

    def once_drawn(self, begin: Callable[[], None]) -> None:
        """Begin something after the first prompt is on the screen."""

        def drawn(app: object) -> None:
            self._session.app.after_render -= drawn
            begin()

        self._session.app.after_render += drawn

    def _note_typing(self, buffer: object) -> None:
        self.typed = True

    def _toolbar(self) -> str:
        return self._status(self._session.default_buffer.document.text_before_cursor, self.size[1])


def _continuation(width: int, line: int, wrapped: int) -> AnyFormattedText:
    """What stands in front of a further line, or of the rest of one that is longer than the window."""
    return [("class:continuation", ("" if wrapped else ".. ").rjust(width))]


def _bindings(terminal: Terminal) -> KeyBindings:
    bindings = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER) & (vi_insert_mode | emacs_insert_mode) & ~has_selection

    in_vi = has_focus(DEFAULT_BUFFER) & vi_navigation_mode

    @Condition
    def in_indentation() -> bool:
        before = get_app().current_buffer.document.current_line_before_cursor
        return not before.strip()

    @Condition
    def behind_indentation() -> bool:
        before = get_app().current_buffer.document.current_line_before_cursor
        return bool(before) and not before.strip() and len(before) % INDENT == 0

    @bindings.add("enter", filter=(typing | in_vi) & ~completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        """Run a complete input, or one that was recalled, else begin a line."""
        buffer = event.current_buffer
        document = buffer.document
        recalled = not terminal.typed and not wants_more(document.text + "\n")
        behind = document.text_after_cursor.strip() and "\n" in document.text
        if not recalled and (behind or wants_more(document.text)):
            buffer.insert_text("\n" + " " * next_indent(document.text_before_cursor))
        else:
            buffer.validate_and_handle()

    @bindings.add("enter", filter=typing & completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        """Take the candidate that is chosen."""
        event.current_buffer.complete_state = None

    @bindings.add("escape", "enter", filter=has_focus(DEFAULT_BUFFER) & emacs_insert_mode)
    def _(event: KeyPressEvent) -> None:
        """Begin a line, whatever there is."""
        event.current_buffer.insert_text("\n" + " " * next_indent(event.current_buffer.document.text_before_cursor))

    @bindings.add("tab", filter=typing & in_indentation)
    def _(event: KeyPressEvent) -> None:
        """Indent."""
        column = len(event.current_buffer.document.current_line_before_cursor)
        event.current_buffer.insert_text(" " * (INDENT - column % INDENT))

    @bindings.add("backspace", filter=typing & behind_indentation)
    def _(event: KeyPressEvent) -> None:
        """Take back one step of indentation."""
        event.current_buffer.delete_before_cursor(INDENT)

    return bindings
