"""A plugin for workers of pytest: they end once the report of a case was sent, before that it is finished is."""

import os


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Called in the controller, too, which goes on."""
    if "plain" in nodeid and "PYTEST_XDIST_WORKER" in os.environ:
        os._exit(1)
