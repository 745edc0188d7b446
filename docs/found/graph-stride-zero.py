"""A stride of 0 ends the process in a tf.function; executed eagerly it is an InvalidArgumentError."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import tensorflow as tf


@tf.function
def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 4, 4, 1], filter=filter, out_backprop=out_backprop, strides=[1, 0, 0, 1], padding="VALID"
    )


print("expected InvalidArgumentError or ValueError", flush=True)
try:
    print("actual  ", op(tf.ones([2, 2, 1, 1]), tf.ones([1, 3, 3, 1])).shape)
except (tf.errors.InvalidArgumentError, ValueError) as error:
    print("actual  ", type(error).__name__)
