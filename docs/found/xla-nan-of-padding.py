"""XLA multiplies a NaN of the filter with the zeros that it pads out_backprop with."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf


def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 4, 4, 1], filter=filter, out_backprop=out_backprop, strides=[1, 1, 1, 1], padding="VALID"
    )


filter = tf.constant(np.array([np.nan, 1, 1, 1], np.float32).reshape(2, 2, 1, 1))
out_backprop = tf.ones([1, 3, 3, 1])
expected = op(filter, out_backprop).numpy()[0, :, :, 0]  # executed eagerly: the first tap reaches no last row or column
actual = tf.function(op, jit_compile=True)(filter, out_backprop).numpy()[0, :, :, 0]
print("expected", expected.tolist())
print("actual  ", actual.tolist())
raise SystemExit(int(not np.array_equal(expected, actual, equal_nan=True)))
