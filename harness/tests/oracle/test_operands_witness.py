"""Witness operands: integers within their certificate, in as many draws as that takes."""

import math

import numpy as np
import pytest
from hypothesis import given

from harness.oracle.bounds import TYPES, term_count
from harness.oracle.operands import MOST_DRAWS, Operands, kernel_layout, make_operands
from harness.spec.case import Case, DataKind
from harness.spec.schema import DTYPES
from harness.tests.calls import MANY
from harness.tests.strategies import by_definition, cases, examples, geometry_of, make_case


def largest_magnitude(case: Case, operands: Operands) -> int:
    """The largest sum of |filter|*|out_backprop|, by the definition and in exact integers."""
    f, dy = (abs(array.astype(np.int64)) for array in (operands.filter, kernel_layout(case, operands.out_backprop)))
    return max(by_definition(geometry_of(case), f, dy).flat, default=0)


def certified(case: Case, operands: Operands) -> float:
    """What the certificate must be at least."""
    return largest_magnitude(case, operands) / TYPES[case.attributes.dtype].witness_limit


@examples(150)
@given(cases())
def test_the_largest_magnitude_does_not_pass_what_the_certificate_says(case: Case) -> None:
    for operands in make_operands(case, DataKind.WITNESS):
        assert operands.certificate is not None
        assert certified(case, operands) <= operands.certificate <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_the_certificate_holds_in_either_layout(data_format: str, dtype: str) -> None:
    """With channels, height and width of their own extents, so that a wrong layout could not go unnoticed."""
    case = make_case(
        input_sizes=[2, 6, 3, 4] if data_format == "NHWC" else [2, 4, 6, 3],
        filter=[3, 2, 4, 40],
        strides=[2, 1],
        data_format=data_format,
        dtype=dtype,
    )
    for operands in make_operands(case, DataKind.WITNESS):
        assert operands.certificate is not None
        assert 0 < certified(case, operands) <= operands.certificate <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_witness_operands_are_integers_without_zeros_where_one_draw_does(dtype: str) -> None:
    case = make_case(input_sizes=[1, 5, 5, 2], filter=[3, 3, 2, 3], dtype=dtype)
    (operands,) = make_operands(case, DataKind.WITNESS)
    values = np.concatenate([operands.filter.ravel(), operands.out_backprop.ravel()]).astype(np.float64)
    assert np.array_equal(values, np.rint(values))
    assert np.all(values != 0)
    assert (values > 0).any()
    assert (values < 0).any()
    assert operands.exercised == 1.0


def test_witness_factors_are_as_large_as_the_limit_lets_them_be() -> None:
    """27 terms: isqrt(2048/27) = 8 in half, isqrt(256/27) = 3 in bfloat16, 788 in float32; 1024 where all is room."""
    found = {}
    for dtype in DTYPES:
        case = make_case(input_sizes=[1, 20, 20, 3], filter=[3, 3, 3, 3], dtype=dtype)
        (operands,) = make_operands(case, DataKind.WITNESS)
        found[dtype] = [int(abs(getattr(operands, name).astype(np.int64)).max()) for name in ("filter", "out_backprop")]
    assert found["half"] == [8, 8]
    assert found["bfloat16"] == [3, 3]
    assert 700 < min(found["float32"]) <= max(found["float32"]) <= 788
    assert 950 < min(found["float64"]) <= max(found["float64"]) <= 1024
    assert 950 < min(found["int32"]) <= max(found["int32"]) <= 1024


def test_one_draw_does_up_to_the_last_term_that_fits() -> None:
    """256 terms of one factor each fit bfloat16; 257 need two draws."""
    fits = make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 256], dtype="bfloat16")
    (operands,) = make_operands(fits, DataKind.WITNESS)
    assert operands.certificate == 1.0
    assert operands.exercised == 1.0
    beyond = make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 257], dtype="bfloat16")
    draws = make_operands(beyond, DataKind.WITNESS)
    assert [round(operands.exercised or 0, 4) for operands in draws] == [round(129 / 257, 4), round(128 / 257, 4)]


def test_several_draws_share_the_elements_of_out_backprop() -> None:
    """Each element is non-zero in one draw at most, and with 257 terms in exactly one."""
    case = make_case(input_sizes=[1, 2, 2, 1], filter=[1, 1, 1, 300], dtype="bfloat16")
    draws = make_operands(case, DataKind.WITNESS)
    counts = sum((operands.out_backprop != 0).astype(int) for operands in draws)
    assert len(draws) > 1
    assert np.all(counts == 1)
    assert sum(operands.exercised or 0 for operands in draws) == pytest.approx(1)
    assert all(np.all(abs(operands.filter.astype(int)) == 1) for operands in draws)


def test_a_bfloat16_case_of_4608_terms_is_shared_by_as_many_draws_as_are_allowed() -> None:
    case = make_case(**MANY, dtype="bfloat16")
    geometry = geometry_of(case)
    draws = make_operands(case, DataKind.WITNESS)
    assert len(draws) == MOST_DRAWS
    counts = sum((operands.out_backprop != 0).astype(int) for operands in draws)
    assert counts.max() == 1
    k = int(term_count(geometry).sum())
    for operands in draws:
        assert operands.certificate is not None
        assert 0.5 < operands.certificate <= 1
        ones = (operands.out_backprop != 0).astype(np.int64)
        exact = int(by_definition(geometry, np.ones(geometry.filter_shape, np.int64), ones).sum()) / k
        assert operands.exercised == pytest.approx(exact)
        assert 0.03 < exact < 0.06, "about 4 % each"
    assert 0.25 < sum(operands.exercised or 0 for operands in draws) < 0.5


def test_draws_grow_in_number_until_each_is_within_the_limit() -> None:
    """500 terms fit two draws of bfloat16 on the whole; dealt out over ten images they exceed 256 in some."""
    case = make_case("grow", input_sizes=[10, 1, 1, 1], filter=[1, 1, 1, 500], dtype="bfloat16")
    draws = make_operands(case, DataKind.WITNESS)
    assert len(draws) > 2
    for operands in draws:
        assert operands.certificate == largest_magnitude(case, operands) / 256
        assert operands.certificate <= 1
    assert sum(operands.exercised or 0 for operands in draws) == pytest.approx(1)


def test_elements_are_dealt_out_evenly() -> None:
    case = make_case(input_sizes=[1, 4, 4, 1], filter=[1, 1, 1, 500], dtype="bfloat16")
    draws = make_operands(case, DataKind.WITNESS)
    counts = [int((operands.out_backprop != 0).sum()) for operands in draws]
    assert max(counts) - min(counts) <= 1
    assert sum(counts) == math.prod(case.attributes.out_backprop)


def test_the_certificate_holds_for_every_draw_of_a_run_that_has_to_share() -> None:
    """Dealt out at random, some elements get more terms than their share: then the work is cut into more draws."""
    case = make_case(input_sizes=[1, 6, 6, 3], filter=[3, 3, 3, 512], dtype="bfloat16", padding="SAME")
    draws = make_operands(case, DataKind.WITNESS)
    assert len(draws) == MOST_DRAWS
    assert all(draw.certificate is not None and draw.certificate <= 1 for draw in draws)
