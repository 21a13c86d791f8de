"""What dana.toml may say, and what is said about its mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dana import configuration
from dana.errors import UsageError
from dana.source import Source


def parsed(text: str) -> dict[str, Any]:
    return configuration.parse(Source(text, "dana.toml"))


def complaint(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        parsed(text)
    return str(caught.value)


WHOLE = """\
[model]
provider = "openai"
model = "gpt-6-luna"
base_url = "http://localhost:8000/v1"
api_key_env = "WORK_KEY"
temperature = 0
max_tokens = 500
timeout = 2.5
concurrency = 4
fallback = ["ollama/llama3.2", {provider = "groq", model = "llama-4"}]
budget = 1.50

[model.prices]
"gpt-6-luna" = [0.10, 0.50]

[permissions]
read = ["data"]

[project]
name = "triage"
"""


def test_a_whole_file() -> None:
    tables = parsed(WHOLE)
    assert tables["model"]["timeout"] == 2.5
    assert tables["model"]["prices"] == {"gpt-6-luna": [0.1, 0.5]}
    assert tables["permissions"] == {"read": ["data"]}


def test_other_tables_are_let_through() -> None:
    assert parsed("[workflow]\nwhatever = 1\n") == {"workflow": {"whatever": 1}}


# Where it is read from


def test_only_the_current_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dana.toml").write_text('[model]\nmodel = "above"\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    assert configuration.read() == {}
    (inner / "dana.toml").write_text('\ufeff[model]\r\nmodel = "here"\r\n', encoding="utf-8", newline="")
    assert configuration.read() == {"model": {"model": "here"}}
    assert configuration.read(str(tmp_path / "dana.toml")) == {"model": {"model": "above"}}


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        configuration.read(str(tmp_path / "none.toml"))
    assert str(caught.value) == f"error: {tmp_path}/none.toml does not exist"


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        configuration.read(str(tmp_path))
    assert str(caught.value) == f"error: {tmp_path} cannot be read: is a directory"


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "dana.toml"
    file.write_bytes(b'[model]\nmodel = "\xe4"\n')
    with pytest.raises(UsageError) as caught:
        configuration.read(str(file))
    assert str(caught.value) == f"error: {file} is not text in UTF-8: line 2\n  = save it as UTF-8"


# Mistakes


def test_not_toml() -> None:
    assert (
        complaint("[model]\nmodel = gpt-6-luna\n")
        == """\
error: this is not TOML: invalid value
  --> dana.toml:2:9
   |
 2 | model = gpt-6-luna
   |         ^"""
    )


def test_not_toml_at_the_end() -> None:
    assert (
        complaint("[model")
        == """\
error: this is not TOML: expected ']' at the end of a table declaration
  --> dana.toml:1:7
   |
 1 | [model
   |       ^"""
    )


def test_an_unknown_table() -> None:
    assert (
        complaint("[modle]\nx = 1\n")
        == """\
error: [modle] is not a table of dana.toml
  --> dana.toml:1:2
   |
 1 | [modle]
   |  ^^^^^
   = did you mean [model]?"""
    )


def test_a_setting_outside_its_table() -> None:
    assert (
        complaint('provider = "openai"\n')
        == """\
error: provider stands outside a table
  --> dana.toml:1:1
   |
 1 | provider = "openai"
   | ^^^^^^^^
   = write it below [model]:
     [model]
     provider = ..."""
    )


def test_a_model_that_is_no_table() -> None:
    assert (
        complaint('model = "gpt-6-luna"\n')
        == """\
error: model must be a table, not text
  --> dana.toml:1:1
   |
 1 | model = "gpt-6-luna"
   | ^^^^^
   = write [model]
     model = ..."""
    )


def test_an_unknown_setting() -> None:
    assert (
        complaint("[model]\n# temprature\ntemprature = 0.5\n")
        == """\
error: temprature is not a setting of [model]
  --> dana.toml:3:1
   |
 3 | temprature = 0.5
   | ^^^^^^^^^^
   = did you mean temperature?"""
    )


def test_every_mistake_is_told() -> None:
    assert (
        complaint('[model]\ntemperature = "hot"\nmax_tokens = 0\n')
        == """\
error: model.temperature must be a number from 0 to 2, not text
  --> dana.toml:2:1
   |
 2 | temperature = "hot"
   | ^^^^^^^^^^^

error: model.max_tokens must be a whole number above 0, not 0
  --> dana.toml:3:1
   |
 3 | max_tokens = 0
   | ^^^^^^^^^^"""
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("model = 4", "model.model must be text, not a number"),
        ('model = ""', "model.model is empty"),
        ("model = true", "model.model must be text, not true or false"),
        ("provider = 2026-01-01", "model.provider must be text, not a date or time"),
        ("temperature = 3", "model.temperature must be a number from 0 to 2, not 3"),
        ("temperature = true", "model.temperature must be a number from 0 to 2, not true or false"),
        ("timeout = inf", "model.timeout must be a number of seconds above 0, not inf"),
        ("budget = nan", "model.budget must be a number of dollars, not nan"),
        ("budget = -1", "model.budget must be a number of dollars, not -1"),
        ("concurrency = 1.5", "model.concurrency must be a whole number above 0, not 1.5"),
        ("fallback = 'x'", "model.fallback must be a list, not text"),
        ("fallback = ['a', 1]", "model.fallback, item 2, must be a model or a table, not a number"),
        ("fallback = [{modle = 'x'}]", "modle is not a setting of [model]"),
        ("fallback = [{fallback = []}]", "fallback is not a setting of [model]"),
        ("prices = []", "model.prices must be a table, not a list"),
        ("prices = {x = [1]}", "model.prices: the price of x must be two numbers"),
        ("prices = {x = [1, -1]}", "model.prices: the price of x must be two numbers"),
    ],
)
def test_wrong_values(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(f"[model]\n{line}\n")
    (found,) = caught.value.diagnostics
    assert (found.message, found.line) == (message, 2)


# Keys


@pytest.mark.parametrize("text", ['[model]\napi_key = "sk-secret"\n', 'model.api_key = "sk-secret"\n'])
def test_a_key_in_the_file_is_refused_and_not_shown(text: str) -> None:
    line = text.count("\n")
    assert (
        complaint(text)
        == f"""\
error: dana.toml:{line}: model.api_key: a key does not belong in a file
  = put it into a variable of the environment and write the name here: api_key_env = "OPENAI_API_KEY\""""
    )


def test_a_key_in_place_of_the_name_of_a_variable_is_not_shown() -> None:
    assert (
        complaint('[model]\napi_key_env = "sk-secret"\n')
        == """\
error: dana.toml:2: model.api_key_env must be the name of a variable of the environment, not a key
  = write the name of a variable, such as api_key_env = "OPENAI_API_KEY\""""
    )


def test_a_key_is_not_shown_where_the_file_is_no_toml() -> None:
    assert complaint("[model]\napi_key = sk-secret\n") == "error: dana.toml:2: this is not TOML: invalid value"
    assert "sk-secret" not in complaint('api_key = "sk-secret"\n')
    assert "sk-secret" not in complaint('[model]\nfallback = [{modle = "x", api_key = "sk-secret"}]\n')


# Places


@pytest.mark.parametrize(
    "text",
    [
        '[model.prices]\n"gpt" = 1\n',
        "[model]\nprices.gpt = 1\n",
        "[ 'model' ]\n  prices = {gpt = 1}\n",
        "# model.prices\nmodel.prices.gpt = 1\n",
    ],
)
def test_the_line_of_a_setting_is_found(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(text)
    assert caught.value.diagnostic.line == 2


def test_arrays_without_end_are_refused() -> None:
    with pytest.raises(UsageError, match=r"dana\.toml is nested too deep"):
        configuration.parse(Source("[model]\nx = " + "[" * 5_000, "dana.toml"))
