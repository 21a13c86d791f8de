"""MCP servers: programs and services that offer tools, which models and programs call (modelcontextprotocol.io)."""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import tempfile
from urllib.parse import urlsplit

from dana.models.tools import Tool
from dana.native import current
from dana.values import NativeType, register, to_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Any

    from dana.models.background import Background

MOST_TOOLS = 1_000
"""How many tools of one server are looked at."""

LONGEST_DESCRIPTION = 2_000
LONGEST_NAME = 64

_TAIL = 300
"""How many characters of what a server wrote to its standard error stand in a message."""

_GRACE = 5.0
"""Seconds that a server has to end."""

_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")

_open: set[Server] = set()

logging.getLogger("mcp").addHandler(logging.NullHandler())  # what it says of broken messages is in the errors here
logging.getLogger("mcp").propagate = False


class Server:
    """A server that runs, or is connected to, until `close`. Raises ConnectionError where that fails.

    `connect` is called on the background's thread and gives a client of the package `mcp`; `errors` holds what the
    server writes to its standard error, where it is a program.
    """

    def __init__(
        self, name: str, connect: Callable[[], Any], background: Background, timeout: float, errors: Any = None
    ) -> None:
        self.name = name
        self.timeout = timeout
        self._background = background
        self._errors = errors
        self._ready: asyncio.Event | None = None
        self._stop: asyncio.Event | None = None
        self._client: Any = None
        self._listed: list[Tool] | None = None
        self._life: Future[None] = background.start(self._lived(connect))
        _open.add(self)
        try:
            self._waited(self._connected())
        except BaseException:
            self.close()
            raise

    async def _lived(self, connect: Callable[[], Any]) -> None:
        """The connection from its beginning to its end, in one task, as its library asks for."""
        self._ready, self._stop = asyncio.Event(), asyncio.Event()
        try:
            async with connect() as client:
                self._client = client
                self._ready.set()
                await self._stop.wait()
        finally:
            self._client = None
            self._ready.set()

    async def _connected(self) -> None:
        while self._ready is None:
            await asyncio.sleep(0)
        await self._ready.wait()
        if self._client is None:
            await asyncio.wrap_future(self._life)

    def _waited(self, work: Any) -> Any:
        """The result of something on the background's thread; what goes wrong there in words."""

        async def bounded() -> Any:
            async with asyncio.timeout(self.timeout):
                return await work

        try:
            return self._background.wait(self._background.start(bounded()))
        except TimeoutError:
            raise ConnectionError(f"{self.name} did not answer within {self.timeout:g} s{self._said()}") from None
        except Exception as error:  # whatever the library raises, in groups of groups
            raise ConnectionError(f"{self.name}: {_innermost(error)}{self._said()}") from None

    def _said(self) -> str:
        """The end of what the server wrote to its standard error."""
        if self._errors is None:
            return ""
        self._errors.seek(0)
        lines = self._errors.read().split("\n")
        text = " ".join(" ".join(lines[-4:]).split())
        return f"; it wrote: {text[-_TAIL:]}" if text else ""

    def tools(self) -> list[Tool]:
        """The tools of the server, asked for once."""
        if self._listed is None:
            self._listed = [self._tool(each) for each in self._waited(self._all())]
        return self._listed

    async def _all(self) -> list[Any]:
        found: list[Any] = []
        cursor = None
        while True:
            page = await self._running().list_tools(cursor=cursor)
            found += page.tools
            if len(found) > MOST_TOOLS:
                raise ValueError(f"it has more than {MOST_TOOLS:,} tools")
            cursor = page.next_cursor
            if cursor is None:
                return found

    def _running(self) -> Any:
        if self._client is None:
            raise ConnectionError("the connection is closed")
        return self._client

    def _tool(self, given: Any) -> Tool:
        name = "".join(letter if letter in _NAME else "_" for letter in given.name)[:LONGEST_NAME] or "tool"
        described = (given.description or given.title or name)[:LONGEST_DESCRIPTION]
        parameters = to_value(given.input_schema)
        return Tool(name, described, parameters, lambda arguments: self.call(given.name, arguments))

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """What a tool gives: data where the server says so, else text. Raises RuntimeError for its own errors."""
        result = self._waited(self._called(name, arguments))
        text = "\n".join(map(_text_of, result.content))
        current().meter.check_text(len(text))
        if result.is_error:
            raise RuntimeError(f"{name}: {text or 'the tool failed'}")
        if result.structured_content is None:
            return text
        data = result.structured_content
        return to_value(data["result"] if type(data) is dict and data.keys() == {"result"} else data)

    async def _called(self, name: str, arguments: dict[str, Any]) -> Any:
        return await self._running().call_tool(name, arguments, read_timeout_seconds=self.timeout)

    def close(self) -> None:
        """End the connection, and the program; once is enough."""
        _open.discard(self)
        if self._life.done():
            return

        async def stop() -> None:
            if self._stop is not None:
                self._stop.set()

        self._background.start(stop())
        try:
            self._life.result(_GRACE)
        except Exception:  # it has ended, or is given up: nobody waits for it any more
            self._life.cancel()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<mcp {self.name}>"


@atexit.register
def _close_all() -> None:
    for server in tuple(_open):
        server.close()


def started(command: list[str], environment: dict[str, str], background: Background, timeout: float) -> Server:
    """The server that a command starts, which talks on its standard input and output."""
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client

    program, *arguments = command
    errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
    settings = StdioServerParameters(command=program, args=arguments, env=environment, encoding_error_handler="replace")
    return Server(program, lambda: Client(stdio_client(settings, errors)), background, timeout, errors)


def connected(url: str, headers: dict[str, str], background: Background, timeout: float) -> Server:
    """The server at a URL."""
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    def connect() -> Any:
        return Client(streamable_http_client(url, http_client=create_mcp_http_client(headers=headers)))

    return Server(urlsplit(url).netloc.rpartition("@")[2], connect, background, timeout)


def _text_of(block: Any) -> str:
    """A part of a result as text."""
    if block.type == "text":
        return str(block.text)
    if block.type == "resource" and hasattr(block.resource, "text"):
        return str(block.resource.text)
    if block.type == "resource_link":
        return f"<{block.name}: {block.uri}>"
    return f"<{block.type} {getattr(block, 'mime_type', '')}>"


def _innermost(error: BaseException) -> str:
    """What went wrong in the first place, in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = " ".join(str(error).split())
    return text[:_TAIL] or type(error).__name__


def _call(server: Server, name: str, arguments: dict[str, Any] | None = None, /) -> Any:
    if type(name) is not str or type(arguments) not in (dict, type(None)):
        raise TypeError('a tool is called by its name with a dict of arguments: server.call("search", {"q": "x"})')
    given: dict[str, Any] = arguments or {}
    try:
        json.dumps(given, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"the arguments of a tool are JSON: {error}") from None
    return server.call(name, given)


register(
    NativeType(
        "mcp server",
        Server,
        """A server that offers tools; `use("mcp", ...)` gives one.

        It can stand among the tools of `reason` and of agents. `call(name, arguments)` calls a tool, `tools` says what
        there is, `close()` ends it, as the end of `with` does and that of the run.
        """,
        methods={"call": _call, "close": Server.close},
        fields={
            "name": lambda server: server.name,
            "tools": lambda server: to_value([tool.data() for tool in server.tools()]),
        },
    )
)
