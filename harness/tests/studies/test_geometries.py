from dataclasses import asdict
from itertools import combinations, product

import numpy as np
import pytest

from harness.oracle.bounds import TYPES, magnitude
from harness.oracle.operands import operands_of_shapes
from harness.records.exhaustion import Limits
from harness.spec.attributes import AttributesError, call_of
from harness.spec.case import Expect
from harness.studies.geometries import FEW, axes, calls, classes, covering_subset

SMALL = Limits(input=3, filter=2, stride=2, dilation=2, pads=1)


def test_the_default_limits_hold_as_many_as_the_docstring_says() -> None:
    every = list(axes(Limits()))
    assert len(every) == 23_476
    assert f"{len(every):,}" in (axes.__doc__ or "")
    assert len({(padded.axis, padded.padding) for padded in every}) == len(every)


def test_every_axis_that_a_case_could_have_is_along_the_height_once_and_no_other() -> None:
    """Held against the derivation that case files go through, which knows nothing of the enumeration."""
    expected = set()
    amounts = range(SMALL.pads + 1)
    paddings = ["SAME", "VALID", *([[before, after], [0, 0]] for before, after in product(amounts, amounts))]
    ranges = (range(1, limit + 1) for limit in (SMALL.filter, SMALL.stride, SMALL.dilation))
    for H, R, sh, dh, padding in product(range(SMALL.input + 1), *ranges, paddings):
        values = {
            "input_sizes": [2, H, 2, 2],
            "filter": [R, 1, 2, 3],
            "strides": [sh, 1],
            "dilations": [dh, 1],
            "padding": padding,
            "data_format": "NHWC",
            "dtype": "float32",
        }
        try:
            attributes, geometry = call_of(values, "NHWC", Expect.CONFORMS)
        except AttributesError:
            continue
        assert geometry
        expected.add((geometry.height, attributes.padding))
    found = [(call.geometry.height, call.attributes.padding) for call in calls(SMALL) if call.part == "height"]
    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("part", ["height", "width"])
def test_each_axis_is_beside_one_drawn_from_the_whole_range(part: str) -> None:
    some = [call for call in calls(SMALL) if call.part == part]
    high = [(call.geometry.height, call.attributes.padding) for call in some]
    wide = [(call.geometry.width, call.attributes.padding) for call in some]
    every = {(padded.axis, padded.padding) for padded in axes(SMALL)}
    assert set(high) == set(wide) == every
    assert len(high) == len(wide) == len(every)
    assert sum(one == other for one, other in zip(high, wide, strict=True)) < len(every) / 10
    assert some == [call for call in calls(SMALL) if call.part == part]


def test_what_a_call_says_is_what_its_geometry_is() -> None:
    for call in [*calls(SMALL), *calls(Limits(channels=4))]:
        values = {key: value for key, value in asdict(call.attributes).items() if value != ()}
        assert call_of(values, call.attributes.data_format, Expect.CONFORMS) == (call.attributes, call.geometry)


def test_channels_are_in_every_number_of_groups() -> None:
    found = [(call.geometry.C, call.geometry.K, call.geometry.groups) for call in calls(Limits(channels=4))]
    assert found.count((4, 4, 4)) == found.count((1, 3, 1)) == len(FEW)
    assert {groups for C, K, groups in found if (C, K) == (4, 2)} == {1, 2}
    assert {(C, K) for C, K, _ in found} == set(product(range(1, 5), repeat=2))
    assert len({(call.attributes, call.geometry) for call in calls(Limits(channels=4))}) == len(found)


def test_a_covering_subset_has_every_pair_of_classes_that_there_is() -> None:
    def pairs(some: object) -> set[tuple[str, str]]:
        return {pair for padded in some for pair in combinations(classes(padded), 2)}  # type: ignore[attr-defined]

    every = list(axes(Limits()))
    subset = covering_subset(every)
    assert pairs(subset) == pairs(every)
    assert len(subset) < len(every) / 100
    idle = [padded for padded in subset if not padded.axis.input * padded.axis.output]
    assert len(idle) < len(subset) / 4


def test_pairs_cross_every_two_axes_of_the_subset_that_share_their_padding() -> None:
    subset = covering_subset(axes(SMALL))
    crossed = [(call.geometry.height, call.geometry.width) for call in calls(SMALL) if call.part == "pairs"]
    assert len(crossed) == sum(one.padding == other.padding for one, other in product(subset, repeat=2))
    assert (subset[0].axis, subset[0].axis) in crossed


@pytest.mark.parametrize("dtype", ["half", "bfloat16", "float32", "float64", "int32"])
def test_operands_from_shapes_are_exact_whatever_the_geometry(dtype: str) -> None:
    for call in calls(SMALL):
        operands = operands_of_shapes(call.attributes.filter, call.attributes.out_backprop, dtype)
        B = magnitude(call.geometry, operands.filter, operands.out_backprop)
        assert B.max(initial=0) <= TYPES[dtype].witness_limit
        assert operands.filter.all()
        assert operands.out_backprop.all()
        assert not operands.filter.flags.writeable


def test_operands_that_cannot_be_exact_are_not_made() -> None:
    with pytest.raises(ValueError, match="are not exact in bfloat16"):
        operands_of_shapes((3, 3, 1, 64), (1, 1, 1, 64), "bfloat16")


def test_operands_of_other_shapes_have_other_values() -> None:
    one, other = (operands_of_shapes((2, 1, 2, 3), (1, P, 2, 3), "float32").filter for P in (1, 2))
    assert not np.array_equal(one, other)
