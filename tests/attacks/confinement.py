"""A process that runs hostile programs, each in a child of its own, and tells how they ended and what they touched.

It reads a JSON object from each line of its input and answers with one. A child that hangs is killed, memory is
bounded by the system, and an audit hook sees what the interpreter of the host does on behalf of the program.
"""

from __future__ import annotations

import gc
import json
import os
import re
import resource
import select
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from dana import DanaError, Host, LimitError, Limits, ProgramError, Session, UncaughtError
from dana.errors import Interrupted
from dana.permissions import Permissions

SECRET = "canary-3f9a1c77"
"""What stands in the file and in the variable of the environment that no program may show."""

MEMORY = 600_000_000
"""Bytes that a program may use by its limit, and the system's bound is far above."""

STACK = 256 * 1024 * 1024
HANGING = 30.0
LEEWAY = 6.0
"""Seconds after the end of its time in which a program has to stop."""

LIMITS = {"steps": 300_000, "seconds": 1.5, "memory": MEMORY}

FORBIDDEN = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.kill",
    "subprocess.Popen",
    "pty.spawn",
)
FORBIDDEN_UNGRANTED = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind")


class Watch:
    """What the host's interpreter was seen doing while a program ran."""

    def __init__(self, folder: str, granted: bool) -> None:
        self.folder = os.path.realpath(folder)
        self.events: list[str] = []
        self.granted = granted
        self.on = False
        sys.addaudithook(self.see)

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "subprocess.Popen" and arguments[0] == "uname":
            return  # the client of the models tells what system it runs on
        if event in FORBIDDEN:
            self.events.append(f"{event} {arguments[:1]}")
        elif event in FORBIDDEN_UNGRANTED and not self.granted:
            self.events.append(f"{event} {arguments[1:2]}")
        elif event == "open" and isinstance(arguments[0], str) and not self.granted:
            path, flags = os.path.realpath(arguments[0]), arguments[2]
            written = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            hidden = path == os.path.join(self.folder, "secret.txt")
            if (
                hidden
                or (written and path != os.devnull and not path.startswith(os.environ["DANA_CACHE"]))
                or path.endswith("/environ")
            ):
                self.events.append(f"open {arguments[0]}")


class Listening(Host):
    """A host that keeps what is printed and logged, and what of it came after the run had ended."""

    def __init__(self, permissions: Permissions) -> None:
        super().__init__(lambda: permissions)
        self.text = ""
        self.log = ""
        self.late = ""
        self.ended = False

    def write(self, text: str) -> None:
        if self.ended:
            self.late += text
        elif len(self.text) < 1_000_000:
            self.text += text

    def write_log(self, line: str) -> None:
        if self.ended:
            self.late += line
        elif len(self.log) < 1_000_000:
            self.log += line + "\n"

    def read_line(self, prompt: str) -> str:
        raise EOFError("nobody is there")

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.05))


def ending(error: BaseException | None) -> str:
    """How a run ended, in one line."""
    if error is None:
        return ""
    if isinstance(error, LimitError):
        flag = re.search(r"--[a-z-]+", error.diagnostic.hint or "")
        return f"limit {flag[0]}" if flag else f"limit: {error.diagnostic.message}"
    if isinstance(error, ProgramError):
        return f"refused: {error.diagnostic.message}"
    if isinstance(error, UncaughtError):
        return error.diagnostic.message
    if isinstance(error, Interrupted):
        return "interrupted"
    return "internal error: " + "".join(traceback.format_exception(error))[-1500:]


def run(request: dict[str, Any], port: int, folder: str) -> dict[str, Any]:
    """Run the parts of a program, one after the other; a part that begins with "new" has a session of its own."""
    permissions = Permissions(**request.get("grants", {}))
    limits = Limits(**{**LIMITS, **request.get("limits", {})})
    watch = Watch(folder, bool(request.get("grants")))
    hosts: list[Listening] = []
    shown = ended = ""
    session: Session | None = None
    arguments = {"canary_file": os.path.join(folder, "secret.txt"), "port": port, "folder": folder}
    slow = 0.0
    for text in request["parts"]:
        if session is None or text.startswith("new"):
            hosts.append(Listening(permissions))
            session = Session(hosts[-1], limits=limits, stack=STACK, settings={"arguments": arguments})
        path = os.path.join(folder, "main.na") if request.get("beside") else None
        error: BaseException | None = None
        began = time.monotonic()
        watch.on = True
        try:
            session.run(text.removeprefix("new"), "main.na", path)
        except BaseException as problem:
            error = problem
        watch.on = False
        slow = max(slow, time.monotonic() - began)
        ended = ending(error)
        if isinstance(error, DanaError):
            shown += str(error)
            error.__traceback__ = None
        if ended:
            hosts[-1].text += ended + "\n"
        del error
    for host in hosts:
        host.ended = True
    watch.on = True
    del session
    gc.collect()
    watch.on = False
    return {
        "text": "".join(host.text for host in hosts),
        "log": "".join(host.log for host in hosts),
        "late": "".join(host.late for host in hosts),
        "shown": shown,
        "seen": watch.events,
        "seconds": slow,
        "allowed": limits.seconds,
    }


def child(request: dict[str, Any], port: int, pipe: int, folder: str) -> None:
    """Run a request with the system's bounds on it, and write the outcome into a pipe."""
    resource.setrlimit(resource.RLIMIT_AS, (3_000_000_000, 3_000_000_000))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome: dict[str, Any] = {}

    def work() -> None:
        try:
            outcome.update(run(request, port, folder))
        except BaseException as error:
            outcome.update(text="internal error: " + "".join(traceback.format_exception(error))[-1500:])

    threading.stack_size(STACK)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    outcome["memory"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    with os.fdopen(pipe, "wb") as file:
        file.write(json.dumps(outcome).encode("utf-8", "backslashreplace"))


def files_of(folder: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in Path(folder).rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def confined(request: dict[str, Any], server: socket.socket) -> dict[str, Any]:
    """Run a request in a child; what came of it, and what it touched."""
    with tempfile.TemporaryDirectory(prefix="attacked-") as folder:
        for name, text in {"secret.txt": SECRET, "data/open.txt": "open", **request.get("files", {})}.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        os.symlink(os.path.join(folder, "secret.txt"), os.path.join(folder, "data", "link"))
        before = files_of(folder)
        reading, writing = os.pipe()
        number = os.fork()
        if number == 0:
            try:
                os.close(reading)
                child(request, server.getsockname()[1], writing, folder)
            finally:
                os._exit(0)
        os.close(writing)
        answer = b""
        deadline = time.monotonic() + HANGING
        while select.select([reading], [], [], max(0, deadline - time.monotonic()))[0]:
            block = os.read(reading, 1 << 20)
            if not block:
                break
            answer += block
        else:
            os.kill(number, signal.SIGKILL)
        os.close(reading)
        status = os.waitpid(number, 0)[1]
        outcome: dict[str, Any] = {"text": "", "log": "", "late": "", "shown": "", "seen": []}
        if answer:
            outcome.update(json.loads(answer))
        else:
            outcome["text"] = f"killed by signal {os.WTERMSIG(status)}\n"
        after = files_of(folder)
        outcome["seen"] += [
            f"changed {name}" for name in sorted(set(before) | set(after)) if before.get(name) != after.get(name)
        ]
        outcome["text"] = outcome["text"].replace(os.path.realpath(folder), "FOLDER").replace(folder, "FOLDER")
        outcome["shown"] = outcome["shown"].replace(os.path.realpath(folder), "FOLDER").replace(folder, "FOLDER")
    while select.select([server], [], [], 0)[0]:
        server.accept()[0].close()
        outcome["seen"].append("a connection came")
    return outcome


def serve() -> None:
    """Answer requests until the input ends."""
    os.environ["DANA_CANARY"] = SECRET
    Session(Listening(Permissions())).run("x = [1]\n")
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        for line in sys.stdin:
            sys.stdout.write(json.dumps(confined(json.loads(line), server)) + "\n")
            sys.stdout.flush()


__all__ = ["HANGING", "LEEWAY", "MEMORY", "SECRET", "serve"]

if __name__ == "__main__":
    serve()
