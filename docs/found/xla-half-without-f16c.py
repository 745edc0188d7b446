"""Where the processor has no F16C, or XLA is told so, no convolution in half can be compiled."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["XLA_FLAGS"] = "--xla_cpu_max_isa=SSE4_2"
import tensorflow as tf


@tf.function(jit_compile=True)
def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 4, 4, 1], filter=filter, out_backprop=out_backprop, strides=[1, 2, 1, 1], padding="SAME"
    )


print("expected a tensor of shape (1, 4, 4, 1)")
try:
    print("actual   a tensor of shape", op(tf.ones([3, 3, 1, 1], tf.half), tf.ones([1, 2, 4, 1], tf.half)).shape)
except tf.errors.OpError as error:
    print("actual  ", type(error).__name__, error.message.partition(":")[0])
    raise SystemExit(1) from None
