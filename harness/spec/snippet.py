"""A case as a stand-alone program: TensorFlow and numpy, nothing of this project."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from harness.spec.case import Case, DataKind

_NUMPY_NAMES: Final = {"half": "np.float16", "bfloat16": "tf.bfloat16.as_numpy_dtype", "bool": "np.bool_"}


def snippet(
    case: Case, callee: str = "tf.raw_ops.Conv2DBackpropInput", environment: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Python text that makes the case's normal operands from its seed and prints what TensorFlow returns.

    `callee` is what is called, `environment` what is set before TensorFlow is imported.
    """
    call = case.attributes
    seed = case.seed(DataKind.NORMAL)
    dtype = _NUMPY_NAMES.get(call.dtype, f"np.{call.dtype}")
    integers = case.geometry is None or call.dtype == "int32"
    drawn = "np.float64" if call.dtype == "float64" else "np.float32"
    draw = "rng.integers(1, 4, {})" if integers else f"rng.standard_normal({{}}, {drawn})"
    before = "".join(f"os.environ[{name!r}] = {value!r}\n" for name, value in environment.items())
    return f"""\
# {case.id}
{f"import os{chr(10)}{chr(10)}{before}{chr(10)}" if before else ""}import numpy as np
import tensorflow as tf

rng = np.random.default_rng({seed})
filter = np.asarray({draw.format(list(call.filter))}).astype({dtype})
out_backprop = np.asarray({draw.format(list(call.out_backprop))}).astype({dtype})
in_backprop = {callee}(
    input_sizes=tf.constant({list(call.input_sizes)}, tf.int32),
    filter=filter,
    out_backprop=out_backprop,
    strides={list(call.strides)},
    padding={call.padding!r},
    explicit_paddings={list(call.explicit_paddings)},
    data_format={call.data_format!r},
    dilations={list(call.dilations)},
)
print(in_backprop.numpy())
"""
