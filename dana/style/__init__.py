"""The style of programs: what `dana fmt` writes."""
