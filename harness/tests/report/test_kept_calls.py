"""What a page has of a call that failed: the numbers numpy wrote, read without numpy."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.oracle.evidence import Evidence
from harness.oracle.operands import kernel_layout, make_operands
from harness.oracle.reference import expectations
from harness.report.kept_calls import MOST_CALLS, MOST_NUMBERS, kept_calls
from harness.report.view import Row
from harness.spec.case import Case, DataKind
from harness.spec.schema import DTYPES
from harness.tests.results import result
from harness.tests.strategies import geometry_of, make_case

SMALL = {"input_sizes": [1, 3, 3, 1], "filter": [2, 2, 1, 1], "padding": "SAME"}


def evidence_of(case: Case, kind: DataKind, wrong: tuple[int, ...], value: float) -> Evidence:
    """A call that is right but for one element, whose index is in the layout of the call."""
    expectation = expectations(case, geometry_of(case), kind)[0]
    actual = expectation.in_backprop.astype(expectation.operands.filter.dtype)
    actual[wrong] = value
    attributes = json.loads(json.dumps(asdict(case.attributes)))
    operands = expectation.operands
    arrays = (operands.filter, operands.out_backprop, expectation.in_backprop, actual)
    return Evidence(case.id, "mine", kind, 0, attributes, *arrays)


def rows(*files: str) -> list[Row]:
    return [Row("run", result(evidence=file), (), None) for file in files]


def read(folder: Path, content: bytes) -> dict[str, Any] | None:
    (folder / "kept.npz").write_bytes(content)
    found = kept_calls(rows("kept.npz"), {"run": folder})
    return json.loads(found[0]) if found else None


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_every_type_and_layout_is_read_as_numpy_reads_it(dtype: str, data_format: str, tmp_path: Path) -> None:
    sizes = {"NHWC": [2, 3, 4, 2], "NCHW": [2, 2, 3, 4]}[data_format]
    case = make_case(input_sizes=sizes, filter=[2, 3, 2, 3], padding="SAME", data_format=data_format, dtype=dtype)
    index = {"NHWC": (1, 2, 0, 1), "NCHW": (1, 1, 2, 0)}[data_format]
    for kind in (DataKind.WITNESS, DataKind.WRAP if dtype == "int32" else DataKind.NORMAL):
        kept = evidence_of(case, kind, index, 1e4 if dtype == "half" else 2**30)
        call = read(tmp_path, kept.to_bytes())
        assert call
        operands = make_operands(case, kind)[0]
        assert np.array_equal(np.array(call["filter"]), operands.filter.astype(np.float64))
        if kind is DataKind.WITNESS:
            own = kernel_layout(case, operands.out_backprop)[1].astype(np.float64)
            assert np.array_equal(np.array(call["out_backprop"]), own)
            assert call["element"] == {"h": 2, "w": 0, "c": 1}
            assert kept.actual is not None
            assert float(call["returned"]) == pytest.approx(float(kept.actual[index]))
            assert float(call["expected"]) == pytest.approx(float(kept.expected[index]))


def test_a_nan_that_is_not_expected_is_the_worst(tmp_path: Path) -> None:
    kept = evidence_of(make_case(**SMALL), DataKind.WITNESS, (0, 0, 0, 0), 2.0**40)
    actual = np.array(kept.actual)
    actual[0, 2, 1, 0] = np.nan
    call = read(tmp_path, replace(kept, actual=actual).to_bytes())
    assert call
    assert (call["element"], call["returned"]) == ({"h": 2, "w": 1, "c": 0}, "nan")


def test_what_cannot_be_shown_is_left_out(tmp_path: Path) -> None:
    kept = evidence_of(make_case(**SMALL), DataKind.WITNESS, (0, 0, 0, 0), 5)
    assert read(tmp_path, kept.to_bytes())
    large = make_case(input_sizes=[1, 9, 9, 16], filter=[3, 3, 16, 16], padding="SAME")
    assert MOST_NUMBERS < 3 * 3 * 16 * 16
    infinite = np.array(kept.filter)
    infinite[0, 0, 0, 0] = np.inf
    for content in (
        b"",
        b"no archive",
        kept.to_bytes()[:-40],
        replace(kept, actual=None).to_bytes(),
        replace(kept, filter=infinite).to_bytes(),
        evidence_of(large, DataKind.WITNESS, (0, 0, 0, 0), 5).to_bytes(),
    ):
        assert read(tmp_path, content) is None


def test_nothing_outside_the_run_is_read(tmp_path: Path) -> None:
    content = evidence_of(make_case(**SMALL), DataKind.WITNESS, (0, 0, 0, 0), 5).to_bytes()
    (tmp_path / "run").mkdir()
    (tmp_path / "outside.npz").write_bytes(content)
    named = rows("../outside.npz", str(tmp_path / "outside.npz"), "nosuch.npz")
    assert kept_calls(named, {"run": tmp_path / "run"}) == {}
    assert kept_calls(rows("outside.npz"), {"other": tmp_path}) == {}


def test_a_page_has_the_numbers_of_so_many_calls(tmp_path: Path) -> None:
    (tmp_path / "kept.npz").write_bytes(evidence_of(make_case(**SMALL), DataKind.WITNESS, (0, 0, 0, 0), 5).to_bytes())
    found = kept_calls(rows("nosuch.npz", *["kept.npz"] * 2 * MOST_CALLS), {"run": tmp_path})
    assert list(found) == list(range(1, MOST_CALLS + 1))
