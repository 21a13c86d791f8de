"""What all actions of workflows share: their error, the checks of their parameters, and waiting that can be ended."""

from __future__ import annotations

import contextvars
import sys
import threading

from dana.errors import nearest
from dana.host import CALLER
from dana.native import Library, current
from dana.values import ERROR_FIELDS, type_name

from .time import seconds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    Result = TypeVar("Result")

library = Library("actions", "What all actions of workflows share.")

SLICE = 0.2
"""The longest time in seconds for which nobody looks whether the program is to stop."""

LONGEST = 3600
"""The longest time-out in seconds."""


class ActionError(Exception):
    """An action has failed outside of the program; `retryable` says whether it is safe and worth it to try again."""

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        body: Any = None,
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = body
        self.retryable = retryable
        self.retry_after = retry_after


library.error(
    ActionError,
    """An action has failed outside of the program: a service, a database, a mail server.

    `retryable` says whether it is safe and worth it to try again, `retry_after` the seconds after which the other side
    asks for that, or None; `status` and `body` are what an HTTP service has answered, or None.
    """,
)
ERROR_FIELDS[ActionError] = ("status", "body", "retryable", "retry_after")


def wrong(message: str) -> ValueError:
    """The error for parameters that are wrong, which trying again does not make better."""
    error = ValueError(message)
    error.__dict__["retryable"] = False
    return error


class Parameters:
    """The parameters of an action, each checked when it is asked for."""

    def __init__(self, action: str, given: Any, known: Iterable[str]) -> None:
        if type(given) is not dict:
            raise TypeError(f"{action}() takes a dict of parameters, not {type_name(given)}")
        names = list(known)
        for name in given:
            if name not in names:
                like = nearest(name, names) if type(name) is str else None
                hint = f"did you mean {like}?" if like else f"there are {', '.join(names)}"
                raise wrong(f"{action}: {name!r} is no parameter; {hint}")
        self.action = action
        self.given: dict[str, Any] = given

    def __contains__(self, name: str) -> bool:
        return self.given.get(name) is not None

    def get(self, name: str) -> Any:
        """A parameter as it was given; None when it is missing."""
        return self.given.get(name)

    def need(self, *names: str) -> None:
        """Refuse to go on without some parameters."""
        missing = [name for name in names if name not in self]
        if missing:
            raise wrong(f"{self.action} needs {' and '.join(missing)}")

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty."""
        value = self.given.get(name)
        if value is None:
            if default is None:
                raise wrong(f"{self.action} needs {name}")
            return default
        if type(value) is not str:
            raise self.wrong_type(name, "text", value)
        if not value:
            raise wrong(f"{self.action}: {name} is empty")
        return value

    def one_line(self, name: str, default: str | None = None) -> str:
        """A text without control characters."""
        value = self.text(name, default)
        if any(character < " " or character == "\x7f" for character in value):
            raise wrong(f"{self.action}: {name} has a control character or the end of a line in it")
        return value

    def choice(self, name: str, choices: Iterable[str], default: str | None = None) -> str:
        """One of several words."""
        value, words = self.text(name, default), list(choices)
        if value not in words:
            like = nearest(value, words)
            hint = f"did you mean {like}?" if like else f"there are {', '.join(words)}"
            raise wrong(f"{self.action}: {name} cannot be {value!r}; {hint}")
        return value

    def table(self, name: str) -> dict[str, Any]:
        """A dict with texts as keys; an empty one when it is missing."""
        value = self.given.get(name)
        if value is None:
            return {}
        if type(value) is not dict:
            raise self.wrong_type(name, "a dict", value)
        for key in value:
            if type(key) is not str:
                raise self.wrong_type(f"a key of {name}", "text", key)
        return value

    def seconds(self, name: str, default: float) -> float:
        """A duration above 0: a number of seconds, or a text such as "2m"."""
        value = self.given.get(name)
        seconds = default if value is None else seconds_of(value)
        if not 0 < seconds <= LONGEST:
            raise wrong(f"{self.action}: {name} must be above 0 and at most {LONGEST:,} s, not {value!r}")
        return seconds

    def wrong_type(self, name: str, wanted: str, value: Any) -> TypeError:
        """The error for a parameter of another type."""
        return TypeError(f"{self.action}: {name} must be {wanted}, not {type_name(value)}")


def awaited(work: Callable[[], Result], give_up: Callable[[], object] | None = None) -> Result:
    """What `work`, done on a thread of its own, gives or raises; ends within SLICE when the program is to stop.

    `give_up` is called then, to end the work.
    """
    meter = current().meter
    ended = threading.Event()
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)
        finally:
            ended.set()

    context = contextvars.copy_context()
    context.run(CALLER.set, sys._getframe(1))
    threading.Thread(target=context.run, args=(run,), daemon=True).start()
    while not ended.wait(SLICE):
        try:
            meter.look()
        except BaseException:
            if give_up is not None:
                give_up()
            raise
    if errors:
        raise errors[0]
    return results[0]


def setting(name: str, variable: str) -> str | None:
    """What is configured for workflows: a setting of the session, a variable of the environment, or dana.toml."""
    import os

    session = current().session
    for value in (
        session.settings.get(f"workflow_{name}"),
        os.environ.get(variable),
        session.models.configuration.get("workflow", {}).get(name),
    ):
        if value:
            if type(value) is not str:
                raise wrong(f"[workflow] {name} in dana.toml must be text, not {type_name(value)}")
            return value
    return None
