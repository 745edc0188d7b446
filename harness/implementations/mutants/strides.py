"""Mistakes in the strides and dilations of the two axes, and where a stride leaves something over."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from harness.implementations.arguments import Call
from harness.implementations.mutants.kernel import Steps
from harness.implementations.mutants.mutant import Mutant
from harness.spec.geometry import Axis


def axes(change: Callable[[Axis, Axis], tuple[Axis, Axis]]) -> Steps:
    """The kernel with other axes than the call's; `change` gets height and width."""

    def prepare(call: Call) -> Call:
        height, width = change(call.geometry.height, call.geometry.width)
        return replace(call, geometry=replace(call.geometry, height=height, width=width))

    return Steps(prepare=prepare)


def each_axis(change: Callable[[Axis], Axis]) -> Steps:
    """The kernel with the same mistake in both axes."""
    return axes(lambda height, width: (change(height), change(width)))


def _strides_exchanged(height: Axis, width: Axis) -> tuple[Axis, Axis]:
    return replace(height, stride=width.stride), replace(width, stride=height.stride)


def _dilations_exchanged(height: Axis, width: Axis) -> tuple[Axis, Axis]:
    return replace(height, dilation=width.dilation), replace(width, dilation=height.dilation)


def _stride_within_filter(axis: Axis) -> Axis:
    return replace(axis, stride=min(axis.stride, axis.effective_filter))


def _pointwise_without_stride(height: Axis, width: Axis) -> tuple[Axis, Axis]:
    if (height.filter, width.filter) == (1, 1):
        return replace(height, stride=1), replace(width, stride=1)
    return height, width


def _leftover_first(axis: Axis) -> Axis:
    windows = (axis.output - 1) * axis.stride + axis.effective_filter
    leftover = axis.input + axis.pad_before + axis.pad_after - windows
    return replace(axis, pad_before=axis.pad_before - leftover)


MUTANTS: Final = (
    Mutant("strides-exchanged", "strides of height and width exchanged", axes(_strides_exchanged)),
    Mutant(
        "height-stride-for-both",
        "the stride of the height used for the width, too",
        axes(lambda height, width: (height, replace(width, stride=height.stride))),
    ),
    Mutant("stride-ignored", "stride ignored", each_axis(lambda axis: replace(axis, stride=1))),
    Mutant("stride-cut-to-filter", "strides larger than the filter cut down to it", each_axis(_stride_within_filter)),
    Mutant(
        "pointwise-without-stride", "stride ignored in the shortcut for 1x1 filters", axes(_pointwise_without_stride)
    ),
    Mutant(
        "leftover-first", "what the stride leaves over put before the windows, not after", each_axis(_leftover_first)
    ),
    Mutant("dilations-exchanged", "dilations of height and width exchanged", axes(_dilations_exchanged)),
    Mutant("dilation-ignored", "dilation ignored", each_axis(lambda axis: replace(axis, dilation=1))),
    Mutant(
        "dilation-counts-gaps",
        "dilation larger by one: taken for the number of rows between taps",
        each_axis(lambda axis: replace(axis, dilation=axis.dilation + (axis.dilation > 1))),
    ),
    Mutant(
        "dilation-short-by-one",
        "dilation smaller by one",
        each_axis(lambda axis: replace(axis, dilation=max(1, axis.dilation - 1))),
    ),
    Mutant(
        "strides-and-dilations-exchanged",
        "strides and dilations exchanged",
        each_axis(lambda axis: replace(axis, stride=axis.dilation, dilation=axis.stride)),
    ),
)
