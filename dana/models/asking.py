"""Asking: a question goes to a model until its answer has the shape that is needed, or the tries are used up.

An answer is read strictly, then with the fences and the talk around it left out, then repaired; a refusal and an
answer that was cut off are failures, whatever could be made of them. What was read is compared with the shape, and
nothing is guessed: a wrong answer goes back to the model with the exact place that is wrong, and only that answer.
"""

from __future__ import annotations

import asyncio
import json
import time

from dana.answers import Mismatch, Text, asked_schema
from dana.calls import Attempt
from dana.models.endpoints import Reply, Request, RequestFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any, Protocol

    from dana.answers import Shape
    from dana.models.prompts import Messages

    class Transport(Protocol):
        """What takes requests to a model. `immediate` ones answer at once, without anything to wait for."""

        immediate: bool
        name: str
        model: str

        async def send(self, request: Request) -> Reply: ...

        def stream(self, request: Request) -> AsyncIterator[Reply]: ...


SENDINGS = 5
"""How often one request is sent when the endpoint is out of order."""

ECHO = 4000
"""Characters of a wrong answer that are shown to the model again."""


class Unusable(Exception):
    """An answer that cannot be used, and why."""


class NoAnswer(Exception):
    """All tries have failed: `message` and `hint` for a person, and the attempts."""

    def __init__(self, message: str, attempts: list[Attempt], hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.attempts = attempts
        self.hint = hint


class Question:
    """What is asked: messages, the shape of the answer, and the settings of the call."""

    __slots__ = ("max_tokens", "messages", "retries", "shape", "temperature", "timeout")

    def __init__(
        self,
        messages: Messages,
        shape: Shape,
        *,
        retries: int = 2,
        timeout: float = 60,
        temperature: float | None = None,
        max_tokens: int | None = None,
    ) -> None:
        self.messages = messages
        self.shape = shape
        self.retries = retries
        self.timeout = timeout
        self.temperature = temperature
        self.max_tokens = max_tokens

    def request(self, messages: list[dict[str, str]]) -> Request:
        """The request with these messages."""
        schema = None if type(self.shape) is Text else asked_schema(self.shape)[0]
        strict = schema is not None and self.shape.strict()
        return Request(messages, schema, strict, self.temperature, self.max_tokens)


async def ask(question: Question, transport: Transport, attempts: list[Attempt]) -> Any:
    """The answer of one model. What was tried is added to `attempts`; raises NoAnswer."""
    deadline = time.monotonic() + question.timeout
    messages = question.messages.listed()
    again: list[dict[str, str]] = []
    while True:
        begun = time.monotonic()
        try:
            reply = await _sent(question.request([*messages, *again]), transport, deadline, question.timeout)
        except RequestFailed as failure:
            attempts.append(Attempt(transport.name, None, str(failure), 0, 0, time.monotonic() - begun))
            raise NoAnswer(str(failure), attempts, failure.hint) from None
        problem: str | None = None
        answer: Any = None
        try:
            answer = read(reply, question.shape)
        except Unusable as unusable:
            problem = str(unusable)
        attempts.append(
            Attempt(
                transport.name,
                reply.text,
                problem,
                reply.input_tokens,
                reply.output_tokens,
                time.monotonic() - begun,
            )
        )
        if problem is None:
            return answer
        if sum(attempt.model == transport.name for attempt in attempts) > question.retries:
            raise NoAnswer(f"no usable answer from {transport.name}", attempts)
        again = [
            {"role": "assistant", "content": reply.text[:ECHO] or "(nothing)"},
            {"role": "user", "content": correction(problem, question.shape)},
        ]


def correction(problem: str, shape: Shape) -> str:
    """What is said to a model about its answer."""
    form = "" if type(shape) is Text else " Answer with JSON only, that fits the schema."
    return f"That answer cannot be used: {problem}. Answer the same request again.{form}"


async def _sent(request: Request, transport: Transport, deadline: float, timeout: float) -> Reply:
    """The reply to a request that is sent again while that may help."""
    for sending in range(1, SENDINGS + 1):
        left = deadline - time.monotonic()
        try:
            if transport.immediate:
                return await transport.send(request)
            async with asyncio.timeout(max(left, 0.001)):
                return await transport.send(request)
        except TimeoutError:
            raise RequestFailed(
                f"{transport.name} did not answer within {timeout:g} s", "give the call more time with timeout="
            ) from None
        except RequestFailed as failure:
            if failure.pause is None or sending == SENDINGS:
                raise
            pause = max(failure.pause, 0.0) * 1.0
            if failure.status != 429 or failure.pause == 0.5:  # the endpoint names no time: wait longer each time
                pause = failure.pause * 2 ** (sending - 1)
            if time.monotonic() + pause > deadline:
                asked = f"; it asks to wait {pause:g} s" if failure.status == 429 and pause > 1 else ""
                raise RequestFailed(
                    f"{failure}{asked}", f"the call may take {timeout:g} s in all: give it more with timeout="
                ) from None
            await asyncio.sleep(pause)
    raise AssertionError("the last sending returns or raises")


# Reading answers


def read(reply: Reply, shape: Shape) -> Any:
    """The answer in a reply; raises Unusable."""
    if reply.finish == "refusal":
        raise Unusable(f"the model refused: {_short(reply.text)}")
    if reply.finish == "content_filter":
        raise Unusable("the answer was held back by a content filter")
    if reply.finish == "length":
        raise Unusable("the answer was cut off at the limit of tokens")
    text = reply.text.strip()
    if not text:
        raise Unusable("the answer is empty")
    if type(shape) is Text:
        return text
    return checked(parsed(text), shape)


def checked(value: Any, shape: Shape) -> Any:
    """A value that was read, if it has the shape; it may stand under "answer", as it was asked for."""
    _, wrapped = asked_schema(shape)
    if wrapped and type(value) is dict and list(value) == ["answer"]:
        value = value["answer"]
    try:
        return shape.check(value, "answer")
    except Mismatch as mismatch:
        raise Unusable(str(mismatch)) from None


def parsed(text: str) -> Any:
    """The JSON in a text; raises Unusable when there is none."""
    try:
        return _loads(text)
    except ValueError:
        pass
    inner = _unfenced(text)
    try:
        return _loads(inner)
    except ValueError:
        pass
    start = min((at for at in (inner.find("{"), inner.find("[")) if at >= 0), default=-1)
    if start < 0:
        if inner and len(inner) < 200 and "\n" not in inner:
            return inner  # a choice without its quotes is what it is; any other shape refuses a text
        raise Unusable(f"the answer is not JSON: {_short(text)}")
    end = max(inner.rfind("}"), inner.rfind("]"))
    if end <= start:
        raise Unusable(f"the answer is JSON that does not end: {_short(text)}")
    inner = inner[start : end + 1]
    try:
        return _loads(inner)
    except ValueError:
        return _repaired(inner)


def _repaired(text: str) -> Any:
    """JSON with the usual slips mended: quotes, commas, comments; not what is missing at its end."""
    import json_repair

    if not _closes(text):
        raise Unusable(f"the answer is JSON that does not end: {_short(text)}")
    try:
        value = json_repair.loads(text, skip_json_loads=True)
    except Exception as error:  # whatever the library makes of a text that is no JSON
        raise Unusable(f"the answer is not JSON: {type(error).__name__}") from None
    if not isinstance(value, (dict, list)):
        raise Unusable(f"the answer is not JSON: {_short(text)}")
    return json.loads(json.dumps(value))


def _closes(text: str) -> bool:
    """Whether every bracket outside of strings is closed."""
    depth, quote, escaped = 0, "", False
    for character in text:
        if escaped:
            escaped = False
        elif quote:
            if character == "\\":
                escaped = True
            elif character == quote:
                quote = ""
        elif character == '"':
            quote = character
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
    return depth <= 0


def _loads(text: str) -> Any:
    def refuse(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    try:
        value = json.loads(text, parse_constant=refuse)
    except RecursionError:
        raise Unusable("the answer is nested too deep") from None
    if _depth(value) > 100:
        raise Unusable("the answer is nested too deep")
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        inner: list[Any] = []
        for item in level:
            if type(item) is dict:
                inner.extend(item.values())
            elif type(item) is list:
                inner.extend(item)
        level = inner
        depth += 1
        if depth > 100:
            return depth
    return depth


def _unfenced(text: str) -> str:
    """What stands in the first fence of backticks, if there is one."""
    start = text.find("```")
    if start < 0:
        return text
    line = text.find("\n", start)
    end = text.find("```", start + 3)
    if end < 0:
        return text
    if line < 0 or line > end:
        return text[start + 3 : end].strip().removeprefix("json").strip()
    return text[line + 1 : end].strip()


def _short(text: str, length: int = 120) -> str:
    text = " ".join(text.split())
    return json.dumps(text if len(text) <= length else text[: length - 3] + "...", ensure_ascii=False)


# Streaming


class ItemReader:
    """Finds the complete items of a list in JSON that comes piece by piece."""

    def __init__(self) -> None:
        self._text = ""
        self._at = 0
        self._depth = 0
        self._quoted = self._escaped = False
        self._list_depth = -1
        self._item_start = -1
        self.ended = False

    def feed(self, piece: str) -> list[Any]:
        """The items that are complete now; raises Unusable for what is no JSON."""
        self._text += piece
        found = []
        while self._at < len(self._text):
            character = self._text[self._at]
            if self._quoted:
                if self._escaped:
                    self._escaped = False
                elif character == "\\":
                    self._escaped = True
                elif character == '"':
                    self._quoted = False
            elif character == '"':
                self._begin()
                self._quoted = True
            elif character in "{[":
                if character == "[" and self._list_depth < 0:
                    self._list_depth = self._depth
                else:
                    self._begin()
                self._depth += 1
            elif character in "}]":
                self._depth -= 1
                if self._depth == self._list_depth and not self.ended:
                    found += self._item()
                    self.ended = True
            elif character == "," and self._depth == self._list_depth + 1 and self._list_depth >= 0:
                found += self._item()
            elif not character.isspace():
                self._begin()
            self._at += 1
        return found

    def _begin(self) -> None:
        if self._item_start < 0 and self._depth == self._list_depth + 1 and self._list_depth >= 0 and not self.ended:
            self._item_start = self._at

    def _item(self) -> list[Any]:
        if self._item_start < 0:
            return []
        text = self._text[self._item_start : self._at]
        self._item_start = -1
        try:
            return [_loads(text)]
        except ValueError:
            return [_repaired(text)]


async def stream(question: Question, transport: Transport, attempts: list[Attempt]) -> AsyncIterator[Any]:
    """The pieces of an answer as they come: of text, or the checked items of a list. Raises NoAnswer."""
    shape = question.shape
    items = getattr(shape, "item", None)
    reader = ItemReader()
    texts: list[str] = []
    count = 0
    begun = time.monotonic()
    last = Reply("", "")
    problem: str | None = None
    hint = None
    try:
        async with asyncio.timeout(question.timeout):
            async for piece in transport.stream(question.request(question.messages.listed())):
                if not piece.text:
                    last = piece
                    continue
                texts.append(piece.text)
                if items is None:
                    yield piece.text
                    continue
                for item in reader.feed(piece.text):
                    yield items.check(item, f"answer[{count}]")
                    count += 1
        if last.finish not in ("stop", "tool_calls"):
            read(Reply("".join(texts), last.finish), Text())
        if not texts:
            raise Unusable("the answer is empty")
        if items is not None and not reader.ended:
            raise Unusable(f"the answer is not a list: {_short(''.join(texts))}")
    except RequestFailed as failure:
        problem, hint = str(failure), failure.hint
    except (Unusable, Mismatch) as unusable:
        problem = str(unusable)
    except TimeoutError:
        problem, hint = f"{transport.name} took longer than {question.timeout:g} s", "give it more with timeout="
    attempts.append(
        Attempt(
            transport.name,
            "".join(texts),
            problem,
            last.input_tokens,
            last.output_tokens,
            time.monotonic() - begun,
        )
    )
    if problem is not None:
        raise NoAnswer(problem, attempts, hint)
