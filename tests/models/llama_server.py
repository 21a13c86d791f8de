"""llama.cpp's own OpenAI-compatible server on loopback, in a process of its own, with the embedded model's weights."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from types import TracebackType

from dana.models import weights

PROGRAM = """
import os, sys
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import xllamacpp
settings = xllamacpp.CommonParams()
settings.model.path = sys.argv[1]
settings.n_ctx = 8192
settings.n_parallel = 2
settings.n_batch = settings.n_ubatch = 128
settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
settings.cache_ram_mib = 0
settings.fit_params = False
settings.verbosity = -1
server = xllamacpp.Server(settings)
print(server.listening_address, flush=True)
sys.stdin.read()
os._exit(0)
"""
"""It ends with its standard input, so also when the tests are killed."""


def missing() -> str | None:
    """Why the server cannot run here, or None."""
    if find_spec("xllamacpp") is None:
        return "xllamacpp is not installed: pip install 'dana[local]'"
    if weights.installed(weights.DEFAULT) is None:
        return "the weights are not here: dana model get"
    return None


class LlamaServer:
    """The server while the block runs; `base_url` is for clients of OpenAI's protocol. It answers two at once."""

    base_url: str

    def __init__(self) -> None:
        path = weights.installed(weights.DEFAULT)
        assert path is not None, missing()
        self._command = [sys.executable, "-c", PROGRAM, path]

    def __enter__(self) -> LlamaServer:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        address = self._process.stdout.readline().strip()
        if not address:
            _, said = self._process.communicate()
            raise RuntimeError(f"the server did not start: {said}")
        self.base_url = f"{address}/v1"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()
