"""Layers of a Keras model: its Conv2D and Conv2DTranspose, called with the shapes that the model calls them with."""

import os
from pathlib import Path
from typing import Any, Final

from harness.errors import InvalidInputError
from harness.implementations.resolve import load, resolve
from harness.spec.schema import nearest
from harness.studies.importers import Layer

SAVED: Final = (".keras", ".h5", ".hdf5")


def layers_of(model: str) -> list[Layer]:
    """Layers of a model: an application's name, a saved file, or a callable that returns one (`path.py:callable`).

    Depthwise and separable convolutions are left out. Raises InvalidInputError where there is no such model, or where
    it leaves the height or the width open.
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
            return load(resolve([name])[0])()  # type: ignore[call-arg]  # a callable of another kind than a kernel
        applications = {key: value for key, value in vars(keras.applications).items() if key[:1].isupper()}
        if name not in applications:
            raise InvalidInputError([f"{name}: no saved file and no application of Keras{nearest(name, applications)}"])
        return applications[name](weights=None)


def _calls(model: Any, given: Any, name: str) -> list[Layer]:
    """Every call of a convolution, in the order of the model, models within it and layers called twice included."""
    import keras  # noqa: PLC0415 -- as above

    found: list[Layer] = []

    def visit(layer: Any, *inputs: Any, **options: Any) -> Any:
        if isinstance(layer, keras.Model):
            found.extend(_calls(layer, inputs[0], name))
        outputs = layer(*inputs, **options)
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Conv2DTranspose):
            found.append(_layer(layer, inputs[0].shape, outputs.shape))
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


def _layer(layer: Any, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> Layer:
    """A call of a layer as the operator sees it: a transposed convolution's output is `in_backprop`."""
    import keras  # noqa: PLC0415 -- as above

    transposed = isinstance(layer, keras.layers.Conv2DTranspose)
    image, other = (outputs, inputs) if transposed else (inputs, outputs)
    first = layer.data_format == "channels_first"
    H, W, C = (image[2], image[3], image[1]) if first else image[1:]
    R, S = layer.kernel_size
    K = other[1 if first else 3]
    steps = tuple(layer.strides), tuple(layer.dilation_rate)
    groups = 1 if transposed else layer.groups
    found = Layer(H, W, C, R, S, K, *steps, layer.padding.upper(), groups, layer.name)
    geometry = found.geometry(1)
    if (geometry.height.output, geometry.width.output) != (other[2:4] if first else other[1:3]):
        raise InvalidInputError([f"{layer.name}: an output padding that the operator has no word for"])
    return found
