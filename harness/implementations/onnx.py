"""ONNX Runtime: a model of one ConvTranspose node."""

from functools import lru_cache
from typing import Any, Final, TypeAlias

import ml_dtypes
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

from harness import geometry_of, relaid
from harness.spec.geometry import Axis, Geometry

FRAMEWORK = {
    "package": "onnxruntime",
    "install": "'.[onnx]'",
    "facts": "facts",
    "wording": {
        "decoration": [r"^\[ONNXRuntimeError\] : \d+ : "],
        "stamp": [r"^\d{4}-\d\d-\d\d [\d:.]+ \[([IWEF]):\S* \S+ "],
    },
    # A node derives the shape it returns: what it would have to reject cannot be said to it.
    "validates": False,
    "paths": {
        "onnxruntime": {
            "callable": "conv_transpose",
            "summary": "ONNX Runtime's ConvTranspose on the CPU",
            "supports": {"dtype": ["half", "bfloat16", "float32", "float64"]},
        },
    },
}
Array: TypeAlias = np.ndarray[Any, Any]
_TYPES: Final = {
    np.dtype(np.float16): TensorProto.FLOAT16,
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.float64): TensorProto.DOUBLE,
    np.dtype(ml_dtypes.bfloat16): TensorProto.BFLOAT16,
}
_OPSET, _IR = 22, 10  # ConvTranspose takes bfloat16 since 22
_SILENT: Final = 4


def facts() -> dict[str, Any]:
    """The version, as ONNX Runtime states it, and its build."""
    return {
        "packages": {"onnxruntime": onnxruntime.__version__},
        "builds": {"onnxruntime": onnxruntime.get_build_info()},
    }


def conv_transpose(**call: Any) -> Array:
    """Run the node. Raises NotImplementedError for what the provider has no kernel for."""
    session = _session(geometry_of(call), _TYPES[call["filter"].dtype])
    (nchw,) = session.run(
        None,
        {
            "dy": np.ascontiguousarray(relaid(call["out_backprop"], call["data_format"], "NCHW")),
            "filter": np.ascontiguousarray(call["filter"].transpose(3, 2, 0, 1)),
        },
    )
    return relaid(nchw, "NCHW", call["data_format"])


@lru_cache(maxsize=2)
def _session(geometry: Geometry, dtype: int) -> Any:
    """A session for one geometry; two are kept, since the calls of a case follow each other."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    try:
        model = _model(geometry, dtype).SerializeToString()
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        if type(error).__name__ == "NotImplemented":
            raise NotImplementedError(str(error).partition("\n")[0]) from None
        raise


def _model(geometry: Geometry, dtype: int) -> Any:
    height, width = geometry.height, geometry.width
    R, S, C_per_group, K = geometry.filter_shape
    N, P, Q, _ = geometry.output_shape
    after, beyond = zip(_after(height), _after(width), strict=True)
    node = helper.make_node(
        "ConvTranspose",
        ["dy", "filter"],
        ["dx"],
        strides=[height.stride, width.stride],
        dilations=[height.dilation, width.dilation],
        group=geometry.groups,
        pads=[height.pad_before, width.pad_before, *after],
        output_padding=list(beyond),
    )
    inputs = [
        helper.make_tensor_value_info("dy", dtype, [N, K, P, Q]),
        helper.make_tensor_value_info("filter", dtype, [K, C_per_group, R, S]),
    ]
    graph = helper.make_graph([node], "one_node", inputs, [helper.make_tensor_value_info("dx", dtype, None)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)


def _after(axis: Axis) -> tuple[int, int]:
    """Padding at the end, and rows of the input there that no window reaches (output_padding)."""
    natural = (axis.output - 1) * axis.stride + axis.effective_filter - axis.pad_before - axis.pad_after
    beyond = axis.input - natural
    return (axis.pad_after, beyond) if beyond >= 0 else (axis.pad_after - beyond, 0)
