"""Conv2DBackpropFilter ends the process where out_backprop is empty and the stride is above 1."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import tensorflow as tf

print("expected [0.0, 0.0, 0.0]", flush=True)
result = tf.raw_ops.Conv2DBackpropFilter(
    input=tf.ones([1, 2, 1, 1]),
    filter_sizes=[3, 1, 1, 1],
    out_backprop=tf.ones([1, 0, 1, 1]),  # ceil((2 - 3 + 1) / 3) = 0 rows
    strides=[1, 3, 3, 1],
    padding="VALID",
)
print("actual  ", result.numpy().ravel().tolist())
