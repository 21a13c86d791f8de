"""Declared workflows: functions, and pipelines, that the engine of the session runs, with their steps by name."""

from __future__ import annotations

from contextvars import ContextVar
from inspect import cleandoc
from types import FunctionType

from dana.answers import Boolean, List, Mismatch, Number, String
from dana.evaluation.pipelines import Flow, is_stage
from dana.modules import builtin
from dana.run import current
from dana.signatures import Signature
from dana.values import FieldError, NativeType, is_program_function, register, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from dana.answers import Shape

VERSION = "1.0"

_ACTIONS = frozenset("api_call database_operation file_operation notification".split())


class _Running:
    """A run that is in progress: its workflow, its number, what it gave, and what ended it."""

    __slots__ = ("error", "instance_id", "name", "trace", "value")

    def __init__(self, name: str) -> None:
        self.name = name
        self.instance_id: str = builtin("generate_unique_id")()
        self.value: Any = None
        self.error: BaseException | None = None
        self.trace: TracebackType | None = None


_RUNNING: ContextVar[_Running | None] = ContextVar("dana_workflow", default=None)


def running() -> str | None:
    """The name of the workflow that runs."""
    run = _RUNNING.get()
    return None if run is None else run.name


class Step:
    """What a workflow does in one of its steps: a function that says what it gave to whoever called the workflow."""

    __slots__ = ("_signature", "function", "name")

    def __init__(self, name: str, function: Any, signature: Signature | None = None) -> None:
        self.name = name
        self.function = function
        self._signature = signature

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        run = _RUNNING.get()
        try:
            if self._signature is not None:
                given = _checked(self.name, self._signature, {**self._signature.named(arguments), **keywords})
                value = self._signature.call(self.function, given)
            else:
                value = self.function(*arguments, **keywords)
        except Exception as error:
            if run is not None:
                run.error, run.trace = error, error.__traceback__
            raise
        if run is not None:
            run.value = value
        return value

    def __repr__(self) -> str:
        return f"<step {self.name}>"


class Workflow:
    """A declared workflow: called, it runs on the engine, and gives what its last step gave, or raises its error."""

    __slots__ = ("_signature", "_steps", "doc", "name", "version")

    def __init__(self, name: str, value: Any, doc: str | None = None, version: str = VERSION) -> None:
        if not is_stage(value):
            raise TypeError(f"the workflow {name} is made of functions, as in a | b, not of a {type_name(value)}")
        stages = value.stages if type(value) is Flow else (value,)
        first = stages[0]
        self.name = name
        self.version = version
        self.doc = cleandoc(doc) if doc else None
        self._signature = Signature(first) if is_program_function(first) else None
        names: dict[str, int] = {}
        self._steps = []
        for at, stage in enumerate(stages):
            known = getattr(stage, "__name__", None) or getattr(stage, "name", None)
            own = known if type(known) is str and known.isidentifier() else f"step_{at + 1}"
            names[own] = names.get(own, 0) + 1
            own = own if names[own] == 1 else f"{own}_{names[own]}"
            function = Flow((stage,)) if type(stage) is list else stage
            self._steps.append(Step(own, function, self._signature if at == 0 else None))

    def definition(self) -> dict[str, Any]:
        """The definition as a dict, which `create_workflow_definition` and engines take."""
        steps = []
        before = ""
        for step in self._steps:
            made: dict[str, Any] = {
                "name": step.name, "type": "action", "action_type": "function", "function": step,
            }  # fmt: skip
            if before:
                made["arguments"] = [f"${{{before}.data}}"]
            elif self._signature is None:
                made["arguments"] = ["${value}"]
            else:
                made["given"] = list(self._signature.shape.fields)
            steps.append(made)
            before = step.name
        return {
            "id": self.name,
            "name": self.name,
            "description": self.doc or "",
            "version": self.version,
            "input_schema": self._schema(),
            "steps": steps,
        }

    def _schema(self) -> dict[str, str]:
        """The inputs that must be given and have a simple type; the first step checks the others."""
        if self._signature is None:
            return {}
        shape = self._signature.shape
        kinds = {name: _kind(part) for name, part in shape.fields.items() if name not in shape.optional}
        return {name: kind for name, kind in kinds.items() if kind is not None}

    def versioned(self, version: str) -> Workflow:
        """The same workflow with another version."""
        made = Workflow.__new__(Workflow)
        for name in Workflow.__slots__:
            setattr(made, name, getattr(self, name))
        made.version = version
        return made

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        run, context = self.run(arguments, keywords)
        if context["status"] == "completed":
            return run.value
        if run.error is not None:
            raise run.error.with_traceback(run.trace)
        raise RuntimeError(f"the workflow {self.name} {context['status']}: {context.get('error')}")

    def run(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[_Running, dict[str, Any]]:
        """Run on the engine; what came of it, and the context of the instance. Raises FieldError, TypeError."""
        given = self._given(arguments, keywords)
        run = _Running(self.name)
        token = _RUNNING.set(run)
        try:
            start = current().session.library_member("run_declared_workflow")
            return run, start(self.definition(), given, run.instance_id)
        finally:
            _RUNNING.reset(token)

    def start(self, given: Any) -> dict[str, Any]:
        """The context of a run with the input as a dict by names, or as the one value of a pipeline."""
        named = type(given) is dict and (self._signature is not None or given.keys() == {"value"})
        return self.run(() if named else (given,), given if named else {})[1]

    def _given(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
        """The input by names, each of its type."""
        if self._signature is not None:
            named = self._signature.named(arguments)
            twice = [name for name in keywords if name in named]
            if twice:
                raise TypeError(f"{self.name}() got two values for {twice[0]}")
            return _checked(self.name, self._signature, named | keywords)
        if keywords.keys() == {"value"} and not arguments:
            return keywords
        if len(arguments) != 1 or keywords:
            raise TypeError(f"the workflow {self.name} takes one value, which its first step gets")
        return {"value": arguments[0]}

    def __get__(self, instance: Any, owner: Any = None) -> Workflow:
        return self  # a workflow in a class is no method

    def __repr__(self) -> str:
        return f"<workflow {self.name}>"


def _checked(name: str, signature: Signature, given: dict[str, Any]) -> dict[str, Any]:
    try:
        return signature.checked(given)
    except Mismatch as mismatch:
        raise FieldError(f"{name}(): {mismatch}") from None


def _kind(shape: Shape) -> str | None:
    """The type of an input by the name that definitions have for it."""
    if type(shape) is Number:
        return "integer" if shape.whole else "number"
    return {Boolean: "boolean", String: "string", List: "array"}.get(type(shape))


def stepped(function: Any, name: str) -> Any:
    """What a workflow calls by a name: while it runs, a function that is kept as one of its steps."""
    run = _RUNNING.get()
    if run is None or not (
        is_program_function(function) or type(function) in (Flow, Workflow) or _is_action(function, name)
    ):
        return function
    perform = current().session.library_member("perform_declared_step")

    def called(*arguments: Any, **keywords: Any) -> Any:
        return perform(run.instance_id, name, function, arguments, keywords)

    return called


def _is_action(function: Any, name: str) -> bool:
    """Whether a function is an action of the library."""
    return name in _ACTIONS and type(function) is FunctionType and function is builtin(name)


register(
    NativeType(
        "workflow",
        Workflow,
        """A declared workflow, which is called as a function is.

        `workflow name(input: type):` with a body, or `workflow name = clean | score`. It runs on `workflow_engine`,
        where its calls of functions are kept as steps. `definition()` gives it as a dict; `name`, `version` and `doc`
        are what they say; `@version("1.2")` above it states the version.
        """,
        methods={"definition": Workflow.definition},
        fields={
            "name": lambda workflow: workflow.name,
            "version": lambda workflow: workflow.version,
            "doc": lambda workflow: workflow.doc,
        },
    )
)
register(NativeType("step", Step, "What a declared workflow does in one of its steps."))
