"""Keras's layer of a transposed convolution."""

from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from harness import geometry_of
from harness.spec.geometry import Axis

Array: TypeAlias = np.ndarray[Any, Any]


def transpose(**call: Any) -> Array:
    """Call `keras.layers.Conv2DTranspose` with `filter` as its kernel.

    Raises NotImplementedError for an input that its `output_padding` cannot say.
    """
    geometry, padding = geometry_of(call), call["padding"]
    height, width = geometry.height, geometry.width
    if any(axis.dilation > 1 for axis in (height, width)) and any(axis.stride > 1 for axis in (height, width)):
        raise NotImplementedError("strides beside a dilation_rate")
    beyond = _beyond(height, padding), _beyond(width, padding)
    if not (0 <= beyond[0] < height.stride and 0 <= beyond[1] < width.stride):
        raise NotImplementedError("output_padding must lie between 0 and the stride")
    layer = keras.layers.Conv2DTranspose(
        geometry.C,
        (height.filter, width.filter),
        (height.stride, width.stride),
        padding=padding.lower(),
        output_padding=beyond,
        dilation_rate=(height.dilation, width.dilation),
        data_format="channels_last" if call["data_format"] == "NHWC" else "channels_first",
        use_bias=False,
        dtype=call["filter"].dtype.name,
    )
    rows = tf.constant(call["out_backprop"])
    layer.build(rows.shape)
    layer.kernel.assign(call["filter"])
    result: Array = layer(rows).numpy()
    return result


def _beyond(axis: Axis, padding: str) -> int:
    """`output_padding`: what the input has beyond the layer's own extent (keras, backend/common/backend_utils.py)."""
    total = 2 * (axis.effective_filter // 2) if padding == "SAME" else 0
    return axis.input - ((axis.output - 1) * axis.stride + axis.effective_filter - total)
