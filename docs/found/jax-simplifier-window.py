"""XLA, called by JAX, ends the process while it compiles a convolution whose operands it has exchanged."""

import os

os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import numpy as np
from jax import lax


@jax.jit
def gradient(filter, cotangent):
    def forward(x):
        return lax.conv_general_dilated(
            x, filter, (2, 1), ((1, 1), (1, 0)), dimension_numbers=("NHWC", "HWIO", "NHWC")
        )

    return jax.linear_transpose(forward, jax.ShapeDtypeStruct((1, 4, 1, 1), np.float32))(cotangent)[0]


print("expected [1.0, 1.0, 1.0, 1.0]", flush=True)
print("actual  ", gradient(np.ones((2, 2, 1, 1), np.float32), np.ones((1, 3, 1, 1), np.float32)).ravel().tolist())
