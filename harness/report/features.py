"""What a case is, in the words that the page filters by, and the rows of its conformance matrix."""

from dataclasses import dataclass
from typing import Any, Final

from harness.records import Result
from harness.report.failure import plain

Geometry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Feature:
    """A row of the matrix: the cases that `query` finds."""

    group: str
    name: str
    query: str


_VALID: Final = (
    ("type", "half", "dtype:half"),
    ("type", "bfloat16", "dtype:bfloat16"),
    ("type", "float32", "dtype:float32"),
    ("type", "float64", "dtype:float64"),
    ("type", "int32", "dtype:int32"),
    ("stride", "1", "stride:one"),
    ("stride", "up to the filter's span", "stride:within"),
    ("stride", "larger than the span", "stride:larger"),
    ("stride", "uneven", "stride:uneven"),
    ("padding", "VALID", "padding:VALID"),
    ("padding", "SAME", "padding:SAME"),
    ("padding", "EXPLICIT, even", "padding:EXPLICIT pads:even"),
    ("padding", "EXPLICIT, uneven", "padding:EXPLICIT pads:uneven"),
    ("dilation", "1", "dilation:one"),
    ("dilation", "larger", "dilation:larger"),
    ("groups", "one", "groups:1"),
    ("groups", "several", "grouped:yes depthwise:no"),
    ("groups", "depthwise", "depthwise:yes"),
    ("layout", "NHWC", "layout:NHWC"),
    ("layout", "NCHW", "layout:NCHW"),
    ("edges", "empty tensors", "empty:yes"),
    ("edges", "input_sizes of 2", "input_sizes:2"),
)
FEATURES: Final = (
    *(Feature(group, name, f"{query} expect:conforms") for group, name, query in _VALID),
    Feature("edges", "invalid inputs", "expect:rejects"),
)


def features_of(result: Result) -> dict[str, str]:
    """Each key that a filter knows a case by, and the case's value; what does not apply is left out."""
    call, geometry = result.attributes, result.geometry
    told = {
        "dtype": plain(call.get("dtype")),
        "padding": plain(call.get("padding")),
        "layout": plain(call.get("data_format")),
        "strides": _steps(call, "strides"),
        "dilations": _steps(call, "dilations"),
        "input_sizes": str(len(call.get("input_sizes", ()))),
        "expect": result.expect,
        "empty": _yes(any(0 in call.get(key, ()) for key in ("input_sizes", "filter", "out_backprop"))),
        "covers": " ".join(result.covers),
        "tag": " ".join(result.tags),
        "file": plain(result.source.get("file")).rpartition("/")[2],
    }
    return told | (_derived(geometry) if geometry else {})


def _derived(geometry: Geometry) -> dict[str, str]:
    axes = (geometry["height"], geometry["width"])
    groups = geometry["groups"]
    return {
        "stride": _stride_class(axes),
        "dilation": "larger" if any(axis["dilation"] > 1 for axis in axes) else "one",
        "pads": "even" if all(axis["pad_before"] == axis["pad_after"] for axis in axes) else "uneven",
        "groups": str(groups),
        "grouped": _yes(groups > 1),
        "depthwise": _yes(groups > 1 and groups == geometry["C"]),
    }


def _stride_class(axes: tuple[Geometry, ...]) -> str:
    """The strides against the extent that the dilated filter spans (C2); words, as both axes may differ."""
    spans = [(axis["filter"] - 1) * axis["dilation"] + 1 for axis in axes]
    strides = [axis["stride"] for axis in axes]
    larger = any(stride > span for stride, span in zip(strides, spans, strict=True))
    size = "larger" if larger else "one" if set(strides) == {1} else "within"
    return size + " uneven" * (len(set(strides)) > 1)


def _steps(call: dict[str, Any], key: str) -> str:
    """Strides or dilations as the ids spell them: `2`, or `3x1` for height and width."""
    values = call.get(key, ())
    if len(values) != 4:
        return "x".join(map(str, values))
    height, width = values[2:] if call.get("data_format") == "NCHW" else values[1:3]
    return str(height) if height == width else f"{height}x{width}"


def _yes(truth: bool) -> str:  # noqa: FBT001 -- the one thing it says
    return "yes" if truth else "no"
