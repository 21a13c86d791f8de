"""What is said of declared workflows: `version`."""

from __future__ import annotations

from dana.native import Library
from dana.values import TYPES, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

library = Library("workflows", "What is said of declared workflows.")


@library.function
def version(number: str, /) -> Callable[[Any], Any]:
    """State the version of a workflow, which definitions and instances carry; it is "1.0" when nobody does.

    >>> @version("2.1")
    ... workflow double(n: int):
    ...     return n * 2
    >>> double.version, double(4)
    ('2.1', 8)
    """
    if type(number) is not str or not number:
        raise TypeError(f"a version is a text such as '1.2', not {number!r}"[:200])

    def stated(workflow: Any) -> Any:
        native = TYPES.get(type(workflow))
        if native is None or native.name != "workflow":
            raise TypeError(f"a version is stated of a workflow, not of a {type_name(workflow)}")
        return workflow.versioned(number)

    return stated
