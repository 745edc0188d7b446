"""Exit statuses: pytest's own, which `run` hands on."""

OK, FAILED, INTERRUPTED, INTERNAL, USAGE, NOTHING = range(6)
