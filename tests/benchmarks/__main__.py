"""`python -m tests.benchmarks`: every table, in one run."""

from tests.benchmarks import evaluation, parsing, start_up, waiting, workflows

for benchmark in (evaluation, parsing, start_up, waiting, workflows):
    benchmark.main()
    print()
