"""Benchmarks: Dana against CPython, on the same work in the same run."""
