"""The other side of a host runs where there is Python 3.10, numpy and ml_dtypes, and no harness."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from harness.hosts.host import Hosts
from harness.hosts.measuring import Measuring
from harness.implementations import Implementation, Raised
from harness.records import Verdict
from harness.runner import run
from harness.tests.cases import PLAIN, cases_of
from harness.tests.hosts.test_hosts import GIB, example
from harness.tests.interpreters import bare_environment
from harness.tests.processes import ROOT

REMOTE: Final = ROOT / "harness" / "remote"
# What is imported there: the other side itself, and what its files and an implementation's import of the harness.
FILES: Final = sorted(
    [*REMOTE.glob("*.py"), *(ROOT / "harness" / "implementations" / "tf").glob("*.py")]
    + [ROOT / "harness" / name for name in ("__init__.py", "facts.py", "implementations/__init__.py")]
)
ALLOWED: Final = {*sys.stdlib_module_names, "numpy", "ml_dtypes", "harness"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_its_files_are_python_3_10_and_import_next_to_nothing(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 10))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    own = "tensorflow" if file.parent.name == "tf" else "numpy"
    assert {name.partition(".")[0] for name in imported} <= {*ALLOWED, own}
    # What is imported with the file: neither for its types alone nor by a function that nobody calls there.
    at_once = {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}
    places = {ROOT / (name.replace(".", "/") + ".py") for name in at_once if name.startswith("harness.")}
    packages = {place.with_suffix("") / "__init__.py" for place in places}
    assert {place for place in places | packages if place.exists()} <= set(FILES)


def test_it_runs_under_python_3_10() -> None:
    """Where there is none, what is parsed above is all that can be said; what needs numpy is not imported here."""
    pythons = [found for name in ("python3.10", sys.executable) if (found := shutil.which(name))]
    program = (
        "import importlib.util, json, sys\n"
        f"spec = importlib.util.spec_from_file_location('remote_main', {str(REMOTE / '__main__.py')!r})\n"
        "main = importlib.util.module_from_spec(spec); spec.loader.exec_module(main)\n"
        f"main._import_harness(__import__('pathlib').Path({str(REMOTE.parent)!r}))\n"
        "import harness.remote.outcomes, harness.remote.loading, harness.remote.process, harness.implementations\n"
        "from harness.remote.machine import process_facts\n"
        "print(json.dumps(process_facts()))\n"
    )
    for python in pythons:
        asked = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=False)  # noqa: S603
        if "command not found" not in asked.stderr:  # a version manager's name for what it does not have
            assert asked.returncode == 0, asked.stderr
            assert '"python": "3.' in asked.stdout


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with numpy and ml_dtypes, and nothing else: no harness, no pydantic, no threadpoolctl."""
    return str(bare_environment(tmp_path_factory.mktemp("bare") / "env") / "bin" / "python")


def placed(implementation: Implementation, python: str) -> Implementation:
    name, target, given = implementation.name, implementation.target, implementation.given
    return Implementation(name, target, given, interpreter=python, place="bare")


def test_a_kernel_runs_where_no_harness_is_installed(bare: str, tmp_path: Path) -> None:
    hosts = Hosts(timeout=60, memory_limit=4 * GIB)
    try:
        for case in cases_of(tmp_path, PLAIN):
            here, there = (run(case, each, caller=hosts) for each in (example("right"), placed(example("right"), bare)))
            assert there.verdict is Verdict.CONFORMS
            assert (there.digest, there.checks) == (here.digest, here.checks)
            assert (here.environment, there.environment) == ("here", "bare")
        assert len({python for python, _ in hosts.hosts}) == 2
        local = Implementation("local", "harness.implementations.local:local_fast", "local")
        outcome = hosts(case, placed(local, bare)).outcomes[0]
        assert isinstance(outcome, Raised)
        assert outcome.error_class == "ModuleNotFoundError"  # it is really bare: the reference kernels need more
    finally:
        hosts.close()


def test_a_process_there_says_what_it_is(bare: str) -> None:
    facts = Measuring().facts(placed(example("right"), bare))
    assert set(facts.packages) == {"numpy", "ml_dtypes"}
