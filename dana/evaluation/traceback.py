"""From the host's traceback to the program's: the functions and the places in them where it failed.

Every closure carries its `site`, the node that it stands for. What was written into its text from small
children is found by writing the text again with marks and comparing with the position of the instruction.
"""

from __future__ import annotations

import sys
from itertools import islice
from types import CodeType

from dana import nodes
from dana.errors import Diagnostic, Frame, LimitReached, Stop, nearest
from dana.evaluation.fast import frame_of, is_fast, kind_of_text, site_of
from dana.evaluation.operators import drive, host_limit, in_own_words, pipeline
from dana.evaluation.pipelines import Flow, piped
from dana.evaluation.shapes import Text, compiled, inner_code, unmark
from dana.formatting import text
from dana.values import PROGRAM_CODE, UNBOUND, Class, Module, attribute_names, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType
    from typing import Any

    Place = tuple[str, nodes.Node, Any, FrameType]


MOST_SAID = 2_000
"""How much of what an error says is shown."""

STAGES = frozenset((pipeline.__code__, piped.__code__))
"""What of the host runs the stages of a pipeline where it is written."""

MOST_RELATED = 20
"""How many of the errors that led to one are described."""


def describe(error: BaseException, builtin_names: list[str]) -> Diagnostic:
    """The diagnostic of an exception that reached the end of the program, with what led to it."""
    chain: list[tuple[BaseException, str]] = [(error, "")]
    seen = {id(error)}
    while len(chain) <= MOST_RELATED:
        last = chain[-1][0]
        if isinstance(last, (LimitReached, RecursionError, MemoryError)):
            break
        led, how = last.__cause__, "this was the direct cause of the following error"
        if led is None and not last.__suppress_context__:
            led, how = last.__context__, "while this was handled, another error came up"
        if led is None or id(led) in seen:
            break
        seen.add(id(led))
        chain.append((led, how))
    related: tuple[tuple[str, Diagnostic], ...] = ()
    for each, how in reversed(chain):
        diagnostic = _describe(each, builtin_names, related)
        related = ((how, diagnostic),)
    return diagnostic


def _describe(
    error: BaseException, builtin_names: list[str], related: tuple[tuple[str, Diagnostic], ...]
) -> Diagnostic:
    if isinstance(error, (RecursionError, MemoryError)):
        error = host_limit(error).with_traceback(error.__traceback__)
    places = _own(list(_places(error.__traceback__)))
    frames = tuple(Frame(name, lowering.unit.source, *span(node, error)) for name, node, lowering, _ in places)
    if isinstance(error, LimitReached):
        code, message = "limit", error.message
        hint = f"raise the limit with {error.flag}" if error.flag else None
    else:
        in_own_words(error)
        code, message = "uncaught-exception", error_line(error)
        hint = _hint(error, places[-1] if places else None, builtin_names)
    hint = hint or _flow(error)
    if not frames:
        return Diagnostic(code, message, hint=hint, related=related)
    last = frames[-1]
    return Diagnostic(code, message, last.source, last.start, last.end, hint=hint, frames=frames, related=related)


def _own(places: list[Place]) -> list[Place]:
    """The places without those of the library between two of the program, which it has called back."""
    last = max((at for at, place in enumerate(places) if not _is_of_library(place)), default=-1)
    return [place for at, place in enumerate(places) if at > last or not _is_of_library(place)]


def _is_of_library(place: Place) -> bool:
    return str(place[2].unit.source.name).startswith("<library>/")


def error_line(error: BaseException) -> str:
    """The type of an exception and what it says, as on the last line of a traceback."""
    name = type(error).__qualname__.replace("<locals>.", "")
    try:
        said = text(error)
    except Stop:
        raise
    except BaseException as failure:  # the program's own __str__ may fail
        said = f"<its __str__ failed: {type(failure).__name__}>"
    if len(said) > MOST_SAID:
        said = f"{said[:MOST_SAID]}... ({len(said):,} characters)"
    return f"{name}: {said}" if said else name


def span(node: nodes.Node, error: BaseException | None = None) -> tuple[int, int]:
    """The part of a node that best shows where an error came up."""
    if isinstance(error, AttributeError):
        attribute = node.function if isinstance(node, nodes.Call) else node
        if isinstance(attribute, nodes.Attribute) and attribute.name == error.name:
            return attribute.end - len(attribute.name), attribute.end
    if isinstance(error, NameError) and error.name is not None:
        for inner in node.walk():
            if isinstance(inner, nodes.Name) and inner.id == error.name:
                return inner.start, inner.end
    for field in ("body", "cases"):
        inside = getattr(node, field, None)
        if isinstance(node, nodes.Statement) and isinstance(inside, tuple) and inside:
            return node.start, _header_end(node)
    return node.start, node.end


def _flow(error: BaseException) -> str | None:
    """In which stage of a pipeline with a name an error came up."""
    said = None
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is Flow.__call__.__code__:
            own = traceback.tb_frame.f_locals
            said = own["self"].place(own["at"])
        elif traceback.tb_frame.f_code is pipeline.__code__ and isinstance(error, TypeError):
            own = traceback.tb_frame.f_locals
            if not own["begun"] and own["at"] in own["calls"] and " missing " in str(error):
                said = f"right of a {type_name(own['value'])} a call is no stage; say where the value goes: f($$, ...)"
        traceback = traceback.tb_next
    return said


def _header_end(node: Any) -> int:
    """Where the first expressions of a compound statement end."""
    ends = [node.start + 1]
    for field in ("test", "iterable", "subject"):
        inside = getattr(node, field, None)
        if inside is not None:
            ends.append(inside.end)
    for item in getattr(node, "items", ()):
        ends.append(item.end)
    return int(max(ends))


def _places(traceback: TracebackType | None) -> Iterator[tuple[str, nodes.Node, Any, FrameType]]:
    """Each function of the program in a traceback, outermost first, with its innermost node."""
    place: tuple[str, nodes.Node, Any, FrameType] | None = None
    fresh = False
    while traceback is not None:
        frame = traceback.tb_frame
        code = frame.f_code
        if code.co_filename == PROGRAM_CODE or code is drive.__code__:
            fresh = True
        elif code in STAGES and place is not None and not fresh:
            stage = _stage(place[1], frame)
            place = place[0], stage, *place[2:]
        site = site_of(frame)
        if site is not None:
            lowering = site[1]
            node = _locate(code, traceback.tb_lasti, site)
            if node is not None:  # else the call itself was refused
                name = "" if lowering.unit.scope.kind == "module" else function_name(lowering)
                if place is not None and (fresh or lowering.unit is not place[2].unit):
                    if _is_stage_of(place, node, lowering):
                        name = place[0]
                    else:
                        yield place
                place = name, node, lowering, frame
                fresh = False
        traceback = traceback.tb_next
    if place is not None:
        yield place


def _stage(node: nodes.Node, frame: FrameType) -> nodes.Node:
    """The stage of a pipeline that a frame of the host is in."""
    if isinstance(node, nodes.BinaryOperation):
        return node.right
    return node.stages[frame.f_locals["at"]] if isinstance(node, nodes.Pipeline) else node


def _is_stage_of(place: tuple[str, nodes.Node, Any, FrameType], node: nodes.Node, lowering: Any) -> bool:
    """Whether a node is in a stage that is written where a function is: it is shown as a part of that function."""
    scope, around = lowering.unit.scope, place[1]
    if scope.kind != "lambda" or not scope.node.is_stage():
        return False
    return lowering.unit.source is place[2].unit.source and around.start <= node.start and node.end <= around.end


def function_name(lowering: Any) -> str:
    """What the function that a closure belongs to is called in messages."""
    name: str = lowering.unit.scope.qualified_name
    return name.replace("<locals>.", "")


def _locate(code: CodeType, instruction: int, site: tuple[Any, ...]) -> nodes.Node | None:
    """The node inside a closure's text to which an instruction belongs; None for what precedes a function's body."""
    root, lowering, write, made, *_ = site
    node: nodes.Node = root if isinstance(root, nodes.Node) else root[0]
    text = (kind_of_text(code) or Text)(made[0], made[1], True)
    lines = write(lowering, root, text)
    plain, ranges = unmark(text.source(lines))
    if code.co_code != inner_code(compiled(plain, code.co_filename)).co_code:
        return node
    line, end_line, column, end_column = next(islice(code.co_positions(), instruction // 2, None))
    if line is None or end_line is None or column is None or end_column is None:
        return node
    starts = [0]
    for written in plain.split("\n"):
        starts.append(starts[-1] + len(written) + 1)
    start, end = starts[line - 1] + column, starts[end_line - 1] + end_column
    assert text.marks is not None
    best = (len(plain), node)
    for number, first, last in ranges:
        if first <= start and end <= last and last - first < best[0]:
            best = (last - first, text.marks[number])
    found: nodes.Node = best[1]
    return None if is_fast(code) and best[0] == len(plain) else found


def _hint(
    error: BaseException, place: tuple[str, nodes.Node, Any, FrameType] | None, builtin_names: list[str]
) -> str | None:
    """What was probably meant, or what to do."""
    from dana.calls import ReasonError  # only errors need it, and most programs end without one

    if isinstance(error, ReasonError):
        return error.hint
    if isinstance(error, AttributeError) and isinstance(error.name, str) and error.name:
        return _meant(nearest(error.name, attribute_names(error.obj)))
    if place is None:
        return None
    _, node, lowering, frame = place
    if isinstance(error, NameError) and error.name is not None and not isinstance(error, UnboundLocalError):
        variables = lowering.unit.variables
        like = nearest(error.name, [*_local_names(lowering), *variables.own, *builtin_names])
        return _meant(like) or _wanted_function(error.name, lowering.unit.program)
    if isinstance(error, ImportError) and isinstance(error.name, str):
        return None
    if isinstance(error, KeyError) and isinstance(node, nodes.Subscript) and error.args and type(error.args[0]) is str:
        container = _value(node.value, lowering, frame)
        if isinstance(container, dict):
            like = nearest(error.args[0], container)
            if like is not None:
                return f"did you mean {like!r}?"
            keys = [repr(key) for key in islice(container, 8) if type(key) in (str, int)]
            return (
                f"the keys are {', '.join(keys)}" + (", ..." if len(container) > 8 else "") if keys else "it is empty"
            )
    if type(error) is TypeError and isinstance(node, nodes.Call):
        said = str(error)
        marker = "got an unexpected keyword argument '"
        if marker in said:
            wrong = said.split(marker)[1].split("'")[0]
            function = _value(node.function, lowering, frame)
            if type(function) is Class:
                function = vars(function).get("__init__")
            code = getattr(getattr(function, "__func__", function), "__code__", None)
            if code is not None:
                return _meant(nearest(wrong, code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]))
    return None


def _wanted_function(name: str, program: Any) -> str | None:
    """How a program gets a function that it calls and nobody defines, and what it needs of it."""
    calls = (node for node in program.module.walk() if isinstance(node, nodes.Call))
    if not any(getattr(node.function, "id", None) == name for node in calls):
        return None
    from dana.inference import needed_of  # only programs that call what is missing need it

    keys = needed_of(name, program.module, program.resolution)
    reads = f"; the program reads {', '.join(keys)} of what it gives" if keys else ""
    return f"define {name}, or give the file that does with --with{reads}"


def _meant(name: str | None) -> str | None:
    return None if name is None else f"did you mean {name}?"


def _local_names(lowering: Any) -> list[str]:
    names: list[str] = []
    scope = lowering.scope
    while scope is not None:
        if scope.owner is scope:
            names += scope.names
        scope = scope.parent
    return names


def _value(node: nodes.Node, lowering: Any, frame: FrameType) -> Any:
    """The value of a name or an attribute of one, read without running anything of the program."""
    if isinstance(node, nodes.Attribute):
        owner = _value(node.value, lowering, frame)
        if type(owner) is Module or type(owner) is Class:
            return getattr(owner, "members", {}).get(node.name) or vars(type(owner)).get(node.name)
        own = getattr(owner, "__dict__", {}) if type(type(owner)) is Class else {}
        if node.name in own:
            return own[node.name]
        kind = type(owner)
        found = next((vars(k)[node.name] for k in kind.__mro__ if type(k) is Class and node.name in vars(k)), None)
        return None if isinstance(found, property) else found
    if isinstance(node, nodes.Name):
        f = _variables(frame)
        found = read_variable(lowering.scope, node.id, f) if f is not None else UNBOUND
        if found is not UNBOUND:
            return found
        return lowering.unit.variables.get(node.id)
    return None


def read_variable(scope: Any, name: str, f: list[Any]) -> Any:
    """A variable of the function that a frame belongs to, or UNBOUND."""
    place = scope.place(name)
    if place[0] in ("local", "class"):
        return f[place[1]]
    if place[0] == "cell" and type(f[place[1]]) is list:
        return f[place[1]][0]
    return UNBOUND


def _variables(frame: FrameType) -> list[Any] | None:
    """The variables of the function of the program that a frame of the host runs; None where they are not known."""
    if kind_of_text(frame.f_code) is not None:
        return frame_of(frame)
    f = frame.f_locals.get("f")
    return f if isinstance(f, list) else None


def position() -> tuple[nodes.Node, Any] | None:
    """The node that the program is at on this thread, and its lowering; None when no program is running."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        site = site_of(frame)
        node = None if site is None else _locate(frame.f_code, frame.f_lasti, site)
        if site is not None and node is not None:
            return node, site[1]
        frame = frame.f_back
    return None


def callers() -> Iterator[tuple[nodes.Node, Any, list[Any]]]:
    """The closures that are running on this thread, innermost first: node, lowering and frame of each."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        site = site_of(frame)
        f = None if site is None else _variables(frame)
        if site is not None and f is not None:
            root = site[0]
            yield root if isinstance(root, nodes.Node) else root[0], site[1], f
        frame = frame.f_back


__all__ = ["callers", "describe", "error_line", "function_name", "position", "read_variable", "span"]
