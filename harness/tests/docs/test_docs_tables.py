"""Tables of the documents list what the code has."""

import re
from dataclasses import fields
from functools import cache
from importlib.metadata import version

import pytest

from harness.cli.status import FAILED, INTERNAL, INTERRUPTED, NOTHING, OK, USAGE
from harness.implementations.resolve import BUILT_IN
from harness.records import FORMAT, Check, Element, Result, Verdict
from harness.records.run_folder import Header
from harness.spec import conditions, deviations, schema
from harness.spec.case import DataKind, Rule
from harness.tests.documents import read


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
    for name in conditions.CONDITIONS:
        assert f"`{name}`" in read(document)


def test_every_implementation_is_there() -> None:
    assert sorted(first_column("docs/the-operator.md", "implementation")) == sorted(BUILT_IN)


def test_every_rule_is_there() -> None:
    titles = re.findall(r"^### (C\d+)\. ", read("docs/the-operator.md"), re.MULTILINE)
    assert titles == [rule.value for rule in Rule]


def test_the_change_log_has_this_version_and_this_format() -> None:
    _, _, current = read("CHANGELOG.md").partition(f"## [{version('conv2d-backprop-input-conformance')}]")
    assert f"Format {FORMAT}." in current
