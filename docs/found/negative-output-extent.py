"""A filter that does not fit its input is accepted where a division in C++ rounds -1 / stride up to 0."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import tensorflow as tf


def call(stride):
    # VALID, height 1, filter of 5 rows: (1 - 5 + stride) / stride is negative for every stride up to 4
    try:
        result = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=[1, 1, 1, 1],
            filter=tf.ones([5, 1, 1, 1]),
            out_backprop=tf.ones([1, 0, 1, 1]),
            strides=[1, stride, stride, 1],
            padding="VALID",
        )
    except tf.errors.InvalidArgumentError as error:
        return type(error).__name__
    return f"a tensor of shape {tuple(result.shape)}"


print("expected", [(stride, "InvalidArgumentError") for stride in (1, 2, 3)])
actual = [(stride, call(stride)) for stride in (1, 2, 3)]
print("actual  ", actual)
raise SystemExit(int(any(said != "InvalidArgumentError" for _, said in actual)))
