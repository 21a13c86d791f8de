"""The onboarding of block 3 on the standard engine, against a real HTTP server that may fail, with a scripted model."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dana import Host, Session
from dana.permissions import Permissions

RECIPE = Path(__file__).parent.parent.parent / "shared" / "recipe"

ANSWERS = """
create_llm_resource(provider="scripted", answers=[
    {"validation_status": "valid", "risk_score": 12},
    "standard",
])
"""

START = """
workflow_engine.start_workflow("customer_onboarding", {
    "customer_data": {"name": "Ann Berg", "email": "ann@example.com"},
    "account_type": "savings",
    "initial_deposit": 250,
}, instance_id="i-1")
"""


class Bank:
    """A server that makes customers, accounts and logins; the first `failures` requests fail, or those to `broken`."""

    def __init__(self, failures: int = 0, broken: str = "") -> None:
        self.failures = failures
        self.broken = broken
        self.made: list[tuple[str, str, Any]] = []
        self.keys: list[str | None] = []
        bank = self

        class Requests(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                bank.keys.append(self.headers["Idempotency-Key"])
                if self.path == bank.broken or bank.failures > 0:
                    bank.failures -= 1
                    self.answer(503, {"error": "down for maintenance"})
                    return
                bank.made.append((self.command, self.path, data))
                kind = {"/customers": "customer_id", "/accounts": "account_id", "/auth/setup": "login_id"}[self.path]
                self.answer(201, {kind: f"{kind[0].upper()}-1"})

            def do_DELETE(self) -> None:
                bank.made.append((self.command, self.path, None))
                self.answer(200, {"deleted": True})

            def answer(self, status: int, data: Any) -> None:
                body = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Bank:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class Quick(Host):
    """Keeps what is logged; waiting takes no time."""

    def __init__(self) -> None:
        super().__init__()
        self.permissions = Permissions(net=["127.0.0.1"])
        self.logged: list[str] = []
        self.slept: list[float] = []

    def write_log(self, line: str) -> None:
        self.logged.append(line)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def monotonic(self) -> float:
        return super().monotonic() + sum(self.slept)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not RECIPE.is_dir():
        pytest.skip("the recipe's programs are not beside this checkout")
    monkeypatch.chdir(tmp_path)
    return


def onboarding(bank: Bank, monkeypatch: pytest.MonkeyPatch, change: str = "") -> tuple[dict[str, Any], Session, Quick]:
    monkeypatch.setenv("DANA_API_URL", bank.address)
    host = Quick()
    session = Session(host)
    session.run(ANSWERS, "answers.na")
    session.run((RECIPE / "03_workflow_definition.na").read_text(), "03_workflow_definition.na")
    if change:
        session.run(change, "change.na")
    context: dict[str, Any] = session.evaluate(START, "start.na")
    return context, session, host


CUSTOMER = ("POST", "/customers", {"name": "Ann Berg", "email": "ann@example.com"})
ACCOUNT = (
    "POST",
    "/accounts",
    {"customer_id": "C-1", "account_type": "savings", "initial_deposit": 250},
)
LOGIN = ("POST", "/auth/setup", {"customer_id": "C-1", "email": "ann@example.com"})


def test_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Bank() as bank:
        context, _, host = onboarding(bank, monkeypatch)
    assert (context["status"], context.get("error")) == ("completed", None)
    assert bank.made[0] == CUSTOMER
    assert sorted(bank.made[1:]) == sorted([ACCOUNT, LOGIN])
    assert context["variables"]["account_id"] == "A-1"
    assert [entry["step_name"] for entry in context["step_results"]] == [
        "validate_customer_data",
        "risk_assessment_decision",
        "create_customer_account",
        "setup_initial_services",
        "send_welcome_notification",
    ]
    assert len([line for line in host.logged if "ann@example.com" in line]) == 1


def test_a_server_that_fails_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with Bank(failures=2) as bank:
        context, _, _ = onboarding(bank, monkeypatch)
    assert context["status"] == "completed"
    assert len(bank.made) == 3
    assert bank.keys[0] is not None
    assert len(set(bank.keys[:3])) == 1, "what is tried again carries the key of the first try"
    tries = {entry["step_name"]: len(entry["attempts"]) for entry in context["step_results"]}
    assert tries["create_customer_account"] == 3


UNDO = """
customer_onboarding_workflow["steps"][2]["compensation"] = {
    "name": "delete_customer", "type": "action", "action_type": "api_call",
    "parameters": {"endpoint": "/customers/${customer_id}", "method": "DELETE"},
}
customer_onboarding_workflow["steps"][3]["branches"][1]["steps"][0]["compensation"] = {
    "name": "delete_login", "type": "action", "action_type": "api_call",
    "parameters": {"endpoint": "/auth/${result.data.login_id}", "method": "DELETE"},
}
workflow_engine.register_workflow("customer_onboarding", customer_onboarding_workflow)
"""


def test_a_server_that_fails_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    with Bank(broken="/accounts") as bank:
        context, session, _ = onboarding(bank, monkeypatch, UNDO)
        assert context["status"] == "escalated"
        assert "create_account" in context["error"] or "setup_initial_services" in context["error"]
        assert bank.made[0] == CUSTOMER
        undone = [path for method, path, _ in bank.made if method == "DELETE"]
        assert undone == ["/auth/L-1", "/customers/C-1"], "what was done last is undone first"
        assert session.evaluate("escalations()[-1]['instance_id']") == "i-1"
    assert not any(path == "/accounts" for _, path, _ in bank.made)
    done = [entry["compensation"] for entry in context["compensations"] if entry["error"] is None]
    assert done[-1] == "delete_customer"
