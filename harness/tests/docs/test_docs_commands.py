"""The commands and snippets of the documents do what is said right below them."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from harness.tests.documents import DOCUMENTS, Block, blocks_of, read
from harness.tests.interpreters import environment_like_this
from harness.tests.processes import ROOT

NOT_COPIED: Final = shutil.ignore_patterns(
    ".git",
    ".venv",
    "node_modules",
    ".*_cache",
    ".hypothesis",
    ".coverage*",
    "reports",
    "tests",
    "__pycache__",
    "*.egg-info",
)
FEW: Final = ("strides.yaml::post[float32]", "dilation.yaml::exact-fit")  # where `make report` runs everything
CREATES: Final = "harness environments create "
ANYTHING: Final = "..."
FLOAT: Final = r"-?\d+\.\d+(?:e[-+]\d+)?|-?\d+e[-+]\d+"
A_NUMBER: Final = r"-?(?:\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?|inf|nan)"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The tree as someone has it who cloned it, with the environment set up."""
    place = tmp_path / "checkout"
    shutil.copytree(ROOT, place, ignore=NOT_COPIED)
    (place / ".venv").symlink_to(sys.prefix)
    return place


# The programs of docs/found end their process; test_found runs them, and compares what they print.
FOLLOWED: Final = tuple(document for document in DOCUMENTS if not document.startswith("docs/found/"))


@pytest.mark.parametrize("document", FOLLOWED)
def test_a_document_does_what_it_says(document: str, checkout: Path) -> None:
    follow(read(document), checkout)


def follow(text: str, checkout: Path) -> None:
    """Do what a reader does: write the files, run the commands, compare the output; then run the snippets."""
    blocks = blocks_of(text)
    shown = [block.above for block in blocks if block.language == "text"]
    output = ""
    for block in blocks:
        if block.file:
            file = checkout / block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            output = "".join(run(*command, block, checkout, shown=block in shown) for command in block.commands)
        elif block.language == "text":
            assert block.above, f"line {block.line}: nothing right above says this"
            assert block.above.language != "python", f"line {block.line}: the output of snippets is not compared"
            if block.above.language == "sh":
                compare(block, output, abridged=block.above.text.startswith("make "))
    own = [block for block in blocks if block.language == "python" and not block.file]
    if own:
        file = checkout / "snippets.py"
        file.write_text(program_of(own), encoding="utf-8")
        done = shell(f"{shlex.quote(sys.executable)} snippets.py", checkout)
        assert done.returncode == 0, f"lines are those of the document\n{done.stdout}"


def program_of(snippets: Iterable[Block]) -> str:
    """The snippets as one program, every line where it stands in the document."""
    program = ""
    for block in snippets:
        program += "\n" * (block.line - 1 - program.count("\n")) + block.text
    return program


def run(command: str, status: int, block: Block, checkout: Path, *, shown: bool) -> str:
    """Output of one command that ends as the document says; nobody is told what `git clone` prints, and what would be
    downloaded is made of what is here."""
    if command.startswith(("git clone ", "pip install ")):  # the second is a test of its own, in an empty environment
        return ""
    if command.startswith(CREATES):  # a gigabyte each
        name = shlex.split(command)[len(shlex.split(CREATES))]
        environment_like_this(checkout / ".environments" / name)
        return ""
    if command.startswith("make "):
        recipe = recipe_of(*shlex.split(command)[1:], checkout=checkout)
        if not shown:
            return ""
        command = f"{recipe} {shlex.join(FEW)}"
    done = shell(command, checkout)
    assert done.returncode == status, f"line {block.line}: {command}: status {done.returncode}\n{done.stdout}"
    return done.stdout


def recipe_of(target: str, *, checkout: Path) -> str:
    """What a target of the Makefile would run."""
    listed = shell("make --no-print-directory help", checkout).stdout
    assert f"make {target} " in listed, f"make {target} is not among\n{listed}"
    done = shell(f"make --no-print-directory --dry-run --assume-old=.venv/.ready {target}", checkout)
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


def shell(command: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run one line in the root of the checkout, its `harness` and not the one under test in the path."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "COVERAGE_", "COV_", "MAKE", "MFLAGS", "TF_", "GITHUB_"))
    }
    binaries = Path(sys.prefix) / "bin"
    own = {"PATH": f"{binaries}:{inherited['PATH']}", "PYTHONPATH": str(checkout), "COLUMNS": "80"}
    return subprocess.run(  # noqa: S603 -- our own commands
        ["bash", "-c", command],  # noqa: S607 -- what a reader has
        cwd=checkout,
        env=inherited | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def compare(block: Block, output: str, *, abridged: bool = False) -> None:
    """Hold the lines of the document against those of a command; blank ones and the width of gaps do not count.

    Where the command ran a few cases in place of all, counts do not count either.
    """
    text = (
        re.sub(r"^([\w-]+: )\d.*|^\d+ passed, .*", r"\1...", block.text, flags=re.MULTILINE) if abridged else block.text
    )
    actual = tidy(output)
    shown = "\n".join(actual)
    assert follows(actual, tidy(text)), f"line {block.line}:\n{block.text}is not what came:\n{shown}"


def follows(actual: list[str], wanted: list[str]) -> bool:
    """Whether lines are those wanted. One regular expression for all would try every way to share them out."""
    parts: list[list[str]] = [[]]
    for line in wanted:
        parts.append([]) if line == ANYTHING else parts[-1].append(line)
    first, *between = parts
    if not between:
        return alike(actual, first)
    last = between.pop()
    start, end = len(first), len(actual) - len(last)
    if start > end or not alike(actual[:start], first) or not alike(actual[end:], last):
        return False
    for part in between:
        places = range(start, end - len(part) + 1)
        found = next((place for place in places if alike(actual[place : place + len(part)], part)), None)
        if found is None:
            return False
        start = found + len(part)
    return True


def alike(actual: list[str], wanted: list[str]) -> bool:
    return len(actual) == len(wanted) and all(
        re.fullmatch(pattern_of(line), own) for line, own in zip(wanted, actual, strict=True)
    )


def tidy(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def pattern_of(line: str) -> str:
    parts = re.split(rf"({re.escape(ANYTHING)}|{FLOAT})", line)
    patterns = (
        re.escape(part) if place % 2 == 0 else ".*" if part == ANYTHING else A_NUMBER
        for place, part in enumerate(parts)
    )
    return "".join(patterns)


@pytest.mark.parametrize(
    "text",
    [
        "```sh\nfalse\n```\n",
        "```sh\ntrue    # exit status 1\n```\n",
        "```sh\nmake nosuch\n```\n",
        "```sh\necho one\n```\n\n```text\ntwo\n```\n",
        "```sh\necho one; echo two\n```\n\n```text\none\n```\n",
        "```sh\necho 1\n```\n\n```text\n2\n```\n",
        "```text\nsaid by nobody\n```\n",
        "```python\nassert 1 == 2\n```\n",
        "```python\none = 1\n```\n\nText.\n\n```python\nassert one == 2\n```\n",
        "```console\ntrue\n```\n",
        "1. Indented\n   ```sh\n   true\n   ```\n",
    ],
)
def test_a_document_that_says_something_else_is_noticed(text: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    with pytest.raises(AssertionError):
        follow(text, tmp_path)


def test_a_document_that_is_right_is_not(tmp_path: Path) -> None:
    follow(
        "```yaml\n# a.yaml\nop: Conv2DBackpropInput\n```\n```sh\ncat a.yaml\necho 0.25 in 3\n```\n\n"
        "```text\n...\nop: ...\n0.75   in 3\n```\n\nText.\n\n"
        "```python\none = 1\n```\n```python\nassert one == 1\n```\n",
        tmp_path,
    )
