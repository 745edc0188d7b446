"""With an empty out_backprop and a stride above 1, XLA returns another shape than input_sizes."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import tensorflow as tf


@tf.function(jit_compile=True)
def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 2, 4, 1], filter=filter, out_backprop=out_backprop, strides=[1, 3, 3, 1], padding="VALID"
    )


# ceil((2 - 3 + 1) / 3) = 0 rows
actual = tuple(op(tf.ones([3, 2, 1, 1]), tf.ones([1, 0, 1, 1])).numpy().shape)
print("expected", (1, 2, 4, 1))
print("actual  ", actual)
raise SystemExit(int(actual != (1, 2, 4, 1)))
