"""What the command takes and says: its texts of help, the options of each command, and how arguments are sorted out."""

from __future__ import annotations

from dana.errors import Diagnostic, UsageError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEEPEST = 1_000_000
"""The most nested calls that may be asked for."""

HELP = """\
Dana runs workflow programs: .na files, Python-like source.

usage: dana run FILE [FILE ...] [name=value ...]   run programs
       dana FILE [name=value ...]                  the same, in short
       dana                                        the REPL, on a terminal; else runs standard input
       dana repl [FILE ...] [name=value ...]       the REPL, with options
       dana check FILE [FILE ...]                  find mistakes without running
       dana fmt FILE|FOLDER [...]                  write programs in one style
       dana test [FILE | FOLDER ...]               run the tests in files test_*.na
       dana init TEMPLATE FOLDER                   begin a project that runs at once
       dana prompt FILE:LINE                       show what a call would send to a model
       dana workflow check | run FILE              workflow definitions in JSON or YAML
       dana model get | list | remove [NAME]       the embedded model
       dana doc [NAME | FILE]                      what the library, or a program, offers
       dana highlight FILE                         show a program in color
       dana lsp                                    the language server, for editors
       dana doctor                                 show whether a model can be asked, and why not
       dana completion bash | zsh | fish           a script with which the shell completes all this
       dana version                                show the version
       dana help [COMMAND]                         show this, or more about a command

exit codes: 0 done, 1 the program or a check failed, 2 wrong usage, 3 a workflow waits, 4 a limit was reached,
            70 internal error, 130 interrupted
"""
"""The help of all."""

HELP_OF = {
    "run": """\
usage: dana run FILE [FILE ...] [name=value ...] [options]

Runs programs, one after the other, with one set of variables. FILE may be - for standard input.

inputs, which are variables of the program:
  name=value         a JSON value where it reads as one, else text: count=3 name=Ann tags='["a"]'
  name=@FILE         what is in a file: of a .json file its value, of any other its text
  name=@@text        text that begins with @

options:
  --with FILE        run this file first; may be given several times
  --model NAME       the model that `reason` asks, such as openai/gpt-5 or ollama/llama3.2
  --record FILE      keep every call of a model in FILE: prompt, data, answer, tokens
  --replay FILE      answer from such a file, without asking a model
  --stub-missing[=FILE]  functions that are called and nobody defines give what FILE, a JSON object, says of them;
                     of the others a terminal is asked
  --isolate          the program runs in a process of its own that has no rights; what it asks for is checked here
  --tier TIER        how functions run: 1 as trees of closures, 2 each as one function of the host, auto: as closures
                     until they are called often or have loops. Only the time differs. DANA_TIER says the same
  --strict           a name that only the caller of a function defines is an error, and a program in which data from
                     outside decides what it does (`dana check --taint`) does not start
  --json             end with one result object on stdout; what the program prints goes to stderr
  --log-level LEVEL  debug, info, warning or error
  --log-format FORM  text or json
  --color WHEN       auto, always or never; NO_COLOR is respected

permissions; without a value all of that kind, else what is named; may be given several times:
  --allow-read[=PATH]   files, and folders with all below them
  --allow-write[=PATH]  the same, to write
  --allow-net[=HOST]    api.example.com, *.example.com, host:port; this machine and private networks by name only
  --allow-db[=DB]       databases: a file, or a URL without user and password
  --allow-env[=NAME]    variables of the environment and of the file .env, as secrets: secret("NAME")
  --allow-python[=MODULE]  modules of Python, which then do what they like: import stats.py as stats
  --allow-run[=PROGRAM] programs that are started, which then do what they like: use("mcp", command=[...])
  -A                 everything
  A terminal is asked about the rest. [permissions] in dana.toml has lists: read, write, net, db, env, python, run.
  The folder .dana, with the database .dana/data.db, is the program's own; the key of the configured model needs no
  grant.
  --explain-permissions  say at the end what the program asked for, where, and what allowed it

limits, also below [limits] in dana.toml (steps = N, timeout = SECONDS ..); reaching one ends with exit code 4:
  --max-steps N      calls and turns of loops (no limit)
  --timeout SECONDS  time (no limit)
  --max-calls N      requests to models, with those that are repeated (no limit)
  --max-cost USD     what requests to models cost; one that is under way is not broken off (no limit)
  --max-memory SIZE  memory of the process: 512M, 2G, or bytes (4G, or half of what the machine has if that is less)
  --max-depth N      calls inside calls (1,000)
  --max-text N       characters of one text (64,000,000)
  --max-items N      items of one container (10,000,000)
  --max-bits N       bits of one int (1,000,000)
""",
    "repl": """\
usage: dana repl [FILE ...] [name=value ...] [options]

Runs what is typed, one input after the other, with one set of variables; programs in files run first. :help lists
its commands. The program startup.na in the user's configuration folder (~/.config/dana on Linux) runs before all.
Without a terminal, standard input is run as a program.

options:
  --vi               the keys of vi, in place of those of Emacs
  --no-startup       leave out startup.na
  --model, --record, --replay, --stub-missing, --strict, --log-level, --log-format, --color, permissions and limits
                     as `dana help run` explains; --max-steps and --timeout are for each input
""",
    "check": """\
usage: dana check FILE [FILE ...] [name=value ...] [options]

Finds mistakes without running: syntax, misplaced statements, names that nothing defines; inputs are defined,
whatever their value. The findings go to stdout. Exits with 1 when there is an error; warnings alone are fine.

options:
  --taint                 also find where data of a model, a response, a file or a person is used as SQL text, path,
                          host, template, pattern or name
  --strict                the same as errors; a name that only the caller of a function defines is one too
  --output-format FORMAT  text, json (a list of findings) or github (annotations)
  --color WHEN            auto, always or never; NO_COLOR is respected
""",
    "fmt": """\
usage: dana fmt FILE|FOLDER [FILE|FOLDER ...] [options]

Writes programs in one style: 4 blanks for a block, 100 columns, double quotes, one element on a line where brackets
end with a comma. A folder stands for all .na files below it, hidden folders aside; - formats standard input to
standard output. Comments stay, and what a program means: a file whose meaning would change is left as it is.

options:
  --check       write nothing; exits with 1 when a file would change
  --diff        write nothing; show what would change
  --color WHEN  auto, always or never; NO_COLOR is respected

comments in programs:
  # fmt: skip   behind a statement: it stays as it is
  # fmt: off    everything stays as it is, up to # fmt: on or to the end of the block
""",
    "test": """\
usage: dana test [FILE | FOLDER ...] [options]

Runs the functions test_* of the files test_*.na in the folders, by default the current one. A file that is named may
have any name. Each test has a session of its own, in which its file runs anew. Time stands still and `wait` returns at
once; models say what the test has scripted; files, network, databases and secrets need the grants of `dana run`, and
dana.toml grants none.

fixtures: a parameter of a test is the name of a function marked with @fixture, in the file or in fixtures.na beside
it; what follows its `yield` is done after the test. tmp is a new folder, model what the model says
(model.answer("yes")), clock the time (clock.advance("2h")). @cases([1, 2]) runs a test for each value.

options:
  -k EXPR            only tests whose names hold a word: -k "order and not slow"
  -x                 stop after the first that fails
  -v                 a line for each test
  -s                 show what tests print as they do; else that of tests that fail is shown
  --coverage         which lines and branches of the programs ran, without those of tests
  --junit FILE       write the results as JUnit's XML
  --json             end with one result object on stdout, in place of the text
  --watch            run again whenever a .na file below the current folder changes
  --model NAME       ask this model where a test has scripted none
  --color WHEN       auto, always or never; NO_COLOR is respected
  --allow-read, --allow-write, --allow-net, --allow-db, --allow-env, -A, and the limits: as for dana run; --timeout is
                     for each test (60 seconds)

exit codes: 0 all passed, 1 some did not, 2 wrong usage, or there are no tests
""",
    "init": """\
usage: dana init TEMPLATE FOLDER

Writes a small project into a folder; it runs at once, without a model or a key. `dana init` lists the templates.
""",
    "prompt": """\
usage: dana prompt FILE:LINE [--json]

Shows what the call of `reason` on a line would send, without running the program: the template, the data that
is put into it, the shape that the program needs of the answer, and the body of the request. Values that only a
run can tell are named.
""",
    "workflow": """\
usage: dana workflow check FILE [FILE ...]
       dana workflow run FILE [--input JSON | --input @FILE] [--with FILE ...] [options of dana run]
       dana workflow run PROGRAM.na [--name NAME] ...

Checks or runs a workflow definition in JSON or YAML, or runs a workflow that a program declares. Its actions may call
functions of the programs given with --with; they run in a process of its own that has no rights (`dana run
--isolate`), unless --no-isolate is given.
Progress goes to stderr, the instance as JSON to stdout. Exits with 0 when it is completed, 3 when it waits,
1 when it failed or was ended.
""",
    "model": """\
usage: dana model get [NAME]       fetch the embedded model (98 MB), check it and keep it for this user
       dana model list             the models that there are, and which of them are here
       dana model remove [NAME]    remove it

The embedded model answers where nothing else is configured. It is real, small and often wrong: it shows that a
program works, not that it judges well. It needs the extra: pip install 'dana[local]'
""",
    "doc": """\
usage: dana doc                                       the modules and built-ins of the library
       dana doc NAME                                  a module, a built-in, or a member: math, reason, math.sqrt
       dana doc FILE [FILE ...] [--format markdown]   the functions, structs and classes of programs

A program is read and not run. Names that begin with an underscore are left out. The comments behind fields, or above
them, say what they are.
""",
    "highlight": """\
usage: dana highlight FILE [--format terminal | html | latex] [--color WHEN]

Shows a program in color. FILE may be - for standard input. For a terminal it is colored where there is one to see it
(--color auto, always or never; NO_COLOR is respected); html and latex are whole documents.
""",
    "lsp": """\
usage: dana lsp [--stdio]

The language server: an editor starts it and speaks with it over standard input and output. It needs the extra:
pip install 'dana[lsp]'. Programs are read and not run.
""",
    "doctor": """\
usage: dana doctor [--offline] [--model NAME]

Shows versions, configuration, which keys are present (never their values), the model that would be asked, what
its endpoint can do and how long it takes: it is asked one short question, unless --offline. Exits with 1 when no
model answers.
""",
    "completion": """\
usage: dana completion bash | zsh | fish

Writes a script with which the shell completes commands, options and their values. Put it where the shell looks:

  dana completion bash > ~/.local/share/bash-completion/completions/dana
  dana completion zsh > ~/.zfunc/_dana          with fpath+=~/.zfunc before compinit in ~/.zshrc
  dana completion fish > ~/.config/fish/completions/dana.fish
""",
}
"""The help of each command that has more to say."""

COMMANDS = (
    "run", "repl", "check", "fmt", "test", "init", "prompt", "workflow", "model", "doc", "highlight", "lsp",
    "doctor", "completion", "version", "help",
)  # fmt: skip

COLOR = {"--color": ("auto", "always", "never")}
LIMITS = {
    "--max-steps": "steps",
    "--timeout": "seconds",
    "--max-calls": "calls",
    "--max-cost": "cost",
    "--max-memory": "memory",
    "--max-depth": "depth",
    "--max-text": "text",
    "--max-items": "items",
    "--max-bits": "bits",
}
PERMISSIONS = {f"--allow-{kind}": kind for kind in ("read", "write", "net", "db", "env", "python", "run")}
_RUN: dict[str, object] = {
    "--with": list,
    "--model": str,
    "--record": str,
    "--replay": str,
    "--stub-missing": set,
    "--strict": bool,
    "--isolate": bool,
    "--tier": ("auto", "1", "2"),
    "--json": bool,
    "--log-level": ("debug", "info", "warning", "error"),
    "--log-format": ("text", "json"),
    **COLOR,
    **dict.fromkeys(PERMISSIONS, set),
    "-A": bool,
    "--explain-permissions": bool,
    **dict.fromkeys(LIMITS, int),
    "--timeout": float,
    "--max-cost": float,
    "--max-memory": bytes,
}
_TEST: dict[str, object] = {
    "-k": str,
    "-x": bool,
    "-v": bool,
    "-s": bool,
    "--coverage": bool,
    "--junit": str,
    "--json": bool,
    "--watch": bool,
    "--model": str,
    **COLOR,
    **{name: _RUN[name] for name in (*PERMISSIONS, "-A", *LIMITS)},
}
TEST_TIMEOUT = 60.0
"""Seconds that a test may take where nobody says another number."""
_REPL: dict[str, object] = {
    **{name: kind for name, kind in _RUN.items() if name not in ("--with", "--isolate", "--json")},
    "--vi": bool,
    "--no-startup": bool,
}
_CHECK: dict[str, object] = {
    "--strict": bool,
    "--taint": bool,
    "--output-format": ("text", "json", "github"),
    **COLOR,
}
OPTIONS: dict[str, dict[str, object]] = {
    "run": _RUN,
    "repl": _REPL,
    "check": _CHECK,
    "fmt": {"--check": bool, "--diff": bool, **COLOR},
    "test": _TEST,
    "init": {**COLOR},
    "prompt": {"--json": bool, **COLOR},
    "workflow": {**_RUN, "--input": str, "--name": str, "--no-isolate": bool},
    "model": {**COLOR},
    "doc": {"--format": ("text", "markdown"), **COLOR},
    "highlight": {"--format": ("terminal", "html", "latex"), **COLOR},
    "lsp": {"--stdio": bool, **COLOR},
    "completion": {**COLOR},
    "doctor": {"--offline": bool, "--model": str, **COLOR},
}
"""What each command takes: `bool` is a flag, a `set` may be given without a value and several times, a `list` several
times, a tuple has the values that there are, `bytes` are a size; the others are what they say."""


class Options:
    """The arguments of a command, sorted out."""

    def __init__(self, command: str, arguments: list[str]) -> None:
        self.command = command
        known = OPTIONS[command]
        self.words: list[str] = []
        self.values: dict[str, Any] = {}
        self.help = False
        left = iter(arguments)
        for argument in left:
            if argument == "--":
                self.words.extend(left)
            elif argument in ("--help", "-h"):
                self.help = True
            elif argument == "-" or not argument.startswith("-"):
                self.words.append(argument)
            else:
                self._take(argument, known, left)

    def _take(self, argument: str, known: dict[str, object], left: Any) -> None:
        name, equals, text = argument.partition("=")
        kind = known.get(name)
        if kind is None:
            raise unknown_option(name, known, f"dana {self.command}")
        if kind is bool:
            if equals:
                raise usage_error(f"{name} takes no value")
            self.values[name] = True
            return
        if kind is set:  # the value may be left out, and means everything then
            if equals and not text:
                raise usage_error(f"{name}= names nothing", f"give {name} alone for everything of that kind")
            self.values.setdefault(name, set()).add(text)
            return
        value = text if equals else next(left, None)
        if value is None or (not equals and value.startswith("--")):
            raise usage_error(
                f"{name} needs a value", f"choose from {', '.join(kind)}" if isinstance(kind, tuple) else None
            )
        if kind is list:
            self.values.setdefault(name, []).append(value)
        elif isinstance(kind, tuple):
            if value not in kind:
                raise usage_error(
                    f"{name} cannot be {value}", did_you_mean(value, kind) or f"choose from {', '.join(kind)}"
                )
            self.values[name] = value
        elif kind is str:
            self.values[name] = value
        elif kind is bytes:
            from dana.configuration import size_of

            size = size_of(value)
            if size is None:
                raise usage_error(f"{name} cannot be {value}", "give bytes, or a size such as 512M or 2G")
            self.values[name] = size
        else:
            self.values[name] = _number(name, kind is int, value)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of an option."""
        return self.values.get(name, default)


def _number(name: str, whole: bool, text: str) -> int | float:
    """A number above 0; steps, depth and sizes are whole."""
    try:
        number: float = int(text) if whole else float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        wanted = "a whole number" if whole else "a number of dollars" if name == "--max-cost" else "a number of seconds"
        raise usage_error(f"{name} cannot be {text}", f"give {wanted} above 0")
    if name == "--max-depth" and number > DEEPEST:
        raise usage_error(f"{name} cannot be {text}", f"the most is {DEEPEST:,}")
    return number


def usage_error(message: str, hint: str | None = None) -> UsageError:
    return UsageError(Diagnostic("usage", message, hint=hint))


def unknown_option(name: str, known: dict[str, object], command: str) -> UsageError:
    name = name.partition("=")[0]
    hint = did_you_mean(name, known) or f"{command} --help lists the options"
    return usage_error(f"{command} has no option {name}", hint)


def did_you_mean(word: str, candidates: object) -> str | None:
    like = nearest(word, candidates)
    return f"did you mean {like}?" if like else None
