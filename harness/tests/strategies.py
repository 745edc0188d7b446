"""Random calls of the operator, and the operator's definition in exact numbers to hold everything else against."""

from typing import Any, Final

import numpy as np
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from harness.spec.attributes import call_of
from harness.spec.case import Case, DataKind, Expect, Profile, Source
from harness.spec.geometry import Axis, Geometry, Padding, derive_axis
from harness.spec.schema import DTYPES

FLOATS: Final = tuple(name for name in DTYPES if name != "int32")
LARGEST_WORK: Final = 1_500  # multiply-adds, so that a Python loop stays within milliseconds
_DEFAULTS: Final[dict[str, Any]] = {
    "strides": 1,
    "dilations": 1,
    "padding": "VALID",
    "data_format": "NHWC",
    "dtype": "float32",
}


def examples(count: int) -> settings:
    """So many examples, the same ones in every run, however slow or busy the machine."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


def make_case(name: str = "case", profile: Profile | None = None, /, **values: Any) -> Case:
    """One case from the values that a case file would hold; `expect` among them."""
    expect = Expect(values.pop("expect", "conforms"))
    values = _DEFAULTS | values
    attributes, geometry = call_of(values, values["data_format"], expect)
    return Case(
        path="file.yaml",
        name=name,
        attributes=attributes,
        geometry=geometry,
        expect=expect,
        data=(DataKind.WITNESS,),
        covers=(),
        tags=(),
        profile=profile or Profile(),
        source=Source("file.yaml", 1),
    )


def geometry_of(case: Case) -> Geometry:
    """The geometry of a case that has one."""
    assert case.geometry is not None
    return case.geometry


def one_axis(padding: Padding = "VALID", **extents: Any) -> Axis:
    """An axis with everything that is not said at its least."""
    said: dict[str, Any] = {"input": 1, "filter": 1, "stride": 1, "dilation": 1, "pads": (0, 0)}
    return derive_axis("width", padding=padding, **said | extents)


@st.composite
def _axes(draw: st.DrawFn, padding: str, *, may_be_empty: bool) -> dict[str, Any]:
    """Extents of one axis that fit together: strides and dilations on either side of the filter, extents down to 1."""
    filter, stride, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    pads = draw(st.tuples(st.integers(0, 6), st.integers(0, 4))) if padding == "EXPLICIT" else (0, 0)
    spans = 1 if padding == "SAME" else (filter - 1) * dilation + 1
    least = max(0, spans - stride - sum(pads)) if may_be_empty else max(1, spans - sum(pads))
    return {
        "filter": filter,
        "stride": stride,
        "dilation": dilation,
        "pads": pads,
        "input": draw(st.integers(least, least + (1 if may_be_empty else 6))),
    }


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    """Values of a case file for one valid call, in NHWC order, small enough for a Python loop; one in six is empty."""
    empty = draw(st.sampled_from((*[""] * 20, "batch", "inputs", "outputs", "extent")))
    padding = draw(st.sampled_from(("SAME", "VALID", "EXPLICIT")))
    height, width = (draw(_axes(padding, may_be_empty=empty == "extent")) for _ in range(2))
    groups = draw(st.sampled_from((1, 1, 1, 2, 3)))
    C_per_group = draw(st.integers(1, 3))
    C = 0 if empty == "inputs" else groups * C_per_group
    K = 0 if empty == "outputs" else groups * draw(st.integers(1, 3))
    N = 0 if empty == "batch" else draw(st.integers(1, 3))
    return {
        "input_sizes": [N, height["input"], width["input"], C],
        "filter": [height["filter"], width["filter"], C_per_group if C else 0, K],
        "strides": [height["stride"], width["stride"]],
        "dilations": [height["dilation"], width["dilation"]],
        "padding": [list(height["pads"]), list(width["pads"])] if padding == "EXPLICIT" else padding,
    }


@st.composite
def cases(draw: st.DrawFn, dtypes: tuple[str, ...] = DTYPES) -> Case:
    """Valid cases of any type, in the layout of the kernels."""
    case = make_case(dtype=draw(st.sampled_from(dtypes)), **draw(calls()))
    assume(geometry_of(case).multiply_adds <= LARGEST_WORK)
    return case


def geometries() -> st.SearchStrategy[Geometry]:
    """Valid geometries."""
    return cases().map(geometry_of)


def terms(geometry: Geometry) -> dict[tuple[int, ...], list[tuple[tuple[int, ...], tuple[int, ...]]]]:
    """C1 read literally: for every element the index pairs into `filter` and `out_backprop` whose products it sums.

    Nothing is solved for: every combination is tried against h = p*sh + r*dh - pt.
    """
    G = geometry.groups
    N, _, _, C = geometry.input_shape
    K = geometry.K
    rows, columns = _meetings(geometry.height), _meetings(geometry.width)
    return {
        (n, h, w, c): [
            ((r, s, c % (C // G), k), (n, p, q, k))
            for p, r in rows[h]
            for q, s in columns[w]
            for k in range(K)
            if k // (K // G) == c // (C // G)
        ]
        for n in range(N)
        for h in rows
        for w in columns
        for c in range(C)
    }


def _meetings(axis: Axis) -> dict[int, list[tuple[int, int]]]:
    return {
        h: [
            (p, r)
            for p in range(axis.output)
            for r in range(axis.filter)
            if h == p * axis.stride + r * axis.dilation - axis.pad_before
        ]
        for h in range(axis.input)
    }


def by_definition(geometry: Geometry, filter: Any, out_backprop: Any, start: Any = 0) -> np.ndarray[Any, Any]:
    """`in_backprop` as an array of Python numbers; exact where the operands hold int or Fraction."""
    filter, out_backprop = filter.astype(object), out_backprop.astype(object)
    result = np.full(geometry.input_shape, start, dtype=object)
    for index, pairs in terms(geometry).items():
        for tap, source in pairs:
            result[index] += filter[tap] * out_backprop[source]
    return result


def random_operands(geometry: Geometry, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(geometry.filter_shape), rng.standard_normal(geometry.output_shape)
