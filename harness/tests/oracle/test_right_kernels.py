"""No right kernel is called wrong: any order of summation, in any type, on any operands."""

from typing import Any, Final

import pytest
from hypothesis import given

from harness.oracle.operands import make_operands
from harness.oracle.reference import compared
from harness.records import Check
from harness.spec.case import Case, kinds_of
from harness.spec.schema import DTYPES
from harness.tests.right_kernels import KERNELS
from harness.tests.strategies import cases, examples, geometry_of, make_case

LONG: Final[tuple[dict[str, Any], ...]] = (
    {"input_sizes": [1, 2, 3, 2], "filter": [1, 1, 2, 512]},
    {"input_sizes": [1, 3, 3, 2], "filter": [3, 3, 2, 40], "padding": "SAME"},
    {"input_sizes": [1, 1, 1, 3], "filter": [1, 1, 3, 4096]},
)


def checks(case: Case, name: str) -> list[Check]:
    """Every check of one right kernel on every kind of operands."""
    call = case.attributes
    lists = {key: list(getattr(call, key)) for key in ("input_sizes", "strides", "explicit_paddings", "dilations")}
    found = []
    for kind in sorted(kinds_of(call.dtype)):
        for draw, operands in enumerate(make_operands(case, kind)):
            arrays = {"filter": operands.filter, "out_backprop": operands.out_backprop}
            value = KERNELS[name](**lists, **arrays, padding=call.padding, data_format=call.data_format)
            found.append(compared(case, geometry_of(case), kind, draw, value))
    return found


@pytest.mark.parametrize("name", KERNELS)
@examples(40)
@given(case=cases())
def test_no_order_of_summation_fails(name: str, case: Case) -> None:
    for check in checks(case, name):
        assert check.status != "fail", f"{check.data}: {check.note or check.worst[:1]}"


@pytest.mark.parametrize("values", LONG)
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_order_of_a_long_sum_fails(dtype: str, values: dict[str, Any]) -> None:
    case = make_case("long", **values, dtype=dtype)
    for name in KERNELS:
        for check in checks(case, name):
            assert check.status != "fail", f"{name}, {check.data}: {check.note or check.worst[:1]}"


def test_there_are_ten_orders_and_they_differ() -> None:
    """Otherwise the tests above would say the same ten times."""
    case = make_case("differ", input_sizes=[1, 4, 4, 2], filter=[3, 3, 2, 64], padding="SAME", dtype="half")
    margins = {name: [check.margin for check in checks(case, name) if check.data == "positive"] for name in KERNELS}
    assert len(margins) == 10
    assert len({str(margin) for margin in margins.values()}) == 10
