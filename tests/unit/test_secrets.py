"""Secrets: a program passes them on, and nothing that it shows or keeps has their text."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from dana import cli
from dana.permissions import Permissions
from dana.secret import Mask, Secret

TEXT = 'top/secret "12é'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_KEY", TEXT)


def run(capsys: pytest.CaptureFixture[str], program: str, *options: str) -> tuple[int, str, str]:
    Path("demo.na").write_text(program)
    code = cli.main(["run", *options, "demo.na"])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    "form",
    [
        TEXT,
        json.dumps(TEXT),
        json.dumps(TEXT, ensure_ascii=False),
        quote(TEXT),
        quote(TEXT, safe=""),
        base64.b64encode(TEXT.encode()).decode(),
        base64.b64encode(b"user:" + TEXT.encode()).decode(),
        base64.b64encode(b"ann:" + TEXT.encode() + b"...").decode(),
        base64.urlsafe_b64encode(b"us:" + TEXT.encode()).decode(),
    ],
)
def test_every_form_of_a_secret_is_masked(form: str) -> None:
    mask = Mask()
    mask.add("KEY", TEXT)
    shown = mask.text(f"before {form} after")
    assert "<secret KEY>" in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert mask.value({"a": [form, 3, None]})["a"][0] != form


def test_short_texts_and_other_texts_stay() -> None:
    mask = Mask()
    mask.add("KEY", "12345")
    assert mask.text("12345") == "12345"
    mask.add("KEY", "123456")
    assert mask.text("12345, 123456") == "12345, <secret KEY>"


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("key + 'x'", "TypeError: unsupported operand type(s) for +: 'Secret' and 'str'"),
        ("len(key)", "TypeError: object of type 'Secret' has no len()"),
        ("list(key)", "TypeError: 'Secret' object is not iterable"),
        ("'t' in key", "TypeError: argument of type 'Secret' is not iterable"),
        ("key[0]", "TypeError: 'Secret' object is not subscriptable"),
        ("json.dumps(key)", "TypeError: Object of type secret is not JSON serializable"),
        ("f'{key:>3}'", "TypeError: the secret SHOP_KEY has no text to format"),
        ("int(key)", "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'Secret'"),
    ],
)
def test_a_secret_has_no_text(capsys: pytest.CaptureFixture[str], expression: str, error: str) -> None:
    program = f'import json\nkey = secret("SHOP_KEY")\n{expression}\n'
    code, _, said = run(capsys, program, "--allow-env=SHOP_KEY")
    assert (code, said.strip().rpartition("\n")[2]) == (1, error)


def test_what_shows_a_secret_shows_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    program = (
        'key = secret("SHOP_KEY")\nprint(key, str(key), repr(key), f"{key}", "%s" % key, [key])\nprint(key == "x")\n'
    )
    assert run(capsys, program, "--allow-env=SHOP_KEY")[:2] == (
        0,
        " ".join(["<secret SHOP_KEY>"] * 5) + " [<secret SHOP_KEY>]\nFalse\n",
    )


def test_sinks_mask_a_text_that_came_back(capsys: pytest.CaptureFixture[str]) -> None:
    program = f'key = secret("SHOP_KEY")\ntext = {TEXT!r}\nprint(text)\nlog(text)\nraise ValueError(text)\n'
    code, out, said = run(capsys, program, "--allow-env=SHOP_KEY")
    assert (code, out) == (1, "<secret SHOP_KEY>\n")
    assert "top/secret" not in said
    assert said.endswith("ValueError: <secret SHOP_KEY>\n")


def test_recordings_and_prompts_have_no_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    program = (
        f'key = secret("SHOP_KEY")\ntext = {TEXT!r}\nasked = []\ndef answer(prompt):\n    asked.append(prompt)\n    return text\n'
        'create_llm_resource(provider="scripted", answers=answer)\nreason(f"what is {text}?")\n'
        'print("top" in str(asked[0]))\n'
    )
    assert run(capsys, program, "--allow-env=SHOP_KEY", "--record=calls.jsonl")[:2] == (0, "False\n")
    kept = Path("calls.jsonl").read_text()
    assert "top/" not in kept
    assert kept.count("<secret SHOP_KEY>") >= 2
    assert (
        run(capsys, program.replace('print("top" in str(asked[0]))\n', ""), "--allow-env", "--replay=calls.jsonl")[0]
        == 0
    )


def test_a_variable_needs_a_grant(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said = run(capsys, 'secret("SHOP_KEY")\n')
    wanted = "PermissionError: reading the variable SHOP_KEY needs --allow-env=SHOP_KEY"
    assert (code, said.strip().rpartition("\n")[2]) == (1, wanted)
    for options in (["--allow-env"], ["-A"]):
        assert run(capsys, 'secret("SHOP_KEY")\n', *options)[0] == 0
    Path("dana.toml").write_text('[permissions]\nenv = ["SHOP_KEY"]\n')
    assert run(capsys, 'secret("SHOP_KEY")\n')[0] == 0
    assert run(capsys, 'secret("HOME")\n')[0] == 1


def test_secrets_are_not_stored() -> None:
    import copy
    import pickle

    for store in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="a secret is not stored"):
            store(Secret("KEY", TEXT))  # type: ignore[operator]


def test_the_address_of_a_model_that_a_program_gives_needs_a_grant(capsys: pytest.CaptureFixture[str]) -> None:
    program = 'create_llm_resource(base_url="http://127.0.0.1:9/v1", model="m", api_key="k")\nreason("x")\n'
    code, _, said = run(capsys, program)
    wanted = "PermissionError: connecting to 127.0.0.1:9 needs --allow-net=127.0.0.1"
    assert (code, said.strip().rpartition("\n")[2]) == (1, wanted)
    assert "needs --allow-net" not in run(capsys, program, "--allow-net=127.0.0.1")[2]


def test_system_folders_are_not_part_of_all_folders() -> None:
    with pytest.raises(PermissionError, match="needs --allow-read=/proc/"):
        Permissions(read=["/"]).check_read("/proc/self/environ")


def test_a_second_name_of_a_guarded_file_is_guarded() -> None:
    Path(".env").write_text("A=1\n")
    Path("other").hardlink_to(".env")
    for name in ("other", ".ENV"):
        with pytest.raises(PermissionError):
            Permissions(read=["."]).check_read(name)
