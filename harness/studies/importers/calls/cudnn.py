"""cuDNN's descriptors, one C call after the other: a convolution, whose backward data is the operator.

https://docs.nvidia.com/deeplearning/cudnn: cudnnSetConvolution2dDescriptor, cudnnConvolutionBackwardData.
"""

from typing import Any

from harness.studies.importers import Layer, PaddingOfLayer
from harness.studies.importers.calls.converted import CallError, Converted, checked
from harness.studies.importers.calls.syntax import Call, Name, dtype_of


def is_cudnn(call: Call) -> bool:
    """Whether the call is one of cuDNN's."""
    return call.name.last.startswith("cudnn")


def converted(calls: list[Call]) -> Converted:
    """The convolution that the descriptors describe. Raises CallError where one is missing."""
    said = {call.name.last: call.arguments for call in calls}
    tensor = _of("cudnnSetTensor4dDescriptor(dxDesc, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n, c, h, w)", said)
    filter = _of("cudnnSetFilter4dDescriptor(wDesc, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, k, c, h, w)", said)
    convolution = _of(
        "cudnnSetConvolution2dDescriptor(convDesc, pad_h, pad_w, u, v, dilation_h, dilation_w, mode)", said
    )
    if sum(call.name.last == "cudnnSetTensor4dDescriptor" for call in calls) > 1:
        raise CallError("of the tensors only dx, the result, may be described: dy follows from it (C3)")
    groups = said.get("cudnnSetConvolutionGroupCount", (None, 1))[1]
    N, C, H, W = tensor[3:7]
    K, C_per_group, R, S = filter[3:7]
    if C_per_group * groups != C:
        raise CallError(f"dx has {C} channels, the filter {C_per_group} in each of {groups} groups (C8)")
    pad_h, pad_w, u, v, dilation_h, dilation_w = convolution[1:7]
    pads: PaddingOfLayer = ((pad_h, pad_h), (pad_w, pad_w)) if pad_h or pad_w else "VALID"
    layer = Layer(H, W, C, R, S, K, (u, v), (dilation_h, dilation_w), pads, groups, dtype_of(tensor[2]))
    rotated = any(isinstance(each, Name) and each.last == "CUDNN_CONVOLUTION" for each in convolution)
    notes = ("CUDNN_CONVOLUTION: the case's filter is turned by 180 degrees.",) if rotated else ()
    return Converted(checked(layer), N, notes)


def _of(example: str, said: dict[str, tuple[Any, ...]]) -> tuple[Any, ...]:
    """The arguments of a call; `example` says which, and how many there are."""
    name, _, arguments = example.partition("(")
    if name not in said or len(said[name]) < arguments.count(",") + 1:
        raise CallError(f"missing: {example}")
    words = arguments.rstrip(")").split(", ")
    pairs = zip(said[name], words, strict=False)  # the compute type may follow
    if any(word.islower() and word != "mode" and type(value) is not int for value, word in pairs):
        raise CallError(f"not all numbers: {example}")
    return said[name]
