"""The embedded model: SmolLM2 in this process, through llama.cpp.

Its grammar makes every answer fit a schema, but only a schema with bounds makes it end, so a request gets the bounds
that it lacks. Without blanks between the tokens of JSON an answer takes half of the time or less.
"""

from __future__ import annotations

import atexit
import os
import threading
from queue import Empty, SimpleQueue

from dana.models import weights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

CONTEXT = 4096
"""Tokens of prompt and answer together."""

SEED = 1

LONGEST_TEXT = 200
LONGEST_KEY = 40
MOST_ITEMS = 8
LARGEST_NUMBER = 10**15
DECIMALS = 0.0001

_ANYTHING: tuple[dict[str, Any], ...] = (
    {"type": "string"},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "array", "items": {"type": "string"}},
    {"type": "null"},
)
_HELD = frozenset(
    "type enum const anyOf properties required additionalProperties items minItems maxItems minLength maxLength"
    " maxProperties minimum maximum exclusiveMinimum exclusiveMaximum multipleOf title description".split()
)
"""Keywords that the grammar knows; one that it does not know would make it let everything through."""

_KINDS = frozenset(("string", "number", "integer", "boolean", "null", "array", "object"))
_KEY = rf'^[\p{{L}}\p{{N}}_][^\x00-\x1f"\\{{}}\[\]:,]{{0,{LONGEST_KEY - 1}}}$'
_BATCH = 128
"""Tokens of a prompt that are read in one go, in about a second; between them a request can be ended."""
_SLICE = 0.2
"""Seconds after which it is asked again whether a request is cancelled."""

_lock = threading.Lock()
_loaded: EmbeddedModel | None = None


class NotInstalled(LookupError):
    """The runtime or the weights are missing; the message says which, and how to get them."""


class EmbeddedModel:
    """The model, loaded. It takes requests of the chat completions protocol, one after the other."""

    def __init__(self, path: str) -> None:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # else idle threads take the time of busy ones
        try:
            import xllamacpp  # type: ignore[import-untyped]
        except ImportError:
            raise NotInstalled("the runtime is missing: pip install 'dana[local]'") from None
        settings = xllamacpp.CommonParams()
        settings.model.path = path
        settings.model_alias = {weights.DEFAULT}
        settings.n_ctx = CONTEXT
        settings.n_parallel = 1
        settings.n_batch = settings.n_ubatch = _BATCH
        threads = max(1, (os.cpu_count() or 2) - 1)
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
        settings.fit_params = False  # the model fits into any machine: what else is on it need not be measured
        settings.cache_ram_mib = 0  # else it keeps prompts that went before, up to 8 GiB
        settings.verbosity = -1
        settings.offline = True
        settings.ui = settings.endpoint_slots = False
        settings.api_keys = [os.urandom(16).hex()]  # the runtime also listens on loopback: nobody else may ask there
        try:
            self._server = xllamacpp.Server(settings)
        except RuntimeError as error:
            raise NotInstalled(f"{path} cannot be loaded: dana model remove, then dana model get") from error
        self._grammar = xllamacpp.json_schema_to_grammar
        self._running: dict[threading.Thread, threading.Event] = {}
        self._beginning = threading.Lock()
        self._ended = False
        atexit.register(self._end)

    def complete(self, body: dict[str, Any], cancelled: Callable[[], bool] | None = None) -> dict[str, Any]:
        """The response to a request: text, never tool calls; raises ValueError with what the runtime says against it.

        `cancelled` is asked at every token and five times a second; once it says so, the response is what there is,
        and its finish_reason is "cancelled". Temperature and seed are 0 and 1 unless the request names others.
        """
        said: list[str] = []
        response: dict[str, Any] = {"object": "chat.completion", "model": weights.DEFAULT}
        finish = "cancelled"
        usage: dict[str, Any] = {}
        for chunk in self.stream(body, cancelled):
            response.update({key: chunk[key] for key in ("id", "created")})
            for choice in chunk["choices"]:
                said.append(choice["delta"].get("content") or "")
                finish = choice["finish_reason"] or finish
            usage = chunk.get("usage") or usage
        message = {"role": "assistant", "content": "".join(said)}
        response["choices"] = [{"index": 0, "message": message, "finish_reason": finish}]
        response["usage"] = {key: usage.get(key, 0) for key in ("prompt_tokens", "completion_tokens", "total_tokens")}
        return response

    def stream(
        self, body: dict[str, Any], cancelled: Callable[[], bool] | None = None
    ) -> Generator[dict[str, Any], None, None]:
        """The chunks of the response as they are made, the last one with the usage; raises ValueError as `complete`.

        The request begins with the first chunk that is asked for; closing the generator ends it, and so does
        `cancelled`.
        """
        made: SimpleQueue[dict[str, Any] | Exception | None] = SimpleQueue()
        closed = threading.Event()
        # the runtime loses an interrupt that comes while it answers: it answers in a thread, where none comes
        work = threading.Thread(target=self._answer, args=(self._request(body), made, closed), daemon=True)
        with self._beginning:
            if self._ended:  # and with it the process: nobody will read an answer
                return
            self._running[work] = closed
            work.start()
        try:
            while cancelled is None or not cancelled():
                try:
                    chunk = made.get(timeout=_SLICE)
                except Empty:
                    continue
                if chunk is None:
                    break
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk
        finally:
            closed.set()

    def close(self) -> None:
        """End the requests that are under way."""
        for work, closed in list(self._running.items()):
            closed.set()
            work.join()

    def _end(self) -> None:
        """End all requests for good: a process that ended with one of them would crash."""
        with self._beginning:
            self._ended = True
        self.close()
        self._server = None  # which ends the runtime's own threads

    def _answer(
        self, request: dict[str, Any], made: SimpleQueue[dict[str, Any] | Exception | None], closed: threading.Event
    ) -> None:
        def take(chunk: dict[str, Any]) -> bool:
            if "error" in chunk:
                made.put(ValueError(_reason(chunk["error"])))
            elif "prompt_progress" not in chunk:
                made.put(chunk)
            return closed.is_set()

        try:
            if not closed.is_set():
                self._server.handle_chat_completions(request, take)
            made.put(None)
        except Exception as error:  # whatever the runtime finds: it is raised where the chunks are read
            made.put(ValueError(f"the runtime cannot read the request: {error}"))
        finally:
            del self._running[threading.current_thread()]

    def _request(self, body: dict[str, Any]) -> dict[str, Any]:
        given = {key: value for key, value in body.items() if value is not None}
        made = {"temperature": 0, "seed": SEED, **given, "stream": True, "stream_options": {"include_usage": True}}
        made["return_progress"] = True
        made["messages"] = [_inert(message) for message in made["messages"]]
        wanted = made.pop("response_format", {"type": "text"})
        if wanted["type"] == "json_schema":
            made["grammar"] = self._grammar_of(wanted["json_schema"]["schema"])
        elif wanted["type"] == "json_object":
            made["grammar"] = self._grammar_of({"type": "object"})
        return made

    def _grammar_of(self, schema: dict[str, Any]) -> str:
        """The grammar of a schema with bounds, in the language of the runtime's engine."""
        text: str = self._grammar(_guided(bounded(schema)) | {"x-guidance": {"whitespace_flexible": False}})
        return text if text.startswith("%llguidance") else self._grammar(bounded(schema))


def load() -> EmbeddedModel:
    """The model, loaded once for the process; raises NotInstalled."""
    global _loaded
    with _lock:
        if _loaded is None:
            path = weights.installed(weights.DEFAULT)
            if path is None:
                raise NotInstalled("the weights are missing: dana model get")
            _loaded = EmbeddedModel(path)
        return _loaded


def bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema with an end to every text, number, list and object in it.

    Keywords that a grammar does not hold are left out: what they ask for is checked as for any other model.
    """
    made = {key: value for key, value in schema.items() if key in _HELD}
    if "anyOf" in made:
        made["anyOf"] = [bounded(member) for member in made["anyOf"]]
    elif "type" not in made and "enum" not in made and "const" not in made:
        made["anyOf"] = [bounded(member) for member in _ANYTHING]
    kind = made.get("type", ())
    kinds = (kind,) if isinstance(kind, str) else kind
    if not _KINDS.issuperset(kinds):
        raise ValueError(f"{kind} is not a type of JSON schema")
    if "enum" in made:
        return made
    if "string" in kinds:
        made.setdefault("maxLength", max(LONGEST_TEXT, made.get("minLength", 0)))
    if "number" in kinds:
        made.setdefault("multipleOf", DECIMALS)
    if "number" in kinds or "integer" in kinds:
        if "exclusiveMinimum" not in made:
            made.setdefault("minimum", min(-LARGEST_NUMBER, made.get("maximum", 0)))
        if "exclusiveMaximum" not in made:
            made.setdefault("maximum", max(LARGEST_NUMBER, made.get("minimum", 0)))
    if "array" in kinds:
        made["items"] = bounded(made.get("items", {}))
        made.setdefault("maxItems", max(MOST_ITEMS, made.get("minItems", 0)))
    if "object" in kinds:
        known = made.get("properties", {})
        rest = made.get("additionalProperties", not known)
        if known:
            made["properties"] = {key: bounded(part) for key, part in known.items()}
        made["additionalProperties"] = False
        if rest is not False:
            made["additionalProperties"] = bounded({} if rest is True else rest)
            made.setdefault("maxProperties", len(known) + MOST_ITEMS)
    return made


def _guided(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with bounds, whose keys are bounded too: the engine llguidance holds patterns of keys."""
    made = dict(schema)
    if "anyOf" in made:
        made["anyOf"] = [_guided(member) for member in made["anyOf"]]
    if "items" in made:
        made["items"] = _guided(made["items"])
    if "properties" in made:
        made["properties"] = {key: _guided(part) for key, part in made["properties"].items()}
    rest = made.get("additionalProperties", False)
    if rest is not False:
        made["additionalProperties"] = _guided(rest)
        if "properties" not in made:  # a pattern would hold for the known keys as well
            made["patternProperties"] = {_KEY: made["additionalProperties"]}
            made["additionalProperties"] = False
    return made


def _inert(message: dict[str, Any]) -> dict[str, Any]:
    """A message whose text cannot end it: the runtime reads `<|im_end|>` as a sign, wherever it stands."""
    content = message["content"]
    return {**message, "content": content.replace("<|", "< |")} if isinstance(content, str) else message


def _reason(error: dict[str, Any]) -> str:
    if error.get("type") == "exceed_context_size_error":
        return f"the prompt has {error['n_prompt_tokens']} tokens, and this model reads {error['n_ctx']} at most"
    return str(error.get("message", "the runtime refused the request"))
