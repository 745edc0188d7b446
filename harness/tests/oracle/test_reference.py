"""What a case must return: by any kernel, in the case's layout, and the kernels held against each other."""

from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given

from harness.oracle.bounds import TYPES, magnitude, term_count
from harness.oracle.compare import compare_exactly
from harness.oracle.kernels import KERNELS, ReferenceKernel, fast
from harness.oracle.operands import Operands, kernel_layout, make_operands
from harness.oracle.reference import DEFAULT_BUDGET, expectations, kernel_agreement, reference
from harness.spec.case import Case, DataKind, kinds_of
from harness.spec.geometry import Geometry
from harness.spec.schema import DTYPES
from harness.tests.strategies import by_definition, cases, examples, geometry_of, make_case

SMALL: Final[dict[str, Any]] = {"input_sizes": [2, 5, 4, 4], "filter": [3, 2, 2, 6], "strides": [2, 1]}


def layouts(dtype: str = "float32") -> tuple[Case, Case]:
    """One case in both layouts."""
    nchw = SMALL | {"input_sizes": [2, 4, 5, 4], "strides": [1, 1, 2, 1], "data_format": "NCHW"}
    return make_case(**SMALL, dtype=dtype), make_case(**nchw, dtype=dtype)


def exact_type(dtype: str) -> np.dtype[Any]:
    """What a witness reference is in: float32 where its sums are exact in it."""
    return np.dtype({"float64": np.float64, "int32": np.int64}.get(dtype, np.float32))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_the_expectation_is_the_definition_in_the_layout_of_the_case(data_format: str, dtype: str) -> None:
    case = layouts(dtype)[data_format == "NCHW"]
    geometry = geometry_of(case)
    for expectation in expectations(case, geometry, DataKind.WITNESS):
        operands = expectation.operands
        f, dy = operands.filter.astype(np.int64), kernel_layout(case, operands.out_backprop).astype(np.int64)
        expected = by_definition(geometry, f, dy)
        if data_format == "NCHW":
            expected = np.moveaxis(expected, 3, 1)
        assert expectation.in_backprop.shape == case.attributes.input_sizes
        assert expectation.in_backprop.dtype == exact_type(dtype)
        assert expectation.in_backprop.tolist() == expected.tolist()
        assert expectation.sums is None


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("kind", [DataKind.NORMAL, DataKind.POSITIVE, DataKind.WIDE])
def test_an_accuracy_run_has_its_terms_and_magnitudes(kind: DataKind, data_format: str) -> None:
    case = layouts("half")[data_format == "NCHW"]
    geometry = geometry_of(case)
    (expectation,) = expectations(case, geometry, kind)
    operands = expectation.operands
    dy = kernel_layout(case, operands.out_backprop)
    B, k = magnitude(geometry, operands.filter, dy), term_count(geometry)
    if data_format == "NCHW":
        B, k = (np.moveaxis(array, 3, 1) for array in (B, k))
    assert expectation.sums is not None
    assert np.all(expectation.sums.B >= B)
    assert np.all(B * (1 + (2 * k + 2) * 2.0**-24) >= expectation.sums.B), "raised, and no more than float32 is off"
    assert np.array_equal(expectation.sums.k, k)
    assert np.all(abs(expectation.in_backprop) <= B * (1 + 1e-12))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_kind_has_an_expectation_for_each_of_its_calls(dtype: str) -> None:
    case = make_case(**SMALL, dtype=dtype)
    for kind in sorted(kinds_of(dtype)):
        found = expectations(case, geometry_of(case), kind)
        draws = make_operands(case, kind)
        assert len(found) == len(draws)
        for expectation, operands in zip(found, draws, strict=True):
            assert expectation.operands.out_backprop.tobytes() == operands.out_backprop.tobytes()
            assert expectation.operands.filter.tobytes() == operands.filter.tobytes()


def test_draws_have_expectations_of_their_own() -> None:
    case = make_case(input_sizes=[1, 1, 2, 1], filter=[1, 1, 1, 600], dtype="bfloat16")
    found = expectations(case, geometry_of(case), DataKind.WITNESS)
    assert len(found) > 1
    assert len({expectation.in_backprop.tobytes() for expectation in found}) == len(found)


def test_expectations_are_kept_for_the_next_implementation() -> None:
    case = make_case("kept", **SMALL)
    assert expectations(case, geometry_of(case), DataKind.NORMAL) is expectations(
        case, geometry_of(case), DataKind.NORMAL
    )


def test_int32_sums_wrap_modulo_2_to_the_32() -> None:
    case = make_case(**SMALL, dtype="int32")
    geometry = geometry_of(case)
    (expectation,) = expectations(case, geometry, DataKind.WRAP)
    exact = by_definition(geometry, expectation.operands.filter, expectation.operands.out_backprop)
    assert expectation.in_backprop.tolist() == ((exact + 2**31) % 2**32 - 2**31).tolist()
    assert expectation.in_backprop.dtype == np.int64


def test_special_values_reach_their_taps_only() -> None:
    case = make_case(input_sizes=[1, 7, 7, 2], filter=[2, 2, 2, 3], strides=3)
    geometry = geometry_of(case)
    for expectation in expectations(case, geometry, DataKind.SPECIAL):
        expected = by_definition(
            geometry, expectation.operands.filter.astype(float), expectation.operands.out_backprop.astype(float), 0.0
        ).astype(float)
        assert np.array_equal(np.isfinite(expectation.in_backprop), np.isfinite(expected))
        assert not np.isfinite(expected).all()
        assert np.isfinite(expected).any()


def test_operands_reach_a_kernel_in_the_type_of_the_reference() -> None:
    seen: list[Any] = []

    def kernel(_: Geometry, filter: np.ndarray[Any, Any], out_backprop: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        seen.extend((filter.dtype, out_backprop.dtype, out_backprop.shape))
        return np.zeros((2, 5, 4, 4), out_backprop.dtype)

    _, case = layouts("half")
    (operands,) = make_operands(case, DataKind.NORMAL)
    assert reference(kernel, case, geometry_of(case), operands).shape == (2, 4, 5, 4)
    assert seen == [np.float64, np.float64, (2, 2, 3, 6)]


# Agreement of the kernels.


@examples(30)
@given(cases())
def test_kernels_agree(case: Case) -> None:
    check = kernel_agreement(case, geometry_of(case))
    assert (check.name, check.data, check.status, check.note) == ("kernels", "witness", "pass", "")
    assert check.total == sum(e.in_backprop.size for e in expectations(case, geometry_of(case), DataKind.WITNESS))


@pytest.mark.parametrize("wrong", ["scatter_loops", "gather_loops", "rotated_filter", "gemm_col2im"])
def test_a_kernel_that_disagrees_is_named(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(
        geometry: Geometry, filter: np.ndarray[Any, Any], out_backprop: np.ndarray[Any, Any]
    ) -> np.ndarray[Any, Any]:
        result = fast(geometry, filter, out_backprop)
        result[0, 0, 0, 0] += 1
        return result

    monkeypatch.setitem(KERNELS, wrong, ReferenceKernel(broken))
    case = make_case(f"broken {wrong}", input_sizes=[1, 3, 3, 1], filter=[2, 2, 1, 1])
    check = kernel_agreement(case, geometry_of(case))
    assert (check.status, check.note) == ("fail", f"disagrees with fast: {wrong}")


def test_a_kernel_that_disagrees_in_every_draw_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KERNELS, "gather_loops", ReferenceKernel(lambda g, f, y: fast(g, f, y) + 1))
    case = make_case("draws", input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 600], dtype="bfloat16")
    check = kernel_agreement(case, geometry_of(case))
    assert len(expectations(case, geometry_of(case), DataKind.WITNESS)) > 1
    assert check.note == "disagrees with fast: gather_loops"


def test_kernels_beyond_the_budget_are_left_out_and_said() -> None:
    case = make_case("large", input_sizes=[1, 12, 12, 2], filter=[3, 3, 2, 3])
    geometry = geometry_of(case)
    work = 10 * 10 * 3 * 9 * 2
    assert geometry.multiply_adds == work
    assert kernel_agreement(case, geometry, work).note == ""
    less = kernel_agreement(case, geometry, work - 1)
    assert less.status == "pass"
    assert less.note == f"left out: scatter_loops, gather_loops ({work:,} multiply-adds, budget {work - 1:,})"
    assert kernel_agreement(case, geometry, work // 100).note.startswith("left out: scatter_loops, gather_loops (")
    least = kernel_agreement(case, geometry, work // 100 - 1).note
    assert least.startswith("left out: scatter_loops, gather_loops, rotated_filter, gemm_col2im (")


def test_a_matrix_product_reaches_a_hundred_times_as_far_as_a_loop() -> None:
    case = make_case("reach", input_sizes=[1, 7, 10, 6], filter=[2, 4, 6, 5])
    assert geometry_of(case).multiply_adds == 10_080
    left_out = "left out: scatter_loops, gather_loops, rotated_filter, gemm_col2im ("
    assert kernel_agreement(case, geometry_of(case), 100).note.startswith(left_out)
    assert kernel_agreement(case, geometry_of(case), 101).note.startswith("left out: scatter_loops, gather_loops (")


def test_what_is_wrong_and_what_is_left_out_are_both_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KERNELS, "gemm_col2im", ReferenceKernel(lambda g, f, y: fast(g, f, y) + 1, reach=100))
    case = make_case("both", input_sizes=[1, 12, 12, 2], filter=[3, 3, 2, 3])
    check = kernel_agreement(case, geometry_of(case), 100)
    assert check.status == "fail"
    assert (
        check.note
        == "disagrees with fast: gemm_col2im; left out: scatter_loops, gather_loops (5,400 multiply-adds, budget 100)"
    )


def test_the_usual_budget_lets_small_cases_through_every_kernel() -> None:
    case = make_case("usual", input_sizes=[1, 5, 5, 2], filter=[3, 3, 2, 3])
    assert geometry_of(case).multiply_adds <= DEFAULT_BUDGET
    assert kernel_agreement(case, geometry_of(case)).note == ""


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_wrong_term_is_seen_by_the_witness_run(dtype: str) -> None:
    """Every term that operands exercise shows in the exact comparison when it goes missing."""
    case = make_case("faults", input_sizes=[1, 3, 3, 2], filter=[2, 2, 2, 3], padding="SAME", dtype=dtype)
    geometry = geometry_of(case)
    (expectation,) = expectations(case, geometry, DataKind.WITNESS)
    operands = expectation.operands
    for index in np.ndindex(operands.out_backprop.shape):
        dy = operands.out_backprop.copy()
        dy[index] = 0
        result = reference(fast, case, geometry, Operands(operands.filter, dy)).astype(TYPES[dtype].dtype)
        check = compare_exactly("witness", "witness", expectation.in_backprop, result, TYPES[dtype])
        assert check.status == "fail"
