"""The standard library of Dana: what a script may use without writing it."""
