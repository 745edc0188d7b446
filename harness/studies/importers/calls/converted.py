"""What a call of another library becomes, and the extents on the way there."""

from dataclasses import dataclass, replace
from typing import Final

from harness.errors import InvalidInputError
from harness.studies.importers import Layer, Pair
from harness.studies.importers.calls.syntax import Shape, shape_of

CHOSEN: Final = 8  # height and width where a call does not say them
GRADIENT: Final = "The case is this convolution's gradient with respect to its input."


@dataclass(frozen=True, slots=True)
class Converted:
    """A layer, how many images it is given, and what has to be said about it."""

    layer: Layer
    batch: int
    notes: tuple[str, ...] = ()


class CallError(Exception):
    """A call that cannot be a case; the message is a sentence about its arguments."""


def pair(name: str, value: object) -> Pair:
    """Height and width from one number or two. Raises CallError for anything else."""
    match value:
        case bool():
            pass
        case int(both) | [int(both)]:
            return both, both
        case [int(height), int(width)]:
            return height, width
    raise CallError(f"{name} is a number or two, not {value}")


def image_shape(name: str, array: object, channels: int) -> tuple[Shape, tuple[str, ...]]:
    """N C H W of an array that the text may not say, and then what was taken for it. Raises CallError.

    `channels` is what it must have. An array without a batch has one image.
    """
    shape = shape_of(array)
    if shape is None:
        chosen = (1, channels, CHOSEN, CHOSEN)
        return chosen, (f"The call does not say the shape of {name}: {chosen} is taken.",)
    if len(shape) == 3:
        shape = (1, *shape)
    if len(shape) != 4:
        raise CallError(f"{name} has 4 dimensions, not {len(shape)}")
    if shape[1] != channels:
        raise CallError(f"{name} has {shape[1]} channels where {channels} are expected")
    return shape, ()


def weight_shape(name: str, array: object) -> Shape:
    """The shape of a filter, which the text has to say. Raises CallError."""
    shape = shape_of(array)
    if shape is None or len(shape) != 4:
        raise CallError(f"{name} has to be a shape of 4 numbers, or a call that says it, such as zeros(16, 8, 3, 3)")
    return shape


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows along one axis: filter extent, stride, dilation, and how far the first reaches beyond the front."""

    filter: int
    stride: int
    dilation: int
    before: int
    after: int | None = None

    @property
    def span(self) -> int:
        """Positions from the first tap to the last (C2)."""
        return (self.filter - 1) * self.dilation + 1

    def pads(self, input: int, output: int) -> Pair:
        """Padding of the convolution that has `output` windows on `input` positions; `after` is kept where it fits.

        Raises CallError where no convolution has: what comes out of a transposed one may be cut or extended at will.
        """
        if self.before < 0:
            raise CallError(f"no padding is negative: the result begins {-self.before} before the first window (C12)")
        rest = input + self.before - self.span - (output - 1) * self.stride
        if rest >= self.stride:
            raise CallError(f"a convolution of the result would have more than {output} windows (C3)")
        fits = self.after is not None and self.after >= 0 and 0 <= rest + self.after < self.stride
        return self.before, self.after if self.after is not None and fits else max(0, -rest)


def transposed(
    images: Shape, filter: tuple[int, int, int], sizes: Pair, windows: tuple[Windows, Windows], groups: int, dtype: str
) -> Layer:
    """The layer whose out_backprop is `images` (N K P Q) and whose result has the height and width `sizes`.

    `filter` is R, S and the channels C of the result. Raises CallError.
    """
    R, S, C = filter
    rows, columns = windows
    pads = rows.pads(sizes[0], images[2]), columns.pads(sizes[1], images[3])
    return checked(
        Layer(
            *sizes,
            C,
            R,
            S,
            images[1],
            (rows.stride, columns.stride),
            (rows.dilation, columns.dilation),
            pads if any(map(any, pads)) else "VALID",
            groups,
            dtype,
        )
    )


def checked(layer: Layer) -> Layer:
    """The layer, if its extents fit together, and under SAME where that is its padding. Raises CallError.

    More of TensorFlow's paths take SAME and VALID than explicit pads.
    """
    if layer.groups < 1 or layer.C % layer.groups or layer.K % layer.groups:
        raise CallError(f"{layer.groups} groups do not divide {layer.C} and {layer.K} channels (C8)")
    try:
        geometry = layer.geometry(1)
    except InvalidInputError as error:
        raise CallError(error.lines[0].removeprefix(": ")) from None
    same = replace(layer, padding="SAME")
    return same if layer.padding != "VALID" and same.geometry(1) == geometry else layer
