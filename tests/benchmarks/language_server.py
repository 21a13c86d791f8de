"""The language server: answers on a program of 2,000 lines, each right after an edit."""

from __future__ import annotations

import re
import statistics
from time import perf_counter

from tests.unit.test_language_server import ROOT, Pipe

REQUESTS = {
    "completion": {},
    "hover": {},
    "signatureHelp": {},
    "definition": {},
    "documentHighlight": {},
    "prepareRename": {},
    "references": {"context": {"includeDeclaration": True}},
    "rename": {"newName": "another_name"},
    "documentSymbol": {},
    "foldingRange": {},
    "semanticTokens/full": {},
    "codeAction": {
        "context": {"diagnostics": []},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}},
    },
}
"""The requests, with what they take beside a place."""


def program() -> tuple[list[str], int]:
    """The lines of a large program, and the number of one in its middle that calls a function."""
    text = (ROOT / "stdlib/workflow.na").read_text()
    lines = (text + text.replace("def ", "def other_")).split("\n")
    return lines, next(n for n in range(1000, len(lines)) if re.match(r"        \w+ = \w+\(", lines[n]))


def main(rounds: int = 7) -> None:
    """Print the median and the longest time of each request."""
    lines, line = program()
    pipe = Pipe()
    pipe.start()
    document = {"uri": "untitled:big", "languageId": "dana", "version": 1, "text": "\n".join(lines)}
    pipe.tell("textDocument/didOpen", {"textDocument": document})
    place = {
        "textDocument": {"uri": document["uri"]},
        "position": {"line": line, "character": lines[line].index("(") - 1},
    }
    print(f"{'language server':21} median ms  longest ms")
    version = 1
    for method, more in REQUESTS.items():
        pipe.ask(f"textDocument/{method}", {**place, **more})
        times = []
        for _ in range(rounds):
            version += 1
            lines[line - 1] += "#"
            known = {"uri": document["uri"], "version": version}
            change = {"textDocument": known, "contentChanges": [{"text": "\n".join(lines)}]}
            begun = perf_counter()
            pipe.tell("textDocument/didChange", change)
            pipe.ask(f"textDocument/{method}", {**place, **more})
            times.append((perf_counter() - begun) * 1000)
        print(f"{method:21} {statistics.median(times):9.1f}  {max(times):10.1f}")
    pipe.end()


if __name__ == "__main__":
    main()
