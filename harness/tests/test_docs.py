"""What the documents say is tried: commands and their output, snippets, cases, links, and tables of names.

The fences have conventions. `sh`: run line by line in a copy of the checkout; `# exit status 4` at the end says that a
line does not end with 0. `text` right below it: the whole output, in which `...` stands for anything, a line of it for
any lines, and a number with a point or an exponent for any number. `make` is only looked up, except where its output is
shown: then it runs a few cases. `python`: all of a document in one namespace and
one process, after its commands. `yaml`: a whole file, a list of cases or known deviations; `text` right below it: the
names of its cases. A first line `# name.py` or `# name.yaml` makes a file of the block, for the commands below it.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

from harness.cli.status import FAILED, INTERNAL, INTERRUPTED, NOTHING, OK, USAGE
from harness.errors import InvalidInputError
from harness.implementations.resolve import BUILT_IN
from harness.records import FORMAT, Check, Element, Result, Verdict
from harness.report.run_folder import Header
from harness.spec import deviations, schema
from harness.spec.case import DataKind, Rule
from harness.spec.casefile import CasePath, load

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = tuple(
    file.relative_to(ROOT).as_posix()
    for file in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
)
LANGUAGES: Final = {"sh", "python", "yaml", "text"}
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
ANYTHING: Final = "..."
FLOAT: Final = r"-?\d+\.\d+(?:e[-+]\d+)?|-?\d+e[-+]\d+"
A_NUMBER: Final = r"-?(?:\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?|inf|nan)"
CASE_HEAD: Final = "op: Conv2DBackpropInput\ncases:\n"


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences. `above` is the block right above it; `line` counts from 1."""

    language: str
    text: str
    line: int
    above: "Block | None"

    @property
    def file(self) -> str | None:
        named = re.match(r"# ([\w./-]+\.(?:py|yaml))\n", self.text)
        return named[1] if named and self.language in {"python", "yaml"} else None

    @property
    def commands(self) -> Iterator[tuple[str, int]]:
        """Commands, each with the exit status it is to have."""
        for line in self.text.replace("\\\n", " ").splitlines():
            command, _, status = line.partition("    # exit status ")
            if command.strip() and not command.startswith("#"):
                yield command.strip(), int(status or 0)


def blocks_of(text: str) -> list[Block]:
    blocks: list[Block] = []
    end = 0
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        above = blocks[-1] if blocks and not text[end : found.start()].strip() else None
        blocks.append(Block(found[1], found[2], text.count("\n", 0, found.start()) + 2, above))
        end = found.end()
        assert found[1] in LANGUAGES, f"line {blocks[-1].line - 1}: {found[1]!r} is not one of {LANGUAGES}"
    assert len(re.findall("^ *```", text, re.MULTILINE)) == 2 * len(blocks), "a fence is indented or not closed"
    return blocks


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


# Commands and snippets


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The tree as someone has it who cloned it, with the environment set up."""
    place = tmp_path / "checkout"
    shutil.copytree(ROOT, place, ignore=NOT_COPIED)
    (place / ".venv").symlink_to(sys.prefix)
    return place


@pytest.mark.parametrize("document", DOCUMENTS)
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
    """Output of one command that ends as the document says; nobody is told what `git clone` prints."""
    if command.startswith("git clone "):
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


# Cases


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_cases_of_a_document_are_valid_and_expand_as_it_says(document: str, tmp_path: Path) -> None:
    check_cases(read(document), tmp_path)


def check_cases(text: str, folder: Path) -> None:
    blocks = blocks_of(text)
    refused = {
        word
        for block in blocks
        if block.language == "sh"
        for command, status in block.commands
        if status == USAGE
        for word in shlex.split(command)
    }
    names: dict[int, list[str]] = {}
    for block in blocks:
        if block.language == "yaml" and block.file not in refused:
            try:
                names[block.line] = names_in(block.text, folder / "case.yaml")
            except InvalidInputError as error:
                pytest.fail(f"line {block.line}: {error}")
        if block.language == "text" and block.above and block.above.line in names:
            assert block.text.splitlines() == names[block.above.line], f"line {block.line}"


def names_in(text: str, file: Path) -> list[str]:
    """Names of the cases of a block, which may be a whole file, a list of cases or a list of known deviations."""
    body = re.sub(r"\A(#.*\n)*", "", text)
    if body.startswith("- match:"):
        file.write_text(text, encoding="utf-8")
        assert deviations.read_deviations(file, version("tensorflow"))
        return []
    file.write_text(text if body.startswith("op:") else CASE_HEAD + text, encoding="utf-8")
    return [case.name for case in load([CasePath("case.yaml", file)])]


# Links


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    assert broken_links(read(document), ROOT / document) == []


def broken_links(text: str, file: Path) -> list[str]:
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(text))
    return [link for link in links if not link.startswith("https://") and not leads_somewhere(link, text, file)]


def leads_somewhere(link: str, text: str, file: Path) -> bool:
    path, _, anchor = link.partition("#")
    target = (file.parent / path).resolve() if path else file
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(text if target == file else target.read_text(encoding="utf-8"))


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$|`[^`\n]*`", "``", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    return {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_exist(document: str) -> None:
    named = re.findall(r"`((?:harness|cases|docs|\.ci)/[\w./-]+)`", read(document))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_code_names_documents_that_exist() -> None:
    named = {
        name
        for file in (ROOT / "harness").rglob("*.py")
        for name in re.findall(r"docs/[\w/-]+\.md", file.read_text(encoding="utf-8"))
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


# Tables that list what the code has


@cache
def first_column(document: str, *heads: str) -> list[str]:
    """Words in code in the first column of the tables whose first head is one of `heads`."""
    words: list[str] = []
    inside = False
    for line in read(document).splitlines():
        first = line.split("|")[1].strip() if line.startswith("|") else ""
        inside = (inside or first in heads) and line.startswith("|")
        if inside and first not in heads:
            words += re.findall(r"`([^`]+)`", first) or re.findall(r"\d", first)
    return words


def names(form: type) -> list[str]:
    return [field.name for field in fields(form)]


@pytest.mark.parametrize("document", ["README.md", "docs/reading-the-report.md"])
def test_verdicts_and_exit_statuses_are_all_there(document: str) -> None:
    assert first_column(document, "verdict") == [verdict.value for verdict in Verdict]
    statuses = (OK, FAILED, INTERRUPTED, INTERNAL, USAGE, NOTHING)
    assert first_column(document, "exit status") == [str(status) for status in statuses]


def test_every_key_of_a_record_is_there() -> None:
    keys = [*names(Result), "format", *names(Check)]
    assert sorted(first_column("docs/reading-the-report.md", "key")) == sorted(keys)
    for name in names(Element):
        assert f"`{name}`" in read("docs/reading-the-report.md")


def test_every_key_of_run_json_is_there() -> None:
    assert sorted(first_column("docs/reading-the-report.md", "key of `run.json`")) == sorted(names(Header))


def test_every_key_and_kind_of_a_case_is_there() -> None:
    document = "docs/writing-cases.md"
    assert sorted(first_column(document, "key")) == sorted(schema.Entry.model_fields)
    assert first_column(document, "kind") == [kind.value for kind in DataKind]
    for name in (*schema.CaseFile.model_fields, *schema.ProfileForm.model_fields, *schema.Matrix.model_fields):
        assert f"`{name}" in read(document)


def test_every_key_and_condition_of_a_known_deviation_is_there() -> None:
    document = "docs/your-own-kernel.md"
    assert first_column(document, "key") == list(deviations.Entry.model_fields)
    for name in deviations.CONDITIONS:
        assert f"`{name}`" in read(document)


def test_every_implementation_is_there() -> None:
    assert sorted(first_column("docs/the-operator.md", "implementation")) == sorted(BUILT_IN)


def test_every_rule_is_there() -> None:
    titles = re.findall(r"^### (C\d+)\. ", read("docs/the-operator.md"), re.MULTILINE)
    assert titles == [rule.value for rule in Rule]


def test_the_change_log_has_this_version_and_this_format() -> None:
    _, _, current = read("CHANGELOG.md").partition(f"## [{version('conv2d-backprop-input-conformance')}]")
    assert f"Format {FORMAT}." in current


# That all this can fail


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


@pytest.mark.parametrize(
    "text",
    [
        "```yaml\n- {id: a, filter: [1, 1, 1, 1], padding: SAME}\n```\n",
        "```yaml\n- {id: a, input_sizes: [1, 1, 1, 1], filter: [1, 1, 1, 1], padding: SAME}\n```\n\n```text\nb\n```\n",
        "```yaml\n- {match: a, verdict: refuses}\n```\n",
        "```yaml\nstrides: 2\n```\n",
    ],
)
def test_a_case_that_is_wrong_is_noticed(text: str, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check_cases(text, tmp_path)


def test_a_link_to_nowhere_is_noticed() -> None:
    text = "# Title\n[a](nosuch.md) [b](README.md) [c](#title) [d](#nosuch) [e](docs/the-operator.md#nosuch) `[f](x)`"
    assert broken_links(text, ROOT / "README.md") == ["nosuch.md", "#nosuch", "docs/the-operator.md#nosuch"]
