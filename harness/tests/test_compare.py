"""The tolerance rule, rule by rule: what passes, what warns and what fails, just below each limit and just above."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.oracle.bounds import TYPES, certain_limit
from harness.oracle.compare import BINS, WORST, compare_exactly, compare_within_bound, structure_fault
from harness.oracle.kernels import KERNELS
from harness.oracle.reference import expectations
from harness.records import Check, Element
from harness.spec.case import Case, DataKind, Profile
from harness.spec.schema import DTYPES
from harness.tests.strategies import cases, examples, geometry_of, make_case

FLOATS: Final = tuple(name for name in DTYPES if name != "int32")
NARROW: Final = ("half", "bfloat16")
BELOW: Final = 0.999
ABOVE: Final = 1.001
INF: Final = math.inf
NAN: Final = math.nan


def accuracy(
    dtype: str, *, r: Any, y: Any, B: Any = 1.0, k: Any = 4, profile: Profile | None = None, data: str = "normal"
) -> Check:
    """The check of a vector of results `y`; `r`, `B` and `k` are as long, or one for all."""
    numeric = TYPES[dtype]
    result = np.atleast_1d(np.asarray(y, np.float64)).astype(numeric.dtype)
    expected = np.broadcast_to(np.asarray(r, numeric.reference), result.shape)
    size = np.broadcast_to(np.asarray(B, np.float64), result.shape)
    terms = np.broadcast_to(np.asarray(k, np.int64), result.shape)
    return compare_within_bound(data, expected, size, terms, result, numeric, profile or Profile())


def exactly(dtype: str, expected: Any, result: Any) -> Check:
    numeric = TYPES[dtype]
    return compare_exactly(
        "witness", "witness", np.asarray(expected, numeric.reference), np.asarray(result).astype(numeric.dtype), numeric
    )


def probable_bound(dtype: str, B: float, k: int) -> Any:
    """(2*sqrt(k) + 1)*u*B + (k+1)*s, in the reference's type."""
    numeric = TYPES[dtype]
    return numeric.reference.type((2 * math.sqrt(k) + 1) * numeric.u * B) + (k + 1) * numeric.tiny


def certain_bound(dtype: str, B: float, k: int) -> Any:
    """gamma_(k+1)*B + (k+1)*s, where there is a gamma."""
    numeric = TYPES[dtype]
    gamma = (k + 1) * numeric.u / (1 - (k + 1) * numeric.u)
    return numeric.reference.type(gamma * B) + (k + 1) * numeric.tiny


# Rule 0.


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (np.zeros((1, 2, 3, 4), np.float32), None),
        ([[1.0]], "returned list, not an array"),
        (None, "returned NoneType, not an array"),
        (np.float32(1), "returned float32, not an array"),
        (np.zeros((1, 2, 3, 4), np.float64), "returned type float64, not float32"),
        (np.zeros((1, 2, 3, 4), ">f4"), "returned type >f4, not float32"),
        (np.zeros((1, 2, 4, 3), np.float32), "returned shape [1, 2, 4, 3], not [1, 2, 3, 4]"),
        (np.zeros((1, 2, 3, 4, 1), np.float32), "returned shape [1, 2, 3, 4, 1], not [1, 2, 3, 4]"),
        (np.zeros((), np.float32), "returned shape [], not [1, 2, 3, 4]"),
    ],
)
def test_the_form_of_a_result(result: object, fault: str | None) -> None:
    assert structure_fault(result, (1, 2, 3, 4), np.dtype(np.float32)) == fault


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("B", "k"), [(1.0, 0), (0.0, 5), (0.0, 0)])
def test_what_no_term_reaches_must_be_exactly_zero(dtype: str, B: float, k: int) -> None:
    smallest = float(np.finfo(np.float32).tiny) if dtype != "half" else 2.0**-24
    check = accuracy(dtype, r=0.0, y=smallest, B=B, k=k)
    assert check.status == "fail"
    assert check.margin == INF
    assert check.mismatched == 1
    assert check.worst[0].bound == 0
    assert accuracy(dtype, r=0.0, y=0.0, B=B, k=k).status == "pass"


@pytest.mark.parametrize("dtype", FLOATS)
def test_minus_zero_equals_zero(dtype: str) -> None:
    check = accuracy(dtype, r=0.0, y=[-0.0, 0.0], B=[1.0, 0.0], k=[4, 0])
    assert (check.status, check.margin, check.mismatched) == ("pass", 0.0, 0)
    assert exactly(dtype, [0.0, -0.0], [-0.0, 0.0]).status == "pass"


def test_untouched_elements_are_those_without_terms() -> None:
    check = accuracy("float32", r=0.0, y=np.zeros(5), B=[0.0, 1.0, 0.0, 0.0, 2.0], k=[0, 1, 3, 0, 4])
    assert check.untouched == 2


# Rule 1.


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_values_pass_exactly(dtype: str) -> None:
    check = exactly(dtype, [[1, -2], [0, 100]], [[1, -2], [0, 100]])
    assert check == Check(
        "witness", "witness", "pass", margin=0.0, limit=0.0, total=4, max_abs=0.0, max_rel=0.0, max_ulp=0.0
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("place", range(4))
def test_one_unequal_value_fails_wherever_it_is(dtype: str, place: int) -> None:
    expected = np.array([[3, -2], [0, 100]])
    result = expected.copy()
    result.flat[place] += 1
    check = exactly(dtype, expected, result)
    assert (check.name, check.data, check.status) == ("witness", "witness", "fail")
    assert (check.mismatched, check.total, check.max_abs, check.margin, check.limit) == (1, 4, 1.0, INF, 0.0)
    assert len(check.worst) == 1
    assert check.worst[0].index == divmod(place, 2)
    assert (check.worst[0].expected, check.worst[0].actual) == (expected.flat[place], expected.flat[place] + 1)
    assert (check.worst[0].abs, check.worst[0].bound) == (1.0, 0.0)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_value_that_is_not_finite_fails_exactly(dtype: str, value: float) -> None:
    check = exactly(dtype, [1.0, 2.0], [1.0, value])
    assert check.status == "fail"
    assert check.max_abs == INF
    assert check.worst[0].index == (1,)
    assert str(check.worst[0].actual) == str(value)


def test_float64_is_compared_beyond_float64() -> None:
    """A reference that is no float64 equals none."""
    numeric = TYPES["float64"]
    expected = np.array([np.longdouble(1) + np.longdouble(2) ** -60])
    check = compare_exactly("witness", "witness", expected, np.array([1.0]), numeric)
    assert check.status == "fail"
    assert check.max_abs == 2.0**-60


def test_int32_elements_are_integers() -> None:
    check = exactly("int32", [-(2**31), 5], [2**31 - 1, 5])
    (worst,) = check.worst
    assert (worst.index, worst.expected, worst.actual) == ((0,), -(2**31), 2**31 - 1)
    assert (worst.abs, worst.rel, worst.bound) == (2.0**32 - 1, (2.0**32 - 1) / 2.0**31, 0.0)
    assert isinstance(worst.expected, int)
    assert isinstance(worst.actual, int)


def test_the_worst_unequal_values_come_first() -> None:
    check = exactly("float32", np.zeros(8), [0, 3, -7, 1, 5, 0, 2, 4])
    assert [(element.index, element.abs) for element in check.worst] == [
        ((2,), 7.0),
        ((4,), 5.0),
        ((7,), 4.0),
        ((1,), 3.0),
        ((6,), 2.0),
    ]
    assert check.mismatched == 6
    assert check.histogram == (2, *[0] * (BINS - 1), 6)


# Rule 2.


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(("B", "k"), [(1.0, 16), (3.0, 16), (2.0, 100)])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("limit", "factor", "status"),
    [
        (probable_bound, 0.5, "pass"),
        (probable_bound, BELOW, "pass"),
        (probable_bound, ABOVE, "warn"),
        (certain_bound, BELOW, "warn"),
        (certain_bound, ABOVE, "fail"),
        (certain_bound, 2.0, "fail"),
    ],
)
def test_an_error_near_a_limit(
    limit: Any, factor: float, status: str, dtype: str, B: float, k: int, direction: int, sign: int
) -> None:
    """The result stays put and the reference moves, which no rounding of the type disturbs."""
    distance = limit(dtype, B, k) * TYPES[dtype].reference.type(factor)
    check = accuracy(dtype, r=sign * (1 + direction * distance), y=sign, B=B, k=k)
    assert check.status == status
    assert check.mismatched == (status == "fail")
    numeric = TYPES[dtype]
    error = float(distance) - (k + 1) * numeric.tiny
    assert check.max_abs == pytest.approx(float(distance), rel=1e-4)
    assert check.limit == 2 * math.sqrt(k) + 1
    assert check.margin == pytest.approx(error / (numeric.u * B) / check.limit, rel=1e-4)
    assert bool(check.note) == (status == "warn")


@pytest.mark.parametrize("dtype", FLOATS)
def test_where_gamma_is_below_the_probable_limit_there_is_no_warning(dtype: str) -> None:
    """k = 1: gamma_2/u is about 2, and 2*sqrt(1)+1 is 3."""
    bound = probable_bound(dtype, 1.0, 1)
    assert accuracy(dtype, r=1 + bound * BELOW, y=1.0, k=1).status == "pass"
    assert accuracy(dtype, r=1 + bound * ABOVE, y=1.0, k=1).status == "fail"


def test_where_there_is_no_gamma_the_first_limit_decides() -> None:
    """bfloat16 and 255 terms: 256*u is 1."""
    bound = probable_bound("bfloat16", 1.0, 255)
    assert accuracy("bfloat16", r=1 + bound * BELOW, y=1.0, k=255).status == "pass"
    assert accuracy("bfloat16", r=1 + bound * ABOVE, y=1.0, k=255).status == "fail"
    near = accuracy("bfloat16", r=1 + probable_bound("bfloat16", 1.0, 254) * ABOVE, y=1.0, k=254)
    assert near.status == "warn"


@pytest.mark.parametrize("dtype", FLOATS)
def test_underflow_of_every_term_is_allowed_for(dtype: str) -> None:
    """B so small that (k+1)*s counts: k = 4, so five smallest normals, or subnormals of half."""
    numeric = TYPES[dtype]
    B = numeric.tiny * 1024
    allowed = 5 * numeric.tiny
    unit = 5 * numeric.u * B
    reference = numeric.reference.type
    check = accuracy(dtype, r=reference(allowed), y=0.0, B=B)
    assert (check.status, check.margin) == ("pass", 0.0)
    assert accuracy(dtype, r=reference(allowed) + reference(unit) * BELOW, y=0.0, B=B).status == "pass"
    certain = reference(unit) / 5 * reference(certain_limit(np.array([4]), numeric.u)[0])
    beyond = accuracy(dtype, r=reference(allowed) + certain * reference(ABOVE), y=0.0, B=B)
    assert beyond.status == "fail"
    assert beyond.worst[0].bound == pytest.approx(float(reference(allowed) + reference(unit)))


def test_an_error_within_the_underflow_of_tiny_products_has_a_margin() -> None:
    for dtype, product in (("float32", 2.0**-298), ("float64", 2.0**-1060)):
        check = accuracy(dtype, r=product, y=0.0, B=product, k=1)
        assert check.status == "pass"
        assert check.margin == 0.0


def test_the_margin_is_that_of_the_worst_element() -> None:
    u = TYPES["float32"].u
    check = accuracy("float32", r=[1 + 2 * u, 1 - 3 * u, 1 + u], y=1.0 + np.zeros(3), B=1.0, k=[4, 9, 1])
    assert check.margin == pytest.approx(3 / 7, rel=1e-6)
    assert check.limit == 7
    assert check.total == 3
    assert check.max_abs == 3 * u


def test_the_histogram_counts_margins_in_tenths_and_those_beyond_one() -> None:
    u, limit = TYPES["float32"].u, 5.0
    shares = [0.0, 0.05, 0.15, 0.95, 0.999, 1.05, 1.5, 0.5001]
    check = accuracy("float32", r=[1 + share * limit * u for share in shares], y=np.ones(8))
    assert check.histogram == (2, 1, 0, 0, 0, 1, 0, 0, 0, 2, 2)
    assert check.status == "fail"


def test_a_margin_of_exactly_one_is_not_beyond_one() -> None:
    profile = Profile(rtol=0.0, atol=0.25, reason="so that the margin is exact")
    check = accuracy("float32", r=[1.25, 1.5], y=[1.0, 1.5], profile=profile)
    assert (check.status, check.margin) == ("pass", 1.0)
    assert check.histogram == (1, *[0] * 8, 1, 0)


@pytest.mark.parametrize("k", [16_257, 10**6])
def test_a_vacuous_element_says_nothing(k: int) -> None:
    """bfloat16 from 16,257 terms on: (2*sqrt(k) + 1)*u >= 1."""
    check = accuracy("bfloat16", r=[1.0, 1.0], y=[50.0, 1.0], B=[1.0, 1.0], k=[k, 4])
    assert (check.status, check.mismatched, check.vacuous, check.margin) == ("pass", 0, 1, 0.0)
    assert check.worst == ()


def test_one_term_fewer_is_not_vacuous() -> None:
    check = accuracy("bfloat16", r=1.0, y=50.0, k=16_256)
    assert (check.status, check.vacuous) == ("fail", 0)


def test_a_vacuous_bound_does_not_excuse_what_is_not_finite_or_not_zero() -> None:
    k = 10**6
    assert accuracy("bfloat16", r=1.0, y=NAN, k=k).status == "fail"
    assert accuracy("bfloat16", r=1.0, y=INF, k=k).status == "fail"
    untouched = accuracy("bfloat16", r=0.0, y=1.0, B=0.0, k=k)
    assert (untouched.status, untouched.vacuous) == ("fail", 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_wide_types_are_never_vacuous_below_trillions_of_terms(dtype: str) -> None:
    check = accuracy(dtype, r=1.0, y=3.0, k=10**9)
    assert (check.status, check.vacuous) == ("fail", 0)


# Rule 3.


def summed(dtype: str, accumulator: type[Any]) -> tuple[Case, np.ndarray[Any, Any]]:
    """A 1x1 case of 512 terms, and its result with every partial sum rounded to `accumulator`."""
    case = make_case("sums", input_sizes=[1, 6, 5, 2], filter=[1, 1, 2, 512], dtype=dtype)
    (expectation,) = expectations(case, geometry_of(case), DataKind.NORMAL)
    total = np.zeros((1, 6, 5, 2), accumulator)
    for k in range(512):
        product = expectation.operands.filter[0, 0, :, k].astype(accumulator) * expectation.operands.out_backprop[
            ..., k, None
        ].astype(accumulator)
        total = (total + product.astype(accumulator)).astype(accumulator)
    return case, total.astype(TYPES[dtype].dtype)


@pytest.mark.parametrize(("demanded", "status"), [(False, "pass"), (True, "fail")])
@pytest.mark.parametrize("dtype", NARROW)
def test_sums_in_storage_precision_are_told_from_sums_in_float32(dtype: str, *, demanded: bool, status: str) -> None:
    profile = Profile(float32_accumulator=demanded)
    for accumulator, name in ((np.float32, "float32"), (TYPES[dtype].dtype.type, "storage")):
        case, result = summed(dtype, accumulator)
        (expectation,) = expectations(case, geometry_of(case), DataKind.NORMAL)
        assert expectation.B is not None
        assert expectation.k is not None
        check = compare_within_bound(
            "normal", expectation.in_backprop, expectation.B, expectation.k, result, TYPES[dtype], profile
        )
        assert check.accumulator == name
        assert check.status == ("pass" if name == "float32" else status)
        assert check.note == ("the profile demands a float32 accumulator" if check.status == "fail" else "")


@pytest.mark.parametrize("dtype", NARROW)
def test_the_limit_of_a_float32_accumulator(dtype: str) -> None:
    """u*|r| + (2*sqrt(k)+1) * 2^-24 * B * (1+u), and one underflow of the final rounding."""
    numeric, B, k = TYPES[dtype], 200.0, 9
    fixed = 7 * 2.0**-24 * B * (1 + numeric.u)
    inside = (1 + fixed * BELOW) / (1 - numeric.u)  # r - 1 = u*r + fixed
    outside = (1 + (fixed + numeric.tiny) * 1.0001) / (1 - numeric.u)
    assert accuracy(dtype, r=inside, y=1.0, B=B, k=k).accumulator == "float32"
    assert accuracy(dtype, r=outside, y=1.0, B=B, k=k).accumulator == "storage"


def test_half_results_of_a_float32_accumulator_may_underflow_once() -> None:
    numeric = TYPES["half"]
    fixed = 3 * 2.0**-24 * (1 + numeric.u)
    for share, accumulator in ((0.9, "float32"), (1.1, "storage")):
        r = (1 + fixed + share * numeric.tiny) / (1 - numeric.u)
        assert accuracy("half", r=r, y=1.0, B=1.0, k=1).accumulator == accumulator


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("demanded", [False, True])
def test_the_accumulator_of_wide_types_is_not_asked_for(dtype: str, *, demanded: bool) -> None:
    profile = Profile(float32_accumulator=demanded)
    check = accuracy(dtype, r=1 + 2 * TYPES[dtype].u, y=1.0, profile=profile)
    assert (check.accumulator, check.status, check.note) == (None, "pass", "")


def test_the_accumulator_is_unknown_where_nothing_finite_is_judged() -> None:
    assert accuracy("half", r=[NAN, INF], y=[NAN, INF], B=[NAN, INF]).accumulator is None
    assert accuracy("bfloat16", r=[NAN, 1.0], y=[NAN, 1.0], B=[NAN, 1.0]).accumulator == "float32"


def test_a_float32_accumulator_is_demanded_of_sums_that_are_vacuous_in_storage_precision() -> None:
    profile = Profile(float32_accumulator=True)
    check = accuracy("bfloat16", r=1.0, y=50.0, k=10**6, profile=profile)
    assert check.accumulator == "storage"
    assert check.status == "fail"


def test_the_note_of_a_missing_accumulator_is_not_lost_to_a_warning() -> None:
    profile = Profile(float32_accumulator=True)
    check = accuracy("bfloat16", r=1 + probable_bound("bfloat16", 1.0, 16) * ABOVE, y=1.0, k=16, profile=profile)
    assert (check.status, check.note) == ("fail", "the profile demands a float32 accumulator")


# Rule 4.


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("r", "y", "status"),
    [
        (NAN, NAN, "pass"),
        (INF, INF, "pass"),
        (-INF, -INF, "pass"),
        (NAN, 1.0, "fail"),
        (NAN, INF, "fail"),
        (1.0, NAN, "fail"),
        (0.0, NAN, "fail"),
        (INF, -INF, "fail"),
        (-INF, INF, "fail"),
        (INF, NAN, "fail"),
        (INF, 1.0, "fail"),
        (-INF, -1.0, "fail"),
        (1.0, INF, "fail"),
        (1.0, -INF, "fail"),
        (-1.0, -INF, "fail"),
    ],
)
def test_what_is_not_finite_sits_where_the_reference_has_it(dtype: str, r: float, y: float, status: str) -> None:
    check = accuracy(dtype, r=[r, 1.0], y=[y, 1.0], B=[abs(r), 1.0], k=4)
    assert check.status == status
    assert check.mismatched == (status == "fail")
    assert check.margin == (INF if status == "fail" else 0.0)
    assert check.max_abs == (INF if status == "fail" else 0.0)


def test_nan_where_no_term_reaches_fails() -> None:
    assert accuracy("float32", r=0.0, y=NAN, B=0.0, k=0).status == "fail"
    assert accuracy("float32", r=0.0, y=NAN, B=NAN, k=0).status == "fail"


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", FLOATS)
def test_an_overflow_is_allowed_where_the_limit_reaches_it(dtype: str, sign: int) -> None:
    numeric = TYPES[dtype]
    reference = numeric.reference.type
    largest = reference(numeric.largest)
    share = reference(3 * numeric.u)  # of B, k being 1
    reached = largest / (1 + share)

    def judged(r: Any, y: float, B: Any = None) -> Check:
        return accuracy(dtype, r=sign * r, y=sign * y, B=float(r if B is None else B), k=1)

    near = judged(reached * reference(ABOVE), INF)
    assert (near.status, near.margin, near.mismatched) == ("pass", 0.0, 0)
    assert judged(reached * reference(BELOW), INF).status == "fail"
    assert judged(largest, INF).status == "pass"
    assert judged(largest, -INF).status == "fail"
    assert judged(largest, NAN).status == "fail"
    assert judged(largest / 2, INF, B=largest).status == "fail"


def test_an_overflow_is_not_allowed_where_the_limit_ends_at_the_largest_value() -> None:
    """65500 + 4 is 65504, and no more."""
    for atol, status in ((4.0, "fail"), (4.5, "pass")):
        profile = Profile(rtol=0.0, atol=atol, reason="so that the limit is exact")
        assert accuracy("half", r=65500.0, y=INF, profile=profile).status == status
        assert accuracy("half", r=-65500.0, y=-INF, profile=profile).status == status


def test_an_overflow_beyond_the_largest_value_is_allowed_and_so_is_the_largest_value() -> None:
    """r is 65519: it rounds to 65504, and to infinity in one more step."""
    assert accuracy("half", r=65519.0, y=INF, B=65519.0, k=1).status == "pass"
    assert accuracy("half", r=65519.0, y=65504.0, B=65519.0, k=1).status == "pass"
    assert accuracy("half", r=10.0**6, y=INF, B=10.0**6, k=1).status == "pass"


# Profiles.

LOOSE: Final = Profile(rtol=0.25, atol=0.5, reason="a test")


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_profile_replaces_the_bound(dtype: str) -> None:
    """0.5 + 0.25*8 is 2.5, all of which are exact."""
    edge = accuracy(dtype, r=8.0, y=10.5, profile=LOOSE)
    assert (edge.status, edge.margin) == ("pass", 1.0)
    beyond = accuracy(dtype, r=8.0, y=10.5625, profile=LOOSE)
    assert (beyond.status, beyond.note) == ("fail", "")
    assert beyond.margin == pytest.approx(2.5625 / 2.5)
    assert beyond.worst[0].bound == 2.5
    assert accuracy(dtype, r=-8.0, y=-10.5, profile=LOOSE).status == "pass"
    assert accuracy(dtype, r=-8.0, y=-10.5625, profile=LOOSE).status == "fail"


def test_a_profile_may_demand_more_than_the_bound() -> None:
    exact = Profile(rtol=0.0, atol=0.0, reason="a test")
    assert accuracy("float32", r=1.0, y=1.0, profile=exact).status == "pass"
    check = accuracy("float32", r=1 + 2.0**-40, y=1.0, profile=exact)
    assert (check.status, check.margin) == ("fail", INF)


def test_a_profile_does_not_excuse_what_must_be_zero_or_finite() -> None:
    assert accuracy("float32", r=0.0, y=0.25, B=0.0, k=0, profile=LOOSE).status == "fail"
    assert accuracy("float32", r=1.0, y=INF, profile=LOOSE).status == "fail"
    assert accuracy("float32", r=NAN, y=1.0, B=NAN, profile=LOOSE).status == "fail"


def test_a_profile_judges_elements_whose_own_bound_would_be_vacuous() -> None:
    check = accuracy("bfloat16", r=1.0, y=50.0, k=10**6, profile=LOOSE)
    assert (check.status, check.vacuous) == ("fail", 0)


@pytest.mark.parametrize("profile", [Profile(rtol=10.0), Profile(atol=10.0)])
def test_half_a_profile_replaces_nothing(profile: Profile) -> None:
    assert accuracy("float32", r=1.0, y=2.0, profile=profile).status == "fail"


# What a check says of its elements.


def test_worst_elements_are_complete() -> None:
    numeric = TYPES["float32"]
    expected = np.array([[1.0, 2.0, -3.0]])
    result = np.array([[1.0, 2.5, -3.0]], np.float32)
    check = compare_within_bound(
        "normal", expected, np.full((1, 3), 4.0), np.full((1, 3), 9), result, numeric, Profile()
    )
    assert (check.name, check.data, check.status, check.total) == ("accuracy", "normal", "fail", 3)
    bound = 7 * 2.0**-24 * 4 + 10 * 2.0**-126
    assert check.worst == (Element((0, 1), 2.0, 2.5, 0.5, 0.25, 0.5 / 2.0**-22, bound),)
    assert (check.max_abs, check.max_rel, check.max_ulp) == (0.5, 0.25, 2.0**21)
    assert check.margin == pytest.approx(0.5 / (7 * 2.0**-22))


def test_worst_elements_are_sorted_and_no_more_than_a_few() -> None:
    u = TYPES["float32"].u
    factors = [1.0, 30.0, 20.0, 0.0, 80.0, 50.0, 10.0, 40.0]
    check = accuracy("float32", r=[1 + factor * u for factor in factors], y=np.ones(8))
    assert [element.index[0] for element in check.worst] == [4, 5, 7, 1, 2]
    assert len(check.worst) == WORST
    assert check.mismatched == 6


def test_elements_that_fail_come_before_elements_that_warn() -> None:
    """k = 1 fails at a margin of 1.1; k = 100 only warns at one of 4."""
    u = TYPES["float32"].u
    check = accuracy("float32", r=[1 + 84 * u, 1 + 3.3 * u, 1 + 63 * u], y=np.ones(3), k=[100, 1, 100])
    assert (check.status, check.mismatched) == ("fail", 1)
    assert [element.index for element in check.worst] == [(1,), (0,), (2,)]
    assert check.margin == pytest.approx(4, rel=1e-6)
    assert check.limit == 21


def test_a_warning_shows_the_elements_it_is_about() -> None:
    u = TYPES["float32"].u
    check = accuracy("float32", r=[1 + 84 * u, 1 + u, 1.0], y=np.ones(3), k=100)
    assert (check.status, check.mismatched) == ("warn", 0)
    assert [element.index for element in check.worst] == [(0,)]
    assert "some order of summation" in check.note


def test_a_pass_shows_no_elements() -> None:
    check = accuracy("float32", r=[1 + 2.0**-24, 1.0], y=np.ones(2))
    assert check.worst == ()
    assert check.max_abs == 2.0**-24
    assert check.max_rel == 2.0**-24 / (1 + 2.0**-24)
    assert check.max_ulp == 0.5


def test_an_error_where_zero_is_expected_is_infinitely_large_in_relation() -> None:
    check = accuracy("float32", r=[0.0, 4.0], y=[1.0, 4.0])
    assert (check.max_abs, check.max_rel) == (1.0, INF)


def test_statistics_leave_out_what_is_not_finite() -> None:
    check = accuracy("float32", r=[NAN, INF, 2.0], y=[NAN, INF, 2.5], B=[NAN, INF, 1.0])
    assert (check.max_abs, check.max_rel) == (0.5, 0.25)
    assert sum(check.histogram or ()) == 3


def test_an_overflow_has_no_part_in_the_relative_error() -> None:
    check = accuracy("float32", r=[1.0, 2.0], y=[INF, 2.5])
    assert (check.max_abs, check.max_rel) == (INF, 0.25)
    assert check.max_ulp == 0.5 / 2.0**-22


def test_errors_are_related_to_values_below_one_too() -> None:
    assert accuracy("float32", r=0.5, y=0.75).max_rel == 0.5
    assert accuracy("float32", r=0.0, y=0.25).max_rel == INF


def test_an_element_at_its_limit_is_not_among_the_worst() -> None:
    profile = Profile(rtol=0.0, atol=0.25, reason="so that the margin is exact")
    check = accuracy("float32", r=[1.25, 1.5, 1.0], y=np.ones(3), profile=profile)
    assert (check.status, check.margin) == ("fail", 2.0)
    assert [element.index for element in check.worst] == [(1,)]


def test_an_empty_result_passes() -> None:
    numeric = TYPES["float32"]
    empty = np.zeros((0, 2, 2, 1))
    check = compare_within_bound(
        "normal", empty, empty, empty.astype(int), empty.astype(np.float32), numeric, Profile()
    )
    assert (check.status, check.total, check.margin, check.limit) == ("pass", 0, 0.0, None)
    assert exactly("float32", empty, empty).status == "pass"


# The rule on real results.


@pytest.mark.parametrize("dtype", FLOATS)
@examples(25)
@given(case=st.data())
def test_no_order_of_summation_in_storage_precision_fails(dtype: str, case: st.DataObject) -> None:
    """Every loop order rounds differently; none of them may be called wrong."""
    drawn = case.draw(cases((dtype,)))
    geometry = geometry_of(drawn)
    for kind in (DataKind.NORMAL, DataKind.POSITIVE, DataKind.WIDE):
        (expectation,) = expectations(drawn, geometry, kind)
        assert expectation.B is not None
        assert expectation.k is not None
        for name in ("scatter_loops", "gather_loops"):
            operands = expectation.operands
            result = KERNELS[name].compute(geometry, operands.filter, operands.out_backprop)
            check = compare_within_bound(
                kind, expectation.in_backprop, expectation.B, expectation.k, result, TYPES[dtype], Profile()
            )
            assert check.status != "fail", name


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@examples(40)
@given(case=st.data())
def test_a_missing_term_fails_in_a_wide_type(dtype: str, case: st.DataObject) -> None:
    drawn = case.draw(cases((dtype,)))
    geometry = geometry_of(drawn)
    (expectation,) = expectations(drawn, geometry, DataKind.NORMAL)
    operands = expectation.operands
    if not geometry.multiply_adds or not np.any(expectation.B):
        return
    dy = operands.out_backprop.copy()
    reached = [
        index
        for index in np.ndindex(dy.shape)
        if np.any(KERNELS["fast"].compute(geometry, abs(operands.filter), _one(dy.shape, index, operands.filter.dtype)))
    ]
    dy[reached[-1]] = 0
    result = KERNELS["fast"].compute(geometry, operands.filter, dy)
    assert expectation.B is not None
    assert expectation.k is not None
    check = compare_within_bound(
        "normal", expectation.in_backprop, expectation.B, expectation.k, result, TYPES[dtype], Profile()
    )
    assert check.status == "fail"


def _one(shape: Sequence[int], index: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    array = np.zeros(shape, dtype)
    array[index] = 1
    return array


def test_the_certain_limit_is_the_one_the_comparison_uses() -> None:
    """An element at 0.999 of gamma_(k+1)*B warns and one at 1.001 fails, for k from 5 to 10,000."""
    k = np.array([5, 50, 500, 5_000, 10_000])
    u = TYPES["float32"].u
    gamma = certain_limit(k, u) * u
    assert accuracy("float32", r=1 + 0.999 * gamma, y=np.ones(5), k=k).status == "warn"
    beyond = accuracy("float32", r=1 + 1.001 * gamma, y=np.ones(5), k=k)
    assert (beyond.status, beyond.mismatched) == ("fail", 5)


def test_untouched_elements_are_counted() -> None:
    k = np.array([0, 0, 0, 2])
    zeros, ones = np.array([0.0, 0, 0, 1]), np.array([0.0, 0, 0, 2])
    check = compare_within_bound("normal", zeros, ones, k, zeros.astype(np.float32), TYPES["float32"], Profile())
    assert (check.status, check.untouched, check.total) == ("pass", 3, 4)
