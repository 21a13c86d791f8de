"""A model's endpoint on loopback that does what a test tells it to, and goes wrong in all the ways that real ones do."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Body = dict[str, Any]
Tokens = tuple[int, int]

USED: Tokens = (12, 7)
"""Tokens that an answer says it took, in and out."""


class Received:
    """A request that came: path, headers (names in lower case), and the body."""

    def __init__(self, path: str, headers: dict[str, str], body: Body) -> None:
        self.path = path
        self.headers = headers
        self.body = body

    @property
    def contents(self) -> list[str]:
        """What the messages say."""
        return [message["content"] for message in self.body["messages"]]

    @property
    def format(self) -> str | None:
        """The type of the response format that is asked for."""
        found: str | None = self.body.get("response_format", {}).get("type")
        return found


class Dropped(Exception):
    """The connection is to be closed as it is."""


class Exchange:
    """One request on its way to its answer; steps use it to send what they have to."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: Body, ended: threading.Event) -> None:
        self._handler = handler
        self._ended = ended
        self.body = body

    def send(
        self, status: int, data: bytes, kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> None:
        """A whole response."""
        self.begin(status, kind, {"Content-Length": str(len(data)), **(headers or {})})
        self.write(data)

    def begin(self, status: int, kind: str, headers: dict[str, str]) -> None:
        """The head of a response."""
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def write(self, data: bytes) -> None:
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def write_chunk(self, data: bytes) -> None:
        """A part of a response whose length is not known before; an empty one ends it."""
        self.write(b"%x\r\n%s\r\n" % (len(data), data))

    def write_event(self, data: Any) -> None:
        """A server-sent event; data that is bytes is sent as it stands."""
        text = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.write_chunk(b"data: " + text + b"\n\n")

    def wait(self, seconds: float) -> None:
        """Do nothing for a time; raises Dropped when the endpoint ends meanwhile."""
        if self._ended.wait(seconds):
            raise Dropped

    def wait_for(self, event: threading.Event) -> None:
        """Do nothing until something has happened; raises Dropped when the endpoint ends meanwhile."""
        while not event.wait(0.01):
            self.wait(0)


Step = Callable[[Exchange], None]
Piece = str | threading.Event
"""A piece of a stream, or what has to happen before the next one is sent."""


def says(text: str | None, finish: str = "stop", usage: Tokens | None = USED, **more: Any) -> Step:
    """An answer; word by word when a stream is asked for. `more` stands in the message beside its content."""

    def step(exchange: Exchange) -> None:
        if exchange.body.get("stream"):
            words = (text or "").split(" ")
            streams([word if at == 0 else f" {word}" for at, word in enumerate(words)], finish, usage)(exchange)
            return
        message = {"role": "assistant", "content": text, **more}
        made: Body = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": exchange.body.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        }
        if usage is not None:
            made["usage"] = _usage(usage)
        exchange.send(200, json.dumps(made).encode())

    return step


def says_json(value: Any, **settings: Any) -> Step:
    """An answer that is JSON."""
    return says(json.dumps(value, ensure_ascii=False), **settings)


def refuses(text: str) -> Step:
    """A refusal, as OpenAI puts it; in one piece when a stream is asked for."""

    def step(exchange: Exchange) -> None:
        if not exchange.body.get("stream"):
            says(None, refusal=text)(exchange)
            return
        _stream(exchange, [])
        exchange.write_event(_chunk(exchange, {"refusal": text}, None))
        _end_stream(exchange, "stop", USED)

    return step


def empty() -> Step:
    """An answer without a word in it."""
    return says("")


def cut(text: str) -> Step:
    """An answer that ends at the limit of tokens."""
    return says(text, "length")


def slow(text: str, seconds: float) -> Step:
    """An answer after a time."""

    def step(exchange: Exchange) -> None:
        exchange.wait(seconds)
        says(text)(exchange)

    return step


def waits(event: threading.Event, text: str) -> Step:
    """An answer after something has happened."""

    def step(exchange: Exchange) -> None:
        exchange.wait_for(event)
        says(text)(exchange)

    return step


def hangs(seconds: float = 30) -> Step:
    """Nothing for a time, then the end of the connection."""

    def step(exchange: Exchange) -> None:
        exchange.wait(seconds)
        raise Dropped

    return step


def fails(
    status: int, message: str = "", code: str | None = None, headers: dict[str, str] | None = None, **more: Any
) -> Step:
    """An error as OpenAI puts it."""
    error = {"message": message, "type": "error", "param": None, "code": code, **more}

    def step(exchange: Exchange) -> None:
        exchange.send(status, json.dumps({"error": error}).encode(), headers=headers)

    return step


def raw(status: int, data: str, kind: str = "application/json") -> Step:
    """Any response."""
    return lambda exchange: exchange.send(status, data.encode(), kind)


def html(status: int = 200) -> Step:
    """A page for people, as a proxy or a login in between sends it."""
    return raw(status, "<!doctype html>\n<html><body><h1>Welcome</h1></body></html>", "text/html; charset=utf-8")


def nothing() -> Step:
    """Success, and no body."""
    return raw(200, "")


def malformed() -> Step:
    """JSON that ends too early."""
    return raw(200, '{"choices": [')


def no_choices() -> Step:
    """A completion without any choice."""
    return raw(200, '{"id": "chatcmpl-1", "object": "chat.completion", "choices": []}')


def echo() -> Step:
    """An answer that is the request."""
    return lambda exchange: says_json(exchange.body)(exchange)


def drops(where: str = "body") -> Step:
    """The end of the connection: before any answer ("start"), in the "head" of one, or in its "body"."""

    def step(exchange: Exchange) -> None:
        if where == "head":
            exchange.write(b"HTTP/1.1 200 OK\r\nContent-Type: applica")
        elif where == "body":
            exchange.begin(200, "application/json", {"Content-Length": "500"})
            exchange.write(b'{"choices": [{"index": 0, "message"')
        raise Dropped

    return step


def streams(pieces: Iterable[Piece], finish: str | None = "stop", usage: Tokens | None = USED) -> Step:
    """An answer piece by piece."""

    def step(exchange: Exchange) -> None:
        _stream(exchange, pieces)
        _end_stream(exchange, finish, usage)

    return step


def stream_cut(pieces: Iterable[Piece], clean: bool = True) -> Step:
    """A stream that stops without saying why; the response ends properly where it is `clean`."""

    def step(exchange: Exchange) -> None:
        _stream(exchange, pieces)
        if not clean:
            raise Dropped
        exchange.write_chunk(b"")

    return step


def stream_malformed(pieces: Iterable[Piece], chunk: bytes = b'{"choices": [{"del') -> Step:
    """A stream with a piece that is not of the protocol."""

    def step(exchange: Exchange) -> None:
        _stream(exchange, pieces)
        exchange.write_event(chunk)
        exchange.write_chunk(b"")

    return step


def stream_stalls(pieces: Iterable[Piece], seconds: float = 30) -> Step:
    """A stream that stops, while the connection stays open."""

    def step(exchange: Exchange) -> None:
        _stream(exchange, pieces)
        exchange.wait(seconds)
        raise Dropped

    return step


def _stream(exchange: Exchange, pieces: Iterable[Piece]) -> None:
    exchange.begin(200, "text/event-stream", {"Transfer-Encoding": "chunked"})
    exchange.write_event(_chunk(exchange, {"role": "assistant", "content": ""}, None))
    for piece in pieces:
        if isinstance(piece, threading.Event):
            exchange.wait_for(piece)
        else:
            exchange.write_event(_chunk(exchange, {"content": piece}, None))


def _end_stream(exchange: Exchange, finish: str | None, usage: Tokens | None) -> None:
    if finish is not None:
        exchange.write_event(_chunk(exchange, {}, finish))
    if usage is not None and exchange.body.get("stream_options", {}).get("include_usage"):
        exchange.write_event({**_chunk(exchange, {}, None), "choices": [], "usage": _usage(usage)})
    exchange.write_event(b"[DONE]")
    exchange.write_chunk(b"")


def _chunk(exchange: Exchange, delta: Body, finish: str | None) -> Body:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": exchange.body.get("model"),
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def _usage(tokens: Tokens) -> Body:
    return {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}


class Endpoint:
    """A server of the chat-completions protocol, for a `with` statement.

    Each request for a completion takes the next of `steps`; the last one repeats. `answer`, a function of the body
    that gives a step, stands instead of them. `models` are those that it lists. An endpoint may refuse to hold its
    answer to a schema (`refuse_schema`) or to JSON (`refuse_json_mode`). `requests` are those for completions.
    What goes wrong in a step that was not meant to is raised at the end of the `with`.
    """

    def __init__(
        self,
        steps: Sequence[Step] = (),
        *,
        answer: Callable[[Body], Step] | None = None,
        models: Sequence[str] = ("m",),
        refuse_schema: bool = False,
        refuse_json_mode: bool = False,
    ) -> None:
        self.models = models
        self.requests: list[Received] = []
        self.faults: list[BaseException] = []
        self._steps = list(steps)
        self._answer = answer
        self._refused = {"json_schema": refuse_schema, "json_object": refuse_json_mode}
        self._lock = threading.Lock()
        self._taken = 0
        self.ended = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def formats(self) -> list[str | None]:
        """The response formats that were asked for, one for each request."""
        return [request.format for request in self.requests]

    def step(self, received: Received) -> Step:
        """What to do about a request."""
        with self._lock:
            self.requests.append(received)
            kind = received.format
            if kind is not None and self._refused.get(kind):
                return fails(400, f"Invalid parameter: 'response_format' of type '{kind}' is not supported", param=kind)
            if self._answer is not None:
                return self._answer(received.body)
            if not self._steps:
                raise LookupError("a request came, and the endpoint has no steps")
            self._taken += 1
            return self._steps[min(self._taken, len(self._steps)) - 1]

    def __enter__(self) -> Endpoint:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.drop_connections()
        self._server.server_close()
        self._thread.join()
        if self.faults and error is None:
            raise self.faults[0]


class _Server(ThreadingHTTPServer):
    """Keeps its connections, to end them; waits for its threads when it is closed."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = endpoint
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        for connection in tuple(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is gone already

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are no news; all else is a fault of the test."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.endpoint.faults.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        exchange = Exchange(self, {}, self.server.endpoint.ended)
        if self.path == "/v1/models":
            listed = [{"id": name, "object": "model", "created": 0, "owned_by": "x"} for name in self._endpoint.models]
            exchange.send(200, json.dumps({"object": "list", "data": listed}).encode())
        else:
            exchange.send(404, b'{"detail": "Not Found"}')

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(data)
        exchange = Exchange(self, body, self._endpoint.ended)
        if self.path.partition("?")[0] != "/v1/chat/completions":
            exchange.send(404, b'{"detail": "Not Found"}')
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            self._endpoint.step(Received(self.path, headers, body))(exchange)
        except (Dropped, OSError):
            self.close_connection = True

    @property
    def _endpoint(self) -> Endpoint:
        return self.server.endpoint

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing is logged."""
