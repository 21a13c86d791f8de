"""The commands of the REPL: what is typed after a colon."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile

from dana import documentation
from dana.diagnostics import render_text
from dana.errors import Diagnostic, UsageError, nearest
from dana.nodes import ExpressionStatement
from dana.parser import parse
from dana.repl.completion import Candidate, files, lookup
from dana.session import Session, read_source
from dana.source import Source
from dana.values import UNBOUND, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dana.repl.loop import Repl

    Action = Callable[[Repl, str], None]

RECENT = 20
"""How many inputs `:history` lists."""


class Command:
    """A command: what it takes ("code", "file", "number" or nothing), what it does, and what `:help` says."""

    __slots__ = ("action", "said", "shown", "takes")

    def __init__(self, action: Action, takes: str, shown: str, said: str) -> None:
        self.action = action
        self.takes = takes
        self.shown = shown
        self.said = said


def run_command(text: str, repl: Repl) -> None:
    """Do what a line that begins with a colon says; raises DanaError."""
    name, _, rest = text[1:].strip().partition(" ")
    command = COMMANDS.get(name)
    if command is None:
        like = nearest(name, COMMANDS) or next((each for each in COMMANDS if name and each.startswith(name)), None)
        raise _wrong(f"there is no command :{name}", f"did you mean :{like}?" if like else ":help lists the commands")
    rest = rest.strip()
    if rest and not command.takes:
        raise _wrong(f":{name} takes nothing")
    command.action(repl, rest)


def complete(text: str) -> list[Candidate] | str:
    """The candidates in a line that begins with a colon, or the part of it that is code."""
    name, blank, rest = text[1:].partition(" ")
    if not blank:
        found = {f":{each}": command.said for each, command in COMMANDS.items() if each.startswith(name)}
        return [Candidate(each, len(text), each, said) for each, said in found.items()]
    takes = COMMANDS[name].takes if name in COMMANDS else ""
    return rest if takes == "code" else files(rest.lstrip()) if takes == "file" else []


def _wrong(message: str, hint: str | None = None) -> UsageError:
    return UsageError(Diagnostic("usage", message, hint=hint))


def _needed(rest: str, example: str) -> str:
    if not rest:
        raise _wrong(f"{example.partition(' ')[0]} needs something", f"write it as {example}")
    return rest


def _help(repl: Repl, rest: str) -> None:
    width = max(len(command.shown) for command in COMMANDS.values())
    repl.say("".join(f"{command.shown:{width}}  {command.said}\n" for command in COMMANDS.values()))
    repl.say(KEYS)


def _type(repl: Repl, rest: str) -> None:
    repl.with_value(_expression(rest, ":type EXPRESSION"), lambda value: repl.say(type_name(value) + "\n"))


def _expression(rest: str, example: str) -> Source:
    """One expression; raises ProgramError, and UsageError for what is none."""
    source = Source(_needed(rest, example), example.partition(" ")[0])
    body = parse(source).body
    if len(body) != 1 or type(body[0]) is not ExpressionStatement:
        raise _wrong(f"{rest} is not an expression", f"write it as {example}")
    return source


def _doc(repl: Repl, rest: str) -> None:
    head = _needed(rest, ":doc NAME").partition(".")[0].partition("[")[0].partition("(")[0].strip()
    if head.isidentifier() and lookup(head, repl.session) is UNBOUND:
        repl.executed(lambda: documentation.tell(rest, Session(repl.session.host)))
    else:
        _expression(rest, ":doc NAME")
        repl.executed(lambda: repl.session.interact(Source(f"help({rest})", ":doc"), lambda value: None))


def _time(repl: Repl, rest: str) -> None:
    clock = repl.session.host.monotonic
    begun = clock()
    repl.input(_needed(rest, ":time EXPRESSION"))
    repl.say(f"{clock() - begun:.3f} s\n")


def _reset(repl: Repl, rest: str) -> None:
    repl.reset()
    repl.say("variables, functions and results are forgotten\n")


def _load(repl: Repl, rest: str) -> None:
    source = read_source(os.path.expanduser(_needed(rest, ":load FILE")))
    repl.executed(lambda: repl.session.run_source(source))


def _save(repl: Repl, rest: str) -> None:
    path = os.path.expanduser(_needed(rest, ":save FILE"))
    if not repl.succeeded:
        raise _wrong("there is nothing to save", "no input has run to its end yet")
    text = "".join(f"{each}\n" for each in repl.succeeded.values())
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _wrong(f"{path} exists already", "name another file, or remove it first") from None
    except OSError as error:
        raise _wrong(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
    repl.say(f"{_count(len(repl.succeeded), 'input')} saved to {path}\n")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _edit(repl: Repl, rest: str) -> None:
    number = int(rest) if rest.isdecimal() else None
    if rest and number not in repl.inputs:
        raise _wrong(f"there is no input {rest}", "write :edit, or :edit NUMBER")
    text = repl.inputs[number] if number is not None else next(reversed(repl.inputs.values()), "")
    repl.next = edited(text)


def edited(text: str) -> str:
    """A text as a person leaves it in the editor that VISUAL or EDITOR names; raises UsageError."""
    usual = "notepad" if os.name == "nt" else "vi"
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or usual
    with tempfile.TemporaryDirectory(prefix="dana-") as folder:
        path = os.path.join(folder, "input.na")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\n" * bool(text))
        try:
            code = subprocess.run([*shlex.split(editor), path], check=False).returncode
        except (OSError, ValueError) as error:
            raise _wrong(f"cannot start {editor}: {error}", "set EDITOR to the command of an editor") from None
        if code:
            raise _wrong(f"{editor} ended with exit code {code}", "nothing is taken over")
        return read_source(path).text.rstrip("\n")


def _history(repl: Repl, rest: str) -> None:
    count = int(rest) if rest.isdecimal() and int(rest) else RECENT
    recent = list(repl.inputs.items())[-count:]
    for number, text in recent:
        begin = f"{number}> "
        first, *more = text.splitlines() or [""]
        repl.say("".join([f"{begin}{first}\n", *(f"{' ' * len(begin)}{line}\n" for line in more)]))
    if not recent:
        repl.say("nothing has been typed in this session; the arrow up recalls what was typed in others\n")


def _prompt(repl: Repl, rest: str) -> None:
    question = repl.session.models.latest
    if question is None:
        raise _wrong("no model has been asked in this session")
    request = question.request(question.messages.listed())
    parts = [f"{message['role']}\n{_indented(message['content'])}\n" for message in request.messages]
    if request.schema is not None:
        from json import dumps

        parts.append(f"shape\n{_indented(dumps(request.schema, indent=2, ensure_ascii=False))}\n")
    repl.say("\n".join(parts))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())


def _cost(repl: Repl, rest: str) -> None:
    used = repl.session.model_usage()
    if used is None:
        repl.say("no model has been asked in this session\n")
        return
    cost = used["cost"] if used["cost"] == "unpriced" else f"${used['cost']:.6f}"
    repl.say(
        f"{_count(used['calls'], 'call')}, {_count(used['requests'], 'request')}, "
        f"{used['input_tokens']:,} tokens in, {used['output_tokens']:,} out, cost {cost}\n"
    )


def _check(repl: Repl, rest: str) -> None:
    if rest:
        source = read_source(os.path.expanduser(rest))
        found = Session(settings=repl.session.settings).check(source)
    else:
        source = Source("".join(f"{each}\n" for each in repl.succeeded.values()), "<inputs>")
        found = repl.session.check(source)
    for diagnostic in found:
        repl.say(render_text(diagnostic, color=repl.color) + "\n\n")
    if not found:
        repl.say(f"nothing is wrong with {rest or 'what has been typed'}\n")


def _all(repl: Repl, rest: str) -> None:
    repl.show_all()


def _quit(repl: Repl, rest: str) -> None:
    raise EOFError


COMMANDS = {
    "help": Command(_help, "", ":help", "this list"),
    "type": Command(_type, "code", ":type EXPRESSION", "the type of a value"),
    "doc": Command(_doc, "code", ":doc NAME", "what is written about a function, a type or a module"),
    "time": Command(_time, "code", ":time EXPRESSION", "run it, and say how long that took"),
    "all": Command(_all, "", ":all", "the last result in full"),
    "check": Command(_check, "file", ":check [FILE]", "find mistakes in a file, or in what has been typed"),
    "load": Command(_load, "file", ":load FILE", "run a file in this session"),
    "save": Command(_save, "file", ":save FILE", "write the inputs that ran into a new file"),
    "edit": Command(_edit, "number", ":edit [NUMBER]", "open the last input, or another, in the editor"),
    "history": Command(_history, "number", ":history [COUNT]", "the last inputs of this session"),
    "prompt": Command(_prompt, "", ":prompt", "what was last sent to a model"),
    "cost": Command(_cost, "", ":cost", "what models have been asked, and what it cost"),
    "reset": Command(_reset, "", ":reset", "forget variables, functions and results"),
    "quit": Command(_quit, "", ":quit", "end; Ctrl-D does, too"),
}

KEYS = """
Tab completes. Enter runs a complete input; an empty line ends a block.
Alt-Enter begins a line. Arrow up and Ctrl-R recall earlier inputs.
Ctrl-X Ctrl-E opens the editor, Ctrl-C stops what is running.
_ is the last result, _1 that of input 1, Out has all of them.
"""


__all__ = ["COMMANDS", "complete", "run_command"]
