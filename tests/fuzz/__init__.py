"""Fuzzing: inputs that are changed or made at random, and what must hold whatever they are.

`python -m tests.fuzz --minutes 5` runs all targets; what it finds is made smaller and kept below tests/fuzz/found,
which tests/test_fuzz.py runs again.
"""
