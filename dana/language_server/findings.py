"""What `dana check` says of a text, and what its calls will ask a model, for the text as it was at one moment."""

from __future__ import annotations

from dana import modules
from dana.check import check
from dana.errors import ProgramError
from dana.inference import infer
from dana.models.inspection import Asked
from dana.nodes import Call
from dana.parser import parse
from dana.resolver import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dana.errors import Diagnostic
    from dana.source import Source


class Findings:
    """The diagnostics of a source in the order of the text, and its calls of models where it could be read."""

    __slots__ = ("asked", "diagnostics", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.asked: list[Asked] = []
        self.diagnostics: list[Diagnostic] = []
        try:
            module = parse(source)
            resolution = resolve(module, source)
        except ProgramError as error:
            self.diagnostics = error.diagnostics
            return
        asks = any("reason" in scope.uses or "reason" in scope.calls for scope in resolution.scopes.values())
        wanted = infer(module, resolution) if asks else {}
        self.diagnostics = check(
            module,
            source,
            resolution,
            known=modules.is_builtin,
            suggestions=modules.builtin_names(),
            wanted=wanted,
        )
        if wanted:
            calls = {id(node): node for node in module.walk() if type(node) is Call}
            self.asked = [Asked(calls[at], found, source) for at, found in wanted.items()]
