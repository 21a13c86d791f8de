"""Functions that are called often: each becomes one function of the host, with the host's own variables.

The body is written from the same templates as its closures, with `v0`, `v1`, ... in the place of the slots of a
frame. What a closure has in cells of its own, the values of the text, is unpacked at each call, so that the code can
take the place of the stub's in functions that exist already: both have the same free variables.
"""

from __future__ import annotations

from dana import nodes
from dana.evaluation.lowering import Lowering, NotFast, indented
from dana.evaluation.shapes import FREE_NAMES, SHAPE_CODE, Text, compiled, inner_code
from dana.values import PROGRAM_CODE, UNBOUND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    from dana.evaluation.definitions import Definition
    from dana.evaluation.lowering import Closure

SIZE = (40, 3000)
"""How much is written into one text: weight of an expression, of statements."""

_GIVEN = frozenset(("pop", "refill"))
"""What a stub has as free variables already."""
_MARK = ".fast"


class FastText(Text):
    """The text of a whole function."""

    fast = True

    __slots__ = ("decided", "definition")

    def __init__(self, definition: Definition, decided: dict[Any, Any], marking: bool = False) -> None:
        super().__init__(*SIZE, marking)
        self.definition = definition
        self.decided = decided

    def source(self, lines: list[str]) -> str:
        """The text of a function that makes the function."""
        definition = self.definition
        scope = definition.unit.scope
        cells, own = set(scope.cells), scope.size - len(scope.free)
        count = scope.parameter_count
        begin = [f"v{slot} = [v{slot}]" for slot in range(count) if slot in cells]
        begin += [f"v{slot} = [U]" for slot in range(count, own) if slot in cells]
        plain = [f"v{slot} = " for slot in range(count, own) if slot not in cells]
        if plain:
            begin.append("".join(plain) + "U")
        if scope.free:
            begin.append("".join(f"v{slot}, " for slot in range(own, scope.size)) + "= cells")
        names = [name for name in self.names if name not in _GIVEN]
        opening = ["".join(f"{name}, " for name in names) + "= site[4]"] if names else []
        whole = [
            *opening,
            *("try: pop()", "except IndexError: refill()", "try: enter()", "except IndexError: too_deep()"),
            *("try:", *indented([*begin, *lines]), "finally: leave(None)"),
            "if 0: fast = body, site, definition",
        ]
        body = "\n  ".join(whole)
        free, header = ", ".join(FREE_NAMES), definition.header("v")
        return f"def make({free}):\n def fast({header}):\n  {body}\n return fast"

    def given(self) -> tuple[Any, ...]:
        """The values of the text's parameters, as a call unpacks them."""
        pairs = zip(self.names, self.values, strict=True)
        return tuple(value for name, value in pairs if name not in _GIVEN)


class LoopText(FastText):
    """The text of the closure of a whole function, which is given a frame and leaves it: for calls that take long."""

    __slots__ = ()

    def source(self, lines: list[str]) -> str:
        """The text of a function that makes the closure."""
        size = self.definition.unit.scope.size
        opening = ["".join(f"v{slot}, " for slot in range(size)) + "= f"] if size else []
        return Text.source(self, [*opening, *lines, "if 0: fast = f"])


def write(lowering: Lowering, node: Any, text: Text) -> list[str]:
    """The lines of a whole function; raises NotFast."""
    if type(node) is nodes.Lambda:
        return ["return " + lowering.part(node.body, text)]
    return lowering.body(node.body, text, True)


def lower(definition: Definition) -> tuple[CodeType, tuple[Any, ...]]:
    """The code of a function, but for its names, and its site; raises NotFast."""
    scope = definition.unit.scope
    text = FastText(definition, {})
    lines = _lines(text)
    try:
        code = inner_code(compiled(text.source(lines), PROGRAM_CODE))
    except (SyntaxError, RecursionError, MemoryError):  # the host nests only so deep
        raise NotFast from None
    code = text.named(code)
    rest = tuple(f".{name}" for name in code.co_varnames[scope.parameter_count :])
    code = code.replace(co_varnames=code.co_varnames[: scope.parameter_count] + rest)
    return code, (*_site(text), text.given())


def lower_loops(definition: Definition) -> Closure:
    """The closure of a function that has loops; raises NotFast."""
    text = LoopText(definition, {})
    lines = _lines(text)
    try:
        return text.closure(lines, _site(text))
    except (SyntaxError, RecursionError, MemoryError):
        raise NotFast from None


def _site(text: FastText) -> tuple[Any, ...]:
    """What tells where in the program a text failed, and how to write it again."""
    definition = text.definition
    return definition.node, definition.unit.lowering, write, (definition, text.decided)


def _lines(text: FastText) -> list[str]:
    """The lines of a whole function; raises NotFast."""
    unit, node = text.definition.unit, text.definition.node
    if unit.overlap is not None or unit.scope.is_generator or type(node) is nodes.GeneratorExpression:
        raise NotFast
    if type(unit.lowering) is not Lowering:  # it looks at frames
        raise NotFast
    return write(unit.lowering, node, text)


def is_fast(code: CodeType) -> bool:
    """Whether this is the code of a function that is one of the host."""
    return code.co_filename == PROGRAM_CODE and _MARK in code.co_varnames


def kind_of_text(code: CodeType) -> type[FastText] | None:
    """What wrote a code, when its variables are those of the host."""
    if is_fast(code):
        return FastText
    return LoopText if code.co_filename == SHAPE_CODE and _MARK[1:] in code.co_varnames else None


def site_of(frame: FrameType) -> tuple[Any, ...] | None:
    """The site of the text that a frame of the host runs; None where it runs none of a program."""
    code = frame.f_code
    return frame.f_locals.get("site") if code.co_filename == SHAPE_CODE or is_fast(code) else None


def frame_of(frame: FrameType) -> list[Any]:
    """The variables of a function as a frame of such a code has them."""
    local = frame.f_locals
    whole = is_fast(frame.f_code)
    scope = local["site"][1].unit.scope
    names = [f"{'.' * whole}v{slot}" for slot in range(scope.size)]
    if whole:
        names[: scope.parameter_count] = scope.names[: scope.parameter_count]
    return [local.get(name, UNBOUND) for name in names]


__all__ = ["frame_of", "is_fast", "kind_of_text", "lower", "lower_loops", "site_of"]
