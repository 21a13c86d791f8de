"""The REPL: a terminal in which inputs run one after the other in one session."""
