"""Every path to the operator that a user of TensorFlow can reach, one function each.

All take and return what `harness.implementations.Kernel` says. Operands reach a `tf.function` as arguments: captured
constants are folded when it is compiled, and the kernel under test would never run.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np
import tensorflow as tf

from harness.implementations import UnavailableError

Array: TypeAlias = np.ndarray[Any, Any]
Ints: TypeAlias = list[int]

LARGEST_UNSEEN: Final = 2**28  # elements of an input that is filled with zeros before anybody looks at its extents


def eager(*, input_sizes: Ints, filter: Array, out_backprop: Array, **attributes: Any) -> Array:
    """Call `tf.raw_ops.Conv2DBackpropInput`, executed eagerly."""
    with tf.device("/CPU:0"):
        return _op(input_sizes, filter, out_backprop, attributes)


def graph(*, input_sizes: Ints, filter: Array, out_backprop: Array, **attributes: Any) -> Array:
    """Call the op in a `tf.function`."""
    with tf.device("/CPU:0"):
        return _run(_function("graph", _key(attributes)), input_sizes, filter, out_backprop)


def xla(*, input_sizes: Ints, filter: Array, out_backprop: Array, **attributes: Any) -> Array:
    """Call the op in a `tf.function` that XLA compiles for the CPU."""
    with tf.device("/CPU:0"):
        return _run(_function("xla", _key(attributes)), input_sizes, filter, out_backprop)


def eigen(*, input_sizes: Ints, filter: Array, out_backprop: Array, **attributes: Any) -> Array:
    """Call the op in a graph that asks for the second CPU kernel, labelled `eigen_tensor`.

    tensorflow/core/kernels/conv_grad_input_ops.h: Conv2DBackpropInputOp, beside Conv2DCustomBackpropInputOp.
    """
    with tf.device("/CPU:0"):
        return _run(_function("eigen", _key(attributes)), input_sizes, filter, out_backprop)


def gradient(*, input_sizes: Ints, filter: Array, out_backprop: Array, **attributes: Any) -> Array:
    """Differentiate `tf.nn.conv2d` with respect to its input by GradientTape (C15)."""
    if len(input_sizes) == 2:  # C10: batch from out_backprop, channels from the filter
        N, C = out_backprop.shape[0], filter.shape[2]
        input_sizes = [N, C, *input_sizes] if attributes["data_format"] == "NCHW" else [N, *input_sizes, C]
    if math.prod(input_sizes) > LARGEST_UNSEEN:
        _same_shape(_inferred(input_sizes, filter, attributes), out_backprop)
    with tf.device("/CPU:0"):
        x = tf.zeros(input_sizes, filter.dtype)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.nn.conv2d(x, tf.constant(filter), **_public(attributes))
        _same_shape(y, out_backprop)
        result = tape.gradient(y, x, output_gradients=tf.constant(out_backprop))
        if result is None:
            raise NotImplementedError(f"GradientTape has no gradient for {filter.dtype}")
        return _numpy(result)


def transpose(*, input_sizes: Ints, filter: Array, out_backprop: Array, **attributes: Any) -> Array:
    """Call `tf.nn.conv2d_transpose` (C15)."""
    with tf.device("/CPU:0"):
        return _numpy(
            tf.nn.conv2d_transpose(
                tf.constant(out_backprop),
                tf.constant(filter),
                tf.constant(input_sizes, tf.int32),
                **_public(attributes),
            )
        )


def gpu(*, input_sizes: Ints, filter: Array, out_backprop: Array, **attributes: Any) -> Array:
    """Call the op, executed eagerly, on the first GPU; float32 products are float32's."""
    with _gpu(tf32=False):
        return _op(input_sizes, filter, out_backprop, attributes)


def gpu_tf32(*, input_sizes: Ints, filter: Array, out_backprop: Array, **attributes: Any) -> Array:
    """Call the op, executed eagerly, on the first GPU; float32 operands are rounded to TF32's 11 bits."""
    with _gpu(tf32=True):
        return _op(input_sizes, filter, out_backprop, attributes)


def gpu_xla(*, input_sizes: Ints, filter: Array, out_backprop: Array, **attributes: Any) -> Array:
    """Call the op in a `tf.function` that XLA compiles for the first GPU; float32 products are float32's."""
    with _gpu(tf32=False):
        return _run(_function("xla", _key(attributes)), input_sizes, filter, out_backprop)


def gpu_xla_tf32(*, input_sizes: Ints, filter: Array, out_backprop: Array, **attributes: Any) -> Array:
    """Call the op in a `tf.function` that XLA compiles for the first GPU; float32 operands are rounded to TF32."""
    with _gpu(tf32=True):
        return _run(_function("xla", _key(attributes)), input_sizes, filter, out_backprop)


@contextmanager
def _gpu(*, tf32: bool) -> Iterator[None]:
    if not tf.config.list_physical_devices("GPU"):
        raise UnavailableError("TensorFlow sees no GPU")
    tf.config.set_soft_device_placement(False)  # what has no kernel there must say so, not run on the CPU
    tf.config.experimental.enable_tensor_float_32_execution(tf32)
    with tf.device("/GPU:0"):
        yield


def _op(input_sizes: Ints, filter: Array, out_backprop: Array, attributes: dict[str, Any]) -> Array:
    return _numpy(
        tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.constant(input_sizes, tf.int32),
            filter=tf.constant(filter),
            out_backprop=tf.constant(out_backprop),
            **attributes,
        )
    )


def _numpy(tensor: Any) -> Array:
    result: Array = tensor.numpy()
    return result


def _key(attributes: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in attributes.items())


@lru_cache(maxsize=2)
def _function(path: str, key: tuple[tuple[str, Any], ...]) -> Any:
    """The op as a `tf.function`; two are kept, since the calls of a case follow each other."""
    attributes = {name: list(value) if isinstance(value, tuple) else value for name, value in key}

    def op(input_sizes: Any, filter: Any, out_backprop: Any) -> Any:
        return tf.raw_ops.Conv2DBackpropInput(
            input_sizes=input_sizes, filter=filter, out_backprop=out_backprop, **attributes
        )

    def labelled(*operands: Any) -> Any:
        # There is no public way to ask for a kernel by its label.
        with tf.compat.v1.get_default_graph()._kernel_label_map({"Conv2DBackpropInput": "eigen_tensor"}):  # noqa: SLF001
            return op(*operands)

    bodies: dict[str, Callable[..., Any]] = {"graph": op, "xla": op, "eigen": labelled}
    return tf.function(bodies[path], autograph=False, jit_compile=path == "xla", reduce_retracing=False)


def _run(function: Any, input_sizes: Ints, filter: Array, out_backprop: Array) -> Array:
    return _numpy(function(tf.constant(input_sizes, tf.int32), tf.constant(filter), tf.constant(out_backprop)))


def _public(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes as `tf.nn` spells them: explicit paddings as pairs under `padding`."""
    explicit = attributes["explicit_paddings"]
    padding = attributes["padding"]
    if padding == "EXPLICIT" or explicit:
        if padding != "EXPLICIT" or len(explicit) % 2:
            raise NotImplementedError(f"tf.nn cannot express padding {padding} with explicit_paddings {explicit}")
        padding = [list(pair) for pair in zip(explicit[::2], explicit[1::2], strict=True)]
    return {
        "strides": attributes["strides"],
        "padding": padding,
        "data_format": attributes["data_format"],
        "dilations": attributes["dilations"],
    }


def _inferred(input_sizes: Ints, filter: Array, attributes: dict[str, Any]) -> Any:
    """The forward convolution as shapes alone."""
    with tf.Graph().as_default():
        return tf.nn.conv2d(
            tf.compat.v1.placeholder(filter.dtype, input_sizes), tf.constant(filter), **_public(attributes)
        )


def _same_shape(y: Any, out_backprop: Array) -> None:
    """A tape does not look at the shape of `output_gradients`; its caller has to."""
    if tuple(y.shape) != out_backprop.shape:
        raise ValueError(f"out_backprop {list(out_backprop.shape)} must be {list(y.shape)}")
