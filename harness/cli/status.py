"""Exit statuses: pytest's own, which `run` hands on and the other commands keep to."""

OK, FAILED, INTERRUPTED, INTERNAL, USAGE, NOTHING = range(6)
