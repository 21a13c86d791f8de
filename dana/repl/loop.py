"""The loop: reads an input, runs it in the session, shows what it gives, and goes on whatever happens."""

from __future__ import annotations

import sys
import threading

from dana import __version__
from dana.errors import DanaError, Interrupted
from dana.repl import display
from dana.repl.commands import complete, run_command
from dana.repl.completion import Candidates, call_at_end
from dana.repl.folders import history_file
from dana.repl.history import open_history
from dana.repl.terminal import Terminal
from dana.repl.terminal_host import TerminalHost
from dana.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dana.session import Session

BELOW = 4
"""Rows of the window that a result leaves free."""
_WORDS_TO_END = frozenset(("exit", "quit", "exit()", "quit()"))


class Repl:
    """What a person types into one session, and what came of it.

    `execute` runs a function on a thread that Ctrl-C can stop, `report` shows the error that ended it. `inputs` are
    the texts by their numbers, `succeeded` those that ran to their end.
    """

    def __init__(
        self,
        session: Session,
        host: TerminalHost,
        execute: Callable[[Callable[[], None]], None],
        report: Callable[[BaseException], None],
        *,
        vi: bool = False,
        color: bool = True,
    ) -> None:
        self.session = session
        self._host = host
        self.color = color
        self.inputs: dict[int, str] = {}
        self.succeeded: dict[int, str] = {}
        self.next = ""
        """What the next prompt begins with."""
        self._execute = execute
        self._report = report
        self._results: dict[int, Any] = {}
        self._last: Any = None
        self._model = ""
        self._loading = threading.Thread(target=self._load_model, name="dana-repl", daemon=True)
        self.terminal = Terminal(
            open_history(history_file()), Candidates(session, complete), self._status, vi=vi, color=color
        )
        session.define("Out", self._results)

    def run(self, first: list[Source]) -> None:
        """Run these programs, then what is typed, until the person ends it."""
        self.say(f"Dana {__version__}. :help lists the commands, Ctrl-D ends.\n")
        for source in first:
            self.executed(lambda source=source: self.session.run_source(source))  # type: ignore[misc]
        self.terminal.once_drawn(self._loading.start)
        while True:
            try:
                text = self.terminal.read(len(self.inputs) + 1, self.next)
                self.next = ""
                if self._loading.is_alive():
                    self._loading.join()  # two threads cannot import packages that import each other
                self.take(text)
            except KeyboardInterrupt:
                self.next = ""
            except EOFError:
                return

    def take(self, text: str) -> None:
        """Do what one input says; raises EOFError at the end."""
        if text.startswith(":"):
            try:
                run_command(text, self)
            except DanaError as error:
                self._report(error)
        elif text in _WORDS_TO_END and text[:4] not in self.session.variables:
            raise EOFError
        elif text:
            self.input(text)

    def input(self, text: str) -> None:
        """Run an input under the next number."""
        number = len(self.inputs) + 1
        self.inputs[number] = text
        source = Source(text + "\n", f"<input {number}>")
        if self.executed(lambda: self.session.interact(source, lambda value: self._keep(number, value))):
            self.succeeded[number] = text

    def with_value(self, source: Source, use: Callable[[Any], None]) -> None:
        """Do something with the value of an expression, within its run."""
        self.executed(lambda: self.session.interact(source, use))

    def executed(self, run: Callable[[], None]) -> bool:
        """Run something of the program; whether it came to its end."""
        host = self._host
        try:
            self._execute(run)
        except BaseException as error:
            if host.mid_line or isinstance(error, Interrupted):  # the terminal shows ^C
                self.say("\n")
            self._report(error)
            return False
        if host.mid_line:
            self.say("\n")
        return True

    def say(self, text: str) -> None:
        """Write to the terminal, without secrets."""
        self._host.write(text)
        sys.stdout.flush()

    def reset(self) -> None:
        """Forget what inputs have defined, and their results."""
        self.session.reset()
        self.succeeded.clear()
        self._results = {}
        self._last = None
        self.session.define("Out", self._results)

    def show_all(self) -> None:
        """Show the last result in full."""
        width = self.terminal.size[1]
        self.executed(
            lambda: self.session.within(
                lambda: self._host.write("".join(f"{line}\n" for line in display.lines(self._last, width, whole=True)))
            )
        )

    def _keep(self, number: int, value: Any) -> None:
        """Show the result of an input and keep it under its names."""
        if value is None:
            return
        self._last = self._results[number] = value
        self.session.define("_", value)
        self.session.define(f"_{number}", value)
        rows, columns = self.terminal.size
        shown, more = display.cut(display.lines(value, columns), columns, max(1, rows - BELOW))
        self._host.write("".join(f"{line}\n" for line in shown))
        if more:
            self._host.write("... :all shows the rest\n")

    # The line of status

    def _status(self, before: str, width: int) -> str:
        """What stands below the prompt: how the function is called whose arguments are being typed, or the model."""
        call = "" if before.startswith(":") else call_at_end(before, self.session)
        if call:
            return call[:width]
        used = self.session.model_usage()
        default = self.session.models.default if used is not None else None
        name = repr(default).strip("<>").removeprefix("llm ") if default is not None else self._model
        if used is None or not used["calls"]:
            return f"model: {name}"[:width] if name else ""
        cost = used["cost"] if used["cost"] == "unpriced" else f"${used['cost']:.4f}"
        tokens = f"{used['input_tokens']:,} + {used['output_tokens']:,} tokens"
        return f"model: {name}   {tokens}   {cost}"[:width]

    def _load_model(self) -> None:
        """Find out which model would be asked, and load what asking it needs, while the person types."""
        from dana.models.resource import Models  # the prompt is there before it

        try:
            model = Models(self.session.settings, self.session.host).chosen(None)
            endpoint = model.endpoint
        except DanaError:
            self._model = "none"  # asking one says why
        else:
            self._model = model.name
            if endpoint.base_url is not None:
                import openai  # noqa: F401
        self.terminal.refresh()


__all__ = ["Repl"]
