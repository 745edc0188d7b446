"""The reference kernels against each other, the definition, the adjoint, exact fractions and sums made by hand."""

from fractions import Fraction
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
from harness.spec.geometry import Axis, Geometry
from harness.tests.strategies import by_definition, cases, examples, geometries, geometry_of, make_case, terms

NAMES: Final = tuple(KERNELS)
SOUND: Final = tuple(name for name, kernel in KERNELS.items() if not kernel.finite_only)
U: Final = 2.0**-53

# Along one axis: extent, stride, dilation, padding; then filter, out_backprop and in_backprop, summed by hand.
BY_HAND: Final[dict[str, tuple[dict[str, Any], list[int], list[int], list[int]]]] = {
    "one tap": ({"extent": 3}, [7], [1, 2, 3], [7, 14, 21]),
    "two taps": ({"extent": 4}, [1, 10], [1, 2, 3], [1, 12, 23, 30]),
    "stride of the filter": ({"extent": 5, "stride": 2}, [1, 10], [1, 2], [1, 10, 2, 20, 0]),
    "stride beyond the filter": ({"extent": 7, "stride": 3}, [1, 10], [1, 2], [1, 10, 0, 2, 20, 0, 0]),
    "SAME, the odd one after": ({"extent": 4, "padding": "SAME"}, [1, 10], [1, 2, 3, 4], [1, 12, 23, 34]),
    "SAME, three taps": ({"extent": 3, "padding": "SAME"}, [1, 10, 100], [1, 2, 3], [12, 123, 230]),
    "SAME, strided": ({"extent": 4, "stride": 2, "padding": "SAME"}, [1, 10, 100], [1, 2], [1, 10, 102, 20]),
    "SAME, one position": ({"extent": 1, "padding": "SAME"}, [1, 10, 100], [3], [30]),
    "padding before": ({"extent": 3, "padding": (2, 0)}, [1, 10], [1, 2, 3, 4], [23, 34, 40]),
    "padding after": ({"extent": 3, "padding": (0, 2)}, [1, 10], [1, 2, 3, 4], [1, 12, 23]),
    "padding beyond the filter": ({"extent": 2, "padding": (2, 1)}, [10], [1, 2, 3, 4, 5], [30, 40]),
    "strided padding": ({"extent": 3, "stride": 2, "padding": (1, 1)}, [1, 10, 100], [1, 2], [10, 102, 20]),
    "left over beside padding": ({"extent": 6, "stride": 4, "padding": (0, 1)}, [7], [1, 2], [7, 0, 0, 0, 14, 0]),
    "dilation": ({"extent": 5, "dilation": 2}, [1, 10], [1, 2, 3], [1, 2, 13, 20, 30]),
    "dilated gaps": ({"extent": 7, "stride": 4, "dilation": 2}, [1, 10], [1, 2], [1, 0, 10, 0, 2, 0, 20]),
    "strided dilation": ({"extent": 6, "stride": 2, "dilation": 3}, [1, 10], [1, 2], [1, 0, 2, 10, 0, 20]),
    "nothing left": ({"extent": 2}, [1, 10, 100], [], [0, 0]),
}


def one_dimensional(extents: dict[str, Any], filter: list[int], along: str) -> Geometry:
    """The geometry of a sum along the height or the width, the other axis being of extent 1."""
    padding = extents.get("padding", "VALID")
    index = ("height", "width").index(along)

    def pair(value: int, other: int) -> list[int]:
        return [value, other] if index == 0 else [other, value]

    pads = [list(padding), [0, 0]] if isinstance(padding, tuple) else None
    case = make_case(
        input_sizes=[1, *pair(extents["extent"], 1), 1],
        filter=[*pair(len(filter), 1), 1, 1],
        strides=pair(extents.get("stride", 1), 1),
        dilations=pair(extents.get("dilation", 1), 1),
        padding=(pads if index == 0 else pads[::-1]) if pads else padding,
    )
    return geometry_of(case)


def integers(rng: np.random.Generator, shape: tuple[int, ...], largest: int = 9) -> np.ndarray[Any, Any]:
    return rng.integers(-largest, largest + 1, shape)


def random_operands(geometry: Geometry, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(geometry.filter_shape), rng.standard_normal(geometry.output_shape)


def fractions(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same values as Fraction, longdouble without losing a bit."""
    exact = np.array([Fraction(*value.as_integer_ratio()) for value in array.ravel()], dtype=object)
    return exact.reshape(array.shape)


def errors_in_u(geometry: Geometry, name: str, filter: np.ndarray[Any, Any], dy: np.ndarray[Any, Any]) -> float:
    """The largest error of one kernel on longdouble, in units of u*B of float64, with exact sums to compare with."""
    result = KERNELS[name].compute(geometry, filter.astype(np.longdouble), dy.astype(np.longdouble))
    exact = by_definition(geometry, fractions(filter), fractions(dy), start=Fraction(0))
    B = by_definition(geometry, fractions(abs(filter)), fractions(abs(dy)), start=Fraction(0))
    pairs = zip(fractions(result).flat, exact.flat, B.flat, strict=True)
    return max((float(abs(y - r) / b) / U if b else float(abs(y - r)) for y, r, b in pairs), default=0.0)


@examples(700)
@given(cases())
def test_all_kernels_agree_value_for_value_on_witness_operands(case: Case) -> None:
    geometry = geometry_of(case)
    for operands in make_operands(case, DataKind.WITNESS):
        results = {name: reference(kernel.compute, case, geometry, operands) for name, kernel in KERNELS.items()}
        for name, result in results.items():
            assert result.shape == geometry.input_shape, name
            assert result.dtype == TYPES[case.attributes.dtype].reference, name
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
    bound = float(certain_limit(np.array([forward_terms, backward_terms]), U).sum()) * U * reach
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


@pytest.mark.parametrize("along", ["height", "width"])
@pytest.mark.parametrize("example", BY_HAND)
@pytest.mark.parametrize("name", NAMES)
def test_sums_made_by_hand_along_one_axis(name: str, example: str, along: str) -> None:
    extents, filter, out_backprop, expected = BY_HAND[example]
    geometry = one_dimensional(extents, filter, along)
    f = np.array(filter, np.int64).reshape(geometry.filter_shape)
    dy = np.array(out_backprop, np.int64).reshape(geometry.output_shape)
    assert KERNELS[name].compute(geometry, f, dy).ravel().tolist() == expected


@pytest.mark.parametrize("name", NAMES)
def test_sums_made_by_hand_over_two_axes(name: str) -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 2, 3, 1], filter=[2, 2, 1, 1]))
    f = np.array([[1, 10], [100, 1000]]).reshape(2, 2, 1, 1)
    result = KERNELS[name].compute(geometry, f, np.array([1, 2]).reshape(1, 1, 2, 1))
    assert result[0, :, :, 0].tolist() == [[1, 12, 20], [100, 1200, 2000]]


@pytest.mark.parametrize("name", NAMES)
def test_channels_and_images_made_by_hand(name: str) -> None:
    geometry = geometry_of(make_case(input_sizes=[2, 1, 1, 2], filter=[1, 1, 2, 3]))
    f = np.array([[1, 2, 3], [4, 5, 6]]).reshape(1, 1, 2, 3)
    dy = np.array([[1, 10, 100], [2, 0, 0]]).reshape(2, 1, 1, 3)
    assert KERNELS[name].compute(geometry, f, dy)[:, 0, 0].tolist() == [[321, 654], [2, 8]]


@pytest.mark.parametrize("name", NAMES)
def test_groups_made_by_hand(name: str) -> None:
    """C8: channels 0 and 1 see the outputs 0 and 1 only, channels 2 and 3 the outputs 2 and 3."""
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 4], filter=[1, 1, 2, 4]))
    f = np.array([[1, 2, 3, 4], [5, 6, 7, 8]]).reshape(1, 1, 2, 4)
    dy = np.array([1, 10, 100, 1000]).reshape(1, 1, 1, 4)
    assert geometry.groups == 2
    assert KERNELS[name].compute(geometry, f, dy).ravel().tolist() == [21, 65, 4300, 8700]


@pytest.mark.parametrize("name", NAMES)
def test_depthwise_made_by_hand(name: str) -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 1, 2, 3], filter=[1, 1, 1, 3]))
    dy = np.array([[1, 2, 3], [4, 5, 6]]).reshape(1, 1, 2, 3)
    result = KERNELS[name].compute(geometry, np.array([1, 10, 100]).reshape(1, 1, 1, 3), dy)
    assert result[0, 0].tolist() == [[1, 20, 300], [4, 50, 600]]


def test_forward_made_by_hand() -> None:
    geometry = geometry_of(
        make_case(input_sizes=[1, 1, 5, 1], filter=[1, 2, 1, 1], strides=[1, 2], dilations=[1, 2], padding="SAME")
    )
    result = forward(geometry, np.array([1, 2, 3, 4, 5]).reshape(1, 1, 5, 1), np.array([1, 10]).reshape(1, 2, 1, 1))
    assert result.ravel().tolist() == [20, 42, 4]


@pytest.mark.parametrize("name", NAMES)
def test_int32_wraps_modulo_2_to_the_32(name: str) -> None:
    case = make_case(input_sizes=[2, 4, 3, 2], filter=[2, 3, 2, 4], padding="SAME", dtype="int32")
    geometry = geometry_of(case)
    (operands,) = make_operands(case, DataKind.WRAP)
    exact = by_definition(geometry, operands.filter, operands.out_backprop)
    wrapped = (exact + 2**31) % 2**32 - 2**31
    assert max(abs(exact.ravel())) >= 2**63, "sums leave int64 as well"
    assert reference(KERNELS[name].compute, case, geometry, operands).tolist() == wrapped.tolist()


@pytest.mark.parametrize("name", NAMES)
@examples(25)
@given(geometry=geometries(), seed=st.integers(0, 2**32))
def test_longdouble_is_better_than_float64(name: str, geometry: Geometry, seed: int) -> None:
    """`fast` whatever longdouble is, the others as far as a sum in any order of so many longdoubles is."""
    filter, dy = random_operands(geometry, seed)
    terms_ = int(term_count(geometry).max(initial=0))
    allowed = 2.0**-10 if name == "fast" else (terms_ + 1) * float(np.finfo(np.longdouble).eps) / 2 / U
    assert errors_in_u(geometry, name, filter, dy) <= allowed


@examples(40)
@given(case=cases(("float64",)))
def test_fast_is_better_than_float64_over_a_wide_range_of_exponents(case: Case) -> None:
    (operands,) = make_operands(case, DataKind.WIDE)
    assert errors_in_u(geometry_of(case), "fast", operands.filter, operands.out_backprop) <= 2.0**-10


@pytest.mark.parametrize("spread", [1, 60, 300])
def test_fast_is_better_than_float64_over_many_terms_that_cancel(spread: int) -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 3, 2, 2], filter=[3, 2, 2, 131], padding="SAME"))
    rng = np.random.default_rng(3)
    filter = rng.standard_normal(geometry.filter_shape) * 2.0 ** rng.integers(-spread, spread, geometry.filter_shape)
    dy = rng.standard_normal(geometry.output_shape) * 2.0 ** rng.integers(-spread, spread, geometry.output_shape)
    filter[..., 1::2] = -filter[..., :-1:2]
    dy[..., 1::2] = dy[..., :-1:2] * (1 + 2.0**-50)
    assert errors_in_u(geometry, "fast", filter, dy) <= 2.0**-10


@pytest.mark.parametrize("K", [1, 2, 3, 64, 65, 128, 129, 256, 257])
def test_fast_is_better_than_float64_where_every_bit_is_used(K: int) -> None:
    """All values just below a power of two and of one sign: the largest sums of slices there can be."""
    geometry = geometry_of(make_case(input_sizes=[1, 2, 1, 2], filter=[2, 1, 2, K], padding="SAME"))
    rng = np.random.default_rng(K)
    filter, dy = (2 - rng.uniform(0, 2.0**-20, shape) for shape in (geometry.filter_shape, geometry.output_shape))
    assert errors_in_u(geometry, "fast", filter, dy) <= 2.0**-10


def test_fast_sums_in_float64_where_it_is_given_float64() -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 2]))
    f, dy = np.array([1.0, 2.0**-60]).reshape(1, 1, 1, 2), np.ones((1, 1, 1, 2))
    assert fast(geometry, f, dy).dtype == np.float64
    assert float(fast(geometry, f, dy)[0, 0, 0, 0]) == 1.0
    better = fast(geometry, f.astype(np.longdouble), dy.astype(np.longdouble))
    assert better.dtype == np.longdouble
    assert better[0, 0, 0, 0] - 1 == np.longdouble(2) ** -60


def test_fast_keeps_sums_finite_that_pass_the_largest_float64() -> None:
    """Rule 4 of the tolerance rule needs the true value where float64 itself overflows."""
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 2]))
    f = np.full((1, 1, 1, 2), 2.0**1023, np.longdouble)
    with np.errstate(over="ignore", invalid="ignore"):
        result = fast(geometry, f, np.ones_like(f))
    assert result[0, 0, 0, 0] == np.longdouble(2) ** 1024


@pytest.mark.parametrize("dtype", [np.float64, np.longdouble])
@pytest.mark.parametrize("name", SOUND)
@examples(30)
@given(case=cases(("float64",)), seed=st.integers(0, 2**32))
def test_non_finite_values_reach_what_their_taps_touch_and_nothing_else(
    name: str, dtype: type[Any], case: Case, seed: int
) -> None:
    """C14, whichever operand holds them and with zeros beside them."""
    geometry = geometry_of(case)
    rng = np.random.default_rng(seed)
    values = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0, -2.0])
    odds = [0.03, 0.03, 0.03, 0.11, 0.4, 0.4]
    filter, dy = (rng.choice(values, shape, p=odds) for shape in (geometry.filter_shape, geometry.output_shape))
    expected = by_definition(geometry, filter, dy, start=0.0).astype(np.float64)
    with np.errstate(invalid="ignore"):
        result = KERNELS[name].compute(geometry, filter.astype(dtype), dy.astype(dtype))
    assert np.array_equal(result.astype(np.float64), expected, equal_nan=True)


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
@pytest.mark.parametrize("dtype", [np.float64, np.longdouble, np.int64])
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
    KERNELS[name].compute(geometry, filter.astype(np.longdouble), dy.astype(np.longdouble))
    assert filter.tobytes() + dy.tobytes() == before


def test_loops_have_no_reach_and_the_fast_kernel_has_no_limit() -> None:
    assert [KERNELS[name].reach for name in ("scatter_loops", "gather_loops")] == [1, 1]
    assert KERNELS["fast"].reach > 10**15
    assert KERNELS["fast"].compute is fast


def test_multiply_adds_counts_every_product_of_the_seven_loops() -> None:
    axis = Axis(input=5, filter=2, stride=1, dilation=1, pad_before=0, pad_after=0, output=4)
    assert Geometry(N=2, C=6, K=4, groups=2, height=axis, width=axis).multiply_adds == 2 * 4 * 4 * 4 * 2 * 2 * 3
