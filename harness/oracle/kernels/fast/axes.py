"""Index arithmetic of one axis, for this kernel alone: C1's h = p*sh + r*dh - pt, solved for ranges."""

from dataclasses import dataclass, replace
from functools import lru_cache

from harness.spec.geometry import Axis


@dataclass(frozen=True, slots=True)
class Step:
    """One tap: the output positions from which it lies inside the input (C6), and the input positions it lies on."""

    tap: int
    outputs: slice
    inputs: slice


@lru_cache(maxsize=256)
def steps(axis: Axis) -> tuple[Step, ...]:
    """The taps that meet anything, in order."""
    found = []
    for tap in range(axis.filter):
        offset = tap * axis.dilation - axis.pad_before
        first = max(0, -(offset // axis.stride))
        last = min(axis.output - 1, (axis.input - 1 - offset) // axis.stride)
        if first <= last:
            inputs = slice(first * axis.stride + offset, last * axis.stride + offset + 1, axis.stride)
            found.append(Step(tap, slice(first, last + 1), inputs))
    return tuple(found)


def part(axis: Axis, first: int, count: int) -> Axis:
    """The axis of some of the output positions: they begin elsewhere, so there is another padding before them."""
    if count == axis.output:
        return axis
    return replace(axis, output=count, pad_before=axis.pad_before - first * axis.stride)


def exchanged(axis: Axis) -> Axis:
    """The axis with taps for positions and positions for taps: C1 is the same for both."""
    return replace(axis, filter=axis.output, output=axis.filter, stride=axis.dilation, dilation=axis.stride)


@lru_cache(maxsize=256)
def met(axis: Axis) -> tuple[slice, slice, Axis]:
    """The taps and the output positions that may meet anything, and the axis of those alone."""
    found = steps(axis)
    taps = slice(found[0].tap, found[-1].tap + 1) if found else slice(0, 0)
    first = min((step.outputs.start for step in found), default=0)
    outputs = slice(first, max((step.outputs.stop for step in found), default=0))
    shorter = exchanged(part(exchanged(axis), taps.start, taps.stop - taps.start))
    return taps, outputs, part(shorter, first, outputs.stop - first)
