"""The XLA kernel accepts explicit_paddings under SAME and ignores it; every other kernel rejects it."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import tensorflow as tf


@tf.function(jit_compile=True)
def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 4, 4, 1],
        filter=filter,
        out_backprop=out_backprop,
        strides=[1, 1, 1, 1],
        padding="SAME",
        explicit_paddings=[0, 0, 1, 1, 1, 1, 0, 0],
    )


print("expected InvalidArgumentError: explicit_paddings attribute must be empty if the padding is not EXPLICIT")
try:
    print("actual   a tensor of shape", op(tf.ones([3, 3, 1, 1]), tf.ones([1, 4, 4, 1])).shape)
except tf.errors.InvalidArgumentError as error:
    print("actual  ", str(error).splitlines()[0])
else:
    raise SystemExit(1)
