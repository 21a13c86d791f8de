"""`dana test`: finds tests in `.na` files, runs each in a session of its own, and says what became of them."""
