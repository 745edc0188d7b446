"""Right kernels by algorithms with errors of their own, each as exact as its author would have it.

Each declares its profile, so that `-i harness/tests/right_algorithms.py:fft` runs one. They take any geometry; what an
algorithm is not for, and int32, is summed in float32, or in the type where that is wider.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

import ml_dtypes
import numpy as np

from harness.implementations.arguments import Call, call_from
from harness.spec.case import Algorithm
from harness.spec.geometry import Axis
from harness.tests.right_kernels import ORDERS, factors

Array: TypeAlias = np.ndarray[Any, Any]

# Lavin and Gray 2016: y = A^T [(G g) * (B^T d)] for tiles of m outputs and a filter of three.
_F2: Final = (
    np.array([[1, 1, 1, 0], [0, 1, -1, -1]]),
    np.array([[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]]),
    np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]),
)
_F4: Final = (
    np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]),
    np.array(
        [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6], [1 / 24, 1 / 12, 1 / 6],
         [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]]
    ),
    np.array(
        [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0],
         [0, 4, 0, -5, 0, 1]]
    ),
)  # fmt: skip


def _wide(call: Call) -> np.dtype[Any]:
    return np.dtype(np.float32) if call.filter.dtype.itemsize == 2 else call.filter.dtype


def _kernel(compute: Callable[[Call], Array], **arguments: Any) -> Array:
    call = call_from(**arguments)
    with np.errstate(all="ignore"):
        result = (_plain if call.filter.dtype == np.int32 else compute)(call).astype(call.filter.dtype)
    return np.ascontiguousarray(call.in_layout(result))


def _plain(call: Call) -> Array:
    total: Array = ORDERS["float32_accumulator"](*factors(call))
    return total.reshape(call.geometry.input_shape)


def _by_group(call: Call) -> tuple[Array, Array]:
    """The filter [G R S C/G K/G] and `out_backprop` [G N P Q K/G], in the type that sums are kept in."""
    G, (R, S, C, K) = call.geometry.groups, call.filter.shape
    filter = call.filter.astype(_wide(call)).reshape(R, S, C, G, K // G).transpose(3, 0, 1, 2, 4)
    rows = call.out_backprop.astype(_wide(call))
    return filter, rows.reshape(*rows.shape[:3], G, K // G).transpose(3, 0, 1, 2, 4)


def _winograd(matrices: tuple[Array, Array, Array], call: Call) -> Array:
    geometry = call.geometry
    axes: tuple[Axis, Axis] = (geometry.height, geometry.width)
    if any((axis.filter, axis.stride, axis.dilation) != (3, 1, 1) for axis in axes) or 0 in geometry.input_shape:
        return _plain(call)
    A, G, B = (matrix.astype(_wide(call)) for matrix in matrices)
    m, n = A.shape
    tiles = [-(-axis.input // m) for axis in axes]
    filter, rows = _by_group(call)
    padded = np.zeros((*rows.shape[:2], tiles[0] * m + n - m, tiles[1] * m + n - m, rows.shape[4]), rows.dtype)
    (p, h), (q, w) = (_shifted(axis, extent) for axis, extent in zip(axes, padded.shape[2:4], strict=True))
    padded[:, :, h, w] = rows[:, :, p, q]
    U = np.einsum("ir,grsck,js->gijck", G, filter[:, ::-1, ::-1], G)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (n, n), (2, 3))[:, :, ::m, ::m]
    V = np.einsum("ia,gnxykab,jb->gnxyijk", B, windows, B)
    M = np.einsum("gnxyijk,gijck->gnxyijc", V, U)
    Y: Array = np.einsum("ai,gnxyijc,bj->nxaybgc", A, M, A)
    N, H, W, C = geometry.input_shape
    return Y.reshape(N, tiles[0] * m, tiles[1] * m, C)[:, :H, :W]


def _shifted(axis: Axis, extent: int) -> tuple[slice, slice]:
    """Rows of `out_backprop`, and where they lie for a correlation with the reversed filter of three (C15)."""
    first = 2 - axis.pad_before
    start, stop = max(0, -first), min(axis.output, extent - first)
    return (slice(start, stop), slice(start + first, stop + first)) if start < stop else (slice(0, 0), slice(0, 0))


def _fft(call: Call) -> Array:
    geometry = call.geometry
    axes = (geometry.height, geometry.width)
    if 0 in (*geometry.input_shape, *geometry.output_shape) or max(a.stride * a.output for a in axes) > 10**4:
        return _plain(call)
    filter, rows = _by_group(call)
    extents = [(a.output - 1) * a.stride + a.effective_filter for a in axes]
    stuffed = np.zeros((*rows.shape[:2], *extents, rows.shape[4]), rows.dtype)
    stuffed[:, :, : extents[0] : axes[0].stride, : extents[1] : axes[1].stride][
        :, :, : axes[0].output, : axes[1].output
    ] = rows
    dilated = np.zeros((filter.shape[0], *extents, *filter.shape[3:]), filter.dtype)
    dilated[:, :: axes[0].dilation, :: axes[1].dilation][:, : axes[0].filter, : axes[1].filter] = filter
    spectrum = np.einsum("gnxyk,gxyck->gnxyc", np.fft.fft2(stuffed, axes=(2, 3)), np.fft.fft2(dilated, axes=(1, 2)))
    full = np.fft.ifft2(spectrum, axes=(2, 3)).real.astype(rows.dtype)
    result = np.zeros(
        (geometry.groups, geometry.N, *(a.input for a in axes), geometry.C // geometry.groups), rows.dtype
    )
    (x, h), (y, w) = (_cropped(axis, extent) for axis, extent in zip(axes, extents, strict=True))
    result[:, :, h, w] = full[:, :, x, y]
    return result.transpose(1, 2, 3, 0, 4).reshape(geometry.input_shape)


def _cropped(axis: Axis, extent: int) -> tuple[slice, slice]:
    count = max(0, min(axis.input, extent - axis.pad_before))
    return slice(axis.pad_before, axis.pad_before + count), slice(0, count)


def _strassen(left: Array, right: Array, levels: int) -> Array:
    """A matrix product of seven (Strassen 1969), `levels` deep."""
    if not levels or min(left.shape[0], *right.shape) < 2:
        return np.asarray(left @ right)
    rows, columns = left.shape[0], right.shape[1]
    left, right = (np.pad(each, [(0, extent % 2) for extent in each.shape]) for each in (left, right))
    (a, b), (c, d) = (list(np.split(row, 2, axis=1)) for row in np.split(left, 2))
    (e, f), (g, h) = (list(np.split(row, 2, axis=1)) for row in np.split(right, 2))
    products = [(a + d, e + h), (c + d, e), (a, f - h), (d, g - e), (a + b, h), (c - a, e + f), (b - d, g + h)]
    m = [_strassen(*pair, levels - 1) for pair in products]
    upper = np.hstack([m[0] + m[3] - m[4] + m[6], m[2] + m[4]])
    lower = np.hstack([m[1] + m[3], m[0] - m[1] + m[2] + m[5]])
    return np.vstack([upper, lower])[:rows, :columns]


def _strassen_and_scatter(levels: int, call: Call) -> Array:
    geometry = call.geometry
    if not geometry.multiply_adds:
        return _plain(call)
    filter, rows = _by_group(call)
    G, N, P, Q, K = rows.shape
    R, S, C = filter.shape[1:4]
    result = np.zeros((N, geometry.height.input, geometry.width.input, G, C), rows.dtype)
    for g in range(G):
        columns = _strassen(rows[g].reshape(N * P * Q, K), filter[g].reshape(R * S * C, K).T, levels)
        patches = columns.reshape(N, P, Q, R, S, C)
        for r, s in np.ndindex(R, S):
            h, w = (np.arange(a.output) * a.stride + tap * a.dilation - a.pad_before
                    for a, tap in ((geometry.height, r), (geometry.width, s)))  # fmt: skip
            p, q = (np.flatnonzero((at >= 0) & (at < a.input)) for at, a in ((h, geometry.height), (w, geometry.width)))
            result[:, h[p][:, None], w[q], g] += patches[:, p[:, None], q, r, s]
    return result.reshape(geometry.input_shape)


def _split(array: Array) -> tuple[Array, Array]:
    high = array.astype(ml_dtypes.bfloat16).astype(np.float32)
    return high, (array - high).astype(ml_dtypes.bfloat16).astype(np.float32)


def _of_bfloat16(products: int, call: Call) -> Array:
    left, right = factors(call)
    if left.dtype != np.float32:
        return _plain(call)
    (x, dx), (y, dy) = _split(left), _split(right)
    parts = [(x, y), (dx, y), (x, dy)][:products]
    return _in_turn(np.concatenate([one * other for one, other in parts], axis=1)).reshape(call.geometry.input_shape)


def _in_turn(products: Array) -> Array:
    total = np.zeros(len(products), products.dtype)
    for term in products.T:
        total = total + term
    return total


def _kahan(call: Call) -> Array:
    left, right = factors(call)
    total, lost = (np.zeros(len(left), left.dtype) for _ in range(2))
    for term in (left * right).T:
        added = term - lost
        grown = total + added
        total, lost = grown, (grown - total) - added
    return total.reshape(call.geometry.input_shape)


def _split_k(call: Call) -> Array:
    return ORDERS["split"](*factors(call)).reshape(call.geometry.input_shape)


COMPUTE: Final[dict[Algorithm, Callable[[Call], Array]]] = {
    Algorithm.WINOGRAD_F2: partial(_winograd, _F2),
    Algorithm.WINOGRAD_F4: partial(_winograd, _F4),
    Algorithm.FFT: _fft,
    Algorithm.STRASSEN: partial(_strassen_and_scatter, 2),
    Algorithm.BFLOAT16X2: partial(_of_bfloat16, 2),
    Algorithm.BFLOAT16X3: partial(_of_bfloat16, 3),
    Algorithm.KAHAN: _kahan,
    Algorithm.SPLIT_K: _split_k,
}
KERNELS: Final = {algorithm: partial(_kernel, compute) for algorithm, compute in COMPUTE.items()}

winograd_f2, winograd_f4, fft, strassen, bfloat16x2, bfloat16x3, kahan, split_k = KERNELS.values()

winograd_f2.conformance = {"profile": {"algorithm": "winograd-f2", "float32_accumulator": True}}  # type: ignore[attr-defined]
winograd_f4.conformance = {"profile": {"algorithm": "winograd-f4", "float32_accumulator": True}}  # type: ignore[attr-defined]
fft.conformance = {"profile": {"algorithm": "fft", "float32_accumulator": True}}  # type: ignore[attr-defined]
strassen.conformance = {"profile": {"algorithm": "strassen", "float32_accumulator": True}}  # type: ignore[attr-defined]
bfloat16x2.conformance = {"profile": {"algorithm": "bfloat16x2"}}  # type: ignore[attr-defined]
bfloat16x3.conformance = {"profile": {"algorithm": "bfloat16x3"}}  # type: ignore[attr-defined]
kahan.conformance = {"profile": {"algorithm": "kahan"}}  # type: ignore[attr-defined]
split_k.conformance = {"profile": {"algorithm": "split-k"}}  # type: ignore[attr-defined]
