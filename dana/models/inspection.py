"""Looking without running: the prompt of a call as it would be sent, and whether a model can be asked."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import time

from dana import __version__
from dana.answers import Boolean, Shape, Text
from dana.calls import Inserted
from dana.errors import Diagnostic, UsageError
from dana.evaluation.asking import template
from dana.inference import infer
from dana.models.asking import NoAnswer, Question, ask
from dana.models.endpoints import Abilities, Remote, body
from dana.models.prompts import Datum, Messages, messages
from dana.models.providers import NotConfigured, describe
from dana.nodes import Call, Constant, DictDisplay
from dana.resolver import resolve
from dana.tree_cache import parse_cached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.calls import Attempt
    from dana.inference import Wanted
    from dana.models.resource import Models
    from dana.nodes import Expression
    from dana.source import Source

MARK = "0123456789abcdef"
"""Stands for the mark of the fences, which is another one at every call."""


class Asked:
    """A call of a program that asks a model."""

    __slots__ = ("node", "options", "parts", "source", "wanted", "written")

    def __init__(self, node: Call, wanted: Wanted, source: Source) -> None:
        self.node = node
        self.wanted = wanted
        self.source = source
        found = template(node.arguments[0], source.text) if node.arguments else None
        self.written = found is not None
        """Whether the prompt is written at the call, so that template and data are known apart."""
        if found is not None:
            self.parts: list[str | Inserted] = [
                piece if isinstance(piece, str) else Inserted(piece[0], None) for piece in found[0]
            ]
        else:
            first = node.arguments[0] if node.arguments else node
            self.parts = [Inserted(source.text[first.start : first.end], None)]
        self.options = _options(node, source)

    @property
    def line(self) -> int:
        """The line on which the call begins."""
        return self.source.position(self.node.start)[0]

    @property
    def shape(self) -> Shape:
        return self.wanted.shape

    def names(self) -> list[str]:
        """The expressions whose values are data."""
        names = [part.name for part in self.parts if isinstance(part, Inserted)] if self.written else []
        return [*names, "context"] if "context" in self.options else names

    def text(self) -> str:
        """The template, with its expressions in braces."""
        return "".join(part if isinstance(part, str) else "{" + part.name + "}" for part in self.parts)

    def messages(self) -> Messages:
        """What would be sent, with a note in the place of each value."""
        parts: list[str | Datum] = [
            part if isinstance(part, str) else Datum(part.name, None, f"(the value of {part.name})", self.written)
            for part in self.parts
        ]
        shape = None if type(self.shape) is Text else self.shape
        options = self.options
        return messages(parts, shape, system=options.get("system"), context=options.get("context"), mark=MARK)

    def body(self, model: str, abilities: Abilities) -> dict[str, Any]:
        """The body of the request."""
        question = Question(
            self.messages(),
            self.shape,
            temperature=self.options.get("temperature"),
            max_tokens=self.options.get("max_tokens"),
        )
        return body(model, question.request(question.messages.listed()), abilities)


def asked_calls(source: Source) -> list[Asked]:
    """The calls of a program that ask a model, in its order; raises ProgramError."""
    module = parse_cached(source)
    resolution = resolve(module, source)
    wanted = infer(module, resolution)
    nodes = {id(node): node for node in module.walk() if type(node) is Call}
    calls = [Asked(nodes[at], found, source) for at, found in wanted.items()]
    return sorted(calls, key=lambda call: call.node.start)


def call_at(source: Source, line: int) -> Asked:
    """The innermost call on a line; raises UsageError where there is none."""
    calls = asked_calls(source)
    here = [call for call in calls if call.line <= line <= source.position(call.node.end)[0]]
    if here:
        return min(here, key=lambda call: call.node.end - call.node.start)
    lines = ", ".join(f"{source.name}:{call.line}" for call in calls)
    hint = f"the calls are at {lines}" if calls else "no line of this program calls reason"
    raise UsageError(Diagnostic("no-call", f"there is no call of a model on line {line} of {source.name}", hint=hint))


def prompt_data(call: Asked, models: Models) -> dict[str, Any]:
    """What is known of a call, as one object."""
    model, abilities, address = _target(models)
    return {
        "place": f"{call.source.name}:{call.line}",
        "template": call.text(),
        "written_at_call": call.written,
        "data": call.names(),
        "shape": None if type(call.shape) is Text else call.shape.schema(),
        "stated": call.wanted.stated,
        "problem": call.wanted.problem,
        "endpoint": address,
        "request": call.body(model, abilities),
    }


def prompt_text(call: Asked, models: Models) -> str:
    """The same for a person."""
    model, abilities, address = _target(models)
    sections = [("template", _indented(call.text().strip("\n")))]
    if call.written:
        rule = "fenced, unless it is a number, a truth value or one word"
        names = [f"{name}   ({'fenced' if name == 'context' else rule})" for name in call.names()]
        sections.append(("data", _indented("\n".join(names) or "none")))
    else:
        sections.append(
            ("data", _indented("the prompt is made before the call: all of it is instruction, nothing is fenced"))
        )
    if call.wanted.problem is not None:
        shape = call.wanted.problem
    elif type(call.shape) is Text:
        shape = "text"
    else:
        shape = json.dumps(call.shape.schema(), indent=2, ensure_ascii=False)
    how = "the program states it" if call.wanted.stated else "found from what the program does with the answer"
    sections.append((f"shape ({how})", _indented(shape)))
    request = json.dumps(call.body(model, abilities), indent=2, ensure_ascii=False)
    sections.append((f"request to {address}", _indented(request)))
    place = f"{call.source.name}:{call.line}"
    return "\n\n".join([place, *(f"{title}\n{text}" for title, text in sections)]) + "\n"


def _target(models: Models) -> tuple[str, Abilities, str]:
    """The model that would be asked, what it can do as far as is known, and where it is."""
    try:
        chosen = models.chosen(None)
        endpoint = chosen.endpoint
    except NotConfigured:
        return "(none configured)", Abilities(), "no model: none is configured"
    if endpoint.base_url is None:
        return endpoint.model, Abilities(), f"{endpoint.name}, in this process"
    transport = chosen.transport
    abilities = transport.abilities if isinstance(transport, Remote) else Abilities()
    return endpoint.model, abilities, f"{endpoint.name} at {_public(endpoint.base_url)}"


def _options(node: Call, source: Source) -> dict[str, Any]:
    """The options that are written at a call: the values of constants, of the rest a note in their place."""
    written: list[tuple[Any, Expression]] = [(keyword.name, keyword.value) for keyword in node.keywords]
    for argument in node.arguments[1:]:
        if type(argument) is DictDisplay:
            for key, value in zip(argument.keys, argument.values, strict=True):
                if type(key) is Constant:
                    written.append((key.value, value))
    return {
        name: value.value if type(value) is Constant else f"(the value of {source.text[value.start : value.end]})"
        for name, value in written
        if type(name) is str and not (type(value) is Constant and value.value is None)
    }


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line.strip() else "" for line in text.splitlines())


# dana doctor


def diagnosis(models: Models, online: bool) -> tuple[list[tuple[str, str]], bool]:
    """What a person needs to know when a model does not answer, as rows; and whether one does answer.

    No row holds a key. When `online`, one short question is asked.
    """
    rows = [("dana", f"{__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")]
    configured = os.path.exists("dana.toml")
    rows.append(("configuration", os.path.abspath("dana.toml") if configured else "no dana.toml in this folder"))
    rows.append(("client", _client_version()))
    rows.append(("embedded model", _embedded(models)))
    present = [name for row in describe(models.environ, models.configuration) for name in row["present"]]
    for name in ("OPENAI_BASE_URL", "DANA_MODEL"):
        if models.environ.get(name):
            rows.append((name, _public(models.environ[name])))
    rows.append(("keys", ", ".join(f"{name} is set" for name in dict.fromkeys(present)) or "none is set"))
    try:
        chosen = models.chosen(None)
        endpoint = chosen.endpoint
    except NotConfigured as error:
        rows.append(("model", error.diagnostic.message))
        for line in (error.diagnostic.hint or "").splitlines():
            rows.append(("", line))
        return rows, False
    where = f" at {_public(endpoint.base_url)}" if endpoint.base_url else ", in this process"
    key = f", key from {endpoint.key_name}" if endpoint.key_name else ""
    rows.append(("model", f"{endpoint.name}{where}{key}"))
    prices = chosen.prices()
    rows.append(
        ("price", "unpriced" if prices is None else f"${prices[0]:g} in, ${prices[1]:g} out, for a million tokens")
    )
    if not online:
        return rows, True
    answered, told = _tried(chosen)
    url = endpoint.base_url or " "
    rows += [(title, text.replace(url, _public(url))) for title, text in told]
    return rows, answered


def _tried(model: Any) -> tuple[bool, list[tuple[str, str]]]:
    """Ask the model something that any can answer."""
    question = Question(
        messages(["Is water wet? Answer with true or false."], Boolean()), Boolean(), retries=1, timeout=30
    )
    attempts: list[Attempt] = []
    begun = time.monotonic()
    try:
        asyncio.run(ask(question, model.transport, attempts))
        problem = None
    except NoAnswer as failure:
        problem = failure
    seconds = time.monotonic() - begun
    rows = []
    transport = model.transport
    if isinstance(transport, Remote) and any(attempt.answer is not None for attempt in attempts):
        words = {"json_schema": "JSON schemas", "json_object": "JSON, without schemas", "text": "text only"}
        rows.append(("answers in", words[transport.abilities.mode]))
    if problem is not None:
        rows.append(("asking", f"failed: {problem.message}"))
        rows += [("", tried.problem) for tried in attempts if tried.problem and tried.problem != problem.message]
        if problem.hint:
            rows.append(("", problem.hint))
        return False, rows
    tokens = sum(a.input_tokens for a in attempts), sum(a.output_tokens for a in attempts)
    rows.append(("asking", f"works: {seconds:.2f} s with loading the client, {tokens[0]} + {tokens[1]} tokens"))
    return True, rows


def _public(url: str) -> str:
    """An address without the password or key that may stand in it."""
    scheme, slashes, rest = url.partition("://")
    place, question, _ = rest.partition("?")
    host, slash, path = place.partition("/")
    return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}{question and '?...'}"


def _client_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"openai {version('openai')}"
    except PackageNotFoundError:
        return "openai is not installed: pip install openai"


def _embedded(models: Models) -> str:
    if models.embedded_installed():
        return "installed"
    return "not installed: pip install 'dana[local]' && dana model get"
