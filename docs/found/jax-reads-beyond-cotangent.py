"""XLA:CPU, called by JAX, reads beyond the end of the cotangent. NaN lies behind it here, and arrives in the result."""

import os

os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import numpy as np
from jax import lax

memory = np.full(1024, np.nan, np.float32)
start = -memory.ctypes.data % 64 // 4  # aligned, so that JAX takes the memory over and copies nothing
cotangent = memory[start : start + 7 * 7 * 2].reshape(1, 7, 7, 2)
cotangent[:] = 1


@jax.jit
def gradient(filter, cotangent):
    def forward(x):
        return lax.conv_general_dilated(
            x, filter, (1, 1), ((4, 0), (4, 0)), dimension_numbers=("NHWC", "HWIO", "NHWC")
        )

    return jax.linear_transpose(forward, jax.ShapeDtypeStruct((1, 4, 4, 1), np.float32))(cotangent)[0]


actual = np.asarray(gradient(np.ones((2, 2, 1, 2), np.float32), jax.dlpack.from_dlpack(cotangent)))
print("expected", [[8.0] * 4] * 4)  # four taps, two channels, all of them 1
print("actual  ", actual[0, :, :, 0].tolist())
raise SystemExit(int(not np.all(actual == 8)))
