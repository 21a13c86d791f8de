"""The command: `python -m tests.fuzz --minutes N [--target T] [--seed S]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzz.campaign import Campaign, child, keep, small, spawn
from tests.fuzz.targets import TARGETS


def main() -> int:
    """Fuzz all targets, or one; 1 when something was found."""
    if sys.argv[1:2] == ["--child"]:
        target, seed, seconds, folder, given = sys.argv[2:]
        child(target, int(seed), float(seconds), folder, given or None)
        return 0
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Look for inputs that break Dana.")
    parser.add_argument("--minutes", type=float, default=1.0, help="for all targets together")
    parser.add_argument("--target", choices=sorted(TARGETS), action="append", help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="where to begin; a number not used before finds more")
    parser.add_argument("--keep", action="store_true", help="store what is found below tests/fuzz/found")
    parser.add_argument("--input", help="run the input in a file through --target, in a child")
    options = parser.parse_args()
    targets = options.target or sorted(TARGETS)
    if options.input:
        with tempfile.TemporaryDirectory() as folder:
            output, errors, code = spawn(targets[0], 0, 60, folder, str(Path(options.input).resolve()))
        print(output, errors, code)
        return 0
    found = 0
    print(f"{'target':<16}{'inputs':>10}{'inputs/s':>10}  faults")
    for target in targets:
        campaign = Campaign(target)
        campaign.run(options.minutes * 60 / len(targets), options.seed * 1_000_000)
        speed = campaign.count / campaign.seconds if campaign.seconds else 0
        print(f"{target:<16}{campaign.count:>10,}{speed:>10,.0f}  {len(campaign.faults)}", flush=True)
        for fault, data in campaign.faults.items():
            found += 1
            smaller = small(target, data, fault, fault.startswith(("'longer", "'the process", '"the process')))
            print(f"  {fault}\n    {smaller[:300]!r}{'...' if len(smaller) > 300 else ''}", flush=True)
            if options.keep:
                print(f"    {keep(target, smaller)}", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
