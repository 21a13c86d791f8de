"""Asking: a question goes to a model until its answer has the shape that is needed, or the tries are used up.

An answer is read strictly, then with the fences and the talk around it left out, then repaired; a refusal and an
answer that was cut off are failures, whatever could be made of them. What was read is compared with the shape, and
nothing is guessed: a wrong answer goes back to the model with the exact place that is wrong, and only that answer.
"""

from __future__ import annotations

import asyncio
import json
import time
from math import isfinite

from dana.answers import Mismatch, Text, asked_schema
from dana.calls import Attempt
from dana.models.requests import Reply, Request, RequestFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from typing import Any, NoReturn, Protocol

    from dana.answers import Shape
    from dana.models.prompts import Messages
    from dana.models.requests import Message

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
    """An answer that cannot be used, and why; `hint` is for the person who asked."""

    def __init__(self, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.hint = hint


class NoAnswer(Exception):
    """All tries have failed: `message` and `hint` for a person, and the attempts."""

    def __init__(self, message: str, attempts: list[Attempt], hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.attempts = attempts
        self.hint = hint


class Question:
    """What is asked: messages, the shape of the answer, and the settings of the call.

    `reserve` is called before each request, with what takes it; it may raise Stop.
    `mask` leaves out of the messages what is not sent. `tools` are those that the model may call, `history` the
    messages of its calls so far and of what these gave; no more are to come when the question is `closing`.
    """

    __slots__ = (
        "closing", "history", "mask", "max_tokens", "messages", "reserve", "retries", "shape", "temperature",
        "timeout", "tools",
    )  # fmt: skip

    def __init__(
        self,
        messages: Messages,
        shape: Shape,
        *,
        retries: int = 2,
        timeout: float = 60,
        temperature: float | None = None,
        max_tokens: int | None = None,
        reserve: Callable[[Transport], None] | None = None,
        mask: Callable[[Any], Any] | None = None,
    ) -> None:
        self.messages = messages
        self.shape = shape
        self.retries = retries
        self.timeout = timeout
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.reserve = reserve
        self.mask = mask
        self.tools: Sequence[dict[str, Any]] = ()
        self.history: list[Message] = []
        self.closing = False

    def request(self, messages: list[Message]) -> Request:
        """The request with these messages."""
        schema = None if type(self.shape) is Text else asked_schema(self.shape)[0]
        strict = schema is not None and self.shape.strict()
        if self.mask is not None:
            messages = self.mask(messages)
        return Request(messages, schema, strict, self.temperature, self.max_tokens, self.tools, self.closing)


async def ask(question: Question, transport: Transport, attempts: list[Attempt]) -> Any:
    """The answer of one model, or the Reply in which it calls tools.

    What was tried is added to `attempts`; raises NoAnswer.
    """
    deadline = time.monotonic() + question.timeout
    messages = [*question.messages.listed(), *question.history]
    again: list[Message] = []
    while True:
        begun = time.monotonic()
        try:
            reply = await _sent(question, [*messages, *again], transport, deadline)
        except RequestFailed as failure:
            attempts.append(Attempt(transport.name, None, str(failure), 0, 0, time.monotonic() - begun))
            raise NoAnswer(str(failure), attempts, failure.hint) from None
        problem = hint = None
        answer: Any = None
        try:
            answer = reply if reply.calls else read(reply, question.shape)
            if reply.calls and (question.closing or not question.tools):
                what = "after the last call that it may make" if question.tools else "and has none"
                raise Unusable(f"the model called the tool {reply.calls[0].name}, {what}")
        except Unusable as unusable:
            problem, hint = str(unusable), unusable.hint
        attempts.append(
            Attempt(
                transport.name,
                reply.text or ", ".join(f"{call.name}({call.arguments})" for call in reply.calls),
                problem,
                reply.input_tokens,
                reply.output_tokens,
                time.monotonic() - begun,
            )
        )
        if problem is None:
            return answer
        if sum(attempt.model == transport.name for attempt in attempts) > question.retries:
            raise NoAnswer(f"no usable answer from {transport.name}", attempts, hint)
        again = [
            {"role": "assistant", "content": reply.text[:ECHO] or "(nothing)"},
            {"role": "user", "content": correction(problem, question.shape)},
        ]


def correction(problem: str, shape: Shape) -> str:
    """What is said to a model about its answer."""
    form = "" if type(shape) is Text else " Answer with JSON only, that fits the schema."
    return f"That answer cannot be used: {problem}. Answer the same request again.{form}"


async def _sent(question: Question, messages: list[Message], transport: Transport, deadline: float) -> Reply:
    """The reply to a request that is sent again while that may help."""
    request, timeout = question.request(messages), question.timeout
    for sending in range(1, SENDINGS + 1):
        if question.reserve is not None:
            question.reserve(transport)
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
            await _pause(failure, sending, deadline, timeout)
    raise AssertionError("the last sending returns or raises")


async def _pause(failure: RequestFailed, sending: int, deadline: float, timeout: float) -> None:
    """Wait before a request is sent again; raises the failure where that would not help."""
    if failure.pause is None or sending == SENDINGS:
        raise failure
    pause = failure.pause if failure.asked else failure.pause * 2 ** (sending - 1)
    if time.monotonic() + pause > deadline:
        asked = f"; it asks to wait {pause:g} s" if failure.asked else ""
        hint = f"the call may take {timeout:g} s in all: give it more with timeout="
        raise RequestFailed(f"{failure}{asked}", hint)
    await asyncio.sleep(pause)


# Reading answers


def read(reply: Reply, shape: Shape) -> Any:
    """The answer in a reply; raises Unusable."""
    if reply.finish == "refusal":
        raise Unusable("the model refused to answer")
    if reply.finish == "content_filter":
        raise Unusable("the answer was held back by a content filter")
    if reply.finish == "length":
        raise Unusable("the answer was cut off at the limit of tokens", "give it more room with max_tokens=")
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
    """The JSON in a text; raises Unusable when there is none, or when it is not clear which."""
    try:
        return _loads(text)
    except ValueError:
        pass
    inner = _unfenced(text.rpartition("</think>")[2]).strip()
    try:
        return _loads(inner)
    except ValueError:
        pass
    spans = [span for span in _brackets(inner) if _stands_out(inner, *span)]
    if not spans:
        if inner and len(inner) < 200 and "\n" not in inner:
            return inner  # a choice without its quotes is what it is; any other shape refuses a text
        raise Unusable("the answer is not JSON")
    values = []
    for start, end in spans:
        try:
            values.append(_loads(inner[start:end]))
        except ValueError:
            continue
    if len(values) == 1:
        return values[0]
    if values:
        raise Unusable(f"the answer has {len(values)} JSON values instead of one")
    if len(spans) > 1:
        raise Unusable("the answer is not JSON")
    return _repaired(inner[slice(*spans[0])])


def _stands_out(text: str, start: int, end: int) -> bool:
    """Whether what is in brackets may be an answer: lists stand on lines of their own, others are remarks [1]."""
    before, after = text[:start].rpartition("\n")[2], text[end:].partition("\n")[0]
    return text[start] == "{" or not (before.strip() or after.strip())


def _repaired(text: str) -> Any:
    """JSON with the usual slips mended: quotes, commas, comments; nothing is put in where it is missing."""
    import json_repair

    try:
        value = json_repair.loads(text, skip_json_loads=True)
    except Exception as error:  # whatever the library makes of a text that is no JSON
        raise Unusable(f"the answer is not JSON: {type(error).__name__}") from None
    made = json.dumps(value)
    if type(value) is not (dict if text[0] == "{" else list) or made.count('""') > text.count('""') + text.count("''"):
        raise Unusable("the answer is not JSON")
    return _loads(made)


def _brackets(text: str) -> list[tuple[int, int]]:
    """Where brackets open and close again; raises Unusable where one does not, or something is left out inside."""
    spans: list[tuple[int, int]] = []
    awaited: list[str] = []
    start, quote, escaped, before = 0, "", False, ""
    for at, character in enumerate(text):
        if quote:
            if escaped or character == "\\":
                escaped = not escaped
            elif character == quote and (quote == '"' or _next(text, at) in ",:]}"):
                quote = ""
            continue
        if awaited and (character == '"' or (character == "'" and before in "{[,:")):
            quote = character
        elif character in "{[":
            if not awaited:
                start = at
            awaited.append("}" if character == "{" else "]")
        elif character in "}]" and awaited:
            if awaited.pop() != character:
                raise Unusable("the brackets of the answer do not match")
            if not awaited:
                spans.append((start, at + 1))
        elif awaited and text.startswith("...", at):
            raise Unusable("the answer leaves something out")
        if not character.isspace():
            before = character
    if awaited:
        raise Unusable("the answer is JSON that does not end")
    return spans


def _next(text: str, at: int) -> str:
    """The next character after a place that is no blank."""
    for character in text[at + 1 : at + 100]:
        if not character.isspace():
            return character
    return ""


def _loads(text: str) -> Any:
    def refuse(name: str) -> NoReturn:
        raise Unusable(f"the answer has {name}, which is not JSON")

    def finite(number: str) -> float:
        value = float(number)
        return value if isfinite(value) else refuse(number)

    try:
        value = json.loads(text, parse_constant=refuse, parse_float=finite)
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


async def _streamed(question: Question, transport: Transport) -> AsyncIterator[Reply]:
    """What a transport streams; as long as nothing has come, the request is sent again where that may help."""
    deadline = time.monotonic() + question.timeout
    request = question.request(question.messages.listed())
    for sending in range(1, SENDINGS + 1):
        if question.reserve is not None:
            question.reserve(transport)
        begun = False
        try:
            async for piece in transport.stream(request):
                begun = True
                yield piece
            return
        except RequestFailed as failure:
            if begun:
                raise
            await _pause(failure, sending, deadline, question.timeout)


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
            async for piece in _streamed(question, transport):
                if piece.finish:
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
            read(Reply(last.text or "".join(texts), last.finish), Text())
        if not texts:
            raise Unusable("the answer is empty")
        if items is not None and not reader.ended:
            raise Unusable("the answer is not a list")
    except RequestFailed as failure:
        problem, hint = str(failure), failure.hint
    except Unusable as unusable:
        problem, hint = str(unusable), unusable.hint
    except Mismatch as mismatch:
        problem = str(mismatch)
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
