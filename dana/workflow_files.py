"""Workflow definitions in files of JSON or YAML: checking them, and running one with its progress on standard error."""

from __future__ import annotations

import json

from dana.errors import DanaError, Diagnostic, UsageError, nearest
from dana.parser import LARGEST
from dana.session import Session
from dana.values import to_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.source import Source
    from dana.workflows import Workflow

RUN = """
workflow_engine.on_event = show_progress
workflow_engine.register_workflow(definition["id"], create_workflow_definition(definition))
workflow_engine.start_workflow(definition["id"], given)
"""

RUN_DECLARED = """
workflow_engine.on_event = show_progress
start_workflow(given)
"""

VALUES = 1_000_000
"""How many values the aliases of a definition in YAML may make of it."""

KINDS = {
    "step_started": "",
    "step_completed": "done",
    "step_failed": "failed",
    "step_retried": "again",
    "workflow_completed": "completed",
    "workflow_ended": "ended",
}


def _declared(session: Session, name: str) -> Workflow:
    """The workflow with a name, or the only one; raises UsageError."""
    from dana.workflows import Workflow

    variables = session.variables
    found = {each: variables[each] for each in variables.own if type(variables.get(each)) is Workflow}
    if name in found or (not name and len(found) == 1):
        workflow: Workflow = found[name] if name else next(iter(found.values()))
        return workflow
    names = ", ".join(sorted(found))
    if not found:
        message, hint = "the program declares no workflow", "declare one: workflow name(input): ..."
    elif not name:
        message, hint = "the program declares several workflows", f"say which, with --name: {names}"
    else:
        like = nearest(name, found)
        message = f"the program declares no workflow {name}"
        hint = f"did you mean {like}?" if like else f"there are {names}"
    raise UsageError(Diagnostic("usage", message, hint=hint))


def read_definition(source: Source) -> dict[str, Any]:
    """The definition in a file; raises UsageError where it is no JSON or YAML, no object, or too large."""
    if len(source.text) > LARGEST:
        message = f"this definition has {len(source.text):,} characters, and {LARGEST:,} is the most"
        raise _wrong(message, source, 0)
    if source.name.endswith((".yaml", ".yml")):
        data = _yaml(source)
    else:
        try:
            data = json.loads(source.text, object_pairs_hook=_object, parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            at = min(error.pos, len(source.text))
            raise _wrong(f"this is not JSON: {error.msg.lower()}", source, at) from None
        except _Unusable as problem:
            found = source.text.rfind(problem.text)
            raise _wrong(str(problem), source, max(found, 0), len(problem.text)) from None
        except ValueError:
            raise _wrong("a number has more digits than can be read", source, 0) from None
        except RecursionError:
            raise _wrong("this is nested too deep", source, 0) from None
    if not isinstance(data, dict):
        raise _wrong("a workflow definition is an object with id and steps", source, 0)
    try:
        definition: dict[str, Any] = to_value(data)
    except (ValueError, TypeError) as error:  # too deep, or a date of YAML
        raise _wrong(f"this is no definition: {error}", source, 0) from None
    return definition


class _Unusable(Exception):
    """JSON that means nothing certain: what is wrong, and the text that shows it."""

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.text = text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise _Unusable(f"the key {json.dumps(key)} stands twice in one object", json.dumps(key))
        made[key] = value
    return made


def _no_constant(name: str) -> None:
    raise _Unusable(f"{name} is not JSON", name)


def check_file(source: Source) -> list[Diagnostic]:
    """What is wrong with the definition in a file."""
    session = Session(settings={"arguments": {"definition": read_definition(source)}, "log_level": "ERROR"})
    problems = session.evaluate("check_workflow_definition(definition)")
    return [Diagnostic("workflow", f"{source.name}: {problem}") for problem in problems]


def run_file(session: Session, definition: dict[str, Any] | str, given: Any) -> dict[str, Any]:
    """Run a definition in a session, or the workflow that its programs declare by a name ("" for the only one).

    The context, as JSON. Raises DanaError.
    """
    progress = _Progress(session)
    session.register("show_progress", progress.show)
    session.run("definition = None\ngiven = None", "<workflow>")
    if isinstance(definition, str):
        session.register("start_workflow", _declared(session, definition).start)
        session.variables["given"] = given
        context = session.evaluate(RUN_DECLARED, "<workflow>")
    else:
        session.variables.update(definition=definition, given=given)
        context = session.evaluate(RUN, "<workflow>")
    from dana.models.prompts import as_json

    result: dict[str, Any] = as_json(context, "result")
    return result


class _Progress:
    """A line for each thing that happens: step, what, time, tries, tokens."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.tries: dict[str, int] = {}
        self.tokens = 0

    def show(self, event: dict[str, Any]) -> None:
        """Write a line about an event of the engine."""
        kind, step = event["type"], event["step"]
        if kind == "step_started":
            self.tries[step] = self.tries.get(step, 0) + 1
            return
        words = [f"{step or event['workflow_id']:<32} {KINDS.get(kind, kind):<10}"]
        if event["seconds"] is not None:
            words.append(f"{event['seconds']:8.3f} s")
        if step is not None and self.tries.get(step, 1) > 1:
            words.append(f"try {self.tries[step]}")
        used = self.session.model_usage()
        if used is not None:
            tokens = used["input_tokens"] + used["output_tokens"]
            if tokens > self.tokens:
                words.append(f"{tokens - self.tokens} tokens")
            self.tokens = tokens
        if event["error"]:
            words.append(" ".join(str(event["error"]).split())[:200])
        self.session.host.write_log("  ".join(words).rstrip())


def _yaml(source: Source) -> Any:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError:
        raise UsageError(
            Diagnostic("yaml", f"{source.name} is YAML, and PyYAML is not installed", hint="pip install 'dana[yaml]'")
        ) from None
    try:
        data = yaml.safe_load(source.text)
        if _size(data, {}) > VALUES:
            raise _wrong(f"written out, the aliases (*) of this make more than {VALUES:,} values", source, 0)
        return data
    except RecursionError:
        raise _wrong("this is nested too deep", source, 0) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = mark.index if mark is not None else 0
        what = getattr(error, "problem", None) or "it cannot be read"
        raise _wrong(f"this is not YAML: {what}", source, min(at, len(source.text))) from None


def _size(data: Any, known: dict[int, int]) -> int:
    """How many values data are, where each place counts that an alias of YAML puts it in.

    Raises RecursionError for data that contains itself.
    """
    if not isinstance(data, (list, dict, tuple, set)):
        return 1
    if id(data) not in known:
        inside = [*data.keys(), *data.values()] if isinstance(data, dict) else data
        known[id(data)] = 1 + sum(_size(item, known) for item in inside)
    return known[id(data)]


def _wrong(message: str, source: Source, at: int, length: int = 1) -> DanaError:
    return UsageError(Diagnostic("definition", message, source, at, at + length))
