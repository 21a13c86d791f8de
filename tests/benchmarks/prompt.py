"""The prompt: from the start of the process to the first prompt on the screen, beside a bare one of prompt-toolkit."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter

from tests.repl.screen import Screen

BARE = "from prompt_toolkit import PromptSession; PromptSession().prompt('1> ')"


def seconds(folder: Path, code: str | None) -> float:
    """The time of one start."""
    begun = perf_counter()
    with Screen(folder, code=code) as screen:
        screen.wait("1>")
        return perf_counter() - begun


def main(rounds: int = 7) -> None:
    """Print the shortest times and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        times = [[seconds(Path(folder), code) for code in (None, BARE)] for _ in range(rounds)]
    dana, bare = (min(column) for column in zip(*times, strict=True))
    print(f"prompt ready      {dana * 1000:.0f} ms   bare prompt-toolkit {bare * 1000:.0f} ms   {dana / bare:.2f}x")


if __name__ == "__main__":
    main()
