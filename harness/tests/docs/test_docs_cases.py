"""The cases and known deviations in the documents are valid, and expand as it says there."""

import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from harness.cli.status import USAGE
from harness.errors import InvalidInputError
from harness.spec import deviations
from harness.spec.casefile import CasePath, load
from harness.tests.documents import DOCUMENTS, blocks_of, read

CASE_HEAD: Final = "op: Conv2DBackpropInput\ncases:\n"


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
        assert deviations.read_deviations(file)
        return []
    file.write_text(text if body.startswith("op:") else CASE_HEAD + text, encoding="utf-8")
    return [case.name for case in load([CasePath("case.yaml", file)])]


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
