"""Models: how a call of `reason` becomes an answer."""
