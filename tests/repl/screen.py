"""The REPL in a real terminal: keys go in, and what stands on its screen comes out."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pyte

from dana.models.providers import PROVIDERS

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 20.0
"""Seconds until a screen that does not come is a failure."""
ECHO = 2.0
"""Seconds until keys that nothing came of are taken as read."""
REST = 0.15
"""Seconds without output after which a cursor rests."""
QUIET = 2.0
"""Seconds without output after which a screen is taken as it is, where expectations are written."""

KEYS = {
    "Enter": "\r", "Tab": "\t", "Esc": "\x1b", "Backspace": "\x7f", "Up": "\x1b[A", "Down": "\x1b[B",
    "Right": "\x1b[C", "Left": "\x1b[D", "Home": "\x1b[H", "End": "\x1b[F", "Paste": "\x1b[200~", "Pasted": "\x1b[201~",
}  # fmt: skip
_KEY = re.compile(r"<(C-[a-z]|" + "|".join(KEYS) + ")>")

START = "import os, sys; os.chdir(sys.argv.pop(1)); from dana.cli import command; command()"
"""From the checkout's folder, so that its modules are found, into the test's."""


def written(text: str) -> str:
    """What keys send: `<Enter>`, `<C-c>`, and the rest as it is."""
    return _KEY.sub(lambda key: KEYS.get(key[1]) or chr(ord(key[1][2]) - 96), text)


class Screen:
    """A terminal of some rows and columns in which `dana` runs, or other code of Python."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        rows: int = 16,
        columns: int = 72,
        environment: dict[str, str] | None = None,
        code: str | None = None,
    ) -> None:
        kept = {name for provider in PROVIDERS.values() for name in provider.keys}
        kept |= {
            "OPENAI_BASE_URL",
            "OLLAMA_HOST",
            "AZURE_OPENAI_ENDPOINT",
            "DANA_MODEL",
            "NO_COLOR",
            "VISUAL",
            "EDITOR",
        }
        home = str(folder / "home")
        own = {
            "HOME": home,
            "XDG_DATA_HOME": f"{home}/data",
            "XDG_CONFIG_HOME": f"{home}/config",
            "DANA_MODELS": f"{home}/models",
            "TERM": "xterm-256color",
            **(environment or {}),
        }
        work = folder / "work"
        work.mkdir(exist_ok=True)
        self.child = pexpect.spawn(
            sys.executable,
            ["-c", code or START, str(work), *arguments],
            cwd=str(ROOT),
            env={**{name: value for name, value in os.environ.items() if name not in kept}, **own},
            dimensions=(rows, columns),
            timeout=None,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # who runs the tests may ignore it
            use_poll=True,  # files above 1,024 are open in a long run
        )
        self.child.delaybeforesend = None
        self.screen = pyte.Screen(columns, rows)
        self.screen.write_process_input = lambda data: self.child.send(data)  # type: ignore[method-assign]
        self.stream = pyte.ByteStream(self.screen)

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *error: object) -> None:
        self.child.close(force=True)

    def type(self, keys: str) -> None:
        """Press keys, and see that something comes of it."""
        before = self.line, self.screen.cursor.y  # the line of status may change by itself
        self.child.send(written(keys))
        self.until(lambda: (self.line, self.screen.cursor.y) != before, ECHO)

    def resize(self, rows: int, columns: int) -> None:
        """Change the size of the window."""
        gone = max(0, self.screen.lines - rows)
        self.screen.resize(rows, columns)
        self.screen.cursor.y = max(0, self.screen.cursor.y - gone)  # with the line in which it stands
        self.child.setwinsize(rows, columns)

    @property
    def lines(self) -> list[str]:
        """The lines on the screen, without blanks at their ends."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self.lines).rstrip("\n")

    @property
    def line(self) -> str:
        """The line in which the cursor is."""
        return self.lines[self.screen.cursor.y]

    def color(self, text: str) -> Any:
        """The colour in which the first character of a text is shown."""
        row = next(y for y, line in enumerate(self.lines) if text in line)
        return self.screen.buffer[row][self.lines[row].index(text)].fg

    def until(self, holds: Callable[[], bool], patience: float = PATIENCE) -> bool:
        """Read until something holds; False when it does not come."""
        end = time.monotonic() + patience
        while not holds():
            if time.monotonic() > end or not self._read(0.1):
                return holds()
        return True

    def wait(self, line: str) -> None:
        """Read until the cursor rests in a line with this text: before it does, the terminal itself would echo keys."""
        while True:
            assert self.until(lambda: self.line == line), f"the cursor is in no line {line!r}:\n{self.text}"
            before = self.stream_count
            self._read(REST)
            if self.stream_count == before:
                return

    def settle(self) -> None:
        """Read until nothing more comes."""
        last = time.monotonic()
        while time.monotonic() - last < QUIET:
            before = self.stream_count
            if not self._read(0.1):
                return
            if self.stream_count != before:
                last = time.monotonic()

    stream_count = 0

    def _read(self, seconds: float) -> bool:
        """Read what comes within some time; False at the end of the process."""
        try:
            data = self.child.read_nonblocking(65536, seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.stream_count += 1
        self.stream.feed(data)
        return True

    def ended(self) -> int | None:
        """Wait until the process has ended; its exit code."""
        self.until(lambda: False)
        self.child.close()
        return self.child.exitstatus
