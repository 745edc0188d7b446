"""Extents that fit int32 each and whose product fits nothing end the process under XLA."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import tensorflow as tf


@tf.function(jit_compile=True)
def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 2147483647, 2147483647, 1],
        filter=filter,
        out_backprop=out_backprop,
        strides=[1, 1, 1, 1],
        padding="VALID",
    )


print("expected InvalidArgumentError", flush=True)
try:
    print("actual  ", op(tf.ones([1, 1, 1, 1]), tf.ones([1, 1, 1, 1])).shape)
except (tf.errors.InvalidArgumentError, ValueError) as error:
    print("actual  ", type(error).__name__)
