"""The shape of the code: which module may import which, what a file may be called, and that it says what it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

LAYERS = """
source
errors
diagnostics
nodes
cache_folder
lexer
literals
builder
parse_table
syntax
parser
tree_cache
limits
permissions
secret
host
network
storage
run
values
resolver
answers
calls
native
formatting
evidence
inference
overlap
taint
structs
scopes
interfaces
agents
evaluation
evaluation.shapes
evaluation.pipelines
evaluation.operators
evaluation.patterns
evaluation.asking
evaluation.lowering
evaluation.numbers
evaluation.fast
evaluation.definitions
evaluation.traceback
modules
python_modules
signatures
workflows
check
session
loader
configuration
models
models.providers
models.prompts
models.requests
models.endpoints
models.asking
models.scripted
models.weights
models.embedded
models.local
models.recording
models.background
models.tools
models.mcp
models.resource
models.inspection
workflow_files
project
documentation
testing
testing.differences
testing.coverage
testing.assertions
testing.environment
testing.collection
testing.runner
testing.reporting
testing.command
testing.watching
highlight
confinement
isolation
style
style.leaves
style.spacing
style.breaking
style.layout
style.files
language_server
language_server.positions
language_server.blocks
language_server.documents
language_server.library
language_server.meanings
language_server.descriptions
language_server.completion
language_server.navigation
language_server.outline
language_server.coloring
language_server.findings
language_server.fixes
language_server.server
repl
repl.folders
repl.history
repl.completeness
repl.highlighting
repl.terminal
repl.terminal_host
repl.display
repl.completion
repl.commands
repl.loop
usage
shells
cli
pytest_plugin
__main__
""".split()
"""Every module of dana, each above all that it may import."""

FOR_LIBRARIES = {
    "dana",
    "dana.errors",
    "dana.values",
    "dana.native",
    "dana.limits",
    "dana.run",
    "dana.host",
    "dana.formatting",
    "dana.calls",
    "dana.secret",
}
"""What the standard library may import of dana."""

LATE = {
    ("errors", "diagnostics"): "an error is drawn only when somebody looks at it",
    ("cli", "diagnostics"): "needed only when there is something to report",
    ("cli", "taint"): "needed only where it is asked for",
    ("cli", "isolation"): "needed only by programs that run in a process of their own",
    ("isolation", "models.requests"): "needed only by programs that ask a model",
    ("isolation", "models.providers"): "needed only by programs that ask a model",
    ("isolation", "models.resource"): "needed only by programs that ask a model",
    ("isolation", "workflow_files"): "needed only where a definition runs",
    ("isolation", "calls"): "needed only by programs that ask a model",
    ("cli", "style.files"): "needed only by `dana fmt`",
    ("cli", "style.layout"): "needed only by `dana fmt`",
    ("pytest_plugin", "cli"): "needed only where there are tests in .na files",
    ("pytest_plugin", "diagnostics"): "needed only where a test fails",
    ("pytest_plugin", "errors"): "needed only where there are tests in .na files",
    ("pytest_plugin", "limits"): "needed only where there are tests in .na files",
    ("pytest_plugin", "testing.environment"): "needed only where there are tests in .na files",
    ("usage", "configuration"): "needed only when a size is given",
    ("pytest_plugin", "usage"): "needed only where there are tests in .na files",
    ("pytest_plugin", "testing.runner"): "needed only where there are tests in .na files",
    ("cli", "testing.watching"): "needed only by `dana test --watch`",
    ("cli", "testing.command"): "needed only by `dana test`",
    ("cli", "testing.environment"): "needed only by `dana test`",
    ("cli", "testing.reporting"): "needed only by `dana test`",
    ("cli", "documentation"): "needed only by `dana doc`",
    ("cli", "highlight"): "needed only by `dana highlight`; brings Pygments",
    ("cli", "language_server.server"): "needed only by `dana lsp`",
    ("cli", "repl.folders"): "needed only by the REPL",
    ("cli", "repl.loop"): "needed only by the REPL",
    ("cli", "repl.terminal_host"): "needed only by the REPL",
    ("repl.loop", "models.resource"): "the first prompt does not wait for it",
    ("session", "parser"): "what runs from a file may be in the cache of trees",
    ("cli", "shells"): "needed only by `dana completion`",
    ("cli", "session"): "`dana --version` and wrong usage need no interpreter",
    ("cli", "limits"): "needed only when a limit is given",
    ("host", "permissions"): "most programs reach for nothing outside",
    ("host", "secret"): "most programs have no secrets",
    ("cli", "evaluation.definitions"): "needed only where a tier is asked for",
    ("cli", "evaluation.fast"): "needed only when a permission is asked for",
    ("host", "network"): "needed only by programs that use the network",
    ("host", "storage"): "needed only by programs that use files or databases",
    ("cli", "host"): "`dana --version` and wrong usage need no interpreter",
    ("cli", "permissions"): "most programs reach for nothing outside",
    ("cli", "configuration"): "needed only when a program reaches for something outside",
    ("literals", "parser"): "an f-string holds expressions, which are parsed where it is built",
    ("syntax", "parser"): "explains what the parser, which asks for it, could not read",
    ("tree_cache", "parser"): "a program that has run before is not parsed",
    ("parser", "parse_table"): "needed with the first program that is parsed, not with the module",
    ("parser", "syntax"): "what is wrong is looked for only when something is",
    ("session", "check"): "needed only by `dana check` and editors",
    ("session", "overlap"): "needed only by workflows, whose conditions are expressions in texts",
    ("session", "models.resource"): "needed only by programs that ask a model",
    ("evaluation.definitions", "evaluation.asking"): "needed only by programs that ask a model",
    ("evaluation.definitions", "evaluation.fast"): "needed only by programs that call a function often",
    ("evaluation.definitions", "evaluation.numbers"): "needed only by programs that call a function often",
    ("evaluation.definitions", "overlap"): "needed only by programs that ask a model",
    ("evaluation.definitions", "inference"): "needed only by programs that ask a model",
    ("evaluation.traceback", "calls"): "needed only where an error is described",
    ("evaluation.traceback", "inference"): "needed only where a function is called that nobody defines",
    ("evaluation.pipelines", "modules"): "needed only where a list of stages is run at once",
    ("evaluation.definitions", "scopes"): "needed only by programs with variables of scopes",
    ("session", "python_modules"): "needed only where programs and Python call each other",
    ("session", "workflows"): "needed only by programs that declare workflows",
    ("workflow_files", "workflows"): "needed only by programs that declare workflows",
    ("session", "scopes"): "needed only by programs with variables of scopes",
    ("evaluation.definitions", "interfaces"): "needed only by programs with interfaces",
    ("evaluation.definitions", "agents"): "needed only by programs that declare agents",
    ("evaluation.definitions", "workflows"): "needed only by programs that declare workflows",
    ("evaluation.definitions", "structs"): "needed only by programs with structs or receivers",
    ("models.resource", "models.mcp"): "needed only by programs that use MCP servers",
    ("models.resource", "models.tools"): "needed only by programs that offer tools",
    ("models.resource", "structs"): "needed only by programs with structs",
    ("evaluation.definitions", "calls"): "needed only by programs that ask a model",
    ("evaluation.definitions", "evidence"): "needed only by programs that ask a model",
    ("cli", "models.inspection"): "needed only by `dana prompt` and `dana doctor`",
    ("cli", "workflow_files"): "needed only by `dana workflow`",
    ("workflow_files", "models.prompts"): "needed only when a workflow has run",
    ("cli", "project"): "needed only by `dana init`",
    ("cli", "models.weights"): "needed only by `dana model`",
    ("models.resource", "configuration"): "scripted answers need no configuration",
    ("models.resource", "models.background"): "scripted answers wait for nothing",
    ("models.resource", "models.local"): "needed only where nothing else is configured",
    ("models.resource", "models.weights"): "needed only where nothing else is configured",
    ("models.resource", "models.recording"): "needed only where calls are recorded or kept",
}
"""Imports of dana's modules inside functions, each with its reason."""

FORBIDDEN_WORDS = set(
    """util utils utility utilities helper helpers common base manager managers handler handlers processor enhanced
    unified optimized smart misc stuff core2 new final""".split()
)
VERSION = re.compile(r"v\d+")

MODULES = sorted((ROOT / "dana").rglob("*.py"))
LIBRARIES = sorted((ROOT / "stdlib").rglob("*.py"))


def module_name(file: Path) -> str:
    """The name of a module of dana without `dana.`; the package itself is the empty text."""
    parts = file.relative_to(ROOT / "dana").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """What a file imports, and whether inside a function; what only type checkers read is left out."""

    def walk(node: ast.AST, late: bool) -> Iterator[tuple[str, bool]]:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        if isinstance(node, ast.Import):
            yield from ((alias.name, late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                assert (node.level, file.parent.name) == (1, "stdlib"), f"{file}:{node.lineno}: imports are absolute"
                origin = f"dana.stdlib.{origin}".rstrip(".")
            submodules = [alias.name for alias in node.names if is_module(f"{origin}.{alias.name}")]
            yield from ((f"{origin}.{name}", late) for name in submodules)
            if len(submodules) < len(node.names):
                yield origin, late
        late = late or isinstance(node, ast.FunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, late)

    yield from walk(ast.parse(file.read_text()), False)


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return name.startswith("dana.") and (path.with_suffix(".py").exists() or path.is_dir())


def named(files: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("file", files, ids=[str(file.relative_to(ROOT)) for file in files])


def test_every_module_has_its_layer() -> None:
    assert {module_name(file) for file in MODULES} - {""} == set(LAYERS)
    assert len(LAYERS) == len(set(LAYERS))


@named(MODULES)
def test_imports_point_down(file: Path) -> None:
    name = module_name(file)
    for imported, late in imports(file):
        if not imported.startswith("dana.") or late:
            continue
        below = imported.removeprefix("dana.")
        assert not below.startswith("stdlib"), f"{name} imports {imported}: the library is found by name"
        assert name, f"the package imports {imported}: it loads nothing by itself"
        assert LAYERS.index(below) < LAYERS.index(name), f"{name} imports {imported}, which stands above it"


@named(MODULES)
def test_imports_inside_functions_have_a_reason(file: Path) -> None:
    name = module_name(file)
    for imported, late in imports(file):
        if late and imported.startswith("dana."):
            assert (name, imported.removeprefix("dana.")) in LATE, f"{name} imports {imported} inside a function"


def test_reasons_are_of_imports_that_exist() -> None:
    found = {
        (module_name(file), imported.removeprefix("dana."))
        for file in MODULES
        for imported, late in imports(file)
        if late
    }
    assert set(LATE) <= found


@named(LIBRARIES)
def test_libraries_import_the_extension_surface_only(file: Path) -> None:
    for imported, _ in imports(file):
        if imported.split(".")[0] == "dana" and not imported.startswith("dana.stdlib"):
            assert imported in FOR_LIBRARIES, f"{file.name} imports {imported}"


@named([*MODULES, *LIBRARIES])
def test_file_says_what_it_is(file: Path) -> None:
    doc = ast.get_docstring(ast.parse(file.read_text()))
    assert doc, f"{file.name} has no docstring"
    first = doc.split("\n\n")[0]
    assert first.endswith((".", ":")), f"{file.name}: the docstring begins with a sentence"
    assert not re.search(r"[.!?] [A-Z]", first), f"{file.name}: the docstring begins with one sentence"


@named([*MODULES, *LIBRARIES, *sorted((ROOT / "tests").rglob("*.py"))])
def test_file_name_is_a_noun_of_the_domain(file: Path) -> None:
    for word in file.stem.strip("_").split("_"):
        assert word not in FORBIDDEN_WORDS, f"{file.name} says nothing"
        assert not VERSION.fullmatch(word), f"{file.name} carries a version"


@named([*MODULES, *LIBRARIES])
def test_no_notes_to_self(file: Path) -> None:
    for number, line in enumerate(file.read_text().splitlines(), 1):
        assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line), f"{file.name}:{number}"
        assert not re.match(r"\s*#\s*[-=#*]{4,}", line), f"{file.name}:{number} is a banner"
