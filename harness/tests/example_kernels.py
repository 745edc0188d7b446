"""Kernels as a user would bring them: one that is right, and some that are wrong in one way each."""

import contextlib
import ctypes
import os
import signal
import stat
import threading
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def right(
    *,
    input_sizes: list[int],
    filter: Array,
    out_backprop: Array,
    strides: list[int],
    padding: str,
    explicit_paddings: list[int],
    data_format: str,
    dilations: list[int],
) -> Array:
    """The definition for NHWC, written without a look at the harness; float types accumulate in float64."""
    if data_format != "NHWC" or len(input_sizes) != 4 or filter.shape[2] != input_sizes[3]:
        raise NotImplementedError("NHWC with four input_sizes and without groups")
    if min(*strides, *dilations, *input_sizes[1:]) < 1 or strides[0] * strides[3] * dilations[0] * dilations[3] != 1:
        raise ValueError("strides and dilations")
    _, H, W, _ = input_sizes
    _, P, Q, _ = out_backprop.shape
    _, sh, sw, _ = strides
    _, dh, dw, _ = dilations
    top, left = (explicit_paddings[2], explicit_paddings[4]) if padding == "EXPLICIT" else (0, 0)
    if padding == "SAME":
        top = max((P - 1) * sh + (filter.shape[0] - 1) * dh + 1 - H, 0) // 2
        left = max((Q - 1) * sw + (filter.shape[1] - 1) * dw + 1 - W, 0) // 2
    wide: Any = np.int64 if filter.dtype == np.int32 else np.float64
    dy, weights = out_backprop.astype(wide), filter.astype(wide)
    result = np.zeros(input_sizes, wide)
    for p, q, r, s in np.ndindex(P, Q, *filter.shape[:2]):
        h, w = p * sh + r * dh - top, q * sw + s * dw - left
        if 0 <= h < H and 0 <= w < W:
            result[:, h, w] += dy[:, p, q] @ weights[r, s].T
    with np.errstate(over="ignore"):
        return result.astype(filter.dtype)


def one_element_off(**call: Any) -> Array:
    """One element is off by one in a thousand."""
    result = right(**call)
    result.flat[result.size // 2 : result.size // 2 + 1] *= result.dtype.type(1.001)
    return result


def rounds_operands_to_11_bits(*, filter: Array, out_backprop: Array, **call: Any) -> Array:
    """Multiplies as TF32 does."""
    filter, out_backprop = (
        np.ldexp(np.round(np.ldexp(mantissa, 11)), exponent - 11).astype(filter.dtype)
        for mantissa, exponent in (np.frexp(filter), np.frexp(out_backprop))
    )
    return right(filter=filter, out_backprop=out_backprop, **call)


def refuses(**_: Any) -> Array:
    """Says that it does not support anything."""
    raise NotImplementedError("not today")


def exits(**_: Any) -> Array:
    """Tries to end the process."""
    raise SystemExit(3)


def returns_none(**_: Any) -> None:
    """Forgets to return."""


def returns_wrong_type(**call: Any) -> Array:
    """Returns float64 whatever it was given."""
    return right(**call).astype(np.float64)


def returns_wrong_shape(**call: Any) -> Array:
    """Returns a flat array."""
    return right(**call).ravel()


def returns_objects(**call: Any) -> Array:
    """Returns an array of Python objects."""
    return right(**call).astype(object)


def accepts_everything(*, input_sizes: list[int], filter: Array, **_: Any) -> Array:
    """Returns zeros for anything."""
    return np.zeros([abs(size) for size in input_sizes], filter.dtype)


def writes_to_operands(*, out_backprop: Array, **_: Any) -> Array:
    """Uses its operand as scratch space."""
    out_backprop *= 2
    return out_backprop


def aborts(**_: Any) -> Array:
    """Ends the process by a signal, with a last word."""
    os.write(2, b"about to abort\n")
    os.abort()


def aborts_when_strided(*, strides: list[int], **call: Any) -> Array:
    """Ends the process for some cases only."""
    if max(strides) > 1:
        os.abort()
    return right(strides=strides, **call)


def exits_at_once(**_: Any) -> Array:
    """Ends the process without an error."""
    os._exit(0)


def sleeps(**_: Any) -> Array:
    """Never comes back."""
    threading.Event().wait()
    raise AssertionError("unreachable")


def leaks(**_: Any) -> Array:
    """Takes memory until it is stopped."""
    while True:
        _HOARD.append(np.ones(1 << 22))


def prints(**call: Any) -> Array:
    """Prints 100 MB to both streams, then answers."""
    for _ in range(50):
        os.write(1, b"x" * (1 << 20))
        os.write(2, b"y" * (1 << 20))
    return right(**call)


def remembers(**call: Any) -> Array:
    """Right the first time it sees operands of a shape; later it returns what it returned then."""
    key = (call["out_backprop"].shape, call["filter"].shape, float(call["filter"].ravel()[0]))
    seen = _SEEN.get(key[:2])
    if seen is None:
        _SEEN[key[:2]] = seen = right(**call)
    return seen.copy()


def poisons(*, strides: list[int], **call: Any) -> Array:
    """A strided call leaves a mine behind, on which the next call in the same process steps."""
    if _SEEN.get("mine") is not None and max(strides) == 1:
        os.abort()
    if max(strides) > 1:
        _SEEN["mine"] = np.zeros(0)
    return right(strides=strides, **call)


def writes_around_the_flag(*, out_backprop: Array, **call: Any) -> Array:
    """Writes to its operand although it is read-only."""
    result = right(out_backprop=out_backprop, **call)
    ctypes.memset(out_backprop.ctypes.data, 0, out_backprop.nbytes)
    return result


_HOARD: list[Array] = []
_SEEN: dict[Any, Array] = {}


def forks(**call: Any) -> Array:
    """Come back twice."""
    os.fork()
    return right(**call)


def forks_and_stays(**_: Any) -> Array:
    """Leave a child behind that outlives the call, then end the process."""
    if not os.fork():
        signal.pause()
    os.abort()


def scribbles(**call: Any) -> Array:
    """Write nonsense to whatever pipe can be written to."""
    for descriptor in range(3, 64):
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                os.write(descriptor, b"\x01" + bytes(7) + b"\x05" + bytes(7) + b"wrong")
    return right(**call)


def forges(**call: Any) -> Array:
    """Answer in the place of its host, with an array of another shape."""
    text = b'{"header": {"outcome": "Returned", "seconds": 0.0}, "arrays": [{"dtype": "float32", "shape": [0]}]}'
    for descriptor in range(3, 64):
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                os.write(descriptor, b"c2di" + len(text).to_bytes(4, "little") + text)
    return right(**call)


def scribbles_half(**call: Any) -> Array:
    """Announce more than will come."""
    for descriptor in range(3, 64):
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                os.write(descriptor, b"c2di" + b"\x00\x10\x00\x00" + b"{")
    return right(**call)
