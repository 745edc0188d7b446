"""Other frameworks, for the tests that hold the harness against them.

They are used where they are installed. `HARNESS_FRAMEWORKS_PYTHON` names the interpreter of an environment that has
them: then no such test is skipped, and one whose framework is missing fails.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Final

import pytest

PYTHON: Final = "HARNESS_FRAMEWORKS_PYTHON"


def interpreter_with(package: str) -> str:
    """An interpreter that can import a package; without one the test is skipped, or fails if one was promised."""
    promised = os.environ.get(PYTHON)
    if promised:
        done = subprocess.run([promised, "-c", f"import {package}"], capture_output=True, text=True, check=False)  # noqa: S603 -- named by who runs the tests
        assert done.returncode == 0, f"{PYTHON} is {promised}, which has no {package}:\n{done.stderr}"
        return promised
    if find_spec(package) is None:
        pytest.skip(f"needs {package}; {PYTHON} may name an interpreter that has it")
    return sys.executable
