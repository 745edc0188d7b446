"""The second CPU kernel of Conv2DBackpropInput computes groups, wrongly, where the first one refuses them."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf


@tf.function
def op(filter, out_backprop):
    with tf.compat.v1.get_default_graph()._kernel_label_map({"Conv2DBackpropInput": "eigen_tensor"}):
        return tf.raw_ops.Conv2DBackpropInput(
            input_sizes=[1, 1, 1, 2], filter=filter, out_backprop=out_backprop, strides=[1, 1, 1, 1], padding="VALID"
        )


filter = np.array([2, 3], np.float32).reshape(1, 1, 1, 2)  # two groups of one channel each
out_backprop = np.array([5, 7], np.float32).reshape(1, 1, 1, 2)
print("expected [10.0, 21.0], or InvalidArgumentError")
try:
    actual = op(filter, out_backprop).numpy().ravel().tolist()
except tf.errors.InvalidArgumentError as error:
    print("actual  ", type(error).__name__)
    raise SystemExit(0) from None
print("actual  ", actual)
raise SystemExit(int(actual != [10, 21]))
