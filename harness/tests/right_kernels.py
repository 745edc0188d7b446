"""Right kernels: the sum of C1 in every order that a library may sum in, rounded after every operation.

Each is a kernel as `harness.implementations.Kernel` says, so that `-i harness/tests/right_kernels.py:pairwise` runs it.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

import numpy as np

from harness.implementations.arguments import Call, call_from
from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]
Sum: TypeAlias = Callable[[Array, Array], Array]  # of factors [E, k] each, what is summed along k; padded with zeros

BLOCK: Final = 8


@lru_cache(maxsize=8)
def _places(geometry: Geometry) -> tuple[Array, Array]:
    """For every element the flat indices of its terms' factors, [E, k]; -1 where it has fewer than others."""
    N, H, W, C = geometry.input_shape
    R, S, C_per_group, K = geometry.filter_shape
    K_per_group = K // geometry.groups
    filters = np.arange(R * S * C_per_group * K).reshape(R, S, C_per_group, K)
    outputs = np.arange(int(np.prod(geometry.output_shape))).reshape(geometry.output_shape)
    images = np.arange(N)
    found = np.full((2, N, H, W, C, R * S * K_per_group), -1)
    for c in range(C):
        g, c_in_group = divmod(c, C_per_group)
        k = np.arange(g * K_per_group, (g + 1) * K_per_group)
        for r, s in np.ndindex(R, S):
            (p, h), (q, w) = _met(geometry.height, r), _met(geometry.width, s)
            place = np.ix_(images, h, w, np.array([c]), (r * S + s) * K_per_group + np.arange(K_per_group))
            found[0][place] = filters[r, s, c_in_group, k]
            found[1][place] = outputs[np.ix_(images, p, q, k)][:, :, :, None]
    flat = found.reshape(2, N * H * W * C, found.shape[-1])
    return flat[0], flat[1]


def _met(axis: Axis, tap: int) -> tuple[Array, Array]:
    position = np.arange(axis.output) * axis.stride + tap * axis.dilation - axis.pad_before
    p = np.flatnonzero((position >= 0) & (position < axis.input))
    return p, position[p]


def factors(call: Call) -> tuple[Array, Array]:
    """The factors of every element's terms, [E, k], in the operands' type; both 0 where there is no term."""
    taken = zip(_places(call.geometry), (call.filter, call.out_backprop), strict=True)
    padded = ((places, np.append(operand.ravel(), operand.dtype.type(0))) for places, operand in taken)
    left, right = (operand[places] for places, operand in padded)
    return left, right


def _kernel(add_up: Sum, **arguments: Any) -> Array:
    call = call_from(**arguments)
    with np.errstate(all="ignore"):
        total = add_up(*factors(call)).astype(call.filter.dtype)
    result = total.reshape(call.geometry.input_shape)
    return np.ascontiguousarray(call.in_layout(result))


def _in_turn(products: Array) -> Array:
    total = np.zeros(len(products), products.dtype)
    for term in products.T:
        total = total + term
    return total


def _in_pairs(products: Array) -> Array:
    while products.shape[1] > 1:
        products = np.pad(products, ((0, 0), (0, products.shape[1] % 2)))
        products = products[:, ::2] + products[:, 1::2]
    return products[:, 0] if products.shape[1] else np.zeros(len(products), products.dtype)


def _by_size(products: Array) -> Array:
    return np.take_along_axis(products, np.argsort(np.abs(products), axis=1, kind="stable"), axis=1)


def _in_blocks(products: Array) -> Array:
    """Vectors of partial sums, one for each lane, as SIMD code keeps them."""
    padded = np.pad(products, ((0, 0), (0, -products.shape[1] % BLOCK)))
    lanes = padded.reshape(len(products), padded.shape[1] // BLOCK, BLOCK)
    return _in_pairs(np.stack([_in_turn(lanes[:, :, lane]) for lane in range(BLOCK)], axis=1))


def _in_parts(products: Array) -> Array:
    """Split-K: each part of the terms by itself, and then the parts."""
    cuts = np.array_split(np.arange(products.shape[1]), 3)
    return _in_turn(np.stack([_in_turn(products[:, cut]) for cut in cuts], axis=1))


def _fused(left: Array, right: Array) -> Array:
    """No rounding between a product and its addition; for float64 the product's error is carried beside it."""
    if left.dtype.kind == "i":
        return _in_turn(left * right)
    total = np.zeros(len(left), left.dtype)
    for x, y in zip(left.T, right.T, strict=True):
        total = _fma(x, y, total) if left.dtype == np.float64 else _fma_in_float64(x, y, total)
    return total


def _fma_in_float64(x: Array, y: Array, z: Array) -> Array:
    return np.asarray((x.astype(np.float64) * y.astype(np.float64) + z.astype(np.float64)).astype(x.dtype))


def _fma(x: Array, y: Array, z: Array) -> Array:
    product, error = _two_product(x, y)
    total = product + z
    virtual = total - product
    fused = total + (((product - (total - virtual)) + (z - virtual)) + error)
    return np.where(np.isfinite(fused), fused, total)


def _two_product(x: Array, y: Array) -> tuple[Array, Array]:
    """A product and its rounding error (Dekker), 0 where the parts overflow."""
    product = x * y
    (a, b), (c, d) = (
        (high, each - high) for each in (x, y) for high in [each * 134217729.0 - (each * 134217729.0 - each)]
    )
    return product, np.nan_to_num(((a * c - product) + a * d + b * c) + b * d, posinf=0, neginf=0)


def _wide(dtype: Any, left: Array, right: Array) -> Array:
    return _in_turn(left.astype(dtype) * right.astype(dtype))


def _shuffled(products: Array) -> Array:
    return products[:, np.random.default_rng(0).permutation(products.shape[1])]


def _float32(left: Array, right: Array) -> Array:
    return _wide(np.float32 if left.dtype.itemsize == 2 else left.dtype, left, right)


ORDERS: Final[dict[str, Sum]] = {
    "sequential": lambda x, y: _in_turn(x * y),
    "reversed_order": lambda x, y: _in_turn((x * y)[:, ::-1]),
    "smallest_first": lambda x, y: _in_turn(_by_size(x * y)),
    "largest_first": lambda x, y: _in_turn(_by_size(x * y)[:, ::-1]),
    "shuffled": lambda x, y: _in_turn(_shuffled(x * y)),
    "pairwise": lambda x, y: _in_pairs(x * y),
    "fused": _fused,
    "blocked": lambda x, y: _in_blocks(x * y),
    "split": lambda x, y: _in_parts(x * y),
    "float32_accumulator": _float32,
}
KERNELS: Final = {name: partial(_kernel, add_up) for name, add_up in ORDERS.items()}
(
    sequential,
    reversed_order,
    smallest_first,
    largest_first,
    shuffled,
    pairwise,
    fused,
    blocked,
    split,
    float32_accumulator,
) = KERNELS.values()
