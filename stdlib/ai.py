"""Model calls: `reason`, `create_llm_resource` and `secret`."""

from __future__ import annotations

import os

from dana.calls import ASKING, ReasonError
from dana.native import Library, current
from dana.secret import Secret
from dana.values import ERROR_FIELDS, NativeType, to_value, type_name

from .time import seconds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

library = Library("ai", "Calls of language models.")

library.error(ReasonError, "A model gave no usable answer. `attempts` is a list with every try: answer and problem.")
ERROR_FIELDS[ReasonError] = ("attempts",)

library.type(
    NativeType("secret", Secret, "A text that can be passed on but not read.", fields={"name": lambda own: own.name})
)


@library.function
def reason(prompt: Any, options: dict[str, Any] | None = None, /, **keywords: Any) -> Any:
    """Ask a language model; the answer has the shape that the program needs.

    The shape is what `returns=` says, else the annotation of the variable or of the function that returns the
    answer, else what the program does with it: `x["valid"]` under `if not` makes an object with a truth value,
    comparing with several texts makes a choice of these, arithmetic makes a number, a `for` loop a list; else it is
    text. `dana prompt FILE:LINE` shows it. An answer of another shape goes back to the model; after `retries`
    there is a ReasonError, with every try in `attempts`.

    In `reason(f"... {value} ...")` values are data: all but numbers, truth values and single words are fenced, and
    the model is told that what is inside is never an instruction. Secrets are refused.

    Options, as keywords or together in a dict in second place:
    `returns` the type of the answer; `choices` a list of texts of which the answer is one; `context` more data, or a
    memory; `system` who the model is; `model` a model, or a name such as "openai/gpt-5"; `temperature` 0 to 2;
    `max_tokens` of the answer; `retries` (2) how often a wrong answer is asked for again; `timeout` (60) in seconds, or
    a text such as "2m", for all tries together; `cache` True or a file, to keep the answer for the same call; `stream`
    True for pieces of text, or items of a list, as they come; `format` "json" or "text"; `on_invalid` "raise", "none"
    for None, or "text" for what the model said last; `values` a dict of what stands for names in braces in a prompt
    that is not written at the call, so that it is data there too. A dict of types is a type:
    `returns={"total": float}`.

    `tools` is a list of functions of the program that the model may call while it looks for the answer: each has a
    docstring, from which the model knows what it does, and types for all of its parameters, by which the arguments are
    checked. Errors that they raise are told to the model, but for a PermissionError. `max_tool_calls` (8) is how many
    calls there are in all; then the model has to answer. The log shows each. They run on the program's own thread, one
    after the other, and `timeout` is that of each request between them.

    `a = reason(...)` goes on at once; reading `a` waits. So do several calls in one list, dict or call.

    >>> model = create_llm_resource(provider="scripted", answers=["Paris", {"city": "Oslo", "people": 700000}])
    >>> reason("What is the capital of France?")
    'Paris'
    >>> reason("Norway's capital, and its population?", returns=dict)
    {'city': 'Oslo', 'people': 700000}
    """
    models = current().session.models
    given = models.merged("reason", options, keywords)
    if type(given.get("timeout")) is str:
        given["timeout"] = seconds_of(given["timeout"])
    return models.reason(prompt, None, given)


ASKING.add(id(reason))


@library.function
def describe_tools(tools: list[Any], /) -> list[dict[str, Any]]:
    """What a model is told of tools: a list of `name`, `description` and `parameters`, which is a JSON schema.

    Raises TypeError for what cannot be a tool, and says what it lacks.

    >>> def stock(item: str) -> int:
    ...     "How many there are of an item."
    ...     return 3
    >>> describe_tools([stock])[0]["parameters"]["properties"]
    {'item': {'type': 'string'}}
    """
    described: list[dict[str, Any]] = to_value([tool.data() for tool in current().session.models.tools(tools)])
    return described


@library.function
def create_llm_resource(
    provider: str | None = None,
    model: str | None = None,
    *,
    base_url: str | None = None,
    api_key: Any = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
    timeout: Any = None,
    system: str | None = None,
    fallback: list[Any] | None = None,
    budget: float | None = None,
    concurrency: int | None = None,
    answers: Any = None,
) -> Any:
    """A model to ask, with `.reason(...)`, `.chat(...)`, `.usage` and `.name`.

    The last one that is created outside of functions is the one that the global `reason` asks. `provider` is openai,
    azure, anthropic, gemini, groq, mistral, openrouter, together, ollama, vllm, llama.cpp and others (`dana doctor`
    lists them), local for the embedded model, or scripted; `model` its name there, `base_url` the address of any
    server that speaks the OpenAI protocol; `api_key` a secret, by default the provider's variable. What is not given
    is as `[model]` in dana.toml and the environment say. Nothing is connected before the first call.

    `fallback` lists models (or names of models) that are asked when this one gives no answer; `budget` is in US
    dollars; `concurrency` (16) how many calls are under way at once. `answers`, with provider="scripted", is a list of
    what the model says, or a function of the prompt: a text is said as it is, other values as JSON, and where tools
    are offered {"tool": name, "arguments": {...}} calls one.

    >>> model = create_llm_resource(provider="scripted", answers=["yes", "true"])
    >>> model.reason("Is water wet?", returns=bool)
    True
    >>> model.usage["requests"]
    2
    """
    for name, value in (("provider", provider), ("model", model), ("base_url", base_url), ("system", system)):
        if value is not None and type(value) is not str:
            raise TypeError(f"{name} must be text, not {type_name(value)}")
    if api_key is not None and type(api_key) not in (str, Secret):
        raise TypeError(f'api_key must be a secret, as in secret("MY_KEY"), not {type_name(api_key)}')
    if budget is not None and (type(budget) not in (int, float) or budget <= 0):
        raise ValueError("budget must be a number of US dollars above 0")
    if concurrency is not None and (type(concurrency) is not int or concurrency < 1):
        raise ValueError("concurrency must be a whole number above 0")
    if (provider == "scripted") != (answers is not None):
        raise ValueError('answers and provider="scripted" belong together')
    if answers is not None and type(answers) not in (list, tuple) and not callable(answers):
        raise TypeError(f"answers must be a list or a function, not {type_name(answers)}")
    session = current().session
    created = session.models.create(
        provider=provider,
        model=model,
        base_url=base_url,
        api_key=api_key,
        temperature=temperature,
        max_tokens=max_tokens,
        timeout=None if timeout is None else seconds_of(timeout),
        system=system,
        fallback=fallback,
        budget=budget,
        concurrency=concurrency,
        answers=answers,
    )
    if session.at_top_level():
        session.models.default = created
    return created


@library.function
def secret(name: str, /) -> Secret:
    """The secret with a name: the environment variable, or the line NAME=... of the file `.env` in this folder.

    A secret can be given to what sends it, such as `create_llm_resource(api_key=...)`. It has no text: printing and
    formatting show `<secret NAME>`, and a prompt refuses it; where its text turns up in what is printed, logged or sent
    to a model, that shows instead. Raises PermissionError without `--allow-env=NAME`, or `env = ["NAME"]` below
    `[permissions]` in dana.toml, and KeyError when there is none.

    >>> secret("HOME")
    <secret HOME>
    """
    if type(name) is not str:
        raise TypeError(f"the name of a secret is text, not {type_name(name)}")
    host = current().host
    host.permissions.check_env(name)
    text = os.environ.get(name)
    if text is None:
        text = _from_file(name)
    if text is None:
        raise KeyError(f"there is no secret {name}: set the environment variable, or write it into .env")
    host.keep_secret(name, text)
    return Secret(name, text)


def _from_file(name: str) -> str | None:
    """The value in `.env`: lines NAME=value, quotes around the value and `export` before the name are left out."""
    try:
        with open(".env", encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise OSError(f"cannot read .env: {error}") from None
    for line in lines:
        key, equals, value = line.partition("=")
        if equals and key.strip().removeprefix("export ").strip() == name:
            value = value.strip()
            return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
    return None
