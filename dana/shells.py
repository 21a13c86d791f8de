"""Completion of the command in shells: scripts for bash, zsh and fish, made of the tables in dana.usage."""

from __future__ import annotations

import re

from dana import modules
from dana.project import templates
from dana.usage import COMMANDS, HELP, HELP_OF, OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SHELLS = ("bash", "zsh", "fish")

FILES = frozenset(
    ("--with", "--record", "--replay", "--stub-missing", "--junit", "--input", "--allow-read", "--allow-write")
)
"""Options whose values are files."""

NO_PROGRAMS = frozenset(("init", "model", "lsp", "doctor", "version", "help", "completion"))
"""Commands that take no file."""


def script(shell: str) -> str:
    """What a shell has to read so that it completes `dana`."""
    return _SCRIPTS[shell]()


def _words(command: str) -> list[str]:
    """The words that stand behind a command, beside files."""
    if command == "doc":
        return sorted({*modules.module_names(), *modules.builtin_names()})
    return {
        "init": list(templates()),
        "workflow": ["check", "run"],
        "model": ["get", "list", "remove"],
        "help": list(COMMANDS),
        "completion": list(SHELLS),
    }.get(command, [])


def _meanings() -> dict[str, str]:
    """What each command does, as the help of all says it."""
    found = dict(re.findall(r"^ .{6}dana (\w+)\b.*?  +(\S.*)$", HELP, flags=re.MULTILINE))
    return {command: found.get(command, "run programs") for command in COMMANDS}


def _meaning(command: str, option: str) -> str:
    """What an option does, as the help of the command says it, or that of `run`, which explains for others too."""
    texts = [HELP_OF[command]] if command in ("prompt", "doc") else [HELP_OF[command], HELP_OF["run"]]
    for text in texts:
        found = re.search(rf"^  {option}(?:\[=\w+\]| [A-Z]+)? +(\S.*(?:\n {{8,}}\S.*)*)", text, flags=re.MULTILINE)
        if found is not None:
            return " ".join(found[1].split()).partition(";")[0]
    return ""


_BASH = """\
# Completion of dana for bash, written by: dana completion bash
_dana() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
    local words= files=
    if [[ $current == "=" ]]; then current=
    elif [[ $before == "=" ]]; then before=${COMP_WORDS[COMP_CWORD-2]}
    fi
    case "$command $before" in
@values@
        *)
            if (( COMP_CWORD == 1 )); then
                words="@commands@" files=programs
            elif [[ $current == -* ]]; then
                case $command in
@options@
                esac
            else
                files=programs
                case $command in
@words@
                esac
            fi ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    if [[ $files ]]; then
        compopt -o filenames 2>/dev/null
        local IFS=$'\\n'
        if [[ $files == all ]]; then COMPREPLY+=($(compgen -f -- "$current"))
        else COMPREPLY+=($(compgen -f -X "!*.na" -- "$current") $(compgen -d -- "$current"))
        fi
    fi
}
complete -F _dana dana
"""


def _bash() -> str:
    values: dict[str, list[str]] = {}  # the places by what stands there
    for command, options in OPTIONS.items():
        for option, kind in options.items():
            if isinstance(kind, tuple):
                what = f'words="{" ".join(kind)}"'
            elif option in FILES:
                what = "files=all"
            elif kind in (bool, set):
                continue
            else:
                what = "return"
            values.setdefault(what, []).append(f'"{command} {option}"')
    words = []
    for command in COMMANDS:
        named = " ".join(_words(command))
        if named or command in NO_PROGRAMS:
            words.append(f'{command}) words="{named}"{" files=" * (command in NO_PROGRAMS)} ;;')
    parts = {
        "values": [f"{'|'.join(places)}) {what} ;;" for what, places in values.items()],
        "options": [f'{command}) words="{" ".join(options)} --help" ;;' for command, options in OPTIONS.items()],
        "words": words,
    }
    text = _BASH.replace("@commands@", " ".join(COMMANDS))
    for name, lines in parts.items():
        indent = " " * (8 if name == "values" else 20)
        text = text.replace(f"@{name}@", "\n".join(indent + line for line in lines))
    return text


def _zsh() -> str:
    lines = [
        "#compdef dana",
        "# Completion of dana for zsh, written by: dana completion zsh",
        "_dana() {",
        "    local -a commands=(",
        *(f"        {_quoted(f'{name}:{meaning}')}" for name, meaning in _meanings().items()),
        "    )",
        "    if (( CURRENT == 2 )); then",
        "        _describe command commands",
        '        _files -g "*.na"',
        "        return",
        "    fi",
        "    local command=$words[2]",
        "    shift words",
        "    (( CURRENT-- ))",
        "    case $command in",
    ]
    for command in COMMANDS:
        lines.append(f"        {command})")
        specifications = [_zsh_option(command, option, kind) for option, kind in OPTIONS.get(command, {}).items()]
        words = _words(command)
        if words and command not in NO_PROGRAMS:
            specifications.append(_quoted(f"*:word:{{_values word {' '.join(words)}; _files -g '*.na'}}"))
        elif words:
            specifications.append(_quoted(f"*:word:({' '.join(words)})"))
        elif command not in NO_PROGRAMS:
            specifications.append(_quoted('*:program:_files -g "*.na"'))
        lines.append(f"            _arguments {' '.join(specifications)} ;;")
    lines += ["    esac", "}", '[[ $funcstack[1] == _dana ]] && _dana "$@" || compdef _dana dana']
    return "".join(f"{line}\n" for line in lines)


def _zsh_option(command: str, option: str, kind: object) -> str:
    meaning = re.sub(r"([\[\]:])", r"\\\1", _meaning(command, option))
    several = "*" if kind in (list, set) else ""
    if kind is bool:
        return _quoted(f"{option}[{meaning}]")
    action = f"({' '.join(kind)})" if isinstance(kind, tuple) else "_files" if option in FILES else " "
    if kind is set:
        return _quoted(f"{several}{option}=-[{meaning}]::value:{action}")
    return _quoted(f"{several}{option}{'=' if option.startswith('--') else ''}[{meaning}]:value:{action}")


def _fish() -> str:
    lines = [
        "# Completion of dana for fish, written by: dana completion fish",
        "complete -c dana -f",
        "complete -c dana -n __fish_use_subcommand -k -a '(__fish_complete_suffix .na)'",
        *(
            f"complete -c dana -n __fish_use_subcommand -a {name} -d {_quoted(meaning)}"
            for name, meaning in _meanings().items()
        ),
    ]
    for command in COMMANDS:
        where = f"complete -c dana -n '__fish_seen_subcommand_from {command}'"
        for option, kind in OPTIONS.get(command, {}).items():
            name = f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
            value = ""
            if isinstance(kind, tuple):
                value = f" -x -a '{' '.join(kind)}'"
            elif kind not in (bool, set):
                value = " -r -F" if option in FILES else " -x"
            lines.append(f"{where} {name}{value} -d {_quoted(_meaning(command, option))}")
        if command not in NO_PROGRAMS:
            lines.append(f"{where} -k -a '(__fish_complete_suffix .na)'")
        if _words(command):
            lines.append(f"{where} -a '{' '.join(_words(command))}'")
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


_SCRIPTS: dict[str, Callable[[], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}

__all__ = ["SHELLS", "script"]
