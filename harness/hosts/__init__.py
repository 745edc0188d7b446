"""Processes that may die: calls are made in them, and what comes back is plain data."""
