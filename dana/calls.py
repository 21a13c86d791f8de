"""Calls of models as the evaluator makes them: the prompt with its data apart, what is wanted, and the waiting."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from dana.inference import Wanted

OPTIONS = (
    "returns context system model temperature max_tokens retries timeout cache choices stream on_invalid format values"
    " tools max_tool_calls"
).split()
"""What `reason` takes beside the prompt."""


class Inserted:
    """A value that a prompt's template names; `name` is the expression, `spelled` when the program formatted it."""

    __slots__ = ("name", "spelled", "value")

    def __init__(self, name: str, value: Any, spelled: bool = False) -> None:
        self.name = name
        self.value = value
        self.spelled = spelled


class Site:
    """A place in a program that asks a model.

    `template` is the prompt where it is written at the call: its texts, and for each value between them the
    expression and how it is put in ("value", "formatted" or "joined" with `+`). `overlaps` tells whether the
    program goes on while the model answers.
    """

    __slots__ = ("_wanted", "column", "line", "name", "overlaps", "template")

    def __init__(
        self,
        wanted: Callable[[], Wanted],
        template: Sequence[str | tuple[str, str]] | None,
        overlaps: bool,
        name: str,
        line: int,
        column: int,
    ) -> None:
        self._wanted = wanted
        self.template = template
        self.overlaps = overlaps
        self.name = name
        self.line = line
        self.column = column

    @property
    def wanted(self) -> Wanted:
        """The shape of the answer that the program needs."""
        return self._wanted()


class Prompt:
    """A prompt on its way into a call: texts of the program, and the values that it put between them."""

    __slots__ = ("parts", "site")

    def __init__(self, parts: list[str | Inserted], site: Site | None) -> None:
        self.parts = parts
        self.site = site


class Pending:
    """A call whose answer nobody has asked for yet. No program ever holds one: reading its variable waits."""

    __slots__ = ("_cancel", "_wait", "before", "number")

    def __init__(self, number: int, wait: Callable[[], Any], cancel: Callable[[], object]) -> None:
        self.number = number
        """Calls are numbered in the order in which the program made them."""
        self.before: Any = None
        """What the variable held before, and holds again should there be no answer."""
        self._wait = wait
        self._cancel = cancel

    def result(self) -> Any:
        """Wait for the answer; raises what the call raised."""
        return self._wait()

    def cancel(self) -> None:
        """Give the call up."""
        self._cancel()


ASKING: set[int] = set()
"""The identities of the natives that ask a model: their first argument is a Prompt where the call is in a program."""


class Attempt:
    """One try to get an answer: what the model said, and what was wrong with it (None when nothing was)."""

    __slots__ = ("answer", "input_tokens", "model", "output_tokens", "problem", "seconds")

    def __init__(
        self, model: str, answer: str | None, problem: str | None, input_tokens: int, output_tokens: int, seconds: float
    ) -> None:
        self.model = model
        self.answer = answer
        self.problem = problem
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.seconds = seconds

    def data(self) -> dict[str, Any]:
        """The attempt as a program sees it."""
        return {
            "model": self.model,
            "answer": self.answer,
            "problem": self.problem,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "seconds": round(self.seconds, 3),
        }


class ReasonError(Exception):
    """A model gave no usable answer: `attempts` has every try. `hint` is a way out for the person who reads it."""

    def __init__(self, message: str = "", attempts: Any = (), hint: str | None = None) -> None:
        super().__init__(message)
        self.attempts = list(attempts)
        self.hint = hint
