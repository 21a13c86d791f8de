"""The door through which every effect leaves: printing, time, chance, waiting, files of source."""

from __future__ import annotations

import sys
import time
from _contextvars import ContextVar  # contextvars itself adds nothing but time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    import random
    from collections.abc import Callable
    from email.message import EmailMessage
    from types import FrameType
    from typing import Any

    from dana.permissions import Permissions
    from dana.secret import Mask


CALLER: ContextVar[FrameType] = ContextVar("dana_caller")
"""Where a thread was begun that works for another."""


class NoAnswer(OSError):
    """A server gave no answer: `sent` says whether it may have got what was sent, `lasting` that it stays so."""

    def __init__(self, message: str, *, sent: bool = False, lasting: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.lasting = lasting


class Host:
    """The effects of a run on this machine; a test, a REPL or a durable run passes its own subclass.

    `permissions` says what of the machine and its network programs may reach; it is called when that is first asked.
    Without it they reach nothing.
    """

    frozen = False
    """Whether time stands still but for `sleep`, which returns at once."""

    folder = ".dana"
    """The folder of the project's own data: databases and memories that have no path."""

    _permit: Callable[[], Permissions] | None = None
    _permissions: Permissions | None = None
    _mask: Mask | None = None

    def __init__(self, permissions: Callable[[], Permissions] | None = None) -> None:
        self._permit = permissions
        self._random: random.Random | None = None
        self._last_id = 0

    def write(self, text: str) -> None:
        """Print: text for standard output, one call for each `print`."""
        sys.stdout.write(text if self._mask is None else self._mask.text(text))

    def write_log(self, line: str) -> None:
        """A line for people who watch the run: logs, warnings, progress. Goes to standard error."""
        sys.stdout.flush()
        sys.stderr.write((line if self._mask is None else self._mask.text(line)) + "\n")

    def keep_secret(self, name: str, text: str) -> None:
        """Know a secret, which is masked from now on in all that is shown and kept."""
        if self._mask is None:
            from dana.secret import Mask  # most programs have no secrets

            self._mask = Mask()
        self._mask.add(name, text)

    def masked(self, value: Any) -> Any:
        """A text, or data as JSON has it, with `<secret NAME>` in the place of secrets."""
        return value if self._mask is None else self._mask.value(value)

    def read_line(self, prompt: str) -> str:
        """A line from the person, without its end; EOFError when there is none."""
        self.write(prompt)
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError("input() has nothing left to read")
        return line.removesuffix("\n")

    def now(self) -> datetime.datetime:
        """The time, aware, in UTC."""
        import datetime  # 3 ms that most programs do not need

        return datetime.datetime.now(datetime.UTC)

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def load(self) -> float:
        """The load average of the last minute for each core; 0 where the system does not tell."""
        import os

        try:
            return os.getloadavg()[0] / (os.cpu_count() or 1)
        except (AttributeError, OSError):
            return 0.0

    def random(self) -> random.Random:
        """The source of chance of this run."""
        if self._random is None:
            import random  # 10 ms that most programs do not need

            self._random = random.Random()
        return self._random

    def new_id(self) -> str:
        """A unique id whose text sorts by time: RFC 9562 UUID version 7, counting within a millisecond."""
        chance = self.random()
        moment = int(self.now().timestamp() * 1000) << 12
        self._last_id = max(moment | chance.getrandbits(11), self._last_id + 1)
        milliseconds, count = self._last_id >> 12, self._last_id & 0xFFF
        bits = (milliseconds << 80) | (0x7 << 76) | (count << 64) | (0b10 << 62) | chance.getrandbits(62)
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def read_source(self, path: str) -> bytes | None:
        """The bytes of a file of source, or None when there is no such file."""
        try:
            with open(path, "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    @property
    def permissions(self) -> Permissions:
        """What programs may reach."""
        if self._permissions is None:
            from dana.permissions import Permissions  # most programs reach for nothing

            self._permissions = self._permit() if self._permit is not None else Permissions()
        return self._permissions

    @permissions.setter
    def permissions(self, permissions: Permissions) -> None:
        self._permissions = permissions

    # Each of these checks the permissions, and raises PermissionError.

    def request(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, timeout: float
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of what a server of HTTP answers.

        `timeout` is in seconds, for all of it. Redirects are followed on the same host only. Raises NoAnswer, and
        ValueError for what is no URL.
        """
        from dana import network  # only programs that use the network need it

        return network.request(self.permissions, method, url, headers, body, timeout)

    def send_mail(
        self, message: EmailMessage, host: str, port: int, login: tuple[str, str] | None, timeout: float
    ) -> None:
        """Hand a message to the mail server on a host; `login` is user and password. Raises NoAnswer."""
        from dana import network  # only programs that use the network need it

        network.send_mail(self.permissions, message, host, port, login, timeout)

    def read_file(self, path: str, most: int) -> bytes:
        """The bytes of a file, or its first `most` bytes and one more. Raises OSError, as all that follow."""
        from dana import storage  # only programs that use files or databases need it

        return storage.read_file(self.permissions, path, most)

    def write_file(self, path: str, data: bytes) -> None:
        """Replace a file, or make it: afterwards it is there whole, or as it was."""
        from dana import storage  # only programs that use files or databases need it

        storage.write_file(self.permissions, path, data)

    def append_file(self, path: str, data: bytes) -> None:
        """Add to the end of a file, or make it."""
        from dana import storage  # only programs that use files or databases need it

        storage.append_file(self.permissions, path, data)

    def copy_file(self, path: str, goal: str) -> None:
        """Copy a file; what is at the goal is replaced."""
        from dana import storage  # only programs that use files or databases need it

        storage.copy_file(self.permissions, path, goal)

    def move_file(self, path: str, goal: str) -> None:
        """Move a file; what is at the goal is replaced."""
        from dana import storage  # only programs that use files or databases need it

        storage.move_file(self.permissions, path, goal)

    def delete_file(self, path: str) -> None:
        """Remove a file."""
        from dana import storage  # only programs that use files or databases need it

        storage.delete_file(self.permissions, path)

    def list_folder(self, path: str) -> tuple[list[str], list[str]]:
        """The names of the files and of the folders in a folder, in order."""
        from dana import storage  # only programs that use files or databases need it

        return storage.list_folder(self.permissions, path)

    def file_exists(self, path: str) -> bool:
        """Whether there is a file or a folder."""
        from dana import storage  # only programs that use files or databases need it

        return storage.file_exists(self.permissions, path)

    def connect(self, url: str, timeout: float) -> Any:
        """A connection to a database: of sqlite3 for a path, of SQLAlchemy for a URL. Raises ValueError for others.

        `timeout` is how long to wait, in seconds, while somebody else writes.
        """
        from dana import storage  # only programs that use files or databases need it

        return storage.connect(self.permissions, url, timeout)
