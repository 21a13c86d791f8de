"""Programs against endpoints that fail, in every way that endpoints do: what is tried again, and what people read."""

from __future__ import annotations

import gc
import json
import os
import socket
import threading
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import openai  # imported here, so that no test has to wait for it
import pytest

from dana import Host, LimitError, Limits, Session, UncaughtError
from dana.calls import ReasonError
from dana.errors import Diagnostic, Interrupted, UsageError
from dana.models import asking, endpoints
from dana.permissions import Permissions

from .misbehaving import (
    Endpoint,
    Exchange,
    Step,
    cut,
    drops,
    echo,
    empty,
    fails,
    hangs,
    html,
    malformed,
    no_choices,
    nothing,
    raw,
    refuses,
    says,
    says_json,
    slow,
    stream_cut,
    stream_malformed,
    stream_stalls,
    streams,
    waits,
)

assert openai.VERSION

ASK = 'print(reason("go"))'
ASK_DICT = 'print(reason("go", returns=dict))'
STREAM = 'for piece in reason("go", stream=True):\n    print(f"<{piece}>", end="")'
STREAM_LIST = 'for item in reason("go", returns=list, stream=True):\n    print(item)'


class Screen(Host):
    """Keeps what is printed, and can tell another thread that something was."""

    def __init__(self) -> None:
        super().__init__(lambda: Permissions(net=["127.0.0.1", "localhost", "models.invalid"], env=True))
        self.text = ""
        self.logged: list[str] = []
        self.seen: dict[str, threading.Event] = {}

    def write(self, text: str) -> None:
        self.text += text
        for wanted, event in self.seen.items():
            if wanted in self.text:
                event.set()

    def write_log(self, line: str) -> None:
        self.logged.append(line)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are sent again after a few milliseconds."""
    monkeypatch.setattr(endpoints, "PAUSE", 0.004)


def session(
    endpoint: Endpoint | str, host: Host | None = None, *, more: str = "", limits: Limits | None = None
) -> Session:
    """A session whose model is the one at an endpoint."""
    address = endpoint if isinstance(endpoint, str) else endpoint.base_url
    made = Session(host or Screen(), limits=limits)
    made.run(f'llm = create_llm_resource(base_url="{address}", model="m", api_key="k"{more})', "models.na")
    return made


def printed(endpoint: Endpoint | str, program: str, more: str = "") -> str:
    host = Screen()
    session(endpoint, host, more=more).run(program, "demo.na")
    return host.text


def failure(endpoint: Endpoint | str, program: str, more: str = "") -> Diagnostic:
    with pytest.raises(UncaughtError) as caught:
        printed(endpoint, program, more)
    return caught.value.diagnostic


def said(diagnostic: Diagnostic) -> str:
    """The message and the hint, without what they all begin with."""
    message = diagnostic.message.removeprefix("ReasonError: ")
    return message if diagnostic.hint is None else f"{message}\n  = {diagnostic.hint}"


# Refused


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            fails(401, "Incorrect API key provided", "invalid_api_key"),
            "openai/m refused the key (401): Incorrect API key provided, asked at demo.na:1\n"
            "  = the key is the one given as api_key=",
        ),
        (
            fails(403, "Country, region, or territory not supported"),
            "openai/m does not allow this (403): Country, region, or territory not supported, asked at demo.na:1\n"
            "  = the key is the one given as api_key=",
        ),
        (
            fails(404, "The model `m` does not exist", "model_not_found"),
            "openai/m was not found (404): The model `m` does not exist, asked at demo.na:1\n"
            "  = is ADDRESS the right address? it usually ends in /v1",
        ),
        (
            fails(400, "This model's maximum context length is 8192 tokens", "context_length_exceeded"),
            "openai/m refused the request (400): This model's maximum context length is 8192 tokens, "
            "asked at demo.na:1",
        ),
        (
            fails(429, "You exceeded your current quota", "insufficient_quota"),
            "the quota of openai/m is used up (429): You exceeded your current quota, asked at demo.na:1\n"
            "  = buy more of it at the provider, or name another model with fallback=",
        ),
        (
            raw(418, "I'm a teapot", "text/plain"),
            "openai/m refused the request (418): I'm a teapot, asked at demo.na:1",
        ),
        (
            raw(400, '{"detail": "no"}'),
            'openai/m refused the request (400): {"detail": "no"}, asked at demo.na:1',
        ),
        (raw(400, ""), "openai/m refused the request (400): no reason given, asked at demo.na:1"),
        (
            html(403),
            "openai/m does not allow this (403): a page of HTML, asked at demo.na:1\n  = the key is the one given as api_key=",
        ),
    ],
    ids=["401", "403", "404", "400", "quota", "teapot", "detail", "silent", "html"],
)
def test_refusals_end_the_call_at_once(step: Step, message: str) -> None:
    with Endpoint([step]) as endpoint:
        assert said(failure(endpoint, ASK)) == message.replace("ADDRESS", endpoint.base_url)
        assert len(endpoint.requests) == 1


def test_keys_that_are_refused_are_named() -> None:
    """By their variable; an address that only the program names gets none of them."""
    refused = fails(401, "no")
    with Endpoint([refused]) as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", endpoint.base_url)
        patch.setenv("OPENAI_API_KEY", "sk-very-secret")
        program = f'create_llm_resource(model="m")\n{ASK}'
        with pytest.raises(UncaughtError) as caught:
            Session(Screen()).run(program, "demo.na")
        assert caught.value.diagnostic.hint == "the key is the one in OPENAI_API_KEY"
        assert endpoint.requests[0].headers["authorization"] == "Bearer sk-very-secret"
        patch.delenv("OPENAI_BASE_URL")
        with pytest.raises(UncaughtError) as caught:
            Session(Screen()).run(f'create_llm_resource(model="m", base_url="{endpoint.base_url}")\n{ASK}')
        assert caught.value.diagnostic.hint == (
            "the key in OPENAI_API_KEY is not sent to an address that only the program names"
        )
        patch.delenv("OPENAI_API_KEY")
        with pytest.raises(UncaughtError) as caught:
            Session(Screen()).run(f'create_llm_resource(model="m", base_url="{endpoint.base_url}")\n{ASK}')
        assert caught.value.diagnostic.hint == "the request carried no key: give one with api_key="
        assert not any("sk-very-secret" in str(request.headers) for request in endpoint.requests[1:])


@pytest.mark.parametrize(
    ("models", "hint"),
    [
        (("gpt-5", "mm", "other"), "did you mean mm?"),
        (("gpt-5", "other"), "it has gpt-5, other"),
        (tuple(f"model-{n}" for n in range(12)), "it has " + ", ".join(f"model-{n}" for n in range(8)) + ", ..."),
    ],
    ids=["near", "far", "many"],
)
def test_unknown_models_are_compared_with_those_that_there_are(models: tuple[str, ...], hint: str) -> None:
    with Endpoint([fails(404, "The model `m` does not exist", "model_not_found")], models=models) as endpoint:
        assert said(failure(endpoint, ASK)) == (
            f"there is no model m at {endpoint.base_url} (404): The model `m` does not exist, asked at demo.na:1\n"
            f"  = {hint}"
        )


def test_wrong_path() -> None:
    with Endpoint() as endpoint:
        address = endpoint.base_url.removesuffix("/v1")
        assert said(failure(address, ASK)) == (
            'openai/m was not found (404): {"detail": "Not Found"}, asked at demo.na:1\n'
            f"  = is {address} the right address? it usually ends in /v1"
        )


def test_prompts_are_sent_whole() -> None:
    with Endpoint([fails(413, "Request Entity Too Large")]) as endpoint:
        assert said(failure(endpoint, 'text = "word " * 1_000_000\nprint(reason(f"Summarise: {text}"))')) == (
            "the prompt is too large for openai/m (413): Request Entity Too Large, asked at demo.na:2\n"
            "  = put less into the prompt, or ask a model that reads more"
        )
        [request] = endpoint.requests
        assert request.contents[1].count("word ") == 1_000_000


# Out of order


@pytest.mark.parametrize(
    "step",
    [
        fails(500, "boom"),
        fails(503, "loading the model"),
        fails(429, "slow down", "rate_limit_exceeded"),
        fails(529, "overloaded"),
        html(502),
        drops("start"),
        drops("head"),
        drops("body"),
        raw(200, '{"error": {"message": "upstream is gone", "code": 502}}'),
    ],
    ids=["500", "503", "429", "529", "html", "start", "head", "body", "error"],
)
@pytest.mark.usefixtures("hasty")
def test_requests_are_sent_again(step: Step) -> None:
    with Endpoint([step, step, says("hello")]) as endpoint:
        assert printed(endpoint, ASK) == "hello\n"
        first, second, third = endpoint.requests
        assert first.body == second.body == third.body


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (fails(500, "boom"), "openai/m is out of order (500): boom"),
        (fails(429, "slow down"), "openai/m is asked too often (429): slow down"),
        (html(502), "openai/m is out of order (502): a page of HTML"),
        (drops(), "the connection to openai/m broke off"),
        (raw(200, '{"error": "upstream is gone"}'), "openai/m answered with an error: upstream is gone"),
    ],
    ids=["500", "429", "html", "drops", "error"],
)
@pytest.mark.usefixtures("hasty")
def test_requests_are_not_sent_for_ever(step: Step, message: str) -> None:
    with Endpoint([step]) as endpoint:
        assert said(failure(endpoint, ASK)) == f"{message}, asked at demo.na:1"
        assert len(endpoint.requests) == asking.SENDINGS


def test_pauses_grow_and_end_with_the_time_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "PAUSE", 0.5)
    with Endpoint([fails(500, "boom")]) as endpoint:
        assert said(failure(endpoint, 'reason("go", timeout=3)')) == (
            "openai/m is out of order (500): boom, asked at demo.na:1\n"
            "  = the call may take 3 s in all: give it more with timeout="
        )
        assert len(endpoint.requests) == 3  # after 0.5 and 1 s; not after another 2


@pytest.mark.parametrize("header", [("Retry-After", "0.2"), ("retry-after-ms", "200")], ids=["seconds", "milliseconds"])
def test_endpoints_say_how_long_to_wait(header: tuple[str, str]) -> None:
    with Endpoint([fails(429, "slow down", headers=dict([header])), says("hello")]) as endpoint:
        begun = time.monotonic()
        assert printed(endpoint, ASK) == "hello\n"
        assert time.monotonic() - begun > 0.2


@pytest.mark.parametrize("status", [429, 503])
def test_waiting_longer_than_the_call_may_take_is_refused_at_once(status: int) -> None:
    with Endpoint([fails(status, "slow down", headers={"Retry-After": "30"})]) as endpoint:
        begun = time.monotonic()
        found = failure(endpoint, 'reason("go", timeout="10s")')
        assert time.monotonic() - begun < 10
        what = "is asked too often" if status == 429 else "is out of order"
        assert said(found) == (
            f"openai/m {what} ({status}): slow down; it asks to wait 30 s, asked at demo.na:1\n"
            "  = the call may take 10 s in all: give it more with timeout="
        )
        assert len(endpoint.requests) == 1


def test_endpoints_may_say_when_they_can_be_asked_again() -> None:
    after = {"Retry-After": formatdate(time.time() + 3600, usegmt=True)}
    with Endpoint([fails(429, "slow down", headers=after)]) as endpoint:
        assert "it asks to wait 3" in failure(endpoint, ASK).message
    with Endpoint(
        [fails(429, "slow down", headers={"Retry-After": formatdate(0, usegmt=True)}), says("hi")]
    ) as endpoint:
        assert printed(endpoint, ASK) == "hi\n"


# Out of reach


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_nothing_listens() -> None:
    address = f"http://127.0.0.1:{closed_port()}/v1"
    assert said(failure(address, ASK)) == (
        f"openai/m cannot be reached at {address}: the connection was refused, asked at demo.na:1\n"
        "  = is the server running?"
    )


def test_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*arguments: Any, **keywords: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert said(failure("http://models.invalid/v1", ASK)) == (
        "openai/m cannot be reached at http://models.invalid/v1: there is no such host, asked at demo.na:1\n"
        "  = is the address right, and the network up?"
    )


def test_no_secure_connection() -> None:
    with Endpoint() as endpoint:
        found = failure(endpoint.base_url.replace("http:", "https:"), ASK)
        assert "there is no secure connection: " in found.message
        assert found.hint == "is it https that the server speaks, with a certificate that this machine trusts?"


@pytest.mark.parametrize("step", [hangs(), slow("late", 5)], ids=["hangs", "slow"])
def test_slow_answers(step: Step) -> None:
    with Endpoint([step]) as endpoint:
        assert said(failure(endpoint, 'reason("go", timeout=0.2)')) == (
            "openai/m did not answer within 0.2 s, asked at demo.na:1\n  = give the call more time with timeout="
        )


# Not of the protocol


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            html(),
            "openai/m answered with a page of HTML: <!doctype html> <html><body><h1>Welcome</h1></body></html>, "
            "asked at demo.na:1\n  = is the address that of an API? it usually ends in /v1",
        ),
        (malformed(), 'openai/m answered with JSON that is broken: {"choices": [, asked at demo.na:1'),
        (
            nothing(),
            "openai/m answered with nothing, not even JSON, asked at demo.na:1\n"
            "  = is the address that of an API? it usually ends in /v1",
        ),
        (raw(200, "OK", "text/plain"), "openai/m answered with text/plain instead of JSON: OK, asked at demo.na:1"),
        (
            no_choices(),
            "openai/m answered with something else than a completion: "
            '{"id": "chatcmpl-1", "object": "chat.completion", "choices": []}, asked at demo.na:1',
        ),
        (
            raw(200, '{"choices": [{"message": null}]}'),
            'openai/m answered with something else than a completion: {"choices": [{"message": null}]}, '
            "asked at demo.na:1",
        ),
        (
            raw(200, "[" * 100_000),
            "openai/m answered with JSON that is broken: " + "[" * 197 + "..., asked at demo.na:1",
        ),
    ],
    ids=["html", "malformed", "nothing", "text", "no choices", "no message", "deep"],
)
def test_responses_that_are_no_completion(step: Step, message: str) -> None:
    with Endpoint([step]) as endpoint:
        assert said(failure(endpoint, ASK)) == message
        assert len(endpoint.requests) == 1


# Answers that cannot be used


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (cut("The capital of"), "the answer was cut off at the limit of tokens"),
        (empty(), "the answer is empty"),
        (says(None), "the answer is empty"),
        (refuses("I cannot help with that."), "the model refused to answer"),
        (says("", "content_filter"), "the answer was held back by a content filter"),
    ],
    ids=["cut", "empty", "null", "refusal", "filter"],
)
def test_answers_are_asked_for_again(step: Step, problem: str) -> None:
    with Endpoint([step, says("Paris")]) as endpoint:
        assert printed(endpoint, ASK) == "Paris\n"
        first, second = endpoint.requests
        assert len(first.contents) == 1
        assert second.contents[2] == f"That answer cannot be used: {problem}. Answer the same request again."


def test_attempts_are_shown() -> None:
    steps = [cut("The capital of"), empty(), refuses("I cannot help with that.")]
    with Endpoint(steps) as endpoint:
        assert said(failure(endpoint, ASK)) == (
            "no usable answer from openai/m after 3 attempts, asked at demo.na:1\n"
            "  1. the answer was cut off at the limit of tokens\n"
            "     The capital of\n"
            "  2. the answer is empty\n"
            "  3. the model refused to answer\n"
            "     I cannot help with that."
        )


def test_answers_cut_off_need_room() -> None:
    with Endpoint([cut("The capital of")]) as endpoint:
        assert said(failure(endpoint, 'reason("go", retries=0)')) == (
            "no usable answer from openai/m after 1 attempt, asked at demo.na:1\n"
            "  1. the answer was cut off at the limit of tokens\n"
            "     The capital of\n"
            "  = give it more room with max_tokens="
        )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('Here it is: {"a": {"b": [1]}}. Anything else?', {"a": {"b": [1]}}),
        ('Sure!\n```json\n{"a": 1}\n```\nI hope it helps.', {"a": 1}),
        ('```\n{"a": 1}\n```', {"a": 1}),
        ('{"a": 1, "b": [1, 2,],}', {"a": 1, "b": [1, 2]}),
        ("{'a': 1, 'b': 'x'}", {"a": 1, "b": "x"}),
        ("{'a': True, 'b': None,}", {"a": True, "b": None}),
        ('{"a": 1 /* one */}', {"a": 1}),
        ('{"answer": {"a": 1}}', {"answer": {"a": 1}}),
        ('As noted [1], the {answer} is: {"a": 1}', {"a": 1}),
        ('<think>Perhaps {"a": 0}?</think>\n{"a": 1}', {"a": 1}),
        ("{'a': '}', 'b': 'it\\'s'}", {"a": "}", "b": "it's"}),
    ],
)
def test_answers_are_read_as_they_are_meant(text: str, value: dict[str, Any]) -> None:
    with Endpoint([says(text)]) as endpoint:
        assert session(endpoint).evaluate('reason("go", returns=dict)') == value
        assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1, "b": [1, 2', "the answer is JSON that does not end"),
        ('{"a": {"b": 1}, "c": ', "the answer is JSON that does not end"),
        ('{"a": "it is', "the answer is JSON that does not end"),
        ("I cannot answer that.", 'answer: wanted an object, got "I cannot answer that."'),
        ("Well,\nI cannot answer that.", "the answer is not JSON"),
        ("I think that {this} is wrong.", "the answer is not JSON"),
        ('{"a": 1} or {"a": 2}', "the answer has 2 JSON values instead of one"),
        ('{"a": 1, ...}', "the answer leaves something out"),
        ('{"a":}', "the answer is not JSON"),
        ('{"a": [1, 2}', "the brackets of the answer do not match"),
        ('{"a": 1e999}', "the answer has 1e999, which is not JSON"),
        ("[1]", "answer: wanted an object, got a list of 1"),
        ('{"a": NaN}', "the answer has NaN, which is not JSON"),
        ('{"a":' * 200 + "1" + "}" * 200, "the answer is nested too deep"),
    ],
)
def test_answers_are_not_made_up(text: str, problem: str) -> None:
    with Endpoint([says(text), says_json({"a": 1})]) as endpoint:
        assert printed(endpoint, ASK_DICT) == "{'a': 1}\n"
        assert endpoint.requests[1].contents[-1] == (
            f"That answer cannot be used: {problem}. Answer the same request again. "
            "Answer with JSON only, that fits the schema."
        )


def test_remarks_in_brackets_are_no_lists() -> None:
    with Endpoint([says("I do not know [1]"), says("Here they are:\n[1, 2]")]) as endpoint:
        assert session(endpoint).evaluate('reason("go", returns=list)') == [1, 2]
        assert len(endpoint.requests) == 2


INVOICE = """
invoice = reason("Read it")
print(invoice["total"] * 2)
for line in invoice["lines"]:
    if line["kind"] == "food":
        print("food")
    elif line["kind"] == "drink":
        print("drink")
"""


def test_the_exact_failure_goes_back_with_only_the_last_answer() -> None:
    wrong = [
        {"total": "7", "lines": []},
        {"total": 7, "lines": [{"kind": "drink"}, {"kind": "Food"}]},
        {"total": 7, "lines": [{"kind": "food"}, {"kind": "drink"}]},
    ]
    with Endpoint([says_json(value) for value in wrong]) as endpoint:
        assert printed(endpoint, INVOICE) == "14\nfood\ndrink\n"
        first, second, third = endpoint.requests
    assert [message["role"] for message in first.body["messages"]] == ["system", "user"]
    for request, answer, problem in (
        (second, wrong[0], 'answer["total"]: wanted a number, got "7"'),
        (third, wrong[1], 'answer["lines"][1]["kind"]: wanted one of "food", "drink", got "Food"'),
    ):
        assert request.body["messages"][:2] == first.body["messages"]
        assert request.body["messages"][2:] == [
            {"role": "assistant", "content": json.dumps(answer)},
            {
                "role": "user",
                "content": f"That answer cannot be used: {problem}. Answer the same request again. "
                "Answer with JSON only, that fits the schema.",
            },
        ]


def test_programs_see_the_attempts() -> None:
    program = """
try:
    reason("How many?", returns=int, retries=1)
except ReasonError as error:
    for attempt in error.attempts:
        print(attempt["model"], attempt["answer"], attempt["problem"], attempt["input_tokens"], attempt["output_tokens"])
print(llm.usage)
"""
    with Endpoint([says("many"), says_json({"answer": 1.5}, usage=(20, 3))]) as endpoint:
        assert printed(endpoint, program) == (
            'openai/m many answer: wanted a whole number, got "many" 12 7\n'
            'openai/m {"answer": 1.5} answer: wanted a whole number, got 1.5 20 3\n'
            "{'calls': 1, 'requests': 2, 'input_tokens': 32, 'output_tokens': 10, 'cost': 'unpriced'}\n"
        )


def test_answers_without_usage_count_as_nothing() -> None:
    with Endpoint([says("hi", usage=None)]) as endpoint:
        assert printed(endpoint, 'reason("go")\nprint(llm.usage)') == (
            "{'calls': 1, 'requests': 1, 'input_tokens': 0, 'output_tokens': 0, 'cost': 0.0}\n"
        )


@pytest.mark.parametrize(("how", "value"), [("none", None), ("text", "rather not")], ids=["none", "text"])
def test_programs_say_what_an_invalid_answer_is(how: str, value: str | None) -> None:
    with Endpoint([says("rather not")]) as endpoint:
        assert session(endpoint).evaluate(f'reason("go", returns=dict, on_invalid="{how}")') == value
        assert len(endpoint.requests) == 3


# What an endpoint can do


@pytest.mark.parametrize(
    ("settings", "formats"),
    [
        ({}, ["json_schema"]),
        ({"refuse_schema": True}, ["json_schema", "json_object"]),
        ({"refuse_schema": True, "refuse_json_mode": True}, ["json_schema", "json_object", None]),
    ],
    ids=["schema", "json", "text"],
)
def test_endpoints_are_asked_in_the_way_that_they_know(settings: dict[str, bool], formats: list[str | None]) -> None:
    with Endpoint([says('{"a": 1}')], **settings) as endpoint:
        made = session(endpoint)
        for _ in range(2):
            assert made.evaluate('reason("go", returns=dict)') == {"a": 1}
        assert session(endpoint).evaluate('reason("go", returns=dict)') == {"a": 1}  # and in the next run
        assert endpoint.formats == [*formats, formats[-1], formats[-1]]


def test_many_requests_find_out_together() -> None:
    """Sixteen are refused their schema at once; none takes that for a refusal of what it has not tried."""
    together = threading.Barrier(16)

    def answer(body: dict[str, Any]) -> Step:
        if body.get("response_format", {}).get("type") != "json_schema":
            return says('{"answer": 1}')

        def step(exchange: Any) -> None:
            together.wait(5)
            fails(400, "json_schema is not supported")(exchange)

        return step

    with Endpoint(answer=answer) as endpoint:
        assert printed(endpoint, 'print(sum([reason("go", returns=int) for i in range(16)]))') == "16\n"
        assert endpoint.formats.count("json_object") == 16


def test_limits_of_tokens_have_two_names() -> None:
    def answer(body: dict[str, Any]) -> Step:
        if "max_tokens" in body:
            return fails(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return says(str(body["max_completion_tokens"]))

    with Endpoint(answer=answer) as endpoint:
        assert printed(endpoint, 'print(reason("go", max_tokens=9), reason("go", max_tokens=8))') == "9 8\n"
        assert len(endpoint.requests) <= 4
        assert printed(endpoint, 'print(reason("go", max_tokens=7))') == "7\n"
        assert "max_tokens" not in endpoint.requests[-1].body


def test_models_without_a_temperature() -> None:
    def answer(body: dict[str, Any]) -> Step:
        if "temperature" in body:
            return fails(400, "Unsupported value: 'temperature' does not support 0 with this model.")
        return says("hello")

    with Endpoint(answer=answer) as endpoint:
        assert printed(endpoint, f"{ASK}\n{ASK}", ", temperature=0") == "hello\nhello\n"
        assert ["temperature" in request.body for request in endpoint.requests] == [True, False, False]


# Options


def test_options_are_sent() -> None:
    options = {"temperature": 0.5, "max_tokens": 9, "system": "You are terse."}
    with Endpoint([echo()]) as endpoint:
        made = session(endpoint)
        assert json.loads(made.evaluate(f'reason("go", {options})')) == {
            "model": "m",
            "messages": [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "go"}],
            "temperature": 0.5,
            "max_tokens": 9,
        }
        assert endpoint.requests[0].headers["authorization"] == "Bearer k"


def test_choices() -> None:
    with Endpoint([says_json({"answer": "Red"}), says_json({"answer": "red"})]) as endpoint:
        assert session(endpoint).evaluate('reason("go", choices=["red", "blue"])') == "red"
        first, second = endpoint.requests
    assert first.body["response_format"] == {
        "type": "json_schema",
        "json_schema": {
            "name": "answer",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"answer": {"type": "string", "enum": ["red", "blue"]}},
                "required": ["answer"],
                "additionalProperties": False,
            },
        },
    }
    assert 'answer: wanted one of "red", "blue", got "Red"' in second.contents[-1]


def test_format_json() -> None:
    with Endpoint([says("[1, {}]")]) as endpoint:
        assert session(endpoint).evaluate('reason("go", {"format": "json"})') == [1, {}]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('reason("go", temprature=1)', "TypeError: reason() has no option 'temprature'; did you mean temperature?"),
        ('reason("go", {"max_token": 1})', "TypeError: reason() has no option 'max_token'; did you mean max_tokens?"),
        ('reason("go", {"retries": 1}, retries=2)', "TypeError: reason() got the option 'retries' twice"),
        ('reason("go", ["json"])', "TypeError: the options of reason() are a dict, not list"),
        ('reason("go", temperature=3)', "ValueError: temperature must be a number from 0 to 2, not 3"),
        ('reason("go", format="yaml")', "ValueError: format must be 'json' or 'text', not 'yaml'"),
        ('reason("go", choices=[])', "ValueError: choices must be a list of texts, not empty"),
        ('reason(" ")', "ValueError: the prompt is empty"),
        ("reason(3)", "TypeError: the prompt must be text, not int"),
        ('llm.reason("go", {"retries": 1}, retries=2)', "TypeError: reason() got the option 'retries' twice"),
        ('llm.chat("go", ["json"])', "TypeError: the options of chat() are a dict, not list"),
        ('llm.chat("go", temprature=1)', "TypeError: chat() has no option 'temprature'; did you mean temperature?"),
        ('llm.chat("")', "ValueError: the message is empty"),
        ("llm.chat([])", "ValueError: the message is empty"),
        (
            'reason("go", returns=int, stream=True)',
            "TypeError: stream=True gives text, or the items of a list, not a whole number",
        ),
        ("create_llm_resource(temperature=3)", "ValueError: temperature must be a number from 0 to 2, not 3"),
        (
            'create_llm_resource(fallback="gpt-5")',
            "TypeError: fallback must be a list of models, or of names of models",
        ),
    ],
)
def test_options_that_make_no_sense(call: str, message: str) -> None:
    with Endpoint() as endpoint:
        assert failure(endpoint, call).message == message
        assert endpoint.requests == []


# Money, and other models


def configure(text: str) -> None:
    Path("dana.toml").write_text(text)


def test_budgets_end_calls() -> None:
    configure('[model.prices]\n"m" = [1000, 2000]\n')
    with Endpoint([says("hi", usage=(10, 5))]) as endpoint:
        made = session(endpoint, more=", budget=0.03")
        made.run('reason("go")\nreason("go")')
        with pytest.raises(UncaughtError) as caught:
            made.run('reason("go")', "demo.na")
        assert caught.value.diagnostic.message == (
            "ReasonError: the budget of $0.03 for openai/m is used up: $0.0400 spent"
        )
        assert made.evaluate("llm.usage") == {
            "calls": 2,
            "requests": 2,
            "input_tokens": 20,
            "output_tokens": 10,
            "cost": 0.04,
        }
        assert len(endpoint.requests) == 2


def test_budgets_need_prices() -> None:
    with Endpoint() as endpoint:
        assert said(failure(endpoint, ASK, ", budget=1")) == (
            "nobody has said what openai/m costs, so its budget of $1 cannot be kept\n"
            '  = give its price in dana.toml: [model.prices] "NAME" = [dollars per million tokens in, and out]'
        )
        assert endpoint.requests == []


def test_failed_attempts_cost_too() -> None:
    configure('[model.prices]\n"m" = [1000, 2000]\n')
    with Endpoint([empty(), cut("so"), says("hi")]) as endpoint:
        made = session(endpoint)
        made.run('reason("go")')
        assert made.evaluate('llm.usage["cost"]') == pytest.approx(3 * (12 * 0.001 + 7 * 0.002))


def test_configuration_of_a_model() -> None:
    with Endpoint([echo()]) as endpoint:
        configure(f'[model]\nbase_url = "{endpoint.base_url}"\nmodel = "small"\ntemperature = 0.3\nmax_tokens = 50\n')
        host = Screen()
        Session(host).run(ASK)
        body = json.loads(host.text)
        assert [body[name] for name in ("model", "temperature", "max_tokens")] == ["small", 0.3, 50]


def test_wrong_configuration() -> None:
    configure('[model]\ntemprature = "warm"\n')
    with pytest.raises(UsageError) as caught:
        Session(Screen()).run(ASK)
    assert "did you mean temperature" in str(caught.value)


FALLBACK = """
first = create_llm_resource(base_url="{0}", model="first", api_key="k"{2})
second = create_llm_resource(base_url="{1}", model="second", api_key="k", fallback=[first])
"""


@pytest.mark.parametrize(
    "step", [fails(401, "no"), fails(404, "no"), fails(500, "no"), drops(), malformed(), empty(), refuses("no")]
)
@pytest.mark.usefixtures("hasty")
def test_another_model_is_asked(step: Step) -> None:
    with Endpoint([step]) as broken, Endpoint([says("hi")]) as sound:
        host = Screen()
        Session(host).run(
            FALLBACK.format(sound.base_url, broken.base_url, "") + 'print(reason("go"), first.usage["calls"])'
        )
        assert host.text == "hi 1\n"
        assert sound.requests[0].body["model"] == "first"


def test_all_attempts_of_all_models_are_shown() -> None:
    with Endpoint([says("a"), says("b")]) as wrong, Endpoint([fails(401, "no key")]) as closed:
        made = Session(Screen())
        made.run(FALLBACK.format(closed.base_url, wrong.base_url, ""))
        with pytest.raises(UncaughtError) as caught:
            made.run('reason("go", returns=int, retries=1)', "demo.na")
        assert said(caught.value.diagnostic) == (
            "openai/first refused the key (401): no key after 3 attempts, asked at demo.na:1\n"
            '  1. answer: wanted a whole number, got "a"\n'
            "     a\n"
            '  2. answer: wanted a whole number, got "b"\n'
            "     b\n"
            "  3. openai/first refused the key (401): no key\n"
            "  = the key is the one given as api_key="
        )


def test_budgets_of_other_models_hold_too() -> None:
    with Endpoint([fails(401, "no key")]) as closed, Endpoint([says("hi")]) as sound:
        made = Session(Screen())
        made.run(FALLBACK.format(sound.base_url, closed.base_url, ", budget=1"))
        with pytest.raises(UncaughtError) as caught:
            made.run('reason("go")', "demo.na")
        assert "nobody has said what openai/first costs" in caught.value.diagnostic.message
        assert sound.requests == []


# Streams


def test_pieces_of_text_arrive_before_the_end() -> None:
    host = Screen()
    first, second = (host.seen.setdefault(text, threading.Event()) for text in ("<one>", "<two>"))
    with Endpoint([streams(["one", first, "two", second, "three"])]) as endpoint:
        session(endpoint, host).run(f"{STREAM}\nprint(llm.usage)")
        assert host.text == (
            "<one><two><three>{'calls': 1, 'requests': 1, 'input_tokens': 12, 'output_tokens': 7, 'cost': 'unpriced'}\n"
        )


def test_items_of_lists_arrive_before_the_end() -> None:
    host = Screen()
    first, second = (host.seen.setdefault(text, threading.Event()) for text in ("1\n", "{'a': [2]}\n"))
    pieces = ['{"answer"', ": [1", ",", first, ' {"a": [', "2]}", ", ", second, '"x, y]"', "]}"]
    with Endpoint([streams(pieces)]) as endpoint:
        session(endpoint, host).run(STREAM_LIST)
        assert host.text == "1\n{'a': [2]}\nx, y]\n"


def test_items_are_checked() -> None:
    program = "items: list[int] = []\ndef f() -> list[int]:\n    return [1]\n"
    program += 'for item in reason("go", returns=list, stream=True):\n    print(item + 1)'
    with Endpoint([streams(["[1, 2, nonsense", "]"])]) as endpoint:
        host = Screen()
        with pytest.raises(UncaughtError) as caught:
            session(endpoint, host).run(program, "demo.na")
        assert host.text == "2\n3\n"
        assert said(caught.value.diagnostic) == "the answer is not JSON, asked at demo.na:4\n  [1, 2, nonsense]"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (stream_cut(["one", "two"]), "the stream of openai/m stopped in the middle of the answer"),
        (stream_cut(["one", "two"], clean=False), "the connection to openai/m broke off"),
        (stream_malformed(["one", "two"]), "openai/m sent a piece of its stream that is not of the protocol"),
        (stream_malformed(["one", "two"], b"[1]"), "openai/m sent a piece of its stream that is not of the protocol"),
        (
            stream_malformed(["one", "two"], b'{"choices": 3}'),
            "openai/m sent a piece of its stream that is not of the protocol",
        ),
        (stream_malformed(["one", "two"], b"\xff"), "openai/m sent a piece of its stream that is not of the protocol"),
        (
            stream_malformed(["one", "two"], b'{"error": {"message": "overloaded"}}'),
            "openai/m answered with an error: overloaded",
        ),
        (streams(["one", "two"], "content_filter"), "the answer was held back by a content filter"),
    ],
    ids=["cut", "dropped", "no JSON", "list", "number", "bytes", "error", "filter"],
)
def test_streams_that_break(step: Step, message: str) -> None:
    with Endpoint([step]) as endpoint:
        host = Screen()
        with pytest.raises(UncaughtError) as caught:
            session(endpoint, host).run(STREAM, "demo.na")
        assert host.text == "<one><two>"
        assert said(caught.value.diagnostic) == f"{message}, asked at demo.na:1\n  onetwo"
        error = caught.value.exception
        assert isinstance(error, ReasonError)
        assert [attempt["answer"] for attempt in error.attempts] == ["onetwo"]
        assert len(endpoint.requests) == 1


def test_streams_that_are_cut_off_need_room() -> None:
    with Endpoint([streams(["one"], "length")]) as endpoint:
        assert said(failure(endpoint, STREAM)) == (
            "the answer was cut off at the limit of tokens, asked at demo.na:1\n"
            "  one\n"
            "  = give it more room with max_tokens="
        )


def test_streams_that_stall() -> None:
    with Endpoint([stream_stalls(["one"])]) as endpoint:
        assert said(failure(endpoint, STREAM.replace("=True", "=True, timeout=0.5"))) == (
            "openai/m took longer than 0.5 s, asked at demo.na:1\n  one\n  = give it more with timeout="
        )


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            html(),
            "openai/m answered with a page of HTML, asked at demo.na:1\n"
            "  = is the address that of an API? it usually ends in /v1",
        ),
        (
            raw(200, '{"choices": []}'),
            "openai/m answered with application/json instead of a stream, asked at demo.na:1\n  = ask without stream=True",
        ),
        (raw(200, "", "text/event-stream"), "the stream of openai/m is empty, asked at demo.na:1"),
        (empty(), "the answer is empty, asked at demo.na:1"),
        (
            fails(401, "no"),
            "openai/m refused the key (401): no, asked at demo.na:1\n  = the key is the one given as api_key=",
        ),
    ],
    ids=["html", "json", "nothing", "empty", "401"],
)
def test_no_streams(step: Step, message: str) -> None:
    with Endpoint([step]) as endpoint:
        assert said(failure(endpoint, STREAM)) == message


@pytest.mark.parametrize("step", [fails(500, "boom"), fails(429, "slow"), drops("start")], ids=["500", "429", "drops"])
@pytest.mark.usefixtures("hasty")
def test_streams_that_have_not_begun_are_begun_again(step: Step) -> None:
    with Endpoint([step, step, says("hello there")]) as endpoint:
        assert printed(endpoint, STREAM) == "<hello>< there>"


def test_streams_of_endpoints_without_schemas() -> None:
    with Endpoint([says("[1, 2]")], refuse_schema=True, refuse_json_mode=True) as endpoint:
        assert printed(endpoint, STREAM_LIST) == "1\n2\n"
        assert endpoint.formats == ["json_schema", "json_object", None]


def test_streams_that_nobody_reads_to_the_end() -> None:
    with Endpoint([stream_stalls(["one", "two"]), says("hello")]) as endpoint:
        assert printed(endpoint, f'{STREAM}\n    break\nprint(reason("go"))') == "<one>hello\n"


# Conversations


def test_conversations_are_kept() -> None:
    with Endpoint([says("Hello Ada."), says("Ada."), says("Who?")]) as endpoint:
        program = """
print(llm.chat("I am Ada."), llm.chat("Who am I?"), len(llm.conversation))
llm.reset()
print(llm.chat("Who am I?"), llm.chat([{"role": "user", "content": "Alone?"}]), len(llm.conversation))
"""
        assert printed(endpoint, program, ', system="Be brief."') == "Hello Ada. Ada. 4\nWho? Who? 2\n"
        assert [request.contents for request in endpoint.requests] == [
            ["Be brief.", "I am Ada."],
            ["Be brief.", "I am Ada.", "Hello Ada.", "Who am I?"],
            ["Be brief.", "Who am I?"],
            ["Be brief.", "Alone?"],
        ]


def test_conversations_go_on_after_a_failure() -> None:
    with Endpoint([fails(401, "no"), says("Hello Ada.")]) as endpoint:
        program = """
try:
    llm.chat("I am Ada.")
except ReasonError as error:
    print(error)
print(llm.chat("Hi."), llm.conversation)
"""
        assert printed(endpoint, program) == (
            "openai/m refused the key (401): no\n"
            "Hello Ada. [{'role': 'user', 'content': 'Hi.'}, {'role': 'assistant', 'content': 'Hello Ada.'}]\n"
        )


def test_conversations_keep_only_what_was_said() -> None:
    with Endpoint([empty()]) as endpoint:
        assert printed(endpoint, 'print(llm.chat("Hi.", on_invalid="none"), llm.conversation)') == "None []\n"


# The end of a program


PROGRAMS = {
    "call": 'reason("go")',
    "overlapped": 'a = reason("go")\nb = reason("go")\nprint(a, b)',
    "list": 'x = [reason("go") for i in range(20)]',
    "stream": STREAM,
    "chat": 'llm.chat("go")',
    "pause": 'reason("again")',
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_cancelling_a_program_that_waits(program: str) -> None:
    reached = threading.Event()

    def answer(body: dict[str, Any]) -> Step:
        reached.set()
        if body["messages"][0]["content"] == "again":
            return fails(429, "slow down", headers={"Retry-After": "20"})
        return hangs()

    with Endpoint(answer=answer) as endpoint:
        made = session(endpoint)
        asked_at = 0.0

        def cancel() -> None:
            nonlocal asked_at
            assert reached.wait(30)
            asked_at = time.monotonic()
            made.cancel()

        canceller = threading.Thread(target=cancel)
        canceller.start()
        with pytest.raises(Interrupted):
            made.run(program)
        assert time.monotonic() - asked_at < 10  # not the 20 s of the pause
        canceller.join()


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_deadlines_end_programs_that_wait(program: str) -> None:
    with Endpoint([hangs()]) as endpoint:
        made = session(endpoint, limits=Limits(seconds=0.2))
        with pytest.raises(LimitError) as caught:
            made.run(program)
        assert caught.value.diagnostic.message == "the program ran longer than 0.2 s"


def test_sessions_go_on_after_an_interruption() -> None:
    go, reached = threading.Event(), threading.Event()

    def first(exchange: Exchange) -> None:
        reached.set()
        hangs()(exchange)

    with Endpoint([first, waits(go, "hello")]) as endpoint:
        host = Screen()
        made = session(endpoint, host)
        threading.Thread(target=lambda: reached.wait(30) and made.cancel()).start()
        with pytest.raises(Interrupted):
            made.run('a = reason("go")\nprint(a)')
        go.set()
        made.run('b = reason("go")\nprint(b)')
        assert host.text == "hello\n"


# Where requests go


@pytest.mark.parametrize("program", [ASK, STREAM])
@pytest.mark.parametrize("status", [301, 307, 308])
def test_redirects_are_not_followed(program: str, status: int) -> None:
    with Endpoint([says("taken")]) as other:
        where = other.base_url + "/chat/completions"
        with Endpoint([fails(status, headers={"Location": where})]) as endpoint:
            diagnostic = failure(endpoint, program)
            assert f"openai/m sends the request on to {where} ({status})" in diagnostic.message
            assert diagnostic.hint == "give that address itself, if it is to be trusted: keys do not follow redirects"
        assert other.requests == []


def test_streamed_refusal() -> None:
    with Endpoint([refuses("I would rather not.")]) as endpoint:
        assert failure(endpoint, STREAM).message == "ReasonError: the model refused to answer, asked at demo.na:1"


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are counted in /proc")
def test_sessions_that_are_gone_leave_no_connections_and_threads() -> None:
    def held() -> int:
        gc.collect()
        return len(os.listdir("/proc/self/fd")) + threading.active_count()

    with Endpoint([says("hello")]) as endpoint:
        printed(endpoint, ASK)
        most = held() + 10
        for _ in range(20):
            printed(endpoint, ASK)
        end = time.monotonic() + 20
        while held() > most and time.monotonic() < end:  # connections are closed in the background
            time.sleep(0.05)
        assert held() <= most
