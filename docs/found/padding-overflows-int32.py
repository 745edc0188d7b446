"""The extent of the padded input is computed in 32 bits: both windows are lost, and the result is 0."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import tensorflow as tf

most = 2**31 - 1
actual = tf.raw_ops.Conv2DBackpropInput(
    input_sizes=[1, 2, 1, 1],
    filter=tf.ones([1, 1, 1, 1]),
    out_backprop=tf.ones([1, 2, 1, 1]),  # windows at -most, in the padding, and at 1 * most - most = 0
    strides=[1, most, most, 1],
    padding="EXPLICIT",
    explicit_paddings=[0, 0, most, 0, 0, 0, 0, 0],
).numpy()
print("expected [1.0, 0.0]")
print("actual  ", actual.ravel().tolist())
raise SystemExit(int(actual.ravel().tolist() != [1, 0]))
