"""Mistakes in what memory holds: positions that nothing touches (C5), empty calls (C13) and the layout (C7)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from harness.implementations.arguments import Call
from harness.implementations.mutants.kernel import Array, Steps, finish, inside, places
from harness.implementations.mutants.mutant import Mutant
from harness.oracle.bounds import term_count
from harness.spec.attributes import from_nhwc
from harness.spec.geometry import Axis

GARBAGE: Final = 0x55  # every byte of memory that nobody wrote to, so that the mutant does the same each time


def _garbage(result: Array) -> Array:
    return np.full(result.nbytes, GARBAGE, np.uint8).view(result.dtype).reshape(result.shape)


def _uninitialised(call: Call, total: Array) -> Array:
    result = finish(call, total)
    return np.where(term_count(call.geometry) > 0, result, _garbage(result))


def _uninitialised_if_empty(call: Call, total: Array) -> Array:
    result = finish(call, total)
    return result if call.out_backprop.size else _garbage(result)


def _copied(call: Call, total: Array) -> Array:
    """A gap is given the nearest touched position before it, as in an interpolation."""
    result = finish(call, total)
    for axis, side in ((call.geometry.height, 1), (call.geometry.width, 2)):
        result = np.take(result, _nearest_touched(axis), side)
    return result


def _nearest_touched(axis: Axis) -> Array:
    touched = np.zeros(axis.input, bool)
    for tap in range(axis.filter):
        position = places(axis, tap)
        touched[position[inside(position, axis.input)]] = True
    nearest = np.maximum.accumulate(np.where(touched, np.arange(axis.input), -1))
    return np.where(nearest < 0, np.arange(axis.input), nearest)


def _nchw(axes: Callable[[Axis, Axis], tuple[Axis, Axis]]) -> Steps:
    """Lists of an NCHW call read in the order of NHWC."""

    def prepare(call: Call) -> Call:
        if call.data_format == "NHWC":
            return call
        height, width = axes(call.geometry.height, call.geometry.width)
        return replace(call, geometry=replace(call.geometry, height=height, width=width))

    return Steps(prepare=prepare)


def _operand_as_nhwc(call: Call) -> Call:
    """`out_backprop`, where it has the same extents in both orders, taken as it lies."""
    given = call.out_backprop.transpose(from_nhwc((0, 1, 2, 3), call.data_format))
    return replace(call, out_backprop=given) if given.shape == call.out_backprop.shape else call


def _operand_memory_as_nhwc(call: Call) -> Call:
    given = call.out_backprop.transpose(from_nhwc((0, 1, 2, 3), call.data_format))
    return replace(call, out_backprop=given.reshape(call.out_backprop.shape))


def _result_memory_as_nhwc(call: Call, in_backprop: Array) -> Array:
    return in_backprop.reshape(call.in_layout(in_backprop).shape)


def _strides_as_nhwc(height: Axis, width: Axis) -> tuple[Axis, Axis]:
    return replace(height, stride=1), replace(width, stride=height.stride)  # [1, 1, sh, sw]


def _pads_as_nhwc(height: Axis, width: Axis) -> tuple[Axis, Axis]:
    return replace(height, pad_before=0), replace(width, pad_before=height.pad_before)  # [0, 0, 0, 0, pt, pb, pl, pr]


MUTANTS: Final = (
    Mutant(
        "untouched-uninitialised", "positions that no term reaches left uninitialised", Steps(finish=_uninitialised)
    ),
    Mutant("untouched-copied", "positions that no term reaches copied from the one before", Steps(finish=_copied)),
    Mutant(
        "empty-uninitialised",
        "result left uninitialised where out_backprop is empty",
        Steps(finish=_uninitialised_if_empty),
    ),
    Mutant(
        "nchw-operand-as-nhwc", "out_backprop read as NHWC where its extents allow it", Steps(prepare=_operand_as_nhwc)
    ),
    Mutant(
        "nchw-operand-memory-as-nhwc",
        "memory of an NCHW out_backprop read as NHWC",
        Steps(prepare=_operand_memory_as_nhwc),
    ),
    Mutant("nchw-result-memory-as-nhwc", "an NCHW result written as NHWC", Steps(write=_result_memory_as_nhwc)),
    Mutant("nchw-strides-as-nhwc", "strides of an NCHW call read in the order of NHWC", _nchw(_strides_as_nhwc)),
    Mutant("nchw-pads-as-nhwc", "explicit_paddings of an NCHW call read in the order of NHWC", _nchw(_pads_as_nhwc)),
)
