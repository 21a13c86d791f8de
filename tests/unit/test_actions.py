"""Actions of workflows, against real servers on this machine and real files."""

from __future__ import annotations

import http.server
import json
import shutil
import socket
import socketserver
import sqlite3
import ssl
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dana import DanaError, Host, Limits, Session, modules
from dana.errors import Interrupted, LimitError
from dana.permissions import Permissions
from dana.secret import Secret

modules.library("ai")  # secrets are part of it


class Capture(Host):
    """Grants what a test says, and keeps what is logged."""

    def __init__(self, **granted: Any) -> None:
        super().__init__(lambda: Permissions(**granted))
        self.logged: list[str] = []

    def write_log(self, line: str) -> None:
        self.logged.append(line)


class Service(http.server.ThreadingHTTPServer):
    """A service that answers with what stands under a path, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers: dict[str, Callable[[Answering], None]] = {}
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.ended = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Clients that have gone are what some tests are about."""


class Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.server.answers[self.path.partition("?")[0]](self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer

    def give(self, status: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


def gives(
    status: int, body: bytes = b"", kind: str = "application/json", **headers: str
) -> Callable[[Answering], None]:
    return lambda answering: answering.give(status, body, kind, **headers)


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.ended.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DANA_API_URL", "DANA_SMTP_URL", "DANA_SMTP_PASSWORD", "DANA_MAIL_SENDER", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


def do(action: str, host: Host | None = None, limits: Limits | None = None, /, **parameters: Any) -> Any:
    """What an action gives, called by a program."""
    session = Session(host or Capture(everything=True), limits=limits)
    session.run(f"def act(parameters):\n    return {action}(parameters)")
    try:
        return session.call("act", parameters)
    except DanaError as error:
        raise getattr(error, "exception", error) from None


def call(host: Host | None = None, limits: Limits | None = None, /, **parameters: Any) -> Any:
    return do("api_call", host, limits, **parameters)


def failure(action: str, host: Host | None = None, /, **parameters: Any) -> Any:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # which it is, the tests compare
        do(action, host, **parameters)
    return caught.value


def said(action: str, host: Host | None = None, /, **parameters: Any) -> str:
    error = failure(action, host, **parameters)
    return f"{type(error).__name__}: {error}"


# HTTP


def test_a_call_gives_what_the_service_answers(service: Service) -> None:
    service.answers["/a"] = gives(200, b'{"id": 7}', X_Trace="t1")
    result = call(url=f"{service.url}/a")
    assert result["headers"].pop("date")
    assert result["headers"].pop("server")
    headers = {"content-type": "application/json", "content-length": "9", "x-trace": "t1"}
    assert result == {"status": 200, "data": {"id": 7}, "headers": headers, "ok": True}


def test_what_is_sent(service: Service) -> None:
    service.answers["/v1/customers"] = gives(201, b"{}")
    call(
        endpoint="/customers",
        base_url=f"{service.url}/v1/",
        method="post",
        data={"name": "Ä", "n": [1, None]},
        params={"q": "a b&c", "tag": ["x", 2], "all": True, "none": None},
        headers={"X-One": "1", "X-Key": Secret("KEY", "s3cret")},
        auth=Secret("TOKEN", "abc"),
        idempotency_key="order-17",
    )
    ((method, path, headers, body),) = service.requests
    assert (method, path) == ("POST", "/v1/customers?q=a+b%26c&tag=x&tag=2&all=true")
    assert json.loads(body) == {"name": "Ä", "n": [1, None]}
    assert headers["content-type"] == "application/json"
    assert headers["authorization"] == "Bearer abc"
    assert (headers["x-one"], headers["x-key"], headers["idempotency-key"]) == ("1", "s3cret", "order-17")
    assert headers["host"] == service.url.removeprefix("http://")


def test_texts_bytes_and_other_kinds_of_login(service: Service) -> None:
    service.answers["/"] = gives(204)
    assert call(url=service.url, method="PUT", data="täxt")["data"] is None
    call(
        url=service.url,
        method="PUT",
        data=b"\0",
        headers={"content-type": "image/x"},
        auth={"username": "a", "password": Secret("P", "b")},
    )
    call(url=service.url, method="PUT", json="text")
    sent = [(headers["content-type"], headers.get("authorization"), body) for _, _, headers, body in service.requests]
    assert sent == [
        ("text/plain; charset=utf-8", None, "täxt".encode()),
        ("image/x", "Basic YTpi", b"\0"),
        ("application/json", None, b'"text"'),
    ]


@pytest.mark.parametrize(
    ("kind", "body", "data"),
    [
        ("text/plain", b"1", "1"),
        ("text/plain; charset=latin-1", b"\xe4", "ä"),
        ("text/plain; charset=nonsense", b"a", b"a"),
        ("text/html", b"a\xff", "a\ufffd"),
        ("application/problem+json; charset=utf-8", b"[1]", [1]),
        ("application/json", b"{broken", "{broken"),
        ("image/png", b"\x89PNG\xff", b"\x89PNG\xff"),
        ("application/json", b"", None),
    ],
)
def test_what_an_answer_becomes(service: Service, kind: str, body: bytes, data: object) -> None:
    service.answers["/"] = gives(200, body, kind)
    assert call(url=service.url)["data"] == data


def test_the_base_may_be_configured(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.answers["/v2/x"] = service.answers["/v3/x"] = gives(200, b"{}")
    assert said("api_call", endpoint="/x") == (
        "ValueError: api_call: '/x' is no whole URL, and nothing says what it belongs to; give base_url, set "
        'DANA_API_URL, or write base_url = "https://..." below [workflow] in dana.toml'
    )
    Path("dana.toml").write_text(f'[workflow]\nbase_url = "{service.url}/v3"\n')
    call(endpoint="x")
    monkeypatch.setenv("DANA_API_URL", f"{service.url}/v2")
    call(endpoint="/x")
    assert [path for _, path, _, _ in service.requests] == ["/v3/x", "/v2/x"]


def test_statuses_that_are_errors(service: Service) -> None:
    service.answers["/x"] = gives(404, b'{"error": "no such order"}')
    error = failure("api_call", url=f"{service.url}/x?token=1", params={"q": 1})
    assert str(error) == f'GET {service.url}/x gave status 404: {{"error": "no such order"}}'
    assert (error.status, error.body, error.retryable, error.retry_after) == (
        404,
        {"error": "no such order"},
        False,
        None,
    )
    assert call(url=f"{service.url}/x", expect=[200, 404])["ok"] is False
    service.answers["/y"] = gives(200, b"{}")
    assert failure("api_call", url=f"{service.url}/y", expect=[201]).status == 200
    service.answers["/z"] = gives(500, b"x" * 1000, "text/plain")
    assert str(failure("api_call", url=f"{service.url}/z")) == f"GET {service.url}/z gave status 500: {'x' * 500}"


@pytest.mark.parametrize(
    ("status", "method", "key", "retryable"),
    [
        (500, "GET", None, True),
        (500, "POST", None, False),
        (500, "POST", "k", True),
        (503, "POST", None, True),
        (429, "POST", None, True),
        (400, "GET", None, False),
        (501, "GET", None, False),
    ],
)
def test_what_may_be_tried_again(service: Service, status: int, method: str, key: str | None, retryable: bool) -> None:
    service.answers["/"] = gives(status, Retry_After="7")
    error = failure("api_call", url=service.url, method=method, idempotency_key=key)
    assert (error.retryable, error.retry_after) == (retryable, 7.0)


def test_when_to_try_again_may_be_a_time(service: Service) -> None:
    service.answers["/"] = gives(503, Retry_After="Wed, 21 Oct 2099 07:28:00 GMT")
    assert failure("api_call", url=service.url).retry_after > 1e9
    service.answers["/"] = gives(503, Retry_After="soon")
    assert failure("api_call", url=service.url).retry_after is None


def test_secrets_that_come_back_are_masked(service: Service) -> None:
    service.answers["/"] = lambda own: own.give(401, own.headers["Authorization"].encode(), "text/plain")
    error = failure("api_call", url=service.url, auth=Secret("TOKEN", "s3cret-token"))
    assert str(error) == f"GET {service.url} gave status 401: Bearer <secret TOKEN>"
    assert error.body == "Bearer <secret TOKEN>"


def test_redirects_stay_on_their_host(service: Service) -> None:
    service.answers["/old"] = gives(302, Location="/new")
    service.answers["/new"] = gives(200, b'"here"')
    service.answers["/form"] = gives(303, Location="new")
    service.answers["/moved"] = gives(308, Location="/kept")
    service.answers["/kept"] = gives(200, b'"kept"')
    service.answers["/loop"] = gives(302, Location="/loop")
    service.answers["/away"] = gives(302, Location="http://localhost:1/")
    assert call(url=f"{service.url}/old")["data"] == "here"
    assert call(url=f"{service.url}/form", method="POST", data={"a": 1})["data"] == "here"
    assert call(url=f"{service.url}/moved", method="POST", data={"a": 1})["data"] == "kept"
    assert [(method, body) for method, _, _, body in service.requests[2:]] == [
        ("POST", b'{"a": 1}'),
        ("GET", b""),
        ("POST", b'{"a": 1}'),
        ("POST", b'{"a": 1}'),
    ]
    error = failure("api_call", url=f"{service.url}/old", method="POST", data={})
    assert str(error) == f"POST {service.url}/old gave status 302: it redirects to /new, which is not followed"
    error = failure("api_call", url=f"{service.url}/away")
    wanted = f"GET {service.url}/away gave status 302: it redirects to http://localhost:1/, which is not followed"
    assert str(error) == wanted
    assert str(failure("api_call", url=f"{service.url}/loop")) == (
        f"GET {service.url}/loop failed: it redirects more than 5 times"
    )


def test_permission_is_needed(service: Service) -> None:
    port = service.server_port
    wanted = f"PermissionError: connecting to 127.0.0.1:{port} needs --allow-net=127.0.0.1"
    assert said("api_call", Capture(), url=service.url) == wanted
    assert said("api_call", Capture(net=True), url=service.url) == wanted
    assert said("api_call", Capture(net=True), url=f"http://2130706433:{port}/") == (
        f"PermissionError: connecting to 2130706433:{port}, which is 127.0.0.1, needs --allow-net=2130706433"
    )
    assert service.requests == []
    service.answers["/"] = gives(200, b"{}")
    assert call(Capture(net=["127.0.0.1"]), url=service.url)["ok"]
    assert call(Capture(net=["localhost"]), url=f"http://localhost:{port}/")["ok"]


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/x"
    error = failure("api_call", url=url, method="POST")
    assert str(error) == f"POST {url} failed: the connection is refused: nothing listens there"
    assert error.retryable
    error = failure("api_call", url="http://nowhere.invalid/x", method="POST")
    assert str(error) == "POST http://nowhere.invalid/x failed: there is no host nowhere.invalid"


def test_the_other_side_is_verified(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    certificate, key = str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem")
    make = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run([openssl, *make.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    service.socket = context.wrap_socket(service.socket, server_side=True)
    service.answers["/"] = gives(200, b'"safe"')
    url = f"https://localhost:{service.server_port}/"
    error = failure("api_call", url=url)
    assert str(error) == f"GET {url} failed: the certificate of localhost is not trusted: self-signed certificate"
    assert not error.retryable
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    assert call(url=url)["data"] == "safe"
    assert service.requests[0][2]["host"] == f"localhost:{service.server_port}"
    error = failure("api_call", url=url.replace("localhost", "127.0.0.1"))
    assert "the certificate of 127.0.0.1 is not trusted: IP address mismatch" in str(error)


@pytest.mark.parametrize(("method", "retryable"), [("GET", True), ("POST", False)])
def test_no_answer_in_time(service: Service, method: str, retryable: bool) -> None:
    service.answers["/slow"] = lambda own: own.server.ended.wait(30) and None
    started = time.monotonic()
    error = failure("api_call", url=f"{service.url}/slow", method=method, timeout=0.2)
    assert str(error) == f"{method} {service.url}/slow failed: no answer within 0.2 s"
    assert error.retryable is retryable
    assert time.monotonic() - started < 15  # not the 30 s of the answer


def test_the_time_is_for_the_whole_answer(service: Service) -> None:
    def drip(own: Answering) -> None:
        own.send_response(200)
        own.send_header("Content-Length", "1000")
        own.end_headers()
        while not own.server.ended.wait(0.02):
            own.wfile.write(b"x")

    service.answers["/drip"] = drip
    error = failure("api_call", url=f"{service.url}/drip", timeout=0.3)
    assert str(error) == f"GET {service.url}/drip failed: no answer within 0.3 s"


def test_an_answer_that_breaks_off(service: Service) -> None:
    def half(own: Answering) -> None:
        own.send_response(200)
        own.send_header("Content-Length", "1000")
        own.end_headers()
        own.wfile.write(b"x")
        own.close_connection = True

    service.answers["/half"] = half
    assert (
        str(failure("api_call", url=f"{service.url}/half")) == f"GET {service.url}/half failed: the answer breaks off"
    )

    def nothing(own: Answering) -> None:
        own.close_connection = True

    service.answers["/none"] = nothing
    assert str(failure("api_call", url=f"{service.url}/none")) == (
        f"GET {service.url}/none failed: the server ended the connection without an answer"
    )


def test_an_answer_that_is_too_large(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.answers["/"] = gives(200, b'"' + b"x" * 5000 + b'"')
    with pytest.raises(LimitError):
        call(None, Limits(text=1000), url=service.url)
    from dana import network

    monkeypatch.setattr(network, "LARGEST", 1000)
    error = failure("api_call", url=service.url)
    assert str(error) == f"GET {service.url} failed: the answer has more than 1,000 bytes"
    assert not error.retryable


def test_a_call_ends_when_the_program_is_to_stop(service: Service) -> None:
    reached = threading.Event()

    def answer(own: Answering) -> None:
        reached.set()
        own.server.ended.wait(30)

    service.answers["/slow"] = answer
    session = Session(Capture(everything=True))
    threading.Thread(target=lambda: reached.wait(30) and session.cancel()).start()
    started = time.monotonic()
    with pytest.raises(Interrupted):
        session.run(f'api_call({{"url": "{service.url}/slow"}})')
    assert time.monotonic() - started < 15
    with pytest.raises(LimitError):
        call(None, Limits(seconds=0.1), url=f"{service.url}/slow")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "ValueError: api_call needs an endpoint or a url, and not both"),
        ({"url": "http://a/", "metod": "GET"}, "ValueError: api_call: 'metod' is no parameter; did you mean method?"),
        ({"url": "http://a/", "method": "PSOT"}, "ValueError: api_call: method cannot be 'PSOT'; did you mean POST?"),
        (
            {"url": "http://a/", "timeout": 0},
            "ValueError: api_call: timeout must be above 0 and at most 3,600 s, not 0",
        ),
        ({"url": 1}, "TypeError: api_call: url must be text, not int"),
        ({"url": "http://a/\r\nX: y"}, "ValueError: api_call: url has a control character or the end of a line in it"),
        ({"url": "ftp://a/"}, "ValueError: 'ftp://a/' is not a URL that begins with https:// or http:// and a host"),
        (
            {"url": "file:///etc/passwd"},
            "ValueError: 'file:///etc/passwd' is not a URL that begins with https:// or http:// and a host",
        ),
        ({"url": "http://u:p@a/"}, "ValueError: a: a URL has no user and password; give them as auth"),
        (
            {"endpoint": "/../x", "base_url": "http://a"},
            "ValueError: api_call: endpoint '/../x' leads out of its base_url",
        ),
        ({"url": "http://a/", "headers": {"A B": "c"}}, "ValueError: api_call: 'A B' cannot be the name of a header"),
        ({"url": "http://a/", "headers": {"Host": "c"}}, "ValueError: api_call: 'Host' cannot be the name of a header"),
        (
            {"url": "http://a/", "headers": {"A": "c\r\nB: d"}},
            "ValueError: api_call: headers.A has a character in it that headers cannot have",
        ),
        (
            {"url": "http://a/", "headers": {"A": []}},
            "TypeError: api_call: headers.A must be text or a secret, not list",
        ),
        (
            {"url": "http://a/", "params": {"A": {}}},
            "TypeError: api_call: params.A must be text, a number, or a list of these, not dict",
        ),
        ({"url": "http://a/", "data": 1, "json": 2}, "ValueError: api_call takes data or json, and not both"),
        ({"url": "http://a/", "expect": "2xx"}, "TypeError: api_call: expect must be a list of statuses, not str"),
    ],
)
def test_wrong_parameters_of_calls(parameters: dict[str, Any], message: str) -> None:
    assert said("api_call", **parameters) == message


def test_secrets_do_not_go_into_bodies_or_queries() -> None:
    key = Secret("KEY", "s3cret")
    for parameters in ({"data": {"k": key}}, {"params": {"k": key}}):
        error = failure("api_call", url="http://127.0.0.1:1/", **parameters)
        assert type(error) is TypeError
        assert "s3cret" not in str(error)


# Databases


def sql(text: str, parameters: Any = None, **more: Any) -> Any:
    return do("database_operation", operation="execute", sql=text, parameters=parameters, **more)


def test_a_database_is_kept_in_the_project() -> None:
    sql("CREATE TABLE orders(id INTEGER PRIMARY KEY, item TEXT, total REAL)")
    many = [{"item": "pen", "total": 1.5}, {"item": "ink", "total": None}]
    assert do("database_operation", operation="insert", table="orders", values=many) == {
        "rows": [],
        "count": 2,
        "last_id": 2,
    }
    one = do("database_operation", operation="insert", table="orders", values={"item": "it's; DROP TABLE orders"})
    assert one["last_id"] == 3
    found = do(
        "database_operation", operation="query", sql="SELECT item, total FROM orders WHERE id < ?", parameters=[3]
    )
    assert found == {"rows": many, "count": 2, "last_id": None}
    named = do(
        "database_operation",
        operation="query",
        sql="SELECT id FROM orders WHERE item = :item",
        parameters={"item": "ink"},
    )
    assert named["rows"] == [{"id": 2}]
    changed = do(
        "database_operation",
        operation="update",
        table="orders",
        values={"total": 2},
        where={"total": None, "item": ["ink", "pen"]},
    )
    assert changed["count"] == 1
    assert do("database_operation", operation="delete", table="orders", where={"id": [1, 3]})["count"] == 2
    with sqlite3.connect(".dana/data.db") as kept:
        assert kept.execute("SELECT * FROM orders").fetchall() == [(2, "ink", 2.0)]


def test_a_transaction_is_done_whole_or_not() -> None:
    sql("CREATE TABLE t(a UNIQUE)")
    statements = [
        {"operation": "insert", "table": "t", "values": {"a": 1}},
        {"sql": "UPDATE t SET a = a + ?", "parameters": [1]},
        {"operation": "query", "sql": "SELECT a FROM t"},
    ]
    assert do("database_operation", operation="transaction", statements=statements) == {
        "rows": [{"a": 2}],
        "count": 3,
        "last_id": 1,
    }
    error = failure("database_operation", operation="transaction", statements=[statements[0], *statements[:1]])
    assert (str(error), error.retryable) == ("the database refuses: UNIQUE constraint failed: t.a", False)
    assert sql("SELECT count(*) AS n FROM t")["rows"] == [{"n": 1}]


def test_databases_need_permission(tmp_path: Path) -> None:
    parameters = {"operation": "query", "sql": "SELECT 1 AS one", "database": "shop.db"}
    assert said("database_operation", Capture(), **parameters) == (
        "PermissionError: using the database shop.db needs --allow-db=shop.db"
    )
    assert not (tmp_path / "shop.db").exists()
    assert do("database_operation", Capture(db=["shop.db"]), **parameters)["rows"] == [{"one": 1}]
    parameters["database"] = "postgresql://ann:pw@db.example.com/shop"
    assert said("database_operation", Capture(), **parameters) == (
        "PermissionError: using the database postgresql://db.example.com/shop needs "
        "--allow-db=postgresql://db.example.com/shop"
    )


@pytest.mark.parametrize(
    "text",
    [
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'other.db'",
        "PRAGMA writable_schema = 1",
        "PRAGMA temp_store_directory = '/tmp'",
        "SELECT load_extension('x')",
        "CREATE VIRTUAL TABLE x USING csv(filename='/etc/passwd')",
    ],
)
def test_a_statement_stays_in_its_database(text: str, tmp_path: Path) -> None:
    wanted = "ValueError: database_operation: the statement reaches out of its database, or changes how it works"
    assert said("database_operation", operation="execute", sql=text) == wanted
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "ValueError: database_operation needs operation"),
        ({"operation": "qurey"}, "ValueError: database_operation: operation cannot be 'qurey'; did you mean query?"),
        ({"operation": "query"}, "ValueError: database_operation needs sql"),
        (
            {"operation": "query", "sql": "SELECT 1", "table": "t"},
            "ValueError: database_operation: query takes no table",
        ),
        (
            {"operation": "query", "sql": "SELECT 1; SELECT 2"},
            "ValueError: database_operation: you can only execute one statement at a time",
        ),
        (
            {"operation": "query", "sql": "SELECT 1 AS a, 2 AS a"},
            "ValueError: database_operation: two columns are called a; name one of them with AS",
        ),
        (
            {"operation": "query", "sql": "SELECT ?", "parameters": [[]]},
            "TypeError: database_operation: a list cannot be kept in a column; write it as JSON",
        ),
        (
            {"operation": "query", "sql": "SELECT ?", "parameters": [2**70]},
            "ValueError: database_operation: Python int too large to convert to SQLite INTEGER",
        ),
        (
            {"operation": "insert", "table": "t; DROP", "values": {"a": 1}},
            "ValueError: database_operation: table cannot be called 't; DROP'; names are letters, digits and _",
        ),
        (
            {"operation": "insert", "table": "t", "values": {'a" --': 1}},
            "ValueError: database_operation: a column cannot be called 'a\" --'; names are letters, digits and _",
        ),
        ({"operation": "insert", "table": "t", "values": []}, "ValueError: database_operation: insert needs values"),
        (
            {"operation": "delete", "table": "t"},
            "ValueError: database_operation: delete needs where; where={} means every row",
        ),
        (
            {"operation": "transaction", "statements": []},
            "TypeError: database_operation: statements must be a list of at least one statement, not list",
        ),
        (
            {"operation": "transaction", "statements": [{"sqll": 1}]},
            "ValueError: database_operation: statements[0]: 'sqll' is no parameter; did you mean sql?",
        ),
        (
            {"operation": "query", "sql": "SELECT * FROM orders"},
            "ActionError: the database refuses: no such table: orders",
        ),
        (
            {"operation": "query", "sql": "SELECT 1", "database": "duckdb://x"},
            "ValueError: duckdb:// is no database; write a path for SQLite, or a URL of postgresql, mysql, mariadb, mssql, oracle",
        ),
        (
            {"operation": "query", "sql": "SELECT 1", "database": "nowhere/x.db"},
            "ActionError: the database nowhere/x.db cannot be opened: unable to open database file",
        ),
    ],
)
def test_wrong_statements(parameters: dict[str, Any], message: str) -> None:
    assert said("database_operation", **parameters) == message


def test_a_file_that_is_no_database() -> None:
    Path("x.db").write_text("no database, " * 20)
    assert said("database_operation", operation="query", sql="SELECT * FROM t", database="x.db") == (
        "ActionError: the database refuses: file is not a database"
    )
    assert said("database_operation", operation="query", sql="SELECT 1", database=".") == (
        "IsADirectoryError: [Errno 21] Is a directory: '.'"
    )


def test_servers_need_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert said("database_operation", operation="query", sql="SELECT 1", database="postgresql://h/x") == (
        "ModuleNotFoundError: databases of postgresql need SQLAlchemy and a driver: pip install 'dana[database]'"
    )


ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) AS m FROM c"


def test_a_statement_without_end() -> None:
    assert said("database_operation", operation="query", sql=ENDLESS, timeout=0.1) == (
        "ActionError: the database took longer than 0.1 s"
    )
    with pytest.raises(LimitError):
        do("database_operation", None, Limits(seconds=0.1), operation="query", sql=ENDLESS)
    rows = ENDLESS.replace("max(n) AS m", "n")
    with pytest.raises(LimitError):
        do("database_operation", None, Limits(items=2000), operation="query", sql=rows)


def test_a_database_that_is_in_use() -> None:
    sql("CREATE TABLE t(a)")
    with sqlite3.connect(".dana/data.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        error = failure("database_operation", operation="insert", table="t", values={"a": 1}, timeout=0.1)
        assert (str(error), error.retryable) == ("the database refuses: database is locked", True)


# Files


def files(host: Host | None = None, /, **parameters: Any) -> Any:
    return do("file_operation", host, **parameters)


def test_texts_json_and_tables(tmp_path: Path) -> None:
    assert files(operation="write", path="a.txt", content="ä\n") == {"path": "a.txt", "bytes": 3}
    files(operation="append", path="a.txt", content="b")
    assert files(operation="read", path="a.txt") == {"path": "a.txt", "content": "ä\nb"}
    files(operation="write", path="a.json", format="json", content={"n": [1, None]})
    assert files(operation="read", path="a.json", format="json")["content"] == {"n": [1, None]}
    files(operation="append", path="a.jsonl", format="json", content={"n": 1})
    files(operation="append", path="a.jsonl", format="json", content={"n": 2})
    assert Path("a.jsonl").read_text() == '{"n": 1}\n{"n": 2}\n'
    files(operation="append", path="a.csv", format="csv", content=[{"id": 1, "name": "x, y"}])
    files(operation="append", path="a.csv", format="csv", content=[{"id": 2, "name": None}])
    assert Path("a.csv").read_text() == 'id,name\n1,"x, y"\n2,\n'
    assert files(operation="read", path="a.csv", format="csv")["content"] == [
        {"id": "1", "name": "x, y"},
        {"id": "2", "name": ""},
    ]
    assert said("file_operation", operation="append", path="a.csv", format="csv", content=[{"id": 1}]) == (
        "ValueError: a.csv has the columns id, name, not id"
    )


def test_copy_move_delete_and_look(tmp_path: Path) -> None:
    Path("a.txt").write_text("a")
    Path("folder").mkdir()
    assert files(operation="copy", path="a.txt", to="folder/b.txt") == {"path": "a.txt", "to": "folder/b.txt"}
    assert files(operation="move", path="a.txt", to="folder/c.log") == {"path": "a.txt", "to": "folder/c.log"}
    assert files(operation="list", path="folder") == {"path": "folder", "files": ["b.txt", "c.log"], "folders": []}
    assert files(operation="list", path=".", pattern="f*") == {"path": ".", "files": [], "folders": ["folder"]}
    assert files(operation="exists", path="a.txt") == {"path": "a.txt", "exists": False}
    assert files(operation="delete", path="folder/b.txt") == {"path": "folder/b.txt", "deleted": True}
    assert [path.name for path in Path("folder").iterdir()] == ["c.log"]


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.sh").write_text("old")
    Path("a.sh").chmod(0o750)
    Path("link").symlink_to("a.sh")
    files(operation="write", path="link", content="new")
    assert Path("link").is_symlink()
    assert (Path("a.sh").read_text(), stat.S_IMODE(Path("a.sh").stat().st_mode)) == ("new", 0o750)
    from dana import storage

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_write", fail)
    assert said("file_operation", operation="write", path="a.sh", content="x") == (
        "OSError: [Errno 28] No space left on device: 'a.sh'"
    )
    assert Path("a.sh").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.sh", "link"]


def test_files_need_permission(tmp_path: Path) -> None:
    Path("in").mkdir()
    Path("out").mkdir()
    Path("in/a").write_text("a")
    Path("in/out").symlink_to(tmp_path / "out")
    some = Capture(read=["in"], write=["out"])
    assert files(some, operation="copy", path="in/a", to="out/a")
    for parameters, message in (
        ({"operation": "read", "path": "out/a"}, "reading out/a needs --allow-read=out"),
        ({"operation": "read", "path": "in/out/a"}, "reading out/a needs --allow-read=out"),
        ({"operation": "write", "path": "in/b", "content": ""}, "writing in/b needs --allow-write=in"),
        ({"operation": "move", "path": "in/a", "to": "out/b"}, "writing in/a needs --allow-write=in"),
        ({"operation": "copy", "path": "out/a", "to": "out/b"}, "reading out/a needs --allow-read=out"),
        ({"operation": "delete", "path": "in/out"}, "writing in/out needs --allow-write=in"),
        ({"operation": "exists", "path": "x"}, "reading x needs --allow-read=."),
        ({"operation": "list", "path": "out"}, "reading out needs --allow-read=."),
    ):
        assert said("file_operation", some, **parameters) == f"PermissionError: {message}"
    assert sorted(path.name for path in Path("in").iterdir()) == ["a", "out"]


def test_only_files_are_read_and_written(tmp_path: Path) -> None:
    import os

    os.mkfifo("pipe")
    for operation in ("read", "write", "append"):
        more = {} if operation == "read" else {"content": "x"}
        wanted = "OSError: [Errno 6] No such device or address: 'pipe'"
        if operation != "append":
            wanted = "OSError: [Errno 22] Not a regular file: 'pipe'"
        assert said("file_operation", operation=operation, path="pipe", **more) == wanted
    assert said("file_operation", operation="read", path="/dev/zero") == (
        "OSError: [Errno 22] Not a regular file: '/dev/zero'"
    )
    assert said("file_operation", operation="delete", path=".") == "IsADirectoryError: [Errno 21] Is a directory: '.'"
    error = failure("file_operation", operation="read", path="nowhere")
    assert (str(error), error.retryable) == ("[Errno 2] No such file or directory: 'nowhere'", False)


def test_a_file_that_is_too_large() -> None:
    Path("large").write_text("x" * 2000)
    with pytest.raises(LimitError, match=r"a text of 1,001 characters is over the limit of 1,000"):
        do("file_operation", None, Limits(text=1000), operation="read", path="large")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"path": "a"}, "ValueError: file_operation needs operation"),
        ({"operation": "write", "path": "a"}, "ValueError: file_operation needs content to write"),
        (
            {"operation": "write", "path": "a", "content": {}},
            'TypeError: file_operation: content must be text, or format "json" or "csv", not dict',
        ),
        ({"operation": "copy", "path": "a"}, "ValueError: file_operation needs to"),
        ({"operation": "read", "path": "a", "to": "b"}, "ValueError: file_operation: read takes no to"),
        ({"operation": "read", "path": "a\0b"}, "ValueError: embedded null byte"),
        (
            {"operation": "write", "path": "a", "content": "\ud800"},
            "ValueError: file_operation: content has half a character in it, which cannot be written",
        ),
        ({"operation": "read", "path": "bytes"}, "ValueError: bytes is not text in UTF-8: byte 1"),
        (
            {"operation": "read", "path": "text", "format": "json"},
            "ValueError: text is not JSON: Expecting value: line 1 column 1 (char 0)",
        ),
    ],
)
def test_wrong_parameters_of_files(parameters: dict[str, Any], message: str) -> None:
    Path("bytes").write_bytes(b"a\xff")
    Path("text").write_text("text")
    assert said("file_operation", **parameters) == message


# Notifications


def test_a_line_for_those_who_watch() -> None:
    host = Capture()
    result = do("notification", host, recipient=["ops", "ann"], subject="Late", message="order 17\nis \x1b[31mlate")
    assert result == {"sent": True, "channel": "console", "to": ["ops", "ann"]}
    assert host.logged == [r"notification to ops, ann: Late: order 17\nis \x1b[31mlate"]
    do("notification", host, type="log", message="hello")
    assert host.logged[1].endswith(" INFO  notification: hello")


def test_templates(tmp_path: Path) -> None:
    host = Capture()
    data = {"customer": {"name": "Ann"}, "total": 9.5}
    do("notification", host, template="Dear {customer.name}, {{total}}: {total}", data=data)
    do("notification", host, template="welcome_new_customer", data=data)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "welcome.txt").write_text("Subject: Welcome {customer.name}\n\nIt costs {total}.\n")
    do("notification", host, template="welcome", data=data)
    assert host.logged == [
        "notification: Dear Ann, {total}: 9.5",
        r"notification: welcome new customer: customer: {'name': 'Ann'}\ntotal: 9.5",
        r"notification: Welcome Ann: It costs 9.5.\n",
    ]
    assert said("notification", template="welcome", data={"total": 1}) == (
        "ValueError: notification: the template welcome needs customer.name, and data has total"
    )
    assert said("notification", template="Dear {x}", data={"x": Secret("KEY", "s3cret")}) == (
        "ValueError: notification: x is the secret KEY, which is not told"
    )


def test_webhooks(service: Service) -> None:
    service.answers["/hook"] = gives(200)
    url = f"{service.url}/hook"
    result = do("notification", type="webhook", url=url, subject="Late", message="order 17", recipient="ops")
    assert result == {"sent": True, "channel": "webhook", "to": url}
    ((method, _, _, body),) = service.requests
    assert method == "POST"
    assert json.loads(body) == {
        "text": "Late: order 17",
        "subject": "Late",
        "message": "order 17",
        "recipient": ["ops"],
    }
    assert said("notification", Capture(), type="webhook", url=url, message="x").startswith(
        "PermissionError: connecting"
    )
    assert said("notification", type="webhook", message="x") == "ValueError: notification needs url"


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it was told."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Mailing)
        self.lines: list[str] = []
        self.mails: list[str] = []
        self.refused = ""


class Mailing(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 mail.test ESMTP")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            self.server.lines.append(line)
            verb = line.upper().partition(" ")[0]
            if self.server.refused and verb == "RCPT":
                self.say(self.server.refused)
            elif verb == "EHLO":
                self.say("250-mail.test\r\n250 AUTH PLAIN")
            elif verb == "AUTH":
                self.say("235 ok")
            elif verb == "DATA":
                self.say("354 go on")
                mail = b""
                while not mail.endswith(b"\r\n.\r\n"):
                    mail += self.rfile.readline()
                self.server.mails.append(mail.decode())
                self.say("250 kept")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


MAIL = {"type": "email", "recipient": "ann@example.com", "subject": "Grüße", "message": "Hello\n.\nÄnn\n"}


def test_mail(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    port = mail_server.server_address[1]
    monkeypatch.setenv("DANA_SMTP_URL", f"smtp://shop%40example.com@127.0.0.1:{port}")
    monkeypatch.setenv("DANA_SMTP_PASSWORD", "pw")
    assert do("notification", **MAIL) == {"sent": True, "channel": "email", "to": "ann@example.com"}
    (mail,) = mail_server.mails
    assert "From: shop@example.com\r\nTo: ann@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" in mail
    assert any(line.startswith("AUTH PLAIN") for line in mail_server.lines)
    assert said("notification", Capture(), **MAIL) == (
        f"PermissionError: connecting to 127.0.0.1:{port} needs --allow-net=127.0.0.1"
    )


def test_mail_that_is_refused(mail_server: MailServer) -> None:
    port = mail_server.server_address[1]
    Path("dana.toml").write_text(f'[workflow]\nsmtp = "smtp://127.0.0.1:{port}"\nsender = "shop@example.com"\n')
    for answer, retryable in (("550 nobody", False), ("450 later", True)):
        mail_server.refused = answer
        error = failure("notification", **MAIL)
        assert (str(error), error.retryable) == (
            f"mail through 127.0.0.1 failed: it refuses the recipient: {answer}",
            retryable,
        )
    mail_server.shutdown()
    mail_server.server_close()
    error = failure("notification", **MAIL)
    assert str(error) == "mail through 127.0.0.1 failed: the connection is refused: nothing listens there"
    assert error.retryable


def test_no_mail_server_is_configured() -> None:
    host = Capture()
    assert do("notification", host, **MAIL) == {"sent": True, "channel": "console", "to": "ann@example.com"}
    assert host.logged == [
        r"notification (no mail server is configured) to ann@example.com: Gr\xfc\xdfe: Hello\n.\n\xc4nn\n".replace(
            r"\xfc\xdf", "üß"
        ).replace(r"\xc4", "Ä")
    ]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "ValueError: notification needs a message or a template, and not both"),
        ({"message": "x", "type": "emial"}, "ValueError: notification: type cannot be 'emial'; did you mean email?"),
        ({"message": "x", "type": "email"}, "ValueError: notification needs recipient"),
        (
            {"message": "x", "type": "email", "recipient": "a@b\r\nBcc: c@d"},
            "ValueError: notification: 'a@b\\r\\nBcc: c@d' is no address of mail",
        ),
        (
            {"message": "x", "subject": "a\nb"},
            "ValueError: notification: subject has a control character or the end of a line in it",
        ),
        (
            {"message": "x", "recipient": 7},
            "TypeError: notification: recipient must be text or a list of texts, not int",
        ),
    ],
)
def test_wrong_parameters_of_notifications(parameters: dict[str, Any], message: str) -> None:
    assert said("notification", **parameters) == message
