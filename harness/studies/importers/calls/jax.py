"""JAX's calls, each with its own signature; `dimension_numbers` are three strings.

jax/_src/lax/convolution.py: `_conv_transpose_padding` says what SAME and VALID are of a transposed convolution.
"""

from collections.abc import Sequence
from typing import Any, Final

from harness.studies.importers import Layer, PaddingOfLayer, Pair
from harness.studies.importers.calls.converted import (
    GRADIENT,
    CallError,
    Converted,
    Windows,
    checked,
    image_shape,
    pair,
    transposed,
    weight_shape,
)
from harness.studies.importers.calls.syntax import Shape, dtype_of, shape_of

CHANNELS_LAST: Final = ("NHWC", "HWIO", "NHWC")
CHANNELS_FIRST: Final = ("NCHW", "OIHW", "NCHW")
ROTATED: Final = "The case's filter is rhs turned by 180 degrees, its channel axes exchanged."
NEITHER: Final = "both strides and lhs_dilation are above 1: neither a convolution nor the gradient of one"


def conv_transpose(
    lhs: Any, rhs: Any, strides: Any, padding: Any, rhs_dilation: Any = None, dimension_numbers: Any = None,
    transpose_kernel: bool = False, precision: Any = None, preferred_element_type: Any = None,
    use_consistent_padding: bool = False,
) -> Converted:  # fmt: skip
    """`jax.lax.conv_transpose(...)`."""
    letters = dimension_numbers or CHANNELS_LAST
    spans = _ordered(weight_shape("rhs", rhs), letters[1], "HW")
    steps, rates = pair("strides", strides), pair("rhs_dilation", rhs_dilation or 1)
    if isinstance(padding, str) or use_consistent_padding:
        given = [padding, padding] if isinstance(padding, str) else padding
        padding = [
            _pads_of_transposed((spans[axis] - 1) * rates[axis] + 1, steps[axis], given[axis]) for axis in (0, 1)
        ]
    channels = "OI" if transpose_kernel else "IO"
    return _dilated(lhs, rhs, padding, steps, rates, letters, channels)


def _pads_of_transposed(span: int, stride: int, padding: Any) -> Pair:
    if padding == "SAME":
        total = span + stride - 2
        before = span - 1 if stride > span - 1 else -(-total // 2)
        return before, total - before
    if padding == "VALID":
        return span - 1, stride - 1 + max(span - stride, 0)
    before, after = pair("padding", padding)
    return span - before - 1, span - after - 1


def conv_general_dilated(
    lhs: Any, rhs: Any, window_strides: Any, padding: Any, lhs_dilation: Any = None, rhs_dilation: Any = None,
    dimension_numbers: Any = None, feature_group_count: int = 1, batch_group_count: int = 1, precision: Any = None,
    preferred_element_type: Any = None, out_sharding: Any = None,
) -> Converted:  # fmt: skip
    """`jax.lax.conv_general_dilated(...)`: the operator with `lhs_dilation`, and else a convolution."""
    if batch_group_count != 1:
        raise CallError("batch_group_count belongs to the gradient with respect to the filter")
    letters = dimension_numbers or CHANNELS_FIRST
    rates, inner = pair("rhs_dilation", rhs_dilation or 1), pair("lhs_dilation", lhs_dilation or 1)
    steps = pair("window_strides", window_strides)
    if max(inner) > 1:
        if max(steps) > 1 or isinstance(padding, str):
            raise CallError(NEITHER if max(steps) > 1 else "with lhs_dilation the padding is numbers")
        return _dilated(lhs, rhs, padding, inner, rates, letters, "IO", feature_group_count)
    R, S, C_per_group, K = _ordered(weight_shape("rhs", rhs), letters[1], "HWIO")
    images, notes = _images(lhs, letters[0], C_per_group * feature_group_count)
    pads: PaddingOfLayer = _pairs(padding) if not isinstance(padding, str) else "SAME" if padding == "SAME" else "VALID"
    if padding == "SAME_LOWER":
        raise CallError("SAME_LOWER: write the pads as numbers")
    layer = Layer(images[2], images[3], images[1], R, S, K, steps, rates, pads, feature_group_count, dtype_of(lhs, rhs))
    return Converted(checked(layer), images[0], (*notes, GRADIENT))


def _dilated(
    lhs: Any,
    rhs: Any,
    padding: Sequence[Any],
    steps: Pair,
    rates: Pair,
    letters: Sequence[str],
    channels: str,
    groups: int = 1,
) -> Converted:
    """A convolution at stride 1 of an lhs dilated by `steps`: the operator with that stride (C15)."""
    R, S, K_per_group, C = _ordered(weight_shape("rhs", rhs), letters[1], f"HW{channels}")
    images, notes = _images(lhs, letters[0], K_per_group * groups)
    windows: list[Windows] = []
    sizes: list[int] = []
    for axis, (before, after) in enumerate(_pairs(padding)):
        each = Windows((R, S)[axis], steps[axis], rates[axis], 0)
        windows.append(Windows((R, S)[axis], steps[axis], rates[axis], each.span - 1 - before, each.span - 1 - after))
        sizes.append((images[axis + 2] - 1) * steps[axis] + 1 + before + after - each.span + 1)
    layer = transposed(images, (R, S, C), pair("", sizes), (windows[0], windows[1]), groups, dtype_of(lhs, rhs))
    return Converted(layer, images[0], notes if channels == "OI" else (*notes, ROTATED))


def _images(lhs: Any, letters: str, channels: int) -> tuple[Shape, tuple[str, ...]]:
    """N C H W."""
    shape = shape_of(lhs)
    if shape is None:
        return image_shape("lhs", lhs, channels)
    if len(shape) != 4:
        raise CallError(f"lhs has 4 dimensions, not {len(shape)}")
    return image_shape("lhs", _ordered(shape, letters, "NCHW"), channels)


def _ordered(shape: Shape, letters: str, wanted: str) -> tuple[int, ...]:
    if not isinstance(letters, str) or sorted(letters) not in (sorted("NCHW"), sorted("OIHW")):
        raise CallError(f"dimension_numbers are three strings such as {CHANNELS_LAST}")
    return tuple(shape[letters.index(letter)] for letter in wanted)


def _pairs(padding: Sequence[Any]) -> tuple[Pair, Pair]:
    if len(padding) != 2:
        raise CallError(f"padding is SAME, VALID or two pairs, not {padding}")
    return pair("padding", padding[0]), pair("padding", padding[1])


FUNCTIONS = {each.__name__: each for each in (conv_transpose, conv_general_dilated)}
