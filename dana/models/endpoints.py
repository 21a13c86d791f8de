"""Endpoints of the OpenAI protocol: one request to a model, through the `openai` client, and its failures in words.

What an endpoint can do is found out by asking it: the first request carries a JSON schema; one that refuses it is
asked for plain JSON, and then for nothing but text. Likewise tools are offered together with the schema, then without,
and then in words. What was found is remembered for a week.
"""

from __future__ import annotations

import asyncio
import json
import time
import weakref

from dana.cache_folder import read, write
from dana.errors import nearest
from dana.models.providers import NO_KEY
from dana.models.requests import Reply, RequestFailed, ToolCall, called, worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from dana.models.providers import Endpoint
    from dana.models.requests import Request

MODES = ("json_schema", "json_object", "text")
"""How an endpoint can be held to a shape, the surest way first."""

TOOLS = ("shaped", "plain", "worded")
"""How an endpoint takes tools: together with the shape of the answer, without it, or only in words."""

REMEMBERED = 7 * 24 * 3600
"""Seconds for which what an endpoint can do is believed."""

TRANSIENT = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
PAUSE = 0.5
"""Seconds before a request is sent again, when the endpoint does not say."""

LONGEST_TEXT = 4000
MOST_ITEMS = 200
"""Characters of a text and items of a list in an answer of a server on this machine."""

LARGEST = 32_000_000
"""Characters of the longest answer that is read."""

ADDRESS_HINT = "is the address that of an API? it usually ends in /v1"


class Abilities:
    """What an endpoint has been found to take."""

    __slots__ = ("mode", "temperature", "token_limit", "tools", "tried")

    def __init__(
        self, mode: str = MODES[0], token_limit: str = "max_tokens", temperature: bool = True, tools: str = TOOLS[0]
    ) -> None:
        self.mode = mode
        self.token_limit = token_limit
        self.temperature = temperature
        self.tools = tools
        self.tried = False
        """Whether a request with a schema has gone through."""

    def data(self) -> dict[str, Any]:
        found = {"mode": self.mode, "token_limit": self.token_limit, "temperature": self.temperature}
        return {**found, "tools": self.tools}

    def copy(self) -> Abilities:
        return Abilities(self.mode, self.token_limit, self.temperature, self.tools)


def body(endpoint_model: str, request: Request, abilities: Abilities) -> dict[str, Any]:
    """The body of a request, as it is sent."""
    if request.tools and abilities.tools == "worded":
        request = worded(request)
    made: dict[str, Any] = {"model": endpoint_model, "messages": request.messages}
    shaped = request.schema is not None and (not request.tools or abilities.tools == "shaped")
    if shaped and abilities.mode == "json_schema":
        schema = {"name": "answer", "schema": request.schema, "strict": request.strict}
        made["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif shaped and abilities.mode == "json_object":
        made["response_format"] = {"type": "json_object"}
    if request.tools:
        made["tools"] = [{"type": "function", "function": tool} for tool in request.tools]
        if request.closing:
            made["tool_choice"] = "none"
    if request.temperature is not None and abilities.temperature:
        made["temperature"] = request.temperature
    if request.max_tokens is not None:
        made[abilities.token_limit] = request.max_tokens
    return made


def ending(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema with a far end to every text and list: under a grammar, small models may never find one."""
    if not schema:
        text = {"type": "string", "maxLength": LONGEST_TEXT}
        items = {"type": "array", "items": text, "maxItems": MOST_ITEMS}
        flat = {"type": "object", "additionalProperties": text}
        return {"anyOf": [text, {"type": "number"}, {"type": "boolean"}, {"type": "null"}, items, flat]}
    made = dict(schema)
    if "anyOf" in made:
        made["anyOf"] = [ending(member) for member in made["anyOf"]]
    elif made.get("type") == "string" and "enum" not in made:
        made.setdefault("maxLength", LONGEST_TEXT)
    elif made.get("type") == "array":
        made["items"] = ending(made.get("items", {}))
        made.setdefault("maxItems", MOST_ITEMS)
    elif made.get("type") == "object":
        if "properties" in made:
            made["properties"] = {key: ending(part) for key, part in made["properties"].items()}
        if type(made.get("additionalProperties")) is dict:
            made["additionalProperties"] = ending(made["additionalProperties"])
    return made


def _close(client: Any, loop: asyncio.AbstractEventLoop) -> None:
    """End the connections of a client whose session is gone."""
    if not loop.is_closed():
        asyncio.run_coroutine_threadsafe(client.close(), loop)


class Remote:
    """A model behind an endpoint."""

    immediate = False

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.name = endpoint.name
        self.model = endpoint.model
        self._client: Any = None
        self._kept = "endpoint-" + _digest(f"{endpoint.base_url} {endpoint.model}") + ".json"
        self.abilities = _remembered(self._kept)

    def client(self) -> Any:
        """The client, made at the first request: importing it takes most of a second."""
        if self._client is None:
            import openai

            endpoint = self.endpoint
            self._client = openai.AsyncOpenAI(
                api_key=endpoint.api_key.reveal(),
                base_url=endpoint.base_url,
                default_headers=endpoint.client_headers() or None,
                default_query=endpoint.query or None,
                max_retries=0,
                timeout=600,
                http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),  # they would take keys elsewhere
            )
            closing = weakref.finalize(self, _close, self._client, asyncio.get_running_loop())
            closing.atexit = False  # the process closes them
        return self._client

    def _body(self, request: Request, abilities: Abilities) -> dict[str, Any]:
        made = body(self.model, request, abilities)
        if self.endpoint.local and "json_schema" in made.get("response_format", {}):
            schema = made["response_format"]["json_schema"]
            schema["schema"] = ending(schema["schema"])
        return made

    def _extra(self) -> dict[str, Any]:
        """What a request carries beside its body."""
        if self.endpoint.provider != "azure":
            return {}
        import openai

        return {"extra_headers": {"Authorization": openai.Omit()}}  # the key is in a header of its own

    async def send(self, request: Request) -> Reply:
        """One reply; raises RequestFailed. The caller sets the time-out."""
        while True:
            used = self.abilities.copy()
            try:
                reply = await self._send(request, used)
            except RequestFailed as failure:
                if not self._adapt(request, failure, used):
                    raise
                continue
            if request.schema is not None and not self.abilities.tried:
                self.abilities.tried = True
                self._remember()
            return reply

    async def _send(self, request: Request, used: Abilities) -> Reply:
        import openai

        try:
            raw = await self.client().chat.completions.with_raw_response.create(
                **self._body(request, used), **self._extra()
            )
            text = raw.text if isinstance(raw.text, str) else raw.text()
        except openai.OpenAIError as error:
            raise await self._failure(error) from None
        reply = _reply(text, raw.headers.get("content-type", ""), self.name)
        return called(request, reply) if request.tools and used.tools == "worded" else reply

    async def stream(self, request: Request) -> AsyncIterator[Reply]:
        """The pieces of one answer as they come; the last has no text, but why it ended. Raises RequestFailed."""
        import openai

        while True:
            used = self.abilities.copy()
            sent = {**self._body(request, used), "stream": True}
            try:
                chunks = await self.client().chat.completions.create(
                    **sent, stream_options={"include_usage": True}, **self._extra()
                )
                break
            except openai.OpenAIError as error:
                failure = await self._failure(error)
                if not self._adapt(request, failure, used):
                    raise failure from None
        finish, tokens, begun, refusal = "", (0, 0), False, ""
        try:
            async for chunk in chunks:
                begun = True
                if chunk.usage is not None:
                    tokens = chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0
                for choice in chunk.choices or ():
                    finish = choice.finish_reason or finish
                    if getattr(choice.delta, "refusal", None):
                        refusal += str(choice.delta.refusal)
                    content = choice.delta.content if choice.delta is not None else None
                    if content and not isinstance(content, str):
                        raise TypeError("content that is no text")
                    if content:
                        yield Reply(content, "")
        except openai.OpenAIError as error:
            raise await self._failure(error) from None
        except (ValueError, AttributeError, TypeError):  # a chunk that is no JSON, or not of the protocol
            raise RequestFailed(f"{self.name} sent a piece of its stream that is not of the protocol") from None
        finally:
            await chunks.close()
        if not begun:
            raise _no_stream(chunks.response.headers.get("content-type", ""), self.name)
        if not finish:
            raise RequestFailed(f"the stream of {self.name} stopped in the middle of the answer")
        if refusal:
            finish = "refusal"
        yield Reply(refusal, finish, *tokens)

    def _adapt(self, request: Request, failure: RequestFailed, used: Abilities) -> bool:
        """Whether the endpoint may take the request if it is put in another way than with `used`; then it will be.

        Another request may have found that out in the meantime.
        """
        if failure.status not in (400, 404, 405, 415, 422, 500, 501):
            return False
        said = str(failure).lower()
        abilities = self.abilities
        if request.tools and used.tools != "worded" and (_mentions_tools(said) or _mentions_format(said)):
            if abilities.tools == used.tools:
                abilities.tools = TOOLS[TOOLS.index(used.tools) + 1]
        elif request.schema is not None and used.mode != "text" and _mentions_format(said):
            if abilities.mode == used.mode:
                abilities.mode = MODES[MODES.index(used.mode) + 1]
        elif "max_completion_tokens" in said and request.max_tokens and used.token_limit == "max_tokens":
            abilities.token_limit = "max_completion_tokens"
        elif "temperature" in said and request.temperature is not None and used.temperature:
            abilities.temperature = False
        else:
            return False
        self._remember()
        return True

    def _remember(self) -> None:
        record = {**self.abilities.data(), "tried": self.abilities.tried, "at": int(time.time())}
        write(self._kept, json.dumps(record).encode())

    async def _failure(self, error: Any) -> RequestFailed:
        """An error of the client, in words."""
        import openai

        name = self.name
        if isinstance(error, openai.APITimeoutError):
            return RequestFailed(f"{name} did not answer in time", pause=PAUSE)
        if isinstance(error, openai.APIConnectionError):
            return self._connection_failure(error)
        status = getattr(error, "status_code", 0) or 0
        said = _said(error)
        if not isinstance(error, openai.APIStatusError):
            return RequestFailed(f"{name} answered with an error: {said}", status=status)
        if status == 401 or status == 403:
            what = "refused the key" if status == 401 else "does not allow this"
            return RequestFailed(f"{name} {what} ({status}): {said}", self._about_key(), status=status)
        if 300 <= status < 400:
            hint = "give that address itself, if it is to be trusted: keys do not follow redirects"
            where = error.response.headers.get("location", "somewhere else")
            return RequestFailed(f"{name} sends the request on to {shortened(where)} ({status})", hint, status=status)
        if status == 404:
            return await self._not_found(said)
        if status == 413:
            hint = "put less into the prompt, or ask a model that reads more"
            return RequestFailed(f"the prompt is too large for {name} (413): {said}", hint, status=status)
        if status == 429 and "quota" in f"{said} {getattr(error, 'code', '')}".lower():
            hint = "buy more of it at the provider, or name another model with fallback="
            return RequestFailed(f"the quota of {name} is used up (429): {said}", hint, status=status)
        if status in TRANSIENT:
            after = _retry_after(error.response.headers)
            what = "is asked too often" if status == 429 else "is out of order"
            pause = PAUSE if after is None else after
            message = f"{name} {what} ({status}): {said}"
            return RequestFailed(message, pause=pause, status=status, asked=after is not None)
        return RequestFailed(f"{name} refused the request ({status}): {said}", status=status)

    def _about_key(self) -> str:
        """Which key it was that was sent."""
        endpoint = self.endpoint
        if endpoint.withheld:
            return f"the key in {endpoint.withheld} is not sent to an address that only the program names"
        if endpoint.key_name:
            return f"the key is the one in {endpoint.key_name}"
        given = endpoint.api_key.reveal() != NO_KEY
        return "the key is the one given as api_key=" if given else "the request carried no key: give one with api_key="

    def _connection_failure(self, error: BaseException) -> RequestFailed:
        causes = list(_causes(error))
        kinds = {type(cause).__name__ for cause in causes}
        where, why = self.endpoint.base_url, "no connection"
        hint = "is the server running?" if self.endpoint.local else "is the address right, and the network up?"
        if "gaierror" in kinds:
            why, hint = "there is no such host", "is the address right, and the network up?"
        elif "ConnectionRefusedError" in kinds:
            why = "the connection was refused"
        elif any("SSL" in kind for kind in kinds):
            said = next(str(cause) for cause in causes if "SSL" in type(cause).__name__)
            why = f"there is no secure connection: {shortened(said)}"
            hint = "is it https that the server speaks, with a certificate that this machine trusts?"
        elif "ConnectError" not in kinds:
            return RequestFailed(f"the connection to {self.name} broke off", pause=PAUSE)
        return RequestFailed(f"{self.name} cannot be reached at {where}: {why}", hint)

    async def _not_found(self, said: str) -> RequestFailed:
        """Where the model is unknown, its nearest relatives."""
        names: list[str] = []
        try:
            async with asyncio.timeout(5):
                page = await self.client().models.list()
            names = [model.id for model in page.data]
        except Exception:  # the list is only a courtesy; without it the error says what is known
            names = []
        if names and self.model not in names:
            like = nearest(self.model, names)
            listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
            hint = f"did you mean {like}?" if like else f"it has {listed}"
            where = self.endpoint.base_url
            return RequestFailed(f"there is no model {self.model} at {where} (404): {said}", hint, status=404)
        return RequestFailed(
            f"{self.name} was not found (404): {said}",
            f"is {self.endpoint.base_url} the right address? it usually ends in /v1",
            status=404,
        )


def _reply(text: str, content_type: str, name: str) -> Reply:
    """The reply in the text of a response."""
    if len(text) > LARGEST:
        raise RequestFailed(f"the answer of {name} has more than {LARGEST:,} characters")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        if not text.strip():
            raise RequestFailed(f"{name} answered with nothing, not even JSON", ADDRESS_HINT) from None
        kind = content_type.partition(";")[0].strip()
        if "html" in kind or text.lstrip()[:1] == "<":
            raise RequestFailed(f"{name} answered with a page of HTML: {shortened(text)}", ADDRESS_HINT) from None
        what = "JSON that is broken" if "json" in kind else f"{kind or 'a text'} instead of JSON"
        raise RequestFailed(f"{name} answered with {what}: {shortened(text)}") from None
    choices = data.get("choices") if isinstance(data, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(message, dict):
        error = data.get("error") if isinstance(data, dict) else None
        if error:
            said = error.get("message") if isinstance(error, dict) else error
            raise RequestFailed(f"{name} answered with an error: {shortened(str(said))}", pause=PAUSE)
        raise RequestFailed(f"{name} answered with something else than a completion: {shortened(text)}")
    usage = data.get("usage") if isinstance(data.get("usage"), dict) else {}
    used = [usage.get(key) for key in ("prompt_tokens", "completion_tokens")]
    tokens_in, tokens_out = (number if type(number) is int else 0 for number in used)
    if message.get("refusal"):
        return Reply(str(message["refusal"]), "refusal", tokens_in, tokens_out)
    content = message.get("content")
    if isinstance(content, list):  # some servers send parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    said = content if isinstance(content, str) else ""
    return Reply(said, str(first.get("finish_reason") or "stop"), tokens_in, tokens_out, _tool_calls(message, name))


def _tool_calls(message: dict[str, Any], name: str) -> list[ToolCall]:
    """The tools that a message asks for."""
    calls = []
    listed = message.get("tool_calls")
    for at, call in enumerate(listed if isinstance(listed, list) else ()):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise RequestFailed(f"{name} asks for a tool in a way that is not of the protocol: {shortened(str(call))}")
        arguments = function.get("arguments")
        text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
        calls.append(ToolCall(str(call.get("id") or f"call_{at + 1}"), function["name"], text))
    return calls


def _no_stream(content_type: str, name: str) -> RequestFailed:
    """Where a stream was asked for, and something else came."""
    kind = content_type.partition(";")[0].strip()
    if "html" in kind:
        return RequestFailed(f"{name} answered with a page of HTML", ADDRESS_HINT)
    if kind == "text/event-stream":
        return RequestFailed(f"the stream of {name} is empty")
    return RequestFailed(f"{name} answered with {kind or 'something'} instead of a stream", "ask without stream=True")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and what led to it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _mentions_format(said: str) -> bool:
    return any(word in said for word in ("response_format", "json_schema", "json_object", "schema", "grammar"))


def _mentions_tools(said: str) -> bool:
    return any(word in said for word in ("tool", "function call", "functions"))


def _said(error: Any) -> str:
    """What the endpoint says about an error."""
    found = getattr(error, "body", None)
    if isinstance(found, dict):
        inner = found.get("error", found)
        message = inner.get("message") if isinstance(inner, dict) else inner
        if message:
            return shortened(str(message))
    try:
        text = error.response.text
    except Exception:  # the body of a stream may not have been read
        text = ""
    if text.lstrip()[:1] == "<":
        return "a page of HTML"
    return shortened(text) or "no reason given"


def _retry_after(headers: Any) -> float | None:
    """The seconds that a Retry-After asks for; dates are read too (RFC 9110, 10.2.3)."""
    for header, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(header)
        if not text:
            continue
        try:
            return max(0.0, float(text) * unit)
        except ValueError:
            from email.utils import parsedate_to_datetime

            try:
                return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
            except ValueError:
                return None
    return None


def shortened(text: str, length: int = 200) -> str:
    """A text on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 3] + "..."


def _remembered(name: str) -> Abilities:
    abilities = Abilities()
    data = read(name)
    if data is not None:
        try:
            record = json.loads(data)
        except ValueError:
            return abilities
        if isinstance(record, dict) and record.get("mode") in MODES and time.time() - record.get("at", 0) < REMEMBERED:
            token_limit = "max_completion_tokens" if record.get("token_limit") != "max_tokens" else "max_tokens"
            tools = next((way for way in TOOLS if way == record.get("tools")), TOOLS[0])
            abilities = Abilities(record["mode"], token_limit, bool(record.get("temperature", True)), tools)
            abilities.tried = bool(record.get("tried"))
    return abilities


def _digest(text: str) -> str:
    from hashlib import blake2b

    return blake2b(text.encode(), digest_size=12).hexdigest()
