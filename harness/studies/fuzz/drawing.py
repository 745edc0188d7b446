"""Random calls of the operator, valid and not: small extents first, so that what is found shrinks to little."""

from typing import Any, Final

from hypothesis import strategies as st

from harness.spec.attributes import ANY_DTYPE, from_nhwc
from harness.spec.case import kinds_of
from harness.spec.schema import DATA_FORMATS, DTYPES
from harness.studies.fuzz.call import INT32, Call

Values = dict[str, Any]

LARGEST_WORK: Final = 2**21  # multiply-adds of one call
LARGEST_RESULT: Final = 2**20  # elements
# The usual first; of the rest each is as rare.
_KINDS: Final = ("normal", "wrap", "wide", "positive", "special", "tiny", "huge", "cancel", "zeros", "opposed")
_HOSTILE: Final = (0, -1, 2, 3, 7, INT32, -INT32 - 1)
_FAR: Final = (*_HOSTILE, INT32 + 1, 2**32, 2**63 - 1, -(2**63) + 1)
_SIZES: Final = ("input_sizes", "filter", "out_backprop")
_STEPS: Final = ("strides", "dilations", "explicit_paddings")


@st.composite
def _axis(draw: st.DrawFn, padding: str, *, empty: bool, long: bool) -> Values:
    """Extents of one axis that fit together, from the output's: the remainder is drawn, not met by luck."""
    filter = draw(st.integers(1, 9 if long else 4))
    stride = draw(st.integers(1, 5))
    dilation = draw(st.sampled_from((1, 1, 1, 2, 3)))
    output = draw(st.integers(1, 30 if long else 4)) * (not empty)
    remainder = draw(st.integers(0, stride - 1))
    effective = (filter - 1) * dilation + 1
    spans = 1 if padding == "SAME" else effective
    needed = 0 if padding == "SAME" and empty else max((output - 1) * stride + spans + remainder, 0)
    drawn = draw(st.tuples(*[st.integers(0, effective + 1)] * 2))
    pads = drawn if padding == "EXPLICIT" else (0, 0)
    return {
        "filter": filter, "stride": stride, "dilation": dilation, "pads": pads, "input": max(needed - sum(pads), 0)
    }  # fmt: skip


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Calls that are valid, but for a few whose extents do not fit after all."""
    padding = draw(st.sampled_from(("VALID", "SAME", "EXPLICIT")))
    empty = draw(st.sampled_from(("",) * 24 + ("batch", "outputs", "height", "width")))
    long = draw(st.sampled_from((None,) * 12 + ("height", "width", "channels")))
    height, width = (
        draw(_axis(padding, empty=empty == name, long=long == name)) for name in ("height", "width")
    )  # fmt: skip
    groups = draw(st.sampled_from((1, 1, 1, 1, 2, 3)))
    many = 40 if long == "channels" else 4
    C = draw(st.integers(1, many))
    K = draw(st.integers(1, many)) * groups * (empty != "outputs")
    N = draw(st.integers(1, 3)) * (empty != "batch")
    data_format = draw(st.sampled_from(DATA_FORMATS))
    dtype = draw(st.sampled_from(("float32", *DTYPES)))
    explicit = ((0, 0), height["pads"], width["pads"], (0, 0)) if padding == "EXPLICIT" else ()
    values: Values = {
        "input_sizes": from_nhwc((N, height["input"], width["input"], C * groups), data_format),
        "filter": (height["filter"], width["filter"], C, K),
        "strides": from_nhwc((1, height["stride"], width["stride"], 1), data_format),
        "dilations": from_nhwc((1, height["dilation"], width["dilation"], 1), data_format),
        "padding": padding,
        "explicit_paddings": tuple(pad for pair in from_nhwc(explicit, data_format) for pad in pair)
        if explicit
        else (),
        "data_format": data_format,
        "dtype": dtype,
        "data": draw(_data(dtype)),
    }
    call = Call.completed(values)
    two_elements = draw(st.sampled_from((False,) * 9 + (True,)))  # drawn in any case: shrinking must not need more
    if groups == 1 and two_elements:
        call = call.changed(input_sizes=(height["input"], width["input"]))
    return call


def _data(dtype: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Mostly the two kinds that every case has; now and then another."""
    kinds = sorted(kinds_of(dtype) - {"witness"}, key=_KINDS.index)
    return st.sampled_from([("witness", kinds[0])] * 6 + [("witness", kind) for kind in kinds])


@st.composite
def broken_calls(draw: st.DrawFn) -> Call:
    """Calls with one thing changed in a way that a rule forbids, as a rule."""
    call = draw(calls())
    part = draw(st.sampled_from((*_SIZES, *_SIZES, *_STEPS, *_STEPS, "padding", "data_format", "dtype")))
    match part:
        case "padding":
            value: Any = draw(st.sampled_from(("SAME", "VALID", "EXPLICIT", "same", "FULL", "")))
        case "data_format":
            value = draw(st.sampled_from(("NHWC", "NCHW", "NCHW_VECT_C", "HWCN", "")))
        case "dtype":
            value = draw(st.sampled_from(ANY_DTYPE))
        case _:
            value = draw(_broken_list(getattr(call, part), part))
    return call.changed(**{part: value})


@st.composite
def _broken_list(draw: st.DrawFn, values: tuple[int, ...], part: str) -> tuple[int, ...]:
    """One element changed, one too few, one too many, or none at all."""
    how = draw(st.sampled_from(("element", "element", "element", "shorter", "longer", "empty", "eight")))
    place = draw(st.integers(0, max(len(values) - 1, 0)))
    if how == "empty":
        return ()
    if how == "eight" and part == "explicit_paddings":
        return (0, 0, 1, 1, 1, 1, 0, 0)
    if how == "longer":
        return (*values, 1)
    if how == "shorter":
        return values[:place] + values[place + 1 :]
    if not values:
        return (draw(st.integers(-1, 3)),)
    near = st.integers(-2, 2).map(lambda change: values[place] + change)
    if part in ("filter", "out_backprop"):  # arrays of these shapes are made
        element = draw(st.one_of(near.map(abs), st.integers(0, 3)))
    else:
        element = draw(st.one_of(near, st.sampled_from(_HOSTILE if part == "input_sizes" else _FAR)))
    return (*values[:place], element, *values[place + 1 :])
