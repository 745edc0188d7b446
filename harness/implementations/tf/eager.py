"""The op itself, executed eagerly."""

from typing import Any

import numpy as np
import tensorflow as tf


def conv2d_backprop_input(
    *,
    input_sizes: list[int],
    filter: np.ndarray[Any, Any],
    out_backprop: np.ndarray[Any, Any],
    strides: list[int],
    padding: str,
    explicit_paddings: list[int],
    data_format: str,
    dilations: list[int],
) -> np.ndarray[Any, Any]:
    """Call `tf.raw_ops.Conv2DBackpropInput` on the CPU."""
    with tf.device("/CPU:0"):
        in_backprop: np.ndarray[Any, Any] = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.constant(input_sizes, tf.int32),
            filter=tf.constant(filter),
            out_backprop=tf.constant(out_backprop),
            strides=strides,
            padding=padding,
            explicit_paddings=explicit_paddings,
            data_format=data_format,
            dilations=dilations,
        ).numpy()
    return in_backprop
