"""XLA ends the process while it compiles a convolution whose operands it has exchanged."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import tensorflow as tf


@tf.function(jit_compile=True)
def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 4, 1, 1],
        filter=filter,
        out_backprop=out_backprop,
        strides=[1, 2, 1, 1],
        padding="EXPLICIT",
        explicit_paddings=[0, 0, 1, 1, 1, 0, 0, 0],
    )


print("expected [1.0, 1.0, 1.0, 1.0]", flush=True)
print("actual  ", op(tf.ones([2, 2, 1, 1]), tf.ones([1, 3, 1, 1])).numpy().ravel().tolist())
