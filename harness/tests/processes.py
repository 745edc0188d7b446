"""Whole commands, as a person runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = Path(__file__).with_name("example_kernels.py")
RIGHT: Final = f"right={EXAMPLES}:right"


def harness(
    *arguments: object, cwd: Path = ROOT, environment: Mapping[str, str] = {}
) -> subprocess.CompletedProcess[str]:
    """Run `harness ...` and wait for it."""
    return _run("harness", *arguments, cwd=cwd, environment=environment)


def pytest_in_root(*arguments: object, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `pytest ...` in the root, without touching its cache there."""
    own = ["-o", f"cache_dir={cache}"] if cache else ["-p", "no:cacheprovider"]
    return _run("pytest", *own, *arguments, cwd=ROOT, environment={})


def _run(
    module: str, *arguments: object, cwd: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    # An xdist worker that runs this test must not make the command think that it is one, too.
    # The summary of CI is of the run that CI sees.
    own = ("PYTEST_", "GITHUB_STEP_SUMMARY")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    return subprocess.run(  # noqa: S603 -- our own commands
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=cwd,
        env=inherited | {"COLUMNS": "120", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def records(folder: Path) -> list[dict[str, Any]]:
    """The records of a run folder, as another tool would read them."""
    return [json.loads(line) for line in (folder / "results.ndjson").read_text(encoding="utf-8").splitlines()]


def header(folder: Path) -> dict[str, Any]:
    """`run.json` of a run folder, as another tool would read it."""
    found: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return found


OFF = f"off={EXAMPLES}:one_element_off"
