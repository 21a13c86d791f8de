"""The network: requests by HTTP and mails by SMTP, each to addresses that are permitted, within a time in all."""

from __future__ import annotations

import http.client
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from time import monotonic
from urllib.parse import SplitResult, urljoin, urlsplit

from dana.host import NoAnswer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from email.message import EmailMessage

    from dana.permissions import Permissions

LARGEST = 64_000_000
"""The bytes that an answer may have."""

REDIRECTS = 5
"""How many redirects to the same host are followed."""

PORTS = {"http": 80, "https": 443}


def request(
    permissions: Permissions, method: str, url: str, headers: dict[str, str], body: bytes | None, timeout: float
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (names in lower case) and body of what a server answers.

    Redirects are followed on the same host only. Raises PermissionError, and NoAnswer where no answer came.
    """
    deadline = monotonic() + timeout
    for _ in range(REDIRECTS + 1):
        parts = split_url(url)
        status, found, data = _exchange(permissions, method, parts, headers, body, deadline, timeout)
        goal = urljoin(url, found.get("location", url))
        same = _origin(urlsplit(goal)) == _origin(parts)
        if status == 303 and same:
            method, body = "HEAD" if method == "HEAD" else "GET", None
            headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
        elif not (same and (status in (307, 308) or (status in (301, 302) and method in ("GET", "HEAD")))):
            return status, found, data
        url = goal
    raise NoAnswer(f"it redirects more than {REDIRECTS} times", lasting=True)


def split_url(url: str) -> SplitResult:
    """The parts of a URL of HTTP; raises ValueError for others."""
    if any(character <= " " or character == "\x7f" or not character.isascii() for character in url):
        raise ValueError(f"{url!r} is not a URL: spaces and letters beyond ASCII are written as %.. in it")
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is not a URL that begins with https:// or http:// and a host")
    if "@" in parts.netloc:
        raise ValueError(f"{parts.hostname}: a URL has no user and password; give them as auth")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError(f"{url!r} has no valid port") from None
    return parts


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def _exchange(
    permissions: Permissions,
    method: str,
    parts: SplitResult,
    headers: dict[str, str],
    body: bytes | None,
    deadline: float,
    timeout: float,
) -> tuple[int, dict[str, str], bytes]:
    """One request and its answer."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    connection = http.client.HTTPConnection(host, port)
    connection.default_port = PORTS[parts.scheme]
    sent = False
    with _Opened(permissions, host, port, deadline, timeout) as opened:
        try:
            connection.sock = opened.secured(host) if parts.scheme == "https" else opened.socket
            sent = True
            connection.request(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
            response = connection.getresponse()
            data = _body(response)
        except (OSError, http.client.HTTPException) as error:
            if opened.expired():
                raise NoAnswer(f"no answer within {timeout:g} s", sent=sent) from None
            raise _no_answer(error, host, sent) from None
        finally:
            connection.close()
        if opened.expired():
            raise NoAnswer(f"no whole answer within {timeout:g} s", sent=True)
    found: dict[str, str] = {}
    for name, value in response.getheaders():
        name = name.lower()
        found[name] = f"{found[name]}, {value}" if name in found else value
    return response.status, found, data


def _body(response: http.client.HTTPResponse) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(65_536):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise NoAnswer(f"the answer has more than {LARGEST:,} bytes", sent=True, lasting=True)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(pieces)


class _Opened:
    """A connection to a host, at one of its addresses, which ends when its time is over."""

    def __init__(self, permissions: Permissions, host: str, port: int, deadline: float, timeout: float) -> None:
        permissions.check_net(host, port)
        self.deadline = deadline
        self.socket = self._connected(permissions, host, port, timeout)
        self._watch = threading.Timer(max(deadline - monotonic(), 0), self._end)
        self._watch.daemon = True

    def __enter__(self) -> _Opened:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.cancel()
        self.socket.close()

    def expired(self) -> bool:
        """Whether the time is over."""
        return monotonic() >= self.deadline

    def secured(self, host: str) -> socket.socket:
        """The connection with TLS, the other side verified."""
        self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=host)
        return self.socket

    def _connected(self, permissions: Permissions, host: str, port: int, timeout: float) -> socket.socket:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NoAnswer(f"there is no host {host}") from None
        for place in found:
            permissions.check_address(host, port, str(place[4][0]))
        problem: OSError | None = None
        for family, kind, protocol, _, address in found:
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(max(self.deadline - monotonic(), 0.001))
                opened.connect(address)
            except OSError as error:
                opened.close()
                problem = problem or error
            else:
                return opened
        if problem is None or isinstance(problem, TimeoutError):
            raise NoAnswer(f"no connection within {timeout:g} s")
        raise _no_answer(problem, host, False)

    def _end(self) -> None:
        with suppress(OSError):  # it may have ended by itself
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)  # that of TLS would disturb who reads


def _no_answer(error: Exception, host: str, sent: bool) -> NoAnswer:
    """What a failure of the network means."""
    if isinstance(error, NoAnswer):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return NoAnswer(f"the certificate of {host} is not trusted: {error.verify_message}", lasting=True)
    if isinstance(error, ConnectionRefusedError):
        return NoAnswer("the connection is refused: nothing listens there")
    if isinstance(error, http.client.IncompleteRead):
        return NoAnswer("the answer breaks off", sent=True)
    if isinstance(error, (ConnectionError, http.client.RemoteDisconnected)):
        return NoAnswer("the server ended the connection without an answer", sent=sent)
    if isinstance(error, http.client.HTTPException):
        return NoAnswer("what answers there does not speak HTTP", sent=sent, lasting=True)
    if isinstance(error, ssl.SSLError):
        return NoAnswer(f"there is no secure connection: {(error.reason or str(error)).lower().replace('_', ' ')}")
    return NoAnswer((getattr(error, "strerror", None) or str(error)).lower(), sent=sent)


def send_mail(
    permissions: Permissions, message: EmailMessage, host: str, port: int, login: tuple[str, str] | None, timeout: float
) -> None:
    """Hand a message to a mail server; port 465 speaks TLS from the start, others when the server offers it.

    Raises PermissionError, NoAnswer, and ValueError when a password would be sent in the clear.
    """
    with _Opened(permissions, host, port, monotonic() + timeout, timeout) as opened:
        sent = False
        try:
            if port == 465:
                opened.secured(host)
            server = _Mail(opened, host, timeout)
            server.ehlo_or_helo_if_needed()
            if port != 465 and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
            secure = isinstance(server.sock, ssl.SSLSocket)
            if login is not None:
                if not secure and opened.socket.getpeername()[0] not in ("127.0.0.1", "::1"):
                    raise ValueError(f"the mail server {host} takes no secure connection, so no password is sent to it")
                server.login(*login)
            sent = True
            server.send_message(message)
            server.quit()
        except smtplib.SMTPResponseException as error:
            raise _refusal("it refuses", error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPRecipientsRefused as error:
            (code, answer), *_ = error.recipients.values()
            raise _refusal("it refuses the recipient", code, answer) from None
        except OSError as error:
            if opened.expired():
                raise NoAnswer(f"no answer within {timeout:g} s", sent=sent) from None
            raise _no_answer(error, host, sent) from None


def _refusal(what: str, code: int, reason: bytes | str) -> NoAnswer:
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    return NoAnswer(f"{what}: {code} {text}", lasting=code >= 500)


class _Mail(smtplib.SMTP):
    """A conversation with a mail server, on a connection that is there already."""

    def __init__(self, opened: _Opened, host: str, timeout: float) -> None:
        self._opened = opened
        super().__init__(timeout=timeout)
        self._host = host  # what the certificate is compared with
        code, answer = self.connect(host)
        if code != 220:
            self.close()
            raise smtplib.SMTPConnectError(code, answer)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._opened.socket
