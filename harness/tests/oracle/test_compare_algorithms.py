"""Profiles of right algorithms: what each allows, and that it allows no more."""

from fractions import Fraction
from typing import Any, Final, TypeAlias

import numpy as np
import pytest

from harness.oracle.bounds import TYPES
from harness.oracle.compare import compare_within_bound
from harness.oracle.reference import compared, expectations
from harness.records import Check
from harness.spec.case import Algorithm, Case, DataKind, Profile
from harness.tests.checks import ABOVE, BELOW, accuracy, sums
from harness.tests.right_kernels import KERNELS
from harness.tests.strategies import FLOATS, geometry_of, make_case

Array: TypeAlias = np.ndarray[Any, Any]
TF32: Final = Profile(algorithm=Algorithm.TF32)
TF32_TRUNCATED: Final = Profile(algorithm=Algorithm.TF32_TRUNCATED)
SHAPES: Final[tuple[dict[str, Any], ...]] = (
    {"input_sizes": [1, 8, 8, 4], "filter": [1, 1, 4, 1]},
    {"input_sizes": [1, 6, 5, 2], "filter": [3, 2, 2, 4], "padding": "SAME"},
    {"input_sizes": [1, 4, 4, 2], "filter": [3, 3, 2, 256], "padding": "SAME"},
)


def to_bits(array: Array, bits: int, *, truncated: bool = False) -> Array:
    """float32 with so many bits, rounded to nearest or cut."""
    dropped = 24 - bits
    whole = array.view(np.uint32)
    if not truncated:
        whole = whole + np.uint32((1 << (dropped - 1)) - 1) + ((whole >> np.uint32(dropped)) & np.uint32(1))
    return np.asarray((whole >> np.uint32(dropped)) << np.uint32(dropped)).view(np.float32)


def on_changed_operands(case: Case, kind: DataKind, change: Any) -> Check:
    """The check of a sequential float32 kernel that changes its operands first."""
    call = case.attributes
    (expectation,) = expectations(case, geometry_of(case), kind)
    lists = {key: list(getattr(call, key)) for key in ("input_sizes", "strides", "explicit_paddings", "dilations")}
    arrays = {name: change(getattr(expectation.operands, name)) for name in ("filter", "out_backprop")}
    value = KERNELS["sequential"](**lists, **arrays, padding=call.padding, data_format=call.data_format)
    return compared(case, geometry_of(case), kind, 0, value)


@pytest.mark.parametrize("kind", [DataKind.NORMAL, DataKind.POSITIVE, DataKind.WIDE])
@pytest.mark.parametrize("values", SHAPES)
def test_tf32_is_right_under_its_own_profile_and_coarser_operands_are_not(
    values: dict[str, Any], kind: DataKind
) -> None:
    def rounded(array: Array) -> Array:
        return to_bits(array, 11)

    assert on_changed_operands(make_case("tf32", TF32, **values), kind, rounded).status == "pass"
    assert on_changed_operands(make_case("tf32", TF32_TRUNCATED, **values), kind, rounded).status == "pass"
    cut = on_changed_operands(
        make_case("tf32", TF32_TRUNCATED, **values), kind, lambda array: to_bits(array, 11, truncated=True)
    )
    assert cut.status == "pass"


def test_under_tf32_operands_of_fewer_bits_fail_and_so_do_truncated_ones() -> None:
    """Where an element is one product, nothing averages out."""
    case = make_case("tf32", TF32, **SHAPES[0])
    assert on_changed_operands(case, DataKind.NORMAL, lambda array: to_bits(array, 8)).status == "fail"
    assert on_changed_operands(case, DataKind.NORMAL, lambda array: to_bits(array, 11, truncated=True)).status == "fail"
    plain = make_case("tf32", **SHAPES[0])
    assert on_changed_operands(plain, DataKind.NORMAL, lambda array: to_bits(array, 11)).status == "fail"


@pytest.mark.parametrize(("profile", "product"), [(TF32, 2 * 2.0**-11), (TF32_TRUNCATED, 4 * 2.0**-11)])
def test_the_limits_of_tf32(profile: Profile, product: float) -> None:
    """2*2^-11*B + (2*sqrt(k)+1)*2^-24*B conforms, 2*2^-11*B + (k+1)*2^-24*B is the end."""
    probable, certain = product + 21 * 2.0**-24, product + 101 * 2.0**-24
    ulp = 2.0**-24
    for error, status in (
        (probable - ulp, "pass"), (probable + ulp, "warn"), (certain - ulp, "warn"), (certain + ulp, "fail")
    ):  # fmt: skip
        known = sums(np.array([1 + error]), np.array([1.0]), np.array([100]))
        check = compare_within_bound("normal", known, np.ones(1, np.float32), TYPES["float32"], profile)
        assert check.status == status


@pytest.mark.parametrize("dtype", ["half", "bfloat16", "float64"])
def test_tf32_says_nothing_of_other_types(dtype: str) -> None:
    bound = Fraction(2 * TYPES[dtype].u)
    assert accuracy(dtype, r=1 + bound * ABOVE, y=1.0, k=1, profile=TF32).status == "fail"


@pytest.mark.parametrize("dtype", FLOATS)
def test_declared_truncation_allows_twice_as_much(dtype: str) -> None:
    truncation = Profile(rounding="truncation")
    u = Fraction(TYPES[dtype].u)
    for k, limit in ((1, 4), (100, 42)):
        assert accuracy(dtype, r=1 + limit * u * BELOW, y=1.0, k=k, profile=truncation).status == "pass"
        assert accuracy(dtype, r=1 + limit * u * ABOVE, y=1.0, k=k, profile=truncation).status != "pass"
    assert accuracy(dtype, r=1 + 202 * u * BELOW, y=1.0, k=100, profile=truncation).status == "warn"
    assert accuracy(dtype, r=1 + 202 * u * ABOVE, y=1.0, k=100, profile=truncation).status == "fail"
