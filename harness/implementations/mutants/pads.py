"""Mistakes in the padding: which amount goes where, and what becomes of what falls into it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from harness.implementations.mutants.kernel import Array, Steps, inside, places
from harness.implementations.mutants.mutant import Mutant
from harness.implementations.mutants.strides import axes, each_axis
from harness.spec.geometry import Axis


def _same_only(change: Callable[[Axis, Axis], tuple[Axis, Axis]]) -> Steps:
    """A mistake in deriving SAME's padding (C4), which other paddings do not go through."""
    wrong = axes(change).prepare
    return Steps(prepare=lambda call: wrong(call) if call.padding == "SAME" else call)


def _odd_first(axis: Axis) -> Axis:
    total = axis.pad_before + axis.pad_after
    return replace(axis, pad_before=total - total // 2, pad_after=total // 2)


def _same_total(axis: Axis, total: int) -> Axis:
    return replace(axis, pad_before=total // 2, pad_after=total - total // 2)


def _without_stride(axis: Axis) -> Axis:
    return _same_total(axis, axis.effective_filter - 1)


def _without_dilation(axis: Axis) -> Axis:
    return _same_total(axis, max((axis.output - 1) * axis.stride + axis.filter - axis.input, 0))


def _unclipped(axis: Axis) -> Axis:
    return _same_total(axis, (axis.output - 1) * axis.stride + axis.effective_filter - axis.input)


def _exchanged(axis: Axis) -> Axis:
    return replace(axis, pad_before=axis.pad_after, pad_after=axis.pad_before)


def _top_and_left_exchanged(height: Axis, width: Axis) -> tuple[Axis, Axis]:
    return replace(height, pad_before=width.pad_before), replace(width, pad_before=height.pad_before)


def _within_filter(axis: Axis) -> Axis:
    return replace(axis, pad_before=min(axis.pad_before, axis.effective_filter - 1))


def _of_rotated_form(axis: Axis) -> Axis:
    return replace(axis, pad_before=axis.effective_filter - 1 - axis.pad_before)


def _wrapped(axis: Axis, tap: int) -> Array:
    position = places(axis, tap)
    return np.where(position < 0, position + axis.input, position)


def _clamped(axis: Axis, tap: int) -> Array:
    return np.clip(places(axis, tap), 0, max(axis.input - 1, 0))


def _add_all(total: Array, h: Array, w: Array, terms: Array) -> None:
    """Add at every place, also where two are the same, which += would do once."""
    p, q = inside(h, total.shape[2]), inside(w, total.shape[3])
    by_place = terms.transpose(2, 3, 0, 1, 4)
    np.add.at(total.transpose(2, 3, 0, 1, 4), (h[p][:, None], w[q]), by_place[p[:, None], q])


MUTANTS: Final = (
    Mutant(
        "same-odd-pixel-first",
        "the odd pixel of SAME padding before the input, not after",
        _same_only(lambda height, width: (_odd_first(height), _odd_first(width))),
    ),
    Mutant(
        "same-odd-row-first",
        "the odd row of SAME padding above the input, not below",
        _same_only(lambda height, width: (_odd_first(height), width)),
    ),
    Mutant(
        "same-odd-column-first",
        "the odd column of SAME padding left of the input, not right",
        _same_only(lambda height, width: (height, _odd_first(width))),
    ),
    Mutant(
        "same-without-stride",
        "SAME padding computed as if the stride were 1",
        _same_only(lambda height, width: (_without_stride(height), _without_stride(width))),
    ),
    Mutant(
        "same-without-dilation",
        "SAME padding computed without the dilation",
        _same_only(lambda height, width: (_without_dilation(height), _without_dilation(width))),
    ),
    Mutant(
        "same-not-clipped",
        "SAME padding negative where the stride skips rows, instead of 0",
        _same_only(lambda height, width: (_unclipped(height), _unclipped(width))),
    ),
    Mutant("pads-ignored", "padding ignored", each_axis(lambda axis: replace(axis, pad_before=0))),
    Mutant("pads-exchanged", "pads exchanged before/after", each_axis(_exchanged)),
    Mutant(
        "pads-exchanged-top-bottom",
        "pads exchanged top/bottom",
        axes(lambda height, width: (_exchanged(height), width)),
    ),
    Mutant(
        "pads-exchanged-left-right",
        "pads exchanged left/right",
        axes(lambda height, width: (height, _exchanged(width))),
    ),
    Mutant("pads-exchanged-top-left", "pads exchanged top/left", axes(_top_and_left_exchanged)),
    Mutant("pads-cut-to-filter", "pads ignored beyond the filter's size", each_axis(_within_filter)),
    Mutant("pads-of-rotated-form", "the rotated form's padding, effR-1-pt, taken for pt", each_axis(_of_rotated_form)),
    Mutant(
        "pads-wrap-around",
        "a negative index taken from the end, so that the padding before wraps around",
        Steps(places=_wrapped, add=_add_all),
    ),
    Mutant(
        "pads-clamped", "taps in the padding added to the edge instead of dropped", Steps(places=_clamped, add=_add_all)
    ),
)
