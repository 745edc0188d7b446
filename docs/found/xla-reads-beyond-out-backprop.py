"""XLA:CPU reads beyond the end of out_backprop. NaN lies behind the operand here, and arrives in the result."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf

memory = np.full(1024, np.nan, np.float32)
start = -memory.ctypes.data % 64 // 4  # aligned, so that dlpack hands the memory over and copies nothing
out_backprop = memory[start : start + 7 * 7 * 2].reshape(1, 7, 7, 2)
out_backprop[:] = 1


@tf.function(jit_compile=True)
def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 4, 4, 1],
        filter=filter,
        out_backprop=out_backprop,
        strides=[1, 1, 1, 1],
        padding="EXPLICIT",
        explicit_paddings=[0, 0, 4, 0, 4, 0, 0, 0],
    )


actual = op(tf.ones([2, 2, 1, 2]), tf.experimental.dlpack.from_dlpack(out_backprop.__dlpack__()))
print("expected", [[8.0] * 4] * 4)  # four taps, two channels, all of them 1
print("actual  ", actual.numpy()[0, :, :, 0].tolist())
raise SystemExit(int(not np.all(actual.numpy() == 8)))
