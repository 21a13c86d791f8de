"""Telling people: `notification`."""

from __future__ import annotations

import os
import re
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from dana.formatting import text
from dana.host import NoAnswer
from dana.native import Library, current
from dana.secret import Secret

from . import http
from .actions import ActionError, Parameters, awaited, setting, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

library = Library("notify", "Telling people.")

TYPES = ("console", "log", "email", "webhook")
TIMEOUT = 30
TEMPLATES = "templates"
"""The folder, below the current one, in which templates are looked for."""

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,255}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_SUBJECT = re.compile(r"subject:[ \t]*([^\r\n]*)\r?\n(?:\r?\n)?", re.IGNORECASE)


@library.function
def notification(parameters: dict[str, Any], /) -> dict[str, Any]:
    """Tell somebody; a dict of `sent`, `channel` and `to`.

    Parameters, in a dict: `type`, one of
    "console" (the default) and "log", a line for those who watch the run; "webhook", which sends the message as JSON to
    `url`, with `headers` or `auth` as those of `api_call`; and "email", to `recipient`, an address or a list of them,
    from `sender`. `subject` and `message` are texts; in place of the message, `template` names the file
    `templates/NAME.txt` below the current folder, whose first line may be `Subject: ...`, or is itself a text with
    places in it. `{name}` and `{customer.email}` in it stand for what is in `data`, a dict; a place without data is an
    error. Without such a file the message lists the data. `timeout` (30) is in seconds or a text such as "2m".

    Mail goes through the server that DANA_SMTP_URL names, or `smtp` below `[workflow]` in dana.toml:
    "smtp://user@host:587", with the password in DANA_SMTP_PASSWORD. Where none is configured, a line for those who
    watch the run says so, and `channel` is "console".

    Webhooks and mail need `--allow-net=HOST`, else PermissionError is raised; ActionError where the message was not
    taken, ValueError or TypeError for wrong parameters.

    >>> notification({"recipient": "ops", "message": "order 17 is late"})
    {'sent': True, 'channel': 'console', 'to': 'ops'}
    >>> notification({"template": "Dear {name}, it is done.", "data": {"nam": "Ann"}})
    Traceback (most recent call last):
    ValueError: notification: the template needs name, and data has nam
    """
    known = "type recipient sender subject message template data url headers auth timeout idempotency_key".split()
    given = Parameters("notification", parameters, known)
    channel = given.choice("type", TYPES, "console")
    subject, message = _words(given)
    if channel == "email":
        return _mailed(given, subject, message)
    to = _recipients(given)
    if channel == "webhook":
        return _posted(given, subject, message, to)
    _told(to, subject, message, channel)
    return {"sent": True, "channel": channel, "to": given.get("recipient")}


def _words(given: Parameters) -> tuple[str, str]:
    """Subject and message."""
    if ("message" in given) == ("template" in given):
        raise wrong("notification needs a message or a template, and not both")
    data = given.table("data")
    subject = given.one_line("subject", "") if "subject" in given else ""
    if "message" in given:
        return subject, given.text("message")
    template = given.text("template")
    name = "the template"
    if _NAME.fullmatch(template):
        name = f"the template {template}"
        found = current().host.read_source(os.path.join(TEMPLATES, f"{template}.txt"))
        if found is None:
            listed = "\n".join(f"{key}: {_shown(key, value)}" for key, value in data.items())
            return subject or template.replace("_", " "), listed or template.replace("_", " ")
        template = found.decode("utf-8", "replace")
        first = _SUBJECT.match(template)
        if first:
            template = template[first.end() :]
            subject = subject or " ".join(_filled(first[1], data, name).split())
    return subject, _filled(template, data, name)


def _filled(template: str, data: dict[str, Any], name: str) -> str:
    """A template with the data in its places."""

    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        item: Any = data
        for part in found[1].strip().split("."):
            if type(item) is not dict or part not in item:
                raise wrong(f"notification: {name} needs {found[1]}, and data has {', '.join(data) or 'nothing'}")
            item = item[part]
        return _shown(found[1], item)

    filled = _PLACE.sub(value, template)
    current().meter.check_text(len(filled))
    return filled


def _shown(name: str, value: Any) -> str:
    if type(value) is Secret:
        raise wrong(f"notification: {name} is the secret {value.name}, which is not told")
    return text(value)


def _recipients(given: Parameters) -> list[str]:
    found = given.get("recipient")
    listed = [] if found is None else list(found) if type(found) in (list, tuple) else [found]
    for item in listed:
        if type(item) is not str or not item.strip():
            raise given.wrong_type("recipient", "text or a list of texts", item)
    return listed


def _told(to: list[str], subject: str, message: str, channel: str, why: str = "") -> None:
    """A line for those who watch the run; what ends lines or controls terminals is escaped."""
    said = f"{subject}: {message}" if subject and subject != message else message
    line = f"notification{why}{' to ' + ', '.join(to) if to else ''}: {said}"
    if channel == "log":
        from .log import _report

        _report(line)
        return
    line = line.replace("\\", "\\\\") if not line.isprintable() else line
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    current().host.write_log(shown[:60_000])


def _posted(given: Parameters, subject: str, message: str, to: list[str]) -> dict[str, Any]:
    """The message as JSON, sent to a URL."""
    given.need("url")
    body = {"text": f"{subject}: {message}" if subject else message, "subject": subject, "message": message}
    passed = {name: given.get(name) for name in ("headers", "auth", "timeout", "idempotency_key") if name in given}
    http.api_call({"url": given.one_line("url"), "method": "POST", "json": {**body, "recipient": to}, **passed})
    return {"sent": True, "channel": "webhook", "to": given.get("url")}


def _mailed(given: Parameters, subject: str, message: str) -> dict[str, Any]:
    """The message as mail."""
    to = _recipients(given)
    if not to:
        raise wrong("notification needs recipient")
    for address in to:
        if not _ADDRESS.fullmatch(address):
            raise wrong(f"notification: {address!r:.100} is no address of mail")
    server = setting("smtp", "DANA_SMTP_URL")
    if server is None:
        _told(to, subject, message, "console", " (no mail server is configured)")
        return {"sent": True, "channel": "console", "to": given.get("recipient")}
    parts = urlsplit(server)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise wrong("the mail server must be written as smtp://user@host:587 or smtps://user@host")
    host, port = parts.hostname, parts.port or (465 if parts.scheme == "smtps" else 587)
    user = unquote(parts.username or "")
    password = unquote(parts.password or "") or os.environ.get("DANA_SMTP_PASSWORD", "")
    sender = given.one_line(
        "sender", setting("sender", "DANA_MAIL_SENDER") or (user if "@" in user else f"dana@{host}")
    )
    if not _ADDRESS.fullmatch(sender):
        raise wrong(f"notification: {sender!r:.100} is no address of mail")
    mail = _mail(sender, to, subject, message, host)
    run, timeout = current(), given.seconds("timeout", TIMEOUT)
    login = (user, password) if user and password else None
    try:
        awaited(lambda: run.host.send_mail(mail, host, port, login, timeout))
    except NoAnswer as error:
        retryable = not error.lasting and not error.sent
        raise ActionError(f"mail through {host} failed: {error}", retryable=retryable) from None
    return {"sent": True, "channel": "email", "to": given.get("recipient")}


def _mail(sender: str, to: list[str], subject: str, message: str, host: str) -> EmailMessage:
    mail = EmailMessage()
    run = current()
    try:
        mail["From"], mail["To"], mail["Subject"] = sender, ", ".join(to), subject or "notification"
        mail["Date"] = formatdate(run.host.now().timestamp())
        mail["Message-ID"] = f"<{run.host.new_id()}@{host}>"
        mail.set_content(message)
    except (MessageError, ValueError, UnicodeError) as error:
        raise wrong(f"notification: this cannot be sent as mail: {error}") from None
    return mail
