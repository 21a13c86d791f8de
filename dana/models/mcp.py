"""MCP servers: programs and services that have tools, which a program calls or gives to a model.

Each connection is a task in the background, which holds the library's client from the first message to the last; the
program's own thread asks for permissions, waits, and gets plain data or errors of Dana. What a server says is data from
outside: its sizes are bounded here, and its descriptions of results are not used to check them, since their patterns
could be searched for without end.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import re
import signal
import socket
import ssl
import weakref
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as NotYet
from contextlib import asynccontextmanager, suppress
from time import monotonic

import anyio
import httpx2
from mcp import Client, MCPError, types
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage
from pydantic import TypeAdapter, ValidationError

from dana import __version__, modules
from dana.errors import nearest
from dana.models.tools import Tool
from dana.native import current
from dana.network import PORTS, split_url
from dana.values import NativeType, register, to_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from concurrent.futures import Future
    from typing import Any

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from dana.host import Host
    from dana.models.background import Background

LARGEST = 8_000_000
"""The bytes that one message of a server may have."""

MOST_TOOLS = 500
"""How many tools of a server a program takes at most."""

MOST_PAGES = 100
"""In how many messages a server may list them."""

LONGEST_DESCRIPTION = 20_000
"""Characters of a tool's description, and of the schema of its arguments as JSON."""

LONGEST_NAME = 64
_UNFIT = re.compile(r"[^a-zA-Z0-9_-]")
"""What no name has that a model is told."""

MOST_RUBBISH = 100
"""How many lines that are no messages a server may print."""

SHOWN = 300
"""Characters of what a server says in the message of an error."""

LONGEST = 3600
"""The seconds that a call may take at most."""

PATIENCE = 1.0
"""Seconds that a server has to end by itself, and again after it was told to."""

INHERITED = ("PATH", "HOME", "LANG", "SYSTEMROOT")
"""The variables of the environment that a server gets beside those that the program gives it."""

_RESULT: TypeAdapter[Any] = TypeAdapter(types.CallToolResult | types.InputRequiredResult)

for _name in ("mcp", "client"):  # what goes wrong is said in errors, and not also on standard error
    logging.getLogger(_name).addHandler(logging.NullHandler())


def started(
    host: Host, background: Background, command: Sequence[str], environment: dict[str, str], wanted: Any, timeout: float
) -> Server:
    """A server that runs as a program; `wanted` are the names of its tools that are taken, None for all."""
    place = host.permissions.check_run(command)
    if place is None:
        raise ConnectionError(f"{command[0]}: there is no such program")
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    link = Program([place, *command[1:]], {**inherited, **environment})
    return _connected(Connection(background, link, command[0], host), wanted, timeout)


def reached(
    host: Host, background: Background, url: str, headers: dict[str, str], wanted: Any, timeout: float
) -> Server:
    """A server at a URL; its addresses are checked here, and no other is connected to."""
    parts = split_url(url)
    name, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    host.permissions.check_net(name, port)
    shown = parts.netloc
    try:
        places = background.wait(background.start(_addresses(name, port)))
    except (OSError, UnicodeError):
        raise ConnectionError(f"{shown}: there is no host {name}") from None
    for place in places:
        host.permissions.check_address(name, port, place)
    link = Service(url, places, headers, timeout)
    return _connected(Connection(background, link, shown, host), wanted, timeout)


async def _addresses(name: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[4][0]) for place in found))


def _connected(connection: Connection, wanted: Any, timeout: float) -> Server:
    listed = connection.open(timeout)
    try:
        offered = _chosen(listed, wanted, connection.shown)
    except BaseException:
        connection.close()
        raise
    modules.builtin("log").statics["debug"](f"mcp {connection.shown} connected, {len(offered)} tools")
    return Server(connection, offered, timeout)


def _chosen(listed: list[types.Tool], wanted: Any, shown: str) -> dict[str, types.Tool]:
    """The tools that are taken, by name; raises ConnectionError for what nobody can use, ValueError for other names."""
    known: dict[str, types.Tool] = {}
    for tool in listed:
        if tool.name in known:
            raise ConnectionError(f"{shown}: it has two tools with the name {_cut(tool.name)}")
        known[tool.name] = tool
    for name in wanted or ():
        if name not in known:
            raise _no_tool(name, known, shown)
    if wanted is not None:
        known = {name: known[name] for name in wanted}
    elif len(known) > MOST_TOOLS:
        raise ConnectionError(
            f"{shown}: it has {len(known):,} tools, and {MOST_TOOLS} are taken at most; name those that are "
            'needed: use("mcp", tools=["..."], ...)'
        )
    for tool in known.values():
        for what, text in (
            ("name", tool.name),
            ("description", tool.description or ""),
            ("schema", json.dumps(tool.input_schema)),
        ):
            if len(text) > LONGEST_DESCRIPTION:
                raise ConnectionError(
                    f"{shown}: the {what} of the tool {_cut(tool.name)} has {len(text):,} characters, "
                    f"and may have {LONGEST_DESCRIPTION:,}; name the tools that are needed: "
                    'use("mcp", tools=["..."], ...)'
                )
    return known


class Server:
    """A server as a program holds it; it ends with `close`, with the block of `with`, and with the run."""

    def __init__(self, connection: Connection, offered: dict[str, types.Tool], timeout: float) -> None:
        self._connection = connection
        self._offered = offered
        self._timeout = timeout
        weakref.finalize(self, connection.stop)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<mcp {self.name}>"

    @property
    def name(self) -> str:
        """What people know the server by."""
        return self._connection.shown

    def close(self) -> None:
        """End the connection; a program that was started ends, too."""
        if self._connection.close():
            modules.builtin("log").statics["debug"](f"mcp {self._connection.shown} closed")

    def described(self) -> list[dict[str, Any]]:
        """What the server says of its tools: name, description, and parameters as JSON schema."""
        listed = [
            {"name": tool.name, "description": tool.description or "", "parameters": tool.input_schema}
            for tool in self._offered.values()
        ]
        data: list[dict[str, Any]] = to_value(self._connection.host.masked(listed))
        return data

    def tools(self) -> list[Tool]:
        """The tools as a model is told of them: what it takes in no name is `_`."""

        def made(name: str, data: dict[str, Any]) -> Tool:
            taken = _UNFIT.sub("_", name)[:LONGEST_NAME] or "_"
            described = data["description"] or name
            return Tool(taken, described, data["parameters"], lambda given: self._called(name, given, self._timeout))

        return [made(name, data) for name, data in zip(self._offered, self.described(), strict=True)]

    def call(self, name: str, arguments: dict[str, Any] | None = None, /, *, timeout: float | None = None) -> Any:
        """What a tool gives for arguments: text, or data where the server sends data.

        `timeout` is in seconds, by default that of `use`. Raises ValueError where there is no such tool, RuntimeError
        where it fails, ConnectionError where there is no answer.
        """
        if type(name) is not str or type(arguments) not in (dict, type(None)):
            raise TypeError('a tool is called by its name with a dict of arguments: server.call("search", {"q": "x"})')
        if name not in self._offered:
            raise _no_tool(name, self._offered, self._connection.shown)
        try:
            written = modules.library("json").members["dumps"](arguments or {}, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"the arguments of a tool are JSON: {error}"[:SHOWN]) from None
        if timeout is not None and (type(timeout) not in (int, float) or not 0 < timeout <= LONGEST):
            raise ValueError(f"timeout must be a number of seconds up to {LONGEST:,}, not {timeout!r}"[:SHOWN])
        value = self._called(name, json.loads(written), timeout or self._timeout)
        modules.builtin("log").statics["debug"](f"mcp {self._connection.shown} called {_cut(name)}")
        return value

    def _called(self, name: str, arguments: dict[str, Any], timeout: float) -> Any:
        meter = current().meter
        result = self._connection.call(name, arguments, timeout)
        if type(result) is not types.CallToolResult:
            raise self._connection.failed(f"the tool {name} asks for input, which nobody gives it")
        value = self._connection.host.masked(_value(result, self._offered[name]))
        size = len(value) if type(value) is str else len(json.dumps(value))
        meter.check_text(size)
        meter.charge(1 + size // 1000)
        if result.is_error:
            raise RuntimeError(f"the tool {name} failed: {value or 'it does not say why'}"[:LONGEST_DESCRIPTION])
        return to_value(value)


def _value(result: types.CallToolResult, tool: types.Tool) -> Any:
    """What a result says: its data, else its text, None for nothing.

    A value that is no object stands as `result` in an object, when the tool's own description of its data says so.
    """
    data = result.structured_content
    if data is None or result.is_error:
        return "\n".join(map(_text, result.content)) if result.content else None
    told = (tool.output_schema or {}).get("properties")
    wrapped = type(told) is type(data) is dict and list(told) == list(data) == ["result"]
    return data["result"] if wrapped else data


def _text(block: types.ContentBlock) -> str:
    """A part of a result as text; what is none is described."""
    if isinstance(block, types.TextContent):
        return block.text
    if isinstance(block, types.EmbeddedResource) and isinstance(block.resource, types.TextResourceContents):
        return block.resource.text
    if isinstance(block, types.EmbeddedResource):
        return f"[a resource that is no text: {_cut(str(block.resource.uri))}]"
    if isinstance(block, types.ResourceLink):
        return f"[a resource: {_cut(str(block.uri))}]"
    return f"[{_cut(block.mime_type)}, {len(block.data) * 3 // 4:,} bytes]"


class Connection:
    """A connection in the background, from `open` to `close`; `shown` is what people know the server by."""

    def __init__(self, background: Background, link: Program | Service, shown: str, host: Host) -> None:
        self.shown = shown
        self.host = host
        self._background = background
        self._link = link
        self._client = Client(
            link.streams(), cache=None, client_info=types.Implementation(name="dana", version=__version__)
        )
        self._scope: anyio.CancelScope | None = None
        self._ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._closed = False
        self._error: Exception | None = None
        self._served: Future[None]

    def open(self, timeout: float) -> list[types.Tool]:
        """Connect; the tools that the server lists."""
        self._served = self._background.start(self._serve())
        _OPEN.add(self)
        self._served.add_done_callback(lambda _: _OPEN.discard(self))
        try:
            listed: list[types.Tool] = self._waited(self._listed(timeout), timeout)
        except BaseException:
            self.close()
            raise
        return listed

    def call(self, name: str, arguments: dict[str, Any], timeout: float) -> Any:
        """The result of a tool as the library gives it."""
        if self._served.done():
            raise self.failed("it is closed" if self._closed else self._ended())
        return self._waited(self._answered(name, arguments, timeout), timeout)

    def stop(self) -> None:
        """Let it end, and wait for nothing."""
        self._closed = True
        if not self._served.done():
            self._background.start(self._halt())

    def close(self) -> bool:
        """End it, and wait until it has ended; whether it was open."""
        if self._served.done():
            self._closed = True
            return False
        self.stop()
        with suppress(NotYet, CancelledError):
            self._served.result(4 * PATIENCE)
        return True

    def failed(self, why: str) -> Exception:
        """The error that says why the server gives nothing."""
        said: str = self.host.masked(why)
        return ConnectionError(f"{self.shown}: {said}")

    def _waited(self, work: Any, timeout: float) -> Any:
        try:
            return self._background.wait(self._background.start(work))
        except TimeoutError:
            rubbish = self._link.rubbish
            printed = f"; it printed what is no message: {_cut(rubbish)}" if rubbish else ""
            raise self.failed(f"no answer within {timeout:g} s{printed}") from None
        except Exception as error:  # whatever the library makes of what a server sends
            raise self.failed(self._ended() if _is_end(_first(error)) else _reason(error)) from None

    def _ended(self) -> str:
        return self._link.problem or (_reason(self._error) if self._error is not None else "it ended the connection")

    async def _serve(self) -> None:
        """Hold the connection until it is to end."""
        try:
            with anyio.CancelScope() as self._scope:
                async with self._client:
                    self._ready.set()
                    await self._stopping.wait()
        except Exception as error:  # whatever the library makes of what a server sends; it is told to who waits
            self._error = error
        finally:
            self._ready.set()

    async def _halt(self) -> None:
        if self._ready.is_set():
            self._stopping.set()
        elif self._scope is not None:
            self._scope.cancel()

    async def _listed(self, timeout: float) -> list[types.Tool]:
        found: list[types.Tool] = []
        async with asyncio.timeout(timeout):
            await self._ready.wait()
            if self._error is not None:
                raise self._error
            cursor = None
            for _ in range(MOST_PAGES):
                page = await self._client.list_tools(cursor=cursor)
                found += page.tools
                cursor = page.next_cursor
                if cursor is None:
                    return found
        raise MCPError(types.INVALID_REQUEST, f"it lists its tools in more than {MOST_PAGES} messages")

    async def _answered(self, name: str, arguments: dict[str, Any], timeout: float) -> Any:
        request = types.CallToolRequest(params=types.CallToolRequestParams(name=name, arguments=arguments))
        async with asyncio.timeout(timeout):
            return await self._client.session.send_request(request, _RESULT)


_OPEN: set[Connection] = set()


def end_all() -> None:
    """End every connection, and the programs that were started for them."""
    ending = list(_OPEN)
    for connection in ending:
        connection.stop()
    for connection in ending:
        connection.close()


atexit.register(end_all)


class Program:
    """A server that is a program: messages are lines of its input and output.

    It has its own group of processes, which ends with it. `problem` says how it ended by itself, `rubbish` is the last
    line that was no message.
    """

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._command = command
        self._environment = environment
        self.problem = ""
        self.rubbish = ""
        self._heard = b""

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[Any]:
        """Start it; the streams of what it sends and of what it is sent."""
        into_session, received = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        to_send, out_of_session = anyio.create_memory_object_stream[SessionMessage](0)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=self._environment,
            start_new_session=True,
            limit=LARGEST,
        )
        try:
            async with anyio.create_task_group() as group, received, to_send:
                group.start_soon(self._listen, process)
                group.start_soon(self._read, process, into_session)
                group.start_soon(self._write, process, out_of_session)
                try:
                    yield received, to_send
                finally:
                    group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)

    async def _read(
        self, process: asyncio.subprocess.Process, into: MemoryObjectSendStream[SessionMessage | Exception]
    ) -> None:
        assert process.stdout is not None
        count = 0
        async with into:
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # the session has ended
                while count <= MOST_RUBBISH:
                    try:
                        line = await process.stdout.readline()
                    except ValueError:
                        self.problem = f"it sends a message of more than {LARGEST:,} bytes"
                        return
                    if not line:
                        await _has_ended(process)
                        self.problem = self._ending(process.returncode)
                        return
                    try:
                        message = types.jsonrpc.jsonrpc_message_adapter.validate_json(line, by_name=False)
                    except ValueError:
                        count += 1
                        self.rubbish = line[:SHOWN].decode(errors="replace")
                        continue
                    await into.send(SessionMessage(message))
                self.problem = f"it prints what is no message: {_cut(self.rubbish)}"

    async def _write(self, process: asyncio.subprocess.Process, out: MemoryObjectReceiveStream[SessionMessage]) -> None:
        assert process.stdin is not None
        with suppress(BrokenPipeError, ConnectionResetError):  # how it ended is seen where it is read
            async with out:
                async for each in out:
                    data = each.message.model_dump_json(by_alias=True, exclude_unset=True)
                    process.stdin.write(data.encode() + b"\n")
                    await process.stdin.drain()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while data := await process.stderr.read(4096):
            self._heard = (self._heard + data)[-4096:]

    def _ending(self, code: int | None) -> str:
        lines = self._heard.decode(errors="replace").strip().splitlines()
        said = f": {_cut(lines[-1])}" if lines else ""
        if code is None:
            return f"it has closed its output{said}"
        if code < 0:
            return f"it was ended by {signal.strsignal(-code) or 'a signal'}{said}"
        return f"it ended with exit code {code}{said}"


async def _has_ended(process: asyncio.subprocess.Process) -> bool:
    """Whether a process ends in a moment; `wait` would wait for those, too, that have its pipes."""
    deadline = monotonic() + PATIENCE
    while process.returncode is None and monotonic() < deadline:
        await asyncio.sleep(0.01)
    return process.returncode is not None


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a process and its group: it sees the end of its input, is told, and is then made to."""
    assert process.stdin is not None
    process.stdin.close()
    if not await _has_ended(process):
        _signal(process, signal.SIGTERM)
        await _has_ended(process)
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))  # also those that it has started
    await _has_ended(process)


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nobody is there any more
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


class Service:
    """A server that is reached by streamable HTTP."""

    problem = rubbish = ""

    def __init__(self, url: str, addresses: Sequence[str], headers: dict[str, str], timeout: float) -> None:
        self._url = url
        self._addresses = addresses
        self._headers = {**headers, "Accept-Encoding": "identity"}
        self._timeout = timeout

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[Any]:
        """The streams of what it sends and of what it is sent."""
        async with (
            httpx2.AsyncClient(
                transport=_Addressed(httpx2.URL(self._url), self._addresses),
                headers=self._headers,
                timeout=httpx2.Timeout(self._timeout, read=max(self._timeout, 300)),
                trust_env=False,
            ) as client,
            streamable_http_client(self._url, http_client=client, max_sse_event_size=LARGEST) as streams,
        ):
            yield streams


class _Addressed(httpx2.AsyncBaseTransport):
    """Carries requests to one server, at the addresses that were checked; what goes wrong is an answer with an error.

    As an error of the library it would end the whole connection.
    """

    def __init__(self, url: httpx2.URL, addresses: Sequence[str]) -> None:
        self._url = url
        self._addresses = addresses
        self._inner = httpx2.AsyncHTTPTransport(verify=ssl.create_default_context(), trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer; it is read here, but for streams of events."""
        try:
            response = await self._answer(request)
            kind = response.headers.get("content-type", "").lower()
            if response.headers.get("content-encoding", "identity") != "identity":
                raise httpx2.RemoteProtocolError("it answers in an encoding that nobody asked for")
            if kind.startswith("text/event-stream") and response.status_code < 400:
                return response
            try:
                body = await _body(response)
            finally:
                await response.aclose()
        except httpx2.TransportError as error:
            return _refused(503, _network_reason(error))
        status = response.status_code
        if status >= 400 and not kind.startswith("application/json"):
            return _refused(status, f"it answers with status {status}")
        return httpx2.Response(status, headers=response.headers, content=body)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._inner.aclose()

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        if (url.scheme, url.host, url.port) != (self._url.scheme, self._url.host, self._url.port):
            raise httpx2.RemoteProtocolError(f"it redirects to {url.scheme}://{url.host}, which is not followed")
        extensions = {**request.extensions, "sni_hostname": url.host}
        if request.method == "DELETE":  # the end of a session, for which nobody waits long
            extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), PATIENCE)
        problem: Exception | None = None
        for address in self._addresses:
            sent = httpx2.Request(
                request.method,
                url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
            try:
                return await self._inner.handle_async_request(sent)
            except httpx2.ConnectError as error:
                problem = problem or error
        raise problem or httpx2.ConnectError("there is no address")


async def _body(response: httpx2.Response) -> bytes:
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise httpx2.RemoteProtocolError(f"it sends a message of more than {LARGEST:,} bytes")
    return b"".join(pieces)


def _refused(status: int, why: str) -> httpx2.Response:
    """An answer that is an error; the library takes it for one of the request that it belongs to."""
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": types.INTERNAL_ERROR, "message": why}}
    return httpx2.Response(status, json=error)


def _network_reason(error: httpx2.TransportError) -> str:
    if isinstance(error, httpx2.TimeoutException):
        return "there is no connection in time"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "the connection is refused: nothing listens there"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx2.RemoteProtocolError) and str(error).startswith("it "):
        return str(error)
    return f"the connection fails: {_cut(str(error) or type(error).__name__).lower()}"


def _first(error: BaseException) -> BaseException:
    """The first error of a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _is_end(error: BaseException) -> bool:
    """Whether an error says no more than that the connection has ended."""
    return isinstance(error, RuntimeError | anyio.ClosedResourceError | anyio.BrokenResourceError) or (
        isinstance(error, MCPError) and error.code == types.CONNECTION_CLOSED
    )


def _reason(error: BaseException) -> str:
    """What an error of the library says, as a person puts it."""
    error = _first(error)
    if isinstance(error, MCPError):
        return _cut(error.message)
    if isinstance(error, ValidationError):
        return f"what it answers is not what MCP says of {_cut(error.title)}"
    if isinstance(error, OSError):
        return f"it cannot be started: {(error.strerror or str(error)).lower()}"
    return f"{type(error).__name__}: {_cut(str(error))}"


def _no_tool(name: str, known: dict[str, types.Tool], shown: str) -> ValueError:
    like = nearest(name, known)
    there = f"did you mean {like}?" if like else f"there are {_cut(', '.join(known)) or 'none'}"
    return ValueError(f"{shown} has no tool {_cut(name)}; {there}")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


Server.__name__ = Server.__qualname__ = "mcp server"  # as the host's messages are to call it
_METHODS: dict[str, Any] = {"call": Server.call, "close": Server.close}
for _name, _method in _METHODS.items():
    _method.__qualname__ = f"mcp server.{_name}"

register(
    NativeType(
        "mcp server",
        Server,
        """An MCP server; `use("mcp", ...)` connects to one, and says more.

        `call(name, arguments)` calls one of its tools, `tools` lists what it says of them, `close()` ends it; so does
        the end of `with`.
        """,
        methods=_METHODS,
        fields={"name": lambda server: server.name, "tools": Server.described},
    )
)
