"""`python -m tests.benchmarks`: every table, in one run."""

from tests.benchmarks import additions, evaluation, language_server, parsing, prompt, start_up, waiting, workflows

for benchmark in (evaluation, additions, parsing, start_up, prompt, language_server, waiting, workflows):
    benchmark.main()
    print()
