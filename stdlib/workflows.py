"""What is said of declared workflows: `version`."""

from __future__ import annotations

from dana.native import Library
from dana.values import TYPES, NativeType, register, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

library = Library("workflows", "What is said of declared workflows.")


@library.function
def version(number: str, /) -> Statement:
    """State the version of a workflow, which definitions and instances carry; it is "1.0" when nobody does.

    >>> @version("2.1")
    ... workflow double(n: int):
    ...     return n * 2
    >>> double.version, double(4)
    ('2.1', 8)
    """
    if type(number) is not str or not number:
        raise TypeError(f"a version is a text such as '1.2', not {type_name(number)}")

    return Statement(number)


class Statement:
    """What `version` gives: it makes the workflow that it is called with one of this version."""

    __slots__ = ("_number",)

    def __init__(self, number: str) -> None:
        self._number = number

    def __call__(self, workflow: Any, /) -> Any:
        native = TYPES.get(type(workflow))
        if native is None or native.name != "workflow":
            raise TypeError(f"a version is stated of a workflow, not of a {type_name(workflow)}")
        return workflow.versioned(self._number)


register(NativeType("version", Statement, "What `version` gives, for a line above a workflow."))
