"""TensorFlow Lite's TRANSPOSE_CONV, from a model of one op."""

from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from harness import geometry_of
from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]


def transpose(**call: Any) -> Array:
    """Invoke an interpreter of a model that was converted from the op."""
    interpreter = _interpreter(geometry_of(call), call["padding"])
    signature = interpreter.get_signature_runner()
    result: Array = signature(filter=call["filter"], out_backprop=call["out_backprop"])["in_backprop"]
    return result


@lru_cache(maxsize=2)
def _interpreter(geometry: Geometry, padding: str) -> Any:
    """An interpreter for one geometry; two are kept, since the calls of a case follow each other."""

    class Model(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
        @tf.function(  # type: ignore[untyped-decorator]
            input_signature=[
                tf.TensorSpec(geometry.filter_shape, tf.float32, name="filter"),
                tf.TensorSpec(geometry.output_shape, tf.float32, name="out_backprop"),
            ]
        )
        def op(self, filter: Any, out_backprop: Any) -> dict[str, Any]:
            in_backprop = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.constant(geometry.input_shape, tf.int32),
                filter=filter,
                out_backprop=out_backprop,
                strides=[1, geometry.height.stride, geometry.width.stride, 1],
                padding=padding,
            )
            return {"in_backprop": in_backprop}

    model = Model()
    functions = [model.op.get_concrete_function()]
    content = tf.lite.TFLiteConverter.from_concrete_functions(functions, model).convert()
    interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter
