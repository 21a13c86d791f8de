"""Scripted answers: a model whose answers a program gives beforehand, for tests; only the sending is not real."""

from __future__ import annotations

import json
from contextvars import copy_context

from dana.models.requests import Reply, Request, RequestFailed, ToolCall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any


class Scripted:
    """Answers one after the other from a list, or those that a function gives for a prompt.

    An answer that is a text is what the model says, letter by letter; any other value is said as JSON; an exception
    is a request that fails. Where the model is offered tools, {"tool": name, "arguments": {...}} calls one of them, and
    a list of such dicts several.
    """

    immediate = True

    def __init__(self, answers: Any, model: str = "scripted") -> None:
        self.answers = answers
        self.model = model
        self.name = f"scripted/{model}" if model != "scripted" else "scripted"
        self.prompts: list[str] = []
        self._context = copy_context()
        """In which a function that answers runs, on whatever thread it is asked."""

    async def send(self, request: Request) -> Reply:
        """The next answer; raises RequestFailed when there is none."""
        prompt = request.messages[-1]["content"] or ""
        self.prompts.append(prompt)
        answer = self._context.copy().run(self.answers, prompt) if callable(self.answers) else self._next()
        if isinstance(answer, BaseException):
            raise RequestFailed(f"{self.name}: {answer}")
        calls = self._calls(answer) if request.tools else []
        text = "" if calls else answer if type(answer) is str else json.dumps(answer, ensure_ascii=False)
        words = sum(len((message["content"] or "").split()) for message in request.messages)
        return Reply(text, "tool_calls" if calls else "stop", words, len(text.split()), calls)

    def _calls(self, answer: Any) -> list[ToolCall]:
        """The calls of tools that an answer stands for; none where it is something else."""
        listed = answer if type(answer) is list else [answer]
        if not all(type(call) is dict and call.keys() == {"tool", "arguments"} for call in listed):
            return []
        number = len(self.prompts)
        return [
            ToolCall(f"call_{number}_{at}", str(call["tool"]), _json(call["arguments"]))
            for at, call in enumerate(listed, 1)
        ]

    async def stream(self, request: Request) -> AsyncIterator[Reply]:
        """The next answer, word by word."""
        reply = await self.send(request)
        for at, word in enumerate(reply.text.split(" ")):
            yield Reply(f" {word}" if at else word, "")
        yield Reply("", reply.finish, reply.input_tokens, reply.output_tokens)

    def _next(self) -> Any:
        number = len(self.prompts)
        if number > len(self.answers):
            raise RequestFailed(
                f"{self.name} has no answer for request {number}: it was given {len(self.answers)}",
                "an answer that does not fit takes another request: the list needs an answer for that too",
            )
        return self.answers[number - 1]


def _json(arguments: Any) -> str:
    """The arguments of a call as a model writes them; a text is written as it is."""
    return arguments if type(arguments) is str else json.dumps(arguments, ensure_ascii=False)
