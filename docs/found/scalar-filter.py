"""input_sizes of two elements with a scalar for the filter end the process."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import tensorflow as tf

print("expected InvalidArgumentError", flush=True)
try:
    result = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[4, 4],
        filter=tf.ones([]),
        out_backprop=tf.ones([1, 3, 3, 1]),
        strides=[1, 1, 1, 1],
        padding="VALID",
    )
    print("actual   a tensor of shape", result.shape)
except tf.errors.InvalidArgumentError as error:
    print("actual  ", type(error).__name__)
