"""A session: one set of variables that programs run in, one after the other, through one host."""

from __future__ import annotations

import os.path
import sys
import weakref
from _contextvars import ContextVar
from _thread import RLock
from types import GeneratorType

from dana import modules
from dana.errors import (
    DanaError,
    Diagnostic,
    Interrupted,
    LimitError,
    LimitReached,
    ProgramError,
    Stop,
    UncaughtError,
    UsageError,
    nearest,
)
from dana.evaluation.definitions import Program, Variables
from dana.evaluation.traceback import callers, describe, error_line, function_name, position, read_variable
from dana.formatting import represent
from dana.host import Host
from dana.limits import HOST_FRAME, Limits, Meter
from dana.modules import Loading
from dana.nodes import Call, ExpressionStatement, ImportFrom
from dana.resolver import resolve
from dana.run import RUN, Run
from dana.source import Source
from dana.tree_cache import parse_cached
from dana.values import NATIVES, UNBOUND, Module, get_attribute, to_value, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dana.models.resource import Models

_CHAIN: ContextVar[tuple[Loading, ...]] = ContextVar("dana_loading", default=())
"""The modules that are being loaded around here, outermost first; the flows of `parallel` inherit it."""

_EXPRESSIONS = 500
"""How many expressions in texts are kept as trees."""

_HOST_FRAMES = 24
"""Frames of the host that one call of a program may take on average, for the host's own limit on recursion."""


class Session:
    """Runs programs that share their variables.

    `host` is where effects go, `limits` what all runs together may use; `strict` makes an error of a name
    that is found only in a caller. `settings` are "log_level", "log_format" and "arguments", a dict of
    variables that are set before the first program runs. `stack` says how many bytes of stack the threads have on
    which programs run; how deep data and calls nest depends on it.
    """

    def __init__(
        self,
        host: Host | None = None,
        *,
        limits: Limits | None = None,
        strict: bool = False,
        settings: dict[str, Any] | None = None,
        stack: int | None = None,
    ) -> None:
        self.host = host or Host()
        self.meter = Meter(limits)
        self.strict = strict
        self.stack = stack
        self.settings: dict[str, Any] = {"log_level": "INFO", "log_format": "text", **(settings or {})}
        self.variables = self._new_variables()
        self._run = Run(self.host, self.meter, self)
        self._modules: dict[str, Module] = {}
        self._loading = RLock()
        self._homes: dict[str, modules.Home] = {}
        self.receivers = modules.Receivers(self._here)
        self._scopes: dict[str, Any] = {}
        self._warned: set[tuple[str, int]] = set()
        self._registered: dict[str, Any] = {}
        self._models: Models | None = None
        self._expressions: dict[str, tuple[Source, Any, Any]] = {}
        self._set_arguments()

    def run(self, text: str, name: str = "<input>", path: str | None = None) -> None:
        """Run a program; raises ProgramError, UncaughtError or LimitError (all DanaError), or Interrupted."""
        self.run_source(Source(text, name, path))

    def run_source(self, source: Source) -> None:
        """Run the program in a source."""
        program = self._prepare(source, self.variables)
        with self._running():
            program.run()

    def evaluate(self, text: str, name: str = "<input>") -> Any:
        """Run a program; the value of its last statement, when that is an expression, as it is in the program."""
        program = self._prepare(Source(text, name), self.variables)
        with self._running():
            return program.evaluate()

    def interact(self, source: Source, show: Callable[[Any], None]) -> None:
        """Run what a person has typed, with steps of its own; `show` gets its value within the run."""
        from dana.parser import parse  # what is typed is not kept in the cache of trees

        module = parse(source)
        program = Program(source, module, resolve(module, source), self.variables, self.meter, self)
        self.meter.forget_steps()
        with self._running():
            show(program.evaluate())

    def within(self, work: Callable[[], None]) -> None:
        """Do something with values of the programs that may run a part of these."""
        with self._running():
            work()

    def reset(self) -> None:
        """Forget what programs have bound, defined and imported; models and what they cost are kept."""
        self.variables = self._new_variables()
        self._modules.clear()
        self.receivers.clear()
        self._scopes.clear()
        self._warned.clear()
        self._set_arguments()

    def call(self, name: str, /, *arguments: Any, **keywords: Any) -> Any:
        """What a function of the programs gives; data is copied both ways, a function that it gives can be called.

        Raises NameError when there is none, TypeError for arguments that are no data, and DanaError.
        """
        from dana.python_modules import called  # only programs of Python call functions

        function = self.variables.get(name, UNBOUND)
        if function is UNBOUND or name not in self.variables.own:
            like = nearest(name, [each for each in self.variables.own if callable(self.variables.get(each))])
            meant = f"; did you mean {like}?" if like else ""
            raise NameError(f"no program of this session has defined the function '{name}'{meant}", name=name)
        if not callable(function):
            raise TypeError(f"'{name}' is no function but a value of the type {type_name(function)}")
        return called(self, function, arguments, keywords)

    def register(self, name: str, function: Callable[..., Any]) -> None:
        """Give programs a function of the host; what it returns is converted to plain data of the program."""

        def native(*arguments: Any, **keywords: Any) -> Any:
            return to_value(function(*arguments, **keywords))

        native.__name__ = native.__qualname__ = name
        native.__doc__ = function.__doc__ or f"{name} is supplied by the program that runs this one."
        NATIVES.add(id(native))
        weakref.finalize(native, NATIVES.discard, id(native))  # another function may get the same identity
        self._registered[name] = native

    def check(self, source: Source, *, strict: bool = False, taint: bool = False) -> list[Diagnostic]:
        """What is wrong with a program, found without running it; with `taint` also what untrusted data decides."""
        from dana.check import check  # only `dana check` and editors need it

        try:
            module = parse_cached(source)
            resolution = resolve(module, source)
        except ProgramError as error:
            return error.diagnostics
        suggestions = modules.builtin_names()
        return check(module, source, resolution, known=self._knows, suggestions=suggestions, strict=strict, taint=taint)

    def cancel(self) -> None:
        """Stop what is running at its next step; may be called from another thread."""
        self.meter.cancel()

    def current_line(self) -> int | None:
        """The line of the program's innermost statement that is running on this thread, or None."""
        at = position()
        if at is None:
            return None
        node, lowering = at
        line: int = lowering.unit.source.line_of(node.start)
        return line

    @property
    def models(self) -> Models:
        """The models that programs of this session ask."""
        if self._models is None:
            from dana.models.resource import Models  # only programs that ask a model need it

            self._models = Models(self.settings, self.host)
        return self._models

    def model_usage(self) -> dict[str, Any] | None:
        """The calls, tokens and cost of all models that were asked; None when none was."""
        return None if self._models is None else self._models.usage.data()

    def evaluate_expression(self, text: str, variables: dict[str, Any]) -> Any:
        """The value of one expression, with these variables and the built-ins that have no effect."""
        from dana.overlap import HARMLESS  # only workflows have expressions in texts

        def supplied(name: str) -> Any:
            return modules.builtin(name) if name in HARMLESS - {"print", "log", "secret"} else UNBOUND

        known = self._expressions.get(text)
        if known is None:
            source = Source(text.strip(), "<expression>")
            try:
                module = parse_cached(source)
                if len(module.body) != 1 or type(module.body[0]) is not ExpressionStatement:
                    raise ValueError(f"{text!r} is not one expression"[:300])
                known = source, module, resolve(module, source)
            except ProgramError as error:
                raise ValueError(f"{text!r} is not an expression: {error.diagnostic.message}"[:300]) from None
            if len(self._expressions) >= _EXPRESSIONS:
                self._expressions.clear()
            self._expressions[text] = known
        source, module, resolution = known
        own = Variables(supplied, _undefined)
        own.update(variables)
        return Program(source, module, resolution, own, self.meter, self).evaluate()

    @property
    def registered(self) -> dict[str, Any]:
        """The functions of the host that programs have, by name."""
        return self._registered

    def program_variable(self, name: str) -> Any:
        """What the programs of this session have bound to a name, or None."""
        return self._registered.get(name, self.variables.get(name) if name in self.variables.own else None)

    def program_function(self, name: str) -> Any:
        """The same for a function; None for any other value."""
        found = self.program_variable(name)
        return found if callable(found) else None

    def at_top_level(self) -> bool:
        """Whether the statement that is running stands in no function."""
        at = position()
        return at is None or at[1].unit.scope.kind == "module"

    # Names

    def _new_variables(self) -> Variables:
        return Variables(self._supplied, self._from_caller)

    def define(self, name: str, value: Any) -> None:
        """Bind a variable of the programs to a value of theirs."""
        self.variables[name] = value
        self.variables.bind((name,))

    def _set_arguments(self) -> None:
        for name, value in self.settings.get("arguments", {}).items():
            self.define(name, to_value(value))

    def _scope(self, name: str) -> Any:
        """The variables `public:x` and `system:x` of this session."""
        from dana.scopes import Shared, System  # only programs with such variables need it

        if not self._scopes:
            run_id = self.host.new_id()
            level = modules.builtin("log_level")
            self._scopes["$public"] = Shared("public")
            self._scopes["$system"] = System(
                {
                    "run_id": (lambda: run_id, None),
                    "workflow": (_running_workflow, None),
                    "time": (modules.builtin("get_current_time"), None),
                    "log_level": (level, level),
                    "model": (lambda: self.models.chosen(None).name, self._choose_model),
                }
            )
        return self._scopes.get(name, UNBOUND)

    def _choose_model(self, name: Any) -> None:
        self.models.default = self.models.chosen(name)

    def _knows(self, name: str) -> bool:
        return name in self._registered or name in self.variables.own or modules.is_builtin(name)

    def _supplied(self, name: str) -> Any:
        """What a name means that a program has not bound, or UNBOUND."""
        found = self._registered.get(name, UNBOUND)
        if found is not UNBOUND:
            return found
        if name[0] == "$":
            return self._scope(name)
        found = modules.builtin(name)
        if found is UNBOUND:
            path = modules.program_of(name)
            if path is not None:
                return self._library(path).members.get(name, UNBOUND)
        return found

    def library_member(self, name: str) -> Any:
        """A member of the library that needs no import."""
        return self._supplied(name)

    def _library(self, path: str) -> Module:
        """A library that is written in Dana; each session has its own."""
        with self._loading:  # flows that run at once must not see one that is half loaded
            key = f"library {path}"
            found = self._modules.get(key)
            if found is None:
                with open(path, "rb") as file:
                    source = decode_source(file.read(), f"<library>/{os.path.basename(path)}")
                name = os.path.basename(path)[:-3]
                found = self._run_module(name, key, source, Variables(self._supplied, _undefined))
            return found

    def _from_caller(self, name: str) -> Any:
        """The value of a name that is bound nowhere, from the functions that are running, nearest first."""
        reader = None
        for node, lowering, f in callers():
            if reader is None:
                reader = node, lowering
            found = read_variable(lowering.scope, name, f)
            if found is not UNBOUND:
                if self.strict:
                    break
                self._warn_caller(name, reader, lowering)
                return found
        if "stubs" in self.settings and reader is not None and _calls(reader[0], name):
            return self._stub(name)
        raise NameError(f"name '{name}' is not defined", name=name)

    def _stub(self, name: str) -> Any:
        """A function in the place of one that is missing: what it gives is in a file, or a person says it."""
        stubs: dict[str, Any] = self.settings["stubs"]

        def stub(*arguments: Any, **keywords: Any) -> Any:
            from json import dumps, loads

            given = [*map(represent, arguments), *(f"{key}={represent(item)}" for key, item in keywords.items())]
            called = f"{name}({', '.join(given)})"
            if name in stubs:
                value = stubs[name]
            elif sys.stdin.isatty():
                self.host.write_log(f"{called} is missing: what does it give, as JSON?")
                line = self.host.read_line("> ")
                try:
                    value = loads(line)
                except ValueError:
                    value = line
            else:
                raise NameError(f"name '{name}' is not defined, and no answer is given for it", name=name)
            self.host.write_log(f"stub: {called} gives {dumps(value, ensure_ascii=False)}")
            return to_value(value)

        self.register(name, stub)
        return self._registered[name]

    def _warn_caller(self, name: str, reader: tuple[Any, Any], owner: Any) -> None:
        node, lowering = reader
        if (name, node.start) in self._warned:
            return
        self._warned.add((name, node.start))
        source = lowering.unit.source
        place = next((n for n in node.walk() if getattr(n, "id", None) == name), node)
        line, column = source.position(place.start)
        self.host.write_log(
            f"warning: {source.name}:{line}:{column}: {name} is not defined in {function_name(lowering)}; "
            f"its value is taken from the caller {function_name(owner)}; pass it as an argument"
        )

    # Modules

    def import_module(self, name: str, level: int, importer: Source) -> Module:
        """The module that `import name` means in a file, loaded when it is first asked for.

        `level` counts the leading dots. Raises ModuleNotFoundError, and ImportError for dots that leave the package.
        """
        if importer.path is not None and importer.path.startswith("<library>/"):
            found = modules.standard_module(name)
            assert found is not None
            return found
        if name.endswith(".py") and not level:
            return self.import_python(name.removesuffix(".py"), importer)
        home = self._home(importer)
        if level:
            name = modules.absolute(name, level, home, self._file(importer))
        found = self._find(name, home.root, importer)
        if found is None and not level:
            found = modules.standard_module(name)
            if found is None and home.package:
                found = self._find(f"{home.package}.{name}", home.root, importer)
        if found is None:
            raise modules.not_found(name, importer.path or importer.name, home.package)
        return found

    def import_python(self, name: str, importer: Source) -> Module:
        """The module of Python that `import name.py` means, a file beside the one that imports or an installed one.

        Raises PermissionError where it is not granted.
        """
        from dana.python_modules import load  # only programs with such imports need it

        return load(name, os.path.dirname(importer.path or ""), self.host.permissions)

    def import_package(self, name: str, importer: Source) -> Module:
        """What `import a.b.c` binds: a module `a` through which `b` and `c` are reached."""
        if name.endswith(".py"):
            if name.count(".") > 1:
                raise ImportError(f"import {name} needs a name: import {name} as {name.split('.')[-2]}", name=name)
            return self.import_module(name, 0, importer)
        whole = self.import_module(name, 0, importer).name
        inside = name.partition(".")[2]
        found = self._find(whole.removesuffix(f".{inside}"), self._home(importer).root, importer)
        assert found is not None
        return found

    def import_member(self, module: Module, name: str, importer: Source) -> Any:
        """What `from module import name` binds: a member, or a module inside the package."""
        try:
            return get_attribute(module, name)
        except AttributeError as error:
            home: modules.Home | None = module.home
            if home is not None and home.is_package and name not in module.members:
                found = self._find(f"{module.name}.{name}", home.root, importer)
                if found is not None:
                    return found
            if module.writable and (name in module.members or (module.loading and name in module.exports)):
                like = nearest(name, module.names())
                meant = f" (did you mean {like}?)" if like else ""
                raise ImportError(f"{error}{meant}", name=module.name) from None
        like = nearest(name, module.names())
        meant = f" (did you mean {like}?)" if like else ""
        raise ImportError(f"cannot import name '{name}' from '{module.name}'{meant}", name=module.name)

    def _here(self) -> tuple[Source, str] | None:
        """The source of the statement that is running on this thread, and its line as `file.na:3`."""
        at = position()
        if at is None:
            return None
        source: Source = at[1].unit.source
        return source, f"{self._file(source)}:{source.line_of(at[0].start)}"

    def _asked(self, importer: Source) -> str:
        """The line that imports, as `file.na:3`."""
        here = self._here()
        return here[1] if here is not None and here[0] is importer else self._file(importer)

    def _file(self, source: Source) -> str:
        """What messages that programs may read call a file: they do not learn the folder."""
        home = self._home(source)
        return home.file() if home.name else os.path.basename(source.name)

    def _home(self, importer: Source) -> modules.Home:
        """Where the file that imports stands; a program is in no package, whatever its folder."""
        if importer.path is None:
            return modules.Home("")
        return self._homes.get(os.path.abspath(importer.path)) or modules.Home(os.path.dirname(importer.path))

    def _find(self, name: str, root: str, importer: Source) -> Module | None:
        """A module below a folder, or None; the packages it is in are loaded before it.

        Raises ModuleNotFoundError for what would be inside of a module that is no package.
        """
        parts = name.split(".")
        outer: Module | None = None
        for count, part in enumerate(parts, 1):
            inside = ".".join(parts[:count])
            module = self._at(inside, root, importer)
            if module is None and outer is not None and not outer.home.is_package:
                file = outer.home.name.replace(".", "/") + ".na"
                raise ModuleNotFoundError(f"no module named '{name}': {file} is a file, not a package", name=name)
            if module is None:
                module = self._folder(inside, parts[count:], root)
            if module is None:
                return None
            if outer is not None:
                variables: Any = outer.members
                if variables.get(part) is not module:
                    variables.bind((part,))
                    variables[part] = module
            outer = module
        return outer

    def _at(self, name: str, root: str, importer: Source) -> Module | None:
        """The module in the file that a name means below a folder; loaded, unless it is being loaded around here."""
        chain = _CHAIN.get()
        while True:
            with self._loading:  # flows that run at once load a module once
                module = self._known(name, root)
                if module is None:
                    begun = self._begin(name, root, importer)
                    if begun is None:
                        return None
                else:
                    begun = None
                    loading: Loading | None = module.loading
                    if loading is None:
                        return module
                    if not self._may_wait(loading, chain):
                        loading.closed_by(chain, self._asked(importer))
                        return module
            if begun is not None:
                return self._load(*begun)
            assert loading is not None
            with loading.done:
                for each in chain:
                    each.waits = None

    def _known(self, name: str, root: str) -> Module | None:
        """The module that a name means below a folder, if it has been imported or is being imported."""
        found = (self._modules.get(os.path.abspath(path)) for path in modules.files_of(name, root))
        return next((module for module in found if module is not None), None)

    def _may_wait(self, loading: Loading, chain: tuple[Loading, ...]) -> bool:
        """Whether to wait for what another thread loads; not when that waits for something loaded here."""
        at: Loading | None = loading
        while at is not None:
            if at in chain:
                return False
            at = at.waits
        for each in chain:
            each.waits = loading
        return True

    def _begin(self, name: str, root: str, importer: Source) -> tuple[str, Program, Module, Loading] | None:
        """A module whose program is read, but has not run; None when there is no file for it."""
        for path in modules.files_of(name, root):
            data = self.host.read_source(path)
            if data is not None:
                break
        else:
            return None
        asked = self._asked(importer)
        variables = self._new_variables()
        try:
            program = self._prepare(decode_source(data, path), variables)
        except ProgramError as error:
            chain = [asked, *(each.asked for each in reversed(_CHAIN.get()))]
            by = "\n".join(f"imported by {each}" for each in chain)
            hint = error.diagnostics[-1].hint
            error.diagnostics[-1].hint = by if hint is None else f"{hint}\n{by}"
            raise
        key = os.path.abspath(path)
        home = modules.Home(root, name, path.endswith("__init__.na"))
        loading = Loading(home, asked)
        doc = program.resolution.scopes[id(program.module)].docstring
        module = Module(home.name, variables, doc, writable=True, exports=variables.own, home=home)
        module.loading = loading
        variables.bind(program.resolution.globals)
        self._modules[key] = module
        self._homes[key] = home
        return key, program, module, loading

    def _load(self, key: str, program: Program, module: Module, loading: Loading) -> Module:
        """Run the program of a module; nothing of it stays when that fails."""
        token = _CHAIN.set((*_CHAIN.get(), loading))
        try:
            program.run()
        except BaseException:
            del self._modules[key]
            self.receivers.forget(program.source)
            raise
        finally:
            _CHAIN.reset(token)
            module.loading = None
            loading.done.release()
        return module

    def _folder(self, name: str, inside: list[str], root: str) -> Module | None:
        """The package that a folder without `__init__.na` is, when there is a module in it that is asked for."""
        key = "package " + os.path.abspath(os.path.join(root, *name.split(".")))
        package = self._modules.get(key)
        if package is not None:
            return package
        deeper = [".".join([name, *inside, *filter(None, [each])]) for each in ("", *_wanted())]
        if not any(self._is_there(each, root) for each in deeper[not inside :]):
            return None
        variables = Variables(lambda name: UNBOUND, _undefined)
        home = modules.Home(root, name, True)
        package = self._modules[key] = Module(name, variables, None, writable=True, exports=variables.own, home=home)
        return package

    def _is_there(self, name: str, root: str) -> bool:
        """Whether there is a file or a known folder for a module."""
        return "package " + os.path.abspath(os.path.join(root, *name.split("."))) in self._modules or any(
            os.path.abspath(path) in self._modules or self.host.read_source(path) is not None
            for path in modules.files_of(name, root)
        )

    def _run_module(self, name: str, key: str, source: Source, variables: Variables) -> Module:
        program = self._prepare(source, variables)
        module = Module(name, variables, program.resolution.scopes[id(program.module)].docstring, writable=True)
        module.exports = variables.own
        self._modules[key] = module
        try:
            program.run()
        except BaseException:
            del self._modules[key]
            raise
        return module

    # Runs

    def _prepare(self, source: Source, variables: Variables) -> Program:
        module = parse_cached(source)
        return Program(source, module, resolve(module, source), variables, self.meter, self)

    def _running(self) -> _Running:
        return _Running(self._run, self.meter)


class _Running:
    """What holds while programs run: the current Run, room on the host's stack, errors as diagnostics."""

    __slots__ = ("_allowed", "_decimal", "_inside", "_meter", "_run", "_token", "_unraisable")

    def __init__(self, run: Run, meter: Meter) -> None:
        self._run = run
        self._meter = meter

    def __enter__(self) -> None:
        self._inside = RUN.get(None) is self._run  # a function of the host that a program calls may call back
        self._token = RUN.set(self._run)
        self._allowed = sys.getrecursionlimit()
        self._unraisable = sys.unraisablehook
        room = (self._run.session.stack or usual_stack()) // HOST_FRAME
        sys.setrecursionlimit(max(self._allowed, min(self._meter.limits.depth * _HOST_FRAMES, room)))
        sys.unraisablehook = self._given_up
        if not self._inside:
            self._meter.start()
        decimal = sys.modules.get("decimal")
        self._decimal = decimal.getcontext() if decimal is not None else None
        if decimal is not None and self._run.decimal is not None:
            decimal.setcontext(self._run.decimal)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if isinstance(error, BaseException) and not isinstance(error, (DanaError, Interrupted, KeyboardInterrupt)):
                self._ended_by(error)
            if error is None and self._meter.stopped is not None and not self._inside:
                self._ended_by(self._meter.stopped)  # somebody swallowed it
        finally:
            if not self._inside:
                self._meter.end()
            sys.setrecursionlimit(self._allowed)
            sys.unraisablehook = self._unraisable
            RUN.reset(self._token)
            decimal = sys.modules.get("decimal")
            if decimal is not None:
                self._run.decimal = decimal.getcontext()
                decimal.setcontext(self._decimal or decimal.Context())

    def _ended_by(self, error: BaseException) -> None:
        """Raise what a person can read of the error that ended a program."""
        if isinstance(error, Interrupted):
            raise error
        try:
            diagnostic = describe(error, modules.builtin_names())
        except LimitReached as limit:  # the text of an error is made by the program
            diagnostic = describe(limit, [])
        if diagnostic.code == "limit":
            raise LimitError(diagnostic) from None
        raise UncaughtError(diagnostic, error) from None

    def _given_up(self, failed: Any) -> None:
        """An error that nobody can catch: it came up in a generator that was closed because nobody holds it."""
        error = failed.exc_value
        if RUN.get(None) is not self._run or type(failed.object) is not GeneratorType:
            self._unraisable(failed)
        elif isinstance(error, Stop):
            self._meter.stop(error)
        elif error is not None and self._meter.stopped is None:
            self._run.host.write_log(f"warning: a generator failed when it was given up: {error_line(error)}")


def _wanted() -> list[str]:
    """What the `from` statement that is running imports."""
    at = position()
    if at is None or type(at[0]) is not ImportFrom:
        return []
    return [alias.name for alias in at[0].names if alias.name != "*"]


def usual_stack() -> int:
    """Bytes of the stack of a thread, where nobody has chosen another."""
    try:
        import resource
    except ImportError:
        return 1_000_000
    soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    return soft if 0 < soft < 2**40 else 8 * 1024 * 1024


def _calls(node: Any, name: str) -> bool:
    """Whether a node calls a function of this name."""
    return any(type(n) is Call and getattr(n.function, "id", None) == name for n in node.walk())


def _undefined(name: str) -> Any:
    """A name that the library does not know: callers are not asked."""
    raise NameError(f"name '{name}' is not defined", name=name)


def decode_source(data: bytes, path: str) -> Source:
    """The source in the bytes of a file; raises ProgramError where they are not UTF-8 text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        readable = Source(data.decode("utf-8", "replace"), path, path)
        at = len(data[: error.start].decode("utf-8").replace("\r\n", "\n").removeprefix("\ufeff"))
        byte = data[error.start]
        raise ProgramError(
            Diagnostic(
                "not-utf-8",
                f"byte 0x{byte:02x} is not UTF-8 text",
                readable,
                at,
                at + 1,
                hint="save the file as UTF-8",
            )
        ) from None
    return Source(text, path, path)


def read_source(path: str) -> Source:
    """The source in a file; raises UsageError when it cannot be read, ProgramError when it is not text."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise UsageError(
            Diagnostic("cannot-read", f"cannot read {path}: {(error.strerror or str(error)).lower()}")
        ) from None
    return decode_source(data, path)


__all__ = ["Interrupted", "Session", "decode_source", "read_source"]


def _running_workflow() -> str | None:
    """The name of the declared workflow that runs."""
    if "dana.workflows" not in sys.modules:
        return None
    from dana.workflows import running

    return running()
