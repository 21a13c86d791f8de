"""Real endpoints on loopback that tests of models share, and an environment without anybody's keys."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from dana.models import weights
from dana.models.providers import PROVIDERS


@pytest.fixture(autouse=True)
def without_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Nothing of this machine's configuration reaches a test."""
    names = {name for provider in PROVIDERS.values() for name in provider.keys}
    for name in (*names, "OPENAI_BASE_URL", "OLLAMA_HOST", "AZURE_OPENAI_ENDPOINT", "DANA_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("DANA_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def llama_server() -> Iterator[str]:
    """The base URL of llama.cpp's own OpenAI-compatible server, with the embedded model's weights."""
    if find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed: pip install 'dana[local]'")
    path = weights.installed("smollm2")
    if path is None:
        pytest.skip("the weights are not here: dana model get")
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = path
    settings.n_ctx = 8192
    settings.n_parallel = 2
    settings.verbosity = -1
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(settings)
    yield f"{server.listening_address}/v1"
    del server
