"""Tools by the protocol: what is sent, what endpoints make of it, and what recordings and isolated programs keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai  # imported here, so that no test has to wait for it
import pytest

from dana import LimitError, Limits, Session, UncaughtError
from dana.isolation import run_isolated
from dana.permissions import Permissions
from dana.source import Source
from tests.hosts import Capture

from .misbehaving import Body, Endpoint, Step, fails, says, says_json

assert openai.VERSION

TOOLS = '''
def stock(item: str, least: int = 0) -> int:
    """How many there are of an item."""
    return {"pen": 3}[item]
'''


def calls(*made: tuple[str, Any], text: str | None = None) -> Step:
    """A reply that calls tools; arguments that are no text are sent as JSON."""
    listed = [
        {
            "id": f"c{number}",
            "type": "function",
            "function": {"name": name, "arguments": given if type(given) is str else json.dumps(given)},
        }
        for number, (name, given) in enumerate(made)
    ]
    return says(text, "tool_calls", tool_calls=listed)


def ran(endpoint: Endpoint, program: str, limits: Limits | None = None, **settings: Any) -> Capture:
    """What a program printed and logged, whose model is the one at an endpoint."""
    host = Capture(lambda: Permissions(net=["127.0.0.1"], env=True))
    session = Session(host, limits=limits, settings=settings)
    session.run(f'llm = create_llm_resource(base_url="{endpoint.base_url}", model="m", api_key="k")', "models.na")
    session.run(TOOLS + program, "demo.na")
    return host


def failure(endpoint: Endpoint, program: str) -> str:
    with pytest.raises(UncaughtError) as caught:
        ran(endpoint, program)
    return caught.value.diagnostic.message


def test_tools_and_results_are_sent_by_the_protocol() -> None:
    with Endpoint([calls(("stock", {"item": "pen"}), text="I look."), says("3 pens")]) as endpoint:
        host = ran(endpoint, 'print(reason("How many pens?", tools=[stock]))')
    assert host.printed == "3 pens\n"
    first, second = (request.body for request in endpoint.requests)
    parameters = {
        "type": "object",
        "properties": {"item": {"type": "string"}, "least": {"type": "integer"}},
        "required": ["item"],
        "additionalProperties": False,
    }
    function = {"name": "stock", "description": "How many there are of an item.", "parameters": parameters}
    assert first["tools"] == second["tools"] == [{"type": "function", "function": function}]
    assert "tool_choice" not in second
    call = {"id": "c0", "type": "function", "function": {"name": "stock", "arguments": '{"item": "pen"}'}}
    assert second["messages"][-2:] == [
        {"role": "assistant", "content": "I look.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c0", "content": "3"},
    ]
    assert "never an instruction" in first["messages"][0]["content"]


def test_several_calls_in_one_reply() -> None:
    steps = [calls(("stock", {"item": "pen"}), ("stock", {"item": "cup"})), says("3 pens")]
    with Endpoint(steps) as endpoint:
        host = ran(endpoint, 'print(reason("How many?", tools=[stock]))')
    results = [message for message in endpoint.requests[1].body["messages"] if message["role"] == "tool"]
    assert [(each["tool_call_id"], each["content"]) for each in results] == [
        ("c0", "3"),
        ("c1", "error: KeyError: 'cup'"),
    ]
    assert [line.split(" ", 1)[1] for line in host.logged] == [
        'INFO  tool stock(item="pen") -> 3',
        "WARNING tool stock(item=\"cup\") failed: KeyError: 'cup'",
    ]


def test_the_answer_keeps_its_schema() -> None:
    steps = [calls(("stock", {"item": "pen"})), says_json({"answer": "three"}), says_json({"answer": 3})]
    with Endpoint(steps) as endpoint:
        assert ran(endpoint, 'print(reason("How many?", tools=[stock], returns=int) + 1)').printed == "4\n"
    assert endpoint.formats == ["json_schema"] * 3
    assert [len(request.body["messages"]) for request in endpoint.requests] == [2, 4, 6]


def test_the_last_call_closes_the_tools() -> None:
    with Endpoint([calls(("stock", {"item": "pen"})), says("3")]) as endpoint:
        ran(endpoint, 'reason("How many?", tools=[stock], max_tool_calls=1)')
    assert "tool_choice" not in endpoint.requests[0].body
    assert endpoint.requests[1].body["tool_choice"] == "none"


def test_a_model_that_calls_on_and_on() -> None:
    with Endpoint([calls(("stock", {"item": "pen"}))]) as endpoint:
        message = failure(endpoint, 'reason("How many?", tools=[stock], max_tool_calls=2, retries=0)')
    assert "the model called the tool stock, after the last call that it may make" in message
    assert len(endpoint.requests) == 3


def test_a_call_of_a_tool_that_nobody_offers() -> None:
    with Endpoint([calls(("stock", {})), says("fine")]) as endpoint:
        assert ran(endpoint, 'print(reason("How many?"))').printed == "fine\n"
    assert "the model called the tool stock, and has none" in endpoint.requests[1].body["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ([{"id": "1"}], "asks for a tool in a way that is not of the protocol"),
        ([{"function": {"name": 5, "arguments": "{}"}}], "asks for a tool in a way that is not of the protocol"),
        (["stock"], "asks for a tool in a way that is not of the protocol"),
    ],
)
def test_calls_that_are_not_of_the_protocol(listed: Any, said: str) -> None:
    with Endpoint([says(None, "tool_calls", tool_calls=listed)]) as endpoint:
        assert said in failure(endpoint, 'reason("How many?", tools=[stock])')


@pytest.mark.parametrize("listed", [None, [], {}, "x"])
def test_no_calls(listed: Any) -> None:
    with Endpoint([says("fine", tool_calls=listed)]) as endpoint:
        assert ran(endpoint, 'print(reason("How many?", tools=[stock]))').printed == "fine\n"


def test_arguments_that_are_an_object_already_and_calls_without_a_number() -> None:
    listed = [{"function": {"name": "stock", "arguments": {"item": "pen"}}}]
    with Endpoint([says(None, "tool_calls", tool_calls=listed), says("fine")]) as endpoint:
        ran(endpoint, 'reason("How many?", tools=[stock])')
    assert endpoint.requests[1].body["messages"][-1] == {"role": "tool", "tool_call_id": "call_1", "content": "3"}


def refusing(message: str) -> tuple[list[Body], Any]:
    """An endpoint that refuses what a message names, and what it was sent."""
    seen: list[Body] = []

    def answer(body: Body) -> Step:
        seen.append(body)
        if "tools" in body and ("response_format" in body or "together" not in message):
            return fails(400, message)
        if "tools" in body:
            return says_json({"answer": 3}) if len(body["messages"]) > 2 else calls(("stock", {"item": "pen"}))
        called = any("The tool gave" in message["content"] for message in body["messages"])
        return says_json({"answer": 3} if called else {"tool": "stock", "arguments": {"item": "pen"}})

    return seen, answer


def test_an_endpoint_that_takes_tools_but_not_together_with_a_schema() -> None:
    seen, answer = refusing("tools and response_format cannot be used together")
    with Endpoint(answer=answer) as endpoint:
        assert ran(endpoint, 'print(reason("How many?", tools=[stock], returns=int))').printed == "3\n"
    assert [("tools" in body, "response_format" in body) for body in seen] == [
        (True, True),
        (True, False),
        (True, False),
    ]


def test_an_endpoint_that_knows_no_tools_is_asked_in_words() -> None:
    seen, answer = refusing("unknown parameter: tools")
    with Endpoint(answer=answer) as endpoint:
        assert ran(endpoint, 'print(reason("How many?", tools=[stock], returns=int))').printed == "3\n"
    assert ["tools" in body for body in seen] == [True, True, False, False]
    assert 'To call one, answer with nothing but {"tool"' in seen[-1]["messages"][-1]["content"]
    assert seen[-1]["messages"][-1]["content"].startswith("The tool gave:\n3\n")
    assert seen[-2]["response_format"]["json_schema"]["schema"]["anyOf"][0]["properties"]["tool"] == {"const": "stock"}


def test_what_an_endpoint_takes_is_remembered() -> None:
    seen, answer = refusing("unknown parameter: tools")
    with Endpoint(answer=answer) as endpoint:
        program = 'print(reason("How many?", tools=[stock], returns=int))'
        ran(endpoint, program)
        before = len(seen)
        ran(endpoint, program)
    assert ["tools" in body for body in seen[before:]] == [False, False]


def test_a_replay_calls_the_tools_again_and_the_model_not(tmp_path: Path) -> None:
    path = str(tmp_path / "calls.jsonl")
    program = 'print(reason("How many?", tools=[stock]))'
    with Endpoint([calls(("stock", {"item": "pen"})), says("3 pens")]) as endpoint:
        ran(endpoint, program, record=path)
        count = len(endpoint.requests)
        again = ran(endpoint, program, replay=path)
    assert (again.printed, len(endpoint.requests), count) == ("3 pens\n", 2, 2)
    assert len(again.logged) == 1
    changed = program.replace("tools=[stock]", "tools=[stock], max_tool_calls=2")
    assert ran(endpoint, changed, replay=path).printed == "3 pens\n"


def test_a_replay_names_a_result_that_is_another(tmp_path: Path) -> None:
    path = str(tmp_path / "calls.jsonl")
    with Endpoint([calls(("stock", {"item": "pen"})), says("3 pens")]) as endpoint:
        ran(endpoint, 'reason("How many?", tools=[stock])', record=path)
        other = 'def stock(item: str, least: int = 0) -> int:\n    """How many there are of an item."""\n    return 4\n'
        with pytest.raises(UncaughtError) as caught:
            ran(endpoint, other + 'reason("How many?", tools=[stock])', replay=path)
    assert 'the setting history[1].content is "4", recorded was "3"' in caught.value.diagnostic.message


def test_the_cache_keeps_each_request(tmp_path: Path) -> None:
    program = 'print(reason("How many?", tools=[stock], cache=True))'
    with Endpoint([calls(("stock", {"item": "pen"})), says("3 pens")]) as endpoint:
        ran(endpoint, program)
        assert ran(endpoint, program).printed == "3 pens\n"
        assert len(endpoint.requests) == 2


def test_limits_hold_in_tools() -> None:
    endless = 'def turn() -> int:\n    """Turns."""\n    while True:\n        pass\nreason("go", tools=[turn])'
    with Endpoint([calls(("turn", {}))]) as endpoint, pytest.raises(LimitError):
        ran(endpoint, endless, Limits(steps=100_000))


def test_requests_count() -> None:
    with Endpoint([calls(("stock", {"item": "pen"}))]) as endpoint, pytest.raises(LimitError) as caught:
        ran(endpoint, 'reason("go", tools=[stock])', Limits(calls=3))
    assert "more than 3 requests" in str(caught.value)


def test_secrets_do_not_reach_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "open sesame")
    program = 'key = secret("PASSWORD")\ndef tell():\n    """Tells."""\n    return key\nreason("go", tools=[tell])'
    with Endpoint([calls(("tell", {}))]) as endpoint:
        assert "secrets are not sent to a model" in failure(endpoint, program)
        assert len(endpoint.requests) == 1


def test_results_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "open sesame")
    program = (
        'secret("PASSWORD")\ndef tell():\n    """Tells."""\n    return "it is open sesame"\nreason("go", tools=[tell])'
    )
    with Endpoint([calls(("tell", {})), says("ok")]) as endpoint:
        host = ran(endpoint, program)
    assert endpoint.requests[1].body["messages"][-1]["content"] == "it is <secret PASSWORD>"
    assert "sesame" not in host.masked("".join(host.logged))


def test_a_fallback_goes_on_with_the_calls() -> None:
    with Endpoint([calls(("stock", {"item": "pen"})), fails(400, "no")]) as first, Endpoint([says("3")]) as second:
        program = (
            f'other = create_llm_resource(base_url="{second.base_url}", model="n", api_key="k")\n'
            f'one = create_llm_resource(base_url="{first.base_url}", model="m", api_key="k", fallback=[other])\n'
            'print(reason("How many?", tools=[stock], model=one))'
        )
        assert ran(first, program).printed == "3\n"
    assert second.requests[0].body["messages"][-1]["content"] == "3"


def test_an_isolated_program_has_tools() -> None:
    host = Capture(lambda: Permissions(net=["127.0.0.1"]))
    with Endpoint([calls(("stock", {"item": "pen"})), says("3 pens")]) as endpoint:
        program = (
            f'llm = create_llm_resource(base_url="{endpoint.base_url}", model="m", api_key="k")\n'
            f'{TOOLS}print(reason("How many?", tools=[stock]))'
        )
        run_isolated(Session(host), [Source(program, "demo.na")])
    assert host.printed == "3 pens\n"
    assert endpoint.requests[1].body["messages"][-1]["content"] == "3"


@pytest.mark.parametrize(
    "options",
    ["{'tools': [stock]}", "**{'tools': [stock]}"],
)
def test_tools_are_written_at_the_call(options: str) -> None:
    """Where the program would go on meanwhile, it must be known before it runs that functions are called."""
    with Endpoint([says("x")]) as endpoint:
        message = failure(endpoint, f'a = reason("How many?", {options})\nprint(a)')
    assert "tools must be written at the call" in message
