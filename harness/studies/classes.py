"""What a suite is to cover: the axes of variation and their classes, as data.

One case is several rows: its height and its width, with each of its kinds of operands. A row falls into exactly one
class of every axis, so that a pair of classes is covered only where both hold of the same direction and operands.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Final, TypeAlias

from harness.spec.case import COMMON_KINDS, Case, DataKind
from harness.spec.geometry import Axis, AxisError, Geometry, Padding, derive_axis
from harness.spec.schema import DTYPES

LARGE: Final = 16  # from this extent on an input is large: beyond the blocks of small kernels


@dataclass(frozen=True, slots=True)
class Row:
    """One direction of a case with one kind of its operands. `padding` is as the call names it."""

    padding: str
    layout: str
    dtype: str
    geometry: Geometry
    axis: Axis
    kind: DataKind


Predicate: TypeAlias = Callable[[Row], bool]
Combination = frozenset[tuple[str, str]]  # pairs of an axis and one of its classes


def _remainder(axis: Axis) -> int:
    """Rows that the floor division of C3 leaves over; none where there is no window."""
    return (axis.input + axis.pad_before + axis.pad_after - axis.effective_filter) % axis.stride if axis.output else 0


def _is_beyond(axis: Axis) -> bool:
    return max(axis.pad_before, axis.pad_after) >= axis.effective_filter


def _explicit(row: Row, *, beyond: bool) -> bool:
    return row.padding == "EXPLICIT" and _is_beyond(row.axis) == beyond


def _dilations(row: Row) -> tuple[int, int]:
    return row.geometry.height.dilation, row.geometry.width.dilation


def _of_type(dtype: str) -> Predicate:
    return lambda row: row.dtype == dtype


def _of_kind(kind: DataKind) -> Predicate:
    return lambda row: row.kind is kind


def _counted(count: Callable[[Row], int]) -> dict[str, Predicate]:
    return {
        "none": lambda row: count(row) == 0,
        "one": lambda row: count(row) == 1,
        "more": lambda row: count(row) > 1,
    }


AXES: Final[dict[str, dict[str, Predicate]]] = {
    "padding": {
        "VALID": lambda row: row.padding == "VALID",
        "SAME, even": lambda row: row.padding == "SAME" and row.axis.pad_before == row.axis.pad_after,
        "SAME, odd": lambda row: row.padding == "SAME" and row.axis.pad_before != row.axis.pad_after,
        "explicit zero": lambda row: row.padding == "EXPLICIT" and not row.axis.pad_before + row.axis.pad_after,
        "explicit, equal": lambda row: _explicit(row, beyond=False) and row.axis.pad_before == row.axis.pad_after > 0,
        "explicit, unequal": lambda row: _explicit(row, beyond=False) and row.axis.pad_before != row.axis.pad_after,
        "explicit, beyond filter": lambda row: _explicit(row, beyond=True),
    },
    "stride": {
        "1": lambda row: row.axis.stride == 1,
        "below filter": lambda row: 1 < row.axis.stride < row.axis.effective_filter,
        "filter": lambda row: 1 < row.axis.stride == row.axis.effective_filter,
        "above filter": lambda row: row.axis.stride > max(1, row.axis.effective_filter),
    },
    "remainder": {
        "none": lambda row: _remainder(row.axis) == 0,
        "some": lambda row: _remainder(row.axis) > 0,
    },
    "filter": {
        "one": lambda row: row.axis.filter == 1,
        "even": lambda row: row.axis.filter % 2 == 0,
        "odd": lambda row: row.axis.filter % 2 == 1 and row.axis.filter > 1,
    },
    "input": {
        "none": lambda row: row.axis.input == 0,
        "one": lambda row: row.axis.input == 1,
        "small": lambda row: 1 < row.axis.input < LARGE,
        "large": lambda row: row.axis.input >= LARGE,
    },
    "output": _counted(lambda row: row.axis.output),
    "dilation": {
        "none": lambda row: _dilations(row) == (1, 1),
        "equal": lambda row: 1 < _dilations(row)[0] == _dilations(row)[1],
        "unequal": lambda row: _dilations(row)[0] != _dilations(row)[1],
    },
    "directions": {
        "alike": lambda row: row.geometry.height == row.geometry.width,
        "different": lambda row: row.geometry.height != row.geometry.width,
    },
    "groups": {
        "one": lambda row: row.geometry.groups == 1,
        "several": lambda row: 1 < row.geometry.groups < row.geometry.C,
        "depthwise": lambda row: 1 < row.geometry.groups == row.geometry.C,
    },
    "batch": _counted(lambda row: row.geometry.N),
    "C": _counted(lambda row: row.geometry.C),
    "K": _counted(lambda row: row.geometry.K),
    "layout": {
        "NHWC": lambda row: row.layout == "NHWC",
        "NCHW": lambda row: row.layout == "NCHW",
    },
    "type": {dtype: _of_type(dtype) for dtype in DTYPES},
    "data": {kind.value: _of_kind(kind) for kind in COMMON_KINDS},
}

# Axes that say something of one direction alone; which of their classes go together, arithmetic decides.
OF_ONE_DIRECTION: Final = ("padding", "stride", "remainder", "filter", "input", "output", "dilation")

# Among the others: classes of which not all can hold at once. Whatever contains one of these is impossible.
IMPOSSIBLE: Final[tuple[Combination, ...]] = tuple(
    frozenset(zip(axes, classes, strict=True))
    for axes, alternatives in (
        (("type", "data"), [("int32", kind) for kind in ("normal", "positive", "wide", "special")]),
        (("type", "data"), [(dtype, "wrap") for dtype in DTYPES if dtype != "int32"]),
        (("directions", "dilation"), [("alike", "unequal")]),
        (("groups", "C"), [(groups, C) for groups in ("several", "depthwise") for C in ("none", "one")]),
        (("groups", "K"), [(groups, "one") for groups in ("several", "depthwise")]),
    )
    for classes in alternatives
)


def rows(case: Case) -> Iterator[Row]:
    """The rows of one case, of the kinds of operands that are for every geometry; none where it expects a rejection."""
    geometry, call = case.geometry, case.attributes
    if geometry:
        kinds = [kind for kind in case.data if kind in COMMON_KINDS]
        for axis, kind in product((geometry.height, geometry.width), kinds):
            yield Row(call.padding, call.data_format, call.dtype, geometry, axis, kind)


def classes_of(row: Row) -> tuple[str, ...]:
    """The class of each axis, in the order of AXES."""
    return tuple(_class(row, axis) for axis in AXES)


def _class(row: Row, axis: str) -> str:
    return next(name for name, holds in AXES[axis].items() if holds(row))


def is_possible(combination: Combination) -> bool:
    """Whether some case can have these classes together."""
    if any(impossible <= combination for impossible in IMPOSSIBLE):
        return False
    local = frozenset(pair for pair in combination if pair[0] in OF_ONE_DIRECTION)
    return not local or local in _possible_in_one_direction(tuple(sorted(axis for axis, _ in local)))


@cache
def _possible_in_one_direction(axes: tuple[str, ...]) -> frozenset[Combination]:
    """Classes of some of the axes that go together in one direction of some geometry."""
    places = [OF_ONE_DIRECTION.index(axis) for axis in axes]
    return frozenset(
        frozenset(zip(axes, (classes[place] for place in places), strict=True)) for classes in directions()
    )


@cache
def directions() -> dict[tuple[str, ...], tuple[Axis, Padding]]:
    """What the classes of one direction can come to, each with a smallest axis that has them.

    Found by looking at every axis with few taps, rows and pads, and with many; a dilation of the other direction is
    what tells equal from unequal.
    """
    found: dict[tuple[str, ...], tuple[Axis, Padding]] = {}
    for axis, padding in sorted(_axes(), key=lambda item: _size(item[0])):
        for other in (1, max(2, axis.dilation)):
            beside = replace(axis, dilation=other)
            row = Row(padding, "NHWC", "float32", Geometry(1, 1, 1, 1, axis, beside), axis, DataKind.WITNESS)
            classes = tuple(_class(row, name) for name in OF_ONE_DIRECTION)
            found.setdefault(classes, (axis, padding))
    return found


def _axes() -> Iterator[tuple[Axis, Padding]]:
    """Valid axes with extents around all that the classes ask for."""
    amounts = (0, 1, 2, 3, LARGE)
    paddings: list[tuple[Padding, tuple[int, int]]] = [("SAME", (0, 0)), ("VALID", (0, 0))]
    paddings += [("EXPLICIT", (before, after)) for before in amounts for after in amounts]
    extents = product((0, 1, 2, 3, 4, 5, 6, LARGE, LARGE + 1), (1, 2, 3, 4), (1, 2, 3, 4, 5, LARGE), (1, 2, 3, LARGE))
    for (input, filter, stride, dilation), (padding, pads) in product(extents, paddings):
        with suppress(AxisError):
            yield (
                derive_axis(
                    "", input=input, filter=filter, stride=stride, dilation=dilation, padding=padding, pads=pads
                ),
                padding,
            )


def _size(axis: Axis) -> int:
    return axis.input + axis.filter + axis.stride + axis.dilation + axis.pad_before + axis.pad_after
