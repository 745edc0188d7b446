"""oneDNN's own description of a problem, as benchdnn takes it and ONEDNN_VERBOSE prints it: `mb1_ic8oc16_ih9oh9kh3...`.

tests/benchdnn/doc/driver_conv.md in oneDNN's repository has the grammar. Dilations count from 0 there.
"""

import re
from typing import Final

from harness.studies.importers import Layer, PaddingOfLayer
from harness.studies.importers.calls.converted import GRADIENT, CallError, Converted, Windows, checked, transposed
from harness.studies.importers.calls.syntax import TYPES

_KEYS: Final = "g|mb|ic|oc|[io][dhw]|[ksdp][dhw]"
_PROBLEM: Final = re.compile(rf"(?<![a-z0-9])(?:(?:{_KEYS})\d+_?)*ic\d+_?(?:(?:{_KEYS})\d+_?)*")
_TYPE: Final = re.compile(r"(?:src_|src:|dt=|cfg=)(bf16|f16|f32|f64|s32)")
_OF_DECONVOLUTION: Final = (
    "This is a deconvolution's gradient with respect to its input: a convolution, not the operator"
)


def problem_in(text: str) -> str | None:
    """The description in a line of benchdnn or of ONEDNN_VERBOSE, if there is one."""
    found = _PROBLEM.search(text)
    return found[0] if found else None


def converted(text: str) -> Converted:
    """The convolution or the deconvolution of a line. Raises CallError where something is missing."""
    said = {key: int(number) for key, number in re.findall(rf"({_KEYS})(\d+)", problem_in(text) or "")}
    missing = [key for key in ("ic", "oc", "ih", "kh") if key not in said]
    if missing:
        raise CallError(f"missing in {problem_in(text)}: {', '.join(missing)}")
    if any(said.get(key, 1) != 1 for key in ("id", "od", "kd")):
        raise CallError("three dimensions: the operator has two")
    dtype = TYPES[found[1]] if (found := _TYPE.search(text)) else "float32"
    backward = bool(re.search(r"BWD_D\b|backward_data", text, re.IGNORECASE))
    if "deconv" in text:
        if backward:
            raise CallError(_OF_DECONVOLUTION)
        return Converted(_deconvolution(said, dtype), said.get("mb", 2))
    return Converted(_convolution(said, dtype), said.get("mb", 2), () if backward else (GRADIENT,))


def _axis(said: dict[str, int], axis: str, *, deconvolution: bool) -> tuple[int, int, Windows]:
    """Extents of source and target along `h` or `w`, and the windows; what is left out is as benchdnn has it."""
    axis = axis if f"i{axis}" in said else "h"
    source, filter = said[f"i{axis}"], said.get(f"k{axis}", said["kh"])
    stride, dilation = said.get(f"s{axis}", 1), said.get(f"d{axis}", 0) + 1
    span = (filter - 1) * dilation + 1
    before, target = said.get(f"p{axis}"), said.get(f"o{axis}")
    if before is None and target is not None:
        large, windows = (target, source) if deconvolution else (source, target)
        before = max(0, ((windows - 1) * stride - large + span) // 2)
    before = before or 0
    if target is None:
        full = (source - 1) * stride + span - 2 * before
        target = full if deconvolution else (source + 2 * before - span) // stride + 1
    return source, target, Windows(filter, stride, dilation, before, before)


def _deconvolution(said: dict[str, int], dtype: str) -> Layer:
    (P, H, rows), (Q, W, columns) = (_axis(said, axis, deconvolution=True) for axis in "hw")
    images = (said.get("mb", 2), said["ic"], P, Q)
    return transposed(
        images, (rows.filter, columns.filter, said["oc"]), (H, W), (rows, columns), said.get("g", 1), dtype
    )


def _convolution(said: dict[str, int], dtype: str) -> Layer:
    (H, P, rows), (W, Q, columns) = (_axis(said, axis, deconvolution=False) for axis in "hw")
    pads = rows.pads(H, P), columns.pads(W, Q)
    padding: PaddingOfLayer = pads if any(map(any, pads)) else "VALID"
    steps = (rows.stride, columns.stride), (rows.dilation, columns.dilation)
    groups = said.get("g", 1)
    return checked(Layer(H, W, said["ic"], rows.filter, columns.filter, said["oc"], *steps, padding, groups, dtype))
