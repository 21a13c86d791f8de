"""The standard library of Dana: what a script may use without writing it."""

MODULES = (
    "base64 collections copy csv datetime decimal functools hashlib itertools json log math operator random re "
    "statistics string textwrap time uuid"
).split()
"""The libraries that `import` finds."""

GLOBALS = {
    "reason": "ai",
    "create_llm_resource": "ai",
    "secret": "ai",
    "ReasonError": "ai",
    "create_memory_resource": "memory",
    "parallel": "parallel",
    "parallel_map": "parallel",
    "log": "log",
    "log_level": "log",
    "wait": "time",
    "get_current_time": "time",
    "generate_unique_id": "time",
}
"""The names that need no import, beside all of `core`: the library that each comes from."""
