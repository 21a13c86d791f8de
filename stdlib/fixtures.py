"""What tests are written with: `fixture` and `cases`, a clock that stands still, a model that is told what to say."""

from __future__ import annotations

from datetime import UTC, datetime

from dana.calls import ReasonError
from dana.native import Library
from dana.values import NativeType, is_program_function, type_name

from .time import seconds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.host import Host

library = Library("fixtures", "What tests are written with.")

_SHOWN = 500
"""Characters of a prompt that an error shows."""


@library.function
def fixture(function: Any, /) -> Any:
    """Mark a function as a fixture: `dana test` gives its result to tests that have a parameter of its name.

    It stands in the file of the tests, or in `fixtures.na` beside it, and may have parameters that are fixtures too. It
    is called anew for each test. What follows a `yield` in it is done after the test. Fixtures that are always there:
    `tmp`, the path of a new folder that the test may read and write; `model`, what the model says; `clock`, the time.

    >>> @fixture
    ... def order():
    ...     return {"item": "tea", "quantity": 2}
    ...
    >>> order()
    {'item': 'tea', 'quantity': 2}
    """
    _program_function(function, "fixture")
    function.__dict__["fixture"] = True
    return function


@library.function
def cases(values: Any, /) -> Any:
    """Run a test once for each value of a list, which its first parameter gets; a tuple fills as many parameters.

    >>> @cases([(1, "one"), (2, "two")])
    ... def test_names(number, name):
    ...     assert {1: "one", 2: "two"}[number] == name
    ...
    >>> test_names(1, "one")
    """
    if type(values) not in (list, tuple) or not values:
        raise TypeError(f"cases() takes a list of values that is not empty, not {type_name(values)}")
    return Marking(list(values))


def _program_function(function: Any, name: str) -> None:
    if not is_program_function(function):
        raise TypeError(f"{name} marks a function that a program defines, not {type_name(function)}")


class Marking:
    """What `cases` gives: it marks the function that it is called with."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def __call__(self, function: Any, /) -> Any:
        _program_function(function, "cases")
        function.__dict__["cases"] = self._values
        return function

    def __repr__(self) -> str:
        return f"<{len(self._values)} cases>"


class Clock:
    """The time of a test."""

    def __init__(self, host: Host) -> None:
        self._host: Any = host

    @property
    def now(self) -> datetime:
        """The time, aware, in UTC."""
        now: datetime = self._host.now()
        return now

    def advance(self, duration: Any, /) -> None:
        """Let time go by."""
        self._host.sleep(seconds_of(duration))

    def set(self, moment: Any, /) -> None:
        """Let it be a time, which may not lie before the present one."""
        if type(moment) is str:
            moment = datetime.fromisoformat(moment)
        if type(moment) is not datetime:
            raise TypeError(
                f"the clock is set to a datetime, or a text such as '2030-05-01T12:00', not {type_name(moment)}"
            )
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - self.now).total_seconds()
        if seconds < 0:
            raise ValueError(f"the clock cannot go back from {self.now.isoformat()} to {moment.isoformat()}")
        self._host.sleep(seconds)

    def __repr__(self) -> str:
        return f"<clock {self.now.isoformat()}>"


class ScriptedModel:
    """What the model says in a test."""

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self.unanswered: list[str] = []
        """The prompts for which nothing was left to say."""
        self._answers: list[tuple[str | None, Any]] = []

    def answer(self, *answers: Any, to: str | None = None) -> None:
        """Say these next; `to` is a part of the prompts that they are for."""
        if to is not None and type(to) is not str:
            raise TypeError(f"to is a part of the prompt, a text, not {type_name(to)}")
        if not answers:
            raise TypeError("answer() needs what the model says")
        self._answers += [(to, answer) for answer in answers]

    @property
    def unused(self) -> int:
        """How many answers nobody has asked for."""
        return len(self._answers)

    def next(self, prompt: str) -> Any:
        """What is said to a prompt; raises ReasonError when nothing is left."""
        self.prompts.append(prompt)
        for at, (part, answer) in enumerate(self._answers):
            if part is None or part in prompt:
                del self._answers[at]
                return answer(prompt) if callable(answer) else answer
        self.unanswered.append(prompt)
        raise ReasonError(f"the test has no answer left for the prompt: {shortened(prompt)}", hint=HINT)

    def __repr__(self) -> str:
        return f"<model of a test, {self.unused} to say>"


Marking.__name__, Clock.__name__, ScriptedModel.__name__ = "marking", "clock", "scripted_model"  # for messages

HINT = "a test says what the model answers: give it the parameter model, and call model.answer(...)"


def shortened(prompt: str) -> str:
    """A prompt as errors show it."""
    prompt = prompt.strip()
    return prompt if len(prompt) <= _SHOWN else f"{prompt[:_SHOWN]}... ({len(prompt):,} characters)"


library.type(NativeType("marking", Marking, "What `cases` gives: it marks the function that it decorates."))
library.type(
    NativeType(
        "clock",
        Clock,
        """The time of a test, which stands still: `clock.advance("2h")` moves it, and so does `wait`, which returns at
        once. `clock.set("2030-05-01T12:00")` moves it to a time, in UTC; `clock.now` is the time.""",
        methods={"advance": Clock.advance, "set": Clock.set},
        fields={"now": lambda clock: clock.now},
    )
)
library.type(
    NativeType(
        "scripted_model",
        ScriptedModel,
        """What the model says in a test: `model.answer("yes", {"risk": 3})` gives the answers to the next two requests.
        A text is said as it is, a function is called with the prompt, other values are said as JSON.
        `model.answer("no", to="invoice")` answers the next prompt that holds that text. `model.prompts` are the prompts
        so far, `model.unused` is how many answers are left.""",
        methods={"answer": ScriptedModel.answer},
        fields={"prompts": lambda model: list(model.prompts), "unused": lambda model: model.unused},
    )
)
