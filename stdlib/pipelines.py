"""What pipelines choose by: `case`."""

from __future__ import annotations

from dana.formatting import represent
from dana.native import Library

from .parallel import parallel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

library = Library("pipelines", "What pipelines choose by.")


@library.function
def case(value: Any, /, *choices: Any) -> Any:
    """Give a value to the first stage whose condition holds; itself a stage: `case((condition, stage), ..., stage)`.

    Conditions and stages are functions of the value; what is no function is taken as it is. The last choice may stand
    alone: it is taken when no condition holds. Without one that is a ValueError.

    >>> def is_large(order): return order["total"] > 100
    >>> {"total": 150} | case((is_large, "ask"), "approve")
    'ask'
    """
    for at, choice in enumerate(choices):
        if type(choice) is not tuple or len(choice) != 2:
            if at < len(choices) - 1:
                raise TypeError("case() takes pairs of a condition and a stage, and one stage alone at the end")
            return _taken(choice, value)
        condition, stage = choice
        if condition(value) if callable(condition) else condition:
            return _taken(stage, value)
    raise ValueError(
        f"no condition of case() holds for {represent(value)[:200]}, and there is no stage alone at the end"
    )


def _taken(stage: Any, value: Any) -> Any:
    if type(stage) is list and stage and all(map(callable, stage)):
        return parallel(*[_bound(each, value) for each in stage])
    return stage(value) if callable(stage) else stage


def _bound(stage: Any, value: Any) -> Any:
    return lambda: stage(value)
