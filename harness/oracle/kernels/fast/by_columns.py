"""Few channels: the products of all taps at once, channels first, so that additions run along whole rows."""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.kernels.fast.axes import exchanged, met, part, steps
from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]
_BLOCK: Final = 2**17  # elements of the products at a time: 1 MiB of float64, as much as a core's own cache holds
_MOST: Final = 7 * 2**20  # elements that may be held: 56 MiB


def by_columns(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute `in_backprop` [N H W C] from `filter` [R S C/G K] and `out_backprop` [N P Q K], in their common type.

    columns[g,r,s,c,n,p,q] sums over k. They are added up along the width, and these sums along the height: that is
    R + S additions instead of R * S. Taps and positions that meet nothing are left out beforehand.
    """
    in_backprop = np.zeros(geometry.input_shape, out_backprop.dtype)
    (down, rows, height), (across, columns, width) = met(geometry.height), met(geometry.width)
    reached = replace(geometry, height=height, width=width)
    if rows.stop and columns.stop:
        _add(reached, filter[down, across], out_backprop[:, rows, columns], in_backprop)
    return in_backprop


def _add(geometry: Geometry, filter: Array, out_backprop: Array, in_backprop: Array) -> None:
    (N, P, Q, K), (R, S, C, _), G = geometry.output_shape, filter.shape, geometry.groups
    weights = filter.reshape(R * S * C, G, K // G).transpose(1, 0, 2)
    height, width = _sums(geometry.height), _sums(geometry.width)
    images, rows = _block(geometry)
    for n in range(0, N, images):
        some = out_backprop[n : n + images].reshape(-1, P, Q, G, K // G)
        planes = np.zeros((*height.parts, *width.parts, G, C, len(some), height.extent, width.extent), some.dtype)
        for p in range(0, P, rows):
            block = some[:, p : p + rows]
            columns = _product(weights, block).reshape(G, R, S, C, *block.shape[:3])
            by_row = np.zeros((*width.parts, G, R, C, *block.shape[:2], width.extent), some.dtype)
            width.add(columns, by_row, tap=2, position=6)
            height.add(by_row, planes, tap=2, position=5, first=p)
        joined = in_backprop[n : n + images].reshape(len(some), *geometry.input_shape[1:3], G, C)
        for down, across in product(range(*height.parts), range(*width.parts)):
            place = joined[:, height.places(down), width.places(across)]
            whole = planes[down, across].transpose(2, 3, 4, 0, 1)
            place[...] = whole[:, : place.shape[1], : place.shape[2]]


def fits(geometry: Geometry) -> bool:
    """Whether one image, one row's products and their sums are no more than may be held."""
    return _plane(geometry) + 2 * _row(geometry) <= _MOST


@dataclass(frozen=True, slots=True)
class _Sums:
    """How products are added up along one axis.

    Taps and positions play the same part in C1: the fewer are looped over, the others are the slices that are added.
    Input positions of the same `phase` of the slices' step lie side by side until all is added up, so that no addition
    skips elements. There are `extent` of them, or one less.
    """

    axis: Axis
    exchanged: bool
    step: int
    phases: tuple[int, ...]
    extent: int

    @property
    def parts(self) -> tuple[int]:
        """How many phases, as a shape."""
        return (len(self.phases),)

    def places(self, part: int) -> slice:
        """The input positions of one phase."""
        return slice(self.phases[part], None, self.step)

    def add(self, terms: Array, sums: Array, *, tap: int, position: int, first: int = 0) -> None:
        """Add `terms`, whose axes `tap` and `position` are this axis's from the position `first` on, to sums[phase]."""
        block = part(self.axis, first, terms.shape[position])
        after = (slice(None),) * (terms.ndim - 1 - position)
        looped = np.moveaxis(terms, (position, tap) if self.exchanged else (tap, position), (0, position - terms.ndim))
        for step in steps(exchanged(block) if self.exchanged else block):
            start = step.inputs.start // self.step
            inputs = slice(start, start + step.outputs.stop - step.outputs.start)
            place = sums[self.phases.index(step.inputs.start % self.step)][(..., inputs, *after)]
            np.add(place, looped[step.tap][(..., step.outputs, *after)], out=place)


@lru_cache(maxsize=256)
def _sums(axis: Axis) -> _Sums:
    fewer_positions = axis.output < axis.filter
    looped = exchanged(axis) if fewer_positions else axis
    phases = tuple(dict.fromkeys(step.inputs.start % looped.stride for step in steps(looped)))
    return _Sums(axis, fewer_positions, looped.stride, phases, -(-axis.input // looped.stride))


def _product(weights: Array, block: Array) -> Array:
    """Products summed over k: [G RSC NPQ] from `filter` [G RSC K/G] and rows [N P Q G K/G] of `out_backprop`."""
    columns = block.reshape(-1, *block.shape[3:]).transpose(1, 2, 0)
    return weights * columns if weights.shape[-1] == 1 else weights @ columns


def _block(geometry: Geometry) -> tuple[int, int]:
    """Images, and rows of each, that are computed together."""
    row, P = _row(geometry), geometry.height.output
    return max(1, _BLOCK // max(row * P, _plane(geometry))), max(1, min(P, _BLOCK // row))


def _row(geometry: Geometry) -> int:
    """Elements of the products of one row of `out_backprop`, or of their sums along the width."""
    R, S, _, _ = geometry.filter_shape
    width = _sums(geometry.width)
    return geometry.C * R * max(S * geometry.width.output, len(width.phases) * width.extent)


def _plane(geometry: Geometry) -> int:
    """Elements of one image, phase by phase."""
    height, width = _sums(geometry.height), _sums(geometry.width)
    return geometry.C * len(height.phases) * height.extent * len(width.phases) * width.extent
