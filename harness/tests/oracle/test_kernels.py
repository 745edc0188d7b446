"""The reference kernels against each other, the definition and the adjoint."""

from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.oracle.bounds import TYPES, certain_limit, magnitude, term_count
from harness.oracle.kernels import KERNELS, fast, forward
from harness.oracle.operands import make_operands
from harness.oracle.reference import reference
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry
from harness.tests.strategies import (
    by_definition,
    cases,
    examples,
    geometries,
    geometry_of,
    make_case,
    random_operands,
    terms,
)

NAMES: Final = tuple(KERNELS)
SOUND: Final = tuple(name for name, kernel in KERNELS.items() if not kernel.finite_only)
U: Final = 2.0**-53


def integers(rng: np.random.Generator, shape: tuple[int, ...], largest: int = 9) -> np.ndarray[Any, Any]:
    return rng.integers(-largest, largest + 1, shape)


@examples(700)
@given(cases())
def test_all_kernels_agree_value_for_value_on_witness_operands(case: Case) -> None:
    geometry = geometry_of(case)
    for operands in make_operands(case, DataKind.WITNESS):
        results = {name: reference(kernel.compute, case, geometry, operands) for name, kernel in KERNELS.items()}
        for name, result in results.items():
            assert result.shape == geometry.input_shape, name
            assert result.dtype in (np.float32, TYPES[case.attributes.dtype].reference), name
            assert np.array_equal(result, results["scatter_loops"]), name


@examples(120)
@given(geometries(), st.integers(0, 2**32))
def test_every_kernel_is_the_definition(geometry: Geometry, seed: int) -> None:
    rng = np.random.default_rng(seed)
    filter, dy = integers(rng, geometry.filter_shape), integers(rng, geometry.output_shape)
    expected = by_definition(geometry, filter, dy)
    for name, kernel in KERNELS.items():
        assert kernel.compute(geometry, filter, dy).tolist() == expected.tolist(), name


@examples(120)
@given(geometries(), st.integers(0, 2**32))
def test_adjoint_is_exact_on_integers(geometry: Geometry, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, filter, dy = (
        integers(rng, shape) for shape in (geometry.input_shape, geometry.filter_shape, geometry.output_shape)
    )
    output = forward(geometry, x, filter)
    assert output.shape == geometry.output_shape
    for name, kernel in KERNELS.items():
        assert int((output * dy).sum()) == int((x * kernel.compute(geometry, filter, dy)).sum()), name


@examples(60)
@given(geometries(), st.integers(0, 2**32))
def test_adjoint_holds_within_its_bound_on_floats(geometry: Geometry, seed: int) -> None:
    filter, dy = random_operands(geometry, seed)
    x = np.random.default_rng(seed + 1).standard_normal(geometry.input_shape)
    reach = float((abs(x) * magnitude(geometry, filter, dy)).sum())
    forward_terms = int(np.prod(geometry.filter_shape[:3])) + dy.size
    backward_terms = int(term_count(geometry).max(initial=0)) + x.size
    bound = float(certain_limit(np.array([forward_terms, backward_terms])).sum()) * U * reach
    left = float((forward(geometry, x, filter) * dy).sum())
    for name, kernel in KERNELS.items():
        assert abs(left - float((x * kernel.compute(geometry, filter, dy)).sum())) <= bound, name


@examples(60)
@given(geometries(), st.integers(0, 2**32))
def test_every_kernel_is_linear_in_each_operand(geometry: Geometry, seed: int) -> None:
    rng = np.random.default_rng(seed)
    f, g = (integers(rng, geometry.filter_shape) for _ in range(2))
    x, y = (integers(rng, geometry.output_shape) for _ in range(2))
    for name, kernel in KERNELS.items():
        whole = kernel.compute(geometry, f + 3 * g, x - 2 * y)
        parts = [kernel.compute(geometry, a, b) for a, b in ((f, x), (g, x), (f, y), (g, y))]
        assert np.array_equal(whole, parts[0] + 3 * parts[1] - 2 * parts[2] - 6 * parts[3]), name


@pytest.mark.parametrize("name", NAMES)
def test_int32_wraps_modulo_2_to_the_32(name: str) -> None:
    case = make_case(input_sizes=[2, 4, 3, 2], filter=[2, 3, 2, 4], padding="SAME", dtype="int32")
    geometry = geometry_of(case)
    (operands,) = make_operands(case, DataKind.WRAP)
    exact = by_definition(geometry, operands.filter, operands.out_backprop)
    wrapped = (exact + 2**31) % 2**32 - 2**31
    assert max(abs(exact.ravel())) >= 2**63, "sums leave int64 as well"
    assert reference(KERNELS[name].compute, case, geometry, operands).tolist() == wrapped.tolist()


@pytest.mark.parametrize("name", SOUND)
@examples(30)
@given(case=cases(("float64",)), seed=st.integers(0, 2**32))
def test_non_finite_values_reach_what_their_taps_touch_and_nothing_else(name: str, case: Case, seed: int) -> None:
    """C14, whichever operand holds them and with zeros beside them."""
    geometry = geometry_of(case)
    rng = np.random.default_rng(seed)
    values = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0, -2.0])
    odds = [0.03, 0.03, 0.03, 0.11, 0.4, 0.4]
    filter, dy = (rng.choice(values, shape, p=odds) for shape in (geometry.filter_shape, geometry.output_shape))
    expected = by_definition(geometry, filter, dy, start=0.0).astype(np.float64)
    with np.errstate(invalid="ignore"):
        result = KERNELS[name].compute(geometry, filter, dy)
    assert np.array_equal(result, expected, equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_stuffed_zero_times_nan_spoils_the_rotated_form_only(name: str) -> None:
    """The reason why `rotated_filter` is marked for finite values only."""
    geometry = geometry_of(make_case(input_sizes=[1, 1, 4, 1], filter=[1, 1, 1, 1], strides=2))
    f, dy = np.full((1, 1, 1, 1), np.nan), np.ones((1, 1, 2, 1))
    spoilt = [True, True, True, True] if KERNELS[name].finite_only else [True, False, True, False]
    assert np.isnan(KERNELS[name].compute(geometry, f, dy)).ravel().tolist() == spoilt


def test_only_the_rotated_form_is_for_finite_values_only() -> None:
    assert [name for name, kernel in KERNELS.items() if kernel.finite_only] == ["rotated_filter"]


@pytest.mark.parametrize("name", SOUND)
@examples(30)
@given(geometry=geometries())
def test_untouched_positions_are_zero_whatever_the_operands_hold(name: str, geometry: Geometry) -> None:
    """C5."""
    f, dy = np.full(geometry.filter_shape, np.nan), np.full(geometry.output_shape, np.nan)
    result = KERNELS[name].compute(geometry, f, dy)
    counts = {index: len(pairs) for index, pairs in terms(geometry).items()}
    for index, count in counts.items():
        assert np.isnan(result[index]) if count else result[index] == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"input_sizes": [0, 3, 3, 2], "filter": [2, 2, 2, 3]}, id="no images"),
        pytest.param({"input_sizes": [2, 2, 3, 2], "filter": [3, 2, 2, 3]}, id="no rows of out_backprop"),
        pytest.param({"input_sizes": [2, 3, 2, 2], "filter": [2, 3, 2, 3]}, id="no columns of out_backprop"),
        pytest.param({"input_sizes": [2, 1, 3, 2], "filter": [3, 2, 2, 3], "strides": 2}, id="far from a row"),
        pytest.param({"input_sizes": [2, 3, 3, 2], "filter": [2, 2, 2, 0]}, id="no output channels"),
        pytest.param({"input_sizes": [2, 3, 3, 4], "filter": [2, 2, 2, 0]}, id="no output channels, grouped"),
        pytest.param({"input_sizes": [2, 3, 3, 0], "filter": [2, 2, 0, 3]}, id="no input channels"),
        pytest.param({"input_sizes": [2, 0, 3, 2], "filter": [2, 2, 2, 3], "padding": "SAME"}, id="no rows"),
        pytest.param({"input_sizes": [2, 3, 0, 2], "filter": [2, 2, 2, 3], "padding": "SAME"}, id="no columns"),
        pytest.param(
            {"input_sizes": [1, 0, 2, 1], "filter": [2, 2, 1, 1], "padding": [[3, 2], [0, 0]]}, id="padding alone"
        ),
    ],
)
def test_empty_operands_give_zeros_of_input_sizes(values: dict[str, Any], dtype: type[Any], name: str) -> None:
    """C13."""
    geometry = geometry_of(make_case(**values))
    result = KERNELS[name].compute(
        geometry, np.ones(geometry.filter_shape, dtype), np.ones(geometry.output_shape, dtype)
    )
    assert result.shape == tuple(values["input_sizes"])
    assert result.dtype == dtype
    assert not result.any()


@pytest.mark.parametrize("name", NAMES)
def test_operands_are_only_read(name: str) -> None:
    case = make_case(input_sizes=[2, 5, 4, 4], filter=[3, 2, 2, 6], strides=2, padding="SAME")
    geometry = geometry_of(case)
    filter, dy = random_operands(geometry, 1)
    filter.flags.writeable = dy.flags.writeable = False
    before = filter.tobytes() + dy.tobytes()
    KERNELS[name].compute(geometry, filter, dy)
    assert filter.tobytes() + dy.tobytes() == before


def test_loops_have_no_reach_and_the_fast_kernel_has_no_limit() -> None:
    assert [KERNELS[name].reach for name in ("scatter_loops", "gather_loops")] == [1, 1]
    assert KERNELS["fast"].reach > 10**15
    assert KERNELS["fast"].compute is fast
