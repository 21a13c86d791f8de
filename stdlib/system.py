"""What workflows ask of their host: expressions in text, functions by name, the load of the machine."""

from __future__ import annotations

from dana.errors import nearest
from dana.native import Library, current
from dana.values import type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

library = Library("system", "What workflows ask of their host.")

_LONGEST = 10_000
"""Characters of the longest expression that is evaluated."""


@library.function
def evaluate_expression(expression: str, variables: dict[str, Any] | None = None, /) -> Any:
    """The value of an expression in a text, with these variables and the built-ins that have no effect.

    Nothing else can be reached: no functions of the program, no printing, no models. Raises ValueError for a text
    that is not one expression, and what the expression itself raises.

    >>> evaluate_expression("amount * 2 > limit", {"amount": 60, "limit": 100})
    True
    """
    if type(expression) is not str:
        raise TypeError(f"an expression is text, not {type_name(expression)}")
    if len(expression) > _LONGEST:
        raise ValueError(f"an expression has at most {_LONGEST:,} characters, not {len(expression):,}")
    given = {} if variables is None else variables
    if type(given) is not dict or not all(type(name) is str for name in given):
        raise TypeError("the variables of an expression are a dict with their names as keys")
    return current().session.evaluate_expression(expression, given)


@library.function
def program_function(name: str, /) -> Any:
    """The function of the program with a name, or None: how a workflow definition calls what the program defines.

    >>> program_function("nobody_defines_this") is None
    True
    """
    return current().session.program_function(name)


@library.function
def program_variable(name: str, /) -> Any:
    """The value of a variable of the program, or None.

    >>> program_variable("nobody_defines_this") is None
    True
    """
    return current().session.program_variable(name)


@library.function
def nearest_word(word: str, words: Any, /) -> str | None:
    """The one of some words that somebody who wrote `word` probably meant, or None.

    >>> nearest_word("acton", ["action", "decision"])
    'action'
    """
    if type(word) is not str:
        raise TypeError(f"a word is text, not {type_name(word)}")
    return nearest(word, list(current().meter.items(words)))


@library.function
def host_load() -> float:
    """How busy the machine is: the average number of running processes in the last minute, for each of its cores.

    >>> host_load() >= 0
    True
    """
    return current().host.load()
