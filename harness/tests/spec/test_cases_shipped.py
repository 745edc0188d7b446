"""The case files that are shipped."""

from pathlib import Path
from typing import Final

import pytest

from harness.oracle.bounds import TYPES
from harness.spec.case import DataKind, Expect
from harness.spec.casefile import CasePath, load, read_file
from harness.spec.deviations import FOLDER, read_deviations
from harness.spec.selection import CASES
from harness.tests.processes import ROOT

SHIPPED: Final = sorted((ROOT / "cases" / "conv2d_backprop_input").glob("*.yaml"))


def test_something_is_shipped() -> None:
    assert len(SHIPPED) >= 10


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_file_names_its_schema_and_is_right(file: Path) -> None:
    first = file.read_text().splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    assert (file.parent / first.removeprefix(prefix)).resolve() == ROOT / "harness" / "spec" / "case.schema.json"
    found, problems = read_file(CasePath(file.name, file))
    assert problems == []
    assert found


def test_shipped_ids_are_unique_and_their_operands_too() -> None:
    found = load(CasePath(file.name, file) for file in SHIPPED)
    assert len({case.id for case in found}) == len(found)


def test_shipped_cases_cover_every_type_and_layout() -> None:
    found = load(CasePath(file.name, file) for file in SHIPPED)
    sound = [case for case in found if case.expect is Expect.CONFORMS]
    assert {case.attributes.dtype for case in sound} == set(TYPES)
    assert {case.attributes.data_format for case in sound} == {"NHWC", "NCHW"}
    assert {case.attributes.padding for case in sound} == {"SAME", "VALID", "EXPLICIT"}
    assert {kind for case in sound for kind in case.data} == set(DataKind)
    assert any(case.expect is Expect.REJECTS for case in found)


@pytest.mark.parametrize("file", sorted((ROOT / CASES / FOLDER).glob("*.yaml")), ids=lambda file: file.stem)
def test_what_deviates_on_a_valid_case_says_what_is_wrong(file: Path) -> None:
    """Otherwise any result would be excused."""
    valid = [
        case for case in load(CasePath(f"conv2d_backprop_input/{file.name}", file) for file in SHIPPED) if case.geometry
    ]
    for known in read_deviations(file):
        if known.entry.verdict == "deviates" and any(known.speaks_of(case) for case in valid):
            assert known.entry.wrong, known.place
