"""Layers of a Keras model: its convolutions, called with the shapes that the model calls them with."""

import os
from pathlib import Path
from typing import Any, Final, TypeAlias

from harness.errors import InvalidInputError
from harness.implementations.resolve import resolve
from harness.remote.loading import load
from harness.spec.attributes import canonical_dtype
from harness.spec.schema import nearest
from harness.studies.importers import Layer, LeftOut, PaddingOfLayer, Pair

Extents: TypeAlias = tuple[int, int, int]  # height, width, channels
KINDS: Final = (
    *("Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose"),
    *("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"),
)
SAVED: Final = (".keras", ".h5", ".hdf5")


def layers_of(model: str) -> list[Layer | LeftOut]:
    """Layers of a model: an application's name, a saved file, or a callable that returns one (`path.py:callable`).

    What has a kernel and is none of KINDS is left out, and said to be. Raises InvalidInputError where there is no such
    model, or where it leaves the height or the width open.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    found = _model(model)
    if not getattr(found, "inputs", None):
        raise InvalidInputError([f"{model}: neither a functional model nor a sequential one with an input"])
    # A sequential model was never called, so that it has no `input`.
    return _calls(found, getattr(found, "input", found.inputs[0]), model)


def _model(name: str) -> Any:
    import keras  # noqa: PLC0415 -- TensorFlow comes with it, and nobody else here needs that

    if name.endswith(SAVED):
        if not Path(name).is_file():
            raise InvalidInputError([f"{name}: no such file"])
        try:
            return keras.models.load_model(name, compile=False)
        except Exception as error:  # noqa: BLE001 -- Keras raises what it likes for what is no model
            said = next(iter(str(error).splitlines()), "")
            raise InvalidInputError([f"{name}: Keras cannot read it: {type(error).__name__}: {said}"]) from None
    keras.utils.clear_session()  # a layer without a name of its own is numbered from here
    # Nothing is computed: variables without values save VGG16 half a gigabyte and most of its time.
    with keras.StatelessScope():
        if ":" in name:
            return load(resolve([name])[0].target)()  # a callable of another kind than a kernel
        applications = {key: value for key, value in vars(keras.applications).items() if key[:1].isupper()}
        if name not in applications:
            raise InvalidInputError([f"{name}: no saved file and no application of Keras{nearest(name, applications)}"])
        return applications[name](weights=None)


def _calls(model: Any, given: Any, name: str) -> list[Layer | LeftOut]:
    """Every call of a convolution, in the order of the model, models within it and layers called twice included."""
    import keras  # noqa: PLC0415 -- as above

    found: list[Layer | LeftOut] = []

    def visit(layer: Any, *inputs: Any, **options: Any) -> Any:
        if isinstance(layer, keras.Model):
            found.extend(_calls(layer, inputs[0], name))
        outputs = layer(*inputs, **options)
        if not isinstance(layer, keras.Model) and hasattr(layer, "kernel_size"):
            found.extend(_layers(layer, inputs[0].shape, outputs.shape))
        return outputs

    with keras.StatelessScope():
        tensors = keras.tree.map_structure(lambda tensor: _placeholder(tensor, name), given)
        if isinstance(model, keras.Sequential):
            for layer in model.layers:
                tensors = visit(layer, tensors)
        else:
            keras.models.clone_model(model, input_tensors=tensors, clone_function=_itself, call_function=visit)
    return found


def _placeholder(tensor: Any, name: str) -> Any:
    import keras  # noqa: PLC0415 -- as above

    if None in tensor.shape[1:]:
        shape = list(tensor.shape)
        raise InvalidInputError([f"{name}: its input {shape} leaves an extent open; save it with a fixed one"])
    return keras.Input(batch_shape=(1, *tensor.shape[1:]), dtype=tensor.dtype)


def _itself(layer: Any) -> Any:
    return layer


def _layers(layer: Any, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> list[Layer | LeftOut]:
    """A call of a layer as the operator sees it: one layer, two of a separable one, or what it is left out for."""
    kind = next((base.__name__ for base in type(layer).__mro__ if base.__name__ in KINDS), None)
    if kind is None:
        return [LeftOut(layer.name, f"{type(layer).__name__} is none of {', '.join(KINDS)}")]
    input, output = (_extents(shape, first=layer.data_format == "channels_first") for shape in (inputs, outputs))
    try:
        return _convolutions(layer, kind, input, output)
    except InvalidInputError as error:
        return [LeftOut(layer.name, error.lines[0].partition(": ")[2])]


def _convolutions(layer: Any, kind: str, input: Extents, output: Extents) -> list[Layer | LeftOut]:
    """The layers of one call: a transposed convolution's output is `in_backprop`, a depthwise one has C groups (C8)."""
    transposed = kind.endswith("Transpose")
    (H, W, C), (P, Q, K) = (output, input) if transposed else (input, output)
    R, S = _two(layer.kernel_size)
    steps = _two(layer.strides), _two(layer.dilation_rate)
    padding: PaddingOfLayer = "SAME" if layer.padding == "same" else "VALID"
    if layer.padding == "causal":  # Conv1D: all of SAME's padding at stride 1 comes first
        padding = ((0, 0), ((S - 1) * steps[1][1], 0))
    groups = 1 if transposed else getattr(layer, "groups", 1)
    channels = K
    if kind.startswith(("Depthwise", "Separable")):
        groups, channels = C, C * layer.depth_multiplier
    dtype = canonical_dtype(layer.compute_dtype)
    found = Layer(H, W, C, R, S, channels, *steps, padding, groups, dtype, layer.name)
    geometry = found.geometry(1)
    if (geometry.height.output, geometry.width.output) != (P, Q):
        return [LeftOut(layer.name, "an output padding for which C3 has no convolution")]
    if not kind.startswith("Separable"):
        return [found]
    pointwise = Layer(P, Q, channels, 1, 1, K, (1, 1), (1, 1), padding, 1, dtype, layer.name)
    return [found, pointwise]


def _extents(shape: tuple[int, ...], *, first: bool) -> Extents:
    """Height, width and channels; one dimension is a width, at a height of 1."""
    *extents, channels = (*shape[2:], shape[1]) if first else shape[1:]
    height, width = _two(extents)
    return height, width, channels


def _two(values: Any) -> Pair:
    """Height and width of what has one or two dimensions."""
    *rows, columns = values
    return (rows[0] if rows else 1), columns
