"""With oneDNN on, a list of three strides ends the process; without it, it is an InvalidArgumentError."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import tensorflow as tf

print("expected InvalidArgumentError", flush=True)
try:
    result = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 4, 4, 1],
        filter=tf.ones([2, 2, 1, 1]),
        out_backprop=tf.ones([1, 3, 3, 1]),
        strides=[1, 1, 1],
        padding="VALID",
    )
    print("actual   a tensor of shape", result.shape)
except tf.errors.InvalidArgumentError as error:
    print("actual  ", type(error).__name__)
