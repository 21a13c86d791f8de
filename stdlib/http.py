"""Calls of HTTP services: `api_call`."""

from __future__ import annotations

import re
from base64 import b64encode
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode

from dana.host import NoAnswer
from dana.native import Library, current
from dana.secret import Secret

from . import json
from .actions import ActionError, Parameters, awaited, setting, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

library = Library("http", "Calls of HTTP services.")

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

REPEATABLE = ("GET", "PUT", "DELETE", "HEAD", "OPTIONS")
"""The methods that do the same when they are sent twice."""

PASSING = (408, 425, 429, 500, 502, 503, 504)
"""The statuses that may be others in a moment."""

UNDONE = (425, 429, 503)
"""Those of them with which a server says that it has done nothing."""

TIMEOUT = 30
SHOWN = 500
"""How many characters of an answer stand in the message of an error."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TEXT = re.compile(r"text/|application/(?:[\w.+-]+\+)?(?:json|xml|javascript|yaml|x-www-form-urlencoded)$")
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json$")

PARAMETERS = "endpoint url base_url method data json params headers auth timeout idempotency_key expect".split()


@library.function
def api_call(parameters: dict[str, Any], /) -> dict[str, Any]:
    """Call an HTTP service; a dict of `status`, `data`, `headers` (names in lower case) and `ok`.

    Parameters, in a dict:
    `endpoint` or `url` where to: a whole URL, or a path such as "/customers", which is joined to `base_url`, else to
    the variable DANA_API_URL, else to `base_url` below `[workflow]` in dana.toml; `method` ("GET"); `data` or `json`
    the body, sent as JSON, but texts and bytes in `data` as they are; `params` a dict for the query; `headers` a dict
    of texts or secrets; `auth` a secret, sent as a bearer token, or a dict of `username` and `password`; `timeout` (30)
    in seconds or a text such as "2m", for the whole call; `idempotency_key` a text by which the service knows a call
    that is sent again; `expect` a list of statuses that are no error, by default those from 200 to 299.

    `data` of the result is what JSON in the answer stands for, else its text, bytes where it is none, or None where the
    answer is empty. Redirects are followed on the same host only. Other statuses, and no answer, raise ActionError with
    `status`, `body`, `retryable` and `retry_after`: a call that may have been carried out is retryable only when doing
    it twice is harmless, as for GET and PUT, or when it has an `idempotency_key`. Nothing is tried again here.

    Needs `--allow-net=HOST`, else raises PermissionError; raises ValueError or TypeError for wrong parameters.

        api_call({"url": "https://api.example.com/orders", "method": "POST", "data": {"item": "pen"},
                  "auth": secret("SHOP_TOKEN"), "idempotency_key": "order-17"})

    >>> api_call({"endpoint": "orders.example.com", "metod": "GET"})
    Traceback (most recent call last):
    ValueError: api_call: 'metod' is no parameter; did you mean method?
    """
    call = _Call(Parameters("api_call", parameters, PARAMETERS))
    return call.result()


class _Call:
    """One call, read from its parameters."""

    def __init__(self, given: Parameters) -> None:
        self.given = given
        self.secrets: list[Secret] = []
        """Those that were sent, and are masked in what is said about an error."""
        self.method = given.choice("method", [*METHODS, *map(str.lower, METHODS)], "GET").upper()
        self.url = self._url()
        self.shown = f"{self.method} {self.url.partition('?')[0]}"
        query = self._query()
        if query:
            self.url += ("&" if "?" in self.url else "?") + query
        self.headers = self._headers()
        self.body = self._body(self.headers)
        self.timeout = given.seconds("timeout", TIMEOUT)
        self.expected = self._expected()

    def result(self) -> dict[str, Any]:
        """Call; what came back."""
        run = current()
        repeatable = self.method in REPEATABLE or "idempotency_key" in self.given
        try:
            status, headers, data = awaited(
                lambda: run.host.request(self.method, self.url, self.headers, self.body, self.timeout)
            )
        except NoAnswer as error:
            retryable = not error.lasting and (repeatable or not error.sent)
            raise ActionError(f"{self.shown} failed: {error}", retryable=retryable) from None
        ok = 200 <= status < 300
        if status in self.expected if self.expected is not None else ok:
            return {"status": status, "data": self._decoded(headers, data), "headers": headers, "ok": ok}
        for secret in self.secrets:
            data = data.replace(secret.reveal().encode() or b"\0", repr(secret).encode())
        retryable = status in UNDONE or (status in PASSING and repeatable)
        raise ActionError(
            self._complaint(status, headers, data),
            status=status,
            body=self._decoded(headers, data),
            retryable=retryable,
            retry_after=_seconds_after(headers.get("retry-after", "")),
        )

    def _url(self) -> str:
        given = self.given
        if ("endpoint" in given) == ("url" in given):
            raise wrong("api_call needs an endpoint or a url, and not both")
        name = "url" if "url" in given else "endpoint"
        place = given.one_line(name)
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", place):
            base = given.one_line("base_url") if "base_url" in given else setting("base_url", "DANA_API_URL")
            if base is None:
                raise wrong(
                    f"api_call: {place!r} is no whole URL, and nothing says what it belongs to; give base_url, set "
                    'DANA_API_URL, or write base_url = "https://..." below [workflow] in dana.toml'
                )
            if any(part in (".", "..") for part in place.partition("?")[0].split("/")):
                raise wrong(f"api_call: {name} {place!r} leads out of its base_url")
            place = f"{base.rstrip('/')}/{place.lstrip('/')}"
        return quote(place.partition("#")[0], safe="%/:?@!$&'()*+,;=~[]-._")

    def _query(self) -> str:
        pairs: list[tuple[str, str]] = []
        for name, value in self.given.table("params").items():
            for item in value if type(value) in (list, tuple) else (value,):
                if item is None:
                    continue
                if type(item) not in (str, int, float, bool):
                    raise self.given.wrong_type(f"params.{name}", "text, a number, or a list of these", item)
                pairs.append((name, str(item).lower() if type(item) is bool else str(item)))
        return urlencode(pairs)

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": "dana", "Accept": "application/json, */*;q=0.5"}
        auth = self.given.get("auth")
        if type(auth) is dict:
            access = Parameters("auth of api_call", auth, ("username", "password"))
            pair = f"{self._revealed('auth.username', access.get('username'))}:"
            pair += self._revealed("auth.password", access.get("password"))
            headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        elif auth is not None:
            headers["Authorization"] = f"Bearer {self._revealed('auth', auth)}"
        if "idempotency_key" in self.given:
            headers["Idempotency-Key"] = self.given.one_line("idempotency_key")
        for name, value in self.given.table("headers").items():
            if not _TOKEN.fullmatch(name) or name.lower() in ("host", "content-length", "transfer-encoding"):
                raise wrong(f"api_call: {name!r} cannot be the name of a header")
            for known in [known for known in headers if known.lower() == name.lower()]:
                del headers[known]
            headers[name] = self._revealed(f"headers.{name}", value)
        return headers

    def _revealed(self, name: str, value: Any) -> str:
        """A text, or what a secret holds; it is sent, and stands nowhere else."""
        if type(value) is Secret:
            self.secrets.append(value)
            value = value.reveal()
        elif type(value) in (int, float):
            value = str(value)
        elif type(value) is not str:
            raise self.given.wrong_type(name, "text or a secret", value)
        if any(character < " " or character == "\x7f" or character > "\xff" for character in value):
            raise wrong(f"api_call: {name} has a character in it that headers cannot have")
        return str(value)

    def _body(self, headers: dict[str, str]) -> bytes | None:
        if "data" in self.given and "json" in self.given:
            raise wrong("api_call takes data or json, and not both")
        named = "json" if "json" in self.given.given else "data"
        value = self.given.get(named)
        if value is None:
            return None
        if named == "data" and type(value) in (str, bytes):
            kind = "text/plain; charset=utf-8" if type(value) is str else "application/octet-stream"
        else:
            kind = "application/json"
            value = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = kind
        return value.encode() if type(value) is str else bytes(value)

    def _expected(self) -> list[int] | None:
        expected = self.given.get("expect")
        if expected is None:
            return None
        statuses = [expected] if type(expected) is int else expected
        if type(statuses) not in (list, tuple) or not all(type(status) is int for status in statuses):
            raise self.given.wrong_type("expect", "a list of statuses", expected)
        return list(statuses)

    def _decoded(self, headers: dict[str, str], data: bytes) -> Any:
        """What an answer holds: a JSON value, text, bytes, or None for nothing."""
        kind, _, parameters = headers.get("content-type", "").lower().partition(";")
        if not data:
            return None
        current().meter.check_text(len(data))
        found = re.search(r"charset=[\"']?([\w.:-]+)", parameters)
        try:
            text = data.decode(found[1] if found else "utf-8", "replace" if _TEXT.match(kind.strip()) else "strict")
        except (LookupError, UnicodeDecodeError):
            return data
        if _JSON.match(kind.strip()):
            try:
                return json.loads(text)
            except ValueError:
                return text
        return text

    def _complaint(self, status: int, headers: dict[str, str], data: bytes) -> str:
        """What is said about an answer that is an error."""
        message = f"{self.shown} gave status {status}"
        if 300 <= status < 400 and "location" in headers:
            message += f": it redirects to {headers['location']}, which is not followed"
        text = data.decode(errors="replace").strip()
        return f"{message}: {text[:SHOWN]}" if text else message


def _seconds_after(text: str) -> float | None:
    """The seconds that `Retry-After` says: a number, or a time; None for nothing."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max((moment - current().host.now()).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
