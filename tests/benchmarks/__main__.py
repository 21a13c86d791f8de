"""`python -m tests.benchmarks`: every table, in one run."""

from tests.benchmarks import additions, evaluation, parsing, start_up, waiting, workflows

for benchmark in (evaluation, additions, parsing, start_up, waiting, workflows):
    benchmark.main()
    print()
