"""A correct kernel in steps, each of which a mutant may replace.

C1 one tap at a time: the products of a tap, summed over k, are added where the tap lies on the input.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, TypeAlias

import numpy as np

from harness.implementations.arguments import Call, call_from
from harness.oracle.bounds import TYPES
from harness.spec.geometry import Axis

Array: TypeAlias = np.ndarray[Any, Any]

WIDE: Final = {numeric.dtype: np.dtype(np.float32) for numeric in TYPES.values() if numeric.dtype.itemsize == 2}


def as_read(call: Call) -> Call:
    """The call as it was read."""
    return call


def accumulator(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type that sums are kept in: float32 for the two narrow types, else the operands' own."""
    return WIDE.get(dtype, dtype)


def taps(call: Call) -> Iterable[tuple[int, int]]:
    """Every r and s."""
    return product(range(call.filter.shape[0]), range(call.filter.shape[1]))


def places(axis: Axis, tap: int) -> Array:
    """Where a tap lies on the input, for every output position; in the padding it is outside (C1, C2)."""
    return np.arange(axis.output) * axis.stride + tap * axis.dilation - axis.pad_before


def inside(position: Array, extent: int) -> Array:
    """Indices of the positions that lie on an input of this extent."""
    return np.flatnonzero((position >= 0) & (position < extent))


def add(total: Array, h: Array, w: Array, terms: Array) -> None:
    """Add `terms` [G N P Q C/G] to `total` [G N H W C/G] at rows h and columns w; the padding is dropped (C6)."""
    p, q = inside(h, total.shape[2]), inside(w, total.shape[3])
    total[:, :, h[p][:, None], w[q]] += terms[:, :, p[:, None], q]


def joined(total: Array) -> Array:
    """The groups side by side (C8): [G N H W C/G] to [N H W C]."""
    G, N, H, W, C = total.shape
    return total.transpose(1, 2, 3, 0, 4).reshape(N, H, W, G * C)


def finish(call: Call, total: Array) -> Array:
    """Join the groups and round once, to the operands' type (C9)."""
    return joined(total).astype(call.filter.dtype)


def in_layout(call: Call, in_backprop: Array) -> Array:
    """The result in the order of `data_format` (C7)."""
    return call.in_layout(in_backprop)


@dataclass(frozen=True, slots=True)
class Steps:
    """The kernel: correct as it stands, and a mutant where one step is another's."""

    prepare: Callable[[Call], Call] = as_read
    accumulator: Callable[[np.dtype[Any]], np.dtype[Any]] = accumulator
    taps: Callable[[Call], Iterable[tuple[int, int]]] = taps
    places: Callable[[Axis, int], Array] = places
    add: Callable[[Array, Array, Array, Array], None] = add
    finish: Callable[[Call, Array], Array] = finish
    write: Callable[[Call, Array], Array] = in_layout

    def __call__(self, **arguments: Any) -> Array:
        """Compute `in_backprop` from the arguments of the operator. Raises ValueError where they are invalid."""
        return self.compute(call_from(**arguments))

    def compute(self, call: Call) -> Array:
        """Compute `in_backprop` of a valid call, in the order of its `data_format`."""
        with np.errstate(all="ignore"):  # int32 wraps (C9), half overflows, and inf - inf is NaN (C14)
            call = self.prepare(call)
            return self.write(call, self.finish(call, self.total(call)))

    def of(self, call: Call) -> Array:
        """Compute `in_backprop` of a valid call, [N H W C]."""
        with np.errstate(all="ignore"):  # int32 wraps (C9), half overflows, and inf - inf is NaN (C14)
            call = self.prepare(call)
            return self.finish(call, self.total(call))

    def total(self, call: Call) -> Array:
        """Sum over all taps: [G N H W C/G] in the accumulator's type."""
        geometry, G = call.geometry, call.geometry.groups
        N, H, W, C = geometry.input_shape
        R, S, C_per_group, K = call.filter.shape
        dtype = self.accumulator(call.filter.dtype)
        weights = call.filter.astype(dtype).reshape(R, S, C_per_group, G, K // G).transpose(0, 1, 3, 4, 2)
        rows = call.out_backprop.astype(dtype).reshape(N, *geometry.output_shape[1:3], G, K // G)
        rows = np.ascontiguousarray(rows.transpose(3, 0, 1, 2, 4))
        total = np.zeros((G, N, H, W, C // G), dtype)
        flat = rows.reshape(G, math.prod(rows.shape[1:4]), K // G)
        for r, s in self.taps(call):
            terms = (flat @ weights[r, s]).astype(dtype, copy=False).reshape(*rows.shape[:4], C // G)
            self.add(total, self.places(geometry.height, r), self.places(geometry.width, s), terms)
        return total


CORRECT: Final = Steps()
