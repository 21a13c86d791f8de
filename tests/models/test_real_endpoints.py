"""Calls against endpoints that are not ours: llama.cpp's server with a real model, and llmock for what goes wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dana import Host, Session, UncaughtError
from dana.models import weights
from dana.permissions import Permissions

RECIPE = Path(__file__).parents[3] / "shared" / "recipe"

SERVICES = """
def check_inventory(items):
    missing = [item["product_id"] for item in items if item["quantity"] > stock]
    return {"available": not missing, "shortfall": missing}

def process_payment(payment_info):
    if payment_info["amount"] > credit:
        return {"success": False, "error": "card declined"}
    return {"success": True, "transaction_id": "T-1"}

def create_order_record(order_data, transaction_id):
    return f"O-{order_data['customer_id']}-{transaction_id}"

def schedule_fulfillment(order_id, items):
    return {"estimated_date": "2026-12-01"}
"""


class Printed(Host):
    """A host that keeps what is printed and logged."""

    def __init__(self) -> None:
        super().__init__(lambda: Permissions(net=["127.0.0.1"]))
        self.text = ""
        self.logged: list[str] = []

    def write(self, text: str) -> None:
        self.text += text

    def write_log(self, line: str) -> None:
        self.logged.append(line)


def printed(program: str) -> str:
    host = Printed()
    Session(host).run(program)
    return host.text


def recipe(stock: int = 10, credit: int = 1000) -> dict[str, Any]:
    """What block 1 of the recipe makes of its order; it runs as it stands, beside the functions that it calls."""
    if not RECIPE.is_dir():
        pytest.skip("the recipe's programs are not beside this checkout")
    session = Session(Printed(), settings={"arguments": {"stock": stock, "credit": credit}})
    session.run(SERVICES, "services.na")
    session.run((RECIPE / "01_basic_workflow.na").read_text(), "01_basic_workflow.na")
    result: dict[str, Any] = session.evaluate("result")
    return result


@pytest.fixture
def at_llmock(llmock: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in llmock.env().items():
        monkeypatch.setenv(name, value)
    return llmock


# The recipe


VALID = {"valid": True, "issues": []}


@pytest.mark.parametrize(
    ("answer", "given", "status", "step"),
    [
        (VALID, {}, "completed", None),
        ({"valid": False, "issues": ["no address"]}, {}, "failed", "validation"),
        (VALID, {"stock": 1}, "failed", "inventory_check"),
        (VALID, {"credit": 5}, "failed", "payment_processing"),
    ],
    ids=["completed", "validation", "inventory", "payment"],
)
def test_recipe_at_llmock(at_llmock: Any, answer: Any, given: dict[str, int], status: str, step: str | None) -> None:
    at_llmock.reply(json.dumps(answer))
    result = recipe(**given)
    assert (result["status"], result.get("step")) == (status, step)
    assert result.get("errors", []) == answer["issues"]
    at_llmock.assert_resilient(strict=True)


def test_recipe_survives_a_bad_day(at_llmock: Any) -> None:
    at_llmock.fail(503)
    at_llmock.reply("Sure! The order looks fine to me.")
    at_llmock.reply('```json\n{"valid": "yes", "issues": []}\n```')
    at_llmock.reply(json.dumps(VALID))
    assert recipe()["status"] == "completed"
    at_llmock.assert_resilient(strict=True)


def test_recipe_with_a_real_model(llama_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", llama_server)
    Path("dana.toml").write_text("[model]\ntimeout = 300\nmax_tokens = 400\n")  # a busy machine may take its time
    assert outcome() in ("completed", "failed at validation", "the answer was cut off at the limit of tokens")


def outcome() -> str:
    """How the recipe's order ends; a small model may talk past the end three times, which is said."""
    try:
        result = recipe()
    except UncaughtError as error:
        attempts: list[dict[str, Any]] = getattr(error.exception, "attempts", [])
        return str(attempts[-1]["problem"] if attempts else error)
    return " at ".join(part for part in (result["status"], result.get("step")) if part)


# A real model


SHAPES = """
model = create_llm_resource(base_url=ADDRESS, model="smollm2", temperature=0, timeout=120)
urgent = reason("Is this urgent? The server is on fire!", returns=bool)
print(type_name(urgent))
kind = reason("A customer wants money back. Is that sales or support?", choices=["sales", "support"])
print(kind in ["sales", "support"])
invoice = reason(f"Read this invoice: {'Tea for 12 dollars, due in May'}", max_tokens=200)
print(type_name(invoice["total"] + 1), invoice["paid"] == True)
print(type_name(reason("Say hello in one short sentence.", max_tokens=60, on_invalid="text")))
print(model.usage["output_tokens"] > 0, model.usage["requests"] >= 4)
"""


def test_shapes_of_a_real_model(llama_server: str) -> None:
    text = printed(SHAPES.replace("ADDRESS", repr(llama_server)))
    lines = text.splitlines()
    assert [lines[0], lines[1], lines[3], lines[4]] == ["bool", "True", "str", "True True"]
    assert lines[2].split()[0] in ("int", "float")


def test_stream_of_a_real_model(llama_server: str) -> None:
    text = printed(
        f"create_llm_resource(base_url={llama_server!r}, model='smollm2', temperature=0)\n"
        "count = 0\n"
        "for piece in reason('Say hello in one short sentence.', stream=True):\n"
        "    count += 1\n"
        "print(count > 1)\n"
    )
    assert text == "True\n"


def test_embedded_model(llama_server: str) -> None:
    host = Printed()
    Session(host).run(
        "create_llm_resource(provider='local')\n"
        "a = reason('Is water wet?', returns=bool)\n"
        "b = reason('A number from 1 to 10?', returns=int)\n"
        "print(type_name(a), type_name(b))\n"
    )
    assert host.text == "bool int\n"
    assert len([line for line in host.logged if "embedded" in line]) == 1


def test_without_the_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DANA_MODELS", str(tmp_path))
    assert weights.installed("smollm2") is None
    with pytest.raises(UncaughtError) as caught:
        printed("reason('hello')")
    assert caught.value.diagnostic.message.startswith("ReasonError: no model is configured")
    assert (caught.value.diagnostic.hint or "").count("\n") == 2


# llmock


def test_rate_limit_is_waited_for(at_llmock: Any) -> None:
    at_llmock.rate_limit(times=2, retry_after=0.2)
    at_llmock.reply("done")
    assert printed("print(reason('go'))") == "done\n"
    at_llmock.assert_resilient(strict=True)


def test_quota_longer_than_the_call_may_take(at_llmock: Any) -> None:
    at_llmock.rate_limit(times=None, retry_after=30)
    with pytest.raises(UncaughtError) as caught:
        printed("reason('go', timeout=2)")
    assert "it asks to wait 30 s" in caught.value.diagnostic.message
    assert len(at_llmock.requests) == 1


@pytest.mark.parametrize("fault", ["truncate", "disconnect", "corrupt"])
def test_stream_that_breaks(at_llmock: Any, fault: str) -> None:
    getattr(at_llmock, fault)(after_chunks=2)
    with pytest.raises(UncaughtError) as caught:
        printed("for piece in reason('tell me a long story', stream=True):\n    print(piece, end='')")
    assert caught.value.diagnostic.message.startswith("ReasonError: ")


def test_stall(at_llmock: Any) -> None:
    at_llmock.stall(seconds=30)
    with pytest.raises(UncaughtError) as caught:
        printed("for piece in reason('tell me a story', stream=True, timeout=0.5):\n    pass")
    assert "took longer than 0.5 s" in caught.value.diagnostic.message


def test_answers_that_fit_the_schema(at_llmock: Any) -> None:
    """llmock answers by the schema that it is sent: so the schema is one, and says what the program needs."""
    text = printed(
        "ticket = 'the server is down'\n"
        "t = reason(f'Triage: {ticket}')\n"
        "for tag in t['tags']:\n"
        "    print(tag.upper() != '')\n"
        "if t['team'] == 'billing':\n"
        "    print('b')\n"
        "elif t['team'] == 'support':\n"
        "    print('s')\n"
        "print(t['score'] * 2 >= 0 or True, t['urgent'] == True or True)\n"
    )
    assert text.endswith("True True\n")
    assert any(line in ("b", "s") for line in text.splitlines())


def test_no_key_reaches_the_output(at_llmock: Any) -> None:
    at_llmock.fail(401)
    with pytest.raises(UncaughtError) as caught:
        printed("reason('go')")
    said = str(caught.value)
    assert os.environ["OPENAI_API_KEY"] not in said
    assert "OPENAI_API_KEY" in said
