"""Requests to models and their replies, and the tools in them: by the protocol, or in words for models without it."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Message = dict[str, Any]
    """`role`, `content` (text, or None beside calls of tools), and what belongs to tools."""


class Request:
    """One request: messages, the schema of the answer (None: text), and the settings that the program gave.

    `tools` are `name`, `description` and `parameters` (a JSON schema) of each tool that may be called; of none any more
    when the request is `closing`.
    """

    __slots__ = ("closing", "max_tokens", "messages", "schema", "strict", "temperature", "tools")

    def __init__(
        self,
        messages: list[Message],
        schema: dict[str, Any] | None,
        strict: bool = False,
        temperature: float | None = None,
        max_tokens: int | None = None,
        tools: Sequence[dict[str, Any]] = (),
        closing: bool = False,
    ) -> None:
        self.messages = messages
        self.schema = schema
        self.strict = strict
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.tools = tools
        self.closing = closing


class ToolCall:
    """A tool that a model asks for: the number of the call, the tool's name, and its arguments, the text of JSON."""

    __slots__ = ("arguments", "name", "number")

    def __init__(self, number: str, name: str, arguments: str) -> None:
        self.number = number
        self.name = name
        self.arguments = arguments

    def data(self) -> dict[str, Any]:
        """The call as messages have it."""
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.number, "type": "function", "function": function}


class Reply:
    """What came back: the text, why it ended ("stop", "length", "refusal", ...), the tokens used, calls of tools."""

    __slots__ = ("calls", "finish", "input_tokens", "output_tokens", "text")

    def __init__(
        self, text: str, finish: str, input_tokens: int = 0, output_tokens: int = 0, calls: Sequence[ToolCall] = ()
    ) -> None:
        self.text = text
        self.finish = finish
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.calls = calls


class RequestFailed(Exception):
    """A request got no reply. `pause` is the time in seconds after which it may be tried again; None: it may not.

    `asked` tells that the endpoint named that time.
    """

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        pause: float | None = None,
        status: int = 0,
        asked: bool = False,
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.pause = pause
        self.status = status
        self.asked = asked


# Tools in words


def worded(request: Request) -> Request:
    """The same request for a model that is not asked by the protocol's tools: they are described in words."""
    messages = [_plain(message) for message in request.messages]
    answer = request.schema
    if answer is None:
        answer = _object({"answer": {"type": "string"}})
    schema = answer
    said = [] if request.schema is not None else ['Answer with JSON: {"answer": the text of the answer}.']
    if not request.closing:
        calls = [_object({"tool": {"const": tool["name"]}, "arguments": tool["parameters"]}) for tool in request.tools]
        schema = {"anyOf": [*calls, answer]}
        listed = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in request.tools)
        said = [
            f"These tools can be called:\n{listed}\n"
            'To call one, answer with nothing but {"tool": its name, "arguments": {...}}; what it gives comes next.',
            *said,
        ]
    last = messages[-1]  # at the end, where small models still heed it
    messages[-1] = {**last, "content": "\n\n".join([last["content"], *said])}
    return Request(messages, schema, False, request.temperature, request.max_tokens)


def called(request: Request, reply: Reply) -> Reply:
    """The reply to such a request, with the call that it asks for, or the answer as if there were no tools."""
    try:
        said = json.loads(reply.text)
    except (ValueError, RecursionError):
        return reply  # whoever reads the answer says what is wrong with it
    text, calls = reply.text, []
    if type(said) is dict and said.keys() == {"tool", "arguments"}:
        number = sum(message["role"] == "tool" for message in request.messages) + 1
        arguments = json.dumps(said["arguments"], ensure_ascii=False)
        calls, text = [ToolCall(f"call_{number}", str(said["tool"]), arguments)], ""
    elif request.schema is None and type(said) is dict and type(said.get("answer")) is str:
        text = said["answer"]
    return Reply(text, reply.finish, reply.input_tokens, reply.output_tokens, calls)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _plain(message: Message) -> Message:
    """A message without what belongs to tools."""
    if message["role"] == "tool":
        return {"role": "user", "content": f"The tool gave:\n{message['content']}"}
    calls = message.get("tool_calls")
    if calls:
        function = calls[0]["function"]
        said = f'{{"tool": {json.dumps(function["name"])}, "arguments": {function["arguments"]}}}'
        return {"role": "assistant", "content": said}
    return message
