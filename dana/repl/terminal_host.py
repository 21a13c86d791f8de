"""The host of programs in the REPL: their questions can be interrupted, and the prompt begins on a line of its own."""

from __future__ import annotations

import sys

from dana.host import Host
from dana.run import RUN

SLICE = 0.2
"""The longest time in seconds for which nobody looks whether the program is to stop."""


class TerminalHost(Host):
    """A terminal on which one program after the other runs."""

    mid_line = False
    """Whether what was printed last did not end its line."""

    def write(self, text: str) -> None:
        super().write(text)
        if text:
            self.mid_line = text[-1] != "\n"

    def write_log(self, line: str) -> None:
        super().write_log(line)
        self.mid_line = False

    def read_line(self, prompt: str) -> str:
        self.write(prompt)
        sys.stdout.flush()
        line = wait_for_line()
        self.mid_line = False
        if not line:
            raise EOFError("input() has nothing left to read")
        return line.removesuffix("\n")


def wait_for_line() -> str:
    """A line that the person types, empty at the end of input; raises Stop when the program is to end before."""
    run = RUN.get(None)
    if run is not None and sys.platform != "win32":  # there, only sockets can be waited for
        from select import select

        while not select([sys.stdin], [], [], SLICE)[0]:
            run.meter.look()
    return sys.stdin.readline()
