"""Drawn calls as entries of case files, under ids that carry a digest of the call: an id never means another call."""

import hashlib
import json
from dataclasses import asdict
from typing import Any, Final

from harness.spec.case import Attributes, Case, DataKind, Expect, Profile, Source
from harness.spec.geometry import Geometry
from harness.studies.drawn import Call

_SHORT: Final = {"half": "half", "bfloat16": "bf16", "float32": "f32", "float64": "f64", "int32": "i32"}


def digest(attributes: Attributes) -> str:
    """Six hexadecimal digits of a call."""
    text = json.dumps(asdict(attributes), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def id_of(call: Call) -> str:
    """What a reader sees of a call, and its digest: `2x9x17x33-3x3x8-s2x1-same-f32-1f3a2b`."""
    geometry, attributes = call.geometry, call.attributes
    (R, S, _, K), G = geometry.filter_shape, geometry.groups
    height, width = geometry.height, geometry.width
    parts = [
        "x".join(map(str, geometry.input_shape)),
        f"{R}x{S}x{K}",
        f"g{G}" if G > 1 else "",
        _steps("s", height.stride, width.stride),
        _steps("d", height.dilation, width.dilation),
        attributes.padding.lower(),
        "nchw" if attributes.data_format == "NCHW" else "",
        "hw" if len(attributes.input_sizes) == 2 else "",
        _SHORT[attributes.dtype],
        digest(attributes),
    ]
    return "-".join(filter(None, parts))


def _steps(letter: str, high: int, wide: int) -> str:
    return f"{letter}{high}" if high == wide != 1 else f"{letter}{high}x{wide}" if (high, wide) != (1, 1) else ""


def as_case(call: Call) -> Case:
    """The case that a call becomes, with witness operands alone."""
    return Case(
        path="generated.yaml",
        name=id_of(call),
        attributes=call.attributes,
        geometry=call.geometry,
        expect=Expect.CONFORMS,
        data=(DataKind.WITNESS,),
        covers=(),
        tags=(),
        profile=Profile(),
        source=Source("generated.yaml", 1),
    )


def entry_of(call: Call) -> dict[str, Any]:
    """The keys of the case: what is at its default is left out."""
    geometry, attributes = call.geometry, call.attributes
    high, wide = geometry.height, geometry.width
    two = len(attributes.input_sizes) == 2
    explicit = [[high.pad_before, high.pad_after], [wide.pad_before, wide.pad_after]]
    entry: dict[str, Any] = {"id": id_of(call), "covers": rules_of(attributes, geometry)}
    entry |= {"input_sizes": list(attributes.input_sizes), "filter": list(attributes.filter)}
    entry |= {"out_backprop": list(attributes.out_backprop)} if two else {}
    entry |= {key: _pair(one, other) for key, one, other in _spread(geometry) if (one, other) != (1, 1)}
    entry["padding"] = explicit if attributes.padding == "EXPLICIT" else attributes.padding
    entry |= {"data_format": "NCHW"} if attributes.data_format == "NCHW" else {}
    return entry | ({"dtype": attributes.dtype} if attributes.dtype != "float32" else {})


def _spread(geometry: Geometry) -> tuple[tuple[str, int, int], ...]:
    high, wide = geometry.height, geometry.width
    return ("strides", high.stride, wide.stride), ("dilations", high.dilation, wide.dilation)


def _pair(one: int, other: int) -> int | list[int]:
    return one if one == other else [one, other]


def rules_of(attributes: Attributes, geometry: Geometry) -> list[str]:
    """The rules that a call with something to compute puts to the test."""
    axes = (geometry.height, geometry.width)
    asked = {
        "C1": True,
        "C2": any(axis.dilation > 1 and axis.filter > 1 for axis in axes),
        "C4": attributes.padding == "SAME",
        "C5": any(axis.stride > axis.effective_filter for axis in axes),
        "C6": any(axis.pad_before + axis.pad_after for axis in axes),
        "C7": attributes.data_format == "NCHW",
        "C8": geometry.groups > 1,
        "C9": attributes.dtype != "float32",
        "C10": len(attributes.input_sizes) == 2,
        "C12": attributes.padding == "EXPLICIT",
    }
    return [rule for rule, is_asked in asked.items() if is_asked]
