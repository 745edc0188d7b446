"""A framework in one file: numpy's einsum over a view of every window. It shows how little one takes."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from harness import geometry_of, relaid

FRAMEWORK = {
    "package": "numpy",
    "paths": {
        "numpy-einsum": {
            "callable": "backward",
            "summary": "np.einsum into windows of the padded input",
            "supports": {"dtype": ["float32", "float64", "int32"], "grouped": False},
        },
    },
}


def backward(**call: Any) -> Any:
    """Add each window's share where the window lies."""
    g, w = geometry_of(call), call["filter"]
    dy = relaid(call["out_backprop"], call["data_format"], "NHWC")
    h, v = g.height, g.width
    reach = [max(a.pad_before + a.input, a.output and (a.output - 1) * a.stride + a.effective_filter) for a in (h, v)]
    padded = np.zeros((g.N, *reach, g.C), w.dtype)
    n, y, x, c = padded.strides
    for r, s in np.ndindex(h.filter, v.filter):
        corner = padded[:, r * h.dilation :, s * v.dilation :]
        taps = as_strided(corner, (g.N, h.output, v.output, g.C), (n, y * h.stride, x * v.stride, c))
        taps += np.einsum("npqk,ck->npqc", dy, w[r, s], dtype=w.dtype)
    inner = padded[:, h.pad_before : h.pad_before + h.input, v.pad_before : v.pad_before + v.input]
    return relaid(np.ascontiguousarray(inner), "NHWC", call["data_format"])
