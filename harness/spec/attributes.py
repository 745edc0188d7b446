"""Short forms to TensorFlow's own lists, from one layout to the other, and on to the geometry."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar, cast

from harness.spec.case import Attributes, Expect, Shape
from harness.spec.foreign import instead_of_value
from harness.spec.geometry import Axis, AxisError, Geometry, Padding, derive_axis
from harness.spec.schema import DATA_FORMATS, DTYPES, PADDINGS, nearest

T = TypeVar("T")
_Pads: TypeAlias = tuple[Padding, tuple[Shape, ...]]  # the padding's name, and pairs for N H W C
# C9 and beyond: a call that must be rejected may name any type numpy and TensorFlow share.
_OTHER_DTYPES: Final = "int8 int16 int64 uint8 uint16 uint32 uint64 bool complex64 complex128"
ANY_DTYPE: Final = (*DTYPES, *_OTHER_DTYPES.split())
_SYNONYMS: Final = {"float16": "half"}
_HEIGHT, _WIDTH = 1, 2


class AttributesError(ValueError):
    """What is wrong with one call: pairs of a key of the case file and a sentence."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        """Keep every pair."""
        self.found = found
        super().__init__(found)


def to_nhwc(values: tuple[T, ...], data_format: str) -> tuple[T, ...]:
    """Four values in `data_format`'s order, in NHWC order (C7)."""
    n, a, b, c = values
    return (n, b, c, a) if data_format == "NCHW" else (n, a, b, c)


def from_nhwc(values: tuple[T, ...], data_format: str) -> tuple[T, ...]:
    """Four values in NHWC order, in `data_format`'s order (C7)."""
    n, h, w, c = values
    return (n, c, h, w) if data_format == "NCHW" else (n, h, w, c)


def canonical_dtype(name: str) -> str:
    """TensorFlow's name of a type: `float16` is `half`."""
    return _SYNONYMS.get(name, name)


def canonical(key: str, value: Any, base_format: str) -> object:
    """One value of the case file in a form in which equal meanings are equal; ValueError where it has none."""
    match key:
        case "strides" | "dilations":
            return _steps(key, value, base_format)
        case "padding":
            return _pads_of_pairs(value) if isinstance(value, list) else value
        case "explicit_paddings":
            return _explicit(value, base_format)
        case "dtype":
            return canonical_dtype(value)
        case _:
            return tuple(value) if isinstance(value, list) else value


def _steps(key: str, value: int | list[int], base_format: str) -> Shape:
    match value:
        case int():
            return (1, value, value, 1)
        case [height, width]:
            return (1, height, width, 1)
        case [_, _, _, _]:
            batch, height, width, depth = to_nhwc(tuple(value), base_format)
            if (batch, depth) != (1, 1):
                raise ValueError(f"C11: {key} {value} must be 1 in batch and depth")
            return (batch, height, width, depth)
        case _:
            raise ValueError(f"C11: {key} takes an integer, two or four of them, not {len(value)}")


def _pads_of_pairs(value: list[list[int]]) -> tuple[Shape, ...]:
    return ((0, 0), *map(tuple, value), (0, 0))


def _explicit(value: list[int], base_format: str) -> tuple[Shape, ...]:
    if len(value) != 8:
        raise ValueError(f"C12: explicit_paddings has 8 values, not {len(value)}")
    pairs = to_nhwc(tuple(zip(value[::2], value[1::2], strict=True)), base_format)
    if any(pairs[0] + pairs[3]):
        raise ValueError(f"C12: explicit_paddings {value} must be 0 in batch and depth")
    return pairs


def _four(key: str, value: list[int] | None) -> Shape:
    if value is None:
        raise ValueError(f"{key} is missing")
    if len(value) != 4:
        raise ValueError(f"{key} takes 4 extents, not {len(value)}")
    return tuple(value)


def _choice(key: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        meant = instead_of_value(value) or nearest(value, choices)
        raise ValueError(f"{key}: {value!r} is not one of {', '.join(choices)}{meant}")
    return value


def literal_call(values: Mapping[str, Any], unsure: AbstractSet[str] = frozenset()) -> Attributes:
    """A call that must be rejected: taken literally, nothing expanded or derived.

    Raises AttributesError where the file does not say the call whole.
    """
    found = [
        (key, f"a case that expects a rejection is taken literally: write {key} as TensorFlow is to get it")
        for key in ("strides", "dilations", "padding")
        if isinstance(values.get(key), int if key != "padding" else list)
    ]
    found += [
        (key, f"a case that expects a rejection is taken literally: it needs {key}")
        for key in ("input_sizes", "filter", "out_backprop", "padding")
        if values.get(key) is None
    ]
    found += [
        (key, f"{key} {values[key]}: no array has a negative extent")
        for key in ("filter", "out_backprop")
        if min(values.get(key) or [0]) < 0
    ]
    dtype = canonical_dtype(values["dtype"])
    if dtype not in ANY_DTYPE:
        found.append(("dtype", f"dtype: {dtype!r} is not one of {', '.join(ANY_DTYPE)}{nearest(dtype, ANY_DTYPE)}"))
    if found or unsure:
        raise AttributesError([(key, message) for key, message in found if key not in unsure])
    lists = {
        key: tuple(values.get(key) or ())
        for key in ("input_sizes", "filter", "out_backprop", "strides", "explicit_paddings", "dilations")
    }
    return Attributes(padding=values["padding"], data_format=values["data_format"], dtype=dtype, **lists)


class _Derivation:
    """Turns the values of one case into a call and its geometry, collecting what is wrong on the way."""

    def __init__(self, values: Mapping[str, Any], base_format: str, unsure: AbstractSet[str]) -> None:
        self.values = values
        self.base_format = base_format
        self.unsure = unsure
        self.found: list[tuple[str, str]] = []

    def attempt(self, key: str, parse: Callable[[], T], *needs: str) -> T | None:
        if not self.unsure.isdisjoint({key, *needs}):
            return None
        try:
            return parse()
        except AxisError as error:
            by_list = error.key == "padding" and not isinstance(self.values["padding"], list)
            self.found.append(("explicit_paddings" if by_list else error.key, str(error)))
        except ValueError as error:
            self.found.append((key, str(error)))
        return None

    def layout(self, key: str) -> tuple[str, ...]:
        """What a list for N H W C cannot be read without."""
        value = self.values.get(key)
        return ("data_format",) if isinstance(value, list) and len(value) in (4, 8) else ()

    def pads(self) -> _Pads:
        padding, explicit = self.values.get("padding"), self.values.get("explicit_paddings")
        if padding is None:
            raise ValueError(f"padding is missing: one of {', '.join(PADDINGS)} or [[top, bottom], [left, right]]")
        if isinstance(padding, list):
            if explicit:
                raise ValueError("the padding is given twice: by padding and by explicit_paddings")
            return "EXPLICIT", _pads_of_pairs(padding)
        name = cast("Padding", _choice("padding", padding, PADDINGS))
        if name == "EXPLICIT":
            if explicit is None:
                raise ValueError("C12: padding EXPLICIT needs explicit_paddings, which is missing")
            return name, _explicit(explicit, self.base_format)
        if explicit:
            raise ValueError(f"C12: explicit_paddings goes with padding EXPLICIT and with no other, not with {name}")
        return name, ((0, 0),) * 4

    def sizes(self, filter_shape: Shape) -> Shape:
        """Input extents in NHWC order (C10)."""
        sizes, out_backprop = self.values.get("input_sizes"), self.values.get("out_backprop")
        if sizes is None:
            raise ValueError("input_sizes is missing")
        if len(sizes) not in (2, 4):
            raise ValueError(f"C10: input_sizes has 4 elements, or 2, not {len(sizes)}")
        if len(sizes) == 4:
            return to_nhwc(tuple(sizes), self.base_format)
        if out_backprop is None:
            raise ValueError("C10: with input_sizes of 2 elements the batch comes from out_backprop, which is missing")
        return (_four("out_backprop", out_backprop)[0], *sizes, filter_shape[2])

    def channels(self, C: int, filter_shape: Shape) -> int:
        """The number of groups (C8)."""
        C_per_group, K = filter_shape[2:]
        if min(C, C_per_group, K) < 0:
            raise ValueError("channels must not be negative")
        if C_per_group == C:
            return 1
        if not C or not C_per_group or C % C_per_group:
            raise ValueError(f"C8: {C} input channels are no multiple of the filter's third extent {C_per_group}")
        groups = C // C_per_group
        if K % groups:
            raise ValueError(f"C8: {groups} groups do not divide {K} output channels")
        return groups

    @staticmethod
    def axis(index: int, *, sizes: Shape, filter_shape: Shape, steps: tuple[Shape, Shape], pads: _Pads) -> Axis:
        before, after = pads[1][index]
        return derive_axis(
            "height" if index == _HEIGHT else "width",
            input=sizes[index],
            filter=filter_shape[index - 1],
            stride=steps[0][index],
            dilation=steps[1][index],
            padding=pads[0],
            pads=(before, after),
        )

    def call(self) -> tuple[Attributes, Geometry]:
        """The whole derivation; raises AttributesError with everything that could be found."""
        values, base = self.values, self.base_format
        self.attempt("dtype", lambda: _choice("dtype", canonical_dtype(values["dtype"]), DTYPES))
        named = [
            self.attempt("data_format", partial(_choice, "data_format", name, DATA_FORMATS))
            for name in dict.fromkeys((values["data_format"], base))
        ]
        if not all(named):
            self.unsure = {*self.unsure, "data_format"}
        strides, dilations = (
            self.attempt(key, partial(_steps, key, values[key], base), *self.layout(key))
            for key in ("strides", "dilations")
        )
        explicit = (
            ("explicit_paddings", *self.layout("explicit_paddings")) if values.get("padding") == "EXPLICIT" else ()
        )
        pads = self.attempt("padding", self.pads, *explicit)
        shape = self.attempt("filter", lambda: _four("filter", values.get("filter")))
        needs = ("out_backprop",) if len(values.get("input_sizes") or ()) == 2 else self.layout("input_sizes")
        sizes = self.attempt("input_sizes", lambda: self.sizes(shape or (0, 0, 0, 0)), *needs)
        groups = self.attempt("filter", lambda: self.channels(sizes[3], shape)) if sizes and shape else None
        if sizes and shape and strides and dilations and pads:
            height, width = (
                self.attempt(
                    "filter",
                    partial(self.axis, index, sizes=sizes, filter_shape=shape, steps=(strides, dilations), pads=pads),
                )
                for index in (_HEIGHT, _WIDTH)
            )
            if groups and height and width and sizes[0] >= 0:
                geometry = Geometry(sizes[0], sizes[3], shape[3], groups, height, width)
                self.attempt("out_backprop", lambda: self.check_out_backprop(geometry))
                if not (self.found or self.unsure):
                    return self.spelled(geometry, strides, dilations, pads), geometry
        if sizes and sizes[0] < 0:
            self.found.append(("input_sizes", f"C10: a batch of {sizes[0]}"))
        raise AttributesError(self.found)

    def check_out_backprop(self, geometry: Geometry) -> None:
        given = self.values.get("out_backprop")
        expected = from_nhwc(geometry.output_shape, self.base_format)
        if given is not None and tuple(given) != expected:
            raise ValueError(f"C3: out_backprop {given} must be {list(expected)}")

    def spelled(self, geometry: Geometry, strides: Shape, dilations: Shape, pads: _Pads) -> Attributes:
        """The call in the order of its own `data_format`."""
        layout = self.values["data_format"]
        sizes = self.values["input_sizes"]
        explicit = from_nhwc(pads[1], layout) if pads[0] == "EXPLICIT" else ()
        return Attributes(
            input_sizes=tuple(sizes) if len(sizes) == 2 else from_nhwc(geometry.input_shape, layout),
            filter=geometry.filter_shape,
            out_backprop=from_nhwc(geometry.output_shape, layout),
            strides=from_nhwc(strides, layout),
            padding=pads[0],
            explicit_paddings=tuple(value for pair in explicit for value in pair),
            data_format=layout,
            dilations=from_nhwc(dilations, layout),
            dtype=canonical_dtype(self.values["dtype"]),
        )


def call_of(
    values: Mapping[str, Any], base_format: str, expect: Expect, unsure: AbstractSet[str] = frozenset()
) -> tuple[Attributes, Geometry | None]:
    """The call that a case describes.

    `values` holds the keys of the case file, one value each; sizes are in `base_format`'s order. Of `unsure` keys and
    what follows from them nothing is said; there is no call where there are any.
    Raises AttributesError with everything that is wrong with it.
    """
    match expect:
        case Expect.CONFORMS:
            return _Derivation(values, base_format, unsure).call()
        case Expect.REJECTS:
            return literal_call(values, unsure), None
