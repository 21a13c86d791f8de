"""Real endpoints on loopback that tests of models share, and an environment without anybody's keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dana.models.providers import PROVIDERS

from .llama_server import LlamaServer, missing


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
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    with LlamaServer() as server:
        yield server.base_url
