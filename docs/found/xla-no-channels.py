"""The XLA kernel divides 0 channels by 0 channels, and ends the process."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import tensorflow as tf


@tf.function(jit_compile=True)
def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 4, 4, 0], filter=filter, out_backprop=out_backprop, strides=[1, 1, 1, 1], padding="VALID"
    )


print("expected a tensor of shape (1, 4, 4, 0), or InvalidArgumentError", flush=True)
print("actual  ", op(tf.ones([2, 2, 0, 1]), tf.ones([1, 3, 3, 1])).shape)
