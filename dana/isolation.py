"""Isolation: a program runs in a child process that has nothing, and this process carries out what it asks for.

The child has an empty environment, no file and no connection but one pair of pipes, and limits that the system itself
keeps. Each effect of the program is a request through the pipes: a message of JSON with its length before it. Here
it meets the same Host, the same permissions and the same limits as a program that runs in this process; what a child
may ask for stands in one table, and whatever else it sends ends it. Keys and secrets stay on this side: the child
knows their names.
"""

from __future__ import annotations

import base64
import contextvars
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from time import monotonic

from dana import confinement, modules
from dana.cache_folder import folder
from dana.errors import (
    Diagnostic,
    Frame,
    Interrupted,
    LimitError,
    LimitReached,
    ProgramError,
    UncaughtError,
    UsageError,
)
from dana.host import Host, NoAnswer
from dana.limits import Limits
from dana.run import current
from dana.secret import Secret
from dana.session import Session
from dana.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import IO, Any, NoReturn

    from dana.models.asking import Transport
    from dana.models.requests import Reply, Request
    from dana.models.resource import Models

LARGEST = 32 * 1024 * 1024
"""The most bytes of a message of a child, and of all its messages that are not done with."""

WAITING = 2000
"""The most messages of a child that are not done with: it can send no more before."""

AT_ONCE = 300
"""How many requests of a child are carried out at once."""

PIECE = 1024 * 1024
"""The most characters of what is printed in one message."""

BRANCHES = 1_000_000
"""The most lists and objects in a message, which take many times their text."""

GRACE = 2.0
"""Seconds that a child has to end after its time is over."""

SLACK = 1536 * 1024 * 1024
"""Bytes of address space for the interpreter, its libraries and its stacks, beside the memory of the program."""

MEMORY = 4 * 2**30
"""Bytes that a child may use when no limit is given."""

STACK = 512 * 1024 * 1024
"""Bytes of address space for the stack on which the program runs."""

ACTIONS = ("api_call", "database_operation", "file_operation", "notification")
"""The functions of the library that act outside: each takes a dict and gives plain data."""

CHILD = "from dana.isolation import child; child()"


# Messages


class Broken(Exception):
    """A message that is none, or that asks for what nobody offers."""


class Channel:
    """One end of the pipes. Messages are whole: several threads may send.

    `backlog` is for the end of the parent, which must not be filled with messages.
    """

    def __init__(self, reader: IO[bytes], writer: IO[bytes], backlog: Backlog | None = None) -> None:
        self._reader = reader
        self._writer = writer
        self._sending = threading.Lock()
        self._backlog = backlog

    def send(self, message: dict[str, Any], most: int = 2**32 - 1) -> None:
        """Send one message; raises OSError when nobody listens any more, ValueError when it is larger than `most`."""
        with self._sending:  # many replies that wait are not written out, each for itself
            data = json.dumps(plain(message)).encode("ascii")
            if len(data) > most:
                size = f"{len(data) >> 20} MB"
                raise ValueError(f"an isolated program hands over at most {most >> 20} MB at once: this is {size}")
            self._writer.write(struct.pack(">I", len(data)) + data)
            self._writer.flush()

    def receive(self) -> dict[str, Any] | None:
        """The next message, None at the end; raises Broken."""
        head = self._reader.read(4)
        if len(head) < 4:
            return None
        (size,) = struct.unpack(">I", head)
        if self._backlog is not None:
            self._backlog.add(size)
        data = self._reader.read(size)
        if len(data) < size:
            return None
        if self._backlog is not None and data.count(b"[") + data.count(b"{") > BRANCHES:
            raise Broken("a message of too many lists and objects")
        try:
            message = rebuilt(json.loads(data))
        except Exception as error:  # whatever a hostile message makes of the readers of numbers, dates and texts
            raise Broken(f"a message that cannot be read: {type(error).__name__}") from None
        if type(message) is not dict:
            raise Broken("a message that is no object")
        if self._backlog is not None:
            message["size"] = size
        return message


class Backlog:
    """Counts the messages that a child has sent and that are not done with, and their bytes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._bytes = 0

    def add(self, size: int) -> None:
        """Count a message that comes, when there is room for it; raises Broken when there can be none."""
        if size > LARGEST:
            raise Broken(f"a message of {size:,} bytes")
        with self._changed:
            self._changed.wait_for(lambda: self._count < WAITING and self._bytes + size <= LARGEST)
            self._count += 1
            self._bytes += size

    def done(self, size: int) -> None:
        """Forget a message."""
        with self._changed:
            self._count -= 1
            self._bytes -= size
            self._changed.notify()


def plain(value: Any) -> Any:
    """Data as JSON: what JSON does not know stands in an object with one key that begins with $."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list:
        return [plain(item) for item in value]
    if kind is dict:
        if all(type(key) is str and key[:1] != "$" for key in value):
            return {key: plain(item) for key, item in value.items()}
        return {"$dict": [[plain(key), plain(item)] for key, item in value.items()]}
    if kind is tuple:
        return {"$tuple": [plain(item) for item in value]}
    if kind in (set, frozenset):
        return {f"${kind.__name__}": [plain(item) for item in value]}
    if kind is bytes:
        return {"$bytes": base64.b64encode(value).decode()}
    if kind is Secret:
        return {"$secret": value.name}
    written = _WRITTEN.get(kind.__name__)
    if written is not None and hasattr(value, "isoformat"):
        return {f"${kind.__name__}": value.isoformat()}
    if kind.__name__ == "Decimal":
        return {"$Decimal": str(value)}
    raise TypeError(f"{kind.__name__} is not sent between processes")


def rebuilt(value: Any) -> Any:
    """The data that `plain` has written."""
    if type(value) is list:
        return [rebuilt(item) for item in value]
    if type(value) is not dict:
        return value
    if len(value) == 1:
        ((key, inside),) = value.items()
        if key[:1] == "$":
            return _REBUILT[key[1:]](inside)
    return {key: rebuilt(item) for key, item in value.items()}


def _host_type(module: str, name: str) -> Callable[[str], Any]:
    def make(text: str) -> Any:
        kind = getattr(__import__(module), name)
        return kind(text) if name == "Decimal" else kind.fromisoformat(text)

    return make


_WRITTEN = {name: _host_type("datetime", name) for name in ("datetime", "date", "time")}

_REBUILT: dict[str, Callable[[Any], Any]] = {
    "dict": lambda pairs: {rebuilt(key): rebuilt(item) for key, item in pairs},
    "tuple": lambda items: tuple(rebuilt(items)),
    "set": lambda items: set(rebuilt(items)),
    "frozenset": lambda items: frozenset(rebuilt(items)),
    "bytes": base64.b64decode,
    "secret": lambda name: Secret(str(name), f"<secret {name}>"),
    "Decimal": _host_type("decimal", "Decimal"),
    **_WRITTEN,
}


def _errors() -> dict[str, type[BaseException]]:
    """The errors that a request may end with, by name."""
    from dana.models.requests import RequestFailed

    known: tuple[type[BaseException], ...] = (
        PermissionError, FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError, TimeoutError,
        OSError, EOFError, ValueError, TypeError, KeyError, LookupError, UnicodeError, NoAnswer, RequestFailed,
        modules.builtin("ActionError"),
    )  # fmt: skip
    return {kind.__name__: kind for kind in known}


_FIELDS = ("status", "body", "retryable", "retry_after", "sent", "lasting", "hint", "pause", "asked")


def _failure(error: BaseException) -> dict[str, Any]:
    """An error as a message; what is no error of a request is a fault of Dana, and goes on."""
    if isinstance(error, LimitReached):
        return {"limit": error.message, "flag": error.flag}
    if isinstance(error, UsageError):  # no model is configured, or dana.toml is wrong
        return {"usage": _diagnostic_data(error.diagnostic)}
    known = _errors()
    name = next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in known), None)
    if name is None:
        raise error
    fields = {field: getattr(error, field) for field in _FIELDS if hasattr(error, field)}
    said = error.args[0] if len(error.args) == 1 and type(error.args[0]) is str else str(error)
    number = error.errno if isinstance(error, OSError) and len(error.args) >= 2 else None
    if number is not None:
        said = str(getattr(error, "strerror", said))
    return {
        "error": name, "said": said, "number": number, "fields": fields, "file": getattr(error, "filename", None)
    }  # fmt: skip


def _raised(failure: dict[str, Any]) -> BaseException:
    """The error that `_failure` has written."""
    if "limit" in failure:
        return LimitReached(failure["limit"], failure["flag"])
    if "usage" in failure:
        from dana.models.providers import NotConfigured

        return NotConfigured(_diagnostic(failure["usage"]))
    kind = _errors()[failure["error"]]
    number, file = failure["number"], failure["file"]
    error: BaseException
    if number is not None:
        error = kind(number, failure["said"]) if file is None else kind(number, failure["said"], file)
    else:
        error = kind(failure["said"])
    for name, value in failure["fields"].items():
        error.__dict__[name] = value
    return error


# This side: the process that has the rights


def run_isolated(session: Session, sources: list[Source], workflow: tuple[Any, Any] | None = None) -> Any:
    """Run programs, and then a workflow definition with what it is given, in a child; the workflow's context.

    The session has the host, the limits and the settings, and runs nothing itself. Raises what Session.run raises.
    """
    if sys.platform == "win32":
        raise UsageError(Diagnostic("usage", "programs cannot be isolated on Windows", hint="add --no-isolate"))
    for name in ("record", "replay", "stubs"):
        if name in session.settings:
            flag = "--stub-missing" if name == "stubs" else f"--{name}"
            message = f"an isolated program cannot run with {flag}"
            raise UsageError(Diagnostic("usage", message, hint="add --no-isolate, or leave --isolate out"))
    return _Parent(session).run(sources, workflow)


class _Parent:
    """Starts a child, and answers it until it has ended."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._models: dict[str, Any] = {}
        self._workers = ThreadPoolExecutor(AT_ONCE, "dana-isolated")
        self._backlog = Backlog()
        self._folders: tuple[str, ...] = ()
        self._child: subprocess.Popen[bytes]
        self._channel: Channel

    def run(self, sources: list[Source], workflow: tuple[Any, Any] | None) -> Any:
        """Start a child for these programs; what it says at its end."""
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._channel = Channel(self._child.stdout, self._child.stdin, self._backlog)
        self._folders = tuple({os.path.join(os.path.abspath(os.path.dirname(s.path or "")), "") for s in sources})
        threading.Thread(target=self._read, daemon=True).start()
        try:
            with self.session._running():  # requests meet its meter and its host
                try:
                    self._channel.send(self._task(sources, workflow))
                except BrokenPipeError:
                    raise self._died() from None
                ended = self._serve()
                self.session.meter.stopped = None  # the child has said itself how it ended
        finally:
            self._kill()
            self._workers.shutdown(wait=False, cancel_futures=True)
        return self._outcome(ended)

    def _task(self, sources: list[Source], workflow: tuple[Any, Any] | None) -> dict[str, Any]:
        session, limits = self.session, self.session.meter.limits
        return {
            "sources": [_source_data(source) for source in sources],
            "workflow": None if workflow is None else list(workflow),
            "limits": {name: getattr(limits, name) for name in limits.__slots__},
            "strict": session.strict,
            "settings": session.settings,
            "cache": folder(),
        }

    def _read(self) -> None:
        """Take messages off the pipe, as long as there are some."""
        try:
            while (message := self._channel.receive()) is not None:
                self._messages.put(message)
            self._messages.put(None)
        except Broken as error:
            self._messages.put(error)
        except (OSError, ValueError):
            self._messages.put(None)

    def _serve(self) -> dict[str, Any]:
        meter = self.session.meter
        ending = 0.0
        while True:
            if meter.stopped is not None:
                ending = ending or monotonic() + GRACE
                known = isinstance(meter.stopped, LimitReached) and meter.stopped.flag != "--max-memory"
                if not known or monotonic() > ending:  # the child says where a limit was reached that it knows
                    raise meter.stopped.again()
            try:
                message = self._messages.get(timeout=0.1)
            except queue.Empty:
                continue
            if message is None:
                raise self._died()
            if isinstance(message, Broken):
                raise self._refused(str(message))
            if isinstance(message, Exception):
                raise message
            if "done" in message:
                ended: dict[str, Any] = message
                return ended
            try:
                self._request(message)
            except Broken as error:
                raise self._refused(str(error)) from None

    def _request(self, message: dict[str, Any]) -> None:
        """Carry out one request, beside the others when the child waits for a reply."""
        number, name, arguments = message.get("number"), message.get("ask"), message.get("with")
        found = _REQUESTS.get(name) if type(name) is str else None
        if found is None or type(arguments) is not list or not (number is None or type(number) is int):
            raise Broken(f"a request {str(name)[:60]!r} that nobody offers")
        function, kinds = found
        if len(arguments) != len(kinds) or not all(
            isinstance(argument, kind) for argument, kind in zip(arguments, kinds, strict=True)
        ):
            raise Broken(f"a request {name!r} with wrong arguments")
        if number is None:
            self._answer(None, function, arguments)
            self._backlog.done(message["size"])
        else:
            context = contextvars.copy_context()
            future = self._workers.submit(context.run, self._answer, number, function, arguments)
            future.add_done_callback(lambda _: self._backlog.done(message["size"]))

    def _answer(self, number: int | None, function: Callable[..., Any], arguments: list[Any]) -> None:
        try:
            reply = {"number": number, "gives": function(self, *arguments)}
        except (Exception, LimitReached) as error:
            if number is None:  # nobody waits for it: printing failed, because nobody reads
                self._messages.put(error if isinstance(error, Exception) else Broken(str(error)))
                return
            try:
                reply = {"number": number, "fails": _failure(error)}
            except Exception as fault:  # a fault of Dana: the child cannot go on
                self._messages.put(fault)
                return
        if number is not None:
            with suppress(OSError):  # the child has ended: whoever reads its messages finds that out
                self._channel.send(reply)

    # What may be asked for

    def write(self, text: str) -> None:
        self.session.host.write(text)

    def write_log(self, line: str) -> None:
        self.session.host.write_log(line)

    def read_line(self, prompt: str) -> str:
        return self.session.host.read_line(prompt)

    def load(self) -> float:
        return self.session.host.load()

    def read_source(self, path: str) -> bytes | None:
        if not path.endswith(".na"):
            raise PermissionError(f"{path} is not a file of source")
        if not os.path.abspath(path).startswith(self._folders):
            raise PermissionError(f"an isolated program imports from its own folder, where {path} is not")
        return self.session.host.read_source(path)

    def secret(self, name: str) -> str:
        found: str = modules.builtin("secret")(name).name
        return found

    def act(self, name: str, parameters: dict[Any, Any]) -> Any:
        if name not in ACTIONS:
            raise Broken(f"an action {name[:60]!r} that nobody offers")
        return modules.builtin(name)(self._with_secrets(parameters))

    def configuration(self) -> dict[str, Any]:
        found = self.session.models.configuration.get("model", {})
        return {"model": {name: value for name, value in found.items() if "key" not in name}}

    def describe(self, settings: dict[Any, Any]) -> list[Any]:
        endpoint = self._model(settings).endpoint
        return [endpoint.provider, endpoint.model]

    def ask(self, settings: dict[Any, Any], request: dict[Any, Any]) -> list[Any]:
        model = self._model(settings)
        transport = self._reserved(model)
        future = self.session.models.background.start(transport.send(_request_of(request)))
        reply = self.session.models.background.wait(future)
        self._count(model, reply)
        calls = [[call.number, call.name, call.arguments] for call in reply.calls]
        return [reply.text, reply.finish, reply.input_tokens, reply.output_tokens, calls]

    def ask_stream(self, settings: dict[Any, Any], request: dict[Any, Any], number: int) -> None:
        model = self._model(settings)
        transport = self._reserved(model)
        last = None
        for reply in self.session.models.background.items(transport.stream(_request_of(request))):
            last = reply
            part = [reply.text, reply.finish, reply.input_tokens, reply.output_tokens]
            self._channel.send({"number": number, "part": part})
        if last is not None:
            self._count(model, last)

    def _reserved(self, model: Any) -> Transport:
        """What takes a request to a model, when the budget of the run allows one."""
        models = self.session.models
        transport: Transport = model.transport
        models.budget.reserve(self.session.meter, models.configuration, transport)
        return transport

    def _count(self, model: Any, reply: Reply) -> None:
        from dana.calls import Attempt

        attempt = Attempt(model.name, None, None, reply.input_tokens, reply.output_tokens, 0.0)
        self.session.models.usage.add([attempt], model.prices())

    def _model(self, settings: dict[Any, Any]) -> Any:
        """The model with these settings: a program may name where to ask and with which of its secrets."""
        if not all(key in ("provider", "model", "base_url", "api_key") for key in settings):
            raise Broken("a setting of a model that nobody offers")
        given = self._with_secrets(settings)
        if not all(type(value) in (str, Secret) for value in given.values()) or given.get("provider") == "scripted":
            raise Broken("a setting of a model that is none")
        key = json.dumps(plain(settings), sort_keys=True)
        with self.session.models.lock:
            if key not in self._models:
                models = self.session.models
                self._models[key] = models.create(**given) if given else models.chosen(None)
            return self._models[key]

    def _with_secrets(self, value: Any) -> Any:
        """Data in which secrets have their texts, which the child only knows by their names."""
        if type(value) is Secret:
            return modules.builtin("secret")(value.name)
        if type(value) is dict:
            return {key: self._with_secrets(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self._with_secrets(item) for item in value)
        return value

    # Its end

    def _kill(self) -> None:
        """End the child, with whatever it has begun."""
        with suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def _outcome(self, message: dict[str, Any]) -> Any:
        kind = message["done"]
        if kind == "result":
            return message.get("result")
        if kind == "interrupted":
            raise Interrupted("interrupted")
        errors = {"program": ProgramError, "limit": LimitError, "usage": UsageError}
        try:
            found = [_diagnostic(data) for data in message["diagnostics"]]
            if kind == "uncaught":
                raise UncaughtError(found[0], RuntimeError(found[0].message))
            raise errors[kind](*found)
        except (KeyError, TypeError, ValueError, IndexError):
            raise self._refused("an end that cannot be read") from None

    def _refused(self, why: str) -> LimitError:
        return LimitError(Diagnostic("limit", f"the isolated process was ended: it sent {why}"))

    def _died(self) -> LimitError:
        """What is known of a child that ended without a word."""
        try:
            code = self._child.wait(GRACE)
        except subprocess.TimeoutExpired:  # it has closed its pipe, and lives on
            return self._refused("nothing more")
        how = f"ended with {code}"
        if code < 0:
            known = {each.value: each.name for each in signal.Signals}
            how = f"was ended by {known.get(-code, f'signal {-code}')}"
        hint = None
        if code in (-signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT):
            hint = "it may have needed more memory than it may use: --max-memory"
        if code == -signal.SIGXCPU:
            hint = "raise the limit with --timeout"
        return LimitError(Diagnostic("limit", f"the isolated process {how}", hint=hint))


_REQUESTS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "write": (_Parent.write, (str,)),
    "write_log": (_Parent.write_log, (str,)),
    "read_line": (_Parent.read_line, (str,)),
    "load": (_Parent.load, ()),
    "read_source": (_Parent.read_source, (str,)),
    "secret": (_Parent.secret, (str,)),
    "act": (_Parent.act, (str, dict)),
    "configuration": (_Parent.configuration, ()),
    "describe": (_Parent.describe, (dict,)),
    "ask": (_Parent.ask, (dict, dict)),
    "ask_stream": (_Parent.ask_stream, (dict, dict, int)),
}
"""What a child may ask for: who does it, and the types of the arguments."""


def _request_of(data: dict[Any, Any]) -> Request:
    from dana.models.requests import Request

    messages, schema, tools = data.get("messages"), data.get("schema"), data.get("tools", ())
    if type(messages) is not list or not all(map(_is_message, messages)):
        raise Broken("messages to a model that are none")
    temperature, tokens = data.get("temperature"), data.get("max_tokens")
    if type(schema) not in (dict, type(None)) or type(temperature) not in (int, float, type(None)):
        raise Broken("a request to a model that is none")
    if type(tokens) not in (int, type(None)):
        raise Broken("a request to a model that is none")
    if not isinstance(tools, list | tuple) or not all(
        _has(tool, name=str, description=str, parameters=dict) for tool in tools
    ):
        raise Broken("tools for a model that are none")
    closing = data.get("closing") is True
    return Request(messages, schema, data.get("strict") is True, temperature, tokens, tools, closing)


def _has(data: Any, **types: type) -> bool:
    """Whether data is a dict with just these keys, each of its type."""
    return (
        type(data) is dict
        and data.keys() == types.keys()
        and all(type(data[key]) is kind for key, kind in types.items())
    )


def _is_message(message: Any) -> bool:
    if type(message) is dict and "tool_calls" in message:
        said, calls = message.get("content"), message["tool_calls"]
        known = message.keys() == {"role", "content", "tool_calls"} and message["role"] == "assistant"
        return known and type(said) in (str, type(None)) and type(calls) is list and all(map(_is_call, calls))
    return type(message) is dict and all(type(key) is str and type(text) is str for key, text in message.items())


def _is_call(call: Any) -> bool:
    return _has(call, id=str, type=str, function=dict) and _has(call["function"], name=str, arguments=str)


def _source_data(source: Source) -> dict[str, Any]:
    return {"text": source.text, "name": source.name, "path": source.path}


def _source(data: Any) -> Source:
    text, name, path = data["text"], data["name"], data["path"]
    if type(text) is not str or type(name) is not str or not (path is None or type(path) is str):
        raise TypeError("no source")
    return Source(text, name, path)


def _diagnostic_data(diagnostic: Diagnostic) -> dict[str, Any]:
    source = diagnostic.source
    return {
        "code": diagnostic.code,
        "message": diagnostic.message,
        "source": None if source is None else _source_data(source),
        "start": diagnostic.start,
        "end": diagnostic.end,
        "hint": diagnostic.hint,
        "severity": diagnostic.severity,
        "notes": [list(note) for note in diagnostic.notes],
        "frames": [[frame.function, _source_data(frame.source), frame.start, frame.end] for frame in diagnostic.frames],
        "related": [[how, _diagnostic_data(other)] for how, other in diagnostic.related],
    }


def _diagnostic(data: Any) -> Diagnostic:
    frames = []
    for function, source, start, end in data["frames"]:
        frames.append(Frame(str(function), _source(source), int(start), int(end)))
    hint = data["hint"]
    return Diagnostic(
        str(data["code"]),
        str(data["message"]),
        None if data["source"] is None else _source(data["source"]),
        int(data["start"]),
        int(data["end"]),
        hint=None if hint is None else str(hint),
        severity="warning" if data["severity"] == "warning" else "error",
        notes=tuple((str(text), int(start), int(end)) for text, start, end in data["notes"]),
        frames=tuple(frames),
        related=tuple((str(how), _diagnostic(other)) for how, other in data["related"]),
    )


# The other side: the process that runs the program


class _Asker:
    """Sends requests, and gives each its reply."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._lock = threading.Lock()
        self._numbers = 0
        self._waiting: dict[int, tuple[Future[Any], Callable[[Any], None] | None]] = {}

    def start(self) -> None:
        """Begin to read replies."""
        threading.Thread(target=self._read, daemon=True).start()

    def tell(self, name: str, *arguments: Any) -> None:
        """Ask for something that gives nothing."""
        self.channel.send({"number": None, "ask": name, "with": list(arguments)}, LARGEST)

    def begin(self, name: str, *arguments: Any, part: Callable[[Any], None] | None = None) -> Future[Any]:
        """Ask for something; the future has what it gives."""
        future: Future[Any] = Future()
        with self._lock:
            self._numbers += 1
            number = self._numbers
            self._waiting[number] = future, part
        more = [number] if part is not None else []
        try:
            self.channel.send({"number": number, "ask": name, "with": [*arguments, *more]}, LARGEST)
        except ValueError:
            del self._waiting[number]
            raise
        return future

    def ask(self, name: str, *arguments: Any) -> Any:
        """Ask for something and wait for it."""
        future = self.begin(name, *arguments)
        meter = current().meter
        while True:
            try:
                return future.result(0.2)
            except TimeoutError:
                if future.done():
                    return future.result()
                meter.look()

    def _read(self) -> None:
        while (message := self.channel.receive()) is not None:
            number = message["number"]
            future, part = self._waiting[number]
            if "part" in message:
                assert part is not None
                part(message["part"])
                continue
            with self._lock:
                del self._waiting[number]
            if "fails" in message:
                future.set_exception(_raised(message["fails"]))
            else:
                future.set_result(message["gives"])
        os._exit(1)  # nobody is there any more for whom to run


class _IsolatedHost(Host):
    """The effects of a program in the child: all of them requests."""

    def __init__(self, asker: _Asker) -> None:
        super().__init__()
        self._asker = asker

    def write(self, text: str) -> None:
        for at in range(0, len(text), PIECE):
            self._asker.tell("write", text[at : at + PIECE])

    def write_log(self, line: str) -> None:
        self._asker.tell("write_log", line)

    def read_line(self, prompt: str) -> str:
        line: str = self._asker.ask("read_line", prompt)
        return line

    def load(self) -> float:
        return float(self._asker.ask("load"))

    def read_source(self, path: str) -> bytes | None:
        data: bytes | None = self._asker.begin("read_source", path).result()
        return data


class _IsolatedTransport:
    """Takes requests to a model, by way of the parent."""

    immediate = False

    def __init__(self, asker: _Asker, settings: dict[str, Any], name: str, model: str) -> None:
        self._asker = asker
        self._settings = settings
        self.name = name
        self.model = model

    def _data(self, request: Request) -> dict[str, Any]:
        return {name: getattr(request, name) for name in request.__slots__}

    async def send(self, request: Request) -> Reply:
        """The reply of the model."""
        import asyncio

        from dana.models.requests import Reply, ToolCall

        future = self._asker.begin("ask", self._settings, self._data(request))
        text, finish, tokens_in, tokens_out, calls = await asyncio.wrap_future(future)
        return Reply(text, finish, tokens_in, tokens_out, [ToolCall(*call) for call in calls])

    async def stream(self, request: Request) -> AsyncIterator[Reply]:
        """The pieces of a reply."""
        import asyncio

        from dana.models.requests import Reply

        loop = asyncio.get_running_loop()
        ready: asyncio.Queue[Any] = asyncio.Queue()

        def take(part: Any) -> None:
            loop.call_soon_threadsafe(ready.put_nowait, part)

        future = self._asker.begin("ask_stream", self._settings, self._data(request), part=take)
        future.add_done_callback(lambda _: take(None))
        while (part := await ready.get()) is not None:
            yield Reply(*part)
        future.result()


def child() -> None:
    """What a child process does: one task, and then it ends."""
    reader = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
    writer = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    channel = Channel(reader, writer)
    task = channel.receive()
    assert task is not None
    limits = Limits(**task["limits"])
    memory = SLACK + STACK + (limits.memory or MEMORY)
    confinement.bound({"RLIMIT_AS": memory, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_NOFILE": 64})
    if limits.seconds is not None:
        confinement.bound({"RLIMIT_CPU": int(limits.seconds + GRACE) + 1})
    try:
        _confine([task["cache"]])
    except OSError as error:
        refused = Diagnostic("usage", f"the program cannot be isolated: {error.strerror}", hint="add --no-isolate")
        channel.send({"done": "usage", "diagnostics": [_diagnostic_data(refused)]})
        os._exit(1)
    if task["cache"] is not None:
        os.environ["DANA_CACHE"] = task["cache"]  # trees of programs are read there; nothing can be written
    threading.stack_size(STACK)
    thread = threading.Thread(target=_run, args=(channel, task, limits))
    thread.start()
    threading.stack_size(0)
    thread.join()
    writer.flush()
    os._exit(0)


def _confine(more: list[str | None]) -> list[str]:
    """Give up what no program needs but the files of the interpreter and these; what of it the system keeps."""
    here = os.path.dirname(os.path.abspath(__file__))
    return confinement.confine(place for place in (here, os.path.dirname(here), *sys.path, *more) if place)


def held() -> list[str]:
    """What the system keeps of an isolated program's confinement, tried out in a process: "landlock", "seccomp"."""
    command = [sys.executable, "-I", "-c", "from dana.isolation import _confine; print(*_confine([]))"]
    done = subprocess.run(command, capture_output=True, text=True, env={}, cwd="/", check=False)
    return done.stdout.split() if done.returncode == 0 else []


def _run(channel: Channel, task: dict[str, Any], limits: Limits) -> None:
    asker = _Asker(channel)
    sources = [_source(data) for data in task["sources"]]
    ended: dict[str, Any] = {"done": "result"}
    try:
        threading.stack_size(0)
        asker.start()
        session = _IsolatedSession(asker, task, limits)
        for source in sources:
            session.run_source(source)
        if task["workflow"] is not None:
            from dana.workflow_files import run_file

            ended["result"] = run_file(session, *task["workflow"])
    except Interrupted:
        ended = {"done": "interrupted"}
    except (ProgramError, LimitError, UncaughtError, UsageError) as error:
        names = {ProgramError: "program", LimitError: "limit", UncaughtError: "uncaught"}
        found = [_diagnostic_data(diagnostic) for diagnostic in error.diagnostics]
        ended = {"done": names.get(type(error), "usage"), "diagnostics": found}
    channel.send(ended)


class _IsolatedSession(Session):
    """The session of the child, whose effects are requests."""

    def __init__(self, asker: _Asker, task: dict[str, Any], limits: Limits) -> None:
        host = _IsolatedHost(asker)
        super().__init__(host, limits=limits, strict=task["strict"], settings=task["settings"], stack=STACK)
        self._asker = asker
        for name in ACTIONS:
            self.register(name, self._acting(name))
        self.register("secret", self._secret)
        self.register("create_memory_resource", self._memory)

    def import_python(self, name: str, importer: Source) -> NoReturn:
        """Modules of Python have all rights, which an isolated program has not; raises PermissionError."""
        raise PermissionError(f"an isolated program imports no module of Python, such as {name}")

    def _acting(self, name: str) -> Callable[[dict[str, Any]], Any]:
        return lambda parameters: self._asker.ask("act", name, parameters)

    def _secret(self, name: str) -> Secret:
        modules.library("ai")  # which makes secrets values of a program
        return Secret(self._asker.ask("secret", name), f"<secret {name}>")

    def _memory(self, *arguments: Any, **options: Any) -> Any:
        if any(value is not None for value in (*arguments, options.get("name"), options.get("path"))):
            raise ValueError("an isolated program keeps no memory on disk; leave name and path out, or --isolate")
        return modules.builtin("create_memory_resource")(*arguments, **options)

    @property
    def models(self) -> Models:
        """The models that the parent asks for the programs of this session."""
        if self._models is None:
            self._models = _isolated_models(self._asker, self)
        return self._models


def _isolated_models(asker: _Asker, session: Session) -> Models:
    from dana.models.providers import NO_KEY, Endpoint, Key
    from dana.models.resource import Model, Models

    def known(settings: dict[str, Any]) -> dict[str, Any]:
        given = {name: settings.get(name) for name in ("provider", "model", "base_url", "api_key")}
        return {name: value for name, value in given.items() if value is not None}

    class IsolatedModels(Models):
        """Models that the parent asks."""

        def located(self, settings: dict[str, Any]) -> Endpoint:
            provider, model = asker.begin("describe", known(settings)).result()
            return Endpoint(provider, model, None, Key(NO_KEY))

        def connected(self, model: Model) -> Transport:
            if model.settings.get("provider") == "scripted":
                return model.connected()
            return _IsolatedTransport(asker, known(model.settings), model.name, model.endpoint.model)

        def server_of(self, command: list[str], environment: dict[str, Any], wanted: Any, timeout: float) -> Any:
            raise PermissionError("an isolated program uses no MCP servers")

        def server_at(self, url: str, headers: dict[str, Any], wanted: Any, timeout: float) -> Any:
            raise PermissionError("an isolated program uses no MCP servers")

        def _cache(self, given: Any) -> Any:
            raise ValueError("answers are not kept for an isolated program; leave cache out, or --isolate")

        @property
        def configuration(self) -> dict[str, Any]:
            if self._configuration is None:
                self._configuration = asker.begin("configuration").result()
            return self._configuration

    return IsolatedModels(session.settings, session.host)
