"""What the openai client makes of endpoints that misbehave: the ground on which failures are put into words."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

from .misbehaving import (
    Body,
    Endpoint,
    Exchange,
    Step,
    cut,
    drops,
    echo,
    empty,
    fails,
    hangs,
    html,
    malformed,
    no_choices,
    nothing,
    raw,
    refuses,
    says,
    says_json,
    slow,
    stream_cut,
    stream_malformed,
    stream_stalls,
    streams,
    waits,
)

PATIENCE = 10.0
"""Seconds for what is not meant to take any."""

BRIEF = 0.15
"""Seconds after which a client gives up on what never comes."""

PAGE = "<!doctype html>\n<html><body><h1>Welcome</h1></body></html>"
SCHEMA: Body = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}


class Client:
    """The client for threads or the one for asyncio, with the same calls."""

    def __init__(self, kind: str) -> None:
        self.asynchronous = kind == "AsyncOpenAI"
        self._runner = asyncio.Runner()
        settings: Any = {"api_key": "k", "base_url": "http://localhost/v1", "max_retries": 0}
        self._client: Any
        if self.asynchronous:
            transport = openai.DefaultAsyncHttpxClient(trust_env=False)
            self._client = openai.AsyncOpenAI(**settings, http_client=transport)
        else:
            self._client = openai.OpenAI(**settings, http_client=openai.DefaultHttpxClient(trust_env=False))

    def close(self) -> None:
        closing = self._client.close()
        if self.asynchronous:
            self._runner.run(closing)
        self._runner.close()

    def _at(self, place: Endpoint | str, timeout: Any, settings: Body) -> Any:
        address = place if isinstance(place, str) else place.base_url
        return self._client.with_options(base_url=address, timeout=timeout, **settings)

    def ask(
        self,
        place: Endpoint | str,
        *,
        timeout: Any = PATIENCE,
        text: str = "go",
        settings: Body | None = None,
        **body: Any,
    ) -> Any:
        """What a request for a completion returns."""
        client = self._at(place, timeout, settings or {})
        asked = {"model": "m", "messages": [{"role": "user", "content": text}], **body}
        if not self.asynchronous:
            return client.chat.completions.create(**asked)

        async def asking() -> Any:
            return await client.chat.completions.create(**asked)

        return self._runner.run(asking())

    def text(self, place: Endpoint | str) -> str:
        """What a request for a raw response returns, without any reading of it."""
        asked: Body = {"model": "m", "messages": [{"role": "user", "content": "go"}]}
        completions = self._at(place, PATIENCE, {}).chat.completions
        if not self.asynchronous:
            return str(completions.with_raw_response.create(**asked).text)

        async def asking() -> str:
            return str((await completions.with_raw_response.create(**asked)).text)

        return self._runner.run(asking())

    def models(self, place: Endpoint) -> list[str]:
        client = self._at(place, PATIENCE, {})
        if not self.asynchronous:
            return [model.id for model in client.models.list().data]

        async def asking() -> list[str]:
            return [model.id for model in (await client.models.list()).data]

        return self._runner.run(asking())

    def read(self, place: Endpoint | str, *, timeout: Any = PATIENCE) -> Reading:
        """What a stream gives, and how it ends."""
        reading = Reading()
        asked: Body = {"model": "m", "messages": [{"role": "user", "content": "go"}], "stream": True}
        asked["stream_options"] = {"include_usage": True}
        completions = self._at(place, timeout, {}).chat.completions

        async def asking() -> None:
            stream = await completions.create(**asked)
            reading.begun = True
            async for chunk in stream:
                reading.chunks.append(chunk)

        try:
            if self.asynchronous:
                self._runner.run(asking())
            else:
                stream = completions.create(**asked)
                reading.begun = True
                for chunk in stream:
                    reading.chunks.append(chunk)
        except Exception as error:  # it is what the test asks for
            reading.error = error
        return reading


class Reading:
    """The chunks of a stream, and the error that ended it."""

    def __init__(self) -> None:
        self.begun = False
        self.chunks: list[Any] = []
        self.error: Exception | None = None

    @property
    def text(self) -> str:
        return "".join(choice.delta.content or "" for choice in self._choices())

    @property
    def refusal(self) -> str:
        return "".join(choice.delta.refusal or "" for choice in self._choices())

    @property
    def finishes(self) -> list[str]:
        return [choice.finish_reason for choice in self._choices() if choice.finish_reason]

    @property
    def usage(self) -> list[tuple[int, int]]:
        return [(c.usage.prompt_tokens, c.usage.completion_tokens) for c in self.chunks if c.usage]

    def _choices(self) -> list[Any]:
        return [choice for chunk in self.chunks for choice in chunk.choices]


@pytest.fixture(scope="module", params=["OpenAI", "AsyncOpenAI"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    made = Client(request.param)
    yield made
    made.close()


def failure(client: Client, place: Endpoint | str, **settings: Any) -> Any:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        client.ask(place, **settings)
    return caught.value


def kind(error: BaseException | None) -> str:
    return type(error).__name__


def causes(error: BaseException) -> list[str]:
    """The kinds of errors that led to one, nearest first."""
    found = []
    cause = error.__cause__ or error.__context__
    while cause is not None:
        found.append(kind(cause))
        cause = cause.__cause__ or cause.__context__
    return found


# Answers


@pytest.mark.parametrize(
    ("step", "content", "refusal", "finish"),
    [
        (says("hello there"), "hello there", None, "stop"),
        (says_json({"a": ["é", None]}), '{"a": ["é", null]}', None, "stop"),
        (refuses("I cannot."), None, "I cannot.", "stop"),
        (empty(), "", None, "stop"),
        (says(None), None, None, "stop"),
        (cut("The capital of"), "The capital of", None, "length"),
        (says("", "content_filter"), "", None, "content_filter"),
        (slow("late", 0.01), "late", None, "stop"),
    ],
    ids=["says", "json", "refuses", "empty", "null", "cut", "filter", "slow"],
)
def test_answers(client: Client, step: Step, content: str | None, refusal: str | None, finish: str) -> None:
    with Endpoint([step]) as endpoint:
        completion = client.ask(endpoint)
    [choice] = completion.choices
    assert (choice.message.content, choice.message.refusal, choice.finish_reason) == (content, refusal, finish)
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (12, 7)
    assert completion.model == "m"


def test_usage(client: Client) -> None:
    with Endpoint([says("a", usage=(3, 4)), says("a", usage=None)]) as endpoint:
        assert client.ask(endpoint).usage.total_tokens == 7
        assert client.ask(endpoint).usage is None


def test_echo(client: Client) -> None:
    with Endpoint([echo()]) as endpoint:
        answer = client.ask(endpoint, temperature=0.5).choices[0].message.content
    assert json.loads(answer) == {
        "model": "m",
        "messages": [{"role": "user", "content": "go"}],
        "temperature": 0.5,
    }


# Errors that an endpoint reports


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (408, "APIStatusError"),
        (409, "ConflictError"),
        (413, "APIStatusError"),
        (418, "APIStatusError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
        (503, "InternalServerError"),
        (529, "InternalServerError"),
    ],
)
def test_statuses(client: Client, status: int, name: str) -> None:
    """The body is what stands under "error" in what was sent; the message has a number before it."""
    with Endpoint([fails(status, "why", "a_code", headers={"Retry-After": "7", "x-request-id": "r1"})]) as endpoint:
        error = failure(client, endpoint)
        assert len(endpoint.requests) == 1
    assert kind(error) == name
    assert isinstance(error, openai.APIStatusError)
    assert str(error) == error.message == f"Error code: {status} - why"
    assert (error.status_code, error.code, error.type, error.param, error.request_id) == (
        status,
        "a_code",
        "error",
        None,
        "r1",
    )
    assert error.body == {"message": "why", "type": "error", "param": None, "code": "a_code"}
    assert error.response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("step", "body"),
    [
        (raw(400, '{"error": "plain"}'), "plain"),
        (raw(400, '{"detail": "no"}'), {"detail": "no"}),
        (raw(400, '[{"error": {"message": "in a list"}}]'), [{"error": {"message": "in a list"}}]),
        (raw(400, "oops", "text/plain"), "oops"),
        (raw(400, ' {"error": \n'), '{"error":'),
        (raw(400, ""), ""),
        (html(400), PAGE),
    ],
    ids=["text", "detail", "list", "plain", "broken", "nothing", "html"],
)
def test_bodies_of_errors(client: Client, step: Step, body: Any) -> None:
    """Whatever is not of OpenAI's form leaves the message empty; the body has it, stripped where it is text."""
    with Endpoint([step]) as endpoint:
        error = failure(client, endpoint)
    assert (kind(error), error.message, error.body) == ("BadRequestError", "Error code: 400", body)
    assert (error.code, error.type, error.param) == (None, None, None)


def test_errors_in_a_success_are_no_errors(client: Client) -> None:
    with Endpoint([raw(200, '{"error": {"message": "upstream is gone", "code": 502}}')]) as endpoint:
        completion = client.ask(endpoint)
    assert completion.choices is None
    assert completion.error == {"message": "upstream is gone", "code": 502}


def test_clients_send_again_unless_told_not_to(client: Client) -> None:
    again = {"retry-after-ms": "1"}
    with Endpoint([fails(429, "slow down", headers=again), fails(500, headers=again), says("hello")]) as endpoint:
        assert client.ask(endpoint, settings={"max_retries": 2}).choices[0].message.content == "hello"
        assert [request.headers["x-stainless-retry-count"] for request in endpoint.requests] == ["0", "1", "2"]


# Responses that are no completion


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (nothing(), ""),
        (raw(204, ""), ""),
        (malformed(), '{"choices": ['),
        (raw(200, "<html>"), "<html>"),
    ],
    ids=["nothing", "204", "malformed", "html called JSON"],
)
def test_json_that_is_none_raises_an_error_that_is_not_the_clients(client: Client, step: Step, text: str) -> None:
    with Endpoint([step]) as endpoint:
        assert type(failure(client, endpoint)) is json.JSONDecodeError
        assert client.text(endpoint) == text


def test_bytes_that_are_no_text(client: Client) -> None:
    with Endpoint([lambda exchange: exchange.send(200, b'"\xff"')]) as endpoint:
        assert type(failure(client, endpoint)) is UnicodeDecodeError
        assert client.text(endpoint) == '"\N{REPLACEMENT CHARACTER}"'


@pytest.mark.parametrize(
    ("step", "value"),
    [(html(), PAGE), (raw(200, "OK", "text/plain"), "OK"), (raw(200, "null"), None), (raw(200, "[1]"), [1])],
    ids=["html", "text", "null", "list"],
)
def test_anything_may_be_returned(client: Client, step: Step, value: Any) -> None:
    with Endpoint([step]) as endpoint:
        assert client.ask(endpoint) == value


@pytest.mark.parametrize(
    ("step", "choices"),
    [
        (no_choices(), []),
        (raw(200, '{"choices": null}'), None),
        (raw(200, "{}"), None),
        (raw(200, '{"choices": 3}'), 3),
    ],
    ids=["none", "null", "missing", "number"],
)
def test_completions_are_not_checked(client: Client, step: Step, choices: Any) -> None:
    with Endpoint([step]) as endpoint:
        assert client.ask(endpoint).choices == choices


# Connections


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("start", "Server disconnected without sending a response."),
        ("head", "Server disconnected without sending a response."),
        ("body", "peer closed connection without sending complete message body (received 35 bytes, expected 500)"),
    ],
)
def test_connections_that_end(client: Client, where: str, text: str) -> None:
    with Endpoint([drops(where)]) as endpoint:
        error = failure(client, endpoint)
    assert (kind(error), str(error), error.body) == ("APIConnectionError", "Connection error.", None)
    assert not hasattr(error, "status_code")
    assert causes(error)[:2] == ["RemoteProtocolError", "RemoteProtocolError"]
    assert str(error.__cause__) == text


def test_content_that_cannot_be_decoded(client: Client) -> None:
    def step(exchange: Exchange) -> None:
        exchange.send(200, b"abcd", headers={"Content-Encoding": "gzip"})

    with Endpoint([step]) as endpoint:
        error = failure(client, endpoint)
    assert (kind(error), causes(error)[0]) == ("APIConnectionError", "DecodingError")


@pytest.mark.parametrize("timeout", [BRIEF, openai.Timeout(PATIENCE, read=BRIEF)], ids=["whole", "read"])
def test_answers_that_do_not_come(client: Client, timeout: Any) -> None:
    with Endpoint([hangs()]) as endpoint:
        error = failure(client, endpoint, timeout=timeout)
    assert (kind(error), str(error)) == ("APITimeoutError", "Request timed out.")
    assert isinstance(error, openai.APIConnectionError)
    assert causes(error)[:3] == ["ReadTimeout", "ReadTimeout", "TimeoutError"]


def test_timeouts_are_of_silence_not_of_the_whole(client: Client) -> None:
    def step(exchange: Exchange) -> None:
        exchange.begin(200, "application/json", {"Transfer-Encoding": "chunked"})
        for piece in (b"{", b'"choices"', b":", b"[", b"]", b"}"):
            exchange.wait(0.1)
            exchange.write_chunk(piece)
        exchange.write_chunk(b"")

    with Endpoint([step]) as endpoint:
        assert client.ask(endpoint, timeout=0.5).choices == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets connections wait outside a full queue")
def test_connections_that_are_not_taken(client: Client) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        error = failure(client, address, timeout=openai.Timeout(PATIENCE, connect=BRIEF))
        for one in waiting:
            one.close()
    assert (kind(error), causes(error)[0]) == ("APITimeoutError", "ConnectTimeout")


def test_nothing_listens(client: Client) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = failure(client, f"http://127.0.0.1:{port}/v1")
    assert (kind(error), str(error)) == ("APIConnectionError", "Connection error.")
    assert causes(error)[0] == "ConnectError"
    assert "ConnectionRefusedError" in causes(error)


def test_no_such_host(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*arguments: Any, **keywords: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = failure(client, "http://models.invalid/v1")
    assert (kind(error), str(error)) == ("APIConnectionError", "Connection error.")
    assert causes(error) == ["ConnectError", "ConnectError", "gaierror"]


def test_no_secure_connection(client: Client) -> None:
    with Endpoint() as endpoint:
        error = failure(client, endpoint.base_url.replace("http:", "https:"))
    assert (kind(error), causes(error)) == ("APIConnectionError", ["ConnectError", "ConnectError", "SSLError"])
    assert str(error.__cause__).startswith("[SSL: ")


def test_time_that_the_caller_sets() -> None:
    """asyncio's own time-out is not turned into an error of the client."""

    async def asking(address: str) -> None:
        async with openai.AsyncOpenAI(api_key="k", base_url=address, max_retries=0) as client, asyncio.timeout(BRIEF):
            await client.chat.completions.create(model="m", messages=[])

    with Endpoint([hangs()]) as endpoint, pytest.raises(TimeoutError) as caught:
        asyncio.run(asking(endpoint.base_url))
    assert type(caught.value) is TimeoutError


# Redirects


def redirects(status: int, address: str) -> Step:
    return lambda exchange: exchange.send(status, b"", headers={"Location": address})


@pytest.mark.parametrize("status", [307, 308])
def test_requests_follow_to_any_address(client: Client, status: int) -> None:
    """The other server gets the prompt and the headers of the program, but not the key."""
    with Endpoint([says("from there")]) as there:
        with Endpoint([redirects(status, f"{there.base_url}/chat/completions")]) as here:
            completion = client.ask(here, settings={"default_headers": {"api-key": "a-key-of-azure"}})
        assert completion.choices[0].message.content == "from there"
        [request] = there.requests
    assert request.contents == ["go"]
    assert "authorization" not in request.headers
    assert request.headers["api-key"] == "a-key-of-azure"


def test_other_redirects_lose_the_request(client: Client) -> None:
    with Endpoint() as there, Endpoint([redirects(301, f"{there.base_url}/chat/completions")]) as here:
        error = failure(client, here)
        assert (kind(error), error.body, there.requests) == ("NotFoundError", {"detail": "Not Found"}, [])


def test_redirects_may_be_forbidden(client: Client) -> None:
    with Endpoint([redirects(307, "http://127.0.0.1:9/")]) as endpoint:
        transport = openai.DefaultAsyncHttpxClient if client.asynchronous else openai.DefaultHttpxClient
        error = failure(client, endpoint, settings={"http_client": transport(trust_env=False, follow_redirects=False)})
    assert (kind(error), error.status_code, error.message) == ("APIStatusError", 307, "Error code: 307")


def test_redirects_that_lead_nowhere(client: Client) -> None:
    with Endpoint([redirects(307, "/v1/chat/completions")]) as endpoint:
        error = failure(client, endpoint)
        assert len(endpoint.requests) == 21
    assert (kind(error), causes(error)[0]) == ("APIConnectionError", "TooManyRedirects")


# Requests that cannot be sent


@pytest.mark.parametrize(
    ("settings", "name", "cause"),
    [
        ({"text": "half \ud83d"}, "UnicodeEncodeError", []),
        ({"temperature": float("nan")}, "ValueError", []),
        ({"stop": object()}, "TypeError", []),
        ({"settings": {"api_key": "kéy"}}, "UnicodeEncodeError", []),
        ({"settings": {"api_key": "k\n"}}, "APIConnectionError", ["LocalProtocolError"] * 3),
        ({"settings": {"default_headers": {"x-a": "é"}}}, "UnicodeEncodeError", []),
    ],
    ids=["surrogate", "NaN", "object", "key", "line", "header"],
)
def test_requests_that_cannot_be_sent(client: Client, settings: Body, name: str, cause: list[str]) -> None:
    with Endpoint() as endpoint:
        error = failure(client, endpoint, **settings)
        assert (kind(error), causes(error), endpoint.requests) == (name, cause, [])


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("127.0.0.1:1/v1", "APIConnectionError from UnsupportedProtocol"),
        ("ftp://127.0.0.1/v1", "APIConnectionError from UnsupportedProtocol"),
        ("http://127.0.0.1:x/v1", "InvalidURL from ValueError"),
        ("http://☃..x/v1", "InvalidURL from InvalidCodepoint"),
    ],
    ids=["bare", "ftp", "port", "host"],
)
def test_addresses_that_are_none(client: Client, address: str, name: str) -> None:
    error = failure(client, address)
    assert f"{kind(error)} from {causes(error)[0]}" == name


# Streams


def test_streams(client: Client) -> None:
    with Endpoint([streams(["a", "b", " c"]), streams(["a"], "length", usage=None), says("one two")]) as endpoint:
        reading = client.read(endpoint)
        assert (reading.text, reading.finishes, reading.usage, reading.error) == ("ab c", ["stop"], [(12, 7)], None)
        assert reading.chunks[-1].choices == []  # the one that has the usage
        reading = client.read(endpoint)
        assert (reading.text, reading.finishes, reading.usage, reading.error) == ("a", ["length"], [], None)
        reading = client.read(endpoint)
        assert [chunk.choices[0].delta.content for chunk in reading.chunks[1:3]] == ["one", " two"]


def test_streams_that_refuse(client: Client) -> None:
    with Endpoint([refuses("I cannot.")]) as endpoint:
        reading = client.read(endpoint)
    assert (reading.text, reading.refusal, reading.finishes) == ("", "I cannot.", ["stop"])


def test_pieces_arrive_before_the_end() -> None:
    seen = threading.Event()
    with (
        Endpoint([streams(["a", seen, "b"])]) as endpoint,
        openai.OpenAI(api_key="k", base_url=endpoint.base_url) as client,
    ):
        text = ""
        for chunk in client.chat.completions.create(model="m", messages=[], stream=True):
            text += chunk.choices[0].delta.content or ""
            if text == "a":
                seen.set()
    assert text == "ab"


def test_streams_that_are_cut_raise_nothing(client: Client) -> None:
    """Only the reason that is missing tells."""
    with Endpoint([stream_cut(["a", "b"]), streams(["a"], None, None)]) as endpoint:
        reading = client.read(endpoint)
        assert (reading.text, reading.finishes, reading.usage, reading.error) == ("ab", [], [], None)
        reading = client.read(endpoint)
        assert (reading.text, reading.finishes, reading.usage, reading.error) == ("a", [], [], None)


def test_streams_whose_connection_ends(client: Client) -> None:
    with Endpoint([stream_cut(["a"], clean=False)]) as endpoint:
        reading = client.read(endpoint)
    assert (reading.text, kind(reading.error), str(reading.error)) == ("a", "APIConnectionError", "Connection error.")
    assert reading.error is not None
    assert causes(reading.error)[0] == "RemoteProtocolError"


def test_streams_that_stall(client: Client) -> None:
    with Endpoint([stream_stalls(["a"])]) as endpoint:
        reading = client.read(endpoint, timeout=BRIEF)
    assert (reading.text, kind(reading.error), str(reading.error)) == ("a", "APITimeoutError", "Request timed out.")


@pytest.mark.parametrize(
    ("chunk", "name", "text"),
    [
        (b'{"choices": [{"del', "JSONDecodeError", "Unterminated string starting at: line 1 column 15 (char 14)"),
        (b'"\xff"', "UnicodeDecodeError", "'utf-8' codec can't decode byte 0xff in position 7: invalid start byte"),
        (b'{"error": {"message": "gone", "code": "c"}}', "APIError", "gone"),
        (b'{"error": "gone"}', "APIError", "An error occurred during streaming"),
    ],
    ids=["json", "bytes", "error", "words"],
)
def test_chunks_that_are_malformed(client: Client, chunk: bytes, name: str, text: str) -> None:
    with Endpoint([stream_malformed(["a"], chunk)]) as endpoint:
        reading = client.read(endpoint)
    assert (reading.text, kind(reading.error), str(reading.error)) == ("a", name, text)


def test_errors_in_streams_have_no_status(client: Client) -> None:
    steps = [
        stream_malformed([], b'{"error": {"message": "gone", "code": "c"}}'),
        stream_malformed([], b'{"error": "gone"}'),
    ]
    with Endpoint(steps) as endpoint:
        first: Any = client.read(endpoint).error
        second: Any = client.read(endpoint).error
    assert type(first) is type(second) is openai.APIError
    assert (first.code, first.body, hasattr(first, "status_code")) == ("c", {"message": "gone", "code": "c"}, False)
    assert (second.code, second.body) == (None, "gone")


@pytest.mark.parametrize("chunk", [b"null", b"3", b'"x"', b"[]"])
def test_chunks_may_be_anything(client: Client, chunk: bytes) -> None:
    with Endpoint([stream_malformed(["a"], chunk)]) as endpoint:
        reading = client.read(endpoint)
    assert (reading.chunks[-1], reading.error) == (json.loads(chunk), None)


@pytest.mark.parametrize("chunk", [b"{}", b'{"choices": null}', b'{"choices": [{"index": 0}]}'])
def test_chunks_are_not_checked(client: Client, chunk: bytes) -> None:
    with Endpoint([stream_malformed(["a"], chunk)]) as endpoint:
        last = client.read(endpoint).chunks[-1]
    assert not last.choices or last.choices[0].delta is None


@pytest.mark.parametrize(
    "step", [html(), nothing(), malformed(), raw(200, "{}")], ids=["html", "nothing", "json", "object"]
)
def test_what_is_no_stream_is_an_empty_one(client: Client, step: Step) -> None:
    with Endpoint([step]) as endpoint:
        reading = client.read(endpoint)
    assert (reading.begun, reading.chunks, reading.error) == (True, [], None)


@pytest.mark.parametrize(
    ("step", "begun", "name"),
    [
        (fails(401, "why"), False, "AuthenticationError"),
        (fails(503, "why"), False, "InternalServerError"),
        (drops("start"), False, "APIConnectionError"),
        (drops("head"), False, "APIConnectionError"),
        (drops("body"), True, "APIConnectionError"),
    ],
    ids=["401", "503", "start", "head", "body"],
)
def test_streams_that_do_not_begin(client: Client, step: Step, begun: bool, name: str) -> None:
    with Endpoint([step]) as endpoint:
        reading = client.read(endpoint)
    assert (reading.begun, reading.chunks, kind(reading.error)) == (begun, [], name)


# The endpoint itself


def test_requests_are_kept(client: Client) -> None:
    with Endpoint([says("x")]) as endpoint:
        client.ask(endpoint, text="first", settings={"default_headers": {"X-Own": "é".encode().hex()}})
        client.ask(endpoint, text="second", response_format=SCHEMA)
        first, second = endpoint.requests
        assert (first.path, first.contents, first.format) == ("/v1/chat/completions", ["first"], None)
        assert (first.headers["authorization"], first.headers["x-own"]) == ("Bearer k", "c3a9")
        assert (second.contents, second.format) == (["second"], "json_schema")
        assert endpoint.formats == [None, "json_schema"]


def test_steps_are_taken_in_order_and_the_last_one_stays(client: Client) -> None:
    with Endpoint([says("a"), fails(500, "b"), says("c")]) as endpoint:
        assert client.ask(endpoint).choices[0].message.content == "a"
        assert failure(client, endpoint).message == "Error code: 500 - b"
        assert [client.ask(endpoint).choices[0].message.content for _ in range(3)] == ["c", "c", "c"]


def test_every_step_is_taken_once() -> None:
    with Endpoint([says(str(n)) for n in range(64)]) as endpoint, ThreadPoolExecutor(16) as pool:
        client = openai.OpenAI(api_key="k", base_url=endpoint.base_url, max_retries=0)

        def asking(number: int) -> str:
            message: Any = {"role": "user", "content": str(number)}
            return client.chat.completions.create(model="m", messages=[message]).choices[0].message.content or ""

        answers = list(pool.map(asking, range(64)))
        client.close()
        assert sorted(answers, key=int) == [str(n) for n in range(64)]
        assert sorted(int(request.contents[0]) for request in endpoint.requests) == list(range(64))


def test_answers_may_depend_on_the_request(client: Client) -> None:
    with Endpoint(answer=lambda body: says(body["messages"][0]["content"].upper())) as endpoint:
        assert client.ask(endpoint, text="go on").choices[0].message.content == "GO ON"


def test_formats_are_refused(client: Client) -> None:
    with Endpoint([says("{}")], refuse_schema=True, refuse_json_mode=True) as endpoint:
        for response_format in (SCHEMA, {"type": "json_object"}):
            error = failure(client, endpoint, response_format=response_format)
            said = f"Invalid parameter: 'response_format' of type '{response_format['type']}' is not supported"
            assert (kind(error), error.body["message"], error.param) == (
                "BadRequestError",
                said,
                response_format["type"],
            )
        assert client.ask(endpoint, response_format={"type": "text"}).choices[0].message.content == "{}"
        assert endpoint.formats == ["json_schema", "json_object", "text"]
    with Endpoint([says("{}")], refuse_schema=True) as endpoint:
        assert client.ask(endpoint, response_format={"type": "json_object"}).choices[0].message.content == "{}"


def test_models_are_listed(client: Client) -> None:
    with Endpoint(models=("a", "b/c")) as endpoint:
        assert client.models(endpoint) == ["a", "b/c"]


def test_other_paths_are_not_found(client: Client) -> None:
    with Endpoint([says("x")]) as endpoint:
        error = failure(client, endpoint.base_url.removesuffix("/v1"))
        assert (error.status_code, error.body, endpoint.requests) == (404, {"detail": "Not Found"}, [])


def test_connections_are_kept() -> None:
    """After answers, errors and streams, whatever their length; not after what breaks them."""
    steps = [says("é"), fails(500), nothing(), html(), streams(["a"]), stream_cut(["a"]), says("end"), drops("start")]
    with Endpoint(steps) as endpoint:
        connection = http.client.HTTPConnection(endpoint.base_url.split("/")[2], timeout=PATIENCE)
        connection.connect()
        used = connection.sock
        statuses: list[int] = []
        for _ in range(7):
            connection.request(
                "POST", "/v1/chat/completions", json.dumps({"model": "m", "stream": len(statuses) in (4, 5)})
            )
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
            assert connection.sock is used
        assert statuses == [200, 500, 200, 200, 200, 200, 200]
        with pytest.raises(http.client.RemoteDisconnected):
            connection.request("POST", "/v1/chat/completions", json.dumps({"model": "m"}))
            connection.getresponse()
        connection.close()


def test_nothing_is_left(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    """No thread and no word, even of requests that nobody waits for any more and of clients that went away."""
    before = set(threading.enumerate())
    never = threading.Event()
    with Endpoint([hangs(), stream_stalls(["a"]), waits(never, "x"), slow("x", 30)]) as endpoint:
        failure(client, endpoint, timeout=BRIEF)
        client.read(endpoint, timeout=BRIEF)
        failure(client, endpoint, timeout=BRIEF)
        failure(client, endpoint, timeout=BRIEF)
        assert len(endpoint.requests) == 4
    assert {thread for thread in threading.enumerate() if "process_request" in thread.name} <= before
    assert capfd.readouterr() == ("", "")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(endpoint.base_url.split(":")[2].split("/")[0])))


def test_faults_of_a_test_are_shown(client: Client) -> None:
    with pytest.raises(LookupError, match="a request came, and the endpoint has no steps"), Endpoint() as endpoint:
        assert kind(failure(client, endpoint)) == "APIConnectionError"
    with pytest.raises(KeyError, match="missing"), Endpoint(answer=lambda body: says(body["missing"])) as endpoint:
        assert kind(failure(client, endpoint)) == "APIConnectionError"
