"""The pages of `docs/found`: each shows its program and what it prints, and how it ends with the TensorFlow installed.

All programs that ask for the same environment share one import of TensorFlow; those for JAX run where it is installed.
"""

import json
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest
from packaging.specifiers import SpecifierSet

from harness.tests.frameworks import interpreter_with
from harness.tests.processes import ROOT

FOUND: Final = ROOT / "docs" / "found"
PAGES: Final = tuple(sorted(file for file in FOUND.glob("*.md") if file.stem != "README"))
NAMES: Final = tuple(page.stem for page in PAGES)
RUNNER: Final = Path(__file__).parents[1] / "found_programs.py"
ROWS: Final = ("Program", "Ends with", "Seen with", "Since", "Shown by", "In the source")
VARIABLE: Final = re.compile(r'^os\.environ\["(\w+)"\] = "(.*)"$', re.MULTILINE)


def rows(page: Path) -> dict[str, str]:
    """The table of a page."""
    return dict(re.findall(r"^\| ([A-Z][^|]*?) \| (.*) \|$", page.read_text(encoding="utf-8"), re.MULTILINE))


def block(page: Path, language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


def status_said(page: Path) -> int:
    """As subprocess has it: negative for a signal."""
    said = rows(page)["Ends with"]
    return int(said.removeprefix("exit status ")) if said.startswith("exit") else -signal.Signals[said].value


@cache
def has_onednn() -> bool:
    """Whether this build of TensorFlow has oneDNN, as it says itself."""
    program = "from tensorflow.python.util import _pywrap_util_port as port; print(port.IsMklEnabled())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 -- our own program
    return done.stdout == "True\n"


def is_x86() -> bool:
    return platform.machine() in ("x86_64", "AMD64")


NEEDS: Final[dict[str, Callable[[], bool]]] = {"x86-64": is_x86, "oneDNN": has_onednn}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Status and output of every program that calls TensorFlow."""
    groups: dict[tuple[tuple[str, str], ...], list[Path]] = {}
    for page in PAGES:
        program = page.with_suffix(".py")
        text = program.read_text(encoding="utf-8")
        if "import tensorflow" in text:
            groups.setdefault(tuple(VARIABLE.findall(text)), []).append(program)
    found: dict[str, tuple[int, str]] = {}
    for variables, programs in groups.items():
        folder = tmp_path_factory.mktemp("found")
        own = {key: value for key, value in os.environ.items() if not key.startswith(("TF_", "XLA_", "ONEDNN_"))}
        done = subprocess.run(  # noqa: S603 -- our own programs
            [sys.executable, RUNNER, folder, *programs],
            env=own | dict(variables), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
        )  # fmt: skip
        for name, status in json.loads(done.stdout.splitlines()[-1]).items():
            stem = Path(name).stem
            found[stem] = status, (folder / f"{stem}.txt").read_text(encoding="utf-8", errors="replace")
    return found


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("jax-")])
def test_a_program_still_shows_what_its_page_says(name: str, results: dict[str, tuple[int, str]]) -> None:
    check(FOUND / f"{name}.md", "tensorflow", version("tensorflow"), *results[name])


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("jax-")])
def test_a_program_for_jax_still_shows_what_its_page_says(name: str) -> None:
    python = interpreter_with("jax")
    program = "import jax; print(jax.__version__)"
    installed = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 -- as below
    done = subprocess.run([python, FOUND / f"{name}.py"], capture_output=True, text=True, check=False)  # noqa: S603 -- our own program
    check(FOUND / f"{name}.md", "jax", installed, done.returncode, done.stdout + done.stderr)


def check(page: Path, package: str, installed: str, status: int, output: str) -> None:
    said = rows(page)
    shown_by = said["Shown by"].removeprefix(f"{package} ")
    mended = re.match(r"[\w.]+", said.get("Mended", ""))
    if mended and SpecifierSet(f">={mended[0]}", prereleases=True).contains(installed):
        assert status == 0, output[-2000:]
        return
    if not SpecifierSet(shown_by, prereleases=True).contains(installed):
        pytest.skip(f"the page speaks of {package} {shown_by}, not of {installed}")
    if (needs := said.get("Needs")) and not NEEDS[needs]():
        pytest.skip(f"the page speaks of {needs}, which is not here")
    assert status == status_said(page), output[-2000:]
    for line in block(page, "text").splitlines():
        for part in without_addresses(line).split("..."):
            assert part.strip() in output, f"{line!r} is not in\n{output[-2000:]}"


def without_addresses(line: str) -> str:
    """A line of the page in which a file's line number stands for any, since it is another in every version."""
    return re.sub(r":\d+\]", ":...", line)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_what_a_maintainer_asks_for(name: str) -> None:
    page = FOUND / f"{name}.md"
    text = page.read_text(encoding="utf-8")
    assert all(rows(page).get(row) for row in ROWS)
    assert block(page, "python") == page.with_suffix(".py").read_text(encoding="utf-8")
    assert "harness" not in text
    assert re.match(r"# \w.*[^.]\n\n\| \| \|\n", text)
    assert status_said(page) != 0
    assert rows(page).get("Needs", "oneDNN") in NEEDS


def test_every_program_has_a_page_and_every_page_is_listed() -> None:
    assert sorted(file.stem for file in FOUND.glob("*.py")) == list(NAMES)
    listed = re.findall(r"\]\(([\w-]+)\.md\)", (FOUND / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == list(NAMES)


def test_a_claim_that_no_longer_holds_is_noticed() -> None:
    page = FOUND / "xla-shape-of-empty-gradient.md"
    output = "expected (1, 2, 4, 1)\nactual   (1, 4, 4, 1)\n"
    check(page, "tensorflow", "2.21.0", 1, output)
    check(page, "tensorflow", "2.23.0", 0, "")  # where it is mended
    with pytest.raises(AssertionError):
        check(page, "tensorflow", "2.23.0", 1, output)
    for status, said in ((0, output), (-6, output), (1, output.replace("(1, 4, 4, 1)", "(1, 4, 4, 2)"))):
        with pytest.raises(AssertionError):
            check(page, "tensorflow", "2.21.0", status, said)
