"""Right kernels by other algorithms: right under their profile, wrong without it, and wrong with a mistake in them."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given

from harness.implementations.resolve import resolve
from harness.oracle.operands import make_operands
from harness.oracle.profiles import ALLOWANCES
from harness.oracle.reference import compared
from harness.records import Check, Verdict
from harness.runner import run
from harness.spec.case import Algorithm, Case, DataKind, Profile, kinds_of
from harness.tests.cases import HEAD, cases_of
from harness.tests.processes import ROOT
from harness.tests.right_algorithms import KERNELS
from harness.tests.strategies import FLOATS, cases, examples, geometry_of, make_case

SHAPES: Final[tuple[dict[str, Any], ...]] = (
    {"input_sizes": [2, 7, 6, 3], "filter": [3, 3, 3, 4], "padding": "SAME"},
    {"input_sizes": [1, 9, 10, 2], "filter": [3, 3, 2, 64], "padding": [[1, 2], [0, 1]]},
    {"input_sizes": [1, 8, 9, 8], "filter": [1, 1, 8, 128]},
    {"input_sizes": [1, 6, 6, 1], "filter": [3, 3, 1, 1]},
)
IN_FLOAT32: Final = frozenset(KERNELS) - {Algorithm.KAHAN, Algorithm.SPLIT_K}  # as libraries do with narrow types


def under(algorithm: Algorithm, case: Case) -> Case:
    """The case under the profile that such an implementation declares."""
    narrow = case.attributes.dtype in ("half", "bfloat16")
    return replace(case, profile=Profile(algorithm=algorithm, float32_accumulator=narrow and algorithm in IN_FLOAT32))


def checks(case: Case, kernel: Any, kinds: Any = None) -> list[Check]:
    call = case.attributes
    lists = {key: list(getattr(call, key)) for key in ("input_sizes", "strides", "explicit_paddings", "dilations")}
    found = []
    for kind in sorted(kinds or kinds_of(call.dtype)):
        for draw, operands in enumerate(make_operands(case, kind)):
            arrays = {"filter": operands.filter, "out_backprop": operands.out_backprop}
            value = kernel(**lists, **arrays, padding=call.padding, data_format=call.data_format)
            found.append(compared(case, geometry_of(case), kind, draw, value))
    return found


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("algorithm", KERNELS)
def test_an_algorithm_is_right_under_its_profile(algorithm: Algorithm, dtype: str) -> None:
    for values in SHAPES:
        case = under(algorithm, make_case("algorithm", **values, dtype=dtype))
        for check in checks(case, KERNELS[algorithm]):
            assert check.status != "fail", f"{check.data}: {check.note or check.worst[:1]}"


@pytest.mark.parametrize("algorithm", KERNELS)
@examples(25)
@given(case=cases(FLOATS))
def test_an_algorithm_is_right_whatever_the_geometry(algorithm: Algorithm, case: Case) -> None:
    for check in checks(under(algorithm, case), KERNELS[algorithm]):
        assert check.status != "fail", f"{check.data}: {check.note or check.worst[:1]}"


@pytest.mark.parametrize("algorithm", [each for each in KERNELS if each is not Algorithm.SPLIT_K])
def test_without_its_profile_it_is_not(algorithm: Algorithm) -> None:
    """Otherwise the profile would allow what nobody needs; split-K is an order of summation like any other."""
    case = make_case("algorithm", **SHAPES[1])
    assert any(check.status == "fail" for check in checks(case, KERNELS[algorithm]))


def with_one_product_missing(kernel: Any, **arguments: Any) -> Any:
    filter = arguments["filter"].copy()
    filter[(-1,) * 4] = 0
    return kernel(**arguments | {"filter": filter})


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("algorithm", KERNELS)
def test_a_missing_tap_is_found_by_the_rounded_witness(algorithm: Algorithm, dtype: str) -> None:
    for values in SHAPES:
        case = under(algorithm, make_case("algorithm", **values, dtype=dtype))
        found = checks(case, partial(with_one_product_missing, KERNELS[algorithm]), {DataKind.WITNESS})
        assert "fail" in {check.status for check in found}
        assert all(check.certificate is not None and check.certificate <= 1 for check in found)


def test_an_algorithm_has_an_allowance_and_every_allowance_a_name() -> None:
    assert set(ALLOWANCES) == set(Algorithm)


def test_where_a_transform_leaves_no_integers_the_record_says_so() -> None:
    """bfloat16 under F(4x4, 3x3) in bfloat16 itself: 180*u is 0.7, and no integer is less than 1/2 off."""
    profile = Profile(algorithm=Algorithm.WINOGRAD_F4)
    case = make_case("no witness", profile, **SHAPES[0], dtype="bfloat16")
    for check in checks(case, KERNELS[Algorithm.WINOGRAD_F4], {DataKind.WITNESS}):
        assert (check.name, check.data, check.status) == ("accuracy", "witness", "pass")
        assert check.note == "no integers come out of the transform exactly in this type"


def test_a_transform_may_carry_a_nan_over_its_tile_and_no_farther() -> None:
    case = under(Algorithm.WINOGRAD_F2, make_case("tile", input_sizes=[1, 20, 20, 1], filter=[3, 3, 1, 1]))
    (expected, *_) = make_operands(case, DataKind.SPECIAL)
    call = case.attributes
    lists = {key: list(getattr(call, key)) for key in ("input_sizes", "strides", "explicit_paddings", "dilations")}
    arrays = {"filter": expected.filter, "out_backprop": expected.out_backprop}
    value = KERNELS[Algorithm.WINOGRAD_F2](**lists, **arrays, padding=call.padding, data_format=call.data_format)
    assert compared(case, geometry_of(case), DataKind.SPECIAL, 0, value).status == "pass"
    far = np.argwhere(np.isfinite(value))
    nan = np.argwhere(np.isnan(value)).mean(axis=0)
    value[tuple(max(far, key=lambda at: float(np.abs(at - nan).sum())))] = np.nan
    assert compared(case, geometry_of(case), DataKind.SPECIAL, 0, value).status == "fail"


def test_a_profile_says_nothing_of_geometries_its_algorithm_is_not_for() -> None:
    """A strided call under Winograd is a plain sum: noise beside it fails."""
    case = under(Algorithm.WINOGRAD_F4, make_case("strided", **SHAPES[0] | {"strides": 2}))

    def noisy(**arguments: Any) -> Any:
        value = KERNELS[Algorithm.WINOGRAD_F4](**arguments)
        return value + np.float32(2.0**-18) * np.abs(value).max()

    assert "fail" in {check.status for check in checks(case, noisy, {DataKind.NORMAL})}
    plain = under(Algorithm.WINOGRAD_F4, make_case("plain", **SHAPES[0]))
    assert {check.status for check in checks(plain, noisy, {DataKind.NORMAL})} == {"pass"}


@pytest.mark.parametrize("algorithm", KERNELS)
def test_a_kernel_that_declares_its_algorithm_conforms_where_it_is_run(algorithm: Algorithm, tmp_path: Path) -> None:
    file = ROOT / "harness" / "tests" / "right_algorithms.py"
    (declaring,) = resolve([f"{file}:{algorithm.replace('-', '_')}"])
    assert declaring.profile.algorithm is algorithm
    sizes = "input_sizes: [2, 7, 6, 3], filter: [3, 3, 3, 4]"
    text = f"cases:\n  - {{id: a, padding: SAME, {sizes}, data: [witness, normal, wide]"
    for case in cases_of(tmp_path, f"{HEAD}{text}, dtype: [half, float32, int32]}}\n"):
        assert run(case, declaring).verdict is Verdict.CONFORMS
