"""The embedded model: SmolLM2 in this process, through llama.cpp.

Its grammar makes every answer fit a schema, but only a schema with bounds makes it end; `bounded` adds them. What a
grammar does not hold, such as the range of a number, is checked as for any other model.
"""

from __future__ import annotations

import os
import threading

from dana.models import weights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONTEXT = 4096
"""Tokens of prompt and answer together."""

SEED = 1

LONGEST_TEXT = 200
MOST_ITEMS = 8

_lock = threading.Lock()
_loaded: EmbeddedModel | None = None


class NotInstalled(Exception):
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
        settings.n_ctx = CONTEXT
        settings.n_parallel = 1
        settings.verbosity = -1
        threads = max(1, (os.cpu_count() or 2) - 1)
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
        settings.api_keys = [os.urandom(16).hex()]  # the runtime also listens on loopback: nobody else may ask there
        try:
            self._server = xllamacpp.Server(settings)
        except RuntimeError as error:
            raise NotInstalled(f"{path} cannot be loaded: {error}; dana model remove, then dana model get") from None

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """The response to a request; raises ValueError with what the runtime says against it."""
        data: dict[str, Any] = self._server.handle_chat_completions({"seed": SEED, **body})
        if "error" in data:
            raise ValueError(data["error"].get("message", "the runtime refused the request"))
        return data


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
    """The same schema with an end to every text, list and object in it."""
    if not schema:
        return {
            "anyOf": [
                {"type": "string", "maxLength": LONGEST_TEXT},
                {"type": "number"},
                {"type": "boolean"},
                {"type": "array", "items": {"type": "string", "maxLength": LONGEST_TEXT}, "maxItems": MOST_ITEMS},
            ]
        }
    if "anyOf" in schema:
        return {**schema, "anyOf": [bounded(member) for member in schema["anyOf"]]}
    kind = schema.get("type")
    if kind == "string" and "enum" not in schema:
        return {"maxLength": LONGEST_TEXT, **schema}
    if kind == "array":
        return {"maxItems": MOST_ITEMS, **schema, "items": bounded(schema.get("items", {}))}
    if kind == "object":
        made = dict(schema)
        if "properties" in made:
            made["properties"] = {key: bounded(part) for key, part in made["properties"].items()}
        rest = made.get("additionalProperties", False)
        if rest is not False:
            made["additionalProperties"] = bounded({} if rest is True else rest)
            made.setdefault("maxProperties", MOST_ITEMS)
        return made
    return schema
