"""The command `dana`: runs and checks programs, and says with its exit code how that ended.

Whatever is not needed to start is imported by the function that uses it: starting is most of the time that a
short program takes.
"""

from __future__ import annotations

import os
import sys

from dana import __version__
from dana.errors import DanaError, Diagnostic, Interrupted, LimitError, ProgramError, UncaughtError, UsageError
from dana.usage import (
    COMMANDS,
    HELP,
    HELP_OF,
    LIMITS,
    OPTIONS,
    PERMISSIONS,
    TEST_TIMEOUT,
    Options,
    did_you_mean,
    unknown_option,
    usage_error,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, NoReturn

    from dana.host import Host
    from dana.permissions import Permissions
    from dana.session import Session
    from dana.source import Source

DONE, FAILED, USAGE, PARKED, LIMIT, INTERNAL, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 3, 4, 70, 130, 141

STATUS = {
    DONE: "done",
    FAILED: "failed",
    USAGE: "usage",
    LIMIT: "limit",
    INTERNAL: "internal-error",
    INTERRUPTED: "interrupted",
}
"""What the result object of `--json` calls an exit code."""

_LIBRARIES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "stdlib", "")
"""Where the library's own programs are."""

STACK = 512 * 1024 * 1024
"""Bytes of address space for the thread that runs programs, enough for the default depth; used only when touched."""
STACK_OF_A_CALL = 64 * 1024
GRACE = 1.0
"""Seconds that an interrupted program has to end by itself."""


def command() -> NoReturn:
    """The console script: `main`, then out at once, since taking the interpreter apart takes time for nothing."""
    import gc

    gc.disable()  # until a program runs: what is imported stays
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before Dana began
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    code = main()
    shapes = sys.modules.get("dana.evaluation.shapes")
    if shapes is not None:
        shapes.save_shapes()
    from atexit import _run_exitfuncs

    _run_exitfuncs()
    sys.stderr.flush()
    os._exit(code)


def main(argv: list[str] | None = None) -> int:
    """Do what the arguments say (by default those of the process); the exit code."""
    try:
        code = _guarded(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return code
    except OSError as error:
        return _abandon_output(error)


def _guarded(arguments: list[str]) -> int:
    try:
        return _dispatch(arguments)
    except DanaError as error:
        return _complain(error, "auto")
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        raise
    except Exception as error:  # a fault of Dana, whatever it is
        return _internal_error(error)


def _dispatch(arguments: list[str]) -> int:
    first, *rest = arguments or ["repl"]
    if first in ("version", "--version", "-V"):
        sys.stdout.write(f"dana {__version__}\n")
        return DONE
    if first in ("help", "--help", "-h"):
        return _help(rest)
    if first not in OPTIONS:
        if first != "-" and first.partition("=")[0] not in OPTIONS["run"] and not _looks_like_file(first):
            raise _unknown(first)
        first, rest = "run", arguments
    options = Options(first, rest)
    if options.help:
        sys.stdout.write(HELP_OF[first])
        return DONE
    return _COMMANDS[first](options)


def _unknown(first: str) -> UsageError:
    if first.startswith("-"):
        return unknown_option(first, {**OPTIONS["run"], "--version": bool, "--help": bool}, "dana")
    hint = f"commands: {', '.join(COMMANDS)}; a program is a file such as {first}.na"
    return usage_error(f"{first} is neither a command nor a file", did_you_mean(first, COMMANDS) or hint)


def _looks_like_file(text: str) -> bool:
    return text.endswith(".na") or "/" in text or os.sep in text or os.path.exists(text)


def _help(arguments: list[str]) -> int:
    topic = arguments[0] if arguments else ""
    if topic and topic not in COMMANDS:
        raise usage_error(
            f"{topic} is not a command", did_you_mean(topic, COMMANDS) or f"commands: {', '.join(COMMANDS)}"
        )
    sys.stdout.write(HELP_OF.get(topic, HELP))
    return DONE


# dana run


def _run(options: Options) -> int:
    if options.get("--json"):
        return _run_for_result(options)
    session: Session | None = None
    try:
        session, sources = _prepare(options)
        execute(session, lambda: _run_all(session, sources, options))
    except Interrupted:
        return _interrupted()
    except DanaError as error:
        return _complain(error, options.get("--color", "auto"), session)
    finally:
        _explain_permissions(session, options)
    return DONE


def _run_for_result(options: Options) -> int:
    """Run with what the program prints on stderr, and end with one JSON object on stdout."""
    from json import dumps

    from dana.diagnostics import render_json

    output = sys.stdout
    sys.stdout = sys.stderr
    found: list[dict[str, Any]] = []
    session: Session | None = None
    try:
        session, sources = _prepare(options)
        execute(session, lambda: _run_all(session, sources, options))
        code = DONE
    except (Interrupted, KeyboardInterrupt):
        code = _interrupted()
    except DanaError as error:
        found = [render_json(diagnostic) for diagnostic in error.diagnostics]
        code = _complain(error, options.get("--color", "auto"), session)
    except Exception as error:  # a fault of Dana: the caller reads about it in the result too
        found = [render_json(Diagnostic("internal-error", f"{type(error).__name__}: {error}"))]
        code = _internal_error(error)
    finally:
        _explain_permissions(session, options)
        sys.stdout.flush()
        sys.stdout = output
    result: dict[str, Any] = {"status": STATUS[code], "exit": code, "error": found[0] if found else None}
    result["more"] = found[1:]
    used = session.model_usage() if session is not None else None
    if used is not None:
        result["models"] = used
    if session is not None:
        result = session.host.masked(result)
    output.write(dumps(result, ensure_ascii=False) + "\n")
    return code


def _prepare(options: Options) -> tuple[Session, list[Source]]:
    """The session and the programs that the arguments ask for; everything is read before anything runs."""
    files, inputs = _sorted_words(options.words)
    if not files:
        raise usage_error("dana run needs a file", "dana run FILE, or - for standard input")
    session, sources = _session(options, (*options.get("--with", ()), *files), inputs)
    found = _untrusted(sources) if options.get("--strict") else ()
    if found:
        raise ProgramError(*found)
    return session, sources


def _session(
    options: Options, files: Any, inputs: dict[str, Any], host: Host | None = None
) -> tuple[Session, list[Source]]:
    """The session that the options ask for, on a host of its own where none is given, and the programs in files."""
    settings: dict[str, Any] = {}
    if inputs:
        settings["arguments"] = inputs
    if "--log-level" in options.values:
        settings["log_level"] = options.values["--log-level"].upper()
    if "--log-format" in options.values:
        settings["log_format"] = options.values["--log-format"]
    if "--record" in options.values and "--replay" in options.values:
        raise usage_error("--record and --replay exclude each other", "a replay asks no model")
    if "--stub-missing" in options.values:
        stubs: dict[str, Any] = {}
        for path in options.values["--stub-missing"]:
            stubs.update(_stubs(path))
        settings["stubs"] = stubs
    for name in ("model", "record", "replay"):
        if f"--{name}" in options.values:
            settings[name] = options.values[f"--{name}"]
    if "--tier" in options.values:
        from dana.evaluation.definitions import choose_tier

        choose_tier(options.values["--tier"])

    from dana.limits import Limits, usual_memory
    from dana.session import Session

    limits = Limits(**{"memory": usual_memory(), **_limits(options)})

    sources = [_read(path) for path in files]
    if host is None:
        from dana.host import Host

        host = Host(lambda: _permissions(options))
    return Session(host, limits=limits, strict=options.get("--strict", False), settings=settings), sources


def _limits(options: Options) -> dict[str, Any]:
    """The limits that dana.toml and the options set."""
    changed = _configured_limits()
    changed.update((field, options.values[name]) for name, field in LIMITS.items() if name in options.values)
    return changed


def _configured_limits() -> dict[str, Any]:
    """The limits that dana.toml in the current folder sets."""
    try:
        with open("dana.toml", "rb") as file:
            if b"limits" not in file.read():
                return {}
    except OSError:
        return {}
    from dana.configuration import read, size_of

    limits = read().get("limits", {})
    if "memory" in limits:
        limits["memory"] = size_of(limits["memory"])
    return {"seconds" if name == "timeout" else name: value for name, value in limits.items()}


def _explain_permissions(session: Session | None, options: Options) -> None:
    """Say what a program asked for, what allowed it, and the options that would be enough."""
    if session is None or not options.get("--explain-permissions"):
        return
    from dana.permissions import OWN

    sys.stdout.flush()
    asked = list(session.host.permissions.asked.values())
    if not asked:
        _say("permissions: the program asked for none\n")
        return
    lines = ["permissions that the program asked for:"]
    for each in asked:
        place = f" at {each.place}" if each.place else ""
        how = f"allowed by {each.allowed_by}" if each.allowed_by else "refused"
        lines.append(f"  {each.doing}{place}: {OWN if each.allowed_by == OWN else f'{how}, needs {each.flag}'}")
    from shlex import quote

    flags = dict.fromkeys(each.flag for each in asked if each.allowed_by != OWN)
    lines.append(" ".join(["dana run", *map(quote, flags), *map(quote, options.words)]))
    _say(session.host.masked("\n".join(lines)) + "\n")


def _where(frame: FrameType) -> str:
    """The place in the program, not in a library of it, that is running in a frame or those that called it."""
    from dana.evaluation.fast import site_of
    from dana.host import CALLER

    at: FrameType | None = CALLER.get(frame)
    while at is not None:
        site = site_of(at)
        if site is not None:
            node = site[0] if hasattr(site[0], "start") else site[0][0]
            source = site[1].unit.source
            if source.path is None or not source.path.startswith(_LIBRARIES):
                return f"{source.name}:{source.line_of(node.start)}"
        at = at.f_back
    return ""


def _permissions(options: Options, read_line: Callable[[], str] | None = None) -> Permissions:
    """What the arguments, dana.toml in the current folder and the person at the terminal allow."""
    from functools import partial

    from dana.configuration import FOLDER, read
    from dana.permissions import Permissions

    configured = read().get("permissions", {})
    granted: dict[str, Any] = {}
    for option, kind in PERMISSIONS.items():
        names = {*options.get(option, ()), *configured.get(kind, ())}
        if kind == "python":
            names = {part for name in names for part in name.split(",")}
        granted[kind] = True if "" in names else {FOLDER, *names} if kind in ("read", "write", "db") else names
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    return Permissions(
        **granted,
        everything=options.get("-A", False),
        ask=partial(_ask, read_line or sys.stdin.readline) if at_terminal else None,
        where=_where,
        configured=configured,
        own=FOLDER,
    )


def _ask(read_line: Callable[[], str], question: str, place: str = "") -> str:
    """What the person at the terminal answers."""
    if place:
        question = f"{place}: {question}"
    answers = {"y": "yes", "n": "no", "a": "always", "yes": "yes", "no": "no", "always": "always"}
    while True:
        shown = "".join(character if character.isprintable() else "?" for character in question)
        _say(f"{shown} [y]es, [n]o, [a]lways in this run: ")
        line = read_line()
        if not line:
            return "no"
        answer = answers.get(line.strip().lower())
        if answer is not None:
            return answer


def _stubs(path: str) -> dict[str, Any]:
    """What missing functions give, as a file says."""
    stubs = _input_value("--stub-missing", f"@{path}") if path else {}
    if not isinstance(stubs, dict):
        raise usage_error(f"{path} holds no JSON object", 'it says what functions give: {"check_stock": {"left": 3}}')
    return stubs


def _sorted_words(words: list[str]) -> tuple[list[str], dict[str, Any]]:
    files: list[str] = []
    inputs: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.isidentifier():
            files.append(word)
            continue
        from keyword import iskeyword

        if iskeyword(name) or name in ("true", "false", "none"):
            raise usage_error(f"{name} cannot be the name of an input", "it is a keyword")
        if name in inputs:
            raise usage_error(f"the input {name} is given twice")
        inputs[name] = _input_value(name, text)
    return files, inputs


def _input_value(name: str, text: str) -> Any:
    """What stands behind `name=`: JSON where it reads as JSON, else text; `@` reads a file, `@@` is an `@`."""
    from json import loads

    if text.startswith("@@"):
        return text[1:]
    if text.startswith("@"):
        path = text[1:]
        content = _read(path).text
        if not path.lower().endswith(".json"):
            return content
        try:
            return loads(content, parse_constant=_not_json)
        except (ValueError, RecursionError) as error:
            raise usage_error(f"{path}, for the input {name}, is not JSON", str(error).lower()) from None
    try:
        return loads(text, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return text


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")


def _read(path: str) -> Source:
    from dana.session import decode_source, read_source

    if path == "-":
        return decode_source(sys.stdin.buffer.read(), "<stdin>")
    return read_source(path)


def _run_all(session: Session, sources: list[Source], options: Options) -> None:
    if options.get("--isolate"):
        from dana.isolation import run_isolated

        run_isolated(session, sources)
        return
    for source in sources:
        session.run_source(source)


def execute(session: Session, run: Callable[[], None], patient: bool = False) -> None:
    """Run on a thread with a stack for deep calls, while this one listens for Ctrl-C.

    What does not end after that takes the process along; with `patient`, only when Ctrl-C is pressed again.
    """
    import _thread
    import gc

    gc.enable()
    depth = session.meter.limits.depth
    outcome: list[BaseException] = []
    ended = _thread.allocate_lock()
    ended.acquire()

    def work() -> None:
        try:
            run()
        except BaseException as error:
            outcome.append(error)
        finally:
            ended.release()

    before = _thread.stack_size()
    try:
        session.stack = max(STACK, depth * STACK_OF_A_CALL)
        _thread.stack_size(session.stack)
        _thread.start_new_thread(work, ())
    except (RuntimeError, ValueError, OverflowError):
        try:
            session.stack = depth * STACK_OF_A_CALL
            _thread.stack_size(session.stack)
            _thread.start_new_thread(work, ())
        except (RuntimeError, ValueError, OverflowError):
            raise usage_error(
                f"this machine has no stack for {depth:,} nested calls", "give a smaller --max-depth"
            ) from None
    finally:
        _thread.stack_size(before)
    try:
        while not ended.acquire(True, 1.0):
            pass  # a wait without end would not let Ctrl-C through on every system
    except KeyboardInterrupt:
        session.cancel()
        if not _ends_in_time(ended) and not (patient and _ends_late(ended)):
            _end_servers()
            _interrupted()
            os._exit(INTERRUPTED)
    if not patient:
        _end_servers()
    if outcome:
        raise outcome[0]


def _end_servers() -> None:
    """End the MCP servers of a run."""
    mcp = sys.modules.get("dana.models.mcp")
    if mcp is not None:
        mcp.end_all()


def _ends_in_time(ended: Any) -> bool:
    """Whether a program that was asked to stop does so; a second Ctrl-C ends the patience."""
    try:
        return bool(ended.acquire(True, GRACE))
    except KeyboardInterrupt:
        return False


def _ends_late(ended: Any) -> bool:
    """Whether it stops before the person has enough of waiting."""
    _say("it is in the middle of something that cannot be broken off; Ctrl-C again ends Dana\n")
    try:
        while not ended.acquire(True, 1.0):
            pass
    except KeyboardInterrupt:
        return False
    return True


# dana repl


def _repl(options: Options) -> int:
    files, inputs = _sorted_words(options.words)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        options.words.append("-")
        return _run(options)
    from dana.repl.folders import startup_file
    from dana.repl.loop import Repl
    from dana.repl.terminal_host import TerminalHost, wait_for_line

    place = None if options.get("--no-startup") else startup_file()
    first = [place] if place is not None and os.path.exists(place) else []
    host = TerminalHost(lambda: _permissions(options, wait_for_line))
    session, sources = _session(options, [*first, *files], inputs, host)
    color = options.get("--color", "auto")

    def report(error: BaseException) -> None:
        if isinstance(error, DanaError):
            _complain(error, color, session)
        elif isinstance(error, Exception):
            _internal_error(error)
        else:
            _interrupted()

    repl = Repl(
        session,
        host,
        lambda run: execute(session, run, patient=True),
        report,
        vi=options.get("--vi", False),
        color=_in_color(color, sys.stdout),
    )
    try:
        repl.run(sources)
    finally:
        _explain_permissions(session, options)
    return DONE


# dana check


def _check(options: Options) -> int:
    if not options.words:
        raise usage_error("dana check needs a file", "dana check FILE [FILE ...]")
    from dana.session import Session

    strict = options.get("--strict", False)
    files, inputs = _sorted_words(options.words)
    found: list[Diagnostic] = []
    for path in files:
        try:
            source = _read(path)
        except ProgramError as error:
            found.extend(error.diagnostics)
        else:
            session = Session(strict=strict, settings={"arguments": inputs})
            found.extend(session.check(source, strict=strict, taint=options.get("--taint", False)))
    _report(found, options.get("--output-format", "text"), options.get("--color", "auto"))
    return FAILED if any(diagnostic.severity == "error" for diagnostic in found) else DONE


def _untrusted(sources: list[Source]) -> list[Diagnostic]:
    """Where untrusted data decides what programs do; that one cannot be read is said elsewhere."""
    from contextlib import suppress

    from dana.taint import check_source

    found: list[Diagnostic] = []
    for source in sources:
        with suppress(ProgramError):
            found.extend(check_source(source, "error"))
    return found


def _report(found: list[Diagnostic], output_format: str, color: str) -> None:
    """Print what a check found."""
    from dana.diagnostics import render_github, render_json, render_text

    _show_all_characters()
    if output_format == "json":
        from json import dumps

        sys.stdout.write(dumps([render_json(diagnostic) for diagnostic in found], indent=2, ensure_ascii=False) + "\n")
        return
    if output_format == "github":
        sys.stdout.writelines(f"{render_github(diagnostic)}\n" for diagnostic in found)
        return
    colored = _in_color(color, sys.stdout)
    sys.stdout.writelines(f"{render_text(diagnostic, color=colored)}\n\n" for diagnostic in found)
    if found:
        errors = sum(diagnostic.severity == "error" for diagnostic in found)
        counts = [_count(errors, "error"), _count(len(found) - errors, "warning")]
        _say(" and ".join(filter(None, counts)) + "\n")


def _show_all_characters() -> None:
    """Write as escapes what stdout cannot show of the lines of programs."""
    from io import TextIOWrapper

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}" if number else ""


# dana fmt


def _fmt(options: Options) -> int:
    if not options.words:
        raise usage_error("dana fmt needs a file or a folder", "dana fmt FILE|FOLDER [FILE|FOLDER ...]")
    from dana.style.files import difference, holds, programs, replace
    from dana.style.layout import format_source

    color = options.get("--color", "auto")
    writes = not (options.get("--check") or options.get("--diff"))
    changed = unchanged = failed = 0
    for path in programs(options.words):
        try:
            source = _read(path)
            text = format_source(source)
        except ProgramError as error:
            _complain(error, color)
            _say("\n")
            failed += 1
            continue
        differs = text != source.text if path == "-" else not holds(path, text)
        changed += differs
        unchanged += not differs
        if options.get("--diff"):
            sys.stdout.write(difference(source, text, _in_color(color, sys.stdout)))
        if path == "-":
            sys.stdout.write(text if writes else "")
        elif differs:
            if writes:
                replace(path, text)
            _say(f"{'formatted' if writes else 'would format'} {path}\n")
    if writes and options.words == ["-"]:
        return FAILED if failed else DONE
    counts = [
        f"{_count(changed, 'file')} {'formatted' if writes else 'would change'}" if changed else "",
        f"{_count(unchanged, 'file')} left as they are" if unchanged > 1 else "1 file left as it is" * unchanged,
        f"{_count(failed, 'file')} with errors" if failed else "",
    ]
    _say(", ".join(filter(None, counts)) + "\n")
    return FAILED if failed or (changed and options.get("--check")) else DONE


# dana test


def _test(options: Options) -> int:
    try:
        return _watch_tests(options) if options.get("--watch") else _run_tests(options)
    except Interrupted:
        return _interrupted()
    except DanaError as error:
        if not options.get("--json"):
            raise
        from dana.diagnostics import render_json

        code = _complain(error, options.get("--color", "auto"))
        _show_json({"status": STATUS[code], "exit": code, "error": render_json(error.diagnostic)})
        return code


def _watch_tests(options: Options) -> NoReturn:
    """Run tests again and again, until somebody interrupts."""
    from dana.testing.watching import changed, stamps

    while True:
        before = stamps()
        try:
            _run_tests(options)
        except DanaError as error:
            _complain(error, options.get("--color", "auto"))
        _say("\nwaiting for changes; Ctrl-C ends\n")
        _say(f"changed: {', '.join(changed(before))}\n\n")


def _run_tests(options: Options) -> int:
    from dana.limits import Limits, usual_memory
    from dana.testing.command import run
    from dana.testing.environment import Environment
    from dana.testing.reporting import Progress

    as_json, shows = options.get("--json", False), options.get("-s", False)
    granted = {kind: options.get(option, set()) for option, kind in PERMISSIONS.items()}
    environment = Environment(
        Limits(**{"memory": usual_memory(), "seconds": TEST_TIMEOUT, **_limits(options)}),
        granted={kind: True if "" in names else names for kind, names in granted.items()},
        everything=options.get("-A", False),
        model=options.get("--model"),
        show=None if not shows else sys.stderr.write if as_json else sys.stdout.write,
        covers=options.get("--coverage", False),
    )
    _show_all_characters()
    color = _in_color(options.get("--color", "auto"), sys.stdout)
    progress = None if as_json else Progress(_show, color, shows or options.get("-v", False))
    report = run(options.words, options.get("-k"), environment, execute, progress, stops=options.get("-x", False))
    code = DONE if report.passed else FAILED
    if "--junit" in options.values:
        report.write_junit(options.values["--junit"])
    if as_json:
        _show_json({"status": STATUS[code], "exit": code, **report.data()})
    else:
        _show(report.text(color, shows))
    return code


def _show(text: str) -> None:
    """Write to stdout, at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def _show_json(data: dict[str, Any]) -> None:
    from json import dumps

    _show(dumps(data, ensure_ascii=False) + "\n")


# dana init


def _init(options: Options) -> int:
    from dana.project import create, templates

    if not options.words:
        found = templates()
        width = max(map(len, found))
        sys.stdout.writelines(f"{name:{width}}  {text}\n" for name, text in found.items())
        return DONE
    if len(options.words) != 2:
        raise usage_error("dana init needs a template and a folder", "dana init TEMPLATE FOLDER")
    for path in create(*options.words):
        sys.stdout.write(path + "\n")
    folder = options.words[1]
    _say(f"run it:   dana run {os.path.join(folder, 'main.na')}\ntest it:  dana test {folder}\n")
    return DONE


# Documentation


def _doc(options: Options) -> int:
    from dana import documentation
    from dana.session import Session

    if not options.words:
        sys.stdout.write(documentation.overview())
    for at, word in enumerate(options.words):
        sys.stdout.write("\n" * bool(at))
        if _looks_like_file(word):
            sys.stdout.write(documentation.of_file(_read(word), options.get("--format") == "markdown"))
        else:
            documentation.tell(word, Session())
    return DONE


def _highlight(options: Options) -> int:
    if len(options.words) != 1:
        raise usage_error("dana highlight needs a file", "dana highlight FILE, or - for standard input")
    source, form = _read(options.words[0]), options.get("--format", "terminal")
    if form == "terminal" and not _in_color(options.get("--color", "auto"), sys.stdout):
        sys.stdout.write(source.text)
    else:
        from dana.highlight import highlighted

        sys.stdout.write(highlighted(source, form))
    return DONE


# dana lsp


def _lsp(options: Options) -> int:
    if options.words:
        raise usage_error(f"dana lsp takes no file, got {options.words[0]}", "an editor starts it")
    try:
        from dana.language_server.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise usage_error(f"dana lsp needs {error.name}, which is not installed", "pip install 'dana[lsp]'") from None
    stdout, sys.stdout = sys.stdout.buffer, sys.stderr  # what is printed must not get between the messages
    return serve(sys.stdin.buffer, stdout)


def _completion(options: Options) -> int:
    from dana.shells import SHELLS, script

    if len(options.words) != 1 or options.words[0] not in SHELLS:
        raise usage_error("dana completion needs the name of a shell", f"choose from {', '.join(SHELLS)}")
    sys.stdout.write(script(options.words[0]))
    return DONE


# Models


def _prompt(options: Options) -> int:
    file, colon, line = options.words[0].rpartition(":") if len(options.words) == 1 else ("", "", "")
    if not colon or not line.isdecimal():
        raise usage_error("dana prompt needs a file and a line", "dana prompt FILE:LINE")
    from dana.models.inspection import call_at, prompt_data, prompt_text
    from dana.session import Session

    call, models = call_at(_read(file), int(line)), Session().models
    if options.get("--json"):
        from json import dumps

        sys.stdout.write(dumps(prompt_data(call, models), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(prompt_text(call, models))
    return DONE


def _workflow(options: Options) -> int:
    if not options.words:
        sys.stderr.write(HELP_OF["workflow"])
        return USAGE
    verb, *files = options.words
    if verb not in ("check", "run") or not files or (verb == "run" and len(files) > 1):
        raise usage_error(f"dana workflow cannot {' '.join(options.words)}", "dana workflow check FILE ... | run FILE")
    from dana.workflow_files import check_file, read_definition, run_file

    if verb == "check":
        found = [diagnostic for file in files for diagnostic in check_file(_read(file))]
        _report(found, "text", options.get("--color", "auto"))
        return FAILED if found else DONE
    from json import dumps

    source = _read(files[0])
    declared = source.name.endswith(".na")
    if options.get("--name") and not declared:
        raise usage_error(
            "--name names a workflow that a program declares", f"{source.name} is a definition: leave it out"
        )
    definition = options.get("--name", "") if declared else read_definition(source)
    given = _input_value("--input", options.get("--input", "{}"))
    session, sources = _session(options, options.get("--with", ()), {})
    if declared:
        sources.append(source)
    outcome: list[dict[str, Any]] = []

    def work() -> None:
        if not options.get("--no-isolate"):
            from dana.isolation import run_isolated

            outcome.append(run_isolated(session, sources, (definition, given)))
            return
        for source in sources:
            session.run_source(source)
        outcome.append(run_file(session, definition, given))

    execute(session, work)
    sys.stdout.write(dumps(outcome[0], indent=2, ensure_ascii=False) + "\n")
    status = outcome[0]["status"]
    return DONE if status == "completed" else PARKED if status == "waiting" else FAILED


def _model(options: Options) -> int:
    if not options.words:
        sys.stderr.write(HELP_OF["model"])
        return USAGE
    verb, *names = options.words
    if verb not in ("get", "list", "remove") or len(names) > (verb != "list"):
        raise usage_error(f"dana model cannot {' '.join(options.words)}", "dana model get | list | remove [NAME]")
    from dana.models import weights

    name = names[0] if names else weights.DEFAULT
    if verb == "get":
        sys.stdout.write(weights.get(name, lambda line: _say(line + "\n")) + "\n")
    elif verb == "remove":
        removed = weights.remove(name)
        _say(f"{name} is removed\n" if removed else f"{name} was not here\n")
    else:
        for row in weights.listing():
            sys.stdout.write("  ".join(row).rstrip() + "\n")
    return DONE


def _doctor(options: Options) -> int:
    from dana.models.inspection import diagnosis
    from dana.session import Session

    settings = {"model": options.values["--model"]} if "--model" in options.values else {}
    rows, works = diagnosis(Session(settings=settings).models, not options.get("--offline"))
    rows.insert(2, ("isolation", _isolation()))
    width = max(len(title) for title, _ in rows)
    sys.stdout.writelines(f"{title:{width}}  {text}\n" for title, text in rows)
    return DONE if works else FAILED


def _isolation() -> str:
    """What keeps an isolated program from the machine, beside that it has no rights."""
    if sys.platform == "win32":
        return "not available on Windows"
    from dana.isolation import held

    return ", ".join(["a process of its own", "limits of the system", *held()])


_COMMANDS: dict[str, Callable[[Options], int]] = {
    "run": _run, "repl": _repl, "check": _check, "fmt": _fmt, "test": _test, "init": _init, "prompt": _prompt,
    "workflow": _workflow, "model": _model, "doc": _doc, "highlight": _highlight, "lsp": _lsp, "doctor": _doctor,
    "completion": _completion,
}  # fmt: skip


# How it ends


def _complain(error: DanaError, color: str, session: Session | None = None) -> int:
    """Show an error, without the secrets of its session; its exit code."""
    if isinstance(error, UncaughtError) and isinstance(error.exception, BrokenPipeError):
        raise error.exception  # printing failed because nobody reads: not worth a word

    from dana.diagnostics import render_text

    colored = _in_color(color, sys.stderr)
    said = "\n\n".join(render_text(diagnostic, color=colored) for diagnostic in error.diagnostics) + "\n"
    _say(said if session is None else session.host.masked(said))
    return USAGE if isinstance(error, UsageError) else LIMIT if isinstance(error, LimitError) else FAILED


def _in_color(when: str, stream: Any) -> bool:
    if when != "auto":
        return when == "always"
    return bool(not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty())


def _interrupted() -> int:
    _say("interrupted\n")
    return INTERRUPTED


def _internal_error(error: Exception) -> int:
    """Say that Dana failed, without a page of its own code unless DANA_DEBUG asks for it."""
    if os.environ.get("DANA_DEBUG"):
        from traceback import format_exception

        _say("".join(format_exception(error)))
    _say(
        f"internal error: {type(error).__name__}: {error}\n"
        "  = this is a fault of Dana, not of your program; DANA_DEBUG=1 shows where it happened\n"
    )
    return INTERNAL


def _say(text: str) -> None:
    """Write for people, after what the program has printed."""
    sys.stdout.flush()
    sys.stderr.write(text)
    sys.stderr.flush()


def _abandon_output(error: OSError) -> int:
    """Standard output takes no more: end without a word when its reader has gone, as tools in a pipe do."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    sys.stderr.write(f"error: cannot write the output: {(error.strerror or str(error)).lower()}\n")
    return FAILED


__all__ = ["command", "execute", "main"]
